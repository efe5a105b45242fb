import { z } from 'zod';
import { cut } from '../domain/cut.ts';
import type { DocumentKind } from '../domain/documents/document.ts';
import type { Finding } from '../domain/finding.ts';
import { type Decimal, isDecimal } from '../domain/money/money.ts';
import type { Outcome, TransferRequest } from './connector.ts';

/**
 * The capability "folder": a program on the seller's machine takes documents as files from one folder (the inbox) and leaves its
 * answers in another (the outbox). The connector knows what the bytes mean and touches neither disk nor network; whoever moves the
 * bytes (the agent, or the seller's own hands after a download) knows nothing of documents.
 *
 *   request ──preflight──> findings            nothing leaves the house
 *           ──inbox──────> named bytes         the same request gives the same name and bytes: a repeat overwrites, never doubles
 *   outbox file ──outbox─> answers             each found by our reference; a file that says nothing of ours gives none
 *   PDF's name  ──pdfOf──> reference
 */
export type FolderFile = { name: string; bytes: Uint8Array };

/** A document to be written. */
export type FolderDocument = TransferRequest;

/** A document whose answer is awaited. */
export type AwaitedDocument = { reference: string; kind: DocumentKind; number?: string; gross: Decimal; currency: string };

export type FolderAnswer = {
  reference: string;
  outcome: Outcome;
  /** Something was made that looks like this document and bears no mark of it: a person says whether it is. */
  by?: 'likeness';
};

/** What a file of many documents says about itself. */
export type FileBatch = {
  /** When it was made: the only clock a file knows. */
  at: Date;
  /** First and last civil day, when the file is one of a period. */
  period?: { from: string; to: string };
  /** Who made it, as the program shows it. */
  madeBy?: string;
};

export interface WorksByFolder {
  /** Media type of the files, for a download. */
  mediaType: string;
  /** Everything the program would refuse, found before anything is written, all at once. */
  preflight(document: FolderDocument): Finding[];
  /** The file of one document. `at` is when the transfer was made, so that a repeat has the same bytes. */
  inbox(document: FolderDocument, at: Date): FolderFile;
  /**
   * One file of many documents, piece by piece, so that memory does not grow with their number. `documents` gives them anew each
   * time it is called, in the same order: some formats tell all buyers before the first document.
   */
  write(documents: () => AsyncIterable<FolderDocument> | Iterable<FolderDocument>, batch: FileBatch): AsyncIterable<Uint8Array>;
  /** Name of such a file; `serial` numbers the files of an organization. */
  batchName(serial: number, batch: FileBatch): string;
  /**
   * What a file of the outbox says about documents that are awaited. Never throws for what a file can hold: a file that cannot be
   * read although its name carries a reference is an unknown of that document, one that is not ours gives nothing.
   */
  outbox(file: FolderFile, awaited: readonly AwaitedDocument[]): FolderAnswer[];
  /** The reference of the document whose PDF this is, by the connection's rule for names. */
  pdfOf(fileName: string, awaited: readonly AwaitedDocument[]): string | undefined;
}

/** File name that carries a reference: what a file system forbids is a hyphen. The name alone leads back to the document. */
export function fileNameOf(reference: string, extension: string): string {
  return `${nameToken(reference)}.${extension}`;
}

function nameToken(reference: string): string {
  return reference.replace(/[^A-Za-z0-9._-]+/g, '-');
}

/**
 * The short answer of whatever feeds the program from the inbox (a macro, a bridge, our simulator): `<inbox file>.result.json`.
 * Outcomes and classes are those of agent jobs, so that one vocabulary serves folders and workers.
 */
const folderResultSchema = z.object({
  reference: z.string().min(1).max(200),
  /** `failed`: nothing was made. `unknown`: something may have been made. */
  outcome: z.enum(['done', 'failed', 'unknown']),
  class: z.enum(['transient', 'mapping', 'data', 'auth', 'licence']).optional(),
  /** One of the causes of `folder-causes.ts`, when the feeder can tell. */
  code: z.string().max(60).optional(),
  /** The program's own words. */
  message: z.string().max(2000).optional(),
  number: z.string().max(100).optional(),
  gross: z.string().refine(isDecimal).optional(),
  net: z.string().refine(isDecimal).optional(),
  currency: z.string().length(3).optional(),
  issueDate: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/)
    .optional(),
  version: z.string().max(60).optional(),
});
type FolderResult = z.infer<typeof folderResultSchema>;

export const resultEnding = '.result.json';
const maxResultBytes = 64 * 1024;

