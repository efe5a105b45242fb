import { divide } from '../../../src/domain/money/money.ts';

/** Hundredths: öre of an amount, hundredths of a percent of a rate. */
export type Hundredths = bigint;

/** Reads a decimal of at most two decimals; undefined for anything else. */
export function readHundredths(text: string): Hundredths | undefined {
  const match = /^([+-])?(\d{1,12})(?:\.(\d{1,2}))?$/.exec(text.trim());
  if (!match) return undefined;
  const size = BigInt(match[2]! + (match[3] ?? '').padEnd(2, '0'));
  return match[1] === '-' ? -size : size;
}

/** `426.00` */
export function plain(value: Hundredths): string {
  const digits = (value < 0n ? -value : value).toString().padStart(3, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** A JSON number: two decimals survive binary floating point when written out again. */
export function toNumber(value: Hundredths): number {
  return Number(plain(value));
}

/** The VAT that a gross amount contains (contract 13.4). */
export function vatWithin(gross: Hundredths, rate: Hundredths): Hundredths {
  return divide(gross * rate, 10_000n + rate);
}

/** `Math.min` knows no bigint. */
export function lesser(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
