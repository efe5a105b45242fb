import { z } from 'zod';
import { Failed, type IncomingOrder, type PullOptions, type PullsOrders } from '../../src/contract/connector.ts';
import type { Json } from '../../src/contract/wire/json.ts';
import { text } from '../../src/contract/wire/json.ts';
import type { Client } from './client.ts';
import { incoming, isBasket, type MadeThere, type MapperSettings, orderDay, orderId, revisionOf, zone } from './mapper.ts';

/**
 * Following the orders of an account that calls nobody and has no "changed since" (contract §3.5):
 *
 *   crawl    once: every order from the chosen day on, by ascending id, so that pages cannot shift
 *   journal  each time: one list a tag, looking back a little, rows told apart by their id
 *   sweep    once a night, and whenever the journal has a hole: the last days' lists, reading what changed
 *
 * Orders are always read one by one: the lists lack addresses, payments and fields. A cursor is given with each handful of orders.
 */
const tagsEachTime = ['order_create', 'order_status_change', 'order_edit', 'invoice_create', 'receipt_create'] as const;
const tagsNowAndThen = ['order_delete', 'order_merge', 'invoice_remove', 'receipt_remove'] as const;
const nowAndThenMs = 5 * 60_000;
const overlapMs = 5 * 60_000;
/** Our clock may be ahead of theirs by as much without an order being missed. */
const firstLookMs = 24 * 3_600_000;
/** In the night when an hour comes twice the journal's local times go back. */
const overlapAtClockChangeMs = 65 * 60_000;
const pageSize = 100;
const handful = 20;
const sweepDays = 40;
const sweepFromHour = 2;
/** Runs that an order may end before it is left behind: one that can never be read must not stop all after it. */
const triesOfOrder = 3;
const sickKept = 100;
const receiptsKept = 5000;
const journalRowsKept = 3000;

const tagState = z.object({ at: z.string(), last: z.string().optional(), seen: z.record(z.string(), z.string()) });
const cursorSchema = z.object({
  since: z.string(),
  crawl: z.object({ after: z.string() }).optional(),
  sweep: z.object({ after: z.string(), from: z.string() }).optional(),
  sweptOn: z.string().optional(),
  /** Whether the account makes documents of its own; asked once a day, and the journal tells of the first. */
  own: z.boolean().optional(),
  /** Of tags that are read now and then: when last. */
  otherTagsAt: z.number().optional(),
  tags: z.record(z.string(), tagState),
  /** Statuses of the account, read once a day: one that orders are documented at may have been removed. */
  statuses: z.array(z.string()).optional(),
  /** Orders that could not be read, and how often. */
  sick: z.record(z.string(), z.number()).optional(),
  /** Orders with a receipt made inside; the API lists none. */
  receipts: z.array(z.string()),
});
type Cursor = z.infer<typeof cursorSchema>;

type Tools = { client: Client; settings: MapperSettings; now(): Date };

export function pullsOrders(tools: Tools): PullsOrders {
  return {
    pull: (cursor, options) => pull(tools, cursor, options),
    read: (id) => readOne(tools, id, true),
    past: (from, to) => past(tools, from, to),
  };
}

type Page = { orders: IncomingOrder[]; cursor: Cursor };

async function* pull(tools: Tools, stored: unknown, options: PullOptions): AsyncGenerator<Page> {
  const known = cursorSchema.safeParse(stored);
  let cursor: Cursor = known.success ? known.data : await firstCursor(tools, options.since);
  if (options.since < cursor.since) cursor = { ...cursor, since: options.since, crawl: { after: '0' }, own: undefined };
  if (sweepsNow(tools, cursor)) cursor = { ...cursor, own: undefined, statuses: undefined };
  cursor = { ...cursor, own: cursor.own ?? (await makesDocuments(tools, cursor.since)), statuses: await statusesOf(tools, cursor) };
  for await (const page of crawl(tools, cursor, options)) {
    cursor = page.cursor;
    yield page;
  }
  for await (const page of journal(tools, cursor, options)) {
    cursor = page.cursor;
    yield page;
  }
  for await (const page of sweep(tools, cursor, options)) yield page;
  // Everything that is there was read; but no order would ever be ready by a status that is gone, and nobody would hear of it.
  const gone = tools.settings.readyStatuses.filter((id) => cursor.statuses?.length && !cursor.statuses.includes(id));
  if (gone.length > 0) throw new Failed({ code: 'status_gone', params: { statuses: gone.join(', ') } });
}

