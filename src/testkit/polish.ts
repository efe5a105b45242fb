import { correct } from '../domain/documents/correct.ts';
import type { DocumentContent, DocumentKind, DocumentLine } from '../domain/documents/document.ts';
import { finalInvoice, prepaymentInvoice } from '../domain/documents/follow.ts';
import { recompute } from '../domain/totals/index.ts';

/** A month of an invented Polish shop: every kind of sale that the books of Poland tell apart. Shaped like what formats are given. */
export type PolishDocument = {
  id: string;
  reference: string;
  kind: DocumentKind;
  number: string;
  issueDate: string;
  content: DocumentContent;
  settings: Record<string, unknown>;
  original?: { number: string; kind: DocumentKind };
  correctedKind?: DocumentKind;
  clearance?: { system: string; number: string; day?: string };
  reporter?: 'hub' | 'provider' | 'nobody';
};

export const polishSeller: DocumentContent['seller'] = {
  name: 'Warsztat Żurawina sp. z o.o.',
  taxIds: [{ scheme: 'PL:NIP', value: '5260001246' }],
  street: 'ul. Jęczmienna 12 lok. 3',
  postalCode: '87-100',
  city: 'Toruń',
  region: 'kujawsko-pomorskie',
  country: 'PL',
  email: 'biuro@zurawina.example',
  bankAccount: '61109010140000071219812874',
};

type Line = Partial<DocumentLine> & Pick<DocumentLine, 'name' | 'quantity' | 'unitPrice'> & { percent?: string };

export function polishLine({ percent = '23', ...line }: Line, i = 0): DocumentLine {
  return {
    id: `l${i + 1}`,
    kind: 'goods',
    unit: 'szt.',
    rate: { category: 'S', percent, source: 'rule' },
    net: '0',
    tax: '0',
    gross: '0',
    ...line,
  };
}

const company: DocumentContent['buyer'] = {
  type: 'company',
  company: 'Śledź i Spółka „Łódka” s.c.',
  taxIds: [{ scheme: 'PL:NIP', value: '7740001454' }],
  street: 'ul. Nadbrzeżna 7',
  postalCode: '80-001',
  city: 'Gdańsk',
  country: 'PL',
  email: 'faktury@lodka.example',
};
const person: DocumentContent['buyer'] = {
  type: 'person',
  name: 'Zofia Ćwikła-Gżegżółka',
  taxIds: [],
  street: 'Polna 4/2',
  postalCode: '30-001',
  city: 'Kraków',
  country: 'PL',
  email: 'zofia@example.org',
};

export function polishContent(over: Partial<Omit<DocumentContent, 'lines'>> & { lines: Line[] }): DocumentContent {
  const { lines, ...rest } = over;
  const content: DocumentContent = {
    kind: 'invoice',
    language: 'pl',
    currency: 'PLN',
    taxMethod: 'gross',
    seller: polishSeller,
    buyer: person,
    issueDate: '2026-09-10',
    saleDate: '2026-09-10',
    dueDate: '2026-09-10',
    payment: { means: 'online', paidAt: '2026-09-10T08:00:00Z', paid: '0' },
    splitPayment: false,
    lines: lines.map((line, i) => polishLine(line, i)),
    totals: { net: '0', tax: '0', gross: '0', rounding: '0', paid: '0', payable: '0', byRate: [] },
    order: { externalId: 'A-1', channel: 'test', number: 'ZAM/77' },
    notes: [],
    prepayments: [],
    message: {},
    ...rest,
  };
  const computed = recompute(content);
  if (over.payment) return computed;
  return recompute({ ...computed, payment: { ...computed.payment, paid: computed.totals.gross } });
}

const eur = { rate: '4.2512', accountingCurrency: 'PLN', source: 'NBP', table: '177/A/NBP/2026', date: '2026-09-11' };
const later = { means: 'bank_transfer', paid: '0', termsDays: 14 } as const;

