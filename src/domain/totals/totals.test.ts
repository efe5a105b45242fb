import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DocumentContent, documentContentSchema } from '../documents/document.ts';
import { fromMinor, toMinor } from '../money/money.ts';
import type { TaxRate } from '../orders/order.ts';
import { netUnitPrice, recompute, spreadAmount, totalsDifference } from './index.ts';

/** A document's parts always sum to its whole, and under the gross method its whole is what the buyer paid. */
const taxed = (percent: string): TaxRate => ({ category: 'S', percent, source: 'channel' });

type Line = Partial<DocumentContent['lines'][number]>;
function content(lines: Line[], more: Partial<DocumentContent> = {}): DocumentContent {
  return documentContentSchema.parse({
    kind: 'invoice',
    language: 'en',
    currency: 'PLN',
    taxMethod: 'gross',
    seller: { country: 'PL' },
    buyer: { type: 'person' },
    payment: { means: 'online' },
    totals: { net: '0', tax: '0', gross: '0', payable: '0', byRate: [] },
    ...more,
    lines: lines.map((line, i) => ({ id: `l${i}`, kind: 'goods', name: `n${i}`, quantity: '1', unit: 'x', unitPrice: '0', ...line })),
  });
}

const minor = (amount: string, currency = 'PLN') => toMinor(amount, currency);
const total = (amounts: string[], currency = 'PLN') => amounts.reduce((sum, amount) => sum + minor(amount, currency), 0n);

