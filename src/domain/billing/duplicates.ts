import { type Day, daysBetween } from '../days/day.ts';

/**
 * A customer who pays twice for one thing (contract BILLING §4; the case every operator knows: the first payment seemed to fail, the
 * customer tried again, and now two mandates run). Pure: facts in, suspicions out, each with the remedy that fits.
 */
export type LiveMandate = {
  id: string;
  customer: string;
  subscription?: string;
  createdAt: string;
  fingerprint?: string;
  state: 'active' | 'surplus';
};
export type LiveSubscription = {
  id: string;
  customer: string;
  taxId?: string;
  plan: string;
  connection?: string;
  confirmedSecond: boolean;
  createdAt: string;
};
export type MadeCharge = {
  id: string;
  customer: string;
  taxId?: string;
  subscription: string;
  plan: string;
  amount: string;
  currency: string;
  day: Day;
  period: string;
  /** Its subscription is a second one that the customer means to have: only its own charges count against each other. */
  confirmedSecond?: boolean;
  interval: 'month' | 'year';
};

export type DoubleSign = 'two-mandates' | 'two-subscriptions' | 'two-charges' | 'one-card-two-accounts';
export type Suspicion = {
  sign: DoubleSign;
  customer: string;
  /** The one to keep: the older. */
  first: string;
  second: string;
};

/** Days within which a second charge of the same amount for the same plan is no renewal. */
const closeDays = { month: 20, year: 300 } as const;

export function doubles(facts: { mandates: LiveMandate[]; subscriptions: LiveSubscription[]; charges: MadeCharge[] }): Suspicion[] {
  return [
    ...twoMandates(facts.mandates),
    ...twoSubscriptions(facts.subscriptions),
    ...twoCharges(facts.charges),
    ...oneCard(facts.mandates, facts.subscriptions),
  ];
}

function pairs<T>(items: T[], key: (item: T) => string | undefined, order: (item: T) => string): [T, T][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    if (name !== undefined) groups.set(name, [...(groups.get(name) ?? []), item]);
  }
  return [...groups.values()].flatMap((group) => {
    const sorted = [...group].sort((a, b) => (order(a) < order(b) ? -1 : 1));
    // Each one beyond the oldest is a pair with it.
    return sorted.slice(1).map((item): [T, T] => [sorted[0]!, item]);
  });
}

function twoMandates(mandates: LiveMandate[]): Suspicion[] {
  return pairs(
    mandates.filter((m) => m.subscription !== undefined),
    (m) => m.subscription,
    (m) => `${m.state === 'active' ? 0 : 1}${m.createdAt} ${m.id}`,
  ).map(([a, b]) => ({ sign: 'two-mandates', customer: b.customer, first: a.id, second: b.id }));
}

function twoSubscriptions(subscriptions: LiveSubscription[]): Suspicion[] {
  return pairs(
    subscriptions.filter((s) => !s.confirmedSecond),
    (s) => `${s.customer} ${s.plan} ${s.connection ?? ''}`,
    (s) => `${s.createdAt} ${s.id}`,
  ).map(([a, b]) => ({ sign: 'two-subscriptions', customer: b.customer, first: a.id, second: b.id }));
}

/** Charges of one customer, or of two accounts with one tax id, for one plan and amount, closer than a period. */
function twoCharges(charges: MadeCharge[]): Suspicion[] {
  const found: Suspicion[] = [];
  const groups = new Map<string, MadeCharge[]>();
  for (const charge of charges) {
    const whose = charge.confirmedSecond ? charge.subscription : (charge.taxId ?? charge.customer);
    const key = `${whose} ${charge.plan} ${charge.amount} ${charge.currency}`;
    groups.set(key, [...(groups.get(key) ?? []), charge]);
  }
  for (const group of groups.values()) {
    // Of one day the younger subscription's charge is the second, so that every sign names the same one; ids are in the order of time.
    const order = (c: MadeCharge) => `${c.day} ${c.subscription ?? ''} ${c.id}`;
    const sorted = [...group].sort((a, b) => (order(a) < order(b) ? -1 : 1));
    for (let i = 1; i < sorted.length; i++) {
      const [a, b] = [sorted[i - 1]!, sorted[i]!];
      // One subscription's own next period is a renewal, however early it was charged.
      if (a.subscription === b.subscription && a.period !== b.period) continue;
      if (daysBetween(a.day, b.day) < closeDays[b.interval])
        found.push({ sign: 'two-charges', customer: b.customer, first: a.id, second: b.id });
    }
  }
  return found;
}

function oneCard(mandates: LiveMandate[], subscriptions: LiveSubscription[]): Suspicion[] {
  const taxIdOf = new Map(subscriptions.map((s) => [s.customer, s.taxId]));
  const cards = mandates.filter((m) => m.fingerprint !== undefined && taxIdOf.get(m.customer) !== undefined);
  return pairs(
    cards,
    (m) => `${m.fingerprint} ${taxIdOf.get(m.customer)}`,
    (m) => m.createdAt,
  )
    .filter(([a, b]) => a.customer !== b.customer)
    .map(([a, b]) => ({ sign: 'one-card-two-accounts', customer: b.customer, first: a.id, second: b.id }));
}