/** By number: what the tests name them by. */
export function polishMonth(): PolishDocument[] {
  const documents: PolishDocument[] = [];
  const add = (number: string, issueDate: string, content: DocumentContent, more: Partial<PolishDocument> = {}) => {
    const id = `0197d3c0-0000-7000-8000-${String(documents.length + 1).padStart(12, '0')}`;
    const dated = { ...content, issueDate };
    documents.push({
      id,
      reference: `fk:${id}`,
      kind: content.kind,
      number,
      issueDate,
      content: dated,
      settings: {},
      reporter: 'hub',
      ...more,
    });
    return { id, number, issueDate, content: dated };
  };

  const first = add(
    'FV/101/09/2026',
    '2026-09-10',
    polishContent({
      buyer: company,
      taxMethod: 'net',
      payment: later,
      dueDate: '2026-09-24',
      lines: [
        { name: 'Rama stalowa, żółta', quantity: '2', unitPrice: '1000', sku: 'RAMA-Z' },
        { name: 'Książka: Rowerem przez Żuławy', quantity: '2', unitPrice: '40', percent: '5', sku: '9788300000023' },
        { name: 'Przesyłka kurierska', quantity: '1', unitPrice: '16.26', kind: 'delivery' },
      ],
    }),
    { clearance: { system: 'KSeF', number: '5260001246-20260910-0A1B2C-3D4E5F-6B', day: '2026-09-10' } },
  );
  add(
    'FV/102/09/2026',
    '2026-09-12',
    polishContent({
      saleDate: '2026-09-11',
      dueDate: '2026-09-12',
      lines: [{ name: 'Dzwonek 28" mosiężny – „retro” 🔔', quantity: '1', unitPrice: '20', sku: 'DZW-1' }],
    }),
    { reporter: 'nobody' },
  );
  add(
    'FV/103/09/2026',
    '2026-09-14',
    polishContent({
      buyer: {
        type: 'company',
        company: 'Cykelhuset Røde AB',
        taxIds: [{ scheme: 'EU:VAT', value: 'SE556677889901' }],
        street: 'Storgatan 1',
        postalCode: '411 01',
        city: 'Göteborg',
        country: 'SE',
      },
      currency: 'EUR',
      exchange: eur,
      taxTreatment: 'intra_community',
      taxMethod: 'net',
      payment: later,
      dueDate: '2026-09-28',
      lines: [{ name: 'Rama stalowa', quantity: '1', unitPrice: '500', sku: 'RAMA-Z' }],
    }),
    { clearance: { system: 'KSeF', number: '5260001246-20260914-0A1B2C-3D4E60-7C', day: '2026-09-14' } },
  );
  add(
    'FV/104/09/2026',
    '2026-09-15',
    polishContent({
      buyer: {
        ...person,
        name: 'Jonas Müller',
        street: 'Hauptstr. 5',
        postalCode: '10115',
        city: 'Berlin',
        country: 'DE',
        email: 'jonas@example.org',
      },
      currency: 'EUR',
      exchange: eur,
      taxTreatment: 'destination',
      lines: [{ name: 'Rower dziecięcy', quantity: '1', unitPrice: '119', percent: '19', sku: 'ROW-D' }],
    }),
    { reporter: 'nobody' },
  );
  add(
    'FV/105/09/2026',
    '2026-09-16',
    polishContent({
      buyer: company,
      splitPayment: true,
      payment: later,
      dueDate: '2026-09-30',
      lines: [{ name: 'Sterownik silnika', quantity: '3', unitPrice: '6150', sku: 'STER-9', gtu: 'GTU_06', splitPayment: true }],
    }),
  );
  add(
    'FV/106/09/2026',
    '2026-09-17',
    polishContent({
      buyer: company,
      lines: [
        {
          name: 'Szkolenie z naprawy',
          quantity: '1',
          unitPrice: '300',
          kind: 'service',
          gtu: '12',
          rate: { category: 'E', exemptionReason: 'Zwolnienie na podstawie art. 43 ust. 1 ustawy o VAT', source: 'rule' },
        },
        { name: 'Chleb na drogę', quantity: '1.5', unitPrice: '8.99', percent: '8', unit: 'kg' },
      ],
    }),
    { clearance: { system: 'KSeF', number: '5260001246-20260917-0A1B2C-3D4E61-8D', day: '2026-09-17' } },
  );
  const prepaid = polishContent({
    buyer: company,
    kind: 'invoice',
    lines: [{ name: 'Rower na zamówienie', quantity: '1', unitPrice: '4000', sku: 'ROW-X' }],
  });
  const advance = add('FZ/1/09/2026', '2026-09-18', prepaymentInvoice(prepaid, '1000', '2026-09-18'));
  const final = finalInvoice({ ...prepaid, saleDate: '2026-09-25' }, [advance]);
  if ('refused' in final) throw new Error(final.refused);
  add('FV/107/09/2026', '2026-09-25', final.content);
  add(
    'FV/108/09/2026',
    '2026-09-26',
    polishContent({
      receipt: { number: 'W0012345/0042', day: '2026-09-20', withTaxId: false },
      saleDate: '2026-09-20',
      lines: [{ name: 'Mapa Mazur', quantity: '1', unitPrice: '42', percent: '5', sku: 'MAPA' }],
    }),
    { reporter: 'nobody' },
  );
  add(
    'FV/109/09/2026',
    '2026-09-27',
    polishContent({
      buyer: {
        ...person,
        name: 'Anna Svoboda',
        street: 'Dlouhá 3',
        postalCode: '110 00',
        city: 'Praha',
        country: 'CZ',
        email: 'anna@example.com',
      },
      lines: [{ name: 'Mapa Mazur', quantity: '2', unitPrice: '42', percent: '5', sku: 'MAPA' }],
    }),
    { reporter: 'nobody' },
  );
  for (const [number, day, price] of [
    ['PA/1/09/2026', '2026-09-11', '42'],
    ['PA/2/09/2026', '2026-09-11', '10.50'],
    ['PA/3/09/2026', '2026-09-12', '21'],
  ] as const)
    add(
      number,
      day,
      polishContent({ kind: 'receipt', lines: [{ name: 'Mapa Mazur', quantity: '1', unitPrice: price, percent: '5', sku: 'MAPA' }] }),
      { reporter: 'nobody' },
    );

  const returned = correct(first, undefined, { reason: 'Zwrot towaru', reasonCode: 'return', lines: [{ lineId: 'l1', quantity: '1' }] });
  if ('refused' in returned) throw new Error(returned.refused);
  add(
    'KOR/3/09/2026',
    '2026-09-29',
    { ...returned.content, dueDate: '2026-10-06' },
    {
      original: { number: 'FV/101/09/2026', kind: 'invoice' },
      correctedKind: 'invoice',
    },
  );
  return documents;
}
