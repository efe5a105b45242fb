import type { CauseRef, Found, Made, TransferRequest } from '../../src/contract/connector.ts';
import { addDays } from '../../src/domain/days/day.ts';
import { hundredths, wantedGross } from './amounts.ts';
import { corrects, type Family, familyAndUuid, type Held, heldOf, isOss, listOf, madeOf } from './answers.ts';
import { causeOfLost, type Desk, mismatch, otherDocument } from './desk.ts';
import { buyerMarks, familyOf, orderNumberOf } from './mapper.ts';

const pageSize = 100;
const maxRows = 6_000;
const maxDetails = 100;
const maxReadings = 3;

/**
 * Is the document there? Every page of the days around its own is read, newest first; filters may be ignored over there, so each row is
 * compared here. Our mark decides; without it the order number, then the buyer with the same lines, which needs a person's word.
 */
export async function find(desk: Desk, request: TransferRequest): Promise<Found> {
  const family = familyOf(request);
  const listed = await rowsAround(desk, family, request.issueDate ?? request.content.issueDate ?? desk.today());
  if ('cause' in listed) return { found: 'unclear', cause: listed.cause };
  const detailed = await withOrders(desk, family, listed.rows, request);
  return 'cause' in detailed ? { found: 'unclear', cause: detailed.cause } : judge(detailed.rows, request);
}

/** What is made meanwhile pushes rows onto the next page, which come twice; what is deleted pulls them over its edge: then all is read again. */
async function rowsAround(desk: Desk, family: Family, day: string): Promise<{ rows: Held[] } | { cause: CauseRef }> {
  const date = isOss(family) ? 'issue_date' : 'invoice_date';
  let rows = new Map<string, Held>();
  for (let reading = 1; reading <= maxReadings; reading++) {
    rows = new Map();
    let total = 0;
    for (let offset = 0, more = true; more; ) {
      if (offset >= maxRows) return { cause: { code: 'infakt.page_instead', params: { message: `${rows.size}+` } } };
      const query = {
        [`q[${date}_gteq]`]: addDays(day, -1),
        [`q[${date}_lteq]`]: addDays(day, 1),
        order: 'id desc',
        limit: String(pageSize),
        offset: String(offset),
      };
      const reply = await desk.client.call('GET', `/${family}.json`, { query });
      const list = listOf(reply);
      if (!list) return { cause: causeOfLost(reply) };
      const { entities, total: told } = list;
      if (told !== undefined && told < total) break;
      total = told ?? total;
      const before = rows.size;
      for (const held of entities.flatMap((entity) => heldOf(family, entity) ?? [])) rows.set(held.uuid, held);
      // A page of nothing but known rows, and more to come by their count: the page asked for was not the one given. No absence is proven by that.
      if (entities.length > 0 && rows.size === before && told !== undefined && offset + entities.length < told) break;
      offset += entities.length;
      // Counts and links of their envelope are not to be trusted: an empty page or the last row ends it.
      more = entities.length > 0 && (told === undefined ? rows.size > before : offset < told);
      if (!more) return { rows: [...rows.values()] };
    }
  }
  return { cause: { code: 'infakt.page_instead', params: { message: `${rows.size}+` } } };
}

export async function read(desk: Desk, made: Pick<Made, 'providerId' | 'number'>, request: TransferRequest): Promise<Found> {
  const known = familyAndUuid(made.providerId);
  if (!known) return find(desk, request);
  const reply = await desk.client.call('GET', `/${known.family}/${known.uuid}.json`);
  if (reply.verdict === 'refused' && reply.status === 404) return { found: 'absent' };
  const held = reply.verdict === 'done' ? heldOf(known.family, reply.json) : undefined;
  if (!held) return { found: 'unclear', cause: causeOfLost(reply) };
  return { found: 'present', made: madeOf(held), by: 'reference' };
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
    if (row.orders || (isOss(family) && row.notes) || isClearlyOther(row, request)) {
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

/** Another currency, or further away than their rounding of each line can lead. What a list leaves out says nothing: it is read. */
function isClearlyOther({ gross, currency }: Held, { content }: TransferRequest): boolean {
  const wanted = hundredths(wantedGross(content));
  const away = gross === undefined || wanted === undefined ? 0n : gross < wanted ? wanted - gross : gross - wanted;
  return (currency !== undefined && currency !== content.currency) || away > BigInt(content.lines.length);
}

function judge(rows: Held[], request: TransferRequest): Found {
  const marked = rows.filter((row) => row.orders?.includes(request.reference) || mentions(row.notes, request.reference));
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
      !/(^|\s)fk:/.test(row.notes) &&
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
  return !corrects(row.family) || !original || !row.correctsUuid || row.correctsUuid === original;
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
