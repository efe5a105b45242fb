import { referenceIn, uuidOf } from '../../src/contract/books.ts';
import type { ConnectionContext, Connector, Session } from '../../src/contract/connector.ts';
import {
  type AwaitedDocument,
  type FileBatch,
  type FolderAnswer,
  type FolderDocument,
  type FolderFile,
  fileNameOf,
  printOf,
  resultAnswers,
  unreadable,
  type WorksByFolder,
} from '../../src/contract/folder.ts';
import { readXml, textAt, type XmlTree } from '../../src/contract/wire/read-xml.ts';
import { compareDecimal, fromMinor, isDecimal, sum, toMinor } from '../../src/domain/money/money.ts';
import { documentsEnd, documentsHead, documentXml } from './documents.ts';
import { manifest } from './manifest.ts';
import { preflight } from './preflight.ts';
import { contractor, contractorKey, registerEnd, registerEntry, registerHead, sectionEnd, sectionHead } from './register.ts';
import { type OptimaSettings, settingsOf } from './settings.ts';

/**
 * Comarch ERP Optima by files. Two doors: the register of the books, in which a repeated record is the same record because its id is
 * made from our reference, and documents with lines for the trade module. Both come back as Optima's own export.
 */
export const connector: Connector = { manifest, open: (context) => openSession(context) };

const known: ReadonlySet<string> = new Set(manifest.causes.map((cause) => cause.code));

function openSession(context: ConnectionContext): Session {
  const settings = settingsOf(context.settings);
  return {
    check: async () => {
      const facts = [{ label: 'door', value: settings.door }];
      const missing = settings.door === 'register' && (!settings.sourceBase || !settings.targetBase);
      return missing ? { ok: false, facts, cause: { code: 'optima.bases' } } : { ok: true, facts };
    },
    folder: folderOf((document) => settingsOf(context.settings, document?.settings ?? {})),
  };
}

function folderOf(settingsFor: (document?: FolderDocument) => OptimaSettings): WorksByFolder {
  return {
    mediaType: 'application/xml',
    preflight: (document) => preflight(document, settingsFor(document)),
    inbox(document): FolderFile {
      return { name: fileNameOf(document.reference, 'xml'), bytes: new TextEncoder().encode(fileText(document, settingsFor(document))) };
    },
    async *write(documents) {
      const settings = settingsFor();
      const encoder = new TextEncoder();
      for await (const piece of batchText(documents, settings)) yield encoder.encode(piece);
    },
    batchName: (serial, batch) => batchName(serial, batch),
    outbox: (file, awaited) => answersOf(file, awaited),
    pdfOf: (fileName, awaited) => printOf(fileName, awaited, (document) => pdfNameOf(document, settingsFor())),
  };
}

/** A part of the file: what begins it, what each document gives, what ends it. `once`: documents of one key give it once. */
type Part = { head: string; each(document: FolderDocument): string; once?(document: FolderDocument): string; end: string };

/** All buyers stand before the first entry, so the documents are read once for each part rather than kept. */
function partsOf(settings: OptimaSettings): Part[] {
  if (settings.door === 'documents') return [{ head: documentsHead, each: (d) => documentXml(d, settings), end: documentsEnd }];
  return [
    {
      head: registerHead + sectionHead('KONTRAHENCI', settings),
      each: (d) => contractor(d.content, settings),
      once: (d) => contractorKey(d.content),
      end: sectionEnd('KONTRAHENCI'),
    },
    {
      head: sectionHead('REJESTRY_SPRZEDAZY_VAT', settings),
      each: (d) => registerEntry(d, settings),
      end: sectionEnd('REJESTRY_SPRZEDAZY_VAT') + registerEnd,
    },
  ];
}

function fileText(document: FolderDocument, settings: OptimaSettings): string {
  return partsOf(settings)
    .map((part) => part.head + part.each(document) + part.end)
    .join('');
}

async function* batchText(
  documents: () => AsyncIterable<FolderDocument> | Iterable<FolderDocument>,
  settings: OptimaSettings,
): AsyncGenerator<string> {
  for (const part of partsOf(settings)) {
    yield part.head;
    const seen = new Set<string>();
    for await (const document of documents()) {
      const key = part.once?.(document);
      if (key !== undefined && seen.has(key)) continue;
      if (key !== undefined) seen.add(key);
      yield part.each(document);
    }
    yield part.end;
  }
}

function batchName(serial: number, { period, at }: FileBatch): string {
  const from = period?.from ?? at.toISOString().slice(0, 10);
  return `optima_${serial}_${from.slice(0, 7).replace('-', '')}.xml`;
}

// ---------------------------------------------------------------- what comes back

