import type {
  Administered,
  AdministerOutcome,
  AdministerRequest,
  PartSeen,
  ReceivableFacts,
  Seen,
  Settled,
} from '../../src/contract/administer.ts';
import type { CauseRef, ConnectionContext } from '../../src/contract/connector.ts';
import { compareDecimal, type Decimal, toMinor } from '../../src/domain/money/money.ts';
import {
  enact,
  everything,
  type Part,
  type PartState,
  remainingOf,
  sumsDifference,
  sumsOfRows,
} from '../../src/domain/receivables/index.ts';
import { causeRef, judge } from './causes.ts';
import { type RestOrder, restMessage, restOrder, restState } from './mapper.ts';
import { openRest, type RestReply } from './rest.ts';
import { storeOf, type WalleySettings } from './settings.ts';

/**
 * The verbs by the Management API. A write is accepted first and takes effect a moment later, and tells nothing itself: what became of it
 * is read from the order document.
 */
export type RestEngine = {
  perform(request: AdministerRequest): Promise<AdministerOutcome>;
  look(request: AdministerRequest, ticket: string): Promise<AdministerOutcome>;
  settle(request: AdministerRequest): Promise<Settled>;
  read(orderId: string, parts: Part[]): Promise<Seen>;
  /** Why REST cannot do this one, when it cannot. */
  cannot(request: AdministerRequest): CauseRef | undefined;
  /** The provider's id of an order, by the seller's number. */
  findOrder(receivable: ReceivableFacts): Promise<string | { cause: CauseRef } | undefined>;
  check(): Promise<CauseRef | undefined>;
};

const lagMs = 3_000;
const longestLagMs = 24 * 60 * 60_000;
/** Of the seller's number of an order. */
const keptOfNumber = 20;
const usualPage = 10;
const perPage = 100;
const mostPages = 20;

type FoundOrder = { id: string; orderNumber?: unknown; reference?: unknown };

