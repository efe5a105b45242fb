import { civilDay } from '../domain/days/day.ts';
import type { DocumentContent, DocumentKind } from '../domain/documents/document.ts';
import { findingsOf, type Policies, prepareSuggested, refresh as refreshed, type Suggested } from '../domain/documents/index.ts';
import type { Finding } from '../domain/finding.ts';
import { move } from '../domain/lifecycle/index.ts';
import { fromMinor, sum, toMinor } from '../domain/money/money.ts';
import { type Order, orderSchema, refundsGiven } from '../domain/orders/order.ts';
import { suggest } from '../domain/orders/suggest.ts';
import type { Context, Who } from '../jobs/index.ts';
import { type AuditEntry, audit, json, type Tx } from '../store/index.ts';
import { judge, roundedFor, stillSettled } from './assess.ts';
import { changedAfterIssue, isSameAmount, isTakenUp, lastCorrection } from './changed.ts';
import { type Desk, openDesk, seriesFor, seriesOf } from './desk.ts';
import { exchanged } from './exchange.ts';
import { askFollowUp } from './follow-up.ts';
import { issueByItself } from './issue-run.ts';
import { takenApart } from './merge.ts';
import { policiesOf } from './organization.ts';
import { withoutItsRate, withProvider } from './provider.ts';
import type { Series } from './series.ts';
import { heldAsUnreadable } from './unreadable.ts';
import { type DocumentRecord, insertDocuments, lockDocuments, mergedWith, type NewRow, newRow, purposeOf, updateContent } from './write.ts';

/** What the import form or the channel's settings say beyond the organization's policies. */
export type PrepareOptions = {
  policies?: Partial<Omit<Policies, 'seller' | 'zone'>>;
  seriesId?: string;
  message?: DocumentContent['message'];
  importId?: string;
};
export type OrderToPrepare = {
  orderId: string;
  order: Order;
  /** When the reader worked it out already, under the same policies. */
  suggested?: Suggested;
  /** Stored for the first time in this transaction: nobody can have made a document of it. */
  fresh?: boolean;
};
type PrepareAction = 'created' | 'refreshed' | 'kept' | 'withdrawn' | 'none' | 'changed-after-issue';
export type PrepareResult = {
  orderId: string;
  documentId?: string;
  action: PrepareAction;
  findings: Finding[];
  /** Of a document that was made. */
  made?: { kind: DocumentKind; held: boolean; holds: string[] };
};

/**
 * Prepares the documents of new and changed orders inside the caller's transaction, a batch at a time. Nothing is issued
 * here; a series with `auto_issue` gets its run, which is a job.
 */
export async function prepareOrders(
  tx: Tx,
  ctx: Context,
  who: Who,
  orders: OrderToPrepare[],
  options: PrepareOptions = {},
): Promise<PrepareResult[]> {
  if (orders.length === 0) return [];
  const desk: Reading = { ...(await openDesk(tx, ctx, who.organizationId)), ctx, who, audits: [] };
  const { now, today, series } = desk;
  const policies: Policies = { ...policiesOf(desk.organization), ...options.policies };
  const known = await saleDocuments(
    tx,
    who.organizationId,
    orders.flatMap((o) => (o.fresh ? [] : [o.orderId])),
  );
  const made: NewRow[] = [];
  const results: PrepareResult[] = [];
  for (const item of orders) {
    const sale = known.get(item.orderId);
    const read = readOrder(item.order, policies, today, item.suggested);
    // An order that cannot be read any more stops no other; what was made of it stays as it is.
    if ('findings' in read) {
      results.push({ orderId: item.orderId, action: 'none', findings: read.findings });
      continue;
    }
    const { suggested, outcome } = read;
    const prepared = 'nothing' in outcome ? undefined : await withRate(tx, outcome, today);
    const announced = prepared && sale && invoiceOf(sale, prepared);
    if (sale && !announced) {
      results.push(await refresh(desk, sale, prepared, item.order));
    } else if (!prepared) {
      results.push({ orderId: item.orderId, action: 'none', findings: suggested.findings });
    } else {
      const { content: asked, proformaId } = announced ?? { content: prepared.content };
      const { content, findings, target } = await atItsProvider(desk, { ...prepared, content: asked }, options.seriesId);
      const row = newRow(
        now,
        item.orderId,
        options.message ? { ...content, message: options.message } : content,
        findings,
        target,
        options.importId,
        { proformaId, orderFindings: prepared.ofOrder },
      );
      made.push(row);
      results.push({
        orderId: item.orderId,
        documentId: row.id,
        action: 'created',
        findings,
        made: { kind: content.kind, held: row.held, holds: row.hold_codes },
      });
    }
  }
  const stored = await insertDocuments(tx, who.organizationId, now, made);
  await startAutomaticIssue(
    tx,
    ctx,
    who.organizationId,
    made.filter((row) => stored.has(row.id)),
    series,
  );
  await audit(tx, who.organizationId, who.actor, now, desk.audits);
  // Somebody else prepared the same order a moment ago: theirs stands.
  return results.map((r) =>
    r.action === 'created' && !stored.has(r.documentId!) ? { orderId: r.orderId, action: 'kept', findings: [] } : r,
  );
}

