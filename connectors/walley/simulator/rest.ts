import { createHash } from 'node:crypto';
import type { SimRequest } from '../../../src/testkit/simulator.ts';
import { type Hundredths, lesser, plain, readHundredths, toNumber } from './amounts.ts';
import { localDay, withOffset } from './clock.ts';
import type { WalleyFault } from './faults.ts';
import { idempotently } from './idempotency.ts';
import {
  type Article,
  type Ledger,
  type NewRow,
  orderStatus,
  orderTotal,
  type Part,
  type Purchase,
  type Row,
  remainingOf,
  sumRows,
  take,
  totalOf,
} from './ledger.ts';
import { checkDistinct } from './operations.ts';
import { empty, json, type Outcome, type Reply, restError } from './replies.ts';
import { reportRoutes } from './reports.ts';
import { type Fields, paged, RestFault, type RestRequest, type RestRoute, refused } from './rest-common.ts';
import type { Fault, Simulation } from './simulation.ts';

const routes: RestRoute[] = [
  { target: 'searchOrders', method: 'GET', path: /^\/manage\/orders$/, run: search },
  { target: 'getOrder', method: 'GET', path: /^\/manage\/orders\/([^/]+)$/, run: getOrder },
  { target: 'getReauthorize', method: 'GET', path: /^\/manage\/orders\/([^/]+)\/reauthorize\/([^/]+)$/, run: getReauthorize },
  { target: 'capture', method: 'POST', path: /^\/manage\/orders\/([^/]+)\/capture$/, writes: true, run: write(capture) },
  { target: 'cancel', method: 'POST', path: /^\/manage\/orders\/([^/]+)\/cancel$/, writes: true, run: write(cancel) },
  { target: 'refund', method: 'POST', path: /^\/manage\/orders\/([^/]+)\/refund$/, writes: true, run: write(refund) },
  { target: 'reauthorize', method: 'POST', path: /^\/manage\/orders\/([^/]+)\/reauthorize$/, writes: true, run: write(reauthorize) },
  { target: 'extend', method: 'POST', path: /^\/manage\/orders\/([^/]+)\/extend$/, writes: true, run: write(extend) },
  ...reportRoutes,
];

export const restTargets = ['token', ...routes.map(({ target }) => target), 'pdf'];

export function restRoute(request: SimRequest): { target: string; route: RestRoute | undefined; found: string[] } | undefined {
  if (request.method === 'POST' && /^\/oauth2\/v2\.0\/token\/?$/i.test(request.path))
    return { target: 'token', route: undefined, found: [] };
  for (const route of routes) {
    const found = route.method === request.method ? route.path.exec(request.path.replace(/(?<=.)\/$/, '')) : null;
    if (found) return { target: route.target, route, found: found.slice(1).map(decodeURIComponent) };
  }
  return undefined;
}

export async function answerRest(
  sim: Simulation,
  route: RestRoute,
  found: string[],
  request: SimRequest,
  fault: Fault | undefined,
): Promise<Outcome> {
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const until = sim.tokens.get(token);
  if (until === undefined || until <= sim.clock.now()) return restError(401, 'UNAUTHORIZED', 'The access token is missing or has run out.');
  const operation = `${route.target} ${found[0] ?? ''}`.trim();
  return idempotently(sim, operation, request.headers, { reads: !route.writes, fault }, restRefusal, () =>
    route.run({ sim, found, request, fields: fieldsOf(request) }),
  );
}

export function restRefusal(error: WalleyFault): Reply {
  const inProgress = error.code === 'IDEMPOTENCY_REQUEST_IN_PROGRESS' || error.code === 'IDEMPOTENCY_RESPONSE_EXPIRED';
  return restError(error instanceof RestFault ? error.status : inProgress ? 409 : 422, error.code, error.message);
}

