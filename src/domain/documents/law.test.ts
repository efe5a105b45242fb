import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromMinor, toMinor } from '../money/money.ts';
import { rateOfKey, regimeOf, requiredPhrases } from '../regimes/index.ts';
import { recompute } from '../totals/index.ts';
import type { DocumentContent, DocumentLine } from './document.ts';
import { orderWith, policiesFor, rate } from './fixtures/orders.ts';
import {
  acceptable,
  changeKind,
  check,
  completeDraft,
  correct,
  documentDraftSchema,
  finalInvoice,
  invoiceFromProforma,
  merge,
  prepaymentInvoice,
  proposeCorrection,
  proposeFromRefunds,
} from './index.ts';
import { prepare } from './prepare-order.ts';

/** The promise: what the law decides is decided so on every way to a document, and what only the seller can know holds it. */
type Country = 'PL' | 'HU' | 'SE';
const currencies = { PL: 'PLN', HU: 'HUF', SE: 'SEK' } as const;
const companies = {
  PL: { type: 'company', name: 'Klient', country: 'PL', taxIds: [{ scheme: 'PL:NIP', value: '9992223333' }] },
  HU: { type: 'company', name: 'Vevő Kft.', country: 'HU', taxIds: [{ scheme: 'HU:ADOSZAM', value: '10000001-2-51' }] },
  SE: { type: 'company', name: 'Kund AB', country: 'SE', taxIds: [{ scheme: 'SE:ORGNR', value: '5599999991' }] },
};
const german = { type: 'company', name: 'Käufer GmbH', country: 'DE', taxIds: [{ scheme: 'EU:VAT', value: 'DE811191002' }] };
const today = { today: '2026-11-20' };

function draft(country: Country, more: Record<string, unknown>, exempt = false): DocumentContent {
  const policies = policiesFor(country);
  const seller = { ...policies.seller, ...(exempt && { exempt }) };
  const lines = [
    { name: 'Kubek', quantity: '1', unitPrice: '12.30', rate: rate(country === 'HU' ? '27' : country === 'SE' ? '25' : '23') },
  ];
  const given = { kind: 'invoice', saleDate: '2026-11-20', buyer: companies[country], lines, ...more };
  return completeDraft(documentDraftSchema.parse(given), { ...policies, seller }, currencies[country]);
}
const codes = (content: DocumentContent) => check(content, today).map((f) => f.code);
const issued = (content: DocumentContent, number = 'FV/1') => ({ id: `id-${number}`, number, issueDate: '2026-11-20', content });
const done = (made: ReturnType<typeof correct>) => {
  if ('refused' in made) throw new Error(made.refused);
  return made.content;
};

