import { z } from 'zod';
import { type CallWindow, htmlReply, jsonReply, localTime, type SimFault, type SimReply } from '../../../src/testkit/service.ts';
import type { SimRequest } from '../../../src/testkit/simulator.ts';
import { detailOf, fileToken, headOf, logRowOf, readBacks, type Shape, typings, withCarts } from './shape.ts';
import {
  type Account,
  type Address,
  countries,
  countryOf,
  fieldCatalogue,
  type Line,
  payments,
  type StoredOrder,
  series,
  shipments,
  sources,
  statuses,
  statusIds,
} from './state.ts';

export const settings = z.object({
  /** The key was taken back in the panel. */
  keyRevoked: z.boolean().default(false),
  /** The whole service answers with a page that says so. */
  maintenance: z.boolean().default(false),
  callsPerMinute: z.number().int().min(0).nullable().default(100),
  retryAfter: z.enum(['seconds', 'date', 'none']).default('seconds'),
  typing: z.enum(typings).default('sample'),
  /** What the value of a file field is taken for. */
  accepts: z.enum(['base64', 'data-uri', 'both']).default('base64'),
  readBack: z.enum(readBacks).default('base64'),
  /** A second file in the same field. */
  secondFile: z.enum(['replace', 'append']).default('replace'),
  /** `orders_with_carts` is documented with a status filter only and seen to honour days; `all` gives it every filter of `orders`. */
  cartsFilters: z.enum(['seen', 'all']).default('seen'),
  /** The journal's paging is not described: with a number only the newest rows are given. */
  journalRows: z.number().int().min(1).nullable().default(null),
  /** The answer to a created order sometimes lacks its status. */
  createStatus: z.enum(['given', 'absent']).default('given'),
});
export type Settings = z.infer<typeof settings>;

export type Api = { account: Account; key: string; current: Settings; calls: CallWindow; turn: number };

const base = '/api/v1/';
const noRecords = () => jsonReply(404, { message: 'No records found' });
const unprocessable = (message: string) => jsonReply(422, { message });
const orderNotFound = () => jsonReply(404, { message: 'Order not found' });
const fileLimitBytes = 5 * 1024 * 1024;
const pageLimit = 100;
const defaultPage = 50;
const bulkLimit = 1000;

type Call = { api: Api; request: SimRequest; shape: Shape; fault: SimFault | undefined };
type Route = { method: string; path: RegExp; operation: string; run(call: Call, found: string[]): SimReply };

const routes: Route[] = [
  { method: 'GET', path: /^orders$/, operation: 'orders', run: (call) => listOrders(call, headOf, 'all') },
  {
    method: 'GET',
    path: /^orders_with_carts$/,
    operation: 'orders',
    run: (call) => listOrders(call, withCarts, call.api.current.cartsFilters),
  },
  { method: 'POST', path: /^orders_search$/, operation: 'search', run: searchOrders },
  { method: 'GET', path: /^orders_logs$/, operation: 'journal', run: journal },
  { method: 'GET', path: /^orders\/(\d+)$/, operation: 'order', run: readOrder },
  { method: 'PUT', path: /^orders\/(\d+)$/, operation: 'update', run: updateOrder },
  { method: 'POST', path: /^orders$/, operation: 'create', run: createOrder },
  { method: 'PUT', path: /^orders_bulk$/, operation: 'update', run: bulk },
  { method: 'POST', path: /^orders_lines$/, operation: 'lines', run: addLine },
  { method: 'PUT', path: /^orders_lines\/(\d+)$/, operation: 'lines', run: changeLine },
  { method: 'DELETE', path: /^orders_lines\/(\d+)$/, operation: 'lines', run: removeLine },
  {
    method: 'GET',
    path: /^orders_fields$/,
    operation: 'lookup',
    run: () => list([...fieldCatalogue], ([id, f]) => ({ id: String(id), ...f })),
  },
  {
    method: 'GET',
    path: /^statuses$/,
    operation: 'lookup',
    run: ({ api }) => list([...statuses], ([id, name]) => ({ id: idIn(api, id), name })),
  },
  { method: 'GET', path: /^payments$/, operation: 'lookup', run: () => list([...payments], ([id, title]) => ({ id, title })) },
  { method: 'GET', path: /^shipments$/, operation: 'lookup', run: () => list([...shipments], ([id, title]) => ({ id, title })) },
  { method: 'GET', path: /^sources$/, operation: 'lookup', run: () => list([...sources], ([id, name]) => ({ id, name })) },
  { method: 'GET', path: /^countries$/, operation: 'lookup', run: () => list(countries, ([id, name, code]) => ({ id, name, code })) },
  { method: 'GET', path: /^documents_series$/, operation: 'lookup', run: () => list([...series], (s) => s) },
  { method: 'GET', path: /^invoices$/, operation: 'invoices', run: listInvoices },
  { method: 'GET', path: /^users$/, operation: 'lookup', run: listUsers },
  { method: 'POST', path: /^notes$/, operation: 'notes', run: addNote },
  { method: 'GET', path: /^notes\/(\d+)$/, operation: 'notes', run: listNotes },
];

