import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { uuidOf } from '../../src/contract/books.ts';
import type { AwaitedDocument, FolderDocument } from '../../src/contract/folder.ts';
import { connectorSuite, contextOf } from '../../src/contract/suite.ts';
import { at as childAt, readXml, textAt, type XmlTree } from '../../src/contract/wire/read-xml.ts';
import type { ErpSimulator } from '../../src/testkit/erp.ts';
import { type PolishDocument, polishContent, polishMonth } from '../../src/testkit/polish.ts';
import { connector } from './connector.ts';
import { namesOf } from './register.ts';
import { startErpSimulator } from './simulator.ts';

/** The promise: a month of a Polish shop becomes files Optima takes, the books agree to the grosz, and its answers find home. */
const at = new Date('2026-10-01T06:15:02Z');
const rewrite = process.env.GOLDEN === 'write';
const out = new URL('./fixtures/out/', import.meta.url);
const bases = { sourceBase: 'FAKTU', targetBase: 'KSIEG' };

const month = polishMonth();
const carried = month.filter((d) => d.number !== 'FV/104/09/2026');
const invoices = carried.filter((d) => d.kind !== 'correction' && d.kind !== 'receipt');
const byNumber = (number: string): PolishDocument => month.find((d) => d.number === number)!;

function folderWith(settings: Record<string, unknown> = {}) {
  return connector.open(contextOf({ baseUrl: '', secrets: {}, settings: { ...bases, ...settings }, now: () => at, close: async () => {} }))
    .folder!;
}
const awaitedOf = ({ reference, kind, number, content }: FolderDocument): AwaitedDocument => {
  const { gross } = content.correction?.difference ?? content.totals;
  return { reference, kind, number, gross, currency: content.currency };
};
const awaited = month.map(awaitedOf);
const batch = async (settings: Record<string, unknown>, documents: FolderDocument[]) =>
  new TextDecoder().decode(
    Buffer.concat(
      await Array.fromAsync(folderWith(settings).write(() => documents, { at, period: { from: '2026-09-01', to: '2026-09-30' } })),
    ),
  );
const documentsDoor = { door: 'documents', serviceCode: 'USLUGA' };
const named = invoices.map((d) => ({
  ...d,
  content: { ...d.content, lines: d.content.lines.map((l) => (l.sku || l.kind !== 'goods' ? l : { ...l, sku: 'INNE' })) },
}));

connectorSuite({
  connector,
  start: async () => ({ baseUrl: '', secrets: {}, settings: bases, now: () => at, close: async () => {} }),
  requests: () => carried.map(({ kind, content, number, issueDate, original }) => ({ kind, content, number, issueDate, original })),
});

describe('golden files', () => {
  it.each([
    ['month-register.xml', {}, carried],
    ['month-documents.xml', documentsDoor, named],
  ] as const)('%s', async (name, settings, documents) => {
    const xml = (await batch(settings, [...documents])).replaceAll('><', '>\n<');
    mkdirSync(out, { recursive: true });
    if (rewrite) writeFileSync(new URL(name, out), xml);
    expect(xml).toBe(readFileSync(new URL(name, out), 'utf8'));
  });
});

