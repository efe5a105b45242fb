import { type Selectable, type SelectQueryBuilder, sql } from 'kysely';
import type { DocumentKind } from '../domain/documents/document.ts';
import type { Finding } from '../domain/finding.ts';
import { fromMinor } from '../domain/money/money.ts';
import type { DocumentState, Tables, Tx } from '../store/index.ts';
import { buyerOfId, isBuyers } from './buyers.ts';
import { searchQuery } from './row.ts';
import { countNearby, foundByIndex, foundNearby } from './search.ts';

type DocumentSort = 'created' | 'issued' | 'number' | 'buyer' | 'gross' | 'due';
export type DocumentQuery = {
  ids?: string[];
  states?: DocumentState[];
  kinds?: DocumentKind[];
  held?: boolean;
  holdCode?: string;
  q?: string;
  channel?: string;
  currency?: string;
  seriesId?: string;
  orderId?: string;
  correctsId?: string;
  importId?: string;
  buyerTaxId?: string;
  buyer?: string;
  /** A buyer of the list of buyers, by its id. */
  party?: string;
  /** Civil days: of issue for issued documents, of preparing for the rest. */
  from?: string;
  to?: string;
  deliveryStatus?: string;
  transferStatus?: string;
  sort?: DocumentSort;
  direction?: 'asc' | 'desc';
  cursor?: string;
  limit?: number;
};

export type DocumentRow = {
  id: string;
  kind: DocumentKind;
  state: DocumentState;
  version: number;
  number: string | null;
  seriesId: string | null;
  orderId: string | null;
  orderNumber: string | null;
  channel: string | null;
  currency: string;
  net: string;
  tax: string;
  gross: string;
  buyerName: string;
  buyerTaxId: string | null;
  buyerEmail: string | null;
  buyerCountry: string | null;
  issueDate: string | null;
  saleDate: string | null;
  dueDate: string | null;
  held: boolean;
  findings: Finding[];
  edited: boolean;
  correctsId: string | null;
  createdAt: string;
  issuedAt: string | null;
  mailStatus: string | null;
  transferStatus: string | null;
};

type DocumentPage = { items: DocumentRow[]; nextCursor?: string };

export const maxPage = 200;
/** Counting stops here; a list says "10 000+" beyond it, so that a count never costs more than a page. */
const countLimit = 10_000;

export class BadCursor extends Error {
  override name = 'BadCursor';
}

/** Contents stay where they are: a list reads only these. */
const listColumns = [
  'document.id',
  'document.kind',
  'document.state',
  'document.version',
  'document.number',
  'document.series_id',
  'document.order_id',
  'document.order_number',
  'document.channel',
  'document.currency',
  'document.net_minor',
  'document.tax_minor',
  'document.gross_minor',
  'document.buyer_name',
  'document.buyer_tax_id',
  'document.buyer_email',
  'document.buyer_country',
  'document.issue_date',
  'document.sale_date',
  'document.due_date',
  'document.held',
  'document.findings',
  'document.edited',
  'document.corrects_id',
  'document.created_at',
  'document.issued_at',
] as const;

type DocumentsFrom = SelectQueryBuilder<Tables, 'document', object>;

/** What has no number or no due day yet stands at one end of the list and is not left out of it. */
const sorts = {
  created: { by: sql`document.created_at`, type: 'timestamptz', pattern: /^\d{4,6}-[\d:. +-]+$/ },
  issued: { by: sql`document.issued_at`, type: 'timestamptz', pattern: /^\d{4,6}-[\d:. +-]+$/ },
  number: { by: sql`coalesce(document.number, '')`, type: 'text', pattern: /^[^\0]*$/ },
  buyer: { by: sql`document.buyer_name`, type: 'text', pattern: /^[^\0]*$/ },
  gross: { by: sql`document.gross_minor`, type: 'bigint', pattern: /^-?\d{1,18}$/ },
  due: { by: sql`coalesce(document.due_date, 'infinity')`, type: 'date', pattern: /^(\d{4}-\d{2}-\d{2}|infinity)$/ },
} as const;