/** A prepared content as the provider of its series makes it, with what that provider would say. */
async function atItsProvider({ provider, series }: Desk, prepared: Fresh, wanted?: string) {
  const target = seriesFor(series, prepared.content.kind, wanted);
  const content = await roundedFor(prepared.content, { provider }, target);
  const own = await withoutItsRate(provider, target, prepared.findings);
  return { content, findings: withProvider(own, await provider.findings(target, { content })), target };
}

/** What would be prepared of an order that has no document: judged as `prepareOrders` does, nothing stored. */
export async function openPlan(
  tx: Tx,
  ctx: Context,
  organizationId: string,
): Promise<(order: Order) => Promise<{ nothing: true } | { findings: Finding[]; content?: DocumentContent }>> {
  const desk = await openDesk(tx, ctx, organizationId);
  const policies = policiesOf(desk.organization);
  const { today } = desk;
  return async (order) => {
    const read = readOrder(order, policies, today);
    if ('findings' in read) return { findings: read.findings };
    if ('nothing' in read.outcome) return { nothing: true };
    const { content, findings } = await atItsProvider(desk, await withRate(tx, read.outcome, today));
    return { content, findings };
  };
}

/** What a stored order asks to become, or why its content cannot be read. */
function readOrder(order: Order, policies: Policies, today: string, known?: Suggested) {
  try {
    const suggested = known ?? suggest(order, policies);
    return { suggested, outcome: prepareSuggested(order, policies, suggested, { today }) };
  } catch (error) {
    return heldAsUnreadable(error, orderSchema.safeParse(order).success);
  }
}

async function withRate(tx: Tx, fresh: Fresh, today: string): Promise<Fresh> {
  const content = await exchanged(tx, fresh.content, [], today);
  if (content === fresh.content) return fresh;
  return { ...fresh, content, findings: findingsOf(content, fresh.ofOrder, { today }) };
}

type Fresh = { content: DocumentContent; findings: Finding[]; ofOrder: Finding[] };

/** The money of a proforma is booked: the invoice that it announced follows (S5). */
function invoiceOf(sale: Sale, prepared: Fresh): { content: DocumentContent; proformaId: string } | undefined {
  const { row } = sale;
  if (row.kind !== 'proforma' || row.state !== 'issued' || !row.number || prepared.content.kind === 'proforma') return undefined;
  return { content: { ...prepared.content, proforma: { documentId: row.id, number: row.number } }, proformaId: row.id };
}

/** The document that stands for an order's sale, and the parts split off from it. */
type Sale = { row: DocumentRecord; parts: DocumentRecord[] };

