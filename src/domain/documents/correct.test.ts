import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromMinor, toMinor } from '../money/money.ts';
import { recompute, totalsDifference } from '../totals/index.ts';
import type { DocumentContent } from './document.ts';
import { orderWith, policiesFor, rate } from './fixtures/orders.ts';
import {
  type CorrectionOptions,
  check,
  correct,
  finalInvoice,
  type IssuedDocument,
  invoiceFromProforma,
  merge,
  mergeRefusals,
  prepaymentInvoice,
  proposeCorrection,
  proposeFromOrder,
  splitContent,
  stampDays,
} from './index.ts';
import { prepare } from './prepare-order.ts';

/** What is done to documents after they were made: correcting, settling, merging, splitting. Nothing is lost on the way. */
const contentOf = (
  order: Record<string, unknown> = {},
  policies: Record<string, unknown> = {},
  country: 'PL' | 'HU' | 'SE' = 'PL',
): DocumentContent => {
  const result = prepare(orderWith(order), policiesFor(country, policies), { today: '2026-10-02' });
  if ('nothing' in result) throw new Error('nothing prepared');
  return result.content;
};
const issued = (content: DocumentContent, number = 'FV/1/2026'): IssuedDocument => ({
  id: `id-${number}`,
  number,
  issueDate: '2026-10-02',
  content: stampDays(content, '2026-10-02'),
});
const done = (result: ReturnType<typeof correct>) => {
  if ('refused' in result) throw new Error(result.refused);
  return result.content;
};
const because = (more: Partial<CorrectionOptions>): CorrectionOptions => ({ reason: 'Zwrot towaru', reasonCode: 'return', ...more });
const minor = (amount: string) => toMinor(amount, 'PLN');

