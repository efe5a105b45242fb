import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { startJobs } from '../jobs/index.ts';
import { migrate, openEmbedded, openPostgres } from '../store/index.ts';
import { startPostgres } from './postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    postgresUrl: string | undefined;
    embeddedTemplate: string;
    /** The same as the folder of a database: a process of its own that starts on a copy has nothing to build up first. */
    embeddedFolder: string;
  }
}

/** The migrated and empty database on the server that others are made from. */
export const postgresTemplate = 'fakturist_template';

/** Once a run: one real PostgreSQL with a migrated template database, one dump of a migrated embedded database, and its folder. */
export default async function setup(project: TestProject) {
  const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-test-'));
  const embeddedTemplate = path.join(folder, 'template.tar');
  const embedded = await openEmbedded('memory:', { durable: false });
  await migrate(embedded);
  await (await startJobs(embedded, { work: false })).stop();
  if ('pglite' in embedded.raw)
    writeFileSync(embeddedTemplate, Buffer.from(await (await embedded.raw.pglite.dumpDataDir('none')).arrayBuffer()));
  await embedded.close();
  const embeddedFolder = path.join(folder, 'template');
  mkdirSync(embeddedFolder, { mode: 0o700 });
  const { status, stderr } = spawnSync('tar', ['-xf', embeddedTemplate, '-C', embeddedFolder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the template of the embedded database could not be unpacked: ${stderr}`);

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
  project.provide('postgresUrl', 'url' in postgres ? postgres.url : undefined);
  project.provide('embeddedTemplate', embeddedTemplate);
  project.provide('embeddedFolder', embeddedFolder);
  return async () => {
    if ('url' in postgres) await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

export function databaseUrl(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.toString();
}
