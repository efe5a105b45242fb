import { expect, test } from 'vitest';
import { recompute } from '../domain/totals/index.ts';
import { sampleContent } from '../testkit/documents.ts';
import { providerDifferences } from './compare.ts';

/** The promise: no amount that the provider says otherwise than we do passes in silence, and each is told with both amounts. */
const content = recompute(
  sampleContent({
    currency: 'PLN',
    lines: [
      { name: 'a', unit: 'szt.', quantity: '3', unitPrice: '0.99', percent: '23' },
      { name: 'b', unit: 'szt.', quantity: '1', unitPrice: '10.50', percent: '5' },
    ],
  }),
);
const made = { providerId: 'p', gross: '13.47' };
const low = { rate: '23', net: '2.41', tax: '0.56', gross: '2.97' };
const five = { rate: '5', net: '10.00', tax: '0.50', gross: '10.50' };

test('what agrees says nothing, whatever the decimals', () => {
  expect(providerDifferences(content, { ...made, byRate: [low, { ...five, net: '10' }] })).toEqual([]);
  expect(providerDifferences(content, { ...made, net: '12.41' })).toEqual([]);
  expect(providerDifferences(content, { providerId: 'p' })).toEqual([]);
});

test('a grosz of tax is told by its rate, with both rows', () => {
  expect(providerDifferences(content, { ...made, byRate: [{ ...low, net: '2.40', tax: '0.57' }, five] })).toEqual([
    {
      code: 'W_PROVIDER_TAX_DIFFERS',
      level: 'warning',
      where: 'totals.byRate',
      params: { rate: '23', theirs: '2.40 + 0.57 = 2.97', ours: '2.41 + 0.56 = 2.97' },
    },
  ]);
});

test('another rate with the same gross shows both rates; only a net shows the sum; another gross is told by itself', () => {
  expect(providerDifferences(content, { ...made, byRate: [low, { ...five, rate: '8' }] }).map((f) => f.params?.rate)).toEqual(['8', '5']);
  expect(providerDifferences(content, { ...made, net: '12.40' })[0]?.params).toEqual({
    rate: '*',
    theirs: '12.40 + 1.07 = 13.47',
    ours: '12.41 + 1.06 = 13.47',
  });
  expect(providerDifferences(content, { ...made, gross: '13.48', net: '12.42' }).map((f) => f.code)).toEqual(['W_PROVIDER_TOTAL_DIFFERS']);
});

test('rates that are one word over there are compared as one', () => {
  const word = (rate: { category: string }) => (rate.category === 'S' ? 'all' : undefined);
  const all = { rate: 'all', net: '12.41', tax: '1.06', gross: '13.47' };
  expect(providerDifferences(content, { ...made, byRate: [all] }, word)).toEqual([]);
});
