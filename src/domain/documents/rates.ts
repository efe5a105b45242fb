import type { OrderLine, TaxRate } from '../orders/order.ts';
import { definitionOf, isAmbiguous, isEuCountry, type Regime, regimeOf } from '../regimes/index.ts';
import { categoryOf, foreignCountry, outsideKinds, percentOf, recompute } from '../totals/index.ts';
import type { DocumentContent, DocumentLine } from './document.ts';
import type { Policies, TaxTreatment } from './policies.ts';

/** The rate of a line by the order of ORDERS §2.3, with its source; undefined holds the document. */
export function rateOfLine(
  line: Pick<OrderLine, 'sku' | 'offerId' | 'category' | 'rate'> & Pick<DocumentLine, 'kind'>,
  policies: Policies,
  regime: Regime,
): TaxRate | undefined {
  if (outsideKinds.has(line.kind)) return { category: 'O', source: 'rule' };
  const { bySku, byOffer, byCategory, default: byDefault } = policies.rates;
  const rule = lookUp(bySku, line.sku) ?? lookUp(byOffer, line.offerId) ?? lookUp(byCategory, line.category);
  const rate = line.rate ?? (rule && { ...rule, source: 'rule' as const }) ?? (byDefault && { ...byDefault, source: 'default' as const });
  if (!rate) return undefined;
  return withReason(ofSeller(rate, policies), regime);
}

/** A rate as this seller means it: the basis of exemption is named once, and a shop that adds no tax for an exempt seller says 0%. */
export function ofSeller(rate: TaxRate, { seller, exemptionReason }: Policies): TaxRate {
  if (!exemptionReason || rate.exemptionReason) return rate;
  const nothing = rate.category === 'Z' || (rate.category === 'S' && percentOf(rate) === '0');
  if (seller.exempt && rate.source === 'channel' && nothing) return { category: 'E', exemptionReason, source: 'channel' };
  return rate.category === 'E' ? { ...rate, exemptionReason } : rate;
}

function lookUp(book: Record<string, TaxRate>, key: string | undefined): TaxRate | undefined {
  return key !== undefined && Object.hasOwn(book, key) ? book[key] : undefined;
}

/** A rate in normal form, with the words that the law wants where there is no tax, unless they are given or depend on the seller. */
export function withReason(rate: TaxRate, regime: Regime): TaxRate {
  const normal = rate.percent === undefined ? rate : { ...rate, percent: percentOf(rate) };
  if (rate.category === 'S' || rate.exemptionReason || isAmbiguous(regime, rate)) return normal;
  const reason = definitionOf(regime, rate)?.reason;
  return reason === undefined ? normal : { ...normal, exemptionReason: reason };
}

/** The seller's own rule for a foreign sale, if there is one. */
export function treatmentByRule(content: DocumentContent, policies: Policies): TaxTreatment | undefined {
  const country = foreignCountry(content);
  if (country === undefined) return undefined;
  const fits = (name: string) =>
    name === country ||
    name === 'any' ||
    (name === 'eu' && isEuCountry(country)) ||
    (name === 'outside-eu' && /^[A-Z]{2}$/.test(country) && !isEuCountry(country));
  return policies.foreign.find((rule) => rule.countries.some(fits) && (rule.buyer === 'any' || rule.buyer === content.buyer.type))
    ?.treatment;
}

/**
 * Sets how a foreign sale is taxed. Leaving a treatment without tax takes the rates away that it gave: what the goods bear at home is not
 * guessed.
 */
export function treat(content: DocumentContent, treatment: TaxTreatment): DocumentContent {
  const left = categoryOf(content.taxTreatment);
  const lines = content.lines.map((line) =>
    left !== undefined && line.rate?.source === 'rule' && line.rate.category === left ? { ...line, rate: undefined } : line,
  );
  return recompute({ ...content, taxTreatment: treatment, lines });
}

/** A new content with the treatment, the amounts and the duty of split payment that the seller's policies and country give it. */
export function taxedByPolicies(draft: DocumentContent, policies: Policies, regime: Regime): DocumentContent {
  const treatment = draft.taxTreatment ?? treatmentByRule(draft, policies);
  return splitWhereDue(treatment ? treat(draft, treatment) : recompute(draft), regime);
}

/** The content with its mark where it must be paid in the split way; a mark that is there stays. */
export function splitWhereDue(content: DocumentContent, regime: Regime = regimeOf(content.seller.country)): DocumentContent {
  return regime.splitPaymentDue?.(content) ? { ...content, splitPayment: true } : content;
}
