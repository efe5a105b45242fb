/**
 * Requests to an outside system. Every request of a connection goes through `ConnectionContext.fetch`, which is gated: it takes a
 * permit of the connection's limit (manifest `limits`) before it leaves. All work of all processes shares that limit, so a connector
 * counts nothing and waits for nothing. What it has to know:
 *
 * - A short wait is waited. A long one, or a 429 of the other side, ends in `QuotaWait`: this request did not leave, or was turned
 *   away at the door. Let it pass through; do not turn it into an outcome, a cause or an empty list.
 * - Whoever called decides what it means. A transfer or an attachment becomes "not sent, look again at `until`" and loses no try, as
 *   long as nothing left before that may have changed something over there; else it is unknown, and is asked about.
 * - Where reading is a POST as well (one address for everything), say so with `asks: true`, or each reading counts as a change.
 * - Name your time-out as `timeoutMs`: it is counted from when the request leaves, not from when it began to wait.
 * - A system that says "come back at …" in words of its own (a body, not a 429): call `ConnectionContext.holdUntil`, which moves
 *   the gate for everybody and throws.
 */
export type RequestOptions = RequestInit & {
  /** It changes nothing over there, or nothing that a repetition would change again. GET and HEAD always ask. */
  asks?: boolean;
  /** Counted from when it leaves; joined with `signal` where both are given. */
  timeoutMs?: number;
};
export type Requests = (address: string | URL, options?: RequestOptions) => Promise<Response>;

/** The other side's limit is used up until then, by our own count or by its word. Nothing was sent. */
export class QuotaWait extends Error {
  override name = 'QuotaWait';
  readonly until: Date;
  constructor(until: Date) {
    super(`no request before ${until.toISOString()}`);
    this.until = until;
  }
}

/** `fetch` without a gate: for the shared suite and for tests of a client. */
export function ungated(fetch: typeof globalThis.fetch): Requests {
  return (address, options) => fetch(address, fetchOptions(options));
}

/** A redirect is not followed unless a connector asks for it: keys in headers would follow it to another host. */
export function fetchOptions(options: RequestOptions = {}): RequestInit {
  const { asks: _, timeoutMs, ...rest } = options;
  const init: RequestInit = { redirect: 'manual', ...rest };
  if (timeoutMs === undefined) return init;
  const limit = AbortSignal.timeout(timeoutMs);
  return { ...init, signal: init.signal ? AbortSignal.any([init.signal, limit]) : limit };
}

const quotaPauseMs = 60_000;
const longestPauseMs = 24 * 60 * 60_000;

/**
 * When a 429 lets us come again: `Retry-After` in seconds or as a date, else a minute (RFC 9110 §10.2.3). A date is one of their clock, and
 * `date` is what that clock showed when they answered: where it is told, the difference counts and not our clock.
 */
export function retryAt(retryAfter: string | null, now: Date, date: string | null = null): Date {
  const text = retryAfter?.trim() ?? '';
  const theirs = date ? Date.parse(date) : Number.NaN;
  const from = Number.isFinite(theirs) ? theirs : now.getTime();
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : text ? Date.parse(text) - from : Number.NaN;
  return new Date(now.getTime() + (Number.isFinite(ms) ? Math.min(Math.max(ms, 1000), longestPauseMs) : quotaPauseMs));
}
