import { z } from 'zod';
import { fromMinor } from '../../../src/domain/money/money.ts';
import { onePagePdf } from '../../../src/testkit/pdf.ts';
import { type CallWindow, htmlReply, jsonReply, localTime, type SimFault, type SimReply } from '../../../src/testkit/service.ts';
import type { SimRequest } from '../../../src/testkit/simulator.ts';
import type { Settings } from './settings.ts';
import { grossOf, invoiceOf, isFileField, logOf, orderOf, receiptOf, writer } from './shape.ts';
import {
  type Account,
  extraFields,
  type Invoice,
  type Item,
  journalDays,
  logTypes,
  type Order,
  type Receipt,
  type Series,
  series,
  sources,
  statuses,
  totalOf,
} from './state.ts';

export type Api = { account: Account; current: Settings; calls: CallWindow };

/** Refused by the service: status 200, `status: ERROR`. Codes of single methods are not public; those marked so are placeholders. */
class BlError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const noOrder = () => new BlError('ERROR_ORDER_ID', 'No order with the given ID');
const noInvoice = () => new BlError('ERROR_NO_INVOICE', 'No invoice with the given ID');
const noReceipt = () => new BlError('ERROR_RECEIPT_ID', 'No receipt with the given ID');
const badParameters = (what: string) => new BlError('ERROR_PARAMETERS', `Invalid parameter: ${what}`);

type Call = { api: Api; fault: SimFault | undefined; origin: string };
type Method = (call: Call, parameters: unknown) => Record<string, unknown>;

// Ids, amounts and flags come as numbers or as text, flags also as booleans.
const id = z.union([z.number().int(), z.string().regex(/^\d+$/)]).transform(Number);
const amount = z.union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/)]).transform(String);
const flag = z
  .union([z.boolean(), z.literal([0, 1, '0', '1', 'true', 'false', ''])])
  .transform((value) => [true, 1, '1', 'true'].includes(value));

function method<S extends z.ZodType>(schema: S, run: (call: Call, p: z.infer<S>) => Record<string, unknown>): Method {
  return (call, parameters) => {
    const checked = schema.safeParse(parameters);
    if (!checked.success) throw badParameters(checked.error.issues[0]!.path.join('.') || 'parameters');
    return run(call, checked.data);
  };
}

const none = z.unknown();
const pageSize = 100;
const fileLimitBytes = 2 * 1024 * 1024;
const titleLimit = 40;
const externalNumberLimit = 30;
const receiptNumberLimit = 20;

/** Fields of an order that may be set, with their limit of letters. */
const writableTexts: Record<string, number> = {
  admin_comments: 200,
  user_comments: 510,
  phone: 100,
  email: 150,
  delivery_fullname: 156,
  delivery_company: 156,
  delivery_address: 156,
  delivery_city: 100,
  delivery_state: 50,
  delivery_postcode: 100,
  delivery_country_code: 2,
  delivery_point_id: 40,
  delivery_point_name: 100,
  delivery_point_address: 100,
  delivery_point_postcode: 100,
  delivery_point_city: 100,
  invoice_fullname: 500,
  invoice_company: 500,
  invoice_nip: 100,
  invoice_address: 250,
  invoice_city: 100,
  invoice_state: 50,
  invoice_postcode: 100,
  invoice_country_code: 2,
  extra_field_1: 50,
  extra_field_2: 50,
};

