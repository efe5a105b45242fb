import { z } from 'zod';
import { decimalSchema, taxRateSchema } from '../orders/order.ts';
import { documentKindSchema, languageSchema, sellerSchema } from './document.ts';

/**
 * How a seller wants orders to become documents. Every rule that fills a field stands here by name; what no rule and no order says is
 * left empty and holds the document.
 */
const taxTreatmentSchema = z.enum(['domestic', 'intra_community', 'export', 'reverse_charge', 'destination']);
export type TaxTreatment = z.infer<typeof taxTreatmentSchema>;

const foreignRuleSchema = z.object({
  /** Country codes, or `eu`, `outside-eu`, `any`. */
  countries: z.array(z.string().max(10)).min(1),
  buyer: z.enum(['company', 'person', 'any']).default('any'),
  treatment: taxTreatmentSchema,
});
const rateBook = z.record(z.string(), taxRateSchema).default({});

export const policiesSchema = z.object({
  seller: sellerSchema,
  /** IANA zone in which days are taken. */
  zone: z.string(),
  /** `automatic` follows the suggestion; a chosen kind replaces it for every order that is not skipped (ORDERS §4). */
  kind: z.enum(['automatic', ...documentKindSchema.exclude(['final', 'correction', 'prepayment']).options]).default('automatic'),
  taxMethod: z.enum(['gross', 'net']).default('gross'),
  /** Order of ORDERS §2.3: channel, SKU, offer, category, default. */
  rates: z.object({ bySku: rateBook, byOffer: rateBook, byCategory: rateBook, default: taxRateSchema.optional() }).prefault({}),
  /** Legal basis of exempt lines that come without one. */
  exemptionReason: z.string().max(500).optional(),
  /** Rate of delivery and of whole-order amounts without one of their own (ORDERS §2.2); a rate here is the fixed one. */
  deliveryRate: z.union([z.enum(['proportional', 'dominant']), taxRateSchema]).default('proportional'),
  /** What an order that is not paid becomes when a kind was chosen for it. */
  unpaid: z.enum(['hold', 'accept']).default('hold'),
  /** What an order becomes that still waits for its money. */
  waiting: z.enum(['nothing', 'proforma']).default('nothing'),
  /** Sales nobody asked a document for. */
  withoutRequest: z.enum(['receipt', 'invoice', 'nothing']).default('receipt'),
  taxIdMeansInvoice: z.boolean().default(false),
  /** `automatic`: day of payment when prepaid, day of shipping when paid on delivery. */
  saleDate: z.enum(['automatic', 'order', 'payment', 'shipped']).default('automatic'),
  termsDays: z.number().int().min(0).max(365).default(7),
  language: z.union([z.enum(['seller', 'buyer']), languageSchema]).default('seller'),
  /** Second language on documents for buyers abroad. */
  secondLanguage: languageSchema.optional(),
  /** A party without a country is at home, or held. */
  missingCountry: z.enum(['domestic', 'hold']).default('domestic'),
  foreign: z.array(foreignRuleSchema).max(100).default([]),
  /** SKUs whose goods fall under the duty of split payment. */
  splitPaymentSkus: z.array(z.string()).default([]),
  groupBySku: z.record(z.string(), z.string()).default({}),
  deliveryName: z.string().max(200).optional(),
  unit: z.string().max(20).optional(),
  /** The amount due is rounded to a multiple of this. */
  roundTo: decimalSchema.optional(),
  notes: z.array(z.string().max(1000)).default([]),
});
export type Policies = z.infer<typeof policiesSchema>;
