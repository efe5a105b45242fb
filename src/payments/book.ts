import type { Selectable } from 'kysely';
import { fromMinor, sum } from '../domain/money/money.ts';
import type { Reason } from '../domain/payments/match.ts';
import { bookedMark, withBooked } from '../intake/index.ts';
import type { Context } from '../jobs/index.ts';
import { type AuditEntry, announce, audit, json, newId, type Tables, type Tx } from '../store/index.ts';
import { invoiceAfterProformaIn, prepareOrders, type Who, withdrawInTransaction } from '../toissue/index.ts';
import { lockOpenItems } from './open-items.ts';

/**
 * Booking says what a payment paid. A proforma that is paid whole becomes its invoice in the same transaction, by the same preparing that
 * every order goes through; nothing is issued here. Everything can be undone until that invoice is issued (BILLING §6.3).
 */
export type Payment = Selectable<Tables['payment']>;
type Share = { documentId: string; amountMinor: bigint };
export type BookRefusal = 'unknown' | 'not-open' | 'too-much' | 'not-due' | 'currency' | 'nothing';
type BookResult = { booked: true; paid: string[]; invoices: string[] } | { refused: BookRefusal; documentId?: string };
type BookOptions = {
  sure?: boolean;
  reasons?: readonly Reason[];
  /** What is left over becomes the payer's credit. */
  restToCredit?: boolean;
};

