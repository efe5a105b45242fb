import { sql } from 'kysely';
import { type Connection, type OpenConnection, openConnection, readConnection } from '../connections/index.ts';
import { type CauseRef, Failed, type IncomingOrder, type PullsOrders } from '../contract/connector.ts';
import { QuotaWait } from '../contract/requests.ts';
import { cut } from '../domain/cut.ts';
import type { Order } from '../domain/orders/order.ts';
import { storeOrders } from '../intake/index.ts';
import { eventsFor, overlaid } from '../intake-calls/index.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, json, type Tx } from '../store/index.ts';
import { issueByItself, listSeries, readOrganization, type Who } from '../toissue/index.ts';
import { type ChannelOptions, channelOptions } from './options.ts';
import { keepReject, solveRejects } from './rejects.ts';
import { connectionFailed, connectionWorked } from './trouble.ts';

/**
 * Asking a channel for its orders. One run at a time for a connection: the row in `channel_pull` is claimed, each page commits with its
 * cursor, and a run that died is taken over when its lease is over. What was read twice changes nothing; what cannot be read is
 * kept as a reject, shown, and read again at every run until it can.
 */
const minuteMs = 60_000;
export const defaultEveryMs = minuteMs;
/** Longer than any page takes; renewed with each one. */
export const leaseMs = 5 * minuteMs;
const backoffMs = [1, 2, 5, 10, 30].map((m) => m * minuteMs);
/** Failures in a row before it is a card: one night's hiccup is nobody's business. */
const patience = 3;
const rejectsARun = 20;
/** Takes its turn among what is put on the orders, which would keep it waiting for ever; a handful of such waits is shorter than a lease. */
const patienceMs = 10_000;
/** Clocks of two machines may be apart; further than this it was another job. */
const earlyMs = 5_000;

export type PullCounts = Record<string, number>;
type PullReport = { pages: number; counts: PullCounts; nextAt?: Date; cause?: CauseRef };
type Run = {
  connection: Connection;
  token: Date;
  open: OpenConnection;
  pulls: PullsOrders;
  counts: PullCounts;
  pages: number;
  /** Somebody waits for this run: until it has brought something it may use what is kept free for persons. */
  person: boolean;
  /** The other side wants no more before then. */
  shutUntil?: Date;
};

/** The job: everything new and changed, once. Returns undefined when there is nothing to do: another run is under way, or the connection rests. */
export async function workPull(ctx: Context, organizationId: string, connectionId: string): Promise<PullReport | undefined> {
  const claimed = await claim(ctx, organizationId, connectionId);
  if (!claimed) return undefined;
  const { connection, token, person } = claimed;
  const pace = { person, patienceMs };
  const open = openConnection(ctx, connection, pace);
  const { pulls } = open.session;
  if (!pulls) throw new Error(`connector ${connection.connector} gives no orders`);
  const run: Run = { connection, token, open, pulls, counts: {}, pages: 0, person };
  let nextAt = new Date(ctx.now().getTime() + (open.connector.manifest.pull?.everyMs ?? defaultEveryMs));
  let cause: CauseRef | undefined;
  try {
    await pages(ctx, run, () => {
      pace.person = false;
    });
    await readRejects(ctx, run);
  } catch (error) {
    if (error instanceof LostRun) return undefined;
    if (error instanceof QuotaWait) {
      nextAt = error.until;
      run.shutUntil = error.until;
    } else cause = error instanceof Failed ? error.ref : { code: 'PULL_FAILED', providerText: cut((error as Error).message, 300) };
    if (cause && !(error instanceof Failed))
      ctx.log('error', 'orders could not be pulled', { connection: connectionId, error: (error as Error).message });
  }
  await open.save();
  return finish(ctx, run, nextAt, cause);
}

/** Somebody else took the run over: what they do counts. */
class LostRun extends Error {
  override name = 'LostRun';
}

async function claim(
  ctx: Context,
  organizationId: string,
  connectionId: string,
): Promise<{ connection: Connection; token: Date; person: boolean } | undefined> {
  const now = ctx.now();
  return ctx.store.org(organizationId, async (tx) => {
    await tx
      .insertInto('channel_pull')
      .values({ organization_id: organizationId, connection_id: connectionId, counts: json({}) })
      .onConflict((c) => c.doNothing())
      .execute();
    const row = await tx
      .selectFrom('channel_pull')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('connection_id', '=', connectionId)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow();
    const connection = await readConnection(tx, organizationId, connectionId);
    if (connection?.status !== 'active') return undefined;
    if (row.claimed_at && now.getTime() - row.claimed_at.getTime() < leaseMs) return undefined;
    if (row.next_at && row.next_at > now) {
      // The job's clock is the database's: one that came a moment early comes again.
      if (row.next_at.getTime() - now.getTime() <= earlyMs) await pullAt(tx, ctx, organizationId, connectionId, row.next_at);
      return undefined;
    }
    await tx
      .updateTable('channel_pull')
      // Whoever asks from here on leaves it empty, and is answered by another run.
      .set({ claimed_at: now, started_at: now, next_at: now, shut_until: null, for_person: false })
      .where('organization_id', '=', organizationId)
      .where('connection_id', '=', connectionId)
      .execute();
    await announce(tx, organizationId, 'connections', connectionId);
    return { connection, token: now, person: row.for_person };
  });
}

