import { expect, inject, test } from 'vitest';
import { freshEmbedded, freshPostgres } from '../src/testkit/database.ts';
import { agentCampaign } from './agent-campaign.ts';

/** Nothing lost and nothing twice, however often the network goes. The long form is `npm run campaign:agent`. */
const seed = Number(process.env.FAKTURIST_SEED ?? 20261128);

async function holds(open: typeof freshEmbedded, losses: number, documents: number): Promise<void> {
  const store = await open();
  const result = await agentCampaign(store, { seed, losses, documents });
  await store.close();
  expect({ seed, problems: result.problems }).toEqual({ seed, problems: [] });
  expect(result).toMatchObject({ losses, issued: documents });
}

test('the agent loses its network again and again', () => holds(freshEmbedded, 20, 8), 120_000);
test.skipIf(!inject('postgresUrl'))('the same on PostgreSQL', () => holds(freshPostgres, 6, 3), 120_000);
