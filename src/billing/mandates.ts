import { openConnection } from '../connections/index.ts';
import type { Mandate, Sought } from '../contract/charges.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, type Tx } from '../store/index.ts';
import type { Who } from '../toissue/index.ts';
import { billingActor } from './bills.ts';
import type { ChargeRow, MandateRow, Result } from './charge-calls.ts';

const lookAfterMs = 60_000;

/** The mandate of a checkout takes shape: its page, then the card; a second live one for a subscription is a surplus and is told. */
export async function followCheckout(
  tx: Tx,
  ctx: Context,
  who: Who,
  row: ChargeRow,
  status: ChargeRow['status'],
  result: Result,
  mandate: Sought<Mandate> | undefined,
): Promise<void> {
  const set = (values: Partial<MandateRow> & { cause?: never }) =>
    tx
      .updateTable('mandate')
      .set({ ...values, updated_at: ctx.now() })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', row.mandate_id)
      .execute();
  if (status === 'rejected') return void (await set({ state: 'failed', url: null }));
  if (status !== 'accepted') return void (await set({ state: 'pending', ...(result.url && { url: result.url }) }));
  if (mandate?.found !== 'present') return;
  const { subscription_id, connection_id } = await tx
    .selectFrom('mandate')
    .select(['subscription_id', 'connection_id'])
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', row.mandate_id)
    .executeTakeFirstOrThrow();
  const other = await tx
    .selectFrom('mandate')
    .select('id')
    .where('organization_id', '=', who.organizationId)
    .where('subscription_id', '=', subscription_id)
    .where('state', '=', 'active')
    .where('id', '<>', row.mandate_id)
    .executeTakeFirst();
  const { id, label, fingerprint, expires, state } = mandate.made;
  // It may have been found as nobody's while its answer was on the way (`findOrphans`): now it is known whose it is.
  await tx
    .deleteFrom('mandate')
    .where('organization_id', '=', who.organizationId)
    .where('connection_id', '=', connection_id)
    .where('processor_id', '=', id)
    .where('customer_id', 'is', null)
    .execute();
  await set({
    processor_id: id,
    state: state !== 'active' ? state : other ? 'surplus' : 'active',
    url: null,
    label: label ?? null,
    fingerprint: fingerprint ?? null,
    expires: expires ?? null,
  });
}

/** Switches a mandate off at the processor; what it says afterwards is the proof. */
export async function endMandate(
  tx: Tx,
  ctx: Context,
  operatorId: string,
  mandate: Pick<MandateRow, 'id' | 'state' | 'processor_id'>,
): Promise<boolean> {
  if (!['active', 'surplus'].includes(mandate.state) || !mandate.processor_id) return false;
  await tx
    .updateTable('mandate')
    .set({ state: 'cancelling', updated_at: ctx.now(), next_at: null })
    .where('organization_id', '=', operatorId)
    .where('id', '=', mandate.id)
    .execute();
  await ctx.jobs.enqueue(tx, 'charge', [{ organizationId: operatorId, id: mandate.id }]);
  return true;
}

export async function workMandate(ctx: Context, operatorId: string, id: string): Promise<void> {
  const found = await ctx.store.org(operatorId, async (tx) => {
    const mandate = await tx
      .selectFrom('mandate')
      .selectAll()
      .where('organization_id', '=', operatorId)
      .where('id', '=', id)
      .executeTakeFirst();
    const connection =
      mandate &&
      (await tx
        .selectFrom('connection')
        .selectAll()
        .where('organization_id', '=', operatorId)
        .where('id', '=', mandate.connection_id)
        .executeTakeFirst());
    return mandate && connection ? { mandate, connection } : undefined;
  });
  if (!found?.mandate.processor_id) return;
  const { charges } = openConnection(ctx, found.connection).session;
  if (!charges) return;
  const { processor_id } = found.mandate;
  let sought: Sought<Mandate>;
  if (found.mandate.state === 'cancelling') {
    const outcome = await charges.cancelMandate(processor_id);
    sought = outcome.outcome === 'accepted' ? { found: 'present', made: outcome.made } : await charges.readMandate(processor_id);
  } else sought = await charges.readMandate(processor_id);
  await ctx.store.org(operatorId, (tx) => recordMandate(tx, ctx, operatorId, id, sought));
}

/** The customer may end a mandate in his bank: then the method is gone, not the subscription (BILLING §1). */
async function recordMandate(tx: Tx, ctx: Context, operatorId: string, id: string, sought: Sought<Mandate>): Promise<void> {
  const row = await tx
    .selectFrom('mandate')
    .selectAll()
    .where('organization_id', '=', operatorId)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  const state =
    sought.found === 'present' && sought.made.state !== 'active'
      ? sought.made.state
      : sought.found === 'absent'
        ? ('cancelled' as const)
        : row.state;
  const label = sought.found === 'present' ? (sought.made.label ?? row.label) : row.label;
  const expires = sought.found === 'present' ? (sought.made.expires ?? row.expires) : row.expires;
  await tx
    .updateTable('mandate')
    .set({
      state,
      label,
      expires,
      next_at: state === 'cancelling' ? new Date(ctx.now().getTime() + lookAfterMs) : null,
      updated_at: ctx.now(),
    })
    .where('organization_id', '=', operatorId)
    .where('id', '=', id)
    .execute();
  if (state === row.state) return;
  if (row.customer_id) await announce(tx, row.customer_id, 'billing', id);
  await announce(tx, operatorId, 'billing', id);
  await audit(tx, operatorId, billingActor, ctx.now(), [
    {
      action: `mandate ${state}`,
      entity: 'mandate',
      entityId: id,
      data: { ...(label && { label }), ...(row.customer_id && { customer: row.customer_id }) },
    },
  ]);
}
