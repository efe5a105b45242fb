import type { FileEvent, FileHeader, FileSource, Proposal, ReadOptions, ReadsOrderFiles } from '../contract/order-file.ts';
import { type Finding, hold, warning } from '../domain/finding.ts';
import { fromMinor } from '../domain/money/money.ts';
import { orderSums } from '../domain/orders/suggest.ts';
import type { ImportRecord } from './report.ts';
import { contentHash } from './store-orders.ts';

/** A file read into batches. What becomes of a batch is the sink's: stored (`store-batches.ts`), or tried and forgotten (`trial.ts`). */

export const batchSize = 250;

type ImportProgress = { bytesRead: number; sizeBytes: number; records: number };
export type ImportHooks = { signal?: AbortSignal; onProgress?: (progress: ImportProgress) => void };

/** One record of a batch on its way into the store. */
export type Unit =
  | (Extract<FileEvent, { event: 'order' }> & { hash: string })
  | Extract<FileEvent, { event: 'rejected' }>
  | { event: 'duplicate' | 'conflict'; externalId: string; place: { line: number; offset: number; file?: string }; finding: Finding };

export type FileEnd = {
  found: number;
  /** What the orders read come to, repetitions included; undefined when they are of several currencies. */
  total?: string;
  header: FileHeader;
  refused?: Finding;
  profile?: string;
  encoding?: string;
  sha256?: string;
  proposal?: Proposal;
  cancelled?: boolean;
};

export type Verdict = 'go on' | 'stop' | 'cancelled';

export interface Sink {
  /** Batches that may be under way at once. */
  readonly lanes: number;
  batch(units: Unit[], bytesRead: number): Promise<Verdict>;
  end(findings: Finding[], end: FileEnd): Promise<void>;
}

const findingsKept = 1000;

/** Reads a file into a sink: repetitions are recognised here, and reading goes on while the last batch is being stored. */
export async function readInto(
  reader: ReadsOrderFiles,
  source: FileSource,
  options: ReadOptions,
  sink: Sink,
  hooks: ImportHooks,
): Promise<void> {
  const seen = new Map<string, Seen>();
  const sum = new Map<string, bigint>();
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
        if (event.event === 'order') sum.set(event.order.currency, (sum.get(event.order.currency) ?? 0n) + orderSums(event.order).total);
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
  const [only, ...others] = sum;
  if (only && others.length === 0) end.total = fromMinor(only[1], only[0]);
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
export function noted(unit: Unit): ImportRecord | Pick<ImportRecord, 'line' | 'offset' | 'file'> {
  const { line, offset, file } = unit.place;
  const place = { line, offset, ...(file !== undefined && { file }) };
  if (unit.event === 'order') return place;
  const { code, where, params } = unit.finding;
  if (unit.event === 'rejected') return { ...place, outcome: 'rejected', externalId: unit.externalId, code, where, params };
  return { ...place, outcome: unit.event, externalId: unit.externalId, code, params };
}
