import type { TransferRequest } from '../../src/contract/connector.ts';
import type { DocumentContent } from '../../src/domain/documents/document.ts';
import { type Finding, hold } from '../../src/domain/finding.ts';
import { compareDecimal } from '../../src/domain/money/money.ts';
import { buyerName, isHungarian, planOf, sourceLines, taxNumbers } from './mapper.ts';
import type { SzamlazzSettings } from './settings.ts';
import { vatKey } from './vat.ts';

/** What the provider would refuse, found before anything is sent. */

const currencies = new Set(
  'HUF EUR CHF USD AED ALL AUD BAM BGN BRL CAD CNY CZK DKK EEK GBP HKD HRK IDR ILS INR ISK JPY KRW KWD KZT LTL LVL MXN MYR NOK NZD PHP PLN RON RSD RUB SEK SGD THB TRY TWD UAH VND ZAR'.split(
    ' ',
  ),
);

const receiptLimitForint = '900000';

export function preflight(request: TransferRequest, settings: SzamlazzSettings): Finding[] {
  const findings = [...referenceFindings(request), ...vatFindings(request, settings)];
  const { content } = request;
  if (!currencies.has(content.currency)) findings.push(hold('szamlazz.currency', 'currency', { currency: content.currency }));
  if (request.kind === 'receipt') findings.push(...receiptFindings(request, settings));
  else if (!request.cancelsWhole) findings.push(...buyerFindings(content), ...numberFindings(request, settings));
  if (findings.length > 0 || request.cancelsWhole) return findings;
  const plan = planOf(request, settings);
  if (plan.lines.length === 0) return [hold('szamlazz.correction_without_lines', 'lines')];
  const wanted = request.kind === 'correction' ? (content.correction?.difference.gross ?? plan.gross) : content.totals.gross;
  const fraction = request.kind === 'receipt' && content.currency === 'HUF' && plan.lines.some((line) => line.gross.includes('.'));
  if (fraction || compareDecimal(plan.gross, wanted) !== 0)
    findings.push(hold('szamlazz.not_whole', 'totals.gross', { sent: plan.gross, wanted }));
  return findings;
}

function referenceFindings(request: TransferRequest): Finding[] {
  if (request.kind !== 'correction') return [];
  if (!request.original?.number)
    return [hold('szamlazz.original_unknown', 'correction.number', { number: request.content.correction?.number ?? '' })];
  return request.original.kind === 'proforma'
    ? [hold('szamlazz.storno_noop', 'correction.number', { number: request.original.number })]
    : [];
}

function vatFindings(request: TransferRequest, settings: SzamlazzSettings): Finding[] {
  const { content } = request;
  if (request.cancelsWhole) return [];
  const findings: Finding[] = [];
  const unknown: string[] = [];
  const foreign: string[] = [];
  for (const line of sourceLines(request)) {
    const vat = vatKey(line.rate, content.buyer.country, settings);
    if (!('refused' in vat)) continue;
    (vat.refused === 'unknown' ? unknown : foreign).push(line.name);
  }
  if (unknown.length > 0) findings.push(hold('H_VAT_UNKNOWN', 'lines', { lines: unknown.join(', ') }));
  if (foreign.length > 0) findings.push(hold('szamlazz.foreign_rate', 'lines', { lines: foreign.join(', ') }));
  return findings;
}

function buyerFindings(content: DocumentContent): Finding[] {
  const { buyer } = content;
  const wanted: [string, string | undefined][] = [
    ['name', buyerName(content)],
    ['postalCode', buyer.postalCode],
    ['city', buyer.city],
    ['street', buyer.street],
  ];
  const missing = wanted.filter(([, value]) => !value?.trim()).map(([field]) => field);
  const findings = missing.length > 0 ? [hold('H_BUYER_DATA', `buyer.${missing[0]}`, { fields: missing.join(', ') })] : [];
  if (buyer.type !== 'company') return findings;
  const ids = taxNumbers(content);
  if (ids.wrong) findings.push(hold('H_TAXID_INVALID', 'buyer.taxIds', { value: ids.wrong }));
  else if (isHungarian(content) && !ids.domestic && !ids.group) findings.push(hold('H_TAXID_MISSING', 'buyer.taxIds'));
  return findings;
}

const needsEuNumber = new Set(['EUFAD37', 'KBAET']);

/** Letter keys that stand only beside the buyer's tax number. */
function numberFindings(request: TransferRequest, settings: SzamlazzSettings): Finding[] {
  const ids = taxNumbers(request.content);
  const lines = sourceLines(request).filter((line) => {
    const vat = vatKey(line.rate, request.content.buyer.country, settings);
    if (!('key' in vat)) return false;
    return (needsEuNumber.has(vat.key) && !ids.eu) || (vat.key === 'F.AFA' && !ids.domestic && !ids.group);
  });
  return lines.length > 0 ? [hold('szamlazz.eu_tax_id_needed', 'buyer.taxIds', { lines: lines.map((line) => line.name).join(', ') })] : [];
}

function receiptFindings(request: TransferRequest, settings: SzamlazzSettings): Finding[] {
  const { content } = request;
  if (request.cancelsWhole) return [];
  if (!/^[A-Z0-9]{1,5}$/.test(settings.receiptPrefix))
    return [hold('szamlazz.receipt_prefix', 'settings.receiptPrefix', { prefix: settings.receiptPrefix })];
  // VAT Act §166: a receipt only below 900 000 Ft.
  const tooMuch = content.currency === 'HUF' && compareDecimal(content.totals.gross, receiptLimitForint) >= 0;
  return tooMuch ? [hold('szamlazz.receipt_not_allowed', 'kind', { gross: content.totals.gross })] : [];
}
