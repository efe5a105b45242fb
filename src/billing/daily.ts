import { openConnection } from '../connections/index.ts';
import { localDay, localMoney, queueMails } from '../delivery/index.ts';
import { explain } from '../diagnosis/index.ts';
import { type DunningStep, defaultCalendar, doneWith, dueSteps, suspensionDay } from '../domain/billing/dunning.ts';
import { periodLines, periodOf, usageLines } from '../domain/billing/plans.ts';
import { addDays, civilDay, type Day, daysBetween } from '../domain/days/day.ts';
import { fromMinor } from '../domain/money/money.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, json, newId, type Tx } from '../store/index.ts';
import { readOrganization, type Who } from '../toissue/index.ts';
import {
  type Bill,
  billingActor,
  billOfOrder,
  type Customer,
  lockOwed,
  makeBill,
  proformaFor,
  readCustomer,
  type Subscription,
  takeMoney,
} from './bills.ts';
import { checkoutMark, isCheckout } from './charge-calls.ts';
import { startCharge } from './charges.ts';
import { findDoubles } from './doubles.ts';
import { endMandate } from './mandates.ts';
import { queueNotice } from './notices.ts';
import { operatorOf } from './operator.ts';
import { giveNotice, suspend } from './standing.ts';
import { cancelOpenBills, cardsConnection } from './subscribe.ts';
import { documentsIn } from './usage.ts';
import { languageOf, type NoticeKind, noticeText } from './words.ts';

/**
 * What the calendar does, every hour and idempotently: periods that end are billed, bills that are due are charged or reminded of, customers
 * who do not pay are given notice and paused, mandates the processor knows and we do not come to light. A day missed is made up for once.
 */
const leadDays = { card: 7, transfer: 14 } as const;
const firstPaymentDays = 28;

export async function workCalendar(ctx: Context): Promise<void> {
  const operatorId = await operatorOf(ctx);
  if (!operatorId) return;
  const who: Who = { organizationId: operatorId, actor: billingActor };
  const { today, ids } = await ctx.store.org(operatorId, async (tx) => {
    const { zone } = await readOrganization(tx, operatorId);
    const rows = await tx
      .selectFrom('subscription')
      .select('id')
      .where('organization_id', '=', operatorId)
      .where('state', 'not in', ['cancelled', 'expired'])
      .orderBy('id')
      .execute();
    return { today: civilDay(ctx.now().toISOString(), zone), ids: rows.map((r) => r.id) };
  });
  for (const id of ids) await step(ctx, () => turnPeriod(ctx, who, id, today));
  const bills = await ctx.store.org(operatorId, (tx) =>
    tx
      .selectFrom('billing_order')
      .select('id')
      .where('organization_id', '=', operatorId)
      .where('state', '=', 'open')
      .orderBy('id')
      .execute(),
  );
  for (const { id } of bills) await step(ctx, () => dun(ctx, who, id, today));
  await step(ctx, () => takeUpInvoices(ctx, who));
  await step(ctx, () => findOrphans(ctx, who));
  await step(ctx, async () => void (await findDoubles(ctx)));
}

/** Paid bills whose invoice something held: it is issued now, or a person has issued it meanwhile. */
async function takeUpInvoices(ctx: Context, who: Who): Promise<void> {
  const { organizationId: operatorId } = who;
  const orders = await ctx.store.org(operatorId, (tx) =>
    tx
      .selectFrom('billing_order')
      .select('order_id')
      .where('organization_id', '=', operatorId)
      .where('state', '=', 'paid')
      .where('invoice_id', 'is', null)
      .where('order_id', 'is not', null)
      .orderBy('id')
      .execute(),
  );
  for (const { order_id } of orders)
    await step(ctx, () =>
      ctx.store.org(operatorId, async (tx) => {
        const bill = await billOfOrder(tx, operatorId, order_id!);
        if (bill) await takeMoney(tx, ctx, who, bill);
      }),
    );
}

