/**
 * The victim of the crash campaign: opens the store, takes up what is left of import, issue, PDFs and mails, starts what is not
 * yet started, and ends by itself when everything is done. It is killed at random moments and started again.
 */
import { createReadStream, statSync } from 'node:fs';
import { readConfig } from '../src/config.ts';
import { saveMailSettings, sweepMails } from '../src/delivery/index.ts';
import { createRenderer } from '../src/delivery/pdf/renderer.ts';
import { createImport } from '../src/intake/index.ts';
import { open } from '../src/open.ts';
import { storeStream } from '../src/store/index.ts';
import { testOrganization } from '../src/testkit/context.ts';
import { selected, startIssueRun } from '../src/toissue/index.ts';
import { startWorkers } from '../src/workers.ts';

const [file, smtpPort] = process.argv.slice(2) as [string, string];
const opened = await open(readConfig(process.env), { work: true, log: () => {} });
const { ctx } = opened;
const renderer = createRenderer({ workers: 1 });
// The only process, on either database: whatever was taken when it was killed is nobody's any more.
await sweepMails(ctx, { restarted: true });
await startWorkers(ctx, { renderPdf: (input) => renderer.render(input) });

let organization = await ctx.store.db.selectFrom('organization').select('id').executeTakeFirst();
if (!organization) organization = { id: await testOrganization(ctx) };
const organizationId = organization.id;
const who = { organizationId, actor: 'campaign' };
const mailSet = await ctx.store.db.selectFrom('connection').select('id').where('connector', '=', 'smtp').executeTakeFirst();
if (!mailSet)
  await saveMailSettings(ctx, who, { host: '127.0.0.1', port: Number(smtpPort), security: 'none', fromAddress: 'sklep@example.com' });

const runs = await ctx.store.db.selectFrom('import_run').select(['id', 'status']).execute();
if (runs.length === 0) {
  const stored = await storeStream(ctx.store, organizationId, ctx.now(), {
    name: 'orders.xml',
    mediaType: 'application/xml',
    source: createReadStream(file) as AsyncIterable<Uint8Array>,
    limitBytes: 1e9,
  });
  if ('tooLarge' in stored) throw new Error('too large');
  await ctx.store.org(organizationId, (tx) =>
    createImport(tx, ctx, who, {
      connector: 'allegro-file',
      file: { id: stored.id, sha256: stored.sha256 },
      name: 'orders.xml',
      sizeBytes: statSync(file).size,
      options: { kind: 'invoice', defaultVatRate: '23' },
    }),
  );
}

/** Issues what waits, until imports, runs and mails are through. */
for (;;) {
  const waiting = await selected(ctx, who, { query: { states: ['to_issue'], held: false } }, 1);
  const open = await ctx.store.db.selectFrom('issue_run').select('id').where('status', 'in', ['waiting', 'running']).executeTakeFirst();
  if (waiting.length > 0 && !open) await startIssueRun(ctx, who, { query: { states: ['to_issue'], held: false } }, { mail: true });
  const imports = await ctx.store.db.selectFrom('import_run').select('id').where('status', 'in', ['waiting', 'running']).executeTakeFirst();
  const mails = await ctx.store.db.selectFrom('delivery').select('id').where('status', 'in', ['queued', 'sending']).executeTakeFirst();
  if (waiting.length === 0 && !open && !imports && !mails) break;
  await new Promise((resolve) => setTimeout(resolve, 50));
}
process.stdout.write('done\n');
await renderer.close();
await opened.close();
process.exit(0);
