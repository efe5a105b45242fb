import fs, { existsSync, fstatSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { bareEmbedded, freshEmbedded, freshPostgres, onBothDatabases } from '../testkit/database.ts';
import { databaseUrl } from '../testkit/global-setup.ts';
import {
  audit,
  BadBackup,
  createVault,
  forgetUnopened,
  json,
  keysFor,
  loadKeys,
  newId,
  openPostgres,
  readBackup,
  type Store,
  sealAnew,
  storeFile,
  storeKeys,
  unopened,
  verifyAudit,
  writeBackup,
} from './index.ts';

/**
 * The promise: one file brings everything back, on either database and from one to the other, exactly; a damaged one brings nothing.
 * A change of key leaves nothing that opens with the old one only, also when it is interrupted.
 */
const now = new Date('2026-11-22T10:00:00.123Z');
const key = new Uint8Array(32).fill(7);

async function filled(store: Store): Promise<string> {
  const id = newId(now);
  const ids = { connection: newId(now), order: newId(now), document: newId(now) };
  await store.system((tx) =>
    tx
      .insertInto('organization')
      .values({
        id,
        name: 'Żółw "&" Co\n',
        country: 'PL',
        zone: 'Europe/Warsaw',
        language: 'pl',
        currency: 'PLN',
        seller: json({ a: ['1.10', null] }),
        policies: json({}),
        look: json({}),
        created_at: now,
      })
      .execute(),
  );
  await store.org(id, async (tx) => {
    await tx
      .insertInto('connection')
      .values({
        organization_id: id,
        id: ids.connection,
        connector: 'x',
        name: 'X',
        status: 'active',
        settings: json({}),
        memory: json({}),
        cursor: json(null),
        secrets: createVault(key).seal(`${id}/${ids.connection}`, { apiKey: 'tajne' }),
        created_at: now,
        updated_at: now,
        base_url: null,
        intake_token: newId(now),
      })
      .execute();
    await storeFile(tx, id, now, { name: 'ó.pdf', mediaType: 'application/pdf', bytes: Buffer.from([0, 255, 10, 13, 35, 92]) });
    await tx
      .insertInto('sales_order')
      .values({
        organization_id: id,
        id: ids.order,
        connection_id: ids.connection,
        external_id: '#end {}',
        channel: 'x',
        status: 'ready',
        ordered_at: '2026-11-22T10:00:00.123456Z',
        currency: 'PLN',
        total_minor: 9007199254740993n,
        suggestion: 'RECEIPT',
        content: json({}),
        content_hash: '',
        raw: '\u2028\\u0041#x',
        created_at: now,
        updated_at: now,
        number: null,
        external_status: null,
        paid_at: null,
        buyer_email: null,
        superseded_by: null,
        import_id: null,
      })
      .execute();
    await sql`insert into document (organization_id, id, kind, state, order_id, purpose, currency, net_minor, tax_minor, gross_minor, content, created_at, updated_at, issued_at, hold_codes)
      values (${id}, ${ids.document}, 'invoice', 'issued', ${ids.order}, 'sale', 'PLN', 1, 2, 3, '{"lines":[]}', now(), now(), now(), '{}')`.execute(
      tx,
    );
    await sql`insert into transfer (organization_id, id, document_id, connection_id, reference, verb, status, settings, story, created_at, updated_at)
      values (${id}, ${newId(now)}, ${ids.document}, ${ids.connection}, 'fk:1', 'issue', 'waiting', '{"x":1}', '[]', now(), now())`.execute(
      tx,
    );
    await sql`insert into delivery (organization_id, id, document_id, way, key, recipient, status, created_at, updated_at)
      values (${id}, ${newId(now)}, ${ids.document}, 'mail', 'k', 'a@example.com', 'queued', now(), now())`.execute(tx);
    // A line that the database numbers by itself, and a verb that waits to be sent.
    await sql`insert into agent (organization_id, id, status, public_key, key_since, created_at) values (${id}, ${ids.connection}, 'active', ${ids.connection}, now(), now())`.execute(
      tx,
    );
    await sql`insert into agent_log (organization_id, agent_id, at, level, message) values (${id}, ${ids.connection}, now(), 'info', 'x')`.execute(
      tx,
    );
    const receivable = newId(now);
    await sql`insert into receivable (organization_id, id, connection_id, order_number, country, segment, currency, state, placed_at, created_at, updated_at)
      values (${id}, ${receivable}, ${ids.connection}, '1', 'SE', 'consumer', 'SEK', 'pending', now(), now(), now())`.execute(tx);
    await sql`insert into receivable_action (organization_id, id, receivable_id, no, verb, key, status, action, story, created_by, created_at, updated_at)
      values (${id}, ${newId(now)}, ${receivable}, 1, 'activate', ${newId(now)}, 'waiting', '{}', '[]', 'test', now(), now())`.execute(tx);
    await audit(
      tx,
      id,
      'test',
      now,
      Array.from({ length: 30 }, (_, i) => ({ action: `step ${i}`, entity: 'thing', entityId: '1', data: { z: 'ó', a: i } })),
    );
  });
  return id;
}

async function backedUp(store: Store): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await writeBackup(
    store,
    new Writable({
      write: (chunk, _, done) => {
        chunks.push(chunk as Buffer);
        done();
      },
    }),
    now,
  );
  return Buffer.concat(chunks);
}

