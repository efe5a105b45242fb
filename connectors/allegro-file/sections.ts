import { type Row, readRows } from '../../src/contract/files/csv.ts';
import {
  cellsBy,
  columnsOf,
  contextOf,
  dateIndexes,
  endOfFile,
  hasNoPayments,
  provenWhole,
  type ReaderSetup,
} from '../../src/contract/files/profile-reader.ts';
import { lineFieldIndex, orderFieldIndex, orderOf, type RecordContext } from '../../src/contract/files/records.ts';
import { fileFinding } from '../../src/contract/files/scan.ts';
import { SlashedDates } from '../../src/contract/files/slashed-dates.ts';
import { fold } from '../../src/contract/files/values.ts';
import type { FileBatch, FileEvent, FileHeader, Profile } from '../../src/contract/order-file.ts';
import type { Finding } from '../../src/domain/finding.ts';

/**
 * Today's orders export: three sections in one table — orders, their lines, a summary — each with its own header row
 * (contract allegro §4). Orders stand before their lines, so the file is read by two cursors side by side: one on the orders,
 * one on the lines. That needs no memory as long as both keep the same order; a first pass finds out, and a file that was
 * sorted by hand has its lines gathered in memory instead.
 */

type SectionRow = { kind: 'order' | 'line' | 'summary'; row: Row; short: boolean };
type Columns = ReturnType<typeof columnsOf>;
type Survey = {
  order?: Columns;
  line?: Columns;
  header: FileHeader;
  unknown: string[];
  orders: number;
  sideBySide: boolean;
  brokenAt?: number;
  /** Line of the last row that can be trusted, when the table broke off. */
  lastLineOrder?: string;
  deliveryPrice: Map<string, string | null>;
  dates: SlashedDates;
};

const sectionOf: Record<string, SectionRow['kind']> = { order: 'order', lineitem: 'line', summary: 'summary' };

/** Names that stand in no other table beside "Type" and "OrderId": a shop's "Date, Type, Order ID" is none of ours. */
const telling = new Set(['lineitemid', 'offerid', 'numberoforders', 'sellerstatus', 'buyerlogin', 'totaltopayamount', 'allegropay']);

/** Where the column stands that tells the section, when the row is a header of this export; -1 when it is none. */
function typeColumn(cells: string[]): number {
  const names = cells.map(fold);
  if (!names.some((name) => name === 'orderid' || name === 'numberoforders')) return -1;
  const at = names.indexOf('type');
  return at === 0 || names.some((name) => telling.has(name)) ? at : -1;
}

/** True when the first row of a table is a header of this export. */
export function isOrdersExport(cells: string[]): boolean {
  return typeColumn(cells) >= 0;
}

type SectionItem = SectionRow | { header: Row } | { odd: Row } | { brokenAt: number };
async function* sectionRows(setup: ReaderSetup, delimiter: string): AsyncGenerator<{ items: SectionItem[]; bytesRead: number }> {
  let [width, typeAt] = [0, 0];
  for await (const { rows, bytesRead, brokenAt } of readRows(setup.source, setup.scan, delimiter, setup.limits)) {
    const items: SectionItem[] = [];
    for (const row of rows) {
      const header = typeColumn(row.cells);
      if (header >= 0) {
        [width, typeAt] = [row.cells.length, header];
        items.push({ header: row });
        continue;
      }
      const kind = sectionOf[fold(row.cells[typeAt] ?? '')];
      if (kind) items.push({ kind, row, short: row.cells.length < width });
      else items.push({ odd: row });
    }
    if (brokenAt !== undefined) items.push({ brokenAt });
    yield { items, bytesRead };
  }
}

const idOf = (columns: Columns | undefined, cells: string[]) => cells[columns?.order[orderFieldIndex('externalId')] ?? -1]?.trim() ?? '';

