import { z } from 'zod';
import { isDay } from '../days/day.ts';
import { decimalSchema, instantSchema, taxRateSchema } from '../orders/order.ts';
import { partySchema } from '../parties/party.ts';

/** A sales document's content as plain JSON: what the queue edits, what issuing freezes, what every format is made from. */
export const documentKindSchema = z.enum(['invoice', 'proforma', 'prepayment', 'final', 'correction', 'receipt']);
export type DocumentKind = z.infer<typeof documentKindSchema>;

/** Civil day YYYY-MM-DD in the organization's zone. */
export const daySchema = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/)
  .refine(isDay, 'a day of the calendar');
export const languageSchema = z.enum(['pl', 'hu', 'sv', 'en']);
export type Language = z.infer<typeof languageSchema>;

export const documentLineSchema = z.object({
  id: z.string(),
  /** Line of the order this came from; absent for lines a person added. */
  orderLineId: z.string().optional(),
  kind: z.enum(['goods', 'service', 'deposit', 'gift_card', 'tip', 'surcharge', 'delivery', 'discount', 'fee', 'prepayment']),
  name: z.string().max(1000),
  note: z.string().max(500).optional(),
  sku: z.string().max(200).optional(),
  quantity: decimalSchema,
  /** Unit as printed ("szt.", "db", "st"); UN/ECE codes are made by the formats. */
  unit: z.string().max(20),
  /** Price of one unit, gross under the gross method, net under the net method; up to 6 decimals. */
  unitPrice: decimalSchema,
  rate: taxRateSchema.optional(),
  /** Annex 15 goods of the Polish VAT act (split payment). */
  splitPayment: z.boolean().optional(),
  gtu: z.string().optional(),
  /** A share of a whole amount (delivery, order discount) divided over the rates of the goods: recomputed with them (ORDERS §2.2). */
  spread: z.enum(['proportional', 'dominant']).optional(),
  /** Derived by `domain/totals`: never typed. */
  net: decimalSchema.default('0.00'),
  tax: decimalSchema.default('0.00'),
  gross: decimalSchema.default('0.00'),
});
export type DocumentLine = z.infer<typeof documentLineSchema>;

const rateTotalSchema = z.object({
  category: taxRateSchema.shape.category,
  percent: decimalSchema.optional(),
  exemptionReason: z.string().optional(),
  /** The regime's own word of the rate, see `taxRateSchema`. */
  key: z.string().optional(),
  net: decimalSchema,
  tax: decimalSchema,
  gross: decimalSchema,
  /** Tax in the accounting currency when the document is in another one (art. 106e(11), §169). */
  taxAccounting: decimalSchema.optional(),
});

export const totalsSchema = z.object({
  net: decimalSchema,
  tax: decimalSchema,
  gross: decimalSchema,
  /** Cash or öre rounding, BT-114. */
  rounding: decimalSchema.default('0.00'),
  /** Already paid, BT-113. */
  paid: decimalSchema.default('0.00'),
  /** gross + rounding − paid, BT-115. */
  payable: decimalSchema,
  byRate: z.array(rateTotalSchema),
});
export type Totals = z.infer<typeof totalsSchema>;

const exchangeSchema = z.object({
  /** Accounting currency units for one unit of the document's currency. */
  rate: decimalSchema,
  accountingCurrency: z.string().length(3),
  source: z.string(),
  table: z.string().optional(),
  date: daySchema,
});

export const sellerSchema = partySchema.extend({
  bankAccount: z.string().max(60).optional(),
  bankName: z.string().max(100).optional(),
  bic: z.string().max(20).optional(),
  bankgiro: z.string().max(20).optional(),
  plusgiro: z.string().max(20).optional(),
  website: z.string().max(200).optional(),
  /** Legal remarks printed at the foot (court register, share capital, F-skatt). */
  register: z.string().max(500).optional(),
  /** The seller is exempt from tax: no line of a document may bear any. */
  exempt: z.boolean().optional(),
  /** The seller owes tax when money comes in (art. 21 of the Polish act, Hungarian XIII/A): invoices say so. */
  cashAccounting: z.boolean().optional(),
});

const correctionSchema = z.object({
  correctsId: z.string(),
  number: z.string(),
  issueDate: daySchema,
  saleDate: daySchema.optional(),
  /** The state the correction starts from: the original, or the last correction of it. */
  before: z.object({ lines: z.array(documentLineSchema), totals: totalsSchema, buyer: partySchema }),
  reason: z.string().max(500),
  reasonCode: z.enum(['return', 'price', 'quantity', 'rate', 'buyer', 'cancel', 'other']),
  /** after − before, what the books receive. */
  difference: totalsSchema,
});

