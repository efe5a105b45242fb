import { randomBytes } from 'node:crypto';
import { closeSync, createReadStream, existsSync, mkdirSync, openSync, readSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { sql } from 'kysely';
import { secondFactorsAnew } from '../../api/accounts.ts';
import type { Config } from '../../config.ts';
import { movedMarker, openStore } from '../../open.ts';
import {
  BadBackup,
  beginsBackup,
  createVault,
  forgetUnopened,
  keysFor,
  loadKeys,
  openPostgres,
  readBackup,
  type Store,
  sealAnew,
  storeKeys,
  WrongKey,
  writeBackup,
  writeBackupFile,
} from '../../store/index.ts';
import { type Command, type Output, WrongUsage } from '../command.ts';

/** Backup, restore, move and change of key: each one command, the same on both databases. */
export const backupCommand: Command['run'] = async ({ config, positionals, out, running, folder }) => {
  const file = path.resolve(folder, positionals[0]!);
  mayBeWritten(file);
  mkdirSync(path.dirname(file), { recursive: true });
  const store = running?.ctx.store ?? (await openFilled(config));
  try {
    const info = await writeBackupFile(store, file, new Date());
    out.say(`${info.rows} rows of ${info.organizations} organizations are in ${file}. Keep ${config.secretKeyFile} safe, but elsewhere.`);
    out.result({ file, ...info });
    return 0;
  } finally {
    if (!running) await store.close();
  }
};

/** A slip of the pen must not cost a folder, a device or somebody's file: only a backup is replaced by a backup. */
function mayBeWritten(file: string): void {
  const there = statSync(file, { throwIfNoEntry: false });
  if (!there) return;
  if (!there.isFile())
    throw new WrongUsage(
      there.isDirectory()
        ? `${file} is a folder: name the file, such as ${path.join(file, 'fakturist.backup')}.`
        : `${file} is a device: name a file.`,
    );
  if (there.size > 0 && !isBackup(file))
    throw new WrongUsage(`${file} is another file, and no backup: it is not overwritten. Name a new one, or remove it first.`);
}

/** Looks at the beginning only: one that was cut off is a backup too. */
function isBackup(file: string): boolean {
  const fd = openSync(file, 'r');
  try {
    const head = Buffer.alloc(4096);
    const read = readSync(fd, head);
    return beginsBackup(head.subarray(0, read));
  } finally {
    closeSync(fd);
  }
}

/** The database of an installation that is there: a wrong folder must not be taken for an empty Fakturist, nor become one. */
async function openFilled(config: Pick<Config, 'databaseUrl' | 'dataFolder'>): Promise<Store> {
  const nothing = config.databaseUrl
    ? 'There is no Fakturist in the database of DATABASE_URL: is it the right one?'
    : `There is no Fakturist in ${config.dataFolder}: set FAKTURIST_DATA to its folder, or DATABASE_URL to its server.`;
  if (!config.databaseUrl && !existsSync(path.join(config.dataFolder, 'database')) && !existsSync(movedMarker(config.dataFolder)))
    throw new WrongUsage(nothing);
  const store = await openStore(config);
  const { rows } = await sql<{ there: boolean }>`select to_regclass('public.organization') is not null as there`.execute(store.db);
  if (rows[0]!.there) return store;
  await store.close();
  throw new WrongUsage(nothing);
}

export const restoreCommand: Command['run'] = async ({ config, positionals, out }) => {
  const file = path.resolve(positionals[0]!);
  if (!existsSync(file)) throw new WrongUsage(`There is no file ${file}.`);
  const store = await openStore(config);
  try {
    const info = await readBackup(store, createReadStream(file), { lost: true });
    const last = await lastNumbers(store);
    out.say(`${info.rows} rows of ${info.organizations} organizations, as they were at ${info.madeAt}.`);
    for (const series of last) out.say(`last number  ${series.number}   ${series.organization}`);
    warnOfKey(config.secretKeyFile, out);
    out.result({ file, ...info, lastNumbers: last });
    return 0;
  } catch (error) {
    if (error instanceof BadBackup) throw new WrongUsage(error.message);
    throw error;
  } finally {
    await store.close();
  }
};

function warnOfKey(file: string, out: Output): void {
  if (!existsSync(file))
    out.say(
      `The key file ${file} is not there yet: bring it before you start. If it is lost: fakturist change-key --lost, and stored credentials are typed again.`,
    );
}

async function lastNumbers(store: Store): Promise<{ organization: string; number: string }[]> {
  const { rows } = await sql<{ organization: string; number: string }>`
    select distinct on (r.organization_id, r.series_id) o.name as organization, r.number from number_register r join organization o on o.id = r.organization_id
    order by r.organization_id, r.series_id, r.allocated_at desc, r.sequence_no desc`.execute(store.db);
  return rows;
}

export const moveCommand: Command['run'] = async ({ config, positionals, out }) => {
  const [given] = positionals;
  const url = given ?? config.databaseUrl;
  if (url === undefined) throw new WrongUsage('Set DATABASE_URL to the address of the empty database, then move.');
  if (given !== undefined && config.databaseUrl !== undefined && given !== config.databaseUrl)
    throw new WrongUsage('DATABASE_URL is another address than the one given: leave one of them out.');
  if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol))
    throw new WrongUsage('The address of the server begins with postgresql://');
  // Arguments of a process are read by every user of the machine, and kept by the shell.
  if (given !== undefined && new URL(given).password !== '')
    throw new WrongUsage(
      'A password in an argument is seen by everybody on this machine: set DATABASE_URL to the address and leave it out here.',
    );
  const from = await openFilled({ dataFolder: config.dataFolder });
  try {
    const to = await openPostgres(url, { poolSize: 4 });
    try {
      await sql`select 1`.execute(to.db).catch((error: Error & { code?: string }) => {
        throw new WrongUsage(
          `The server at ${new URL(url).host} does not let us in (${error.message}): check the address, and that it runs.`,
        );
      });
      if (await arrivedBefore(from, to)) {
        leave(config);
        out.say(
          'Everything was on the server already, from a move that was broken off at its very end. Start with DATABASE_URL set to it.',
        );
        out.result({ arrivedBefore: true });
        return 0;
      }
      const pipe = new PassThrough();
      const [written, read] = await Promise.allSettled([
        writeBackup(from, pipe, new Date()).catch((error) => {
          pipe.destroy(error);
          throw error;
        }),
        readBackup(to, pipe, { lost: false }).catch((error) => {
          pipe.destroy();
          throw error;
        }),
      ]);
      if (read.status === 'rejected') throw read.reason;
      if (written.status === 'rejected') throw written.reason;
      if (written.value.rows !== read.value.rows) throw new Error('not every row arrived');
      leave(config);
      out.say(
        `${read.value.rows} rows of ${read.value.organizations} organizations are on the server. Start with DATABASE_URL set to it from now on.`,
      );
      out.result({ ...read.value });
      return 0;
    } finally {
      await to.close();
    }
  } catch (error) {
    if (error instanceof BadBackup) throw new WrongUsage(error.message);
    throw error;
  } finally {
    await from.close();
  }
};

