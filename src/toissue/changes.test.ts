import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { documentDraftSchema } from '../domain/documents/index.ts';
import { completeness } from '../reconcile/index.ts';
import { newId, verifyAudit } from '../store/index.ts';
import { polishSeller, type TestContext, testContext, testOrganization } from '../testkit/context.ts';
import { onBothDatabases, untilItWaits } from '../testkit/database.ts';
import { readAgain, saleOrder, storeSales } from '../testkit/sale.ts';
import { resendTransfer } from '../transfer/index.ts';
import {
  bulkEdit,
  changeKind,
  correctDocument,
  createDocument,
  editDocument,
  finalAfterPrepayments,
  getDocument,
  invoiceAfterProforma,
  issueBatchSize,
  issueDocuments,
  issueInTransaction,
  mergeDocuments,
  prepaymentFor,
  proposalFor,
  queryDocuments,
  restoreDocuments,
  splitDocument,
  startIssueRun,
  undoBulkEdit,
  unmergeDocument,
  withdrawDocuments,
  workIssueRun,
} from './index.ts';
import { lockDocument } from './write.ts';

const dearer = {
  lines: [{ id: '1', kind: 'goods' as const, name: 'Lampa', quantity: '2', unitGross: '60.00', gross: '120.00' }],
  declaredTotal: '132.99',
  payments: [{ method: 'online' as const, status: 'paid' as const, amount: '132.99', at: '2026-11-19T10:05:00Z' }],
};

