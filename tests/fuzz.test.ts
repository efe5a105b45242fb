import { afterAll, describe, expect, test } from 'vitest';
import { freshEmbedded } from '../src/testkit/database.ts';
import { fuzz } from './fuzz/engine.ts';
import { targets } from './fuzz/targets.ts';

/**
 * The promise: whatever bytes come in, a reader ends soon, with what was read or with a reason, and says the same about the same bytes. A short
 * form of `npm run fuzz`, with everything that once broke something (`fuzz/corpus`).
 */
describe('readers of what others wrote', () => {
  const all = targets(freshEmbedded);
  afterAll(async () => {
    for (const target of all) await target.close?.();
  });
  // Counted, not timed: the same inputs on every machine.
  const inputs = 120;
  for (const target of all.filter((one) => !one.heavy))
    test(target.name, async () => {
      let left = inputs;
      const run = await fuzz(target, { seed: 1, slowMs: 30_000, until: () => left-- <= 0 });
      expect(run.findings.map((f) => `${f.why}\n${f.input.toString('latin1').slice(0, 500)}`)).toEqual([]);
    });
});
