import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CallVerdict, ConnectionContext, RawCall } from '../../src/contract/connector.ts';
import { QuotaWait, ungated } from '../../src/contract/requests.ts';
import { Secret } from '../../src/contract/secret.ts';
import { connectorSuite } from '../../src/contract/suite.ts';
import type { Order } from '../../src/domain/orders/order.ts';
import { seededRandom } from '../../src/testkit/simulator.ts';
import { connector } from './connector.ts';
import { demoCalls } from './demo.ts';
import { sign } from './signature.ts';

/** The promise: a shop that signs its calls gets its sales invoiced as sold; nobody else gets anything in, or out. */
const secret = 'whsec_dGVzdCBzZWNyZXQgb2YgdGhlIHRpY2tldCBzaG9w';
const now = new Date('2026-11-20T09:14:00Z');

function context(settings: Record<string, unknown> = {}, secrets: Record<string, string> = { signingSecret: secret }): ConnectionContext {
  return {
    settings,
    secrets: Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, new Secret(value)])),
    baseUrl: '',
    fetch: ungated(fetch),
    holdUntil: (until) => Promise.reject(new QuotaWait(until)),
    now: () => now,
    memory: { get: () => undefined, set: () => undefined },
  };
}

const fixture = (name: string) => JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8'));

function call(message: unknown, over: Partial<RawCall> & { secret?: string; id?: string; at?: Date } = {}): RawCall {
  const body = typeof message === 'string' ? message : JSON.stringify(message);
  return {
    headers: sign(body, over.secret ?? secret, over.id ?? 'msg_1', over.at ?? now),
    body: new TextEncoder().encode(body),
    query: {},
    receivedAt: now,
    ...(over.headers && { headers: over.headers }),
    ...(over.body && { body: over.body }),
  };
}

function receive(raw: RawCall, settings?: Record<string, unknown>, secrets?: Record<string, string>): CallVerdict {
  return connector.open(context(settings, secrets)).calls!.receive(raw) as CallVerdict;
}

function orderFrom(message: unknown, settings?: Record<string, unknown>): Order | undefined {
  const verdict = receive(call(message), settings);
  if (verdict.verdict !== 'accept') throw new Error(`refused: ${JSON.stringify(verdict)}`);
  const first = verdict.orders?.[0];
  return first && 'order' in first ? first.order : undefined;
}

describe('the shared suite', () => {
  connectorSuite({
    connector,
    start: async () => ({ baseUrl: '', secrets: { signingSecret: secret }, now: () => now, close: async () => {} }),
    calls: {
      signed: true,
      good: (id, at) => call(fixture('sale'), { id, at }),
      bad: (at) => ({
        forged: call(fixture('sale'), { secret: 'whsec_b3RoZXI=', at }),
        stale: call(fixture('sale'), { at: new Date(at.getTime() - 3_600_000) }),
        'too large': call(' '.repeat(300 * 1024), { at }),
        malformed: call('{"type":', { at }),
      }),
    },
  });
});

describe('instants', () => {
  const sale = (paidAt: string) => {
    const message = fixture('sale');
    return { ...message, data: { ...message.data, createdAt: paidAt, paidAt, completedAt: undefined } };
  };

  it('are the seller’s where they name no zone, whatever the zone of this machine is', () => {
    const before = process.env.TZ;
    try {
      for (const machine of ['Asia/Tokyo', 'UTC']) {
        process.env.TZ = machine;
        expect(orderFrom(sale('2026-11-20T00:30:00'))).toMatchObject({
          orderedAt: '2026-11-19T23:30:00.000Z',
          paidAt: '2026-11-19T23:30:00.000Z',
        });
        expect(orderFrom(sale('2026-07-20T00:30:00.25'), { zone: 'Europe/Helsinki' })?.paidAt).toBe('2026-07-19T21:30:00.250Z');
        expect(orderFrom(sale('2026-11-20T10:13:02+0100'))?.paidAt).toBe('2026-11-20T09:13:02.000Z');
      }
    } finally {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    }
  });

  it('are read in small letters, and to the end of a day', () => {
    expect(orderFrom(sale('2026-11-20T10:00:00z'))?.paidAt).toBe('2026-11-20T10:00:00.000Z');
    expect(orderFrom(sale('2026-11-30t24:00:00Z'))?.paidAt).toBe('2026-12-01T00:00:00.000Z');
  });

  it.each([
    '2026-11-20T24:00:01Z',
    '2026-02-30T24:00:00Z',
    '2026-02-30T10:00:00Z',
    '2026-11-20T25:00:00Z',
    '2026-11-20T10:00:00 (noon)',
    '2026-11-20T',
    '20 Nov 2026 10:00',
  ])('%s is none, and the field is named', (written) => {
    expect(receive(call(sale(written)))).toMatchObject({ verdict: 'refuse', status: 422, reason: expect.stringContaining('createdAt') });
  });
});

