import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addDays, civilDay, dayNumber, dayOfLaterMonth, dayOfNumber, daysBetween, isDay, weekday } from './day.ts';

/** Days are counted by the calendar and taken in the zone of the organization. */
test('days and their numbers', () => {
  expect([dayNumber('1970-01-01'), dayNumber('2026-11-22')]).toEqual([0, 20779]);
  fc.assert(fc.property(fc.integer({ min: -200_000, max: 200_000 }), (n) => dayNumber(dayOfNumber(n)) === n));
  expect(addDays('2024-02-28', 2)).toBe('2024-03-01');
  expect(addDays('2026-01-01', -1)).toBe('2025-12-31');
  expect(daysBetween('2026-03-28', '2026-03-30')).toBe(2);
  expect(['2026-11-22', '2026-11-23', '1969-12-31'].map(weekday)).toEqual([7, 1, 3]);
  expect([dayOfLaterMonth('2026-12-31', 1, 15), dayOfLaterMonth('2026-01-31', 0, 1)]).toEqual(['2027-01-15', '2026-01-01']);
});

test('what is no day', () => {
  expect(['2026-02-29', '2026-13-01', '2026-1-1', '', 20260101].map(isDay)).toEqual([false, false, false, false, false]);
  expect(isDay('2024-02-29')).toBe(true);
  expect(() => addDays('tomorrow', 1)).toThrow(RangeError);
});

test('the day changes at local midnight, in summer and in winter', () => {
  expect(civilDay('2026-07-31T21:59:59Z', 'Europe/Warsaw')).toBe('2026-07-31');
  expect(civilDay('2026-07-31T22:00:00Z', 'Europe/Warsaw')).toBe('2026-08-01');
  expect(civilDay('2026-12-31T22:59:59.999Z', 'Europe/Warsaw')).toBe('2026-12-31');
  expect(civilDay('2026-12-31T23:00:00Z', 'Europe/Warsaw')).toBe('2027-01-01');
  expect(civilDay('2026-11-20T10:12:31+01:00', 'Europe/Budapest')).toBe('2026-11-20');
  expect(civilDay('2026-01-01T18:20:00Z', 'Asia/Kolkata')).toBe('2026-01-01');
  expect(civilDay('2026-01-01T18:30:00Z', 'Asia/Kolkata')).toBe('2026-01-02');
  expect(() => civilDay('yesterday', 'Europe/Warsaw')).toThrow(RangeError);
});
