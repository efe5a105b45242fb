import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import yazl from 'yazl';
import { tryLimits } from '../src/api/sign-in-tries.ts';
import { sweepUploads } from '../src/intake/index.ts';
import type { Store } from '../src/store/index.ts';
import { freshEmbedded } from '../src/testkit/database.ts';
import { type Mailbox, startMailbox } from '../src/testkit/mailbox.ts';
import { Browser, owner, password, type Served, serve, shop, until } from './api-server.ts';

/**
 * The promise: whoever forgets the password gets in again by mail and nobody else does; a second factor is asked for and its spare codes
 * work once; the rarer steps of a document are done over HTTP; uploads that nobody imported do not stay.
 */
let store: Store;
let served: Served;
let olga: Browser;
let mailbox: Mailbox;
beforeAll(async () => {
  store = await freshEmbedded();
  served = await serve(store);
  olga = await owner(served.url);
  mailbox = await startMailbox();
  const made = await olga.send('PUT', '/mail-settings', {
    host: mailbox.host,
    port: mailbox.port,
    security: 'none',
    fromName: 'Sklep',
    fromAddress: 'sklep@shop.example',
  });
  expect(made.status).toBe(200);
}, 60_000);
afterAll(async () => {
  await mailbox?.close();
  await served?.stop();
  await store?.close();
});

