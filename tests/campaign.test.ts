import { expect, inject, test } from 'vitest';
import { emptyInstallation } from '../src/testkit/database.ts';
import { faultCampaign, freshDatabase } from './campaign.ts';

/** Answers lost, web pages instead of answers, calls repeated and out of order, kill -9: every sale once there and here, or on a card. The long form is `npm run campaign`. */
const seed = Number(process.env.FAKTURIST_SEED ?? 20261122);

async function holds(options: Parameters<typeof faultCampaign>[0]): Promise<void> {
  const result = await faultCampaign(options);
  expect({ seed, problems: result.problems }).toEqual({ seed, problems: [] });
  expect(result.issued + result.onCards).toBe(options.sales);
  expect(result.issued).toBeGreaterThan(options.sales * 0.9);
  expect(result.kills).toBeGreaterThanOrEqual(2);
  expect((result.faults['lost before'] ?? 0) + (result.faults['lost after'] ?? 0)).toBeGreaterThan(0);
}

test(
  'the fault campaign on the embedded database',
  () => holds({ database: 'embedded', seed, sales: 40, kills: 1, begin: emptyInstallation }),
  180_000,
);
test.skipIf(!inject('postgresUrl'))(
  'the fault campaign on PostgreSQL',
  async () => holds({ database: 'postgres', url: await freshDatabase(inject('postgresUrl')!, 'campaign'), seed, sales: 40, kills: 1 }),
  180_000,
);
