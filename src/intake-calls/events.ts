import { sql } from 'kysely';
import type { OrderEvent } from '../contract/connector.ts';
import type { DocumentContent } from '../domain/documents/document.ts';
import { type CorrectionOptions, proposeCorrections, tookUpRefunds } from '../domain/documents/index.ts';
import type { Finding } from '../domain/finding.ts';
import { fromMinor, sum, toMinor } from '../domain/money/money.ts';
import { type Order, refundsGiven } from '../domain/orders/order.ts';
import { orderSums } from '../domain/orders/suggest.ts';
import { type Channel, storeOrders } from '../intake/index.ts';
import type { Context } from '../jobs/index.ts';
import { announce, byLot, json, type Tx } from '../store/index.ts';
import {
  awaited,
  changedAfterIssue,
  correctInTransaction,
  issueInTransaction,
  lastCorrection,
  lockDocuments,
  openEvents,
  policiesOf,
  readOrganization,
  type Who,
} from '../toissue/index.ts';

/**
 * Refunds and cancellations of sold orders. An event is kept before anything is done with it and laid over its order whenever the
 * order is read, so it does not matter which of the two arrives first or how often. Issued documents get a correction; one that
 * is still on its way to the provider is corrected when it has arrived.
 */
type StoredEvent = { id: string; event: OrderEvent; done_at: Date | null };

export async function eventsFor(tx: Tx, organizationId: string, connectionId: string, orders: Order[]): Promise<StoredEvent[]> {
  const ids = orders.map((o) => o.externalId);
  const values = orders.flatMap((o) => o.aliases.map((a) => a.value));
  return tx
    .selectFrom('order_event')
    .select(['id', 'event', 'done_at'])
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .where((e) => e.or([e('external_id', 'in', ids), ...(values.length > 0 ? [e('value', 'in', values)] : [])]))
    .orderBy('id')
    .execute();
}

/** A cancelled group takes with it what was sold before; what is sold later under the same name stands. */
function concerns(stored: StoredEvent, order: Order): boolean {
  const { event } = stored;
  if (event.event !== 'group_cancelled') return event.externalId === order.externalId;
  return event.at >= order.orderedAt && order.aliases.some((a) => a.scheme === event.alias.scheme && a.value === event.alias.value);
}

/**
 * The order as it stands after what happened to it. A refund counts once its time has come (`now` or done before): the sale is
 * documented as it was, then corrected, whichever was heard of first.
 */
export function overlaid(order: Order, events: StoredEvent[], now?: string): Order {
  let result = order;
  for (const stored of events) {
    if (!concerns(stored, order)) continue;
    const { event } = stored;
    if (event.event === 'refunded') {
      if (!stored.done_at && stored.id !== now) continue;
      if (result.refunds.some((r) => r.externalId === event.refund.externalId)) continue;
      result = { ...result, refunds: [...result.refunds, event.refund] };
    } else result = { ...result, status: 'cancelled', cancelledAt: result.cancelledAt ?? event.at };
  }
  return result;
}

export async function channelOf(tx: Tx, organizationId: string, connectionId: string): Promise<Channel> {
  return { connectionId, policies: policiesOf(await readOrganization(tx, organizationId)), prepare: {} };
}

const batch = 50;
type Sale = { order_id: string; order_content: Order };

/** Orders that events are about and that were not dealt with yet, and nothing that they would have to wait for is under way. */
const openOrders = sql`${openEvents} and not exists (select 1 from ${awaited})`;