/**
 * Whoever works the tax out rounds it somewhere (poland/RULES §11), and documents have to agree with their provider's to the last unit:
 * once for each rate; on each line by itself; or on each line less its share of the discounts, to the hundredth in every currency.
 */
const taxRoundingSchema = z.enum(['rate', 'line', 'discounted_line']);
export type TaxRounding = z.infer<typeof taxRoundingSchema>;

export const documentContentSchema = z.object({
  kind: documentKindSchema,
  language: languageSchema,
  secondLanguage: languageSchema.optional(),
  currency: z.string().length(3),
  taxMethod: z.enum(['gross', 'net']),
  /** Where tax is rounded, see `taxRoundingSchema`; once for each rate if it does not say. */
  taxRounding: taxRoundingSchema.optional(),
  seller: sellerSchema,
  buyer: partySchema.extend({ type: z.enum(['company', 'person']) }),
  recipient: partySchema.optional(),
  /** Empty until issued, unless a person chose a day. */
  issueDate: daySchema.optional(),
  saleDate: daySchema.optional(),
  dueDate: daySchema.optional(),
  payment: z.object({
    means: z.enum(['online', 'card', 'bank_transfer', 'cash_on_delivery', 'cash', 'deferred', 'voucher', 'other']),
    /** The channel's own word, for mappings. */
    rawMethod: z.string().optional(),
    paidAt: instantSchema.refine((text) => !Number.isNaN(Date.parse(text)), 'an instant such as 2026-11-20T10:00:00Z').optional(),
    paid: decimalSchema.default('0.00'),
    reference: z.string().max(60).optional(),
    /** Days from the issue to the due date while no due date is set. */
    termsDays: z.number().int().min(0).max(365).optional(),
  }),
  splitPayment: z.boolean().default(false),
  /** How a sale to a foreign buyer is taxed; while it is open the document is held. */
  taxTreatment: z.enum(['domestic', 'intra_community', 'export', 'reverse_charge', 'destination']).optional(),
  /** The amount due is rounded to a multiple of this ("1" whole kronor, "5" forints in cash); cash rounds by its currency without it. */
  roundTo: decimalSchema.optional(),
  /** Receipt of a cash register this invoice follows. */
  receipt: z.object({ number: z.string().max(60), day: daySchema.optional(), withTaxId: z.boolean() }).optional(),
  /** For a correction: the state after. */
  lines: z.array(documentLineSchema),
  totals: totalsSchema,
  exchange: exchangeSchema.optional(),
  order: z
    .object({
      externalId: z.string(),
      number: z.string().optional(),
      channel: z.string(),
      login: z.string().optional(),
      orderedAt: instantSchema.optional(),
    })
    .optional(),
  notes: z.array(z.string().max(1000)).default([]),
  correction: correctionSchema.optional(),
  /** For a prepayment invoice: the whole order that the money received is an advance on. */
  ordered: z.object({ lines: z.array(documentLineSchema), gross: decimalSchema }).optional(),
  /** Prepayment invoices settled by a final invoice. */
  prepayments: z
    .array(
      z.object({
        documentId: z.string(),
        number: z.string(),
        issueDate: daySchema,
        gross: decimalSchema,
        byRate: z.array(rateTotalSchema),
      }),
    )
    .default([]),
  /** For a final invoice: what its prepayment invoices took of the order's payment. Made anew, it starts from all that was paid. */
  paidBefore: z.object({ paid: decimalSchema, paidAt: instantSchema.optional() }).optional(),
  /** The proforma this invoice follows. */
  proforma: z.object({ documentId: z.string(), number: z.string() }).optional(),
  /** Message chosen for this document; empty means the organization's template for the kind and language. */
  message: z
    .object({ templateId: z.string().optional(), subject: z.string().max(300).optional(), body: z.string().max(20000).optional() })
    .default({}),
  /** What the buyer paid according to the order; the cent proof compares it with totals.gross. */
  orderTotal: decimalSchema.optional(),
});
export type DocumentContent = z.infer<typeof documentContentSchema>;
/** The content with its parts that are known only once issued. */
export type IssuedFacts = {
  number: string;
  issueDate: string;
  issuedAt: string;
  clearance?: { system: string; number: string; qrUrl?: string };
};
