import { type RawBuilder, type Selectable, sql } from 'kysely';
import { queuePrints } from '../agents/index.ts';
import { queueMails } from '../delivery/index.ts';
import type { DocumentContent } from '../domain/documents/document.ts';
import { type Finding, hold } from '../domain/finding.ts';
import { toMinor } from '../domain/money/money.ts';
import { formatNumber, periodKey } from '../domain/numbering/index.ts';
import type { Context, Who } from '../jobs/index.ts';
import { type AuditEntry, announce, audit, json, jsonRows, jsonText, newId, type Tables, Texts, type Tx } from '../store/index.ts';
import { judge } from './assess.ts';
import { endChanges } from './changed.ts';
import { type Desk, openDesk, seriesOf } from './desk.ts';
import { queueFollowUps } from './follow-up.ts';
import { columnsOf } from './row.ts';
import { holdSeries, type Series, SeriesChanged, seriesFindings, takeNumbers } from './series.ts';
import { heldOver, holdUnreadable, unreadable } from './unreadable.ts';
import { contentBytes } from './write.ts';

/**
 * The one transaction that issues: it judges, takes the numbers, freezes contents, writes the register, queues transfers, mails and
 * prints and appends to the trail. Who asks for it: `issue-now.ts` (a person waits for the answer) and `issue-run.ts` (a job of many).
 */
export type IssueOptions = {
  mail?: boolean;
  /** Civil day; today when absent. */
  issueDate?: string;
  /** Ask the provider first whether it has the document already. */
  backfill?: boolean;
};
export type IssueResult = { id: string } & (
  | { outcome: 'issued'; number: string }
  /** The provider numbers: the document is on its way and its content is locked. */
  | { outcome: 'submitted' }
  | { outcome: 'refused'; findings: Finding[] }
);
type Sql = RawBuilder<unknown>;
export type Refused = Extract<IssueResult, { outcome: 'refused' }>;

/** One transaction holds a series for this many documents; more only makes others wait. */
export const issueBatchSize = 100;

/**
 * With the number of a document that bills a part of the same sale already: a prepayment invoice, or for one of those the invoice. Empty
 * while that is not accepted yet.
 */
type Candidate = Selectable<Tables['document']> & { billed_by: string | null };

/** Issued, or on its way to be: the provider may have made it, and what it refused with a number is changed there. */
const stands = (d: string) => sql.raw(`(${d}.state in ('issued','submitted') or (${d}.state = 'refused' and ${d}.number is not null))`);
/** The kinds that bill a sale. */
const sales = sql`('invoice','receipt','final','prepayment')`;
const isLive = (d: string) => sql.raw(`${d}.state not in ('withdrawn','cancelled','merged')`);

/** The documents of an order, fetched by its key: where the planner knows little of an organization yet, it would read them all. */
const ofOrder = (organizationId: string, orderId: Sql) =>
  sql`(select * from document o where o.organization_id = ${organizationId} and o.order_id = ${orderId} offset 0)`;
const corrections = (organizationId: string, p: string) =>
  sql`(select * from document o where o.organization_id = ${organizationId} and o.corrects_id = ${sql.ref(`${p}.id`)} offset 0)`;
const isCorrecting = (organizationId: string, p: string) =>
  sql`exists (select 1 from ${corrections(organizationId, p)} c where c.state <> 'issued' and ${stands('c')})`;

/** The document that an advance on a sale without an order was asked for on. */
const askedOn = (d: string) =>
  sql`(case when ${sql.ref(`${d}.purpose`)} ~ '^prepayment:[0-9a-f-]{36}:' then split_part(${sql.ref(`${d}.purpose`)}, ':', 2)::uuid end)`;