async function pages(ctx: Context, run: Run, brought: () => void): Promise<void> {
  const { connection, pulls } = run;
  const organizationId = connection.organization_id;
  const options = await ctx.store.org(organizationId, async (tx) => channelOptions(await readOrganization(tx, organizationId), connection));
  const known = (ids: string[]) => ctx.store.org(organizationId, (tx) => revisionsOf(tx, organizationId, connection.id, ids));
  for await (const { orders, cursor } of pulls.pull(connection.cursor ?? undefined, { since: options.since, known })) {
    await ctx.store.org(organizationId, async (tx) => {
      await renew(tx, ctx, run);
      await takeOrders(tx, ctx, connection, options, orders, run.counts);
      await tx
        .updateTable('connection')
        .set({ cursor: json(cursor) })
        .where('organization_id', '=', organizationId)
        .where('id', '=', connection.id)
        .execute();
    });
    run.pages++;
    if (orders.length > 0) brought();
  }
}

async function revisionsOf(tx: Tx, organizationId: string, connectionId: string, ids: string[]): Promise<Map<string, string | undefined>> {
  const { rows } = await sql<{
    external_id: string;
    revision: string | null;
  }>`select external_id, content->>'revision' as revision from sales_order
    where organization_id = ${organizationId} and connection_id = ${connectionId} and external_id = any(${ids}::text[])`.execute(tx);
  return new Map(rows.map((row) => [row.external_id, row.revision ?? undefined]));
}

/** The lease is counted from the last page; whoever lost it stores nothing. */
async function renew(tx: Tx, ctx: Context, run: Run): Promise<void> {
  const now = ctx.now();
  const { numUpdatedRows } = await tx
    .updateTable('channel_pull')
    .set({ claimed_at: now })
    .where('organization_id', '=', run.connection.organization_id)
    .where('connection_id', '=', run.connection.id)
    .where('claimed_at', '=', run.token)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw new LostRun();
  run.token = now;
}

/** Stores what a page brought, with the documents it asks for. Counts by outcome. */
async function takeOrders(
  tx: Tx,
  ctx: Context,
  connection: Connection,
  options: ChannelOptions,
  incoming: IncomingOrder[],
  counts: PullCounts,
): Promise<void> {
  const organizationId = connection.organization_id;
  const who: Who = { organizationId, actor: `connection:${connection.name}` };
  const count = (outcome: string, n = 1) => {
    counts[outcome] = (counts[outcome] ?? 0) + n;
  };
  const read = incoming.flatMap((one) => ('order' in one ? [{ order: one.order, raw: one.raw }] : []));
  const gone = await goneOrders(
    tx,
    ctx,
    connection,
    incoming.flatMap((one) => ('gone' in one ? [one.externalId] : [])),
  );
  const own = await ownNumbers(
    tx,
    organizationId,
    connection.id,
    read.map((r) => r.order.externalId),
  );
  const events =
    read.length > 0
      ? await eventsFor(
          tx,
          organizationId,
          connection.id,
          read.map((r) => r.order),
        )
      : [];
  const orders = [...read.map(({ order, raw }) => ({ order: overlaid(withoutOwn(order, own), events), raw })), ...gone];
  // The last reading of an order within a page is the one that counts.
  const once = [...new Map(orders.map((one) => [one.order.externalId, one])).values()];
  const stored = await storeOrders(tx, ctx, who, options.channel, once);
  for (const one of stored) count(one.outcome);
  if (options.settings.autoIssue)
    await issueClean(
      tx,
      ctx,
      organizationId,
      connection.id,
      stored.flatMap((s) => (s.documentId && !s.held ? [s.documentId] : [])),
    );
  const rejected = incoming.flatMap((one) => ('rejected' in one ? [one] : []));
  for (const one of rejected) await keepReject(tx, ctx, connection, one);
  count('rejected', rejected.length);
  await solveRejects(
    tx,
    connection,
    once.map((one) => one.order.externalId),
  );
  if (stored.some((s) => s.outcome !== 'unchanged')) await announce(tx, organizationId, 'orders');
}

