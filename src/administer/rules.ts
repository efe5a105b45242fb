import { sql } from 'kysely';
import { rulesOf } from '../contract/administer.ts';
import { type Finding, hold } from '../domain/finding.ts';
import type { Action, Part, Pick } from '../domain/receivables/index.ts';
import { type Context, eachAlone, type Who } from '../jobs/index.ts';
import { announce, audit, byLot, json, newId, type Tx } from '../store/index.ts';
import { readParts, readReceivable } from './ledger.ts';
import { openActionOf, requestInTransaction } from './request.ts';

/**
 * Rules on order events. Orders and shipments are the truth and rules look at them, so an event that came before its claim, or while
 * another action was under way, is acted on later; each is acted on once.
 */
type ShipmentInput = {
  /** Name of the shipment at the shop or carrier; the same one again changes nothing. */
  externalId: string;
  at?: string;
  tracking?: string;
  /** Lines of the order by id, SKU or external id; all that is left when absent. */
  lines?: { line: string; quantity: number }[];
};

const rulesAtOnce = 500;

/** Keeps a shipment of an order and lets the rules act. */
export async function addShipment(
  ctx: Context,
  who: Who,
  orderId: string,
  input: ShipmentInput,
): Promise<{ id: string; isNew: boolean } | { findings: Finding[] } | undefined> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const order = await tx
      .selectFrom('sales_order')
      .select(['id', 'content', 'status'])
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', orderId)
      .executeTakeFirst();
    if (!order) return undefined;
    if (order.status === 'cancelled') return { findings: [hold('H_ORDER_CANCELLED', 'order')] };
    const known = new Set(order.content.lines.flatMap((l) => [l.id, l.externalId, l.sku]));
    const strange = input.lines?.find((l) => !known.has(l.line));
    if (strange) return { findings: [hold('H_SHIPMENT_LINE', 'lines', { line: strange.line })] };
    const now = ctx.now();
    const id = newId(now);
    const made = await tx
      .insertInto('order_shipment')
      .values({
        organization_id: who.organizationId,
        id,
        order_id: orderId,
        external_id: input.externalId,
        at: input.at ?? now,
        lines: json(input.lines ?? null),
        tracking: input.tracking ?? null,
        created_by: who.actor,
        created_at: now,
      })
      .onConflict((c) => c.doNothing())
      .returning('id')
      .executeTakeFirst();
    if (!made) {
      const before = await tx
        .selectFrom('order_shipment')
        .select('id')
        .where('organization_id', '=', who.organizationId)
        .where('order_id', '=', orderId)
        .where('external_id', '=', input.externalId)
        .executeTakeFirstOrThrow();
      return { id: before.id, isNew: false };
    }
    const claims = await tx
      .selectFrom('receivable')
      .select('id')
      .where('organization_id', '=', who.organizationId)
      .where('order_id', '=', orderId)
      .execute();
    await ctx.jobs.enqueue(
      tx,
      'receivable',
      claims.map((c) => ({ organizationId: who.organizationId, id: c.id })),
    );
    await announce(tx, who.organizationId, 'orders', orderId);
    await audit(tx, who.organizationId, who.actor, now, [
      {
        action: 'order shipped',
        entity: 'order',
        entityId: orderId,
        data: { shipment: input.externalId, lines: input.lines?.map((l) => `${l.line} × ${l.quantity}`) },
      },
    ]);
    return { id, isNew: true };
  });
}

