import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromMinor, toMinor } from '../money/money.ts';
import type { Order } from '../orders/order.ts';
import { regimeOf } from '../regimes/index.ts';
import { recompute } from '../totals/index.ts';
import type { DocumentContent } from './document.ts';
import { orderWith, policiesFor, rate } from './fixtures/orders.ts';
import { centProof, changeKind, check, editedPaths, type Prepared, refresh, stampDays, treat } from './index.ts';
import { prepare } from './prepare-order.ts';

/** An order becomes the document its seller would write by hand, or says at a named field why it cannot. */
const today = { today: '2026-10-02' };
const scheme = regimeOf('PL').taxIdScheme;
const run = (order: Record<string, unknown> = {}, policies: Record<string, unknown> = {}) =>
  prepare(orderWith(order), policiesFor('PL', policies), today);
const made = (result: Prepared) => {
  if ('nothing' in result) throw new Error(`nothing prepared: ${result.nothing}`);
  return { ...result, codes: result.findings.map((f) => f.code) };
};
const person = { invoiceRequest: { requested: false, explicit: true } };
const line = (more: Record<string, unknown>) => ({
  id: 'x',
  name: 'Rzecz',
  quantity: '1',
  unitGross: '10.00',
  gross: '10.00',
  rate: rate('23'),
  ...more,
});
/** An order whose total is what its lines are worth. */
const only = (...lines: Record<string, unknown>[]) => ({ lines, delivery: {}, declaredTotal: undefined, payments: [] });

describe('a plain order', () => {
  test('becomes an invoice that is worth what the buyer paid', () => {
    const { content, findings } = made(run());
    expect(findings).toEqual([]);
    expect(content).toMatchObject({
      kind: 'invoice',
      language: 'pl',
      currency: 'PLN',
      saleDate: '2026-10-01',
      orderTotal: '88.37',
      buyer: { type: 'company', name: 'Wierzba i Syn sp. z o.o.', email: 'jan@example.com', country: 'PL' },
      payment: { means: 'online', paid: '88.37', paidAt: '2026-10-01T10:05:00Z' },
      totals: { gross: '88.37', payable: '0.00' },
    });
    expect(content.lines.map((l) => [l.id, l.gross])).toEqual([
      ['cup', '29.97'],
      ['book', '42.50'],
      ['delivery/S23', '6.58'],
      ['delivery/S5', '9.32'],
    ]);
  });

  test('the day of sale is the civil day in the seller’s zone', () => {
    expect(made(run({ paidAt: '2026-10-01T22:30:00Z', payments: [] })).content.saleDate).toBe('2026-10-02');
  });

  test('paid on delivery: the day of shipping, with terms until it is paid', () => {
    const cod = { paidAt: undefined, shippedAt: '2026-10-03T08:00:00Z', payments: [{ method: 'cash_on_delivery', status: 'pending' }] };
    const { content } = made(run(cod));
    expect(content).toMatchObject({ saleDate: '2026-10-03', payment: { means: 'cash_on_delivery', paid: '0.00', termsDays: 7 } });
    expect(stampDays(content, '2026-10-05')).toMatchObject({ issueDate: '2026-10-05', saleDate: '2026-10-03', dueDate: '2026-10-12' });
  });
});