/**
 * Documents that stand for the sale itself: invoice, receipt or proforma of an order. They are locked: what a person saves or
 * somebody issues at the same time comes before or after, never in between. With them, in the one order of locks, what they were merged
 * with: a joint document is taken apart whole.
 */
async function saleDocuments(tx: Tx, organizationId: string, orderIds: string[]): Promise<Map<string, Sale>> {
  if (orderIds.length === 0) return new Map();
  const own = tx
    .selectFrom('document')
    .where('organization_id', '=', organizationId)
    .where('order_id', 'in', orderIds)
    .where((e) => e.or([e('purpose', 'in', ['sale', 'proforma']), e('purpose', 'like', 'part:%')]))
    .where('state', '<>', 'cancelled');
  const seen = await own.select(['id', 'merged_into', 'edited']).execute();
  // What others were merged into has rows that are not its order's.
  const joint = await mergedWith(
    tx,
    organizationId,
    seen.flatMap((row) => (row.merged_into !== null || row.edited.includes('lines') ? [row.id] : [])),
  );
  if (joint.length > 0) await lockDocuments(tx, organizationId, seen.map((row) => row.id).concat(joint));
  const rows = await own.selectAll().orderBy('id').forNoKeyUpdate().execute();
  const found = new Map<string, Sale>();
  // Where proforma and sale both live, the sale's document counts; a withdrawn one only when nothing else is there.
  const rank = (row: DocumentRecord) => (row.state === 'withdrawn' ? 0 : row.purpose === 'proforma' ? 1 : 2);
  for (const row of rows) {
    if (row.purpose.startsWith('part:')) continue;
    const other = found.get(row.order_id!)?.row;
    if (!other || rank(row) >= rank(other)) found.set(row.order_id!, { row, parts: [] });
  }
  for (const row of rows) if (row.purpose.startsWith('part:') && row.state !== 'withdrawn') found.get(row.order_id!)?.parts.push(row);
  return found;
}

type Reading = Desk & { ctx: Context; who: Who; audits: AuditEntry[] };

/** An order that is read again: refresh what is prepared, keep what a person edited, never touch what is issued (ORDERS §3). */
async function refresh(desk: Reading, sale: Sale, prepared: Fresh | undefined, order: Order): Promise<PrepareResult> {
  const { tx } = desk;
  let { row } = sale;
  const kept = { orderId: row.order_id!, documentId: row.id, action: 'kept' as const, findings: row.findings };
  if (row.state === 'merged' || (row.state !== 'withdrawn' && row.edited.includes('lines'))) {
    const total = prepared && order.status !== 'cancelled' ? prepared.content.orderTotal : undefined;
    const apart = await takenApart(desk, row, total, desk.audits);
    if ('head' in apart)
      return { ...kept, action: 'changed-after-issue', findings: [await markChanged(desk, apart.head, prepared, order)] };
    if ('same' in apart) return kept;
    row = apart.row;
  }
  if (row.state === 'withdrawn') {
    // A person's decision stands; what the order itself took away comes back with it.
    if (!prepared || !(await withdrawnBySystem(tx, row))) return kept;
    row = { ...row, state: 'to_issue' };
    desk.audits.push({
      action: 'document restored',
      entity: 'document',
      entityId: row.id,
      data: { why: 'order asks for a document again' },
    });
  }
  const own = prepared && withoutParts(prepared, sale.parts);
  if (row.state === 'issued' || row.state === 'submitted') return afterIssue(desk, row, own, order);
  return own ? refreshOpen(desk, row, own) : withdraw(desk, [row, ...sale.parts], order);
}

async function withdrawnBySystem(tx: Tx, row: DocumentRecord): Promise<boolean> {
  const last = await tx
    .selectFrom('audit')
    .select('data')
    .where('organization_id', '=', row.organization_id)
    .where('entity_id', '=', row.id)
    .where('action', '=', 'document withdrawn')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last?.data.why !== undefined;
}