function routeOf(request: SimRequest): { route: Route; found: string[] } | undefined {
  if (!request.path.startsWith(base)) return undefined;
  const rest = request.path.slice(base.length).replace(/\/$/, '');
  for (const route of routes) {
    const found = route.method === request.method ? route.path.exec(rest) : null;
    if (found) return { route, found: found.slice(1) };
  }
  return undefined;
}

export function operationOf(request: SimRequest): string {
  return routeOf(request)?.route.operation ?? '';
}

/** Checks in this order: outage, key, limit, route, body. */
export function answerApi(api: Api, request: SimRequest, fault: SimFault | undefined, origin: string): SimReply {
  const { current, account } = api;
  if (current.maintenance) return htmlReply(503, 'Prace techniczne');
  const file = /^\/files\/(\d+)\/(\d+)\/(\d+)-([0-9a-f]{16})\.pdf$/.exec(request.path);
  if (file && request.method === 'GET') return download(account, file);
  if (!request.path.startsWith(base)) return htmlReply(404, '404 Not Found');
  if (current.keyRevoked || request.headers.apikey !== api.key) return jsonReply(401, { message: 'Unauthorized' });
  const wait = current.callsPerMinute === null ? undefined : api.calls.take(api.key, current.callsPerMinute, account.clock.now());
  if (wait !== undefined) return tooMany(api, wait);
  if (fault?.mode === 'http429') return tooMany(api, 60_000);
  const route = routeOf(request);
  if (!route) return jsonReply(404, { message: 'Not Found' });
  api.turn += 1;
  const shape: Shape = { typing: current.typing, readBack: current.readBack, origin, turn: api.turn };
  const reply = route.route.run({ api, request, shape, fault }, route.found);
  if (fault?.mode === 'orders-arrive') for (let i = 0; i < Number(fault.count ?? 1); i++) account.arrive();
  return reply;
}

function tooMany({ current, account }: Api, waitMs: number): SimReply {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  const value = current.retryAfter === 'date' ? new Date(account.clock.now() + seconds * 1000).toUTCString() : String(seconds);
  return jsonReply(429, { message: 'Too Many Requests' }, current.retryAfter === 'none' ? {} : { 'retry-after': value });
}

function idIn({ current }: Api, id: number): number | string {
  return current.typing === 'strings' ? String(id) : id;
}

function list<T>(rows: readonly T[], shape: (row: T) => unknown): SimReply {
  return rows.length === 0 ? noRecords() : jsonReply(200, rows.map(shape));
}

function wholeOf(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined;
}