/** What the rules want next for one claim, if anything. Pure but for the reading. */
export async function applyRules(tx: Tx, ctx: Context, organizationId: string, receivableId: string): Promise<void> {
  const receivable = await readReceivable(tx, organizationId, receivableId);
  if (!receivable?.order_id || receivable.needs_person) return;
  const connection = await tx
    .selectFrom('connection')
    .select(['settings', 'status'])
    .where('organization_id', '=', organizationId)
    .where('id', '=', receivable.connection_id)
    .executeTakeFirstOrThrow();
  if (connection.status !== 'active') return;
  const order = await tx
    .selectFrom('sales_order')
    .select(['status', 'content'])
    .where('organization_id', '=', organizationId)
    .where('id', '=', receivable.order_id)
    .executeTakeFirstOrThrow();
  if (await openActionOf(tx, receivable)) return;
  const rules = rulesOf(connection.settings);
  const parts = await readParts(tx, receivable);
  const done = new Set(
    (
      await tx
        .selectFrom('receivable_action')
        .select('dedupe')
        .where('organization_id', '=', organizationId)
        .where('receivable_id', '=', receivableId)
        .where('dedupe', 'is not', null)
        .where('status', '<>', 'cancelled')
        .execute()
    ).map((r) => r.dedupe!),
  );
  const ask = async (action: Exclude<Action, { verb: 'add' }>, dedupe: string) => {
    if (!done.has(dedupe)) await requestInTransaction(tx, ctx, { organizationId, actor: 'automatic' }, receivableId, action, { dedupe });
  };
  const pending = parts.find((p) => p.state === 'pending');
  const waiting = parts.find((p) => p.state === 'pending' || p.state === 'on_hold' || p.state === 'awaiting_buyer');
  if (order.status === 'cancelled') {
    if (rules.onCancelled === 'cancel' && waiting) await ask({ verb: 'cancel', part: waiting.seq }, `rule:cancel:${waiting.seq}`);
    return;
  }
  if (rules.onShipped !== 'activate' || !pending) return;
  const shipments = await tx
    .selectFrom('order_shipment')
    .select(['id', 'lines'])
    .where('organization_id', '=', organizationId)
    .where('order_id', '=', receivable.order_id)
    .orderBy('at')
    .orderBy('id')
    .execute();
  for (const { id, lines } of shipments) {
    if (done.has(`rule:shipment:${id}`)) continue;
    const picks = lines ? picksOfShipment(pending, order.content.lines, lines) : undefined;
    // What was activated by hand before it shipped is pending no more: the shipments after it are looked at all the same.
    if (picks?.length === 0) continue;
    return ask({ verb: 'activate', part: pending.seq, ...(picks ? { picks } : {}) }, `rule:shipment:${id}`);
  }
  // A channel that tells only that the order was shipped means all of it.
  if (shipments.length === 0 && order.content.shippedAt) await ask({ verb: 'activate', part: pending.seq }, 'rule:shipped');
}

/** Rows that are sent once with the first goods: what the order has beside its lines (freight, fees, discounts, rounding). */
function picksOfShipment(
  part: Part,
  orderLines: readonly { id: string; externalId?: string; sku?: string }[],
  shipped: readonly { line: string; quantity: number }[],
): Pick[] {
  const picks: Pick[] = [];
  for (const { line, quantity } of shipped) {
    const found = orderLines.find((l) => l.id === line || l.externalId === line || l.sku === line);
    // What no line is called stands for nothing: rows beside the lines are no goods.
    if (!found) continue;
    let open = quantity;
    part.rows.forEach((row, i) => {
      if (open === 0 || row.orderLineId !== found.id) return;
      const taken = Math.min(open, row.quantity);
      picks.push({ row: i, quantity: taken });
      open -= taken;
    });
  }
  if (picks.length === 0) return [];
  const beside = part.rows.flatMap((row, i) => (row.orderLineId === undefined ? [{ row: i, quantity: row.quantity }] : []));
  return [...picks, ...beside];
}

/**
 * Claims whose orders were shipped or cancelled while nobody looked, where a rule wants something of it. Run every minute; so many at a time,
 * and each time others, so that those for which nothing can be asked keep nobody from his turn.
 */
export async function sweepRules(ctx: Context): Promise<void> {
  const { rows } = await sql<{ organization_id: string; id: string }>`
    select r.organization_id, r.id from receivable r join sales_order o on o.organization_id = r.organization_id and o.id = r.order_id
      join connection c on c.organization_id = r.organization_id and c.id = r.connection_id and c.status = 'active'
    where r.state in ('on_hold', 'awaiting_buyer', 'pending', 'partly_active') and not r.needs_person
      and case when o.status = 'cancelled' then c.settings->>'onCancelled' = 'cancel' else c.settings->>'onShipped' = 'activate'
        and (o.content->>'shippedAt' is not null or exists (select 1 from order_shipment s where s.organization_id = r.organization_id and s.order_id = r.order_id)) end
      and not exists (select 1 from receivable_action a where a.organization_id = r.organization_id and a.receivable_id = r.id and a.status in ('waiting','sending','pending','unknown'))
    order by ${byLot(ctx.now(), 'r.id')} limit ${rulesAtOnce}`.execute(ctx.store.db);
  await eachAlone(
    ctx,
    'the rules of a claim could not be applied',
    rows,
    ({ organization_id, id }) => ctx.store.org(organization_id, (tx) => applyRules(tx, ctx, organization_id, id)),
    ({ id }) => ({ receivable: id }),
  );
}
