import type { FileSource } from '../contract/order-file.ts';
import { type Policies, prepareSuggested } from '../domain/documents/index.ts';
import type { Finding } from '../domain/finding.ts';
import { suggest } from '../domain/orders/suggest.ts';
import type { Context } from '../jobs/index.ts';
import type { Who } from '../toissue/index.ts';
import { fileConnection } from './file-connection.ts';
import { type FileEnd, noted, type Sink, type Unit, type Verdict } from './read.ts';
import { factsOf, type ImportRecord, type ImportReport, type Outcome, ReportBuilder, reportedOrder } from './report.ts';
import { importedBefore, rolledBack, settleBatch } from './store-batches.ts';
import type { Channel } from './store-orders.ts';

/** Orders that earlier files of the same trial would have left behind, by their id: the hash of what they said. */
export type Tried = Map<string, string>;

/** What becomes of an order that an earlier file of the trial would have stored; notes it for the later ones. */
function beside(tried: Tried, { order, hash }: Extract<Unit, { event: 'order' }>, outcome: Outcome): Outcome {
  const before = tried.get(order.externalId);
  tried.set(order.externalId, hash);
  // What the store knows of it already says more: issued, or known by another way.
  if (before === undefined || outcome !== 'created') return outcome;
  return before === hash ? 'unchanged' : order.status === 'cancelled' ? 'cancelled' : 'updated';
}

/** Batches that leave nothing behind but their report. */
export class TrialSink implements Sink {
  readonly #ctx: Context;
  readonly #who: Who;
  readonly #connector: string;
  readonly #connectionId: string | undefined;
  readonly #setup: Pick<Channel, 'policies' | 'prepare'>;
  readonly #tried: Tried;
  readonly #records: ImportRecord[] = [];
  #findings: Finding[] = [];
  #end: FileEnd = { found: 0, header: {} };

  constructor(
    ctx: Context,
    who: Who,
    connector: string,
    connectionId: string | undefined,
    setup: Pick<Channel, 'policies' | 'prepare'>,
    tried: Tried = new Map(),
  ) {
    this.#ctx = ctx;
    this.#who = who;
    this.#connector = connector;
    this.#connectionId = connectionId;
    this.#setup = setup;
    this.#tried = tried;
  }

  readonly lanes = 1;

  async batch(units: Unit[]): Promise<Verdict> {
    const records = await rolledBack(this.#ctx, this.#who.organizationId, async (tx) => {
      const connectionId = this.#connectionId ?? (await fileConnection(tx, this.#ctx, this.#who, this.#connector));
      return settleBatch(tx, this.#ctx, this.#who, { ...this.#setup, connectionId }, units);
    });
    const orders = new Map(units.flatMap((unit) => (unit.event === 'order' ? [[unit.order.externalId, unit] as const] : [])));
    for (const { orderId: _order, documentId: _document, ...record } of records) {
      const unit = record.order && orders.get(record.order.externalId);
      this.#records.push(unit ? { ...record, outcome: beside(this.#tried, unit, record.outcome) } : record);
    }
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
export class AloneSink implements Sink {
  readonly lanes = 1;
  readonly #policies: Policies;
  readonly #today: string;
  readonly #tried: Tried;
  readonly #records: ImportRecord[] = [];
  readonly #orders = new Map<string, ImportRecord>();
  /** Which order a line of the channel was seen on last: another one with it is the two merged there. */
  readonly #lines = new Map<string, ImportRecord>();
  #findings: Finding[] = [];
  #end: FileEnd = { found: 0, header: {} };

  constructor(policies: Policies, today: string, tried: Tried = new Map()) {
    this.#policies = policies;
    this.#today = today;
    this.#tried = tried;
  }

  async batch(units: Unit[]): Promise<Verdict> {
    for (const unit of units) {
      const place = noted(unit);
      if (unit.event === 'order') this.#order(unit, place);
      else if ('outcome' in place) this.#records.push(place);
      if (unit.event === 'conflict') this.#contradict(unit.externalId, unit.finding);
    }
    return 'go on';
  }

  #order(unit: Extract<Unit, { event: 'order' }>, place: Pick<ImportRecord, 'line' | 'offset' | 'file'>): void {
    const { order } = unit;
    const suggested = suggest(order, this.#policies);
    const prepared = prepareSuggested(order, this.#policies, suggested, { today: this.#today });
    const made = 'nothing' in prepared ? undefined : prepared;
    const holds = [...new Set((made?.findings ?? []).flatMap((f) => (f.level === 'hold' ? [f.code] : [])))];
    const record: ImportRecord = {
      ...place,
      outcome: beside(this.#tried, unit, 'created'),
      externalId: order.externalId,
      order: reportedOrder(order, suggested),
      ...(suggested.findings.length > 0 && { findings: suggested.findings }),
      documentKind: made?.content.kind,
      held: holds.length > 0,
      ...(holds.length > 0 && { holds }),
    };
    this.#records.push(record);
    this.#orders.set(order.externalId, record);
    for (const { externalId } of order.lines) {
      if (externalId === undefined) continue;
      const older = this.#lines.get(externalId);
      if (older && older !== record)
        Object.assign(older, { outcome: 'superseded', documentKind: undefined, held: false, holds: undefined });
      this.#lines.set(externalId, record);
    }
  }

  #contradict(externalId: string, finding: Finding): void {
    const first = this.#orders.get(externalId);
    if (!first || first.findings?.some((f) => f.code === finding.code)) return;
    first.findings = [...(first.findings ?? []), finding];
    if (first.documentKind) Object.assign(first, { held: true, holds: [finding.code, ...(first.holds ?? [])] });
  }

  async end(findings: Finding[], end: FileEnd): Promise<void> {
    this.#findings = findings;
    this.#end = end;
  }

  report(source: FileSource): ImportReport {
    return trialReport(source, this.#records, this.#findings, this.#end);
  }
}
