import { type CompiledQuery, type DatabaseConnection, type Dialect, type Driver, Kysely, PGliteDialect, PostgresDialect } from 'kysely';
import { storeOver } from '../../src/store/database.ts';
import type { Store, Tables } from '../../src/store/index.ts';
import { inLockOrder } from '../../src/testkit/lock-order.ts';
import type { Loose } from '../../src/testkit/loose.ts';

/**
 * A process of the product as the world sees it: it can be killed between any two of its steps (a statement, a commit, a request), and its
 * database can be away or full for a while. After the kill nothing of it has an effect any more: every statement and every request of
 * it is refused, open transactions are rolled back as the server does when a connection breaks.
 */
export class Killed extends Error {
  override name = 'Killed';
}

/** What the database answers while something is wrong with it, as PostgreSQL words it. */
type Outage = 'restart' | 'full';
const outages: Record<Outage, { code: string; message: string }> = {
  restart: { code: '57P01', message: 'terminating connection due to administrator command' },
  full: { code: '53100', message: 'could not extend file: No space left on device' },
};

const goneAway = /57P0|08006|08003|ECONNRE|EPIPE|terminated|Connection ended|not queryable/;

export class Process {
  readonly name: string;
  dead = false;
  /** Statements, commits and requests so far. */
  steps = 0;
  /** Dies at this step. */
  killAt = Number.POSITIVE_INFINITY;
  /** Or right after so many of its effects on the outside (a request answered, a mail taken), before it can write down what came of it. */
  killAtEffect = Number.POSITIVE_INFINITY;
  #effects = 0;
  /** Where it died, for the story. */
  diedAt = '';
  /** Settles when it dies; never otherwise. */
  readonly ended: Promise<void>;
  #end: () => void = () => {};
  #outage: { what: Outage; steps: number } | undefined;
  /** Failures that the world made itself: an error of a job that is one of these is none of the product's. */
  outageErrors = 0;

  constructor(name: string) {
    this.name = name;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  kill(at: string): void {
    if (this.dead) return;
    this.dead = true;
    this.diedAt = at;
    this.#end();
  }

  /** One more step; throws when it is the last one or comes after it. */
  step(what: string): void {
    if (this.dead) throw new Killed();
    this.steps++;
    if (this.steps < this.killAt) return;
    this.kill(what);
    throw new Killed();
  }

  effect(what: string): void {
    if (this.dead || ++this.#effects < this.killAtEffect) return;
    this.kill(`just after ${what}`);
  }

  /** For so many statements the database is away, or takes no more writes. */
  outage(what: Outage, steps: number): void {
    this.#outage = steps > 0 ? { what, steps } : undefined;
  }

  get suffers(): boolean {
    return this.#outage !== undefined;
  }

  /** A real server that went away is none of the product's mistakes either. */
  async hearing<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (goneAway.test(`${(error as { code?: string }).code} ${(error as Error).message}`)) this.outageErrors++;
      throw error;
    }
  }

  statement(what: string, writes: boolean): void {
    this.step(what);
    if (!this.#outage || (this.#outage.what === 'full' && !writes)) return;
    const { code, message } = outages[this.#outage.what];
    if (--this.#outage.steps <= 0) this.#outage = undefined;
    this.outageErrors++;
    throw Object.assign(new Error(message), { code });
  }
}

/** The database of a world: the same for all its processes, also for those that died. */
export function openFor(process: Process, shared: Store, embedded: boolean): Store {
  const raw = shared.raw;
  const dialect = 'pglite' in raw ? new PGliteDialect({ pglite: raw.pglite }) : new PostgresDialect({ pool: raw.pool });
  const db = new Kysely<Tables>({ dialect: mortal(inLockOrder(dialect), process) });
  return {
    ...storeOver(db, raw, async () => {}),
    embedded,
    // What is announced only wakes what the minute's sweep would find anyway.
    listen: async () => async () => {},
  };
}

function mortal(dialect: Dialect, process: Process): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createDriver: () => new MortalDriver(dialect.createDriver(), process),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  };
}

class MortalDriver implements Driver {
  readonly #inner: Driver;
  readonly #process: Process;
  readonly #connections = new WeakMap<DatabaseConnection, DatabaseConnection>();
  constructor(inner: Driver, process: Process) {
    this.#inner = inner;
    this.#process = process;
  }
  init() {
    return this.#inner.init();
  }
  async acquireConnection(): Promise<DatabaseConnection> {
    if (this.#process.dead) throw new Killed();
    const connection = await this.#process.hearing(this.#inner.acquireConnection());
    const wrapped = new MortalConnection(connection, this.#process);
    this.#connections.set(wrapped, connection);
    return wrapped;
  }
  #of(connection: DatabaseConnection): DatabaseConnection {
    return this.#connections.get(connection)!;
  }
  async beginTransaction(connection: DatabaseConnection, settings: Parameters<Driver['beginTransaction']>[1]): Promise<void> {
    this.#process.statement('begin', false);
    await this.#process.hearing(this.#inner.beginTransaction(this.#of(connection), settings));
  }
  /** Dies before the commit, or after it without having heard of it; the database may be away on either side of it as well. */
  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    this.#process.statement('commit', true);
    await this.#process.hearing(this.#inner.commitTransaction(this.#of(connection)));
    this.#process.step('committed');
  }
  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return this.#inner.rollbackTransaction(this.#of(connection));
  }
  releaseConnection(connection: DatabaseConnection): Promise<void> {
    return this.#inner.releaseConnection(this.#of(connection));
  }
  async savepoint(connection: DatabaseConnection, name: string, compile: Loose): Promise<void> {
    await this.#inner.savepoint?.(this.#of(connection), name, compile);
  }
  async rollbackToSavepoint(connection: DatabaseConnection, name: string, compile: Loose): Promise<void> {
    await this.#inner.rollbackToSavepoint?.(this.#of(connection), name, compile);
  }
  async releaseSavepoint(connection: DatabaseConnection, name: string, compile: Loose): Promise<void> {
    await this.#inner.releaseSavepoint?.(this.#of(connection), name, compile);
  }
  /** The database outlives the process. */
  async destroy(): Promise<void> {}
}

const reading = /^\s*(select|with\b(?!.*\b(insert|update|delete)\b))/is;

class MortalConnection implements DatabaseConnection {
  readonly #inner: DatabaseConnection;
  readonly #process: Process;
  constructor(inner: DatabaseConnection, process: Process) {
    this.#inner = inner;
    this.#process = process;
  }
  async executeQuery<R>(query: CompiledQuery) {
    this.#process.statement(query.sql.replace(/\s+/g, ' ').slice(0, 80), !reading.test(query.sql));
    return this.#process.hearing(this.#inner.executeQuery<R>(query));
  }
  streamQuery<R>(query: CompiledQuery, chunkSize?: number) {
    return this.#inner.streamQuery<R>(query, chunkSize as number);
  }
}
