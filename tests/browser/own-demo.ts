import { afterAll, afterEach, beforeAll } from 'vitest';
import { emptyInstallation } from '../../src/testkit/database.ts';
import { type Demo, startDemo } from './demo.ts';

/** A demo for the stories of one file, started before the first; the pages of each are closed after it. */
export function ownDemo(): Pick<Demo, 'url' | 'visit'> {
  let demo: Demo | undefined;
  const started = () => {
    if (!demo) throw new Error('the demo is started in beforeAll');
    return demo;
  };
  beforeAll(async () => {
    demo = await startDemo(emptyInstallation);
  }, 120_000);
  afterEach(() => demo?.leave());
  afterAll(() => demo?.close());
  return {
    get url() {
      return started().url;
    },
    visit: (how) => started().visit(how),
  };
}
