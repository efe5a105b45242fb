import type { TransferRequest } from '../../src/contract/connector.ts';
import type { DocumentContent } from '../../src/domain/documents/document.ts';
import { type Finding, hold } from '../../src/domain/finding.ts';
import { isEuCountry } from '../../src/domain/regimes/index.ts';
import { classifyTaxId, postalCode as polishPostalCode } from '../../src/domain/regimes/pl/identifiers.ts';
import { hundredths, quantityNumber, taxSymbol, totalOf, wireLines } from './amounts.ts';
import { fromHundredths } from './answers.ts';
import {
  type AccountFacts,
  buyerOf,
  changes,
  correctionPairs,
  gtuNumber,
  linesOf,
  notesLimit,
  notesOf,
  paymentMethodOf,
  wholeGross,
} from './mapper.ts';
import type { InfaktSettings } from './settings.ts';

/** What inFakt would refuse, found before anything is sent. */

const longest = { lineName: 256, notes: notesLimit, phone: 16, email: 255, reason: 256 };

/** Everything inFakt would refuse, all at once, each with the field that mends it. */
export function preflight(request: TransferRequest, settings: InfaktSettings, account: AccountFacts): Finding[] {
  const { content } = request;
  const findings: Finding[] = [];
  // A correction of money taken before the delivery would correct its own lines, which are the whole order over there (contract §15).
  const part = request.original?.kind === 'prepayment' || request.original?.kind === 'final';
  if (request.kind === 'receipt' || (request.kind === 'correction' && part))
    return [
      hold('infakt.kind', 'kind', { kind: request.kind === 'correction' ? `${request.kind}: ${request.original!.kind}` : request.kind }),
    ];
  if (content.taxTreatment === 'destination') findings.push(...ossFindings(request));
  findings.push(...lineFindings(content, account, settings));
  if (request.kind === 'correction') findings.push(...correctionFindings(request));
  else findings.push(...buyerFindings(content), ...paymentFindings(request, account));
  findings.push(...lengthFindings(request));
  if (request.number !== undefined && !request.number.trim()) findings.push(hold('infakt.duplicate_number', 'number', { message: '–' }));
  return findings;
}

/** Sales taxed in the buyer's country: to persons, of goods, with a rate of that country (contract §15). */
function ossFindings({ kind, content }: TransferRequest): Finding[] {
  const findings: Finding[] = [];
  if (kind !== 'invoice' && kind !== 'correction') findings.push(hold('infakt.oss', 'taxTreatment', { kind }));
  if (content.buyer.type === 'company') findings.push(hold('infakt.oss_company', 'buyer.type'));
  content.lines.forEach((line, i) => {
    // Which of their three kinds of service it is nobody has said.
    if (line.kind === 'service') findings.push(hold('infakt.oss_service', `lines.${i}.kind`, { lines: line.name || String(i + 1) }));
    if (line.rate && line.rate.category !== 'S')
      findings.push(hold('infakt.vat_rate', `lines.${i}.rate`, { lines: line.name || String(i + 1), message: line.rate.category }));
  });
  return findings;
}

function lineFindings(content: DocumentContent, account: AccountFacts, settings: InfaktSettings): Finding[] {
  const findings: Finding[] = [];
  content.lines.forEach((line, i) => {
    const symbol = taxSymbol(line.rate);
    if (!line.name.trim()) findings.push(hold('infakt.line_name', `lines.${i}.name`));
    if (symbol === undefined || (symbol === 'np' && content.buyer.country === 'PL' && line.rate?.category === 'AE'))
      findings.push(hold('infakt.vat_rate', `lines.${i}.rate`, { lines: line.name || String(i + 1), message: '–' }));
    else if (content.taxTreatment !== 'destination' && account.symbols && account.symbols.length > 0 && !account.symbols.includes(symbol))
      findings.push(hold('infakt.vat_rate', `lines.${i}.rate`, { lines: line.name || String(i + 1), message: symbol }));
    const gtu = line.gtu?.trim();
    if (gtu && (gtuNumber(gtu) === undefined || (account.gtus && account.gtus[gtuNumber(gtu)!] === undefined)))
      findings.push(hold('infakt.gtu', `lines.${i}.gtu`, { lines: line.name || String(i + 1), message: gtu }));
    if (quantityNumber(line.quantity) === undefined)
      findings.push(hold('infakt.amounts', `lines.${i}.quantity`, { message: line.quantity }));
  });
  if (content.lines.some((line) => line.rate?.category === 'E') && !settings.exemption)
    findings.push(hold('infakt.exemption_basis', 'seriesId', { message: '–' }));
  if (findings.length > 0) return findings;
  const folded = wireLines(linesOf(content));
  if ('refused' in folded) {
    const index = content.lines.findIndex((line) => line.id === folded.lineId);
    return [
      hold(folded.refused === 'discount' ? 'infakt.discount' : 'infakt.amounts', `lines.${index}.unitPrice`, {
        lines: folded.name,
        message: folded.name,
      }),
    ];
  }
  if (folded.lines.length === 0) return [hold('infakt.line_name', 'lines')];
  const wanted = wholeGross(content);
  if (wanted !== undefined && totalOf(folded.lines) !== hundredths(wanted))
    return [hold('infakt.not_whole', 'totals.gross', { sent: fromHundredths(totalOf(folded.lines)), wanted })];
  return [];
}