describe('where a sale goes and how it is taxed', () => {
  const placed = (taxTreatment: string, buyer: object, recipient?: object) =>
    codes(draft('PL', { taxTreatment, buyer, ...(recipient && { recipient: { name: 'X', taxIds: [], ...recipient } }) })).filter((code) =>
      code.startsWith('H_TREATMENT'),
    );
  const american = { type: 'company', name: 'Buyer Inc.', country: 'US', taxIds: [] };

  test('parts of member states are outside the tax, Monaco is inside, and a person may know better', () => {
    const at = (country: string, postalCode: string) => ({ ...german, country, postalCode, city: 'X', street: 'Y 1' });
    for (const [country, code] of [
      ['ES', '35001'],
      ['ES', '38 002'],
      ['ES', '51001'],
      ['FI', 'AX-22100'],
      ['IT', '23041'],
      ['IT', 'I-22061'],
      ['FR', '97110'],
      ['GR', '630 86'],
      ['DE', '27498'],
    ] as const) {
      expect(placed('export', at(country, code)), `${country} ${code}`).toEqual([]);
      expect(placed('intra_community', at(country, code)), `${country} ${code}`).toEqual(['H_TREATMENT_PLACE']);
    }
    expect(placed('export', at('ES', '28001'))).toEqual(['H_TREATMENT_PLACE']);
    expect(placed('export', at('MC', '98000'))).toEqual(['H_TREATMENT_PLACE']);
    expect(placed('intra_community', at('MC', '98000'))).toEqual([]);
    expect(placed('export', at('IM', 'IM1 1AA'))).toEqual([]);
    expect(acceptable.has('H_TREATMENT_PLACE')).toBe(true);
  });

  test('an export leaves the Union', () => {
    expect(placed('export', german)).toEqual(['H_TREATMENT_PLACE']);
    expect(placed('export', companies.PL, { country: 'FR' })).toEqual(['H_TREATMENT_PLACE']);
    expect(placed('export', american)).toEqual([]);
    expect(placed('export', german, { country: 'CH' })).toEqual([]);
    // Handed to a carrier here or next door, and sold to a buyer outside: how it left is on the customs papers.
    expect(placed('export', american, { country: 'DE' })).toEqual([]);
  });

  test('a supply within the Union arrives in it', () => {
    expect(placed('intra_community', german)).toEqual([]);
    expect(placed('intra_community', german, { country: 'CH' })).toEqual(['H_TREATMENT_PLACE']);
    expect(placed('intra_community', { ...german, country: 'US' })).toEqual(['H_TREATMENT_PLACE']);
    expect(placed('intra_community', { ...german, country: 'US' }, { country: 'DE' })).toEqual([]);
    const belfast = { ...german, country: 'GB', taxIds: [{ scheme: 'EU:VAT', value: 'XI123456789' }] };
    expect(placed('intra_community', belfast)).toEqual([]);
  });

  test('at home a reverse charge is the country’s own, and Poland has none any more', () => {
    const home = (country: Country) =>
      draft(country, { taxTreatment: 'reverse_charge', lines: [{ name: 'X', quantity: '1', unitPrice: '100' }] });
    expect(codes(home('PL'))).toContain('H_TREATMENT_AT_HOME');
    expect(home('HU').lines[0]!.rate).toMatchObject({ category: 'AE', key: 'F.AFA', exemptionReason: 'Fordított adózás' });
    expect(home('SE').lines[0]!.rate).toMatchObject({ category: 'AE' });
    expect([...codes(home('HU')), ...codes(home('SE'))].filter((code) => code.startsWith('H_TREATMENT'))).toEqual([]);
    const person = { ...home('HU'), buyer: { type: 'person' as const, name: 'Vevő', country: 'HU', taxIds: [] } };
    expect(codes(person)).toContain('H_TREATMENT_AT_HOME');
    const abroad = recompute({ ...home('HU'), buyer: { ...german, type: 'company' } });
    expect(abroad.lines[0]!.rate).toMatchObject({ category: 'AE', exemptionReason: 'Fordított adózás, Áfa tv. 37. §' });
  });

  test('a business outside the Union is asked for no number of it: its purchase bears the rate outside the tax', () => {
    const buyer = { ...american, street: 'Main St 1', city: 'Austin' };
    for (const country of ['PL', 'HU', 'SE'] as const) {
      const { outsideUnion } = regimeOf(country);
      const held = check(
        draft(country, { buyer, taxTreatment: 'reverse_charge', lines: [{ name: 'X', quantity: '1', unitPrice: '100' }] }),
        today,
      );
      expect(held.filter((f) => f.level === 'hold')).toMatchObject([
        { code: 'H_REVERSE_CHARGE_OUTSIDE', where: 'taxTreatment', params: { country: 'US', rate: outsideUnion } },
      ]);
      // The remedy is one.
      const lines = [{ name: 'X', quantity: '1', unitPrice: '100', rate: rateOfKey(regimeOf(country), outsideUnion, 'person') }];
      const mended = check(draft(country, { buyer, taxTreatment: 'domestic', lines }), today);
      expect(
        mended.filter((f) => f.level === 'hold'),
        country,
      ).toEqual([]);
    }
    // Registered in the Union it has a number of it; within the Union the number is asked for.
    const asked = (more: object) => {
      const lines = [{ name: 'X', quantity: '1', unitPrice: '100' }];
      return check(draft('PL', { buyer: { ...buyer, ...more }, taxTreatment: 'reverse_charge', lines }), today).filter(
        (f) => f.level === 'hold',
      );
    };
    expect(asked({ taxIds: german.taxIds })).toEqual([]);
    expect(asked({ country: 'DE' })).toMatchObject([{ code: 'H_EU_VAT_MISSING' }]);
  });

  test('the seller’s number within the Union is asked for where the law wants it', () => {
    const asks = (content: DocumentContent) => codes(content).includes('W_SELLER_EU_NUMBER');
    const own = (content: DocumentContent, more: object[] = []): DocumentContent => ({
      ...content,
      seller: { ...content.seller, taxIds: [...companies[content.seller.country as Country].taxIds, ...more] as never },
    });
    expect([asks(own(draft('SE', {}))), asks(own(draft('HU', {}))), asks(own(draft('PL', {})))]).toEqual([true, false, false]);
    expect(asks(own(draft('SE', {}), [{ scheme: 'EU:VAT', value: 'SE559999999101' }]))).toBe(false);
    expect(asks(own(draft('SE', { kind: 'receipt' })))).toBe(false);
    const lines = [{ name: 'X', quantity: '1', unitPrice: '10' }];
    expect(asks(own(draft('HU', { buyer: german, taxTreatment: 'intra_community', lines })))).toBe(true);
    expect(asks(own(draft('HU', { taxTreatment: 'reverse_charge', lines })))).toBe(false);
  });

  test('an exempt seller has no rate of zero either', () => {
    for (const category of ['Z', 'K', 'G'] as const) {
      const lines = [{ name: 'X', quantity: '1', unitPrice: '10', rate: { category, percent: '0', source: 'person' } }];
      expect(codes(draft('PL', { lines }, true)), category).toContain('H_SELLER_EXEMPT');
    }
    const lines = [{ name: 'X', quantity: '1', unitPrice: '10', rate: { category: 'E', exemptionReason: 'art. 113', source: 'person' } }];
    expect(codes(draft('PL', { lines }, true))).not.toContain('H_SELLER_EXEMPT');
  });
});

