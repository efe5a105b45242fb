import { decode } from './codepage.ts';
import {
  type correctedFromNet,
  correctedItemFields,
  type Dictionary,
  dictionaries,
  type Field,
  fiscalReportFields,
  headerFields,
  infoFields,
  itemFields,
  type RowOf,
  rateFields,
  type Values,
} from './layout.ts';

/**
 * Reading EDI++ as it is met in the field (EPP §1): unquoted texts, an empty `[INFO]`, missing dictionaries, fewer decimals, more
 * fields than documented, bare line feeds, no empty line at the end, UTF-8 that calls itself 1250.
 */
export type Problem = { line: number; what: 'not-epp' | 'too-large' | 'record' | 'short' };

type ReadDocument = {
  line: number;
  header: Values<typeof headerFields>;
  /** Type and number, however the file writes them. */
  number: DocumentNumber;
  corrected?: DocumentNumber;
  items: Values<typeof correctedFromNet>[];
  rates: Values<typeof rateFields>[];
};
type DocumentNumber = { type: string; number: string };

export type EppFile = {
  info: Values<typeof infoFields>;
  encoding: '1250' | '852' | 'utf-8';
  documents: ReadDocument[];
  reports: { line: number; header: Values<typeof fiscalReportFields>; rates: Values<typeof rateFields>[] }[];
  /** Cash, bank and other documents whose layout is not read: their type and fields as they stand. */
  others: { line: number; type: string; fields: string[] }[];
  dictionaries: { [D in Dictionary]?: RowOf<D>[] };
  problems: Problem[];
};

const maxFileBytes = 64 * 1024 * 1024;
const maxLineChars = 64 * 1024;
const maxProblems = 100;

const tradeTypes = new Set('FS FZ FR RS RZ KFS KFZ KRS KRZ PA ZW WZ PZ VWZ VPZ PW RW MMW ZK ZD FWN FWO KWN KWO FM KFM'.split(' '));
const reportTypes = new Set(['RF', 'PRF', 'NZ']);
const correctionTypes = new Set(['KFS', 'KFZ', 'KRS', 'KRZ', 'KFM', 'KWN', 'KWO']);

type Section = { line: number; head: string[]; rows: { line: number; cells: string[] }[] };

/** Never throws for what bytes can hold: problems carry their line, and what could be read stands beside them. */
export function readEpp(bytes: Uint8Array): EppFile {
  const file: EppFile = { info: {}, encoding: '1250', documents: [], reports: [], others: [], dictionaries: {}, problems: [] };
  if (bytes.length > maxFileBytes) return { ...file, problems: [{ line: 0, what: 'too-large' }] };
  const { text, encoding } = decode(bytes, declaredPage(bytes));
  file.encoding = encoding;
  const { info, sections, problems } = sectionsOf(text);
  file.problems = problems;
  if (!info && sections.length === 0) return { ...file, problems: [{ line: 1, what: 'not-epp' }] };
  file.info = info?.length ? valuesOf(infoFields, info) : {};
  const office = file.info.purpose === '0';
  for (const section of sections) takeSection(file, section, office);
  return file;
}

function takeSection(file: EppFile, section: Section, office: boolean): void {
  const { head, rows, line } = section;
  const word = head[0] ?? '';
  if (head.length === 1 && Object.hasOwn(dictionaries, word)) {
    const name = word as Dictionary;
    const known = file.dictionaries as Record<string, unknown[]>;
    known[name] = [...(known[name] ?? []), ...rows.map((row) => valuesOf(dictionaries[name], row.cells))];
    return;
  }
  if (head.length === 1) return;
  if (reportTypes.has(word)) {
    file.reports.push({ line, header: valuesOf(fiscalReportFields, head), rates: rows.map((r) => valuesOf(rateFields, r.cells)) });
    return;
  }
  if (!tradeTypes.has(word) || head.length < 40) {
    if (tradeTypes.has(word)) file.problems.push({ line, what: 'short' });
    file.others.push({ line, type: word, fields: head });
    return;
  }
  const header = valuesOf(headerFields, head);
  const corrected = header.correctedNumber ? numberOf(header.correctedNumber, '') : undefined;
  const isOffice = office || rows.some((r) => r.cells.length === 5 || r.cells.length === 14 || r.cells.length === 18);
  const layout = correctionTypes.has(word) ? correctedItemFields(header) : itemFields;
  file.documents.push({
    line,
    header,
    number: numberOf(header.number ?? '', word),
    ...(corrected && { corrected }),
    items: isOffice ? [] : rows.map((r) => valuesOf(layout, r.cells)),
    rates: isOffice ? rows.map((r) => valuesOf(rateFields, r.cells)) : [],
  });
}

/** `"FS 18/2025"` and `"18/2025"` are one number; a word before it that is no type belongs to the number. */
export function numberOf(text: string, type: string): DocumentNumber {
  const [, word, rest] = /^([A-Z]{1,4}) (.+)$/.exec(text) ?? [];
  if (word !== undefined && rest !== undefined && (tradeTypes.has(word) || reportTypes.has(word)) && (type === '' || word === type))
    return { type: word, number: rest };
  return { type, number: text };
}

