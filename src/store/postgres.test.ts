import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import pg from 'pg';
import { expect, inject, test, vi } from 'vitest';
import { freshPostgres } from '../testkit/database.ts';
import { databaseUrl } from '../testkit/global-setup.ts';
import { announce, audit, json, migrate, newId, openPostgres } from './index.ts';

/** On a server of an operator our user is no superuser, and roles belong to the whole server. */
test.skipIf(!inject('postgresUrl'))(
  'a user without special rights migrates and works, once the administrator granted the role',
  async () => {
    const server = inject('postgresUrl')!;
    const name = `plain_${randomBytes(6).toString('hex')}`;
    const admin = new pg.Client({ connectionString: server });
    await admin.connect();
    const url = new URL(databaseUrl(server, name));
    url.username = name;
    url.password = 'geheim';
    const store = await openPostgres(url.href, { poolSize: 2 });
    try {
      await admin.query(`create role ${name} login password 'geheim' nosuperuser nocreatedb nocreaterole`);
      await admin.query(`create database ${name} owner ${name}`);
      await expect(migrate(store)).rejects.toThrow(`GRANT fakturist_app TO "${name}"`);
      await admin.query(`grant fakturist_app to ${name}`);
      await migrate(store);
      const now = new Date('2026-11-22T10:00:00Z');
      const [a, b] = [newId(now), newId(now)];
      for (const id of [a, b])
        await store.system((tx) =>
          tx
            .insertInto('organization')
            .values({
              id,
              name: id,
              country: 'PL',
              zone: 'UTC',
              language: 'pl',
              currency: 'PLN',
              seller: json({}),
              policies: json({}),
              look: json({}),
              created_at: now,
            })
            .execute(),
        );
      await store.org(a, (tx) => audit(tx, a, 'test', now, [{ action: 'x', entity: 'thing', entityId: '1' }]));
      expect(await store.org(b, (tx) => tx.selectFrom('audit').selectAll().execute())).toEqual([]);
      expect(await store.org(a, (tx) => tx.selectFrom('audit').selectAll().execute())).toHaveLength(1);
    } finally {
      await store.close();
      await admin.query(`drop database if exists ${name} with (force)`);
      await admin.query(`drop role if exists ${name}`);
      await admin.end();
    }
  },
  60_000,
);

test.skipIf(!inject('postgresUrl'))(
  'a lost connection for changes comes back, also when the first tries fail',
  async () => {
    const store = await freshPostgres();
    const admin = new pg.Client({ connectionString: inject('postgresUrl')! });
    await admin.connect();
    const database = new URL((store.raw as { pool: pg.Pool }).pool.options.connectionString!).pathname.slice(1);
    const start = performance.now();
    const seen: string[] = [];
    const stop = await store.listen((change) => seen.push(change.topic));
    const cut = () =>
      admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'fakturist changes' and datname = $1`, [
        database,
      ]);
    const listening = async () =>
      (await admin.query(`select 1 from pg_stat_activity where application_name = 'fakturist changes' and datname = $1`, [database]))
        .rowCount === 1;
    try {
      await admin.query(`alter database ${database} allow_connections false`);
      await cut();
      await vi.waitUntil(async () => !(await listening()), { timeout: 5000, interval: 50 });
      // Long enough for a try that is refused.
      await vi.waitFor(() => expect(performance.now() - start).toBeGreaterThan(1500), { timeout: 5000, interval: 100 });
      await admin.query(`alter database ${database} allow_connections true`);
      await vi.waitUntil(listening, { timeout: 10_000, interval: 50 });
      await vi.waitUntil(
        async () => {
          await store.system((tx) => announce(tx, '00000000-0000-7000-8000-000000000000', 'again'));
          return seen.includes('again');
        },
        { timeout: 10_000, interval: 100 },
      );
    } finally {
      await admin.query(`alter database ${database} allow_connections true`);
      await stop();
      await store.close();
      await admin.end();
    }
  },
  60_000,
);

test.skipIf(!inject('postgresUrl'))(
  'a connection that breaks between two statements of a transaction fails that transaction alone',
  async () => {
    const store = await freshPostgres();
    try {
      await expect(
        store.system(async (tx) => {
          const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
          await sql`select pg_terminate_backend(${rows[0]!.pid})`.execute(store.db);
          // Nothing is asked of it when the server hangs up: an event that nobody hears would end this process.
          await new Promise((resolve) => setTimeout(resolve, 50));
          await sql`select 1`.execute(tx);
        }),
      ).rejects.toThrow();
      const { rows } = await sql<{ one: number }>`select 1 as one`.execute(store.db);
      expect(rows).toEqual([{ one: 1 }]);
    } finally {
      await store.close();
    }
  },
);