describe('a completed sale', () => {
  it('becomes an order with event, tickets, fee, buyer and payment', () => {
    const order = orderFrom(fixture('sale'))!;
    expect(order).toMatchObject({
      externalId: 'T-4711',
      number: 'T-4711',
      status: 'ready',
      currency: 'HUF',
      orderedAt: '2026-11-20T09:12:31.000Z',
      paidAt: '2026-11-20T09:13:02.000Z',
      declaredTotal: '21890.00',
      aliases: [{ scheme: 'event', value: 'ev-19' }],
      invoiceRequest: { requested: true, explicit: true },
      buyer: { name: 'Kovács Réka', city: 'Szeged', postalCode: '6720', country: 'HU', emailKind: 'direct', taxIds: [] },
      payments: [{ method: 'online', provider: 'barion', status: 'paid', amount: '21890.00', externalId: 'BR-77' }],
    });
    expect(order.lines.map((l) => [l.name, l.quantity, l.unitGross, l.gross, l.rate?.percent, l.issuer, l.kind])).toEqual([
      ['Tavaszi koncert – Földszint', '2', '9950.00', '19900.00', '18', 'organizer', 'goods'],
      ['Kezelési költség', '1', '1490.00', '1490.00', '27', 'organizer', 'service'],
      ['Platformdíj', '1', '500.00', '500.00', '27', 'platform', 'service'],
    ]);
    expect(order.lines[0]!.note).toBe('2027. 04. 10. 19:00 Pécs, Kodály Központ');
  });

  it('takes amounts as written, never as floats', () => {
    const message = JSON.stringify(fixture('sale'))
      .replace('"9950"', '9950.10')
      .replace('"quantity":2', '"quantity":3')
      .replaceAll('"21890"', '31840.30');
    const order = orderFrom(message)!;
    expect(order.lines[0]).toMatchObject({ unitGross: '9950.10', gross: '29850.30' });
    expect(order.declaredTotal).toBe('31840.30');
    expect(receive(call(message.replaceAll('31840.30', '3.18e4')))).toMatchObject({ verdict: 'refuse', status: 422 });
  });

  it('leaves free tickets out, and an order of only free tickets altogether', () => {
    const sale = fixture('sale');
    sale.data.lines.push({ kind: 'ticket', title: 'Gyerek', quantity: 1, unitGross: 0 });
    expect(orderFrom(sale)!.lines.map((l) => l.name)).not.toContain('Tavaszi koncert – Gyerek');
    const free = fixture('sale');
    free.data.lines = [{ kind: 'ticket', title: 'Ingyenes', quantity: 2, unitGross: '0' }];
    free.data.totals.gross = '0';
    expect(receive(call(free))).toEqual({ verdict: 'accept', id: 'msg_1', orders: [] });
  });

  it('has nothing to invoice for the organizer when the platform sold everything', () => {
    const sale = fixture('sale');
    sale.data.lines = sale.data.lines.filter((l: { issuer?: string }) => l.issuer === 'platform');
    sale.data.totals.gross = '500';
    expect(receive(call(sale))).toMatchObject({ verdict: 'accept', orders: [] });
  });

  it('makes a coupon a discount whatever its sign, and a bundled service a line of its own', () => {
    const sale = fixture('sale');
    sale.data.coupons = [{ code: 'KORAN', gross: 1000 }];
    sale.data.lines[0].parts = [{ title: 'Közvetített szolgáltatás: ebéd', unitGross: '3000' }];
    const order = orderFrom(sale)!;
    expect(order.adjustments).toEqual([{ kind: 'discount', name: 'Kupon KORAN', gross: '-1000.00', rate: undefined }]);
    expect(order.lines.slice(0, 2).map((l) => [l.unitGross, l.gross, l.rate?.percent])).toEqual([
      ['6950.00', '13900.00', '18'],
      ['3000.00', '6000.00', '27'],
    ]);
  });

  it('takes the rate from the line, then from the event, then from the settings', () => {
    const sale = fixture('sale');
    sale.data.event.vatProfile = 'public_culture';
    delete sale.data.lines[0].vat;
    expect(orderFrom(sale)!.lines[0]!.rate).toMatchObject({ category: 'E', key: 'TAM' });
    delete sale.data.event.vatProfile;
    expect(orderFrom(sale, { ticketRate: '5' })!.lines[0]!.rate).toMatchObject({ category: 'S', percent: '5' });
  });

  it('reads tax numbers of companies by their form and never one of a private buyer', () => {
    const sale = fixture('sale');
    sale.data.buyer = { ...sale.data.buyer, type: 'company', company: 'Példa Kft.', taxNumber: '12345676242' };
    expect(orderFrom(sale)!.buyer.taxIds).toEqual([{ scheme: 'HU:ADOSZAM', value: '12345676-2-42', raw: '12345676242' }]);
    sale.data.buyer = { ...sale.data.buyer, country: 'DE', taxNumber: 'DE 123 456 789' };
    expect(orderFrom(sale)!.buyer.taxIds[0]).toMatchObject({ scheme: 'EU:VAT', value: 'DE123456789' });
    sale.data.buyer = { ...sale.data.buyer, type: 'private', taxNumber: '8365412365' };
    expect(orderFrom(sale)!.buyer.taxIds).toEqual([]);
  });

  it('asks for an invoice only on request where the seller set it so, and names holders only where allowed', () => {
    const sale = fixture('sale');
    expect(orderFrom(sale, { invoice: 'request' })!.invoiceRequest.requested).toBe(false);
    expect(orderFrom({ ...sale, data: { ...sale.data, invoiceRequested: true } }, { invoice: 'request' })!.invoiceRequest.requested).toBe(
      true,
    );
    expect(JSON.stringify(orderFrom(sale))).not.toContain('Kovács Bori');
    expect(orderFrom(sale, { showHolders: true })!.lines[0]!.note).toContain('Kovács Bori');
  });
});

