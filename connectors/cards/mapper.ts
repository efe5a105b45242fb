import { z } from 'zod';
import type { Charge, Checkout, Mandate, Refund, Sought, WriteOutcome } from '../../src/contract/charges.ts';
import type { CauseRef } from '../../src/contract/connector.ts';
import { cut } from '../../src/domain/cut.ts';
import { causeOf } from './causes.ts';
import type { Json, Reply } from './client.ts';

/** Pure, from the wire (PROTOCOL.md) to our words. What does not read as promised is unknown, never a refusal. */
const method = z.object({
  kind: z.string(),
  brand: z.string().nullish(),
  last4: z.string().nullish(),
  expiryMonth: z.number().nullish(),
  expiryYear: z.number().nullish(),
  fingerprint: z.string().nullish(),
});
const checkoutSchema = z.object({
  id: z.string(),
  reference: z.string(),
  state: z.enum(['open', 'processing', 'succeeded', 'failed', 'cancelled', 'expired']),
  url: z.string().nullish(),
  payment: z.string().nullish(),
  mandate: z.string().nullish(),
});
const mandateSchema = z.object({
  id: z.string(),
  state: z.enum(['active', 'cancelled', 'expired']),
  method: method.nullish(),
  checkout: z.string().nullish(),
  createdAt: z.string(),
});
const paymentSchema = z.object({
  id: z.string(),
  reference: z.string(),
  state: z.enum(['pending', 'succeeded', 'failed', 'requires_customer']),
  amountMinor: z.number().int(),
  currency: z.string(),
  mandate: z.string().nullish(),
  decline: z.object({ code: z.string(), class: z.string().nullish() }).nullish(),
  refundedMinor: z.number().int().default(0),
  disputed: z.boolean().default(false),
});
const refundSchema = z.object({ id: z.string(), payment: z.string(), amountMinor: z.number().int(), state: z.string() });
const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string().default(''), id: z.string().nullish() }) });

export const checkoutOf = (json: unknown): Checkout | undefined => {
  const { success, data } = checkoutSchema.safeParse(json);
  if (!success) return undefined;
  const { id, reference, state, url, payment, mandate } = data;
  // A browser is sent there: an address of another kind would be code.
  const page = url && /^https?:\/\//i.test(url) ? url : '';
  return { id, reference, state, url: page, ...(payment && { chargeId: payment }), ...(mandate && { mandateId: mandate }) };
};

export const mandateOf = (json: unknown): Mandate | undefined => {
  const { success, data } = mandateSchema.safeParse(json);
  if (!success) return undefined;
  const { id, state, checkout, createdAt } = data;
  const card = data.method;
  return {
    id,
    state,
    createdAt,
    ...(checkout && { checkoutId: checkout }),
    ...(card && { label: [card.brand ?? card.kind, card.last4 && `•••• ${card.last4}`].filter(Boolean).join(' ') }),
    ...(card?.fingerprint && { fingerprint: card.fingerprint }),
    ...(card?.expiryYear && card.expiryMonth && { expires: `${card.expiryYear}-${String(card.expiryMonth).padStart(2, '0')}` }),
  };
};

export const chargeOf = (json: unknown): Charge | undefined => {
  const { success, data } = paymentSchema.safeParse(json);
  if (!success) return undefined;
  // Waiting for the customer is waiting: it ends by itself within a day.
  const state = data.state === 'requires_customer' ? 'pending' : data.state;
  return {
    id: data.id,
    reference: data.reference,
    ...(data.mandate && { mandateId: data.mandate }),
    amountMinor: BigInt(data.amountMinor),
    currency: data.currency,
    state,
    refundedMinor: BigInt(data.refundedMinor),
    disputed: data.disputed,
    ...(data.decline && { cause: failed(data.decline.code, '') }),
  };
};

export const refundOf = (json: unknown): Refund | undefined => {
  const { success, data } = refundSchema.safeParse(json);
  if (!success) return undefined;
  const state = data.state === 'succeeded' || data.state === 'failed' ? data.state : 'pending';
  return {
    id: data.id,
    chargeId: data.payment,
    amountMinor: BigInt(data.amountMinor),
    state,
    ...(state === 'failed' && { cause: { code: 'refund_refused', params: { message: '' } } }),
  };
};

function failed(code: string, message: string): CauseRef {
  const cause = causeOf(code);
  const params = cause === 'request_refused' || cause === 'refund_refused' ? { code, message: cut(message, 200) } : undefined;
  return { code: cause, ...(params && { params }), providerCode: code, providerText: cut(message, 200) };
}

const unreadable: CauseRef = { code: 'no_answer', providerText: 'the answer does not read as promised' };
const lookAgainMs = 60_000;
/** Codes that say something of this reference or key exists already, or is under way: it is asked for. */
const exists = new Set(['idempotency_mismatch', 'idempotency_in_progress', 'reference_used', 'checkout_succeeded', 'checkout_processing']);

/** What a write came to; `waits` tells states of the made thing that are not yet an end. */
export function outcomeOf<T extends { state: string; cause?: CauseRef }>(
  reply: Reply,
  read: (json: unknown) => T | undefined,
  waits: string[] = ['pending'],
): WriteOutcome<T> {
  if (reply.verdict === 'unclear') return { outcome: 'unknown', cause: reply.cause };
  const { status, body } = reply;
  if (status === 200 || status === 201) {
    const made = read(body);
    if (!made) return { outcome: 'unknown', cause: unreadable };
    if (made.state === 'failed') return { outcome: 'rejected', cause: made.cause ?? { code: 'declined' } };
    return waits.includes(made.state) ? { outcome: 'pending', made, lookAgainMs } : { outcome: 'accepted', made };
  }
  const error = errorOf(body);
  if (!error || status < 400) return { outcome: 'unknown', cause: unreadable };
  if (exists.has(error.code))
    return { outcome: 'unknown', cause: { code: 'no_answer', providerCode: error.code, providerText: cut(error.message, 200) } };
  return { outcome: 'rejected', cause: failed(error.code, error.message) };
}

function errorOf(body: Json): { code: string; message: string } | undefined {
  const { success, data } = errorSchema.safeParse(body);
  return success ? data.error : undefined;
}

/** One thing by its id: absent by a 404 only. */
export function soughtOf<T>(reply: Reply, read: (json: unknown) => T | undefined): Sought<T> {
  if (reply.verdict === 'unclear') return { found: 'unclear', cause: reply.cause };
  if (reply.status === 404) return { found: 'absent' };
  const made = reply.status === 200 ? read(reply.body) : undefined;
  const error = errorOf(reply.body);
  return made ? { found: 'present', made } : { found: 'unclear', cause: error ? failed(error.code, error.message) : unreadable };
}

/** The one of our reference in a list: absent by an empty list only. */
export function listedOf<T extends { reference: string }>(
  reply: Reply,
  read: (json: unknown) => T | undefined,
  reference: string,
): Sought<T> {
  if (reply.verdict === 'unclear') return { found: 'unclear', cause: reply.cause };
  const error = errorOf(reply.body);
  if (reply.status !== 200 || !Array.isArray(reply.body.items))
    return { found: 'unclear', cause: error ? failed(error.code, error.message) : unreadable };
  const all = reply.body.items.map(read);
  const made = all.find((one) => one?.reference === reference);
  if (made) return { found: 'present', made };
  return all.length === 0 ? { found: 'absent' } : { found: 'unclear', cause: unreadable };
}
