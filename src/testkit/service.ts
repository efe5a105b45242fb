import type { z } from 'zod';
import { type Language, languageOf, type Section, servicePage, type Words } from './service-page.ts';
import { type SimRequest, type SimulatorHandle, startServer } from './simulator.ts';

export type { Language, Section, Words } from './service-page.ts';

/**
 * What the doubles of outside systems have in common: a clock, faults on the wire, a log of requests, switches, a page for people, and
 * the control verbs under `/__sim/…` (DESIGN §5.11). A double adds what its provider checks, remembers and answers.
 */

export type SimReply = { status: number; headers?: Record<string, string>; body?: string | Uint8Array };

/** A disturbance somebody ordered: the calls it hits, how often, and what else its mode wants to know. */
export type SimFault = {
  /** Name of an operation, or `*` for any. */
  on: string;
  mode: string;
  /** How many calls are hit. */
  times: number;
  /** How many matching calls pass before the first is hit. */
  skip: number;
  /** Real milliseconds, for slow answers. */
  ms: number;
  [extra: string]: unknown;
};

type SimLogEntry = {
  at: string;
  method: string;
  path: string;
  operation: string;
  body: string;
  status: number | null;
  fault: string | null;
};

export type SimVerb = {
  method: string;
  /** Below `/__sim/`, without slashes at the ends. */
  path: RegExp;
  /** A returned value is the JSON answer, `undefined` an empty one, a reply goes out as it is. */
  run(found: string[], body: Record<string, unknown>, request: SimRequest): unknown | Promise<unknown>;
};

export interface SimService {
  readonly title: Words;
  readonly lead: Words;
  readonly clock: SimClock;
  /** Operations a fault can aim at, besides `*`. */
  readonly operations: Record<string, Words>;
  /** Fault modes of this provider, besides those of the wire. */
  readonly modes: Record<string, Words>;
  /** Switches a person or a test may turn; what is not in here is refused. */
  readonly settings: z.ZodObject;
  readonly verbs: SimVerb[];
  current: Record<string, unknown>;
  /** The operation a request is, by name; `''` for none. */
  operationOf(request: SimRequest): string;
  answer(request: SimRequest, fault: SimFault | undefined, origin: string): SimReply | Promise<SimReply>;
  state(): Record<string, unknown>;
  reset(options: Record<string, unknown>): void;
  page(language: Language): Section[];
  /** Masks secrets and shortens what is kept of a body. */
  logged?(request: SimRequest): string;
  /** When something falls due by itself (a task, a retry), and doing it. */
  nextDue?(): number | undefined;
  tick?(): Promise<void>;
}

/** Refused by a control verb. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A clock that stands still at an instant until advanced, or one that runs and can be set ahead. */
export class SimClock {
  #base: () => number;
  #offsetMs = 0;
  readonly #initial: () => number;

  constructor(now: string | Date | (() => Date) = '2026-11-20T10:00:00+01:00') {
    const start = typeof now === 'function' ? () => now().getTime() : fixed(now);
    this.#base = start;
    this.#initial = start;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#base() + this.#offsetMs;
  }

  advance(ms: number): void {
    this.#offsetMs += ms;
  }

  reset(now?: string): void {
    this.#base = now === undefined ? this.#initial : fixed(now);
    this.#offsetMs = 0;
  }
}

function fixed(now: string | Date): () => number {
  const instant = new Date(now).getTime();
  if (Number.isNaN(instant)) throw new RangeError(`not an instant: ${String(now)}`);
  return () => instant;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** `2026-11-20 10:00:00` in a zone, as systems write it that name none. */
export function localTime(ms: number, zone = 'Europe/Warsaw'): string {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
    formats.set(zone, format);
  }
  return format.format(ms);
}

/** Calls in the last minute, by whoever is counted. */
export class CallWindow {
  readonly #windowMs: number;
  readonly #calls = new Map<string, number[]>();
  #peak = 0;
  #refused = 0;

  constructor(windowMs = 60_000) {
    this.#windowMs = windowMs;
  }

