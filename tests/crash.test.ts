import { expect, inject, test } from 'vitest';
import { emptyInstallation, postgresTemplate } from '../src/testkit/database.ts';
import { crashCampaign } from './crash.ts';

/** A killed process leaves no gap, no twin and nothing lost, and the next start goes on by itself. The long form is `npm run crash`. */
const seed = Number(process.env.FAKTURIST_SEED ?? 20261122);

test('kill -9 on the embedded database', async () => {
  const result = await crashCampaign({ database: 'embedded', moments: 1, seed, orders: 20, files: 1, begin: emptyInstallation });
  expect({ seed, problems: result.problems }).toEqual({ seed, problems: [] });
  expect(result.kills).toBeGreaterThanOrEqual(1);
}, 180_000);

test.skipIf(!inject('postgresUrl'))(
  'kill -9 on PostgreSQL',
  async () => {
    const result = await crashCampaign({
      database: 'postgres',
      moments: 1,
      seed,
      orders: 20,
      files: 1,
      url: inject('postgresUrl'),
      template: postgresTemplate,
    });
    expect({ seed, problems: result.problems }).toEqual({ seed, problems: [] });
    expect(result.kills).toBeGreaterThanOrEqual(1);
  },
  180_000,
);
