import type { Finding } from '../../domain/finding.ts';
import { compareDecimal, sum, toMinor } from '../../domain/money/money.ts';
import {
  type FileBatch,
  type FileEvent,
  type FileHeader,
  type FileLimits,
  type FileSource,
  type LineField,
  lineFields,
  type OrderField,
  orderFields,
  type Profile,
  type ReadOptions,
} from '../order-file.ts';
import { type Row, readRows } from './csv.ts';
import { lineFieldIndex, orderFieldIndex, orderOf, paymentIndexes, type RawRecord, type RecordContext } from './records.ts';
import { fileFinding, type Scan } from './scan.ts';
import { maySlash, SlashedDates } from './slashed-dates.ts';
import { fold, readAmount } from './values.ts';
import { readXmlRecords } from './xml-records.ts';
import { learnStructure } from './xml-structure.ts';

/** Reads a file whose layout is known: records by the profile, orders from records, and what the file's own header says about it. */

export type ReaderSetup = {
  source: FileSource;
  scan: Scan;
  limits: FileLimits;
  channel: string;
  maskedDomains: string[];
  home?: ReadOptions['home'];
};

export function contextOf(setup: ReaderSetup, profile: Profile): RecordContext {
  return { profile, channel: setup.channel, header: {}, maskedDomains: setup.maskedDomains };
}

/** True when the first part of an XML file has payments nowhere: the seller chose an export without them. */
async function tellsNoPayments(setup: ReaderSetup, profile: Profile): Promise<boolean> {
  const base = [profile.root, profile.order.at].filter(Boolean).join('/');
  const paths = orderFields.flatMap((field) => (field.startsWith('payment.') ? (profile.order.fields[field] ?? []) : []));
  const places = paths.flatMap((path) => [`${base}/${path}`, `${base}${path}`]);
  const { facts } = await learnStructure(setup.source, setup.scan, setup.limits, (known) =>
    places.some((place) => (known.get(place)?.samples.length ?? 0) > 0),
  );
  return !facts.some((fact) => fact.samples.length > 0 && places.includes(fact.path));
}

/** XML. The returned `recognised` is false when nothing of the profile's structure was there but the root's name. */
export async function* readXmlFile(setup: ReaderSetup, profile: Profile): AsyncGenerator<FileBatch, { recognised: boolean }> {
  const context = contextOf(setup, profile);
  context.withoutPayments = await tellsNoPayments(setup, profile);
  if (maySlash(setup.scan.head)) {
    const dates = new SlashedDates();
    for await (const { records } of readXmlRecords(setup.source, setup.scan, profile, setup.limits))
      for (const { values, lines } of records) {
        for (const index of dateIndexes) dates.add(values[index]);
        for (const line of lines) dates.add(line[lineFieldIndex('boughtAt')]);
      }
    context.monthFirst = dates.monthFirst;
    yield { events: dates.findings().map((finding) => ({ event: 'finding', finding })), bytesRead: 0 };
  }
  const flat = profile.line.at === '.' ? new Neighbours() : undefined;
  const reading = readXmlRecords(setup.source, setup.scan, profile, setup.limits);
  let broken = false;
  for (;;) {
    const { done, value } = await reading.next();
    if (done) {
      Object.assign(context.header, value.header);
      // A file cut before its records, or a root with nothing in it, is no layout to be named by a person.
      const nothing = value.found === 0 && !value.containerSeen && !value.refused;
      if (nothing && !broken && !value.empty) return { recognised: false };
      const events = (flat?.finish() ?? []).map((record) => orderOf(record, context));
      yield { events: [...events, ...endOfFile(value.found, value.header, profile, value.refused)], bytesRead: setup.source.sizeBytes };
      return { recognised: true };
    }
    Object.assign(context.header, value.header);
    const records = flat ? value.records.flatMap((record) => flat.push(record)) : value.records;
    const events: FileEvent[] = records.map((record) => orderOf(record, context));
    for (const finding of value.findings) events.push({ event: 'finding', finding });
    broken ||= value.findings.some((finding) => finding.code === 'F_TRUNCATED');
    if (events.length > 0) yield { events, bytesRead: value.bytesRead };
  }
}

/** Findings that need the whole file: what its header declares against what was found (contract allegro §5.7). */
export function endOfFile(found: number, header: FileHeader, profile: Profile, refused?: Finding): FileEvent[] {
  const events: FileEvent[] = [];
  if (refused) events.push({ event: 'finding', finding: refused });
  const declared = header.declaredCount === undefined ? undefined : readAmount(header.declaredCount, profile.numbers)?.value;
  if (declared !== undefined && compareDecimal(declared, String(found)) !== 0) {
    events.push({ event: 'finding', finding: { code: 'F_HEADER_MISMATCH', level: 'warning', params: { declared, found: String(found) } } });
  }
  const skipped = header.skippedCount;
  if (skipped !== undefined && /^\d+$/.test(skipped) && Number(skipped) > 0) {
    events.push({ event: 'finding', finding: { code: 'W_SOURCE_SKIPPED', level: 'warning', params: { count: skipped } } });
  }
  events.push({ event: 'end', found, header, refused });
  return events;
}

/** In a flat layout neighbouring records of one id are the lines of one order. */
class Neighbours {
  #open: RawRecord | undefined;

  push(record: RawRecord): RawRecord[] {
    const id = record.values[orderFieldIndex('externalId')];
    const open = this.#open;
    if (open && id !== undefined && open.values[orderFieldIndex('externalId')] === id) {
      open.lines.push(...record.lines);
      open.raw += `\n${record.raw}`;
      open.repaired ||= record.repaired;
      record.values.forEach((value, i) => {
        open.values[i] ??= value;
      });
      return [];
    }
    this.#open = record;
    return open ? [open] : [];
  }

