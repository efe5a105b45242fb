import { type Selectable, sql } from 'kysely';
import type { DocumentContent, DocumentKind } from '../domain/documents/document.ts';
import type { Finding } from '../domain/finding.ts';
import { json, jsonRows, jsonText, newId, type Tables, Texts, type Tx } from '../store/index.ts';
import { columnsOf } from './row.ts';
import type { Series } from './series.ts';

/** Writing of document rows: the content and its copies for lists always together. */
export type DocumentRecord = Selectable<Tables['document']>;

/** Documents in the order of their ids, the one order of locks for everybody (ADR 3). */
export async function lockDocuments(tx: Tx, organizationId: string, ids: string[]): Promise<DocumentRecord[]> {
  return tx
    .selectFrom('document')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', 'in', ids)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
}

export async function lockDocument(tx: Tx, organizationId: string, id: string): Promise<DocumentRecord | undefined> {
  return (await lockDocuments(tx, organizationId, [id]))[0];
}

/** The documents that these are tied to by merging, as head or behind it, themselves included; none of those that are tied to nothing. */
export async function mergedWith(tx: Tx, organizationId: string, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<{ id: string }>`
    with recursive tied as (
      select id, merged_into from document where organization_id = ${organizationId} and id = any(${ids}::uuid[])
      union
      select x.id, x.merged_into from tied t, lateral (
        select o.id, o.merged_into from document o where o.organization_id = ${organizationId} and o.id = t.merged_into
        union all select o.id, o.merged_into from document o where o.organization_id = ${organizationId} and o.merged_into = t.id offset 0) x
    ) select id from tied t where merged_into is not null or exists (select 1 from tied b where b.merged_into = t.id)`.execute(tx);
  return rows.map(({ id }) => id);
}

/** Of a document `d`: somebody still bills what it is for, itself or what it was merged into. What was withdrawn takes all behind it along. */
export const stillBills = (d: string) =>
  sql.raw<boolean>(`(${d}.state not in ('withdrawn','cancelled') and (${d}.state <> 'merged' or exists (
    with recursive above as (
      select h.organization_id, h.state, h.merged_into from document h where h.organization_id = ${d}.organization_id and h.id = ${d}.merged_into
      union all select h.organization_id, h.state, h.merged_into from above a, document h where h.organization_id = a.organization_id and h.id = a.merged_into)
    select 1 from above where state not in ('merged','withdrawn','cancelled'))))`);

export type NewRow = ReturnType<typeof newRow>;

export function newRow(
  now: Date,
  orderId: string | null,
  content: DocumentContent,
  findings: Finding[],
  series: Series | undefined,
  importId?: string,
  more: { purpose?: string; correctsId?: string; proformaId?: string; orderFindings?: Finding[]; edited?: string[] } = {},
) {
  return {
    id: newId(now),
    order_id: orderId,
    purpose: more.purpose ?? purposeOf(content.kind),
    series_id: series?.id ?? null,
    corrects_id: more.correctsId ?? null,
    proforma_id: more.proformaId ?? null,
    import_id: importId ?? null,
    content,
    findings,
    order_findings: more.orderFindings ?? [],
    edited: more.edited ?? [],
    ...columnsOf(content, findings),
  };
}

/** What a document is for: one live document per order and purpose (DESIGN §3.2). */
export function purposeOf(kind: DocumentKind): string {
  return kind === 'invoice' || kind === 'receipt' || kind === 'final' ? 'sale' : kind;
}

/** About what the content of a document of five lines takes. */
export const contentBytes = 3000;

/** Stores new documents and returns the ids of those that are: one live document per order and purpose, whoever comes first. */
export async function insertDocuments(tx: Tx, organizationId: string, now: Date, rows: NewRow[]): Promise<Set<string>> {
  if (rows.length === 0) return new Set();
  const texts = new Texts(rows.length * contentBytes);
  const listed = rows.map(({ content, ...columns }) => {
    const { at, size } = texts.add(jsonText(content));
    return { ...columns, content_at: at, content_size: size };
  });
  const stored = await sql<{ id: string }>`
    with texts as materialized (select ${texts.bytes} as bytes)
    insert into document (organization_id, id, kind, state, series_id, order_id, purpose, currency, issue_date, sale_date, due_date, net_minor, tax_minor, gross_minor,
      buyer_name, buyer_tax_id, buyer_email, buyer_country, channel, order_number, content, findings, order_findings, edited, hold_codes, held, corrects_id, proforma_id, import_id, search, created_at, updated_at)
    select ${organizationId}, r.id, r.kind, 'to_issue', r.series_id, r.order_id, r.purpose, r.currency, r.issue_date, r.sale_date, r.due_date, r.net_minor, r.tax_minor, r.gross_minor,
      r.buyer_name, r.buyer_tax_id, r.buyer_email, r.buyer_country, r.channel, r.order_number, ${Texts.of('r.content')}::json, r.findings, r.order_findings, r.edited, r.hold_codes, r.held, r.corrects_id, r.proforma_id,
      r.import_id, r.search, ${now.toISOString()}::timestamptz, ${now.toISOString()}::timestamptz
    from texts, json_to_recordset(${jsonRows(listed)}) as r(id uuid, kind text, series_id uuid, order_id uuid, purpose text, currency text, issue_date date, sale_date date, due_date date,
      net_minor bigint, tax_minor bigint, gross_minor bigint, buyer_name text, buyer_tax_id text, buyer_email text, buyer_country text, channel text, order_number text,
      content_at int, content_size int, findings jsonb, order_findings jsonb, edited text[], hold_codes text[], held boolean, corrects_id uuid, proforma_id uuid, import_id uuid, search text)
    on conflict do nothing returning id`.execute(tx);
  return new Set(stored.rows.map((r) => r.id));
}

/** Writes a content that is still open, with its copies for lists. */
export async function updateContent(
  tx: Tx,
  organizationId: string,
  id: string,
  now: Date,
  content: DocumentContent,
  findings: Finding[],
  more: Record<string, unknown> = {},
): Promise<void> {
  const { net_minor, tax_minor, gross_minor, ...columns } = columnsOf(content, findings);
  await tx
    .updateTable('document')
    .set({
      ...columns,
      net_minor: BigInt(net_minor),
      tax_minor: BigInt(tax_minor),
      gross_minor: BigInt(gross_minor),
      content: json(content),
      findings: json(findings),
      version: sql`version + 1`,
      updated_at: now,
      ...more,
    })
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .execute();
}
