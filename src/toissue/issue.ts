import { type Selectable, sql } from 'kysely';
import { queuePrints } from '../agents/index.ts';
import { queueMails } from '../delivery/index.ts';
import { civilDay } from '../domain/days/day.ts';
import type { DocumentContent } from '../domain/documents/document.ts';
import { type Finding, hold } from '../domain/finding.ts';
import { formatNumber, periodKey } from '../domain/numbering/index.ts';
import type { Context } from '../jobs/index.ts';
import { type AuditEntry, announce, audit, json, jsonRows, jsonText, newId, type Tables, Texts, type Tx } from '../store/index.ts';
import { judge } from './assess.ts';
import { queueFollowUps } from './follow-up.ts';
import { type Organization, organizationOf } from './organization.ts';
import { openProviderDesk, type ProviderDesk } from './provider.ts';
import { type DocumentQuery, matchingIds } from './query.ts';
import { fetchRates } from './rates.ts';
import { columnsOf, type Who } from './row.ts';
import { holdSeries, type Series, SeriesChanged, seriesFindings, takeNumbers } from './series.ts';
import { heldOver, holdUnreadable, unreadable } from './unreadable.ts';
import { contentBytes } from './write.ts';

type IssueOptions = {
  mail?: boolean /** Civil day; today when absent. */;
  issueDate?: string /** Ask the provider first whether it has the document already. */;
  backfill?: boolean;
};
type IssueResult = { id: string } & (
  | { outcome: 'issued'; number: string }
  /** The provider numbers: the document is on its way and its content is locked. */
  | { outcome: 'submitted' }
  | { outcome: 'refused'; findings: Finding[] }
);
type Refused = Extract<IssueResult, { outcome: 'refused' }>;
export type Selection = { ids: string[] } | { query: DocumentQuery };

/** One transaction holds a series for this many documents; more only makes others wait. */
export const issueBatchSize = 100;
/** Documents that one act may issue, withdraw, put back or mail: who asks for more is told so, and nothing is done. */
export const maxBulkAct = 100_000;
export class TooMany extends Error {
  override name = 'TooMany';
  readonly max: number;
  constructor(max: number) {
    super(`more than ${max} documents`);
    this.max = max;
  }
}

/** With the number of an issued document that bills a part of the same order already: a prepayment invoice, or for one of those the invoice. */
type Candidate = Selectable<Tables['document']> & { billed_by: string | null };

/**
 * Issues up to a batch of documents in one transaction: numbers, contents, register, transfers, mails and audit together
 * or not at all. A document that cannot be issued is refused with its findings and never stops the others.
 */
export async function issueDocuments(ctx: Context, who: Who, ids: string[], options: IssueOptions = {}): Promise<IssueResult[]> {
  const results: IssueResult[] = [];
  if (ids.length === 1) results.push(await issueTogether(ctx, who, ids[0]!, options));
  else
    for (let i = 0; i < ids.length; i += issueBatchSize)
      results.push(...(await issueSlice(ctx, who, ids.slice(i, i + issueBatchSize), options)));
  const waiting = results.flatMap((r) =>
    r.outcome === 'refused' && r.findings.some((f) => f.code === 'H_EXCHANGE_MISSING') ? [r.id] : [],
  );
  if (waiting.length === 0 || (await fetchRates(ctx, who.organizationId, waiting, options.issueDate)) === 0) return results;
  const again = new Map((await issueSlice(ctx, who, waiting, options)).map((r) => [r.id, r]));
  return results.map((r) => again.get(r.id) ?? r);
}

type Waiting = { id: string; settle: (result: Promise<IssueResult> | IssueResult) => void };
/** By process, then by who asks for what: the ones that wait while a transaction of the same kind is under way. */
const desks = new WeakMap<Context, Map<string, Waiting[]>>();

/**
 * Many single issues at once would queue for the same series one transaction after the other. Those that come while one is under way
 * wait here and go together in the next: the series is locked once for all of them, and each still gets its own answer.
 */
