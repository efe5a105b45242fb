import { afterAll, beforeAll, expect, test } from 'vitest';
import { connector as baselinker } from '../connectors/baselinker/connector.ts';
import { type BaselinkerSimulator, startBaselinkerSimulator } from '../connectors/baselinker/simulator.ts';
import { pullNow, putAgain, reviewOrders, sweepOrderWrites, workOrderWrite, workPull } from '../src/channel/index.ts';
import { saveConnection } from '../src/connections/index.ts';
import type { RenderPdf } from '../src/delivery/index.ts';
import type { Store } from '../src/store/index.ts';
import { type TestContext, testContext, testOrganization } from '../src/testkit/context.ts';
import { freshEmbedded } from '../src/testkit/database.ts';
import { seededRandom } from '../src/testkit/simulator.ts';
import { workIssueRun } from '../src/toissue/index.ts';

/**
 * The promise: answers lost, the token closed, orders confirmed late: no order of BaseLinker is missed, none gets two documents or two
 * invoices over there, each carries its PDF; and two connections with one token together never ask more often than it allows.
 */
const renderPdf: RenderPdf = async ({ issued }) => Buffer.from(`%PDF-1.7\n${issued!.number}\n%%EOF`);
/** More by hand: FAKTURIST_SEEDS=1-200. */
const [first, last] = (process.env.FAKTURIST_SEEDS ?? '1-1').split('-').map(Number) as [number, number];
const seeds = Array.from({ length: last - first + 1 }, (_, i) => first + i);

// biome-ignore lint/suspicious/noExplicitAny: the simulator's answers are checked by what the test expects of them.
type Json = any;
let store: Store;
let ctx: TestContext;
let shop: BaselinkerSimulator;
beforeAll(async () => {
  store = await freshEmbedded();
  ctx = await testContext(store, { work: false, connectors: [baselinker], now: '2026-11-20T09:00:00Z' });
  shop = await startBaselinkerSimulator({ now: () => ctx.now(), seeds: false });
});
afterAll(async () => {
  await ctx.jobs.stop();
  await shop.close();
  await store.close();
});

async function sim(method: string, path: string, body?: object): Promise<Json> {
  const response = await fetch(`${shop.url}/__sim/${path}`, { method, body: body && JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
  return text ? JSON.parse(text) : undefined;
}

test.each(seeds)('under faults of every kind (seed %i)', async (seed) => {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  await sim('POST', 'reset', { seeds: false });
  await sim('PATCH', 'state', { requestsPerMinute: 50, fromInclusive: random() < 0.5, lastLogInclusive: random() < 0.5 });
  const organizationId = await testOrganization(ctx);
  const who = { organizationId, actor: 'test' };
  const connect = async (name: string, settings: object) => {
    const saved = await saveConnection(ctx, who, {
      connector: 'baselinker',
      name,
      baseUrl: shop.apiUrl,
      settings: { cancelledStatuses: ['105'], ...settings },
      secrets: { token: shop.token },
    });
    if ('findings' in saved) throw new Error(JSON.stringify(saved.findings));
    return saved.connection.id;
  };
  const place = { autoIssue: true, documentKind: 'invoice', documentField: 'document', carrierSeries: '15', errorStatus: '106' };
  const id = await connect('BaseLinker', { ...place, numberField: '180' });
  // Another one by the same token, which asks all the time and takes nothing.
  const twin = await connect('Drugi', { pullFrom: '2030-01-01' });
  const deliveries = () => ctx.store.org(organizationId, (tx) => tx.selectFrom('delivery').select(['id', 'status']).execute());
  const documents = () => ctx.store.org(organizationId, (tx) => tx.selectFrom('document').selectAll().execute());
  const settled = async (rounds: number) => {
    for (let i = 0; i < rounds; i++) {
      for (const one of [id, twin]) await workPull(ctx, organizationId, one);
      const runs = await ctx.store.org(organizationId, (tx) =>
        tx
          .selectFrom('issue_run')
          .select('id')
          .where('organization_id', '=', organizationId)
          .where('status', 'in', ['waiting', 'running'])
          .execute(),
      );
      for (const run of runs) await workIssueRun(ctx, organizationId, run.id);
      await reviewOrders(ctx, organizationId);
      await sweepOrderWrites(ctx);
      for (const d of await deliveries())
        if (['waiting', 'uploaded', 'unknown', 'sending'].includes(d.status))
          await workOrderWrite(ctx, { renderPdf }, organizationId, d.id);
      ctx.clock.advance(30_000);
    }
  };
  for (let round = 0; round < 3; round++) {
    await sim('POST', 'orders', { count: 1 + Math.floor(random() * 4), kind: pick(['company', 'consumer-invoice', 'several-rates']) });
    const [late] = await sim('POST', 'orders', { count: 1, kind: 'company', confirmed: false });
    for (let i = 0; i < 3; i++) {
      const mode = pick(['drop-before', 'drop-after', 'error-after', 'http503', 'html200', 'empty', 'stores-nothing', 'blocked']);
      const on = pick(
        mode === 'stores-nothing'
          ? ['setOrderFields', 'addOrderInvoiceFile']
          : ['getOrders', 'getJournalList', 'getInvoices', 'addInvoice', 'addOrderInvoiceFile', 'setOrderFields', 'getInvoiceFile'],
      );
      await sim('POST', 'faults', { on, mode, times: 1, skip: Math.floor(random() * 2) });
    }
    await settled(3);
    await sim('POST', `orders/${late.id}/confirm`);
    await settled(1);
  }
  await sim('DELETE', 'faults');
  // Whatever waits longer after so many failures is asked for now.
  for (let i = 0; i < 2; i++) {
    ctx.clock.advance(31 * 60_000);
    for (const one of [id, twin]) await pullNow(ctx, who, one);
    // What was answered with a yes and not kept, twice, is a person's turn.
    for (const d of await deliveries()) if (d.status === 'refused') await putAgain(ctx, who, d.id);
    await settled(14);
  }
  const there: Json[] = await sim('GET', 'orders');
  const made = await documents();
  for (const order of there) {
    const own = made.filter((d) => d.content.order?.externalId === String(order.id) && d.state !== 'withdrawn');
    const what = `seed ${seed}, order ${order.id}`;
    expect(own, what).toHaveLength(1);
    if (own[0]!.state !== 'issued') expect(own[0]!.held, what).toBe(true);
    expect(
      order.invoices.map((i: Json) => [i.externalNumber, i.file !== null]),
      what,
    ).toEqual(own[0]!.state === 'issued' ? [[own[0]!.number, true]] : []);
  }
  expect(made.some((d) => d.state === 'issued')).toBe(true);
  const { calls } = await sim('GET', 'state');
  expect(calls, `seed ${seed}`).toMatchObject({ refused: 0 });
});
