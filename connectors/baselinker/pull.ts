import { z } from 'zod';
import type { IncomingOrder, PullOptions, PullsOrders } from '../../src/contract/connector.ts';
import { readInstant } from '../../src/contract/files/local-time.ts';
import type { Fields, Json } from '../../src/contract/wire/json.ts';
import { list, text } from '../../src/contract/wire/json.ts';
import type { Client } from './client.ts';
import { type DocumentSettings, MadeOverThere } from './made.ts';
import {
  confirmedAt,
  idOf,
  incoming,
  isReturn,
  isUnconfirmed,
  type MadeThere,
  type MapperSettings,
  orderId,
  orderRevision,
  revisionOf,
} from './mapper.ts';

/**
 * Following the orders of an account (contract §2.1, §2.3, §2.4). Every run, in this order:
 *
 *   journal   what changed since the last row: kept in the cursor as "to be read" before anything is read
 *   walk      by the date of confirmation, once from the chosen day on, then from ten minutes before the newest one known
 *   read      what the journal named and the walk did not bring, one by one
 *   sweep     the last days once more: each night; each hour where the journal never said anything; when it has a hole
 *
 * Nothing is skipped when a run breaks off: a page is stored together with the cursor behind it.
 */
const zone = 'Europe/Warsaw';
const pageSize = 100;
const overlapSeconds = 600;
const journalDays = 3;
const sweepDays = 14;
const sweepFromHour = 2;
const sweepEveryHours = 1;
const journalPages = 100;
/** Rows that change what a document says, or that a document was made or removed over there. */
const journalTypes = [1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 14, 16, 17, 18, 19, 20];
/** Rows whose object is another order. */
const aboutTwo = new Set(['5', '6', '17']);

const walkSchema = z.object({ from: z.number(), /** Within that second: the next id. */ id: z.number().optional() });
const cursorSchema = z.object({
  since: z.string(),
  journal: z.object({ id: z.string(), /** Unix seconds of the last look. */ at: z.number() }),
  walk: walkSchema.optional(),
  /** Highest date of confirmation seen. */
  last: z.number(),
  toRead: z.array(z.string()),
  sweep: walkSchema.optional(),
  sweptAt: z.number(),
});
type Cursor = z.infer<typeof cursorSchema>;
type Walk = z.infer<typeof walkSchema>;

type Tools = { client: Client; settings: MapperSettings; documents: DocumentSettings; now(): Date };
type Page = { orders: IncomingOrder[]; cursor: Cursor };
type Run = Tools & { options: PullOptions; made: MadeOverThere };

export function pullsOrders(tools: Tools): PullsOrders {
  return {
    pull: (cursor, options) => pull(tools, cursor, options),
    read: (id) => readOne(tools, id, (one) => new MadeOverThere(tools.client, tools.documents, 0).ofOne(one)),
    past: (from, to) => past(tools, from, to),
  };
}

const nowSeconds = (tools: Tools) => Math.floor(tools.now().getTime() / 1000);

async function* pull(tools: Tools, stored: unknown, options: PullOptions): AsyncGenerator<Page> {
  const known = cursorSchema.safeParse(stored);
  let cursor: Cursor = known.success ? known.data : await firstCursor(tools, options.since);
  if (options.since < cursor.since) cursor = { ...cursor, since: options.since, walk: { from: dayStart(options.since) } };
  const run: Run = { ...tools, options, made: new MadeOverThere(tools.client, tools.documents, dayStart(cursor.since)) };
  for (const step of [journal, newest, named, sweep])
    for await (const page of step(run, cursor)) {
      cursor = page.cursor;
      yield page;
    }
}

/** The journal is looked at before the first order is read: whatever changes from now on is in it. */
async function firstCursor(tools: Tools, since: string): Promise<Cursor> {
  const rows = await logs(tools.client, '0');
  const id = rows.reduce((highest, row) => (later(row.id, highest) ? row.id : highest), '0');
  const now = nowSeconds(tools);
  return { since, journal: { id, at: now }, walk: { from: dayStart(since) }, last: 0, toRead: [], sweptAt: now };
}

// ---------------------------------------------------------------- journal

type Log = { id: string; type: string; orders: string[] };

/** Rows behind `id`; whether the row itself comes along is not documented, so it is dropped. */
async function logs(client: Client, id: string): Promise<Log[]> {
  const found: Log[] = [];
  let last = id;
  for (let page = 0; page < journalPages; page++) {
    const answer = await client.ask('getJournalList', { last_log_id: Number(last), logs_types: journalTypes });
    const rows = list(answer.logs).flatMap((row) => logOf(row) ?? []);
    const fresh = rows.filter((row) => later(row.id, last)).sort((a, b) => (later(a.id, b.id) ? 1 : -1));
    if (fresh.length === 0) break;
    found.push(...fresh);
    last = fresh.at(-1)!.id;
  }
  return found;
}

