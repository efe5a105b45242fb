import { sql } from 'kysely';
import { queuePrints } from '../agents/index.ts';
import type { CauseRef } from '../contract/connector.ts';
import { cut } from '../domain/cut.ts';
import type { DocumentContent } from '../domain/documents/document.ts';
import { completeDraft, type DocumentDraft, editedPaths, changeKind as kindChanged, treat } from '../domain/documents/index.ts';
import { type Finding, hold } from '../domain/finding.ts';
import { isContentOpen, type MoveName, move } from '../domain/lifecycle/index.ts';
import { toMinor } from '../domain/money/money.ts';
import { withOneName } from '../domain/parties/party.ts';
import type { Context, Who } from '../jobs/index.ts';
import { type AuditEntry, announce, audit, json, type Tx } from '../store/index.ts';
import { canSettle, judge, judgeAgain, stillSettled } from './assess.ts';
import { endChanges } from './changed.ts';
import { openDesk, seriesFor } from './desk.ts';
import { applyEdits, type Edits, isStorable } from './edits.ts';
import { maxBulkAct, type Selection } from './issue-run.ts';
import { policiesOf, readOrganization } from './organization.ts';
import { matchingIds } from './query.ts';
import { columnsOf } from './row.ts';
import { type DocumentRecord, insertDocuments, lockDocument as lock, newRow, purposeOf, updateContent } from './write.ts';

export type EditResult =
  | { outcome: 'saved'; version: number; content: DocumentContent; findings: Finding[] }
  | { outcome: 'refused'; findings: Finding[] }
  /** Somebody else saved first: read again. */
  | { outcome: 'conflict'; version: number }
  | { outcome: 'absent' };

/** Changes fields of a prepared document, settles holds with open eyes, or moves it to another series. Amounts follow at once. */
export async function editDocument(
  ctx: Context,
  who: Who,
  id: string,
  change: { version?: number; set?: Edits; settle?: string[]; unsettle?: string[]; seriesId?: string },
): Promise<EditResult> {
  return ctx.store.org(who.organizationId, (tx) => editInTransaction(tx, ctx, who, id, change));
}

/** The same inside a transaction of the caller. */
export async function editInTransaction(
  tx: Tx,
  ctx: Context,
  who: Who,
  id: string,
  change: { version?: number; set?: Edits; settle?: string[]; unsettle?: string[]; seriesId?: string },
): Promise<EditResult> {
  const row = await lock(tx, who.organizationId, id);
  if (!row) return { outcome: 'absent' };
  if (!isContentOpen(row.state)) return { outcome: 'refused', findings: [hold('H_NOT_TO_ISSUE', 'state', { state: row.state })] };
  if (change.version !== undefined && change.version !== row.version) return { outcome: 'conflict', version: row.version };
  const edits = change.set ?? {};
  const applied = applyEdits(row.content, edits);
  if ('findings' in applied) return { outcome: 'refused', findings: applied.findings };
  const wrongSettle = (change.settle ?? []).filter((code) => !canSettle(code, row.order_findings));
  if (wrongSettle.length > 0)
    return { outcome: 'refused', findings: wrongSettle.map((code) => hold('H_CANNOT_SETTLE', 'settled', { code })) };
  if (change.seriesId && change.seriesId !== row.series_id) {
    if (row.number !== null) return { outcome: 'refused', findings: [hold('H_NUMBERED', 'seriesId', { number: row.number })] };
    const series = await tx
      .selectFrom('series')
      .select(['kind', 'name'])
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', change.seriesId)
      .executeTakeFirst();
    if (!series) return { outcome: 'refused', findings: [hold('H_SERIES_UNKNOWN', 'seriesId')] };
    if (series.kind !== row.kind)
      return { outcome: 'refused', findings: [hold('H_SERIES_KIND', 'seriesId', { series: series.name, kind: row.kind })] };
  }
  if (applied.content.message.templateId !== row.content.message.templateId) {
    const strange = await strangeTemplate(tx, who.organizationId, applied.content);
    if (strange) return { outcome: 'refused', findings: [strange] };
  }
  const treatment = 'taxTreatment' in edits ? applied.content.taxTreatment : undefined;
  const wanted = treatment ? treat({ ...applied.content, taxTreatment: row.content.taxTreatment }, treatment) : applied.content;
  const edited = [...new Set([...row.edited, ...editedPaths(row.content, wanted)])];
  const before = stillSettled(row.settled, row.content, wanted);
  const settled = [...new Set([...before, ...(change.settle ?? [])])].filter((code) => !change.unsettle?.includes(code));
  const desk = await openDesk(tx, ctx, who.organizationId);
  const { now } = desk;
  const { content, findings } = await judgeAgain(desk, { ...row, settled, edited, series_id: change.seriesId ?? row.series_id }, wanted);
  const tooLarge = outOfBounds(content);
  if (tooLarge) return { outcome: 'refused', findings: [tooLarge] };
  await updateContent(tx, who.organizationId, id, now, content, findings, {
    edited,
    settled,
    ...(change.seriesId ? { series_id: change.seriesId } : {}),
  });
  await announce(tx, who.organizationId, 'documents', id);
  await audit(tx, who.organizationId, who.actor, now, [
    {
      action: 'document edited',
      entity: 'document',
      entityId: id,
      data: {
        fields: Object.keys(edits),
        settled: change.settle,
        unsettled: change.unsettle,
        seriesId: change.seriesId,
        gross: content.totals.gross,
      },
    },
  ]);
  return { outcome: 'saved', version: row.version + 1, content, findings };
}

