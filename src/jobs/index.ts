import { sql } from 'kysely';
import { fromKysely, fromPglite, PgBoss } from 'pg-boss';
import type { Connector } from '../contract/connector.ts';
import type { Store, Tx, Vault } from '../store/index.ts';
import { beginSpan } from '../trace.ts';

export { hearChanges } from './changes.ts';

/** What every folder of the middle ring gets to work with: nothing reads a clock, a key or the network by another way. */
export type Context = {
  store: Store;
  jobs: Jobs;
  vault: Vault;
  now: () => Date;
  connectors: ReadonlyMap<string, Connector>;
  /** Address under which people reach this installation, for links in mails; no slash at the end. */
  publicUrl: string;
  /** Buyers reach that address too. Without one that was given, a link in their mails would lead to their own machine. */
  buyerLinks: boolean;
  fetch: typeof fetch;
  /** Waits until then by the clock of `now`; without it, by the real one. */
  pause?: (until: Date) => Promise<void>;
  log: (level: 'info' | 'warn' | 'error', message: string, fields?: Record<string, unknown>) => void;
};

/** One after another; one that fails is told of in the log and keeps no other from its turn. `named` says which it was. */
export async function eachAlone<T>(
  ctx: Pick<Context, 'log'>,
  failed: string,
  all: Iterable<T>,
  work: (one: T) => Promise<unknown>,
  named: (one: T) => Record<string, unknown> = () => ({}),
): Promise<void> {
  for (const one of all)
    try {
      await work(one);
    } catch (error) {
      ctx.log('error', failed, { ...named(one), error: (error as Error).message });
    }
}

/** Who acts: an organization and the person, key or process that does it. */
export type Who = { organizationId: string; actor: string };

/**
 * One engine for both databases (DEPENDENCIES §5). A job carries ids only: the state of things is in our tables, and a
 * sweep finds whatever a lost job left behind, so the queue may be emptied at any time.
 */
export const queues = [
  'import-file',
  'issue-batch',
  'deliver',
  'transfer',
  'settle',
  'administer',
  'receivable',
  'order-events',
  'pull-orders',
  'reassess',
  'order-writes',
  'tell',
  'digest',
  'webhook',
  'print',
  'agent-files',
  'bank-statement',
  'billing',
  'charge',
  'night',
  'archive',
  'sweep',
] as const;
export type QueueName = (typeof queues)[number];

/** What a job knows: whose it is and which row it is about. */
export type JobData = { organizationId: string; id: string };
export type JobHandler = (data: JobData, signal: AbortSignal) => Promise<void>;

export type Jobs = {
  /** Enqueues inside the caller's transaction: committed together or not at all. */
  enqueue(tx: Tx, queue: QueueName, jobs: JobData[], options?: { startAfter?: Date }): Promise<void>;
  /**
   * Starts taking jobs. A throw is retried with backoff; a handler that finds nothing to do returns. Jobs of one fetch are waited for
   * together, so a queue of jobs that may last long fetches in several `lanes`.
   */
  work(queue: QueueName, options: { concurrency: number; lanes?: number }, handler: JobHandler): Promise<void>;
  /** Of these rows, the ones whose job waits, or is at work and was begun, or gave a sign of life, within the last `withinMs`. */
  underWay(queue: QueueName, ids: string[], withinMs: number): Promise<Set<string>>;
  /** Of these rows, the ones whose job failed as often as one is tried, each with what it failed of last. Known for an hour. */
  givenUp(queue: QueueName, ids: string[]): Promise<Map<string, string>>;
  /** Runs a job every so often (cron, UTC) on exactly one process. */
  every(queue: QueueName, cron: string): Promise<void>;
  /** Resolves when no job is waiting or active; for tests and the CLI. */
  idle(): Promise<void>;
  /** Something that runs beside the jobs and ends with them. */
  alongside(end: () => Promise<void>): void;
  stop(): Promise<void>;
};

type JobsOptions = {
  /** False for a process that only enqueues (web role, CLI). */
  work: boolean;
  /** The clock that due times are meant by, where it is not the database's own. */
  now?: () => Date;
  onError?: (error: Error) => void;
};

/**
 * A job is given to somebody else after a quarter of an hour. One that may last longer gives signs of life instead: its own worker is left
 * to it, and a killed one is noticed within two minutes.
 */
const lasting: Partial<Record<QueueName, { expireInSeconds: number; heartbeatSeconds: number }>> = {
  'import-file': { expireInSeconds: 12 * 3600, heartbeatSeconds: 60 },
};

/** Farther ahead a look by the engine itself is soon enough. */
const soonMs = 60_000;
/** Due times are compared by the database's clock, and the transaction that queued it may still be open. */
const afterDueMs = 250;
/** How soon a clock of the database that went back is noticed. */
const clockLookMs = 60_000;

