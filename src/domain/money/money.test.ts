import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareDecimal,
  decimal,
  divide,
  extend,
  fitsCurrency,
  fixed,
  fromMinor,
  isDecimal,
  scaled,
  split,
  sum,
  toMinor,
} from './money.ts';

/** Money is exact: nothing is lost between text and minor units, and parts sum to the whole. */
describe('text and minor units', () => {
  test('there and back', () => {
    fc.assert(fc.property(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), (n) => toMinor(fromMinor(n, 'PLN'), 'PLN') === n));
    expect([fromMinor(-5n, 'PLN'), fromMinor(1549n, 'SEK'), fromMinor(7n, 'JPY')]).toEqual(['-0.05', '15.49', '7']);
    expect([decimal({ value: 1500n, scale: 3 }), decimal({ value: -5n, scale: 2 }), decimal({ value: 0n, scale: 2 })]).toEqual([
      '1.5',
      '-0.05',
      '0',
    ]);
  });

  test('short and long texts are read alike', () => {
    const digits = fc.stringMatching(/^-?\d{1,20}(\.\d{1,12})?$/);
    fc.assert(
      fc.property(digits, (text) => {
        const [whole, fraction = ''] = text.split('.') as [string, string?];
        expect(scaled(text)).toEqual({ value: BigInt(whole + fraction), scale: fraction.length });
      }),
      { numRuns: 1000 },
    );
    const edge = 2n ** 53n;
    for (const n of [edge - 1n, edge, edge + 1n, -edge]) expect(toMinor(fromMinor(n, 'PLN'), 'PLN')).toBe(n);
    for (const wrong of ['-', '.', '-.5', '5.', '1.2.3', '--1', '1-', '']) expect(() => scaled(wrong)).toThrow(RangeError);
  });

  test('only plain decimal numbers', () => {
    for (const right of ['0', '-1', '12.50', '0.000001']) expect(isDecimal(right)).toBe(true);
    for (const wrong of ['', '1e3', '1,5', '+1', '.5', '1.', ' 1', 'NaN', 5, '1'.repeat(31)]) expect(isDecimal(wrong)).toBe(false);
    expect(() => scaled('12,50')).toThrow(RangeError);
  });

  test('what fits a currency', () => {
    expect([fitsCurrency('1.20', 'PLN'), fitsCurrency('1.200', 'PLN'), fitsCurrency('1.205', 'PLN'), fitsCurrency('1.5', 'JPY')]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

test('rounding is half away from zero, so that a correction mirrors its original', () => {
  expect([divide(5n, 10n), divide(-5n, 10n), divide(4n, 10n), divide(-14n, -10n)]).toEqual([1n, -1n, 0n, 1n]);
  expect([toMinor('1.005', 'PLN'), toMinor('-1.005', 'PLN')]).toEqual([101n, -101n]);
  expect([extend('3', '16.663333', 'PLN'), extend('0.333', '9.99', 'PLN')]).toEqual([4999n, 333n]);
  expect(fixed({ value: 12345n, scale: 4 }, 2)).toBe('1.23');
  expect(() => divide(1n, 0n)).toThrow(RangeError);
});

test('decimals compare by value', () => {
  expect([compareDecimal('1.50', '1.5'), compareDecimal('-2', '1'), compareDecimal('0.10', '0.09')]).toEqual([0, -1, 1]);
});

describe('splitting', () => {
  test('parts sum to the whole and differ from their exact share by less than one', () => {
    const weights = fc.array(fc.bigInt({ min: 0n, max: 10n ** 9n }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 10n), max: 10n ** 10n }), weights, (amount, by) => {
        const parts = split(amount, by);
        const total = sum(by);
        expect(sum(parts)).toBe(amount);
        if (total === 0n) return;
        parts.forEach((part, i) => {
          const off = part * total - amount * by[i]!;
          expect(off < total && off > -total).toBe(true);
        });
      }),
    );
  });

  test('a tie goes to the earlier, and nothing to weigh by gives all to the first', () => {
    expect(split(1n, [1n, 1n])).toEqual([1n, 0n]);
    expect(split(10n, [1n, 1n, 1n])).toEqual([4n, 3n, 3n]);
    expect(split(9n, [0n, 0n])).toEqual([9n, 0n]);
  });
});
