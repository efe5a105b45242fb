import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { checkTaxFiles } from '../src/books/index.ts';
import { booksDocuments } from '../src/books/source.ts';
import { lettingOthersFirst, sweepImports } from '../src/intake/index.ts';
import { sweepOrderEvents } from '../src/intake-calls/index.ts';
import type { JobHandler, QueueName } from '../src/jobs/index.ts';
import type { Store } from '../src/store/index.ts';
import { testContext, testOrganization } from '../src/testkit/context.ts';
import { freshPostgres } from '../src/testkit/database.ts';
import { beginMany, fillMany, type Many, nowOf } from '../src/testkit/many.ts';
import { type ManyPage, manyKey, manyPages, sampleOf } from '../src/testkit/many-pages.ts';
import { type PlanNode, planOf, recordStatements, type Statement } from '../src/testkit/plans.ts';
import { saleOrder, storeSales } from '../src/testkit/sale.ts';
import { ManualClock } from '../src/testkit/simulator.ts';
import { issueDocuments, prepaymentFor, splitDocument } from '../src/toissue/index.ts';
import { startWorkers } from '../src/workers.ts';
import { type Served, serve } from './api-server.ts';

/**
 * The promise: what a page, a search or a worker asks the database for is found by an index, however much there is. Statements are taken from
 * the driver while the routes answer, and explained as the role they ran as: behind the walls an index may be out of reach that an
 * administrator would use. Nothing may read a whole table, be it to sort it; the planner is told to avoid the plain walk from end to end, so
 * that the test asks whether there is a way and not how small today's table is.
 */
const sales = 8000;
/** One sale in three hours: the months that pages ask for are a small part of the whole. */
const stepMs = 3 * 3600_000;
const avoid = { enable_seqscan: 'off', jit: 'off' };
const big = new Set([
  'document',
  'sales_order',
  'order_alias',
  'delivery',
  'transfer',
  'number_register',
  'audit',
  'payment',
  'allocation',
]);
/** Reading this share of a table is reading all of it. */
const share = 0.6;

/** What reads everything all the same, by page, each with its reason. */
const allowed: Record<string, string> = {
  'count of documents': 'counts up to ten thousand and stops',
  'count of a search': 'looks through the newest ten thousand first',
};

let store: Store;
let served: Served;
let many: Many;
let headers: Record<string, string>;
let rows: Map<string, number>;
const handlers = new Map<QueueName, JobHandler>();

