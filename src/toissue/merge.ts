import { sql } from 'kysely';
import type { DocumentContent } from '../domain/documents/document.ts';
import { merge } from '../domain/documents/index.ts';
import { type Finding, hold } from '../domain/finding.ts';
import { fromMinor, sum, toMinor } from '../domain/money/money.ts';
import type { Context, Who } from '../jobs/index.ts';
import { type AuditEntry, announce, audit, json, type Tx } from '../store/index.ts';
import { judgeAgain, stillSettled } from './assess.ts';
import { type Desk, openDesk } from './desk.ts';
import { type CreateResult, refused } from './edit.ts';
import { hasAdvances } from './issue.ts';
import { type DocumentRecord, lockDocument, lockDocuments, mergedWith, updateContent } from './write.ts';

/** What a document was before others were merged into it, kept in the trail for the way back. */
type Before = { content: DocumentContent; edited: string[]; settled: string[]; orderFindings: Finding[] };

/** One document for several prepared sales of one buyer; the others stand behind it as merged. */
export async function mergeDocuments(ctx: Context, who: Who, ids: string[]): Promise<CreateResult> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const wanted = [...new Set(ids)];
    const rows = await lockDocuments(tx, who.organizationId, wanted);
    const inOrder = wanted.flatMap((id) => rows.find((r) => r.id === id) ?? []);
    const wrong = inOrder.find((r) => r.state !== 'to_issue');
    if (wrong || inOrder.length !== wanted.length) return refused(hold('H_NOT_TO_ISSUE', 'state', { state: wrong?.state ?? '' }));
    const merged = merge(inOrder.map((r) => r.content));
    if ('refused' in merged) return refused(...merged.refused.map((why) => hold('H_MERGE_REFUSED', why, { why })));
    const [first, ...others] = inOrder as [DocumentRecord, ...DocumentRecord[]];
    // What settles an advance is made of its own sale alone: behind a joint invoice it would be taxed a second time.
    const advanced = await hasAdvances(
      tx,
      who.organizationId,
      others.map((o) => o.id),
    );
    if (advanced) return refused(hold('H_MERGE_REFUSED', 'prepayments', { why: 'prepayment' }));
    const desk = await openDesk(tx, ctx, who.organizationId);
    const { now } = desk;
    const settledByAll = first.settled.filter((code) => inOrder.every((r) => r.settled.includes(code)));
    const standing = {
      order_findings: inOrder.flatMap((r) => r.order_findings),
      settled: stillSettled(settledByAll, first.content, merged.content),
      edited: [...new Set(inOrder.flatMap((r) => r.edited).filter((path) => !path.startsWith('lines'))), 'lines'],
    };
    const { content, findings } = await judgeAgain(desk, { ...first, ...standing }, merged.content);
    await updateContent(tx, who.organizationId, first.id, now, content, findings, {
      edited: standing.edited,
      settled: standing.settled,
      order_findings: json(standing.order_findings),
    });
    const otherIds = others.map((o) => o.id);
    await tx
      .updateTable('document')
      .set({ state: 'merged', merged_into: first.id, updated_at: now, version: sql`version + 1` })
      .where('organization_id', '=', who.organizationId)
      .where('id', 'in', otherIds)
      .execute();
    await announce(tx, who.organizationId, 'documents');
    const before: Before = { content: first.content, edited: first.edited, settled: first.settled, orderFindings: first.order_findings };
    await audit(tx, who.organizationId, who.actor, now, [
      { action: 'documents merged', entity: 'document', entityId: first.id, data: { merged: otherIds, before } },
      ...otherIds.map((id) => ({ action: 'merged into another document', entity: 'document', entityId: id, data: { into: first.id } })),
    ]);
    return { outcome: 'created', id: first.id, content, findings };
  });
}

/** Undoes the last merging into a document that still waits: each sale has its own document again. */
export async function unmergeDocument(ctx: Context, who: Who, id: string): Promise<CreateResult> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const joint = await mergedWith(tx, who.organizationId, [id]);
    const head = (await lockDocuments(tx, who.organizationId, [id, ...joint])).find((row) => row.id === id);
    if (head?.state !== 'to_issue') return refused(hold('H_NOT_TO_ISSUE', 'state', { state: head?.state ?? '' }));
    const desk = await openDesk(tx, ctx, who.organizationId);
    const entries: AuditEntry[] = [];
    const back = await undoMerge(desk, head, entries, 'asked for');
    if (!back || 'splitOff' in back)
      return refused(hold('H_MOVE_REFUSED', 'state', { move: 'unmerge', state: head.state, why: back ? 'split-since' : 'state' }));
    await announce(tx, who.organizationId, 'documents');
    await audit(tx, who.organizationId, who.actor, desk.now, entries);
    return { outcome: 'created', id, ...back };
  });
}

/**
 * Returns the document as it was before, undefined when nothing is merged into it (any more). Where something was split off after the
 * merging, nothing is undone: each sale would get its whole document back, and what was split off would be sold twice.
 */
