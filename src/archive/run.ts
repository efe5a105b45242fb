import { sql } from 'kysely';
import type { RenderPdf } from '../delivery/index.ts';
import { type Finding, hold } from '../domain/finding.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, newId, readFile, removeFile, type Tx } from '../store/index.ts';
import { readOrganization, type Who } from '../toissue/index.ts';
import { type OldOfYear, oldByYear } from './choose.ts';
import { makePart, partLimits } from './make.ts';
import { removeSlice } from './remove.ts';
import { readTerms, type Terms } from './terms.ts';

/**
 * An archive and its life; one row, moved on only from where it was read:
 *
 *   making ──> ready ──(every part was taken, a person asks)──> removing ──> done
 *      └────────┴── cancel ──> cancelled
 *
 * Making and removing go on by jobs, part by part and slice by slice, and after a kill where the last committed one ended.
 */
type ArchivePart = {
  seq: number;
  name: string;
  sha256: string;
  sizeBytes: string;
  documents: number;
  taken: boolean;
  there: boolean;
};
type ArchiveRun = {
  id: string;
  state: 'making' | 'ready' | 'removing' | 'done' | 'cancelled';
  untilDay: string;
  documents: number;
  removed: number;
  kept: { why: string; documents: number }[];
  parts: ArchivePart[];
  createdAt: string;
  createdBy: string;
  finishedAt: string | null;
};
type ArchiveOverview = { terms: Terms; old: OldOfYear[]; runs: ArchiveRun[] };

const shownRuns = 20;
/** The files of a finished archive are kept so long here; whoever wants them longer has taken them. */
const fileDays = 30;

export async function archiveOverview(ctx: Context, organizationId: string): Promise<ArchiveOverview> {
  return ctx.store.org(organizationId, async (tx) => {
    const organization = await readOrganization(tx, organizationId);
    const terms = await readTerms(tx, organization, ctx.now());
    const ids = await tx
      .selectFrom('archive_run')
      .select('id')
      .where('organization_id', '=', organizationId)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(shownRuns)
      .execute();
    const runs: ArchiveRun[] = [];
    for (const { id } of ids) runs.push((await readRun(tx, organizationId, id))!);
    // While one is open no other can begin, and its page asks every few seconds: what is old is not counted again and again.
    const open = runs.some((run) => run.state === 'making' || run.state === 'ready' || run.state === 'removing');
    return { terms, old: open ? [] : await oldByYear(tx, organizationId, terms), runs };
  });
}

export async function readRun(tx: Tx, organizationId: string, id: string): Promise<ArchiveRun | undefined> {
  const run = await tx
    .selectFrom('archive_run')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .executeTakeFirst();
  if (!run) return undefined;
  const parts = await tx
    .selectFrom('archive_part')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('run_id', '=', id)
    .orderBy('seq')
    .execute();
  const { rows: kept } = await sql<{ why: string; n: bigint }>`
    select kept as why, count(*) as n from archive_item where organization_id = ${organizationId} and run_id = ${id} and kept is not null group by 1 order by 1`.execute(
    tx,
  );
  return {
    id,
    state: run.state,
    untilDay: run.until_day,
    documents: run.documents,
    removed: run.removed,
    kept: kept.map(({ why, n }) => ({ why, documents: Number(n) })),
    parts: parts.map((p) => ({
      seq: p.seq,
      name: p.name,
      sha256: p.sha256,
      sizeBytes: p.size_bytes.toString(),
      documents: p.documents,
      taken: p.taken_at !== null,
      there: p.file_id !== null,
    })),
    createdAt: run.created_at.toISOString(),
    createdBy: run.created_by,
    finishedAt: run.finished_at?.toISOString() ?? null,
  };
}

type Started = { run: ArchiveRun } | { findings: Finding[] };

