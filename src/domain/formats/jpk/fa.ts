import type { Day } from '../../days/day.ts';
import type { DocumentContent, DocumentLine } from '../../documents/document.ts';
import { type Finding, hold } from '../../finding.ts';
import { decimal, fixed, fromMinor, scaled, sum, toMinor } from '../../money/money.ts';
import { accountsByCash, isEuVatPrefix } from '../../regimes/index.ts';
import { percentOf } from '../../totals/spread.ts';
import { netUnitPrice } from '../../totals/totals.ts';
import { elementText, opt, type XmlElement, x } from '../xml.ts';
import { addressOf, type BooksProfile, sellerName, sellerTaxId } from './profile.ts';
import { buyerOf, type Column, columnOf, hasZloty, type IssuedForBooks, outsideNet, totalsForBooks } from './register.ts';
import { token } from './v7.ts';

/**
 * JPK_FA(4): every invoice of a period with its lines (JPK.md §3). Amounts are in the currency of the document; only the tax is told in
 * złoty as well. First all invoices, then all lines, then the orders behind prepayment invoices: the documents are read once for each.
 */
const namespace = 'http://jpk.mf.gov.pl/wzor/2022/02/17/02171/';
const typesNamespace = 'http://crd.gov.pl/xml/schematy/dziedzinowe/mf/2018/08/24/eD/DefinicjeTypy/';

type FaPeriod = { from: Day; to: Day };

/** Receipts and proformas are no invoices. */
export function isInvoiceOf(document: IssuedForBooks, { from, to }: FaPeriod): boolean {
  const { kind, issueDate, correctedKind } = document;
  return kind !== 'receipt' && kind !== 'proforma' && correctedKind !== 'receipt' && from <= issueDate && issueDate <= to;
}

/** With the seller's basis of exemption, which documents issued before one was asked for do not bear. */
export type FaProfile = BooksProfile & { exemptionReason?: string };

export function faFindings({ content, number }: IssuedForBooks, { exemptionReason }: Pick<FaProfile, 'exemptionReason'>): Finding[] {
  const named = (line: DocumentLine) => line.rate?.exemptionReason?.trim() || exemptionReason?.trim();
  const bare = content.lines.findIndex((line) => line.rate?.category === 'E' && !named(line));
  return [
    ...(hasZloty(content) ? [] : [hold('H_BOOKS_NO_EXCHANGE', 'exchange', { number, currency: content.currency })]),
    ...(bare < 0 ? [] : [hold('H_EXEMPTION_BASIS', `lines.${bare}.rate.exemptionReason`, { line: content.lines[bare]!.name })]),
  ];
}

