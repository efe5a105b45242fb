import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import yazl from 'yazl';
import { connectors } from '../../connectors/registry.ts';
import { addPlainConnection } from '../connections/index.ts';
import type { FileSource } from '../contract/order-file.ts';
import { newId, storeFile, verifyAudit } from '../store/index.ts';
import { polishSeller, type TestContext, testContext, testOrganization } from '../testkit/context.ts';
import { onBothDatabases } from '../testkit/database.ts';
import { imaginedOrganization, issueDocuments, mergeDocuments, prepaymentFor, splitDocument } from '../toissue/index.ts';
import {
  batchSize,
  cancelImport,
  createImport,
  importRecords,
  importReport,
  importSources,
  inspectFile,
  listImports,
  listProfiles,
  memorySource,
  readImport,
  saveProfile,
  storedSource,
  sweepImports,
  tryAlone,
  tryImport,
  trySources,
  workImport,
} from './index.ts';

/**
 * The promise: every record of a file is accounted for, reading it again changes nothing, and a crash, a cancel or a second
 * worker lose and double nothing.
 */

type Fields = Record<string, unknown>;
const order = (externalId: string, more: Fields = {}): Fields => ({
  externalId,
  orderedAt: '2026-11-18T10:00:00Z',
  paidAt: '2026-11-18T10:05:00Z',
  currency: 'PLN',
  buyer: { name: 'Ewa Ryś', street: 'ul. Długa 1', postalCode: '00-001', city: 'Łomża', country: 'PL', email: 'ewa@przyklad.example' },
  invoiceRequest: { requested: true },
  delivery: { gross: '10.00', method: 'Kurier' },
  lines: [{ name: 'Kubek', quantity: '2', unitGross: '20.00' }],
  payments: [{ method: 'online', status: 'paid', amount: '50.00' }],
  declaredTotal: '50.00',
  ...more,
});
const lines = (orders: Fields[]) => Buffer.from(orders.map((o) => JSON.stringify(o)).join('\n'));
const many = (n: number, from = 1) => Array.from({ length: n }, (_, i) => order(`M${from + i}`));

