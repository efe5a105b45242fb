import { sql } from 'kysely';
import { listDeadlines } from '../../administer/index.ts';
import { causeOf, valueWords } from '../../diagnosis/index.ts';
import { addDays, civilDay, daysBetween } from '../../domain/days/day.ts';
import { fromMinor } from '../../domain/money/money.ts';
import { isEuCountry, regimeOf } from '../../domain/regimes/index.ts';
import type { Tx } from '../../store/index.ts';
import { type Organization, readOrganization } from '../../toissue/index.ts';
import { findingWords } from '../finding-words.ts';
import { type Call, route } from '../route.ts';
import * as s from '../schemas/index.ts';

/** What needs a person, each with the place where it is mended, and how the last days went: one answer for one page. */

async function waiting(tx: Tx, organizationId: string) {
  const { rows } = await sql<{ currency: string; held: boolean; n: bigint; gross: bigint }>`
    select currency, held, count(*) as n, sum(gross_minor)::bigint as gross from document
    where organization_id = ${organizationId} and state in ('to_issue', 'refused') group by currency, held`.execute(tx);
  const currencies = [...new Set(rows.map((row) => row.currency))];
  const count = (wanted: boolean) => rows.filter((row) => row.held === wanted).reduce((total, row) => total + Number(row.n), 0);
  return {
    count: count(true) + count(false),
    ready: count(false),
    held: count(true),
    gross: currencies.map((currency) => ({
      currency,
      gross: fromMinor(
        rows.filter((row) => row.currency === currency).reduce((total, row) => total + row.gross, 0n),
        currency,
      ),
    })),
  };
}

/** Causes that hold documents, each with the document that has waited longest: the button beside a cause leads to the very field. */
async function heldByCause(tx: Tx, organizationId: string): Promise<s.Home['held']> {
  const { rows } = await sql<{ code: string; n: bigint; id: string; where: string | null; params: Record<string, string> | null }>`
    select g.code, g.n, d.id, f.value ->> 'where' as "where", f.value -> 'params' as params
    from (select code, count(*) as n, (array_agg(id order by created_at, id))[1] as first from document, unnest(hold_codes) as code
      where organization_id = ${organizationId} and held and state in ('to_issue', 'refused') group by code order by n desc, code limit 50) g
    join document d on d.organization_id = ${organizationId} and d.id = g.first
    left join lateral (select value from jsonb_array_elements(d.order_findings || d.findings) where value ->> 'code' = g.code limit 1) f on true
    order by g.n desc, g.code`.execute(tx);
  return rows.map(({ code, n, id, where, params }) => {
    const { text, remedy } = findingWords(code);
    return { code, count: Number(n), text, remedy, first: { documentId: id, where, params } };
  });
}

/** How the days from `from` on went, and how many of their documents nobody touched: one walk over what was issued since. */
async function issuedSince(
  tx: Tx,
  organizationId: string,
  from: string,
  days: number,
  withMoney: boolean,
): Promise<Pick<s.Home, 'byDay' | 'unattendedShare'>> {
  const { rows } = await sql<{ day: string; currency: string; n: bigint; gross: bigint; sales: bigint; unattended: bigint }>`
    select issue_date as day, currency, count(*) as n, sum(gross_minor)::bigint as gross,
      count(*) filter (where kind in ('invoice', 'receipt', 'final')) as sales,
      count(*) filter (where kind in ('invoice', 'receipt', 'final') and issued_by in ('automatic', 'system')) as unattended
    from document
    where organization_id = ${organizationId} and state = 'issued' and issue_date >= ${from}::date and kind in ('invoice', 'receipt', 'final', 'prepayment', 'correction')
    group by issue_date, currency`.execute(tx);
  const sales = rows.reduce((total, row) => total + Number(row.sales), 0);
  return {
    byDay: Array.from({ length: days }, (_, i) => {
      const day = addDays(from, i);
      const ofDay = rows.filter((row) => row.day === day);
      return {
        day,
        issued: ofDay.reduce((total, row) => total + Number(row.n), 0),
        gross: (withMoney ? ofDay : []).map((row) => ({ currency: row.currency, gross: fromMinor(row.gross, row.currency) })),
      };
    }),
    unattendedShare: sales === 0 ? null : rows.reduce((total, row) => total + Number(row.unattended), 0) / sales,
  };
}

/** The way from payment to document is told by so many of the newest: reading the orders of all would cost more than the rest of the page. */
const paceOf = 2000;

