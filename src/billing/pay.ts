import type { Context } from '../jobs/index.ts';
import type { Who } from '../toissue/index.ts';
import { billingActor, lockOwed } from './bills.ts';
import { startCheckout, workCharge } from './charges.ts';
import { endMandate } from './mandates.ts';
import { operatorOf } from './operator.ts';
import { cardsConnection } from './subscribe.ts';

/** A customer pays a bill by card on the processor's page, and leaves a mandate; the same page while an earlier one is open. */
export async function payByCard(
  ctx: Context,
  who: Who,
  billId: string,
): Promise<{ url?: string; checking?: boolean } | { refused: 'unknown' | 'card-unavailable' }> {
  const operatorId = await operatorOf(ctx);
  if (!operatorId) return { refused: 'unknown' };
  const started = await ctx.store.org(operatorId, async (tx) => {
    await lockOwed(tx, operatorId, { what: 'billing_order', by: 'id', id: billId });
    const bill = await tx
      .selectFrom('billing_order')
      .selectAll()
      .where('organization_id', '=', operatorId)
      .where('customer_id', '=', who.organizationId)
      .where('id', '=', billId)
      .where('state', '=', 'open')
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (!bill) return { refused: 'unknown' as const };
    const connection = await cardsConnection(tx, ctx, operatorId);
    if (!connection) return { refused: 'card-unavailable' as const };
    return startCheckout(tx, ctx, { organizationId: operatorId, actor: billingActor }, bill, connection.id);
  });
  if ('refused' in started) return started;
  // A person waits for the page: it is begun now; the job that was queued as well finds nothing to do.
  await workCharge(ctx, operatorId, started.id);
  const mandate = await ctx.store.org(operatorId, (tx) =>
    tx
      .selectFrom('mandate')
      .select('url')
      .where('organization_id', '=', operatorId)
      .where('id', '=', started.mandate_id)
      .executeTakeFirst(),
  );
  return mandate?.url ? { url: mandate.url } : { checking: true };
}

/** Switches a mandate off; the subscription goes on by transfer. */
export async function endCustomerMandate(ctx: Context, who: Who, mandateId: string): Promise<boolean> {
  const operatorId = await operatorOf(ctx);
  if (!operatorId) return false;
  return ctx.store.org(operatorId, async (tx) => {
    await lockOwed(tx, operatorId, { what: 'mandate', by: 'id', id: mandateId });
    const mandate = await tx
      .selectFrom('mandate')
      .selectAll()
      .where('organization_id', '=', operatorId)
      // The operator ends any of them, one that is nobody's too.
      .$if(who.organizationId !== operatorId, (q) => q.where('customer_id', '=', who.organizationId))
      .where('id', '=', mandateId)
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (!mandate || !(await endMandate(tx, ctx, operatorId, mandate))) return false;
    if (mandate.state === 'active' && mandate.subscription_id)
      await tx
        .updateTable('subscription')
        .set({ pay_by: 'transfer', updated_at: ctx.now() })
        .where('organization_id', '=', operatorId)
        .where('id', '=', mandate.subscription_id)
        .execute();
    return true;
  });
}
