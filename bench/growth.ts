/**
 * `npm run growth [-- --sizes 1000,10000,100000,1000000] [--database postgres|embedded] [--json FILE] [--only TEXT] [--explain MS] [--collect FILE]`: how the
 * cost of every page, search, sheet and file grows with the number of documents. Ten organizations, one of which has seven tenths of
 * everything; the real server answers, in this process. Prints p50 and p95 by size and the slope between the last two sizes: the log of the
 * ratio of costs over that of sizes. `--explain` prints the plans of pages slower than that.
 */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { monthPack } from '../src/books/index.ts';
import { proveAtNight } from '../src/reconcile/index.ts';
import { migrate, openEmbedded, openPostgres, type Store } from '../src/store/index.ts';
import { beginMany, fillMany, type Many, nowOf } from '../src/testkit/many.ts';
import { type ManyPage, manyKey, manyPages, sampleOf } from '../src/testkit/many-pages.ts';
import { planOf, recordStatements } from '../src/testkit/plans.ts';
import { startPostgres } from '../src/testkit/postgres.ts';
import { ManualClock } from '../src/testkit/simulator.ts';
import { type Served, serve } from '../tests/api-server.ts';
import { quantile, round } from './measure.ts';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string' },
    database: { type: 'string' },
    json: { type: 'string' },
    collect: { type: 'string' },
    only: { type: 'string' },
    explain: { type: 'string' },
  },
});
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
/** The shared buffers of a small server of its own: the packaged default of 128 MB is for anything that starts at all. */
const sharedBuffers = '2GB';
const targetMs = 50;
const repeats = 21;

type Measured = { p50: number; p95: number; status: number };
type Table = Map<string, Map<number, Measured>>;

async function measure(served: Served, headers: Record<string, string>, page: ManyPage): Promise<Measured> {
  const { app } = served.running;
  const ask = (address: string) =>
    app.inject({
      method: page.body ? 'POST' : 'GET',
      url: `/api/v1${address}`,
      headers: { host: new URL(served.url).host, ...headers },
      ...(page.body ? { payload: page.body as object } : {}),
    });
  let { address } = page;
  for (let i = 0; i < (page.deep ?? 0); i++) {
    const { nextCursor } = (await ask(address)).json() as { nextCursor?: string };
    if (!nextCursor) break;
    address = `${page.address}${page.address.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(nextCursor)}`;
  }
  const times: number[] = [];
  let status = 0;
  const began = performance.now();
  // What takes seconds is told after three.
  for (let i = 0; i < repeats && (i < 3 || performance.now() - began < 4000); i++) {
    const started = performance.now();
    const answer = await ask(address);
    times.push(performance.now() - started);
    status = answer.statusCode;
  }
  return { p50: quantile(times, 0.5), p95: quantile(times, 0.95), status };
}

async function pack(served: Served, many: Many): Promise<{ ms: number; peakMb: number; documents: number }> {
  const { ctx } = served.running.edge;
  const now = nowOf(many).getTime();
  const day = (back: number) => new Date(now - back * 86_400_000).toISOString().slice(0, 10);
  const period = { from: day(4), to: day(2) };
  // The printing of one PDF is measured by `npm run bench`; here it is the pack around them.
  const page = new Uint8Array(20_000).fill(65);
  global.gc?.();
  const before = process.memoryUsage.rss();
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 20);
  let documents = 0;
  const started = performance.now();
  const made = await monthPack(
    ctx,
    async () => {
      documents++;
      return page;
    },
    many.organizations[0]!.id,
    period,
  );
  for await (const _ of made.bytes);
  clearInterval(watch);
  return { ms: performance.now() - started, peakMb: (peak - before) / 2 ** 20, documents };
}

async function grow(store: Store, name: string, sizes: number[], table: Table): Promise<void> {
  await migrate(store);
  const clock = new ManualClock('2026-03-03T09:00:00Z');
  const served = await serve(store, { idle: true });
  const { ctx } = served.running.edge;
  ctx.now = () => clock.now();
  try {
    const many = await beginMany(Object.assign(ctx, { clock }), 10);
    const headers = await manyKey(ctx, many);
    for (const size of sizes) {
      const started = performance.now();
      await fillMany(store, many, size);
      clock.set(nowOf(many));
      const { rows } = await sql<{ mb: bigint }>`select pg_database_size(current_database()) / 1048576 as mb`.execute(store.db);
      console.log(
        `\n${name}, ${size} sales: filled in ${round((performance.now() - started) / 1000)} s, ${rows[0]!.mb} MB, load ${loadavg()[0]!.toFixed(1)}`,
      );
      if (!store.embedded) await sql.raw('vacuum').execute(store.db);
      // The night between: what it proved need not be read again.
      for (const { id } of many.organizations) await proveAtNight(ctx, id);
      const sample = await sampleOf(ctx, many);
      for (const page of manyPages(many, sample).filter((p) => !values.only || p.name.includes(values.only))) {
        const measured = await measure(served, headers, page);
        const row = table.get(page.name) ?? new Map<number, Measured>();
        table.set(page.name, row.set(size, measured));
        const marks = `${measured.status >= 400 ? ` ANSWERED ${measured.status}` : ''}${measured.p95 > targetMs && !page.period ? '  SLOW' : ''}`;
        console.log(
          `  ${page.name.padEnd(36)} ${String(round(measured.p50)).padStart(8)} ${String(round(measured.p95)).padStart(8)} ms${marks}`,
        );
        if (values.json)
          appendFileSync(
            values.json,
            `${JSON.stringify({ what: page.name, database: name, size, ...measured, period: page.period, load: loadavg()[0] })}\n`,
          );
        if (values.explain && measured.p95 > Number(values.explain)) await explain(served, headers, page);
      }
      if (!values.only) {
        const { ms, peakMb, documents } = await pack(served, many);
        console.log(`  pack of three days, ${documents} PDFs: ${round(ms / documents)} ms each, +${round(peakMb)} MB`);
        if (values.json)
          appendFileSync(
            values.json,
            `${JSON.stringify({ what: 'pack', database: name, size, ms, peakMb, documents, load: loadavg()[0] })}\n`,
          );
      }
    }
  } finally {
    await served.stop();
  }
}