onBothDatabases('intake', (store) => {
  let ctx: TestContext;
  beforeAll(async () => {
    ctx = await testContext(store(), { work: false, connectors: Object.values(connectors) });
  });
  afterAll(() => ctx.jobs.stop());

  async function seller() {
    const organizationId = await testOrganization(ctx);
    const who = { organizationId, actor: 'test' };
    const importing = (sources: FileSource[] | Buffer, more: { dryRun?: boolean; connector?: string; options?: object } = {}) =>
      importSources(ctx, who, {
        connector: more.connector ?? 'order-file',
        sources: Buffer.isBuffer(sources) ? [memorySource('zamówienia.jsonl', sources)] : sources,
        options: more.options ?? {},
        dryRun: more.dryRun,
      });
    const count = (table: 'sales_order' | 'document' | 'import_run' | 'import_batch' | 'connection') =>
      store().org(organizationId, async (tx) =>
        Number(
          (
            await tx
              .selectFrom(table)
              .select((e) => e.fn.countAll<bigint>().as('n'))
              .where('organization_id', '=', organizationId)
              .executeTakeFirstOrThrow()
          ).n,
        ),
      );
    const documents = () =>
      store().org(organizationId, (tx) =>
        tx
          .selectFrom('document as d')
          .innerJoin('sales_order as o', (join) =>
            join.onRef('o.organization_id', '=', 'd.organization_id').onRef('o.id', '=', 'd.order_id'),
          )
          .select(['d.id', 'o.external_id', 'd.kind', 'd.state', 'd.held', 'd.hold_codes', 'd.gross_minor'])
          .where('d.organization_id', '=', organizationId)
          .orderBy('o.external_id')
          .execute(),
      );
    return { organizationId, who, importing, count, documents };
  }

  test('every record ends as created, known or rejected; the same file again changes nothing', async () => {
    const { importing, count, documents, organizationId } = await seller();
    const file = lines([
      order('A'),
      order('B', { lines: [] }),
      order('A'),
      order('C', { declaredTotal: '50.01' }),
      order('D', { status: 'cancelled' }),
    ]);
    const { report, importIds } = await importing(file);
    expect(report).toMatchObject({
      count: 3,
      sumTotalGross: '150.00',
      byDocument: { INVOICE_PERSON: 2, SKIP: 1 },
      created: 3,
      unchanged: 0,
      imported: 3,
      known: 1,
      rejectedCount: 1,
      held: 1,
      status: 'done',
    });
    expect(report.rejected).toEqual([{ line: 2, code: 'E_NO_LINES', externalId: 'B', where: 'lines', value: '' }]);
    expect(report.fileWarnings).toEqual([{ code: 'W_DUPLICATE_IDENTICAL', externalId: 'A' }]);
    expect(report.orders.map((o) => [o.externalId, o.issues])).toEqual([
      ['A', []],
      ['C', ['H_TOTAL_MISMATCH', 'H_UNPAID']],
      ['D', []],
    ]);
    expect(report.records.map((r) => [r.line, r.outcome])).toEqual([
      [1, 'created'],
      [2, 'rejected'],
      [3, 'duplicate'],
      [4, 'created'],
      [5, 'created'],
    ]);
    expect((await documents()).map((d) => [d.external_id, d.kind, d.state, d.held])).toEqual([
      ['A', 'invoice', 'to_issue', false],
      ['C', 'invoice', 'to_issue', true],
    ]);
    expect(report.documents.map((d) => d.externalId)).toEqual(['A', 'C']);

    const again = await importing(file);
    expect(again.report).toMatchObject({
      count: 3,
      sumTotalGross: '150.00',
      created: 0,
      unchanged: 3,
      updated: 0,
      documents: [],
      held: 1,
      importedBefore: '2026-11-20T09:00:00.000Z',
    });
    // What waits is still named, so that whoever came to issue it finds it.
    expect(again.report.records.map((r) => r.documentId)).toEqual(report.records.map((r) => r.documentId));
    expect(await count('sales_order')).toBe(3);
    expect(await count('document')).toBe(2);

    const page = await store().org(organizationId, (tx) => importRecords(tx, organizationId, importIds[0]!, { limit: 2 }));
    expect(page.items.map((r) => r.line)).toEqual([1, 2]);
    const next = await store().org(organizationId, (tx) =>
      importRecords(tx, organizationId, importIds[0]!, { limit: 200, cursor: page.nextCursor }),
    );
    expect(next.items.map((r) => r.line)).toEqual([3, 4, 5]);
    const rejected = await store().org(organizationId, (tx) => importRecords(tx, organizationId, importIds[0]!, { outcome: 'rejected' }));
    expect(rejected.items.map((r) => r.code)).toEqual(['E_NO_LINES']);
    const runs = await store().org(organizationId, (tx) => listImports(tx, organizationId));
    expect(runs.items).toHaveLength(2);
    expect(runs.items.find((run) => run.id === importIds[0])).toMatchObject({
      status: 'done',
      counts: { created: 3, rejected: 1, duplicate: 1, held: 1, documents: 2 },
    });
    expect((await store().org(organizationId, (tx) => verifyAudit(tx, organizationId))).brokenAt).toBeUndefined();
  });

  test('a dry run tells the same and stores nothing', async () => {
    const { importing, count } = await seller();
    const file = lines([...many(batchSize + 3), order('B', { lines: [] }), order('M1'), order('M2', { declaredTotal: '49.00' })]);
    const { report: told } = await importing(file, { dryRun: true });
    expect([await count('sales_order'), await count('document'), await count('import_run'), await count('connection')]).toEqual([
      0, 0, 0, 0,
    ]);
    const { report: done } = await importing(file);
    const without = (report: typeof told) => ({
      ...report,
      dryRun: undefined,
      files: report.files.map(({ importId: _id, ...file }) => file),
      records: report.records.map(({ orderId: _o, documentId: _d, ...record }) => record),
      documents: report.documents.map(({ id: _id, ...document }) => document),
    });
    expect(without(told)).toEqual(without(done));
    expect(told.created).toBe(batchSize + 3);
    expect((await importing(file, { dryRun: true })).report).toMatchObject({ created: 0, unchanged: batchSize + 3 });
  });

  test('where nothing is stored a dry run asks no database and tells the same', async () => {
    const { who } = await seller();
    const line = (externalId: string) => ({ externalId, name: 'Kubek', quantity: '2', unitGross: '20.00' });
    const file = lines([
      ...many(3),
      order('B', { lines: [] }),
      order('M1'),
      order('M2', { declaredTotal: '49.00' }),
      order('W', { payments: [{ method: 'online', status: 'pending', amount: '50.00' }], paidAt: undefined }),
      order('L1', { lines: [line('z')] }),
      order('L2', { lines: [line('z')] }),
      order('E', { currency: 'EUR' }),
      order('X', { status: 'cancelled' }),
    ]);
    const input = { connector: 'order-file', source: memorySource('a.jsonl', file), options: { kind: 'auto' as const } };
    const beside = await tryImport(ctx, who, input);
    expect(await tryAlone(ctx, imaginedOrganization(polishSeller), input)).toEqual(beside);
    expect(beside.outcomes).toMatchObject({ rejected: 1, duplicate: 1, conflict: 1, superseded: 1 });
  });

  test('several files of one dry run know of each other, as they do when imported', async () => {
    const { who, importing } = await seller();
    const files = [
      memorySource('a.jsonl', lines([order('F1'), order('F2'), order('F3')])),
      memorySource('b.jsonl', lines([order('F2'), order('F3', { declaredTotal: '51.00' }), order('F4')])),
    ];
    const outcomes = { created: 4, unchanged: 1, updated: 1 };
    expect((await importing(files, { dryRun: true })).report.outcomes).toEqual(outcomes);
    const alone = await trySources(files, (source, tried) =>
      tryAlone(ctx, imaginedOrganization(polishSeller), { connector: 'order-file', source, options: {} }, {}, tried),
    );
    expect(alone.outcomes).toEqual(outcomes);
    expect((await importing(files)).report.outcomes).toEqual(outcomes);
    expect((await tryImport(ctx, who, { connector: 'order-file', source: files[0]!, options: {} })).outcomes).toEqual({
      unchanged: 2,
      updated: 1,
    });
  });

  test('a mapping accepted unseen is kept: the next file of its layout is known; a dry run keeps none', async () => {
    const { importing, organizationId } = await seller();
    const table = (n: number) =>
      Buffer.from(`Nr zamówienia;Data zakupu;Kupujący;Nazwa produktu;Ilość;Cena brutto;Razem\n${n};01.11.2026;ala;Kubek;2;10,00;20,00\n`);
    const kept = () => ctx.store.org(organizationId, (tx) => listProfiles(tx, organizationId));
    const of = (n: number) => [memorySource('mój sklep.csv', table(n))];
    expect((await importing(of(1))).report).toMatchObject({ status: 'refused', created: 0 });
    expect((await importing(of(1), { dryRun: true, options: { acceptProposal: true } })).report).toMatchObject({ created: 1 });
    expect(await kept()).toEqual([]);
    expect((await importing(of(1), { options: { acceptProposal: true } })).report).toMatchObject({ status: 'done', created: 1 });
    expect(await kept()).toMatchObject([{ name: 'mój sklep' }]);
    expect((await importing(of(2))).report).toMatchObject({ status: 'done', created: 1 });
    expect((await importing(of(3), { options: { acceptProposal: true } })).report).toMatchObject({ created: 1 });
    expect(await kept()).toHaveLength(1);
  });

  test('a changed order refreshes what is prepared; a cancelled one withdraws it; an issued document stays', async () => {
    const { importing, documents, who } = await seller();
    await importing(lines([order('A'), order('B'), order('C'), order('D')]));
    const before = await documents();
    const issued = before.find((d) => d.external_id === 'C')!;
    expect((await issueDocuments(ctx, who, [issued.id]))[0]).toMatchObject({ outcome: 'issued' });
    const dearer = {
      lines: [{ name: 'Kubek', quantity: '3', unitGross: '20.00' }],
      declaredTotal: '70.00',
      payments: [{ method: 'online', status: 'paid', amount: '70.00' }],
    };
    const { report } = await importing(
      lines([
        order('A', dearer),
        order('B', { status: 'cancelled' }),
        order('C', dearer),
        order('D', { buyer: { ...(order('D').buyer as Fields), name: ' Ewa  Ryś ' } }),
      ]),
    );
    expect(report.records.map((r) => [r.externalId, r.outcome])).toEqual([
      ['A', 'updated'],
      ['B', 'cancelled'],
      ['C', 'changed-after-issue'],
      ['D', 'unchanged'],
    ]);
    expect((await documents()).map((d) => [d.external_id, d.state, d.gross_minor, d.hold_codes])).toEqual([
      ['A', 'to_issue', 7000n, []],
      ['B', 'withdrawn', 5000n, []],
      ['C', 'issued', 5000n, ['H_CHANGED_AFTER_ISSUE']],
      ['D', 'to_issue', 5000n, []],
    ]);
    expect(report.orders[2]!.issues).toContain('H_CHANGED_AFTER_ISSUE');
  });

  test('a contradiction inside a file holds the first, in the same batch and in a later one', async () => {
    const { importing, documents } = await seller();
    const { report } = await importing(
      lines([order('A'), order('A', { declaredTotal: '51.00' }), order('Z'), ...many(batchSize), order('Z', { number: 'other' })]),
    );
    const held = (await documents()).filter((d) => d.held);
    expect(held.map((d) => [d.external_id, d.hold_codes])).toEqual([
      ['A', ['H_DUP_CONFLICT']],
      ['Z', ['H_DUP_CONFLICT']],
    ]);
    expect(report.orders.filter((o) => o.issues.includes('H_DUP_CONFLICT')).map((o) => o.externalId)).toEqual(['A', 'Z']);
    expect(report.outcomes).toMatchObject({ created: batchSize + 2, conflict: 2 });
  });

  test('a run that is killed goes on where its last batch ended', async () => {
    const { who, organizationId, count } = await seller();
    const source = memorySource('m.jsonl', lines([...many(batchSize * 2 + 100), order('M1')]), 10_000);
    const id = await store().org(organizationId, (tx) =>
      createImport(tx, ctx, who, { connector: 'order-file', name: 'm.jsonl', sizeBytes: source.sizeBytes, options: {} }),
    );
    let passes = 0;
    const dying: FileSource = {
      ...source,
      async *open(from?: number) {
        // The scan passes; the reading dies after its first batch was stored.
        const reading = passes++ > 0;
        let given = 0;
        for await (const chunk of source.open(from)) {
          if (reading && given > source.sizeBytes * 0.7) throw new Error('power cut');
          given += chunk.length;
          yield chunk;
        }
      },
    };
    await expect(workImport(ctx, organizationId, id, { source: dying })).rejects.toThrow('power cut');
    await new Promise((resolve) => setImmediate(resolve));
    const stopped = await count('sales_order');
    expect(stopped % batchSize).toBe(0);
    expect(stopped).toBeLessThan(batchSize * 2 + 100);
    expect((await store().org(organizationId, (tx) => readImport(tx, organizationId, id)))!.status).not.toBe('done');
    await workImport(ctx, organizationId, id, { source });
    const report = await importReport(ctx, organizationId, id);
    expect(report).toMatchObject({ status: 'done', count: batchSize * 2 + 100, created: batchSize * 2 + 100, unchanged: 0, known: 1 });
    expect(await count('document')).toBe(batchSize * 2 + 100);
    const run = await store().org(organizationId, (tx) => readImport(tx, organizationId, id));
    expect(run!.counts).toMatchObject({ created: batchSize * 2 + 100, duplicate: 1 });
    // A run that is over is left alone.
    await workImport(ctx, organizationId, id, { source });
    expect(await count('import_batch')).toBe(3);
  });

  test('two workers on one run, and two runs of one file at once, double nothing', async () => {
    const { who, organizationId, count } = await seller();
    const source = memorySource('m.jsonl', lines(many(batchSize + 50)));
    const make = () =>
      store().org(organizationId, (tx) =>
        createImport(tx, ctx, who, { connector: 'order-file', name: 'm.jsonl', sizeBytes: source.sizeBytes, options: {} }),
      );
    const first = await make();
    await Promise.all([workImport(ctx, organizationId, first, { source }), workImport(ctx, organizationId, first, { source })]);
    await workImport(ctx, organizationId, first, { source });
    const [second, third] = [await make(), await make()];
    const more = memorySource('n.jsonl', lines(many(batchSize + 50, 10_000)));
    await Promise.all([second, third].map((id) => workImport(ctx, organizationId, id, { source: more })));
    expect(await count('sales_order')).toBe(2 * (batchSize + 50));
    expect(await count('document')).toBe(2 * (batchSize + 50));
    const reports = await Promise.all([first, second, third].map((id) => importReport(ctx, organizationId, id)));
    expect(reports.map((r) => r!.status)).toEqual(['done', 'done', 'done']);
    expect(reports[0]!.created).toBe(batchSize + 50);
    expect(reports[1]!.created + reports[2]!.created).toBe(batchSize + 50);
    expect(reports[1]!.unchanged + reports[2]!.unchanged).toBe(batchSize + 50);
  });

  test('a cancelled run keeps what it has and says so', async () => {
    const { who, organizationId, count } = await seller();
    const source = memorySource('m.jsonl', lines(many(batchSize * 4)), 20_000);
    const id = await store().org(organizationId, (tx) =>
      createImport(tx, ctx, who, { connector: 'order-file', name: 'm.jsonl', sizeBytes: source.sizeBytes, options: {} }),
    );
    let asked: Promise<boolean> | undefined;
    const seen: number[] = [];
    await workImport(ctx, organizationId, id, {
      source,
      onProgress: ({ records, bytesRead, sizeBytes }) => {
        seen.push(bytesRead / sizeBytes);
        if (records >= batchSize) asked ??= cancelImport(ctx, who, id);
      },
    });
    expect(await asked).toBe(true);
    const run = await store().org(organizationId, (tx) => readImport(tx, organizationId, id));
    expect(run).toMatchObject({ status: 'cancelled', cancelRequested: true });
    expect(await count('sales_order')).toBeLessThan(batchSize * 4);
    expect((await importReport(ctx, organizationId, id))!.created).toBe(await count('sales_order'));
    expect(seen.every((share, i) => share >= (seen[i - 1] ?? 0) && share <= 1)).toBe(true);
    expect(await cancelImport(ctx, who, id)).toBe(false);
  });

  test('the records of a run that lacks a batch in the middle are all told', async () => {
    const { importing, organizationId, who } = await seller();
    const { importIds } = await importing(lines(many(batchSize * 2 + 5)));
    const id = importIds[0]!;
    await store().org(organizationId, (tx) =>
      tx
        .deleteFrom('import_batch')
        .where('organization_id', '=', organizationId)
        .where('import_id', '=', id)
        .where('seq', '=', 1)
        .execute(),
    );
    expect((await importReport(ctx, organizationId, id))!.created).toBe(batchSize + 5);
    const page = (cursor?: string) =>
      store().org(who.organizationId, (tx) => importRecords(tx, organizationId, id, { cursor, limit: 200 }));
    const found: (string | undefined)[] = [];
    for (let next = await page(); ; next = await page(next.nextCursor)) {
      found.push(...next.items.map((r) => r.externalId));
      if (!next.nextCursor) break;
    }
    expect(new Set(found).size).toBe(batchSize + 5);
    expect(found).toHaveLength(batchSize + 5);
  });

  test('a stored file is worked by its job, also after a restart or when the worker was killed beside living ones', async () => {
    const { who, organizationId } = await seller();
    const bytes = lines([order('A'), order('B')]);
    const id = await store().org(organizationId, async (tx) => {
      const file = await storeFile(tx, organizationId, ctx.now(), { name: 'a.jsonl', mediaType: 'application/json', bytes });
      return createImport(tx, ctx, who, {
        connector: 'order-file',
        file,
        name: file.name,
        sizeBytes: file.sizeBytes,
        options: { kind: 'proforma', defaultVatRate: '8' },
      });
    });
    const jobs = () =>
      sql<{
        state: string;
        heartbeat_seconds: number;
      }>`select state, heartbeat_seconds from pgboss.job where name = 'import-file' and data->>'id' = ${id} order by state`.execute(
        store().db,
      );
    const atWork = (silentFor: string) =>
      sql`update pgboss.job set state = 'active', started_on = now() - interval '3 hours', heartbeat_on = now() - ${silentFor}::interval
        where data->>'id' = ${id} and state = 'created'`.execute(store().db);
    // A job that waits and one whose worker lives are left alone, however long it has been at it; a dead worker's file is taken up by whoever lives.
    await sweepImports(ctx);
    expect((await jobs()).rows).toMatchObject([{ state: 'created', heartbeat_seconds: 60 }]);
    await atWork('20 seconds');
    await sweepImports(ctx);
    expect((await jobs()).rows.map((j) => j.state)).toEqual(['active']);
    // Who begins in the place of a killed process waits for no silence.
    expect(await sweepImports(ctx, { starting: true })).toBeGreaterThan(0);
    expect((await jobs()).rows.map((j) => j.state)).toEqual(['created', 'active']);
    // Nor does he close what a living reader is at, though another job of the file has failed.
    await sql`update pgboss.job set state = 'failed', completed_on = now(), output = '{"message":"boom"}'
      where data->>'id' = ${id} and state = 'created'`.execute(store().db);
    await sweepImports(ctx, { starting: true });
    expect(await store().org(organizationId, (tx) => readImport(tx, organizationId, id))).toMatchObject({ status: 'waiting' });
    await sql`delete from pgboss.job where data->>'id' = ${id} and state <> 'active'`.execute(store().db);
    await sql`update pgboss.job set heartbeat_on = now() - interval '1 hour' where data->>'id' = ${id}`.execute(store().db);
    expect(await sweepImports(ctx)).toBeGreaterThan(0);
    await sweepImports(ctx);
    expect((await jobs()).rows.map((j) => j.state)).toEqual(['created', 'active']);
    await workImport(ctx, organizationId, id);
    const report = await importReport(ctx, organizationId, id);
    expect(report).toMatchObject({ status: 'done', created: 2 });
    expect(report!.documents.map((d) => d.kind)).toEqual(['proforma', 'proforma']);
    const document = await store().org(organizationId, (tx) =>
      tx.selectFrom('document').select('content').where('organization_id', '=', organizationId).limit(1).executeTakeFirstOrThrow(),
    );
    expect(document.content.lines[0]!.rate).toMatchObject({ percent: '8', source: 'default' });
  });

  test('a file whose reader stumbles every time ends as failed and says of what; a cancel is met before it stumbles again', async () => {
    const { who, organizationId } = await seller();
    const start = () =>
      store().org(organizationId, async (tx) => {
        const file = await storeFile(tx, organizationId, ctx.now(), { name: 'a.jsonl', mediaType: 'x/y', bytes: lines([order('A')]) });
        return createImport(tx, ctx, who, { connector: 'order-file', file, name: file.name, sizeBytes: file.sizeBytes, options: {} });
      });
    const [bad, unwanted] = [await start(), await start()];
    await sql`update pgboss.job set state = 'failed', completed_on = now(), output = '{"message":"boom"}' where data->>'id' = ${bad}`.execute(
      store().db,
    );
    await sweepImports(ctx);
    await sweepImports(ctx);
    const run = (id: string) => store().org(organizationId, (tx) => readImport(tx, organizationId, id));
    expect(await run(bad)).toMatchObject({ status: 'failed', findings: [{ code: 'F_FAILED', params: { reason: 'boom' } }] });
    const { rows } = await sql`select 1 from pgboss.job where name = 'import-file' and data->>'id' = ${bad}`.execute(store().db);
    expect(rows).toHaveLength(1);

    await store().org(organizationId, (tx) =>
      sql`update import_run set options = options || '{"connector":"gone"}' where organization_id = ${organizationId} and id = ${unwanted}`.execute(
        tx,
      ),
    );
    await expect(workImport(ctx, organizationId, unwanted)).rejects.toThrow();
    expect(await cancelImport(ctx, who, unwanted)).toBe(true);
    await workImport(ctx, organizationId, unwanted);
    expect(await run(unwanted)).toMatchObject({ status: 'cancelled' });
  });

  test('a stored file gives its bytes from any place', async () => {
    const { organizationId } = await seller();
    const bytes = Buffer.from(Array.from({ length: 2_500_000 }, (_, i) => i % 251));
    const file = await store().org(organizationId, (tx) =>
      storeFile(tx, organizationId, ctx.now(), { name: 'x', mediaType: 'x/y', bytes }),
    );
    for (const from of [0, 1, 1_048_575, 1_048_576, 2_400_000, 2_500_000]) {
      const chunks: Buffer[] = [];
      for await (const chunk of storedSource(store(), organizationId, file).open(from)) chunks.push(Buffer.from(chunk));
      expect(Buffer.concat(chunks).equals(bytes.subarray(from))).toBe(true);
    }
  });

  test('a refused file leaves no order and its reason', async () => {
    const { importing, count } = await seller();
    const { report } = await importing(Buffer.from('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'));
    expect(report).toMatchObject({ status: 'refused', count: 0, fileWarnings: [{ code: 'F_DTD' }], files: [{ refused: 'F_DTD' }] });
    expect(await count('sales_order')).toBe(0);
  });

  test('several files and a ZIP at once: one report, the bad ones named', async () => {
    const { importing, count } = await seller();
    const zip = new yazl.ZipFile();
    zip.addBuffer(lines([order('B'), order('C', { currency: 'EUR' })]), 'b.jsonl');
    zip.addBuffer(Buffer.from('<html></html>'), 'page.xml');
    zip.end();
    const chunks: Buffer[] = [];
    for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
    const sources = [memorySource('a.jsonl', lines([order('A')])), memorySource('z.zip', Buffer.concat(chunks))];
    for (const dryRun of [true, false]) {
      const { report } = await importing(sources, { dryRun });
      expect(report).toMatchObject({ count: 3, created: 3, sumTotalGross: { EUR: '50.00', PLN: '100.00' } });
      expect(report.files.map((f) => [f.name, f.refused])).toEqual([
        ['a.jsonl', undefined],
        ['z.zip/b.jsonl', undefined],
        ['z.zip/page.xml', 'F_NOT_XML'],
      ]);
      expect(report.fileWarnings).toEqual([{ code: 'F_NOT_XML', file: 'z.zip/page.xml' }]);
      expect(report.records.map((r) => r.file)).toEqual(['a.jsonl', 'z.zip/b.jsonl', 'z.zip/b.jsonl']);
    }
    expect(await count('sales_order')).toBe(3);
  });

  test('an unknown layout imports nothing until its mapping is saved or accepted', async () => {
    const { importing, count, who, organizationId } = await seller();
    const table = memorySource(
      't.csv',
      Buffer.from('order_no;order_date;product;qty;unit_price;total\n1;2026-11-18;Kubek;1;10,00;10,00\n'),
    );
    const { report } = await importing([table]);
    expect(report).toMatchObject({ status: 'refused', count: 0, fileWarnings: [{ code: 'F_PROFILE_UNKNOWN' }] });
    expect(report.proposal).toMatchObject({ missing: [], preview: [{ computedTotal: '10.00', totalsAgree: true }] });
    expect(await inspectFile(ctx, 'order-file', table, [])).toMatchObject({ recognised: false, refused: { code: 'F_PROFILE_UNKNOWN' } });
    await store().org(organizationId, (tx) => saveProfile(tx, ctx, who, 'mój sklep', report.proposal!.profile));
    const profiles = await store().org(organizationId, (tx) => listProfiles(tx, organizationId));
    expect(
      await inspectFile(
        ctx,
        'order-file',
        table,
        profiles.map((p) => p.profile),
      ),
    ).toMatchObject({ recognised: true, profile: profiles[0]!.id });
    expect((await importing([table])).report).toMatchObject({ status: 'done', created: 1, files: [{ profile: profiles[0]!.id }] });
    expect(await count('sales_order')).toBe(1);
  });

  test('lines that move to another order: the old one is closed, or the new one held when a document exists', async () => {
    const { importing, documents, who } = await seller();
    const withLine = (id: string, ...ids: string[]) =>
      order(id, {
        lines: ids.map((lineId) => ({ externalId: lineId, name: 'Kubek', quantity: '2', unitGross: '20.00' })),
        declaredTotal: undefined,
        payments: [],
      });
    await importing(lines([withLine('A', 'l1'), withLine('B', 'l2')]));
    const b = (await documents()).find((d) => d.external_id === 'B')!;
    await issueDocuments(ctx, who, [b.id]);
    const { report } = await importing(lines([withLine('AB', 'l1', 'l2')]));
    expect(report.orders[0]!.issues).toEqual(['H_MERGED']);
    expect((await documents()).map((d) => [d.external_id, d.state, d.hold_codes])).toEqual([
      ['A', 'withdrawn', []],
      ['AB', 'to_issue', ['H_MERGED']],
      ['B', 'issued', []],
    ]);
    const again = await importing(lines([withLine('A', 'l1', 'l3')]));
    expect(again.report).toMatchObject({ unchanged: 1, updated: 0 });
  });

  test('lines that move from an order of which a part, an advance or a document with others is issued hold the new one', async () => {
    const { importing, documents, who } = await seller();
    const withLine = (id: string, ...ids: string[]) =>
      order(id, {
        lines: ids.map((lineId) => ({ externalId: lineId, name: 'Kubek', quantity: '2', unitGross: '20.00' })),
        declaredTotal: undefined,
        payments: [],
      });
    await importing(lines([withLine('P', 'p1'), withLine('V', 'v1'), withLine('H', 'h1'), withLine('M', 'm1')]));
    const of = async (id: string) => (await documents()).find((d) => d.external_id === id)!.id;
    const part = await splitDocument(ctx, who, await of('P'), [{ lineId: 'p1', quantity: '1' }]);
    const advance = await prepaymentFor(ctx, who, await of('V'), '10.00', '2026-11-20');
    expect(await mergeDocuments(ctx, who, [await of('H'), await of('M')])).toMatchObject({ outcome: 'created' });
    const made = [part, advance].map((result) => (result.outcome === 'created' ? result.id : expect.fail(JSON.stringify(result))));
    const issued = await issueDocuments(ctx, who, [...made, await of('H')]);
    expect(issued.map((one) => one.outcome)).toEqual(['issued', 'issued', 'issued']);
    const { report } = await importing(lines([withLine('P2', 'p1', 'x1'), withLine('V2', 'v1', 'x2'), withLine('M2', 'm1', 'x3')]));
    expect(report.orders.map((o) => [o.externalId, o.issues])).toEqual(['P2', 'V2', 'M2'].map((id) => [id, ['H_MERGED']]));
  });

  test('the same sale on a second connection is linked and makes no second document', async () => {
    const { importing, documents, organizationId, who } = await seller();
    await importing(lines([order('A', { channel: 'allegro' }), order('B', { channel: 'allegro' })]));
    const other = newId(ctx.now());
    await store().org(organizationId, (tx) =>
      addPlainConnection(tx, organizationId, { id: other, connector: 'order-file', name: 'drugi' }, ctx.now()),
    );
    const source = memorySource(
      'x.jsonl',
      lines([
        order('A', { channel: 'allegro' }),
        order('77', { channel: 'shop', aliases: [{ scheme: 'allegro', value: 'B' }] }),
        order('78', { channel: 'shop' }),
      ]),
    );
    const { report } = await importSources(ctx, who, { connector: 'order-file', connectionId: other, sources: [source], options: {} });
    expect(report.records.map((r) => [r.externalId, r.outcome])).toEqual([
      ['A', 'known-elsewhere'],
      ['77', 'known-elsewhere'],
      ['78', 'created'],
    ]);
    expect((await documents()).map((d) => d.external_id)).toEqual(['78', 'A', 'B']);
  });

  test('an order whose line contradicts itself is imported and its document held', async () => {
    const { importing, documents } = await seller();
    const file = `<sales-manager-export><transactions><transaction><transaction-id>1</transaction-id><date>2026-11-18 10:00:00</date>
      <invoice requested="1"><full-name>Ewa</full-name><street>Długa 1</street><postcode>00-001</postcode><city>Łomża</city></invoice>
      <items><item><title>Kubek</title><quantity>2</quantity><price>10,00</price><amount>21,00</amount></item></items><total>20,00</total></transaction></transactions></sales-manager-export>`;
    const { report } = await importing([memorySource('x.xml', Buffer.from(file))], { connector: 'allegro-file' });
    expect(report.orders[0]).toMatchObject({ itemsGross: '20.00', totalGross: '20.00' });
    expect(report.orders[0]!.issues).toContain('H_TOTAL_MISMATCH');
    expect((await documents())[0]!.hold_codes).toContain('H_TOTAL_MISMATCH');
  });

  test('letters of all kinds are stored, and an order no database takes is rejected alone', async () => {
    const { importing, count } = await seller();
    const emoji = 'Zażółć \u{1F600}'.repeat(10);
    const strange = [
      order('A', { buyer: { ...(order('A').buyer as Fields), name: emoji } }),
      order('B', { lines: [{ name: 'nul \u0000 half \ud83d end', quantity: '2', unitGross: '20.00' }] }),
      order('C', { orderedAt: '9999-01-01T00:00:00Z' }),
      order('D'),
    ];
    const { report } = await importing(lines(strange));
    expect(report.records.map((r) => [r.externalId, r.outcome])).toEqual([
      ['A', 'created'],
      ['B', 'created'],
      ['C', 'rejected'],
      ['D', 'created'],
    ]);
    const huge = order('E', {
      lines: [{ name: 'x', quantity: '999999999', unitGross: '999999999999.99' }],
      declaredTotal: undefined,
      payments: [],
    });
    const mixed = await importing(lines([order('F'), huge, order('G')]));
    expect(mixed.report.records.map((r) => [r.externalId, r.outcome])).toEqual([
      ['F', 'created'],
      ['E', 'rejected'],
      ['G', 'created'],
    ]);
    expect(await count('sales_order')).toBe(5);
  });

  test('without a chosen rate the country’s standard rate is the default, and "none" holds', async () => {
    const organizationId = await testOrganization(ctx, { ...polishSeller, policies: {} });
    const input = { connector: 'order-file', sources: [memorySource('a', lines([order('A')]))], dryRun: true };
    const run = (options: object) => importSources(ctx, { organizationId, actor: 'test' }, { ...input, options });
    expect((await run({})).report.orders[0]!.issues).toEqual([]);
    expect((await run({ defaultVatRate: '8' })).report.held).toBe(0);
    expect((await run({ defaultVatRate: 'none' })).report.orders[0]!.issues).toEqual(['H_VAT_UNKNOWN']);
    await expect(run({ defaultVatRate: 'lots' })).rejects.toThrow('no VAT rate');
  });

  test('organizations do not see each other’s orders', async () => {
    const [one, two] = [await seller(), await seller()];
    await one.importing(lines([order('A')]));
    expect((await two.importing(lines([order('A')]))).report.created).toBe(1);
    expect(
      (await tryImport(ctx, two.who, { connector: 'order-file', source: memorySource('a', lines([order('B')])), options: {} })).created,
    ).toBe(1);
  });
});