async function statusesOf({ client, settings }: Tools, { statuses }: Cursor): Promise<string[] | undefined> {
  if (settings.readyStatuses.length === 0) return undefined;
  // One that was chosen since may be newer than the list.
  if (statuses && settings.readyStatuses.every((id) => statuses.includes(id))) return statuses;
  return (await client.list('statuses')).flatMap((row) => text((row as { [key: string]: Json }).id, 40) ?? []);
}

/**
 * The journal is looked at before the first order is read: it goes on behind the rows that stand there, by the shop's clock. By ours, if
 * that is ahead, the orders of the next hours would lie before the first look and be found at night only.
 */
async function firstCursor({ client, now }: Tools, since: string): Promise<Cursor> {
  const at = earlier(localTime(now()), firstLookMs);
  const tags: Cursor['tags'] = {};
  const rows: Row[] = [];
  for (const tag of [...tagsEachTime, ...tagsNowAndThen]) {
    const listed = await rowsSince(client, tag, at);
    tags[tag] = moved({ at, seen: {} }, listed, overlapAtClockChangeMs);
    rows.push(...listed);
  }
  return { since, crawl: { after: '0' }, tags, receipts: receiptsAfter([], rows), sweptOn: localTime(now()).slice(0, 10) };
}

// ---------------------------------------------------------------- lists by ascending id

/** Heads of orders by ascending id: a page can neither repeat nor skip one, whatever arrives meanwhile. */
async function* heads(client: Client, query: { date_from: string; date_to?: string }, after: string): AsyncGenerator<Json[]> {
  let from = after;
  for (;;) {
    const rows = await client.list('orders', { ...query, from_id: from, sort: 'asc', limit: pageSize, placeholder: 0 });
    // Pages go by ascending id: one in another order would end the list early.
    if (rows.length >= pageSize && later(orderId(rows[0]), orderId(rows.at(-1)) ?? '0'))
      throw new Failed({ code: 'no_answer', providerText: 'orders are not sorted by id' });
    const beyond = rows.filter((row) => later(orderId(row), from)).sort((a, b) => (later(orderId(a), orderId(b)!) ? 1 : -1));
    if (beyond.length === 0) return;
    yield beyond;
    from = orderId(beyond.at(-1)!)!;
  }
}

const later = (id: string | undefined, than: string) => id !== undefined && BigInt(id) > BigInt(than);

async function* crawl(tools: Tools, start: Cursor, options: PullOptions): AsyncGenerator<Page> {
  if (!start.crawl) return;
  let cursor = start;
  for await (const rows of heads(tools.client, { date_from: start.since }, start.crawl.after)) {
    const changed = await changedOf(rows, options);
    for (const part of handfuls(rows)) {
      const ids = part.map((row) => orderId(row)!).filter((id) => changed.has(id));
      const { orders, done, failure, sick } = await readSome(tools, ids, cursor);
      const after = failure === undefined ? orderId(part.at(-1)!)! : (done.at(-1) ?? cursor.crawl!.after);
      cursor = { ...cursor, sick, crawl: { after } };
      yield { orders, cursor };
      if (failure !== undefined) throw failure;
    }
  }
  const { crawl: _, ...done } = cursor;
  yield { orders: [], cursor: done };
}

/** Once a night. */
function sweepsNow({ now }: Tools, { sweptOn }: Cursor): boolean {
  const at = localTime(now());
  return sweptOn !== at.slice(0, 10) && Number(at.slice(11, 13)) >= sweepFromHour;
}