/** A message names a template of its own organization. One that is removed later is no trouble: then the usual one is taken. */
async function strangeTemplate(tx: Tx, organizationId: string, { message }: DocumentContent): Promise<Finding | undefined> {
  const { templateId } = message;
  if (templateId === undefined) return undefined;
  const known =
    /^[0-9a-f-]{36}$/i.test(templateId) &&
    (await tx
      .selectFrom('mail_template')
      .select('id')
      .where('organization_id', '=', organizationId)
      .where('id', '=', templateId)
      .executeTakeFirst());
  return known ? undefined : hold('H_FIELD_WRONG', 'message.templateId', { reason: cut(templateId, 100) });
}

/** Amounts beyond anything sold: the columns of lists hold 18 digits. */
function outOfBounds({ totals, currency }: DocumentContent): Finding | undefined {
  const large = toMinor(totals.gross, currency) / 10n ** 15n !== 0n || toMinor(totals.payable, currency) / 10n ** 15n !== 0n;
  return large ? hold('H_FIELD_WRONG', 'totals.gross', { reason: totals.gross }) : undefined;
}

/** Ids of a selection, `max` of them at most. Who asks for one more than is allowed sees that there are more, and says so. */
export async function selected(ctx: Context, who: Who, selection: Selection, max: number): Promise<string[]> {
  if ('ids' in selection) return [...new Set(selection.ids)].slice(0, max);
  return ctx.store.org(who.organizationId, (tx) => matchingIds(tx, who.organizationId, selection.query, max));
}

/** Another kind for the same sale; everything edited stays, the series becomes the default of the new kind. */
export async function changeKind(
  ctx: Context,
  who: Who,
  id: string,
  kind: 'invoice' | 'proforma' | 'receipt',
  seriesId?: string,
): Promise<EditResult> {
  return ctx.store.org(who.organizationId, (tx) => changeKindInTransaction(tx, ctx, who, id, kind, seriesId));
}

