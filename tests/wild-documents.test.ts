import fc from 'fast-check';
import { expect, test } from 'vitest';
import { connector as optima } from '../connectors/optima/connector.ts';
import { connector as subiekt } from '../connectors/subiekt/connector.ts';
import type { FolderDocument } from '../src/contract/folder.ts';
import { contextOf } from '../src/contract/suite.ts';
import { at as childAt, readXml, textAt } from '../src/contract/wire/read-xml.ts';
import { type CorrectionOptions, correct } from '../src/domain/documents/correct.ts';
import type { DocumentContent } from '../src/domain/documents/document.ts';
import { finalInvoice, prepaymentInvoice } from '../src/domain/documents/follow.ts';
import { readEpp } from '../src/domain/formats/epp/index.ts';
import { fromMinor, toMinor } from '../src/domain/money/money.ts';
import { polishContent } from '../src/testkit/polish.ts';

/**
 * The promise: whatever stands in a document, a file for an accounting program is either held with a reason or whole: every record under
 * the number that was written, its sums those of the document, and its answer found again. `WILD=20000 SEED=…` makes a campaign of it.
 */
const now = new Date('2026-10-01T06:15:02Z');
const folderOf = (connector: typeof subiekt, settings: Record<string, unknown>) =>
  connector.open(contextOf({ baseUrl: '', secrets: {}, settings, now: () => now, close: async () => {} })).folder!;

const text = (max: number) =>
  fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: max }),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom('', ' ', '"', '""', ']]>', '🔔'.repeat(60), 'Ż'.repeat(300), '\u0001', '[INFO]', 'a\r\nb', '$&'),
  );
const rates: NonNullable<DocumentContent['lines'][number]['rate']>[] = [
  ...['23', '8', '5', '19', '25.5'].map((percent) => ({ category: 'S' as const, percent, source: 'rule' as const })),
  { category: 'E', exemptionReason: 'art. 113 ust. 1', source: 'person' },
  { category: 'Z', percent: '0', source: 'person' },
  { category: 'O', key: 'np I', source: 'person' },
  { category: 'AE', key: 'np II', source: 'person' },
  { category: 'K', percent: '0', source: 'person' },
  { category: 'G', percent: '0', source: 'person' },
];
const kinds = ['goods', 'service', 'delivery', 'discount', 'deposit', 'gift_card', 'tip', 'fee'] as const;

