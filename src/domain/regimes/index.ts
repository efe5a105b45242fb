import type { TaxId } from '../parties/party.ts';
import { hungary } from './hu/hu.ts';
import { poland } from './pl/pl.ts';
import type { Regime } from './regime.ts';
import { checkVatNumber } from './se/identifiers.ts';
import { sweden } from './se/se.ts';
import { checkEuVat, compact, type TaxIdVerdict } from './taxid.ts';

export { standardRateOf } from './destination.ts';
export {
  accountsByCash,
  definitionOf,
  isAmbiguous,
  isInForce,
  type Phrase,
  type RateService,
  type Regime,
  type RetentionLaw,
  rateKey,
  rateOfKey,
  ratesOn,
} from './regime.ts';
export type { RegisteredCompany } from './register.ts';
export { compact, euVatCountry, isEuCountry, isEuVatPrefix, isWithinUnion, taxId } from './taxid.ts';
export { documentTitle, exemptionReasons, type LineWords, phrase, requiredPhrases, wordsForLines } from './wording.ts';
export { amountInWords, type WordsStyle } from './words/words.ts';

export const regimes: Readonly<Record<string, Regime>> = { PL: poland, HU: hungary, SE: sweden };

/** The regime of a seller's country; a country without one is a broken assumption: organizations have one of the three. */
export function regimeOf(country: string | undefined): Regime {
  const regime = Object.hasOwn(regimes, country ?? '') ? regimes[country!] : undefined;
  if (!regime) throw new RangeError(`no regime for country ${country}; there are ${Object.keys(regimes).join(', ')}`);
  return regime;
}

/** Checks a tax id by its scheme; a scheme without a known check is neither right nor wrong. */
export function checkTaxId(taxId: Pick<TaxId, 'scheme' | 'value'>): TaxIdVerdict | undefined {
  if (taxId.scheme === 'EU:VAT') return taxId.value.toUpperCase().startsWith('SE') ? checkVatNumber(taxId.value) : checkEuVat(taxId.value);
  return Object.values(regimes)
    .find((regime) => regime.taxIdScheme === taxId.scheme)
    ?.checkTaxId(taxId.value);
}

/**
 * A typed number with its scheme, as the seller's country reads it: digits alone are meant as a domestic number, right or wrong; an EU
 * number when prefix and pattern fit; anything else stays as typed with scheme OTHER, to be asked about (never guessed).
 */
export function readTaxId(raw: string, country: string): TaxId {
  const regime = regimeOf(country);
  const verdict = regime.classifyTaxId(raw);
  if (verdict.valid) return { scheme: verdict.scheme, value: verdict.value, raw };
  const digits = compact(raw).replace(new RegExp(`^${country}`), '');
  return /^\d+$/.test(digits) ? { scheme: regime.taxIdScheme, value: digits, raw } : { scheme: 'OTHER', value: raw.trim(), raw };
}
