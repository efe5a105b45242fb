import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import yauzl from 'yauzl';
import {
  checkBooks,
  checkTaxFiles,
  type ExportResult,
  listExportFiles,
  makeExportFile,
  monthPack,
  openExportFile,
  readBooksProfile,
  saveBooksProfile,
  taxFile,
} from '../src/books/index.ts';
import { booksDocuments } from '../src/books/source.ts';
import { saveConnection } from '../src/connections/index.ts';
import { readEpp } from '../src/domain/formats/epp/index.ts';
import { booksProfileSchema, isInMonth, monthDays } from '../src/domain/formats/jpk/index.ts';
import { recompute } from '../src/domain/totals/index.ts';
import { allConnectors } from '../src/open.ts';
import { json } from '../src/store/index.ts';
import { type TestContext, testContext, testOrganization } from '../src/testkit/context.ts';
import { onBothDatabases } from '../src/testkit/database.ts';
import { onePagePdf } from '../src/testkit/pdf.ts';
import { type PolishDocument, polishMonth, polishSeller } from '../src/testkit/polish.ts';
import { readOrganization } from '../src/toissue/index.ts';
import { columnsOf } from '../src/toissue/row.ts';

/**
 * The promise: what leaves for the accountant is everything of the period and nothing twice; what is missing is said before; a file
 * made once has the same bytes for ever; nobody sees another organization's books.
 */
const period = { from: '2026-09-01', to: '2026-09-30' };
const details = booksProfileSchema.parse({ taxOffice: '0471', email: 'biuro@zurawina.example', county: 'm. Toruń', commune: 'm. Toruń' });
const render = async ({ issued }: { issued?: { number: string } }) => onePagePdf(issued!.number, []);