/** Begins an archive of everything whose term is over, and of what is as old and never became a document. */
export async function startArchive(ctx: Context, who: Who): Promise<Started> {
  const now = ctx.now();
  return ctx.store.org(who.organizationId, async (tx): Promise<Started> => {
    const organization = await readOrganization(tx, who.organizationId);
    const terms = await readTerms(tx, organization, now);
    const open = await tx
      .selectFrom('archive_run')
      .select('id')
      .where('organization_id', '=', who.organizationId)
      .where('state', 'in', ['making', 'ready', 'removing'])
      .executeTakeFirst();
    if (open) return { findings: [hold('H_ARCHIVE_OPEN', 'archive')] };
    const old = await oldByYear(tx, who.organizationId, terms);
    if (old.length === 0) return { findings: [hold('H_ARCHIVE_NOTHING', 'archive', { day: terms.untilDay })] };
    const id = newId(now);
    await tx
      .insertInto('archive_run')
      .values({
        organization_id: who.organizationId,
        id,
        until_day: terms.untilDay,
        long_until_day: terms.longUntilDay,
        state: 'making',
        created_by: who.actor,
        created_at: now,
      })
      .execute();
    await ctx.jobs.enqueue(tx, 'archive', [{ organizationId: who.organizationId, id }]);
    await tell(tx, who, now, 'archive begun', id, { until: terms.untilDay });
    return { run: (await readRun(tx, who.organizationId, id))! };
  });
}

async function tell(tx: Tx, who: Who, now: Date, action: string, id: string, data: Record<string, string>): Promise<void> {
  await announce(tx, who.organizationId, 'archive', id);
  await audit(tx, who.organizationId, who.actor, now, [{ action, entity: 'archive', entityId: id, data }]);
}

/** Moves a run on; undefined when it is not where it would have to be. */
async function step(
  ctx: Context,
  who: Who,
  id: string,
  from: ArchiveRun['state'][],
  to: ArchiveRun['state'],
  action: string,
  also?: (tx: Tx) => Promise<boolean>,
): Promise<ArchiveRun | undefined> {
  const now = ctx.now();
  return ctx.store.org(who.organizationId, async (tx) => {
    const run = await tx
      .selectFrom('archive_run')
      .selectAll()
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', id)
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (!run || !from.includes(run.state) || (also && !(await also(tx)))) return undefined;
    const ended = to === 'done' || to === 'cancelled';
    await tx
      .updateTable('archive_run')
      .set({ state: to, ...(ended ? { finished_at: now } : {}) })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', id)
      .execute();
    if (to === 'cancelled') await dropFiles(tx, who.organizationId, id);
    if (to === 'removing') await ctx.jobs.enqueue(tx, 'archive', [{ organizationId: who.organizationId, id }]);
    await tell(tx, who, now, action, id, { documents: String(run.documents), removed: String(run.removed) });
    return readRun(tx, who.organizationId, id);
  });
}

export const cancelArchive = (ctx: Context, who: Who, id: string) =>
  step(ctx, who, id, ['making', 'ready'], 'cancelled', 'archive called off');

/** Removes what the archive holds; only when every part of it was taken. */
export const removeArchived = (ctx: Context, who: Who, id: string) =>
  step(ctx, who, id, ['ready'], 'removing', 'removal of archived documents asked for', async (tx) => {
    const untaken = await tx
      .selectFrom('archive_part')
      .select('seq')
      .where('organization_id', '=', who.organizationId)
      .where('run_id', '=', id)
      .where('taken_at', 'is', null)
      .executeTakeFirst();
    return untaken === undefined;
  });

async function dropFiles(tx: Tx, organizationId: string, runId: string): Promise<void> {
  const parts = await tx
    .selectFrom('archive_part')
    .select(['seq', 'file_id'])
    .where('organization_id', '=', organizationId)
    .where('run_id', '=', runId)
    .where('file_id', 'is not', null)
    .execute();
  await tx
    .updateTable('archive_part')
    .set({ file_id: null })
    .where('organization_id', '=', organizationId)
    .where('run_id', '=', runId)
    .execute();
  for (const { file_id } of parts)
    await tx.deleteFrom('file').where('organization_id', '=', organizationId).where('id', '=', file_id!).execute();
}