async function everything(store: Store): Promise<string[]> {
  return gunzipSync(await backedUp(store))
    .toString('utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#end'));
}

/** Databases with nothing set up in them, as a restore finds them. */
async function bare(kind: 'embedded' | 'PostgreSQL'): Promise<Store> {
  if (kind === 'embedded') return bareEmbedded();
  const url = inject('postgresUrl')!;
  const name = `r_${newId(now).replaceAll('-', '')}`;
  const server = await openPostgres(url, { poolSize: 1 });
  if ('pool' in server.raw) await server.raw.pool.query(`create database ${name}`);
  await server.close();
  return openPostgres(databaseUrl(url, name), { poolSize: 2 });
}

describe.skipIf(!inject('postgresUrl'))('backup and restore', () => {
  let sources: Record<'embedded' | 'PostgreSQL', Store>;
  let ids: Record<'embedded' | 'PostgreSQL', string>;
  beforeAll(async () => {
    sources = { embedded: await freshEmbedded(), PostgreSQL: await freshPostgres() };
    ids = { embedded: await filled(sources.embedded), PostgreSQL: await filled(sources.PostgreSQL) };
  });
  afterAll(async () => {
    await sources.embedded.close();
    await sources.PostgreSQL.close();
  });

  test.each([
    ['embedded', 'PostgreSQL'],
    ['PostgreSQL', 'embedded'],
  ] as const)('from %s to %s every row is the same to the letter, guards and walls are up, and the trail is whole', async (from, to) => {
    const target = await bare(to);
    try {
      const file = await backedUp(sources[from]);
      expect(await readBackup(target, Readable.from(file), { lost: false })).toMatchObject({ organizations: 1 });
      expect(await everything(target)).toEqual(await everything(sources[from]));
      const id = ids[from];
      expect(await target.org(id, (tx) => verifyAudit(tx, id))).toEqual({ entries: 30n });
      await expect(sql`update document set gross_minor = 1 where state = 'issued'`.execute(target.db)).rejects.toThrow('issued');
      expect(await target.org(newId(now), (tx) => tx.selectFrom('document').select('id').execute())).toEqual([]);
      await expect(readBackup(target, Readable.from(file), { lost: false })).rejects.toThrow('holds data already');
    } finally {
      await target.close();
    }
  });

  test('after a loss what waits is asked about, and a person decides about mails', async () => {
    const target = await bare('embedded');
    try {
      const file = await backedUp(sources.PostgreSQL);
      // Damaged ones first: nothing of them may stay.
      const text = gunzipSync(file).toString('utf8');
      const damaged: [Buffer, RegExp][] = [
        [file.subarray(0, file.length - 40), /cut off/],
        [gzipSync(text.slice(0, text.indexOf('#document'))), /cut off/],
        [gzipSync(text.replace('step 3', 'step 9')), /changed after/],
        [gzipSync(text.replace('0001_spine', '9999_later')), /later version/],
        [Buffer.from('no gzip at all'), /no backup/],
        [gzipSync('{"fakturist":"other"}\n'), /no backup/],
      ];
      for (const [bytes, says] of damaged) {
        const refused = readBackup(target, Readable.from(bytes), { lost: true });
        await expect(refused).rejects.toThrow(says);
        await expect(refused).rejects.toBeInstanceOf(BadBackup);
      }
      await readBackup(target, Readable.from(file), { lost: true });
      const { rows } =
        await sql`select t.settings, d.status, d.cause->>'code' as code, a.status as verb from transfer t, delivery d, receivable_action a`.execute(
          target.db,
        );
      expect(rows).toEqual([{ settings: { x: 1, backfill: true }, status: 'unknown', code: 'mail_answer_lost', verb: 'unknown' }]);
      const { rows: logged } = await sql<{ next: boolean }>`insert into agent_log (organization_id, agent_id, at, level, message)
        select organization_id, agent_id, at, level, 'y' from agent_log returning seq > (select max(seq) from agent_log) as next`.execute(
        target.db,
      );
      expect(logged).toEqual([{ next: true }]);
    } finally {
      await target.close();
    }
  });
});

