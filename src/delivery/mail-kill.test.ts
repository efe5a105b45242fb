import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, inject, test } from 'vitest';
import { documentContentSchema } from '../domain/documents/document.ts';
import { type Jobs, startJobs } from '../jobs/index.ts';
import { createVault, json, migrate, newId, openEmbedded, openPostgres, type Store } from '../store/index.ts';
import { freshPostgres } from '../testkit/database.ts';
import { type Mailbox, startMailbox } from '../testkit/mailbox.ts';
import { seededRandom } from '../testkit/simulator.ts';
import { queueMails, saveMailSettings } from './index.ts';

/**
 * kill -9 at random moments while mails go out: none twice, none lost, and what nobody can know is said to be unknown.
 * FAKTURIST_KILLS and FAKTURIST_SEED repeat a run or make it longer.
 */
const kills = Number(process.env.FAKTURIST_KILLS ?? 2);
const seed = Number(process.env.FAKTURIST_SEED ?? 20261122);
const mails = 60;
const key = Buffer.alloc(32, 7);

type Database = { open: () => Promise<Store>; address: string };

/** The worker process: what a server does at its start and then, until it is killed or nothing is left. */
const worker = `
import { deliverMail, sweepMails } from './src/delivery/index.ts';
import { startJobs } from './src/jobs/index.ts';
import { createVault, openEmbedded, openPostgres } from './src/store/index.ts';
const address = process.env.ADDRESS;
const store = address.startsWith('postgres') ? await openPostgres(address) : await openEmbedded(address);
const jobs = await startJobs(store, { work: true });
const ctx = { store, jobs, vault: createVault(Buffer.alloc(32, 7)), now: () => new Date(), connectors: new Map(), publicUrl: '', buyerLinks: false, fetch, log: () => {} };
await sweepMails(ctx, { restarted: true });
process.stdout.write('ready\\n');
await jobs.work('deliver', { concurrency: 4 }, (data) => deliverMail(ctx, { renderPdf: async ({ issued }) => Buffer.from('%PDF ' + issued.number) }, data));
for (;;) {
  const { rows } = await ('pglite' in store.raw ? store.raw.pglite : store.raw.pool).query("select count(*)::int as n from delivery where status in ('queued', 'sending')");
  if (rows[0].n === 0) break;
  await new Promise((resolve) => setTimeout(resolve, 50));
}
process.stdout.write('done\\n');
process.exit(0);
`;

function start(address: string): { child: ChildProcess; said: (word: string) => Promise<boolean> } {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', worker], {
    env: { ...process.env, ADDRESS: address },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let heard = '';
  let ended = false;
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of waiting) look();
  };
  child.stdout!.on('data', (chunk) => {
    heard += String(chunk);
    wake();
  });
  child.once('exit', () => {
    ended = true;
    wake();
  });
  const said = (word: string) =>
    new Promise<boolean>((resolve) => {
      const look = () => {
        if (!heard.includes(word) && !ended) return;
        waiting.delete(look);
        resolve(heard.includes(word));
      };
      waiting.add(look);
      look();
    });
  return { child, said };
}

function exited(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => (child.exitCode !== null || child.signalCode !== null ? resolve() : child.once('exit', () => resolve())));
}

async function fill(store: Store, mailbox: Mailbox): Promise<string> {
  const now = new Date();
  const organizationId = newId(now);
  const jobs: Jobs = await startJobs(store, { work: false });
  const ctx = {
    store,
    jobs,
    vault: createVault(key),
    now: () => now,
    connectors: new Map(),
    publicUrl: '',
    buyerLinks: false,
    fetch,
    log: () => {},
  };
  await store.system((tx) =>
    tx
      .insertInto('organization')
      .values({
        id: organizationId,
        name: 'S',
        country: 'PL',
        zone: 'Europe/Warsaw',
        language: 'pl',
        currency: 'PLN',
        seller: json({}),
        policies: json({}),
        look: json({}),
        created_at: now,
      })
      .execute(),
  );
  const who = { organizationId, actor: 'test' };
  await saveMailSettings(ctx, who, { host: '127.0.0.1', port: mailbox.port, security: 'none', fromAddress: 'f@sklep.example' });
  await store.org(organizationId, async (tx) => {
    const rows = Array.from({ length: mails }, (_, i) => row(organizationId, newId(now), i, now));
    await tx.insertInto('document').values(rows).execute();
    await queueMails(
      tx,
      ctx,
      who,
      rows.map(({ id }) => ({ documentId: id })),
    );
  });
  await jobs.stop();
  return organizationId;
}

