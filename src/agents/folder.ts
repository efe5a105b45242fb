import { type Selectable, sql } from 'kysely';
import { type OpenConnection, openConnection, readConnection } from '../connections/index.ts';
import type { AgentPlugin, JobResult } from '../contract/agent/index.ts';
import type { CauseRef, Found, Outcome, TransferRequest, Transfers } from '../contract/connector.ts';
import type { AwaitedDocument, WorksByFolder } from '../contract/folder.ts';
import { closeCases, openCase } from '../diagnosis/index.ts';
import type { Context } from '../jobs/index.ts';
import { announce, json, newId, readSmallFile, type Tables, type Tx } from '../store/index.ts';
import { giveFile } from './files.ts';
import { type AgentJob, makeJob, openStatuses } from './jobs.ts';

/**
 * Documents for a program on the seller's machine go as files through a folder of the agent. For the write path this is a provider
 * like any other: handing over is *pending*, the answer is read from the outbox and found by our reference.
 *
 *   send ──> job erp.export.file ──> file in the inbox ──> the program takes it ──> outbox ──> agent_answer ──> look
 *
 * The rows decide what is known: no job means that nothing ever left; a file that was put there is never put there again unless the
 * program refused the document.
 */
type Plugin = Selectable<Tables['agent_plugin']>;
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

