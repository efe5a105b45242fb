import { closeSync, fdatasyncSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import { Kysely, PGliteDialect, PostgresDialect, type RawBuilder, sql, type Transaction } from 'kysely';
import { Migrator } from 'kysely/migration';
import pg from 'pg';
import { withTrail } from './audit.ts';
import { migrations } from './migrations/index.ts';
import type { Tables } from './tables.ts';
import { tending } from './tend.ts';

type Db = Kysely<Tables>;
/** A transaction. Inside `store.org(…)` it is walled to one organization by row-level security. */
export type Tx = Transaction<Tables>;

export type Store = {
  readonly db: Db;
  readonly embedded: boolean;
  /** The engine under the job queue: the same database without Kysely. */
  readonly raw: { pglite: PGlite } | { pool: pg.Pool };
  /** Runs work in one transaction that sees and writes only this organization's rows. */
  org<T>(organizationId: string, work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Runs work in one transaction outside the walls: sign-in, the operator, the job engine. */
  system<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Hears of committed changes of any process: `announce` below. Returns the way to stop listening. */
  listen(onChange: (change: Change) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
};

/** Something of an organization changed: a nudge for open screens to read again, never the data itself. */
export type Change = { organizationId: string; topic: string; id?: string };
const changeChannel = 'fakturist_change';

/** Told to every process when (and only if) the transaction commits. */
export async function announce(tx: Tx, organizationId: string, topic: string, id?: string): Promise<void> {
  await announceAll(tx, organizationId, topic, [id]);
}

/** Several things of one kind at once. */
export async function announceAll(tx: Tx, organizationId: string, topic: string, ids: (string | undefined)[]): Promise<void> {
  const told = ids.map((id) => JSON.stringify({ organizationId, topic, id } satisfies Change));
  await sql`select pg_notify(${changeChannel}, told) from unnest(${told}::text[]) as told`.execute(tx);
}

export class DatabaseBusy extends Error {
  override name = 'DatabaseBusy';
}

pg.types.setTypeParser(20, BigInt);
pg.types.setTypeParser(1082, (text) => text);

/** Insides of the drivers that no type describes, and values of jsonb, which fit every column of it. */
// biome-ignore lint/suspicious/noExplicitAny: the one place where the store lets go of types.
type Untyped = any;

/** PGlite's file layer has no fsync and its start parameters switch it off; both are put right here (DEPENDENCIES §4). */
class DurableNodeFS extends NodeFS {
  override async init(instance: PGlite, options: Parameters<NodeFS['init']>[1]) {
    const result = await super.init(instance, options);
    result.emscriptenOpts.preRun ??= [];
    (result.emscriptenOpts.preRun as ((module: Untyped) => void)[]).push((module) => {
      const nodefs = module.FS.filesystems.NODEFS;
      nodefs.stream_ops.fsync = (stream: Untyped) => {
        let fd = stream.nfd;
        const own = fd == null;
        if (own) fd = openSync(nodefs.realPath(stream.node), 'r');
        try {
          fdatasyncSync(fd);
          syncs.count++;
        } finally {
          if (own) closeSync(fd);
        }
        return 0;
      };
    });
    return result;
  }
}

/** Counted so that a test can prove that commits reach the disk. */
export const syncs = { count: 0 };

const turnMs = 8;

/** Bytes are the binary form of a value and go as they are; PGlite would write them out as text. */
const jsonType = 114;
const jsonb = 3802;
const bytea = 17;
const ofJson = (value: unknown) => (value instanceof Uint8Array || typeof value === 'string' ? value : JSON.stringify(value));
const serializers = {
  [jsonType]: ofJson,
  [jsonb]: ofJson,
  [bytea]: (value: unknown) => {
    if (!(value instanceof Uint8Array)) throw new TypeError('bytes are wanted');
    return value;
  },
};

/** PGlite answers in microtasks only: without a turn now and then every timer and socket of the process waits (DEPENDENCIES §4). */
function withTurns(pglite: PGlite): PGlite {
  let lastTurn = performance.now();
  const turn = async () => {
    if (performance.now() - lastTurn < turnMs) return;
    await new Promise(setImmediate);
    lastTurn = performance.now();
  };
  return new Proxy(pglite, {
    get(target, property) {
      if (property === 'query' || property === 'transaction') {
        return async (...args: unknown[]) => {
          await turn();
          if (property === 'transaction') {
            const work = args[0] as (tx: unknown) => Promise<unknown>;
            return (target.transaction as Untyped)((tx: Untyped) =>
              work(
                new Proxy(tx, {
                  get: (inner, name) =>
                    name === 'query'
                      ? async (text: string, values: unknown[], options?: object) => {
                          await turn();
                          return inner.query(text, values, { ...options, serializers });
                        }
                      : typeof inner[name] === 'function'
                        ? inner[name].bind(inner)
                        : inner[name],
                }),
              ),
            );
          }
          return (target.query as Untyped)(args[0], args[1], { ...(args[2] as object | undefined), serializers });
        };
      }
      const value = (target as Untyped)[property];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Opens the embedded database in a folder. A second process is refused with the way out (DESIGN §5.9). */
export async function openEmbedded(
  folder: string,
  options: { durable?: boolean; load?: Blob; onError?: (error: Error) => void } = {},
): Promise<Store> {
  let lock: DatabaseSync | undefined;
  const parameters = [
    ...PGlite.defaultStartParams.filter((p) => p !== '-F' || options.durable === false),
    '-c',
    'shared_buffers=16MB',
    ...(options.durable === false ? [] : ['-c', 'fsync=on', '-c', 'wal_sync_method=fsync']),
  ];
  const parsers = { 20: BigInt, 1082: (text: string) => text };
  let pglite: PGlite;
  if (folder === 'memory:') {
    pglite = await PGlite.create({ parsers, startParams: parameters, ...(options.load ? { loadDataDir: options.load } : {}) });
  } else {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    lock = holdFolder(folder);
    pglite = await PGlite.create({ fs: new DurableNodeFS(path.join(folder, 'database')), parsers, startParams: parameters });
  }
  const turning = withTurns(pglite);
  const db: Db = new Kysely<Tables>({ dialect: new PGliteDialect({ pglite: turning }) });
  const tended = tending(turning, (error) => options.onError?.(error));
  return storeOver(db, { pglite: turning }, async () => {
    await tended();
    await db.destroy();
    lock?.close();
  });
}

/** A lock of the operating system, freed by kill -9 as well. */
function holdFolder(folder: string): DatabaseSync {
  const lock = new DatabaseSync(path.join(folder, 'lock'));
  try {
    lock.exec('pragma busy_timeout=0; begin exclusive');
    return lock;
  } catch {
    lock.close();
    throw new DatabaseBusy(
      `The folder ${folder} is in use by another Fakturist process. Stop that process, or set DATABASE_URL to a PostgreSQL server to run several.`,
    );
  }
}

export async function openPostgres(url: string, options: { poolSize?: number } = {}): Promise<Store> {
  const pool = new pg.Pool({ connectionString: url, max: options.poolSize ?? 10, application_name: 'fakturist' });
  pool.on('error', () => {
    // An idle connection was lost (server restart): the pool makes a new one when it is needed.
  });
  // One that is in use, between two statements of a transaction, tells it by an event of its own; unheard it would end the process. The
  // next statement of the transaction fails, and that is enough.
  pool.on('connect', (client) => client.on('error', () => {}));
  const db: Db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return storeOver(db, { pool }, () => db.destroy());
}

/** The store over a database that is open already. */
export function storeOver(db: Db, raw: Store['raw'], close: () => Promise<void>): Store {
  return {
    db,
    raw,
    embedded: 'pglite' in raw,
    org: (organizationId, work) =>
      db.transaction().execute(async (tx) => {
        // Compiling a plan costs a server forty milliseconds, which no statement of ours wins back.
        await sql`select set_config('app.org', ${organizationId}, true), set_config('role', 'fakturist_app', true), set_config('jit', 'off', true)`.execute(
          tx,
        );
        return withTrail(tx, work);
      }),
    system: (work) => db.transaction().execute((tx) => withTrail(tx, work)),
    listen: (onChange) => listen(raw, (payload) => onChange(JSON.parse(payload) as Change)),
    close,
  };
}

async function listen(raw: Store['raw'], onPayload: (payload: string) => void): Promise<() => Promise<void>> {
  if ('pglite' in raw) return raw.pglite.listen(changeChannel, onPayload);
  const { connectionString } = raw.pool.options;
  let stopped = false;
  let client: pg.Client | undefined;
  const connect = async () => {
    const next = new pg.Client({ connectionString, application_name: 'fakturist changes' });
    next.on('notification', (message) => onPayload(message.payload ?? ''));
    // The server went away: screens fall back to their own refresh until it is back.
    next.on('error', () => again(next));
    await next.connect();
    await next.query(`listen ${changeChannel}`);
    if (stopped) await next.end();
    client = next;
  };
  /** Once for each lost connection, then for as long as it takes. */
  const again = (lost?: pg.Client) => {
    if (stopped || (lost && lost !== client)) return;
    client = undefined;
    setTimeout(() => void connect().catch(() => again()), reconnectMs).unref();
  };
  await connect();
  return async () => {
    stopped = true;
    await client?.end();
  };
}

const reconnectMs = 1000;

export const knownMigrations = Object.keys(migrations);

/** Brings the schema up to date, or to the given step; all pending migrations in one transaction. */
export async function migrate(store: Store, upTo?: string): Promise<string[]> {
  if (upTo === undefined && (await isUpToDate(store))) {
    await mayTakeRole(store);
    return [];
  }
  const migrator = new Migrator({ db: store.db as Kysely<Untyped>, provider: { getMigrations: async () => migrations } });
  const { error, results } = upTo ? await migrator.migrateTo(upTo) : await migrator.migrateToLatest();
  if (error) throw error;
  await mayTakeRole(store);
  return (results ?? []).filter((r) => r.status === 'Success').map((r) => r.migrationName);
}

/** The migrator reads the whole catalogue twice before it knows that there is nothing to do: a third of a start on the embedded database. */
async function isUpToDate(store: Store): Promise<boolean> {
  const { rows } = await sql<{ there: boolean }>`select to_regclass('kysely_migration') is not null as there`.execute(store.db);
  if (!rows[0]!.there) return false;
  const applied = await store.system(appliedMigrations);
  return applied.length === knownMigrations.length && knownMigrations.every((name) => applied.includes(name));
}

/** The steps that this database has gone through, oldest first. */
export async function appliedMigrations(tx: Tx): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(tx);
  return rows.map((r) => r.name);
}

/** A value for a jsonb column or parameter, the same on both databases. */
export function json(value: unknown): RawBuilder<Untyped> {
  return sql`${JSON.stringify(value)}::jsonb`;
}

/** The database takes no such text: an error of the data, with the code that the database itself would give. */
class NoText extends RangeError {
  override name = 'NoText';
  readonly code = '22P05';
}

/** Control characters and halves of a surrogate pair are what JSON writes with an escape; these it may hold and no text of the database. */
const noText = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/** The text of a value for a column of type json, which the database keeps unread. NUL and half a surrogate pair throw. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  if (text.includes('\\u') && noText.test(text)) throw new NoText('a text holds NUL or half a character');
  return text;
}

/**
 * Many rows as one parameter for `json_to_recordset`. Each row becomes text by itself and is written as bytes at once: a
 * text of megabytes would be built, measured and written again by the driver, and weigh on the collector.
 */
export function jsonRows(rows: readonly unknown[]): RawBuilder<Untyped> {
  return sql`${jsonBytes(rows)}::json`;
}

/** An array of JSON in UTF-8. */
function jsonBytes(rows: readonly unknown[]): Buffer {
  let bytes = Buffer.allocUnsafe(256 + rows.length * 512);
  bytes[0] = 0x5b;
  let at = 1;
  rows.forEach((row, i) => {
    const text = JSON.stringify(row);
    // A UTF-16 unit takes three bytes at most.
    if (at + text.length * 3 + 2 > bytes.length) {
      const larger = Buffer.allocUnsafe(
        Math.max(bytes.length * 2, Math.ceil((at / (i + 1)) * rows.length * 1.2), at + text.length * 3 + 2),
      );
      bytes.copy(larger, 0, 0, at);
      bytes = larger;
    }
    if (i > 0) bytes[at++] = 0x2c;
    at += bytes.write(text, at);
  });
  bytes[at++] = 0x5d;
  return bytes.subarray(0, at);
}

/**
 * Large texts of many rows as one parameter of bytes that the database cuts apart: inside a JSON value each would be escaped here, and
 * there parsed and copied once more than it has to be.
 */
export class Texts {
  #bytes: Buffer;
  #at = 0;

  constructor(expectedBytes: number) {
    this.#bytes = Buffer.allocUnsafe(expectedBytes);
  }

  /** Takes a text in; its place goes into the row that names it. */
  add(text: string): { at: number; size: number } {
    // A UTF-16 unit takes three bytes at most.
    if (this.#at + text.length * 3 > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + text.length * 3));
      this.#bytes.copy(larger, 0, 0, this.#at);
      this.#bytes = larger;
    }
    const size = this.#bytes.write(text, this.#at);
    // The first byte is number one.
    const place = { at: this.#at + 1, size };
    this.#at += size;
    return place;
  }

  /** All of them, for `with texts as materialized (select … as bytes)`: the planner copies a value as often as it stands in a statement. */
  get bytes(): RawBuilder<Uint8Array> {
    return sql`${this.#bytes.subarray(0, this.#at)}::bytea`;
  }

  /** The text of a row whose columns `<name>_at` and `<name>_size` hold its place; null where they are. */
  static of(name: string): RawBuilder<string> {
    return sql`convert_from(substring(texts.bytes from ${sql.ref(`${name}_at`)} for ${sql.ref(`${name}_size`)}), 'UTF8')`;
  }
}

/** Roles belong to the whole server: where another owner made ours first, only its administrator can let us take it. */
async function mayTakeRole(store: Store): Promise<void> {
  const { rows } = await sql<{
    me: string;
    member: boolean;
  }>`select current_user as me, pg_has_role(current_user, 'fakturist_app', 'member') as member`.execute(store.db);
  const { me, member } = rows[0]!;
  if (!member)
    throw new Error(
      `The database user ${me} may not take the role fakturist_app. Let an administrator of the server run: GRANT fakturist_app TO "${me}"`,
    );
}
