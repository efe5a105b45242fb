import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { parse } from '../../src/contract/wire/json.ts';
import { policiesSchema, prepareSuggested } from '../../src/domain/documents/index.ts';
import type { Order } from '../../src/domain/orders/order.ts';
import { codesOf, orderSums, suggest } from '../../src/domain/orders/suggest.ts';
import { blockedUntil } from './client.ts';
import { sampleOrder, sampleProduct } from './fixtures/orders.ts';
import { incoming, type MapperSettings, orderRevision, revisionOf } from './mapper.ts';

/** Promise: an order reads the same whichever way its numbers are written, to the cent, and what cannot be read is refused by its place. */
const policies = policiesSchema.parse({ seller: { name: 'Sklep', country: 'PL', taxIds: [] }, zone: 'Europe/Warsaw', rates: {} });
const settings: MapperSettings = { readyStatuses: [], cancelledStatuses: ['105'] };
// As it comes over the wire: numbers are kept as written.
const wire = (value: unknown) => parse(JSON.stringify(value))!;

function read(change: Record<string, unknown> = {}, more: Partial<MapperSettings> = {}): Order {
  const one = incoming(wire(sampleOrder(change)), { ...settings, ...more });
  if (!('order' in one)) throw new Error(JSON.stringify(one));
  return one.order;
}
const issues = (order: Order) => codesOf(suggest(order, policies).findings);
const total = (order: Order) => orderSums(order).total;

