import { compareDecimal, divide, extend, fixed, fromMinor, minorDigits, scaled, sum, toMinor } from '../money/money.ts';
import { wordsForLines } from '../regimes/index.ts';
import { recompute } from '../totals/index.ts';
import type { DocumentContent, DocumentLine } from './document.ts';
import { splitWhereDue } from './rates.ts';

type MergeRefusal = 'too-few' | 'kind' | 'currency' | 'method' | 'buyer' | 'seller' | 'treatment' | 'sale-month' | 'receipt' | 'proforma';

const mergeableKinds = new Set<DocumentContent['kind']>(['invoice', 'proforma', 'receipt']);

/** Why two prepared documents may not become one; an empty list means they may. */
export function mergeRefusals(contents: DocumentContent[]): MergeRefusal[] {
  const [first, ...others] = contents;
  if (!first || others.length === 0) return ['too-few'];
  const differs = (view: (content: DocumentContent) => unknown) =>
    others.some((c) => JSON.stringify(view(c)) !== JSON.stringify(view(first)));
  const refusals: MergeRefusal[] = [];
  if (!contents.every((c) => mergeableKinds.has(c.kind)) || differs((c) => c.kind)) refusals.push('kind');
  if (differs((c) => c.currency)) refusals.push('currency');
  if (differs((c) => c.taxMethod)) refusals.push('method');
  if (differs((c) => c.seller.taxIds.map((id) => id.value))) refusals.push('seller');
  if (differs(buyerIdentity)) refusals.push('buyer');
  if (differs((c) => c.taxTreatment)) refusals.push('treatment');
  // A document for several sales covers sales of one month: tax arises month by month.
  if (differs((c) => c.saleDate?.slice(0, 7))) refusals.push('sale-month');
  if (contents.some((c) => c.receipt)) refusals.push('receipt');
  if (contents.some((c) => c.proforma)) refusals.push('proforma');
  return refusals;
}

/** One buyer by what the law knows a buyer by: the number of a company, the name and address of a person. */
function buyerIdentity(content: DocumentContent): unknown {
  const { buyer } = content;
  const plain = (text: string | undefined) => (text ?? '').replace(/\s+/g, ' ').trim().toLowerCase();
  if (buyer.type === 'company' && buyer.taxIds.length > 0) return buyer.taxIds.map((id) => id.value).sort();
  return [buyer.type, buyer.name, buyer.street, buyer.postalCode, buyer.city, buyer.country].map((v) => plain(v));
}

/** One document for the sales of several; the first gives head and language. */
export function merge(contents: DocumentContent[]): { content: DocumentContent } | { refused: MergeRefusal[] } {
  const refused = mergeRefusals(contents);
  if (refused.length > 0) return { refused };
  const first = contents[0]!;
  const { currency } = first;
  const total = (view: (content: DocumentContent) => string | undefined) =>
    fromMinor(sum(contents.map((c) => toMinor(view(c) ?? '0', currency))), currency);
  const orders = contents.flatMap((c) => (c.order ? [c.order.number ?? c.order.externalId] : []));
  const latest = (days: (string | undefined)[]) =>
    days
      .filter((day) => day !== undefined)
      .sort()
      .at(-1);
  const saleDate = latest(contents.map((c) => c.saleDate));
  const paidAt = latest(contents.map((c) => c.payment.paidAt));
  const content: DocumentContent = {
    ...first,
    lines: contents.flatMap((c, i) => c.lines.map((line) => renamed(line, i))),
    ...(saleDate && { saleDate }),
    payment: { ...first.payment, paid: total((c) => c.payment.paid), ...(paidAt && { paidAt }) },
    notes: [...new Set(contents.flatMap((c) => c.notes)), `${wordsForLines(first.language).order}: ${orders.join(', ')}`],
    ...(contents.every((c) => c.orderTotal !== undefined) && { orderTotal: total((c) => c.orderTotal) }),
  };
  return { content: splitWhereDue(recompute(content)) };
}

/** Shares are settled: delivery of one order does not follow the goods of another. */
function renamed({ spread: _, ...line }: DocumentLine, index: number): DocumentLine {
  return { ...line, id: `${index + 1}-${line.id}` };
}