describe('split payment goes with the goods of annex 15', () => {
  const line = { name: 'Dysk', quantity: '10', unitPrice: '2000', rate: rate('23'), splitPayment: true };
  const ordered = draft('PL', { lines: [line] });
  const proforma = draft('PL', { kind: 'proforma', lines: [line] });

  test('from a proforma, an advance and the rest', () => {
    expect([ordered.splitPayment, proforma.splitPayment]).toEqual([true, false]);
    expect(invoiceFromProforma(issued(proforma, 'PRO/1')).splitPayment).toBe(true);
    expect(changeKind(proforma, 'invoice').splitPayment).toBe(true);
    // The advance has no goods of its own: what it is an advance on decides.
    const advance = prepaymentInvoice({ ...ordered, splitPayment: false }, '16000.00', '2026-11-20');
    expect(advance.splitPayment).toBe(true);
    expect(codes({ ...advance, splitPayment: false })).toContain('H_SPLIT_PAYMENT');
    const small = prepaymentInvoice({ ...proforma, splitPayment: false }, '1000.00', '2026-11-20');
    expect(small.splitPayment).toBe(false);
    const final = finalInvoice({ ...ordered, splitPayment: false }, [issued(small, 'ZAL/1')]);
    expect('content' in final && final.content.splitPayment).toBe(true);
  });

  test('two sales that reach the limit together', () => {
    const half = draft('PL', { lines: [{ ...line, quantity: '5' }] });
    expect(half.splitPayment).toBe(false);
    const both = merge([half, half]);
    expect('content' in both && both.content.splitPayment).toBe(true);
  });
});

describe('a correction of an invoice that lacks the mark of split payment', () => {
  test('bears it where it is due, and keeps none where it is not', () => {
    const order = draft('PL', { lines: [{ name: 'Dysk', quantity: '10', unitPrice: '3000', rate: rate('23'), splitPayment: true }] });
    const before = { ...prepaymentInvoice(order, '20000.00', '2026-11-10'), splitPayment: false };
    const to = (unitPrice: string) =>
      done(
        correct(issued(before, 'ZAL/1'), undefined, {
          reason: 'Cena',
          reasonCode: 'price',
          lines: [{ lineId: before.lines[0]!.id, unitPrice }],
        }),
      );
    expect(to('18000').splitPayment).toBe(true);
    expect(codes(to('18000'))).not.toContain('H_SPLIT_PAYMENT');
    expect(to('14000').splitPayment).toBe(false);
  });
});

