import { cut } from '../../domain/cut.ts';
import type { Finding } from '../../domain/finding.ts';
import { type Decimal, isDecimal } from '../../domain/money/money.ts';

/**
 * JSON of services whose types wobble: a number comes as a number or as text, a flag as 0, "1" or true. Numbers stay as they are
 * written: amounts never pass through binary floating point.
 */
export type Json = null | boolean | string | Json[] | { [key: string]: Json };
export type Fields = { [key: string]: Json };

/** Undefined for what is no JSON. */
export function parse(written: string): Json | undefined {
  try {
    return JSON.parse(written, ((_key: string, value: unknown, at: { source?: string }) =>
      typeof value === 'number' ? (at?.source ?? String(value)) : value) as (key: string, value: unknown) => unknown) as Json;
  } catch {
    return undefined;
  }
}

export const object = (value: Json | undefined): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
/** A list; one whose places have numbers of their own comes as an object of them (PHP writes what it counts from 1 so). */
export const list = (value: Json | undefined): Fields[] => {
  if (Array.isArray(value)) return value.map(object);
  const inside = Object.values(object(value));
  return inside.every((one) => typeof one === 'object' && one !== null && !Array.isArray(one)) ? inside.map(object) : [];
};

/** A country by its two letters; undefined for anything else, so that three letters are not read as other two. */
export function twoLetters(value: Json | undefined): string | undefined {
  const code = text(value)?.toUpperCase();
  return code !== undefined && /^[A-Z]{2}$/.test(code) ? code : undefined;
}

/** Text of a value, whichever type it came as; empty is absent. */
export function text(value: Json | undefined, max = 500): string | undefined {
  const written = typeof value === 'string' ? value : typeof value === 'boolean' ? (value ? '1' : '0') : undefined;
  const clean = written?.replace(/\s+/g, ' ').trim();
  return clean ? cut(clean, max) : undefined;
}

export const flag = (value: Json | undefined) => ['1', 'true'].includes(text(value)?.toLowerCase() ?? '');

/** A decimal without idle zeros: "1.000" is 1, "53.90" is 53.9. Exponents and the like are none. */
export function decimal(value: Json | undefined): Decimal | undefined {
  const written = text(value)?.replace(',', '.');
  if (written === undefined || !isDecimal(written)) return undefined;
  return written.includes('.') ? written.replace(/\.?0+$/, '') || '0' : written;
}

/** Thrown inside a reading, caught at its head: the order is rejected with its place, alone. */
export class Unreadable extends Error {
  readonly finding: Finding;
  constructor(code: string, where: string, value: Json | undefined) {
    super(code);
    this.finding = { code, level: 'reject', where, params: { value: cut(text(value) ?? '', 100) } };
  }
}

export function amount(value: Json | undefined, where: string): Decimal {
  const read = decimal(value);
  if (read === undefined) throw new Unreadable('E_AMOUNT', where, value);
  return read;
}