describe.skipIf(!inject('postgresUrl'))('plans', () => {
  beforeAll(async () => {
    store = await freshPostgres();
    served = await serve(store, { idle: true });
    const { ctx } = served.running.edge;
    const clock = new ManualClock('2026-03-03T09:00:00Z');
    ctx.now = () => clock.now();
    many = await beginMany(Object.assign(ctx, { clock }), 3, stepMs);
    await fillMany(store, many, sales);
    clock.set(nowOf(many));
    headers = await manyKey(ctx, many);
    // As the product wires its workers, only that nothing runs by itself.
    const jobs = {
      ...ctx.jobs,
      work: async (queue: QueueName, _: unknown, handler: JobHandler) => void handlers.set(queue, handler),
      every: async () => {},
      alongside: () => {},
    };
    await startWorkers({ ...ctx, jobs }, { renderPdf: async () => new Uint8Array(), sender: undefined });
    // The nights before have been.
    for (const { id } of many.organizations) await handlers.get('night')!({ organizationId: id, id }, new AbortController().signal);
    await sql.raw('analyze').execute(store.db);
    const { rows: counted } = await sql<{ name: string; n: number }>`
      select relname as name, reltuples::float8 as n from pg_class where relname = any(${[...big]}::text[])`.execute(store.db);
    rows = new Map(counted.filter((row) => row.n >= 1000).map((row) => [row.name, row.n]));
  }, 60_000);
  afterAll(async () => {
    await served?.stop();
    await store?.close();
  });

  test('what is multiplied is whole: the chain holds and no number is missing', async () => {
    const { from, to } = { from: '2022-03-01', to: '2022-04-30' };
    const sheet = await served.running.app.inject({ url: `/api/v1/completeness?from=${from}&to=${to}`, headers: asked() });
    expect(sheet.json()).toMatchObject({ gaps: [], audit: { entries: expect.stringMatching(/^\d{4}$/) } });
    expect(sheet.json().audit).not.toHaveProperty('brokenAt');
  });

  test('every page is found by indexes', async () => {
    const sample = await sampleOf(served.running.edge.ctx, many);
    const bad: string[] = [];
    for (const page of manyPages(many, sample)) {
      const statements = await recorded(async () => {
        const answer = await ask(page);
        if (answer.statusCode !== 200) bad.push(`${page.name}: answered ${answer.statusCode} ${answer.body.slice(0, 200)}`);
      });
      const found = await troubles(statements);
      if (allowed[page.name]) {
        if (found.length === 0) bad.push(`${page.name} is allowed to read everything and does not: take it off the list`);
      } else bad.push(...found.map((trouble) => `${page.name}: ${trouble}`));
    }
    expect(bad).toEqual([]);
  }, 60_000);

  test('shortcuts tell the same as looking at everything: a period by its newest, a search by the next rows, an address by its beginning', async () => {
    const { id } = many.organizations[0]!;
    const sample = await sampleOf(served.running.edge.ctx, many);
    // Issued long after its day: the period is not walked by days alone.
    await sql`alter table document disable trigger document_frozen`.execute(store.db);
    await sql`update document set issued_at = issued_at + interval '300 days' where organization_id = ${id} and id = ${sample.documentId}`.execute(
      store.db,
    );
    await sql`alter table document enable trigger document_frozen`.execute(store.db);
    const [from, to] = [sample.day, `${Number(sample.day.slice(0, 4)) + 1}${sample.day.slice(4)}`];
    const list = async (address: string) => {
      const found: string[] = [];
      for (let cursor = ''; ; ) {
        const { items, nextCursor } = (
          await served.running.app.inject({ url: `/api/v1${address}&limit=200${cursor}`, headers: asked() })
        ).json();
        found.push(...items.map((item: { id: string }) => item.id));
        if (!nextCursor) return found;
        cursor = `&cursor=${encodeURIComponent(nextCursor)}`;
      }
    };
    const truth = async (where: ReturnType<typeof sql>, order: string) =>
      (
        await sql<{ id: string }>`select id from document where organization_id = ${id} and ${where} order by ${sql.raw(order)}`.execute(
          store.db,
        )
      ).rows.map((row) => row.id);
    const period = sql`state in ('issued', 'submitted') and issue_date between ${from}::date and ${to}::date`;
    for (const direction of ['asc', 'desc'])
      expect(await list(`/documents?states=issued,submitted&sort=issued&direction=${direction}&from=${from}&to=${to}`)).toEqual(
        await truth(period, `issued_at ${direction}, id ${direction}`),
      );
    const surname = sample.buyer.split(' ').at(-1)!.toLowerCase();
    const named = sql`' ' || search like ${`% ${surname}%`}`;
    expect(await list(`/documents?q=${surname}`)).toEqual(await truth(named, 'created_at desc, id desc'));
    const few = sql`state in ('to_issue', 'refused') and ${named}`;
    expect(await list(`/documents?states=to_issue,refused&q=${surname}`)).toEqual(await truth(few, 'created_at desc, id desc'));
    const count = async (address: string) =>
      (await served.running.app.inject({ url: `/api/v1/documents/count?${address}`, headers: asked() })).json();
    expect(await count(`states=to_issue,refused&q=${surname}`)).toMatchObject({ total: (await truth(few, 'id')).length, more: false });
    const byAddress = await list(`/documents?q=${encodeURIComponent(sample.email)}`);
    expect(byAddress).toEqual(await truth(sql`buyer_email = ${sample.email}`, 'created_at desc, id desc'));
    expect(byAddress).not.toEqual([]);
    expect(await list(`/documents?q=${encodeURIComponent(sample.email.replace('example', 'elsewhere'))}`)).toEqual([]);
    expect(await list(`/orders?q=${encodeURIComponent(sample.email.replace('example', 'elsewhere'))}`)).toEqual([]);
  }, 60_000);

  test('the documents of a tax month are found by indexes', async () => {
    const { id } = many.organizations[0]!;
    const statements = await recorded(async () => {
      for await (const _ of booksDocuments(store, id, { taxFrom: '2024-10-01', taxTo: '2024-10-31' }));
    });
    expect(statements.length).toBeGreaterThan(1);
    expect(await troubles(statements)).toEqual([]);
  });

  test('a search is answered by the index of words alone: in another it would walk through all that the organization has', async () => {
    const { rows: doors } = await sql<{
      name: string;
      body: string;
    }>`select proname as name, prosrc as body from pg_proc where proname like '%_hits'`.execute(store.db);
    expect(doors.map((door) => door.name).sort()).toEqual(['document_hits', 'order_hits', 'payment_hits']);
    for (const { name, body } of doors) {
      const text = body.replaceAll(/\bwords\)/g, "'anna & kowal:*')").replace('limit most', '');
      const plan = await planOf(
        store,
        { text, values: [] },
        { ...avoid, random_page_cost: '1000', 'app.org': `'${many.organizations[0]!.id}'` },
      );
      const indexes = (node: PlanNode): string[] => [node['Index Name'] ?? [], (node.Plans ?? []).map(indexes)].flat(2);
      expect([name, indexes(plan!.root)]).toEqual([name, [expect.stringMatching(/_words$/)]]);
    }
  });

  test('words of the search are found and not counted: that would fold those of every row', async () => {
    const { rows: counted } =
      await sql`select indexname from pg_indexes i join pg_stats s on s.tablename = i.indexname where indexdef like '%words_of(%'`.execute(
        store.db,
      );
    expect(counted).toEqual([]);
  });

  test('every minute’s work is found by indexes', async () => {
    const statements = await recorded(async () => {
      for (const queue of ['sweep', 'digest', 'billing'] as const)
        await handlers.get(queue)!({ organizationId: '', id: '' }, new AbortController().signal);
    });
    expect(statements.length).toBeGreaterThan(20);
    expect(await troubles(statements)).toEqual([]);
  }, 60_000);

  test('what was sold abroad is found without a look at what was sold at home', async () => {
    const { id } = many.organizations[0]!;
    const statements = await recorded(() => checkTaxFiles(served.running.edge.ctx, id, { year: 2026, month: 2 }));
    const looked = statements.filter(({ text }) => text.includes("'destination'"));
    expect(looked).toHaveLength(1);
    expect(await troubles(looked)).toEqual([]);
    const plan = (await planOf(store, looked[0]!, avoid))!;
    const abroad = await sql<{
      n: number;
    }>`select count(*)::int as n from document where organization_id = ${id} and buyer_country <> 'PL'`.execute(store.db);
    expect(readOf(plan.root, 'document'), plan.text).toBeLessThanOrEqual(abroad.rows[0]!.n);
  }, 60_000);

  test('an index that is gone is noticed', async () => {
    await sql.raw('drop index transfer_document').execute(store.db);
    const statements = await recorded(() => ask({ name: '', address: '/documents?states=issued&sort=issued' }));
    expect(await troubles(statements)).not.toEqual([]);
  });

  test('refunds that wait are found by their orders, and an order’s by its keys, among all there ever were', async () => {
    const { ctx } = served.running.edge;
    const { id } = many.organizations[0]!;
    await sql`insert into order_alias (organization_id, scheme, value, order_id) select organization_id, 'group', id::text, id from sales_order where organization_id = ${id}`.execute(
      store.db,
    );
    const event = JSON.stringify({ event: 'refunded', at: '2026-01-01T00:00:00Z', refund: { amount: '1.00' } });
    await sql`with made as (
        insert into order_event (organization_id, id, connection_id, external_id, event, at, done_at)
        select organization_id, gen_random_uuid(), connection_id, external_id, ${event}::jsonb, now(), now() from sales_order where organization_id = ${id} limit 2000 returning *)
      insert into order_event_done (organization_id, event_id, order_id, at)
      select m.organization_id, m.id, o.id, now() from made m join sales_order o on o.organization_id = m.organization_id and o.connection_id = m.connection_id and o.external_id = m.external_id`.execute(
      store.db,
    );
    await sql`insert into order_event (organization_id, id, connection_id, external_id, event, at)
      select organization_id, gen_random_uuid(), connection_id, external_id, ${event}::jsonb, now() from sales_order where organization_id = ${id} order by id desc limit 3`.execute(
      store.db,
    );
    await sql`analyze order_event, order_event_done, order_alias`.execute(store.db);
    const sample = await sampleOf(ctx, many);
    const statements = await recorded(async () => {
      await sweepOrderEvents(ctx);
      await ask({ name: '', address: `/documents/${sample.documentId}` });
    });
    const about = statements.filter(({ text }) => text.includes('order_event'));
    expect(about.length).toBeGreaterThan(1);
    for (const statement of about) {
      const plan = (await planOf(store, statement))!;
      for (const table of ['sales_order', 'order_alias', 'document']) expect(readOf(plan.root, table), plan.text).toBeLessThan(20);
    }
  });

  test('imports that wait are found among all there ever were, every minute and outside of the walls', async () => {
    const { ctx } = served.running.edge;
    const { id } = many.organizations[0]!;
    await sql`insert into import_run (organization_id, id, connection_id, name, status, created_at, finished_at)
      select ${id}, gen_random_uuid(), (select id from connection where organization_id = ${id} limit 1), 'x.xml', 'done', now(), now() from generate_series(1, 3000)`.execute(
      store.db,
    );
    await sql`analyze import_run`.execute(store.db);
    const statements = await recorded(async () => {
      await sweepImports(ctx);
      await lettingOthersFirst(ctx, many.organizations[1]!.id);
    });
    for (const name of ['"status" in', 'w.status = ']) {
      const plan = (await planOf(store, statements.find(({ text }) => text.includes('import_run') && text.includes(name))!))!;
      expect(readOf(plan.root, 'import_run'), plan.text).toBeLessThan(10);
    }
  });
});

