import { sql } from 'kysely';
import { localDay, localMoney } from '../delivery/index.ts';
import { addDays, civilDay, type Day } from '../domain/days/day.ts';
import { fromMinor, sum } from '../domain/money/money.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, type Tx } from '../store/index.ts';
import { readOrganization } from '../toissue/index.ts';
import { billingActor, type Customer, readCustomer } from './bills.ts';
import { queueNotice } from './notices.ts';
import { operatorOf } from './operator.ts';
import { languageOf, type NoticeKind } from './words.ts';

/**
 * A customer's standing: good, given notice, suspended. A suspended customer's connections pause; its data, its documents and their download
 * stay. A payment judges anew at once: nothing waits for a calendar to resume (BILLING §4).
 */
async function overdueOf(tx: Tx, operatorId: string, customerId: string, today: Day) {
  return tx
    .selectFrom('billing_order')
    .selectAll()
    .where('organization_id', '=', operatorId)
    .where('customer_id', '=', customerId)
    .where('state', '=', 'open')
    .where('due_day', '<', sql<string>`${today}::date`)
    .orderBy('due_day')
    .execute();
}

/** Takes a notice or a suspension back once nothing is overdue. */
export async function restand(ctx: Context, operatorId: string, customerId: string): Promise<void> {
  const resume = await ctx.store.org(operatorId, async (tx) => {
    const customer = await readCustomer(tx, operatorId, customerId);
    if (!customer || customer.standing === 'good') return undefined;
    const today = civilDay(ctx.now().toISOString(), (await readOrganization(tx, operatorId)).zone);
    if ((await overdueOf(tx, operatorId, customerId, today)).length > 0) return undefined;
    await setStanding(tx, ctx, operatorId, customerId, { standing: 'good', suspend_on: null, paused: [] });
    if (customer.standing === 'suspended') await tellStanding(tx, ctx, operatorId, customer, 'resumed', today);
    return customer.paused;
  });
  if (resume) await resumeConnections(ctx, customerId, resume);
}

type Standing = { standing: 'good' | 'notice' | 'suspended'; suspend_on: string | null; paused: string[] };

async function setStanding(tx: Tx, ctx: Context, operatorId: string, customerId: string, standing: Standing): Promise<void> {
  await tx
    .updateTable('billing_customer')
    .set({ ...standing, updated_at: ctx.now() })
    .where('organization_id', '=', operatorId)
    .where('customer_id', '=', customerId)
    .execute();
  await announce(tx, customerId, 'billing');
  await announce(tx, operatorId, 'billing');
  await audit(tx, operatorId, billingActor, ctx.now(), [
    {
      action: `standing ${standing.standing}`,
      entity: 'customer',
      entityId: customerId,
      data: standing.suspend_on ? { suspendOn: standing.suspend_on } : {},
    },
  ]);
}

/** Word of a notice, a pause or a resumption; of the bill that is overdue longest. Dunning sends its own with the proforma. */
async function tellStanding(
  tx: Tx,
  ctx: Context,
  operatorId: string,
  customer: Customer,
  kind: NoticeKind,
  today: Day,
  suspendOn: Day = today,
): Promise<void> {
  const bills = await overdueOf(tx, operatorId, customer.customer_id, today);
  const language = languageOf(customer.language);
  const plans = await tx
    .selectFrom('subscription as s')
    .innerJoin('plan as p', (join) => join.onRef('p.organization_id', '=', 's.organization_id').onRef('p.id', '=', 's.plan_id'))
    .select('p.name')
    .distinct()
    .where('s.organization_id', '=', operatorId)
    .where('s.customer_id', '=', customer.customer_id)
    .$if(bills.length > 0, (q) =>
      q.where(
        's.id',
        'in',
        bills.map((b) => b.subscription_id),
      ),
    )
    .execute();
  const owed = [...new Set(bills.map((b) => b.currency))].map((currency) =>
    localMoney(fromMinor(sum(bills.filter((b) => b.currency === currency).map((b) => b.amount_minor)), currency), currency, language),
  );
  await queueNotice(tx, ctx, operatorId, {
    key: `standing-${customer.customer_id}-${kind}-${ctx.now().getTime()}`,
    to: customer.invoice_email,
    kind,
    language: customer.language,
    params: {
      plan: plans.map((p) => p.name).join(', '),
      amount: owed.join(', '),
      due: localDay(bills[0]?.due_day ?? today, language),
      suspend: localDay(suspendOn, language),
      link: `${ctx.publicUrl}/billing`,
    },
  });
}

