import type { Selectable } from 'kysely';
import { localDay, queueMails } from '../delivery/index.ts';
import {
  type DoubleSign,
  doubles,
  type LiveMandate,
  type LiveSubscription,
  type MadeCharge,
  type Suspicion,
} from '../domain/billing/duplicates.ts';
import { civilDay } from '../domain/days/day.ts';
import type { Language } from '../domain/documents/document.ts';
import { fromMinor } from '../domain/money/money.ts';
import { partyName } from '../domain/parties/party.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, json, newId, type Tables, type Tx } from '../store/index.ts';
import { correctInTransaction, issueInTransaction, readOrganization, type Who } from '../toissue/index.ts';
import { billingActor, lockOwed, readCustomer } from './bills.ts';
import type { ChargeRow } from './charge-calls.ts';
import { startRefund } from './charges.ts';
import { endMandate } from './mandates.ts';
import { queueNotice } from './notices.ts';
import { operatorOf } from './operator.ts';
import { cancelOpenBills } from './subscribe.ts';
import { languageOf } from './words.ts';

/**
 * Charged twice for one thing (BILLING §4): looked for after each charge and every hour, told to both sides, and mended by one click: the
 * second invoice is corrected, its money goes back, its mandate is switched off at the processor, its subscription ends.
 */
type DoubleRow = Selectable<Tables['double_charge']>;
const lookBackMs = 400 * 86_400_000;

export async function findDoubles(ctx: Context): Promise<number> {
  const operatorId = await operatorOf(ctx);
  if (!operatorId) return 0;
  return ctx.store.org(operatorId, async (tx) => {
    const facts = await factsOf(tx, ctx, operatorId);
    const found = doubles(facts);
    let told = 0;
    for (const one of found) if (await note(tx, ctx, operatorId, one, facts)) told++;
    return told;
  });
}

type Facts = {
  mandates: LiveMandate[];
  subscriptions: LiveSubscription[];
  charges: MadeCharge[];
  words: Map<string, Record<string, string>>;
};

async function factsOf(tx: Tx, ctx: Context, operatorId: string): Promise<Facts> {
  const { zone } = await readOrganization(tx, operatorId);
  const customers = await tx
    .selectFrom('billing_customer')
    .select(['customer_id', 'party'])
    .where('organization_id', '=', operatorId)
    .execute();
  const taxIdOf = new Map(customers.map((c) => [c.customer_id, c.party.taxIds[0]?.value]));
  const mandates = await tx
    .selectFrom('mandate')
    .selectAll()
    .where('organization_id', '=', operatorId)
    .where('state', 'in', ['active', 'surplus'])
    .where('customer_id', 'is not', null)
    .execute();
  const subscriptions = await tx
    .selectFrom('subscription as s')
    .innerJoin('plan as p', (join) => join.onRef('p.organization_id', '=', 's.organization_id').onRef('p.id', '=', 's.plan_id'))
    .selectAll('s')
    .select(['p.name as plan_name'])
    .where('s.organization_id', '=', operatorId)
    .execute();
  const charges = await tx
    .selectFrom('charge as c')
    .innerJoin('billing_order as b', (join) =>
      join.onRef('b.organization_id', '=', 'c.organization_id').onRef('b.id', '=', 'c.billing_order_id'),
    )
    .innerJoin('mandate as m', (join) => join.onRef('m.organization_id', '=', 'c.organization_id').onRef('m.id', '=', 'c.mandate_id'))
    .select([
      'c.id',
      'c.customer_id',
      'c.amount_minor',
      'c.currency',
      'c.refunded_minor',
      'c.created_at',
      'b.subscription_id',
      'b.period_start',
      'b.kind',
      'm.label',
    ])
    .where('c.organization_id', '=', operatorId)
    .where('c.verb', '=', 'charge')
    .where('c.status', '=', 'accepted')
    .where('c.created_at', '>', new Date(ctx.now().getTime() - lookBackMs))
    .execute();
  const of = new Map(subscriptions.map((s) => [s.id, s]));
  const dayOf = (at: Date) => civilDay(at.toISOString(), zone);
  const words = new Map<string, Record<string, string>>();
  for (const m of mandates)
    words.set(m.id, { plan: of.get(m.subscription_id ?? '')?.plan_name ?? '', label: m.label ?? '', since: dayOf(m.created_at) });
  for (const s of subscriptions) words.set(s.id, { plan: s.plan_name, since: dayOf(s.created_at) });
  for (const c of charges)
    words.set(c.id, {
      plan: of.get(c.subscription_id)?.plan_name ?? '',
      label: c.label ?? '',
      since: dayOf(c.created_at),
      amount: fromMinor(c.amount_minor, c.currency),
      currency: c.currency,
    });
  return {
    mandates: mandates.map((m) => ({
      id: m.id,
      customer: m.customer_id!,
      createdAt: m.created_at.toISOString(),
      state: m.state as 'active' | 'surplus',
      ...(m.subscription_id && { subscription: m.subscription_id }),
      ...(m.fingerprint && { fingerprint: m.fingerprint }),
    })),
    subscriptions: subscriptions
      // One that nobody has paid for yet charges nobody.
      .filter((s) => !['pending', 'cancelled', 'expired'].includes(s.state) && s.cancel_on === null)
      .map((s) => ({
        id: s.id,
        customer: s.customer_id,
        plan: s.plan_id,
        confirmedSecond: s.meant_at !== null,
        createdAt: s.created_at.toISOString(),
        ...(s.connection_id && { connection: s.connection_id }),
        ...(taxIdOf.get(s.customer_id) && { taxId: taxIdOf.get(s.customer_id)! }),
      })),
    charges: charges
      .filter((c) => c.refunded_minor === 0n && (c.kind === 'first' || c.kind === 'renewal'))
      .map((c) => {
        const subscription = of.get(c.subscription_id)!;
        return {
          id: c.id,
          customer: c.customer_id,
          subscription: c.subscription_id,
          plan: subscription.plan_id,
          amount: c.amount_minor.toString(),
          currency: c.currency,
          day: dayOf(c.created_at),
          period: c.period_start,
          interval: subscription.terms.interval,
          confirmedSecond: subscription.meant_at !== null,
          ...(taxIdOf.get(c.customer_id) && { taxId: taxIdOf.get(c.customer_id)! }),
        };
      }),
    words,
  };
}