const shared = join(import.meta.dirname, '../../../shared/contracts/erp/samples/optima');
describe.skipIf(!existsSync(shared))('beside the sample files of the contract', () => {
  /** Names of elements in order, each once. */
  const shape = (tree: XmlTree): string[] => [...new Set(tree.children.map((c) => c.name))];
  const sample = (name: string) => readXml(readFileSync(join(shared, name), 'utf8'));
  /** Ours may have what the description names and the sample leaves out; nothing of the sample may be missing or moved. */
  const holds = (ours: string[], theirs: string[]) => expect(ours.filter((name) => theirs.includes(name))).toEqual(theirs);

  it('the register has their elements in their order', async () => {
    const [ours, theirs] = [readXml(await batch({}, carried)), sample('built-offline-rejestr-sprzedazy.xml')];
    holds(shape(ours), shape(theirs));
    const path = [
      ['KONTRAHENCI', 'KONTRAHENT'],
      ['KONTRAHENCI', 'KONTRAHENT', 'ADRESY', 'ADRES'],
      ['REJESTRY_SPRZEDAZY_VAT', 'REJESTR_SPRZEDAZY_VAT'],
      ['REJESTRY_SPRZEDAZY_VAT', 'REJESTR_SPRZEDAZY_VAT', 'POZYCJE', 'POZYCJA'],
      ['REJESTRY_SPRZEDAZY_VAT', 'REJESTR_SPRZEDAZY_VAT', 'PLATNOSCI', 'PLATNOSC'],
    ];
    for (const p of path) holds(shape(childAt(ours, ...p)!), shape(childAt(theirs, ...p)!));
  });

  it('documents have the elements of a real export in its order', async () => {
    const ours = readXml(await batch(documentsDoor, named));
    for (const name of ['built-fa-302-dokument.xml', 'real-rw-304-dokument.xml']) {
      const theirs = sample(name);
      const inside = (tree: XmlTree, ...p: string[]) => shape(childAt(tree, 'DOKUMENT', ...p)!);
      for (const p of [
        [],
        ['NAGLOWEK'],
        ['NAGLOWEK', 'PLATNIK'],
        ['NAGLOWEK', 'SPRZEDAWCA'],
        ['NAGLOWEK', 'WALUTA'],
        ['NAGLOWEK', 'KWOTY'],
        ['POZYCJE', 'POZYCJA'],
        ['POZYCJE', 'POZYCJA', 'CENY'],
        ['TABELKA_VAT', 'LINIA_VAT'],
      ])
        holds(
          inside(ours, ...p),
          inside(theirs, ...p).filter((n) => n !== 'SYSTEMKAUCYJNY'),
        );
    }
  });

  it('their files are read: a real export of another kind gives nothing, an invoice its number', () => {
    const file = (name: string) => ({ name: `${name}.xml`, bytes: readFileSync(join(shared, name)) });
    const folder = folderWith();
    expect(folder.outbox(file('real-rw-304-dokument.xml'), awaited)).toEqual([]);
    const waiting = [{ reference: 'fk:a', kind: 'invoice' as const, number: 'FS/101/09/2026', gross: '2564.00', currency: 'PLN' }];
    expect(folder.outbox(file('built-fa-302-dokument.xml'), waiting)).toMatchObject([
      { reference: 'fk:a', outcome: { outcome: 'accepted', made: { gross: '2564.00' } } },
    ]);
    // A release from stock takes over the description of its invoice.
    const marked = readFileSync(join(shared, 'built-fa-302-dokument.xml'), 'utf8').replace(
      /<OPIS>[^<]*<\/OPIS>/,
      '<OPIS>[FKT:fk:a]</OPIS>',
    );
    const of = (xml: string) => folder.outbox({ name: 'x.xml', bytes: new TextEncoder().encode(xml) }, waiting);
    expect(of(marked)).toHaveLength(1);
    expect(of(marked.replace('<TYP_DOKUMENTU>302<', '<TYP_DOKUMENTU>306<'))).toEqual([]);
    const registered = [{ ...waiting[0]!, number: '103/09/2026', gross: '500.00', currency: 'EUR' }];
    expect(folder.outbox(file('built-offline-rejestr-sprzedazy.xml'), registered)).toMatchObject([
      { outcome: { made: { number: '103/09/2026', currency: 'EUR' } } },
    ]);
  });
});

