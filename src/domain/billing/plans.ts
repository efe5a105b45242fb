import { z } from 'zod';
import { addDays, type Day, dayOfLaterMonth, daysBetween, isDay } from '../days/day.ts';
import { divide, extend, fromMinor, toMinor } from '../money/money.ts';
import { decimalSchema, taxRateSchema } from '../orders/order.ts';

/**
 * What a plan costs (contract BILLING §2, §3): pure arithmetic in minor units, gross, because gross is what the customer pays. Whatever is
 * divided sums to the whole: the used and the unused part of a period are the price of the period.
 */
export const planTermsSchema = z.object({
  interval: z.enum(['month', 'year']),
  /** Gross for one period, paid before it. */
  price: decimalSchema,
  /** Documents of a period that the price covers. */
  included: z.number().int().min(0).max(10_000_000).default(0),
  /** Gross of each further document, by how many there are: the first tier up to `upTo`, and so on; paid after the period. */
  tiers: z
    .array(z.object({ upTo: z.number().int().positive().optional(), price: decimalSchema }))
    .max(20)
    .default([]),
  trialDays: z.number().int().min(0).max(365).default(0),
  /** Tax of the fee; without it the operator's default. */
  rate: taxRateSchema.optional(),
});
export type PlanTerms = z.infer<typeof planTermsSchema>;

export type SubscriptionState = 'pending' | 'trial' | 'active' | 'past_due' | 'suspended' | 'cancelled' | 'expired';

/** A line of what is billed: becomes a line of the order as it is. */
export type BillLine = { name: BillLineName; plan: string; from?: Day; until?: Day; quantity: string; unitGross: string; gross: string };
/** Words are made from these in the customer's language. */
type BillLineName = 'period' | 'documents' | 'unused' | 'remaining';

/** Days of a period: from `start` up to, not including, `end`. */
export type Period = { start: Day; end: Day };

/** The n-th period since the anchor day. The 31st is the last day of shorter months and comes back in longer ones. */
export function periodAt(anchor: Day, interval: PlanTerms['interval'], index: number): Period {
  return { start: stepped(anchor, interval, index), end: stepped(anchor, interval, index + 1) };
}

function stepped(anchor: Day, interval: PlanTerms['interval'], steps: number): Day {
  const months = interval === 'month' ? steps : steps * 12;
  for (let dayOfMonth = Number(anchor.slice(8)); ; dayOfMonth--) {
    const day = dayOfLaterMonth(anchor, months, dayOfMonth);
    if (isDay(day)) return day;
  }
}

/** The period that holds a day, or the first one for a day before the anchor. */
export function periodOf(anchor: Day, interval: PlanTerms['interval'], day: Day): Period & { index: number } {
  const months = Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - (Number(anchor.slice(0, 4)) * 12 + Number(anchor.slice(5, 7)));
  let index = Math.max(0, (interval === 'month' ? months : Math.floor(months / 12)) - 1);
  while (periodAt(anchor, interval, index).end <= day) index++;
  return { ...periodAt(anchor, interval, index), index };
}

/** Documents beyond those included, priced tier by tier. */
export function documentsCost(terms: PlanTerms, documents: number, currency: string): { quantity: number; price: string; minor: bigint }[] {
  const rows: { quantity: number; price: string; minor: bigint }[] = [];
  let left = Math.max(0, documents - terms.included);
  let passed = 0;
  for (const [i, tier] of terms.tiers.entries()) {
    if (left === 0) break;
    // The last tier has no end, whatever it says: nothing is given away by a forgotten one.
    const room = tier.upTo === undefined || i === terms.tiers.length - 1 ? left : Math.max(0, tier.upTo - passed);
    const quantity = Math.min(left, room);
    if (quantity > 0) rows.push({ quantity, price: tier.price, minor: extend(String(quantity), tier.price, currency) });
    left -= quantity;
    passed += quantity;
  }
  return rows;
}

/** Lines for the documents of a period that is over. */
export function usageLines(plan: string, terms: PlanTerms, period: Period, documents: number, currency: string): BillLine[] {
  return documentsCost(terms, documents, currency).map(({ quantity, price, minor }) => ({
    name: 'documents',
    plan,
    from: period.start,
    until: addDays(period.end, -1),
    quantity: String(quantity),
    unitGross: price,
    gross: fromMinor(minor, currency),
  }));
}

/** The line of a period paid in advance; none where the plan costs nothing by itself. */
export function periodLines(plan: string, terms: PlanTerms, period: Period, currency: string): BillLine[] {
  const gross = fromMinor(toMinor(terms.price, currency), currency);
  if (toMinor(terms.price, currency) === 0n) return [];
  return [{ name: 'period', plan, from: period.start, until: addDays(period.end, -1), quantity: '1', unitGross: gross, gross }];
}

/** What a price is worth for the days of a period from `day` on. With the part before it, it is the price to the cent. */
export function unusedPart(priceMinor: bigint, period: Period, day: Day): bigint {
  const all = daysBetween(period.start, period.end);
  const left = Math.min(all, Math.max(0, daysBetween(day, period.end)));
  return all === 0 ? 0n : divide(priceMinor * BigInt(left), BigInt(all));
}

type Change = {
  lines: BillLine[];
  /** To pay; negative when the old plan's rest is worth more: then the change waits for the next period. */
  minor: bigint;
  period: Period;
};

/**
 * A change of plan within a period: the unused days of the old price against the new plan. With the same interval the new plan takes over
 * for the days that remain; with another one it begins a whole period of its own on the day of the change.
 */
export function planChange(
  old: { plan: string; terms: PlanTerms; period: Period },
  next: { plan: string; terms: PlanTerms },
  day: Day,
  currency: string,
): Change {
  const same = old.terms.interval === next.terms.interval;
  const period = same ? old.period : periodAt(day, next.terms.interval, 0);
  const credit = unusedPart(toMinor(old.terms.price, currency), old.period, day);
  const whole = toMinor(next.terms.price, currency);
  const cost = same ? unusedPart(whole, old.period, day) : whole;
  const line = (name: BillLineName, plan: string, minor: bigint, until: Day): BillLine => {
    const gross = fromMinor(minor, currency);
    return { name, plan, from: day, until: addDays(until, -1), quantity: '1', unitGross: gross, gross };
  };
  const lines = [
    ...(cost > 0n ? [line('remaining', next.plan, cost, period.end)] : []),
    ...(credit > 0n ? [line('unused', old.plan, -credit, old.period.end)] : []),
  ];
  return { lines, minor: cost - credit, period };
}

/** Months between two days, for lists of revenue: a yearly price is a twelfth of it each month. */
export function monthlyMinor(terms: PlanTerms, currency: string): bigint {
  const minor = toMinor(terms.price, currency);
  return terms.interval === 'month' ? minor : divide(minor, 12n);
}
