import type {
  CauseRef,
  CheckResult,
  ConnectionContext,
  Connector,
  FollowUp,
  Found,
  Made,
  Outcome,
  Session,
  TransferRequest,
  Transfers,
} from '../../src/contract/connector.ts';
import { addDays, civilDay, type Day } from '../../src/domain/days/day.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { isKsefNumber } from '../../src/domain/regimes/pl/identifiers.ts';
import { hundredths, taxSymbol, wantedGross } from './amounts.ts';
import {
  accountOf,
  bankAccountsOf,
  clientsWithTaxId,
  type Family,
  familyAndUuid,
  fromHundredths,
  type Held,
  heldOf,
  idOf,
  kindOf,
  listOf,
  madeOf,
  referencesOf,
  symbolsOf,
  taskOf,
  taskState,
} from './answers.ts';
import { causeOfReply, faultCause, refusedCause, unclearCause } from './causes.ts';
import { type Client, faultsOf, openClient, type Reply } from './client.ts';
import { lists, manifest } from './manifest.ts';
import {
  type AccountFacts,
  buyerMarks,
  buyerOf,
  correctionRequest,
  familyOf,
  gtuNumber,
  invoiceRequest,
  orderNumberOf,
  paidOn,
  preflight,
  taxCodeOf,
  wantsReport,
  zone,
} from './mapper.ts';
import { receiveNotice } from './notices.ts';
import { type InfaktSettings, settingsOf } from './settings.ts';

/**
 * inFakt. There is no idempotency key: a repeated create is a second legal invoice. So one step makes one write and never two:
 *
 *   send: create → task (ticket) ──look──> task done → read the document → accepted
 *                                    └───> task failed → rejected (nothing was made)
 *   anything unclear about the create → find: the provider's own list is searched by our mark, then by the order, then by likeness
 *
 * Our mark travels as a second order number of the transaction terms, which inFakt gives back.
 */
export const connector: Connector = { manifest, open: (context) => openSession(context) };

type Desk = {
  client: Client;
  context: ConnectionContext;
  settings(request?: Pick<TransferRequest, 'settings'>): InfaktSettings;
  today(): Day;
  facts(): AccountFacts;
};

function openSession(context: ConnectionContext): Session {
  const client = openClient(context);
  const desk: Desk = {
    client,
    context,
    settings: (request) => settingsOf(context.settings, request?.settings ?? {}),
    today: () => civilDay(context.now().toISOString(), zone),
    facts: () => knownFacts(context, client),
  };
  return {
    check: () => check(desk),
    transfers: transfersOf(desk),
    calls: { receive: (call) => receiveNotice(call, context.secrets.webhookSecret?.reveal().trim() ?? '') },
    lookups: { options: (list) => options(desk, list) },
  };
}

function transfersOf(desk: Desk): Transfers {
  return {
    preflight: (request) => preflight(request, desk.settings(request), desk.facts()),
    send: (request) => send(desk, request),
    find: (request) => find(desk, request),
    look: (ticket, request) => look(desk, ticket, request),
    read: (made, request) => read(desk, made, request),
    rateWord: taxSymbol,
    pdf: (made, request) => pdf(desk, made.providerId, desk.settings(request)),
    follow: (request) => follow(desk, request),
    report: (made) => report(desk, made.providerId),
    change: (made, request) => change(desk, made.providerId, request),
    remove: (made) => remove(desk, made.providerId),
    mail: (made, request) => mail(desk, made.providerId, request),
    pay: (made, payments) =>
      pay(
        desk,
        made.providerId,
        payments
          .map((p) => p.day)
          .sort()
          .at(-1),
      ),
  };
}

// ---------------------------------------------------------------- making

async function send(desk: Desk, request: TransferRequest): Promise<Outcome> {
  const settings = desk.settings(request);
  if (request.content.lines.some((line) => line.gtu?.trim()) && !desk.facts().gtus) await learnMarks(desk);
  const holds = preflight(request, settings, desk.facts()).filter((finding) => finding.level === 'hold');
  if (holds[0]) return { outcome: 'rejected', cause: causeOfFindings(holds) };
  const family = familyOf(request);
  const asked = await wanted(desk, request, settings);
  if ('outcome' in asked) return asked;
  const { body } = asked;
  const reply = await desk.client.call('POST', `/async/${family}.json`, { body });
  if (reply.verdict === 'unclear') return { outcome: 'unknown', cause: unclearCause(reply) };
  if (reply.verdict === 'refused') {
    await learnAfter(desk, refusedCause(reply));
    return { outcome: 'rejected', cause: refusedCause(reply) };
  }
  const task = taskOf(reply.json);
  if (!task) return { outcome: 'unknown', cause: { code: 'infakt.page_instead', params: { message: 'no task reference' } } };
  return { outcome: 'pending', lookAgainMs: 1_500, ticket: ticketOf('task', task.reference, family, desk.context.now()) };
}

