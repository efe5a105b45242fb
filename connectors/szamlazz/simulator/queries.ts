import type { XmlTree } from '../../../src/contract/wire/read-xml.ts';
import { opt, writeXml, type XmlElement, x } from '../../../src/contract/wire/xml.ts';
import { decimal } from '../../../src/domain/money/money.ts';
import { doubleText, type Hundredths, plain, readDouble, rounded } from './amounts.ts';
import { day, filled, flag, pdfOf, text } from './documents.ts';
import { AgentError } from './errors.ts';
import { brokenBase64, type Reply } from './replies.ts';
import { type Account, type Document, type Line, type Partner, type Payment, seller } from './state.ts';

/** The document a query names by number, order number (exact, the newest of any kind) or external id (the newest holder). */
export function found(account: Account, selectors: XmlTree, what: string): Document {
  const number = filled(selectors, 'szamlaszam');
  const orderNumber = filled(selectors, 'rendelesSzam');
  const externalId = filled(selectors, 'szamlaKulsoAzon');
  const document =
    number !== undefined
      ? account.live(number)
      : orderNumber !== undefined
        ? account.newestByOrder(orderNumber)
        : externalId !== undefined
          ? account.newestByExternalId(externalId)
          : undefined;
  if (!document) throw new AgentError('7', `Hiányzó adat: ${what} (ismeretlen számlaszám, rendelésszám vagy külső azonosító).`);
  return document;
}

/** `action-szamla_agent_kifiz`: replaces the payments or adds to them. */
export function recordPayments(account: Account, request: XmlTree): Document {
  const document = account.live(text(request, 'beallitasok', 'szamlaszam')?.trim() ?? '');
  if (!document) throw new AgentError('7', 'Hiányzó adat: számla (ismeretlen számlaszám).');
  if (document.kind === 'SS' || document.reversedBy) throw new AgentError('463');
  const payments = request.children.filter((child) => child.name === 'kifizetes').map((entry) => paymentIn(entry, document.currency));
  document.payments = flag(request, 'beallitasok', 'additiv') ? [...document.payments, ...payments] : payments;
  return document;
}

function paymentIn(entry: XmlTree, currency: string): Payment {
  const amount = readDouble(text(entry, 'osszeg') ?? '');
  if (!amount) throw new AgentError('57', 'XML beolvasási hiba. Az összeg nem értelmezhető.');
  return {
    date: day(entry, 'datum')!,
    method: text(entry, 'jogcim') ?? '',
    amount: rounded(amount, currency),
    note: filled(entry, 'leiras'),
  };
}

/** `action-szamla_agent_dijbekero_torlese`: by order number all its proformas go. */
export function deleteProformas(account: Account, request: XmlTree): void {
  const number = filled(request, 'fejlec', 'szamlaszam')?.trim();
  const named = number === undefined ? undefined : account.live(number);
  const doomed =
    number === undefined ? account.ofOrder(filled(request, 'fejlec', 'rendelesszam'), 'D') : named?.kind === 'D' ? [named] : [];
  if (doomed.length === 0) throw new AgentError('335');
  for (const proforma of doomed) proforma.gone = true;
}

/** The `szamla` document of `action-szamla_agent_xml`. */
export function szamlaReply(account: Account, document: Document, withPdf: boolean): Reply {
  const root = x(
    'szamla',
    { xmlns: 'http://www.szamlazz.hu/szamla', 'xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance' },
    sellerBlock(),
    basics(account, document),
    buyerBlock(document.partner),
    x('tetelek', null, ...document.lines.map(lineBlock)),
    sums(document),
    document.payments.length > 0 ? x('kifizetesek', null, ...document.payments.map(paymentBlock)) : undefined,
    withPdf ? x('pdf', null, brokenBase64(pdfOf(document))) : undefined,
  );
  return { status: 200, type: 'application/xml;charset=UTF-8', headers: {}, body: writeXml(root) };
}

function sellerBlock(): XmlElement {
  return x(
    'szallito',
    null,
    x('id', null, String(seller.id)),
    x('nev', null, seller.name),
    addressBlock(seller),
    x('adoszam', null, seller.taxNumber),
    x('adoszameu', null, seller.euTaxNumber),
    x('bank', null, x('nev', null, seller.bank), x('bankszamla', null, seller.bankAccount)),
  );
}

function addressBlock(of: { country: string | undefined; zip: string; city: string; address: string }): XmlElement {
  return x('cim', null, opt('orszag', of.country), x('irsz', null, of.zip), x('telepules', null, of.city), x('cim', null, of.address));
}

