import { fromMinor, sum, toMinor } from '../money/money.ts';
import type { Order } from '../orders/order.ts';
import type { DocumentContent } from './document.ts';

/** One row of the cent proof: what the order says of a thing and what the document makes of it. */
type ProofRow = {
  kind: 'line' | 'delivery' | 'adjustment' | 'added' | 'declared' | 'rounding';
  name: string;
  order: string;
  document: string;
  difference: string;
};
export type CentProof = { equal: boolean; order: string; document: string; difference: string; rows: ProofRow[] };

/** Lines that the seller documents: a platform's own sales to the buyer are on the platform's documents. */
export function ownLines(order: Order): Order['lines'] {
  return order.lines.filter((line) => line.issuer !== 'platform');
}

/**
 * What the buyer paid this seller, in minor units (ORDERS §2.1): the total the channel declares, else the sum. Vouchers are money:
 * a channel may declare the total with them or what was left to pay.
 */
export function orderTotal(order: Order): bigint {
  const minor = (amount: string | undefined) => (amount === undefined ? 0n : toMinor(amount, order.currency));
  const total = summed(order);
  if (order.declaredTotal === undefined) return total - platformTotal(order);
  const declared = minor(order.declaredTotal);
  const vouchers = voucherTotal(order);
  const whole = vouchers > 0n && declared + vouchers === total ? total : declared;
  return whole - platformTotal(order);
}

function summed(order: Order): bigint {
  const minor = (amount: string | undefined) => (amount === undefined ? 0n : toMinor(amount, order.currency));
  return (
    sum(order.lines.map((line) => minor(line.gross))) + minor(order.delivery.gross) + sum(order.adjustments.map((a) => minor(a.gross)))
  );
}

function platformTotal(order: Order): bigint {
  return sum(order.lines.filter((line) => line.issuer === 'platform').map((line) => toMinor(line.gross, order.currency)));
}

/** Vouchers and gift cards that were used as payment. */
export function voucherTotal(order: Order): bigint {
  const vouchers = order.payments.filter((p) => (p.method === 'voucher' || p.method === 'gift_card') && p.status === 'paid');
  return sum(vouchers.map((p) => (p.amount === undefined ? 0n : toMinor(p.amount, order.currency))));
}

/** The document's total; with the rounding of the amount due when the shop charged the rounded amount. */
export function documentedTotal(content: DocumentContent, target: bigint): bigint {
  const gross = toMinor(content.totals.gross, content.currency);
  const rounded = gross + toMinor(content.totals.rounding, content.currency);
  return rounded === target ? rounded : gross;
}

/** Row by row: where a document and its order part. */
export function centProof(order: Order, content: DocumentContent): CentProof {
  const { currency } = order;
  const money = (minor: bigint) => fromMinor(minor, currency);
  const rows: ProofRow[] = [];
  const push = (kind: ProofRow['kind'], name: string, ordered: bigint, documented: bigint) =>
    rows.push({ kind, name, order: money(ordered), document: money(documented), difference: money(documented - ordered) });
  const left = new Set(content.lines);
  const take = (belongs: (line: DocumentContent['lines'][number]) => boolean) => {
    const taken = [...left].filter(belongs);
    for (const line of taken) left.delete(line);
    return sum(taken.map((line) => toMinor(line.gross, currency)));
  };
  for (const line of ownLines(order))
    push(
      'line',
      line.name,
      toMinor(line.gross, currency),
      take((l) => l.orderLineId === line.id),
    );
  const delivery = toMinor(order.delivery.gross ?? '0', currency);
  const delivered = take((l) => l.kind === 'delivery');
  if (delivery !== 0n || delivered !== 0n) push('delivery', order.delivery.method ?? '', delivery, delivered);
  order.adjustments.forEach((adjustment, i) => {
    const documented = take((l) => l.id === adjustmentId(i) || l.id.startsWith(`${adjustmentId(i)}/`));
    push('adjustment', adjustment.name, toMinor(adjustment.gross, currency), documented);
  });
  for (const line of left) push('added', line.name, 0n, toMinor(line.gross, currency));
  const target = orderTotal(order);
  const ordered = sum(rows.map((row) => toMinor(row.order, currency)));
  if (target !== ordered) push('declared', '', target - ordered, 0n);
  const documented = documentedTotal(content, target);
  const rounding = documented - toMinor(content.totals.gross, currency);
  if (rounding !== 0n) push('rounding', '', 0n, rounding);
  return { equal: target === documented, order: money(target), document: money(documented), difference: money(documented - target), rows };
}

export function adjustmentId(index: number): string {
  return `adjustment-${index + 1}`;
}
