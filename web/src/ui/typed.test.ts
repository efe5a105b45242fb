import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatsOf } from '../format.ts';
import { decimalOf, priceOf, readDay, shownDay } from './typed.ts';

/** The promise: a day is read as its language writes it, what is no day is none, and a shown day reads back as itself. */
const languages = ['pl', 'en', 'hu', 'sv'] as const;

test('every day that is shown reads back as itself', () => {
  const day = fc
    .date({ min: new Date('1990-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
    .map((d) => d.toISOString().slice(0, 10));
  fc.assert(
    fc.property(day, fc.constantFrom(...languages), (one, language) => {
      expect(readDay(shownDay(one, language), language)).toBe(one);
    }),
  );
});

describe('days as they are typed', () => {
  test.each([
    ['3.11.2026', 'pl', '2026-11-03'],
    ['3/11/26', 'pl', '2026-11-03'],
    ['2026-11-03', 'pl', '2026-11-03'],
    ['3 Nov 2026', 'en', '2026-11-03'],
    ['2026. 11. 3.', 'hu', '2026-11-03'],
    ['26-11-03', 'sv', '2026-11-03'],
    ['31.11.2026', 'pl', null],
    ['1.2.202', 'pl', null],
    ['jutro', 'pl', null],
    ['1.2', 'pl', null],
  ] as const)('%s in %s is %s', (text, language, day) => {
    expect(readDay(text, language)).toBe(day);
  });
});

test('amounts are read with comma or point, with spaces, and never guessed', () => {
  expect(['12,50', '1 200', '1\u00a0200,5', '−3', '12.5'].map(decimalOf)).toEqual(['12.50', '1200', '1200.5', '-3', '12.5']);
  expect(['', '1,2,3', '1.200,50', 'x', '1e5'].map(decimalOf)).toEqual([undefined, undefined, undefined, undefined, undefined]);
});

test('the price of one document keeps its places, typed and shown', () => {
  expect([0.035, '0.1', 49, '0'].map(priceOf)).toEqual(['0.035', '0.10', '49.00', '0.00']);
  expect(formatsOf('en').price('0.035', 'PLN')).toBe('PLN\u00a00.035');
  expect(formatsOf('en').price('49.00', 'PLN')).toBe('PLN\u00a049.00');
});

test('the day of an instant is the day that stands beside its hour', () => {
  const instant = '2026-11-20T23:30:00-02:00';
  expect(formatsOf('sv').time(instant)).toContain(formatsOf('sv').day(instant));
  expect(formatsOf('sv').day('2026-11-20')).toBe('20 nov. 2026');
});