function paged<T>(rows: T[], query: URLSearchParams): T[] {
  const offset = wholeOf(query.get('offset')) ?? 0;
  const limit = Math.min(wholeOf(query.get('limit')) ?? defaultPage, pageLimit);
  return rows.slice(offset, offset + limit);
}

/** The body as an object, or why it is none. Strings with quotation marks written as `\u0022` are refused, as seen live. */
function bodyOf<T>(request: SimRequest, schema: z.ZodType<T>): T | SimReply {
  const text = request.body.toString('utf8');
  if (/\\u0022/i.test(text)) return unprocessable('Invalid JSON');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return unprocessable('Invalid JSON');
  }
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0]!;
  return unprocessable(`The ${issue.path.join('.') || 'body'} is invalid.`);
}

function isReply(value: unknown): value is SimReply {
  return typeof value === 'object' && value !== null && 'status' in value && 'headers' in value;
}

// Reading

type Test = (order: StoredOrder, wanted: string) => boolean;
const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
const holds = (a: string, b: string) => a.toLowerCase().includes(b.toLowerCase());
const day = (time: string) => time.slice(0, 10);

const dateFilters: Record<string, Test> = {
  status_id: (order, wanted) => String(order.statusId) === wanted,
  date_from: (order, wanted) => day(order.date) >= day(wanted),
  date_to: (order, wanted) => day(order.date) < day(wanted),
  exact_date: (order, wanted) => day(order.date) === day(wanted),
};
const filters: Record<string, Test> = {
  ...dateFilters,
  from_id: (order, wanted) => order.id > Number(wanted),
  email: (order, wanted) => same(order.email, wanted),
  first_name: (order, wanted) => holds(order.bill.name, wanted),
  last_name: (order, wanted) => holds(order.bill.surname, wanted),
  external_id: (order, wanted) => order.external.id === wanted,
  source: (order, wanted) => same(order.source, wanted),
  payment_id: (order, wanted) => String(order.payment.id) === wanted,
  payment_status: (order, wanted) => order.payment.status === wanted,
  shipment_id: (order, wanted) => String(order.shipment.id) === wanted,
  currency: (order, wanted) => same(order.payment.currency, wanted),
  sale_document: (order, wanted) => order.invoice === (wanted === 'invoice'),
  placeholder: (order, wanted) => order.placeholder === (wanted === '1'),
};

/** What is not a filter is ignored, as the service does. Offsets count from the newest, so an order that arrives shifts every page. */
function listOrders({ api, request, shape }: Call, row: typeof headOf, known: 'all' | 'seen'): SimReply {
  const tests = Object.entries(known === 'all' ? filters : dateFilters).flatMap(([name, test]) => {
    const wanted = request.query.get(name);
    return wanted === null || wanted === '' ? [] : [(order: StoredOrder) => test(order, wanted)];
  });
  const found = [...api.account.orders.values()].filter((order) => tests.every((test) => test(order)));
  const sorted = found.sort((a, b) => (request.query.get('sort')?.toLowerCase() === 'asc' ? a.id - b.id : b.id - a.id));
  return list(paged(sorted, request.query), (order) => row(order, shape));
}

const search = z.object({
  status: z.union([z.number(), z.string()]).optional(),
  creation_date_from: z.string().optional(),
  creation_date_to: z.string().optional(),
  order_id_from: z.coerce.number().int().optional(),
});

function searchOrders({ api, request }: Call): SimReply {
  const by = bodyOf(request, search);
  if (isReply(by)) return by;
  const found = [...api.account.orders.values()].filter(
    (order) =>
      (by.status === undefined || String(order.statusId) === String(by.status)) &&
      (by.creation_date_from === undefined || order.date >= by.creation_date_from) &&
      (by.creation_date_to === undefined || order.date <= by.creation_date_to) &&
      (by.order_id_from === undefined || order.id >= by.order_id_from),
  );
  return list(found.slice(0, pageLimit), ({ id, date, statusId }) => ({
    id,
    date,
    status: { id: statusId, name: statuses.get(statusId) },
  }));
}

