import { compareDecimal, type Decimal, divide, extend, fromMinor, scaled, sum, toMinor } from '../money/money.ts';
import type { Action, Answer, Part, Pick, ReceivableRow, RowInput } from './receivable.ts';

/**
 * Arithmetic of the ledger, to the smallest unit. Gross is the truth; the tax of a rate is taken out of the sum of that rate once, and
 * the tax of a part or of a credit is the difference between before and after, so that parts always sum to the whole.
 */
export type RateSum = { vat: Decimal; net: Decimal; tax: Decimal; gross: Decimal };
export type Sums = { net: Decimal; tax: Decimal; gross: Decimal; byRate: RateSum[] };

/** Gross of some units of a row in minor units. */
export function rowGross(row: { unitPrice: Decimal }, quantity: number, currency: string): bigint {
  return extend(String(quantity), row.unitPrice, currency);
}

/** Tax inside a gross amount, in minor units. */
export function taxInside(gross: bigint, vat: Decimal): bigint {
  const rate = scaled(vat);
  return divide(gross * rate.value, 100n * 10n ** BigInt(rate.scale) + rate.value);
}

type Groups = Map<string, bigint>;

function add(groups: Groups, vat: Decimal, gross: bigint): void {
  const key = [...groups.keys()].find((known) => compareDecimal(known, vat) === 0) ?? vat;
  groups.set(key, (groups.get(key) ?? 0n) + gross);
}

function sumsOfGroups(groups: Groups, currency: string): Sums {
  const rates = [...groups].sort(([a], [b]) => compareDecimal(b, a)).filter(([, gross]) => gross !== 0n);
  const byRate = rates.map(([vat, gross]) => {
    const tax = taxInside(gross, vat);
    return { vat, net: fromMinor(gross - tax, currency), tax: fromMinor(tax, currency), gross: fromMinor(gross, currency) };
  });
  const total = (key: 'net' | 'tax' | 'gross') => fromMinor(sum(byRate.map((r) => toMinor(r[key], currency))), currency);
  return { net: total('net'), tax: total('tax'), gross: total('gross'), byRate };
}

/** Sums of rows as they were ordered. */
export function sumsOfRows(rows: readonly RowInput[], currency: string): Sums {
  const groups: Groups = new Map();
  for (const row of rows) add(groups, row.vat, rowGross(row, row.quantity, currency));
  return sumsOfGroups(groups, currency);
}

/** What is still owed on a part: its rows less what was credited, with its adjustments. */
export function remainingOf(part: Part, currency: string): Sums {
  const groups: Groups = new Map();
  if (part.state === 'credited') return sumsOfGroups(groups, currency);
  for (const row of part.rows) add(groups, row.vat, rowGross(row, row.quantity - row.credited, currency));
  for (const adjustment of part.adjustments) add(groups, adjustment.vat, toMinor(adjustment.amount, currency));
  return sumsOfGroups(groups, currency);
}

/** A minus B, rate by rate. */
export function sumsDifference(a: Sums, b: Sums, currency: string): Sums {
  const minus = (x = '0', y = '0') => fromMinor(toMinor(x, currency) - toMinor(y, currency), currency);
  const rates = [...a.byRate.map((r) => r.vat)];
  for (const { vat } of b.byRate) if (!rates.some((known) => compareDecimal(known, vat) === 0)) rates.push(vat);
  const byRate = rates.map((vat) => {
    const [x, y] = [a, b].map((sums) => sums.byRate.find((r) => compareDecimal(r.vat, vat) === 0));
    return { vat, net: minus(x?.net, y?.net), tax: minus(x?.tax, y?.tax), gross: minus(x?.gross, y?.gross) };
  });
  return {
    net: minus(a.net, b.net),
    tax: minus(a.tax, b.tax),
    gross: minus(a.gross, b.gross),
    byRate: byRate
      .sort((x, y) => compareDecimal(y.vat, x.vat))
      .filter((r) => toMinor(r.gross, currency) !== 0n || toMinor(r.tax, currency) !== 0n),
  };
}

