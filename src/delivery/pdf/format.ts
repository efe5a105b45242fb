import type { Language } from '../../domain/documents/document.ts';
import { type Decimal, fixed, minorDigits, scaled } from '../../domain/money/money.ts';

/** Numbers, money and days as the reader's language writes them. */

const decimalMark: Record<Language, string> = { pl: ',', hu: ',', sv: ',', en: '.' };
const groupMark: Record<Language, string> = { pl: ' ', hu: ' ', sv: ' ', en: ',' };
const ownSign: Partial<Record<Language, Record<string, string>>> = { pl: { PLN: 'zł' }, hu: { HUF: 'Ft' }, sv: { SEK: 'kr' } };

/** Digits grouped by three with the language's marks. Plain spaces and hyphens, so that a search and a spreadsheet find the amount. */
export function number(text: Decimal, digits: number, language: Language): string {
  const plain = fixed(scaled(text), digits);
  const negative = plain.startsWith('-') && /[1-9]/.test(plain);
  const [whole = '0', fraction] = plain.replace('-', '').split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, groupMark[language]);
  return `${negative ? '-' : ''}${grouped}${fraction ? decimalMark[language] + fraction : ''}`;
}

/** Digits a decimal has after the point, trailing zeros not counted, at least `least` and at most six. */
export function digitsOf(text: Decimal, least = 0): number {
  const fraction = text.split('.')[1]?.replace(/0+$/, '') ?? '';
  return Math.min(6, Math.max(least, fraction.length));
}

/** The currency's name behind an amount: the sign at home, else the ISO code. */
export function currencySign(currency: string, language: Language): string {
  return ownSign[language]?.[currency] ?? currency;
}

/** Forint are written whole as long as every amount is whole; other currencies always with their minor unit. */
export function moneyDigits(currency: string, amounts: Decimal[]): number {
  const usual = minorDigits(currency);
  if (currency !== 'HUF') return usual;
  return amounts.every((amount) => digitsOf(amount) === 0) ? 0 : usual;
}

const englishMonths = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A civil day YYYY-MM-DD (or the day of an instant) as written in the language. */
export function day(text: string, language: Language): string {
  const [year = '', month = '', date = ''] = text.slice(0, 10).split('-');
  if (language === 'hu') return `${year}.${month}.${date}.`;
  if (language === 'en') return `${Number(date)} ${englishMonths[Number(month) - 1]} ${year}`;
  return `${year}-${month}-${date}`;
}

/** Account numbers in groups: IBAN and Polish NRB by four, Hungarian by eight. */
export function account(text: string): string {
  const plain = text.replace(/[\s-]/g, '').toUpperCase();
  if (/^\d{26}$/.test(plain)) return `${plain.slice(0, 2)} ${plain.slice(2).replace(/(.{4})(?=.)/g, '$1 ')}`;
  if (/^[A-Z]{2}\d{2}[A-Z0-9]{8,30}$/.test(plain)) return plain.replace(/(.{4})(?=.)/g, '$1 ');
  if (/^\d{16}(\d{8})?$/.test(plain)) return plain.replace(/(.{8})(?=.)/g, '$1-');
  return text.trim();
}

const countryNames = new Map<Language, Intl.DisplayNames>();

/** Country name in the language; what is no ISO code is shown as it is. */
export function country(code: string, language: Language): string {
  if (!/^[A-Z]{2}$/.test(code)) return code;
  const names = countryNames.get(language) ?? new Intl.DisplayNames([language], { type: 'region' });
  countryNames.set(language, names);
  return names.of(code) ?? code;
}