export async function* readSections(setup: ReaderSetup, delimiter: string, profile: Profile): AsyncGenerator<FileBatch> {
  const survey = await surveyOf(setup, delimiter, profile);
  if (survey.orders > setup.limits.orders) {
    yield {
      events: endOfFile(survey.orders, {}, profile, fileFinding('F_TOO_LARGE', { limit: String(setup.limits.orders) })),
      bytesRead: 0,
    };
    return;
  }
  const context = contextOf(setup, profile);
  context.withoutPayments = hasNoPayments(survey.order?.order ?? []);
  context.monthFirst = survey.dates.monthFirst;
  yield { events: survey.dates.findings().map((finding) => ({ event: 'finding', finding })), bytesRead: 0 };
  yield {
    events: survey.unknown.map((field) => ({
      event: 'finding',
      finding: { code: 'W_UNKNOWN_FIELD', level: 'warning', params: { field } },
    })),
    bytesRead: 0,
  };
  const lines = survey.sideBySide ? new LinesAlongside(setup, delimiter, survey.line) : await LinesGathered.read(setup, delimiter, survey);
  let complete = 0;
  for await (const { items, bytesRead } of sectionRows(setup, delimiter)) {
    const events: FileEvent[] = [];
    for (const item of items) {
      if (!('kind' in item) || item.kind !== 'order' || (item.short && item.row.line === survey.brokenAt)) continue;
      const event = await orderEvent(item.row, survey, context, lines, setup.source.name);
      events.push(survey.brokenAt === undefined ? event : judgeCut(event, survey));
      if (events.at(-1)!.event === 'order') complete++;
    }
    if (events.length > 0) yield { events, bytesRead };
  }
  const events: FileEvent[] = lines.orphans(setup.source.name);
  if (survey.brokenAt !== undefined)
    events.push({ event: 'finding', finding: fileFinding('F_TRUNCATED', { line: String(survey.brokenAt), n: String(complete) }) });
  yield { events: [...events, ...endOfFile(survey.orders, survey.header, profile)], bytesRead: setup.source.sizeBytes };
}

async function orderEvent(row: Row, survey: Survey, context: RecordContext, lines: LineSource, file: string): Promise<FileEvent> {
  const own = await lines.of(idOf(survey.order, row.cells));
  const values = cellsBy(survey.order!.order, row.cells);
  const event = orderOf(
    {
      values,
      lines: own.map((line) => cellsBy(survey.line!.line, line.cells)),
      place: { line: row.line, offset: row.offset, file },
      raw: [row.text, ...own.map((line) => line.text)].join('\n'),
    },
    context,
  );
  // A cancelled order has empty amounts. No document comes of it; its delivery is shown at the method's one price in this file.
  if (event.event === 'order' && event.order.status === 'cancelled' && event.order.delivery.gross === undefined) {
    event.order.delivery.gross = survey.deliveryPrice.get(event.order.delivery.method ?? '') ?? undefined;
  }
  return event;
}

/** In a table that broke off, an order counts as whole when lines of another order follow its own, or when its total proves it. */
function judgeCut(event: FileEvent, survey: Survey): FileEvent {
  if (event.event === 'order' && (event.order.externalId !== survey.lastLineOrder || provenWhole(event))) return event;
  if (event.event === 'rejected' && event.finding.code !== 'E_NO_LINES') return event;
  if (event.event !== 'order' && event.event !== 'rejected') return event;
  const externalId = event.event === 'order' ? event.order.externalId : event.externalId;
  const finding: Finding = { code: 'F_TRUNCATED', level: 'reject', where: 'lines', params: { line: String(survey.brokenAt), n: '0' } };
  return { event: 'rejected', finding, externalId, raw: event.raw, place: event.place };
}

