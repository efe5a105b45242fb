import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildApp } from '../src/api/app.ts';
import type { Edge } from '../src/api/route.ts';
import { logTo } from '../src/open.ts';
import { keepNightlyCopy, newId, type Store } from '../src/store/index.ts';
import { exportSpans, startMetrics } from '../src/telemetry.ts';
import { testContext, testOrganization } from '../src/testkit/context.ts';
import { freshEmbedded } from '../src/testkit/database.ts';
import { saleOrder, storeSales } from '../src/testkit/sale.ts';
import { beginSpan, currentTrace } from '../src/trace.ts';

/** The promise: an operator sees how the installation fares, with nothing private in it, and every day leaves a copy. */
let store: Store;
beforeAll(async () => {
  store = await freshEmbedded();
});
afterAll(() => store.close());

test('metrics need the token, answers carry the trace, and probes come by any address', async () => {
  const ctx = await testContext(store);
  const metrics = startMetrics(ctx);
  const organizationId = await testOrganization(ctx);
  const [sale] = await storeSales(ctx, organizationId, [saleOrder()]);
  await store.system((tx) =>
    sql`insert into delivery (organization_id, id, document_id, way, recipient, key, status, created_by, created_at, updated_at)
      values (${organizationId}, ${newId(ctx.now())}, ${sale!.documentId}, 'attachment', '1', 'attachment:1', 'waiting', 'system', now(), now())`.execute(
      tx,
    ),
  );
  const edge = { ctx, accounts: { mount: () => {} }, version: '0' } as unknown as Edge;
  const app = await buildApp({
    edge,
    routes: [],
    address: { publicUrl: 'https://shop.example', given: true },
    ready: async () => true,
    metrics: { token: 'watcher', ...metrics },
  });
  try {
    const host = '10.0.0.7:8080';
    expect((await app.inject({ url: '/metrics', headers: { host } })).statusCode).toBe(401);
    expect((await app.inject({ url: '/metrics', headers: { host, authorization: 'Bearer wrong' } })).statusCode).toBe(401);
    expect((await app.inject({ url: '/readyz', headers: { host } })).json()).toEqual({ ready: true });
    expect((await app.inject({ url: '/api/v1/documents', headers: { host: 'evil.example' } })).statusCode).toBe(400);
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const traced = await app.inject({ url: '/healthz', headers: { host, traceparent: `00-${traceId}-00f067aa0ba902b7-01` } });
    expect(traced.headers['x-trace-id']).toBe(traceId);
    expect((await app.inject({ url: '/healthz', headers: { host, traceparent: 'garbage' } })).headers['x-trace-id']).toMatch(
      /^[0-9a-f]{32}$/,
    );
    const { body, headers } = await app.inject({ url: '/metrics', headers: { host, authorization: 'Bearer watcher' } });
    expect(headers['content-type']).toContain('text/plain');
    expect(body).toContain('fakturist_request_seconds_count{route="GET /healthz",ok="true"} 2');
    expect(body).toContain('fakturist_connections_blocked 0');
    expect(body).toContain('fakturist_deliveries_open{way="attachment",status="waiting"} 1');
    expect(body).toContain('fakturist_metrics_failures_total 0');
  } finally {
    metrics.stop();
    await app.close();
    await ctx.jobs.stop();
  }
});

test('log lines carry their trace, are JSON when asked, and keep secrets to themselves', async () => {
  const lines: string[] = [];
  const span = beginSpan('job', 'x', 0);
  await span.within(async () => {
    await new Promise(setImmediate);
    expect(currentTrace()).toBe(span.traceId);
    logTo('json', (line) => lines.push(line))('warn', 'hello', { password: 'hid"den', n: 1 });
  });
  expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'warn', message: 'hello', n: 1, password: '***', trace: span.traceId });
  expect(currentTrace()).toBeUndefined();
});

test('a long word in a log line costs its length and not its square', () => {
  const cpu = process.cpuUsage();
  logTo('json', () => {})('error', `${'a'.repeat(200_000)} and ${'b.'.repeat(100_000)}`, { error: 'c'.repeat(200_000) });
  // Its square took minutes.
  expect(process.cpuUsage(cpu).user / 1000).toBeLessThan(3000);
});

test('spans reach a collector; one that is down is told of once and costs nothing', async () => {
  const bodies: { resourceSpans: { scopeSpans: { spans: { name: string; parentSpanId?: string }[] }[] }[] }[] = [];
  let up = false;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      if (up) bodies.push(JSON.parse(body));
      response.writeHead(up ? 200 : 503).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const failures: string[] = [];
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const first = exportSpans(url, fetch, (message) => failures.push(message));
  beginSpan('job', 'lost', 0).end(true);
  await first.stop();
  expect(failures).toHaveLength(1);
  up = true;
  const second = exportSpans(url, fetch, () => {});
  const outer = beginSpan('request', 'GET /x', 1_700_000_000_000);
  outer.within(() => beginSpan('job', 'inner', 1_700_000_000_001).end(false));
  outer.end(true);
  await second.stop();
  server.close();
  expect(bodies[0]!.resourceSpans[0]!.scopeSpans[0]!.spans).toMatchObject([
    { name: 'inner', parentSpanId: outer.spanId, traceId: outer.traceId, status: { code: 2 } },
    { name: 'GET /x', kind: 2, startTimeUnixNano: '1700000000000000000' },
  ]);
});

test('a copy a day, the last seven kept, and nothing else in the folder touched', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-copies-'));
  try {
    writeFileSync(path.join(folder, 'mine.txt'), '');
    // What a process left that was killed while it wrote.
    writeFileSync(path.join(folder, 'fakturist-2026-10-31.backup.0a1b2c3d.part'), '');
    for (let day = 1; day <= 9; day++)
      expect(await keepNightlyCopy(store, folder, new Date(Date.UTC(2026, 10, day, 2)))).toMatch(/\.backup$/);
    expect(await keepNightlyCopy(store, folder, new Date(Date.UTC(2026, 10, 9, 3)))).toBeUndefined();
    const names = readdirSync(folder).sort();
    expect(names).toHaveLength(8);
    expect(names[0]).toBe('fakturist-2026-11-03.backup');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
