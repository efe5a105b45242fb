import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runBankCampaign } from '../../../tests/bank-campaign.ts';
import { type Credit, likeness, match, type OpenItem, OpenItems } from './match.ts';

/** The promise: money is booked by itself only where it cannot be meant otherwise; everything else is proposed with its reasons. */
const item = (number: string, openMinor: bigint, buyer = 'Rowery Kowalski sp. z o.o.', more: Partial<OpenItem> = {}): OpenItem => ({
  id: number,
  number,
  currency: 'PLN',
  openMinor,
  grossMinor: openMinor,
  buyerName: buyer,
  buyer,
  issueDay: '2026-11-10',
  ...more,
});
const credit = (amountMinor: bigint, title: string, more: Partial<Credit> = {}): Credit => ({
  amountMinor,
  currency: 'PLN',
  day: '2026-11-20',
  titles: [title],
  ...more,
});
const one = (c: Credit, items: OpenItem[], accounts?: Map<string, string[]>) => match(c, new OpenItems(items, accounts))[0];

describe('a document named in the title', () => {
  const open = [
    item('PRO/12/09/2026', 256400n),
    item('PRO/13/09/2026', 2000n, 'Anna Wiśniewska'),
    item('PRO/1/12/2026', 100n, 'Zbigniew Wilk'),
  ];
  test.each([
    'Zapłata za PRO/12/09/2026',
    'pro 12 09 2026',
    'PRO12092026',
    'PRO/0012/9/2026 dziękuję',
    'faktura 12/09/2026/PRO/12/09/2026',
    'zaPRO/12/09/2026i inne',
  ])('%s', (title) => {
    expect(one(credit(256400n, title, { payerName: 'ROWERY KOWALSKI' }), open)).toMatchObject({
      sure: true,
      kind: 'exact',
      confidence: 'certain',
      shares: [{ id: 'PRO/12/09/2026', amountMinor: 256400n }],
    });
  });
  test.each(['PRO/12/09/20261', 'PRO/112/09/2026', 'PRO/12/10/2026', 'z dnia 12.09.2026 od kogoś', 'APRON 12 092026 7'])(
    '%s is not it',
    (title) => {
      expect(one(credit(256400n, title), open)?.sure ?? false).toBe(false);
    },
  );
  test('a month is no number: 2026-12 is not 2026-00012', () => {
    const swedish = [item('2026-00012', 9900n, 'Åkerman AB')];
    expect(one(credit(9900n, 'Hyra 2026-12', { payerName: 'Åkerman AB' }), swedish)?.reasons).not.toContain('number');
    expect(one(credit(9900n, 'Faktura 2026-00012'), swedish)).toMatchObject({ sure: true, reasons: ['number', 'amount'] });
  });
});

describe('amounts', () => {
  const open = [item('PRO/12/09/2026', 10000n)];
  test('a part and too much are booked for the buyer himself, proposed for a stranger', () => {
    expect(one(credit(4000n, 'PRO/12/09/2026', { payerName: 'Kowalski Rowery' }), open)).toMatchObject({
      sure: true,
      kind: 'part',
      shares: [{ amountMinor: 4000n }],
      restMinor: 0n,
    });
    expect(one(credit(12000n, 'PRO/12/09/2026', { payerName: 'Kowalski Rowery' }), open)).toMatchObject({
      sure: true,
      kind: 'over',
      restMinor: 2000n,
    });
    expect(one(credit(4000n, 'PRO/12/09/2026', { payerName: 'Jan Inny' }), open)).toMatchObject({ sure: false, kind: 'part' });
  });
  test('a second payment is never booked by itself', () => {
    expect(one(credit(10000n, 'PRO/12/09/2026', { payerName: 'Kowalski Rowery' }), [item('PRO/12/09/2026', 0n)])).toMatchObject({
      sure: false,
      kind: 'double',
      restMinor: 10000n,
      reasons: expect.arrayContaining(['paid-already']),
    });
  });
  test('several named documents, only when the sum is theirs to the cent and the buyer is one', () => {
    const two = [item('PRO/12/09/2026', 10000n), item('PRO/13/09/2026', 5000n)];
    expect(one(credit(15000n, 'PRO/12/09/2026 + PRO/13/09/2026'), two)).toMatchObject({ sure: true, kind: 'several' });
    expect(one(credit(14999n, 'PRO/12/09/2026 + PRO/13/09/2026'), two)).toMatchObject({ sure: false });
    expect(one(credit(15000n, 'PRO/12/09/2026 + PRO/13/09/2026'), [two[0]!, { ...two[1]!, buyer: 'b' }])).toMatchObject({ sure: false });
  });
  test('another currency is another debt', () => {
    expect(one({ ...credit(10000n, 'PRO/12/09/2026'), currency: 'EUR' }, open)).toBeUndefined();
  });
});

