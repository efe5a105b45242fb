import type { Outcome, TransferRequest } from '../../src/contract/connector.ts';
import { learnAfter, learnMarks } from './account.ts';
import { clientsWithTaxId, type Family, familyAndUuid, type Held, heldOf, isOss, listOf, taskOf } from './answers.ts';
import { refusedCause, unclearCause } from './causes.ts';
import { causeOfFindings, type Desk, notSent } from './desk.ts';
import { buyerOf, correctionRequest, familyOf, invoiceRequest, taxCodeOf } from './mapper.ts';
import { preflight } from './preflight.ts';
import type { InfaktSettings } from './settings.ts';
import { ticketOf } from './ticket.ts';

export async function send(desk: Desk, request: TransferRequest): Promise<Outcome> {
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
export async function wanted(desk: Desk, request: TransferRequest, settings: InfaktSettings): Promise<{ body: object } | Outcome> {
  const days = { today: desk.today() };
  const { gtus } = desk.facts();
  if (request.kind === 'correction') {
    const original = await readOriginal(desk, request);
    return 'outcome' in original ? original : { body: correctionRequest(request, settings, days, original, gtus) };
  }
  const client = settings.clients === 'link' ? await clientOf(desk, request) : {};
  if ('outcome' in client) return client;
  const before = await previousAdvance(desk, request);
  if ('outcome' in before) return before;
  return { body: invoiceRequest(request, settings, days, { clientId: client.id, gtus, previousAdvance: before.id }) };
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
  const of: Family = isOss(familyOf(request)) ? 'oss_invoices' : 'invoices';
  const reply = await desk.client.call('GET', `/${of}.json`, { query: { 'q[number_eq]': number, limit: '100' } });
  const list = listOf(reply);
  if (!list) return notSent(reply);
  // The filter may have been ignored: only a document of this very number is the one.
  const held = list.entities.flatMap((entity) => heldOf(of, entity) ?? []).filter((h) => h.number === number);
  return held.length === 1 ? held[0]! : unknownOriginal(number);
}

/**
 * The advance before this one: the last of those that the final invoice settles, or of the same order that are known here. Looked up by
 * number, for the document's own id is what they want.
 */
async function previousAdvance(desk: Desk, request: TransferRequest): Promise<{ id?: number } | Outcome> {
  const { kind, content } = request;
  const settled = kind === 'final' ? content.prepayments.map((p) => p.number) : undefined;
  const numbers = settled ?? (kind === 'prepayment' ? (request.known ?? []).filter((k) => !k.reversed).map((k) => k.number) : []);
  const ids: number[] = [];
  for (const number of numbers) {
    const reply = await desk.client.call('GET', '/advance_invoices.json', { query: { 'q[number_eq]': number, limit: '100' } });
    const list = listOf(reply);
    if (!list) return notSent(reply);
    const found = list.entities
      .flatMap((entity) => heldOf('advance_invoices', entity) ?? [])
      .filter((h) => h.number === number && h.id > 0);
    if (found.length === 1) ids.push(found[0]!.id);
    else if (settled) return { outcome: 'rejected', cause: { code: 'infakt.advance_unknown', params: { message: number } } };
  }
  return ids.length > 0 ? { id: Math.max(...ids) } : {};
}

function unknownOriginal(number: string): Outcome {
  return { outcome: 'rejected', cause: { code: 'infakt.original_unknown', params: { number } } };
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
  if ((list.total ?? 0) > 0 || list.entities.length > 0) return {};
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
