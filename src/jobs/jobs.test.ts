import { expect, test } from 'vitest';
import { testContext, testOrganization } from '../testkit/context.ts';
import { onBothDatabases } from '../testkit/database.ts';

/** The promise: jobs that wait are done one after another, and none of them waits for a look of the clock. */
onBothDatabases('jobs', (store) => {
  test.each([1, 3])(
    'a queue that takes one job at a time, in %i lanes, goes on at once with the next',
    async (lanes) => {
      const ctx = await testContext(store(), { work: true });
      try {
        const organizationId = await testOrganization(ctx);
        const done: string[] = [];
        const [queue, how] =
          lanes === 1 ? (['import-file', { concurrency: 1 }] as const) : (['pull-orders', { concurrency: lanes, lanes }] as const);
        await ctx.jobs.work(queue, how, async ({ id }) => void done.push(id));
        const ids = Array.from({ length: 8 }, (_, n) => String(n));
        const began = performance.now();
        await ctx.store.org(organizationId, (tx) =>
          ctx.jobs.enqueue(
            tx,
            queue,
            ids.map((id) => ({ organizationId, id })),
          ),
        );
        await expect.poll(() => done.length, { timeout: 20_000, interval: 20 }).toBe(ids.length);
        // One look every two seconds, or every thirty, would take far longer for eight.
        expect(performance.now() - began).toBeLessThan(10_000);
        expect([...done].sort()).toEqual(ids);
      } finally {
        await ctx.jobs.stop();
      }
    },
    60_000,
  );

  test('a job that is to begin in a moment begins then', async () => {
    const ctx = await testContext(store(), { work: true });
    try {
      const organizationId = await testOrganization(ctx);
      const done: string[] = [];
      const ask = (id: string, startAfter?: Date) =>
        ctx.store.org(organizationId, (tx) => ctx.jobs.enqueue(tx, 'agent-files', [{ organizationId, id }], startAfter && { startAfter }));
      // As a file does that lets others go first: its worker looks once more, finds nothing that is due, and sleeps for half a minute.
      await ctx.jobs.work('agent-files', { concurrency: 1 }, async ({ id }) => {
        done.push(id);
        if (id === 'now') await ask('soon', new Date(Date.now() + 1000));
      });
      await ask('now');
      await expect.poll(() => done, { timeout: 20_000, interval: 20 }).toEqual(['now']);
      const began = performance.now();
      await expect.poll(() => done, { timeout: 40_000, interval: 20 }).toEqual(['now', 'soon']);
      expect(performance.now() - began).toBeLessThan(20_000);
    } finally {
      await ctx.jobs.stop();
    }
  }, 90_000);
});