async function issueTogether(ctx: Context, who: Who, id: string, options: IssueOptions): Promise<IssueResult> {
  const open = desks.get(ctx) ?? new Map<string, Waiting[]>();
  desks.set(ctx, open);
  const key = JSON.stringify([who.organizationId, who.actor, options.mail, options.issueDate, options.backfill]);
  const line = open.get(key);
  if (line) return new Promise((settle) => line.push({ id, settle }));
  const waiting: Waiting[] = [];
  open.set(key, waiting);
  const alone = async (one: string) => (await issueSlice(ctx, who, [one], options))[0]!;
  try {
    return await alone(id);
  } finally {
    void serve();
  }

  async function serve(): Promise<void> {
    for (let next = waiting.splice(0, issueBatchSize); next.length > 0; next = waiting.splice(0, issueBatchSize)) {
      // The same document asked for twice at once is issued for the first; the second is told what it would have been told later.
      const firsts = new Map(next.map((w) => [w.id, w] as const).reverse());
      try {
        const results = new Map((await issueSlice(ctx, who, [...firsts.keys()].reverse(), options)).map((r) => [r.id, r]));
        for (const w of next) w.settle(firsts.get(w.id) === w ? results.get(w.id)! : alone(w.id));
      } catch {
        // Something unexpected about one of them: each is tried by itself, and only the bad one fails.
        for (const w of next) {
          const result = alone(w.id);
          await result.catch(() => {});
          w.settle(result);
        }
      }
    }
    open.delete(key);
  }
}

async function issueSlice(ctx: Context, who: Who, ids: string[], options: IssueOptions, tries = 1): Promise<IssueResult[]> {
  try {
    return await ctx.store.org(who.organizationId, (tx) => issueInTransaction(tx, ctx, who, ids, options));
  } catch (error) {
    if ((error instanceof DateOvertaken || error instanceof SeriesChanged) && tries < 3)
      return issueSlice(ctx, who, ids, options, tries + 1);
    const refusal = ofOneDocument(error);
    if (!refusal) throw error;
    if (ids.length === 1) {
      const refused: Refused = { id: ids[0]!, outcome: 'refused', findings: [refusal] };
      await ctx.store.org(who.organizationId, (tx) => holdUnreadable(tx, who.organizationId, ctx.now(), [refused]));
      return [refused];
    }
    // One bad pattern stops its own series only, one bad content its own document.
    const half = Math.ceil(ids.length / 2);
    return [...(await issueSlice(ctx, who, ids.slice(0, half), options)), ...(await issueSlice(ctx, who, ids.slice(half), options))];
  }
}

/** Somebody issued with a later day while this transaction waited for the series: everything is judged anew. */
class DateOvertaken extends Error {
  override name = 'DateOvertaken';
}

/** Two series whose patterns meet in one number: nothing was issued, a pattern has to change. */
function isTakenNumber(error: unknown): boolean {
  return (error as { constraint?: string }).constraint === 'number_register_number';
}

/** What has to do with some of the documents alone, though it stopped them all: tried one by one, only those are refused. */
function ofOneDocument(error: unknown): Finding | undefined {
  if (isTakenNumber(error)) return hold('H_NUMBER_TAKEN', 'seriesId');
  const isOurs = error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError;
  return isOurs || typeof (error as { code?: unknown }).code === 'string' ? unreadable(error) : undefined;
}

/** Issues documents in the caller's transaction. `go` is met after all is judged and before the first number is taken. */
export async function issueInTransaction(
  tx: Tx,
  ctx: Context,
  who: Who,
  ids: string[],
  options: IssueOptions,
  go?: (refused: Refused[]) => Promise<void>,
): Promise<IssueResult[]> {
  const now = ctx.now();
  const desk = { ...(await loadDesk(tx, who.organizationId)), provider: openProviderDesk(tx, ctx, who.organizationId) };
  // One order of locks for everybody: two runs over the same documents wait for each other instead of dying. Each row and what was made of its
  // order is fetched by its own key (`offset 0`): where the planner knows little of an organization yet, it would read all its documents.
  const { rows } = await sql<Candidate>`select d.*, case when d.order_id is null then null when d.kind in ('invoice','receipt') then (
        select p.number from (select * from document o where o.organization_id = ${who.organizationId} and o.order_id = d.order_id offset 0) p
        where p.kind = 'prepayment' and p.state = 'issued' and not exists (select 1
          from (select * from document o where o.organization_id = ${who.organizationId} and o.corrects_id = p.id offset 0) c where c.state = 'issued' and c.gross_minor = 0) limit 1)
      when d.kind = 'prepayment' then (
        select s.number from (select * from document o where o.organization_id = ${who.organizationId} and o.order_id = d.order_id offset 0) s
        where s.purpose = 'sale' and s.state = 'issued' limit 1) end as billed_by
      from (select distinct id from unnest(${ids}::uuid[]) id order by id) wanted,
        lateral (select * from document o where o.organization_id = ${who.organizationId} and o.id = wanted.id offset 0 for no key update) d`.execute(
    tx,
  );
  const byId = new Map(rows.map((r) => [r.id, r]));
  const refused: Refused[] = [];
  const ready: Prepared[] = [];
  for (const id of new Set(ids)) {
    const row = byId.get(id);
    const prepared = row
      ? await prepareToIssue(tx, desk, row, options, now).catch(heldOver(row.content))
      : { findings: [hold('H_DOCUMENT_UNKNOWN')] };
    if ('findings' in prepared) refused.push({ id, outcome: 'refused', findings: prepared.findings });
    else ready.push(prepared);
  }
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
  await announce(tx, who.organizationId, 'documents');
  await audit(tx, who.organizationId, who.actor, now, ready.map(auditEntry));
  return [
    ...refused,
    ...ready.map(
      (p): IssueResult => (isOnItsWay(p) ? { id: p.row.id, outcome: 'submitted' } : { id: p.row.id, outcome: 'issued', number: p.number! }),
    ),
  ];
}

