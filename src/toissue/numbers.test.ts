import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Context } from '../jobs/index.ts';
import { json } from '../store/index.ts';
import { type TestContext, testContext, testOrganization } from '../testkit/context.ts';
import { onBothDatabases, untilItWaits } from '../testkit/database.ts';
import { readAgain, saleOrder, storeSales } from '../testkit/sale.ts';
import {
  editDocument,
  giveUpNumber,
  issueDocuments,
  issueInTransaction,
  listSeries,
  reassess,
  refuseDocument,
  registerOf,
  type Series,
  saveSeries,
  startIssueRun,
  sweepIssueRuns,
  workIssueRun,
} from './index.ts';

onBothDatabases('numbers', (store) => {
  let ctx: TestContext;
  beforeAll(async () => {
    ctx = await testContext(store(), { work: false });
  });
  afterAll(() => ctx.jobs.stop());

  const setUp = async (count: number) => {
    const organizationId = await testOrganization(ctx);
    const sales = await storeSales(
      ctx,
      organizationId,
      Array.from({ length: count }, () => saleOrder()),
    );
    return { organizationId, who: { organizationId, actor: 'test' }, sales, ids: sales.map((s) => s.documentId) };
  };
  const seriesOf = async (organizationId: string, kind: string): Promise<Series> =>
    (await ctx.store.org(organizationId, (tx) => listSeries(tx, organizationId))).find((s) => s.kind === kind && s.is_default)!;
  const register = (organizationId: string, id: string) =>
    ctx.store.org(organizationId, (tx) => registerOf(tx, organizationId, id, { limit: 50 }));
  /** An authority refused the document after it got its number (DESIGN §5.2). */
  const refusedWithNumber = async (organizationId: string, id: string) => {
    await issueDocuments(ctx, { organizationId, actor: 'test' }, [id]);
    await ctx.store.system(async (tx) => {
      await sql`alter table document disable trigger document_frozen`.execute(tx);
      await sql`update document set state = 'refused', issued_at = null where id = ${id}`.execute(tx);
      await sql`alter table document enable trigger document_frozen`.execute(tx);
    });
  };

  test('a series is saved while its first document is issued: the one waits for the other, and its reset stays', async () => {
    const { organizationId, who, ids } = await setUp(3);
    const series = await seriesOf(organizationId, 'invoice');
    expect(series.reset).not.toBe('yearly');
    const yearly = () =>
      saveSeries(ctx, who, {
        id: series.id,
        name: series.name,
        kind: 'invoice',
        pattern: series.pattern,
        reset: 'yearly',
        isDefault: true,
      });
    let saving: ReturnType<typeof yearly> | undefined;
    await ctx.store.org(organizationId, async (tx) => {
      expect(await issueInTransaction(tx, ctx, who, [ids[0]!], {})).toMatchObject([{ outcome: 'issued' }]);
      saving = yearly();
      // The embedded database has one connection, and waits anyway.
      if (!store().embedded) await untilItWaits(store(), saving);
    });
    expect(await saving).toMatchObject({ findings: [{ code: 'H_SERIES_IN_USE' }] });
    expect(await issueDocuments(ctx, who, [ids[1]!])).toMatchObject([{ outcome: 'issued' }]);
    const { entries } = await register(organizationId, series.id);
    expect(entries.map((e) => [e.period, Number(e.sequence_no)])).toEqual([
      ['2026-11', 2],
      ['2026-11', 1],
    ]);
  });

  test('a series saved between being read and being used: numbers are taken by what it is now', async () => {
    const { organizationId, who, ids } = await setUp(2);
    const series = await seriesOf(organizationId, 'invoice');
    // Saved on another connection at the moment when all is judged and no number is taken yet; the embedded one has no other.
    if (store().embedded) return;
    await expect(
      ctx.store.org(organizationId, (tx) =>
        issueInTransaction(tx, ctx, who, [ids[0]!], {}, async () => {
          const saved = await saveSeries(ctx, who, {
            id: series.id,
            name: series.name,
            kind: 'invoice',
            pattern: series.pattern,
            reset: 'yearly',
            isDefault: true,
          });
          expect(saved).toHaveProperty('series');
        }),
      ),
    ).rejects.toThrow(expect.objectContaining({ name: 'SeriesChanged' }));
    expect(await issueDocuments(ctx, who, ids)).toMatchObject([{ outcome: 'issued' }, { outcome: 'issued' }]);
    expect((await register(organizationId, series.id)).entries.map((e) => e.period)).toEqual(['2026', '2026']);
  });

  test('a series that is sent elsewhere, or by other settings, between being read and being used: what is issued goes by what it is now', async () => {
    const { organizationId, who, ids } = await setUp(2);
    const { id, name, pattern, reset } = await seriesOf(organizationId, 'invoice');
    if (store().embedded) return;
    for (const change of [{ reporter: 'hub' as const }, { settings: { prefix: 'NEW' } }])
      await expect(
        ctx.store.org(organizationId, (tx) =>
          issueInTransaction(tx, ctx, who, [ids[0]!], {}, async () => {
            const saved = await saveSeries(ctx, who, { id, name, kind: 'invoice', pattern, reset, isDefault: true, ...change });
            expect(saved).toHaveProperty('series');
          }),
        ),
      ).rejects.toThrow(expect.objectContaining({ name: 'SeriesChanged' }));
    // And once it is used, who changes how it is sent waits until what was issued from it can be told.
    let saving: ReturnType<typeof saveSeries> | undefined;
    await ctx.store.org(organizationId, async (tx) => {
      expect(await issueInTransaction(tx, ctx, who, [ids[0]!], {})).toMatchObject([{ outcome: 'issued' }]);
      let saved = false;
      saving = saveSeries(ctx, who, { id, name, kind: 'invoice', pattern, reset, settings: { prefix: 'NEWER' } });
      void saving.then(() => (saved = true));
      await untilItWaits(store(), saving);
      expect(saved).toBe(false);
    });
    expect(await saving).toHaveProperty('series');
  });

  test('a name is changed while the first document is issued: neither waits for the other', async () => {
    const { organizationId, who, ids } = await setUp(1);
    const { id, pattern, reset, settings } = await seriesOf(organizationId, 'invoice');
    if (store().embedded) return;
    await ctx.store.org(organizationId, async (tx) => {
      expect(await issueInTransaction(tx, ctx, who, [ids[0]!], {})).toMatchObject([{ outcome: 'issued' }]);
      let saved = false;
      const saving = saveSeries(ctx, who, { id, name: 'Anders', kind: 'invoice', pattern, reset, settings, isDefault: true }).then(
        () => (saved = true),
      );
      await untilItWaits(store(), saving);
      expect(saved).toBe(true);
    });
  });

  test('a content that cannot be read holds its own document; the run issues all others, and a change of the series judges them', async () => {
    const { organizationId, who, ids } = await setUp(5);
    const bad = [ids[1]!, ids[3]!];
    await ctx.store.system(async (tx) => {
      await sql`update document set content = '{}' where id = ${bad[0]!}`.execute(tx);
      // Readable to us, but nothing that the database can keep.
      await sql`update document set content = jsonb_set(content::jsonb, '{dueDate}', '"soon"') where id = ${bad[1]!}`.execute(tx);
    });
    const { runId } = await startIssueRun(ctx, who, { ids }, {});
    await workIssueRun(ctx, organizationId, runId);
    const run = await ctx.store.org(organizationId, (tx) =>
      tx.selectFrom('issue_run').selectAll().where('id', '=', runId).executeTakeFirstOrThrow(),
    );
    expect([run.status, run.done, run.issued]).toEqual(['done', 5, 3]);
    const refused = run.refused.map((r) => [r.id, r.findings.map((f) => f.code)]);
    expect(refused.sort()).toEqual(bad.map((id) => [id, ['H_CONTENT_UNREADABLE']]).sort());
    const states = await ctx.store.org(organizationId, (tx) =>
      tx
        .selectFrom('document')
        .select(['id', 'state', 'held', 'hold_codes'])
        .where('organization_id', '=', organizationId)
        .orderBy('id')
        .execute(),
    );
    expect(states.map((d) => [d.state, d.held, d.hold_codes])).toEqual(
      states.map(({ id }) => (bad.includes(id) ? ['to_issue', true, ['H_CONTENT_UNREADABLE']] : ['issued', false, []])),
    );
    // Alone and among others it is refused with the same words; nothing is stopped.
    expect(await issueDocuments(ctx, who, bad)).toMatchObject(
      bad.map((id) => ({ id, outcome: 'refused', findings: [{ code: 'H_CONTENT_UNREADABLE' }] })),
    );
    const series = await seriesOf(organizationId, 'invoice');
    expect(await reassess(ctx, organizationId, `series:${series.id}`)).toBe(0);
  });

  test('a run that has its job gets no second one; one whose job is lost gets one', async () => {
    const { who, ids } = await setUp(1);
    const jobsOf = async (id: string) =>
      (
        await sql<{
          n: number;
        }>`select count(*)::int as n from pgboss.job where name = 'issue-batch' and data->>'id' = ${id} and state in ('created', 'active')`.execute(
          ctx.store.db,
        )
      ).rows[0]!.n;
    const { runId } = await startIssueRun(ctx, who, { ids }, {});
    await sweepIssueRuns(ctx);
    await sweepIssueRuns(ctx, { starting: true });
    expect(await jobsOf(runId)).toBe(1);
    const begun = (minutes: number) =>
      sql`update pgboss.job set state = 'active', started_on = now() - ${minutes} * interval '1 minute' where name = 'issue-batch' and data->>'id' = ${runId}`.execute(
        ctx.store.db,
      );
    await begun(0);
    await sweepIssueRuns(ctx);
    expect(await jobsOf(runId)).toBe(1);
    // Its worker died: with the process, or so long ago that no turn lasts as long.
    await sweepIssueRuns(ctx, { starting: true });
    expect(await jobsOf(runId)).toBe(2);
    await begun(1);
    await sweepIssueRuns(ctx);
    expect(await jobsOf(runId)).toBe(3);
  });

  test('a number of a refused document stays with it until it is given up with a reason, and the register tells', async () => {
    const { organizationId, who, ids, sales } = await setUp(2);
    const [id, other] = ids as [string, string];
    const series = await seriesOf(organizationId, 'invoice');
    expect(await giveUpNumber(ctx, who, id, 'x')).toMatchObject({ findings: [{ code: 'H_MOVE_REFUSED' }] });
    await refusedWithNumber(organizationId, id);
    const second = await saveSeries(ctx, who, { name: 'Druga', kind: 'invoice', pattern: 'D/{n}/{yyyy}', reset: 'yearly' });
    const secondId = 'series' in second ? second.series.id : '';
    expect(await editDocument(ctx, who, id, { seriesId: secondId })).toMatchObject({ findings: [{ code: 'H_NUMBERED' }] });
    await editDocument(ctx, who, id, { set: { issueDate: '2026-10-30' } });
    expect(await issueDocuments(ctx, who, [id])).toMatchObject([{ findings: [{ code: 'H_NUMBERED' }] }]);
    await editDocument(ctx, who, id, { set: { issueDate: '2026-11-20' } });
    // Its order is cancelled: the number is not lost with it.
    await readAgain(ctx, organizationId, sales[0]!, { status: 'cancelled' });
    expect(
      await ctx.store.org(organizationId, (tx) => tx.selectFrom('document').select('state').where('id', '=', id).executeTakeFirst()),
    ).toEqual({
      state: 'refused',
    });
    expect(await giveUpNumber(ctx, who, id, '  ')).toMatchObject({ findings: [{ code: 'H_MOVE_REFUSED', where: 'reason' }] });
    expect(await giveUpNumber(ctx, who, id, 'Zamówienie anulowane')).toEqual({ number: 'FV/1/11/2026' });
    expect(await giveUpNumber(ctx, who, id, 'again')).toHaveProperty('findings');
    expect(await issueDocuments(ctx, who, [other])).toMatchObject([{ number: 'FV/2/11/2026' }]);
    const { entries, gaps } = await register(organizationId, series.id);
    expect(entries).toMatchObject([
      { number: 'FV/2/11/2026', given_up_at: null },
      { number: 'FV/1/11/2026', reason: 'Zamówienie anulowane', state: 'cancelled' },
    ]);
    expect(gaps).toEqual([]);
  });

  test('register, counter and trail are kept by the database itself', async () => {
    const { organizationId, who, ids } = await setUp(1);
    await issueDocuments(ctx, who, ids);
    const forbidden = [
      sql`update number_register set number = 'X' where organization_id = ${organizationId}`,
      sql`update number_register set given_up_at = now() where organization_id = ${organizationId}`,
      sql`delete from number_register where organization_id = ${organizationId}`,
      sql`update series_counter set next_no = 1 where organization_id = ${organizationId}`,
      sql`update series_counter set last_issue_date = '2020-01-01' where organization_id = ${organizationId}`,
      sql`update document set buyer_name = 'X' where organization_id = ${organizationId}`,
      sql`update document set currency = 'EUR' where organization_id = ${organizationId}`,
      sql`update document set sale_date = '2020-01-01' where organization_id = ${organizationId}`,
      sql`update document set corrects_id = id where organization_id = ${organizationId}`,
      sql`update audit_head set seq = 1 where organization_id = ${organizationId}`,
      sql`delete from audit_head where organization_id = ${organizationId}`,
      sql`truncate audit`,
      sql`truncate number_register`,
    ];
    for (const statement of forbidden) await expect(ctx.store.system((tx) => statement.execute(tx))).rejects.toThrow();
    await ctx.store.system((tx) =>
      sql`update document set findings = ${json([])}, pdf_file_id = id where organization_id = ${organizationId}`.execute(tx),
    );
    await expect(
      ctx.store.system((tx) => sql`update document set pdf_file_id = null where organization_id = ${organizationId}`.execute(tx)),
    ).rejects.toThrow();
  });

  test('single issues that come at once go together, and each gets its own answer', async () => {
    const { organizationId, who, ids } = await setUp(25);
    const [first, held] = ids as [string, string];
    await editDocument(ctx, who, held, { set: { lines: [] } });
    const asked = [...ids, first, '00000000-0000-4000-8000-000000000000'];
    const answers = (await Promise.all(asked.map((id) => issueDocuments(ctx, who, [id])))).map(([answer]) => answer!);
    expect(answers.map((a) => a.id)).toEqual(asked);
    expect(answers.filter((a) => a.outcome === 'issued')).toHaveLength(24);
    expect(answers[1]).toMatchObject({ outcome: 'refused' });
    expect(answers[25]).toMatchObject({ outcome: 'refused', findings: [{ code: 'H_NOT_TO_ISSUE' }] });
    expect(answers[26]).toMatchObject({ outcome: 'refused', findings: [{ code: 'H_DOCUMENT_UNKNOWN' }] });
    const series = await seriesOf(organizationId, 'invoice');
    const { entries, gaps } = await register(organizationId, series.id);
    expect(new Set(entries.map((e) => e.number)).size).toBe(24);
    expect(gaps).toEqual([]);
  });

  test('days never go back in a period, though two computed them before either waited', async () => {
    const { organizationId, who, ids } = await setUp(12);
    const night: Context = { ...ctx, now: () => new Date('2026-11-20T22:59:59Z') };
    const morning: Context = { ...ctx, now: () => new Date('2026-11-20T23:00:01Z') };
    const tried = await Promise.all(ids.map((id, i) => issueDocuments(i % 2 ? morning : night, who, [id])));
    expect(tried.flat().every((r) => r.outcome === 'issued' || r.outcome === 'refused')).toBe(true);
    await issueDocuments(morning, who, ids);
    const { rows } = await ctx.store.org(organizationId, (tx) =>
      sql<{ issue_date: string }>`select issue_date from document where organization_id = ${organizationId} order by sequence_no`.execute(
        tx,
      ),
    );
    const days = rows.map((r) => r.issue_date);
    expect(days).toHaveLength(12);
    expect(days).toEqual([...days].sort());
  });

  test('patterns that can meet are refused; a used series keeps its period', async () => {
    const { organizationId, who, ids } = await setUp(1);
    const clash = await saveSeries(ctx, who, { name: 'Sklep 2', kind: 'invoice', pattern: 'FV/{n:3}/{mm}/{yyyy}', reset: 'monthly' });
    expect(clash).toMatchObject({ findings: [{ code: 'H_SERIES_PATTERN_TAKEN', params: { series: 'Faktury' } }] });
    const series = await seriesOf(organizationId, 'invoice');
    const input = { id: series.id, name: series.name, kind: 'invoice' as const, pattern: series.pattern };
    expect(await saveSeries(ctx, who, { ...input, reset: 'yearly' })).toHaveProperty('series');
    await issueDocuments(ctx, who, ids);
    expect(await saveSeries(ctx, who, { ...input, reset: 'monthly' })).toMatchObject({ findings: [{ code: 'H_SERIES_IN_USE' }] });
    expect(await saveSeries(ctx, who, { ...input, reset: 'yearly', active: false })).toHaveProperty('series');
    expect(await saveSeries(ctx, who, { name: 'Nowa', kind: 'invoice', pattern: series.pattern, reset: 'monthly' })).toMatchObject({
      findings: [{ code: 'H_SERIES_PATTERN_TAKEN' }],
    });
  });

  test('a refused document that moved to another series goes to that series’ connection, and one under way is left alone', async () => {
    const { organizationId, who, ids } = await setUp(1);
    await storeSales(ctx, organizationId, [saleOrder()]);
    const connections = await ctx.store.org(organizationId, (tx) => tx.selectFrom('connection').select('id').orderBy('id').execute());
    const [one, two] = connections.map((c) => c.id) as [string, string];
    const seriesAt = async (connectionId: string, name: string) => {
      const made = await saveSeries(ctx, who, {
        name,
        kind: 'invoice',
        pattern: '',
        reset: 'yearly',
        numberOwner: 'provider',
        reporter: 'provider',
        connectionId,
      });
      return 'series' in made ? made.series.id : '';
    };
    const [first, second] = [await seriesAt(one, 'Pierwsza'), await seriesAt(two, 'Druga')];
    const transfers = () =>
      ctx.store.org(organizationId, (tx) => tx.selectFrom('transfer').select(['connection_id', 'status', 'settings']).execute());
    await editDocument(ctx, who, ids[0]!, { seriesId: first });
    expect(await issueDocuments(ctx, who, ids)).toMatchObject([{ outcome: 'submitted' }]);
    await ctx.store.org(organizationId, async (tx) => {
      await refuseDocument(tx, ctx, who, ids[0]!, { code: 'X' });
      await tx.updateTable('transfer').set({ status: 'rejected' }).where('organization_id', '=', organizationId).execute();
    });
    await editDocument(ctx, who, ids[0]!, { seriesId: second });
    expect(await issueDocuments(ctx, who, ids, { mail: true })).toMatchObject([{ outcome: 'submitted' }]);
    expect(await transfers()).toMatchObject([{ connection_id: two, status: 'waiting', settings: { mail: true } }]);
    // What may exist over there is never sent again by issuing.
    await ctx.store.org(organizationId, async (tx) => {
      await refuseDocument(tx, ctx, who, ids[0]!, { code: 'X' });
      await tx.updateTable('transfer').set({ status: 'unknown' }).where('organization_id', '=', organizationId).execute();
    });
    await issueDocuments(ctx, who, ids);
    expect(await transfers()).toMatchObject([{ status: 'unknown' }]);
  });

  test('two patterns that meet after all stop their own documents only, and the run ends', async () => {
    const { organizationId, who, ids } = await setUp(6);
    const good = await saveSeries(ctx, who, { name: 'Dobra', kind: 'invoice', pattern: 'DOB/{n}/{yyyy}', reset: 'yearly' });
    const goodId = 'series' in good ? good.series.id : '';
    for (const id of ids.slice(0, 3)) await editDocument(ctx, who, id, { seriesId: goodId });
    const series = await seriesOf(organizationId, 'invoice');
    await ctx.store.system((tx) =>
      sql`insert into number_register select organization_id, id, '2020', 9, 'FV/1/11/2026', ${ids[0]}, now() from series where organization_id = ${organizationId} and id = ${goodId}`.execute(
        tx,
      ),
    );
    const { runId } = await startIssueRun(ctx, who, { ids }, {});
    await workIssueRun(ctx, organizationId, runId);
    const run = await ctx.store.org(organizationId, (tx) =>
      tx.selectFrom('issue_run').selectAll().where('id', '=', runId).executeTakeFirstOrThrow(),
    );
    expect(run).toMatchObject({ status: 'done', done: 6, issued: 3 });
    expect(run.refused.map((r) => r.findings[0]!.code)).toEqual(['H_NUMBER_TAKEN', 'H_NUMBER_TAKEN', 'H_NUMBER_TAKEN']);
    expect(await issueDocuments(ctx, who, ids.slice(3))).toMatchObject(ids.slice(3).map(() => ({ outcome: 'refused' })));
    expect((await register(organizationId, series.id)).entries).toEqual([]);
    expect((await register(organizationId, series.id)).gaps).toEqual([]);
  });
});