/** The rows that a query means, without order and page: lists, counts and bulk actions share it. */
function matching(tx: Tx, organizationId: string, query: DocumentQuery): DocumentsFrom {
  let from: DocumentsFrom = tx.selectFrom('document').where('document.organization_id', '=', organizationId);
  if (query.states?.length) from = from.where(sql<boolean>`document.state in (${sql.join(query.states.map((s) => sql.lit(s)))})`);
  if (query.ids?.length) from = from.where('document.id', 'in', query.ids);
  if (query.kinds?.length) from = from.where('document.kind', 'in', query.kinds);
  if (query.held === true) from = from.where('document.held', '=', sql.lit(true));
  if (query.held === false) from = from.where('document.held', '=', sql.lit(false));
  if (query.holdCode)
    from = from.where('document.held', '=', sql.lit(true)).where(sql<boolean>`${query.holdCode} = any(document.hold_codes)`);
  if (query.channel) from = from.where('document.channel', '=', query.channel);
  if (query.currency) from = from.where('document.currency', '=', query.currency);
  if (query.seriesId) from = from.where('document.series_id', '=', query.seriesId);
  if (query.orderId) from = from.where('document.order_id', '=', query.orderId);
  if (query.correctsId) from = from.where('document.corrects_id', '=', query.correctsId);
  if (query.importId) from = from.where('document.import_id', '=', query.importId);
  if (query.buyerTaxId) from = from.where('document.buyer_tax_id', '=', query.buyerTaxId);
  if (query.party) {
    const buyer = buyerOfId(query.party);
    from = from.where(buyer ? isBuyers('document', buyer) : sql<boolean>`false`);
  }
  if (query.buyer) from = from.where('document.buyer_name', '=', query.buyer);
  // The day of preparing is a day of the organization's zone, whatever zone the database server lives in.
  const start = (day: unknown) => sql`(${day}::timestamp at time zone (select zone from organization where id = ${organizationId}))`;
  const hasDay = query.states?.every(isOut);
  const without = (prepared: unknown) => (hasDay ? sql`` : sql`or (document.issue_date is null and ${prepared})`);
  if (query.from)
    from = from.where(
      sql<boolean>`(document.issue_date >= ${query.from}::date ${without(sql`document.created_at >= ${start(sql`${query.from}::date`)}`)})`,
    );
  if (query.to)
    from = from.where(
      sql<boolean>`(document.issue_date <= ${query.to}::date ${without(sql`document.created_at < ${start(sql`(${query.to}::date + 1)`)}`)})`,
    );
  if (query.deliveryStatus) {
    from = from.where((e) =>
      e.exists(
        e
          .selectFrom('delivery')
          .select(sql`1`.as('x'))
          .whereRef('delivery.organization_id', '=', 'document.organization_id')
          .whereRef('delivery.document_id', '=', 'document.id')
          .where(
            'delivery.status',
            'in',
            query.deliveryStatus === 'failed' ? ['refused', 'bounced', 'unknown', 'held'] : [query.deliveryStatus!],
          ),
      ),
    );
  }
  if (query.transferStatus) {
    from = from.where((e) =>
      e.exists(
        e
          .selectFrom('transfer')
          .select(sql`1`.as('x'))
          .whereRef('transfer.organization_id', '=', 'document.organization_id')
          .whereRef('transfer.document_id', '=', 'document.id')
          .where(
            'transfer.status',
            'in',
            query.transferStatus === 'failed' ? ['rejected', 'unknown'] : [query.transferStatus as Tables['transfer']['status']],
          ),
      ),
    );
  }
  if (query.q) from = from.where(foundByIndex('document_hits', sql.ref('document.search'), query.q));
  return from;
}

/** Rows of the list that are looked through before the index of words is asked. */
const lookedThrough = 2000;

export async function queryDocuments(tx: Tx, organizationId: string, query: DocumentQuery): Promise<DocumentPage> {
  const limit = Math.min(Math.max(query.limit ?? 50, 1), maxPage);
  const { q, ...rest } = query;
  if (q) {
    const next = ordered(matching(tx, organizationId, rest), organizationId, rest).select(['document.id', 'document.search as words']);
    const ids = await foundNearby(tx, next, lookedThrough, q, limit + 1);
    if (ids?.length === 0) return { items: [] };
    if (ids) return page(matching(tx, organizationId, { ids }), organizationId, rest, limit);
  }
  return page(matching(tx, organizationId, query), organizationId, query, limit);
}

