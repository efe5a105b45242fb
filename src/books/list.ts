import type { Language } from '../domain/documents/document.ts';
import {
  amountsOf,
  type BooksProfile,
  buyerOf,
  type Column,
  evidenceOf,
  gtuOf,
  hasZloty,
  isDeclaredAbroad,
  isDistanceSaleAtHome,
  paperOf,
  taxPoint,
  totalsForBooks,
} from '../domain/formats/jpk/index.ts';
import { fromMinor } from '../domain/money/money.ts';
import { percentOf } from '../domain/totals/spread.ts';
import type { Organization } from '../toissue/index.ts';
import type { BooksDocument } from './source.ts';

/** The list of documents as an accountant books from it: a row a document, with everything the register of the country asks for. */
type Four = Record<Language, string>;
const four = (pl: string, en: string, hu: string, sv: string): Four => ({ pl, en, hu, sv });

type Cell = { head: Four; of(document: BooksDocument): string };

const columns: Cell[] = [
  { head: four('Numer', 'Number', 'Sorszám', 'Nummer'), of: (d) => d.number },
  { head: four('Rodzaj', 'Kind', 'Típus', 'Typ'), of: (d) => d.kind },
  { head: four('Data wystawienia', 'Issued', 'Kiállítás', 'Fakturadatum'), of: (d) => d.issueDate },
  { head: four('Data sprzedaży', 'Sold', 'Teljesítés', 'Försäljningsdatum'), of: (d) => d.content.saleDate ?? '' },
  { head: four('Termin płatności', 'Due', 'Fizetési határidő', 'Förfallodatum'), of: (d) => d.content.dueDate ?? '' },
  { head: four('Nabywca', 'Buyer', 'Vevő', 'Köpare'), of: (d) => buyerOf(d.content).name },
  { head: four('Numer podatkowy', 'Tax id', 'Adószám', 'Skattenummer'), of: (d) => d.content.buyer.taxIds[0]?.value ?? '' },
  { head: four('Kraj', 'Country', 'Ország', 'Land'), of: (d) => d.content.buyer.country ?? '' },
  { head: four('Waluta', 'Currency', 'Pénznem', 'Valuta'), of: (d) => d.content.currency },
  { head: four('Netto', 'Net', 'Nettó', 'Netto'), of: (d) => totalsForBooks(d.content).net },
  { head: four('VAT', 'VAT', 'Áfa', 'Moms'), of: (d) => totalsForBooks(d.content).tax },
  { head: four('Brutto', 'Gross', 'Bruttó', 'Brutto'), of: (d) => totalsForBooks(d.content).gross },
  {
    head: four('Stawki (netto / VAT)', 'Rates (net / VAT)', 'Kulcsok (nettó / áfa)', 'Satser (netto / moms)'),
    of: (d) =>
      totalsForBooks(d.content)
        .byRate.map((row) => `${row.category === 'S' ? `${percentOf(row)}%` : (row.key ?? row.category)}: ${row.net} / ${row.tax}`)
        .join('; '),
  },
  { head: four('Kurs', 'Exchange rate', 'Árfolyam', 'Kurs'), of: (d) => d.content.exchange?.rate ?? '' },
  {
    head: four('Kurs z dnia', 'Rate of', 'Árfolyam napja', 'Kursdag'),
    of: (d) => (d.content.exchange ? [d.content.exchange.date, d.content.exchange.table].filter(Boolean).join(' ') : ''),
  },
  { head: four('Forma płatności', 'Payment', 'Fizetési mód', 'Betalsätt'), of: (d) => d.content.payment.means },
  { head: four('Zapłacono', 'Paid', 'Fizetve', 'Betalt'), of: (d) => d.content.totals.paid },
  { head: four('Koryguje', 'Corrects', 'Helyesbíti', 'Rättar'), of: (d) => d.content.correction?.number ?? '' },
  { head: four('Powód korekty', 'Reason', 'Ok', 'Orsak'), of: (d) => d.content.correction?.reason ?? '' },
  { head: four('Zamówienie', 'Order', 'Rendelés', 'Order'), of: (d) => d.content.order?.number ?? d.content.order?.externalId ?? '' },
  { head: four('Numer u urzędu', 'Authority’s number', 'Hatósági szám', 'Myndighetens nummer'), of: (d) => d.clearance?.number ?? '' },
];

/** Fields of the Polish register, in złoty. */
const inZloty: [Column, string, string?][] = [
  ['rate23', 'K_19 (23%)', 'K_20'],
  ['rate8', 'K_17 (8%)', 'K_18'],
  ['rate5', 'K_15 (5%)', 'K_16'],
  ['zero', 'K_13 (0%)'],
  ['exempt', 'K_10 (zw)'],
  ['intraCommunity', 'K_21 (WDT)'],
  ['export', 'K_22 (eksport)'],
  ['abroad', 'K_11 (np)'],
  ['euServices', 'K_12 (art. 100)'],
];

const same = (text: string): Four => four(text, text, text, text);

function polishColumns(profile: BooksProfile): Cell[] {
  const amount = (d: BooksDocument, column: Column, of: 'net' | 'tax') => {
    if (!hasZloty(d.content)) return '';
    const found = amountsOf(d.content).find((a) => a.column === column);
    return found ? fromMinor(found[of], 'PLN') : '';
  };
  return [
    { head: four('Miesiąc VAT', 'VAT month', 'Áfahónap', 'Momsmånad'), of: (d) => taxPoint(d).slice(0, 7) },
    {
      head: same('KSeF'),
      of: (d) => {
        const evidence = evidenceOf(d, profile);
        return 'number' in evidence ? 'NrKSeF' : evidence.mark;
      },
    },
    { head: same('TypDokumentu'), of: (d) => paperOf(d) ?? '' },
    {
      head: same('GTU'),
      of: (d) => (paperOf(d) === 'WEW' ? [] : gtuOf(d.content)).map((code) => `GTU_${code}`).join(' '),
    },
    {
      head: four('Procedury', 'Procedures', 'Eljárások', 'Förfaranden'),
      of: (d) =>
        [isDistanceSaleAtHome(d.content) && 'WSTO_EE', isDeclaredAbroad(d.content) && 'OSS', d.content.splitPayment && 'MPP']
          .filter(Boolean)
          .join(' '),
    },
    ...inZloty.flatMap(([column, base, tax]): Cell[] => [
      { head: same(base), of: (d) => amount(d, column, 'net') },
      ...(tax ? [{ head: same(tax), of: (d: BooksDocument) => amount(d, column, 'tax') }] : []),
    ]),
  ];
}

/** Head row and a row a document. */
export async function* listRows(
  organization: Pick<Organization, 'country'>,
  profile: BooksProfile,
  documents: AsyncIterable<BooksDocument>,
  language: Language,
): AsyncGenerator<string[]> {
  const cells = organization.country === 'PL' ? [...columns, ...polishColumns(profile)] : columns;
  const id: Cell = { head: four('Identyfikator', 'Id', 'Azonosító', 'Id'), of: (d) => d.id };
  const all = [...cells, id];
  yield all.map((cell) => cell.head[language]);
  for await (const document of documents) yield all.map((cell) => cell.of(document));
}
