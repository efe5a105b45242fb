import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { XmlDocument, XmlValidateError, XsdValidator } from 'libxml2-wasm';
import { xmlRegisterFsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs';
import { SaxesParser } from 'saxes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { polishContent, polishLine, polishMonth, polishSeller } from '../../../testkit/polish.ts';
import { correct } from '../../documents/correct.ts';
import type { DocumentContent } from '../../documents/document.ts';
import { finalInvoice, prepaymentInvoice } from '../../documents/follow.ts';
import { fromMinor } from '../../money/money.ts';
import { recompute } from '../../totals/index.ts';
import {
  amountsOf,
  type BooksProfile,
  booksProfileSchema,
  buyerOf,
  evidenceOf,
  faFindings,
  type IssuedForBooks,
  isInMonth,
  profileFindings,
  streetParts,
  taxPoint,
  v7Findings,
  v7MonthFindings,
  writeFa,
  writeV7,
} from './index.ts';

/**
 * The promise: what we issued in a month stands in the register once, in the right field, to the grosz, with the authority's number or
 * one mark; every invoice of a period stands in the invoice file with its lines; control sums agree; the schemas take both.
 */
const rewrite = process.env.GOLDEN === 'write';
const out = new URL('./out/', import.meta.url);
const at = new Date('2026-10-12T08:15:02Z');
const september = { year: 2026, month: 9 };
const period = { from: '2026-09-01', to: '2026-09-30' };
const profile: BooksProfile = booksProfileSchema.parse({
  taxOffice: '0471',
  email: 'biuro@zurawina.example',
  phone: '+48600100200',
  county: 'm. Toruń',
  commune: 'm. Toruń',
});
const month: IssuedForBooks[] = polishMonth();
const text = async (parts: AsyncIterable<string>) => (await Array.fromAsync(parts)).join('');
const v7 = (documents: IssuedForBooks[], p = profile) => text(writeV7(p, polishSeller, september, at, documents));
const fa = (documents: IssuedForBooks[], p = profile) => text(writeFa(p, polishSeller, period, at, () => documents));
const one = (content: IssuedForBooks['content'], more: Partial<IssuedForBooks> = {}): IssuedForBooks => ({
  id: 'x',
  kind: content.kind,
  number: 'T/1',
  issueDate: '2026-09-10',
  content,
  reporter: 'hub',
  ...more,
});
const byNumber = (number: string) => month.find((d) => d.number === number)!;

/** Elements in their order, as the structure is judged by without any schema. */
type Node = { name: string; text: string; children: Node[] };
function tree(xml: string): Node {
  const parser = new SaxesParser();
  const root: Node = { name: '', text: '', children: [] };
  const stack = [root];
  parser.on('opentag', ({ name }) => {
    const node = { name, text: '', children: [] };
    stack.at(-1)!.children.push(node);
    stack.push(node);
  });
  parser.on('text', (t) => {
    stack.at(-1)!.text += t;
  });
  parser.on('closetag', () => stack.pop());
  parser.write(xml).close();
  return root.children[0]!;
}
const all = (node: Node, name: string): Node[] => node.children.flatMap((c) => (c.name === name ? [c] : all(c, name)));
const value = (node: Node, name: string) => node.children.find((c) => c.name === name)?.text;
const names = (node: Node) => node.children.map((c) => c.name);
const grosze = (amount = '0') => BigInt(amount.replace('.', ''));

const rowOrder = [
  'LpSprzedazy KodKrajuNadaniaTIN NrKontrahenta NazwaKontrahenta DowodSprzedazy DataWystawienia DataSprzedazy NrKSeF OFF BFK DI TypDokumentu',
  ...Array.from({ length: 13 }, (_, i) => `GTU_${String(i + 1).padStart(2, '0')}`),
  'WSTO_EE K_10 K_11 K_12 K_13 K_15 K_16 K_17 K_18 K_19 K_20 K_21 K_22',
].flatMap((part) => part.split(' '));
const invoiceOrder =
  'KodWaluty P_1 P_2A P_3A P_3B P_3C P_3D P_4A P_4B P_5A P_5B P_6 P_13_1 P_14_1 P_14_1W P_13_2 P_14_2 P_14_2W P_13_3 P_14_3 P_14_3W P_13_4 P_14_4 P_13_5 P_14_5 P_13_6 P_13_7 P_15 P_16 P_17 P_18 P_18A P_19 P_19A P_20 P_21 P_22 P_23 P_106E_2 P_106E_3 RodzajFaktury PrzyczynaKorekty NrFaKorygowanej NrFaZaliczkowej'.split(
    ' ',
  );
const inOrder = (found: string[], order: string[]) =>
  found.every((name, i) => order.includes(name) && (i === 0 || order.indexOf(found[i - 1]!) < order.indexOf(name)));

/** Any document that could have been issued: of every kind, under every treatment, for every sort of buyer. */
const anyDocument = fc
  .record({
    treatment: fc.constantFrom(undefined, 'domestic', 'intra_community', 'export', 'reverse_charge', 'destination' as const),
    currency: fc.constantFrom('PLN', 'EUR', 'HUF'),
    method: fc.constantFrom('gross' as const, 'net' as const),
    buyer: fc.constantFrom<DocumentContent['buyer'][]>(
      { type: 'person', name: 'Jan', taxIds: [], country: 'PL' },
      { type: 'person', name: '', taxIds: [], country: 'CZ' },
      { type: 'company', name: 'A', taxIds: [{ scheme: 'PL:NIP', value: '774-000-14-54' }], country: 'PL' },
      { type: 'company', name: 'B', taxIds: [{ scheme: 'EU:VAT', value: 'EL123456789' }], country: 'GR' },
      { type: 'company', name: 'C', taxIds: [{ scheme: 'EU:VAT', value: 'XI123456789' }], country: 'GB' },
      { type: 'company', name: 'D', taxIds: [{ scheme: 'OTHER', value: 'CHE-123.456.789' }], country: 'CH' },
      { type: 'company', name: 'E', taxIds: [], country: 'US' },
    ),
    lines: fc.array(
      fc.record({
        quantity: fc.constantFrom('1', '3', '0.333333', '1000', '2.5'),
        minor: fc.bigInt({ min: 1n, max: 5_000_000n }),
        rate: fc.constantFrom<NonNullable<DocumentContent['lines'][number]['rate']>[]>(
          ...['23', '8', '5'].map((percent) => ({ category: 'S' as const, percent, source: 'rule' as const })),
          { category: 'E', exemptionReason: 'art. 113 ust. 1', source: 'person' },
          { category: 'Z', percent: '0', source: 'person' },
          { category: 'O', key: 'np I', source: 'person' },
          { category: 'AE', key: 'np II', source: 'person' },
          { category: 'K', percent: '0', source: 'person' },
          { category: 'G', percent: '0', source: 'person' },
        ),
        gtu: fc.constantFrom(undefined, '06', 'GTU_12', 'x'),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    made: fc.constantFrom('invoice', 'receipt', 'prepayment', 'final', 'correction', 'cancel', 'to receipt' as const),
  })
  .map(({ treatment, currency, method, buyer, lines, made: kind }): IssuedForBooks => {
    const sold = polishContent({
      kind: kind === 'receipt' ? 'receipt' : 'invoice',
      buyer,
      currency,
      taxMethod: method,
      ...(treatment && { taxTreatment: treatment }),
      ...(currency !== 'PLN' && { exchange: { rate: '4.2512', accountingCurrency: 'PLN', source: 'NBP', date: '2026-09-09' } }),
      ...(kind === 'to receipt' && { receipt: { number: 'W1/1', withTaxId: true } }),
      lines: lines.map(({ quantity, minor, rate, gtu }, i) => ({
        name: `towar ${i}`,
        quantity,
        unitPrice: fromMinor(minor, 'PLN'),
        rate,
        ...(gtu && { gtu }),
      })),
    });
    const first = { id: 'first', number: 'FV/1', issueDate: '2026-09-10', content: sold };
    if (kind === 'correction' || kind === 'cancel') {
      const options = { reason: 'Zwrot', reasonCode: 'return' as const };
      const made = correct(first, undefined, {
        ...options,
        ...(kind === 'cancel' ? { cancel: true } : { lines: [{ lineId: 'l1', quantity: '0.1' }] }),
      });
      if ('refused' in made) throw new Error(made.refused);
      return one({ ...made.content, issueDate: '2026-09-10' }, { correctedKind: 'invoice' });
    }
    if (kind !== 'prepayment' && kind !== 'final') return one(sold);
    const half = fromMinor(BigInt(sold.totals.gross.replace('.', '')) / 2n || 1n, currency);
    const advance = prepaymentInvoice(sold, half, '2026-09-10');
    if (kind === 'prepayment') return one(advance);
    const final = finalInvoice(sold, [{ ...first, content: advance }]);
    return 'refused' in final ? one(sold) : one(final.content);
  });

describe('golden files', () => {
  const files = {
    'v7m.xml': () => v7(month),
    'v7k-person.xml': () =>
      v7(month, {
        ...profile,
        filing: 'quarterly',
        entity: 'person',
        firstName: 'Łucja',
        lastName: 'Żurawina',
        birthDate: '1985-02-03',
        withoutNumber: 'DI',
      }),
    'v7m-empty.xml': () => v7([]),
    'fa.xml': () => fa(month),
    'fa-prepayment-only.xml': () => fa([byNumber('FZ/1/09/2026')]),
  };
  it.each(Object.entries(files))('%s', async (name, make) => {
    const xml = await make();
    mkdirSync(out, { recursive: true });
    if (rewrite) writeFileSync(new URL(name, out), xml.replaceAll('><', '>\n<'));
    expect(xml.replaceAll('><', '>\n<')).toBe(readFileSync(new URL(name, out), 'utf8'));
  });

  const shared = join(import.meta.dirname, '../../../../../shared/contracts/erp/schemas/jpk');
  describe.skipIf(!existsSync(shared))('pass the schema', () => {
    let folder: string;
    const validators: Record<string, { validator: XsdValidator; schema: XmlDocument }> = {};
    beforeAll(() => {
      xmlRegisterFsInputProviders();
      folder = mkdtempSync(join(tmpdir(), 'jpk-'));
      const catalog = readFileSync(join(shared, 'catalog.xml'), 'utf8');
      const local = new Map([...catalog.matchAll(/<uri name="([^"]+)" uri="([^"]+)"/g)].map((m) => [m[1]!, m[2]!]));
      for (const file of readdirSync(shared).filter((f) => f.endsWith('.xsd'))) {
        const source = readFileSync(join(shared, file), 'utf8').replace(
          /schemaLocation="([^"]+)"/g,
          (_, at: string) => `schemaLocation="${local.get(at) ?? at}"`,
        );
        writeFileSync(join(folder, file), source.replace(/^\ufeff/, ''));
      }
      for (const name of ['JPK_V7M_3', 'JPK_V7K_3', 'JPK_FA_4']) {
        const schema = XmlDocument.fromBuffer(readFileSync(join(folder, `${name}.xsd`)), { url: join(folder, `${name}.xsd`) });
        validators[name] = { schema, validator: XsdValidator.fromDoc(schema) };
      }
    });
    afterAll(() => {
      for (const { validator, schema } of Object.values(validators)) {
        validator.dispose();
        schema.dispose();
      }
      rmSync(folder, { recursive: true });
    });

    function problems(name: string, xml: string): string[] {
      const document = XmlDocument.fromString(xml);
      try {
        validators[name]!.validator.validate(document);
        return [];
      } catch (error) {
        if (!(error instanceof XmlValidateError)) throw error;
        return error.details.map((d) => `${d.line}: ${d.message}`);
      } finally {
        document.dispose();
      }
    }

    it('the register, monthly and quarterly, full and empty', async () => {
      expect(problems('JPK_V7M_3', await files['v7m.xml']())).toEqual([]);
      expect(problems('JPK_V7K_3', await files['v7k-person.xml']())).toEqual([]);
      expect(problems('JPK_V7M_3', await files['v7m-empty.xml']())).toEqual([]);
    });

    it('the invoices, and the schema sees what is wrong', async () => {
      const xml = await files['fa.xml']();
      expect(problems('JPK_FA_4', xml)).toEqual([]);
      expect(problems('JPK_FA_4', await files['fa-prepayment-only.xml']())).toEqual([]);
      expect(problems('JPK_FA_4', xml.replace('<P_16>false</P_16>', ''))).not.toEqual([]);
    });

    it('whatever kind of document, rate, buyer and currency the month holds, and its sums are those of its rows', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyDocument, { minLength: 1, maxLength: 12 }), async (made) => {
          const documents = made.map((d, i) => ({ ...d, number: `T/${i + 1}` }));
          const [register, invoices] = [await v7(documents), await fa(documents)];
          expect(problems('JPK_V7M_3', register)).toEqual([]);
          if (documents.some((d) => d.kind !== 'receipt')) expect(problems('JPK_FA_4', invoices)).toEqual([]);
          const rows = all(tree(register), 'SprzedazWiersz');
          const tax = (row: Node) => ['K_16', 'K_18', 'K_20'].reduce((sum, name) => sum + grosze(value(row, name)), 0n);
          const due = rows.filter((row) => value(row, 'TypDokumentu') !== 'FP').reduce((sum, row) => sum + tax(row), 0n);
          expect(grosze(value(all(tree(register), 'SprzedazCtrl')[0]!, 'PodatekNalezny'))).toBe(due);
          // What an invoice says of its rates is what it comes to: nothing is in no column, nothing in two.
          for (const told of all(tree(invoices), 'Faktura')) {
            const parts = told.children.filter((c) => /^P_1[34]_\d$/.test(c.name)).reduce((sum, c) => sum + grosze(c.text), 0n);
            expect(grosze(value(told, 'P_15')), value(told, 'P_2A')).toBe(parts);
          }
        }),
        { numRuns: 60 },
      );
    });

    it('names and numbers as wild as they come', async () => {
      const wild = '\u0007 <&>"\' ]]> \u{1f4a9}'.repeat(60);
      const content = polishContent({
        buyer: { type: 'company', company: wild, taxIds: [{ scheme: 'OTHER', value: `${wild}1` }], street: wild, country: 'XX' },
        lines: [{ name: wild, quantity: '0.3333333', unitPrice: '0.01', unit: ' ' }],
      });
      const bare = polishContent({
        buyer: { type: 'person', name: '\u0001\u0002', taxIds: [{ scheme: 'EU:VAT', value: 'ŁÓ12' }], city: '\u0003' },
        lines: [{ name: '\u0001', quantity: '1', unitPrice: '10', unit: '\u0003' }],
      });
      const monaco: DocumentContent['buyer'] = { type: 'company', company: 'M', taxIds: [{ scheme: 'OTHER', value: '7' }], country: 'MC' };
      const documents = [
        one(content, { number: `N ${wild}` }),
        one({ ...content, buyer: { type: 'person', taxIds: [] } }),
        one(bare),
        one({ ...bare, buyer: monaco }),
      ];
      expect(problems('JPK_FA_4', await fa(documents))).toEqual([]);
      expect(problems('JPK_V7M_3', await v7(documents))).toEqual([]);
      expect(buyerOf(bare)).toMatchObject({ number: 'ŁÓ12' });
      expect(buyerOf(bare).country).toBeUndefined();
    });

    it('a period of nothing but corrections of the buyer’s data, and a seller whose address is longer than the form', async () => {
      const sold = polishContent({ lines: [{ name: 'A', quantity: '1', unitPrice: '10' }] });
      const original = { id: 'f', number: 'FV/1', issueDate: '2026-09-10', content: sold };
      const buyer = { ...sold.buyer, city: 'Łódź' };
      const made = correct(original, undefined, { reason: 'Zły adres', reasonCode: 'buyer', buyer });
      if ('refused' in made) throw new Error(made.refused);
      const invoices = await fa([one({ ...made.content, issueDate: '2026-09-12' }, { number: 'K/1', correctedKind: 'invoice' })]);
      expect(problems('JPK_FA_4', invoices)).toEqual([]);
      expect(all(tree(invoices), 'FakturaWiersz').map((row) => [value(row, 'P_8B'), value(row, 'P_11')])).toEqual([['0', '0.00']]);
      const seller = { ...polishSeller, region: 'x'.repeat(50), postalCode: 'PL-87-100 ', street: 'Polna 1234567890A m. 12345678901' };
      const file = await text(writeFa(profile, seller, period, at, () => month));
      expect(problems('JPK_FA_4', file)).toEqual([]);
    });
  });
});