describe('which document', () => {
  test('a buyer’s tax number makes a company of the buyer where the channel has no flag, also while it waits', () => {
    const buyer = {
      company: 'Ryś s.c.',
      taxIds: [{ scheme, value: '9997763175' }],
      street: 'a 1',
      postalCode: '00-001',
      city: 'W',
      country: 'PL',
      emailKind: 'none',
    };
    const silent = { buyer, invoiceRequest: { requested: false, explicit: false } };
    const company = { buyer: { type: 'company', name: 'Ryś s.c.', taxIds: [{ value: '9997763175' }] } };
    expect(made(run(silent)).content).toMatchObject({ kind: 'invoice', ...company });
    const waiting = { ...silent, status: 'open', paidAt: undefined, payments: [{ method: 'bank_transfer', status: 'pending' }] };
    expect(made(run(waiting, { waiting: 'proforma' })).content).toMatchObject({ kind: 'proforma', ...company });
  });

  test.each([
    [{}, {}, 'invoice'],
    [person, {}, 'receipt'],
    [person, { withoutRequest: 'invoice' }, 'invoice'],
    [person, { kind: 'proforma' }, 'proforma'],
    [{ status: 'open' }, { waiting: 'proforma' }, 'proforma'],
    [{ status: 'open' }, { unpaid: 'accept' }, 'invoice'],
    [{ status: 'open', ...person }, { unpaid: 'accept' }, 'receipt'],
  ])('%j under %j: %s', (order, policies, kind) => {
    expect(made(run(order, policies)).content.kind).toBe(kind);
  });

  test.each([
    [{ status: 'cancelled' }, { kind: 'invoice' }, 'skip'],
    [{ status: 'open' }, {}, 'wait'],
    [person, { withoutRequest: 'nothing' }, 'policy'],
  ])('%j under %j: nothing, for %s', (order, policies, nothing) => {
    expect(run(order, policies)).toEqual({ nothing });
  });

  test('a kind chosen for an order that is not paid holds it, a proforma does not', () => {
    const waiting = { status: 'open', paidAt: undefined, payments: [{ method: 'bank_transfer', status: 'pending' }] };
    expect(made(run(waiting, { kind: 'invoice' })).codes).toContain('H_UNPAID');
    expect(made(run(waiting, { kind: 'proforma' })).codes).not.toContain('H_UNPAID');
  });

  test('changing the kind keeps what was edited', () => {
    const { content } = made(run());
    const edited = { ...content, notes: ['Dziękujemy'] };
    expect(changeKind(edited, 'proforma')).toMatchObject({ kind: 'proforma', notes: ['Dziękujemy'], totals: content.totals });
  });
});