/** What bills the same sale as `d`, a document without an order: the one it was asked for on, its own advances, and what the proforma ties to it. */
const byHand = (organizationId: string, d: string) => {
  const of = (column: string) => sql.ref(`${d}.${column}`);
  const fetched = (where: Sql) =>
    sql`select * from (select * from document o where o.organization_id = ${organizationId} and ${where} offset 0) o`;
  const advances = sql`'prepayment:' || ${of('id')}::text`;
  return sql`(${fetched(sql`o.id = ${askedOn(d)}`)} union all ${fetched(sql`o.proforma_id = ${of('proforma_id')}`)}
    union all ${fetched(sql`o.kind = 'prepayment' and o.order_id is null and o.purpose ~>=~ (${advances} || ':') and o.purpose ~<~ (${advances} || ';')`)})`;
};

/**
 * Locks the documents, and with each that bills a sale all that bill the same one, in the one order of locks: an advance and the invoice for
 * the whole, issued in one moment, come one after the other, and who comes second reads what the first one did. What has no order meets in
 * the document that the others were made of. A correction has its original with it, whose hold it may end. Each row is fetched by its own key
 * (`offset 0`).
 */
export async function lockSales(tx: Tx, organizationId: string, ids: string[]): Promise<void> {
  await sql`select 1 from (
      select distinct x.id from unnest(${ids}::uuid[]) wanted,
        lateral (select * from document o where o.organization_id = ${organizationId} and o.id = wanted offset 0) d,
        lateral (select d.id
          union all select o.id from ${ofOrder(organizationId, sql.ref('d.order_id'))} o where d.kind in ${sales} and o.kind in ${sales}
          union all select r from unnest(array[${askedOn('d')}, d.proforma_id]) r where d.order_id is null and d.kind in ${sales} and r is not null
          union all select d.corrects_id where d.corrects_id is not null) x
      order by 1) all_of,
    lateral (select 1 from document o where o.organization_id = ${organizationId} and o.id = all_of.id offset 0 for no key update) l`.execute(
    tx,
  );
}

/**
 * Whether the prepayment invoice `p` concerns the sale `saleId`: it was asked for there, or is any part's of a split order because the one it
 * was asked for is gone or too small for it by now.
 */
export const concerns = (organizationId: string, p: string, saleId: Sql) => {
  const purpose = sql.ref(`${p}.purpose`);
  return sql`(${purpose} like 'prepayment:' || ${saleId}::text || ':%' or not exists (
      select 1 from ${ofOrder(organizationId, sql.ref(`${p}.order_id`))} n where n.id <> ${saleId} and n.kind in ('invoice','receipt','final') and ${isLive('n')}
      and ${purpose} like 'prepayment:' || n.id::text || ':%' and (n.kind = 'final' or n.gross_minor >= ${sql.ref(`${p}.gross_minor`)})))`;
};

/** Whether money was billed in advance on one of these sales: the document that bills it whole has to settle that. */
export async function hasAdvances(tx: Tx, organizationId: string, ids: string[]): Promise<boolean> {
  const stays = sql`p.kind = 'prepayment' and ${isLive('p')} and not exists (
    select 1 from ${corrections(organizationId, 'p')} c where c.state = 'issued' and c.gross_minor = 0)`;
  const { rows } = await sql`select 1 from unnest(${ids}::uuid[]) wanted,
      lateral (select * from document o where o.organization_id = ${organizationId} and o.id = wanted offset 0) d
    where exists (select 1 from ${ofOrder(organizationId, sql.ref('d.order_id'))} p where ${stays} and ${concerns(organizationId, 'p', sql.ref('d.id'))})
      or (d.order_id is null and exists (select 1 from ${byHand(organizationId, 'd')} p where ${stays})) limit 1`.execute(tx);
  return rows.length > 0;
}

/** Whether another final invoice of the order settles the prepayment invoice `p`. */
const isSettledBeside = (organizationId: string, p: string, saleId: Sql) => sql`exists (
    select 1 from ${ofOrder(organizationId, sql.ref(`${p}.order_id`))} f where f.kind = 'final' and f.id <> ${saleId} and ${isLive('f')}
    and (f.content->'prepayments')::jsonb @> jsonb_build_array(jsonb_build_object('documentId', ${sql.ref(`${p}.id`)})))`;