export async function* writeFa(
  profile: FaProfile,
  seller: DocumentContent['seller'],
  period: FaPeriod,
  at: Date,
  documents: () => AsyncIterable<IssuedForBooks> | Iterable<IssuedForBooks>,
): AsyncGenerator<string> {
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<JPK xmlns="${namespace}" xmlns:etd="${typesNamespace}">${elementText(
    x(
      'Naglowek',
      null,
      x('KodFormularza', { kodSystemowy: 'JPK_FA (4)', wersjaSchemy: '1-0' }, 'JPK_FA'),
      x('WariantFormularza', null, '4'),
      x('CelZlozenia', null, '1'),
      x('DataWytworzeniaJPK', null, `${at.toISOString().slice(0, 19)}Z`),
      x('DataOd', null, period.from),
      x('DataDo', null, period.to),
      x('KodUrzedu', null, profile.taxOffice!),
    ),
  )}${elementText(subject(profile, seller))}`;
  // What is issued while the file is made, after its invoices were told, has no lines in it either.
  const written = new Set<string>();
  let invoices = 0;
  let gross = 0n;
  let orders = 0;
  let ordersOnly = true;
  for await (const document of documents()) {
    if (!isInvoiceOf(document, period)) continue;
    invoices++;
    written.add(document.id);
    gross += minor(totalsForBooks(document.content).gross, document.content);
    if (document.content.ordered && document.kind === 'prepayment') orders++;
    else ordersOnly = false;
    yield elementText(invoice(document, profile));
  }
  yield elementText(x('FakturaCtrl', null, x('LiczbaFaktur', null, String(invoices)), x('WartoscFaktur', null, hundredths(gross))));
  // A prepayment invoice is told by its order; the form wants one line at least, so a period of nothing else tells its lines too.
  const told = (document: IssuedForBooks) => ordersOnly || !(document.kind === 'prepayment' && document.content.ordered);
  let lines = 0;
  let net = 0n;
  for await (const document of documents()) {
    if (!written.has(document.id) || !isInvoiceOf(document, period) || !told(document)) continue;
    for (const line of linesOf(document)) {
      lines++;
      net += minor(line.net, document.content);
      yield elementText(lineElement(document, line));
    }
  }
  yield elementText(
    x('FakturaWierszCtrl', null, x('LiczbaWierszyFaktur', null, String(lines)), x('WartoscWierszyFaktur', null, hundredths(net))),
  );
  if (orders > 0) {
    let value = 0n;
    for await (const document of documents()) {
      if (!written.has(document.id) || !isInvoiceOf(document, period)) continue;
      if (document.kind !== 'prepayment' || !document.content.ordered) continue;
      value += minor(document.content.ordered.gross, document.content);
      yield elementText(orderElement(document));
    }
    yield elementText(x('ZamowienieCtrl', null, x('LiczbaZamowien', null, String(orders)), x('WartoscZamowien', null, hundredths(value))));
  }
  yield '</JPK>\n';
}

/** Control sums add amounts of any currency as they stand (JPK.md §3). */
function minor(amount: string, { currency }: DocumentContent): bigint {
  return toMinor(fromMinor(toMinor(amount, currency), currency), 'PLN');
}

function hundredths(minor: bigint): string {
  return fromMinor(minor, 'PLN');
}

function subject(profile: BooksProfile, seller: DocumentContent['seller']): XmlElement {
  const a = addressOf(profile, seller);
  return x(
    'Podmiot1',
    null,
    x('IdentyfikatorPodmiotu', null, x('NIP', null, sellerTaxId(seller)!), x('PelnaNazwa', null, token(sellerName(seller), 240))),
    x(
      'AdresPodmiotu',
      null,
      x('etd:KodKraju', null, 'PL'),
      x('etd:Wojewodztwo', null, token(a.voivodeship!, 36)),
      x('etd:Powiat', null, a.county!),
      x('etd:Gmina', null, a.commune!),
      opt('etd:Ulica', a.street && token(a.street, 65)),
      x('etd:NrDomu', null, token(a.houseNumber!, 9)),
      opt('etd:NrLokalu', a.flatNumber && token(a.flatNumber, 10)),
      x('etd:Miejscowosc', null, token(a.city!, 56)),
      x('etd:KodPocztowy', null, token(a.postalCode!, 8)),
    ),
  );
}

function partyAddress(party: DocumentContent['buyer'] | DocumentContent['seller']): string {
  const street = [party.street, party.street2].filter(Boolean).join(' ');
  const place = [party.postalCode, party.city].filter(Boolean).join(' ');
  return token([street, place].filter(Boolean).join(', '), 256);
}

/** The form's list: prefixes of tax numbers, not countries (Monaco has none of its own), and Great Britain. */
const euPrefixes = (prefix: string | undefined) => prefix !== undefined && (isEuVatPrefix(prefix) || prefix === 'GB');

function invoice(document: IssuedForBooks, { cashMethod, exemptionReason }: FaProfile): XmlElement {
  const { content, number, issueDate, kind } = document;
  const totals = totalsForBooks(content);
  const buyer = buyerOf(content);
  const flag = (value: boolean) => (value ? 'true' : 'false');
  const saleDate = content.saleDate && content.saleDate !== issueDate ? content.saleDate : undefined;
  const exempt = content.lines.find((line) => line.rate?.category === 'E');
  // Documents of before invoices said so are silent: what was stored for the file then is still true of them.
  const seller = { ...content.seller, cashAccounting: content.seller.cashAccounting ?? cashMethod };
  return x(
    'Faktura',
    null,
    x('KodWaluty', null, content.currency),
    x('P_1', null, issueDate),
    x('P_2A', null, token(number, 256)),
    opt('P_3A', token(buyer.name, 256)),
    opt('P_3B', partyAddress(content.buyer)),
    x('P_3C', null, token(sellerName(content.seller), 256)),
    x('P_3D', null, partyAddress(content.seller)),
    content.taxTreatment === 'intra_community' || content.taxTreatment === 'reverse_charge' ? x('P_4A', null, 'PL') : undefined,
    opt('P_4B', sellerTaxId(content.seller)),
    euPrefixes(buyer.country) ? opt('P_5A', buyer.country) : undefined,
    opt('P_5B', buyer.number && token(buyer.number, 50)),
    opt('P_6', saleDate),
    rateElements(content, totals),
    x('P_15', null, hundredths(minor(totals.gross, content))),
    x('P_16', null, flag(accountsByCash({ ...content, seller }))),
    x('P_17', null, 'false'),
    x('P_18', null, flag(content.taxTreatment === 'reverse_charge' || content.lines.some((line) => line.rate?.category === 'AE'))),
    x('P_18A', null, flag(content.splitPayment)),
    x('P_19', null, flag(exempt !== undefined)),
    opt('P_19A', exempt && token(exempt.rate?.exemptionReason?.trim() || (exemptionReason ?? ''), 256)),
    ...['P_20', 'P_21', 'P_22', 'P_23', 'P_106E_2', 'P_106E_3'].map((name) => x(name, null, 'false')),
    x('RodzajFaktury', null, kind === 'correction' ? 'KOREKTA' : kind === 'prepayment' ? 'ZAL' : 'VAT'),
    content.correction
      ? [opt('PrzyczynaKorekty', token(content.correction.reason, 256)), x('NrFaKorygowanej', null, token(content.correction.number, 256))]
      : undefined,
    content.prepayments.length > 0 && kind !== 'correction'
      ? x('NrFaZaliczkowej', null, token(content.prepayments.map((p) => p.number).join(', '), 256))
      : undefined,
  );
}

/** Fields of a column: base and tax; sales abroad share one. */
const columns: { columns: Column[]; base: string; tax?: string; home?: string }[] = [
  { columns: ['rate23'], base: 'P_13_1', tax: 'P_14_1', home: 'P_14_1W' },
  { columns: ['rate8'], base: 'P_13_2', tax: 'P_14_2', home: 'P_14_2W' },
  { columns: ['rate5'], base: 'P_13_3', tax: 'P_14_3', home: 'P_14_3W' },
  { columns: ['unknown'], base: 'P_13_4', tax: 'P_14_4' },
  { columns: ['oss', 'abroad', 'euServices'], base: 'P_13_5', tax: 'P_14_5' },
  { columns: ['zero', 'intraCommunity', 'export'], base: 'P_13_6' },
  { columns: ['exempt'], base: 'P_13_7' },
];

function rateElements(content: DocumentContent, totals: DocumentContent['totals']): XmlElement[] {
  return columns.flatMap((field) => {
    const rows = totals.byRate.filter((row) => field.columns.includes(columnOf(content, row)));
    if (rows.length === 0) return [];
    const outside = field.base === 'P_13_5' ? minor(fromMinor(outsideNet(content), content.currency), content) : 0n;
    const total = (of: 'net' | 'tax') => hundredths(sum(rows.map((row) => minor(row[of], content))) - (of === 'net' ? outside : 0n));
    if (outside !== 0n && total('net') === '0.00') return [];
    const home = rows.map((row) => row.taxAccounting).filter((tax) => tax !== undefined);
    const taxed = field.tax && (field.base !== 'P_13_5' || sum(rows.map((row) => minor(row.tax, content))) !== 0n);
    return [
      x(field.base, null, total('net')),
      ...(taxed ? [x(field.tax!, null, total('tax'))] : []),
      ...(field.home && content.currency !== 'PLN' && home.length > 0
        ? [x(field.home, null, hundredths(sum(home.map((tax) => toMinor(tax, 'PLN')))))]
        : []),
    ];
  });
}

/** A correction tells the difference of each line that changed; a final invoice tells its delivery, not the prepayments taken off. */
function linesOf({ content, kind }: IssuedForBooks): DocumentLine[] {
  const { correction, currency } = content;
  if (!correction) return kind === 'final' ? content.lines.filter((line) => line.kind !== 'prepayment') : content.lines;
  const after = new Map(content.lines.map((line) => [line.id, line]));
  const known = new Set(correction.before.lines.map((line) => line.id));
  const nothing = (line: DocumentLine): DocumentLine => ({ ...line, quantity: '0', net: '0', tax: '0', gross: '0' });
  const pairs = [
    ...correction.before.lines.map((was) => ({ was, is: after.get(was.id) ?? nothing(was) })),
    ...content.lines.filter((line) => !known.has(line.id)).map((is) => ({ was: nothing(is), is })),
  ];
  const minus = (a: string, b: string) => fromMinor(toMinor(a, currency) - toMinor(b, currency), currency);
  const told = pairs.flatMap(({ was, is }): DocumentLine[] => {
    const net = minus(is.net, was.net);
    const gross = minus(is.gross, was.gross);
    if (JSON.stringify(was.rate) !== JSON.stringify(is.rate)) {
      // Another rate takes the whole amount out of one column and puts it into another.
      const out = {
        ...was,
        quantity: negated(was.quantity),
        net: minus('0', was.net),
        tax: minus('0', was.tax),
        gross: minus('0', was.gross),
      };
      return [out, is].filter((line) => toMinor(line.net, currency) !== 0n || toMinor(line.gross, currency) !== 0n);
    }
    if (toMinor(net, currency) === 0n && toMinor(gross, currency) === 0n) return [];
    return [{ ...is, quantity: difference(is.quantity, was.quantity), net, tax: minus(is.tax, was.tax), gross }];
  });
  // The form wants a line of every invoice: where only the buyer's data changed, the first one with nothing on it.
  return told.length > 0 ? told : pairs.slice(0, 1).map(({ is }) => nothing(is));
}

function negated(quantity: string): string {
  const n = scaled(quantity);
  return decimal({ value: -n.value, scale: n.scale });
}

function difference(a: string, b: string): string {
  const [p, q] = [scaled(a), scaled(b)];
  const scale = Math.max(p.scale, q.scale);
  const at = (n: { value: bigint; scale: number }) => n.value * 10n ** BigInt(scale - n.scale);
  return decimal({ value: at(p) - at(q), scale });
}

function quantityText(quantity: string): string {
  return decimal(scaled(fixed(scaled(quantity), 6)));
}

function rateParts(content: DocumentContent, line: DocumentLine, name: string): XmlElement | undefined {
  if (!line.rate) return undefined;
  switch (columnOf(content, line.rate)) {
    case 'oss':
      return x(`${name}_XII`, null, percentOf(line.rate));
    case 'exempt':
      return x(name, null, 'zw');
    case 'zero':
    case 'intraCommunity':
    case 'export':
      return x(name, null, '0');
    case 'abroad':
    case 'euServices':
      return x(name, null, 'np');
    case 'unknown':
      return x(name, null, 'oo');
    default:
      return x(name, null, percentOf(line.rate));
  }
}

function lineElement({ content, number }: IssuedForBooks, line: DocumentLine): XmlElement {
  const gross = content.taxMethod === 'gross';
  const price = hundredths(minor(line.unitPrice, content));
  return x(
    'FakturaWiersz',
    null,
    x('P_2B', null, token(number, 256)),
    opt('P_7', token(line.name, 256)),
    opt('P_8A', token(line.unit, 256)),
    x('P_8B', null, quantityText(line.quantity)),
    gross ? undefined : x('P_9A', null, price),
    gross ? x('P_9B', null, price) : undefined,
    x('P_11', null, hundredths(minor(line.net, content))),
    gross ? x('P_11A', null, hundredths(minor(line.gross, content))) : undefined,
    rateParts(content, line, 'P_12'),
  );
}

function orderElement({ content, number }: IssuedForBooks): XmlElement {
  const { lines, gross } = content.ordered!;
  return x(
    'Zamowienie',
    null,
    x('P_2AZ', null, token(number, 256)),
    x('WartoscZamowienia', null, hundredths(minor(gross, content))),
    lines.map((line) =>
      x(
        'ZamowienieWiersz',
        null,
        opt('P_7Z', token(line.name, 256)),
        opt('P_8AZ', token(line.unit, 256)),
        x('P_8BZ', null, quantityText(line.quantity)),
        x('P_9AZ', null, fixed(scaled(content.taxMethod === 'gross' ? netUnitPrice(line, content.currency) : line.unitPrice), 2)),
        x('P_11NettoZ', null, hundredths(minor(line.net, content))),
        x('P_11VatZ', null, hundredths(minor(line.tax, content))),
        rateParts(content, line, 'P_12Z'),
      ),
    ),
  );
}
