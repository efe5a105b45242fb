import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { startJobs } from '../jobs/index.ts';
import { migrate, openEmbedded, openPostgres, type Store } from '../store/index.ts';
import { startPostgres } from './postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string | undefined;
    embeddedTemplate: string;
    /** The same before its first migration: what a restore finds. */
    embeddedBare: string;
    /** The same as the folder of a database: a process of its own that starts on a copy has nothing to build up first. */
    embeddedFolder: string;
    /** Where the file with the long queue leaves it for the file that measures on it. */
    longQueue: string;
  }
}

/** The migrated and empty database on the server that others are made from. */
export const postgresTemplate = 'fakturist_template';

/** Once a run: one real PostgreSQL with a migrated template database, one dump of a migrated embedded database, and its folder. */
export default async function setup(project: TestProject) {
  const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-test-'));
  const [embeddedBare, embeddedTemplate, whole] = ['bare.tar', 'template.tar', 'whole.tar'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  // Each waits for its own server most of the time.
  const [embeddedFolder, postgres] = await Promise.all([
    embeddedTemplates(folder, embeddedBare, embeddedTemplate, whole),
    postgresServer(),
  ]);
  project.provide('postgresUrl', 'url' in postgres ? postgres.url : undefined);
  project.provide('embeddedTemplate', embeddedTemplate);
  project.provide('embeddedBare', embeddedBare);
  project.provide('embeddedFolder', embeddedFolder);
  project.provide('longQueue', path.join(folder, 'long-queue'));
  return async () => {
    if ('url' in postgres) await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

async function embeddedTemplates(folder: string, bare: string, template: string, whole: string): Promise<string> {
  const embedded = await openEmbedded('memory:', { durable: false });
  writeFileSync(bare, slim(await dumped(embedded)));
  await migrate(embedded);
  await (await startJobs(embedded, { work: false })).stop();
  const dump = await dumped(embedded);
  writeFileSync(whole, dump.bytes);
  writeFileSync(template, slim(dump));
  await embedded.close();
  const embeddedFolder = path.join(folder, 'template');
  mkdirSync(embeddedFolder, { mode: 0o700 });
  const { status, stderr } = spawnSync('tar', ['-xf', whole, '-C', embeddedFolder], { encoding: 'utf8' });
  rmSync(whole);
  if (status !== 0) throw new Error(`the template of the embedded database could not be unpacked: ${stderr}`);
  return embeddedFolder;
}

async function postgresServer(): ReturnType<typeof startPostgres> {
  const postgres = await startPostgres();
  if ('url' in postgres) {
    const server = await openPostgres(postgres.url);
    if ('pool' in server.raw) {
      await server.raw.pool.query(`drop database if exists ${postgresTemplate}`);
      await server.raw.pool.query(`create database ${postgresTemplate}`);
    }
    await server.close();
    const template = await openPostgres(databaseUrl(postgres.url, postgresTemplate));
    await migrate(template);
    await (await startJobs(template, { work: false })).stop();
    await template.close();
  } else {
    const message = `Tests on PostgreSQL are SKIPPED: ${postgres.missing}`;
    if (process.env.CI) throw new Error(message);
    console.warn(message);
  }
  return postgres;
}

type Dump = { bytes: Buffer; database: string; log: string };

/** All that was written stands in its tables, not in the log: whoever opens it has nothing to repeat. */
async function dumped(store: Store): Promise<Dump> {
  if (!('pglite' in store.raw)) throw new Error('the embedded database is dumped');
  const { pglite } = store.raw;
  await pglite.exec('checkpoint; select pg_switch_wal(); checkpoint');
  const { rows } = await pglite.query<{ database: string; log: string }>(
    `select oid::text as database, pg_walfile_name(pg_current_wal_insert_lsn()) as log from pg_database where datname = current_database()`,
  );
  return { ...rows[0]!, bytes: Buffer.from(await (await pglite.dumpDataDir('none')).arrayBuffer()) };
}

const block = 512;
const keptOfLog = 16_384;

/**
 * What a database in memory needs of a dump, which each test file reads anew: its own tables, and of the log (16 MB, empty but for the
 * last checkpoint) the beginning. Two thirds are left out: the databases that others would be made from, and zeros.
 */
function slim({ bytes, database, log }: Dump): Buffer {
  const kept: Buffer[] = [];
  for (let at = 0; at < bytes.length && bytes[at] !== 0; ) {
    const header = Buffer.from(bytes.subarray(at, at + block));
    const name = header.toString('latin1', 0, 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(header.toString('latin1', 124, 135), 8) || 0;
    const content = bytes.subarray(at + block, at + block + size);
    at += block + Math.ceil(size / block) * block;
    const ofOther = /^\/?base\/(\d+)\/./.exec(name)?.[1];
    const segment = /^\/?pg_wal\/([0-9A-F]{24})$/.exec(name)?.[1];
    if ((ofOther && ofOther !== database) || (segment && segment !== log)) continue;
    const wanted = segment ? keptOfLog : size;
    if (segment) {
      header.write(wanted.toString(8).padStart(11, '0'), 124, 'latin1');
      // The sum of all bytes of the header, its own field read as blanks.
      header.fill(0x20, 148, 156);
      header.write(
        `${header
          .reduce((sum, byte) => sum + byte, 0)
          .toString(8)
          .padStart(6, '0')}\0 `,
        148,
        'latin1',
      );
    }
    kept.push(header, content.subarray(0, wanted), Buffer.alloc(Math.ceil(wanted / block) * block - wanted));
  }
  return Buffer.concat([...kept, Buffer.alloc(2 * block)]);
}

export function databaseUrl(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.toString();
}
