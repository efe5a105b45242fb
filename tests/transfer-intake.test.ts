import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { connector as szamlazz } from '../connectors/szamlazz/connector.ts';
import { type SzamlazzSimulator, startSzamlazzSimulator } from '../connectors/szamlazz/simulator.ts';
import { connector as tickets } from '../connectors/tickets/connector.ts';
import { demoSale } from '../connectors/tickets/demo.ts';
import { sign } from '../connectors/tickets/signature.ts';
import { mountIntake } from '../src/api/routes/intake.ts';
import { saveConnection } from '../src/connections/index.ts';
import { workOrderEvent } from '../src/intake-calls/index.ts';
import { completeness } from '../src/reconcile/index.ts';
import { type TestContext, testContext, testOrganization } from '../src/testkit/context.ts';
import { onBothDatabases } from '../src/testkit/database.ts';
import { doorOf, hungarianShop, seriesGo } from '../src/testkit/hungarian.ts';
import { seededRandom } from '../src/testkit/simulator.ts';
import { workIssueRun } from '../src/toissue/index.ts';
import { workTransfer } from '../src/transfer/index.ts';

/** A ticket shop reports by signed calls: every sale is documented by itself, once; refunds and cancelled events are undone; forgers get nothing. */
const secret = `whsec_${Buffer.from('a secret of thirty-two bytes long').toString('base64')}`;

