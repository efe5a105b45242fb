import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../src/store/index.ts';
import { freshEmbedded } from '../src/testkit/database.ts';
import { makeJobTable } from './prove/jobs.ts';
import { kinds, runSeed } from './prove/run.ts';

/**
 * The promise (DESIGN §3): whatever is lost on the way, whoever is killed, whatever the database or the clock does, no order is lost, nothing
 * is there twice, no number is missing, issued stays as it was, and the sheet explains the rest. The long form is `npm run prove`.
 */
let store: Store;
beforeAll(async () => {
  store = await freshEmbedded();
  await makeJobTable(store);
});
afterAll(() => store.close());

test.each(Object.keys(kinds).map((kind, i) => [kind, i] as const))('a small world of %s holds', async (kind, i) => {
  for (const seed of [20261128 + i, 20261228 + i]) {
    const { problems, story, counts } = await runSeed({ seed, store, acts: 5, only: [kind] });
    expect({ seed, kind, problems, story: problems.length > 0 ? story.slice(-30) : [] }).toEqual({ seed, kind, problems: [], story: [] });
    expect(Object.keys(counts).length).toBeGreaterThan(0);
  }
});
