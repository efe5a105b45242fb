import { type Selectable, sql } from 'kysely';
import type { OpenConnection } from '../connections/index.ts';
import type { JobResult } from '../contract/agent/index.ts';
import type { CauseRef, Found, Outcome, TransferRequest, Transfers } from '../contract/connector.ts';
import type { WorksByFolder } from '../contract/folder.ts';
import type { Context } from '../jobs/index.ts';
import { announce, json, readSmallFile, type Tables, type Tx } from '../store/index.ts';
import { giveFile } from './files.ts';
import { type AgentJob, makeJob } from './jobs.ts';

/**
 * Documents for a program on the seller's machine go as files through a folder of the agent. For the write path this is a provider
 * like any other: handing over is *pending*, the answer is read from the outbox and found by our reference.
 *
 *   send ──> job erp.export.file ──> file in the inbox ──> the program takes it ──> outbox ──> agent_answer ──> look
 *
 * The rows decide what is known: no job means that nothing ever left; a file that was put there is never put there again unless the
 * program refused the document.
 */
export type Plugin = Selectable<Tables['agent_plugin']>;
type Answer = Selectable<Tables['agent_answer']>;

/** A print that usually follows the answer is waited for, so that buyers get the program's own paper. */
const printWaitMs = 2 * 60_000;
const firstLookMs = 10_000;
const longestLookMs = 10 * 60_000;

const laneOf = (reference: string) => `doc:${reference}`;

/** The transfers of a connection that works by a folder. */
export function folderTransfers(ctx: Context, open: Pick<OpenConnection, 'connection' | 'session'>): Transfers | undefined {
  const { folder } = open.session;
  if (!folder) return undefined;
  const { organization_id: organizationId, id: connectionId } = open.connection;
  const desk: Desk = { ctx, organizationId, connectionId, folder };
  const inOrg = <T>(work: (tx: Tx) => Promise<T>) => ctx.store.org(organizationId, work);
  return {
    preflight: (request) => folder.preflight(request),
    send: (request) => inOrg((tx) => handOver(tx, desk, request)),
    find: (request) => inOrg((tx) => lookFor(tx, desk, request.reference)),
    look: (ticket) =>
      inOrg(async (tx) => {
        const job = await jobById(tx, desk, ticket);
        const known = job && (await knownOf(tx, desk, job.lane.slice(laneOf('').length)));
        return known ? outcomeOf(tx, desk, known) : { outcome: 'unknown', cause: { code: 'agent_job_lost' } };
      }),
    pdf: (made) => inOrg((tx) => printOf(tx, desk, made.providerId, made.number)),
  };
}

export type Desk = { ctx: Context; organizationId: string; connectionId: string; folder: WorksByFolder };
type Known = { reference: string; answer?: Answer; job?: AgentJob; plugin?: Plugin & { prints: boolean } };

async function knownOf(tx: Tx, { organizationId, connectionId }: Desk, reference: string): Promise<Known> {
  const answer = await tx
    .selectFrom('agent_answer')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .where('reference', '=', reference)
    .executeTakeFirst();
  const job = await tx
    .selectFrom('agent_job')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .where('lane', '=', laneOf(reference))
    .where('kind', '=', 'erp.export.file')
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return { reference, answer, job, plugin: await pluginOf(tx, organizationId, connectionId) };
}

async function pluginOf(tx: Tx, organizationId: string, connectionId: string): Promise<Known['plugin']> {
  const row = await tx
    .selectFrom('agent_plugin as p')
    .innerJoin('agent as a', (join) => join.onRef('a.organization_id', '=', 'p.organization_id').onRef('a.id', '=', 'p.agent_id'))
    .selectAll('p')
    .select('a.state')
    .where('p.organization_id', '=', organizationId)
    .where('p.connection_id', '=', connectionId)
    .executeTakeFirst();
  if (!row) return undefined;
  const { state, ...plugin } = row;
  return { ...plugin, prints: state?.plugins.some((p) => p.name === plugin.plugin && p.prints) ?? false };
}

