import { expect, test } from 'vitest';
import { policiesSchema } from '../documents/index.ts';
import { type Order, orderSchema } from './order.ts';
import { codesOf, suggest } from './suggest.ts';

/** The promise: what an order becomes follows from stated rules, and what is missing or contradictory is named (ORDERS §4). */

const policies = (more: object = {}) =>
  policiesSchema.parse({
    seller: { name: 'S', country: 'PL', taxIds: [] },
    zone: 'Europe/Warsaw',
    rates: { default: { category: 'S', percent: '23', source: 'default' } },
    ...more,
  });

const address = { street: 'ul. Długa 1', postalCode: '00-001', city: 'Łomża', country: 'PL' };
const order = (more: object = {}): Order =>
  orderSchema.parse({
    externalId: 'A',
    channel: 'x',
    status: 'ready',
    orderedAt: '2026-01-02T03:04:05Z',
    currency: 'PLN',
    buyer: { name: 'Ewa Ryś', ...address, emailKind: 'none' },
    invoiceRequest: { requested: false, explicit: true },
    delivery: { gross: '10.00' },
    lines: [{ id: '1', name: 'Kubek', quantity: '1', unitGross: '90.00', gross: '90.00' }],
    payments: [{ method: 'online', status: 'paid', amount: '100.00' }],
    declaredTotal: '100.00',
    ...more,
  });
const of = (more: object, policy: object = {}) => {
  const { document, findings } = suggest(order(more), policies(policy));
  return [document, ...codesOf(findings)];
};
const firm = { company: 'Ryś s.c.', taxIds: [{ scheme: 'PL:NIP', value: '9997763175' }], ...address };
const asked = (party: object | undefined, explicit = true) => ({ invoiceRequest: { requested: true, explicit, party } });

test('the five words', () => {
  expect(of({})).toEqual(['RECEIPT']);
  expect(of(asked(firm))).toEqual(['INVOICE_COMPANY']);
  expect(of(asked({ name: 'Ola', taxIds: firm.taxIds, ...address }))).toEqual(['INVOICE_COMPANY']);
  expect(of(asked({ name: 'Ola', ...address }))).toEqual(['INVOICE_PERSON']);
  expect(of(asked(undefined))).toEqual(['INVOICE_PERSON']);
  expect(of({ status: 'open', payments: [] })).toEqual(['WAIT']);
  expect(of({ status: 'cancelled', declaredTotal: undefined })).toEqual(['SKIP']);
  expect(of({ payments: [{ method: 'card', status: 'refunded', amount: '100.00' }] })).toEqual(['SKIP']);
  expect(of({ refunds: [{ externalId: 'r', at: '2026-01-03T00:00:00Z', status: 'SUCCESS', amount: '100.00', lines: [] }] })).toEqual([
    'SKIP',
  ]);
});

test('only the flag counts where the channel has one, unless the seller lets ids count', () => {
  const notAsked = { invoiceRequest: { requested: false, explicit: true, party: firm } };
  expect(of(notAsked)).toEqual(['RECEIPT', 'W_TAXID_WITHOUT_REQUEST']);
  expect(of(notAsked, { taxIdMeansInvoice: true })).toEqual(['INVOICE_COMPANY']);
});

test('where the channel has no flag a tax number is the wish, wherever the buyer wrote it', () => {
  const silent = { invoiceRequest: { requested: false, explicit: false } };
  expect(of({ ...silent, buyer: { ...firm, emailKind: 'none' } })).toEqual(['INVOICE_COMPANY']);
  expect(of({ invoiceRequest: { ...silent.invoiceRequest, party: firm } })).toEqual(['INVOICE_COMPANY']);
  expect(of(silent)).toEqual(['RECEIPT']);
  expect(of({ ...silent, buyer: { ...firm, taxIds: [], emailKind: 'none' } })).toEqual(['RECEIPT']);
});

test('a hold never changes the suggestion', () => {
  expect(of(asked({ ...firm, taxIds: [] }))).toEqual(['INVOICE_COMPANY', 'H_TAXID_MISSING']);
  expect(of(asked({ ...firm, taxIds: [{ scheme: 'PL:NIP', value: '9997763174' }] }))).toEqual(['INVOICE_COMPANY', 'H_TAXID_INVALID']);
  expect(of(asked({ ...firm, street: ' ' }))).toEqual(['INVOICE_COMPANY', 'H_BUYER_DATA']);
  expect(of(asked({ ...firm, country: 'DE', taxIds: [{ scheme: 'EU:VAT', value: 'DE123456789' }] }))).toEqual([
    'INVOICE_COMPANY',
    'H_FOREIGN_VAT',
  ]);
  expect(of({ delivery: { gross: '10.00', address: { ...address, country: 'CZ' } } })).toEqual(['RECEIPT', 'H_FOREIGN_VAT']);
  expect(
    of(
      { delivery: { gross: '10.00', address: { ...address, country: 'CZ' } } },
      { foreign: [{ countries: ['eu'], treatment: 'domestic' }] },
    ),
  ).toEqual(['RECEIPT']);
  expect(of({}, { rates: {} })).toEqual(['RECEIPT', 'H_VAT_UNKNOWN']);
  expect(of({ declaredTotal: '100.01', payments: [] })).toEqual(['RECEIPT', 'H_TOTAL_MISMATCH']);
  expect(
    of({
      lines: [{ id: '1', name: 'a', quantity: '1', unitGross: '0', gross: '0.00' }],
      delivery: {},
      declaredTotal: '0.00',
      payments: [],
    }),
  ).toEqual(['RECEIPT', 'H_ZERO_TOTAL', 'W_ZERO_PRICE']);
});

test('money that came in', () => {
  const paid = (...payments: object[]) => of({ payments });
  expect(paid({ method: 'online', status: 'pending' })).toEqual(['RECEIPT', 'H_UNPAID']);
  expect(paid({ method: 'online', status: 'paid', amount: '99.99' })).toEqual(['RECEIPT', 'H_UNPAID']);
  expect(paid({ method: 'online', status: 'paid', amount: '100.01' })).toEqual(['RECEIPT', 'H_SURCHARGE']);
  expect(paid({ method: 'online', status: 'paid' })).toEqual(['RECEIPT']);
  expect(paid({ method: 'cash_on_delivery', status: 'pending' })).toEqual(['RECEIPT']);
  for (const status of ['cancelled', 'rejected'])
    expect(paid({ method: 'cash_on_delivery', status }), `on delivery nothing is unpaid, not even ${status}`).toEqual(['RECEIPT']);
  expect(paid({ method: 'cash_on_delivery', status: 'cancelled' }, { method: 'online', status: 'pending' })).toEqual([
    'RECEIPT',
    'H_UNPAID',
  ]);
  expect(paid({ method: 'deferred', status: 'pending', amount: '100.00' })).toEqual(['RECEIPT']);
  expect(paid({ method: 'voucher', status: 'paid', amount: '40.00' }, { method: 'online', status: 'paid', amount: '60.00' })).toEqual([
    'RECEIPT',
  ]);
  expect(of({ payments: [{ method: 'online', status: 'pending' }] }, { unpaid: 'accept' })).toEqual(['RECEIPT']);
});
