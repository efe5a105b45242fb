import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { isDay } from '../../../src/domain/days/day.ts';
import { CallWindow, jsonReply, type SimFault, type SimReply } from '../../../src/testkit/service.ts';
import type { SimRequest } from '../../../src/testkit/simulator.ts';
import { type DeclineCode, declineClasses, type Outcome } from './cards.ts';
import { notices } from './notices.ts';
import { authenticatePage, payPage } from './pay-page.ts';
import { type Checkout, type Mandate, type Payment, type Processor, Refusal } from './processor.ts';

export const demoKey = 'sk_test_51a0c3f2d7';
export const demoSecret = 'whsec_7f3a19c2e5';

/** What a person or a test may turn; see `PATCH /__sim/state`. */
export const settings = z.object({
  secretKey: z.string().min(1).default(demoKey),
  currencies: z.array(z.string().length(3)).default(['PLN', 'EUR', 'HUF', 'SEK']),
  callsPerMinute: z.number().int().min(1).nullable().default(null),
  webhookUrl: z.url().nullable().default(null),
  webhookSecret: z.string().min(1).default(demoSecret),
  /** While a secret is changed both sign. */
  previousWebhookSecret: z.string().min(1).nullable().default(null),
  webhooks: z.enum(notices).default('normal'),
  refunds: z.enum(['succeed', 'fail']).default('succeed'),
  issuers: z.enum(['up', 'down']).default('up'),
});
export type Settings = z.output<typeof settings>;

type Remembered = { fingerprint: string; at: number; reply: SimReply | undefined };

export class Api {
  processor: Processor;
  current: Settings = settings.parse({});
  answers = new Map<string, Remembered>();
  calls = new CallWindow();
  constructor(processor: Processor) {
    this.processor = processor;
  }
}

type Call = { api: Api; found: string[]; query: URLSearchParams; body: unknown; fault: SimFault | undefined; origin: string };
type Route = { operation: string; method: string; path: RegExp; run: (call: Call) => SimReply };

const text = (max: number) => z.string().trim().min(1).max(max);
const reference = text(128);
const amountMinor = z.number().int().min(1).max(1_000_000_000_000);
const currency = z.string().regex(/^[A-Z]{3}$/);
const checkoutBody = z.object({
  reference,
  amountMinor,
  currency,
  description: text(200),
  customer: z.object({ reference: text(128), email: z.email().nullish(), country: z.string().length(2).nullish() }),
  saveMandate: z.boolean().default(false),
  returnUrl: z.url({ protocol: /^https?$/ }),
});
const chargeBody = z.object({ reference, mandate: text(64), amountMinor, currency, description: text(200) });
const refundBody = z.object({ reference, payment: text(64), amountMinor, reason: text(200) });

const routes: Route[] = [
  { operation: 'account', method: 'GET', path: /^\/v1\/account$/, run: account },
  { operation: 'checkout', method: 'POST', path: /^\/v1\/checkouts$/, run: openCheckout },
  { operation: 'read', method: 'GET', path: /^\/v1\/checkouts$/, run: findCheckout },
  {
    operation: 'read',
    method: 'GET',
    path: /^\/v1\/checkouts\/([^/]+)$/,
    run: (call) => jsonReply(200, checkoutView(call, one(call.api.processor.checkouts, call.found[0]))),
  },
  {
    operation: 'cancel-checkout',
    method: 'POST',
    path: /^\/v1\/checkouts\/([^/]+)\/cancel$/,
    run: (call) => {
      const { processor } = call.api;
      return jsonReply(200, checkoutView(call, processor.cancelCheckout(one(processor.checkouts, call.found[0]))));
    },
  },
  { operation: 'charge', method: 'POST', path: /^\/v1\/charges$/, run: charge },
  { operation: 'read', method: 'GET', path: /^\/v1\/payments$/, run: findPayment },
  {
    operation: 'read',
    method: 'GET',
    path: /^\/v1\/payments\/([^/]+)$/,
    run: (call) => jsonReply(200, paymentView(call, one(call.api.processor.payments, call.found[0]))),
  },
  { operation: 'mandates', method: 'GET', path: /^\/v1\/mandates$/, run: listMandates },
  {
    operation: 'read',
    method: 'GET',
    path: /^\/v1\/mandates\/([^/]+)$/,
    run: ({ api, found }) => jsonReply(200, one(api.processor.mandates, found[0])),
  },
  {
    operation: 'cancel-mandate',
    method: 'POST',
    path: /^\/v1\/mandates\/([^/]+)\/cancel$/,
    run: ({ api: { processor }, found }) => jsonReply(200, processor.cancelMandate(one(processor.mandates, found[0]), 'merchant')),
  },
  { operation: 'refund', method: 'POST', path: /^\/v1\/refunds$/, run: refund },
  { operation: 'report', method: 'GET', path: /^\/v1\/reports\/([^/]+)$/, run: report },
];

