import { cut } from '../../domain/cut.ts';
import { defaultLimits, type FileLimits, type FileSource } from '../order-file.ts';
import type { Scan } from './scan.ts';

/** Delimited text, row by row in constant memory; a quoted cell may hold line breaks, a quote inside an unquoted cell is a letter. */

export type Row = { cells: string[] /** 1-based physical line of its start. */; line: number; offset: number; text: string };

const forbidden = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;
const newline = 10;
const quote = 34;

class CsvParser {
  readonly #delimiter: string;
  readonly #bytesOf: (text: string) => number;
  readonly #rowChars: number;
  #rest = '';
  #line = 1;
  #offset: number;

  constructor(delimiter: string, bytesOf: (text: string) => number, startOffset = 0, limits: FileLimits = defaultLimits) {
    this.#delimiter = delimiter;
    this.#bytesOf = bytesOf;
    this.#offset = startOffset;
    this.#rowChars = limits.textChars;
  }

  /** Line of the next row. */
  get line(): number {
    return this.#line;
  }

  /** A row longer than the limit: a quote nobody closed, or a file that is no table. */
  get stuck(): boolean {
    return this.#rest.length > this.#rowChars;
  }

  push(text: string): Row[] {
    this.#rest = this.#rest === '' ? text : this.#rest + text;
    const rows: Row[] = [];
    let at = 0;
    for (;;) {
      const end = this.#rowEnd(at);
      if (end < 0) break;
      rows.push(this.#row(at, end));
      at = end + 1;
    }
    this.#rest = this.#rest.slice(at);
    return rows;
  }

  /** What stands after the last line break; `open` when a quoted cell was never closed. */
  finish(): { row?: Row; open: boolean } {
    if (this.#rest === '') return { open: false };
    const text = this.#rest;
    const row = this.#row(0, text.length);
    this.#rest = '';
    return { row, open: quoteIsOpen(text, this.#delimiter) };
  }

  #rowEnd(from: number): number {
    const text = this.#rest;
    const end = text.indexOf('\n', from);
    if (end < 0) return -1;
    const firstQuote = text.indexOf('"', from);
    if (firstQuote < 0 || firstQuote > end) return end;
    let cellStart = true;
    let quoted = false;
    for (let i = from; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (quoted) {
        if (c !== quote) continue;
        if (text.charCodeAt(i + 1) === quote) i++;
        else if (i + 1 >= text.length) return -1;
        else quoted = false;
      } else if (c === newline) return i;
      else if (c === quote && cellStart) quoted = true;
      cellStart = !quoted && text[i] === this.#delimiter;
    }
    return -1;
  }

  #row(from: number, end: number): Row {
    const whole = this.#rest.slice(from, end);
    const text = whole.endsWith('\r') ? whole.slice(0, -1) : whole;
    const row: Row = { cells: splitCells(text, this.#delimiter), line: this.#line, offset: this.#offset, text };
    this.#offset += this.#bytesOf(whole) + 1;
    this.#line++;
    if (text.includes('\n')) for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) this.#line++;
    return row;
  }
}

function quoteIsOpen(text: string, delimiter: string): boolean {
  let [quoted, cellStart] = [false, true];
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') {
      if (quoted && text[i + 1] === '"') i++;
      else if (quoted || cellStart) quoted = !quoted;
    }
    cellStart = !quoted && text[i] === delimiter;
  }
  return quoted;
}

function splitCells(text: string, delimiter: string): string[] {
  if (!text.includes('"')) return text.split(delimiter);
  const cells: string[] = [];
  let at = 0;
  while (at <= text.length) {
    if (text.charCodeAt(at) !== quote) {
      const end = text.indexOf(delimiter, at);
      cells.push(text.slice(at, end < 0 ? text.length : end));
      if (end < 0) break;
      at = end + 1;
      continue;
    }
    let close = text.indexOf('"', at + 1);
    while (close >= 0 && text.charCodeAt(close + 1) === quote) close = text.indexOf('"', close + 2);
    if (close < 0) close = text.length;
    const after = text.indexOf(delimiter, close + 1);
    const tail = text.slice(close + 1, after < 0 ? text.length : after);
    cells.push(text.slice(at + 1, close).replaceAll('""', '"') + tail.trim());
    if (after < 0) break;
    at = after + 1;
  }
  return cells;
}

/** The delimiter that splits the first line of the head into the most cells; undefined when none splits it. */
export function delimiterOf(head: string): string | undefined {
  const separator = /^sep=(.)\r?\n/.exec(head)?.[1];
  if (separator) return separator;
  const first = head.trimStart().split(/[\r\n]/, 1)[0]!;
  const counted = [',', ';', '\t', '|'].map((d) => ({ d, n: splitCells(first, d).length }));
  const best = counted.reduce((a, b) => (b.n > a.n ? b : a));
  return best.n > 1 ? best.d : undefined;
}

/** How the rows of a table part their cells, and where its column names stand. */
export type Table = { delimiter: string; header: string[] /** 1-based line of the column names. */; line: number; above: string };

const delimiters = [',', ';', '\t', '|'];
const rowsLookedAt = 40;
const filledCells = (row: Row) => row.cells.filter((cell) => cell.trim() !== '').length;

/**
 * The table in the head of a file. Its names stand in the first row, unless the rows below it show a table at least twice as wide:
 * then what stands above is a title, as a spreadsheet leaves it. Undefined when no row has two cells. `isHeader` knows rows of names
 * whatever stands below them.
 */
export function tableOf(head: string, isHeader: (cells: string[]) => boolean = () => false): Table | undefined {
  const declared = /^sep=(.)\r?\n/.exec(head)?.[1];
  const read = (delimiter: string) => {
    const parser = new CsvParser(delimiter, () => 0);
    const rows = parser.push(head.slice(0, 64 * 1024));
    const last = rows.length < rowsLookedAt ? parser.finish().row : undefined;
    return [...rows, ...(last ? [last] : [])].filter((row) => filledCells(row) > 0 && !row.text.startsWith('sep=')).slice(0, rowsLookedAt);
  };
  const tables = (declared === undefined ? delimiters : [declared]).map((delimiter) => {
    const rows = read(delimiter);
    const usual = usualWidth(rows);
    return { delimiter, rows, first: rows[0] ? filledCells(rows[0]) : 0, width: usual.width, weight: usual.rows * (usual.width - 1) };
  });
  const byFirst = tables.reduce((a, b) => (b.first > a.first ? b : a));
  const byRows = tables.reduce((a, b) => (b.weight > a.weight ? b : a));
  const beginsAtOnce = byFirst.first > 1 && (byFirst.first * 2 >= byRows.width || isHeader(byFirst.rows[0]!.cells));
  const found = beginsAtOnce ? byFirst : byRows;
  const least = beginsAtOnce ? 2 : Math.max(2, found.width / 2);
  const header = found.rows.find((row) => filledCells(row) >= least);
  if (!header) return undefined;
  const above = found.rows.slice(0, found.rows.indexOf(header)).flatMap((row) => row.cells.filter((cell) => cell.trim() !== ''));
  return { delimiter: found.delimiter, header: header.cells.map(nameOf), line: header.line, above: cut(above.join(' '), 100) };
}

/** A column's name on one line: a spreadsheet breaks long ones. */
export const nameOf = (cell: string) => cell.trim().replace(/\s+/g, ' ');

function usualWidth(rows: Row[]): { width: number; rows: number } {
  const counts = new Map<number, number>();
  for (const { cells } of rows) if (cells.length > 1) counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1);
  return [...counts].map(([width, n]) => ({ width, rows: n })).reduce((a, b) => (b.rows > a.rows ? b : a), { width: 0, rows: 0 });
}

