import { expect, test } from 'vitest';
import { workersCampaign } from './workers.ts';

/** Real workers on a real server: one is killed with -9, then the database is ended without a word; nothing is lost or twice. Long: `npm run workers`. */
test('a worker killed and a database ended while documents are on their way', async ({ skip }) => {
  const result = await workersCampaign({ seed: 20261128, processes: 2, events: 2, orders: 12, only: ['kill', 'restart'] });
  if ('missing' in result) return skip(result.missing);
  expect(result.problems).toEqual([]);
  expect([result.kills, result.restarts, result.documents, result.transfers]).toEqual([1, 1, 24, 8]);
}, 180_000);
