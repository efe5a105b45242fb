import { referenceIn } from '../../src/contract/books.ts';
import type { ConnectionContext, Connector, Made, Session } from '../../src/contract/connector.ts';
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
import type { Finding } from '../../src/domain/finding.ts';
import { type EppDocument, type EppFile, eppBytes, type Note, numberOf, readEpp, writeEpp } from '../../src/domain/formats/epp/index.ts';
import { compareDecimal } from '../../src/domain/money/money.ts';
import { receiptsByDay } from './daily.ts';
import { cutNumberIn, numberIn, typeOf } from './facts.ts';
import { manifest } from './manifest.ts';
import { eppDocument, infoOf } from './mapper.ts';
import { noteFindings, preflight } from './preflight.ts';
import { type SubiektSettings, settingsOf } from './settings.ts';

/**
 * Subiekt GT and everything else that reads EDI++. The program answers with an export of its own: our reference comes back in the
 * remarks, its number in the header. A feeder that cannot export answers with a result file.
 */
export const connector: Connector = { manifest, open: (context) => openSession(context) };

const known: ReadonlySet<string> = new Set(manifest.causes.map((cause) => cause.code));

function openSession(context: ConnectionContext): Session {
  const settings = settingsOf(context.settings);
  return {
    // The format needs no account: what can be wrong is seen when a document goes, or by the agent that knows the folder.
    check: async () => ({
      ok: true,
      facts: [
        { label: 'format', value: `EDI++ ${settings.version}` },
        { label: 'purpose', value: settings.purpose },
      ],
    }),
    folder: folderOf((document) => settingsOf(context.settings, document?.settings ?? {})),
  };
}

const anyDay = '2000-01-01';

function folderOf(settingsFor: (document?: FolderDocument) => SubiektSettings): WorksByFolder {
  const shapeOf = ({ version, purpose, codePage }: SubiektSettings) => ({ version, purpose, codePage });
  return {
    mediaType: 'application/octet-stream',
    preflight(given): Finding[] {
      // Neither paid nor issued it has no day yet; any will do to see whether the program would take it.
      const issueDate = given.issueDate ?? given.content.issueDate ?? given.content.saleDate ?? anyDay;
      const document = { ...given, issueDate };
      const settings = settingsFor(document);
      const findings = preflight(document, settings);
      if (findings.some((f) => f.level === 'hold')) return findings;
      const notes: Note[] = [];
      const info = infoOf(document.content, settings, new Date(0));
      eppBytes(shapeOf(settings), info, [eppDocument(document, settings)], (note) => notes.push(note));
      return [...findings, ...noteFindings(notes)];
    },
    inbox(document, at): FolderFile {
      const settings = settingsFor(document);
      const info = infoOf(document.content, settings, at);
      const bytes = eppBytes(shapeOf(settings), info, [eppDocument(document, settings)]);
      return { name: fileNameOf(document.reference, 'epp'), bytes };
    },
    async *write(documents, batch) {
      const settings = settingsFor();
      const source = iterate(documents());
      const first = await source.next();
      if (first.done) return;
      const info = infoOf(first.value.content, settings, batch.at, batch.period, batch.madeBy);
      yield* writeEpp(shapeOf(settings), info, mapped(first.value, source, settings));
    },
    batchName: (serial, batch) => batchName(serial, batch),
    outbox: (file, awaited) => answersOf(file, awaited),
    pdfOf: (fileName, awaited) => printOf(fileName, awaited, (document) => pdfNameOf(document, settingsFor())),
  };
}

async function* iterate<T>(source: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
  yield* source;
}

/** In the file for the office receipts are one report a day, behind the documents. */
async function* mapped(first: FolderDocument, rest: AsyncIterable<FolderDocument>, settings: SubiektSettings): AsyncGenerator<EppDocument> {
  const daily = receiptsByDay(settings);
  const one = (document: FolderDocument) =>
    settings.purpose === 'office' && document.kind === 'receipt' ? daily.add(document) : eppDocument(document, settings);
  const begun = one(first);
  if (begun) yield begun;
  for await (const document of rest) {
    const made = one(document);
    if (made) yield made;
  }
  yield* daily.reports();
}

function batchName(serial: number, { period, at }: FileBatch): string {
  const day = at.toISOString().slice(0, 10);
  const [from, to] = [period?.from ?? day, period?.to ?? day].map((d) => d.replaceAll('-', ''));
  return `fakturist_${serial}_${from}_${to}.epp`;
}

