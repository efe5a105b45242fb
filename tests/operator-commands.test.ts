import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { connector as szamlazz } from '../connectors/szamlazz/connector.ts';
import { makeApiKey } from '../src/api/routes/api-keys.ts';
import { takeCommands } from '../src/cli/beside.ts';
import { readConfig } from '../src/config.ts';
import { saveConnection } from '../src/connections/index.ts';
import { open } from '../src/open.ts';
import { createVault, loadKeys, openEmbedded, openPostgres, type Store } from '../src/store/index.ts';
import { testContext, testOrganization } from '../src/testkit/context.ts';
import { emptyInstallation } from '../src/testkit/database.ts';
import { databaseUrl } from '../src/testkit/global-setup.ts';
import { saleOrder, storeSales } from '../src/testkit/sale.ts';
import { issueDocuments } from '../src/toissue/index.ts';
import { until } from './api-server.ts';
import { archiveEntries } from './archive-entries.ts';
import { type Ended, fakturist, here, root } from './fakturist.ts';

/**
 * The promise: what an operator does once a year works by the one command that the README names, what it changes as a process of its own: old documents into
 * archive files and out of the database, everything to a PostgreSQL server, another key, a backup and back, and web and worker apart.
 */
const secret = 'agent-key-0123456789-0123456789-0123456789';
let folder = '';
let data = '';
const inFolder = (...names: string[]) => path.join(folder, ...names);
const keyFile = () => path.join(data, 'secret.key');
let connectionId = '';
let organizationId = '';
let apiKey = '';

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'fakturist-operator-'));
  data = inFolder('data');
  emptyInstallation(data);
  const store = await openEmbedded(data);
  try {
    const made = await testContext(store, { now: '2018-05-10T09:00:00Z', work: false, connectors: [szamlazz] });
    const ctx = { ...made, vault: createVault(...loadKeys(keyFile())) };
    organizationId = await testOrganization(ctx);
    const who = { organizationId, actor: 'test' };
    const dated = (externalId: string, day: string) =>
      saleOrder({
        externalId,
        number: externalId,
        orderedAt: `${day}T08:00:00Z`,
        paidAt: `${day}T08:05:00Z`,
        payments: [{ method: 'online', status: 'paid', at: `${day}T08:05:00Z` }],
      });
    const issue = async (ids: string[]) => {
      for (const one of await issueDocuments(ctx, who, ids)) if (one.outcome !== 'issued') throw new Error(JSON.stringify(one));
    };
    const old = await storeSales(
      ctx,
      organizationId,
      ['old-1', 'old-2'].map((id) => dated(id, '2018-05-10')),
    );
    await issue(old.map((sale) => sale.documentId));
    made.clock.set('2026-11-20T09:00:00Z');
    const young = await storeSales(ctx, organizationId, [dated('young', '2026-11-20')]);
    await issue(young.map((sale) => sale.documentId));
    const saved = await saveConnection(ctx, who, { connector: 'szamlazz', name: 'S', settings: {}, secrets: { agentKey: secret } });
    if ('findings' in saved) throw new Error(JSON.stringify(saved.findings));
    connectionId = saved.connection.id;
    apiKey = (await makeApiKey(ctx, who, { name: 'watch', scopes: ['read', 'write'] })).key;
    await made.jobs.stop();
  } finally {
    await store.close();
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ok = (ended: Ended) => {
  expect(ended.code, ended.err || ended.out).toBe(0);
  return ended.json;
};

test('archive: shown, written with fingerprints, removed once, and nothing is left to do', async () => {
  const shown = ok(await here(['archive', '--json'], { data }));
  expect(shown.old).toMatchObject([{ year: 2018, documents: 2, undocumented: 0 }]);
  const to = inFolder('archive');
  const written = ok(await fakturist(['archive', '--to', to, '--json'], { data, cwd: folder }));
  expect(written.archive).toMatchObject({ documents: 2, removed: 0 });
  expect(written.files).toHaveLength(1);
  const bytes = readFileSync(written.files[0].file);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(written.files[0].sha256);
  const names = (await archiveEntries(bytes)).map((entry) => entry.name);
  expect(names.filter((name) => name.endsWith('.pdf'))).toHaveLength(2);
  const removed = ok(await fakturist(['archive', '--to', to, '--remove', '--json'], { data, cwd: folder }));
  expect(removed.archive).toMatchObject({ documents: 2, removed: 2 });
  const after = await here(['archive', '--to', to, '--remove', '--json'], { data });
  expect(after.json.old).toEqual([]);
  const audit = ok(await here(['doctor', '--json'], { data }));
  expect(JSON.stringify(audit)).not.toContain('broken');
}, 120_000);

test('backup: no folder, device or foreign file is written over, and a folder without Fakturist is told of and stays empty', async () => {
  const foreign = inFolder('letter.txt');
  writeFileSync(foreign, 'Dear Anna');
  const packed = inFolder('photos.gz');
  writeFileSync(packed, gzipSync('somebody else\u2019s'));
  for (const [file, words] of [
    [data, 'is a folder'],
    [packed, 'is another file, and no backup'],
    ['/dev/full', 'is a device'],
    [foreign, 'is another file, and no backup'],
  ] as const) {
    const ended = await here(['backup', file], { data });
    expect([ended.code, ended.err]).toEqual([2, expect.stringContaining(words)]);
  }
  expect(readFileSync(foreign, 'utf8')).toBe('Dear Anna');
  expect(statSync('/dev/full').isCharacterDevice()).toBe(true);
  const nowhere = inFolder('nowhere');
  for (const args of [['backup', inFolder('none.backup')], ['change-key'], ['move', 'postgresql://127.0.0.1:1/none']]) {
    const ended = await here(args, { data: nowhere });
    expect([args[0], ended.code, ended.err]).toEqual([args[0], 2, expect.stringContaining(`no Fakturist in ${nowhere}`)]);
  }
  expect(existsSync(nowhere)).toBe(false);
  const away = await here(['move', 'postgresql://127.0.0.1:1/none'], { data });
  expect([away.code, away.err]).toEqual([2, expect.stringContaining('127.0.0.1:1 does not let us in')]);
  const twice = [];
  for (const _ of [1, 2]) twice.push((await here(['backup', inFolder('same.backup'), '--json'], { data })).code);
  expect(twice).toEqual([0, 0]);
}, 60_000);

test('a second process: backup and doctor are done by the Fakturist that runs, and what must not be is refused', async () => {
  const config = readConfig({ FAKTURIST_DATA: data, NODE_ENV: 'test' });
  const opened = await open(config, { work: false, log: () => {} });
  const stop = await takeCommands(config, opened);
  try {
    const written = ok(await fakturist(['backup', 'beside.backup', '--json'], { data, cwd: folder }));
    expect(written).toMatchObject({ file: realpathSync(inFolder('beside.backup')), organizations: 1 });
    expect(ok(await fakturist(['doctor', '--json'], { data, cwd: folder })).findings[0].what).toContain('embedded database');
    const refused = await fakturist(['change-key'], { data, cwd: folder });
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('in use by another')]);
  } finally {
    await stop();
    await opened.close();
  }
}, 60_000);

