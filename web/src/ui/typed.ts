import type { Language } from '../texts.ts';

/** What people type into fields: amounts with a comma, days in the order of their language. */
export function decimalOf(text: string): string | undefined {
  const plain = text
    .replace(/[\s\u00a0\u202f]/g, '')
    .replace('−', '-')
    .replace(',', '.');
  return /^-?\d{1,15}(\.\d{1,6})?$/.test(plain) ? plain : undefined;
}

const orders: Record<Language, (year: string, month: string, day: string) => string> = {
  pl: (y, m, d) => `${d}.${m}.${y}`,
  en: (y, m, d) =>
    `${Number(d)} ${new Intl.DateTimeFormat('en-GB', { month: 'short', timeZone: 'UTC' }).format(Date.UTC(2000, Number(m) - 1, 1))} ${y}`,
  hu: (y, m, d) => `${y}. ${m}. ${d}.`,
  sv: (y, m, d) => `${y}-${m}-${d}`,
};

export function shownDay(day: string | undefined, language: Language): string {
  if (!day) return '';
  const [year = '', month = '', date = ''] = day.slice(0, 10).split('-');
  return orders[language](year, month, date);
}

/** What was typed, as YYYY-MM-DD; null while it is no day. */
export function readDay(text: string, language: Language): string | null {
  const parts = text.split(/\D+/).filter(Boolean).map(Number);
  if (parts.length !== 3) {
    const parsed = /\d{4}/.test(text) && /[a-z]/i.test(text) ? Date.parse(`${text} UTC`) : Number.NaN;
    return Number.isNaN(parsed) ? null : new Date(parsed).toISOString().slice(0, 10);
  }
  const [year, month, day] = parts[0]! > 31 || language === 'hu' || language === 'sv' ? parts : [parts[2], parts[1], parts[0]];
  if (year! > 99 && year! < 1900) return null;
  const date = new Date(Date.UTC(year! < 100 ? 2000 + year! : year!, month! - 1, day!));
  return Number.isNaN(date.getTime()) || date.getUTCMonth() !== month! - 1 ? null : date.toISOString().slice(0, 10);
}

/** A price as the API takes it: two places, and as many more as were typed, for a document may cost a part of a grosz. */
export const priceOf = (typed: string | number): string =>
  Number(typed)
    .toFixed(4)
    .replace(/(\.\d\d\d*?)0+$/, '$1');
