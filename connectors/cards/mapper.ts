import { z } from 'zod';
import type { Charge, Mandate, Refund, Sought, WriteOutcome } from '../../src/contract/charges.ts';
import type { CauseRef } from '../../src/contract/connector.ts';
import { causeOf } from './causes.ts';
import type { Json, Reply } from './client.ts';

/** Pure, from the wire to our words. What does not read as promised is unknown, never a refusal. */
const failure = z.object({ code: z.string(), message: z.string().default('') });
const mandateSchema = z.object({
  id: z.string(),
  reference: z.string().nullish(),
  state: z.enum(['pending', 'active', 'cancelled', 'expired', 'failed']),
  card: z.object({ brand: z.string(), last4: z.string(), expires: z.string().nullish(), fingerprint: z.string().nullish() }).nullish(),
  url: z.string().nullish(),
  created_at: z.string(),
});
const chargeSchema = z.object({
  id: z.string(),
  reference: z.string(),
  mandate: z.string(),
  amount: z.number().int(),
  currency: z.string(),
  state: z.enum(['pending', 'succeeded', 'failed']),
  failure: failure.nullish(),
  refunded_amount: z.number().int().default(0),
  disputed: z.boolean().default(false),
  created_at: z.string(),
});
const refundSchema = z.object({
  id: z.string(),
  reference: z.string(),
  charge: z.string(),
  amount: z.number().int(),
  state: z.enum(['pending', 'succeeded', 'failed']),
  failure: failure.nullish(),
});

export const mandateOf = (json: unknown): Mandate | undefined => {
  const { success, data } = mandateSchema.safeParse(json);
  if (!success) return undefined;
  const { id, reference, state, card, url, created_at } = data;
  return {
    id,
    ...(reference && { reference }),
    state,
    ...(card && {
      label: `${card.brand} •••• ${card.last4}`,
      ...(card.fingerprint && { fingerprint: card.fingerprint }),
      ...(card.expires && { expires: card.expires }),
    }),
    ...(url && state === 'pending' && { url }),
    createdAt: created_at,
  };
};

export const chargeOf = (json: unknown): Charge | undefined => {
  const { success, data } = chargeSchema.safeParse(json);
  if (!success) return undefined;
  return {
    id: data.id,
    reference: data.reference,
    mandateId: data.mandate,
    amountMinor: BigInt(data.amount),
    currency: data.currency,
    state: data.state,
    refundedMinor: BigInt(data.refunded_amount),
    disputed: data.disputed,
    createdAt: data.created_at,
    ...(data.failure && { cause: failed(data.failure) }),
  };
};

export const refundOf = (json: unknown): Refund | undefined => {
  const { success, data } = refundSchema.safeParse(json);
  if (!success) return undefined;
  return {
    id: data.id,
    reference: data.reference,
    chargeId: data.charge,
    amountMinor: BigInt(data.amount),
    state: data.state,
    ...(data.failure && { cause: failed(data.failure) }),
  };
};

function failed({ code, message }: z.output<typeof failure>): CauseRef {
  const cause = causeOf(code);
  const params = cause === 'request_refused' || cause === 'refund_refused' ? { code, message: message.slice(0, 200) } : undefined;
  return { code: cause, ...(params && { params }), providerCode: code, providerText: message.slice(0, 200) };
}

const unreadable: CauseRef = { code: 'no_answer', providerText: 'the answer does not read as promised' };
const lookAgainMs = 60_000;

/** What a write came to. `state` says how far the made thing is. */
export function outcomeOf<T extends { state: string; cause?: CauseRef }>(
  reply: Reply,
  read: (json: unknown) => T | undefined,
  field?: string,
): WriteOutcome<T> {
  if (reply.verdict === 'unclear') return { outcome: 'unknown', cause: reply.cause };
  const { status, body } = reply;
  if (status === 200 || status === 201) {
    const made = read(body);
    if (!made) return { outcome: 'unknown', cause: unreadable };
    if (made.state === 'failed') return { outcome: 'rejected', cause: made.cause ?? { code: 'declined' } };
    return made.state === 'pending' && field !== 'mandate' ? { outcome: 'pending', made, lookAgainMs } : { outcome: 'accepted', made };
  }
  const error = errorOf(body);
  if (!error || status < 400) return { outcome: 'unknown', cause: unreadable };
  // The key was used with another body: something of this reference exists, so it is asked for.
  if (error.code === 'idempotency_key_reused')
    return { outcome: 'unknown', cause: { code: 'no_answer', providerCode: error.code, providerText: error.message } };
  return { outcome: 'rejected', cause: failed(error) };
}

function errorOf(body: Json): z.output<typeof failure> | undefined {
  const { success, data } = z.object({ error: failure }).safeParse(body);
  return success ? data.error : undefined;
}

/** The one of this reference in a list, or the thing itself. Absence is proven by an empty list or a 404 only. */
export function soughtOf<T extends { reference?: string }>(
  reply: Reply,
  read: (json: unknown) => T | undefined,
  reference?: string,
): Sought<T> {
  if (reply.verdict === 'unclear') return { found: 'unclear', cause: reply.cause };
  const { status, body } = reply;
  const error = errorOf(body);
  if (reference === undefined) {
    if (status === 404 && error?.code === 'not_found') return { found: 'absent' };
    const made = status === 200 ? read(body) : undefined;
    return made ? { found: 'present', made } : { found: 'unclear', cause: error ? failed(error) : unreadable };
  }
  if (status !== 200 || !Array.isArray(body.data)) return { found: 'unclear', cause: error ? failed(error) : unreadable };
  const all = body.data.map(read);
  if (all.includes(undefined)) return { found: 'unclear', cause: unreadable };
  const made = all.find((one) => one!.reference === reference);
  return made ? { found: 'present', made } : all.length === 0 ? { found: 'absent' } : { found: 'unclear', cause: unreadable };
}
