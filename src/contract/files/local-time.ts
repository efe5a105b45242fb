/** Civil time of a zone as an instant. Offsets come from Intl and are kept by hour: a file has many times and few hours. */

const formats = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, number>();
const offsetsKept = 20_000;

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  return format;
}

/** Milliseconds the zone is ahead of UTC at an instant. */
function offsetAt(ms: number, zone: string): number {
  const part: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(ms)) part[type] = Number(value);
  return Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second) - Math.floor(ms / 1000) * 1000;
}

type CivilTime = { year: number; month: number; day: number; hour: number; minute: number; second: number; ms?: number };

/** False for the 30th of February and the 25th hour. */
function isCivilTime(t: CivilTime): boolean {
  if (t.month < 1 || t.month > 12 || t.day < 1 || t.hour > 23 || t.minute > 59 || t.second > 59 || t.year < 1970 || t.year > 2200)
    return false;
  return t.day <= new Date(Date.UTC(t.year, t.month, 0)).getUTCDate();
}

/** UTC instant (ISO 8601) of a civil time. In the hour that occurs twice the first is meant; a time skipped in spring moves forward. */
function toInstant(t: CivilTime, zone: string): string {
  const wall = Date.UTC(t.year, t.month - 1, t.day, t.hour, t.minute, t.second, t.ms ?? 0);
  if (zone === 'UTC') return new Date(wall).toISOString();
  const hour = Math.floor(wall / 3_600_000);
  const key = `${zone}|${hour}`;
  let offset = offsets.get(key);
  if (offset === undefined) {
    const start = hour * 3_600_000;
    const before = offsetAt(start - 24 * 3_600_000, zone);
    offset = offsetAt(start - before, zone) === before ? before : offsetAt(start - offsetAt(start - before, zone), zone);
    if (offsets.size >= offsetsKept) offsets.clear();
    offsets.set(key, offset);
  }
  return new Date(wall - offset).toISOString();
}

const isoZoned = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d\d:?\d\d)$/i;
const isoLocal = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?$/;
/** With slashes or points, as in 2026/11/20 and the Hungarian 2026. 11. 20. */
const yearFirst = /^(\d{4})[./] ?(\d{1,2})[./] ?(\d{1,2})\.?(?:[ T](\d{1,2}):(\d\d)(?::(\d\d))?)?$/;
const dayFirst = /^(\d{1,2})[.-](\d{1,2})[.-](\d{4})(?:[ T](\d{1,2}):(\d\d)(?::(\d\d))?)?$/;

/** American programs write the month first, with slashes and often with half days: 11/20/2026 3:05 PM. */
const slashed = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?:,?[ T](\d{1,2}):(\d\d)(?::(\d\d))?\s*([AaPp][Mm])?)?$/;

let last: { text: string; zone: string; monthFirst: boolean; instant: string | undefined } | undefined;

/**
 * Instant of a written date: ISO 8601 with a zone, or year first or day first in the given zone, with or without a time; with
 * slashes the month is first where `monthFirst` says so. Undefined when it is none of these or no such day exists.
 */
export function readInstant(text: string, zone: string, monthFirst = false): string | undefined {
  // The lines of an order mostly carry one and the same time.
  if (last?.text !== text || last.zone !== zone || last.monthFirst !== monthFirst)
    last = { text, zone, monthFirst, instant: instantOf(text, zone, monthFirst) };
  return last.instant;
}

function instantOf(text: string, zone: string, monthFirst: boolean): string | undefined {
  const zoned = isoZoned.exec(text);
  const m = zoned ?? isoLocal.exec(text);
  if (m) {
    const t = civil(m[1]!, m[2]!, m[3]!, m[4], m[5], m[6], m[7]);
    // ISO 8601 writes the end of a day as 24:00 as well.
    const endOfDay = zoned !== null && t.hour === 24 && t.minute === 0 && t.second === 0 && t.ms === 0;
    if (!isCivilTime(endOfDay ? { ...t, hour: 23 } : t)) return undefined;
    if (!zoned) return toInstant(t, zone);
    const wall = Date.parse(toInstant(t, 'UTC'));
    return new Date(wall - shift(zoned[8]!)).toISOString();
  }
  const y = yearFirst.exec(text);
  if (y) {
    const t = civil(y[1]!, y[2]!, y[3]!, y[4], y[5], y[6], undefined);
    return isCivilTime(t) ? toInstant(t, zone) : undefined;
  }
  const s = slashed.exec(text);
  if (s) {
    const [month, day] = monthFirst ? [s[1]!, s[2]!] : [s[2]!, s[1]!];
    const hour = s[7] ? String((Number(s[4]) % 12) + (s[7].toLowerCase() === 'pm' ? 12 : 0)) : s[4];
    const t = civil(s[3]!, month, day, hour, s[5], s[6], undefined);
    return isCivilTime(t) ? toInstant(t, zone) : undefined;
  }
  const d = dayFirst.exec(text);
  if (!d) return undefined;
  const t = civil(d[3]!, d[2]!, d[1]!, d[4], d[5], d[6], undefined);
  return isCivilTime(t) ? toInstant(t, zone) : undefined;
}

function civil(y: string, mo: string, d: string, h?: string, mi?: string, s?: string, fraction?: string): CivilTime {
  return {
    year: Number(y),
    month: Number(mo),
    day: Number(d),
    hour: Number(h ?? 0),
    minute: Number(mi ?? 0),
    second: Number(s ?? 0),
    ms: fraction ? Number(fraction.slice(0, 3).padEnd(3, '0')) : 0,
  };
}

function shift(zone: string): number {
  if (/^z$/i.test(zone)) return 0;
  const digits = zone.replace(/[^\d]/g, '');
  const ms = (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))) * 60_000;
  return zone.startsWith('-') ? -ms : ms;
}
