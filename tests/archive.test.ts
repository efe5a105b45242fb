import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { documentRoutes } from '../src/api/routes/documents.ts';
import { orderRoutes } from '../src/api/routes/orders.ts';
import { partyRoutes } from '../src/api/routes/parties.ts';
import {
  archiveOverview,
  cancelArchive,
  firstKeptDay,
  forgetRaw,
  openPart,
  readRun,
  removeArchived,
  saveRetention,
  startArchive,
  sweepArchives,
  workArchive,
} from '../src/archive/index.ts';
import { addPlainConnection } from '../src/connections/index.ts';
import { documentPdf, queueMails } from '../src/delivery/index.ts';
import { documentDraftSchema } from '../src/domain/documents/index.ts';
import { storeOrders } from '../src/intake/index.ts';
import { completeness } from '../src/reconcile/index.ts';
import { audit, newId, type Store, type Tx, verifyAudit } from '../src/store/index.ts';
import { type TestContext, testContext, testOrganization } from '../src/testkit/context.ts';
import { onBothDatabases, untilItWaits } from '../src/testkit/database.ts';
import { type StoredSale, saleOrder, storeSales, storeOrders as storeUndocumented } from '../src/testkit/sale.ts';
import {
  correctDocument,
  createDocument,
  gapsOf,
  getDocument,
  issueDocuments,
  listSeries,
  mergeDocuments,
  policiesOf,
  queryDocuments,
  readOrganization,
  restoreDocuments,
  type Who,
  withdrawDocuments,
} from '../src/toissue/index.ts';
import { archiveEntries } from './archive-entries.ts';

/**
 * The promises: nothing leaves before its term, by no way; what leaves is in a file first, whole and with its fingerprints, and somebody took
 * that file; what stays tells number, day and amounts, keeps every series whole and the audit chain provable; nothing of the buyer is left
 * anywhere; a process that dies at any step neither loses nor does anything twice.
 */
const render = async () => new TextEncoder().encode('%PDF-1.7 of nobody in particular');
const mark = 'Zapomnianowski';
const buyer = {
  firstName: 'Ewa',
  lastName: mark,
  street: `ul. ${mark} 2`,
  postalCode: '30-001',
  city: 'Kraków',
  country: 'PL',
  taxIds: [],
  email: `${mark.toLowerCase()}@example.com`,
  emailKind: 'direct' as const,
};

test('the term counts from the end of the year that the law names', () => {
  const poland = { from: 1, years: 5 } as const;
  expect(firstKeptDay('2026-11-20', poland, 12)).toBe('2020-01-01');
  expect(firstKeptDay('2026-12-31', poland, 12)).toBe('2020-01-01');
  expect(firstKeptDay('2027-01-01', poland, 12)).toBe('2021-01-01');
  // Sweden: a financial year that ends in April is named after the year of that April.
  expect(firstKeptDay('2026-11-20', { from: 0, years: 7 }, 12)).toBe('2019-01-01');
  expect(firstKeptDay('2026-11-20', { from: 0, years: 7 }, 4)).toBe('2018-05-01');
  expect(firstKeptDay('2026-11-20', { from: 1, years: 8 }, 12)).toBe('2017-01-01');
});