/** Undefined for a file that is no result; `broken` for one that should be and cannot be read. */
function readResult(file: FolderFile): FolderResult | 'broken' | undefined {
  if (!file.name.endsWith(resultEnding)) return undefined;
  if (file.bytes.length > maxResultBytes) return 'broken';
  try {
    const parsed = folderResultSchema.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(file.bytes)));
    return parsed.success ? parsed.data : 'broken';
  } catch {
    return 'broken';
  }
}

/** What a cause's class stands for when the feeder names no cause of its own. */
const causeOfClass: Record<NonNullable<FolderResult['class']>, string> = {
  transient: 'erp.locked',
  mapping: 'erp.mapping',
  data: 'erp.refused',
  auth: 'erp.auth',
  licence: 'erp.licence',
};

/** The outcome of a result; `known` are the codes of the connector's causes, any other code falls back to its class. */
function outcomeOfResult(result: FolderResult, awaited: AwaitedDocument, known: ReadonlySet<string>): Outcome {
  const { message, number } = result;
  const said = { ...(result.code ? { providerCode: result.code } : {}), ...(message ? { providerText: message } : {}) };
  const params = { message: message ?? '–' };
  if (result.outcome === 'done') {
    if (!number) return { outcome: 'unknown', cause: { code: 'erp.number_missing', ...said } };
    const { gross, net, currency, issueDate } = result;
    const made = {
      providerId: number,
      number,
      ...(gross ? { gross } : {}),
      ...(net ? { net } : {}),
      currency: currency ?? awaited.currency,
      ...(issueDate ? { issueDate } : {}),
    };
    return { outcome: 'accepted', made };
  }
  const code = result.code && known.has(result.code) ? result.code : result.class ? causeOfClass[result.class] : 'erp.refused';
  // "It is there already": perhaps by an earlier try of ours, whose answer is awaited and must not be sent once more.
  const isThere = code === 'erp.exists';
  return { outcome: result.outcome === 'failed' && !isThere ? 'rejected' : 'unknown', cause: { code, params, ...said } };
}

/** What a result file says; undefined for a file that is none. */
export function resultAnswers(
  file: FolderFile,
  awaited: readonly AwaitedDocument[],
  known: ReadonlySet<string>,
): FolderAnswer[] | undefined {
  const result = readResult(file);
  if (result === 'broken') return unreadable(file, awaited, 'no result of ours');
  const document = result && awaited.find((d) => d.reference === result.reference);
  return result && (document ? [{ reference: document.reference, outcome: outcomeOfResult(result, document, known) }] : []);
}

/** A file that cannot be read is an unknown of the document whose reference its name carries. */
export function unreadable(file: FolderFile, awaited: readonly AwaitedDocument[], message: string): FolderAnswer[] {
  const document = awaitedByName(file.name, awaited);
  if (!document) return [];
  const cause = { code: 'erp.answer_unreadable', params: { file: file.name, message: cut(message, 200) } };
  return [{ reference: document.reference, outcome: { outcome: 'unknown', cause } }];
}

/** Whose print a PDF is: by our reference in its name, else by the name that the connection's rule gives (`expected`, without ending). */
export function printOf(
  fileName: string,
  awaited: readonly AwaitedDocument[],
  expected: (document: AwaitedDocument & { number: string }) => string,
): string | undefined {
  if (!/\.pdf$/i.test(fileName)) return undefined;
  const byReference = awaitedByName(fileName, awaited);
  if (byReference) return byReference.reference;
  const name = bareName(fileName.replace(/\.pdf$/i, ''));
  return awaited.find(({ number, ...document }) => name !== '' && number && bareName(expected({ ...document, number })) === name)
    ?.reference;
}

/** The awaited document whose reference is in a file's name; of several the longest, as one reference may begin like another. */
function awaitedByName(fileName: string, awaited: readonly AwaitedDocument[]): AwaitedDocument | undefined {
  let best: AwaitedDocument | undefined;
  for (const document of awaited) {
    const token = nameToken(document.reference);
    const at = fileName.indexOf(token);
    if (at < 0 || isLetterOrDigit(fileName[at + token.length]) || isLetterOrDigit(fileName[at - 1])) continue;
    if (!best || document.reference.length > best.reference.length) best = document;
  }
  return best;
}

function isLetterOrDigit(c: string | undefined): boolean {
  return c !== undefined && /[A-Za-z0-9]/.test(c);
}

/** Letters and digits of a name, so that `FS_101_09_2026.pdf` is the print of `FS 101/09/2026`. */
function bareName(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .toLowerCase();
}