/** Client credentials for a bearer token (contract 9.1). */
export function token(sim: Simulation, request: SimRequest): Reply {
  const form = new URLSearchParams(request.body.toString('utf8'));
  const { clientId, clientSecret } = sim.config.credentials;
  const problem = (code: string, description: string) =>
    json(code === 'invalid_client' ? 401 : 400, { error: code, error_description: description });
  if (form.get('grant_type') !== 'client_credentials') return problem('unsupported_grant_type', 'Only client_credentials is supported.');
  if (form.get('client_id') !== clientId || form.get('client_secret') !== clientSecret) {
    return problem('invalid_client', 'The client or its secret is not known, or the secret has expired.');
  }
  if (!/\/\.default$/.test(form.get('scope') ?? '')) return problem('invalid_scope', 'The scope is not known.');
  const life = sim.config.tokenLifeSeconds;
  const access = createHash('sha256').update(`token ${sim.tokens.size} ${sim.clock.now()}`).digest('base64url');
  sim.tokens.set(access, sim.clock.now() + life * 1000);
  return json(200, { token_type: 'Bearer', expires_in: life, ext_expires_in: life, access_token: access });
}

/** Names bind whatever their case, at every level (contract 9.2). */
function fieldsOf(request: SimRequest): Fields {
  if (request.body.length === 0) return {};
  try {
    const value = lowered(JSON.parse(request.body.toString('utf8')));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  } catch {
    throw new RestFault(400, 'INVALID_JSON', 'The body is not JSON.');
  }
  throw new RestFault(400, 'INVALID_JSON', 'The body is not a JSON object.');
}

function lowered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name.toLowerCase(), lowered(inner)]));
}

/** Accepted is not yet applied: 202, and where to look. Until `restLagMs` is over, reads show what was before. */
function write(run: (sim: Simulation, purchase: Purchase, fields: Fields) => string | undefined): RestRoute['run'] {
  return ({ sim, found, fields }) => {
    const purchase = purchaseOf(sim, found[0]);
    const before = sim.config.restLagMs > 0 ? visibleOrder(sim, purchase) : undefined;
    const elsewhere = run(sim, purchase, fields);
    if (before) sim.staleViews.set(purchase.orderId, { until: sim.clock.now() + sim.config.restLagMs, order: before });
    const location = `/manage/orders/${purchase.orderId}`;
    return elsewhere ? empty(201, { Location: `${location}/reauthorize/${elsewhere}` }) : empty(202, { Location: location });
  };
}

function purchaseOf(sim: Simulation, orderId: string | undefined): Purchase {
  const purchase = sim.ledger.purchase(orderId ?? '');
  if (!purchase) throw new RestFault(404, 'ORDER_NOT_FOUND', 'There is no such order.');
  if (!sim.config.stores.some(({ storeId }) => storeId === purchase.store.storeId)) throw new RestFault(403, 'STORE_NOT_PERMITTED');
  return purchase;
}

type Item = {
  id: string | undefined;
  description: string | undefined;
  unitPrice: Hundredths | undefined;
  quantity: bigint;
  vat: Hundredths | undefined;
  type: string;
};

const decimalOf = (value: unknown): Hundredths | undefined =>
  typeof value === 'number' || typeof value === 'string' ? readHundredths(String(value)) : undefined;
const textOf = (value: unknown): string | undefined => (value === undefined || value === null || value === '' ? undefined : String(value));

function amountOf(fields: Fields): Hundredths {
  const amount = decimalOf(fields.amount);
  if (amount === undefined || amount <= 0n)
    throw refused('VALIDATION_ERROR', 'amount must be a positive number with two decimals at most.');
  return amount;
}

function itemsOf(fields: Fields): Item[] | undefined {
  if (fields.items === undefined || fields.items === null) return undefined;
  if (!Array.isArray(fields.items) || fields.items.length === 0) throw refused('VALIDATION_ERROR', 'items must be a list.');
  return fields.items.map((raw: unknown) => {
    const item = (raw ?? {}) as Fields;
    const quantity = /^\d{1,8}$/.test(String(item.quantity)) ? BigInt(String(item.quantity)) : 0n;
    const [unitPrice, vat] = [decimalOf(item.unitprice), decimalOf(item.vat)];
    if (quantity < 1n) throw refused('INVALID_QUANTITY');
    if (unitPrice === undefined) throw refused('VALIDATION_UNIT_PRICE_PARSING');
    if (textOf(item.vat) !== undefined && (vat === undefined || vat < 0n || vat > 10_000n)) throw refused('VALIDATION_VAT_PARSING');
    return { id: textOf(item.id), description: textOf(item.description), unitPrice, quantity, vat, type: textOf(item.type) ?? 'purchase' };
  });
}