/** The document as inFakt is to have it, or why that cannot be said. Only questions are asked, and a client is made where that is wished. */
async function wanted(desk: Desk, request: TransferRequest, settings: InfaktSettings): Promise<{ body: object } | Outcome> {
  const days = { today: desk.today() };
  const { gtus } = desk.facts();
  if (request.kind === 'correction') {
    const original = await readOriginal(desk, request);
    return 'outcome' in original ? original : { body: correctionRequest(request, settings, days, original, gtus) };
  }
  const client = settings.clients === 'link' ? await clientOf(desk, request) : {};
  return 'outcome' in client ? client : { body: invoiceRequest(request, settings, days, { clientId: client.id, gtus }) };
}

function causeOfFindings(holds: Finding[]): CauseRef {
  const [first, ...also] = holds.map(({ code, params, where }) => ({ code, params, where }));
  return { ...first!, ...(also.length > 0 && { also }) };
}

/** The document to correct as inFakt holds it. Only questions are asked: whatever goes wrong here, nothing was made. */
async function readOriginal(desk: Desk, request: TransferRequest): Promise<Held | Outcome> {
  const { providerId, number } = request.original!;
  const known = providerId ? familyAndUuid(providerId) : undefined;
  if (known) {
    const reply = await desk.client.call('GET', `/${known.family}/${known.uuid}.json`);
    const held = reply.verdict === 'done' ? heldOf(known.family, reply.json) : undefined;
    if (held) return held;
    if (reply.verdict === 'refused' && reply.status === 404) return unknownOriginal(number);
    return notSent(reply);
  }
  const reply = await desk.client.call('GET', '/invoices.json', { query: { 'q[number_eq]': number, limit: '100' } });
  const list = listOf(reply);
  if (!list) return notSent(reply);
  // The filter may have been ignored: only a document of this very number is the one.
  const held = list.entities.flatMap((entity) => heldOf('invoices', entity) ?? []).filter((h) => h.number === number);
  return held.length === 1 ? held[0]! : unknownOriginal(number);
}

function unknownOriginal(number: string): Outcome {
  return { outcome: 'rejected', cause: { code: 'infakt.original_unknown', params: { number } } };
}

/** A question that had to be answered first was not: the document has not left the house. */
function notSent(reply: Reply): Outcome {
  if (reply.verdict === 'refused') return { outcome: 'rejected', cause: refusedCause(reply) };
  const message = reply.verdict === 'unclear' ? reply.text || '–' : 'unreadable answer';
  return { outcome: 'rejected', cause: { code: 'infakt.unavailable', params: { message } } };
}

/**
 * The account's client of this tax number, found or made. inFakt lets any number of equal ones exist, so it is searched for before
 * every making, and documents of one connection go one after another.
 */
async function clientOf(desk: Desk, request: TransferRequest): Promise<{ id?: number } | Outcome> {
  const code = taxCodeOf(request.content.buyer);
  if (request.content.buyer.type !== 'company' || !code?.polish) return {};
  const reply = await desk.client.call('GET', '/clients.json', { query: { 'q[clean_nip_eq]': code.code, limit: '100' } });
  const list = listOf(reply);
  if (!list) return notSent(reply);
  const found = clientsWithTaxId(list.entities, code.code);
  if (found.length > 0) return { id: found[0]! };
  // An ignored filter shows other clients: then ours may stand on another page, and none is made.
  if (list.total > list.entities.length || list.entities.length > 0) return {};
  const buyer = buyerOf(request.content);
  const client = {
    company_name: buyer.client_company_name,
    nip: code.code,
    street: buyer.client_street,
    ...(buyer.client_street_number && { street_number: buyer.client_street_number }),
    ...(buyer.client_flat_number && { flat_number: buyer.client_flat_number }),
    city: buyer.client_city,
    postal_code: buyer.client_post_code,
    country: buyer.client_country,
    business_activity_kind: 'other_business',
    ...(buyer.client_email && { email: buyer.client_email }),
  };
  const made = await desk.client.call('POST', '/clients.json', { body: { client }, asks: true });
  if (made.verdict === 'refused') return { outcome: 'rejected', cause: refusedCause(made) };
  const id = made.verdict === 'done' ? (made.json as { id?: unknown } | undefined)?.id : undefined;
  if (typeof id === 'number') return { id };
  const message = made.verdict === 'unclear' ? made.text || '–' : '–';
  return { outcome: 'rejected', cause: { code: 'infakt.client_unclear', params: { message } } };
}

// ---------------------------------------------------------------- following

type TicketKind = 'task' | 'made' | 'ksef' | 'paid';
/** What comes first is what a notice names; the rest is ours: kind, family, and when the waiting began. */
function ticketOf(kind: TicketKind, reference: string, family: Family, since: Date): string {
  return [reference, kind, family, since.toISOString()].join('|');
}

