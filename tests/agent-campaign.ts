/**
 * The agent loses its network, seeded: calls to the hub and to the printer are cut off before or after they did their work, for one
 * call or for many; in between the agent is killed and started again, the accounting program is closed, the printer is out of paper or
 * gone. At the end every document stands once in the program and once here with its number and PDF, and one page of each came out.
 *
 *   node tests/agent-campaign.ts --seed 7 --losses 100 --documents 60
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openAgent, pairAgent } from '../src/agent/index.ts';
import { assignPlugin, makeCode, matchFiles, noticeSilence, saveRule, sweepPrints, workPrint } from '../src/agents/index.ts';
import { saveConnection } from '../src/connections/index.ts';
import { migrate, openEmbedded, type Store } from '../src/store/index.ts';
import { FolderProgram, folderConnector, hubDoor } from '../src/testkit/agent-rig.ts';
import { type TestContext, testContext, testOrganization } from '../src/testkit/context.ts';
import { IppPrinter } from '../src/testkit/ipp-printer.ts';
import { saleOrder, storeSales } from '../src/testkit/sale.ts';
import { seededRandom } from '../src/testkit/simulator.ts';
import { issueDocuments, listSeries, saveSeries } from '../src/toissue/index.ts';
import { workTransfer } from '../src/transfer/index.ts';

type AgentCampaignOptions = { seed: number; losses: number; documents: number; log?: (line: string) => void };
type AgentCampaignResult = {
  losses: number;
  callsLost: number;
  restarts: number;
  rounds: number;
  issued: number;
  printed: number;
  unknownPrints: number;
  problems: string[];
};

const quietRounds = 400;

export async function agentCampaign(store: Store, options: AgentCampaignOptions): Promise<AgentCampaignResult> {
  const random = seededRandom(options.seed);
  const chance = (share: number) => random() < share;
  const ctx = await testContext(store, { work: false, connectors: [folderConnector] });
  const door = await hubDoor(ctx);
  const root = mkdtempSync(path.join(tmpdir(), 'fakturist-agent-campaign-'));
  const counts = { losses: 0, callsLost: 0, restarts: 0, rounds: 0 };
  const lost = () => Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } });
  let outage = 0;
  const shaky =
    (real: typeof fetch): typeof fetch =>
    async (input, init) => {
      if (outage === 0 && counts.losses < options.losses && chance(0.06)) {
        counts.losses++;
        outage = 1 + Math.floor(random() * 6);
      }
      if (outage === 0) return real(input, init);
      outage--;
      counts.callsLost++;
      if (chance(0.5)) await real(input, init).catch(() => {});
      throw lost();
    };
  try {
    const printer = new IppPrinter({ name: 'Biuro', now: () => ctx.now() });
    const toHub = shaky(door.fetch);
    const toPrinter = shaky(printer.fetch);
    const world = {
      fetch: ((input, init) => (String(input).startsWith('http://printer') ? toPrinter(input, init) : toHub(input, init))) as typeof fetch,
      now: () => ctx.now(),
      random,
      sleep: async () => {},
      version: '0.1.0',
    };
    const program = new FolderProgram(root);
    const rig = await setUp(ctx, world, program, path.join(root, 'agent'));
    const reopen = () => openAgent(world, path.join(root, 'agent'), { pollSeconds: 0, lookMs: 1, printersEveryMs: 60_000 });
    let opened = reopen();
    const quietly = async (work: Promise<unknown>) => void (await work.catch(() => {}));
    const round = async () => {
      counts.rounds++;
      await hubWork(ctx, rig);
      const signal = AbortSignal.timeout(10_000);
      await quietly(opened.agent.hear(signal));
      await quietly(opened.agent.tell(signal));
      await quietly(opened.agent.work(signal));
      program.tick(chance(0.3) ? 1 : undefined);
      printer.tick();
      ctx.clock.advance(1_000 + Math.floor(random() * 40_000));
      await quietly(opened.agent.tell(signal));
    };
    const ids: string[] = [];
    for (let made = 0; made < options.documents || counts.losses < options.losses; ) {
      if (made < options.documents && chance(0.5)) {
        const count = Math.min(options.documents - made, 1 + Math.floor(random() * 3));
        ids.push(...(await sell(ctx, rig, count)));
        made += count;
      }
      program.open = !chance(0.15);
      printer.paper = !chance(0.1);
      printer.gone = chance(0.08);
      if (chance(0.12)) {
        counts.restarts++;
        opened.close();
        opened = reopen();
      }
      await round();
      if (counts.rounds > 60 * options.losses + 10 * options.documents) throw new Error(`seed ${options.seed}: the losses never came`);
      if (counts.rounds % 50 === 0)
        options.log?.(`${counts.rounds} rounds, ${counts.losses} losses, ${program.made.length} documents there`);
    }
    // All is well again: what waits flows on.
    program.open = true;
    printer.paper = true;
    printer.gone = false;
    outage = 0;
    let left = -1;
    for (let i = 0; i < quietRounds && left !== 0; i++) {
      await round();
      left = await unfinished(ctx, rig.organizationId);
    }
    opened.close();
    return { ...counts, ...(await judge(ctx, rig.organizationId, ids, program, printer, left)) };
  } finally {
    await door.close();
    await ctx.jobs.stop();
    rmSync(root, { recursive: true, force: true });
  }
}

type Rig = { organizationId: string; connectionId: string };

async function setUp(ctx: TestContext, world: Parameters<typeof pairAgent>[0], program: FolderProgram, data: string): Promise<Rig> {
  const organizationId = await testOrganization(ctx);
  const who = { organizationId, actor: 'campaign' };
  const saved = await saveConnection(ctx, who, { connector: 'folder-test', name: 'Program', settings: {} });
  if ('findings' in saved) throw new Error(JSON.stringify(saved.findings));
  const connectionId = saved.connection.id;
  const series = (await ctx.store.org(organizationId, (tx) => listSeries(tx, organizationId))).find((s) => s.kind === 'invoice')!;
  const { id, name, pattern, reset } = series;
  await saveSeries(ctx, who, {
    id,
    name,
    kind: 'invoice',
    pattern,
    reset,
    isDefault: true,
    numberOwner: 'provider',
    reporter: 'nobody',
    connectionId,
  });
  const { code } = (await makeCode(ctx, who, { name: 'Agent', autoConfirm: true }))!;
  let agentId: string | undefined;
  for (let i = 0; i < 50 && !agentId; i++) {
    try {
      const folders = [{ name: 'program', inbox: program.inbox, outbox: program.outbox, prints: program.outbox, closedAfterSeconds: 60 }];
      agentId = (
        await pairAgent(world, data, {
          server: 'http://hub',
          code,
          folders,
          printers: [{ name: 'Biuro', uri: 'http://printer/ipp/print' }],
        })
      ).agentId;
    } catch {
      // The answer was lost: asked again with the same key.
    }
  }
  if (!agentId) throw new Error('pairing never came through');
  await assignPlugin(ctx, who, connectionId, { agentId, plugin: 'program' });
  await saveRule(ctx, who, {
    name: 'all',
    kinds: [],
    connectionId: null,
    printType: 'original',
    agentId,
    printer: null,
    options: { copies: 1 },
    lastOne: false,
    active: true,
  });
  return { organizationId, connectionId };
}

async function sell(ctx: TestContext, { organizationId }: Rig, count: number): Promise<string[]> {
  const orders = Array.from({ length: count }, () => saleOrder({ orderedAt: ctx.now().toISOString() }));
  const ids = (await storeSales(ctx, organizationId, orders)).map((s) => s.documentId);
  await issueDocuments(ctx, { organizationId, actor: 'campaign' }, ids);
  return ids;
}

async function hubWork(ctx: TestContext, { organizationId, connectionId }: Rig): Promise<void> {
  await noticeSilence(ctx);
  await sweepPrints(ctx);
  await matchFiles(ctx, organizationId, connectionId);
  const transfers = await ctx.store.org(organizationId, (tx) =>
    tx
      .selectFrom('transfer')
      .select('id')
      .where('organization_id', '=', organizationId)
      .where((e) =>
        e.or([e('status', '=', 'waiting'), e.and([e('status', 'in', ['pending', 'unknown', 'sending']), e('next_at', '<=', ctx.now())])]),
      )
      .execute(),
  );
  for (const { id } of transfers) await workTransfer(ctx, organizationId, id);
  const prints = await ctx.store.org(organizationId, (tx) =>
    tx
      .selectFrom('delivery')
      .select('id')
      .where('organization_id', '=', organizationId)
      .where('way', '=', 'print')
      .where('status', '=', 'queued')
      .execute(),
  );
  for (const { id } of prints) await workPrint(ctx, { renderPdf: async () => Buffer.from('%PDF-1.7 ours') }, { organizationId, id });
}

async function unfinished(ctx: TestContext, organizationId: string): Promise<number> {
  return ctx.store.org(organizationId, async (tx) => {
    const transfers = await tx.selectFrom('transfer').select('id').where('status', '<>', 'accepted').execute();
    const prints = await tx
      .selectFrom('delivery')
      .select('id')
      .where('way', '=', 'print')
      .where('status', 'in', ['queued', 'sending'])
      .execute();
    const jobs = await tx.selectFrom('agent_job').select('id').where('status', 'in', ['waiting', 'offered', 'accepted']).execute();
    return transfers.length + prints.length + jobs.length;
  });
}

/** Looks into the program and the printer themselves instead of believing the agent. */
async function judge(
  ctx: TestContext,
  organizationId: string,
  ids: string[],
  program: FolderProgram,
  printer: IppPrinter,
  left: number,
): Promise<Pick<AgentCampaignResult, 'issued' | 'printed' | 'unknownPrints' | 'problems'>> {
  const problems: string[] = [];
  if (left !== 0) problems.push(`${left} things never ended`);
  const [documents, prints, cards] = await ctx.store.org(organizationId, async (tx) => [
    await tx.selectFrom('document').select(['id', 'number', 'state', 'pdf_file_id']).execute(),
    await tx.selectFrom('delivery').select(['document_id', 'status', 'cause']).where('way', '=', 'print').execute(),
    await tx.selectFrom('cause_case').select('code').where('closed_at', 'is', null).execute(),
  ]);
  for (const id of ids) {
    const there = program.made.filter((m) => m.reference === `fk:${id}`);
    const document = documents.find((d) => d.id === id)!;
    if (there.length !== 1) problems.push(`${id} stands ${there.length} times in the program`);
    if (document.state !== 'issued' || document.number !== there[0]?.number)
      problems.push(`${id} is ${document.state} ${document.number} here`);
    if (!document.pdf_file_id) problems.push(`${id} has no PDF`);
    const mine = prints.filter((p) => p.document_id === id);
    if (mine.length !== 1) problems.push(`${id} has ${mine.length} prints`);
    const pages = printer.out.filter((page) => there[0] && Buffer.from(page.bytes).toString() === `%PDF-1.4 ${there[0].number}`).length;
    const allowed = mine[0]?.status === 'printed' ? [1] : mine[0]?.status === 'unknown' ? [0, 1] : [0];
    if (!allowed.includes(pages)) problems.push(`${id}: ${pages} pages came out, the print is ${mine[0]?.status}`);
    if (mine[0] && !['printed', 'unknown', 'refused'].includes(mine[0].status)) problems.push(`${id}: the print is ${mine[0].status}`);
  }
  if (program.made.length !== ids.length) problems.push(`${program.made.length} documents in the program, ${ids.length} sold`);
  const open = cards.map((c) => c.code).filter((code) => !code.startsWith('print_'));
  if (open.length > 0) problems.push(`open cards: ${open.join()}`);
  return {
    issued: documents.filter((d) => d.state === 'issued').length,
    printed: prints.filter((p) => p.status === 'printed').length,
    unknownPrints: prints.filter((p) => p.status === 'unknown').length,
    problems,
  };
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '7' },
      losses: { type: 'string', default: '100' },
      documents: { type: 'string', default: '60' },
    },
  });
  const store = await openEmbedded('memory:', { durable: false });
  await migrate(store);
  const began = performance.now();
  const options = { seed: Number(values.seed), losses: Number(values.losses), documents: Number(values.documents) };
  const result = await agentCampaign(store, { ...options, log: (line) => console.log(line) });
  await store.close();
  console.log(JSON.stringify({ seed: options.seed, ...result, seconds: Math.round((performance.now() - began) / 100) / 10 }, null, 1));
  process.exit(result.problems.length === 0 ? 0 : 1);
}
