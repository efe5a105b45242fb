import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { expect, inject, test } from 'vitest';
import { databaseUrl } from '../testkit/global-setup.ts';
import { audit, json, migrate, newId, openPostgres } from './index.ts';

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
