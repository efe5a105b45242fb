import { cut } from '../domain/cut.ts';
import type { DocumentContent } from '../domain/documents/document.ts';
import type { Finding } from '../domain/finding.ts';
import { toMinor } from '../domain/money/money.ts';
import { partyName } from '../domain/parties/party.ts';

/** Columns of a document row that are copies of its content, kept for lists, sorting and search. */
export function columnsOf(content: DocumentContent, findings: Finding[], number?: string | null) {
  const { buyer, totals, currency, order } = content;
  const holds = findings.filter((f) => f.level === 'hold').map((f) => f.code);
  return {
    kind: content.kind,
    currency,
    net_minor: toMinor(totals.net, currency).toString(),
    tax_minor: toMinor(totals.tax, currency).toString(),
    gross_minor: toMinor(totals.gross, currency).toString(),
    issue_date: content.issueDate ?? null,
    sale_date: content.saleDate ?? null,
    due_date: content.dueDate ?? null,
    buyer_name: cut(partyName(buyer), 300),
    buyer_tax_id: buyer.taxIds[0]?.value ?? null,
    buyer_email: buyer.email ?? null,
    buyer_country: buyer.country ?? null,
    channel: order?.channel ?? null,
    order_number: order?.number ?? order?.externalId ?? null,
    hold_codes: [...new Set(holds)],
    held: holds.length > 0,
    search: searchText([
      number,
      partyName(buyer),
      buyer.company,
      buyer.email,
      buyer.city,
      order?.externalId,
      order?.number,
      order?.login,
      totals.gross,
      ...buyer.taxIds.map((t) => t.value),
    ]),
  };
}

/** Lower-case words without diacritics, so that "zolw" finds "ŻÓŁW". */
function searchText(parts: (string | null | undefined)[]): string {
  // Part by part: most are plain letters, which are folded several times faster.
  const words = new Set(
    parts.flatMap((part) => (part ? foldText(part).split(plain.test(part) ? /[^A-Za-z0-9]+/ : /[^\p{L}\p{N}]+/u) : [])),
  );
  words.delete('');
  return [...words].join(' ').slice(0, 600);
}

const plain = /^[\x20-\x7e]*$/;

export function foldText(text: string): string {
  if (plain.test(text)) return text.toLowerCase();
  return text.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('ł', 'l').replaceAll('Ł', 'l').replaceAll('ø', 'o').toLowerCase();
}

/** The words of what was typed, folded as the documents' own are. */
export function wordsTyped(typed: string): string[] {
  return foldText(typed)
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .slice(0, 8);
}

/** Does a word of a document have to begin with it, or be it? A single letter that others follow is a word: all that begin with it say nothing. */
export const isBeginning = (word: string, place: number, words: string[]) => word.length > 1 || place === words.length - 1;

/** A prefix query for the words typed: "kow war" → every word must begin a word of the document. Empty when nothing is left. */
export function searchQuery(typed: string): string {
  return wordsTyped(typed)
    .map((word, place, words) => (isBeginning(word, place, words) ? `${word}:*` : word))
    .join(' & ');
}