/** The job: lays the event over its orders and corrects their documents, a batch in a transaction; a killed one goes on. */
export async function workOrderEvent(ctx: Context, organizationId: string, eventId: string): Promise<void> {
  for (;;) {
    const done = await ctx.store.org(organizationId, async (tx) => {
      const stored = await tx
        .selectFrom('order_event')
        .selectAll()
        .where('organization_id', '=', organizationId)
        .where('id', '=', eventId)
        .forNoKeyUpdate()
        .executeTakeFirst();
      if (!stored) return 0;
      const { rows } = await sql<Sale>`select o.id as order_id, o.content as order_content from ${openOrders}
        and e.organization_id = ${organizationId} and e.id = ${eventId} order by o.id limit ${batch} for no key update of o`.execute(tx);
      if (rows.length === 0) return 0;
      const connection = await tx
        .selectFrom('connection')
        .select(['id', 'name'])
        .where('organization_id', '=', organizationId)
        .where('id', '=', stored.connection_id)
        .executeTakeFirstOrThrow();
      const who = { organizationId, actor: `connection:${connection.name}` };
      const events = await eventsFor(
        tx,
        organizationId,
        connection.id,
        rows.map((r) => r.order_content),
      );
      const channel = await channelOf(tx, organizationId, connection.id);
      const orders = rows.map((r) => ({ id: r.order_id, order: overlaid(r.order_content, events, eventId) }));
      await storeOrders(tx, ctx, who, channel, orders);
      const sales: { id: string; order: Order; sale: Issued }[] = [];
      for (const { id, order } of orders) sales.push({ id, order, sale: await issuedFor(tx, organizationId, id) });
      // All of them at once, in the one order of locks: they are corrected in turn, and a correction that is issued takes its number.
      const concerned = sales.flatMap(({ sale }) => sale.documents.map((d) => d.id));
      if (concerned.length > 0) await lockDocuments(tx, organizationId, concerned);
      for (const { id, order, sale } of sales) {
        const documentId = await correctSale(tx, ctx, who, sale, order, stored.event);
        await tx
          .insertInto('order_event_done')
          .values({ organization_id: organizationId, event_id: eventId, order_id: id, document_id: documentId ?? null, at: ctx.now() })
          .execute();
      }
      // While an order of it waits it is not done: the sweep comes for it, however long that takes.
      await tx
        .updateTable('order_event')
        .set({ done_at: ctx.now() })
        .where('organization_id', '=', organizationId)
        .where('id', '=', eventId)
        .where(sql<boolean>`not exists (select 1 from ${openEvents} and e.organization_id = ${organizationId} and e.id = ${eventId})`)
        .execute();
      await announce(tx, organizationId, 'orders');
      return rows.length;
    });
    if (done < batch) return;
  }
}

type Original = { id: string; number: string; content: DocumentContent; series_id: string | null };
type Issued = { documents: Original[]; shared: boolean };

/** The issued documents of a sale: of the order itself, parts split off, what they were merged into. `shared` when other orders stand on them too. */
async function issuedFor(tx: Tx, organizationId: string, orderId: string): Promise<Issued> {
  const { rows } = await sql<Original & { state: string; own: boolean }>`
    with recursive mine as (
      select id, merged_into from document
      where organization_id = ${organizationId} and order_id = ${orderId} and (purpose = 'sale' or purpose like 'part:%')
      union
      select d.id, d.merged_into from document d join mine m on d.id = m.merged_into or d.merged_into = m.id where d.organization_id = ${organizationId}
    )
    select d.id, d.number, d.content, d.series_id, d.state, coalesce(d.order_id = ${orderId}, false) as own
    from document d where d.organization_id = ${organizationId} and d.id in (select id from mine) order by d.purpose, d.id`.execute(tx);
  return { documents: rows.filter((row) => row.state === 'issued'), shared: rows.some((row) => !row.own) };
}

/**
 * Corrects the issued documents of a sale. Returns the correction. What cannot be explained is left to a person, with a hold on the
 * documents; so is everything about one that other orders stand on as well, for what is theirs must not be taken back.
 */
async function correctSale(tx: Tx, ctx: Context, who: Who, sale: Issued, order: Order, event: OrderEvent): Promise<string | undefined> {
  const { documents, shared } = sale;
  if (documents.length === 0) return undefined;
  const bases: DocumentContent[] = [];
  for (const { id, content } of documents) bases.push((await lastCorrection(tx, who.organizationId, id)) ?? content);
  // Corrected by hand before the news of it came, here or while it waited: not a second time. Where more was corrected than is told so far, a person knows why.
  const takenUp =
    event.event === 'refunded' && !shared
      ? tookUpRefunds(
          documents.map(({ content }) => content),
          bases,
          order,
        )
      : 'less';
  if (takenUp === 'all') return undefined;
  const wanted =
    shared || takenUp === 'more'
      ? undefined
      : event.event === 'refunded'
        ? refundOptions(bases, order, event.refund)
        : documents.map((document) => cancelOptions(document, event.reason));
  const made: { id: string; content: DocumentContent; of: string }[] = [];
  for (const [i, document] of documents.entries()) {
    const options = wanted?.[i];
    // One that the refund does not concern stays as it is, with what it may be held for.
    if (wanted && !options) continue;
    const result = options
      ? await prepareCorrection(tx, ctx, who, document, options)
      : { findings: [unexplained(documents, order, ctx.now())] };
    if ('id' in result) {
      made.push({ ...result, of: document.id });
      continue;
    }
    // A correction that is open ends some day; what the order says is still to be taken up then.
    const isOpen = result.findings.some((f) => f.code === 'H_CORRECTION_OPEN');
    await settleHold(tx, ctx, who, document.id, isOpen ? [unexplained([document], order, ctx.now())] : result.findings);
  }
  const { currency } = bases[0]!;
  const grosses = (contents: DocumentContent[]) => sum(contents.map(({ totals }) => toMinor(totals.gross, currency)));
  const corrected =
    grosses(documents.map((d) => d.content)) -
    grosses(bases) -
    sum(made.map(({ content }) => toMinor(content.correction!.difference.gross, currency)));
  // What one is held for is not over while other refunds are to be taken up: the issue of the correction tells (`endChanges`).
  if (event.event !== 'refunded' || corrected >= refundedOf(order, currency))
    for (const { of } of made) await settleHold(tx, ctx, who, of, []);
  return made.at(-1)?.id;
}