const methods: Record<string, Method> = {
  getOrders: method(
    z.object({
      order_id: id.optional(),
      date_confirmed_from: id.optional(),
      date_from: id.optional(),
      id_from: id.optional(),
      get_unconfirmed_orders: flag.optional(),
      status_id: id.optional(),
      filter_email: z.string().optional(),
      filter_order_source: z.string().optional(),
      filter_order_source_id: id.optional(),
      filter_shop_order_id: id.optional(),
      filter_external_order_id: z.string().optional(),
      include_custom_extra_fields: flag.optional(),
      include_commissions: flag.optional(),
      include_connect_data: flag.optional(),
      include_discounts_data: flag.optional(),
    }),
    ({ api, origin }, p) => {
      const { account, current } = api;
      const from = (date: number, wanted: number) => (current.fromInclusive ? date >= wanted : date > wanted);
      const found = [...account.orders.values()].filter(
        (order) =>
          (order.confirmed || p.get_unconfirmed_orders === true) &&
          (p.order_id === undefined || order.id === p.order_id) &&
          (p.date_confirmed_from === undefined || (order.confirmed && from(order.dateConfirmed, p.date_confirmed_from))) &&
          (p.date_from === undefined || from(order.dateAdd, p.date_from)) &&
          (p.id_from === undefined || order.id >= p.id_from) &&
          (p.status_id === undefined || order.statusId === p.status_id) &&
          (p.filter_email === undefined || order.texts.email === p.filter_email) &&
          (p.filter_order_source === undefined || order.source === p.filter_order_source) &&
          (p.filter_order_source_id === undefined || order.sourceId === p.filter_order_source_id) &&
          (p.filter_shop_order_id === undefined || order.shopOrderId === p.filter_shop_order_id) &&
          (p.filter_external_order_id === undefined || order.externalId === p.filter_external_order_id),
      );
      found.sort((a, b) => a.dateConfirmed - b.dateConfirmed || a.id - b.id);
      const parts = {
        extraFields: p.include_custom_extra_fields === true,
        commission: p.include_commissions === true,
        connect: p.include_connect_data === true,
        discounts: p.include_discounts_data === true,
      };
      return { orders: found.slice(0, pageSize).map((order) => orderOf(account, order, current, parts, origin)) };
    },
  ),

  getJournalList: method(
    z.object({ last_log_id: id.default(0), logs_types: z.array(id).optional(), order_id: id.optional() }),
    ({ api }, p) => {
      const { account, current } = api;
      const oldest = account.seconds() - journalDays * 86_400;
      const rows = account.journal.filter(
        (row) =>
          current.journalOn &&
          row.date >= oldest &&
          (current.lastLogInclusive ? row.id >= p.last_log_id : row.id > p.last_log_id) &&
          (p.logs_types === undefined || p.logs_types.length === 0 || p.logs_types.includes(row.type)) &&
          (p.order_id === undefined || row.orderId === p.order_id),
      );
      return { logs: rows.map((row) => logOf(row, current)) };
    },
  ),

  getOrderStatusList: method(none, () => ({ statuses })),
  getOrderSources: method(none, () => ({ sources })),
  getOrderExtraFields: method(none, () => ({ extra_fields: extraFields })),
  getSeries: method(none, () => ({ series })),

  setOrderStatus: method(z.object({ order_id: id, status_id: id }), (call, p) => {
    const order = orderById(call, p.order_id);
    checkStatus(p.status_id);
    if (stores(call)) call.api.account.setStatus(order, p.status_id);
    return {};
  }),
  setOrderStatuses: method(z.object({ order_ids: z.array(id), status_id: id }), (call, p) => {
    checkStatus(p.status_id);
    const orders = p.order_ids.map((one) => orderById(call, one));
    if (stores(call)) for (const order of orders) call.api.account.setStatus(order, p.status_id);
    return {};
  }),
  setOrderFields: method(z.looseObject({ order_id: id }), setFields),
  setOrderPayment: method(
    z.object({
      order_id: id,
      payment_done: amount,
      payment_date: id.optional(),
      payment_comment: z.string().default(''),
      external_payment_id: z.string().default(''),
    }),
    (call, p) => {
      const order = orderById(call, p.order_id);
      const comment = limited(call, 'payment_comment', p.payment_comment, 30);
      const external = limited(call, 'external_payment_id', p.external_payment_id, 30);
      if (stores(call)) call.api.account.pay(order, withCents(p.payment_done), comment, external, p.payment_date);
      return {};
    },
  ),
  getOrderPaymentsHistory: method(z.object({ order_id: id, show_full_history: flag.optional() }), (call, p) => {
    const order = orderById(call, p.order_id);
    const n = writer(call.api.current, order.id);
    const rows = p.show_full_history ? order.history : order.history.slice(-1);
    return {
      payments: rows.map((row) => ({
        paid_before: n(row.before),
        paid_after: n(row.after),
        total_price: n(totalOf(order)),
        currency: order.currency,
        external_payment_id: row.externalId,
        date: n(row.date),
        comment: row.comment,
      })),
    };
  }),

  addInvoice: method(
    z.object({ order_id: id, series_id: id, vat_rate: z.union([z.string(), z.number()]).default('DEFAULT') }),
    (call, p) => {
      const { account, current } = call.api;
      const order = orderById(call, p.order_id);
      const of = seriesById(p.series_id, 'INVOICE');
      if (current.secondInvoice === 'refused' && [...account.invoices.values()].some((i) => i.orderId === order.id && i.type === 'normal'))
        throw new BlError('ERROR_INVOICE_ALREADY_ISSUED', 'Invoice already issued for this order');
      return { invoice_id: account.addInvoice(order, of, rateRule(String(p.vat_rate))).id };
    },
  ),
  addInvoiceCorrection: method(
    z
      .object({
        original_invoice_id: id.optional(),
        return_order_id: id.optional(),
        series_id: id,
        date_sell: id.optional(),
        correcting_reason: z.union([z.number(), z.string()]).transform(String),
        correcting_items: flag.default(true),
        correcting_data: flag.default(false),
        items: z
          .array(
            z.object({
              order_product_id: id,
              name: z.string().optional(),
              quantity: amount,
              price_brutto: amount.optional(),
              tax_rate: amount.optional(),
            }),
          )
          .default([]),
      })
      .loose(),
    correct,
  ),
  getInvoices: method(
    z.object({
      invoice_id: id.optional(),
      order_id: id.optional(),
      date_from: id.optional(),
      id_from: id.optional(),
      series_id: id.optional(),
      get_external_invoices: flag.optional(),
      get_government_data: flag.optional(),
    }),
    ({ api }, p) => {
      const found = [...api.account.invoices.values()].filter(
        (invoice) =>
          (p.invoice_id === undefined || invoice.id === p.invoice_id) &&
          (p.order_id === undefined || invoice.orderId === p.order_id) &&
          (p.date_from === undefined || invoice.dateAdd >= p.date_from) &&
          (p.id_from === undefined || invoice.id >= p.id_from) &&
          (p.series_id === undefined || invoice.series.id === p.series_id),
      );
      return { invoices: found.slice(0, pageSize).map((invoice) => invoiceOf(invoice, api.current, p.get_government_data === true)) };
    },
  ),
  getInvoiceFile: method(z.object({ invoice_id: id, get_external: flag.optional() }), (call, p) => {
    const invoice = invoiceById(call, p.invoice_id);
    const external = p.get_external === true && invoice.file !== undefined;
    const bytes = external ? invoice.file! : pdfOf(invoice);
    return { invoice: `data:${Buffer.from(bytes).toString('base64')}`, invoice_number: external ? invoice.externalNumber : invoice.number };
  }),
  addOrderInvoiceFile: method(
    z.object({ invoice_id: id, file: z.string(), external_invoice_number: z.string().default('') }),
    (call, p) => {
      const invoice = invoiceById(call, p.invoice_id);
      const bytes = fileOf(call, p.file);
      const kind = Buffer.from(bytes.subarray(0, 5)).toString('latin1');
      if (!kind.startsWith('%PDF') && !(call.api.current.acceptsXml && kind.startsWith('<'))) throw badFile();
      const number = limited(call, 'external_invoice_number', p.external_invoice_number, externalNumberLimit);
      if (!stores(call)) return {};
      invoice.file = bytes;
      invoice.externalNumber = number;
      call.api.account.log({ id: invoice.orderId }, logTypes.invoiceChanged, invoice.id);
      return {};
    },
  ),

  addReceipt: method(z.object({ order_id: id, series_id: id }), (call, p) => {
    const order = orderById(call, p.order_id);
    return { receipt_id: call.api.account.addReceipt(order, seriesById(p.series_id, 'RECEIPT')).id };
  }),
  getReceipts: method(z.object({ series_id: id.optional(), id_from: id.optional(), date_from: id.optional() }), ({ api }, p) => ({
    receipts: [...api.account.receipts.values()]
      .filter(
        (receipt) =>
          (p.series_id === undefined || receipt.series.id === p.series_id) &&
          (p.id_from === undefined || receipt.id >= p.id_from) &&
          (p.date_from === undefined || receipt.dateAdd >= p.date_from),
      )
      .slice(0, pageSize)
      .map((receipt) => receiptOf(receipt, api.current)),
  })),
  getReceipt: method(z.object({ receipt_id: id.optional(), order_id: id.optional() }), ({ api }, p) => {
    const found = [...api.account.receipts.values()].find((r) =>
      p.receipt_id === undefined ? r.orderId === p.order_id : r.id === p.receipt_id,
    );
    if (!found) throw noReceipt();
    return receiptOf(found, api.current);
  }),
  getNewReceipts: method(z.object({ series_id: id.optional(), id_from: id.optional() }), ({ api }, p) => ({
    receipts: [...api.account.receipts.values()]
      .filter(
        (r) =>
          r.fiscalNumber === '' &&
          (p.series_id === undefined || r.series.id === p.series_id) &&
          (p.id_from === undefined || r.id >= p.id_from),
      )
      .slice(0, 10)
      .map((receipt) => receiptOf(receipt, api.current)),
  })),
  setOrderReceipt: method(
    z.object({
      receipt_id: id,
      receipt_nr: z.string(),
      date: id.optional(),
      printer_error: flag.default(false),
      printer_name: z.string().default(''),
    }),
    (call, p) => {
      const receipt = receiptById(call, p.receipt_id);
      if (stores(call)) Object.assign(receipt, { fiscalNumber: p.receipt_nr, printerError: p.printer_error, printerName: p.printer_name });
      return {};
    },
  ),
  addOrderReceiptFile: method(
    z.object({ receipt_id: id, file: z.string(), external_receipt_number: z.string().default('') }),
    (call, p) => {
      const receipt = receiptById(call, p.receipt_id);
      const jws = /^[\w-]+\.[\w-]+\.[\w-]+$/.test(p.file);
      const bytes = jws ? Buffer.from(p.file, 'utf8') : fileOf(call, p.file);
      if (!jws && Buffer.from(bytes.subarray(0, 4)).toString('latin1') !== '%PDF') throw badFile();
      const number = limited(call, 'external_receipt_number', p.external_receipt_number, receiptNumberLimit);
      if (stores(call)) Object.assign(receipt, { file: bytes, externalNumber: number });
      return {};
    },
  ),
};