const itemsTotal = (items: Item[]) => items.reduce((sum, item) => sum + item.quantity * item.unitPrice!, 0n);

function checkSum(amount: Hundredths, items: Item[]): void {
  if (itemsTotal(items) !== amount) throw refused('VALIDATION_ERROR', `amount ${plain(amount)} is not the sum of the items.`);
}

const articlesOf = (items: Item[]): Article[] =>
  items.map(({ id, description, unitPrice, quantity }) => ({ articleId: id, description, unitPrice, quantity }));

/** The part that nothing has been captured of. */
function pendingOf(purchase: Purchase): Part | undefined {
  return purchase.parts.find((part) => part.state === 'Pending');
}

function capture(sim: Simulation, purchase: Purchase, fields: Fields): undefined {
  const { ledger } = sim;
  const part = pendingOf(purchase);
  if (!part) {
    throw refused(['Activated', 'Returned'].includes(orderStatus(purchase)) ? 'CAPTURE_ORDER_ALREADY_CAPTURED' : 'INVALID_ORDER_STATUS');
  }
  const amount = amountOf(fields);
  const items = itemsOf(fields);
  const reference = textOf(fields.actionreference);
  if (items) {
    checkSum(amount, items);
    ledger.partActivate(part, articlesOf(items), reference);
  } else if (amount === totalOf(part)) {
    ledger.activate(part, reference);
  } else {
    if (amount > totalOf(part)) throw refused('VALIDATION_ERROR', `amount is above what is left: ${plain(totalOf(part))}.`);
    ledger.captureAmount(part, amount, textOf(fields.description)?.slice(0, 50) ?? 'Delkapitalisering', reference);
  }
  return undefined;
}

function cancel(sim: Simulation, purchase: Purchase): undefined {
  if (!['NotActivated', 'PartActivated', 'Expired'].includes(orderStatus(purchase))) throw refused('INVALID_ORDER_STATUS');
  for (const part of purchase.parts) {
    if (part.state === 'Pending') sim.ledger.cancel(part);
    else if (part.state === 'Expired') sim.ledger.cancelExpired(part);
  }
  return undefined;
}

function refund(sim: Simulation, purchase: Purchase, fields: Fields): undefined {
  const { ledger } = sim;
  const parts = purchase.parts
    .filter((part) => part.state === 'Activated' && !part.credited)
    .sort((a, b) => a.activatedAt! - b.activatedAt!);
  if (!['Activated', 'PartActivated'].includes(orderStatus(purchase)) || parts.length === 0) throw refused('INVALID_ORDER_STATUS');
  const amount = amountOf(fields);
  const items = itemsOf(fields);
  const reference = textOf(fields.actionreference);
  const captured = parts.reduce((sum, part) => sum + remainingOf(part), 0n);
  if (items) {
    refundItems(ledger, parts, amount, captured, items, reference);
  } else if (amount > captured) {
    throw refused('REFUND_AMOUNT_TOO_HIGH');
  } else if (amount === captured) {
    for (const part of parts) ledger.credit(part, reference);
  } else {
    adjustOldestFirst(ledger, parts, amount, textOf(fields.description)?.slice(0, 50) ?? 'Återbetalning', reference);
  }
  return undefined;
}

function adjustOldestFirst(ledger: Ledger, parts: Part[], amount: Hundredths, description: string, reference: string | undefined): void {
  let rest = amount;
  for (const part of parts) {
    const used = lesser(remainingOf(part), rest);
    if (used <= 0n) continue;
    ledger.adjust(part, [{ articleId: 'amount', description, amount: -used, vat: 2_500n }], reference);
    rest -= used;
  }
}

