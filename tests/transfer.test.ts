import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { connector as szamlazz } from '../connectors/szamlazz/connector.ts';
import { type SzamlazzSimulator, startSzamlazzSimulator } from '../connectors/szamlazz/simulator.ts';
import { addPlainConnection, saveConnection } from '../src/connections/index.ts';
import type { Order } from '../src/domain/orders/order.ts';
import { completeness, isComplete, planBackfill, runBackfill } from '../src/reconcile/index.ts';
import { json, newId } from '../src/store/index.ts';
import { type TestContext, testContext, testOrganization } from '../src/testkit/context.ts';
import { onBothDatabases } from '../src/testkit/database.ts';
import { doorOf, hungarianShop, seriesGo, ticketSale } from '../src/testkit/hungarian.ts';
import { storeOrders } from '../src/testkit/sale.ts';
import { issueDocuments, prepareOrders, workIssueRun } from '../src/toissue/index.ts';
import { resumeConnection, workTransfer } from '../src/transfer/index.ts';

/** The write path against a provider that loses answers, asks for money and comes back: every sale has exactly one invoice. */
let serial = 0;

function sale(): Order {
  const order = ticketSale({ externalId: `T-${++serial}` });
  return { ...order, buyer: { ...order.buyer, name: `Vevő ${serial}` } };
}

