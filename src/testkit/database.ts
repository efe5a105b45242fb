import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, openAsBlob } from 'node:fs';
import path from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { openEmbedded, openPostgres, type Store } from '../store/index.ts';
import { databaseUrl, postgresTemplate } from './global-setup.ts';
import { keepingLockOrder } from './lock-order.ts';

/** Runs the same suite on the embedded database and on a real PostgreSQL, each with a fresh migrated database for the file. */
export function onBothDatabases(name: string, suite: (store: () => Store) => void): void {
  describe(`${name} (embedded)`, () => withStore(freshEmbedded, suite));
  describe.skipIf(!inject('postgresUrl'))(`${name} (PostgreSQL)`, () => withStore(freshPostgres, suite));
}

function withStore(open: () => Promise<Store>, suite: (store: () => Store) => void): void {
  let store: Store | undefined;
  beforeAll(async () => {
    store = await open();
  }, 60_000);
  afterAll(async () => {
    await store?.close();
  });
  suite(() => {
    if (!store) throw new Error('the database is opened in beforeAll');
    return store;
  });
}

export async function freshEmbedded(): Promise<Store> {
  return keepingLockOrder(await openEmbedded('memory:', { durable: false, load: await openAsBlob(inject('embeddedTemplate')) }));
}

/** Without any table of ours, as a restore finds it. */
export async function bareEmbedded(): Promise<Store> {
  return openEmbedded('memory:', { durable: false, load: await openAsBlob(inject('embeddedBare')) });
}

export { postgresTemplate };

/** Makes the data folder of an installation whose embedded database is there and empty. */
export function emptyInstallation(dataFolder: string): void {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  cpSync(inject('embeddedFolder'), path.join(dataFolder, 'database'), { recursive: true });
}

export async function freshPostgres(): Promise<Store> {
  const url = inject('postgresUrl');
  if (!url) throw new Error('no PostgreSQL for tests');
  const name = `t_${randomBytes(8).toString('hex')}`;
  const server = await openPostgres(url, { poolSize: 1 });
  try {
    if ('pool' in server.raw) await server.raw.pool.query(`create database ${name} template ${postgresTemplate}`);
  } finally {
    await server.close();
  }
  return keepingLockOrder(await openPostgres(databaseUrl(url, name)));
}

/**
 * Until the work waits for a lock that another transaction of this database holds, `together` with others that do, or is done. The turn to tell
 * news at a commit, which all databases of a server share, is none.
 */
export async function untilItWaits(store: Store, work: Promise<unknown>, together = 1): Promise<void> {
  let done = false;
  void work.then(
    () => (done = true),
    () => (done = true),
  );
  while (!done) {
    const { rows } =
      await sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and wait_event in ('transactionid', 'tuple', 'advisory', 'relation')`.execute(
        store.db,
      );
    if (rows.length >= together) return;
  }
}