function ticketFrom(ticket: string): { kind: TicketKind; reference: string; family: Family; since: Date } | undefined {
  const [reference, kind, family, since] = ticket.split('|');
  const at = new Date(since ?? '');
  if (!reference || !kind || !family || Number.isNaN(at.getTime())) return undefined;
  return { kind: kind as TicketKind, reference, family: family as Family, since: at };
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** Soon at first, then every half minute for ten minutes, then every quarter of an hour until a day is over. */
export function nextLookMs(waitedMs: number): number {
  if (waitedMs < 1_500) return 1_500;
  if (waitedMs < 4_500) return 3_000;
  if (waitedMs < 9_500) return 5_000;
  if (waitedMs < 19_500) return 10_000;
  return waitedMs < 10 * minuteMs ? 30_000 : 15 * minuteMs;
}

async function look(desk: Desk, ticket: string, request: TransferRequest): Promise<Outcome> {
  const waiting = ticketFrom(ticket);
  if (!waiting) return { outcome: 'unknown', cause: { code: 'infakt.task_lost', params: { message: '–' } } };
  if (waiting.kind === 'made') return readMade(desk, waiting.family, waiting.reference, waiting.since, request);
  if (waiting.kind === 'ksef') return lookReported(desk, waiting.family, waiting.reference, waiting.since);
  return lookTask(desk, ticket, waiting, request);
}

async function lookTask(
  desk: Desk,
  ticket: string,
  waiting: NonNullable<ReturnType<typeof ticketFrom>>,
  request: TransferRequest,
): Promise<Outcome> {
  const { family, reference, since, kind } = waiting;
  const waitedMs = desk.context.now().getTime() - since.getTime();
  const again: Outcome = { outcome: 'pending', lookAgainMs: nextLookMs(waitedMs), ticket };
  const reply = await desk.client.call('GET', `/async/${family}/status/${reference}.json`);
  if (reply.verdict === 'refused' && reply.status === 404)
    return { outcome: 'unknown', cause: { code: 'infakt.task_lost', params: { message: reply.faults[0]?.text ?? '–' } } };
  const stopped = stopsConnection(reply);
  if (stopped) return stopped;
  const task = reply.verdict === 'done' ? taskOf(reply.json) : undefined;
  const state = task ? taskState(task.code) : 'pending';
  // A question that failed says nothing about the task.
  if (!task || state === 'pending') {
    if (waitedMs < dayMs) return task ? again : { ...again, lookAgainMs: Math.max(again.lookAgainMs, 30_000) };
    return { outcome: 'unknown', cause: { code: 'infakt.task_stuck', params: { message: task?.description || reference } } };
  }
  if (state === 'failed') {
    const faults = faultsOf(reply.verdict === 'done' ? reply.json : undefined);
    const cause = faultCause(faults, String(task.code));
    if (kind === 'paid') return { outcome: 'rejected', cause: { ...cause, code: 'infakt.pay_refused', also: undefined } };
    await learnAfter(desk, cause);
    return { outcome: 'rejected', cause };
  }
  if (kind === 'paid') return { outcome: 'accepted', made: { providerId: idOf(family, task.uuid ?? ''), paidOn: desk.today() } };
  // Done without a document: the family asked for is no proof of what was made.
  if (state !== 'done' || !task.uuid)
    return { outcome: 'unknown', cause: { code: 'infakt.task_lost', params: { message: String(task.code) } } };
  return readMade(desk, family, task.uuid, desk.context.now(), request);
}

/** The key was revoked, the plan ran out: the connection stops; what is on its way over there stays on its way here. */
function stopsConnection(reply: Reply): Outcome | undefined {
  return reply.verdict === 'refused' && [401, 402, 403].includes(reply.status)
    ? { outcome: 'rejected', cause: refusedCause(reply) }
    : undefined;
}

/** The document that the task made, believed only when it is what was asked for; a number may come a little later. */
async function readMade(desk: Desk, family: Family, uuid: string, since: Date, request: TransferRequest): Promise<Outcome> {
  const waitedMs = desk.context.now().getTime() - since.getTime();
  const again: Outcome = { outcome: 'pending', lookAgainMs: nextLookMs(waitedMs), ticket: ticketOf('made', uuid, family, since) };
  const reply = await desk.client.call('GET', `/${family}/${uuid}.json`);
  const stopped = stopsConnection(reply);
  if (stopped) return { ...again, lookAgainMs: 15 * minuteMs };
  const held = reply.verdict === 'done' ? heldOf(family, reply.json) : undefined;
  if (!held || !held.number) {
    if (waitedMs < dayMs) return again;
    return { outcome: 'unknown', cause: held ? { code: 'infakt.task_stuck', params: { message: 'no number' } } : causeOfLost(reply) };
  }
  const wrong = mismatch(held, request);
  if (wrong) return { outcome: 'unknown', cause: wrong };
  await learnDaily(desk);
  const bytes = await pdf(desk, idOf(family, uuid), desk.settings(request));
  return { outcome: 'accepted', made: { ...madeOf(held), ...(bytes && { pdf: bytes }) } };
}

function causeOfLost(reply: Reply): CauseRef {
  return reply.verdict === 'done' ? { code: 'infakt.page_instead', params: { message: '–' } } : causeOfReply(reply);
}

/** Something was made, but not this: kind or currency differ. A gross that differs is told by the core, which knows both. */
function mismatch(held: Held, request: TransferRequest): CauseRef | undefined {
  const wanted = request.kind === 'proforma' ? 'proforma' : kindOf[held.family];
  const kindFits = held.kind === undefined || held.kind === wanted;
  const currencyFits = held.currency === undefined || held.currency === request.content.currency;
  return kindFits && currencyFits ? undefined : otherDocument(held, request);
}

function otherDocument(held: Held, request: TransferRequest): CauseRef {
  const gross = held.gross === undefined ? '?' : fromHundredths(held.gross);
  return {
    code: 'infakt.other_document',
    params: {
      found: `${held.number ?? held.uuid} (${held.kind ?? '?'})`,
      gross: `${gross} ${held.currency ?? ''}`.trim(),
      wanted: `${wantedGross(request.content)} ${request.content.currency}`,
    },
  };
}

async function read(desk: Desk, made: Pick<Made, 'providerId' | 'number'>, request: TransferRequest): Promise<Found> {
  const known = familyAndUuid(made.providerId);
  if (!known) return find(desk, request);
  const reply = await desk.client.call('GET', `/${known.family}/${known.uuid}.json`);
  if (reply.verdict === 'refused' && reply.status === 404) return { found: 'absent' };
  const held = reply.verdict === 'done' ? heldOf(known.family, reply.json) : undefined;
  if (!held) return { found: 'unclear', cause: causeOfLost(reply) };
  return { found: 'present', made: madeOf(held), by: 'reference' };
}

// ---------------------------------------------------------------- finding

const pageSize = 100;
const maxPages = 60;
const maxDetails = 100;

/**
 * Is the document there? Every page of the days around its own is read, newest first; filters may be ignored over there, so each row is
 * compared here. Our mark decides; without it the order number, then the buyer with the same lines, which needs a person's word.
 */
async function find(desk: Desk, request: TransferRequest): Promise<Found> {
  const family = familyOf(request);
  const day = request.issueDate ?? request.content.issueDate ?? desk.today();
  const rows: Held[] = [];
  for (let page = 0; ; page++) {
    if (page >= maxPages) return { found: 'unclear', cause: { code: 'infakt.page_instead', params: { message: `${rows.length}+` } } };
    const query = {
      'q[invoice_date_gteq]': addDays(day, -1),
      'q[invoice_date_lteq]': addDays(day, 1),
      order: 'id desc',
      limit: String(pageSize),
      offset: String(page * pageSize),
    };
    const reply = await desk.client.call('GET', `/${family}.json`, { query });
    const list = listOf(reply);
    if (!list) return { found: 'unclear', cause: causeOfLost(reply) };
    rows.push(...list.entities.flatMap((entity) => heldOf(family, entity) ?? []));
    // Counts and links of their envelope are not to be trusted: an empty page or the last row ends it.
    if (list.entities.length === 0 || page * pageSize + list.entities.length >= list.total) break;
  }
  const detailed = await withOrders(desk, family, rows, request);
  return 'cause' in detailed ? { found: 'unclear', cause: detailed.cause } : judge(detailed.rows, request);
}

/** A list may leave the transaction terms out: then those that could be ours are read one by one. */
async function withOrders(
  desk: Desk,
  family: Family,
  rows: Held[],
  request: TransferRequest,
): Promise<{ rows: Held[] } | { cause: CauseRef }> {
  const out: Held[] = [];
  let details = 0;
  for (const row of rows) {
    if (row.orders || !sameAmount(row, request)) {
      out.push(row);
      continue;
    }
    if (++details > maxDetails) return { cause: { code: 'infakt.several_found', params: { numbers: `${maxDetails}+` } } };
    const reply = await desk.client.call('GET', `/${family}/${row.uuid}.json`);
    const held = reply.verdict === 'done' ? heldOf(family, reply.json) : undefined;
    if (!held && !(reply.verdict === 'refused' && reply.status === 404)) return { cause: causeOfLost(reply) };
    if (held) out.push(held);
  }
  return { rows: out };
}

function sameAmount(held: Held, request: TransferRequest): boolean {
  return held.gross === hundredths(wantedGross(request.content)) && held.currency === request.content.currency;
}

function judge(rows: Held[], request: TransferRequest): Found {
  const marked = rows.filter((row) => row.orders?.includes(request.reference));
  if (marked.length > 1) return several(marked);
  if (marked[0]) {
    const fits = sameAmount(marked[0], request) && !mismatch(marked[0], request);
    return fits ? present(marked[0], 'reference') : { found: 'unclear', cause: otherDocument(marked[0], request) };
  }
  // Another document of ours bears a mark of its own; those of this order that we know are not it either.
  const open = rows.filter(
    (row) =>
      sameAmount(row, request) &&
      !mismatch(row, request) &&
      !row.orders?.some((number) => number.startsWith('fk:')) &&
      !request.known?.some((known) => known.number === row.number) &&
      correctsTheSame(row, request),
  );
  const orderNumber = orderNumberOf(request.content);
  const ofOrder = orderNumber ? open.filter((row) => row.orders?.includes(orderNumber) || mentions(row.notes, orderNumber)) : [];
  if (ofOrder.length > 1) return several(ofOrder);
  if (ofOrder[0]) return present(ofOrder[0], sameBuyer(ofOrder[0], request) ? 'order' : 'likeness');
  const alike = open.filter((row) => (row.orders ?? []).length === 0 && sameBuyer(row, request) && sameLines(row, request));
  if (alike.length > 1) return several(alike);
  return alike[0] ? present(alike[0], 'likeness') : { found: 'absent' };
}

function present(held: Held, by: 'reference' | 'order' | 'likeness'): Found {
  return { found: 'present', made: madeOf(held), by };
}

function several(rows: Held[]): Found {
  const numbers = rows
    .slice(0, 5)
    .map((row) => row.number ?? row.uuid)
    .join(', ');
  return { found: 'unclear', cause: { code: 'infakt.several_found', params: { numbers } } };
}

function correctsTheSame(row: Held, request: TransferRequest): boolean {
  const original = request.original?.providerId ? familyAndUuid(request.original.providerId)?.uuid : undefined;
  return row.family === 'invoices' || !original || !row.correctsUuid || row.correctsUuid === original;
}

/** As a whole word: order 12 is not mentioned by "Zamówienie: 1234". */
function mentions(notes: string, orderNumber: string): boolean {
  const at = notes.indexOf(orderNumber);
  if (at < 0) return false;
  const edge = (character: string | undefined) => character === undefined || !/[\p{L}\p{N}]/u.test(character);
  return edge(notes[at - 1]) && edge(notes[at + orderNumber.length]);
}

const folded = (text: string) => text.normalize('NFC').replace(/\s+/g, ' ').trim().toLocaleLowerCase('pl');

function sameBuyer(row: Held, request: TransferRequest): boolean {
  const marks = buyerMarks(request.content);
  if (marks.taxCode) return row.buyerTaxId.replace(/^PL/, '') === marks.taxCode.replace(/^PL/, '');
  return folded(row.buyerName) === folded(marks.name);
}

function sameLines(row: Held, request: TransferRequest): boolean {
  const theirs = [...new Set(row.lines.map((line) => folded(line.name)))].sort();
  const ours = [...new Set(request.content.lines.filter((line) => line.kind !== 'discount').map((line) => folded(line.name)))].sort();
  return theirs.length === ours.length && theirs.every((name, i) => name === ours[i]);
}

// ---------------------------------------------------------------- what follows

async function pdf(desk: Desk, providerId: string, settings: InfaktSettings): Promise<Uint8Array | undefined> {
  const known = familyAndUuid(providerId);
  if (!known) return undefined;
  const query = { document_type: 'original', locale: settings.pdfLanguage };
  const reply = await desk.client.call('GET', `/${known.family}/${known.uuid}/pdf.json`, { query, bytes: true });
  if (reply.verdict !== 'done') return undefined;
  return new TextDecoder('latin1').decode(reply.bytes.subarray(0, 5)) === '%PDF-' ? reply.bytes : undefined;
}

function follow(desk: Desk, request: TransferRequest): FollowUp[] {
  const settings = desk.settings(request);
  return [
    ...(wantsReport(request, settings) ? (['report'] as const) : []),
    ...(settings.mailBy === 'provider' && request.content.buyer.email ? (['mail'] as const) : []),
  ];
}

/**
 * Reporting through inFakt. What it reported already is read first: a second sending is refused there and proves nothing. After a
 * refusal by the authority the same document is sent again, never a new one.
 */
async function report(desk: Desk, providerId: string): Promise<Outcome> {
  const known = familyAndUuid(providerId);
  if (!known) return { outcome: 'rejected', cause: { code: 'infakt.not_found', params: { message: providerId } } };
  const reply = await desk.client.call('GET', `/${known.family}/${known.uuid}.json`);
  const held = reply.verdict === 'done' ? heldOf(known.family, reply.json) : undefined;
  if (!held) return notSent(reply);
  if (held.ksef && held.ksef.status !== 'error') return reported(desk, known.family, known.uuid, held.ksef, desk.context.now());
  const sent = await desk.client.call('POST', `/ksef2/documents/${known.uuid}/send.json`, { asks: true });
  if (sent.verdict === 'unclear') return { outcome: 'unknown', cause: unclearCause(sent) };
  if (sent.verdict === 'done')
    return { outcome: 'pending', lookAgainMs: 30_000, ticket: ticketOf('ksef', known.uuid, known.family, desk.context.now()) };
  if (sent.status !== 422) return { outcome: 'rejected', cause: refusedCause(sent) };
  // Refused because it was sent already, or because nothing is connected: its state tells which.
  const state = await ksefState(desk, known.uuid);
  if (state) return reported(desk, known.family, known.uuid, state, desk.context.now());
  const message = sent.faults.map((f) => f.text).join('; ') || '–';
  return { outcome: 'rejected', cause: { code: 'infakt.ksef_not_connected', params: { message }, providerCode: '422' } };
}

async function ksefState(desk: Desk, uuid: string): Promise<Held['ksef']> {
  const reply = await desk.client.call('GET', `/ksef2/documents/${uuid}/status.json`);
  const json = reply.verdict === 'done' ? (reply.json as Record<string, unknown>) : undefined;
  if (typeof json?.status !== 'string' || json.status === '') return undefined;
  return {
    status: json.status,
    description: typeof json.status_description === 'string' ? json.status_description : '',
    ...(typeof json.ksef_number === 'string' && json.ksef_number && { number: json.ksef_number }),
  };
}

async function lookReported(desk: Desk, family: Family, uuid: string, since: Date): Promise<Outcome> {
  const state = await ksefState(desk, uuid);
  return reported(desk, family, uuid, state ?? { status: 'sent', description: '' }, since);
}

function reported(desk: Desk, family: Family, uuid: string, state: NonNullable<Held['ksef']>, since: Date): Outcome {
  if (state.status === 'success' && state.number) {
    const made = { providerId: idOf(family, uuid), clearance: { system: 'KSeF', number: state.number } };
    // Numbers of the provider's own examples do not pass the check: it is told, never refused.
    const odd: CauseRef = { code: 'infakt.ksef_number_odd', params: { number: state.number } };
    return { outcome: 'accepted', made, ...(!isKsefNumber(state.number) && { warnings: [odd] }) };
  }
  if (state.status === 'error')
    return { outcome: 'rejected', cause: { code: 'infakt.ksef_refused', params: { message: state.description.slice(0, 300) || '–' } } };
  const waitedMs = desk.context.now().getTime() - since.getTime();
  if (waitedMs > 3 * dayMs) return { outcome: 'unknown', cause: { code: 'infakt.task_stuck', params: { message: 'KSeF' } } };
  return { outcome: 'pending', lookAgainMs: Math.max(30_000, nextLookMs(waitedMs)), ticket: ticketOf('ksef', uuid, family, since) };
}

async function mail(desk: Desk, providerId: string, request: TransferRequest): Promise<Outcome> {
  const known = familyAndUuid(providerId);
  const recipient = request.content.buyer.email?.trim();
  if (!known || !recipient) return { outcome: 'rejected', cause: { code: 'infakt.no_email', params: { message: '–' } } };
  const body = { print_type: 'original', locale: desk.settings(request).pdfLanguage, recipient, send_copy: false };
  const reply = await desk.client.call('POST', `/${known.family}/${known.uuid}/deliver_via_email.json`, { body });
  if (reply.verdict === 'done') return { outcome: 'accepted', made: { providerId } };
  return { outcome: reply.verdict === 'unclear' ? 'unknown' : 'rejected', cause: causeOfReply(reply) };
}

/** Marks as paid; repeating it is harmless over there. The day may not lie before the day of issue. */
async function pay(desk: Desk, providerId: string, day: Day | undefined): Promise<Outcome> {
  const known = familyAndUuid(providerId);
  if (!known || !day) return { outcome: 'rejected', cause: { code: 'infakt.pay_refused', params: { message: '–' } } };
  const reply = await desk.client.call('GET', `/${known.family}/${known.uuid}.json`);
  const held = reply.verdict === 'done' ? heldOf(known.family, reply.json) : undefined;
  if (!held) return notSent(reply);
  if (held.paidOn) return { outcome: 'accepted', made: { providerId, paidOn: held.paidOn } };
  const paidDate = held.day && day < held.day ? held.day : day;
  const asked = await desk.client.call('POST', `/async/${known.family}/${known.uuid}/paid.json`, {
    body: { paid_date: paidDate },
    asks: true,
  });
  if (asked.verdict !== 'done') return { outcome: asked.verdict === 'unclear' ? 'unknown' : 'rejected', cause: causeOfReply(asked) };
  const task = taskOf(asked.json);
  if (!task) return { outcome: 'accepted', made: { providerId, paidOn: paidDate } };
  return { outcome: 'pending', lookAgainMs: 1_500, ticket: ticketOf('paid', task.reference, known.family, desk.context.now()) };
}

/**
 * After the authority refused it, the same document is put right and never a second one made (contract §11). Only what differs is sent,
 * lines only where one of them does; then it is read, for a field that is not taken is dropped there without a word.
 */
async function change(desk: Desk, providerId: string, request: TransferRequest): Promise<Outcome> {
  const settings = desk.settings(request);
  const holds = preflight(request, settings, desk.facts()).filter((finding) => finding.level === 'hold');
  if (holds[0]) return { outcome: 'rejected', cause: causeOfFindings(holds) };
  const known = familyAndUuid(providerId);
  if (!known) return { outcome: 'rejected', cause: { code: 'infakt.not_found', params: { message: providerId } } };
  const path = `/${known.family}/${known.uuid}.json`;
  const before = await desk.client.call('GET', path);
  const held = before.verdict === 'done' ? heldOf(known.family, before.json) : undefined;
  if (!held) return notSent(before);
  const asked = await wanted(desk, request, settings);
  if ('outcome' in asked) return asked;
  const [[wrapper, fields]] = Object.entries(asked.body) as [[string, Record<string, unknown>]];
  const changes = differing(fields, (before as { json: Record<string, unknown> }).json);
  if (Object.keys(changes).length > 0) {
    const put = await desk.client.call('PUT', path, { body: { [wrapper]: changes }, asks: true });
    if (put.verdict === 'refused') return { outcome: 'rejected', cause: refusedCause(put) };
    if (put.verdict === 'unclear') return { outcome: 'unknown', cause: unclearCause(put) };
  }
  const after = await desk.client.call('GET', path);
  const now = after.verdict === 'done' ? heldOf(known.family, after.json) : undefined;
  if (!now) return { outcome: 'unknown', cause: causeOfLost(after) };
  const left = Object.keys(differing(changes, (after as { json: Record<string, unknown> }).json)).filter((name) => readBack.test(name));
  if (left.length > 0)
    return {
      outcome: 'rejected',
      cause: { code: 'infakt.change_ignored', params: { number: now.number ?? now.uuid, fields: left.join(', ') } },
    };
  const bytes = await pdf(desk, idOf(known.family, known.uuid), settings);
  return { outcome: 'accepted', made: { ...madeOf(now), ...(bytes && { pdf: bytes }) } };
}

/** Fields that are read back as they were written; the others are words of the request only. */
const readBack = /^(services|notes|payment_method|client_(company_name|first_name|last_name|tax_code|street|city|post_code))$/;
/** Parts of a buyer that another one may lack: what is not sent stays as it was. */
const partsOfBuyer = ['company_name', 'first_name', 'last_name', 'tax_code', 'street_number', 'flat_number', 'email'];
/** Ours and unchanging, or said for the making only. */
const onlyForMaking = new Set(['transaction_terms', 'check_duplicate_number', 'kind', 'status', 'number']);

/** Fields of a request that the document as it was read does not have that way; of a buyer all, so that nothing of another one is left. */
export function differing(fields: Record<string, unknown>, held: Record<string, unknown>): Record<string, unknown> {
  const word = (value: unknown) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? ''));
  const inline = 'client_city' in fields;
  const whole: Record<string, unknown> = {
    ...(inline && Object.fromEntries(partsOfBuyer.map((part) => [`client_${part}`, '']))),
    ...fields,
  };
  const differs = (name: string) => (name === 'services' ? !alike(whole.services, held.services) : word(whole[name]) !== word(held[name]));
  const names = Object.keys(whole).filter((name) => !onlyForMaking.has(name) && differs(name));
  const buyer = names.some((name) => name.startsWith('client_'));
  return Object.fromEntries(
    Object.entries(whole).filter(([name]) => names.includes(name) || (buyer && inline && name.startsWith('client_'))),
  );

  function alike(sent: unknown, there: unknown): boolean {
    if (!Array.isArray(sent) || !Array.isArray(there) || sent.length !== there.length) return false;
    return sent.every((row, i) => Object.entries(row).every(([name, value]) => word(value) === word(there[i]?.[name])));
  }
}

