import { paymentForm } from '../../src/contract/books.ts';
import type { FolderDocument } from '../../src/contract/folder.ts';
import { cut } from '../../src/domain/cut.ts';
import type { DocumentContent } from '../../src/domain/documents/document.ts';
import { type Finding, hold, warning } from '../../src/domain/finding.ts';
import type { Note } from '../../src/domain/formats/epp/index.ts';
import { totalsForBooks } from '../../src/domain/formats/jpk/register.ts';
import { compareDecimal, fixed, fromMinor, scaled, sum, toMinor } from '../../src/domain/money/money.ts';
import { goodsCode, numberIn, typeOf } from './facts.ts';
import type { SubiektSettings } from './settings.ts';

/** What the program would refuse, found before anything is written. */

export function preflight(document: FolderDocument, settings: SubiektSettings): Finding[] {
  const { content, kind } = document;
  if (!typeOf(kind)) return [hold('subiekt.kind', 'kind', { kind })];
  const findings: Finding[] = [];
  if (kind === 'correction' && document.original?.kind === 'receipt') return [hold('subiekt.receipt_correction', 'kind')];
  if (kind === 'receipt' && settings.purpose === 'office') return [hold('subiekt.receipt_for_office', 'kind')];
  if (content.currency !== 'PLN' && !content.exchange)
    findings.push(hold('H_EXCHANGE_MISSING', 'exchange', { currency: content.currency, accounting: 'PLN' }));
  // One forint or yen in złoty needs six decimals; the program would work out the tax from the four that the field holds.
  const rate = content.currency === 'PLN' ? undefined : content.exchange?.rate;
  if (rate && compareDecimal(rate, fixed(scaled(rate), 4)) !== 0) findings.push(hold('subiekt.rate', 'exchange.rate', { rate }));
  if (!paymentForm(content, settings))
    findings.push(hold('erp.payment_unmapped', 'payment.means', { message: content.payment.rawMethod ?? content.payment.means }));
  const all = [...content.lines, ...(content.correction?.before.lines ?? [])];
  if (settings.purpose === 'items') {
    const unmapped = all.filter((line) => goodsCode(line, settings) === undefined).map((line) => line.name);
    if (unmapped.length > 0) findings.push(hold('erp.goods_unmapped', 'lines', { message: [...new Set(unmapped)].join(', ') }));
  }
  findings.push(...sumFindings(content));
  const { number } = document;
  const written = number && numberIn(number, typeOf(kind)!);
  if (written && !number.endsWith(written)) findings.push(warning('W_TEXT_SHORTENED', 'number', { text: number, to: written }));
  return findings;
}

/** The checks of EPP §5 before writing: parts and whole agree to the grosz. */
function sumFindings(content: DocumentContent): Finding[] {
  const totals = totalsForBooks(content);
  const minor = (amount: string) => toMinor(amount, content.currency);
  const lines =
    sum(content.lines.map((line) => minor(line.gross))) - sum((content.correction?.before.lines ?? []).map((line) => minor(line.gross)));
  const rates = sum(totals.byRate.map((row) => minor(row.gross)));
  const gross = minor(totals.gross);
  const agree = lines === gross && rates === gross && minor(totals.net) + minor(totals.tax) === gross;
  return agree ? [] : [hold('subiekt.sums', 'totals', { sent: fromMinor(lines, content.currency), wanted: totals.gross })];
}

/** What the file had to change, in the seller's words: never a reason to stop. */
export function noteFindings(notes: Note[]): Finding[] {
  return notes.map((note) =>
    warning(note.what === 'shortened' ? 'W_TEXT_SHORTENED' : 'W_CHARACTERS_REPLACED', note.field, {
      text: cut(note.from, 100),
      to: cut(note.to, 100),
    }),
  );
}