describe('correcting', () => {
  const original = issued(contentOf());

  test('a company with a new name bears it in print, whichever of its two fields was corrected', () => {
    const company = issued({ ...original.content, buyer: { ...original.content.buyer, type: 'company', name: 'Stara', company: 'Stara' } });
    const renamed = (buyer: CorrectionOptions['buyer']) => {
      const made = done(correct(company, undefined, because({ reasonCode: 'buyer', buyer }))).buyer;
      return made.company || made.name;
    };
    expect([renamed({ name: 'Nowa' }), renamed({ company: 'Nowa' }), renamed({ name: 'A', company: 'B' })]).toEqual(['Nowa', 'Nowa', 'B']);
    expect(renamed({ city: 'Wda' })).toBe('Stara');
  });

  test('bears no earlier day than what it corrects', () => {
    const made = done(correct(original, undefined, because({ lines: [{ lineId: original.content.lines[0]!.id, quantity: '0' }] })));
    const held = (issueDate: string) => check({ ...made, issueDate }, { today: '2026-10-05' }).map((f) => f.code);
    expect(held('2026-10-01')).toContain('H_CORRECTION_BEFORE');
    expect(held('2026-10-02')).not.toContain('H_CORRECTION_BEFORE');
  });

  test('a field of the buyer that is given empty is taken away, and nothing else', () => {
    const buyer = { ...original.content.buyer, street2: 'm. 4', phone: '500600700' };
    const of = { ...original, content: { ...original.content, buyer } };
    const { street2: _, ...rest } = buyer;
    expect(done(correct(of, undefined, { reason: 'Adres', reasonCode: 'buyer', buyer: { street2: '' } })).buyer).toEqual(rest);
  });

  test('a returned cup: before, after and difference', () => {
    const content = done(correct(original, undefined, because({ lines: [{ lineId: 'cup', quantity: '1' }] })));
    expect(content).toMatchObject({
      kind: 'correction',
      correction: { correctsId: original.id, number: 'FV/1/2026', issueDate: '2026-10-02', saleDate: '2026-10-01', reasonCode: 'return' },
      totals: { gross: '68.39', payable: '-19.98' },
    });
    expect(content.correction!.before.totals).toEqual(original.content.totals);
    expect(content.correction!.difference).toMatchObject({ gross: '-19.98', tax: '-3.73', net: '-16.25' });
    expect(content.correction!.difference.byRate.map((row) => row.percent)).toEqual(['23']);
    // Delivery stays divided as it was although the goods are not.
    expect(content.lines.filter((l) => l.kind === 'delivery').map((l) => l.gross)).toEqual(['6.58', '9.32']);
    expect(content).not.toHaveProperty('issueDate');
    expect(content).not.toHaveProperty('orderTotal');
  });

  test('price, rate and buyer', () => {
    expect(
      done(correct(original, undefined, because({ lines: [{ lineId: 'book', unitPrice: '40.00' }] }))).correction!.difference.gross,
    ).toBe('-2.50');
    const byRate = done(correct(original, undefined, because({ reasonCode: 'rate', lines: [{ lineId: 'book', rate: rate('8') }] })));
    expect(byRate.correction!.difference).toMatchObject({ gross: '0.00', tax: '1.12' });
    expect(byRate.correction!.difference.byRate.map((row) => [row.percent, row.gross])).toEqual([
      ['8', '42.50'],
      ['5', '-42.50'],
    ]);
    const buyer = done(correct(original, undefined, because({ reasonCode: 'buyer', buyer: { street: 'Nowa 7' } })));
    expect(buyer.buyer.street).toBe('Nowa 7');
    expect(buyer.correction!.before.buyer.street).toBe('Wodna 5');
    expect(buyer.correction!.difference).toMatchObject({ gross: '0.00', byRate: [] });
  });

  test('the whole sale undone', () => {
    const content = done(correct(original, undefined, because({ cancel: true })));
    expect(content.totals.gross).toBe('0.00');
    expect(content.correction).toMatchObject({ reasonCode: 'cancel', difference: { gross: '-88.37' } });
  });

  test('the next correction starts from the last state and still names the original', () => {
    const first = done(correct(original, undefined, because({ lines: [{ lineId: 'cup', quantity: '1' }] })));
    const last = issued(first, 'KOR/1/2026');
    const second = done(correct(original, last, because({ lines: [{ lineId: 'cup', quantity: '0' }] })));
    expect(second.correction).toMatchObject({
      number: 'FV/1/2026',
      before: { totals: { gross: '68.39' } },
      difference: { gross: '-9.99' },
    });
  });

  test.each([
    ['nothing-changes', because({ lines: [{ lineId: 'cup', quantity: '3' }] })],
    ['unknown-line', because({ lines: [{ lineId: 'nobody', quantity: '1' }] })],
    ['above-zero', because({ lines: [{ lineId: 'cup', quantity: '-1' }] })],
  ])('%s', (refused, options) => {
    expect(correct(original, undefined, options)).toMatchObject({ refused });
  });

  test('a proforma and a correction are not corrected', () => {
    expect(correct(issued(contentOf({}, { kind: 'proforma' })), undefined, because({ cancel: true }))).toEqual({ refused: 'kind' });
    const content = done(correct(original, undefined, because({ cancel: true })));
    expect(correct(issued(content, 'KOR/1'), undefined, because({ cancel: true }))).toEqual({ refused: 'kind' });
  });

  test('before + difference = after, for any changes', () => {
    const change = fc.record({
      quantity: fc.integer({ min: 0, max: 9 }).map(String),
      unitPrice: fc.integer({ min: 1, max: 99999 }).map((n) => fromMinor(BigInt(n), 'PLN')),
    });
    fc.assert(
      fc.property(change, change, fc.constantFrom('23', '8', '5'), (a, b, percent) => {
        const lines = [
          { lineId: 'cup', ...a },
          { lineId: 'book', ...b, rate: rate(percent) },
        ];
        const content = done(correct(original, undefined, because({ lines })));
        const { before, difference } = content.correction!;
        for (const field of ['net', 'tax', 'gross'] as const) {
          expect(minor(before.totals[field]) + minor(difference[field])).toBe(minor(content.totals[field]));
          expect(difference.byRate.reduce((sum, row) => sum + minor(row[field]), 0n)).toBe(minor(difference[field]));
        }
        const back = totalsDifference(content.totals, before.totals, 'PLN');
        expect(minor(back.gross)).toBe(-minor(difference.gross));
      }),
      { numRuns: 200 },
    );
  });
});