export async function changeKindInTransaction(
  tx: Tx,
  ctx: Context,
  who: Who,
  id: string,
  kind: 'invoice' | 'proforma' | 'receipt',
  seriesId?: string,
): Promise<EditResult> {
  const row = await lock(tx, who.organizationId, id);
  if (!row) return { outcome: 'absent' };
  if (!isContentOpen(row.state) || row.number !== null)
    return { outcome: 'refused', findings: [hold('H_NOT_TO_ISSUE', 'state', { state: row.state })] };
  if (['correction', 'final', 'prepayment'].includes(row.kind))
    return { outcome: 'refused', findings: [hold('H_KIND_FIXED', 'kind', { kind: row.kind })] };
  const purpose = row.purpose.includes(':') || row.purpose === 'manual' ? row.purpose : purposeOf(kind);
  if (purpose !== row.purpose && row.order_id && (await hasLive(tx, who.organizationId, row.order_id, purpose, id))) {
    return { outcome: 'refused', findings: [hold('H_ALREADY_DOCUMENTED', 'kind', { kind })] };
  }
  const desk = await openDesk(tx, ctx, who.organizationId);
  const { now } = desk;
  const target = seriesFor(desk.series, kind, seriesId);
  const { content, findings } = await judge(desk, row, kindChanged(row.content, kind), { series: target, document: row });
  const edited = [...new Set([...row.edited, 'kind'])];
  await updateContent(tx, who.organizationId, id, now, content, findings, { purpose, series_id: target?.id ?? null, edited });
  await announce(tx, who.organizationId, 'documents', id);
  await audit(tx, who.organizationId, who.actor, now, [
    { action: 'document kind changed', entity: 'document', entityId: id, data: { from: row.kind, to: kind } },
  ]);
  return { outcome: 'saved', version: row.version + 1, content, findings };
}

async function hasLive(tx: Tx, organizationId: string, orderId: string, purpose: string, except: string): Promise<boolean> {
  const other = await tx
    .selectFrom('document')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('order_id', '=', orderId)
    .where('purpose', '=', purpose)
    .where('id', '<>', except)
    .where('state', 'not in', ['withdrawn', 'cancelled'])
    .executeTakeFirst();
  return other !== undefined;
}

/** Has another document taken the place of a withdrawn one: the same sale, proforma, prepayment, or another open correction? */
async function takenSince(tx: Tx, row: DocumentRecord): Promise<boolean> {
  if (row.order_id && (await hasLive(tx, row.organization_id, row.order_id, row.purpose, row.id))) return true;
  const settles = row.content.prepayments.map((p) => JSON.stringify([{ documentId: p.documentId }]));
  const { rows } = await sql`
    select 1 from document d where organization_id = ${row.organization_id} and id <> ${row.id} and state not in ('withdrawn','cancelled') and (
      (kind = ${row.kind} and kind <> 'prepayment' and proforma_id = ${row.proforma_id}::uuid) or (corrects_id = ${row.corrects_id}::uuid and state <> 'issued')
      or (kind = 'final' and exists (select 1 from unnest(${settles}::text[]) s where (d.content->'prepayments')::jsonb @> s::jsonb))) limit 1`.execute(
    tx,
  );
  return rows.length > 0;
}

export type MoveResult = {
  moved: string[];
  refused: { id: string; findings: Finding[] }[];
  /** More were selected than one act takes: none was moved. */
  tooMany?: number;
};

/** Takes documents out of the queue (undone by `restoreDocuments`), or puts them back: all that are selected, or `tooMany` and none. */
export async function withdrawDocuments(ctx: Context, who: Who, selection: Selection, reason?: string): Promise<MoveResult> {
  return moveDocuments(ctx, who, selection, 'withdraw', 'document withdrawn', reason);
}

export async function restoreDocuments(ctx: Context, who: Who, selection: Selection): Promise<MoveResult> {
  return moveDocuments(ctx, who, selection, 'restore', 'document restored');
}

async function moveDocuments(
  ctx: Context,
  who: Who,
  selection: Selection,
  name: MoveName,
  action: string,
  reason?: string,
): Promise<MoveResult> {
  const ids = await selected(ctx, who, selection, maxBulkAct + 1);
  if (ids.length > maxBulkAct) return { moved: [], refused: [], tooMany: maxBulkAct };
  const result: MoveResult = { moved: [], refused: [] };
  for (let i = 0; i < ids.length; i += 500) {
    const { moved, refused } = await ctx.store.org(who.organizationId, (tx) =>
      moveIn(tx, ctx, who, ids.slice(i, i + 500), name, action, reason),
    );
    result.moved.push(...moved);
    result.refused.push(...refused);
  }
  return result;
}

