/**
 * Promise: whoever guesses the password of one account waits longer and longer, from however many machines, and the person it belongs to gets
 * in from where he signs in, is told once a day, and opens the way from elsewhere by a new password.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../store/index.ts';
import { freshEmbedded } from '../testkit/database.ts';
import { countSignIns, tryLimits, waitMs } from './sign-in-tries.ts';

test('each next try waits twice as long, up to the limit', () => {
  expect([4, 5, 6, 8].map((wrong) => waitMs(wrong, 5))).toEqual([0, 2_000, 4_000, 16_000]);
  expect([20, 1_000_000].map((wrong) => waitMs(wrong, 5))).toEqual([tryLimits.mostWaitMs, tryLimits.mostWaitMs]);
});

let store: Store;
beforeAll(async () => {
  store = await freshEmbedded();
}, 60_000);
afterAll(() => store?.close());

const start = Date.parse('2026-11-28T10:00:00Z');
const at = (seconds: number) => new Date(start + seconds * 1000);

test('one network waits, another does not; a right password forgets', async () => {
  const tries = countSignIns(store, Buffer.from('a'));
  for (let i = 0; i < tryLimits.freeAtNetwork; i++)
    expect(await tries.take('a@shop.example', '10.0.0.1', at(0))).toMatchObject({ tell: false });
  expect(await tries.take(' A@Shop.Example', '10.0.0.1', at(0))).toEqual({ waitSeconds: 2 });
  expect(await tries.take('a@shop.example', '10.0.0.2', at(0))).toMatchObject({ tell: false });
  const after = await tries.take('a@shop.example', '10.0.0.1', at(2));
  if ('waitSeconds' in after) throw new Error('the wait was over');
  await after.right();
  // Once it is known, and again.
  for (let i = 0; i < 2 * tryLimits.freeAtNetwork; i++) {
    const known = await tries.take('a@shop.example', '10.0.0.1', at(2));
    if ('waitSeconds' in known) throw new Error('a right password waits for nothing');
    await known.right();
  }
});

test('many machines together wait as one; where the owner signs in nobody else is felt; he is told once a day', async () => {
  const tries = countSignIns(store, Buffer.from('a'));
  const email = 'owner@shop.example';
  await tries.known(email, '192.0.2.1', at(0));
  const told: boolean[] = [];
  for (let i = 0; i < tryLimits.freeForStrangers; i++) {
    const taken = await tries.take(email, `198.51.100.${i}`, at(10));
    if ('waitSeconds' in taken) throw new Error('too early');
    told.push(taken.tell);
  }
  expect(told.filter(Boolean)).toHaveLength(1);
  expect(await tries.take(email, '203.0.113.9', at(10))).toEqual({ waitSeconds: 2 });
  expect(await tries.take(email, '192.0.2.1', at(10))).toMatchObject({ tell: false });
  expect(await tries.take(email, '203.0.113.10', at(60))).toMatchObject({ tell: false });
  expect(await tries.take(email, '203.0.113.11', at(60))).toEqual({ waitSeconds: 4 });
  // At a strange place he asks for a new password by mail.
  await tries.known(email, '203.0.113.77', at(60));
  expect(await tries.take(email, '203.0.113.77', at(60))).toMatchObject({ tell: false });
});

test('a hundred at once are counted as a hundred, and an account that does not exist is no different', async () => {
  const tries = countSignIns(store, Buffer.from('a'));
  const all = await Promise.all(Array.from({ length: 100 }, () => tries.take('ghost@shop.example', '10.0.0.9', at(0))));
  expect(all.filter((one) => !('waitSeconds' in one))).toHaveLength(tryLimits.freeAtNetwork);
});

test('what says nothing about the password is given back, and old rows go', async () => {
  const tries = countSignIns(store, Buffer.from('a'));
  for (let i = 0; i < 30; i++) {
    const taken = await tries.take('b@shop.example', '10.0.0.3', at(100));
    if ('waitSeconds' in taken) throw new Error('counted');
    await taken.unjudged();
  }
  await tries.take('c@shop.example', '10.0.0.4', at(2 * 24 * 60 * 60));
  const rows = await store.db.selectFrom('sign_in_try').select(['network', 'signed_in_at']).execute();
  // Those of the last test, and the networks people signed in from.
  expect(rows.filter((row) => row.signed_in_at === null)).toHaveLength(2);
  expect(JSON.stringify(rows)).not.toMatch(/shop\.example|10\.0/);
});

test('who signed in while the clock was a month ahead signs in when it is right; a guesser waits as long as ever', async () => {
  const tries = countSignIns(store, Buffer.from('a'));
  const month = 30 * 86_400;
  await tries.known('early@shop.example', '10.0.0.9', at(month));
  expect(await tries.take('early@shop.example', '10.0.0.9', at(100))).toMatchObject({ tell: false });
  for (let i = 0; i < tryLimits.freeAtNetwork; i++) await tries.take('late@shop.example', '10.0.0.9', at(month));
  expect(await tries.take('late@shop.example', '10.0.0.9', at(100))).toEqual({ waitSeconds: 2 });
});
