import { describe, expect, it } from 'vitest';
import type { DocumentContent } from '../../domain/documents/document.ts';
import { correct } from '../../domain/documents/index.ts';
import { recompute } from '../../domain/totals/index.ts';
import { readPdf } from '../../testkit/read-pdf.ts';
import {
  correction,
  hungarianInvoice,
  issued,
  line,
  manyLines,
  polishInvoice,
  standard,
  swedishInvoice,
} from '../../testkit/sample-documents.ts';
import type { RenderInput } from './print-model.ts';
import { createTypst } from './typst.ts';

// Promise: the PDF of every kind and language says what the law and the buyer want, in text that can be searched, in a file that
// archives accept, and the same document is the same file for ever.

const typst = createTypst();
const look = { accent: '#0f5c5c', footer: 'Zapraszamy ponownie' };
const render = (content: DocumentContent, more: Partial<RenderInput> = {}) => typst.render({ content, issued, look, ...more });
const read = async (content: DocumentContent, more: Partial<RenderInput> = {}) => readPdf(await render(content, more));

describe('the content of an invoice', () => {
  it('shows what RULES §14 lists', async () => {
    const { text } = await read(polishInvoice());
    for (const wanted of [
      'Faktura',
      'FV/117/11/2026',
      'Data wystawienia 2026-11-20',
      'Data sprzedaży 2026-11-19',
      'Termin płatności 2026-12-04',
      'Sposób płatności przelew',
      'NIP: 5260250274',
      'NIP: 7010009325',
      '1 Kubek ceramiczny „Gęś”, 330 ml, niebieski 2 szt. 39,90 64,88 23% 14,92 79,80',
      '23% 77,07 17,72 94,79',
      '8% 68,06 5,44 73,50',
      'Razem 185,13 25,16 210,29',
      'Do zapłaty 210,29 zł',
      'dwieście dziesięć złotych dwadzieścia dziewięć groszy',
      '61 1090 1014 0000 0712 1981 2874',
      'Zamówienie W-4711',
      'Zapłać kodem QR',
      'KRS 0000123456',
      'Zapraszamy ponownie',
      'Strona 1 / 1',
    ]) {
      expect(text).toContain(wanted);
    }
  });

  it('names the order, also where its only number is one made by a machine', async () => {
    const externalId = 'a1b2c3d4-e5f6-11ef-9c01-0242ac120002';
    expect((await read(polishInvoice({ order: { externalId, channel: 'allegro' } }))).text).toContain(externalId);
    expect((await read(polishInvoice({ order: { externalId: '448170044', channel: 'allegro' } }))).text).toContain('Zamówienie 448170044');
  });

  it('a long word ends its line behind a hyphen, and only without one in the middle of a syllable', async () => {
    const company = 'Przedsiębiorstwo Handlowo-Usługowo-Produkcyjne';
    const { pages } = await read(polishInvoice({ buyer: { ...polishInvoice().buyer, company } }));
    expect(pages[0]!.join('\n')).toContain('Usługowo-');
    expect(pages[0]!.join('\n')).toMatch(/ Produkcyjne/);
  });

  it('keeps the lines people wrote', async () => {
    const { pages } = await read(polishInvoice({ notes: ['Uwaga: kruche\nOdbiór osobisty'] }), {
      look: { ...look, footer: 'Linia A\r\nLinia B' },
    });
    for (const wanted of ['Uwaga: kruche', 'Odbiór osobisty', 'Linia A', 'Linia B']) expect(pages[0]).toContain(wanted);
  });

  it('speaks Hungarian: net unit prices, whole forint, Hungarian dates', async () => {
    const { text } = await read(hungarianInvoice());
    for (const wanted of [
      'Számla',
      'Adószám: 12345676-2-42',
      'Teljesítés kelte 2026.11.19.',
      'Tűzőkanyar',
      'Fizetendő',
      '27 300 Ft',
      'egységár',
    ]) {
      expect(text).toContain(wanted);
    }
    expect(text).not.toContain('Bruttó egységár');
  });

  it('speaks Swedish: giro, OCR, F-skatt', async () => {
    const { text } = await read(swedishInvoice());
    const all = [
      'Org.nr: 556677-8899',
      'Momsreg.nr: SE556677889901',
      'Bankgiro 5050-1055',
      'OCR-nummer 1234574',
      'Godkänd för F-skatt',
      '1 665,00 kr',
      '25 %',
    ];
    for (const wanted of all) expect(text).toContain(wanted);
  });

  it('a Swedish business sees the price of a unit without moms, so that times the quantity it is the net; a private person with it', async () => {
    const buyer = { ...swedishInvoice().buyer, type: 'company' as const };
    const { text } = await read(swedishInvoice({ buyer }));
    expect(text).toContain('exkl.');
    expect(text).toContain('4 st 83,963 335,85 6 %');
    expect((await read(swedishInvoice())).text).toContain('4 st 89,00 335,85 6 %');
  });

  it('a Hungarian cancellation keeps the net price of what is taken back, and its difference has none', async () => {
    const original = { id: 'o', number: '2026-7', issueDate: '2026-11-20', content: hungarianInvoice() };
    const made = correct(original, undefined, { reason: 'Elállás', reasonCode: 'cancel', cancel: true });
    if ('refused' in made) throw new Error(made.refused);
    const { text } = await read(made.content);
    expect(text).toContain('előtte 2 db 10 157,5 20 315');
    expect(text).toContain('utána 0 db 10 157,5 0');
    expect(text).toContain('különbözet -2 -20 315');
  });

  it('a Hungarian correction of the rate alone tells by how much the net price differs', async () => {
    const content = hungarianInvoice();
    const original = { id: 'o', number: '2026-7', issueDate: '2026-11-20', content };
    const [first] = content.lines;
    const lines = [{ lineId: first!.id, rate: { ...first!.rate!, percent: '5' } }];
    const made = correct(original, undefined, { reason: 'Kulcs', reasonCode: 'rate', lines });
    if ('refused' in made) throw new Error(made.refused);
    const { text } = await read(made.content);
    expect(text).toContain('előtte 2 db 10 157,5 20 315 27%');
    expect(text).toContain('utána 2 db 12 285,5 24 571 5%');
    expect(text).toContain('különbözet 2 128 4 256 -4 256 0');
  });

  it('between businesses of two EU countries: both numbers with their country, the words of the law in every language of the document', async () => {
    const { text } = await read(
      polishInvoice({
        secondLanguage: 'en',
        buyer: {
          type: 'company',
          company: 'Muster GmbH',
          taxIds: [{ scheme: 'EU:VAT', value: 'DE123456789' }],
          city: 'Berlin',
          country: 'DE',
        },
        lines: [line('Projekt', '1', '1000.00', { category: 'AE', source: 'rule' })],
      }),
    );
    expect(text).toContain('NIP UE: PL5260250274');
    expect(text).toContain('NIP UE: DE123456789');
    expect(text).toContain('Odwrotne obciążenie / Reverse charge');
    expect((await read(polishInvoice())).text).toContain('NIP: 5260250274');
  });

  it('the seller’s number within the Union is the one he gave', async () => {
    const orgnr = [{ scheme: 'SE:ORGNR', value: '5599999991' }];
    const swedish = swedishInvoice();
    const [taxed, known] = [
      { ...swedish, seller: { ...swedish.seller, taxIds: orgnr } },
      { ...swedish, seller: { ...swedish.seller, taxIds: [...orgnr, { scheme: 'EU:VAT', value: 'SE559999999102' }] } },
    ];
    // Groups and sole traders have others: none is made up.
    expect((await read(taxed)).text).not.toContain('Momsreg.nr');
    expect((await read(known)).text).toContain('Momsreg.nr: SE559999999102');
    expect((await read(known)).text).not.toContain('SE559999999101');
    const free = taxed.lines.map((one) => ({
      ...one,
      rate: { category: 'E' as const, exemptionReason: '10 kap.', source: 'rule' as const },
    }));
    expect((await read(recompute({ ...taxed, lines: free }))).text).not.toContain('Momsreg.nr');
    const hungarian = hungarianInvoice();
    const seller = { ...hungarian.seller, taxIds: [{ scheme: 'HU:ADOSZAM', value: '12345676-2-42' }] };
    const abroad = hungarian.lines.map((one) => ({ ...one, rate: { category: 'K' as const, percent: '0', source: 'rule' as const } }));
    const { text } = await read(recompute({ ...hungarian, seller, lines: abroad }));
    expect(text).toContain('Adószám: 12345676-2-42');
    expect(text).not.toContain('Közösségi adószám');
    expect((await read({ ...hungarian, seller })).text).not.toContain('HU12345676');
  });

  it('prints two languages and the tax in the accounting currency with its rate', async () => {
    const { text } = await read(
      polishInvoice({
        language: 'en',
        secondLanguage: 'pl',
        currency: 'EUR',
        exchange: { rate: '4.2512', accountingCurrency: 'PLN', source: 'NBP', table: '226/A/NBP/2026', date: '2026-11-18' },
      }),
    );
    for (const wanted of ['Invoice', 'Faktura', 'Amount due', 'Do zapłaty', '210.29 EUR', 'VAT (PLN)', '106.96'])
      expect(text).toContain(wanted);
    expect(text).toContain('1 EUR = 4.2512 PLN (NBP, table 226/A/NBP/2026, of 18 Nov 2026)');
  });

  it('carries the words the law prescribes in the seller’s language, whatever the language of the document', async () => {
    const exempt = { category: 'E', exemptionReason: 'art. 113 ust. 1 ustawy o VAT', source: 'rule' } as const;
    const { text } = await read(polishInvoice({ language: 'en', splitPayment: true, lines: [line('Course', '1', '100', exempt)] }));
    expect(text).toContain('Mechanizm podzielonej płatności / Split payment mechanism');
    expect(text).toContain('art. 113 ust. 1 ustawy o VAT');
    expect((await read(polishInvoice())).text).not.toContain('podzielonej');
  });
});

