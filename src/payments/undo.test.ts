import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { json, newId } from '../store/index.ts';
import { type TestContext, testContext, testOrganization } from '../testkit/context.ts';
import { onBothDatabases, untilItWaits } from '../testkit/database.ts';
import { saleOrder, storeSales } from '../testkit/sale.ts';
import { issueDocuments } from '../toissue/index.ts';
import { bookPayment, undoBooking } from './index.ts';

/** The promise: what is taken back is all that was booked, and no order says that it is paid by money that is free again. */
onBothDatabases('a booking taken back', (store) => {
  let ctx: TestContext;
  beforeAll(async () => {
    ctx = await testContext(store(), { work: false });
  });
  afterAll(() => ctx.jobs.stop());

  test('takes along what is booked of the same payment while it waits', async () => {
    const organizationId = await testOrganization(ctx);
    const who = { organizationId, actor: 'test' };
    const unpaid = { paidAt: undefined, payments: [] };
    const sales = await storeSales(ctx, organizationId, [saleOrder(unpaid), saleOrder(unpaid)], {
      policies: { unpaid: 'accept', kind: 'invoice' },
    });
    const [one, two] = sales as [(typeof sales)[number], (typeof sales)[number]];
    await issueDocuments(ctx, who, [one.documentId, two.documentId]);
    const paymentId = newId(ctx.now());
    await ctx.store.org(organizationId, (tx) =>
      tx
        .insertInto('payment')
        .values({
          organization_id: organizationId,
          id: paymentId,
          source: 'bank',
          raw_id: newId(ctx.now()),
          account: null,
          currency: 'PLN',
          amount_minor: 30_000n,
          value_day: '2026-11-20',
          payer_name: null,
          payer_account: null,
          title: 'two at once',
          state: 'open',
          why: null,
          unsure: null,
          proposals: json([]),
          details: json({}),
          statement_id: null,
          place: null,
          created_at: ctx.now(),
          updated_at: ctx.now(),
        })
        .execute(),
    );
    const book = (documentId: string) => bookPayment(ctx, who, paymentId, [{ documentId, amountMinor: 11_299n }]);
    const told = () =>
      ctx.store.org(organizationId, async (tx) => {
        const orders = await tx.selectFrom('sales_order').select(['content', 'paid_at']).orderBy('id').execute();
        const live = await tx.selectFrom('allocation').select('id').where('undone_at', 'is', null).execute();
        const { state } = await tx.selectFrom('payment').select('state').where('id', '=', paymentId).executeTakeFirstOrThrow();
        return { paid: orders.map((o) => o.content.payments.length + (o.paid_at ? 1 : 0)), live: live.length, state };
      });
    expect(await book(one.documentId)).toMatchObject({ booked: true });
    expect(await told()).toEqual({ paid: [2, 0], live: 1, state: 'open' });
    let undone: Promise<unknown> | undefined;
    if (store().embedded) {
      expect(await book(two.documentId)).toMatchObject({ booked: true });
      undone = undoBooking(ctx, who, paymentId);
    } else
      await ctx.store.org(organizationId, async (tx) => {
        await sql`select 1 from sales_order where organization_id = ${organizationId} and id = ${one.orderId} for update`.execute(tx);
        undone = undoBooking(ctx, who, paymentId);
        await untilItWaits(store(), undone);
        expect(await book(two.documentId)).toMatchObject({ booked: true });
      });
    expect(await undone).toEqual({ undone: true });
    expect(await told()).toEqual({ paid: [0, 0], live: 0, state: 'open' });
  });
});
