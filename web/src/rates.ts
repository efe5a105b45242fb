import type { TaxRate } from '../../src/domain/orders/order.ts';
import { rateKey, rateOfKey, ratesOn, regimeOf } from '../../src/domain/regimes/index.ts';
import type { Language } from './texts.ts';

/** Tax rates to choose from, as the seller's country calls them; the law itself lives in the domain. */
export function rateOptions(country: string | undefined, language: Language, day: string): { value: string; label: string }[] {
  return ratesOn(regimeOf(country), day).map((rate) => ({ value: rate.key, label: rate.label[language] }));
}

export const rateFor = (country: string | undefined, key: string): TaxRate | undefined => rateOfKey(regimeOf(country), key, 'person');
export const keyOfRate = (country: string | undefined, rate: TaxRate | undefined): string => (rate ? rateKey(regimeOf(country), rate) : '');
export const taxIdSchemeOf = (country: string | undefined): string => regimeOf(country).taxIdScheme;
