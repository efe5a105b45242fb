import { sql } from 'kysely';
import { addPlainConnection, guardedFetch } from '../src/connections/index.ts';
import type { Order } from '../src/domain/orders/order.ts';
import { type Context, startJobs } from '../src/jobs/index.ts';
import { createVault, json, newId, type Store } from '../src/store/index.ts';
import { polishSeller, testOrganization } from '../src/testkit/context.ts';
import { issueDocuments, prepareOrders, saveSeries, startIssueRun, workIssueRun } from '../src/toissue/index.ts';
import { cpuNote, cpuTimed, keep, quantile, timed } from './measure.ts';

/** Issue: bulk into one series, and single documents by 1, 8 and 32 writers, beside the same work in bare SQL. */
export async function benchContext(store: Store): Promise<Context> {
  return {
    store,
    jobs: await startJobs(store, { work: false }),
    vault: createVault(Buffer.alloc(32, 1)),
    now: () => new Date(),
    connectors: new Map(),
    publicUrl: 'http://localhost',
    buyerLinks: true,
    fetch: guardedFetch,
    log: () => {},
  };
}

const places = {
  PL: { currency: 'PLN', unit: '19.99', line: '39.98', delivery: '12.99', total: '172.91', postalCode: '30-001', city: 'Kraków' },
  HU: { currency: 'HUF', unit: '1990.00', line: '3980.00', delivery: '990.00', total: '16910.00', postalCode: '1011', city: 'Budapest' },
};
type BenchCountry = keyof typeof places;

function benchOrder(n: number, country: BenchCountry = 'PL'): Order {
  const { currency, unit, line, delivery, total, postalCode, city } = places[country];
  const day = new Date(Date.now() - 3600_000).toISOString();
  return {
    externalId: `B-${n}`,
    aliases: [],
    channel: 'bench',
    status: 'ready',
    orderedAt: day,
    paidAt: day,
    currency,
    buyer: {
      firstName: 'Anna',
      lastName: `Kowalska ${n}`,
      street: 'ul. Długa 2',
      postalCode,
      city,
      country,
      taxIds: [],
      email: `anna${n}@example.com`,
      emailKind: 'direct',
    },
    invoiceRequest: { requested: true, explicit: true },
    delivery: { gross: delivery, method: 'Kurier', tracking: [] },
    lines: Array.from({ length: 4 }, (_, i) => ({
      id: String(i + 1),
      kind: 'goods' as const,
      name: `Towar ${i + 1}`,
      sku: `SKU-${i}`,
      quantity: '2',
      unitGross: unit,
      gross: line,
    })),
    adjustments: [],
    payments: [{ method: 'online', status: 'paid', amount: total, at: day }],
    declaredTotal: total,
    messages: {},
    refunds: [],
    documentedElsewhere: [],
    findings: [],
  };
}

export async function prepareMany(ctx: Context, organizationId: string, count: number, country: BenchCountry = 'PL'): Promise<string[]> {
  const who = { organizationId, actor: 'bench' };
  const ids: string[] = [];
  const connectionId = newId(ctx.now());
  const now = ctx.now();
  await ctx.store.org(organizationId, (tx) =>
    addPlainConnection(tx, organizationId, { id: connectionId, connector: 'bench', name: 'bench' }, now),
  );
  for (let from = 0; from < count; from += 500) {
    const items = Array.from({ length: Math.min(500, count - from) }, (_, i) => ({
      orderId: newId(ctx.now()),
      order: benchOrder(from + i, country),
    }));
    await ctx.store.org(organizationId, async (tx) => {
      const rows = items.map(({ orderId, order }) => ({
        id: orderId,
        e: order.externalId,
        at: order.orderedAt,
        c: order,
        cur: order.currency,
      }));
      await sql`insert into sales_order (organization_id, id, connection_id, external_id, channel, status, ordered_at, currency, total_minor, suggestion, content, content_hash, created_at, updated_at)
        select ${organizationId}, r.id, ${connectionId}, r.e, 'bench', 'ready', r.at::timestamptz, r.cur, 17291, 'INVOICE_PERSON', r.c, '', now(), now() from jsonb_to_recordset(${json(rows)}) as r(id uuid, e text, at text, c jsonb, cur text)`.execute(
        tx,
      );
      const made = await prepareOrders(tx, ctx, who, items);
      ids.push(...made.map((m) => m.documentId!));
    });
  }
  return ids;
}

/** What a document holds: the baseline stores as much, so that it does the same work. */
async function contentOf(store: Store, id: string): Promise<unknown> {
  return (await store.db.selectFrom('document').select('content').where('id', '=', id).executeTakeFirstOrThrow()).content;
}

