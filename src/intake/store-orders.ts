import { hash } from 'node:crypto';
import { sql } from 'kysely';
import { cut } from '../domain/cut.ts';
import type { Policies, Suggested } from '../domain/documents/index.ts';
import { type Finding, hold } from '../domain/finding.ts';
import { toMinor } from '../domain/money/money.ts';
import type { Order } from '../domain/orders/order.ts';
import { comparable } from '../domain/orders/same.ts';
import { orderSums, suggest } from '../domain/orders/suggest.ts';
import { partyName } from '../domain/parties/party.ts';
import type { Context } from '../jobs/index.ts';
import { json, jsonRows, jsonText, newId, Texts, type Tx } from '../store/index.ts';
import { type OrderToPrepare, type PrepareOptions, type PrepareResult, prepareOrders, type Who } from '../toissue/index.ts';
import type { Outcome } from './report.ts';

/**
 * Orders of one connection into the store, a batch in the caller's transaction, with the documents they ask for. Reading the same
 * order again changes nothing; a changed one refreshes what is prepared; what is issued stays (contract ORDERS §3).
 */
export type Channel = { connectionId: string; policies: Policies; prepare: PrepareOptions; importId?: string };
type IncomingOrder = { order: Order; raw?: string /** When it was worked out already. */; hash?: string };
type StoredOrder = {
  outcome: Outcome;
  orderId: string;
  suggested: Suggested;
  documentId?: string;
  documentKind?: string;
  held: boolean;
  /** Codes of what holds the document. */
  holds: string[];
};

/** Hash under which two readings of an order are the same. */
export function contentHash(order: Order): string {
  return hash('sha256', comparable(order));
}

type Known = { id: string; external_id: string; content_hash: string; status: string };
type Item = { order: Order; raw?: string; hash: string; suggested: Suggested; known?: Known; twin?: string; id: string; outcome: Outcome };

export async function storeOrders(tx: Tx, ctx: Context, who: Who, channel: Channel, incoming: IncomingOrder[]): Promise<StoredOrder[]> {
  if (incoming.length === 0) return [];
  const now = ctx.now();
  const known = await knownOrders(
    tx,
    who.organizationId,
    channel.connectionId,
    incoming.map((i) => i.order.externalId),
  );
  const items = incoming.map(({ order, raw, hash: workedOut }): Item => {
    const before = known.get(order.externalId);
    const contentHashOf = workedOut ?? contentHash(order);
    const suggested = suggest(order, channel.policies);
    return {
      order,
      raw,
      hash: contentHashOf,
      suggested,
      known: before,
      id: before?.id ?? newId(now),
      outcome: outcomeOf(order, before, contentHashOf),
    };
  });
  await keepBooked(tx, who.organizationId, channel, items);
  const fresh = items.filter((item) => item.outcome === 'created');
  await findTwins(tx, who.organizationId, channel.connectionId, fresh);
  await insertOrders(tx, who.organizationId, channel, now, fresh);
  await updateOrders(
    tx,
    who.organizationId,
    now,
    items.filter((item) => item.outcome === 'updated' || item.outcome === 'cancelled'),
  );
  await insertAliases(
    tx,
    who.organizationId,
    channel.connectionId,
    items.filter((item) => item.outcome !== 'unchanged'),
  );
  const withdrawn = await supersede(tx, who.organizationId, channel, now, fresh);
  const toPrepare = items.filter((item) => item.outcome === 'created' || item.outcome === 'updated' || item.outcome === 'cancelled');
  const prepared = await prepareOrders(
    tx,
    ctx,
    who,
    [
      ...toPrepare.map(
        (item): OrderToPrepare => ({ orderId: item.id, order: item.order, suggested: item.suggested, fresh: item.outcome === 'created' }),
      ),
      ...withdrawn,
    ],
    { ...channel.prepare, importId: channel.importId },
  );
  return resultsOf(tx, who.organizationId, items, prepared);
}

