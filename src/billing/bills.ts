import { type Selectable, sql } from 'kysely';
import { queueMails } from '../delivery/index.ts';
import type { BillLine } from '../domain/billing/plans.ts';
import { civilDay, type Day } from '../domain/days/day.ts';
import { fromMinor, sum, toMinor } from '../domain/money/money.ts';
import type { Order } from '../domain/orders/order.ts';
import { storeOrders } from '../intake/index.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, json, newId, type Tables, type Tx } from '../store/index.ts';
import { issueInTransaction, policiesOf, prepareOrders, readOrganization, type Who } from '../toissue/index.ts';
import { plansConnection } from './operator.ts';
import { languageOf, lineName } from './words.ts';

/**
 * A bill is one order of a customer for one thing and one period. It is an order like any other of the operator's organization; here stands
 * only which customer and period it is about:
 *
 *   open ──(proforma by mail, or a charge)──> paid ──> its invoice is issued and mailed
 *     └──> cancelled                            └──> refunded (its invoice is corrected first)
 */
export type Bill = Selectable<Tables['billing_order']>;
export type Customer = Selectable<Tables['billing_customer']>;
export type Subscription = Selectable<Tables['subscription']>;

/** Who acts for the operator when nobody in particular does. */
export const billingActor = 'billing';

export async function readCustomer(tx: Tx, operatorId: string, customerId: string): Promise<Customer | undefined> {
  return tx
    .selectFrom('billing_customer')
    .selectAll()
    .where('organization_id', '=', operatorId)
    .where('customer_id', '=', customerId)
    .executeTakeFirst();
}

type NewBill = {
  customer: Customer;
  subscription: Pick<Subscription, 'id' | 'pay_by'>;
  kind: Bill['kind'];
  period: { start: Day; end: Day };
  lines: BillLine[];
  currency: string;
  dueDay: Day;
  rate?: Order['lines'][number]['rate'];
};

/** Makes a bill with its order; for a transfer its proforma is issued and mailed at once. The same bill again changes nothing. */
export async function makeBill(tx: Tx, ctx: Context, who: Who, input: NewBill): Promise<Bill | undefined> {
  const now = ctx.now();
  const { customer, subscription, kind, period, lines, currency } = input;
  const total = sum(lines.map((line) => toMinor(line.gross, currency)));
  if (total <= 0n) return undefined;
  const bill = await tx
    .insertInto('billing_order')
    .values({
      organization_id: who.organizationId,
      id: newId(now),
      customer_id: customer.customer_id,
      subscription_id: subscription.id,
      kind,
      period_start: period.start,
      period_end: period.end,
      order_id: null,
      proforma_id: null,
      invoice_id: null,
      amount_minor: total,
      currency,
      lines: json(lines),
      state: 'open',
      due_day: input.dueDay,
      created_at: now,
      updated_at: now,
    })
    .onConflict((c) =>
      c.columns(['organization_id', 'subscription_id', 'kind', 'period_start']).where('state', '<>', 'cancelled').doNothing(),
    )
    .returningAll()
    .executeTakeFirst();
  if (!bill) return undefined;
  const connectionId = await plansConnection(tx, ctx, who);
  const organization = await readOrganization(tx, who.organizationId);
  const order = orderOf(bill, customer, subscription.pay_by, input, now);
  // A bill for the card has no proforma: nothing is to be paid by hand until the card fails.
  const waiting = subscription.pay_by === 'transfer' ? ('proforma' as const) : ('nothing' as const);
  const [stored] = await storeOrders(
    tx,
    ctx,
    who,
    {
      connectionId,
      policies: { ...policiesOf(organization), kind: 'automatic', waiting, unpaid: 'hold' },
      prepare: { policies: { kind: 'automatic', waiting, unpaid: 'hold' } },
    },
    [{ order }],
  );
  await tx
    .updateTable('billing_order')
    .set({ order_id: stored!.orderId })
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', bill.id)
    .execute();
  const made = { ...bill, order_id: stored!.orderId };
  await audit(tx, who.organizationId, who.actor, now, [
    {
      action: 'bill made',
      entity: 'bill',
      entityId: bill.id,
      data: { customer: customer.customer_id, kind, from: period.start, until: period.end, amount: fromMinor(total, currency), currency },
    },
  ]);
  await announce(tx, who.organizationId, 'billing', bill.id);
  if (subscription.pay_by === 'transfer' && stored!.documentId) await issueProforma(tx, ctx, who, made, stored!.documentId, customer);
  return made;
}