function logOf(row: Fields): Log | undefined {
  const id = idOf(row.log_id) ?? idOf(row.id);
  const order = idOf(row.order_id);
  if (!id) return undefined;
  const type = text(row.log_type) ?? '';
  const other = aboutTwo.has(type) ? idOf(row.object_id) : undefined;
  return { id, type, orders: [order, other].filter((one) => one !== undefined) };
}

const later = (id: string, than: string) => BigInt(id) > BigInt(than);

async function* journal(run: Run, start: Cursor): AsyncGenerator<Page> {
  const now = nowSeconds(run);
  const rows = await logs(run.client, start.journal.id);
  const toRead = [...new Set([...start.toRead, ...rows.flatMap((row) => row.orders)])];
  // It keeps three days only: what it may have forgotten is looked for.
  const silentSeconds = now - start.journal.at;
  const hole = silentSeconds > journalDays * 86_400 - 3_600;
  const from = Math.max(dayStart(start.since), now - sweepDays * 86_400 - silentSeconds);
  yield {
    orders: [],
    cursor: {
      ...start,
      toRead,
      journal: { id: rows.at(-1)?.id ?? start.journal.id, at: now },
      ...(hole && { sweep: start.sweep && start.sweep.from < from ? start.sweep : { from } }),
    },
  };
}

// ---------------------------------------------------------------- by date of confirmation

/**
 * Pages of orders, each with where to go on. A page ends within a second as a rule, so the next one begins with that second again; where
 * a second has more orders than a page, it is walked by id (contract §2.1). Whether "from" takes the second it names is found out.
 */
async function* pages(client: Client, start: Walk): AsyncGenerator<{ rows: Json[]; next: Walk | undefined }> {
  let at: Walk = start;
  let inclusive: boolean | undefined;
  const seen = new Set<string>();
  for (;;) {
    const probing = inclusive === undefined && at.id === undefined && at !== start;
    const asked = inclusive || probing ? at.from : Math.max(0, at.from - 1);
    const rows = await confirmed(client, { date_confirmed_from: asked, ...(at.id !== undefined && { id_from: at.id }) });
    if (rows.some((row) => confirmedAt(row) === asked)) inclusive = true;
    else if (probing) {
      // The order that ended the last page is of this very second and did not come: "from" leaves its second out.
      inclusive = false;
      continue;
    }
    const fresh = rows.filter((row) => !seen.has(orderId(row) ?? ''));
    for (const row of rows) seen.add(orderId(row) ?? '-');
    const next = nextOf(at, rows, asked);
    yield { rows: fresh, next };
    if (!next) return;
    at = next;
  }
}

/** `getOrders` gives them by date of confirmation, at most a hundred. */
async function confirmed(client: Client, parameters: { date_confirmed_from: number; id_from?: number }): Promise<Json[]> {
  const answer = await client.ask('getOrders', { ...parameters, get_unconfirmed_orders: false });
  return Array.isArray(answer.orders) ? answer.orders : [];
}

/** Where to go on after a page; undefined after the last one. */
function nextOf(at: Walk, rows: Json[], asked: number): Walk | undefined {
  const full = rows.length >= pageSize;
  // With some of the second before, which only this first page asked for: once more without it, for this second may have come in part.
  if (full && asked < at.from && rows.some((row) => confirmedAt(row) < at.from)) return { ...at };
  const inSecond = rows.filter((row) => confirmedAt(row) === at.from).map((row) => Number(orderId(row) ?? 0));
  if (at.id !== undefined) {
    const highest = Math.max(at.id - 1, ...inSecond);
    return full && highest >= at.id ? { from: at.from, id: highest + 1 } : { from: at.from + 1 };
  }
  if (!full) return undefined;
  const last = confirmedAt(rows.at(-1)!);
  if (last > at.from) return { from: last };
  return { from: at.from, id: Math.max(0, ...inSecond) + 1 };
}

async function* newest(run: Run, start: Cursor): AsyncGenerator<Page> {
  let cursor = start;
  const from = start.walk ?? { from: Math.max(dayStart(start.since), start.last - overlapSeconds) };
  for await (const { rows, next } of pages(run.client, from)) {
    const orders = await changed(run, rows, cursor, false);
    const { walk: _, ...rest } = cursor;
    const read = new Set(rows.map((row) => orderId(row)));
    cursor = {
      ...rest,
      ...(next && { walk: next }),
      last: Math.max(cursor.last, ...rows.map(confirmedAt)),
      // Named by the journal and just read: of those the document over there may be what changed, which `changed` asked for.
      toRead: cursor.toRead.filter((id) => !read.has(id)),
    };
    yield { orders, cursor };
  }
}

