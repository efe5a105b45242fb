import { cut } from '../cut.ts';
import { addDays, civilDay, type Day, daysBetween } from '../days/day.ts';
import { type Finding, hold, warning } from '../finding.ts';
import { fromMinor, noCurrency, scaled, toMinor } from '../money/money.ts';
import { isCountry } from '../parties/country.ts';
import {
  accountsByCash,
  checkTaxId,
  definitionOf,
  isAmbiguous,
  isInForce,
  isWithinUnion,
  type Regime,
  rateKey,
  regimeOf,
  standardRateOf,
} from '../regimes/index.ts';
import { contradictingLine, foreignCountry, outsideKinds, percentOf, rateId } from '../totals/index.ts';
import type { DocumentContent } from './document.ts';
import { checkLetters } from './letters.ts';
import { documentedTotal } from './proof.ts';

/**
 * Everything that keeps a document from being issued, and what deserves a look, all at once (never one at a time). It depends on the
 * content alone, so a finding goes away by itself when the field it names is mended.
 */
export function check(content: DocumentContent, context: { today: Day }): Finding[] {
  const regime = regimeOf(content.seller.country);
  return [
    ...checkSeller(content, regime),
    ...checkBuyer(content, regime),
    ...checkForeign(content, regime),
    ...checkLines(content),
    ...checkRates(content, regime, context.today),
    ...checkTotals(content),
    ...checkRateTotals(content, regime),
    ...checkCurrency(content, regime, context.today),
    ...checkDates(content, regime, context.today),
    ...checkPayment(content),
    ...checkLetters(content),
    ...regime.validateForIssue(content),
  ];
}

/** Codes that `check` decides: the same code found earlier on the order is dropped in favour of the document's present state. */
const decidedHere = new Set([
  'H_TAXID_MISSING',
  'H_TAXID_INVALID',
  'H_BUYER_DATA',
  'H_FOREIGN_VAT',
  'H_VAT_UNKNOWN',
  'H_CURRENCY_UNKNOWN',
  'H_TOTAL_MISMATCH',
  'H_ZERO_TOTAL',
  'W_ZERO_PRICE',
]);

/** Findings of the order that the document cannot mend by itself, with those of the document. */
export function findingsOf(content: DocumentContent, ofOrder: Finding[], context: { today: Day }): Finding[] {
  return [...lasting(ofOrder), ...check(content, context)];
}

/** Those findings of an order that no edit of its document makes go away. */
export function lasting(ofOrder: Finding[]): Finding[] {
  // A line whose own amounts contradict each other stays a contradiction even where the document's sum fits (contract allegro §5.9).
  const ofLine = (finding: Finding) => finding.code === 'H_TOTAL_MISMATCH' && finding.where?.startsWith('lines.') === true;
  return ofOrder.filter((finding) => !decidedHere.has(finding.code) || ofLine(finding));
}

/** Kinds that are invoices before the law: they need all data of both sides. */
function isInvoice(content: DocumentContent): boolean {
  return content.kind !== 'proforma' && content.kind !== 'receipt';
}

const blank = (text: string | undefined) => text === undefined || text.trim() === '';

function checkSeller(content: DocumentContent, regime: Regime): Finding[] {
  const { seller } = content;
  const missing = [
    blank(seller.name) && blank(seller.company) && 'name',
    !seller.taxIds.some((id) => id.scheme === regime.taxIdScheme || id.scheme === 'EU:VAT') && 'taxIds',
  ].filter((field) => field !== false);
  const findings = missing.length === 0 ? [] : [hold('H_SELLER_DATA', `seller.${missing[0]}`, { fields: missing.join(', ') })];
  // An address can be added to every later document and by a note; it is asked for loudly, but a first sale is not stopped by it.
  const address = [blank(seller.street) && 'street', blank(seller.city) && 'city'].filter((field) => field !== false);
  if (address.length > 0) findings.push(warning('W_SELLER_ADDRESS', `seller.${address[0]}`, { fields: address.join(', ') }));
  if (lacksEuNumber(content, regime)) findings.push(warning('W_SELLER_EU_NUMBER', 'seller.taxIds'));
  return findings;
}

