import type { SimClock } from '../../../src/testkit/service.ts';
import { type Behaviour, behaviourOf, type DeclineCode, declineClasses, endOf, type Method, methodOf, type Outcome } from './cards.ts';

export type Customer = { reference: string; email: string | null; country: string | null };
type CheckoutState = 'open' | 'processing' | 'succeeded' | 'failed' | 'cancelled' | 'expired';
export type Checkout = {
  id: string;
  version: number;
  reference: string;
  state: CheckoutState;
  amountMinor: number;
  currency: string;
  description: string;
  customer: Customer;
  saveMandate: boolean;
  returnUrl: string;
  payment: string | null;
  mandate: string | null;
  expiresAt: string;
  createdAt: string;
};
export type Payment = {
  id: string;
  version: number;
  reference: string;
  state: 'pending' | 'succeeded' | 'failed' | 'requires_customer';
  amountMinor: number;
  currency: string;
  description: string;
  customer: Customer;
  checkout: string | null;
  mandate: string | null;
  method: Method;
  decline: { code: DeclineCode; class: string } | null;
  refundedMinor: number;
  disputed: boolean;
  createdAt: string;
};
export type Mandate = {
  id: string;
  version: number;
  state: 'active' | 'cancelled' | 'expired';
  customer: Customer;
  method: Method;
  checkout: string;
  createdAt: string;
  lastChargedAt: string | null;
  cancelledAt: string | null;
  cancelledBy: 'merchant' | 'customer' | 'issuer' | null;
};
type Refund = {
  id: string;
  version: number;
  payment: string;
  reference: string;
  state: 'pending' | 'succeeded' | 'failed';
  amountMinor: number;
  currency: string;
  reason: string;
  createdAt: string;
};
type Dispute = {
  id: string;
  version: number;
  payment: string;
  reference: string;
  state: 'open' | 'won' | 'lost';
  amountMinor: number;
  currency: string;
  reason: string;
  feeMinor: number;
  dueAt: string;
};
type Entity = Checkout | Payment | Mandate | Refund | Dispute;

/** Money that moved, for the report of its day. */
type Entry = {
  type: 'charge' | 'refund' | 'refund_failed' | 'dispute' | 'dispute_won';
  id: string;
  payment: string;
  reference: string;
  amountMinor: number;
  currency: string;
  feeMinor: number;
  at: string;
};

type Happening = { type: string; object: Entity };

/** Refused with a code of the wire. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly extra: { field?: string; id?: string };
  constructor(status: number, code: string, message: string, extra: { field?: string; id?: string } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.extra = extra;
  }
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const checkoutLifeMs = 23 * hour;
const settledAfterMs = hour;
const disputedAfterMs = day;
const deletedAfterMs = day;
const authenticationLifeMs = day;
const disputeAnswerMs = 7 * day;
const disputeFeeMinor = 5_000;
/** 1.4 % of a charge, the half cent up. */
const feeOf = (amountMinor: number) => Math.floor((amountMinor * 14 + 500) / 1000);

/**
 * Everything the processor remembers. A reference names one attempt for ever; that, not the idempotency key, is what makes a second
 * charge of one attempt impossible.
 */
export class Processor {
  readonly clock: SimClock;
  readonly happened: (happening: Happening) => void;
  checkouts = new Map<string, Checkout>();
  payments = new Map<string, Payment>();
  mandates = new Map<string, Mandate>();
  refunds = new Map<string, Refund>();
  disputes = new Map<string, Dispute>();
  entries: Entry[] = [];
  /** How refunds end. */
  refundsFail = false;
  /** The issuers' side is down: every charge is declined softly. */
  issuerDown = false;
  #references = new Map<string, string>();
  #refundReferences = new Map<string, string>();
  #behaviours = new Map<string, { behaviour: Behaviour; charges: number }>();
  #timers: { at: number; run: () => void }[] = [];
  #made = 0;

  constructor(clock: SimClock, happened: (happening: Happening) => void) {
    this.clock = clock;
    this.happened = happened;
  }

