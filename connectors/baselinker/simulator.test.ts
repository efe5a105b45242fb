import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { onePagePdf } from '../../src/testkit/pdf.ts';
import { type BaselinkerSimulator, startBaselinkerSimulator } from './simulator.ts';

/** Promise: whoever talks to the simulator meets the service of the contract: one address, one limit, paging by seconds, a short journal, documents. */
let sim: BaselinkerSimulator;
beforeAll(async () => {
  sim = await startBaselinkerSimulator();
});
afterAll(() => sim.close());
beforeEach(() => control('POST', 'reset', { seeds: false }));

// biome-ignore lint/suspicious/noExplicitAny: answers are checked by what the tests expect of them.
type Json = any;

async function send(
  form: Record<string, string>,
  headers: Record<string, string> = { 'X-BLToken': sim.token },
): Promise<{ status: number; text: string }> {
  const response = await fetch(sim.apiUrl, { method: 'POST', headers, body: new URLSearchParams(form) });
  return { status: response.status, text: await response.text() };
}

/** The answer, its status first: `SUCCESS`, or the code of the error. */
async function call(method: string, parameters: unknown = {}, headers?: Record<string, string>): Promise<Json> {
  const { status, text } = await send({ method, parameters: JSON.stringify(parameters) }, headers);
  expect(status).toBe(200);
  return JSON.parse(text);
}
const code = async (method: string, parameters?: unknown, headers?: Record<string, string>): Promise<string> => {
  const answer = await call(method, parameters, headers);
  return answer.error_code ?? answer.status;
};

async function control(method: string, path: string, body?: object): Promise<Json> {
  const response = await fetch(`${sim.url}/__sim/${path}`, { method, body: body && JSON.stringify(body) });
  const text = await response.text();
  return text === '' ? response.status : JSON.parse(text);
}
const set = (settings: object) => control('PATCH', 'state', settings);
const fault = (what: object) => control('POST', 'faults', what);
const arrive = (kind?: string, more: object = {}): Promise<Json[]> => control('POST', 'orders', { kind, ...more });
const orders = async (parameters: object = {}): Promise<Json[]> => (await call('getOrders', parameters)).orders;
const logs = async (parameters: object = {}): Promise<Json[]> =>
  (await call('getJournalList', parameters)).logs.map((row: Json) => [Number(row.log_type), Number(row.order_id), Number(row.object_id)]);
const pdf = onePagePdf('FS 17/MAG/2026', []);
const data = `data:${Buffer.from(pdf).toString('base64')}`;
const hash = createHash('sha256').update(pdf).digest('hex');

/** What the contract's recorded answers hold, when they are on this machine: names of fields, in depth. */
function recorded(name: string): Json | undefined {
  const file = new URL(`../../../shared/contracts/baselinker/data/${name}.json`, import.meta.url);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}
function lacking(sample: Json, answer: Json, at = ''): string[] {
  if (Array.isArray(sample))
    return sample.length > 0 && Array.isArray(answer) && answer.length > 0 ? lacking(sample[0], answer[0], `${at}[]`) : [];
  if (typeof sample !== 'object' || sample === null) return [];
  return Object.keys(sample).flatMap((key) =>
    answer?.[key] === undefined ? [`${at}.${key}`] : lacking(sample[key], answer[key], `${at}.${key}`),
  );
}