export const methodNames = Object.keys(methods);

/** The method a request names; `''` when it names none. */
export function operationOf(request: SimRequest): string {
  const name = formOf(request).get('method') ?? '';
  return Object.hasOwn(methods, name) ? name : '';
}

function formOf(request: SimRequest): URLSearchParams {
  const form = /^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '');
  return new URLSearchParams(form ? request.body.toString('utf8') : '');
}

/** What is kept of a request: no token, no file. */
export function logged(request: SimRequest): string {
  const form = formOf(request);
  const parameters = (form.get('parameters') ?? '').replaceAll(/data:[A-Za-z0-9+/=]{100,}/g, (file) => `data:…${file.length} letters`);
  return `${form.get('method') ?? ''} ${parameters}`;
}

/** Checks in this order: outage, token, block, limit, method, permission, JSON, parameters. The status is 200 whatever happens. */
export function answerApi(api: Api, request: SimRequest, fault: SimFault | undefined, origin: string): SimReply {
  const { account, current } = api;
  const file = /^\/files\/([0-9a-f]{24}\.pdf)$/.exec(request.path)?.[1];
  if (file && request.method === 'GET') {
    const bytes = account.files.get(file);
    return bytes ? { status: 200, headers: { 'content-type': 'application/pdf' }, body: bytes } : htmlReply(404, '404 Not Found');
  }
  if (request.path !== '/connector.php') return htmlReply(404, '404 Not Found');
  if (current.maintenance) return htmlReply(200, 'Przerwa techniczna');
  const form = formOf(request);
  try {
    checkToken(api, String(request.headers['x-bltoken'] ?? form.get('token') ?? ''));
    if (fault?.mode === 'blocked') block(api);
    checkLimit(api);
    if (fault?.mode === 'error') throw new BlError(String(fault.code ?? 'ERROR_INTERNAL'), String(fault.message ?? 'Internal error'));
    const name = form.get('method') ?? '';
    const run = Object.hasOwn(methods, name) ? methods[name] : undefined;
    if (!run) throw new BlError('ERROR_UNKNOWN_METHOD', 'Unknown method name');
    if (current.deniedMethods.includes(name)) throw new BlError('ERROR_METHOD_PERMISSION', `Token has no permission for ${name}`);
    return jsonReply(200, { status: 'SUCCESS', ...run({ api, fault, origin }, parametersOf(form)) });
  } catch (error) {
    if (!(error instanceof BlError)) throw error;
    return jsonReply(200, { status: 'ERROR', error_message: error.message, error_code: error.code });
  }
}