describe('what happens later', () => {
  it('reports a refund by ticket lines', () => {
    const verdict = receive(call(fixture('refund')));
    expect(verdict).toMatchObject({
      verdict: 'accept',
      events: [
        {
          event: 'refunded',
          externalId: 'T-4711',
          refund: { externalId: 'R-1', amount: '9950', lines: [{ lineExternalId: 'T-4711/seat', quantity: '1' }] },
        },
      ],
    });
  });

  it('reports a cancelled event for the sales named, or for all of them by the alias of the event', () => {
    const message = { type: 'event.cancelled', data: { eventId: 'ev-19', cancelledAt: '2026-12-01T08:00:00Z', reason: 'Elmarad' } };
    expect(receive(call(message))).toMatchObject({
      events: [{ event: 'group_cancelled', alias: { scheme: 'event', value: 'ev-19' }, reason: 'Elmarad' }],
    });
    const named = { ...message, data: { ...message.data, orderIds: ['T-1', 'T-2'] } };
    expect(receive(call(named))).toMatchObject({
      events: [
        { event: 'cancelled', externalId: 'T-1' },
        { event: 'cancelled', externalId: 'T-2' },
      ],
    });
  });
});

describe('who may call', () => {
  const refusedAlike = { verdict: 'refuse', status: 401, reason: 'not accepted' };

  it.each([
    ['another secret', () => call(fixture('sale'), { secret: 'whsec_b3RoZXI=' })],
    ['no signature', () => call(fixture('sale'), { headers: {} })],
    ['a body changed after signing', () => ({ ...call(fixture('sale')), body: new TextEncoder().encode('{}') })],
    ['an old call sent again', () => call(fixture('sale'), { at: new Date(now.getTime() - 5 * 60_000 - 1000) })],
    ['a call from the future', () => call(fixture('sale'), { at: new Date(now.getTime() + 5 * 60_000 + 1000) })],
    [
      'an id changed after signing',
      () => {
        const good = call(fixture('sale'));
        return { ...good, headers: { ...good.headers, 'webhook-id': 'msg_2' } };
      },
    ],
    [
      'a timestamp that is none',
      () => {
        const good = call(fixture('sale'));
        return { ...good, headers: { ...good.headers, 'webhook-timestamp': 'now' } };
      },
    ],
  ])('refuses %s and tells nothing', (_, forged) => {
    expect(receive(forged())).toEqual(refusedAlike);
  });

  it('refuses everything when no secret is set', () => {
    expect(receive(call(fixture('sale'), { secret: '' }), {}, {})).toEqual(refusedAlike);
    expect(receive(call(fixture('sale'), { secret: 'whsec_' }), {}, { signingSecret: 'whsec_' })).toEqual(refusedAlike);
  });

  it('accepts both secrets while one replaces the other, and one of several signatures', () => {
    const both = { signingSecret: 'whsec_bmV3', signingSecretOld: secret };
    expect(receive(call(fixture('sale')), {}, both).verdict).toBe('accept');
    expect(receive(call(fixture('sale'), { secret: 'whsec_bmV3' }), {}, both).verdict).toBe('accept');
    const good = call(fixture('sale'));
    const rotated = { ...good, headers: { ...good.headers, 'webhook-signature': `v1,AAAA ${good.headers['webhook-signature']} v2,xyz` } };
    expect(receive(rotated).verdict).toBe('accept');
  });

  it('gives a repeated call the same id', () => {
    const first = receive(call(fixture('sale'), { id: 'msg_9' }));
    const second = receive(call(fixture('sale'), { id: 'msg_9', at: new Date(now.getTime() - 60_000) }));
    expect(first).toEqual(second);
  });

  it('refuses what is too large, too deep, no JSON or not in shape', () => {
    expect(receive(call(' '.repeat(300 * 1024)))).toMatchObject({ verdict: 'refuse', status: 413 });
    expect(receive(call(`${'{"a":'.repeat(11)}1${'}'.repeat(11)}`))).toMatchObject({ verdict: 'refuse', status: 400 });
    expect(receive(call('<sale/>'))).toMatchObject({ verdict: 'refuse', status: 400 });
    const sale = fixture('sale');
    sale.data.lines[0].quantity = -1;
    expect(receive(call(sale))).toMatchObject({ verdict: 'refuse', status: 422, reason: expect.stringContaining('data.lines.0.quantity') });
    expect(receive(call({ type: 'sale.unknown', data: {} }))).toMatchObject({ verdict: 'refuse', status: 422 });
  });
});

