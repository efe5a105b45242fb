import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connector as baselinker } from '../../connectors/baselinker/connector.ts';
import { ownDocument } from '../../connectors/baselinker/made.ts';
import { startBaselinkerSimulator } from '../../connectors/baselinker/simulator.ts';
import { connector as optima } from '../../connectors/optima/connector.ts';
import { startErpSimulator as startOptimaSimulator } from '../../connectors/optima/simulator.ts';
import { connector as subiekt } from '../../connectors/subiekt/connector.ts';
import { startErpSimulator } from '../../connectors/subiekt/simulator.ts';
import { openAgent, pairAgent } from '../../src/agent/index.ts';
import { agentConnector, assignPlugin, makeCode, saveRule } from '../../src/agents/index.ts';
import { pullNow } from '../../src/channel/index.ts';
import { saveConnection } from '../../src/connections/index.ts';
import { saveMailSettings } from '../../src/delivery/index.ts';
import { hubDoor } from '../../src/testkit/agent-rig.ts';
import { polishSeller, testOrganization } from '../../src/testkit/context.ts';
import { IppPrinter } from '../../src/testkit/ipp-printer.ts';
import { listSeries, saveSeries } from '../../src/toissue/index.ts';
import { atTheDesk } from './people.ts';
import { providerSays } from './provider.ts';
import { control, good, type Makes, mailSettings, type Seller, said } from './seller.ts';
import type { Life } from './world.ts';

export const erpConnectors = [baselinker, subiekt, optima, agentConnector];

type Order = {
  id: number;
  source: string;
  total: string;
  paid: string;
  statusId: number;
  confirmed: boolean;
  invoices: { id: number; file: unknown; externalNumber: string }[];
};
const cancelledStatus = 105;

