import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { warning } from '../domain/finding.ts';
import type { Order } from '../domain/orders/order.ts';
import { storeOrders } from '../intake/index.ts';
import { json, newId } from '../store/index.ts';
import { type TestContext, testContext, testOrganization } from '../testkit/context.ts';
import { onBothDatabases, untilItWaits } from '../testkit/database.ts';
import { saleOrder, storeSales } from '../testkit/sale.ts';
import {
  acceptDocuments,
  clearDocument,
  correctDocument,
  editDocument,
  getDocument,
  issueDocuments,
  issueInTransaction,
  lockDocuments,
  mergeDocuments,
  splitDocument,
} from '../toissue/index.ts';
import { channelOf } from './events.ts';
import { sweepOrderEvents, workOrderEvent } from './index.ts';

/** The promise: a refund is taken back once, wherever its sale stands; what does not say where it belongs waits for a person. */
type Refund = Order['refunds'][number];

onBothDatabases('refunds of sales on several documents', (store) => {
  let ctx: TestContext;
  let organizationId: string;
  const who = () => ({ organizationId, actor: 'test' });
  beforeAll(async () => {
    ctx = await testContext(store(), { work: false });
  });
  afterAll(() => ctx.jobs.stop());
  beforeEach(async () => {
    organizationId = await testOrganization(ctx);
  });

  const lamps = () =>
    saleOrder({
      lines: [{ id: '1', externalId: 'L1', kind: 'goods', name: 'Lampa', quantity: '4', unitGross: '25.00', gross: '100.00' }],
      delivery: { tracking: [] },
      declaredTotal: '100.00',
    });
  const created = (made: { outcome: string; id?: string }) => {
    if (!made.id) throw new Error(JSON.stringify(made));
    return made.id;
  };
  const sold = async () => {
    const [sale] = await storeSales(ctx, organizationId, [lamps()]);
    return sale!;
  };
  /** Four lamps on two invoices of two. */
  const soldInTwo = async () => {
    const sale = await sold();
    const part = created(await splitDocument(ctx, who(), sale.documentId, [{ lineId: sale.order.lines[0]!.id, quantity: '2' }]));
    await issueDocuments(ctx, who(), [sale.documentId, part]);
    return sale;
  };

  async function happen(orderId: string, event: { event: 'refunded'; refund: Partial<Refund> } | { event: 'cancelled' }) {
    const id = newId(ctx.now());
    const at = ctx.now().toISOString();
    await ctx.store.org(organizationId, async (tx) => {
      const order = await tx.selectFrom('sales_order').selectAll().where('id', '=', orderId).executeTakeFirstOrThrow();
      const { connection_id, external_id } = order;
      const told =
        event.event === 'refunded'
          ? {
              ...event,
              at,
              externalId: external_id,
              refund: { externalId: id, at, status: 'SUCCESS', amount: '0', lines: [], ...event.refund },
            }
          : { ...event, at, externalId: external_id };
      await tx
        .insertInto('order_event')
        .values({ organization_id: organizationId, id, connection_id, external_id, at: ctx.now(), event: json(told) } as never)
        .execute();
    });
    await workOrderEvent(ctx, organizationId, id);
    return id;
  }
  /** The channel shows the order once more, changed as given; what happened to it lies over it as before. */
  const readAgain = (orderId: string, change: Partial<Order>) =>
    ctx.store.org(organizationId, async (tx) => {
      const row = await tx.selectFrom('sales_order').selectAll().where('id', '=', orderId).executeTakeFirstOrThrow();
      const channel = await channelOf(tx, organizationId, row.connection_id);
      await storeOrders(tx, ctx, who(), channel, [{ order: { ...row.content, ...change }, raw: null } as never]);
    });
  const documents = (kind: 'invoice' | 'correction') =>
    ctx.store.org(organizationId, (tx) =>
      tx.selectFrom('document').selectAll().where('kind', '=', kind).where('state', '<>', 'merged').orderBy('purpose').execute(),
    );
  const differences = async () => (await documents('correction')).map((d) => d.content.correction!.difference.gross);
  const holds = async () => (await documents('invoice')).map((d) => d.hold_codes);

  test('one piece is taken back from one part, three pieces from both, never more than was refunded', async () => {
    const first = await soldInTwo();
    await happen(first.orderId, { event: 'refunded', refund: { amount: '25.00', lines: [{ lineExternalId: 'L1', quantity: '1' }] } });
    expect(await differences()).toEqual(['-25.00']);
    expect(await holds()).toEqual([[], []]);
    organizationId = await testOrganization(ctx);
    const second = await soldInTwo();
    await happen(second.orderId, { event: 'refunded', refund: { amount: '75.00', lines: [{ lineExternalId: 'L1', quantity: '3' }] } });
    expect((await differences()).sort()).toEqual(['-25.00', '-50.00']);
  });

  test('an amount without rows waits for a person, though each part is worth it', async () => {
    const sale = await soldInTwo();
    await happen(sale.orderId, { event: 'refunded', refund: { amount: '50.00' } });
    expect(await differences()).toEqual([]);
    expect(await holds()).toEqual([['H_CHANGED_AFTER_ISSUE'], ['H_CHANGED_AFTER_ISSUE']]);
    const [one] = await documents('invoice');
    expect(one!.findings[0]!.params).toMatchObject({ issued: '100.00', now: '50.00' });
    // Taken up on one of the two it is over on both; in part it is not.
    const give = async (id: string) => {
      ctx.clock.advance(1000);
      const made = created(await correctDocument(ctx, who(), id, { reason: 'x', reasonCode: 'cancel', cancel: true }));
      await issueDocuments(ctx, who(), [made]);
    };
    await give(one!.id);
    expect(await holds()).toEqual([[], []]);
    organizationId = await testOrganization(ctx);
    const more = await soldInTwo();
    await happen(more.orderId, { event: 'refunded', refund: { amount: '75.00' } });
    const [first, second] = await documents('invoice');
    await give(first!.id);
    expect(await holds()).toEqual([[], ['H_CHANGED_AFTER_ISSUE']]);
    await give(second!.id);
    expect(await holds()).toEqual([[], []]);
  });

  test('an amount that waits for a person is not forgotten: neither when its order is read again nor when something else is corrected', async () => {
    const sale = await sold();
    await issueDocuments(ctx, who(), [sale.documentId]);
    await happen(sale.orderId, { event: 'refunded', refund: { amount: '25.00' } });
    expect(await holds()).toEqual([['H_CHANGED_AFTER_ISSUE']]);
    const [line] = (await documents('invoice'))[0]!.content.lines;
    const correct = async (change: Partial<Parameters<typeof correctDocument>[3]>) => {
      ctx.clock.advance(1000);
      const made = created(await correctDocument(ctx, who(), sale.documentId, { reason: 'x', reasonCode: 'price', ...change }));
      expect(await issueDocuments(ctx, who(), [made])).toMatchObject([{ outcome: 'issued' }]);
    };
    await readAgain(sale.orderId, { externalStatus: 'SENT' });
    expect(await holds()).toEqual([['H_CHANGED_AFTER_ISSUE']]);
    await correct({ lines: [{ lineId: line!.id, name: 'Lampka' }] });
    expect(await holds()).toEqual([['H_CHANGED_AFTER_ISSUE']]);
    await readAgain(sale.orderId, { externalStatus: 'DELIVERED' });
    expect(await holds()).toEqual([['H_CHANGED_AFTER_ISSUE']]);
    await correct({ lines: [{ lineId: line!.id, unitPrice: '18.75' }] });
    expect(await holds()).toEqual([[]]);
    await readAgain(sale.orderId, { externalStatus: 'CLOSED' });
    expect(await holds()).toEqual([[]]);
  });

  test('an amount that waits for a person is not forgotten over a refund that says its rows', async () => {
    const sale = await sold();
    await issueDocuments(ctx, who(), [sale.documentId]);
    await happen(sale.orderId, { event: 'refunded', refund: { amount: '10.00' } });
    ctx.clock.advance(1000);
    await happen(sale.orderId, { event: 'refunded', refund: { amount: '25.00', lines: [{ lineExternalId: 'L1', quantity: '1' }] } });
    const [made] = await documents('correction');
    expect(made!.content.correction!.difference.gross).toBe('-25.00');
    await issueDocuments(ctx, who(), [made!.id]);
    expect(await holds()).toEqual([['H_CHANGED_AFTER_ISSUE']]);
  });

  test('on an invoice for several orders nothing is taken back by itself, and no refund is lost, whichever order it is of', async () => {
    const [a, b] = [await sold(), await sold()];
    created(await mergeDocuments(ctx, who(), [a.documentId, b.documentId]));
    await issueDocuments(ctx, who(), [a.documentId]);
    for (const { orderId } of [a, b]) {
      await ctx.store.org(organizationId, (tx) =>
        tx
          .updateTable('document')
          .set({ hold_codes: [], held: false, findings: json([]) })
          .where('state', '=', 'issued')
          .execute(),
      );
      await happen(orderId, { event: 'refunded', refund: { amount: '25.00', lines: [{ lineExternalId: 'L1', quantity: '1' }] } });
      expect(await differences()).toEqual([]);
      expect(await holds()).toEqual([['H_CHANGED_AFTER_ISSUE']]);
    }
    await happen(a.orderId, { event: 'cancelled' });
    expect(await differences()).toEqual([]);
    expect(await holds()).toEqual([['H_CHANGED_AFTER_ISSUE']]);
  });

  test('a refund that comes while a correction is open is taken back when that one is issued', async () => {
    const sale = await sold();
    await issueDocuments(ctx, who(), [sale.documentId]);
    const piece = { amount: '25.00', lines: [{ lineExternalId: 'L1', quantity: '1' }] };
    await happen(sale.orderId, { event: 'refunded', refund: piece });
    const second = await happen(sale.orderId, { event: 'refunded', refund: piece });
    const [open] = await documents('correction');
    expect(await differences()).toEqual(['-25.00']);
    await issueDocuments(ctx, who(), [open!.id]);
    await workOrderEvent(ctx, organizationId, second);
    expect(await differences()).toEqual(['-25.00', '-25.00']);
    expect(await holds()).toEqual([[]]);
    // What is gone altogether does not wait: it is held, and stays so until nothing of it is left.
    await happen(sale.orderId, { event: 'cancelled' });
    expect(await holds()).toEqual([['H_CHANGED_AFTER_ISSUE']]);
    await issueDocuments(
      ctx,
      who(),
      (await documents('correction')).filter((d) => d.state === 'to_issue').map((d) => d.id),
    );
    expect(await holds()).toEqual([['H_CHANGED_AFTER_ISSUE']]);
    const rest = await correctDocument(ctx, who(), sale.documentId, { reason: 'x', reasonCode: 'cancel', cancel: true });
    await issueDocuments(ctx, who(), [created(rest)]);
    expect(await holds()).toEqual([[]]);
  });

  test('a refund that waits says so and for what, and is not forgotten however long it waits', async () => {
    const sale = await sold();
    await issueDocuments(ctx, who(), [sale.documentId]);
    const piece = { amount: '25.00', lines: [{ lineExternalId: 'L1', quantity: '1' }] };
    await happen(sale.orderId, { event: 'refunded', refund: piece });
    const second = await happen(sale.orderId, { event: 'refunded', refund: piece });
    const [open] = await documents('correction');
    const [invoice] = await documents('invoice');
    const told = (id: string) =>
      ctx.store.org(organizationId, async (tx) => (await getDocument(tx, organizationId, id, '2026-11-20'))!.findings);
    const waits = { code: 'W_REFUND_WAITS', level: 'warning', params: { amount: '25.00 PLN', number: invoice!.number } };
    expect(await told(invoice!.id)).toMatchObject([waits]);
    expect(await told(open!.id)).toMatchObject([waits]);
    const swept = async () => {
      await sweepOrderEvents(ctx);
      return (await ctx.jobs.underWay('order-events', [second], 0)).has(second);
    };
    expect(await swept()).toBe(false);
    ctx.clock.advance(100 * 86_400_000);
    await issueDocuments(ctx, who(), [open!.id]);
    expect(await told(invoice!.id)).toEqual([]);
    expect(await swept()).toBe(true);
    await workOrderEvent(ctx, organizationId, second);
    expect(await differences()).toEqual(['-25.00', '-25.00']);
    // A document that is on its way to its provider is waited for as well.
    const third = await sold();
    await ctx.store.org(organizationId, (tx) =>
      tx.updateTable('document').set({ state: 'submitted' }).where('id', '=', third.documentId).execute(),
    );
    await happen(third.orderId, { event: 'cancelled' });
    expect((await told(third.documentId)).map((f) => f.code)).toContain('W_CHANGE_WAITS');
  });

  test('the hold ends with its correction, whatever happened to the original meanwhile, and whoever has it in hand', async () => {
    const joint = async () => {
      const [a, b] = [await sold(), await sold()];
      created(await mergeDocuments(ctx, who(), [a.documentId, b.documentId]));
      await issueDocuments(ctx, who(), [a.documentId]);
      await happen(b.orderId, { event: 'refunded', refund: { amount: '25.00', lines: [{ lineExternalId: 'L1', quantity: '1' }] } });
      const [invoice] = await documents('invoice');
      const lines = [{ lineId: invoice!.content.lines[1]!.id, quantity: '3' }];
      ctx.clock.advance(1000);
      const made = created(await correctDocument(ctx, who(), a.documentId, { reason: 'Zwrot', reasonCode: 'return', lines }));
      return { id: a.documentId, made };
    };
    const touched = await joint();
    ctx.clock.advance(1000);
    await ctx.store.org(organizationId, async (tx) => {
      await clearDocument(tx, ctx, who(), touched.id, { system: 'x', number: '1' });
      const [document] = await lockDocuments(tx, organizationId, [touched.id]);
      await acceptDocuments(tx, ctx, who(), [{ document: document!, findings: [warning('W_PROVIDER_TOTAL_DIFFERS', 'totals')] }]);
    });
    const findings = async () => (await documents('invoice'))[0]!.findings.map((f) => f.code);
    expect(await findings()).toEqual(['H_CHANGED_AFTER_ISSUE', 'W_PROVIDER_TOTAL_DIFFERS']);
    await issueDocuments(ctx, who(), [touched.made]);
    expect(await holds()).toEqual([[]]);

    organizationId = await testOrganization(ctx);
    const held = await joint();
    let issuing: ReturnType<typeof issueDocuments> | undefined;
    await ctx.store.org(organizationId, async (tx) => {
      await lockDocuments(tx, organizationId, [held.id]);
      issuing = issueDocuments(ctx, who(), [held.made]);
      if (!store().embedded) await untilItWaits(store(), issuing);
    });
    expect(await issuing).toMatchObject([{ outcome: 'issued' }]);
    expect(await holds()).toEqual([[]]);
  });

  test('a group that goes at once takes all its documents in hand before the first number: nobody waits in a ring', async () => {
    const grouped = await storeSales(
      ctx,
      organizationId,
      [1, 2].map(() => ({ ...lamps(), aliases: [{ scheme: 'group', value: 'G1' }] })),
    );
    const other = await sold();
    await issueDocuments(
      ctx,
      who(),
      [...grouped, other].map((sale) => sale.documentId),
    );
    // Heard of by their orders already, which the event changes no more.
    for (const { orderId } of grouped) await readAgain(orderId, { status: 'cancelled', cancelledAt: ctx.now().toISOString() });
    const waiting = created(await correctDocument(ctx, who(), other.documentId, { reason: 'x', reasonCode: 'cancel', cancel: true }));
    const event = newId(ctx.now());
    await ctx.store.org(organizationId, async (tx) => {
      await tx.updateTable('series').set({ auto_issue: true }).where('kind', '=', 'correction').execute();
      const { connection_id } = await tx
        .selectFrom('sales_order')
        .select('connection_id')
        .where('id', '=', grouped[0]!.orderId)
        .executeTakeFirstOrThrow();
      const at = ctx.now().toISOString();
      const told = { event: 'group_cancelled', at, alias: { scheme: 'group', value: 'G1' } };
      await tx
        .insertInto('order_event')
        .values({
          organization_id: organizationId,
          id: event,
          connection_id,
          scheme: 'group',
          value: 'G1',
          at: ctx.now(),
          event: json(told),
        } as never)
        .execute();
    });
    let working: Promise<void> | undefined;
    await ctx.store.org(organizationId, async (tx) => {
      await lockDocuments(tx, organizationId, [grouped[1]!.documentId]);
      working = workOrderEvent(ctx, organizationId, event);
      if (!store().embedded) await untilItWaits(store(), working);
      expect(await issueInTransaction(tx, ctx, who(), [waiting], {})).toMatchObject([{ outcome: 'issued' }]);
    });
    await working;
    expect((await documents('correction')).map((d) => d.state)).toEqual(['issued', 'issued', 'issued']);
  });

  test('what a person corrected before the news of the refund came is not corrected a second time', async () => {
    const sale = await sold();
    await issueDocuments(ctx, who(), [sale.documentId]);
    const [invoice] = await documents('invoice');
    const lines = [{ lineId: invoice!.content.lines[0]!.id, quantity: '3' }];
    const byHand = created(await correctDocument(ctx, who(), sale.documentId, { reason: 'Zwrot', reasonCode: 'return', lines }));
    const piece = { amount: '25.00', lines: [{ lineExternalId: 'L1', quantity: '1' }] };
    const event = await happen(sale.orderId, { event: 'refunded', refund: piece });
    await issueDocuments(ctx, who(), [byHand]);
    await workOrderEvent(ctx, organizationId, event);
    expect(await differences()).toEqual(['-25.00']);
    expect(await holds()).toEqual([[]]);
    // The next one is another.
    await happen(sale.orderId, { event: 'refunded', refund: piece });
    expect(await differences()).toEqual(['-25.00', '-25.00']);

    organizationId = await testOrganization(ctx);
    const gone = await sold();
    await issueDocuments(ctx, who(), [gone.documentId]);
    const whole = await correctDocument(ctx, who(), gone.documentId, { reason: 'x', reasonCode: 'cancel', cancel: true });
    await issueDocuments(ctx, who(), [created(whole)]);
    await happen(gone.orderId, { event: 'refunded', refund: { amount: '100.00' } });
    expect(await differences()).toEqual(['-100.00']);
    expect(await holds()).toEqual([[]]);
  });

  test('nor is what a person corrected on one invoice of a divided sale, whichever it was', async () => {
    const sale = await soldInTwo();
    const piece = { amount: '25.00', lines: [{ lineExternalId: 'L1', quantity: '1' }] };
    const [, part] = await documents('invoice');
    const lines = [{ lineId: part!.content.lines[0]!.id, quantity: '1' }];
    const byHand = created(await correctDocument(ctx, who(), part!.id, { reason: 'Zwrot', reasonCode: 'return', lines }));
    const event = await happen(sale.orderId, { event: 'refunded', refund: piece });
    await issueDocuments(ctx, who(), [byHand]);
    await workOrderEvent(ctx, organizationId, event);
    expect(await differences()).toEqual(['-25.00']);
    expect(await holds()).toEqual([[], []]);
    // The next one is another.
    await happen(sale.orderId, { event: 'refunded', refund: piece });
    expect(await differences()).toEqual(['-25.00', '-25.00']);
  });

  test('two refunds that a person corrected at once, before the news of either, are not corrected again', async () => {
    const sale = await sold();
    await issueDocuments(ctx, who(), [sale.documentId]);
    const piece = { amount: '25.00', lines: [{ lineExternalId: 'L1', quantity: '1' }] };
    const lines = [{ lineId: sale.order.lines[0]!.id, quantity: '2' }];
    const byHand = await correctDocument(ctx, who(), sale.documentId, { reason: 'Zwrot', reasonCode: 'return', lines });
    await issueDocuments(ctx, who(), [created(byHand)]);
    // More was corrected than is told so far: it may be another matter.
    await happen(sale.orderId, { event: 'refunded', refund: piece });
    expect(await differences()).toEqual(['-50.00']);
    expect(await holds()).toEqual([['H_CHANGED_AFTER_ISSUE']]);
    await happen(sale.orderId, { event: 'refunded', refund: piece });
    expect(await differences()).toEqual(['-50.00']);
    expect(await holds()).toEqual([[]]);
  });

  test('what came back before the invoice and was left off it is no change of its order', async () => {
    const sale = await sold();
    await happen(sale.orderId, { event: 'refunded', refund: { amount: '25.00', lines: [{ lineExternalId: 'L1', quantity: '1' }] } });
    await editDocument(ctx, who(), sale.documentId, { set: { 'lines.0.quantity': '3' }, settle: [] });
    await editDocument(ctx, who(), sale.documentId, { settle: ['H_TOTAL_MISMATCH', 'H_RETURNED'] });
    expect(await issueDocuments(ctx, who(), [sale.documentId])).toMatchObject([{ outcome: 'issued' }]);
    await readAgain(sale.orderId, { externalStatus: 'SENT' });
    expect(await holds()).toEqual([[]]);
    // What comes back later is one.
    await happen(sale.orderId, { event: 'refunded', refund: { amount: '10.00' } });
    expect(await holds()).toEqual([['H_CHANGED_AFTER_ISSUE']]);
  });

  test('a person who corrects a joint invoice ends its hold', async () => {
    const [a, b] = [await sold(), await sold()];
    created(await mergeDocuments(ctx, who(), [a.documentId, b.documentId]));
    await issueDocuments(ctx, who(), [a.documentId]);
    await happen(b.orderId, { event: 'refunded', refund: { amount: '25.00', lines: [{ lineExternalId: 'L1', quantity: '1' }] } });
    const [joint] = await documents('invoice');
    const lines = [{ lineId: joint!.content.lines[1]!.id, quantity: '3' }];
    const made = await correctDocument(ctx, who(), a.documentId, { reason: 'Zwrot', reasonCode: 'return', lines });
    expect(await holds()).toEqual([['H_CHANGED_AFTER_ISSUE']]);
    await issueDocuments(ctx, who(), [created(made)]);
    expect(await holds()).toEqual([[]]);
  });
});