test('the wrong key: no command begins with it, a change of key leaves the file as it was, and a lost one is got over', async () => {
  const place = inFolder('lost');
  ok(await here(['restore', inFolder('same.backup')], { data: place }));
  const file = path.join(place, 'secret.key');
  const missing = await here(['doctor'], { data: place });
  expect([missing.code, missing.err]).toEqual([1, expect.stringMatching(/secret\.key is missing.*bring it back.*--lost/)]);
  expect(missing.err).not.toContain('.ts:');
  writeFileSync(file, `${'ab'.repeat(32)}\n`);
  for (const args of [['connections'], ['start'], ['change-key']]) {
    const ended = await here(args, { data: place });
    expect([args[0], ended.code, ended.err]).toEqual([args[0], 1, expect.stringContaining('is not the one')]);
  }
  expect(readFileSync(file, 'utf8')).toBe(`${'ab'.repeat(32)}\n`);
  expect(ok(await here(['change-key', '--lost', '--json'], { data: place }))).toMatchObject({ forgotten: 1 });
  const [connection] = ok(await here(['connections', '--json'], { data: place })).items.filter(
    (one: { connector: string }) => one.connector === 'szamlazz',
  );
  expect(connection).toMatchObject({ status: 'paused', secretsSet: [] });
  const audit = ok(await here(['doctor', '--json'], { data: place }));
  expect(JSON.stringify(audit)).not.toContain('failure');
  // A file that holds half a key, or none, is no way in either: what lay there is put aside.
  writeFileSync(file, 'half a key');
  expect((await here(['doctor'], { data: place })).err).toMatch(/does not hold a secret key.*--lost/);
  expect(ok(await here(['change-key', '--lost', '--json'], { data: place }))).toMatchObject({ forgotten: 0 });
  expect([readFileSync(`${file}.unreadable`, 'utf8'), loadKeys(file)]).toEqual(['half a key', [expect.any(Uint8Array)]]);
  // Nor does a second time cost what the first put aside.
  writeFileSync(file, 'another half');
  expect(ok(await here(['change-key', '--lost', '--json'], { data: place }))).toMatchObject({ forgotten: 0 });
  expect(['', '-2'].map((n) => readFileSync(`${file}.unreadable${n}`, 'utf8'))).toEqual(['half a key', 'another half']);
}, 60_000);

