import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addDays } from '../../domain/days/day.ts';
import { periodKey, type Reset } from '../../domain/numbering/index.ts';
import { firstNumbers } from './series.ts';

/** The promise: the numbers shown for a pattern are numbers that the series could give, so no two of them are the same. */
test('what a pattern looks like never shows one number twice', () => {
  expect(firstNumbers('FV/{n}/{yyyy}', 'yearly', '2026-03-05')).toEqual(['FV/1/2026', 'FV/2/2026', 'FV/1/2027']);
  expect(firstNumbers('FV/{n}/{mm}/{yyyy}', 'monthly', '2026-01-31')).toEqual(['FV/1/01/2026', 'FV/2/01/2026', 'FV/1/03/2026']);
  expect(firstNumbers('FV/{n}/{yyyy}', 'never', '2026-12-05')).toEqual(['FV/1/2026', 'FV/2/2026', 'FV/3/2027']);
  fc.assert(
    fc.property(fc.constantFrom<Reset>('never', 'yearly', 'monthly', 'daily'), fc.integer({ min: 0, max: 3000 }), (reset, n) => {
      const today = addDays('2024-01-01', n);
      const numbers = firstNumbers('{n}/{dd}/{mm}/{yyyy}', reset, today);
      expect(new Set(numbers).size).toBe(3);
      const [, day, month, year] = numbers[2]!.split('/');
      if (reset !== 'never') expect(periodKey(reset, `${year}-${month}-${day}`)).not.toBe(periodKey(reset, today));
    }),
  );
});
