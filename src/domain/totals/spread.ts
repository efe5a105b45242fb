import type { DocumentLine } from '../documents/document.ts';
import { compareDecimal, extend, fromMinor, split, sum } from '../money/money.ts';
import type { TaxRate } from '../orders/order.ts';
import { stepFor } from './rounding.ts';

type SpreadRule = 'proportional' | 'dominant';

/** Two rates are one when category, percent and the regime's word agree. */
export function rateId(rate: Pick<TaxRate, 'category' | 'percent' | 'key'>): string {
  return `${rate.category}${percentOf(rate)}${rate.key ? `:${rate.key}` : ''}`;
}

/** Percent as text without trailing zeros; categories without a rate count as "0". */
export function percentOf(rate: Pick<TaxRate, 'percent'>): string {
  const percent = rate.percent;
  if (percent === undefined) return '0';
  return percent.includes('.') ? percent.replace(/\.?0+$/, '') : percent;
}

/** The higher percent comes first: it wins ties and carries what cannot be divided (ORDERS §2.2). */
export function byRateDescending(
  a: Pick<TaxRate, 'category' | 'percent' | 'key'>,
  b: Pick<TaxRate, 'category' | 'percent' | 'key'>,
): number {
  const [x, y] = [percentOf(a), percentOf(b)];
  if (x !== y) return -compareDecimal(x, y);
  const [i, j] = [rateId(a), rateId(b)];
  return i < j ? -1 : i > j ? 1 : 0;
}

type Weighed = { rate: TaxRate; gross: bigint };

function weigh(lines: Iterable<{ rate: TaxRate; gross: bigint }>): Weighed[] {
  const groups = new Map<string, Weighed>();
  for (const line of lines) {
    const id = rateId(line.rate);
    const group = groups.get(id);
    if (group) group.gross += line.gross;
    else groups.set(id, { rate: line.rate, gross: line.gross });
  }
  return [...groups.values()].sort((a, b) => byRateDescending(a.rate, b.rate));
}

/**
 * Divides an amount over the rates of the lines it concerns: in proportion to their gross by largest remainder, or wholly to the
 * rate with the largest gross; ties go to the higher rate. Goods worth nothing: the highest rate present takes it all. A discount that is
 * more than the largest rate bears alone is divided in proportion: no rate may come to less than nothing.
 */
export function spreadAmount(
  amount: bigint,
  over: Iterable<{ rate: TaxRate; gross: bigint }>,
  rule: SpreadRule,
  currency: string,
): Weighed[] {
  const groups = weigh(over);
  const weights = groups.map((group) => (group.gross > 0n ? group.gross : 0n));
  if (groups.length === 0) return [];
  let best = 0;
  for (let i = 1; i < weights.length; i++) if (weights[i]! > weights[best]!) best = i;
  const bears = amount >= 0n || weights[best]! + amount >= 0n || sum(weights) === 0n;
  if (rule === 'dominant' && bears) return [{ rate: groups[best]!.rate, gross: amount }];
  const step = stepFor(amount, currency);
  const shares = split(amount / step, weights);
  return groups
    .map(({ rate }, i) => ({ rate, gross: shares[i]! * step }))
    .filter((share, i) => share.gross !== 0n || (amount === 0n && i === 0));
}

/**
 * Grosses of the lines of one rate once those below zero are taken off the others in proportion, each in turn; a line below zero becomes
 * nothing. Undefined when the others cannot bear them.
 */
export function takenOff(grosses: bigint[]): bigint[] | undefined {
  const left = grosses.map((gross) => (gross > 0n ? gross : 0n));
  for (const discount of grosses) {
    if (discount >= 0n) continue;
    if (sum(left) + discount < 0n) return undefined;
    split(discount, left).forEach((share, i) => {
      left[i]! += share;
    });
  }
  return left;
}

/** The part of a spread line's id that all its shares have in common. */
function spreadBase(id: string): string {
  const cut = id.indexOf('/');
  return cut < 0 ? id : id.slice(0, cut);
}

function takesPart(line: DocumentLine): boolean {
  return (line.kind === 'goods' || line.kind === 'service') && line.spread === undefined;
}

/** A share whose rate a person chose stays as it is. */
function isShare(line: DocumentLine): boolean {
  return line.spread !== undefined && line.rate?.source !== 'person';
}

/**
 * Divides every spread amount anew over the rates the goods have now. While the rate of one of the goods is unknown the amount
 * stays on one line without a rate, so that the document is held for both.
 */
export function respread(lines: DocumentLine[], currency: string): DocumentLine[] {
  if (!lines.some(isShare)) return lines;
  const goods = lines.filter(takesPart);
  const known = goods.every((line) => line.rate !== undefined);
  const over = goods.flatMap((line) => (line.rate ? [{ rate: line.rate, gross: extend(line.quantity, line.unitPrice, currency) }] : []));
  const done = new Set<string>();
  return lines.flatMap((line) => {
    if (!isShare(line)) return [line];
    const base = spreadBase(line.id);
    if (done.has(base)) return [];
    done.add(base);
    const whole = sum(lines.filter((l) => isShare(l) && spreadBase(l.id) === base).map((l) => extend(l.quantity, l.unitPrice, currency)));
    const template = { ...line, quantity: '1' };
    if (!known || over.length === 0) return [{ ...template, id: base, unitPrice: fromMinor(whole, currency), rate: undefined }];
    return spreadAmount(whole, over, line.spread!, currency).map((share) => ({
      ...(lines.find((l) => l.id === `${base}/${rateId(share.rate)}`) ?? template),
      quantity: '1',
      id: `${base}/${rateId(share.rate)}`,
      unitPrice: fromMinor(share.gross, currency),
      rate: { ...share.rate, source: 'rule' as const },
    }));
  });
}

/** A percent as whole numbers: tax of gross is gross × rate ÷ (hundred + rate), tax of net is net × rate ÷ hundred. */
export function percentParts(rate: Pick<TaxRate, 'percent'> | undefined): { rate: bigint; hundred: bigint } {
  const percent = rate ? percentOf(rate) : '0';
  const point = percent.indexOf('.');
  if (point < 0) return { rate: BigInt(percent), hundred: 100n };
  const scale = 10n ** BigInt(percent.length - point - 1);
  return { rate: BigInt(percent.slice(0, point) + percent.slice(point + 1)), hundred: 100n * scale };
}
