import type { DocumentContent } from '../documents/document.ts';
import { divide, fromMinor, minorDigits, rescale, type Scaled, scaled } from '../money/money.ts';

/**
 * Steps of rounding, in minor units. Tax and net of forint amounts are whole forints although ISO 4217 gives the currency
 * two decimals; all other currencies use their minor unit.
 */
const wholeCurrencies = new Set(['HUF']);

/** Smallest coin where it is larger than the minor unit, in minor units: what a cash payment is rounded to. */
const cashSteps: Readonly<Record<string, bigint>> = { HUF: 500n, SEK: 100n, NOK: 100n, DKK: 50n, CZK: 100n };

/** Step of amounts that the document computes itself (tax, net). */
export function taxStep(currency: string): bigint {
  return wholeCurrencies.has(currency) ? 10n ** BigInt(minorDigits(currency)) : 1n;
}

/** The step for a given gross: an amount paid with fractions keeps them. */
export function stepFor(gross: bigint, currency: string): bigint {
  const step = taxStep(currency);
  return gross % step === 0n ? step : 1n;
}

export function cashStep(currency: string): bigint {
  return cashSteps[currency] ?? 1n;
}

/** Rounds half away from zero to a multiple of `step`. */
export function toStep(amount: bigint, step: bigint): bigint {
  return step === 1n ? amount : divide(amount, step) * step;
}

/** numerator ÷ denominator rounded once, half away from zero, to a multiple of `step`. */
export function divideToStep(numerator: bigint, denominator: bigint, step: bigint): bigint {
  return divide(numerator, denominator * step) * step;
}

/** Minor units of a decimal amount rounded once to a multiple of `step`. */
export function minorToStep(n: Scaled, currency: string, step: bigint): bigint {
  const digits = minorDigits(currency);
  if (n.scale <= digits) return toStep(rescale(n, digits), step);
  return divideToStep(n.value, 10n ** BigInt(n.scale - digits), step);
}

/** Amount in the accounting currency at the stated rate, rounded as that currency's tax is. */
export function exchanged(amount: bigint, currency: string, exchange: NonNullable<DocumentContent['exchange']>): string {
  const n = scaled(fromMinor(amount, currency));
  const rate = scaled(exchange.rate);
  const target = exchange.accountingCurrency;
  return fromMinor(minorToStep({ value: n.value * rate.value, scale: n.scale + rate.scale }, target, taxStep(target)), target);
}
