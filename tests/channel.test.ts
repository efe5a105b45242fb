import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { connector as sellasist } from '../connectors/sellasist/connector.ts';
import { type SellasistSimulator, startSellasistSimulator } from '../connectors/sellasist/simulator.ts';
import { pullNow, pullView, reviewOrders, sweepOrderWrites, workOrderWrite, workPull } from '../src/channel/index.ts';
import { readConnection, saveConnection } from '../src/connections/index.ts';
import type { RenderPdf } from '../src/delivery/index.ts';
import { type TestContext, testContext, testOrganization } from '../src/testkit/context.ts';
import { onBothDatabases } from '../src/testkit/database.ts';
import { listSeries, workIssueRun } from '../src/toissue/index.ts';

/** The promise: orders of an order system come in, none late or missed; their documents go back onto them, seen there, never twice. */
const bytesOf = (number: string) => Buffer.from(`%PDF-1.7\n${number}\n%%EOF`);
const renderPdf: RenderPdf = async ({ issued }) => bytesOf(issued!.number);

onBothDatabases('orders of an order system', (store) => {
  let ctx: TestContext;
  let simulator: SellasistSimulator;
  let organizationId: string;
  const who = () => ({ organizationId, actor: 'test' });

  beforeAll(async () => {
    ctx = await testContext(store(), { work: false, connectors: [sellasist], now: '2026-11-20T09:00:00Z' });
    simulator = await startSellasistSimulator({ now: () => ctx.now(), seeds: false });
  });
  afterAll(async () => {
    await ctx.jobs.stop();
    await simulator.close();
  });
  beforeEach(async () => {
    ctx.clock.advance(3600_000);
    await sim('reset');
    organizationId = await testOrganization(ctx);
  });

  async function sim(path: string, body: unknown = {}, method = 'POST'): Promise<any> {
    const response = await fetch(`${simulator.url}/__sim/${path}`, {
      method,
      ...(method === 'GET' ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
    return text ? JSON.parse(text) : undefined;
  }
  const theirs = (): Promise<any[]> => sim('orders', undefined, 'GET');

  async function connect(settings: Record<string, unknown> = {}): Promise<string> {
    const saved = await saveConnection(ctx, who(), {
      connector: 'sellasist',
      name: 'Sellasist',
      baseUrl: simulator.apiUrl,
      settings: {
        account: 'sklep',
        autoIssue: true,
        cancelledStatuses: ['40'],
        documentField: '4',
        correctionField: '5',
        numberField: 'document_number',
        errorStatus: '31',
        ...settings,
      },
      secrets: { apiKey: simulator.key },
    });
    if ('findings' in saved) throw new Error(JSON.stringify(saved.findings));
    return saved.connection.id;
  }

  const orders = () => ctx.store.org(organizationId, (tx) => tx.selectFrom('sales_order').selectAll().orderBy('external_id').execute());
  const documents = () =>
    ctx.store.org(organizationId, (tx) => tx.selectFrom('document').selectAll().orderBy('created_at').orderBy('id').execute());
  const deliveries = () =>
    ctx.store.org(organizationId, (tx) => tx.selectFrom('delivery').selectAll().orderBy('created_at').orderBy('id').execute());

  async function pulled(id: string) {
    await pullNow(ctx, who(), id);
    return workPull(ctx, organizationId, id);
  }

  /** Everything that jobs and the clock would do, until nothing moves any more. */
  async function settled(id: string, minutes = 5): Promise<void> {
    for (let i = 0; i < minutes * 2; i++) {
      await workPull(ctx, organizationId, id);
      const runs = await ctx.store.org(organizationId, (tx) =>
        tx.selectFrom('issue_run').select('id').where('status', 'in', ['waiting', 'running']).execute(),
      );
      for (const run of runs) await workIssueRun(ctx, organizationId, run.id);
      await reviewOrders(ctx, organizationId);
      await sweepOrderWrites(ctx);
      const open = (await deliveries()).filter((d) => ['waiting', 'uploaded', 'unknown', 'sending'].includes(d.status));
      for (const d of open) await workOrderWrite(ctx, { renderPdf }, organizationId, d.id);
      ctx.clock.advance(30_000);
    }
  }

  test('ten orders arrive, are issued by our own numbers, and each carries its PDF and its number', async () => {
    const id = await connect();
    await sim('orders', { count: 10, kind: 'company' });
    await settled(id);
    expect(await orders()).toHaveLength(10);
    const issued = await documents();
    expect(issued.map((d) => d.state)).toEqual(issued.map(() => 'issued'));
    const series = await ctx.store.org(organizationId, (tx) => listSeries(tx, organizationId));
    expect(series.length).toBeGreaterThan(0);
    const there = await theirs();
    for (const order of there) {
      const document = issued.find((d) => d.content.order?.externalId === String(order.id))!;
      const pdf = bytesOf(document.number!);
      expect(order.files).toMatchObject([{ fieldId: 4, pdf: true, sha256: createHash('sha256').update(pdf).digest('hex') }]);
      expect(order.documentNumber).toBe(document.number);
    }
    expect((await deliveries()).map((d) => d.status)).toEqual(Array.from({ length: 20 }, () => 'visible'));
    // What we wrote on the orders comes back as a change and changes nothing.
    await settled(id);
    expect((await documents()).map((d) => d.hold_codes)).toEqual(Array.from({ length: 10 }, () => []));
    const connection = await ctx.store.org(organizationId, (tx) => readConnection(tx, organizationId, id));
    const view = await ctx.store.org(organizationId, (tx) => pullView(tx, ctx, organizationId, connection!));
    expect(view).toMatchObject({ running: false, failures: 0, cause: null, orders: 10, rejectCount: 0 });
    expect((await pulled(id))?.cause).toBeUndefined();
  });
});
