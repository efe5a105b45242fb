import { type Selectable, sql } from 'kysely';
import {
  fileUrlMinutes,
  type HubMessage,
  type Job,
  type JobKind,
  type JobResult,
  jobPayloads,
  leaseSeconds,
  oldestProtocol,
  type PayloadOf,
  unfinishedLimit,
} from '../contract/agent/index.ts';
import type { CauseRef } from '../contract/connector.ts';
import { type Context, eachAlone } from '../jobs/index.ts';
import { announce, byLot, json, newId, type Tables, type Tx } from '../store/index.ts';
import { type AgentCaller, sealed } from './pairing.ts';

/**
 * Work for an agent. The row is the truth:
 *
 *   waiting ──offer──> offered ──accept──> accepted ──result──> done | failed | unknown
 *      │ ↑                │  lease over          │ lease over: offered again, attempt + 1; the agent knows its jobs by id
 *      │ └────────────────┘                      └─────────────────────────────────────────┐
 *      └──> expired | cancelled                                                            └──> offered
 *
 * A job that an agent has accepted is in that agent's store: it is never given to another one.
 */
export type AgentJob = Selectable<Tables['agent_job']>;
export const openStatuses = ['waiting', 'offered', 'accepted'] as const;

type JobWish<K extends JobKind = JobKind> = {
  agentId: string;
  connectionId?: string;
  kind: K;
  key: string;
  /** Jobs of one lane go one after another, in the order they were made. */
  lane: string;
  payload: PayloadOf<K>;
  files?: { sha256: string; name: string; sizeBytes: number }[];
  priority?: number;
  expiresAt?: Date;
};

/** Stores a job; the same key again changes nothing and returns the one that is there. */
export async function makeJob<K extends JobKind>(
  tx: Tx,
  ctx: Pick<Context, 'now'>,
  organizationId: string,
  wish: JobWish<K>,
): Promise<AgentJob> {
  const now = ctx.now();
  const made = await tx
    .insertInto('agent_job')
    .values({
      organization_id: organizationId,
      id: newId(now),
      agent_id: wish.agentId,
      connection_id: wish.connectionId ?? null,
      kind: wish.kind,
      key: wish.key,
      lane: wish.lane,
      payload: json(jobPayloads[wish.kind].parse(wish.payload)),
      files: json(wish.files ?? []),
      priority: wish.priority ?? 0,
      status: 'waiting',
      expires_at: wish.expiresAt ?? null,
      cause: json(null),
      result: json(null),
      step: null,
      created_at: now,
      updated_at: now,
    })
    .onConflict((c) => c.columns(['organization_id', 'key']).doNothing())
    .returningAll()
    .executeTakeFirst();
  if (!made)
    return tx
      .selectFrom('agent_job')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('key', '=', wish.key)
      .executeTakeFirstOrThrow();
  await announce(tx, organizationId, 'agent-jobs', wish.agentId);
  return made;
}

/** Kinds that an agent of an older protocol still gets. */
const always: JobKind[] = ['print.pdf', 'agent.diag'];

/**
 * Takes the leases of what is due for this agent. Of one connection no more than the limit is unfinished at a time, of one lane one;
 * a plug-in that waits for a person after an update of its program gets no new documents.
 */
