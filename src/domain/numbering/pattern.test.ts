import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatNumber, mayCollide, parseNumber, periodKey, type Reset, validatePattern } from './index.ts';

/** A pattern makes numbers that are unique for its reset, and every number leads back to its counter. */
const day = '2026-10-07';
const codes = (pattern: string, reset: Reset) => validatePattern(pattern, reset).map((problem) => problem.code);

describe('format and parse', () => {
  test.each([
    ['{n}/{mm}/{yyyy}', 17, '17/10/2026'],
    ['FV/{n:4}/{yyyy}', 317, 'FV/0317/2026'],
    ['FV/{n:4}/{yyyy}', 12345, 'FV/12345/2026'],
    ['{n}/KOR/{mm}/{yyyy}', 1, '1/KOR/10/2026'],
    ['{series}-{yy}{mm}{dd}-{n:3}', 5, 'B-261007-005'],
    ['{branch}.{m}.{yyyy}.{n}', 5, 'KRK.10.2026.5'],
  ])('%s with %i is %s', (pattern, counter, number) => {
    const words = { series: 'B', branch: 'KRK' };
    expect(formatNumber(pattern, counter, day, words)).toBe(number);
    expect(parseNumber(pattern, number, words)?.counter).toBe(counter);
  });

  test('a number of another shape is not read', () => {
    expect(parseNumber('FV/{n:4}/{yyyy}', 'FV/317/2026')).toBeUndefined();
    expect(parseNumber('{n}/{mm}/{yyyy}', '017/10/2026')).toBeUndefined();
    expect(parseNumber('{n}/{mm}/{yyyy}', '17/13/2026')).toBeUndefined();
    expect(parseNumber('{n}/{mm}/{yyyy}', '17/10/2026 ')).toBeUndefined();
    expect(parseNumber('F.{n}', 'FX1')).toBeUndefined();
  });

  test('a counter below one is a programming mistake', () => {
    expect(() => formatNumber('{n}', 0, day)).toThrow(RangeError);
  });
});

describe('validation', () => {
  test.each([
    ['{n}/{mm}/{yyyy}', 'monthly'],
    ['FV/{n:4}/{yyyy}', 'yearly'],
    ['{n}', 'never'],
    ['{yy}{mm}{dd}{n:4}', 'daily'],
    ['{n}/{m}/{yyyy}', 'monthly'],
  ] as const)('%s may be reset %s', (pattern, reset) => {
    expect(validatePattern(pattern, reset)).toEqual([]);
  });

  test('refuses what a file name, a subject or a tax file cannot carry', () => {
    for (const pattern of ['{n}\n', ' FV/{n}', 'FV/{n} ', 'FV\u200b{n}', '<b>{n}', 'FV\u2028{n}'])
      expect(codes(pattern, 'never')).toEqual(['blank']);
    expect(codes('FV nr {n} – ŻÓŁW', 'never')).toEqual([]);
  });

  test.each([
    ['', 'never', 'empty'],
    ['FV/{yyyy}', 'yearly', 'no-counter'],
    ['{n}/{n}', 'never', 'two-counters'],
    ['{n}/{mm}', 'monthly', 'year-missing'],
    ['{n}/{yyyy}', 'monthly', 'month-missing'],
    ['{n}/{mm}/{yyyy}', 'daily', 'day-missing'],
    ['{n}', 'yearly', 'year-missing'],
    ['{x}{n}', 'never', 'unknown-token'],
    ['{n', 'never', 'braces'],
    ['{n:0}', 'never', 'width'],
    ['{n:13}', 'never', 'width'],
    ['{n}{m}/{yyyy}', 'monthly', 'ambiguous'],
    [`${'x'.repeat(250)}{n}`, 'never', 'too-long'],
  ] as const)('%s reset %s: %s', (pattern, reset, code) => {
    expect(codes(pattern, reset)).toContain(code);
  });

  test('two series that could make one number are found', () => {
    expect(mayCollide({ pattern: 'FV/{n}/{yyyy}' }, { pattern: '{series}/{n}/{yyyy}', words: { series: 'FV' } })).toBe(true);
    expect(mayCollide({ pattern: '{n}/{mm}/{yyyy}' }, { pattern: '{n:4}/{m}/{yyyy}' })).toBe(true);
    expect(mayCollide({ pattern: 'FV/{n}/{yyyy}' }, { pattern: 'PRO/{n}/{yyyy}' })).toBe(false);
  });
});

test('periods', () => {
  expect((['never', 'yearly', 'monthly', 'daily'] as const).map((reset) => periodKey(reset, day))).toEqual([
    '',
    '2026',
    '2026-10',
    '2026-10-07',
  ]);
});

test('any valid pattern: numbers lead back, and different counters or periods make different numbers', () => {
  const piece = fc.constantFrom('{n}', '{n:4}', '{mm}', '{m}', '{yyyy}', '{yy}', '{dd}', '/', '-', 'A', '7', '.');
  const anyDay = fc.constantFrom('2026-01-01', '2026-01-11', '2026-11-01', '2026-12-31', '2027-01-01');
  const reset = fc.constantFrom<Reset>('never', 'yearly', 'monthly', 'daily');
  const counter = fc.integer({ min: 1, max: 120_000 });
  fc.assert(
    fc.property(
      fc.array(piece, { minLength: 1, maxLength: 7 }),
      reset,
      anyDay,
      anyDay,
      counter,
      counter,
      (pieces, every, one, two, a, b) => {
        const pattern = pieces.join('');
        fc.pre(validatePattern(pattern, every).length === 0);
        const number = formatNumber(pattern, a, one);
        expect(parseNumber(pattern, number)?.counter).toBe(a);
        const same = a === b && periodKey(every, one) === periodKey(every, two);
        if (!same && (a !== b || every !== 'never')) expect(formatNumber(pattern, b, two)).not.toBe(number);
      },
    ),
    { numRuns: 3000 },
  );
});
