import { expect, test } from 'vitest';
import { walk } from './walk.ts';

/** The short form; the long one is `npm run walley -- --seed N --steps 10000`. */
test('ledger, model and provider agree to the öre after every random verb, answers lost on the way included', async () => {
  const walked = await walk({ seed: 4, steps: 300 });
  expect(walked.claims).toBeGreaterThan(5);
  expect(walked.lost).toBeGreaterThan(3);
  expect(Object.keys(walked.done).length).toBeGreaterThan(15);
});