const codesOf = (d: IssuedForBooks) => v7Findings(d, profile).map((f) => f.code);

describe('the register', () => {
  it('holds every document of the month once, in order of fields, with one proof each', async () => {
    const jpk = tree(await v7(month));
    const rows = all(jpk, 'SprzedazWiersz');
    for (const row of rows) {
      expect(inOrder(names(row), rowOrder), names(row).join(' ')).toBe(true);
      expect(names(row).filter((n) => ['NrKSeF', 'OFF', 'BFK', 'DI'].includes(n))).toHaveLength(1);
      for (const [base, tax] of [
        ['K_15', 'K_16'],
        ['K_17', 'K_18'],
        ['K_19', 'K_20'],
      ])
        expect(names(row).includes(base!)).toBe(names(row).includes(tax!));
    }
    const expected = month.filter((d) => d.kind !== 'receipt' && d.number !== 'FV/104/09/2026').map((d) => d.number);
    expect(rows.map((r) => value(r, 'DowodSprzedazy'))).toEqual([...expected, 'RO/09/2026']);
    expect(rows.map((r) => value(r, 'LpSprzedazy'))).toEqual(rows.map((_, i) => String(i + 1)));
  });

  it('sums its tax without invoices to receipts', async () => {
    const jpk = tree(await v7(month));
    const rows = all(jpk, 'SprzedazWiersz');
    const tax = rows
      .filter((r) => value(r, 'TypDokumentu') !== 'FP')
      .reduce((sum, r) => sum + grosze(value(r, 'K_16')) + grosze(value(r, 'K_18')) + grosze(value(r, 'K_20')), 0n);
    const control = all(jpk, 'SprzedazCtrl')[0]!;
    expect(value(control, 'LiczbaWierszySprzedazy')).toBe(String(rows.length));
    expect(grosze(value(control, 'PodatekNalezny'))).toBe(tax);
    expect(rows.some((r) => value(r, 'TypDokumentu') === 'FP')).toBe(true);
  });

  it.each([
    [
      'a company with two rates and its number',
      'FV/101/09/2026',
      {
        NrKSeF: '5260001246-20260910-0A1B2C-3D4E5F-6B',
        NrKontrahenta: '7740001454',
        K_15: '80.00',
        K_16: '4.00',
        K_19: '2016.26',
        K_20: '463.74',
      },
    ],
    ['a private person', 'FV/102/09/2026', { NrKontrahenta: 'BRAK', BFK: '1', DataSprzedazy: '2026-09-11', K_19: '16.26', K_20: '3.74' }],
    ['a supply within the Union, in złoty', 'FV/103/09/2026', { KodKrajuNadaniaTIN: 'SE', NrKontrahenta: '556677889901', K_21: '2125.60' }],
    ['GTU and a company without a number yet', 'FV/105/09/2026', { OFF: '1', GTU_06: '1', K_19: '15000.00', K_20: '3450.00' }],
    ['exempt beside a rate', 'FV/106/09/2026', { GTU_12: '1', K_10: '300.00', K_17: '12.49', K_18: '1.00' }],
    ['money received before', 'FZ/1/09/2026', { K_19: '813.01', K_20: '186.99' }],
    ['the rest after it', 'FV/107/09/2026', { K_19: '2439.02', K_20: '560.98' }],
    ['an invoice to a receipt', 'FV/108/09/2026', { TypDokumentu: 'FP', BFK: '1', K_15: '40.00', K_16: '2.00' }],
    ['a distance sale taxed at home', 'FV/109/09/2026', { WSTO_EE: '1', NrKontrahenta: 'BRAK', K_15: '80.00', K_16: '4.00' }],
    ['a correction by its difference', 'KOR/3/09/2026', { OFF: '1', K_19: '-1000.00', K_20: '-230.00' }],
    [
      'all receipts in one',
      'RO/09/2026',
      { NrKontrahenta: 'BRAK', DI: '1', TypDokumentu: 'RO', DataWystawienia: '2026-09-30', K_15: '70.00', K_16: '3.50' },
    ],
  ])('%s', async (_, number, expected) => {
    const row = all(tree(await v7(month)), 'SprzedazWiersz').find((r) => value(r, 'DowodSprzedazy') === number)!;
    expect(Object.fromEntries(row.children.map((c) => [c.name, c.text]))).toMatchObject(expected);
    expect(names(row).filter((n) => n.startsWith('K_'))).toEqual(Object.keys(expected).filter((n) => /^K_\d/.test(n)));
  });

  it('knows sales abroad, exports, zero and services to companies of the Union', () => {
    const column = (category: 'Z' | 'G' | 'O' | 'AE' | 'K', kind: 'goods' | 'deposit' = 'goods') =>
      amountsOf(
        polishContent({
          lines: [{ ...polishLine({ name: 'x', quantity: '1', unitPrice: '10', kind }), rate: { category, source: 'rule' } }],
        }),
      ).map((a) => a.column);
    expect([column('Z'), column('G'), column('O'), column('AE'), column('K')]).toEqual([
      ['zero'],
      ['export'],
      ['abroad'],
      ['euServices'],
      ['intraCommunity'],
    ]);
    // A deposit is no supply at all.
    expect(column('O', 'deposit')).toEqual([]);
  });

  it('puts a document into the month in which its tax falls due', () => {
    const dated = (saleDate: string, issueDate: string, more = {}) =>
      one({ ...polishContent({ lines: [{ name: 'x', quantity: '1', unitPrice: '1' }], ...more }), saleDate }, { issueDate });
    expect(taxPoint(dated('2026-08-31', '2026-09-02'))).toBe('2026-08-31');
    expect(isInMonth(dated('2026-08-31', '2026-09-02'), september)).toBe(false);
    expect(taxPoint(dated('2026-08-31', '2026-09-20', { taxTreatment: 'intra_community' }))).toBe('2026-09-15');
    expect(taxPoint(dated('2026-08-31', '2026-09-10', { taxTreatment: 'intra_community' }))).toBe('2026-09-10');
    expect(taxPoint({ ...dated('2026-08-01', '2026-09-29'), kind: 'correction' })).toBe('2026-09-29');
  });

  it('holds every document in exactly one month, whatever its days', () => {
    const day = fc.integer({ min: 0, max: 150 }).map((n) => new Date(Date.UTC(2026, 5, 1 + n)).toISOString().slice(0, 10));
    const treatment = fc.constantFrom(undefined, 'domestic', 'intra_community', 'export' as const);
    const months = Array.from({ length: 12 }, (_, i) => ({ year: 2026, month: i + 1 }));
    const base = polishContent({ lines: [{ name: 'x', quantity: '1', unitPrice: '10' }] });
    fc.assert(
      fc.property(day, day, day, treatment, (saleDate, paid, issueDate, taxTreatment) => {
        const content = { ...base, saleDate, taxTreatment, payment: { ...base.payment, paidAt: `${paid}T10:00:00Z` } };
        expect(months.filter((month) => isInMonth(one(content, { issueDate }), month))).toHaveLength(1);
      }),
      { numRuns: 200 },
    );
  });

  it('marks an advance by what was ordered, for its own line names no goods', async () => {
    const ordered = polishContent({ lines: [{ name: 'Sterownik', quantity: '1', unitPrice: '4000', gtu: 'GTU_06' }] });
    const abroad = { ...ordered, buyer: { ...ordered.buyer, country: 'CZ' } };
    const [row] = all(tree(await v7([one(prepaymentInvoice(abroad, '1000', '2026-09-10'))])), 'SprzedazWiersz');
    expect([value(row!, 'GTU_06'), value(row!, 'WSTO_EE')]).toEqual(['1', '1']);
  });

  it('takes off what a correction of a receipt, or of an invoice to one, takes back', async () => {
    const sold = polishContent({ lines: [{ name: 'x', quantity: '2', unitPrice: '123', gtu: 'GTU_06' }] });
    const taken = (content: DocumentContent) => {
      const made = correct({ id: 'o', number: 'O/1', issueDate: '2026-09-01', content }, undefined, {
        reason: 'Zwrot',
        reasonCode: 'return',
        lines: [{ lineId: 'l1', quantity: '1' }],
      });
      if ('refused' in made) throw new Error(made.refused);
      return made.content;
    };
    const ofReceipt = one(taken({ ...sold, kind: 'receipt' }), { number: 'K/1', correctedKind: 'receipt' });
    const ofInvoice = one(taken({ ...sold, receipt: { number: 'W1/1', withTaxId: true } }), { number: 'K/2', correctedKind: 'invoice' });
    const jpk = tree(await v7([ofReceipt, ofInvoice]));
    const facts = all(jpk, 'SprzedazWiersz').map((row) => [
      ...['DowodSprzedazy', 'BFK', 'DI', 'TypDokumentu', 'GTU_06', 'K_20'].map((name) => value(row, name)),
    ]);
    // No invoice corrects a receipt, so it is an internal paper; the report of the cash register knows of neither.
    expect(facts).toEqual([
      ['K/1', undefined, '1', 'WEW', undefined, '-23.00'],
      ['K/2', '1', undefined, undefined, '1', '-23.00'],
    ]);
    expect(value(all(jpk, 'SprzedazCtrl')[0]!, 'PodatekNalezny')).toBe('-46.00');
    expect(codesOf(ofReceipt)).toEqual([]);
  });

  it('converts base and tax of a foreign document at the rate it states', () => {
    const content = recompute(
      polishContent({
        currency: 'EUR',
        exchange: { rate: '4.2512', accountingCurrency: 'PLN', source: 'NBP', date: '2026-09-09' },
        lines: [{ name: 'x', quantity: '1', unitPrice: '123' }],
      }),
    );
    expect(amountsOf(content)).toEqual([{ column: 'rate23', net: 42512n, tax: 9778n }]);
  });
});