/** `eszamla`: 0 no invoice, 1 paper, 3 e-invoice; `sztornozott` is absent rather than false. */
function basics(account: Account, document: Document): XmlElement {
  const unified = unifiedMethod(document.paymentMethod);
  const original = document.reverses === undefined ? undefined : account.byNumber.get(document.reverses);
  return x(
    'alap',
    null,
    x('id', null, String(document.id)),
    x('szamlaszam', null, document.number),
    x('gazdEsemAzon', null, String(original?.id ?? document.id)),
    x('tipus', null, document.kind),
    x('eszamla', null, { none: '0', paper: '1', 'e-invoice': '3' }[document.form]),
    opt('hivszamlaszam', document.reverses ?? document.corrects ?? document.settles),
    opt('hivdijbekszam', document.proformaNumber),
    x('kelt', null, document.issueDate),
    x('telj', null, document.performanceDate),
    x('fizh', null, document.dueDate),
    x('fizmod', null, document.paymentMethod),
    x('fizmodunified', null, unified),
    x('keszpenz', null, String(unified === 'készpénz')),
    opt('rendelesszam', document.orderNumber),
    x('nyelv', null, document.language),
    x('devizanem', null, document.currency),
    x('devizabank', null, document.exchangeBank),
    x('devizaarf', null, doubleText(document.exchangeRate ?? '0')),
    x('megjegyzes', null, document.comment),
    x('penzforg', null, 'false'),
    x('kata', null, 'false'),
    x('katafokonyv', null, 'false'),
    opt('email', document.email),
    x('teszt', null, String(account.settings.test)),
    document.reversedBy ? x('sztornozott', null, 'true') : undefined,
  );
}

const unifiedMethods = [
  'átutalás',
  'készpénz',
  'bankkártya',
  'csekk',
  'utánvét',
  'ajándékutalvány',
  'barion',
  'barter',
  'csoportos beszedés',
  'OTP Simple',
  'kompenzáció',
  'kupon',
  'PayPal',
  'PayU',
  'SZÉP kártya',
  'utalvány',
];

function unifiedMethod(method: string): string {
  const wanted = method.trim().toLowerCase();
  return unifiedMethods.find((known) => known.toLowerCase() === wanted) ?? 'egyéb';
}

function buyerBlock(partner: Partner): XmlElement {
  return x(
    'vevo',
    null,
    x('id', null, String(partner.id)),
    x('nev', null, partner.name),
    opt('azonosito', partner.code),
    addressBlock(partner),
    opt('email', partner.email),
    x('adoszam', null, partner.taxNumber),
    opt('csoportazonosito', partner.groupNumber),
    opt('adoszameu', partner.euTaxNumber),
    x('lokacio', null, locationOf(partner)),
    x('privatePersonIndicator', null, String(partner.taxStatus === '-1')),
  );
}

/** 1 domestic, 2 EU, 3 third country, −1 unknown. */
function locationOf(partner: Partner): string {
  if (partner.taxStatus === '6') return '2';
  if (partner.taxStatus === '7') return '3';
  return partner.country === undefined || /^(magyarország|hungary|hu)$/i.test(partner.country.trim()) ? '1' : '-1';
}

const double = (amount: Hundredths) => doubleText(plain(amount));

function lineBlock(line: Line, position: number): XmlElement {
  return x(
    'tetel',
    null,
    x('nev', null, line.name),
    opt('azonosito', line.itemCode),
    x('mennyiseg', null, doubleText(line.quantity)),
    x('mennyisegiegyseg', null, line.unit),
    x('nettoegysegar', null, doubleText(line.unitNet)),
    opt('afatipus', line.vat.type),
    x('afakulcs', null, doubleText(line.vat.percent)),
    x('netto', null, double(line.net)),
    opt('arresafaalap', line.marginBase && marginText(line.marginBase)),
    x('afa', null, double(line.tax)),
    x('brutto', null, double(line.gross)),
    x('megjegyzes', null, line.comment),
    x('sztetordering', null, String(position)),
  );
}

function marginText(sent: string): string | undefined {
  const base = readDouble(sent);
  return base && doubleText(decimal(base));
}

type RateSum = { percent: string; type: string | undefined; net: Hundredths; tax: Hundredths; gross: Hundredths };

/** One sum per VAT key, in the order the keys first appear. */
export function sumsByRate(lines: Line[]): RateSum[] {
  const sumsByKey = new Map<string, RateSum>();
  for (const { vat, net, tax, gross } of lines) {
    const key = vat.type ?? vat.percent;
    const so = sumsByKey.get(key) ?? { percent: vat.percent, type: vat.type, net: 0n, tax: 0n, gross: 0n };
    sumsByKey.set(key, { ...so, net: so.net + net, tax: so.tax + tax, gross: so.gross + gross });
  }
  return [...sumsByKey.values()];
}

function sums(document: Document): XmlElement {
  const amounts = (of: { net: Hundredths; tax: Hundredths; gross: Hundredths }) => [
    x('netto', null, double(of.net)),
    x('afa', null, double(of.tax)),
    x('brutto', null, double(of.gross)),
  ];
  return x(
    'osszegek',
    null,
    ...sumsByRate(document.lines).map((rate) =>
      x('afakulcsossz', null, opt('afatipus', rate.type), x('afakulcs', null, doubleText(rate.percent)), ...amounts(rate)),
    ),
    x('totalossz', null, ...amounts(document)),
  );
}

function paymentBlock(payment: Payment): XmlElement {
  return x(
    'kifizetes',
    null,
    x('datum', null, payment.date),
    x('jogcim', null, payment.method),
    x('osszeg', null, double(payment.amount)),
    opt('megjegyzes', payment.note),
  );
}
