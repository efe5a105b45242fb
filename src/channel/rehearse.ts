import { sql } from 'kysely';
import { longestPatienceMs, openConnection, readConnection } from '../connections/index.ts';
import type { Finding } from '../domain/finding.ts';
import { fromMinor } from '../domain/money/money.ts';
import type { Order } from '../domain/orders/order.ts';
import { partyName } from '../domain/parties/party.ts';
import { storeOrders } from '../intake/index.ts';
import type { Context } from '../jobs/index.ts';
import type { Tx } from '../store/index.ts';
import { issueInTransaction, readOrganization, type Who } from '../toissue/index.ts';
import { channelOptions } from './options.ts';

/**
 * Rehearsal: what the orders of past days would have become, before anything is switched on. The very code that stores, prepares and
 * issues runs over them in a transaction that is then undone, so what is shown is what would happen; nothing stays, nothing goes out,
 * no number is taken.
 */
type RehearsedOrder = {
  externalId: string;
  number: string;
  day: string;
  buyer: string;
  gross: string;
  currency: string;
  /** `issue`: it would be issued (or handed to the provider that numbers). `known`: it is here already. */
  verdict: 'issue' | 'held' | 'wait' | 'nothing' | 'known' | 'unreadable';
  kind?: string;
  findings: Finding[];
};
type Rehearsal = {
  from: string;
  to: string;
  orders: RehearsedOrder[];
  counts: Record<RehearsedOrder['verdict'], number>;
  /** Of what would be issued. */
  totals: { currency: string; gross: string }[];
  /** The same reason for how many. */
  causes: { code: string; count: number; params?: Record<string, string> }[];
  /** There are more orders in these days than were looked at. */
  more: boolean;
};

const maxRehearsed = 2000;
const batch = 100;
/** Reading many orders takes its turn with all other work of the connection. */
const patienceMs = longestPatienceMs;

/** Undefined: no such connection, or it gives no orders. Throws `Failed` when the channel cannot be read. */
export async function rehearse(
  ctx: Context,
  who: Who,
  connectionId: string,
  period: { from: string; to: string; limit: number },
): Promise<Rehearsal | undefined> {
  const connection = await ctx.store.org(who.organizationId, (tx) => readConnection(tx, who.organizationId, connectionId));
  if (!connection || connection.status === 'removed') return undefined;
  const open = openConnection(ctx, connection, { patienceMs });
  const { pulls } = open.session;
  if (!pulls) return undefined;
  const options = await ctx.store.org(who.organizationId, async (tx) =>
    channelOptions(await readOrganization(tx, who.organizationId), connection),
  );
  const limit = Math.min(period.limit, maxRehearsed);
  const orders: RehearsedOrder[] = [];
  let more = false;
  for await (const page of pulls.past(period.from, period.to)) {
    const room = limit - orders.length;
    more = page.length > room;
    const taken = page.slice(0, room);
    for (const one of taken) if ('rejected' in one) orders.push(unreadable(one));
    const read = taken.flatMap((one) => ('order' in one ? [{ order: one.order, raw: undefined }] : []));
    for (let i = 0; i < read.length; i += batch)
      orders.push(...(await undone(ctx, who.organizationId, (tx) => judge(tx, ctx, who, options.channel, read.slice(i, i + batch)))));
    if (orders.length >= limit) break;
  }
  await open.save();
  return summary(period, orders, more || orders.length >= limit);
}

class Undo<T> extends Error {
  readonly result: T;
  constructor(result: T) {
    super('undone');
    this.result = result;
  }
}

/** Runs work in a transaction that is never committed. */
async function undone<T>(ctx: Context, organizationId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  try {
    return await ctx.store.org(organizationId, async (tx) => {
      throw new Undo(await work(tx));
    });
  } catch (error) {
    if (error instanceof Undo) return error.result as T;
    throw error;
  }
}

type Item = { order: Order; raw: undefined };

