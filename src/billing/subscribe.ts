import { type PlanTerms, periodAt, periodLines, planChange } from '../domain/billing/plans.ts';
import { addDays, civilDay, type Day } from '../domain/days/day.ts';
import { fromMinor } from '../domain/money/money.ts';
import type { Order } from '../domain/orders/order.ts';
import type { Party } from '../domain/parties/party.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, json, newId, type Tx } from '../store/index.ts';
import { prepareOrders, readOrganization, type Who } from '../toissue/index.ts';
import { type Bill, billingActor, type Customer, makeBill, readCustomer, type Subscription } from './bills.ts';
import { operatorOf } from './operator.ts';

/**
 * What customers do: order a plan, change it, end it. A customer acts inside its own wall; everything here that touches the operator's rows
 * is done as the operator, for exactly the customer whose wall the call came from.
 */
type OrderInput = { planId: string; connectionId?: string; payBy: 'transfer' | 'card'; again?: boolean; customer?: CustomerInput };
type CustomerInput = { party?: Party; proformaEmail?: string; invoiceEmail?: string };
export type OrderRefusal =
  | 'no-operator'
  | 'own'
  | 'plan-unknown'
  | 'connection-unknown'
  | 'subscribed-already'
  | 'data-missing'
  | 'card-unavailable';
type Ordered = { subscription: Subscription; bill?: Bill };

/** Days a customer has to pay a proforma. */
const paymentDays = 14;

export async function orderPlan(
  ctx: Context,
  who: Who,
  input: OrderInput,
): Promise<Ordered | { refused: OrderRefusal; subscriptionId?: string; fields?: string[] }> {
  const operatorId = await operatorOf(ctx);
  if (!operatorId) return { refused: 'no-operator' };
  if (operatorId === who.organizationId) return { refused: 'own' };
  const own = await ctx.store.org(who.organizationId, async (tx) => {
    const organization = await readOrganization(tx, who.organizationId);
    const connection = input.connectionId
      ? await tx
          .selectFrom('connection')
          .select(['id', 'connector'])
          .where('organization_id', '=', who.organizationId)
          .where('id', '=', input.connectionId)
          .where('status', '<>', 'removed')
          .executeTakeFirst()
      : undefined;
    return { organization, connection };
  });
  if (input.connectionId && !own.connection) return { refused: 'connection-unknown' };
  const as = { organizationId: operatorId, actor: `customer:${who.actor}` };
  return ctx.store.org(operatorId, async (tx) => {
    const plan = await tx
      .selectFrom('plan')
      .selectAll()
      .where('organization_id', '=', operatorId)
      .where('id', '=', input.planId)
      .where('active', '=', true)
      .executeTakeFirst();
    if (!plan || (plan.connector && own.connection && own.connection.connector !== plan.connector))
      return { refused: 'plan-unknown' as const };
    if (input.payBy === 'card' && !(await cardsConnection(tx, ctx, operatorId))) return { refused: 'card-unavailable' as const };
    const customer = await saveCustomer(tx, ctx, operatorId, own.organization, input.customer);
    const missing = missingFields(customer);
    if (missing.length > 0) return { refused: 'data-missing' as const, fields: missing };
    const operator = await readOrganization(tx, operatorId);
    const today = civilDay(ctx.now().toISOString(), operator.zone);
    const { terms } = plan;
    const trial = terms.trialDays > 0 && !(await hadTrial(tx, operatorId, customer.customer_id, plan.id));
    const period = trial ? { start: today, end: addDays(today, terms.trialDays) } : periodAt(today, terms.interval, 0);
    const lines = trial ? [] : periodLines(plan.name, terms, period, plan.currency);
    const subscription = await insertSubscription(tx, ctx, as, {
      customer,
      planId: plan.id,
      terms,
      input,
      period,
      trial,
      free: lines.length === 0,
    });
    if ('id' in subscription === false) return subscription;
    const bill = await makeBill(tx, ctx, as, {
      customer,
      subscription,
      kind: 'first',
      period,
      lines,
      currency: plan.currency,
      dueDay: addDays(today, paymentDays),
      ...(terms.rate && { rate: terms.rate }),
    });
    await announce(tx, who.organizationId, 'billing', subscription.id);
    const fresh =
      bill &&
      (await tx
        .selectFrom('billing_order')
        .selectAll()
        .where('organization_id', '=', operatorId)
        .where('id', '=', bill.id)
        .executeTakeFirstOrThrow());
    return { subscription, ...(fresh && { bill: fresh }) };
  });
}

