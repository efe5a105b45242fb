/**
 * The fault campaign: ticket sales against the provider's simulator, with answers lost before and after they did their work, 429, 500,
 * web pages and slow answers in between, calls repeated and out of order, and our process killed with kill -9. At the end every paid
 * order has exactly one invoice there and here, or stands on a cause card; nothing is there twice. A seed repeats a run.
 *
 *   node tests/campaign.ts --seed 7 --sales 10000 --database embedded|postgres|both --kills 20
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { connector as szamlazz } from '../connectors/szamlazz/connector.ts';
import { type SzamlazzSimulator, startSzamlazzSimulator } from '../connectors/szamlazz/simulator.ts';
import { connector as tickets } from '../connectors/tickets/connector.ts';
import { demoSale } from '../connectors/tickets/demo.ts';
import { sign } from '../connectors/tickets/signature.ts';
import { readConfig } from '../src/config.ts';
import { saveConnection } from '../src/connections/index.ts';
import { listCauses } from '../src/diagnosis/index.ts';
import { open } from '../src/open.ts';
import { openPostgres } from '../src/store/index.ts';
import { testOrganization } from '../src/testkit/context.ts';
import { seriesGo } from '../src/testkit/hungarian.ts';
import type { Loose } from '../src/testkit/loose.ts';
import { freePort, startPostgres } from '../src/testkit/postgres.ts';
import { seededRandom } from '../src/testkit/simulator.ts';

export type CampaignResult = {
  sales: number;
  issued: number;
  onCards: number;
  kills: number;
  faults: Record<string, number>;
  seconds: number;
  problems: string[];
};
export type CampaignOptions = {
  database: 'embedded' | 'postgres';
  url?: string;
  seed: number;
  sales: number;
  kills: number;
  log?: (line: string) => void;
  /** Makes the data folder of the embedded database, if it need not grow from nothing. */
  begin?: (dataFolder: string) => void;
};

const secret = `whsec_${Buffer.from('campaign secret, thirty-two bytes').toString('base64')}`;
const faultShares: [name: string, share: number][] = [
  ['lost before', 0.05],
  ['lost after', 0.05],
  ['429', 0.01],
  ['500', 0.01],
  ['page', 0.01],
  ['slow', 0.02],
];

function drawn(draw: number): string | undefined {
  let upTo = 0;
  for (const [name, share] of faultShares) {
    upTo += share;
    if (draw < upTo) return name;
  }
  return undefined;
}

/** Stands between us and the provider and loses answers, by the seed. */
function faultyWire(target: string, random: () => number, faults: Record<string, number>): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const fault = drawn(random());
      if (fault) faults[fault] = (faults[fault] ?? 0) + 1;
      void pass(target, request.headers, Buffer.concat(chunks), fault, response).catch(() => response.destroy());
    });
    request.on('error', () => response.destroy());
  });
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () =>
      resolve({ server, url: `http://127.0.0.1:${(server.address() as { port: number }).port}/szamla/` }),
    ),
  );
}

