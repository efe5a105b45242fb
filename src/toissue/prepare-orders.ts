import { type Selectable, sql } from 'kysely';
import { civilDay } from '../domain/days/day.ts';
import type { DocumentContent, DocumentKind } from '../domain/documents/document.ts';
import { check, type Policies, prepareSuggested, refresh as refreshed, type Suggested } from '../domain/documents/index.ts';
import { type Finding, hold } from '../domain/finding.ts';
import type { Order } from '../domain/orders/order.ts';
import { suggest } from '../domain/orders/suggest.ts';
import type { Context } from '../jobs/index.ts';
import { type AuditEntry, audit, json, newId, type Tables, type Tx } from '../store/index.ts';
import { assess } from './assess.ts';
import { type Organization, policiesOf, readOrganization } from './organization.ts';
import { columnsOf, type Who } from './row.ts';
import { listSeries, type Series } from './series.ts';

/** What the import form or the channel's settings say beyond the organization's policies. */
export type PrepareOptions = {
  policies?: Partial<Omit<Policies, 'seller' | 'zone'>>;
  seriesId?: string;
  message?: DocumentContent['message'];
  importId?: string;
};
export type OrderToPrepare = {
  orderId: string;
  order: Order /** When the reader worked it out already, under the same policies. */;
  suggested?: Suggested;
};
export type PrepareAction = 'created' | 'refreshed' | 'kept' | 'withdrawn' | 'none' | 'changed-after-issue';
export type PrepareResult = { orderId: string; documentId?: string; action: PrepareAction; findings: Finding[] };

type DocumentRecord = Selectable<Tables['document']>;

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
  const now = ctx.now();
  const organization = await readOrganization(tx, who.organizationId);
  const policies: Policies = { ...policiesOf(organization), ...options.policies };
  const series = await listSeries(tx, who.organizationId);
  const today = civilDay(now.toISOString(), organization.zone);
  const known = await liveSaleDocuments(
    tx,
    who.organizationId,
    orders.map((o) => o.orderId),
  );
  const made: NewRow[] = [];
  const audits: AuditEntry[] = [];
  const results: PrepareResult[] = [];
  for (const item of orders) {
    const existing = known.get(item.orderId);
    const suggested = item.suggested ?? suggest(item.order, policies);
    const prepared = prepareSuggested(item.order, policies, suggested, { today });
    if (existing) {
      results.push(
        await refresh(tx, who, now, organization, existing, 'nothing' in prepared ? undefined : prepared, item.order, today, audits),
      );
    } else if ('nothing' in prepared) {
      results.push({ orderId: item.orderId, action: 'none', findings: suggested.findings });
    } else {
      const content = options.message ? { ...prepared.content, message: options.message } : prepared.content;
      const row = newRow(
        now,
        item.orderId,
        content,
        prepared.findings,
        today,
        seriesFor(series, content.kind, options.seriesId),
        options.importId,
      );
      made.push(row);
      results.push({ orderId: item.orderId, documentId: row.id, action: 'created', findings: prepared.findings });
    }
  }
  await insertDocuments(tx, who.organizationId, now, made);
  await startAutomaticIssue(tx, ctx, who.organizationId, made, series);
  await audit(tx, who.organizationId, who.actor, now, audits);
  return results;
}

function seriesFor(series: Series[], kind: DocumentKind, wanted?: string): Series | undefined {
  return series.find((s) => s.id === wanted && s.kind === kind) ?? series.find((s) => s.kind === kind && s.is_default && s.active);
}

/** Documents that stand for the sale itself: invoice, receipt or proforma of an order that are not withdrawn. */
async function liveSaleDocuments(tx: Tx, organizationId: string, orderIds: string[]): Promise<Map<string, DocumentRecord>> {
  const rows = await tx
    .selectFrom('document')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('order_id', 'in', orderIds)
    .where('purpose', 'in', ['sale', 'proforma'])
    .where('state', '<>', 'cancelled')
    .orderBy('purpose')
    .execute();
  const found = new Map<string, DocumentRecord>();
  // "proforma" sorts before "sale": where both live, the sale's document counts. A withdrawn one stays withdrawn.
  for (const row of rows) if (row.state !== 'withdrawn' || !found.has(row.order_id!)) found.set(row.order_id!, row);
  return found;
}

type NewRow = ReturnType<typeof newRow>;

export function newRow(
  now: Date,
  orderId: string | null,
  content: DocumentContent,
  findings: Finding[],
  today: string,
  series: Series | undefined,
  importId?: string,
  more: { purpose?: string; correctsId?: string; proformaId?: string; orderFindings?: Finding[] } = {},
) {
  const own = check(content, { today });
  const ofOrder = more.orderFindings ?? findings.filter((f) => !own.some((o) => o.code === f.code && o.where === f.where));
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
    order_findings: ofOrder,
    ...columnsOf(content, findings),
  };
}

/** What a document is for: one live document per order and purpose (DESIGN §3.2). */
export function purposeOf(kind: DocumentKind): string {
  return kind === 'invoice' || kind === 'receipt' || kind === 'final' ? 'sale' : kind;
}

