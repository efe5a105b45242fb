import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { constants, createGunzip, createGzip, gunzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { appliedMigrations, json, knownMigrations, migrate, type Store, type Tx } from './database.ts';

/**
 * A backup is one file for both databases: gzip of lines. A header (format, time, migrations), then for each table a line `#name` and
 * its rows as the database writes them in JSON, then `#end` with count and digest. The job queue is left out: rows are the truth, and
 * sweeps fill it anew. Sealed secrets stay sealed: the key file belongs beside the backup, never into it.
 */
type BackupInfo = { madeAt: string; rows: number; organizations: number };
type Header = { fakturist: 'backup'; format: 1; madeAt: string; migrations: string[]; tables: string[] };

/** The file is no backup, is cut off, or does not fit here; the sentence says what to do. */
export class BadBackup extends Error {
  override name = 'BadBackup';
}

/** Rows a step: tables that hold bytes give few at a time, so that a step stays small. */
const rowsPerStep = 1000;
const rowsPerStepWithBytes = 8;

/** Writes everything as it is at one moment; work goes on meanwhile on a server. */
export async function writeBackup(store: Store, target: Writable, now: Date): Promise<BackupInfo> {
  const gzip = createGzip({ level: 6 });
  const written = finished(gzip.pipe(target));
  written.catch(() => {});
  const digest = createHash('sha256');
  let rows = 0;
  const line = async (text: string) => {
    digest.update(text).update('\n');
    if (!gzip.write(`${text}\n`)) await Promise.race([new Promise((resolve) => gzip.once('drain', resolve)), written]);
  };
  const organizations = await store.system(async (tx) => {
    await sql`set transaction isolation level repeatable read, read only`.execute(tx);
    const tables = await tablesInOrder(tx);
    const header: Header = {
      fakturist: 'backup',
      format: 1,
      madeAt: now.toISOString(),
      migrations: await appliedMigrations(tx),
      tables: tables.map((t) => t.name),
    };
    await line(JSON.stringify(header));
    for (const { name, bytes } of tables) {
      await line(`#${name}`);
      await sql`declare backup_rows no scroll cursor for select to_jsonb(t)::text as row from ${sql.table(name)} t`.execute(tx);
      for (;;) {
        const step = await sql<{
          row: string;
        }>`fetch ${sql.raw(String(bytes ? rowsPerStepWithBytes : rowsPerStep))} from backup_rows`.execute(tx);
        if (step.rows.length === 0) break;
        for (const { row } of step.rows) await line(row);
        rows += step.rows.length;
      }
      await sql`close backup_rows`.execute(tx);
    }
    const { rows: found } = await sql<{ n: number }>`select count(*)::int as n from organization`.execute(tx);
    return found[0]!.n;
  });
  gzip.end(`#end ${JSON.stringify({ rows, sha256: digest.digest('hex') })}\n`);
  await written;
  return { madeAt: now.toISOString(), rows, organizations };
}

/** Into a file: under another name until it is whole, so that a file of the wanted name is a whole backup. */
export async function writeBackupFile(store: Store, file: string, now: Date): Promise<BackupInfo> {
  const unfinished = `${file}.${randomBytes(4).toString('hex')}.part`;
  try {
    const info = await writeBackup(store, createWriteStream(unfinished, { mode: 0o600 }), now);
    renameSync(unfinished, file);
    return info;
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

const nightlyCopies = 7;
const unfinishedCopy = /^fakturist-\d{4}-\d\d-\d\d\.backup\.[0-9a-f]{8}\.part$/;
/** A copy stops the embedded database while it is written: above this size a server with its own backups is the better home. */
const largestNightlyBytes = 4 * 1024 ** 3;

/** One copy a day of the embedded database, the last seven kept. Returns the file when it made one. */
export async function keepNightlyCopy(store: Store, folder: string, now: Date): Promise<string | { tooLarge: number } | undefined> {
  const file = path.join(folder, `fakturist-${now.toISOString().slice(0, 10)}.backup`);
  if (existsSync(file)) return undefined;
  const { rows } = await sql<{ size: number }>`select pg_database_size(current_database())::float8 as size`.execute(store.db);
  if (rows[0]!.size > largestNightlyBytes) return { tooLarge: rows[0]!.size };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // A process that was killed while it wrote left a copy of no use behind: the folder is one process's.
  for (const name of readdirSync(folder)) if (unfinishedCopy.test(name)) rmSync(path.join(folder, name));
  await writeBackupFile(store, file, now);
  const copies = readdirSync(folder).filter((name) => /^fakturist-\d{4}-\d\d-\d\d\.backup$/.test(name));
  copies.sort();
  for (const old of copies.slice(0, -nightlyCopies)) rmSync(path.join(folder, old));
  return file;
}

/**
 * Loads a backup into an empty database, all or nothing, and brings it up to this version. `lost` says that time may have passed since
 * (a restore, not a move): then what waits to be sent is asked about at the provider first, for it may have been sent after the backup.
 */
export async function readBackup(store: Store, source: Readable, options: { lost: boolean }): Promise<BackupInfo> {
  const gunzip = createGunzip();
  source.once('error', (error) => gunzip.destroy(error));
  const lines = linesOf(source.pipe(gunzip));
  const next = async (): Promise<string> => {
    const line = await lines.next().catch(() => undefined);
    if (!line || line.done) throw cutOff();
    return line.value;
  };
  const first = await next().catch(() => '');
  const header = headerOf(first);
  const unknown = header.migrations.filter((name) => !knownMigrations.includes(name));
  if (unknown.length > 0)
    throw new BadBackup(`The backup was made by a later version of Fakturist (${unknown.join(', ')}): update this installation first.`);
  await mustBeEmpty(store, header);
  await migrate(store, header.migrations.at(-1));
  const digest = createHash('sha256').update(`${first}\n`);
  let rows = 0;
  const restored = store.system(async (tx) => {
    for (const table of header.tables) await sql`alter table ${sql.table(table)} disable trigger user`.execute(tx);
    let table = '';
    let batch: string[] = [];
    let size = 0;
    const flush = async () => {
      if (batch.length > 0)
        await sql`insert into ${sql.table(table)} overriding system value select * from jsonb_populate_recordset(null::${sql.table(table)}, ${`[${batch.join(',')}]`}::jsonb)`.execute(
          tx,
        );
      rows += batch.length;
      batch = [];
      size = 0;
    };
    for (;;) {
      const line = await next();
      if (line.startsWith('#end ')) {
        await flush();
        const end = JSON.parse(line.slice(5)) as { rows: number; sha256: string };
        if (end.rows !== rows || end.sha256 !== digest.digest('hex'))
          throw new BadBackup('The backup was changed after it was made: its digest does not fit. Nothing was restored.');
        break;
      }
      digest.update(line).update('\n');
      if (line.startsWith('#')) {
        await flush();
        table = line.slice(1);
        if (!header.tables.includes(table)) throw new BadBackup(`The backup names a table that is not in its own list: ${table}.`);
        continue;
      }
      batch.push(line);
      size += line.length;
      if (batch.length >= rowsPerStep || size > 4_000_000) await flush();
    }
    for (const name of header.tables) await sql`alter table ${sql.table(name)} enable trigger user`.execute(tx);
    await countersGoOn(tx);
    if (options.lost) await askBeforeSending(tx, header.tables);
  });
  await restored.catch((error: Error & { code?: string }) => {
    // What the database says of data, keys and names: the file fits its digest and is no backup of ours all the same.
    if (!/^(22|23|42)/.test(error.code ?? '')) throw error;
    throw new BadBackup(`The backup holds what does not fit into the tables of its version: ${error.message}. Nothing was restored.`);
  });
  await migrate(store);
  const { rows: found } = await sql<{ n: number }>`select count(*)::int as n from organization`.execute(store.db);
  return { madeAt: header.madeAt, rows, organizations: found[0]!.n };
}

/** Whole lines only, ended by a line feed: a text of ours may hold every other mark that ends a line elsewhere. */
async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let held: Buffer[] = [];
  for await (const chunk of stream) {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      yield Buffer.concat([...held, chunk.subarray(from, at)]).toString('utf8');
      held = [];
      from = at + 1;
    }
    held.push(chunk.subarray(from));
  }
}

/** Whether a file that begins with these bytes is a backup of ours, whole or not. */
export function beginsBackup(head: Uint8Array): boolean {
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH }).toString('utf8').startsWith('{"fakturist":"backup"');
  } catch {
    return false;
  }
}

