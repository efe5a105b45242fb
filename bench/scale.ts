/**
 * `npm run scale [-- --documents 2000 --organizations 4 --processes 1,2,4]`: a real PostgreSQL, worker processes as an operator starts them,
 * and bulk issues of several organizations at once. Tells how throughput grows with processes, what the database does meanwhile, and how
 * long a small organization waits behind a busy one.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import type { Context } from '../src/jobs/index.ts';
import { migrate, openPostgres, type Store } from '../src/store/index.ts';
import { polishSeller, testOrganization } from '../src/testkit/context.ts';
import { freePort, startPostgres } from '../src/testkit/postgres.ts';
import { startIssueRun } from '../src/toissue/index.ts';
import { benchContext, prepareMany } from './issue.ts';
import { timed } from './measure.ts';

const { values } = parseArgs({
  options: {
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

async function issueAll(ctx: Context, work: { organizationId: string; ids: string[] }[]): Promise<string[]> {
  const runs = await Promise.all(
    work.map(({ organizationId, ids }) => startIssueRun(ctx, { organizationId, actor: 'scale' }, { ids }, {})),
  );
  return runs.map((run) => run.runId);
}

async function finished(store: Store, runs: string[]): Promise<void> {
  for (;;) {
    const { rows } = await sql<{
      n: number;
    }>`select count(*)::int as n from issue_run where id = any(${runs}::uuid[]) and status <> 'done'`.execute(store.db);
    if (rows[0]!.n === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const postgres = await startPostgres({ fsync: true });
if ('missing' in postgres) throw new Error(postgres.missing);
const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-scale-'));
const store = await openPostgres(postgres.url, { poolSize: 10 });
await migrate(store);
const ctx = await benchContext(store);

for (const processes of values.processes.split(',').map(Number)) {
  const work: { organizationId: string; ids: string[] }[] = [];
  for (let i = 0; i < organizations; i++) {
    const organizationId = await testOrganization(ctx, { ...polishSeller, name: `Sklep ${processes}-${i}` });
    work.push({ organizationId, ids: await prepareMany(ctx, organizationId, documents) });
  }
  const small = await testOrganization(ctx, { ...polishSeller, name: `Mały ${processes}` });
  const smallIds = await prepareMany(ctx, small, 20);
  const workers = await Promise.all(Array.from({ length: processes }, () => worker(postgres.url, folder)));
  const before = await sql<{
    xacts: number;
  }>`select xact_commit::float8 as xacts from pg_stat_database where datname = current_database()`.execute(store.db);
  let smallMs = 0;
  const ms = await timed(async () => {
    const runs = await issueAll(ctx, work);
    smallMs = await timed(async () => finished(store, await issueAll(ctx, [{ organizationId: small, ids: smallIds }])));
    await finished(store, runs);
  });
  const after = await sql<{
    xacts: number;
  }>`select xact_commit::float8 as xacts from pg_stat_database where datname = current_database()`.execute(store.db);
  await Promise.all(workers.map(stopped));
  const { rows: gaps } = await sql<{
    n: number;
  }>`select count(*)::int as n from (select sequence_no - coalesce(lag(sequence_no) over (partition by organization_id, series_id, period order by sequence_no), 0) as step from number_register) g where step <> 1`.execute(
    store.db,
  );
  if (gaps[0]!.n > 0) throw new Error(`${gaps[0]!.n} gaps`);
  const line = `${processes} process${processes === 1 ? '' : 'es'}: ${Math.round((documents * organizations * 1000) / ms)} documents/s over ${organizations} organizations; 20 documents of a small one beside them took ${Math.round(smallMs)} ms; ${Math.round(((after.rows[0]!.xacts - before.rows[0]!.xacts) * 1000) / ms)} transactions/s`;
  console.log(line);
}
await ctx.jobs.stop();
await store.close();
await postgres.stop();
rmSync(folder, { recursive: true, force: true });
process.exit(0);
