import { connector as allegro } from '/work/main/connectors/allegro-file/connector.ts';
import { diskSource, importSources } from '/work/main/src/intake/index.ts';
import { startJobs } from '/work/main/src/jobs/index.ts';
import { createVault, migrate, openEmbedded, openPostgres } from '/work/main/src/store/index.ts';
import { polishSeller } from '/work/main/src/testkit/context.ts';
import { makeOrganization } from '/work/main/src/toissue/index.ts';

const url = process.env.PGURL;
const store = url ? await openPostgres(url) : await openEmbedded('memory:', { durable: false });
await migrate(store);
const jobs = await startJobs(store, { work: false });
const ctx: any = {
  store,
  jobs,
  vault: createVault(Buffer.alloc(32, 7)),
  now: () => new Date('2026-11-20T09:00:00Z'),
  connectors: new Map([['allegro-file', allegro]]),
  publicUrl: '',
  fetch,
  log() {},
};
const org = await makeOrganization(ctx, 't', polishSeller);
const who = { organizationId: org, actor: 't' };
for (const f of process.argv.slice(2)) {
  let peak = 0;
  const iv = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 20);
  const before = process.memoryUsage().rss;
  const cpu = process.cpuUsage();
  const t = performance.now();
  const { createImport, workImport } = await import('/work/main/src/intake/run.ts');
  const source = await diskSource(f);
  const id = await store.org(org, (tx) =>
    createImport(tx, ctx, who, { connector: 'allegro-file', name: f, sizeBytes: source.sizeBytes, options: {} }),
  );
  await workImport(ctx, org, id, { source });
  clearInterval(iv);
  const c = process.cpuUsage(cpu);
  const run = await store.db.selectFrom('import_run').select(['counts', 'status']).where('id', '=', id).executeTakeFirst();
  console.log(
    f,
    JSON.stringify(run),
    'ms',
    Math.round(performance.now() - t),
    'cpu',
    Math.round(c.user / 1000),
    'rss before',
    Math.round(before / 1e6),
    'peak',
    Math.round(peak / 1e6),
  );
}
await jobs.stop();
await store.close();
