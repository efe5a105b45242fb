import { workerData } from 'node:worker_threads';
import { build, type InlineConfig } from 'vite';

/** The build of the screens, in a thread of its own: `web-build.ts` starts it. */
await build(workerData as InlineConfig);
