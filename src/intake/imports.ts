import { type Selectable, sql } from 'kysely';
import type { FileSource } from '../contract/order-file.ts';
import { cut } from '../domain/cut.ts';
import type { Finding } from '../domain/finding.ts';
import type { Context } from '../jobs/index.ts';
import { announce, json, type Tables, type Tx } from '../store/index.ts';
import type { Who } from '../toissue/index.ts';
import { unpack } from './archive.ts';
import type { FileEnd, ImportHooks } from './read.ts';
import { factsOf, type ImportRecord, type ImportReport, ReportBuilder } from './report.ts';
import { createImport, type ImportOptions, tryImport, workImport } from './run.ts';
import type { Tried } from './trial.ts';

/** Imports as lists and reports see them. */
type ImportRunView = {
  id: string;
  name: string;
  status: Tables['import_run']['status'];
  connectionId: string;
  profile: string | null;
  sha256: string | null;
  sizeBytes: number | null;
  readBytes: number;
  counts: Record<string, number>;
  findings: Finding[];
  options: Record<string, unknown>;
  createdAt: string;
  finishedAt: string | null;
  cancelRequested: boolean;
};

function viewOf(row: Selectable<Tables['import_run']>): ImportRunView {
  return {
    id: row.id,
    name: row.name,
    status: row.status,
    connectionId: row.connection_id,
    profile: row.profile,
    sha256: row.sha256,
    sizeBytes: row.size_bytes === null ? null : Number(row.size_bytes),
    readBytes: Number(row.read_bytes),
    counts: row.counts,
    findings: row.findings,
    options: row.options,
    createdAt: row.created_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
    cancelRequested: row.cancel_requested,
  };
}

export async function readImport(tx: Tx, organizationId: string, id: string): Promise<ImportRunView | undefined> {
  const row = await tx
    .selectFrom('import_run')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && viewOf(row);
}

/** Newest first; the cursor is the id of the last one shown (ids are ordered by time). */
export async function listImports(
  tx: Tx,
  organizationId: string,
  page: { cursor?: string; limit?: number } = {},
): Promise<{ items: ImportRunView[]; nextCursor?: string }> {
  const limit = Math.min(Math.max(page.limit ?? 50, 1), 200);
  let query = tx
    .selectFrom('import_run')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (page.cursor) query = query.where('id', '<', page.cursor);
  const rows = await query.execute();
  const items = rows.slice(0, limit).map(viewOf);
  return { items, nextCursor: rows.length > limit ? items.at(-1)!.id : undefined };
}

/** Outcomes of a run, a page at a time; the cursor counts the records passed. */
export async function importRecords(
  tx: Tx,
  organizationId: string,
  importId: string,
  page: { cursor?: string; limit?: number; outcome?: string } = {},
): Promise<{ items: ImportRecord[]; nextCursor?: string }> {
  const limit = Math.min(Math.max(page.limit ?? 50, 1), 200);
  const from = cursorOf(page.cursor);
  const items: ImportRecord[] = [];
  for (let { seq, at } = from; ; seq++, at = 0) {
    const batch = await nextBatch(tx, organizationId, importId, seq);
    if (!batch) return { items };
    if (batch.seq > seq) [seq, at] = [batch.seq, 0];
    for (const [i, record] of batch.records.entries()) {
      if (i < at || (page.outcome && record.outcome !== page.outcome && !(page.outcome === 'held' && record.held))) continue;
      if (items.length === limit) return { items, nextCursor: `${seq}.${i}` };
      items.push(record);
    }
  }
}

function cursorOf(cursor: string | undefined): { seq: number; at: number } {
  const m = /^(\d{1,9})\.(\d{1,9})$/.exec(cursor ?? '');
  return m ? { seq: Number(m[1]), at: Number(m[2]) } : { seq: 0, at: 0 };
}

type Run = Selectable<Tables['import_run']>;

/** The whole report of a run; undefined when there is no such run. */
export async function importReport(ctx: Context, organizationId: string, importId: string): Promise<ImportReport | undefined> {
  const runs = await readRuns(ctx, organizationId, [importId]);
  return runs.length === 0 ? undefined : reportOf(ctx, organizationId, runs);
}

async function readRuns(ctx: Context, organizationId: string, ids: string[]): Promise<Run[]> {
  if (ids.length === 0) return [];
  const rows = await ctx.store.org(organizationId, (tx) =>
    tx.selectFrom('import_run').selectAll().where('organization_id', '=', organizationId).where('id', 'in', ids).execute(),
  );
  return ids.flatMap((id) => rows.find((row) => row.id === id) ?? []);
}