describe('gross method', () => {
  test.each([
    ['23', '0.01', '0.00'],
    ['23', '0.99', '0.19'],
    ['23', '219.69', '41.08'],
    ['23', '15000.01', '2804.88'],
    ['8', '9.99', '0.74'],
    ['5', '45.90', '2.19'],
    ['25.5', '125.50', '25.50'],
  ])('tax of %s%% inside %s is %s', (percent, gross, tax) => {
    expect(recompute(content([{ unitPrice: gross, rate: taxed(percent) }])).totals).toMatchObject({ gross, tax });
  });

  test('tax is taken out per rate, the remainder of net goes to the line of largest value', () => {
    const { lines, totals } = recompute(content(['1.00', '1.00', '5.02'].map((unitPrice) => ({ unitPrice, rate: taxed('23') }))));
    // 7.02 × 23 ÷ 123 = 1.3127; the lines alone would round to 0.81 + 0.81 + 4.08 = 5.70 instead of 5.71.
    expect(totals).toMatchObject({ gross: '7.02', tax: '1.31', net: '5.71' });
    expect(lines.map((line) => line.net)).toEqual(['0.81', '0.81', '4.09']);
  });

  test('deposits are a row of their own outside the tax', () => {
    const { totals } = recompute(
      content([
        { unitPrice: '39.38', rate: taxed('8') },
        { kind: 'deposit', quantity: '2', unitPrice: '3.00', rate: { category: 'O', source: 'rule' } },
      ]),
    );
    expect(totals.gross).toBe('45.38');
    expect(totals.byRate.map((row) => [row.category, row.gross, row.tax])).toEqual([
      ['S', '39.38', '2.92'],
      ['O', '6.00', '0.00'],
    ]);
  });

  test('a rate worth nothing is not shown, except when all is worth nothing', () => {
    const free = { unitPrice: '0', rate: taxed('5') };
    expect(recompute(content([free, { unitPrice: '1.23', rate: taxed('23') }])).totals.byRate.map((row) => row.percent)).toEqual(['23']);
    expect(recompute(content([free])).totals.byRate).toHaveLength(1);
  });

  test('forints: tax and net are whole, amounts paid with fractions keep them', () => {
    const whole = recompute(content([{ quantity: '300', unitPrice: '999', rate: taxed('27') }], { currency: 'HUF' }));
    expect(whole.totals).toMatchObject({ gross: '299700.00', tax: '63716.00', net: '235984.00' });
    expect(netUnitPrice(whole.lines[0]!, 'HUF')).toBe('786.613333');
    expect(recompute(content([{ unitPrice: '12.50', rate: taxed('27') }], { currency: 'HUF' })).totals.gross).toBe('12.50');
  });

  const amount = fc.integer({ min: -5_000_00, max: 200_000_00 }).map((n) => fromMinor(BigInt(n), 'PLN'));
  const anyLine = fc.record({
    unitPrice: amount,
    quantity: fc.integer({ min: 1, max: 50 }).map(String),
    rate: fc.constantFrom(taxed('23'), taxed('8'), taxed('5'), { category: 'E' as const, source: 'rule' as const }),
  });
  const shares = fc.array(fc.record({ unitPrice: amount, spread: fc.constantFrom('proportional' as const, 'dominant' as const) }), {
    maxLength: 3,
  });

  test('lines, rates and totals agree to the cent for any lines, delivery and discounts', () => {
    fc.assert(
      fc.property(
        fc.array(anyLine, { minLength: 1, maxLength: 12 }),
        shares,
        fc.constantFrom('PLN', 'HUF', 'SEK'),
        (goods, whole, currency) => {
          const spread = whole.map((share, i) => ({ ...share, id: `share-${i}`, kind: 'delivery' as const }));
          const { lines, totals } = recompute(content([...goods, ...spread], { currency }));
          const paid = [...goods, ...spread.map((s) => ({ ...s, quantity: '1' }))];
          const expected = paid.reduce((sum, line) => sum + BigInt(line.quantity) * minor(line.unitPrice, currency), 0n);
          expect(minor(totals.gross, currency)).toBe(expected);
          expect(minor(totals.net, currency) + minor(totals.tax, currency)).toBe(expected);
          for (const field of ['net', 'tax', 'gross'] as const) {
            expect(
              total(
                lines.map((line) => line[field]),
                currency,
              ),
            ).toBe(minor(totals[field], currency));
          }
          for (const line of lines) expect(minor(line.net, currency) + minor(line.tax, currency)).toBe(minor(line.gross, currency));
          for (const row of totals.byRate) {
            const rate = row.category === 'S' ? Number(row.percent) : 0;
            const exact = (Number(minor(row.net, currency)) * rate) / 100;
            // At most one step of rounding away from net × rate (en16931 §4.2).
            expect(Math.abs(Number(minor(row.tax, currency)) - exact)).toBeLessThanOrEqual(currency === 'HUF' ? 100 : 1);
          }
          expect(recompute(recompute(content([...goods, ...spread], { currency })))).toEqual(
            recompute(content([...goods, ...spread], { currency })),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('net method', () => {
  test.each([
    ['6496', '2', '23', '129.92', '29.88', '159.80'],
    ['33', '7', '23', '2.31', '0.53', '2.84'],
    ['6496', '2', '5', '129.92', '6.50', '136.42'],
  ])('%s hundredths × %s at %s%%', (price, quantity, percent, net, tax, gross) => {
    const unitPrice = fromMinor(BigInt(price), 'PLN');
    expect(recompute(content([{ unitPrice, quantity, rate: taxed(percent) }], { taxMethod: 'net' })).totals).toMatchObject({
      net,
      tax,
      gross,
    });
  });

  test('tax is added per rate, and the lines sum to it', () => {
    const { lines, totals } = recompute(
      content(
        ['1.02', '1.02', '1.02'].map((unitPrice) => ({ unitPrice, rate: taxed('23') })),
        { taxMethod: 'net' },
      ),
    );
    expect(totals.tax).toBe('0.70');
    expect(total(lines.map((line) => line.tax))).toBe(70n);
  });

  test('forints are whole per line', () => {
    const huf = (unitPrice: string, quantity: string) =>
      recompute(content([{ unitPrice, quantity, rate: taxed('27') }], { taxMethod: 'net', currency: 'HUF' })).totals;
    expect(huf('333.33', '3')).toMatchObject({ net: '1000.00', tax: '270.00', gross: '1270.00' });
    expect(huf('0.5', '1')).toMatchObject({ net: '1.00', tax: '0.00' });
  });
});

describe('delivery and discounts over rates (ORDERS §2.2)', () => {
  const over = (entries: [string, string][]) => entries.map(([percent, gross]) => ({ rate: taxed(percent), gross: minor(gross) }));
  const shown = (shares: ReturnType<typeof spreadAmount>) => shares.map((s) => `${s.rate.percent}:${fromMinor(s.gross, 'PLN')}`);

  test('in proportion by largest remainder, a tie goes to the higher rate', () => {
    expect(
      shown(
        spreadAmount(
          1n,
          over([
            ['5', '10.00'],
            ['23', '10.00'],
          ]),
          'proportional',
          'PLN',
        ),
      ),
    ).toEqual(['23:0.01']);
    expect(
      shown(
        spreadAmount(
          -1500n,
          over([
            ['23', '49.98'],
            ['5', '42.50'],
          ]),
          'proportional',
          'PLN',
        ),
      ),
    ).toEqual(['23:-8.11', '5:-6.89']);
  });

  test('dominant: the rate with the largest gross takes all', () => {
    expect(
      shown(
        spreadAmount(
          1590n,
          over([
            ['5', '42.50'],
            ['23', '29.97'],
          ]),
          'dominant',
          'PLN',
        ),
      ),
    ).toEqual(['5:15.90']);
    expect(
      shown(
        spreadAmount(
          1590n,
          over([
            ['5', '10.00'],
            ['23', '10.00'],
          ]),
          'dominant',
          'PLN',
        ),
      ),
    ).toEqual(['23:15.90']);
  });

  test('goods worth nothing: the highest rate present', () => {
    expect(
      shown(
        spreadAmount(
          990n,
          over([
            ['5', '0'],
            ['23', '0'],
          ]),
          'proportional',
          'PLN',
        ),
      ),
    ).toEqual(['23:9.90']);
  });

  test('whole forints stay whole', () => {
    const shares = spreadAmount(
      199_000n,
      [
        { rate: taxed('27'), gross: 100_000n },
        { rate: taxed('5'), gross: 200_000n },
      ],
      'proportional',
      'HUF',
    );
    expect(shares.map((s) => s.gross)).toEqual([66_300n, 132_700n]);
  });

  test('shares follow an edited rate, except one that a person set', () => {
    const first = recompute(
      content([
        { unitPrice: '10.00', rate: taxed('23') },
        { id: 'd', kind: 'delivery', unitPrice: '5.00', spread: 'proportional' },
      ]),
    );
    expect(first.lines[1]).toMatchObject({ id: 'd/S23', rate: { percent: '23' } });
    const edited = recompute({ ...first, lines: [{ ...first.lines[0]!, rate: taxed('8') }, first.lines[1]!] });
    expect(edited.lines[1]).toMatchObject({ id: 'd/S8', rate: { percent: '8' }, gross: '5.00' });
    const byPerson = { ...first.lines[1]!, rate: { category: 'S' as const, percent: '5', source: 'person' as const } };
    expect(recompute({ ...first, lines: [{ ...first.lines[0]!, rate: taxed('8') }, byPerson] }).lines[1]).toMatchObject({
      rate: { percent: '5' },
    });
  });

  test('an unknown rate of the goods leaves the delivery without a rate as well', () => {
    const { lines } = recompute(
      content([{ unitPrice: '10.00' }, { id: 'd', kind: 'delivery', unitPrice: '5.00', spread: 'proportional' }]),
    );
    expect(lines[1]!.rate).toBeUndefined();
    expect(lines[1]!.gross).toBe('5.00');
  });
});

describe('rounding of the amount due', () => {
  const due = (gross: string, currency: string, more: Partial<DocumentContent>) =>
    recompute(content([{ unitPrice: gross, rate: taxed('25') }], { currency, ...more })).totals;

  test.each([
    ['426.49', '-0.49', '426.00'],
    ['426.50', '0.50', '427.00'],
    ['426.00', '0.00', '426.00'],
    ['-10.50', '-0.50', '-11.00'],
  ])('whole kronor: %s is rounded by %s', (gross, rounding, payable) => {
    expect(due(gross, 'SEK', { roundTo: '1' })).toMatchObject({ gross, rounding, payable });
  });

  test.each([
    ['1001', '1000.00'],
    ['1002', '1000.00'],
    ['1003', '1005.00'],
    ['1007', '1005.00'],
    ['1008', '1010.00'],
  ])('forints in cash: %s becomes %s, the card pays exactly', (gross, payable) => {
    const cash = { payment: { means: 'cash' as const, paid: '0.00' } };
    expect(due(gross, 'HUF', cash).payable).toBe(payable);
    expect(due(gross, 'HUF', {}).rounding).toBe('0.00');
  });

  test.each([
    ['HUF', '1003', '501', '0.00', '502.00', '500.00'],
    ['HUF', '1003', '1000', '0.00', '3.00', '5.00'],
    ['HUF', '1003', '1005', '0.00', '-2.00', '0.00'],
  ])('in %s, of %s with %s paid otherwise, what is left is rounded', (currency, gross, paid, _, exact, payable) => {
    expect(due(gross, currency, { payment: { means: 'other', paid } }).payable).toBe(exact);
    expect(due(gross, currency, { payment: { means: 'cash', paid } }).payable).toBe(payable);
  });

  test('what is paid to the cent is not rounded', () => {
    const paid = { roundTo: '1', payment: { means: 'card' as const, paid: '426.49' } };
    expect(due('426.49', 'SEK', paid)).toMatchObject({ rounding: '0.00', payable: '0.00' });
  });
});

test('tax in the accounting currency at the stated rate', () => {
  const exchange = { rate: '4.2531', accountingCurrency: 'PLN', source: 'bank', date: '2026-10-13' };
  expect(recompute(content([{ unitPrice: '100.00', rate: taxed('23') }], { currency: 'EUR', exchange })).totals.byRate[0]).toMatchObject({
    tax: '18.70',
    taxAccounting: '79.53',
  });
});

test('a difference of totals is the mirror of its reverse', () => {
  const before = recompute(
    content([
      { unitPrice: '10.00', rate: taxed('23') },
      { unitPrice: '7.77', rate: taxed('5') },
    ]),
  ).totals;
  const after = recompute(
    content([
      { unitPrice: '4.00', rate: taxed('23') },
      { unitPrice: '1.11', rate: taxed('8') },
    ]),
  ).totals;
  const forth = totalsDifference(before, after, 'PLN');
  const back = totalsDifference(after, before, 'PLN');
  expect(forth.gross).toBe('-12.66');
  expect(forth.byRate.map((row) => [row.percent, row.gross])).toEqual([
    ['23', '-6.00'],
    ['8', '1.11'],
    ['5', '-7.77'],
  ]);
  expect(back.byRate.map((row) => minor(row.tax))).toEqual(forth.byRate.map((row) => -minor(row.tax)));
});

const shared = new URL('../../../../shared/contracts/', import.meta.url);
describe.runIf(existsSync(shared))('vectors of the contracts', () => {
  const read = (path: string) => JSON.parse(readFileSync(new URL(path, shared), 'utf8'));

  test('tax from gross and from net', () => {
    for (const v of read('poland/samples/vat-from-gross.vectors.json').vectors) {
      const { totals } = recompute(content([{ unitPrice: fromMinor(BigInt(v.gross), 'PLN'), rate: taxed(String(v.rate)) }]));
      expect([minor(totals.tax), minor(totals.net)]).toEqual([BigInt(v.tax), BigInt(v.net)]);
    }
    for (const v of read('poland/samples/vat-from-net.vectors.json').vectors) {
      const line = { unitPrice: fromMinor(BigInt(v.unit_net), 'PLN'), quantity: String(v.quantity), rate: taxed(String(v.rate)) };
      const { totals } = recompute(content([line], { taxMethod: 'net' }));
      expect([totals.net, totals.tax, totals.gross].map((a) => minor(a))).toEqual([v.net, v.tax, v.gross].map(BigInt));
    }
  });

  test('forints and euros, both methods', () => {
    for (const v of read('szamlazz/tables/rounding-vectors.json').vectors) {
      const currency = v.decimals === 0 ? 'HUF' : 'EUR';
      const taxMethod = v.mode === 'grossFirst' ? 'gross' : 'net';
      const line = { unitPrice: v.unitGross ?? v.unitNet, quantity: v.quantity, rate: taxed(v.vatPercent) };
      const { totals, lines } = recompute(content([line], { currency, taxMethod }));
      const found = [totals.net, totals.tax, totals.gross].map((a) => minor(a, currency));
      expect(found).toEqual([v.nettoErtek, v.afaErtek, v.bruttoErtek].map((a: string) => minor(a, currency)));
      if (taxMethod === 'gross') expect(netUnitPrice(lines[0]!, currency)).toBe(v.nettoEgysegar);
    }
  });
});