test('more than was charged is never taken back', () => {
  const original = issued(contentOf());
  expect(correct(original, undefined, because({ lines: [{ lineId: 'cup', unitPrice: '-999.00' }] }))).toEqual({ refused: 'above-zero' });
  const content = done(correct(original, undefined, because({ lines: [{ lineId: 'cup', quantity: '1' }] })));
  const wrong = recompute({ ...content, lines: content.lines.map((line) => ({ ...line, unitPrice: `-${line.unitPrice}` })) });
  expect(check(wrong, { today: '2026-10-02' }).map((f) => f.code)).toContain('H_NEGATIVE_TOTAL');
});

describe('a correction proposed from a refund', () => {
  const order = orderWith();
  const base = contentOf();
  const refund = (more: object) => ({ externalId: 'R', at: '2026-10-05T00:00:00Z', status: 'SUCCESS', amount: '0', lines: [], ...more });
  const propose = (more: object) => proposeCorrection(base, order, refund(more), 'Zwrot');
  const difference = (options: CorrectionOptions) => done(correct(issued(base), undefined, options)).correction!.difference.gross;

  test('quantities lower quantities, delivery lowers delivery', () => {
    const { options, unexplained } = propose({ amount: '25.89', lines: [{ lineExternalId: 'L1', quantity: '1' }], delivery: '15.90' });
    expect(unexplained).toBe('0.00');
    expect(options.lines).toContainEqual({ lineId: 'cup', quantity: '2' });
    expect(difference(options)).toBe('-25.89');
  });

  test('amounts lower prices', () => {
    const { options, unexplained } = propose({ amount: '4.00', lines: [{ lineExternalId: 'L1', gross: '4.00' }] });
    expect([unexplained, options.reasonCode]).toEqual(['0.00', 'price']);
    expect(difference(options)).toBe('-4.00');
  });

  test('the whole amount without rows undoes the whole', () => {
    const { options } = propose({ amount: '88.37' });
    expect(options).toMatchObject({ cancel: true });
    expect(difference(options)).toBe('-88.37');
  });

  test('what no row explains is left to a person', () => {
    expect(propose({ amount: '10.00' })).toMatchObject({ unexplained: '10.00', options: { lines: [] } });
    expect(propose({ amount: '19.98', lines: [{ lineExternalId: 'L1', quantity: '1' }] }).unexplained).toBe('9.99');
  });
});

describe('documents that follow another', () => {
  test('the invoice after a proforma', () => {
    const proforma = issued(contentOf({}, { kind: 'proforma' }), 'PRO/1');
    const invoice = invoiceFromProforma(proforma);
    expect(invoice).toMatchObject({ kind: 'invoice', proforma: { number: 'PRO/1' }, totals: { gross: '88.37' } });
    expect(invoice).not.toHaveProperty('issueDate');
  });

  test('prepayment: tax out of what was received, over the rates of the order', () => {
    const content = prepaymentInvoice(contentOf(), '50.00', '2026-10-02');
    expect(content).toMatchObject({
      kind: 'prepayment',
      saleDate: '2026-10-02',
      totals: { gross: '50.00', payable: '0.00' },
      ordered: { gross: '88.37' },
    });
    expect(content.totals.byRate.map((row) => [row.percent, row.gross, row.tax])).toEqual([
      ['23', '20.68', '3.87'],
      ['5', '29.32', '1.40'],
    ]);
  });

  test('final: the whole order less its prepayments, rate by rate', () => {
    const order = contentOf({ payments: [{ method: 'bank_transfer', status: 'paid', amount: '50.00' }] }, { unpaid: 'accept' });
    const first = issued(prepaymentInvoice(order, '20.00', '2026-10-02'), 'ZAL/1');
    const second = issued(prepaymentInvoice(order, '30.00', '2026-10-03'), 'ZAL/2');
    const result = finalInvoice(order, [first, second]);
    if ('refused' in result) throw new Error(result.refused);
    const { content } = result;
    expect(result.nothingLeft).toBe(false);
    expect(content).toMatchObject({ kind: 'final', totals: { gross: '38.37', paid: '0.00', payable: '38.37' } });
    expect(content.prepayments.map((p) => [p.number, p.gross])).toEqual([
      ['ZAL/1', '20.00'],
      ['ZAL/2', '30.00'],
    ]);
    for (const field of ['net', 'tax', 'gross'] as const) {
      const prepaid = minor(first.content.totals[field]) + minor(second.content.totals[field]);
      expect(minor(content.totals[field])).toBe(minor(order.totals[field]) - prepaid);
      expect(content.lines.reduce((sum, l) => sum + minor(l[field]), 0n)).toBe(minor(content.totals[field]));
    }
    expect(recompute(content)).toEqual(content);
    const undone = done(correct(issued(content, 'FV/9'), undefined, because({ cancel: true })));
    expect(undone).toMatchObject({ totals: { gross: '0.00' }, correction: { difference: { gross: '-38.37' } } });
  });

  test('prepayments that cover all leave nothing; more than the order is refused', () => {
    const order = contentOf();
    const whole = issued(prepaymentInvoice(order, '88.37', '2026-10-02'), 'ZAL/1');
    expect(finalInvoice(order, [whole])).toMatchObject({ nothingLeft: true, content: { totals: { gross: '0.00', tax: '0.00' } } });
    expect(finalInvoice(order, [whole, whole])).toEqual({ refused: 'more-than-the-order' });
    expect(finalInvoice(order, [])).toEqual({ refused: 'no-prepayments' });
  });
});

