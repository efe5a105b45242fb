import { addDays, type Day, weekday } from '../../../src/domain/days/day.ts';
import { onePagePdf } from '../../../src/testkit/pdf.ts';
import { plain, toNumber } from './amounts.ts';
import { instantOf, localDay, localTime, withOffset } from './clock.ts';
import type { Movement } from './ledger.ts';
import { byRate } from './ledger.ts';
import type { Reply } from './replies.ts';
import { paged, RestFault, type RestRequest, type RestRoute } from './rest-common.ts';
import type { Simulation } from './simulation.ts';

type Settlement = { id: string; day: Day; storeId: number; currency: string; paidAt: number; movements: Movement[] };

/** One for each day and store with money moved, there once the day is over, paid out on the next weekday (contract 16.3, 20). */
function settlements(sim: Simulation): Settlement[] {
  const today = localDay(sim.clock.now());
  const groups = new Map<string, Settlement>();
  for (const movement of sim.ledger.movements) {
    const day = localDay(movement.at);
    if (day >= today) continue;
    const { storeId, currency } = movement.purchase.store;
    const key = `${day} ${storeId}`;
    const group = groups.get(key) ?? {
      id: `${day.replaceAll('-', '')}${storeId}`,
      day,
      storeId,
      currency,
      paidAt: payoutOf(day),
      movements: [],
    };
    group.movements.push(movement);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => (a.day === b.day ? a.storeId - b.storeId : a.day < b.day ? -1 : 1));
}

function payoutOf(day: Day): number {
  let next = addDays(day, 1);
  while (weekday(next) > 5) next = addDays(next, 1);
  return instantOf(`${next}T11:00:00`);
}

const sum = (list: Movement[]) => list.reduce((total, { amount }) => total + amount, 0n);

const fieldOf: Record<string, (s: Settlement) => string> = {
  startdate: ({ day }) => day,
  enddate: ({ day }) => day,
  storeid: ({ storeId }) => String(storeId),
  paidoutat: ({ paidAt }) => localDay(paidAt),
  id: ({ id }) => id,
};

/** `startDate:>2022-12-17 AND storeId:1234` */
function matches(query: string): (settlement: Settlement) => boolean {
  const tests = query
    .split(/\s+AND\s+/i)
    .filter((term) => term.trim())
    .map((term) => {
      const [, name, sign, value] = /^\s*(\w+):(>=|<=|>|<)?(.+?)\s*$/.exec(term) ?? [];
      const field = fieldOf[(name ?? '').toLowerCase()];
      if (!field || value === undefined) throw new RestFault(422, 'VALIDATION_ERROR', `The query ${term} cannot be read.`);
      return (settlement: Settlement) => {
        const found = field(settlement);
        const order = found < value ? -1 : found > value ? 1 : 0;
        if (sign === '>') return order > 0;
        if (sign === '<') return order < 0;
        if (sign === '>=') return order >= 0;
        return sign === '<=' ? order <= 0 : order === 0;
      };
    });
  return (settlement) => tests.every((passes) => passes(settlement));
}

function list({ sim, request }: RestRequest): Reply {
  const found = settlements(sim).filter(matches(request.query.get('query') ?? ''));
  return paged(request, found, 10, 1000, ({ id, day, storeId, currency, paidAt, movements }) => {
    const captured = sum(movements.filter(({ amount }) => amount > 0n));
    const refunded = sum(movements.filter(({ amount }) => amount < 0n));
    const link = (path: string) => ({ method: 'GET', href: `/reports/settlements/${id}/${path}`, query: '' });
    return {
      id,
      startDate: `${day}T00:00:00`,
      endDate: `${day}T00:00:00`,
      storeId,
      ingoingBalance: 0,
      totalAmount: toNumber(captured + refunded),
      currency,
      netSales: toNumber(captured + refunded),
      paidOutAt: withOffset(paidAt),
      generatedAt: withOffset(instantOf(`${addDays(day, 1)}T00:00:00`)),
      captured: toNumber(captured),
      refunded: toNumber(refunded),
      reference: id,
      compensations: 0,
      adjustments: 0,
      links: { pdf: link('file/pdf'), transactions: link('transactions') },
    };
  });
}

function one(sim: Simulation, id: string | undefined): Settlement {
  const found = settlements(sim).find((settlement) => settlement.id === id);
  if (!found) throw new RestFault(404, 'SETTLEMENT_NOT_FOUND');
  return found;
}

const csvColumns = ['transactionDate', 'orderNumber', 'invoiceNumber', 'type', 'amount', 'currency', 'actionReference', 'orderId'] as const;

function transactions({ sim, found: [id], request }: RestRequest): Reply {
  const settlement = one(sim, id);
  const view = (movement: Movement) => transactionView(settlement, movement);
  if ((request.headers.accept ?? '').includes('text/csv')) {
    const quoted = (value: unknown) => `"${String(value ?? '').replaceAll('"', '""')}"`;
    const lines = settlement.movements.map((movement) => {
      const row = view(movement);
      return csvColumns.map((column) => quoted(row[column])).join(';');
    });
    return { status: 200, type: 'text/csv; charset=utf-8', headers: {}, body: `${[csvColumns.join(';'), ...lines].join('\r\n')}\r\n` };
  }
  return paged(request, settlement.movements, 10, 25_000, view);
}

function transactionView(settlement: Settlement, { purchase, at, amount, type, vat, invoiceNo, actionReference }: Movement) {
  const { invoiceAddress } = purchase;
  return {
    customerNumber: purchase.customerNo ?? null,
    firstName: invoiceAddress.CompanyName ?? invoiceAddress.Firstname ?? null,
    lastName: invoiceAddress.Lastname ?? null,
    amount: toNumber(amount),
    purchaseDate: localTime(at),
    transactionDate: localTime(at),
    orderNumber: purchase.reference ?? null,
    invoiceNumber: invoiceNo,
    type,
    totalVatAmountPerRate: byRate(vat).map(({ rate, vat: amount }) => ({ vatRate: toNumber(rate), amount: toNumber(amount) })),
    currency: purchase.currency,
    settlementDate: settlement.day,
    payoutReference: settlement.id,
    actionReference: actionReference ?? null,
    orderId: purchase.orderId,
    productCode: purchase.productCode ?? null,
  };
}

function pdf({ sim, found: [id] }: RestRequest): Reply {
  const { day, storeId, currency, movements } = one(sim, id);
  const body = onePagePdf(`Avräkning ${id}`, [
    `Butik ${storeId}, ${day}`,
    ...movements.map(({ invoiceNo, type, amount }) => `${invoiceNo}   ${type}   ${plain(amount)} ${currency}`),
    `Summa: ${plain(sum(movements))} ${currency}`,
  ]);
  return { status: 200, type: 'application/pdf', headers: {}, body };
}

export const reportRoutes: RestRoute[] = [
  { target: 'settlements', method: 'GET', path: /^\/reports\/settlements$/, run: list },
  { target: 'transactions', method: 'GET', path: /^\/reports\/settlements\/([^/]+)\/transactions$/, run: transactions },
  { target: 'settlementPdf', method: 'GET', path: /^\/reports\/settlements\/([^/]+)\/file\/pdf$/, run: pdf },
];