async function undoMerge(
  desk: Desk,
  head: DocumentRecord,
  entries: AuditEntry[],
  why: string,
): Promise<{ content: DocumentContent; findings: Finding[] } | { splitOff: true } | undefined> {
  const { tx, now } = desk;
  const organizationId = desk.organization.id;
  const behind = await tx
    .selectFrom('document')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('merged_into', '=', head.id)
    .where('state', '=', 'merged')
    .execute();
  const ids = new Set(behind.map((b) => b.id));
  const merges = await tx
    .selectFrom('audit')
    .select(['seq', 'data'])
    .where('organization_id', '=', organizationId)
    .where('entity_id', '=', head.id)
    .where('action', '=', 'documents merged')
    .orderBy('seq', 'desc')
    .execute();
  const last = merges
    .map(({ seq, data }) => ({ seq, ...(data as { merged: string[]; before: Before }) }))
    .find((m) => m.merged.every((id) => ids.has(id)));
  if (!last) return undefined;
  if ((await splitOff(tx, head)).some((part) => part.seq > last.seq)) return { splitOff: true };
  const { content: before, edited, settled, orderFindings } = last.before;
  const { content, findings } = await judgeAgain(desk, { ...head, order_findings: orderFindings, settled, edited }, before);
  await updateContent(tx, organizationId, head.id, now, content, findings, { edited, settled, order_findings: json(orderFindings) });
  await tx
    .updateTable('document')
    .set({ state: 'to_issue', merged_into: null, updated_at: now, version: sql`version + 1` })
    .where('organization_id', '=', organizationId)
    .where('id', 'in', last.merged)
    .execute();
  entries.push(
    { action: 'merging undone', entity: 'document', entityId: head.id, data: { parted: last.merged, why } },
    ...last.merged.map((id) => ({ action: 'merging undone', entity: 'document', entityId: id, data: { from: head.id, why } })),
  );
  return { content, findings };
}

/** What was split off a document, each with its place in the trail. Parts stand beside it, for the same order or for none. */
async function splitOff(tx: Tx, head: DocumentRecord): Promise<{ seq: bigint; content: DocumentContent }[]> {
  const { rows } = await sql<{ seq: bigint; content: DocumentContent }>`
    select a.seq, d.content from document d join audit a on a.organization_id = d.organization_id and a.entity_id = d.id::text and a.action = 'document split off'
    where d.organization_id = ${head.organization_id} and ${
      head.order_id ? sql`d.order_id = ${head.order_id} and d.purpose like 'part:%'` : sql`d.order_id is null and d.purpose = 'manual'`
    } and a.data->>'from' = ${head.id}`.execute(tx);
  return rows;
}

/**
 * The order of a merged document was read again. While its amount is the same nothing happens. A changed or cancelled one takes the
 * merged document apart, so that each document follows its own order; one that has left already is returned to be marked. One from which
 * something was split off since stays, and is held for the difference to what its orders now come to. The caller holds all that were merged
 * with it.
 */
export async function takenApart(
  desk: Desk,
  row: DocumentRecord,
  orderTotal: string | undefined,
  entries: AuditEntry[],
): Promise<{ row: DocumentRecord } | { head: DocumentRecord } | { same: true }> {
  const { tx, now } = desk;
  const organizationId = desk.organization.id;
  const head = row.merged_into ? await lockDocument(tx, organizationId, row.merged_into) : row;
  if (!head) return { same: true };
  const behind = await tx
    .selectFrom('document')
    .select('content')
    .where('organization_id', '=', organizationId)
    .where('merged_into', '=', head.id)
    .where('state', '=', 'merged')
    .execute();
  if (behind.length === 0) return { row };
  const { currency } = head.content;
  const minor = (c: DocumentContent) => toMinor(c.orderTotal ?? '0', currency);
  const parts = row === head ? (await splitOff(tx, head)).map((part) => minor(part.content)) : [];
  const own =
    row === head
      ? fromMinor(minor(head.content) + sum(parts) - sum(behind.map((b) => minor(b.content))), currency)
      : row.content.orderTotal;
  if (orderTotal === own) return { same: true };
  // Merged on into another one: that one comes apart first.
  const open = head.state === 'merged' ? await takenApart(desk, head, undefined, entries) : { row: head };
  if (!('row' in open)) return open;
  if (open.row.state === 'withdrawn') return { same: true };
  if (open.row.state !== 'to_issue') return { head: open.row };
  let current = open.row;
  let back = await undoMerge(desk, current, entries, 'order changed');
  for (; back && !('splitOff' in back); back = await undoMerge(desk, current, entries, 'order changed'))
    current = (await lockDocument(tx, organizationId, head.id))!;
  const left = (await lockDocument(tx, organizationId, row.id))!;
  if (!back || (row !== head && left.state !== 'merged')) return { row: left };
  const more = toMinor(orderTotal ?? '0', currency) - toMinor(own ?? '0', currency);
  if (more === 0n) return { same: true };
  const asOrdered = { ...current.content, orderTotal: fromMinor(minor(current.content) + more, currency) };
  const settled = stillSettled(current.settled, current.content, asOrdered);
  const { content, findings } = await judgeAgain(desk, { ...current, settled }, asOrdered);
  await updateContent(tx, organizationId, current.id, now, content, findings, { settled });
  // What it stands for from now on, so that the same order read once more changes nothing.
  if (row !== head) await updateContent(tx, organizationId, row.id, now, { ...row.content, orderTotal: orderTotal ?? '0' }, row.findings);
  return { same: true };
}
