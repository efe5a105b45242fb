/**
 * Proof by many small worlds: sellers with all their outside systems on one clock that jumps, faults on every wire, processes killed
 * between any two steps, a database that goes away or fills up, clocks set wrong. After each crash and at the end the invariants of the
 * design are asked for. A seed repeats a world; a failure prints its seed and its story.
 *
 *   npm run prove -- --seeds 1000 --from 1            many
 *   npm run prove -- --seed 7 --story                 one, told
 *   npm run prove -- --database postgres …            on a real server, where transactions really meet
 */
import { parseArgs } from 'node:util';
import { startPostgres } from '../src/testkit/postgres.ts';
import { openProofStore, runSeed } from './prove/run.ts';

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
  },
});
const first = Number(values.seed ?? values.from);
const count = values.seed ? 1 : Number(values.seeds);
const server = values.database === 'postgres' ? await startPostgres() : undefined;
if (server && 'missing' in server) throw new Error(`no PostgreSQL: ${server.missing}`);
const opened = () => openProofStore(server && 'url' in server ? server.url : undefined);
let store = await opened();
const bad: number[] = [];
const total: Record<string, number> = {};
let cpu = 0;
let done = 0;
const began = performance.now();
const until = values.minutes ? performance.now() + Number(values.minutes) * 60_000 : Number.POSITIVE_INFINITY;
for (let seed = first; seed < first + count && performance.now() < until; seed++) {
  if (!server && (seed - first) % 150 === 149) {
    await store.close();
    store = await opened();
  }
  const result = await runSeed({
    seed,
    store,
    acts: Number(values.acts),
    only: values.only?.split(','),
    ...(server && 'restart' in server && server.restart ? { restart: server.restart } : {}),
    ...(values.story ? { tell: (line: string) => console.log(line) } : {}),
  });
  for (const [name, n] of Object.entries(result.counts)) total[name] = (total[name] ?? 0) + n;
  cpu += result.cpuSeconds;
  done++;
  if (result.problems.length > 0) {
    bad.push(seed);
    console.log(`seed ${seed} FAILS (${result.sellers.join(', ')})`);
    for (const problem of result.problems.slice(0, 10)) console.log(`  ${problem}`);
    if (!values.story) for (const line of result.story.slice(-25)) console.log(`    ${line}`);
    if (values.stop) break;
  } else if (seed % 10 === 0 || count <= 20)
    console.log(`seed ${seed} holds: ${result.sellers.join(', ')}; ${result.cpuSeconds.toFixed(1)} s`);
}
const counts = Object.entries(total).sort();
console.log(counts.map(([name, n]) => `${name} ${n}`).join(', '));
console.log(
  `${done} seeds from ${first}: ${bad.length} fail${bad.length > 0 ? ` (${bad.join(', ')})` : ''}; ${(cpu / done).toFixed(2)} s of CPU a seed, ${Math.round((performance.now() - began) / 1000)} s`,
);
await store.close();
if (server && 'stop' in server) await server.stop();
process.exit(bad.length > 0 ? 1 : 0);
