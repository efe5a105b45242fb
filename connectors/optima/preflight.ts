import { paymentForm } from '../../src/contract/books.ts';
import type { FolderDocument } from '../../src/contract/folder.ts';
import { cut } from '../../src/domain/cut.ts';
import { type Finding, hold, warning } from '../../src/domain/finding.ts';
import { buyerOf, isDeclaredAbroad } from '../../src/domain/formats/jpk/index.ts';
import { goodsCode } from './documents.ts';
import { namesOf } from './register.ts';
import type { OptimaSettings } from './settings.ts';

/** What the program would refuse, found before anything is written. */

const maxNumberChars = 30;

export function preflight(document: FolderDocument, settings: OptimaSettings): Finding[] {
  const { content, kind, number } = document;
  const findings: Finding[] = [];
  const documentsOnly = settings.door === 'documents' && (kind === 'correction' || kind === 'receipt');
  if (kind === 'proforma' || documentsOnly) return [hold('optima.kind', 'kind', { kind })];
  if (settings.door === 'register' && (!settings.sourceBase || !settings.targetBase))
    findings.push(hold('optima.bases', 'settings.sourceBase'));
  if (settings.door === 'register' && !number) findings.push(hold('optima.number_missing', 'number'));
  if (number && number.length > maxNumberChars) findings.push(hold('optima.number_long', 'number', { number }));
  if (content.currency !== 'PLN' && !content.exchange)
    findings.push(hold('H_EXCHANGE_MISSING', 'exchange', { currency: content.currency, accounting: 'PLN' }));
  const { name } = buyerOf(content);
  const kept = namesOf(name).filter(Boolean).join(' ');
  const letters = (text: string) => text.replace(/\s/g, '').length;
  if (letters(kept) < letters(name)) findings.push(warning('W_TEXT_SHORTENED', 'buyer.name', { text: cut(name, 200), to: kept }));
  if (isDeclaredAbroad(content)) findings.push(hold('optima.abroad', 'taxTreatment'));
  if (!paymentForm(content, settings))
    findings.push(hold('erp.payment_unmapped', 'payment.means', { message: content.payment.rawMethod ?? content.payment.means }));
  if (settings.door === 'documents') {
    const unmapped = content.lines.filter((line) => goodsCode(line, settings) === undefined).map((line) => line.name);
    if (unmapped.length > 0) findings.push(hold('erp.goods_unmapped', 'lines', { message: [...new Set(unmapped)].join(', ') }));
  }
  return findings;
}