describe('a seller who owes tax when the money comes', () => {
  test('says so on every invoice, and the month is that of the money', () => {
    const content = draft('PL', { saleDate: '2026-11-20' });
    const cash: DocumentContent = { ...content, seller: { ...content.seller, cashAccounting: true } };
    expect(requiredPhrases(cash)).toContain('cashAccounting');
    expect(requiredPhrases({ ...cash, kind: 'proforma' })).not.toContain('cashAccounting');
    expect(requiredPhrases(content)).not.toContain('cashAccounting');
    const paid = { ...cash.payment, paid: '12.30', paidAt: '2026-12-02T10:00:00Z' };
    expect(regimeOf('PL').taxPoint(recompute({ ...cash, payment: paid }), '2026-12-03')).toBe('2026-12-02');
    expect(regimeOf('PL').taxPoint(recompute({ ...content, payment: paid }), '2026-12-03')).toBe('2026-11-20');
    // A supply within the Union and a sale taxed elsewhere have rules of their own.
    for (const taxTreatment of ['intra_community', 'destination'] as const)
      expect(requiredPhrases({ ...cash, taxTreatment })).not.toContain('cashAccounting');
  });

  test('the rest of a final invoice, what is unpaid at issue, and buyers who are no taxpayers', () => {
    const content = draft('PL', { saleDate: '2026-11-05' });
    const cash: DocumentContent = { ...content, seller: { ...content.seller, cashAccounting: true } };
    const { taxPoint, exchangeRateDay } = regimeOf('PL');
    const paid = (day: string) => ({ ...cash.payment, paid: '12.30', paidAt: `${day}T10:00:00Z` });
    expect(taxPoint(recompute({ ...cash, kind: 'final', payment: paid('2026-12-03') }), '2026-12-04')).toBe('2026-12-03');
    // Art. 31a(2): issued before the tax falls due.
    const open = { issueDate: '2026-11-10', taxPoint: taxPoint(cash, '2026-11-10') };
    expect(exchangeRateDay(open).day).toBe('2026-11-09');
    const late = { ...cash, buyer: { ...cash.buyer, type: 'person' as const }, payment: paid('2027-08-01') };
    expect(taxPoint(recompute(late), '2027-08-02')).toBe('2027-05-04');
    expect(taxPoint(recompute({ ...cash, payment: paid('2027-08-01') }), '2027-08-02')).toBe('2027-08-01');
  });
});