async function lockPayment(tx: Tx, organizationId: string, id: string): Promise<Payment | undefined> {
  return tx
    .selectFrom('payment')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

export async function bookPayment(
  ctx: Context,
  who: Who,
  paymentId: string,
  shares: Share[],
  options: BookOptions = {},
): Promise<BookResult> {
  return ctx.store.org(who.organizationId, (tx) => bookInTransaction(tx, ctx, who, paymentId, shares, options));
}

export async function bookInTransaction(
  tx: Tx,
  ctx: Context,
  who: Who,
  paymentId: string,
  given: Share[],
  options: BookOptions,
): Promise<BookResult> {
  const now = ctx.now();
  const { organizationId } = who;
  const shares = given.filter((s) => s.amountMinor > 0n);
  // Documents before the payment: the one order of locks (ADR 3).
  const items = await lockOpenItems(tx, organizationId, [...new Set(shares.map((s) => s.documentId))]);
  const payment = await lockPayment(tx, organizationId, paymentId);
  if (!payment) return { refused: 'unknown' };
  if (payment.state !== 'open') return { refused: 'not-open' };
  const taken = sum((await liveAllocations(tx, organizationId, [paymentId])).map((a) => a.amount_minor));
  const left = payment.amount_minor - taken;
  const wanted = sum(shares.map((s) => s.amountMinor));
  if (wanted > left) return { refused: 'too-much' };
  for (const share of shares) {
    const item = items.get(share.documentId);
    if (!item) return { refused: 'unknown', documentId: share.documentId };
    if (item.currency !== payment.currency) return { refused: 'currency', documentId: share.documentId };
    if (share.amountMinor > item.openMinor) return { refused: 'not-due', documentId: share.documentId };
  }
  const rest = left - wanted;
  if (wanted === 0n && !(options.restToCredit && rest > 0n)) return { refused: 'nothing' };
  const row = (purpose: 'document' | 'credit', amountMinor: bigint, documentId: string | null) => ({
    organization_id: organizationId,
    id: newId(now),
    payment_id: paymentId,
    document_id: documentId,
    purpose,
    amount_minor: amountMinor,
    sure: options.sure ?? false,
    reasons: [...(options.reasons ?? [])],
    created_by: who.actor,
    created_at: now,
  });
  const rows = [
    ...shares.map((s) => row('document', s.amountMinor, s.documentId)),
    ...(options.restToCredit && rest > 0n ? [row('credit', rest, null)] : []),
  ];
  // One by one: the guard in the database counts what is there already.
  for (const one of rows) await tx.insertInto('allocation').values(one).execute();
  const whole = rest === 0n || options.restToCredit === true;
  await tx
    .updateTable('payment')
    .set({ state: whole ? 'booked' : 'open', proposals: json([]), why: null, updated_at: now })
    .where('organization_id', '=', organizationId)
    .where('id', '=', paymentId)
    .execute();
  const paid = shares.filter((s) => s.amountMinor === items.get(s.documentId)!.openMinor).map((s) => s.documentId);
  const invoices = await followUp(tx, ctx, who, payment, paid);
  await announce(tx, organizationId, 'payments', paymentId);
  await audit(tx, organizationId, who.actor, now, [
    ...shares.map(
      (s): AuditEntry => ({
        action: 'payment booked',
        entity: 'document',
        entityId: s.documentId,
        data: {
          payment: paymentId,
          number: items.get(s.documentId)!.number,
          amount: fromMinor(s.amountMinor, payment.currency),
          currency: payment.currency,
          valueDay: payment.value_day,
          automatic: options.sure ? 'yes' : 'no',
          reasons: [...(options.reasons ?? [])],
        },
      }),
    ),
    ...(options.restToCredit && rest > 0n
      ? [
          {
            action: 'payment kept as credit',
            entity: 'payment',
            entityId: paymentId,
            data: { amount: fromMinor(rest, payment.currency), currency: payment.currency },
          },
        ]
      : []),
  ]);
  return { booked: true, paid, invoices };
}

export async function liveAllocations(tx: Tx, organizationId: string, paymentIds: string[]) {
  if (paymentIds.length === 0) return [];
  return tx
    .selectFrom('allocation')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('payment_id', 'in', paymentIds)
    .where('undone_at', 'is', null)
    .orderBy('id')
    .execute();
}

/** Noon of the value day: the same civil day in every zone we serve. */
const instantOf = (day: string) => `${day}T12:00:00.000Z`;
const methodOf = { bank: 'bank_transfer', charge: 'card', manual: 'other' } as const;

/** What follows from documents that are paid whole: the invoice of a proforma, and word to whoever waits for the money of an order. */
async function followUp(tx: Tx, ctx: Context, who: Who, payment: Payment, documentIds: string[]): Promise<string[]> {
  if (documentIds.length === 0) return [];
  const rows = await tx
    .selectFrom('document')
    .select(['id', 'kind', 'order_id', 'currency', 'gross_minor'])
    .where('organization_id', '=', who.organizationId)
    .where('id', 'in', documentIds)
    .orderBy('id')
    .execute();
  const invoices: string[] = [];
  for (const row of rows) {
    if (row.order_id) await markOrder(tx, ctx, who, row.order_id);
    if (row.kind !== 'proforma') continue;
    const prepared = row.order_id ? await prepareAgain(tx, ctx, who, row.order_id) : undefined;
    if (prepared) {
      invoices.push(prepared);
      continue;
    }
    const made = await invoiceAfterProformaIn(tx, ctx, who, row.id, {
      means: methodOf[payment.source],
      paid: fromMinor(row.gross_minor, row.currency),
      paidAt: instantOf(payment.value_day),
    });
    if (made.outcome === 'created') invoices.push(made.id);
  }
  const orders = rows.flatMap((row) => (row.order_id ? [{ organizationId: who.organizationId, id: row.order_id }] : []));
  await ctx.jobs.enqueue(tx, 'billing', orders);
  return invoices;
}

/** The order says again what was booked for it, from the allocations, so that it can be said as often as needed. */
async function markOrder(tx: Tx, ctx: Context, who: Who, orderId: string): Promise<void> {
  const order = await tx
    .selectFrom('sales_order')
    .select(['content', 'status'])
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', orderId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!order || order.status === 'superseded' || order.status === 'cancelled') return;
  const booked = await tx
    .selectFrom('allocation as a')
    .innerJoin('document as d', (join) => join.onRef('d.organization_id', '=', 'a.organization_id').onRef('d.id', '=', 'a.document_id'))
    .innerJoin('payment as p', (join) => join.onRef('p.organization_id', '=', 'a.organization_id').onRef('p.id', '=', 'a.payment_id'))
    .select(['a.id', 'a.amount_minor', 'p.value_day', 'p.currency', 'p.source'])
    .where('a.organization_id', '=', who.organizationId)
    .where('d.order_id', '=', orderId)
    .where('a.undone_at', 'is', null)
    .orderBy('a.id')
    .execute();
  const content = withBooked(
    order.content,
    booked.map((b) => ({
      externalId: `${bookedMark}${b.id}`,
      method: methodOf[b.source],
      amount: fromMinor(b.amount_minor, b.currency),
      status: 'paid' as const,
      at: instantOf(b.value_day),
    })),
  );
  await tx
    .updateTable('sales_order')
    .set({ content: json(content), status: content.status, paid_at: content.paidAt ?? null, updated_at: ctx.now() })
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', orderId)
    .execute();
}

async function prepareAgain(tx: Tx, ctx: Context, who: Who, orderId: string): Promise<string | undefined> {
  const { content } = await tx
    .selectFrom('sales_order')
    .select('content')
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', orderId)
    .executeTakeFirstOrThrow();
  const [result] = await prepareOrders(tx, ctx, who, [{ orderId, order: content }]);
  return result?.action === 'created' || result?.action === 'refreshed' ? result.documentId : undefined;
}

type UndoResult = { undone: true } | { refused: 'unknown' | 'nothing' | 'invoice-issued'; number?: string };

/** Takes a booking back. Once the invoice that followed is issued, the law leaves only a correction. */
export async function undoBooking(ctx: Context, who: Who, paymentId: string): Promise<UndoResult> {
  const { organizationId } = who;
  const now = ctx.now();
  const result = await ctx.store.org(organizationId, async (tx): Promise<UndoResult | { bookedMeanwhile: true }> => {
    const orphans: string[] = [];
    const documents = (await liveAllocations(tx, organizationId, [paymentId])).flatMap((a) => (a.document_id ? [a.document_id] : []));
    await lockOpenItems(tx, organizationId, [...new Set(documents)]);
    const payment = await lockPayment(tx, organizationId, paymentId);
    if (!payment) return { refused: 'unknown' };
    if (payment.source === 'charge') return { refused: 'nothing' };
    const live = await liveAllocations(tx, organizationId, [paymentId]);
    if (live.length === 0) return { refused: 'nothing' };
    // Booked on one more document while the payment was waited for: that one and its order are to be locked before it too.
    if (live.some((a) => a.document_id !== null && !documents.includes(a.document_id))) return { bookedMeanwhile: true };
    const rows =
      documents.length === 0
        ? []
        : await tx
            .selectFrom('document')
            .select(['id', 'kind', 'order_id', 'number'])
            .where('organization_id', '=', organizationId)
            .where('id', 'in', documents)
            .execute();
    for (const row of rows.filter((r) => r.kind === 'proforma')) {
      const following = await tx
        .selectFrom('document')
        .select(['id', 'state', 'number'])
        .where('organization_id', '=', organizationId)
        .where('state', 'not in', ['withdrawn', 'cancelled'])
        .where((e) =>
          e.or([
            e('proforma_id', '=', row.id),
            ...(row.order_id ? [e.and([e('order_id', '=', row.order_id), e('purpose', '=', 'sale')])] : []),
          ]),
        )
        .executeTakeFirst();
      if (following && (following.state === 'issued' || following.state === 'submitted' || following.number))
        return { refused: 'invoice-issued', number: following.number ?? '' };
      if (following) orphans.push(following.id);
    }
    // The invoice that was only prepared goes back with the booking, so that nobody issues it in between; it was nobody's yet.
    if (orphans.length > 0) {
      const { refused } = await withdrawInTransaction(tx, ctx, who, orphans, 'booking undone');
      if (refused.length > 0) return { refused: 'invoice-issued' };
    }
    await tx
      .updateTable('allocation')
      .set({ undone_at: now })
      .where('organization_id', '=', organizationId)
      .where('payment_id', '=', paymentId)
      .where('undone_at', 'is', null)
      .execute();
    await tx
      .updateTable('payment')
      .set({ state: 'open', updated_at: now })
      .where('organization_id', '=', organizationId)
      .where('id', '=', paymentId)
      .execute();
    for (const row of rows) if (row.order_id) await reopenOrder(tx, ctx, who, row.order_id);
    await announce(tx, organizationId, 'payments', paymentId);
    await audit(
      tx,
      organizationId,
      who.actor,
      now,
      live.map((a) => ({
        action: 'booking undone',
        entity: a.document_id ? 'document' : 'payment',
        entityId: a.document_id ?? paymentId,
        data: { payment: paymentId, amount: fromMinor(a.amount_minor, payment.currency), currency: payment.currency },
      })),
    );
    return { undone: true };
  });
  return 'bookedMeanwhile' in result ? undoBooking(ctx, who, paymentId) : result;
}

/** Without its money the order waits again. */
async function reopenOrder(tx: Tx, ctx: Context, who: Who, orderId: string): Promise<void> {
  const order = await tx
    .selectFrom('sales_order')
    .select('content')
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', orderId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  const { paidAt: _paid, readyAt: _ready, ...content } = order.content;
  const waiting = content.payments.every((p) => p.externalId?.startsWith(bookedMark));
  await tx
    .updateTable('sales_order')
    .set({ content: json(waiting ? { ...content, status: 'open', payments: [] } : order.content) })
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', orderId)
    .execute();
  await markOrder(tx, ctx, who, orderId);
}

/** A payment that pays nothing of ours, or does after all. */
export async function setAside(ctx: Context, who: Who, paymentId: string, aside: boolean): Promise<boolean> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const changed = await tx
      .updateTable('payment')
      .set({ state: aside ? 'set_aside' : 'open', why: aside ? 'person' : null, updated_at: ctx.now() })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', paymentId)
      .where('state', '=', aside ? 'open' : 'set_aside')
      .returning('id')
      .executeTakeFirst();
    if (!changed) return false;
    await announce(tx, who.organizationId, 'payments', paymentId);
    await audit(tx, who.organizationId, who.actor, ctx.now(), [
      { action: aside ? 'payment set aside' : 'payment taken back', entity: 'payment', entityId: paymentId, data: {} },
    ]);
    return true;
  });
}