/** Deletes a proforma; anything else that stands under the id stays, whatever we believe it to be. One that is gone is deleted. */
async function remove(desk: Desk, providerId: string): Promise<Outcome> {
  const known = familyAndUuid(providerId);
  if (!known) return { outcome: 'rejected', cause: { code: 'infakt.not_found', params: { message: providerId } } };
  const path = `/${known.family}/${known.uuid}.json`;
  const reply = await desk.client.call('GET', path);
  if (reply.verdict === 'refused' && reply.status === 404) return { outcome: 'accepted', made: { providerId } };
  const held = reply.verdict === 'done' ? heldOf(known.family, reply.json) : undefined;
  if (!held) return notSent(reply);
  if (held.kind !== 'proforma')
    return {
      outcome: 'rejected',
      cause: { code: 'infakt.not_removable', params: { number: held.number ?? held.uuid, kind: held.kind ?? '?' } },
    };
  const gone = await desk.client.call('DELETE', path, { asks: true });
  if (gone.verdict === 'done' || (gone.verdict === 'refused' && gone.status === 404)) return { outcome: 'accepted', made: { providerId } };
  return { outcome: gone.verdict === 'unclear' ? 'unknown' : 'rejected', cause: causeOfReply(gone) };
}

// ---------------------------------------------------------------- the account

