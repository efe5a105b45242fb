import { cut } from '../cut.ts';
import { compareDecimal, decimal, divide, fixed, fromMinor, minorDigits, rescale, scaled, split, sum, toMinor } from '../money/money.ts';
import { type Order, refundsGiven, type TaxRate } from '../orders/order.ts';
import { type Party, withOneName } from '../parties/party.ts';
import { rateId, recompute } from '../totals/index.ts';
import type { DocumentContent, DocumentLine } from './document.ts';
import { splitWhereDue } from './rates.ts';

/**
 * Correcting is something done to an issued document, with options and a reason; it is never an edit. The content of a correction is
 * the state after it; `correction.before` is the state it starts from (the original, or the last correction of it) and
 * `correction.difference` is what the books receive.
 */
type ReasonCode = 'return' | 'price' | 'quantity' | 'rate' | 'buyer' | 'cancel' | 'other';

type LineChange = { lineId: string; quantity?: string; unitPrice?: string; rate?: TaxRate; name?: string };

export type CorrectionOptions = {
  reason: string;
  reasonCode: ReasonCode;
  lines?: LineChange[];
  /** Lines that the original lacks (an increase). */
  added?: DocumentLine[];
  /** What changes of the buyer; a field given empty is taken away. */
  buyer?: Partial<Party> & { type?: 'company' | 'person' };
  /** Undo the whole original. */
  cancel?: boolean;
};

/** An issued document as corrections see it. */
export type IssuedDocument = { id: string; number: string; issueDate: string; content: DocumentContent };

type CorrectionRefusal = { refused: 'kind' | 'unknown-line' | 'nothing-changes' | 'above-zero'; lineId?: string };

/** The prepared correction, or why there can be none. `last` is the newest correction of the same original. */
export function correct(
  original: IssuedDocument,
  last: IssuedDocument | undefined,
  options: CorrectionOptions,
): { content: DocumentContent } | CorrectionRefusal {
  if (original.content.kind === 'correction' || original.content.kind === 'proforma') return { refused: 'kind' };
  const base = (last ?? original).content;
  const known = new Set(base.lines.map((line) => line.id));
  const unknown = options.lines?.find((change) => !known.has(change.lineId));
  if (unknown) return { refused: 'unknown-line', lineId: unknown.lineId };
  const tooMany = options.lines?.find((change) => change.quantity?.startsWith('-'));
  if (tooMany) return { refused: 'above-zero', lineId: tooMany.lineId };
  const lines = [...base.lines.map((line) => changed(line, options)), ...(options.added ?? [])];
  const content = recompute({
    ...base,
    kind: 'correction',
    buyer: withOneName(changedBuyer(base.buyer, options.buyer), base.buyer),
    lines,
    issueDate: undefined,
    dueDate: undefined,
    notes: [],
    message: {},
    orderTotal: undefined,
    proforma: undefined,
    correction: {
      correctsId: original.id,
      number: original.number,
      issueDate: original.issueDate,
      ...(original.content.saleDate && { saleDate: original.content.saleDate }),
      before: { lines: base.lines, totals: base.totals, buyer: base.buyer },
      reason: options.reason,
      reasonCode: options.cancel ? 'cancel' : options.reasonCode,
      difference: base.totals,
    },
  });
  // More cannot be taken back than was charged.
  if (toMinor(content.totals.gross, content.currency) < 0n) return { refused: 'above-zero' };
  return changesAnything(content) ? { content: splitWhereDue(withoutUndefined(content)) } : { refused: 'nothing-changes' };
}

function changedBuyer(before: DocumentContent['buyer'], change: CorrectionOptions['buyer'] = {}): DocumentContent['buyer'] {
  const taken = new Set(Object.keys(change).filter((field) => change[field as keyof Party] === ''));
  return Object.fromEntries(Object.entries({ ...before, ...change }).filter(([field]) => !taken.has(field))) as DocumentContent['buyer'];
}

/** Shares stay where the original put them: a returned cup does not move delivery to another rate. */
function changed(line: DocumentLine, options: CorrectionOptions): DocumentLine {
  const { spread: _, ...fixedLine } = line;
  if (options.cancel) return zeroed(fixedLine);
  const change = options.lines?.find((c) => c.lineId === line.id);
  if (!change) return fixedLine;
  const { quantity = line.quantity, unitPrice = line.unitPrice, rate = line.rate, name = line.name } = change;
  return { ...fixedLine, quantity, unitPrice, rate, name };
}

/** A deduction of a prepayment carries fixed amounts, which go as well. */
function zeroed(line: DocumentLine): DocumentLine {
  return { ...line, quantity: '0', net: '0.00', tax: '0.00', gross: '0.00' };
}

