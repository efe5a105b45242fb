import type { PGlite } from '@electric-sql/pglite';
import { afterEach, expect, test, vi } from 'vitest';
import { tending } from './tend.ts';

/** A database that can no longer be looked after slows down for weeks before it stops: whoever runs it is told at the first failed look. */
afterEach(() => void vi.useRealTimers());

test('a failed look is told once, and again after one that succeeded', async () => {
  vi.useFakeTimers();
  let broken = true;
  const query = async () => {
    if (broken) throw new Error('could not open file');
    return { rows: [] };
  };
  const told: string[] = [];
  const stop = tending({ query } as unknown as PGlite, (error) => told.push(error.message));
  const look = () => vi.advanceTimersByTimeAsync(20_000);
  await look();
  await look();
  expect(told).toEqual(['could not open file']);
  broken = false;
  await look();
  broken = true;
  await look();
  expect(told).toHaveLength(2);
  broken = false;
  await stop();
  broken = true;
  await look();
  expect(told).toHaveLength(2);
});
