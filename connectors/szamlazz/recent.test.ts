import { expect, test } from 'vitest';
import { Recent } from './recent.ts';

/** The promise: an answer is kept for as long as it was meant to be, whatever the clock does: "not there" of hours ago is no proof. */
test('an answer that was kept while the clock was ahead is none when it is right', () => {
  const recent = new Recent<string>(60_000);
  recent.set('find', 'absent', new Date(3 * 3_600_000));
  expect(recent.get('find', new Date(3 * 3_600_000 + 59_000))).toBe('absent');
  expect(recent.get('find', new Date(3 * 3_600_000 + 60_000))).toBeUndefined();
  expect(recent.get('find', new Date(0))).toBeUndefined();
});
