import path from 'node:path';
import { buildWeb } from '../src/cli/web-build.ts';

/** Builds the screens into web/dist. */
await buildWeb(path.join(import.meta.dirname, '..'), { always: true });
process.stdout.write('web/dist is built\n');
