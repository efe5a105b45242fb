import type { TransferRequest } from '../../src/contract/connector.ts';
import { opt, type XmlElement, x } from '../../src/contract/wire/xml.ts';
import { civilDay, type Day } from '../../src/domain/days/day.ts';
import type { DocumentContent, DocumentKind, DocumentLine } from '../../src/domain/documents/document.ts';
import { compareDecimal, type Decimal, decimal, isDecimal, scaled } from '../../src/domain/money/money.ts';
import { checkAdoszam, vatCode } from '../../src/domain/regimes/hu/identifiers.ts';
import { compact, isEuCountry } from '../../src/domain/regimes/taxid.ts';
import { type DraftLine, differences, lineDigits, minus, settle, totalGross, type WireLine } from './amounts.ts';
import { agentKeyElement } from './client.ts';
import type { SzamlazzSettings } from './settings.ts';
import { type VatChoice, vatKey } from './vat.ts';

/** Our document to their request. Pure: the day comes in, element order is the schema's. */

const flags: Record<DocumentKind, string | undefined> = {
  invoice: undefined,
  proforma: 'dijbekero',
  prepayment: 'elolegszamla',
  final: 'vegszamla',
  correction: 'helyesbitoszamla',
  receipt: undefined,
};

/** What the other side is going to be told, apart from its XML: also what a document found there is compared with. */
type Plan = {
  orderNumber?: string;
  lines: WireLine[];
  gross: Decimal;
  buyerName: string;
  oss: boolean;
};

export function orderNumberOf(content: DocumentContent): string | undefined {
  // The provider trims on create but compares exactly on query, so what we send is trimmed.
  return (content.order?.number ?? content.order?.externalId)?.trim() || undefined;
}

export function buyerName(content: DocumentContent): string {
  const { buyer } = content;
  const personal = [buyer.lastName, buyer.firstName].filter(Boolean).join(' ');
  return (
    (buyer.type === 'company' ? (buyer.company ?? buyer.name) : (buyer.name ?? personal)) ||
    buyer.name ||
    personal ||
    buyer.company ||
    ''
  ).trim();
}

export function planOf(request: TransferRequest, settings: SzamlazzSettings): Plan {
  const { content } = request;
  const digits = request.kind === 'receipt' && content.currency === 'HUF' ? 2 : lineDigits(content.currency);
  const choices = sourceLines(request).map((line) => ({ line, vat: vatKey(line.rate, content.buyer.country, settings) }));
  const drafts = choices.map(({ line, vat }) => draft(line, vat, content));
  const lines = request.kind === 'receipt' ? receiptLines(drafts, content, digits) : settle(drafts, digits, content.taxMethod);
  return {
    orderNumber: orderNumberOf(content),
    lines,
    gross: totalGross(lines, digits),
    buyerName: buyerName(content),
    oss: choices.some(({ vat }) => 'oss' in vat && vat.oss === true),
  };
}

/** Lines of the document; of a correction only what it changes (the provider's books receive differences). */
export function sourceLines(request: TransferRequest): DocumentLine[] {
  const { content } = request;
  if (request.kind === 'correction' && content.correction) return differences(content.correction.before.lines, content.lines);
  return content.lines;
}

function draft(line: DocumentLine, vat: VatChoice, content: DocumentContent): DraftLine {
  const known = 'key' in vat ? vat : { key: '', percent: '0' };
  const deduction = line.kind === 'prepayment' && content.kind === 'final';
  // A discount is a negative price on a positive quantity.
  const flip = !deduction && line.kind === 'discount' && line.quantity.startsWith('-');
  return {
    name: deduction ? deductionName(line, content) : line.name,
    sku: line.sku,
    quantity: flip ? line.quantity.slice(1) : deduction ? negative(line.quantity) : line.quantity,
    unit: line.unit.trim() || 'db',
    vatKey: known.key,
    percent: known.percent,
    net: line.net,
    tax: line.tax,
    gross: line.gross,
    unitNet:
      content.taxMethod === 'net' && !deduction && isDecimal(line.unitPrice)
        ? flip
          ? negative(line.unitPrice)
          : line.unitPrice
        : undefined,
    note: line.note,
  };
}

