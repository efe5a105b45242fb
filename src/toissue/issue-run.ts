import { type Selectable, sql } from 'kysely';
import type { Finding } from '../domain/finding.ts';
import type { Context, Who } from '../jobs/index.ts';
import { announce, json, newId, type Tables, type Tx } from '../store/index.ts';
import { advancesFirst, type IssueOptions, isOvertaken, issueBatchSize, issueInTransaction, ofOneDocument, type Refused } from './issue.ts';
import { type DocumentQuery, matchingIds } from './query.ts';
import { fetchRates } from './rates.ts';
import type { Series } from './series.ts';
import { holdUnreadable } from './unreadable.ts';

export type Selection = { ids: string[] } | { query: DocumentQuery };

/** Documents that one act may issue, withdraw, put back or mail: who asks for more is told so, and nothing is done. */
export const maxBulkAct = 100_000;
export class TooMany extends Error {
  override name = 'TooMany';
  readonly max: number;
  constructor(max: number) {
    super(`more than ${max} documents`);
    this.max = max;
  }
}

/** Starts a bulk issue of everything selected; it goes on by jobs and survives a crash. Returns the run's id. */
export async function startIssueRun(
  ctx: Context,
  who: Who,
  selection: Selection,
  options: IssueOptions,
): Promise<{ runId: string; total: number }> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const ids =
      'ids' in selection
        ? [...new Set(selection.ids)].slice(0, maxBulkAct + 1)
        : await matchingIds(tx, who.organizationId, { ...selection.query, states: ['to_issue', 'refused'] }, maxBulkAct + 1);
    if (ids.length > maxBulkAct) throw new TooMany(maxBulkAct);
    return { runId: await queueRun(tx, ctx, who, ids, options), total: ids.length };
  });
}

/** A run of these documents, stored and nudged in the caller's transaction. Returns its id. */
async function queueRun(tx: Tx, ctx: Context, who: Who, ids: string[], options: IssueOptions): Promise<string> {
  const now = ctx.now();
  const id = newId(now);
  await tx
    .insertInto('issue_run')
    .values({
      organization_id: who.organizationId,
      id,
      ids: await advancesFirst(tx, who.organizationId, ids),
      options: json(options),
      status: 'waiting',
      refused: json([]),
      created_by: who.actor,
      created_at: now,
    })
    .execute();
  await ctx.jobs.enqueue(tx, 'issue-batch', [{ organizationId: who.organizationId, id }]);
  return id;
}

/** Issues documents that nobody asks for one by one, in a run of their own; those are mailed whose series mails what it issues by itself. */
export async function issueByItself(
  tx: Tx,
  ctx: Context,
  who: Who,
  documents: { id: string; series_id: string | null }[],
  series: Series[],
): Promise<void> {
  const mailing = new Set(series.filter((s) => s.settings.mail === true).map((s) => s.id));
  for (const mail of [true, false]) {
    const ids = documents.filter((d) => (d.series_id !== null && mailing.has(d.series_id)) === mail).map((d) => d.id);
    if (ids.length > 0) await queueRun(tx, ctx, who, ids, { mail });
  }
}

/** A run's documents are looked up, and their rates of foreign currencies asked for, this many at a time. */
const readAhead = 1000;

/**
 * The job behind a run: each batch and the run's progress commit together, so a killed run goes on without doing anything twice. After
 * `turnMs` it goes to the end of the queue, so that a small run does not wait for a large one.
 */
export async function workIssueRun(ctx: Context, organizationId: string, runId: string, turnMs?: number): Promise<void> {
  const until = turnMs === undefined ? undefined : ctx.now().getTime() + turnMs;
  const isOver = () => until !== undefined && ctx.now().getTime() >= until;
  // After two series met in one number, or a content could not be written, the batch goes on one by one: only the bad ones are refused.
  for (let single = 0; ; ) {
    try {
      if (single === 0) {
        if (!(await issueBatches(ctx, organizationId, runId, isOver))) return;
      } else {
        const run = await readRun(ctx, organizationId, runId, 1);
        if (!run) return;
        await issueRunStep(ctx, organizationId, runId, run);
        single--;
      }
    } catch (error) {
      if (isOvertaken(error) || error instanceof RunMoved) continue;
      const refusal = ofOneDocument(error);
      if (!refusal) throw error;
      if (single === 0) single = issueBatchSize;
      else {
        const run = await readRun(ctx, organizationId, runId, 1);
        if (run) await issueRunStep(ctx, organizationId, runId, run, { refusal });
        single--;
      }
    }
    if (isOver()) {
      // Somebody else was nudged for this run meanwhile: one goes on.
      if ((await ctx.jobs.underWay('issue-batch', [runId], 0)).size > 0) return;
      await ctx.store.org(organizationId, (tx) => ctx.jobs.enqueue(tx, 'issue-batch', [{ organizationId, id: runId }]));
      return;
    }
  }
}

/** Where a run stands, with the documents it has next. */
type RunState = Pick<Selectable<Tables['issue_run']>, 'options' | 'created_by' | 'cancel_requested' | 'done'> & {
  ids: string[];
  left: number;
};

/** Undefined when the run is over. Only the next ids travel: a run may hold a hundred thousand. */
async function readRun(ctx: Context, organizationId: string, runId: string, next: number): Promise<RunState | undefined> {
  return ctx.store.org(organizationId, async (tx) => {
    const { rows } = await sql<RunState>`
      select options, created_by, cancel_requested, done, ids[done + 1 : done + ${next}] as ids, cardinality(ids) - done as left
      from issue_run where organization_id = ${organizationId} and id = ${runId} and status in ('waiting', 'running')`.execute(tx);
    return rows[0];
  });
}