async function* sweep(run: Run, start: Cursor): AsyncGenerator<Page> {
  const now = nowSeconds(run);
  const hour = Number(local.format(run.now()).slice(11, 13));
  const nightly = localDay(start.sweptAt) !== localDay(now) && hour >= sweepFromHour;
  const silent = start.journal.id === '0' && Math.abs(now - start.sweptAt) >= sweepEveryHours * 3_600;
  if (!start.sweep && !nightly && !silent) return;
  const from = start.sweep ?? { from: Math.max(dayStart(start.since), now - sweepDays * 86_400) };
  const made = new MadeOverThere(run.client, run.documents, from.from);
  let cursor: Cursor = { ...start, sweep: from };
  for await (const { rows, next } of pages(run.client, from)) {
    const orders = await changed({ ...run, made }, rows, cursor, true);
    const { sweep: _, ...rest } = cursor;
    cursor = next ? { ...rest, sweep: next } : { ...rest, sweptAt: now };
    yield { orders, cursor };
  }
}

/**
 * The orders of a page that are not stored as they are now. Documents over there are compared only where `whole`, or where the journal
 * named the order: for the rest they are asked only of orders that are new or changed.
 */
async function changed(run: Run, rows: Json[], cursor: Cursor, whole: boolean): Promise<IncomingOrder[]> {
  const sales = rows.filter((row) => !isUnconfirmed(row) && !isReturn(row) && inTime(row, cursor));
  const stored = await run.options.known(sales.flatMap((row) => orderId(row) ?? []));
  const named = new Set(cursor.toRead);
  const candidates = sales.filter((row) => {
    const id = orderId(row);
    if (whole || id === undefined || named.has(id)) return true;
    return stored.get(id)?.split('.')[0] !== orderRevision(row);
  });
  const made = await run.made.of(candidates.flatMap((row) => orderId(row) ?? []));
  return candidates.flatMap((row) => {
    const there = made.get(orderId(row) ?? '') ?? [];
    const id = orderId(row);
    return id !== undefined && stored.get(id) === revisionOf(row, there) ? [] : [incoming(row, run.settings, there)];
  });
}

/** The day of confirmation counts: what was confirmed before our time is none of ours. */
const inTime = (row: Json, { since }: Pick<Cursor, 'since'>) => localDay(confirmedAt(row)) >= since;

// ---------------------------------------------------------------- one by one

/** Each with its cursor: a limit that is used up in the middle must not send a heap of them back to the beginning. */
async function* named(run: Run, start: Cursor): AsyncGenerator<Page> {
  let cursor = start;
  const last = new Set<string>();
  while (cursor.toRead.length > 0) {
    const [id, ...others] = cursor.toRead as [string, ...string[]];
    const order = await readOne(run, id, async (one) => (await run.made.of([one])).get(one) ?? []);
    // What took something over comes before what is gone with it: then it is superseded and not cancelled.
    if (order && 'gone' in order && others.length > 0 && !last.has(id)) {
      last.add(id);
      cursor = { ...cursor, toRead: [...others, id] };
      continue;
    }
    const known = (await run.options.known([id])).has(id);
    cursor = { ...cursor, toRead: others };
    yield { orders: order && (known || ('order' in order && isOurs(order, cursor))) ? [order] : [], cursor };
  }
}

const isOurs = ({ order }: Extract<IncomingOrder, { order: unknown }>, { since }: Cursor) =>
  localDay(Date.parse(order.readyAt ?? order.orderedAt) / 1000) >= since;

async function readOne(
  { client, settings }: Tools,
  id: string,
  made: (id: string) => Promise<MadeThere>,
): Promise<IncomingOrder | undefined> {
  if (idOf(id) === undefined) return { gone: true, externalId: id };
  const answer = await client.ask('getOrders', { order_id: Number(id), get_unconfirmed_orders: true });
  const row = list(answer.orders).find((one) => orderId(one) === id);
  if (!row) return { gone: true, externalId: id };
  if (isUnconfirmed(row) || isReturn(row)) return undefined;
  return incoming(row, settings, await made(id));
}

async function* past(tools: Tools, from: string, to: string): AsyncGenerator<IncomingOrder[]> {
  const made = new MadeOverThere(tools.client, tools.documents, dayStart(from));
  for await (const { rows } of pages(tools.client, { from: dayStart(from) })) {
    const inside = rows.filter((row) => localDay(confirmedAt(row)) >= from && localDay(confirmedAt(row)) <= to && !isReturn(row));
    const there = await made.of(inside.flatMap((row) => orderId(row) ?? []));
    if (inside.length > 0) yield inside.map((row) => incoming(row, tools.settings, there.get(orderId(row) ?? '') ?? []));
    if (rows.length > 0 && rows.every((row) => localDay(confirmedAt(row)) > to)) return;
  }
}

// ---------------------------------------------------------------- days

const local = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
const localDay = (at: number) => local.format(new Date(at * 1000)).slice(0, 10);
const dayStart = (day: string) => Math.floor(Date.parse(readInstant(`${day} 00:00:00`, zone) ?? `${day}T00:00:00Z`) / 1000);