async function pace(tx: Tx, organizationId: string, from: string): Promise<Pick<s.Home, 'medianPaymentToDocumentSeconds'>> {
  const { rows } = await sql<{ median: number | null }>`
    select percentile_cont(0.5) within group (order by extract(epoch from d.issued_at - o.paid_at))::float8 as median
    from (select order_id, issued_at from document
      where organization_id = ${organizationId} and state = 'issued' and issue_date >= ${from}::date and kind in ('invoice', 'receipt', 'final')
      order by issued_at desc limit ${paceOf}) d
    join sales_order o on o.organization_id = ${organizationId} and o.id = d.order_id
    where o.paid_at is not null and o.paid_at <= d.issued_at`.execute(tx);
  const { median } = rows[0]!;
  return { medianPaymentToDocumentSeconds: median === null ? null : Math.round(median) };
}

async function trouble({ ctx, who }: Call, tx: Tx) {
  const connections = await tx
    .selectFrom('connection')
    .select(['id', 'name', 'connector', 'status'])
    .where('organization_id', '=', who.organizationId)
    .where('status', '=', 'blocked')
    .execute();
  const cases = await tx
    .selectFrom('cause_case')
    .selectAll()
    .where('organization_id', '=', who.organizationId)
    .where('closed_at', 'is', null)
    .orderBy('opened_at')
    .limit(100)
    .execute();
  const waitingFor = async (connectionId: string | null) => {
    if (!connectionId) return 0;
    const { rows } = await sql<{
      n: bigint;
    }>`select count(*) as n from transfer where organization_id = ${who.organizationId} and connection_id = ${connectionId} and status in ('waiting', 'rejected', 'unknown')`.execute(
      tx,
    );
    return Number(rows[0]!.n);
  };
  const causes: s.Home['causes'] = [];
  for (const one of cases) {
    const connector = connections.find((connection) => connection.id === one.connection_id)?.connector;
    causes.push({
      id: one.id,
      code: causeOf(ctx, connector, one.code).code,
      connectionId: one.connection_id,
      documents: await waitingFor(one.connection_id),
      openedAt: one.opened_at.toISOString(),
    });
  }
  return {
    causes,
    connectionsInTrouble: connections.map((connection) => ({
      ...connection,
      causeCode: cases.find((one) => one.connection_id === connection.id)?.code ?? null,
    })),
  };
}

/** What failed on its way out and stays so until somebody decides: mails, other deliveries, transfers to connections that work. */
async function failing(tx: Tx, organizationId: string) {
  const { rows } = await sql<{ mails: bigint; others: bigint; transfers: bigint }>`
    select
      (select count(*) from delivery where organization_id = ${organizationId} and status in ('refused', 'bounced', 'unknown', 'held') and way = 'mail') as mails,
      (select count(*) from delivery where organization_id = ${organizationId} and status in ('refused', 'bounced', 'unknown', 'held') and way <> 'mail') as others,
      (select count(*) from transfer t join connection c on c.organization_id = t.organization_id and c.id = t.connection_id
        where t.organization_id = ${organizationId} and t.status in ('rejected', 'unknown') and c.status = 'active') as transfers`.execute(
    tx,
  );
  const { mails, others, transfers } = rows[0]!;
  return { failingDeliveries: Number(mails), failingOthers: Number(others), failingTransfers: Number(transfers) };
}

/** Questions that people answer: what buyers asked for, claims at financing providers, payments that fit no document. */
async function tasks(tx: Tx, organizationId: string, withMoney: boolean) {
  const { rows } = await sql<{ desk: bigint; claims: bigint; payments: bigint }>`
    select
      (select count(*) from desk_request r left join document m on m.organization_id = r.organization_id and m.id = r.made_id
        where r.organization_id = ${organizationId} and (r.state = 'open' or m.state = 'to_issue')) as desk,
      (select count(*) from receivable where organization_id = ${organizationId} and (needs_person or mismatch is not null)) as claims,
      (select count(*) from payment where organization_id = ${organizationId} and state = 'open') as payments`.execute(tx);
  const { desk, claims, payments } = rows[0]!;
  return { desk: Number(desk), claims: Number(claims), payments: withMoney ? Number(payments) : 0 };
}

const shownDeadlines = 6;
const issueSoonDays = 5;

