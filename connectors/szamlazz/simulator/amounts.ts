import { decimal, rescale, type Scaled } from '../../../src/domain/money/money.ts';

/** Amounts inside the simulator: hundredths as bigint, whatever the currency. */
export type Hundredths = bigint;

const largestExponent = 40;

/** Exact value of an XML double; undefined for INF, NaN and exponents no amount has. */
export function readDouble(text: string): Scaled | undefined {
  const found = /^\s*([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?\s*$/.exec(text);
  if (!found || !(found[2] || found[3])) return undefined;
  const exponent = Number(found[4] ?? 0);
  if (Math.abs(exponent) > largestExponent) return undefined;
  const digits = BigInt(`${found[2]}${found[3]}`) * (found[1] === '-' ? -1n : 1n);
  const scale = found[3]!.length - exponent;
  return scale >= 0 ? { value: digits, scale } : { value: digits * 10n ** BigInt(-scale), scale: 0 };
}

/** `Ft` is the forint by another name. */
export function currencyOf(token: string): string {
  return token === 'Ft' ? 'HUF' : token;
}

/** The provider rounds each value on its own (contract section 5): forint to whole, everything else to two decimals. */
export function rounded(n: Scaled, currency: string): Hundredths {
  return currency === 'HUF' ? rescale(n, 0) * 100n : rescale(n, 2);
}

/** `19800`, `100.01`: no decimals when whole. */
export function plain(amount: Hundredths): string {
  return decimal({ value: amount, scale: 2 });
}

/** `100,01`, as totals stand in headers. */
export function withComma(amount: Hundredths): string {
  return plain(amount).replace('.', ',');
}

/** `27.0`, as numbers stand in queried documents. */
export function doubleText(text: string): string {
  return text.includes('.') ? text : `${text}.0`;
}

export function times(a: Scaled, b: Scaled): Scaled {
  return { value: a.value * b.value, scale: a.scale + b.scale };
}

export function plus(a: Scaled, b: Scaled): Scaled {
  const scale = Math.max(a.scale, b.scale);
  return { value: rescale(a, scale) + rescale(b, scale), scale };
}

/** |a − b| ≤ tolerance, exactly. */
export function near(a: Scaled, b: Scaled, tolerance: Scaled): boolean {
  const scale = Math.max(a.scale, b.scale, tolerance.scale);
  const difference = rescale(a, scale) - rescale(b, scale);
  return (difference < 0n ? -difference : difference) <= rescale(tolerance, scale);
}

export const zero: Scaled = { value: 0n, scale: 0 };

/** `type` is the letter key; `rate` is undefined where the tax cannot be told from the net (margin scheme). */
export type VatKey = { percent: string; rate: Scaled | undefined; type: string | undefined };

const percentages = new Set(
  '0 1 2 2.1 3 4 4.8 5 5.5 6 7 7.7 8 8.1 9 9.5 10 11 12 13 13.5 14 15 16 17 18 19 20 21 22 23 24 25 25.5 26 27'.split(' '),
);
const letterKeys = new Set(
  'TAHK TAM AAM EUT EUKT F.AFA K.AFA HO EUE EUFADE EUFAD37 ATK NAM EAM KBAUK KBAET ÁKK EU EUK MAA TEHK'.split(' '),
);

export function readVatKey(text: string): VatKey | undefined {
  if (letterKeys.has(text)) return { percent: '0', rate: text === 'K.AFA' ? undefined : zero, type: text };
  const number = readDouble(text);
  const percent = number && decimal(number);
  if (!number || !percent || !percentages.has(percent)) return undefined;
  return { percent, rate: { value: number.value, scale: number.scale + 2 }, type: undefined };
}

export const knownCurrencies = new Set(
  `HUF EUR CHF USD AED ALL AUD BAM BGN BRL CAD CNY CZK DKK EEK GBP HKD HRK IDR ILS INR ISK JPY KRW KWD KSH KZT LTL LVL MXN MYR NOK NZD
  PHP PLN RON RSD RUB SEK SGD THB TRY TWD UAH VND ZAR`.split(/\s+/),
);
