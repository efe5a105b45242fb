import type { FileSource } from '../contract/order-file.ts';
import { cut } from '../domain/cut.ts';
import type { Day } from '../domain/days/day.ts';
import type { Finding } from '../domain/finding.ts';
import { readCamt } from './camt.ts';
import { decoderOf, encodingOf, type StatementEncoding } from './encoding.ts';
import { readMt940 } from './mt940.ts';

/**
 * Bank statements become lines, one at a time and in constant memory (contract BILLING §6.2). Nothing throws for what a file can hold:
 * what cannot be read is a finding that names its line, and everything whole around it is still given.
 */
export type BankLine = {
  /** Account the statement is of: letters and digits only. */
  account: string;
  currency: string;
  direction: 'credit' | 'debit';
  /** The bank took an earlier entry back: a credit that is the return of our own transfer, or a debit that takes a payment away again. */
  reversal: boolean;
  /** Always positive, in minor units of `currency`. */
  amountMinor: bigint;
  valueDay: Day;
  /** The bank's own reference of the entry, if it gives one that means anything. */
  bankReference?: string;
  /** Reference the payer's side gave (end-to-end id, first field of the entry). */
  payerReference?: string;
  /** A creditor reference in a field of its own. */
  structuredReference?: string;
  payerName?: string;
  payerAccount?: string;
  /** What the payer wrote: title parts joined without and with spaces, because banks break words at line ends. */
  titles: string[];
  /** Line of the file where the entry begins, from 1. */
  place: number;
  /** Its amount is only a part of what the file says belongs together, or stands for several payments: a person looks at it. */
  unsure?: 'batch' | 'batch-sum' | 'day';
};

export type StatementFacts = {
  account: string;
  currency: string;
  number?: string;
  lines: number;
  /** Signed minor units; undefined where the format or the bank gives none. */
  openingMinor?: bigint;
  closingMinor?: bigint;
  lastDay?: Day;
};

export type StatementEvent = { line: BankLine } | { statement: StatementFacts } | { finding: Finding };

export type StatementFormat = 'mt940' | 'camt';

/** Limits of one file: more than any bank sends for a month, far less than what hurts. */
export const statementLimits = {
  bytes: 50 * 1024 * 1024,
  entries: 200_000,
  /** Characters of one line of MT940, and of the text of one entry. */
  lineChars: 8_000,
  textChars: 20_000,
  /** Findings listed before the rest is only counted. */
  findings: 200,
};

export const fileFinding = (code: string, params?: Record<string, string>): Finding => ({ code, level: 'file', params });
export const lineFinding = (place: number, reason: StatementProblem, text = ''): Finding => ({
  code: 'E_STATEMENT_LINE',
  level: 'reject',
  params: { line: String(place), statementProblem: reason, value: cut(text.replace(/\s+/g, ' ').trim(), 80) },
});
export type StatementProblem = 'entry' | 'amount' | 'date' | 'currency' | 'direction' | 'status' | 'account' | 'length' | 'balance';

/** What the first kilobytes say the file is. */
function formatOf(head: Uint8Array): StatementFormat | undefined {
  const text = Buffer.from(head.subarray(0, 4096)).toString('latin1');
  const bare = text.replace(/^\xef\xbb\xbf/, '').trimStart();
  if (bare.startsWith('<?xml') || /^<([A-Za-z][\w.-]*:)?Document[\s>]/.test(bare)) return 'camt';
  if (/^(?:<!--|<)/.test(bare)) return undefined;
  return /(^|[\r\n\x01])(\{4:\s*)?:(20|25):/.test(`\n${text}`) ? 'mt940' : undefined;
}

export type StatementHead = { format: StatementFormat; encoding: StatementEncoding };

/** First pass: what it is, in which characters, and nothing harmful in it. */
export async function inspectStatement(source: FileSource, chosen?: StatementEncoding): Promise<StatementHead | { refused: Finding }> {
  if (source.sizeBytes > statementLimits.bytes)
    return { refused: fileFinding('F_TOO_LARGE', { limit: `${statementLimits.bytes / 1024 / 1024} MB` }) };
  return encodingOf(source, formatOf, chosen);
}

/** Second pass: the lines. */
export async function* readStatement(source: FileSource, head: StatementHead): AsyncGenerator<StatementEvent> {
  const texts = decoded(source, head.encoding);
  let entries = 0;
  let findings = 0;
  let hidden = 0;
  for await (const event of head.format === 'camt' ? readCamt(texts) : readMt940(texts)) {
    if ('finding' in event && event.finding.level === 'reject') {
      findings++;
      if (findings > statementLimits.findings) {
        hidden++;
        continue;
      }
    }
    if ('line' in event && ++entries > statementLimits.entries) {
      yield { finding: fileFinding('F_TOO_LARGE', { limit: `${statementLimits.entries}` }) };
      return;
    }
    // More than a column of amounts holds is no amount of a bank, and must not keep the lines around it from being stored.
    yield 'line' in event && event.line.amountMinor > maxAmountMinor ? { finding: lineFinding(event.line.place, 'amount') } : event;
  }
  if (hidden > 0) yield { finding: { code: 'W_STATEMENT_MORE', level: 'warning', params: { n: String(hidden) } } };
}

const maxAmountMinor = 10n ** 17n;

async function* decoded(source: FileSource, encoding: StatementEncoding): AsyncGenerator<string> {
  const decode = decoderOf(encoding);
  for await (const chunk of source.open()) yield decode(chunk);
  yield decode();
}

/** Letters and digits in capitals: accounts and references are compared so. */
export const bare = (text: string): string => text.toUpperCase().replace(/[^A-Z0-9]/g, '');

/** An account without its country letters where the rest is a national number, so that `PL61…` and `61…` are one. */
export const accountKey = (text: string): string => bare(text).replace(/^[A-Z]{2}(?=\d{24,26}$)/, '');