/** What lapses soon: days by which the law wants a waiting invoice issued, and the deadlines of claims and keys. */
async function deadlines({ ctx }: Call, tx: Tx, organization: Organization): Promise<s.Home['deadlines']> {
  const regime = regimeOf(organization.country);
  const today = civilDay(ctx.now().toISOString(), organization.zone);
  const due = (sold: string, abroad: string | null, paid: string | null) => {
    const treatment = abroad && isEuCountry(abroad) ? 'intra_community' : undefined;
    const { latest } = regime.issueDeadline({
      saleDate: sold,
      paidDate: paid ?? undefined,
      buyer: abroad ? 'company' : 'person',
      treatment,
    });
    return latest && daysBetween(today, latest) <= issueSoonDays ? latest : undefined;
  };
  const waits = sql`d.organization_id = ${organization.id} and d.state = 'to_issue' and d.kind in ('invoice', 'final', 'prepayment')`;
  const abroad = sql`case when d.buyer_tax_id is not null and d.buyer_country <> ${organization.country} then d.buyer_country end`;
  const { rows: sales } = await sql<{ sold: string; abroad: string | null }>`
    select distinct d.sale_date as sold, ${abroad} as abroad from document d where ${waits} and d.sale_date is not null`.execute(tx);
  // Paid at once is the strictest case: when the payment was is asked only for days of sale that could be due.
  const days = sales.filter((one) => due(one.sold, one.abroad, one.sold)).map((one) => one.sold);
  const byDay = new Map<string, number>();
  if (days.length > 0) {
    const { rows } = await sql<{ sold: string; paid: string | null; abroad: string | null; n: bigint }>`
      select d.sale_date as sold, (o.paid_at at time zone ${organization.zone})::date as paid, ${abroad} as abroad, count(*) as n
      from document d left join sales_order o on o.organization_id = d.organization_id and o.id = d.order_id
      where ${waits} and d.sale_date = any(${days}::date[]) group by 1, 2, 3`.execute(tx);
    for (const row of rows) {
      const latest = due(row.sold, row.abroad, row.paid);
      if (latest) byDay.set(latest, (byDay.get(latest) ?? 0) + Number(row.n));
    }
  }
  const toIssue = [...byDay].map(([day, count]) => ({
    kind: 'issue' as const,
    day,
    days: daysBetween(today, day),
    count,
    name: null,
    to: null,
  }));
  const others = (await listDeadlines(tx, organization.id, ctx.now(), 50))
    .filter((one) => one.urgency !== 'later')
    .map(({ kind, day, days, receivableId, connectionId, connectionName, orderNumber, buyerName }) => ({
      kind,
      day,
      days,
      count: 1,
      name: kind === 'secret' ? connectionName : [orderNumber, buyerName].filter(Boolean).join(' · '),
      to: receivableId ? `/receivables/${receivableId}` : `/connections/${connectionId}`,
    }));
  return [...toIssue, ...others].sort((a, b) => a.days - b.days).slice(0, shownDeadlines);
}

export const homeRoutes = [
  route({
    method: 'GET',
    url: '/home',
    needs: 'read',
    tag: 'home',
    summary: 'What needs a person, and how the last days went',
    query: s.homeQuery,
    answer: s.homeSchema,
    handler: async (call) => {
      const { ctx, who, query, caller } = call;
      const days = query.days ?? 30;
      const withMoney = caller.permissions.has('money');
      return ctx.store.org(who.organizationId, async (tx) => {
        const organization = await readOrganization(tx, who.organizationId);
        const from = addDays(civilDay(ctx.now().toISOString(), organization.zone), 1 - days);
        const queue = await waiting(tx, who.organizationId);
        return {
          held: await heldByCause(tx, who.organizationId),
          toIssue: { ...queue, gross: withMoney ? queue.gross : [] },
          ...(await failing(tx, who.organizationId)),
          tasks: await tasks(tx, who.organizationId, withMoney),
          deadlines: await deadlines(call, tx, organization),
          ...(await trouble(call, tx)),
          ...(await issuedSince(tx, who.organizationId, from, days, withMoney)),
          ...(await pace(tx, who.organizationId, from)),
        };
      });
    },
  }),
  route({
    method: 'GET',
    url: '/finding-texts',
    needs: 'public',
    tag: 'home',
    summary: 'The words of every code in four languages, with who can mend it and how',
    answer: s.findingTextsSchema,
    handler: async ({ ctx }) => ({ items: findingWords.all(ctx), values: valueWords }),
  }),
];
