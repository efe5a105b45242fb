import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromMinor, sum, toMinor } from '../money/money.ts';
import {
  type Action,
  allows,
  creditsOf,
  enact,
  everything,
  foresee,
  ledgerSums,
  leftOf,
  type Part,
  partMoves,
  partStates,
  partSums,
  picksOf,
  type RowInput,
  startStates,
  stateOf,
  sumsOfRows,
  taxInside,
  toldApart,
} from './index.ts';

/**
 * The promise: whatever is done with a claim, its ledger adds up to the smallest unit: what was ordered and adjusted is pending, owed,
 * credited or lapsed, no unit of goods is lost or counted twice, and the tax of parts and credits sums to the tax of the whole.
 */
const terms = { dueDays: 14, extendDays: 10, pendingDays: 90 };
const currency = 'SEK';
const now = { at: '2026-03-02T09:00:00.000Z', today: '2026-03-02' };

const rowArbitrary: fc.Arbitrary<RowInput> = fc.record({
  articleId: fc.constantFrom('A', 'B', 'C', 'D', 'E'),
  name: fc.constant('vara'),
  quantity: fc.integer({ min: 1, max: 9 }),
  unitPrice: fc.integer({ min: -20_000, max: 90_000 }).map((minor) => fromMinor(BigInt(minor), currency)),
  vat: fc.constantFrom('25', '12', '6', '0'),
});
const rowsArbitrary = fc
  .array(rowArbitrary, { minLength: 1, maxLength: 6 })
  .map(toldApart)
  .filter((rows) => toMinor(sumsOfRows(rows, currency).gross, currency) > 0n);

type Step = { verb: Action['verb']; at: number; rows: RowInput[]; pick: number[]; amount: number };
const stepArbitrary: fc.Arbitrary<Step> = fc.record({
  verb: fc.constantFrom('activate', 'cancel', 'replace', 'send', 'extend', 'credit', 'adjust'),
  at: fc.nat(20),
  rows: rowsArbitrary,
  pick: fc.array(fc.nat(9), { minLength: 6, maxLength: 6 }),
  amount: fc.integer({ min: -30_000, max: 30_000 }),
});

function actionOf(parts: Part[], step: Step): Exclude<Action, { verb: 'add' }> {
  const part = parts[step.at % parts.length]!;
  const picks = part.rows.flatMap((row, i) => {
    const quantity = Math.min(step.pick[i % 6]!, leftOf(row));
    return quantity > 0 ? [{ row: i, quantity }] : [];
  });
  const some = picks.length > 0 && step.amount % 3 !== 0 ? { picks } : {};
  const seq = { part: part.seq };
  switch (step.verb) {
    case 'replace':
      return { verb: 'replace', ...seq, rows: step.rows };
    case 'send':
      return { verb: 'send', ...seq, by: 'post' };
    case 'adjust':
      return {
        verb: 'adjust',
        ...seq,
        articleId: 'ADJ',
        name: 'justering',
        amount: fromMinor(BigInt(step.amount || 1), currency),
        vat: '25',
      };
    case 'activate':
    case 'credit':
      return { verb: step.verb, ...seq, ...some };
    default:
      return { verb: step.verb as 'cancel' | 'extend', ...seq };
  }
}

/** Everything that holds at any time. */
function adds(parts: Part[]): void {
  const minor = (amount: string) => toMinor(amount, currency);
  const s = ledgerSums(parts, currency);
  expect(minor(s.ordered) + minor(s.adjusted)).toBe(minor(s.pending) + minor(s.active) + minor(s.credited) + minor(s.lapsed));
  for (const part of parts) {
    const own = partSums(part, currency);
    expect(minor(own.total) + minor(own.adjusted)).toBe(minor(own.credited) + minor(own.remaining.gross));
    expect(minor(own.remaining.gross)).toBeGreaterThanOrEqual(0n);
    const { byRate, net, tax, gross } = own.remaining;
    expect(sum(byRate.map((r) => minor(r.gross)))).toBe(minor(gross));
    expect(minor(net) + minor(tax)).toBe(minor(gross));
    for (const rate of byRate) expect(minor(rate.tax)).toBe(taxInside(minor(rate.gross), rate.vat));
    for (const row of part.rows) expect(leftOf(row)).toBeGreaterThanOrEqual(0);
  }
  expect(parts.filter((p) => p.state === 'pending').length).toBeLessThanOrEqual(1);
}

