import { expect, test } from 'vitest';
import { freshEmbedded } from '../src/testkit/database.ts';
import { agentCampaign } from './agent-campaign.ts';

/** Nothing lost and nothing twice, however often the network goes. The long form is `npm run campaign:agent`. */
const seed = Number(process.env.FAKTURIST_SEED ?? 20261128);

test('the agent loses its network again and again', async () => {
  const store = await freshEmbedded();
  const result = await agentCampaign(store, { seed, losses: 20, documents: 8 });
  await store.close();
  expect({ seed, problems: result.problems }).toEqual({ seed, problems: [] });
  expect(result).toMatchObject({ losses: 20, issued: 8 });
  expect(result.restarts).toBeGreaterThan(0);
}, 120_000);