describe('a final invoice that is not issued yet', () => {
  const line = { name: 'Rower', quantity: '1', unitPrice: '4000', rate: rate('23') };
  const order = draft('PL', { lines: [line], payment: { means: 'bank_transfer', paid: '4000.00' } });
  const advance = (of: DocumentContent, received: string, n: number) => issued(prepaymentInvoice(of, received, '2026-11-20'), `ZAL/${n}`);
  const final = (of: DocumentContent, settled: ReturnType<typeof issued>[]) => {
    const made = finalInvoice(of, settled);
    if ('refused' in made) throw new Error(made.refused);
    return made.content;
  };

  test('may be preceded by one more advance, and is made anew from the whole order', () => {
    const first = advance(order, '1000.00', 1);
    const prepared = final(order, [first]);
    const second = advance(prepared, '500.00', 2);
    expect(second.content).toMatchObject({
      kind: 'prepayment',
      totals: { gross: '500.00' },
      ordered: { gross: '4000.00' },
      prepayments: [],
    });
    expect(second.content.ordered!.lines.map((l) => l.kind)).toEqual(['goods']);
    const anew = final(prepared, [first, second]);
    expect(anew).toEqual(final(order, [first, second]));
    expect(anew.totals).toMatchObject({ gross: '2500.00', paid: '2500.00', payable: '0.00' });
  });

  test.each([
    ['0.00', undefined],
    ['200.00', '2026-11-19T10:00:00Z'],
    ['1000.00', '2026-11-19T10:00:00Z'],
    ['4000.00', '2026-11-19T10:00:00Z'],
  ])('made anew it is what the order would give, though an advance was corrected: %s paid', (paid, paidAt) => {
    const whole = draft('PL', { lines: [line], payment: { means: 'bank_transfer', paid, ...(paidAt && { paidAt }) } });
    const first = advance(whole, '1000.00', 1);
    const smaller = { ...advance(whole, '100.00', 1), id: first.id };
    expect(final(final(whole, [first]), [smaller])).toEqual(final(whole, [smaller]));
    expect(final(final(final(whole, [first]), [smaller]), [first])).toEqual(final(whole, [first]));
    expect(advance(final(whole, [first]), '5.00', 2).content.payment).toEqual(advance(whole, '5.00', 2).content.payment);
  });

  test('advances that cover the whole order leave nothing at any rate', () => {
    const covers = (grosses: [string, string][], parts: bigint[]) => {
      const lines = grosses.map(([percent, unitPrice], i) => ({ id: `l${i}`, name: 'X', quantity: '1', unitPrice, rate: rate(percent) }));
      const whole = draft('PL', { lines });
      const all = toMinor(whole.totals.gross, 'PLN');
      const earlier: DocumentContent[] = [];
      let left = all;
      for (const [i, part] of [...parts, 0n].entries()) {
        const received = i === parts.length ? left : (all * part) / 1000n;
        if (received <= 0n || received > left) continue;
        left -= received;
        earlier.push(prepaymentInvoice(whole, fromMinor(received, 'PLN'), '2026-11-20', earlier));
      }
      const made = finalInvoice(
        whole,
        earlier.map((content, i) => issued(content, `ZAL/${i}`)),
      );
      if ('refused' in made) throw new Error(made.refused);
      expect([made.nothingLeft, made.content.totals.byRate.filter((row) => toMinor(row.gross, 'PLN') !== 0n)]).toEqual([true, []]);
    };
    covers(
      [
        ['23', '3678.51'],
        ['8', '1306.82'],
        ['5', '2240.75'],
      ],
      [250n, 250n, 250n],
    );
    const gross = fc.tuple(
      fc.constantFrom('23', '8', '5'),
      fc.integer({ min: 1, max: 500_000 }).map((minor) => fromMinor(BigInt(minor), 'PLN')),
    );
    const part = fc.integer({ min: 1, max: 900 }).map(BigInt);
    fc.assert(fc.property(fc.array(gross, { minLength: 1, maxLength: 4 }), fc.array(part, { minLength: 1, maxLength: 4 }), covers), {
      numRuns: 150,
    });
  });
});

describe('the day of a sale that a proforma announced', () => {
  test('is the day its money came, or that of the invoice', () => {
    const proforma = draft('PL', { kind: 'proforma', saleDate: '2026-10-01' });
    expect(invoiceFromProforma(issued(proforma, 'PRO/1'))).not.toHaveProperty('saleDate');
    expect(invoiceFromProforma(issued(proforma, 'PRO/1'), '2026-11-15').saleDate).toBe('2026-11-15');
  });
});