/** The seller's number within the Union stands on sales across it (2006/112/EC art. 226(3)), in Sweden on every taxed one (ML 17 kap. 24 §). */
function lacksEuNumber(content: DocumentContent, { euNumber }: Regime): boolean {
  const { seller, lines } = content;
  if (!euNumber.asked || !isInvoice(content) || content.kind === 'correction') return false;
  if (seller.taxIds.some((id) => id.scheme === 'EU:VAT')) return false;
  const abroad = foreignCountry(content) !== undefined;
  return lines.some(({ rate }) =>
    euNumber.asked === 'taxed'
      ? rate && rate.category !== 'E' && rate.category !== 'O'
      : rate?.category === 'K' || (abroad && rate?.category === 'AE'),
  );
}

function checkBuyer(content: DocumentContent, regime: Regime): Finding[] {
  const { buyer } = content;
  const findings: Finding[] = [];
  if (content.kind !== 'receipt') {
    const address = isInvoice(content);
    const missing = [
      blank(buyer.name) && 'name',
      address && blank(buyer.street) && 'street',
      address && blank(buyer.postalCode) && (buyer.country ?? regime.country) === regime.country && 'postalCode',
      address && blank(buyer.city) && 'city',
      address && blank(buyer.country) && 'country',
    ].filter((field) => field !== false);
    if (missing.length > 0) findings.push(hold('H_BUYER_DATA', `buyer.${missing[0]}`, { fields: missing.join(', ') }));
  }
  return [...findings, ...checkCountries(content), ...checkTaxIds(content, regime)];
}

/** A word of the channel that is no country, or a code that is none: no rule of tax can be told from it. */
function checkCountries({ kind, buyer, recipient }: DocumentContent): Finding[] {
  const sides = kind === 'receipt' ? [] : [['buyer', buyer.country] as const, ['recipient', recipient?.country] as const];
  return sides.flatMap(([side, country]) =>
    blank(country) || isCountry(country!) ? [] : [hold('H_COUNTRY_UNKNOWN', `${side}.country`, { value: country! })],
  );
}

function checkTaxIds(content: DocumentContent, regime: Regime): Finding[] {
  const { buyer } = content;
  if (buyer.type !== 'company') return [];
  const atHome = buyer.country === undefined || buyer.country === regime.country;
  const verdicts = buyer.taxIds.map((id) => ({ id, verdict: checkTaxId(id) }));
  const right = verdicts.some(
    ({ id, verdict }) => verdict?.valid && (!atHome || id.scheme === regime.taxIdScheme || id.value.startsWith(regime.country)),
  );
  const wrong = verdicts.findIndex(({ verdict }) => (verdict ? !verdict.valid : atHome && !right));
  const id = buyer.taxIds[wrong];
  if (id) return [hold('H_TAXID_INVALID', `buyer.taxIds.${wrong}`, { value: id.raw ?? id.value })];
  if (atHome && !right && isInvoice(content)) return [hold('H_TAXID_MISSING', 'buyer.taxIds')];
  return [];
}

/** Numbers of the buyer under which he buys in another member state. */
const euNumbers = ({ buyer, seller }: DocumentContent) =>
  buyer.taxIds.filter((id) => id.scheme === 'EU:VAT' && !id.value.startsWith(seller.country ?? ''));

/** Without tax of the own country because the goods leave it; a reverse charge there is at home too. */
const abroadOnly: ReadonlySet<DocumentContent['taxTreatment']> = new Set(['intra_community', 'export', 'destination']);

function checkForeign(content: DocumentContent, regime: Regime): Finding[] {
  const country = foreignCountry(content);
  const contradicting = content.lines[contradictingLine(content)];
  if (contradicting && content.kind !== 'correction' && (country === undefined || content.taxTreatment !== undefined)) {
    return [hold('H_TREATMENT_RATES', `lines.${content.lines.indexOf(contradicting)}.rate`, { line: contradicting.name })];
  }
  if (country === undefined)
    return content.kind !== 'correction' && !fitsAtHome(content, regime) ? [hold('H_TREATMENT_AT_HOME', 'taxTreatment')] : [];
  if (content.taxTreatment === undefined) return [hold('H_FOREIGN_VAT', 'taxTreatment', { country })];
  const elsewhere = content.kind === 'correction' ? undefined : wrongArrival(content);
  // A person may know better than the postal code, so what else is missing is told beside it.
  const place = elsewhere ? [hold('H_TREATMENT_PLACE', 'taxTreatment', { country: elsewhere })] : [];
  const needsBuyersNumber = content.taxTreatment === 'intra_community' || content.taxTreatment === 'reverse_charge';
  if (needsBuyersNumber && euNumbers(content).length === 0) return [...place, withoutEuNumber(content, regime, country)];
  return content.taxTreatment === 'destination' ? checkDestination(content, country) : place;
}