/** The operator's connection to a card processor, if there is one. */
export async function cardsConnection(tx: Tx, ctx: Context, operatorId: string) {
  const chargers = [...ctx.connectors.values()].filter((c) => c.manifest.capabilities.includes('charge')).map((c) => c.manifest.id);
  if (chargers.length === 0) return undefined;
  return tx
    .selectFrom('connection')
    .selectAll()
    .where('organization_id', '=', operatorId)
    .where('connector', 'in', chargers)
    .where('status', 'in', ['active', 'blocked'])
    .orderBy('created_at')
    .executeTakeFirst();
}

async function hadTrial(tx: Tx, operatorId: string, customerId: string, planId: string): Promise<boolean> {
  const before = await tx
    .selectFrom('subscription')
    .select('id')
    .where('organization_id', '=', operatorId)
    .where('customer_id', '=', customerId)
    .where('plan_id', '=', planId)
    .limit(1)
    .executeTakeFirst();
  return before !== undefined;
}

type NewSubscription = {
  customer: Customer;
  planId: string;
  terms: PlanTerms;
  input: OrderInput;
  period: { start: Day; end: Day };
  trial: boolean;
  free: boolean;
};

async function insertSubscription(
  tx: Tx,
  ctx: Context,
  who: Who,
  { customer, planId, terms, input, period, trial, free }: NewSubscription,
): Promise<Subscription | { refused: 'subscribed-already'; subscriptionId: string }> {
  const now = ctx.now();
  const row = await tx
    .insertInto('subscription')
    .values({
      organization_id: who.organizationId,
      id: newId(now),
      customer_id: customer.customer_id,
      plan_id: planId,
      connection_id: input.connectionId ?? null,
      extra: input.again ?? false,
      state: trial ? 'trial' : free ? 'active' : 'pending',
      pay_by: input.payBy,
      anchor_day: period.start,
      period_start: period.start,
      period_end: period.end,
      next_plan_id: null,
      cancel_on: null,
      terms: json(terms),
      created_at: now,
      updated_at: now,
    })
    .onConflict((c) => c.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row) {
    await audit(tx, who.organizationId, who.actor, now, [
      { action: 'plan ordered', entity: 'subscription', entityId: row.id, data: { customer: customer.customer_id, payBy: input.payBy } },
    ]);
    return row;
  }
  const before = await tx
    .selectFrom('subscription')
    .select('id')
    .where('organization_id', '=', who.organizationId)
    .where('customer_id', '=', customer.customer_id)
    .where('plan_id', '=', planId)
    .where('state', 'not in', ['cancelled', 'expired'])
    .orderBy('created_at')
    .executeTakeFirstOrThrow();
  return { refused: 'subscribed-already', subscriptionId: before.id };
}

const filled = (text: string | undefined) => (text?.trim() ? text.trim() : undefined);

/** What the bill is made out to: the organization's own data until somebody names others. */
async function saveCustomer(
  tx: Tx,
  ctx: Context,
  operatorId: string,
  organization: Awaited<ReturnType<typeof readOrganization>>,
  given: CustomerInput = {},
): Promise<Customer> {
  const before = await readCustomer(tx, operatorId, organization.id);
  const { name, company, taxIds, street, street2, postalCode, city, country, email } = organization.seller;
  const own: Party = {
    company: filled(company) ?? filled(name) ?? organization.name,
    taxIds,
    street,
    street2,
    postalCode,
    city,
    country: country ?? organization.country,
  };
  const now = ctx.now();
  const fallback = filled(email) ?? '';
  const values = {
    party: json(given.party ?? before?.party ?? own),
    proforma_email: filled(given.proformaEmail) ?? before?.proforma_email ?? fallback,
    invoice_email: filled(given.invoiceEmail) ?? before?.invoice_email ?? fallback,
    language: organization.language,
    updated_at: now,
  };
  return tx
    .insertInto('billing_customer')
    .values({ organization_id: operatorId, customer_id: organization.id, suspend_on: null, created_at: now, ...values })
    .onConflict((c) => c.columns(['organization_id', 'customer_id']).doUpdateSet(values))
    .returningAll()
    .executeTakeFirstOrThrow();
}

