import type { Day } from '../days/day.ts';

/**
 * Numbers of a series from a pattern such as `FV/{n:4}/{yyyy}`. Tokens: {n} counter, {n:W} counter with at least W digits, {mm} {m}
 * month, {dd} day, {yyyy} {yy} year, {series} and {branch} words of the series.
 */
export type Reset = 'never' | 'yearly' | 'monthly' | 'daily';
export const resets: readonly Reset[] = ['never', 'yearly', 'monthly', 'daily'];

type PatternWords = { series?: string; branch?: string };

/** The longest number that authorities accept. */
const maxNumberLength = 256;
const maxCounterWidth = 12;

type Part = { text: string } | { token: string; width: number };
const tokenPattern = /\{([a-z]+)(?::(\d+))?\}/g;
const tokens = new Set(['n', 'mm', 'm', 'dd', 'yyyy', 'yy', 'series', 'branch']);

export type PatternProblem = {
  code:
    | 'empty'
    | 'unknown-token'
    | 'no-counter'
    | 'two-counters'
    | 'year-missing'
    | 'month-missing'
    | 'day-missing'
    | 'ambiguous'
    | 'width'
    | 'too-long'
    | 'braces'
    | 'blank';
  token?: string;
};

const parsed = new Map<string, Part[]>();

function parts(pattern: string): Part[] {
  const known = parsed.get(pattern);
  if (known) return known;
  const out: Part[] = [];
  let at = 0;
  for (const match of pattern.matchAll(tokenPattern)) {
    if (match.index > at) out.push({ text: pattern.slice(at, match.index) });
    out.push({ token: match[1]!, width: Number(match[2] ?? 1) });
    at = match.index + match[0].length;
  }
  if (at < pattern.length) out.push({ text: pattern.slice(at) });
  // Patterns come from people's series: a bound keeps hostile variety from filling memory.
  if (parsed.size > 1000) parsed.clear();
  parsed.set(pattern, out);
  return out;
}

/** The period whose counter a day belongs to: "2026-10" when reset monthly, "" when never. */
export function periodKey(reset: Reset, day: Day): string {
  return day.slice(0, { never: 0, yearly: 4, monthly: 7, daily: 10 }[reset]);
}

export function formatNumber(pattern: string, counter: number, day: Day, words: PatternWords = {}): string {
  if (!Number.isSafeInteger(counter) || counter < 1) throw new RangeError(`a counter starts at 1, found ${counter}`);
  return parts(pattern)
    .map((part) => ('text' in part ? part.text : value(part.token, part.width, counter, day, words)))
    .join('');
}

function value(token: string, width: number, counter: number, day: Day, words: PatternWords): string {
  switch (token) {
    case 'n':
      return String(counter).padStart(width, '0');
    case 'mm':
      return day.slice(5, 7);
    case 'm':
      return String(Number(day.slice(5, 7)));
    case 'dd':
      return day.slice(8, 10);
    case 'yyyy':
      return day.slice(0, 4);
    case 'yy':
      return day.slice(2, 4);
    case 'series':
      return words.series ?? '';
    case 'branch':
      return words.branch ?? '';
    default:
      throw new RangeError(`unknown token {${token}}`);
  }
}

/** Everything wrong with a pattern for its reset; an empty list means that its numbers can never collide. */
export function validatePattern(pattern: string, reset: Reset, words: PatternWords = {}): PatternProblem[] {
  if (pattern.trim() === '') return [{ code: 'empty' }];
  const list = parts(pattern);
  const named = list.flatMap((part) => ('token' in part ? [part] : []));
  const problems: PatternProblem[] = named
    .filter((part) => !tokens.has(part.token))
    .map((part) => ({ code: 'unknown-token', token: part.token }));
  if (list.some((part) => 'text' in part && /[{}]/.test(part.text))) problems.push({ code: 'braces' });
  // A number stands in file names, subjects and tax files: one line, no blank that nobody sees.
  if (pattern !== pattern.trim() || /[\p{C}\p{Zl}\p{Zp}<>]/u.test(pattern)) problems.push({ code: 'blank' });
  const counters = named.filter((part) => part.token === 'n').length;
  if (counters === 0) problems.push({ code: 'no-counter' });
  if (counters > 1) problems.push({ code: 'two-counters' });
  if (named.some((part) => part.token === 'n' && (part.width < 1 || part.width > maxCounterWidth))) problems.push({ code: 'width' });
  const has = (...wanted: string[]) => named.some((part) => wanted.includes(part.token));
  if (reset !== 'never' && !has('yyyy', 'yy')) problems.push({ code: 'year-missing' });
  if ((reset === 'monthly' || reset === 'daily') && !has('mm', 'm')) problems.push({ code: 'month-missing' });
  if (reset === 'daily' && !has('dd')) problems.push({ code: 'day-missing' });
  if (problems.length === 0 && runsTogether(list, words)) problems.push({ code: 'ambiguous' });
  if (problems.length === 0 && formatNumber(pattern, 10 ** maxCounterWidth - 1, '2026-12-31', words).length > maxNumberLength) {
    problems.push({ code: 'too-long' });
  }
  return problems;
}

