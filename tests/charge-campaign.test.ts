import { expect, test } from 'vitest';
import { freshEmbedded } from '../src/testkit/database.ts';
import { runChargeCampaign } from './charge-campaign.ts';

/** The promise: whatever is lost on the way, no bill is charged twice, and what we hold is what the processor holds. */
test('the charge campaign in short', { timeout: 60_000 }, async () => {
  const store = await freshEmbedded();
  try {
    const { problems, paid, faults } = await runChargeCampaign(store, { seed: 5, bills: 6 });
    expect(problems).toEqual([]);
    expect(paid).toBeGreaterThan(2);
    expect(faults).toBeGreaterThan(5);
  } finally {
    await store.close();
  }
});
