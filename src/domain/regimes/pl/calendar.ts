import { addDays, type Day, dayOf, weekday } from '../../days/day.ts';

/** Days off work that are the same each year; 24 December since 2025. */
const fixedHolidays = new Set(['01-01', '01-06', '05-01', '05-03', '08-15', '11-01', '11-11', '12-25', '12-26']);

/** Easter Sunday of the Gregorian calendar (anonymous algorithm of Meeus, Jones and Butcher). */
export function easter(year: number): Day {
  const a = year % 19;
  const [b, c] = [Math.floor(year / 100), year % 100];
  const g = Math.floor((8 * b + 13) / 25);
  const h = (19 * a + b - Math.floor(b / 4) - g + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const n = h + l - 7 * m + 114;
  return dayOf(year, Math.floor(n / 31), (n % 31) + 1);
}

function isHoliday(day: Day): boolean {
  const year = Number(day.slice(0, 4));
  const inYear = day.slice(5);
  if (fixedHolidays.has(inYear) || (inYear === '12-24' && year >= 2025)) return true;
  const sunday = easter(year);
  return [0, 1, 49, 60].some((offset) => addDays(sunday, offset) === day);
}

export function isWorkingDay(day: Day): boolean {
  return weekday(day) <= 5 && !isHoliday(day);
}

/** The last working day strictly before a day: the one whose exchange rate table counts (art. 31a). */
export function workingDayBefore(day: Day): Day {
  let before = addDays(day, -1);
  while (!isWorkingDay(before)) before = addDays(before, -1);
  return before;
}