/** Parts split off carry their share of the order's total and of its payment. */
function withoutParts(prepared: Fresh, parts: DocumentRecord[]): Fresh {
  if (parts.length === 0) return prepared;
  const { currency, orderTotal, payment } = prepared.content;
  const less = (whole: string | undefined, shares: (string | undefined)[]) =>
    toMinor(whole ?? '0', currency) - sum(shares.map((share) => toMinor(share ?? '0', currency)));
  const paid = less(
    payment.paid,
    parts.map((p) => p.content.payment.paid),
  );
  return {
    ...prepared,
    content: {
      ...prepared.content,
      payment: { ...payment, paid: fromMinor(paid > 0n ? paid : 0n, currency) },
      orderTotal: fromMinor(
        less(
          orderTotal,
          parts.map((p) => p.content.orderTotal),
        ),
        currency,
      ),
    },
  };
}

/** What is issued stays; a change of the order's amount is shown until the order says again what the document says. */
async function afterIssue(desk: Reading, row: DocumentRecord, prepared: Fresh | undefined, order: Order): Promise<PrepareResult> {
  const { tx, who, now } = desk;
  const result = { orderId: row.order_id!, documentId: row.id };
  if (row.kind === 'proforma') return { ...result, action: 'kept', findings: [] };
  await tellPaid(desk, row, prepared);
  const left = (await lastCorrection(tx, who.organizationId, row.id)) ?? row.content;
  const asBefore = order.status !== 'cancelled' && refundsGiven(order).length === 0 && isSameAmount(row.content, prepared?.content);
  // What a person corrected while the order stayed as it was is no change of the order.
  if (!isTakenUp(row, left, order, prepared?.content) && (!asBefore || (await wasChanged(tx, row)))) {
    return { ...result, action: 'changed-after-issue', findings: [await markChanged(desk, row, prepared, order)] };
  }
  if (row.hold_codes.includes('H_CHANGED_AFTER_ISSUE')) {
    await tx
      .updateTable('document')
      .set({ findings: json([]), hold_codes: [], held: false, updated_at: now })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', row.id)
      .execute();
  }
  return { ...result, action: 'kept', findings: [] };
}

/** Whether its order was other than the document once: then a correction may have followed it. */
async function wasChanged(tx: Tx, row: DocumentRecord): Promise<boolean> {
  const told = await tx
    .selectFrom('audit')
    .select('seq')
    .where('organization_id', '=', row.organization_id)
    .where('entity_id', '=', row.id)
    .where('action', '=', 'order changed after issue')
    .limit(1)
    .executeTakeFirst();
  return told !== undefined;
}

/** Paid after it was issued: the provider that holds it is told, where it keeps payments. */
async function tellPaid(
  { tx, ctx, who, organization, provider, series }: Reading,
  row: DocumentRecord,
  prepared: Fresh | undefined,
): Promise<void> {
  const before = row.content.payment;
  const now = prepared?.content;
  // A day without an amount stands for the whole; with one it may have been a part.
  const wasWhole = before.paidAt !== undefined && toMinor(before.paid, row.currency) === 0n;
  if (row.state !== 'issued' || !now?.payment.paidAt || wasWhole) return;
  if (toMinor(now.totals.payable, now.currency) > 0n || toMinor(row.content.totals.payable, row.currency) <= 0n) return;
  const manifest = await provider.manifest(series.find((s) => s.id === row.series_id));
  if (!manifest?.followUps?.includes('pay')) return;
  await askFollowUp(tx, ctx, { organizationId: who.organizationId, actor: 'system' }, row.id, 'pay', {
    paidOn: civilDay(now.payment.paidAt, organization.zone),
    // All of it, what was paid before the issue too: the provider's list of payments is replaced.
    paidAmount: fromMinor(toMinor(row.content.totals.payable, row.currency) + toMinor(row.content.totals.paid, row.currency), row.currency),
  });
}

