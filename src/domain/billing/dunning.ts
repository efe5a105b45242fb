import { z } from 'zod';
import { addDays, type Day, daysBetween, weekday } from '../days/day.ts';

/**
 * The calendar of a bill that is not paid (contract BILLING §4): what happens on which day before or after it is due. Pure: a bill, a day
 * and what was done already give what is to be done now. A step is done once; a payment ends all of them at once.
 */
const dunningActions = ['announce', 'charge', 'remind', 'past-due', 'notice', 'suspend', 'last-notice', 'cancel'] as const;
type DunningAction = (typeof dunningActions)[number];

const dunningStepSchema = z.object({
  /** Days after the due day; before it when negative. */
  day: z.number().int().min(-60).max(365),
  action: z.enum(dunningActions),
  /** Only for bills paid so; both when absent. */
  payBy: z.enum(['transfer', 'card']).optional(),
});
export type DunningStep = z.infer<typeof dunningStepSchema>;

export const defaultCalendar: DunningStep[] = [
  { day: -7, action: 'announce' },
  { day: 0, action: 'charge', payBy: 'card' },
  { day: 2, action: 'charge', payBy: 'card' },
  { day: 3, action: 'remind', payBy: 'transfer' },
  { day: 5, action: 'charge', payBy: 'card' },
  { day: 7, action: 'remind', payBy: 'transfer' },
  { day: 9, action: 'charge', payBy: 'card' },
  { day: 10, action: 'past-due' },
  { day: 10, action: 'notice' },
  { day: 14, action: 'suspend' },
  { day: 30, action: 'last-notice' },
  { day: 60, action: 'cancel' },
];

export type Bill = {
  dueDay: Day;
  payBy: 'transfer' | 'card';
  /** Names of steps done already. */
  done: readonly string[];
  /** The last refusal is one that no retry can help. */
  hopeless: boolean;
  /** A charge went out and its outcome is not known: nothing may be charged meanwhile. */
  unsettled: boolean;
};

export const stepName = (step: DunningStep): string => `${step.action}:${step.day}`;

/** Mails that ask for money are not sent at the weekend; what must happen on its day is. */
const weekdaysOnly: ReadonlySet<DunningAction> = new Set(['announce', 'remind', 'notice', 'last-notice']);

/**
 * The steps to do on a day, in their order. After days without the process only the last of several charges and reminders is made up for:
 * nobody gets three reminders in one night. Suspending never comes before its notice has been out for three days.
 */
export function dueSteps(calendar: readonly DunningStep[], bill: Bill, today: Day): DunningStep[] {
  const age = daysBetween(bill.dueDay, today);
  const open = calendar.filter(
    (s) => s.day <= age && (s.payBy === undefined || s.payBy === bill.payBy) && !bill.done.includes(stepName(s)),
  );
  const latest = new Map<DunningAction, DunningStep>();
  for (const step of [...open].sort((a, b) => a.day - b.day)) latest.set(step.action, step);
  return [...latest.values()].filter((step) => {
    if (step.action === 'charge') return !bill.hopeless && !bill.unsettled;
    // An announcement after the day is no announcement.
    if (step.action === 'announce') return age < 0 && weekday(today) < 6;
    if (step.action === 'suspend') return noticeStands(calendar, bill, today);
    return !weekdaysOnly.has(step.action) || weekday(today) < 6;
  });
}

/** Days a notice must stand before its suspension. */
const noticeDays = 3;

function noticeStands(calendar: readonly DunningStep[], bill: Bill, today: Day): boolean {
  if (!calendar.some((s) => s.action === 'notice')) return true;
  const sent = bill.done.find((name) => name.startsWith('notice@'));
  return sent !== undefined && daysBetween(sent.slice(7) as Day, today) >= noticeDays;
}

/** Names to keep once steps are done: every earlier one of the same kind counts as done too. */
export function doneWith(
  calendar: readonly DunningStep[],
  bill: Pick<Bill, 'done' | 'payBy'>,
  steps: readonly DunningStep[],
  today: Day,
): string[] {
  const names = new Set(bill.done);
  for (const step of steps) {
    for (const other of calendar) if (other.action === step.action && other.day <= step.day) names.add(stepName(other));
    if (step.action === 'notice') names.add(`notice@${today}`);
  }
  return [...names];
}

/** The day on which a bill's customer would be suspended. */
export function suspensionDay(calendar: readonly DunningStep[], dueDay: Day): Day | undefined {
  const step = calendar.find((s) => s.action === 'suspend');
  return step && addDays(dueDay, step.day);
}
