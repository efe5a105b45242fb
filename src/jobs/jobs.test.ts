import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { testContext, testOrganization } from '../testkit/context.ts';
import { onBothDatabases } from '../testkit/database.ts';
import { dueAnew } from './index.ts';

/** The promise: jobs that wait are done one after another, and none of them waits for a look of the clock, or for a day that was never there. */
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

  test("after the database's clock was a month ahead the calendar goes on, and what was due then is due", async () => {
    const ctx = await testContext(store(), { work: false });
    try {
      const organizationId = await testOrganization(ctx);
      await ctx.store.org(organizationId, (tx) => ctx.jobs.enqueue(tx, 'agent-files', [{ organizationId, id: 'a' }]));
      const write = (text: string) => sql.raw(text).execute(ctx.store.db);
      const ahead = "now() + interval '30 days'";
      await write(`update pgboss.version set cron_on = ${ahead}`);
      // Tried by the wrong clock, and to be tried again a minute after.
      await write(
        `update pgboss.job set state = 'retry', started_on = ${ahead}, start_after = ${ahead} + interval '1 minute' where data->>'id' = 'a'`,
      );
      await write(`insert into pgboss.job (name, data, state, created_on, completed_on, singleton_on, singleton_key)
        values ('agent-files', '{"id":"slot"}', 'completed', ${ahead}, ${ahead}, (${ahead}) at time zone 'UTC', 'x')`);
      expect(await dueAnew(ctx.store)).toBe(true);
      const { rows } = await sql<Record<string, boolean>>`select (select cron_on <= now() from pgboss.version) as cron,
        (select start_after <= now() + interval '1 minute' and started_on <= now() and completed_on is null from pgboss.job where data->>'id' = 'a') as due,
        (select singleton_on is null from pgboss.job where data->>'id' = 'slot') as free`.execute(ctx.store.db);
      expect(rows).toEqual([{ cron: true, due: true, free: true }]);
      expect(await dueAnew(ctx.store)).toBe(false);
    } finally {
      await ctx.store.db.executeQuery(sql`delete from pgboss.job`.compile(ctx.store.db));
      await ctx.jobs.stop();
    }
  }, 60_000);

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
