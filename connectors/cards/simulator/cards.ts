import { createHash } from 'node:crypto';

/** How a test card behaves: the first payment on the page, then charges of the mandate (PROTOCOL.md, last section). */
export type Behaviour = {
  first: Outcome;
  /** Taken one after the other; the last one stays. */
  later: Outcome[];
  disputed?: true;
  /** The bank deletes the mandate a day after the first payment. */
  deleted?: true;
};
export type Outcome = 'succeeds' | 'authenticates' | 'pending-succeeds' | 'pending-fails' | DeclineCode;

export const declineClasses = {
  stolen_card: 'hard',
  closed_account: 'hard',
  invalid_card: 'hard',
  expired_card: 'hard',
  mandate_cancelled: 'hard',
  recurring_not_supported_by_bank: 'hard',
  insufficient_funds: 'soft',
  limit_exceeded: 'soft',
  issuer_unavailable: 'soft',
  try_again_later: 'soft',
  authentication_required: 'authentication',
} as const;
export type DeclineCode = keyof typeof declineClasses;

export const testCards: Record<string, Behaviour> = {
  '4242424242424242': { first: 'succeeds', later: ['succeeds'] },
  '4000000000009995': { first: 'insufficient_funds', later: ['insufficient_funds'] },
  '4000000000009979': { first: 'stolen_card', later: ['stolen_card'] },
  '4000000000000069': { first: 'expired_card', later: ['expired_card'] },
  '4000000000003220': { first: 'authenticates', later: ['authenticates'] },
  '4000000000000341': { first: 'succeeds', later: ['insufficient_funds'] },
  '4000000000000342': { first: 'succeeds', later: ['insufficient_funds', 'insufficient_funds', 'succeeds'] },
  '4000000000000259': { first: 'succeeds', later: ['succeeds'], disputed: true },
  '4000000000000077': { first: 'pending-succeeds', later: ['pending-succeeds'] },
  '4000000000000085': { first: 'pending-fails', later: ['pending-fails'] },
  '4000000000000119': { first: 'succeeds', later: ['mandate_cancelled'], deleted: true },
  '4000000000000127': { first: 'succeeds', later: ['recurring_not_supported_by_bank'] },
};

const digitsOf = (number: string) => number.replace(/\D/g, '');

/** Any other number is no card of this processor. */
export function behaviourOf(number: string): Behaviour {
  return testCards[digitsOf(number)] ?? { first: 'invalid_card', later: ['invalid_card'] };
}

export type Method = { kind: 'card'; brand: string; last4: string; expiryMonth: number; expiryYear: number; fingerprint: string };

export function methodOf(number: string, expiryMonth: number, expiryYear: number): Method {
  const digits = digitsOf(number);
  return {
    kind: 'card',
    brand: digits.startsWith('4') ? 'visa' : 'unknown',
    last4: digits.slice(-4),
    expiryMonth,
    expiryYear,
    fingerprint: createHash('sha256').update(digits).digest('hex').slice(0, 16),
  };
}

/** The first instant after a card's last month. */
export function endOf({ expiryMonth, expiryYear }: Method): number {
  return Date.UTC(expiryYear, expiryMonth, 1);
}
