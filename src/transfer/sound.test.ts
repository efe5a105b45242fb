import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Made } from '../contract/connector.ts';
import { isDay } from '../domain/days/day.ts';
import { isDecimal } from '../domain/money/money.ts';
import { sound } from './sound.ts';

/** One impossible word of an answer keeps no document from being accepted: what is left of it can always be kept. */
test('days, amounts and numbers that are none are left out, the others stay', () => {
  const good: Made = {
    providerId: 'x/1',
    number: 'FV 1/2026',
    gross: '12.30',
    net: '10.00',
    paid: '0',
    currency: 'PLN',
    issueDate: '2026-11-20',
    paidOn: '2026-11-21',
    byRate: [{ rate: '23', net: '10.00', tax: '2.30', gross: '12.30' }],
    clearance: { system: 'KSeF', number: 'A-1' },
    url: 'https://x.example/1',
    buyerName: 'Łódź',
  };
  expect(sound(good)).toEqual(good);
  expect(sound({ ...good, issueDate: '2026-11-20T00:00:00+01:00' }).issueDate).toBe('2026-11-20');
  for (const [field, value] of [
    ['issueDate', '2026-02-30'],
    ['issueDate', '20.11.2026'],
    ['issueDate', ''],
    ['paidOn', '0000-00-00'],
    ['gross', '1e400'],
    ['gross', 'NaN'],
    ['net', '12,30'],
    ['number', '1'.repeat(3000)],
    ['number', 'FV\u00001'],
    ['currency', 'Ft'],
    ['byRate', [{ rate: '23', net: 'x', tax: '1', gross: '1' }]],
    ['clearance', { system: 'KSeF', number: '1', at: 'soon' }],
  ] as const)
    expect([field, sound({ ...good, [field]: value })]).toEqual([field, { ...good, [field]: undefined }]);
  const any = fc.oneof(
    fc.string(),
    fc.constantFrom('2026-11-20', '12.30', 'a\0b', '\ud83d', 'x\udc00y', '2026-02-30', '-0', '1'.repeat(40)),
  );
  fc.assert(
    fc.property(fc.record({ providerId: any, number: any, gross: any, net: any, issueDate: any, paidOn: any, buyerName: any }), (made) => {
      const { pdf: _, ...kept } = sound(made);
      for (const day of [kept.issueDate, kept.paidOn]) expect(day === undefined || isDay(day)).toBe(true);
      for (const amount of [kept.gross, kept.net]) expect(amount === undefined || isDecimal(amount)).toBe(true);
      const json = JSON.stringify(kept);
      expect(json.includes('\\u0000') || /\\ud[89a-f]/i.test(json)).toBe(false);
    }),
  );
});
