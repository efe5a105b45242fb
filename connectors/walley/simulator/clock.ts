import { addDays, type Day } from '../../../src/domain/days/day.ts';

export type Start = string | Date | (() => Date);

const defaultNow = '2026-03-02T10:00:00+01:00';
const zone = 'Europe/Stockholm';

/** Stands still until advanced, or runs on a given clock and can be pushed ahead of it. */
export class SimClock {
  #base: () => number;
  #offsetMs = 0;
  readonly #initial: () => number;

  constructor(start: Start = defaultNow) {
    this.#base = typeof start === 'function' ? () => start().getTime() : fixed(start);
    this.#initial = this.#base;
  }

  now(): number {
    return this.#base() + this.#offsetMs;
  }

  set(at: number): void {
    this.#offsetMs += at - this.now();
  }

  reset(start?: string): void {
    this.#base = start === undefined ? this.#initial : fixed(start);
    this.#offsetMs = 0;
  }
}

function fixed(start: string | Date): () => number {
  const at = new Date(start).getTime();
  if (Number.isNaN(at)) throw new RangeError(`not an instant: ${String(start)}`);
  return () => at;
}

const parts = new Intl.DateTimeFormat('sv-SE', {
  timeZone: zone,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

/** Wall clock in Stockholm: `2026-03-02T10:15:00`. */
export function localTime(at: number): string {
  return parts.format(at).replace(' ', 'T').replace(' ', 'T');
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
