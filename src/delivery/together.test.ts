import { expect, test } from 'vitest';
import { together } from './together.ts';

/** Items that wait share the next call; each gets its own result, and a bad one harms only itself. */
const plainly = <T>(_key: string, body: (scope: undefined) => Promise<T>) => body(undefined);

test('what waits while the work is under way is done together, by key and up to the limit', async () => {
  const calls: [string, number[]][] = [];
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const double = together(
    plainly,
    async (_scope, key, items: number[]) => {
      calls.push([key, items]);
      if (calls.length === 1) await held;
      return items.map((item) => item * 2);
    },
    3,
  );
  const first = double('a', 1);
  await new Promise(setImmediate);
  const rest = [2, 3, 4, 5].map((item) => double('a', item));
  const other = double('b', 10);
  expect(await other, 'another key does not wait').toBe(20);
  release();
  expect(await Promise.all([first, ...rest])).toEqual([2, 4, 6, 8, 10]);
  expect(calls).toEqual([
    ['a', [1]],
    ['b', [10]],
    ['a', [2, 3, 4]],
    ['a', [5]],
  ]);
});

test('a batch that fails is done one by one', async () => {
  const work = together(plainly, async (_scope, _key, items: number[]) => {
    if (items.includes(2)) throw new Error('two');
    return items;
  });
  const outcomes = await Promise.allSettled([1, 2, 3].map((item) => work('a', item)));
  expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason.message))).toEqual([1, 'two', 3]);
  expect(await work('a', 4), 'and the next one goes on').toBe(4);
});

test('whoever comes while the transaction opens is in it, and one that does not open fails those who asked', async () => {
  let opens = (_: boolean) => {};
  const calls: number[][] = [];
  const work = together(
    async <T>(_key: string, body: (scope: undefined) => Promise<T>) => {
      if (!(await new Promise<boolean>((resolve) => (opens = resolve)))) throw new Error('shut');
      return body(undefined);
    },
    async (_scope, _key, items: number[]) => {
      calls.push(items);
      return items;
    },
  );
  const first = work('a', 1);
  await new Promise(setImmediate);
  const second = work('a', 2);
  opens(true);
  expect(await Promise.all([first, second])).toEqual([1, 2]);
  expect(calls).toEqual([[1, 2]]);
  const third = work('a', 3);
  await new Promise(setImmediate);
  opens(false);
  await expect(third).rejects.toThrow('shut');
});
