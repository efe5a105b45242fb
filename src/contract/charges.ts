import type { CauseRef } from './connector.ts';

/**
 * Recurring payment, neutral of who processes it (contract BILLING §7). The customer gives a mandate once, in person; after that he is
 * charged without being there. Every write carries our own reference, made and stored before the first send, and ends in one of four
 * outcomes; after an unknown the processor is asked by the reference, never charged again.
 */
export type MandateState = 'pending' | 'active' | 'cancelled' | 'expired' | 'failed';

export type Mandate = {
  /** The processor's id. */
  id: string;
  /** Ours; a mandate without it was not begun by us. */
  reference?: string;
  state: MandateState;
  /** "Visa •••• 4242": enough to know it again. */
  label?: string;
  /** The same card has the same mark, whatever the mandate. */
  fingerprint?: string;
  /** Last month of the card, YYYY-MM. */
  expires?: string;
  /** Page where the customer confirms, while pending. */
  url?: string;
  createdAt: string;
};

export type ChargeState = 'pending' | 'succeeded' | 'failed';
export type Charge = {
  id: string;
  reference: string;
  mandateId: string;
  amountMinor: bigint;
  currency: string;
  state: ChargeState;
  refundedMinor: bigint;
  /** The customer took the money back through the bank. */
  disputed: boolean;
  createdAt: string;
  cause?: CauseRef;
};
export type Refund = { id: string; reference: string; chargeId: string; amountMinor: bigint; state: ChargeState; cause?: CauseRef };

/** What came of a write; a made thing that failed for good over there is a rejection with its cause. */
export type WriteOutcome<T> =
  | { outcome: 'accepted'; made: T }
  | { outcome: 'pending'; made?: T; lookAgainMs: number }
  | { outcome: 'rejected'; cause: CauseRef }
  | { outcome: 'unknown'; cause: CauseRef };

export type Sought<T> = { found: 'present'; made: T } | { found: 'absent' } | { found: 'unclear'; cause: CauseRef };

export type MandateRequest = {
  reference: string;
  customer: { reference: string; email: string; name: string };
  description: string;
  /** Where the customer's browser goes afterwards; that it came back proves nothing. */
  returnUrl: string;
};
export type ChargeRequest = { reference: string; mandateId: string; amountMinor: bigint; currency: string; description: string };
export type RefundRequest = { reference: string; chargeId: string; amountMinor: bigint; currency: string; reason: string };

/** Capability `charge`. */
export interface TakesCharges {
  beginMandate(request: MandateRequest): Promise<WriteOutcome<Mandate>>;
  findMandate(by: { reference: string } | { id: string }): Promise<Sought<Mandate>>;
  /** Every mandate the account holds, in pages: what we do not know is told, never ignored. */
  mandates(): AsyncIterable<Mandate[]>;
  /** Succeeds for one that is cancelled already. */
  cancelMandate(id: string): Promise<WriteOutcome<Mandate>>;
  charge(request: ChargeRequest): Promise<WriteOutcome<Charge>>;
  findCharge(reference: string): Promise<Sought<Charge>>;
  refund(request: RefundRequest): Promise<WriteOutcome<Refund>>;
  findRefund(reference: string): Promise<Sought<Refund>>;
}

/** What a notice of a processor is about: `Nudge.about` is `mandate:REFERENCE`, `charge:REFERENCE` or `refund:REFERENCE`. */
export type ChargeNudge = `${'mandate' | 'charge' | 'refund'}:${string}`;