async function pass(
  target: string,
  headers: NodeJS.Dict<string | string[]>,
  body: Buffer,
  fault: string | undefined,
  response: import('node:http').ServerResponse,
): Promise<void> {
  if (fault === 'lost before') return void response.destroy();
  // Who says nothing of when gets no request for a minute: a hundred of these would make hours of the campaign.
  if (fault === '429') return void response.writeHead(429, { 'content-type': 'text/plain', 'retry-after': '1' }).end('later');
  if (fault === '500') return void response.writeHead(500, { 'content-type': 'text/plain' }).end('later');
  if (fault === 'page')
    return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body><h1>Karbantartás</h1></body></html>');
  const answer = await fetch(target, {
    method: 'POST',
    headers: { 'content-type': String(headers['content-type']), ...(headers.cookie ? { cookie: String(headers.cookie) } : {}) },
    body,
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (fault === 'lost after') return void response.destroy();
  if (fault === 'slow') await new Promise((resolve) => setTimeout(resolve, 700));
  response.writeHead(
    answer.status,
    Object.fromEntries([...answer.headers].filter(([name]) => !['content-length', 'transfer-encoding', 'connection'].includes(name))),
  );
  response.end(bytes);
}

export async function faultCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const started = performance.now();
  const random = seededRandom(options.seed);
  const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-campaign-'));
  const simulator = await startSzamlazzSimulator({ now: () => new Date() });
  const result: CampaignResult = { sales: options.sales, issued: 0, onCards: 0, kills: 0, faults: {}, seconds: 0, problems: [] };
  const wire = await faultyWire(simulator.agentUrl, seededRandom(options.seed + 1), result.faults);
  const env = { ...process.env, FAKTURIST_DATA: path.join(folder, 'data'), DATABASE_URL: options.url ?? '' };
  if (!options.url) options.begin?.(env.FAKTURIST_DATA);
  try {
    await control(simulator, 'accounts/A', { hourlyLimit: null }, 'PATCH');
    const token = await prepare(env, wire.url, simulator.keys.A);
    await sell(options, random, env, token, result);
    await judge(options, env, simulator, result);
  } finally {
    wire.server.closeAllConnections();
    wire.server.close();
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  }
  result.seconds = Math.round((performance.now() - started) / 100) / 10;
  return result;
}

async function control(simulator: SzamlazzSimulator, at: string, body?: unknown, method = 'GET'): Promise<Loose> {
  const response = await fetch(`${simulator.url}/__sim/${at}`, {
    method,
    ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
  });
  return response.json();
}

const quiet = () => {};
const connectors = new Map([szamlazz, tickets].map((c) => [c.manifest.id, c]));

/** The organization, its two connections and a series that issues by itself. */
async function prepare(env: NodeJS.ProcessEnv, providerUrl: string, agentKey: string): Promise<string> {
  const { ctx, close } = await open(readConfig(env), { work: false, connectors, log: quiet });
  try {
    const organizationId = await testOrganization(ctx, {
      name: 'Kampany',
      country: 'HU',
      seller: {
        name: 'Kampány Kft.',
        taxIds: [{ scheme: 'HU:ADOSZAM', value: '12345676-2-42' }],
        street: 'Fő utca 2.',
        postalCode: '1011',
        city: 'Budapest',
        country: 'HU',
      },
    });
    const who = { organizationId, actor: 'campaign' };
    const provider = await saveConnection(ctx, who, {
      connector: 'szamlazz',
      name: 'provider',
      baseUrl: providerUrl,
      settings: {},
      secrets: { agentKey },
    });
    const shop = await saveConnection(ctx, who, { connector: 'tickets', name: 'shop', settings: {}, secrets: { signingSecret: secret } });
    if ('findings' in provider || 'findings' in shop) throw new Error('the connections could not be made');
    const how = { connectionId: provider.connection.id, numberOwner: 'provider', reporter: 'provider', autoIssue: true } as const;
    await seriesGo(ctx, who, ['invoice'], how);
    return shop.connection.intakeUrl!.split('/').pop()!;
  } finally {
    await close();
  }
}

/** Our process, started again whenever it was killed. */
class Victim {
  child: ChildProcess | undefined;
  port = 0;
  readonly #env: NodeJS.ProcessEnv;
  errors = '';
  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  async start(): Promise<void> {
    this.port = await freePort();
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, 'campaign-child.ts'), String(this.port)],
      { env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.child = child;
    child.stderr!.on('data', (chunk) => {
      this.errors = `${this.errors}${chunk}`.slice(-4000);
    });
    await new Promise<void>((resolve, reject) => {
      child.stdout!.on('data', (chunk) => String(chunk).includes('listening') && resolve());
      child.once('exit', (code, signal) => reject(new Error(`the process ended with ${code ?? signal}: ${this.errors}`)));
    });
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      child.removeAllListeners('exit');
      child.once('exit', () => resolve());
      child.kill('SIGKILL');
    });
  }
}

/** The shop: reports every sale, some twice, in another order, and again until it is told that it was taken. */
async function sell(
  options: CampaignOptions,
  random: () => number,
  env: NodeJS.ProcessEnv,
  token: string,
  result: CampaignResult,
): Promise<void> {
  const victim = new Victim(env);
  await victim.start();
  const calls: { id: string; body: string }[] = [];
  for (let n = 1; n <= options.sales; n++) {
    const body = JSON.stringify(demoSale(random, new Date(), n));
    calls.push({ id: `msg_${n}`, body });
    if (random() < 0.05) calls.push({ id: `msg_${n}`, body });
    if (random() < 0.03) calls.push({ id: `again_${n}`, body });
  }
  for (let i = calls.length - 1; i > 0; i--) {
    const j = Math.max(0, i - Math.floor(random() * 20));
    [calls[i], calls[j]] = [calls[j]!, calls[i]!];
  }
  const killAt = new Set(Array.from({ length: options.kills }, () => Math.floor(random() * calls.length)));
  let next = 0;
  let starting: Promise<void> | undefined;
  const restart = async () => {
    await victim.kill();
    result.kills++;
    await victim.start();
  };
  const shop = async () => {
    while (next < calls.length) {
      const at = next++;
      if (killAt.has(at)) starting ??= restart().finally(() => (starting = undefined));
      for (;;) {
        await starting;
        if (await report(victim.port, token, calls[at]!)) break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      if (at % 1000 === 999) options.log?.(`${at + 1} calls of ${calls.length}`);
    }
  };
  await Promise.all([shop(), shop(), shop(), shop()]);
  await starting;
  // Killed while only the provider's side is left, too.
  if (options.kills > 0) await restart();
  await settled(options, victim, result);
}

async function report(port: number, token: string, call: { id: string; body: string }): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/intake/${token}`, {
      method: 'POST',
      headers: sign(call.body, secret, call.id, new Date()),
      body: call.body,
    });
    if (response.status !== 202 && response.status < 500) throw new RangeError(`${response.status} ${await response.text()}`);
    return response.status === 202;
  } catch (error) {
    if (error instanceof RangeError) throw error;
    return false;
  }
}

const stillMs = 120_000;

/** Waits until nothing is left to do, or nothing has moved for long. */
async function settled(options: CampaignOptions, victim: Victim, result: CampaignResult): Promise<void> {
  let last = { left: -1, at: performance.now() };
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const left = Number(await (await fetch(`http://127.0.0.1:${victim.port}/left`)).text());
    if (left === 0) return victim.kill();
    if (left !== last.left) {
      if (Math.floor(left / 100) !== Math.floor(last.left / 100)) options.log?.(`${left} under way`);
      last = { left, at: performance.now() };
    } else if (performance.now() - last.at > stillMs) {
      result.problems.push(`${left} under way and nothing moves: ${victim.errors.slice(-500)}`);
      return victim.kill();
    }
  }
}