  finish(): RawRecord[] {
    const open = this.#open;
    this.#open = undefined;
    return open ? [open] : [];
  }
}

/** Which column feeds which field, by header name without regard to case, diacritics and spaces. */
export function columnsOf(header: string[], profile: Profile): { order: number[]; line: number[]; unknown: string[] } {
  const names = header.map(fold);
  const used = new Set<number>();
  const find = (path: string | undefined) => {
    const spellings = path === undefined ? [] : path.split('\n').map(fold);
    const at = names.findIndex((name) => spellings.includes(name));
    if (at >= 0) used.add(at);
    return at;
  };
  const order = orderFields.map((field: OrderField) => find(profile.order.fields[field]));
  const line = lineFields.map((field: LineField) => find(profile.line.fields[field]));
  for (const path of [...(profile.order.ignore ?? []), ...(profile.line.ignore ?? [])]) find(path);
  const unknown = header.filter((name, i) => name.trim() !== '' && !used.has(i));
  return { order, line, unknown };
}

export function cellsBy(columns: number[], cells: string[]): (string | undefined)[] {
  return columns.map((at) => (at < 0 ? undefined : cells[at]?.trim() || undefined));
}

/** A table without a column of payments tells nothing of them: its orders do not wait for money. */
export const hasNoPayments = (columns: number[]) => paymentIndexes.every((index) => (columns[index] ?? -1) < 0);

export const dateIndexes = [orderFieldIndex('orderedAt'), orderFieldIndex('payment.paidAt')];

/** The dates of a flat table, in the columns that hold them. */
async function datesOf(setup: ReaderSetup, profile: Profile, delimiter: string): Promise<SlashedDates> {
  const dates = new SlashedDates();
  let at: number[] | undefined;
  for await (const { rows } of readRows(setup.source, setup.scan, delimiter, setup.limits))
    for (const { cells } of rows) {
      if (at) for (const column of at) dates.add(cells[column]);
      else {
        const { order, line } = columnsOf(cells, profile);
        at = [...dateIndexes.map((index) => order[index]!), line[lineFieldIndex('boughtAt')]!].filter((column) => column >= 0);
      }
    }
  return dates;
}

/** Flat CSV: a header row, then one row per order line. */
export async function* readFlatCsv(setup: ReaderSetup, profile: Profile, delimiter: string): AsyncGenerator<FileBatch> {
  const context = contextOf(setup, profile);
  const dates = maySlash(setup.scan.head) ? await datesOf(setup, profile, delimiter) : undefined;
  if (dates) {
    context.monthFirst = dates.monthFirst;
    yield { events: dates.findings().map((finding) => ({ event: 'finding', finding })), bytesRead: 0 };
  }
  const orders = new Neighbours();
  let header: Row | undefined;
  let columns = { order: [] as number[], line: [] as number[], unknown: [] as string[] };
  let [found, bytesRead] = [0, 0];
  let held: Row | undefined;
  let brokenAt: number | undefined;
  const take = (row: Row): FileEvent[] => {
    const record: RawRecord = {
      values: cellsBy(columns.order, row.cells),
      lines: [cellsBy(columns.line, row.cells)],
      place: { line: row.line, offset: row.offset, file: setup.source.name },
      raw: row.text,
    };
    const complete = orders.push(record);
    found += complete.length;
    return complete.map((r) => orderOf(r, context));
  };
  for await (const batch of readRows(setup.source, setup.scan, delimiter, setup.limits)) {
    const events: FileEvent[] = [];
    bytesRead = batch.bytesRead;
    for (const row of batch.rows) {
      if (!header) {
        header = row;
        columns = columnsOf(row.cells, profile);
        context.withoutPayments = hasNoPayments(columns.order);
        for (const field of columns.unknown)
          events.push({ event: 'finding', finding: { code: 'W_UNKNOWN_FIELD', level: 'warning', params: { field } } });
        continue;
      }
      // The last row is judged when the file ends: it alone may be cut.
      if (held) events.push(...take(held));
      held = row;
      if (found > setup.limits.orders) break;
    }
    brokenAt ??= batch.brokenAt;
    if (found > setup.limits.orders) {
      yield { events: endOfFile(found, {}, profile, fileFinding('F_TOO_LARGE', { limit: String(setup.limits.orders) })), bytesRead };
      return;
    }
    if (events.length > 0) yield { events, bytesRead };
  }
  const events: FileEvent[] = [];
  const cut = held !== undefined && held.cells.length < header!.cells.length;
  if (held && cut) brokenAt ??= held.line;
  else if (held) events.push(...take(held));
  const rest = orders.finish();
  // A cut table cannot tell whether the last order had more lines: with neighbours it is left out unless its total proves it whole.
  for (const record of rest) {
    const event = orderOf(record, context);
    if (brokenAt === undefined || provenWhole(event)) {
      found++;
      events.push(event);
    }
  }
  if (brokenAt !== undefined)
    events.push({ event: 'finding', finding: fileFinding('F_TRUNCATED', { line: String(brokenAt), n: String(found) }) });
  yield { events: [...events, ...endOfFile(found, {}, profile)], bytesRead: setup.source.sizeBytes };
}

/** The declared total equals the lines and delivery that were read: nothing of the order is missing. */
export function provenWhole(event: FileEvent): boolean {
  if (event.event !== 'order' || event.order.declaredTotal === undefined) return false;
  const { order } = event;
  const parts = [...order.lines.map((l) => l.gross), order.delivery.gross ?? '0'];
  return sum(parts.map((part) => toMinor(part, order.currency))) === toMinor(order.declaredTotal!, order.currency);
}
