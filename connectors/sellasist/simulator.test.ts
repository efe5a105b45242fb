import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { extend, fromMinor, sum, toMinor } from '../../src/domain/money/money.ts';
import { checkNip } from '../../src/domain/regimes/pl/identifiers.ts';
import { OpenApi } from '../../src/testkit/openapi.ts';
import { onePagePdf } from '../../src/testkit/pdf.ts';
import { type SellasistSimulator, startSellasistSimulator } from './simulator.ts';

/** Promise: whoever talks to the simulator meets the service of the contract: its checks, its paging, its types, its silences, its failures. */
const openApi = OpenApi.of('sellasist');
let sim: SellasistSimulator;
beforeAll(async () => {
  sim = await startSellasistSimulator();
});
afterAll(() => sim.close());
beforeEach(() => control('POST', 'reset', {}));

// biome-ignore lint/suspicious/noExplicitAny: answers are checked by what the tests expect of them.
type Json = any;
type Answer = { status: number; headers: Headers; body: Json };

async function bare(method: string, path: string, body?: unknown, headers: Record<string, string> = { apiKey: sim.key }): Promise<Answer> {
  const response = await fetch(`${sim.apiUrl}${path}`, {
    method,
    headers: { accept: 'application/json', ...headers },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: /^[[{]/.test(text) ? JSON.parse(text) : text };
}

/** A call whose answer is held against the service's description. */
async function call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> {
  const answer = await bare(method, path, body, headers);
  if (answer.status === 200) expect(openApi?.answerProblems(method, path.split('?')[0]!, 200, answer.body) ?? []).toEqual([]);
  return answer;
}

async function control(method: string, path: string, body?: object): Promise<Json> {
  const response = await fetch(`${sim.url}/__sim/${path}`, { method, body: body && JSON.stringify(body) });
  const text = await response.text();
  return text === '' ? response.status : JSON.parse(text);
}

const set = (settings: object) => control('PATCH', 'state', settings);
const fault = (what: object) => control('POST', 'faults', what);
const arrive = async (kind?: string, count = 1): Promise<Json[]> => control('POST', 'orders', { kind, count });
const ids = (answer: Answer): number[] => answer.body.map((row: Json) => Number(row.id));
const pdf = onePagePdf('Faktura 17/10/2026', ['Razem 219,69']);
const base64 = Buffer.from(pdf).toString('base64');
const fileField = (value: string) => ({ additional_fields: [{ field_id: 4, field_value: value }] });
const held = async (id: number): Promise<Json> => (await control('GET', `orders/${id}`)).files;

describe('who may call, and how often', () => {
  it('refuses a wrong, missing or revoked key with 401 and a path beside the API with a page', async () => {
    expect((await call('GET', '/statuses', undefined, {})).status).toBe(401);
    expect((await call('GET', '/statuses', undefined, { apiKey: 'Bearer x' })).body).toEqual({ message: 'Unauthorized' });
    expect((await call('GET', '/statuses')).body[0]).toEqual({ id: 1, name: 'Nowe' });
    await set({ keyRevoked: true });
    expect((await call('GET', '/statuses')).status).toBe(401);
    expect((await fetch(`${sim.url}/orders`, { headers: { apiKey: sim.key } })).headers.get('content-type')).toContain('text/html');
  });

  it('lets a hundred calls through in a minute, then answers 429 until the oldest is a minute old', async () => {
    for (let i = 0; i < 100; i++) expect((await fetch(`${sim.apiUrl}/statuses`, { headers: { apiKey: sim.key } })).status).toBe(200);
    await control('POST', 'clock', { seconds: 20 });
    const refused = await call('GET', '/statuses');
    expect([refused.status, refused.headers.get('retry-after'), refused.body]).toEqual([429, '40', { message: 'Too Many Requests' }]);
    await set({ retryAfter: 'date' });
    expect((await call('GET', '/statuses')).headers.get('retry-after')).toBe('Fri, 20 Nov 2026 09:01:00 GMT');
    await control('POST', 'clock', { seconds: 40 });
    expect((await call('GET', '/statuses')).status).toBe(200);
    await set({ callsPerMinute: null });
    expect((await control('GET', 'state')).settings).toMatchObject({ callsPerMinute: null, retryAfter: 'date' });
  });
});

describe('lists', () => {
  it('are bare arrays, newest first, a hundred at most, and 404 when there is nothing', async () => {
    await control('POST', 'reset', { seeds: false });
    expect((await call('GET', '/orders')).body).toEqual({ message: 'No records found' });
    await arrive(undefined, 130);
    const first = await call('GET', '/orders?limit=500');
    expect(first.body).toHaveLength(100);
    expect(ids(first)[0]).toBeGreaterThan(ids(first)[1]!);
    expect((await call('GET', '/orders?limit=100&offset=100')).body).toHaveLength(30);
    expect((await call('GET', '/orders?limit=100&offset=130')).status).toBe(404);
    expect(first.body[0].carts).toBeUndefined();
    expect((await call('GET', '/orders_with_carts?limit=1')).body[0].carts.length).toBeGreaterThan(0);
  });

  it('shift under the reader while orders arrive', async () => {
    await fault({ on: 'orders', mode: 'orders-arrive', count: 3 });
    const first = ids(await call('GET', '/orders?limit=5'));
    const second = ids(await call('GET', '/orders?limit=5&offset=5'));
    expect(second.slice(0, 3)).toEqual(first.slice(2));
  });

  it('take filters together, days from inclusive and to exclusive, and ignore what they do not know', async () => {
    await control('POST', 'reset', { seeds: false });
    const [today] = await arrive('company');
    await control('POST', 'clock', { days: 1 });
    const [tomorrow] = await arrive('cash-on-delivery');
    expect(ids(await call('GET', '/orders?date_from=2026-11-20&date_to=2026-11-21'))).toEqual([today.id]);
    expect(ids(await call('GET', `/orders?from_id=${today.id}&sort=asc`))).toEqual([tomorrow.id]);
    expect(ids(await call('GET', '/orders?sale_document=invoice&status_id=12&placeholder=0'))).toEqual([today.id]);
    expect((await call('GET', '/orders?status_id=20')).status).toBe(404);
    expect(ids(await call('GET', '/orders?changed_since=2030-01-01'))).toHaveLength(2);
    expect(ids(await call('GET', `/orders_with_carts?from_id=${today.id}&date_from=2026-11-20`))).toHaveLength(2);
    await set({ cartsFilters: 'all' });
    expect(ids(await call('GET', `/orders_with_carts?from_id=${today.id}`))).toEqual([tomorrow.id]);
    const found = await call('POST', '/orders_search', { status: 12, creation_date_from: '2026-11-21 00:00:00' });
    expect(found.body).toEqual([{ id: tomorrow.id, date: '2026-11-21 10:00:00', status: { id: 12, name: 'Opłacone' } }]);
  });
});

describe('orders', () => {
  it('begin with one for each oddity, and an order that is gone is 404', async () => {
    const all = (await call('GET', '/orders_with_carts?limit=100&sort=asc')).body as Json[];
    expect(all).toHaveLength(15);
    const lines = (order: Json) => sum(order.carts.map((c: Json) => extend(c.quantity, c.price, 'PLN')));
    const off = all.filter((order) => fromMinor(lines(order) + toMinor(order.shipment.total, 'PLN'), 'PLN') !== order.total);
    expect(off).toHaveLength(1);
    expect(all.filter((order) => order.placeholder === 1)).toHaveLength(1);
    expect(all.some((order) => order.payment.id === undefined)).toBe(true);
    expect(all.some((order) => order.carts.every((c: Json) => c.tax_rate === '0.000'))).toBe(true);
    expect(
      all.some((order) => order.carts.some((c: Json) => c.selected_options_data.some((o: Json) => String(o.option_id).length === 14))),
    ).toBe(true);
    expect(all.filter((order) => order.bill_address.country.code !== 'PL')).toHaveLength(2);
    const polish = all.filter((order) => order.bill_address.company_nip && order.bill_address.country.code === 'PL');
    expect(polish.every((order) => checkNip(order.bill_address.company_nip).valid)).toBe(true);
    expect((await call('GET', '/invoices')).body).toHaveLength(2);
    expect((await call('GET', '/orders/999')).status).toBe(404);
  });

  it('are the same orders whatever type their values come in', async () => {
    const number = (value: Json) => Number(value);
    const read = async (typing: string) => {
      await set({ typing });
      const { body } = await bare('GET', '/orders/20401');
      return { body, plain: [body.id, body.total, body.invoice, body.payment.id, body.payment.cod].map(number) };
    };
    const sample = await read('sample');
    expect([typeof sample.body.id, typeof sample.body.total, sample.body.payment.cod]).toEqual(['string', 'string', 0]);
    expect((await read('numbers')).plain).toEqual(sample.plain);
    const seen = new Set<string>();
    for (let i = 0; i < 12; i++) {
      const wobbling = await read('wobble');
      expect(wobbling.plain).toEqual(sample.plain);
      seen.add(`${typeof wobbling.body.id} ${typeof wobbling.body.total} ${typeof wobbling.body.payment.cod}`);
    }
    expect(seen.size).toBeGreaterThan(3);
  });

  it('change, are cancelled, come back, are paid, merged and removed, each with its row in the journal', async () => {
    await control('POST', 'reset', { seeds: false });
    const [a, b, c, d] = [...(await arrive('company', 3)), ...(await arrive('unpaid'))] as Json[];
    await control('POST', 'clock', { minutes: 10 });
    const changed = await control('POST', `orders/${a.id}/change`, { quantity: '7' });
    expect(changed.lines[0].quantity).toBe('7.000');
    await control('POST', `orders/${a.id}/cancel`);
    const back = await control('POST', `orders/${b.id}/return`, { quantity: '1' });
    expect([back.status, back.notes]).toEqual(['Zwrot', [`Zwrot: ${b.lines[0].name}, 1 szt.`]]);
    expect((await control('POST', `orders/${d.id}/pay`)).paymentStatus).toBe('paid');
    await control('POST', `orders/${b.id}/merge`, { into: c.id });
    await control('DELETE', `orders/${d.id}`);
    expect((await call('GET', `/orders/${b.id}`)).status).toBe(404);
    const rows = async (tag: string) => {
      const answer = await call('GET', `/orders_logs?operation_tag=${tag}&date_from=2026-11-20%2010:05:00`);
      return answer.status === 404 ? [] : answer.body.map((row: Json) => [Number(row.order_id), row.object_id && Number(row.object_id)]);
    };
    expect(await rows('order_create')).toEqual([]);
    expect(await rows('order_status_change')).toEqual([
      [a.id, 40],
      [b.id, 50],
      [d.id, 12],
    ]);
    expect(await rows('order_merge')).toEqual([[b.id, c.id]]);
    expect(await rows('order_delete')).toEqual([[d.id, null]]);
    expect((await rows('order_edit')).map(([id]: [number]) => id)).toEqual([a.id, b.id, d.id, c.id]);
  });

  it('tell in journal and list that a document was made inside', async () => {
    const [order] = await arrive('company');
    await control('POST', `orders/${order.id}/invoice`);
    const row = (await call('GET', '/orders_logs?operation_tag=invoice_create')).body.at(-1);
    const [invoice] = (await call('GET', `/invoices?order_id=${order.id}`)).body;
    expect([Number(row.order_id), Number(row.object_id)]).toEqual([order.id, invoice.id]);
    await control('DELETE', `orders/${order.id}/invoice`);
    expect((await call('GET', `/invoices?order_id=${order.id}`)).status).toBe(404);
    expect((await call('GET', '/orders_logs?operation_tag=invoice_remove')).body).toHaveLength(1);
    await control('POST', `orders/${order.id}/receipt`);
    expect((await call('GET', '/orders_logs?operation_tag=receipt_create')).body).toHaveLength(1);
  });

  it('are made once for an own id', async () => {
    const wanted = {
      id: 'EXT-9912',
      status: 1,
      shipment_price: 12,
      payment_id: 5,
      carts: [{ name: 'Skarpetki', quantity: 1, price: 47.9, tax: 23 }],
    };
    const made = await call('POST', '/orders', wanted);
    expect(made.body.status).toBe('ok');
    expect((await call('POST', '/orders', wanted)).body).toEqual({ ...made.body, status: 'exist' });
    expect((await call('GET', `/orders/${made.body.id}`)).body.total).toBe('59.90');
    expect((await call('POST', '/orders', { ...wanted, carts: [] })).status).toBe(422);
  });
});

describe('writing', () => {
  it('changes what is given, leaves the rest, ignores what it does not know, and says success each time', async () => {
    const before = (await call('GET', '/orders/20401')).body;
    const wanted = {
      status: '31',
      document_number: '17/10/2026',
      email: 'x@poczta.example',
      nonsense: 1,
      bill_address: { country_code: 'SE' },
    };
    expect((await call('PUT', '/orders/20401', wanted)).body).toEqual({ message: 'success', id: 20401 });
    const after = (await call('GET', '/orders/20401')).body;
    expect(after).toEqual({ ...before, status: { id: '31', name: 'Błąd faktury' }, document_number: '17/10/2026' });
    await call('PUT', '/orders/20401', { bill_address: { country: { code: 'SE' }, city: 'Malmö' } });
    expect((await call('GET', '/orders/20401')).body.bill_address.country).toEqual({ id: 204, name: 'Szwecja', code: 'SE' });
    expect((await control('GET', 'state')).pushedToMarketplace).toEqual([]);
    await call('PUT', '/orders/20401', { status: 20, send_status_to_external: true });
    await call('PUT', '/orders/20401', { status: 20, send_status_to_external: true });
    expect(
      (await call('GET', '/orders_logs?operation_tag=order_status_change')).body.filter((row: Json) => row.object_id === '20'),
    ).toHaveLength(1);
    expect((await control('GET', 'state')).pushedToMarketplace).toEqual([{ orderId: 20401, statusId: 20 }]);
  });

  it('refuses an unknown status, a wrong type, escaped quotation marks and an order that is not there', async () => {
    expect((await call('PUT', '/orders/20401', { status: 99 })).status).toBe(422);
    expect((await call('PUT', '/orders/20401', { document_number: 17 })).status).toBe(422);
    expect((await call('PUT', '/orders/20401', '{"document_number":"\\u0022A\\u0022"}')).status).toBe(422);
    expect((await call('PUT', '/orders/20401', '{"document_number":"\\"A\\""}')).status).toBe(200);
    expect((await call('PUT', '/orders/1', {})).status).toBe(404);
  });

  it('does a thousand statuses at once, line by line, and not one more', async () => {
    const done = await call('PUT', '/orders_bulk', [
      { order_id: 20401, status_id: 31 },
      { order_id: 999999, status_id: 31 },
    ]);
    expect(done.body.lines).toEqual([
      { line: 1, order_id: 20401, status: 'success', message: null },
      { line: 2, order_id: 999999, status: 'error', message: 'item_not_found' },
    ]);
    expect((await call('PUT', '/orders_bulk', Array(1001).fill({ order_id: 20401 }))).status).toBe(413);
  });

  it('keeps notes and lines with their quirks', async () => {
    expect((await call('GET', '/notes/20401')).status).toBe(404);
    await call('POST', '/notes', { order_id: 20401, text: 'Faktura wysłana' });
    expect((await call('GET', '/notes/20401')).body[0].text).toBe('Faktura wysłana');
    const line = (await call('GET', '/orders/20401')).body.carts[0];
    await call('PUT', `/orders_lines/${line.id}`, { signature: 'X', additional_information: 'Prezent', weight: 0, quantity: '5' });
    await call('PUT', `/orders_lines/${line.id}`, { additional_information: '' });
    const after = (await call('GET', '/orders/20401')).body.carts[0];
    expect(after).toEqual({ ...line, additional_information: 'Prezent', quantity: '5.000' });
    await call('PUT', `/orders_lines/${line.id}`, { additional_information: ' ', weight: '0.000' });
    expect((await call('GET', '/orders/20401')).body.carts[0]).toMatchObject({ additional_information: '', weight: '0.000' });
  });
});

describe('file fields', () => {
  it('are listed with their types', async () => {
    expect((await call('GET', '/orders_fields')).body.map((f: Json) => [f.id, f.type])).toEqual([
      ['4', 'saledocument'],
      ['5', 'files'],
      ['9', 'text'],
    ]);
  });

  it('take base64 or a data address by switch, and turn anything else into rubbish without a word', async () => {
    const uri = `data:application/pdf;base64,${base64}`;
    const wrote = async (value: string) => {
      expect((await call('PUT', '/orders/20401', fileField(value))).status).toBe(200);
      return (await held(20401))[0].pdf;
    };
    expect([await wrote(base64), await wrote(uri), await wrote('zwykły tekst')]).toEqual([true, false, false]);
    await set({ accepts: 'data-uri' });
    expect([await wrote(base64), await wrote(uri)]).toEqual([false, true]);
    await set({ accepts: 'both' });
    expect([await wrote(base64), await wrote(uri)]).toEqual([true, true]);
    expect((await held(20401))[0].sha256).toBe(createHash('sha256').update(pdf).digest('hex'));
    expect((await call('PUT', '/orders/20401', fileField(Buffer.alloc(6_000_000, 65).toString('base64')))).status).toBe(413);
  });

  it('give back base64, a data address or an address to fetch', async () => {
    await call('PUT', '/orders/20401', fileField(base64));
    const value = async () => (await call('GET', '/orders/20401')).body.additional_fields[0].field_value;
    expect(await value()).toBe(base64);
    await set({ readBack: 'data-uri' });
    expect(await value()).toBe(`data:application/pdf;base64,${base64}`);
    await set({ readBack: 'url' });
    const fetched = await fetch(await value());
    expect(Buffer.from(await fetched.arrayBuffer()).equals(pdf)).toBe(true);
    await set({ secondFile: 'append' });
    await call('PUT', '/orders/20401', fileField(base64));
    expect(await held(20401)).toHaveLength(2);
    await call('PUT', '/orders/20401', fileField(''));
    expect(await held(20401)).toHaveLength(2);
  });
});

describe('failures on demand', () => {
  const put = () => call('PUT', '/orders/20402', fileField(base64));

  it('lose the answer after the write or before it, answer 200 and store nothing, or show a page', async () => {
    await fault({ on: 'update', mode: 'drop-before' });
    await expect(put()).rejects.toThrow();
    expect(await held(20402)).toEqual([]);
    await fault({ on: 'update', mode: 'stores-nothing' });
    expect((await put()).status).toBe(200);
    expect(await held(20402)).toEqual([]);
    await fault({ on: 'update', mode: 'html500' });
    expect((await put()).body).toContain('<html>');
    await fault({ on: 'update', mode: 'drop-after' });
    await expect(put()).rejects.toThrow();
    expect(await held(20402)).toHaveLength(1);
    expect((await put()).status).toBe(200);
  });

  it('break in the middle of paging, burst with 429, and close for maintenance', async () => {
    await fault({ on: 'orders', mode: 'http500', skip: 1 });
    const pages = [];
    for (const offset of [0, 5, 10]) pages.push((await call('GET', `/orders?limit=5&offset=${offset}`)).status);
    expect(pages).toEqual([200, 500, 200]);
    await fault({ mode: 'http429', times: 2 });
    expect([(await call('GET', '/statuses')).status, (await call('GET', '/statuses')).status]).toEqual([429, 429]);
    await set({ maintenance: true });
    expect((await call('GET', '/statuses')).body).toContain('Prace techniczne');
  });

  it('are refused when misspelt, and the page shows what is held in four languages', async () => {
    expect(await fault({ on: 'update', mode: 'explode' })).toEqual({ error: expect.stringContaining('mode must be one of') });
    expect(await set({ accept: 'both' })).toEqual({ error: expect.stringContaining('accept') });
    for (const [language, word] of Object.entries({ pl: 'na niby', en: 'simulated', hu: 'szimulátor', sv: 'simulerat' })) {
      const page = await (await fetch(`${sim.url}/__sim/?lang=${language}`)).text();
      expect(page).toContain(word);
      expect(page).toContain('20415');
    }
    const log = await control('GET', 'requests');
    expect(JSON.stringify(log)).not.toContain(sim.key);
  });
});
