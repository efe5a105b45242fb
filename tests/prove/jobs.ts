import { sql } from 'kysely';
import type { JobData, JobHandler, Jobs, QueueName } from '../../src/jobs/index.ts';
import { json, type Store } from '../../src/store/index.ts';
import type { Process } from './process.ts';

/**
 * The job engine by the world's clock: queued in the caller's transaction, due by a virtual time, retried with backoff, and a job whose
 * process died comes again when its time to live is over. As with the real one a job may be done twice and come in any order.
 */
export const jobTable = 'prove_job';
const expireMs = 15 * 60_000;
const retryLimit = 8;

export async function makeJobTable(store: Store): Promise<void> {
  for (const statement of [
    `create table ${jobTable} (id bigint generated always as identity primary key, queue text not null, data jsonb not null, start_after timestamptz not null,
      state text not null default 'created', tries int not null default 0, started_at timestamptz, problem text)`,
    `grant select, insert on ${jobTable} to fakturist_app`,
  ])
    await sql.raw(statement).execute(store.db);
}

export type Taken = { id: bigint; queue: QueueName; data: JobData; tries: number };

export class VirtualJobs implements Jobs {
  readonly handlers = new Map<QueueName, JobHandler>();
  readonly crons = new Map<QueueName, string>();
  readonly #store: Store;
  readonly #now: () => Date;
  constructor(store: Store, now: () => Date) {
    this.#store = store;
    this.#now = now;
  }

  async enqueue(...[tx, queue, jobs, more]: Parameters<Jobs['enqueue']>): Promise<void> {
    if (jobs.length === 0) return;
    const at = more?.startAfter && more.startAfter > this.#now() ? more.startAfter : this.#now();
    await sql`insert into ${sql.table(jobTable)} (queue, data, start_after) select ${queue}, value, ${at.toISOString()}::timestamptz
      from jsonb_array_elements(${json(jobs)})`.execute(tx);
  }
  async work(...[queue, , handler]: Parameters<Jobs['work']>): Promise<void> {
    this.handlers.set(queue, handler);
  }
  async underWay(...[queue, ids, withinMs]: Parameters<Jobs['underWay']>): Promise<Set<string>> {
    const begun = new Date(this.#now().getTime() - withinMs).toISOString();
    const { rows } = await sql<{ id: string }>`select data->>'id' as id from ${sql.table(jobTable)} where queue = ${queue}
      and (state in ('created', 'retry') or (state = 'active' and started_at > ${begun}::timestamptz)) and data->>'id' = any(${ids}::text[])`.execute(
      this.#store.db,
    );
    return new Set(rows.map((row) => row.id));
  }
  async givenUp(...[queue, ids]: Parameters<Jobs['givenUp']>): Promise<Map<string, string>> {
    const { rows } = await sql<{ id: string; problem: string }>`select data->>'id' as id, problem from ${sql.table(jobTable)}
      where queue = ${queue} and state = 'failed' and data->>'id' = any(${ids}::text[])`.execute(this.#store.db);
    return new Map(rows.map((row) => [row.id, row.problem]));
  }
  async every(queue: QueueName, cron: string): Promise<void> {
    this.crons.set(queue, cron);
  }
  async idle(): Promise<void> {}
  alongside(): void {}
  async stop(): Promise<void> {}

  /** Any of the jobs that are due; the draw says which. */
  async take(draw: number): Promise<Taken | undefined> {
    const now = this.#now().toISOString();
    // As one value: joined to, the server may look for it once for each row, and lock another each time.
    const { rows } = await sql<Taken>`update ${sql.table(jobTable)} set state = 'active', started_at = ${now}::timestamptz where id = (
        select id from ${sql.table(jobTable)} where (state in ('created', 'retry') and start_after <= ${now}::timestamptz)
          or (state = 'active' and started_at <= ${new Date(this.#now().getTime() - expireMs).toISOString()}::timestamptz)
        order by md5(id::text || ${String(draw)}) limit 1 for update skip locked)
      returning id, queue, data, tries`.execute(this.#store.db);
    return rows[0];
  }

  async run(taken: Taken, process: Process): Promise<Error | undefined> {
    const handler = this.handlers.get(taken.queue);
    if (!handler) throw new Error(`no worker for ${taken.queue}`);
    let problem: Error | undefined;
    try {
      await handler(taken.data, new AbortController().signal);
    } catch (error) {
      problem = error as Error;
    }
    if (process.dead) return undefined;
    if (!problem) {
      await sql`delete from ${sql.table(jobTable)} where id = ${taken.id}`.execute(this.#store.db);
      return undefined;
    }
    const again = new Date(this.#now().getTime() + Math.min(600, 2 ** (taken.tries + 1)) * 1000);
    const state = taken.tries >= retryLimit ? 'failed' : 'retry';
    await sql`update ${sql.table(jobTable)} set state = ${state}, tries = tries + 1, start_after = ${again.toISOString()}::timestamptz,
      problem = ${problem.message} where id = ${taken.id}`.execute(this.#store.db);
    return problem;
  }

  /** When the next one is due, if any is waiting. */
  async next(): Promise<Date | undefined> {
    const { rows } = await sql<{
      at: Date | null;
    }>`select min(case when state = 'active' then started_at + interval '15 minutes' else start_after end) as at
      from ${sql.table(jobTable)} where state <> 'failed'`.execute(this.#store.db);
    return rows[0]?.at ?? undefined;
  }
}