/** Somebody issued with a later day while this transaction waited for the series: everything is judged anew. */
class DateOvertaken extends Error {
  override name = 'DateOvertaken';
}

/** Something changed between being judged and being written: nothing was issued, and it is tried anew. */
export const isOvertaken = (error: unknown): boolean => error instanceof DateOvertaken || error instanceof SeriesChanged;

/** What has to do with some of the documents alone, though it stopped them all: tried one by one, only those are refused. */
export function ofOneDocument(error: unknown): Finding | undefined {
  // Two series whose patterns meet in one number: a pattern has to change.
  if ((error as { constraint?: string }).constraint === 'number_register_number') return hold('H_NUMBER_TAKEN', 'seriesId');
  const isOurs = error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
  return isOurs || typeof (error as { code?: unknown }).code === 'string' ? unreadable(error) : undefined;
}

/** The documents with what bills their sale already. Each row and what was made of its order is fetched by its own key (`offset 0`). */
async function candidates(tx: Tx, org: string, ids: string[]): Promise<Candidate[]> {
  const { rows } = await sql<
    Selectable<Tables['document']> & { shared: boolean }
  >`select d.*, d.kind in ${sales} and (d.order_id is null or exists (
        select 1 from ${ofOrder(org, sql.ref('d.order_id'))} o where o.kind in ${sales} and o.id <> d.id)) as shared
      from (select distinct id from unnest(${ids}::uuid[]) id order by id) wanted,
        lateral (select * from document o where o.organization_id = ${org} and o.id = wanted.id offset 0 for no key update) d`.execute(tx);
  // What bills nothing beside it need not be asked what: to plan that question costs more than the rest of a single issue.
  const shared = rows.flatMap((row) => (row.shared ? row.id : []));
  const billed = shared.length === 0 ? new Map<string, string>() : await billedBeside(tx, org, shared);
  return rows.map(({ shared: _, ...row }) => ({ ...row, billed_by: billed.get(row.id) ?? null }));
}

async function billedBeside(tx: Tx, org: string, ids: string[]): Promise<Map<string, string>> {
  const open = (p: string) =>
    sql`(${isCorrecting(org, p)} or not exists (select 1 from ${corrections(org, p)} c where c.state = 'issued' and c.gross_minor = 0))`;
  const { rows } = await sql<{
    id: string;
    billed_by: string | null;
  }>`select d.id, case when d.kind in ('invoice','receipt') and d.order_id is not null then (
        select case when p.state = 'issued' and not ${isCorrecting(org, 'p')} then p.number else '' end from ${ofOrder(org, sql.ref('d.order_id'))} p
        where p.kind = 'prepayment' and ${stands('p')} and ${concerns(org, 'p', sql.ref('d.id'))} and not ${isSettledBeside(org, 'p', sql.ref('d.id'))} and ${open('p')}
        order by p.state = 'issued', p.id limit 1)
      when d.kind in ('invoice','receipt') then (
        select case when p.state = 'issued' and not ${isCorrecting(org, 'p')} then p.number else '' end from ${byHand(org, 'd')} p
        where p.kind = 'prepayment' and ${stands('p')} and ${open('p')} order by p.state = 'issued', p.id limit 1)
      when d.kind = 'prepayment' and d.order_id is not null then (
        select case when s.state = 'issued' then s.number else '' end from ${ofOrder(org, sql.ref('d.order_id'))} s
        where s.kind in ('invoice','receipt','final') and (${stands('s')} or s.state = 'merged') and ${concerns(org, 'd', sql.ref('s.id'))}
          and (s.purpose = 'sale' or d.purpose like 'prepayment:' || s.id::text || ':%') order by s.state = 'issued', s.id limit 1)
      when d.kind = 'prepayment' then (
        select case when s.state = 'issued' then s.number else '' end from ${byHand(org, 'd')} s
        where s.kind in ('invoice','receipt','final') and ${stands('s')} order by s.state = 'issued', s.id limit 1) end as billed_by
      from unnest(${ids}::uuid[]) wanted,
        lateral (select * from document o where o.organization_id = ${org} and o.id = wanted offset 0) d`.execute(tx);
  return new Map(rows.flatMap(({ id, billed_by }) => (billed_by === null ? [] : [[id, billed_by] as const])));
}