describe('what holds a document', () => {
  const wrong = (party: Record<string, unknown>) => {
    const base = {
      company: 'Firma',
      taxIds: [{ scheme, value: '1234563218' }],
      street: 'Wodna 5',
      postalCode: '00-950',
      city: 'Łódź',
      country: 'PL',
    };
    return { invoiceRequest: { requested: true, explicit: true, party: { ...base, ...party } } };
  };

  test.each([
    ['H_TAXID_MISSING', 'buyer.taxIds', wrong({ taxIds: [] })],
    ['H_TAXID_INVALID', 'buyer.taxIds.0', wrong({ taxIds: [{ scheme, value: '1234563219' }] })],
    ['H_TAXID_INVALID', 'buyer.taxIds.0', wrong({ taxIds: [{ scheme: 'OTHER', value: 'brak' }] })],
    ['H_BUYER_DATA', 'buyer.street', wrong({ street: ' ' })],
    ['H_BUYER_DATA', 'buyer.postalCode', wrong({ postalCode: undefined })],
    ['H_FOREIGN_VAT', 'taxTreatment', wrong({ country: 'DE', taxIds: [{ scheme: 'EU:VAT', value: 'DE123456789' }] })],
    ['H_VAT_UNKNOWN', 'lines.0.rate', only(line({ rate: undefined }))],
    ['H_RATE_NOT_IN_FORCE', 'lines.0.rate', only(line({ rate: rate('22') }))],
    ['H_RATE_NOT_IN_FORCE', 'lines.0.rate', only(line({ rate: rate('19') }))],
    ['H_ZERO_TOTAL', 'lines', only(line({ unitGross: '0', gross: '0' }))],
    ['H_NEGATIVE_TOTAL', 'lines', { ...only(line({})), adjustments: [{ kind: 'discount', name: 'Kupon', gross: '-20.00' }] }],
    ['H_TOTAL_MISMATCH', 'totals.gross', { declaredTotal: '88.38' }],
    ['H_EXCHANGE_MISSING', 'exchange', { currency: 'EUR' }],
    ['H_DOCUMENTED_ELSEWHERE', 'order', { documentedElsewhere: [{ system: 'Sklep', kind: 'invoice', number: '7', id: '7' }] }],
  ])('%s at %s', (code, where, order) => {
    const { findings } = made(run(order));
    expect(findings).toContainEqual(expect.objectContaining({ code, where, level: 'hold' }));
  });

  test('the seller’s own data', () => {
    const policies = policiesFor('PL');
    const result = made(prepare(orderWith(), { ...policies, seller: { ...policies.seller, city: '', taxIds: [] } }, today));
    expect(result.findings).toContainEqual({ code: 'H_SELLER_DATA', level: 'hold', where: 'seller.taxIds', params: { fields: 'taxIds' } });
    expect(result.findings).toContainEqual({
      code: 'W_SELLER_ADDRESS',
      level: 'warning',
      where: 'seller.city',
      params: { fields: 'city' },
    });
  });

  test('an exempt seller charges no tax', () => {
    const policies = policiesFor('PL');
    const seller = { ...policies.seller, exempt: true };
    const exempt = { category: 'E', exemptionReason: 'art. 113 ust. 1', source: 'channel' };
    const order = orderWith(only(line({}), line({ id: 'y', rate: exempt })));
    const { findings } = made(prepare(order, { ...policies, seller }, today));
    expect(findings.map((f) => [f.code, f.where])).toEqual([['H_SELLER_EXEMPT', 'lines.0.rate']]);
    // A shop that adds no tax says 0%: under the basis the seller named that is the exemption, of the delivery as well.
    const nothing = { category: 'Z', percent: '0', source: 'channel' } as const;
    const free = orderWith({ ...only(line({ rate: nothing })), delivery: { method: 'Kurier', gross: '9.99', rate: nothing } });
    const named = made(prepare(free, { ...policies, seller, exemptionReason: 'art. 113 ust. 1' }, today));
    expect(named.findings.map((f) => f.code)).not.toContain('H_SELLER_EXEMPT');
    expect(named.content.lines.map((l) => [l.rate?.category, l.rate?.exemptionReason])).toEqual(
      named.content.lines.map(() => ['E', 'art. 113 ust. 1']),
    );
    expect(made(prepare(free, { ...policies, seller }, today)).findings.map((f) => f.code)).toContain('H_SELLER_EXEMPT');
  });

  test('a finding goes away when its field is mended, findings of the order stay', () => {
    const { content } = made(run(wrong({ street: '' })));
    expect(check({ ...content, buyer: { ...content.buyer, street: 'Wodna 5' } }, today)).toEqual([]);
    expect(made(run({ findings: [{ code: 'H_MERGED', level: 'hold' }] })).codes).toEqual(['H_MERGED']);
  });

  test('a person needs no tax number, a receipt no address', () => {
    const asked = {
      invoiceRequest: {
        requested: true,
        explicit: true,
        party: { firstName: '', lastName: '', street: 'Wodna 5', postalCode: '00-950', city: 'Łódź' },
      },
    };
    const { content, codes } = made(run(asked));
    expect(codes).toEqual([]);
    expect(content.buyer).toMatchObject({ type: 'person', name: 'Jan Wierzba' });
    expect(made(run(person)).codes).toEqual([]);
  });

  test('free goods are kept with a warning', () => {
    const { content, codes } = made(run(only(line({}), line({ id: 'gift', name: 'Gratis', unitGross: '0', gross: '0' }))));
    expect(codes).toEqual(['W_ZERO_PRICE']);
    expect(content.lines).toHaveLength(2);
  });

  test('days: too early, too late, another month', () => {
    const { content } = made(run());
    const codes = (issueDate: string) => check({ ...content, issueDate }, { today: '2026-12-31' }).map((f) => f.code);
    expect(codes('2026-10-15')).toEqual([]);
    expect(codes('2026-11-02')).toEqual(['W_MONTHS_DIFFER']);
    expect(codes('2026-11-16')).toEqual(['W_ISSUE_LATE']);
    expect(codes('2026-08-01')).toContain('H_ISSUE_TOO_EARLY');
    expect(check({ ...content, issueDate: '2026-10-03' }, today).map((f) => f.code)).toContain('H_ISSUE_DATE_FUTURE');
  });

  test('money that came in an earlier month than the sale is told: the tax is of that month', () => {
    const { content } = made(run());
    const shipped = { ...content, saleDate: '2026-11-03', payment: { ...content.payment, paidAt: '2026-10-31T10:00:00Z' } };
    const found = check({ ...shipped, issueDate: '2026-11-03' }, { today: '2026-11-03' });
    expect(found).toEqual([
      { code: 'W_PAID_BEFORE', level: 'warning', where: 'saleDate', params: { paid: '2026-10-31', sale: '2026-11-03' } },
    ]);
    // Within the Union money makes no tax fall due (art. 20); elsewhere a part of it does for that part.
    const codes = (other: Partial<DocumentContent>) =>
      check({ ...shipped, ...other, issueDate: '2026-11-03' }, { today: '2026-11-03' }).map((f) => f.code);
    expect(codes({ taxTreatment: 'intra_community' })).not.toContain('W_PAID_BEFORE');
    expect(codes({ seller: { ...shipped.seller, cashAccounting: true } })).not.toContain('W_PAID_BEFORE');
    const part = recompute({ ...shipped, payment: { ...shipped.payment, paid: '1.00' } });
    expect(codes(part)).toContain('W_PAID_BEFORE');
    for (const country of ['HU', 'SE'] as const) expect(codes({ seller: { ...shipped.seller, country } })).toContain('W_PAID_BEFORE');
  });
});

