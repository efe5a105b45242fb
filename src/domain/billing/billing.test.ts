import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays, daysBetween, weekday } from '../days/day.ts';
import { toMinor } from '../money/money.ts';
import { type Bill, defaultCalendar, doneWith, dueSteps, stepName } from './dunning.ts';
import { doubles } from './duplicates.ts';
import { documentsCost, type PlanTerms, periodAt, periodOf, planChange, unusedPart } from './plans.ts';

/** The promise: what a customer is asked for is right to the cent and the day, and nobody is asked twice or too late. */
const terms = (more: Partial<PlanTerms> = {}): PlanTerms => ({
  interval: 'month',
  price: '49.00',
  included: 0,
  tiers: [],
  trialDays: 0,
  ...more,
});
const days = fc.integer({ min: 0, max: 3000 }).map((n) => addDays('2024-01-01', n));

describe('periods', () => {
  test('the 31st is the last day of shorter months and comes back', () => {
    expect([0, 1, 2, 3].map((i) => periodAt('2026-01-31', 'month', i).start)).toEqual([
      '2026-01-31',
      '2026-02-28',
      '2026-03-31',
      '2026-04-30',
    ]);
    expect(periodAt('2028-02-29', 'year', 1)).toEqual({ start: '2029-02-28', end: '2030-02-28' });
  });
  test('periods follow each other without a gap, and the period of a day holds it', () => {
    fc.assert(
      fc.property(days, fc.constantFrom('month' as const, 'year' as const), fc.integer({ min: 0, max: 800 }), (anchor, interval, later) => {
        const day = addDays(anchor, later);
        const { start, end, index } = periodOf(anchor, interval, day);
        expect(start <= day && day < end).toBe(true);
        expect(periodAt(anchor, interval, index + 1).start).toBe(end);
      }),
    );
  });
});

describe('usage', () => {
  const tiered = terms({
    price: '0.00',
    included: 10,
    tiers: [{ upTo: 100, price: '0.50' }, { upTo: 1000, price: '0.30' }, { price: '0.10' }],
  });
  test('tier by tier, beyond what is included', () => {
    expect(documentsCost(tiered, 10, 'PLN')).toEqual([]);
    expect(documentsCost(tiered, 1210, 'PLN').map((r) => [r.quantity, r.minor])).toEqual([
      [100, 5000n],
      [900, 27000n],
      [200, 2000n],
    ]);
    expect(documentsCost(terms({ tiers: [{ upTo: 5, price: '1.00' }] }), 9, 'PLN').map((r) => r.quantity)).toEqual([9]);
  });
  test('every document is priced once, and more documents never cost less', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5000 }), (n) => {
        const cost = (k: number) => documentsCost(tiered, k, 'PLN').reduce((sum, r) => sum + r.minor, 0n);
        expect(documentsCost(tiered, n, 'PLN').reduce((sum, r) => sum + r.quantity, 0)).toBe(Math.max(0, n - 10));
        expect(cost(n + 1) >= cost(n)).toBe(true);
      }),
    );
  });
});

describe('change of plan', () => {
  test('used and unused are the whole price, whatever the day', () => {
    fc.assert(
      fc.property(days, fc.bigInt({ min: 0n, max: 10n ** 9n }), fc.integer({ min: -5, max: 400 }), (anchor, price, later) => {
        const period = periodAt(anchor, 'month', 0);
        const unused = unusedPart(price, period, addDays(anchor, later));
        expect(unused >= 0n && unused <= price).toBe(true);
        if (later <= 0) expect(unused).toBe(price);
        if (addDays(anchor, later) >= period.end) expect(unused).toBe(0n);
      }),
    );
  });
  test('dearer in the middle of a month: the difference for the days that remain; there and back costs nothing', () => {
    const period = periodAt('2026-11-01', 'month', 0);
    const change = planChange(
      { plan: 'S', terms: terms({ price: '30.00' }), period },
      { plan: 'M', terms: terms({ price: '60.00' }) },
      '2026-11-16',
      'PLN',
    );
    expect(change.minor).toBe(1500n);
    expect(change.lines.map((l) => [l.name, l.gross])).toEqual([
      ['remaining', '30.00'],
      ['unused', '-15.00'],
    ]);
    expect(change.lines.reduce((sum, l) => sum + toMinor(l.gross, 'PLN'), 0n)).toBe(change.minor);
    const back = planChange(
      { plan: 'M', terms: terms({ price: '60.00' }), period },
      { plan: 'S', terms: terms({ price: '30.00' }) },
      '2026-11-16',
      'PLN',
    );
    expect(back.minor).toBe(-change.minor);
  });
  test('monthly to yearly begins a year today, less the unused days', () => {
    const period = periodAt('2026-11-01', 'month', 0);
    const change = planChange(
      { plan: 'S', terms: terms({ price: '30.00' }), period },
      { plan: 'Y', terms: terms({ interval: 'year', price: '300.00' }) },
      '2026-11-16',
      'PLN',
    );
    expect([change.minor, change.period]).toEqual([28500n, { start: '2026-11-16', end: '2027-11-16' }]);
  });
});