/** First pass over the rows: headers, summary, whether orders and lines run in step, and where the table breaks off. */
async function surveyOf(setup: ReaderSetup, delimiter: string, profile: Profile): Promise<Survey> {
  const survey: Survey = { header: {}, unknown: [], orders: 0, sideBySide: false, deliveryPrice: new Map(), dates: new SlashedDates() };
  let summary: Row | undefined;
  let summaryHeader: string[] = [];
  let lastShort: number | undefined;
  let lastLine = 1;
  let odd: Row | undefined;
  for await (const { items } of sectionRows(setup, delimiter)) {
    for (const item of items) {
      if ('brokenAt' in item) {
        survey.brokenAt ??= item.brokenAt;
        continue;
      }
      // A row of no known section is a cut word when nothing follows it, else a section nobody knows yet.
      if (odd) noteUnknown(survey, `Type=${odd.cells[0]}`);
      odd = 'odd' in item ? item.odd : undefined;
      if ('odd' in item) continue;
      if ('header' in item) {
        if (item.header.cells.some((name) => fold(name) === 'numberoforders')) {
          summaryHeader = item.header.cells;
          continue;
        }
        const columns = columnsOf(item.header.cells, profile);
        if (columns.line[lineFieldIndex('quantity')]! >= 0) survey.line = columns;
        else if (columns.order[orderFieldIndex('orderedAt')]! >= 0 || !survey.order) survey.order = columns;
        for (const name of columns.unknown) noteUnknown(survey, name);
        continue;
      }
      lastLine = item.row.line;
      lastShort = item.short ? item.row.line : undefined;
      if (item.kind === 'summary') summary = item.row;
      if (item.kind === 'order') {
        survey.orders++;
        notePrice(survey, item.row);
        for (const index of dateIndexes) survey.dates.add(item.row.cells[survey.order?.order[index] ?? -1]);
      }
      if (item.kind === 'line') noteLastLine(survey, item.row, item.short);
    }
  }
  if (odd) survey.brokenAt ??= odd.line;
  if (summary) readSummary(survey, summaryHeader, summary.cells);
  else survey.brokenAt ??= lastShort ?? lastLine;
  survey.sideBySide = survey.line !== undefined && survey.brokenAt === undefined && (await inStep(setup, delimiter, survey));
  return survey;
}

function noteUnknown(survey: Survey, name: string): void {
  if (!survey.unknown.includes(name)) survey.unknown.push(name);
}

/** The order of the last line. A cut row still tells it, unless the cut went through the id and it may be the order before. */
function noteLastLine(survey: Survey, row: Row, short: boolean): void {
  const id = lineOrderId(row, survey);
  if (!short || row.cells.length > 2 || !survey.lastLineOrder?.startsWith(id)) survey.lastLineOrder = id;
}

function readSummary(survey: Survey, header: string[], cells: string[]): void {
  const get = (name: string) => cells[header.findIndex((h) => fold(h) === fold(name))]?.trim();
  survey.header.declaredCount = get('NumberOfOrders') || undefined;
  survey.header.skippedCount = get('NumberOfSkippedOrders') || undefined;
}

const methodsKept = 500;
function notePrice(survey: Survey, row: Row): void {
  const get = (field: 'delivery.method' | 'delivery.gross') => row.cells[survey.order?.order[orderFieldIndex(field)] ?? -1]?.trim();
  const [method, price] = [get('delivery.method'), get('delivery.gross')];
  if (!method || !price || (survey.deliveryPrice.size >= methodsKept && !survey.deliveryPrice.has(method))) return;
  const plain = price.replace(',', '.');
  const known = survey.deliveryPrice.get(method);
  survey.deliveryPrice.set(method, known === undefined || known === plain ? plain : null);
}

function lineOrderId(row: Row, survey: Survey): string {
  return idOf(survey.line, row.cells);
}

/** True when every order is followed, in the line section, by at least one line of its own and in the same order. */
async function inStep(setup: ReaderSetup, delimiter: string, survey: Survey): Promise<boolean> {
  const lines = new LinesAlongside(setup, delimiter, survey.line);
  for await (const { items } of sectionRows(setup, delimiter)) {
    for (const item of items) {
      if (!('kind' in item) || item.kind !== 'order') continue;
      if ((await lines.of(idOf(survey.order, item.row.cells))).length === 0) {
        await lines.close();
        return false;
      }
    }
  }
  return lines.exhausted();
}

