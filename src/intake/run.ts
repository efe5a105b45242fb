import type { Connector } from '../contract/connector.ts';
import type { FileEvent, FileHeader, FileLimits, FileSource, Profile, Proposal, ReadOptions } from '../contract/order-file.ts';
import { civilDay } from '../domain/days/day.ts';
import { type Policies, prepareSuggested } from '../domain/documents/index.ts';
import { type Finding, hold, warning } from '../domain/finding.ts';
import type { Order } from '../domain/orders/order.ts';
import { suggest } from '../domain/orders/suggest.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, json, jsonRows, newId, type Tx } from '../store/index.ts';
import { type Organization, type PrepareOptions, readOrganization, type Who } from '../toissue/index.ts';
import { chosenPolicies, fileDefaults, mustBeUnchosen, mustExist, type PrepareInput } from './options.ts';
import { type FileFacts, type ImportRecord, type ImportReport, ReportBuilder, reportedOrder } from './report.ts';
import { storedSource } from './sources.ts';
import { type Channel, contentHash, holdConflicts, storeOrders } from './store-orders.ts';

/**
 * The life of an import:
 *
 *   waiting ─▶ running ─▶ done | refused | cancelled
 *
 * A run reads its file from the start and works in batches; each batch, its outcomes and the run's progress commit together. A
 * killed run reads again and passes over the batches it has: the same file gives the same batches.
 */

export const batchSize = 250;

export type ImportOptions = PrepareInput & {
  profileId?: string /** Read an unknown layout by the proposed mapping. */;
  acceptProposal?: boolean;
  limits?: Partial<FileLimits>;
};
export type ImportProgress = { bytesRead: number; sizeBytes: number; records: number };
export type ImportHooks = { signal?: AbortSignal; onProgress?: (progress: ImportProgress) => void };

export class UnknownConnector extends Error {
  override name = 'UnknownConnector';
}

function readerOf(ctx: Pick<Context, 'connectors'>, id: string): NonNullable<Connector['files']> {
  const files = ctx.connectors.get(id)?.files;
  if (!files) throw new UnknownConnector(`connector ${id} reads no files`);
  return files;
}

/** The organization's connection for files of a connector; made when there is none, for files need no account. */
export async function fileConnection(tx: Tx, ctx: Context, who: Who, connector: string): Promise<string> {
  const files = ctx.connectors.get(connector);
  if (!files?.files) throw new UnknownConnector(`connector ${connector} reads no files`);
  const known = await tx
    .selectFrom('connection')
    .select('id')
    .where('organization_id', '=', who.organizationId)
    .where('connector', '=', connector)
    .where('status', '<>', 'removed')
    .orderBy('created_at')
    .executeTakeFirst();
  if (known) return known.id;
  const now = ctx.now();
  const id = newId(now);
  await tx
    .insertInto('connection')
    .values({
      organization_id: who.organizationId,
      id,
      connector,
      name: files.manifest.name,
      status: 'active',
      base_url: null,
      settings: json({}),
      memory: json({}),
      cursor: json(null),
      intake_token: null,
      created_at: now,
      updated_at: now,
    })
    .execute();
  await tx.insertInto('connection_gate').values({ organization_id: who.organizationId, connection_id: id, cause_code: null }).execute();
  await audit(tx, who.organizationId, who.actor, now, [
    { action: 'connection made', entity: 'connection', entityId: id, data: { name: files.manifest.name, connector } },
  ]);
  return id;
}

export type NewImport = {
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
  if (input.file) await ctx.jobs.enqueue(tx, 'import-file', [{ organizationId: who.organizationId, id }], { onlyOne: true });
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
  await readInto(readerOf(ctx, connector), source, { ...options, profiles: setup.profiles, home: setup.home }, sink, more);
}