/**
 * Works the next batches of a run, each in a transaction of its own: while one is being written, the next is read and judged, and it
 * takes its numbers when the one before has committed. False when the run is over.
 */
async function issueBatches(ctx: Context, organizationId: string, runId: string, isOver: () => boolean): Promise<boolean> {
  const run = await readRun(ctx, organizationId, runId, readAhead);
  if (!run) return false;
  if (run.ids.length > 0) await fetchRates(ctx, organizationId, run.ids, run.options.issueDate);
  // The embedded database has one connection: a second transaction would only wait.
  const ahead = ctx.store.embedded ? 0 : 1;
  const inFlight: Promise<void>[] = [];
  let before: Promise<void> = Promise.resolve();
  let from = 0;
  try {
    let locked: Promise<void> = Promise.resolve();
    do {
      const ids = run.ids.slice(from, from + issueBatchSize);
      const [after, turn, mine] = [before, locked, Promise.withResolvers<void>()];
      locked = mine.promise;
      const state = { ...run, ids, done: run.done + from, left: run.left - from };
      before = issueRunStep(ctx, organizationId, runId, state, { after, turn, locked: mine.resolve }).finally(mine.resolve);
      // A failure is met at the next wait; until then it must not count as unhandled.
      before.catch(() => {});
      inFlight.push(before);
      while (inFlight.length > ahead) await inFlight.shift();
      from += issueBatchSize;
    } while (from < run.ids.length && !isOver());
    await Promise.all(inFlight);
  } finally {
    await Promise.allSettled(inFlight);
  }
  return run.left > from && !run.cancel_requested;
}

/** Another worker or a person changed the run since it was read: nothing of this batch stays. */
class RunMoved extends Error {
  override name = 'RunMoved';
}

/**
 * Issues the given documents of a run, or refuses them for a known reason. `after`: the batch before it, which has to be committed. It locks
 * when it is its `turn`: of one sale each of the two may hold a document, and the earlier one must never wait for the later, which waits for it.
 */
async function issueRunStep(
  ctx: Context,
  organizationId: string,
  runId: string,
  run: RunState,
  { refusal, after, turn, locked }: { refusal?: Finding; after?: Promise<void>; turn?: Promise<void>; locked?: () => void } = {},
): Promise<void> {
  const ids = run.cancel_requested ? [] : run.ids;
  const finished = run.cancel_requested || run.left <= ids.length;
  await turn;
  await ctx.store.org(organizationId, async (tx) => {
    const move = async (refused: Refused[]) => {
      await after;
      const moved = await tx
        .updateTable('issue_run')
        .set((e) => ({
          done: e('done', '+', ids.length),
          issued: e('issued', '+', new Set(ids).size - refused.length),
          ...(refused.length > 0 ? { refused: sql`refused || ${json(refused.map(({ id, findings }) => ({ id, findings })))}` } : {}),
          status: finished ? (run.cancel_requested ? 'cancelled' : 'done') : 'running',
          finished_at: finished ? ctx.now() : null,
        }))
        .where('organization_id', '=', organizationId)
        .where('id', '=', runId)
        .where('status', 'in', ['waiting', 'running'])
        .where('done', '=', run.done)
        .where('cancel_requested', '=', run.cancel_requested)
        .executeTakeFirst();
      if (moved.numUpdatedRows === 0n) throw new RunMoved(runId);
    };
    if (refusal || ids.length === 0) {
      const refused = refusal ? ids.map((id): Refused => ({ id, outcome: 'refused', findings: [refusal] })) : [];
      await holdUnreadable(tx, organizationId, ctx.now(), refused);
      await move(refused);
    } else await issueInTransaction(tx, ctx, { organizationId, actor: run.created_by }, ids, run.options, move, locked);
    await announce(tx, organizationId, 'issue-run', runId);
  });
}

/** A job that began longer ago than this has most likely lost its worker: a turn takes a fraction of it. */
const deadAfterMs = 30_000;
const nudgedAtOnce = 1000;

/**
 * Nudges runs that a lost job or a killed process left behind. A run whose job waits or is at work gets no second one: two would judge
 * the same batches and one of them in vain. `starting`: a process has just begun, and whoever was at work may have died with the one
 * before; a worker too many ends with its turn.
 */
export async function sweepIssueRuns(ctx: Context, options: { starting?: boolean } = {}): Promise<number> {
  const { rows } = await sql<{
    organization_id: string;
    id: string;
  }>`select organization_id, id from issue_run where status in ('waiting', 'running') order by id limit 100000`.execute(ctx.store.db);
  const alive = await ctx.jobs.underWay(
    'issue-batch',
    rows.map((row) => row.id),
    options.starting ? 0 : deadAfterMs,
  );
  const left = Map.groupBy(rows.filter((row) => !alive.has(row.id)).slice(0, nudgedAtOnce), (row) => row.organization_id);
  for (const [organizationId, runs] of left)
    await ctx.store.org(organizationId, (tx) =>
      ctx.jobs.enqueue(
        tx,
        'issue-batch',
        runs.map(({ id }) => ({ organizationId, id })),
      ),
    );
  return [...left.values()].flat().length;
}
