import { addPlainConnection } from '../connections/index.ts';
import { toMinor } from '../domain/money/money.ts';
import type { Order } from '../domain/orders/order.ts';
import type { Context } from '../jobs/index.ts';
import { json, newId, type Tx } from '../store/index.ts';
import { type PrepareOptions, type PrepareResult, prepareOrders } from '../toissue/index.ts';

let serial = 0;

/** A paid order of a private person who asked for an invoice. */
export function saleOrder(more: Partial<Order> = {}): Order {
  serial++;
  return {
    externalId: `A-${serial}`,
    aliases: [],
    channel: 'test',
    status: 'ready',
    orderedAt: '2026-11-19T10:00:00Z',
    paidAt: '2026-11-19T10:05:00Z',
    currency: 'PLN',
    buyer: {
      firstName: 'Anna',
      lastName: 'Żółw',
      street: 'ul. Długa 2',
      postalCode: '30-001',
      city: 'Kraków',
      country: 'PL',
      taxIds: [],
      email: 'anna@example.com',
      emailKind: 'direct',
    },
    invoiceRequest: { requested: true, explicit: true },
    delivery: { gross: '12.99', method: 'Kurier', tracking: [] },
    lines: [{ id: '1', kind: 'goods', name: 'Lampa', quantity: '2', unitGross: '50.00', gross: '100.00' }],
    adjustments: [],
    payments: [{ method: 'online', status: 'paid', at: '2026-11-19T10:05:00Z' }],
    declaredTotal: '112.99',
    messages: {},
    refunds: [],
    documentedElsewhere: [],
    findings: [],
    ...more,
  };
}

export type StoredSale = { orderId: string; order: Order; documentId: string; result: PrepareResult };

/** Stores orders as a channel would. */
export async function storeOrders(
  tx: Tx,
  organizationId: string,
  connectionId: string,
  orders: Order[],
  now: Date,
): Promise<{ orderId: string; order: Order }[]> {
  const items = orders.map((order) => ({ orderId: newId(now), order }));
  for (const { orderId, order } of items) {
    await tx
      .insertInto('sales_order')
      .values({
        organization_id: organizationId,
        id: orderId,
        connection_id: connectionId,
        external_id: order.externalId,
        number: null,
        channel: order.channel,
        status: order.status,
        external_status: null,
        ordered_at: order.orderedAt,
        paid_at: order.paidAt ?? null,
        currency: order.currency,
        total_minor: order.declaredTotal === undefined ? 0n : toMinor(order.declaredTotal, order.currency),
        buyer_email: null,
        suggestion: 'INVOICE_PERSON',
        content: json(order),
        content_hash: 'x',
        raw: null,
        superseded_by: null,
        import_id: null,
        created_at: now,
        updated_at: now,
      })
      .execute();
  }
  return items;
}

/** Stores orders of a channel of their own and prepares what they ask for. */
export async function storeSales(ctx: Context, organizationId: string, orders: Order[], options?: PrepareOptions): Promise<StoredSale[]> {
  const who = { organizationId, actor: 'test' };
  const now = ctx.now();
  return ctx.store.org(organizationId, async (tx) => {
    const connectionId = newId(now);
    await addPlainConnection(tx, organizationId, { id: connectionId, connector: 'test', name: 'test' }, now);
    const items = await storeOrders(tx, organizationId, connectionId, orders, now);
    const results = await prepareOrders(tx, ctx, who, items, options);
    return items.map((item, i) => ({ ...item, documentId: results[i]!.documentId!, result: results[i]! }));
  });
}

/** The same order read again from its channel, changed. */
export async function readAgain(
  ctx: Context,
  organizationId: string,
  sale: { orderId: string; order: Order },
  change: Partial<Order>,
  options?: PrepareOptions,
): Promise<PrepareResult> {
  const order = { ...sale.order, ...change };
  const who = { organizationId, actor: 'test' };
  const [result] = await ctx.store.org(organizationId, (tx) => prepareOrders(tx, ctx, who, [{ orderId: sale.orderId, order }], options));
  return result!;
}