export type PartSums = {
  /** As it was opened. */
  total: Decimal;
  credited: Decimal;
  adjusted: Decimal;
  /** total + adjusted − credited. */
  remaining: Sums;
};

export function partSums(part: Part, currency: string): PartSums {
  const total = toMinor(sumsOfRows(part.rows, currency).gross, currency);
  const adjusted = sum(part.adjustments.map((a) => toMinor(a.amount, currency)));
  const remaining = remainingOf(part, currency);
  const credited = total + adjusted - toMinor(remaining.gross, currency);
  return { total: fromMinor(total, currency), credited: fromMinor(credited, currency), adjusted: fromMinor(adjusted, currency), remaining };
}

export type LedgerSums = {
  /** Sum of all parts that were not replaced, as they were opened. */
  ordered: Decimal;
  /** Waiting to be activated (on hold included). */
  pending: Decimal;
  /** Still owed on active parts. */
  active: Decimal;
  credited: Decimal;
  adjusted: Decimal;
  /** Cancelled, expired or rejected: nobody owes it. */
  lapsed: Decimal;
};

/** ordered + adjusted = pending + active + credited + lapsed, always. */
export function ledgerSums(parts: readonly Part[], currency: string): LedgerSums {
  const sums = { ordered: 0n, pending: 0n, active: 0n, credited: 0n, adjusted: 0n, lapsed: 0n };
  for (const part of parts) {
    if (part.state === 'replaced') continue;
    const own = partSums(part, currency);
    const minor = (amount: Decimal) => toMinor(amount, currency);
    sums.ordered += minor(own.total);
    sums.adjusted += minor(own.adjusted);
    sums.credited += minor(own.credited);
    const rest = minor(own.remaining.gross);
    if (part.state === 'pending' || part.state === 'on_hold' || part.state === 'awaiting_buyer') sums.pending += rest;
    else if (part.state === 'cancelled' || part.state === 'expired' || part.state === 'rejected') sums.lapsed += rest;
    else sums.active += rest;
  }
  return Object.fromEntries(Object.entries(sums).map(([name, minor]) => [name, fromMinor(minor, currency)])) as LedgerSums;
}

/** Units of a row that are left to activate or to credit. */
export function leftOf(row: ReceivableRow): number {
  return row.quantity - row.credited;
}

/** Picks of one row named twice count together. */
export function gathered(picks: readonly Pick[]): Pick[] {
  const byRow = new Map<number, number>();
  for (const { row, quantity } of picks) byRow.set(row, (byRow.get(row) ?? 0) + quantity);
  return [...byRow].map(([row, quantity]) => ({ row, quantity })).sort((a, b) => a.row - b.row);
}

/** All that is left of a part, as picks. */
export function everything(part: Part): Pick[] {
  return part.rows.flatMap((row, i) => (leftOf(row) > 0 ? [{ row: i, quantity: leftOf(row) }] : []));
}

/** Do the picks take all that is left? */
export function takesAll(part: Part, picks: readonly Pick[]): boolean {
  const wanted = gathered(picks);
  return everything(part).every(({ row, quantity }) => wanted.some((p) => p.row === row && p.quantity === quantity));
}