/** What an import would do, told by doing it: every batch runs in a transaction that is rolled back. */
export async function tryImport(
  ctx: Context,
  who: Who,
  input: { connector: string; connectionId?: string; source: FileSource; options: ImportOptions },
  hooks: ImportHooks = {},
): Promise<ImportReport> {
  const setup = await ctx.store.org(who.organizationId, async (tx) => {
    await mustExist(tx, who.organizationId, input.options);
    return setupOf(tx, who.organizationId, input.options);
  });
  const sink = new TrialSink(ctx, who, input.connector, input.connectionId, setup);
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
): Promise<ImportReport> {
  mustBeUnchosen(input.options);
  const { policies } = chosenPolicies(organization, fileDefaults(organization, input.options));
  const sink = new AloneSink(policies, civilDay(ctx.now().toISOString(), organization.zone));
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

/** One record of a batch on its way into the store. */
type Unit =
  | (Extract<FileEvent, { event: 'order' }> & { hash: string })
  | Extract<FileEvent, { event: 'rejected' }>
  | { event: 'duplicate' | 'conflict'; externalId: string; place: { line: number; offset: number; file?: string }; finding: Finding };

export type FileEnd = {
  found: number;
  header: FileHeader;
  refused?: Finding;
  profile?: string;
  encoding?: string;
  sha256?: string;
  proposal?: Proposal;
  cancelled?: boolean;
};

type Verdict = 'go on' | 'stop' | 'cancelled';

interface Sink {
  /** Batches that may be under way at once. */
  readonly lanes: number;
  batch(units: Unit[], bytesRead: number): Promise<Verdict>;
  end(findings: Finding[], end: FileEnd): Promise<void>;
}

const findingsKept = 1000;

/** Reads a file into a sink: repetitions are recognised here, and reading goes on while the last batch is being stored. */
async function readInto(
  reader: NonNullable<Connector['files']>,
  source: FileSource,
  options: ImportOptions & Pick<Setup, 'profiles' | 'home'>,
  sink: Sink,
  hooks: ImportHooks,
): Promise<void> {
  const seen = new Map<string, Seen>();
  const findings: Finding[] = [];
  const end: FileEnd = { found: 0, header: {} };
  let units: Unit[] = [];
  const inFlight: Promise<Verdict>[] = [];
  let records = 0;
  /** Waits until no more than so many batches are under way; the first verdict that is not "go on" counts. */
  const down = async (to: number): Promise<Verdict> => {
    while (inFlight.length > to) {
      const verdict = await inFlight.shift()!;
      if (verdict !== 'go on') return verdict;
    }
    return 'go on';
  };
  const flush = async (bytesRead: number): Promise<Verdict> => {
    const batch = units;
    units = [];
    // A batch that may concern an earlier one waits for all of them.
    const verdict = await down(batch.some(looksBack) ? 0 : sink.lanes - 1);
    if (verdict !== 'go on') return verdict;
    const stored = sink.batch(batch, bytesRead);
    // A failure is met at the next wait; until then it must not count as unhandled.
    stored.catch(() => {});
    inFlight.push(stored);
    return 'go on';
  };
  const pass = async (): Promise<Verdict> => {
    for await (const { events, bytesRead } of reader.read(source, {
      profiles: options.profiles,
      home: options.home,
      acceptProposal: options.acceptProposal,
      limits: options.limits,
    })) {
      for (const event of events) {
        if (!note(event, findings, end)) continue;
        const unit = event.event === 'order' ? unitOf(event, seen) : event;
        if (unit.event === 'duplicate' && findings.length < findingsKept) findings.push(unit.finding);
        units.push(unit);
        records++;
        if (units.length < batchSize) continue;
        const verdict = hooks.signal?.aborted ? 'stop' : await flush(bytesRead);
        if (verdict !== 'go on') return verdict;
        hooks.onProgress?.({ bytesRead, sizeBytes: source.sizeBytes, records });
      }
    }
    const verdict = units.length > 0 ? await flush(source.sizeBytes) : 'go on';
    return verdict === 'go on' ? down(0) : verdict;
  };
  let verdict: Verdict;
  try {
    verdict = await pass();
  } finally {
    await Promise.allSettled(inFlight);
  }
  if (verdict === 'stop') return;
  if (verdict === 'go on') hooks.onProgress?.({ bytesRead: source.sizeBytes, sizeBytes: source.sizeBytes, records });
  await sink.end(findings, verdict === 'cancelled' ? { ...end, cancelled: true } : end);
}

/** Keeps what an event says about the file; true when it is a record. */
function note(event: FileEvent, findings: Finding[], end: FileEnd): event is Extract<FileEvent, { event: 'order' | 'rejected' }> {
  if (event.event === 'order' || event.event === 'rejected') return true;
  if (event.event === 'layout') Object.assign(end, { profile: event.profile, encoding: event.encoding, sha256: event.sha256 });
  else if (event.event === 'unknown-layout') end.proposal = event.proposal;
  else if (event.event === 'end') Object.assign(end, { found: event.found, header: event.header, refused: event.refused });
  else if (findings.length < findingsKept) findings.push(event.finding);
  return false;
}

/** Contradictions and orders with line ids may touch an order of an earlier batch. */
function looksBack(unit: Unit): boolean {
  return unit.event === 'conflict' || (unit.event === 'order' && unit.order.lines.some((line) => line.externalId !== undefined));
}

/** What is remembered of every order of a file: 52 bits of its hash as a number, for a hundred thousand of them. */
type Seen = { mark: number; line: number };
const markOf = (hash: string) => Number.parseInt(hash.slice(0, 13), 16);

/** Same id and same content is a repetition; same id and other content a contradiction (contract allegro §5.10). */
function unitOf(event: Extract<FileEvent, { event: 'order' }>, seen: Map<string, Seen>): Unit {
  const { externalId } = event.order;
  const first = seen.get(externalId);
  const hashOf = contentHash(event.order);
  if (!first) {
    // A copy of the id: a slice of the file's text would keep the whole chunk in memory.
    seen.set(Buffer.from(externalId).toString(), { mark: markOf(hashOf), line: event.place.line });
    return { ...event, hash: hashOf };
  }
  const { line } = event.place;
  if (first.mark === markOf(hashOf))
    return {
      event: 'duplicate',
      externalId,
      place: event.place,
      finding: warning('W_DUPLICATE_IDENTICAL', undefined, { id: externalId, line: String(line) }),
    };
  const finding = hold('H_DUP_CONFLICT', undefined, { id: externalId, first: String(first.line), second: String(line) });
  return { event: 'conflict', externalId, place: event.place, finding };
}

/** The place of a record, and what there is to say about one that is no order. */
function noted(unit: Unit): ImportRecord | Pick<ImportRecord, 'line' | 'offset' | 'file'> {
  const { line, offset, file } = unit.place;
  const place = { line, offset, ...(file !== undefined && { file }) };
  if (unit.event === 'order') return place;
  const { code, where, params } = unit.finding;
  if (unit.event === 'rejected') return { ...place, outcome: 'rejected', externalId: unit.externalId, code, where, params };
  return { ...place, outcome: unit.event, externalId: unit.externalId, code, params };
}

/** Stores a batch's records and says what became of each. */
async function settleBatch(tx: Tx, ctx: Context, who: Who, channel: Channel, units: Unit[]): Promise<ImportRecord[]> {
  const orders = units.filter((unit) => unit.event === 'order');
  for (const conflict of units) {
    if (conflict.event !== 'conflict') continue;
    const first = orders.find((unit) => unit.order.externalId === conflict.externalId);
    if (first && !first.order.findings.some((f) => f.code === 'H_DUP_CONFLICT')) first.order.findings.push(conflict.finding);
  }
  const stored = await storeOrders(tx, ctx, who, channel, orders);
  await holdConflicts(
    tx,
    ctx,
    who,
    channel,
    units.flatMap((unit) => (unit.event === 'conflict' ? [unit] : [])),
  );
  let at = 0;
  return units.map((unit): ImportRecord => {
    const place = noted(unit);
    if ('outcome' in place) return place;
    if (unit.event !== 'order') throw new Error('a record that is no order has its outcome');
    const result = stored[at++]!;
    return {
      ...place,
      outcome: result.outcome,
      externalId: unit.order.externalId,
      order: reportedOrder(unit.order, result.suggested),
      ...(result.suggested.findings.length > 0 && { findings: result.suggested.findings }),
      orderId: result.orderId,
      documentId: result.documentId,
      documentKind: result.documentKind,
      held: result.held,
    };
  });
}

/** True for what a record's content can cause: a value no column takes, or an order no rule foresaw. Everything else is the machine's. */
function isOfTheData(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return error instanceof RangeError || error instanceof TypeError || (typeof code === 'string' && /^22...$/.test(code));
}

/** One record that cannot be stored must not take its batch along: each is tried alone, and what fails is rejected by name. */
async function withoutUnstorable(ctx: Context, who: Who, channel: Channel, units: Unit[]): Promise<Unit[]> {
  const kept: Unit[] = [];
  for (const unit of units) {
    try {
      await rolledBack(ctx, who.organizationId, (tx) => settleBatch(tx, ctx, who, channel, [structuredClone(unit)]));
      kept.push(unit);
    } catch (error) {
      if (unit.event !== 'order' || !isOfTheData(error)) throw error;
      const finding: Finding = {
        code: 'E_FIELD',
        level: 'reject',
        params: { value: (error as Error).message.slice(0, 100).toWellFormed() },
      };
      ctx.log('warn', 'order could not be stored', { externalId: unit.order.externalId, error: (error as Error).message });
      kept.push({ event: 'rejected', finding, externalId: unit.order.externalId, place: unit.place });
    }
  }
  return kept;
}

class RolledBack extends Error {}

/** Does the work and takes it back; its result remains. */
async function rolledBack<T>(ctx: Context, organizationId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  let result: { value: T } | undefined;
  try {
    await ctx.store.org(organizationId, async (tx) => {
      result = { value: await work(tx) };
      throw new RolledBack();
    });
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
  }
  return result!.value;
}

/** Batches into the database. */
class StoreSink implements Sink {
  readonly #ctx: Context;
  readonly #who: Who;
  readonly #channel: Channel;
  readonly #runId: string;
  /** Batches an earlier try of this run has stored. */
  readonly #stored: Set<number>;
  readonly lanes: number;
  #seq = 0;

  constructor(ctx: Context, who: Who, channel: Channel, runId: string, stored: Set<number>) {
    this.#ctx = ctx;
    this.#who = who;
    this.#channel = channel;
    this.#runId = runId;
    this.#stored = stored;
    // The embedded database has one connection: a second transaction would only wait.
    this.lanes = ctx.store.embedded ? 1 : 2;
  }

  async batch(units: Unit[], bytesRead: number): Promise<Verdict> {
    const seq = this.#seq++;
    if (this.#stored.has(seq)) return 'go on';
    try {
      return await this.#store(seq, units, bytesRead);
    } catch (error) {
      if (!isOfTheData(error)) throw error;
      return this.#store(seq, await withoutUnstorable(this.#ctx, this.#who, this.#channel, units), bytesRead);
    }
  }

  async #store(seq: number, units: Unit[], bytesRead: number): Promise<Verdict> {
    const { organizationId } = this.#who;
    return this.#ctx.store
      .org(organizationId, async (tx) => {
        const run = () =>
          tx
            .selectFrom('import_run')
            .select(['status', 'cancel_requested', 'counts', 'read_bytes'])
            .where('organization_id', '=', organizationId)
            .where('id', '=', this.#runId);
        const before = await run().executeTakeFirst();
        if (!before || (before.status !== 'waiting' && before.status !== 'running')) return 'stop';
        if (before.cancel_requested) return 'cancelled';
        const records = await settleBatch(tx, this.#ctx, this.#who, this.#channel, units);
        const now = await run().forUpdate().executeTakeFirstOrThrow();
        // Another worker may be at the same run: its batch stands and this one is rolled back.
        const mine = await tx
          .insertInto('import_batch')
          .values({
            organization_id: organizationId,
            import_id: this.#runId,
            seq,
            records: jsonRows(records),
            rejected: records.filter((r) => r.outcome === 'rejected').length,
          })
          .onConflict((c) => c.doNothing())
          .executeTakeFirst();
        if (mine.numInsertedOrUpdatedRows === 0n) throw new RolledBack();
        const readBytes = BigInt(bytesRead) > now.read_bytes ? BigInt(bytesRead) : now.read_bytes;
        await tx
          .updateTable('import_run')
          .set({ status: 'running', read_bytes: readBytes, counts: json(countInto({ ...now.counts }, records)) })
          .where('organization_id', '=', organizationId)
          .where('id', '=', this.#runId)
          .execute();
        await announce(tx, organizationId, 'imports', this.#runId);
        return 'go on' as const;
      })
      .catch((error: unknown) => {
        if (error instanceof RolledBack) return 'go on' as const;
        throw error;
      });
  }

  async end(findings: Finding[], end: FileEnd): Promise<void> {
    const { organizationId, actor } = this.#who;
    const now = this.#ctx.now();
    await this.#ctx.store.org(organizationId, async (tx) => {
      const run = await tx
        .selectFrom('import_run')
        .selectAll()
        .where('organization_id', '=', organizationId)
        .where('id', '=', this.#runId)
        .forUpdate()
        .executeTakeFirst();
      if (!run || (run.status !== 'waiting' && run.status !== 'running')) return;
      const earlier =
        end.sha256 === undefined ? undefined : await importedBefore(tx, organizationId, run.connection_id, end.sha256, this.#runId);
      const status = end.cancelled ? 'cancelled' : end.refused ? 'refused' : 'done';
      const summary = {
        found: end.found,
        header: end.header,
        encoding: end.encoding,
        refused: end.refused?.code,
        proposal: end.proposal,
        importedBefore: earlier,
      };
      await tx
        .updateTable('import_run')
        .set({
          status,
          sha256: end.sha256 ?? run.sha256,
          profile: end.profile ?? null,
          findings: json(findings),
          summary: json(JSON.parse(JSON.stringify(summary))),
          read_bytes: end.cancelled ? run.read_bytes : (run.size_bytes ?? run.read_bytes),
          finished_at: now,
        })
        .where('organization_id', '=', organizationId)
        .where('id', '=', this.#runId)
        .execute();
      await announce(tx, organizationId, 'imports', this.#runId);
      await audit(tx, organizationId, actor, now, [
        {
          action: `import ${status}`,
          entity: 'import',
          entityId: this.#runId,
          data: {
            name: run.name,
            sha256: end.sha256 ?? run.sha256,
            counts: Object.fromEntries(Object.entries(run.counts).map(([k, n]) => [k, String(n)])),
          },
        },
      ]);
    });
  }
}

function countInto(counts: Record<string, number>, records: ImportRecord[]): Record<string, number> {
  for (const record of records) {
    counts[record.outcome] = (counts[record.outcome] ?? 0) + 1;
    if (record.held) counts.held = (counts.held ?? 0) + 1;
    if (record.documentId !== undefined && record.outcome === 'created') counts.documents = (counts.documents ?? 0) + 1;
  }
  return counts;
}

async function importedBefore(
  tx: Tx,
  organizationId: string,
  connectionId: string,
  sha256: string,
  except?: string,
): Promise<string | undefined> {
  let query = tx
    .selectFrom('import_run')
    .select('finished_at')
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .where('sha256', '=', sha256)
    .where('status', '=', 'done')
    .orderBy('finished_at');
  if (except) query = query.where('id', '<>', except);
  return (await query.executeTakeFirst())?.finished_at?.toISOString();
}

/** Batches that leave nothing behind but their report. */
class TrialSink implements Sink {
  readonly #ctx: Context;
  readonly #who: Who;
  readonly #connector: string;
  readonly #connectionId: string | undefined;
  readonly #setup: Setup;
  readonly #records: ImportRecord[] = [];
  #findings: Finding[] = [];
  #end: FileEnd = { found: 0, header: {} };

  constructor(ctx: Context, who: Who, connector: string, connectionId: string | undefined, setup: Setup) {
    this.#ctx = ctx;
    this.#who = who;
    this.#connector = connector;
    this.#connectionId = connectionId;
    this.#setup = setup;
  }

  readonly lanes = 1;

  async batch(units: Unit[]): Promise<Verdict> {
    const records = await rolledBack(this.#ctx, this.#who.organizationId, async (tx) => {
      const connectionId = this.#connectionId ?? (await fileConnection(tx, this.#ctx, this.#who, this.#connector));
      return settleBatch(tx, this.#ctx, this.#who, { ...this.#setup, connectionId }, units);
    });
    for (const { orderId: _order, documentId: _document, ...record } of records) this.#records.push(record);
    return 'go on';
  }

  async end(findings: Finding[], end: FileEnd): Promise<void> {
    this.#findings = findings;
    this.#end = end;
  }

  async report(source: FileSource): Promise<ImportReport> {
    const { sha256 } = this.#end;
    const earlier =
      sha256 && this.#connectionId
        ? await this.#ctx.store.org(this.#who.organizationId, (tx) =>
            importedBefore(tx, this.#who.organizationId, this.#connectionId!, sha256),
          )
        : undefined;
    return trialReport(source, this.#records, this.#findings, this.#end, earlier);
  }
}

function trialReport(
  source: FileSource,
  records: ImportRecord[],
  findings: Finding[],
  end: FileEnd,
  importedBefore?: string,
): ImportReport {
  const builder = new ReportBuilder(false);
  for (const record of records) builder.add(record);
  return builder.build([factsOf(source.name, source.sizeBytes, end)], findings, {
    dryRun: true,
    status: end.refused ? 'refused' : 'done',
    importedBefore,
    proposal: end.proposal,
  });
}

/** What each order would become by itself and beside the others of its file, without a database. */
class AloneSink implements Sink {
  readonly lanes = 1;
  readonly #policies: Policies;
  readonly #today: string;
  readonly #records: ImportRecord[] = [];
  readonly #orders = new Map<string, ImportRecord>();
  /** Which order a line of the channel was seen on last: another one with it is the two merged there. */
  readonly #lines = new Map<string, ImportRecord>();
  #findings: Finding[] = [];
  #end: FileEnd = { found: 0, header: {} };

  constructor(policies: Policies, today: string) {
    this.#policies = policies;
    this.#today = today;
  }

  async batch(units: Unit[]): Promise<Verdict> {
    for (const unit of units) {
      const place = noted(unit);
      if (unit.event === 'order') this.#order(unit.order, place);
      else if ('outcome' in place) this.#records.push(place);
      if (unit.event === 'conflict') this.#contradict(unit.externalId, unit.finding);
    }
    return 'go on';
  }

  #order(order: Order, place: Pick<ImportRecord, 'line' | 'offset' | 'file'>): void {
    const suggested = suggest(order, this.#policies);
    const prepared = prepareSuggested(order, this.#policies, suggested, { today: this.#today });
    const made = 'nothing' in prepared ? undefined : prepared;
    const record: ImportRecord = {
      ...place,
      outcome: 'created',
      externalId: order.externalId,
      order: reportedOrder(order, suggested),
      ...(suggested.findings.length > 0 && { findings: suggested.findings }),
      documentKind: made?.content.kind,
      held: made?.findings.some((f) => f.level === 'hold') ?? false,
    };
    this.#records.push(record);
    this.#orders.set(order.externalId, record);
    for (const { externalId } of order.lines) {
      if (externalId === undefined) continue;
      const older = this.#lines.get(externalId);
      if (older && older !== record) Object.assign(older, { outcome: 'superseded', documentKind: undefined, held: false });
      this.#lines.set(externalId, record);
    }
  }

  #contradict(externalId: string, finding: Finding): void {
    const first = this.#orders.get(externalId);
    if (!first || first.findings?.some((f) => f.code === finding.code)) return;
    first.findings = [...(first.findings ?? []), finding];
    if (first.documentKind) first.held = true;
  }

  async end(findings: Finding[], end: FileEnd): Promise<void> {
    this.#findings = findings;
    this.#end = end;
  }

  report(source: FileSource): ImportReport {
    return trialReport(source, this.#records, this.#findings, this.#end);
  }
}

export function factsOf(name: string, sizeBytes: number, end: FileEnd): FileFacts {
  return {
    name,
    sizeBytes,
    sha256: end.sha256,
    profile: end.profile,
    encoding: end.encoding,
    found: end.found,
    header: end.header,
    refused: end.refused?.code,
  };
}