function checkToken({ account, current }: Api, token: string): void {
  if (token === '') throw new BlError('ERROR_EMPTY_TOKEN', 'Empty token');
  if (!/^\d+-\d+-[A-Z0-9]+$/.test(token)) throw new BlError('ERROR_BAD_TOKEN', 'Bad token');
  if (current.tokenRevoked || token !== account.token) throw new BlError('ERROR_AUTH_TOKEN', 'Invalid user token');
}

/** One call too many closes the token for a while, for everybody who uses it. */
function checkLimit(api: Api): void {
  const { account, current, calls } = api;
  const now = account.clock.now();
  if (
    now >= account.blockedUntil &&
    current.requestsPerMinute !== null &&
    calls.take(account.token, current.requestsPerMinute, now) !== undefined
  )
    block(api);
  if (now < account.blockedUntil)
    throw new BlError('ERROR_BLOCKED_TOKEN', `Query limit exceeded, token blocked until ${localTime(account.blockedUntil)}`);
}

function block({ account, current }: Api): void {
  account.blockedUntil = account.clock.now() + current.blockMinutes * 60_000;
}

function parametersOf(form: URLSearchParams): unknown {
  const wrong = () => new BlError('ERROR_PARSE_JSON_PARAMETERS', 'Cannot parse JSON parameters');
  let value: unknown;
  try {
    value = JSON.parse(form.get('parameters') ?? '');
  } catch {
    throw wrong();
  }
  // An empty list stands for an empty object, as clients in PHP write it.
  if (Array.isArray(value) && value.length === 0) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong();
  return value;
}

