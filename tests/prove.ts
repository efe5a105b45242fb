/**
 * Proof by many small worlds: sellers with all their outside systems on one clock that jumps, faults on every wire, processes killed
 * between any two steps, a database that goes away or fills up, clocks set wrong. After each crash and at the end the invariants of the
 * design are asked for. A seed repeats a world; a failure prints its seed and its story.
 *
 *   npm run prove -- --seeds 1000 --from 1            many, on every core
 *   npm run prove -- --seed 7 --story                 one, told
 *   npm run prove -- --database postgres …            on a real server, where transactions really meet
 */
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { startPostgres } from '../src/testkit/postgres.ts';
import { openProofStore, runSeed, type SeedResult } from './prove/run.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    acts: { type: 'string', default: '12' },
    database: { type: 'string', default: 'embedded' },
    only: { type: 'string' },
    story: { type: 'boolean', default: false },
    stop: { type: 'boolean', default: false },
    /** Ends after so long and says how far it came. */
    minutes: { type: 'string' },
    /** Worlds side by side, each in a process with a database server of its own. */
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
});

type Worker = { run(seed: number): Promise<SeedResult>; close(): Promise<void> };

/** Worlds one after another in this process. The embedded database is opened anew now and then: it gives memory back only then. */
async function worker(): Promise<Worker> {
  const server = values.database === 'postgres' ? await startPostgres() : undefined;
  if (server && 'missing' in server) throw new Error(`no PostgreSQL: ${server.missing}`);
  const opened = () => openProofStore(server?.url);
  let store = await opened();
  let done = 0;
  return {
    async run(seed) {
      if (!server && ++done % 150 === 0) {
        await store.close();
        store = await opened();
      }
      return runSeed({
        seed,
        store,
        acts: Number(values.acts),
        only: values.only?.split(','),
        ...(server?.restart ? { restart: server.restart } : {}),
        ...(values.story ? { tell: (line: string) => console.log(line) } : {}),
      });
    },
    async close() {
      await store.close();
      await server?.stop();
    },
  };
}

/** The same in a process of its own; a process that ends by itself is a failure of the seed it was at. */
function hired(): Worker {
  const child: ChildProcess = fork(import.meta.filename, process.argv.slice(2), { env: { ...process.env, PROVE_WORKER: '1' } });
  const ended = new Promise<never>((_, reject) => {
    child.once('exit', (code, signal) => reject(new Error(`its process ended with ${code ?? signal}`)));
  });
  ended.catch(() => {});
  return {
    run: (seed) => {
      const answered = new Promise<SeedResult>((resolve) => {
        child.once('message', (result) => resolve(result as SeedResult));
      });
      child.send(seed);
      return Promise.race([answered, ended]);
    },
    close: async () => {
      child.disconnect();
      await ended.catch(() => {});
    },
  };
}

async function serve(): Promise<void> {
  const own = worker();
  process.on('message', async (seed: number) => process.send!(await (await own).run(seed)));
  process.once('disconnect', async () => {
    await (await own).close();
    process.exit(0);
  });
}

async function campaign(): Promise<void> {
  const first = Number(values.seed ?? values.from);
  const count = values.seed ? 1 : Number(values.seeds);
  const jobs = Math.max(1, Math.min(count, Number(values.jobs)));
  const began = performance.now();
  const until = values.minutes ? began + Number(values.minutes) * 60_000 : Number.POSITIVE_INFINITY;
  const bad: number[] = [];
  const total: Record<string, number> = {};
  let [cpu, done, next, stopped] = [0, 0, first, false];
  const tell = (result: SeedResult) => {
    for (const [name, n] of Object.entries(result.counts)) total[name] = (total[name] ?? 0) + n;
    cpu += result.cpuSeconds;
    done++;
    if (result.problems.length > 0) {
      bad.push(result.seed);
      console.log(`seed ${result.seed} FAILS (${result.sellers.join(', ')})`);
      for (const problem of result.problems.slice(0, 10)) console.log(`  ${problem}`);
      if (!values.story) for (const line of result.story.slice(-25)) console.log(`    ${line}`);
    } else if (done % 50 === 0 || count <= 20) {
      const pace = Math.round((done * 60_000) / (performance.now() - began));
      console.log(
        `seed ${result.seed} holds: ${result.sellers.join(', ')}; ${result.cpuSeconds.toFixed(1)} s${count > 20 ? `; ${done} done, ${pace} a minute` : ''}`,
      );
    }
  };
  await Promise.all(
    Array.from({ length: jobs }, async () => {
      const own = jobs === 1 ? await worker() : hired();
      while (!stopped && next < first + count && performance.now() < until) {
        const seed = next++;
        const result = await own.run(seed).catch((error: Error) => {
          throw new Error(`seed ${seed}: ${error.message}`);
        });
        tell(result);
        stopped ||= values.stop && result.problems.length > 0;
      }
      await own.close();
    }),
  );
  const counts = Object.entries(total).sort();
  console.log(counts.map(([name, n]) => `${name} ${n}`).join(', '));
  const wall = (performance.now() - began) / 1000;
  console.log(
    `${done} seeds from ${first}: ${bad.length} fail${bad.length > 0 ? ` (${bad.sort((a, b) => a - b).join(', ')})` : ''}; ${(cpu / done).toFixed(2)} s of CPU a seed, ${Math.round(wall)} s, ${Math.round((done * 60) / wall)} a minute by ${jobs} processes`,
  );
  process.exit(bad.length > 0 ? 1 : 0);
}

await (process.env.PROVE_WORKER ? serve() : campaign());
