import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { saveConnection } from '../connections/index.ts';
import type { Connector } from '../contract/connector.ts';
import type { Order } from '../domain/orders/order.ts';
import { verifyAudit } from '../store/index.ts';
import { folderConnector } from '../testkit/agent-rig.ts';
import { type TestContext, testContext, testOrganization } from '../testkit/context.ts';
import { onBothDatabases } from '../testkit/database.ts';
import { saleOrder, storeSales } from '../testkit/sale.ts';
import {
  correctDocument,
  editDocument,
  getDocument,
  issueDocuments,
  listSeries,
  maxBulkAct,
  mergeDocuments,
  queryDocuments,
  registerOf,
  restoreDocuments,
  saveSeries,
  splitDocument,
  startIssueRun,
  unmergeDocument,
  withdrawDocuments,
  workIssueRun,
} from './index.ts';

onBothDatabases('to issue', (store) => {
  let ctx: TestContext;
  beforeAll(async () => {
    ctx = await testContext(store(), { work: false });
  });
  afterAll(() => ctx.jobs.stop());

  async function prepared(organizationId: string, orders: Order[]): Promise<string[]> {
    return (await storeSales(ctx, organizationId, orders)).map((sale) => sale.documentId);
  }

  test('an order becomes a document to the cent, is edited, issued with the next number, and frozen', async () => {
    const organizationId = await testOrganization(ctx);
    const who = { organizationId, actor: 'test' };
    const [id] = await prepared(organizationId, [saleOrder()]);
    const edited = await editDocument(ctx, who, id!, { set: { 'buyer.name': 'Anna Żółw-Nowak' } });
    expect(edited).toMatchObject({ outcome: 'saved', findings: [], content: { totals: { gross: '112.99' } } });
    expect(await editDocument(ctx, who, id!, { version: 1, set: { notes: ['x'] } })).toMatchObject({ outcome: 'conflict' });
    expect(await editDocument(ctx, who, id!, { set: { totals: {} } })).toMatchObject({
      outcome: 'refused',
      findings: [{ code: 'H_FIELD_NOT_EDITABLE' }],
    });
    expect(await issueDocuments(ctx, who, [id!])).toEqual([{ id, outcome: 'issued', number: 'FV/1/11/2026' }]);
    expect(await issueDocuments(ctx, who, [id!])).toMatchObject([{ outcome: 'refused', findings: [{ code: 'H_NOT_TO_ISSUE' }] }]);
    expect(await editDocument(ctx, who, id!, { set: { notes: ['x'] } })).toMatchObject({ outcome: 'refused' });
    await expect(ctx.store.system((tx) => sql`update document set content = '{}' where id = ${id}`.execute(tx))).rejects.toThrow(
      'cannot be changed',
    );
    await expect(ctx.store.system((tx) => sql`delete from document where id = ${id}`.execute(tx))).rejects.toThrow('cannot be deleted');
    const detail = await ctx.store.org(organizationId, (tx) => getDocument(tx, organizationId, id!, '2026-11-20'));
    expect(detail!.timeline.map((t) => t.what)).toEqual(
      expect.arrayContaining(['ordered', 'paid', 'prepared', 'document edited', 'document issued']),
    );
    expect(await ctx.store.org(organizationId, (tx) => verifyAudit(tx, organizationId))).not.toHaveProperty('brokenAt');
  });

  test('a total that misses what was paid holds the document and can be settled only by a person', async () => {
    const organizationId = await testOrganization(ctx);
    const who = { organizationId, actor: 'test' };
    const [id] = await prepared(organizationId, [saleOrder({ declaredTotal: '113.00' })]);
    expect(await issueDocuments(ctx, who, [id!])).toMatchObject([{ outcome: 'refused', findings: [{ code: 'H_TOTAL_MISMATCH' }] }]);
    const shown = async () => (await ctx.store.org(organizationId, (tx) => getDocument(tx, organizationId, id!, '2026-11-20')))!.proof;
    const told = { kind: 'declared', name: '', order: '0.01', document: '0.00', difference: '-0.01' };
    expect(await shown()).toEqual({ equal: false, order: '113.00', document: '112.99', difference: '-0.01', rows: [told] });
    expect(await editDocument(ctx, who, id!, { settle: ['H_VAT_UNKNOWN'] })).toMatchObject({ outcome: 'refused' });
    expect(await editDocument(ctx, who, id!, { settle: ['H_TOTAL_MISMATCH'] })).toMatchObject({ outcome: 'saved', findings: [] });
    expect(await shown()).toBeUndefined();
    expect(await issueDocuments(ctx, who, [id!])).toMatchObject([{ outcome: 'issued' }]);
  });

  test('an order whose channel told no currency waits until a person chooses one', async () => {
    const organizationId = await testOrganization(ctx);
    const who = { organizationId, actor: 'test' };
    const untold = { code: 'H_CURRENCY_UNKNOWN', level: 'hold' as const, where: 'currency' };
    const [id] = await prepared(organizationId, [saleOrder({ currency: 'XXX', findings: [untold] })]);
    const detail = await ctx.store.org(organizationId, (tx) => getDocument(tx, organizationId, id!, '2026-11-20'));
    expect(detail!.findings).toMatchObject([untold]);
    expect(await editDocument(ctx, who, id!, { settle: ['H_CURRENCY_UNKNOWN'] })).toMatchObject({
      findings: [{ code: 'H_CANNOT_SETTLE' }],
    });
    expect(await editDocument(ctx, who, id!, { set: { currency: 'PLN' } })).toMatchObject({ outcome: 'saved', findings: [] });
    expect(await issueDocuments(ctx, who, [id!])).toMatchObject([{ outcome: 'issued' }]);
  });

  test('a connector that stumbles over one document holds that one; the others of the page go on', async () => {
    const folder = folderConnector.open({} as never).folder!;
    const stumbling: Connector = {
      ...folderConnector,
      open: () => ({
        check: async () => ({ ok: true, facts: [] }),
        folder: {
          ...folder,
          preflight: ({ content }) => {
            if (content.lines[0]!.name === 'Kamień') throw new TypeError('no day');
            return [];
          },
        },
      }),
    };
    const own = { ...ctx, connectors: new Map([[stumbling.manifest.id, stumbling]]) };
    const organizationId = await testOrganization(own);
    const who = { organizationId, actor: 'test' };
    const saved = await saveConnection(own, who, { connector: stumbling.manifest.id, name: 'Program', settings: {} });
    if ('findings' in saved) throw new Error(JSON.stringify(saved.findings));
    const series = (await own.store.org(organizationId, (tx) => listSeries(tx, organizationId))).find((s) => s.kind === 'invoice')!;
    const { id, name, kind, pattern, reset } = series;
    await saveSeries(own, who, { id, name, kind, pattern, reset, isDefault: true, connectionId: saved.connection.id });
    const stone = saleOrder();
    const sales = await storeSales(own, organizationId, [{ ...stone, lines: [{ ...stone.lines[0]!, name: 'Kamień' }] }, saleOrder()]);
    expect(sales.map((s) => s.result.findings.filter((f) => f.level === 'hold').map((f) => f.code))).toEqual([['H_PROVIDER_STUMBLED'], []]);
  });

  test('many writers on one series: consecutive numbers, no gap, no twin', async () => {
    const organizationId = await testOrganization(ctx);
    const who = { organizationId, actor: 'test' };
    const ids = await prepared(
      organizationId,
      Array.from({ length: 40 }, () => saleOrder()),
    );
    const results = (await Promise.all(ids.map((id) => issueDocuments(ctx, who, [id])))).flat();
    const numbers = results.map((r) => (r.outcome === 'issued' ? Number(r.number.split('/')[1]) : 0)).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    const series = await ctx.store.org(organizationId, (tx) =>
      tx.selectFrom('series').selectAll().where('kind', '=', 'invoice').executeTakeFirstOrThrow(),
    );
    const register = await ctx.store.org(organizationId, (tx) => registerOf(tx, organizationId, series.id, { limit: 100 }));
    expect(register.entries).toHaveLength(40);
    expect(register.gaps).toEqual([]);
  });

  test('a run issues everything selected; one failing document stops nobody', async () => {
    const organizationId = await testOrganization(ctx);
    const who = { organizationId, actor: 'test' };
    await prepared(organizationId, [...Array.from({ length: 250 }, () => saleOrder()), saleOrder({ declaredTotal: '1.00' })]);
    const { runId, total } = await startIssueRun(ctx, who, { query: {} }, {});
    expect(total).toBe(251);
    await workIssueRun(ctx, organizationId, runId);
    const run = await ctx.store.org(organizationId, (tx) =>
      tx.selectFrom('issue_run').selectAll().where('id', '=', runId).executeTakeFirstOrThrow(),
    );
    expect(run).toMatchObject({ status: 'done', done: 251, issued: 250 });
    expect(run.refused).toMatchObject([{ findings: [{ code: 'H_TOTAL_MISMATCH' }] }]);
    const page = await ctx.store.org(organizationId, (tx) =>
      queryDocuments(tx, organizationId, { states: ['issued'], sort: 'number', direction: 'asc', limit: 200 }),
    );
    const next = await ctx.store.org(organizationId, (tx) =>
      queryDocuments(tx, organizationId, { states: ['issued'], sort: 'number', direction: 'asc', limit: 200, cursor: page.nextCursor }),
    );
    expect(new Set([...page.items, ...next.items].map((d) => d.number)).size).toBe(250);
    expect(next.nextCursor).toBeUndefined();
  });

  test('two workers on one run share it: every document once, the numbers without a gap, the content as it was judged', async () => {
    const organizationId = await testOrganization(ctx);
    const who = { organizationId, actor: 'test' };
    const ids = await prepared(
      organizationId,
      Array.from({ length: 230 }, () => saleOrder()),
    );
    const before = await ctx.store.org(organizationId, (tx) =>
      tx.selectFrom('document').select('content').where('id', '=', ids[0]!).executeTakeFirstOrThrow(),
    );
    const { runId } = await startIssueRun(ctx, who, { ids }, {});
    await Promise.all([workIssueRun(ctx, organizationId, runId), workIssueRun(ctx, organizationId, runId)]);
    const { run, rows } = await ctx.store.org(organizationId, async (tx) => ({
      run: await tx.selectFrom('issue_run').selectAll().where('id', '=', runId).executeTakeFirstOrThrow(),
      rows: await tx
        .selectFrom('document')
        .select(['id', 'sequence_no', 'content', 'issue_date'])
        .where('organization_id', '=', organizationId)
        .execute(),
    }));
    expect(run).toMatchObject({ status: 'done', done: 230, issued: 230, refused: [] });
    const numbers = new Map(rows.map((row) => [row.id, Number(row.sequence_no)]));
    expect(ids.map((id) => numbers.get(id))).toEqual(ids.map((_, i) => i + 1));
    const first = rows.find((row) => row.id === ids[0])!;
    expect(first.content).toEqual({ ...before.content, issueDate: first.issue_date });
  });

  test('only what a series that mails its documents issues by itself is mailed', async () => {
    const organizationId = await testOrganization(ctx);
    const who = { organizationId, actor: 'test' };
    const all = await ctx.store.org(organizationId, (tx) => listSeries(tx, organizationId));
    for (const [of, settings] of [['invoice', { mail: true }] as const, ['receipt', {}] as const]) {
      const { id, name, kind, pattern, reset } = all.find((s) => s.kind === of)!;
      await saveSeries(ctx, who, { id, name, kind, pattern, reset, autoIssue: true, settings });
    }
    const plain = { invoiceRequest: { requested: false, explicit: true } };
    const [invoice, receipt] = await storeSales(ctx, organizationId, [saleOrder(), saleOrder(plain)]);
    const { rows } = await ctx.store.org(organizationId, (tx) =>
      sql<{ ids: string[]; mail: boolean }>`select ids, (options->>'mail')::boolean as mail from issue_run order by 2`.execute(tx),
    );
    expect(rows).toEqual([
      { ids: [receipt!.documentId], mail: false },
      { ids: [invoice!.documentId], mail: true },
    ]);
  });

  test('a run that is called off keeps what it has and ends', async () => {
    const organizationId = await testOrganization(ctx);
    const ids = await prepared(organizationId, [saleOrder(), saleOrder()]);
    const { runId } = await startIssueRun(ctx, { organizationId, actor: 'test' }, { ids }, {});
    const run = () =>
      ctx.store.org(organizationId, (tx) => tx.selectFrom('issue_run').selectAll().where('id', '=', runId).executeTakeFirstOrThrow());
    await ctx.store.org(organizationId, (tx) =>
      tx
        .updateTable('issue_run')
        .set({ cancel_requested: true })
        .where('organization_id', '=', organizationId)
        .where('id', '=', runId)
        .execute(),
    );
    await workIssueRun(ctx, organizationId, runId);
    expect(await run()).toMatchObject({ status: 'cancelled', done: 0, issued: 0 });
  });

  test('a buyer is found by any word of the name, with or without diacritics', async () => {
    const organizationId = await testOrganization(ctx);
    const [id] = await prepared(organizationId, [saleOrder(), saleOrder({ buyer: { ...saleOrder().buyer, lastName: 'Kowalska' } })]);
    const find = (q: string) => ctx.store.org(organizationId, (tx) => queryDocuments(tx, organizationId, { q }));
    expect((await find('zolw')).items.map((d) => d.id)).toEqual([id]);
    expect((await find('Żółw anna')).items.map((d) => d.id)).toEqual([id]);
    expect((await find('anna')).items).toHaveLength(2);
    expect((await find('!!!')).items).toEqual([]);
  });

  test('withdrawing is undone; merging and splitting keep every grosz', async () => {
    const organizationId = await testOrganization(ctx);
    const who = { organizationId, actor: 'test' };
    const [a, b] = await prepared(organizationId, [saleOrder(), saleOrder()]);
    expect((await withdrawDocuments(ctx, who, { ids: [a!] })).moved).toEqual([a]);
    expect((await restoreDocuments(ctx, who, { ids: [a!] })).moved).toEqual([a]);
    // More than one act takes is said, never cut off in silence.
    const beyond = Array.from({ length: maxBulkAct }, (_, i) => `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`);
    expect(await withdrawDocuments(ctx, who, { ids: [...beyond, a!] })).toEqual({ moved: [], refused: [], tooMany: maxBulkAct });
    await expect(startIssueRun(ctx, who, { ids: [...beyond, a!] }, {})).rejects.toMatchObject({ name: 'TooMany', max: maxBulkAct });
    expect(await mergeDocuments(ctx, who, [a!, b!])).toMatchObject({ outcome: 'created', id: a, content: { totals: { gross: '225.98' } } });
    await unmergeDocument(ctx, who, a!);
    const split = await splitDocument(ctx, who, a!, [{ lineId: '1', quantity: '1' }]);
    expect(split).toMatchObject({ outcome: 'created', content: { totals: { gross: '50.00' } }, findings: [] });
    const rest = await ctx.store.org(organizationId, (tx) => getDocument(tx, organizationId, a!, '2026-11-20'));
    expect(rest).toMatchObject({ gross: '62.99', findings: [] });
  });

  test('corrections start from the last state and only one may be open', async () => {
    const organizationId = await testOrganization(ctx);
    const who = { organizationId, actor: 'test' };
    const [id] = await prepared(organizationId, [saleOrder()]);
    await issueDocuments(ctx, who, [id!]);
    const first = await correctDocument(ctx, who, id!, { reason: 'Zwrot', reasonCode: 'return', lines: [{ lineId: '1', quantity: '1' }] });
    expect(first).toMatchObject({ outcome: 'created', content: { correction: { difference: { gross: '-50.00' } } } });
    expect(await correctDocument(ctx, who, id!, { reason: 'x', reasonCode: 'cancel', cancel: true })).toMatchObject({
      outcome: 'refused',
      findings: [{ code: 'H_CORRECTION_OPEN' }],
    });
    const firstId = first.outcome === 'created' ? first.id : '';
    expect(await issueDocuments(ctx, who, [firstId])).toMatchObject([{ number: 'KOR/1/11/2026' }]);
    const second = await correctDocument(ctx, who, id!, { reason: 'Anulowanie', reasonCode: 'cancel', cancel: true });
    expect(second).toMatchObject({
      outcome: 'created',
      content: { correction: { before: { totals: { gross: '62.99' } }, difference: { gross: '-62.99' } } },
    });
  });
});
