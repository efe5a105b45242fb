import { randomBytes } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { sql } from 'kysely';
import { secondFactorsAnew } from '../../api/accounts.ts';
import { movedMarker, openStore } from '../../open.ts';
import {
  BadBackup,
  createVault,
  loadKeys,
  openPostgres,
  readBackup,
  type Store,
  sealAnew,
  storeKeys,
  writeBackup,
  writeBackupFile,
} from '../../store/index.ts';
import { type Command, type Output, WrongUsage } from '../command.ts';

/** Backup, restore, move and change of key: each one command, the same on both databases. */
export const backupCommand: Command['run'] = async ({ config, positionals, out }) => {
  const file = path.resolve(positionals[0]!);
  mkdirSync(path.dirname(file), { recursive: true });
  const store = await openStore(config);
  try {
    const info = await writeBackupFile(store, file, new Date());
    out.say(`${info.rows} rows of ${info.organizations} organizations are in ${file}. Keep ${config.secretKeyFile} safe, but elsewhere.`);
    out.result({ file, ...info });
    return 0;
  } finally {
    await store.close();
  }
};

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
    out.say(`The key file ${file} is not there yet: bring it before you start, or stored credentials have to be typed again.`);
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
  const from = await openStore({ dataFolder: config.dataFolder });
  try {
    const to = await openPostgres(url, { poolSize: 4 });
    try {
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
      writeFileSync(movedMarker(config.dataFolder), `${new Date().toISOString()}\n`);
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

export const changeKeyCommand: Command['run'] = async ({ config, out }) => {
  const store = await openStore(config);
  try {
    await mustBeAlone(store);
    const known = loadKeys(config.secretKeyFile);
    // Two keys mean that a change was interrupted: it is finished, not begun again.
    const keys: [Uint8Array, ...Uint8Array[]] = known.length > 1 ? known : [randomBytes(32), ...known];
    storeKeys(config.secretKeyFile, keys);
    const done = await store.system(async (tx) => ({
      secrets: await sealAnew(tx, createVault(...keys)),
      secondFactors: await secondFactorsAnew(tx, keys),
    }));
    storeKeys(config.secretKeyFile, [keys[0]]);
    out.say(
      `${done.secrets} stored credentials and ${done.secondFactors} second factors are under the new key in ${config.secretKeyFile}.`,
    );
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