export function openRestEngine(context: ConnectionContext, settings: WalleySettings): RestEngine {
  const client = openRest(context, settings);
  const path = (request: AdministerRequest) => `/manage/orders/${encodeURIComponent(request.receivable.providerOrderId ?? '')}`;

  async function order(orderId: string): Promise<RestOrder | { reply: Exclude<RestReply, { verdict: 'done' }> } | undefined> {
    const reply = await client.get(`/manage/orders/${encodeURIComponent(orderId)}`);
    if (reply.verdict !== 'done') return { reply };
    return restOrder(reply.body);
  }

  function causeOfReply(reply: Exclude<RestReply, { verdict: 'done' }>): CauseRef {
    return reply.verdict === 'refused' ? judge(reply.code, reply.message).cause : causeRef('no_answer', undefined, reply.text);
  }

  async function perform(request: AdministerRequest): Promise<AdministerOutcome> {
    const { currency } = request.receivable;
    const message = restMessage(request, amountOf(request, currency), currency);
    const reply = await client.post(`${path(request)}/${message.verb}`, message.body, request.key);
    if (reply.verdict === 'unclear') return { outcome: 'unknown', cause: causeRef('no_answer', undefined, reply.text) };
    if (reply.verdict === 'done') return followed(request, reply.location ?? '');
    const { verdict, cause } = judge(reply.code, reply.message);
    if (verdict === 'rejected') return { outcome: 'rejected', cause };
    if (verdict !== 'state') return { outcome: 'unknown', cause };
    // Captured, cancelled already? Then it counts as done once the order says so.
    const found = await order(request.receivable.providerOrderId!);
    if (!found) return { outcome: 'unknown', cause: causeRef('no_answer') };
    if ('reply' in found) return { outcome: found.reply.verdict === 'refused' ? 'rejected' : 'unknown', cause };
    const applied = appliedOf(request, found);
    if (applied) return { outcome: 'accepted', made: applied, already: true };
    if (!tells(request, found)) return { outcome: 'unknown', cause: causeRef('not_told') };
    const state = restState(found.status);
    if (request.action.verb === 'activate' && (state === 'on_hold' || state === 'awaiting_buyer'))
      return { outcome: 'pending', lookAgainMs: 60 * 60_000 };
    return { outcome: 'rejected', cause };
  }

  /** Accepted is not yet applied: read once at once, then a little later. A raise is a credit check with an address of its own. */
  async function followed(request: AdministerRequest, location: string): Promise<AdministerOutcome> {
    const raise = /\/reauthorize\/[\w-]+$/.exec(location)?.[0];
    return look(request, raise ?? 'applied');
  }

  async function look(request: AdministerRequest, ticket: string): Promise<AdministerOutcome> {
    const orderId = request.receivable.providerOrderId ?? (await findOrder(request.receivable));
    if (typeof orderId !== 'string') return { outcome: 'unknown', cause: orderId?.cause ?? causeRef('not_found') };
    if (ticket.startsWith('/reauthorize/')) {
      const reply = await client.get(`/manage/orders/${encodeURIComponent(orderId)}${ticket}`);
      if (reply.verdict === 'unclear') return { outcome: 'unknown', cause: causeOfReply(reply) };
      if (reply.verdict === 'refused') return { outcome: 'rejected', cause: causeRef('credit_check', reply.code, reply.message) };
      if (reply.status === 202) return { outcome: 'pending', lookAgainMs: lagMs, ticket };
    }
    const found = await order(orderId);
    const isReadable = found !== undefined && !('reply' in found);
    const applied = isReadable ? appliedOf(request, found) : undefined;
    if (applied) return { outcome: 'accepted', made: { ...applied, providerOrderId: orderId } };
    if (!isOverdue(request)) return { outcome: 'pending', lookAgainMs: lagMs, ticket };
    return { outcome: 'unknown', cause: causeRef(isReadable && !tells(request, found) ? 'not_told' : 'no_answer') };
  }

  /** What was accepted and shows itself to nobody for a day is no longer waited for: it is asked about, and a person is asked in the end. */
  function isOverdue({ firstSentAt }: AdministerRequest): boolean {
    return firstSentAt !== undefined && context.now().getTime() - Date.parse(firstSentAt) > longestLagMs;
  }

  /** The state is the proof. What is not there a while after an unclear send was not done: writes take effect within a minute. */
  async function settle(request: AdministerRequest): Promise<Settled> {
    const found = await order(request.receivable.providerOrderId!);
    if (!found) return { done: 'unclear', cause: causeRef('no_answer') };
    if ('reply' in found) return { done: 'unclear', cause: causeOfReply(found.reply) };
    const applied = appliedOf(request, found);
    if (applied) return { done: 'yes', made: applied };
    return tells(request, found) ? { done: 'no' } : { done: 'unclear', cause: causeRef('not_told') };
  }

  async function findOrder(receivable: ReceivableFacts): Promise<string | { cause: CauseRef } | undefined> {
    const store = storeOf(settings, receivable.country, receivable.segment);
    const own = receivable.orderNumber.slice(0, keptOfNumber);
    let twins = false;
    for (const text of [receivable.orderNumber, receivable.rootNumber].filter((one) => one)) {
      const searched = text!.slice(0, keptOfNumber);
      const rows = await search(searched, store);
      if ('cause' in rows) return rows;
      // Our number of the claim leads to the order that bears our number of the order, where several bear it.
      const names = new Set([searched, own].filter((one) => one !== ''));
      const hits = rows.found.filter(({ orderNumber, reference }) => names.has(String(orderNumber)) || names.has(String(reference)));
      if (hits.length === 1) return hits[0]!.id;
      twins ||= hits.length > 1;
    }
    // There is one; which of them is not known.
    return twins ? { cause: causeRef('order_ambiguous') } : undefined;
  }

  /**
   * Every order that a word finds, never only the newest: the search looks into names and numbers of all kinds, and shows ten at first
   * (contract §9.3). A list whose end is not reached proves neither that an order is there once nor that it is absent.
   */
  async function search(text: string, store: string | undefined): Promise<{ found: FoundOrder[] } | { cause: CauseRef }> {
    const found = new Map<string, FoundOrder>();
    for (let page = 1; page <= mostPages; page++) {
      const query = new URLSearchParams([
        ['query', text],
        ...(store ? [['filter', `storeId:["${store}"]`] as [string, string]] : []),
        ['page', String(page)],
        ['perPage', String(perPage)],
      ]);
      const reply = await client.get(`/manage/orders?${query}`);
      if (reply.verdict !== 'done') return { cause: causeOfReply(reply) };
      const body = reply.body as { data?: unknown; metaData?: { numberOfPages?: unknown } } | undefined;
      const rows = Array.isArray(body?.data) ? (body.data as (FoundOrder | null)[]) : [];
      const before = found.size;
      for (const row of rows) if (typeof row?.id === 'string') found.set(row.id, row);
      const pages = Number(body?.metaData?.numberOfPages ?? Number.NaN);
      // A page that is not full ends the list, also where the size that was asked for counts for nothing.
      if (pages >= 1 ? page >= pages : rows.length < usualPage) return { found: [...found.values()] };
      if (rows.length === 0) return { found: [...found.values()] };
      if (found.size === before) break;
    }
    return { cause: causeRef('order_ambiguous', undefined, `GET /manage/orders: ${found.size}+`) };
  }

  async function read(orderId: string, parts: Part[]): Promise<Seen> {
    const found = await order(orderId);
    if (!found) return { seen: 'unclear', cause: causeRef('no_answer') };
    if ('reply' in found) {
      const { reply } = found;
      return reply.verdict === 'refused' && reply.status === 404 ? { seen: 'absent' } : { seen: 'unclear', cause: causeOfReply(reply) };
    }
    const { currency } = found;
    return { seen: 'present', parts: partsSeen(found, parts), providerOrderId: found.id ?? orderId, ...(currency ? { currency } : {}) };
  }

  async function check(): Promise<CauseRef | undefined> {
    const reply = await client.get('/manage/orders?perPage=1');
    return reply.verdict === 'done' ? undefined : causeOfReply(reply);
  }

  return { perform, look, settle, read, cannot: (request) => cannot(request), findOrder, check };
}