describe('dunning', () => {
  const bill = (more: Partial<Bill> = {}): Bill => ({
    dueDay: '2026-11-02',
    payBy: 'card',
    done: [],
    hopeless: false,
    unsettled: false,
    ...more,
  });
  const on = (b: Bill, day: string) => dueSteps(defaultCalendar, b, day).map(stepName);
  test('charges on the day and its retries; never while one is unsettled, never after a hopeless refusal', () => {
    expect(on(bill(), '2026-11-02')).toEqual(['charge:0']);
    expect(on(bill({ done: ['charge:0'] }), '2026-11-03')).toEqual([]);
    expect(on(bill({ done: ['charge:0'] }), '2026-11-04')).toEqual(['charge:2']);
    expect(on(bill({ done: ['charge:0'], unsettled: true }), '2026-11-04')).toEqual([]);
    expect(on(bill({ done: ['charge:0'], hopeless: true }), '2026-11-04')).toEqual([]);
  });
  test('no reminder at the weekend; a suspension only three days after its notice', () => {
    expect(on(bill({ payBy: 'transfer', dueDay: '2026-11-04' }), '2026-11-07')).toEqual([]);
    expect(on(bill({ payBy: 'transfer', dueDay: '2026-11-04' }), '2026-11-09')).toEqual(['remind:3']);
    const late = bill({ payBy: 'transfer', done: ['remind:3', 'remind:7', 'past-due:10'] });
    expect(on(late, '2026-11-30')).toEqual(['notice:10']);
    const told = { ...late, done: doneWith(defaultCalendar, late, dueSteps(defaultCalendar, late, '2026-11-30'), '2026-11-30') };
    expect(on(told, '2026-12-02')).not.toContain('suspend:14');
    expect(on(told, '2026-12-03')).toContain('suspend:14');
  });
  test('day by day, with days left out: each step once, in order, suspended after the notice', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 30 }),
        fc.constantFrom('card' as const, 'transfer' as const),
        (gaps, payBy) => {
          let state = bill({ payBy });
          let today = addDays(state.dueDay, -8);
          const seen: [string, string][] = [];
          for (const gap of gaps) {
            today = addDays(today, gap);
            const steps = dueSteps(defaultCalendar, state, today);
            for (const step of steps) seen.push([stepName(step), today]);
            state = { ...state, done: doneWith(defaultCalendar, state, steps, today) };
          }
          const names = seen.map(([name]) => name);
          expect(new Set(names).size).toBe(names.length);
          for (const [name, day] of seen) if (/remind|notice|announce/.test(name)) expect(weekday(day)).toBeLessThan(6);
          const [suspended, noticed] = ['suspend:14', 'notice:10'].map((n) => seen.find(([name]) => name === n)?.[1]);
          if (suspended) expect(daysBetween(noticed!, suspended)).toBeGreaterThanOrEqual(3);
        },
      ),
    );
  });
});

describe('charged twice', () => {
  const mandate = (id: string, more = {}) => ({
    id,
    customer: 'c',
    subscription: 's',
    createdAt: `2026-11-0${id}`,
    state: 'active' as const,
    ...more,
  });
  const subscription = (id: string, more = {}) => ({
    id,
    customer: 'c',
    plan: 'p',
    confirmedSecond: false,
    createdAt: `2026-11-0${id}`,
    ...more,
  });
  const charge = (id: string, more = {}) => ({
    id,
    customer: 'c',
    subscription: 's1',
    plan: 'p',
    amount: '49.00',
    currency: 'PLN',
    day: '2026-11-01',
    period: 'n',
    interval: 'month' as const,
    ...more,
  });
  const none = { mandates: [], subscriptions: [], charges: [] };
  test('two live mandates for one subscription: the newer is the second', () => {
    expect(doubles({ ...none, mandates: [mandate('2', { state: 'surplus' }), mandate('1')] })).toEqual([
      { sign: 'two-mandates', customer: 'c', first: '1', second: '2' },
    ]);
    expect(doubles({ ...none, mandates: [mandate('1'), mandate('2', { subscription: 't' })] })).toEqual([]);
  });
  test('two subscriptions of one plan for one connection, unless the customer said that he wants both', () => {
    expect(doubles({ ...none, subscriptions: [subscription('1'), subscription('2')] })).toMatchObject([
      { sign: 'two-subscriptions', first: '1', second: '2' },
    ]);
    expect(doubles({ ...none, subscriptions: [subscription('1'), subscription('2', { confirmedSecond: true })] })).toEqual([]);
    expect(doubles({ ...none, subscriptions: [subscription('1'), subscription('2', { connection: 'x' })] })).toEqual([]);
  });
  test('two charges closer than a period, also from two accounts of one company; renewals are none', () => {
    expect(doubles({ ...none, charges: [charge('a'), charge('b', { subscription: 's2', day: '2026-11-05' })] })).toMatchObject([
      { sign: 'two-charges', first: 'a', second: 'b' },
    ]);
    expect(
      doubles({ ...none, charges: [charge('a', { taxId: '1' }), charge('b', { taxId: '1', customer: 'd', subscription: 's2' })] }),
    ).toHaveLength(1);
    expect(doubles({ ...none, charges: [charge('a'), charge('b', { day: '2026-12-01', period: 'm' })] })).toEqual([]);
    expect(doubles({ ...none, charges: [charge('a'), charge('b', { subscription: 's2', day: '2026-11-25' })] })).toEqual([]);
  });
});
