import { openConnection } from '../connections/index.ts';
import type { Mandate, Sought } from '../contract/charges.ts';
import { QuotaWait } from '../contract/requests.ts';
import { fromMinor } from '../domain/money/money.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, byLot, json, newId, type StoryEntry, type Tx } from '../store/index.ts';
import type { Who } from '../toissue/index.ts';
import { type Bill, billingActor, lockOwed } from './bills.ts';
import { ask, type ChargeRow, checkoutMark, factsOf, isCheckout, type MandateRow, type Result, send } from './charge-calls.ts';
import { disputeTask, received, refunded } from './charged-money.ts';
import { followCheckout, workMandate } from './mandates.ts';

/**
 * A charge and its life. The intent with its reference is stored before the first send; the database lets one bill have one charge that may
 * have taken money, so nothing a process or a worker does twice can charge twice:
 *
 *   waiting ──> sending ──> accepted                  the money is there: invoice issued and mailed
 *      ^           │  ├──> pending ──> accepted | rejected      the customer's page is open, or the bank takes its time
 *      │           │  ├──> rejected                   nothing was taken; the calendar may try with a new reference
 *      │           v  v
 *      └─ absent ─ unknown ──> found: as it is there  asked by the reference; sent again only under the same reference
 *
 * A first payment is a checkout: the same row, whose mandate is pending until the customer has paid on the processor's page. A refund is a row
 * of its own that names the charge it undoes.
 */

/** Longer than the processor's own time-out, so that what is under way is not taken for absent. */
const settleAfterMs = 45_000;
const leaseMs = 2 * 60_000;
const pendingAfterMs = 60_000;
const checkoutJobAfterMs = 20_000;
const maxTries = 20;

const after = (ctx: Context, ms: number) => new Date(ctx.now().getTime() + ms);

type NewCharge = { bill: Bill; mandate: Pick<MandateRow, 'id'>; reference: string };

async function insertCharge(tx: Tx, ctx: Context, who: Who, { bill, mandate, reference }: NewCharge): Promise<ChargeRow | undefined> {
  const now = ctx.now();
  const row = await tx
    .insertInto('charge')
    .values({
      organization_id: who.organizationId,
      id: newId(now),
      customer_id: bill.customer_id,
      mandate_id: mandate.id,
      billing_order_id: bill.id,
      verb: 'charge',
      of_charge_id: null,
      reference,
      amount_minor: bill.amount_minor,
      currency: bill.currency,
      status: 'waiting',
      processor_id: null,
      cause: json(null),
      story: json([]),
      created_at: now,
      updated_at: now,
    })
    .onConflict((c) => c.doNothing())
    .returningAll()
    .executeTakeFirst();
  // A page is begun by the request a person waits in; the job is there for one that died at it.
  const startAfter = reference.startsWith(checkoutMark) ? after(ctx, checkoutJobAfterMs) : undefined;
  if (row) await ctx.jobs.enqueue(tx, 'charge', [{ organizationId: who.organizationId, id: row.id }], { startAfter });
  return row;
}

async function nthOf(tx: Tx, operatorId: string, billId: string): Promise<number> {
  const { n } = await tx
    .selectFrom('charge')
    .select((e) => e.fn.countAll<bigint>().as('n'))
    .where('organization_id', '=', operatorId)
    .where('billing_order_id', '=', billId)
    .executeTakeFirstOrThrow();
  return Number(n) + 1;
}

/**
 * The reference of a charge that nobody is asked for: made of the subscription and the period it pays, never of an id of ours. A bill that a
 * restored backup has lost is made anew with another id, and the processor, which takes no reference twice, answers with the charge
 * that it made before (contract billing §4). A change of plan is a person's act and may come twice in one period: it goes by its bill.
 */