function journal({ api, request, shape }: Call): SimReply {
  const tag = request.query.get('operation_tag');
  const from = request.query.get('date_from');
  const rows = api.account.journal.filter((row) => (tag === null || row.tag === tag) && (from === null || row.date >= from));
  return list(api.current.journalRows === null ? rows : rows.slice(-api.current.journalRows), (row) => logRowOf(row, shape));
}

function readOrder({ api, shape }: Call, [id]: string[]): SimReply {
  const order = api.account.orders.get(Number(id));
  return order ? jsonReply(200, detailOf(order, shape)) : orderNotFound();
}

function listInvoices({ api, request: { query } }: Call): SimReply {
  const from = query.get('date_from');
  const to = query.get('date_to');
  const found = api.account.invoices.filter(
    (made) =>
      made.kind === 'invoice' &&
      (query.get('order_id') === null || String(made.orderId) === query.get('order_id')) &&
      (query.get('series_id') === null || String(made.seriesId) === query.get('series_id')) &&
      (from === null || made.date >= day(from)) &&
      (to === null || made.date < day(to)),
  );
  const sorted = found.sort((a, b) => (query.get('sort')?.toLowerCase() === 'asc' ? a.id - b.id : b.id - a.id));
  return list(paged(sorted, query), ({ id, number, date }) => ({ id, number, date }));
}

function listUsers({ api, request }: Call): SimReply {
  const customers = [...new Map([...api.account.orders.values()].map((order) => [order.email, order])).values()];
  return list(paged(customers, request.query), ({ id, email, bill }) => ({ id, email, name: bill.name, surname: bill.surname }));
}

function download(account: Account, [, orderId, fieldId, index, token]: RegExpExecArray): SimReply {
  const bytes = account.orders.get(Number(orderId))?.files.get(Number(fieldId))?.[Number(index)];
  if (!bytes || fileToken(bytes) !== token) return htmlReply(404, '404 Not Found');
  return { status: 200, headers: { 'content-type': 'application/pdf' }, body: bytes };
}

// Writing

const numeric = z.union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/)]).transform(String);
const whole = z.union([z.number().int(), z.string().regex(/^\d+$/)]).transform(Number);
const address = z.object({
  ...Object.fromEntries(
    [
      'name',
      'surname',
      'street',
      'home_number',
      'flat_number',
      'description',
      'postcode',
      'city',
      'state',
      'phone',
      'company_name',
      'company_nip',
    ].map((name) => [name, z.string().optional()]),
  ),
  country: z.object({ code: z.string().optional(), id: whole.optional() }).optional(),
});

const update = z.object({
  status: whole.optional(),
  send_status_to_external: z.boolean().default(false),
  document_number: z.string().optional(),
  payment_status: z.enum(['paid', 'unpaid', 'partial']).optional(),
  paid: numeric.optional(),
  shipment_price: numeric.optional(),
  total: numeric.optional(),
  bill_address: address.optional(),
  shipment_address: address.optional(),
  additional_fields: z.array(z.object({ field_id: whole, field_value: z.string() })).optional(),
});