  /** Counts the call and returns undefined, or returns the milliseconds until one is free again. */
  take(key: string, limit: number, now: number): number | undefined {
    const calls = (this.#calls.get(key) ?? []).filter((at) => at > now - this.#windowMs && at <= now);
    this.#calls.set(key, calls);
    if (calls.length >= limit) {
      this.#refused += 1;
      return calls[calls.length - limit]! + this.#windowMs - now;
    }
    calls.push(now);
    this.#peak = Math.max(this.#peak, calls.length);
    return undefined;
  }

  /** Calls that count now. */
  used(key: string, now: number): number {
    return (this.#calls.get(key) ?? []).filter((at) => at > now - this.#windowMs && at <= now).length;
  }

  /** The most calls that ever counted at once, and how many were refused: what a caller's own limiter is judged by. */
  tally(): { peak: number; refused: number } {
    return { peak: this.#peak, refused: this.#refused };
  }

  clear(): void {
    this.#calls.clear();
    this.#peak = 0;
    this.#refused = 0;
  }
}

/** Disturbances of the wire that every provider can suffer. */
const wireModes = {
  'drop-before': {
    pl: 'odpowiedź ginie, nic nie zrobiono',
    en: 'answer lost, nothing done',
    hu: 'elveszett válasz, nem történt semmi',
    sv: 'svaret försvinner, inget gjort',
  },
  'drop-after': {
    pl: 'odpowiedź ginie, zrobiono',
    en: 'answer lost, but done',
    hu: 'elveszett válasz, de megtörtént',
    sv: 'svaret försvinner, men gjort',
  },
  'error-after': {
    pl: 'HTTP 502, choć zrobiono',
    en: 'HTTP 502, but done',
    hu: 'HTTP 502, de megtörtént',
    sv: 'HTTP 502, men gjort',
  },
  stall: {
    pl: 'zawiesza się, nic nie zrobiono',
    en: 'stalls, nothing done',
    hu: 'megakad, nem történt semmi',
    sv: 'hänger sig, inget gjort',
  },
  delay: { pl: 'powolna odpowiedź', en: 'slow answer', hu: 'lassú válasz', sv: 'långsamt svar' },
  down: { pl: 'serwis niedostępny', en: 'service down', hu: 'a szolgáltatás nem elérhető', sv: 'tjänsten ligger nere' },
  http500: { pl: 'HTTP 500', en: 'HTTP 500', hu: 'HTTP 500', sv: 'HTTP 500' },
  http503: { pl: 'HTTP 503', en: 'HTTP 503', hu: 'HTTP 503', sv: 'HTTP 503' },
  html500: { pl: 'strona błędu HTML', en: 'HTML error page', hu: 'HTML hibaoldal', sv: 'HTML-felsida' },
  html200: {
    pl: 'strona HTML z kodem 200',
    en: 'HTML page with status 200',
    hu: 'HTML oldal 200-as kóddal',
    sv: 'HTML-sida med status 200',
  },
  empty: { pl: 'pusta odpowiedź', en: 'empty answer', hu: 'üres válasz', sv: 'tomt svar' },
} satisfies Record<string, Words>;

const htmlPage = (title: string) =>
  `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><center><h1>${title}</h1></center><hr><center>nginx</center></body></html>\n`;

export const htmlReply = (status: number, title: string): SimReply => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: htmlPage(title),
});

export const jsonReply = (status: number, value: unknown, headers: Record<string, string> = {}): SimReply => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(value),
});

/** Answers of a fault that keeps the provider from doing anything. */
const refusals: Record<string, () => SimReply> = {
  http500: () => jsonReply(500, { message: 'Server Error' }),
  http503: () => jsonReply(503, { message: 'Service Unavailable' }),
  html500: () => htmlReply(500, '500 Internal Server Error'),
  html200: () => htmlReply(200, 'Przerwa techniczna'),
  empty: () => ({ status: 200 }),
};

const logLimit = 5_000;
const loggedBodyLimit = 4_000;
const catchUpEveryMs = 1_000;
const stepsLimit = 100_000;