/** Who buys outside the Union has no number of it to ask for: his purchase bears no tax here, and is no reverse charge of the Union's. */
function withoutEuNumber({ buyer, taxTreatment }: DocumentContent, regime: Regime, country: string): Finding {
  if (taxTreatment !== 'reverse_charge' || buyer.country === undefined || isWithinUnion(buyer))
    return hold('H_EU_VAT_MISSING', 'buyer.taxIds', { country });
  return hold('H_REVERSE_CHARGE_OUTSIDE', 'taxTreatment', { country: buyer.country, rate: regime.outsideUnion });
}

function fitsAtHome(content: DocumentContent, regime: Regime): boolean {
  const { taxTreatment } = content;
  if (taxTreatment === 'intra_community') return euNumbers(content).length > 0;
  // Between taxable persons only (Áfa tv. 142. §, ML 16 kap. 6 §).
  if (taxTreatment === 'reverse_charge') return regime.reverseChargeAtHome !== undefined && content.buyer.type === 'company';
  return !abroadOnly.has(taxTreatment);
}

/**
 * The country that a sale treated as an export or as a supply within the Union must not end in. An export is believed where either side is
 * outside; a supply within the Union arrives in it, Northern Ireland by its own numbers.
 */
function wrongArrival(content: DocumentContent): string | undefined {
  const { buyer, recipient, seller, taxTreatment } = content;
  const at = [recipient, buyer].find((party) => party?.country !== undefined) ?? seller;
  const arrival = at.country!;
  if (taxTreatment === 'export')
    return [buyer, recipient].every((party) => party?.country === undefined || isWithinUnion(party)) ? arrival : undefined;
  if (taxTreatment !== 'intra_community' || isWithinUnion(at)) return undefined;
  const northern = (arrival === 'GB' || arrival === 'XI') && euNumbers(content).some((id) => id.value.startsWith('XI'));
  return northern ? undefined : arrival;
}

/** Sold at the rate of the place of arrival: the shop should have charged that place's rate. */
function checkDestination(content: DocumentContent, country: string): Finding[] {
  const expected = standardRateOf(content.recipient?.country ?? country);
  const other = content.lines.findIndex((line) => line.rate?.category === 'S' && percentOf(line.rate) !== expected);
  if (expected === undefined || other < 0) return [];
  const charged = percentOf(content.lines[other]!.rate!);
  return [warning('W_DESTINATION_RATE', `lines.${other}.rate`, { charged: `${charged}%`, expected: `${expected}%`, country })];
}

function checkLines(content: DocumentContent): Finding[] {
  if (content.lines.length === 0) return [hold('H_NO_LINES', 'lines')];
  return content.lines.flatMap((line, i): Finding[] => {
    const noQuantity = content.kind !== 'correction' && toMinor(line.quantity, 'EUR') === 0n && /^-?0*\.?0*$/.test(line.quantity);
    const missing = [blank(line.name) && 'name', noQuantity && 'quantity'].filter((field) => field !== false);
    if (missing.length > 0) {
      // The name of a thing sold is another word than the name of a person.
      const fields = missing.map((field) => (field === 'name' ? 'item' : field)).join(', ');
      return [hold('H_LINE_INCOMPLETE', `lines.${i}.${missing[0]}`, { line: String(i + 1), fields })];
    }
    const free =
      content.kind !== 'correction' && (line.kind === 'goods' || line.kind === 'service') && toMinor(line.gross, content.currency) === 0n;
    return free ? [warning('W_ZERO_PRICE', `lines.${i}.unitPrice`, { line: line.name })] : [];
  });
}

/** Rates of those who charge tax, of nothing as well: an exempt seller has none of them. */
const taxedRates = new Set<string>(['S', 'Z', 'K', 'G']);

