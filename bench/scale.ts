/**
 * `npm run scale [-- --work issue,import,transfer --documents 1000 --organizations 4 --processes 1,2,4]`: a real PostgreSQL, worker processes
 * as an operator starts them, and bulk issues, files or transfers of several organizations at once. Tells how throughput grows with
 * processes, what the database does meanwhile, and how long a small organization waits behind busy ones.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { readConfig } from '../src/config.ts';
import { createImport } from '../src/intake/index.ts';
import { open } from '../src/open.ts';
import { storeStream } from '../src/store/index.ts';
import { polishSeller, testOrganization } from '../src/testkit/context.ts';
import { freePort, startPostgres } from '../src/testkit/postgres.ts';
import { startIssueRun } from '../src/toissue/index.ts';
import { writeOrderFile } from './import.ts';
import { prepareMany } from './issue.ts';
import { timed } from './measure.ts';
import { shopAt, startProvider } from './transfer.ts';

const { values } = parseArgs({
  options: {
    work: { type: 'string', default: 'issue' },
    documents: { type: 'string', default: '1000' },
    organizations: { type: 'string', default: '4' },
    processes: { type: 'string', default: '1,2,4' },
  },
});
const documents = Number(values.documents);
const organizations = Number(values.organizations);

async function worker(url: string, folder: string): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, '..', 'src', 'cli', 'main.ts'), 'start', '--role', 'worker'],
    {
      env: { ...process.env, DATABASE_URL: url, FAKTURIST_DATA: folder, PORT: String(await freePort()) },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  await new Promise<void>((resolve, reject) => {
    child.stdout!.on('data', (chunk) => String(chunk).includes('ready') && resolve());
    child.once('exit', (code) => reject(new Error(`a worker ended with ${code}`)));
  });
  return child;
}

async function stopped(child: ChildProcess): Promise<void> {
  child.removeAllListeners('exit');
  await new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

type Lot = { organizationId: string; begin(): Promise<void> };
type Kind = {
  /** Everything that is not measured: organizations, documents, files, providers. */
  lot(name: string, documents: number): Promise<Lot>;
  /** What is not done yet of these organizations. */
  left(organizationIds: string[]): Promise<number>;
};

const one = async (query: ReturnType<typeof sql<{ n: number }>>) => (await query.execute(store.db)).rows[0]!.n;
const shop = (name: string) => testOrganization(ctx, { ...polishSeller, name });

const kinds: Record<string, Kind> = {
  issue: {
    async lot(name, count) {
      const organizationId = await shop(name);
      const ids = await prepareMany(ctx, organizationId, count);
      return { organizationId, begin: async () => void (await startIssueRun(ctx, { organizationId, actor: 'scale' }, { ids }, {})) };
    },
    left: (ids) => one(sql`select count(*)::int as n from issue_run where organization_id = any(${ids}::uuid[]) and status <> 'done'`),
  },
  import: {
    async lot(name, count) {
      const organizationId = await shop(name);
      const files: string[] = [];
      for (let n = 0; n < Math.ceil(count / 250); n++) {
        files.push(path.join(folder, `${name.replace(/\W/g, '-')}-${n}.xml`));
        await writeOrderFile(files.at(-1)!, Math.min(250, count - n * 250), n * 250);
      }
      return { organizationId, begin: async () => Promise.all(files.map((file) => upload(organizationId, file))).then(() => {}) };
    },
    left: (ids) =>
      one(sql`select count(*)::int as n from import_run where organization_id = any(${ids}::uuid[]) and status in ('waiting', 'running')`),
  },
  transfer: {
    async lot(name, count) {
      // Each seller has an account of its own at its provider.
      const provider = await startProvider();
      providers.push(provider.child);
      const organizationId = await shopAt(ctx, name, provider);
      const ids = await prepareMany(ctx, organizationId, count, 'HU');
      return { organizationId, begin: async () => void (await startIssueRun(ctx, { organizationId, actor: 'scale' }, { ids }, {})) };
    },
    left: (ids) =>
      one(sql`select (select count(*) from issue_run where organization_id = any(${ids}::uuid[]) and status <> 'done')::int
        + (select count(*) from transfer where organization_id = any(${ids}::uuid[]) and status not in ('accepted', 'rejected', 'cancelled'))::int as n`),
  },
};