describe('the one address', () => {
  it('answers 200 whatever happens, and says in the body what is wrong with token, method or parameters', async () => {
    expect(await code('getOrders', {}, {})).toBe('ERROR_EMPTY_TOKEN');
    expect(await code('getOrders', {}, { 'X-BLToken': 'nonsense' })).toBe('ERROR_BAD_TOKEN');
    expect(await code('getOrders', {}, { 'X-BLToken': '1-2-ABC' })).toBe('ERROR_AUTH_TOKEN');
    expect(await code('getOrdres')).toBe('ERROR_UNKNOWN_METHOD');
    expect(JSON.parse((await send({ method: 'getOrders', parameters: '{' })).text).error_code).toBe('ERROR_PARSE_JSON_PARAMETERS');
    expect(JSON.parse((await send({ method: 'getOrders' })).text).error_code).toBe('ERROR_PARSE_JSON_PARAMETERS');
    expect(JSON.parse((await send({ method: 'getOrders', parameters: '[]', token: sim.token }, {})).text).status).toBe('SUCCESS');
    expect(await code('getOrders', { order_id: 'x' })).toBe('ERROR_PARAMETERS');
    for (const name of ['AUTH_TOKEN', 'BAD_TOKEN', 'EMPTY_TOKEN', 'UNKNOWN_METHOD']) {
      const sample = recorded(`errors/ERROR_${name}`);
      const given: Record<string, Record<string, string>> = {
        AUTH_TOKEN: { 'X-BLToken': '1-2-ABC' },
        BAD_TOKEN: { 'X-BLToken': 'x' },
        EMPTY_TOKEN: {},
      };
      if (sample) expect(await call('nothing', {}, given[name])).toEqual(sample);
    }
  });

  it('closes a token for ten minutes at the hundred and first call of a minute, for neighbours too', async () => {
    await control('POST', 'neighbour', { calls: 98 });
    expect([await code('getSeries'), await code('getSeries'), await code('getSeries')]).toEqual([
      'SUCCESS',
      'SUCCESS',
      'ERROR_BLOCKED_TOKEN',
    ]);
    expect((await call('getSeries')).error_message).toBe('Query limit exceeded, token blocked until 2026-11-20 10:10:00');
    expect((await control('GET', 'state')).calls).toEqual({ peak: 100, refused: 1 });
    await control('POST', 'clock', { minutes: 9, seconds: 59 });
    expect(await code('getSeries')).toBe('ERROR_BLOCKED_TOKEN');
    await control('POST', 'clock', { seconds: 1 });
    expect(await code('getSeries')).toBe('SUCCESS');
    const { token } = await control('POST', 'tokens');
    expect([await code('getSeries'), await code('getSeries', {}, { 'X-BLToken': token })]).toEqual(['ERROR_AUTH_TOKEN', 'SUCCESS']);
  });

  it('refuses methods the token may not call', async () => {
    await set({ deniedMethods: ['addInvoice'] });
    expect([await code('addInvoice', {}), await code('getSeries')]).toEqual(['ERROR_METHOD_PERMISSION', 'SUCCESS']);
  });
});