onBothDatabases('books', (store) => {
  let ctx: TestContext;
  let serial = 0;
  beforeAll(async () => {
    const connectors = [...(await allConnectors()).values()];
    ctx = await testContext(store(), { work: false, now: '2026-10-12T08:15:02Z', connectors });
  });
  afterAll(() => ctx.jobs.stop());

  /** The invented month as rows, as issuing would have left them. */
  async function shop(documents: PolishDocument[] = polishMonth(), country = 'PL') {
    const organizationId = await testOrganization(ctx, { name: 'Żurawina', country, seller: polishSeller });
    const who = { organizationId, actor: 'test' };
    serial++;
    const ids = new Map<string, string>();
    await ctx.store.org(organizationId, async (tx) => {
      const series = await tx.selectFrom('series').select(['id', 'kind']).where('organization_id', '=', organizationId).execute();
      for (const [i, d] of documents.entries()) {
        const id = d.id.replace('-7000-', `-7${String(serial).padStart(3, '0')}-`);
        ids.set(d.number, id);
        await tx
          .insertInto('document')
          .values({
            organization_id: organizationId,
            id,
            state: 'issued',
            series_id: series.find((s) => s.kind === d.kind)!.id,
            number: d.number,
            sequence_no: BigInt(i + 1),
            period: '2026-09',
            order_id: null,
            purpose: 'manual',
            content: json(d.content),
            findings: json([]),
            order_findings: json([]),
            corrects_id: d.original ? ids.get(d.original.number)! : null,
            merged_into: null,
            proforma_id: null,
            import_id: null,
            pdf_file_id: null,
            clearance: json(
              d.clearance ? { system: d.clearance.system, number: d.clearance.number, at: `${d.clearance.day}T10:00:00Z` } : null,
            ),
            created_at: `${d.issueDate}T09:00:00Z`,
            updated_at: `${d.issueDate}T09:00:00Z`,
            issued_at: [`${d.issueDate}T09:00:00Z`, d.content.payment.paidAt ?? ''].sort().at(-1)!,
            issued_by: 'test',
            ...columnsOf(d.content, [], d.number),
          } as never)
          .execute();
      }
    });
    return { organizationId, who, ids };
  }
  const made = (result: ExportResult) => {
    if ('findings' in result) throw new Error(JSON.stringify(result));
    return result;
  };
  const bytesOf = async (organizationId: string, id: string) =>
    Buffer.concat(await Array.fromAsync((await openExportFile(ctx, organizationId, id))!.bytes));

  test('what is missing for the tax office is said with its field, and gone when it is filled in', async () => {
    const { organizationId, who } = await shop();
    const before = await checkBooks(ctx, organizationId, period);
    expect(before.taxFiles.map((f) => [f.file, f.ready, f.findings.filter((x) => x.level === 'hold').map((x) => x.where)])).toEqual([
      ['v7', false, ['books.taxOffice', 'books.email']],
      ['fa', false, ['books.taxOffice', 'books.county']],
    ]);
    expect(await taxFile(ctx, organizationId, 'v7', { year: 2026, month: 9 })).toBeUndefined();
    await saveBooksProfile(ctx, who, details);
    expect(await ctx.store.org(organizationId, (tx) => readBooksProfile(tx, organizationId))).toEqual(details);
    const after = await checkBooks(ctx, organizationId, period);
    expect(after.taxFiles.map((f) => [f.file, f.ready, f.documents])).toEqual([
      ['v7', true, 14],
      ['fa', true, 11],
    ]);
    expect(after.documents.filter((d) => d.kind === 'correction')).toEqual([
      { kind: 'correction', currency: 'PLN', count: 1, net: '-1000.00', tax: '-230.00', gross: '-1230.00' },
    ]);
    const file = await taxFile(ctx, organizationId, 'v7', { year: 2026, month: 9 });
    const xml = (await Array.fromAsync(file!.text)).join('');
    expect(file!.name).toBe('JPK_V7M_2026-09.xml');
    expect(xml).toContain('<NrKSeF>5260001246-20260910-0A1B2C-3D4E5F-6B</NrKSeF>');
    expect(xml).toContain('<LiczbaWierszySprzedazy>11</LiczbaWierszySprzedazy>');
  });

  test('cash accounting said by a caller of before goes to the seller, and what was kept before stays for documents of then', async () => {
    const { organizationId, who } = await shop([]);
    await ctx.store.org(organizationId, (tx) =>
      tx
        .insertInto('books_profile')
        .values({ organization_id: organizationId, profile: json({ ...details, cashMethod: true }), updated_at: ctx.now() })
        .execute(),
    );
    const seller = () => ctx.store.org(organizationId, (tx) => readOrganization(tx, organizationId)).then((o) => o.seller.cashAccounting);
    for (const [cashMethod, told] of [
      [true, true],
      [undefined, true],
      [false, false],
    ] as const) {
      await saveBooksProfile(ctx, who, { ...details, cashMethod });
      expect(await seller()).toBe(told);
    }
    expect(await ctx.store.org(organizationId, (tx) => readBooksProfile(tx, organizationId))).toEqual({ ...details, cashMethod: true });
  });

  test('what was paid in one month and shipped in the next is of the first, and told in the second', async () => {
    const first = polishMonth()[1]!;
    const days = { issueDate: '2026-10-26', saleDate: '2026-10-26', payment: { ...first.content.payment, paidAt: '2026-09-30T10:00:00Z' } };
    const { organizationId, who } = await shop([{ ...first, issueDate: '2026-10-26', content: { ...first.content, ...days } }]);
    await saveBooksProfile(ctx, who, details);
    const rows = async (month: number) => {
      const file = await taxFile(ctx, organizationId, 'v7', { year: 2026, month });
      return (await Array.fromAsync(file!.text)).join('').match(/<DowodSprzedazy>[^<]*/g)?.length ?? 0;
    };
    expect([await rows(8), await rows(9), await rows(10), await rows(11)]).toEqual([0, 1, 0, 0]);
    const october = await checkBooks(ctx, organizationId, { from: '2026-10-01', to: '2026-10-31' });
    const [told] = october.taxFiles[0]!.findings.filter((f) => f.code === 'W_BOOKS_EARLIER_MONTH');
    expect(told).toMatchObject({ level: 'warning', params: { month: '2026-09', count: '1', numbers: first.number } });
  });

  test('sales to people in other member states are told before and after the limit, while they are taxed here', async () => {
    const base = polishMonth()[1]!;
    const person = (country: string) => ({ ...base.content.buyer, type: 'person' as const, country });
    const told = async (net: string, more: Partial<PolishDocument['content']>) => {
      const content = {
        ...base.content,
        buyer: person('DE'),
        taxTreatment: 'domestic' as const,
        totals: { ...base.content.totals, net },
        ...more,
      };
      const { organizationId, who } = await shop([{ ...base, content }]);
      await saveBooksProfile(ctx, who, details);
      const [v7] = await checkTaxFiles(ctx, organizationId, { year: 2026, month: 9 });
      return v7!.findings.filter((f) => f.code.startsWith('W_DISTANCE')).map((f) => [f.code, f.params?.sold]);
    };
    expect(await told('33599.99', {})).toEqual([]);
    expect(await told('33600.00', {})).toEqual([['W_DISTANCE_SALES_NEAR', '33600.00 PLN']]);
    expect(await told('42000.01', {})).toEqual([['W_DISTANCE_SALES_OVER', '42000.01 PLN']]);
    const euros = { currency: 'EUR', exchange: { rate: '4.2', accountingCurrency: 'PLN', source: 'NBP', date: '2026-08-31' } };
    expect(await told('8000.00', euros)).toEqual([['W_DISTANCE_SALES_NEAR', '33600.00 PLN']]);
    // Forints are no złotys, where a receipt has no rate.
    expect(await told('99999.00', { kind: 'receipt', currency: 'HUF', exchange: undefined })).toEqual([]);
    expect(await told('99999.00', { taxTreatment: 'destination' })).toEqual([]);
    expect(await told('99999.00', { buyer: person('CH') })).toEqual([]);
  });

  test('every document is fetched for exactly one month, whenever it was sold, paid and issued', async () => {
    const base = polishMonth()[1]!;
    // Invented days, the same every time: sold in three months of a year, paid and issued in any.
    const documents = Array.from({ length: 60 }, (_, i) => {
      const day = (n: number) => new Date(Date.UTC(2026, 1, 1 + (n % 330))).toISOString().slice(0, 10);
      const [saleDate, paid, issueDate] = [day(i * 37), day(i * 101 + 13), day(i * 53 + 29)] as [string, string, string];
      const content = {
        ...base.content,
        kind: 'invoice' as const,
        issueDate,
        saleDate,
        seller: { ...base.content.seller, cashAccounting: i % 3 > 0 },
        buyer: { ...base.content.buyer, type: i % 2 ? ('person' as const) : ('company' as const) },
        payment: { ...base.content.payment, paid: base.content.totals.gross, paidAt: `${paid}T10:00:00Z` },
      };
      return {
        ...base,
        id: base.id.replace(/.{4}$/, String(1000 + i)),
        kind: 'invoice' as const,
        number: `M/${i}`,
        issueDate,
        content: recompute(content),
      };
    });
    const days = { issueDate: '2026-11-20', saleDate: '2026-08-10' };
    documents[0] = {
      ...documents[1]!,
      id: documents[0]!.id,
      number: 'M/0',
      issueDate: days.issueDate,
      content: { ...documents[1]!.content, ...days, payment: { ...documents[1]!.content.payment, paidAt: '2026-10-05T10:00:00Z' } },
    };
    const { organizationId } = await shop(documents);
    const found = new Map<string, number[]>();
    for (let month = 1; month <= 15; month++) {
      const at = { year: 2026 + Math.floor((month - 1) / 12), month: ((month - 1) % 12) + 1 };
      const { from, to } = monthDays(at);
      for await (const document of booksDocuments(ctx.store, organizationId, { taxFrom: from, taxTo: to }))
        if (isInMonth(document, at)) found.set(document.number, [...(found.get(document.number) ?? []), month]);
    }
    expect(found.get('M/0')).toEqual([10]);
    expect(documents.filter((d) => found.get(d.number)?.length !== 1).map((d) => d.number)).toEqual([]);
  });

  test('a document goes into one file for a program, and into another only when asked for again', async () => {
    const { organizationId, who, ids } = await shop();
    const first = made(await makeExportFile(ctx, who, { connector: 'subiekt', ...period }));
    expect(first).toMatchObject({ alreadyOut: 0, made: { documents: 14, serial: '1', name: 'fakturist_1_20260901_20260930.epp' } });
    const bytes = await bytesOf(organizationId, first.made.id);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(first.made.sha256);
    expect(readEpp(bytes).documents).toHaveLength(14);
    expect(await makeExportFile(ctx, who, { connector: 'subiekt', ...period })).toMatchObject({
      findings: [{ code: 'H_EXPORT_ALREADY_OUT', params: { count: '14' } }],
    });
    const again = made(await makeExportFile(ctx, who, { connector: 'subiekt', ids: [ids.get('FV/101/09/2026')!], again: true }));
    expect(again.made.documents).toBe(1);
    // Another program is another target.
    expect(made(await makeExportFile(ctx, who, { connector: 'subiekt', ids: [ids.get('FV/101/09/2026')!], again: true })).made.serial).toBe(
      '3',
    );
    expect((await checkBooks(ctx, organizationId, period)).ways).toEqual([
      { connector: 'optima', name: 'Comarch ERP Optima', connectionId: null, waiting: 14 },
      { connector: 'subiekt', name: 'Subiekt GT / EDI++', connectionId: null, waiting: 0 },
    ]);
    expect((await ctx.store.org(organizationId, (tx) => listExportFiles(tx, organizationId))).map((f) => f.serial)).toEqual([
      '3',
      '2',
      '1',
    ]);
  });

  test('two files at once never share a document', async () => {
    const { who } = await shop();
    const results = await Promise.all([1, 2, 3].map(() => makeExportFile(ctx, who, { connector: 'subiekt', ...period })));
    expect(results.map((r) => ('made' in r ? r.made.documents : 0)).sort((a, b) => a - b)).toEqual([0, 0, 14]);
  });

  test('what a program would refuse stays out with its reason, and can go later', async () => {
    const { organizationId, who } = await shop();
    const settings = { sourceBase: 'FAKTU', targetBase: 'KSIEG' };
    const saved = await saveConnection(ctx, who, { connector: 'optima', name: 'Księgowa', settings });
    const connectionId = 'connection' in saved ? saved.connection.id : '';
    const result = made(await makeExportFile(ctx, who, { connector: 'optima', connectionId, ...period }));
    expect(result.made).toMatchObject({ documents: 13, refused: [{ number: 'FV/104/09/2026', findings: [{ code: 'optima.abroad' }] }] });
    expect((await bytesOf(organizationId, result.made.id)).toString()).toContain('<BAZA_ZRD_ID>FAKTU</BAZA_ZRD_ID>');
    const rest = await makeExportFile(ctx, who, { connector: 'optima', connectionId, ...period });
    expect(rest).toMatchObject({ findings: [{ code: 'H_EXPORT_ALL_REFUSED' }], alreadyOut: 13, refused: [{ number: 'FV/104/09/2026' }] });
    // Without a connection the ids of the bases are missing for every document.
    const none = await makeExportFile(ctx, who, { connector: 'optima', ...period });
    expect('findings' in none && none.refused[0]!.findings.map((f) => f.code)).toEqual(['optima.bases']);
  });

  test('a file left in the making by a crash gives its documents back', async () => {
    const { organizationId, who } = await shop();
    const first = made(await makeExportFile(ctx, who, { connector: 'subiekt', ...period }));
    await ctx.store.org(organizationId, (tx) =>
      tx
        .updateTable('export_batch')
        .set({ status: 'making' })
        .where('organization_id', '=', organizationId)
        .where('id', '=', first.made.id)
        .execute(),
    );
    expect(await makeExportFile(ctx, who, { connector: 'subiekt', ...period })).toHaveProperty('findings');
    ctx.clock.advance(11 * 60_000);
    expect(made(await makeExportFile(ctx, who, { connector: 'subiekt', ...period })).made.documents).toBe(14);
  });

  test('nothing of another organization is seen or written', async () => {
    const [mine, theirs] = [await shop(), await shop()];
    const file = made(await makeExportFile(ctx, theirs.who, { connector: 'subiekt', ...period }));
    expect(await openExportFile(ctx, mine.organizationId, file.made.id)).toBeUndefined();
    expect(await makeExportFile(ctx, mine.who, { connector: 'subiekt', ids: [...theirs.ids.values()] })).toMatchObject({
      findings: [{ code: 'H_BOOKS_NOTHING' }],
    });
  });

  test('the pack holds everything of the month, each file by its fingerprint', async () => {
    const { organizationId, who } = await shop();
    await saveBooksProfile(ctx, who, details);
    const pack = await monthPack(ctx, render as never, organizationId, period);
    expect(pack.name).toBe('paczka-2026-09-01-2026-09-30.zip');
    const files = await unzip(Buffer.concat(await Array.fromAsync(pack.bytes)));
    const folder = 'paczka-2026-09-01-2026-09-30/';
    expect([...files.keys()].filter((n) => !n.includes('/pdf/'))).toEqual(
      [
        'czytaj-najpierw.txt',
        'lista-dokumentow.csv',
        'lista-dokumentow.xlsx',
        'JPK_V7M_2026-09.xml',
        'JPK_FA_2026-09.xml',
        'rejestr-numerow.csv',
        'arkusz-kompletnosci.pdf',
        'arkusz-kompletnosci.csv',
        'uwagi.csv',
        'manifest.json',
      ].map((n) => folder + n),
    );
    expect([...files.keys()].filter((n) => n.includes('/pdf/'))).toHaveLength(14);
    const manifest = JSON.parse(files.get(`${folder}manifest.json`)!.toString()) as {
      files: { name: string; sha256: string; sizeBytes: number }[];
    };
    expect(manifest.files).toHaveLength(files.size - 1);
    for (const { name, sha256, sizeBytes } of manifest.files) {
      const bytes = files.get(folder + name)!;
      expect([name, createHash('sha256').update(bytes).digest('hex'), bytes.length]).toEqual([name, sha256, sizeBytes]);
    }
    const list = files.get(`${folder}lista-dokumentow.csv`)!.toString().split('\r\n');
    expect(list[0]).toContain('K_19 (23%)');
    expect(list.filter((line) => line.startsWith('FV/101/09/2026'))[0]).toContain(',NrKSeF,');
    expect(list).toHaveLength(16);
    expect((await unzip(files.get(`${folder}lista-dokumentow.xlsx`)!)).get('xl/worksheets/sheet1.xml')!.toString()).toContain(
      'FV/101/09/2026',
    );
    expect(files.get(`${folder}uwagi.csv`)!.toString()).toContain('W_BOOKS_OUTSIDE_SYSTEM');
    expect(files.get(`${folder}czytaj-najpierw.txt`)!.toString()).toContain('JPK_V7M_2026-09.xml');
  });

  test('a document that cannot be printed is a note in the pack, and files that are held are left out and said', async () => {
    const { organizationId } = await shop(polishMonth().slice(0, 3));
    const failing = async (input: { issued?: { number: string } }) => {
      if (input.issued!.number === 'FV/102/09/2026') throw new Error('no glyph');
      return render(input);
    };
    const files = await unzip(
      Buffer.concat(await Array.fromAsync((await monthPack(ctx, failing as never, organizationId, period, 'en')).bytes)),
    );
    const names = [...files.keys()];
    expect(names.filter((n) => n.includes('/pdf/'))).toHaveLength(2);
    expect(names.some((n) => n.includes('JPK'))).toBe(false);
    const notes = [...files].find(([n]) => n.endsWith('notes.csv'))![1].toString();
    expect(notes).toContain('W_BOOKS_NO_PDF');
    expect(notes).toContain('H_TAX_OFFICE_MISSING');
  });

  test('sellers of other countries get the pack without Polish files', async () => {
    const { organizationId } = await shop([], 'SE');
    const check = await checkBooks(ctx, organizationId, period);
    expect(check).toMatchObject({ wholeMonth: true, taxFiles: [], documents: [], completeness: { complete: true } });
    const files = await unzip(Buffer.concat(await Array.fromAsync((await monthPack(ctx, render as never, organizationId, period)).bytes)));
    expect([...files.keys()].some((n) => n.endsWith('dokument.csv'))).toBe(true);
  });

  test('a reader that goes away ends the pack', async () => {
    const { organizationId } = await shop();
    const pack = await monthPack(ctx, render as never, organizationId, period);
    for await (const _ of pack.bytes) break;
    expect(pack.bytes.destroyed).toBe(true);
    // The database is free again: nothing of the pack holds a transaction.
    await ctx.store.system((tx) => sql`select 1`.execute(tx));
  });
});

async function unzip(bytes: Buffer): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const zip = await new Promise<yauzl.ZipFile>((resolve, reject) =>
    yauzl.fromBuffer(bytes, { lazyEntries: true }, (error, opened) => (error ? reject(error) : resolve(opened))),
  );
  await new Promise<void>((resolve, reject) => {
    zip.on('entry', (entry: yauzl.Entry) => {
      zip.openReadStream(entry, (error, stream) => {
        if (error) return reject(error);
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          files.set(entry.fileName, Buffer.concat(chunks));
          zip.readEntry();
        });
      });
    });
    zip.once('end', resolve);
    zip.once('error', reject);
    zip.readEntry();
  });
  return files;
}