const wild = fc.record({
  treatment: fc.constantFrom(undefined, 'domestic', 'intra_community', 'export', 'reverse_charge', 'destination' as const),
  currency: fc.constantFrom('PLN', 'PLN', 'EUR', 'JPY'),
  taxMethod: fc.constantFrom('gross' as const, 'net' as const),
  buyer: fc.record({
    type: fc.constantFrom('person' as const, 'company' as const),
    name: text(400),
    company: text(400),
    street: text(100),
    city: text(50),
    postalCode: text(40),
    email: text(200),
    phone: text(60),
    country: fc.constantFrom(undefined, 'PL', 'DE', 'GR', 'MC', 'GB', 'US', 'Niemcy'),
    taxIds: fc.array(
      fc.record({
        scheme: fc.constantFrom('PL:NIP', 'EU:VAT', 'OTHER'),
        value: fc.oneof(fc.constantFrom('7740001454', 'EL123456789', 'XI123456789', 'CHE-123.456.789'), text(40)),
      }),
      { maxLength: 2 },
    ),
  }),
  lines: fc.array(
    fc.record({
      name: text(300),
      unit: text(20),
      sku: fc.option(text(60), { nil: undefined }),
      quantity: fc.constantFrom('1', '3', '0.333333', '1000', '2.5', '0', '-1'),
      unitPrice: fc.bigInt({ min: 0n, max: 99_999_999n }).map((minor) => fromMinor(minor, 'PLN')),
      rate: fc.constantFrom(...rates),
      kind: fc.constantFrom(...kinds),
      gtu: fc.constantFrom(undefined, '06', 'x'),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  reference: fc.uuid().map((id) => `fk:${id}`),
  number: fc.constantFrom('FV/1/2026', undefined, 'A'.repeat(40), 'FS 12/2026', 'Ż „12”/2026', 'PA 7'),
  order: text(60),
  note: text(300),
  made: fc.constantFrom('invoice', 'receipt', 'prepayment', 'final', 'correction', 'cancel', 'buyer', 'to receipt' as const),
  purpose: fc.constantFrom('items', 'office'),
  version: fc.constantFrom('1.05', '1.11', '1.12'),
  codePage: fc.constantFrom('1250', '852'),
  door: fc.constantFrom('register', 'documents'),
});
type Wild = typeof wild extends fc.Arbitrary<infer T> ? T : never;

const changes: Record<string, Partial<CorrectionOptions>> = {
  cancel: { cancel: true },
  buyer: { buyer: { city: 'Łódź' } },
  correction: { lines: [{ lineId: 'l1', quantity: '0.1' }] },
};

function documentOf({ made, currency, reference, number, order, note, treatment, taxMethod, buyer, lines }: Wild): FolderDocument {
  const sold = polishContent({
    kind: made === 'receipt' ? 'receipt' : 'invoice',
    buyer,
    currency,
    taxMethod,
    lines,
    order: { externalId: 'A', channel: 'test', number: order },
    notes: [note],
    ...(treatment && { taxTreatment: treatment }),
    ...(currency !== 'PLN' && {
      exchange: { rate: currency === 'JPY' ? '0.0265' : '4.2512', accountingCurrency: 'PLN', source: 'NBP', date: '2026-09-09' },
    }),
    ...(made === 'to receipt' && { receipt: { number: 'W1/1', withTaxId: true } }),
  });
  const first = { id: 'first', number: 'FV/1', issueDate: '2026-09-10', content: sold };
  const issued = (content: DocumentContent): FolderDocument => ({
    reference,
    kind: content.kind,
    ...(number && { number }),
    issueDate: '2026-09-10',
    content: { ...content, issueDate: '2026-09-10' },
    settings: {},
    ...(content.kind === 'correction' && { original: { number: 'FV/1', kind: 'invoice' as const } }),
  });
  if (changes[made]) {
    const change = correct(first, undefined, { reason: note || 'Zwrot', reasonCode: 'return', ...changes[made] });
    return issued('refused' in change ? sold : change.content);
  }
  const half = toMinor(sold.totals.gross, currency) / 2n;
  if ((made !== 'prepayment' && made !== 'final') || half <= 0n) return issued(sold);
  const advance = prepaymentInvoice(sold, fromMinor(half, currency), '2026-09-10');
  if (made === 'prepayment') return issued(advance);
  const final = finalInvoice(sold, [{ ...first, content: advance }]);
  return issued('refused' in final ? sold : final.content);
}

const hundredths = (amount = '0') => BigInt(amount.replace('.', ''));
const runs = { numRuns: Number(process.env.WILD ?? 60), ...(process.env.SEED && { seed: Number(process.env.SEED) }) };

test('EDI++: held with a reason, or whole and found again', () => {
  fc.assert(
    fc.property(wild, (given) => {
      const document = documentOf(given);
      const { purpose, version, codePage } = given;
      const folder = folderOf(subiekt, { purpose, version, codePage });
      if (folder.preflight(document).some((finding) => finding.level === 'hold')) return;
      const { bytes } = folder.inbox(document, now);
      const { problems, documents, dictionaries } = readEpp(bytes);
      expect([problems, documents.length]).toEqual([[], 1]);
      const { header, items, rates: table } = documents[0]!;
      const keyed = Object.values(dictionaries).flatMap((rows) => rows.flatMap((row) => ('key' in row ? [row.key] : [])));
      expect(keyed.filter((key) => key !== `${header.type} ${header.number}`)).toEqual([]);
      if (header.buyerCode) expect(dictionaries.KONTRAHENCI?.map((row) => row.code)).toEqual([header.buyerCode]);
      const goods = new Set(dictionaries.TOWARY?.map((row) => row.code));
      expect(items.filter((item) => !goods.has(item.code))).toEqual([]);
      const rows = purpose === 'items' ? items : table;
      const before = items.reduce((sum, item) => sum + hundredths(item.grossBefore), 0n);
      expect(rows.reduce((sum, row) => sum + hundredths(row.gross), 0n) - before).toBe(hundredths(header.gross));
      expect(hundredths(header.net) + hundredths(header.tax)).toBe(hundredths(header.gross));
      expect(header.rowCount).toBe(String(rows.length));
      const { gross } = document.content.correction?.difference ?? document.content.totals;
      const awaited = { reference: given.reference, kind: document.kind, gross, currency: given.currency };
      expect(folder.outbox({ name: 'export.epp', bytes }, [awaited]).map((answer) => answer.reference)).toEqual([given.reference]);
    }),
    runs,
  );
});

test('Optima: held with a reason, or well-formed, within its fields, and paid what its positions come to', () => {
  fc.assert(
    fc.property(wild, (given) => {
      const document = documentOf(given);
      const folder = folderOf(optima, { sourceBase: 'A', targetBase: 'B', door: given.door, serviceCode: 'USL' });
      if (folder.preflight(document).some((finding) => finding.level === 'hold')) return;
      const tree = readXml(new TextDecoder('utf-8', { fatal: true }).decode(folder.inbox(document, now).bytes));
      if (given.door === 'documents') return;
      const entry = childAt(tree, 'REJESTRY_SPRZEDAZY_VAT', 'REJESTR_SPRZEDAZY_VAT')!;
      const positions = childAt(entry, 'POZYCJE')!.children;
      const total = positions.reduce((sum, row) => sum + hundredths(textAt(row, 'NETTO')) + hundredths(textAt(row, 'VAT')), 0n);
      const payment = childAt(entry, 'PLATNOSCI', 'PLATNOSC');
      const paid = hundredths(payment && textAt(payment, 'KWOTA_PLAT'));
      expect(payment && textAt(payment, 'KIERUNEK') === 'rozchód' ? -paid : paid).toBe(total);
      for (const name of ['NAZWA1', 'NAZWA2', 'NAZWA3']) expect((textAt(entry, name) ?? '').length).toBeLessThanOrEqual(50);
      // No letter was cut in two: what could not be written whole would stand as the sign of replacement.
      const written = given.buyer.company + given.buyer.name;
      if (written.isWellFormed() && !written.includes('\ufffd')) expect(textAt(entry, 'NAZWA1') ?? '').not.toContain('\ufffd');
    }),
    runs,
  );
});
