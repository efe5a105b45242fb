import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openConnection, readConnection, saveConnection } from '../src/connections/index.ts';
import type { Connector, Outcome } from '../src/contract/connector.ts';
import type { Manifest } from '../src/contract/manifest.ts';
import { QuotaWait } from '../src/contract/requests.ts';
import { type TestContext, testContext, testOrganization } from '../src/testkit/context.ts';
import { onBothDatabases } from '../src/testkit/database.ts';
import { saleOrder, storeSales } from '../src/testkit/sale.ts';
import { type SimulatorHandle, startServer } from '../src/testkit/simulator.ts';
import { issueDocuments, listSeries, saveSeries } from '../src/toissue/index.ts';
import { sweepTransfers, workTransfer } from '../src/transfer/index.ts';

/** The promise: whatever calls a provider shares its limit of requests; what finds it used up is not sent, loses no try and goes later. */
const texts = { pl: 'x', en: 'x', hu: 'x', sv: 'x' };
const manifest: Manifest = {
  id: 'narrow',
  name: 'Narrow',
  role: 'provider',
  countries: ['PL'],
  capabilities: ['transfer', 'look-up'],
  documentKinds: ['invoice'],
  numberOwners: ['hub'],
  reporters: ['nobody'],
  settings: [],
  causes: [],
  limits: { perMinute: 10, concurrency: 4, maxSends: 2, timeoutMs: 5000, settleAfterMs: 6000 },
  about: texts,
};

/** Looks something up, then makes the document: two requests each, as providers have it. `swallows` takes a shut gate for a lost answer. */
const narrow: Connector = {
  manifest,
  open: ({ fetch, baseUrl, settings }) => ({
    check: async () => ({ ok: (await fetch(`${baseUrl}/check`)).ok, facts: [] }),
    lookups: { options: async () => [{ value: await (await fetch(`${baseUrl}/list`)).text(), label: '' }] },
    transfers: {
      preflight: () => [],
      send: async (request): Promise<Outcome> => {
        try {
          await fetch(`${baseUrl}/client`);
          const answer = await fetch(`${baseUrl}/make`, { method: 'POST', body: request.number, timeoutMs: 5000 });
          return { outcome: 'accepted', made: { providerId: await answer.text() } };
        } catch (error) {
          if (!settings.swallows) throw error;
          return { outcome: 'unknown', cause: { code: 'NO_ANSWER' } };
        }
      },
      find: async () => ({ found: 'absent' }),
      pdf: async () => undefined,
    },
  }),
};
const swallows = { ...manifest.settings, key: 'swallows', type: 'boolean' as const, label: texts };
manifest.settings.push(swallows);