describe('no rate comes to less than nothing', () => {
  const goods = { id: 'a', name: 'Kubek', quantity: '1', unitPrice: '100', rate: rate('23') };
  const book = { id: 'b', name: 'Książka', quantity: '1', unitPrice: '50', rate: rate('5') };
  const off = { id: 'c', name: 'Rabat', kind: 'discount', quantity: '1', unitPrice: '-20', rate: rate('23') };

  test('a discount at a rate of which too little was sold', () => {
    const found = check(draft('PL', { lines: [book, off] }), today).find((f) => f.code === 'H_RATE_NEGATIVE');
    expect(found).toMatchObject({ level: 'hold', where: 'lines.1.rate', params: { rate: '23', total: '-20.00' } });
    expect(codes(draft('PL', { lines: [goods, book, off] }))).not.toContain('H_RATE_NEGATIVE');
  });

  test('a discount on the dominant rate is divided where that rate cannot bear it', () => {
    const order = orderWith({
      lines: ['23', '8', '5'].map((percent, i) => ({
        id: `l${i}`,
        name: 'X',
        quantity: '1',
        unitGross: i === 0 ? '40.00' : '30.00',
        gross: i === 0 ? '40.00' : '30.00',
        rate: rate(percent),
      })),
      delivery: {},
      adjustments: [{ kind: 'discount', name: 'Kupon', gross: '-50.00' }],
      declaredTotal: '50.00',
      payments: [],
    });
    const prepared = prepare(order, policiesFor('PL', { deliveryRate: 'dominant' }), today);
    if ('nothing' in prepared) throw new Error('nothing prepared');
    expect(prepared.content.totals.byRate.map((row) => [row.percent, row.gross])).toEqual([
      ['23', '20.00'],
      ['8', '15.00'],
      ['5', '15.00'],
    ]);
  });

  test('a return that leaves the discount behind', () => {
    const original = issued(draft('PL', { lines: [goods, book, off] }));
    const back = done(correct(original, undefined, { reason: 'Zwrot', reasonCode: 'return', lines: [{ lineId: 'a', quantity: '0' }] }));
    expect(codes(back)).toContain('H_RATE_NEGATIVE');
  });

  test('a return after the final invoice names the advance that has to be corrected too', () => {
    const lines = [
      { id: 'a', name: 'A', quantity: '1', unitPrice: '600', rate: rate('23') },
      { id: 'b', name: 'B', quantity: '1', unitPrice: '400', rate: rate('8') },
    ];
    const order = draft('PL', { lines });
    const made = finalInvoice(order, [issued(prepaymentInvoice(order, '500.00', '2026-11-01'), 'ZAL/1')]);
    if ('refused' in made) throw new Error(made.refused);
    const back = (change: object) =>
      done(
        correct(issued(made.content, 'FK/1'), undefined, { reason: 'Zwrot', reasonCode: 'return', lines: [{ lineId: 'b', ...change }] }),
      );
    const wholly = back({ quantity: '0' });
    expect(check(wholly, today).filter((f) => f.code.startsWith('H_RATE'))).toEqual([
      {
        code: 'H_RATE_BELOW_PREPAID',
        level: 'hold',
        where: 'lines.1.unitPrice',
        params: { rate: '8', total: '-200.00', numbers: 'ZAL/1' },
      },
    ]);
    expect(wholly.lines[1]!.name).toBe('B');
    // What the remedy says: down to nothing here, the rest on the advance.
    expect(check(back({ unitPrice: '200' }), today).filter((f) => f.code.startsWith('H_RATE'))).toEqual([]);
  });

  test('a correction is held for what it makes worse, not for what was issued so', () => {
    const original = issued(draft('PL', { lines: [book, off] }));
    const correctedBy = (change: object) =>
      codes(done(correct(original, undefined, { reason: 'x', reasonCode: 'other', lines: [{ lineId: 'c', ...change }] })));
    expect(correctedBy({ name: 'Rabat stałego klienta' })).not.toContain('H_RATE_NEGATIVE');
    expect(correctedBy({ unitPrice: '-15' })).not.toContain('H_RATE_NEGATIVE');
    expect(correctedBy({ unitPrice: '-21' })).toContain('H_RATE_NEGATIVE');
  });

  test('a container that came back is outside the tax', () => {
    const pledge = { id: 'p', name: 'Kaucja', kind: 'deposit', quantity: '-4', unitPrice: '0.50' };
    expect(codes(draft('PL', { lines: [goods, pledge] }))).not.toContain('H_RATE_NEGATIVE');
  });
});

