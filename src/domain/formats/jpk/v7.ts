import type { Day } from '../../days/day.ts';
import type { DocumentContent } from '../../documents/document.ts';
import { type Finding, hold, warning } from '../../finding.ts';
import { fromMinor, toMinor } from '../../money/money.ts';
import { accountsByCash, checkTaxId } from '../../regimes/index.ts';
import { elementText, opt, withoutControls, type XmlElement, x } from '../xml.ts';
import { type BooksProfile, sellerName, sellerTaxId } from './profile.ts';
import {
  amountsOf,
  buyerOf,
  type Column,
  columnOf,
  gtuOf,
  hasZloty,
  type IssuedForBooks,
  isDistanceSaleAtHome,
  paperOf,
  type RegisterAmount,
  taxPoint,
  totalsForBooks,
} from './register.ts';

/**
 * JPK_V7M(3) and JPK_V7K(3), the register of sales (JPK.md §2). What we issue is all that is known here: the declaration and purchases
 * are the accountant's, so the file holds the register alone, which the schema allows.
 */
export type V7Month = { year: number; month: number };

const first: V7Month = { year: 2026, month: 2 };
const forms = {
  monthly: { code: 'JPK_V7M (3)', namespace: 'http://crd.gov.pl/wzor/2025/12/19/14090/' },
  quarterly: { code: 'JPK_V7K (3)', namespace: 'http://crd.gov.pl/wzor/2025/12/19/14089/' },
};
const typesNamespace = 'http://crd.gov.pl/xml/schematy/dziedzinowe/mf/2022/09/13/eD/DefinicjeTypy/';

const clearancePattern =
  /^([1-9]((\d[1-9])|([1-9]\d))\d{7}|M\d{9}|[A-Z]{3}\d{7})-(20[2-9]\d|2[1-9]\d{2}|[3-9]\d{3})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])-[0-9A-F]{6}-?[0-9A-F]{6}-[0-9A-F]{2}$/;

/** Where the proof of a row stands: the authority's number, or one of three marks. */
type Evidence = { number: string } | { mark: 'OFF' | 'BFK' | 'DI' };

/** First and last day of a month. */
export function monthDays({ year, month }: V7Month): { from: Day; to: Day } {
  const from = `${year}-${String(month).padStart(2, '0')}-01`;
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return { from, to: `${from.slice(0, 8)}${last}` };
}

/** The document belongs to the register of this month. */
export function isInMonth(document: IssuedForBooks, month: V7Month): boolean {
  const { from, to } = monthDays(month);
  const day = taxPoint(document);
  return document.kind !== 'proforma' && from <= day && day <= to;
}

function isClearanceNumber(number: string): boolean {
  return clearancePattern.test(number);
}

/** An invoice for a company goes through the authority's system; one for a private person, or in a series nobody reports, does not. */
export function evidenceOf(document: IssuedForBooks, profile: Pick<BooksProfile, 'withoutNumber'>): Evidence {
  const { clearance, content, reporter } = document;
  if (clearance && isClearanceNumber(clearance.number)) return { number: clearance.number };
  if (isReceiptOrItsCorrection(document)) return { mark: 'DI' };
  return { mark: content.buyer.type === 'company' && reporter !== 'nobody' ? profile.withoutNumber : 'BFK' };
}

/** Receipts are no invoices, and what corrects one is none either. */
function isReceiptOrItsCorrection(document: IssuedForBooks): boolean {
  const paper = paperOf(document);
  return paper === 'RO' || paper === 'WEW';
}

/** Everything of the sale is declared in another country. */
export function isDeclaredAbroad(content: DocumentContent): boolean {
  const { byRate } = totalsForBooks(content);
  return byRate.length > 0 && byRate.every((row) => columnOf(content, row) === 'oss');
}

// ---------------------------------------------------------------- findings

export function v7MonthFindings(month: V7Month): Finding[] {
  const early = month.year < first.year || (month.year === first.year && month.month < first.month);
  return early ? [hold('H_BOOKS_MONTH_TOO_EARLY', 'month', { month: monthDays(month).from.slice(0, 7) })] : [];
}