/** The folder stays as it is, and shut: there must not be two of one installation. */
function leave(config: Config): void {
  writeFileSync(movedMarker(config.dataFolder), `${new Date().toISOString()}\n`, { flush: true });
}

/**
 * A move that ended between the last row and the shutting of the folder: the trail of each organization goes on at the server, and what comes
 * without a word in the trail, such as an order that was pulled, is there up to the newest. A server with an earlier backup lacks some of it.
 */
async function arrivedBefore(from: Store, to: Store): Promise<boolean> {
  const { rows } = await sql<{ there: boolean }>`select to_regclass('public.audit_head') is not null as there`.execute(to.db);
  if (!rows[0]!.there) return false;
  const heads = await from.db.selectFrom('audit_head').select(['organization_id', 'seq', 'hash']).execute();
  for (const { organization_id, seq, hash } of heads) {
    const entry = to.db
      .selectFrom('audit')
      .select('seq')
      .where('organization_id', '=', organization_id)
      .where('seq', '=', seq)
      .where('hash', '=', hash);
    if (!(await entry.executeTakeFirst())) return false;
  }
  for (const table of ['sales_order', 'document', 'delivery', 'transfer', 'payment'] as const) {
    const newest = await from.db.selectFrom(table).select('id').orderBy('id', 'desc').limit(1).executeTakeFirst();
    if (newest && !(await to.db.selectFrom(table).select('id').where('id', '=', newest.id).executeTakeFirst())) return false;
  }
  return heads.length > 0;
}

/** The keys of the file. What lies there and is no key is put aside for a new one: it is lost, but nobody knows yet whether for good. */
function keysOrNew(file: string): [Uint8Array, ...Uint8Array[]] {
  try {
    return loadKeys(file);
  } catch (error) {
    if (!(error instanceof WrongKey) || !statSync(file).isFile()) throw error;
    const aside = (n: number): string => {
      const name = `${file}.unreadable${n === 1 ? '' : `-${n}`}`;
      return existsSync(name) ? aside(n + 1) : name;
    };
    renameSync(file, aside(1));
    return loadKeys(file);
  }
}

export const changeKeyCommand: Command['run'] = async ({ config, values, out }) => {
  const lost = values.lost === true;
  const store = await openFilled(config);
  try {
    await mustBeAlone(store);
    const known = lost ? keysOrNew(config.secretKeyFile) : await keysFor(store, config.secretKeyFile);
    // Two keys mean that a change was interrupted: it is finished, not begun again.
    const keys: [Uint8Array, ...Uint8Array[]] = known.length > 1 ? known : [randomBytes(32), ...known];
    storeKeys(config.secretKeyFile, keys);
    const vault = createVault(...keys);
    const done = await store
      .system(async (tx) => ({
        forgotten: lost ? await forgetUnopened(tx, vault, new Date()) : 0,
        secrets: await sealAnew(tx, vault),
        secondFactors: await secondFactorsAnew(tx, keys, lost),
      }))
      .catch((error) => {
        // Refused before anything was written: the file stays what it was.
        if (error instanceof WrongKey) storeKeys(config.secretKeyFile, known);
        throw error;
      });
    storeKeys(config.secretKeyFile, [keys[0]]);
    out.say(
      `${done.secrets} stored credentials and ${done.secondFactors} second factors are under the new key in ${config.secretKeyFile}.`,
    );
    if (done.forgotten > 0)
      out.say(`${done.forgotten} that no key opens are forgotten: their connections are paused until the credentials are typed again.`);
    out.result(done);
    return 0;
  } finally {
    await store.close();
  }
};

/** A process that knows only the old key could not open what is sealed anew. */
async function mustBeAlone(store: Store): Promise<void> {
  if (store.embedded) return;
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from pg_stat_activity where datname = current_database() and application_name like 'fakturist%' and pid <> pg_backend_pid()`.execute(
    store.db,
  );
  if (rows[0]!.n > 0) throw new WrongUsage(`${rows[0]!.n} connections of other Fakturist processes are open: stop them first.`);
}