type KeptFacts = AccountFacts & { at: string };

function factsKey(client: Client): string {
  return `facts:${client.keyMark}`;
}

function knownFacts(context: ConnectionContext, client: Client): KeptFacts {
  try {
    return JSON.parse(context.memory.get(factsKey(client)) ?? '{"at":""}') as KeptFacts;
  } catch {
    return { at: '' };
  }
}

/** Rates and bank accounts of the account; what it does not tell (no scope) judges nothing. */
async function learn(desk: Desk): Promise<AccountFacts> {
  const rates = listOf(await desk.client.call('GET', '/vat_rates.json', { query: { limit: '100' } }));
  const banks = listOf(await desk.client.call('GET', '/bank_accounts.json', { query: { limit: '100' } }));
  const before = knownFacts(desk.context, desk.client);
  const facts: KeptFacts = {
    at: desk.context.now().toISOString(),
    symbols: rates ? symbolsOf(rates.entities, desk.today()) : before.symbols,
    bankCurrencies: banks ? bankAccountsOf(banks.entities).map((bank) => bank.currency) : undefined,
    gtus: before.gtus,
  };
  desk.context.memory.set(factsKey(desk.client), JSON.stringify(facts));
  if (facts.gtus) await learnMarks(desk);
  return facts;
}

/** Marks of goods and their ids; read only for those who use them. A list that cannot be read judges nothing and marks nothing. */
async function learnMarks(desk: Desk): Promise<void> {
  const list = listOf(await desk.client.call('GET', '/gtus.json', { query: { limit: '100' } }));
  if (!list) return;
  const gtus: Record<string, number> = {};
  for (const { value, label } of referencesOf(list.entities)) {
    const mark = gtuNumber(/GTU[_ ]?\d{1,2}/i.exec(label)?.[0]);
    if (mark && Number.isInteger(Number(value))) gtus[mark] = Number(value);
  }
  const before = knownFacts(desk.context, desk.client);
  desk.context.memory.set(factsKey(desk.client), JSON.stringify({ ...before, gtus }));
}