describe('orders', () => {
  it('come a hundred at a time by confirmation, from a second inclusive, also when hundreds share one', async () => {
    const made = await arrive(undefined, { count: 250 });
    const first = await orders();
    expect(first.map((order) => Number(order.order_id))).toEqual(made.slice(0, 100).map((order) => order.id));
    const second = made[0].dateConfirmed;
    expect((await orders({ date_confirmed_from: second })).map((o) => Number(o.order_id))).toEqual(made.slice(0, 100).map((o) => o.id));
    const walked = await orders({ date_confirmed_from: second, id_from: made[100].id });
    expect(walked.map((o) => Number(o.order_id))).toEqual(made.slice(100, 200).map((o) => o.id));
    await set({ fromInclusive: false });
    expect(await orders({ date_confirmed_from: second })).toEqual([]);
    const spread = await arrive(undefined, { count: 3, everySeconds: 60 });
    expect(spread.map((o) => o.dateConfirmed - spread[2].dateConfirmed)).toEqual([-120, -60, 0]);
  });

  it('have numbers as numbers and as text, the same ones, with every field of the recorded ones', async () => {
    await arrive('company', { count: 2 });
    await set({ numbers: 'numbers' });
    const plain = await orders();
    await set({ numbers: 'strings' });
    const text = await orders();
    expect([typeof plain[0].order_id, typeof text[0].order_id, typeof text[0].products[0].price_brutto]).toEqual([
      'number',
      'string',
      'string',
    ]);
    expect(text.map((o) => [o.order_id, o.payment_done, o.products[0].tax_rate].map(Number))).toEqual(
      plain.map((o) => [o.order_id, o.payment_done, o.products[0].tax_rate]),
    );
    await set({ numbers: 'mixed' });
    expect(new Set((await orders()).map((o) => typeof o.order_id)).size).toBe(2);
    const sample = recorded('getOrders.page');
    if (sample) expect(lacking(sample.orders, plain)).toEqual([]);
  });

  it('are filtered together, and hide the unconfirmed', async () => {
    const [paid] = await arrive('company');
    const [open] = await arrive('unpaid', { confirmed: false });
    expect((await orders()).length).toBe(1);
    expect((await orders({ get_unconfirmed_orders: true })).length).toBe(2);
    await control('POST', `orders/${open.id}/confirm`);
    expect((await orders({ status_id: 102, filter_order_source: paid.source })).map((o) => Number(o.order_id))).toEqual([paid.id]);
    expect(await orders({ order_id: 1 })).toEqual([]);
    expect((await orders({ order_id: String(open.id) })).length).toBe(1);
  });

  it('begin with one for each oddity', async () => {
    await control('POST', 'reset', { seeds: true });
    const all = await orders({ include_custom_extra_fields: true });
    expect(all).toHaveLength(16);
    const rates = new Set(all.flatMap((order) => order.products.map((p: Json) => Number(p.tax_rate))));
    expect([...rates].sort((a, b) => a - b)).toEqual(expect.arrayContaining([-1, -0.02, 5, 23]));
    expect(all.some((order) => order.currency === '')).toBe(true);
    expect(all.some((order) => order.want_invoice === '0' && order.invoice_nip !== '')).toBe(true);
    expect(all.some((order) => /^PL \d{3}-/.test(order.invoice_nip))).toBe(true);
    expect(all.filter((order) => Array.isArray(order.custom_extra_fields)).length).toBe(15);
    expect(all.some((order) => Number(order.order_status_id) === 105)).toBe(true);
  });
});

describe('the journal', () => {
  it('tells each change by its type, from an id on, and forgets after three days', async () => {
    const [a] = await arrive('several-rates');
    const [b, c] = await arrive('unpaid', { count: 2 });
    await control('POST', `orders/${b.id}/pay`);
    await control('POST', `orders/${a.id}/change`, { quantity: '9' });
    const { id: part } = await control('POST', `orders/${a.id}/split`, { product: 1 });
    const { id: copy } = await control('POST', `orders/${c.id}/copy`);
    await control('POST', `orders/${c.id}/merge`, { into: b.id });
    await control('POST', `orders/${b.id}/cancel`);
    await control('DELETE', `orders/${copy}`);
    const all = await logs();
    expect(all.filter(([, order]) => order === a.id).map(([type]) => type)).toEqual([1, 2, 3, 18, 13, 6]);
    expect(all).toContainEqual([6, a.id, part]);
    expect(all).toContainEqual([17, c.id, copy]);
    expect(all).toContainEqual([5, c.id, b.id]);
    expect(all).toContainEqual([18, b.id, 105]);
    expect(all.at(-1)).toEqual([4, copy, 0]);
    expect((await logs({ logs_types: [18], order_id: b.id })).map(([, , status]) => status)).toEqual([102, 105]);
    const raw = (await call('getJournalList')).logs;
    const last = Number(raw.at(-1).log_id);
    expect(await logs({ last_log_id: last - 1 })).toHaveLength(1);
    await set({ journalKey: 'id', lastLogInclusive: true });
    expect((await call('getJournalList', { last_log_id: last - 1 })).logs.map((row: Json) => Number(row.id))).toEqual([last - 1, last]);
    expect(await orders({ order_id: c.id })).toEqual([]);
    await control('POST', 'clock', { days: 3, seconds: 1 });
    expect(await logs()).toEqual([]);
    await arrive('company');
    await set({ journalOn: false });
    expect(await logs()).toEqual([]);
  });

  it('shows what came back as an order of the source of returns', async () => {
    const [order] = await arrive('company');
    const back = await control('POST', `orders/${order.id}/return`);
    const [seen] = await orders({ order_id: back.id });
    expect([seen.order_source, seen.order_source_info, Number(seen.products[0].quantity)]).toEqual(['order_return', String(order.id), 1]);
  });
});