describe('the ledger', () => {
  it('adds up after any sequence of verbs, and what was foreseen is what happens', () => {
    fc.assert(
      fc.property(rowsArbitrary, fc.array(stepArbitrary, { maxLength: 12 }), (rows, steps) => {
        let parts = enact([], { verb: 'add', rows }, { number: '1' }, now.at, currency);
        adds(parts);
        let number = 1;
        for (const step of steps) {
          const action = actionOf(parts, step);
          const foresight = foresee(parts, action, terms, now, currency);
          if (foresight.findings.some((f) => f.level === 'hold')) {
            expect(foresight.after).toEqual(foresight.before);
            continue;
          }
          const before = parts;
          parts = enact(parts, action, { newNumber: String(++number) }, now.at, currency);
          adds(parts);
          expect(ledgerSums(parts, currency)).toEqual(foresight.after);
          expect(stateOf(parts)).toBe(stateOf(foresight.parts));
          // Activation moves money from pending to owed, to the unit, and loses no goods on the way.
          if (action.verb === 'activate') {
            const old = before.find((p) => p.seq === action.part)!;
            const came = parts.filter((p) => p.seq === action.part || !before.some((b) => b.seq === p.seq));
            expect(sum(came.flatMap((p) => p.rows.map((r) => BigInt(r.quantity))))).toBe(sum(old.rows.map((r) => BigInt(r.quantity))));
            expect(came[0]!.number).toBe(old.number);
          }
          // The tax of what was credited and of what is left is the tax of what there was.
          if (action.verb === 'credit') {
            const [was, is] = [before, parts].map((list) => partSums(list.find((p) => p.seq === action.part)!, currency).remaining);
            expect(toMinor(foresight.amount.tax, currency)).toBe(toMinor(was!.tax, currency) - toMinor(is!.tax, currency));
            expect(toMinor(foresight.amount.gross, currency)).toBe(toMinor(was!.gross, currency) - toMinor(is!.gross, currency));
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  it('crediting article by article gives the sums of crediting all at once', () => {
    fc.assert(
      fc.property(
        rowsArbitrary.filter((rows) => rows.every((r) => !r.unitPrice.startsWith('-'))),
        (rows) => {
          const start = enact(
            enact([], { verb: 'add', rows }, { number: '1' }, now.at, currency),
            { verb: 'activate', part: 1 },
            {},
            now.at,
            currency,
          );
          const whole = enact(start, { verb: 'credit', part: 1 }, {}, now.at, currency);
          let parts = start;
          for (const pick of everything(start[0]!))
            for (let unit = 0; unit < pick.quantity; unit++)
              if (parts[0]!.state === 'active')
                parts = enact(parts, { verb: 'credit', part: 1, picks: [{ row: pick.row, quantity: 1 }] }, {}, now.at, currency);
          expect(ledgerSums(parts, currency)).toEqual(ledgerSums(whole, currency));
          expect(parts[0]!.state).toBe('credited');
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('the life cycle', () => {
  it('reaches every state from a start, and leads out of none that is final', () => {
    const reached = new Set<string>(startStates);
    for (let n = 0; n < partStates.length; n++)
      for (const move of partMoves) if (move.from.some((s) => reached.has(s))) reached.add(move.to);
    expect([...reached].sort()).toEqual([...partStates].sort());
    for (const state of ['credited', 'replaced', 'cancelled', 'expired', 'rejected'] as const)
      expect(partMoves.filter((m) => m.from.includes(state))).toEqual([]);
  });

  it('says why a verb cannot be used instead of letting it be tried', () => {
    const parts = enact(
      [],
      { verb: 'add', rows: [{ articleId: 'A', name: 'vara', quantity: 2, unitPrice: '10.00', vat: '25' }] },
      { number: '7', state: 'on_hold' },
      now.at,
      currency,
    );
    expect(allows('on_hold', 'activate')).toBe(false);
    const code = (action: Action) => foresee(parts, action, terms, now, currency).findings[0]?.code;
    expect(code({ verb: 'activate', part: 1 })).toBe('H_VERB_ON_HOLD');
    expect(code({ verb: 'cancel', part: 1 })).toBe('W_CANCEL_FOR_GOOD');
    expect(code({ verb: 'activate', part: 9 })).toBe('H_PART_UNKNOWN');
    expect(code({ verb: 'add', rows: [{ articleId: 'A', name: 'b', quantity: 1, unitPrice: '1.00', vat: '0' }] })).toBe(
      'H_RECEIVABLE_EXISTS',
    );
  });

  it('foresees totals, tax and due date of a part shipment, of an extension and of a credit', () => {
    const rows = [
      { articleId: 'SKU-1', name: 'Tröja', quantity: 2, unitPrice: '199.00', vat: '25' },
      { articleId: 'FRAKT', name: 'Frakt', quantity: 1, unitPrice: '49.00', vat: '25' },
      { articleId: 'GIFT', name: 'Presentkort', quantity: 1, unitPrice: '-50.00', vat: '0' },
    ];
    const added = enact([], { verb: 'add', rows }, { number: '100' }, now.at, currency);
    const part = foresee(
      added,
      {
        verb: 'activate',
        part: 1,
        picks: [
          { row: 0, quantity: 1 },
          { row: 1, quantity: 1 },
        ],
      },
      terms,
      now,
      currency,
    );
    expect(part).toMatchObject({
      whole: false,
      amount: { gross: '248.00', tax: '49.60', net: '198.40' },
      rest: { gross: '149.00' },
      dueDate: { after: '2026-03-16' },
      after: { pending: '149.00', active: '248.00', ordered: '397.00' },
    });
    const active = enact(added, { verb: 'activate', part: 1 }, { dueDate: '2026-03-16' }, now.at, currency);
    expect(foresee(active, { verb: 'extend', part: 1 }, terms, now, currency)).toMatchObject({
      dueDate: { before: '2026-03-16', after: '2026-03-26' },
      findings: [{ code: 'W_EXTEND_SPARINGLY', level: 'warning' }],
    });
    const extended = enact(active, { verb: 'extend', part: 1 }, { dueDate: '2026-03-26' }, now.at, currency);
    expect(foresee(extended, { verb: 'extend', part: 1 }, terms, now, currency).findings[0]?.code).toBe('H_ALREADY_EXTENDED');
    expect(foresee(active, { verb: 'credit', part: 1, picks: [{ row: 0, quantity: 1 }] }, terms, now, currency)).toMatchObject({
      whole: false,
      amount: { gross: '199.00', tax: '39.80' },
      after: { active: '198.00', credited: '199.00' },
    });
    expect(
      foresee(active, { verb: 'adjust', part: 1, articleId: 'X', name: 'x', amount: '0.01', vat: '25' }, terms, now, currency).findings[0]
        ?.code,
    ).toBe('H_ADJUST_OUT_OF_RANGE');
  });
});

describe('naming goods', () => {
  it('finds the part that holds them, the oldest first, and takes no more than was shipped', () => {
    const rows = [{ articleId: 'A', name: 'vara', quantity: 3, unitPrice: '10.00', vat: '25' }];
    let parts = enact([], { verb: 'add', rows }, { number: '1' }, now.at, currency);
    parts = enact(parts, { verb: 'activate', part: 1, picks: [{ row: 0, quantity: 1 }] }, { newNumber: '2' }, now.at, currency);
    parts = enact(parts, { verb: 'activate', part: 2 }, {}, now.at, currency);
    expect(creditsOf(parts, [{ articleId: 'A', quantity: 2 }])).toEqual([
      { part: 1, picks: [{ row: 0, quantity: 1 }] },
      { part: 2, picks: [{ row: 0, quantity: 1 }] },
    ]);
    expect(creditsOf(parts, [{ articleId: 'A', quantity: 4 }])).toBeUndefined();
    expect(picksOf(parts[1]!, [{ articleId: 'A', quantity: 2 }])).toEqual([{ row: 0, quantity: 2 }]);
    expect(picksOf(parts[1]!, [{ articleId: 'A', quantity: 3 }])).toBeUndefined();
  });

  it('tells apart an article at two prices, the same way each time', () => {
    const rows = toldApart([
      { articleId: 'A', name: 'vara', quantity: 1, unitPrice: '10.00', vat: '25' },
      { articleId: 'A', name: 'vara', quantity: 1, unitPrice: '9.00', vat: '25' },
      { articleId: 'A', name: 'vara', quantity: 2, unitPrice: '10.00', vat: '25' },
    ]);
    expect(rows.map((r) => r.articleId)).toEqual(['A', 'A~2', 'A']);
  });
});