const reasons = {
  refunded: { pl: 'Zwrot', en: 'Refund', hu: 'Visszatérítés', sv: 'Återbetalning' },
  cancelled: { pl: 'Sprzedaż anulowana', en: 'Sale cancelled', hu: 'Az értékesítés meghiúsult', sv: 'Försäljningen inställd' },
};

const refundedOf = (order: Order, currency: string) => sum(refundsGiven(order).map((r) => toMinor(r.amount, currency)));

function cancelOptions(document: Original, reason: string | undefined): CorrectionOptions {
  return { reason: reason || reasons.cancelled[document.content.language], reasonCode: 'cancel', cancel: true };
}

/** What the refund asks of each document, as its corrections left it; undefined when they do not explain all of it. */
function refundOptions(
  bases: DocumentContent[],
  order: Order,
  refund: Order['refunds'][number],
): (CorrectionOptions | undefined)[] | undefined {
  const { currency, language } = bases[0]!;
  const { options, unexplained } = proposeCorrections(bases, order, refund, refund.reason || reasons.refunded[language]);
  return toMinor(unexplained, currency) === 0n ? options : undefined;
}

function unexplained(documents: Original[], order: Order, now: Date): Finding {
  const { currency } = documents[0]!.content;
  const issued = sum(documents.map(({ content }) => toMinor(content.totals.gross, currency)));
  const gone = order.status === 'cancelled' ? (order.declaredTotal ?? fromMinor(orderSums(order).total, currency)) : undefined;
  const refunded = gone === undefined ? refundedOf(order, currency) : toMinor(gone, currency);
  return changedAfterIssue([], now, {
    number: documents.map(({ number }) => number).join(', '),
    issued: fromMinor(issued, currency),
    now: fromMinor(issued - refunded, currency),
  });
}

/** The correction goes where its original went: a series of the same connection comes before the default one. */
async function prepareCorrection(
  tx: Tx,
  ctx: Context,
  who: Who,
  document: Original,
  options: CorrectionOptions,
): Promise<{ id: string; content: DocumentContent } | { findings: Finding[] }> {
  const all = await tx.selectFrom('series').selectAll().where('organization_id', '=', who.organizationId).execute();
  const own = all.find((s) => s.id === document.series_id);
  const usable = all.filter((s) => s.kind === 'correction' && s.active);
  const series =
    usable.find((s) => s.connection_id === (own?.connection_id ?? null) && s.is_default) ??
    usable.find((s) => s.connection_id === (own?.connection_id ?? null)) ??
    usable.find((s) => s.is_default);
  const result = await correctInTransaction(tx, ctx, who, document.id, options, series?.id);
  if (result.outcome === 'refused') {
    const done = result.findings.every((f) => f.code === 'H_CORRECTION_REFUSED' && f.params?.why === 'nothing-changes');
    return { findings: done ? [] : result.findings };
  }
  if (series?.auto_issue && !result.findings.some((f) => f.level === 'hold')) {
    await issueInTransaction(tx, ctx, { ...who, actor: 'automatic' }, [result.id], { mail: series.settings.mail === true });
  }
  return { id: result.id, content: result.content };
}

/** A prepared correction answers the change of the order; what has none keeps the document on the list of things to look at. */
async function settleHold(tx: Tx, ctx: Context, who: Who, documentId: string, findings: Finding[]): Promise<void> {
  await tx
    .updateTable('document')
    .set({ findings: json(findings), hold_codes: findings.map((f) => f.code), held: findings.length > 0, updated_at: ctx.now() })
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', documentId)
    .execute();
}

/** Events whose order or document arrived after them, or that waited for a document until now. Run every minute. */
export async function sweepOrderEvents(ctx: Context): Promise<void> {
  // A refund is of one order, and done with it; of a group more may come.
  const since = new Date(ctx.now().getTime() - 90 * 86_400_000).toISOString();
  const { rows } = await sql<{ organization_id: string; id: string }>`
    select e.organization_id, e.id from ${openOrders} and (e.done_at is null or (e.value is not null and e.at > ${since}::timestamptz)) group by 1, 2
    order by ${byLot(ctx.now(), 'e.id')} limit 500`.execute(ctx.store.db);
  for (const row of rows)
    await ctx.store.org(row.organization_id, (tx) =>
      ctx.jobs.enqueue(tx, 'order-events', [{ organizationId: row.organization_id, id: row.id }]),
    );
}
