import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openAgent, pairAgent, readSettings, writeSettings } from '../agent/index.ts';
import type { DemoMachine } from '../api/route.ts';
import { saveConnection } from '../connections/index.ts';
import type { Context } from '../jobs/index.ts';
import type { ErpSimulator } from '../testkit/erp.ts';
import { IppPrinter } from '../testkit/ipp-printer.ts';
import { listSeries, saveSeries } from '../toissue/index.ts';
import { startSimulator } from './commands/simulate.ts';

/**
 * The demo's own computer: an accounting program behind two folders, a printer that speaks IPP, and the agent, which is installed
 * when somebody pairs it. Everything on it can be switched off and on.
 */
const connector = 'subiekt';
/** A program that is closed is noticed soon: nobody waits minutes in a demo. */
const closedAfterSeconds = 8;
const lookMs = 1_000;

export type Machine = DemoMachine & {
  simulator: { connector: string; url: string };
  start(serverUrl: string): Promise<void>;
  close(): Promise<void>;
};

export async function demoMachine(ctx: Context, organizationId: string, folder: string, version: string): Promise<Machine> {
  const erp = (await startSimulator(connector, {
    now: ctx.now,
    inbox: path.join(folder, 'subiekt', 'inbox'),
    outbox: path.join(folder, 'subiekt', 'outbox'),
    everyMs: 1_000,
  })) as unknown as ErpSimulator;
  const printer = new IppPrinter({ name: 'Biuro', now: ctx.now, folder: path.join(folder, 'printed') });
  const listening = await printer.listen();
  await connect(ctx, organizationId);
  const data = path.join(folder, 'agent');
  let running: { ended: Promise<unknown>; stop: AbortController } | undefined;
  let server = '';
  let on = true;
  let updates = 0;
  const world = {
    fetch: globalThis.fetch,
    now: () => new Date(),
    random: Math.random,
    sleep: async (ms: number, signal: AbortSignal) => void (await wait(ms, undefined, { signal }).catch(() => {})),
    version,
  };
  const plugins = () => ({
    folders: [{ name: 'subiekt', inbox: erp.inbox, outbox: erp.outbox, prints: erp.outbox, closedAfterSeconds }],
    printers: [{ name: printer.name, uri: listening.uri }],
  });
  const run = () => {
    const opened = openAgent(world, data, { lookMs, printersEveryMs: 2_000 });
    const stop = new AbortController();
    const ended = opened.agent.run(stop.signal).finally(() => {
      opened.close();
      running = undefined;
    });
    running = { ended, stop };
  };
  const end = async () => {
    running?.stop.abort();
    await running?.ended;
  };
  return {
    simulator: { connector, url: erp.url },
    async start(serverUrl) {
      server = serverUrl;
      const before = readSettings(data);
      if (!before) return;
      // Ports are others at each start.
      writeSettings(data, { ...before, ...plugins(), server });
      run();
    },
    async install(code) {
      // Paired anew it has another key.
      await end();
      await pairAgent(world, data, { server, code, ...plugins() });
      run();
    },
    state: () => ({
      installed: running !== undefined,
      program: {
        on,
        documents: erp.documents().length,
      },
      printer: { paper: printer.paper, on: !printer.gone, pages: printer.out.map((p) => ({ name: p.name, at: p.at.toISOString() })) },
    }),
    set(change) {
      if (change.program !== undefined) {
        erp.power(change.program);
        on = change.program;
      }
      if (change.update) erp.update(`1.${81 + ++updates}`);
      if (change.checked) erp.checked();
      if (change.paper !== undefined) printer.paper = change.paper;
      if (change.printer !== undefined) printer.gone = !change.printer;
    },
    page: (index) => printer.out[index]?.bytes,
    async close() {
      await end();
      await listening.close();
      await erp.close();
    },
  };
}
/** A connection and a series that goes through it, so that a document can be issued into the program. */
async function connect(ctx: Context, organizationId: string): Promise<void> {
  const who = { organizationId, actor: 'demo' };
  const known = await ctx.store.org(organizationId, (tx) =>
    tx
      .selectFrom('connection')
      .select('id')
      .where('organization_id', '=', organizationId)
      .where('connector', '=', connector)
      .executeTakeFirst(),
  );
  if (known) return;
  const saved = await saveConnection(ctx, who, { connector, name: 'Subiekt GT (symulator)', settings: {} });
  if ('findings' in saved) throw new Error(`the demo's accounting program was refused: ${saved.findings[0]?.code}`);
  const series = await ctx.store.org(organizationId, (tx) => listSeries(tx, organizationId));
  const invoice = series.find((s) => s.kind === 'invoice');
  if (!invoice) return;
  const made = await saveSeries(ctx, who, {
    name: 'Subiekt GT',
    kind: 'invoice',
    pattern: invoice.pattern,
    reset: invoice.reset,
    isDefault: false,
    numberOwner: 'provider',
    reporter: 'nobody',
    connectionId: saved.connection.id,
  });
  if ('findings' in made) throw new Error(`the demo's series was refused: ${made.findings[0]?.code}`);
}
