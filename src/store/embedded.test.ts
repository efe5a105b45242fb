import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { syncs } from './database.ts';
import { DatabaseBusy, openEmbedded } from './index.ts';

/** The embedded database on a real folder: durable, one process at a time, free again after a kill. */
const child = fileURLToPath(new URL('../testkit/embedded-holder.ts', import.meta.url));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'fakturist-embedded-'));
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