test('the key file lasts through a power failure: its folder is flushed as well, when it is made and when it is replaced', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-key-'));
  const { fsyncSync } = fs;
  const flushBy = (flush: typeof fsyncSync) => {
    fs.fsyncSync = flush;
    syncBuiltinESMExports();
  };
  try {
    const file = path.join(folder, 'data', 'secret.key');
    const flushed: boolean[] = [];
    flushBy((fd) => void flushed.push(fstatSync(fd).isDirectory()));
    const keys = loadKeys(file);
    expect(flushed).toContain(true);
    flushed.length = 0;
    storeKeys(file, keys);
    expect(flushed).toEqual([false, true]);
    // Some platforms flush no folder.
    flushBy((fd) => {
      if (fstatSync(fd).isDirectory()) throw Object.assign(new Error('no'), { code: 'EINVAL' });
    });
    storeKeys(file, keys);
    expect(loadKeys(file)).toEqual(keys);
  } finally {
    flushBy(fsyncSync);
    rmSync(folder, { recursive: true });
  }
});

onBothDatabases('change of key', (store) => {
  test('everything is sealed anew; interrupted half way both keys are there and it is finished', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-key-'));
    try {
      const file = path.join(folder, 'secret.key');
      storeKeys(file, [key]);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const id = await filled(store());
      const next = new Uint8Array(32).fill(9);
      storeKeys(file, [next, key]);
      const keys = loadKeys(file);
      expect(await store().system((tx) => sealAnew(tx, createVault(...keys)))).toBe(1);
      expect(await store().system((tx) => sealAnew(tx, createVault(...keys)))).toBe(1);
      storeKeys(file, [next]);
      expect(readFileSync(file, 'utf8').trim()).toHaveLength(64);
      const { rows } = await sql<{
        id: string;
        secrets: Uint8Array;
      }>`select id, secrets from connection where organization_id = ${id}`.execute(store().db);
      const owner = `${id}/${rows[0]!.id}`;
      expect(
        createVault(...loadKeys(file))
          .open(owner, rows[0]!.secrets)
          .apiKey!.reveal(),
      ).toBe('tajne');
      expect(() => createVault(key).open(owner, rows[0]!.secrets)).toThrow();
      await expect(store().system((tx) => sealAnew(tx, createVault(key)))).rejects.toThrow('opens with no key');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('another key, or none, is refused before anything begins; one that is lost for good costs the credentials only', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-key-'));
    try {
      const file = path.join(folder, 'secret.key');
      const id = await filled(store());
      // What the tests before left is under other keys.
      const { rows } = await sql<{ id: string }>`select id from connection where organization_id = ${id}`.execute(store().db);
      await sql`update connection set secrets = null where organization_id <> ${id}`.execute(store().db);
      await expect(keysFor(store(), file)).rejects.toThrow(/secret\.key is missing.*--lost/);
      expect(existsSync(file)).toBe(false);
      storeKeys(file, [new Uint8Array(32).fill(8)]);
      await expect(keysFor(store(), file)).rejects.toThrow(/is not the one.*--lost/);
      writeFileSync(file, 'half a ke');
      await expect(keysFor(store(), file)).rejects.toThrow(/64 hexadecimal digits.*apart from backups/);
      await expect(keysFor(store(), folder)).rejects.toThrow('is a folder');
      storeKeys(file, [key]);
      expect(await keysFor(store(), file)).toEqual([key]);

      const vault = createVault(new Uint8Array(32).fill(8));
      expect(await store().system((tx) => unopened(tx, vault))).toEqual({ connection: 1 });
      expect(await store().system((tx) => forgetUnopened(tx, vault, now))).toBe(1);
      expect(await store().system((tx) => unopened(tx, vault))).toEqual({});
      const left = await store().db.selectFrom('connection').select(['secrets', 'status']).where('id', '=', rows[0]!.id).executeTakeFirst();
      expect(left).toEqual({ secrets: null, status: 'paused' });
      expect((await store().org(id, (tx) => verifyAudit(tx, id))).brokenAt).toBeUndefined();

      // The secret of a webhook alone is reason enough.
      const hook = newId(now);
      const secret = createVault(key).seal(`${id}/${hook}`, { secret: 'whsec_1' });
      const endpoint = { organization_id: id, id: hook, url: 'https://example.com/h', events: ['document.issued'], active: true, secret };
      await store().org(id, (tx) =>
        tx
          .insertInto('webhook_endpoint')
          .values({ ...endpoint, created_at: now })
          .execute(),
      );
      await expect(keysFor(store(), path.join(folder, 'none.key'))).rejects.toThrow('is missing');
      storeKeys(file, [new Uint8Array(32).fill(8)]);
      await expect(keysFor(store(), file)).rejects.toThrow('is not the one');
      storeKeys(file, [key]);
      expect(await keysFor(store(), file)).toEqual([key]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