describe('findings', () => {
  const codes = (d: IssuedForBooks) => v7Findings(d, profile).map((f) => `${f.level} ${f.code} ${f.where}`);
  it('say what is missing of the seller, with the field', () => {
    const empty = booksProfileSchema.parse({});
    const where = (p: BooksProfile, file: 'v7' | 'fa', seller = polishSeller) =>
      profileFindings(p, seller, file).map((f) => `${f.code} ${f.where}`);
    expect(where(profile, 'v7')).toEqual([]);
    expect(where(profile, 'fa')).toEqual([]);
    expect(where(empty, 'v7')).toEqual(['H_TAX_OFFICE_MISSING books.taxOffice', 'H_BOOKS_EMAIL books.email']);
    expect(where({ ...profile, taxOffice: 'US Toruń' }, 'v7')).toEqual(['H_TAX_OFFICE_WRONG books.taxOffice']);
    expect(where({ ...profile, entity: 'person', firstName: 'A', birthDate: '1985-02-30' }, 'v7')).toEqual([
      'H_BOOKS_PERSON books.lastName',
    ]);
    const person = { ...profile, entity: 'person' as const, firstName: 'Ewa', lastName: 'Żak' };
    expect(where({ ...person, birthDate: '0985-02-03' }, 'v7')).toEqual(['H_BOOKS_PERSON books.birthDate']);
    expect(where({ ...person, birthDate: '1985-02-03' }, 'v7')).toEqual([]);
    // Four digits that are no office: the form of the invoices holds a list of them.
    for (const taxOffice of ['9999', '0235', '3024']) {
      expect(where({ ...profile, taxOffice }, 'fa')).toEqual(['H_TAX_OFFICE_WRONG books.taxOffice']);
      expect(where({ ...profile, taxOffice }, 'v7')).toEqual([]);
    }
    for (const taxOffice of ['0202', '1471', '2472', '3271']) expect(where({ ...profile, taxOffice }, 'fa')).toEqual([]);
    expect(where(empty, 'fa')).toEqual(['H_TAX_OFFICE_MISSING books.taxOffice', 'H_BOOKS_ADDRESS books.county']);
    expect(where(profile, 'v7', { ...polishSeller, name: '', taxIds: [{ scheme: 'PL:NIP', value: '1234567890' }] })).toEqual([
      'H_BOOKS_SELLER_TAX_ID seller.taxIds',
      'H_BOOKS_SELLER_NAME seller.name',
    ]);
    expect(v7MonthFindings({ year: 2026, month: 1 }).map((f) => f.code)).toEqual(['H_BOOKS_MONTH_TOO_EARLY']);
    expect(v7MonthFindings({ year: 2026, month: 2 })).toEqual([]);
  });

  it('say of a document what the accountant has to look at', () => {
    expect(codes(byNumber('FV/101/09/2026'))).toEqual([]);
    expect(codes(byNumber('FV/105/09/2026'))).toEqual(['warning W_BOOKS_NO_CLEARANCE number']);
    expect(codes(byNumber('FV/104/09/2026'))).toEqual(['warning W_BOOKS_ABROAD taxTreatment']);
    expect(codes({ ...byNumber('FV/105/09/2026'), reporter: 'nobody' })).toEqual(['warning W_BOOKS_OUTSIDE_SYSTEM number']);
    const lines = [{ name: 'x', quantity: '1', unitPrice: '10' }];
    const nameless = polishContent({ buyer: { type: 'company', company: 'Bez numeru', taxIds: [] }, lines });
    expect(codes(one(nameless, { clearance: byNumber('FV/101/09/2026').clearance! }))).toEqual([
      'warning W_BOOKS_COMPANY_WITHOUT_ID buyer.taxIds',
    ]);
    const foreign = { ...polishContent({ lines }), currency: 'EUR' };
    expect(codes(one(foreign))).toEqual(['hold H_BOOKS_NO_EXCHANGE exchange']);
    expect(faFindings(one(foreign), {}).map((f) => f.code)).toEqual(['H_BOOKS_NO_EXCHANGE']);
    const old = polishContent({ lines: [{ ...lines[0]!, rate: { category: 'AE', key: 'oo', source: 'rule' } }] });
    expect(codes(one(old))).toContain('hold H_BOOKS_RATE lines');
    // The invoice file wants the law that exempts: none is made up.
    const bare = polishContent({ lines: [{ ...lines[0]!, rate: { category: 'E', source: 'rule' } }] });
    expect(faFindings(one(bare), {}).map((f) => `${f.level} ${f.code} ${f.where}`)).toEqual([
      'hold H_EXEMPTION_BASIS lines.0.rate.exemptionReason',
    ]);
    // What is issued cannot be mended: the basis that the seller named since serves it.
    expect(faFindings(one(bare), { exemptionReason: 'art. 113 ust. 1' })).toEqual([]);
  });

  it('of a seller who owes tax when the money comes: the invoice file says so, and what is unpaid is told', async () => {
    const unpaid = polishContent({
      payment: { means: 'bank_transfer', paid: '0' },
      lines: [{ name: 'x', quantity: '1', unitPrice: '10' }],
    });
    const cash = one({ ...unpaid, seller: { ...polishSeller, cashAccounting: true } });
    expect(codesOf(cash)).toContain('W_BOOKS_CASH');
    expect(codesOf(one(unpaid))).not.toContain('W_BOOKS_CASH');
    const flags = all(tree(await fa([cash, one(unpaid)])), 'Faktura').map((i) => value(i, 'P_16'));
    expect(flags).toEqual(['true', 'false']);
    // Issued before invoices said it: what was stored for the file then.
    const silent = all(tree(await fa([one(unpaid)], { ...profile, cashMethod: true })), 'Faktura').map((i) => value(i, 'P_16'));
    expect(silent).toEqual(['true']);
    const bare = polishContent({ lines: [{ name: 'x', quantity: '1', unitPrice: '10', rate: { category: 'E', source: 'rule' } }] });
    const [told] = all(tree(await fa([one(bare)], { ...profile, exemptionReason: 'art. 113' } as typeof profile)), 'Faktura');
    expect([value(told!, 'P_19'), value(told!, 'P_19A')]).toEqual(['true', 'art. 113']);
  });

  it('never take a number for the authority’s that is none', () => {
    const wrong = { ...byNumber('FV/101/09/2026'), clearance: { system: 'KSeF', number: '123' } };
    expect(evidenceOf(wrong, profile)).toEqual({ mark: 'OFF' });
    expect(evidenceOf(wrong, { withoutNumber: 'DI' })).toEqual({ mark: 'DI' });
  });
});