function row(organizationId: string, id: string, i: number, now: Date) {
  const content = documentContentSchema.parse({
    kind: 'invoice',
    language: 'pl',
    currency: 'PLN',
    taxMethod: 'gross',
    seller: { name: 'Sklep' },
    buyer: { type: 'person', name: 'Jan', email: `b${i}@example.com` },
    payment: { means: 'online' },
    lines: [],
    totals: { net: '1.00', tax: '0.00', gross: '1.00', payable: '0.00', byRate: [] },
  });
  const nothing = {
    series_id: null,
    sequence_no: null,
    period: null,
    order_id: null,
    sale_date: null,
    due_date: null,
    buyer_tax_id: null,
    buyer_email: null,
    buyer_country: null,
    channel: null,
    order_number: null,
    corrects_id: null,
    merged_into: null,
    proforma_id: null,
    import_id: null,
    pdf_file_id: null,
    issued_by: null,
  };
  return {
    ...nothing,
    organization_id: organizationId,
    id,
    kind: content.kind,
    state: 'issued' as const,
    number: `FV/${i}`,
    purpose: 'sale',
    currency: 'PLN',
    issue_date: '2026-11-22',
    net_minor: 100n,
    tax_minor: 0n,
    gross_minor: 100n,
    content: json(content),
    findings: json([]),
    created_at: now,
    updated_at: now,
    issued_at: now,
  };
}

async function rehearse(database: Database): Promise<void> {
  const random = seededRandom(seed);
  const mailbox = await startMailbox();
  mailbox.faults.slowMs = 15;
  try {
    const store = await database.open();
    const organizationId = await fill(store, mailbox);
    await store.close();
    for (let i = 0; i < kills; i++) {
      const { child, said } = start(database.address);
      if (!(await said('ready'))) throw new Error(`the worker did not start (seed ${seed}, kill ${i})`);
      await new Promise((resolve) => setTimeout(resolve, Math.floor(random() * 400)));
      child.kill('SIGKILL');
      await exited(child);
    }
    const last = start(database.address);
    expect(await last.said('done'), `seed ${seed}`).toBe(true);
    await exited(last.child);
    await judge(database, organizationId, mailbox);
  } finally {
    await mailbox.close();
  }
}

async function judge(database: Database, organizationId: string, mailbox: Mailbox): Promise<void> {
  const store = await database.open();
  const rows = await store.org(organizationId, (tx) =>
    tx.selectFrom('delivery').selectAll().where('organization_id', '=', organizationId).execute(),
  );
  await store.close();
  const arrived = new Map(mailbox.mails().map((mail) => [mail.messageId, mail]));
  expect(mailbox.twins(), `seed ${seed}: mailed twice`).toEqual([]);
  expect(mailbox.mails().length, `seed ${seed}: mailed twice`).toBe(arrived.size);
  expect(rows).toHaveLength(mails);
  for (const delivery of rows) {
    expect(['handed_over', 'unknown'], `seed ${seed}`).toContain(delivery.status);
    if (delivery.status === 'handed_over') expect(arrived.has(delivery.message_id!), `seed ${seed}: lost`).toBe(true);
  }
  // At most what was in the air at each kill is unknown.
  expect(rows.filter((delivery) => delivery.status === 'unknown').length).toBeLessThanOrEqual(kills * 4);
}

/** On PostgreSQL, or on the embedded database where there is none: the campaign over the whole spine runs on both. */
test('kill -9 while mails go out', { timeout: 60_000 + kills * 10_000 }, async () => {
  if (inject('postgresUrl')) {
    const store = await freshPostgres();
    const address = 'pool' in store.raw ? store.raw.pool.options.connectionString! : '';
    await store.close();
    return rehearse({ open: () => openPostgres(address), address });
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'mail-kill-'));
  const open = () => openEmbedded(folder);
  const store = await open();
  await migrate(store);
  await store.close();
  await rehearse({ open, address: folder });
  rmSync(folder, { recursive: true });
});