describe.skipIf(!inject('postgresUrl'))('plans of an organization that nobody counted', () => {
  test('issuing reads each document, and what was issued of its order, by its own key', async () => {
    const young = await freshPostgres();
    const ctx = await testContext(young, { work: false });
    try {
      await sql.raw('alter table document set (autovacuum_enabled = false)').execute(young.db);
      const organizationId = await testOrganization(ctx);
      const who = { organizationId, actor: 'test' };
      const sales = await storeSales(
        ctx,
        organizationId,
        Array.from({ length: 160 }, () => saleOrder()),
      );
      const ids = sales.map((sale) => sale.documentId);
      await issueDocuments(ctx, who, ids.slice(20));
      const recording = recordStatements(young);
      const results = await issueDocuments(ctx, who, ids.slice(0, 20));
      const statements = recording.stop();
      expect(results.filter((result) => result.outcome === 'issued')).toHaveLength(20);
      // Itself and its order's one document: what the others were issued as concerns none of them. What is locked is read once more.
      for (const [name, times] of [
        ['as shared', 2],
        ['all_of', 3],
      ] as const) {
        const plan = (await planOf(young, statements.find(({ text }) => text.includes(name))!))!;
        expect(readOf(plan.root, 'document'), plan.text).toBeLessThanOrEqual(times * 20);
      }
      // Nor is a sale divided, or billed in advance, by a look at those of others.
      const [divided, advanced] = await storeSales(ctx, organizationId, [saleOrder(), saleOrder()]);
      const deriving = recordStatements(young);
      const taken = [{ lineId: divided!.order.lines[0]!.id, quantity: '1' }];
      expect(await splitDocument(ctx, who, divided!.documentId, taken)).toMatchObject({ outcome: 'created' });
      expect(await prepaymentFor(ctx, who, advanced!.documentId, '10.00', '2026-11-19')).toMatchObject({ outcome: 'created' });
      const counted = deriving
        .stop()
        .filter(({ text }) => text.includes('(substring(purpose') || text.includes('count(*) as n from document'));
      expect(counted).toHaveLength(2);
      for (const statement of counted) {
        const plan = (await planOf(young, statement))!;
        expect(readOf(plan.root, 'document'), plan.text).toBeLessThanOrEqual(2);
      }
    } finally {
      await ctx.jobs.stop();
      await young.close();
    }
  });
});