describe('the invoices', () => {
  it('stand in order of fields, all before the lines, with control sums of amounts in any currency', async () => {
    const jpk = tree(await fa(month));
    expect([...new Set(names(jpk))]).toEqual([
      'Naglowek',
      'Podmiot1',
      'Faktura',
      'FakturaCtrl',
      'FakturaWiersz',
      'FakturaWierszCtrl',
      'Zamowienie',
      'ZamowienieCtrl',
    ]);
    const invoices = all(jpk, 'Faktura');
    for (const invoice of invoices) expect(inOrder(names(invoice), invoiceOrder), names(invoice).join(' ')).toBe(true);
    expect(invoices.map((i) => value(i, 'P_2A'))).toEqual(month.filter((d) => d.kind !== 'receipt').map((d) => d.number));
    const sum = (nodes: Node[], name: string) => nodes.reduce((total, n) => total + grosze(value(n, name)), 0n);
    expect(grosze(value(all(jpk, 'FakturaCtrl')[0]!, 'WartoscFaktur'))).toBe(sum(invoices, 'P_15'));
    expect(grosze(value(all(jpk, 'FakturaWierszCtrl')[0]!, 'WartoscWierszyFaktur'))).toBe(sum(all(jpk, 'FakturaWiersz'), 'P_11'));
    expect(value(all(jpk, 'FakturaWierszCtrl')[0]!, 'LiczbaWierszyFaktur')).toBe(String(all(jpk, 'FakturaWiersz').length));
  });

  it('hold no line and no order of what is issued while they are written', async () => {
    let reading = 0;
    const file = tree(await text(writeFa(profile, polishSeller, period, at, () => (reading++ === 0 ? month.slice(0, 1) : month))));
    expect(new Set(all(file, 'FakturaWiersz').map((row) => value(row, 'P_2B')))).toEqual(new Set([month[0]!.number]));
    expect(all(file, 'Zamowienie')).toEqual([]);
    expect(value(all(file, 'FakturaCtrl')[0]!, 'LiczbaFaktur')).toBe('1');
  });

  it('tell a correction by the lines that changed, and its original', async () => {
    const jpk = tree(await fa(month));
    const correction = all(jpk, 'Faktura').find((i) => value(i, 'P_2A') === 'KOR/3/09/2026')!;
    expect(Object.fromEntries(correction.children.map((c) => [c.name, c.text]))).toMatchObject({
      P_13_1: '-1000.00',
      P_14_1: '-230.00',
      P_15: '-1230.00',
      RodzajFaktury: 'KOREKTA',
      PrzyczynaKorekty: 'Zwrot towaru',
      NrFaKorygowanej: 'FV/101/09/2026',
    });
    const lines = all(jpk, 'FakturaWiersz').filter((l) => value(l, 'P_2B') === 'KOR/3/09/2026');
    expect(lines.map((l) => [value(l, 'P_8B'), value(l, 'P_11')])).toEqual([['-1', '-1000.00']]);
  });

  it('tell an advance by its order and a final invoice by its delivery', async () => {
    const jpk = tree(await fa(month));
    expect(all(jpk, 'Zamowienie').map((o) => [value(o, 'P_2AZ'), value(o, 'WartoscZamowienia')])).toEqual([['FZ/1/09/2026', '4000.00']]);
    const final = all(jpk, 'Faktura').find((i) => value(i, 'P_2A') === 'FV/107/09/2026')!;
    expect([value(final, 'P_15'), value(final, 'NrFaZaliczkowej')]).toEqual(['3000.00', 'FZ/1/09/2026']);
    expect(
      all(jpk, 'FakturaWiersz')
        .filter((l) => value(l, 'P_2B') === 'FV/107/09/2026')
        .map((l) => value(l, 'P_11')),
    ).toEqual(['3252.03']);
  });

  it('tell tax in złoty of a foreign document, another country’s rate, and why nothing is taxed', async () => {
    const content = polishContent({
      currency: 'EUR',
      exchange: { rate: '4.2512', accountingCurrency: 'PLN', source: 'NBP', date: '2026-09-09' },
      lines: [{ name: 'x', quantity: '1', unitPrice: '123' }],
    });
    const [first] = all(tree(await fa([one(content)])), 'Faktura');
    expect([value(first!, 'P_14_1'), value(first!, 'P_14_1W')]).toEqual(['23.00', '97.78']);
    const jpk = tree(await fa(month));
    const german = all(jpk, 'Faktura').find((i) => value(i, 'P_2A') === 'FV/104/09/2026')!;
    expect([value(german, 'P_13_5'), value(german, 'P_14_5')]).toEqual(['100.00', '19.00']);
    expect(
      all(jpk, 'FakturaWiersz')
        .find((l) => value(l, 'P_2B') === 'FV/104/09/2026')
        ?.children.at(-1),
    ).toMatchObject({ name: 'P_12_XII', text: '19' });
    const exempt = all(jpk, 'Faktura').find((i) => value(i, 'P_2A') === 'FV/106/09/2026')!;
    expect([value(exempt, 'P_19'), value(exempt, 'P_19A')]).toEqual(['true', 'Zwolnienie na podstawie art. 43 ust. 1 ustawy o VAT']);
  });
});

it.each([
  ['ul. Jęczmienna 12 lok. 3', { street: 'Jęczmienna', houseNumber: '12', flatNumber: '3' }],
  ['Polna 4/2', { street: 'Polna', houseNumber: '4', flatNumber: '2' }],
  ['Długa 7 m. 3', { street: 'Długa', houseNumber: '7', flatNumber: '3' }],
  ['3 Maja 15A', { street: '3 Maja', houseNumber: '15A' }],
  ['Rynek', { street: 'Rynek' }],
  ['', {}],
])('the street %s is taken apart, or left whole', (street, parts) => expect(streetParts(street)).toEqual(parts));
