import { sql } from 'kysely';
import type { Connection } from '../connections/index.ts';
import { channelSettingsOf } from '../contract/channel.ts';
import { cut } from '../domain/cut.ts';
import { type Context, hearChanges } from '../jobs/index.ts';
import { announce, json, newId, type StoryEntry, type Tx } from '../store/index.ts';
import type { PutSettings } from './put.ts';
import { type DocumentState, reviewDocument, type Wish, type Wished } from './wishes.ts';

/**
 * What orders should show: what changed is turned into wishes (`wishes.ts`), and wishes into rows of `delivery` that `put.ts` works off.
 */

const reviewBatch = 200;

/** Turns what changed into wishes, and wishes into rows. Returns how many documents were looked at. */
export async function reviewOrders(ctx: Context, organizationId: string): Promise<number> {
  let done = 0;
  for (;;) {
    const batch = await ctx.store.org(organizationId, (tx) => reviewBatchOf(tx, ctx, organizationId));
    done += batch;
    if (batch < reviewBatch) return done;
  }
}

async function reviewBatchOf(tx: Tx, ctx: Context, organizationId: string): Promise<number> {
  const now = ctx.now();
  const { rows: touched } = await sql<{
    document_id: string;
  }>`delete from order_review where organization_id = ${organizationId} and document_id in (
    select document_id from order_review where organization_id = ${organizationId} order by document_id limit ${reviewBatch} for no key update skip locked) returning document_id`.execute(
    tx,
  );
  if (touched.length === 0) return 0;
  const documents = await statesOf(
    tx,
    organizationId,
    touched.map((row) => row.document_id),
  );
  const queued: string[] = [];
  for (const { connection, document, earlier, orderNumber } of documents) {
    if (connection.status === 'removed' || !putsOnOrders(ctx, connection.connector)) continue;
    const { wishes, over } = reviewDocument(document, channelSettingsOf(connection.settings), earlier);
    for (const key of over) await endError(tx, organizationId, key, now);
    for (const wish of wishes) {
      const id = await insertWish(tx, organizationId, { documentId: document.id, connectionId: connection.id, orderNumber }, wish, now);
      if (id) queued.push(id);
    }
  }
  await ctx.jobs.enqueue(
    tx,
    'order-writes',
    queued.map((id) => ({ organizationId, id })),
  );
  if (queued.length > 0) await announce(tx, organizationId, 'deliveries');
  return touched.length;
}

type Subject = {
  orderNumber: string;
  connection: Pick<Connection, 'id' | 'connector' | 'status' | 'settings'>;
  document: DocumentState;
  earlier: Wished[];
};

async function statesOf(tx: Tx, organizationId: string, ids: string[]): Promise<Subject[]> {
  const { rows } = await sql<{
    id: string;
    kind: DocumentState['kind'];
    state: string;
    number: string | null;
    held: boolean;
    hold_codes: string[];
    corrected: string | null;
    order_number: string;
    connection: Subject['connection'];
    transfers: DocumentState['transfers'] | null;
    earlier: Wished[] | null;
  }>`select d.id, d.kind, d.state, d.number, d.held, d.hold_codes, coalesce(o.number, o.external_id) as order_number,
      (select o2.number from document o2 where o2.organization_id = d.organization_id and o2.id = d.corrects_id) as corrected,
      jsonb_build_object('id', c.id, 'connector', c.connector, 'status', c.status, 'settings', c.settings) as connection,
      (select jsonb_agg(jsonb_build_object('status', t.status, 'resting', t.next_at is null, 'cause', t.cause->>'code', 'url', t.made->>'url'))
        from transfer t where t.organization_id = d.organization_id and t.document_id = d.id and t.verb = 'issue') as transfers,
      (select jsonb_agg(jsonb_build_object('key', v.key, 'status', v.status, 'codes', v.settings->>'codes', 'over', coalesce((v.settings->>'over')::boolean, false)))
        from delivery v where v.organization_id = d.organization_id and v.document_id = d.id and v.way in ('attachment','order')) as earlier
    from document d join sales_order o on o.organization_id = d.organization_id and o.id = d.order_id
      join connection c on c.organization_id = o.organization_id and c.id = o.connection_id
    where d.organization_id = ${organizationId} and d.id = any(${ids}::uuid[])`.execute(tx);
  return rows.map(({ connection, transfers, earlier, hold_codes, corrected, order_number, ...d }) => ({
    orderNumber: order_number,
    connection,
    document: { ...d, holdCodes: hold_codes, correctedNumber: corrected, transfers: transfers ?? [] },
    earlier: earlier ?? [],
  }));
}

function putsOnOrders(ctx: Pick<Context, 'connectors'>, connector: string): boolean {
  return ctx.connectors.get(connector)?.manifest.capabilities.includes('attach') ?? false;
}

/** The error of a mark is over. One that never left need not be told any more. */
async function endError(tx: Tx, organizationId: string, key: string, now: Date): Promise<void> {
  await sql`update delivery set settings = settings || '{"over":true}', updated_at = ${now.toISOString()}::timestamptz,
      status = case when status = 'waiting' and attempts = 0 then 'cancelled' else status end
    where organization_id = ${organizationId} and key = ${key}`.execute(tx);
}

async function insertWish(
  tx: Tx,
  organizationId: string,
  of: { documentId: string; connectionId: string; orderNumber: string },
  wish: Wish,
  now: Date,
): Promise<string | undefined> {
  const settings: PutSettings =
    wish.way === 'attachment' ? { target: wish.target } : { mark: wish.mark, ...(wish.codes && { codes: wish.codes }) };
  const made = await tx
    .insertInto('delivery')
    .values({
      organization_id: organizationId,
      id: newId(now),
      document_id: of.documentId,
      way: wish.way,
      recipient: cut(of.orderNumber, 200),
      key: wish.key,
      status: 'waiting',
      settings: json(settings),
      message_id: null,
      cause: json(null),
      story: json([entry(now, 'queued', words(settings))]),
      connection_id: of.connectionId,
      created_by: 'system',
      created_at: now,
      updated_at: now,
    })
    .onConflict((c) => c.columns(['organization_id', 'key']).doNothing())
    .returning('id')
    .executeTakeFirst();
  return made?.id;
}

export const entry = (at: Date, what: string, params?: Record<string, string>): StoryEntry => ({
  at: at.toISOString(),
  what,
  ...(params ? { params } : {}),
});
export const storyLimit = 60;

/** What a line of the story says it was about. */
export function words({ target, mark }: PutSettings): Record<string, string> {
  if (mark) return { thing: mark.mark, value: mark.value };
  return { thing: 'file', value: target ?? '' };
}

/** Looks soon after a document or an order changed. */
export function hearForOrderWrites(ctx: Context): Promise<void> {
  const failed = 'what orders should show could not be worked out';
  return hearChanges(ctx, { topics: ['documents', 'orders'], gatherMs: 300, failed }, (id) => reviewOrders(ctx, id));
}