function changesAnything(content: DocumentContent): boolean {
  const { before } = content.correction!;
  const view = (lines: DocumentLine[]) => lines.map(({ id, name, quantity, unitPrice, rate }) => ({ id, name, quantity, unitPrice, rate }));
  return JSON.stringify([view(before.lines), before.buyer]) !== JSON.stringify([view(content.lines), content.buyer]);
}

function withoutUndefined(content: DocumentContent): DocumentContent {
  return Object.fromEntries(Object.entries(content).filter(([, value]) => value !== undefined)) as DocumentContent;
}

type Refund = Order['refunds'][number];

type RefundProposal = {
  options: CorrectionOptions;
  /** Gross that the refund names and the proposal does not explain, in the currency; "0.00" when all of it is. */
  unexplained: string;
};

/**
 * A correction proposed from a refund: returned quantities lower quantities, refunded amounts lower prices, refunded delivery lowers
 * delivery. What the refund does not say in rows is shown as unexplained: a person decides, nothing is guessed.
 */
export function proposeCorrection(base: DocumentContent, order: Order, refund: Refund, reason: string): RefundProposal {
  const { currency } = base;
  if (
    refund.lines.length === 0 &&
    refund.delivery === undefined &&
    toMinor(refund.amount, currency) === toMinor(base.totals.gross, currency)
  ) {
    return { options: { reason, reasonCode: 'cancel', cancel: true }, unexplained: fromMinor(0n, currency) };
  }
  const { lines, rest } = explain(base, order, refund);
  return { options: { reason, reasonCode: codeOf(refund), lines }, unexplained: rest.amount };
}

/**
 * The same where the sale stands on several documents: each takes what those before it left of the refund, until nothing is left of it;
 * undefined for one that it does not concern. An amount without rows does not say which of them it lowers and stays unexplained.
 */
export function proposeCorrections(
  bases: DocumentContent[],
  order: Order,
  refund: Refund,
  reason: string,
): { options: (CorrectionOptions | undefined)[]; unexplained: string } {
  const [only] = bases;
  if (only && bases.length === 1) {
    const { options, unexplained } = proposeCorrection(only, order, refund, reason);
    return { options: [options], unexplained };
  }
  let rest = refund;
  const options = bases.map((base) => {
    if (toMinor(rest.amount, base.currency) <= 0n) return undefined;
    const explained = explain(base, order, rest);
    rest = explained.rest;
    return explained.lines.length > 0 ? { reason, reasonCode: codeOf(refund), lines: explained.lines } : undefined;
  });
  return { options, unexplained: rest.amount };
}

/**
 * A correction proposed from all refunds that the corrections so far leave open, together; undefined when none is. Which are corrected is
 * told by their sum, and between several of that sum by the rows; where a doubt remains the whole of it stays unexplained. `original` is what
 * the document would be without any of them.
 */
export function proposeFromRefunds(original: DocumentContent, base: DocumentContent, order: Order): RefundProposal | undefined {
  const { currency } = base;
  const amount = (refund: Refund) => toMinor(refund.amount, currency);
  const refunds = refundsOf(order, currency);
  const less = toMinor(original.totals.gross, currency) - toMinor(base.totals.gross, currency);
  // What was raised is no refund that is still open.
  const corrected = less > 0n ? less : 0n;
  const open = sum(refunds.map(amount)) - corrected;
  if (open <= 0n) return undefined;
  const fitting = refunds.length > mostRefunds ? [] : choices(refunds).filter(({ taken }) => sum(taken.map(amount)) === corrected);
  const now = JSON.stringify(changesBetween(original.lines, base.lines));
  const byRows = fitting.filter(({ taken }) => JSON.stringify(explain(original, order, together(taken, currency)).lines) === now);
  const proposals = (byRows.length > 0 ? byRows : fitting).map(({ left }) => {
    const reason = cut([...new Set(left.flatMap((r) => r.reason ?? []))].join(', '), 500);
    return proposeCorrection(base, order, together(left, currency), reason);
  });
  const [first] = proposals;
  if (first && proposals.every((p) => JSON.stringify(p.options.lines) === JSON.stringify(first.options.lines))) return first;
  return { options: { reason: '', reasonCode: 'return', lines: [] }, unexplained: fromMinor(open, currency) };
}

/**
 * Whether the corrections so far took up the refunds of the order, row by row or by leaving nothing: somebody was faster than the news of them.
 * Of a divided sale a row is on several documents, and it does not matter on which of them it was lowered. `more`: each row that they name is
 * lowered by as much or by more, so that it may be done, or another matter.
 */