interface LineSource {
  of(orderId: string): Promise<Row[]>;
  /** Lines nobody claimed, as rejections. */
  orphans(file: string): FileEvent[];
}

/** A second cursor on the same file, standing at the next line nobody took. */
class LinesAlongside implements LineSource {
  readonly #rows: AsyncGenerator<{ items: SectionItem[]; bytesRead: number }>;
  readonly #columns: Columns | undefined;
  #queue: Row[] = [];
  #at = 0;

  constructor(setup: ReaderSetup, delimiter: string, columns: Columns | undefined) {
    this.#columns = columns;
    this.#rows = sectionRows(setup, delimiter);
  }

  async of(orderId: string): Promise<Row[]> {
    const own: Row[] = [];
    for (let row = await this.#peek(); row && idOf(this.#columns, row.cells) === orderId; row = await this.#peek()) {
      own.push(row);
      this.#at++;
    }
    return withoutRepeats(own, this.#columns);
  }

  async #peek(): Promise<Row | undefined> {
    while (this.#at >= this.#queue.length) {
      const { done, value } = await this.#rows.next();
      if (done) return undefined;
      this.#queue = [];
      this.#at = 0;
      for (const item of value.items) if ('kind' in item && item.kind === 'line') this.#queue.push(item.row);
    }
    return this.#queue[this.#at];
  }

  async exhausted(): Promise<boolean> {
    const rest = await this.#peek();
    await this.close();
    return rest === undefined;
  }

  async close(): Promise<void> {
    await this.#rows.return(undefined);
  }

  orphans(): FileEvent[] {
    return [];
  }
}

/** All lines by order, for files whose sections do not run in step or broke off. */
class LinesGathered implements LineSource {
  readonly #byOrder = new Map<string, Row[]>();
  readonly #claimed = new Set<string>();
  readonly #columns: Columns | undefined;

  private constructor(columns: Columns | undefined) {
    this.#columns = columns;
  }

  static async read(setup: ReaderSetup, delimiter: string, survey: Survey): Promise<LinesGathered> {
    const lines = new LinesGathered(survey.line);
    for await (const { items } of sectionRows(setup, delimiter)) {
      for (const item of items) {
        if (!('kind' in item) || item.kind !== 'line' || (item.short && survey.brokenAt !== undefined)) continue;
        const id = lineOrderId(item.row, survey);
        const known = lines.#byOrder.get(id);
        if (known) known.push(item.row);
        else lines.#byOrder.set(id, [item.row]);
      }
    }
    return lines;
  }

  async of(orderId: string): Promise<Row[]> {
    this.#claimed.add(orderId);
    return withoutRepeats(this.#byOrder.get(orderId) ?? [], this.#columns);
  }

  orphans(file: string): FileEvent[] {
    const events: FileEvent[] = [];
    for (const [order, rows] of this.#byOrder) {
      if (this.#claimed.has(order)) continue;
      for (const row of rows) {
        const line = itemIdOf(this.#columns, row) || String(row.line);
        const place = { line: row.line, offset: row.offset, file };
        events.push({
          event: 'rejected',
          finding: { code: 'E_ORPHAN_LINE', level: 'reject', where: 'lines', params: { line, order, value: order } },
          externalId: order || undefined,
          raw: row.text,
          place,
        });
      }
    }
    return events;
  }
}

function itemIdOf(columns: Columns | undefined, row: Row): string {
  return row.cells[columns?.line[lineFieldIndex('externalId')] ?? -1]?.trim() ?? '';
}

/** The same line written twice, as in a file pasted together from two exports, is one line. Lines without an id are all kept. */
function withoutRepeats(rows: Row[], columns: Columns | undefined): Row[] {
  const seen = new Set<string>();
  return rows.filter((row) => itemIdOf(columns, row) === '' || (!seen.has(row.text) && seen.add(row.text)));
}