export async function offerJobs(ctx: Context, caller: AgentCaller, capacity: number, knows: string[] = []): Promise<HubMessage[]> {
  const { organizationId, agentId, agent } = caller;
  const now = ctx.now();
  const nowText = now.toISOString();
  const old = (agent.state?.protocol ?? oldestProtocol) < oldestProtocol;
  return ctx.store.org(organizationId, async (tx) => {
    const messages: HubMessage[] = [];
    const off = await tx
      .selectFrom('agent_job')
      .select('id')
      .where('organization_id', '=', organizationId)
      .where('agent_id', '=', agentId)
      .where('status', '=', 'accepted')
      .where('cancel_requested', '=', true)
      .limit(100)
      .execute();
    for (const { id } of off) if (!knows.includes(id)) messages.push({ type: 'job.cancel', id });
    if (agent.rotate_requested && !agent.next_public_key) messages.push({ type: 'key.rotate' });
    if (capacity > 0) {
      const { rows } = await sql<AgentJob>`
        with due as (
          select j.id, row_number() over (partition by j.connection_id order by j.priority desc, j.created_at, j.id) as place,
            (select count(*) from agent_job o where o.organization_id = j.organization_id and o.agent_id = j.agent_id and o.connection_id is not distinct from j.connection_id
              and o.status in ('offered','accepted') and o.lease_until > ${nowText}::timestamptz) as under_way
          from agent_job j left join agent_plugin p on p.organization_id = j.organization_id and p.connection_id = j.connection_id
          where j.organization_id = ${organizationId} and j.agent_id = ${agentId}
            and (j.status = 'waiting' or (j.status in ('offered','accepted') and j.lease_until <= ${nowText}::timestamptz))
            and (j.not_before is null or j.not_before <= ${nowText}::timestamptz)
            and (j.status = 'accepted' or j.expires_at is null or j.expires_at > ${nowText}::timestamptz)
            and (p.pause is null or j.kind <> 'erp.export.file' or j.status = 'accepted')
            and (${old} = false or j.status = 'accepted' or j.kind = any(${always}::text[]))
            and not exists (select 1 from agent_job e where e.organization_id = j.organization_id and e.agent_id = j.agent_id and e.lane = j.lane
              and e.status in ('waiting','offered','accepted') and (e.created_at, e.id) < (j.created_at, j.id))),
        -- Only what is told is leased: of all connections together no more than he has room for.
        chosen as (select j.id from due join agent_job j on j.organization_id = ${organizationId} and j.id = due.id where due.place + due.under_way <= ${unfinishedLimit}
          order by j.priority desc, j.created_at, j.id limit ${capacity})
        update agent_job j set status = case when j.status = 'accepted' then 'accepted' else 'offered' end, attempt = j.attempt + 1,
          lease_until = ${new Date(now.getTime() + leaseSeconds * 1000).toISOString()}::timestamptz, updated_at = ${nowText}::timestamptz
        from chosen where j.organization_id = ${organizationId} and j.id = chosen.id returning j.*`.execute(tx);
      rows.sort((a, b) => b.priority - a.priority || a.created_at.getTime() - b.created_at.getTime() || (a.id < b.id ? -1 : 1));
      for (const row of rows) messages.push({ type: 'job.offer', job: asOffered(ctx, caller, row) });
    }
    return messages;
  });
}

function asOffered(ctx: Context, { organizationId, agentId }: AgentCaller, row: AgentJob): Job {
  return {
    id: row.id,
    key: row.key,
    kind: row.kind,
    payload: row.payload,
    files: row.files.map((file) => ({ ...file, url: fileUrl(ctx, { organizationId, agentId, sha256: file.sha256, verb: 'get' }) })),
    attempt: row.attempt,
    accepted: row.status === 'accepted',
    expiresAt: row.expires_at?.toISOString() ?? null,
  };
}

/** An address that lets this agent read or write this one file for some minutes. */
export function fileUrl(
  ctx: Pick<Context, 'vault' | 'now'>,
  claims: { organizationId: string; agentId: string; sha256: string; verb: 'get' | 'put' },
): string {
  const until = new Date(ctx.now().getTime() + fileUrlMinutes * 60_000).toISOString();
  return `/agent/v1/files/${claims.sha256}?t=${sealed(ctx, 'agent-file', { ...claims, until })}`;
}

/** What a result means for whatever the job was made for; called in the transaction that stores it. */
export type Settle = (tx: Tx, ctx: Context, job: AgentJob, result: JobResult) => Promise<void>;
/** The way there: a cause that holds it up, or null when it goes on. */
export type Progressed = (tx: Tx, ctx: Context, job: AgentJob, step: string, cause: CauseRef | null) => Promise<void>;

