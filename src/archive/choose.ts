import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../store/index.ts';

/**
 * What may leave. A document goes together with all that belongs to its sale, and not before the youngest of them may; what never became a
 * document goes once it is as old as documents that may. Nothing goes about which something is still open.
 */
type Bounds = { untilDay: string; longUntilDay: string };

/** The day that counts of a document `d`. */
const dayOf = (d: string) => `greatest(${d}.issue_date, ${d}.sale_date)`;

/** Past its term: sales taxed in the buyer's country are kept longer. */
const isOver = (d: string, { untilDay, longUntilDay }: Bounds): RawBuilder<boolean> =>
  sql<boolean>`${sql.raw(dayOf(d))} < case when ${sql.raw(d)}.content->>'taxTreatment' = 'destination' then ${longUntilDay}::date else ${untilDay}::date end`;

const openParts = sql`p.state in ('on_hold', 'awaiting_buyer', 'pending', 'active')`;

/** Why a document `d` that is past its term stays; null when nothing keeps it. */
function keptBecause(bounds: Bounds): RawBuilder<string | null> {
  const younger = sql`x.state not in ('withdrawn', 'cancelled', 'merged', 'archived') and (x.state <> 'issued' or not (${isOver('x', bounds)}))`;
  const x = sql`select 1 from document x where x.organization_id = d.organization_id`;
  return sql<string | null>`case
    when not (${isOver('d', bounds)}) then 'term'
    when d.order_id is not null and exists (${x} and x.order_id = d.order_id and ${younger}) then 'order'
    when exists (${x} and x.corrects_id = coalesce(d.corrects_id, d.id) and ${younger}) then 'correction'
    when d.corrects_id is not null and exists (${x} and x.id = d.corrects_id and ${younger}) then 'correction'
    when exists (${x} and x.proforma_id = d.id and ${younger}) then 'invoice'
    when d.proforma_id is not null and exists (${x} and x.id = d.proforma_id and ${younger}) then 'invoice'
    when exists (select 1 from transfer t where t.organization_id = d.organization_id and t.document_id = d.id and t.status in ('waiting', 'sending', 'pending', 'unknown')) then 'transfer'
    when exists (select 1 from delivery v where v.organization_id = d.organization_id and v.document_id = d.id and v.status in ('queued', 'sending', 'waiting', 'uploaded')) then 'delivery'
    when exists (select 1 from desk_request q where q.organization_id = d.organization_id and q.document_id = d.id and q.state = 'open') then 'desk'
    when exists (select 1 from receivable r where r.organization_id = d.organization_id and (r.document_id = d.id or r.order_id = d.order_id)
      and exists (select 1 from receivable_part p where p.organization_id = r.organization_id and p.receivable_id = r.id and ${openParts})) then 'claim'
    when exists (select 1 from billing_order b where b.organization_id = d.organization_id and b.state = 'open' and (b.proforma_id = d.id or b.invoice_id = d.id)) then 'bill'
    end`;
}

/** Issued documents that are old enough by their day of issue, in the order of days, from a place on. */
const old = (organizationId: string, { untilDay }: Bounds, after: { day: string; id: string } | undefined) => sql`
  d.organization_id = ${organizationId} and d.state = 'issued' and d.issue_date < ${untilDay}::date
  ${after ? sql`and (d.issue_date, d.id) > (${after.day}::date, ${after.id}::uuid)` : sql``}`;

/** Prepared documents that got no further. */
const neverIssued = sql`('withdrawn', 'cancelled', 'merged')`;

/** Is this prepared document `x` part of another that is still here? */
const mergedIntoOne = (x: string) => sql`exists (
  with recursive behind as (
    select ${sql.raw(x)}.merged_into as id
    union select m.merged_into from behind join document m on m.organization_id = ${sql.raw(x)}.organization_id and m.id = behind.id and m.state = 'merged')
  select 1 from behind join document h on h.organization_id = ${sql.raw(x)}.organization_id and h.id = behind.id
  where h.state not in ('withdrawn', 'cancelled', 'merged', 'archived'))`;