function negative(amount: Decimal): Decimal {
  return amount.startsWith('-') ? amount : decimal(scaled(minus('0', amount)));
}

const deductionWords = {
  hu: 'Beszámított előleg',
  en: 'Prepayment deducted',
  pl: 'Rozliczona zaliczka',
  sv: 'Avdragen förskottsbetalning',
};

/** The provider deducts nothing by itself: the prepayment is a negative line that names its invoice. */
function deductionName(line: DocumentLine, content: DocumentContent): string {
  const numbers = content.prepayments.map((prepayment) => prepayment.number);
  return numbers.includes(line.name) ? `${deductionWords[content.language]} (${line.name})` : line.name;
}

/** Forint receipts: whole gross, net and tax to two decimals that sum exactly. Other currencies as on invoices. */
function receiptLines(drafts: DraftLine[], content: DocumentContent, digits: number): WireLine[] {
  if (content.currency !== 'HUF') return settle(drafts, digits, content.taxMethod);
  const cleared = drafts.map((line) => ({ ...line, net: '0', tax: '0', unitNet: undefined }));
  return settle(cleared, digits, 'gross');
}

export function createRequest(
  request: TransferRequest,
  today: Day,
  form: { eInvoice: boolean },
  settings: SzamlazzSettings,
  preview = false,
): XmlElement[] {
  const plan = planOf(request, settings);
  return [
    makes(form.eInvoice, preview ? undefined : request.reference),
    header(request, plan, today, settings, preview),
    seller(request, settings),
    buyer(request.content, settings),
    x('tetelek', null, ...plan.lines.map((line) => lineElement(line, 'invoice'))),
  ];
}

function header(request: TransferRequest, plan: Plan, today: Day, settings: SzamlazzSettings, preview: boolean): XmlElement {
  const { content, kind } = request;
  const days = daysOf(content, today);
  const flag = flags[kind];
  const paid = isPaid(content) && (kind === 'invoice' || kind === 'prepayment' || kind === 'final');
  const is = (name: string) => (flag === name ? x(name, null, 'true') : undefined);
  return x(
    'fejlec',
    null,
    x('teljesitesDatum', null, days.performance),
    x('fizetesiHataridoDatum', null, days.due),
    x('fizmod', null, paymentMethod(content, settings)),
    x('penznem', null, content.currency),
    x('szamlaNyelve', null, languageOf(content, settings)),
    opt('megjegyzes', comment(content, paid)),
    // With the central bank named and no rate the provider takes its current rate.
    content.currency === 'HUF' ? undefined : x('arfolyamBank', null, 'MNB'),
    opt('rendelesSzam', plan.orderNumber),
    // An advance on the proforma has settled it already: a final invoice names the advance.
    kind === 'invoice' || kind === 'prepayment' ? opt('dijbekeroSzamlaszam', content.proforma?.number) : undefined,
    is('elolegszamla'),
    is('vegszamla'),
    kind === 'final' ? opt('elolegSzamlaszam', content.prepayments.at(-1)?.number) : undefined,
    is('helyesbitoszamla'),
    kind === 'correction' ? opt('helyesbitettSzamlaszam', request.original?.number) : undefined,
    is('dijbekero'),
    opt('logoExtra', settings.logo),
    // A corrective takes the number range of the document it corrects.
    kind === 'correction' ? undefined : opt('szamlaszamElotag', settings.prefix),
    // What is paid in cash ends in 0 or 5 forints; the lines stay as they are.
    kind !== 'correction' && scaled(content.totals.rounding).value !== 0n
      ? x('fizetendoKorrekcio', null, decimal(scaled(content.totals.rounding)))
      : undefined,
    paid ? x('fizetve', null, 'true') : undefined,
    plan.oss ? x('eusAfa', null, 'true') : undefined,
    opt('szamlaSablon', settings.template),
    preview ? x('elonezetpdf', null, 'true') : undefined,
  );
}

/**
 * Performance and payment days; the issue date is never sent, the provider dates its documents itself. What is paid is due on
 * the day it was paid, and without a day of performance that is the day of payment too.
 */