function orderOf(bill: Bill, customer: Customer, payBy: 'transfer' | 'card', input: NewBill, now: Date): Order {
  const language = languageOf(customer.language);
  const { party } = customer;
  return {
    externalId: `bill:${bill.id}`,
    aliases: [],
    channel: 'plans',
    status: 'open',
    orderedAt: now.toISOString(),
    currency: bill.currency,
    buyer: { ...party, email: customer.invoice_email, language, emailKind: 'direct' },
    invoiceRequest: { requested: true, explicit: true, party: { ...party, email: customer.invoice_email }, dueDate: bill.due_day },
    delivery: { tracking: [] },
    lines: input.lines
      .filter((line) => !line.gross.startsWith('-'))
      .map((line, i) => ({
        id: String(i + 1),
        kind: 'service' as const,
        name: lineName(line, language),
        quantity: line.quantity,
        unitGross: line.unitGross,
        gross: line.gross,
        ...(input.rate && { rate: input.rate }),
      })),
    adjustments: input.lines
      .filter((line) => line.gross.startsWith('-'))
      .map((line) => ({
        kind: 'discount' as const,
        name: lineName(line, language),
        gross: line.gross,
        ...(input.rate && { rate: input.rate }),
      })),
    payments: [
      { method: payBy === 'card' ? 'card' : 'bank_transfer', status: 'pending', amount: fromMinor(bill.amount_minor, bill.currency) },
    ],
    declaredTotal: fromMinor(bill.amount_minor, bill.currency),
    messages: {},
    refunds: [],
    documentedElsewhere: [],
    findings: [],
  };
}

/** Issues a prepared proforma and mails it to the address for proformas. What holds it stays in the operator's queue with its reasons. */
async function issueProforma(tx: Tx, ctx: Context, who: Who, bill: Bill, documentId: string, customer: Customer): Promise<boolean> {
  const [result] = await issueInTransaction(tx, ctx, who, [documentId], {});
  if (result?.outcome !== 'issued') return false;
  await queueMails(tx, ctx, who, [{ documentId, to: [customer.proforma_email] }]);
  await tx
    .updateTable('billing_order')
    .set({ proforma_id: documentId, updated_at: ctx.now() })
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', bill.id)
    .execute();
  return true;
}

/** A bill whose card failed is asked for by transfer as well: its proforma is made, issued and mailed. */
export async function proformaFor(tx: Tx, ctx: Context, who: Who, bill: Bill, customer: Customer): Promise<void> {
  if (bill.proforma_id || !bill.order_id || bill.state !== 'open') return;
  const { content } = await tx
    .selectFrom('sales_order')
    .select('content')
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', bill.order_id)
    .executeTakeFirstOrThrow();
  const [prepared] = await prepareOrders(tx, ctx, who, [{ orderId: bill.order_id, order: content }], {
    policies: { kind: 'automatic', waiting: 'proforma', unpaid: 'hold' },
  });
  if (prepared?.documentId) await issueProforma(tx, ctx, who, bill, prepared.documentId, customer);
}

/**
 * The subscription is the lock of what is owed for it: whoever changes several of its bills, charges and mandates takes it first, then the
 * others as they come (ADR 3).
 */
export async function lockOwed(
  tx: Tx,
  operatorId: string,
  of: { what: 'billing_order' | 'mandate'; by: 'id' | 'order_id'; id: string },
): Promise<void> {
  await sql`select 1 from subscription where organization_id = ${operatorId} and id in
    (select subscription_id from ${sql.table(of.what)} where organization_id = ${operatorId} and ${sql.ref(of.by)} = ${of.id}) order by id for no key update`.execute(
    tx,
  );
}

