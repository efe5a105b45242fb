import { defineConfig } from 'vitest/config';
import LongFirst from './src/testkit/sequencer.ts';

export default defineConfig({
  test: {
    maxWorkers: 2,
    sequence: { sequencer: LongFirst },
    projects: [
      {
        test: {
          name: { label: 'hub', color: 'blue' },
          include: ['src/**/*.test.ts', 'connectors/**/*.test.ts', 'examples/**/*.test.ts', 'tests/**/*.test.ts'],
          globalSetup: ['src/testkit/global-setup.ts'],
          setupFiles: ['src/testkit/worker-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          pool: 'forks',
          // Two processes for all files: modules, the compiled database and what the engine has learnt of them serve every file after the first.
          isolate: false,
          // Node reads our TypeScript itself, as it does in production, and keeps what it compiled (`bin/node24`).
          experimental: { viteModuleRunner: false, nodeLoader: false },
        },
      },
      // The screens are of JSX, which Node does not read.
      { test: { name: { label: 'screens', color: 'magenta' }, include: ['web/**/*.test.ts'], pool: 'forks', isolate: false } },
    ],
  },
});