type Desk = { ctx: Context; organizationId: string; connectionId: string; folder: WorksByFolder };
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
  if (known.answer)
    await tx
      .updateTable('agent_answer')
      .set({ outcome: json(null), at: ctx.now() })
      .where('organization_id', '=', organizationId)
      .where('connection_id', '=', connectionId)
      .where('reference', '=', request.reference)
      .execute();
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
async function nudgeTransfers(tx: Tx, ctx: Context, organizationId: string, connectionId: string, references: string[]): Promise<void> {
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

const filesAtOnce = 50;
const unmatchedAtOnce = 200;
const awaitedLimit = 10_000;

type FoundFile = Selectable<Tables['agent_found']>;

/** The job `agent-files`: reads what came out of a connection's folders and finds whose it is. */
export async function matchFiles(ctx: Context, organizationId: string, connectionId: string): Promise<void> {
  const connection = await ctx.store.org(organizationId, (tx) => readConnection(tx, organizationId, connectionId));
  if (!connection || connection.status === 'removed') return;
  const { folder } = openConnection(ctx, connection).session;
  if (!folder) return;
  const desk: Desk = { ctx, organizationId, connectionId, folder };
  while (await ctx.store.org(organizationId, (tx) => matchSome(tx, desk)));
}

/** True while there may be more. */
async function matchSome(tx: Tx, desk: Desk): Promise<boolean> {
  const { organizationId, connectionId, ctx } = desk;
  const fresh = await foundFiles(tx, desk, 'new', filesAtOnce);
  if (fresh.length === 0) return false;
  const awaited = await awaitedDocuments(tx, desk);
  const known = new Set<string>();
  const match = async (file: FoundFile, among: AwaitedDocument[]) => {
    const reference = await matchFile(tx, desk, file, among);
    if (reference) known.add(reference);
    return reference !== undefined;
  };
  let matched = 0;
  for (const file of fresh) if (await match(file, awaited)) matched++;
  // An answer names a number, and with it a print that came before may be known.
  if (matched > 0) {
    const again = await awaitedDocuments(tx, desk);
    for (const file of await foundFiles(tx, desk, 'unmatched', unmatchedAtOnce)) await match(file, again);
  }
  await nudgeTransfers(tx, ctx, organizationId, connectionId, [...known]);
  await announce(tx, organizationId, 'connections', connectionId);
  ctx.log('info', 'files of a folder read', { connectionId, files: fresh.length, matched });
  return fresh.length === filesAtOnce;
}

function foundFiles(tx: Tx, { organizationId, connectionId }: Desk, status: FoundFile['status'], limit: number): Promise<FoundFile[]> {
  return tx
    .selectFrom('agent_found')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .where('status', '=', status)
    .orderBy('at', status === 'new' ? 'asc' : 'desc')
    .orderBy('id')
    .limit(limit)
    .forNoKeyUpdate()
    .execute();
}

async function awaitedDocuments(tx: Tx, { organizationId, connectionId }: Desk): Promise<AwaitedDocument[]> {
  const { rows } = await sql<AwaitedDocument & { number: string | null }>`
    select t.reference, d.kind, coalesce(d.number, a.outcome->'made'->>'number') as number, d.currency,
      coalesce(d.content->'correction'->'difference'->>'gross', d.content->'totals'->>'gross') as gross
    from transfer t join document d on d.organization_id = t.organization_id and d.id = t.document_id
      left join agent_answer a on a.organization_id = t.organization_id and a.connection_id = t.connection_id and a.reference = t.reference
    where t.organization_id = ${organizationId} and t.connection_id = ${connectionId} and t.verb = 'issue'
      and (t.status in ('waiting','sending','pending','unknown') or (t.status = 'accepted' and d.pdf_file_id is null))
    order by t.created_at desc limit ${awaitedLimit}`.execute(tx);
  return rows.map(({ number, ...row }) => ({ ...row, ...(number ? { number } : {}) }));
}

/** Stores what a file says, and whose it is. A file that says nothing of ours is kept and looked at again when more is known. */
async function matchFile(tx: Tx, desk: Desk, found: FoundFile, awaited: AwaitedDocument[]): Promise<string | undefined> {
  const { organizationId, folder } = desk;
  const file = await readSmallFile(tx, organizationId, found.file_id);
  if (!file) return undefined;
  const isPrint = file.bytes.subarray(0, 5).toString('latin1') === '%PDF-';
  let reference: string | undefined;
  if (isPrint) {
    reference = folder.pdfOf(found.name, awaited);
    if (reference) await keepPrint(tx, desk, reference, found);
  } else if (found.source === 'outbox') {
    const answers = readOutbox(desk, { name: found.name, bytes: file.bytes }, awaited);
    for (const answer of answers) await keepAnswer(tx, desk, answer.reference, answer.outcome);
    reference = answers[0]?.reference;
  }
  await tx
    .updateTable('agent_found')
    .set({ status: reference ? 'matched' : 'unmatched', reference: reference ?? null })
    .where('organization_id', '=', organizationId)
    .where('id', '=', found.id)
    .execute();
  return reference;
}

/** A file that its connector stumbles over says nothing of ours: it must not hold up those behind it. */
function readOutbox({ ctx, folder, connectionId }: Desk, file: { name: string; bytes: Uint8Array }, awaited: AwaitedDocument[]) {
  try {
    return folder.outbox(file, awaited);
  } catch (error) {
    ctx.log('error', 'a file of a folder could not be read', {
      connectionId,
      name: file.name,
      error: (error as Error).message.slice(0, 300),
    });
    return [];
  }
}

async function keepAnswer(tx: Tx, { ctx, organizationId, connectionId }: Desk, reference: string, outcome: Outcome): Promise<void> {
  const plain = outcome.outcome === 'accepted' ? { ...outcome, made: { ...outcome.made, pdf: undefined } } : outcome;
  await tx
    .insertInto('agent_answer')
    .values({
      organization_id: organizationId,
      connection_id: connectionId,
      reference,
      outcome: json(plain),
      pdf_file_id: null,
      at: ctx.now(),
    })
    .onConflict((c) =>
      c
        .columns(['organization_id', 'connection_id', 'reference'])
        .doUpdateSet({ outcome: json(plain), at: ctx.now() })
        // What was accepted stays accepted, whatever a later file says.
        .where(sql<boolean>`agent_answer.outcome->>'outcome' is distinct from 'accepted'`),
    )
    .execute();
}

async function keepPrint(tx: Tx, { ctx, organizationId, connectionId }: Desk, reference: string, found: FoundFile): Promise<void> {
  await tx
    .insertInto('agent_answer')
    .values({
      organization_id: organizationId,
      connection_id: connectionId,
      reference,
      outcome: json(null),
      pdf_file_id: found.file_id,
      at: ctx.now(),
    })
    .onConflict((c) =>
      c
        .columns(['organization_id', 'connection_id', 'reference'])
        .doUpdateSet((e) => ({ pdf_file_id: e.fn.coalesce('agent_answer.pdf_file_id', 'excluded.pdf_file_id') })),
    )
    .execute();
  const { rows } = await sql<{ id: string }>`
    update document d set pdf_file_id = ${found.file_id} from transfer t
    where t.organization_id = d.organization_id and t.document_id = d.id and d.organization_id = ${organizationId} and t.connection_id = ${connectionId}
      and t.reference = ${reference} and t.status = 'accepted' and d.state = 'issued' and d.pdf_file_id is null returning d.id`.execute(tx);
  for (const { id } of rows) await announce(tx, organizationId, 'documents', id);
}

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
  who: { organizationId: string; actor: string },
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
export async function selfTest(
  ctx: Context,
  who: { organizationId: string; actor: string },
  agentId: string,
  plugin: string,
): Promise<string> {
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
