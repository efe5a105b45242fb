import { sql } from 'kysely';
import { readConnection } from '../connections/index.ts';
import type { AgentPlugin } from '../contract/agent/index.ts';
import type { CauseRef } from '../contract/connector.ts';
import { closeCases, openCase } from '../diagnosis/index.ts';
import type { Context, Who } from '../jobs/index.ts';
import { announce, newId, type Tx } from '../store/index.ts';
import type { Plugin } from './folder.ts';
import { makeJob, openStatuses } from './jobs.ts';

/** Which folder of which agent serves a connection, and the card for what holds it up. */

const ofPlugin = ['erp_closed', 'erp_updated', 'folder_unwritable', 'agent_missing'];

/** One card for whatever holds a folder up; it closes when the agent says that things go on. */
export async function pluginCause(tx: Tx, ctx: Context, row: Plugin, plugin: AgentPlugin | undefined, machine: string): Promise<void> {
  const { organization_id: organizationId, connection_id: connectionId } = row;
  const zone = (await tx.selectFrom('organization').select('zone').where('id', '=', organizationId).executeTakeFirstOrThrow()).zone;
  const cause = causeOfPlugin(plugin, machine, zone);
  await closeCases(tx, ctx, organizationId, connectionId, 'agent', (k) => ofPlugin.includes(k.code) && k.code !== cause?.code);
  if (cause) await raise(tx, ctx, organizationId, connectionId, cause);
  const pause = plugin?.state === 'attention' || plugin?.state === 'checking' ? plugin.state : null;
  if (pause === row.pause) return;
  await tx
    .updateTable('agent_plugin')
    .set({ pause })
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .execute();
  await announce(tx, organizationId, 'agent-jobs', row.agent_id);
}

function causeOfPlugin(plugin: AgentPlugin | undefined, machine: string, zone: string): CauseRef | undefined {
  if (!plugin) return { code: 'agent_missing' };
  const params = { plugin: plugin.name, machine, detail: plugin.detail ?? '–' };
  if (plugin.state === 'unwritable') return { code: 'folder_unwritable', params };
  // A closed program with nothing to take is nobody's trouble.
  if (plugin.state === 'closed' && plugin.waiting > 0)
    return {
      code: 'erp_closed',
      params: { ...params, waiting: String(plugin.waiting), since: plugin.oldestAt ? shownTime(plugin.oldestAt, zone) : '–' },
    };
  if (plugin.state === 'attention')
    return { code: 'erp_updated', params: { ...params, before: plugin.programBefore ?? '–', after: plugin.programVersion ?? '–' } };
  return undefined;
}

/** Opens a card once, however its figures change meanwhile. */
export async function raise(
  tx: Tx,
  ctx: Context,
  organizationId: string,
  connectionId: string,
  cause: CauseRef,
  by?: string,
): Promise<void> {
  const open = await tx
    .selectFrom('cause_case')
    .select('params')
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .where('code', '=', cause.code)
    .where('closed_at', 'is', null)
    .execute();
  if (open.some((k) => by === undefined || k.params[by] === cause.params?.[by])) return;
  await openCase(tx, ctx, organizationId, connectionId, cause);
}

/** Day and minute where the seller is. */
export function shownTime(instant: string | Date, zone: string): string {
  return new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  }).format(new Date(instant));
}

