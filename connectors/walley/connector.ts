import type {
  AdministerOutcome,
  AdministerRequest,
  Administers,
  PartSeen,
  ReceivableFacts,
  Seen,
  Settled,
  VerbOffer,
  Vouched,
} from '../../src/contract/administer.ts';
import type { CauseRef, CheckResult, ConnectionContext, Connector, Session } from '../../src/contract/connector.ts';
import type { Secret } from '../../src/contract/secret.ts';
import { limitedBytes } from '../../src/contract/wire/answer.ts';
import { toMinor } from '../../src/domain/money/money.ts';
import { type Part, partSums, sumsOfRows, type Verb } from '../../src/domain/receivables/index.ts';
import { receive } from './calls.ts';
import { causeRef } from './causes.ts';
import { manifest } from './manifest.ts';
import { preflight } from './preflight.ts';
import { openRestEngine, type RestEngine } from './rest-engine.ts';
import { settingsOf, type WalleySettings } from './settings.ts';
import { timeoutMs } from './soap.ts';
import { openSoapEngine, type SoapEngine } from './soap-engine.ts';

/**
 * Walley (earlier Collector). Two engines with one set of verbs: the SOAP services and the Management API see the same purchases, and
 * each verb goes to the one that has it (contract §12). Where both have it the connection says which is preferred; a part that REST cannot
 * name goes by SOAP.
 */
export const connector: Connector = { manifest, open: (context) => openSession(context) };

type Desk = { context: ConnectionContext; settings: WalleySettings; soap?: SoapEngine; rest?: RestEngine };

function openSession(context: ConnectionContext): Session {
  const settings = settingsOf(context.settings);
  const hasSoap = settings.soapService !== 'none' && settings.username !== '' && context.secrets.password !== undefined;
  const hasRest = settings.clientId !== '' && context.secrets.clientSecret !== undefined;
  const rest = hasRest ? openRestEngine(context, settings) : undefined;
  const desk: Desk = {
    context,
    settings,
    ...(hasSoap ? { soap: openSoapEngine(context, settings, rest && ((request) => invoicesOf(rest, request))) } : {}),
    ...(rest ? { rest } : {}),
  };
  return {
    check: () => check(desk),
    administers: administersOf(desk),
    calls: { receive: (call) => receive(call, settings, context.secrets.callbackPassword) },
  };
}

const soapOnly: readonly Verb[] = ['add', 'send', 'extend'];
const restOnly: readonly Verb[] = ['prolong'];

function offerOf(desk: Desk, verb: Verb): VerbOffer {
  const missing: VerbOffer = { cause: causeRef('no_engine') };
  if (soapOnly.includes(verb)) return desk.soap ? { engine: 'SOAP' } : missing;
  if (restOnly.includes(verb)) return desk.rest ? { engine: 'REST' } : missing;
  const order =
    desk.settings.prefer === 'rest'
      ? ([desk.rest && 'REST', desk.soap && 'SOAP'] as const)
      : ([desk.soap && 'SOAP', desk.rest && 'REST'] as const);
  const engine = order.find((name) => name);
  return engine ? { engine } : missing;
}

function administersOf(desk: Desk): Administers {
  const { settings } = desk;
  return {
    offers: () => {
      const verbs = ['add', 'activate', 'cancel', 'replace', 'send', 'extend', 'credit', 'adjust', 'prolong'] as const;
      return Object.fromEntries(verbs.map((verb) => [verb, offerOf(desk, verb)])) as Record<Verb, VerbOffer>;
    },
    terms: () => ({ dueDays: settings.dueDays, extendDays: settings.extendDays, pendingDays: 90 }),
    preflight: (request) => preflight(request, settings),
    async perform(request) {
      const stopped = preflight(request, settings).find((finding) => finding.level === 'hold');
      if (stopped) return { outcome: 'rejected', cause: { code: stopped.code, params: stopped.params } };
      const engine = await engineFor(desk, request);
      return 'cause' in engine ? { outcome: 'rejected', cause: engine.cause } : engine.perform(engine.request);
    },
    async look(request, ticket) {
      if (!desk.rest) return { outcome: 'unknown', cause: causeRef('no_engine') };
      return desk.rest.look(request, ticket);
    },
    async settle(request) {
      const engine = await engineFor(desk, request);
      if ('cause' in engine) return { done: 'unclear', cause: engine.cause };
      const settled = await engine.settle(engine.request);
      if (settled.done !== 'unclear' || !desk.rest) return settled;
      return (await opened(desk.rest, request)) ?? (await replaced(desk.rest, request)) ?? settled;
    },
    vouch: (request, number, expected) => vouch(desk, request, number, expected),
    read: (receivable, parts) => read(desk, receivable, parts),
    pdf: (url) => pdf(desk, url),
  };
}