/** What the channel no longer has is cancelled: its prepared document goes back, an issued one is shown for a correction. */
async function goneOrders(tx: Tx, ctx: Context, connection: Connection, ids: string[]): Promise<{ order: Order; raw?: string }[]> {
  if (ids.length === 0) return [];
  const rows = await tx
    .selectFrom('sales_order')
    .select('content')
    .where('organization_id', '=', connection.organization_id)
    .where('connection_id', '=', connection.id)
    .where('external_id', 'in', ids)
    .where('status', 'not in', ['cancelled', 'superseded'])
    .execute();
  return rows.map(({ content }) => ({ order: { ...content, status: 'cancelled', cancelledAt: ctx.now().toISOString() } }));
}

/** Numbers of our documents of these orders: the channel shows them because we put them there. */
async function ownNumbers(tx: Tx, organizationId: string, connectionId: string, ids: string[]): Promise<Map<string, Set<string>>> {
  if (ids.length === 0) return new Map();
  const rows = await tx
    .selectFrom('document as d')
    .innerJoin('sales_order as o', (join) => join.onRef('o.organization_id', '=', 'd.organization_id').onRef('o.id', '=', 'd.order_id'))
    .select(['o.external_id', 'd.number'])
    .where('o.organization_id', '=', organizationId)
    .where('o.connection_id', '=', connectionId)
    .where('o.external_id', 'in', ids)
    .where('d.number', 'is not', null)
    .execute();
  const own = new Map<string, Set<string>>();
  for (const { external_id, number } of rows) own.set(external_id, (own.get(external_id) ?? new Set()).add(number!));
  return own;
}

function withoutOwn(order: Order, own: Map<string, Set<string>>): Order {
  const numbers = own.get(order.externalId);
  if (!numbers || order.documentedElsewhere.length === 0) return order;
  return { ...order, documentedElsewhere: order.documentedElsewhere.filter((d) => !d.number || !numbers.has(d.number)) };
}

/** Clean documents of this connection go out by themselves; a series that issues by itself has done so already. */
async function issueClean(tx: Tx, ctx: Context, organizationId: string, connectionId: string, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  const { rows } = await sql<{ id: string; series_id: string | null }>`
    select d.id, d.series_id from document d
    where d.organization_id = ${organizationId} and d.id = any(${ids}::uuid[]) and d.state = 'to_issue' and not d.held and cardinality(d.edited) = 0
      and not exists (select 1 from issue_run r where r.organization_id = d.organization_id and r.status in ('waiting','running') and d.id = any(r.ids))
    order by d.created_at, d.id`.execute(tx);
  await issueByItself(tx, ctx, { organizationId, actor: `connection:${connectionId}` }, rows, await listSeries(tx, organizationId));
}

/** The longest unread first, a few a run, so that a heap of them does not eat the limit. */
async function readRejects(ctx: Context, run: Run): Promise<void> {
  const { connection, pulls } = run;
  const organizationId = connection.organization_id;
  const started = run.token;
  const rows = await ctx.store.org(organizationId, (tx) =>
    tx
      .selectFrom('pull_reject')
      .select('external_id')
      .where('organization_id', '=', organizationId)
      .where('connection_id', '=', connection.id)
      .where('external_id', '<>', '')
      .where('last_at', '<', started)
      .orderBy('last_at')
      .limit(rejectsARun)
      .execute(),
  );
  if (rows.length === 0) return;
  const options = await ctx.store.org(organizationId, async (tx) => channelOptions(await readOrganization(tx, organizationId), connection));
  for (const { external_id } of rows) {
    const order = await pulls.read(external_id);
    await ctx.store.org(organizationId, async (tx) => {
      await renew(tx, ctx, run);
      if (!order || 'gone' in order) await solveRejects(tx, connection, [external_id]);
      if (order) await takeOrders(tx, ctx, connection, options, [order], run.counts);
    });
  }
}

/** Reads one order now, because a person asks. Undefined: no such connection. */
export async function readOrderNow(ctx: Context, who: Who, connectionId: string, externalId: string): Promise<PullCounts | undefined> {
  const connection = await ctx.store.org(who.organizationId, (tx) => readConnection(tx, who.organizationId, connectionId));
  if (!connection || connection.status === 'removed') return undefined;
  const open = openConnection(ctx, connection, { person: true });
  if (!open.session.pulls) return undefined;
  const order = await open.session.pulls.read(externalId);
  await open.save();
  const counts: PullCounts = {};
  if (order)
    await ctx.store.org(who.organizationId, async (tx) => {
      const options = channelOptions(await readOrganization(tx, who.organizationId), connection);
      await takeOrders(tx, ctx, connection, options, [order], counts);
    });
  return counts;
}

// ---------------------------------------------------------------- end of a run, and the next one

