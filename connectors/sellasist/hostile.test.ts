import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ConnectionContext, Failed, type IncomingOrder, type Session } from '../../src/contract/connector.ts';
import { QuotaWait } from '../../src/contract/requests.ts';
import { Secret } from '../../src/contract/secret.ts';
import { ManualClock } from '../../src/testkit/simulator.ts';
import { connector } from './connector.ts';
import { type SellasistSimulator, startSellasistSimulator } from './simulator.ts';

/**
 * The promise: whatever a gateway, a full disk or a clock over there makes of the answers, no order is lost or taken for none, one sick
 * order stops no other, a PDF is written again only when it is known not to be there, and no question is asked twice for nothing.
 */
let sim: SellasistSimulator;
let clock: ManualClock;
let asked: string[] = [];
/** Our clock is ahead of theirs by so much. */
let aheadMs = 0;
let hostile: (path: string, method: string) => Response | undefined = () => undefined;
const start = '2026-11-20T09:00:00Z';

beforeAll(async () => {
  clock = new ManualClock(start);
  sim = await startSellasistSimulator({ now: () => clock.now(), seeds: false });
});
afterAll(() => sim.close());
beforeEach(async () => {
  clock.set(new Date(start));
  hostile = () => undefined;
  aheadMs = 0;
  asked = [];
  await control('reset', { seeds: false });
  await control('state', { callsPerMinute: null }, 'PATCH');
});

