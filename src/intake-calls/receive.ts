import { nudgeReceivable } from '../administer/index.ts';
import { openConnection } from '../connections/index.ts';
import type { CallVerdict, IncomingOrder, OrderEvent, RawCall } from '../contract/connector.ts';
import { storeOrders } from '../intake/index.ts';
import type { Context } from '../jobs/index.ts';
import { announce, json, newId, type Tx } from '../store/index.ts';
import { channelOf, eventsFor, overlaid } from './events.ts';
import { noticeCame, nudge, verified } from './notices.ts';

/**
 * Calls from outside: a ticket shop reports a sale, a provider sends a notice. The call, its orders, their documents and the run
 * that issues them are stored in one transaction; nothing waits for a provider, so selling never does. The same call again
 * changes nothing and is answered alike.
 */
type CallAnswer = { status: number; body: { ok: true } | { error: string } | Record<string, string> };

const taken: CallAnswer = { status: 202, body: { ok: true } };
/** Whoever cannot prove who he is learns nothing: a wrong address and a wrong signature are answered alike. */
const notAccepted: CallAnswer = { status: 401, body: { error: 'not accepted' } };
export const callLimitBytes = 256 * 1024;
/** A notice about a number that is not known yet: it is to come again. */
const notKnown: CallAnswer = { status: 404, body: { error: 'not known' } };
const tooLarge: CallAnswer = { status: 413, body: { error: 'too large' } };

export async function receiveCall(ctx: Context, token: string, call: RawCall): Promise<CallAnswer> {
  if (call.body.length > callLimitBytes) return tooLarge;
  const connection = await connectionOf(ctx, token);
  if (!connection) return notAccepted;
  const { session, connector } = openConnection(ctx, connection, { person: true });
  if (!connector.manifest.capabilities.includes('receive-calls') || !session.calls) return notAccepted;
  const verdict = await judged(ctx, () => session.calls!.receive(call));
  if (verdict.verdict === 'refuse')
    return verdict.status === 401 ? notAccepted : { status: verdict.status, body: { error: verdict.reason } };
  if (verdict.verdict === 'answer') {
    if (tooManyQuestions(connection.id, ctx.now())) return { status: 429, body: { error: 'too many' } };
    await ctx.store.org(connection.organization_id, (tx) => verified(tx, ctx, connection, verdict.secret));
    return { status: 200, body: verdict.body };
  }
  const unreadable = verdict.orders?.find((o) => 'rejected' in o);
  if (unreadable && 'rejected' in unreadable)
    return { status: 422, body: { error: `${unreadable.rejected.code} ${unreadable.rejected.where ?? ''}`.trim() } };
  const organizationId = connection.organization_id;
  const known = await ctx.store.org(organizationId, (tx) => take(tx, ctx, organizationId, connection, verdict, call.receivedAt));
  if (!known) return notKnown;
  return verdict.status ? { ...taken, status: verdict.status } : taken;
}

/** Whoever has the address may ask whether it is ours; more often than this nobody has to. */
const questionsPerMinute = 30;
const questions = new Map<string, { minute: number; count: number }>();

function tooManyQuestions(connectionId: string, now: Date): boolean {
  const minute = Math.floor(now.getTime() / 60_000);
  const before = questions.get(connectionId);
  const count = before?.minute === minute ? before.count + 1 : 1;
  if (questions.size > 10_000) questions.clear();
  questions.set(connectionId, { minute, count });
  return count > questionsPerMinute;
}

async function connectionOf(ctx: Context, token: string) {
  if (!/^[\w-]{20,100}$/.test(token)) return undefined;
  return ctx.store.system((tx) =>
    tx.selectFrom('connection').selectAll().where('intake_token', '=', token).where('status', '<>', 'removed').executeTakeFirst(),
  );
}

/** What a connector cannot read it must not bring down the door with. */
async function judged(ctx: Context, receive: () => Promise<CallVerdict> | CallVerdict): Promise<CallVerdict> {
  try {
    return await receive();
  } catch (error) {
    ctx.log('warn', 'a call could not be read', { error: (error as Error).message.slice(0, 300) });
    return { verdict: 'refuse', status: 422, reason: 'not readable' };
  }
}

type Accepted = Extract<CallVerdict, { verdict: 'accept' }>;

async function take(
  tx: Tx,
  ctx: Context,
  organizationId: string,
  connection: { id: string; name: string; organization_id: string },
  verdict: Accepted,
  at: Date,
): Promise<boolean> {
  if (verdict.nudge && 'claim' in verdict.nudge) {
    const found = await nudgeReceivable(tx, ctx, organizationId, connection.id, verdict.nudge);
    if (!found && verdict.nudge.says) return false;
  }
  const first = await tx
    .insertInto('received_call')
    .values({ organization_id: organizationId, connection_id: connection.id, call_id: verdict.id, at, body: null })
    .onConflict((c) => c.doNothing())
    .returning('call_id')
    .executeTakeFirst();
  if (!first) return true;
  const who = { organizationId, actor: `connection:${connection.name}` };
  if (verdict.nudge && !('claim' in verdict.nudge)) await nudge(tx, ctx, organizationId, connection.id, verdict.nudge);
  if (verdict.events?.length) await keepEvents(tx, ctx, organizationId, connection.id, verdict.events);
  const orders = (verdict.orders ?? []).flatMap((o: IncomingOrder) => ('order' in o ? [{ order: o.order, raw: o.raw }] : []));
  if (orders.length > 0) {
    const events = await eventsFor(
      tx,
      organizationId,
      connection.id,
      orders.map((o) => o.order),
    );
    const channel = await channelOf(tx, organizationId, connection.id);
    await storeOrders(
      tx,
      ctx,
      who,
      channel,
      orders.map(({ order, raw }) => ({ order: overlaid(order, events), raw })),
    );
    await announce(tx, organizationId, 'orders');
  }
  // The card that it may close comes after the transfers and orders it is about (ADR 3).
  if (verdict.event !== undefined) await noticeCame(tx, ctx, connection, verdict.event);
  return true;
}

async function keepEvents(tx: Tx, ctx: Context, organizationId: string, connectionId: string, events: OrderEvent[]): Promise<void> {
  const now = ctx.now();
  const rows = events.map((event) => ({
    organization_id: organizationId,
    id: newId(now),
    connection_id: connectionId,
    external_id: event.event === 'group_cancelled' ? null : event.externalId,
    scheme: event.event === 'group_cancelled' ? event.alias.scheme : null,
    value: event.event === 'group_cancelled' ? event.alias.value : null,
    event: json(event),
    at: now,
  }));
  for (let i = 0; i < rows.length; i += 1000)
    await tx
      .insertInto('order_event')
      .values(rows.slice(i, i + 1000))
      .execute();
  await ctx.jobs.enqueue(
    tx,
    'order-events',
    rows.map((r) => ({ organizationId, id: r.id })),
  );
}