/** What the register lacks of one document, and what the accountant should look at. */
export function v7Findings(document: IssuedForBooks, profile: Pick<BooksProfile, 'withoutNumber'>): Finding[] {
  const { content, number, kind } = document;
  const found: Finding[] = [];
  if (kind === 'proforma') return found;
  if (!hasZloty(content)) return [hold('H_BOOKS_NO_EXCHANGE', 'exchange', { number, currency: content.currency })];
  if (isDeclaredAbroad(content)) return [warning('W_BOOKS_ABROAD', 'taxTreatment', { number })];
  const buyer = buyerOf(content);
  if (amountsOf(content).some((a) => a.column === 'unknown')) found.push(hold('H_BOOKS_RATE', 'lines', { number }));
  if (!isReceiptOrItsCorrection(document)) {
    if (buyer.company && !buyer.number) found.push(warning('W_BOOKS_COMPANY_WITHOUT_ID', 'buyer.taxIds', { number, buyer: buyer.name }));
    else if (buyer.number && !buyer.country && checkTaxId({ scheme: 'PL:NIP', value: buyer.number })?.valid === false)
      found.push(warning('W_BOOKS_BUYER_ID_WRONG', 'buyer.taxIds', { number, value: buyer.number }));
    const evidence = evidenceOf(document, profile);
    if ('mark' in evidence && evidence.mark === profile.withoutNumber)
      found.push(warning('W_BOOKS_NO_CLEARANCE', 'number', { number, mark: evidence.mark }));
    else if ('mark' in evidence && buyer.company) found.push(warning('W_BOOKS_OUTSIDE_SYSTEM', 'number', { number }));
  }
  if (content.correction && toMinor(content.correction.difference.tax, content.currency) > 0n)
    found.push(warning('W_BOOKS_INCREASE', 'correction', { number }));
  // Unpaid, or paid on a day nobody knows.
  const moneyUnknown = content.payment.paidAt === undefined || toMinor(content.totals.payable, content.currency) > 0n;
  if (accountsByCash(content) && kind !== 'correction' && kind !== 'prepayment' && moneyUnknown)
    found.push(warning('W_BOOKS_CASH', 'payment', { number }));
  if (content.taxTreatment === 'export') found.push(warning('W_BOOKS_EXPORT_PROOF', 'taxTreatment', { number }));
  return found;
}

// ---------------------------------------------------------------- file

/**
 * The file piece by piece; documents of other months are passed over. Throws for a month or a profile that findings hold. The control
 * sum leaves out invoices to receipts, whose tax is in the report of the cash register (JPK.md §2).
 */
