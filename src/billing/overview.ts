import { sql } from 'kysely';
import { monthlyMinor } from '../domain/billing/plans.ts';
import { civilDay, type Day } from '../domain/days/day.ts';
import { fromMinor } from '../domain/money/money.ts';
import { partyName } from '../domain/parties/party.ts';
import type { Context } from '../jobs/index.ts';
import { readOrganization } from '../toissue/index.ts';
import { listDoubles, remedyOf } from './doubles.ts';

/** How the operator's business fares: billing facts only, never a document of a customer's own sales (ADR 11). */
type Overview = {
  months: { month: string; currency: string; paid: string; refunded: string }[];
  /** What running subscriptions bring in a month. */
  monthly: { currency: string; amount: string }[];
  overdue: { currency: string; amount: string; bills: number }[];
  failures: { day: Day; code: string; count: number }[];
  subscriptions: Record<string, number>;
  orphans: { id: string; label: string | null; since: string }[];
};

export async function readOverview(ctx: Context, operatorId: string): Promise<Overview> {
  return ctx.store.org(operatorId, async (tx) => {
    const { zone } = await readOrganization(tx, operatorId);
    const today = civilDay(ctx.now().toISOString(), zone);
    const { rows: months } = await sql<{ month: string; currency: string; paid: bigint; refunded: bigint }>`
      select to_char(paid_at at time zone ${zone}, 'YYYY-MM') as month, currency, coalesce(sum(amount_minor) filter (where state = 'paid'), 0)::bigint as paid,
        coalesce(sum(amount_minor) filter (where state = 'refunded'), 0)::bigint as refunded
      from billing_order where organization_id = ${operatorId} and paid_at > now() - interval '13 months' and state in ('paid', 'refunded') group by 1, 2 order by 1, 2`.execute(
      tx,
    );
    const { rows: overdue } = await sql<{ currency: string; minor: bigint; n: bigint }>`
      select currency, sum(amount_minor)::bigint as minor, count(*) as n from billing_order
      where organization_id = ${operatorId} and state = 'open' and due_day < ${today}::date group by 1 order by 1`.execute(tx);
    const { rows: failures } = await sql<{ day: string; code: string; n: bigint }>`
      select (created_at at time zone ${zone})::date::text as day, coalesce(cause->>'code', status) as code, count(*) as n from charge
      where organization_id = ${operatorId} and status in ('rejected', 'unknown') and created_at > now() - interval '90 days' group by 1, 2 order by 1`.execute(
      tx,
    );
    const subscriptions = await tx
      .selectFrom('subscription as s')
      .innerJoin('plan as p', (join) => join.onRef('p.organization_id', '=', 's.organization_id').onRef('p.id', '=', 's.plan_id'))
      .select(['s.state', 's.terms', 'p.currency'])
      .where('s.organization_id', '=', operatorId)
      .execute();
    const monthly = new Map<string, bigint>();
    const states: Record<string, number> = {};
    for (const s of subscriptions) {
      states[s.state] = (states[s.state] ?? 0) + 1;
      if (s.state === 'active' || s.state === 'past_due')
        monthly.set(s.currency, (monthly.get(s.currency) ?? 0n) + monthlyMinor(s.terms, s.currency));
    }
    const orphans = await tx
      .selectFrom('mandate')
      .select(['id', 'label', 'created_at'])
      .where('organization_id', '=', operatorId)
      .where('state', '=', 'surplus')
      .where('customer_id', 'is', null)
      .execute();
    return {
      months: months.map((m) => ({
        month: m.month,
        currency: m.currency,
        paid: fromMinor(m.paid, m.currency),
        refunded: fromMinor(m.refunded, m.currency),
      })),
      monthly: [...monthly].map(([currency, minor]) => ({ currency, amount: fromMinor(minor, currency) })),
      overdue: overdue.map((o) => ({ currency: o.currency, amount: fromMinor(o.minor, o.currency), bills: Number(o.n) })),
      failures: failures.map((f) => ({ day: f.day, code: f.code, count: Number(f.n) })),
      subscriptions: states,
      orphans: orphans.map((o) => ({ id: o.id, label: o.label, since: o.created_at.toISOString() })),
    };
  });
}

type CustomerFacts = {
  id: string;
  name: string;
  standing: 'good' | 'notice' | 'suspended';
  suspendOn: string | null;
  subscriptions: number;
  overdue: { currency: string; amount: string }[];
  paid: { currency: string; amount: string }[];
};

export async function listCustomers(ctx: Context, operatorId: string): Promise<CustomerFacts[]> {
  return ctx.store.org(operatorId, async (tx) => {
    const { zone } = await readOrganization(tx, operatorId);
    const today = civilDay(ctx.now().toISOString(), zone);
    const customers = await tx
      .selectFrom('billing_customer')
      .selectAll()
      .where('organization_id', '=', operatorId)
      .orderBy('created_at')
      .limit(2000)
      .execute();
    const { rows } = await sql<{ customer: string; currency: string; overdue: bigint; paid: bigint }>`
      select customer_id as customer, currency, coalesce(sum(amount_minor) filter (where state = 'open' and due_day < ${today}::date), 0)::bigint as overdue,
        coalesce(sum(amount_minor) filter (where state = 'paid'), 0)::bigint as paid from billing_order where organization_id = ${operatorId} group by 1, 2`.execute(
      tx,
    );
    const { rows: running } = await sql<{ customer: string; n: bigint }>`
      select customer_id as customer, count(*) as n from subscription where organization_id = ${operatorId} and state in ('active', 'trial', 'past_due') group by 1`.execute(
      tx,
    );
    return customers.map((c) => {
      const own = rows.filter((r) => r.customer === c.customer_id);
      const money = (key: 'overdue' | 'paid') =>
        own.filter((r) => r[key] > 0n).map((r) => ({ currency: r.currency, amount: fromMinor(r[key], r.currency) }));
      return {
        id: c.customer_id,
        name: partyName(c.party),
        standing: c.standing,
        suspendOn: c.suspend_on,
        subscriptions: Number(running.find((r) => r.customer === c.customer_id)?.n ?? 0),
        overdue: money('overdue'),
        paid: money('paid'),
      };
    });
  });
}

export type DoubleFacts = {
  id: string;
  customerId: string;
  sign: string;
  facts: Record<string, string>;
  foundAt: Date;
  settledHow: string | null;
  refund?: { amount: string; currency: string };
  mandate?: string;
};

/** Suspicions with what mending would do, for the customer or for all. */
export async function doublesOf(ctx: Context, operatorId: string, customerId?: string): Promise<DoubleFacts[]> {
  return ctx.store.org(operatorId, async (tx) => {
    const rows = await listDoubles(tx, operatorId, customerId);
    const found: DoubleFacts[] = [];
    for (const row of rows) {
      const remedy = row.settled_at ? {} : await remedyOf(tx, operatorId, row);
      const mandate = remedy.mandateId
        ? await tx
            .selectFrom('mandate')
            .select(['label', 'state'])
            .where('organization_id', '=', operatorId)
            .where('id', '=', remedy.mandateId)
            .executeTakeFirst()
        : undefined;
      found.push({
        id: row.id,
        customerId: row.customer_id,
        sign: row.sign,
        facts: row.facts,
        foundAt: row.found_at,
        settledHow: row.settled_how,
        ...(remedy.charge && {
          refund: { amount: fromMinor(remedy.charge.amount_minor, remedy.charge.currency), currency: remedy.charge.currency },
        }),
        ...(mandate && ['active', 'surplus'].includes(mandate.state) && { mandate: mandate.label ?? '' }),
      });
    }
    return found;
  });
}