/** A channel knows nothing of what we booked: a changed order keeps the payments that came in by the bank or by card here. */
async function keepBooked(tx: Tx, organizationId: string, channel: Channel, items: Item[]): Promise<void> {
  const changed = items.filter((item) => item.outcome === 'updated');
  if (changed.length === 0) return;
  const { rows } = await sql<{ id: string; payments: Order['payments'] }>`
    select id, content->'payments' as payments from sales_order
    where organization_id = ${organizationId} and id = any(${changed.map((item) => item.id)}::uuid[])
      and (content->'payments')::jsonb @? ${`$[*] ? (@.externalId starts with "${bookedMark}")`}::jsonpath`.execute(tx);
  for (const { id, payments } of rows) {
    const item = changed.find((one) => one.id === id)!;
    item.order = withBooked(
      item.order,
      payments.filter((p) => p.externalId?.startsWith(bookedMark)),
    );
    item.suggested = suggest(item.order, channel.policies);
  }
}

/** Payments booked here stand on the order under this mark. */
export const bookedMark = 'booked:';

/** The order with what was booked for it in place of what was booked before; it is ready once that and what came before reach its total. */
export function withBooked(order: Order, booked: Order['payments']): Order {
  const others = order.payments.filter(
    (p) => !p.externalId?.startsWith(bookedMark) && !(p.method === 'bank_transfer' && p.status === 'pending'),
  );
  const payments = [...others, ...booked];
  const paid = payments.filter((p) => p.status === 'paid').reduce((sum, p) => sum + toMinor(p.amount ?? '0', order.currency), 0n);
  const whole = booked.length > 0 && paid >= orderSums(order).total;
  const paidAt = whole
    ? booked
        .map((p) => p.at ?? '')
        .sort()
        .at(-1)
    : undefined;
  return {
    ...order,
    payments,
    ...(whole && order.status === 'open' && { status: 'ready' as const, readyAt: paidAt }),
    ...(whole && { paidAt }),
  };
}

function outcomeOf(order: Order, known: Known | undefined, contentHashOf: string): Outcome {
  if (!known) return 'created';
  if (known.content_hash === contentHashOf || known.status === 'superseded') return 'unchanged';
  return order.status === 'cancelled' ? 'cancelled' : 'updated';
}

async function knownOrders(tx: Tx, organizationId: string, connectionId: string, ids: string[]): Promise<Map<string, Known>> {
  const rows = await tx
    .selectFrom('sales_order')
    .select(['id', 'external_id', 'content_hash', 'status'])
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .where(sql<boolean>`external_id = any(${ids}::text[])`)
    .execute();
  return new Map(rows.map((row) => [row.external_id, row]));
}

/**
 * The same sale seen on another connection: by its own id there, or by an alias either of them carries. It is linked and makes no document.
 * What was archived is superseded by nothing, and is known as what it was.
 */
async function findTwins(tx: Tx, organizationId: string, connectionId: string, items: Item[]): Promise<void> {
  if (items.length === 0) return;
  const others = await tx
    .selectFrom('connection')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('id', '<>', connectionId)
    .execute();
  if (others.length === 0) return;
  const names = new Map<string, Item>();
  for (const item of items) {
    names.set(`${item.order.channel} ${item.order.externalId}`, item);
    for (const alias of item.order.aliases) names.set(`${alias.scheme} ${alias.value}`, item);
  }
  const values = [...new Set([...names.keys()].map((name) => name.slice(name.indexOf(' ') + 1)))];
  const rows = await tx
    .selectFrom('sales_order')
    .select(['id', 'channel', 'external_id'])
    .where('organization_id', '=', organizationId)
    .where(
      'connection_id',
      'in',
      others.map((o) => o.id),
    )
    .where(sql<boolean>`external_id = any(${values}::text[])`)
    .where((e) => e.or([e('status', '<>', 'superseded'), e('superseded_by', 'is', null)]))
    .execute();
  const aliases = await tx
    .selectFrom('order_alias as a')
    .innerJoin('sales_order as o', (join) => join.onRef('o.organization_id', '=', 'a.organization_id').onRef('o.id', '=', 'a.order_id'))
    .select(['a.scheme', 'a.value', 'a.order_id'])
    .where('a.organization_id', '=', organizationId)
    .where(sql<boolean>`a.value = any(${values}::text[])`)
    .where('o.connection_id', '<>', connectionId)
    .where((e) => e.or([e('o.status', '<>', 'superseded'), e('o.superseded_by', 'is', null)]))
    .execute();
  const link = (name: string, id: string) => {
    const item = names.get(name);
    if (!item) return;
    item.twin ??= id;
    item.outcome = 'known-elsewhere';
  };
  for (const row of rows) link(`${row.channel} ${row.external_id}`, row.id);
  for (const alias of aliases) link(`${alias.scheme} ${alias.value}`, alias.order_id);
}