export async function billOfOrder(tx: Tx, operatorId: string, orderId: string): Promise<Bill | undefined> {
  await lockOwed(tx, operatorId, { what: 'billing_order', by: 'order_id', id: orderId });
  return tx
    .selectFrom('billing_order')
    .selectAll()
    .where('organization_id', '=', operatorId)
    .where('order_id', '=', orderId)
    .where('state', '<>', 'cancelled')
    .forNoKeyUpdate()
    .executeTakeFirst();
}

/**
 * The money of a bill is there: its prepared invoice is issued and mailed to the address for invoices, once. Answers whether the bill is
 * paid; an invoice that something holds waits in the operator's queue and is taken up here when it is issued.
 */
async function settleBill(tx: Tx, ctx: Context, who: Who, bill: Bill, customer: Customer): Promise<boolean> {
  if (!bill.order_id || bill.state === 'cancelled') return false;
  const order = await tx
    .selectFrom('sales_order')
    .select('status')
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', bill.order_id)
    .executeTakeFirst();
  if (order?.status !== 'ready') return false;
  const invoice = await tx
    .selectFrom('document')
    .select(['id', 'state', 'number'])
    .where('organization_id', '=', who.organizationId)
    .where('order_id', '=', bill.order_id)
    .where('purpose', '=', 'sale')
    .where('state', 'not in', ['withdrawn', 'cancelled', 'merged'])
    .executeTakeFirst();
  let issued = invoice?.state === 'issued';
  if (invoice?.state === 'to_issue') {
    const [result] = await issueInTransaction(tx, ctx, who, [invoice.id], {});
    issued = result?.outcome === 'issued';
  }
  if (invoice && issued && bill.invoice_id === null)
    await queueMails(tx, ctx, who, [{ documentId: invoice.id, to: [customer.invoice_email] }]);
  if (bill.state === 'open' || (issued && bill.invoice_id === null)) {
    await tx
      .updateTable('billing_order')
      .set({
        state: bill.state === 'open' ? 'paid' : bill.state,
        paid_at: bill.paid_at ?? ctx.now(),
        updated_at: ctx.now(),
        ...(issued && { invoice_id: invoice!.id }),
      })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', bill.id)
      .execute();
    await announce(tx, who.organizationId, 'billing', bill.id);
    await announce(tx, customer.customer_id, 'billing', bill.id);
  }
  return true;
}

/**
 * Answers whether the bill is paid. The moment it becomes so, its subscription runs, unless another bill of it is overdue; a later look
 * forgives nothing that is owed since.
 */
export async function takeMoney(tx: Tx, ctx: Context, who: Who, bill: Bill): Promise<boolean> {
  const customer = (await readCustomer(tx, who.organizationId, bill.customer_id))!;
  if (!(await settleBill(tx, ctx, who, bill, customer))) return false;
  if (bill.state !== 'open') return true;
  const today = civilDay(ctx.now().toISOString(), (await readOrganization(tx, who.organizationId)).zone);
  const owed = await tx
    .selectFrom('billing_order')
    .select('id')
    .where('organization_id', '=', who.organizationId)
    .where('subscription_id', '=', bill.subscription_id)
    .where('id', '<>', bill.id)
    .where('state', '=', 'open')
    .where('due_day', '<', sql<string>`${today}::date`)
    .limit(1)
    .executeTakeFirst();
  if (owed) return true;
  const changed = await tx
    .updateTable('subscription')
    .set({ state: 'active', updated_at: ctx.now() })
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', bill.subscription_id)
    .where('state', 'in', ['pending', 'past_due', 'suspended'])
    .returning('id')
    .executeTakeFirst();
  if (changed) {
    await announce(tx, bill.customer_id, 'billing', bill.subscription_id);
    await audit(tx, who.organizationId, who.actor, ctx.now(), [
      { action: 'subscription active', entity: 'subscription', entityId: bill.subscription_id, data: { bill: bill.id } },
    ]);
  }
  return true;
}