async function unattendedReference(tx: Tx, operatorId: string, bill: Bill): Promise<{ reference: string; nth: number }> {
  const { id, kind, subscription_id, period_start } = bill;
  if (kind === 'change') {
    const nth = await nthOf(tx, operatorId, id);
    return { reference: `ren:${id}:${nth}`, nth };
  }
  const of = `ren:${subscription_id}:${period_start}${kind === 'usage' ? ':usage' : ''}`;
  const { n } = await tx
    .selectFrom('charge')
    .select((e) => e.fn.countAll<bigint>().as('n'))
    .where('organization_id', '=', operatorId)
    .where((e) => e.or([e('billing_order_id', '=', id), e(e.fn('starts_with', ['reference', e.val(`${of}:`)]), '=', e.lit(true))]))
    .executeTakeFirstOrThrow();
  const nth = Number(n) + 1;
  return { reference: `${of}:${nth}`, nth };
}

/** Charges a bill to the subscription's mandate; nothing when one charge of it may have taken money already, or there is no mandate. */
export async function startCharge(tx: Tx, ctx: Context, who: Who, bill: Bill): Promise<ChargeRow | undefined> {
  if (bill.state !== 'open') return undefined;
  const mandate = await tx
    .selectFrom('mandate')
    .select('id')
    .where('organization_id', '=', who.organizationId)
    .where('subscription_id', '=', bill.subscription_id)
    .where('state', '=', 'active')
    .executeTakeFirst();
  const { reference, nth } = await unattendedReference(tx, who.organizationId, bill);
  return mandate && nth <= maxTries ? insertCharge(tx, ctx, who, { bill, mandate, reference }) : undefined;
}

/**
 * Opens the page where a customer pays a bill in person and leaves a mandate. While an earlier one is open or being worked on, that one is
 * given again: two pages for one bill are how customers come to pay twice (BILLING §4).
 */
export async function startCheckout(tx: Tx, ctx: Context, who: Who, bill: Bill, connectionId: string): Promise<ChargeRow> {
  const open = await tx
    .selectFrom('charge')
    .selectAll()
    .where('organization_id', '=', who.organizationId)
    .where('billing_order_id', '=', bill.id)
    .where('verb', '=', 'charge')
    .where('status', '<>', 'rejected')
    .executeTakeFirst();
  if (open) return open;
  const now = ctx.now();
  const reference = `${checkoutMark}${bill.id}:${await nthOf(tx, who.organizationId, bill.id)}`;
  const mandate = { id: newId(now) };
  await tx
    .insertInto('mandate')
    .values({
      organization_id: who.organizationId,
      ...mandate,
      customer_id: bill.customer_id,
      subscription_id: bill.subscription_id,
      connection_id: connectionId,
      reference,
      processor_id: null,
      state: 'intended',
      label: null,
      fingerprint: null,
      expires: null,
      url: null,
      cause: json(null),
      created_at: now,
      updated_at: now,
    })
    .execute();
  return (await insertCharge(tx, ctx, who, { bill, mandate, reference }))!;
}

/** Undoes a charge: the correction of its invoice comes first, by whoever asked for the refund; here only the money goes. */
export async function startRefund(tx: Tx, ctx: Context, who: Who, charge: ChargeRow): Promise<ChargeRow | undefined> {
  const now = ctx.now();
  const tries = await tx
    .selectFrom('charge')
    .select((e) => e.fn.countAll<bigint>().as('n'))
    .where('organization_id', '=', who.organizationId)
    .where('of_charge_id', '=', charge.id)
    .executeTakeFirstOrThrow();
  const row = await tx
    .insertInto('charge')
    .values({
      organization_id: who.organizationId,
      id: newId(now),
      customer_id: charge.customer_id,
      mandate_id: charge.mandate_id,
      billing_order_id: charge.billing_order_id,
      verb: 'refund',
      of_charge_id: charge.id,
      reference: `ref:${charge.id}:${Number(tries.n) + 1}`,
      amount_minor: charge.amount_minor,
      currency: charge.currency,
      status: 'waiting',
      processor_id: null,
      cause: json(null),
      story: json([]),
      created_at: now,
      updated_at: now,
    })
    .onConflict((c) => c.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row) await ctx.jobs.enqueue(tx, 'charge', [{ organizationId: who.organizationId, id: row.id }]);
  return row;
}

type Claim = { row: ChargeRow; act: 'send' | 'ask' };