/** Articles go to the parts that hold them, the oldest first; a fee stays with the last part that gave something back. */
function refundItems(
  ledger: Ledger,
  parts: Part[],
  amount: Hundredths,
  captured: Hundredths,
  items: Item[],
  reference: string | undefined,
): void {
  const fees = items.filter((item) => item.type.toLowerCase() === 'fee');
  const goods = items.filter((item) => item.type.toLowerCase() !== 'fee');
  checkSum(amount, items);
  const returned = itemsTotal(goods);
  if (fees.some((fee) => fee.vat === undefined || fee.unitPrice! > 0n) || -itemsTotal(fees) > returned) {
    throw refused('VALIDATION_ERROR', 'A fee needs its vat, a price below zero, and may not exceed the returned articles.');
  }
  if (returned > captured) throw refused('REFUND_AMOUNT_TOO_HIGH');
  const rows = parts.flatMap((part) => part.rows);
  const taken = take(rows, articlesOf(goods), (row) => row.quantity - row.credited);
  const steps = parts.map((part) => ({ part, rows: part.rows.filter((row) => taken.has(row)) })).filter((step) => step.rows.length > 0);
  // All or nothing over several parts: each is checked before the first is touched.
  for (const step of steps) {
    const back = step.rows.reduce((sum, row) => sum + taken.get(row)! * row.unitPrice, 0n);
    const remaining = remainingOf(step.part) - back;
    if (remaining < 0n || remaining > totalOf(step.part)) throw refused('REFUND_AMOUNT_TOO_HIGH');
  }
  const feeRows = fees.map((fee) => ({
    articleId: fee.id ?? 'fee',
    description: fee.description ?? 'Avgift',
    amount: -fee.quantity * fee.unitPrice!,
    vat: fee.vat!,
  }));
  for (const [i, step] of steps.entries()) {
    const articles = step.rows.map((row) => ({ ...row, quantity: taken.get(row)! }));
    const last = i === steps.length - 1 && feeRows.length > 0;
    ledger.partCredit(step.part, articles, reference, last ? feeRows : []);
  }
}

function reauthorize(sim: Simulation, purchase: Purchase, fields: Fields): string | undefined {
  const { ledger } = sim;
  const part = pendingOf(purchase);
  if (!part) {
    throw refused(['Activated', 'Returned'].includes(orderStatus(purchase)) ? 'ORDER_ALREADY_CAPTURED' : 'INVALID_ORDER_STATUS');
  }
  const amount = amountOf(fields);
  const items = itemsOf(fields);
  if (!items) throw refused('VALIDATION_ERROR', 'items are required: they replace everything not yet captured.');
  checkSum(amount, items);
  const rows: NewRow[] = items.map(({ id, description, quantity, unitPrice, vat }) => ({
    articleId: id ?? '',
    description: description ?? '',
    quantity,
    unitPrice: unitPrice!,
    vat: vat ?? 0n,
  }));
  if (rows.some((row) => row.articleId === '' || row.description === ''))
    throw refused('VALIDATION_ERROR', 'Each item needs id and description.');
  checkDistinct(rows, 'MATCHING_ARTICLES_WITH_DIFFERENT_VAT');
  const raised = amount > totalOf(part);
  if (raised && sim.config.loweringOnlyCountries.includes(purchase.country)) {
    throw refused('REAUTHORIZE_ORDER_INCREASE_ABOVE_CURRENT_TOTAL_AMOUNT_IS_NOT_ALLOWED');
  }
  if (!raised) {
    ledger.replace(part, rows);
    return undefined;
  }
  return sim.reauthorizations.begin(purchase.orderId, part, rows);
}

function extend(sim: Simulation, purchase: Purchase): undefined {
  if (!['NotActivated', 'PartActivated'].includes(orderStatus(purchase))) throw refused('INVALID_ORDER_STATUS');
  sim.ledger.extendOrder(purchase);
  return undefined;
}

function getReauthorize({ sim, found: [orderId, id] }: RestRequest): Reply {
  const state = sim.reauthorizations.stateOf(orderId!, id!);
  if (!state) throw new RestFault(404, 'REAUTHORIZATION_NOT_FOUND');
  if (state.code) throw refused(state.code);
  return state.applied ? json(200, { data: { id, status: 'Applied' }, links: {}, metaData: {} }) : empty(202);
}