async function jobById(tx: Tx, { organizationId, connectionId }: Desk, id: string): Promise<AgentJob | undefined> {
  return tx
    .selectFrom('agent_job')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** The way is clear only when nothing of this document is under way, and whatever was handed over before was surely not taken. */
async function handOver(tx: Tx, desk: Desk, request: TransferRequest): Promise<Outcome> {
  const { ctx, organizationId, connectionId, folder } = desk;
  const known = await knownOf(tx, desk, request.reference);
  const rejected = known.answer?.outcome?.outcome === 'rejected';
  const tried = known.job && !['failed', 'expired', 'cancelled'].includes(known.job.status) && !rejected;
  // Sent once more although it was handed over: a person said that what looks like it is another one. Its own answer is waited for again.
  if (tried && known.answer?.outcome?.alike) return outcomeOf(tx, desk, { ...known, answer: await forgetAnswer(tx, desk, known.answer) });
  if (tried || known.answer?.outcome?.outcome === 'accepted') return outcomeOf(tx, desk, known);
  if (!known.plugin) return { outcome: 'rejected', cause: { code: 'agent_missing' } };
  const transfer = await tx
    .selectFrom('transfer')
    .select('created_at')
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .where('reference', '=', request.reference)
    .executeTakeFirst();
  const file = folder.inbox(request, transfer?.created_at ?? ctx.now());
  const { agent_id: agentId, plugin } = known.plugin;
  const sha256 = await giveFile(tx, ctx, organizationId, agentId, { name: file.name, mediaType: folder.mediaType, bytes: file.bytes });
  if (known.answer) await forgetAnswer(tx, desk, known.answer);
  const { n } = await tx
    .selectFrom('agent_job')
    .select((e) => e.fn.countAll<bigint>().as('n'))
    .where('organization_id', '=', organizationId)
    .where('lane', '=', laneOf(request.reference))
    .executeTakeFirstOrThrow();
  const job = await makeJob(tx, ctx, organizationId, {
    agentId,
    connectionId,
    kind: 'erp.export.file',
    key: `${laneOf(request.reference)}:issue:${n}`,
    lane: laneOf(request.reference),
    payload: { plugin, fileName: file.name, sha256 },
    files: [{ sha256, name: file.name, sizeBytes: file.bytes.length }],
  });
  return { outcome: 'pending', lookAgainMs: firstLookMs, ticket: job.id };
}

/** What was said counts no more; a print that came stays. */
async function forgetAnswer(tx: Tx, { ctx, organizationId, connectionId }: Desk, answer: Answer): Promise<Answer> {
  const forgotten = { ...answer, outcome: null, at: ctx.now() };
  await tx
    .updateTable('agent_answer')
    .set({ outcome: json(null), at: forgotten.at })
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .where('reference', '=', answer.reference)
    .execute();
  return forgotten;
}

async function outcomeOf(tx: Tx, desk: Desk, known: Known): Promise<Outcome> {
  const { answer, job } = known;
  const now = desk.ctx.now();
  const said = answer?.outcome;
  if (said?.outcome === 'accepted') {
    const pdf = answer!.pdf_file_id ? (await readSmallFile(tx, desk.organizationId, answer!.pdf_file_id))?.bytes : undefined;
    const waitedMs = now.getTime() - answer!.at.getTime();
    if (!pdf && known.plugin?.prints && waitedMs < printWaitMs && job)
      return { outcome: 'pending', lookAgainMs: firstLookMs, ticket: job.id };
    return { ...said, made: { ...said.made, ...(pdf ? { pdf } : {}) } };
  }
  if (said && said.outcome !== 'pending') return said;
  if (!job) return { outcome: 'unknown', cause: { code: 'agent_job_lost' } };
  if (job.status === 'unknown') return { outcome: 'unknown', cause: job.cause ?? { code: 'agent_job_lost' } };
  // Proven absent by a look into the folder: the write path asks and sends again.
  if (job.status === 'failed')
    return job.cause ? { outcome: 'rejected', cause: job.cause } : { outcome: 'unknown', cause: { code: 'NO_ANSWER' } };
  if (job.status === 'expired' || job.status === 'cancelled') return { outcome: 'unknown', cause: { code: 'NO_ANSWER' } };
  const ageMs = now.getTime() - job.created_at.getTime();
  return { outcome: 'pending', lookAgainMs: Math.min(Math.max(ageMs, firstLookMs), longestLookMs), ticket: job.id };
}

async function lookFor(tx: Tx, desk: Desk, reference: string): Promise<Found> {
  const known = await knownOf(tx, desk, reference);
  const alike = known.answer?.outcome?.alike;
  if (alike) return { found: 'present', made: alike, by: 'likeness' };
  const outcome = known.job || known.answer?.outcome ? await outcomeOf(tx, desk, known) : undefined;
  if (!outcome) return { found: 'absent' };
  switch (outcome.outcome) {
    case 'accepted':
      return { found: 'present', made: outcome.made, by: 'reference' };
    case 'rejected':
      return { found: 'absent' };
    case 'pending':
      return { found: 'pending', lookAgainMs: outcome.lookAgainMs, ...(outcome.ticket ? { ticket: outcome.ticket } : {}) };
    case 'unknown':
      return outcome.cause.code === 'NO_ANSWER' ? { found: 'absent' } : { found: 'unclear', cause: outcome.cause };
  }
}

async function printOf(
  tx: Tx,
  { organizationId, connectionId }: Desk,
  providerId: string,
  number: string | undefined,
): Promise<Uint8Array | undefined> {
  const { rows } = await sql<{ pdf_file_id: string }>`
    select pdf_file_id from agent_answer where organization_id = ${organizationId} and connection_id = ${connectionId} and pdf_file_id is not null
      and (outcome->'made'->>'providerId' = ${providerId} or outcome->'made'->>'number' = ${number ?? null}::text) limit 1`.execute(tx);
  return rows[0] && (await readSmallFile(tx, organizationId, rows[0].pdf_file_id))?.bytes;
}

/** What became of a job that serves documents. */
export async function settleErp(tx: Tx, ctx: Context, job: AgentJob, result: JobResult): Promise<void> {
  const { organization_id: organizationId, connection_id: connectionId } = job;
  if (!connectionId) return;
  const reference = job.lane.slice(laneOf('').length);
  if (job.kind === 'erp.export.file') {
    if (result.outcome === 'unknown') await searchFor(tx, ctx, job);
    if (result.outcome !== 'done') await nudgeTransfers(tx, ctx, organizationId, connectionId, [reference]);
  } else if (job.kind === 'erp.document.find') await settleSearch(tx, ctx, job, result);
  else if (job.kind === 'agent.selftest') await announce(tx, organizationId, 'agents', job.agent_id);
}

/** An unknown is looked for, never repeated blindly. */
async function searchFor(tx: Tx, ctx: Context, job: AgentJob): Promise<void> {
  const { plugin, fileName, sha256 } = job.payload as { plugin: string; fileName: string; sha256: string };
  await makeJob(tx, ctx, job.organization_id, {
    agentId: job.agent_id,
    connectionId: job.connection_id ?? undefined,
    kind: 'erp.document.find',
    key: `find:${job.id}:${job.attempt}`,
    lane: `find:${job.id}`,
    payload: { plugin, fileName, sha256 },
    priority: 1,
  });
}

async function settleSearch(tx: Tx, ctx: Context, search: AgentJob, result: JobResult): Promise<void> {
  const jobId = search.lane.slice('find:'.length);
  const state = result.outcome === 'done' ? result.facts?.state : undefined;
  const status = state === 'waiting' || state === 'taken' ? ('done' as const) : state === 'absent' ? ('failed' as const) : undefined;
  if (!status) return;
  const job = await tx
    .updateTable('agent_job')
    .set({ status, cause: json(null), updated_at: ctx.now() })
    .where('organization_id', '=', search.organization_id)
    .where('id', '=', jobId)
    .where('status', '=', 'unknown')
    .returningAll()
    .executeTakeFirst();
  if (job?.connection_id) await nudgeTransfers(tx, ctx, job.organization_id, job.connection_id, [job.lane.slice(laneOf('').length)]);
}

/** What holds a handed-over document up is seen beside it. */
export async function progressErp(tx: Tx, ctx: Context, job: AgentJob, cause: CauseRef | null): Promise<void> {
  const changed = await tx
    .updateTable('transfer')
    .set({ cause: json(cause), updated_at: ctx.now() })
    .where('organization_id', '=', job.organization_id)
    .where('ticket', '=', job.id)
    .where('status', '=', 'pending')
    .returning('document_id')
    .executeTakeFirst();
  if (changed) await announce(tx, job.organization_id, 'documents', changed.document_id);
}

/**
 * Something is known of transfers that wait: they are looked at now. An answer that came late counts however often was asked before.
 * Several rows are locked in the order of their ids, as whoever claims them does.
 */
export async function nudgeTransfers(
  tx: Tx,
  ctx: Context,
  organizationId: string,
  connectionId: string,
  references: string[],
): Promise<void> {
  if (references.length === 0) return;
  const now = ctx.now();
  const rows = await tx
    .selectFrom('transfer')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .where('reference', 'in', references)
    .where('status', 'in', ['pending', 'unknown'])
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  const ids = rows.map((row) => row.id);
  if (ids.length === 0) return;
  await tx
    .updateTable('transfer')
    .set({ next_at: now, settings: sql`settings || '{"askUpTo": 10}'::jsonb`, updated_at: now })
    .where('organization_id', '=', organizationId)
    .where('id', 'in', ids)
    .execute();
  await ctx.jobs.enqueue(
    tx,
    'transfer',
    ids.map((id) => ({ organizationId, id })),
  );
}