type Exported = {
  reference?: string;
  id?: string;
  number?: string;
  gross?: string;
  net?: string;
  currency?: string;
  issueDate?: string;
  cancelled: boolean;
};

function answersOf(file: FolderFile, awaited: readonly AwaitedDocument[]): FolderAnswer[] {
  const told = resultAnswers(file, awaited, known);
  if (told) return told;
  if (!/\.xml$/i.test(file.name)) return [];
  let tree: XmlTree;
  try {
    tree = readXml(new TextDecoder('utf-8', { fatal: true }).decode(file.bytes));
  } catch (error) {
    return unreadable(file, awaited, (error as Error).message);
  }
  return exportedIn(tree).flatMap((found) => answerOf(found, awaited));
}

/** Documents of either kind of export, by name of element: Optima reads and writes by name, so do we. */
function exportedIn(tree: XmlTree): Exported[] {
  if (tree.name !== 'ROOT') return [];
  return tree.children.flatMap((child) =>
    child.name === 'DOKUMENT' ? fromDocument(child) : child.name === 'REJESTRY_SPRZEDAZY_VAT' ? child.children.flatMap(fromRegister) : [],
  );
}

const salesInvoice = '302';

function fromDocument(tree: XmlTree): Exported[] {
  const head = (...path: string[]) => textAt(tree, 'NAGLOWEK', ...path);
  // What is made from an invoice there takes over its description, and is not the invoice.
  if ((head('TYP_DOKUMENTU') ?? salesInvoice) !== salesInvoice) return [];
  const rates = tree.children.find((c) => c.name === 'TABELKA_VAT')?.children ?? [];
  const total = (name: string) => summed(rates.map((row) => textAt(row, name)));
  return [
    {
      reference: referenceIn(head('OPIS')),
      number: head('NUMER_PELNY'),
      gross: total('BRUTTO_WAL'),
      net: total('NETTO_WAL'),
      currency: head('WALUTA', 'SYMBOL'),
      issueDate: head('DATA_WYSTAWIENIA'),
      cancelled: false,
    },
  ];
}

function fromRegister(tree: XmlTree): Exported[] {
  if (tree.name !== 'REJESTR_SPRZEDAZY_VAT') return [];
  const rows = tree.children.find((c) => c.name === 'POZYCJE')?.children ?? [];
  const net = summed(rows.map((row) => textAt(row, 'NETTO')));
  const tax = summed(rows.map((row) => textAt(row, 'VAT')));
  return [
    {
      reference: referenceIn(textAt(tree, 'OPIS')),
      id: textAt(tree, 'ID_ZRODLA'),
      number: textAt(tree, 'NUMER'),
      gross: summed([net, tax]),
      net,
      currency: textAt(tree, 'WALUTA') ?? 'PLN',
      issueDate: textAt(tree, 'DATA_WYSTAWIENIA'),
      cancelled: false,
    },
  ];
}

function summed(amounts: (string | undefined)[]): string | undefined {
  if (amounts.length === 0 || !amounts.every((a) => a !== undefined && isDecimal(a))) return undefined;
  return fromMinor(sum(amounts.map((a) => toMinor(a!, 'PLN'))), 'PLN');
}

function answerOf(found: Exported, awaited: readonly AwaitedDocument[]): FolderAnswer[] {
  const document = awaited.find(
    (d) =>
      d.reference === found.reference ||
      (found.id !== undefined && found.id.toLowerCase() === uuidOf(d.reference)) ||
      // A mark lost on the way: our own number with the same amount is proof enough.
      (found.reference === undefined &&
        d.number !== undefined &&
        d.number === found.number &&
        found.gross !== undefined &&
        compareDecimal(d.gross, found.gross) === 0),
  );
  if (!document) return [];
  const { number, gross, net, issueDate } = found;
  if (!number) return [{ reference: document.reference, outcome: { outcome: 'unknown', cause: { code: 'erp.number_missing' } } }];
  const made = {
    providerId: number,
    number: document.number ?? number,
    ...(gross && { gross }),
    ...(net && { net }),
    currency: found.currency ?? document.currency,
    ...(issueDate && /^\d{4}-\d{2}-\d{2}$/.test(issueDate) && { issueDate }),
  };
  return [{ reference: document.reference, outcome: { outcome: 'accepted', made } }];
}

/** The name that the connection's rule gives to a print. */
function pdfNameOf({ number, kind, reference }: AwaitedDocument & { number: string }, { pdfName }: OptimaSettings): string {
  const type = kind === 'correction' ? 'FKOR' : kind === 'receipt' ? 'PA' : 'FA';
  return pdfName.replaceAll('{type}', type).replaceAll('{number}', number).replaceAll('{reference}', reference);
}
