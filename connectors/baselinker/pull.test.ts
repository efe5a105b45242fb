import { expect, test } from 'vitest';
import type { Fields, Json } from '../../src/contract/wire/json.ts';
import type { Client } from './client.ts';
import { pullsOrders } from './pull.ts';

/** The promise: whoever shares a second with a hundred others is read, in whatever order that second is told and wherever a page ends. */
const midnight = Date.parse('2026-11-19T23:00:00Z') / 1000;

type Row = { id: number; at: number };
const order = ({ id, at }: Row): Json => ({
  order_id: String(id),
  date_confirmed: String(at),
  date_add: String(at),
  confirmed: '1',
  currency: 'PLN',
  products: [{ order_product_id: '1', name: 'Kubek', quantity: '1', price_brutto: '10', tax_rate: '23' }],
});

/** Orders by date of confirmation, within a second as they are given; `from` takes its own second or not. */
function clientOf(rows: Row[], inclusive: boolean): Client {
  let asked = 0;
  return {
    ask: async (method, parameters = {}) => {
      if (++asked > 60) throw new Error('asked for ever');
      if (method !== 'getOrders') return { status: 'SUCCESS', invoices: [], receipts: [] } as Fields;
      const { date_confirmed_from: from = 0, id_from = 0 } = parameters as { date_confirmed_from?: number; id_from?: number };
      const sorted = rows.map((row, place) => ({ ...row, place })).sort((a, b) => a.at - b.at || a.place - b.place);
      const orders = sorted.filter((row) => (inclusive ? row.at >= from : row.at > from) && row.id >= id_from).slice(0, 100);
      return { status: 'SUCCESS', orders: orders.map(order) } as Fields;
    },
    write: () => Promise.reject(new Error('nothing is written')),
    file: async () => undefined,
  };
}

async function read(rows: Row[], inclusive: boolean): Promise<string[]> {
  const tools = {
    client: clientOf(rows, inclusive),
    settings: { readyStatuses: [], cancelledStatuses: [] },
    documents: { carriers: true },
    now: () => new Date('2026-11-21T10:00:00Z'),
  };
  const found: string[] = [];
  for await (const page of pullsOrders(tools).past('2026-11-20', '2026-11-20'))
    for (const one of page) if ('order' in one) found.push(one.order.externalId);
  return found;
}

test.each([true, false])(
  'the first second asked for, half of it behind the second before ("from" takes its own: %s)',
  async (inclusive) => {
    const before = Array.from({ length: 70 }, (_, i) => ({ id: 5000 + i, at: midnight - 1 }));
    // Told newest id first, as nobody promises another order.
    const shared = Array.from({ length: 60 }, (_, i) => ({ id: 1060 - i, at: midnight }));
    const later = Array.from({ length: 30 }, (_, i) => ({ id: 3000 + i, at: midnight + 5 }));
    const found = await read([...before, ...shared, ...later], inclusive);
    expect(found.toSorted()).toEqual([...shared, ...later].map((row) => String(row.id)).toSorted());
  },
);

test.each([true, false])('two hundred and fifty in one second, in the middle of others ("from" takes its own: %s)', async (inclusive) => {
  const rows = [
    ...Array.from({ length: 40 }, (_, i) => ({ id: 9000 + i, at: midnight + 1 })),
    ...Array.from({ length: 250 }, (_, i) => ({ id: 2000 + i, at: midnight + 2 })),
    ...Array.from({ length: 120 }, (_, i) => ({ id: 1000 + i, at: midnight + 3 + (i % 2) })),
  ];
  expect((await read(rows, inclusive)).toSorted()).toEqual(rows.map((row) => String(row.id)).toSorted());
});