/** The job behind a charge, a refund or a mandate. */
export async function workCharge(ctx: Context, operatorId: string, id: string): Promise<void> {
  const claim = await ctx.store.org(operatorId, (tx) => claimCharge(tx, ctx, operatorId, id));
  if (claim === 'none') return;
  if (claim === 'unknown-id') return workMandate(ctx, operatorId, id);
  const facts = await ctx.store.org(operatorId, (tx) => factsOf(tx, operatorId, claim.row));
  const opened = openConnection(ctx, facts.connection);
  const { charges } = opened.session;
  if (!charges) throw new Error(`connection ${facts.connection.id} charges nobody`);
  let left = false;
  try {
    const result = claim.act === 'send' ? await send(charges, claim.row, facts, ctx) : await ask(charges, claim.row, facts);
    left = true;
    await opened.save();
    const mandate = result.mandateId ? await charges.readMandate(result.mandateId) : undefined;
    await record(ctx, operatorId, claim.row, result, mandate);
  } catch (error) {
    if (!(error instanceof QuotaWait)) throw error;
    // Nothing left: it loses no try. Where the answer came and only the mandate could not be read any more, it is asked for.
    const unsent = claim.act === 'send' && !left;
    await ctx.store.org(operatorId, (tx) =>
      tx
        .updateTable('charge')
        .set({
          status: unsent ? 'waiting' : 'unknown',
          ...(unsent && { sends: claim.row.sends }),
          next_at: error.until,
          claimed_at: null,
        })
        .where('organization_id', '=', operatorId)
        .where('id', '=', id)
        .where('status', 'in', claim.act === 'send' ? ['sending'] : ['pending', 'unknown'])
        .execute(),
    );
  }
}

async function claimCharge(tx: Tx, ctx: Context, operatorId: string, id: string): Promise<Claim | 'none' | 'unknown-id'> {
  const row = await tx
    .selectFrom('charge')
    .selectAll()
    .where('organization_id', '=', operatorId)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!row) return 'unknown-id';
  const now = ctx.now();
  const set = (values: Partial<Pick<ChargeRow, 'status' | 'sends' | 'claimed_at' | 'next_at'>>) =>
    tx
      .updateTable('charge')
      .set({ ...values, updated_at: now })
      .where('organization_id', '=', operatorId)
      .where('id', '=', id)
      .execute();
  if (row.status === 'waiting') {
    if (row.next_at && row.next_at > now) return 'none';
    if (row.verb === 'charge' && (await overMeanwhile(tx, operatorId, row.billing_order_id))) {
      await set({ status: 'rejected', next_at: null });
      return 'none';
    }
    await set({ status: 'sending', sends: row.sends + 1, claimed_at: now, next_at: null });
    return { row, act: 'send' };
  }
  if (row.status === 'sending') {
    // Somebody is at it, or died at it: then nobody knows what became of it.
    if (row.claimed_at && now.getTime() - row.claimed_at.getTime() < leaseMs) return 'none';
    await set({ status: 'unknown', claimed_at: null, next_at: after(ctx, settleAfterMs) });
    return { row: { ...row, status: 'unknown' }, act: 'ask' };
  }
  // An accepted one is read again when a notice says that something happened to it: a dispute, a refund made elsewhere.
  return row.status === 'rejected' || (row.verb === 'refund' && row.status === 'accepted') ? 'none' : { row, act: 'ask' };
}

/** Paid by other means or called off while the charge waited: nothing is taken for it any more. */
async function overMeanwhile(tx: Tx, operatorId: string, billId: string): Promise<boolean> {
  const bill = await tx
    .selectFrom('billing_order')
    .select('state')
    .where('organization_id', '=', operatorId)
    .where('id', '=', billId)
    .executeTakeFirstOrThrow();
  return bill.state !== 'open';
}