// ---------------------------------------------------------------- what comes back

function answersOf(file: FolderFile, awaited: readonly AwaitedDocument[]): FolderAnswer[] {
  const told = resultAnswers(file, awaited, known);
  if (told) return told;
  if (!/\.epp$/i.test(file.name)) return [];
  const read = readEpp(file.bytes);
  const answers = withoutReplaced(read.documents.flatMap((document) => answerOf(document, awaited)));
  // A damaged export may hide what was made: whose name the file bears is not known to be missing.
  const damaged = read.documents.length === 0 || read.problems.length > 0;
  if (answers.length === 0 && damaged) return unreadable(file, awaited, problemText(read));
  return answers;
}

/** Cancelled there and taken in once more: the one that stands is the answer, wherever in the file it is. */
function withoutReplaced(answers: FolderAnswer[]): FolderAnswer[] {
  const isCancelled = ({ outcome }: FolderAnswer) => outcome.outcome === 'accepted' && outcome.made.reversed === true;
  const standing = new Set(answers.filter((answer) => !isCancelled(answer)).map(({ reference }) => reference));
  return answers.filter((answer) => !isCancelled(answer) || !standing.has(answer.reference));
}

function answerOf({ header, number }: EppFile['documents'][number], awaited: readonly AwaitedDocument[]): FolderAnswer[] {
  const reference = referenceIn(header.remarks);
  const full = number.number === '' ? undefined : `${number.type} ${number.number}`;
  const document = reference
    ? // What is made from a document there (a release from stock, its correction) takes over the remarks, and is not the document.
      awaited.find((d) => d.reference === reference && typeOf(d.kind) === number.type)
    : // Remarks lost on the way: a number that we gave, of the same kind and amount, is proof enough.
      awaited.find((d) => isNumber(d, number) && sameAmount(d.gross, header.gross));
  if (!document && !reference && full && header.status === '1')
    // Long numbers were once cut alone, and may be cut over there: of several months one. Whose it is, a person can see.
    return awaited
      .filter((d) => isCutNumber(d, number) && sameAmount(d.gross, header.gross))
      .map((d) => ({ reference: d.reference, outcome: { outcome: 'accepted', made: madeOf(header, full, d.currency) }, by: 'likeness' }));
  if (!document) return [];
  // Postponed: it lies in the program's buffer and nobody has accepted it yet. Cancelled: it counts no more.
  if (header.status === '0') return [{ reference: document.reference, outcome: { outcome: 'pending', lookAgainMs: pendingMs } }];
  if (!full) return [{ reference: document.reference, outcome: { outcome: 'unknown', cause: { code: 'erp.number_missing' } } }];
  return [
    {
      reference: document.reference,
      outcome: {
        outcome: 'accepted',
        made: {
          ...madeOf(header, full, document.currency),
          number: document.number ?? full,
          ...(header.status === '2' && { reversed: true }),
        },
      },
    },
  ];
}

function madeOf({ gross, net, currency, issueDay, buyerName }: EppFile['documents'][number]['header'], full: string, usual: string): Made {
  return {
    providerId: full,
    ...(gross && { gross }),
    ...(net && { net }),
    currency: currency ?? usual,
    ...(issueDay && { issueDate: issueDay }),
    ...(buyerName && { buyerName }),
  };
}

function isNumber({ number, kind }: AwaitedDocument, found: { type: string; number: string }): boolean {
  return number !== undefined && typeOf(kind) === found.type && numberIn(number, found.type) === found.number;
}

function isCutNumber({ number, kind }: AwaitedDocument, found: { type: string; number: string }): boolean {
  const type = typeOf(kind);
  return number !== undefined && type === found.type && cutNumberIn(number, type) === found.number;
}

const pendingMs = 10 * 60_000;

function sameAmount(ours: string, theirs: string | undefined): boolean {
  return theirs !== undefined && compareDecimal(ours, theirs) === 0;
}

function problemText({ problems, documents }: EppFile): string {
  const [first] = problems;
  return first ? `${first.what}, line ${first.line}` : documents.length === 0 ? 'no document in it' : '–';
}

/** The name that the connection's rule gives to a print. */
function pdfNameOf({ number, kind, reference }: AwaitedDocument & { number: string }, { pdfName }: SubiektSettings): string {
  const type = typeOf(kind) ?? '';
  return pdfName.replaceAll('{type}', type).replaceAll('{number}', numberOf(number, type).number).replaceAll('{reference}', reference);
}
