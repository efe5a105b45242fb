import { type CompiledQuery, type DatabaseConnection, type Dialect, type Driver, Kysely, PGliteDialect, PostgresDialect } from 'kysely';
import { type Store, storeOver } from '../store/database.ts';
import type { Tables } from '../store/index.ts';

/**
 * The one order of locks (ADR 3), as the tables are locked for the first time in a transaction. Two transactions that
 * keep to it cannot wait for each other in a ring. Tables that are not named here meet in one way only.
 */
const lockOrder = [
  'subscription',
  'receivable',
  'sales_order',
  'connection_gate',
  'delivery',
  'document',
  'issue_run',
  'import_run',
  'series_counter',
  'payment',
  'transfer',
  'pull_reject',
  'connection',
  'cause_case',
  'audit_head',
  'request_gate',
];
const rankOf = (table: string) => lockOrder.indexOf(table);

/** What one transaction holds so far. */
export class HeldLocks {
  readonly #held = new Map<string, string>();

  /** Notes what a statement locks; throws where a table comes too late. */
  note(sql: string): void {
    const { tables, waits } = locksOf(sql);
    for (const table of tables) {
      if (this.#held.has(table)) continue;
      const rank = rankOf(table);
      if (rank < 0) continue;
      for (const [before, by] of this.#held)
        if (waits && rankOf(before) > rank)
          throw new Error(`the order of locks (ADR 3): ${table} is locked after ${before}\n  ${before}: ${by}\n  ${table}: ${short(sql)}`);
      this.#held.set(table, short(sql));
    }
  }
}

const short = (sql: string) => sql.replace(/\s+/g, ' ').trim().slice(0, 200);

type Locks = { tables: string[]; waits: boolean };
const parsed = new Map<string, Locks>();

/**
 * The tables of which a statement locks rows that were there before it, by its text. A row that it makes is locked by nobody else, save
 * where it may meet another of its key (`do update`). What skips locked rows waits for nobody.
 */
export function locksOf(sql: string): Locks {
  const known = parsed.get(sql);
  if (known) return known;
  const text = sql.replaceAll('"', '').replace(/\s+/g, ' ').toLowerCase();
  const tables = new Set<string>();
  for (const match of text.matchAll(locking)) {
    const { updated, deleted, upserted, of, calls } = match.groups!;
    const named = updated ?? deleted ?? upserted;
    if (named) tables.add(named);
    else if (calls) tables.add(calls === 'audit_append' ? 'audit_head' : 'request_gate');
    else for (const table of tablesBefore(text.slice(0, match.index), of)) tables.add(table);
  }
  const locks = { tables: [...tables], waits: !/\bskip locked\b/.test(text) };
  parsed.set(sql, locks);
  return locks;
}

const locking = new RegExp(
  [
    String.raw`(?<!\bfor |\bno key |\bdo )\bupdate (?:only )?(?<updated>\w+)(?: as \w+| \w+)? set\b`,
    String.raw`\bdelete from (?<deleted>\w+)`,
    String.raw`\binsert into (?<upserted>\w+)(?:(?!\binsert into\b).)*?\bdo update set\b`,
    String.raw`\bfor (?:no key )?update(?: of (?<of>[\w, ]+?))?(?= skip| nowait|\)|$|;)`,
    String.raw`\b(?<calls>audit_append|gate_lock|gate_save)\(`,
  ].join('|'),
  'g',
);

/** The tables of the query whose locking clause begins where this text ends. */
function tablesBefore(text: string, of: string | undefined): string[] {
  let begin = 0;
  for (let depth = 0, i = text.length - 1; i >= 0; i--) {
    if (text[i] === ')') depth++;
    else if (text[i] === '(' && --depth < 0) {
      begin = i + 1;
      break;
    }
  }
  let query = text.slice(begin);
  for (let before = ''; before !== query; ) {
    before = query;
    query = query.replace(/\([^()]*\)/g, ' ');
  }
  const from = /\bfrom\b(?<list>.*?)(?:\bwhere\b|\border by\b|\blimit\b|$)/.exec(query)?.groups?.list ?? '';
  const listed = from.split(/,|\bjoin\b/).map((one) => one.trim().split(/\s+/));
  const names = of?.split(',').map((name) => name.trim());
  return listed.flatMap(([table, second, third]) => {
    const alias = second === 'as' ? third : second && !['on', 'inner', 'left', 'cross'].includes(second) ? second : table;
    return table && (!names || names.includes(alias!)) ? [table] : [];
  });
}

/** The same store, whose transactions keep to the order of locks or fail. */
export function keepingLockOrder(store: Store): Store {
  const { raw } = store;
  const dialect = 'pglite' in raw ? new PGliteDialect({ pglite: raw.pglite }) : new PostgresDialect({ pool: raw.pool });
  const db = new Kysely<Tables>({ dialect: inLockOrder(dialect) });
  return { ...storeOver(db, raw, store.close), embedded: store.embedded, listen: store.listen };
}

export function inLockOrder(dialect: Dialect): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createDriver: () => watching(dialect.createDriver()),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  };
}

/** Connections are kept by their drivers, so they are watched where they are and not wrapped. */
function watching(driver: Driver): Driver {
  const held = new WeakMap<DatabaseConnection, HeldLocks>();
  const seen = new WeakSet<DatabaseConnection>();
  return new Proxy(driver, {
    get(target, property) {
      const value = Reflect.get(target, property);
      if (typeof value !== 'function') return value;
      if (property === 'acquireConnection')
        return async () => {
          const connection = await target.acquireConnection();
          if (!seen.has(connection)) {
            seen.add(connection);
            const execute = connection.executeQuery.bind(connection);
            connection.executeQuery = ((query: CompiledQuery) => {
              held.get(connection)?.note(query.sql);
              return execute(query);
            }) as typeof connection.executeQuery;
          }
          return connection;
        };
      if (property === 'beginTransaction')
        return async (connection: DatabaseConnection, settings: Parameters<Driver['beginTransaction']>[1]) => {
          held.delete(connection);
          await target.beginTransaction(connection, settings);
          held.set(connection, new HeldLocks());
        };
      if (property === 'commitTransaction' || property === 'rollbackTransaction')
        return (connection: DatabaseConnection) => {
          held.delete(connection);
          return target[property](connection);
        };
      return value.bind(target);
    },
  });
}