/** Whether another document bills the sale, or a part of it that this one does not settle: it must not leave as it is. After `lockSales`. */
export async function isBilledBeside(tx: Tx, organizationId: string, id: string): Promise<boolean> {
  const [row] = await candidates(tx, organizationId, [id]);
  if (!row) return false;
  return row.billed_by !== null || (row.kind === 'final' && (await unsettledPrepayment(tx, row, row.content.prepayments)) !== undefined);
}

/** Issues documents in the caller's transaction. `locked` is told when all are; `go` is met after all is judged and before the first number is taken. */
export async function issueInTransaction(
  tx: Tx,
  ctx: Context,
  who: Who,
  ids: string[],
  options: IssueOptions,
  go?: (refused: Refused[]) => Promise<void>,
  locked?: () => void,
): Promise<IssueResult[]> {
  const desk = await openDesk(tx, ctx, who.organizationId);
  const { now } = desk;
  const org = who.organizationId;
  await lockSales(tx, org, ids);
  locked?.();
  const rows = await candidates(tx, org, ids);
  const byId = new Map(rows.map((r) => [r.id, r]));
  const refused: Refused[] = [];
  const judged: Prepared[] = [];
  for (const id of new Set(ids)) {
    const row = byId.get(id);
    const prepared = row
      ? await prepareToIssue(desk, row, options).catch(heldOver(row.content))
      : { findings: [hold('H_DOCUMENT_UNKNOWN')] };
    if ('findings' in prepared) refused.push({ id, outcome: 'refused', findings: prepared.findings });
    else judged.push(prepared);
  }
  const { ready, late } = await afterAdvances(tx, org, judged);
  refused.push(...late);
  await go?.(refused);
  await holdUnreadable(tx, who.organizationId, now, refused);
  if (ready.length === 0) return refused;
  await markChanges(tx, who.organizationId, ready);
  await number(tx, ready);
  await freeze(tx, who, now, ready);
  await queueTransfers(tx, ctx, who, ready, options);
  const numbered = ready.filter((p) => !isOnItsWay(p)).map((p) => p.row.id);
  if (options.mail)
    await queueMails(
      tx,
      ctx,
      who,
      numbered.map((documentId) => ({ documentId })),
    );
  await queuePrints(tx, ctx, who, numbered);
  const corrected = ready.flatMap((p) => (isOnItsWay(p) ? [] : (p.row.corrects_id ?? [])));
  await endChanges(tx, who.organizationId, corrected, now);
  await announce(tx, who.organizationId, 'documents');
  await audit(tx, who.organizationId, who.actor, now, ready.map(auditEntry));
  return [
    ...refused,
    ...ready.map(
      (p): IssueResult => (isOnItsWay(p) ? { id: p.row.id, outcome: 'submitted' } : { id: p.row.id, outcome: 'issued', number: p.number! }),
    ),
  ];
}

/**
 * The same documents, the advances before all others: in batches that follow each other the whole would else be issued first, and nothing be
 * left to bill in advance. Of each series the order stays as it was asked for, for none holds both.
 */
export async function advancesFirst(tx: Tx, org: string, ids: string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`select d.id from unnest(${ids}::uuid[]) wanted,
      lateral (select o.id from document o where o.organization_id = ${org} and o.id = wanted and o.kind = 'prepayment' offset 0) d`.execute(
    tx,
  );
  const advances = new Set(rows.map(({ id }) => id));
  return advances.size === 0 ? ids : [...ids.filter((id) => advances.has(id)), ...ids.filter((id) => !advances.has(id))];
}