/** What issuing needs to know of the organization, read in one step: every round trip more would hold everybody's series longer. */
type Desk = { organization: Organization; series: (Series & { last_issue_date: string | null })[] };

async function loadDesk(tx: Tx, organizationId: string): Promise<Desk> {
  const { rows } = await sql<{ organization: Parameters<typeof organizationOf>[0]; series: Desk['series'] | null }>`
    select row_to_json(o) as organization,
      (select json_agg(s) from (
        select s.*, (select max(c.last_issue_date) from series_counter c where c.organization_id = s.organization_id and c.series_id = s.id) as last_issue_date
        from series s where s.organization_id = o.id order by s.kind, s.name) s) as series
    from organization o where o.id = ${organizationId}`.execute(tx);
  if (!rows[0]) throw new Error(`organization ${organizationId} does not exist`);
  return { organization: organizationOf(rows[0].organization), series: rows[0].series ?? [] };
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

async function prepareToIssue(
  tx: Tx,
  desk: Desk & { provider: ProviderDesk },
  row: Candidate,
  options: IssueOptions,
  now: Date,
): Promise<Prepared | { findings: Finding[] }> {
  const { organization } = desk;
  if (row.state !== 'to_issue' && row.state !== 'refused') return { findings: [hold('H_NOT_TO_ISSUE', 'state', { state: row.state })] };
  const series =
    desk.series.find((s) => s.id === row.series_id) ?? desk.series.find((s) => s.kind === row.kind && s.is_default && s.active);
  if (!series) return { findings: [hold('H_SERIES_MISSING', 'seriesId', { kind: row.kind })] };
  const today = civilDay(now.toISOString(), organization.zone);
  const issueDate = options.issueDate ?? row.content.issueDate ?? today;
  const { content, findings } = await judge(
    tx,
    organization,
    row,
    { ...row.content, issueDate },
    {
      issuing: true,
      today,
      route: { desk: desk.provider, series, document: row },
    },
  );
  const problems = [...findings.filter((f) => f.level === 'hold'), ...seriesFindings(series, await desk.provider.manifest(series))];
  if (series.kind !== row.kind) problems.push(hold('H_SERIES_KIND', 'seriesId', { series: series.name, kind: row.kind }));
  const last = series.last_issue_date;
  // The period of a refused document that already has its number stays; dates of new numbers never go backwards.
  if (row.number === null && series.number_owner === 'hub' && last && issueDate < last)
    problems.push(hold('H_ISSUE_DATE_BACK', 'issueDate', { last, day: issueDate }));
  if (row.billed_by && row.kind === 'prepayment')
    problems.push(hold('H_ALREADY_DOCUMENTED', 'kind', { kind: row.kind, number: row.billed_by }));
  else if (row.billed_by) problems.push(hold('H_PREPAYMENT_OPEN', 'prepayments', { number: row.billed_by }));
  // A number that was given stays in its series and its period.
  if (row.number !== null && row.period !== null && (series.id !== row.series_id || periodKey(series.reset, issueDate) !== row.period))
    problems.push(hold('H_NUMBERED', 'issueDate', { number: row.number }));
  if (row.corrects_id) problems.push(...(await staleCorrection(tx, row)));
  if (problems.length > 0) return { findings: problems };
  return { row, series, content, issueDate, number: row.number ?? undefined };
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

/** Starts a bulk issue of everything selected; it goes on by jobs and survives a crash. Returns the run's id. */
export async function startIssueRun(
  ctx: Context,
  who: Who,
  selection: Selection,
  options: IssueOptions,
): Promise<{ runId: string; total: number }> {
  const now = ctx.now();
  return ctx.store.org(who.organizationId, async (tx) => {
    const ids =
      'ids' in selection
        ? [...new Set(selection.ids)].slice(0, maxBulkAct + 1)
        : await matchingIds(tx, who.organizationId, { ...selection.query, states: ['to_issue', 'refused'] }, maxBulkAct + 1);
    if (ids.length > maxBulkAct) throw new TooMany(maxBulkAct);
    const id = newId(now);
    await tx
      .insertInto('issue_run')
      .values({
        organization_id: who.organizationId,
        id,
        ids,
        options: json(options),
        status: 'waiting',
        refused: json([]),
        created_by: who.actor,
        created_at: now,
      })
      .execute();
    await ctx.jobs.enqueue(tx, 'issue-batch', [{ organizationId: who.organizationId, id }]);
    return { runId: id, total: ids.length };
  });
}

/** A run's documents are looked up, and their rates of foreign currencies asked for, this many at a time. */
const readAhead = 1000;

/**
 * The job behind a run: each batch and the run's progress commit together, so a killed run goes on without doing anything twice. After
 * `turnMs` it goes to the end of the queue, so that a small run does not wait for a large one.
 */
export async function workIssueRun(ctx: Context, organizationId: string, runId: string, turnMs?: number): Promise<void> {
  const until = turnMs === undefined ? undefined : ctx.now().getTime() + turnMs;
  const isOver = () => until !== undefined && ctx.now().getTime() >= until;
  // After two series met in one number, or a content could not be written, the batch goes on one by one: only the bad ones are refused.
  for (let single = 0; ; ) {
    try {
      if (single === 0) {
        if (!(await issueBatches(ctx, organizationId, runId, isOver))) return;
      } else {
        const run = await readRun(ctx, organizationId, runId, 1);
        if (!run) return;
        await issueRunStep(ctx, organizationId, runId, run);
        single--;
      }
    } catch (error) {
      if (error instanceof DateOvertaken || error instanceof SeriesChanged || error instanceof RunMoved) continue;
      const refusal = ofOneDocument(error);
      if (!refusal) throw error;
      if (single === 0) single = issueBatchSize;
      else {
        const run = await readRun(ctx, organizationId, runId, 1);
        if (run) await issueRunStep(ctx, organizationId, runId, run, { refusal });
        single--;
      }
    }
    if (isOver()) {
      // Somebody else was nudged for this run meanwhile: one goes on.
      if ((await ctx.jobs.underWay('issue-batch', [runId], 0)).size > 0) return;
      await ctx.store.org(organizationId, (tx) => ctx.jobs.enqueue(tx, 'issue-batch', [{ organizationId, id: runId }]));
      return;
    }
  }
}

/** Where a run stands, with the documents it has next. */
type RunState = Pick<Selectable<Tables['issue_run']>, 'options' | 'created_by' | 'cancel_requested' | 'done'> & {
  ids: string[];
  left: number;
};

/** Undefined when the run is over. Only the next ids travel: a run may hold a hundred thousand. */
async function readRun(ctx: Context, organizationId: string, runId: string, next: number): Promise<RunState | undefined> {
  return ctx.store.org(organizationId, async (tx) => {
    const { rows } = await sql<RunState>`
      select options, created_by, cancel_requested, done, ids[done + 1 : done + ${next}] as ids, cardinality(ids) - done as left
      from issue_run where organization_id = ${organizationId} and id = ${runId} and status in ('waiting', 'running')`.execute(tx);
    return rows[0];
  });
}

/**
 * Works the next batches of a run, each in a transaction of its own: while one is being written, the next is read and judged, and it
 * takes its numbers when the one before has committed. False when the run is over.
 */
async function issueBatches(ctx: Context, organizationId: string, runId: string, isOver: () => boolean): Promise<boolean> {
  const run = await readRun(ctx, organizationId, runId, readAhead);
  if (!run) return false;
  if (run.ids.length > 0) await fetchRates(ctx, organizationId, run.ids, run.options.issueDate);
  // The embedded database has one connection: a second transaction would only wait.
  const ahead = ctx.store.embedded ? 0 : 1;
  const inFlight: Promise<void>[] = [];
  let before: Promise<void> = Promise.resolve();
  let from = 0;
  try {
    do {
      const ids = run.ids.slice(from, from + issueBatchSize);
      const after = before;
      before = issueRunStep(ctx, organizationId, runId, { ...run, ids, done: run.done + from, left: run.left - from }, { after });
      // A failure is met at the next wait; until then it must not count as unhandled.
      before.catch(() => {});
      inFlight.push(before);
      while (inFlight.length > ahead) await inFlight.shift();
      from += issueBatchSize;
    } while (from < run.ids.length && !isOver());
    await Promise.all(inFlight);
  } finally {
    await Promise.allSettled(inFlight);
  }
  return run.left > from && !run.cancel_requested;
}

/** Another worker or a person changed the run since it was read: nothing of this batch stays. */
class RunMoved extends Error {
  override name = 'RunMoved';
}

/** Issues the given documents of a run, or refuses them for a known reason. `after`: the batch before it, which has to be committed. */
async function issueRunStep(
  ctx: Context,
  organizationId: string,
  runId: string,
  run: RunState,
  { refusal, after }: { refusal?: Finding; after?: Promise<void> } = {},
): Promise<void> {
  const ids = run.cancel_requested ? [] : run.ids;
  const finished = run.cancel_requested || run.left <= ids.length;
  await ctx.store.org(organizationId, async (tx) => {
    const move = async (refused: Refused[]) => {
      await after;
      const moved = await tx
        .updateTable('issue_run')
        .set((e) => ({
          done: e('done', '+', ids.length),
          issued: e('issued', '+', new Set(ids).size - refused.length),
          ...(refused.length > 0 ? { refused: sql`refused || ${json(refused.map(({ id, findings }) => ({ id, findings })))}` } : {}),
          status: finished ? (run.cancel_requested ? 'cancelled' : 'done') : 'running',
          finished_at: finished ? ctx.now() : null,
        }))
        .where('organization_id', '=', organizationId)
        .where('id', '=', runId)
        .where('status', 'in', ['waiting', 'running'])
        .where('done', '=', run.done)
        .where('cancel_requested', '=', run.cancel_requested)
        .executeTakeFirst();
      if (moved.numUpdatedRows === 0n) throw new RunMoved(runId);
    };
    if (refusal || ids.length === 0) {
      const refused = refusal ? ids.map((id): Refused => ({ id, outcome: 'refused', findings: [refusal] })) : [];
      await holdUnreadable(tx, organizationId, ctx.now(), refused);
      await move(refused);
    } else await issueInTransaction(tx, ctx, { organizationId, actor: run.created_by }, ids, run.options, move);
    await announce(tx, organizationId, 'issue-run', runId);
  });
}

/** A job that began longer ago than this has most likely lost its worker: a turn takes a fraction of it. */
const deadAfterMs = 30_000;
const nudgedAtOnce = 1000;

/**
 * Nudges runs that a lost job or a killed process left behind. A run whose job waits or is at work gets no second one: two would judge
 * the same batches and one of them in vain. `starting`: a process has just begun, and whoever was at work may have died with the one
 * before; a worker too many ends with its turn.
 */
export async function sweepIssueRuns(ctx: Context, options: { starting?: boolean } = {}): Promise<number> {
  const { rows } = await sql<{
    organization_id: string;
    id: string;
  }>`select organization_id, id from issue_run where status in ('waiting', 'running') order by id limit 100000`.execute(ctx.store.db);
  const alive = await ctx.jobs.underWay(
    'issue-batch',
    rows.map((row) => row.id),
    options.starting ? 0 : deadAfterMs,
  );
  const left = Map.groupBy(rows.filter((row) => !alive.has(row.id)).slice(0, nudgedAtOnce), (row) => row.organization_id);
  for (const [organizationId, runs] of left)
    await ctx.store.org(organizationId, (tx) =>
      ctx.jobs.enqueue(
        tx,
        'issue-batch',
        runs.map(({ id }) => ({ organizationId, id })),
      ),
    );
  return [...left.values()].flat().length;
}