// biome-ignore lint/suspicious/noExplicitAny: the simulator's answers are checked by what the tests expect of them.
async function control(path: string, body: object = {}, method = 'POST'): Promise<any> {
  const response = await fetch(`${sim.url}/__sim/${path}`, { method, body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
  return text ? JSON.parse(text) : undefined;
}

function open(memory = new Map<string, string>(), settings: Record<string, unknown> = {}): Session {
  const context: ConnectionContext = {
    settings: { account: 'sklep', cancelledStatuses: ['40'], ...settings },
    secrets: { apiKey: new Secret(sim.key) },
    baseUrl: sim.apiUrl,
    fetch: async (address, init = {}) => {
      const url = new URL(address);
      const path = url.pathname.replace('/api/v1/', '');
      asked.push(`${init.method ?? 'GET'} ${url.origin === sim.url ? path : url.href}${url.search}`);
      const { timeoutMs: _, asks: __, ...rest } = init;
      return hostile(path, init.method ?? 'GET') ?? fetch(address, rest);
    },
    holdUntil: (until) => Promise.reject(new QuotaWait(until)),
    now: () => new Date(clock.now().getTime() + aheadMs),
    memory: { get: (key) => memory.get(key), set: (key, value) => void memory.set(key, value) },
  };
  return connector.open(context);
}

const page = (status: number) =>
  new Response('<html><body>Just a moment…</body></html>', { status, headers: { 'content-type': 'text/html' } });
const arrive = (count: number): Promise<{ id: number }[]> => control('orders', { count, kind: 'company' });

/** One run: what came, the cursor as far as it was stored, and what ended it. */
async function run(cursor?: unknown, session = open()): Promise<{ orders: IncomingOrder[]; cursor: unknown; failure?: unknown }> {
  const orders: IncomingOrder[] = [];
  let last = cursor;
  try {
    for await (const part of session.pulls!.pull(cursor, { since: '2026-01-01', known: async () => new Map() })) {
      orders.push(...part.orders);
      last = JSON.parse(JSON.stringify(part.cursor));
    }
  } catch (failure) {
    return { orders, cursor: last, failure };
  }
  return { orders, cursor: last };
}
/** Each once. */
const ids = (orders: IncomingOrder[]) => [
  ...new Set(orders.map((one) => ('order' in one ? one.order.externalId : `${one.externalId} unread`))),
];
const codeOf = (failure: unknown) => (failure instanceof Failed ? failure.ref.code : failure);

describe('pages of a gateway', () => {
  it.each([
    ['a page in front of the service', () => page(403), 'no_answer'],
    ['a limit told by a page', () => page(503), 'no_answer'],
    ['a page that says 200', () => page(200), 'no_answer'],
    ['a list cut in the middle', () => new Response('[{"id": 1, "order_id": "2', { status: 200 }), 'no_answer'],
    ['an object instead of a list', () => Response.json({ message: 'ok' }), 'no_answer'],
    ['a page that is not there', () => page(404), 'no_answer'],
    ['a key that is refused', () => Response.json({ message: 'Forbidden' }, { status: 403 }), 'key_wrong'],
  ])('%s is never an empty list, and only the service itself speaks of the key', async (_, answer, code) => {
    await arrive(1);
    const first = await run();
    await arrive(1);
    hostile = (path) => (path === 'orders_logs' ? answer() : undefined);
    const broken = await run(first.cursor);
    expect([codeOf(broken.failure), broken.orders]).toEqual([code, []]);
    hostile = () => undefined;
    expect(ids((await run(broken.cursor)).orders)).toHaveLength(1);
  });

  it('a list in another order than was asked for is no list to page through', async () => {
    await arrive(101);
    hostile = (path) =>
      path === 'orders' ? Response.json(Array.from({ length: 100 }, (_, i) => ({ id: 500 - i, date: '2026-11-20 09:00:00' }))) : undefined;
    expect(codeOf((await run()).failure)).toBe('no_answer');
  });
});

describe('one sick order', () => {
  it.each([
    ['is cut off in the middle', () => new Response('{"id": 1, "carts": [', { status: 200 })],
    ['breaks the service', () => page(500)],
    ['is larger than anything may be', () => new Response(new Uint8Array(17 * 1024 * 1024), { status: 200 })],
  ])('that %s ends two runs, then is left behind with its reason; all others come', async (_, answer) => {
    const [first, sick, last] = await arrive(3);
    hostile = (path) => (path === `orders/${sick!.id}` ? answer() : undefined);
    const seen: string[] = [];
    let cursor: unknown;
    for (let i = 0; i < 3; i++) {
      const result = await run(cursor);
      cursor = result.cursor;
      seen.push(...ids(result.orders));
      expect(result.failure === undefined).toBe(i === 2);
    }
    expect([...new Set(seen)]).toEqual([String(first!.id), `${sick!.id} unread`, String(last!.id)]);
    // It is read on its own later, as all that is unreadable is.
    hostile = () => undefined;
    expect(await open().pulls!.read(String(sick!.id))).toMatchObject({ order: { externalId: String(sick!.id) } });
  });

  it('a limit or a key is no fault of an order: it waits, however often', async () => {
    const [order] = await arrive(1);
    hostile = (path) => (path.startsWith('orders/') ? Response.json({ message: 'Unauthorized' }, { status: 401 }) : undefined);
    let cursor: unknown;
    for (let i = 0; i < 5; i++) {
      const result = await run(cursor);
      expect([codeOf(result.failure), result.orders]).toEqual(['key_wrong', []]);
      cursor = result.cursor;
    }
    hostile = () => undefined;
    expect(ids((await run(cursor)).orders)).toEqual([String(order!.id)]);
  });
});

describe('the hour that comes twice', () => {
  it('rows of its second time are read although they bear earlier times, also by a hub that slept through it', async () => {
    // 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC.
    clock.set(new Date('2026-10-25T00:50:00Z'));
    await control('reset', { seeds: false });
    await control('state', { callsPerMinute: null }, 'PATCH');
    const [before] = await arrive(1);
    let { cursor, orders } = await run();
    expect(ids(orders)).toEqual([String(before!.id)]);
    clock.set(new Date('2026-10-25T00:55:00Z'));
    await control(`orders/${before!.id}/change`);
    ({ cursor } = await run(cursor));
    clock.set(new Date('2026-10-25T01:05:00Z'));
    const [second] = await arrive(1);
    // Six hours later, and on a day whose sweep is over: only the journal can tell.
    clock.set(new Date('2026-10-25T07:05:00Z'));
    ({ orders } = await run({ ...(cursor as object), sweptOn: '2026-10-25' }));
    expect(ids(orders)).toContain(String(second!.id));
  });
});

describe('a clock of ours that is ahead', () => {
  it.each([
    ['an hour', 67 * 60_000],
    ['a month', 30 * 86_400_000],
  ])('by %s misses no order once it is right: the journal goes on by theirs', async (_, ms) => {
    await control('orders', { count: 1, kind: 'company' });
    aheadMs = ms;
    let { cursor } = await run();
    clock.advance(60_000);
    const [meanwhile] = await arrive(1);
    const sweptOn = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Warsaw' }).format(new Date(clock.now().getTime() + ms));
    let { orders } = await run({ ...(cursor as object), sweptOn });
    // By the hour it is found at once; whose clock is months ahead finds it when the clock is right.
    if (ms < 86_400_000) expect(ids(orders)).toEqual([String(meanwhile!.id)]);
    clock.advance(60_000);
    aheadMs = 0;
    const [after] = await arrive(1);
    ({ cursor, orders } = await run({ ...(cursor as object), sweptOn: '2026-11-20' }));
    expect(ids(orders)).toEqual(expect.arrayContaining([...(ms < 86_400_000 ? [] : [String(meanwhile!.id)]), String(after!.id)]));
    clock.advance(60_000);
    expect(ids((await run(cursor)).orders)).toEqual([]);
  });

  it('what stood in the journal before the first look is not read a second time for it', async () => {
    const [order] = await arrive(1);
    const { orders } = await run();
    expect(orders.map((one) => ('order' in one ? one.order.externalId : ''))).toEqual([String(order!.id)]);
  });
});

describe('the file on the order', () => {
  const pdf = Buffer.from('%PDF-1.7\nours\n%%EOF');
  const attachment = (id: number) => ({
    orderExternalId: String(id),
    target: '4',
    pdf,
    fileName: 'FV.pdf',
    number: 'FV 1',
    kind: 'invoice' as const,
    reference: 'fk:1',
  });
  const look = async (value: unknown) => {
    const [order] = await arrive(1);
    hostile = (path) =>
      path === `orders/${order!.id}`
        ? Response.json({ id: order!.id, carts: [], additional_fields: [{ field_id: '4', field_value: value }] })
        : undefined;
    return open().attaches!.seen(attachment(order!.id));
  };

  it.each([
    ['nothing', ''],
    ['another file', Buffer.from('%PDF-1.7\nothers\n%%EOF').toString('base64')],
    ['the same length of another file', Buffer.from('%PDF-1.7\nOURS\n%%EOF').toString('base64')],
    ['a text', 'zapisano'],
    ['an address at another house', 'https://elsewhere.example/f.pdf'],
  ])('%s read back is not ours', async (_, value) => {
    expect(await look(value)).toEqual({ seen: 'absent' });
    // Another house is never asked.
    expect(asked.some((line) => line.includes('elsewhere'))).toBe(false);
  });

  it('is seen in any dress, alone or among others', async () => {
    for (const value of [pdf.toString('base64'), `data:application/pdf;base64,${pdf.toString('base64')}`, ['AAAA', pdf.toString('base64')]])
      expect(await look(value)).toEqual({ seen: 'visible' });
  });

  it('an address that does not answer just now proves nothing: the file is not written once more for it', async () => {
    const [order] = await arrive(1);
    const memory = new Map<string, string>();
    let down = true;
    hostile = (path) => {
      if (path === `orders/${order!.id}`)
        return Response.json({ id: order!.id, carts: [], additional_fields: [{ field_id: 4, field_value: '/files/1.pdf' }] });
      if (path.endsWith('1.pdf')) return down ? page(502) : new Response(pdf);
      return undefined;
    };
    const { attaches } = open(memory);
    expect(await attaches!.seen(attachment(order!.id))).toMatchObject({ seen: 'unclear' });
    expect(memory.get('fileFieldEncoding')).toBeUndefined();
    down = false;
    expect(await attaches!.seen(attachment(order!.id))).toEqual({ seen: 'visible' });
  });

  it('a status that was removed meanwhile is seen to be missing, whatever the answer said', async () => {
    const [order] = await arrive(1);
    const mark = { mark: 'status' as const, value: '999' };
    const outcome = await open().attaches!.mark!(String(order!.id), mark);
    expect(['rejected', 'accepted']).toContain(outcome.outcome);
    expect(await open().attaches!.marked!(String(order!.id), mark)).toEqual({ seen: 'absent' });
  });
});

describe('statuses', () => {
  it('one that orders are documented at and that is gone is told, after everything was read; chosen anew it is no longer', async () => {
    const [order] = await arrive(1);
    const gone = await run(undefined, open(undefined, { readyStatuses: ['12', '999'] }));
    expect([ids(gone.orders), codeOf(gone.failure)]).toEqual([[String(order!.id)], 'status_gone']);
    const mended = await run(gone.cursor, open(undefined, { readyStatuses: ['12'] }));
    expect(mended.failure).toBeUndefined();
  });
});

describe('no question for nothing', () => {
  it('whether the account makes documents of its own is asked once a day, and its first one is heard of by the journal', async () => {
    const [order] = await arrive(1);
    let { cursor } = await run();
    const counts = () => asked.filter((line) => line.startsWith('GET invoices')).length;
    const once = counts();
    for (let i = 0; i < 5; i++) {
      clock.advance(60_000);
      ({ cursor } = await run(cursor));
    }
    expect(counts()).toBe(once);
    clock.advance(60_000);
    await control(`orders/${order!.id}/invoice`);
    const { orders } = await run(cursor);
    expect(orders).toMatchObject([{ order: { documentedElsewhere: [{ kind: 'invoice' }] } }]);
  });

  it('a list that a screen asks for twice in a minute is read once; a check reads it anew', async () => {
    const { lookups, check } = open();
    const first = await lookups!.options('file-fields');
    expect(await lookups!.options('file-fields')).toEqual(first);
    await lookups!.options('text-fields');
    const reads = () => asked.filter((line) => line === 'GET orders_fields').length;
    expect(reads()).toBe(1);
    await check();
    expect(reads()).toBe(2);
    clock.advance(61_000);
    await lookups!.options('file-fields');
    expect(reads()).toBe(3);
  });
});
