import type { CauseRef } from './connector.ts';

/**
 * Recurring payment, neutral of who processes it (contract BILLING §7). The customer pays once in person on a page of the processor and
 * leaves a mandate; after that he is charged without being there. Every write carries our own reference, made and stored before the first
 * send, and ends in one of four outcomes; after an unknown the processor is asked by the reference, never charged again.
 */
export type Checkout = {
  id: string;
  reference: string;
  /** `failed` may be tried again by the customer on the same page; `processing` may still succeed. */
  state: 'open' | 'processing' | 'succeeded' | 'failed' | 'cancelled' | 'expired';
  url: string;
  chargeId?: string;
  mandateId?: string;
};

export type Mandate = {
  id: string;
  state: 'active' | 'cancelled' | 'expired';
  /** The checkout it came from. */
  checkoutId?: string;
  /** "visa •••• 4242": enough to know it again. */
  label?: string;
  /** The same card has the same mark, whatever the mandate. */
  fingerprint?: string;
  /** Last month of the card, YYYY-MM. */
  expires?: string;
  createdAt: string;
};

export type Charge = {
  id: string;
  reference: string;
  mandateId?: string;
  amountMinor: bigint;
  currency: string;
  state: 'pending' | 'succeeded' | 'failed';
  refundedMinor: bigint;
  /** The customer took the money back through the bank. */
  disputed: boolean;
  cause?: CauseRef;
};
export type Refund = { id: string; chargeId: string; amountMinor: bigint; state: 'pending' | 'succeeded' | 'failed'; cause?: CauseRef };

/** What came of a write; a made thing that failed for good over there is a rejection with its cause. */
export type WriteOutcome<T> =
  | { outcome: 'accepted'; made: T }
  | { outcome: 'pending'; made?: T; lookAgainMs: number }
  | { outcome: 'rejected'; cause: CauseRef }
  | { outcome: 'unknown'; cause: CauseRef };

export type Sought<T> = { found: 'present'; made: T } | { found: 'absent' } | { found: 'unclear'; cause: CauseRef };

type CheckoutRequest = {
  reference: string;
  amountMinor: bigint;
  currency: string;
  description: string;
  customer: { reference: string; email: string; country?: string };
  /** Where the customer's browser goes afterwards; that it came back proves nothing. */
  returnUrl: string;
};
type ChargeRequest = { reference: string; mandateId: string; amountMinor: bigint; currency: string; description: string };
type RefundRequest = { reference: string; chargeId: string; amountMinor: bigint; reason: string };

/** Capability `charge`. */
export interface TakesCharges {
  beginCheckout(request: CheckoutRequest): Promise<WriteOutcome<Checkout>>;
  findCheckout(reference: string): Promise<Sought<Checkout>>;
  /** Rejected while its money may still come. */
  cancelCheckout(id: string): Promise<WriteOutcome<Checkout>>;
  readMandate(id: string): Promise<Sought<Mandate>>;
  /** Every mandate the account holds, in pages: what we do not know is told, never ignored. */
  mandates(): AsyncIterable<Mandate[]>;
  /** Succeeds for one that is cancelled already. */
  cancelMandate(id: string): Promise<WriteOutcome<Mandate>>;
  charge(request: ChargeRequest): Promise<WriteOutcome<Charge>>;
  findCharge(by: { reference: string } | { id: string }): Promise<Sought<Charge>>;
  refund(request: RefundRequest): Promise<WriteOutcome<Refund>>;
}