/** Takes documents out of the queue together with whatever the caller does. */
export async function withdrawInTransaction(tx: Tx, ctx: Context, who: Who, ids: string[], reason: string): Promise<MoveResult> {
  return moveIn(tx, ctx, who, ids, 'withdraw', 'document withdrawn', reason);
}

async function moveIn(
  tx: Tx,
  ctx: Context,
  who: Who,
  ids: string[],
  name: MoveName,
  action: string,
  reason: string | undefined,
): Promise<MoveResult> {
  const result: MoveResult = { moved: [], refused: [] };
  const now = ctx.now();
  const entries: AuditEntry[] = [];
  const moved: { id: string; to: string }[] = [];
  const apply = () =>
    sql`update document d set state = r."to", version = d.version + 1, updated_at = ${now.toISOString()}::timestamptz
      from jsonb_to_recordset(${json(moved.splice(0))}) as r(id uuid, "to" text)
      where d.organization_id = ${who.organizationId} and d.id = r.id`.execute(tx);
  const rows = await tx
    .selectFrom('document')
    .selectAll()
    .where('organization_id', '=', who.organizationId)
    .where('id', 'in', ids)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  for (const row of rows) {
    const to = move({ state: row.state, numbered: row.number !== null }, name, 'person', reason);
    if ('refused' in to)
      result.refused.push({
        id: row.id,
        findings: [hold('H_MOVE_REFUSED', 'state', { move: name, state: row.state, why: to.refused })],
      });
    else if (row.archived_at) result.refused.push({ id: row.id, findings: [hold('H_DOCUMENT_ARCHIVED', 'document')] });
    else if (name === 'restore' && (await takenSince(tx, row))) {
      result.refused.push({ id: row.id, findings: [hold('H_ALREADY_DOCUMENTED', 'kind', { kind: row.kind })] });
    } else {
      moved.push({ id: row.id, to: to.to });
      // Of two that were withdrawn from one sale only one comes back: the second must see the first.
      if (name === 'restore') await apply();
      result.moved.push(row.id);
      entries.push({ action, entity: 'document', entityId: row.id, data: { from: row.state, to: to.to, reason } });
    }
  }
  if (moved.length > 0) await apply();
  if (entries.length > 0) await announce(tx, who.organizationId, 'documents');
  await audit(tx, who.organizationId, who.actor, now, entries);
  return result;
}

export type CreateResult =
  | { outcome: 'created'; id: string; content: DocumentContent; findings: Finding[] }
  | { outcome: 'refused'; findings: Finding[] };

export const refused = (...findings: Finding[]): CreateResult => ({ outcome: 'refused', findings });

/** Puts a content into the queue: typed by a person, or made from other documents by the functions of `derive.ts`. */
export async function insertPrepared(
  tx: Tx,
  ctx: Context,
  who: Who,
  content: DocumentContent,
  more: {
    orderId?: string | null;
    purpose: string;
    correctsId?: string;
    proformaId?: string;
    seriesId?: string;
    edited?: string[];
    orderFindings?: Finding[];
    action: string;
    auditData?: Record<string, unknown>;
  },
): Promise<CreateResult> {
  const desk = await openDesk(tx, ctx, who.organizationId);
  const { now } = desk;
  const target = seriesFor(desk.series, content.kind, more.seriesId);
  const orderFindings = more.orderFindings ?? [];
  const standing = { order_findings: orderFindings, settled: [], edited: more.edited ?? [] };
  const assessed = await judge(desk, standing, content, { series: target });
  const tooLarge = outOfBounds(assessed.content);
  if (tooLarge) return refused(tooLarge);
  const row = newRow(now, more.orderId ?? null, assessed.content, assessed.findings, target, undefined, {
    purpose: more.purpose,
    correctsId: more.correctsId,
    proformaId: more.proformaId,
    orderFindings,
    edited: more.edited,
  });
  const stored = await insertDocuments(tx, who.organizationId, now, [row]);
  if (!stored.has(row.id)) return refused(hold('H_ALREADY_DOCUMENTED', 'kind', { kind: content.kind }));
  await announce(tx, who.organizationId, 'documents', row.id);
  await audit(tx, who.organizationId, who.actor, now, [
    { action: more.action, entity: 'document', entityId: row.id, data: more.auditData ?? {} },
  ]);
  return { outcome: 'created', id: row.id, content: assessed.content, findings: assessed.findings };
}