/** About what an order of three lines takes with its original text. */
const orderBytes = 4500;

async function insertOrders(tx: Tx, organizationId: string, channel: Channel, now: Date, items: Item[]): Promise<void> {
  if (items.length === 0) return;
  const texts = new Texts(items.length * orderBytes);
  const rows = items.map((item) => {
    const { content, ...columns } = columnsOf(item);
    const [order, raw] = [texts.add(jsonText(content)), item.raw === undefined ? undefined : texts.add(item.raw)];
    return {
      ...columns,
      id: item.id,
      superseded_by: item.twin,
      content_at: order.at,
      content_size: order.size,
      raw_at: raw?.at,
      raw_size: raw?.size,
    };
  });
  const made = await sql<{ external_id: string }>`
    with texts as materialized (select ${texts.bytes} as bytes)
    insert into sales_order (organization_id, connection_id, import_id, id, external_id, number, channel, status, external_status, ordered_at, paid_at, currency, total_minor, buyer_name,
      buyer_email, suggestion, content, content_hash, raw, superseded_by, created_at, updated_at)
    select ${organizationId}, ${channel.connectionId}, ${channel.importId ?? null}::uuid, r.id, r.external_id, r.number, r.channel, r.status, r.external_status, r.ordered_at, r.paid_at, r.currency,
      r.total_minor, r.buyer_name, r.buyer_email, r.suggestion, ${Texts.of('r.content')}::json, r.content_hash, ${Texts.of('r.raw')}, r.superseded_by,
      ${now.toISOString()}::timestamptz, ${now.toISOString()}::timestamptz
    from texts, json_to_recordset(${jsonRows(rows)}) as r(id uuid, external_id text, number text, channel text, status text, external_status text, ordered_at timestamptz, paid_at timestamptz,
      currency text, total_minor bigint, buyer_name text, buyer_email text, suggestion text, content_hash text, superseded_by uuid, content_at int, content_size int, raw_at int, raw_size int)
    on conflict (organization_id, connection_id, external_id) do nothing
    returning external_id`.execute(tx);
  if (made.rows.length === items.length) return;
  // Another import of the same orders was faster: its rows stand.
  const inserted = new Set(made.rows.map((row) => row.external_id));
  const theirs = items.filter((item) => !inserted.has(item.order.externalId));
  const stored = await knownOrders(
    tx,
    organizationId,
    channel.connectionId,
    theirs.map((item) => item.order.externalId),
  );
  for (const item of theirs) {
    item.outcome = 'unchanged';
    item.id = stored.get(item.order.externalId)!.id;
  }
}

function columnsOf({ order, suggested, hash: contentHashOf, twin }: Item) {
  return {
    external_id: order.externalId,
    number: order.number ?? null,
    channel: order.channel,
    status: twin ? 'superseded' : order.status,
    external_status: order.externalStatus ?? null,
    ordered_at: order.orderedAt,
    paid_at: order.paidAt ?? null,
    currency: order.currency,
    total_minor: orderSums(order).total.toString(),
    buyer_name: cut(partyName(order.invoiceRequest.party ?? order.buyer) || partyName(order.buyer), 300),
    buyer_email: order.buyer.email ?? null,
    suggestion: suggested.document,
    content: order,
    content_hash: contentHashOf,
  };
}

