import type { TaxId } from '../parties/party.ts';

/** What a check of a typed number says. `value` is the normal form that is stored; `display` is what is printed. */
export type TaxIdVerdict =
  | { valid: true; scheme: string; value: string; display: string }
  | { valid: false; reason: 'empty' | 'length' | 'characters' | 'zeros' | 'check' | 'part' | 'form' };

/** Patterns of EU VAT numbers with their prefix; Greece uses EL, Northern Ireland XI. The form says nothing about existence. */
export const euVatPatterns: Readonly<Record<string, RegExp>> = {
  AT: /^ATU\d{8}$/,
  BE: /^BE[01]\d{9}$/,
  BG: /^BG\d{9,10}$/,
  CY: /^CY\d{8}[A-Z]$/,
  CZ: /^CZ\d{8,10}$/,
  DE: /^DE\d{9}$/,
  DK: /^DK\d{8}$/,
  EE: /^EE\d{9}$/,
  EL: /^EL\d{9}$/,
  ES: /^ES[A-Z0-9]\d{7}[A-Z0-9]$/,
  FI: /^FI\d{8}$/,
  FR: /^FR[A-Z0-9]{2}\d{9}$/,
  HR: /^HR\d{11}$/,
  HU: /^HU\d{8}$/,
  IE: /^IE[0-9A-Z+*]{8,9}$/,
  IT: /^IT\d{11}$/,
  LT: /^LT(\d{9}|\d{12})$/,
  LU: /^LU\d{8}$/,
  LV: /^LV\d{11}$/,
  MT: /^MT\d{8}$/,
  NL: /^NL[A-Z0-9+*]{12}$/,
  PL: /^PL\d{10}$/,
  PT: /^PT\d{9}$/,
  RO: /^RO\d{2,10}$/,
  SE: /^SE\d{12}$/,
  SI: /^SI\d{8}$/,
  SK: /^SK\d{10}$/,
  XI: /^XI(\d{9}|\d{12}|GD\d{3}|HA\d{3})$/,
};

/** Member states by ISO code (Greece is GR here, EL in tax numbers), with Monaco, which is France to this tax (2006/112/EC art. 7). */
const euCountries = new Set('AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MC MT NL PL PT RO SE SI SK'.split(' '));

/** Parts of member states that are outside the tax (2006/112/EC art. 6), by how their postal codes begin. */
const outsideParts: Record<string, RegExp> = {
  // Büsingen, Helgoland; the Canaries, Ceuta, Melilla; Åland; overseas; Mount Athos; Livigno, Campione.
  DE: /^(78266|27498)/,
  ES: /^(35|38|51|52)\d{3}/,
  FI: /^22\d{3}/,
  FR: /^9[78]\d{3}/,
  GR: /^(63086|63087)/,
  IT: /^(23041|22061)/,
};

/** Do EU VAT numbers begin with it? Greece with EL, Northern Ireland with XI. */
export function isEuVatPrefix(prefix: string): boolean {
  return Object.hasOwn(euVatPatterns, prefix);
}

export function isEuCountry(country: string | undefined): boolean {
  return country !== undefined && euCountries.has(country);
}

/** Is an address within the Union as far as this tax goes? */
export function isWithinUnion({ country, postalCode }: { country?: string; postalCode?: string }): boolean {
  return isEuCountry(country) && !outsideParts[country!]?.test(compact(postalCode ?? '').replace(/^(AX|[A-Z]{1,2}(?=\d))/, ''));
}

/** Typed text without spaces, dots, hyphens and slashes, in capitals. */
export function compact(raw: string): string {
  return raw.replace(/[\s.\-–—/]/g, '').toUpperCase();
}

/** ISO country of an EU VAT number. */
export function euVatCountry(value: string): string {
  const prefix = value.slice(0, 2);
  return prefix === 'EL' ? 'GR' : prefix === 'XI' ? 'GB' : prefix;
}

/** Checks an EU VAT number with prefix by its pattern. */
export function checkEuVat(raw: string): TaxIdVerdict {
  const value = compact(raw);
  if (value === '') return { valid: false, reason: 'empty' };
  const pattern = euVatPatterns[value.slice(0, 2)];
  if (!pattern) return { valid: false, reason: 'form' };
  return pattern.test(value) ? { valid: true, scheme: 'EU:VAT', value, display: value } : { valid: false, reason: 'form' };
}

/** Modulus 10: weights 2, 1, 2, 1 … from the digit nearest the check digit (the last one) going left. */
export function luhnCheckDigit(base: string): number {
  let sum = 0;
  for (let i = 0; i < base.length; i++) {
    const digit = Number(base[base.length - 1 - i]);
    const weighted = i % 2 === 0 ? digit * 2 : digit;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return (10 - (sum % 10)) % 10;
}

export function passesLuhn(digits: string): boolean {
  return digits.length > 1 && luhnCheckDigit(digits.slice(0, -1)) === Number(digits.at(-1));
}

/** A tax id in normal form with what was typed kept beside it. */
export function taxId(verdict: Extract<TaxIdVerdict, { valid: true }>, raw: string): TaxId {
  return { scheme: verdict.scheme, value: verdict.value, raw };
}
