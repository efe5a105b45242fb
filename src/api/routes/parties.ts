import { sql } from 'kysely';
import type { DocumentContent } from '../../domain/documents/document.ts';
import { fromMinor } from '../../domain/money/money.ts';
import type { Tx } from '../../store/index.ts';
import { foldText } from '../../toissue/index.ts';
import { notFound } from '../problem.ts';
import { route } from '../route.ts';
import * as s from '../schemas/index.ts';
import { readCursor, writeCursor } from './orders.ts';

const tag = 'orders';

/** Buyers have no rows of their own: one is a name and a tax number on documents, and its id says which. */
type Buyer = [name: string, taxId: string];
const idOf = (buyer: Buyer) => Buffer.from(JSON.stringify(buyer)).toString('base64url');
function buyerOf(id: string): Buyer | undefined {
  try {
    const value = JSON.parse(Buffer.from(id, 'base64url').toString('utf8'));
    if (Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string')) return value as unknown as Buyer;
  } catch {
    // No id of ours.
  }
  return undefined;
}

type Row = {
  name: string;
  tax_id: string;
  email: string | null;
  country: string | null;
  n: number;
  turnover: { currency: string; minor: string }[] | null;
  last: Date | null;
  key: string;
  seen: string;
};
type Wish = { words?: string; buyer?: Buyer; before?: [seen: string, key: string]; limit: number };

/** One pass over the documents, however many buyers there are. */
async function readBuyers(tx: Tx, organizationId: string, { words = '', buyer, before, limit }: Wish): Promise<Row[]> {
  const { rows } = await sql<Row>`
    with bought as (
      select buyer_name as name, coalesce(buyer_tax_id, '') as tax_id, currency, max(buyer_email) as email, max(buyer_country) as country, count(*) as n,
        max(issued_at) as last, max(coalesce(issued_at, created_at)) as seen,
        count(*) filter (where state = 'issued' and kind <> 'proforma') as sold, sum(gross_minor) filter (where state = 'issued' and kind <> 'proforma') as minor
      from document where organization_id = ${organizationId} and state not in ('withdrawn', 'cancelled', 'merged')
        and (${words} = '' or (buyer_name, coalesce(buyer_tax_id, '')) in (
          select buyer_name, coalesce(buyer_tax_id, '') from document where organization_id = ${organizationId} and to_tsvector('simple', search) @@ to_tsquery('simple', ${words})))
        and (${buyer?.[0] ?? null}::text is null or (buyer_name = ${buyer?.[0] ?? ''} and coalesce(buyer_tax_id, '') = ${buyer?.[1] ?? ''}))
      group by 1, 2, 3),
    buyers as (
      select name, tax_id, max(email) as email, max(country) as country, sum(n)::int as n, max(last) as last, max(seen) as seen, name || '|' || tax_id as key,
        jsonb_agg(jsonb_build_object('currency', currency, 'minor', minor::text) order by currency) filter (where sold > 0) as turnover
      from bought group by name, tax_id)
    select *, seen::text as seen from buyers
    where ${before?.[0] ?? null}::timestamptz is null or (seen, key) < (${before?.[0] ?? null}::timestamptz, ${before?.[1] ?? ''})
    order by buyers.seen desc, key desc limit ${limit}`.execute(tx);
  return rows;
}

const shown = (row: Row): s.PartyRow => ({
  id: idOf([row.name, row.tax_id]),
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
      // The key is what the page is sorted by: last document first, then the name.
      const before = query.cursor ? readCursor(query.cursor) : undefined;
      const words = foldText(query.q ?? '')
        .split(/[^\p{L}\p{N}]+/u)
        .filter(Boolean)
        .slice(0, 8)
        .map((word) => `${word}:*`)
        .join(' & ');
      const rows = await ctx.store.org(who.organizationId, (tx) => readBuyers(tx, who.organizationId, { words, before, limit: limit + 1 }));
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
      const buyer = buyerOf(params.id);
      const found =
        buyer &&
        (await ctx.store.org(who.organizationId, async (tx) => {
          const [row] = await readBuyers(tx, who.organizationId, { buyer, limit: 1 });
          const newest = await tx
            .selectFrom('document')
            .select('content')
            .where('organization_id', '=', who.organizationId)
            .where('buyer_name', '=', buyer[0])
            .where((e) => e(e.fn.coalesce('buyer_tax_id', e.val('')), '=', buyer[1]))
            .where('state', 'not in', ['withdrawn', 'cancelled', 'merged'])
            .orderBy('created_at', 'desc')
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