function getOrder({ sim, found, request }: RestRequest): Reply {
  const purchase = purchaseOf(sim, found[0]);
  const correlationId = request.query.get('correlationId');
  const stale = staleUntil(sim, purchase) > sim.clock.now();
  if (correlationId && (stale || !sim.notifier.notices.some((notice) => notice.correlationId === correlationId))) {
    throw new RestFault(404, 'ORDER_NOT_FOUND', 'The action with this correlation id is not applied yet.');
  }
  return json(200, { data: visibleOrder(sim, purchase), links: {}, metaData: {} });
}

const staleUntil = (sim: Simulation, purchase: Purchase) => sim.staleViews.get(purchase.orderId)?.until ?? 0;

function visibleOrder(sim: Simulation, purchase: Purchase): unknown {
  return staleUntil(sim, purchase) > sim.clock.now() ? sim.staleViews.get(purchase.orderId)!.order : orderView(sim, purchase);
}

const dated = (at: number) => withOffset(at);

/** Contract 9.3 and 16.3, 14. */
function orderView(sim: Simulation, purchase: Purchase) {
  const status = orderStatus(purchase);
  const address = (a: Purchase['invoiceAddress']) => ({
    addressLine1: a.Address1 ?? null,
    addressLine2: a.Address2 ?? null,
    city: a.City ?? null,
    coAddress: a.COAddress ?? null,
    receiverName: nameOf(a) ?? null,
    countryCode: a.CountryCode ?? null,
    email: a.Email ?? null,
    mobilePhone: a.CellPhoneNumber ?? null,
    phoneNumber: a.PhoneNumber ?? null,
    postalCode: a.PostalCode ?? null,
  });
  const buyer = purchase.invoiceAddress;
  return {
    id: purchase.orderId,
    reference: purchase.reference ?? null,
    paymentMethod: 'Invoice',
    totalAmount: toNumber(orderTotal(purchase)),
    currency: purchase.currency,
    status,
    salesSegment: purchase.segment,
    countryCode: purchase.country,
    productCode: purchase.productCode ?? null,
    placedAt: dated(purchase.createdAt),
    expiresAt: ['NotActivated', 'PartActivated', 'OnHold', 'Signing', 'Expired'].includes(status) ? dated(purchase.expiresAt) : null,
    customer: {
      type: purchase.segment === 'B2C' ? 'Person' : 'Company',
      name: nameOf(buyer) ?? null,
      firstName: buyer.Firstname ?? null,
      lastName: buyer.Lastname ?? null,
      registrationNumber: `${purchase.regNo.slice(0, 6)}***${purchase.regNo.slice(-1)}`,
      countryCode: buyer.CountryCode ?? null,
      coAddress: buyer.COAddress ?? null,
      addressLine1: buyer.Address1 ?? null,
      addressLine2: buyer.Address2 ?? null,
      city: buyer.City ?? null,
      postalCode: buyer.PostalCode ?? null,
      email: buyer.Email ?? null,
      mobilePhoneNumber: buyer.CellPhoneNumber ?? null,
      homePhoneNumber: buyer.PhoneNumber ?? null,
    },
    deliveryAddress: address(purchase.deliveryAddress),
    invoiceAddress: address(buyer),
    items: itemsView(purchase),
    invoices: purchase.parts.map((part) => {
      const issued = part.state === 'Activated';
      return {
        invoiceNumber: part.invoiceNo,
        status: part.credited ? 'Credited' : part.state,
        amount: toNumber(totalOf(part)),
        remainingAmount: toNumber(remainingOf(part)),
        dueDate: part.dueDate ?? null,
        paymentReference: issued ? part.paymentReference : null,
        pdfUrl: issued ? sim.pdfUrl(part) : null,
      };
    }),
  };
}

function nameOf(address: Purchase['invoiceAddress']): string | undefined {
  return address.CompanyName ?? ([address.Firstname, address.Lastname].filter(Boolean).join(' ') || undefined);
}