/** Does an order `o` leave with its document, or wait for it? */
const documented = sql`exists (select 1 from document x where x.organization_id = o.organization_id and x.order_id = o.id and x.state not in ${neverIssued})`;
/** The begin of a day where the seller is. */
const beginOf = (day: string, row: string) =>
  sql`(${day}::timestamp at time zone (select zone from organization where id = ${sql.raw(row)}.organization_id))`;
/** A sale without a document counts from when it was paid, and one that may be taxed in the buyer's country stays as long as those. */
const orderIsYoung = ({ untilDay, longUntilDay }: Bounds) => sql`(greatest(o.ordered_at, o.paid_at) >= ${beginOf(untilDay, 'o')}
    or (o.status = 'ready' and greatest(o.ordered_at, o.paid_at) >= ${beginOf(longUntilDay, 'o')}
      and coalesce(o.content->'delivery'->'address'->>'country', o.content->'buyer'->>'country') <> (select country from organization where id = o.organization_id)))`;
/** Its document is missing: whoever looks for such orders finds it (reconcile/backfill.ts), until somebody says that it needs none. */
const lacksDocument = sql`(o.status = 'ready' and o.superseded_by is null and o.suggestion not in ('SKIP', 'WAIT')
    and not (o.suggestion = 'RECEIPT' and (select policies->>'withoutRequest' from organization where id = o.organization_id) = 'nothing')
    and not exists (select 1 from document x where x.organization_id = o.organization_id and x.order_id = o.id
      and x.state in ('withdrawn', 'merged') and (x.purpose = 'sale' or x.purpose like 'part:%')))`;

/** Why an order `o` stays that has no document; null when nothing keeps it. */
const orderKept = (bounds: Bounds) => sql<string | null>`case
    when exists (select 1 from document x where x.organization_id = o.organization_id and x.order_id = o.id and x.merged_into is not null and ${mergedIntoOne('x')}) then 'order'
    when ${lacksDocument} then 'order'
    when ${orderIsYoung(bounds)} then 'term'
    when exists (select 1 from receivable r where r.organization_id = o.organization_id and r.order_id = o.id
      and exists (select 1 from receivable_part p where p.organization_id = r.organization_id and p.receivable_id = r.id and ${openParts})) then 'claim'
    when exists (select 1 from billing_order b where b.organization_id = o.organization_id and b.order_id = o.id and b.state = 'open') then 'bill'
    end`;
/** The same of a prepared document `d` without an order. */
const draftKept = sql<string | null>`case when ${mergedIntoOne('d')} then 'order' end`;

/** What is emptied holds no more than `{}`; told by its size, its text is not read. */
const holdsSomething = (row: string) => sql`pg_column_size(${sql.raw(row)}.content) > 8`;

/**
 * Orders that never had a document, and prepared documents without an order that were withdrawn, with the instant they date from: those old
 * enough that nothing keeps, from a place on.
 */
function undocumented(organizationId: string, bounds: Bounds, after: string | undefined, limit: number | undefined) {
  const until = sql`(${bounds.untilDay}::timestamp at time zone (select zone from organization where id = ${organizationId}))`;
  const from = sql`coalesce((select ordered_at from sales_order where organization_id = ${organizationId} and id = ${after}::uuid),
    (select created_at from document where organization_id = ${organizationId} and id = ${after}::uuid))`;
  // The pair alone begins no walk of an index whose columns run in two directions.
  const on = (at: string, id: string) =>
    after ? sql`and ${sql.raw(at)} >= ${from} and (${sql.raw(at)}, ${sql.raw(id)}) > (${from}, ${after}::uuid)` : sql``;
  const sorted = limit === undefined ? sql`` : sql`order by at, id`;
  const page = limit === undefined ? sql`` : sql`order by at, id limit ${limit}`;
  // What keeps one is asked of the few that have no document (`offset 0`): of every old order it would be asked one by one.
  return sql`(select o.id, o.id as order_id, o.at from (
        select o.organization_id, o.id, o.ordered_at as at, o.ordered_at, o.paid_at, o.status, o.superseded_by, o.suggestion, o.content from sales_order o
        where o.organization_id = ${organizationId} and o.ordered_at < ${until} and ${holdsSomething('o')} and not ${documented} ${on('o.ordered_at', 'o.id')} ${sorted} offset 0) o
      where ${orderKept(bounds)} is null ${page})
    union all (select d.id, null, d.created_at as at from document d
      where d.organization_id = ${organizationId} and d.order_id is null and d.state in ${neverIssued} and d.created_at < ${until} and ${holdsSomething('d')}
        and ${draftKept} is null ${on('d.created_at', 'd.id')} ${page})`;
}