async function lockJob(tx: Tx, { organizationId, agentId }: Pick<AgentCaller, 'organizationId' | 'agentId'>, id: string) {
  return tx
    .selectFrom('agent_job')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('agent_id', '=', agentId)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

function change(tx: Tx, job: Pick<AgentJob, 'organization_id' | 'id'>, set: Record<string, unknown>) {
  return tx.updateTable('agent_job').set(set).where('organization_id', '=', job.organization_id).where('id', '=', job.id).execute();
}

/** The agent has stored the job. False: it is not his, or over; he forgets it. */
export async function acceptJob(tx: Tx, ctx: Context, caller: AgentCaller, id: string): Promise<boolean> {
  const job = await lockJob(tx, caller, id);
  // Called off or too late before the agent had it: nothing begins, because he begins only when this was answered.
  if (!job || !(openStatuses as readonly string[]).includes(job.status)) return false;
  const now = ctx.now();
  await change(tx, job, { status: 'accepted', lease_until: new Date(now.getTime() + leaseSeconds * 1000), updated_at: now });
  await announce(tx, job.organization_id, 'agents', job.agent_id);
  return true;
}

export async function renewLeases(tx: Tx, ctx: Context, { organizationId, agentId }: AgentCaller, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  const until = new Date(ctx.now().getTime() + leaseSeconds * 1000);
  await tx
    .updateTable('agent_job')
    .set({ lease_until: until })
    .where('organization_id', '=', organizationId)
    .where('agent_id', '=', agentId)
    .where('id', 'in', ids)
    .where('status', '=', 'accepted')
    .execute();
}

export async function progressJob(
  tx: Tx,
  ctx: Context,
  caller: AgentCaller,
  said: { id: string; step: string; cause: CauseRef | null },
  progressed: Progressed,
): Promise<boolean> {
  const job = await lockJob(tx, caller, said.id);
  if (!job || !['offered', 'accepted'].includes(job.status)) return false;
  const now = ctx.now();
  await change(tx, job, {
    status: 'accepted',
    step: said.step,
    cause: json(said.cause),
    lease_until: new Date(now.getTime() + leaseSeconds * 1000),
    updated_at: now,
  });
  await progressed(tx, ctx, job, said.step, said.cause);
  return true;
}

/**
 * Stores a result once; the same again is an upsert that changes nothing. A result may come for a job whose lease ran out or that
 * was called off meanwhile: what really happened is what counts.
 */
export async function finishJob(
  tx: Tx,
  ctx: Context,
  caller: Pick<AgentCaller, 'organizationId' | 'agentId'>,
  said: { id: string; result: JobResult },
  settle: Settle,
): Promise<boolean> {
  const job = await lockJob(tx, caller, said.id);
  if (!job) return false;
  // `unknown` may still become known: the agent looked again.
  const mayChange =
    (openStatuses as readonly string[]).includes(job.status) ||
    job.status === 'unknown' ||
    job.status === 'expired' ||
    job.status === 'cancelled';
  if (!mayChange) return true;
  if (job.status === 'unknown' && said.result.outcome === 'unknown') return true;
  const status = said.result.outcome;
  await change(tx, job, {
    status,
    result: json(said.result),
    cause: json(said.result.cause ?? null),
    lease_until: null,
    updated_at: ctx.now(),
  });
  await settle(tx, ctx, { ...job, status }, said.result);
  await announce(tx, job.organization_id, 'agents', job.agent_id);
  // The next of its lane may be due.
  await announce(tx, job.organization_id, 'agent-jobs', job.agent_id);
  return true;
}

/** The agent will not do it (a kind it does not know, a payload it refuses): failed before anything began. */
export async function rejectJob(
  tx: Tx,
  ctx: Context,
  caller: AgentCaller,
  said: { id: string; cause: CauseRef },
  settle: Settle,
): Promise<boolean> {
  return finishJob(tx, ctx, caller, { ...said, result: { outcome: 'failed', class: 'data', cause: said.cause } }, settle);
}

/** Calls a job off: at once when no agent has it, else the agent is asked and his result says what happened. */
export async function cancelJob(tx: Tx, ctx: Context, organizationId: string, key: string): Promise<'cancelled' | 'asked' | 'over'> {
  const job = await tx
    .selectFrom('agent_job')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('key', '=', key)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!job || !(openStatuses as readonly string[]).includes(job.status)) return 'over';
  const now = ctx.now();
  if (job.status !== 'accepted') {
    await change(tx, job, { status: 'cancelled', updated_at: now });
    return 'cancelled';
  }
  await change(tx, job, { cancel_requested: true, updated_at: now });
  await announce(tx, organizationId, 'agent-jobs', job.agent_id);
  return 'asked';
}

const sweepLimit = 500;

/** Jobs that no agent has accepted in time are over: nothing has happened, and whoever asked for them is told, of a print in words of its own. */
export async function expireJobs(ctx: Context, settle: Settle): Promise<number> {
  const now = ctx.now();
  const { rows } = await sql<{ organization_id: string; id: string }>`
    select organization_id, id from agent_job where status in ('waiting','offered') and expires_at <= ${now.toISOString()}::timestamptz
    order by ${byLot(now, 'id')} limit ${sweepLimit}`.execute(ctx.store.db);
  const expire = ({ organization_id, id }: (typeof rows)[number]) =>
    ctx.store.org(organization_id, async (tx) => {
      const job = await tx
        .selectFrom('agent_job')
        .selectAll()
        .where('organization_id', '=', organization_id)
        .where('id', '=', id)
        .where('status', 'in', ['waiting', 'offered'])
        .forNoKeyUpdate()
        .executeTakeFirst();
      if (!job) return;
      const code = job.kind === 'print.pdf' ? 'print_expired' : 'agent_no_answer';
      const result: JobResult = { outcome: 'failed', class: 'expired', cause: { code } };
      await change(tx, job, { status: 'expired', result: json(result), cause: json(result.cause), lease_until: null, updated_at: now });
      await settle(tx, ctx, { ...job, status: 'expired' }, result);
    });
  await eachAlone(ctx, 'a job of an agent could not be ended', rows, expire, ({ id }) => ({ job: id }));
  return rows.length;
}