type SplitRefusal = {
  refused: 'kind' | 'unknown-line' | 'quantity' | 'everything' | 'nothing' | 'split-payment' | 'rounding';
  lineId?: string;
};

/**
 * Takes lines, or a part of their quantities, out of a prepared document into a second one. Both together are worth what the one was.
 * A document with goods under the duty of split payment is not divided, for that would evade the limit.
 */
export function splitContent(
  content: DocumentContent,
  taken: { lineId: string; quantity: string }[],
): { parts: [DocumentContent, DocumentContent] } | SplitRefusal {
  if (!mergeableKinds.has(content.kind)) return { refused: 'kind' };
  if (content.splitPayment || (content.buyer.type === 'company' && content.lines.some((line) => line.splitPayment)))
    return { refused: 'split-payment' };
  const [takenLines, restLines]: [DocumentLine[], DocumentLine[]] = [[], []];
  const wanted = new Map(taken.map((t) => [t.lineId, t.quantity]));
  for (const { spread: _, ...line } of content.lines) {
    const quantity = wanted.get(line.id);
    wanted.delete(line.id);
    if (quantity === undefined) restLines.push(line);
    else if (compareDecimal(quantity, '0') <= 0 || compareDecimal(quantity, line.quantity) > 0)
      return { refused: 'quantity', lineId: line.id };
    else if (compareDecimal(quantity, line.quantity) === 0) takenLines.push(line);
    else {
      const rest = restOf(line, quantity, content.currency);
      if (!rest) return { refused: 'rounding', lineId: line.id };
      takenLines.push({ ...line, quantity });
      restLines.push(rest);
    }
  }
  const [unknown] = wanted.keys();
  if (unknown !== undefined) return { refused: 'unknown-line', lineId: unknown };
  if (takenLines.length === 0) return { refused: 'nothing' };
  if (restLines.length === 0) return { refused: 'everything' };
  return { parts: shared(content, recompute({ ...content, lines: restLines }), recompute({ ...content, lines: takenLines })) };
}

/** What remains of a line, priced so that both parts are worth the whole; undefined when no price of six decimals does that. */
function restOf(line: DocumentLine, quantity: string, currency: string): DocumentLine | undefined {
  const [whole, part] = [scaled(line.quantity), scaled(quantity)];
  const scale = Math.max(whole.scale, part.scale);
  const value = whole.value * 10n ** BigInt(scale - whole.scale) - part.value * 10n ** BigInt(scale - part.scale);
  const rest = trimmed(fixed({ value, scale }, scale));
  const left = extend(line.quantity, line.unitPrice, currency) - extend(quantity, line.unitPrice, currency);
  if (extend(rest, line.unitPrice, currency) === left) return { ...line, quantity: rest };
  const price = divide(left * 10n ** BigInt(6 + scale - minorDigits(currency)), value);
  const unitPrice = trimmed(fixed({ value: price, scale: 6 }, 6));
  return extend(rest, unitPrice, currency) === left ? { ...line, quantity: rest, unitPrice } : undefined;
}

function trimmed(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** Payment fills the first part, then the second; the order's total is divided as the documents are. */
function shared(whole: DocumentContent, rest: DocumentContent, taken: DocumentContent): [DocumentContent, DocumentContent] {
  const { currency } = whole;
  const paid = toMinor(whole.payment.paid, currency);
  const restGross = toMinor(rest.totals.gross, currency);
  const first = paid - restGross > 0n ? restGross : paid;
  const withMoney = (content: DocumentContent, money: bigint, total: bigint): DocumentContent =>
    recompute({
      ...content,
      payment: { ...content.payment, paid: fromMinor(money, currency) },
      ...(whole.orderTotal !== undefined && { orderTotal: fromMinor(total, currency) }),
    });
  const total = whole.orderTotal === undefined ? 0n : toMinor(whole.orderTotal, currency);
  const takenGross = toMinor(taken.totals.gross, currency);
  return [withMoney(rest, first, total - takenGross), withMoney(taken, paid - first, takenGross)];
}