/** A write that answers success and keeps nothing. */
function stores({ fault }: Call): boolean {
  return fault?.mode !== 'stores-nothing';
}

function orderById({ api }: Call, orderId: number): Order {
  const order = api.account.orders.get(orderId);
  if (!order) throw noOrder();
  return order;
}

function invoiceById({ api }: Call, invoiceId: number): Invoice {
  const invoice = api.account.invoices.get(invoiceId);
  if (!invoice) throw noInvoice();
  return invoice;
}

function receiptById({ api }: Call, receiptId: number): Receipt {
  const receipt = api.account.receipts.get(receiptId);
  if (!receipt) throw noReceipt();
  return receipt;
}

function seriesById(seriesId: number, type: Series['type']): Series {
  const found = series.find((s) => s.id === seriesId && s.type === type);
  if (!found) throw new BlError('ERROR_SERIES_ID', 'No series with the given ID');
  return found;
}

function checkStatus(statusId: number): void {
  if (!statuses.some((status) => status.id === statusId)) throw new BlError('ERROR_STATUS_ID', 'No status with the given ID');
}

function limited({ api }: Call, name: string, text: string, limit: number): string {
  if ([...text].length <= limit) return text;
  if (api.current.overLimit === 'refused') throw new BlError('ERROR_FIELD_LENGTH', `Field ${name} is longer than ${limit} characters`);
  return [...text].slice(0, limit).join('');
}

const badFile = () => new BlError('ERROR_FILE', 'Invalid file');

/** `data:` and base64, nothing between: a media type makes rubbish of it, and so does a plus sign that was not encoded. */
function fileOf(_: Call, text: string): Buffer {
  if (!text.startsWith('data:')) throw badFile();
  const bytes = Buffer.from(text.slice('data:'.length), 'base64');
  if (bytes.length > fileLimitBytes) throw new BlError('ERROR_FILE_SIZE', 'File is larger than 2 MB');
  return bytes;
}

function withCents(text: string): string {
  const [whole = '0', fraction = ''] = text.split('.');
  return `${whole}.${fraction.padEnd(2, '0').slice(0, 2)}`;
}

function rateRule(rule: string): (rate: string) => string {
  const fixedRates: Record<string, string> = { EXPT: '-1', ZW: '-1', NP: '-0.02', OO: '-0.03' };
  if (rule === 'DEFAULT' || rule === 'ITEM') return (rate) => rate;
  const one = fixedRates[rule] ?? (/^\d{1,3}(\.\d+)?$/.test(rule) && Number(rule) <= 100 ? rule : undefined);
  if (one === undefined) throw badParameters('vat_rate');
  return () => one;
}

function setFields(call: Call, p: { order_id: number; [name: string]: unknown }): Record<string, unknown> {
  const order = orderById(call, p.order_id);
  const texts: Record<string, string> = {};
  for (const [name, limit] of Object.entries(writableTexts)) {
    const value = p[name];
    if (value === undefined) continue;
    if (typeof value !== 'string' && typeof value !== 'number') throw badParameters(name);
    texts[name] = limited(call, name, String(value), limit);
  }
  const extra = extraOf(call, p.custom_extra_fields);
  if (!stores(call)) return {};
  const { account } = call.api;
  Object.assign(order.texts, texts);
  if (p.want_invoice !== undefined) order.wantInvoice = [true, 1, '1'].includes(p.want_invoice as never);
  if (typeof p.payment_method === 'string') order.paymentMethod = p.payment_method;
  for (const [fieldId, value] of extra) {
    if (value === '') order.extra.delete(fieldId);
    else order.extra.set(fieldId, value);
  }
  account.log(order, Object.keys(texts).some((name) => name.startsWith('delivery_')) ? logTypes.delivery : logTypes.data);
  return {};
}