/** Rows of a table that a plan looked at. */
function readOf(node: PlanNode, table: string): number {
  const own =
    node['Relation Name'] === table
      ? ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) * (node['Actual Loops'] ?? 1)
      : 0;
  return own + (node.Plans ?? []).reduce((sum, one) => sum + readOf(one, table), 0);
}

const asked = () => ({ host: new URL(served.url).host, ...headers });

async function ask(page: ManyPage) {
  const once = (address: string) =>
    served.running.app.inject({
      method: page.body ? 'POST' : 'GET',
      url: `/api/v1${address}`,
      headers: asked(),
      ...(page.body ? { payload: page.body as object } : {}),
    });
  let answer = await once(page.address);
  if (!page.deep || answer.statusCode !== 200) return answer;
  const { nextCursor } = answer.json() as { nextCursor?: string };
  if (nextCursor) answer = await once(`${page.address}&cursor=${encodeURIComponent(nextCursor)}`);
  return answer;
}

async function recorded(work: () => Promise<unknown>): Promise<Statement[]> {
  const recording = recordStatements(store);
  try {
    await work();
  } finally {
    recording.stop();
  }
  return recording.stop();
}

async function troubles(statements: Statement[]): Promise<string[]> {
  const found: string[] = [];
  for (const statement of statements) {
    if (![...big].some((table) => statement.text.includes(table))) continue;
    const plan = await planOf(store, statement, avoid);
    if (!plan) continue;
    for (const trouble of walk(plan.root)) found.push(`${trouble}\n${statement.text.replace(/\s+/g, ' ').slice(0, 600)}\n${plan.text}`);
  }
  return found;
}

/** Nodes that read a whole table, by themselves or through an index that narrows nothing down. */
function walk(node: PlanNode): string[] {
  const table = node['Relation Name'];
  const found: string[] = [];
  const read = ((node['Actual Rows'] ?? 0) + (node['Rows Removed by Filter'] ?? 0)) * Math.max(1, node['Actual Loops'] ?? 1);
  if (table && rows.has(table)) {
    if (node['Node Type'] === 'Seq Scan') found.push(`reads ${table} from end to end`);
    else if (read > share * rows.get(table)!) found.push(`reads ${read} rows of ${table}`);
  }
  return [...found, ...(node.Plans ?? []).flatMap(walk)];
}