/** Orders of BaseLinker, documents by an accounting program behind an agent and two folders, PDFs on the orders, pages from a printer. */
export const polishErp: Makes = async (world, life, n) => {
  const { ctx } = life;
  const root = mkdtempSync(path.join(tmpdir(), 'fakturist-prove-'));
  const shop = await startBaselinkerSimulator({ now: () => world.clock.now(), seeds: false });
  const program = world.pick('setup', ['subiekt', 'optima'] as const);
  const startProgram = program === 'subiekt' ? startErpSimulator : startOptimaSimulator;
  const erp = await startProgram({ inbox: path.join(root, 'inbox'), outbox: path.join(root, 'outbox'), now: () => world.clock.now() });
  const printer = new IppPrinter({ name: 'Biuro', now: () => world.clock.now() });
  const organizationId = await testOrganization(ctx, { ...polishSeller, name: `Program ${n}` });
  const who = { organizationId, actor: 'setup' };
  await saveMailSettings(ctx, who, mailSettings(world));

  // The agent's line leads to whichever process lives; what is lost on it is lost before or after it did its work.
  const doors = new Map<Life, ReturnType<typeof hubDoor>>();
  const lost = () => Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } });
  const toHub: typeof fetch = async (input, init) => {
    const live = world.lives.find((l) => !l.process.dead);
    if (!live) throw lost();
    if (!doors.has(live)) doors.set(live, hubDoor(live.ctx));
    const door = await doors.get(live)!;
    const bad = !world.calm && world.chance('agent', world.options.weather.wire / 2);
    const before = world.chance('agent', 0.5);
    if (bad) world.count('agent: lost');
    if (bad && before) throw lost();
    const result = await world.on(live, () => door.fetch(input, init));
    if (!('done' in result) || (bad && !before)) throw lost();
    return result.done;
  };
  const agentWorld = {
    fetch: ((input, init) =>
      String(input).startsWith('http://printer') ? printer.fetch(input, init) : toHub(input, init)) as typeof fetch,
    now: () => world.clock.now(),
    random: () => world.draw('agent random'),
    sleep: async () => {},
    version: '0.1.0',
  };
  const data = path.join(root, 'agent');
  const { code } = (await makeCode(ctx, who, { name: 'Magazyn', autoConfirm: true }))!;
  const paired = await pairAgent(agentWorld, data, {
    server: 'http://hub',
    code,
    folders: [{ name: 'program', inbox: erp.inbox, outbox: erp.outbox, prints: erp.outbox, closedAfterSeconds: 60 }],
    printers: [{ name: 'Biuro', uri: 'http://printer/ipp/print' }],
  });
  const reopen = () => openAgent(agentWorld, data, { pollSeconds: 0, lookMs: 1, printersEveryMs: 0 });
  let agent = reopen();
  await agent.agent.tell(AbortSignal.timeout(5000));
  const saved = good(await saveConnection(ctx, who, { connector: program, name: 'Program', settings: {} }), program);
  const connectionId = saved.connection.id;
  await assignPlugin(ctx, who, connectionId, { agentId: paired.agentId, plugin: 'program' });
  const series = (await ctx.store.org(organizationId, (tx) => listSeries(tx, organizationId))).filter(
    (s) => s.kind === 'invoice' || s.kind === 'correction',
  );
  const invoiceSeries = series.find((s) => s.kind === 'invoice')!;
  for (const { id, name, kind, pattern, reset } of series)
    good(
      await saveSeries(ctx, who, {
        id,
        name,
        kind,
        pattern,
        reset,
        isDefault: true,
        numberOwner: program === 'subiekt' ? 'provider' : 'hub',
        reporter: 'nobody',
        connectionId,
      }),
      'series',
    );
  if (world.chance('setup', 0.7))
    await saveRule(ctx, who, {
      name: 'wszystko',
      kinds: [],
      connectionId: null,
      printType: 'original',
      agentId: paired.agentId,
      printer: null,
      options: { copies: 1 },
      lastOne: false,
      active: true,
    });
  const channel = good(
    await saveConnection(ctx, who, {
      connector: 'baselinker',
      name: 'BaseLinker',
      baseUrl: shop.apiUrl,
      settings: {
        documentKind: 'invoice',
        seriesId: invoiceSeries.id,
        autoIssue: true,
        cancelledStatuses: [String(cancelledStatus)],
        documentField: ownDocument,
        carrierSeries: '15',
        requestsPerMinute: 100,
      },
      secrets: { token: shop.token },
    }),
    'baselinker',
  );
  world.secrets.add(shop.token);

  const troubles: [string, () => unknown, () => unknown][] = [
    ['the program is closed', () => erp.power(false), () => erp.power(true)],
    ['the program was updated', () => erp.update(`1.${81 + world.below('erp', 9)}`), () => erp.checked()],
    ['the printer has no paper', () => (printer.paper = false), () => (printer.paper = true)],
    ['the printer is gone', () => (printer.gone = true), () => (printer.gone = false)],
    [
      'BaseLinker is under maintenance',
      () => control(shop.url, 'PATCH', 'state', { maintenance: true }),
      () => control(shop.url, 'PATCH', 'state', { maintenance: false }),
    ],
    ['a neighbour uses the token', () => control(shop.url, 'POST', 'neighbour', { calls: 60 }), () => undefined],
  ];
  const orders = (): Promise<Order[]> => control(shop.url, 'GET', 'orders');

  async function round(): Promise<void> {
    const quietly = async (work: Promise<unknown>) => void (await work.catch(() => {}));
    const signal = AbortSignal.timeout(10_000);
    await quietly(agent.agent.hear(signal));
    await quietly(agent.agent.tell(signal));
    await quietly(agent.agent.work(signal));
    erp.step();
    printer.tick();
    world.clock.advance(3_000);
    await quietly(agent.agent.work(signal));
    await quietly(agent.agent.tell(signal));
  }

  const seller: Seller = {
    kind: 'polish erp',
    organizationId,
    async act(live) {
      const what = world.draw('polish erp');
      const there = await orders();
      const some = there.length > 0 ? world.pick('polish erp', there) : undefined;
      if (what < 0.4 || !some) {
        const made = await control(shop.url, 'POST', 'orders', { count: 1 + world.below('polish erp', 3) });
        world.tell(`polish erp: ${made.length} arrive`);
        await world.on(live, (c) => pullNow(c, { organizationId, actor: 'person' }, channel.connection.id));
      } else if (what < 0.55) {
        const verb = world.pick('polish erp', ['change', 'cancel', 'pay', 'pay', 'return', 'copy']);
        await control(shop.url, 'POST', `orders/${some.id}/${verb}`, {}).catch(() => undefined);
        world.tell(`polish erp: ${verb} ${some.id}`);
      } else if (what < 0.75) {
        const [name, on, off] = world.pick('polish erp', troubles);
        const bad = world.chance('polish erp', 0.55);
        await (bad ? on() : off());
        world.tell(`polish erp: ${name}${bad ? '' : ' no more'}`);
      } else if (what < 0.82) {
        agent.close();
        agent = reopen();
        world.tell('polish erp: the agent is started again');
      } else world.tell(`polish erp: ${said(await world.on(live, () => atTheDesk(world, live, organizationId)))}`);
    },
    tick: round,
    async heal() {
      for (const [, , off] of troubles) await off();
    },
    async holds(reference) {
      return erp.documents().some((d) => d.reference === reference);
    },
    paid: async () =>
      (await orders())
        // Goods that come back are an order of their own there, and no sale.
        .filter(
          (o) => o.source !== 'order_return' && o.confirmed && o.paid === o.total && o.statusId !== cancelledStatus && Number(o.total) > 0,
        )
        .map((o) => ({ externalId: String(o.id), gross: o.total })),
    async judge() {
      const problems = await providerSays(
        world,
        organizationId,
        connectionId,
        erp.documents().map((d) => ({ number: program === 'subiekt' ? `${d.type} ${d.number}` : d.number, references: [d.reference] })),
      );
      for (const order of await orders()) {
        const files = order.invoices.filter((i) => i.file);
        if (new Set(files.map((f) => f.externalNumber)).size !== files.length) problems.push(`order ${order.id} carries a document twice`);
      }
      const prints = await world.options.store.db
        .selectFrom('delivery as v')
        .innerJoin('document as d', (j) => j.onRef('d.organization_id', '=', 'v.organization_id').onRef('d.id', '=', 'v.document_id'))
        .select(['v.status', 'd.number', 'v.id'])
        .where('v.organization_id', '=', organizationId)
        .where('v.way', '=', 'print')
        .execute();
      const printed = prints.filter((p) => p.status === 'printed').length;
      const unknown = prints.filter((p) => p.status === 'unknown').length;
      if (printer.out.length < printed || printer.out.length > printed + unknown)
        problems.push(`${printer.out.length} pages came out, ${printed} prints are printed and ${unknown} unknown`);
      return problems;
    },
    close: async () => {
      agent.close();
      for (const door of doors.values()) await (await door).close();
      await shop.close();
      await erp.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
  return seller;
};