/** One customer's trouble stops nobody else's bill. */
async function step(ctx: Context, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    ctx.log('error', 'a step of billing failed', { error: (error as Error).message });
  }
}

async function turnPeriod(ctx: Context, who: Who, subscriptionId: string, today: Day): Promise<void> {
  const operatorId = who.organizationId;
  const before = await ctx.store.org(operatorId, (tx) =>
    tx.selectFrom('subscription').selectAll().where('organization_id', '=', operatorId).where('id', '=', subscriptionId).executeTakeFirst(),
  );
  if (!before) return;
  // Counted inside the customer's wall; only the number comes out.
  const over = before.period_end <= today;
  const documents =
    over && before.state !== 'pending'
      ? await ctx.store.org(before.customer_id, (tx) =>
          documentsIn(tx, before.customer_id, before.connection_id, { start: before.period_start, end: before.period_end }),
        )
      : 0;
  await ctx.store.org(operatorId, async (tx) => {
    const subscription = await tx
      .selectFrom('subscription')
      .selectAll()
      .where('organization_id', '=', operatorId)
      .where('id', '=', subscriptionId)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow();
    if (['cancelled', 'expired'].includes(subscription.state)) return;
    const customer = (await readCustomer(tx, operatorId, subscription.customer_id))!;
    if (subscription.state === 'pending') {
      if (daysBetween(subscription.anchor_day, today) < firstPaymentDays) return;
      await cancelOpenBills(tx, ctx, who, subscription.id);
      return setState(tx, ctx, who, subscription, 'expired');
    }
    const plan = await tx
      .selectFrom('plan')
      .selectAll()
      .where('organization_id', '=', operatorId)
      .where('id', '=', subscription.next_plan_id ?? subscription.plan_id)
      .executeTakeFirstOrThrow();
    const current = subscription.next_plan_id
      ? await tx
          .selectFrom('plan')
          .select(['name', 'currency'])
          .where('organization_id', '=', operatorId)
          .where('id', '=', subscription.plan_id)
          .executeTakeFirstOrThrow()
      : plan;
    const terms = subscription.next_plan_id ? plan.terms : subscription.terms;
    const anchor = subscription.state === 'trial' ? subscription.period_end : subscription.anchor_day;
    const interval = terms.interval === subscription.terms.interval ? anchor : subscription.period_end;
    const next = periodOf(interval, terms.interval, subscription.period_end);
    const ends = subscription.cancel_on !== null && subscription.cancel_on <= subscription.period_end;
    if (over && subscription.state !== 'trial') {
      const lines = usageLines(
        current.name,
        subscription.terms,
        { start: subscription.period_start, end: subscription.period_end },
        documents,
        current.currency,
      );
      await makeBill(tx, ctx, who, {
        customer,
        subscription,
        kind: 'usage',
        period: { start: subscription.period_start, end: subscription.period_end },
        lines,
        currency: current.currency,
        dueDay: addDays(today, leadDays.transfer),
        ...(terms.rate && { rate: terms.rate }),
      });
    }
    if (over && ends) {
      await endMandates(tx, ctx, operatorId, subscription.id);
      return setState(tx, ctx, who, subscription, 'cancelled');
    }
    if (!ends && daysBetween(today, subscription.period_end) <= leadDays[subscription.pay_by]) {
      const lines = periodLines(plan.name, terms, next, plan.currency);
      await makeBill(tx, ctx, who, {
        customer,
        subscription,
        kind: 'renewal',
        period: next,
        lines,
        currency: plan.currency,
        dueDay: subscription.period_end,
        ...(terms.rate && { rate: terms.rate }),
      });
    }
    if (over)
      await tx
        .updateTable('subscription')
        .set({
          period_start: next.start,
          period_end: next.end,
          plan_id: plan.id,
          next_plan_id: null,
          terms: json(terms),
          anchor_day: interval,
          ...(subscription.state === 'trial' && { state: 'active' as const }),
          updated_at: ctx.now(),
        })
        .where('organization_id', '=', operatorId)
        .where('id', '=', subscription.id)
        .execute();
  });
}