function missingFields(customer: Customer): string[] {
  const { party } = customer;
  return [
    !filled(party.company) && !filled(party.name) && 'company',
    !filled(party.street) && 'street',
    !filled(party.postalCode) && 'postalCode',
    !filled(party.city) && 'city',
    !filled(customer.proforma_email) && 'proformaEmail',
    !filled(customer.invoice_email) && 'invoiceEmail',
  ].filter((field): field is string => field !== false);
}

/** Addresses and company data for the documents to come; issued ones stay as they are. */
export async function changeCustomer(ctx: Context, who: Who, input: CustomerInput): Promise<Customer | undefined> {
  const operatorId = await operatorOf(ctx);
  if (!operatorId || operatorId === who.organizationId) return undefined;
  const organization = await ctx.store.org(who.organizationId, (tx) => readOrganization(tx, who.organizationId));
  return ctx.store.org(operatorId, async (tx) => {
    const saved = await saveCustomer(tx, ctx, operatorId, organization, input);
    await audit(tx, operatorId, `customer:${who.actor}`, ctx.now(), [
      { action: 'billing data changed', entity: 'customer', entityId: who.organizationId, data: { fields: Object.keys(input) } },
    ]);
    return saved;
  });
}

type ChangeResult =
  | { changed: 'now' | 'at-period-end'; bill?: Bill; difference: string }
  | { refused: 'unknown' | 'plan-unknown' | 'same-plan' | 'currency' | 'not-active' };

/** Changes the plan: a dearer one at once for the days that remain, a cheaper one when the paid period is over. */
export async function changePlan(ctx: Context, who: Who, subscriptionId: string, planId: string, dryRun = false): Promise<ChangeResult> {
  const operatorId = await operatorOf(ctx);
  if (!operatorId) return { refused: 'unknown' };
  const as = { organizationId: operatorId, actor: `customer:${who.actor}` };
  return ctx.store.org(operatorId, async (tx): Promise<ChangeResult> => {
    const subscription = await lockSubscription(tx, operatorId, who.organizationId, subscriptionId);
    if (!subscription) return { refused: 'unknown' };
    if (subscription.state !== 'active' && subscription.state !== 'trial') return { refused: 'not-active' };
    const plans = await tx
      .selectFrom('plan')
      .selectAll()
      .where('organization_id', '=', operatorId)
      .where('id', 'in', [subscription.plan_id, planId])
      .execute();
    const old = plans.find((p) => p.id === subscription.plan_id)!;
    const next = plans.find((p) => p.id === planId && p.active);
    if (!next) return { refused: 'plan-unknown' };
    if (next.id === old.id) return { refused: 'same-plan' };
    if (next.currency !== old.currency) return { refused: 'currency' };
    const operator = await readOrganization(tx, operatorId);
    const today = civilDay(ctx.now().toISOString(), operator.zone);
    const period = { start: subscription.period_start, end: subscription.period_end };
    const change = planChange(
      { plan: old.name, terms: subscription.terms, period },
      { plan: next.name, terms: next.terms },
      today,
      next.currency,
    );
    const difference = fromMinor(change.minor, next.currency);
    const now = change.minor > 0n && subscription.state === 'active';
    if (dryRun) return { changed: now ? 'now' : 'at-period-end', difference };
    await tx
      .updateTable('subscription')
      .set(
        now
          ? {
              plan_id: next.id,
              terms: json(next.terms),
              next_plan_id: null,
              period_start: change.period.start,
              period_end: change.period.end,
              anchor_day: change.period.start,
              updated_at: ctx.now(),
            }
          : { next_plan_id: next.id, updated_at: ctx.now() },
      )
      .where('organization_id', '=', operatorId)
      .where('id', '=', subscriptionId)
      .execute();
    const customer = (await readCustomer(tx, operatorId, who.organizationId))!;
    const bill = now
      ? await makeBill(tx, ctx, as, {
          customer,
          subscription,
          kind: 'change',
          period: { start: today, end: change.period.end },
          lines: change.lines,
          currency: next.currency,
          dueDay: addDays(today, paymentDays),
          ...(next.terms.rate && { rate: next.terms.rate }),
        })
      : undefined;
    await audit(tx, operatorId, as.actor, ctx.now(), [
      {
        action: 'plan changed by customer',
        entity: 'subscription',
        entityId: subscriptionId,
        data: { from: old.name, to: next.name, when: now ? 'now' : 'at period end', difference },
      },
    ]);
    await announce(tx, who.organizationId, 'billing', subscriptionId);
    return { changed: now ? 'now' : 'at-period-end', difference, ...(bill && { bill }) };
  });
}

