import type { Selectable } from 'kysely';
import { openConnection } from '../connections/index.ts';
import type { Charge, Checkout, Mandate, Refund, Sought, TakesCharges, WriteOutcome } from '../contract/charges.ts';
import type { CauseRef } from '../contract/connector.ts';
import { QuotaWait } from '../contract/requests.ts';
import { openTask } from '../desk/index.ts';
import { civilDay } from '../domain/days/day.ts';
import { fromMinor } from '../domain/money/money.ts';
import { bookedMark, withBooked } from '../intake/index.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, json, newId, type StoryEntry, type Tables, type Tx } from '../store/index.ts';
import { prepareOrders, readOrganization, type Who } from '../toissue/index.ts';
import { type Bill, billingActor, readCustomer, takeMoney } from './bills.ts';

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
export type ChargeRow = Selectable<Tables['charge']>;
export type MandateRow = Selectable<Tables['mandate']>;
const checkoutMark = 'chk:';
const isCheckout = (row: Pick<ChargeRow, 'reference'>) => row.reference.startsWith(checkoutMark);

/** Longer than the processor's own time-out, so that what is under way is not taken for absent. */
const settleAfterMs = 45_000;
const leaseMs = 2 * 60_000;
const pendingAfterMs = 60_000;
const checkoutAfterMs = 5 * 60_000;
const checkoutJobAfterMs = 20_000;
const maxSends = 5;
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
  const nth = await nthOf(tx, who.organizationId, bill.id);
  return mandate && nth <= maxTries ? insertCharge(tx, ctx, who, { bill, mandate, reference: `ren:${bill.id}:${nth}` }) : undefined;
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
    await record(ctx, operatorId, claim.row.id, result, mandate);
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
    .forUpdate()
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

type Facts = {
  connection: Selectable<Tables['connection']>;
  mandate: MandateRow;
  of?: ChargeRow;
  email: string;
  country?: string;
  description: string;
};

async function factsOf(tx: Tx, operatorId: string, row: ChargeRow): Promise<Facts> {
  const mandate = await tx
    .selectFrom('mandate')
    .selectAll()
    .where('organization_id', '=', operatorId)
    .where('id', '=', row.mandate_id)
    .executeTakeFirstOrThrow();
  const connection = await tx
    .selectFrom('connection')
    .selectAll()
    .where('organization_id', '=', operatorId)
    .where('id', '=', mandate.connection_id)
    .executeTakeFirstOrThrow();
  const of = row.of_charge_id
    ? await tx
        .selectFrom('charge')
        .selectAll()
        .where('organization_id', '=', operatorId)
        .where('id', '=', row.of_charge_id)
        .executeTakeFirstOrThrow()
    : undefined;
  const customer = (await readCustomer(tx, operatorId, row.customer_id))!;
  const { name } = await tx
    .selectFrom('billing_order as b')
    .innerJoin('subscription as s', (join) =>
      join.onRef('s.organization_id', '=', 'b.organization_id').onRef('s.id', '=', 'b.subscription_id'),
    )
    .innerJoin('plan as p', (join) => join.onRef('p.organization_id', '=', 's.organization_id').onRef('p.id', '=', 's.plan_id'))
    .select('p.name')
    .where('b.organization_id', '=', operatorId)
    .where('b.id', '=', row.billing_order_id)
    .executeTakeFirstOrThrow();
  return {
    connection,
    mandate,
    ...(of && { of }),
    email: customer.invoice_email,
    ...(customer.party.country && { country: customer.party.country }),
    description: name.slice(0, 120),
  };
}

/** What is known after a call: the status of the row and what came with it. */
type Result = {
  status: 'accepted' | 'pending' | 'rejected' | 'unknown' | 'waiting';
  what: string;
  cause?: CauseRef;
  charge?: Charge;
  refund?: Refund;
  url?: string;
  mandateId?: string;
  lookAfterMs?: number;
};