/** From the cursor on, in the order asked for. */
function ordered(from: DocumentsFrom, organizationId: string, query: DocumentQuery): DocumentsFrom {
  const sort = query.sort ?? 'created';
  const direction = query.direction ?? 'desc';
  const { by, type } = sorts[sort];
  if (sort === 'issued') {
    from = from.where('document.issued_at', 'is not', null);
    const first = firstOfPeriod(organizationId, query, direction);
    if (first) from = from.where(first);
  }
  if (query.cursor) {
    const [value, id] = readCursor(query.cursor, sort);
    const compare = sql.raw(direction === 'desc' ? '<' : '>');
    from = from.where(sql<boolean>`(${by}, document.id) ${compare} (${value}::${sql.raw(type)}, ${id}::uuid)`);
  }
  return from.orderBy(by, direction).orderBy('document.id', direction);
}

/**
 * Where a list of issued documents of some days begins in the order of their issue. Without it the list is walked from its end, through all
 * that was issued since. A day's own end is found by one look (`document_by_day`).
 */
function firstOfPeriod(organizationId: string, { states, from, to }: DocumentQuery, direction: 'asc' | 'desc') {
  if (!from || !to || !states?.length || !states.every(isOut)) return undefined;
  const days = (Date.parse(to) - Date.parse(from)) / 86_400_000;
  if (!(days >= 0 && days < mostDaysLookedAt)) return undefined;
  const end = sql.raw(direction === 'desc' ? 'max' : 'min');
  const compare = sql.raw(direction === 'desc' ? '<=' : '>=');
  return sql<boolean>`document.issued_at ${compare} (select ${end}(of_day.at) from generate_series(${from}::timestamp, ${to}::timestamp, interval '1 day') as day,
    lateral (select ${end}(d.issued_at) as at from document d
      where d.organization_id = ${organizationId} and d.issue_date = day::date and d.state in ('issued', 'submitted')) of_day)`;
}

const isOut = (state: DocumentState) => state === 'issued' || state === 'submitted';
const mostDaysLookedAt = 400;

async function page(from: DocumentsFrom, organizationId: string, query: DocumentQuery, limit: number): Promise<DocumentPage> {
  const sort = query.sort ?? 'created';
  const { by } = sorts[sort];
  const rows = await ordered(from, organizationId, query)
    .select(listColumns)
    .select((e) => [
      // Microseconds as text: a Date would lose them and a page would repeat or skip rows.
      sql<string>`(${by})::text`.as('cursor_value'),
      e
        .selectFrom('delivery')
        .select('status')
        .whereRef('delivery.organization_id', '=', 'document.organization_id')
        .whereRef('delivery.document_id', '=', 'document.id')
        .where('way', '=', 'mail')
        .orderBy('created_at', 'desc')
        .limit(1)
        .as('mail_status'),
      e
        .selectFrom('transfer')
        .select('status')
        .whereRef('transfer.organization_id', '=', 'document.organization_id')
        .whereRef('transfer.document_id', '=', 'document.id')
        .orderBy('created_at', 'desc')
        .limit(1)
        .as('transfer_status'),
    ])
    .limit(limit + 1)
    .execute();
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(rowOf),
    nextCursor: rows.length > limit && last ? writeCursor(sort, last.cursor_value, last.id) : undefined,
  };
}

export async function countDocuments(tx: Tx, organizationId: string, query: DocumentQuery): Promise<{ total: number; more: boolean }> {
  const { q, ...rest } = query;
  const words = q ? searchQuery(q) : '';
  if (words) {
    // Among so many the newest are counted: "at least", without gathering all that have the word.
    const next = ordered(matching(tx, organizationId, rest), organizationId, { ...rest, sort: 'created' }).select([
      'document.id',
      'document.search as words',
    ]);
    const { total, all } = await countNearby(tx, next, countedThrough, q!);
    if (all) return { total, more: false };
    if (total >= manyNearby || (await isCommon(tx, words))) return { total, more: true };
  }
  const { rows } = await sql<{ n: bigint }>`select count(*) as n from (${matching(tx, organizationId, query)
    .select(sql`1`.as('x'))
    .limit(countLimit + 1)}) counted`.execute(tx);
  const total = Number(rows[0]!.n);
  return { total: Math.min(total, countLimit), more: total > countLimit };
}