describe('merging', () => {
  const other = () => contentOf({ externalId: 'A-2', paidAt: '2026-10-20T10:00:00Z' });

  test('sales of one buyer and month become one document worth both', () => {
    const result = merge([contentOf(), other()]);
    if ('refused' in result) throw new Error(result.refused.join());
    expect(result.content).toMatchObject({
      orderTotal: '176.74',
      saleDate: '2026-10-20',
      totals: { gross: '176.74', paid: '176.74' },
      notes: ['Zamówienie: A-1, A-2'],
    });
    expect(new Set(result.content.lines.map((l) => l.id)).size).toBe(result.content.lines.length);
  });

  test.each([
    ['sale-month', { paidAt: '2026-11-02T10:00:00Z' }, {}],
    ['kind', {}, { kind: 'proforma' }],
    ['currency', { currency: 'EUR' }, {}],
    [
      'buyer',
      { invoiceRequest: { requested: true, explicit: true, party: { firstName: 'Ewa', lastName: 'Klon', city: 'Łódź', country: 'PL' } } },
      {},
    ],
    ['receipt', { documentedElsewhere: [{ system: 'till', kind: 'receipt', number: '1', id: '1' }] }, {}],
  ])('refused: %s', (refusal, order, policies) => {
    expect(mergeRefusals([contentOf(), contentOf(order, policies)])).toContain(refusal);
    expect(merge([contentOf(), contentOf(order, policies)])).toHaveProperty('refused');
  });

  test('one alone is not merged', () => {
    expect(mergeRefusals([contentOf()])).toEqual(['too-few']);
  });
});