/** What the action is about in money, as the ledger counts it. */
function amountOf(request: AdministerRequest, currency: string): Decimal {
  const { action, part, parts } = request;
  if (action.verb === 'replace') return sumsOfRows(action.rows, currency).gross;
  if (action.verb === 'adjust') return action.amount;
  if (!part) return '0';
  const after = enact(parts, action, {}, '1970-01-01T00:00:00.000Z', currency).find((p) => p.seq === part.seq)!;
  if (action.verb === 'activate') return remainingOf(after, currency).gross;
  return sumsDifference(remainingOf(part, currency), remainingOf(after, currency), currency).gross;
}

/** REST takes refunds from the oldest active part first, knows no raise after capture, and cannot raise while nothing is pending. */
function cannot({ action, part, parts, receivable }: AdministerRequest): CauseRef | undefined {
  if (action.verb === 'adjust' && compareDecimal(action.amount, '0') > 0) return causeRef('no_engine');
  // What is still being checked can be dropped by SOAP only (contract §5, §9.4).
  if (action.verb === 'cancel' && part!.state !== 'pending') return causeRef('no_engine');
  if (action.verb !== 'credit' && action.verb !== 'adjust') return undefined;
  const older = parts.filter((p) => p.state === 'active' && p.seq < part!.seq);
  if (action.verb === 'adjust') {
    const minor = (p: Part) => toMinor(remainingOf(p, receivable.currency).gross, receivable.currency);
    // A bare amount has no rate of its own there: it counts as 25 %. All that was captured would be a refund of the whole.
    if (compareDecimal(action.vat, '25') !== 0) return causeRef('no_engine');
    const captured = parts.filter((p) => p.state === 'active').reduce((sum, p) => sum + minor(p), 0n);
    if (captured + toMinor(action.amount, receivable.currency) <= 0n) return causeRef('no_engine');
    return older.some((p) => minor(p) > 0n) ? causeRef('part_not_addressable') : undefined;
  }
  // A refund by items leaves amounts without an article behind, so a part that was adjusted is credited where it can be named.
  if (part!.adjustments.length > 0 && !action.picks) return causeRef('part_not_addressable');
  const articles = new Set((action.picks ?? everything(part!)).map(({ row }) => part!.rows[row]?.articleId));
  const elsewhere = older.some((p) => p.rows.some((row) => row.quantity > row.credited && articles.has(row.articleId)));
  return elsewhere ? causeRef('part_not_addressable') : undefined;
}

