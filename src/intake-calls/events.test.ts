import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Order } from '../domain/orders/order.ts';
import { json, newId } from '../store/index.ts';
import { type TestContext, testContext, testOrganization } from '../testkit/context.ts';
import { onBothDatabases, untilItWaits } from '../testkit/database.ts';
import { saleOrder, storeSales } from '../testkit/sale.ts';
import {
  clearDocument,
  correctDocument,
  getDocument,
  issueDocuments,
  lockDocuments,
  mergeDocuments,
  splitDocument,
} from '../toissue/index.ts';
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
    await ctx.store.org(organizationId, (tx) => clearDocument(tx, ctx, who(), touched.id, { system: 'x', number: '1' }));
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
