import { sql } from 'kysely';
import type { WebhookEvent } from '../domain/webhook-events.ts';
import type { Context } from '../jobs/index.ts';
import { jsonRows, newId, type Tx } from '../store/index.ts';

/**
 * The audit trail is the outbox: each endpoint remembers the last entry it was told of, so no change can be lost or told twice and no other
 * folder has to call this one. Preparing and holding come from triggers (migration 0005), because they have no entry for each document.
 */
type Entry = {
  seq: bigint;
  at: Date;
  action: string;
  entity: string;
  entity_id: string;
  data: Record<string, unknown>;
  document_id: string | null;
  kind: string | null;
  number: string | null;
  order_id: string | null;
  order_number: string | null;
};
type Telling = { event: WebhookEvent; data: (entry: Entry) => Record<string, unknown> };

const pick =
  (...keys: string[]) =>
  ({ data }: Entry) =>
    Object.fromEntries(keys.filter((k) => data[k] !== undefined && data[k] !== null).map((k) => [k, data[k]]));
const mail = ({ entity, entity_id, data }: Entry) => ({
  deliveryId: entity === 'delivery' ? entity_id : data.delivery,
  ...(data.cause ? { code: data.cause } : {}),
});
const imported = (status: string) => (entry: Entry) => ({ importId: entry.entity_id, status, ...pick('name', 'counts')(entry) });

/**
 * What of the trail goes out, and what is told of it: never addresses or names of buyers, those are read by the API with a key.
 * So no words of a provider's either, which may repeat what was sent.
 */
const tellings: Record<string, Telling> = {
  'document issued': { event: 'document.issued', data: pick('series', 'issueDate', 'gross', 'currency') },
  'mail handed over': { event: 'document.delivered', data: mail },
  'mail arrived': { event: 'document.delivered', data: mail },
  'mail refused': { event: 'document.delivery_failed', data: mail },
  'mail bounced': { event: 'document.delivery_failed', data: mail },
  'mail unknown': { event: 'document.delivery_failed', data: mail },
  'transfer accepted': { event: 'document.transferred', data: pick('reference', 'verb', 'providerId') },
  'transfer found at the provider': { event: 'document.transferred', data: pick('reference', 'verb', 'providerId') },
  'transfer rejected': { event: 'document.transfer_failed', data: pick('code', 'providerCode') },
  'transfer unknown': { event: 'document.transfer_failed', data: pick('code', 'providerCode') },
  'import done': { event: 'import.finished', data: imported('done') },
  'import cancelled': { event: 'import.finished', data: imported('cancelled') },
  'import refused': { event: 'import.finished', data: imported('refused') },
  'connection blocked': {
    event: 'connection.blocked',
    data: (entry) => ({ connectionId: entry.entity_id, ...pick('name', 'code')(entry) }),
  },
};

const pageSize = 500;

/** Makes the calls that are owed to the organization's endpoints. Costs one look-up where there are none. */
export async function collectEvents(ctx: Context, organizationId: string): Promise<void> {
  let more = true;
  while (more) more = await ctx.store.org(organizationId, (tx) => collectPage(tx, ctx, organizationId));
}

async function collectPage(tx: Tx, ctx: Context, organizationId: string): Promise<boolean> {
  const endpoints = await tx
    .selectFrom('webhook_endpoint')
    .select(['id', 'events', 'last_seq'])
    .where('organization_id', '=', organizationId)
    .where('active', '=', true)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  if (endpoints.length === 0) return false;
  const { rows: queued } = await sql<{ endpoint_id: string }>`with looked as (
      update webhook_delivery set status = 'waiting' where organization_id = ${organizationId} and status = 'new' returning endpoint_id)
    select distinct endpoint_id from looked`.execute(tx);
  const toCall = new Set(queued.map((row) => row.endpoint_id));
  const [from] = endpoints.map((e) => e.last_seq).sort((a, b) => (a < b ? -1 : 1)) as [bigint];
  const { entries, upTo, more } = await readTrail(tx, organizationId, from);
  const calls = endpoints.flatMap((e) =>
    entries
      .filter((entry) => entry.seq > e.last_seq && e.events.includes(tellings[entry.action]!.event))
      .map((entry) => ({
        id: newId(ctx.now()),
        endpoint_id: e.id,
        event: tellings[entry.action]!.event,
        body: bodyOf(organizationId, entry),
        created_at: entry.at,
      })),
  );
  if (calls.length > 0)
    await sql`insert into webhook_delivery (organization_id, id, endpoint_id, event, body, status, created_at)
      select ${organizationId}, r.id, r.endpoint_id, r.event, r.body, 'waiting', r.created_at
      from json_to_recordset(${jsonRows(calls)}) as r(id uuid, endpoint_id uuid, event text, body text, created_at timestamptz)`.execute(
      tx,
    );
  if (upTo > from)
    await sql`update webhook_endpoint set last_seq = greatest(last_seq, ${upTo.toString()}::bigint)
      where organization_id = ${organizationId} and active`.execute(tx);
  for (const { endpoint_id } of calls) toCall.add(endpoint_id);
  await ctx.jobs.enqueue(
    tx,
    'webhook',
    [...toCall].map((id) => ({ organizationId, id })),
  );
  return more;
}

/** The head is read first: whatever is committed after it is the next look's. */
async function readTrail(tx: Tx, organizationId: string, from: bigint): Promise<{ entries: Entry[]; upTo: bigint; more: boolean }> {
  const head = await tx.selectFrom('audit_head').select('seq').where('organization_id', '=', organizationId).executeTakeFirst();
  if (!head || head.seq <= from) return { entries: [], upTo: from, more: false };
  const { rows: entries } = await sql<Entry>`
    select a.seq, a.at, a.action, a.entity, a.entity_id, a.data, d.id as document_id, d.kind, d.number, d.order_id, d.order_number
    from audit a
    left join delivery m on a.entity = 'delivery' and m.organization_id = a.organization_id and m.id::text = a.entity_id
    left join document d on d.organization_id = a.organization_id
      and d.id = case a.entity when 'document' then a.entity_id::uuid when 'delivery' then m.document_id end
    where a.organization_id = ${organizationId} and a.seq > ${from.toString()}::bigint and a.seq <= ${head.seq.toString()}::bigint
      and a.action in (${sql.join(Object.keys(tellings))})
    order by a.seq limit ${pageSize}`.execute(tx);
  const more = entries.length === pageSize;
  return { entries, upTo: more ? entries.at(-1)!.seq : head.seq, more };
}

function bodyOf(organizationId: string, entry: Entry): string {
  const { event, data } = tellings[entry.action]!;
  const document = entry.document_id
    ? {
        documentId: entry.document_id,
        kind: entry.kind,
        number: entry.number,
        orderId: entry.order_id,
        orderNumber: entry.order_number,
      }
    : {};
  return JSON.stringify({ type: event, timestamp: entry.at.toISOString(), data: { organizationId, ...document, ...data(entry) } });
}