onBothDatabases('what happens to documents when orders and minds change', (store) => {
  let ctx: TestContext;
  beforeAll(async () => {
    ctx = await testContext(store(), { work: false });
  });
  afterAll(() => ctx.jobs.stop());

  const setUp = async (orders = [saleOrder()]) => {
    const organizationId = await testOrganization(ctx);
    const sales = await storeSales(ctx, organizationId, orders);
    return { organizationId, who: { organizationId, actor: 'test' }, sales };
  };
  const read = (organizationId: string, id: string) =>
    ctx.store.org(organizationId, async (tx) => (await getDocument(tx, organizationId, id, '2026-11-20'))!);

  test('an edit and a reading of the order at the same time lose nothing', async () => {
    const { organizationId, who, sales } = await setUp();
    const id = sales[0]!.documentId;
    for (let i = 0; i < 6; i++) {
      await Promise.all([
        editDocument(ctx, who, id, { set: { notes: [`note ${i}`] } }),
        readAgain(ctx, organizationId, sales[0]!, i % 2 === 0 ? dearer : {}),
      ]);
      expect((await read(organizationId, id)).content.notes).toEqual([`note ${i}`]);
    }
  });

  test('an accepted difference is asked about again when the amounts change', async () => {
    const { organizationId, who, sales } = await setUp([
      saleOrder({ declaredTotal: '113.00', payments: [{ method: 'online', status: 'paid' }] }),
    ]);
    const id = sales[0]!.documentId;
    expect(await editDocument(ctx, who, id, { settle: ['H_TOTAL_MISMATCH'] })).toMatchObject({ findings: [] });
    expect(await editDocument(ctx, who, id, { set: { notes: ['x'] } })).toMatchObject({ findings: [] });
    const changed = await editDocument(ctx, who, id, { set: { 'lines.0.unitPrice': '5000.00' } });
    expect(changed).toMatchObject({ findings: [{ code: 'H_TOTAL_MISMATCH' }] });
    await editDocument(ctx, who, id, { settle: ['H_TOTAL_MISMATCH'] });
    await readAgain(ctx, organizationId, sales[0]!, { declaredTotal: '99.00' });
    expect((await read(organizationId, id)).findings.map((f) => f.code)).toContain('H_TOTAL_MISMATCH');
  });

  test('a change of many is taken back to the letter; what was changed or issued since stays', async () => {
    const { organizationId, who, sales } = await setUp([saleOrder(), saleOrder(), saleOrder(), saleOrder()]);
    const ids = sales.map((s) => s.documentId);
    const all = () => Promise.all(ids.map((id) => read(organizationId, id)));
    await editDocument(ctx, who, ids[0]!, { set: { notes: ['mine'] } });
    const shown = async () => (await all()).map(({ content, series, findings }) => ({ content, series, findings }));
    const start = await shown();
    // Means of payment and a treatment that changes every rate and amount; then another kind with another series.
    const first = await bulkEdit(ctx, who, { ids }, { set: { 'payment.means': 'cash', taxTreatment: 'export' } });
    const middle = await shown();
    const second = await bulkEdit(ctx, who, { ids }, { kind: 'proforma' });
    if ('tooMany' in first || 'tooMany' in second) throw new Error('too many');
    expect([first.saved, second.saved]).toEqual([4, 4]);
    expect((await all()).map((d) => [d.kind, d.content.payment.means])).toEqual(ids.map(() => ['proforma', 'cash']));
    expect(middle[1]!.content.totals.tax).not.toBe(start[1]!.content.totals.tax);
    const stranger = { organizationId: await testOrganization(ctx), actor: 'stranger' };
    expect(await undoBulkEdit(ctx, stranger, second.editId)).toBeUndefined();
    expect(await undoBulkEdit(ctx, who, second.editId)).toEqual({ saved: 4, refused: [] });
    expect(await shown()).toEqual(middle);
    expect(await undoBulkEdit(ctx, who, first.editId)).toEqual({ saved: 4, refused: [] });
    expect(await shown()).toEqual(start);
    expect(await undoBulkEdit(ctx, who, first.editId)).toBeUndefined();

    const third = await bulkEdit(ctx, who, { ids }, { set: { 'payment.means': 'card' } });
    if ('tooMany' in third) throw new Error('too many');
    await editDocument(ctx, who, ids[1]!, { set: { notes: ['since'] } });
    await issueDocuments(ctx, who, [ids[2]!]);
    const undone = await undoBulkEdit(ctx, who, third.editId);
    expect(undone).toMatchObject({ saved: 2 });
    expect(undone!.refused.map((r) => r.id).sort()).toEqual([ids[1]!, ids[2]!].sort());
    const after = await all();
    expect(after.map((d) => d.content.payment.means === 'card')).toEqual([false, true, true, false]);
    expect([after[0]!.content.notes, after[1]!.content.notes]).toEqual([['mine'], ['since']]);
    expect((await ctx.store.org(organizationId, (tx) => verifyAudit(tx, organizationId))).brokenAt).toBeUndefined();
  });

  test('a document that went with its order comes back with it; one that a person withdrew does not', async () => {
    const { organizationId, who, sales } = await setUp([saleOrder(), saleOrder()]);
    const [first, second] = sales;
    expect(await readAgain(ctx, organizationId, first!, { status: 'cancelled' })).toMatchObject({ action: 'withdrawn' });
    expect(await readAgain(ctx, organizationId, first!, {})).toMatchObject({ action: 'refreshed', documentId: first!.documentId });
    expect((await read(organizationId, first!.documentId)).state).toBe('to_issue');
    await withdrawDocuments(ctx, who, { ids: [second!.documentId] });
    expect(await readAgain(ctx, organizationId, second!, dearer)).toMatchObject({ action: 'kept' });
    expect((await read(organizationId, second!.documentId)).state).toBe('withdrawn');
  });

  test('a proforma is followed by its invoice when the money is booked, once', async () => {
    const waiting = {
      status: 'open' as const,
      payments: [{ method: 'bank_transfer' as const, status: 'pending' as const, amount: '112.99' }],
      paidAt: undefined,
    };
    const organizationId = await testOrganization(ctx, { ...polishSeller, policies: { ...polishSeller.policies, waiting: 'proforma' } });
    const who = { organizationId, actor: 'test' };
    const [issued, open, chosen] = await storeSales(ctx, organizationId, [saleOrder(waiting), saleOrder(waiting), saleOrder(waiting)]);
    expect((await read(organizationId, issued!.documentId)).kind).toBe('proforma');
    await issueDocuments(ctx, who, [issued!.documentId]);
    const paid = { status: 'ready' as const, payments: saleOrder().payments, paidAt: '2026-11-20T08:00:00Z' };
    const invoice = await readAgain(ctx, organizationId, issued!, paid);
    expect(invoice).toMatchObject({ action: 'created' });
    expect((await read(organizationId, invoice.documentId!)).content).toMatchObject({
      kind: 'invoice',
      proforma: { documentId: issued!.documentId, number: 'PRO/1/11/2026' },
      payment: { paid: '112.99' },
    });
    expect(await readAgain(ctx, organizationId, issued!, paid)).toMatchObject({ action: 'refreshed', documentId: invoice.documentId });
    expect(await invoiceAfterProforma(ctx, who, issued!.documentId)).toMatchObject({ findings: [{ code: 'H_ALREADY_DOCUMENTED' }] });
    // Not issued yet: the same document becomes the invoice.
    expect(await readAgain(ctx, organizationId, open!, paid)).toMatchObject({ action: 'refreshed', documentId: open!.documentId });
    expect(await read(organizationId, open!.documentId)).toMatchObject({ kind: 'invoice', series: { name: 'Faktury' } });
    // Named by a person, it stays what it is.
    await ctx.store.org(organizationId, (tx) =>
      tx
        .updateTable('document')
        .set({ edited: ['kind'] })
        .where('id', '=', chosen!.documentId)
        .execute(),
    );
    await readAgain(ctx, organizationId, chosen!, paid);
    expect((await read(organizationId, chosen!.documentId)).kind).toBe('proforma');
  });

  test('merging is undone to the letter', async () => {
    const { organizationId, who, sales } = await setUp([saleOrder(), saleOrder(), saleOrder()]);
    const [a, b, c] = sales.map((s) => s.documentId) as [string, string, string];
    await editDocument(ctx, who, a, { set: { 'buyer.phone': '600100200' } });
    await editDocument(ctx, who, b, { set: { 'buyer.phone': '600100200' } });
    const before = await read(organizationId, a);
    await mergeDocuments(ctx, who, [a, b]);
    const between = await read(organizationId, a);
    await mergeDocuments(ctx, who, [a, c]);
    expect((await read(organizationId, a)).gross).toBe('338.97');
    expect(await unmergeDocument(ctx, who, a)).toMatchObject({ outcome: 'created' });
    expect((await read(organizationId, a)).content).toEqual(between.content);
    expect((await read(organizationId, c)).state).toBe('to_issue');
    await unmergeDocument(ctx, who, a);
    const after = await read(organizationId, a);
    expect([after.content, after.editedPaths, after.findings]).toEqual([before.content, before.editedPaths, before.findings]);
    expect((await read(organizationId, b)).state).toBe('to_issue');
    expect(await unmergeDocument(ctx, who, a)).toMatchObject({ findings: [{ code: 'H_MOVE_REFUSED' }] });
    expect(await mergeDocuments(ctx, who, [a, a])).toMatchObject({ outcome: 'refused' });
    expect(await ctx.store.org(organizationId, (tx) => verifyAudit(tx, organizationId))).not.toHaveProperty('brokenAt');
  });

  test('nothing is split off a merged document: with the merging undone it would be sold twice', async () => {
    const { organizationId, who, sales } = await setUp([saleOrder(), saleOrder()]);
    const [a, b] = sales.map((s) => s.documentId) as [string, string];
    await mergeDocuments(ctx, who, [a, b]);
    const [line] = (await read(organizationId, a)).content.lines;
    const taken = [{ lineId: line!.id, quantity: '1' }];
    expect(await splitDocument(ctx, who, a, taken)).toMatchObject({
      outcome: 'refused',
      findings: [{ code: 'H_SPLIT_REFUSED', params: { why: 'merged-into-it' } }],
    });
    await unmergeDocument(ctx, who, a);
    const own = (await read(organizationId, a)).content.lines.find((l) => l.name === line!.name)!;
    expect(await splitDocument(ctx, who, a, [{ lineId: own.id, quantity: '1' }])).toMatchObject({ outcome: 'created' });
  });

  test('what was merged and then split, as could be done once, is not parted: what was split off would be sold twice', async () => {
    const { organizationId, who, sales } = await setUp([saleOrder(), saleOrder()]);
    const [a, b] = sales.map((s) => s.documentId) as [string, string];
    await mergeDocuments(ctx, who, [a, b]);
    const stand = (state: string) => sql`update document set state = ${state} where organization_id = ${organizationId} and id = ${b}`;
    // The rule of today looks for what is merged into it: hidden from it for the moment.
    await ctx.store.system((tx) => stand('withdrawn').execute(tx));
    const part = await splitDocument(ctx, who, a, [{ lineId: (await read(organizationId, a)).content.lines[0]!.id, quantity: '1' }]);
    expect(part).toMatchObject({ outcome: 'created', content: { totals: { gross: '50.00' } } });
    await ctx.store.system((tx) => stand('merged').execute(tx));
    const sold = async () =>
      Promise.all([a, b].map(async (id) => [(await read(organizationId, id)).state, (await read(organizationId, id)).gross]));
    const before = await sold();
    expect(before).toEqual([
      ['to_issue', '175.98'],
      ['merged', '112.99'],
    ]);
    expect(await unmergeDocument(ctx, who, a)).toMatchObject({
      outcome: 'refused',
      findings: [{ code: 'H_MOVE_REFUSED', params: { why: 'split-since' } }],
    });
    // Nor when an order is read again: unchanged it changes nothing, changed it is for a person to see.
    for (const sale of sales)
      expect(await readAgain(ctx, organizationId, sale, { externalStatus: 'SENT' })).toMatchObject({ action: 'kept' });
    expect((await read(organizationId, a)).findings).toEqual([]);
    for (const sale of sales) {
      await readAgain(ctx, organizationId, sale, dearer);
      await readAgain(ctx, organizationId, sale, { ...dearer, externalStatus: 'SENT' });
    }
    expect(await sold()).toEqual(before);
    expect((await read(organizationId, a)).findings).toMatchObject([
      { code: 'H_TOTAL_MISMATCH', params: { computed: '175.98 PLN', declared: '215.98 PLN' } },
    ]);
    // A sale that is over is taken off the sum once; said again, it writes nothing.
    const [, gone] = sales;
    const cancelled = () => readAgain(ctx, organizationId, gone!, { status: 'cancelled' });
    await cancelled();
    expect((await read(organizationId, a)).findings).toMatchObject([{ params: { computed: '175.98 PLN', declared: '82.99 PLN' } }]);
    const written = () => ctx.store.system((tx) => sql`select xmin::text from document where id in (${a}, ${b}) order by id`.execute(tx));
    const { rows } = await written();
    ctx.clock.advance(60_000);
    await cancelled();
    expect((await written()).rows).toEqual(rows);
    expect(await sold()).toEqual(before);
  });

  test('a merged document follows its orders: apart while it waits, marked when it is issued', async () => {
    const { organizationId, who, sales } = await setUp([saleOrder(), saleOrder(), saleOrder(), saleOrder()]);
    const [a, b, c, d] = sales;
    await mergeDocuments(ctx, who, [a!.documentId, b!.documentId]);
    expect(await readAgain(ctx, organizationId, b!, { externalStatus: 'SENT' })).toMatchObject({ action: 'kept' });
    expect(await readAgain(ctx, organizationId, a!, { externalStatus: 'SENT' })).toMatchObject({ action: 'kept' });
    expect((await read(organizationId, a!.documentId)).gross).toBe('225.98');
    // The head's own order is cancelled: the other sale must not go with it.
    expect(await readAgain(ctx, organizationId, a!, { status: 'cancelled' })).toMatchObject({ action: 'withdrawn' });
    expect(await read(organizationId, a!.documentId)).toMatchObject({ state: 'withdrawn', gross: '112.99' });
    expect(await read(organizationId, b!.documentId)).toMatchObject({ state: 'to_issue', gross: '112.99', findings: [] });

    await mergeDocuments(ctx, who, [c!.documentId, d!.documentId]);
    await issueDocuments(ctx, who, [c!.documentId]);
    expect(await readAgain(ctx, organizationId, d!, { externalStatus: 'SENT' })).toMatchObject({ action: 'kept' });
    expect(await readAgain(ctx, organizationId, d!, { status: 'cancelled' })).toMatchObject({ action: 'changed-after-issue' });
    expect((await read(organizationId, c!.documentId)).findings).toMatchObject([{ code: 'H_CHANGED_AFTER_ISSUE' }]);
  });

  test('a joint invoice issued beside an advance of a sale behind it, while its order is read: neither waits for the other for ever', async () => {
    const { organizationId, who, sales } = await setUp([saleOrder(), saleOrder()]);
    const [head, behind] = sales;
    const asked = await prepaymentFor(ctx, who, behind!.documentId, '50.00', '2026-11-19');
    const advance = asked.outcome === 'created' ? asked.id : '';
    await withdrawDocuments(ctx, who, { ids: [advance] });
    await mergeDocuments(ctx, who, [head!.documentId, behind!.documentId]);
    await restoreDocuments(ctx, who, { ids: [advance] });
    let issued: ReturnType<typeof issueDocuments> | undefined;
    let again: ReturnType<typeof readAgain> | undefined;
    await ctx.store.org(organizationId, async (tx) => {
      await lockDocument(tx, organizationId, head!.documentId);
      issued = issueDocuments(ctx, who, [head!.documentId, advance]);
      if (!store().embedded) await untilItWaits(store(), issued);
      again = readAgain(ctx, organizationId, behind!, dearer);
      if (!store().embedded) await untilItWaits(store(), again, 2);
    });
    expect((await issued)!.find((r) => r.id === head!.documentId)).toMatchObject({ outcome: 'issued' });
    expect(await again).toMatchObject({ action: 'changed-after-issue' });
  });

  test('a correction of what the order says now ends the hold, and a later change holds again', async () => {
    const { organizationId, who, sales } = await setUp();
    const [sale] = sales;
    const id = sale!.documentId;
    const holds = async () => (await read(organizationId, id)).findings.map((f) => f.code);
    await issueDocuments(ctx, who, [id]);
    expect(await readAgain(ctx, organizationId, sale!, dearer)).toMatchObject({ action: 'changed-after-issue' });
    const lines = [{ lineId: '1', unitPrice: '60.00' }];
    const made = await correctDocument(ctx, who, id, { reason: 'Cena', reasonCode: 'price', lines });
    await issueDocuments(ctx, who, [made.outcome === 'created' ? made.id : '']);
    expect(await readAgain(ctx, organizationId, sale!, { ...dearer, externalStatus: 'SENT' })).toMatchObject({ action: 'kept' });
    expect(await holds()).toEqual([]);
    expect(await readAgain(ctx, organizationId, sale!, {})).toMatchObject({ action: 'changed-after-issue' });
    expect(await holds()).toEqual(['H_CHANGED_AFTER_ISSUE']);
  });

  test('what a person corrected by himself is no change of the order', async () => {
    const { organizationId, who, sales } = await setUp();
    const id = sales[0]!.documentId;
    await issueDocuments(ctx, who, [id]);
    const lines = [{ lineId: '1', unitPrice: '45.00' }];
    const cheaper = await correctDocument(ctx, who, id, { reason: 'Rabat', reasonCode: 'price', lines });
    await issueDocuments(ctx, who, [made(cheaper)]);
    expect(await readAgain(ctx, organizationId, sales[0]!, { externalStatus: 'SENT' })).toMatchObject({ action: 'kept' });
    expect((await read(organizationId, id)).findings).toEqual([]);
  });

  test('what a person had set before it was issued is not the order’s to take back: its change is, and ends the hold', async () => {
    const { organizationId, who, sales } = await setUp();
    const [sale] = sales;
    const id = sale!.documentId;
    await editDocument(ctx, who, id, { set: { 'lines.0.unitPrice': '45.00' }, settle: [] });
    await editDocument(ctx, who, id, { settle: ['H_TOTAL_MISMATCH'] });
    expect(await issueDocuments(ctx, who, [id])).toMatchObject([{ outcome: 'issued' }]);
    const more = {
      lines: [{ id: '1', kind: 'goods' as const, name: 'Lampa', quantity: '3', unitGross: '50.00', gross: '150.00' }],
      declaredTotal: '162.99',
      payments: [{ method: 'online' as const, status: 'paid' as const, amount: '162.99', at: '2026-11-19T10:05:00Z' }],
    };
    await ctx.store.org(organizationId, (tx) =>
      tx
        .updateTable('sales_order')
        .set({ content: JSON.stringify({ ...sale!.order, ...more }) as never })
        .where('id', '=', sale!.orderId)
        .execute(),
    );
    expect(await readAgain(ctx, organizationId, sale!, more)).toMatchObject({ action: 'changed-after-issue' });
    const asked = await proposalFor(ctx, who, id);
    expect(asked!.proposal!.options.lines).toEqual([{ lineId: '1', quantity: '3' }]);
    const correction = await correctDocument(ctx, who, id, { ...asked!.proposal!.options, reason: 'Ilość' });
    expect(await issueDocuments(ctx, who, [made(correction)])).toMatchObject([{ outcome: 'issued' }]);
    expect((await read(organizationId, id)).findings).toEqual([]);
    expect(await readAgain(ctx, organizationId, sale!, { ...more, externalStatus: 'SENT' })).toMatchObject({ action: 'kept' });
  });

  test('a refund that its channel tells after the invoice is told, and over once it is corrected; one that was refused is none', async () => {
    const { organizationId, who, sales } = await setUp([saleOrder(), saleOrder()]);
    const [sale, other] = sales;
    const id = sale!.documentId;
    const refund = {
      externalId: 'R',
      at: '2026-11-20T08:00:00Z',
      status: 'SUCCESS',
      amount: '50.00',
      lines: [{ lineExternalId: '1', quantity: '1' }],
    };
    const whole = { ...refund, status: 'REJECTED', amount: '112.99', lines: [] };
    // Nothing went back: the sale is documented as any.
    expect(await readAgain(ctx, organizationId, other!, { refunds: [whole] })).toMatchObject({ action: 'refreshed', findings: [] });
    await issueDocuments(ctx, who, [id]);
    expect(await readAgain(ctx, organizationId, sale!, { refunds: [whole] })).toMatchObject({ action: 'kept' });
    const told = await readAgain(ctx, organizationId, sale!, { refunds: [refund] });
    expect(told).toMatchObject({ action: 'changed-after-issue', findings: [{ params: { issued: '112.99', now: '62.99' } }] });
    const lines = [{ lineId: '1', quantity: '1' }];
    await issueDocuments(ctx, who, [made(await correctDocument(ctx, who, id, { reason: 'Zwrot', reasonCode: 'return', lines }))]);
    expect(await readAgain(ctx, organizationId, sale!, { refunds: [refund], externalStatus: 'X' })).toMatchObject({ action: 'kept' });
    expect((await read(organizationId, id)).findings).toEqual([]);
  });

  test('a part that cannot be made leaves its lines where they were', async () => {
    const { organizationId, who, sales } = await setUp();
    const id = sales[0]!.documentId;
    const first = made(await splitDocument(ctx, who, id, [{ lineId: '1', quantity: '1' }]));
    // One part of several may be gone: what is counted is not what is taken.
    await ctx.store.org(organizationId, (tx) => tx.updateTable('document').set({ purpose: 'part:2' }).where('id', '=', first).execute());
    const second = await splitDocument(ctx, who, id, [{ lineId: '1', quantity: '1' }]);
    expect(second).toMatchObject({ outcome: 'created' });
    const grosses = await Promise.all([id, first, made(second)].map(async (one) => (await read(organizationId, one)).gross));
    expect(grosses).toEqual(['12.99', '50.00', '50.00']);
  });

  test('what was withdrawn leaves all sales behind it without a document, and the sheet says so', async () => {
    const { organizationId, who, sales } = await setUp([saleOrder(), saleOrder(), saleOrder()]);
    const [a, b, c] = sales.map((s) => s.documentId) as [string, string, string];
    await mergeDocuments(ctx, who, [a, b]);
    await mergeDocuments(ctx, who, [c, a]);
    const without = async () => {
      const sheet = await ctx.store.org(organizationId, (tx) => completeness(tx, organizationId, '2026-11-01', '2026-11-30'));
      return sheet.breaks.filter((one) => one.code === 'NO_DOCUMENT').length;
    };
    expect(await without()).toBe(0);
    await withdrawDocuments(ctx, who, { ids: [c] });
    expect(await without()).toBe(3);
  });

  test('a divided sale keeps its money when its order is read again', async () => {
    const { organizationId, who, sales } = await setUp();
    const [sale] = sales;
    const part = await splitDocument(ctx, who, sale!.documentId, [{ lineId: '1', quantity: '1' }]);
    const before = await read(organizationId, sale!.documentId);
    expect(before).toMatchObject({ gross: '62.99', content: { payment: { paid: '62.99' } } });
    await readAgain(ctx, organizationId, sale!, { externalStatus: 'SENT' });
    expect(await read(organizationId, sale!.documentId)).toMatchObject({
      gross: '62.99',
      findings: [],
      content: { payment: { paid: '62.99' } },
    });
    const partId = part.outcome === 'created' ? part.id : '';
    await issueDocuments(ctx, who, [sale!.documentId, partId]);
    expect(await readAgain(ctx, organizationId, sale!, { externalStatus: 'DONE' })).toMatchObject({ action: 'kept' });
    expect(await readAgain(ctx, organizationId, sale!, dearer)).toMatchObject({ action: 'changed-after-issue' });
    // Put right in the channel: the mark goes.
    expect(await readAgain(ctx, organizationId, sale!, {})).toMatchObject({ action: 'kept' });
    expect(await read(organizationId, sale!.documentId)).toMatchObject({ findings: [], held: false });
  });

  test('a withdrawn document is not restored beside the one that took its place', async () => {
    const { who, organizationId } = await setUp();
    const content = { ...(await read(organizationId, (await storeSales(ctx, organizationId, [saleOrder()]))[0]!.documentId)).content };
    const proforma = await createDocument(ctx, who, { ...content, kind: 'proforma', order: undefined });
    const id = proforma.outcome === 'created' ? proforma.id : '';
    await issueDocuments(ctx, who, [id]);
    const one = await invoiceAfterProforma(ctx, who, id);
    const oneId = one.outcome === 'created' ? one.id : '';
    await withdrawDocuments(ctx, who, { ids: [oneId] });
    const two = await invoiceAfterProforma(ctx, who, id);
    expect(two.outcome).toBe('created');
    expect(await restoreDocuments(ctx, who, { ids: [oneId] })).toMatchObject({
      moved: [],
      refused: [{ findings: [{ code: 'H_ALREADY_DOCUMENTED' }] }],
    });
  });

  test('money received before is taxed once', async () => {
    const { who, sales } = await setUp([saleOrder(), saleOrder()]);
    const id = sales[0]!.documentId;
    for (const [received, day] of [
      ['0.00', '2026-11-19'],
      ['-5.00', '2026-11-19'],
      ['113.00', '2026-11-19'],
      ['x', '2026-11-19'],
      ['50.00', '2026-02-30'],
    ] as const)
      expect(await prepaymentFor(ctx, who, id, received, day)).toMatchObject({ outcome: 'refused', findings: [{ code: 'H_FIELD_WRONG' }] });
    const made = await prepaymentFor(ctx, who, id, '50.00', '2026-11-19');
    const prepaymentId = made.outcome === 'created' ? made.id : '';
    expect(await prepaymentFor(ctx, who, id, '63.00', '2026-11-19')).toMatchObject({
      findings: [{ code: 'H_FIELD_WRONG', where: 'received' }],
    });
    await issueDocuments(ctx, who, [prepaymentId]);
    expect(await issueDocuments(ctx, who, [id])).toMatchObject([
      { findings: [{ code: 'H_PREPAYMENT_OPEN', params: { number: 'ZAL/1/11/2026' } }] },
    ]);
    expect(await finalAfterPrepayments(ctx, who, sales[1]!.documentId, [prepaymentId])).toMatchObject({
      findings: [{ code: 'H_FINAL_REFUSED' }],
    });
    expect(await finalAfterPrepayments(ctx, who, id, [prepaymentId, prepaymentId])).toMatchObject({
      outcome: 'created',
      content: { totals: { gross: '62.99' } },
    });
    expect(await issueDocuments(ctx, who, [id])).toMatchObject([{ outcome: 'issued', number: 'FK/1/11/2026' }]);
  });

  test('a proforma, an advance on it, and the final invoice of the rest', async () => {
    const { who, sales } = await setUp();
    const id = sales[0]!.documentId;
    await changeKind(ctx, who, id, 'proforma');
    await issueDocuments(ctx, who, [id]);
    const made = await prepaymentFor(ctx, who, id, '50.00', '2026-11-19');
    const advance = made.outcome === 'created' ? made.id : '';
    await issueDocuments(ctx, who, [advance]);
    // The advance is no reason to refuse the invoice that settles it; the whole invoice beside it is.
    const invoice = await invoiceAfterProforma(ctx, who, id);
    const rest = invoice.outcome === 'created' ? invoice.id : '';
    expect(await issueDocuments(ctx, who, [rest])).toMatchObject([{ findings: [{ code: 'H_PREPAYMENT_OPEN' }] }]);
    expect(await finalAfterPrepayments(ctx, who, rest, [advance])).toMatchObject({
      content: { kind: 'final', totals: { gross: '62.99' } },
    });
    expect(await issueDocuments(ctx, who, [rest])).toMatchObject([{ outcome: 'issued' }]);
    expect(await invoiceAfterProforma(ctx, who, id)).toMatchObject({ outcome: 'refused', findings: [{ code: 'H_ALREADY_DOCUMENTED' }] });
  });

  test('an advance counts as its correction left it, and none is billed beside the whole invoice', async () => {
    const { who, sales } = await setUp([saleOrder(), saleOrder()]);
    const [id, other] = sales.map((s) => s.documentId) as [string, string];
    const advance = async (of: string, amount: string) => {
      const made = await prepaymentFor(ctx, who, of, amount, '2026-11-19');
      return made.outcome === 'created' ? made.id : '';
    };
    const prepaymentId = await advance(id, '50.00');
    await issueDocuments(ctx, who, [prepaymentId]);
    const line = await correctDocument(ctx, who, prepaymentId, {
      reason: 'Zwrot części zaliczki',
      reasonCode: 'price',
      lines: [{ lineId: 'prepayment/S23', unitPrice: '20.00' }],
    });
    expect(line).toMatchObject({ outcome: 'created' });
    await issueDocuments(ctx, who, [line.outcome === 'created' ? line.id : '']);
    expect(await finalAfterPrepayments(ctx, who, id, [prepaymentId])).toMatchObject({ content: { totals: { gross: '92.99' } } });

    // One that was left out, or that changed since, would be taxed twice or not at all.
    const forgotten = await advance(id, '10.00');
    await issueDocuments(ctx, who, [forgotten]);
    const missing = { findings: [{ code: 'H_PREPAYMENT_OPEN', params: { number: 'ZAL/2/11/2026' } }] };
    expect(await issueDocuments(ctx, who, [id])).toMatchObject([missing]);
    expect(await finalAfterPrepayments(ctx, who, id, [prepaymentId])).toMatchObject({ outcome: 'refused', ...missing });
    const undone = await correctDocument(ctx, who, forgotten, { reason: 'Zwrot', reasonCode: 'cancel', cancel: true });
    await issueDocuments(ctx, who, [undone.outcome === 'created' ? undone.id : '']);
    expect(await issueDocuments(ctx, who, [id])).toMatchObject([{ outcome: 'issued' }]);

    const late = await advance(other, '50.00');
    await withdrawDocuments(ctx, who, { ids: [late] });
    expect(await issueDocuments(ctx, who, [other])).toMatchObject([{ outcome: 'issued' }]);
    await restoreDocuments(ctx, who, { ids: [late] });
    expect(await issueDocuments(ctx, who, [late])).toMatchObject([{ findings: [{ code: 'H_ALREADY_DOCUMENTED' }] }]);
  });

  const made = (result: { outcome: string; id?: string }) => (result.outcome === 'created' ? result.id! : '');
  const put = (organizationId: string, id: string, state: string, number: string | null) =>
    ctx.store.org(organizationId, (tx) => sql`update document set state = ${state}, number = ${number} where id = ${id}`.execute(tx));
  const lamps = () =>
    saleOrder({
      lines: [{ id: '1', externalId: 'L1', kind: 'goods', name: 'Lampa', quantity: '4', unitGross: '25.00', gross: '100.00' }],
      delivery: { tracking: [] },
      declaredTotal: '100.00',
      payments: [],
    });

  test('what is on its way stands: nothing that it bills is billed beside it', async () => {
    const { organizationId, who, sales } = await setUp([lamps(), lamps()]);
    const [id, other] = sales.map((s) => s.documentId) as [string, string];
    const waits = { outcome: 'refused', findings: [{ code: 'H_ORDER_DOCUMENT_PENDING' }] };
    const first = made(await prepaymentFor(ctx, who, id, '20.00', '2026-11-19'));
    const second = made(await prepaymentFor(ctx, who, id, '10.00', '2026-11-19'));
    await put(organizationId, first, 'submitted', null);
    expect(await issueDocuments(ctx, who, [id])).toMatchObject([waits]);
    await put(organizationId, first, 'to_issue', null);
    expect(await issueDocuments(ctx, who, [first])).toMatchObject([{ outcome: 'issued' }]);
    await put(organizationId, second, 'submitted', null);
    expect(await finalAfterPrepayments(ctx, who, id, [first])).toMatchObject(waits);
    await put(organizationId, second, 'to_issue', null);
    expect(await finalAfterPrepayments(ctx, who, id, [first])).toMatchObject({ content: { totals: { gross: '80.00' } } });
    await put(organizationId, second, 'submitted', null);
    expect(await issueDocuments(ctx, who, [id])).toMatchObject([waits]);
    await put(organizationId, second, 'to_issue', null);
    const lines = [{ lineId: 'prepayment/S23', unitPrice: '5.00' }];
    const correction = made(await correctDocument(ctx, who, first, { reason: 'Zwrot', reasonCode: 'price', lines }));
    await put(organizationId, correction, 'submitted', null);
    expect(await issueDocuments(ctx, who, [id])).toMatchObject([waits]);
    await put(organizationId, correction, 'withdrawn', null);
    await put(organizationId, id, 'submitted', null);
    expect(await issueDocuments(ctx, who, [second])).toMatchObject([waits]);
    // A number that the provider gave and the authority refused is mended there: it stands as well.
    await put(organizationId, made(await prepaymentFor(ctx, who, other, '10.00', '2026-11-19')), 'refused', 'X/1');
    expect(await issueDocuments(ctx, who, [other])).toMatchObject([waits]);
  });

  test('an advance and the whole, issued in one moment: only one of them is, whichever comes first', async () => {
    const { organizationId, who, sales } = await setUp([lamps(), lamps(), lamps()]);
    const [a, b, c] = sales.map((s) => s.documentId) as [string, string, string];
    const advanceOf = async (id: string) => made(await prepaymentFor(ctx, who, id, '20.00', '2026-11-19'));
    const [pa, pb, pc] = [await advanceOf(a), await advanceOf(b), await advanceOf(c)];
    // Asked for together, the advance goes first.
    const together = await issueDocuments(ctx, who, [a, pa]);
    expect(together.find((r) => r.id === pa)).toMatchObject({ outcome: 'issued' });
    expect(together.find((r) => r.id === a)).toMatchObject({ findings: [{ code: 'H_ORDER_DOCUMENT_PENDING' }] });
    expect(await issueDocuments(ctx, who, [a])).toMatchObject([{ findings: [{ code: 'H_PREPAYMENT_OPEN' }] }]);
    // On two connections the second waits for the first; the embedded database has one, and waits anyway.
    const inOneMoment = async (first: string, second: string) => {
      let other: ReturnType<typeof issueDocuments> | undefined;
      await ctx.store.org(organizationId, async (tx) => {
        expect(await issueInTransaction(tx, ctx, who, [first], {})).toMatchObject([{ outcome: 'issued' }]);
        other = issueDocuments(ctx, who, [second]);
        if (!store().embedded) await untilItWaits(store(), other);
      });
      return other;
    };
    expect(await inOneMoment(pb, b)).toMatchObject([{ findings: [{ code: 'H_PREPAYMENT_OPEN' }] }]);
    expect(await inOneMoment(c, pc)).toMatchObject([{ findings: [{ code: 'H_ALREADY_DOCUMENTED' }] }]);
  });

  test('an advance in a later batch of a run goes before the whole in an earlier one; neither waits for the other for ever', async () => {
    const { organizationId, who, sales } = await setUp([lamps(), lamps()]);
    const [first, whole] = sales.map((s) => s.documentId) as [string, string];
    const advance = made(await prepaymentFor(ctx, who, whole, '20.00', '2026-11-19'));
    const unknown = Array.from({ length: issueBatchSize - 2 }, () => newId(ctx.now()));
    const { runId } = await startIssueRun(ctx, who, { ids: [first, whole, ...unknown, advance] }, {});
    let run: Promise<void> | undefined;
    // The first batch stops before it has the sale; the second one would have it meanwhile, and wait for the first.
    await ctx.store.org(organizationId, async (tx) => {
      await lockDocument(tx, organizationId, first);
      run = workIssueRun(ctx, organizationId, runId);
      if (store().embedded) return;
      await untilItWaits(store(), run);
      for (let i = 0; i < 200; i++) await sql`select 1`.execute(store().db);
    });
    await run;
    expect(await read(organizationId, advance)).toMatchObject({ state: 'issued' });
    expect(await read(organizationId, whole)).toMatchObject({ state: 'to_issue' });
    expect(await issueDocuments(ctx, who, [whole])).toMatchObject([{ findings: [{ code: 'H_PREPAYMENT_OPEN' }] }]);
  });

  test('what was refused is not sent again beside what was billed since', async () => {
    const { organizationId, who, sales } = await setUp([lamps()]);
    const id = sales[0]!.documentId;
    const advance = made(await prepaymentFor(ctx, who, id, '20.00', '2026-11-19'));
    await put(organizationId, id, 'refused', null);
    const transferId = newId(ctx.now());
    await ctx.store.org(organizationId, (tx) =>
      sql`insert into transfer (organization_id, id, document_id, connection_id, reference, verb, status, settings, story, created_at, updated_at)
        select ${organizationId}, ${transferId}, ${id}, connection_id, 'fk:x', 'issue', 'rejected', '{}', '[]', now(), now() from sales_order where id = ${sales[0]!.orderId}`.execute(
        tx,
      ),
    );
    expect(await issueDocuments(ctx, who, [advance])).toMatchObject([{ outcome: 'issued' }]);
    expect(await resendTransfer(ctx, who, transferId)).toBe('nothing to send');
    expect(await read(organizationId, id)).toMatchObject({ state: 'refused' });
  });

  test('a sale made by hand, or after a proforma made by hand, is not billed beside its advance', async () => {
    const { organizationId, who } = await setUp([]);
    const byHand = async (kind: 'invoice' | 'proforma') => {
      const buyer = { type: 'person', name: 'Jan', street: 'Prosta 1', postalCode: '00-001', city: 'Warszawa', country: 'PL' };
      const rate = { category: 'S', percent: '23', source: 'person' };
      return made(
        await createDocument(
          ctx,
          who,
          documentDraftSchema.parse({
            kind,
            buyer,
            saleDate: '2026-11-20',
            lines: [{ name: 'Lampa', quantity: '1', unitPrice: '100', rate }],
          }),
        ),
      );
    };
    const advanceOf = async (id: string) => made(await prepaymentFor(ctx, who, id, '20.00', '2026-11-19'));
    const open = [{ findings: [{ code: 'H_PREPAYMENT_OPEN' }] }];
    const billed = [{ findings: [{ code: 'H_ALREADY_DOCUMENTED' }] }];
    const invoice = await byHand('invoice');
    const advance = await advanceOf(invoice);
    expect(await issueDocuments(ctx, who, [advance])).toMatchObject([{ outcome: 'issued' }]);
    expect(await issueDocuments(ctx, who, [invoice])).toMatchObject(open);
    expect(await finalAfterPrepayments(ctx, who, invoice, [advance])).toMatchObject({ content: { totals: { gross: '80.00' } } });
    expect(await issueDocuments(ctx, who, [invoice])).toMatchObject([{ outcome: 'issued' }]);
    const other = await byHand('invoice');
    const late = await advanceOf(other);
    expect(await issueDocuments(ctx, who, [other])).toMatchObject([{ outcome: 'issued' }]);
    expect(await issueDocuments(ctx, who, [late])).toMatchObject(billed);

    const proforma = await byHand('proforma');
    await issueDocuments(ctx, who, [proforma]);
    const [first, second] = [await advanceOf(proforma), await advanceOf(proforma)];
    const after = made(await invoiceAfterProforma(ctx, who, proforma));
    // On the one and on the other together, no more than the whole.
    const tooMuch = { findings: [{ code: 'H_FIELD_WRONG', where: 'received' }] };
    expect(await prepaymentFor(ctx, who, after, '60.01', '2026-11-19')).toMatchObject(tooMuch);
    const onInvoice = made(await prepaymentFor(ctx, who, after, '60.00', '2026-11-19'));
    expect(await prepaymentFor(ctx, who, proforma, '0.01', '2026-11-19')).toMatchObject(tooMuch);
    await withdrawDocuments(ctx, who, { ids: [onInvoice] });
    // Nor in one moment: who asks on the invoice waits for who asks on the proforma.
    if (!store().embedded) {
      let isAsked = false;
      let asking: Promise<void> | undefined;
      await ctx.store.org(organizationId, async (tx) => {
        await lockDocument(tx, organizationId, proforma);
        asking = prepaymentFor(ctx, who, after, '60.01', '2026-11-19').then(() => {
          isAsked = true;
        });
        await untilItWaits(store(), asking);
        expect(isAsked).toBe(false);
      });
      await asking;
    }
    expect(await issueDocuments(ctx, who, [first])).toMatchObject([{ outcome: 'issued' }]);
    expect(await issueDocuments(ctx, who, [after])).toMatchObject(open);
    expect(await finalAfterPrepayments(ctx, who, after, [first])).toMatchObject({ outcome: 'created' });
    const both = await issueDocuments(ctx, who, [after, second]);
    expect(both.find((r) => r.id === after)).toMatchObject({ findings: [{ code: 'H_ORDER_DOCUMENT_PENDING' }] });
    expect(both.find((r) => r.id === second)).toMatchObject({ outcome: 'issued' });
  });

  test('an advance on one of several sales is not billed again by their joint invoice', async () => {
    const { who, sales } = await setUp([lamps(), lamps()]);
    const [a, b] = sales.map((s) => s.documentId) as [string, string];
    const advance = made(await prepaymentFor(ctx, who, b, '20.00', '2026-11-19'));
    const refusal = { outcome: 'refused', findings: [{ code: 'H_MERGE_REFUSED', params: { why: 'prepayment' } }] };
    expect(await mergeDocuments(ctx, who, [a, b])).toMatchObject(refusal);
    await issueDocuments(ctx, who, [advance]);
    expect(await mergeDocuments(ctx, who, [a, b])).toMatchObject(refusal);
    // The other way round its own final invoice settles it.
    expect(await mergeDocuments(ctx, who, [b, a])).toMatchObject({ outcome: 'created' });
    expect(await issueDocuments(ctx, who, [b])).toMatchObject([{ findings: [{ code: 'H_PREPAYMENT_OPEN' }] }]);
    expect(await finalAfterPrepayments(ctx, who, b, [advance])).toMatchObject({ content: { totals: { gross: '180.00' } } });
    expect(await issueDocuments(ctx, who, [b])).toMatchObject([{ outcome: 'issued' }]);
  });

  test('each part of a split order settles its own advances', async () => {
    const { organizationId, who, sales } = await setUp([lamps(), lamps()]);
    const [a, whole] = sales.map((s) => s.documentId) as [string, string];
    const halve = async (id: string) => {
      const lineId = (await read(organizationId, id)).content.lines[0]!.id;
      return made(await splitDocument(ctx, who, id, [{ lineId, quantity: '2' }]));
    };
    const b = await halve(a);
    const [p1, p2] = [
      made(await prepaymentFor(ctx, who, a, '20.00', '2026-11-19')),
      made(await prepaymentFor(ctx, who, b, '30.00', '2026-11-19')),
    ];
    expect(await prepaymentFor(ctx, who, b, '20.01', '2026-11-19')).toMatchObject({ findings: [{ code: 'H_FIELD_WRONG' }] });
    await issueDocuments(ctx, who, [p1, p2]);
    // None of the parts is billed whole while its advance is open.
    expect(await issueDocuments(ctx, who, [a, b])).toMatchObject([
      { findings: [{ code: 'H_PREPAYMENT_OPEN' }] },
      { findings: [{ code: 'H_PREPAYMENT_OPEN' }] },
    ]);
    expect(await finalAfterPrepayments(ctx, who, a, [p1])).toMatchObject({ content: { totals: { gross: '30.00' } } });
    expect(await finalAfterPrepayments(ctx, who, b, [p2])).toMatchObject({ content: { totals: { gross: '20.00' } } });
    expect(await issueDocuments(ctx, who, [a, b])).toMatchObject([{ outcome: 'issued' }, { outcome: 'issued' }]);

    // An advance from before the split is settled once, on whichever part; the other part is an invoice as any.
    const p3 = made(await prepaymentFor(ctx, who, whole, '20.00', '2026-11-19'));
    await issueDocuments(ctx, who, [p3]);
    const rest = await halve(whole);
    expect(await finalAfterPrepayments(ctx, who, rest, [p3])).toMatchObject({ content: { totals: { gross: '30.00' } } });
    expect(await finalAfterPrepayments(ctx, who, whole, [p3])).toMatchObject({ findings: [{ code: 'H_PREPAYMENT_SETTLED' }] });
    expect(await issueDocuments(ctx, who, [rest])).toMatchObject([{ outcome: 'issued' }]);
    expect(await issueDocuments(ctx, who, [whole])).toMatchObject([{ outcome: 'issued' }]);
  });

  test('money before a supply within the Union is not billed by an advance invoice', async () => {
    const { who, sales } = await setUp([lamps()]);
    const id = sales[0]!.documentId;
    await editDocument(ctx, who, id, { set: { taxTreatment: 'intra_community' } });
    expect(await prepaymentFor(ctx, who, id, '20.00', '2026-11-19')).toMatchObject({ findings: [{ code: 'H_PREPAYMENT_WITHIN_UNION' }] });
  });

  test('an advance on one part of an order stops that part alone, asked for together', async () => {
    const { who, sales } = await setUp([lamps()]);
    const one = sales[0]!.documentId;
    const other = made(await splitDocument(ctx, who, one, [{ lineId: '1', quantity: '1' }]));
    const advance = made(await prepaymentFor(ctx, who, one, '20.00', '2026-11-19'));
    const results = await issueDocuments(ctx, who, [one, other, advance]);
    expect(results.find((r) => r.id === one)).toMatchObject({ findings: [{ code: 'H_ORDER_DOCUMENT_PENDING' }] });
    expect(results.filter((r) => r.outcome === 'issued').map((r) => r.id)).toEqual(expect.arrayContaining([other, advance]));
  });

  test('an advance that was given back leaves room for another', async () => {
    const { who, sales } = await setUp([lamps()]);
    const id = sales[0]!.documentId;
    const first = made(await prepaymentFor(ctx, who, id, '80.00', '2026-11-19'));
    await issueDocuments(ctx, who, [first]);
    const undone = made(await correctDocument(ctx, who, first, { reason: 'Zwrot', reasonCode: 'cancel', cancel: true }));
    // Until the correction is issued the money counts.
    expect(await prepaymentFor(ctx, who, id, '50.00', '2026-11-19')).toMatchObject({ findings: [{ code: 'H_FIELD_WRONG' }] });
    await issueDocuments(ctx, who, [undone]);
    expect(await prepaymentFor(ctx, who, id, '100.00', '2026-11-19')).toMatchObject({ outcome: 'created' });
  });

  test('hostile edits are findings, not broken transactions', async () => {
    const { organizationId, who, sales } = await setUp();
    const id = sales[0]!.documentId;
    const wrong: [string, unknown][] = [
      ['lines.length', 4_294_967_295],
      ['lines.99999.name', 'x'],
      ['buyer.constructor.prototype', { polluted: true }],
      ['buyer.__proto__.polluted', true],
      ['toString.x', 1],
      ['issueDate', '2026-02-30'],
      ['issueDate', '2026-11-20T00:00:00'],
      ['payment.paidAt', 'yesterday'],
      ['buyer.name', 'a\u0000b'],
      ['buyer.name', '\ud800'],
      ['lines.0.unitPrice', '999999999999999999999'],
      ['lines.0.quantity', 'NaN'],
    ];
    for (const [path, value] of wrong)
      expect([path, await editDocument(ctx, who, id, { set: { [path]: value } })]).toMatchObject([path, { outcome: 'refused' }]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(await editDocument(ctx, who, id, { set: { 'lines.1': null } })).toMatchObject({
      outcome: 'saved',
      content: { lines: [{ id: '1' }] },
    });
    expect((await read(organizationId, id)).version).toBe(2);
  });

  test('a list shows what has no number or due day yet, page by page, and refuses a cursor of another order', async () => {
    const { organizationId, who, sales } = await setUp(Array.from({ length: 5 }, () => saleOrder()));
    await editDocument(ctx, who, sales[0]!.documentId, { set: { dueDate: '2026-12-01' } });
    await issueDocuments(ctx, who, [sales[1]!.documentId]);
    for (const sort of ['due', 'number', 'gross', 'buyer', 'created'] as const)
      for (const direction of ['asc', 'desc'] as const) {
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await ctx.store.org(organizationId, (tx) =>
            queryDocuments(tx, organizationId, { sort, direction, limit: 2, cursor }),
          );
          seen.push(...page.items.map((d) => d.id));
          cursor = page.nextCursor;
        } while (cursor);
        expect([sort, direction, [...seen].sort()]).toEqual([sort, direction, sales.map((s) => s.documentId).sort()]);
      }
    const { nextCursor: cursor } = await ctx.store.org(organizationId, (tx) =>
      queryDocuments(tx, organizationId, { sort: 'buyer', limit: 1 }),
    );
    await expect(ctx.store.org(organizationId, (tx) => queryDocuments(tx, organizationId, { sort: 'gross', cursor }))).rejects.toThrow(
      'cursor',
    );
  });

  test('the day of preparing is the organization’s, whatever zone the server is in', async () => {
    const { organizationId, sales } = await setUp();
    await ctx.store.org(organizationId, async (tx) => {
      await sql`update document set created_at = '2026-11-19T23:30:00Z' where id = ${sales[0]!.documentId}`.execute(tx);
      const days = async (day: string) => (await queryDocuments(tx, organizationId, { from: day, to: day })).items.length;
      expect([await days('2026-11-19'), await days('2026-11-20')]).toEqual([0, 1]);
    });
  });
});