async function reportOf(
  ctx: Context,
  organizationId: string,
  runs: Run[],
  refused: { name: string; refused: Finding }[] = [],
): Promise<ImportReport> {
  const builder = new ReportBuilder(runs.length + refused.length > 1);
  for (const run of runs) for await (const record of recordsOf(ctx, organizationId, run.id)) builder.add(record);
  const files = runs.map((run) => {
    const { refused: code, ...summary } = (run.summary ?? { found: 0, header: {} }) as Omit<FileEnd, 'refused'> & { refused?: string };
    const facts = factsOf(run.name, Number(run.size_bytes ?? 0), {
      ...summary,
      sha256: run.sha256 ?? undefined,
      profile: run.profile ?? undefined,
    });
    return { ...facts, ...(code !== undefined && { refused: code }), importId: run.id };
  });
  const findings = runs.flatMap((run) =>
    runs.length > 1 ? run.findings.map((f) => ({ ...f, params: { ...f.params, file: run.name } })) : run.findings,
  );
  for (const entry of refused) findings.push({ ...entry.refused, params: { ...entry.refused.params, file: entry.name } });
  const statuses = new Set(runs.map((run) => run.status));
  const summary = runs[0]?.summary as { importedBefore?: string; proposal?: ImportReport['proposal'] } | null | undefined;
  return builder.build(
    [...files, ...refused.map((entry) => ({ name: entry.name, sizeBytes: 0, found: 0, header: {}, refused: entry.refused.code }))],
    findings,
    {
      dryRun: false,
      status: runs.length === 0 ? 'refused' : statuses.size === 1 ? runs[0]!.status : 'done',
      importedBefore: runs.length === 1 ? summary?.importedBefore : undefined,
      proposal: summary?.proposal,
    },
  );
}

/** The batch at or after a place. A cancelled run may lack one in the middle: two were under way and the later was the faster. */
async function nextBatch(
  tx: Tx,
  organizationId: string,
  importId: string,
  from: number,
): Promise<{ seq: number; records: ImportRecord[] } | undefined> {
  const row = await tx
    .selectFrom('import_batch')
    .select(['seq', 'records'])
    .where('organization_id', '=', organizationId)
    .where('import_id', '=', importId)
    .where('seq', '>=', from)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  return row && { seq: row.seq, records: row.records as ImportRecord[] };
}

async function* recordsOf(ctx: Context, organizationId: string, importId: string): AsyncGenerator<ImportRecord> {
  for (let seq = 0; ; seq++) {
    const batch = await ctx.store.org(organizationId, (tx) => nextBatch(tx, organizationId, importId, seq));
    if (!batch) return;
    seq = batch.seq;
    yield* batch.records;
  }
}

/** Files, and the files inside ZIPs, imported one after another in this process, with one report over all of them. */
export async function importSources(
  ctx: Context,
  who: Who,
  input: { connector: string; connectionId?: string; sources: FileSource[]; options: ImportOptions; dryRun?: boolean },
  hooks: ImportHooks = {},
): Promise<{ report: ImportReport; importIds: string[] }> {
  const { connector, connectionId, options } = input;
  if (input.dryRun) {
    const report = await trySources(input.sources, (source, tried) =>
      tryImport(ctx, who, { connector, connectionId, source, options }, hooks, tried),
    );
    return { report, importIds: [] };
  }
  const { files, refused } = await unpacked(input.sources);
  const importIds: string[] = [];
  for (const source of files) {
    const id = await ctx.store.org(who.organizationId, (tx) =>
      createImport(tx, ctx, who, { connector, connectionId, name: source.name, sizeBytes: source.sizeBytes, options }),
    );
    importIds.push(id);
    await workImport(ctx, who.organizationId, id, { ...hooks, source });
    if (hooks.signal?.aborted) break;
  }
  return { report: await reportOf(ctx, who.organizationId, await readRuns(ctx, who.organizationId, importIds), refused), importIds };
}

async function unpacked(sources: FileSource[]): Promise<{ files: FileSource[]; refused: { name: string; refused: Finding }[] }> {
  const refused: { name: string; refused: Finding }[] = [];
  const files: FileSource[] = [];
  for (const source of sources)
    for (const found of await unpack(source)) 'source' in found ? files.push(found.source) : refused.push(found);
  return { files, refused };
}

/** Files, and the files inside ZIPs, tried one after another, with one report over all of them. */
export async function trySources(
  sources: FileSource[],
  tryOne: (source: FileSource, tried: Tried) => Promise<ImportReport>,
): Promise<ImportReport> {
  const { files, refused } = await unpacked(sources);
  const reports: ImportReport[] = [];
  const tried: Tried = new Map();
  for (const source of files) reports.push(await tryOne(source, tried));
  return joinReports(reports, refused);
}