/** The bytes of a part. That it was taken is noted when its last byte has gone. */
export async function openPart(
  ctx: Context,
  who: Who,
  runId: string,
  seq: number,
): Promise<{ name: string; mediaType: string; sha256: string; bytes: AsyncIterable<Uint8Array> } | undefined> {
  const part = await ctx.store.org(who.organizationId, (tx) =>
    tx
      .selectFrom('archive_part')
      .selectAll()
      .where('organization_id', '=', who.organizationId)
      .where('run_id', '=', runId)
      .where('seq', '=', seq)
      .where('file_id', 'is not', null)
      .executeTakeFirst(),
  );
  if (!part) return undefined;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield* readFile(ctx.store, who.organizationId, part!.file_id!);
    await ctx.store.org(who.organizationId, async (tx) => {
      await tx
        .updateTable('archive_part')
        .set({ taken_at: ctx.now() })
        .where('organization_id', '=', who.organizationId)
        .where('run_id', '=', runId)
        .where('seq', '=', seq)
        .execute();
      await tell(tx, who, ctx.now(), 'archive file taken', runId, { file: part!.name, sha256: part!.sha256 });
    });
  }
  return { name: part.name, mediaType: 'application/zip', sha256: part.sha256, bytes: bytes() };
}

/** Works on an archive until it waits for a person or is done. `turnMs`: then others have their turn. */
export async function workArchive(
  ctx: Context,
  render: RenderPdf,
  organizationId: string,
  id: string,
  turnMs: number,
  limits = partLimits,
): Promise<void> {
  const who = { organizationId, actor: 'system' };
  const end = performance.now() + turnMs;
  for (;;) {
    const run = await ctx.store.org(organizationId, (tx) =>
      tx.selectFrom('archive_run').selectAll().where('organization_id', '=', organizationId).where('id', '=', id).executeTakeFirst(),
    );
    if (run?.state === 'making') {
      if (!(await makePart(ctx, render, organizationId, run, limits))) {
        const ready = await step(ctx, who, id, ['making'], run.documents > 0 ? 'ready' : 'done', 'archive made');
        if (ready) return;
      }
    } else if (run?.state === 'removing') {
      if (!(await removeSlice(ctx, organizationId, id))) {
        await step(ctx, who, id, ['removing'], 'done', 'archived documents removed');
        return;
      }
    } else return;
    if (performance.now() >= end) {
      await ctx.store.org(organizationId, (tx) => ctx.jobs.enqueue(tx, 'archive', [{ organizationId, id }]));
      return;
    }
  }
}

/** Every night: what a lost job left behind goes on, and files that were kept long enough leave. */
export async function sweepArchives(ctx: Context): Promise<void> {
  await sweepLostFiles(ctx);
  const { rows } = await sql<{ organization_id: string; id: string; state: string }>`
    select r.organization_id, r.id, r.state from archive_run r where r.state in ('making', 'removing')
      or (r.state = 'done' and r.finished_at < ${new Date(ctx.now().getTime() - fileDays * 86_400_000).toISOString()}::timestamptz
        and exists (select 1 from archive_part p where p.organization_id = r.organization_id and p.run_id = r.id and p.file_id is not null))
    limit 1000`.execute(ctx.store.db);
  for (const { organization_id, id, state } of rows)
    await ctx.store.org(organization_id, (tx) =>
      state === 'done' ? dropFiles(tx, organization_id, id) : ctx.jobs.enqueue(tx, 'archive', [{ organizationId: organization_id, id }]),
    );
}

/** Files that a killed process left half written, or whole and unknown to every archive: nobody can ask for them. */
async function sweepLostFiles(ctx: Context): Promise<void> {
  const before = new Date(ctx.now().getTime() - 86_400_000).toISOString();
  const { rows } = await sql<{ organization_id: string; id: string }>`
    select f.organization_id, f.id from file f where f.size_bytes = -1 and f.created_at < ${before}::timestamptz
    union all
    select f.organization_id, f.id from archive_run r join file f on f.organization_id = r.organization_id and f.created_at >= r.created_at
      and f.media_type = 'application/zip' and f.name like 'archive-' || left(r.id::text, 8) || '-%'
    where f.created_at < ${before}::timestamptz
      and not exists (select 1 from archive_part p where p.organization_id = f.organization_id and p.file_id = f.id)
      and not exists (select 1 from import_run i where i.organization_id = f.organization_id and i.file_id = f.id)
    limit 1000`.execute(ctx.store.db);
  for (const { organization_id, id } of rows) await removeFile(ctx.store, organization_id, id);
}