/** The same by hand: next numbers, documents, five lines and a job row, one statement for 100 documents. */
async function bareBulk(store: Store, count: number, body: unknown): Promise<{ ms: number; cpuMs: number | undefined }> {
  await store.system(async (tx) => {
    await sql.raw('create table if not exists bare_series (id int primary key, next_no bigint)').execute(tx);
    await sql.raw('create table if not exists bare_doc (id uuid primary key, no bigint, body jsonb)').execute(tx);
    await sql.raw('create table if not exists bare_line (doc uuid, pos int, name text, gross bigint)').execute(tx);
    await sql.raw('create table if not exists bare_job (id uuid, kind text)').execute(tx);
    await sql.raw('insert into bare_series values (1, 1) on conflict do nothing').execute(tx);
  });
  return cpuTimed(store, async () => {
    for (let i = 0; i < count; i += 100) {
      const rows = Array.from({ length: 100 }, (_, n) => ({ n, id: newId(new Date()), body }));
      await store.system((tx) =>
        sql`with taken as (update bare_series set next_no = next_no + 100 where id = 1 returning next_no - 100 as first),
          r as (select * from jsonb_to_recordset(${json(rows)}) as r(n int, id uuid, body jsonb)),
          d as (insert into bare_doc select r.id, taken.first + r.n, r.body from r, taken returning id),
          l as (insert into bare_line select d.id, p, 'Towar', 3998 from d, generate_series(1,5) p)
          insert into bare_job select d.id, 'deliver' from d`.execute(tx),
      );
    }
  });
}

async function bareSingle(
  store: Store,
  count: number,
  writers: number,
  series: number,
  body: unknown,
): Promise<{ rate: number; p99: number }> {
  await sql`insert into bare_series select n, 1 from generate_series(1, ${series}::int) n on conflict do nothing`.execute(store.db);
  const times: number[] = [];
  let left = count;
  const ms = await timed(() =>
    Promise.all(
      Array.from({ length: writers }, async () => {
        for (let n = left--; n > 0; n = left--) {
          times.push(
            await timed(() =>
              store.system(async (tx) => {
                const { rows } = await sql<{
                  no: bigint;
                }>`update bare_series set next_no = next_no + 1 where id = ${1 + (n % series)} returning next_no - 1 as no`.execute(tx);
                const id = newId(new Date());
                await sql`insert into bare_doc values (${id}, ${rows[0]!.no}, ${json(body)})`.execute(tx);
                await sql`insert into bare_line select ${id}::uuid, p, 'Towar', 3998 from generate_series(1,5) p`.execute(tx);
                await sql`insert into bare_job values (${id}, 'deliver')`.execute(tx);
              }),
            ),
          );
        }
      }),
    ),
  );
  return { rate: (count / ms) * 1000, p99: quantile(times, 0.99) };
}

/** Spreads documents over as many series, each with a pattern of its own. */
async function intoSeries(ctx: Context, organizationId: string, ids: string[], count: number): Promise<void> {
  const made: string[] = [];
  for (let i = 0; i < count; i++) {
    const name = `S${newId(ctx.now()).slice(-6)}${i}`;
    const saved = await saveSeries(
      ctx,
      { organizationId, actor: 'bench' },
      { name, kind: 'invoice', pattern: `${name}/{n}/{yyyy}`, reset: 'yearly' },
    );
    if ('findings' in saved) throw new Error(`no series: ${saved.findings[0]?.code}`);
    made.push(saved.series.id);
  }
  await sql`update document d set series_id = (${made}::uuid[])[1 + (n.place % ${count}::int)] from unnest(${ids}::uuid[]) with ordinality as n(id, place)
    where d.organization_id = ${organizationId} and d.id = n.id`.execute(ctx.store.db);
}

export async function benchIssue(store: Store, name: string, count: number): Promise<void> {
  const ctx = await benchContext(store);
  try {
    const organizationId = await testOrganization(ctx, polishSeller);
    const who = { organizationId, actor: 'bench' };
    const bulk = await prepareMany(ctx, organizationId, count);
    const body = await contentOf(store, bulk[0]!);
    const bare = await bareBulk(store, count, body);
    const { runId } = await startIssueRun(ctx, who, { ids: bulk }, {});
    const { ms, cpuMs } = await cpuTimed(store, () => workIssueRun(ctx, organizationId, runId));
    keep({
      what: `bulk issue into one series (${name})`,
      value: (count / ms) * 1000,
      unit: 'documents/s',
      bare: (count / bare.ms) * 1000,
      target: '≥ 0.35',
      note: cpuNote(count, cpuMs, bare.cpuMs),
    });
    for (const { writers, series } of [
      { writers: 1, series: 1 },
      { writers: 8, series: 1 },
      { writers: 32, series: 1 },
      { writers: 8, series: 8 },
      { writers: 32, series: 8 },
    ]) {
      const singles = await prepareMany(ctx, organizationId, Math.min(count, 640));
      if (series > 1) await intoSeries(ctx, organizationId, singles, series);
      const bare = await bareSingle(store, singles.length, writers, series, body);
      const times: number[] = [];
      const queue = [...singles];
      const took = await timed(() =>
        Promise.all(
          Array.from({ length: writers }, async () => {
            for (let id = queue.pop(); id; id = queue.pop()) {
              const one = id;
              times.push(
                await timed(async () => {
                  const [result] = await issueDocuments(ctx, who, [one]);
                  if (result?.outcome !== 'issued') throw new Error(`not issued: ${JSON.stringify(result)}`);
                }),
              );
            }
          }),
        ),
      );
      keep({
        what: `single issue, ${writers} writer${writers > 1 ? 's' : ''} on ${series > 1 ? `${series} series` : 'one series'} (${name})`,
        value: (singles.length / took) * 1000,
        unit: 'documents/s',
        bare: bare.rate,
        target: writers === 8 && series === 1 ? '≥ 0.5, p99 ≤ 50 ms' : undefined,
        note: `p99 ${quantile(times, 0.99).toFixed(0)} ms (bare ${bare.p99.toFixed(0)} ms)`,
      });
    }
  } finally {
    await ctx.jobs.stop();
  }
}