async function setState(tx: Tx, ctx: Context, who: Who, subscription: Subscription, state: Subscription['state']): Promise<void> {
  await tx
    .updateTable('subscription')
    .set({ state, updated_at: ctx.now() })
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', subscription.id)
    .execute();
  await announce(tx, subscription.customer_id, 'billing', subscription.id);
  await audit(tx, who.organizationId, who.actor, ctx.now(), [
    { action: `subscription ${state}`, entity: 'subscription', entityId: subscription.id, data: {} },
  ]);
}

async function endMandates(tx: Tx, ctx: Context, operatorId: string, subscriptionId: string): Promise<void> {
  const mandates = await tx
    .selectFrom('mandate')
    .selectAll()
    .where('organization_id', '=', operatorId)
    .where('subscription_id', '=', subscriptionId)
    .where('state', 'in', ['active', 'surplus'])
    .execute();
  for (const mandate of mandates) await endMandate(tx, ctx, operatorId, mandate);
}

/** One bill on one day: its steps, each once. What pauses a customer is done after the bill's own transaction. */
async function dun(ctx: Context, who: Who, billId: string, today: Day): Promise<void> {
  const operatorId = who.organizationId;
  const later = await ctx.store.org(operatorId, async (tx) => {
    await lockOwed(tx, operatorId, { what: 'billing_order', by: 'id', id: billId });
    const bill = await tx
      .selectFrom('billing_order')
      .selectAll()
      .where('organization_id', '=', operatorId)
      .where('id', '=', billId)
      .where('state', '=', 'open')
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (!bill) return undefined;
    const subscription = await tx
      .selectFrom('subscription')
      .selectAll()
      .where('organization_id', '=', operatorId)
      .where('id', '=', bill.subscription_id)
      .executeTakeFirstOrThrow();
    // Nobody is pressed for a first order he did not pay: it lapses.
    if (bill.kind === 'first') return undefined;
    const charges = await tx
      .selectFrom('charge')
      .select(['status', 'cause', 'mandate_id'])
      .where('organization_id', '=', operatorId)
      .where('billing_order_id', '=', billId)
      .where('verb', '=', 'charge')
      .orderBy('created_at')
      .execute();
    const last = charges.at(-1);
    const connection = await cardsConnection(tx, ctx, operatorId);
    const cause =
      last?.cause && connection
        ? ctx.connectors.get(connection.connector)?.manifest.causes.find((c) => c.code === last.cause!.code)
        : undefined;
    const facts = {
      dueDay: bill.due_day,
      payBy: subscription.pay_by,
      done: bill.steps,
      hopeless: last?.status === 'rejected' && cause?.retryHelps === false,
      unsettled: charges.some((c) => c.status !== 'rejected'),
    };
    const steps = dueSteps(defaultCalendar, facts, today);
    if (steps.length === 0) return undefined;
    const customer = (await readCustomer(tx, operatorId, bill.customer_id))!;
    await tx
      .updateTable('billing_order')
      .set({ steps: doneWith(defaultCalendar, facts, steps, today), updated_at: ctx.now() })
      .where('organization_id', '=', operatorId)
      .where('id', '=', billId)
      .execute();
    const mails: NoticeKind[] = [];
    for (const one of steps) mails.push(...(await take(tx, ctx, who, one, bill, subscription, customer)));
    for (const kind of mails)
      if (!(await mailBill(tx, ctx, who, kind, bill, customer))) await tellPlainly(tx, ctx, who, kind, bill, customer);
    return { bill, customer, actions: steps.map((s) => s.action) };
  });
  if (!later) return;
  const { bill, customer, actions } = later;
  if (actions.includes('notice') && customer.standing === 'good')
    await giveNotice(ctx, operatorId, bill.customer_id, laterOf(suspensionDay(defaultCalendar, bill.due_day) ?? today, addDays(today, 3)));
  if (actions.includes('suspend')) await suspend(ctx, operatorId, bill.customer_id);
}