/** The ledger after an action that the provider accepted. `at` is the moment of it, an instant. */
export function enact(parts: readonly Part[], action: Action, answer: Answer, at: string, currency: string): Part[] {
  if (action.verb === 'add') return [opened(1, answer.number ?? '', action.rows, answer, at)];
  const next = parts.map((part) => (part.seq === action.part ? enactOnPart(part, action, answer, at, currency) : part));
  const before = parts.find((part) => part.seq === action.part);
  if (!before) throw new RangeError(`the ledger has no part ${action.part}`);
  const rest = action.verb === 'activate' && action.picks ? restOf(before, action.picks) : [];
  const seq = Math.max(...parts.map((part) => part.seq)) + 1;
  if (rest.length > 0) {
    const left = opened(seq, answer.newNumber ?? '', rest, { expiresAt: before.expiresAt, state: 'pending' }, at);
    return [...next, { ...left, openedAt: before.openedAt }];
  }
  if (action.verb === 'replace') {
    const fresh = opened(
      seq,
      answer.number ?? before.number,
      action.rows,
      { expiresAt: before.expiresAt, ...answer, dueDate: undefined },
      at,
    );
    return [...next, { ...fresh, openedAt: before.openedAt, aliases: before.aliases }];
  }
  return next;
}

function opened(seq: number, number: string, rows: readonly RowInput[], answer: Answer, at: string): Part {
  return {
    seq,
    number,
    aliases: [],
    state: answer.state ?? 'pending',
    rows: rows.map((row) => ({ ...row, credited: 0 })),
    adjustments: [],
    ...facts(answer),
    ...(answer.expiresAt ? { expiresAt: answer.expiresAt } : {}),
    extended: false,
    openedAt: at,
    ...(answer.state === 'active' ? { activatedAt: at } : {}),
    changedSinceSent: false,
  };
}

/** What the provider tells of an active part. */
function facts(answer: Answer): Partial<Part> {
  return {
    ...(answer.dueDate ? { dueDate: answer.dueDate } : {}),
    ...(answer.reference ? { reference: answer.reference } : {}),
    ...(answer.lowest ? { lowest: answer.lowest } : {}),
  };
}

function restOf(part: Part, picks: readonly Pick[]): RowInput[] {
  const wanted = gathered(picks);
  return part.rows.flatMap(({ credited, ...row }, i) => {
    const left = row.quantity - credited - (wanted.find((p) => p.row === i)?.quantity ?? 0);
    return left > 0 ? [{ ...row, quantity: left }] : [];
  });
}

type OnPart = Exclude<Action, { verb: 'add' }>;

function enactOnPart(part: Part, action: OnPart, answer: Answer, at: string, currency: string): Part {
  switch (action.verb) {
    case 'activate': {
      const picks = action.picks && gathered(action.picks);
      const rows = picks ? picks.map(({ row, quantity }) => ({ ...part.rows[row]!, quantity, credited: 0 })) : part.rows;
      return { ...part, ...facts(answer), rows, state: 'active', activatedAt: at };
    }
    case 'cancel':
      return { ...part, state: 'cancelled' };
    case 'replace':
      return { ...part, state: 'replaced' };
    case 'send': {
      const alias = answer.alias && answer.alias !== part.number && !part.aliases.includes(answer.alias) ? [answer.alias] : [];
      return { ...part, ...facts(answer), aliases: [...part.aliases, ...alias], changedSinceSent: false };
    }
    case 'extend':
      return { ...part, ...facts(answer), extended: true };
    case 'prolong':
      return { ...part, ...(answer.expiresAt ? { expiresAt: answer.expiresAt } : {}) };
    case 'adjust': {
      const { articleId, name, amount, vat } = action;
      return { ...part, adjustments: [...part.adjustments, { articleId, name, amount, vat, at }], changedSinceSent: true };
    }
    case 'credit':
      return credited(part, action.picks, currency);
  }
}

function credited(part: Part, picks: readonly Pick[] | undefined, currency: string): Part {
  const wanted = picks && gathered(picks);
  const rows = part.rows.map((row, i) => ({
    ...row,
    credited: wanted ? row.credited + (wanted.find((p) => p.row === i)?.quantity ?? 0) : row.quantity,
  }));
  const next: Part = { ...part, rows, changedSinceSent: true };
  const nothingLeft = !wanted || toMinor(remainingOf(next, currency).gross, currency) === 0n;
  return nothingLeft ? { ...next, state: 'credited' } : next;
}