/** Merges what is known and answers success about the rest as well. */
function updateOrder({ api, request, fault }: Call, [id]: string[]): SimReply {
  const order = api.account.orders.get(Number(id));
  if (!order) return orderNotFound();
  const wanted = bodyOf(request, update);
  if (isReply(wanted)) return wanted;
  if (wanted.status !== undefined && !statuses.has(wanted.status)) return unprocessable('The status is invalid.');
  const files = (wanted.additional_fields ?? []).map((field) => ({ ...field, bytes: fileBytes(api, field.field_value) }));
  if (files.some(({ field_id, bytes }) => isFile(field_id) && bytes.length > fileLimitBytes))
    return jsonReply(413, { message: 'Payload Too Large' });
  const done = jsonReply(200, { message: 'success', id: order.id });
  if (fault?.mode === 'stores-nothing') return done;
  const before = JSON.stringify({ ...order, statusId: 0, texts: [...order.texts] });
  if (wanted.document_number !== undefined) order.documentNumber = wanted.document_number;
  if (wanted.paid !== undefined) order.payment.paid = money(wanted.paid);
  if (wanted.payment_status !== undefined) {
    order.payment.status = wanted.payment_status;
    if (wanted.payment_status === 'paid' && !order.payment.paidDate) order.payment.paidDate = localTime(api.account.clock.now());
  }
  if (wanted.shipment_price !== undefined) order.shipment.total = money(wanted.shipment_price);
  if (wanted.total !== undefined) order.total = money(wanted.total);
  if (wanted.bill_address) order.bill = mergedAddress(order.bill, wanted.bill_address);
  if (wanted.shipment_address) order.ship = mergedAddress(order.ship, wanted.shipment_address);
  let stored = false;
  for (const field of files) stored = storeField(api, order, field) || stored;
  if (stored || JSON.stringify({ ...order, statusId: 0, texts: [...order.texts] }) !== before)
    api.account.log(order.id, 'order_edit', 'Edycja zamówienia przez API');
  if (wanted.status !== undefined && wanted.status !== order.statusId) {
    api.account.setStatus(order, wanted.status);
    if (wanted.send_status_to_external) api.account.pushed.push({ orderId: order.id, statusId: wanted.status });
  }
  return done;
}

function money(text: string): string {
  const [whole = '0', fraction = ''] = text.split('.');
  return `${whole}.${fraction.padEnd(2, '0').slice(0, 2)}`;
}

function isFile(fieldId: number): boolean {
  const type = fieldCatalogue.get(fieldId)?.type;
  return type === 'saledocument' || type === 'files';
}

/** Text that is neither is decoded all the same, to rubbish. */
function fileBytes({ current }: Api, value: string): Buffer {
  const uri = /^data:[^;,]*;base64,/.exec(value)?.[0];
  if (current.accepts === 'data-uri') return uri ? Buffer.from(value.slice(uri.length), 'base64') : Buffer.from(value, 'utf8');
  return Buffer.from(uri && current.accepts === 'both' ? value.slice(uri.length) : value, 'base64');
}

function storeField(api: Api, order: StoredOrder, field: { field_id: number; field_value: string; bytes: Buffer }): boolean {
  const known = fieldCatalogue.get(field.field_id);
  if (!known) return false;
  if (known.type === 'text') {
    order.texts.set(field.field_id, field.field_value);
    return false;
  }
  if (field.field_value === '') return false;
  const held = order.files.get(field.field_id) ?? [];
  order.files.set(field.field_id, api.current.secondFile === 'append' ? [...held, field.bytes] : [field.bytes]);
  return true;
}

function mergedAddress(held: Address, wanted: z.infer<typeof address>): Address {
  const { country, ...texts } = wanted;
  const given = Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined));
  return { ...held, ...given, country: (country && countryOf(country)) ?? held.country };
}

const bulkLines = z.array(z.object({ order_id: whole, status_id: whole.optional() }));

function bulk({ api, request, fault }: Call): SimReply {
  const lines = bodyOf(request, bulkLines);
  if (isReply(lines)) return lines;
  if (lines.length > bulkLimit) return jsonReply(413, { message: 'Payload Too Large' });
  const done = lines.map(({ order_id, status_id }, i) => {
    const order = api.account.orders.get(order_id);
    const good = order !== undefined && (status_id === undefined || statuses.has(status_id));
    if (good && status_id !== undefined && fault?.mode !== 'stores-nothing') api.account.setStatus(order, status_id);
    return {
      line: i + 1,
      order_id,
      status: good ? 'success' : 'error',
      message: good ? null : order ? 'status_not_found' : 'item_not_found',
    };
  });
  return jsonReply(200, { status: 'SUCCESS', lines: done });
}

