import type { DocumentContent, DocumentLine } from '../documents/document.ts';
import type { TaxRate } from '../orders/order.ts';
import { type Regime, rateOfKey, regimeOf } from '../regimes/index.ts';
import { rateId } from './spread.ts';

type TaxTreatment = NonNullable<DocumentContent['taxTreatment']>;

/** Lines outside the tax: they never take part in the division of delivery and discounts (ORDERS §2.2). */
export const outsideKinds: ReadonlySet<DocumentLine['kind']> = new Set<DocumentLine['kind']>(['deposit', 'tip', 'gift_card']);

const categories: Partial<Record<TaxTreatment, TaxRate['category']>> = { intra_community: 'K', export: 'G', reverse_charge: 'AE' };

/** The one category of a sale that bears no tax for where it goes; undefined for a sale that is taxed. */
export function categoryOf(treatment: TaxTreatment | undefined): TaxRate['category'] | undefined {
  return treatment && categories[treatment];
}

/** A foreign country of the sale: the buyer's, else that of the delivery. Undefined: the sale stays at home. */
export function foreignCountry(content: Pick<DocumentContent, 'seller' | 'buyer' | 'recipient'>): string | undefined {
  return [content.buyer.country, content.recipient?.country].find((country) => country !== undefined && country !== content.seller.country);
}

/**
 * A sale treated without tax has its category on every taxed line, with the words the law wants. A rate that a person chose stays, and
 * holds the document when it contradicts.
 */
export function treated(content: DocumentContent): DocumentContent {
  const category = categoryOf(content.taxTreatment);
  if (!category || content.kind === 'correction') return content;
  const regime = regimeOf(content.seller.country);
  const ownCharge = category === 'AE' && foreignCountry(content) === undefined ? regime.reverseChargeAtHome : undefined;
  const rate = (ownCharge && rateOfKey(regime, ownCharge, 'rule')) || treatmentRate(category, regime);
  const stays = (line: DocumentLine) =>
    outsideKinds.has(line.kind) ||
    line.rate?.source === 'person' ||
    (line.rate?.category === category && (line.rate.source !== 'rule' || rateId(line.rate) === rateId(rate)));
  if (content.lines.every(stays)) return content;
  return { ...content, lines: content.lines.map((line) => (stays(line) ? line : { ...line, rate })) };
}

function treatmentRate(category: TaxRate['category'], regime: Regime): TaxRate {
  const { percent, reason } = regime.rates.find((rate) => rate.category === category)!;
  return { category, ...(percent !== undefined && { percent }), ...(reason !== undefined && { exemptionReason: reason }), source: 'rule' };
}

/** The first line whose rate contradicts how the sale is taxed: tax on an untaxed sale, or a rate of sales abroad on any other. */
export function contradictingLine(content: DocumentContent): number {
  const category = categoryOf(content.taxTreatment);
  return content.lines.findIndex((line) => {
    if (!line.rate || outsideKinds.has(line.kind)) return false;
    return category ? line.rate.category === 'S' || line.rate.category === 'Z' : line.rate.category === 'K' || line.rate.category === 'G';
  });
}