/** Asked for together, the advance goes first: its money came. What bills the rest waits, and is made less that. */
async function afterAdvances(tx: Tx, org: string, prepared: Prepared[]): Promise<{ ready: Prepared[]; late: Refused[] }> {
  const billing = prepared.filter(({ row }) => row.kind === 'invoice' || row.kind === 'receipt' || row.kind === 'final').map((p) => p.row);
  const advances = prepared.filter((p) => p.row.kind === 'prepayment').map((p) => p.row);
  const askedFor = new Set(advances.flatMap((p) => (p.order_id ? [] : [p.purpose.split(':')[1], p.proforma_id ?? undefined])));
  askedFor.delete(undefined);
  const late = new Set(
    billing.filter((d) => !d.order_id && (askedFor.has(d.id) || askedFor.has(d.proforma_id ?? undefined))).map((d) => d.id),
  );
  const ofOrders = billing.filter((d) => d.order_id && advances.some((p) => p.order_id === d.order_id)).map((d) => d.id);
  if (ofOrders.length > 0) {
    // Of a divided order only the part that the advance concerns.
    const { rows } = await sql<{ id: string }>`select d.id from unnest(${ofOrders}::uuid[]) wanted,
        lateral (select * from document o where o.organization_id = ${org} and o.id = wanted offset 0) d
      where exists (select 1 from ${ofOrder(org, sql.ref('d.order_id'))} p where p.id = any(${advances.map((p) => p.id)}::uuid[]) and ${concerns(org, 'p', sql.ref('d.id'))})`.execute(
      tx,
    );
    for (const { id } of rows) late.add(id);
  }
  return {
    ready: prepared.filter(({ row }) => !late.has(row.id)),
    late: [...late].map((id) => ({ id, outcome: 'refused', findings: [hold('H_ORDER_DOCUMENT_PENDING', 'kind')] })),
  };
}

type Prepared = {
  row: Candidate;
  series: Series;
  content: DocumentContent;
  issueDate: string;
  number?: string;
  sequenceNo?: bigint;
  period?: string;
  /** The provider holds it under this id and the authority refused it: it is changed there, not made once more. */
  changes?: { providerId: string; reference: string; connectionId: string };
};

async function prepareToIssue(desk: Desk, row: Candidate, options: IssueOptions): Promise<Prepared | { findings: Finding[] }> {
  if (row.state !== 'to_issue' && row.state !== 'refused') return { findings: [hold('H_NOT_TO_ISSUE', 'state', { state: row.state })] };
  const series = seriesOf(desk.series, row);
  if (!series) return { findings: [hold('H_SERIES_MISSING', 'seriesId', { kind: row.kind })] };
  const issueDate = options.issueDate ?? row.content.issueDate ?? desk.today;
  const { content, findings } = await judge(desk, row, { ...row.content, issueDate }, { series, document: row }, { issuing: true });
  const problems = [...findings.filter((f) => f.level === 'hold'), ...seriesFindings(series, await desk.provider.manifest(series))];
  if (series.kind !== row.kind) problems.push(hold('H_SERIES_KIND', 'seriesId', { series: series.name, kind: row.kind }));
  const last = series.last_issue_date;
  // The period of a refused document that already has its number stays; dates of new numbers never go backwards.
  if (row.number === null && series.number_owner === 'hub' && last && issueDate < last)
    problems.push(hold('H_ISSUE_DATE_BACK', 'issueDate', { last, day: issueDate }));
  if (row.billed_by === '') problems.push(hold('H_ORDER_DOCUMENT_PENDING', 'kind'));
  else if (row.billed_by && row.kind === 'prepayment')
    problems.push(hold('H_ALREADY_DOCUMENTED', 'kind', { kind: row.kind, number: row.billed_by }));
  else if (row.billed_by) problems.push(hold('H_PREPAYMENT_OPEN', 'prepayments', { number: row.billed_by }));
  else if (row.kind === 'final') {
    const open = await unsettledPrepayment(desk.tx, row, content.prepayments);
    if (open) problems.push(open);
  }
  // A number that was given stays in its series and its period.
  if (row.number !== null && row.period !== null && (series.id !== row.series_id || periodKey(series.reset, issueDate) !== row.period))
    problems.push(hold('H_NUMBERED', 'issueDate', { number: row.number }));
  if (row.corrects_id) problems.push(...(await staleCorrection(desk.tx, row)));
  if (problems.length > 0) return { findings: problems };
  return { row, series, content, issueDate, number: row.number ?? undefined };
}

