import type { FileLimits, FileSource, Profile, ReadOptions } from '../contract/order-file.ts';
import { civilDay } from '../domain/days/day.ts';
import type { Policies } from '../domain/documents/index.ts';
import type { Context } from '../jobs/index.ts';
import { announce, json, newId, type Tx } from '../store/index.ts';
import { type Organization, type PrepareOptions, readOrganization, type Who } from '../toissue/index.ts';
import { fileConnection, readerOf } from './file-connection.ts';
import { chosenPolicies, fileDefaults, mustBeUnchosen, mustExist, type PrepareInput } from './options.ts';
import { type ImportHooks, readInto } from './read.ts';
import type { ImportReport } from './report.ts';
import { storedSource } from './sources.ts';
import { StoreSink } from './store-batches.ts';
import type { Channel } from './store-orders.ts';
import { AloneSink, TrialSink, type Tried } from './trial.ts';

/**
 * The life of an import:
 *
 *   waiting ─▶ running ─▶ done | refused | cancelled | failed (`sweepImports`)
 *
 * A run reads its file from the start and works in batches; each batch, its outcomes and the run's progress commit together. A
 * killed run reads again and passes over the batches it has: the same file gives the same batches.
 */

export type ImportOptions = PrepareInput & {
  profileId?: string;
  /** Read an unknown layout by the mapping proposed for it, and keep that mapping. */
  acceptProposal?: boolean;
  limits?: Partial<FileLimits>;
};

type NewImport = {
  connector: string;
  connectionId?: string;
  file?: { id: string; sha256: string };
  name: string;
  sizeBytes: number;
  options: ImportOptions;
};

/** Notes an import. With a stored file its job is enqueued in the same transaction; without one the caller works it itself. */
export async function createImport(tx: Tx, ctx: Context, who: Who, input: NewImport): Promise<string> {
  const now = ctx.now();
  const connectionId = input.connectionId ?? (await fileConnection(tx, ctx, who, input.connector));
  await mustExist(tx, who.organizationId, input.options);
  chosenPolicies(await readOrganization(tx, who.organizationId), input.options);
  const id = newId(now);
  await tx
    .insertInto('import_run')
    .values({
      organization_id: who.organizationId,
      id,
      connection_id: connectionId,
      file_id: input.file?.id ?? null,
      name: input.name,
      sha256: input.file?.sha256 ?? null,
      size_bytes: BigInt(input.sizeBytes),
      profile: null,
      options: json({ ...input.options, connector: input.connector }),
      status: 'waiting',
      counts: json({}),
      findings: json([]),
      summary: json(null),
      created_by: who.actor,
      created_at: now,
    })
    .execute();
  if (input.file) await ctx.jobs.enqueue(tx, 'import-file', [{ organizationId: who.organizationId, id }]);
  await announce(tx, who.organizationId, 'imports', id);
  return id;
}

/** Stops a run after the batch it is at; what was imported stays. */
export async function cancelImport(ctx: Context, who: Who, runId: string): Promise<boolean> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const changed = await tx
      .updateTable('import_run')
      .set({ cancel_requested: true })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', runId)
      .where('status', 'in', ['waiting', 'running'])
      .executeTakeFirst();
    return changed.numUpdatedRows > 0n;
  });
}

/** The job behind a run, and what the command line calls with the file on its disk. A run that is over is left alone. */
export async function workImport(
  ctx: Context,
  organizationId: string,
  runId: string,
  more: ImportHooks & { source?: FileSource } = {},
): Promise<void> {
  const run = await ctx.store.org(organizationId, (tx) =>
    tx.selectFrom('import_run').selectAll().where('organization_id', '=', organizationId).where('id', '=', runId).executeTakeFirst(),
  );
  if (!run || (run.status !== 'waiting' && run.status !== 'running')) return;
  const source =
    more.source ??
    (run.file_id
      ? storedSource(ctx.store, organizationId, { id: run.file_id, name: run.name, sizeBytes: Number(run.size_bytes) })
      : undefined);
  if (!source) return;
  const who = { organizationId, actor: run.created_by ?? 'system' };
  const { connector, ...options } = run.options as ImportOptions & { connector: string };
  const setup = await ctx.store.org(organizationId, (tx) => setupOf(tx, organizationId, options));
  const stored = await ctx.store.org(organizationId, (tx) =>
    tx.selectFrom('import_batch').select('seq').where('organization_id', '=', organizationId).where('import_id', '=', runId).execute(),
  );
  const channel: Channel = { connectionId: run.connection_id, policies: setup.policies, prepare: setup.prepare, importId: runId };
  const sink = new StoreSink(ctx, who, channel, runId, new Set(stored.map((row) => row.seq)));
  // A try that follows on others may never come to the batch that would notice.
  if (run.cancel_requested) return sink.end([], { found: 0, header: {}, cancelled: true });
  await readInto(readerOf(ctx, connector), source, { ...options, profiles: setup.profiles, home: setup.home }, sink, more);
}

/** What an import would do, told by doing it: every batch runs in a transaction that is rolled back. Several files of one trial share `tried`. */
export async function tryImport(
  ctx: Context,
  who: Who,
  input: { connector: string; connectionId?: string; source: FileSource; options: ImportOptions },
  hooks: ImportHooks = {},
  tried?: Tried,
): Promise<ImportReport> {
  const setup = await ctx.store.org(who.organizationId, async (tx) => {
    await mustExist(tx, who.organizationId, input.options);
    return setupOf(tx, who.organizationId, input.options);
  });
  const sink = new TrialSink(ctx, who, input.connector, input.connectionId, setup, tried);
  await readInto(
    readerOf(ctx, input.connector),
    input.source,
    { ...input.options, profiles: setup.profiles, home: setup.home },
    sink,
    hooks,
  );
  return sink.report(input.source);
}

/** The same where nothing is stored yet: no database is asked, and nothing but the orders of the file can concern an order. */
export async function tryAlone(
  ctx: Pick<Context, 'connectors' | 'now'>,
  organization: Organization,
  input: { connector: string; source: FileSource; options: ImportOptions },
  hooks: ImportHooks = {},
  tried?: Tried,
): Promise<ImportReport> {
  mustBeUnchosen(input.options);
  const { policies } = chosenPolicies(organization, fileDefaults(organization, input.options));
  const sink = new AloneSink(policies, civilDay(ctx.now().toISOString(), organization.zone), tried);
  await readInto(readerOf(ctx, input.connector), input.source, { ...input.options, profiles: [], home: homeOf(organization) }, sink, hooks);
  return sink.report(input.source);
}

type Setup = { policies: Policies; prepare: PrepareOptions; profiles: Profile[]; home: NonNullable<ReadOptions['home']> };

/** What a file of an unknown layout leaves unsaid is meant as in the seller's country. */
export const homeOf = ({ zone, currency, country }: Organization) => ({ timeZone: zone, currency, country });

async function setupOf(tx: Tx, organizationId: string, options: ImportOptions): Promise<Setup> {
  const organization = await readOrganization(tx, organizationId);
  let query = tx.selectFrom('import_profile').select('profile').where('organization_id', '=', organizationId).orderBy('created_at', 'desc');
  if (options.profileId) query = query.where('id', '=', options.profileId);
  const profiles = (await query.execute()).map((row) => row.profile as Profile);
  return { ...chosenPolicies(organization, fileDefaults(organization, options)), profiles, home: homeOf(organization) };
}
