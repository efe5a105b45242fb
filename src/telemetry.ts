import { sql } from 'kysely';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Context } from './jobs/index.ts';
import { type Span, spans } from './trace.ts';

/** What an operator watches: Prometheus metrics, and spans sent to an OpenTelemetry collector. No names, amounts or addresses of anybody. */
type Metrics = { contentType: string; render(): Promise<string>; stop(): void };

export function startMetrics(ctx: Context): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
  const seconds = { buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60], registers: [registry] };
  const requests = new Histogram({
    name: 'fakturist_request_seconds',
    help: 'HTTP requests by route',
    labelNames: ['route', 'ok'],
    ...seconds,
  });
  const jobs = new Histogram({ name: 'fakturist_job_seconds', help: 'Jobs by queue', labelNames: ['queue', 'ok'], ...seconds });
  const hear = (message: unknown) => {
    const span = message as Span;
    if (span.kind === 'request') requests.observe({ route: span.name, ok: String(span.ok) }, span.tookMs / 1000);
    else jobs.observe({ queue: span.name, ok: String(span.ok) }, span.tookMs / 1000);
  };
  spans.subscribe(hear);
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name: `fakturist_${name}`, help, labelNames, registers: [registry] });
  const waitingJobs = gauge('jobs_waiting', 'Jobs that are due and not done', ['queue']);
  const transfers = gauge('transfers_open', 'Documents on their way to a provider', ['status']);
  const deliveries = gauge('deliveries_open', 'Mails, attachments and prints under way', ['way', 'status']);
  const oldest = gauge('oldest_waiting_seconds', 'How long the longest waiting one waits', ['what']);
  const blocked = gauge('connections_blocked', 'Connections stopped by a cause', []);
  const failures = new Counter({
    name: 'fakturist_metrics_failures_total',
    help: 'Scrapes that could not ask the database',
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    async render() {
      try {
        const found = await readState(ctx);
        for (const one of [waitingJobs, transfers, deliveries, oldest]) one.reset();
        for (const { what, a, b, n } of found) {
          if (what === 'job') waitingJobs.set({ queue: a }, n);
          else if (what === 'transfer') transfers.set({ status: a }, n);
          else if (what === 'delivery') deliveries.set({ way: a, status: b }, n);
          else if (what === 'oldest') oldest.set({ what: a }, n);
          else blocked.set(n);
        }
      } catch {
        failures.inc();
      }
      return registry.metrics();
    },
    stop: () => spans.unsubscribe(hear),
  };
}

type Row = { what: 'job' | 'transfer' | 'delivery' | 'oldest' | 'blocked'; a: string; b: string; n: number };

/** Mails and prints wait `queued`; what is put on an order waits `waiting`, and until it was seen there it is `uploaded`. One index for each. */
const underWay = sql`(status in ('queued', 'sending', 'unknown', 'held') or status in ('waiting', 'uploaded'))`;

/** One question for everything; each part reads only rows that are open. */
async function readState(ctx: Context): Promise<Row[]> {
  const now = ctx.now().toISOString();
  const { rows } = await sql<Row>`
    select 'job' as what, name as a, '' as b, count(*)::float8 as n from pgboss.job where state in ('created', 'retry') and start_after <= now() group by name
    union all select 'transfer', status, '', count(*)::float8 from transfer where status in ('waiting', 'sending', 'pending', 'unknown') group by status
    union all select 'delivery', way, status, count(*)::float8 from delivery where ${underWay} group by way, status
    union all select 'oldest', 'transfer', '', coalesce(extract(epoch from ${now}::timestamptz - min(created_at)), 0)::float8 from transfer where status in ('waiting', 'sending', 'pending', 'unknown')
    union all select 'oldest', 'delivery', '', coalesce(extract(epoch from ${now}::timestamptz - min(created_at)), 0)::float8 from delivery where ${underWay}
    union all select 'blocked', '', '', count(*)::float8 from connection where status = 'blocked'`.execute(ctx.store.db);
  return rows;
}

const batchSpans = 200;
const exportEveryMs = 5000;
/** Beyond this many spans a slow collector loses the oldest: telling must never cost the work it tells of. */
const keptSpans = 5000;

/** Sends finished spans to an OpenTelemetry collector (OTLP over HTTP, JSON). */
export function exportSpans(endpoint: string, send: typeof fetch, failed: (message: string) => void): { stop(): Promise<void> } {
  const kept: Span[] = [];
  let told = false;
  const hear = (span: unknown) => {
    kept.push(span as Span);
    if (kept.length > keptSpans) kept.shift();
  };
  const nano = (ms: number) => `${BigInt(Math.round(ms * 1000)) * 1000n}`;
  const flush = async () => {
    while (kept.length > 0) {
      const batch = kept.splice(0, batchSpans).map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        ...(span.parentId ? { parentSpanId: span.parentId } : {}),
        name: span.name,
        kind: span.kind === 'request' ? 2 : 1,
        startTimeUnixNano: nano(span.startedAt),
        endTimeUnixNano: nano(span.startedAt + span.tookMs),
        status: { code: span.ok ? 1 : 2 },
      }));
      const service = { attributes: [{ key: 'service.name', value: { stringValue: 'fakturist' } }] };
      const body = JSON.stringify({ resourceSpans: [{ resource: service, scopeSpans: [{ scope: { name: 'fakturist' }, spans: batch }] }] });
      try {
        const answer = await send(`${endpoint.replace(/\/+$/, '')}/v1/traces`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
          signal: AbortSignal.timeout(exportEveryMs),
        });
        if (!answer.ok) throw new Error(`the collector answered ${answer.status}`);
        told = false;
      } catch (error) {
        if (!told) failed(`traces are not taken: ${(error as Error).message}`);
        told = true;
        return;
      }
    }
  };
  spans.subscribe(hear);
  const timer = setInterval(() => void flush(), exportEveryMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      spans.unsubscribe(hear);
      await flush();
    },
  };
}
