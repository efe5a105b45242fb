import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
  }
}

/** Once a run: one real PostgreSQL with a migrated template database, one dump of a migrated embedded database. */
export default async function setup(project: TestProject) {
  const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-test-'));
  const embeddedTemplate = path.join(folder, 'template.tar');
  const embedded = await openEmbedded('memory:', { durable: false });
  await migrate(embedded);
  await (await startJobs(embedded, { work: false })).stop();
  if ('pglite' in embedded.raw)
    writeFileSync(embeddedTemplate, Buffer.from(await (await embedded.raw.pglite.dumpDataDir('none')).arrayBuffer()));
  await embedded.close();

  const postgres = await startPostgres();
  if ('url' in postgres) {
    const server = await openPostgres(postgres.url);
    if ('pool' in server.raw) {
      await server.raw.pool.query('drop database if exists fakturist_template');
      await server.raw.pool.query('create database fakturist_template');
    }
    await server.close();
    const template = await openPostgres(databaseUrl(postgres.url, 'fakturist_template'));
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