/**
 * Two values of changing length side by side make numbers that collide: in `{n}{m}` counter 1 of November and counter 11 of January
 * are both "111". A counter of fixed width beside digits collides as well once it outgrows its width.
 */
function runsTogether(list: Part[], words: PatternWords): boolean {
  const shapes = list.map((part): string => {
    if ('text' in part) return part.text;
    if (part.token === 'n') return '#';
    if (part.token === 'm') return '~';
    if (part.token === 'series' || part.token === 'branch') return words[part.token] ?? '';
    return '0'.repeat(part.token === 'yyyy' ? 4 : 2);
  });
  // One changing value may touch digits of fixed length; two such values need a separator that is no digit between them.
  return /[#~]\d*[#~]/.test(shapes.join(''));
}

type ParsedNumber = { counter: number; year?: number; month?: number; day?: number };

/** The inverse of `formatNumber`: counter and period of a number, or undefined when it is not of this pattern. */
export function parseNumber(pattern: string, number: string, words: PatternWords = {}): ParsedNumber | undefined {
  const names: string[] = [];
  const list = parts(pattern);
  if (list.some((part) => 'token' in part && (part.width < 0 || part.width > maxCounterWidth))) return undefined;
  const source = list.map((part) => {
    if ('text' in part) return escaped(part.text);
    if (part.token === 'series' || part.token === 'branch') return escaped(words[part.token] ?? '');
    names.push(part.token);
    return (
      { n: `(\\d{${part.width},16})`, mm: '(\\d{2})', m: '(\\d{1,2})', dd: '(\\d{2})', yyyy: '(\\d{4})', yy: '(\\d{2})' }[part.token] ??
      '(?!)'
    );
  });
  const match = new RegExp(`^${source.join('')}$`).exec(number);
  if (!match) return undefined;
  const found: ParsedNumber = { counter: 0 };
  for (const [i, name] of names.entries()) {
    const n = Number(match[i + 1]);
    if (name === 'n') found.counter = n;
    else if (name === 'yyyy') found.year = n;
    else if (name === 'yy') found.year = 2000 + n;
    else if (name === 'dd') found.day = n;
    else found.month = n;
  }
  const outside = (n: number | undefined, max: number) => n !== undefined && (n < 1 || n > max);
  if (found.counter < 1 || outside(found.month, 12) || outside(found.day, 31)) return undefined;
  return sameAsWritten(pattern, found, number, words) ? found : undefined;
}

/** A wider counter than needed ("0017" for {n}) reads well but was never made by this pattern. */
function sameAsWritten(pattern: string, found: ParsedNumber, number: string, words: PatternWords): boolean {
  const pad = (n: number | undefined, width: number, otherwise: number) => String(n ?? otherwise).padStart(width, '0');
  const day = `${pad(found.year, 4, 2000)}-${pad(found.month, 2, 1)}-${pad(found.day, 2, 1)}`;
  return formatNumber(pattern, found.counter, day, words) === number;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/**
 * Could two series ever make the same number? Numbers are unique per seller across series, so a new pattern is tried against the others:
 * a number of one that the other reads as its own is a number both could make.
 */
export function mayCollide(a: { pattern: string; words?: PatternWords }, b: { pattern: string; words?: PatternWords }): boolean {
  const samples = [1, 10 ** 4 - 1, 10 ** 8 - 1].flatMap((counter) => ['2026-01-01', '2026-12-31'].map((day) => ({ counter, day })));
  const reads = (x: typeof a, y: typeof a) =>
    samples.some(({ counter, day }) => parseNumber(y.pattern, formatNumber(x.pattern, counter, day, x.words), y.words) !== undefined);
  return reads(a, b) || reads(b, a);
}