describe('a correction proposed from a refund', () => {
  const order = orderWith();
  const refund = { externalId: 'R', at: '2026-11-20T00:00:00Z', status: 'SUCCESS', amount: '19.98', lines: [] };
  const soldLine = (more: Partial<DocumentLine>): DocumentContent => {
    const sold = draft('PL', {
      lines: [{ id: 'x', orderLineId: 'cup', name: 'Kubek', quantity: '3', unitPrice: '9.99', rate: rate('23'), ...more }],
    });
    return sold;
  };

  test('one thing in two rows is given back twice', () => {
    const lines = [
      { lineExternalId: 'L1', quantity: '1' },
      { lineExternalId: 'L1', quantity: '1' },
    ];
    const base = soldLine({});
    const { options, unexplained } = proposeCorrection(base, order, { ...refund, lines }, 'Zwrot');
    expect(unexplained).toBe('0.00');
    expect(done(correct(issued(base), undefined, options)).correction!.difference.gross).toBe('-19.98');
    const mixed = [lines[0]!, { lineExternalId: 'L1', gross: '2.00' }];
    const both = proposeCorrection(base, order, { ...refund, amount: '11.99', lines: mixed }, 'Zwrot');
    expect(both.unexplained).toBe('0.00');
    expect(done(correct(issued(base), undefined, both.options)).correction!.difference.gross).toBe('-11.99');
  });

  test('quantities may have as many decimals as a number may', () => {
    const base = soldLine({ quantity: '2.123456789', unitPrice: '10' });
    const lines = [{ lineExternalId: 'L1', quantity: '1.000000001' }];
    const { options } = proposeCorrection(base, order, { ...refund, lines }, 'Zwrot');
    expect(options.lines).toEqual([{ lineId: 'x', quantity: '1.123456788' }]);
  });

  describe('of several refunds', () => {
    const lines = [
      { id: 'cup', externalId: 'L1', name: 'Kubek', quantity: '2', unitGross: '25.00', gross: '50.00', rate: rate('23') },
      { id: 'book', externalId: 'L2', name: 'Książka', quantity: '1', unitGross: '30.00', gross: '30.00', rate: rate('5') },
      { id: 'map', externalId: 'L3', name: 'Mapa', quantity: '1', unitGross: '30.00', gross: '30.00', rate: rate('5') },
    ];
    const given = (id: string, day: number, amount: string, row: object | undefined) => ({
      externalId: id,
      at: `2026-11-${day}T00:00:00Z`,
      status: 'SUCCESS',
      reason: id,
      amount,
      lines: row ? [{ lineExternalId: '', ...row }] : [],
    });
    const cups = given('A', 20, '50.00', { lineExternalId: 'L1', quantity: '2' });
    const book = given('B', 21, '30.00', { lineExternalId: 'L2', quantity: '1' });
    const map = given('C', 22, '30.00', { lineExternalId: 'L3', quantity: '1' });
    const of = (refunds: (typeof cups)[]) => orderWith({ lines, delivery: {}, declaredTotal: '110.00', payments: [], refunds });
    const prepared = prepare(of([]), policiesFor('PL'), today);
    if ('nothing' in prepared) throw new Error('nothing prepared');
    const original = prepared.content;
    const left = (...refunds: (typeof cups)[]) => {
      const { options } = proposeFromRefunds(original, original, of(refunds))!;
      return done(correct(issued(original), undefined, options));
    };
    const proposed = (base: DocumentContent, ...refunds: (typeof cups)[]) => {
      const found = proposeFromRefunds(original, base, of(refunds));
      return found && [found.options.reason, found.options.lines, found.unexplained];
    };
    const none = (lineId: string) => ({ lineId, quantity: '0' });

    test('all that are not corrected are proposed together, and none twice', () => {
      expect(proposed(original, book, cups)).toEqual(['A, B', [none('cup'), none('book')], '0.00']);
      expect(proposed(left(cups, book), cups, book)).toBeUndefined();
      expect(proposed(left(cups), cups, book)).toEqual(['B', [none('book')], '0.00']);
      expect(proposed(left(book), cups, book)).toEqual(['A', [none('cup')], '0.00']);
    });

    test('of two of one amount the rows tell which is corrected', () => {
      expect(proposed(left(book), book, map)).toEqual(['C', [none('map')], '0.00']);
      expect(proposed(left(map), book, map)).toEqual(['B', [none('book')], '0.00']);
    });

    test('what a correction of another amount has to do with them is for a person to say', () => {
      const cheaper = done(
        correct(issued(original), undefined, { reason: 'x', reasonCode: 'price', lines: [{ lineId: 'cup', unitPrice: '20' }] }),
      );
      expect(proposed(cheaper, cups, book)).toEqual(['', [], '70.00']);
      const otherwise = done(
        correct(issued(original), undefined, { reason: 'x', reasonCode: 'price', lines: [{ lineId: 'cup', unitPrice: '10' }] }),
      );
      expect(proposed(otherwise, book, map)).toEqual(['', [], '30.00']);
    });
  });
});