export type Chosen = { id: string; order_id: string | null; day: string; kept: string | null };

/** The next old documents, each with what keeps it, if anything does. */
export async function nextOld(
  tx: Tx,
  organizationId: string,
  bounds: Bounds,
  after: { day: string; id: string } | undefined,
  limit: number,
): Promise<Chosen[]> {
  const { rows } = await sql<Chosen>`
    select d.id, d.order_id, d.issue_date as day, ${keptBecause(bounds)} as kept from document d
    where ${old(organizationId, bounds, after)} order by d.issue_date, d.id limit ${limit}`.execute(tx);
  return rows;
}

/** The next old orders and prepared documents that never became a document, and that nothing keeps. */
export async function nextUndocumented(
  tx: Tx,
  organizationId: string,
  bounds: Bounds,
  after: string | undefined,
  limit: number,
): Promise<Chosen[]> {
  const { rows } = await sql<Chosen>`
    select id, order_id, (at at time zone (select zone from organization where id = ${organizationId}))::date as day, null as kept from (${undocumented(organizationId, bounds, after, limit)}) old
    order by at, id limit ${limit}`.execute(tx);
  return rows;
}

/** What keeps each of these now. What can change, and did since its file was made, is in that file as it was: the next archive has it. */
export async function keptNow(
  tx: Tx,
  organizationId: string,
  bounds: Bounds,
  madeAt: Date,
  ids: string[],
): Promise<Map<string, string | null>> {
  const changed = (row: string) => sql`${sql.raw(row)}.updated_at > ${madeAt.toISOString()}::timestamptz`;
  const { rows } = await sql<{ id: string; kept: string | null }>`
    select d.id, case when d.state = 'issued' then ${keptBecause(bounds)} when d.state not in ${neverIssued} or ${changed('d')} then 'order' else ${draftKept} end as kept
      from document d where d.organization_id = ${organizationId} and d.id = any(${ids}::uuid[])
    union all select o.id, case when ${changed('o')} then 'order' when ${documented} then 'order' else ${orderKept(bounds)} end
      from sales_order o where o.organization_id = ${organizationId} and o.id = any(${ids}::uuid[])`.execute(tx);
  return new Map(rows.map((row) => [row.id, row.kept]));
}

/**
 * How many documents of each year are old enough (whether something keeps them is seen when the archive is made), and how much of it never
 * became a document.
 */
export type OldOfYear = { year: number; documents: number; undocumented: number };
export async function oldByYear(tx: Tx, organizationId: string, bounds: Bounds): Promise<OldOfYear[]> {
  const { rows } = await sql<{ year: number; documents: bigint; undocumented: bigint }>`
    select year, sum(documents)::bigint as documents, sum(undocumented)::bigint as undocumented from (
      select extract(year from d.issue_date)::int as year, count(*) as documents, 0 as undocumented from document d where ${old(organizationId, bounds, undefined)} group by 1
      union all
      select extract(year from at at time zone (select zone from organization where id = ${organizationId}))::int, 0, count(*) from (${undocumented(organizationId, bounds, undefined, undefined)}) u group by 1) both_kinds
    group by year order by year`.execute(tx);
  return rows.map((row) => ({ year: row.year, documents: Number(row.documents), undocumented: Number(row.undocumented) }));
}