const laterOf = (a: Day, b: Day) => (a > b ? a : b);

async function take(
  tx: Tx,
  ctx: Context,
  who: Who,
  { action }: DunningStep,
  bill: Bill,
  subscription: Subscription,
  customer: Customer,
): Promise<NoticeKind[]> {
  switch (action) {
    case 'charge':
      await startCharge(tx, ctx, who, bill);
      return [];
    case 'past-due':
      if (subscription.state === 'active') await setState(tx, ctx, who, subscription, 'past_due');
      await proformaFor(tx, ctx, who, bill, customer);
      return [];
    case 'suspend':
      await setState(tx, ctx, who, subscription, 'suspended');
      return ['suspend'];
    case 'cancel':
      await cancelOpenBills(tx, ctx, who, subscription.id);
      await endMandates(tx, ctx, who.organizationId, subscription.id);
      await setState(tx, ctx, who, subscription, 'cancelled');
      return ['cancel'];
    default:
      return [action];
  }
}

async function paramsOf(tx: Tx, ctx: Context, bill: Bill, customer: Customer): Promise<Record<string, string>> {
  const { name } = await tx
    .selectFrom('subscription as s')
    .innerJoin('plan as p', (join) => join.onRef('p.organization_id', '=', 's.organization_id').onRef('p.id', '=', 's.plan_id'))
    .select('p.name')
    .where('s.organization_id', '=', bill.organization_id)
    .where('s.id', '=', bill.subscription_id)
    .executeTakeFirstOrThrow();
  const language = languageOf(customer.language);
  return {
    plan: name,
    amount: localMoney(fromMinor(bill.amount_minor, bill.currency), bill.currency, language),
    due: localDay(bill.due_day, language),
    suspend: localDay(suspensionDay(defaultCalendar, bill.due_day) ?? bill.due_day, language),
    link: `${ctx.publicUrl}/billing`,
  };
}

/** A reminder carries the proforma it reminds of, and goes the way of every mail with a document. */
async function mailBill(tx: Tx, ctx: Context, who: Who, kind: NoticeKind, bill: Bill, customer: Customer): Promise<boolean> {
  const { proforma_id } = await tx
    .selectFrom('billing_order')
    .select('proforma_id')
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', bill.id)
    .executeTakeFirstOrThrow();
  if (!proforma_id) return false;
  const { subject, text } = noticeText(kind, languageOf(customer.language), await paramsOf(tx, ctx, bill, customer));
  await queueMails(tx, ctx, who, [{ documentId: proforma_id, to: [customer.proforma_email], subject, body: text, again: true }]);
  return true;
}

/** Without a document there is nothing to attach: a few lines go out, queued with what they tell. */
async function tellPlainly(
  tx: Tx,
  ctx: Context,
  who: Who,
  kind: NoticeKind,
  bill: Bill,
  customer: Customer,
  more: Record<string, string> = {},
): Promise<void> {
  await queueNotice(tx, ctx, who.organizationId, {
    key: `bill-${bill.id}-${kind}-${bill.steps.length}`,
    to: customer.invoice_email,
    kind,
    language: customer.language,
    params: { ...(await paramsOf(tx, ctx, bill, customer)), ...more },
  });
}