async function send(charges: TakesCharges, row: ChargeRow, facts: Facts, ctx: Context): Promise<Result> {
  const { reference, amount_minor: amountMinor, currency } = row;
  if (row.verb === 'refund')
    return ofRefund(await charges.refund({ reference, chargeId: facts.of!.processor_id!, amountMinor, reason: 'duplicate' }));
  if (isCheckout(row)) {
    const outcome = await charges.beginCheckout({
      reference,
      amountMinor,
      currency,
      description: facts.description,
      customer: { reference: row.customer_id, email: facts.email, ...(facts.country && { country: facts.country }) },
      returnUrl: `${ctx.publicUrl}/billing`,
    });
    return outcome.outcome === 'accepted' ? ofCheckout(outcome.made, undefined) : ofOther(outcome);
  }
  const outcome = await charges.charge({
    reference,
    mandateId: facts.mandate.processor_id ?? '',
    amountMinor,
    currency,
    description: facts.description,
  });
  if (outcome.outcome === 'accepted' || (outcome.outcome === 'pending' && outcome.made)) return ofCharge(outcome.made!, row);
  return ofOther(outcome);
}

const ofOther = (outcome: WriteOutcome<unknown>): Result =>
  outcome.outcome === 'rejected'
    ? { status: 'rejected', what: 'rejected', cause: outcome.cause }
    : outcome.outcome === 'unknown'
      ? { status: 'unknown', what: 'unknown', cause: outcome.cause }
      : { status: 'pending', what: 'pending' };

function ofRefund(outcome: WriteOutcome<Refund>): Result {
  return outcome.outcome === 'accepted' ? { status: 'accepted', what: 'refunded', refund: outcome.made } : ofOther(outcome);
}

/** A charge that is not what we asked for is never taken as ours: a person looks. */
function ofCharge(charge: Charge, row: ChargeRow): Result {
  if (charge.amountMinor !== row.amount_minor || charge.currency !== row.currency)
    return {
      status: 'unknown',
      what: 'amount differs',
      cause: { code: 'no_answer', providerText: `${charge.amountMinor} ${charge.currency}` },
      lookAfterMs: 24 * 3_600_000,
    };
  if (charge.state === 'failed') return { status: 'rejected', what: 'rejected', cause: charge.cause ?? { code: 'declined' }, charge };
  if (charge.state === 'pending') return { status: 'pending', what: 'pending', charge };
  return { status: 'accepted', what: 'accepted', charge, ...(charge.mandateId && { mandateId: charge.mandateId }) };
}

function ofCheckout(checkout: Checkout, charge: Charge | undefined): Result {
  switch (checkout.state) {
    case 'succeeded':
      return {
        status: 'accepted',
        what: 'accepted',
        ...(charge && { charge }),
        ...(checkout.mandateId && { mandateId: checkout.mandateId }),
      };
    case 'cancelled':
    case 'expired':
      return { status: 'rejected', what: checkout.state, cause: { code: 'mandate_not_active' } };
    default:
      return {
        status: 'pending',
        what: checkout.state === 'open' ? 'page open' : checkout.state,
        url: checkout.url,
        lookAfterMs: checkoutAfterMs,
        ...(checkout.state === 'failed' && charge?.cause && { cause: charge.cause }),
      };
  }
}

async function ask(charges: TakesCharges, row: ChargeRow, facts: Facts): Promise<Result> {
  if (row.verb === 'refund') return askRefund(charges, row, facts);
  if (isCheckout(row)) {
    const sought = await charges.findCheckout(row.reference);
    if (sought.found !== 'present') return notThere(sought, row);
    const charge = sought.made.chargeId ? await charges.findCharge({ id: sought.made.chargeId }) : undefined;
    if (charge?.found === 'unclear') return { status: 'unknown', what: 'asked', cause: charge.cause };
    const made = charge?.found === 'present' ? charge.made : undefined;
    if (sought.made.state === 'succeeded' && made && (made.amountMinor !== row.amount_minor || made.currency !== row.currency))
      return ofCharge(made, row);
    return ofCheckout(sought.made, made);
  }
  const sought = await charges.findCharge({ reference: row.reference });
  return sought.found === 'present' ? ofCharge(sought.made, row) : notThere(sought, row);
}

/** Absent is sent again under the same reference, which the processor charges once for ever; never under a new one. */
function notThere(sought: Sought<unknown>, row: ChargeRow): Result {
  if (sought.found === 'unclear') return { status: 'unknown', what: 'asked', cause: sought.cause };
  if (row.status === 'accepted') return { status: 'unknown', what: 'gone', cause: { code: 'no_answer' }, lookAfterMs: 24 * 3_600_000 };
  return row.sends < maxSends
    ? { status: 'waiting', what: 'absent' }
    : { status: 'unknown', what: 'absent', cause: { code: 'no_answer' }, lookAfterMs: 24 * 3_600_000 };
}