/** Why a final invoice cannot be yet: a prepayment invoice of its sale is on its way, or not settled as its corrections left it. */
export async function unsettledPrepayment(
  tx: Tx,
  row: Pick<Candidate, 'organization_id' | 'id' | 'order_id' | 'proforma_id' | 'currency'>,
  settled: DocumentContent['prepayments'],
): Promise<Finding | undefined> {
  const taken = new Map(settled.map((s) => [s.documentId, toMinor(s.gross, row.currency)]));
  const { organization_id: org } = row;
  const saleId = sql`${row.id}::uuid`;
  const sameSale = row.order_id
    ? sql`p.order_id = ${row.order_id} and (p.id = any(${[...taken.keys()]}::uuid[]) or (${concerns(org, 'p', saleId)} and not ${isSettledBeside(org, 'p', saleId)}))`
    : sql`p.order_id is null and (p.purpose like ${`prepayment:${row.id}:%`} or p.proforma_id = ${row.proforma_id})`;
  const { rows } = await sql<{ id: string; number: string; pending: boolean; gross_minor: bigint }>`
    select p.id, p.number, p.state <> 'issued' or ${isCorrecting(org, 'p')} as pending, coalesce((select c.gross_minor from document c where c.organization_id = p.organization_id and c.corrects_id = p.id
        and c.state = 'issued' order by c.issued_at desc, c.id desc limit 1), p.gross_minor) as gross_minor
    from document p where p.organization_id = ${row.organization_id} and p.kind = 'prepayment' and ${stands('p')} and ${sameSale} order by p.id`.execute(
    tx,
  );
  if (rows.some((p) => p.pending)) return hold('H_ORDER_DOCUMENT_PENDING', 'prepayments');
  const open = rows.find((p) => p.gross_minor !== (taken.get(p.id) ?? 0n));
  return open && hold('H_PREPAYMENT_OPEN', 'prepayments', { number: open.number });
}

/** A correction starts from the last state: if another correction was issued meanwhile, it must be made anew. */
async function staleCorrection(tx: Tx, row: Candidate): Promise<Finding[]> {
  const newer = await tx
    .selectFrom('document')
    .select('number')
    .where('organization_id', '=', row.organization_id)
    .where('corrects_id', '=', row.corrects_id)
    .where('state', '=', 'issued')
    .where('issued_at', '>', row.created_at)
    .limit(1)
    .executeTakeFirst();
  return newer ? [hold('H_CORRECTION_STALE', 'correction', { number: newer.number ?? '' })] : [];
}

/** Gives every document of a hub-numbered series its number, in the order asked for. */
async function number(tx: Tx, ready: Prepared[]): Promise<void> {
  const groups = new Map<string, Prepared[]>();
  const elsewhere = new Map(ready.flatMap(({ series }) => (series.number_owner === 'hub' ? [] : [[series.id, series] as const])));
  for (const [, series] of [...elsewhere].sort(([a], [b]) => (a < b ? -1 : 1))) await holdSeries(tx, series);
  for (const p of ready) {
    if (p.number !== undefined || p.series.number_owner !== 'hub') continue;
    const key = `${p.series.id} ${p.issueDate}`;
    groups.set(key, [...(groups.get(key) ?? []), p]);
  }
  // Sorted, so that two transactions that need the same counters take them in the same order.
  for (const [, group] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { series, issueDate } = group[0]!;
    const { period, first, last } = await takeNumbers(tx, series, issueDate, group.length);
    if (last > issueDate) throw new DateOvertaken(`${series.name} ${last}`);
    group.forEach((p, i) => {
      p.period = period;
      p.sequenceNo = first + BigInt(i);
      p.number = formatNumber(series.pattern, Number(p.sequenceNo), issueDate);
    });
  }
}