/** The code that an authenticator shows (RFC 6238, SHA-1, 30 s, 6 digits). */
function codeOf(totpUri: string, at: number): string {
  const secret = new URL(totpUri).searchParams.get('secret')!;
  const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((b) => Number.parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const hash = createHmac('sha1', key).update(counter).digest();
  const offset = hash[19]! & 15;
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

test('a forgotten password is replaced by the link of the mail, once, and every session ends', async () => {
  const before = mailbox.mails().length;
  const stranger = new Browser(served.url);
  expect((await stranger.post('/api/auth/request-password-reset', { email: 'nobody@shop.example' })).status).toBe(200);
  expect((await stranger.post('/api/auth/request-password-reset', { email: shop.email })).status).toBe(200);
  const mail = await until('the mail with the link', async () => mailbox.mails()[before]);
  const link = /https?:\S+reset-password\S+/.exec(JSON.stringify(mail))![0];
  const token = decodeURIComponent(/token=([\w%-]+)/.exec(link)![1]!);
  expect((await stranger.post('/api/auth/reset-password', { newPassword: 'short', token })).status).toBe(400);
  expect((await stranger.post('/api/auth/reset-password', { newPassword: 'a very different one', token: `${token}x` })).status).toBe(400);
  expect((await stranger.post('/api/auth/reset-password', { newPassword: 'a very different one', token })).status).toBe(200);
  expect((await stranger.post('/api/auth/reset-password', { newPassword: 'and another again', token })).status).toBe(400);
  expect(mailbox.mails().length).toBe(before + 1);

  expect((await stranger.signIn(shop.email, password)).status).toBe(401);
  expect((await stranger.signIn(shop.email, 'a very different one')).status).toBe(200);
  olga = stranger;
  olga.organization = (await olga.get('/me')).body.organizations[0].id;
});

test('with a second factor the password alone opens nothing; a spare code opens once', async () => {
  const started = await olga.post('/api/auth/two-factor/enable', { password: 'a very different one' });
  expect(started.status).toBe(200);
  const { totpURI, backupCodes } = started.body;
  expect((await olga.post('/api/auth/two-factor/verify-totp', { code: '000000' })).status).toBe(401);
  expect((await olga.post('/api/auth/two-factor/verify-totp', { code: codeOf(totpURI, Date.now()) })).status).toBe(200);

  const half = async () => {
    const browser = new Browser(served.url, olga.organization);
    expect((await browser.signIn(shop.email, 'a very different one')).body).toMatchObject({ twoFactorRedirect: true });
    expect((await browser.get('/documents')).status).toBe(401);
    return browser;
  };
  const one = await half();
  expect((await one.post('/api/auth/two-factor/verify-backup-code', { code: backupCodes[0] })).status).toBe(200);
  expect((await one.get('/documents')).status).toBe(200);
  const two = await half();
  expect((await two.post('/api/auth/two-factor/verify-backup-code', { code: backupCodes[0] })).status).toBe(401);
  expect((await two.get('/documents')).status).toBe(401);
  expect((await one.post('/api/auth/two-factor/disable', { password: 'a very different one' })).status).toBe(200);
  olga = one;
});

test('whoever’s password is guessed from strange places is told once, in his language, and nobody else is', async () => {
  const { app } = served.running;
  expect((await olga.send('PATCH', '/me', { language: 'pl' })).status).toBe(200);
  const before = mailbox.mails().length;
  const guess = (email: string, from: number) =>
    app.inject({
      method: 'POST',
      url: '/api/auth/sign-in/email',
      remoteAddress: `198.51.100.${from}`,
      headers: { origin: 'http://localhost', host: 'localhost', 'content-type': 'application/json' },
      payload: { email, password: `guess number ${from}` },
    });
  const statuses: number[] = [];
  for (let from = 1; from <= tryLimits.freeForStrangers + 2; from++) statuses.push((await guess(shop.email, from)).statusCode);
  expect((await guess('ghost@shop.example', 1)).statusCode).toBe(401);
  expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
  const mail = await until('the warning', async () => mailbox.mails()[before]);
  expect(mail.recipients).toEqual([shop.email]);
  expect(mail.subject).toContain('zgaduje');
  expect(mail.text).toContain('/settings/security');
  // Where he signs in from he still does.
  expect((await new Browser(served.url).signIn(shop.email, 'a very different one')).status).toBe(200);
  expect(mailbox.mails()).toHaveLength(before + 1);
});

test('merging is undone, an advance becomes a final invoice, a refused number is voided with a reason', async () => {
  const data = new FormData();
  data.append('options', JSON.stringify({ kind: 'invoice' }));
  data.append(
    'files',
    new Blob([Uint8Array.from(readFileSync(new URL('../examples/pl/allegro-sales.xml', import.meta.url)))]),
    'sales.xml',
  );
  const { id: run } = (await olga.post('/imports', data)).body.runs[0];
  await until('the import ends', async () => (await olga.get(`/imports/${run}`)).body.status === 'done');
  const { items } = (await olga.get('/documents?states=to_issue&held=false&limit=50')).body;
  // Two sales of one buyer on one day: the order of documents made in one instant is nobody's promise.
  const [first, second, third] = items;
  const { buyer } = (await olga.get(`/documents/${first.id}`)).body.content;
  for (const { id } of [first, second]) {
    const edited = await olga.send('PATCH', `/documents/${id}`, { set: { buyer, saleDate: '2026-11-18' } });
    expect(edited.status, edited.text).toBe(200);
  }
  const merged = await olga.post('/documents/merge', { ids: [first.id, second.id] });
  expect(merged.status, merged.text).toBe(200);
  expect((await olga.post(`/documents/${merged.body.id}/unmerge`)).status).toBe(200);
  expect((await olga.get(`/documents/${second.id}`)).body.state).toBe('to_issue');
  expect((await olga.post(`/documents/${merged.body.id}/unmerge`)).status).toBe(422);

  const advance = await olga.post(`/documents/${third.id}/prepayment`, { received: '1.00', day: '2026-11-19' });
  expect(advance.status, advance.text).toBe(201);
  expect((await olga.post(`/documents/${advance.body.id}/issue`)).status).toBe(200);
  const final = await olga.post('/documents/final', { documentId: third.id, prepaymentIds: [advance.body.id] });
  expect(final.body.content).toMatchObject({ kind: 'final' });

  expect((await olga.post(`/documents/${first.id}/give-up-number`, { reason: 'x' })).status).toBe(422);
  const { number } = (await olga.post(`/documents/${first.id}/issue`)).body;
  await store.system(async (tx) => {
    await sql`alter table document disable trigger document_frozen`.execute(tx);
    await sql`update document set state = 'refused', issued_at = null where id = ${first.id}`.execute(tx);
    await sql`alter table document enable trigger document_frozen`.execute(tx);
  });
  expect((await olga.post(`/documents/${first.id}/give-up-number`, { reason: ' ' })).status).toBe(400);
  expect((await olga.post(`/documents/${first.id}/give-up-number`, { reason: 'Zamówienie anulowane' })).body).toEqual({ number });
  const { seriesId } = first.seriesId ? first : (await olga.get(`/documents/${first.id}`)).body;
  const register = (await olga.get(`/series/${seriesId}/register`)).body;
  expect(register.items.find((entry: { number: string }) => entry.number === number)).toMatchObject({ reason: 'Zamówienie anulowane' });
  expect(register.gaps).toEqual([]);
});

test('an upload that was looked at and never imported is gone after a day; an imported one stays', async () => {
  const file = () => {
    const data = new FormData();
    data.append('files', new Blob(['order,total\n1,10.00\n']), 'orders.csv');
    return data;
  };
  const look = async () => (await olga.post('/imports/inspect', file())).body.uploadId as string;
  const [left, kept, taken] = [await look(), await look(), await look()];
  await sql`update upload set created_at = now() - interval '25 hours' where file_id in (${left}, ${taken})`.execute(store.db);
  const importing = (connector: string) =>
    olga.post('/imports/uploaded', { uploadIds: [taken, taken], options: { kind: 'auto', connector } });
  // Named twice, it is one file. Refused, it can be asked for again; taken, it is nobody else's.
  expect((await importing('none')).status).toBe(422);
  expect((await importing('order-file')).status).toBe(201);
  expect((await importing('order-file')).status).toBe(404);
  expect(await sweepUploads(served.running.opened.ctx)).toBe(1);
  expect(await sweepUploads(served.running.opened.ctx)).toBe(0);
  const { rows } = await sql<{ id: string }>`select id from file where id in (${left}, ${kept}, ${taken})`.execute(store.db);
  expect(rows.map((r) => r.id)).not.toContain(left);
  expect(rows.map((r) => r.id)).toContain(kept);
  // So it is with a ZIP: refused, it is there still, and nothing that was taken out of it.
  const zip = new yazl.ZipFile();
  zip.addBuffer(Buffer.from('order,total\n2,10.00\n'), 'inside.csv');
  zip.end();
  const zipped = new FormData();
  zipped.append('files', new Blob([new Uint8Array(await buffer(zip.outputStream))]), 'orders.zip');
  const uploadId = (await olga.post('/imports/inspect', zipped)).body.uploadId as string;
  const asked = (connector: string) => olga.post('/imports/uploaded', { uploadIds: [uploadId], options: { kind: 'auto', connector } });
  expect((await asked('none')).status).toBe(422);
  const begun = await asked('order-file');
  expect([begun.status, begun.body.runs.map((run: { name: string }) => run.name)]).toEqual([201, ['orders.zip/inside.csv']]);
  expect((await asked('order-file')).status).toBe(404);
  const { rows: leftOfZip } = await sql<{ name: string }>`select name from file where name like 'orders.zip%'`.execute(store.db);
  expect(leftOfZip.map((row) => row.name)).toEqual(['orders.zip/inside.csv']);
  // Nor does a form stay that was refused, or what was looked at beside another file.
  const named = async (name: string) =>
    (await sql<{ id: string }>`select id from file where name = ${name}`.execute(store.db)).rows.map((r) => r.id);
  const form = (name: string, options: object) => {
    const data = new FormData();
    for (const one of [name, name]) data.append('files', new Blob(['order,total\n1,10.00\n']), one);
    data.append('options', JSON.stringify(options));
    return data;
  };
  expect((await olga.post('/imports', form('refused.csv', { kind: 'nonsense' }))).status).toBe(400);
  expect((await olga.post('/imports', form('unknown.csv', { seriesId: '00000000-0000-7000-8000-000000000000' }))).status).toBe(404);
  expect((await olga.post('/imports/inspect', form('both.csv', {}))).status).toBe(200);
  expect((await olga.post('/imports', form('taken.csv', { kind: 'auto', connector: 'order-file' }))).status).toBe(201);
  await sql`update upload set created_at = now() - interval '25 hours'`.execute(store.db);
  await sweepUploads(served.running.opened.ctx);
  for (const name of ['refused.csv', 'unknown.csv', 'both.csv']) expect(await named(name), name).toEqual([]);
  expect((await named('taken.csv')).length).toBeGreaterThan(0);
});