describe('rates by the seller’s rules (ORDERS §2.3)', () => {
  const rates = {
    bySku: { A: { category: 'S', percent: '5', source: 'rule' } },
    byOffer: { 9: { category: 'S', percent: '8', source: 'rule' } },
    default: { category: 'S', percent: '23', source: 'default' },
  };
  test.each([
    [
      { sku: 'A', offerId: '9' },
      { percent: '5', source: 'rule' },
    ],
    [
      { sku: 'B', offerId: '9' },
      { percent: '8', source: 'rule' },
    ],
    [{}, { percent: '23', source: 'default' }],
    [
      { sku: 'A', rate: rate('8.00') },
      { percent: '8', source: 'channel' },
    ],
  ])('%j', (more, expected) => {
    expect(made(run(only(line({ rate: undefined, ...more })), { rates })).content.lines[0]!.rate).toMatchObject(expected);
  });

  test('a fixed rate for delivery, dominant, and the channel’s own', () => {
    const delivered = (policies: object, delivery = {}) =>
      made(run({ delivery: { gross: '15.90', ...delivery } }, policies as Record<string, unknown>))
        .content.lines.filter((l) => l.kind === 'delivery')
        .map((l) => `${l.rate!.percent}:${l.gross}`);
    expect(delivered({ deliveryRate: 'dominant' })).toEqual(['5:15.90']);
    expect(delivered({ deliveryRate: { category: 'S', percent: '23', source: 'rule' } })).toEqual(['23:15.90']);
    expect(delivered({ deliveryRate: 'dominant' }, { rate: rate('8') })).toEqual(['8:15.90']);
  });
});