describe('writing to orders', () => {
  it('sets status, texts and payment, each within its limits', async () => {
    const [{ id }] = (await arrive('unpaid')) as [Json];
    expect(await code('setOrderStatus', { order_id: id, status_id: 106 })).toBe('SUCCESS');
    expect(await code('setOrderStatus', { order_id: id, status_id: 1 })).toBe('ERROR_STATUS_ID');
    expect(await code('setOrderStatus', { order_id: 1, status_id: 106 })).toBe('ERROR_ORDER_ID');
    expect(await code('setOrderStatuses', { order_ids: [id], status_id: 104 })).toBe('SUCCESS');
    expect(await code('setOrderFields', { order_id: id, admin_comments: 'Faktura FS 17', nonsense: 1 })).toBe('SUCCESS');
    expect(await code('setOrderFields', { order_id: id, admin_comments: 'x'.repeat(201) })).toBe('ERROR_FIELD_LENGTH');
    await set({ overLimit: 'cut' });
    await call('setOrderFields', { order_id: id, admin_comments: 'ż'.repeat(201) });
    await call('setOrderPayment', { order_id: id, payment_done: 10.5, payment_comment: 'Bank' });
    const [order] = await orders({ order_id: id });
    expect([Number(order.order_status_id), order.admin_comments, Number(order.payment_done)]).toEqual([104, 'ż'.repeat(200), 10.5]);
    const { payments } = await call('getOrderPaymentsHistory', { order_id: id, show_full_history: true });
    expect([Number(payments[0].paid_before), Number(payments[0].paid_after), payments[0].comment]).toEqual([0, 10.5, 'Bank']);
  });

  it('keeps files in extra fields of type file, with title and address, and clears them', async () => {
    const [{ id }] = (await arrive('company')) as [Json];
    const put = (value: unknown) => code('setOrderFields', { order_id: id, custom_extra_fields: { 172: value, 180: 'FS 17/MAG/2026' } });
    expect(await put({ title: 'FS_17_MAG_2026.pdf', file: data })).toBe('SUCCESS');
    const [order] = await orders({ order_id: id, include_custom_extra_fields: true });
    expect(order.custom_extra_fields).toEqual({ 172: { title: 'FS_17_MAG_2026.pdf', url: expect.any(String) }, 180: 'FS 17/MAG/2026' });
    const fetched = Buffer.from(await (await fetch(order.custom_extra_fields[172].url)).arrayBuffer());
    expect(fetched.equals(pdf)).toBe(true);
    expect((await control('GET', `orders/${id}`)).files).toEqual([
      { fieldId: 172, field: 'Faktura PDF', title: 'FS_17_MAG_2026.pdf', sizeBytes: pdf.length, sha256: hash, pdf: true },
    ]);
    expect(await put({ title: 'x'.repeat(41), file: data })).toBe('ERROR_FIELD_LENGTH');
    expect(await put({ title: 'a.pdf', file: `data:${Buffer.alloc(2 * 1024 * 1024 + 1).toString('base64')}` })).toBe('ERROR_FILE_SIZE');
    expect(await put({ title: 'a.pdf', file: 'JVBERi0' })).toBe('ERROR_FILE');
    expect(await code('setOrderFields', { order_id: id, custom_extra_fields: { 999: 'x' } })).toBe('ERROR_EXTRA_FIELD_ID');
    expect(await put('')).toBe('SUCCESS');
    expect((await control('GET', `orders/${id}`)).files).toEqual([]);
  });

  it('makes rubbish of a file whose plus signs were not encoded', async () => {
    const [{ id }] = (await arrive('company')) as [Json];
    const bytes = Buffer.from('%PDF-1.4 \xfb\xef\xbe\xfb\xef\xbe', 'latin1');
    const body = `method=setOrderFields&parameters=${JSON.stringify({ order_id: id, custom_extra_fields: { 172: { title: 'a.pdf', file: `data:${bytes.toString('base64')}` } } })}`;
    expect(body).toContain('+');
    await fetch(sim.apiUrl, {
      method: 'POST',
      headers: { 'X-BLToken': sim.token, 'content-type': 'application/x-www-form-urlencoded' },
      body,
    });
    const stored = await fetch(`${sim.url}/__sim/orders/${id}/extra/172`);
    expect(Buffer.from(await stored.arrayBuffer()).equals(bytes)).toBe(false);
  });
});

