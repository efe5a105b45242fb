import { createHash } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import type { Manifest } from '../contract/manifest.ts';
import { fetchOptions, QuotaWait, type RequestOptions, type Requests, retryAt } from '../contract/requests.ts';
import type { Secret } from '../contract/secret.ts';
import type { Context } from '../jobs/index.ts';
import type { Tables, Tx } from '../store/index.ts';

/**
 * The request gate: one row a limit, shared by everything that calls a provider, in every process. A permit is a point in time,
 * taken under the row's lock; `recent` holds the last ones, so that no minute ever sees more than the limit, wherever it begins.
 */
type Limits = NonNullable<Manifest['limits']>;
type GateRow = Pick<Selectable<Tables['request_gate']>, 'recent' | 'recent_writes' | 'next_at'>;

/** A minute and a bit: two requests take different time on their way, and the other side counts arrivals. */
const windowMs = 61_000;
/** Work that nobody watches gives way after this long and comes again. */
const shortWaitMs = 2_000;
/** A person waits at most this long for an answer about a limit. */
const personWaitMs = 10_000;
/** Nobody takes a permit further ahead, however patient. */
export const longestPatienceMs = 2 * 60_000;

/** Counted against one budget: the connection's own, or one of all connections to the same address. */
export type Gate = { name: string; perMinute?: number; writesPerMinute?: number; minGapMs?: number };

/** The gate of a connection, or undefined where its provider names no limit. `secrets` are needed where the limit goes by one of them. */
export function gateOf(
  limits: Limits | undefined,
  connection: { id: string; settings: Record<string, unknown> },
  baseUrl: string,
  secrets: Record<string, Secret> = {},
): Gate | undefined {
  if (!limits || (!limits.perMinute && !limits.writesPerMinute && !limits.minGapMs)) return undefined;
  const chosen = Number(connection.settings.requestsPerMinute);
  const usual = limits.usualPerMinute ?? limits.perMinute;
  const perMinute = limits.perMinute && chosen >= 1 ? Math.min(chosen, limits.perMinute) : usual;
  return {
    name: sharedName(limits, connection.id, baseUrl, secrets),
    perMinute,
    writesPerMinute: limits.writesPerMinute,
    minGapMs: limits.minGapMs,
  };
}

/** Of a secret only its hash is a name: the table of gates is no place for keys. */
function sharedName(limits: Limits, connectionId: string, baseUrl: string, secrets: Record<string, Secret>): string {
  const host = URL.canParse(baseUrl) ? new URL(baseUrl).host : undefined;
  if (limits.sharedBy === 'installation' && host) return `host:${host}`;
  const secret = limits.sharedBy === 'secret' ? secrets[limits.secret ?? '']?.reveal().trim() : undefined;
  if (secret) return `secret:${createHash('sha256').update(`${host} ${secret}`).digest('hex')}`;
  return `connection:${connectionId}`;
}

/** Kept free of work that nobody watches, so that a person at a screen need not wait for it. */
export function keptForPersons(perMinute: number): number {
  return perMinute < 3 ? 0 : Math.min(10, Math.ceil(perMinute / 10));
}

/**
 * What a clock that was ahead wrote, counted anew from now: the newest permit was taken now at the latest, the others and the pause before and
 * after it as they were. Permits are taken ahead as far as somebody is patient; what lies further was written by another time. Pure.
 */
export function byRightClock(row: GateRow, now: Date): GateRow {
  const newest = Math.max(...[...row.recent, ...row.recent_writes].map((at) => at.getTime()));
  const backMs = newest - now.getTime();
  if (!(backMs > longestPatienceMs + windowMs)) return row;
  const back = (at: Date) => (at > now ? new Date(at.getTime() - backMs) : at);
  return {
    recent: row.recent.map(back),
    recent_writes: row.recent_writes.map(back),
    next_at: row.next_at && row.next_at > now ? new Date(Math.max(now.getTime(), row.next_at.getTime() - backMs)) : row.next_at,
  };
}

/** The earliest moment for one more request. Pure. */
export function nextPermit(gate: Gate, row: GateRow, now: Date, request: { writes: boolean; person: boolean }): Date {
  let at = now.getTime();
  if (row.next_at) at = Math.max(at, row.next_at.getTime());
  const within = (limit: number | undefined, recent: Date[]) => {
    if (!limit) return;
    const room = request.person ? limit : limit - keptForPersons(limit);
    const oldest = recent.at(-room);
    if (recent.length >= room && oldest) at = Math.max(at, oldest.getTime() + windowMs);
  };
  within(gate.perMinute, row.recent);
  if (request.writes) within(gate.writesPerMinute, row.recent_writes);
  return new Date(at);
}

/** The row after a request at that moment. Pure. */
export function afterPermit(gate: Gate, row: GateRow, at: Date, writes: boolean): GateRow {
  const added = (limit: number | undefined, recent: Date[], counts: boolean) =>
    limit && counts ? [...recent, at].sort((a, b) => a.getTime() - b.getTime()).slice(-limit) : recent;
  return {
    recent: added(gate.perMinute, row.recent, true),
    recent_writes: added(gate.writesPerMinute, row.recent_writes, writes),
    next_at: gate.minGapMs ? new Date(at.getTime() + gate.minGapMs) : row.next_at && row.next_at >= at ? row.next_at : null,
  };
}

type Asked = { writes: boolean; person: boolean; patienceMs?: number };

