import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../store/index.ts';

/**
 * Which documents may leave. A document goes together with all that belongs to its sale, and not before the youngest of them may; and
 * nothing goes about which something is still open.
 */
type Bounds = { untilDay: string; longUntilDay: string };

/** The day that counts of a document `d`. */
const dayOf = (d: string) => `greatest(${d}.issue_date, ${d}.sale_date)`;

/** Past its term: sales taxed in the buyer's country are kept longer. */
const isOver = (d: string, { untilDay, longUntilDay }: Bounds): RawBuilder<boolean> =>
  sql<boolean>`${sql.raw(dayOf(d))} < case when ${sql.raw(d)}.content->>'taxTreatment' = 'destination' then ${longUntilDay}::date else ${untilDay}::date end`;

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
      and exists (select 1 from receivable_part p where p.organization_id = r.organization_id and p.receivable_id = r.id and p.state in ('on_hold', 'awaiting_buyer', 'pending', 'active'))) then 'claim'
    when exists (select 1 from billing_order b where b.organization_id = d.organization_id and b.state = 'open' and (b.proforma_id = d.id or b.invoice_id = d.id)) then 'bill'
    end`;
}

/** Issued documents that are old enough by their day of issue, in the order of days, from a place on. */
const old = (organizationId: string, { untilDay }: Bounds, after: { day: string; id: string } | undefined) => sql`
  d.organization_id = ${organizationId} and d.state = 'issued' and d.issue_date < ${untilDay}::date
  ${after ? sql`and (d.issue_date, d.id) > (${after.day}::date, ${after.id}::uuid)` : sql``}`;

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

/** What keeps each of these documents now. */
export async function keptNow(tx: Tx, organizationId: string, bounds: Bounds, ids: string[]): Promise<Map<string, string | null>> {
  const { rows } = await sql<{ id: string; kept: string | null }>`
    select d.id, ${keptBecause(bounds)} as kept from document d where d.organization_id = ${organizationId} and d.id = any(${ids}::uuid[])`.execute(
    tx,
  );
  return new Map(rows.map((row) => [row.id, row.kept]));
}

/** How many documents of each year are old enough. Whether something keeps them is seen when the archive is made. */
export async function oldByYear(tx: Tx, organizationId: string, bounds: Bounds): Promise<{ year: number; documents: number }[]> {
  const { rows } = await sql<{ year: number; n: bigint }>`
    select extract(year from d.issue_date)::int as year, count(*) as n from document d where ${old(organizationId, bounds, undefined)} group by 1 order by 1`.execute(
    tx,
  );
  return rows.map(({ year, n }) => ({ year, documents: Number(n) }));
}
