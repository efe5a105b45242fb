import { sql } from 'kysely';
import { type AgentMessage, type AgentState, type MessageAnswer, oldestProtocol } from '../contract/agent/index.ts';
import { closeCases, openCase } from '../diagnosis/index.ts';
import type { Context } from '../jobs/index.ts';
import { announce, json, type Tx } from '../store/index.ts';
import { agentFile, uploadUrl } from './files.ts';
import { progressErp, settleErp } from './folder.ts';
import { acceptJob, finishJob, type Progressed, progressJob, rejectJob, renewLeases, type Settle } from './jobs.ts';
import type { AgentCaller } from './pairing.ts';
import { pluginCause } from './plugin.ts';
import { progressPrint, settlePrint } from './print.ts';

/** What an agent tells us, each message in a transaction of its own: its answer is the acknowledgement. */

/** Whatever a job was made for hears of its end. */
export const settleJob: Settle = async (tx, ctx, job, result) => {
  if (job.kind === 'print.pdf') await settlePrint(tx, ctx, job, result);
  else await settleErp(tx, ctx, job, result);
};
const progressed: Progressed = async (tx, ctx, job, step, cause) => {
  if (job.kind === 'print.pdf') await progressPrint(tx, ctx, job, step, cause);
  else await progressErp(tx, ctx, job, cause);
};

export async function hearMessage(ctx: Context, caller: AgentCaller, message: AgentMessage): Promise<MessageAnswer> {
  return ctx.store.org(caller.organizationId, (tx) => hear(tx, ctx, caller, keepable(message)));
}

/**
 * Names of files and printers come from other machines as they are: NUL and half a character, which no text of the database holds, would
 * have the agent say the same message for ever.
 */
function keepable<T>(value: T): T {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\0', '\ufffd') as T;
  if (Array.isArray(value)) return value.map(keepable) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [keepable(name), keepable(one)])) as T;
}

const known = (is: boolean): MessageAnswer => (is ? { ok: true } : { ok: false, code: 'unknown' });

async function hear(tx: Tx, ctx: Context, caller: AgentCaller, message: AgentMessage): Promise<MessageAnswer> {
  switch (message.type) {
    case 'hello':
    case 'state':
      await hearState(tx, ctx, caller, message.state);
      return { ok: true };
    case 'job.accept':
      return known(await acceptJob(tx, ctx, caller, message.id));
    case 'job.reject':
      return known(await rejectJob(tx, ctx, caller, message, settleJob));
    case 'job.progress':
      return known(await progressJob(tx, ctx, caller, message, progressed));
    case 'job.result':
      return known(await finishJob(tx, ctx, caller, message, settleJob));
    case 'lease.renew':
      await renewLeases(tx, ctx, caller, message.ids);
      return { ok: true };
    case 'file.found':
      return hearFile(tx, ctx, caller, message);
    case 'log.batch':
      await keepLog(tx, caller, message.entries);
      return { ok: true };
    case 'bye':
      await tx
        .updateTable('agent')
        .set({ bye: json({ reason: message.reason, at: ctx.now().toISOString() }), seen_at: ctx.now() })
        .where('organization_id', '=', caller.organizationId)
        .where('id', '=', caller.agentId)
        .execute();
      await announce(tx, caller.organizationId, 'agents', caller.agentId);
      return { ok: true };
  }
}

/** Any call is a sign of life; the first one after a silence ends it. */
export async function noteSeen(ctx: Context, caller: AgentCaller, queue?: AgentState['queue']): Promise<void> {
  const { organizationId, agentId } = caller;
  const now = ctx.now();
  // What the caller was when he came in may be older than what he has said since: only his queue is put in.
  const state = queue && sql`case when jsonb_typeof(state) = 'object' then jsonb_set(state, '{queue}', ${json(queue)}) else state end`;
  await ctx.store.org(organizationId, async (tx) => {
    await tx
      .updateTable('agent')
      .set({ seen_at: now, bye: json(null), ...(state && { state }) })
      .where('organization_id', '=', organizationId)
      .where('id', '=', agentId)
      .execute();
    if (await closeCases(tx, ctx, organizationId, agentId, 'agent', (k) => k.code === 'agent_offline' || k.code === 'agent_revoked'))
      await announce(tx, organizationId, 'agents', agentId);
  });
}

async function hearState(tx: Tx, ctx: Context, { organizationId, agentId }: AgentCaller, state: AgentState): Promise<void> {
  const now = ctx.now();
  await tx
    .updateTable('agent')
    .set({ state: json(state), seen_at: now, bye: json(null), ...(state.machine ? { machine: json(state.machine) } : {}) })
    .where('organization_id', '=', organizationId)
    .where('id', '=', agentId)
    .execute();
  const { machine } = await tx
    .selectFrom('agent')
    .select('machine')
    .where('organization_id', '=', organizationId)
    .where('id', '=', agentId)
    .executeTakeFirstOrThrow();
  if (state.protocol < oldestProtocol)
    await openCase(tx, ctx, organizationId, agentId, { code: 'agent_too_old', params: { version: state.agentVersion } });
  else await closeCases(tx, ctx, organizationId, agentId, 'agent', (k) => k.code === 'agent_too_old');
  const assigned = await tx
    .selectFrom('agent_plugin')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('agent_id', '=', agentId)
    .execute();
  for (const row of assigned) {
    const plugin = state.plugins.find((p) => p.kind === 'folder' && p.name === row.plugin);
    await pluginCause(tx, ctx, row, plugin, machine.hostname ?? '');
  }
  await announce(tx, organizationId, 'agents', agentId);
}

async function hearFile(
  tx: Tx,
  ctx: Context,
  caller: AgentCaller,
  message: Extract<AgentMessage, { type: 'file.found' }>,
): Promise<MessageAnswer> {
  const { organizationId, agentId } = caller;
  const plugin = await tx
    .selectFrom('agent_plugin')
    .select('connection_id')
    .where('organization_id', '=', organizationId)
    .where('agent_id', '=', agentId)
    .where('plugin', '=', message.plugin)
    .executeTakeFirst();
  // Nobody has chosen this folder yet: the file stays where it is.
  if (!plugin) return { ok: false, code: 'again' };
  const fileId = await agentFile(tx, organizationId, agentId, message.sha256);
  if (!fileId) return { ok: true, have: false, url: uploadUrl(ctx, caller, message.sha256) };
  const made = await tx
    .insertInto('agent_found')
    .values({
      organization_id: organizationId,
      id: message.id,
      connection_id: plugin.connection_id,
      name: message.name,
      source: message.from,
      file_id: fileId,
      status: 'new',
      reference: null,
      at: ctx.now(),
    })
    .onConflict((c) => c.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (made) await ctx.jobs.enqueue(tx, 'agent-files', [{ organizationId, id: plugin.connection_id }]);
  return { ok: true, have: true };
}

const keptLogLines = 2000;

async function keepLog(
  tx: Tx,
  { organizationId, agentId }: AgentCaller,
  entries: Extract<AgentMessage, { type: 'log.batch' }>['entries'],
): Promise<void> {
  if (entries.length === 0) return;
  await tx
    .insertInto('agent_log')
    .values(entries.map((e) => ({ organization_id: organizationId, agent_id: agentId, at: e.at, level: e.level, message: e.message })))
    .execute();
  await sql`delete from agent_log where organization_id = ${organizationId} and agent_id = ${agentId} and seq <=
    (select seq from agent_log where organization_id = ${organizationId} and agent_id = ${agentId} order by seq desc offset ${keptLogLines} limit 1)`.execute(
    tx,
  );
}