onBothDatabases('transfer to Számlázz.hu', (store) => {
  let ctx: TestContext;
  let simulator: SzamlazzSimulator;
  let organizationId: string;
  let connectionId: string;
  let channelId: string;
  const who = () => ({ organizationId, actor: 'test' });

  beforeAll(async () => {
    ctx = await testContext(store(), { work: false, connectors: [szamlazz], now: '2026-11-20T09:00:10Z' });
    simulator = await startSzamlazzSimulator({ now: () => ctx.now() });
  });
  afterAll(async () => {
    await ctx.jobs.stop();
    await simulator.close();
  });

  beforeEach(async () => {
    await sim('reset');
    organizationId = await testOrganization(ctx, hungarianShop);
    const saved = await saveConnection(ctx, who(), {
      connector: 'szamlazz',
      name: 'Számlázz.hu',
      baseUrl: simulator.agentUrl,
      settings: {},
      secrets: { agentKey: simulator.keys.A },
    });
    if ('findings' in saved) throw new Error(JSON.stringify(saved.findings));
    connectionId = saved.connection.id;
    await seriesGo(ctx, who(), ['invoice'], { connectionId, numberOwner: 'provider', reporter: 'provider' });
    channelId = newId(ctx.now());
    await ctx.store.org(organizationId, (tx) =>
      addPlainConnection(tx, organizationId, { id: channelId, connector: 'tickets', name: 'tickets' }, ctx.now()),
    );
  });

  const sim = doorOf(() => simulator.url);

  const sold = (count: number) =>
    ctx.store.org(organizationId, (tx) => storeOrders(tx, organizationId, channelId, Array.from({ length: count }, sale), ctx.now()));

  async function issued(count: number): Promise<string[]> {
    const items = await sold(count);
    const made = await ctx.store.org(organizationId, (tx) => prepareOrders(tx, ctx, who(), items));
    const ids = made.map((m) => m.documentId!);
    expect((await issueDocuments(ctx, who(), ids)).map((r) => r.outcome)).toEqual(ids.map(() => 'submitted'));
    return ids;
  }

  const transfers = () =>
    ctx.store.org(organizationId, (tx) => tx.selectFrom('transfer').selectAll().orderBy('created_at').orderBy('id').execute());

  /** Works all transfers that are due, moving the clock on, until nothing moves any more. */
  async function settleAll(limitMs = 6 * 3600_000): Promise<void> {
    const end = ctx.now().getTime() + limitMs;
    while (ctx.now().getTime() < end) {
      const open = (await transfers()).filter((t) => ['waiting', 'sending', 'unknown', 'pending'].includes(t.status));
      if (open.length === 0) return;
      for (const t of open) await workTransfer(ctx, organizationId, t.id);
      ctx.clock.advance(30_000);
      const connection = await ctx.store.org(organizationId, (tx) =>
        tx.selectFrom('connection').select('status').where('id', '=', connectionId).executeTakeFirstOrThrow(),
      );
      if (connection.status === 'blocked') return;
    }
  }

  test('a sale is issued by the provider, its number and PDF come back', async () => {
    const [id] = await issued(1);
    await settleAll();
    const document = await ctx.store.org(organizationId, (tx) =>
      tx.selectFrom('document').selectAll().where('id', '=', id!).executeTakeFirstOrThrow(),
    );
    expect(document).toMatchObject({ state: 'issued', number: 'PRB-2026-1' });
    expect(document.pdf_file_id).not.toBeNull();
    expect(await sim('accounts/A/documents', undefined, 'GET')).toMatchObject([{ number: 'PRB-2026-1', gross: expect.anything() }]);
  });

  test('an answer lost after creation is found, an answer lost before is sent again: one invoice each, the story told', async () => {
    await sim('inject', { action: 'create', mode: 'drop-after', times: 1 });
    await sim('inject', { action: 'create', mode: 'drop-before', times: 1 });
    await issued(3);
    await settleAll();
    const all = await transfers();
    expect(all.map((t) => t.status)).toEqual(['accepted', 'accepted', 'accepted']);
    const documents = await sim('accounts/A/documents', undefined, 'GET');
    expect(documents).toHaveLength(3);
    const stories = all.map((t) => t.story.map((s) => s.what).join(' > '));
    expect(stories).toContain('sent > answer lost > asked > found');
    expect(stories.some((s) => s.includes('proven absent > sent again > accepted'))).toBe(true);
  });

  test('a sale in euros goes unattended: the provider takes the rate of the day', async () => {
    const [item] = await sold(1);
    const inEuros: Order = {
      ...item!.order,
      currency: 'EUR',
      lines: [{ ...item!.order.lines[0]!, quantity: '1', unitGross: '120.50', gross: '120.50' }],
      payments: [{ method: 'card', status: 'paid', amount: '120.50', at: '2026-11-20T09:00:05Z' }],
      declaredTotal: '120.50',
    };
    await ctx.store.org(organizationId, (tx) =>
      tx
        .updateTable('sales_order')
        .set({ currency: 'EUR', total_minor: 12050n, content: json(inEuros) })
        .where('id', '=', item!.orderId)
        .execute(),
    );
    // The plan of a backfill says what then happens.
    expect(await planBackfill(ctx, who(), { from: '2026-11-20', to: '2026-11-20' })).toMatchObject({ toIssue: 1, held: 0 });
    const [made] = await ctx.store.org(organizationId, (tx) => prepareOrders(tx, ctx, who(), [{ orderId: item!.orderId, order: inEuros }]));
    expect(made!.findings.filter((f) => f.level === 'hold')).toEqual([]);
    expect(await issueDocuments(ctx, who(), [made!.documentId!])).toMatchObject([{ outcome: 'submitted' }]);
    await settleAll();
    const there: { currency: string; gross: string | number }[] = await sim('accounts/A/documents', undefined, 'GET');
    expect(there.map((d) => [d.currency, Number(d.gross)])).toEqual([['EUR', 120.5]]);
    expect((await transfers()).map((t) => t.status)).toEqual(['accepted']);
  });

  test('a debt is one card and a handful of calls; paid and resumed, everything is issued and the sheet is empty', async () => {
    await sim('accounts/A', { debt: true }, 'PATCH');
    await issued(20);
    await settleAll();
    const calls = (await sim('requests', undefined, 'GET')).length;
    expect(calls).toBeLessThanOrEqual(4);
    const cases = await ctx.store.org(organizationId, (tx) =>
      tx.selectFrom('cause_case').selectAll().where('closed_at', 'is', null).execute(),
    );
    expect(cases).toHaveLength(1);
    const sheet = await ctx.store.org(organizationId, (tx) => completeness(tx, organizationId, '2026-11-01', '2026-11-30'));
    expect(sheet.breaks).toHaveLength(20);
    // Each with its reason, though the provider was asked about a few only.
    expect(sheet.breaks.map((b) => [b.code, b.causes.map((c) => c.code)])).toEqual(
      Array(20).fill(['NOT_ACCEPTED', ['szamlazz.account_debt']]),
    );
    // Tried while the debt stands: still blocked, still one card.
    expect(await resumeConnection(ctx, organizationId, 'test', connectionId, 'one')).toBe(1);
    await settleAll();
    expect(await sim('accounts/A/documents', undefined, 'GET')).toEqual([]);
    await sim('accounts/A', { debt: false }, 'PATCH');
    expect(await resumeConnection(ctx, organizationId, 'test', connectionId, 'one')).toBe(1);
    for (const t of await transfers()) await workTransfer(ctx, organizationId, t.id);
    await settleAll();
    expect(await sim('accounts/A/documents', undefined, 'GET')).toHaveLength(20);
    const after = await ctx.store.org(organizationId, (tx) => completeness(tx, organizationId, '2026-11-01', '2026-11-30'));
    expect(after.breaks).toEqual([]);
    expect(isComplete(after)).toBe(true);
  });

  test('backfill: the plan equals what happens, twice gives nothing more', async () => {
    await sold(5);
    const plan = await planBackfill(ctx, who(), { from: '2026-11-20', to: '2026-11-20' });
    expect(plan).toMatchObject({ toIssue: 5, held: 0, totals: [{ currency: 'HUF', gross: '59000.00' }] });
    const { runId } = await runBackfill(ctx, who(), { from: '2026-11-20', to: '2026-11-20' });
    await workIssueRun(ctx, organizationId, runId);
    await settleAll();
    expect(await sim('accounts/A/documents', undefined, 'GET')).toHaveLength(5);
    expect((await planBackfill(ctx, who(), { from: '2026-11-20', to: '2026-11-20' })).items).toEqual([]);
    const again = await runBackfill(ctx, who(), { from: '2026-11-20', to: '2026-11-20' });
    await workIssueRun(ctx, organizationId, again.runId);
    await settleAll();
    expect(await sim('accounts/A/documents', undefined, 'GET')).toHaveLength(5);
  });

  test('a backfill of a thousand goes one at a time with a second between, oldest first; what is sold meanwhile goes before it', {
    timeout: 90_000,
  }, async () => {
    await sim('accounts/A', { hourlyLimit: null }, 'PATCH');
    await sold(3);
    const { runId } = await runBackfill(ctx, who(), { from: '2026-11-20', to: '2026-11-20' });
    await workIssueRun(ctx, organizationId, runId);
    await multiply(1000);
    const stop = new AbortController();
    const [first] = await transfers();
    const going = workTransfer(ctx, organizationId, first!.id, { signal: stop.signal });
    try {
      expect((await until(madeThere, (made) => made.length >= 5)).length).toBeGreaterThanOrEqual(5);
      const began = ctx.now().getTime();
      const before = await madeThere();
      const [sold] = await issued(1);
      const [fresh] = (await transfers()).filter((t) => t.document_id === sold);
      await workTransfer(ctx, organizationId, fresh!.id, { waits: false });
      const named = async () => (await madeThere()).findIndex((made) => made.orderNumber === `T-${serial}`);
      const place = await until(named, (at) => at >= 0);
      // At most the one that was under way, and one that began while the sale was being stored.
      expect([place >= 0, place - before.length <= 3, ctx.now().getTime() - began <= 5000]).toEqual([true, true, true]);
    } finally {
      stop.abort();
      await going;
    }
    const done = (await transfers()).filter((t) => t.backfill && t.status === 'accepted');
    const at = (what: string, of: (typeof done)[number]) => Date.parse(of.story.find((s) => s.what === what)!.at);
    const inTurn = done.sort((a, b) => at('sent', a) - at('sent', b));
    for (const [n, next] of inTurn.slice(1).entries()) expect(at('sent', next) - at('accepted', inTurn[n]!)).toBeGreaterThanOrEqual(1000);
    const orders = (await madeThere()).map((made) => Number(made.orderNumber.replace(/\D/g, '')));
    const backfilled = orders.filter((n) => n !== serial);
    expect(backfilled).toEqual([...backfilled].sort((a, b) => a - b));
  });

  const madeThere = async (): Promise<{ orderNumber: string }[]> => sim('accounts/A/documents', undefined, 'GET');

  async function until<T>(look: () => Promise<T>, right: (seen: T) => boolean): Promise<T> {
    for (let i = 0; i < 400; i++) {
      const seen = await look();
      if (right(seen)) return seen;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    return look();
  }

  /** As many more of the youngest backfilled document, each of an order of its own: what a run of thousands leaves waiting. */
  async function multiply(count: number): Promise<void> {
    await ctx.store.system(async (tx) => {
      await sql`create temporary table more on commit drop as
        select n, gen_random_uuid() as document_id, overlay('00000000-0000-7000-8000-000000000000' placing lpad(to_hex(n), 12, '0') from 25)::uuid as transfer_id from generate_series(1, ${count}::int) n`.execute(
        tx,
      );
      const last = sql`(select document_id from transfer where organization_id = ${organizationId} order by id desc limit 1)`;
      await sql`insert into document select d.* from more m, lateral (select (jsonb_populate_record(x, jsonb_build_object('id', m.document_id, 'order_id', null,
          'order_number', 'T-' || (${serial}::int + m.n), 'content', x.content::jsonb || jsonb_build_object('order', (x.content->'order')::jsonb || jsonb_build_object('number', 'T-' || (${serial}::int + m.n), 'externalId', 'T-' || (${serial}::int + m.n)))))).* from document x where x.id = ${last}) d`.execute(
        tx,
      );
      await sql`insert into transfer select t.* from more m, lateral (select (jsonb_populate_record(x, jsonb_build_object('id', m.transfer_id, 'document_id', m.document_id,
          'reference', 'fk:' || m.document_id, 'created_at', x.created_at + interval '1 second'))).* from transfer x where x.document_id = ${last}) t`.execute(
        tx,
      );
    });
    serial += count;
  }
});