test('what a demo left behind is served to its own machine only: everybody knows the password of its owner', async () => {
  const place = inFolder('was-a-demo');
  emptyInstallation(place);
  const store = await openEmbedded(place);
  await sql`insert into auth_user (id, name, email, "emailVerified", "createdAt", "updatedAt") values ('d', 'Anna', 'demo@fakturist.example', true, now(), now())`.execute(
    store.db,
  );
  await store.close();
  const ended = await here(['start'], { data: place, env: { HOST: '0.0.0.0' } });
  expect([ended.code, ended.err]).toEqual([2, expect.stringMatching(/holds a demo.*new FAKTURIST_DATA folder/)]);
}, 60_000);

const postgres = inject('postgresUrl');
describe.skipIf(!postgres)('on a server', () => {
  const names: string[] = [];
  async function empty(): Promise<string> {
    const name = `o_${randomBytes(8).toString('hex')}`;
    const server = await openPostgres(postgres!, { poolSize: 1 });
    if ('pool' in server.raw) await server.raw.pool.query(`create database ${name}`);
    await server.close();
    names.push(name);
    return databaseUrl(postgres!, name);
  }
  let url = '';
  const onServer = (args: string[]) => fakturist(args, { data, cwd: folder, env: { DATABASE_URL: url } });

  test('move: everything is there, the folder stays shut, and a second move is refused', async () => {
    url = await empty();
    const seen = await here(['move', 'postgresql://x:secret@127.0.0.1/none'], { data });
    expect([seen.code, seen.err]).toEqual([2, expect.stringContaining('DATABASE_URL')]);
    expect(seen.err).not.toContain('secret');
    const moved = ok(await onServer(['move', '--json']));
    expect(moved.organizations).toBe(1);
    const there = ok(await here(['documents', '--json'], { data, env: { DATABASE_URL: url } }));
    expect(JSON.stringify(there)).toContain('young');
    const shut = await here(['documents'], { data });
    expect([shut.code === 0, shut.err]).toEqual([false, expect.stringContaining('DATABASE_URL')]);
    const twice = await here(['move'], { data, env: { DATABASE_URL: url } });
    expect(twice.code).not.toBe(0);
    // A server with an earlier copy of it is no move that was broken off: an order that came since would be left behind.
    rmSync(path.join(data, 'moved'));
    const late = async (change: (store: Store) => Promise<unknown>) => {
      const store = await openEmbedded(data);
      await change(store).finally(() => store.close());
    };
    await late((store) =>
      sql`insert into sales_order (organization_id, id, connection_id, external_id, channel, status, ordered_at, currency, total_minor, suggestion, content, content_hash, created_at, updated_at)
        select organization_id, 'ffffffff-ffff-7fff-8fff-ffffffffffff', connection_id, 'late', channel, status, ordered_at, currency, total_minor, suggestion, content, content_hash, created_at, updated_at
        from sales_order limit 1`.execute(store.db),
    );
    expect(await onServer(['move'])).toMatchObject({ code: 2, err: expect.stringContaining('holds data already') });
    await late((store) => sql`delete from sales_order where external_id = 'late'`.execute(store.db));
    // Broken off after the last row and before the folder was shut: the same command ends it.
    expect(ok(await onServer(['move', '--json']))).toEqual({ arrivedBefore: true });
    expect((await fakturist(['documents'], { data, cwd: folder })).err).toContain('DATABASE_URL');
  }, 120_000);

  test('change of key: what was sealed opens with the new one only', async () => {
    const before = loadKeys(keyFile());
    ok(await onServer(['change-key', '--json']));
    const after = loadKeys(keyFile());
    expect(after).toHaveLength(1);
    const store = await openPostgres(url, { poolSize: 1 });
    try {
      const { secrets } = await store.db
        .selectFrom('connection')
        .select('secrets')
        .where('id', '=', connectionId)
        .executeTakeFirstOrThrow();
      expect(
        createVault(...after)
          .open(`${organizationId}/${connectionId}`, secrets)
          .agentKey!.reveal(),
      ).toBe(secret);
      expect(() => createVault(...before).open(`${organizationId}/${connectionId}`, secrets)).toThrow();
    } finally {
      await store.close();
    }
  }, 60_000);

  test('web and worker apart, each ready; one knows the routes, the other works; both end when asked', async () => {
    const running: ChildProcess[] = [];
    const start = async (role: string) => {
      const child = spawn(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', path.join(root, 'src/cli/main.ts'), 'start', '--role', role, '--json'],
        {
          cwd: folder,
          env: {
            PATH: process.env.PATH,
            NODE_ENV: 'test',
            FAKTURIST_DATA: data,
            DATABASE_URL: url,
            PORT: '0',
            FAKTURIST_METRICS_TOKEN: 'watcher',
          } as NodeJS.ProcessEnv,
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
      running.push(child);
      let said = '';
      child.stderr!.on('data', (piece) => (said += piece));
      for await (const piece of child.stdout!) {
        said += piece;
        const address = /http:\/\/127\.0\.0\.1:\d+/.exec(said);
        if (address) return address[0];
      }
      throw new Error(said);
    };
    try {
      const [web, worker] = await Promise.all([start('web'), start('worker')]);
      for (const one of [web, worker]) {
        expect(await (await fetch(`${one}/readyz`)).json()).toEqual({ ready: true });
        expect((await fetch(`${one}/metrics`, { headers: { authorization: 'Bearer watcher' } })).status).toBe(200);
      }
      const asked = { headers: { authorization: `Bearer ${apiKey}` } };
      expect((await fetch(`${web}/api/v1/documents`, asked)).status).toBe(200);
      expect((await fetch(`${worker}/api/v1/documents`, asked)).status).toBe(404);
      // What the web takes in, the worker reads.
      const form = new FormData();
      form.append('options', JSON.stringify({ kind: 'auto' }));
      form.append('files', new Blob([readFileSync(path.join(root, 'examples', 'pl', 'allegro-sales.xml'))]), 'sales.xml');
      const taken = await fetch(`${web}/api/v1/imports`, { method: 'POST', body: form, ...asked });
      expect(taken.status).toBe(201);
      const { runs } = (await taken.json()) as { runs: { id: string }[] };
      await until('the worker has read the file', async () => {
        const run = (await (await fetch(`${web}/api/v1/imports/${runs[0]!.id}`, asked)).json()) as { status: string };
        return run.status === 'done';
      });
      for (const child of running) child.kill('SIGTERM');
      for (const child of running) if (child.exitCode === null) await once(child, 'exit');
      expect(running.map((child) => child.exitCode)).toEqual([0, 0]);
    } finally {
      for (const child of running) if (child.exitCode === null) child.kill('SIGKILL');
    }
  }, 120_000);

  test('backup of the server is one file that an embedded database restores, with the last numbers told', async () => {
    const file = inFolder('server.backup');
    const written = ok(await onServer(['backup', file, '--json']));
    const elsewhere = inFolder('restored');
    const restored = ok(await fakturist(['restore', file, '--json'], { data: elsewhere, cwd: folder }));
    expect(restored.rows).toBe(written.rows);
    expect(restored.lastNumbers.length).toBeGreaterThan(0);
    expect(existsSync(path.join(elsewhere, 'secret.key'))).toBe(false);
    expect(readFileSync(file).includes(Buffer.from(secret))).toBe(false);
  }, 120_000);
});