const line = z.object({
  order_id: whole.optional(),
  product_id: whole.default(0),
  name: z.string().min(1),
  quantity: numeric,
  price: numeric,
  tax: whole.default(23),
  weight: numeric.default('0.000'),
  ean: z.string().default(''),
  symbol: z.string().default(''),
  catalog_number: z.string().default(''),
  signature: z.string().default(''),
  additional_information: z.string().default(''),
});

const creation = z.object({
  id: z.string().default(''),
  currency: z.string().default('pln'),
  payment_status: z.enum(['paid', 'unpaid', 'partial']).default('unpaid'),
  paid: numeric.default('0.00'),
  status: whole.default(statusIds.new),
  email: z.string().default(''),
  date: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/)
    .optional(),
  shipment_price: numeric.default('0.00'),
  payment_id: whole.optional(),
  payment_name: z.string().default(''),
  shipment_id: whole.default(4),
  shipment_name: z.string().default(''),
  invoice: whole.default(0),
  comment: z.string().default(''),
  bill_address: address.default({}),
  shipment_address: address.default({}),
  pickup_point: z.object({ code: z.string().default(''), type: z.string().default(''), address: z.string().default('') }).optional(),
  carts: z.array(line).min(1),
});

const nobody: Address = {
  name: '',
  surname: '',
  street: '',
  home_number: '',
  flat_number: '',
  description: '',
  postcode: '',
  city: '',
  state: '',
  phone: '',
  company_name: '',
  company_nip: '',
  country: { id: 170, name: 'Polska', code: 'PL' },
};

function createOrder({ api, request }: Call): SimReply {
  const wanted = bodyOf(request, creation);
  if (isReply(wanted)) return wanted;
  if (!statuses.has(wanted.status)) return unprocessable('The status is invalid.');
  const answer = (id: number, status: string) =>
    jsonReply(200, { id, order_id: id, ...(api.current.createStatus === 'given' ? { status } : {}) });
  const twin = wanted.id === '' ? undefined : [...api.account.orders.values()].find((order) => order.ownId === wanted.id);
  if (twin) return answer(twin.id, 'exist');
  const time = api.account.time();
  const paid = money(wanted.paid);
  const order = api.account.add({
    ownId: wanted.id,
    date: wanted.date ?? time,
    statusId: wanted.status,
    shipment: {
      id: wanted.shipment_id,
      name: wanted.shipment_name || (shipments.get(wanted.shipment_id) ?? ''),
      total: money(wanted.shipment_price),
    },
    payment: {
      id: wanted.payment_id ?? null,
      name: wanted.payment_name || (payments.get(wanted.payment_id ?? 0) ?? ''),
      paid,
      paidDate: wanted.payment_status === 'paid' ? time : '',
      cod: wanted.payment_id === 3,
      status: wanted.payment_status,
      currency: wanted.currency,
    },
    external: { id: wanted.id, login: '', userId: 0, site: 'api', paymentName: wanted.payment_name, shipmentName: wanted.shipment_name },
    source: 'api',
    placeholder: false,
    documentNumber: '',
    invoice: wanted.invoice === 1,
    email: wanted.email,
    total: '0.00',
    comment: wanted.comment,
    bill: mergedAddress(nobody, wanted.bill_address),
    ship: mergedAddress(nobody, wanted.shipment_address),
    pickup: wanted.pickup_point ?? { code: '', type: '', address: '' },
    lines: wanted.carts.map((cart) => newLine(api, cart)),
    payments: [],
    trackingNumbers: [],
    notes: [],
    texts: new Map(),
    files: new Map(),
  });
  api.account.retotal(order);
  return answer(order.id, 'ok');
}

