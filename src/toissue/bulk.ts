import { sql } from 'kysely';
import type { DocumentContent } from '../domain/documents/document.ts';
import { type Finding, hold } from '../domain/finding.ts';
import { isContentOpen } from '../domain/lifecycle/index.ts';
import type { Context, Who } from '../jobs/index.ts';
import { announce, audit, json, newId, type Tx } from '../store/index.ts';
import { judgeAgain } from './assess.ts';
import { openDesk } from './desk.ts';
import { changeKindInTransaction, type EditResult, editInTransaction, selected } from './edit.ts';
import type { Edits } from './edits.ts';
import type { Selection } from './issue-run.ts';
import { type DocumentRecord, lockDocument, updateContent } from './write.ts';

/** Documents that one change may touch: a person waits for it, and each is judged anew. */
const maxBulkEdit = 10_000;
/** So long a change of many can be taken back. */
const undoHours = 24;

type BulkResult = { saved: number; refused: { id: string; findings: Finding[] }[] };
/** `version` is the one before the change. */
type Before = { version: number; content: DocumentContent; edited: string[]; settled: string[]; seriesId: string | null; purpose: string };

/** The same change on many documents; each succeeds or fails alone. `tooMany` and nothing done above `maxBulkEdit`; `editId` takes it back. */
export async function bulkEdit(
  ctx: Context,
  who: Who,
  selection: Selection,
  change: { set?: Edits; settle?: string[]; seriesId?: string; kind?: 'invoice' | 'proforma' | 'receipt' },
): Promise<(BulkResult & { editId: string }) | { tooMany: number }> {
  const ids = await selected(ctx, who, selection, maxBulkEdit + 1);
  if (ids.length > maxBulkEdit) return { tooMany: maxBulkEdit };
  const result = { saved: 0, refused: [] as BulkResult['refused'], editId: newId(ctx.now()) };
  const { kind, ...rest } = change;
  for (const id of ids) {
    const bad = await ctx.store.org(who.organizationId, async (tx) => {
      const before = await lockDocument(tx, who.organizationId, id);
      const results: EditResult[] = [];
      if (kind) results.push(await changeKindInTransaction(tx, ctx, who, id, kind));
      if (Object.keys(rest).length > 0) results.push(await editInTransaction(tx, ctx, who, id, rest));
      if (before && results.some((r) => r.outcome === 'saved')) await remember(tx, ctx, result.editId, before);
      return results.find((r) => r.outcome !== 'saved');
    });
    if (bad) result.refused.push({ id, findings: bad.outcome === 'refused' ? bad.findings : [] });
    else result.saved++;
  }
  return result;
}

async function remember(tx: Tx, ctx: Context, editId: string, row: DocumentRecord): Promise<void> {
  const before: Before = {
    version: row.version,
    content: row.content,
    edited: row.edited,
    settled: row.settled,
    seriesId: row.series_id,
    purpose: row.purpose,
  };
  await sql`insert into bulk_before (organization_id, edit_id, document_id, version, before, created_at)
    select organization_id, ${editId}::uuid, id, version, ${json(before)}, ${ctx.now()} from document
    where organization_id = ${row.organization_id} and id = ${row.id}`.execute(tx);
}

/**
 * Takes a change of many back: each document is again as it was, judged by what holds today. One that was changed since, issued or
 * withdrawn stays as it is and is told. Undefined when there is no such change (any more).
 */
export async function undoBulkEdit(ctx: Context, who: Who, editId: string): Promise<BulkResult | undefined> {
  const kept = await ctx.store.org(who.organizationId, (tx) =>
    tx
      .selectFrom('bulk_before')
      .select(['document_id', 'version', 'before'])
      .where('organization_id', '=', who.organizationId)
      .where('edit_id', '=', editId)
      .orderBy('document_id')
      .execute(),
  );
  if (kept.length === 0) return undefined;
  const result: BulkResult = { saved: 0, refused: [] };
  for (const { document_id: id, version, before } of kept) {
    const findings = await ctx.store.org(who.organizationId, async (tx) => {
      // Whoever takes it out of the book does it: pressed twice, it is done once.
      const mine = await tx
        .deleteFrom('bulk_before')
        .where('organization_id', '=', who.organizationId)
        .where('edit_id', '=', editId)
        .where('document_id', '=', id)
        .executeTakeFirst();
      if (mine.numDeletedRows === 0n) return 'done';
      const row = await lockDocument(tx, who.organizationId, id);
      if (!row || !isContentOpen(row.state) || row.version !== version)
        return [hold('H_NOT_TO_ISSUE', 'state', { state: row?.state ?? 'withdrawn' })];
      await restore(tx, ctx, who, row, before as Before);
      return 'saved';
    });
    if (findings === 'saved') result.saved++;
    else if (findings !== 'done') result.refused.push({ id, findings });
  }
  return result;
}

async function restore(tx: Tx, ctx: Context, who: Who, row: DocumentRecord, before: Before): Promise<void> {
  const desk = await openDesk(tx, ctx, who.organizationId);
  const { now } = desk;
  const series = desk.series.find((s) => s.id === before.seriesId);
  const { settled, edited } = before;
  const was = { ...row, settled, edited, kind: before.content.kind, series_id: series?.id ?? null };
  const { content, findings } = await judgeAgain(desk, was, before.content);
  await updateContent(tx, who.organizationId, row.id, now, content, findings, {
    edited,
    settled,
    series_id: series?.id ?? null,
    purpose: before.purpose,
  });
  // The change before this one may be taken back next.
  await tx
    .updateTable('bulk_before')
    .set({ version: row.version + 1 })
    .where('organization_id', '=', who.organizationId)
    .where('document_id', '=', row.id)
    .where('version', '=', before.version)
    .execute();
  await announce(tx, who.organizationId, 'documents', row.id);
  await audit(tx, who.organizationId, who.actor, now, [
    { action: 'document edited', entity: 'document', entityId: row.id, data: { fields: ['undo'], gross: content.totals.gross } },
  ]);
}

/** Nobody takes back what is older. */
export async function sweepBulkEdits(ctx: Context): Promise<void> {
  const old = new Date(ctx.now().getTime() - undoHours * 3_600_000);
  await ctx.store.system((tx) => tx.deleteFrom('bulk_before').where('created_at', '<', old).execute());
}