  openCheckout(
    wanted: Pick<Checkout, 'reference' | 'amountMinor' | 'currency' | 'description' | 'customer' | 'saveMandate' | 'returnUrl'>,
  ): Checkout {
    this.#claim(wanted.reference);
    const checkout: Checkout = {
      id: this.#id('co'),
      version: 1,
      ...wanted,
      state: 'open',
      payment: null,
      mandate: null,
      expiresAt: this.#instant(checkoutLifeMs),
      createdAt: this.#instant(),
    };
    this.#references.set(wanted.reference, checkout.id);
    this.checkouts.set(checkout.id, checkout);
    this.#later(checkoutLifeMs, () => {
      if (checkout.state === 'open' || checkout.state === 'failed') this.#checkoutTo(checkout, 'expired');
    });
    return checkout;
  }

  cancelCheckout(checkout: Checkout): Checkout {
    if (checkout.state === 'succeeded') throw new Refusal(409, 'checkout_succeeded', 'The checkout is paid.', { id: checkout.id });
    if (checkout.state === 'processing') {
      throw new Refusal(409, 'checkout_processing', 'A payment of the checkout is under way.', { id: checkout.id });
    }
    if (checkout.state !== 'cancelled') this.#checkoutTo(checkout, 'cancelled');
    return checkout;
  }

  /** The buyer pays on the page. Returns the payment, which may want an authentication or time. */
  pay(checkout: Checkout, number: string, expiryMonth: number, expiryYear: number, ordered?: Outcome): Payment {
    if (checkout.state !== 'open' && checkout.state !== 'failed') {
      throw new Refusal(409, `checkout_${checkout.state}`, 'This checkout cannot be paid.', { id: checkout.id });
    }
    const behaviour = behaviourOf(number);
    const method = methodOf(number, expiryMonth, expiryYear);
    const payment = this.#newPayment(checkout.reference, checkout, { checkout: checkout.id, mandate: null, method });
    checkout.payment = payment.id;
    this.#checkoutTo(checkout, 'processing');
    this.#behaviours.set(payment.id, { behaviour, charges: 0 });
    const worn = endOf(method) <= this.clock.now();
    this.#settle(payment, worn ? 'expired_card' : (ordered ?? behaviour.first));
    return payment;
  }

  charge(
    wanted: { reference: string; mandate: string; amountMinor: number; currency: string; description: string },
    ordered?: Outcome,
  ): Payment {
    // The reference first: whoever asks again under it learns what became of the first, whatever happened to the mandate since.
    this.#claim(wanted.reference);
    const mandate = this.mandates.get(wanted.mandate);
    if (!mandate) throw new Refusal(404, 'mandate_unknown', 'There is no such mandate.');
    if (mandate.state !== 'active') throw new Refusal(409, 'mandate_inactive', `The mandate is ${mandate.state}.`, { id: mandate.id });
    const kept = this.#behaviours.get(mandate.id)!;
    const payment = this.#newPayment(
      wanted.reference,
      { ...wanted, customer: mandate.customer },
      {
        checkout: null,
        mandate: mandate.id,
        method: mandate.method,
      },
    );
    const { later } = kept.behaviour;
    const outcome = ordered ?? (this.issuerDown ? 'issuer_unavailable' : later[Math.min(kept.charges, later.length - 1)]!);
    kept.charges += 1;
    mandate.lastChargedAt = this.#instant();
    mandate.version += 1;
    this.#settle(payment, outcome);
    return payment;
  }

  /** The customer confirms or refuses at the bank's page. */
  authenticate(payment: Payment, confirmed: boolean): Payment {
    if (payment.state !== 'requires_customer') throw new Refusal(409, 'nothing_to_authenticate', 'The payment waits for nobody.');
    if (confirmed) this.#succeed(payment);
    else this.#fail(payment, 'authentication_required');
    return payment;
  }

  cancelMandate(mandate: Mandate, by: 'merchant' | 'customer' | 'issuer'): Mandate {
    if (mandate.state === 'cancelled') return mandate;
    Object.assign(mandate, { state: 'cancelled', cancelledAt: this.#instant(), cancelledBy: by, version: mandate.version + 1 });
    this.#tell('mandate.cancelled', mandate);
    return mandate;
  }

  /** The network tells of a new card behind the same mandate. */
  renewCard(mandate: Mandate): Mandate {
    const year = new Date(this.clock.now()).getUTCFullYear() + 4;
    const last4 = String((Number(mandate.method.last4) + 1) % 10_000).padStart(4, '0');
    mandate.method = { ...mandate.method, last4, expiryYear: year };
    mandate.version += 1;
    if (mandate.state === 'expired') mandate.state = 'active';
    this.#watchExpiry(mandate);
    this.#tell('mandate.updated', mandate);
    return mandate;
  }

  refund(wanted: { reference: string; payment: string; amountMinor: number; reason: string }): Refund {
    const used = this.#refundReferences.get(wanted.reference);
    if (used) throw new Refusal(409, 'reference_used', 'There is a refund under this reference.', { id: used });
    const payment = this.payments.get(wanted.payment);
    if (!payment) throw new Refusal(404, 'payment_unknown', 'There is no such payment.');
    if (payment.state !== 'succeeded') throw new Refusal(409, 'payment_not_succeeded', 'The payment brought no money.', { id: payment.id });
    if (payment.refundedMinor + wanted.amountMinor > payment.amountMinor) {
      throw new Refusal(409, 'refund_too_high', `At most ${payment.amountMinor - payment.refundedMinor} can be refunded.`, {
        id: payment.id,
      });
    }
    const refund: Refund = {
      id: this.#id('re'),
      version: 1,
      ...wanted,
      state: this.refundsFail ? 'pending' : 'succeeded',
      currency: payment.currency,
      createdAt: this.#instant(),
    };
    this.#refundReferences.set(wanted.reference, refund.id);
    this.refunds.set(refund.id, refund);
    payment.refundedMinor += refund.amountMinor;
    payment.version += 1;
    this.#enter('refund', refund.id, payment, -refund.amountMinor, 0, refund.reference);
    if (refund.state === 'succeeded') this.#tell('refund.succeeded', refund);
    else {
      this.#later(settledAfterMs, () => {
        Object.assign(refund, { state: 'failed', version: refund.version + 1 });
        payment.refundedMinor -= refund.amountMinor;
        payment.version += 1;
        this.#enter('refund_failed', refund.id, payment, refund.amountMinor, 0, refund.reference);
        this.#tell('refund.failed', refund);
      });
    }
    return refund;
  }

  /** The cardholder takes the money back through the bank. */
  dispute(payment: Payment, reason = 'fraudulent'): Dispute {
    if (payment.state !== 'succeeded' || payment.disputed) throw new Refusal(409, 'not_disputable', 'Only a succeeded payment, once.');
    const dispute: Dispute = {
      id: this.#id('dp'),
      version: 1,
      payment: payment.id,
      reference: payment.reference,
      state: 'open',
      amountMinor: payment.amountMinor - payment.refundedMinor,
      currency: payment.currency,
      reason,
      feeMinor: disputeFeeMinor,
      dueAt: this.#instant(disputeAnswerMs),
    };
    this.disputes.set(dispute.id, dispute);
    payment.disputed = true;
    payment.version += 1;
    this.#enter('dispute', dispute.id, payment, -dispute.amountMinor, dispute.feeMinor);
    this.#tell('dispute.opened', dispute);
    this.#later(disputeAnswerMs, () => {
      if (dispute.state === 'open') this.closeDispute(dispute, false);
    });
    return dispute;
  }

  closeDispute(dispute: Dispute, won: boolean): Dispute {
    if (dispute.state !== 'open') throw new Refusal(409, 'dispute_closed', 'The dispute is decided.', { id: dispute.id });
    Object.assign(dispute, { state: won ? 'won' : 'lost', version: dispute.version + 1 });
    if (won) this.#enter('dispute_won', dispute.id, this.payments.get(dispute.payment)!, dispute.amountMinor, 0);
    this.#tell(won ? 'dispute.won' : 'dispute.lost', dispute);
    return dispute;
  }

  byReference(reference: string): string | undefined {
    return this.#references.get(reference);
  }

  nextDue(): number | undefined {
    return this.#timers.reduce<number | undefined>((least, { at }) => (least === undefined || at < least ? at : least), undefined);
  }

  /** What is due by now, in its order. */
  runDue(): void {
    const now = this.clock.now();
    const due = this.#timers.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
    this.#timers = this.#timers.filter(({ at }) => at > now);
    for (const { run } of due) run();
  }

  #claim(reference: string): void {
    const used = this.#references.get(reference);
    if (used) throw new Refusal(409, 'reference_used', 'There is an attempt under this reference.', { id: used });
  }

  #newPayment(
    reference: string,
    { amountMinor, currency, description, customer }: Pick<Payment, 'amountMinor' | 'currency' | 'description' | 'customer'>,
    links: Pick<Payment, 'checkout' | 'mandate' | 'method'>,
  ): Payment {
    const payment: Payment = {
      id: this.#id('pay'),
      version: 1,
      reference,
      state: 'pending',
      amountMinor,
      currency,
      description,
      customer,
      ...links,
      decline: null,
      refundedMinor: 0,
      disputed: false,
      createdAt: this.#instant(),
    };
    this.payments.set(payment.id, payment);
    if (!links.checkout) this.#references.set(reference, payment.id);
    return payment;
  }

  #settle(payment: Payment, outcome: Outcome): void {
    switch (outcome) {
      case 'succeeds':
        this.#succeed(payment);
        return;
      case 'pending-succeeds':
      case 'pending-fails':
        this.#later(settledAfterMs, () => {
          if (outcome === 'pending-succeeds') this.#succeed(payment);
          else this.#fail(payment, 'try_again_later');
        });
        return;
      case 'authenticates':
        payment.state = 'requires_customer';
        this.#tell('payment.requires_customer', payment);
        this.#later(authenticationLifeMs, () => {
          if (payment.state === 'requires_customer') this.#fail(payment, 'authentication_required');
        });
        return;
      default:
        this.#fail(payment, outcome);
    }
  }

  #succeed(payment: Payment): void {
    payment.state = 'succeeded';
    payment.version += 1;
    this.#enter('charge', payment.id, payment, payment.amountMinor, feeOf(payment.amountMinor));
    const checkout = payment.checkout ? this.checkouts.get(payment.checkout) : undefined;
    const { behaviour } = this.#behaviours.get(payment.mandate ?? payment.id)!;
    if (checkout?.saveMandate) this.#newMandate(checkout, payment, behaviour);
    this.#tell('payment.succeeded', payment);
    if (checkout) this.#checkoutTo(checkout, 'succeeded');
    if (behaviour.disputed) {
      this.#later(disputedAfterMs, () => {
        if (!payment.disputed && payment.refundedMinor < payment.amountMinor) this.dispute(payment);
      });
    }
  }

  #fail(payment: Payment, code: DeclineCode): void {
    payment.state = 'failed';
    payment.decline = { code, class: declineClasses[code] };
    payment.version += 1;
    this.#tell('payment.failed', payment);
    const checkout = payment.checkout ? this.checkouts.get(payment.checkout) : undefined;
    if (checkout) this.#checkoutTo(checkout, Date.parse(checkout.expiresAt) <= this.clock.now() ? 'expired' : 'failed');
  }

  #newMandate(checkout: Checkout, payment: Payment, behaviour: Behaviour): void {
    const mandate: Mandate = {
      id: this.#id('ma'),
      version: 1,
      state: 'active',
      customer: checkout.customer,
      method: payment.method,
      checkout: checkout.id,
      createdAt: this.#instant(),
      lastChargedAt: this.#instant(),
      cancelledAt: null,
      cancelledBy: null,
    };
    this.mandates.set(mandate.id, mandate);
    this.#behaviours.set(mandate.id, { behaviour, charges: 0 });
    checkout.mandate = mandate.id;
    payment.mandate = mandate.id;
    this.#watchExpiry(mandate);
    this.#tell('mandate.created', mandate);
    if (behaviour.deleted) this.#later(deletedAfterMs, () => void this.cancelMandate(mandate, 'issuer'));
  }

  #watchExpiry(mandate: Mandate): void {
    this.#timers.push({
      at: endOf(mandate.method),
      run: () => {
        if (mandate.state !== 'active' || endOf(mandate.method) > this.clock.now()) return;
        Object.assign(mandate, { state: 'expired', version: mandate.version + 1 });
        this.#tell('mandate.expired', mandate);
      },
    });
  }

  #checkoutTo(checkout: Checkout, state: CheckoutState): void {
    checkout.state = state;
    checkout.version += 1;
    if (state !== 'processing') this.#tell(`checkout.${state}`, checkout);
  }

  #enter(type: Entry['type'], id: string, payment: Payment, amountMinor: number, feeMinor: number, reference = payment.reference): void {
    this.entries.push({ type, id, payment: payment.id, reference, amountMinor, currency: payment.currency, feeMinor, at: this.#instant() });
  }

  #tell(type: string, object: Entity): void {
    this.happened({ type, object });
  }

  #later(ms: number, run: () => void): void {
    this.#timers.push({ at: this.clock.now() + ms, run });
  }

  #instant(ms = 0): string {
    return new Date(this.clock.now() + ms).toISOString();
  }

  #id(prefix: string): string {
    this.#made += 1;
    return `${prefix}_${String(this.#made).padStart(8, '0')}`;
  }
}