function newLine({ account }: Api, wanted: z.infer<typeof line>): Line {
  return {
    id: account.nextLineId(),
    productId: wanted.product_id,
    variantId: 0,
    name: wanted.name,
    quantity: thousandths(wanted.quantity),
    price: money(wanted.price),
    weight: thousandths(wanted.weight),
    ean: wanted.ean,
    symbol: wanted.symbol,
    catalogNumber: wanted.catalog_number,
    signature: wanted.signature,
    additionalInformation: wanted.additional_information,
    taxRate: `${wanted.tax}.000`,
    options: [],
    offerId: '',
  };
}

function thousandths(text: string): string {
  const [whole = '0', fraction = ''] = text.split('.');
  return `${whole}.${fraction.padEnd(3, '0').slice(0, 3)}`;
}

function lineById({ account }: Api, id: string | undefined): { order: StoredOrder; line: Line } | undefined {
  for (const order of account.orders.values()) {
    const found = order.lines.find((l) => l.id === Number(id));
    if (found) return { order, line: found };
  }
  return undefined;
}

function edited(api: Api, order: StoredOrder): void {
  api.account.retotal(order);
  api.account.log(order.id, 'order_edit', 'Edycja produktów zamówienia');
}

function addLine({ api, request }: Call): SimReply {
  const wanted = bodyOf(request, line);
  if (isReply(wanted)) return wanted;
  const order = api.account.orders.get(wanted.order_id ?? 0);
  if (!order) return orderNotFound();
  const made = newLine(api, wanted);
  order.lines.push(made);
  edited(api, order);
  return jsonReply(200, { id: made.id });
}

/** `signature` and `catalog_number` cannot be written, the information is cleared by one blank only, a weight of zero is "0.000" only. */
function changeLine({ api, request }: Call, [id]: string[]): SimReply {
  const held = lineById(api, id);
  if (!held) return jsonReply(404, { message: 'Line not found' });
  const wanted = bodyOf(request, line.partial());
  if (isReply(wanted)) return wanted;
  const sent = JSON.parse(request.body.toString('utf8')) as Record<string, unknown>;
  if (sent.name !== undefined) held.line.name = wanted.name!;
  if (sent.quantity !== undefined) held.line.quantity = thousandths(wanted.quantity!);
  if (sent.price !== undefined) held.line.price = money(wanted.price!);
  if (sent.tax !== undefined) held.line.taxRate = `${wanted.tax}.000`;
  if (sent.ean !== undefined) held.line.ean = wanted.ean!;
  if (sent.symbol !== undefined) held.line.symbol = wanted.symbol!;
  if (sent.additional_information !== undefined && sent.additional_information !== '')
    held.line.additionalInformation = sent.additional_information === ' ' ? '' : wanted.additional_information!;
  if (sent.weight !== undefined && (sent.weight === '0.000' || !/^0*(\.0*)?$/.test(String(sent.weight))))
    held.line.weight = thousandths(wanted.weight!);
  edited(api, held.order);
  return jsonReply(200, { message: 'success', id: held.line.id });
}

function removeLine({ api }: Call, [id]: string[]): SimReply {
  const held = lineById(api, id);
  if (!held) return jsonReply(404, { message: 'Line not found' });
  held.order.lines = held.order.lines.filter((l) => l !== held.line);
  edited(api, held.order);
  return jsonReply(200, { message: 'success', id: held.line.id });
}

const note = z.object({ order_id: whole, text: z.string().min(1) });

function addNote({ api, request, fault }: Call): SimReply {
  const wanted = bodyOf(request, note);
  if (isReply(wanted)) return wanted;
  const order = api.account.orders.get(wanted.order_id);
  if (!order) return orderNotFound();
  const id = fault?.mode === 'stores-nothing' ? 0 : api.account.note(order, wanted.text);
  return jsonReply(200, { message: 'success', id });
}

function listNotes({ api }: Call, [id]: string[]): SimReply {
  return list(api.account.orders.get(Number(id))?.notes ?? [], (n) => n);
}