async function askRefund(charges: TakesCharges, row: ChargeRow, facts: Facts): Promise<Result> {
  const sought = await charges.findCharge({ id: facts.of!.processor_id! });
  if (sought.found !== 'present') return { status: 'unknown', what: 'asked', ...(sought.found === 'unclear' && { cause: sought.cause }) };
  if (sought.made.refundedMinor >= row.amount_minor) return { status: 'accepted', what: 'refunded', charge: sought.made };
  return row.status === 'pending' ? { status: 'pending', what: 'pending' } : notThere({ found: 'absent' }, row);
}

async function record(ctx: Context, operatorId: string, id: string, result: Result, mandate: Sought<Mandate> | undefined): Promise<void> {
  const now = ctx.now();
  const who: Who = { organizationId: operatorId, actor: billingActor };
  await ctx.store.org(operatorId, async (tx) => {
    const row = await tx
      .selectFrom('charge')
      .selectAll()
      .where('organization_id', '=', operatorId)
      .where('id', '=', id)
      .forUpdate()
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

/** The customer's bank takes the money back: answering in time, or correcting the invoice, is a person's work. */
async function disputeTask(tx: Tx, ctx: Context, who: Who, charge: ChargeRow): Promise<void> {
  const bill = await tx
    .selectFrom('billing_order')
    .select('invoice_id')
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', charge.billing_order_id)
    .executeTakeFirst();
  await openTask(tx, ctx, who, {
    documentId: bill?.invoice_id ?? null,
    customerId: charge.customer_id,
    outcome: 'disputed',
    said: `${fromMinor(charge.amount_minor, charge.currency)} ${charge.currency} · ${charge.reference}`,
  });
}

/** The mandate of a checkout takes shape: its page, then the card; a second live one for a subscription is a surplus and is told. */
async function followCheckout(
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
  const { subscription_id } = await tx
    .selectFrom('mandate')
    .select('subscription_id')
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
  await set({
    processor_id: id,
    state: state !== 'active' ? state : other ? 'surplus' : 'active',
    url: null,
    label: label ?? null,
    fingerprint: fingerprint ?? null,
    expires: expires ?? null,
  });
}

/** The money of a charge: the order is paid, its invoice is prepared, issued and mailed; the payment and what it paid are kept. */
async function received(tx: Tx, ctx: Context, who: Who, charge: ChargeRow): Promise<void> {
  const now = ctx.now();
  const { organizationId } = who;
  await tx
    .updateTable('mandate')
    .set({ last_charged_at: now })
    .where('organization_id', '=', organizationId)
    .where('id', '=', charge.mandate_id)
    .execute();
  const bill = await tx
    .selectFrom('billing_order')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', charge.billing_order_id)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const { zone } = await readOrganization(tx, organizationId);
  const day = civilDay(now.toISOString(), zone);
  const twice = bill.state !== 'open';
  if (!twice && bill.order_id) {
    const order = await tx
      .selectFrom('sales_order')
      .select('content')
      .where('organization_id', '=', organizationId)
      .where('id', '=', bill.order_id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    const booked = {
      externalId: `${bookedMark}${charge.id}`,
      method: 'card' as const,
      amount: fromMinor(charge.amount_minor, charge.currency),
      status: 'paid' as const,
      at: now.toISOString(),
    };
    const kept = order.content.payments.filter((p) => p.status === 'paid');
    const content = withBooked({ ...order.content, payments: kept }, [booked]);
    await tx
      .updateTable('sales_order')
      .set({ content: json(content), status: content.status, paid_at: content.paidAt ?? null, updated_at: now })
      .where('organization_id', '=', organizationId)
      .where('id', '=', bill.order_id)
      .execute();
    await prepareOrders(tx, ctx, who, [{ orderId: bill.order_id, order: content }], {
      policies: { kind: 'automatic', waiting: 'nothing', unpaid: 'hold' },
    });
    await takeMoney(tx, ctx, who, bill);
  }
  const settled = await tx
    .selectFrom('billing_order')
    .select('invoice_id')
    .where('organization_id', '=', organizationId)
    .where('id', '=', bill.id)
    .executeTakeFirstOrThrow();
  const paymentId = newId(now);
  const documentId = twice ? null : settled.invoice_id;
  await tx
    .insertInto('payment')
    .values({
      organization_id: organizationId,
      id: paymentId,
      source: 'charge',
      raw_id: charge.id,
      account: null,
      currency: charge.currency,
      amount_minor: charge.amount_minor,
      value_day: day,
      payer_name: null,
      payer_account: null,
      title: charge.reference,
      // Paid already by other means: the money is the customer's, and a person is asked what to do with it.
      state: twice ? 'open' : 'booked',
      why: twice ? 'paid-already' : null,
      unsure: null,
      proposals: json([]),
      details: json({}),
      statement_id: null,
      place: null,
      created_at: now,
      updated_at: now,
    })
    .onConflict((c) => c.doNothing())
    .execute();
  if (documentId)
    await tx
      .insertInto('allocation')
      .values({
        organization_id: organizationId,
        id: newId(now),
        payment_id: paymentId,
        document_id: documentId,
        purpose: 'document',
        amount_minor: charge.amount_minor,
        sure: true,
        reasons: ['charge'],
        created_by: who.actor,
        created_at: now,
        undone_by: null,
      })
      .execute();
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

async function refunded(tx: Tx, ctx: Context, who: Who, refund: ChargeRow): Promise<void> {
  const now = ctx.now();
  const { organizationId } = who;
  await tx
    .updateTable('charge')
    .set({ refunded_minor: refund.amount_minor })
    .where('organization_id', '=', organizationId)
    .where('id', '=', refund.of_charge_id)
    .execute();
  const payment = await tx
    .selectFrom('payment')
    .select(['id', 'amount_minor'])
    .where('organization_id', '=', organizationId)
    .where('source', '=', 'charge')
    .where('raw_id', '=', refund.of_charge_id!)
    .forUpdate()
    .executeTakeFirst();
  if (payment) {
    await tx
      .updateTable('allocation')
      .set({ undone_at: now, undone_by: who.actor })
      .where('organization_id', '=', organizationId)
      .where('payment_id', '=', payment.id)
      .where('undone_at', 'is', null)
      .execute();
    await tx
      .insertInto('allocation')
      .values({
        organization_id: organizationId,
        id: newId(now),
        payment_id: payment.id,
        document_id: null,
        purpose: 'returned',
        amount_minor: payment.amount_minor,
        reasons: ['refund'],
        created_by: who.actor,
        created_at: now,
        undone_by: null,
      })
      .execute();
    await tx
      .updateTable('payment')
      .set({ state: 'booked', updated_at: now })
      .where('organization_id', '=', organizationId)
      .where('id', '=', payment.id)
      .execute();
  }
  const others = await tx
    .selectFrom('charge')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('billing_order_id', '=', refund.billing_order_id)
    .where('verb', '=', 'charge')
    .where('status', '=', 'accepted')
    .where('id', '<>', refund.of_charge_id)
    .executeTakeFirst();
  if (!others)
    await tx
      .updateTable('billing_order')
      .set({ state: 'refunded', updated_at: now })
      .where('organization_id', '=', organizationId)
      .where('id', '=', refund.billing_order_id)
      .execute();
}

// ---------------------------------------------------------------- mandates

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

async function workMandate(ctx: Context, operatorId: string, id: string): Promise<void> {
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
    .forUpdate()
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
    .set({ state, label, expires, next_at: state === 'cancelling' ? after(ctx, pendingAfterMs) : null, updated_at: ctx.now() })
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
    .limit(500)
    .execute();
  const mandates = await ctx.store.db
    .selectFrom('mandate')
    .select(['organization_id', 'id'])
    .where('state', '=', 'cancelling')
    .where((e) => e.or([e('next_at', 'is', null), e('next_at', '<=', now)]))
    .limit(500)
    .execute();
  for (const { organization_id: organizationId, id } of [...due, ...mandates])
    await ctx.store.org(organizationId, (tx) => ctx.jobs.enqueue(tx, 'charge', [{ organizationId, id }], { onlyOne: true }));
}
