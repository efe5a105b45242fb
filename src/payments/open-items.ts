import { sql } from 'kysely';
import { toMinor } from '../domain/money/money.ts';
import { type OpenItem, OpenItems } from '../domain/payments/match.ts';
import type { Tx } from '../store/index.ts';

/** What is still to be paid, of every document of the organization: to match payments with, and to show. */
const openDays = 400;
const paidDays = 120;

type Row = {
  id: string;
  number: string;
  order_number: string | null;
  order_external: string | null;
  reference: string | null;
  currency: string;
  gross_minor: bigint;
  payable: string;
  allocated: bigint | null;
  corrected: string | null;
  followed: boolean;
  buyer_name: string;
  buyer: string;
  issue_date: string;
};

/** Who pays, the same for all his documents. */
const buyerKey = sql<string>`coalesce(nullif(d.buyer_tax_id, ''), lower(nullif(d.buyer_email, '')), lower(d.buyer_name))`;

async function rowsOf(tx: Tx, organizationId: string, ids?: string[]): Promise<Row[]> {
  const some = ids ? sql`and d.id = any(${ids}::uuid[])` : sql`and d.issue_date > current_date - ${openDays}::int`;
  const { rows } = await sql<Row>`
    select d.id, d.number, d.order_number, d.content->'order'->>'externalId' as order_external, d.content->'payment'->>'reference' as reference, d.currency, d.gross_minor,
      d.content->'totals'->>'payable' as payable, a.minor as allocated, c.gross as corrected, d.buyer_name, ${buyerKey} as buyer, d.issue_date::text,
      d.kind = 'proforma' and exists (select 1 from document f where f.organization_id = d.organization_id and f.state not in ('withdrawn', 'cancelled')
        and (f.proforma_id = d.id or (f.order_id = d.order_id and f.purpose = 'sale'))) as followed
    from document d
    left join lateral (select sum(amount_minor)::bigint as minor from allocation where organization_id = d.organization_id and document_id = d.id and undone_at is null) a on true
    left join lateral (select sum((f.content->'correction'->'difference'->>'gross')::numeric)::text as gross from document f
      where f.organization_id = d.organization_id and f.corrects_id = d.id and f.state = 'issued') c on true
    where d.organization_id = ${organizationId} and d.state = 'issued' and d.number is not null and d.kind in ('proforma', 'invoice', 'prepayment', 'final') ${some}
      and ((d.content->'totals'->>'payable')::numeric > 0 or a.minor > 0)`.execute(tx);
  return rows;
}

function itemOf(row: Row): OpenItem {
  const minor = (amount: string | null) => toMinor(amount ?? '0', row.currency);
  const left = minor(row.payable) - (row.allocated ?? 0n) + minor(row.corrected);
  return {
    id: row.id,
    number: row.number,
    ...((row.order_number ?? row.order_external) && { orderNumber: (row.order_number ?? row.order_external)! }),
    ...(row.reference && { structured: [row.reference] }),
    currency: row.currency,
    openMinor: row.followed || left < 0n ? 0n : left,
    grossMinor: row.gross_minor,
    buyerName: row.buyer_name,
    buyer: row.buyer,
    issueDay: row.issue_date,
  };
}

/** Open documents, and those paid lately so that a second payment is recognised; with the accounts that buyers paid from. */
export async function readOpenItems(tx: Tx, organizationId: string, today: string): Promise<OpenItems> {
  const rows = await rowsOf(tx, organizationId);
  const items = rows.map(itemOf).filter((item) => item.openMinor > 0n || item.issueDay > earlier(today));
  const { rows: accounts } = await sql<{ account: string; buyers: string[] }>`
    select p.payer_account as account, array_agg(distinct ${buyerKey}) as buyers
    from allocation a join payment p on p.organization_id = a.organization_id and p.id = a.payment_id
    join document d on d.organization_id = a.organization_id and d.id = a.document_id
    where a.organization_id = ${organizationId} and a.undone_at is null and p.payer_account is not null group by 1 limit 100000`.execute(
    tx,
  );
  return new OpenItems(items, new Map(accounts.map((row) => [row.account, row.buyers])));
}

const earlier = (today: string) => new Date(Date.parse(`${today}T00:00:00Z`) - paidDays * 86_400_000).toISOString().slice(0, 10);

/** What is still to be paid of some documents, with their rows locked in the one order of locks. */
export async function lockOpenItems(tx: Tx, organizationId: string, ids: string[]): Promise<Map<string, OpenItem>> {
  if (ids.length === 0) return new Map();
  // Their orders first, as reading orders does: what is booked is said on the order too.
  await sql`select 1 from sales_order where organization_id = ${organizationId} and id in
    (select order_id from document where organization_id = ${organizationId} and id = any(${ids}::uuid[])) order by id for no key update`.execute(
    tx,
  );
  await tx
    .selectFrom('document')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('id', 'in', ids)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  return new Map((await rowsOf(tx, organizationId, ids)).map((row) => [row.id, itemOf(row)]));
}