describe('one order', () => {
  it('keeps its goods and its country where places are numbered from one and countries have three letters', () => {
    const products = { 1: sampleProduct({}), 2: sampleProduct({}) };
    const order = read({
      products,
      invoice_country_code: 'POL',
      invoice_country: 'Polska',
      delivery_country_code: 'DEU',
      delivery_country: 'Niemcy',
    });
    expect(order.lines).toHaveLength(2);
    expect([order.invoiceRequest.party?.country, order.delivery.address?.country]).toEqual(['PL', 'DE']);
  });

  it('is read whole', () => {
    const order = read();
    expect(order).toMatchObject({
      externalId: '30000001',
      aliases: [{ scheme: 'allegro', value: '0c0ffee0-0000-4000-8000-000000000001' }],
      status: 'ready',
      orderedAt: '2025-11-20T07:59:00.000Z',
      paidAt: '2025-11-20T08:00:00.000Z',
      currency: 'PLN',
      buyer: { name: 'Anna Żółw', city: 'Łódź', login: 'kupujacy', emailKind: 'direct', taxIds: [] },
      invoiceRequest: {
        requested: true,
        explicit: true,
        party: { company: 'Zakład Próbny', taxIds: [{ scheme: 'PL:NIP', value: '9991002009' }] },
      },
      delivery: { method: 'Kurier', gross: '15.90' },
      lines: [{ externalId: '300000011', quantity: '2', unitGross: '100', gross: '200.00', rate: { category: 'S', percent: '23' } }],
      payments: [{ method: 'online', rawMethod: 'PayU', amount: '215.90', status: 'paid' }],
      messages: { buyer: 'Proszę o szybką wysyłkę' },
    });
    expect(issues(order)).toEqual([]);
  });

  it('is the same with every number as text, flags as booleans and empty things in any form', () => {
    const asText = JSON.parse(JSON.stringify(sampleOrder(), (_key, value) => (typeof value === 'number' ? String(value) : value)));
    const odd = { ...asText, want_invoice: true, confirmed: '1', payment_method_cod: false, shop_order_id: '', delivery_point_id: null };
    const a = incoming(wire(sampleOrder()), settings);
    const b = incoming(wire(odd), settings);
    if (!('order' in a) || !('order' in b)) throw new Error('unreadable');
    expect({ ...b.order, revision: '' }).toEqual({ ...a.order, revision: '' });
  });

  it.each<[string, unknown, unknown]>([
    ['percent', 8, { category: 'S', percent: '8' }],
    ['percent as text', '5.00', { category: 'S', percent: '5' }],
    ['zero', 0, { category: 'Z', percent: '0' }],
    ['exempt', -1, { category: 'E' }],
    ['outside VAT', '-0.02', { category: 'O' }],
    ['reverse charge', -0.03, { category: 'AE' }],
  ])('knows the rate %s', (_what, tax_rate, rate) => {
    expect(read({ products: [sampleProduct({ tax_rate })] }).lines[0]!.rate).toMatchObject(rate as object);
  });

  it('gives no rate to a number that is none', () => {
    for (const tax_rate of [-0.5, 101, '', null, 'x'])
      expect(read({ products: [sampleProduct({ tax_rate })] }).lines[0]!.rate).toBeUndefined();
  });

  it('rounds each line half up, and never through binary floating point', () => {
    expect(read({ products: [sampleProduct({ price_brutto: 0.615, quantity: 3 })] }).lines[0]!.gross).toBe('1.85');
    expect(read({ products: [sampleProduct({ price_brutto: '1.005', quantity: '1' })] }).lines[0]!.gross).toBe('1.01');
  });

  it('makes a discount of a negative price, and leaves out what is zero pieces', () => {
    const order = read({
      payment_done: 205.9,
      products: [sampleProduct(), sampleProduct({ name: 'Rabat', price_brutto: -10, quantity: 1 }), sampleProduct({ quantity: 0 })],
    });
    expect(order.lines).toHaveLength(1);
    expect(order.adjustments).toMatchObject([{ kind: 'discount', name: 'Rabat', gross: '-10.00' }]);
    expect(total(order)).toBe(20590n);
    expect(issues(order)).toEqual([]);
  });

  it('waits for money, except on delivery; a chosen status decides alone', () => {
    expect(issues(read({ payment_done: 10 }))).toEqual(['H_UNPAID']);
    expect(issues(read({ payment_done: 0 }))).toEqual(['H_UNPAID']);
    expect(issues(read({ payment_done: '0', payment_method_cod: '1' }))).toEqual([]);
    expect(read({ payment_done: '0', payment_method_cod: 1 }).payments).toMatchObject([{ method: 'cash_on_delivery', status: 'pending' }]);
    expect(issues(read({ payment_done: 0, payment_method: 'Pobranie' }))).toEqual(['H_UNPAID']);
    expect(read({}, { readyStatuses: ['103'] }).status).toBe('open');
    expect(read({ order_status_id: '103' }, { readyStatuses: ['103'] }).status).toBe('ready');
    expect(read({ order_status_id: 105 }, { readyStatuses: ['105'] }).status).toBe('cancelled');
  });

  it('says what is odd: no currency, a tax id that nobody asked an invoice for, a country by its name', () => {
    expect(issues(read({ currency: '' }))).toEqual(['H_CURRENCY_UNKNOWN']);
    expect(issues(read({ want_invoice: '0' }))).toEqual(['W_TAXID_WITHOUT_REQUEST']);
    expect(read({ invoice_country_code: '', invoice_country: 'Niemcy' }).invoiceRequest.party!.country).toBe('DE');
  });

  it.each<[string, Record<string, unknown>, string, string]>([
    ['no id', { order_id: '' }, 'E_ORDER_ID_MISSING', 'externalId'],
    ['no date', { date_add: 0, date_confirmed: '' }, 'E_DATE', 'orderedAt'],
    ['no lines', { products: [] }, 'E_NO_LINES', 'lines'],
    ['a price in words', { products: [sampleProduct({ price_brutto: 'sto' })] }, 'E_AMOUNT', 'lines.0.unitGross'],
    ['a price that no column holds', { products: [sampleProduct({ price_brutto: '9'.repeat(24) })] }, 'E_AMOUNT', 'lines'],
    ['a negative quantity', { products: [sampleProduct({ quantity: -1 })] }, 'E_QTY', 'lines.0.quantity'],
    ['a currency of four letters', { currency: 'PLNX' }, 'E_CURRENCY', 'currency'],
  ])('is refused with %s', (_what, change, code, where) => {
    expect(incoming(wire(sampleOrder(change)), settings)).toMatchObject({ rejected: { code, level: 'reject', where } });
  });

  it('has a revision of what a document depends on, and not of what we write ourselves', () => {
    const of = (change: Record<string, unknown>) => orderRevision(wire(sampleOrder(change)));
    for (const change of [
      { admin_comments: 'FV 1' },
      { extra_field_1: 'x' },
      { custom_extra_fields: { 1: 'x' } },
      { payment_done: '215.90' },
      { pick_state: 1 },
    ])
      expect(of(change), JSON.stringify(change)).toBe(of({}));
    for (const change of [
      { payment_done: 1 },
      { order_status_id: 1 },
      { invoice_nip: '1' },
      { products: [sampleProduct({ quantity: 1 })] },
    ])
      expect(of(change), JSON.stringify(change)).not.toBe(of({}));
    const made = revisionOf(wire(sampleOrder()), [{ kind: 'invoice', id: '7' }]);
    expect(made.split('.')[0]).toBe(of({}));
    expect(made).not.toBe(revisionOf(wire(sampleOrder()), []));
  });
});

