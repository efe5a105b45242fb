import { sql } from 'kysely';
import type { DocumentContent } from '../../domain/documents/document.ts';
import { fromMinor } from '../../domain/money/money.ts';
import type { Tx } from '../../store/index.ts';
import { type Buyer, buyerId, buyerOfId, foundByIndex, isBuyers, knownAs } from '../../toissue/index.ts';
import { notFound } from '../problem.ts';
import { route } from '../route.ts';
import * as s from '../schemas/index.ts';
import { readCursor, writeCursor } from './orders.ts';

const tag = 'orders';

type Row = {
  name: string;
  known: string;
  tax_id: string;
  email: string | null;
  country: string | null;
  n: number;
  turnover: { currency: string; minor: string }[] | null;
  last: Date | null;
  key: string;
  seen: string;
};
type Wish = { typed?: string; buyer?: Buyer; before?: [seen: string, key: string]; limit: number };

/** Nothing of a buyer stands in what was archived. */
const living = (of: string) => sql.raw(`${of}.state not in ('withdrawn', 'cancelled', 'merged', 'archived')`);
const sameBuyer = (of: string, as: string, known = sql.raw(`${as}.known`)) =>
  sql`${sql.raw(`${of}.organization_id = ${as}.organization_id and ${of}.buyer_name = ${as}.buyer_name`)} and ${knownAs(of)} = ${known}`;

/**
 * A buyer stands in the list where his newest document stands: the list is walked from its end, document by document, and only the buyers
 * of the page are summed up.
 */
async function readBuyers(tx: Tx, organizationId: string, { typed = '', buyer, before, limit }: Wish): Promise<Row[]> {
  const named = buyer ? sql`and ${isBuyers('d', buyer)}` : sql``;
  const after = before ? sql`and (d.created_at, d.id) < (${before[0]}::timestamptz, ${before[1]}::uuid)` : sql``;
  const columns = sql`d.organization_id, d.buyer_name, ${knownAs('d')} as known, d.buyer_tax_id, d.id, d.created_at`;
  // Who was found by a word of an older document stands where his newest one does all the same. Everybody of a found name is told apart in
  // one pass: asked for one by one, namesakes without a name of their own would each read all the others.
  const newest = typed
    ? sql`select d.* from (
          select ${columns}, row_number() over buyer = 1 as newest, bool_or(d.id in (select id from hits)) over buyer as hit
          from (select distinct buyer_name from hits) h join document d on d.organization_id = ${organizationId} and d.buyer_name = h.buyer_name and ${living('d')}
          window buyer as (partition by d.buyer_name, ${knownAs('d')} order by d.id desc rows between unbounded preceding and unbounded following)) d
        where d.newest and d.hit ${after}`
    : sql`select ${columns} from document d
        where d.organization_id = ${organizationId} and ${living('d')} ${named} ${after}
          and not exists (select 1 from document n where ${sameBuyer('n', 'd', knownAs('d'))} and ${living('n')} and n.id > d.id)`;
  const hits = sql`hits as materialized (select id, buyer_name from document
      where organization_id = ${organizationId} and ${foundByIndex('document_hits', sql.ref('search'), typed)}),`;
  const { rows } = await sql<Row>`
    with ${typed ? hits : sql``} newest as (${newest} order by d.created_at desc, d.id desc limit ${limit})
    select newest.buyer_name as name, newest.known, coalesce(newest.buyer_tax_id, '') as tax_id, newest.id as key, newest.created_at::text as seen, b.*
    from newest cross join lateral (
      select max(email) as email, max(country) as country, sum(n)::int as n, max(last) as last,
        jsonb_agg(jsonb_build_object('currency', currency, 'minor', minor::text) order by currency) filter (where sold > 0) as turnover
      from (select d.currency, max(d.buyer_email) as email, max(d.buyer_country) as country, count(*) as n, max(d.issued_at) as last,
          count(*) filter (where d.state = 'issued' and d.kind <> 'proforma') as sold,
          sum(d.gross_minor) filter (where d.state = 'issued' and d.kind <> 'proforma') as minor
        from document d where ${sameBuyer('d', 'newest')} and ${living('d')} group by d.currency) c) b
    order by newest.created_at desc, newest.id desc`.execute(tx);
  return rows;
}

const shown = (row: Row): s.PartyRow => ({
  id: buyerId([row.name, row.known]),
  name: row.name,
  taxId: row.tax_id || null,
  email: row.email,
  country: row.country,
  documents: row.n,
  turnover: (row.turnover ?? []).map(({ currency, minor }) => ({ currency, gross: fromMinor(BigInt(minor), currency) })),
  lastIssuedAt: row.last?.toISOString() ?? null,
});

export const partyRoutes = [
  route({
    method: 'GET',
    url: '/parties',
    needs: 'read',
    tag,
    summary: 'Buyers, gathered from the documents: how many, how much, when last',
    query: s.partiesQuery,
    answer: s.partiesSchema,
    handler: async ({ ctx, who, query }) => {
      const limit = query.limit ?? 50;
      // The place in the list is that of the buyer's newest document.
      const before = query.cursor ? readCursor(query.cursor) : undefined;
      const rows = await ctx.store.org(who.organizationId, (tx) =>
        readBuyers(tx, who.organizationId, { typed: query.q, before, limit: limit + 1 }),
      );
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return { items: page.map(shown), nextCursor: rows.length > limit && last ? writeCursor(last.seen, last.key) : undefined };
    },
  }),
  route({
    method: 'GET',
    url: '/parties/:id',
    needs: 'read',
    tag,
    summary: 'One buyer: what is known of him from his newest document, and his turnover',
    params: s.partyParams,
    answer: s.partySchema,
    handler: async ({ ctx, who, params }) => {
      const buyer = buyerOfId(params.id);
      const found =
        buyer &&
        (await ctx.store.org(who.organizationId, async (tx) => {
          const [row] = await readBuyers(tx, who.organizationId, { buyer, limit: 1 });
          const newest = await tx
            .selectFrom('document')
            .select('content')
            .where('organization_id', '=', who.organizationId)
            .where(isBuyers('document', buyer))
            .where('state', 'not in', ['withdrawn', 'cancelled', 'merged', 'archived'])
            // Ids are ordered by time, and the index of buyers ends with them.
            .orderBy('id', 'desc')
            .limit(1)
            .executeTakeFirst();
          const { street, street2, postalCode, city, phone, email } =
            (newest?.content as Partial<DocumentContent> | undefined)?.buyer ?? {};
          return row && { ...shown(row), address: { street, street2, postalCode, city, phone, email } };
        }));
      if (!found) throw notFound('a buyer of this id');
      return found;
    },
  }),
];