const cutOff = () => new BadBackup('The backup is cut off or damaged: its end is missing. Nothing was restored.');

function headerOf(line: string): Header {
  try {
    const header = JSON.parse(line) as Header;
    const named = (list: unknown) => Array.isArray(list) && list.length > 0 && list.every((name) => typeof name === 'string');
    if (header.fakturist === 'backup' && header.format === 1 && named(header.migrations) && named(header.tables)) return header;
  } catch {
    // Told below.
  }
  throw new BadBackup('This is no backup of Fakturist: it is made with `fakturist backup FILE`.');
}

async function mustBeEmpty(store: Store, header: Header): Promise<void> {
  const { rows } = await sql<{ there: boolean }>`select to_regclass('public.organization') is not null as there`.execute(store.db);
  if (!rows[0]!.there) return;
  const held = await sql<{
    n: number;
  }>`select (select count(*) from organization)::int + (select count(*) from auth_user)::int as n`.execute(store.db);
  if (held.rows[0]!.n > 0)
    throw new BadBackup('The database holds data already. Restore into an empty one: another FAKTURIST_DATA folder, or a new database.');
  const applied = await store.system(appliedMigrations);
  if (applied.length > header.migrations.length)
    throw new BadBackup(
      'The backup is of an older version, and the empty database was set up by this one already: restore into a database that nothing was set up in.',
    );
}

