import type { DocumentContent, DocumentLine } from '../../src/domain/documents/document.ts';
import { type Decimal, divide, scaled, sum } from '../../src/domain/money/money.ts';
import type { TaxRate } from '../../src/domain/orders/order.ts';
import { percentOf, takenOff } from '../../src/domain/totals/index.ts';

/**
 * Amounts as inFakt wants them: integers in hundredths of the currency, whatever the currency, each line from its gross. A line of
 * theirs is never negative, so discounts are taken off the lines of the same rate.
 */
export type WireLine = {
  id: string;
  name: string;
  unit: string;
  quantity: Decimal;
  /** Gross of the whole line. */
  gross: bigint;
  symbol: string;
  /** Mark of goods, as the seller wrote it. */
  gtu?: string;
};

/** Their tax symbol for a rate; undefined where they have none (rates of other countries, reverse charge at home). */
export function taxSymbol(rate: Pick<TaxRate, 'category' | 'percent'> | undefined): string | undefined {
  switch (rate?.category) {
    case 'S':
      return rate.percent === undefined ? undefined : percentOf(rate);
    // A real zero is not an exemption: the two differ in law.
    case 'Z':
    case 'K':
    case 'G':
      return '0';
    case 'E':
      return 'zw';
    // Reverse charge has no symbol of its own any more: outside the tax, with its words in the notes.
    case 'AE':
    case 'O':
      return 'np';
    default:
      return undefined;
  }
}

function symbolPercent(symbol: string): bigint {
  return /^\d+$/.test(symbol) ? BigInt(symbol) : 0n;
}

/** Hundredths of an amount; undefined when it has more digits than that. */
export function hundredths(amount: Decimal): bigint | undefined {
  const { value, scale } = scaled(amount);
  if (scale <= 2) return value * 10n ** BigInt(2 - scale);
  const cut = 10n ** BigInt(scale - 2);
  return value % cut === 0n ? value / cut : undefined;
}

type Folded = { lines: WireLine[] } | { refused: 'rate' | 'digits' | 'discount'; lineId: string; name: string };

/** Lines of a content in their form. Discounts lower the lines of their own rate in proportion, to the hundredth. */
export function wireLines(lines: DocumentLine[]): Folded {
  const drafts: WireLine[] = [];
  const taken = new Set<string>();
  for (const line of lines) {
    const symbol = taxSymbol(line.rate);
    if (symbol === undefined) return { refused: 'rate', lineId: line.id, name: line.name };
    const gross = hundredths(line.gross);
    if (gross === undefined) return { refused: 'digits', lineId: line.id, name: line.name };
    // What was taken off others leaves no line behind, nor does a discount that became nothing (its goods were returned).
    if (gross < 0n || line.kind === 'discount') taken.add(line.id);
    drafts.push({ id: line.id, name: line.name, unit: line.unit.trim() || 'szt.', quantity: line.quantity, gross, symbol, gtu: line.gtu });
  }
  for (const lines of Map.groupBy(drafts, (line) => line.symbol).values()) {
    const left = takenOff(lines.map((line) => line.gross));
    if (!left) {
      const discount = lines.find((line) => line.gross < 0n)!;
      return { refused: 'discount', lineId: discount.id, name: discount.name };
    }
    lines.forEach((line, i) => {
      line.gross = left[i]!;
    });
  }
  return { lines: drafts.filter((line) => !taken.has(line.id)) };
}

export function totalOf(lines: WireLine[]): bigint {
  return sum(lines.map((line) => line.gross));
}

/** What inFakt makes of a line from its net price of one unit; undefined when that does not lead back to the gross. */
export function unitNetThatFits(line: Pick<WireLine, 'gross' | 'quantity' | 'symbol'>, unitNet: bigint): boolean {
  const quantity = scaled(line.quantity);
  const net = divide(unitNet * quantity.value, 10n ** BigInt(quantity.scale));
  return net + divide(net * symbolPercent(line.symbol), 100n) === line.gross;
}

/** Net price of one unit as inFakt works it out from a gross line. */
export function unitNetOf(line: Pick<WireLine, 'gross' | 'quantity' | 'symbol'>): bigint {
  const quantity = scaled(line.quantity);
  if (quantity.value === 0n) return 0n;
  const net = divide(line.gross * 100n, 100n + symbolPercent(line.symbol));
  return divide(net * 10n ** BigInt(quantity.scale), quantity.value);
}

/** A quantity as a JSON number, which must read back as the same decimal. */
export function quantityNumber(quantity: Decimal): number | undefined {
  const number = Number(quantity);
  const { value, scale } = scaled(quantity);
  const back = scaled(Number.isFinite(number) && !String(number).includes('e') ? String(number) : '0');
  const common = Math.max(scale, back.scale);
  return value * 10n ** BigInt(common - scale) === back.value * 10n ** BigInt(common - back.scale) ? number : undefined;
}

/** The lines of a correction in pairs, by our line: before and after; an added line was nothing before. */
export function pairs(before: WireLine[], after: WireLine[]): { before: WireLine; after: WireLine }[] {
  const gone = (line: WireLine): WireLine => ({ ...line, quantity: '0', gross: 0n });
  const next = new Map(after.map((line) => [line.id, line]));
  const known = new Set(before.map((line) => line.id));
  return [
    ...before.map((line) => ({ before: line, after: next.get(line.id) ?? gone(line) })),
    ...after.filter((line) => !known.has(line.id)).map((line) => ({ before: gone(line), after: line })),
  ];
}

export function wantedGross(content: DocumentContent): Decimal {
  return content.correction ? content.correction.difference.gross : content.totals.gross;
}
