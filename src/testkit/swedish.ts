import type { Order } from '../domain/orders/order.ts';
import { saleOrder } from './sale.ts';

/** A Swedish shop whose buyers pay later, and what they buy. */
export const swedishSeller = {
  name: 'Älvdalens Lanthandel AB',
  taxIds: [{ scheme: 'SE:ORGNR', value: '5599999991' }],
  street: 'Dalvägen 8',
  postalCode: '796 31',
  city: 'Älvdalen',
  country: 'SE',
  bankgiro: '5555-5551',
};

type SwedishGoods = readonly [sku: string, name: string, quantity: string, unitGross: string, percent: string];
/** Five rows of two rates. */
export const fiveGoods: readonly SwedishGoods[] = [
  ['MUGG', 'Mugg', '2', '149.00', '25'],
  ['TALLRIK', 'Tallrik', '4', '89.50', '25'],
  ['KOK', 'Kokbok', '1', '249.00', '6'],
  ['KAFFE', 'Kaffe 500 g', '3', '79.90', '6'],
  ['LAMPA', 'Lampa', '1', '1299.00', '25'],
];

/** An order that is paid later, with a pickup point's delivery unless told otherwise. */
export function swedishSale(goods: readonly SwedishGoods[], more: Partial<Order> = {}): Order {
  return saleOrder({
    currency: 'SEK',
    paidAt: undefined,
    buyer: {
      firstName: 'Alva',
      lastName: 'Ek',
      street: 'Björkgatan 4',
      postalCode: '753 28',
      city: 'Uppsala',
      country: 'SE',
      taxIds: [],
      email: 'alva@example.se',
      emailKind: 'direct',
    },
    delivery: { gross: '59.00', method: 'Ombud', tracking: [], rate: { category: 'S', percent: '25', source: 'channel' } },
    lines: goods.map(([sku, name, quantity, unitGross, percent], i) => ({
      id: String(i + 1),
      kind: 'goods',
      name,
      sku,
      quantity,
      unitGross,
      gross: (Number(quantity) * Number(unitGross)).toFixed(2),
      rate: { category: 'S', percent, source: 'channel' },
    })),
    payments: [{ method: 'deferred', status: 'pending' }],
    declaredTotal: undefined,
    ...more,
  });
}