onBothDatabases('archive', (store) => {
  let ctx: TestContext;
  let who: Who;
  let old: StoredSale[];
  let corrected: StoredSale;
  let young: StoredSale;

  beforeEach(async () => {
    ctx = await testContext(store(), { now: '2018-05-10T09:00:00Z', work: false });
    who = { organizationId: await testOrganization(ctx), actor: 'owner' };
    const of2018 = (externalId: string, more = {}) =>
      saleOrder({
        externalId,
        number: externalId,
        orderedAt: '2018-05-10T08:00:00Z',
        paidAt: '2018-05-10T08:05:00Z',
        payments: [{ method: 'online', status: 'paid', at: '2018-05-10T08:05:00Z' }],
        ...more,
      });
    old = await storeSales(
      ctx,
      who.organizationId,
      ['old-1', 'old-2', 'old-3'].map((id) => of2018(id, { buyer })),
    );
    [corrected] = (await storeSales(ctx, who.organizationId, [of2018('corrected')])) as [StoredSale];
    await issue([...old, corrected].map((sale) => sale.documentId));
    for (const { documentId } of old) await documentPdf(ctx, render, who.organizationId, documentId);
    await traces(old[0]!.documentId, old[0]!.orderId);
    ctx.clock.set('2024-03-01T09:00:00Z');
    const correction = await correctDocument(ctx, who, corrected.documentId, { reason: 'zwrot', reasonCode: 'return', cancel: true });
    if (!('id' in correction)) throw new Error(JSON.stringify(correction));
    await issue([correction.id]);
    [young] = (await storeSales(ctx, who.organizationId, [
      saleOrder({
        externalId: 'young',
        orderedAt: '2024-03-01T08:00:00Z',
        paidAt: '2024-03-01T08:05:00Z',
        payments: [{ method: 'online', status: 'paid', at: '2024-03-01T08:05:00Z' }],
      }),
    ])) as [StoredSale];
    await issue([young.documentId]);
    ctx.clock.set('2026-11-20T09:00:00Z');
  });
  afterEach(async () => {
    await ctx.jobs.stop();
  });

  const org = <T>(work: (tx: Tx) => Promise<T>) => store().org(who.organizationId, work);
  async function issue(ids: string[]) {
    for (const result of await issueDocuments(ctx, who, ids)) if (result.outcome !== 'issued') throw new Error(JSON.stringify(result));
  }
  /** What else knows of the buyer: a mail, a provider's answer, a question, a payment. */
  async function traces(documentId: string, orderId: string) {
    const id = (n: number) => `0163491f-0000-7000-8000-00000000000${n}`;
    const o = who.organizationId;
    await store().system(async (tx) => {
      await sql`update sales_order set raw = ${`<order>${mark}</order>`} where id = ${orderId}`.execute(tx);
      await sql`insert into delivery (organization_id, id, document_id, way, key, recipient, status, created_at, updated_at) values (${o}, ${id(1)}, ${documentId}, 'mail', ${`k${o}`}, ${buyer.email}, 'handed_over', now(), now())`.execute(
        tx,
      );
      await sql`insert into transfer (organization_id, id, document_id, connection_id, reference, verb, status, created_at, updated_at)
        select ${o}, ${id(2)}, ${documentId}, connection_id, 'fk', 'issue', 'accepted', now(), now() from sales_order where id = ${orderId}`.execute(
        tx,
      );
      await sql`insert into transfer_try (organization_id, transfer_id, seq, at, verb, outcome, request, response) values (${o}, ${id(2)}, 1, now(), 'issue', 'accepted', ${mark}, ${mark})`.execute(
        tx,
      );
      await sql`insert into payment (organization_id, id, source, raw_id, currency, amount_minor, value_day, payer_name, title, state, created_at, updated_at)
        values (${o}, ${id(3)}, 'bank', 'line', 'PLN', 11299, '2018-05-11', ${mark}, ${mark}, 'booked', now(), now())`.execute(tx);
      await sql`insert into allocation (organization_id, id, payment_id, document_id, purpose, amount_minor, created_by, created_at) values (${o}, ${id(4)}, ${id(3)}, ${documentId}, 'document', 11299, 'system', now())`.execute(
        tx,
      );
    });
    await org((tx) =>
      audit(tx, o, 'test', ctx.now(), [{ action: 'mail decided', entity: 'delivery', entityId: id(1), data: { recipient: buyer.email } }]),
    );
  }
  const work = async (id: string, on: TestContext = ctx) => workArchive(on, render, who.organizationId, id, 60_000);
  async function made(): Promise<string> {
    const started = await startArchive(ctx, who);
    if (!('run' in started)) throw new Error(JSON.stringify(started));
    await work(started.run.id);
    return started.run.id;
  }
  async function take(runId: string, seq: number): Promise<Buffer> {
    const part = await openPart(ctx, who, runId, seq);
    const pieces: Uint8Array[] = [];
    for await (const piece of part!.bytes) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(part!.sha256);
    return bytes;
  }
  const statesOf = (sales: StoredSale[]) =>
    org((tx) =>
      tx
        .selectFrom('document')
        .select(['state', 'number', 'gross_minor', 'buyer_name'])
        .where('organization_id', '=', who.organizationId)
        .where(
          'id',
          'in',
          sales.map((s) => s.documentId),
        )
        .orderBy('number')
        .execute(),
    );
  /** Every table in which a text stands, whatever column it is in. */
  async function whereIs(text: string): Promise<string[]> {
    const { rows: tables } = await sql<{ name: string }>`
      select relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id' where c.relkind = 'r' and relnamespace = 'public'::regnamespace`.execute(
      store().db,
    );
    const found: string[] = [];
    for (const { name } of tables) {
      const { rows } =
        await sql`select 1 from ${sql.table(name)} t where t.organization_id = ${who.organizationId} and t::text ilike ${`%${text}%`} limit 1`.execute(
          store().db,
        );
      if (rows.length > 0) found.push(name);
    }
    return found.sort();
  }
  /** The same context, whose n-th transaction is undone after its work, as a kill before the commit does. */
  function dyingAt(n: number): TestContext {
    let seen = 0;
    const dying: Store = {
      ...store(),
      org: (id, inside) =>
        store().org(id, async (tx) => {
          const result = await inside(tx);
          if (++seen === n) throw new Error('killed');
          return result;
        }),
    };
    return { ...ctx, store: dying };
  }

  test('from the proposal to the line that stays', async () => {
    const runId = await made();
    const ready = await org((tx) => readRun(tx, who.organizationId, runId));
    expect(ready).toMatchObject({
      state: 'ready',
      documents: 3,
      removed: 0,
      untilDay: '2020-01-01',
      parts: [{ seq: 1, documents: 3, taken: false }],
    });

    // Not taken yet: no button, no program, no database gives it away.
    expect(await removeArchived(ctx, who, runId)).toBeUndefined();
    await expect(
      store().system((tx) =>
        sql`update document set state = 'archived', archived_at = now(), content = '{}' where id = ${old[0]!.documentId}`.execute(tx),
      ),
    ).rejects.toThrow(/must be kept/);

    const bytes = await take(runId, 1);
    const entries = new Map((await archiveEntries(bytes)).map((entry) => [entry.name, entry.bytes]));
    const manifest = JSON.parse(entries.get('manifest.json')!.toString()) as {
      documents: number;
      files: { name: string; sha256: string }[];
    };
    expect(manifest).toMatchObject({ documents: 3, part: 1 });
    expect([...entries.keys()].sort()).toEqual(['manifest.json', ...manifest.files.map((f) => f.name)].sort());
    for (const file of manifest.files) expect(createHash('sha256').update(entries.get(file.name)!).digest('hex')).toBe(file.sha256);
    const records = entries
      .get('documents.jsonl')!
      .toString()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records).toHaveLength(3);
    expect(records.find((one) => one.order.id === old[0]!.orderId)).toMatchObject({
      document: { buyer_name: `Ewa ${mark}` },
      order: { raw: `<order>${mark}</order>` },
      payments: [{ payer_name: mark }],
      transfers: [{ tries: [{ request: mark }] }],
    });

    expect(await removeArchived(ctx, who, runId)).toMatchObject({ state: 'removing' });
    await work(runId);
    expect(await org((tx) => readRun(tx, who.organizationId, runId))).toMatchObject({ state: 'done', documents: 3, removed: 3, kept: [] });

    const before = records
      .map((r) => ({ number: r.document.number as string, gross: BigInt(r.document.gross_minor) }))
      .sort((a, b) => (a.number < b.number ? -1 : 1));
    expect(await statesOf(old)).toEqual(
      before.map(({ number, gross }) => ({ state: 'archived', number, gross_minor: gross, buyer_name: '' })),
    );
    expect(await statesOf([corrected, young])).toMatchObject([{ state: 'issued' }, { state: 'issued' }]);
    expect(await whereIs(mark)).toEqual([]);
    // Every series is whole, the sheet of that year has nothing to say, the search finds nobody.
    await org(async (tx) => {
      for (const series of await listSeries(tx, who.organizationId)) expect(await gapsOf(tx, who.organizationId, series.id)).toEqual([]);
      expect((await completeness(tx, who.organizationId, '2018-01-01', '2018-12-31')).breaks).toEqual([]);
      expect((await queryDocuments(tx, who.organizationId, { q: mark })).items).toEqual([]);
    });
    // Its file imported again makes no second document.
    const again = await org(async (tx) => {
      const organization = await readOrganization(tx, who.organizationId);
      const { connection_id } = await tx
        .selectFrom('sales_order')
        .select('connection_id')
        .where('organization_id', '=', who.organizationId)
        .where('id', '=', old[0]!.orderId)
        .executeTakeFirstOrThrow();
      return storeOrders(tx, ctx, who, { connectionId: connection_id, policies: policiesOf(organization), prepare: {} }, [
        { order: old[0]!.order },
      ]);
    });
    expect(again).toMatchObject([{ outcome: 'unchanged' }]);
    // Archived is for ever.
    await expect(
      store().system((tx) => sql`update document set buyer_name = 'x' where id = ${old[0]!.documentId}`.execute(tx)),
    ).rejects.toThrow(/archived/);
    // The files leave a month later.
    ctx.clock.set('2026-12-25T09:00:00Z');
    await sweepArchives(ctx);
    expect(await openPart(ctx, who, runId, 1)).toBeUndefined();
  });

  test('what never became a document leaves too: cancelled, withdrawn, merged behind one that has left; what still waits stays', async () => {
    ctx.clock.set('2018-06-01T09:00:00Z');
    who = { organizationId: await testOrganization(ctx), actor: 'owner' };
    const named = (lastName: string, more = {}) =>
      saleOrder({
        orderedAt: '2018-06-01T08:00:00Z',
        paidAt: '2018-06-01T08:05:00Z',
        payments: [{ method: 'online', status: 'paid', at: '2018-06-01T08:05:00Z' }],
        buyer: { ...buyer, lastName, street: 'ul. Polna 1', email: `${lastName.toLowerCase()}@example.com` },
        ...more,
      });
    const [withdrawn, head, behind] = (await storeSales(ctx, who.organizationId, [
      named('Wycofana'),
      named('Scalona', { invoiceRequest: { requested: true, explicit: true } }),
      named('Scalona'),
    ])) as [StoredSale, StoredSale, StoredSale];
    await storeSales(ctx, who.organizationId, [named('Czekająca')]);
    const { connection_id } = await org((tx) =>
      tx.selectFrom('sales_order').select('connection_id').where('id', '=', withdrawn.orderId).executeTakeFirstOrThrow(),
    );
    await org((tx) => storeUndocumented(tx, who.organizationId, connection_id, [named('Anulowana', { status: 'cancelled' })], ctx.now()));
    const draft = documentDraftSchema.parse({
      kind: 'invoice',
      buyer: { type: 'person', name: 'Ręczna', street: 'ul. Polna 1', postalCode: '30-001', city: 'Kraków', country: 'PL', taxIds: [] },
      lines: [{ name: 'Lampa', quantity: '1', unitPrice: '10.00' }],
      message: {},
    });
    const byHand = await createDocument(ctx, who, draft);
    if (!('id' in byHand)) throw new Error(JSON.stringify(byHand));
    expect((await withdrawDocuments(ctx, who, { ids: [withdrawn.documentId, byHand.id] })).moved).toHaveLength(2);
    expect(await mergeDocuments(ctx, who, [head.documentId, behind.documentId])).toMatchObject({ outcome: 'created' });
    await issue([head.documentId]);
    ctx.clock.set('2026-11-20T09:00:00Z');

    expect((await archiveOverview(ctx, who.organizationId)).old).toMatchObject([{ year: 2018, documents: 1, undocumented: 3 }]);
    const runId = await made();
    expect((await archiveOverview(ctx, who.organizationId)).old).toEqual([]);
    const run = await org((tx) => readRun(tx, who.organizationId, runId));
    expect(run).toMatchObject({
      documents: 4,
      parts: [{ documents: 1 }, { documents: 3, name: expect.stringMatching(/-undocumented\.zip$/) }],
    });
    await take(runId, 1);
    const entries = new Map((await archiveEntries(await take(runId, 2))).map((entry) => [entry.name, entry.bytes.toString()]));
    for (const name of ['Anulowana', 'Wycofana', 'Ręczna']) expect(entries.get('undocumented.jsonl')).toContain(name);
    await removeArchived(ctx, who, runId);
    await work(runId);
    expect(await org((tx) => readRun(tx, who.organizationId, runId))).toMatchObject({ state: 'done', removed: 4, kept: [] });
    const gone = ['Anulowana', 'Wycofana', 'Ręczna'];
    for (const name of gone) expect([name, await whereIs(name)]).toEqual([name, []]);
    expect(await whereIs('Czekająca')).toEqual(['document', 'sales_order']);

    // A paper without words cannot be taken back into the queue, and says what it is.
    expect(await restoreDocuments(ctx, who, { ids: [withdrawn.documentId, byHand.id] })).toMatchObject({
      moved: [],
      refused: [{ findings: [{ code: 'H_DOCUMENT_ARCHIVED' }] }, { findings: [{ code: 'H_DOCUMENT_ARCHIVED' }] }],
    });
    expect(await org((tx) => getDocument(tx, who.organizationId, byHand.id, '2026-11-20'))).toMatchObject({ state: 'archived' });

    const order = orderRoutes.find((one) => one.method === 'GET' && one.url === '/orders/:id')!;
    await expect(order.handler({ ctx, who, params: { id: withdrawn.orderId } } as never)).rejects.toMatchObject({ status: 410 });

    // The sale behind a joint document leaves after it.
    const next = await made();
    await take(next, 1);
    await removeArchived(ctx, who, next);
    await work(next);
    expect(await org((tx) => readRun(tx, who.organizationId, next))).toMatchObject({ state: 'done', documents: 1, removed: 1 });
    expect(await whereIs('Scalona')).toEqual([]);
    expect(await org((tx) => verifyAudit(tx, who.organizationId))).not.toHaveProperty('brokenAt');
    expect((await archiveOverview(ctx, who.organizationId)).old).toEqual([]);
  });

  test('what still lacks its document stays, what was paid or is taxed later counts from then, and what changed since its file was made is in the next', async () => {
    ctx.clock.set('2018-06-01T09:00:00Z');
    who = { organizationId: await testOrganization(ctx), actor: 'owner' };
    const cancelled = (externalId: string, more = {}) =>
      saleOrder({ externalId, orderedAt: '2018-06-01T08:00:00Z', paidAt: undefined, status: 'cancelled', payments: [], ...more });
    const paid = { status: 'ready' as const, paidAt: '2018-06-01T08:05:00Z' };
    const abroad = { ...buyer, country: 'DE' };
    const [withdrawnAbroad] = (await storeSales(ctx, who.organizationId, [
      saleOrder({ externalId: 'abroad', orderedAt: '2018-06-01T08:00:00Z', ...paid, buyer: abroad }),
    ])) as [StoredSale];
    const { connection_id } = await org((tx) =>
      tx.selectFrom('sales_order').select('connection_id').where('id', '=', withdrawnAbroad.orderId).executeTakeFirstOrThrow(),
    );
    await org((tx) =>
      storeUndocumented(
        tx,
        who.organizationId,
        connection_id,
        [
          cancelled('old'),
          cancelled('changed'),
          cancelled('lacks its document', paid),
          cancelled('paid late', { paidAt: '2023-01-02T08:00:00Z' }),
          // The seller's first of January 2020.
          cancelled('midnight', { orderedAt: '2019-12-31T23:30:00Z' }),
        ],
        ctx.now(),
      ),
    );
    const draft = documentDraftSchema.parse({
      kind: 'invoice',
      buyer: { type: 'person', name: 'Ręczna', street: 'ul. Polna 1', postalCode: '30-001', city: 'Kraków', country: 'PL', taxIds: [] },
      lines: [{ name: 'Lampa', quantity: '1', unitPrice: '10.00' }],
      message: {},
    });
    const byHand = async () => {
      const created = await createDocument(ctx, who, draft);
      if (!('id' in created)) throw new Error(JSON.stringify(created));
      return created.id;
    };
    const [gone, back] = [await byHand(), await byHand()];
    await withdrawDocuments(ctx, who, { ids: [gone, back, withdrawnAbroad.documentId] });
    ctx.clock.set('2026-11-20T09:00:00Z');
    const runId = await made();
    const chosen = await org((tx) =>
      tx
        .selectFrom('archive_item as i')
        .leftJoin('sales_order as o', 'o.id', 'i.order_id')
        .select(['i.document_id', 'o.external_id'])
        .where('i.run_id', '=', runId)
        .execute(),
    );
    expect(chosen.map((one) => one.external_id ?? one.document_id).sort()).toEqual([gone, back, 'changed', 'old'].sort());
    await take(runId, 1);
    ctx.clock.set('2026-11-20T10:00:00Z');
    // Back in the queue, and paid after all.
    expect((await restoreDocuments(ctx, who, { ids: [back] })).moved).toEqual([back]);
    await org((tx) => sql`update sales_order set total_minor = 1, updated_at = ${ctx.now()} where external_id = 'changed'`.execute(tx));
    await removeArchived(ctx, who, runId);
    await work(runId);
    expect(await org((tx) => readRun(tx, who.organizationId, runId))).toMatchObject({ removed: 2, kept: [{ why: 'order', documents: 2 }] });
    const { rows: words } = await org((tx) =>
      sql<{ entity_id: string; n: bigint }>`select entity_id, count(*) as n from audit where digest is not null group by 1`.execute(tx),
    );
    expect(words.map((row) => row.entity_id)).not.toContain(back);
    const states = await org((tx) =>
      tx.selectFrom('document').select(['id', 'state', 'buyer_name']).where('id', 'in', [gone, back]).execute(),
    );
    expect(states.sort((a, b) => (a.state < b.state ? 1 : -1))).toEqual([
      { id: gone, state: 'withdrawn', buyer_name: '' },
      { id: back, state: 'to_issue', buyer_name: 'Ręczna' },
    ]);
    // Whoever asks for what is empty is told so.
    const emptied = chosen.find((one) => one.external_id === 'old')!.document_id;
    for (const [url, id] of [
      ['/orders/:id', emptied],
      ['/documents/:id', gone],
      ['/documents/:id/pdf', gone],
    ] as const) {
      const asked = [...orderRoutes, ...documentRoutes].find((one) => one.method === 'GET' && one.url === url)!;
      await expect(asked.handler({ ctx, who, params: { id }, query: {} } as never), url).rejects.toMatchObject({ status: 410 });
    }
    // Nobody puts an empty document into the queue.
    expect((await restoreDocuments(ctx, who, { ids: [gone] })).moved).toEqual([]);
  });

  test('an archived sale that comes by another channel is known', async () => {
    const runId = await made();
    await take(runId, 1);
    await removeArchived(ctx, who, runId);
    await work(runId);
    const other = newId(ctx.now());
    const again = await org(async (tx) => {
      await addPlainConnection(tx, who.organizationId, { id: other, connector: 'test', name: 'other' }, ctx.now());
      const organization = await readOrganization(tx, who.organizationId);
      return storeOrders(tx, ctx, who, { connectionId: other, policies: policiesOf(organization), prepare: {} }, [
        { order: old[0]!.order },
      ]);
    });
    expect(again).toMatchObject([{ outcome: 'known-elsewhere' }]);
    expect(again[0]!.documentId).toBeUndefined();
  });

  test('a file of an archive that would be too large is made of fewer documents, and one document alone is told of', async () => {
    const runId = await made();
    const whole = (await org((tx) => readRun(tx, who.organizationId, runId)))!.parts[0]!;
    await cancelArchive(ctx, who, runId);
    const limited = async (bytes: number) => {
      const started = await startArchive(ctx, who);
      if (!('run' in started)) throw new Error(JSON.stringify(started));
      await workArchive(ctx, render, who.organizationId, started.run.id, 60_000, { entries: 500, bytes });
      return (await org((tx) => readRun(tx, who.organizationId, started.run.id)))!;
    };
    // Half a document less: packed, two archives of the same differ by a few bytes.
    const small = await limited(Number(whole.sizeBytes) - 200);
    expect(small).toMatchObject({ state: 'ready', documents: 3 });
    expect(small.parts.map((part) => part.documents)).toEqual([2, 1]);
    await cancelArchive(ctx, who, small.id);
    await expect(limited(100)).rejects.toThrow('alone is larger than the 100 bytes');
  });

  test('the audit chain holds before and after, and an entry that was changed is still found', async () => {
    const verified = () => org((tx) => verifyAudit(tx, who.organizationId));
    const { entries } = await verified();
    expect(entries).toBeGreaterThan(8n);
    const runId = await made();
    await take(runId, 1);
    await removeArchived(ctx, who, runId);
    await work(runId);
    const after = await verified();
    expect(after).not.toHaveProperty('brokenAt');
    // Words put back into an entry that lost them.
    await store().system(async (tx) => {
      await sql`alter table audit disable trigger audit_append_only`.execute(tx);
      await sql`update audit set data = '{"gross":"1.00"}' where organization_id = ${who.organizationId} and digest is not null and seq = (select min(seq) from audit where organization_id = ${who.organizationId} and digest is not null)`.execute(
        tx,
      );
      await sql`alter table audit enable trigger audit_append_only`.execute(tx);
    });
    expect(await verified()).toHaveProperty('brokenAt');
  });

  test('killed before any commit, nothing is lost and nothing done twice', async () => {
    const started = await startArchive(ctx, who);
    const runId = 'run' in started ? started.run.id : '';
    for (let n = 1; n < 40; n++) {
      try {
        await work(runId, dyingAt(n));
        break;
      } catch (error) {
        expect((error as Error).message).toBe('killed');
      }
    }
    await take(runId, 1);
    const run = await org((tx) => readRun(tx, who.organizationId, runId));
    expect(run).toMatchObject({ state: 'ready', documents: 3, parts: [{ seq: 1, documents: 3 }] });
    await removeArchived(ctx, who, runId);
    for (let n = 1; n < 40; n++) {
      try {
        await work(runId, dyingAt(n));
        break;
      } catch (error) {
        expect((error as Error).message).toBe('killed');
        // All of a slice, or nothing of it.
        const states = (await statesOf(old)).map((row) => row.state);
        expect(new Set(states).size).toBe(1);
      }
    }
    expect(await org((tx) => readRun(tx, who.organizationId, runId))).toMatchObject({ state: 'done', removed: 3 });
    expect(await org((tx) => verifyAudit(tx, who.organizationId))).not.toHaveProperty('brokenAt');
    expect(await whereIs(mark)).toEqual([]);
    // Nor is there a buyer without a name who bought it all.
    const parties = partyRoutes.find((one) => one.url === '/parties')!;
    const { items } = (await parties.handler({ ctx, who, query: {} } as never)) as { items: { name: string; documents: number }[] };
    expect(items.map((one) => one.name)).not.toContain('');
  });

  test('a mail that is being queued is waited for and keeps its document; one that comes while it is removed finds nothing to mail', async () => {
    const runId = await made();
    await take(runId, 1);
    await removeArchived(ctx, who, runId);
    const [first, second] = old.map((sale) => sale.documentId) as [string, string];
    const mail = (tx: Tx, documentId: string) => queueMails(tx, ctx, who, [{ documentId, to: ['ktos@example.com'] }]);
    let late: ReturnType<typeof mail> | undefined;
    /** The removal, before whose commit somebody asks for a mail of what it has just emptied. */
    const asked: Store = {
      ...store(),
      org: (id, inside) =>
        store().org(id, async (tx) => {
          const result = await inside(tx);
          const { rows } = await sql`select 1 from document where id = ${second} and state = 'archived'`.execute(tx);
          if (rows.length === 0 || late) return result;
          late = org((other) => mail(other, second));
          if (!store().embedded) await untilItWaits(store(), late);
          return result;
        }),
    };
    let removing: Promise<unknown> | undefined;
    await org(async (tx) => {
      expect((await mail(tx, first)).queued).toHaveLength(1);
      removing = work(runId, { ...ctx, store: asked });
      // The embedded database has one connection, and waits anyway.
      if (!store().embedded) await untilItWaits(store(), removing);
    });
    await removing;
    expect(await late).toMatchObject({ queued: [], refused: [{ id: second, findings: [{ code: 'H_NOT_ISSUED' }] }] });
    expect(await org((tx) => readRun(tx, who.organizationId, runId))).toMatchObject({
      removed: 2,
      kept: [{ why: 'delivery', documents: 1 }],
    });
    expect((await statesOf(old)).filter((row) => row.state === 'issued')).toMatchObject([{ buyer_name: expect.stringContaining(mark) }]);
  });

  test('the law is the least, one archive at a time, and what became young again stays', async () => {
    expect(await saveRetention(ctx, who, { years: 4, yearEnds: 12, rawMonths: null })).toBeUndefined();
    expect(await saveRetention(ctx, who, { years: 10, yearEnds: 12, rawMonths: 12 })).toMatchObject({ years: 10, untilDay: '2015-01-01' });
    expect(await startArchive(ctx, who)).toMatchObject({ findings: [{ code: 'H_ARCHIVE_NOTHING' }] });
    await saveRetention(ctx, who, { years: 5, yearEnds: 12, rawMonths: 12 });
    // Raw texts leave earlier than their documents.
    await forgetRaw(ctx, who.organizationId);
    expect(
      await org((tx) =>
        tx.selectFrom('sales_order').select('raw').where('organization_id', '=', who.organizationId).where('raw', 'is not', null).execute(),
      ),
    ).toEqual([]);
    const runId = await made();
    expect(await startArchive(ctx, who)).toMatchObject({ findings: [{ code: 'H_ARCHIVE_OPEN' }] });
    await take(runId, 1);
    const correction = await correctDocument(ctx, who, old[0]!.documentId, { reason: 'zwrot', reasonCode: 'return', cancel: true });
    if (!('id' in correction)) throw new Error(JSON.stringify(correction));
    await issue([correction.id]);
    await removeArchived(ctx, who, runId);
    await work(runId);
    expect(await org((tx) => readRun(tx, who.organizationId, runId))).toMatchObject({
      state: 'done',
      removed: 2,
      kept: [{ why: 'order', documents: 1 }],
    });
    expect(await cancelArchive(ctx, who, runId)).toBeUndefined();
  });
});
