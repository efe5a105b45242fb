import { sql } from 'kysely';
import type { OrderEvent } from '../contract/connector.ts';
import { civilDay } from '../domain/days/day.ts';
import type { DocumentContent } from '../domain/documents/document.ts';
import { type CorrectionOptions, prepareSuggested, proposeFromOrder, proposeFromRefunds, refresh } from '../domain/documents/index.ts';
import { type Finding, hold, warning } from '../domain/finding.ts';
import { fromMinor, sum, toMinor } from '../domain/money/money.ts';
import { type Order, refundsGiven } from '../domain/orders/order.ts';
import { suggest } from '../domain/orders/suggest.ts';
import { json, type Tx } from '../store/index.ts';
import { type Organization, policiesOf, readOrganization } from './organization.ts';
import type { DocumentRecord } from './write.ts';

/** What became of an order after its document was issued, and when nothing of that is left to correct. */
export type Proposal = { from: 'order' | 'refund'; options: CorrectionOptions; unexplained: string };

export async function lastCorrection(tx: Tx, organizationId: string, id: string): Promise<DocumentContent | undefined> {
  const last = await tx
    .selectFrom('document')
    .select('content')
    .where('organization_id', '=', organizationId)
    .where('corrects_id', '=', id)
    .where('state', '=', 'issued')
    .orderBy('issued_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last?.content;
}

/** The state of an issued document after its corrections, and the correction that its order asks for now; null when it asks for none. */
export async function proposalIn(
  tx: Tx,
  row: DocumentRecord,
  now: Date,
): Promise<{
  base: DocumentContent;
  proposal: Proposal | null;
  /** Whether the order can say it: no person put the rows together. */
  follows: boolean;
  /** Nothing is left to correct. */
  takenUp: boolean;
}> {
  const organizationId = row.organization_id;
  const base = (await lastCorrection(tx, organizationId, row.corrects_id ?? row.id)) ?? row.content;
  const order = row.order_id
    ? await tx
        .selectFrom('sales_order')
        .select('content')
        .where('organization_id', '=', organizationId)
        .where('id', '=', row.order_id)
        .executeTakeFirst()
    : undefined;
  if (!order || !followsOrder(row)) return { base, proposal: null, follows: false, takenUp: false };
  const ordered = orderedNow(await readOrganization(tx, organizationId), order.content, now);
  const { content: of } = order;
  const asked = ordered && askedOf(row, ordered);
  const isOver = of.status === 'cancelled';
  const isSame = !isOver && ordered !== undefined && isSameAmount(row.content, ordered);
  const refunds = fromRefunds(isOver || isSame || !asked ? row.content : asked, base, of);
  // Of an order that stayed as it was only its refunds are to be taken up: its rows know nothing of them.
  const proposal = isSame && refundsGiven(of).length > 0 ? refunds : (fromOrder(base, asked, isOver) ?? refunds);
  return { base, follows: true, proposal, takenUp: proposal === null || isTakenUp(row, base, of, ordered) };
}

/** What the order would be issued as today. */
function orderedNow(organization: Organization, order: Order, now: Date): DocumentContent | undefined {
  const policies = policiesOf(organization);
  const outcome = prepareSuggested(order, policies, suggest(order, policies), { today: civilDay(now.toISOString(), organization.zone) });
  return 'nothing' in outcome ? undefined : outcome.content;
}

/** Rows that were put together by a person are not the order's, so the order cannot say how they should be. */
const followsOrder = (row: Pick<DocumentRecord, 'purpose' | 'kind' | 'edited'>) =>
  row.purpose === 'sale' && row.kind !== 'final' && !row.edited.includes('lines');

/** What the order asks for now, with what a person had set before it was issued: a price, a rate, how the sale is taxed are not the order's to take back. */
const askedOf = ({ content, edited }: Pick<DocumentRecord, 'content' | 'edited'>, ordered: DocumentContent) =>
  refresh(content, { ...ordered, kind: content.kind }, edited).content;

function fromOrder(base: DocumentContent, asked: DocumentContent | undefined, isOver: boolean): Proposal | null {
  if (!isOver && !asked) return null;
  const options = proposeFromOrder(base, isOver ? undefined : asked, '');
  const nothingLeft = toMinor(base.totals.gross, base.currency) === 0n;
  return options && !(options.cancel && nothingLeft) ? { from: 'order', options, unexplained: fromMinor(0n, base.currency) } : null;
}

/** Refunded beyond what was corrected already. */
function fromRefunds(original: DocumentContent, base: DocumentContent, order: Order): Proposal | null {
  const proposed = proposeFromRefunds(original, base, order);
  return proposed ? { from: 'refund', ...proposed } : null;
}

/** The amount by which an order and its document are compared: what the buyer owes for it, of a document without one what it comes to. */
const amountOf = (issued: DocumentContent, of: DocumentContent | undefined) => (issued.orderTotal ? of?.orderTotal : of?.totals.gross);

/** Whether the order asks for the same amount as when its document was issued. */
export function isSameAmount(issued: DocumentContent, ordered: DocumentContent | undefined): boolean {
  const now = amountOf(issued, ordered);
  return now !== undefined && toMinor(now, issued.currency) === toMinor(amountOf(issued, issued)!, issued.currency);
}

/**
 * Whether a document and its corrections say what its order says now: less by its refunds, changed by as much as the order, or row by row the
 * same. Of an order that asks for nothing any more nothing is left. `left`: the document as its corrections left it.
 */
export function isTakenUp(
  row: Pick<DocumentRecord, 'content' | 'edited' | 'purpose' | 'kind'>,
  left: DocumentContent,
  order: Order,
  ordered: DocumentContent | undefined,
): boolean {
  const { content: issued } = row;
  const minor = (amount: string) => toMinor(amount, issued.currency);
  const now = order.status === 'cancelled' ? undefined : amountOf(issued, ordered);
  if (now === undefined) return minor(left.totals.gross) === 0n;
  const [taken, change] = [minor(left.totals.gross) - minor(issued.totals.gross), minor(now) - minor(amountOf(issued, issued)!)];
  const refunded = sum(refundsGiven(order).map((r) => minor(r.amount)));
  if (taken === change - refunded) return true;
  // What had come back before it was issued was left off it.
  if (followsOrder(row) && minor(left.totals.gross) === minor(now) - refunded) return true;
  // Beside an order whose amount fell with them, or that speaks of other documents too, refunds need no more; of one that stayed as it was they do.
  if (taken === change && (change !== 0n || !followsOrder(row))) return true;
  if (change === 0n && refunded > 0n && taken < -refunded) return true;
  const isAsked = left !== issued && change !== 0n && followsOrder(row) && ordered !== undefined;
  return isAsked && proposeFromOrder(left, askedOf(row, ordered), '') === undefined;
}

const changedCode = 'H_CHANGED_AFTER_ISSUE';

/**
 * The hold of an issued document whose order became another one. `told` is when it was told first: the same change of the same order, read
 * once more, is no new one.
 */
export function changedAfterIssue(
  before: Finding[],
  now: Date,
  params: { number: string; issued: string; now: string; order?: string },
): Finding {
  const known = before.find(
    (f) => f.code === changedCode && params.order !== undefined && f.params?.order === params.order && f.params.now === params.now,
  );
  return hold(changedCode, 'order', { ...params, told: known?.params?.told ?? now.toISOString() });
}

/** Events `e` of orders `o` that they were not laid over yet, each order found by its key. */
export const openEvents = sql`
  order_event e cross join lateral (
      select k.id from sales_order k where k.organization_id = e.organization_id and k.connection_id = e.connection_id and k.external_id = e.external_id
      union select a.order_id from order_alias a where a.organization_id = e.organization_id and a.scheme = e.scheme and a.value = e.value) named
    join sales_order o on o.organization_id = e.organization_id and o.id = named.id and o.connection_id = e.connection_id and o.status <> 'superseded'
      and (o.external_id = e.external_id or o.ordered_at <= (e.event->>'at')::timestamptz)
  where not exists (select 1 from order_event_done x where x.organization_id = e.organization_id and x.event_id = e.id and x.order_id = o.id)`;

/**
 * The documents `d` that such an event waits for: one on its way has no answer yet; of a refund also one that is about to be issued by itself,
 * and a correction that is open, for the next one starts from it.
 */
export const awaited = sql`
  document m join document d on d.organization_id = m.organization_id and d.id = coalesce(m.merged_into, m.id)
    left join series s on s.organization_id = d.organization_id and s.id = d.series_id
    left join document c on c.organization_id = d.organization_id and c.id = d.corrects_id
  where m.organization_id = o.organization_id and m.order_id = o.id
    and (d.state = 'submitted'
      or (e.event->>'event' = 'refunded' and d.kind = 'correction' and d.state in ('to_issue', 'refused'))
      or (e.event->>'event' = 'refunded' and d.state = 'to_issue' and not d.held and s.auto_issue and d.kind <> 'correction'))`;

/** Refunds and cancellations of these orders that wait for a document, each told with what it waits for. */
export async function waitingEvents(tx: Tx, organizationId: string, orderIds: string[]): Promise<Finding[]> {
  // Found by their keys: there may be a great many of other orders.
  const { rows: found } = await sql<{ id: string }>`
    select x.id from sales_order o, lateral (
      select v.id from order_event v where v.organization_id = o.organization_id and v.connection_id = o.connection_id and v.external_id = o.external_id
      union select v.id from json_array_elements(case json_typeof(o.content->'aliases') when 'array' then o.content->'aliases' end) a
        join order_event v on v.organization_id = o.organization_id and v.connection_id = o.connection_id and v.value = a->>'value') x
    where o.organization_id = ${organizationId} and o.id = any(${orderIds}::uuid[])`.execute(tx);
  if (found.length === 0) return [];
  const { rows } = await sql<{ event: OrderEvent; currency: string; correction: boolean | null; number: string | null }>`
    select e.event, o.currency, (select d.kind = 'correction' and d.state <> 'submitted' from ${awaited} order by 1 desc limit 1) as correction,
      (select c.number from ${awaited} and d.kind = 'correction' limit 1) as number
    from ${openEvents} and e.organization_id = ${organizationId} and e.id = any(${found.map(({ id }) => id)}::uuid[]) and o.id = any(${orderIds}::uuid[])
    order by e.id limit 100`.execute(tx);
  return rows.flatMap(({ event, currency, correction, number }) => {
    if (correction === null) return [];
    if (event.event !== 'refunded' || !correction) return [warning('W_CHANGE_WAITS', 'order')];
    return [warning('W_REFUND_WAITS', 'order', { amount: `${event.refund.amount} ${currency}`, number: number ?? '' })];
  });
}

/**
 * A correction was issued: what its original was held for because its order changed is over, unless the order asks for more; where the order
 * cannot say, unless the correction was made before the change was told. The caller holds the originals (`lockSales`).
 */
export async function endChanges(tx: Tx, organizationId: string, originals: string[], now: Date): Promise<void> {
  if (originals.length === 0) return;
  const held = await tx
    .selectFrom('document')
    .selectAll()
    .select(
      sql<boolean>`exists (select 1 from document c where c.organization_id = document.organization_id and c.corrects_id = document.id
        and c.state = 'issued' and c.created_at >= coalesce((document.findings->0->'params'->>'told')::timestamptz, document.updated_at))`.as(
        'answered',
      ),
    )
    .where('organization_id', '=', organizationId)
    .where('id', 'in', originals)
    .where('state', '=', 'issued')
    .where('held', '=', true)
    .where(sql<boolean>`hold_codes = array[${changedCode}]::text[]`)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  for (const { answered, ...row } of held) {
    const { follows, takenUp } = await proposalIn(tx, row, now);
    if (follows ? !takenUp : !answered) continue;
    await tx
      .updateTable('document')
      .set({ findings: json(row.findings.filter((f) => f.code !== changedCode)), hold_codes: [], held: false, updated_at: now })
      .where('organization_id', '=', organizationId)
      .where('id', '=', row.id)
      .execute();
    if (!follows) await endBeside(tx, row, now);
  }
}

/** A divided sale whose refund waited on each of its documents: taken up on one of them, or on several together, it is over on all. */
async function endBeside(tx: Tx, row: DocumentRecord, now: Date): Promise<void> {
  const told = row.findings.find((f) => f.code === changedCode)?.params;
  if (row.order_id === null || told?.now === undefined || told.number === undefined) return;
  const { rows } = await sql<{ content: DocumentContent }>`
    select coalesce((select c.content from document c where c.organization_id = d.organization_id and c.corrects_id = d.id and c.state = 'issued'
      order by c.issued_at desc, c.id desc limit 1), d.content) as content
    from document d where d.organization_id = ${row.organization_id} and d.order_id = ${row.order_id} and d.state = 'issued'
      and (d.purpose = 'sale' or d.purpose like 'part:%')`.execute(tx);
  const left = sum(rows.map(({ content }) => toMinor(content.totals.gross, row.currency)));
  if (rows.length < 2 || left > toMinor(told.now, row.currency)) return;
  const others = sql`jsonb_path_query_array(findings, '$[*] ? (@.code != $code)', jsonb_build_object('code', ${changedCode}::text))`;
  await sql`update document set findings = ${others}, hold_codes = '{}', held = false, updated_at = ${now.toISOString()}::timestamptz
    where organization_id = ${row.organization_id} and id = any(array(
      select d.id from document d where d.organization_id = ${row.organization_id} and d.order_id = ${row.order_id} and d.state = 'issued'
        and d.hold_codes = array[${changedCode}]::text[] and d.findings->0->'params'->>'number' = ${told.number} and d.findings->0->'params'->>'now' = ${told.now}
      order by d.id for no key update skip locked))`.execute(tx);
}