async function finish(ctx: Context, run: Run, nextAt: Date, cause: CauseRef | undefined): Promise<PullReport> {
  const { connection, counts, pages: pageCount } = run;
  const organizationId = connection.organization_id;
  return ctx.store.org(organizationId, async (tx) => {
    const now = ctx.now();
    const row = await tx
      .selectFrom('channel_pull')
      .select(['failures', 'claimed_at', 'next_at', 'for_person'])
      .where('organization_id', '=', organizationId)
      .where('connection_id', '=', connection.id)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow();
    if (row.claimed_at?.getTime() !== run.token.getTime()) return { pages: pageCount, counts };
    // A limit met before the first answer proves nothing about the connection.
    const works = !cause && (!run.shutUntil || pageCount > 0);
    const failures = cause ? row.failures + 1 : works ? 0 : row.failures;
    // Asked for while it was under way: what came since may lie behind what was read.
    const asked = row.next_at === null && !cause && (!run.shutUntil || (row.for_person && !run.person));
    const next = cause ? new Date(now.getTime() + backoffMs[Math.min(failures, backoffMs.length) - 1]!) : asked ? now : nextAt;
    const read = Object.values(counts).reduce((sum, n) => sum + n, 0);
    await tx
      .updateTable('channel_pull')
      .set({
        claimed_at: null,
        next_at: next,
        failures,
        cause: json(cause ?? null),
        shut_until: asked ? null : (run.shutUntil ?? null),
        // Whoever waited for a run that the limit ended waits on.
        for_person: row.for_person || (run.shutUntil !== undefined && run.person),
        ...(works ? { done_at: now } : {}),
        // The last run that brought something stays on the screen.
        ...(read > 0 || cause ? { counts: json(counts) } : {}),
      })
      .where('organization_id', '=', organizationId)
      .where('connection_id', '=', connection.id)
      .execute();
    if (cause) await connectionFailed(tx, ctx, connection, cause, failures >= patience);
    else if (works) await connectionWorked(tx, ctx, connection);
    if (asked) await ctx.jobs.enqueue(tx, 'pull-orders', [{ organizationId, id: connection.id }]);
    else if (run.shutUntil) await pullAt(tx, ctx, organizationId, connection.id, run.shutUntil);
    await announce(tx, organizationId, 'connections', connection.id);
    return { pages: pageCount, counts, nextAt: next, ...(cause && { cause }) };
  });
}

/** The sweep comes once a minute: whoever waits for a limit goes on the moment it opens. */
async function pullAt(tx: Tx, ctx: Context, organizationId: string, id: string, at: Date): Promise<void> {
  await ctx.jobs.enqueue(tx, 'pull-orders', [{ organizationId, id }], { startAfter: at });
}

/** "Pull now", and the first time after a connection was made. False: this connection gives no orders or rests. */
export async function pullNow(ctx: Context, who: Who, connectionId: string): Promise<boolean> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const connection = await readConnection(tx, who.organizationId, connectionId);
    if (connection?.status !== 'active' || !givesOrders(ctx, connection.connector)) return false;
    await tx
      .insertInto('channel_pull')
      .values({ organization_id: who.organizationId, connection_id: connectionId, counts: json({}), for_person: true })
      .onConflict((c) => c.columns(['organization_id', 'connection_id']).doUpdateSet({ next_at: null, for_person: true }))
      .execute();
    await ctx.jobs.enqueue(tx, 'pull-orders', [{ organizationId: who.organizationId, id: connectionId }]);
    await audit(tx, who.organizationId, who.actor, ctx.now(), [
      { action: 'orders asked for', entity: 'connection', entityId: connectionId },
    ]);
    return true;
  });
}

export function givesOrders(ctx: Pick<Context, 'connectors'>, connector: string): boolean {
  return ctx.connectors.get(connector)?.manifest.capabilities.includes('pull-orders') ?? false;
}

/** Every connection whose time has come; run every minute. */
export async function sweepPulls(ctx: Context): Promise<number> {
  const now = ctx.now();
  const connectors = [...ctx.connectors.keys()].filter((id) => givesOrders(ctx, id));
  if (connectors.length === 0) return 0;
  const { rows } = await sql<{ organization_id: string; id: string }>`
    select c.organization_id, c.id from connection c left join channel_pull p on p.organization_id = c.organization_id and p.connection_id = c.id
    where c.status = 'active' and c.connector = any(${connectors}::text[])
      and (p.next_at is null or p.next_at <= ${now.toISOString()}::timestamptz)
      and (p.claimed_at is null or p.claimed_at <= ${new Date(now.getTime() - leaseMs).toISOString()}::timestamptz)
    order by p.next_at nulls first limit 1000`.execute(ctx.store.db);
  for (const row of rows)
    await ctx.store.org(row.organization_id, (tx) =>
      ctx.jobs.enqueue(tx, 'pull-orders', [{ organizationId: row.organization_id, id: row.id }]),
    );
  return rows.length;
}
