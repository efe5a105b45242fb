import { expect, test } from 'vitest';
import { countGuesses, networkOf } from './guesses.ts';

/** The promise: whoever guesses at links waits, others do not, and the memory for it has an end. */
const at = (ms: number) => new Date(ms);

test('after so many wrong ones an address waits until its time is over; another does not', () => {
  const tries = countGuesses({ wrong: 3, windowMs: 1000, addresses: 10 });
  for (let i = 0; i < 3; i++) {
    expect(tries.waitSeconds('10.0.0.1', at(i))).toBe(0);
    tries.wrong('10.0.0.1', at(i));
  }
  expect(tries.waitSeconds('10.0.0.1', at(3))).toBe(1);
  expect(tries.waitSeconds('10.0.0.2', at(3))).toBe(0);
  expect(tries.waitSeconds('10.0.0.1', at(1000))).toBe(0);
});

test('an address of IPv6 is its network, and no more are kept than the limit', () => {
  expect(networkOf('2001:db8:1:2::5')).toBe(networkOf('2001:0db8:1:2:ffff::9'));
  expect(networkOf('2001:db8:1:3::5')).not.toBe(networkOf('2001:db8:1:2::5'));
  expect(networkOf('::ffff:10.0.0.1')).toBe('10.0.0.1');
  const tries = countGuesses({ wrong: 1, windowMs: 1000, addresses: 2 });
  for (const address of ['a', 'b', 'c']) tries.wrong(address, at(0));
  expect(['a', 'b', 'c'].map((address) => tries.waitSeconds(address, at(1)))).toEqual([0, 1, 1]);
});

test('a window that a clock opened which was ahead is over when it is right', () => {
  const tries = countGuesses({ wrong: 1, windowMs: 1000, addresses: 2 });
  tries.wrong('a', at(9_000_000));
  expect(tries.waitSeconds('a', at(0))).toBe(0);
  tries.wrong('a', at(0));
  expect(tries.waitSeconds('a', at(1))).toBe(1);
});