async function lockSubscription(tx: Tx, operatorId: string, customerId: string, id: string): Promise<Subscription | undefined> {
  return tx
    .selectFrom('subscription')
    .selectAll()
    .where('organization_id', '=', operatorId)
    .where('customer_id', '=', customerId)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

/** Ends a subscription when its paid period is over; one that was never paid ends at once, its bill with it. */
export async function endSubscription(ctx: Context, who: Who, subscriptionId: string): Promise<{ endsOn: Day } | undefined> {
  const operatorId = await operatorOf(ctx);
  if (!operatorId) return undefined;
  return ctx.store.org(operatorId, async (tx) => {
    const subscription = await lockSubscription(tx, operatorId, who.organizationId, subscriptionId);
    if (!subscription || ['cancelled', 'expired'].includes(subscription.state)) return undefined;
    const unpaid = subscription.state === 'pending';
    const operator = await readOrganization(tx, operatorId);
    const today = civilDay(ctx.now().toISOString(), operator.zone);
    const endsOn = unpaid ? today : subscription.period_end;
    await tx
      .updateTable('subscription')
      .set({ cancel_on: endsOn, ...(unpaid && { state: 'cancelled' as const }), updated_at: ctx.now() })
      .where('organization_id', '=', operatorId)
      .where('id', '=', subscriptionId)
      .execute();
    // A bill of the time after the end may be there already: nobody is charged for what was ended.
    const as = { organizationId: operatorId, actor: billingActor };
    await cancelOpenBills(tx, ctx, as, subscriptionId, unpaid ? undefined : { renewalsFrom: endsOn });
    await audit(tx, operatorId, `customer:${who.actor}`, ctx.now(), [
      { action: 'subscription ended', entity: 'subscription', entityId: subscriptionId, data: { endsOn } },
    ]);
    await announce(tx, who.organizationId, 'billing', subscriptionId);
    return { endsOn };
  });
}

/** Bills nobody has paid anything of: their orders are cancelled, an issued proforma simply lapses. */
export async function cancelOpenBills(tx: Tx, ctx: Context, who: Who, subscriptionId: string, only?: { renewalsFrom: Day }): Promise<void> {
  let query = tx
    .selectFrom('billing_order')
    .selectAll()
    .where('organization_id', '=', who.organizationId)
    .where('subscription_id', '=', subscriptionId)
    .where('state', '=', 'open');
  if (only) query = query.where('kind', '=', 'renewal').where('period_start', '>=', only.renewalsFrom);
  const bills = await query.orderBy('id').forNoKeyUpdate().execute();
  const gone: { orderId: string; order: Order }[] = [];
  for (const bill of bills) {
    await tx
      .updateTable('billing_order')
      .set({ state: 'cancelled', updated_at: ctx.now() })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', bill.id)
      .execute();
    if (!bill.order_id) continue;
    const { content } = await tx
      .updateTable('sales_order')
      .set({ status: 'cancelled', updated_at: ctx.now() })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', bill.order_id)
      .returning('content')
      .executeTakeFirstOrThrow();
    gone.push({ orderId: bill.order_id, order: { ...content, status: 'cancelled' } });
  }
  // A proforma that something held still waits: issued later, it would ask for money that nobody owes.
  if (gone.length > 0) await prepareOrders(tx, ctx, who, gone);
}
