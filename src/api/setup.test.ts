import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { testContext } from '../testkit/context.ts';
import { onBothDatabases } from '../testkit/database.ts';
import { createAccounts } from './accounts.ts';
import { setupInput } from './schemas/index.ts';
import { setUp, setupNeeded } from './setup.ts';

/** The promise: a first run that breaks off anywhere can be done again; one that came through, never, by nobody. */
onBothDatabases('the first run', (store) => {
  test('breaks off at the organization, or with its process, and is done again; afterwards nobody does', async () => {
    const ctx = await testContext(store(), { work: false });
    const accounts = createAccounts({
      store: ctx.store,
      secretKey: new Uint8Array(32).fill(7),
      address: { publicUrl: 'http://127.0.0.1:1', given: true },
      now: ctx.now,
      sendMail: async () => false,
      log: ctx.log,
    });
    const input = setupInput.parse({
      organization: { name: 'Sklep Testowy', country: 'PL', taxId: '9991002009', defaultVatRate: '23' },
      email: 'owner@shop.example',
      password: 'a long enough password',
      name: 'Olga Owner',
    });
    const run = () => setUp(ctx, accounts, input);
    const count = async (table: string) => (await sql`select 1 from ${sql.table(table)}`.execute(ctx.store.db)).rows.length;
    await sql`alter table member add constraint none_now check (role = 'nobody') not valid`.execute(ctx.store.db);
    await expect(run()).rejects.toThrow('none_now');
    await sql`alter table member drop constraint none_now`.execute(ctx.store.db);
    expect([await count('auth_user'), await count('organization'), await count('installation')]).toEqual([0, 0, 0]);

    // The process died with the person made, and nothing else.
    await accounts.makeUser({ email: input.email, name: input.name, password: input.password });
    const begun = (at: Date) =>
      sql`insert into installation values ('set-up', ${JSON.stringify({ by: 'gone', at: at.toISOString() })}::text::jsonb)
        on conflict (key) do update set value = excluded.value`.execute(ctx.store.db);
    expect(await setupNeeded(ctx)).toBe(true);
    // Another browser may be at it just now.
    await begun(ctx.now());
    await expect(run()).rejects.toMatchObject({ status: 409 });
    await begun(new Date(ctx.now().getTime() - 60_000));
    const made = await run();
    expect(await count('auth_user')).toBe(1);
    expect(await setupNeeded(ctx)).toBe(false);
    await begun(new Date(0));
    await expect(setUp(ctx, accounts, { ...input, email: 'thief@shop.example' })).rejects.toMatchObject({ status: 409 });
    const { rows } = await sql`select user_id, organization_id from member`.execute(ctx.store.db);
    await ctx.jobs.stop();
    expect(rows).toEqual([{ user_id: made.userId, organization_id: made.organizationId }]);
  });
});