export function tookUpRefunds(originals: DocumentContent[], bases: DocumentContent[], order: Order): 'all' | 'more' | 'less' {
  const { currency } = bases[0]!;
  let rest = together(refundsOf(order, currency), currency);
  const grosses = (contents: DocumentContent[]) => contents.map(({ totals }) => toMinor(totals.gross, currency));
  if (grosses(bases).every((gross) => gross === 0n)) return toMinor(rest.amount, currency) <= sum(grosses(originals)) ? 'all' : 'less';
  const given = originals.map((original) => {
    if (toMinor(rest.amount, currency) <= 0n) return original;
    const explained = explain(original, order, rest);
    rest = explained.rest;
    return explained.left;
  });
  const named = rowsBetween(originals, given);
  if (toMinor(rest.amount, currency) !== 0n || named.size === 0) return 'less';
  const open = rowsBetween(given, bases);
  if (open.size === 0) return 'all';
  return [...named.keys()].every((id) => (open.get(id) ?? 0n) <= 0n) ? 'more' : 'less';
}

/** By how much each row comes to more or less (below zero) on the ones together than on the others, in minor units; none that comes to the same. */
function rowsBetween(before: DocumentContent[], after: DocumentContent[]): Map<string, bigint> {
  const rows = new Map<string, bigint>();
  const add = (contents: DocumentContent[], sign: bigint) => {
    for (const { currency, lines } of contents)
      for (const { id, gross } of lines) rows.set(id, (rows.get(id) ?? 0n) + sign * toMinor(gross, currency));
  };
  add(after, 1n);
  add(before, -1n);
  return new Map([...rows].filter(([, difference]) => difference !== 0n));
}

const refundsOf = (order: Order, currency: string) =>
  refundsGiven(order)
    .filter((r) => toMinor(r.amount, currency) > 0n)
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));

/** More refunds of one sale than this are not tried in every combination. */
const mostRefunds = 10;

/** Every way to divide the refunds into those that were corrected and those that were not. */
function choices(refunds: Refund[]): { taken: Refund[]; left: Refund[] }[] {
  return refunds.reduce(
    (ways, refund) =>
      ways.flatMap(({ taken, left }) => [
        { taken: [...taken, refund], left },
        { taken, left: [...left, refund] },
      ]),
    [{ taken: [] as Refund[], left: [] as Refund[] }],
  );
}

function together(refunds: Refund[], currency: string): Refund {
  const delivery = refunds.flatMap((r) => r.delivery ?? []);
  return {
    externalId: refunds.map((r) => r.externalId).join(' '),
    at: refunds.at(-1)?.at ?? '',
    status: '',
    amount: fromMinor(sum(refunds.map((r) => toMinor(r.amount, currency))), currency),
    lines: refunds.flatMap((r) => r.lines),
    ...(delivery.length > 0 && { delivery: fromMinor(sum(delivery.map((d) => toMinor(d, currency))), currency) }),
  };
}

const codeOf = (refund: Refund): ReasonCode => (refund.lines.every((row) => row.quantity === undefined) ? 'price' : 'return');

/** The changes by which a document takes up a refund, and what is left of it and of the refund after them. */
function explain(base: DocumentContent, order: Order, refund: Refund): { left: DocumentContent; lines: LineChange[]; rest: Refund } {
  const { currency } = base;
  // Each row goes on from what the one before it left: the same thing may be given back in two of them.
  let left = recompute({ ...base, lines: base.lines.map((line) => changed(line, { reason: '', reasonCode: 'return' })) });
  const apply = (lines: LineChange[]) => {
    const before = toMinor(left.totals.gross, currency);
    left = recompute({ ...left, lines: left.lines.map((line) => changed(line, { reason: '', reasonCode: 'return', lines })) });
    return before - toMinor(left.totals.gross, currency);
  };
  const rows = refund.lines.flatMap((row) => {
    const found = refundedLine(left, order, row);
    if (!found) return [row];
    apply([found.change]);
    return found.over === undefined ? [] : [{ ...row, quantity: found.over }];
  });
  const delivery = toMinor(refund.delivery ?? '0', currency);
  const lowered = delivery > 0n ? apply(loweredDelivery(left, delivery)) : 0n;
  const explained = toMinor(base.totals.gross, currency) - toMinor(left.totals.gross, currency);
  const rest = {
    ...refund,
    lines: rows,
    amount: fromMinor(toMinor(refund.amount, currency) - explained, currency),
    ...(refund.delivery !== undefined && { delivery: fromMinor(delivery - lowered, currency) }),
  };
  return { left, lines: changesBetween(base.lines, left.lines), rest };
}