export async function giveNotice(
  ctx: Context,
  operatorId: string,
  customerId: string,
  suspendOn: Day,
  tell?: (tx: Tx) => Promise<void>,
): Promise<void> {
  await ctx.store.org(operatorId, async (tx) => {
    await setStanding(tx, ctx, operatorId, customerId, { standing: 'notice', suspend_on: suspendOn, paused: [] });
    await tell?.(tx);
  });
}

/**
 * Suspends: the connections of the customer that do anything for it pause. Which ones they were is remembered first, so that a crash
 * between the two steps resumes neither too few nor one that the customer had paused itself.
 */
export async function suspend(ctx: Context, operatorId: string, customerId: string, tell?: (tx: Tx) => Promise<void>): Promise<boolean> {
  const active = await ctx.store.org(customerId, (tx) =>
    tx
      .selectFrom('connection')
      .select('id')
      .where('organization_id', '=', customerId)
      .where('status', 'in', ['active', 'blocked'])
      .where('connector', '<>', 'smtp')
      .execute(),
  );
  const ids = active.map((c) => c.id);
  const done = await ctx.store.org(operatorId, async (tx) => {
    const customer = await readCustomer(tx, operatorId, customerId);
    if (!customer || customer.standing === 'suspended') return false;
    await setStanding(tx, ctx, operatorId, customerId, { standing: 'suspended', suspend_on: null, paused: ids });
    await tell?.(tx);
    return true;
  });
  if (done) await setConnections(ctx, customerId, ids, ['active', 'blocked'], 'paused', 'paused by billing');
  return done;
}

async function resumeConnections(ctx: Context, customerId: string, ids: string[]): Promise<void> {
  await setConnections(ctx, customerId, ids, ['paused'], 'active', 'resumed by billing');
}

async function setConnections(
  ctx: Context,
  customerId: string,
  ids: string[],
  from: ('active' | 'blocked' | 'paused')[],
  to: 'active' | 'paused',
  action: string,
): Promise<void> {
  if (ids.length === 0) return;
  await ctx.store.org(customerId, async (tx) => {
    const changed = await tx
      .updateTable('connection')
      .set({ status: to, updated_at: ctx.now() })
      .where('organization_id', '=', customerId)
      .where('id', 'in', ids)
      .where('status', 'in', from)
      .returning(['id', 'name'])
      .execute();
    await announce(tx, customerId, 'connections');
    await audit(
      tx,
      customerId,
      'operator',
      ctx.now(),
      changed.map((c) => ({ action: `connection ${action}`, entity: 'connection', entityId: c.id, data: { name: c.name } })),
    );
  });
}

/** Days between a notice and the pause it announces. */
const noticeDays = 3;

/** A person of the operator gives notice, pauses or resumes; a pause by hand waits for the day its notice named. */
export async function standingByHand(
  ctx: Context,
  operatorId: string,
  customerId: string,
  to: 'notice' | 'suspended' | 'good',
): Promise<'done' | 'no-notice' | 'unknown'> {
  if ((await operatorOf(ctx)) !== operatorId) return 'unknown';
  const { customer, today } = await ctx.store.org(operatorId, async (tx) => ({
    customer: await readCustomer(tx, operatorId, customerId),
    today: civilDay(ctx.now().toISOString(), (await readOrganization(tx, operatorId)).zone),
  }));
  if (!customer) return 'unknown';
  if (to === 'notice') {
    if (customer.standing !== 'good') return 'done';
    const day = addDays(today, noticeDays);
    await giveNotice(ctx, operatorId, customerId, day, (tx) => tellStanding(tx, ctx, operatorId, customer, 'notice', today, day));
    return 'done';
  }
  if (to === 'suspended') {
    if (customer.standing === 'suspended') return 'done';
    if (customer.standing !== 'notice' || !customer.suspend_on || customer.suspend_on > today) return 'no-notice';
    await suspend(ctx, operatorId, customerId, (tx) => tellStanding(tx, ctx, operatorId, customer, 'suspend', today));
    return 'done';
  }
  await ctx.store.org(operatorId, async (tx) => {
    await setStanding(tx, ctx, operatorId, customerId, { standing: 'good', suspend_on: null, paused: [] });
    if (customer.standing === 'suspended') await tellStanding(tx, ctx, operatorId, customer, 'resumed', today);
  });
  await resumeConnections(ctx, customerId, customer.paused);
  return 'done';
}

/** What a customer owes beyond its day. */
export async function overdueAmounts(
  tx: Tx,
  operatorId: string,
  customerId: string,
  today: Day,
): Promise<{ currency: string; amount: string }[]> {
  const bills = await overdueOf(tx, operatorId, customerId, today);
  return [...new Set(bills.map((b) => b.currency))].map((currency) => ({
    currency,
    amount: fromMinor(sum(bills.filter((b) => b.currency === currency).map((b) => b.amount_minor)), currency),
  }));
}