async function* sweep(tools: Tools, start: Cursor, options: PullOptions): AsyncGenerator<Page> {
  const today = localTime(tools.now()).slice(0, 10);
  if (!start.sweep && !sweepsNow(tools, start)) return;
  const window = daysBefore(today, sweepDays);
  let cursor: Cursor = { ...start, sweep: start.sweep ?? { after: '0', from: lastDay(window, start.since) } };
  const { from, after } = cursor.sweep!;
  for await (const rows of heads(tools.client, { date_from: from }, after)) {
    const changed = await changedOf(rows, options);
    for (const part of handfuls(rows)) {
      const ids = part.map((row) => orderId(row)!).filter((id) => changed.has(id));
      const { orders, done, failure, sick } = await readSome(tools, ids, cursor);
      const at = failure === undefined ? orderId(part.at(-1)!)! : (done.at(-1) ?? cursor.sweep!.after);
      cursor = { ...cursor, sick, sweep: { from, after: at } };
      if (ids.length > 0) yield { orders, cursor };
      if (failure !== undefined) throw failure;
    }
  }
  const { sweep: _, ...done } = cursor;
  yield { orders: [], cursor: { ...done, sweptOn: today } };
}

/** Those that are not stored as they stand in the list. */
async function changedOf(rows: Json[], options: PullOptions): Promise<Set<string>> {
  const known = await options.known(rows.map((row) => orderId(row)!));
  return new Set(rows.filter((row) => known.get(orderId(row)!) !== revisionOf(row)).map((row) => orderId(row)!));
}

function handfuls<T>(rows: T[]): T[][] {
  return Array.from({ length: Math.ceil(rows.length / handful) }, (_, i) => rows.slice(i * handful, (i + 1) * handful));
}

// ---------------------------------------------------------------- journal

type Row = { id: string; order: string; tag: string; date: string };

async function* journal(tools: Tools, start: Cursor, options: PullOptions): AsyncGenerator<Page> {
  const now = tools.now();
  const others = Math.abs(now.getTime() - (start.otherTagsAt ?? 0)) >= nowAndThenMs;
  const tags = [...tagsEachTime, ...(others ? tagsNowAndThen : [])];
  const fresh: Row[] = [];
  const read = new Map<string, Row[]>();
  const states = new Map<string, z.infer<typeof tagState>>();
  let hole: string | undefined;
  for (const tag of tags) {
    let state = start.tags[tag] ?? { at: earlier(localTime(now), firstLookMs), seen: {} };
    let from = earlier(state.at, overlapAt(now, state.at));
    let rows = await rowsSince(tools.client, tag, from);
    if (rows.length === 0 && state.at > localTime(now)) {
      // Written by a clock of ours that was ahead: theirs has not come as far.
      from = earlier(localTime(now), firstLookMs);
      state = { at: from, seen: state.seen };
      rows = await rowsSince(tools.client, tag, from);
    }
    states.set(tag, state);
    // The list may be cut; then the row that was the last one is no longer in it, and what stood between is looked for by the sweep.
    const lastDate = state.last === undefined ? undefined : state.seen[state.last];
    if (lastDate !== undefined && lastDate >= from && rows.length > 0 && !rows.some((row) => row.id === state.last))
      hole = from.slice(0, 10);
    read.set(tag, rows);
    fresh.push(...rows.filter((row) => state.seen[row.id] === undefined));
  }
  // Where rows may be missing, so may be the one that tells of the account's first own document.
  const own = fresh.some((row) => row.tag === 'invoice_create') || hole !== undefined || start.own;
  let cursor: Cursor = { ...start, own, receipts: receiptsAfter(start.receipts, fresh) };
  const byOrder = Map.groupBy(fresh, (row) => row.order);
  const ids = await wanted(
    [...byOrder.keys()].sort((a, b) => (later(a, b) ? 1 : -1)),
    options,
  );
  for (const part of handfuls(ids)) {
    const { orders, done, failure, sick } = await readSome(
      tools,
      part.map((p) => p.id),
      cursor,
    );
    cursor = withSeen(
      { ...cursor, sick },
      done.flatMap((id) => byOrder.get(id)!),
    );
    yield { orders: orders.filter((order) => isOurs(order, cursor.since, part)), cursor };
    if (failure !== undefined) throw failure;
  }
  // Only now may the next look begin later: everything before is stored.
  cursor = { ...cursor, ...(others && { otherTagsAt: now.getTime() }), tags: { ...cursor.tags } };
  for (const [tag, rows] of read) {
    const { at, last } = states.get(tag)!;
    cursor.tags[tag] = moved({ at, last, seen: cursor.tags[tag]?.seen ?? {} }, rows, overlapAtClockChangeMs);
  }
  if (hole !== undefined && !cursor.sweep)
    cursor.sweep = {
      after: '0',
      from: hole < cursor.since ? cursor.since : lastDay(daysBefore(hole, sweepDays), cursor.since),
    };
  yield { orders: [], cursor };
}

