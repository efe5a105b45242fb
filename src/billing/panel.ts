import { sql } from 'kysely';
import { openTask } from '../desk/index.ts';
import { civilDay, type Day } from '../domain/days/day.ts';
import { fromMinor } from '../domain/money/money.ts';
import { partyName } from '../domain/parties/party.ts';
import type { Context } from '../jobs/index.ts';
import { oneByOne, type Tx } from '../store/index.ts';
import { readOrganization, type Who } from '../toissue/index.ts';
import { type Bill, type Customer, readCustomer, type Subscription } from './bills.ts';
import { listPlans, type Plan } from './catalogue.ts';
import { operatorOf } from './operator.ts';
import { overdueAmounts } from './standing.ts';
import { cardsConnection } from './subscribe.ts';
import { documentsIn } from './usage.ts';

/**
 * What a customer sees: its own subscriptions, bills and their documents. Read as the operator and narrowed to the customer here, in this
 * one file; documents are reached only through a bill of this customer.
 */
export type PanelFacts = {
  operatorId?: string;
  seller?: string;
  cards: boolean;
  customer?: Customer;
  overdue: { currency: string; amount: string }[];
  credit: { currency: string; amount: string }[];
  plans: Plan[];
  subscriptions: (Subscription & { plan: Plan; documents: number; connection_name: string | null })[];
  mandates: Awaited<ReturnType<typeof mandatesOf>>;
};

const mandatesOf = (tx: Tx, operatorId: string, customerId: string) =>
  tx
    .selectFrom('mandate')
    .selectAll()
    .where('organization_id', '=', operatorId)
    .where('customer_id', '=', customerId)
    .where('state', '<>', 'intended')
    .orderBy('created_at')
    .execute();

export async function readPanel(ctx: Context, customerId: string): Promise<PanelFacts> {
  const operatorId = await operatorOf(ctx);
  if (!operatorId) return { cards: false, overdue: [], credit: [], plans: [], subscriptions: [], mandates: [] };
  const facts = await ctx.store.org(operatorId, async (tx) => {
    const operator = await readOrganization(tx, operatorId);
    const today = civilDay(ctx.now().toISOString(), operator.zone);
    const plans = await listPlans(tx, operatorId, true);
    const rows = await tx
      .selectFrom('subscription')
      .selectAll()
      .where('organization_id', '=', operatorId)
      .where('customer_id', '=', customerId)
      .orderBy('created_at')
      .execute();
    const { rows: credit } = await sql<{ currency: string; minor: bigint }>`
      select p.currency, sum(a.amount_minor)::bigint as minor from allocation a join payment p on p.organization_id = a.organization_id and p.id = a.payment_id
      where a.organization_id = ${operatorId} and a.purpose = 'credit' and a.undone_at is null and exists (
        select 1 from allocation o join billing_order b on b.organization_id = o.organization_id and (b.proforma_id = o.document_id or b.invoice_id = o.document_id)
        where o.organization_id = a.organization_id and o.payment_id = a.payment_id and b.customer_id = ${customerId}) group by 1`.execute(
      tx,
    );
    return {
      seller: partyName(operator.seller) || operator.name,
      cards: (await cardsConnection(tx, ctx, operatorId)) !== undefined,
      customer: await readCustomer(tx, operatorId, customerId),
      overdue: await overdueAmounts(tx, operatorId, customerId, today),
      credit: credit.map((c) => ({ currency: c.currency, amount: fromMinor(c.minor, c.currency) })),
      plans,
      rows,
      mandates: await mandatesOf(tx, operatorId, customerId),
    };
  });
  // What belongs to the customer is read inside its own wall.
  const own = await ctx.store.org(customerId, async (tx) => {
    const names = new Map(
      (await tx.selectFrom('connection').select(['id', 'name']).where('organization_id', '=', customerId).execute()).map((c) => [
        c.id,
        c.name,
      ]),
    );
    const documents = new Map<string, number>();
    for (const row of facts.rows)
      if (!['cancelled', 'expired'].includes(row.state))
        documents.set(row.id, await documentsIn(tx, customerId, row.connection_id, { start: row.period_start, end: row.period_end }));
    return { names, documents };
  });
  const planOf = new Map(facts.plans.map((p) => [p.id, p]));
  return {
    operatorId,
    ...(facts.seller && { seller: facts.seller }),
    cards: facts.cards,
    ...(facts.customer && { customer: facts.customer }),
    overdue: facts.overdue,
    credit: facts.credit,
    plans: facts.plans.filter((p) => p.active),
    subscriptions: facts.rows.map((row) => ({
      ...row,
      plan: planOf.get(row.plan_id)!,
      documents: own.documents.get(row.id) ?? 0,
      connection_name: row.connection_id ? (own.names.get(row.connection_id) ?? null) : null,
    })),
    mandates: facts.mandates,
  };
}

