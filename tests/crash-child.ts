/**
 * The victim of the crash campaign: opens the store, takes up what is left of import, issue, PDFs and mails, starts what is not
 * yet started, and ends by itself when everything is done. It is killed at random moments and started again. `+import` and `-import`
 * on its output say when work of a kind begins and ends. It waits, with everything loaded, until it is told which work shall be met.
 */
import { createReadStream, statSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { readConfig } from '../src/config.ts';
import { saveMailSettings, sweepMails } from '../src/delivery/index.ts';
import { createSender, type MailSender, type SmtpSettings } from '../src/delivery/mail/smtp.ts';
import { createRenderer } from '../src/delivery/pdf/renderer.ts';
import { createImport } from '../src/intake/index.ts';
import type { Context } from '../src/jobs/index.ts';
import { open } from '../src/open.ts';
import { storeStream } from '../src/store/index.ts';
import { testOrganization } from '../src/testkit/context.ts';
import { selected, startIssueRun } from '../src/toissue/index.ts';
import { startWorkers } from '../src/workers.ts';

const [smtpPort, ...files] = process.argv.slice(2) as [string, ...string[]];
/** The work that shall be met: files are kept back for it. */
const target = await text(process.stdin).then((word) => word.trim());
/** Tells the work that goes on. A pipe is written at once, so the last line is true when the kill comes. */
async function telling<T>(kind: 'import' | 'issue' | 'pdf' | 'mail', work: () => Promise<T>): Promise<T> {
  process.stdout.write(`+${kind}\n`);
  try {
    return await work();
  } finally {
    process.stdout.write(`-${kind}\n`);
  }
}

const opened = await open(readConfig(process.env), { work: true, log: () => {} });
const told = { 'import-file': 'import', 'issue-batch': 'issue' } as const;
const ctx: Context = {
  ...opened.ctx,
  jobs: {
    ...opened.ctx.jobs,
    work: (queue, options, handler) =>
      opened.ctx.jobs.work(queue, options, async (data, signal) =>
        queue in told ? telling(told[queue as keyof typeof told], () => handler(data, signal)) : handler(data, signal),
      ),
  },
};
const senders = new Map<string, MailSender>();
const sender = (settings: SmtpSettings): MailSender => {
  const key = `${settings.host}:${settings.port}`;
  const known = senders.get(key) ?? createSender(settings);
  senders.set(key, known);
  return { ...known, send: (mail, goAhead) => telling('mail', () => known.send(mail, goAhead)) };
};
const renderer = createRenderer({ workers: 1 });
// The only process, on either database: whatever was taken when it was killed is nobody's any more.
await sweepMails(ctx, { restarted: true });
await startWorkers(ctx, { renderPdf: (input) => telling('pdf', () => renderer.render(input)), sender });

let organization = await ctx.store.db.selectFrom('organization').select('id').executeTakeFirst();
if (!organization) organization = { id: await testOrganization(ctx) };
const organizationId = organization.id;
const who = { organizationId, actor: 'campaign' };
const mailSet = await ctx.store.db.selectFrom('connection').select('id').where('connector', '=', 'smtp').executeTakeFirst();
if (!mailSet)
  await saveMailSettings(ctx, who, { host: '127.0.0.1', port: Number(smtpPort), security: 'none', fromAddress: 'sklep@example.com' });

/** The files are imported one after another, as soon as their import or issue is wanted, else when nothing else is to do. */
async function beginImport(file: string): Promise<void> {
  const name = path.basename(file);
  const stored = await storeStream(ctx.store, organizationId, ctx.now(), {
    name,
    mediaType: 'application/xml',
    source: createReadStream(file) as AsyncIterable<Uint8Array>,
    limitBytes: 1e9,
  });
  if ('tooLarge' in stored) throw new Error('too large');
  await ctx.store.org(organizationId, (tx) =>
    createImport(tx, ctx, who, {
      connector: 'allegro-file',
      file: { id: stored.id, sha256: stored.sha256 },
      name,
      sizeBytes: statSync(file).size,
      options: { kind: 'invoice', defaultVatRate: '23' },
    }),
  );
}

/** Issues what waits, until imports, runs and mails are through. */
for (;;) {
  // Read from the spring downwards: what an import or a run leaves behind is committed before it is over, so that nothing slips between two looks.
  const imports = await ctx.store.db.selectFrom('import_run').select('id').where('status', 'in', ['waiting', 'running']).executeTakeFirst();
  const known = new Set((await ctx.store.db.selectFrom('import_run').select('name').execute()).map((run) => run.name));
  const waiting = await selected(ctx, who, { query: { states: ['to_issue'], held: false } }, 1);
  const open = await ctx.store.db.selectFrom('issue_run').select('id').where('status', 'in', ['waiting', 'running']).executeTakeFirst();
  if (waiting.length > 0 && !open) await startIssueRun(ctx, who, { query: { states: ['to_issue'], held: false } }, { mail: true });
  const mails = await ctx.store.db.selectFrom('delivery').select('id').where('status', 'in', ['queued', 'sending']).executeTakeFirst();
  const toIssue = waiting.length > 0 || open !== undefined;
  const next = imports ? undefined : files.find((file) => !known.has(path.basename(file)));
  if (next && (target === 'import' || (target === 'issue' && !toIssue) || (!toIssue && !mails))) await beginImport(next);
  // Whoever waits for work of a kind that will not come any more aims at the next.
  if (!imports && !next) process.stdout.write('none import\n');
  if (!imports && !next && !toIssue) process.stdout.write('none issue\n');
  if (waiting.length === 0 && !open && !imports && !next && !mails) break;
  await new Promise((resolve) => setTimeout(resolve, 50));
}
process.stdout.write('done\n');
await renderer.close();
await opened.close();
process.exit(0);
