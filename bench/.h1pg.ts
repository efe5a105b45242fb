import { spawnSync } from 'node:child_process';
import { startPostgres } from '../src/testkit/postgres.ts';

const pg: any = await startPostgres({ fsync: true });
console.log(pg.origin ?? pg);
const r = spawnSync(
  process.execPath,
  [...(process.env.PROF ? ['--cpu-prof', '--cpu-prof-dir=/tmp/h1/prof'] : []), '/work/main/bench/.h1perf.ts', ...process.argv.slice(2)],
  { stdio: 'inherit', env: { ...process.env, PGURL: pg.url }, cwd: '/tmp/h1' },
);
await pg.stop();