/** Starts the double on a free loopback port, or the given one. */
export async function startService(service: SimService, port = 0): Promise<SimulatorHandle & { pageUrl: string }> {
  const faults: SimFault[] = [];
  const log: SimLogEntry[] = [];
  const verbs = [...service.verbs, ...commonVerbs(service, faults, log)];

  const server = await startServer(async (request, response, raw) => {
    if (request.path === '/__sim' || request.path.startsWith('/__sim/')) {
      const reply = await control(verbs, request);
      response.writeHead(reply.status, reply.headers).end(reply.body);
      return;
    }
    const operation = service.operationOf(request);
    const fault = takeFault(faults, operation);
    const entry: SimLogEntry = {
      at: new Date(service.clock.now()).toISOString(),
      method: request.method,
      path: request.path + (request.query.size > 0 ? `?${request.query}` : ''),
      operation,
      body: (service.logged?.(request) ?? request.body.toString('utf8')).slice(0, loggedBodyLimit),
      status: null,
      fault: fault?.mode ?? null,
    };
    log.push(entry);
    if (log.length > logLimit) log.splice(0, log.length - logLimit);

    if (fault?.mode === 'drop-before' || fault?.mode === 'down') return void raw.socket.destroy();
    if (fault && (fault.mode === 'stall' || fault.mode === 'delay')) await pause(fault.ms);
    if (fault?.mode === 'stall') return void raw.socket.destroy();
    const refusal = fault && refusals[fault.mode];
    let reply = refusal ? refusal() : await service.answer(request, fault, `http://${request.headers.host ?? 'localhost'}`);
    if (fault?.mode === 'drop-after') return void raw.socket.destroy();
    if (fault?.mode === 'error-after') reply = htmlReply(502, '502 Bad Gateway');
    entry.status = reply.status;
    response.writeHead(reply.status, reply.headers).end(reply.body);
  }, port);

  let ticking = false;
  const timer = setInterval(() => {
    if (ticking || !service.tick) return;
    ticking = true;
    void service.tick().finally(() => {
      ticking = false;
    });
  }, catchUpEveryMs);
  timer.unref();
  return {
    ...server,
    pageUrl: `${server.url}/__sim/`,
    close: () => {
      clearInterval(timer);
      return server.close();
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function takeFault(faults: SimFault[], operation: string): SimFault | undefined {
  for (const fault of faults) {
    if (fault.on !== '*' && fault.on !== operation) continue;
    if (fault.skip > 0) {
      fault.skip -= 1;
      continue;
    }
    fault.times -= 1;
    if (fault.times <= 0) faults.splice(faults.indexOf(fault), 1);
    return fault;
  }
  return undefined;
}

async function control(verbs: SimVerb[], request: SimRequest): Promise<SimReply> {
  const rest = request.path.replace(/^\/__sim\/?/, '').replace(/\/$/, '');
  for (const verb of verbs) {
    const found = verb.method === request.method ? verb.path.exec(rest) : null;
    if (!found) continue;
    try {
      const made = await verb.run(found.slice(1).map(decodeURIComponent), fieldsOf(request), request);
      if (made === undefined) return { status: 204 };
      return isReply(made) ? made : jsonReply(200, made);
    } catch (error) {
      if (error instanceof Refused) return jsonReply(error.status, { error: error.message });
      throw error;
    }
  }
  return jsonReply(404, { error: `no such control: ${request.method} ${request.path}` });
}

const replies = new WeakSet<object>();

/** Marks an answer of a verb that is not JSON. */
export function asReply(reply: SimReply): SimReply {
  replies.add(reply);
  return reply;
}

function isReply(value: unknown): value is SimReply {
  return typeof value === 'object' && value !== null && replies.has(value);
}

function fieldsOf(request: SimRequest): Record<string, unknown> {
  if (request.body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(request.body.toString('utf8'));
  } catch {
    throw new Refused(400, 'the body is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Refused(400, 'the body is not a JSON object');
  return value as Record<string, unknown>;
}

function commonVerbs(service: SimService, faults: SimFault[], log: SimLogEntry[]): SimVerb[] {
  const now = () => ({ now: new Date(service.clock.now()).toISOString() });
  const addFault = (_: string[], body: Record<string, unknown>) => {
    faults.push(faultOf(service, body));
    return faults;
  };
  const moveClock = async (_: string[], body: Record<string, unknown>) => {
    await advance(service, stepOf(service, body));
    return now();
  };
  const state = () => ({ ...now(), settings: service.current, faults, ...service.state() });
  return [
    { method: 'GET', path: /^state$/, run: state },
    {
      method: 'PATCH',
      path: /^state$/,
      run: (_, body) => {
        const changes = service.settings.partial().strict().safeParse(body);
        if (!changes.success) {
          const issue = changes.error.issues[0]!;
          throw new Refused(400, `${issue.path.join('.') || 'state'}: ${issue.message}`);
        }
        // Only what was sent: the schema fills in defaults for everything else.
        const given = Object.entries(changes.data).filter(([name]) => name in body);
        service.current = { ...service.current, ...Object.fromEntries(given) };
        return state();
      },
    },
    {
      method: 'POST',
      path: /^reset$/,
      run: (_, body) => {
        if (body.now !== undefined && (typeof body.now !== 'string' || Number.isNaN(Date.parse(body.now))))
          throw new Refused(400, 'now is not an instant');
        service.clock.reset(body.now as string | undefined);
        faults.length = 0;
        log.length = 0;
        service.current = service.settings.parse({}) as Record<string, unknown>;
        service.reset(body);
      },
    },
    { method: 'GET', path: /^clock$/, run: now },
    { method: 'POST', path: /^clock(?:\/advance)?$/, run: moveClock },
    { method: 'GET', path: /^faults$/, run: () => faults },
    { method: 'POST', path: /^(?:faults|inject)$/, run: addFault },
    {
      method: 'DELETE',
      path: /^faults$/,
      run: () => {
        faults.length = 0;
      },
    },
    { method: 'GET', path: /^requests$/, run: () => log },
    {
      method: 'GET',
      path: /^$/,
      run: (_, __, request) => {
        const language = languageOf(request.query.get('lang') ?? request.headers['accept-language'] ?? '');
        return asReply({
          status: 200,
          headers: { 'content-type': 'text/html; charset=utf-8' },
          body: servicePage(service, { ...wireModes, ...service.modes }, faults, language),
        });
      },
    },
  ];
}

function faultOf(service: SimService, body: Record<string, unknown>): SimFault {
  const modes = [...Object.keys(wireModes), ...Object.keys(service.modes)];
  const operations = ['*', ...Object.keys(service.operations)];
  const { on = body.action ?? '*', mode, times = 1, skip = 0, ms = 0, ...extra } = body;
  if (typeof mode !== 'string' || !modes.includes(mode)) throw new Refused(400, `mode must be one of ${modes.join(', ')}`);
  if (typeof on !== 'string' || !operations.includes(on)) throw new Refused(400, `on must be one of ${operations.join(', ')}`);
  for (const [name, value] of Object.entries({ times, skip, ms }))
    if (!Number.isInteger(value) || Number(value) < 0) throw new Refused(400, `${name} must be a whole number`);
  return { ...extra, on, mode, times: Math.max(1, Number(times)), skip: Number(skip), ms: Number(ms) };
}

function stepOf(service: SimService, body: Record<string, unknown>): number {
  if (body.to !== undefined) {
    const to = Date.parse(String(body.to));
    if (Number.isNaN(to) || to < service.clock.now()) throw new Refused(400, 'to must be an instant that is not past');
    return to - service.clock.now();
  }
  const part = (name: string) => {
    const value = Number(body[name] ?? 0);
    if (!Number.isFinite(value) || value < 0) throw new Refused(400, `${name} must be a number that is not negative`);
    return value;
  };
  return (((part('days') * 24 + part('hours')) * 60 + part('minutes')) * 60 + part('seconds')) * 1000;
}

/** Moves the clock, stopping at everything that falls due on the way. */
async function advance(service: SimService, ms: number): Promise<void> {
  const target = service.clock.now() + ms;
  await service.tick?.();
  for (let steps = 0; steps < stepsLimit; steps++) {
    const due = service.nextDue?.();
    if (due === undefined || due > target) break;
    service.clock.advance(Math.max(0, due - service.clock.now()));
    await service.tick?.();
  }
  service.clock.advance(Math.max(0, target - service.clock.now()));
  await service.tick?.();
}