describe('foreign buyers', () => {
  const german = {
    invoiceRequest: {
      requested: true,
      explicit: true,
      party: {
        company: 'Linde GmbH',
        taxIds: [{ scheme: 'EU:VAT', value: 'DE123456789' }],
        street: 'Weg 1',
        city: 'Berlin',
        country: 'DE',
      },
    },
  };
  const foreign = [{ countries: ['eu'], buyer: 'company', treatment: 'intra_community' }];

  test('a rule of the seller settles the tax', () => {
    const { content, codes } = made(run(german, { foreign, secondLanguage: 'en' }));
    expect(codes).toEqual([]);
    expect(content).toMatchObject({ taxTreatment: 'intra_community', secondLanguage: 'en', totals: { tax: '0.00', gross: '88.37' } });
    expect(new Set(content.lines.map((l) => l.rate!.category))).toEqual(new Set(['K']));
    expect(content.lines[0]!.rate!.exemptionReason).toBeTruthy();
  });

  test('a person’s choice does the same, and needs the buyer’s number', () => {
    const { content } = made(run(german));
    const treated = treat({ ...content, buyer: { ...content.buyer, taxIds: [] } }, 'intra_community');
    expect(check(treated, today).map((f) => f.code)).toEqual(['H_EU_VAT_MISSING']);
    expect(check(treat(content, 'domestic'), today)).toEqual([]);
  });

  test('rates that contradict the treatment hold, and leaving a treatment guesses nothing', () => {
    const { content } = made(run(german));
    // Marking the document is enough: the rates follow at the next computation, except one that a person chose.
    expect(check(recompute({ ...content, taxTreatment: 'intra_community' }), today)).toEqual([]);
    const chosen = { ...content.lines[0]!, rate: { ...rate('23'), source: 'person' as const } };
    const contradicting = recompute({ ...content, taxTreatment: 'intra_community', lines: [chosen, ...content.lines.slice(1)] });
    expect(check(contradicting, today)).toContainEqual(expect.objectContaining({ code: 'H_TREATMENT_RATES', where: 'lines.0.rate' }));
    const treated = treat(content, 'intra_community');
    expect(check(treated, today)).toEqual([]);
    const back = treat(treated, 'domestic');
    expect(check(back, today).map((f) => f.code)).toEqual(['H_VAT_UNKNOWN']);
    expect(treat(treat(content, 'reverse_charge'), 'domestic').lines[0]!.rate).toBeUndefined();
  });

  test('an exchange rate of another day is worth a look', () => {
    const { content } = made(run({ currency: 'EUR' }));
    const of = (date: string) =>
      check({ ...content, exchange: { rate: '4.25', accountingCurrency: 'PLN', source: 'bank', date } }, today).map((f) => f.code);
    expect([of('2026-09-30'), of('2026-10-01'), of('2026-09-20')]).toEqual([[], ['W_EXCHANGE_DAY'], ['W_EXCHANGE_DAY']]);
  });

  test.each([
    ['0', 'PLN'],
    ['-4.25', 'PLN'],
    ['4.25', 'CZK'],
  ])('an exchange rate of %s into %s is none', (rate, accountingCurrency) => {
    const { content } = made(run({ currency: 'EUR' }));
    const exchange = { rate, accountingCurrency, source: 'bank', date: '2026-09-30' };
    expect(check({ ...content, exchange }, today).map((f) => f.code)).toEqual(['H_EXCHANGE_MISSING']);
  });

  test('taxed at the destination: its own rates pass, another standard rate is worth a look', () => {
    const oss = { foreign: [{ countries: ['eu'], buyer: 'any', treatment: 'destination' }] };
    const goods = (percent: string) => ({ ...german, ...only(line({ rate: rate(percent) })) });
    expect(made(run(goods('19'), oss)).codes).toEqual([]);
    expect(made(run(goods('23'), oss)).codes).toEqual(['W_DESTINATION_RATE']);
  });

  test('delivery abroad counts as well', () => {
    const abroad = { delivery: { gross: '15.90', address: { street: 'Weg 1', city: 'Berlin', country: 'DE' } } };
    expect(made(run(abroad)).codes).toEqual(['H_FOREIGN_VAT']);
  });
});

describe('what an editor could leave behind', () => {
  const { content } = made(run());
  const codes = (change: Partial<DocumentContent>) => check(recompute({ ...content, ...change }), today).map((f) => [f.code, f.where]);
  test('a country that is none, and money paid below zero, hold the document at their field', () => {
    for (const country of ['ZZ', 'DD', 'EU', 'Atlantyda', 'el'])
      expect(codes({ buyer: { ...content.buyer, country }, taxTreatment: 'export' }), country).toContainEqual([
        'H_COUNTRY_UNKNOWN',
        'buyer.country',
      ]);
    expect(codes({ recipient: { taxIds: [], name: 'A', country: 'XX' } })).toContainEqual(['H_COUNTRY_UNKNOWN', 'recipient.country']);
    expect(codes({ payment: { ...content.payment, paid: '-0.01' } })).toContainEqual(['H_PAID_NEGATIVE', 'payment.paid']);
    for (const country of ['PL', 'GR', 'XI', 'XK'])
      expect(codes({ buyer: { ...content.buyer, country } }), country).not.toContainEqual(['H_COUNTRY_UNKNOWN', 'buyer.country']);
  });
});

