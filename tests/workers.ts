/**
 * Real processes on one real PostgreSQL, as an operator starts them (`fakturist start --role worker`), while files are imported, documents
 * issued, printed, mailed and handed to a provider: workers are killed with -9, the database is ended without a word, its disk is full for
 * a while. Whoever is left goes on; at the end nothing is lost, nothing is there twice, no number is missing.
 *
 *   node tests/workers.ts --seed 7 --processes 3 --events 40
 *   node tests/workers.ts --embedded                              the embedded database on a full disk
 *
 * A full disk needs a small file system of its own, which root may mount; elsewhere the other two happen and the result says so.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { prepareMany } from '../bench/issue.ts';
import { shopAt } from '../bench/transfer.ts';
import { startSzamlazzSimulator } from '../connectors/szamlazz/simulator.ts';
import { readConfig } from '../src/config.ts';
import { saveMailSettings } from '../src/delivery/index.ts';
import { createImport } from '../src/intake/index.ts';
import type { Context } from '../src/jobs/index.ts';
import { open } from '../src/open.ts';
import { openPostgres, storeStream, verifyAudit } from '../src/store/index.ts';
import { testOrganization } from '../src/testkit/context.ts';
import { startMailbox } from '../src/testkit/mailbox.ts';
import { freePort, startPostgres, type TestPostgres } from '../src/testkit/postgres.ts';
import { seededRandom } from '../src/testkit/simulator.ts';
import { startIssueRun } from '../src/toissue/index.ts';
import { callVictim, orderFile, problemsOf, type Victim } from './crash.ts';

type WorkersResult = {
  kills: number;
  /** Kills that came while such work was under way somewhere. */
  during: Record<string, number>;
  restarts: number;
  full: number | 'not here';
  documents: number;
  transfers: number;
  mails: number;
  unknownMails: number;
  problems: string[];
};
type Options = {
  seed: number;
  processes: number;
  events: number;
  orders: number;
  /** Which ends come in turn; drawn where it is left out. */
  only?: Event[];
  log?: (line: string) => void;
};
export type Event = 'kill' | 'restart' | 'full';
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function workersCampaign(options: Options): Promise<WorkersResult | { missing: string }> {
  const random = seededRandom(options.seed);
  const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-workers-'));
  // The server runs as somebody else, and must get through to its disk.
  chmodSync(folder, 0o755);
  const wantsFull = options.only === undefined || options.only.includes('full');
  const disk = wantsFull ? smallDisk(path.join(folder, 'disk')) : undefined;
  const server = await startPostgres({ ...(disk ? { in: disk.folder, settings: { max_wal_size: '64MB' } } : {}) });
  if ('missing' in server) {
    disk?.unmount();
    rmSync(folder, { recursive: true, force: true });
    return server;
  }
  if (!server.restart) return { missing: 'a PostgreSQL server that may be ended' };
  const mailbox = await startMailbox({});
  mailbox.faults.slowMs = 10;
  const provider = await startSzamlazzSimulator({ now: () => new Date() });
  const result: WorkersResult = {
    kills: 0,
    during: {},
    restarts: 0,
    full: disk ? 0 : 'not here',
    documents: 0,
    transfers: 0,
    mails: 0,
    unknownMails: 0,
    problems: [],
  };
  const env = { ...process.env, FAKTURIST_DATA: path.join(folder, 'data'), DATABASE_URL: server.url };
  mkdirSync(env.FAKTURIST_DATA);
  const opened = await open(readConfig(env), { work: false, log: () => {} });
  const crew = new Crew(env, result.problems);
  try {
    await fetch(`${provider.url}/__sim/accounts/A`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ hourlyLimit: null }),
    });
    const desk = await prepare(
      opened.ctx,
      mailbox,
      { url: provider.agentUrl, key: provider.keys.A },
      Math.ceil((options.orders * options.events) / 3),
      options.events,
    );
    await crew.hire(options.processes);
    for (let n = 0; n < options.events; n++) {
      await patient(() => desk.feed(options.orders));
      await wait(100 + random() * 900);
      const event = options.only ? options.only[n % options.only.length]! : drawn(random());
      const under = await patient(() => desk.underWay());
      if (event === 'restart') {
        result.restarts++;
        await server.restart();
      } else if (event === 'full' && disk) {
        result.full = Number(result.full) + 1;
        await disk.fillFor(500 + random() * 1500);
        // Where the log of the database itself found no room, the server ended: whoever looks after it starts it again.
        await server.restart();
      } else {
        result.kills++;
        for (const kind of under) result.during[kind] = (result.during[kind] ?? 0) + 1;
        await crew.replace(Math.floor(random() * options.processes));
      }
      options.log?.(`${n + 1}: ${event} while ${under.join(', ') || 'nothing'} was under way`);
      if (result.problems.length > 0) break;
    }
    await crew.dismiss();
    // Leases and jobs of the dead run out; here time is moved back instead of waited for, while nobody is at work.
    await patient(() => runOut(opened.ctx));
    await crew.hire(options.processes > 2 ? 2 : 1);
    await ended(desk, opened.ctx, result);
    await crew.dismiss();
    await judge(desk, server, mailbox, provider.url, result);
  } finally {
    await crew.dismiss('SIGKILL');
    await opened.close().catch(() => {});
    await provider.close();
    await mailbox.close();
    await server.stop();
    disk?.unmount();
    rmSync(folder, { recursive: true, force: true });
  }
  return result;
}