describe('the kinds of document', () => {
  it('proforma says it is none', async () => {
    const { text } = await read(polishInvoice({ kind: 'proforma' }));
    expect(text).toContain('Faktura proforma');
    expect(text).toContain('Proforma nie jest fakturą');
    expect(text).not.toContain('Data sprzedaży');
  });

  it('correction shows before, after and difference of what changed, and the original', async () => {
    const { text } = await read(correction());
    for (const wanted of [
      'Faktura korygująca',
      'FV/117/11/2026 z dnia 2026-11-20',
      'Zwrot jednego kubka',
      'przed 2 szt. 39,90 64,88 23% 14,92 79,80',
      'po 1 szt. 39,90 32,44 23% 7,46 39,90',
      'różnica -1 -32,44 -7,46 -39,90',
      'Pozostałe pozycje bez zmian',
      'ul. Ćwiartki 3/4',
      'ul. Ćwiartki 3/5',
      'Do zwrotu',
      '39,90 zł',
    ]) {
      expect(text).toContain(wanted);
    }
    expect(text).not.toContain('Herbata');
    expect(text).not.toContain('Zapłać kodem QR');
  });

  it('final invoice names the settled prepayments', async () => {
    const byRate = [{ category: 'S' as const, percent: '23', net: '81.30', tax: '18.70', gross: '100.00' }];
    const prepayments = [{ documentId: 'p', number: 'ZAL/4/10/2026', issueDate: '2026-10-02', gross: '100.00', byRate }];
    const { text } = await read(polishInvoice({ kind: 'final', prepayments }));
    expect(text).toContain('Faktura końcowa');
    expect(text).toContain('ZAL/4/10/2026 2026-10-02 81,30 18,70 100,00');
    expect(text).toContain('Zaliczka ZAL/4/10/2026');
    expect(text).toContain('Do zapłaty 110,29 zł');
  });

  it('prepayment names the day of payment and the order it is an advance on (art. 106f(1)(4))', async () => {
    const { lines: bought, totals } = polishInvoice();
    const advance = line('Zaliczka', '1', '50.00');
    const { text } = await read(polishInvoice({ kind: 'prepayment', lines: [advance], ordered: { lines: bought, gross: totals.gross } }));
    expect(text).toContain('Data zapłaty 2026-11-19');
    expect(text).toContain('Zamówienie, którego dotyczy zaliczka');
    for (const { name } of bought) expect(text).toContain(name.slice(0, 20));
    expect(text).toMatch(/Razem brutto:\s+210,29 zł/);
  });

  it('what the buyer accounts for is "np." in any language, and its note stands once', async () => {
    const reason = 'Odwrotne obciążenie, art. 28b ustawy o VAT';
    const service = line('Usługa', '1', '100', { category: 'AE', exemptionReason: reason, source: 'rule' });
    for (const language of ['pl', 'en'] as const) {
      const { text } = await read(polishInvoice({ language, lines: [service], taxTreatment: 'reverse_charge' }));
      expect(text).toContain('np.');
      expect(text).not.toContain('0%');
      expect(text.match(/Odwrotne obciążenie/g)).toHaveLength(1);
      expect(text).toContain(language === 'pl' ? reason : `${reason} / Reverse charge`);
    }
    const exempt = line('Szkolenie', '1', '100', { category: 'E', exemptionReason: 'Zwolnienie na podstawie art. 113', source: 'rule' });
    expect((await read(polishInvoice({ lines: [exempt] }))).text).not.toContain('Zwolnienie z VAT');
    expect((await read(polishInvoice({ lines: [{ ...exempt, rate: { ...exempt.rate!, exemptionReason: 'art. 113' } }] }))).text).toContain(
      'Zwolnienie z VAT: art. 113',
    );
  });

  it('receipt is a slip without tax columns, on sheets when it is too long for one', async () => {
    const slip = await read(polishInvoice({ kind: 'receipt' }));
    expect(slip.text).toContain('2 szt. × 39,90 79,80 23%');
    expect(slip.structure).toMatch(/\/MediaBox \[0 0 226\.77/);
    const long = await read(polishInvoice({ kind: 'receipt', lines: manyLines(151) }));
    expect(long.structure).toMatch(/\/MediaBox \[0 0 595\.27/);
    expect(long.pages.length).toBeGreaterThan(2);
  });

  it('draft is marked, has no number and no code to pay by', async () => {
    const { text } = await read(polishInvoice(), { issued: undefined });
    expect(text).toContain('Podgląd');
    expect(text).not.toContain('FV/117');
    expect(text).not.toContain('Zapłać kodem QR');
  });

  it('duplicate carries the word and its day, a cleared one its number and link on page one', async () => {
    const clearance = {
      system: 'KSeF',
      number: '5260250274-20261120-0123456789AB-3F',
      qrUrl: 'https://qr.example/invoice/5260250274/20-11-2026/abc',
    };
    const mark = { kind: 'duplicate' as const, date: '2026-11-22' };
    expect((await read(polishInvoice({ lines: manyLines(60) }), { mark })).pages[0]!.join('\n')).toContain('DUPLIKAT 2026-11-22');
    const pdf = await read(polishInvoice({ lines: manyLines(60) }), { mark, issued: { ...issued, clearance } });
    // Art. 106l: what KSeF holds has no duplicate, its print is only a picture of it.
    expect(pdf.text).not.toContain('DUPLIKAT');
    expect(pdf.pages[0]!.join('\n')).toContain(clearance.number);
    expect(pdf.links).toContain(clearance.qrUrl);
  });

  it('paid document says when, and what is left is nothing', async () => {
    const payment = { means: 'online', paid: '210.29', paidAt: '2026-11-19T23:30:00Z' } as const;
    const { text } = await read(polishInvoice({ payment }));
    // Half past midnight in Warsaw.
    expect(text).toContain('Zapłacono 2026-11-20 210,29 zł');
    expect(text).toContain('0,00 zł');
    expect(text).not.toContain('Numer rachunku');
  });
});

describe('long tables', () => {
  it('repeat the head and carry the sums from page to page', async () => {
    const { pages } = await read(polishInvoice({ lines: manyLines(200) }));
    expect(pages.length).toBeGreaterThan(4);
    const withRows = pages.filter((page) => page.some((row) => /^\d+ Produkt/.test(row)));
    for (const page of withRows) expect(page.some((row) => row.startsWith('Nazwa towaru'))).toBe(true);
    const sums = (word: string) =>
      withRows.flatMap((page) => page.filter((row) => row.startsWith(word)).map((row) => row.slice(word.length)));
    expect(sums('Do przeniesienia')).toHaveLength(withRows.length - 1);
    expect(sums('Z przeniesienia')).toEqual(sums('Do przeniesienia'));
  });

  it('carry the true sum of the rows above', async () => {
    const { pages } = await read(polishInvoice({ lines: manyLines(60) }));
    const gross = (row: string) => Number(row.split(' ').at(-1)!.replace(',', '.'));
    const total = pages[0]!
      .filter((row) => / (23|8|5)% .* \d+,\d\d$/.test(row) && !row.startsWith('Stawka'))
      .reduce((sum, row) => sum + Math.round(gross(row) * 100), 0);
    const carried = pages[0]!.find((row) => row.startsWith('Do przeniesienia'))!;
    const written = /(\d[\d ]*,\d\d)$/.exec(carried.replace(/^.*,\d\d (?=\d[\d ]*,\d\d$)/, ''))![1]!;
    expect(written.replace(/\D/g, '')).toBe(String(total));
  });

  it('leave no page to the totals alone: the last row goes with them, under its head', async () => {
    // Where thirty-two rows just fill the first page, the totals stood on the second by themselves.
    for (const count of [31, 32, 33]) {
      const { pages } = await read(polishInvoice({ lines: manyLines(count) }));
      const withTotals = pages.find((page) => page.some((row) => row.includes('Razem brutto')))!;
      expect(withTotals.some((row) => row.startsWith(`${count} Produkt`))).toBe(true);
      expect(withTotals.some((row) => row.startsWith('Nazwa towaru'))).toBe(true);
    }
  });

  it('lose nothing of a last row that is higher than a page together with the totals', async () => {
    const long = line(`${'Ww '.repeat(320)}KONIEC`, '123456.789012', '1234567.789123', standard, {
      unit: 'opakowanie zbiorcze duże',
      note: `${'Ww '.repeat(160)}UWAGA`,
    });
    const { text } = await read(polishInvoice({ secondLanguage: 'en', lines: [...manyLines(14), long] }));
    for (const word of ['KONIEC', 'UWAGA', 'Razem brutto', 'Total gross', 'Słownie']) expect(text).toContain(word);
    expect(text).toMatch(/Do\s+zapłaty/);
  });

  it('of a correction end with their last change beside the totals, under a head, wherever the page ends', async () => {
    for (const count of [10, 11, 13, 15, 16]) {
      const lines = manyLines(count);
      const original = { id: 'o', number: 'FV/1/11/2026', issueDate: '2026-11-20', content: polishInvoice({ lines }) };
      const made = correct(original, undefined, { reason: 'Zwrot', reasonCode: 'cancel', cancel: true });
      if ('refused' in made) throw new Error(made.refused);
      const { pages, text } = await read(made.content);
      const changes = (page: string[]) => page.filter((row) => /^różnica -\d+ /.test(row)).length;
      expect(changes(text.split('\n')), `${count} lines`).toBe(count);
      const last = pages.find((page) => page.some((row) => row.includes('Do zwrotu')))!;
      expect(changes(last), `${count} lines`).toBeGreaterThan(0);
      expect(last.join('\n'), `${count} lines`).toContain('Nazwa towaru');
    }
  });

  it('say nothing of carrying on one page', async () => {
    expect((await read(polishInvoice({ lines: manyLines(14) }))).text).not.toContain('przeniesienia');
  });

  it('grow in cost with their lines, not faster', async () => {
    const time = async (content: DocumentContent) => {
      const times: number[] = [];
      for (let i = 0; i < 5; i++) {
        const start = performance.now();
        await render(content);
        times.push(performance.now() - start);
      }
      return Math.min(...times);
    };
    const one = await time(polishInvoice({ lines: manyLines(12) }));
    // Sixteen times the lines; the bench keeps the exact ratio, about ten.
    expect(await time(polishInvoice({ lines: manyLines(200) }))).toBeLessThan(20 * one);
  }, 60_000);
});

describe('the file', () => {
  it('is tagged PDF/A-3b with language, title and embedded subset fonts', async () => {
    const pdf = await read(polishInvoice());
    expect(pdf.xmp).toContain('<pdfaid:part>3</pdfaid:part>');
    expect(pdf.xmp).toContain('<pdfaid:conformance>B</pdfaid:conformance>');
    expect(pdf.xmp).toContain('Faktura FV/117/11/2026');
    expect(pdf.structure).toMatch(/\/Lang \(pl\)/);
    expect(pdf.structure).toMatch(/\/Marked true/);
    expect(pdf.structure).toContain('/StructTreeRoot');
    const fonts = [...pdf.structure.matchAll(/\/Type \/FontDescriptor[\s\S]*?>>/g)].map(([descriptor]) => descriptor);
    expect(fonts.length).toBeGreaterThan(0);
    for (const font of fonts) expect(font).toMatch(/\/FontName \/[A-Z]{6}\+NotoSans[\s\S]*\/FontFile2/);
  });

  it('embeds the XML it is given, byte for byte', async () => {
    const xml = '<?xml version="1.0" encoding="UTF-8"?><Invoice>Źdźbło 東京 “#x”</Invoice>';
    const pdf = await read(polishInvoice(), { attachXml: { name: 'invoice.xml', xml } });
    expect(pdf.attachments).toEqual([xml]);
    expect(pdf.structure).toContain('/AFRelationship /Alternative');
  });

  it('is the same, byte for byte, for the same document, and another for another', async () => {
    const [first, again, other] = [
      await render(polishInvoice()),
      await render(polishInvoice()),
      await render(polishInvoice({ notes: ['!'] })),
    ];
    expect(Buffer.compare(Buffer.from(first), Buffer.from(again))).toBe(0);
    expect(Buffer.compare(Buffer.from(first), Buffer.from(other))).not.toBe(0);
  });

  it('takes a logo and changes it between sellers', async () => {
    const svg = (colour: string) => ({
      mediaType: 'image/svg+xml' as const,
      bytes: Buffer.from(
        `<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20"><rect width="60" height="20" fill="${colour}"/></svg>`,
      ),
    });
    const sizes = [];
    for (const logo of [svg('red'), svg('blue'), svg('red')])
      sizes.push(Buffer.from(await render(polishInvoice(), { look: { ...look, logo } })));
    expect(sizes[0]!.equals(sizes[2]!)).toBe(true);
    expect(sizes[0]!.equals(sizes[1]!)).toBe(false);
  });

  it('keeps letters readable on any accent', async () => {
    const { styleOf } = await import('./print-model.ts');
    expect(styleOf('#ffcc00')).toMatchObject({ accent: '#ffcc00', onAccent: '#1a1a1a' });
    expect(styleOf('#ffcc00').ink).not.toBe('#ffcc00');
    expect(styleOf('#0f5c5c')).toEqual({ accent: '#0f5c5c', ink: '#0f5c5c', onAccent: '#ffffff' });
    expect(styleOf('red; } #panic()').accent).toMatch(/^#[0-9a-f]{6}$/);
  });
});

describe('hostile text', () => {
  const names = [
    '#import "@preview/x": * "] $ \\ #eval("1") </x> *b* _i_ `raw` <row> @ref',
    `${'Donaudampfschifffahrt'.repeat(20)}`,
    'שלום עולם مرحبا بالعالم',
    '東京 😀 👩‍👩‍👧 \u0000\u0007 \u202e odwrócone \ud800 koniec',
    '#panic("x") #read("/etc/passwd") #sys.inputs',
  ];

  it('is printed as it is, wherever it stands', async () => {
    const party = {
      type: 'company' as const,
      taxIds: [],
      name: names[0]!,
      street: names[1]!,
      city: names[3]!,
      country: names[4]!.slice(0, 40),
    };
    const lines = names.map((name) => line(name, '1', '1', standard, { unit: '#x"]', note: name.slice(0, 400) }));
    const content = polishInvoice({
      lines,
      buyer: party,
      recipient: party,
      notes: names,
      order: { externalId: names[1]!.slice(0, 200), channel: 'x' },
    });
    const pdf = await read(content, { issued: { ...issued, number: '#"]\\' }, look: { ...look, footer: names[4] } });
    const flat = pdf.text.replace(/\s+/g, '');
    expect(flat).toContain(names[0]!.slice(0, 50).replace(/\s+/g, ''));
    expect(flat).toContain('#panic("x")#read("/etc/passwd")#sys.inputs');
    expect(flat).toContain('koniec');
    expect(pdf.text).not.toContain('😀');
  });

  it('stays inside its column', async () => {
    const { pages } = await read(polishInvoice({ lines: [line('W'.repeat(300), '1', '1')] }));
    const longest = Math.max(...pages.flat().map((row) => /W+/.exec(row.replace(/(?<=W) (?=W)/g, ''))?.[0].length ?? 0));
    expect(longest).toBeLessThan(40);
  });
});
