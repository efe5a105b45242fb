import type { Context, JobData } from '../jobs/index.ts';
import { announce, audit, type Tx } from '../store/index.ts';
import type { Who } from '../toissue/index.ts';
import { type Bill, billingActor, billOfOrder, readCustomer, settleBill } from './bills.ts';
import { operatorOf } from './operator.ts';
import { restand } from './standing.ts';

/** The job behind a booking or a charge: what the money of an order means for the bill, the subscription and the customer's standing. */
export async function workBilling(ctx: Context, { organizationId, id }: JobData): Promise<void> {
  const operatorId = await operatorOf(ctx);
  if (!operatorId || organizationId !== operatorId) return;
  const who: Who = { organizationId: operatorId, actor: billingActor };
  const customerId = await ctx.store.org(operatorId, async (tx) => {
    const bill = await billOfOrder(tx, operatorId, id);
    return bill && (await takeMoney(tx, ctx, who, bill)) ? bill.customer_id : undefined;
  });
  if (customerId) await restand(ctx, operatorId, customerId);
}

/** Answers whether the bill is paid; then its subscription runs. */
export async function takeMoney(tx: Tx, ctx: Context, who: Who, bill: Bill): Promise<boolean> {
  const customer = (await readCustomer(tx, who.organizationId, bill.customer_id))!;
  if (!(await settleBill(tx, ctx, who, bill, customer))) return false;
  const changed = await tx
    .updateTable('subscription')
    .set({ state: 'active', updated_at: ctx.now() })
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', bill.subscription_id)
    .where('state', 'in', ['pending', 'past_due', 'suspended'])
    .returning('id')
    .executeTakeFirst();
  if (changed) {
    await announce(tx, bill.customer_id, 'billing', bill.subscription_id);
    await audit(tx, who.organizationId, who.actor, ctx.now(), [
      { action: 'subscription active', entity: 'subscription', entityId: bill.subscription_id, data: { bill: bill.id } },
    ]);
  }
  return true;
}