describe('sales of the demo', () => {
  it('are repeatable, signed and add up to what was paid', () => {
    const make = () => demoCalls({ random: seededRandom(7), at: now, count: 200, secret });
    expect(make()).toEqual(make());
    for (const sold of make()) {
      const verdict = receive({ headers: sold.headers, body: new TextEncoder().encode(sold.body), query: {}, receivedAt: now });
      if (verdict.verdict !== 'accept' || !verdict.orders?.[0] || !('order' in verdict.orders[0]))
        throw new Error(`not accepted: ${sold.body}`);
      const { order } = verdict.orders[0];
      const parts = [...order.lines, ...order.adjustments].map((p) => Math.round(Number(p.gross)));
      expect(parts.reduce((a, b) => a + b, 0)).toBe(Number(order.declaredTotal));
    }
  });
});

describe('the guide for shops', () => {
  it('shows messages that are accepted as they stand', () => {
    const guide = readFileSync(new URL('../../docs/tickets.md', import.meta.url), 'utf8');
    const messages = [...guide.matchAll(/```json\n([\s\S]*?)```/g)].map((match) => match[1]!);
    expect(messages).toHaveLength(3);
    for (const message of messages) expect(receive(call(message)), message).toMatchObject({ verdict: 'accept' });
  });
});