async function judge(tx: Tx, ctx: Context, who: Who, channel: Parameters<typeof storeOrders>[3], items: Item[]): Promise<RehearsedOrder[]> {
  const known = await knownOf(
    tx,
    who.organizationId,
    channel.connectionId,
    items.map((i) => i.order.externalId),
  );
  const stored = await storeOrders(tx, ctx, who, channel, items);
  const clean = stored.flatMap((s, i) => (s.documentId && !s.held && !known.has(items[i]!.order.externalId) ? [s.documentId] : []));
  const issued = new Map((await issueInTransaction(tx, ctx, who, clean, {})).map((r) => [r.id, r]));
  const documents = await documentsOf(
    tx,
    who.organizationId,
    stored.flatMap((s) => s.documentId ?? []),
  );
  return stored.map((s, i): RehearsedOrder => {
    const { order } = items[i]!;
    const document = s.documentId ? documents.get(s.documentId) : undefined;
    const head = {
      ...headOf(order),
      ...(document && { gross: fromMinor(document.gross_minor, document.currency), kind: document.kind, buyer: document.buyer_name }),
    };
    if (known.has(order.externalId) || s.outcome === 'known-elsewhere') return { ...head, verdict: 'known', findings: [] };
    if (!document) return { ...head, verdict: s.suggested.document === 'WAIT' ? 'wait' : 'nothing', findings: s.suggested.findings };
    const result = issued.get(s.documentId!);
    if (result && result.outcome !== 'refused') return { ...head, verdict: 'issue', findings: document.findings };
    return { ...head, verdict: 'held', findings: result?.outcome === 'refused' ? result.findings : document.findings };
  });
}

function headOf(order: Order): Omit<RehearsedOrder, 'verdict' | 'findings'> {
  const { buyer } = order;
  return {
    externalId: order.externalId,
    number: order.number ?? order.externalId,
    day: order.orderedAt.slice(0, 10),
    buyer: partyName(buyer),
    gross: order.declaredTotal ?? '0',
    currency: order.currency,
  };
}

async function knownOf(tx: Tx, organizationId: string, connectionId: string, ids: string[]): Promise<Set<string>> {
  const rows = await tx
    .selectFrom('sales_order')
    .select('external_id')
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .where('external_id', 'in', ids)
    .execute();
  return new Set(rows.map((row) => row.external_id));
}

async function documentsOf(tx: Tx, organizationId: string, ids: string[]) {
  const { rows } = await sql<{ id: string; kind: string; gross_minor: bigint; currency: string; buyer_name: string; findings: Finding[] }>`
    select id, kind, gross_minor, currency, buyer_name, findings from document where organization_id = ${organizationId} and id = any(${ids}::uuid[])`.execute(
    tx,
  );
  return new Map(rows.map((row) => [row.id, row]));
}

function unreadable({ rejected, externalId }: { rejected: Finding; externalId?: string }): RehearsedOrder {
  const id = externalId ?? '';
  return { externalId: id, number: id, day: '', buyer: '', gross: '0', currency: '', verdict: 'unreadable', findings: [rejected] };
}

function summary({ from, to }: { from: string; to: string }, orders: RehearsedOrder[], more: boolean): Rehearsal {
  const counts = { issue: 0, held: 0, wait: 0, nothing: 0, known: 0, unreadable: 0 };
  const sums = new Map<string, bigint>();
  const causes = new Map<string, { count: number; params?: Record<string, string> }>();
  for (const one of orders) {
    counts[one.verdict]++;
    if (one.verdict === 'issue') sums.set(one.currency, (sums.get(one.currency) ?? 0n) + BigInt(one.gross.replace('.', '')));
    if (one.verdict !== 'held' && one.verdict !== 'unreadable') continue;
    for (const code of new Set(one.findings.filter((f) => f.level !== 'warning').map((f) => f.code)))
      causes.set(code, { count: (causes.get(code)?.count ?? 0) + 1, params: one.findings.find((f) => f.code === code)?.params });
  }
  return {
    from,
    to,
    orders,
    counts,
    totals: [...sums].sort().map(([currency, minor]) => ({ currency, gross: fromMinor(minor, currency) })),
    causes: [...causes].map(([code, c]) => ({ code, ...c })).sort((a, b) => b.count - a.count),
    more,
  };
}