/** Is the wish visible in the order? What is not told cannot be seen: then it is not yet. */
function appliedOf(request: AdministerRequest, found: RestOrder): Administered | undefined {
  const { action, part, parts, receivable } = request;
  const { currency } = receivable;
  const equal = (a: Decimal | undefined, b: Decimal) => a !== undefined && toMinor(a, currency) === toMinor(b, currency);
  const state = restState(found.status);
  const own = found.invoices.find((one) => one.number === part?.number || part?.aliases.includes(one.number));
  const after = part && enact(parts, action, {}, '1970-01-01T00:00:00.000Z', currency);
  const expected = after?.find((p) => p.seq === part?.seq);
  switch (action.verb) {
    case 'activate': {
      const wanted = remainingOf(expected!, currency).gross;
      if (own) {
        if (own.state !== 'active' || (own.total !== undefined && !equal(own.total, wanted))) return undefined;
        const known = new Set(parts.flatMap((p) => [p.number, ...p.aliases]));
        const rest = found.invoices.find((one) => one.state === 'pending' && !known.has(one.number));
        return { ...factsOf(own), newNumber: rest?.number ?? null };
      }
      if (found.items.length === 0) return action.picks ? undefined : state === 'active' ? {} : undefined;
      const captured = (articleId: string) =>
        found.items.filter((i) => i.articleId === articleId).reduce((n, i) => n + (i.captured ?? 0), 0);
      const active = after!.filter((p) => p.state === 'active' || p.state === 'credited');
      const ids = new Set(active.flatMap((p) => p.rows.map((row) => row.articleId)));
      const there = [...ids].every((id) => captured(id) >= active.reduce((n, p) => n + unitsOf(p, id), 0));
      return there ? {} : undefined;
    }
    case 'cancel':
      if (own) return own.state === 'cancelled' ? {} : undefined;
      return state === 'cancelled' || (state === 'active' && part?.state === 'pending') ? {} : undefined;
    case 'replace': {
      const wanted = sumsOfRows(action.rows, currency).gross;
      if (own) return equal(own.total, wanted) ? { total: own.total } : undefined;
      return parts.length === 1 && equal(found.totalAmount, wanted) ? { total: wanted } : undefined;
    }
    case 'credit':
    case 'adjust': {
      const wanted = remainingOf(expected!, currency).gross;
      if (own) return equal(own.remaining, wanted) ? factsOf(own) : undefined;
      return state === 'credited' && toMinor(wanted, currency) === 0n ? {} : undefined;
    }
    case 'prolong':
      // The ledger may hold the new deadline already, read by somebody else: what it was before we asked is the measure.
      return found.expiresAt && (!request.expiredAtFirst || found.expiresAt > request.expiredAtFirst)
        ? { expiresAt: found.expiresAt }
        : undefined;
    default:
      return undefined;
  }
}

/** Whether an order that does not show the wish as done thereby shows that it was not: a count or amount that is not told proves neither. */
function tells({ action, part, parts }: AdministerRequest, found: RestOrder): boolean {
  const own = found.invoices.find((one) => one.number === part?.number || part?.aliases.includes(one.number));
  const state = restState(found.status);
  switch (action.verb) {
    case 'activate': {
      if (own) return own.sure !== false;
      if (found.items.length === 0) return !action.picks && state !== undefined;
      const counted = parts.filter((p) => p.seq === part?.seq || p.state === 'active' || p.state === 'credited').flatMap((p) => p.rows);
      return (
        counted.every((row) => found.items.some((i) => i.articleId === row.articleId)) && found.items.every((i) => i.captured !== undefined)
      );
    }
    case 'credit':
    case 'adjust':
      return own?.remaining !== undefined;
    default:
      return true;
  }
}

function unitsOf(part: Part, articleId: string): number {
  return part.rows.filter((row) => row.articleId === articleId).reduce((n, row) => n + row.quantity, 0);
}

function factsOf({ dueDate, reference, lowest, pdfUrl }: PartSeen): Administered {
  return { dueDate, reference, lowest, pdfUrl };
}

/** Parts by their invoices; an order document without any says only what the whole is. */
function partsSeen(found: RestOrder, parts: Part[]): PartSeen[] {
  if (found.invoices.length > 0) {
    const rows = parts.length === 0 ? rowsFor(found) : undefined;
    return found.invoices.map((one) => ({
      ...one,
      ...(one.state === 'pending' && wholeState(found) ? { state: wholeState(found)! } : {}),
      ...(found.expiresAt && one.state === 'pending' ? { expiresAt: found.expiresAt } : {}),
      ...(rows && found.invoices.length === 1 ? { rows } : {}),
    }));
  }
  const state = restState(found.status);
  if (!state || parts.length > 1) return [];
  return [
    {
      number: parts[0]?.number ?? '',
      state,
      total: found.totalAmount,
      ...(found.expiresAt ? { expiresAt: found.expiresAt } : {}),
      rows: rowsFor(found),
    },
  ];
}

/** What holds up the whole holds up its pending part. */
function wholeState(found: RestOrder): PartState | undefined {
  const state = restState(found.status);
  return state === 'on_hold' || state === 'awaiting_buyer' || state === 'rejected' || state === 'expired' ? state : undefined;
}

function rowsFor(found: RestOrder): PartSeen['rows'] {
  return found.items.map(({ articleId, name, quantity, unitPrice, vat, refunded }) => ({
    articleId,
    name,
    quantity,
    unitPrice,
    vat,
    credited: refunded,
  }));
}