/** A refused charge: the customer hears why and what helps, with a proforma to pay by transfer instead. */
export async function chargeFailed(ctx: Context, who: Who, chargeId: string): Promise<void> {
  await ctx.store.org(who.organizationId, async (tx) => {
    const charge = await tx
      .selectFrom('charge')
      .selectAll()
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', chargeId)
      .executeTakeFirst();
    // A page that nobody paid on is no failure anybody must be written to.
    if (charge?.status !== 'rejected' || charge.verb !== 'charge' || isCheckout(charge)) return;
    await lockOwed(tx, who.organizationId, { what: 'billing_order', by: 'id', id: charge.billing_order_id });
    const bill = await tx
      .selectFrom('billing_order')
      .selectAll()
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', charge.billing_order_id)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow();
    const step = `failed:${chargeId}`;
    if (bill.state !== 'open' || bill.steps.includes(step)) return;
    await tx
      .updateTable('billing_order')
      .set({ steps: [...bill.steps, step] })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', bill.id)
      .execute();
    const customer = (await readCustomer(tx, who.organizationId, bill.customer_id))!;
    await proformaFor(tx, ctx, who, bill, customer);
    const mandate = await tx
      .selectFrom('mandate as m')
      .innerJoin('connection as c', (join) =>
        join.onRef('c.organization_id', '=', 'm.organization_id').onRef('c.id', '=', 'm.connection_id'),
      )
      .select('c.connector')
      .where('m.organization_id', '=', who.organizationId)
      .where('m.id', '=', charge.mandate_id)
      .executeTakeFirst();
    const said = explain(
      ctx,
      { code: charge.cause?.code ?? 'declined', params: charge.cause?.params ?? {}, ...(mandate && { connector: mandate.connector }) },
      languageOf(customer.language),
    );
    await tellPlainly(tx, ctx, who, 'failed', bill, customer, { reason: said.title ?? said.text, remedy: said.remedy });
  });
}

/** Mandates the processor holds and we do not know: kept as nobody's, shown to the operator, never charged. */
async function findOrphans(ctx: Context, who: Who): Promise<void> {
  const connection = await ctx.store.org(who.organizationId, (tx) => cardsConnection(tx, ctx, who.organizationId));
  if (!connection) return;
  const { charges } = openConnection(ctx, connection).session;
  if (!charges) return;
  for await (const page of charges.mandates()) {
    await ctx.store.org(who.organizationId, async (tx) => {
      const known = new Set(
        (
          await tx
            .selectFrom('mandate')
            .select('processor_id')
            .where('organization_id', '=', who.organizationId)
            .where('connection_id', '=', connection.id)
            .execute()
        ).map((m) => m.processor_id),
      );
      const unsettled = await tx
        .selectFrom('charge')
        .select('id')
        .where('organization_id', '=', who.organizationId)
        .where('reference', 'like', `${checkoutMark}%`)
        .where('status', 'in', ['waiting', 'sending', 'pending', 'unknown'])
        .limit(1)
        .executeTakeFirst();
      // Whose card is not read yet: its payment is settled and the rest of the answer was lost.
      const unread = await tx
        .selectFrom('mandate')
        .select('id')
        .where('organization_id', '=', who.organizationId)
        .where('connection_id', '=', connection.id)
        .where('state', 'in', ['intended', 'pending'])
        .where('processor_id', 'is', null)
        .where((e) =>
          e.exists(
            e
              .selectFrom('charge')
              .select('charge.id')
              .whereRef('charge.organization_id', '=', 'mandate.organization_id')
              .whereRef('charge.mandate_id', '=', 'mandate.id')
              .where('charge.status', '=', 'accepted'),
          ),
        )
        .limit(1)
        .executeTakeFirst();
      // One that belongs to a page still being settled is not lost yet.
      for (const mandate of page.filter((m) => m.state === 'active' && !known.has(m.id) && !unsettled && !unread)) {
        const now = ctx.now();
        await tx
          .insertInto('mandate')
          .values({
            organization_id: who.organizationId,
            id: newId(now),
            customer_id: null,
            subscription_id: null,
            connection_id: connection.id,
            reference: `orphan:${mandate.id}`,
            processor_id: mandate.id,
            state: 'surplus',
            label: mandate.label ?? null,
            fingerprint: mandate.fingerprint ?? null,
            expires: mandate.expires ?? null,
            url: null,
            cause: json(null),
            created_at: mandate.createdAt,
            updated_at: now,
          })
          .onConflict((c) => c.doNothing())
          .execute();
        await audit(tx, who.organizationId, who.actor, now, [
          { action: 'mandate found that nobody knows', entity: 'mandate', entityId: mandate.id, data: { label: mandate.label ?? '' } },
        ]);
      }
    });
  }
}
