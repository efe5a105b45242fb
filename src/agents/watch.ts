import { sql } from 'kysely';
import { closeCases } from '../diagnosis/index.ts';
import type { Context, Who } from '../jobs/index.ts';
import { announce, audit, byLot, json, type Tx } from '../store/index.ts';
import { expireJobs, finishJob } from './jobs.ts';
import { settleJob } from './messages.ts';
import { raise, shownTime } from './plugin.ts';
import { sweepPrints } from './print.ts';

/** Silence of agents, told once and once more when it is over; leases, expiry and what lost jobs left behind. */

/** Two polls missed: from then on the agent counts as away. */
export const silentMs = 2 * 60_000;
/** Without work that waits nobody is bothered before this. */
const idleSilenceMs = 30 * 60_000;

export async function sweepAgents(ctx: Context): Promise<void> {
  await expireJobs(ctx, settleJob);
  await sweepPrints(ctx);
  await nudgeFiles(ctx);
  await noticeSilence(ctx);
}

/** Opens one card for each agent that is silent. Returns how many are. */
export async function noticeSilence(ctx: Context): Promise<number> {
  const now = ctx.now();
  const { rows } = await sql<{ organization_id: string; id: string }>`
    select a.organization_id, a.id from agent a where a.status = 'active' and a.seen_at < ${new Date(now.getTime() - silentMs).toISOString()}::timestamptz
      and (a.seen_at < ${new Date(now.getTime() - idleSilenceMs).toISOString()}::timestamptz
        or exists (select 1 from agent_job j where j.organization_id = a.organization_id and j.agent_id = a.id and j.status in ('waiting','offered','accepted')))
      and not exists (select 1 from cause_case k where k.organization_id = a.organization_id and k.connection_id = a.id and k.code = 'agent_offline' and k.closed_at is null)
    limit 500`.execute(ctx.store.db);
  for (const { organization_id: organizationId, id } of rows)
    await ctx.store.org(organizationId, async (tx) => {
      const agent = await tx
        .selectFrom('agent')
        .select(['machine', 'seen_at', 'bye'])
        .where('organization_id', '=', organizationId)
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      if (!agent.seen_at || now.getTime() - agent.seen_at.getTime() < silentMs) return;
      const { zone } = await tx.selectFrom('organization').select('zone').where('id', '=', organizationId).executeTakeFirstOrThrow();
      const params = {
        machine: agent.machine.hostname ?? '',
        since: shownTime(agent.seen_at, zone),
        lastWords: agent.bye?.reason ?? 'none',
      };
      await raise(tx, ctx, organizationId, id, { code: 'agent_offline', params });
      await announce(tx, organizationId, 'agents', id);
    });
  return rows.length;
}

async function nudgeFiles(ctx: Context): Promise<void> {
  const { rows } = await sql<{ organization_id: string; connection_id: string }>`
    select f.organization_id, f.connection_id from agent_found f join connection c on c.organization_id = f.organization_id and c.id = f.connection_id
    where f.status = 'new' and c.status <> 'removed' group by 1, 2 order by ${byLot(ctx.now(), 'f.connection_id')} limit 500`.execute(
    ctx.store.db,
  );
  for (const row of rows)
    await ctx.store.org(row.organization_id, (tx) =>
      ctx.jobs.enqueue(tx, 'agent-files', [{ organizationId: row.organization_id, id: row.connection_id }]),
    );
}

/**
 * The key buys nothing from now on. What the agent had accepted is unknown until it is looked for: paired again, it finds its store
 * and tells. What it had not accepted waits for another agent, prints excepted: nobody wants them tomorrow.
 */
export async function revokeAgent(ctx: Context, who: Who, id: string): Promise<boolean> {
  const { organizationId } = who;
  return ctx.store.org(organizationId, async (tx) => {
    const now = ctx.now();
    const { numUpdatedRows } = await tx
      .updateTable('agent')
      .set({ status: 'revoked', revoked_at: now, next_public_key: null, nonces: json([]) })
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .where('status', '<>', 'revoked')
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    const open = await tx
      .selectFrom('agent_job')
      .select(['id', 'kind', 'status', 'payload'])
      .where('organization_id', '=', organizationId)
      .where('agent_id', '=', id)
      .where('status', 'in', ['waiting', 'offered', 'accepted'])
      .orderBy('id')
      .execute();
    for (const job of open) {
      const printer = String(job.payload.printerName ?? '');
      const caller = { organizationId, agentId: id };
      if (job.status === 'accepted') {
        const cause = job.kind === 'print.pdf' ? { code: 'print_unknown', params: { printer } } : { code: 'agent_job_lost' };
        await finishJob(tx, ctx, caller, { id: job.id, result: { outcome: 'unknown', cause } }, settleJob);
      } else if (job.kind === 'print.pdf')
        await finishJob(
          tx,
          ctx,
          caller,
          { id: job.id, result: { outcome: 'failed', class: 'auth', cause: { code: 'agent_revoked' } } },
          settleJob,
        );
    }
    await closeCases(tx, ctx, organizationId, id, who.actor, () => true);
    await announce(tx, organizationId, 'agents', id);
    await audit(tx, organizationId, who.actor, now, [{ action: 'agent revoked', entity: 'agent', entityId: id }]);
    return true;
  });
}

/** Takes a revoked agent out of the lists; its rules print no more and its connections are without an agent. */
export async function removeAgent(ctx: Context, who: Who, id: string): Promise<boolean> {
  const { organizationId } = who;
  return ctx.store.org(organizationId, async (tx) => {
    const row = await tx
      .selectFrom('agent')
      .select('status')
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (row?.status !== 'revoked') return false;
    await letGo(tx, organizationId, id, ctx.now());
    await announce(tx, organizationId, 'agents', id);
    await audit(tx, organizationId, who.actor, ctx.now(), [{ action: 'agent removed', entity: 'agent', entityId: id }]);
    return true;
  });
}

async function letGo(tx: Tx, organizationId: string, id: string, now: Date): Promise<void> {
  await tx.deleteFrom('agent_plugin').where('organization_id', '=', organizationId).where('agent_id', '=', id).execute();
  await tx
    .updateTable('print_rule')
    .set({ active: false, updated_at: now })
    .where('organization_id', '=', organizationId)
    .where('agent_id', '=', id)
    .execute();
  await tx
    .updateTable('connection')
    .set({ status: 'removed', updated_at: now })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .execute();
}
