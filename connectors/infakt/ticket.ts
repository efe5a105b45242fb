import type { Family } from './answers.ts';
import { minuteMs } from './desk.ts';

type TicketKind = 'task' | 'made' | 'ksef' | 'paid';
/** What comes first is what a notice names; the rest is ours: kind, family, and when the waiting began. */
export function ticketOf(kind: TicketKind, reference: string, family: Family, since: Date): string {
  return [reference, kind, family, since.toISOString()].join('|');
}

export function ticketFrom(ticket: string): { kind: TicketKind; reference: string; family: Family; since: Date } | undefined {
  const [reference, kind, family, since] = ticket.split('|');
  const at = new Date(since ?? '');
  if (!reference || !kind || !family || Number.isNaN(at.getTime())) return undefined;
  return { kind: kind as TicketKind, reference, family: family as Family, since: at };
}

/** Soon at first, then every half minute for ten minutes, then every quarter of an hour until a day is over. */
export function nextLookMs(waitedMs: number): number {
  if (waitedMs < 1_500) return 1_500;
  if (waitedMs < 4_500) return 3_000;
  if (waitedMs < 9_500) return 5_000;
  if (waitedMs < 19_500) return 10_000;
  return waitedMs < 10 * minuteMs ? 30_000 : 15 * minuteMs;
}