describe('the register', () => {
  const entries = async () =>
    readXml(await batch({}, carried))
      .children.find((c) => c.name === 'REJESTRY_SPRZEDAZY_VAT')!
      .children.filter((c) => c.name === 'REJESTR_SPRZEDAZY_VAT');
  const entry = async (number: string) => (await entries()).find((e) => textAt(e, 'NUMER') === number)!;

  it('has payments equal to its positions, back to the buyer as a positive amount', async () => {
    const grosze = (text = '0') => BigInt(text.replace('.', ''));
    for (const e of await entries()) {
      const total = childAt(e, 'POZYCJE')!.children.reduce((sum, p) => sum + grosze(textAt(p, 'NETTO')) + grosze(textAt(p, 'VAT')), 0n);
      const payment = childAt(e, 'PLATNOSCI', 'PLATNOSC')!;
      const paid = grosze(textAt(payment, 'KWOTA_PLAT'));
      expect(paid).toBeGreaterThanOrEqual(0n);
      expect(textAt(payment, 'KIERUNEK') === 'rozchód' ? -paid : paid).toBe(total);
    }
    expect(textAt(await entry('KOR/3/09/2026'), 'KOREKTA_NUMER')).toBe('FV/101/09/2026');
  });

  it('tells each buyer once and every document with its buyer', async () => {
    const xml = await batch({}, carried);
    const tree = readXml(xml);
    const buyers = childAt(tree, 'KONTRAHENCI')!
      .children.filter((c) => c.name === 'KONTRAHENT')
      .map((c) => textAt(c, 'AKRONIM'));
    expect(buyers).toEqual([...new Set(buyers)]);
    for (const e of await entries()) expect(buyers).toContain(textAt(e, 'PODMIOT'));
  });

  it('knows a supply within the Union, the rate it was taxed by, split payment and the authority’s number', async () => {
    const union = await entry('FV/103/09/2026');
    expect(
      ['EKSPORT', 'NIP_KRAJ', 'NIP', 'DEKLARACJA_VATUE', 'WALUTA', 'NOTOWANIE_WALUTY_ILE', 'DATA_KURSU'].map((n) => textAt(union, n)),
    ).toEqual(['wewnątrzunijny', 'SE', '556677889901', 'Tak', 'EUR', '4.2512', '2026-09-11']);
    expect(textAt(union, 'POZYCJE', 'POZYCJA', 'NETTO_SYS')).toBe('2125.60');
    expect(textAt(await entry('FV/105/09/2026'), 'MPP')).toBe('Tak');
    expect(textAt(await entry('FV/101/09/2026'), 'NR_KSEF')).toBe('5260001246-20260910-0A1B2C-3D4E5F-6B');
    const consumer = await entry('FV/102/09/2026');
    expect(['FINALNY', 'PODATNIK_CZYNNY', 'NIP'].map((n) => textAt(consumer, n))).toEqual(['Tak', 'Nie', undefined]);
    const exempt = childAt(await entry('FV/106/09/2026'), 'POZYCJE')!.children.map((p) => [
      textAt(p, 'STAWKA_VAT'),
      textAt(p, 'STATUS_VAT'),
      textAt(p, 'RODZAJ_SPRZEDAZY'),
    ]);
    expect(exempt).toEqual([
      ['8.00', 'opodatkowana', 'towary'],
      ['ZW', 'zwolniona', 'usługi'],
    ]);
  });

  it('gives a record the same id on every run', async () => {
    expect(textAt(await entry('FV/101/09/2026'), 'ID_ZRODLA')).toBe(uuidOf(byNumber('FV/101/09/2026').reference));
    expect(uuidOf('a')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('breaks a long name between words', () => {
    const name =
      'Przedsiębiorstwo Wielobranżowe Handlu i Usług Żuraw i Wspólnicy spółka z ograniczoną odpowiedzialnością spółka komandytowa';
    const parts = namesOf(name);
    expect(parts.every((p) => p.length <= 50)).toBe(true);
    expect(parts.join(' ')).toBe(name);
    expect(namesOf(`${'x'.repeat(49)}🔔y`)).toEqual(['x'.repeat(49), '🔔y', '']);
    expect(namesOf('x'.repeat(120))).toEqual(['x'.repeat(50), 'x'.repeat(50), 'x'.repeat(20)]);
  });
});

describe('before writing', () => {
  const codes = (document: FolderDocument, settings: Record<string, unknown> = {}) =>
    folderWith(settings)
      .preflight(document)
      .map((f) => f.code);
  it('says what Optima would refuse', async () => {
    const [first] = carried;
    expect(codes(first!)).toEqual([]);
    expect(codes(first!, { sourceBase: '' })).toEqual(['optima.bases']);
    // Three fields of fifty characters: what is beyond them is told, not lost without a word.
    const named = (company: string) => ({ ...first!, content: { ...first!.content, buyer: { ...first!.content.buyer, company } } });
    expect(codes(named(`${'Żuraw '.repeat(20)}s.c.`))).toEqual([]);
    expect(codes(named(`${'Żuraw '.repeat(30)}s.c.`))).toEqual(['W_TEXT_SHORTENED']);
    expect(await connector.open(contextOf({ baseUrl: '', secrets: {}, now: () => at, close: async () => {} })).check()).toMatchObject({
      ok: false,
      cause: { code: 'optima.bases' },
    });
    expect(codes({ ...first!, number: undefined })).toEqual(['optima.number_missing']);
    expect(codes({ ...first!, number: 'X'.repeat(31) })).toEqual(['optima.number_long']);
    expect(codes(byNumber('FV/104/09/2026'))).toEqual(['optima.abroad']);
    expect(codes(byNumber('KOR/3/09/2026'), documentsDoor)).toEqual(['optima.kind']);
    expect(codes(first!, { paymentTransfer: '' })).toEqual(['erp.payment_unmapped']);
    const unnamed = { ...first!, content: polishContent({ lines: [{ name: 'Bez kodu', quantity: '1', unitPrice: '1' }] }) };
    expect(codes(unnamed, documentsDoor)).toEqual(['erp.goods_unmapped']);
    expect(codes({ ...first!, content: { ...first!.content, currency: 'EUR' } })).toContain('H_EXCHANGE_MISSING');
  });
});

describe('the program behind the folders', () => {
  const running: ErpSimulator[] = [];
  afterEach(async () => {
    for (const sim of running.splice(0)) await sim.close();
  });
  async function play(settings: Record<string, unknown>, documents: FolderDocument[]) {
    const sim = await startErpSimulator({ now: () => at });
    running.push(sim);
    const folder = folderWith(settings);
    const put = () => {
      for (const document of documents) {
        const file = folder.inbox(document, at);
        writeFileSync(join(sim.inbox, file.name), file.bytes);
      }
      sim.step();
    };
    put();
    const read = () =>
      readdirSync(sim.outbox)
        .filter((name) => !name.startsWith('.'))
        .flatMap((name) => folder.outbox({ name, bytes: readFileSync(join(sim.outbox, name)) }, documents.map(awaitedOf)));
    return { sim, put, read, folder };
  }

  it('takes the register, answers by our reference, and makes no twin of a file that comes again', async () => {
    const { sim, put, read, folder } = await play({}, carried);
    expect(
      read()
        .map((a) => [a.reference, a.outcome.outcome])
        .sort(),
    ).toEqual(carried.map((d) => [d.reference, 'accepted']).sort());
    put();
    expect(sim.documents()).toHaveLength(carried.length);
    const prints = readdirSync(sim.outbox).filter((n) => n.endsWith('.pdf'));
    expect(new Set(prints.map((n) => folder.pdfOf(n, awaited)))).toEqual(new Set(carried.map((d) => d.reference)));
  });

  it('takes invoices with lines into its buffer and numbers them itself', async () => {
    const unnumbered = named.map((d) => ({ ...d, number: undefined }));
    const { read } = await play(documentsDoor, unnumbered);
    expect(read().map((a) => a.outcome)).toEqual(
      unnumbered.map(() =>
        expect.objectContaining({
          outcome: 'accepted',
          made: expect.objectContaining({ number: expect.stringMatching(/^\d+\/MAG\/2026$/) }),
        }),
      ),
    );
  });

  it('refuses ids of other bases in words', async () => {
    const { read } = await play({ targetBase: 'INNA' }, [carried[0]!]);
    expect(read()).toMatchObject([
      { outcome: { outcome: 'rejected', cause: { code: 'erp.refused', params: { message: expect.stringContaining('INNA') } } } },
    ]);
  });

  it('that breaks off is an unknown of the document whose name it bears', () => {
    const folder = folderWith();
    const { name, bytes } = folder.inbox(carried[0]!, at);
    expect(folder.outbox({ name, bytes: bytes.subarray(0, 500) }, awaited)).toMatchObject([
      { reference: carried[0]!.reference, outcome: { outcome: 'unknown', cause: { code: 'erp.answer_unreadable' } } },
    ]);
  });
});