async function learnDaily(desk: Desk): Promise<void> {
  const { at } = knownFacts(desk.context, desk.client);
  if (at && desk.context.now().getTime() - Date.parse(at) < dayMs) return;
  await learn(desk);
}

/** A refusal that names a rate or the bank account says that what we knew of them is out of date. */
async function learnAfter(desk: Desk, cause: CauseRef): Promise<void> {
  if ([cause, ...(cause.also ?? [])].some((c) => c.code === 'infakt.vat_rate' || c.code === 'infakt.bank_account')) await learn(desk);
}

/** Asks for one client, which costs nothing and needs only the right to read invoices; the rest is shown as far as the key may see it. */
async function check(desk: Desk): Promise<CheckResult> {
  const reply = await desk.client.call('GET', '/clients.json', { query: { limit: '1' } });
  if (reply.verdict === 'unclear')
    return {
      ok: false,
      facts: [],
      cause: { code: 'infakt.unavailable', params: { message: reply.text || '–' }, providerText: reply.text },
    };
  if (reply.verdict === 'refused') return { ok: false, facts: [{ label: 'key', value: 'no' }], cause: refusedCause(reply) };
  const details = await desk.client.call('GET', '/account/details.json');
  const account = details.verdict === 'done' ? accountOf(details.json) : undefined;
  const ksef = await desk.client.call('GET', '/ksef2/integration.json');
  const active = ksef.verdict === 'done' ? (ksef.json as { active?: unknown }).active === true : undefined;
  const facts = await learn(desk);
  return {
    ok: true,
    facts: [
      { label: 'key', value: 'yes' },
      ...(account?.name ? [{ label: 'account', value: account.name }] : []),
      ...(account?.taxId ? [{ label: 'taxId', value: account.taxId }] : []),
      ...(account?.plan ? [{ label: 'plan', value: account.plan }] : []),
      ...(account?.daysLeft !== undefined && account.daysLeft <= 14 ? [{ label: 'daysLeft', value: String(account.daysLeft) }] : []),
      { label: 'ksef', value: active === undefined ? 'unknown' : active ? 'yes' : 'no' },
      { label: 'bank', value: facts.bankCurrencies === undefined ? 'unknown' : facts.bankCurrencies.length > 0 ? 'yes' : 'no' },
    ],
  };
}

async function options(desk: Desk, list: string): Promise<{ value: string; label: string }[]> {
  if (lists[list]) return lists[list];
  if (list === 'vat-rates')
    return ((await learn(desk)).symbols ?? []).map((symbol) => ({ value: symbol, label: /^\d+$/.test(symbol) ? `${symbol}%` : symbol }));
  const path = { 'vat-exemptions': '/vat_exemptions.json', 'flat-rates': '/flat_rates.json', 'bank-accounts': '/bank_accounts.json' }[list];
  if (!path) return [];
  const answered = listOf(await desk.client.call('GET', path, { query: { limit: '100' } }));
  if (!answered) return [];
  if (list !== 'bank-accounts') return referencesOf(answered.entities);
  return bankAccountsOf(answered.entities).map((bank) => ({
    value: bank.number,
    label: [bank.name || bank.bank, `…${bank.number.slice(-4)}`, bank.currency].filter(Boolean).join(' · '),
  }));
}

export { paidOn };
