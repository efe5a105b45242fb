import { type SqlBool, sql } from 'kysely';
import type { DocumentKind } from '../../domain/documents/document.ts';
import { fromMinor } from '../../domain/money/money.ts';
import type { Tables, Tx } from '../../store/index.ts';
import { foundByIndex, foundNearby, stillBills, waitingEvents } from '../../toissue/index.ts';
import { notFound, Refusal } from '../problem.ts';
import { route } from '../route.ts';
import * as s from '../schemas/index.ts';
import { archived } from './documents.ts';

const tag = 'orders';

/** A page cursor: the sort value and the id of the last row, opaque to the caller. */
export function readCursor(cursor: string): [string, string] {
  try {
    const value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string')) return value as [string, string];
  } catch {
    // Falls through to the refusal.
  }
  throw new Refusal(400, 'bad-cursor', 'The page cursor is not one of ours: begin again without it.');
}

export function writeCursor(value: string, id: string): string {
  return Buffer.from(JSON.stringify([value, id])).toString('base64url');
}

type OrderRow = Pick<
  Tables['sales_order'],
  'id' | 'external_id' | 'number' | 'channel' | 'status' | 'external_status' | 'currency' | 'total_minor' | 'buyer_email' | 'suggestion'
> & { ordered_at: Date; paid_at: Date | null; buyer_name: string };

async function withDocuments(tx: Tx, organizationId: string, rows: OrderRow[]): Promise<s.OrderRow[]> {
  const documents =
    rows.length === 0
      ? []
      : await tx
          .selectFrom('document')
          .select(['id', 'kind', 'state', 'number', 'order_id'])
          .where('organization_id', '=', organizationId)
          .where(
            'order_id',
            'in',
            rows.map((row) => row.id),
          )
          .where('state', '<>', 'cancelled')
          .orderBy('created_at')
          .execute();
  return rows.map((row) => ({
    id: row.id,
    externalId: row.external_id,
    number: row.number,
    channel: row.channel,
    status: row.status,
    externalStatus: row.external_status,
    orderedAt: row.ordered_at.toISOString(),
    paidAt: row.paid_at?.toISOString() ?? null,
    currency: row.currency,
    total: fromMinor(row.total_minor, row.currency),
    buyerName: row.buyer_name,
    buyerEmail: row.buyer_email,
    suggestion: row.suggestion,
    documents: documents
      .filter((one) => one.order_id === row.id)
      .map(({ id, kind, state, number }) => ({ id, kind: kind as DocumentKind, state, number })),
  }));
}

/** Rows that are looked through before the index of words is asked. */
const lookedThrough = 1000;
/** As the index of words has it (migration 0030). */
const folded = sql<string>`fold_words(coalesce(external_id, '') || ' ' || coalesce(number, '') || ' ' || coalesce(buyer_name, '') || ' ' || coalesce(buyer_email, ''))`;

export const orderRoutes = [
  route({
    method: 'GET',
    url: '/orders',
    needs: 'read',
    tag,
    summary: 'Orders of every channel, newest first',
    query: s.ordersQuery,
    answer: s.ordersSchema,
    handler: async ({ ctx, who, query }) => {
      const limit = query.limit ?? 50;
      return ctx.store.org(who.organizationId, async (tx) => {
        let from = tx.selectFrom('sales_order').where('organization_id', '=', who.organizationId);
        if (query.channel) from = from.where('channel', '=', query.channel);
        if (query.status) from = from.where('status', '=', query.status as Tables['sales_order']['status']);
        if (query.suggestion) from = from.where('suggestion', '=', query.suggestion);
        if (query.importId) from = from.where('import_id', '=', query.importId);
        // Days of the organization's zone, computed beside the column, so that the order of days is found by its index.
        const start = (day: string, plus: number) =>
          sql<SqlBool>`((${day}::date + ${plus}::int)::timestamp at time zone (select zone from organization where id = ${who.organizationId}))`;
        if (query.from) from = from.where(sql<SqlBool>`ordered_at >= ${start(query.from, 0)}`);
        if (query.to) from = from.where(sql<SqlBool>`ordered_at < ${start(query.to, 1)}`);
        if (query.undocumented) {
          from = from.where(
            sql<SqlBool>`not exists (select 1 from document d where d.organization_id = sales_order.organization_id and d.order_id = sales_order.id and ${stillBills('d')})`,
          );
        }
        if (query.cursor) {
          const [at, id] = readCursor(query.cursor);
          from = from.where(sql<SqlBool>`(ordered_at, id) < (${at}::timestamptz, ${id}::uuid)`);
        }
        let listed = from.orderBy('ordered_at', 'desc').orderBy('id', 'desc');
        if (query.q) {
          const ids = await foundNearby(tx, listed.select(['id', folded.as('words')]), lookedThrough, query.q, limit + 1);
          listed = listed.where(ids ? sql<SqlBool>`id = any(${ids}::uuid[])` : foundByIndex('order_hits', folded, query.q));
        }
        const rows = await listed
          .selectAll()
          .select(sql<string>`ordered_at::text`.as('cursor_value'))
          .limit(limit + 1)
          .execute();
        const page = rows.slice(0, limit);
        const last = page.at(-1);
        return {
          items: await withDocuments(tx, who.organizationId, page),
          nextCursor: rows.length > limit && last ? writeCursor(last.cursor_value, last.id) : undefined,
        };
      });
    },
  }),
  route({
    method: 'GET',
    url: '/orders/:id',
    needs: 'read',
    tag,
    summary: 'One order as it was read, the record it was read from, its documents and history',
    params: s.idParams,
    answer: s.orderDetailSchema,
    handler: async ({ ctx, who, params }) =>
      ctx.store.org(who.organizationId, async (tx) => {
        const row = await tx
          .selectFrom('sales_order')
          .selectAll()
          .where('organization_id', '=', who.organizationId)
          .where('id', '=', params.id)
          .executeTakeFirst();
        if (!row) throw notFound('an order of this id');
        if (Object.keys(row.content).length === 0) throw archived();
        const [order] = await withDocuments(tx, who.organizationId, [row]);
        const ids = [params.id, ...order!.documents.map((one) => one.id)];
        const entries = await tx
          .selectFrom('audit')
          .selectAll()
          .where('organization_id', '=', who.organizationId)
          .where('entity_id', 'in', ids)
          .orderBy('seq')
          .limit(500)
          .execute();
        const known: s.TimelineEntry[] = [
          { at: row.ordered_at.toISOString(), what: 'ordered', about: 'order' },
          ...(row.paid_at ? [{ at: row.paid_at.toISOString(), what: 'paid', about: 'order' as const }] : []),
          { at: row.created_at.toISOString(), what: 'received', about: 'order' },
        ];
        const audited = entries.map(
          (entry): s.TimelineEntry => ({
            at: entry.at.toISOString(),
            actor: entry.actor,
            what: entry.action,
            about: entry.entity_id === params.id ? 'order' : 'document',
            params: entry.data,
          }),
        );
        return {
          ...order!,
          content: { ...row.content, findings: [...row.content.findings, ...(await waitingEvents(tx, who.organizationId, [row.id]))] },
          raw: row.raw,
          connectionId: row.connection_id,
          importId: row.import_id,
          timeline: [...known, ...audited].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
        };
      }),
  }),
];
