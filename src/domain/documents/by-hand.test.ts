import { expect, test } from 'vitest';
import { withOneName } from '../parties/party.ts';
import { completeDraft, documentDraftSchema } from './by-hand.ts';
import { check } from './check.ts';
import { policiesSchema } from './policies.ts';

/** The promise: a sale without an order is told in a few words, and becomes what the same sale with an order would be. */
const policies = policiesSchema.parse({
  seller: { name: 'Sklep', country: 'PL', taxIds: [{ scheme: 'PL:NIP', value: '9997763175' }] },
  zone: 'Europe/Warsaw',
  termsDays: 14,
  rates: {
    bySku: { KSIĄŻKA: { category: 'S', percent: '5', source: 'rule' } },
    default: { category: 'S', percent: '23', source: 'default' },
  },
  foreign: [{ countries: ['eu'], buyer: 'company', treatment: 'intra_community' }],
});
const made = (content: object) => completeDraft(documentDraftSchema.parse({ kind: 'invoice', ...content }), policies, 'PLN');

test('language, currency, method, seller, terms, units and rates are as the policies have them', () => {
  const content = made({
    buyer: { type: 'person', name: 'Anna' },
    lines: [
      { name: 'Kubek', quantity: '2', unitPrice: '61.50' },
      { name: 'Atlas', sku: 'KSIĄŻKA', quantity: '1', unitPrice: '105.00' },
      { name: 'Montaż', kind: 'service', quantity: '1', unitPrice: '10.80', rate: { category: 'S', percent: '8' } },
    ],
  });
  expect(content).toMatchObject({
    language: 'pl',
    currency: 'PLN',
    taxMethod: 'gross',
    payment: { means: 'bank_transfer', termsDays: 14 },
  });
  expect(content.seller).toEqual(policies.seller);
  expect(content.buyer.country).toBe('PL');
  expect(content.lines.map(({ id, unit, rate, gross }) => [id, unit, rate?.percent, rate?.source, gross])).toEqual([
    ['line-1', 'szt.', '23', 'default', '123.00'],
    ['line-2', 'szt.', '5', 'rule', '105.00'],
    ['line-3', 'usł.', '8', 'person', '10.80'],
  ]);
  expect(content.totals).toMatchObject({ gross: '238.80', net: '210.00', tax: '28.80' });
});

test('a rule for buyers abroad holds for a sale without an order too', () => {
  const buyer = { type: 'company', name: 'Käufer GmbH', country: 'DE', taxIds: [{ scheme: 'EU:VAT', value: 'DE811191002' }] };
  const content = made({ buyer, currency: 'EUR', lines: [{ name: 'Kubek', quantity: '1', unitPrice: '10.00' }] });
  expect(content).toMatchObject({ taxTreatment: 'intra_community', totals: { tax: '0.00', gross: '10.00' } });
});

test('what is neither goods nor service has no rate that could be meant', () => {
  const line = { name: 'Dostawa', kind: 'delivery', quantity: '1', unitPrice: '15.00' };
  expect(made({ buyer: { type: 'person' }, lines: [line] }).lines[0]!.rate).toBeUndefined();
});

test('whoever is written as the seller, the organization sells and its country decides the tax', () => {
  const buyer = { type: 'company', name: 'Klient', country: 'PL', taxIds: [{ scheme: 'PL:NIP', value: '9992223333' }] };
  for (const seller of [{ name: 'X', country: 'HU' }, { name: 'X' }, { name: 'X', country: 'DE' }]) {
    const content = made({ seller, buyer, lines: [{ name: 'Kubek', quantity: '1', unitPrice: '12.30' }] });
    expect(content).toMatchObject({ seller: policies.seller, totals: { tax: '2.30' } });
    expect(content.taxTreatment).toBeUndefined();
  }
});

test('a treatment for sales abroad holds a sale at home', () => {
  const buyer = { type: 'company', name: 'Klient', country: 'PL', taxIds: [{ scheme: 'PL:NIP', value: '9992223333' }] };
  const lines = [{ name: 'Kubek', quantity: '1', unitPrice: '12.30' }];
  for (const taxTreatment of ['intra_community', 'export', 'destination'])
    expect(check(made({ buyer, taxTreatment, lines }), { today: '2026-11-20' }).map((f) => f.code)).toContain('H_TREATMENT_AT_HOME');
  expect(check(made({ buyer, taxTreatment: 'domestic', lines }), { today: '2026-11-20' }).map((f) => f.code)).not.toContain(
    'H_TREATMENT_AT_HOME',
  );
  // A buyer of this country who buys under his number of another one.
  const abroad = { ...buyer, taxIds: [{ scheme: 'EU:VAT', value: 'DE811191002' }] };
  expect(check(made({ buyer: abroad, taxTreatment: 'intra_community', lines }), { today: '2026-11-20' }).map((f) => f.code)).not.toContain(
    'H_TREATMENT_AT_HOME',
  );
});

test('every line has an id of its own', () => {
  const line = { name: 'Kubek', quantity: '1', unitPrice: '12.30' };
  expect(made({ buyer: { type: 'person' }, lines: [{ ...line, id: 'line-2' }, line] }).lines.map(({ id }) => id)).toEqual([
    'line-2',
    'line-1',
  ]);
  expect(() =>
    made({
      buyer: { type: 'person' },
      lines: [
        { ...line, id: 'a' },
        { ...line, id: 'a' },
      ],
    }),
  ).toThrow('ids of their own');
});

test('a company with a person beside it keeps both names, one that was named once has one', () => {
  const contact = { name: 'Jan Kontakt', company: 'ACME sp. z o.o.', taxIds: [] };
  expect(withOneName({ ...contact, name: 'Jan Nowak' }, contact)).toEqual({ ...contact, name: 'Jan Nowak' });
  expect(withOneName({ ...contact, city: 'Warszawa' }, contact)).toEqual({ ...contact, city: 'Warszawa' });
  const once = { name: 'ACME', company: 'ACME', taxIds: [] };
  expect(withOneName({ ...once, name: 'ACME Polska' }, once)).toEqual({ name: 'ACME Polska', taxIds: [] });
  expect(withOneName({ ...once, company: 'ACME Polska' }, once)).toEqual({ name: 'ACME Polska', company: 'ACME Polska', taxIds: [] });
});