async function updateOrders(tx: Tx, organizationId: string, now: Date, items: Item[]): Promise<void> {
  if (items.length === 0) return;
  const rows = items.map((item) => ({ ...columnsOf(item), id: item.id, raw: item.raw ?? null }));
  await sql`
    update sales_order o set number = r.number, status = r.status, external_status = r.external_status, ordered_at = r.ordered_at, paid_at = r.paid_at, currency = r.currency,
      total_minor = r.total_minor, buyer_name = r.buyer_name, buyer_email = r.buyer_email, suggestion = r.suggestion, content = r.content, content_hash = r.content_hash,
      raw = coalesce(r.raw, o.raw), updated_at = ${now.toISOString()}::timestamptz
    from json_to_recordset(${jsonRows(rows)}) as r(id uuid, number text, status text, external_status text, ordered_at timestamptz, paid_at timestamptz, currency text,
      total_minor bigint, buyer_name text, buyer_email text, suggestion text, content jsonb, content_hash text, raw text)
    where o.organization_id = ${organizationId} and o.id = any(${items.map((item) => item.id)}::uuid[]) and o.id = r.id`.execute(tx);
}

const lineScheme = (connectionId: string) => `line:${connectionId}`;
const lineIds = (order: Order) => order.lines.flatMap((line) => (line.externalId === undefined ? [] : [line.externalId]));

async function insertAliases(tx: Tx, organizationId: string, connectionId: string, items: Item[]): Promise<void> {
  const rows = items.flatMap((item) => [
    ...item.order.aliases.map((alias) => ({ s: alias.scheme, v: alias.value, o: item.id })),
    ...lineIds(item.order).map((id) => ({ s: lineScheme(connectionId), v: id, o: item.id })),
  ]);
  if (rows.length === 0) return;
  await sql`insert into order_alias (organization_id, scheme, value, order_id)
    select ${organizationId}, r.s, r.v, r.o from json_to_recordset(${jsonRows(rows)}) as r(s text, v text, o uuid) on conflict do nothing`.execute(
    tx,
  );
}

/**
 * A line known on order A that comes on a new order B: the channel merged A into B. Without a document A is closed and its prepared
 * document withdrawn; with one, B is held (H_MERGED). Returns what has to be withdrawn.
 */
async function supersede(tx: Tx, organizationId: string, channel: Channel, now: Date, fresh: Item[]): Promise<OrderToPrepare[]> {
  const owner = new Map(
    fresh.filter((item) => item.outcome === 'created').flatMap((item) => lineIds(item.order).map((id) => [id, item] as const)),
  );
  if (owner.size === 0) return [];
  const rows = await tx
    .selectFrom('order_alias as a')
    .innerJoin('sales_order as o', (join) => join.onRef('o.organization_id', '=', 'a.organization_id').onRef('o.id', '=', 'a.order_id'))
    .select(['a.value', 'o.id', 'o.external_id', 'o.content', 'o.status'])
    .where('a.organization_id', '=', organizationId)
    .where('a.scheme', '=', lineScheme(channel.connectionId))
    .where(sql<boolean>`a.value = any(${[...owner.keys()]}::text[])`)
    .execute();
  const older = rows.filter((row) => row.status !== 'superseded' && row.id !== owner.get(row.value)!.id);
  if (older.length === 0) return [];
  const documented = await documentedOrders(
    tx,
    organizationId,
    older.map((row) => row.id),
  );
  const withdraw = new Map<string, OrderToPrepare>();
  for (const row of older) {
    const winner = owner.get(row.value)!;
    const inBatch = fresh.find((item) => item.id === row.id);
    if (documented.has(row.id)) {
      const finding = hold('H_MERGED', undefined, { id: winner.order.externalId, other: row.external_id });
      if (!winner.order.findings.some((f) => f.code === finding.code)) await addFinding(tx, organizationId, channel, now, winner, finding);
      continue;
    }
    await tx
      .updateTable('sales_order')
      .set({ status: 'superseded', superseded_by: winner.id, updated_at: now })
      .where('organization_id', '=', organizationId)
      .where('id', '=', row.id)
      .execute();
    if (inBatch) inBatch.outcome = 'superseded';
    else
      withdraw.set(row.id, {
        orderId: row.id,
        order: { ...row.content, status: 'cancelled' },
        suggested: { document: 'SKIP', findings: [] },
      });
  }
  return [...withdraw.values()];
}

async function addFinding(tx: Tx, organizationId: string, channel: Channel, now: Date, item: Item, finding: Finding): Promise<void> {
  item.order.findings.push(finding);
  item.suggested = suggest(item.order, channel.policies);
  await tx
    .updateTable('sales_order')
    .set({ content: json(item.order), updated_at: now })
    .where('organization_id', '=', organizationId)
    .where('id', '=', item.id)
    .execute();
}

