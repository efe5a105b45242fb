/**
 * `npm run bench [-- --only issue,import,pdf,books,transfer,mail,lists,story,browser] [--database postgres|embedded] [--sizes 1000,100000] [--quick]`:
 * each figure beside a bare baseline of the same run. The whole run is kept in bench/figures.md with the machine it was taken on; parts are
 * added to the file named by `--json`, one figure a line, and made a table of by `--collect FILE`.
 */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { migrate, openEmbedded, openPostgres, type Store } from '../src/store/index.ts';
import { startPostgres } from '../src/testkit/postgres.ts';
import { benchBooks } from './books.ts';
import { benchBrowser } from './browser.ts';
import { benchImport } from './import.ts';
import { benchIssue } from './issue.ts';
import { benchLists } from './lists.ts';
import { benchMail } from './mail.ts';
import { type Figure, figures, isReached, round } from './measure.ts';
import { benchPdf } from './pdf.ts';
import { benchStory } from './story.ts';
import { benchTransfer } from './transfer.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    database: { type: 'string' },
    sizes: { type: 'string' },
    json: { type: 'string' },
    collect: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
const sizes = values.sizes?.split(',').map(Number);
const chosen = new Set((values.only ?? 'pdf,books,issue,import,transfer,mail,lists,story,browser').split(','));
const { quick } = values;

const needsPostgres =
  !values.collect && ['issue', 'import', 'transfer', 'mail', 'lists'].some((part) => chosen.has(part)) && values.database !== 'embedded';
const postgres = !needsPostgres ? { missing: 'nothing chosen needs it' } : await startPostgres({ fsync: true });
if ('missing' in postgres) console.warn(`PostgreSQL is left out: ${postgres.missing}`);
const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-bench-'));

async function onEach(work: (store: Store, name: string) => Promise<void>): Promise<void> {
  if ('url' in postgres) {
    const url = new URL(postgres.url);
    const name = `bench_${Date.now()}`;
    const server = await openPostgres(postgres.url, { poolSize: 1 });
    if ('pool' in server.raw) await server.raw.pool.query(`create database ${name}`);
    await server.close();
    url.pathname = `/${name}`;
    const store = await openPostgres(url.toString(), { poolSize: 40 });
    await migrate(store);
    await work(store, 'PostgreSQL');
    await store.close();
  }
  if (values.database === 'postgres') return;
  const embedded = await openEmbedded(path.join(folder, String(Date.now())));
  await migrate(embedded);
  await work(embedded, 'embedded');
  await embedded.close();
}

const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
console.log(`${machine}, load ${loadavg()[0]!.toFixed(1)} at the start`);
if (values.collect) {
  // Parts taken one by one: the last of each figure counts.
  const lines = readFileSync(values.collect, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Figure & { load: number });
  writeTable([...new Map(lines.map((f) => [f.what, f])).values()], `${machine}, ${new Date().toISOString().slice(0, 10)}, in parts`);
  process.exit(0);
}
if (chosen.has('pdf')) await benchPdf(quick ? 50 : 300);
if (chosen.has('books')) benchBooks(quick);
if (chosen.has('issue')) await onEach((store, name) => benchIssue(store, name, quick ? 500 : 3000));
if (chosen.has('import'))
  await onEach((store, name) => benchImport(store, name, sizes ?? (quick ? [1000, 5000] : [1000, 10_000, 100_000])));
if (chosen.has('transfer')) await onEach((store, name) => benchTransfer(store, name, quick ? 200 : 1000));
if (chosen.has('mail')) await onEach((store, name) => benchMail(store, name, quick ? 200 : 1000));
if (chosen.has('lists'))
  await onEach((store, name) =>
    benchLists(
      store,
      name,
      sizes
        ? sizes
        : name === 'embedded'
          ? quick
            ? [1000, 10_000]
            : [1000, 100_000]
          : quick
            ? [1000, 100_000]
            : [1000, 100_000, 1_000_000],
    ),
  );
if (chosen.has('story')) await benchStory(folder);
if (chosen.has('browser')) await benchBrowser(folder, quick ? 20_000 : 100_000);
if ('url' in postgres) await postgres.stop();
rmSync(folder, { recursive: true, force: true });
if (values.json)
  for (const f of figures) appendFileSync(values.json, `${JSON.stringify({ ...f, at: new Date().toISOString(), load: loadavg()[0] })}\n`);

if (!quick && !values.only) writeTable(figures, `${machine}, ${new Date().toISOString().slice(0, 10)}`);

function writeTable(of: (Figure & { load?: number })[], taken: string): void {
  const rows = of.map((f) => {
    const reached = isReached(f);
    const ratio = f.ratio ? f.ratio.toFixed(2) : '';
    const yes = reached === undefined ? '' : reached ? 'yes' : 'no';
    return `| ${f.what} | ${round(f.value)} ${f.unit} | ${f.bare ? round(f.bare) : ''} | ${ratio} | ${f.target ?? ''} | ${yes} | ${[f.note, f.load && `load ${f.load.toFixed(1)}`].filter(Boolean).join('; ')} |`;
  });
  writeFileSync(
    path.join(import.meta.dirname, 'figures.md'),
    `# Figures\n\nMade by \`npm run bench\` on ${taken}. "Bare" is the same work with nothing but the parser, the SQL or the renderer, in the same run.\n\n| what | measured | bare | ratio | target | reached | |\n| --- | --- | --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`,
  );
}
process.exit(0);