function checkRates(content: DocumentContent, regime: Regime, today: Day): Finding[] {
  const unknown = content.lines.flatMap((line, i) => (line.rate ? [] : [{ name: line.name, i }]));
  const findings: Finding[] = [];
  if (unknown.length > 0) {
    const names = unknown.map((line) => line.name).join(', ');
    findings.push(hold('H_VAT_UNKNOWN', `lines.${unknown[0]!.i}.rate`, { lines: cut(names, 500) }));
  }
  const day = content.saleDate ?? content.issueDate ?? today;
  // Rates abroad are the destination's, and those of a corrected document are what they were.
  const foreign = foreignCountry(content) !== undefined && content.taxTreatment !== 'domestic';
  content.lines.forEach((line, i) => {
    if (!line.rate) return;
    const definition = definitionOf(regime, line.rate);
    if (content.seller.exempt && taxedRates.has(line.rate.category) && content.kind !== 'correction') {
      findings.push(hold('H_SELLER_EXEMPT', `lines.${i}.rate`, { line: line.name }));
    } else if (!definition && line.rate.category === 'S' && !foreign) findings.push(notInForce(percentOf(line.rate), day, i));
    else if (definition && !isInForce(definition, day) && content.kind !== 'correction') findings.push(notInForce(definition.key, day, i));
    else if ((definition?.needsReason || unclear(line, regime)) && blank(line.rate.exemptionReason)) {
      findings.push(hold('H_EXEMPTION_BASIS', `lines.${i}.rate.exemptionReason`, { line: line.name }));
    }
  });
  return findings;
}

function unclear(line: DocumentContent['lines'][number], regime: Regime): boolean {
  return !outsideKinds.has(line.kind) && line.rate !== undefined && isAmbiguous(regime, line.rate);
}

function notInForce(rate: string, day: Day, index: number): Finding {
  return hold('H_RATE_NOT_IN_FORCE', `lines.${index}.rate`, { rate, day });
}

function checkTotals(content: DocumentContent): Finding[] {
  const { currency, kind, totals } = content;
  const gross = toMinor(totals.gross, currency);
  // The state after a correction may be nothing, but not less.
  if (kind === 'correction') return gross < 0n ? [hold('H_NEGATIVE_TOTAL', 'lines', { total: totals.gross })] : [];
  const findings: Finding[] = [];
  if (gross === 0n && kind !== 'final') findings.push(hold('H_ZERO_TOTAL', 'lines'));
  if (gross < 0n) findings.push(hold('H_NEGATIVE_TOTAL', 'lines', { total: totals.gross }));
  if (content.orderTotal === undefined || kind === 'final' || kind === 'prepayment') return findings;
  const declared = toMinor(content.orderTotal, currency);
  const computed = documentedTotal(content, declared);
  if (computed !== declared) {
    findings.push(
      hold('H_TOTAL_MISMATCH', 'totals.gross', {
        computed: `${fromMinor(computed, currency)} ${currency}`,
        declared: `${content.orderTotal} ${currency}`,
        difference: `${fromMinor(computed - declared, currency)} ${currency}`,
      }),
    );
  }
  return findings;
}

/**
 * More given back at a rate than was sold at it would take tax back that nobody charged: a discount follows the rate of what it discounts.
 * Containers that come back are outside the tax. A correction answers for what it makes worse, not for what was issued so.
 */
function checkRateTotals(content: DocumentContent, regime: Regime): Finding[] {
  const { correction, currency, lines, prepayments, totals } = content;
  const before = new Map(correction?.before.totals.byRate.map((row) => [rateId(row), toMinor(row.gross, currency)]));
  const below = totals.byRate.find((row) => {
    const gross = toMinor(row.gross, currency);
    return row.category !== 'O' && gross < 0n && gross < (before.get(rateId(row)) ?? 0n);
  });
  if (!below || toMinor(totals.gross, currency) < 0n) return [];
  const params = { rate: rateKey(regime, below), total: below.gross };
  const ofRate = (line: DocumentContent['lines'][number]) => line.rate !== undefined && rateId(line.rate) === rateId(below);
  // What an advance took is deducted by a line that nobody can change: less than that is given back on the advance itself.
  const deducted = prepayments.filter((p) => p.byRate.some((row) => rateId(row) === rateId(below)));
  if (deducted.length > 0) {
    const at = lines.findIndex((line) => ofRate(line) && line.kind !== 'prepayment');
    const numbers = deducted.map((p) => p.number).join(', ');
    return [hold('H_RATE_BELOW_PREPAID', at < 0 ? 'lines' : `lines.${at}.unitPrice`, { ...params, numbers })];
  }
  const at = lines.findIndex((line) => ofRate(line) && toMinor(line.gross, currency) < 0n);
  return [hold('H_RATE_NEGATIVE', `lines.${at}.rate`, params)];
}

