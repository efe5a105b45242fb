import { sql } from 'kysely';
import type { Context } from '../jobs/index.ts';
import { byLot, json, type Tx } from '../store/index.ts';
import { leaseMs, limitsOf } from './engine.ts';
import { follow } from './follow.ts';
import { applyRules, sweepRules } from './rules.ts';

const minuteMs = 60_000;
/** The provider's own check ends within seconds or a day; claims that people may change by hand are read once a day. */
const holdEveryMs = 15 * minuteMs;
const openEveryMs = 24 * 60 * minuteMs;
/** Of each connection, and each time others: a provider that does not answer keeps nobody else's claims from being read. */
const readsAtOnce = 20;
const mostReads = 1000;

/** The job about one claim: read back, then let the rules act. */
export async function workReceivable(ctx: Context, organizationId: string, receivableId: string): Promise<void> {
  await follow(ctx, organizationId, receivableId);
  await ctx.store.org(organizationId, (tx) => applyRules(tx, ctx, organizationId, receivableId));
}

/** Finds whatever a lost job left behind, what is due to be read, and documents that lag. Run every minute. */
export async function sweepReceivables(ctx: Context): Promise<void> {
  const now = ctx.now();
  const { rows } = await sql<{ organization_id: string; id: string; status: string; claimed_at: Date | null; connector: string }>`
    select a.organization_id, a.id, a.status, a.claimed_at, c.connector from receivable_action a
    join receivable r on r.organization_id = a.organization_id and r.id = a.receivable_id join connection c on c.organization_id = r.organization_id and c.id = r.connection_id
    where c.status in ('active', 'removed') and ((a.status in ('waiting', 'pending', 'unknown') and (a.next_at <= ${now.toISOString()}::timestamptz or (a.next_at is null and a.status = 'waiting')))
      or a.status = 'sending') order by ${byLot(now, 'a.id')} limit 1000`.execute(ctx.store.db);
  for (const row of rows) {
    if (row.status === 'sending' && now.getTime() - (row.claimed_at?.getTime() ?? 0) < leaseMs(limitsOf(ctx, row.connector))) continue;
    await enqueue(ctx, 'administer', row);
  }
  // Read later than now, it was read by a clock that was ahead: nobody knows how long ago.
  const notReadSince = (ms: number) =>
    sql`coalesce(r.read_at, r.created_at) not between ${new Date(now.getTime() - ms).toISOString()}::timestamptz and ${now.toISOString()}::timestamptz`;
  const { rows: stale } = await sql<{ organization_id: string; id: string }>`
    select organization_id, id from (select r.organization_id, r.id, row_number() over (partition by r.connection_id order by ${byLot(now, 'r.id')}) as turn
    from receivable r join connection c on c.organization_id = r.organization_id and c.id = r.connection_id
    where c.status = 'active' and ((r.state in ('on_hold', 'awaiting_buyer') and ${notReadSince(holdEveryMs)})
      or (r.state in ('pending', 'partly_active', 'active') and ${notReadSince(openEveryMs)})
      or exists (select 1 from receivable_part p where p.organization_id = r.organization_id and p.receivable_id = r.id and p.pdf_next_at <= ${now.toISOString()}::timestamptz))) due
    where turn <= ${readsAtOnce} order by turn limit ${mostReads}`.execute(ctx.store.db);
  for (const row of stale) await enqueue(ctx, 'receivable', row);
  await sweepRules(ctx);
}

async function enqueue(
  ctx: Context,
  queue: 'administer' | 'receivable',
  { organization_id, id }: { organization_id: string; id: string },
): Promise<void> {
  await ctx.store.org(organization_id, (tx) => ctx.jobs.enqueue(tx, queue, [{ organizationId: organization_id, id }]));
}

/**
 * A notice about a number or an order of the provider: the claim is read again. Its word on the state is kept for where nothing can be
 * read. False: no claim is known by that name (yet).
 */
export async function nudgeReceivable(
  tx: Tx,
  ctx: Context,
  organizationId: string,
  connectionId: string,
  { claim: about, says }: { claim: string; says?: string },
): Promise<boolean> {
  const { rows } = await sql<{ id: string }>`
    select r.id from receivable r where r.organization_id = ${organizationId} and r.connection_id = ${connectionId}
      and (r.provider_order_id = ${about} or exists (select 1 from receivable_part p where p.organization_id = r.organization_id and p.receivable_id = r.id
        and (p.number = ${about} or ${about} = any(p.aliases)))) limit 5`.execute(tx);
  if (says)
    for (const { id } of rows)
      await tx
        .updateTable('receivable')
        .set({ heard: json({ number: about, state: says, at: ctx.now().toISOString() }) })
        .where('organization_id', '=', organizationId)
        .where('id', '=', id)
        .execute();
  await ctx.jobs.enqueue(
    tx,
    'receivable',
    rows.map((r) => ({ organizationId, id: r.id })),
  );
  return rows.length > 0;
}