/** Every table of ours, those first that others refer to. */
async function tablesInOrder(tx: Tx): Promise<{ name: string; bytes: boolean }[]> {
  const { rows } = await sql<{ name: string; bytes: boolean; needs: string[] }>`
    select c.relname as name,
      exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.atttypid = 'bytea'::regtype) as bytes,
      coalesce((select array_agg(distinct f.relname::text) from pg_constraint k join pg_class f on f.oid = k.confrelid
        where k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> c.oid), '{}') as needs
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind = 'r' and c.relname not like 'kysely_%' order by c.relname`.execute(tx);
  const placed: typeof rows = [];
  const names = new Set<string>();
  while (placed.length < rows.length) {
    const ready = rows.filter((t) => !names.has(t.name) && t.needs.every((need) => names.has(need)));
    if (ready.length === 0) throw new Error('tables refer to each other in a circle');
    for (const table of ready) {
      placed.push(table);
      names.add(table.name);
    }
  }
  return placed;
}

/** Numbers that the database gives by itself go on behind those of the backup. */
async function countersGoOn(tx: Tx): Promise<void> {
  const { rows } = await sql<{ table: string; column: string }>`
    select table_name as table, column_name as column from information_schema.columns where table_schema = 'public' and is_identity = 'YES'`.execute(
    tx,
  );
  for (const { table, column } of rows)
    await sql`select setval(pg_get_serial_sequence(${table}, ${column}), (select coalesce(max(${sql.ref(column)}), 0) + 1 from ${sql.table(table)}), false)`.execute(
      tx,
    );
}

/** After the backup was made these may have gone out: a provider is asked for our reference before anything is sent; a person decides about a mail. */
async function askBeforeSending(tx: Tx, tables: string[]): Promise<void> {
  // Verbs at a financing provider and charges of cards are looked up there before they are sent.
  for (const table of ['receivable_action', 'charge'].filter((name) => tables.includes(name)))
    await sql`update ${sql.table(table)} set status = 'unknown', next_at = now() where status = 'waiting'`.execute(tx);
  await tx
    .updateTable('transfer')
    .set({ settings: sql`settings || ${json({ backfill: true })}` })
    .where('status', '=', 'waiting')
    .execute();
  await sql`update delivery set status = 'unknown', next_at = null, claimed_at = null,
    cause = jsonb_build_object('code', 'mail_answer_lost', 'params', jsonb_build_object('recipient', recipient))
    where way = 'mail' and status in ('queued', 'sending')`.execute(tx);
  if (tables.includes('notice'))
    await sql`update notice set status = 'unknown', next_at = null, claimed_at = null where status in ('queued', 'sending')`.execute(tx);
}
