/** Civil days as `YYYY-MM-DD` text. A day belongs to the organization's zone; an instant is UTC (DESIGN §5.12). */
export type Day = string;

const dayMs = 86_400_000;
const dayPattern = /^(\d{4})-(\d{2})-(\d{2})$/;

/** True for a day of the calendar: the 30th of February is none. */
export function isDay(text: unknown): text is Day {
  return typeof text === 'string' && dayPattern.test(text) && dayOfNumber(dayNumber(text)) === text;
}

/** Days since 1970-01-01. */
export function dayNumber(day: Day): number {
  const match = dayPattern.exec(day);
  if (!match) throw new RangeError(`not a day: ${day.slice(0, 40)}`);
  return Date.UTC(Number(match[1]), Number(match[2]) - 1, Number(match[3])) / dayMs;
}

/** The day of a count since 1970-01-01, by the proleptic Gregorian calendar. */
export function dayOfNumber(number: number): Day {
  const z = number + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return dayOf(year, month, day);
}

export function dayOf(year: number, month: number, day: number): Day {
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

export function addDays(day: Day, days: number): Day {
  return dayOfNumber(dayNumber(day) + days);
}

export function daysBetween(from: Day, to: Day): number {
  return dayNumber(to) - dayNumber(from);
}

/** 1 Monday … 7 Sunday. */
export function weekday(day: Day): number {
  return ((((dayNumber(day) + 3) % 7) + 7) % 7) + 1;
}

/** The n-th day of the month `months` after the day's own month. */
export function dayOfLaterMonth(day: Day, months: number, dayOfMonth: number): Day {
  const index = Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1 + months;
  return dayOf(Math.floor(index / 12), (index % 12) + 1, dayOfMonth);
}

/** Zones differ by quarters of an hour and change their offset on them: within one quarter the civil day is one. */
const quarterMs = 900_000;
const maxQuarters = 20_000;
type Zone = { format: Intl.DateTimeFormat; days: Map<number, Day> };
const zones = new Map<string, Zone>();

/** The civil day of an instant in a zone: the day changes at local midnight. */
export function civilDay(instant: string, zone: string): Day {
  const ms = Date.parse(instant);
  if (Number.isNaN(ms)) throw new RangeError(`not an instant: ${instant.slice(0, 40)}`);
  const known = zones.get(zone) ?? openZone(zone);
  const quarter = Math.floor(ms / quarterMs);
  const found = known.days.get(quarter);
  if (found) return found;
  if (known.days.size >= maxQuarters) known.days.clear();
  const day = known.format.format(ms);
  known.days.set(quarter, day);
  return day;
}

/** Is it a zone that days can be told in? */
export function isTimeZone(zone: string): boolean {
  try {
    return zone !== '' && Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }));
  } catch {
    return false;
  }
}

function openZone(zone: string): Zone {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });
  const opened = { format, days: new Map<number, Day>() };
  zones.set(zone, opened);
  return opened;
}
