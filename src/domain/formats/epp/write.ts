import { fixed, scaled } from '../../money/money.ts';
import { type CodePage, encode, fitted } from './codepage.ts';
import {
  type correctedFromNet,
  correctedItemFields,
  type Dictionary,
  dictionariesOf,
  type EppVersion,
  type Field,
  fieldsIn,
  fiscalReportFields,
  headerFields,
  infoFields,
  itemFields,
  type Purpose,
  purposeCode,
  type RowOf,
  rateColumns,
  rateFields,
  type Values,
} from './layout.ts';

/** What had to be changed to fit the format; nothing of it stops a file (EPP §1). */
export type Note = { field: string; what: 'shortened' | 'replaced'; from: string; to: string };
type Take = (note: Note) => void;

export type Info = Omit<Values<typeof infoFields>, 'version' | 'purpose' | 'codePage'>;
export type Header = Values<typeof headerFields> & { type: string; number: string };
export type Item = Values<typeof itemFields> | Values<typeof correctedFromNet>;
export type RateRow = Values<typeof rateFields>;
type FiscalReport = Values<typeof fiscalReportFields>;

/** Records about documents and what they name, to be written behind the documents. */
export type Extras = { [D in Dictionary]?: RowOf<D>[] };

export type EppDocument =
  | { header: Header; items: Item[]; corrected?: boolean; extras: Extras }
  | { header: Header; rates: RateRow[]; extras: Extras }
  | { report: FiscalReport; rates: RateRow[]; extras: Extras };

type EppShape = { version: EppVersion; purpose: Purpose; codePage: CodePage };

/** A record of the file without its line end. Amounts that are no numbers and texts that are no days are mistakes of ours: it throws. */
export function record(fields: readonly Field[], values: Record<string, string | undefined>, page: CodePage, note?: Take): string {
  return fields.map((field) => cell(field, values[field[0]], page, note)).join(',');
}

function cell([name, kind, max]: Field, value: string | undefined, page: CodePage, note?: Take): string {
  switch (kind) {
    case 'text': {
      if (value === undefined || value === '') return '';
      const { text, replaced } = fitted(value, page);
      const short = max !== undefined && text.length > max ? text.slice(0, max).trimEnd() : text;
      if (replaced) note?.({ field: name, what: 'replaced', from: value, to: text });
      if (short !== text && short.length < text.length) note?.({ field: name, what: 'shortened', from: text, to: short });
      return short === '' ? '' : `"${short}"`;
    }
    case 'amount':
      return fixed(scaled(value ?? '0'), 4);
    case 'int': {
      const text = value ?? '0';
      if (!/^-?\d{1,15}$/.test(text)) throw new RangeError(`${name} is no whole number: ${text.slice(0, 40)}`);
      return text;
    }
    case 'flag':
      return value === '1' ? '1' : '0';
    // The time of a day is zero: readers are known to fail on any other.
    case 'day': {
      if (value === undefined || value === '') return '';
      if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) throw new RangeError(`${name} is no day: ${value.slice(0, 40)}`);
      return `${value.replaceAll('-', '')}000000`;
    }
    case 'instant':
      return value === undefined ? '' : value.slice(0, 19).replace(/\D/g, '');
  }
}

/** A dictionary whose records stand once however many documents name them. */
const once: Partial<Record<Dictionary, (row: Record<string, string | undefined>) => string>> = {
  KONTRAHENCI: (row) => row.code ?? '',
  GRUPYKONTRAHENTOW: (row) => `${row.code}\n${row.group}`,
  CECHYKONTRAHENTOW: (row) => `${row.code}\n${row.feature}`,
  DODATKOWEKONTRAHENTOW: (row) => row.code ?? '',
  TOWARY: (row) => row.code ?? '',
  CENNIK: (row) => `${row.code}\n${row.priceList}`,
  GRUPYTOWAROW: (row) => `${row.code}\n${row.group}`,
  CECHYTOWAROW: (row) => `${row.code}\n${row.feature}`,
  DODATKOWETOWAROW: (row) => row.code ?? '',
  TOWARYKODYCN: (row) => row.code ?? '',
  TOWARYGRUPYJPKVAT: (row) => row.code ?? '',
  STAWKIVATZAGRANICZNE: (row) => `${row.symbol}\n${row.iso}`,
};

