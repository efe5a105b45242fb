import { z } from 'zod';
import { parseExact } from '../../src/contract/files/json-records.ts';
import { readInstant } from '../../src/contract/files/local-time.ts';
import { isDecimal } from '../../src/domain/money/money.ts';

/** What a ticket shop sends. Fields not named here are ignored; amounts are decimal strings or JSON numbers, read without floats. */
export const bodyLimitBytes = 256 * 1024;
const depthLimit = 10;

const amount = z
  .union([z.string(), z.number()])
  .transform(String)
  .refine((text) => isDecimal(text) && text.replace(/\D/g, '').length <= 15, 'an amount such as 9000 or "12.50"');
const positive = amount.refine((text) => !text.startsWith('-') && Number(text) > 0, 'a number above zero');
const notNegative = amount.refine((text) => !text.startsWith('-'), 'not negative');
const instant = z
  .string()
  .max(40)
  .refine((text) => /^\d{4}-\d{2}-\d{2}T/i.test(text) && readInstant(text, 'UTC') !== undefined, 'an ISO 8601 instant with its zone');
const text = (max: number) => z.string().trim().max(max);
const optional = (max: number) => text(max).nullish();
const id = text(100).min(1);
/** A percentage such as "27" or one of the keys of the regime (TAM, AAM, EUFAD37 …). */
const vat = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^(\d{1,2}(\.\d{1,2})?|[A-ZÁ][A-ZÁ.0-9]{1,9})$/));

const event = z.object({
  id: id,
  title: text(200).min(1),
  startsAt: instant.nullish(),
  venue: optional(200),
  openAir: z.boolean().nullish(),
  online: z.boolean().nullish(),
  /** Proposed treatment of admission: standard, open_air_18, public_culture, small_business. */
  vatProfile: optional(40),
});

const line = z.object({
  id: optional(100),
  kind: z.enum(['ticket', 'service_fee', 'mediated_service', 'other']),
  sku: optional(100),
  title: text(300).min(1),
  quantity: positive,
  unitGross: notNegative,
  vat: vat.nullish(),
  /** Whose sale it is. Lines of the platform are not the organizer's to invoice. */
  issuer: z.enum(['organizer', 'platform']).nullish(),
  note: optional(300),
  holders: z.array(text(200)).max(200).nullish(),
  /** Fixed part of the ticket price that is another service (catering of a conference): gross for one ticket. */
  parts: z
    .array(z.object({ title: text(300).min(1), unitGross: positive, vat: vat.nullish() }))
    .max(10)
    .nullish(),
});

const order = z.object({
  orderId: id,
  createdAt: instant,
  paidAt: instant.nullish(),
  completedAt: instant.nullish(),
  status: z.string().max(40).nullish(),
  currency: z.string().regex(/^[A-Z]{3}$/),
  invoiceRequested: z.boolean().nullish(),
  event,
  buyer: z.object({
    type: z.enum(['private', 'company']),
    name: optional(300),
    company: optional(300),
    email: optional(320),
    phone: optional(60),
    language: optional(10),
    country: z
      .string()
      .trim()
      .toUpperCase()
      .regex(/^[A-Z]{2}$/)
      .nullish(),
    zip: optional(40),
    city: optional(200),
    address: optional(400),
    taxNumber: optional(60),
  }),
  lines: z.array(line).min(1).max(200),
  /** Coupons as what they take off, each with its gross amount. */
  coupons: z
    .array(z.object({ code: optional(60), title: optional(200), gross: amount, vat: vat.nullish() }))
    .max(20)
    .nullish(),
  payment: z.object({
    method: z.enum(['card_online', 'card', 'bank_transfer', 'cash', 'voucher', 'other']),
    provider: optional(60),
    reference: optional(100),
    amountGross: amount.nullish(),
  }),
  totals: z.object({ gross: amount }),
});
export type Sale = z.infer<typeof order>;

const refund = z.object({
  orderId: id,
  refundId: id,
  refundedAt: instant,
  amountGross: positive,
  reason: optional(300),
  /** The tickets given back; none means the whole order. */
  lines: z
    .array(z.object({ lineId: id, quantity: positive.nullish(), gross: positive.nullish() }))
    .max(200)
    .nullish(),
});
export type SaleRefund = z.infer<typeof refund>;

const cancellation = z.object({
  eventId: id,
  cancelledAt: instant,
  reason: optional(300),
  /** Only these sales; without it all sales of the event. */
  orderIds: z.array(id).max(5000).nullish(),
});
export type EventCancellation = z.infer<typeof cancellation>;

export const messageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('sale.completed'), data: order }),
  z.object({ type: z.literal('sale.refunded'), data: refund }),
  z.object({ type: z.literal('event.cancelled'), data: cancellation }),
]);

/** JSON with every number as the text that was sent; without letters no database holds; undefined when it is none or too deep. */
export function readJson(body: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    if (!shallowEnough(text)) return undefined;
    return parseExact(text);
  } catch {
    return undefined;
  }
}

function shallowEnough(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (inString) {
      if (c === '\\') i++;
      else if (c === '"') inString = false;
    } else if (c === '"') inString = true;
    else if (c === '{' || c === '[') {
      depth++;
      if (depth > depthLimit) return false;
    } else if (c === '}' || c === ']') depth--;
  }
  return true;
}
