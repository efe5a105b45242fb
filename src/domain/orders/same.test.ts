import { describe, expect, test } from 'vitest';
import { partySchema } from '../parties/party.ts';
import { type Order, orderLineSchema, orderSchema } from './order.ts';
import { comparable, comparedOtherwise, lineDecimals, lineTexts, notCompared, orderInstants, orderTexts, partyTexts } from './same.ts';

/** The promise: the same order written otherwise is the same, and no field of the model is forgotten when two are compared. */

const order: Order = orderSchema.parse({
  externalId: 'A',
  channel: 'x',
  status: 'ready',
  orderedAt: '2026-01-02T03:04:05.000Z',
  currency: 'PLN',
  buyer: { firstName: 'Ewa', emailKind: 'none', taxIds: [{ scheme: 'OTHER', value: '1' }] },
  invoiceRequest: { requested: true, explicit: true, party: { company: 'A  B', street: 'x' } },
  delivery: { gross: '10.00', method: 'Kurier' },
  lines: [
    {
      id: 'l1',
      externalId: 'l1',
      name: 'Kubek',
      quantity: '2',
      unitGross: '10.50',
      gross: '21.00',
      rate: { category: 'S', percent: '23', source: 'channel' },
    },
    { id: 'l2', externalId: 'l2', name: 'Miska', quantity: '1', unitGross: '5', gross: '5.00' },
  ],
  payments: [{ method: 'online', status: 'paid', amount: '36.00', at: '2026-01-02T03:05:00Z' }],
  declaredTotal: '36.00',
});
const copy = (change: (o: Order) => void): Order => {
  const other = structuredClone(order);
  change(other);
  return other;
};

describe('equal', () => {
  test.each<[string, (o: Order) => void]>([
    ['white space', (o) => Object.assign(o.invoiceRequest.party!, { company: ' A B\n' })],
    ['trailing zeros', (o) => Object.assign(o.lines[0]!, { unitGross: '10.5', gross: '21', quantity: '2.0' })],
    ['another writing of an instant', (o) => Object.assign(o, { orderedAt: '2026-01-02T04:04:05+01:00' })],
    ['lines in another order', (o) => void o.lines.reverse()],
    ['what a reader noted', (o) => void o.findings.push({ code: 'W_XML_REPAIRED', level: 'warning' })],
    ['an update time and a revision', (o) => Object.assign(o, { updatedAt: '2027-01-01T00:00:00Z', revision: 'r9' })],
    ['an empty text for none', (o) => Object.assign(o.buyer, { phone: '' })],
  ])('%s', (_what, change) => expect(comparable(copy(change))).toBe(comparable(order)));
});

describe('different', () => {
  test.each<[string, (o: Order) => void]>([
    ['a cent', (o) => Object.assign(o.delivery, { gross: '10.01' })],
    ['a letter', (o) => Object.assign(o.lines[1]!, { name: 'Misa' })],
    ['a status', (o) => Object.assign(o, { status: 'cancelled' })],
    ['a payment', (o) => void o.payments.pop()],
    ['a tax number', (o) => Object.assign(o.buyer.taxIds[0]!, { value: '2' })],
    ['a rate', (o) => Object.assign(o.lines[0]!.rate!, { percent: '8' })],
    ['a line less', (o) => void o.lines.pop()],
    ['leading zeros of a text', (o) => Object.assign(o.lines[0]!, { sku: '007' })],
    [
      'the address of another party',
      (o) =>
        Object.assign(o, {
          delivery: { ...o.delivery, address: o.invoiceRequest.party },
          invoiceRequest: { requested: true, explicit: true },
        }),
    ],
  ])('%s', (_what, change) => expect(comparable(copy(change))).not.toBe(comparable(order)));
});

test('every field of the model is compared or named as not compared', () => {
  expect(Object.keys(orderSchema.shape).sort()).toEqual([...orderTexts, ...orderInstants, ...comparedOtherwise, ...notCompared].sort());
  expect(Object.keys(orderLineSchema.shape).sort()).toEqual(
    [...lineTexts, ...lineDecimals, 'id', 'externalId', 'rate', 'discounts'].sort(),
  );
  expect(Object.keys(partySchema.shape).sort()).toEqual([...partyTexts, 'taxIds'].sort());
});
