import { expect, test } from 'vitest';
import { freshEmbedded } from '../src/testkit/database.ts';
import { infaktCampaign } from './infakt-campaign.ts';

/**
 * The promise: however many orders come at once and whatever is lost on the way, inFakt holds each exactly once, never has to turn us
 * away for its limits of a minute, and every order ends issued or on a card. `npm run campaign:infakt` runs a thousand.
 */
const seed = Number(process.env.FAKTURIST_SEED ?? 20261128);
const orders = 20;

test('each order once, within the limits of a minute, through lost answers and kills between requests', async () => {
  const store = await freshEmbedded();
  try {
    const { twins, missing, lost, refusedByLimit, ...result } = await infaktCampaign(store, { seed, orders, faults: true });
    if (orders > 20) console.log(JSON.stringify(result));
    expect({ seed, twins, missing, lost, refusedByLimit }).toEqual({ seed, twins: [], missing: [], lost: [], refusedByLimit: 0 });
    expect({ seed, documents: result.documents, ended: result.issued + result.onCard.length }).toEqual({
      seed,
      documents: orders,
      ended: orders,
    });
    for (const { limit, busiest } of Object.values(result.limits)) expect(busiest).toBeLessThanOrEqual(limit);
    expect(result.killed).toBeGreaterThan(0);
  } finally {
    await store.close();
  }
}, 1_500_000);
