import type { Decimal } from '../../domain/money/money.ts';
import { isCountry } from '../../domain/parties/country.ts';
import type { Profile } from '../order-file.ts';

/** Written values of order files: amounts with group and decimal separators, currencies, countries by name, tax numbers. */

const suffixCurrency: Record<string, string> = { zł: 'PLN', zl: 'PLN', Kč: 'CZK', '€': 'EUR', Ft: 'HUF', kr: 'SEK', '£': 'GBP' };
const plain = /^-?\d{1,12}(\.\d{1,6})?$/;

type Amount = { value: Decimal; currency?: string };

/** Reads an amount the way the profile writes them, with its currency behind or before it; undefined when it is none. A point before exactly three digits is a group where groups are. */
export function readAmount(text: string, numbers: Profile['numbers']): Amount | undefined {
  let body = text.trim();
  let currency: string | undefined;
  for (const suffix of numbers.currencySuffixes) {
    if (body.length > suffix.length && body.endsWith(suffix)) {
      body = body.slice(0, -suffix.length).trim();
      currency = suffixCurrency[suffix] ?? suffix;
      break;
    }
  }
  const sign = currency === undefined ? /^([A-Z]{3}|€|£|zł|Ft|kr|Kč)\s*(?=\d)/.exec(body)?.[1] : undefined;
  if (sign !== undefined && numbers.currencySuffixes.includes(sign)) {
    body = body.slice(sign.length).trim();
    currency = suffixCurrency[sign] ?? sign;
  }
  if (numbers.groupSeparators.length === 0) return plain.test(body) ? { value: body, currency } : undefined;
  const value = readGrouped(body, numbers);
  return value === undefined ? undefined : { value, currency };
}

const simple = /^(\d{1,12})(?:[.,](\d{1,2}))?$/;

function readGrouped(body: string, numbers: Profile['numbers']): Decimal | undefined {
  const easy = simple.exec(body);
  if (easy) return sized('', easy[1]!, easy[2]);
  const m = /^(-?)(\d+(?:[^\d]\d+)*)$/.exec(body);
  if (!m) return undefined;
  const digits = m[2]!.split(/[^\d]/);
  const marks = m[2]!.replace(/\d/g, '');
  if (marks === '') return sized(m[1]!, digits[0]!);
  const last = marks.at(-1)!;
  const same = new Set(marks.slice(0, -1));
  const lastDigits = digits.at(-1)!;
  const lastIsGroup =
    numbers.groupSeparators.includes(last) && lastDigits.length === 3 && (same.size === 0 || (same.size === 1 && same.has(last)));
  const lastIsDecimal = numbers.decimalSeparators.includes(last) && !same.has(last);
  const groupDigits = lastIsGroup ? digits : digits.slice(0, -1);
  if (!lastIsGroup && !lastIsDecimal) return undefined;
  const groupMarks = lastIsGroup ? marks : marks.slice(0, -1);
  if (!validGroups(groupDigits, groupMarks, numbers.groupSeparators)) return undefined;
  return lastIsGroup ? sized(m[1]!, digits.join('')) : sized(m[1]!, groupDigits.join(''), lastDigits);
}

function validGroups(digits: string[], marks: string, allowed: string[]): boolean {
  if (marks === '') return digits.length === 1;
  if (new Set(marks).size > 1 || !allowed.includes(marks[0]!)) return false;
  return digits[0]!.length <= 3 && digits.slice(1).every((d) => d.length === 3);
}

function sized(sign: string, whole: string, fraction?: string): Decimal | undefined {
  if (whole.length > 12 || (fraction?.length ?? 0) > 6) return undefined;
  const trimmed = whole.replace(/^0+(?=\d)/, '');
  return fraction === undefined ? sign + trimmed : `${sign}${trimmed}.${fraction}`;
}

/** Positive, up to four decimals. Undefined otherwise. */
export function readQuantity(text: string): Decimal | undefined {
  const body = text.trim().replace(',', '.');
  return /^\d{1,9}(\.\d{1,4})?$/.test(body) && /[1-9]/.test(body) ? body.replace(/^0+(?=\d)/, '') : undefined;
}

let currencies: Set<string> | undefined;
/** True for a current or past ISO 4217 code. */
export function isCurrency(code: string): boolean {
  currencies ??= new Set(Intl.supportedValuesOf('currency'));
  return currencies.has(code);
}

let countryNames: Map<string, string> | undefined;
const extraNames: Record<string, string> = {
  czechy: 'CZ',
  republikaczeska: 'CZ',
  czechrepublic: 'CZ',
  wielkabrytania: 'GB',
  england: 'GB',
  anglia: 'GB',
  holandia: 'NL',
  holland: 'NL',
  polen: 'PL',
  usa: 'US',
  el: 'GR',
  uk: 'GB',
};

/** ISO 3166-1 code of a code or of a name in Polish, English, Hungarian or Swedish; undefined when unknown. */
export function countryCode(text: string): string | undefined {
  const word = text.trim();
  if (isCountry(word)) return word;
  countryNames ??= namesOfCountries();
  return countryNames.get(fold(word));
}

function namesOfCountries(): Map<string, string> {
  const names = new Map(Object.entries(extraNames));
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  // Past countries have the name of their successor: DD is called Germany, and is not its code.
  const isPast = (code: string) => Intl.getCanonicalLocales(`und-${code}`)[0] !== `und-${code}`;
  for (const language of ['pl', 'en', 'hu', 'sv']) {
    const display = new Intl.DisplayNames(language, { type: 'region', fallback: 'none' });
    for (const a of letters) {
      for (const b of letters) {
        const name = isPast(a + b) ? undefined : display.of(a + b);
        if (name && !names.has(fold(name))) names.set(fold(name), a + b);
      }
    }
  }
  for (const a of letters)
    for (const b of letters) if (!names.has(fold(a + b)) && [...names.values()].includes(a + b)) names.set(fold(a + b), a + b);
  return names;
}

const marks = /[\u0300-\u036f]/g;
/** Lower case without diacritics, hyphens, underscores and spaces: how names of fields and values are compared. */
export function fold(text: string): string {
  return text
    .toLowerCase()
    .replaceAll('ł', 'l')
    .replaceAll('ß', 'ss')
    .replaceAll('ø', 'o')
    .normalize('NFD')
    .replace(marks, '')
    .replace(/[-_\s./:@]/g, '');
}

/**
 * Scheme of a typed tax number by the country of its party: a domestic one loses spaces, hyphens and its country prefix;
 * two letters and digits are an EU number; the rest is kept as it is.
 */
export function readTaxId(raw: string, country: string | undefined): { scheme: string; value: string; raw: string } {
  const compact = raw.replace(/[\s.\-/]/g, '').toUpperCase();
  const prefix = /^([A-Z]{2})(?=[0-9A-Z])/.exec(compact)?.[1];
  const foreign = prefix !== undefined && /\d/.test(compact) && countryCode(prefix) !== undefined;
  if (prefix === 'PL' || (country === 'PL' && !foreign))
    return { scheme: 'PL:NIP', value: prefix === 'PL' ? compact.slice(2) : compact, raw };
  if (foreign) return { scheme: 'EU:VAT', value: compact, raw };
  if (country === 'HU') return { scheme: 'HU:ADOSZAM', value: raw.trim(), raw };
  if (country === 'SE') return { scheme: 'SE:ORGNR', value: compact, raw };
  return { scheme: 'OTHER', value: compact, raw };
}