const pieceChars = 32 * 1024;

/**
 * A file of documents, piece by piece. Documents pass through; what stays in memory until the end are the short records of the
 * dictionaries, each contractor and each goods once.
 */
export async function* writeEpp(
  shape: EppShape,
  info: Info,
  documents: AsyncIterable<EppDocument> | Iterable<EppDocument>,
): AsyncGenerator<Uint8Array> {
  const file = assemble(shape, info);
  let text = file.head;
  for await (const document of documents) {
    text += file.add(document);
    if (text.length < pieceChars) continue;
    yield encode(text, shape.codePage);
    text = '';
  }
  for (const part of file.tail()) {
    text += part;
    if (text.length < pieceChars) continue;
    yield encode(text, shape.codePage);
    text = '';
  }
  yield encode(text, shape.codePage);
}

/** The bytes of a small file at once. */
export function eppBytes(shape: EppShape, info: Info, documents: Iterable<EppDocument>, note?: Take): Uint8Array {
  const file = assemble(shape, info, note);
  let text = file.head;
  for (const document of documents) text += file.add(document);
  for (const part of file.tail()) text += part;
  return encode(text, shape.codePage);
}

function assemble(shape: EppShape, info: Info, note?: Take) {
  const { version, purpose, codePage } = shape;
  const kept = new Map<Dictionary, string[]>();
  const seen = new Map<Dictionary, Set<string>>();
  const head = { ...info, version, purpose: purposeCode[purpose], codePage };
  return {
    head: `[INFO]\r\n${record(infoFields, head, codePage, note)}\r\n\r\n`,
    add(document: EppDocument): string {
      for (const [name, rows] of Object.entries(document.extras) as [Dictionary, Record<string, string | undefined>[]][])
        for (const row of rows) keep(name, row);
      return documentText(document, shape, note);
    },
    *tail(): Generator<string> {
      const withBuyers = (kept.get('KONTRAHENCI')?.length ?? 0) > 0;
      for (const name of dictionariesOf(version, purpose, withBuyers)) {
        yield `[NAGLOWEK]\r\n"${name}"\r\n\r\n[ZAWARTOSC]\r\n`;
        for (const row of kept.get(name) ?? []) yield `${row}\r\n`;
        yield '\r\n';
      }
    },
  };

  function keep(name: Dictionary, row: Record<string, string | undefined>): void {
    const identity = once[name]?.(row);
    if (identity !== undefined) {
      const known = seen.get(name) ?? new Set<string>();
      seen.set(name, known);
      if (known.has(identity)) return;
      known.add(identity);
    }
    const list = kept.get(name) ?? [];
    kept.set(name, list);
    list.push(record(fieldsIn(version, name), row, codePage, note));
  }
}

function documentText(document: EppDocument, { version, codePage }: EppShape, note?: Take): string {
  const itemLayout = 'items' in document && document.corrected ? correctedItemFields(document.header) : itemFields;
  const [head, rows] =
    'report' in document
      ? [record(fiscalReportFields, document.report, codePage, note), rateRows(document.rates)]
      : [
          record(headerFields, document.header, codePage, note),
          'rates' in document ? rateRows(document.rates) : document.items.map((item) => record(itemLayout, item, codePage, note)),
        ];
  return `[NAGLOWEK]\r\n${head}\r\n\r\n[ZAWARTOSC]\r\n${rows.map((row) => `${row}\r\n`).join('')}\r\n`;

  function rateRows(rates: RateRow[]): string[] {
    return rates.map((row) => record(rateFields.slice(0, rateColumns(version)), row, codePage, note));
  }
}
