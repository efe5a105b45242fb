import { sql } from 'kysely';
import type { Context } from '../jobs/index.ts';
import { json } from '../store/index.ts';
import { isHeldBack } from './claim.ts';
import { leaseMs, limitsOf } from './engine.ts';
import { update } from './record.ts';
import { minuteMs } from './times.ts';

/**
 * Finds whatever a lost job left behind; run every minute. `restarted`: this is the only process and has just begun, so that nobody
 * else is sending; a request of the one before may still be worked on over there and is asked for after the usual wait.
 */
export async function sweepTransfers(ctx: Context, options: { restarted?: boolean; idleMs?: number } = {}): Promise<number> {
  const now = ctx.now();
  if (options.restarted) await takeBack(ctx);
  const { rows } = await sql<{ organization_id: string; id: string; connector: string; status: string; claimed_at: Date | null }>`
    select organization_id, id, connector, status, claimed_at from (
      select t.organization_id, t.id, c.connector, t.status, t.claimed_at,
        row_number() over (partition by t.organization_id, t.connection_id, t.status order by t.updated_at) as place
      from transfer t join connection c on c.organization_id = t.organization_id and c.id = t.connection_id
      where c.status in ('active','removed') and not ${isHeldBack} and t.updated_at < ${new Date(now.getTime() - (options.restarted ? 0 : (options.idleMs ?? minuteMs))).toISOString()}::timestamptz
        and ((t.status in ('waiting','unknown','pending') and (t.next_at <= ${now.toISOString()}::timestamptz or (t.next_at is null and t.status = 'waiting')))
          or t.status = 'sending')) due
    where place <= ${nudgesPerConnection} limit 1000`.execute(ctx.store.db);
  const due = rows.filter(
    (r) => r.status !== 'sending' || (r.claimed_at && now.getTime() - r.claimed_at.getTime() >= leaseMs(limitsOf(ctx, r.connector))),
  );
  for (const row of due)
    await ctx.store.org(row.organization_id, (tx) =>
      ctx.jobs.enqueue(tx, 'transfer', [{ organizationId: row.organization_id, id: row.id }]),
    );
  return due.length;
}

/** Whoever gets going takes the others with him. */
const nudgesPerConnection = 20;

async function takeBack(ctx: Context): Promise<void> {
  const rows = await ctx.store.system((tx) =>
    tx
      .selectFrom('transfer as t')
      .innerJoin('connection as c', (join) =>
        join.onRef('c.organization_id', '=', 't.organization_id').onRef('c.id', '=', 't.connection_id'),
      )
      .selectAll('t')
      .select('c.connector')
      .where('t.status', '=', 'sending')
      .execute(),
  );
  for (const { connector, ...transfer } of rows) {
    const next = new Date(transfer.claimed_at!.getTime() + limitsOf(ctx, connector).settleAfterMs);
    await ctx.store.org(transfer.organization_id, async (tx) => {
      await update(
        tx,
        transfer,
        ctx.now(),
        { status: 'unknown', next_at: next, cause: json({ code: 'NO_ANSWER' }) },
        { what: 'stopped while under way' },
      );
      await ctx.jobs.enqueue(tx, 'transfer', [{ organizationId: transfer.organization_id, id: transfer.id }], { startAfter: next });
    });
  }
}