describe('documents', () => {
  it('are numbered in their series by month; a second call makes a second one unless refused', async () => {
    const [{ id, total }] = (await arrive('several-rates')) as [Json];
    const add = (more: object = {}) => call('addInvoice', { order_id: id, series_id: 15, vat_rate: 'DEFAULT', ...more });
    expect((await call('getInvoices', { order_id: id })).invoices).toEqual([]);
    const { invoice_id } = await add();
    await add();
    const { invoices } = await call('getInvoices', { order_id: id });
    expect(invoices.map((invoice: Json) => [invoice.number, Number(invoice.month), invoice.type])).toEqual([
      ['FV 1/11/2026', 11, 'normal'],
      ['FV 2/11/2026', 11, 'normal'],
    ]);
    expect(Number(invoices[0].total_price_brutto)).toBe(Number(total));
    const sample = recorded('getInvoices.normal');
    if (sample) expect(lacking(sample, { status: 'SUCCESS', invoices })).toEqual([]);
    expect(await logs({ logs_types: [7] })).toHaveLength(2);
    expect([await add({ series_id: 17 }), await add({ order_id: 1 }), await add({ vat_rate: 'x' })].map((a) => a.error_code)).toEqual([
      'ERROR_SERIES_ID',
      'ERROR_ORDER_ID',
      'ERROR_PARAMETERS',
    ]);
    await set({ secondInvoice: 'refused' });
    expect((await add()).error_code).toBe('ERROR_INVOICE_ALREADY_ISSUED');
    await control('DELETE', `invoices/${invoice_id}`);
    expect((await logs({ logs_types: [19] })).map(([, , object]) => object)).toEqual([invoice_id]);
  });

  it('take our file and number; an order without an invoice has nothing to take it', async () => {
    const [{ id }] = (await arrive('company')) as [Json];
    const attach = (more: object = {}) =>
      code('addOrderInvoiceFile', { invoice_id: 1, file: data, external_invoice_number: 'FS 17/MAG/2026', ...more });
    const missing = await call('addOrderInvoiceFile', { invoice_id: 1, file: data });
    expect(missing).toEqual(recorded('errors/ERROR_NO_INVOICE') ?? missing);
    expect(missing.error_code).toBe('ERROR_NO_INVOICE');
    const { invoice_id } = await call('addInvoice', { order_id: id, series_id: 15, vat_rate: 'DEFAULT' });
    expect(await attach({ invoice_id })).toBe('SUCCESS');
    const [invoice] = (await call('getInvoices', { invoice_id })).invoices;
    expect(invoice.external_invoice_number).toBe('FS 17/MAG/2026');
    expect((await control('GET', `orders/${id}`)).invoices[0].file).toEqual({ sizeBytes: pdf.length, sha256: hash, pdf: true });
    const own = await call('getInvoiceFile', { invoice_id });
    expect(Buffer.from(own.invoice.slice(5), 'base64').toString('latin1')).toContain('Faktura FV 1/11/2026');
    const external = await call('getInvoiceFile', { invoice_id, get_external: true });
    expect([external.invoice, external.invoice_number]).toEqual([data, 'FS 17/MAG/2026']);
    expect(await attach({ invoice_id, file: `data:application/pdf;base64,${data.slice(5)}` })).toBe('ERROR_FILE');
    expect(await attach({ invoice_id, external_invoice_number: 'x'.repeat(31) })).toBe('ERROR_FIELD_LENGTH');
    const xml = `data:${Buffer.from('<?xml version="1.0"?><Faktura/>').toString('base64')}`;
    expect(await attach({ invoice_id, file: xml })).toBe('SUCCESS');
    await set({ acceptsXml: false });
    expect(await attach({ invoice_id, file: xml })).toBe('ERROR_FILE');
    await control('POST', `invoices/${invoice_id}/government`, { status: 2 });
    expect((await call('getInvoices', { invoice_id })).invoices[0].gov_id).toBeUndefined();
    expect((await call('getInvoices', { invoice_id, get_government_data: true })).invoices[0].gov_status).toBe(2);
  });

  it('are corrected by rows or from a return, with the difference as their total', async () => {
    const [order] = await arrive('company', { count: 1 });
    await control('POST', `orders/${order.id}/change`, { quantity: '3' });
    const { invoice_id } = await call('addInvoice', { order_id: order.id, series_id: 15 });
    const correct = (more: object) => call('addInvoiceCorrection', { series_id: 16, correcting_reason: 5, ...more });
    const product = order.products[0];
    const made = await correct({ original_invoice_id: invoice_id, items: [{ order_product_id: product.id, quantity: 1 }] });
    const [correction] = (await call('getInvoices', { invoice_id: made.invoice_id })).invoices;
    expect([correction.type, Number(correction.correcting_to_invoice_id), correction.correcting_reason]).toEqual([
      'correcting',
      invoice_id,
      '5',
    ]);
    expect(Number(correction.total_price_brutto)).toBeCloseTo(-2 * Number(product.price), 5);
    const back = await control('POST', `orders/${order.id}/return`, { quantity: '2' });
    const { invoice_id: fromReturn } = await correct({ return_order_id: back.id });
    expect(Number((await call('getInvoices', { invoice_id: fromReturn })).invoices[0].items[0].quantity)).toBe(1);
    expect([
      (await correct({ original_invoice_id: 1 })).error_code,
      (await correct({ original_invoice_id: invoice_id, correcting_reason: 10 })).error_code,
    ]).toEqual(['ERROR_NO_INVOICE', 'ERROR_PARAMETERS']);
    expect((await correct({ original_invoice_id: invoice_id, series_id: 15 })).error_code).toBe('ERROR_SERIES_ID');
  });

  it('page by a hundred from an id', async () => {
    const made = await arrive('consumer', { count: 101 });
    await set({ requestsPerMinute: null });
    for (const { id } of made) await control('POST', `orders/${id}/invoice`);
    const page = async (id_from?: number) =>
      (await call('getInvoices', { id_from })).invoices.map((invoice: Json) => Number(invoice.invoice_id));
    const first = await page();
    expect(first).toHaveLength(100);
    expect(await page(first.at(-1)! + 1)).toHaveLength(1);
  });

  it('of fiscal printers wait for their number', async () => {
    const [{ id }] = (await arrive('consumer')) as [Json];
    const { receipt_id } = await call('addReceipt', { order_id: id, series_id: 17 });
    const waiting = await call('getNewReceipts', { series_id: 17 });
    const sample = recorded('getNewReceipts');
    if (sample) expect(lacking(sample, waiting)).toEqual([]);
    await call('setOrderReceipt', { receipt_id, receipt_nr: 'W000123', date: 1789370100, printer_error: false });
    expect((await call('getNewReceipts')).receipts).toEqual([]);
    expect((await call('getReceipt', { order_id: id })).receipt_nr).toBe('W000123');
    expect(await code('addOrderReceiptFile', { receipt_id, file: data, external_receipt_number: 'W000123' })).toBe('SUCCESS');
    expect(await code('addOrderReceiptFile', { receipt_id, file: 'eyJh.eyJi.c2ln' })).toBe('SUCCESS');
    expect((await call('getReceipts')).receipts).toHaveLength(1);
    await control('DELETE', `receipts/${receipt_id}`);
    expect([await code('getReceipt', { receipt_id }), (await logs({ logs_types: [20] })).length]).toEqual(['ERROR_RECEIPT_ID', 1]);
  });

  it('have the lists of the settings form, as recorded', async () => {
    for (const name of ['getOrderStatusList', 'getOrderSources', 'getSeries', 'getOrderExtraFields']) {
      const answer = await call(name);
      const sample = recorded(name);
      expect(answer.status).toBe('SUCCESS');
      if (sample) expect(answer).toEqual(sample);
    }
  });
});

