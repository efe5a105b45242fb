import type { Selectable } from 'kysely';
import type { Charge, Checkout, Refund, Sought, TakesCharges, WriteOutcome } from '../contract/charges.ts';
import type { CauseRef } from '../contract/connector.ts';
import { cut } from '../domain/cut.ts';
import type { Context } from '../jobs/index.ts';
import type { Tables, Tx } from '../store/index.ts';
import { readCustomer } from './bills.ts';

/** One call to the processor for a charge, and what its answer proves; nothing is stored here. */

export type ChargeRow = Selectable<Tables['charge']>;
export type MandateRow = Selectable<Tables['mandate']>;

export const checkoutMark = 'chk:';
export const isCheckout = (row: Pick<ChargeRow, 'reference'>) => row.reference.startsWith(checkoutMark);

const checkoutAfterMs = 5 * 60_000;
const maxSends = 5;

/** What a call to the processor needs beside the charge itself. */
type Facts = {
  connection: Selectable<Tables['connection']>;
  mandate: MandateRow;
  of?: ChargeRow;
  email: string;
  country?: string;
  description: string;
};

export async function factsOf(tx: Tx, operatorId: string, row: ChargeRow): Promise<Facts> {
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
    description: cut(name, 120),
  };
}

/** What is known after a call: the status of the row and what came with it. */
export type Result = {
  status: 'accepted' | 'pending' | 'rejected' | 'unknown' | 'waiting';
  what: string;
  cause?: CauseRef;
  charge?: Charge;
  refund?: Refund;
  url?: string;
  mandateId?: string;
  lookAfterMs?: number;
};

export async function send(charges: TakesCharges, row: ChargeRow, facts: Facts, ctx: Context): Promise<Result> {
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

export async function ask(charges: TakesCharges, row: ChargeRow, facts: Facts): Promise<Result> {
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