/** A document typed by hand. */
export async function createDocument(ctx: Context, who: Who, draft: DocumentDraft, seriesId?: string): Promise<CreateResult> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const organization = await readOrganization(tx, who.organizationId);
    const content = completeDraft(draft, policiesOf(organization), organization.currency);
    if (content.kind === 'correction' || content.kind === 'final') return refused(hold('H_KIND_FIXED', 'kind', { kind: content.kind }));
    if (!isStorable(content)) return refused(hold('H_FIELD_WRONG', undefined, { reason: 'NUL' }));
    const strange = await strangeTemplate(tx, who.organizationId, content);
    if (strange) return refused(strange);
    // A rate that came along is the person's own.
    const edited = content.exchange ? ['exchange'] : [];
    // What ties a document to another one is made with it, out of that one, never written by hand.
    const { correction: _, proforma: __, ...alone } = { ...content, buyer: withOneName(content.buyer), prepayments: [] };
    return insertPrepared(tx, ctx, who, alone, { purpose: 'manual', seriesId, edited, action: 'document made by hand' });
  });
}

/** What a content would look like and what holds it, with nothing stored: the live totals of the editor. */
export async function previewContent(
  ctx: Context,
  who: Who,
  content: DocumentContent,
): Promise<{ content: DocumentContent; findings: Finding[] }> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const desk = await openDesk(tx, ctx, who.organizationId);
    const edited = ['seller', ...(content.exchange ? ['exchange'] : [])];
    const atHome = { ...content, buyer: withOneName(content.buyer), seller: { ...content.seller, country: desk.organization.country } };
    return judge(desk, { order_findings: [], settled: [], edited }, atHome, undefined);
  });
}

/** What the other side told of a document that it took. */
export type AcceptedDocument = {
  /** As it was when it was handed over. */
  document: Pick<DocumentRecord, 'id' | 'version' | 'content' | 'number' | 'issue_date'>;
  number?: string;
  issueDate?: string;
  pdfFileId?: string;
  findings?: Finding[];
};

/**
 * The provider or authority took the documents: the move `accept`, for all in a few statements. One that is issued already only learns
 * its PDF. Returns the trail's entries of those that are issued now, for the caller to append last. It holds the documents, and of corrections
 * the originals.
 */
