import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ChannelDouble } from '../../src/contract/channel-suite.ts';
import type { Attachment, ConnectionContext, Exchange, IncomingOrder, Session } from '../../src/contract/connector.ts';
import { QuotaWait, ungated } from '../../src/contract/requests.ts';
import { Secret } from '../../src/contract/secret.ts';
import { connectorSuite } from '../../src/contract/suite.ts';
import { onePagePdf } from '../../src/testkit/pdf.ts';
import { connector } from './connector.ts';
import { type BaselinkerSimulator, startBaselinkerSimulator } from './simulator.ts';

/**
 * Promise: no order of the account is missed, none is read as what it is not; a PDF stands on the order once, where the seller wants it,
 * and counts when it is seen there; a lost answer never makes a second invoice.
 */
// biome-ignore lint/suspicious/noExplicitAny: the simulator's answers are checked by what the tests expect of them.
type Json = any;

let sim: BaselinkerSimulator;
beforeAll(async () => {
  sim = await startBaselinkerSimulator({ now: '2026-11-20T09:00:00Z', seeds: false });
});
afterAll(() => sim.close());
beforeEach(() => control('POST', 'reset', { seeds: false, now: '2026-11-20T09:00:00Z' }));

async function control(method: string, path: string, body?: object): Promise<Json> {
  const response = await fetch(`${sim.url}/__sim/${path}`, { method, body: body && JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
const set = (settings: object) => control('PATCH', 'state', settings);
const fault = (what: object) => control('POST', 'faults', { times: 1, ...what });
const arrive = (count: number, more: object = {}): Promise<Json[]> => control('POST', 'orders', { count, ...more });
const pass = (more: object) => control('POST', 'clock', more);
const requests = async (method?: string): Promise<Json[]> =>
  (await control('GET', 'requests')).filter((r: Json) => method === undefined || JSON.stringify(r).includes(method));
const now = async () => new Date((await control('GET', 'state')).now ?? (await control('GET', 'clock')).now);

let clock = new Date();
function open(settings: Record<string, unknown> = {}, exchanges: Exchange[] = []): Session {
  const memory = new Map<string, string>();
  const context: ConnectionContext = {
    settings: { cancelledStatuses: ['105'], ...settings },
    secrets: { token: new Secret(sim.token) },
    baseUrl: sim.apiUrl,
    fetch: ungated(fetch),
    holdUntil: (until) => Promise.reject(new QuotaWait(until)),
    now: () => clock,
    memory: { get: (key) => memory.get(key), set: (key, value) => void memory.set(key, value) },
    exchange: (record) => exchanges.push(record),
  };
  return connector.open(context);
}

async function double(settings: Record<string, unknown>): Promise<ChannelDouble> {
  const own = await startBaselinkerSimulator({ now: '2026-11-20T09:00:00Z', seeds: false });
  const verb = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${own.url}/__sim/${path}`, { method, body: body && JSON.stringify(body) });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response;
  };
  await verb('PATCH', 'state', { requestsPerMinute: null });
  let at = Date.parse('2026-11-20T09:00:00Z');
  return {
    baseUrl: own.apiUrl,
    secrets: { token: own.token },
    settings: { cancelledStatuses: ['105'], ...settings },
    now: () => new Date(at),
    close: () => own.close(),
    channel: {
      arrive: async (count) =>
        ((await (await verb('POST', 'orders', { count, kind: 'company' })).json()) as { id: number }[]).map((o) => String(o.id)),
      change: async (id) => void (await verb('POST', `orders/${id}/change`, { invoice_city: 'Radom' })),
      remove: async (id) => void (await verb('DELETE', `orders/${id}`)),
      breakReading: async (skip) => void (await verb('POST', 'faults', { on: '*', mode: 'http500', times: 1, skip })),
      breakWriting: async (how) => {
        const mode = { 'lost-before': 'drop-before', 'lost-after': 'drop-after', 'keeps-nothing': 'stores-nothing' }[how];
        for (const on of ['setOrderFields', 'addOrderInvoiceFile']) await verb('POST', 'faults', { on, mode, times: 1 });
      },
      files: async (id) => {
        const order = (await (await verb('GET', `orders/${id}`)).json()) as Json;
        const inFields = (order.files ?? []).map((f: Json) => ({ target: String(f.fieldId), path: `orders/${id}/extra/${f.fieldId}` }));
        const all = (await (await verb('GET', 'invoices')).json()) as Json[];
        const onInvoices = all
          .filter((i) => String(i.orderId) === id && i.file)
          .map((i) => ({ target: 'document', path: `invoices/${i.id}/file` }));
        return Promise.all(
          [...inFields, ...onInvoices].map(async ({ target, path }) => ({
            target,
            bytes: new Uint8Array(await (await verb('GET', path)).arrayBuffer()),
          })),
        );
      },
      pass: async (ms) => {
        at += ms;
        await verb('POST', 'clock', { seconds: ms / 1000 });
      },
    },
  };
}

connectorSuite({
  connector,
  start: () => double({}),
  channel: {
    target: '172',
    replaces: true,
    marks: [
      { mark: 'status', value: '106' },
      { mark: 'text', field: '180', value: 'FV/1/2026 "ż"' },
      { mark: 'text', field: 'extra_field_2', value: 'Uwaga' },
      { mark: 'note', value: 'KOR/1/2026 → FV/1/2026' },
    ],
  },
});
describe('onto an invoice made for it', () => {
  connectorSuite({ connector, start: () => double({ carrierSeries: '15' }), channel: { target: 'document', replaces: false, marks: [] } });
});

// ---------------------------------------------------------------- pulling

/** What the engine stores: the last reading of each order, and the cursor of the last page. */
class Shelf {
  orders = new Map<string, IncomingOrder & { order: { revision?: string } }>();
  gone = new Set<string>();
  cursor: unknown;
  readings = 0;
  async pull(session: Session, since = '2026-11-01', pages = Number.POSITIVE_INFINITY): Promise<void> {
    clock = await now();
    const known = async (ids: string[]) =>
      new Map(ids.flatMap((id) => (this.orders.has(id) ? [[id, this.orders.get(id)!.order.revision] as const] : [])));
    let read = 0;
    for await (const page of session.pulls!.pull(structuredClone(this.cursor), { since, known })) {
      for (const one of page.orders) {
        this.readings++;
        if ('gone' in one) this.gone.add(one.externalId);
        else if ('order' in one) this.orders.set(one.order.externalId, one as never);
        else throw new Error(JSON.stringify(one));
      }
      this.cursor = page.cursor;
      if (++read >= pages) return;
    }
  }
  ids() {
    return [...this.orders.keys()].sort();
  }
  order(id: unknown) {
    return (this.orders.get(String(id)) as Extract<IncomingOrder, { order: unknown }>).order;
  }
}
const theirIds = async () => (await control('GET', 'orders')).map((o: Json) => String(o.id)).sort();

describe('pulling', () => {
  it('takes every order once, and asks little when nothing happens', async () => {
    await arrive(30, { everySeconds: 50 });
    const shelf = new Shelf();
    const session = open();
    await shelf.pull(session);
    expect(shelf.ids()).toEqual(await theirIds());
    expect(shelf.readings).toBe(30);
    const before = (await requests()).length;
    await shelf.pull(session);
    expect(shelf.readings).toBe(30);
    expect((await requests()).length - before).toBeLessThanOrEqual(2);
  });

  it.each([
    ['inclusive, numbers mixed', {}],
    ['exclusive, numbers as text', { fromInclusive: false, numbers: 'strings' }],
    ['ids of the journal under another name, its start included', { journalKey: 'id', lastLogInclusive: true, numbers: 'numbers' }],
  ])('takes 450 orders of few seconds: %s', async (_what, settings) => {
    await set({ requestsPerMinute: null, ...settings });
    await arrive(40);
    await pass({ seconds: 1 });
    await arrive(260);
    await pass({ seconds: 1 });
    await arrive(150);
    const shelf = new Shelf();
    await shelf.pull(open());
    expect(shelf.orders.size).toBe(450);
    expect(shelf.ids()).toEqual(await theirIds());
  });

  it('goes on after a break at any page', async () => {
    await set({ requestsPerMinute: null });
    await arrive(350, { everySeconds: 7 });
    const shelf = new Shelf();
    const session = open();
    for (let i = 0; i < 12; i++) {
      await shelf.pull(session, '2026-11-01', 1);
      if (i % 3 === 0) await arrive(1);
    }
    await shelf.pull(session);
    expect(shelf.ids()).toEqual(await theirIds());
    // A run that dies tells nothing and forgets nothing.
    await arrive(3);
    await fault({ on: 'getOrders', mode: 'drop-before', times: 2 });
    await expect(shelf.pull(session)).rejects.toThrow();
    await control('DELETE', 'faults');
    await shelf.pull(session);
    expect(shelf.ids()).toEqual(await theirIds());
  });

  it('hears of late confirmation, payment, change, split, merge and removal', async () => {
    const [late] = await arrive(1, { confirmed: false });
    const [unpaid] = await arrive(1, { kind: 'unpaid' });
    const [several, target, doomed] = await arrive(3, { kind: 'several-rates' });
    const shelf = new Shelf();
    const session = open();
    await shelf.pull(session);
    expect(shelf.ids()).not.toContain(String(late.id));
    await pass({ hours: 20 });
    await control('POST', `orders/${late.id}/confirm`);
    await control('POST', `orders/${unpaid.id}/pay`, {});
    await control('POST', `orders/${several.id}/change`, { invoice_city: 'Radom' });
    const half = await control('POST', `orders/${several.id}/split`, { product: 1 });
    await control('POST', `orders/${doomed.id}/merge`, { into: target.id });
    await shelf.pull(session);
    expect(shelf.ids()).toContain(String(late.id));
    expect(shelf.order(unpaid.id).payments).toMatchObject([{ status: 'paid' }]);
    expect(shelf.ids()).toContain(String(half.id));
    expect(shelf.gone).toContain(String(doomed.id));
    expect(shelf.order(target.id).lines.length).toBeGreaterThan(target.products?.length ?? 1);
    await control('DELETE', `orders/${target.id}`);
    await shelf.pull(session);
    expect(shelf.gone).toContain(String(target.id));
    const { id } = await control('POST', `orders/${half.id}/return`, {});
    await shelf.pull(session);
    expect(shelf.ids()).not.toContain(String(id));
  });

  it('misses nothing when it slept for longer than the journal remembers, nor where there is no journal', async () => {
    const [old] = await arrive(1, { kind: 'unpaid' });
    const shelf = new Shelf();
    const session = open();
    await shelf.pull(session);
    await pass({ hours: 2 });
    await control('POST', `orders/${old.id}/pay`, {});
    await arrive(5);
    await pass({ days: 5 });
    await shelf.pull(session);
    expect(shelf.ids()).toEqual(await theirIds());
    expect(shelf.order(old.id).payments).toMatchObject([{ status: 'paid' }]);

    await control('POST', 'reset', { seeds: false, now: '2026-11-20T09:00:00Z' });
    await set({ journalOn: false });
    const [quiet] = await arrive(1, { kind: 'unpaid' });
    const other = new Shelf();
    await other.pull(session);
    await control('POST', `orders/${quiet.id}/pay`, {});
    await pass({ minutes: 61 });
    await other.pull(session);
    expect(other.order(quiet.id).payments).toMatchObject([{ status: 'paid' }]);
  });

  it('keeps what the journal named when the token is closed in the middle', async () => {
    await arrive(60, { everySeconds: 60 });
    const shelf = new Shelf();
    const session = open();
    await shelf.pull(session);
    await pass({ minutes: 30 });
    for (const id of await theirIds()) await control('POST', `orders/${id}/change`, { invoice_city: 'Radom' });
    await set({ requestsPerMinute: 20 });
    let waits = 0;
    for (let i = 0; i < 20; i++) {
      await shelf.pull(session).catch((error) => {
        if (!(error instanceof QuotaWait)) throw error;
        waits++;
      });
      await pass({ minutes: 11 });
    }
    expect(waits).toBeGreaterThan(1);
    expect(shelf.ids().map((id) => shelf.order(id).invoiceRequest.party?.city ?? 'Radom')).toEqual(shelf.ids().map(() => 'Radom'));
  });

  it('leaves orders of before our time alone, and gives past days for a rehearsal', async () => {
    await arrive(4);
    await pass({ days: 2 });
    await arrive(3);
    const shelf = new Shelf();
    const session = open();
    await shelf.pull(session, '2026-11-22');
    expect(shelf.orders.size).toBe(3);
    await shelf.pull(session, '2026-11-01');
    expect(shelf.orders.size).toBe(7);
    const past = (await Array.fromAsync(session.pulls!.past('2026-11-20', '2026-11-21'))).flat();
    expect(past).toHaveLength(4);
  });

  it('counts documents made over there, unless they only carry ours; what went to KSeF always counts', async () => {
    const [order] = await arrive(1, { kind: 'company' });
    const shelf = new Shelf();
    await shelf.pull(open());
    const invoice = await control('POST', `orders/${order.id}/invoice`);
    await control('POST', `orders/${order.id}/receipt`);
    await shelf.pull(open());
    expect(shelf.order(order.id).documentedElsewhere.map((d) => d.kind)).toEqual(['invoice', 'receipt']);
    expect(shelf.order(order.id).documentedElsewhere[0]).toMatchObject({ number: invoice.number });
    const carrying = { documentField: 'document' };
    const carried = new Shelf();
    await carried.pull(open(carrying));
    expect(carried.order(order.id).documentedElsewhere).toEqual([]);
    await control('POST', `invoices/${invoice.id}/government`, {});
    const [read] = [await open(carrying).pulls!.read(String(order.id))];
    expect((read as Extract<IncomingOrder, { order: unknown }>).order.documentedElsewhere).toMatchObject([{ kind: 'invoice' }]);
    await control('DELETE', `invoices/${invoice.id}`);
    await shelf.pull(open());
    expect(shelf.order(order.id).documentedElsewhere.map((d) => d.kind)).toEqual(['receipt']);
  });
});

// ---------------------------------------------------------------- putting onto the order

const pdf = onePagePdf('FS 17/MAG/2026', []);
const attachment = (order: Json, more: Partial<Attachment> = {}): Attachment => ({
  orderExternalId: String(order.id),
  target: 'document',
  number: 'FS 17/MAG/2026',
  kind: 'invoice',
  fileName: 'FS_17_MAG_2026.pdf',
  pdf,
  reference: 'fk:1',
  ...more,
});
const invoices = (): Promise<Json[]> => control('GET', 'invoices');

describe('the PDF on the order', () => {
  it('goes onto its invoice and is read back; without one the known message says why', async () => {
    const [order] = await arrive(1, { kind: 'company' });
    const { attaches } = open();
    expect(await attaches!.attach(attachment(order))).toMatchObject({ outcome: 'rejected', cause: { code: 'BL_NO_INVOICE' } });
    expect(await invoices()).toEqual([]);
    await control('POST', `orders/${order.id}/invoice`);
    expect(await attaches!.seen(attachment(order))).toEqual({ seen: 'absent' });
    expect(await attaches!.attach(attachment(order))).toMatchObject({ outcome: 'accepted' });
    expect(await attaches!.seen(attachment(order))).toEqual({ seen: 'visible' });
    expect(await attaches!.seen(attachment(order, { pdf: onePagePdf('another', []) }))).toEqual({ seen: 'absent' });
    expect(await attaches!.attach(attachment(order))).toMatchObject({ outcome: 'accepted' });
    expect(await invoices()).toHaveLength(1);
  });

  it.each(['drop-after', 'drop-before', 'error-after', 'html200', 'empty', 'http503'])(
    'is carried by exactly one invoice made for it, though answers are lost (%s)',
    async (mode) => {
      for (const on of ['addInvoice', 'addOrderInvoiceFile', 'getInvoices']) {
        const [order] = await arrive(1, { kind: 'company' });
        const { attaches } = open({ carrierSeries: '15' });
        await fault({ on, mode });
        // What the engine does: write, look, and write again only where it looked and saw nothing.
        for (let tries = 0; tries < 4; tries++) {
          await attaches!.attach(attachment(order));
          if ((await attaches!.seen(attachment(order))).seen === 'visible') break;
        }
        const made = (await invoices()).filter((i) => i.orderId === order.id);
        expect(made, `${on} ${mode}`).toHaveLength(1);
        expect(await attaches!.seen(attachment(order))).toEqual({ seen: 'visible' });
        await control('DELETE', 'faults');
      }
    },
  );

  it('asks the seller where there are several, refuses what is in KSeF, and knows a series that is gone', async () => {
    const [order] = await arrive(1, { kind: 'company' });
    const one = await control('POST', `orders/${order.id}/invoice`);
    await control('POST', `orders/${order.id}/invoice`);
    const { attaches } = open({ carrierSeries: '18' });
    expect(await attaches!.attach(attachment(order))).toMatchObject({ outcome: 'rejected', cause: { code: 'invoice_unclear' } });
    await control('DELETE', `invoices/${one.id}`);
    const [left] = await invoices();
    await control('POST', `invoices/${left.id}/government`, {});
    expect(await attaches!.attach(attachment(order))).toMatchObject({ outcome: 'rejected', cause: { code: 'in_ksef' } });
    const [other] = await arrive(1);
    const lost = open({ carrierSeries: '99' }).attaches!;
    expect(await lost.attach(attachment(other))).toMatchObject({ outcome: 'rejected', cause: { code: 'carrier_refused' } });
    await set({ secondInvoice: 'refused' });
    expect(await open({ carrierSeries: '15' }).attaches!.attach(attachment(other))).toMatchObject({ outcome: 'accepted' });
  });

  it('puts a correction on the correcting invoice and a receipt on the receipt, and makes neither', async () => {
    const [order] = await arrive(1, { kind: 'consumer' });
    const { attaches } = open({ carrierSeries: '15' });
    const correction = attachment(order, { kind: 'correction', number: 'KFS 1/2026' });
    const receipt = attachment(order, { kind: 'receipt', number: 'PA 1/2026' });
    expect(await attaches!.attach(correction)).toMatchObject({ cause: { code: 'no_correction' } });
    expect(await attaches!.attach(receipt)).toMatchObject({ cause: { code: 'no_receipt' } });
    await control('POST', `orders/${order.id}/receipt`);
    expect(await attaches!.attach(receipt)).toMatchObject({ outcome: 'pending', ticket: 'taken' });
    expect(await attaches!.seen(receipt)).toEqual({ seen: 'visible' });
    const invoice = await control('POST', `orders/${order.id}/invoice`);
    await fetch(sim.apiUrl, {
      method: 'POST',
      headers: { 'X-BLToken': sim.token },
      body: new URLSearchParams({
        method: 'addInvoiceCorrection',
        parameters: JSON.stringify({ original_invoice_id: invoice.id, series_id: 16, correcting_reason: 5, items: [] }),
      }),
    });
    expect(await attaches!.attach(correction)).toMatchObject({ outcome: 'accepted' });
    expect(await attaches!.seen(correction)).toEqual({ seen: 'visible' });
    expect((await invoices()).map((i) => i.type ?? i.kind)).toHaveLength(2);
  });

  it('goes into an extra field of any order, and is compared byte for byte', async () => {
    const [order] = await arrive(1);
    const { attaches } = open();
    const field = attachment(order, { target: '172' });
    expect(await attaches!.seen(field)).toEqual({ seen: 'absent' });
    await fault({ on: 'setOrderFields', mode: 'stores-nothing' });
    expect(await attaches!.attach(field)).toMatchObject({ outcome: 'accepted' });
    expect(await attaches!.seen(field)).toEqual({ seen: 'absent' });
    expect(await attaches!.attach(field)).toMatchObject({ outcome: 'accepted' });
    expect(await attaches!.seen(field)).toEqual({ seen: 'visible' });
    expect(await attaches!.seen({ ...field, pdf: onePagePdf('x', []) })).toEqual({ seen: 'absent' });
    expect(await attaches!.attach({ ...field, target: '9999' })).toMatchObject({ outcome: 'rejected', cause: { code: 'refused' } });
    await fault({ on: 'setOrderFields', mode: 'drop-after' });
    expect(await attaches!.attach(field)).toMatchObject({ outcome: 'unknown' });
  });

  it('sets a status, a number and a note, each read back; the seller’s words stay', async () => {
    const [order] = await arrive(1);
    const { attaches } = open();
    const id = String(order.id);
    const marks = [
      { mark: 'status', value: '106' },
      { mark: 'text', field: '180', value: 'FS 17/MAG/2026' },
      { mark: 'text', field: 'extra_field_1', value: 'FS 17/MAG/2026' },
      { mark: 'note', value: 'KFS 1/2026 → FS 17/MAG/2026' },
    ] as const;
    for (const mark of marks) {
      expect(await attaches!.marked!(id, mark), mark.mark).toEqual({ seen: 'absent' });
      expect(await attaches!.mark!(id, mark)).toMatchObject({ outcome: 'accepted' });
      expect(await attaches!.marked!(id, mark)).toEqual({ seen: 'visible' });
    }
    expect(await attaches!.mark!(id, { mark: 'note', value: 'x'.repeat(190) })).toMatchObject({ cause: { code: 'text_too_long' } });
    expect(await attaches!.mark!('77', marks[0])).toMatchObject({ outcome: 'rejected', cause: { code: 'order_gone' } });
    expect(await attaches!.marked!('77', marks[0])).toMatchObject({ seen: 'refused', cause: { code: 'order_gone' } });
  });
});

// ---------------------------------------------------------------- the connection

describe('the connection', () => {
  it('tells what the account has, and offers its lists', async () => {
    const { check, lookups } = open();
    expect(await check()).toMatchObject({ ok: true, facts: [{ value: '6' }, { value: '2' }, { value: '2' }] });
    expect((await lookups!.options('statuses'))[0]).toEqual({ value: '101', label: 'Nowe zamówienia' });
    expect((await lookups!.options('file-fields')).map((o) => o.value)).toEqual(['document', '172', '173']);
    expect((await lookups!.options('text-fields')).map((o) => o.value)).toEqual(['180', 'extra_field_1', 'extra_field_2']);
    expect((await lookups!.options('invoice-series')).map((o) => o.value)).toEqual(['15', '18']);
    expect((await lookups!.options('sources')).map((o) => o.value)).toContain('allegro:9101');
    expect(await lookups!.options('nothing')).toEqual([]);
  });

  it('knows each code: a token that is wrong, a method that is not allowed, a code that nobody listed, an outage', async () => {
    const { check } = open();
    for (const [code, cause] of [
      ['ERROR_EMPTY_TOKEN', 'token_wrong'],
      ['ERROR_BAD_TOKEN', 'token_wrong'],
      ['ERROR_AUTH_TOKEN', 'token_wrong'],
      ['ERROR_UNKNOWN_METHOD', 'request_wrong'],
      ['ERROR_PARSE_JSON_PARAMETERS', 'request_wrong'],
      ['ERROR_SOMETHING', 'refused'],
    ]) {
      await fault({ on: '*', mode: 'error', code, message: 'Rzecz' });
      expect(await check(), code).toMatchObject({ ok: false, cause: { code: cause, providerCode: code, providerText: 'Rzecz' } });
    }
    await set({ deniedMethods: ['getSeries'] });
    expect(await check()).toMatchObject({ cause: { code: 'method_denied', params: { method: 'getSeries' } } });
    await set({ deniedMethods: [], maintenance: true });
    expect(await check()).toMatchObject({ cause: { code: 'no_answer' } });
    await set({ maintenance: false, tokenRevoked: true });
    expect(await check()).toMatchObject({ cause: { code: 'token_wrong' } });
  });

  it('waits exactly as long as the closed token says', async () => {
    clock = await now();
    await fault({ on: '*', mode: 'blocked' });
    const error = await open()
      .check()
      .catch((e) => e);
    expect(error).toBeInstanceOf(QuotaWait);
    expect(error.until.getTime() - clock.getTime()).toBe(10 * 60_000 + 1000);
  });

  it('keeps the token, buyers and files out of what is recorded', async () => {
    const [order] = await arrive(1, { kind: 'company' });
    const exchanges: Exchange[] = [];
    const session = open({ carrierSeries: '15' }, exchanges);
    clock = await now();
    await session.pulls!.read(String(order.id));
    await session.attaches!.attach(attachment(order));
    const kept = JSON.stringify(exchanges);
    const [there] = await control('GET', 'orders');
    expect(exchanges.length).toBeGreaterThan(4);
    for (const word of [sim.token, Buffer.from(pdf).toString('base64').slice(0, 60), there.email].filter(Boolean))
      expect(kept).not.toContain(word);
  });
});
