import type { PGlite } from '@electric-sql/pglite';

/** When autovacuum of a server would act (its own defaults): a number of rows and a share of those that live. */
const rows = 50;
const analyzeShare = 0.1;
const vacuumShare = 0.2;
/**
 * The first looks come soon: a database that was killed has forgotten what it counted, and a young one knows nothing of its rows. Plans
 * that it keeps for its foreign keys are made when a table is empty and may walk an index through for each row until it is first counted.
 */
const firstMs = 500;
const everyMs = 20_000;

/**
 * The embedded database has none of a server's background processes: nobody would count its rows, so that plans are guessed, nor clear
 * away what was updated and deleted, so that a table in which jobs come and go is read through for each of them. This does both, by a
 * server's own rule, one table at a time between two transactions. In: the open database. Out: the way to stop, which waits for a table
 * under work; a look that fails is told once to `onError`, until one succeeds.
 */
export function tending(pglite: PGlite, onError: (error: Error) => void): () => Promise<void> {
  let stopped = false;
  let told = '';
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout;
  const look = async () => {
    try {
      await tend(pglite, () => stopped);
      told = '';
    } catch (error) {
      const { message } = error as Error;
      if (message !== told) onError(error as Error);
      told = message;
    }
  };
  const lookIn = (ms: number) => {
    timer = setTimeout(() => {
      running = look().then(() => (stopped ? undefined : lookIn(Math.min(ms * 2, everyMs))));
    }, ms);
    timer.unref();
  };
  lookIn(firstMs);
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}

/** One look: tables that need it are vacuumed or analyzed. Out: their names. */
export async function tend(pglite: PGlite, stopped = () => false): Promise<string[]> {
  const worn = `s.n_dead_tup > ${rows} + ${vacuumShare} * s.n_live_tup or s.n_ins_since_vacuum > 1000 + ${vacuumShare} * s.n_live_tup`;
  const { rows: due } = await pglite.query<{ name: string; vacuum: boolean }>(
    `select format('%I.%I', s.schemaname, s.relname) as name, (${worn}) as vacuum
     from pg_stat_user_tables s join pg_class c on c.oid = s.relid
     where ${worn} or s.n_mod_since_analyze > ${rows} + ${analyzeShare} * s.n_live_tup
       or (c.reltuples < 0 and pg_relation_size(c.oid) > 4 * 8192)
     order by pg_relation_size(c.oid)`,
  );
  const done: string[] = [];
  for (const { name, vacuum } of due) {
    if (stopped()) break;
    await pglite.query(`${vacuum ? 'vacuum (analyze)' : 'analyze'} ${name}`);
    done.push(name);
  }
  return done;
}