async function markChanged(
  { tx, who, now, audits }: Reading,
  row: DocumentRecord,
  prepared: Fresh | undefined,
  order: Order,
): Promise<Finding> {
  const refunded = isSameAmount(row.content, prepared?.content) ? sum(refundsGiven(order).map((r) => toMinor(r.amount, row.currency))) : 0n;
  const finding = changedAfterIssue(row.findings, now, {
    number: row.number ?? '',
    issued: row.content.totals.gross,
    now: prepared ? fromMinor(toMinor(prepared.content.totals.gross, row.currency) - refunded, row.currency) : '0.00',
    order: order.externalId,
  });
  await tx
    .updateTable('document')
    .set({ findings: json([finding]), hold_codes: [finding.code], held: true, updated_at: now })
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', row.id)
    .execute();
  audits.push({ action: 'order changed after issue', entity: 'document', entityId: row.id, data: finding.params });
  return finding;
}

/** The order asks for no document any more. One that has a number keeps it: a person decides what becomes of the number. */
async function withdraw({ tx, who, now, audits }: Reading, rows: DocumentRecord[], order: Order): Promise<PrepareResult> {
  const [row] = rows as [DocumentRecord];
  for (const { id, state, number, version } of rows) {
    const to = move({ state, numbered: number !== null }, 'withdraw', 'system');
    if ('refused' in to) continue;
    await tx
      .updateTable('document')
      .set({ state: to.to, version: version + 1, updated_at: now })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', id)
      .execute();
    audits.push({
      action: 'document withdrawn',
      entity: 'document',
      entityId: id,
      data: { why: order.status === 'cancelled' ? 'order cancelled' : 'order no longer asks for a document' },
    });
  }
  return { orderId: row.order_id!, documentId: row.id, action: row.number === null ? 'withdrawn' : 'kept', findings: [] };
}

async function refreshOpen(desk: Reading, row: DocumentRecord, prepared: Fresh): Promise<PrepareResult> {
  const { tx, who, now, series, audits } = desk;
  // Paid while its proforma still waits: it becomes what the order asks for now, unless a person chose the kind.
  const turns = row.kind === 'proforma' && row.number === null && !row.edited.includes('kind') && prepared.content.kind !== 'proforma';
  const kind = turns ? prepared.content.kind : row.kind;
  const { issueDate, message } = row.content;
  const { content: merged, differences } = refreshed(
    row.content,
    { ...prepared.content, kind, message, ...(row.number !== null && { issueDate }) },
    row.edited.filter((path) => path !== 'kind'),
  );
  const orderFindings = prepared.ofOrder;
  const settled = stillSettled(row.settled, row.content, merged);
  const standing = { order_findings: orderFindings, settled, edited: row.edited };
  const target = turns ? seriesFor(series, kind) : seriesOf(series, row);
  const { content, findings } = await judge(desk, standing, merged, { series: target, document: row });
  await updateContent(tx, who.organizationId, row.id, now, content, findings, {
    order_findings: json(orderFindings),
    settled,
    state: row.state,
    ...(turns && { purpose: purposeOf(kind), series_id: target?.id ?? null }),
  });
  audits.push({
    action: 'document refreshed from its order',
    entity: 'document',
    entityId: row.id,
    data: { keptEdits: row.edited, differences: differences.map((d) => d.path) },
  });
  return { orderId: row.order_id!, documentId: row.id, action: 'refreshed', findings };
}

/** Unattended issue: documents without a hold in a series that says so become a run in the same transaction. */
export async function startAutomaticIssue(
  tx: Tx,
  ctx: Context,
  organizationId: string,
  rows: Pick<NewRow, 'id' | 'held' | 'series_id'>[],
  series: Series[],
  /** Documents whose channel says so, whatever their series says. */
  wanted: ReadonlySet<string> = new Set(),
): Promise<void> {
  const automatic = new Set(series.filter((s) => s.auto_issue).map((s) => s.id));
  const ready = rows.filter((r) => !r.held && (wanted.has(r.id) || (r.series_id && automatic.has(r.series_id))));
  await issueByItself(tx, ctx, { organizationId, actor: 'automatic' }, ready, series);
}