type BillFilter = { state?: Bill['state']; from?: Day; until?: Day; q?: string };
export type BillFacts = Bill & {
  plan: string;
  documents: { id: string; kind: string; number: string; issueDate: string }[];
  charges: {
    id: string;
    verb: 'charge' | 'refund';
    status: string;
    amount_minor: bigint;
    cause: string | null;
    created_at: Date;
    label: string | null;
  }[];
  transfer?: { account: string; name: string; title: string };
};
const maxBills = 500;

/** Bills with their documents and the history of their payment, newest first. */
export async function listBills(ctx: Context, customerId: string, filter: BillFilter = {}): Promise<BillFacts[]> {
  const operatorId = await operatorOf(ctx);
  if (!operatorId) return [];
  return ctx.store.org(operatorId, async (tx) => {
    let query = tx
      .selectFrom('billing_order as b')
      .innerJoin('subscription as s', (join) =>
        join.onRef('s.organization_id', '=', 'b.organization_id').onRef('s.id', '=', 'b.subscription_id'),
      )
      .innerJoin('plan as p', (join) => join.onRef('p.organization_id', '=', 's.organization_id').onRef('p.id', '=', 's.plan_id'))
      .selectAll('b')
      .select('p.name as plan')
      .where('b.organization_id', '=', operatorId)
      .where('b.customer_id', '=', customerId);
    if (filter.state) query = query.where('b.state', '=', filter.state);
    // A bill is of the day its seller made it: of the operator's zone.
    const start = (day: Day, plus: number) =>
      sql<Date>`((${day}::date + ${plus}::int)::timestamp at time zone (select zone from organization where id = ${operatorId}))`;
    if (filter.from) query = query.where('b.created_at', '>=', start(filter.from, 0));
    if (filter.until) query = query.where('b.created_at', '<', start(filter.until, 1));
    const bills = await query.orderBy('b.created_at', 'desc').orderBy('b.id', 'desc').limit(maxBills).execute();
    if (bills.length === 0) return [];
    const documents = await billDocuments(tx, operatorId, customerId);
    const charges = await tx
      .selectFrom('charge as c')
      .innerJoin('mandate as m', (join) => join.onRef('m.organization_id', '=', 'c.organization_id').onRef('m.id', '=', 'c.mandate_id'))
      .select(['c.id', 'c.billing_order_id', 'c.verb', 'c.status', 'c.amount_minor', 'c.cause', 'c.created_at', 'm.label'])
      .where('c.organization_id', '=', operatorId)
      .where('c.customer_id', '=', customerId)
      .orderBy('c.created_at')
      .execute();
    const { seller, name } = await readOrganization(tx, operatorId);
    const found = bills.map((bill): BillFacts => {
      const own = documents.filter((d) => d.bill === bill.id);
      const proforma = own.find((d) => d.kind === 'proforma');
      return {
        ...bill,
        documents: own.map(({ id, kind, number, issueDate }) => ({ id, kind, number, issueDate })),
        charges: charges.filter((c) => c.billing_order_id === bill.id).map((c) => ({ ...c, cause: c.cause?.code ?? null })),
        ...(bill.state === 'open' &&
          proforma &&
          seller.bankAccount && {
            transfer: { account: seller.bankAccount, name: partyName(seller) || name, title: proforma.number },
          }),
      };
    });
    const q = filter.q?.trim().toLowerCase();
    return q ? found.filter((b) => [b.plan, ...b.documents.map((d) => d.number)].some((text) => text.toLowerCase().includes(q))) : found;
  });
}