async function rowsSince(client: Client, tag: string, from: string): Promise<Row[]> {
  return (await client.list('orders_logs', { operation_tag: tag, date_from: from })).flatMap((row) => rowOf(row, tag, from));
}

/** A row whose time cannot be read counts as the oldest that was asked for: its order is read, and nothing is passed over because of it. */
function rowOf(value: Json, tag: string, from: string): Row[] {
  const row = value as { [key: string]: Json };
  const [id, order, date] = [text(row?.id, 40), text(row?.order_id, 40), text(row?.date, 19)];
  return id && order && /^\d{1,19}$/.test(order) ? [{ id, order, tag, date: date && isLocalTime(date) ? date : from }] : [];
}

function moved(state: z.infer<typeof tagState>, rows: Row[], keepMs: number): z.infer<typeof tagState> {
  const newest = rows.reduce<Row | undefined>(
    (a, b) => (a === undefined || b.date > a.date || (b.date === a.date && later(b.id, a.id)) ? b : a),
    undefined,
  );
  if (!newest) return state;
  const at = lastDay(newest.date, state.at);
  const seen = { ...state.seen, ...Object.fromEntries(rows.map((row) => [row.id, row.date])) };
  const oldest = earlier(at, keepMs);
  const kept = Object.entries(seen)
    .filter(([, date]) => date >= oldest)
    .sort(([, a], [, b]) => (a < b ? 1 : -1))
    .slice(0, journalRowsKept);
  return { at, last: newest.id, seen: Object.fromEntries(kept) };
}

function withSeen(cursor: Cursor, rows: Row[]): Cursor {
  const tags = { ...cursor.tags };
  for (const row of rows) {
    const state = tags[row.tag] ?? { at: row.date, seen: {} };
    tags[row.tag] = { ...state, seen: { ...state.seen, [row.id]: row.date } };
  }
  return { ...cursor, tags };
}

function receiptsAfter(before: string[], rows: Row[]): string[] {
  const orders = new Set(before);
  for (const row of rows.filter((r) => r.tag.startsWith('receipt_')).sort((a, b) => (a.date < b.date ? -1 : 1)))
    if (row.tag === 'receipt_create') orders.add(row.order);
    else orders.delete(row.order);
  return [...orders].slice(-receiptsKept);
}

/** Orders of before our time are none of ours, unless they are stored already. */
async function wanted(ids: string[], options: PullOptions): Promise<{ id: string; stored: boolean }[]> {
  if (ids.length === 0) return [];
  const known = await options.known(ids);
  return ids.map((id) => ({ id, stored: known.has(id) }));
}

function isOurs(order: IncomingOrder, since: string, part: { id: string; stored: boolean }[]): boolean {
  if (!('order' in order)) return true;
  if (part.find((p) => p.id === order.order.externalId)?.stored) return true;
  return localTime(new Date(order.order.orderedAt)).slice(0, 10) >= since;
}

// ---------------------------------------------------------------- one order

/** An account that never makes documents of its own is not asked about each order (contract §7). */
async function makesDocuments({ client }: Tools, since: string): Promise<boolean> {
  return (await client.list('invoices', { date_from: since, limit: 1 })).length > 0;
}

/**
 * Reads orders one after another. What was read before a failure is not lost with it: the cursor moves as far as that. An order that
 * ended several runs is left behind as unreadable, and is read again with all such at every run.
 */