describe('splitting', () => {
  test('both parts are worth what the one was', () => {
    const content = contentOf();
    const result = splitContent(content, [
      { lineId: 'cup', quantity: '1' },
      { lineId: 'book', quantity: '1' },
    ]);
    if ('refused' in result) throw new Error(result.refused);
    const [rest, taken] = result.parts;
    expect([rest.totals.gross, taken.totals.gross]).toEqual(['35.88', '52.49']);
    expect([rest.orderTotal, taken.orderTotal]).toEqual(['35.88', '52.49']);
    expect([rest.payment.paid, taken.payment.paid]).toEqual(['35.88', '52.49']);
    expect(rest.lines.map((l) => l.id)).toEqual(['cup', 'delivery/S23', 'delivery/S5']);
  });

  test('odd prices: whatever is taken, not a cent appears or goes', () => {
    const money = fc.integer({ min: 100, max: 99999 });
    fc.assert(
      fc.property(money, fc.integer({ min: 2, max: 9 }), fc.integer({ min: 1, max: 8 }), (cents, quantity, wanted) => {
        fc.pre(wanted < quantity);
        const gross = fromMinor(BigInt(cents), 'PLN');
        const lines = [{ id: 'a', name: 'A', quantity: String(quantity), unitGross: gross, gross, rate: rate('23') }];
        const content = contentOf({ lines, delivery: {}, declaredTotal: gross, payments: [] });
        const result = splitContent(content, [{ lineId: 'a', quantity: String(wanted) }]);
        if ('refused' in result) return expect(result.refused).toBe('rounding');
        expect(minor(result.parts[0].totals.gross) + minor(result.parts[1].totals.gross)).toBe(BigInt(cents));
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    ['nothing', []],
    ['unknown-line', [{ lineId: 'nobody', quantity: '1' }]],
    ['quantity', [{ lineId: 'cup', quantity: '4' }]],
    ['quantity', [{ lineId: 'cup', quantity: '0' }]],
  ])('refused: %s', (refused, taken) => {
    expect(splitContent(contentOf(), taken)).toMatchObject({ refused });
  });

  test('everything is not a part, and split payment is not evaded', () => {
    const content = contentOf({ delivery: {}, declaredTotal: undefined, payments: [] });
    const all = content.lines.map((l) => ({ lineId: l.id, quantity: l.quantity }));
    expect(splitContent(content, all)).toEqual({ refused: 'everything' });
    expect(splitContent({ ...content, splitPayment: true }, all.slice(1))).toEqual({ refused: 'split-payment' });
  });
});

test('Hungarian and Swedish documents are made by the same functions', () => {
  const buyer = { emailKind: 'none', country: 'HU', name: 'Próba Anna' };
  const tickets = {
    currency: 'HUF',
    buyer,
    invoiceRequest: {
      requested: true,
      explicit: true,
      party: { name: 'Próba Anna', street: 'Minta utca 1.', postalCode: '1111', city: 'Budapest', country: 'HU' },
    },
    lines: [
      { id: 't', name: 'Napijegy', quantity: '2', unitGross: '9000', gross: '18000', rate: rate('18') },
      { id: 'f', name: 'Kezelési költség', kind: 'service', quantity: '1', unitGross: '1800', gross: '1800', rate: rate('27') },
    ],
    delivery: {},
    declaredTotal: '19800',
    payments: [{ method: 'card', status: 'paid', amount: '19800' }],
  };
  const content = contentOf(tickets, {}, 'HU');
  expect(content).toMatchObject({ language: 'hu', totals: { gross: '19800.00', net: '16671.00', tax: '3129.00' } });
  expect(content.lines.map((l) => l.unit)).toEqual(['db', 'db']);
  // Exempt by person or by activity: the channel did not say, so it is asked.
  const exempt = (key?: string) => {
    const lines = [{ ...tickets.lines[0], rate: { category: 'E', percent: '0', source: 'channel', ...(key && { key }) } }];
    return check(contentOf({ ...tickets, lines, declaredTotal: '18000', payments: [] }, {}, 'HU'), { today: '2026-10-01' }).map(
      (f) => f.code,
    );
  };
  expect([exempt(), exempt('TAM')]).toEqual([['H_EXEMPTION_BASIS'], []]);
});

describe('a correction proposed from a changed order', () => {
  const base = contentOf({ delivery: { tracking: [] } });
  const first = base.lines[0]!;
  const others = base.lines.slice(1);
  const now = (lines: DocumentContent['lines']) => recompute({ ...base, lines });

  test('says nothing when order and document agree', () => {
    expect(proposeFromOrder(base, contentOf({ delivery: { tracking: [] } }), '')).toBeUndefined();
  });
  test('names the rows that became fewer, that are gone and that are new', () => {
    expect(proposeFromOrder(base, now([{ ...first, quantity: '0.5' }, ...others]), '')).toEqual({
      reason: '',
      reasonCode: 'return',
      lines: [{ lineId: first.id, quantity: '0.5' }],
    });
    expect(proposeFromOrder(base, now(others.length > 0 ? others : [{ ...first, id: 'x' }]), '')?.lines).toContainEqual({
      lineId: first.id,
      quantity: '0',
    });
    expect(proposeFromOrder(base, now([...base.lines, { ...first, id: 'new' }]), '')?.added?.map((l) => l.id)).toEqual(['new']);
  });
  test('leads to what the order asks for, whatever changed', () => {
    const next = now([{ ...first, unitPrice: '1.99' }, ...others]);
    const options = proposeFromOrder(base, next, 'x')!;
    expect(options.reasonCode).toBe('price');
    expect(done(correct(issued(base), undefined, options)).totals.gross).toBe(next.totals.gross);
  });
  test('an order that is gone undoes the whole document', () => {
    expect(proposeFromOrder(base, undefined, '')).toMatchObject({ cancel: true });
  });
});
