import type { Order } from '../domain/orders/order.ts';
import type { Context } from '../jobs/index.ts';
import { listSeries, type NewOrganization, saveSeries, type Who } from '../toissue/index.ts';
import type { Loose } from './loose.ts';
import { saleOrder } from './sale.ts';

/** A Hungarian ticket seller whose provider numbers and reports. */
export const hungarianShop = {
  name: 'Pelda Rendezveny',
  country: 'HU',
  seller: {
    name: 'Pelda Rendezveny Kft.',
    taxIds: [{ scheme: 'HU:ADOSZAM', value: '12345676-2-42' }],
    street: 'Fő utca 2.',
    postalCode: '1011',
    city: 'Budapest',
    country: 'HU',
  },
} satisfies NewOrganization;

/** Two tickets, paid by card a moment ago. */
export function ticketSale(more: Partial<Order> = {}): Order {
  return saleOrder({
    channel: 'tickets',
    orderedAt: '2026-11-20T09:00:00Z',
    paidAt: '2026-11-20T09:00:05Z',
    currency: 'HUF',
    buyer: {
      name: 'Vevő Vilma',
      street: 'Fő utca 1.',
      postalCode: '1011',
      city: 'Budapest',
      country: 'HU',
      taxIds: [],
      email: 'vevo@example.com',
      emailKind: 'direct',
    },
    delivery: { tracking: [] },
    lines: [
      {
        id: '1',
        kind: 'service',
        name: 'Koncertjegy',
        quantity: '2',
        unitGross: '5900',
        gross: '11800',
        rate: { category: 'S', percent: '27', source: 'channel' },
      },
    ],
    payments: [{ method: 'card', status: 'paid', amount: '11800', at: '2026-11-20T09:00:05Z' }],
    declaredTotal: '11800',
    ...more,
  });
}

/** The default series of these kinds go where `how` says; all else of them stays. */
export async function seriesGo(
  ctx: Context,
  who: Who,
  kinds: string[],
  how: Pick<Parameters<typeof saveSeries>[2], 'connectionId' | 'numberOwner' | 'reporter' | 'autoIssue'>,
): Promise<void> {
  const all = await ctx.store.org(who.organizationId, (tx) => listSeries(tx, who.organizationId));
  for (const { id, name, kind, pattern, reset } of all.filter((series) => kinds.includes(series.kind))) {
    const saved = await saveSeries(ctx, who, { id, name, kind, pattern, reset, isDefault: true, ...how });
    if ('findings' in saved) throw new Error(JSON.stringify(saved.findings));
  }
}

/** The control door of a simulator, by verb. */
export function doorOf(url: () => string): (path: string, body?: unknown, method?: string) => Promise<Loose> {
  return async (path, body = {}, method = 'POST') => {
    const response = await fetch(`${url()}/__sim/${path}`, {
      method,
      ...(method === 'GET' ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  };
}
