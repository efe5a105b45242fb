import { type Language, locales, useTexts } from './texts.ts';

/** Numbers, money and time as the reader's language writes them. Amounts stay decimal text: Intl formats them exactly. */
export type Formats = ReturnType<typeof formats>;

const cache = new Map<Language, Formats>();
export function useFormats(): Formats {
  return formatsOf(useTexts().language);
}
export function formatsOf(language: Language): Formats {
  let found = cache.get(language);
  if (!found) {
    found = formats(language);
    cache.set(language, found);
  }
  return found;
}

function formats(language: Language) {
  const locale = locales[language];
  const moneys = new Map<string, Intl.NumberFormat>();
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 6 });
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
  const dayFormat = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' });
  const dayHere = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
  const shortDay = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const timeFormat = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
  const exactClock = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' });
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
  const amounts = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, useGrouping: 'always' });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const list = new Intl.ListFormat(locale, { type: 'conjunction' });
  const countries = new Intl.DisplayNames(locale, { type: 'region' });
  const money = (amount: string | undefined, currency: string) => {
    if (amount === undefined) return '';
    let format = moneys.get(currency);
    if (!format) {
      // Thousands apart from the first: a column of amounts is read by its gaps, also in Polish, which would begin at ten thousand.
      format = new Intl.NumberFormat(locale, { style: 'currency', currency, useGrouping: 'always' });
      moneys.set(currency, format);
    }
    return format.format(amount as `${number}`);
  };
  return {
    money,
    /** Of one thing: it may have more places than money has. */
    price: (amount: string, currency: string) =>
      new Intl.NumberFormat(locale, { style: 'currency', currency, maximumFractionDigits: 6 }).format(amount as `${number}`),
    /** Without the currency: for dense columns that name it elsewhere. */
    amount: (amount: string) => amounts.format(amount as `${number}`),
    number: (value: number | string) => number.format(value as number),
    percent: (share: number) => percent.format(share),
    /** A civil day, YYYY-MM-DD; of an instant the day beside the hour that `time` tells of it. */
    day: (day: string | null | undefined) =>
      day ? (day.length > 10 ? dayHere : dayFormat).format(new Date(day.length > 10 ? day : `${day}T00:00:00Z`)) : '',
    shortDay: (day: string) => shortDay.format(new Date(`${day.slice(0, 10)}T00:00:00Z`)),
    time: (instant: string | null | undefined) => (instant ? timeFormat.format(new Date(instant)) : ''),
    clock: (instant: string) => clock.format(new Date(instant)),
    /** With seconds, for what is waited for. */
    exactClock: (instant: string) => exactClock.format(new Date(instant)),
    /** "in 3 days", "today", "2 days ago". */
    inDays: (days: number) => relative.format(days, 'day'),
    ago: (instant: string) => ago(relative, (Date.parse(instant) - Date.now()) / 1000),
    list: (items: string[]) => list.format(items),
    country: (code: string | null | undefined) => {
      if (!code) return '';
      return /^[A-Z]{2}$/.test(code) ? (countries.of(code) ?? code) : code;
    },
    bytes: (size: number) =>
      size < 1_000_000 ? `${number.format(Math.ceil(size / 1000))} kB` : `${number.format(Math.round(size / 100_000) / 10)} MB`,
    duration: (seconds: number) => {
      const [value, unit] =
        seconds < 90
          ? [seconds, 'second']
          : seconds < 5400
            ? [seconds / 60, 'minute']
            : seconds < 172_800
              ? [seconds / 3600, 'hour']
              : [seconds / 86_400, 'day'];
      return new Intl.NumberFormat(locale, { style: 'unit', unit: unit as string, unitDisplay: 'short', maximumFractionDigits: 0 }).format(
        value as number,
      );
    },
  };
}

function ago(relative: Intl.RelativeTimeFormat, seconds: number): string {
  const size = Math.abs(seconds);
  if (size < 60) return relative.format(Math.round(seconds), 'second');
  if (size < 3600) return relative.format(Math.round(seconds / 60), 'minute');
  if (size < 86_400) return relative.format(Math.round(seconds / 3600), 'hour');
  return relative.format(Math.round(seconds / 86_400), 'day');
}

/** Adds decimal texts exactly, for the running sums of a selection. */
export function addDecimals(amounts: string[]): string {
  const total = amounts.reduce((sum, text) => {
    const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
    const minor = BigInt(whole + fraction.padEnd(6, '0').slice(0, 6));
    return text.startsWith('-') ? sum - minor : sum + minor;
  }, 0n);
  const digits = (total < 0n ? -total : total).toString().padStart(7, '0');
  return `${total < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6, -4)}`;
}