onBothDatabases('request gate', (store) => {
  let ctx: TestContext;
  let server: SimulatorHandle;
  let organizationId: string;
  let heard: { path: string; at: number }[] = [];
  let refuse = 0;
  const who = () => ({ organizationId, actor: 'test' });

  beforeAll(async () => {
    ctx = await testContext(store(), { work: false, connectors: [narrow] });
    server = await startServer(({ path, body }, response) => {
      if (refuse > 0) {
        refuse--;
        response.writeHead(429, { 'retry-after': '90' }).end('slow down');
        return;
      }
      heard.push({ path, at: ctx.now().getTime() });
      response.end(body.length > 0 ? body : 'ok');
    });
  });
  afterAll(async () => {
    await ctx.jobs.stop();
    await server.close();
  });
  beforeEach(async () => {
    heard = [];
    refuse = 0;
    ctx.clock.advance(10 * 60_000);
    organizationId = await testOrganization(ctx);
  });

  async function connect(settings: Record<string, unknown> = {}): Promise<string> {
    const saved = await saveConnection(ctx, who(), { connector: 'narrow', name: 'Narrow', baseUrl: server.url, settings });
    if ('findings' in saved) throw new Error(JSON.stringify(saved.findings));
    return saved.connection.id;
  }
  const session = async (id: string, person = false) => {
    const row = await ctx.store.org(organizationId, (tx) => readConnection(tx, organizationId, id));
    return openConnection(ctx, row!, { person });
  };
  const outcomeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'sent',
      (error: Error) => error.name,
    );

  async function issued(connectionId: string, count: number): Promise<void> {
    const series = (await ctx.store.org(organizationId, (tx) => listSeries(tx, organizationId))).find((s) => s.kind === 'invoice')!;
    const { id, name, pattern, reset } = series;
    const saved = await saveSeries(ctx, who(), {
      id,
      name,
      kind: 'invoice',
      pattern,
      reset,
      isDefault: true,
      numberOwner: 'hub',
      reporter: 'nobody',
      connectionId,
    });
    if ('findings' in saved) throw new Error(JSON.stringify(saved.findings));
    const sales = await storeSales(
      ctx,
      organizationId,
      Array.from({ length: count }, () => saleOrder()),
    );
    await issueDocuments(
      ctx,
      who(),
      sales.map((s) => s.documentId),
    );
  }
  const transfers = () =>
    ctx.store.org(organizationId, (tx) => tx.selectFrom('transfer').selectAll().orderBy('created_at').orderBy('id').execute());

  /** Jobs as they would come, the clock moved on, until everything is done. */
  async function untilDone(limitMinutes = 60): Promise<void> {
    for (let minute = 0; minute < limitMinutes; minute++) {
      const open = (await transfers()).filter((t) => t.status !== 'accepted');
      if (open.length === 0) return;
      await Promise.all(open.slice(0, 4).map((t) => workTransfer(ctx, organizationId, t.id)));
      ctx.clock.advance(30_000);
      await sweepTransfers(ctx);
    }
  }
  const mostInAMinute = () => Math.max(...heard.map(({ at }) => heard.filter((h) => h.at >= at && h.at < at + 60_000).length));

  test('many at once stay within the limit, and a person still gets an answer', async () => {
    const id = await connect();
    const opened = await Promise.all(Array.from({ length: 30 }, () => session(id)));
    const outcomes = await Promise.all(opened.map(({ session: s }) => outcomeOf(s.lookups!.options('x'))));
    expect(outcomes.filter((o) => o === 'sent')).toHaveLength(9);
    expect(outcomes.filter((o) => o === 'QuotaWait')).toHaveLength(21);
    const person = await session(id, true);
    expect(await outcomeOf(person.session.lookups!.options('x'))).toBe('sent');
    expect(heard).toHaveLength(10);
    ctx.clock.advance(62_000);
    expect(await outcomeOf((await session(id)).session.lookups!.options('x'))).toBe('sent');
  });

  test('a 429 shuts the gate for everybody until the time it names', async () => {
    const id = await connect();
    refuse = 1;
    const first = await session(id);
    const error = await first.session.lookups!.options('x').catch((e) => e);
    expect(error).toBeInstanceOf(QuotaWait);
    expect(error.until.getTime() - ctx.now().getTime()).toBe(90_000);
    expect(await outcomeOf((await session(id, true)).session.lookups!.options('x'))).toBe('QuotaWait');
    ctx.clock.advance(90_001);
    expect(await outcomeOf((await session(id)).session.lookups!.options('x'))).toBe('sent');
    expect(heard).toHaveLength(1);
  });

  test.each([false, true])(
    'documents beyond the limit wait their turn: each made once, no try lost (gate taken for a lost answer: %s)',
    async (swallow) => {
      const id = await connect(swallow ? { swallows: true } : {});
      await issued(id, 8);
      refuse = 2;
      await untilDone();
      const all = await transfers();
      expect(all.map((t) => t.status)).toEqual(all.map(() => 'accepted'));
      expect(Math.max(...all.map((t) => t.sends))).toBe(1);
      expect(heard.filter((h) => h.path === '/make')).toHaveLength(8);
      expect(mostInAMinute()).toBeLessThanOrEqual(10);
      expect(all.some((t) => t.story.some((s) => s.what === 'waits for its turn'))).toBe(true);
      expect(all.every((t) => t.story.every((s) => s.what !== 'answer lost'))).toBe(true);
    },
  );
});