async function record(
  ctx: Context,
  operatorId: string,
  { id, billing_order_id: billId }: ChargeRow,
  result: Result,
  mandate: Sought<Mandate> | undefined,
): Promise<void> {
  const now = ctx.now();
  const who: Who = { organizationId: operatorId, actor: billingActor };
  await ctx.store.org(operatorId, async (tx) => {
    await lockOwed(tx, operatorId, { what: 'billing_order', by: 'id', id: billId });
    const row = await tx
      .selectFrom('charge')
      .selectAll()
      .where('organization_id', '=', operatorId)
      .where('id', '=', id)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow();
    const known = row.status;
    // What was accepted stays so; a later reading only adds a dispute.
    const status = known === 'accepted' ? 'accepted' : known === 'rejected' ? 'rejected' : result.status;
    const wait =
      status === 'unknown' || status === 'waiting'
        ? (result.lookAfterMs ?? settleAfterMs)
        : status === 'pending'
          ? (result.lookAfterMs ?? pendingAfterMs)
          : undefined;
    const story: StoryEntry[] = [
      ...row.story,
      { at: now.toISOString(), what: result.what, ...(result.cause && { params: { cause: result.cause.code } }) },
    ].slice(-60);
    const disputed = result.charge?.disputed ?? row.disputed;
    await tx
      .updateTable('charge')
      .set({
        status,
        claimed_at: null,
        next_at: wait === undefined ? null : after(ctx, status === 'waiting' ? 0 : wait),
        cause: json(status === 'accepted' ? null : (result.cause ?? null)),
        story: json(story),
        disputed,
        processor_id: result.charge?.id ?? result.refund?.id ?? row.processor_id,
        ...(row.verb === 'charge' && result.charge && { refunded_minor: result.charge.refundedMinor }),
        updated_at: now,
      })
      .where('organization_id', '=', operatorId)
      .where('id', '=', id)
      .execute();
    await announce(tx, operatorId, 'billing', id);
    await announce(tx, row.customer_id, 'billing', id);
    if (isCheckout(row) && row.verb === 'charge') await followCheckout(tx, ctx, who, row, status, result, mandate);
    if (disputed && !row.disputed) await disputeTask(tx, ctx, who, row);
    if (status === known && disputed === row.disputed) return;
    await audit(tx, operatorId, billingActor, now, [
      {
        action: `${row.verb} ${disputed && !row.disputed ? 'disputed' : status}`,
        entity: 'bill',
        entityId: row.billing_order_id,
        data: {
          reference: row.reference,
          amount: fromMinor(row.amount_minor, row.currency),
          currency: row.currency,
          ...(result.cause && { cause: result.cause.code }),
        },
      },
    ]);
    if (status === 'accepted' && known !== 'accepted') {
      if (row.verb === 'refund') await refunded(tx, ctx, who, row);
      else await received(tx, ctx, who, row);
    }
    if (status === 'waiting') await ctx.jobs.enqueue(tx, 'charge', [{ organizationId: operatorId, id }]);
    if (status === 'accepted' || status === 'rejected') await ctx.jobs.enqueue(tx, 'billing', [{ organizationId: operatorId, id: row.id }]);
  });
}

/** What waits for its time, and what a lost job or a killed process left behind. */
export async function sweepCharges(ctx: Context): Promise<void> {
  const now = ctx.now();
  const due = await ctx.store.db
    .selectFrom('charge')
    .select(['organization_id', 'id'])
    .where((e) =>
      e.or([
        e.and([e('status', 'in', ['waiting', 'pending', 'unknown']), e.or([e('next_at', 'is', null), e('next_at', '<=', now)])]),
        e.and([e('status', '=', 'sending'), e('claimed_at', '<', new Date(now.getTime() - leaseMs))]),
      ]),
    )
    .orderBy(byLot(now, 'id'))
    .limit(500)
    .execute();
  const mandates = await ctx.store.db
    .selectFrom('mandate')
    .select(['organization_id', 'id'])
    .where('state', '=', 'cancelling')
    .where((e) => e.or([e('next_at', 'is', null), e('next_at', '<=', now)]))
    .orderBy(byLot(now, 'id'))
    .limit(500)
    .execute();
  for (const { organization_id: organizationId, id } of [...due, ...mandates])
    await ctx.store.org(organizationId, (tx) => ctx.jobs.enqueue(tx, 'charge', [{ organizationId, id }]));
}
