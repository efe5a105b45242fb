import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { emptyInstallation } from '../testkit/database.ts';
import { syncs } from './database.ts';
import { DatabaseBusy, openEmbedded } from './index.ts';
import { tend } from './tend.ts';

/** The embedded database on a real folder: durable, one process at a time, free again after a kill. */
const child = fileURLToPath(new URL('../testkit/embedded-holder.ts', import.meta.url));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fakturist-embedded-'));
  // How a database grows from nothing is told by other tests: the first day, the command line.
  emptyInstallation(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('every commit reaches the disk: syncs grow with commits, and not without', async () => {
  const store = await openEmbedded(folder);
  try {
    await store.system((tx) => sql`create table t (n int)`.execute(tx));
    const grown = async (commits: number) => {
      const before = syncs.count;
      for (let n = 0; n < commits; n++) await store.system((tx) => sql`insert into t values (${n})`.execute(tx));
      return syncs.count - before;
    };
    expect(await grown(10)).toBeGreaterThanOrEqual(10);
    expect(await grown(30)).toBeGreaterThanOrEqual(30);
    const before = syncs.count;
    for (let n = 0; n < 10; n++) await store.system((tx) => sql`select count(*) from t`.execute(tx));
    expect(syncs.count).toBe(before);
  } finally {
    await store.close();
  }
}, 60_000);

test('a second process is told of DATABASE_URL; a killed one frees the folder and loses nothing that it committed', async () => {
  const holder = spawn(process.execPath, [child, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => holder.once('exit', resolve));
  try {
    await said(holder, 'committed 20');
    await expect(openEmbedded(folder)).rejects.toThrow(DatabaseBusy);
    await expect(openEmbedded(folder)).rejects.toThrow(/another Fakturist process.*DATABASE_URL/);
  } finally {
    holder.kill('SIGKILL');
  }
  await exited;
  const store = await openEmbedded(folder);
  try {
    const { rows } = await sql<{ n: bigint }>`select count(*) as n from held`.execute(store.db);
    expect(rows[0]!.n).toBeGreaterThanOrEqual(20n);
  } finally {
    await store.close();
  }
}, 60_000);

test('rows are counted and what was updated is cleared away, once and where it is due', async () => {
  const pglite = await PGlite.create({ parsers: { 20: BigInt } });
  try {
    await pglite.exec('create table young (n int); create table small (n int); insert into small values (1)');
    await pglite.exec('create table worn (n int primary key, state int); insert into worn select n, 0 from generate_series(1, 4000) n');
    await pglite.exec('update worn set state = 1 where n <= 2000');
    const known = async () =>
      (
        await pglite.query<{ rows: number; dead: bigint }>(
          "select c.reltuples as rows, s.n_dead_tup as dead from pg_class c join pg_stat_user_tables s on s.relid = c.oid where c.relname = 'worn'",
        )
      ).rows[0]!;
    // What a transaction did is told to the counters a second after it.
    await expect.poll(async () => (await known()).dead, { timeout: 10_000 }).toBe(2000n);
    expect(await tend(pglite)).toContain('public.worn');
    expect(await known()).toMatchObject({ rows: 4000, dead: 0n });
    const again = await tend(pglite);
    for (const name of ['public.worn', 'public.young', 'public.small']) expect(again).not.toContain(name);
  } finally {
    await pglite.close();
  }
}, 60_000);

test('an open database counts a table that fills up for the first time by itself and soon', async () => {
  const store = await openEmbedded(folder, { durable: false });
  try {
    const { pglite } = store.raw as { pglite: PGlite };
    await pglite.exec('create table filled (n int); insert into filled select n from generate_series(1, 4000) n');
    const counted = async () =>
      (await pglite.query<{ reltuples: number }>("select reltuples from pg_class where relname = 'filled'")).rows[0]!.reltuples;
    await expect.poll(counted, { timeout: 10_000, interval: 100 }).toBe(4000);
  } finally {
    await store.close();
  }
}, 60_000);

function said(process: ChildProcess, words: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let heard = '';
    process.stdout!.on('data', (chunk) => {
      heard += chunk;
      if (heard.includes(words)) resolve();
    });
    process.once('exit', (code) => reject(new Error(`ended with ${code} after: ${heard}`)));
  });
}