export function operationOf(request: SimRequest): string {
  if (/^\/(?:pay|authenticate)\//.test(request.path)) return 'pay-page';
  return routeOf(request)?.route.operation ?? '';
}

function routeOf({ method, path }: SimRequest): { route: Route; found: string[] } | undefined {
  for (const route of routes) {
    const found = route.method === method ? route.path.exec(path) : null;
    if (found) return { route, found: found.slice(1).map(decodeURIComponent) };
  }
  return undefined;
}

export async function answerApi(api: Api, request: SimRequest, fault: SimFault | undefined, origin: string): Promise<SimReply> {
  const { processor, current } = api;
  processor.runDue();
  processor.refundsFail = current.refunds === 'fail';
  processor.issuerDown = current.issuers === 'down';
  if (/^\/(?:pay|authenticate)\//.test(request.path)) return page(api, request, fault);
  try {
    const reply = await answer(api, request, fault, origin);
    if (fault?.mode === 'late-answer') await wait(fault.ms, undefined, { ref: false });
    return reply;
  } catch (error) {
    if (error instanceof Refusal) return refused(error);
    throw error;
  }
}

const refused = ({ status, code, message, extra }: Refusal, headers: Record<string, string> = {}) =>
  jsonReply(status, { error: { code, message, ...extra } }, headers);

async function answer(api: Api, request: SimRequest, fault: SimFault | undefined, origin: string): Promise<SimReply> {
  const key = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (key !== api.current.secretKey || fault?.mode === 'unauthorized') throw new Refusal(401, 'unauthorized', 'The key is not known.');
  const { callsPerMinute } = api.current;
  const waitMs = callsPerMinute === null ? undefined : api.calls.take('account', callsPerMinute, api.processor.clock.now());
  if (waitMs !== undefined || fault?.mode === 'http429') {
    const refusal = new Refusal(429, 'rate_limited', 'Too many calls.');
    return refused(refusal, { 'retry-after': String(Math.max(1, Math.ceil((waitMs ?? 1000) / 1000))) });
  }
  const matched = routeOf(request);
  if (!matched) throw new Refusal(404, 'not_found', 'There is nothing here.');
  const call: Call = { api, found: matched.found, query: request.query, body: undefined, fault, origin };
  if (request.method !== 'POST') return matched.route.run(call);
  return once(api, request, fault, () => matched.route.run({ ...call, body: bodyOf(request) }));
}

const keyKeptMs = 24 * 3_600_000;
/** Refusals of the request itself: nothing was looked at, nothing is remembered. */
const notRemembered = new Set([400, 401, 404]);

/** One key, one effect: the same call gets the stored answer, another call under the key is refused. */
async function once(api: Api, request: SimRequest, fault: SimFault | undefined, run: () => SimReply): Promise<SimReply> {
  const key = String(request.headers['idempotency-key'] ?? '');
  if (key.length < 1 || key.length > 128)
    throw new Refusal(400, 'idempotency_key_required', 'Idempotency-Key must have 1 to 128 characters.');
  const fingerprint = createHash('sha256').update(`${request.method} ${request.path}\n`).update(request.body).digest('hex');
  const now = api.processor.clock.now();
  const known = api.answers.get(key);
  if (known && now - known.at < keyKeptMs) {
    if (known.fingerprint !== fingerprint) throw new Refusal(409, 'idempotency_mismatch', 'The key was used for another call.');
    if (!known.reply) throw new Refusal(409, 'idempotency_in_progress', 'The first call with this key is still running.');
    return { ...known.reply, headers: { ...known.reply.headers, 'idempotent-replayed': 'true' } };
  }
  const entry: Remembered = { fingerprint, at: now, reply: undefined };
  api.answers.set(key, entry);
  let reply: SimReply;
  try {
    reply = run();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    reply = refused(error);
  }
  // Still running for whoever asks again, though the effect is there.
  if (fault?.mode === 'late-answer') await wait(fault.ms / 2, undefined, { ref: false });
  if (notRemembered.has(reply.status)) api.answers.delete(key);
  else entry.reply = reply;
  return reply;
}

function bodyOf({ body }: SimRequest): unknown {
  try {
    return body.length === 0 ? {} : JSON.parse(body.toString('utf8'));
  } catch {
    throw new Refusal(400, 'invalid_json', 'The body is not JSON.');
  }
}

function checked<Shape extends z.ZodType>(shape: Shape, { body, api }: Call): z.output<Shape> {
  const result = shape.safeParse(body);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    throw new Refusal(400, 'invalid_request', issue.message, { field: issue.path.join('.') });
  }
  const { currency } = result.data as { currency?: string };
  if (currency !== undefined && !api.current.currencies.includes(currency)) {
    throw new Refusal(400, 'currency_unsupported', `The account does not take ${currency}.`, { field: 'currency' });
  }
  return result.data;
}

function one<Kind>(all: Map<string, Kind>, id: string | undefined): Kind {
  const found = all.get(id ?? '');
  if (!found) throw new Refusal(404, 'not_found', 'There is no such object.');
  return found;
}

function account({ api }: Call): SimReply {
  return jsonReply(200, { id: 'acct_00000001', name: 'Simulated merchant', currencies: api.current.currencies, live: false });
}

function openCheckout(call: Call): SimReply {
  const { customer, ...body } = checked(checkoutBody, call);
  const buyer = { reference: customer.reference, email: customer.email ?? null, country: customer.country ?? null };
  return jsonReply(201, checkoutView(call, call.api.processor.openCheckout({ ...body, customer: buyer })));
}

function findCheckout(call: Call): SimReply {
  const { processor } = call.api;
  const found = processor.checkouts.get(processor.byReference(call.query.get('reference') ?? '') ?? '');
  return jsonReply(200, { items: found ? [checkoutView(call, found)] : [] });
}

const checkoutView = ({ origin }: Call, { returnUrl, ...checkout }: Checkout) => ({ ...checkout, url: `${origin}/pay/${checkout.id}` });
const paymentView = ({ origin }: Call, payment: Payment) => ({
  ...payment,
  ...(payment.state === 'requires_customer' ? { authenticateUrl: `${origin}/authenticate/${payment.id}` } : {}),
});

/** An outcome ordered by a fault: `decline` with its code, or `pending`. */
function ordered(fault: SimFault | undefined): Outcome | undefined {
  if (fault?.mode === 'pending') return fault.code === 'fails' ? 'pending-fails' : 'pending-succeeds';
  if (fault?.mode !== 'decline') return undefined;
  return String(fault.code) in declineClasses ? (fault.code as DeclineCode) : 'insufficient_funds';
}

function charge(call: Call): SimReply {
  return jsonReply(201, paymentView(call, call.api.processor.charge(checked(chargeBody, call), ordered(call.fault))));
}

function findPayment(call: Call): SimReply {
  const { processor } = call.api;
  const id = processor.byReference(call.query.get('reference') ?? '') ?? '';
  const found = processor.payments.get(processor.checkouts.get(id)?.payment ?? id);
  return jsonReply(200, { items: found ? [paymentView(call, found)] : [] });
}

const mandatesOnPage = 50;

/** Oldest first; the cursor is the last id of the page before. */
function listMandates({ api, query }: Call): SimReply {
  const since = query.get('since');
  if (since !== null && Number.isNaN(Date.parse(since)))
    throw new Refusal(400, 'invalid_request', 'since is not an instant', { field: 'since' });
  const wanted = (mandate: Mandate) =>
    (since === null || Date.parse(mandate.createdAt) >= Date.parse(since)) &&
    (query.get('customer') === null || mandate.customer.reference === query.get('customer')) &&
    (query.get('state') === null || mandate.state === query.get('state')) &&
    (query.get('cursor') === null || mandate.id > query.get('cursor')!);
  const all = [...api.processor.mandates.values()].filter(wanted);
  const items = all.slice(0, mandatesOnPage);
  return jsonReply(200, { items, nextCursor: all.length > items.length ? items.at(-1)!.id : null });
}

function refund(call: Call): SimReply {
  return jsonReply(201, call.api.processor.refund(checked(refundBody, call)));
}

/** A UTC day that is over. */
function report({ api, found: [date] }: Call): SimReply {
  if (!isDay(date)) throw new Refusal(400, 'invalid_request', 'The day is not YYYY-MM-DD.', { field: 'date' });
  const today = new Date(api.processor.clock.now()).toISOString().slice(0, 10);
  if (date >= today) throw new Refusal(404, 'report_not_ready', 'The report of a day is there once the day is over.');
  const items = api.processor.entries.filter(({ at }) => at.startsWith(date));
  const totals: Record<string, { amountMinor: number; feeMinor: number }> = {};
  for (const { currency, amountMinor, feeMinor } of items) {
    const total = totals[currency] ?? { amountMinor: 0, feeMinor: 0 };
    totals[currency] = { amountMinor: total.amountMinor + amountMinor, feeMinor: total.feeMinor + feeMinor };
  }
  return jsonReply(200, { date, totals, items });
}

const htmlReply = (status: number, body: string): SimReply => ({ status, headers: { 'content-type': 'text/html; charset=utf-8' }, body });

/** The processor's own pages, where the buyer is. The way back proves nothing. */
function page(api: Api, request: SimRequest, fault: SimFault | undefined): SimReply {
  const { processor } = api;
  const [, kind, id] = /^\/(pay|authenticate)\/([^/]+)$/.exec(request.path) ?? [];
  const language = request.headers['accept-language'] ?? '';
  const form = new URLSearchParams(request.body.toString('utf8'));
  const checkout = kind === 'pay' ? processor.checkouts.get(id ?? '') : undefined;
  const payment = kind === 'authenticate' ? processor.payments.get(id ?? '') : undefined;
  const back = (of: Checkout | undefined): SimReply => {
    const target = of && new URL(of.returnUrl);
    target?.searchParams.set('checkout', of!.id);
    return target ? { status: 303, headers: { location: target.href } } : htmlReply(200, authenticatePage(payment!, language));
  };
  try {
    if (checkout && request.method === 'POST') {
      const [month, year] = (form.get('expiry') ?? '12/2034').split('/').map(Number);
      const paid = processor.pay(checkout, form.get('card') ?? '', month || 12, year || 2034, ordered(fault));
      if (paid.state === 'requires_customer') return { status: 303, headers: { location: `/authenticate/${paid.id}` } };
      return paid.state === 'failed' ? htmlReply(402, payPage(checkout, language, paid.decline!.code)) : back(checkout);
    }
    if (checkout) return htmlReply(200, payPage(checkout, language));
    if (payment && request.method === 'POST') {
      processor.authenticate(payment, form.get('confirm') === 'yes');
      return back(processor.checkouts.get(payment.checkout ?? ''));
    }
    if (payment) return htmlReply(200, authenticatePage(payment, language));
  } catch (error) {
    if (error instanceof Refusal)
      return htmlReply(error.status, checkout ? payPage(checkout, language) : authenticatePage(payment!, language));
    throw error;
  }
  return htmlReply(404, '<!DOCTYPE html><title>404</title><h1>404</h1>');
}
