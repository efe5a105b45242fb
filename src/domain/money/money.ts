/**
 * Exact money. Inside: bigint minor units. At every edge (JSON, database content, API): decimal strings such as "15.49".
 * Never binary floating point (DESIGN §3.5).
 */

/** A decimal number as text: optional minus, digits, optional point and digits. Never an exponent. */
export type Decimal = string;

/** A decimal number as `value / 10 ** scale`. */
export type Scaled = { value: bigint; scale: number };

const decimalPattern = /^-?\d{1,30}(\.\d{1,12})?$/;
const withoutMinor = new Set(['JPY', 'KRW', 'ISK', 'CLP', 'VND']);

/** Digits after the point in the currency's minor unit (ISO 4217; HUF has 2). */
export function minorDigits(currency: string): number {
  return withoutMinor.has(currency) ? 0 : 2;
}

export function isDecimal(text: unknown): text is Decimal {
  return typeof text === 'string' && decimalPattern.test(text);
}

/** Throws a RangeError when the text is no decimal number. */
export function scaled(text: Decimal): Scaled {
  const short = shortScaled(text);
  if (short) return short;
  if (!isDecimal(text)) throw new RangeError(`not a decimal number: ${String(text).slice(0, 40)}`);
  const point = text.indexOf('.');
  if (point < 0) return { value: BigInt(text), scale: 0 };
  return { value: BigInt(text.slice(0, point) + text.slice(point + 1)), scale: text.length - point - 1 };
}

/** Up to fifteen digits are an exact integer of the machine: nearly all amounts, read several times faster than by pattern. */
const maxShortLength = 15;

function shortScaled(text: Decimal): Scaled | undefined {
  if (typeof text !== 'string' || text.length > maxShortLength) return undefined;
  const negative = text.charCodeAt(0) === 45;
  let value = 0;
  let point = -1;
  for (let i = negative ? 1 : 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit >= 0 && digit <= 9) value = value * 10 + digit;
    else if (digit === -2 && point < 0) point = i;
    else return undefined;
  }
  const scale = point < 0 ? 0 : text.length - point - 1;
  const first = negative ? 1 : 0;
  // What has no digit before or after its point is left to the pattern to refuse.
  if (text.length === first || point === first || (point >= 0 && scale === 0) || scale > 12) return undefined;
  return { value: BigInt(negative ? -value : value), scale };
}

/** Text of a scaled number, trailing zeros cut. */
export function decimal(n: Scaled): Decimal {
  const sign = n.value < 0n ? '-' : '';
  const digits = (n.value < 0n ? -n.value : n.value).toString().padStart(n.scale + 1, '0');
  if (n.scale === 0) return sign + digits;
  const fraction = digits.slice(-n.scale).replace(/0+$/, '');
  const whole = digits.slice(0, -n.scale);
  const text = fraction ? `${whole}.${fraction}` : whole;
  return n.value === 0n ? '0' : sign + text;
}

/** Quotient rounded half away from zero, so that a correction mirrors its original. */
export function divide(numerator: bigint, denominator: bigint): bigint {
  if (denominator === 0n) throw new RangeError('division by zero');
  const negative = numerator < 0n !== denominator < 0n;
  const n = numerator < 0n ? -numerator : numerator;
  const d = denominator < 0n ? -denominator : denominator;
  const quotient = (2n * n + d) / (2n * d);
  return negative ? -quotient : quotient;
}

/** Minor units of an amount; more decimals than the currency has are rounded half away from zero. */
export function toMinor(amount: Decimal, currency: string): bigint {
  return rescale(scaled(amount), minorDigits(currency));
}

/** True when the amount has no more decimals than its currency. */
export function fitsCurrency(amount: Decimal, currency: string): boolean {
  const n = scaled(amount);
  const digits = minorDigits(currency);
  return n.scale <= digits || n.value % 10n ** BigInt(n.scale - digits) === 0n;
}

/** Amount text with exactly the currency's decimals: 1549n PLN → "15.49". */
export function fromMinor(minor: bigint, currency: string): Decimal {
  const digits = minorDigits(currency);
  if (digits === 2 && minor > -maxExact && minor < maxExact) return hundredths(Number(minor));
  return fixed({ value: minor, scale: digits }, digits);
}

const maxExact = BigInt(Number.MAX_SAFE_INTEGER);

function hundredths(minor: number): Decimal {
  const size = minor < 0 ? -minor : minor;
  const rest = size % 100;
  return `${minor < 0 ? '-' : ''}${(size - rest) / 100}${rest < 10 ? '.0' : '.'}${rest}`;
}

/** Text with exactly `digits` decimals, rounded half away from zero. */
export function fixed(n: Scaled, digits: number): Decimal {
  const value = rescale(n, digits);
  const sign = value < 0n ? '-' : '';
  const text = (value < 0n ? -value : value).toString().padStart(digits + 1, '0');
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

export function rescale(n: Scaled, scale: number): bigint {
  if (n.scale === scale) return n.value;
  return n.scale < scale ? n.value * 10n ** BigInt(scale - n.scale) : divide(n.value, 10n ** BigInt(n.scale - scale));
}

/** quantity × price in minor units, rounded half away from zero. */
export function extend(quantity: Decimal, unitPrice: Decimal, currency: string): bigint {
  const q = scaled(quantity);
  const p = scaled(unitPrice);
  return rescale({ value: q.value * p.value, scale: q.scale + p.scale }, minorDigits(currency));
}

export function compareDecimal(a: Decimal, b: Decimal): number {
  const [x, y] = [scaled(a), scaled(b)];
  const scale = Math.max(x.scale, y.scale);
  const difference = rescale(x, scale) - rescale(y, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Sum of amounts in minor units. */
export function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total;
}

/**
 * Splits `amount` by `weights` in minor units by largest remainder; the parts always sum to the whole.
 * A tie goes to the earlier index: callers sort so that the preferred part comes first.
 */
export function split(amount: bigint, weights: bigint[]): bigint[] {
  const total = sum(weights);
  if (total === 0n) return weights.map((_, i) => (i === 0 ? amount : 0n));
  const floors = weights.map((w) => floorDivide(amount * w, total));
  let rest = amount - sum(floors);
  const order = weights
    .map((w, i) => ({ i, remainder: amount * w - floors[i]! * total }))
    .sort((a, b) => (a.remainder === b.remainder ? a.i - b.i : a.remainder > b.remainder ? -1 : 1));
  for (const { i } of order) {
    if (rest === 0n) break;
    floors[i]! += 1n;
    rest -= 1n;
  }
  return floors;
}

function floorDivide(a: bigint, b: bigint): bigint {
  const q = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? q - 1n : q;
}

/** ISO 4217's sign for no currency: an order whose channel told none has it until a person chooses one. */
export const noCurrency = 'XXX';
