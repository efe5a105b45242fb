import type { DocumentLine } from '../../src/domain/documents/document.ts';
import { type Decimal, decimal, divide, fixed, rescale, scaled, sum } from '../../src/domain/money/money.ts';

/**
 * Line amounts as the provider checks them, line by line: whole forints, two decimals in other currencies, net within a small
 * tolerance of unit × quantity, gross exact. Under the gross method the gross is what the buyer paid and never moves.
 */
export type WireLine = {
  name: string;
  sku?: string;
  quantity: Decimal;
  unit: string;
  unitNet: Decimal;
  vatKey: string;
  net: Decimal;
  tax: Decimal;
  gross: Decimal;
  note?: string;
};

/** A line before its amounts are settled; `percent` is 0 for every letter key. */
export type DraftLine = Pick<WireLine, 'name' | 'sku' | 'quantity' | 'unit' | 'vatKey' | 'note'> & {
  percent: Decimal;
  net: Decimal;
  tax: Decimal;
  gross: Decimal;
  /** Price as typed under the net method. */
  unitNet?: Decimal;
};

export function lineDigits(currency: string): number {
  return currency === 'HUF' ? 0 : 2;
}

/**
 * Our own amounts where the provider's arithmetic accepts them, so that both documents agree in net and tax too; otherwise, for
 * the whole document, the provider's own way from the gross (or net) of each line.
 */
export function settle(lines: DraftLine[], digits: number, method: 'gross' | 'net'): WireLine[] {
  const own = lines.every((line) => fits(line, digits));
  return lines.map((line) => {
    const { net, tax, gross } = own ? minors(line, digits) : method === 'gross' ? fromGross(line, digits) : fromNet(line, digits);
    const text = (minor: bigint) => decimal({ value: minor, scale: digits });
    return {
      name: line.name,
      sku: line.sku,
      quantity: decimal(scaled(line.quantity)),
      unit: line.unit,
      unitNet: unitNet(line, net, digits),
      vatKey: line.vatKey,
      net: text(net),
      tax: text(tax),
      gross: text(gross),
      note: line.note,
    };
  });
}

export function totalGross(lines: Pick<WireLine, 'gross'>[], digits: number): Decimal {
  return decimal({ value: sum(lines.map((line) => rescale(scaled(line.gross), digits))), scale: digits });
}

type Minors = { net: bigint; tax: bigint; gross: bigint };

function minors(line: DraftLine, digits: number): Minors {
  return { net: rescale(scaled(line.net), digits), tax: rescale(scaled(line.tax), digits), gross: rescale(scaled(line.gross), digits) };
}

export function fromGross(line: Pick<DraftLine, 'gross' | 'percent'>, digits: number): Minors {
  const gross = rescale(scaled(line.gross), digits);
  const rate = scaled(line.percent);
  const tax = divide(gross * rate.value, 100n * 10n ** BigInt(rate.scale) + rate.value);
  return { net: gross - tax, tax, gross };
}

function fromNet(line: Pick<DraftLine, 'net' | 'percent'>, digits: number): Minors {
  const net = rescale(scaled(line.net), digits);
  const rate = scaled(line.percent);
  const tax = divide(net * rate.value, 100n * 10n ** BigInt(rate.scale));
  return { net, tax, gross: net + tax };
}

/**
 * No more decimals than allowed, gross = net + tax, and the tax no further from net × rate than rounding from the gross can
 * bring it: half a unit × (1 + rate). Nothing stricter is known of the real service, nothing looser is safe.
 */
function fits(line: DraftLine, digits: number): boolean {
  const amounts = [line.net, line.tax, line.gross];
  const whole = amounts.every((amount) => {
    const n = scaled(amount);
    return n.scale <= digits || n.value % 10n ** BigInt(n.scale - digits) === 0n;
  });
  if (!whole) return false;
  const { net, tax, gross } = minors(line, digits);
  if (net + tax !== gross) return false;
  const rate = scaled(line.percent);
  const hundred = 100n * 10n ** BigInt(rate.scale);
  const off = tax * hundred - net * rate.value;
  return 2n * (off < 0n ? -off : off) <= hundred + rate.value;
}

/** Unit price to six decimals; the price as typed where quantity × price gives the net. */
function unitNet(line: DraftLine, net: bigint, digits: number): Decimal {
  const quantity = scaled(line.quantity);
  if (line.unitNet !== undefined) {
    const price = scaled(line.unitNet);
    if (rescale({ value: price.value * quantity.value, scale: price.scale + quantity.scale }, digits) === net) return decimal(price);
  }
  if (quantity.value === 0n) return decimal({ value: net, scale: digits });
  const value = divide(net * 10n ** BigInt(6 + quantity.scale), quantity.value * 10n ** BigInt(digits));
  return decimal({ value, scale: 6 });
}

/** What a correction changes, line by line: the books receive after − before. */
export function differences(before: DocumentLine[], after: DocumentLine[]): DocumentLine[] {
  const ids = [...new Set([...before, ...after].map((line) => line.id))];
  return ids.flatMap((id) => {
    const was = before.find((line) => line.id === id);
    const is = after.find((line) => line.id === id);
    if (was && is && sameLine(was, is)) return changed(was, is);
    return [...(was ? [negated(was)] : []), ...(is ? nonZero(is) : [])];
  });
}

function nonZero(line: DocumentLine): DocumentLine[] {
  return scaled(line.quantity).value === 0n ? [] : [line];
}

function sameLine(a: DocumentLine, b: DocumentLine): boolean {
  const price = (line: DocumentLine) => decimal(scaled(line.unitPrice));
  return a.name === b.name && price(a) === price(b) && a.rate?.category === b.rate?.category && a.rate?.percent === b.rate?.percent;
}

function changed(was: DocumentLine, is: DocumentLine): DocumentLine[] {
  const quantity = minus(is.quantity, was.quantity);
  if (scaled(quantity).value === 0n) return [];
  return [{ ...is, quantity, net: minus(is.net, was.net), tax: minus(is.tax, was.tax), gross: minus(is.gross, was.gross) }];
}

function negated(line: DocumentLine): DocumentLine {
  const turn = (amount: Decimal) => minus('0', amount);
  return { ...line, quantity: turn(line.quantity), net: turn(line.net), tax: turn(line.tax), gross: turn(line.gross) };
}

export function minus(a: Decimal, b: Decimal): Decimal {
  const [p, q] = [scaled(a), scaled(b)];
  const scale = Math.max(p.scale, q.scale);
  return fixed({ value: rescale(p, scale) - rescale(q, scale), scale }, scale);
}