describe('cent proof', () => {
  test('vouchers are money, whichever total the channel declares', () => {
    const payments = [
      { method: 'online', status: 'paid', amount: '38.37' },
      { method: 'voucher', status: 'paid', amount: '50.00' },
    ];
    for (const declaredTotal of ['88.37', '38.37']) {
      const { content, codes } = made(run({ payments, declaredTotal }));
      expect(codes).toEqual([]);
      expect(content).toMatchObject({ orderTotal: '88.37', payment: { paid: '88.37', means: 'online' } });
    }
  });

  test('lines that the platform sells are not on the seller’s document', () => {
    const order = orderWith({
      ...only(line({}), line({ id: 'fee', issuer: 'platform', unitGross: '3.00', gross: '3.00' })),
      declaredTotal: '13.00',
    });
    const { content, codes } = made(prepare(order, policiesFor('PL'), today));
    expect(codes).toEqual([]);
    expect(content).toMatchObject({ orderTotal: '10.00', totals: { gross: '10.00' } });
    expect(centProof(order, content)).toMatchObject({ equal: true });
  });

  test('row by row: where a document and its order part', () => {
    const order = orderWith({ adjustments: [{ kind: 'discount', name: 'Kupon', gross: '-5.00' }], declaredTotal: '83.40', payments: [] });
    const { content } = made(prepare(order, policiesFor('PL'), today));
    const edited = recompute({ ...content, lines: content.lines.map((l) => (l.id === 'cup' ? { ...l, quantity: '2' } : l)) });
    const proof = centProof(order, edited);
    expect(proof).toMatchObject({ equal: false, order: '83.40', document: '73.38', difference: '-10.02' });
    expect(proof.rows.map((row) => [row.kind, row.difference])).toEqual([
      ['line', '-9.99'],
      ['line', '0.00'],
      ['delivery', '0.00'],
      ['adjustment', '0.00'],
      ['declared', '-0.03'],
    ]);
    const sum = proof.rows.reduce((total, row) => total + toMinor(row.difference, 'PLN'), 0n);
    expect(fromMinor(sum, 'PLN')).toBe(proof.difference);
  });

  test('a shop that charges whole kronor', () => {
    const order = orderWith({
      ...only(line({ unitGross: '426.50', gross: '426.50', rate: rate('25') })),
      currency: 'SEK',
      declaredTotal: '427.00',
      payments: [{ method: 'card', status: 'paid', amount: '427.00' }],
      ...person,
      buyer: { emailKind: 'none', country: 'SE', name: 'Alva Ek' },
    });
    const { content, codes } = made(prepare(order, policiesFor('SE', { roundTo: '1' }), today));
    expect(codes).toEqual([]);
    expect(content.totals).toMatchObject({ gross: '426.50', rounding: '0.50', paid: '427.00', payable: '0.00' });
    expect(centProof(order, content).equal).toBe(true);
  });

  test('a line discounted by the channel keeps its gross', () => {
    const { content, codes } = made(run(only(line({ quantity: '3', unitGross: '20.00', gross: '49.99' }))));
    expect(codes).toEqual([]);
    expect(content.lines[0]).toMatchObject({ unitPrice: '16.663333', gross: '49.99' });
  });

  const cents = (max: number) => fc.integer({ min: 1, max }).map((n) => fromMinor(BigInt(n), 'PLN'));
  const anyOrder = fc
    .record({
      lines: fc.array(
        fc.record({ unitGross: cents(500_00), quantity: fc.integer({ min: 1, max: 20 }), percent: fc.constantFrom('23', '8', '5') }),
        {
          minLength: 1,
          maxLength: 10,
        },
      ),
      delivery: fc.option(cents(40_00)),
      fee: fc.option(cents(10_00)),
      share: fc.integer({ min: 0, max: 90 }),
      rule: fc.constantFrom('proportional', 'dominant'),
    })
    .map(({ lines, delivery, fee, share, rule }) => {
      const rows = lines.map(({ unitGross, quantity, percent }, i) => {
        const gross = fromMinor(toMinor(unitGross, 'PLN') * BigInt(quantity), 'PLN');
        return { id: `l${i}`, name: `n${i}`, quantity: String(quantity), unitGross, gross, rate: rate(percent) };
      });
      const goods = rows.reduce((sum, row) => sum + toMinor(row.gross, 'PLN'), 0n);
      const discount = (goods * BigInt(share)) / 100n;
      const adjustments = [
        ...(discount > 0n ? [{ kind: 'discount', name: 'Kupon', gross: fromMinor(-discount, 'PLN') }] : []),
        ...(fee ? [{ kind: 'fee', name: 'Pakowanie', gross: fee }] : []),
      ];
      const declaredTotal = fromMinor(goods - discount + toMinor(delivery ?? '0', 'PLN') + toMinor(fee ?? '0', 'PLN'), 'PLN');
      const order = { lines: rows, delivery: { gross: delivery ?? undefined }, adjustments, declaredTotal, payments: [] };
      return { order: orderWith(order), policies: policiesFor('PL', { deliveryRate: rule }), declaredTotal };
    });

  test('any order: the document is worth what the buyer paid, row by row', () => {
    fc.assert(
      fc.property(anyOrder, ({ order, policies, declaredTotal }) => {
        const { content, findings } = made(prepare(order, policies, today));
        expect(findings.filter((f) => f.level === 'hold')).toEqual([]);
        expect(content.totals.gross).toBe(declaredTotal);
        const proof = centProof(order, content);
        expect(proof.equal).toBe(true);
        for (const row of proof.rows) expect(toMinor(row.difference, 'PLN')).toBe(0n);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a changed order', () => {
  const changed = (content: DocumentContent, edit: (c: DocumentContent) => DocumentContent, order: Order) => {
    const kept = recompute(edit(content));
    const fresh = made(prepare(order, policiesFor('PL'), today)).content;
    const edited = editedPaths(content, kept);
    return { edited, ...refresh(kept, fresh, edited) };
  };

  test('edits of a person stay, the rest follows the order, differences are told', () => {
    const { content } = made(run());
    const result = changed(
      content,
      (c) => ({
        ...c,
        buyer: { ...c.buyer, street: 'Nowa 9' },
        lines: c.lines.map((l) => (l.id === 'cup' ? { ...l, name: 'Kubek z uchem' } : l)),
      }),
      orderWith({ delivery: { method: 'Paczkomat', gross: '9.90' }, declaredTotal: '82.37', payments: [] }),
    );
    expect(result.edited).toEqual(['buyer.street', 'lines.cup.name']);
    expect(result.content).toMatchObject({ buyer: { street: 'Nowa 9' }, orderTotal: '82.37', totals: { gross: '82.37' } });
    expect(result.content.lines[0]!.name).toBe('Kubek z uchem');
    expect(result.differences).toEqual([
      { path: 'buyer.street', order: 'Wodna 5', document: 'Nowa 9' },
      { path: 'lines.cup.name', order: 'Kubek', document: 'Kubek z uchem' },
    ]);
  });

  test('lines added and removed by a person', () => {
    const { content } = made(run());
    const extra = { ...content.lines[0]!, id: 'extra', orderLineId: undefined, unitPrice: '1.00', quantity: '1' };
    const result = changed(content, (c) => ({ ...c, lines: [...c.lines.filter((l) => l.id !== 'book'), extra] }), orderWith());
    expect(result.edited).toEqual(expect.arrayContaining(['lines.book', 'lines.extra']));
    expect(result.content.lines.map((l) => l.id).sort()).toEqual(['cup', 'delivery/S23', 'extra']);
  });

  test('an edit of a line that the order lost is told, not kept', () => {
    const { content } = made(run());
    const result = changed(
      content,
      (c) => ({ ...c, lines: c.lines.map((l) => (l.id === 'book' ? { ...l, unitPrice: '40.00' } : l)) }),
      orderWith(only({ id: 'cup', name: 'Kubek', quantity: '3', unitGross: '9.99', gross: '29.97', rate: rate('23') })),
    );
    expect(result.content.totals.gross).toBe('29.97');
    expect(result.differences).toEqual([{ path: 'lines.book.unitPrice', order: undefined, document: '40.00' }]);
  });
});
