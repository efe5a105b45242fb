import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/testkit/simulator.ts';
import { sign } from './simulator/notices.ts';
import { type CardsSimulator, startCardsSimulator, testCards } from './simulator.ts';

/** Promise: whoever talks to the simulator meets the processor of PROTOCOL.md; one reference is charged once, whatever gets lost on the way. */
let sim: CardsSimulator;
beforeAll(async () => {
  sim = await startCardsSimulator();
});
afterAll(() => sim.close());
beforeEach(() => control('POST', 'reset', {}));

// biome-ignore lint/suspicious/noExplicitAny: answers are checked by what the tests expect of them.
type Json = any;
type Answer = { status: number; json: Json; code: string | undefined; headers: Headers };

async function control(method: string, path: string, body?: object): Promise<Json> {
  const response = await fetch(`${sim.url}/__sim/${path}`, { method, body: body && JSON.stringify(body) });
  const text = await response.text();
  return text === '' ? { status: response.status } : JSON.parse(text);
}
const fault = (ordered: object) => control('POST', 'faults', ordered);
const set = (changes: object) => control('PATCH', 'state', changes);
const advance = (by: object) => control('POST', 'clock', by);
const state = () => control('GET', 'state');

let keys = 0;
async function call(method: string, path: string, body?: object, key = `key-${keys++}`, secret = sim.secretKey): Promise<Answer> {
  const response = await fetch(sim.apiUrl + path, {
    method,
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json', ...(key ? { 'idempotency-key': key } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  const json = text.startsWith('{') ? JSON.parse(text) : undefined;
  return { status: response.status, json, code: json?.error?.code, headers: response.headers };
}

const checkoutBody = (reference: string, changes: object = {}) => ({
  reference,
  amountMinor: 4900,
  currency: 'PLN',
  description: 'Plan miesięczny',
  customer: { reference: 'org-1', email: 'kupujacy@example.test' },
  saveMandate: true,
  returnUrl: 'https://shop.example.test/back',
  ...changes,
});
const checkout = async (reference: string, changes: object = {}) =>
  (await call('POST', '/v1/checkouts', checkoutBody(reference, changes))).json;
const pay = (id: string, card = '4242 4242 4242 4242', more: object = {}) => control('POST', `checkouts/${id}/pay`, { card, ...more });
const read = async (path: string) => (await call('GET', path)).json;

async function mandateOf(card?: string): Promise<string> {
  const made = await checkout(`first-${keys++}`);
  await pay(made.id, card);
  return (await read(`/v1/checkouts/${made.id}`)).mandate;
}
const chargeBody = (reference: string, mandate: string, amountMinor = 4900) => ({
  reference,
  mandate,
  amountMinor,
  currency: 'PLN',
  description: 'Odnowienie',
});
const charge = (reference: string, mandate: string, key?: string) => call('POST', '/v1/charges', chargeBody(reference, mandate), key);

describe('the first payment', () => {
  it('is made on the page and leaves a mandate', async () => {
    const made = await checkout('sub-1:1');
    expect(made).toMatchObject({ state: 'open', version: 1, amountMinor: 4900, expiresAt: '2026-11-21T08:00:00.000Z' });
    const page = await (await fetch(made.url, { headers: { 'accept-language': 'pl' } })).text();
    for (const text of ['49,00 zł', 'Plan miesięczny', 'Zgodę cofniesz', 'brak środków']) expect(page).toContain(text);
    const paid = await fetch(made.url, { method: 'POST', body: new URLSearchParams({ card: '4242424242424242' }), redirect: 'manual' });
    expect([paid.status, paid.headers.get('location')]).toEqual([303, `https://shop.example.test/back?checkout=${made.id}`]);
    const done = await read(`/v1/checkouts/${made.id}`);
    expect(done.state).toBe('succeeded');
    expect(await read(`/v1/payments/${done.payment}`)).toMatchObject({
      state: 'succeeded',
      reference: 'sub-1:1',
      method: { last4: '4242' },
    });
    expect(await read(`/v1/mandates/${done.mandate}`)).toMatchObject({ state: 'active', customer: { reference: 'org-1' } });
    expect((await read('/v1/payments?reference=sub-1:1')).items).toHaveLength(1);
    expect((await read('/v1/checkouts?reference=sub-1:2')).items).toEqual([]);
    expect((await fetch(made.url, { method: 'POST', body: new URLSearchParams({ card: '4242424242424242' }) })).status).toBe(409);
  });

  it('may be declined and tried again, wait for the bank, or want a confirmation', async () => {
    const made = await checkout('a');
    expect(await pay(made.id, '4000000000009995')).toMatchObject({
      state: 'failed',
      decline: { code: 'insufficient_funds', class: 'soft' },
    });
    expect((await read(`/v1/checkouts/${made.id}`)).state).toBe('failed');
    const waiting = await pay(made.id, '4000 0000 0000 3220');
    const { authenticateUrl } = await read(`/v1/payments/${waiting.id}`);
    expect((await call('POST', `/v1/checkouts/${made.id}/cancel`, {})).code).toBe('checkout_processing');
    await fetch(authenticateUrl, { method: 'POST', body: new URLSearchParams({ confirm: 'yes' }), redirect: 'manual' });
    expect((await read(`/v1/checkouts/${made.id}`)).state).toBe('succeeded');

    const slow = await checkout('b');
    await pay(slow.id, '4000000000000077');
    expect((await read(`/v1/checkouts/${slow.id}`)).state).toBe('processing');
    await advance({ hours: 1 });
    expect((await read(`/v1/checkouts/${slow.id}`)).state).toBe('succeeded');
    const bad = await checkout('c');
    await pay(bad.id, '4000000000000085');
    await advance({ hours: 1 });
    expect((await read(`/v1/checkouts/${bad.id}`)).state).toBe('failed');
    expect(await pay(bad.id, '4242424242424242', { expiryMonth: 10, expiryYear: 2026 })).toMatchObject({
      decline: { code: 'expired_card' },
    });
    expect(await pay(bad.id, '1')).toMatchObject({ decline: { code: 'invalid_card' } });
  });

  it('ends unpaid after 23 hours, or cancelled; paid it cannot be cancelled', async () => {
    const [late, unwanted, paid] = [await checkout('a'), await checkout('b'), await checkout('c')];
    expect((await call('POST', `/v1/checkouts/${unwanted.id}/cancel`, {})).json.state).toBe('cancelled');
    expect((await call('POST', `/v1/checkouts/${unwanted.id}/cancel`, {})).status).toBe(200);
    await pay(paid.id);
    expect((await call('POST', `/v1/checkouts/${paid.id}/cancel`, {})).code).toBe('checkout_succeeded');
    await advance({ hours: 22, minutes: 59 });
    expect((await read(`/v1/checkouts/${late.id}`)).state).toBe('open');
    await advance({ minutes: 1 });
    expect((await read(`/v1/checkouts/${late.id}`)).state).toBe('expired');
  });
});

describe('charges of a mandate', () => {
  it.each(Object.entries(testCards).filter(([, { first }]) => !first.includes('_')))('card %s', async (card, { later }) => {
    const made = await checkout('first');
    const first = await pay(made.id, card);
    if (first.state === 'requires_customer') await control('POST', `payments/${first.id}/authenticate`, {});
    await advance({ hours: 1 });
    const { mandate } = await read(`/v1/checkouts/${made.id}`);
    if (card.endsWith('0085')) return expect(mandate).toBeNull();
    const outcomes = [];
    for (let i = 0; i < 3; i++) {
      const { json } = await charge(`r${i}`, mandate);
      await advance({ hours: 1 });
      const { state: end, decline } = await read(`/v1/payments/${json.id}`);
      outcomes.push(decline?.code ?? end);
    }
    const ends: Record<string, string> = { succeeds: 'succeeded', 'pending-succeeds': 'succeeded', authenticates: 'requires_customer' };
    expect(outcomes).toEqual([0, 1, 2].map((i) => later[Math.min(i, later.length - 1)]!).map((outcome) => ends[outcome] ?? outcome));
  });

  it('one reference is charged once, also under another key, after a day, and when the mandate is gone', async () => {
    const mandate = await mandateOf();
    const first = await charge('ren:1', mandate);
    expect([first.status, first.json.state]).toEqual([201, 'succeeded']);
    await advance({ days: 2 });
    await call('POST', `/v1/mandates/${mandate}/cancel`, {});
    expect(await charge('ren:1', mandate)).toMatchObject({ status: 409, code: 'reference_used', json: { error: { id: first.json.id } } });
    expect((await charge('ren:2', mandate)).code).toBe('mandate_inactive');
    expect(await charge('ren:3', 'ma_1')).toMatchObject({ status: 404, code: 'mandate_unknown' });
    expect((await call('POST', '/v1/checkouts', checkoutBody('ren:1'))).code).toBe('reference_used');
    // A refusal leaves the reference free.
    expect((await charge('ren:2', await mandateOf())).status).toBe(201);
  });

  it('asks the customer, for a day', async () => {
    const made = await checkout('first');
    const first = await pay(made.id, '4000000000003220');
    await control('POST', `payments/${first.id}/authenticate`, { confirm: true });
    const { mandate } = await read(`/v1/checkouts/${made.id}`);
    const [a, b] = [await charge('a', mandate), await charge('b', mandate)];
    expect(a.json).toMatchObject({ state: 'requires_customer', decline: null, authenticateUrl: `${sim.url}/authenticate/${a.json.id}` });
    await control('POST', `payments/${a.json.id}/authenticate`, { confirm: false });
    await advance({ days: 1 });
    for (const { json } of [a, b]) {
      expect(await read(`/v1/payments/${json.id}`)).toMatchObject({
        state: 'failed',
        decline: { code: 'authentication_required', class: 'authentication' },
      });
    }
  });

  it('mandates end by merchant, customer, bank or age, and get new cards', async () => {
    const [mine, theirs] = [await mandateOf(), await mandateOf()];
    expect((await call('POST', `/v1/mandates/${mine}/cancel`, {})).json).toMatchObject({ state: 'cancelled', cancelledBy: 'merchant' });
    expect((await call('POST', `/v1/mandates/${mine}/cancel`, {})).json.version).toBe(2);
    await control('POST', `mandates/${theirs}/cancel`, { by: 'customer' });
    expect(await read(`/v1/mandates/${theirs}`)).toMatchObject({ cancelledBy: 'customer' });
    const deleted = await mandateOf('4000000000000119');
    await advance({ days: 1 });
    expect(await read(`/v1/mandates/${deleted}`)).toMatchObject({ state: 'cancelled', cancelledBy: 'issuer' });
    const made = await checkout('short');
    await pay(made.id, '4242424242424242', { expiryMonth: 11, expiryYear: 2026 });
    const { mandate } = await read(`/v1/checkouts/${made.id}`);
    await advance({ days: 10 });
    expect((await read(`/v1/mandates/${mandate}`)).state).toBe('expired');
    expect(await control('POST', `mandates/${mandate}/renew`)).toMatchObject({
      state: 'active',
      method: { last4: '4243', expiryYear: 2030 },
    });
    expect((await charge('after', mandate)).json.state).toBe('succeeded');
  });

  it('lists mandates in pages, by customer, state and time', async () => {
    for (let i = 0; i < 52; i++) await mandateOf();
    const first = await read('/v1/mandates?customer=org-1&state=active');
    const second = await read(`/v1/mandates?customer=org-1&cursor=${first.nextCursor}`);
    expect([first.items.length, second.items.length, second.nextCursor]).toEqual([50, 2, null]);
    expect((await read('/v1/mandates?since=2026-11-21T00:00:00Z')).items).toEqual([]);
    expect((await read('/v1/mandates?customer=org-2')).items).toEqual([]);
    expect((await call('GET', '/v1/mandates?since=x')).status).toBe(400);
  });
});

describe('money back', () => {
  it('refunds up to what was paid, once per reference, and sometimes fails later', async () => {
    const { payment } = await read(`/v1/checkouts/${(await checkoutPaid()).id}`);
    const refund = (reference: string, amountMinor: number) =>
      call('POST', '/v1/refunds', { reference, payment, amountMinor, reason: 'zwrot' });
    expect((await refund('r1', 1000)).json).toMatchObject({ state: 'succeeded', amountMinor: 1000 });
    expect((await refund('r1', 1000)).code).toBe('reference_used');
    expect((await refund('r2', 3901)).code).toBe('refund_too_high');
    await set({ refunds: 'fail' });
    const failing = await refund('r3', 3900);
    expect(failing.json.state).toBe('pending');
    expect((await read(`/v1/payments/${payment}`)).refundedMinor).toBe(4900);
    await advance({ hours: 1 });
    expect((await read(`/v1/payments/${payment}`)).refundedMinor).toBe(1000);
    const declined = await charge('d', await mandateOf('4000000000000341'));
    expect((await call('POST', '/v1/refunds', { reference: 'r4', payment: declined.json.id, amountMinor: 1, reason: 'x' })).code).toBe(
      'payment_not_succeeded',
    );
  });

  it('is disputed a day later, answered or lost within a week', async () => {
    const mandate = await mandateOf('4000000000000259');
    await charge('again', mandate);
    await advance({ days: 1 });
    const [won] = (await state()).disputes;
    expect((await state()).disputes).toHaveLength(2);
    await control('POST', `disputes/${won.id}/close`, { won: true });
    await advance({ days: 7 });
    expect((await state()).disputes.map((one: Json) => one.state)).toEqual(['won', 'lost']);
    expect((await control('POST', `payments/${won.payment}/dispute`)).error).toContain('once');
  });

  it('stands in the report of its day', async () => {
    const made = await checkoutPaid();
    const { payment } = await read(`/v1/checkouts/${made.id}`);
    expect((await call('GET', '/v1/reports/2026-11-20')).code).toBe('report_not_ready');
    await advance({ days: 1 });
    await call('POST', '/v1/refunds', { reference: 'r', payment, amountMinor: 900, reason: 'x' });
    await advance({ days: 1 });
    expect(await read('/v1/reports/2026-11-20')).toMatchObject({
      totals: { PLN: { amountMinor: 4900, feeMinor: 69 } },
      items: [{ type: 'charge', payment }],
    });
    expect((await read('/v1/reports/2026-11-21')).items).toMatchObject([{ type: 'refund', amountMinor: -900, reference: 'r' }]);
    expect((await call('GET', '/v1/reports/2026-02-30')).status).toBe(400);
  });
});
async function checkoutPaid() {
  const made = await checkout(`paid-${keys++}`);
  await pay(made.id);
  return made;
}

describe('the wire', () => {
  it('wants the key, a body in order, and counts calls when told to', async () => {
    expect((await call('GET', '/v1/account', undefined, '', 'wrong')).code).toBe('unauthorized');
    expect((await call('GET', '/v1/account')).json).toMatchObject({ live: false, currencies: ['PLN', 'EUR', 'HUF', 'SEK'] });
    expect((await call('GET', '/v1/nothing')).status).toBe(404);
    expect((await call('GET', '/v1/payments/%')).status).toBe(400);
    const bad = (changes: object) => call('POST', '/v1/checkouts', checkoutBody('x', changes));
    const fields: [object, string][] = [
      [{ amountMinor: 0 }, 'amountMinor'],
      [{ amountMinor: 1.5 }, 'amountMinor'],
      [{ amountMinor: '4900' }, 'amountMinor'],
      [{ currency: 'zł' }, 'currency'],
      [{ reference: '' }, 'reference'],
      [{ reference: 'x'.repeat(129) }, 'reference'],
      [{ customer: { reference: 'a', email: 'nobody' } }, 'customer.email'],
      [{ returnUrl: 'back' }, 'returnUrl'],
      [{ returnUrl: 'javascript:alert(1)' }, 'returnUrl'],
    ];
    for (const [changes, field] of fields) expect(await bad(changes)).toMatchObject({ status: 400, json: { error: { field } } });
    expect((await bad({ currency: 'USD' })).code).toBe('currency_unsupported');
    expect((await call('POST', '/v1/checkouts', checkoutBody('x'), '')).code).toBe('idempotency_key_required');
    await set({ callsPerMinute: 1 });
    await call('GET', '/v1/account');
    const limited = await call('GET', '/v1/account');
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '60']);
  });

  it('one key is one effect and one answer for a day', async () => {
    const mandate = await mandateOf();
    const first = await charge('a', mandate, 'k');
    const again = await charge('a', mandate, 'k');
    expect([again.json.id, again.headers.get('idempotent-replayed'), first.headers.get('idempotent-replayed')]).toEqual([
      first.json.id,
      'true',
      null,
    ]);
    expect((await charge('b', mandate, 'k')).code).toBe('idempotency_mismatch');
    await advance({ days: 1 });
    expect((await charge('b', mandate, 'k')).status).toBe(201);
    // What was wrong with the request itself is not remembered; what the processor decided is.
    expect((await charge('c', 'ma_1', 'k2')).status).toBe(404);
    expect((await charge('c', mandate, 'k2')).status).toBe(201);
    expect((await charge('c', mandate, 'k3')).code).toBe('reference_used');
    expect((await charge('c', mandate, 'k3')).headers.get('idempotent-replayed')).toBe('true');
  });

  it('says that the first call is still running', async () => {
    const mandate = await mandateOf();
    await fault({ on: 'charge', mode: 'late-answer', ms: 400 });
    const slow = charge('a', mandate, 'k');
    await expect.poll(async () => (await read('/v1/payments?reference=a')).items.length).toBe(1);
    expect((await charge('a', mandate, 'k')).code).toBe('idempotency_in_progress');
    expect((await slow).status).toBe(201);
    expect((await charge('a', mandate, 'k')).json).toEqual((await slow).json);
  });

  it('a delayed call takes effect after it was asked about', async () => {
    const mandate = await mandateOf();
    await fault({ on: 'charge', mode: 'delay', ms: 150 });
    const slow = charge('a', mandate);
    expect((await read('/v1/payments?reference=a')).items).toEqual([]);
    await slow;
    expect((await read('/v1/payments?reference=a')).items).toHaveLength(1);
  });

  it('banks decline, wait or do not answer on order', async () => {
    const mandate = await mandateOf();
    await fault({ on: 'charge', mode: 'decline', code: 'closed_account' });
    expect((await charge('a', mandate)).json.decline).toEqual({ code: 'closed_account', class: 'hard' });
    await fault({ on: 'charge', mode: 'pending', code: 'fails' });
    expect((await charge('b', mandate)).json.state).toBe('pending');
    await set({ issuers: 'down' });
    expect((await charge('c', mandate)).json.decline.code).toBe('issuer_unavailable');
    await fault({ on: 'charge', mode: 'unauthorized' });
    expect((await charge('d', mandate)).status).toBe(401);
    expect((await fault({ on: 'refund', mode: 'nonsense' })).error).toContain('mode must be one of');
  });
});

describe('notifications', () => {
  type Got = { headers: IncomingHttpHeaders; body: string };
  let receiver: Server;
  let got: Got[];
  let answers: number[];
  beforeEach(async () => {
    got = [];
    answers = [];
    receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        got.push({ headers: request.headers, body });
        response.writeHead(answers.shift() ?? 204).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    await set({ webhookUrl: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook` });
  });
  afterEach(() => {
    receiver.close();
    receiver.closeAllConnections();
  });
  const types = () => got.map(({ body }) => JSON.parse(body).type);
  const signed = ({ headers, body }: Got) => {
    const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})/.exec(String(headers['card-signature'])) ?? [];
    return { t: Number(t), right: v1 === sign(sim.webhookSecret, Number(t), body) };
  };

  it('tell what happened, signed', async () => {
    const made = await checkout('a');
    await pay(made.id);
    await expect.poll(types).toEqual(['mandate.created', 'payment.succeeded', 'checkout.succeeded']);
    for (const one of got) expect(signed(one)).toEqual({ t: Date.parse('2026-11-20T09:00:00Z') / 1000, right: true });
    const { object } = JSON.parse(got[2]!.body).data;
    expect([object.id, object.state, object.version]).toEqual([made.id, 'succeeded', 3]);
    await control('POST', 'notifications/ev_00000001/again');
    await expect.poll(() => got.length).toBe(4);
    expect(got[3]!.body).toBe(got[0]!.body);
  });

  it('come again until confirmed, with a fresh signature', async () => {
    answers = [500, 302, 503];
    const mandate = await mandateOf();
    await control('POST', `mandates/${mandate}/cancel`, {});
    await expect.poll(() => got.length).toBe(4);
    await advance({ days: 3 });
    expect(got).toHaveLength(7);
    expect(signed(got[4]!)).toEqual({ t: Date.parse('2026-11-20T09:01:00Z') / 1000, right: true });
  });

  it('may be lost, doubled, late, forged, stale or unsigned', async () => {
    const mandate = await mandateOf();
    await expect.poll(() => got.length).toBe(3);
    const sentWhen = async (webhooks: string) => {
      await set({ webhooks });
      got.length = 0;
      await control('POST', `mandates/${mandate}/renew`);
      const settled = ({ delivered, manner }: Json) => delivered || manner === 'lost' || manner === 'late';
      await expect.poll(async () => (await control('GET', 'notifications')).every(settled)).toBe(true);
      return got.length;
    };
    expect(await sentWhen('lost')).toBe(0);
    expect(await sentWhen('twice')).toBe(2);
    expect(await sentWhen('forged')).toBe(1);
    expect(signed(got[0]!).right).toBe(false);
    expect(await sentWhen('stale')).toBe(1);
    expect(signed(got[0]!)).toEqual({ t: Date.parse('2026-11-20T08:00:00Z') / 1000, right: true });
    expect(await sentWhen('unsigned')).toBe(1);
    expect(got[0]!.headers['card-signature']).toBeUndefined();
    expect(await sentWhen('late')).toBe(0);
    await advance({ hours: 1 });
    expect(got).toHaveLength(1);
  });

  it('carry both signatures while the secret changes', async () => {
    await set({ webhookSecret: 'new', previousWebhookSecret: sim.webhookSecret });
    await mandateOf();
    await expect.poll(() => got.length).toBe(3);
    expect(String(got[0]!.headers['card-signature']).match(/v1=/g)).toHaveLength(2);
  });
});

describe('for people', () => {
  it.each([
    ['pl', 'Operator kart na niby', 'czeka na klienta'],
    ['en', 'Card processor, simulated', 'waits for the customer'],
    ['hu', 'Kártyaelfogadó szimulátor', 'az ügyfélre vár'],
    ['sv', 'Kortinlösare, simulerad', 'väntar på kunden'],
  ])('the page speaks %s', async (language, title, waits) => {
    await pay((await checkout('<b>', { customer: { reference: 'org' } })).id, '4000000000003220');
    await mandateOf();
    const page = await (await fetch(sim.pageUrl, { headers: { 'accept-language': language } })).text();
    for (const text of [title, waits, '&lt;b&gt;', '•••• 4242']) expect(page).toContain(text);
  });
});

/**
 * Seeded campaign: renewals charged through a wire that loses, doubles and delays, by a client that repeats with the same key, with a new
 * key, or after asking. `FAKTURIST_CARDS_CHARGES=5000` makes it long.
 */
describe('no double charge', () => {
  const charges = Number(process.env.FAKTURIST_CARDS_CHARGES ?? 90);
  const modes = [
    'drop-before',
    'drop-after',
    'error-after',
    'http500',
    'http503',
    'html500',
    'html200',
    'empty',
    'http429',
    'decline',
    'pending',
    'delay',
    'late-answer',
  ];

  it.each([1, 2, 3])('seed %i', { timeout: 600_000 }, async (seed) => {
    const random = seededRandom(seed);
    const among = <Item>(list: readonly Item[]): Item => list[Math.floor(random() * list.length)]!;
    const mandates: string[] = [];
    for (const card of ['4242424242424242', '4000000000000342', '4000000000000077', '4000000000000259']) {
      const made = await checkout(`first ${card}`);
      await pay(made.id, card);
      await advance({ hours: 1 });
      mandates.push((await read(`/v1/checkouts/${made.id}`)).mandate);
    }
    const attempt = (body: object, key: string) => call('POST', '/v1/charges', body, key).catch(() => undefined);
    for (let i = 0; i < charges / 3; i++) {
      const body = chargeBody(`ren:${i}:1`, among(mandates), 1000 + i);
      const key = `${seed}:${i}`;
      if (random() < 0.8) await fault({ on: 'charge', mode: among(modes), ms: 5, times: 1 + Math.floor(random() * 2) });
      let tries = [attempt(body, key)];
      // Two at once, as two workers would.
      if (random() < 0.3) tries = [...tries, attempt(body, among([key, `${key} other`]))];
      await Promise.all(tries);
      for (let again = 0; again < 3; again++) await attempt(body, among([key, `${key} ${again}`]));
      if (random() < 0.2) await advance(among([{ minutes: 30 }, { hours: 25 }]));
    }
    await control('DELETE', 'faults');
    await advance({ days: 2 });
    const { payments, entries } = await state();
    const renewals = payments.filter((one: Json) => one.reference.startsWith('ren:'));
    expect(new Set(renewals.map((one: Json) => one.reference)).size, `seed ${seed}`).toBe(renewals.length);
    expect(renewals).toHaveLength(Math.ceil(charges / 3));
    for (const payment of payments) {
      const taken = entries.filter((one: Json) => one.type === 'charge' && one.payment === payment.id);
      expect(
        taken.map((one: Json) => one.amountMinor),
        `seed ${seed}`,
      ).toEqual(payment.state === 'succeeded' ? [payment.amountMinor] : []);
      const { items } = await read(`/v1/payments?reference=${encodeURIComponent(payment.reference)}`);
      expect(items.map((one: Json) => one.id)).toEqual([payment.id]);
    }
  });
});
