import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { announce } from '../src/store/index.ts';
import { onBothDatabases } from '../src/testkit/database.ts';
import { saleOrder, storeSales } from '../src/testkit/sale.ts';
import { type Browser, owner, type Served, serve, until } from './api-server.ts';

/** From the screen's request to somebody else's server: the running installation calls what was asked for, and shows what became of it. */
onBothDatabases('webhooks, from the request to the call', (store) => {
  let served: Served;
  let olga: Browser;
  let receiver: Server;
  let url: string;
  let status = 500;
  const calls: { headers: IncomingHttpHeaders; body: string }[] = [];

  beforeAll(async () => {
    served = await serve(store());
    olga = await owner(served.url);
    receiver = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        calls.push({ headers: request.headers, body: Buffer.concat(parts).toString('utf8') });
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((done) => receiver.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  }, 60_000);
  afterAll(async () => {
    await served?.stop();
    receiver?.closeAllConnections();
    receiver?.close();
  });

  test('a prepared document is told by itself; a failure is to be seen and can be tried again; the secret is shown once', async () => {
    const made = await olga.post('/webhooks', { url, events: ['document.prepared'] });
    expect(made.status).toBe(201);
    const { id, secret } = made.body;
    expect(secret).toMatch(/^whsec_/);
    const organizationId = olga.organization!;
    const [sale] = await storeSales(served.running.edge.ctx, organizationId, [saleOrder()]);
    await store().org(organizationId, (tx) => announce(tx, organizationId, 'orders'));
    const failing = await until('the failed call is listed', async () => {
      const listed = (await olga.get(`/webhooks/${id}/calls`)).body.items;
      return listed[0]?.attempts === 1 && listed;
    });
    expect(failing).toMatchObject([{ event: 'document.prepared', status: 'waiting', lastStatus: 500, lastProblem: 'HTTP 500' }]);
    expect((await olga.get('/webhooks')).body.items).toMatchObject([{ id, waiting: 1, failed: 0, lastProblem: 'HTTP 500' }]);

    const { headers, body } = calls[0]!;
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const signed = createHmac('sha256', key).update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${signed}`);
    expect(Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1000)).toBeLessThan(60);
    expect(JSON.parse(body)).toMatchObject({ type: 'document.prepared', data: { organizationId, documentId: sale!.documentId } });

    await store().db.updateTable('webhook_delivery').set({ status: 'failed', next_at: null }).where('endpoint_id', '=', id).execute();
    expect((await olga.get('/webhooks')).body.items[0]).toMatchObject({ waiting: 0, failed: 1 });
    status = 200;
    expect((await olga.post(`/webhooks/${id}/retry`)).body).toEqual({ retried: 1 });
    await until('the call is delivered', async () => (await olga.get(`/webhooks/${id}/calls`)).body.items[0].status === 'delivered');
    expect(calls.map((c) => c.headers['webhook-id'])).toEqual([failing[0].id, failing[0].id]);

    for (const address of ['/webhooks', `/webhooks/${id}/calls`, '/audit']) {
      const answer = await olga.get(address);
      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain(secret.slice('whsec_'.length));
      expect(answer.text).not.toContain('whsec_');
    }
    const paused = await olga.send('PATCH', `/webhooks/${id}`, { active: false });
    expect(paused.text).not.toContain('whsec_');
    expect(JSON.stringify(served.logs)).not.toContain(secret);
    expect((await olga.get('/webhooks/00000000-0000-7000-8000-000000000000/calls')).status).toBe(404);
  });
});