/** One item per article, text, price and rate over all living parts. */
function itemsView(purchase: Purchase) {
  const living = purchase.parts.filter((part) => part.state !== 'Cancelled');
  const items = new Map<string, { row: Row; quantity: bigint; captured: bigint; refunded: bigint }>();
  for (const part of living.length > 0 ? living : purchase.parts) {
    for (const row of part.rows) {
      const key = JSON.stringify([row.articleId, row.description, String(row.unitPrice), String(row.vat)]);
      const item = items.get(key) ?? { row, quantity: 0n, captured: 0n, refunded: 0n };
      item.quantity += row.quantity;
      if (part.state === 'Activated') item.captured += row.quantity;
      item.refunded += row.credited;
      items.set(key, item);
    }
  }
  return [...items.values()].map(({ row, quantity, captured, refunded }) => ({
    id: row.articleId,
    description: row.description,
    quantity: Number(quantity),
    unitPrice: toNumber(row.unitPrice),
    vat: toNumber(row.vat),
    type: 'purchase',
    capturedQuantity: Number(captured),
    refundedQuantity: Number(refunded),
  }));
}

/** Newest first, ten a page; filters name a field and a list, periods may be open at one end. */
function search({ sim, request }: RestRequest): Reply {
  const filters = request.query.getAll('filter').map((text) => {
    const [, name, value] = /^(\w+):(.*)$/s.exec(text) ?? [];
    try {
      const list: unknown = JSON.parse(value ?? '');
      if (name && Array.isArray(list)) return { name: name.toLowerCase(), list: list.map(String) };
    } catch {}
    throw refused('VALIDATION_ERROR', `The filter ${text} cannot be read.`);
  });
  const query = (request.query.get('query') ?? '').toLowerCase();
  const matches = (purchase: Purchase, order: { status: string }) =>
    filters.every(({ name, list }) => {
      if (name === 'status') return list.includes(order.status);
      if (name === 'storeid') return list.includes(String(purchase.store.storeId));
      if (name === 'placedat') {
        const day = localDay(purchase.createdAt);
        return (!list[0] || day >= list[0].slice(0, 10)) && (!list[1] || day <= list[1].slice(0, 10));
      }
      throw refused('VALIDATION_ERROR', `There is no filter ${name}.`);
    }) &&
    (query === '' ||
      [purchase.orderId, purchase.reference, purchase.customerNo, nameOf(purchase.invoiceAddress), ...numbersOf(purchase)].some((text) =>
        text?.toLowerCase().includes(query),
      ));
  const rows = [...sim.ledger.purchases]
    .reverse()
    .map((purchase) => ({ purchase, order: visibleOrder(sim, purchase) as ReturnType<typeof orderView> }))
    .filter(({ purchase, order }) => matches(purchase, order));
  return paged(request, rows, 10, 1000, ({ purchase, order }) => ({
    id: order.id,
    orderNumber: order.reference,
    merchantId: 1,
    storeId: purchase.store.storeId,
    paymentMethod: order.paymentMethod,
    totalAmount: order.totalAmount,
    totalVat: toNumber(vatOf(purchase)),
    currency: order.currency,
    status: order.status,
    countryCode: order.countryCode,
    placedAt: order.placedAt,
    expiresAt: order.expiresAt,
    customerDetails: order.customer,
    deliveryAddress: order.deliveryAddress,
    invoiceAddress: order.invoiceAddress,
    tags: [],
  }));
}

const numbersOf = (purchase: Purchase) => purchase.parts.flatMap((part) => [part.invoiceNo, ...part.aliases]);

function vatOf(purchase: Purchase): Hundredths {
  const living = purchase.parts.filter((part) => part.state !== 'Cancelled');
  const rows = (living.length > 0 ? living : purchase.parts).flatMap((part) => part.rows);
  return rows.reduce((sum, row) => sum + vatWithinRow(row), 0n);
}

const vatWithinRow = (row: Row): Hundredths => {
  const gross = sumRows([row]) * row.vat;
  const divisor = 10_000n + row.vat;
  return (2n * gross + (gross < 0n ? -divisor : divisor)) / (2n * divisor);
};