/** Every paid order exactly once there and here, or on a card; and the provider never had to shut us out. */
async function judge(
  options: CampaignOptions,
  env: NodeJS.ProcessEnv,
  simulator: SzamlazzSimulator,
  result: CampaignResult,
): Promise<void> {
  const there = new Map<string, string[]>();
  for (const d of (await control(simulator, 'accounts/A/documents')) as { number: string; kind: string; orderNumber: string }[]) {
    if (d.kind !== 'SZ') result.problems.push(`${d.number} is a ${d.kind}`);
    there.set(d.orderNumber, [...(there.get(d.orderNumber) ?? []), d.number]);
  }
  for (const [order, numbers] of there) if (numbers.length > 1) result.problems.push(`twins of ${order}: ${numbers.join(', ')}`);
  if ((await control(simulator, 'accounts/A')).banned) result.problems.push('the provider shut us out');
  const { ctx, close } = await open(readConfig(env), { work: false, connectors, log: quiet });
  try {
    const organization = await ctx.store.db.selectFrom('organization').select('id').executeTakeFirstOrThrow();
    const { rows } = await sql<{
      external_id: string;
      state: string | null;
      number: string | null;
      held: boolean | null;
      n: bigint;
      code: string | null;
    }>`
      select o.external_id, min(d.state) as state, min(d.number) as number, bool_or(d.held) as held, count(d.id) as n,
        (select t.cause->>'code' from transfer t where t.document_id = min(d.id::text)::uuid and t.status in ('unknown','rejected')) as code
      from sales_order o left join document d on d.organization_id = o.organization_id and d.order_id = o.id group by o.external_id`.execute(
      ctx.store.db,
    );
    const cards = await ctx.store.org(organization.id, (tx) => listCauses(tx, ctx, organization.id));
    if (rows.length !== options.sales) result.problems.push(`${options.sales} sales, ${rows.length} orders`);
    for (const row of rows) {
      const numbers = there.get(row.external_id) ?? [];
      if (row.n !== 1n) result.problems.push(`${row.external_id} has ${row.n} documents`);
      else if (row.state === 'issued' && numbers[0] === row.number) result.issued++;
      else if (row.code && cards.some((c) => c.code === row.code)) result.onCards++;
      else
        result.problems.push(
          `${row.external_id}: here ${row.state} ${row.number}, there ${numbers.join(', ') || 'nothing'}, cause ${row.code}`,
        );
    }
  } finally {
    await close();
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: String(1 + (process.pid % 100_000)) },
      sales: { type: 'string', default: '10000' },
      kills: { type: 'string', default: '20' },
      database: { type: 'string', default: 'both' },
    },
  });
  const databases = values.database === 'both' ? (['embedded', 'postgres'] as const) : [values.database as 'embedded' | 'postgres'];
  let bad = false;
  for (const database of databases) {
    const postgres = database === 'postgres' ? await startPostgres() : undefined;
    if (postgres && 'missing' in postgres) throw new Error(`no PostgreSQL: ${postgres.missing}`);
    console.log(`seed ${values.seed}, ${database}`);
    try {
      const result = await faultCampaign({
        database,
        url: postgres && (await freshDatabase(postgres.url, `campaign_${values.seed}`)),
        seed: Number(values.seed),
        sales: Number(values.sales),
        kills: Number(values.kills),
        log: (line) => console.log(line),
      });
      const faults = Object.entries(result.faults).map(([name, n]) => `${name} ${n}`);
      console.log(
        `${result.sales} sales: ${result.issued} issued once, ${result.onCards} on a card, ${result.kills} kills, ${result.seconds} s; faults: ${faults.join(', ')}`,
      );
      for (const problem of result.problems.slice(0, 20)) console.log(`PROBLEM ${problem}`);
      bad ||= result.problems.length > 0;
    } finally {
      await postgres?.stop();
    }
  }
  process.exit(bad ? 1 : 0);
}

export async function freshDatabase(url: string, name: string): Promise<string> {
  const server = await openPostgres(url, { poolSize: 1 });
  if ('pool' in server.raw) {
    await server.raw.pool.query(`drop database if exists ${name} with (force)`);
    await server.raw.pool.query(`create database ${name}`);
  }
  await server.close();
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.toString();
}