function daysOf(content: DocumentContent, today: Day): { performance: Day; due: Day } {
  const paidDay = isPaid(content) && content.payment.paidAt ? civilDay(content.payment.paidAt, 'Europe/Budapest') : undefined;
  return {
    performance: content.saleDate ?? paidDay ?? content.issueDate ?? today,
    due: paidDay ?? content.dueDate ?? content.issueDate ?? today,
  };
}

function isPaid(content: DocumentContent): boolean {
  const { paid } = content.payment;
  return scaled(paid).value > 0n && compareDecimal(paid, content.totals.gross) >= 0;
}

const methods: Record<DocumentContent['payment']['means'], string> = {
  online: 'bankkártya',
  card: 'bankkártya',
  bank_transfer: 'átutalás',
  cash_on_delivery: 'utánvét',
  cash: 'készpénz',
  deferred: 'átutalás',
  voucher: 'utalvány',
  other: 'egyéb',
};

function paymentMethod(content: DocumentContent, settings: SzamlazzSettings): string {
  const { means, rawMethod } = content.payment;
  const mapped = rawMethod !== undefined ? settings.paymentMethods[rawMethod] : undefined;
  return mapped ?? paymentWord(means, settings);
}

/** The provider's word for one of our means of payment; any other word is told as it is. */
export function paymentWord(means: string, settings: SzamlazzSettings): string {
  const word = (methods as Record<string, string | undefined>)[means] ?? means;
  return settings.paymentMethods[means] ?? (means === 'online' ? settings.onlineMethod : word);
}

/** The provider's language token; it has no Swedish, so such a document goes out in English. */
function languageOf(content: Pick<DocumentContent, 'language'>, settings: SzamlazzSettings): string {
  if (settings.language !== 'document') return settings.language;
  return content.language === 'sv' ? 'en' : content.language;
}

const paidByCard: Record<string, string> = {
  hu: 'Bankkártyával kiegyenlítve, további fizetést nem igényel.',
  pl: 'Opłacono kartą, nie wymaga dalszej zapłaty.',
  en: 'Paid by card, no further payment is due.',
  sv: 'Betald med kort, ingen ytterligare betalning krävs.',
};

function comment(content: DocumentContent, paid: boolean): string {
  const card = content.payment.means === 'online' || content.payment.means === 'card';
  return [...content.notes, ...(paid && card ? [paidByCard[content.language]] : [])].filter(Boolean).join('\n');
}

function seller(request: TransferRequest, settings: SzamlazzSettings): XmlElement {
  const { content } = request;
  const transfer = content.payment.means === 'bank_transfer' || content.payment.means === 'deferred';
  return x(
    'elado',
    null,
    transfer ? opt('bank', settings.bankName || content.seller.bankName) : undefined,
    transfer ? opt('bankszamlaszam', settings.bankAccount || content.seller.bankAccount) : undefined,
    ...mailWords(request, settings),
  );
}

