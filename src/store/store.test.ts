import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { startJobs } from '../jobs/index.ts';
import { onBothDatabases } from '../testkit/database.ts';
import type { Loose } from '../testkit/loose.ts';
import {
  audit,
  byLot,
  createVault,
  json,
  jsonRows,
  jsonText,
  newId,
  readSmallFile,
  readTrailAtNight,
  storeFiles,
  Texts,
  verifyAudit,
  verifyAuditSince,
} from './index.ts';

const now = new Date('2026-11-22T10:00:00Z');

async function organization(store: Loose, name: string): Promise<string> {
  const id = newId(now);
  await store.system((tx: Loose) =>
    tx
      .insertInto('organization')
      .values({
        id,
        name,
        country: 'PL',
        zone: 'Europe/Warsaw',
        language: 'pl',
        currency: 'PLN',
        seller: json({}),
        policies: json({}),
        look: json({}),
        created_at: now,
      })
      .execute(),
  );
  return id;
}

const placed = ({ at, size }: { at: number; size: number }) => ({ said_at: at, said_size: size });

onBothDatabases('store', (store) => {
  test('an organization sees and writes only its own rows', async () => {
    const a = await organization(store(), 'A');
    const b = await organization(store(), 'B');
    await store().org(a, (tx) => audit(tx, a, 'test', now, [{ action: 'x', entity: 'thing', entityId: '1' }]));
    expect(await store().org(b, (tx) => tx.selectFrom('audit').selectAll().execute())).toEqual([]);
    expect(await store().org(a, (tx) => tx.selectFrom('audit').selectAll().execute())).toHaveLength(1);
    expect(await store().org(b, (tx) => tx.selectFrom('organization').select('id').execute())).toEqual([{ id: b }]);
    await expect(store().org(b, (tx) => audit(tx, a, 'test', now, [{ action: 'x', entity: 'thing', entityId: '1' }]))).rejects.toThrow();
  });

  test('by lot every row has its turn, whatever stays before it', async () => {
    const ids = Array.from({ length: 12 }, () => newId(now));
    const taken = new Set<string>();
    for (let minute = 0; minute < 120 && taken.size < ids.length; minute++) {
      const at = new Date(now.getTime() + minute * 60_000);
      const { rows } = await sql<{
        id: string;
      }>`select v.id from unnest(${ids}::uuid[]) v(id) order by ${byLot(at, 'v.id')} limit 3`.execute(store().db);
      for (const { id } of rows) taken.add(id);
    }
    expect(taken.size).toBe(ids.length);
  });

  test('the night reads the whole trail in slices and finds what was changed long ago; the sheet reads what came since, and says what the night found', async () => {
    const a = await organization(store(), 'N');
    const step = (name: string) => store().org(a, (tx) => audit(tx, a, 'test', now, [{ action: name, entity: 'thing', entityId: '1' }]));
    const night = async () => {
      let slices = 1;
      while (await store().org(a, (tx) => readTrailAtNight(tx, a, now, 2))) slices++;
      return slices;
    };
    const sheet = () => store().org(a, (tx) => verifyAuditSince(tx, a));
    const known = async () => (await store().org(a, (tx) => tx.selectFrom('audit_read').select('seq').executeTakeFirst()))?.seq;
    const forge = (action: string) =>
      store().system(async (tx) => {
        await sql`alter table audit disable trigger audit_append_only`.execute(tx);
        await sql`update audit set action = ${action} where organization_id = ${a} and seq = 2`.execute(tx);
        await sql`alter table audit enable trigger audit_append_only`.execute(tx);
      });
    for (let i = 1; i <= 5; i++) await step(`step ${i}`);
    expect(await night()).toBe(3);
    // The first sheet after it has nothing to read anew.
    expect(await known()).toBe(5n);
    expect(await sheet()).toEqual({ entries: 5n, wholeAt: now });
    await step('step 6');
    expect(await sheet()).toEqual({ entries: 6n, wholeAt: now });
    expect(await known()).toBe(6n);
    await forge('forged');
    expect(await sheet()).not.toHaveProperty('brokenAt');
    await night();
    expect(await sheet()).toMatchObject({ brokenAt: 2n });
    await forge('step 2');
    expect(await sheet()).toEqual({ entries: 6n, wholeAt: now });
    await night();
    expect(await known()).toBe(6n);
  });

  test('the audit trail is a chain: a changed entry is found, and nobody can change one', async () => {
    const a = await organization(store(), 'C');
    for (let i = 0; i < 5; i++) {
      await store().org(a, (tx) =>
        audit(tx, a, 'test', now, [{ action: `step ${i}`, entity: 'thing', entityId: '1', data: { z: '1', a: ['2', { y: null }] } }]),
      );
    }
    expect(await store().org(a, (tx) => verifyAudit(tx, a))).toEqual({ entries: 5n });
    await expect(
      store().system((tx) => sql`update audit set action = 'forged' where organization_id = ${a} and seq = 3`.execute(tx)),
    ).rejects.toThrow('append-only');
    await store().system(async (tx) => {
      await sql`alter table audit disable trigger audit_append_only`.execute(tx);
      await sql`update audit set action = 'forged' where organization_id = ${a} and seq = 3`.execute(tx);
      await sql`alter table audit enable trigger audit_append_only`.execute(tx);
    });
    expect(await store().org(a, (tx) => verifyAudit(tx, a))).toEqual({ entries: 2n, brokenAt: 3n });
  });

  test('a trail without its head, or cut at its end, is found', async () => {
    const a = await organization(store(), 'E');
    for (let i = 0; i < 3; i++)
      await store().org(a, (tx) => audit(tx, a, 'test', now, [{ action: `step ${i}`, entity: 'thing', entityId: '1' }]));
    const asOwner = (statement: string) =>
      store().system(async (tx) => {
        await sql.raw(`set local session_replication_role = replica; `).execute(tx);
        await sql.raw(statement).execute(tx);
      });
    await asOwner(`delete from audit where organization_id = '${a}' and seq = 3`);
    expect(await store().org(a, (tx) => verifyAudit(tx, a))).toEqual({ entries: 2n, brokenAt: 3n });
    await asOwner(`delete from audit_head where organization_id = '${a}'`);
    expect(await store().org(a, (tx) => verifyAudit(tx, a))).toEqual({ entries: 2n, brokenAt: 3n });
  });

  test('every table of an organization is walled, and the walled role can do nothing elsewhere', async () => {
    const { rows: open } = await store().system((tx) =>
      sql<{ name: string }>`select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relkind = 'r' and exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'organization_id')
          and not (c.relrowsecurity and exists (select 1 from pg_policy p where p.polrelid = c.oid))`.execute(tx),
    );
    expect(open).toEqual([]);
    const { rows: reach } = await store().system((tx) =>
      sql<{ what: string }>`select c.relname || ' ' || p.privilege as what from pg_class c join pg_namespace n on n.oid = c.relnamespace
          cross join unnest(array['SELECT','INSERT','UPDATE','DELETE','TRUNCATE']) p(privilege)
        where n.nspname = 'public' and c.relkind = 'r' and not c.relrowsecurity and has_table_privilege('fakturist_app', c.oid, p.privilege)`.execute(
        tx,
      ),
    );
    expect(reach.map((r) => r.what).sort()).toEqual(['exchange_rate SELECT']);
    // What it does with rights that are not its own: the request gate by name, search and forgetting inside the organization of the transaction.
    const { rows: doors } = await store().system((tx) =>
      sql<{ name: string }>`select proname as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname = 'public' and p.prosecdef and has_function_privilege('fakturist_app', p.oid, 'EXECUTE') order by 1`.execute(tx),
    );
    expect(doors.map((d) => d.name)).toEqual(['audit_forget', 'document_hits', 'gate_lock', 'gate_save', 'order_hits', 'payment_hits']);
  });

  test('the gate of a connection opens inside its organization only; what is shared is reached by its name', async () => {
    const a = await organization(store(), 'G');
    const b = await organization(store(), 'H');
    const id = newId(now);
    await store().system((tx) =>
      sql`insert into connection (organization_id, id, connector, name, status, created_at, updated_at) values (${a}, ${id}, 'x', 'x', 'active', ${now}, ${now})`.execute(
        tx,
      ),
    );
    const lock = (org: string, gate: string) => store().org(org, (tx) => sql`select * from gate_lock(${gate})`.execute(tx));
    expect((await lock(a, `connection:${id}`)).rows).toHaveLength(1);
    await expect(lock(b, `connection:${id}`)).rejects.toThrow(/no connection of this organization/);
    await expect(store().org(b, (tx) => sql`select gate_save(${`connection:${id}`}, null, null, now())`.execute(tx))).rejects.toThrow();
    expect((await lock(b, 'host:provider.example')).rows).toHaveLength(1);
    for (const statement of ['select * from request_gate', 'update request_gate set next_at = now()', 'delete from request_gate'])
      await expect(
        store().org(b, (tx) => sql.raw(statement).execute(tx)),
        statement,
      ).rejects.toThrow(/permission denied/);
  });

  test('the role ends with its transaction, also after an error', async () => {
    const a = await organization(store(), 'F');
    await store()
      .org(a, () => Promise.reject(new Error('broken')))
      .catch(() => {});
    const { rows } = await sql<{
      me: string;
      org: string;
    }>`select current_user as me, coalesce(current_setting('app.org', true), '') as org`.execute(store().db);
    expect(rows[0]!.me).not.toBe('fakturist_app');
    expect(rows[0]!.org).toBe('');
  });

  test('contents lie out of line and are not compressed: lists never read them, and compressing one costs more than writing it', async () => {
    const { rows } = await sql<{ storage: string }>`select attstorage::text as storage from pg_attribute
      where attname = 'content' and attrelid in ('document'::regclass, 'sales_order'::regclass)`.execute(store().db);
    expect(rows).toEqual([{ storage: 'e' }, { storage: 'e' }]);
  });

  test('a text for json holds what a text of the database can hold, and nothing else', async () => {
    const kept = ['zażółć 𝒳', '\u0001\u001f', '\\u0000', '\\\\ud800 \\', '"\n'];
    const { rows } = await sql<{ back: string[] }>`select (${jsonText(kept)}::json)::jsonb as back`.execute(store().db);
    expect(rows[0]!.back).toEqual(kept);
    for (const bad of ['a\u0000', '\ud800', 'x\udfff', '\\\u0000'])
      expect(() => jsonText({ bad }), JSON.stringify(bad)).toThrow(RangeError);
  });

  test('texts cut apart in the database are what went in, and files are the bytes that went in', async () => {
    const a = await organization(store(), 'T');
    const said = ['zażółć gęślą jaźń', '', '{"a":"𝒳\\n\\u0001 \\"x\\""}', 'é'.repeat(5000), '終'];
    const texts = new Texts(8);
    const rows = [...said.map((text, n) => ({ n, ...placed(texts.add(text)) })), { n: said.length, said_at: null, said_size: null }];
    const { rows: back } = await sql<{ said: string | null }>`with texts as materialized (select ${texts.bytes} as bytes)
      select ${Texts.of('r.said')} as said from texts, json_to_recordset(${jsonRows(rows)}) as r(n int, said_at int, said_size int) order by n`.execute(
      store().db,
    );
    expect(back.map((row) => row.said)).toEqual([...said, null]);
    const files = [Buffer.from([0, 255, 92, 120, 0]), Buffer.alloc(0), Buffer.alloc(1024 * 1024 + 7, 'aé\0')];
    const kept = await store().org(a, (tx) =>
      storeFiles(
        tx,
        a,
        now,
        files.map((bytes, n) => ({ name: `${n}`, mediaType: 'x/y', bytes })),
      ),
    );
    for (const [n, { id }] of kept.entries()) {
      const file = await store().org(a, (tx) => readSmallFile(tx, a, id));
      expect([file!.name, file!.bytes.equals(files[n]!)]).toEqual([`${n}`, true]);
    }
  });

  test('a job is enqueued with the transaction or not at all, and is worked', async () => {
    const a = await organization(store(), 'D');
    const jobs = await startJobs(store(), { work: true });
    try {
      const seen: string[] = [];
      await jobs.work('deliver', { concurrency: 4 }, async (data) => {
        seen.push(data.id);
      });
      await store().org(a, (tx) =>
        jobs.enqueue(tx, 'deliver', [
          { organizationId: a, id: '1' },
          { organizationId: a, id: '2' },
        ]),
      );
      await store()
        .org(a, async (tx) => {
          await jobs.enqueue(tx, 'deliver', [{ organizationId: a, id: '3' }]);
          throw new Error('rolled back');
        })
        .catch(() => {});
      await jobs.idle();
      expect(seen.sort()).toEqual(['1', '2']);
    } finally {
      await jobs.stop();
    }
  });
});

test('secrets are bound to their owner and unreadable with another key', () => {
  const vault = createVault(Buffer.alloc(32, 1));
  const sealed = vault.seal('org/connection', { key: 'geheim' });
  expect(Buffer.from(sealed).includes('geheim')).toBe(false);
  expect(vault.open('org/connection', sealed).key!.reveal()).toBe('geheim');
  expect(String(vault.open('org/connection', sealed).key)).toBe('***');
  expect(() => vault.open('other/connection', sealed)).toThrow();
  expect(() => createVault(Buffer.alloc(32, 2)).open('org/connection', sealed)).toThrow();
});