/** More documents have the words than are gathered for a count. */
async function isCommon(tx: Tx, words: string): Promise<boolean> {
  const { rows } = await sql<{ n: bigint }>`select count(*) as n from document_hits(${words}, ${commonFrom})`.execute(tx);
  return Number(rows[0]!.n) === commonFrom;
}

const commonFrom = 5000;
const countedThrough = 10_000;
/** One in forty of the newest: the index would gather thousands to say no more. */
const manyNearby = countedThrough / 40;

/** Ids of all matching documents in the query's order, page by page, for bulk actions: each page is read anew. */
export async function matchingIds(tx: Tx, organizationId: string, query: DocumentQuery, limit: number): Promise<string[]> {
  const direction = query.direction ?? 'asc';
  const rows = await matching(tx, organizationId, query)
    .select('document.id')
    .orderBy(sorts[query.sort ?? 'created'].by, direction)
    .orderBy('document.id', direction)
    .limit(limit)
    .execute();
  return rows.map((r) => r.id);
}

type ListedColumn = (typeof listColumns)[number] extends `document.${infer Column}` ? Column : never;
type ListedRow = Pick<Selectable<Tables['document']>, ListedColumn> & { mail_status: string | null; transfer_status: string | null };

export function rowOf(row: ListedRow): DocumentRow {
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    version: row.version,
    number: row.number,
    seriesId: row.series_id,
    orderId: row.order_id,
    orderNumber: row.order_number,
    channel: row.channel,
    currency: row.currency,
    net: fromMinor(row.net_minor, row.currency),
    tax: fromMinor(row.tax_minor, row.currency),
    gross: fromMinor(row.gross_minor, row.currency),
    buyerName: row.buyer_name,
    buyerTaxId: row.buyer_tax_id,
    buyerEmail: row.buyer_email,
    buyerCountry: row.buyer_country,
    issueDate: row.issue_date,
    saleDate: row.sale_date,
    dueDate: row.due_date,
    held: row.held,
    findings: row.findings,
    edited: row.edited.length > 0,
    correctsId: row.corrects_id,
    createdAt: row.created_at.toISOString(),
    issuedAt: row.issued_at?.toISOString() ?? null,
    mailStatus: row.mail_status,
    transferStatus: row.transfer_status,
  };
}

/** A cursor belongs to its order: carried over to another one it would mean another place. */
function writeCursor(sort: DocumentSort, value: string, id: string): string {
  return Buffer.from(JSON.stringify([sort, value, id])).toString('base64url');
}

function readCursor(cursor: string, sort: DocumentSort): [string, string] {
  try {
    const [of, value, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (of === sort && typeof value === 'string' && sorts[sort].pattern.test(value) && typeof id === 'string' && uuid.test(id))
      return [value, id];
  } catch {
    // Falls through to the refusal.
  }
  throw new BadCursor('the page cursor is not one of ours: begin again without it');
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Documents held for one and the same reason: mended once, for all of them. */
type HoldGroup = { finding: Finding; documents: number; first: string };

const groupedNewest = 20_000;

/** What holds the queue, by reason and, for values that have to be mapped, by value; the largest group first. */
export async function holdGroups(tx: Tx, organizationId: string): Promise<HoldGroup[]> {
  const { rows } = await sql<{ finding: Finding; n: bigint; first: string }>`
    select (array_agg(f order by d.created_at))[1] as finding, count(distinct d.id) as n, (array_agg(d.id order by d.created_at))[1] as first
    from (select id, created_at, findings from document where organization_id = ${organizationId} and held and state in ('to_issue','refused')
      order by created_at desc limit ${groupedNewest}) d, jsonb_array_elements(d.findings) f
    where f->>'level' = 'hold'
    group by f->>'code', case when f->>'code' = 'H_MAPPING_MISSING' then f->'params'->>'value' end
    order by 2 desc limit 50`.execute(tx);
  return rows.map((r) => ({ finding: r.finding, documents: Number(r.n), first: r.first }));
}
