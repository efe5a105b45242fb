import { z } from 'zod';
import { taxRateSchema } from '../orders/order.ts';
import { regimeOf, wordsForLines } from '../regimes/index.ts';
import { outsideKinds } from '../totals/index.ts';
import { type DocumentContent, documentContentSchema, documentLineSchema, sellerSchema } from './document.ts';
import type { Policies } from './policies.ts';
import { rateOfLine, taxedByPolicies } from './rates.ts';

const { currency, language, taxMethod, payment, totals, notes } = documentContentSchema.shape;
const { id, unit, kind } = documentLineSchema.shape;

/** A document that follows no order, as a person or a program says it: what it leaves out is as the seller's policies have it. */
export const documentDraftSchema = documentContentSchema.extend({
  language: language.optional(),
  currency: currency.optional(),
  taxMethod: taxMethod.optional(),
  seller: sellerSchema.optional(),
  payment: payment.extend({ means: payment.shape.means.default('bank_transfer') }).optional(),
  notes: notes.unwrap().optional(),
  totals: totals.optional(),
  lines: z
    .array(
      documentLineSchema.extend({
        id: id.optional(),
        kind: kind.default('goods'),
        unit: unit.optional(),
        rate: taxRateSchema.extend({ source: taxRateSchema.shape.source.default('person') }).optional(),
      }),
    )
    .refine((lines) => {
      const ids = lines.flatMap((line) => line.id ?? []);
      return new Set(ids).size === ids.length;
    }, 'lines have ids of their own'),
});
export type DocumentDraft = z.infer<typeof documentDraftSchema>;

/** The content that a draft means. `currency` is the organization's own; what neither the draft nor a policy says stays open and holds the document. */
export function completeDraft(draft: DocumentDraft, policies: Policies, currency: string): DocumentContent {
  const regime = regimeOf(policies.seller.country);
  const language =
    draft.language ?? (policies.language === 'seller' || policies.language === 'buyer' ? regime.language : policies.language);
  const words = wordsForLines(language);
  const given = new Set(draft.lines.map((line) => line.id));
  const fresh = draft.lines.map((_, i) => `line-${i + 1}`).filter((name) => !given.has(name));
  const lines = draft.lines.map((line) => {
    const ordinary = line.kind === 'goods' || line.kind === 'service';
    const rate = line.rate ?? (ordinary || outsideKinds.has(line.kind) ? rateOfLine(line, policies, regime) : undefined);
    return {
      ...line,
      id: line.id ?? fresh.shift()!,
      unit: line.unit ?? policies.unit ?? (line.kind === 'service' ? words.serviceUnit : words.unit),
      ...(rate && { rate }),
    };
  });
  const content: DocumentContent = {
    ...draft,
    language,
    currency: draft.currency ?? currency,
    taxMethod: draft.taxMethod ?? policies.taxMethod,
    // Who sells decides the tax: it is the organization, whatever a caller writes.
    seller: policies.seller,
    buyer: {
      ...draft.buyer,
      ...(!draft.buyer.country && policies.missingCountry === 'domestic' && { country: regime.country }),
    },
    payment: draft.payment ?? { means: 'bank_transfer', paid: '0.00', termsDays: policies.termsDays },
    notes: draft.notes ?? [...policies.notes],
    totals: { net: '0.00', tax: '0.00', gross: '0.00', rounding: '0.00', paid: '0.00', payable: '0.00', byRate: [] },
    lines,
  };
  return taxedByPolicies(content, policies, regime);
}
