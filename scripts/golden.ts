/** `npm run golden`: rewrites every expected result; the difference in git is the review. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const { status } = spawnSync(
  path.join(root, 'node_modules', '.bin', 'vitest'),
  ['run', 'examples', 'connectors', 'src/domain', 'tests/words.test.ts', 'tests/docs.test.ts'],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, GOLDEN: 'write' },
  },
);
process.exit(status ?? 1);