async function billDocuments(
  tx: Tx,
  operatorId: string,
  customerId: string,
): Promise<{ bill: string; id: string; kind: string; number: string; issueDate: string }[]> {
  const { rows } = await sql<{ bill: string; id: string; kind: string; number: string; issueDate: string }>`
    select b.id as bill, d.id, d.kind, d.number, d.issue_date::text as "issueDate" from billing_order b
    join document d on d.organization_id = b.organization_id and d.order_id = b.order_id
    where b.organization_id = ${operatorId} and b.customer_id = ${customerId} and d.state = 'issued' and d.number is not null order by d.issued_at`.execute(
    tx,
  );
  return rows;
}

/** The operator whose document this is, if it belongs to a bill of the customer; every other id is as unknown as none. */
export async function customerDocument(ctx: Context, customerId: string, documentId: string): Promise<string | undefined> {
  const operatorId = await operatorOf(ctx);
  if (!operatorId) return undefined;
  const documents = await ctx.store.org(operatorId, (tx) => billDocuments(tx, operatorId, customerId));
  return documents.some((d) => d.id === documentId) ? operatorId : undefined;
}

/** Issued documents of a period, for one archive. */
export async function customerDocuments(
  ctx: Context,
  customerId: string,
  from: Day,
  until: Day,
): Promise<{ operatorId: string; ids: { id: string; number: string }[] } | undefined> {
  const operatorId = await operatorOf(ctx);
  if (!operatorId) return undefined;
  const documents = await ctx.store.org(operatorId, (tx) => billDocuments(tx, operatorId, customerId));
  return { operatorId, ids: documents.filter((d) => d.issueDate >= from && d.issueDate <= until) };
}

const reportsPerDay = 5;

/** A customer misses a document of a bill: a task for the operator. Nothing for a bill that is not the customer's. */
export async function reportMissing(ctx: Context, who: Who, billId: string, said: string): Promise<'open' | 'refused' | undefined> {
  const operatorId = await operatorOf(ctx);
  if (!operatorId) return undefined;
  return ctx.store.org(operatorId, async (tx) => {
    await oneByOne(tx, operatorId, `reports of ${who.organizationId}`);
    const bill = await tx
      .selectFrom('billing_order as b')
      .innerJoin('subscription as s', (join) =>
        join.onRef('s.organization_id', '=', 'b.organization_id').onRef('s.id', '=', 'b.subscription_id'),
      )
      .innerJoin('plan as p', (join) => join.onRef('p.organization_id', '=', 's.organization_id').onRef('p.id', '=', 's.plan_id'))
      .select(['b.id', 'b.invoice_id', 'b.proforma_id', 'b.period_start', 'p.name'])
      .where('b.organization_id', '=', operatorId)
      .where('b.customer_id', '=', who.organizationId)
      .where('b.id', '=', billId)
      .forNoKeyUpdate('b')
      .executeTakeFirst();
    if (!bill) return undefined;
    const { n } = await tx
      .selectFrom('desk_request')
      .select((e) => e.fn.countAll<bigint>().as('n'))
      .where('organization_id', '=', operatorId)
      .where('customer_id', '=', who.organizationId)
      .where('outcome', '=', 'missing')
      .where('created_at', '>', new Date(ctx.now().getTime() - 86_400_000))
      .executeTakeFirstOrThrow();
    if (n >= reportsPerDay) return 'refused';
    const as = { organizationId: operatorId, actor: `customer:${who.actor}` };
    await openTask(tx, ctx, as, {
      documentId: bill.invoice_id ?? bill.proforma_id,
      customerId: who.organizationId,
      outcome: 'missing',
      said: `${bill.name}, ${bill.period_start}: ${said}`,
    });
    return 'open';
  });
}