async function freeze(tx: Tx, who: Who, now: Date, ready: Prepared[]): Promise<void> {
  const texts = new Texts(ready.length * contentBytes);
  const rows = ready.map((p) => {
    const columns = columnsOf(p.content, [], p.number);
    const { at, size } = texts.add(jsonText(p.content));
    return {
      id: p.row.id,
      state: isOnItsWay(p) ? 'submitted' : 'issued',
      series_id: p.series.id,
      number: p.number ?? null,
      sequence_no: (p.sequenceNo ?? p.row.sequence_no)?.toString() ?? null,
      period: p.period ?? p.row.period,
      content_at: at,
      content_size: size,
      ...columns,
    };
  });
  const register = ready
    .filter((p) => p.sequenceNo !== undefined)
    .map((p) => ({
      series_id: p.series.id,
      period: p.period,
      sequence_no: p.sequenceNo!.toString(),
      number: p.number,
      document_id: p.row.id,
    }));
  // The ids stand there once more: without fresh statistics the planner would join by reading all documents of the organization.
  await sql`with texts as materialized (select ${texts.bytes} as bytes), registered as (
      insert into number_register (organization_id, series_id, period, sequence_no, number, document_id, allocated_at)
      select ${who.organizationId}, r.series_id, r.period, r.sequence_no, r.number, r.document_id, ${now.toISOString()}::timestamptz
      from json_to_recordset(${jsonRows(register)}) as r(series_id uuid, period text, sequence_no bigint, number text, document_id uuid))
    update document d set state = r.state, version = d.version + 1, series_id = r.series_id, number = r.number, sequence_no = r.sequence_no, period = r.period,
      issue_date = r.issue_date, sale_date = r.sale_date, due_date = r.due_date, net_minor = r.net_minor, tax_minor = r.tax_minor, gross_minor = r.gross_minor,
      content = ${Texts.of('r.content')}::json, findings = '[]', hold_codes = '{}', held = false, search = r.search, updated_at = ${now.toISOString()}::timestamptz,
      issued_at = case when r.state = 'issued' then ${now.toISOString()}::timestamptz end, issued_by = ${who.actor}
    from texts, json_to_recordset(${jsonRows(rows)}) as r(id uuid, state text, series_id uuid, number text, sequence_no bigint, period text, issue_date date, sale_date date, due_date date,
      net_minor bigint, tax_minor bigint, gross_minor bigint, content_at int, content_size int, search text)
    where d.organization_id = ${who.organizationId} and d.id = any(${ready.map((p) => p.row.id)}::uuid[]) and d.id = r.id`.execute(tx);
}

/** Nobody may call it issued before the provider says so. */
function isOnItsWay(p: Prepared): boolean {
  return p.number === undefined || p.changes !== undefined;
}

/** Of mended documents, those that their provider holds already. */
async function markChanges(tx: Tx, organizationId: string, ready: Prepared[]): Promise<void> {
  const mended = ready.filter((p) => p.row.state === 'refused' && p.row.number !== null);
  if (mended.length === 0) return;
  const held = await tx
    .selectFrom('transfer')
    .select(['document_id', 'connection_id', 'reference', sql<string | null>`made->>'providerId'`.as('provider_id')])
    .where('organization_id', '=', organizationId)
    .where(sql<boolean>`document_id = any(${mended.map((p) => p.row.id)}::uuid[])`)
    .where('verb', '=', 'issue')
    .where('status', '=', 'accepted')
    .execute();
  for (const p of mended) {
    const there = held.find((t) => t.document_id === p.row.id);
    if (there?.provider_id) p.changes = { providerId: there.provider_id, reference: there.reference, connectionId: there.connection_id };
  }
}

