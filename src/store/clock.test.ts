import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { onBothDatabases } from '../testkit/database.ts';
import { clockWatch, waitAnew, waitColumns } from './index.ts';

/** The promise: a clock that was ahead, by hours or by months, and is put right holds no work back for longer than it was meant to wait. */
const minuteMs = 60_000;
const now = new Date('2026-11-28T10:00:00Z');
const later = (ms: number) => new Date(now.getTime() + ms).toISOString();
const monthsMs = 90 * 24 * 60 * minuteMs;
const id = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;

/** Columns that name a time to come and hold nothing back. */
const meansSomethingElse = new Set([
  'auth_two_factor.lockedUntil',
  'archive_run.long_until_day',
  'retention.long_until_day',
  /* written by no release since */ 'connection_gate.next_at',
]);

onBothDatabases('a clock that was ahead', (store) => {
  const rows = async (text: string) => (await sql.raw<Record<string, unknown>>(text).execute(store().db)).rows;
  const put = (table: string, row: Record<string, unknown>) =>
    store().system(async (tx) => {
      await sql`set local session_replication_role = replica`.execute(tx);
      await sql`insert into ${sql.table(table)} (${sql.join(Object.keys(row).map((name) => sql.ref(name)))}) values (${sql.join(Object.values(row))})`.execute(
        tx,
      );
    });

  test('every column that holds work back is known to it', async () => {
    const columns = await rows(`select table_name || '.' || column_name as name from information_schema.columns
      where table_schema = 'public' and column_name ~* '(next_at|claimed_at|not_before|_?until)$'`);
    expect(columns.length).toBeGreaterThan(12);
    const forgotten = columns.map((c) => c.name as string).filter((name) => !waitColumns().has(name) && !meansSomethingElse.has(name));
    expect(forgotten).toEqual([]);
  });

  test.each([3 * 60 * minuteMs, monthsMs])('%i ms ahead: waits are as long as they were meant to be, claims begin now', async (ahead) => {
    const [organization, one, other] = [id(ahead % 97), id(1), id(2)];
    const transfer = { organization_id: organization, document_id: one, connection_id: one, verb: 'issue', created_at: later(0) };
    await put('transfer', {
      ...transfer,
      id: one,
      reference: `a${ahead}`,
      status: 'waiting',
      next_at: later(ahead + 5 * minuteMs),
      updated_at: later(ahead),
    });
    await put('transfer', {
      ...transfer,
      id: other,
      document_id: other,
      reference: `b${ahead}`,
      status: 'sending',
      claimed_at: later(ahead),
      updated_at: later(ahead),
    });
    // Rightly put off for a day: it was not written by the wrong clock.
    await put('transfer', {
      ...transfer,
      id: id(3),
      document_id: id(3),
      reference: `c${ahead}`,
      status: 'waiting',
      next_at: later(24 * 60 * minuteMs),
      updated_at: later(0),
    });
    await put('channel_pull', {
      organization_id: organization,
      connection_id: one,
      counts: '{}',
      started_at: later(ahead),
      next_at: later(ahead + minuteMs),
      claimed_at: later(ahead),
    });
    await put('connection_gate', { organization_id: organization, connection_id: one, open_until: later(ahead + 10 * minuteMs) });
    await put('cause_case', { organization_id: organization, id: one, connection_id: one, code: 'PROVIDER_DOWN', opened_at: later(ahead) });
    await put('pull_reject', {
      organization_id: organization,
      connection_id: one,
      external_id: 'A1',
      raw: '',
      finding: '{}',
      first_at: later(ahead),
      last_at: later(ahead),
    });
    expect(await waitAnew(store(), now, { claims: true })).toBeGreaterThan(3);
    const found = await rows(`select next_at, claimed_at, updated_at from transfer where organization_id = '${organization}' order by id`);
    expect(found).toEqual([
      { next_at: new Date(later(5 * minuteMs)), claimed_at: null, updated_at: now },
      { next_at: null, claimed_at: now, updated_at: now },
      { next_at: new Date(later(24 * 60 * minuteMs)), claimed_at: null, updated_at: now },
    ]);
    expect(await rows(`select next_at, claimed_at from channel_pull where organization_id = '${organization}'`)).toEqual([
      { next_at: new Date(later(minuteMs)), claimed_at: now },
    ]);
    const [gate] = await rows(`select open_until from connection_gate where organization_id = '${organization}'`);
    expect((gate!.open_until as Date).getTime()).toBeLessThanOrEqual(now.getTime());
    // What works from now on is later than the card, and the order is read again by the next run.
    expect(await rows(`select opened_at from cause_case where organization_id = '${organization}'`)).toEqual([{ opened_at: now }]);
    expect(await rows(`select last_at from pull_reject where organization_id = '${organization}'`)).toEqual([{ last_at: now }]);
    expect(await waitAnew(store(), now, { claims: true })).toBe(0);
    // By the right clock, until a moment that was read from a row of the wrong time.
    await sql`update transfer set next_at = ${later(monthsMs)} where organization_id = ${organization} and id = ${one}`.execute(store().db);
    expect(await waitAnew(store(), now, { claims: true })).toBe(1);
    const [taken] = await rows(`select next_at from transfer where organization_id = '${organization}' and id = '${one}'`);
    expect(taken!.next_at).toEqual(now);
  });

  test('a claim of somebody who may still be at it is left as it is: his answer is known by it', async () => {
    const [organization, one] = [id(77), id(1)];
    const ahead = later(monthsMs);
    await put('delivery', {
      organization_id: organization,
      id: one,
      document_id: one,
      way: 'mail',
      key: 'k',
      status: 'sending',
      claimed_at: ahead,
      created_at: ahead,
      updated_at: ahead,
    });
    const claim = async () => (await rows(`select claimed_at from delivery where organization_id = '${organization}'`))[0]!.claimed_at;
    await waitAnew(store(), now, { claims: false });
    expect(await claim()).toEqual(new Date(ahead));
    // Of a machine that is a little ahead all the time it is left even then.
    await sql`update delivery set claimed_at = ${later(5 * minuteMs)} where organization_id = ${organization}`.execute(store().db);
    await waitAnew(store(), now, { claims: true });
    expect(await claim()).toEqual(new Date(later(5 * minuteMs)));
    await sql`update delivery set claimed_at = ${ahead} where organization_id = ${organization}`.execute(store().db);
    expect(await waitAnew(store(), now, { claims: true })).toBe(1);
    expect(await claim()).toEqual(now);
  });

  test('waits are looked after at the start and when the clock went back, claims when nobody can be at them any more', async () => {
    const wentBack = clockWatch();
    const due: unknown[] = [];
    const at = (minutes: number, fails = false) =>
      wentBack(new Date(later(minutes * minuteMs)), async (found) => {
        due.push(found);
        if (fails) throw new Error('the database is away');
      });
    for (const minutes of [0, 1, 19, 20, 21, 90 * 24 * 60]) await at(minutes);
    expect(due.splice(0)).toEqual(['waits', 'waits', 'waits', 'claims', undefined, undefined]);
    // A look that failed is made again.
    for (const minutes of [30, 49]) await at(minutes);
    for (const minutes of [50, 51]) await expect(at(minutes, true)).rejects.toThrow('away');
    for (const minutes of [52, 53]) await at(minutes);
    expect(due).toEqual(['waits', 'waits', 'claims', 'claims', 'claims', undefined]);
  });
});
