import type { Day } from '../days/day.ts';
import { fromMinor, sum, toMinor } from '../money/money.ts';
import { wordsForLines } from '../regimes/index.ts';
import { rateId, recompute, spreadAmount } from '../totals/index.ts';
import type { IssuedDocument } from './correct.ts';
import type { DocumentContent, DocumentLine } from './document.ts';
import { splitWhereDue } from './rates.ts';

/** Documents that follow another one: the invoice after a proforma, the invoice for money received before, the final invoice after it. */

/**
 * The invoice that a proforma announced; dates begin anew, everything else stays. A proforma documents no sale: without a day the sale is
 * that of the invoice.
 */
export function invoiceFromProforma(proforma: IssuedDocument, saleDate?: Day): DocumentContent {
  const { issueDate: _issue, dueDate: _due, saleDate: _sale, ...content } = proforma.content;
  const dated = { ...content, ...(saleDate && { saleDate }) };
  return splitWhereDue(recompute({ ...dated, kind: 'invoice', proforma: { documentId: proforma.id, number: proforma.number } }));
}

/** The order behind a prepared document: one that was made the final invoice already is the whole again, with all that was paid. */
function wholeOrder(content: DocumentContent): DocumentContent {
  if (content.kind !== 'final') return content;
  const { currency, payment, prepayments, paidBefore, ...rest } = content;
  const beyond = toMinor(payment.paid, currency);
  // Finals from before this was kept: whoever paid beyond the prepayments had paid all of those.
  const all = sum(prepayments.map((p) => toMinor(p.gross, currency)));
  const taken = paidBefore ? toMinor(paidBefore.paid, currency) : beyond > 0n ? all : 0n;
  const lines = content.lines.filter((line) => line.kind !== 'prepayment');
  const paidAt = payment.paidAt ?? paidBefore?.paidAt;
  const whole = { ...payment, ...(paidAt && { paidAt }), paid: fromMinor(beyond + taken, currency) };
  return recompute({ ...rest, currency, kind: 'invoice', prepayments: [], lines, payment: whole });
}

/**
 * Invoice for money received before the delivery: tax is taken out of what was received, divided over the rates of the order
 * (art. 106b(1)(4); the order itself stands beside it as art. 106f(1)(4) wants). Divided is what `earlier` ones left of each rate, as their
 * corrections left them: so the last takes the rest of every rate to the unit.
 */
export function prepaymentInvoice(
  prepared: DocumentContent,
  received: string,
  receivedDay: string,
  earlier: DocumentContent[] = [],
): DocumentContent {
  const order = wholeOrder(prepared);
  const { currency } = order;
  const words = wordsForLines(order.language);
  const billed = earlier.flatMap((content) => content.totals.byRate);
  const sold = order.totals.byRate.map((row) => {
    const { category, percent, exemptionReason, key } = row;
    return { rate: { category, percent, exemptionReason, key, source: 'rule' as const }, gross: toMinor(row.gross, currency) };
  });
  const left = sold.map(({ rate, gross }) => ({
    rate,
    gross: gross - sum(billed.filter((row) => rateId(row) === rateId(rate)).map((row) => toMinor(row.gross, currency))),
  }));
  const over = left.some(({ gross }) => gross > 0n) ? left : sold;
  const reference = order.order?.number ?? order.order?.externalId;
  const name = reference ? `${words.prepayment} – ${words.order} ${reference}` : words.prepayment;
  const lines = spreadAmount(toMinor(received, currency), over, 'proportional', currency).map(
    (share): DocumentLine => ({
      id: `prepayment/${rateId(share.rate)}`,
      kind: 'prepayment',
      name,
      quantity: '1',
      unit: words.serviceUnit,
      unitPrice: fromMinor(share.gross, currency),
      rate: share.rate,
      net: '0.00',
      tax: '0.00',
      gross: '0.00',
    }),
  );
  const { dueDate: _due, issueDate: _issue, orderTotal: _total, ...rest } = order;
  const content = recompute({
    ...rest,
    kind: 'prepayment',
    taxMethod: 'gross',
    saleDate: receivedDay,
    payment: { ...order.payment, paid: fromMinor(toMinor(received, currency), currency), termsDays: undefined },
    lines,
    ordered: { lines: order.lines, gross: order.totals.gross },
  });
  return splitWhereDue(content);
}

type FinalRefusal = { refused: 'no-prepayments' | 'currency' | 'more-than-the-order' };

/**
 * Final invoice after the delivery: the whole order less every prepayment invoice, rate by rate, with their numbers. Its totals are what
 * remains; when the prepayments cover all of it no final invoice is due (`nothingLeft`).
 */
export function finalInvoice(
  prepared: DocumentContent,
  prepayments: IssuedDocument[],
): { content: DocumentContent; nothingLeft: boolean } | FinalRefusal {
  const order = wholeOrder(prepared);
  if (prepayments.length === 0) return { refused: 'no-prepayments' };
  if (prepayments.some((p) => p.content.currency !== order.currency || p.content.kind !== 'prepayment')) return { refused: 'currency' };
  const { currency } = order;
  const { issueDate: _, ...rest } = order;
  const content = recompute({
    ...rest,
    kind: 'final',
    prepayments: prepayments.map((p) => ({
      documentId: p.id,
      number: p.number,
      issueDate: p.issueDate,
      gross: p.content.totals.gross,
      byRate: p.content.totals.byRate,
    })),
  });
  const left = toMinor(content.totals.gross, currency);
  if (left < 0n || content.totals.byRate.some((row) => toMinor(row.gross, currency) < 0n)) return { refused: 'more-than-the-order' };
  const words = wordsForLines(order.language);
  const lines = content.lines.map((line) =>
    line.kind === 'prepayment' ? { ...line, name: `${words.prepayment} – ${line.name}`, unit: words.serviceUnit } : line,
  );
  const due = recompute({ ...content, lines, ...stillPaid(order, prepayments) });
  return { content: splitWhereDue(due), nothingLeft: left === 0n };
}

/** Paid beyond the prepayments: what the buyer has paid in all, less what the prepayment invoices already took; that is kept beside it. */
function stillPaid(order: DocumentContent, prepayments: IssuedDocument[]): Pick<DocumentContent, 'payment' | 'paidBefore'> {
  const { currency } = order;
  const received = prepayments.reduce((total, p) => total + toMinor(p.content.totals.gross, currency), 0n);
  const { paid, paidAt, ...payment } = order.payment;
  const beyond = toMinor(paid, currency) - received;
  if (beyond > 0n)
    return { payment: { ...order.payment, paid: fromMinor(beyond, currency) }, paidBefore: { paid: fromMinor(received, currency) } };
  return { payment: { ...payment, paid: fromMinor(0n, currency) }, paidBefore: { paid, ...(paidAt && { paidAt }) } };
}