onBothDatabases('calls of a ticket shop', (store) => {
  let ctx: TestContext;
  let simulator: SzamlazzSimulator;
  let app: FastifyInstance;
  let organizationId: string;
  let token: string;
  const who = () => ({ organizationId, actor: 'test' });

  beforeAll(async () => {
    ctx = await testContext(store(), { work: false, connectors: [szamlazz, tickets], now: '2026-11-20T09:00:10Z' });
    simulator = await startSzamlazzSimulator({ now: () => ctx.now() });
    app = fastify();
    await mountIntake(app, ctx);
  });
  afterAll(async () => {
    await app.close();
    await ctx.jobs.stop();
    await simulator.close();
  });

  beforeEach(async () => {
    ctx.clock.set('2026-11-20T09:00:10Z');
    await control('reset');
    await control('accounts/A', { hourlyLimit: null }, 'PATCH');
    organizationId = await testOrganization(ctx, hungarianShop);
    const provider = await connect({
      connector: 'szamlazz',
      name: 'Számlázz.hu',
      baseUrl: simulator.agentUrl,
      settings: {},
      secrets: { agentKey: simulator.keys.A },
    });
    const shop = await connect({ connector: 'tickets', name: 'Jegybolt', settings: {}, secrets: { signingSecret: secret } });
    token = shop.intakeUrl!.split('/').pop()!;
    const how = { connectionId: provider.id, numberOwner: 'provider', reporter: 'provider', autoIssue: true } as const;
    await seriesGo(ctx, who(), ['invoice', 'correction'], how);
  });

  async function connect(input: Parameters<typeof saveConnection>[2]) {
    const saved = await saveConnection(ctx, who(), input);
    if ('findings' in saved) throw new Error(JSON.stringify(saved.findings));
    return saved.connection;
  }

  const control = doorOf(() => simulator.url);

  const random = seededRandom(7);
  let serial = 0;
  const newSale = () => demoSale(random, ctx.now(), ++serial);

  async function call(message: unknown, more: { id?: string; to?: string; headers?: Record<string, string>; body?: string } = {}) {
    const body = more.body ?? JSON.stringify(message);
    const id = more.id ?? `msg_${++serial}`;
    return app.inject({
      method: 'POST',
      url: `/intake/${more.to ?? token}`,
      headers: more.headers ?? sign(body, secret, id, ctx.now()),
      payload: body,
    });
  }

  const all = <T extends 'document' | 'sales_order' | 'transfer' | 'issue_run' | 'order_event' | 'received_call'>(table: T) =>
    ctx.store.org(organizationId, (tx) =>
      tx
        .selectFrom(table as 'document')
        .selectAll()
        .where('organization_id', '=', organizationId)
        .execute(),
    );

  /** What the workers would do until nothing is left to do now. */
  async function settle(): Promise<void> {
    for (let round = 0; round < 6; round++) {
      for (const event of await all('order_event')) await workOrderEvent(ctx, organizationId, event.id);
      for (const run of await all('issue_run')) await workIssueRun(ctx, organizationId, run.id);
      for (const t of await all('transfer')) await workTransfer(ctx, organizationId, t.id);
    }
  }
  const atProvider = async () =>
    (await control('accounts/A/documents', undefined, 'GET')) as {
      number: string;
      gross: string;
      reversed: boolean;
      kind: string;
      reverses: string | null;
    }[];

  test('a sale is taken at once and issued by itself; reported again under any id, nothing more comes of it', async () => {
    const sale = newSale();
    expect((await call(sale, { id: 'msg_a' })).statusCode).toBe(202);
    const again = await call(sale, { id: 'msg_a' });
    expect([again.statusCode, again.json()]).toEqual([202, { ok: true }]);
    expect((await call(sale, { id: 'msg_b' })).statusCode).toBe(202);
    await settle();
    expect(await all('sales_order')).toHaveLength(1);
    expect(await atProvider()).toMatchObject([{ kind: 'SZ', reversed: false }]);
    expect(await all('document')).toMatchObject([{ state: 'issued', kind: 'invoice' }]);
  });

  test('selling goes on while the provider is down or in debt', async () => {
    await control('accounts/A', { debt: true }, 'PATCH');
    expect((await call(newSale())).statusCode).toBe(202);
    await settle();
    expect((await call(newSale())).statusCode).toBe(202);
    await settle();
    expect((await all('document')).map((d) => d.state)).toEqual(['submitted', 'submitted']);
    expect(await atProvider()).toEqual([]);
  });

  test('forged, replayed late, oversized, malformed: refused in few words, nothing stored', async () => {
    const sale = newSale();
    const body = JSON.stringify(sale);
    const forged = await call(sale, { headers: sign(body, 'whsec_AAAA', 'msg_x', ctx.now()) });
    const unknown = await call(sale, { to: 'A'.repeat(32) });
    const unsigned = await call(sale, { headers: { 'content-type': 'application/json' } });
    const old = await call(sale, { headers: sign(body, secret, 'msg_x', new Date(ctx.now().getTime() - 3600_000)) });
    for (const answer of [forged, unknown, unsigned, old]) {
      expect(answer.statusCode).toBe(401);
      expect(answer.body).toBe(forged.body);
    }
    const large = await call(sale, { body: `${body.slice(0, -1)},"x":"${'x'.repeat(300_000)}"}` });
    expect(large.statusCode).toBe(413);
    expect((await call('', { body: '{"type":' })).statusCode).toBe(400);
    expect((await call({ type: 'sale.completed', data: { orderId: 'T-1' } })).statusCode).toBe(422);
    expect((await call(sale, { to: '../../api/v1/me' })).statusCode).toBe(404);
    for (const table of ['received_call', 'sales_order', 'document', 'order_event'] as const) expect(await all(table)).toEqual([]);
  });

  test('a refund of some tickets is a correction, a whole refund a reversal; a refund that cannot be explained waits for a person', async () => {
    const sale = newSale();
    const data = sale.data as { orderId: string; totals: { gross: number }; lines: { id: string; quantity: number; unitGross: number }[] };
    await call(sale);
    await settle();
    const refund = (refundId: string, amountGross: number, lines?: unknown) => ({
      type: 'sale.refunded',
      data: { orderId: data.orderId, refundId, refundedAt: ctx.now().toISOString(), amountGross, lines },
    });
    await call(refund('R-1', 1));
    await settle();
    expect((await all('document')).map((d) => [d.kind, d.hold_codes])).toEqual([['invoice', ['H_CHANGED_AFTER_ISSUE']]]);
    const line = data.lines[1]!;
    await call(refund('R-2', line.unitGross, [{ lineId: line.id, quantity: 1, gross: String(line.unitGross) }]));
    await settle();
    expect((await atProvider()).map((d) => [d.kind, Number(d.gross)])).toEqual([
      ['SZ', data.totals.gross],
      ['HS', -line.unitGross],
    ]);
    const whole = newSale();
    const sold = whole.data as typeof data;
    await call(whole);
    await settle();
    await call({
      type: 'sale.refunded',
      data: { orderId: sold.orderId, refundId: 'R-3', refundedAt: ctx.now().toISOString(), amountGross: sold.totals.gross },
    });
    await settle();
    const last = (await atProvider()).slice(-2);
    expect(last.map((d) => [d.kind, Number(d.gross)])).toEqual([
      ['SZ', sold.totals.gross],
      ['SS', -sold.totals.gross],
    ]);
    expect(last[1]!.reverses).toBe(last[0]!.number);
    // The same refund reported again changes nothing.
    await call({
      type: 'sale.refunded',
      data: { orderId: sold.orderId, refundId: 'R-3', refundedAt: ctx.now().toISOString(), amountGross: sold.totals.gross },
    });
    await settle();
    expect(await atProvider()).toHaveLength(4);
  });

  test('a refund heard of before its sale is done after it', async () => {
    const sale = newSale();
    const { orderId, totals } = sale.data as { orderId: string; totals: { gross: number } };
    await call({
      type: 'sale.refunded',
      data: { orderId, refundId: 'R-9', refundedAt: ctx.now().toISOString(), amountGross: totals.gross },
    });
    await settle();
    await call(sale);
    await settle();
    expect((await atProvider()).map((d) => d.kind)).toEqual(['SZ', 'SS']);
  });

  test('a cancelled event undoes all its sales, issued ones by reversal, waiting ones by withdrawal, and later reports of them too', async () => {
    const sales = Array.from({ length: 12 }, newSale);
    const eventId = (sales[0]!.data.event as { id: string }).id;
    const concerned = sales.filter((s) => (s.data.event as { id: string }).id === eventId);
    for (const sale of sales.slice(0, 11)) await call(sale);
    await settle();
    ctx.clock.advance(60_000);
    await call({ type: 'event.cancelled', data: { eventId, cancelledAt: ctx.now().toISOString(), reason: 'Eső' } });
    await call(sales[11]!);
    await settle();
    const documents = await atProvider();
    const lateAndConcerned = concerned.includes(sales[11]!) ? 1 : 0;
    expect(documents.filter((d) => d.kind === 'SS')).toHaveLength(concerned.length - lateAndConcerned);
    expect(documents.filter((d) => d.kind === 'SZ')).toHaveLength(12 - lateAndConcerned);
    expect(concerned.length).toBeGreaterThan(1);
    const sheet = await ctx.store.org(organizationId, (tx) => completeness(tx, organizationId, '2026-11-01', '2026-11-30'));
    expect(sheet.breaks).toEqual([]);
    const again = await call({ type: 'event.cancelled', data: { eventId, cancelledAt: ctx.now().toISOString() } });
    expect(again.statusCode).toBe(202);
    await settle();
    expect(await atProvider()).toHaveLength(documents.length);
  });

  test('a notice of the provider is a nudge: what counts is read there', async () => {
    await call(newSale());
    await settle();
    const [document] = await atProvider();
    await control(`accounts/A/documents/${encodeURIComponent(document!.number)}/payments`, { amount: 100 });
    const [provider] = await ctx.store.org(organizationId, (tx) =>
      tx.selectFrom('connection').select('intake_token').where('connector', '=', 'szamlazz').execute(),
    );
    const notice = () =>
      app.inject({
        method: 'POST',
        url: `/intake/${provider!.intake_token}`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: `szlahu_szamlaszam=${document!.number}`,
      });
    expect((await notice()).statusCode).toBe(200);
    expect((await notice()).statusCode).toBe(200);
    expect(await all('received_call')).toHaveLength(2);
  });
});