function correctionFindings(request: TransferRequest): Finding[] {
  const { content } = request;
  const { correction } = content;
  if (!correction || !request.original?.number)
    return [hold('infakt.original_unknown', 'correction.number', { number: correction?.number ?? '' })];
  const paired = correctionPairs(content);
  if ('refused' in paired) return [hold('infakt.amounts', 'lines', { message: paired.name })];
  const findings: Finding[] = [];
  if (JSON.stringify(partyMarks(correction.before.buyer)) !== JSON.stringify(partyMarks(content.buyer)))
    findings.push(hold('infakt.buyer_correction', 'buyer'));
  else if (!paired.pairs.some(changes)) findings.push(hold('infakt.no_difference', 'lines'));
  const difference = paired.pairs.reduce((total, pair) => total + pair.after.gross - pair.before.gross, 0n);
  if (difference !== hundredths(correction.difference.gross))
    findings.push(hold('infakt.not_whole', 'lines', { sent: fromHundredths(difference), wanted: correction.difference.gross }));
  return findings;
}

function partyMarks({
  name,
  firstName,
  lastName,
  company,
  taxIds,
  street,
  street2,
  postalCode,
  city,
  country,
}: Partial<DocumentContent['buyer']>) {
  const text = [name, firstName, lastName, company, street, street2, postalCode, city, country].map((part) => part?.trim() ?? '');
  return [text, (taxIds ?? []).map((id) => `${id.scheme}:${id.value}`).sort()];
}

function buyerFindings(content: DocumentContent): Finding[] {
  const { buyer } = content;
  const marks = buyerOf(content);
  const wanted: [field: string, value: string | undefined][] = [
    ...(buyer.type === 'person'
      ? ([
          ['firstName', marks.client_first_name],
          ['lastName', marks.client_last_name],
        ] as [string, string | undefined][])
      : ([['name', marks.client_company_name]] as [string, string | undefined][])),
    ['street', marks.client_street],
    ['postalCode', marks.client_post_code],
    ['city', marks.client_city],
    ['country', marks.client_country],
  ];
  // One finding for each field, so that each has its own way to the place where it is filled.
  const findings = wanted.filter(([, value]) => !value?.trim()).map(([field]) => hold('H_BUYER_DATA', `buyer.${field}`, { fields: field }));
  if (marks.client_country && !/^[A-Z]{2}$/.test(marks.client_country))
    findings.push(hold('H_BUYER_DATA', 'buyer.country', { fields: 'country' }));
  if (buyer.country === 'PL' && buyer.postalCode?.trim() && !polishPostalCode(buyer.postalCode))
    findings.push(hold('infakt.postal_code', 'buyer.postalCode', { value: buyer.postalCode }));
  if (buyer.type !== 'company') return findings;
  const id = buyer.taxIds[0]?.value;
  const verdict = id ? classifyTaxId(id) : undefined;
  if (verdict && !verdict.valid && (buyer.country === 'PL' || isEuCountry(buyer.country)))
    findings.push(hold('H_TAXID_INVALID', 'buyer.taxIds', { value: id! }));
  if (!verdict && buyer.country === 'PL') findings.push(hold('H_TAXID_MISSING', 'buyer.taxIds'));
  return findings;
}

function paymentFindings(request: TransferRequest, account: AccountFacts): Finding[] {
  const method = paymentMethodOf(request);
  // Without a mapping the core holds the document itself; here only a word that inFakt does not have.
  if (method === undefined && request.mapped?.payment_method)
    return [hold('infakt.payment_method', 'payment.means', { message: request.mapped.payment_method })];
  const { currency } = request.content;
  const accounts = account.bankCurrencies;
  // One whose currency is not told may be any.
  if (method === 'transfer' && accounts && !accounts.some((own) => own === '' || own === currency))
    return [hold('infakt.bank_account', 'payment.means', { message: accounts.length === 0 ? '–' : currency })];
  return [];
}

function lengthFindings(request: TransferRequest): Finding[] {
  const { content } = request;
  const findings: Finding[] = [];
  const tooLong = (where: string, limit: number) => findings.push(hold('infakt.too_long', where, { limit: String(limit) }));
  content.lines.forEach((line, i) => {
    if (line.name.trim().length > longest.lineName) tooLong(`lines.${i}.name`, longest.lineName);
  });
  if (notesOf(request).length > longest.notes) tooLong('notes', longest.notes);
  if ((content.buyer.email ?? '').length > longest.email) tooLong('buyer.email', longest.email);
  if ((content.correction?.reason ?? '').length > longest.reason) tooLong('correction.reason', longest.reason);
  return findings;
}