/** Values as the writer takes them: days as YYYY-MM-DD, amounts as decimals; what cannot be read as its kind is left out. */
function valuesOf<F extends readonly Field[]>(fields: F, cells: readonly string[]): Values<F> {
  const values: Record<string, string> = {};
  fields.forEach(([name, kind], i) => {
    const cell = cells[i];
    if (cell === undefined || cell === '') return;
    const value = kind === 'day' ? dayOfStamp(cell) : kind === 'instant' ? instantOfStamp(cell) : kind === 'text' ? cell : numberText(cell);
    if (value !== undefined) values[name] = value;
  });
  return values as Values<F>;
}

function numberText(cell: string): string | undefined {
  const text = cell
    .trim()
    .replace(/^\+/, '')
    .replace(/^(-?)\./, '$10.')
    .replace(/\.$/, '');
  return /^-?\d{1,18}(\.\d{1,10})?$/.test(text) ? text : undefined;
}

function dayOfStamp(cell: string): string | undefined {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})(\d{6})?$/.exec(cell.trim()) ?? [];
  return year && Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= 31 ? `${year}-${month}-${day}` : undefined;
}

function instantOfStamp(cell: string): string | undefined {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(cell.trim()) ?? [];
  return year && `${year}-${month}-${day}T${hour}:${minute}:${second}`;
}

/** The page stands in the third field of the second line, in ASCII whatever the page is. */
function declaredPage(bytes: Uint8Array): '1250' | '852' {
  const start = new TextDecoder('windows-1250').decode(bytes.subarray(0, 500));
  return /^[^\n]*\n[^,\n]*,[^,\n]*,\s*"?852\b/.test(start) ? '852' : '1250';
}

function sectionsOf(text: string): { info?: string[]; sections: Section[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const sections: Section[] = [];
  let info: string[] | undefined;
  let where: 'none' | 'info' | 'head' | 'rows' = 'none';
  let line = 0;
  let from = 0;
  while (from <= text.length) {
    const end = text.indexOf('\n', from);
    let stop = end < 0 ? text.length : end;
    while (stop > from && text[stop - 1] === '\r') stop--;
    const raw = text.slice(from, stop);
    from = end < 0 ? text.length + 1 : end + 1;
    line++;
    const label = /^\s*\[([A-Z]+)\]\s*$/.exec(raw)?.[1];
    if (label) {
      if (label === 'INFO') {
        where = 'info';
        info ??= [];
      } else if (label === 'NAGLOWEK') {
        where = 'head';
        sections.push({ line: line + 1, head: [], rows: [] });
      } else where = label === 'ZAWARTOSC' && sections.length > 0 ? 'rows' : 'none';
      continue;
    }
    if (raw.trim() === '' || where === 'none') continue;
    if (raw.length > maxLineChars) {
      report(line, 'too-large');
      continue;
    }
    const { cells, closed } = cellsOf(raw);
    if (!closed) report(line, 'record');
    if (where === 'info') info = info?.length ? info : cells;
    else if (where === 'head') {
      const section = sections.at(-1)!;
      if (section.head.length === 0) section.head = cells;
    } else sections.at(-1)!.rows.push({ line, cells });
  }
  return { ...(info && { info }), sections: sections.filter((s) => s.head.length > 0), problems };

  function report(at: number, what: Problem['what']): void {
    if (problems.length < maxProblems) problems.push({ line: at, what });
  }
}

/**
 * Fields of a record. A quote inside a text is doubled by some and left bare by others: it closes the text only where a comma or the
 * end follows.
 */
export function cellsOf(raw: string): { cells: string[]; closed: boolean } {
  const cells: string[] = [];
  let i = 0;
  let closed = true;
  for (;;) {
    while (raw[i] === ' ' || raw[i] === '\t') i++;
    if (raw[i] === '"') {
      let value = '';
      i++;
      for (;;) {
        const quote = raw.indexOf('"', i);
        if (quote < 0) {
          value += raw.slice(i);
          i = raw.length;
          closed = false;
          break;
        }
        value += raw.slice(i, quote);
        i = quote + 1;
        if (raw[i] === '"') {
          value += '"';
          i++;
          continue;
        }
        const rest = /^[ \t]*(,|$)/.exec(raw.slice(i, i + 8) || '');
        if (i >= raw.length || rest) break;
        value += '"';
      }
      cells.push(value);
      const comma = raw.indexOf(',', i);
      i = comma < 0 ? raw.length : comma;
    } else {
      const comma = raw.indexOf(',', i);
      const end = comma < 0 ? raw.length : comma;
      cells.push(raw.slice(i, end).trim());
      i = end;
    }
    if (i >= raw.length) return { cells, closed };
    i++;
    if (i === raw.length) {
      cells.push('');
      return { cells, closed };
    }
  }
}
