import { sql } from 'kysely';
import { type AgentState, fingerprintOf } from '../contract/agent/index.ts';
import type { CauseRef } from '../contract/connector.ts';
import type { Context } from '../jobs/index.ts';
import type { Tx } from '../store/index.ts';
import { silentMs } from './watch.ts';

/** Agents as the screens show them. */
type AgentStanding = 'unconfirmed' | 'online' | 'erp_closed' | 'printer_trouble' | 'degraded' | 'offline' | 'never' | 'revoked';
export type AgentView = {
  id: string;
  name: string;
  standing: AgentStanding;
  fingerprint: string;
  keySince: Date;
  machine: { os: string; arch: string; hostname: string; timezone: string } | null;
  version: string | null;
  seenAt: Date | null;
  lastWords: string | null;
  createdAt: Date;
  /** Waiting here, with the agent, and what the agent says of itself. */
  queue: { waiting: number; withAgent: number; oldestAt: Date | null; results: number; files: number };
  plugins: (AgentState['plugins'][number] & { connectionId: string | null; connection: string | null })[];
  printers: AgentState['printers'];
};

export async function listAgents(tx: Tx, ctx: Pick<Context, 'now'>, organizationId: string): Promise<AgentView[]> {
  const rows = await tx
    .selectFrom('agent as a')
    .innerJoin('connection as c', (join) => join.onRef('c.organization_id', '=', 'a.organization_id').onRef('c.id', '=', 'a.id'))
    .selectAll('a')
    .select('c.name')
    .where('a.organization_id', '=', organizationId)
    .where('c.status', '<>', 'removed')
    .orderBy('a.created_at')
    .execute();
  if (rows.length === 0) return [];
  const { rows: queues } = await sql<{ agent_id: string; waiting: number; with_agent: number; oldest: Date | null }>`
    select agent_id, count(*) filter (where status in ('waiting','offered'))::int as waiting, count(*) filter (where status = 'accepted')::int as with_agent,
      min(created_at) as oldest from agent_job where organization_id = ${organizationId} and status in ('waiting','offered','accepted') group by agent_id`.execute(
    tx,
  );
  const assigned = await tx
    .selectFrom('agent_plugin as p')
    .innerJoin('connection as c', (join) => join.onRef('c.organization_id', '=', 'p.organization_id').onRef('c.id', '=', 'p.connection_id'))
    .select(['p.agent_id', 'p.plugin', 'p.connection_id', 'c.name'])
    .where('p.organization_id', '=', organizationId)
    .execute();
  return rows.map((row) => {
    const state = row.state;
    const queue = queues.find((q) => q.agent_id === row.id);
    const mine = assigned.filter((p) => p.agent_id === row.id);
    const plugins = (state?.plugins ?? []).map((plugin) => {
      const to = plugin.kind === 'folder' ? mine.find((p) => p.plugin === plugin.name) : undefined;
      return { ...plugin, connectionId: to?.connection_id ?? null, connection: to?.name ?? null };
    });
    return {
      id: row.id,
      name: row.name,
      standing: standingOf(row, ctx.now()),
      fingerprint: fingerprintOf(row.public_key),
      keySince: row.key_since,
      machine: row.machine.hostname ? row.machine : null,
      version: state?.agentVersion ?? null,
      seenAt: row.seen_at,
      lastWords: row.bye?.reason ?? null,
      createdAt: row.created_at,
      queue: {
        waiting: queue?.waiting ?? 0,
        withAgent: queue?.with_agent ?? 0,
        oldestAt: queue?.oldest ?? null,
        results: state?.queue.results ?? 0,
        files: state?.queue.files ?? 0,
      },
      plugins,
      printers: state?.printers ?? [],
    };
  });
}

type Standing = { status: string; seen_at: Date | null; state: AgentState | null; bye: { reason: string } | null };

function standingOf(agent: Standing, now: Date): AgentStanding {
  if (agent.status === 'unconfirmed' || agent.status === 'revoked') return agent.status;
  if (!agent.seen_at) return 'never';
  if (agent.bye || now.getTime() - agent.seen_at.getTime() > silentMs) return 'offline';
  const plugins = agent.state?.plugins ?? [];
  if (plugins.some((p) => p.state === 'closed')) return 'erp_closed';
  if (plugins.some((p) => p.state === 'unwritable' || p.state === 'attention' || p.state === 'checking')) return 'degraded';
  if (agent.state?.printers.some((p) => p.state === 'stopped' || p.state === 'gone')) return 'printer_trouble';
  return 'online';
}

type AgentJobView = {
  id: string;
  kind: string;
  key: string;
  status: string;
  step: string | null;
  attempt: number;
  cause: CauseRef | null;
  title: string;
  createdAt: Date;
  updatedAt: Date;
};

export async function listAgentJobs(tx: Tx, organizationId: string, agentId: string, limit: number): Promise<AgentJobView[]> {
  const rows = await tx
    .selectFrom('agent_job')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('agent_id', '=', agentId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    key: row.key,
    status: row.status,
    step: row.step,
    attempt: row.attempt,
    cause: row.cause,
    title: String(row.payload.title ?? row.payload.fileName ?? row.payload.plugin ?? ''),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }));
}

export async function readAgentLog(
  tx: Tx,
  organizationId: string,
  agentId: string,
  limit: number,
): Promise<{ at: Date; level: string; message: string }[]> {
  return tx
    .selectFrom('agent_log')
    .select(['at', 'level', 'message'])
    .where('organization_id', '=', organizationId)
    .where('agent_id', '=', agentId)
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute();
}
