import fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryAt } from '../contract/requests.ts';
import { afterPermit, byRightClock, decidePermit, type Gate, keptForPersons, nextPermit } from './gate.ts';

/** The promise: no minute, wherever it begins, sees more requests than the provider allows, and a person is not starved by the work of the night. */
const start = Date.UTC(2026, 10, 28, 8);
const empty = { recent: [], recent_writes: [], next_at: null };

const ask = fc.record({ afterMs: fc.integer({ min: 0, max: 4000 }), writes: fc.boolean(), person: fc.boolean() });
const gates = fc.record({
  perMinute: fc.integer({ min: 1, max: 40 }),
  writesPerMinute: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
  minGapMs: fc.option(fc.integer({ min: 1, max: 3000 }), { nil: undefined }),
});

const mostInAMinute = (times: number[]) =>
  Math.max(0, ...times.map((from) => times.filter((time) => time >= from && time < from + 60_000).length));

test('no minute sees more than the limit, none more changes than theirs, no two come closer than the gap', () => {
  fc.assert(
    fc.property(gates, fc.array(ask, { minLength: 1, maxLength: 150 }), (limits, asks) => {
      const gate: Gate = { name: 'x', ...limits };
      let row: Parameters<typeof nextPermit>[1] = empty;
      let now = start;
      const sent: { at: number; writes: boolean }[] = [];
      for (const one of asks) {
        now += one.afterMs;
        const at = nextPermit(gate, row, new Date(now), one);
        expect(at.getTime()).toBeGreaterThanOrEqual(now);
        if (at.getTime() - now > 10_000) continue;
        row = afterPermit(gate, row, at, one.writes);
        sent.push({ at: at.getTime(), writes: one.writes });
      }
      const times = sent.map((s) => s.at).sort((a, b) => a - b);
      expect(mostInAMinute(times)).toBeLessThanOrEqual(limits.perMinute);
      if (limits.writesPerMinute)
        expect(mostInAMinute(sent.filter((s) => s.writes).map((s) => s.at))).toBeLessThanOrEqual(limits.writesPerMinute);
      if (limits.minGapMs) for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBeGreaterThanOrEqual(limits.minGapMs);
    }),
    { numRuns: 200 },
  );
});

test('while work that nobody watches takes all it can, a person gets in at once', () => {
  const gate: Gate = { name: 'x', perMinute: 100 };
  let row: Parameters<typeof nextPermit>[1] = empty;
  const now = new Date(start);
  let taken = 0;
  while (nextPermit(gate, row, now, { writes: false, person: false }) <= now) {
    row = afterPermit(gate, row, now, false);
    taken++;
  }
  expect(taken).toBe(100 - keptForPersons(100));
  for (let i = 0; i < keptForPersons(100); i++) {
    expect(nextPermit(gate, row, now, { writes: false, person: true })).toEqual(now);
    row = afterPermit(gate, row, now, false);
  }
  expect(nextPermit(gate, row, now, { writes: false, person: true }).getTime()).toBeGreaterThan(start + 60_000);
});

test('a pause of the other side outlasts what went before it', () => {
  const gate: Gate = { name: 'x', perMinute: 10 };
  const until = new Date(start + 30_000);
  expect(nextPermit(gate, { ...empty, next_at: until }, new Date(start), { writes: true, person: true })).toEqual(until);
  expect(afterPermit(gate, { ...empty, next_at: until }, new Date(start), false).next_at).toEqual(until);
});

test('"Retry-After" is read in seconds and as a date; what is missing, past or absurd has bounds', () => {
  const now = new Date(start);
  const seconds = (header: string | null) => (retryAt(header, now).getTime() - start) / 1000;
  expect(seconds('30')).toBe(30);
  expect(seconds(new Date(start + 90_000).toUTCString())).toBe(90);
  expect(seconds(null)).toBe(60);
  expect(seconds('soon')).toBe(60);
  expect(seconds('0')).toBe(1);
  expect(seconds(new Date(start - 90_000).toUTCString())).toBe(1);
  expect(seconds('999999999')).toBe(86_400);
  // Their clock is an hour behind ours, or ahead: a date of theirs counts from what their clock showed.
  for (const hour of [-3_600_000, 3_600_000]) {
    const [date, until] = [0, 90_000].map((ms) => new Date(start + hour + ms).toUTCString());
    expect((retryAt(until!, now, date).getTime() - start) / 1000).toBe(90);
  }
  expect((retryAt('30', now, 'no date').getTime() - start) / 1000).toBe(30);
});

test('permits and a pause of a clock that was ahead are counted from now; those of a patient caller are left', () => {
  const gate: Gate = { name: 'x', perMinute: 10 };
  const now = new Date(start);
  const monthMs = 30 * 86_400_000;
  const at = (ms: number) => new Date(start + ms);
  const ten = Array.from({ length: 10 }, (_, i) => at(monthMs + i * 1000));
  const right = byRightClock({ recent: [at(-1000), ...ten], recent_writes: [], next_at: at(monthMs + 39_000) }, now);
  // They were sent in the last moments, and the pause that was asked for goes on for as long.
  expect(right.recent).toEqual([at(-1000), ...ten.map((_, i) => at((i - 9) * 1000))]);
  expect(right.next_at).toEqual(at(30_000));
  const soonest = nextPermit(gate, right, now, { writes: false, person: true }).getTime() - start;
  expect(soonest).toBeGreaterThan(30_000);
  expect(soonest).toBeLessThanOrEqual(61_000);
  // A rehearsal waits for as long as two minutes, and the pause stands for all others.
  const patient = { recent: [at(100_000)], recent_writes: [], next_at: at(100_000) };
  expect(byRightClock(patient, now)).toBe(patient);
});

test.each([null, 39_000])('who comes when he is told to comes through, after a burst by a clock a month ahead (pause %s)', (pauseMs) => {
  const gate: Gate = { name: 'x', perMinute: 10 };
  const ahead = start + 30 * 86_400_000;
  const recent = Array.from({ length: 10 }, (_, i) => new Date(ahead + i * 1000));
  let row: Parameters<typeof nextPermit>[1] = { recent, recent_writes: [], next_at: pauseMs && new Date(ahead + 9000 + pauseMs) } as never;
  let now = new Date(start);
  for (let steps = 0; ; steps++) {
    expect(steps).toBeLessThan(4);
    const { answer, keep } = decidePermit(gate, row, now, { writes: false, person: false });
    row = keep ?? row;
    if ('at' in answer) break;
    expect(answer.again > now).toBe(true);
    now = answer.again;
  }
  expect(now.getTime() - start).toBeLessThanOrEqual(61_000);
  if (pauseMs) expect(now.getTime() - start).toBeGreaterThanOrEqual(pauseMs);
});

test('a permit at the very end of a pause leaves the pause to all others', () => {
  const gate: Gate = { name: 'x', perMinute: 10 };
  const until = new Date(start + 100_000);
  const row = afterPermit(gate, { ...empty, next_at: until }, until, false);
  expect(nextPermit(gate, row, new Date(start + 1000), { writes: false, person: true })).toEqual(until);
});