test('the time of a closed token is Polish time, summer and winter; without a usable one it is ten minutes', () => {
  const until = (text: string, now: string) =>
    blockedUntil(`Query limit exceeded, token blocked until ${text}`, new Date(now)).toISOString();
  expect(until('2026-11-20 10:12:30', '2026-11-20T09:05:00Z')).toBe('2026-11-20T09:12:31.000Z');
  expect(until('2026-07-20 11:12:30', '2026-07-20T09:05:00Z')).toBe('2026-07-20T09:12:31.000Z');
  expect(until('soon', '2026-11-20T09:05:00Z')).toBe('2026-11-20T09:15:01.000Z');
  expect(until('2031-01-01 00:00:00', '2026-11-20T09:05:00Z')).toBe('2026-11-20T09:15:01.000Z');
});

// ---------------------------------------------------------------- what the contract expects

const data = new URL('../../../shared/contracts/baselinker/data/', import.meta.url);
type Expected = {
  file?: string;
  externalId: string;
  channelOrderId: string;
  currency: string | null;
  lines: number;
  itemsGross: string;
  deliveryGross: string;
  totalGross: string;
  paid: string;
  suggestedDocument: string;
  taxId: string | null;
  issues: string[];
  grossByRate: { rate: string; gross: string }[];
};

describe.skipIf(!existsSync(data))('the samples of the contract', () => {
  const file = (name: string) => readFileSync(new URL(name, data), 'utf8');
  const cents = (minor: bigint) => `${minor / 100n}.${String(minor % 100n).padStart(2, '0')}`;

  function seen(order: Order): Omit<Expected, 'file'> {
    const sums = orderSums(order);
    const suggested = suggest(order, policies);
    const paid = order.payments.filter((p) => p.status === 'paid').map((p) => BigInt(p.amount!.replace('.', '')));
    // Of a cancelled order no document is prepared; its rates are asked for all the same.
    const live = { ...order, status: 'ready' as const };
    const prepared = prepareSuggested(live, policies, suggest(live, policies), { today: '2026-11-20' });
    if ('nothing' in prepared) throw new Error(prepared.nothing);
    return {
      externalId: order.externalId,
      channelOrderId: order.aliases[0]!.value,
      currency: order.findings.some((f) => f.code === 'H_CURRENCY_UNKNOWN') ? null : order.currency,
      lines: order.lines.length,
      itemsGross: cents(sums.items),
      deliveryGross: cents(sums.delivery),
      totalGross: cents(sums.total),
      paid: cents(paid.reduce((a, b) => a + b, 0n)),
      suggestedDocument: suggested.document,
      taxId: order.invoiceRequest.party?.taxIds[0]?.value ?? null,
      issues: codesOf(suggested.findings),
      grossByRate: prepared.content.totals.byRate.map((row) => ({ rate: row.percent ?? row.category, gross: row.gross })),
    };
  }
  const wanted = ({ file: _, ...expected }: Expected & { note?: string; grossByRateDominant?: unknown }) => {
    const { note: _note, grossByRateDominant: _dominant, ...rest } = expected;
    const order = (a: { rate: string }, b: { rate: string }) => (a.rate < b.rate ? -1 : 1);
    return { ...rest, grossByRate: rest.grossByRate.toSorted(order) };
  };
  const sorted = (one: Omit<Expected, 'file'>) => ({ ...one, grossByRate: one.grossByRate.toSorted((a, b) => (a.rate < b.rate ? -1 : 1)) });
  const orderOf = (value: unknown) => {
    const one = incoming(value as never, settings);
    if (!('order' in one)) throw new Error(JSON.stringify(one));
    return one.order;
  };

  const singles: Expected[] = existsSync(data) ? JSON.parse(readFileSync(new URL('expected-orders.json', data), 'utf8')) : [];
  it.each(singles)('$file', (expected) => {
    expect(sorted(seen(orderOf(parse(file(expected.file!)))))).toEqual(wanted(expected));
  });

  it('24 orders, half with numbers as text', () => {
    const expected = JSON.parse(file('dataset-24/expected.json')) as { orders: Expected[] };
    const answer = parse(file('dataset-24/getOrders.json')) as { orders: unknown[] };
    expect(answer.orders.map((row) => sorted(seen(orderOf(row))))).toEqual(expected.orders.map(wanted));
  });
});