/** Chooses the folder of an agent for a connection; what waited for one goes on. `agentId` null takes the choice back. */
export async function assignPlugin(
  ctx: Context,
  who: Who,
  connectionId: string,
  choice: { agentId: string; plugin: string } | null,
): Promise<'done' | 'unknown' | 'taken'> {
  const { organizationId } = who;
  return ctx.store.org(organizationId, async (tx) => {
    const connection = await readConnection(tx, organizationId, connectionId);
    if (!connection || connection.status === 'removed') return 'unknown';
    // Locked, so that two connections that want one folder come one after the other; refused before anything of the old choice is undone.
    const agent = choice
      ? await tx
          .selectFrom('agent')
          .select(['machine', 'state'])
          .where('organization_id', '=', organizationId)
          .where('id', '=', choice.agentId)
          .where('status', '<>', 'revoked')
          .forNoKeyUpdate()
          .executeTakeFirst()
      : undefined;
    if (choice) {
      if (!agent) return 'unknown';
      const other = await tx
        .selectFrom('agent_plugin')
        .select('connection_id')
        .where('organization_id', '=', organizationId)
        .where('agent_id', '=', choice.agentId)
        .where('plugin', '=', choice.plugin)
        .where('connection_id', '<>', connectionId)
        .executeTakeFirst();
      if (other) return 'taken';
    }
    await tx.deleteFrom('agent_plugin').where('organization_id', '=', organizationId).where('connection_id', '=', connectionId).execute();
    if (choice && agent) {
      const made = await tx
        .insertInto('agent_plugin')
        .values({
          organization_id: organizationId,
          connection_id: connectionId,
          agent_id: choice.agentId,
          plugin: choice.plugin,
          pause: null,
          created_at: ctx.now(),
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      await letGo(tx, ctx, organizationId, connectionId);
      // What no agent has accepted goes to the new one with its files.
      await moveJobs(tx, ctx, organizationId, connectionId, choice);
      const plugin = agent.state?.plugins.find((p) => p.kind === 'folder' && p.name === choice.plugin);
      await pluginCause(tx, ctx, made, plugin, agent.machine.hostname ?? '');
      await closeCases(tx, ctx, organizationId, connectionId, who.actor, (k) => k.code === 'agent_missing' && plugin !== undefined);
    }
    await announce(tx, organizationId, 'agents', choice?.agentId);
    return 'done';
  });
}

async function moveJobs(
  tx: Tx,
  ctx: Context,
  organizationId: string,
  connectionId: string,
  to: { agentId: string; plugin: string },
): Promise<void> {
  await sql`insert into agent_file (organization_id, agent_id, sha256, file_id, created_at)
    select f.organization_id, ${to.agentId}, f.sha256, f.file_id, f.created_at from agent_job j
      join lateral jsonb_array_elements(j.files) e on true join agent_file f on f.organization_id = j.organization_id and f.agent_id = j.agent_id and f.sha256 = e->>'sha256'
    where j.organization_id = ${organizationId} and j.connection_id = ${connectionId} and j.status = any(${[...openStatuses]}::text[]) and j.status <> 'accepted'
    on conflict do nothing`.execute(tx);
  await sql`update agent_job set agent_id = ${to.agentId}, status = 'waiting', lease_until = null,
      payload = payload || jsonb_build_object('plugin', ${to.plugin}::text), updated_at = ${ctx.now().toISOString()}::timestamptz
    where organization_id = ${organizationId} and connection_id = ${connectionId} and status in ('waiting','offered')`.execute(tx);
  await announce(tx, organizationId, 'agent-jobs', to.agentId);
}

/** Transfers that waited because there was no folder go on. */
async function letGo(tx: Tx, ctx: Context, organizationId: string, connectionId: string): Promise<void> {
  await tx
    .updateTable('connection_gate')
    .set({ open_until: null, failures: 0 })
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .execute();
  const { rows } = await sql<{ id: string }>`
    update transfer set next_at = null where organization_id = ${organizationId} and id in (
      select id from transfer where organization_id = ${organizationId} and connection_id = ${connectionId} and status = 'waiting' order by id for no key update)
    returning id`.execute(tx);
  await ctx.jobs.enqueue(
    tx,
    'transfer',
    rows.map(({ id }) => ({ organizationId, id })),
  );
}

/** Asks the agent to check the folder of a program now. Returns the job's id. */
export async function selfTest(ctx: Context, who: Who, agentId: string, plugin: string): Promise<string> {
  const now = ctx.now();
  return ctx.store.org(who.organizationId, async (tx) => {
    const assigned = await tx
      .selectFrom('agent_plugin')
      .select('connection_id')
      .where('organization_id', '=', who.organizationId)
      .where('agent_id', '=', agentId)
      .where('plugin', '=', plugin)
      .executeTakeFirst();
    const key = `selftest:${agentId}:${plugin}:${newId(now)}`;
    const job = await makeJob(tx, ctx, who.organizationId, {
      agentId,
      ...(assigned ? { connectionId: assigned.connection_id } : {}),
      kind: 'agent.selftest',
      key,
      lane: key,
      payload: { plugin },
      priority: 2,
      expiresAt: new Date(now.getTime() + 10 * 60_000),
    });
    return job.id;
  });
}