/** Orders of whose sale something is billed already: all of it, a part, an advance, or together with others in one document. */
async function documentedOrders(tx: Tx, organizationId: string, orderIds: string[]): Promise<Set<string>> {
  const { rows } = await sql<{ order_id: string }>`
    select distinct d.order_id from document d left join document head on head.organization_id = d.organization_id and head.id = d.merged_into and d.state = 'merged'
    where d.organization_id = ${organizationId} and d.order_id = any(${orderIds}::uuid[])
      and (d.purpose = 'sale' or d.purpose like 'part:%' or d.purpose like 'prepayment:%')
      and coalesce(head.state, d.state) in ('issued', 'submitted', 'refused')`.execute(tx);
  return new Set(rows.map((row) => row.order_id));
}

type LiveDocument = { id: string; kind: string; held: boolean; holds: string[] };

async function resultsOf(tx: Tx, organizationId: string, items: Item[], prepared: PrepareResult[]): Promise<StoredOrder[]> {
  const byOrder = new Map(prepared.map((result) => [result.orderId, result]));
  const live = await liveDocuments(
    tx,
    organizationId,
    items.flatMap((item) => (byOrder.get(item.id)?.action === 'created' ? [] : [item.id])),
  );
  return items.map((item) => {
    const result = byOrder.get(item.id);
    const action = result?.action;
    const document = action === 'created' ? { id: result!.documentId!, ...result!.made! } : live.get(item.id);
    const outcome: Outcome = action === 'changed-after-issue' ? 'changed-after-issue' : item.outcome;
    const changed = action === 'changed-after-issue' ? byOrder.get(item.id)!.findings : [];
    const suggested = changed.length > 0 ? { ...item.suggested, findings: [...item.suggested.findings, ...changed] } : item.suggested;
    const { id: documentId, kind: documentKind, held = false, holds = [] } = document ?? {};
    return { outcome, orderId: item.id, suggested, documentId, documentKind, held, holds };
  });
}

/** The document that stands for each order's sale, else its proforma. */
async function liveDocuments(tx: Tx, organizationId: string, orderIds: string[]): Promise<Map<string, LiveDocument>> {
  if (orderIds.length === 0) return new Map();
  const rows = await tx
    .selectFrom('document')
    .select(['id', 'order_id', 'kind', 'held', 'hold_codes'])
    .where('organization_id', '=', organizationId)
    .where(sql<boolean>`order_id = any(${orderIds}::uuid[])`)
    .where('purpose', 'in', ['sale', 'proforma'])
    .where('state', 'not in', ['withdrawn', 'cancelled'])
    .orderBy('purpose')
    .execute();
  return new Map(rows.map(({ id, order_id, kind, held, hold_codes }) => [order_id!, { id, kind, held, holds: hold_codes }]));
}

/** Two records of one file that contradict each other: the first stays and is held until a person has looked (H_DUP_CONFLICT). */
export async function holdConflicts(
  tx: Tx,
  ctx: Context,
  who: Who,
  channel: Channel,
  conflicts: { externalId: string; finding: Finding }[],
): Promise<void> {
  if (conflicts.length === 0) return;
  const rows = await tx
    .selectFrom('sales_order')
    .select(['id', 'external_id', 'content', 'status'])
    .where('organization_id', '=', who.organizationId)
    .where('connection_id', '=', channel.connectionId)
    .where(sql<boolean>`external_id = any(${conflicts.map((c) => c.externalId)}::text[])`)
    .execute();
  const again: OrderToPrepare[] = [];
  for (const row of rows) {
    const order = row.content;
    if (row.status === 'superseded' || order.findings.some((f) => f.code === 'H_DUP_CONFLICT')) continue;
    order.findings.push(conflicts.find((c) => c.externalId === row.external_id)!.finding);
    await tx
      .updateTable('sales_order')
      .set({ content: json(order), updated_at: ctx.now() })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', row.id)
      .execute();
    again.push({ orderId: row.id, order, suggested: suggest(order, channel.policies) });
  }
  await prepareOrders(tx, ctx, who, again, { ...channel.prepare, importId: channel.importId });
}
