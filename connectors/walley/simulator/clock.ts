import { addDays, type Day } from '../../../src/domain/days/day.ts';
import { localTime as timeIn } from '../../../src/testkit/service.ts';

export const defaultNow = '2026-03-02T10:00:00+01:00';

/** Wall clock in Stockholm: `2026-03-02T10:15:00`. */
export function localTime(at: number): string {
  return timeIn(at, 'Europe/Stockholm').replace(' ', 'T');
}

export function localDay(at: number): Day {
  return localTime(at).slice(0, 10);
}

/** The instant of a wall-clock time; of a repeated hour the first, of a skipped one the hour before it. */
export function instantOf(local: string): number {
  const asUtc = Date.parse(`${local}Z`);
  const guess = asUtc - offsetAt(asUtc - 3 * 3_600_000);
  return localTime(guess) === local ? guess : asUtc - offsetAt(guess);
}

function offsetAt(at: number): number {
  return Date.parse(`${localTime(at)}Z`) - Math.floor(at / 1000) * 1000;
}

/** So many calendar days later at the same time of day. */
export function plusDays(at: number, days: number): number {
  const local = localTime(at);
  return instantOf(addDays(local.slice(0, 10), days) + local.slice(10)) + (((at % 1000) + 1000) % 1000);
}

/** `2026-05-31T10:15:00+02:00` */
export function withOffset(at: number): string {
  const local = localTime(at);
  const minutes = Math.round((Date.parse(`${local}Z`) - at) / 60_000);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${local}+${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