export async function insertDocuments(tx: Tx, organizationId: string, now: Date, rows: NewRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    insert into document (organization_id, id, kind, state, series_id, order_id, purpose, currency, issue_date, sale_date, due_date, net_minor, tax_minor, gross_minor,
      buyer_name, buyer_tax_id, buyer_email, buyer_country, channel, order_number, content, findings, order_findings, hold_codes, held, corrects_id, proforma_id, import_id, search, created_at, updated_at)
    select ${organizationId}, r.id, r.kind, 'to_issue', r.series_id, r.order_id, r.purpose, r.currency, r.issue_date, r.sale_date, r.due_date, r.net_minor, r.tax_minor, r.gross_minor,
      r.buyer_name, r.buyer_tax_id, r.buyer_email, r.buyer_country, r.channel, r.order_number, r.content, r.findings, r.order_findings, r.hold_codes, r.held, r.corrects_id, r.proforma_id,
      r.import_id, r.search, ${now.toISOString()}::timestamptz, ${now.toISOString()}::timestamptz
    from jsonb_to_recordset(${json(rows)}) as r(id uuid, kind text, series_id uuid, order_id uuid, purpose text, currency text, issue_date date, sale_date date, due_date date,
      net_minor bigint, tax_minor bigint, gross_minor bigint, buyer_name text, buyer_tax_id text, buyer_email text, buyer_country text, channel text, order_number text,
      content jsonb, findings jsonb, order_findings jsonb, hold_codes text[], held boolean, corrects_id uuid, proforma_id uuid, import_id uuid, search text)`.execute(
    tx,
  );
}

/** An order that is read again: refresh what is prepared, keep what a person edited, never touch what is issued (ORDERS §3). */
async function refresh(
  tx: Tx,
  who: Who,
  now: Date,
  organization: Organization,
  row: DocumentRecord,
  prepared: { content: DocumentContent; findings: Finding[] } | undefined,
  order: Order,
  today: string,
  audits: AuditEntry[],
): Promise<PrepareResult> {
  const result = (action: PrepareAction, findings: Finding[]): PrepareResult => ({
    orderId: row.order_id!,
    documentId: row.id,
    action,
    findings,
  });
  if (row.state === 'withdrawn' || row.state === 'merged') return result('kept', row.findings);
  if (row.state === 'issued' || row.state === 'submitted') {
    const changed = !prepared || prepared.content.totals.gross !== row.content.totals.gross || order.status === 'cancelled';
    if (!changed || row.kind === 'proforma') return result('kept', []);
    const finding = hold('H_CHANGED_AFTER_ISSUE', 'order', {
      number: row.number ?? '',
      issued: row.content.totals.gross,
      now: prepared?.content.totals.gross ?? '0.00',
    });
    await tx
      .updateTable('document')
      .set({ findings: json([finding]), hold_codes: [finding.code], held: true, updated_at: now })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', row.id)
      .execute();
    audits.push({ action: 'order changed after issue', entity: 'document', entityId: row.id, data: finding.params });
    return result('changed-after-issue', [finding]);
  }
  if (!prepared) {
    await tx
      .updateTable('document')
      .set({ state: 'withdrawn', version: row.version + 1, updated_at: now })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', row.id)
      .execute();
    audits.push({
      action: 'document withdrawn',
      entity: 'document',
      entityId: row.id,
      data: { why: order.status === 'cancelled' ? 'order cancelled' : 'order no longer asks for a document' },
    });
    return result('withdrawn', []);
  }
  const { content: merged, differences } = refreshed(
    row.content,
    { ...prepared.content, kind: row.kind, message: row.content.message },
    row.edited,
  );
  const own = check(prepared.content, { today });
  const orderFindings = prepared.findings.filter((f) => !own.some((o) => o.code === f.code && o.where === f.where));
  const { content, findings } = assess(organization, { order_findings: orderFindings, settled: row.settled, edited: row.edited }, merged, {
    today,
  });
  await updateContent(tx, who.organizationId, row.id, now, content, findings, { order_findings: json(orderFindings) });
  audits.push({
    action: 'document refreshed from its order',
    entity: 'document',
    entityId: row.id,
    data: { keptEdits: row.edited, differences: differences.map((d) => d.path) },
  });
  return result('refreshed', findings);
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

/** Unattended issue: documents without a hold in a series that says so become a run in the same transaction. */
async function startAutomaticIssue(tx: Tx, ctx: Context, organizationId: string, rows: NewRow[], series: Series[]): Promise<void> {
  const automatic = new Set(series.filter((s) => s.auto_issue).map((s) => s.id));
  const ids = rows.filter((r) => !r.held && r.series_id && automatic.has(r.series_id)).map((r) => r.id);
  if (ids.length === 0) return;
  const now = ctx.now();
  const id = newId(now);
  const mail = series.some((s) => s.auto_issue && s.settings.mail === true);
  await tx
    .insertInto('issue_run')
    .values({
      organization_id: organizationId,
      id,
      ids,
      options: json({ mail }),
      status: 'waiting',
      refused: json([]),
      created_by: 'automatic',
      created_at: now,
    })
    .execute();
  await ctx.jobs.enqueue(tx, 'issue-batch', [{ organizationId, id }]);
}
