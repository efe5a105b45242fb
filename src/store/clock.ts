import { sql } from 'kysely';
import type { Store } from './database.ts';

/**
 * A clock that was ahead (a machine that begins with a wrong day, a time that was typed in) and is put right leaves rows behind whose wait
 * ends in months, and claims whose lease begins then: nobody would come for them, and nothing would say so. Whatever was written later than
 * now was written by a wrong clock. Its wait is counted from now on, as long as it was meant to be; a claim begins now.
 */
type Wait = {
  table: string;
  /** Nothing happens before then. */
  until: readonly string[];
  /** When somebody was heard of last. */
  since?: readonly string[];
  /** When somebody took it, by which he knows his own again: of one who may still be at it, it is left alone. */
  claim?: string;
  /** When the row was last written. */
  written?: string;
  /** Of a large table those that wait at all, so that an index of them leads there. */
  among?: string;
  /** No wait of this kind is longer: where no column says when it was written, or the end was taken over from a row of the wrong time. */
  longestMs?: number;
};

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** A provider may ask for a day's rest at most (`retryAt`). */
const longestRestMs = 25 * hourMs;
const underWay = "status in ('waiting', 'sending', 'pending', 'unknown')";

const waits: readonly Wait[] = [
  { table: 'channel_pull', until: ['next_at', 'shut_until'], claim: 'claimed_at', written: 'started_at', longestMs: longestRestMs },
  { table: 'transfer', until: ['next_at'], claim: 'claimed_at', written: 'updated_at', longestMs: longestRestMs, among: underWay },
  {
    table: 'delivery',
    until: ['next_at'],
    claim: 'claimed_at',
    written: 'updated_at',
    longestMs: longestRestMs,
    among: "status in ('queued', 'sending', 'unknown', 'held')",
  },
  {
    table: 'delivery',
    until: ['next_at'],
    claim: 'claimed_at',
    written: 'updated_at',
    longestMs: longestRestMs,
    among: "way in ('attachment', 'order') and status in ('waiting', 'uploaded', 'scanning')",
  },
  { table: 'receivable_action', until: ['next_at'], claim: 'claimed_at', written: 'updated_at', among: underWay },
  { table: 'charge', until: ['next_at'], claim: 'claimed_at', written: 'updated_at' },
  { table: 'mandate', until: ['next_at'], written: 'updated_at' },
  { table: 'notice', until: ['next_at'], claim: 'claimed_at', written: 'updated_at' },
  { table: 'agent_job', until: ['not_before'], written: 'updated_at' },
  // Renewed without another word: an agent says each half minute that it is at it.
  { table: 'agent_job', until: ['lease_until'], longestMs: hourMs },
  { table: 'agent', until: [], since: ['seen_at'] },
  { table: 'receivable_part', until: ['pdf_next_at'], longestMs: hourMs },
  // The breaker opens for an hour at most; a longer rest that a provider asked for stands at its request gate as well.
  { table: 'connection_gate', until: ['open_until'], longestMs: 2 * hourMs },
  // What else a wrong clock left there, `nextPermit` sees.
  { table: 'request_gate', until: ['next_at'], longestMs: longestRestMs },
  { table: 'webhook_endpoint', until: ['busy_until'], longestMs: 10 * minuteMs },
  { table: 'webhook_delivery', until: ['next_at'], longestMs: dayMs, among: "status = 'waiting'" },
  // A request whose answer is still awaited is nobody's after a while.
  { table: 'idempotency_key', until: [], since: ['created_at'] },
  { table: 'sign_in_try', until: [], since: ['tried_at'] },
  // What works afterwards proves that it is over, and people are told when it lasts: both would wait for the day it was opened.
  { table: 'cause_case', until: [], since: ['opened_at', 'closed_at'] },
  // Read again the longest unread first, what was seen before this run.
  { table: 'pull_reject', until: [], since: ['last_at'] },
];

/** Clocks of machines that work together differ a little. */
const toleranceMs = 2 * minuteMs;
/** Nobody talks longer about what he took; a claim that is ahead by less ends by itself soon after. */
const conversationMs = 20 * minuteMs;

const instant = (ms: number) => sql`${new Date(ms).toISOString()}::timestamptz`;

/**
 * In: now by the clock that is right; `claims`: nobody can be at anything any more that he took by the other one. Out: how many rows were written by
 * one that was ahead, and wait anew. Rows that are held are left to their holder.
 */
export async function waitAnew(store: Store, now: Date, { claims }: { claims: boolean }): Promise<number> {
  let mended = 0;
  for (const { table, until, since = [], claim, written, longestMs, among = 'true' } of waits) {
    const at = instant(now.getTime());
    const ahead = instant(now.getTime() + toleranceMs);
    const longAhead = instant(now.getTime() + conversationMs);
    const tooFar = longestMs === undefined ? undefined : instant(now.getTime() + longestMs);
    const moments = [...since, ...(written ? [written] : [])];
    const claimed = claim && claims ? sql.ref(claim) : undefined;
    const writtenAt = sql`greatest(${sql.join(moments.map((name) => sql.ref(name)))})`;
    const endOf = (name: string) => {
      const end = moments.length === 0 ? sql.ref(name) : sql`(${sql.ref(name)} - greatest(${writtenAt} - ${at}, interval '0'))`;
      return tooFar ? sql`case when ${end} > ${tooFar} then ${at} else ${end} end` : end;
    };
    const set = [
      ...until.map((name) => sql`${sql.ref(name)} = ${endOf(name)}`),
      ...moments.map((name) => sql`${sql.ref(name)} = case when ${sql.ref(name)} > ${at} then ${at} else ${sql.ref(name)} end`),
    ];
    if (claimed) set.push(sql`${claimed} = case when ${claimed} > ${longAhead} then ${at} else ${claimed} end`);
    const wrong = [
      ...(claimed ? [sql`${claimed} > ${longAhead}`] : []),
      ...moments.map((name) => sql`${sql.ref(name)} > ${ahead}`),
      ...(tooFar ? until.map((name) => sql`${sql.ref(name)} > ${tooFar}`) : []),
    ];
    const { numAffectedRows } = await store.system((tx) =>
      sql`update ${sql.table(table)} set ${sql.join(set)} where ctid = any (array(
        select ctid from ${sql.table(table)} where (${sql.join(wrong, sql` or `)}) and ${sql.raw(among)} for no key update skip locked))`.execute(
        tx,
      ),
    );
    mended += Number(numAffectedRows ?? 0n);
  }
  return mended;
}

/** Whether a column is known to hold work back; for the test that no new one is forgotten. */
export const waitColumns = (): Set<string> =>
  new Set(
    waits.flatMap(({ table, until, since = [], claim = [] }) => [...until, ...since, ...[claim].flat()].map((name) => `${table}.${name}`)),
  );

/**
 * Whether a process has just started or its clock went back: then waits are looked after, for a while, because of what was held or taken over from
 * others meanwhile; and when nobody can be at anything any more that was taken before, claims as well. `look` does it: claims are due until it came
 * through once.
 */
export function clockWatch(): (now: Date, look: (due: 'waits' | 'claims' | undefined) => Promise<void>) => Promise<void> {
  let seen: Date | undefined;
  let since: Date | undefined;
  return async (now, look) => {
    if (!seen || now.getTime() < seen.getTime() - toleranceMs) since = now;
    seen = now;
    const from = since;
    const due = !from ? undefined : now.getTime() - from.getTime() < conversationMs ? 'waits' : 'claims';
    await look(due);
    // Set back once more meanwhile: that begins anew.
    if (due === 'claims' && since === from) since = undefined;
  };
}