export async function acceptDocuments(tx: Tx, ctx: Context, who: Who, taken: AcceptedDocument[]): Promise<AuditEntry[]> {
  const now = ctx.now();
  const { rows: states } = await sql<{ id: string; state: string; version: number; corrects_id: string | null }>`
    select id, state, version, corrects_id from document where organization_id = ${who.organizationId} and id = any(${taken.map((t) => t.document.id)}::uuid[])
    order by id for no key update`.execute(tx);
  const byId = new Map(states.map((row) => [row.id, row]));
  const issuedBefore = taken.filter((t) => byId.get(t.document.id)?.state === 'issued' && (t.pdfFileId || t.findings?.length));
  await learn(tx, who, now, issuedBefore);
  const issuedNow: AcceptedDocument[] = [];
  for (const one of taken) {
    const row = byId.get(one.document.id);
    if (row?.state !== 'submitted') continue;
    // It was mended while it was on its way: what it is now counts.
    const document = row.version === one.document.version ? one.document : (await lock(tx, who.organizationId, row.id))!;
    issuedNow.push({ ...one, document });
  }
  if (issuedNow.length === 0) return [];
  const rows = issuedNow.map(({ document, findings = [], ...told }) => {
    const number = document.number ?? told.number ?? null;
    const dated = told.issueDate && told.issueDate !== document.content.issueDate ? told.issueDate : null;
    const content = dated ? { ...document.content, issueDate: dated } : document.content;
    return {
      id: document.id,
      number,
      // Mostly it is the day we knew: the content stays where it lies.
      dated,
      issue_date: content.issueDate ?? document.issue_date,
      pdf: told.pdfFileId ?? null,
      search: columnsOf(content, [], number).search,
      findings,
    };
  });
  await sql`update document d set state = 'issued', version = d.version + 1, number = r.number,
      content = case when r.dated is null then d.content else jsonb_set(d.content::jsonb, '{issueDate}', to_jsonb(r.dated))::json end,
      issue_date = r.issue_date, pdf_file_id = coalesce(r.pdf, d.pdf_file_id), search = r.search, findings = r.findings,
      issued_at = ${now.toISOString()}::timestamptz, updated_at = ${now.toISOString()}::timestamptz
    from jsonb_to_recordset(${json(rows)}) as r(id uuid, number text, dated text, issue_date date, pdf uuid, search text, findings jsonb)
    where d.organization_id = ${who.organizationId} and d.id = r.id`.execute(tx);
  const corrected = rows.flatMap((row) => byId.get(row.id)?.corrects_id ?? []);
  await endChanges(tx, who.organizationId, corrected, now);
  await queuePrints(
    tx,
    ctx,
    who,
    rows.map((row) => row.id),
  );
  return issuedNow.map(({ document: { id, content } }, at) => ({
    action: 'document issued',
    entity: 'document',
    entityId: id,
    data: {
      number: rows[at]!.number ?? undefined,
      by: 'provider',
      issueDate: rows[at]!.issue_date,
      gross: content.totals.gross,
      currency: content.currency,
    },
  }));
}

async function learn(tx: Tx, who: Who, now: Date, taken: AcceptedDocument[]): Promise<void> {
  if (taken.length === 0) return;
  const rows = taken.map((t) => ({ id: t.document.id, pdf: t.pdfFileId ?? null, findings: t.findings?.length ? t.findings : null }));
  // What holds it, a change of its order, stays and stays first.
  const holds = sql`jsonb_path_query_array(d.findings, '$[*] ? (@.level == "hold")')`;
  await sql`update document d set pdf_file_id = coalesce(d.pdf_file_id, r.pdf), findings = coalesce(${holds} || r.findings, d.findings), updated_at = ${now.toISOString()}::timestamptz
    from jsonb_to_recordset(${json(rows)}) as r(id uuid, pdf uuid, findings jsonb)
    where d.organization_id = ${who.organizationId} and d.id = r.id`.execute(tx);
}

/** The authority refused what the provider holds (move `reopen`): the same number, open for mending. */
export async function reopenDocument(tx: Tx, ctx: Context, who: Who, id: string, cause: CauseRef): Promise<void> {
  const row = await lock(tx, who.organizationId, id);
  if (row?.state !== 'issued' || row.clearance !== null) return;
  await refuse(tx, ctx, who, row, cause);
  await audit(tx, who.organizationId, who.actor, ctx.now(), [
    { action: 'document reopened', entity: 'document', entityId: id, data: { number: row.number, code: cause.code } },
  ]);
}

/** The other side refused and holds nothing: open for mending again, its number kept if it had one. */
export async function refuseDocument(tx: Tx, ctx: Context, who: Who, id: string, cause: CauseRef): Promise<void> {
  const row = await lock(tx, who.organizationId, id);
  if (row?.state === 'submitted') await refuse(tx, ctx, who, row, cause);
}

async function refuse(tx: Tx, ctx: Context, who: Who, row: DocumentRecord, cause: CauseRef): Promise<void> {
  // All faults of one answer at once, each with the field that mends it.
  const findings = [cause, ...(cause.also ?? [])].map((c) => hold(c.code, c.where ?? (c.params?.where || undefined), c.params));
  await tx
    .updateTable('document')
    .set({
      state: 'refused',
      version: row.version + 1,
      findings: json(findings),
      hold_codes: [...new Set(findings.map((f) => f.code))],
      held: true,
      updated_at: ctx.now(),
    })
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', row.id)
    .execute();
}