export async function* writeV7(
  profile: BooksProfile,
  seller: DocumentContent['seller'],
  month: V7Month,
  at: Date,
  documents: AsyncIterable<IssuedForBooks> | Iterable<IssuedForBooks>,
): AsyncGenerator<string> {
  const { code, namespace } = forms[profile.filing];
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<JPK xmlns="${namespace}" xmlns:etd="${typesNamespace}">${elementText(
    x(
      'Naglowek',
      null,
      x('KodFormularza', { kodSystemowy: code, wersjaSchemy: '1-0E' }, 'JPK_VAT'),
      x('WariantFormularza', null, '3'),
      x('DataWytworzeniaJPK', null, `${at.toISOString().slice(0, 19)}Z`),
      x('NazwaSystemu', null, 'Fakturist'),
      x('CelZlozenia', { poz: 'P_7' }, '1'),
      x('KodUrzedu', null, profile.taxOffice!),
      x('Rok', null, String(month.year)),
      x('Miesiac', null, String(month.month)),
    ),
  )}${elementText(subject(profile, seller))}<Ewidencja>`;
  let rows = 0;
  let tax = 0n;
  const receipts = new Map<Column, RegisterAmount>();
  for await (const document of documents) {
    if (!isInMonth(document, month) || isDeclaredAbroad(document.content)) continue;
    // What another country taxes stands in no field here, so its tax is in no sum either.
    const amounts = amountsOf(document.content).filter((amount) => fields.some((field) => field.column === amount.column));
    if (document.kind === 'receipt') {
      for (const amount of amounts) {
        const known = receipts.get(amount.column);
        receipts.set(amount.column, { column: amount.column, net: (known?.net ?? 0n) + amount.net, tax: (known?.tax ?? 0n) + amount.tax });
      }
      continue;
    }
    rows++;
    if (paperOf(document) !== 'FP') for (const amount of amounts) tax += amount.tax;
    yield elementText(row(document, rows, profile, shown(amounts, document.content)));
  }
  if (receipts.size > 0) {
    rows++;
    for (const amount of receipts.values()) tax += amount.tax;
    yield elementText(receiptRow(month, rows, [...receipts.values()]));
  }
  yield `${elementText(x('SprzedazCtrl', null, x('LiczbaWierszySprzedazy', null, String(rows)), x('PodatekNalezny', null, fromMinor(tax, 'PLN'))))}${elementText(
    x('ZakupCtrl', null, x('LiczbaWierszyZakupow', null, '0'), x('PodatekNaliczony', null, '0.00')),
  )}</Ewidencja></JPK>\n`;
}

function subject(profile: BooksProfile, seller: DocumentContent['seller']): XmlElement {
  const taxId = sellerTaxId(seller)!;
  const contact = [x('Email', null, profile.email!), opt('Telefon', profile.phone)];
  const identity =
    profile.entity === 'person'
      ? x(
          'OsobaFizyczna',
          null,
          x('etd:NIP', null, taxId),
          x('etd:ImiePierwsze', null, profile.firstName!),
          x('etd:Nazwisko', null, profile.lastName!),
          x('etd:DataUrodzenia', null, profile.birthDate!),
          ...contact,
        )
      : x('OsobaNiefizyczna', null, x('NIP', null, taxId), x('PelnaNazwa', null, token(sellerName(seller), 240)), ...contact);
  return x('Podmiot1', { rola: 'Podatnik' }, identity);
}

function row(document: IssuedForBooks, lp: number, profile: BooksProfile, amounts: RegisterAmount[]): XmlElement {
  const { content, number, issueDate, kind } = document;
  const buyer = buyerOf(content);
  const evidence = evidenceOf(document, profile);
  const paper = paperOf(document);
  const saleDate = kind !== 'correction' && content.saleDate && content.saleDate !== issueDate ? content.saleDate : undefined;
  return x(
    'SprzedazWiersz',
    null,
    x('LpSprzedazy', null, String(lp)),
    buyer.number ? opt('KodKrajuNadaniaTIN', buyer.country) : undefined,
    x('NrKontrahenta', null, token(buyer.number ?? '', 50) || 'BRAK'),
    x('NazwaKontrahenta', null, token(buyer.name, 512) || 'BRAK'),
    x('DowodSprzedazy', null, token(number, 256)),
    x('DataWystawienia', null, issueDate),
    opt('DataSprzedazy', saleDate),
    'number' in evidence ? x('NrKSeF', null, evidence.number) : x(evidence.mark, null, '1'),
    opt('TypDokumentu', paper),
    (paper === 'WEW' ? [] : gtuOf(content)).map((code) => x(`GTU_${code}`, null, '1')),
    isDistanceSaleAtHome(content) ? x('WSTO_EE', null, '1') : undefined,
    amountElements(amounts),
  );
}

/** All receipts of the month in one row, as the report of a cash register. */
function receiptRow(month: V7Month, lp: number, amounts: RegisterAmount[]): XmlElement {
  const { from, to } = monthDays(month);
  return x(
    'SprzedazWiersz',
    null,
    x('LpSprzedazy', null, String(lp)),
    x('NrKontrahenta', null, 'BRAK'),
    x('NazwaKontrahenta', null, 'BRAK'),
    x('DowodSprzedazy', null, `RO/${from.slice(5, 7)}/${from.slice(0, 4)}`),
    x('DataWystawienia', null, to),
    x('DI', null, '1'),
    x('TypDokumentu', null, 'RO'),
    amountElements(amounts),
  );
}

/** A document whose amounts are all zero still shows where they would stand. */
function shown(amounts: RegisterAmount[], content: DocumentContent): RegisterAmount[] {
  if (amounts.length > 0) return amounts;
  const columns = new Set(
    content.totals.byRate.map((r) => columnOf(content, r)).filter((column) => column !== 'oss' && column !== 'unknown'),
  );
  return [...columns].map((column) => ({ column, net: 0n, tax: 0n }));
}

/** Fields of the form in its order; a base and its tax stand together or not at all. */
const fields: { column: Column; base: string[]; tax?: string }[] = [
  { column: 'exempt', base: ['K_10'] },
  { column: 'abroad', base: ['K_11'] },
  { column: 'euServices', base: ['K_11', 'K_12'] },
  { column: 'zero', base: ['K_13'] },
  { column: 'rate5', base: ['K_15'], tax: 'K_16' },
  { column: 'rate8', base: ['K_17'], tax: 'K_18' },
  { column: 'rate23', base: ['K_19'], tax: 'K_20' },
  { column: 'intraCommunity', base: ['K_21'] },
  { column: 'export', base: ['K_22'] },
];

function amountElements(amounts: RegisterAmount[]): XmlElement[] {
  const values = new Map<string, bigint>();
  const add = (field: string, amount: bigint) => values.set(field, (values.get(field) ?? 0n) + amount);
  for (const { column, base, tax } of fields) {
    const amount = amounts.find((a) => a.column === column);
    if (!amount) continue;
    for (const field of base) add(field, amount.net);
    if (tax) add(tax, amount.tax);
  }
  const number = (field: string) => Number(field.slice(2));
  return [...values].sort(([a], [b]) => number(a) - number(b)).map(([field, amount]) => x(field, null, fromMinor(amount, 'PLN')));
}

/** Text as the forms take it: without characters that no XML holds, white space collapsed, no longer than allowed. */
export function token(text: string, max: number): string {
  const collapsed = withoutControls(text).replace(/\s+/g, ' ').trim();
  // The schema counts letters, of which some are two units here; half of one is none.
  return collapsed.length <= max ? collapsed : [...collapsed].slice(0, max).join('').trim();
}
