import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { connector as sellasist } from '../connectors/sellasist/connector.ts';
import { type SellasistSimulator, startSellasistSimulator } from '../connectors/sellasist/simulator.ts';
import { pullNow, pullView, rehearse, reviewOrders, sweepOrderWrites, workOrderWrite, workPull } from '../src/channel/index.ts';
import { readConnection, saveConnection } from '../src/connections/index.ts';
import type { RenderPdf } from '../src/delivery/index.ts';
import { type TestContext, testContext, testOrganization } from '../src/testkit/context.ts';
import { onBothDatabases } from '../src/testkit/database.ts';
import type { Loose } from '../src/testkit/loose.ts';
import { seededRandom } from '../src/testkit/simulator.ts';
import { listSeries, workIssueRun } from '../src/toissue/index.ts';
import { resumeConnection } from '../src/transfer/index.ts';

/** The promise: orders of an order system come in, none late or missed; their documents go back onto them, seen there, never twice. */
const bytesOf = (number: string) => Buffer.from(`%PDF-1.7\n${number}\n%%EOF`);
const renderPdf: RenderPdf = async ({ issued }) => bytesOf(issued!.number);

/** More by hand: FAKTURIST_SEEDS=1-200. */
const [firstSeed, lastSeed] = (process.env.FAKTURIST_SEEDS ?? '1-1').split('-').map(Number) as [number, number];
const campaignSeeds = Array.from({ length: lastSeed - firstSeed + 1 }, (_, i) => firstSeed + i);

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

  async function sim(path: string, body: unknown = {}, method = 'POST'): Promise<Loose> {
    const response = await fetch(`${simulator.url}/__sim/${path}`, {
      method,
      ...(method === 'GET' ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
    return text ? JSON.parse(text) : undefined;
  }
  const theirs = (): Promise<Loose[]> => sim('orders', undefined, 'GET');

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
  async function settled(id: string, minutes = 5, quietEnds = true): Promise<void> {
    let quiet = 0;
    for (let i = 0; i < minutes * 2 && !(quietEnds && quiet >= 4); i++) {
      await workPull(ctx, organizationId, id);
      const runs = await ctx.store.org(organizationId, (tx) =>
        tx.selectFrom('issue_run').select('id').where('status', 'in', ['waiting', 'running']).execute(),
      );
      for (const run of runs) await workIssueRun(ctx, organizationId, run.id);
      await reviewOrders(ctx, organizationId);
      await sweepOrderWrites(ctx);
      const open = (await deliveries()).filter((d) => ['waiting', 'uploaded', 'unknown', 'sending'].includes(d.status));
      for (const d of open) await workOrderWrite(ctx, { renderPdf }, organizationId, d.id);
      // Nothing under way and nothing new for two minutes: it would stay so.
      quiet = open.length === 0 && runs.length === 0 ? quiet + 1 : 0;
      ctx.clock.advance(30_000);
    }
  }

  test('"pull now" pressed while a run is under way is answered by another run at once, not a minute later', async () => {
    const id = await connect();
    await pulled(id);
    const usual = ctx.fetch;
    let asked = false;
    ctx.fetch = async (address, init) => {
      const answer = await usual(address, init);
      if (!asked && String(address).includes('orders_logs')) {
        asked = true;
        await sim('orders', { count: 1, kind: 'company' });
        await pullNow(ctx, who(), id);
      }
      return answer;
    };
    const first = await pulled(id);
    ctx.fetch = usual;
    expect({ asked, next: first!.nextAt }).toEqual({ asked: true, next: ctx.now() });
    await workPull(ctx, organizationId, id);
    expect(await orders()).toHaveLength(1);
    // And after that the usual minute.
    expect(await workPull(ctx, organizationId, id)).toBeUndefined();
  });

  test('a run that the limit ends goes on the moment the limit opens: the job stands for that moment, and a person uses what is kept free', async () => {
    const id = await connect();
    await pulled(id);
    ctx.clock.advance(600_000);
    await sim('orders', { count: 1, kind: 'company' });
    const used = async (calls: number, agoMs: number) => {
      const at = new Date(ctx.now().getTime() - agoMs).toISOString();
      await sql`update request_gate set recent = array_fill(${at}::timestamptz, array[${calls}::int]), next_at = null where name = ${`connection:${id}`}`.execute(
        store().db,
      );
    };
    const jobsAt = async () =>
      (
        await sql<{ at: Date }>`select start_after as at from pgboss.job where name = 'pull-orders' and data->>'id' = ${id}
          and state = 'created' and start_after > ${ctx.now().toISOString()}::timestamptz order by start_after`.execute(store().db)
      ).rows.map((row) => row.at.toISOString());
    const view = () =>
      ctx.store.org(organizationId, async (tx) => pullView(tx, ctx, organizationId, (await readConnection(tx, organizationId, id))!));

    // Nothing is left, for nobody: the window ends 37 seconds from here.
    await used(100, 24_000);
    const opens = new Date(ctx.now().getTime() + 37_000).toISOString();
    expect((await pulled(id))!.nextAt!.toISOString()).toBe(opens);
    expect(await view()).toMatchObject({ waitsUntil: opens, running: false, failures: 0, cause: null });
    expect(await jobsAt()).toContain(opens);
    // The job's clock is a little ahead of ours: it comes again, and the order is not left to the next sweep.
    ctx.clock.advance(36_000);
    expect(await workPull(ctx, organizationId, id)).toBeUndefined();
    expect((await jobsAt()).filter((at) => at === opens)).toHaveLength(2);
    ctx.clock.advance(1_000);
    await workPull(ctx, organizationId, id);
    expect(await orders()).toHaveLength(1);
    expect(await view()).toMatchObject({ waitsUntil: null });

    // What nobody watches is used up; a person's order comes at once from what is kept free.
    ctx.clock.advance(600_000);
    await workPull(ctx, organizationId, id);
    await sim('orders', { count: 1, kind: 'company' });
    await used(90, 24_000);
    ctx.clock.advance(1_000);
    await pulled(id);
    expect(await orders()).toHaveLength(2);
  });

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

  const filesOf = async () => (await theirs()).map((o) => o.files.length);
  const caseCodes = () =>
    ctx.store.org(organizationId, async (tx) =>
      (await tx.selectFrom('cause_case').select(['code', 'closed_at']).orderBy('opened_at').execute()).map(
        (c) => `${c.code}${c.closed_at ? ' over' : ''}`,
      ),
    );

  test('an order that cannot be documented gets the error status once for each cause, and none when it is mended', async () => {
    const id = await connect({ doneStatus: '20' });
    const [order] = await sim('orders', { count: 1, kind: 'company' });
    await sim(`orders/${order.id}/change`, { company_nip: '1234567890' });
    await settled(id);
    expect((await documents()).map((d) => d.hold_codes)).toEqual([['H_TAXID_INVALID']]);
    expect((await theirs())[0]).toMatchObject({ statusId: 31, files: [] });
    // A person moves the order on: the same cause is not told a second time.
    await sim(`orders/${order.id}/change`, { status: 12 });
    await sim(`orders/${order.id}/change`, { comment: 'pilne' });
    await settled(id);
    expect((await theirs())[0]).toMatchObject({ statusId: 12 });
    // Mended over there: issued by itself, with its PDF and the status for done.
    await sim(`orders/${order.id}/change`, { company_nip: order.taxId });
    await settled(id);
    expect((await documents()).map((d) => d.state)).toEqual(['issued']);
    expect((await theirs())[0]).toMatchObject({ statusId: 20, files: [{ fieldId: 4 }] });
    expect((await deliveries()).filter((d) => d.key.includes(':error:')).map((d) => (d.settings as { over?: boolean }).over)).toEqual([
      true,
    ]);
  });

  test('answers lost, kept by nobody or written another way: each order ends with one file', async () => {
    const id = await connect();
    await sim('state', { accepts: 'data-uri' }, 'PATCH');
    await sim('orders', { count: 6, kind: 'consumer-invoice' });
    await sim('faults', { on: 'update', mode: 'drop-after', times: 1 });
    await sim('faults', { on: 'update', mode: 'drop-before', times: 1 });
    await sim('faults', { on: 'update', mode: 'stores-nothing', times: 1 });
    await sim('faults', { on: 'update', mode: 'error-after', times: 1 });
    await settled(id, 8);
    expect(await filesOf()).toEqual([1, 1, 1, 1, 1, 1]);
    expect((await theirs()).every((o) => o.files[0].pdf)).toBe(true);
    expect(new Set((await deliveries()).map((d) => d.status))).toEqual(new Set(['visible']));
  });

  test('what the only process was writing when it ended is looked at a minute after it begins again, and written then', async () => {
    const id = await connect();
    await sim('orders', { count: 1, kind: 'consumer-invoice' });
    await settled(id);
    const written = await filesOf();
    const at = ctx.now();
    await ctx.store.org(organizationId, (tx) => tx.updateTable('delivery').set({ status: 'sending', claimed_at: at }).execute());
    ctx.clock.advance(10_000);
    const [again, look] = [ctx.now(), new Date(ctx.now().getTime() + 60_000)];
    await sweepOrderWrites(ctx, { restarted: true });
    for (const row of await deliveries())
      expect(row).toMatchObject({ status: 'unknown', claimed_at: null, next_at: look, updated_at: again });
    ctx.clock.advance(60_000);
    await settled(id);
    expect(new Set((await deliveries()).map((d) => d.status))).toEqual(new Set(['visible']));
    expect(await filesOf()).toEqual(written);
  });

  test('what was documented inside the order system is held; what is cancelled or gone is withdrawn', async () => {
    const id = await connect({ autoIssue: false });
    const [one, two, three] = await sim('orders', { count: 3, kind: 'company' });
    await sim(`orders/${one.id}/invoice`);
    await settled(id, 2);
    expect((await documents()).find((d) => d.content.order?.externalId === String(one.id))!.hold_codes).toContain('H_DOCUMENTED_ELSEWHERE');
    await sim(`orders/${two.id}/cancel`);
    await sim(`orders/${three.id}`, {}, 'DELETE');
    await settled(id, 7, false);
    const state = async (order: { id: number }) => (await documents()).find((d) => d.content.order?.externalId === String(order.id))!.state;
    expect([await state(two), await state(three)]).toEqual(['withdrawn', 'withdrawn']);
  });

  test('an order that cannot be read is kept, shown, and read again until it can', async () => {
    const id = await connect();
    const [order] = await sim('orders', { count: 1, kind: 'consumer-invoice' });
    await sim(`orders/${order.id}/change`, { quantity: '0' });
    for (let line = 1; line < order.lines.length; line++) await sim(`orders/${order.id}/change`, { quantity: '0', line });
    await settled(id, 1);
    const view = async () => {
      const connection = await ctx.store.org(organizationId, (tx) => readConnection(tx, organizationId, id));
      return ctx.store.org(organizationId, (tx) => pullView(tx, ctx, organizationId, connection!));
    };
    expect(await view()).toMatchObject({ rejectCount: 1, rejects: [{ externalId: String(order.id), finding: { code: 'E_NO_LINES' } }] });
    expect(await orders()).toEqual([]);
    await sim(`orders/${order.id}/change`, { quantity: '2' });
    await settled(id, 2);
    expect(await view()).toMatchObject({ rejectCount: 0, orders: 1 });
  });

  test('a key that was taken back blocks the connection behind one card; nothing is lost when it works again', async () => {
    const id = await connect();
    await sim('orders', { count: 2, kind: 'company' });
    await settled(id, 1);
    await sim('state', { keyRevoked: true }, 'PATCH');
    await sim('orders', { count: 2, kind: 'company' });
    await settled(id, 3);
    const connection = await ctx.store.org(organizationId, (tx) => readConnection(tx, organizationId, id));
    expect(connection!.status).toBe('blocked');
    expect(await caseCodes()).toEqual(['key_wrong']);
    await sim('state', { keyRevoked: false }, 'PATCH');
    await resumeConnection(ctx, organizationId, 'test', id, 'one');
    await settled(id, 3);
    expect(await caseCodes()).toEqual(['key_wrong over']);
    expect(await filesOf()).toEqual([1, 1, 1, 1]);
  });

  test('the rehearsal says what would happen, and leaves nothing behind', async () => {
    const id = await connect({ pullFrom: '2027-01-01' });
    const made = await sim('orders', { count: 4, kind: 'company' });
    await sim(`orders/${made[0].id}/change`, { company_nip: '1234567890' });
    await sim('orders', { count: 1, kind: 'unpaid' });
    const before = await fingerprint();
    const seen = await rehearse(ctx, who(), id, { from: '2026-11-01', to: '2026-12-31', limit: 100 });
    expect(seen!.counts).toMatchObject({ issue: 3, held: 1, wait: 1 });
    expect(seen!.causes).toMatchObject([{ code: 'H_TAXID_INVALID', count: 1 }]);
    expect(await fingerprint()).toEqual(before);
  });
  const fingerprint = () =>
    ctx.store.org(organizationId, async (tx) => {
      const count = async (
        table: 'sales_order' | 'document' | 'audit' | 'number_register' | 'transfer' | 'delivery' | 'series_counter' | 'order_review',
      ) =>
        (
          await tx
            .selectFrom(table)
            .select((e) => e.fn.countAll<bigint>().as('n'))
            .executeTakeFirstOrThrow()
        ).n;
      return Promise.all(
        (['sales_order', 'document', 'audit', 'number_register', 'transfer', 'delivery', 'series_counter', 'order_review'] as const).map(
          count,
        ),
      );
    });

  test('many orders at once never exceed the limit of the service, and all are documented', async () => {
    const id = await connect({ numberField: '', requestsPerMinute: 30 });
    await sim('state', { callsPerMinute: 30 }, 'PATCH');
    await sim('orders', { count: 20, kind: 'consumer-invoice' });
    await settled(id, 8, false);
    const log: { at: string; status: number }[] = await sim('requests', undefined, 'GET');
    expect(log.filter((l) => l.status === 429)).toEqual([]);
    expect(await filesOf()).toEqual(Array.from({ length: 20 }, () => 1));
  });

  test.each(campaignSeeds)('under faults of every kind (seed %i): no order missed, none documented or attached twice', async (seed) => {
    const random = seededRandom(seed);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
    const id = await connect();
    await sim('state', { typing: 'wobble', readBack: pick(['base64', 'data-uri', 'url']), secondFile: 'append' }, 'PATCH');
    let arrived = 0;
    for (let round = 0; round < 4; round++) {
      const count = 1 + Math.floor(random() * 4);
      await sim('orders', { count, kind: pick(['company', 'consumer-invoice', 'several-rates']) });
      arrived += count;
      for (let i = 0; i < 3; i++) {
        const mode = pick([
          'drop-before',
          'drop-after',
          'error-after',
          'http500',
          'html200',
          'empty',
          'stores-nothing',
          'orders-arrive',
          'http429',
        ]);
        const on =
          mode === 'stores-nothing' ? 'update' : mode === 'orders-arrive' ? 'orders' : pick(['orders', 'order', 'update', 'journal']);
        await sim('faults', { on, mode, times: 1, skip: Math.floor(random() * 3) });
      }
      await settled(id, 2);
    }
    await sim('faults', {}, 'DELETE');
    // Whatever waits longer after so many failures is asked for now.
    ctx.clock.advance(31 * 60_000);
    await pullNow(ctx, who(), id);
    await settled(id, 60);
    const there = await theirs();
    expect(there.length, `seed ${seed}`).toBeGreaterThanOrEqual(arrived);
    const made = await documents();
    for (const order of there) {
      const own = made.filter((d) => d.content.order?.externalId === String(order.id));
      expect(
        own.map((d) => d.state),
        `seed ${seed}, order ${order.id}`,
      ).toEqual(own[0]?.held ? ['to_issue'] : order.paymentStatus === 'paid' ? ['issued'] : own.map((d) => d.state));
      if (own[0]?.state === 'issued')
        expect(
          order.files.filter((f: { pdf: boolean }) => f.pdf),
          `seed ${seed}, order ${order.id}`,
        ).toHaveLength(1);
    }
  });
});
