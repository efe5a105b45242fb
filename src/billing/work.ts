import type { Context, JobData } from '../jobs/index.ts';
import type { Who } from '../toissue/index.ts';
import { billingActor, billOfOrder, takeMoney } from './bills.ts';
import { chargeFailed, workCalendar } from './daily.ts';
import { findDoubles } from './doubles.ts';
import { workNotice } from './notices.ts';
import { operatorOf } from './operator.ts';
import { restand } from './standing.ts';

/** The job behind a notice, a booking or a charge: a mail goes out; the money of an order changes bill, subscription and standing. */
export async function workBilling(ctx: Context, { organizationId, id }: JobData): Promise<void> {
  const operatorId = await operatorOf(ctx);
  if (!operatorId || (organizationId !== operatorId && organizationId !== '')) return;
  if (id === '') return workCalendar(ctx);
  if (await workNotice(ctx, operatorId, id)) return;
  const who: Who = { organizationId: operatorId, actor: billingActor };
  // A charge came to its end.
  const charge = await ctx.store.org(operatorId, (tx) =>
    tx
      .selectFrom('charge')
      .select(['status', 'customer_id'])
      .where('organization_id', '=', operatorId)
      .where('id', '=', id)
      .executeTakeFirst(),
  );
  if (charge?.status === 'rejected') return chargeFailed(ctx, who, id);
  if (charge) {
    await restand(ctx, operatorId, charge.customer_id);
    await findDoubles(ctx);
    return;
  }
  const customerId = await ctx.store.org(operatorId, async (tx) => {
    const bill = await billOfOrder(tx, operatorId, id);
    return bill && (await takeMoney(tx, ctx, who, bill)) ? bill.customer_id : undefined;
  });
  if (customerId) await restand(ctx, operatorId, customerId);
}