type Engine = {
  request: AdministerRequest;
  perform(request: AdministerRequest): Promise<AdministerOutcome>;
  settle(request: AdministerRequest): Promise<Settled>;
};

/** The engine that has the verb and can name the part. REST needs its own id of the order, which is looked up by the seller's number. */
async function engineFor(desk: Desk, request: AdministerRequest): Promise<Engine | { cause: CauseRef }> {
  const { verb } = request.action;
  const offer = offerOf(desk, verb);
  if (offer.engine === undefined) return { cause: offer.cause };
  const bySoap = (): Engine | undefined =>
    desk.soap && !restOnly.includes(verb) && (verb === 'add' || request.part?.number) ? { request, ...desk.soap } : undefined;
  if (offer.engine === 'SOAP' || !desk.rest) return bySoap() ?? { cause: causeRef('no_engine') };
  const reason = desk.rest.cannot(request);
  if (reason) return bySoap() ?? { cause: reason };
  const orderId = request.receivable.providerOrderId ?? (await desk.rest.findOrder(request.receivable));
  if (typeof orderId === 'string')
    return { request: { ...request, receivable: { ...request.receivable, providerOrderId: orderId } }, ...desk.rest };
  return bySoap() ?? { cause: orderId?.cause ?? causeRef('not_found') };
}

/** REST tells the whole order at once; SOAP is asked part by part. */
async function read(desk: Desk, receivable: ReceivableFacts, parts: Parameters<Administers['read']>[1]): Promise<Seen> {
  const numbered = parts.some((part) => part.number);
  if (desk.rest) {
    const orderId = receivable.providerOrderId ?? (await desk.rest.findOrder(receivable));
    if (typeof orderId === 'string') {
      const seen = await desk.rest.read(orderId, parts);
      // What an order document leaves out is asked for by number.
      if (seen.seen === 'present' && seen.parts.length > 0) return seen;
      if (!desk.soap) return seen;
    } else if (!desk.soap) return orderId ? { seen: 'unclear', cause: orderId.cause } : { seen: 'absent' };
  }
  if (!desk.soap || (!numbered && parts.length > 0)) return { seen: 'unclear', cause: causeRef('no_engine') };
  return desk.soap.read(receivable, parts);
}

/**
 * The invoices that the order document lists; undefined where the order cannot be found, lists none, or may be another one: it is ours by a
 * number of ours, or by the whole of our number of the order, of which the provider keeps twenty characters.
 */
async function invoicesOf(rest: RestEngine, request: AdministerRequest): Promise<PartSeen[] | { cause: CauseRef } | undefined> {
  const { receivable, parts } = request;
  const orderId = receivable.providerOrderId ?? (await rest.findOrder(receivable));
  if (typeof orderId !== 'string') return orderId;
  const seen = await rest.read(orderId, []);
  if (seen.seen === 'unclear') return { cause: seen.cause };
  if (seen.seen === 'absent' || seen.parts.length === 0) return undefined;
  const known = parts.flatMap((part) => [part.number, ...part.aliases]).filter((number) => number !== '');
  const ours = known.length > 0 ? seen.parts.some((one) => known.includes(one.number)) : [...receivable.orderNumber].length <= 20;
  return ours ? seen.parts : undefined;
}

/**
 * A claim whose opening was not answered, by the order document: one invoice under our number of the order, of our amount, that is no
 * other claim's. That none is found proves nothing: it may be on its way.
 */
async function opened(rest: RestEngine, request: AdministerRequest): Promise<Settled | undefined> {
  const { action, receivable, others } = request;
  if (action.verb !== 'add' || !receivable.orderNumber) return undefined;
  const { currency } = receivable;
  const invoices = await invoicesOf(rest, request);
  if (!invoices || 'cause' in invoices || invoices.length !== 1) return undefined;
  const { number, state, total, expiresAt } = invoices[0]!;
  if (others?.numbers.includes(number) || total === undefined) return undefined;
  if (toMinor(total, currency) !== toMinor(sumsOfRows(action.rows, currency).gross, currency)) return undefined;
  return { done: 'yes', made: { number, state, ...(expiresAt ? { expiresAt } : {}) } };
}