async function readSome(
  tools: Tools,
  ids: string[],
  cursor: Pick<Cursor, 'receipts' | 'own' | 'sick'>,
): Promise<{ orders: IncomingOrder[]; done: string[]; failure?: unknown; sick: Cursor['sick'] }> {
  const orders: IncomingOrder[] = [];
  const done: string[] = [];
  let sick = cursor.sick;
  for (const id of ids) {
    try {
      const order = await readOne(tools, id, cursor.own !== false, cursor.receipts.includes(id));
      if (order) orders.push(order);
      done.push(id);
      if (sick?.[id]) sick = Object.fromEntries(Object.entries(sick).filter(([one]) => one !== id));
    } catch (failure) {
      // Everybody waits for a limit or a key; that is no order's fault.
      const own = failure instanceof Failed && failure.ref.code === 'no_answer' ? failure.ref : undefined;
      if (!own) return { orders, done, failure, sick };
      const times = (sick?.[id] ?? 0) + 1;
      sick = Object.fromEntries([...Object.entries(sick ?? {}).filter(([one]) => one !== id), [id, times]].slice(-sickKept));
      if (times < triesOfOrder) return { orders, done, failure, sick };
      const message = own.providerText ?? '–';
      orders.push({ externalId: id, rejected: { code: 'E_ORDER_UNREADABLE', level: 'reject', where: '', params: { value: message } } });
      done.push(id);
    }
  }
  return { orders, done, sick };
}

async function readOne({ client, settings }: Tools, id: string, own: boolean, receipt = false): Promise<IncomingOrder | undefined> {
  if (!/^\d{1,19}$/.test(id)) return { gone: true, externalId: id };
  const value = await client.one(`orders/${id}`);
  if (value === undefined) return { gone: true, externalId: id };
  if (isBasket(value)) return undefined;
  const madeThere: MadeThere = receipt ? [{ kind: 'receipt', id: `receipt of ${id}` }] : [];
  if (own)
    for (const row of await client.list('invoices', { order_id: id, limit: pageSize })) {
      const { id: invoice, number } = row as { [key: string]: Json };
      madeThere.push({ kind: 'invoice', id: text(invoice, 40) ?? '', number: text(number, 100) });
    }
  return incoming(value, settings, madeThere);
}

async function* past(tools: Tools, from: string, to: string): AsyncGenerator<IncomingOrder[]> {
  const own = await makesDocuments(tools, from);
  // The day after, for their `date_to` is not included (contract §3.1).
  for await (const rows of heads(tools.client, { date_from: from, date_to: daysBefore(to, -1) }, '0')) {
    const inside = rows.filter((row) => orderDay(row) >= from && orderDay(row) <= to);
    for (const part of handfuls(inside)) {
      const { orders, failure } = await readSome(
        tools,
        part.map((row) => orderId(row)!),
        { receipts: [], own },
      );
      yield orders;
      if (failure !== undefined) throw failure;
    }
  }
}

// ---------------------------------------------------------------- their local times

const local = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });

/** `YYYY-MM-DD HH:MM:SS` on their clocks. */
function localTime(at: Date): string {
  return local.format(at);
}

const isLocalTime = (at: string) => /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(at) && !Number.isNaN(Date.parse(`${at.replace(' ', 'T')}Z`));

function earlier(at: string, ms: number): string {
  return new Date(Date.parse(`${at.replace(' ', 'T')}Z`) - ms).toISOString().slice(0, 19).replace('T', ' ');
}

/** The later of two days or times, written alike. */
function lastDay(a: string, b: string): string {
  return [a, b].sort().at(-1)!;
}

function daysBefore(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10);
}

/** Around the hour that comes twice rows go back in time: as long as that is near now, or near the last row that was seen. */
function overlapAt(now: Date, last: string): number {
  const seen = Date.parse(`${last.replace(' ', 'T')}Z`);
  const ahead = (at: Date) => Date.parse(`${localTime(at).replace(' ', 'T')}Z`) - Math.floor(at.getTime() / 1000) * 1000;
  const changes = (from: number, to: number) => ahead(new Date(from)) !== ahead(new Date(to));
  const near = changes(now.getTime() - 3 * 3_600_000, now.getTime()) || changes(seen - 3 * 3_600_000, seen + 3 * 3_600_000);
  return near ? overlapAtClockChangeMs : overlapMs;
}