const drawn = (draw: number): Event => (draw < 0.7 ? 'kill' : draw < 0.85 ? 'restart' : 'full');

/** What the database refuses while it is away or full is asked again: a person would press once more. */
async function patient<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries > 60) throw error;
      await wait(250);
    }
  }
}

/** The workers. One that ends by itself is a failure of the product. */
class Crew {
  readonly #env: NodeJS.ProcessEnv;
  readonly #problems: string[];
  readonly #members: ChildProcess[] = [];
  constructor(env: NodeJS.ProcessEnv, problems: string[]) {
    this.#env = env;
    this.#problems = problems;
  }

  async hire(count: number): Promise<void> {
    this.#members.push(...(await Promise.all(Array.from({ length: count }, () => this.#start()))));
  }

  async #start(): Promise<ChildProcess> {
    const main = path.join(import.meta.dirname, '..', 'src', 'cli', 'main.ts');
    for (let tries = 0; ; tries++) {
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'start', '--role', 'worker'], {
        env: { ...this.#env, PORT: String(await freePort()) },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let said = '';
      child.stderr.on('data', (chunk) => {
        said = `${said}${chunk}`.slice(-2000);
      });
      const up = await new Promise<boolean>((resolve) => {
        child.stdout.on('data', (chunk) => String(chunk).includes('ready') && resolve(true));
        child.once('exit', () => resolve(false));
      });
      if (up) {
        child.once('exit', (code, signal) => {
          if (this.#members.includes(child)) this.#problems.push(`a worker ended by itself (${code ?? signal}): ${said}`);
        });
        return child;
      }
      // A start may meet a database that is just away: it is started again, as a supervisor would.
      if (tries > 10) throw new Error(`no worker comes up: ${said}`);
      await wait(500);
    }
  }

  async replace(at: number): Promise<void> {
    const [child] = this.#members.splice(at, 1);
    if (child) await gone(child, 'SIGKILL');
    await this.hire(1);
  }

  async dismiss(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await Promise.all(this.#members.splice(0).map((child) => gone(child, signal)));
  }
}

async function gone(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}

type Desk = {
  polish: string;
  hungarian: string;
  orders: number;
  sales: number;
  feed(orders: number): Promise<void>;
  issueRest(most?: number): Promise<number>;
  underWay(): Promise<string[]>;
};

async function prepare(
  ctx: Context,
  mailbox: { host: string; port: number },
  provider: { url: string; key: string },
  sales: number,
  events: number,
): Promise<Desk> {
  const polish = await testOrganization(ctx);
  const who = { organizationId: polish, actor: 'campaign' };
  await saveMailSettings(ctx, who, { host: mailbox.host, port: mailbox.port, security: 'none', fromAddress: 'sklep@example.com' });
  const hungarian = await shopAt(ctx, 'Kampány', provider);
  await prepareMany(ctx, hungarian, sales, 'HU');
  let file = 0;
  const waiting = async (organizationId: string) =>
    (
      await ctx.store.db
        .selectFrom('document')
        .select('id')
        .where('organization_id', '=', organizationId)
        .where('state', '=', 'to_issue')
        .where('held', '=', false)
        .execute()
    ).map((d) => d.id);
  const desk: Desk = {
    polish,
    hungarian,
    orders: 0,
    sales,
    async feed(orders) {
      const bytes = Buffer.from(orderFile(orders, file + 1));
      const stored = await storeStream(ctx.store, polish, ctx.now(), {
        name: `orders-${file + 1}.xml`,
        mediaType: 'application/xml',
        source: Readable.from([bytes]),
        limitBytes: 1e8,
      });
      if ('tooLarge' in stored) throw new Error('too large');
      await ctx.store.org(polish, (tx) =>
        createImport(tx, ctx, who, {
          connector: 'allegro-file',
          file: { id: stored.id, sha256: stored.sha256 },
          name: `orders-${file + 1}.xml`,
          sizeBytes: bytes.length,
          options: { kind: 'invoice', defaultVatRate: '23' },
        }),
      );
      file++;
      desk.orders += orders;
      await desk.issueRest(Math.ceil(sales / events));
    },
    async issueRest(most = sales) {
      let left = 0;
      for (const organizationId of [polish, hungarian]) {
        const ids = (await waiting(organizationId)).slice(0, organizationId === hungarian ? most : undefined);
        left += ids.length;
        if (ids.length > 0)
          await startIssueRun(ctx, { organizationId, actor: 'campaign' }, { ids }, organizationId === polish ? { mail: true } : {});
      }
      return left;
    },
    async underWay() {
      const { rows } = await sql<{ what: string }>`
        select 'import' as what where exists (select 1 from import_run where status in ('waiting', 'running'))
        union all select 'issue' where exists (select 1 from issue_run where status in ('waiting', 'running'))
        union all select 'mail' where exists (select 1 from delivery where status in ('queued', 'sending'))
        union all select 'transfer' where exists (select 1 from transfer where status in ('waiting', 'sending', 'pending') or (status = 'unknown' and next_at is not null))`.execute(
        ctx.store.db,
      );
      return rows.map((r) => r.what);
    },
  };
  return desk;
}

/** As if a quarter of an hour had passed: what was leased is free, what was to come later is due, and taken jobs are anybody's. */
async function runOut(ctx: Context): Promise<void> {
  const { rows } = await sql<{
    table: string;
    column: string;
  }>`select c.table_name as "table", c.column_name as "column" from information_schema.columns c
    join information_schema.tables t using (table_schema, table_name) where c.table_schema = 'public' and t.table_type = 'BASE TABLE'
    and c.data_type = 'timestamp with time zone' and c.column_name in ('claimed_at', 'lease_until', 'busy_until', 'next_at')`.execute(
    ctx.store.db,
  );
  for (const { table, column } of rows)
    await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${sql.ref(column)} - interval '15 minutes' where ${sql.ref(column)} is not null`.execute(
      ctx.store.db,
    );
  await sql`update pgboss.job set state = 'retry', start_after = now() where state in ('active', 'retry')`.execute(ctx.store.db);
}

const stillMs = 120_000;

async function ended(desk: Desk, ctx: Context, result: WorkersResult): Promise<void> {
  let last = { left: '', at: performance.now() };
  for (;;) {
    await ctx.store.system((tx) => ctx.jobs.enqueue(tx, 'sweep', [{ organizationId: '', id: '' }]));
    await sql`update transfer set next_at = now() where next_at > now()`.execute(ctx.store.db);
    const runs = (await desk.underWay()).filter((w) => w === 'issue' || w === 'import').length;
    const left = [...(await desk.underWay()), ...(runs === 0 && (await desk.issueRest()) > 0 ? ['to issue'] : [])].join(', ');
    if (left === '') return;
    const { rows } = await sql<{ n: string }>`select count(*)::text as n from document where state = 'issued'
      union all select count(*)::text from delivery where status = 'handed_over' union all select count(*)::text from transfer where status = 'accepted'`.execute(
      ctx.store.db,
    );
    const now = `${left} ${rows.map((r) => r.n).join(' ')}`;
    if (now !== last.left) last = { left: now, at: performance.now() };
    else if (performance.now() - last.at > stillMs) {
      result.problems.push(`still under way and nothing moves: ${now}`);
      return;
    }
    await wait(400);
  }
}

async function judge(
  desk: Desk,
  server: TestPostgres,
  mailbox: { mails(): unknown[]; twins(): string[] },
  providerUrl: string,
  result: WorkersResult,
): Promise<void> {
  const end = await problemsOf({ folder: '', url: server.url, organizationId: desk.polish }, desk.orders, true);
  result.problems.push(...end.problems);
  const twins = mailbox.twins();
  if (twins.length > 0) result.problems.push(`mailed twice: ${twins.slice(0, 3).join(', ')}`);
  if (mailbox.mails().length < end.handedOver)
    result.problems.push(`${end.handedOver} mails handed over, ${mailbox.mails().length} arrived`);
  const there = (await (await fetch(`${providerUrl}/__sim/accounts/A/documents`)).json()) as { number: string; orderNumber: string }[];
  const byOrder = new Map<string, number>();
  for (const d of there) byOrder.set(d.orderNumber, (byOrder.get(d.orderNumber) ?? 0) + 1);
  for (const [order, n] of byOrder) if (n > 1) result.problems.push(`${order} stands ${n} times at the provider`);
  const store = await openPostgres(server.url, { poolSize: 2 });
  try {
    const { rows } = await sql<{ accepted: number; other: number }>`select count(*) filter (where status = 'accepted')::int as accepted,
      count(*) filter (where status <> 'accepted')::int as other from transfer where organization_id = ${desk.hungarian}`.execute(store.db);
    const { accepted, other } = rows[0]!;
    if (accepted !== desk.sales || other > 0) result.problems.push(`${desk.sales} sales, ${accepted} transfers accepted, ${other} not`);
    if (there.length !== accepted) result.problems.push(`${accepted} transfers accepted, ${there.length} documents at the provider`);
    const audit = await store.org(desk.hungarian, (tx) => verifyAudit(tx, desk.hungarian));
    if (audit.brokenAt !== undefined) result.problems.push(`audit chain broken at ${audit.brokenAt}`);
    result.transfers = accepted;
  } finally {
    await store.close();
  }
  result.documents = end.documents;
  result.mails = mailbox.mails().length;
  result.unknownMails = end.unknown;
}

/**
 * The embedded database on a disk that fills up under its work: the process may end, and once there is room again the next one does
 * everything that is left, once. Twice in a row, so that also a start meets the full disk.
 */
async function embeddedOnFullDisk(options: {
  orders: number;
  log?: (line: string) => void;
}): Promise<{ problems: string[] } | { missing: string }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-full-'));
  const disk = smallDisk(path.join(folder, 'disk'), 260);
  if (!disk) return { missing: 'a small file system, which root may mount' };
  const mailbox = await startMailbox({});
  try {
    const files = Array.from({ length: 6 }, (_, n) => path.join(folder, `orders-${n + 1}.xml`));
    for (const [n, file] of files.entries()) writeFileSync(file, orderFile(options.orders, n + 1));
    const begin = () => {
      const victim = callVictim({ folder: disk.folder }, files, mailbox.port);
      victim.child.stdin.end('none\n');
      return victim;
    };
    const gone = (victim: Victim) =>
      new Promise<number | null>((resolve) => {
        if (victim.child.exitCode !== null) resolve(victim.child.exitCode);
        victim.child.once('exit', (code) => resolve(code));
      });
    let victim = begin();
    // Full once the first work was seen to be under way.
    await new Promise<void>((resolve) => victim.child.stdout.on('data', (chunk) => String(chunk).includes('+pdf') && resolve()));
    const filling = disk.fillFor(4000);
    options.log?.(`ended with ${await Promise.race([gone(victim), filling.then(() => 'nothing: it waited')])}`);
    const second = victim.child.exitCode === null ? undefined : begin();
    await filling;
    for (const one of [victim, second]) one?.child.kill('SIGKILL');
    victim = begin();
    victim.child.stdout.resume();
    options.log?.(`with room again it ended with ${await gone(victim)}`);
    const end = await problemsOf({ folder: disk.folder }, files.length * options.orders, true);
    const twins = mailbox.twins();
    return { problems: [...end.problems, ...twins.map((t) => `mailed twice: ${t}`)] };
  } finally {
    await mailbox.close();
    disk.unmount();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A file system of its own that can be filled to the last byte, where we may mount one. */
function smallDisk(folder: string, sizeMb = 400): { folder: string; fillFor(ms: number): Promise<void>; unmount(): void } | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m,mode=1777`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const ballast = path.join(folder, 'ballast');
  return {
    folder,
    async fillFor(ms) {
      const until = Date.now() + ms;
      const file = openSync(ballast, 'w');
      // What the database gives back meanwhile is taken as well.
      for (let size = 1 << 22; Date.now() < until; ) {
        try {
          writeSync(file, Buffer.alloc(size));
        } catch {
          if (size > 4096) size = 4096;
          else await wait(20);
        }
      }
      closeSync(file);
      rmSync(ballast);
    },
    unmount: () => execFileSync('umount', ['-l', folder], { stdio: 'ignore' }),
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      processes: { type: 'string', default: '3' },
      events: { type: 'string', default: '40' },
      orders: { type: 'string', default: '30' },
      only: { type: 'string' },
      /** The embedded database on a full disk instead. */
      embedded: { type: 'boolean', default: false },
    },
  });
  const began = performance.now();
  if (values.embedded) {
    const result = await embeddedOnFullDisk({ orders: Number(values.orders), log: console.log });
    console.log(JSON.stringify(result));
    process.exit('problems' in result && result.problems.length === 0 ? 0 : 1);
  }
  const result = await workersCampaign({
    seed: Number(values.seed),
    processes: Number(values.processes),
    events: Number(values.events),
    orders: Number(values.orders),
    ...(values.only ? { only: values.only.split(',') as Event[] } : {}),
    log: console.log,
  });
  console.log(JSON.stringify(result, null, 1));
  console.log(`${Math.round((performance.now() - began) / 1000)} s`);
  process.exit('problems' in result && result.problems.length === 0 ? 0 : 1);
}