export async function startJobs(store: Store, options: JobsOptions): Promise<Jobs> {
  const shared = { schema: 'pgboss', useListenNotify: true, supervise: options.work, schedule: options.work } as const;
  const boss =
    'pglite' in store.raw
      ? new PgBoss({ ...shared, db: fromPglite(store.raw.pglite), backend: 'pglite' })
      : new PgBoss({ ...shared, connectionString: store.raw.pool.options.connectionString!, max: 6 });
  boss.on('error', (error) => options.onError?.(error as Error));
  await boss.start();
  // The engine remembers the queues that were there when it started; a new one is made known to it here: the first send inside a
  // transaction would look the queue up outside of it and wait for ever on the embedded database.
  const there = new Set((await boss.getQueues()).map((queue) => queue.name));
  for (const name of queues) {
    if (there.has(name)) continue;
    await boss.createQueue(name, {
      notify: true,
      retryLimit: 8,
      retryDelay: 2,
      retryBackoff: true,
      retryDelayMax: 600,
      deleteAfterSeconds: 3600,
    });
    await boss.insert(name, []);
  }
  await grantQueues(store);
  const lookAtClock = watchClock(store);
  await lookAtClock();
  const looking = options.work
    ? setInterval(() => lookAtClock().catch((error) => options.onError?.(error as Error)), clockLookMs)
    : undefined;
  looking?.unref();
  let active = 0;
  const workers = new Map<QueueName, string[]>();
  /** Nobody calls when the time of a job has come: the engine would find it at its next look, half a minute later. */
  const awaited = new Set<string>();
  const lookAt = (queue: QueueName, ms: number) => {
    const key = `${queue} ${Math.ceil((performance.now() + ms) / 250)}`;
    if (!workers.has(queue) || ms > soonMs || awaited.has(key)) return;
    awaited.add(key);
    setTimeout(() => {
      awaited.delete(key);
      for (const worker of workers.get(queue) ?? []) boss.notifyWorker(worker);
    }, ms + afterDueMs).unref();
  };
  const beside: (() => Promise<void>)[] = [];
  return {
    async enqueue(tx, queue, jobs, more) {
      if (jobs.length === 0) return;
      await boss.insert(
        queue,
        jobs.map((data) => ({
          data,
          ...lasting[queue],
          ...(more?.startAfter ? { startAfter: options.now ? secondsUntil(more.startAfter, options.now()) : more.startAfter } : {}),
        })),
        { db: fromKysely(tx as never) },
      );
      if (more?.startAfter) lookAt(queue, more.startAfter.getTime() - (options.now?.() ?? new Date()).getTime());
    },
    async work(queue, { concurrency, lanes = 1 }, handler) {
      const batchSize = Math.ceil(concurrency / lanes);
      const one = async (job: { id: string; data: JobData; signal: AbortSignal }) => {
        const span = beginSpan('job', queue, Date.now());
        try {
          await span.within(() => handler(job.data, job.signal));
          span.end(true);
          return { id: job.id, status: 'completed' };
        } catch (error) {
          span.end(false);
          span.within(() => options.onError?.(error as Error));
          return { id: job.id, status: 'failed', output: { message: (error as Error).message } };
        }
      };
      for (let lane = 0; lane < lanes; lane++) {
        // The engine goes on at once after a full batch, but not where a batch is one job: the next would wait for its look, half a minute.
        let worker: string | undefined;
        const lookAgain = () => batchSize === 1 && worker !== undefined && boss.notifyWorker(worker);
        worker = await boss.work<JobData>(
          queue,
          { batchSize, burstWhenBatchFull: true, perJobResults: true, pollingIntervalSeconds: 2, includeMetadata: false } as never,
          (async (jobs: Parameters<typeof one>[0][]) => {
            active++;
            try {
              return await Promise.all(jobs.map(one));
            } finally {
              active--;
              lookAgain();
            }
          }) as never,
        );
        workers.set(queue, [...(workers.get(queue) ?? []), worker]);
      }
    },
    async underWay(queue, ids, withinMs) {
      if (ids.length === 0) return new Set();
      const { rows } = await sql<{ id: string }>`select distinct data->>'id' as id from pgboss.job where name = ${queue}
        and (state in ('created', 'retry') or (state = 'active' and coalesce(heartbeat_on, started_on) > now() - ${withinMs} * interval '1 millisecond'))
        and data->>'id' = any(${ids}::text[])`.execute(store.db);
      return new Set(rows.map((row) => row.id));
    },
    async givenUp(queue, ids) {
      if (ids.length === 0) return new Map();
      const { rows } = await sql<{ id: string; reason: string }>`
        select data->>'id' as id, coalesce(output->>'message', output->'value'->>'message', '') as reason from pgboss.job
        where name = ${queue} and state = 'failed' and data->>'id' = any(${ids}::text[]) order by completed_on`.execute(store.db);
      return new Map(rows.map((row) => [row.id, row.reason]));
    },
    async every(queue, cron) {
      await boss.schedule(queue, cron, { organizationId: '', id: '' });
    },
    async idle() {
      for (;;) {
        const { rows } = await sql<{
          n: bigint;
        }>`select count(*) as n from pgboss.job where state in ('created','retry','active') and start_after <= now()`.execute(store.db);
        if (rows[0]!.n === 0n && active === 0) return;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    alongside(end) {
      beside.push(end);
    },
    async stop() {
      clearInterval(looking);
      workers.clear();
      for (const end of beside.splice(0)) await end();
      await boss.stop({ graceful: true, timeout: 10_000 });
    },
  };
}

/** The application's role may enqueue. Granted only where something is missing: after an installation, or an upgrade of the engine. */
async function grantQueues(store: Store): Promise<void> {
  const { rows } = await sql<{ granted: boolean }>`
    select has_schema_privilege('fakturist_app', 'pgboss', 'usage')
      and coalesce((select bool_and(has_table_privilege('fakturist_app', c.oid, 'select') and has_table_privilege('fakturist_app', c.oid, 'insert')
          and has_table_privilege('fakturist_app', c.oid, 'update'))
        from pg_class c where c.relnamespace = 'pgboss'::regnamespace and c.relkind in ('r','p','v')), true)
      and coalesce((select bool_and(has_function_privilege('fakturist_app', f.oid, 'execute')) from pg_proc f where f.pronamespace = 'pgboss'::regnamespace), true)
      as granted`.execute(store.db);
  if (rows[0]!.granted) return;
  for (const grant of [
    'grant usage on schema pgboss to fakturist_app',
    'grant select, insert, update on all tables in schema pgboss to fakturist_app',
    'grant execute on all functions in schema pgboss to fakturist_app',
  ])
    await sql.raw(grant).execute(store.db);
}

/**
 * The engine goes by the database's clock. One that was ahead and is right again would leave it without a calendar until that time has come
 * (a month, a year: no sweep, no pull, no mail tried again, and no word about it), jobs due then, and moments of the calendar that count as
 * done. Whatever the engine wrote later than now is counted from now on. Out: whether there was any.
 */
export async function dueAnew(store: Store): Promise<boolean> {
  const ahead = sql`now() + interval '2 minutes'`;
  const { rows } = await sql<{ ahead: boolean }>`select exists (select 1 from pgboss.version where cron_on > ${ahead})
    or exists (select 1 from pgboss.queue where greatest(maintain_on, monitor_claim_on) > ${ahead})
    or exists (select 1 from pgboss.job where greatest(created_on, started_on, completed_on) > ${ahead} or singleton_on > (${ahead}) at time zone 'UTC') as ahead`.execute(
    store.db,
  );
  if (!rows[0]!.ahead) return false;
  const past = (name: string) => sql`case when ${sql.ref(name)} > now() then now() else ${sql.ref(name)} end`;
  await store.system(async (tx) => {
    await sql`update pgboss.version set cron_on = now() where cron_on > now()`.execute(tx);
    await sql`update pgboss.queue set maintain_on = ${past('maintain_on')}, monitor_claim_on = ${past('monitor_claim_on')}`.execute(tx);
    await sql`update pgboss.job set start_after = start_after - greatest(greatest(created_on, started_on, completed_on) - now(), interval '0'),
        keep_until = keep_until - greatest(created_on - now(), interval '0'),
        created_on = ${past('created_on')}, started_on = ${past('started_on')}, completed_on = ${past('completed_on')},
        heartbeat_on = ${past('heartbeat_on')}, singleton_on = case when singleton_on > (${ahead}) at time zone 'UTC' then null else singleton_on end
      where greatest(created_on, started_on, completed_on) > ${ahead} or singleton_on > (${ahead}) at time zone 'UTC'`.execute(tx);
  });
  return true;
}

/** Looks through the jobs at the first call and when the database's clock went back since the last one: read each minute they would cost more than they do. */
function watchClock(store: Store): () => Promise<void> {
  let seen = Number.POSITIVE_INFINITY;
  return async () => {
    const { rows } = await sql<{ now: Date }>`select now() as now`.execute(store.db);
    const now = rows[0]!.now.getTime();
    if (now < seen) await dueAnew(store);
    seen = now;
  };
}

function secondsUntil(at: Date, now: Date): number {
  return Math.max(0, Math.ceil((at.getTime() - now.getTime()) / 1000));
}