/** Documents whose series belongs to a connection go there by themselves; intent and reference are stored before the first send. */
async function queueTransfers(tx: Tx, ctx: Context, who: Who, ready: Prepared[], options: IssueOptions): Promise<void> {
  for (const { row, series, changes } of ready)
    if (changes)
      await queueFollowUps(
        tx,
        ctx,
        { organization_id: who.organizationId, connection_id: changes.connectionId, reference: changes.reference },
        row.id,
        ['change'],
        { ...series.settings, reporter: series.reporter, providerId: changes.providerId },
      );
  const going = ready.filter(
    (p) => !p.changes && p.series.connection_id && (p.series.settings.transfer !== false || p.series.number_owner === 'provider'),
  );
  await cancelRefused(
    tx,
    who.organizationId,
    ready.filter((p) => p.row.state === 'refused' && !p.changes && !going.includes(p)),
  );
  if (going.length === 0) return;
  const now = ctx.now();
  const rows = going.map((p) => ({
    organization_id: who.organizationId,
    id: newId(now),
    document_id: p.row.id,
    connection_id: p.series.connection_id!,
    reference: `fk:${p.row.id}`,
    verb: 'issue',
    status: 'waiting' as const,
    // Without a number there is nothing to mail yet: the wish goes along and is met on acceptance.
    settings: json({
      ...p.series.settings,
      reporter: p.series.reporter,
      mail: options.mail === true && p.number === undefined,
      backfill: options.backfill === true,
    }),
    backfill: options.backfill === true,
    story: json([]),
    created_at: now,
    updated_at: now,
  }));
  const queued = await tx
    .insertInto('transfer')
    .values(rows)
    // Mended and issued again after a refusal: the same transfer under the same reference goes on.
    .onConflict((c) =>
      c
        .columns(['organization_id', 'document_id', 'verb'])
        .where('status', '<>', 'cancelled')
        .doUpdateSet((e) => ({
          status: 'waiting',
          next_at: null,
          cause: json(null),
          // The series may have been changed while it was being mended: it goes where the document belongs now.
          connection_id: e.ref('excluded.connection_id'),
          settings: e.ref('excluded.settings'),
          backfill: e.ref('excluded.backfill'),
          updated_at: now,
        }))
        // What may exist over there is asked for, never sent a second time.
        .where('transfer.status', 'in', ['rejected', 'waiting']),
    )
    .returning(['id', 'connection_id'])
    .execute();
  // One nudge a connection: whoever takes it goes on with whatever else waits there.
  const firsts = new Map(queued.map((r) => [r.connection_id, r.id]));
  await ctx.jobs.enqueue(
    tx,
    'transfer',
    [...firsts.values()].map((id) => ({ organizationId: who.organizationId, id })),
  );
}

/** Refused there, mended, and issued by a series that goes nowhere: the old transfer is over. */
async function cancelRefused(tx: Tx, organizationId: string, stayed: Prepared[]): Promise<void> {
  if (stayed.length === 0) return;
  await tx
    .updateTable('transfer')
    .set({ status: 'cancelled' })
    .where('organization_id', '=', organizationId)
    .where(
      'document_id',
      'in',
      stayed.map((p) => p.row.id),
    )
    .where('verb', '=', 'issue')
    .where('status', '=', 'rejected')
    .execute();
}

function auditEntry(p: Prepared): AuditEntry {
  return {
    action: p.number === undefined ? 'document submitted' : 'document issued',
    entity: 'document',
    entityId: p.row.id,
    data: {
      number: p.number,
      series: p.series.name,
      kind: p.content.kind,
      issueDate: p.issueDate,
      gross: p.content.totals.gross,
      currency: p.content.currency,
    },
  };
}
