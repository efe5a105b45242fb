import type { DocumentContent, DocumentLine, IssuedFacts } from '../domain/documents/document.ts';
import { recompute } from '../domain/totals/index.ts';

/** Invented documents the tests and the measurements print. */

type Rate = NonNullable<DocumentLine['rate']>;
export const standard: Rate = { category: 'S', percent: '23', source: 'default' };

export function line(
  name: string,
  quantity: string,
  unitPrice: string,
  rate: Rate = standard,
  more: Partial<DocumentLine> = {},
): DocumentLine {
  const id = `${name.slice(0, 20)}-${unitPrice}`;
  return { id, kind: 'goods', name, quantity, unit: 'szt.', unitPrice, rate, net: '0', tax: '0', gross: '0', ...more };
}

export const polishSeller: DocumentContent['seller'] = {
  company: 'Źdźbło i Gęś sp. z o.o.',
  taxIds: [{ scheme: 'PL:NIP', value: '5260250274' }],
  street: 'ul. Łąkowa 7 lok. 12',
  postalCode: '00-950',
  city: 'Warszawa',
  country: 'PL',
  email: 'sklep@example.com',
  bankAccount: '61109010140000071219812874',
  bankName: 'Bank Przykładowy S.A.',
  bic: 'WBKPPLPP',
  website: 'www.example.com',
  register: 'KRS 0000123456, Sąd Rejonowy dla m.st. Warszawy, XII Wydział Gospodarczy KRS, kapitał zakładowy 50 000,00 zł',
};

const polishBuyer: DocumentContent['buyer'] = {
  type: 'company',
  company: 'Zakład Usługowy Świętopełk Żółć',
  taxIds: [{ scheme: 'PL:NIP', value: '7010009325' }],
  street: 'ul. Ćwiartki 3/4',
  postalCode: '31-042',
  city: 'Kraków',
  country: 'PL',
};

const mixed = [
  line('Kubek ceramiczny „Gęś”, 330 ml, niebieski', '2', '39.90'),
  line('Herbata jaśminowa liściasta 100 g', '3', '24.50', { ...standard, percent: '8' }),
  line('Książka „Źdźbła traw”', '1', '42.00', { ...standard, percent: '5' }),
  line('Przesyłka kurierska', '1', '14.99', standard, { kind: 'delivery' }),
];

export function polishInvoice(change: Partial<DocumentContent> = {}): DocumentContent {
  return recompute({
    kind: 'invoice',
    language: 'pl',
    currency: 'PLN',
    taxMethod: 'gross',
    seller: polishSeller,
    buyer: polishBuyer,
    saleDate: '2026-11-19',
    dueDate: '2026-12-04',
    payment: { means: 'bank_transfer', paid: '0.00' },
    splitPayment: false,
    lines: mixed,
    totals: { net: '0', tax: '0', gross: '0', rounding: '0', paid: '0', payable: '0', byRate: [] },
    order: { externalId: 'a1b2c3d4-e5f6-11ef-9c01-0242ac120002', number: 'W-4711', channel: 'shop' },
    notes: [],
    prepayments: [],
    message: {},
    ...change,
  });
}

export function manyLines(count: number): DocumentLine[] {
  return Array.from({ length: count }, (_, i) =>
    line(
      `Produkt katalogowy nr ${i + 1}${i % 7 === 0 ? ', wersja z dłuższą nazwą, która zajmie dwa wiersze tabeli' : ''}`,
      String((i % 9) + 1),
      `${(i % 50) + 1}.${String((i * 37) % 100).padStart(2, '0')}`,
      {
        ...standard,
        percent: ['23', '8', '5'][i % 3]!,
      },
    ),
  );
}

export const issued: IssuedFacts = { number: 'FV/117/11/2026', issueDate: '2026-11-20', issuedAt: '2026-11-20T09:12:00Z' };

export function hungarianInvoice(change: Partial<DocumentContent> = {}): DocumentContent {
  const rate: Rate = { category: 'S', percent: '27', source: 'channel' };
  const lines = [
    line('Belépőjegy, Tűzőkanyar Fesztivál – felnőtt', '2', '12900', rate, { unit: 'db' }),
    line('Őszi vásár parkolójegy', '1', '1500', rate, { unit: 'db' }),
  ];
  return polishInvoice({
    language: 'hu',
    currency: 'HUF',
    seller: {
      company: 'Példa Rendezvény Kft.',
      taxIds: [
        { scheme: 'HU:ADOSZAM', value: '12345676242' },
        { scheme: 'EU:VAT', value: 'HU12345676' },
      ],
      street: 'Hűvösvölgyi út 12.',
      postalCode: '1021',
      city: 'Budapest',
      country: 'HU',
      bankAccount: '11773016-11111018-00000000',
      bankName: 'Minta Bank Nyrt.',
      bic: 'OTPVHUHB',
    },
    buyer: { type: 'person', name: 'Kőszegi Ödön', taxIds: [], street: 'Fő tér 1.', postalCode: '9730', city: 'Kőszeg', country: 'HU' },
    lines,
    order: { externalId: 'JEGY-88213', channel: 'tickets' },
    ...change,
  });
}

export function swedishInvoice(change: Partial<DocumentContent> = {}): DocumentContent {
  const lines = [
    line('Ylletröja, grå, storlek M', '1', '1250', { category: 'S', percent: '25', source: 'channel' }, { unit: 'st' }),
    line('Småländsk ostkaka', '4', '89', { category: 'S', percent: '6', source: 'channel' }, { unit: 'st' }),
    line('Frakt', '1', '59', { category: 'S', percent: '25', source: 'rule' }, { unit: 'st', kind: 'delivery' }),
  ];
  return polishInvoice({
    language: 'sv',
    currency: 'SEK',
    seller: {
      company: 'Åkesson & Öberg Handel AB',
      taxIds: [
        { scheme: 'SE:ORGNR', value: '5566778899' },
        { scheme: 'EU:VAT', value: 'SE556677889901' },
      ],
      street: 'Ängsvägen 4',
      postalCode: '371 32',
      city: 'Karlskrona',
      country: 'SE',
      bankgiro: '5050-1055',
      register: 'Godkänd för F-skatt. Styrelsens säte: Karlskrona.',
    },
    buyer: {
      type: 'person',
      name: 'Märta Sjöström',
      taxIds: [],
      street: 'Storgatan 9',
      postalCode: '352 30',
      city: 'Växjö',
      country: 'SE',
    },
    payment: { means: 'bank_transfer', paid: '0.00', reference: '1234574' },
    lines,
    order: { externalId: '20045', channel: 'own' },
    ...change,
  });
}

export function correction(change: Partial<DocumentContent> = {}): DocumentContent {
  const original = polishInvoice();
  const [cup, tea, book, parcel] = original.lines as [DocumentLine, DocumentLine, DocumentLine, DocumentLine];
  return polishInvoice({
    kind: 'correction',
    lines: [{ ...cup, quantity: '1' }, tea, { ...book, name: 'Książka „Źdźbła traw”, oprawa twarda' }, parcel],
    buyer: { ...original.buyer, street: 'ul. Ćwiartki 3/5' },
    correction: {
      correctsId: 'd1',
      number: 'FV/117/11/2026',
      issueDate: '2026-11-20',
      saleDate: '2026-11-19',
      before: { lines: original.lines, totals: original.totals, buyer: original.buyer },
      reason: 'Zwrot jednego kubka, poprawa adresu nabywcy',
      reasonCode: 'return',
      difference: original.totals,
    },
    ...change,
  });
}
