import { expect, test } from 'vitest';
import { freshEmbedded } from '../src/testkit/database.ts';
import { infaktCampaign } from './infakt-campaign.ts';

/**
 * The promise: however many orders come at once and whatever is lost on the way, inFakt holds each exactly once and never sees more
 * requests in a minute than it allows. `FAKTURIST_ORDERS=1000` runs the long form.
 */
const seed = Number(process.env.FAKTURIST_SEED ?? 20261128);
const orders = Number(process.env.FAKTURIST_ORDERS ?? 16);

test('each order once, within the limits of a minute, through lost answers and stops between requests', async () => {
  const store = await freshEmbedded();
  try {
    const result = await infaktCampaign(store, { seed, orders, faults: true });
    if (orders > 16) console.log(JSON.stringify(result));
    expect({
      seed,
      open: result.open,
      twins: result.twins,
      missing: result.missing,
      issued: result.issued,
      documents: result.documents,
    }).toEqual({
      seed,
      open: [],
      twins: [],
      missing: [],
      issued: orders,
      documents: orders,
    });
    expect(result.refusedByLimit).toBe(0);
    expect(result.busiestMinute.writes).toBeLessThanOrEqual(150);
    expect(result.busiestMinute.reads).toBeLessThanOrEqual(300);
    expect(result.stopped).toBeGreaterThan(0);
  } finally {
    await store.close();
  }
}, 1_500_000);
