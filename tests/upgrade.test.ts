import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createVault, openPostgres, readBackup, type Store, verifyAudit } from '../src/store/index.ts';
import { bareEmbedded } from '../src/testkit/database.ts';
import { databaseUrl } from '../src/testkit/global-setup.ts';
import { Browser, password, program, type Served, serve, shop, until } from './api-server.ts';

/**
 * The promise: what an earlier version stored is there after an update, to the letter, and work goes on from it: numbers without a gap, the
 * audit trail unbroken, PDFs the same bytes, secrets open, people and keys get in. `upgrade/2026-11-22.backup` was filled by the code of that
 * day (commit 37c406a, migrations to 0005) through its own API.
 */
type Facts = {
  organization: string;
  key: string;
  invoice: string;
  correction: string;
  connection: string;
  pdfs: Record<string, string>;
  numbers: [string, string][];
};
const folder = path.join(import.meta.dirname, 'upgrade');
const facts = JSON.parse(readFileSync(path.join(folder, '2026-11-22.json'), 'utf8')) as Facts;

async function emptyPostgres(): Promise<Store> {
  const url = inject('postgresUrl')!;
  const name = `u_${randomBytes(8).toString('hex')}`;
  const server = await openPostgres(url, { poolSize: 1 });
  try {
    if ('pool' in server.raw) await server.raw.pool.query(`create database ${name}`);
  } finally {
    await server.close();
  }
  return openPostgres(databaseUrl(url, name));
}

const databases: [string, boolean, () => Promise<Store>][] = [
  ['embedded', true, bareEmbedded],
  ['PostgreSQL', Boolean(inject('postgresUrl')), emptyPostgres],
];

for (const [name, there, open] of databases)
  describe.skipIf(!there)(`data of an earlier version on ${name}`, () => {
    let store: Store;
    let served: Served;
    let olga: Browser;
    beforeAll(async () => {
      store = await open();
      const info = await readBackup(store, createReadStream(path.join(folder, '2026-11-22.backup')), { lost: false });
      expect(info.organizations).toBe(1);
      served = await serve(store);
      olga = new Browser(served.url, facts.organization);
      expect((await olga.signIn(shop.email, password)).status).toBe(200);
    }, 60_000);
    afterAll(async () => {
      await served?.stop();
      await store?.close();
    });

    test('every document has its number and its bytes, and the trail is whole', async () => {
      const listed = (await olga.get('/documents?states=issued&limit=50')).body.items as { id: string; number: string }[];
      expect(new Map(listed.map((d) => [d.id, d.number]))).toEqual(new Map(facts.numbers));
      for (const [id, sha256] of Object.entries(facts.pdfs)) {
        const pdf = await olga.get(`/documents/${id}/pdf`);
        expect(createHash('sha256').update(pdf.body).digest('hex')).toBe(sha256);
      }
      // One that was never printed is printed now.
      const unprinted = facts.numbers.find(([id]) => !(id in facts.pdfs))!;
      expect((await olga.get(`/documents/${unprinted[0]}/pdf`)).text.slice(0, 5)).toBe('%PDF-');
      const trail = await store.org(facts.organization, (tx) => verifyAudit(tx, facts.organization));
      expect(trail.brokenAt).toBeUndefined();
      expect(Number(trail.entries)).toBeGreaterThan(15);
    });

    test('secrets open, people and keys get in, and every page of the API answers', async () => {
      const row = await store.db.selectFrom('connection').selectAll().where('id', '=', facts.connection).executeTakeFirstOrThrow();
      const opened = createVault(new Uint8Array(32).fill(7)).open(`${facts.organization}/${facts.connection}`, row.secrets);
      expect(opened.agentKey!.reveal()).toMatch(/^old-agent-key-/);
      expect((await program(served.url, facts.key)('GET', '/documents')).status).toBe(200);
      const basia = new Browser(served.url, facts.organization);
      expect((await basia.signIn('basia@shop.example', password)).status).toBe(200);
      for (const address of [
        '/home',
        '/orders',
        '/series',
        '/connections',
        '/mail-templates',
        '/webhooks',
        '/audit',
        '/imports',
        '/holds',
        '/deliveries',
        '/members',
        '/causes',
        '/payments',
        '/receivables',
        '/agents',
        '/print-rules',
        '/billing',
        '/desk',
        '/books/profile',
        '/completeness?from=2026-11-01&to=2026-11-30',
      ]) {
        const answer = await olga.get(address);
        expect(answer.status, `${address} ${answer.text.slice(0, 300)}`).toBe(200);
      }
      expect(served.logs.filter((line) => line.level === 'error')).toEqual([]);
    });

    test('the next documents take the next numbers, without a gap, and a correction of an old one is made', async () => {
      const old = (await olga.get(`/documents/${facts.numbers.find(([, number]) => number.startsWith('FV/1/'))![0]}`)).body;
      const content = { ...old.content, payment: { means: 'cash', paid: '0' } };
      const next: string[] = [];
      for (let i = 0; i < 2; i++) {
        const made = await olga.post('/documents', { content });
        expect(made.status, made.text.slice(0, 400)).toBe(201);
        // In the period of the old ones, so that their numbers are what it goes on from.
        const issued = await olga.post(`/documents/${made.body.id}/issue`, { issueDate: '2026-11-28' });
        expect(issued.status, issued.text.slice(0, 400)).toBe(200);
        next.push(issued.body.number);
      }
      expect(next).toEqual(['FV/5/11/2026', 'FV/6/11/2026']);
      const series = (await olga.get('/series')).body.items.find((one: { kind: string }) => one.kind === 'invoice');
      expect((await olga.get(`/series/${series.id}/register`)).body.gaps).toEqual([]);
      const correction = await olga.post(`/documents/${old.id}/correct`, { reason: 'Zwrot', reasonCode: 'return', cancel: true });
      expect(correction.status, correction.text.slice(0, 400)).toBe(201);
      const imported = new FormData();
      imported.append('options', JSON.stringify({ kind: 'auto' }));
      imported.append(
        'files',
        new Blob([Uint8Array.from(readFileSync(path.join(import.meta.dirname, '../examples/pl/allegro-sales.xml')))]),
        'again.xml',
      );
      const again = await olga.post('/imports', imported);
      const run = await until('the old file is read again', async () => {
        const { body } = await olga.get(`/imports/${again.body.runs[0].id}`);
        return body.status === 'done' && body;
      });
      // Nothing twice, also across versions.
      expect(run.counts).toMatchObject({ unchanged: 12 });
    });
  });
