import { cut } from '../domain/cut.ts';
import type { Finding } from '../domain/finding.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, json, jsonRows, type Tx } from '../store/index.ts';
import type { Who } from '../toissue/index.ts';
import { saveProfile } from './profiles.ts';
import { type FileEnd, noted, type Sink, type Unit, type Verdict } from './read.ts';
import { type ImportRecord, reportedOrder } from './report.ts';
import { type Channel, holdConflicts, storeOrders } from './store-orders.ts';

/** Stores a batch's records and says what became of each. */
export async function settleBatch(tx: Tx, ctx: Context, who: Who, channel: Channel, units: Unit[]): Promise<ImportRecord[]> {
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
      ...(result.holds.length > 0 && { holds: result.holds }),
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
        params: { value: cut((error as Error).message, 100) },
      };
      ctx.log('warn', 'order could not be stored', { externalId: unit.order.externalId, error: (error as Error).message });
      kept.push({ event: 'rejected', finding, externalId: unit.order.externalId, place: unit.place });
    }
  }
  return kept;
}

class RolledBack extends Error {}

/** Does the work and takes it back; its result remains. */
export async function rolledBack<T>(ctx: Context, organizationId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
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
export class StoreSink implements Sink {
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
        const now = await run().forNoKeyUpdate().executeTakeFirstOrThrow();
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
        .forNoKeyUpdate()
        .executeTakeFirst();
      if (!run || (run.status !== 'waiting' && run.status !== 'running')) return;
      const earlier =
        end.sha256 === undefined ? undefined : await importedBefore(tx, organizationId, run.connection_id, end.sha256, this.#runId);
      // A mapping that was accepted unseen is kept like one that was saved by hand: the next file of this layout is known.
      const learnt =
        end.proposal && !end.refused && !end.cancelled
          ? await saveProfile(tx, this.#ctx, this.#who, layoutName(run.name), end.proposal.profile)
          : undefined;
      const status = end.cancelled ? 'cancelled' : end.refused ? 'refused' : 'done';
      const summary = {
        found: end.found,
        total: end.total,
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
          profile: learnt?.id ?? end.profile ?? null,
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

/** `sales 2026-11.csv` → `sales 2026-11`: what a person would call the layout at first. */
const layoutName = (file: string) =>
  file
    .replace(/^.*[\\/]/, '')
    .replace(/\.[a-z0-9]{1,5}$/i, '')
    .slice(0, 200) || file;

function countInto(counts: Record<string, number>, records: ImportRecord[]): Record<string, number> {
  for (const record of records) {
    counts[record.outcome] = (counts[record.outcome] ?? 0) + 1;
    if (record.held) counts.held = (counts.held ?? 0) + 1;
    if (record.documentId !== undefined && record.outcome === 'created') counts.documents = (counts.documents ?? 0) + 1;
  }
  return counts;
}

export async function importedBefore(
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