/** Our placeholders would be mailed as they stand: the provider fills in none of them, and the number is not known yet. */
function ownWords(text: string | undefined): string | undefined {
  return text && /\{\{|\{%/.test(text) ? undefined : text;
}

function buyer(content: DocumentContent, settings: SzamlazzSettings): XmlElement {
  const party = content.buyer;
  const ids = taxNumbers(content);
  const post = content.recipient;
  return x(
    'vevo',
    null,
    x('nev', null, buyerName(content)),
    opt('orszag', countryName(party.country)),
    x('irsz', null, party.postalCode?.trim() ?? ''),
    x('telepules', null, party.city?.trim() ?? ''),
    x('cim', null, address(party)),
    opt('email', party.email),
    // Without the flag the provider's own default decides, and sources differ about it.
    x('sendEmail', null, String(settings.mailBy === 'provider' && Boolean(party.email))),
    x('adoalany', null, taxStatus(content)),
    opt('adoszam', ids.domestic),
    opt('csoportazonosito', ids.group),
    opt('adoszamEU', ids.eu),
    opt('postazasiNev', post && (post.company ?? post.name)),
    opt('postazasiOrszag', post && countryName(post.country)),
    opt('postazasiIrsz', post?.postalCode),
    opt('postazasiTelepules', post?.city),
    opt('postazasiCim', post && address(post)),
    opt('megjegyzes', ids.other),
  );
}

function address(party: { street?: string; street2?: string }): string {
  return [party.street, party.street2].flatMap((part) => (part?.trim() ? [part.trim()] : [])).join(', ');
}

const hungarianNames = new Intl.DisplayNames('hu', { type: 'region' });

function countryName(country: string | undefined): string | undefined {
  if (!country || !/^[A-Z]{2}$/.test(country)) return country;
  return hungarianNames.of(country);
}

export function isHungarian(content: DocumentContent): boolean {
  return (content.buyer.country ?? 'HU') === 'HU';
}

/** −1 private person, 1 has a Hungarian tax number, 6 business in the EU, 7 business outside it, 0 not known. */
function taxStatus(content: DocumentContent): string {
  if (content.buyer.type === 'person') return '-1';
  const ids = taxNumbers(content);
  if (ids.domestic || ids.group) return '1';
  if (isHungarian(content)) return '0';
  return isEuCountry(content.buyer.country) ? '6' : '7';
}

type TaxNumbers = { domestic?: string; group?: string; eu?: string; other?: string; wrong?: string };

/** Domestic, VAT group and EU numbers of a company. A private person's id is never printed. */
export function taxNumbers(content: DocumentContent): TaxNumbers {
  const numbers: TaxNumbers = {};
  if (content.buyer.type === 'person') return numbers;
  for (const id of content.buyer.taxIds) {
    if (id.scheme === 'HU:ADOSZAM') addDomestic(numbers, id.value);
    else if (id.scheme === 'EU:VAT') numbers.eu ??= compact(id.value);
    else if (id.scheme === 'PL:NIP') numbers.eu ??= `PL${compact(id.value).replace(/^PL/, '')}`;
    else numbers.other ??= id.value;
  }
  return numbers;
}

function addDomestic(numbers: TaxNumbers, value: string): void {
  const verdict = checkAdoszam(value);
  if (!verdict.valid) numbers.wrong ??= value;
  else if (vatCode(verdict.value) === '5') numbers.group ??= verdict.value;
  else numbers.domestic ??= verdict.value;
}

/** Invoices and receipts name the three amounts of a line differently. */
const amountNames = { invoice: ['nettoErtek', 'afaErtek', 'bruttoErtek'], receipt: ['netto', 'afa', 'brutto'] } as const;

function lineElement(line: WireLine, of: keyof typeof amountNames): XmlElement {
  const [net, tax, gross] = amountNames[of];
  return x(
    'tetel',
    null,
    x('megnevezes', null, line.name),
    opt('azonosito', line.sku),
    x('mennyiseg', null, line.quantity),
    x('mennyisegiEgyseg', null, line.unit),
    x('nettoEgysegar', null, line.unitNet),
    x('afakulcs', null, line.vatKey),
    x(net, null, line.net),
    x(tax, null, line.tax),
    x(gross, null, line.gross),
    opt('megjegyzes', line.note),
  );
}

/** What every request that makes an invoice begins with. */
function makes(eInvoice: boolean, reference: string | undefined): XmlElement {
  return x(
    'beallitasok',
    null,
    agentKeyElement,
    x('eszamla', null, String(eInvoice)),
    x('szamlaLetoltes', null, 'true'),
    x('valaszVerzio', null, '2'),
    opt('szamlaKulsoAzon', reference),
  );
}

/** What the provider's mail says, where it sends one. */
function mailWords({ content }: TransferRequest, settings: SzamlazzSettings): (XmlElement | undefined)[] {
  if (settings.mailBy !== 'provider') return [];
  return [
    opt('emailReplyto', settings.mailReplyTo),
    opt('emailTargy', ownWords(content.message.subject) || settings.mailSubject),
    opt('emailSzoveg', ownWords(content.message.body) || settings.mailText),
  ];
}

/** Storno: form and performance day are the original's; the issue date stays out (other than today is refused). */
export function stornoRequest(
  request: TransferRequest,
  original: { number: string; eInvoice: boolean; performance?: Day },
  settings: SzamlazzSettings,
): XmlElement[] {
  const { content } = request;
  const mails = settings.mailBy === 'provider';
  return [
    makes(original.eInvoice, request.reference),
    x(
      'fejlec',
      null,
      x('szamlaszam', null, original.number),
      opt('teljesitesDatum', original.performance),
      opt('megjegyzes', content.correction?.reason),
      x('tipus', null, 'SS'),
    ),
    x('elado', null, ...mailWords(request, settings)),
    // There is no flag here: an address alone makes the provider write to it.
    x('vevo', null, mails ? opt('email', content.buyer.email) : undefined),
  ];
}

export function receiptRequest(request: TransferRequest, settings: SzamlazzSettings): XmlElement[] {
  const { content } = request;
  const plan = planOf(request, settings);
  const method = paymentMethod(content, settings);
  return [
    x('beallitasok', null, agentKeyElement, x('pdfLetoltes', null, 'true')),
    x(
      'fejlec',
      null,
      x('hivasAzonosito', null, request.reference),
      x('elotag', null, settings.receiptPrefix),
      x('fizmod', null, method),
      x('penznem', null, content.currency),
      content.currency === 'HUF' ? undefined : x('devizabank', null, 'MNB'),
      opt('megjegyzes', content.notes.join('\n')),
      opt('pdfSablon', settings.receiptTemplate),
      opt('rendelesSzam', plan.orderNumber),
    ),
    x('tetelek', null, ...plan.lines.map((line) => lineElement(line, 'receipt'))),
    x('kifizetesek', null, x('kifizetes', null, x('fizetoeszkoz', null, method), x('osszeg', null, plan.gross))),
  ];
}

const receiptSubjects = { hu: 'Nyugta', en: 'Receipt', pl: 'Paragon', sv: 'Kvitto' };

export function receiptSendRequest(number: string, content: DocumentContent, settings: SzamlazzSettings): XmlElement[] {
  // A missing subject is refused with 7, so there always is one.
  const subject = ownWords(content.message.subject) || settings.mailSubject || receiptSubjects[content.language];
  return [
    x('beallitasok', null, agentKeyElement),
    x('fejlec', null, x('nyugtaszam', null, number)),
    x(
      'emailKuldes',
      null,
      opt('email', content.buyer.email),
      opt('emailReplyto', settings.mailReplyTo),
      x('emailTargy', null, subject),
      x('emailSzoveg', null, ownWords(content.message.body) || settings.mailText || subject),
    ),
  ];
}

/** An invented sale with the settings of the connection: a preview of it tries prefix and form without issuing anything. */
export function trialRequest(settings: SzamlazzSettings, today: Day, mark: string): XmlElement[] {
  const line: WireLine = {
    name: 'Próba',
    quantity: '1',
    unit: 'db',
    unitNet: '1000',
    vatKey: '27',
    net: '1000',
    tax: '270',
    gross: '1270',
  };
  return [
    makes(settings.eInvoice, undefined),
    x(
      'fejlec',
      null,
      x('teljesitesDatum', null, today),
      x('fizetesiHataridoDatum', null, today),
      x('fizmod', null, settings.paymentMethods.online ?? settings.onlineMethod),
      x('penznem', null, 'HUF'),
      x('szamlaNyelve', null, 'hu'),
      x('megjegyzes', null, mark),
      opt('szamlaszamElotag', settings.prefix),
      x('elonezetpdf', null, 'true'),
    ),
    x('elado', null),
    x(
      'vevo',
      null,
      x('nev', null, 'Próba Vevő'),
      x('orszag', null, 'Magyarország'),
      x('irsz', null, '1011'),
      x('telepules', null, 'Budapest'),
      x('cim', null, 'Fő utca 1.'),
      x('sendEmail', null, 'false'),
      x('adoalany', null, '-1'),
    ),
    x('tetelek', null, lineElement(line, 'invoice')),
  ];
}
