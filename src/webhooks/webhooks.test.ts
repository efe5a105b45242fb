import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { audit, json, newId } from '../store/index.ts';
import { type TestContext, testContext, testOrganization } from '../testkit/context.ts';
import { onBothDatabases } from '../testkit/database.ts';
import { saleOrder, storeSales } from '../testkit/sale.ts';
import { issueDocuments } from '../toissue/index.ts';
import { send } from './call.ts';
import { collectEvents } from './events.ts';
import { hearForWebhooks, sendWebhooks, sweepWebhooks } from './index.ts';

type Received = { headers: IncomingHttpHeaders; body: string };

/** Somebody else's server: it keeps every call it got, and answers as it is told. */
class Receiver {
  readonly calls: Received[] = [];
  answer: number | 'hang up' = 204;
  location = '';
  onCall: () => void = () => {};
  readonly #server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      this.calls.push({ headers: request.headers, body: Buffer.concat(parts).toString('utf8') });
      this.onCall();
      if (this.answer === 'hang up') request.socket.destroy();
      else
        response
          .writeHead(this.answer, this.location ? { location: this.location } : {})
          .end(this.answer === 200 ? 'x'.repeat(300_000) : '');
    });
  });
  async open() {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
  }
  get url() {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hooks`;
  }
  close() {
    this.#server.closeAllConnections();
    return new Promise<void>((done) => this.#server.close(() => done()));
  }
}

const never = new AbortController().signal;

onBothDatabases('webhooks out', (store) => {
  let ctx: TestContext;
  let organizationId: string;
  let receiver: Receiver;
  const who = () => ({ organizationId, actor: 'test' });

  beforeAll(async () => {
    ctx = await testContext(store(), { work: false });
  });
  afterAll(() => ctx.jobs.stop());
  beforeEach(async () => {
    ctx.clock.set('2026-11-20T09:00:00Z');
    organizationId = await testOrganization(ctx);
    receiver = new Receiver();
    await receiver.open();
  });
  afterEach(() => receiver.close());

  async function endpoint(events: string[], url = receiver.url): Promise<{ id: string; secret: string }> {
    const id = newId(ctx.now());
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    await ctx.store.org(organizationId, (tx) =>
      tx
        .insertInto('webhook_endpoint')
        .values({
          organization_id: organizationId,
          id,
          url,
          events,
          secret: ctx.vault.seal(`${organizationId}/${id}`, { secret }),
          created_at: ctx.now(),
        })
        .execute(),
    );
    return { id, secret };
  }

  const switchTo = (id: string, active: boolean) =>
    ctx.store.org(organizationId, (tx) =>
      tx.updateTable('webhook_endpoint').set({ active }).where('organization_id', '=', organizationId).where('id', '=', id).execute(),
    );
  const deliveries = (endpointId: string) =>
    ctx.store.org(organizationId, (tx) =>
      tx
        .selectFrom('webhook_delivery')
        .selectAll()
        .where('organization_id', '=', organizationId)
        .where('endpoint_id', '=', endpointId)
        .orderBy('created_at')
        .orderBy('id')
        .execute(),
    );
  const work = (id: string) => sendWebhooks(ctx, { organizationId, id }, never);
  const issued = async (count = 1) => {
    const sales = await storeSales(
      ctx,
      organizationId,
      Array.from({ length: count }, () => saleOrder()),
    );
    const ids = sales.map((sale) => sale.documentId);
    const results = await issueDocuments(ctx, who(), ids);
    expect(results.map((r) => r.outcome)).toEqual(ids.map(() => 'issued'));
    return ids;
  };

  test('an issued document is told once to each endpoint that asked for it, signed so that the receiver can prove it', async () => {
    const other = new Receiver();
    await other.open();
    const first = await endpoint(['document.issued']);
    const second = await endpoint(['document.issued', 'document.prepared'], other.url);
    const deaf = await endpoint(['import.finished']);
    const [documentId] = await issued();
    await collectEvents(ctx, organizationId);
    await collectEvents(ctx, organizationId);
    for (const { id } of [first, second, deaf]) {
      await work(id);
      await work(id);
    }
    await other.close();

    expect(receiver.calls).toHaveLength(1);
    const { headers, body } = receiver.calls[0]!;
    const expected = createHmac('sha256', Buffer.from(first.secret.slice('whsec_'.length), 'base64'))
      .update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`)
      .digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${expected}`);
    expect(headers['webhook-timestamp']).toBe(String(Date.parse('2026-11-20T09:00:00Z') / 1000));
    expect(headers['content-type']).toBe('application/json');
    const told = JSON.parse(body);
    expect(told).toMatchObject({
      type: 'document.issued',
      timestamp: '2026-11-20T09:00:00.000Z',
      data: { organizationId, documentId, kind: 'invoice', gross: '112.99', currency: 'PLN' },
    });
    expect(told.data.number).toMatch(/\d/);
    expect(body).not.toContain('anna@example.com');

    expect(other.calls.map((c) => JSON.parse(c.body).type).sort()).toEqual(['document.issued', 'document.prepared']);
    expect(await deliveries(deaf.id)).toEqual([]);
    expect((await deliveries(first.id)).map((d) => [d.status, d.attempts, d.last_status])).toEqual([['delivered', 1, 204]]);
  });

  test('a new endpoint hears nothing of the past, a batch is told completely', async () => {
    await issued();
    const { id } = await endpoint(['document.issued']);
    await collectEvents(ctx, organizationId);
    expect(await deliveries(id)).toEqual([]);
    const ids = await issued(30);
    await collectEvents(ctx, organizationId);
    await work(id);
    expect(receiver.calls.map((c) => JSON.parse(c.body).data.documentId).sort()).toEqual(ids.toSorted());
    expect(new Set(receiver.calls.map((c) => c.headers['webhook-id'])).size).toBe(30);
  });

  test('a receiver that is down gets it once when it is up again, after a wait, and under the same id', async () => {
    const { id } = await endpoint(['document.issued']);
    receiver.answer = 503;
    await issued();
    await collectEvents(ctx, organizationId);
    await work(id);
    await work(id);
    expect(receiver.calls).toHaveLength(1);
    expect((await deliveries(id))[0]).toMatchObject({ status: 'waiting', attempts: 1, last_status: 503, last_problem: 'HTTP 503' });
    receiver.answer = 'hang up';
    ctx.clock.advance(60_000);
    await work(id);
    expect((await deliveries(id))[0]).toMatchObject({ status: 'waiting', attempts: 2, last_status: null, last_problem: 'ECONNRESET' });
    receiver.answer = 200;
    ctx.clock.advance(299_000);
    await work(id);
    expect(receiver.calls).toHaveLength(2);
    ctx.clock.advance(1_000);
    await work(id);
    await work(id);
    expect(receiver.calls).toHaveLength(3);
    expect(new Set(receiver.calls.map((c) => c.headers['webhook-id'])).size).toBe(1);
    expect(new Set(receiver.calls.map((c) => c.body)).size).toBe(1);
    expect(receiver.calls[2]!.headers['webhook-timestamp']).not.toBe(receiver.calls[0]!.headers['webhook-timestamp']);
    expect((await deliveries(id))[0]).toMatchObject({ status: 'delivered', attempts: 3, last_status: 200, last_problem: null });
  });

  test('ten failures are the end, and stay to be seen', async () => {
    const { id } = await endpoint(['document.issued']);
    receiver.answer = 500;
    await issued();
    await collectEvents(ctx, organizationId);
    for (let day = 0; day < 14; day++) {
      await work(id);
      ctx.clock.advance(24 * 3_600_000);
    }
    expect(receiver.calls).toHaveLength(10);
    expect((await deliveries(id))[0]).toMatchObject({ status: 'failed', attempts: 10, next_at: null });
  });

  test('killed between the call and its record: called again under the same id, when the lease is over', async () => {
    const { id } = await endpoint(['document.issued']);
    await issued();
    await collectEvents(ctx, organizationId);
    const killed: TestContext = {
      ...ctx,
      store: {
        ...ctx.store,
        org: (org, step) => (receiver.calls.length > 0 ? Promise.reject(new Error('killed')) : ctx.store.org(org, step)),
      },
    };
    await expect(sendWebhooks(killed, { organizationId, id }, never)).rejects.toThrow('killed');
    expect(receiver.calls).toHaveLength(1);
    expect((await deliveries(id))[0]).toMatchObject({ status: 'waiting', attempts: 0 });
    await work(id);
    expect(receiver.calls).toHaveLength(1);
    ctx.clock.advance(60_000);
    await work(id);
    expect(receiver.calls).toHaveLength(2);
    expect(receiver.calls[1]!.headers['webhook-id']).toBe(receiver.calls[0]!.headers['webhook-id']);
    expect((await deliveries(id))[0]).toMatchObject({ status: 'delivered', attempts: 1 });
  });

  test('two workers at one endpoint make one call', async () => {
    const { id } = await endpoint(['document.issued']);
    await issued(3);
    await collectEvents(ctx, organizationId);
    await Promise.all([work(id), work(id), work(id)]);
    expect(receiver.calls).toHaveLength(3);
    expect((await deliveries(id)).map((d) => d.status)).toEqual(['delivered', 'delivered', 'delivered']);
  });

  test('an endpoint that is switched off gets nothing, neither what waited nor what happened meanwhile', async () => {
    const { id } = await endpoint(['document.issued', 'document.prepared']);
    await issued();
    await collectEvents(ctx, organizationId);
    await switchTo(id, false);
    await work(id);
    await issued();
    await collectEvents(ctx, organizationId);
    await sweepWebhooks(ctx);
    await switchTo(id, true);
    await collectEvents(ctx, organizationId);
    await work(id);
    expect(receiver.calls).toEqual([]);
    expect((await deliveries(id)).map((d) => d.status)).toEqual(['stopped', 'stopped']);
    await issued();
    await collectEvents(ctx, organizationId);
    await work(id);
    expect(receiver.calls.map((c) => JSON.parse(c.body).type).sort()).toEqual(['document.issued', 'document.prepared']);
  });

  test('held documents are told when they are prepared held and when they become held, and only then', async () => {
    const { id } = await endpoint(['document.held']);
    const unpriced = { email: undefined, street: '', city: '', postalCode: '' };
    const sound = saleOrder();
    const [held, fine] = await storeSales(ctx, organizationId, [
      saleOrder({ buyer: { ...sound.buyer, ...unpriced }, declaredTotal: '500.00' }),
      sound,
    ]);
    expect(held!.result.findings.some((f) => f.level === 'hold')).toBe(true);
    expect(fine!.result.findings.some((f) => f.level === 'hold')).toBe(false);
    const set = (isHeld: boolean) =>
      ctx.store.org(organizationId, (tx) =>
        tx
          .updateTable('document')
          .set({ held: isHeld, hold_codes: isHeld ? ['H_EXAMPLE'] : [] })
          .where('organization_id', '=', organizationId)
          .where('id', '=', fine!.documentId)
          .execute(),
      );
    await set(true);
    await set(true);
    await set(false);
    await collectEvents(ctx, organizationId);
    await work(id);
    const told = receiver.calls.map((c) => JSON.parse(c.body));
    expect(told.map((t) => [t.type, t.data.documentId]).sort()).toEqual(
      [
        ['document.held', held!.documentId],
        ['document.held', fine!.documentId],
      ].sort(),
    );
    expect(told.find((t) => t.data.documentId === fine!.documentId).data.holdCodes).toEqual(['H_EXAMPLE']);
    expect(new Date(told[0].timestamp).toISOString()).toBe(told[0].timestamp);
  });

  test('each event of the trail has its name and its facts', async () => {
    const all = [
      'document.delivered',
      'document.delivery_failed',
      'document.transferred',
      'document.transfer_failed',
      'import.finished',
      'connection.blocked',
    ];
    const { id } = await endpoint(all);
    const documentId = (await storeSales(ctx, organizationId, [saleOrder()]))[0]!.documentId;
    const deliveryId = newId(ctx.now());
    await ctx.store.org(organizationId, async (tx) => {
      await tx
        .insertInto('delivery')
        .values({
          organization_id: organizationId,
          id: deliveryId,
          document_id: documentId,
          way: 'mail',
          key: 'k',
          recipient: 'secret-person@example.com',
          status: 'unknown',
          settings: json({}),
          cause: json(null),
          story: json([]),
          created_at: ctx.now(),
          updated_at: ctx.now(),
        })
        .execute();
      const about = { entity: 'document', entityId: documentId };
      await audit(tx, organizationId, 'system', ctx.now(), [
        { action: 'mail handed over', ...about, data: { delivery: deliveryId, recipient: 'secret-person@example.com' } },
        { action: 'mail arrived', entity: 'delivery', entityId: deliveryId, data: { recipient: 'secret-person@example.com' } },
        { action: 'mail bounced', ...about, data: { delivery: deliveryId, cause: 'M_NO_SUCH_MAILBOX' } },
        { action: 'document edited', ...about },
        { action: 'transfer accepted', ...about, data: { reference: 'R-1', verb: 'issue', number: 'X' } },
        {
          action: 'transfer rejected',
          ...about,
          data: { code: 'C', providerCode: '7', providerText: 'Anna Svensson secret-person@example.com: bad address' },
        },
        { action: 'import done', entity: 'import', entityId: 'not-a-uuid', data: { name: 'a.csv', counts: { created: '2' } } },
        { action: 'connection blocked', entity: 'connection', entityId: 'c', data: { name: 'shop', code: 'KEY_EXPIRED' } },
      ]);
    });
    await collectEvents(ctx, organizationId);
    await work(id);
    const told = receiver.calls.map((c) => JSON.parse(c.body));
    const count = (type: string) => told.filter((t) => t.type === type).length;
    expect(all.map(count)).toEqual([2, 1, 1, 1, 1, 1]);
    for (const t of told.filter((one) => one.type.startsWith('document.'))) expect(t.data.documentId).toBe(documentId);
    expect(told.find((t) => t.type === 'document.delivery_failed').data).toMatchObject({ deliveryId, code: 'M_NO_SUCH_MAILBOX' });
    expect(told.find((t) => t.type === 'import.finished').data).toMatchObject({ importId: 'not-a-uuid', status: 'done', name: 'a.csv' });
    expect(told.find((t) => t.type === 'connection.blocked').data).toMatchObject({ connectionId: 'c', code: 'KEY_EXPIRED' });
    expect(receiver.calls.some((c) => c.body.includes('secret-person'))).toBe(false);
  });

  test('a redirect is not followed, a link-local address is never called', async () => {
    const { id } = await endpoint(['document.issued']);
    receiver.answer = 302;
    receiver.location = receiver.url;
    await issued();
    await collectEvents(ctx, organizationId);
    await work(id);
    expect(receiver.calls).toHaveLength(1);
    expect((await deliveries(id))[0]).toMatchObject({ status: 'waiting', last_status: 302 });
    for (const url of [
      'http://169.254.169.254/latest/meta-data',
      'http://2852039166/',
      'http://[fe80::1]/',
      'http://[::ffff:169.254.169.254]/',
      'http://[64:ff9b::a9fe:a9fe]/',
    ]) {
      const answer = await send({ url, secret: 'whsec_AA==', id: 'x', at: ctx.now(), body: '{}' }, never);
      expect(answer, url).toEqual({ problem: 'nothing is sent to this address' });
    }
    const file = await send({ url: 'file:///etc/passwd', secret: 'whsec_AA==', id: 'x', at: ctx.now(), body: '{}' }, never);
    expect(file.problem).toBe('nothing is sent to this address');
  });

  test('another organization hears nothing of it', async () => {
    const { id } = await endpoint(['document.issued']);
    const mine = organizationId;
    organizationId = await testOrganization(ctx);
    await issued();
    await collectEvents(ctx, organizationId);
    await collectEvents(ctx, mine);
    organizationId = mine;
    expect(await deliveries(id)).toEqual([]);
  });
});

onBothDatabases('webhooks out, by the running jobs', (store) => {
  test('goes out by itself soon after the change, and after the job was lost', async () => {
    const ctx = await testContext(store(), { work: true });
    const receiver = new Receiver();
    await receiver.open();
    try {
      const organizationId = await testOrganization(ctx);
      const id = newId(ctx.now());
      await ctx.store.org(organizationId, (tx) =>
        tx
          .insertInto('webhook_endpoint')
          .values({
            organization_id: organizationId,
            id,
            url: receiver.url,
            events: ['document.issued'],
            secret: ctx.vault.seal(`${organizationId}/${id}`, { secret: 'whsec_c2VjcmV0' }),
            created_at: ctx.now(),
          })
          .execute(),
      );
      await ctx.jobs.work('webhook', { concurrency: 2 }, (data, signal) => sendWebhooks(ctx, data, signal));
      const called = () => new Promise<void>((done) => (receiver.onCall = done));
      const issueOne = async () => {
        const [sale] = await storeSales(ctx, organizationId, [saleOrder()]);
        await issueDocuments(ctx, { organizationId, actor: 'test' }, [sale!.documentId]);
      };
      let next = called();
      await issueOne();
      await sweepWebhooks(ctx);
      await next;
      await hearForWebhooks(ctx);
      next = called();
      await issueOne();
      await next;
      expect(receiver.calls).toHaveLength(2);
    } finally {
      await ctx.jobs.stop();
      await receiver.close();
    }
  });
});