/** A replacement that the services cannot tell of, by the order document: the part has the new amount, which is not the old one. */
async function replaced(rest: RestEngine, request: AdministerRequest): Promise<Settled | undefined> {
  const { action, part, receivable } = request;
  if (action.verb !== 'replace' || !part) return undefined;
  const invoices = await invoicesOf(rest, request);
  if (!invoices || 'cause' in invoices) return undefined;
  const total = invoices.find((one) => one.number === part.number)?.total;
  const minor = (amount: string) => toMinor(amount, receivable.currency);
  const wanted = minor(sumsOfRows(action.rows, receivable.currency).gross);
  if (total === undefined || minor(total) !== wanted || wanted === minor(partSums(part, receivable.currency).total)) return undefined;
  return { done: 'yes', made: { total } };
}

/** The order document says whose a number is, and how much; where it cannot be had, the services are asked about the buyer. */
async function vouch(desk: Desk, request: AdministerRequest, number: string, expected: Part): Promise<Vouched> {
  const { currency } = request.receivable;
  const invoices = desk.rest && (await invoicesOf(desk.rest, request));
  if (invoices && 'cause' in invoices) return { vouched: 'unclear', cause: invoices.cause };
  if (!invoices) return desk.soap ? desk.soap.vouch(request, number, expected) : { vouched: 'no', why: 'absent' };
  const seen = invoices.find((one) => one.number === number);
  if (!seen) return { vouched: 'no', why: 'order', theirs: invoices.map((one) => one.number).join(', ') };
  const { total, remaining } = partSums(expected, currency);
  const [theirs, ours] = seen.state === 'active' ? [seen.remaining, remaining.gross] : [seen.total, total];
  if (theirs !== undefined && toMinor(theirs, currency) !== toMinor(ours, currency)) return { vouched: 'no', why: 'amount', theirs };
  return { vouched: 'yes', seen };
}

// ---------------------------------------------------------------- check

async function check(desk: Desk): Promise<CheckResult> {
  const { settings } = desk;
  if (!desk.soap && !desk.rest) return { ok: false, facts: [], cause: causeRef('no_engine') };
  const facts: CheckResult['facts'] = [];
  const problem = (desk.rest && (await desk.rest.check())) ?? (desk.soap && (await desk.soap.check()));
  if (desk.rest) facts.push({ label: 'rest', value: 'yes' });
  if (desk.soap) facts.push({ label: 'soap', value: 'yes' });
  if (Object.keys(settings.stores).length > 0) facts.push({ label: 'stores', value: Object.values(settings.stores).join(', ') });
  if (settings.secretExpires) facts.push({ label: 'secretExpires', value: settings.secretExpires });
  return problem ? { ok: false, facts: [], cause: problem } : { ok: true, facts };
}

// ---------------------------------------------------------------- the provider's document

const pdfLimitBytes = 20 * 1024 * 1024;
const providerHosts = /(^|\.)(collector\.se|walley\.se|walleypay\.com|walleydev\.com|norionbank\.se)$/;

/** The address carries a personal number: it is called once, never kept in the open, and only where the provider's documents live. */
async function pdf(desk: Desk, secret: Secret): Promise<Uint8Array | undefined> {
  const address = secret.reveal();
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  const own = [desk.context.baseUrl, desk.settings.restUrl].filter((base) => URL.canParse(base)).map((base) => new URL(base).host);
  const fine = own.includes(url.host) || (url.protocol === 'https:' && providerHosts.test(url.hostname));
  if (!fine || !/^https?:$/.test(url.protocol)) return undefined;
  try {
    const response = await desk.context.fetch(url, { redirect: 'manual', timeoutMs });
    if (response.status !== 200) return undefined;
    const bytes = await limitedBytes(response, pdfLimitBytes);
    return Buffer.from(bytes.subarray(0, 5)).toString('latin1') === '%PDF-' ? bytes : undefined;
  } catch {
    return undefined;
  }
}