async function upload(organizationId: string, file: string): Promise<void> {
  const name = path.basename(file);
  const source = createReadStream(file) as AsyncIterable<Uint8Array>;
  const stored = await storeStream(store, organizationId, ctx.now(), { name, mediaType: 'application/xml', source, limitBytes: 1e9 });
  if ('tooLarge' in stored) throw new Error('too large');
  await store.org(organizationId, (tx) =>
    createImport(
      tx,
      ctx,
      { organizationId, actor: 'scale' },
      {
        connector: 'allegro-file',
        file: { id: stored.id, sha256: stored.sha256 },
        name,
        sizeBytes: statSync(file).size,
        options: { kind: 'invoice', defaultVatRate: '23' },
      },
    ),
  );
}

const postgres = await startPostgres({ fsync: true });
if ('missing' in postgres) throw new Error(postgres.missing);
const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-scale-'));
const providers: ChildProcess[] = [];
const opened = await open(readConfig({ ...process.env, FAKTURIST_DATA: folder, DATABASE_URL: postgres.url }), {
  work: false,
  log: () => {},
});
const { ctx } = opened;
const { store } = ctx;

type Database = { committed: number; undone: number; deadlocks: number; wal: number };
/** What the server has counted so far; `wal` in bytes. */
const counted = async () =>
  (
    await sql<Database>`select xact_commit::float8 as committed, xact_rollback::float8 as undone, deadlocks::float8 as deadlocks,
      pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as wal from pg_stat_database where datname = current_database()`.execute(
      store.db,
    )
  ).rows[0]!;

/** Looks at the server ten times a second: how many of its connections work at once, and how many of those wait for a lock of another. */
function watched(): () => Promise<{ connections: number; waiting: number }> {
  const seen = { connections: 0, waiting: 0, looks: 0 };
  let over = false;
  const looking = (async () => {
    while (!over) {
      const { rows } = await sql<{
        all: number;
        waiting: number;
      }>`select count(*)::int as all, count(*) filter (where wait_event_type = 'Lock')::int as waiting
        from pg_stat_activity where application_name = 'fakturist' and pid <> pg_backend_pid()`.execute(store.db);
      seen.connections = Math.max(seen.connections, rows[0]!.all);
      seen.waiting += rows[0]!.waiting;
      seen.looks++;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return async () => {
    over = true;
    await looking;
    return { connections: seen.connections, waiting: seen.waiting / Math.max(1, seen.looks) };
  };
}

for (const work of values.work.split(',')) {
  const kind = kinds[work];
  if (!kind) throw new Error(`--work is one of ${Object.keys(kinds).join(', ')}`);
  const done = async (lots: Lot[]) => {
    while ((await kind.left(lots.map((l) => l.organizationId))) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  for (const processes of values.processes.split(',').map(Number)) {
    const busy: Lot[] = [];
    for (let i = 0; i < organizations; i++) busy.push(await kind.lot(`Sklep ${work} ${processes}-${i}`, documents));
    const small = await kind.lot(`Mały ${work} ${processes}`, 20);
    const workers = await Promise.all(Array.from({ length: processes }, () => worker(postgres.url, folder)));
    const before = await counted();
    const end = watched();
    let smallMs = 0;
    const ms = await timed(async () => {
      await Promise.all(busy.map((lot) => lot.begin()));
      smallMs = await timed(async () => {
        await small.begin();
        await done([small]);
      });
      await done(busy);
    });
    const { connections, waiting } = await end();
    const after = await counted();
    await Promise.all(workers.map(stopped));
    for (const provider of providers.splice(0)) provider.kill();
    console.log(
      `${work}, ${processes} process${processes === 1 ? '' : 'es'}: ${Math.round((documents * organizations * 1000) / ms)} documents/s over ${organizations} organizations; 20 documents of a small one beside them took ${Math.round(smallMs)} ms; ${Math.round(((after.committed - before.committed) * 1000) / ms)} transactions/s, ${after.undone - before.undone} undone, ${after.deadlocks - before.deadlocks} deadlocks, ${((after.wal - before.wal) / 1024 / documents / organizations).toFixed(1)} kB of WAL a document, ${connections} connections at most, ${waiting.toFixed(1)} waiting for a lock on average`,
    );
  }
}
const gaps = await one(
  sql`select count(*)::int as n from (select sequence_no - coalesce(lag(sequence_no) over (partition by organization_id, series_id, period order by sequence_no), 0) as step from number_register) g where step <> 1`,
);
if (gaps > 0) throw new Error(`${gaps} gaps`);
await opened.close();
await postgres.stop();
rmSync(folder, { recursive: true, force: true });
process.exit(0);