export function byteCounter(encoding: string): (text: string) => number {
  if (encoding === 'utf-8') return (text) => Buffer.byteLength(text);
  return encoding.startsWith('utf-16') ? (text) => text.length * 2 : (text) => text.length;
}

type RowBatch = { rows: Row[]; bytesRead: number /** Line where the table broke off. */; brokenAt?: number };

/** Rows of a file in its encoding from its column names on, without the empty ones and without a spreadsheet's `sep=` line. */
export async function* readRows(
  source: FileSource,
  scan: Scan,
  delimiter: string,
  limits: FileLimits = defaultLimits,
): AsyncGenerator<RowBatch> {
  const decoder = new TextDecoder(scan.encoding.label);
  const parser = new CsvParser(delimiter, byteCounter(scan.encoding.label), scan.encoding.bomBytes, limits);
  let bytesRead = 0;
  const lines = (text: string) => clean(scan.loneReturns ? text.replaceAll('\r', '\n') : text);
  const from = scan.table?.line ?? 0;
  const kept = (row: Row) => row.line >= from && row.text.trim() !== '' && !row.text.startsWith('sep=') && row.cells.some((c) => c !== '');
  for await (const chunk of source.open()) {
    bytesRead += chunk.length;
    const rows = parser.push(lines(decoder.decode(chunk, { stream: true })));
    if (parser.stuck) {
      yield { rows: rows.filter(kept), bytesRead, brokenAt: parser.line };
      return;
    }
    yield { rows: rows.filter(kept), bytesRead };
  }
  const rows = parser.push(lines(decoder.decode()));
  const last = parser.finish();
  if (last.open) yield { rows: rows.filter(kept), bytesRead, brokenAt: last.row!.line };
  else yield { rows: [...rows, ...(last.row ? [last.row] : [])].filter(kept), bytesRead };
}

/** Text without the characters no database and no XML can hold. */
export function clean(text: string): string {
  return text.replace(forbidden, '');
}
