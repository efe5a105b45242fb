import { afterAll, beforeAll, expect, test } from 'vitest';
import { prepareMany } from '../bench/issue.ts';
import { shopAt } from '../bench/transfer.ts';
import { connector as allegroFile } from '../connectors/allegro-file/connector.ts';
import { connector as szamlazz } from '../connectors/szamlazz/connector.ts';
import { type SzamlazzSimulator, startSzamlazzSimulator } from '../connectors/szamlazz/simulator.ts';
import { createImport } from '../src/intake/index.ts';
import type { Context, JobData, JobHandler, Jobs, QueueName } from '../src/jobs/index.ts';
import { type Store, storeStream } from '../src/store/index.ts';
import { testContext, testOrganization } from '../src/testkit/context.ts';
import { freshEmbedded } from '../src/testkit/database.ts';
import { saleOrder, storeSales } from '../src/testkit/sale.ts';
import { issueDocuments, startIssueRun } from '../src/toissue/index.ts';
import { startWorkers } from '../src/workers.ts';
import { orderFile } from './crash.ts';

/** The promise: a busy organization does not starve the others, neither with many files, nor with a long bulk issue, nor with its provider. */
let store: Store;
let simulator: SzamlazzSimulator;
let ctx: Context;
let jobs: Queue;
let at = Date.parse('2026-11-20T09:00:00Z');
/** Each look at the clock takes so long, however fast the machine is. */
let stepMs = 10;

/** A queue that gives out what came first, and each kind of work only as often side by side as it allows. */
class Queue implements Jobs {
  readonly waiting: { queue: QueueName; data: JobData; at: number }[] = [];
  readonly workers = new Map<QueueName, { most: number; handler: JobHandler }>();
  async enqueue(...[, queue, list, more]: Parameters<Jobs['enqueue']>): Promise<void> {
    for (const data of list) this.waiting.push({ queue, data, at: more?.startAfter?.getTime() ?? 0 });
  }
  async work(...[queue, { concurrency }, handler]: Parameters<Jobs['work']>): Promise<void> {
    this.workers.set(queue, { most: concurrency, handler });
  }
  async underWay(queue: QueueName, ids: string[]): Promise<Set<string>> {
    return new Set(ids.filter((id) => this.waiting.some((job) => job.queue === queue && job.data.id === id)));
  }
  async givenUp(): Promise<Map<string, string>> {
    return new Map();
  }
  async every(): Promise<void> {}
  async idle(): Promise<void> {}
  alongside(): void {}
  async stop(): Promise<void> {}

  /** Works through one kind of work; asked after each piece whether to go on. */
  async run(queue: QueueName, goOn: () => Promise<boolean>): Promise<void> {
    const { most, handler } = this.workers.get(queue)!;
    let ended = false;
    const lane = async () => {
      while (!ended) {
        const due = this.waiting.filter((j) => j.queue === queue).sort((a, b) => a.at - b.at);
        const next = due.find((j) => j.at <= at) ?? due[0];
        if (!next) return;
        this.waiting.splice(this.waiting.indexOf(next), 1);
        at = Math.max(at, next.at);
        await handler(next.data, new AbortController().signal);
        ended ||= !(await goOn());
      }
    };
    await Promise.all(Array.from({ length: most }, lane));
  }
}

beforeAll(async () => {
  store = await freshEmbedded();
  simulator = await startSzamlazzSimulator({ now: () => new Date(at) });
  jobs = new Queue();
  const base = await testContext(store, { work: false, connectors: [allegroFile, szamlazz] });
  await base.jobs.stop();
  const now = () => {
    at += stepMs;
    return new Date(at);
  };
  ctx = { ...base, jobs, now };
  await startWorkers(ctx, { renderPdf: async () => Buffer.from('%PDF-1.7') });
}, 60_000);
afterAll(async () => {
  await simulator.close();
  await store.close();
});

const issued = async (organizationId: string) =>
  Number(
    (
      await store.db
        .selectFrom('document')
        .select((e) => e.fn.countAll<bigint>().as('n'))
        .where('organization_id', '=', organizationId)
        .where('state', '=', 'issued')
        .executeTakeFirstOrThrow()
    ).n,
  );

test('many files of one organization are read in turn with the one file of another', async () => {
  const busy = await testOrganization(ctx);
  const small = await testOrganization(ctx);
  const upload = async (organizationId: string, n: number) => {
    const bytes = Buffer.from(orderFile(2, n));
    const source = (async function* () {
      yield bytes;
    })();
    const file = await storeStream(store, organizationId, ctx.now(), {
      name: 'orders.xml',
      mediaType: 'application/xml',
      source,
      limitBytes: 1e6,
    });
    if ('tooLarge' in file) throw new Error('too large');
    await store.org(organizationId, (tx) =>
      createImport(
        tx,
        ctx,
        { organizationId, actor: 'test' },
        {
          connector: 'allegro-file',
          file: { id: file.id, sha256: file.sha256 },
          name: 'orders.xml',
          sizeBytes: bytes.length,
          options: { kind: 'invoice', defaultVatRate: '23' },
        },
      ),
    );
  };
  for (let n = 1; n <= 8; n++) await upload(busy, n);
  await upload(small, 100);
  const read = async (organizationId: string) =>
    (
      await store.db
        .selectFrom('import_run')
        .select('id')
        .where('organization_id', '=', organizationId)
        .where('status', '=', 'done')
        .execute()
    ).length;
  await jobs.run('import-file', async () => (await read(small)) === 0);
  expect(await read(busy)).toBeLessThanOrEqual(2);
  await jobs.run('import-file', async () => true);
  expect([await read(busy), await read(small)]).toEqual([8, 1]);
});

test('a long bulk issue gives up its turn to a short one', async () => {
  stepMs = 200;
  const busy = await testOrganization(ctx);
  const small = await testOrganization(ctx);
  for (const [organizationId, count] of [
    [busy, 400],
    [small, 3],
  ] as const) {
    const sales = await storeSales(
      ctx,
      organizationId,
      Array.from({ length: count }, (_, i) => saleOrder({ externalId: `S${i}`, number: `S${i}` })),
    );
    await startIssueRun(ctx, { organizationId, actor: 'test' }, { ids: sales.map((s) => s.documentId!) }, {});
  }
  await jobs.run('issue-batch', async () => (await issued(small)) < 3);
  expect(await issued(small)).toBe(3);
  expect(await issued(busy)).toBeLessThan(400);
  await jobs.run('issue-batch', async () => true);
  expect(await issued(busy)).toBe(400);
});

const transfers = (organizationId: string) =>
  store.db.selectFrom('transfer').select('status').where('organization_id', '=', organizationId).execute();

test('what one connection has for its provider goes beside what another has', async () => {
  stepMs = 1;
  const at = (key: string) => ({ url: simulator.agentUrl, key });
  const [busy, small] = [await shopAt(ctx, 'Nagy', at(simulator.keys.A)), await shopAt(ctx, 'Kicsi', at(simulator.keys.B))];
  const accepted = async (organizationId: string) => (await transfers(organizationId)).filter((t) => t.status === 'accepted').length;
  for (const [organizationId, count] of [
    [busy, 60],
    [small, 2],
  ] as const)
    await issueDocuments(ctx, { organizationId, actor: 'test' }, await prepareMany(ctx, organizationId, count, 'HU'));
  let besides: number | undefined;
  await jobs.run('transfer', async () => {
    if (besides === undefined && (await accepted(small)) === 2) besides = await accepted(busy);
    return true;
  });
  expect([await accepted(busy), await accepted(small)]).toEqual([60, 2]);
  expect(besides).toBeLessThan(60);
});