async function explain(served: Served, headers: Record<string, string>, page: ManyPage): Promise<void> {
  const { store } = served.running.edge.ctx;
  const recorded = recordStatements(store);
  await measure(served, headers, page);
  for (const statement of recorded.stop().slice(0, 12)) {
    const plan = await planOf(store, statement);
    if (plan && plan.ms > 5)
      console.log(`${statement.text.replace(/\s+/g, ' ').slice(0, 700)}\n${round(plan.ms)} ms\n${plan.text}`.replace(/^/gm, '      '));
  }
}

function print(table: Table, name: string): void {
  console.log(`\n${name}: p95 in ms by number of sales; slope between the last two sizes (target ≤ ${targetMs} ms)`);
  for (const [what, row] of table) {
    const sizes = [...row.keys()];
    const cells = sizes.map((size) => String(round(row.get(size)!.p95)).padStart(9));
    const [a, b] = sizes.slice(-2);
    // Below a few milliseconds it is the machine that is measured.
    const floor = (size: number) => Math.max(3, row.get(size)!.p50);
    const slope = a && b ? Math.log(floor(b) / floor(a)) / Math.log(b / a) : 0;
    console.log(`  ${what.padEnd(36)} ${cells.join(' ')}   ${slope.toFixed(2)}`);
  }
}

type Line = { what: string; database: string; size: number; p50?: number; p95?: number; period?: boolean; load: number };

/** The figures that `--json FILE` kept as tables for figures.md; the last of each counts. */
function collected(file: string): void {
  const lines = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
    .filter((line) => line.p95 !== undefined);
  const databases = [...new Set(lines.map((line) => line.database))];
  for (const database of databases) {
    const of = lines.filter((line) => line.database === database);
    const sizes = [...new Set(of.map((line) => line.size))].sort((a, b) => a - b);
    console.log(`| ${database}, sales: p50 / p95 in ms | ${sizes.map((n) => n.toLocaleString('en')).join(' | ')} | slope |`);
    console.log(`| --- |${' --- |'.repeat(sizes.length + 1)}`);
    for (const what of new Set(of.map((line) => line.what))) {
      const at = (size: number) => of.findLast((line) => line.what === what && line.size === size);
      const [a, b] = sizes.slice(-2).map(at);
      // Below a few milliseconds it is the machine that is measured.
      const floor = (line: Line) => Math.max(3, line.p50!);
      const slope = a && b ? (Math.log(floor(b) / floor(a)) / Math.log(b.size / a.size)).toFixed(2) : '';
      const cells = sizes.map((size) => {
        const one = at(size);
        return one ? `${round(one.p50!)} / ${round(one.p95!)}` : '';
      });
      console.log(`| ${what}${at(sizes.at(-1)!)?.period ? ' (a period)' : ''} | ${cells.join(' | ')} | ${slope} |`);
    }
    console.log('');
  }
}

if (values.collect) {
  collected(values.collect);
  process.exit(0);
}
console.log(`${machine}, load ${loadavg()[0]!.toFixed(1)} at the start`);
const given = values.sizes?.split(',').map(Number);
if (values.database !== 'embedded') {
  const postgres = await startPostgres({
    fsync: false,
    settings: { shared_buffers: sharedBuffers, max_wal_size: '8GB', maintenance_work_mem: '512MB' },
  });
  if ('missing' in postgres) throw new Error(`no PostgreSQL: ${postgres.missing}`);
  const table: Table = new Map();
  const server = await openPostgres(postgres.url, { poolSize: 1 });
  if ('pool' in server.raw) await server.raw.pool.query('create database growth');
  await server.close();
  const url = new URL(postgres.url);
  url.pathname = '/growth';
  const store = await openPostgres(url.toString());
  try {
    await grow(store, 'PostgreSQL', given ?? [1000, 10_000, 100_000], table);
    print(table, 'PostgreSQL');
  } finally {
    await store.close();
    await postgres.stop();
  }
}
if (values.database !== 'postgres') {
  const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-growth-'));
  const table: Table = new Map();
  const store = await openEmbedded(folder);
  try {
    await grow(store, 'embedded', given?.filter((size) => size <= 100_000) ?? [1000, 10_000, 100_000], table);
    print(table, 'embedded');
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
process.exit(0);