async function note(
  tx: Tx,
  ctx: Context,
  operatorId: string,
  { sign, customer, first, second }: Suspicion,
  facts: Facts,
): Promise<boolean> {
  const now = ctx.now();
  const [a, b] = [facts.words.get(first) ?? {}, facts.words.get(second) ?? {}];
  const row = await tx
    .insertInto('double_charge')
    .values({
      organization_id: operatorId,
      id: newId(now),
      customer_id: customer,
      sign,
      first_id: first,
      second_id: second,
      facts: json({
        plan: b.plan ?? '',
        firstLabel: a.label ?? '',
        firstSince: a.since ?? '',
        secondLabel: b.label ?? '',
        secondSince: b.since ?? '',
        ...(b.amount && { amount: b.amount, currency: b.currency ?? '' }),
      }),
      found_at: now,
      settled_how: null,
    })
    .onConflict((c) => c.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (!row) return false;
  await tell(tx, ctx, operatorId, row.id, { sign, customer, plan: b.plan ?? '', first: a, second: b });
  await announce(tx, customer, 'billing', row.id);
  await announce(tx, operatorId, 'billing', row.id);
  await audit(tx, operatorId, billingActor, now, [
    { action: 'charged twice', entity: 'customer', entityId: customer, data: { sign, first, second } },
  ]);
  return true;
}

type Words = Record<string, string>;

/** Both sides hear of one trouble once, by however many signs it shows. The other account's owner is nobody's business but the operator's. */
async function tell(
  tx: Tx,
  ctx: Context,
  operatorId: string,
  id: string,
  { sign, customer: customerId, plan, first, second }: { sign: DoubleSign; customer: string; plan: string; first: Words; second: Words },
): Promise<void> {
  const known = await tx
    .selectFrom('double_charge')
    .select(['facts'])
    .where('organization_id', '=', operatorId)
    .where('customer_id', '=', customerId)
    .where('told_at', 'is not', null)
    .where('settled_at', 'is', null)
    .execute();
  if (known.some((k) => k.facts.plan === plan)) return;
  const customer = await readCustomer(tx, operatorId, customerId);
  if (!customer) return;
  const operator = await readOrganization(tx, operatorId);
  const link = `${ctx.publicUrl}/billing`;
  const said = (words: Words, language: Language) =>
    [words.label, words.since && localDay(words.since, language)].filter(Boolean).join(', ');
  const paramsIn = (language: Language) => ({
    plan,
    link,
    customer: partyName(customer.party),
    first: said(first, language),
    second: said(second, language),
  });
  if (sign !== 'one-card-two-accounts') {
    const language = languageOf(customer.language);
    await queueNotice(tx, ctx, operatorId, {
      key: `double-${id}`,
      to: customer.invoice_email,
      kind: 'double',
      language,
      params: paramsIn(language),
    });
  }
  const { email } = operator.seller;
  if (email) {
    const language = languageOf(operator.language);
    await queueNotice(tx, ctx, operatorId, {
      key: `double-${id}-operator`,
      to: email,
      kind: 'double-operator',
      language,
      params: paramsIn(language),
    });
  }
  await tx
    .updateTable('double_charge')
    .set({ told_at: ctx.now() })
    .where('organization_id', '=', operatorId)
    .where('id', '=', id)
    .execute();
}

export async function listDoubles(tx: Tx, operatorId: string, customerId?: string): Promise<DoubleRow[]> {
  let query = tx.selectFrom('double_charge').selectAll().where('organization_id', '=', operatorId);
  if (customerId) query = query.where('customer_id', '=', customerId);
  return query.orderBy('found_at', 'desc').limit(100).execute();
}

/** What mending would do: the charge to give back and the mandate to end. */
export async function remedyOf(
  tx: Tx,
  operatorId: string,
  row: DoubleRow,
): Promise<{ charge?: ChargeRow; mandateId?: string; subscriptionId?: string }> {
  const charge = (id: string) =>
    tx.selectFrom('charge').selectAll().where('organization_id', '=', operatorId).where('id', '=', id).executeTakeFirst();
  switch (row.sign as DoubleSign) {
    case 'two-charges': {
      const second = await charge(row.second_id);
      if (!second) return {};
      const bill = await tx
        .selectFrom('billing_order')
        .select('subscription_id')
        .where('organization_id', '=', operatorId)
        .where('id', '=', second.billing_order_id)
        .executeTakeFirstOrThrow();
      return { charge: second, mandateId: second.mandate_id, subscriptionId: bill.subscription_id };
    }
    case 'two-mandates':
      return { mandateId: row.second_id };
    case 'two-subscriptions': {
      const mandate = await tx
        .selectFrom('mandate')
        .select('id')
        .where('organization_id', '=', operatorId)
        .where('subscription_id', '=', row.second_id)
        .where('state', 'in', ['active', 'surplus'])
        .executeTakeFirst();
      const last = await tx
        .selectFrom('charge as c')
        .innerJoin('billing_order as b', (join) =>
          join.onRef('b.organization_id', '=', 'c.organization_id').onRef('b.id', '=', 'c.billing_order_id'),
        )
        .selectAll('c')
        .where('c.organization_id', '=', operatorId)
        .where('b.subscription_id', '=', row.second_id)
        .where('c.verb', '=', 'charge')
        .where('c.status', '=', 'accepted')
        .where('c.refunded_minor', '=', 0n)
        .orderBy('c.created_at', 'desc')
        .executeTakeFirst();
      return { subscriptionId: row.second_id, ...(mandate && { mandateId: mandate.id }), ...(last && { charge: last }) };
    }
    default:
      return {};
  }
}

type MendResult = { mended: true } | { refused: 'unknown' | 'settled' | 'correction' };

/** Mends or keeps: `keep` says that both are meant. */
export async function settleDouble(ctx: Context, who: Who, id: string, how: 'mend' | 'keep'): Promise<MendResult> {
  const operatorId = await operatorOf(ctx);
  if (!operatorId) return { refused: 'unknown' };
  const byOperator = operatorId === who.organizationId;
  const as: Who = { organizationId: operatorId, actor: byOperator ? who.actor : `customer:${who.actor}` };
  return ctx.store.org(operatorId, async (tx): Promise<MendResult> => {
    let query = tx.selectFrom('double_charge').selectAll().where('organization_id', '=', operatorId).where('id', '=', id);
    if (!byOperator) query = query.where('customer_id', '=', who.organizationId);
    const row = await query.forNoKeyUpdate().executeTakeFirst();
    if (!row) return { refused: 'unknown' };
    if (row.settled_at) return { refused: 'settled' };
    if (how === 'mend') {
      const { charge, mandateId, subscriptionId } = await remedyOf(tx, operatorId, row);
      if (charge) await lockOwed(tx, operatorId, { what: 'billing_order', by: 'id', id: charge.billing_order_id });
      else if (mandateId) await lockOwed(tx, operatorId, { what: 'mandate', by: 'id', id: mandateId });
      if (charge && charge.refunded_minor === 0n) {
        if (!(await correctInvoice(tx, ctx, as, charge))) return { refused: 'correction' };
        await startRefund(tx, ctx, as, charge);
      }
      const mandate = mandateId
        ? await tx
            .selectFrom('mandate')
            .selectAll()
            .where('organization_id', '=', operatorId)
            .where('id', '=', mandateId)
            .forNoKeyUpdate()
            .executeTakeFirst()
        : undefined;
      if (mandate) await endMandate(tx, ctx, operatorId, mandate);
      if (subscriptionId) {
        await tx
          .updateTable('subscription')
          .set({ state: 'cancelled', updated_at: ctx.now() })
          .where('organization_id', '=', operatorId)
          .where('id', '=', subscriptionId)
          .execute();
        // Nobody is reminded of what was a mistake.
        await cancelOpenBills(tx, ctx, as, subscriptionId);
      }
    } else {
      // Meant so: the second one is named no more, by this sign or another, now or at the next renewal.
      const { subscriptionId } = await remedyOf(tx, operatorId, row);
      if (subscriptionId) await meantSo(tx, ctx, operatorId, row.customer_id, subscriptionId);
    }
    // The same pair seen by another sign is settled with it.
    await tx
      .updateTable('double_charge')
      .set({ settled_at: ctx.now(), settled_how: how === 'mend' ? 'mended' : 'kept' })
      .where('organization_id', '=', operatorId)
      .where('customer_id', '=', row.customer_id)
      .where('settled_at', 'is', null)
      .where((e) => e.or([e('id', '=', id), ...(how === 'mend' ? [e('second_id', '=', row.second_id)] : [])]))
      .execute();
    if (how === 'mend') await settleKin(tx, ctx, operatorId, row);
    await announce(tx, row.customer_id, 'billing', id);
    await announce(tx, operatorId, 'billing', id);
    await audit(tx, operatorId, as.actor, ctx.now(), [
      {
        action: how === 'mend' ? 'double charge mended' : 'double charge meant so',
        entity: 'customer',
        entityId: row.customer_id,
        data: { sign: row.sign, first: row.first_id, second: row.second_id },
      },
    ]);
    return { mended: true };
  });
}

async function meantSo(tx: Tx, ctx: Context, operatorId: string, customerId: string, subscriptionId: string): Promise<void> {
  await tx
    .updateTable('subscription')
    .set({ meant_at: ctx.now(), updated_at: ctx.now() })
    .where('organization_id', '=', operatorId)
    .where('id', '=', subscriptionId)
    .execute();
  const open = (await listDoubles(tx, operatorId, customerId)).filter((d) => d.settled_at === null);
  for (const other of open)
    if ((await remedyOf(tx, operatorId, other)).subscriptionId === subscriptionId)
      await tx
        .updateTable('double_charge')
        .set({ settled_at: ctx.now(), settled_how: 'kept' })
        .where('organization_id', '=', operatorId)
        .where('id', '=', other.id)
        .execute();
}

/** Two subscriptions and their two charges are one trouble: mending one of the signs ends the others about the same plan. */
async function settleKin(tx: Tx, ctx: Context, operatorId: string, row: DoubleRow): Promise<void> {
  const { plan } = row.facts;
  const open = await tx
    .selectFrom('double_charge')
    .selectAll()
    .where('organization_id', '=', operatorId)
    .where('customer_id', '=', row.customer_id)
    .where('settled_at', 'is', null)
    .execute();
  for (const other of open.filter((o) => o.facts.plan === plan)) {
    const left = await remedyOf(tx, operatorId, other);
    const running = left.charge
      ? left.charge.refunded_minor === 0n && !(await hasRefund(tx, operatorId, left.charge.id))
      : left.mandateId !== undefined;
    const state =
      left.subscriptionId &&
      (
        await tx
          .selectFrom('subscription')
          .select('state')
          .where('organization_id', '=', operatorId)
          .where('id', '=', left.subscriptionId)
          .executeTakeFirst()
      )?.state;
    if (running && state !== 'cancelled') continue;
    await tx
      .updateTable('double_charge')
      .set({ settled_at: ctx.now(), settled_how: 'mended' })
      .where('organization_id', '=', operatorId)
      .where('id', '=', other.id)
      .execute();
  }
}

async function hasRefund(tx: Tx, operatorId: string, chargeId: string): Promise<boolean> {
  return (
    (await tx
      .selectFrom('charge')
      .select('id')
      .where('organization_id', '=', operatorId)
      .where('of_charge_id', '=', chargeId)
      .where('status', '<>', 'rejected')
      .executeTakeFirst()) !== undefined
  );
}

/** The law's order: the correction before the money. An invoice that was corrected already needs none. */
async function correctInvoice(tx: Tx, ctx: Context, who: Who, charge: ChargeRow): Promise<boolean> {
  const bill = await tx
    .selectFrom('billing_order')
    .selectAll()
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', charge.billing_order_id)
    .executeTakeFirstOrThrow();
  if (!bill.invoice_id) return true;
  const made = await correctInTransaction(tx, ctx, who, bill.invoice_id, {
    reason: 'Podwójna płatność / charged twice',
    reasonCode: 'cancel',
    cancel: true,
  });
  if (made.outcome !== 'created') return made.findings.some((f) => f.code === 'H_CORRECTION_REFUSED');
  const [issued] = await issueInTransaction(tx, ctx, who, [made.id], {});
  if (issued?.outcome !== 'issued') return true;
  const customer = (await readCustomer(tx, who.organizationId, bill.customer_id))!;
  await queueMails(tx, ctx, who, [{ documentId: made.id, to: [customer.invoice_email] }]);
  return true;
}