function extraOf(call: Call, sent: unknown): [number, string | { title: string; bytes: Uint8Array }][] {
  if (sent === undefined || (Array.isArray(sent) && sent.length === 0)) return [];
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) throw badParameters('custom_extra_fields');
  return Object.entries(sent).map(([key, value]) => {
    const field = extraFields.find((f) => String(f.extra_field_id) === key);
    if (!field) throw new BlError('ERROR_EXTRA_FIELD_ID', 'No extra field with the given ID');
    const fieldId = field.extra_field_id;
    if (value === '' || value === null) return [fieldId, ''];
    if (!isFileField(fieldId)) {
      if ('options' in field && !(field.options as readonly string[]).includes(String(value)))
        throw badParameters(`custom_extra_fields.${key}`);
      return [fieldId, String(value)];
    }
    const { title, file } = value as { title?: unknown; file?: unknown };
    if (typeof title !== 'string' || title === '' || typeof file !== 'string') throw badParameters(`custom_extra_fields.${key}`);
    return [fieldId, { title: limited(call, 'title', title, titleLimit), bytes: fileOf(call, file) }];
  });
}

type Correction = {
  original_invoice_id?: number | undefined;
  return_order_id?: number | undefined;
  series_id: number;
  date_sell?: number | undefined;
  correcting_reason: string;
  correcting_items: boolean;
  correcting_data: boolean;
  items: {
    order_product_id: number;
    name?: string | undefined;
    quantity: string;
    price_brutto?: string | undefined;
    tax_rate?: string | undefined;
  }[];
  [more: string]: unknown;
};

/** Rows as they are after the correction; of a return, what is left of the rows that came back. */
function correct(call: Call, p: Correction): Record<string, unknown> {
  const { account } = call.api;
  const of = seriesById(p.series_id, 'CORRECTION');
  if (!/^[1-9]$/.test(p.correcting_reason)) throw badParameters('correcting_reason');
  const back = p.return_order_id === undefined ? undefined : orderById(call, p.return_order_id);
  if (back && back.source !== 'order_return') throw noOrder();
  const original =
    back && p.original_invoice_id === undefined
      ? [...account.invoices.values()].find((invoice) => invoice.type === 'normal' && String(invoice.orderId) === back.sourceInfo)
      : account.invoices.get(p.original_invoice_id ?? 0);
  if (!original) throw noInvoice();
  const row = (productId: number): Item => {
    const found = original.items.find((item) => item.productId === productId);
    if (!found) throw badParameters('items');
    return found;
  };
  const items = back
    ? back.products.map((product) => {
        const before = original.items.find((item) => item.sku === product.sku && !item.shipment) ?? original.items[0]!;
        return { ...before, quantity: String(Number(before.quantity) - Number(product.quantity)) };
      })
    : p.items.map((item) => {
        const before = row(item.order_product_id);
        return { ...before, quantity: item.quantity, gross: item.price_brutto ?? before.gross, rate: item.tax_rate ?? before.rate };
      });
  const changed = Object.entries(p).filter(([name, value]) => name.startsWith('invoice_') && typeof value === 'string') as [
    string,
    string,
  ][];
  const made = account.addCorrection(original, of, {
    reason: p.correcting_reason,
    correctsItems: p.correcting_items,
    correctsData: p.correcting_data,
    items,
    buyer: { ...original.buyer, ...Object.fromEntries(p.correcting_data ? changed : []) },
    dateSell: p.date_sell ?? original.dateSell,
  });
  return { invoice_id: made.id };
}

function pdfOf(invoice: Invoice): Buffer {
  return onePagePdf(`${invoice.type === 'correcting' ? 'Faktura korygująca' : 'Faktura'} ${invoice.number}`, [
    `Zamówienie ${invoice.orderId}`,
    invoice.buyer.invoice_company || invoice.buyer.invoice_fullname || '',
    ...invoice.items.map((item) => `${item.name}   ${item.quantity} × ${item.gross}   ${item.rate}`),
    `Razem ${fromMinor(grossOf(invoice), 'PLN')} ${invoice.currency}`,
  ]);
}