describe('who pays', () => {
  const accounts = new Map([
    ['111', ['Rowery Kowalski sp. z o.o.']],
    ['222', ['a', 'b']],
  ]);
  test('a known account and one open document of the amount', () => {
    const open = [item('PRO/12/09/2026', 10000n), item('PRO/13/09/2026', 5000n)];
    expect(one(credit(10000n, 'przelew', { payerAccount: '111' }), open, accounts)).toMatchObject({
      sure: true,
      reasons: ['account', 'amount'],
    });
    expect(one(credit(10000n, 'FV/99/08/2026', { payerAccount: '111' }), open, accounts)).toMatchObject({ sure: false });
    expect(one(credit(10000n, 'przelew', { payerAccount: '222' }), open, accounts)?.sure ?? false).toBe(false);
    expect(one(credit(15000n, 'przelew', { payerAccount: '111' }), open, accounts)).toMatchObject({ sure: false, kind: 'several' });
  });
  test('a slip of the pen that meets somebody else’s document is proposed, not booked', () => {
    const open = [item('PRO/12/09/2026', 4900n, 'Meble Nowak Gdynia'), item('PRO/21/09/2026', 4900n, 'Ogrody Zielińska Toruń')];
    expect(one(credit(4900n, 'PRO/21/09/2026', { payerName: 'Meble Nowak Gdynia' }), open)).toMatchObject({ sure: false });
    expect(one(credit(4900n, 'PRO/21/09/2026', { payerName: 'Jan Obcy' }), open)).toMatchObject({ sure: false });
    expect(one(credit(4900n, 'PRO/21/09/2026', { payerName: 'Zielińska Ogrody' }), open)).toMatchObject({ sure: true });
  });
  test('a like name and amount alone are a proposal', () => {
    expect(
      one(credit(4900n, 'abonament', { payerName: 'Wisniewska Anna' }), [item('PRO/1/11/2026', 4900n, 'Anna Wiśniewska')]),
    ).toMatchObject({ sure: false, confidence: 'likely', reasons: ['name', 'amount'] });
  });
  test('names: order, diacritics, legal forms and one letter do not matter; one common word does not suffice', () => {
    expect(likeness('ZAŻÓŁĆ GĘŚLĄ JAŹŃ S.C.', 'Zazolc Gesla Jazn Spółka Cywilna')).toBe(1);
    expect(likeness('Jan Kowalski', 'KOWALSKY JAN')).toBe(1);
    expect(likeness('Anna Nowak', 'Anna Kowalska')).toBe(0);
    expect(likeness('', 'x')).toBe(0);
  });
});

test('shares never exceed the credit or what is open, whatever is written', () => {
  const number = fc
    .tuple(fc.constantFrom('FV', 'PRO', 'A'), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 12 }))
    .map(([k, n, m]) => `${k}/${n}/${m}/2026`);
  const items = fc.uniqueArray(
    fc.record({ number, open: fc.bigInt({ min: 0n, max: 500n }), buyer: fc.constantFrom('Anna Nowak', 'Jan Wilk', 'Ewa Lis') }),
    { selector: (i) => i.number, maxLength: 20 },
  );
  fc.assert(
    fc.property(
      items,
      fc.bigInt({ min: -5n, max: 900n }),
      fc.array(fc.oneof(number, fc.string()), { maxLength: 4 }),
      fc.constantFrom('Anna Nowak', 'Jan Wilk', 'Obcy Ktoś', undefined),
      (list, amount, words, payerName) => {
        const open = new OpenItems(list.map((i) => item(i.number, i.open, i.buyer)));
        const matches = match(credit(amount, words.join(' '), { payerName }), open);
        expect(matches.filter((m) => m.sure).length).toBeLessThan(2);
        for (const m of matches) {
          expect(m.shares.reduce((s, x) => s + x.amountMinor, 0n) + m.restMinor).toBe(amount);
          for (const share of m.shares) expect(share.amountMinor >= 0n && share.amountMinor <= open.item(share.id)!.openMinor).toBe(true);
          expect(m.restMinor >= 0n).toBe(true);
        }
        expect(match(credit(amount, words.join(' '), { payerName }), open)).toEqual(matches);
      },
    ),
    { numRuns: 300 },
  );
});

test('the campaign in short: no wrong automatic booking, most of it automatic', async () => {
  const { wrong, booked, payable, credits, unread } = await runBankCampaign({ seed: 11, lines: 1500 });
  expect({ wrong, credits, unread }).toEqual({ wrong: [], credits: 1500, unread: 0 });
  expect(booked / payable).toBeGreaterThan(0.75);
});