/** What a request is told, and the row as it is to be kept: also of one that is sent away, once a wrong clock's times were counted anew. Pure. */
export function decidePermit(
  gate: Gate,
  stored: GateRow,
  now: Date,
  request: Asked,
): { answer: { at: Date } | { again: Date }; keep?: GateRow } {
  const row = byRightClock(stored, now);
  const at = nextPermit(gate, row, now, request);
  const patienceMs = Math.min(request.patienceMs ?? (request.person ? personWaitMs : shortWaitMs), longestPatienceMs);
  // Counted anew once: at each call it would be as far from then as before, and nobody's turn would come.
  if (at.getTime() - now.getTime() > patienceMs) return { answer: { again: at }, ...(row !== stored && { keep: row }) };
  return { answer: { at }, keep: afterPermit(gate, row, at, request.writes) };
}

/**
 * Takes a permit inside the caller's transaction. Returns when the request may leave (at most a short wait ahead; wait for it
 * outside the transaction), or when to come again. In the order of locks this row comes last.
 */
export async function takePermit(tx: Tx, now: Date, gate: Gate, request: Asked): Promise<{ at: Date } | { again: Date }> {
  const { rows } = await sql<GateRow>`select recent, recent_writes, next_at from gate_lock(${gate.name})`.execute(tx);
  if (!rows[0]) throw new Error(`no request gate ${gate.name}`);
  const { answer, keep } = decidePermit(gate, rows[0], now, request);
  if (keep)
    await sql`select gate_save(${gate.name}, ${times(keep.recent)}, ${times(keep.recent_writes)}, ${keep.next_at}::timestamptz)`.execute(
      tx,
    );
  return answer;
}

/** A parameter that both drivers write alike. */
const times = (all: Date[]) => sql`${all.map((one) => one.toISOString())}::timestamptz[]`;

/** The other side asked for a pause: nobody sends before it is over. */
async function pushBack(ctx: Pick<Context, 'store'>, organizationId: string, name: string, until: Date): Promise<void> {
  await ctx.store.org(organizationId, (tx) => sql`select gate_save(${name}, null, null, ${until}::timestamptz)`.execute(tx));
}

/** Waits by the context's clock, or until `signal` says that the work is to end; tests move theirs instead. */
export async function pause(ctx: Pick<Context, 'now' | 'pause'>, until: Date, signal?: AbortSignal): Promise<void> {
  const ms = until.getTime() - ctx.now().getTime();
  if (ms <= 0 || signal?.aborted) return;
  let timer: NodeJS.Timeout | undefined;
  const over = ctx.pause?.(until) ?? new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  if (!signal) return over;
  let wake = () => {};
  const woken = new Promise<void>((resolve) => (wake = resolve));
  signal.addEventListener('abort', wake);
  // A pause that a test gives may end the work by itself.
  if (signal.aborted) wake();
  await Promise.race([over, woken]);
  signal.removeEventListener('abort', wake);
  clearTimeout(timer);
}

/** What went through the gate since it was opened: whether anything can have been changed over there, and whether it was shut. */
export type GateLog = { sent: number; mayHaveChanged: number; shutUntil?: Date };

type GatedRequests = { fetch: Requests; log: GateLog; holdUntil(until: Date): Promise<never> };

export function gatedRequests(
  ctx: Pick<Context, 'store' | 'now' | 'pause' | 'fetch'>,
  organizationId: string,
  gate: Gate | undefined,
  /** Where a pause is noted when the provider names no limit: on the connection. */
  name: string,
  options: { person?: boolean; patienceMs?: number /** When a permit taken beforehand is good, if one was. */; prepaid?: { at?: Date } },
): GatedRequests {
  const log: GateLog = { sent: 0, mayHaveChanged: 0 };
  const shut = (until: Date): never => {
    log.shutUntil = until;
    throw new QuotaWait(until);
  };
  async function holdUntil(until: Date): Promise<never> {
    await pushBack(ctx, organizationId, gate?.name ?? name, until);
    return shut(until);
  }
  return {
    log,
    holdUntil,
    fetch: async (address, init: RequestOptions = {}) => {
      const writes = !/^(get|head)$/i.test(init.method ?? 'GET');
      if (log.shutUntil && log.shutUntil > ctx.now()) shut(log.shutUntil);
      // What was taken beforehand counts as a reading; a change has a budget of its own where the provider says so.
      const prepaid = writes && gate?.writesPerMinute ? undefined : options.prepaid?.at;
      // One that lay about for longer than the window is wider than a minute may be out of its count already: it is good for nothing.
      const at = prepaid && ctx.now().getTime() - prepaid.getTime() <= windowMs - 60_000 ? prepaid : undefined;
      if (prepaid) delete options.prepaid?.at;
      if (at) {
        await pause(ctx, at);
      } else if (gate) {
        const permit = await ctx.store.org(organizationId, (tx) =>
          takePermit(tx, ctx.now(), gate, { writes, person: options.person ?? false, patienceMs: options.patienceMs }),
        );
        if ('again' in permit) return shut(permit.again);
        await pause(ctx, permit.at);
      }
      const changes = writes && init.asks !== true;
      log.sent++;
      if (changes) log.mayHaveChanged++;
      const response = await ctx.fetch(address, fetchOptions(init));
      if (response.status !== 429) return response;
      // Turned away at the door: nothing was done.
      if (changes) log.mayHaveChanged--;
      await response.body?.cancel().catch(() => undefined);
      return holdUntil(retryAt(response.headers.get('retry-after'), ctx.now(), response.headers.get('date')));
    },
  };
}