function changesBetween(before: DocumentLine[], after: DocumentLine[]): LineChange[] {
  return before.flatMap((was): LineChange[] => {
    const is = after.find((line) => line.id === was.id);
    if (!is) return [];
    const change: LineChange = { lineId: was.id };
    if (is.quantity !== was.quantity) change.quantity = is.quantity;
    if (is.unitPrice !== was.unitPrice) change.unitPrice = is.unitPrice;
    return Object.keys(change).length > 1 ? [change] : [];
  });
}

/**
 * A correction proposed from a changed order: each row of the document beside the row the order asks for now. Rows that are gone become
 * nothing, rows that are new are added; undefined when the two agree.
 */
export function proposeFromOrder(base: DocumentContent, now: DocumentContent | undefined, reason: string): CorrectionOptions | undefined {
  const { currency } = base;
  if (!now || now.lines.length === 0) return { reason, reasonCode: 'cancel', cancel: true };
  const wanted = new Map(now.lines.map((line) => [line.id, line]));
  const known = new Set(base.lines.map((line) => line.id));
  const changes = base.lines.flatMap((line): LineChange[] => {
    const next = wanted.get(line.id);
    if (!next) return scaled(line.quantity).value === 0n ? [] : [{ lineId: line.id, quantity: '0' }];
    const change: LineChange = { lineId: line.id };
    if (compareDecimal(next.quantity, line.quantity) !== 0) change.quantity = next.quantity;
    if (compareDecimal(next.unitPrice, line.unitPrice) !== 0) change.unitPrice = next.unitPrice;
    if (next.rate && line.rate && rateId(next.rate) !== rateId(line.rate)) change.rate = next.rate;
    return Object.keys(change).length > 1 ? [change] : [];
  });
  const added = now.lines.filter((line) => !known.has(line.id));
  if (changes.length === 0 && added.length === 0) return undefined;
  const less = toMinor(now.totals.gross, currency) < toMinor(base.totals.gross, currency);
  const quantities = added.length === 0 && changes.every((c) => c.unitPrice === undefined && c.rate === undefined);
  const reasonCode = quantities ? (less ? 'return' : 'quantity') : changes.some((c) => c.rate !== undefined) ? 'rate' : 'price';
  return { reason, reasonCode, lines: changes, ...(added.length > 0 && { added }) };
}

/** What one row of a refund changes, and the quantity beyond what the document has (`over`). */
function refundedLine(
  base: DocumentContent,
  order: Order,
  row: Refund['lines'][number],
): { change: LineChange; over?: string } | undefined {
  const { currency } = base;
  const orderLine = order.lines.find((line) => line.externalId === row.lineExternalId || line.id === row.lineExternalId);
  const line = orderLine && base.lines.find((l) => l.orderLineId === orderLine.id);
  // Returned wholly before: nothing is left of it that this refund could explain.
  if (!line || scaled(line.quantity).value === 0n) return undefined;
  const gross = toMinor(line.gross, currency);
  if (row.quantity !== undefined) {
    const left = difference(line.quantity, row.quantity);
    if (!left.startsWith('-')) return { change: { lineId: line.id, quantity: left } };
    return { change: { lineId: line.id, quantity: '0' }, over: difference(row.quantity, line.quantity) };
  }
  const refunded = toMinor(row.gross ?? '0', currency);
  if (refunded <= 0n || refunded > gross) return undefined;
  return { change: { lineId: line.id, unitPrice: priceFor(line, gross - refunded, base) } };
}

function loweredDelivery(base: DocumentContent, amount: bigint): LineChange[] {
  const { currency } = base;
  const lines = base.lines.filter((line) => line.kind === 'delivery' && scaled(line.quantity).value !== 0n);
  const grosses = lines.map((line) => toMinor(line.gross, currency));
  const whole = sum(grosses);
  if (whole === 0n) return [];
  const lowered = amount - whole > 0n ? whole : amount;
  const parts = split(lowered, grosses);
  return lines.map((line, i) => ({ lineId: line.id, unitPrice: priceFor(line, grosses[i]! - parts[i]!, base) }));
}

/** Unit price that leads to a gross, with up to six decimals; a net price keeps the line's own ratio of net to gross. */
function priceFor(line: DocumentLine, gross: bigint, content: DocumentContent): string {
  const { currency } = content;
  const before = toMinor(line.gross, currency);
  const value = content.taxMethod === 'gross' || before === 0n ? gross : divide(gross * toMinor(line.net, currency), before);
  const quantity = scaled(line.quantity);
  const digits = 10n ** BigInt(6 + quantity.scale - minorDigits(currency));
  return fixed({ value: divide(value * digits, quantity.value), scale: 6 }, 6).replace(/\.?0+$/, '');
}

function difference(a: string, b: string): string {
  const [x, y] = [scaled(a), scaled(b)];
  const scale = Math.max(x.scale, y.scale);
  return decimal({ value: rescale(x, scale) - rescale(y, scale), scale });
}