/** Several trial reports as one. */
function joinReports(reports: ImportReport[], refused: { name: string; refused: Finding }[]): ImportReport {
  if (reports.length === 1 && refused.length === 0) return reports[0]!;
  const builder = new ReportBuilder(true);
  const findings: Finding[] = [];
  for (const report of reports) {
    const orders = new Map(report.orders.map((order) => [order.externalId, order]));
    const rejected = [...report.rejected];
    for (const record of report.records) {
      const { code, where, line: _line, externalId: _id, ...params } = (record.outcome === 'rejected' ? rejected.shift() : undefined) ?? {};
      builder.add({
        ...record,
        offset: 0,
        file: report.files[0]?.name,
        ...(code !== undefined && { code: String(code), where: where as string | undefined, params: params as Record<string, string> }),
        order:
          record.externalId === undefined ||
          record.outcome === 'duplicate' ||
          record.outcome === 'conflict' ||
          record.outcome === 'rejected'
            ? undefined
            : orders.get(record.externalId),
      });
    }
    for (const { code, ...params } of report.fileWarnings)
      findings.push({
        code: String(code),
        level: 'warning',
        params: { ...(params as Record<string, string>), file: report.files[0]?.name ?? '' },
      });
  }
  for (const entry of refused) findings.push({ ...entry.refused, params: { ...entry.refused.params, file: entry.name } });
  const files = [
    ...reports.flatMap((report) => report.files),
    ...refused.map((entry) => ({ name: entry.name, sizeBytes: 0, found: 0, header: {}, refused: entry.refused.code })),
  ];
  const status = reports.some((report) => report.status === 'done') ? 'done' : 'refused';
  return builder.build(files, findings, { dryRun: true, status, proposal: reports.find((report) => report.proposal)?.proposal });
}

/** How long a file that waits makes others wait for it: one that nobody comes for stops nobody. */
const waitedForMs = 10 * 60_000;

/**
 * Shall this organization let others go first? It has just had a file read, and another, which had none since, has one waiting. So many
 * files of one are read in turn with those of the others, whatever order they came in.
 */
export async function lettingOthersFirst(ctx: Context, organizationId: string): Promise<boolean> {
  const { rows } = await ctx.store.system((tx) =>
    sql<{ others: boolean }>`select exists (
      select 1 from import_run w where w.status = 'waiting' and w.file_id is not null and w.organization_id <> ${organizationId}
        and w.created_at > ${new Date(ctx.now().getTime() - waitedForMs).toISOString()}::timestamptz
        and not exists (select 1 from import_run r where r.organization_id = w.organization_id and r.status = 'running' and r.file_id is not null)
        and coalesce((select max(d.finished_at) from import_run d where d.organization_id = w.organization_id), '-infinity')
          < (select max(m.finished_at) from import_run m where m.organization_id = ${organizationId})) as others`.execute(tx),
  );
  return rows[0]!.others;
}

/** A reader gives a sign of life every half minute; one that is silent for so long is dead. */
const silentMs = 2 * 60_000;
/** On a server another process may still be at it; on the embedded database there is none. */
const abandonedAfterMs = 6 * 3_600_000;

/**
 * Imports that a lost job or a killed process left behind: those with a stored file go on by a new job, those without can only be closed.
 * A file whose job failed as often as one is tried is closed too: its reader stumbles for ever, and its owner is told.
 * Run every minute, and with `starting` by a process that has just begun: it waits for nobody's sign of life, for mostly it comes in the place of
 * one that was killed. Of two readers of one file each batch is stored by one. Returns how many were taken up or closed.
 */
export async function sweepImports(ctx: Context, { starting = false } = {}): Promise<number> {
  const open = await ctx.store.system((tx) =>
    tx
      .selectFrom('import_run')
      .select(['organization_id', 'id', 'file_id', 'created_at'])
      .where('status', 'in', ['waiting', 'running'])
      .execute(),
  );
  const alone = starting && ctx.store.embedded;
  const alive = await ctx.jobs.underWay(
    'import-file',
    open.map((run) => run.id),
    starting ? 0 : silentMs,
  );
  const abandonedBefore = ctx.now().getTime() - abandonedAfterMs;
  const left = open.filter((run) => (run.file_id ? !alive.has(run.id) : starting && (alone || run.created_at.getTime() < abandonedBefore)));
  const hopeless = await ctx.jobs.givenUp(
    'import-file',
    left.map((run) => run.id),
  );
  // Who begins takes up even what somebody else is at, but closes nothing under his hands: an earlier job of the file may have failed.
  const living = await ctx.jobs.underWay('import-file', [...hopeless.keys()], silentMs);
  for (const { organization_id: organizationId, id, file_id } of left)
    await ctx.store.org(organizationId, async (tx) => {
      const reason = living.has(id) ? undefined : hopeless.get(id);
      if (file_id && reason === undefined) return ctx.jobs.enqueue(tx, 'import-file', [{ organizationId, id }]);
      const stumbled: Finding[] = reason === undefined ? [] : [{ code: 'F_FAILED', level: 'file', params: { reason: cut(reason, 200) } }];
      await tx
        .updateTable('import_run')
        .set({ status: 'failed', findings: json(stumbled), finished_at: ctx.now() })
        .where('organization_id', '=', organizationId)
        .where('id', '=', id)
        .where('status', 'in', ['waiting', 'running'])
        .execute();
      await announce(tx, organizationId, 'imports', id);
    });
  return left.length;
}
