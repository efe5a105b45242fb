import { openTask } from '../desk/index.ts';
import { civilDay } from '../domain/days/day.ts';
import { fromMinor } from '../domain/money/money.ts';
import { bookedMark, withBooked } from '../intake/index.ts';
import type { Context } from '../jobs/index.ts';
import { json, newId, type Tx } from '../store/index.ts';
import { prepareOrders, readOrganization, type Who } from '../toissue/index.ts';
import { takeMoney } from './bills.ts';
import type { ChargeRow } from './charge-calls.ts';

/** The money of a charge: the order is paid, its invoice is prepared, issued and mailed; the payment and what it paid are kept. */
export async function received(tx: Tx, ctx: Context, who: Who, charge: ChargeRow): Promise<void> {
  const now = ctx.now();
  const { organizationId } = who;
  await tx
    .updateTable('mandate')
    .set({ last_charged_at: now })
    .where('organization_id', '=', organizationId)
    .where('id', '=', charge.mandate_id)
    .execute();
  const bill = await tx
    .selectFrom('billing_order')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', charge.billing_order_id)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  const { zone } = await readOrganization(tx, organizationId);
  const day = civilDay(now.toISOString(), zone);
  const twice = bill.state !== 'open';
  if (!twice && bill.order_id) {
    const order = await tx
      .selectFrom('sales_order')
      .select('content')
      .where('organization_id', '=', organizationId)
      .where('id', '=', bill.order_id)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow();
    const booked = {
      externalId: `${bookedMark}${charge.id}`,
      method: 'card' as const,
      amount: fromMinor(charge.amount_minor, charge.currency),
      status: 'paid' as const,
      at: now.toISOString(),
    };
    const kept = order.content.payments.filter((p) => p.status === 'paid');
    const content = withBooked({ ...order.content, payments: kept }, [booked]);
    await tx
      .updateTable('sales_order')
      .set({ content: json(content), status: content.status, paid_at: content.paidAt ?? null, updated_at: now })
      .where('organization_id', '=', organizationId)
      .where('id', '=', bill.order_id)
      .execute();
    await prepareOrders(tx, ctx, who, [{ orderId: bill.order_id, order: content }], {
      policies: { kind: 'automatic', waiting: 'nothing', unpaid: 'hold' },
    });
    await takeMoney(tx, ctx, who, bill);
  }
  const settled = await tx
    .selectFrom('billing_order')
    .select('invoice_id')
    .where('organization_id', '=', organizationId)
    .where('id', '=', bill.id)
    .executeTakeFirstOrThrow();
  const paymentId = newId(now);
  const documentId = twice ? null : settled.invoice_id;
  await tx
    .insertInto('payment')
    .values({
      organization_id: organizationId,
      id: paymentId,
      source: 'charge',
      raw_id: charge.id,
      account: null,
      currency: charge.currency,
      amount_minor: charge.amount_minor,
      value_day: day,
      payer_name: null,
      payer_account: null,
      title: charge.reference,
      // Paid already by other means: the money is the customer's, and a person is asked what to do with it.
      state: twice ? 'open' : 'booked',
      why: twice ? 'paid-already' : null,
      unsure: null,
      proposals: json([]),
      details: json({}),
      statement_id: null,
      place: null,
      created_at: now,
      updated_at: now,
    })
    .onConflict((c) => c.doNothing())
    .execute();
  if (documentId)
    await tx
      .insertInto('allocation')
      .values({
        organization_id: organizationId,
        id: newId(now),
        payment_id: paymentId,
        document_id: documentId,
        purpose: 'document',
        amount_minor: charge.amount_minor,
        sure: true,
        reasons: ['charge'],
        created_by: who.actor,
        created_at: now,
      })
      .execute();
}

export async function refunded(tx: Tx, ctx: Context, who: Who, refund: ChargeRow): Promise<void> {
  const now = ctx.now();
  const { organizationId } = who;
  await tx
    .updateTable('charge')
    .set({ refunded_minor: refund.amount_minor })
    .where('organization_id', '=', organizationId)
    .where('id', '=', refund.of_charge_id)
    .execute();
  const payment = await tx
    .selectFrom('payment')
    .select(['id', 'amount_minor'])
    .where('organization_id', '=', organizationId)
    .where('source', '=', 'charge')
    .where('raw_id', '=', refund.of_charge_id!)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (payment) {
    await tx
      .updateTable('allocation')
      .set({ undone_at: now })
      .where('organization_id', '=', organizationId)
      .where('payment_id', '=', payment.id)
      .where('undone_at', 'is', null)
      .execute();
    await tx
      .insertInto('allocation')
      .values({
        organization_id: organizationId,
        id: newId(now),
        payment_id: payment.id,
        document_id: null,
        purpose: 'returned',
        amount_minor: payment.amount_minor,
        reasons: ['refund'],
        created_by: who.actor,
        created_at: now,
      })
      .execute();
    await tx
      .updateTable('payment')
      .set({ state: 'booked', updated_at: now })
      .where('organization_id', '=', organizationId)
      .where('id', '=', payment.id)
      .execute();
  }
  const others = await tx
    .selectFrom('charge')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('billing_order_id', '=', refund.billing_order_id)
    .where('verb', '=', 'charge')
    .where('status', '=', 'accepted')
    .where('id', '<>', refund.of_charge_id)
    .executeTakeFirst();
  if (!others)
    await tx
      .updateTable('billing_order')
      .set({ state: 'refunded', updated_at: now })
      .where('organization_id', '=', organizationId)
      .where('id', '=', refund.billing_order_id)
      .execute();
}

/** The customer's bank takes the money back: answering in time, or correcting the invoice, is a person's work. */
export async function disputeTask(tx: Tx, ctx: Context, who: Who, charge: ChargeRow): Promise<void> {
  const bill = await tx
    .selectFrom('billing_order')
    .select('invoice_id')
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', charge.billing_order_id)
    .executeTakeFirst();
  await openTask(tx, ctx, who, {
    documentId: bill?.invoice_id ?? null,
    customerId: charge.customer_id,
    outcome: 'disputed',
    said: `${fromMinor(charge.amount_minor, charge.currency)} ${charge.currency} · ${charge.reference}`,
  });
}
