import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import { createAccounts } from './api/accounts.ts';
import { buildApp } from './api/app.ts';
import { hearChanges } from './api/events.ts';
import type { Demo, Edge } from './api/route.ts';
import { routes } from './api/routes/index.ts';
import { sendSystemMail, systemMailServer } from './api/system-mail.ts';
import { BadConfig, type Config } from './config.ts';
import { createRenderer } from './delivery/pdf/renderer.ts';
import { type Opened, open, rootFolder } from './open.ts';
import type { Store } from './store/index.ts';
import { exportSpans, startMetrics } from './telemetry.ts';
import { startWorkers } from './workers.ts';

/** The process: opens everything, listens, works. Holds no rules of its own. */
export type Running = { url: string; opened: Opened; edge: Edge; app: FastifyInstance; close(): Promise<void> };
type StartOptions = {
  config: Config;
  /** Opened already, by a command that first prepares data. */
  opened?: Opened;
  demo?: (edge: Edge) => Demo;
  webFolder?: string;
};

export const version = (JSON.parse(readFileSync(path.join(rootFolder, 'package.json'), 'utf8')) as { version: string }).version;

export async function startServer({
  config,
  opened: given,
  demo,
  webFolder = path.join(rootFolder, 'web', 'dist'),
}: StartOptions): Promise<Running> {
  const works = config.role !== 'web';
  const opened = given ?? (await open(config, { work: works }));
  const { ctx } = opened;
  const renderer = createRenderer();
  const changes = await hearChanges(ctx.store);
  const address = { publicUrl: config.publicUrl, given: config.publicUrlGiven };
  const server = systemMailServer(config.systemMailUrl, config.systemMailFrom);
  const accounts = createAccounts({
    store: ctx.store,
    secretKey: opened.secretKey,
    address,
    now: ctx.now,
    sendMail: (mail) => sendSystemMail(ctx, server, mail),
    log: ctx.log,
  });
  const edge: Edge = { ctx, accounts, changes, version, render: (input) => renderer.render(input) };
  edge.demo = demo?.(edge);
  // The demo's buyers sit at this machine.
  if (edge.demo) ctx.buyerLinks = true;
  // Nothing leaves the machine in the demo.
  edge.registerUrl = edge.demo ? 'off' : config.registerUrl;
  let up = false;
  const metrics = config.metricsToken ? startMetrics(ctx) : undefined;
  const traces = config.tracesUrl ? exportSpans(config.tracesUrl, fetch, (message) => ctx.log('warn', message)) : undefined;
  const app = await buildApp({
    edge,
    routes: config.role === 'worker' ? [] : routes,
    address,
    proxies: config.proxies,
    webFolder,
    metrics: metrics && { token: config.metricsToken!, ...metrics },
    ready: async () => up && (await answers(ctx.store)),
  });
  if (works)
    await startWorkers(ctx, {
      renderPdf: edge.render,
      copiesFolder: path.join(config.dataFolder, 'backups'),
      statementsFolder: config.statementsFolder,
    });
  await app.listen({ port: config.port, host: config.host }).catch((error: NodeJS.ErrnoException) => {
    if (!['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL'].includes(error.code ?? '')) throw error;
    throw new BadConfig(
      `HOST is "${config.host}", which is no address of this machine (${error.code}): it may be 127.0.0.1, 0.0.0.0 for all of them, or one of its own.`,
    );
  });
  up = true;
  const { port } = app.server.address() as AddressInfo;
  const url = config.publicUrlGiven ? config.publicUrl : config.publicUrl.replace(/:\d+$/, `:${port}`);
  // Where the system chose the port, only now is it known; addresses given to others must be right.
  ctx.publicUrl = url;
  address.publicUrl = url;
  return {
    url,
    opened,
    edge,
    app,
    close: async () => {
      up = false;
      await app.close();
      metrics?.stop();
      await traces?.stop();
      await changes.close();
      await opened.close();
      await renderer.close();
    },
  };
}

/** A database that is gone, or does not answer while somebody waits, is not ready: said in time, and not as a failure. */
const answerWithinMs = 3000;
async function answers(store: Store): Promise<boolean> {
  const late = new Promise<false>((resolve) => setTimeout(resolve, answerWithinMs, false).unref());
  const asked = sql`select 1`.execute(store.db).then(
    ({ rows }) => rows.length === 1,
    () => false,
  );
  return Promise.race([asked, late]);
}
