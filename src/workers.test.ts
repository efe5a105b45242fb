import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepUpload } from './intake/index.ts';
import type { JobHandler } from './jobs/index.ts';
import { type Store, storeStream } from './store/index.ts';
import { testContext, testOrganization } from './testkit/context.ts';
import { freshEmbedded } from './testkit/database.ts';
import { startWorkers } from './workers.ts';

/** The promise: what is looked after each minute is looked after whatever became of the rest. */
let store: Store;
beforeAll(async () => {
  store = await freshEmbedded();
});
afterAll(() => store.close());

test('a sweep that fails keeps no other from its turn, and is told of', async () => {
  const ctx = await testContext(store, { work: false });
  const organizationId = await testOrganization(ctx);
  const source = (async function* () {
    yield new Uint8Array(1);
  })();
  const file = await storeStream(store, organizationId, ctx.now(), { name: 'a.csv', mediaType: 'text/csv', limitBytes: 10, source });
  if ('tooLarge' in file) throw new Error('one byte');
  await keepUpload(ctx, organizationId, file.id);
  ctx.clock.set('2026-11-22T09:00:00Z');
  const told: unknown[] = [];
  const work = new Map<string, JobHandler>();
  const jobs = { ...ctx.jobs, work: async (queue: string, _: unknown, handler: JobHandler) => void work.set(queue, handler) };
  const broken = {
    get connectors(): never {
      throw new Error('no connectors');
    },
    jobs,
    log: (...[level, message, fields]: [string, string, object?]) => void told.push([level, message, fields]),
  };
  const working = Object.defineProperties({ ...ctx }, Object.getOwnPropertyDescriptors(broken)) as typeof ctx;
  await startWorkers(working, { renderPdf: async () => new Uint8Array() });
  await work.get('sweep')!({ organizationId: '', id: '' }, new AbortController().signal);
  expect(told).toContainEqual(['error', 'a sweep failed', { sweep: 'sweepNotices', error: 'no connectors' }]);
  expect(await store.db.selectFrom('upload').selectAll().execute()).toEqual([]);
  await ctx.jobs.stop();
});
