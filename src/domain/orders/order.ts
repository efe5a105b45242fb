import { z } from 'zod';
import { findingSchema } from '../finding.ts';
import { isDecimal } from '../money/money.ts';
import { partySchema } from '../parties/party.ts';

/** The canonical order (contract ORDERS §2): one model for every channel. Amounts are decimal strings, gross is the truth. */
export const decimalSchema = z.string().refine(isDecimal, 'a decimal number such as "12.50"');
/** UTC instant, ISO 8601 with Z. */
export const instantSchema = z.string().max(40);

export const taxRateSchema = z.object({
  /** UNCL 5305. S standard and reduced, Z zero, E exempt, O outside the scope, AE reverse charge, K intra-community, G export. */
  category: z.enum(['S', 'Z', 'E', 'O', 'AE', 'K', 'G']),
  percent: decimalSchema.optional(),
  exemptionReason: z.string().max(500).optional(),
  /** The regime's own word where category and percent do not tell it (two kinds of exemption, of reverse charge …). */
  key: z.string().max(12).optional(),
  source: z.enum(['channel', 'rule', 'default', 'person']),
});
export type TaxRate = z.infer<typeof taxRateSchema>;

export const orderLineSchema = z.object({
  id: z.string(),
  externalId: z.string().max(100).optional(),
  kind: z.enum(['goods', 'service', 'deposit', 'gift_card', 'tip', 'surcharge']).default('goods'),
  name: z.string().max(1000),
  sku: z.string().max(200).optional(),
  ean: z.string().max(40).optional(),
  offerId: z.string().max(100).optional(),
  /** The channel's or shop's category, for rate rules (ORDERS §2.3). */
  category: z.string().max(200).optional(),
  quantity: decimalSchema,
  unit: z.string().max(20).optional(),
  unitGross: decimalSchema,
  gross: decimalSchema,
  rate: taxRateSchema.optional(),
  listUnitGross: decimalSchema.optional(),
  discounts: z.array(z.string()).optional(),
  returnedQuantity: decimalSchema.optional(),
  /** Ticket shops: whose sale the line is. Lines of the platform do not go on the organizer's document. */
  issuer: z.enum(['organizer', 'platform']).optional(),
  note: z.string().max(500).optional(),
});
export type OrderLine = z.infer<typeof orderLineSchema>;

const adjustmentSchema = z.object({
  kind: z.enum(['discount', 'fee']),
  name: z.string().max(200),
  /** A discount has a negative gross. */
  gross: decimalSchema,
  rate: taxRateSchema.optional(),
});

export const paymentSchema = z.object({
  externalId: z.string().max(100).optional(),
  method: z.enum(['online', 'card', 'bank_transfer', 'cash_on_delivery', 'cash', 'deferred', 'voucher', 'gift_card', 'other']),
  provider: z.string().max(60).optional(),
  rawMethod: z.string().max(100).optional(),
  amount: decimalSchema.optional(),
  status: z.enum(['pending', 'paid', 'cancelled', 'rejected', 'refunded']),
  at: instantSchema.optional(),
});
export type Payment = z.infer<typeof paymentSchema>;

const refundSchema = z.object({
  externalId: z.string(),
  at: instantSchema,
  reason: z.string().optional(),
  status: z.string(),
  amount: decimalSchema,
  lines: z.array(z.object({ lineExternalId: z.string(), quantity: decimalSchema.optional(), gross: decimalSchema.optional() })),
  delivery: decimalSchema.optional(),
});

export const orderSchema = z.object({
  externalId: z.string().min(1).max(200),
  aliases: z.array(z.object({ scheme: z.string(), value: z.string() })).default([]),
  number: z.string().max(100).optional(),
  channel: z.string(),
  marketplace: z.string().optional(),
  status: z.enum(['open', 'ready', 'cancelled']),
  externalStatus: z.string().max(100).optional(),
  orderedAt: instantSchema,
  readyAt: instantSchema.optional(),
  paidAt: instantSchema.optional(),
  shippedAt: instantSchema.optional(),
  cancelledAt: instantSchema.optional(),
  updatedAt: instantSchema.optional(),
  currency: z.string().length(3),
  buyer: partySchema.extend({
    login: z.string().max(200).optional(),
    externalId: z.string().max(100).optional(),
    language: z.string().max(10).optional(),
    guest: z.boolean().optional(),
    emailKind: z.enum(['direct', 'masked', 'none']),
  }),
  invoiceRequest: z.object({
    requested: z.boolean(),
    /** The channel has a flag for the wish; then only the flag counts (ORDERS §4). */
    explicit: z.boolean(),
    party: partySchema.optional(),
    dueDate: z.string().optional(),
  }),
  delivery: z.object({
    method: z.string().max(200).optional(),
    methodId: z.string().optional(),
    gross: decimalSchema.optional(),
    rate: taxRateSchema.optional(),
    address: partySchema.optional(),
    pickupPoint: z.string().max(200).optional(),
    tracking: z.array(z.string()).default([]),
  }),
  lines: z.array(orderLineSchema).min(1),
  adjustments: z.array(adjustmentSchema).default([]),
  payments: z.array(paymentSchema).default([]),
  /** What the channel says the buyer pays for goods, services and delivery. */
  declaredTotal: decimalSchema.optional(),
  messages: z.object({ buyer: z.string().optional(), seller: z.string().optional() }).default({}),
  refunds: z.array(refundSchema).default([]),
  documentedElsewhere: z
    .array(z.object({ system: z.string(), kind: z.string(), number: z.string().optional(), id: z.string() }))
    .default([]),
  /** What the reader of the channel found; the rules of ORDERS §4 add theirs when the document is prepared. */
  findings: z.array(findingSchema).default([]),
  revision: z.string().optional(),
});
export type Order = z.infer<typeof orderSchema>;

/** Refunds that gave money back, or will: one that was refused, called off or failed gave none. */
export const refundsGiven = ({ refunds }: Pick<Order, 'refunds'>): Order['refunds'] =>
  refunds.filter(({ status }) => !/reject|cancel|fail|declin/i.test(status));