describe('failures on demand', () => {
  const invoiceIt = (id: number) => call('addInvoice', { order_id: id, series_id: 15, vat_rate: 'DEFAULT' });
  const invoices = async (): Promise<Json[]> => control('GET', 'invoices');

  it('lose the answer before or after the document is made', async () => {
    const [{ id }] = (await arrive('company')) as [Json];
    await fault({ on: 'addInvoice', mode: 'drop-before' });
    await expect(invoiceIt(id)).rejects.toThrow();
    expect(await invoices()).toHaveLength(0);
    await fault({ on: 'addInvoice', mode: 'drop-after' });
    await expect(invoiceIt(id)).rejects.toThrow();
    expect(await invoices()).toHaveLength(1);
  });

  it('answer with a page, with nothing, with an error of choice, or with success that keeps nothing', async () => {
    const [{ id }] = (await arrive('company')) as [Json];
    const raw = () => send({ method: 'getSeries', parameters: '{}' });
    await fault({ mode: 'html200' });
    const page = await raw();
    expect([page.status, page.text.includes('<html>')]).toEqual([200, true]);
    await fault({ mode: 'empty' });
    expect((await raw()).text).toBe('');
    await fault({ mode: 'error', on: 'getSeries', code: 'ERROR_ODD', message: 'Dziwny błąd' });
    expect(await call('getSeries')).toEqual({ status: 'ERROR', error_message: 'Dziwny błąd', error_code: 'ERROR_ODD' });
    await fault({ mode: 'stores-nothing', on: 'setOrderFields' });
    expect(await code('setOrderFields', { order_id: id, custom_extra_fields: { 172: { title: 'a.pdf', file: data } } })).toBe('SUCCESS');
    expect((await control('GET', `orders/${id}`)).files).toEqual([]);
    await fault({ mode: 'blocked' });
    expect(await code('getSeries')).toBe('ERROR_BLOCKED_TOKEN');
    await control('POST', 'reset');
    await set({ maintenance: true });
    expect((await raw()).text).toContain('Przerwa techniczna');
  });

  it('are on the page in four languages; the token is on it and nowhere in the log, nor is a file', async () => {
    const [{ id }] = (await arrive('company')) as [Json];
    await send(
      {
        method: 'setOrderFields',
        parameters: JSON.stringify({ order_id: id, custom_extra_fields: { 172: { title: 'a.pdf', file: data } } }),
        token: sim.token,
      },
      {},
    );
    for (const [language, word] of Object.entries({ pl: 'na niby', en: 'simulated', hu: 'szimulátor', sv: 'simulerat' })) {
      const page = await (await fetch(`${sim.url}/__sim/?lang=${language}`)).text();
      expect(page).toContain(word);
      expect(page).toContain('a.pdf');
    }
    const log = JSON.stringify(await control('GET', 'requests'));
    expect([log.includes('setOrderFields'), log.includes(sim.token), log.includes(data)]).toEqual([true, false, false]);
  });
});
