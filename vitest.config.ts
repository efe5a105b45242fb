import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import LongFirst from './src/testkit/sequencer.ts';

/** What measures time: beside another file it would measure that one. */
const alone = 'tests/browser/speed.test.ts';

const node: TestProjectInlineConfiguration['test'] = {
  setupFiles: ['src/testkit/worker-setup.ts'],
  testTimeout: 30_000,
  // A state that is waited for comes when it comes; how soon it has to is said where it is promised.
  expect: { poll: { timeout: 15_000 } },
  hookTimeout: 60_000,
  pool: 'forks',
  // A few processes for all files: modules, the compiled database and what the engine has learnt of them serve every file after the first.
  isolate: false,
  // Node reads our TypeScript itself, as it does in production, and keeps what it compiled (`bin/node24`).
  experimental: { viteModuleRunner: false, nodeLoader: false },
};

/** Three projects, in two turns: all that can run beside others, then what must have the machine for itself. */
export default defineConfig({
  test: {
    // Two more than the cores of a small machine: most files wait now and then, for a page, a job or a lease.
    maxWorkers: 4,
    sequence: { sequencer: LongFirst },
    // Once for all projects.
    globalSetup: ['src/testkit/global-setup.ts'],
    projects: [
      {
        test: { ...node, name: { label: 'alone', color: 'yellow' }, include: [alone], maxWorkers: 1, sequence: { groupOrder: 2 } },
      },
      {
        test: {
          ...node,
          name: { label: 'hub', color: 'blue' },
          include: ['src/**/*.test.ts', 'connectors/**/*.test.ts', 'examples/**/*.test.ts', 'tests/**/*.test.ts', `!${alone}`],
          sequence: { groupOrder: 1 },
        },
      },
      {
        // The screens are of JSX, which Node does not read.
        test: {
          name: { label: 'screens', color: 'magenta' },
          include: ['web/**/*.test.ts'],
          testTimeout: node.testTimeout,
          pool: 'forks',
          isolate: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