function checkCurrency(content: DocumentContent, regime: Regime, today: Day): Finding[] {
  if (content.currency === noCurrency) return [hold('H_CURRENCY_UNKNOWN', 'currency')];
  if (content.currency === regime.accountingCurrency || !isInvoice(content)) return [];
  const { exchange } = content;
  // A rate of nothing would put a tax of nothing into the books.
  if (!exchange || scaled(exchange.rate).value <= 0n || exchange.accountingCurrency !== regime.accountingCurrency)
    return [hold('H_EXCHANGE_MISSING', 'exchange', { currency: content.currency, accounting: regime.accountingCurrency })];
  // A correction keeps the rate of its original.
  if (content.kind === 'correction') return [];
  const issueDate = content.issueDate ?? today;
  const { day } = regime.exchangeRateDay({ issueDate, taxPoint: regime.taxPoint(content, issueDate) });
  const age = daysBetween(exchange.date, day);
  if (age >= 0 && age <= longestGapDays) return [];
  return [warning('W_EXCHANGE_DAY', 'exchange.date', { used: exchange.date, expected: day })];
}

/** No table is published on weekends and holidays in a row. */
const longestGapDays = 6;

function checkDates(content: DocumentContent, regime: Regime, today: Day): Finding[] {
  const issueDate = content.issueDate ?? today;
  const findings: Finding[] = [];
  if (content.issueDate && content.issueDate > today) findings.push(hold('H_ISSUE_DATE_FUTURE', 'issueDate', { day: content.issueDate }));
  if (content.dueDate && content.dueDate < issueDate && toMinor(content.totals.payable, content.currency) > 0n) {
    findings.push(warning('W_DUE_BEFORE_ISSUE', 'dueDate', { day: content.dueDate }));
  }
  const corrected = content.correction?.issueDate;
  if (corrected && issueDate < corrected) findings.push(hold('H_CORRECTION_BEFORE', 'issueDate', { day: corrected }));
  if (!isInvoice(content) || content.kind === 'correction' || !content.saleDate) return findings;
  const paidDate = content.payment.paidAt === undefined ? undefined : civilDay(content.payment.paidAt, regime.zone);
  const { earliest, latest } = regime.issueDeadline({
    saleDate: content.saleDate,
    paidDate,
    buyer: content.buyer.type,
    treatment: content.taxTreatment,
  });
  if (earliest && issueDate < earliest) findings.push(hold('H_ISSUE_TOO_EARLY', 'issueDate', { day: earliest }));
  if (latest && issueDate > latest) findings.push(warning('W_ISSUE_LATE', 'issueDate', { day: latest }));
  else if (issueDate.slice(0, 7) !== content.saleDate.slice(0, 7)) {
    findings.push(warning('W_MONTHS_DIFFER', 'saleDate', { sale: content.saleDate, issue: issueDate }));
  }
  // A prepayment invoice is what money received beforehand asks for; a final one says what is left of it.
  // Money before the sale makes tax fall due in part as well (art. 19a(8), Áfa tv. 59. § (1), ML 7 kap.), but not within the Union.
  const received = paidDate !== undefined && toMinor(content.payment.paid, content.currency) > 0n;
  const withSale = content.taxTreatment === 'intra_community' || accountsByCash(content);
  if (content.kind === 'invoice' && received && !withSale && paidDate.slice(0, 7) < content.saleDate.slice(0, 7))
    findings.push(warning('W_PAID_BEFORE', 'saleDate', { paid: paidDate, sale: content.saleDate }));
  return findings;
}

function checkPayment(content: DocumentContent): Finding[] {
  const { seller } = content;
  const { paid } = content.payment;
  if (paid.startsWith('-') && toMinor(paid, content.currency) < 0n) return [hold('H_PAID_NEGATIVE', 'payment.paid', { value: paid })];
  const open = toMinor(content.totals.payable, content.currency) > 0n;
  const account = [seller.bankAccount, seller.bankgiro, seller.plusgiro].some((text) => !blank(text));
  if (content.payment.means !== 'bank_transfer' || !open || account) return [];
  return [warning('W_BANK_ACCOUNT_MISSING', 'seller.bankAccount')];
}

/** Days that are known only when the document is issued: the day itself, and the due day its terms lead to. */
export function stampDays(content: DocumentContent, today: Day): DocumentContent {
  const issueDate = content.issueDate ?? today;
  const terms = content.payment.termsDays;
  const dueDate = content.dueDate ?? (terms === undefined ? undefined : addDays(issueDate, terms));
  return { ...content, issueDate, saleDate: content.saleDate ?? issueDate, ...(dueDate && { dueDate }) };
}
