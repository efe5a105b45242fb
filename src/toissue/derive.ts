import { sql } from 'kysely';
import { civilDay, isDay } from '../domain/days/day.ts';
import type { DocumentContent } from '../domain/documents/document.ts';
import {
  type CorrectionOptions,
  correct,
  finalInvoice,
  type IssuedDocument,
  invoiceFromProforma,
  prepaymentInvoice,
  splitContent,
} from '../domain/documents/index.ts';
import { hold } from '../domain/finding.ts';
import { fromMinor, isDecimal, sum, toMinor } from '../domain/money/money.ts';
import { recompute } from '../domain/totals/index.ts';
import type { Context, Who } from '../jobs/index.ts';
import { announce, audit, type Tx } from '../store/index.ts';
import { judge, judgeAgain } from './assess.ts';
import { lastCorrection, type Proposal, proposalIn } from './changed.ts';
import { openDesk, seriesFor } from './desk.ts';
import { type CreateResult, insertPrepared, refused } from './edit.ts';
import { concerns, lockSales, unsettledPrepayment } from './issue.ts';
import { type Organization, readOrganization } from './organization.ts';
import { type DocumentRecord, lockDocuments, updateContent } from './write.ts';

/** Documents made from documents: corrections, invoices after proformas, prepayment and final invoices, splitting. */
function issuedOf(row: DocumentRecord): IssuedDocument | undefined {
  return row.state === 'issued' && row.number && row.issue_date
    ? { id: row.id, number: row.number, issueDate: row.issue_date, content: row.content }
    : undefined;
}

/** A correction of an issued document, prepared in the queue. It starts from the last issued correction; an open one comes first. */
export async function correctDocument(
  ctx: Context,
  who: Who,
  id: string,
  options: CorrectionOptions,
  seriesId?: string,
): Promise<CreateResult> {
  return ctx.store.org(who.organizationId, (tx) => correctInTransaction(tx, ctx, who, id, options, seriesId));
}

export async function correctInTransaction(
  tx: Tx,
  ctx: Context,
  who: Who,
  id: string,
  options: CorrectionOptions,
  seriesId?: string,
): Promise<CreateResult> {
  const asked = await tx
    .selectFrom('document')
    .select(['state', 'corrects_id'])
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', id)
    .executeTakeFirst();
  if (!asked) return refused(hold('H_DOCUMENT_UNKNOWN'));
  // The original alone is locked: whoever corrects the same one waits here.
  const [row] = await lockDocuments(tx, who.organizationId, [asked.corrects_id ?? id]);
  const original = row && issuedOf(row);
  if (!row || !original) return refused(hold('H_NOT_ISSUED', 'state', { state: asked.state }));
  const corrections = await tx
    .selectFrom('document')
    .selectAll()
    .where('organization_id', '=', who.organizationId)
    .where('corrects_id', '=', row.id)
    .where('state', 'not in', ['withdrawn', 'cancelled'])
    .orderBy('created_at')
    .execute();
  const open = corrections.find((c) => c.state !== 'issued');
  if (open) return refused(hold('H_CORRECTION_OPEN', 'correction', { id: open.id }));
  const last = corrections.at(-1);
  const made = correct(original, last && issuedOf(last), options);
  if ('refused' in made)
    return refused(hold('H_CORRECTION_REFUSED', made.lineId ? `lines.${made.lineId}` : 'correction', { why: made.refused }));
  const { rows: used } = await sql<{
    n: bigint;
  }>`select count(*) as n from document where organization_id = ${who.organizationId} and corrects_id = ${row.id}`.execute(tx);
  return insertPrepared(tx, ctx, who, made.content, {
    orderId: row.order_id,
    purpose: `correction:${row.id}:${used[0]!.n + 1n}`,
    correctsId: row.id,
    seriesId: seriesId ?? (await linkedSeries(tx, row)),
    action: 'correction prepared',
    auditData: { corrects: row.number, reason: options.reason, reasonCode: options.reasonCode },
  });
}

/** The series that the original's series names for its corrections: a correction has to go the way of its original. */
async function linkedSeries(tx: Tx, row: DocumentRecord): Promise<string | undefined> {
  if (!row.series_id) return undefined;
  const series = await tx
    .selectFrom('series')
    .select(['settings', 'connection_id'])
    .where('organization_id', '=', row.organization_id)
    .where('id', '=', row.series_id)
    .executeTakeFirst();
  if (typeof series?.settings.correctionSeries === 'string' && series.settings.correctionSeries) return series.settings.correctionSeries;
  if (!series?.connection_id) return undefined;
  const same = await tx
    .selectFrom('series')
    .select('id')
    .where('organization_id', '=', row.organization_id)
    .where('connection_id', '=', series.connection_id)
    .where('kind', '=', 'correction')
    .where('active', '=', true)
    .orderBy('is_default', 'desc')
    .limit(1)
    .executeTakeFirst();
  return same?.id;
}

/** The rows a correction of the document starts from, and what has happened to its order since. Undefined for what was not issued. */
export async function proposalFor(
  ctx: Context,
  who: Who,
  id: string,
): Promise<{ base: DocumentContent; proposal: Proposal | null } | undefined> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const row = await tx
      .selectFrom('document')
      .selectAll()
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', id)
      .executeTakeFirst();
    if (row?.state !== 'issued') return undefined;
    const { base, proposal } = await proposalIn(tx, row, ctx.now());
    return { base, proposal };
  });
}

/** The invoice that an issued proforma announced; one live sale document per order, whoever asks. */
export async function invoiceAfterProforma(ctx: Context, who: Who, id: string): Promise<CreateResult> {
  return ctx.store.org(who.organizationId, (tx) => invoiceAfterProformaIn(tx, ctx, who, id));
}

/** As above, in the caller's transaction; `payment` is what was received for the proforma. */
export async function invoiceAfterProformaIn(
  tx: Tx,
  ctx: Context,
  who: Who,
  id: string,
  payment?: Pick<DocumentContent['payment'], 'means' | 'paid' | 'paidAt'>,
): Promise<CreateResult> {
  const [row] = await lockDocuments(tx, who.organizationId, [id]);
  const proforma = row && issuedOf(row);
  if (!row || !proforma || row.kind !== 'proforma') return refused(hold('H_NOT_ISSUED', 'state', { state: row?.state ?? '' }));
  const existing = await tx
    .selectFrom('document')
    .select(['id', 'number'])
    .where('organization_id', '=', who.organizationId)
    .where('state', 'not in', ['withdrawn', 'cancelled'])
    // Advances on the proforma are settled by the very invoice that is asked for.
    .where('kind', '<>', 'prepayment')
    .where((e) =>
      e.or([e('proforma_id', '=', id), ...(row.order_id ? [e.and([e('order_id', '=', row.order_id), e('purpose', '=', 'sale')])] : [])]),
    )
    .executeTakeFirst();
  if (existing) return refused(hold('H_ALREADY_DOCUMENTED', 'kind', { kind: 'invoice', id: existing.id, number: existing.number ?? '' }));
  const organization = await readOrganization(tx, who.organizationId);
  const announced = invoiceFromProforma(proforma, announcedSale(organization, row, payment?.paidAt));
  const content = payment ? recompute({ ...announced, payment: { ...announced.payment, ...payment } }) : announced;
  return insertPrepared(tx, ctx, who, content, {
    orderId: row.order_id,
    purpose: row.order_id ? 'sale' : 'manual',
    proformaId: id,
    action: 'invoice prepared after proforma',
    auditData: { proforma: row.number },
  });
}

/** The day of the sale now that it is one: that of the money, unless the seller or a person takes another. */
function announcedSale({ policies, zone }: Organization, { content, edited }: DocumentRecord, paidAt = content.payment.paidAt) {
  if (policies.saleDate === 'order' || policies.saleDate === 'shipped' || edited.includes('saleDate')) return content.saleDate;
  return paidAt === undefined ? undefined : civilDay(paidAt, zone);
}

/** A prepayment invoice for money received on a prepared or proforma document's order. */
export async function prepaymentFor(ctx: Context, who: Who, id: string, received: string, day: string): Promise<CreateResult> {
  return ctx.store.org(who.organizationId, async (tx) => {
    // Asked for on its proforma and on its invoice in one moment, two advances may not come to more than the order.
    await sql`select 1 from sales_order where organization_id = ${who.organizationId} and id = (
        select order_id from document where organization_id = ${who.organizationId} and id = ${id}) for no key update`.execute(tx);
    // Without an order the two meet in the proforma.
    await lockSales(tx, who.organizationId, [id]);
    const [row] = await lockDocuments(tx, who.organizationId, [id]);
    if (!row || !['to_issue', 'issued'].includes(row.state) || (row.state === 'issued' && row.kind !== 'proforma'))
      return refused(hold('H_NOT_TO_ISSUE', 'state', { state: row?.state ?? '' }));
    const billed = await billedAlready(tx, row);
    if (billed !== undefined) return refused(hold('H_ALREADY_DOCUMENTED', 'kind', { kind: 'prepayment', number: billed }));
    // Money before it makes no tax fall due there (2006/112/EC art. 67, Polish act art. 106b(1)(4)): the invoice of the supply says all.
    if (row.content.taxTreatment === 'intra_community') return refused(hold('H_PREPAYMENT_WITHIN_UNION', 'taxTreatment'));
    const earlier = await earlierPrepayments(tx, row);
    const wrong = wrongAmount(row, received, earlier);
    if (wrong || !isDay(day)) return refused(hold('H_FIELD_WRONG', wrong ? 'received' : 'day', { reason: wrong ?? day }));
    // Counted by a key: `is not distinct from` finds nothing by an index.
    const ofSale = row.order_id
      ? sql`order_id = ${row.order_id}`
      : sql`order_id is null and purpose ~>=~ ${`prepayment:${row.id}:`}::text and purpose ~<~ ${`prepayment:${row.id};`}::text`;
    const { rows: used } = await sql<{ n: bigint }>`
      select count(*) as n from document where organization_id = ${who.organizationId} and kind = 'prepayment' and ${ofSale}`.execute(tx);
    return insertPrepared(tx, ctx, who, prepaymentInvoice(row.content, received, day, earlier), {
      orderId: row.order_id,
      purpose: `prepayment:${row.id}:${used[0]!.n + 1n}`,
      proformaId: row.kind === 'proforma' ? row.id : undefined,
      action: 'prepayment invoice prepared',
      auditData: { received, day },
    });
  });
}

/** The number of the invoice that bills the whole order already, empty for a joint one that waits: no advance is left to bill. */
async function billedAlready(tx: Tx, row: DocumentRecord): Promise<string | undefined> {
  // Parts are billed each by itself.
  if (!row.order_id || row.purpose.startsWith('part:')) return undefined;
  const { rows } = await sql<{ number: string }>`
    select coalesce(h.number, s.number, '') as number from document s left join document h on h.organization_id = s.organization_id and h.id = s.merged_into and s.state = 'merged'
    where s.organization_id = ${row.organization_id} and s.order_id = ${row.order_id} and s.purpose = 'sale' and (s.state = 'issued' or h.id is not null) limit 1`.execute(
    tx,
  );
  return rows[0]?.number;
}

/** The prepayment invoices there are on a sale, prepared ones too, each as its issued corrections left it. */
async function earlierPrepayments(tx: Tx, row: DocumentRecord): Promise<DocumentContent[]> {
  const org = row.organization_id;
  // A proforma announces all of the order, a part of it only what is its own.
  const own = row.kind === 'proforma' ? sql`true` : concerns(org, 'p', sql`${row.id}::uuid`);
  // Without an order the proforma ties together what was asked for on it and on the invoice that followed it.
  const proformaId = row.kind === 'proforma' ? row.id : row.proforma_id;
  const byHand = sql`p.order_id is null and (p.purpose like ${`prepayment:${row.id}:%`} or p.proforma_id = ${proformaId}::uuid or exists (
    select 1 from document x where x.organization_id = ${org} and x.proforma_id = ${proformaId}::uuid and p.purpose like 'prepayment:' || x.id::text || ':%'))`;
  const { rows } = await sql<{ content: DocumentContent }>`
    select coalesce((select c.content from document c where c.organization_id = ${org} and c.corrects_id = p.id and c.state = 'issued'
        order by c.issued_at desc, c.id desc limit 1), p.content) as content
    from document p where p.organization_id = ${org} and p.kind = 'prepayment' and p.state not in ('withdrawn','cancelled','merged')
      and ${row.order_id ? sql`p.order_id = ${row.order_id} and ${own}` : byHand}`.execute(tx);
  return rows.map((r) => r.content);
}

/** Money received is more than nothing and, with what was received before, not more than the order. */
function wrongAmount(row: DocumentRecord, received: string, earlier: DocumentContent[]): string | undefined {
  if (!isDecimal(received) || toMinor(received, row.currency) <= 0n) return received;
  const all = sum(earlier.map((p) => toMinor(p.totals.gross, row.currency))) + toMinor(received, row.currency);
  // A prepared final invoice is worth what the advances left of the order.
  const whole = sum(row.content.prepayments.map((p) => toMinor(p.gross, row.currency))) + row.gross_minor;
  return all > whole ? `${fromMinor(all, row.currency)} > ${fromMinor(whole, row.currency)}` : undefined;
}

/** Orders tell whose money it is; documents without one are told apart by the buyer's number or name. */
function sameBuyer(a: DocumentRecord, b: DocumentRecord): boolean {
  return a.order_id !== null || (a.buyer_tax_id ?? a.buyer_name) === (b.buyer_tax_id ?? b.buyer_name);
}

/** Turns the prepared sale document into the final invoice less its issued prepayment invoices, each as its corrections left it. */
export async function finalAfterPrepayments(ctx: Context, who: Who, id: string, chosen: string[]): Promise<CreateResult> {
  const prepaymentIds = [...new Set(chosen)];
  return ctx.store.org(who.organizationId, async (tx) => {
    const rows = await lockDocuments(tx, who.organizationId, [id, ...prepaymentIds]);
    const row = rows.find((r) => r.id === id);
    if (row?.state !== 'to_issue') return refused(hold('H_NOT_TO_ISSUE', 'state', { state: row?.state ?? '' }));
    const prepayments: IssuedDocument[] = [];
    for (const p of prepaymentIds) {
      const found = rows.find((r) => r.id === p);
      const issued = found && issuedOf(found);
      if (!found || !issued) return refused(hold('H_NOT_ISSUED', 'prepayments'));
      // An advance on another order is another buyer's money.
      if (found.order_id !== row.order_id || !sameBuyer(found, row))
        return refused(hold('H_FINAL_REFUSED', 'prepayments', { why: 'buyer' }));
      const last = await lastCorrection(tx, who.organizationId, p);
      prepayments.push(last && found.kind === 'prepayment' ? { ...issued, content: { ...last, kind: 'prepayment' } } : issued);
    }
    const used = prepaymentIds.length
      ? await tx
          .selectFrom('document')
          .select(['number', 'id'])
          .where('organization_id', '=', who.organizationId)
          .where('kind', '=', 'final')
          .where('state', 'not in', ['withdrawn', 'cancelled'])
          .where((e) =>
            e.or(prepaymentIds.map((p) => sql<boolean>`(content->'prepayments')::jsonb @> ${JSON.stringify([{ documentId: p }])}::jsonb`)),
          )
          .where('id', '<>', id)
          .executeTakeFirst()
      : undefined;
    if (used) return refused(hold('H_PREPAYMENT_SETTLED', 'prepayments', { number: used.number ?? '' }));
    const made = finalInvoice(row.content, prepayments);
    const open = 'content' in made ? await unsettledPrepayment(tx, row, made.content.prepayments) : undefined;
    if (open) return refused(open);
    if ('refused' in made) return refused(hold('H_FINAL_REFUSED', 'prepayments', { why: made.refused }));
    if (made.nothingLeft) return refused(hold('H_FINAL_NOTHING_LEFT', 'prepayments'));
    const desk = await openDesk(tx, ctx, who.organizationId);
    const { now } = desk;
    const series = seriesFor(desk.series, 'final');
    const { content, findings } = await judge(desk, row, made.content, { series, document: row });
    await updateContent(tx, who.organizationId, id, now, content, findings, { series_id: series?.id ?? null });
    await announce(tx, who.organizationId, 'documents', id);
    await audit(tx, who.organizationId, who.actor, now, [
      { action: 'made the final invoice', entity: 'document', entityId: id, data: { prepayments: prepayments.map((p) => p.number) } },
    ]);
    return { outcome: 'created', id, content, findings };
  });
}

async function hasMerged(tx: Tx, { organization_id, id }: DocumentRecord): Promise<boolean> {
  const one = await tx
    .selectFrom('document')
    .select('id')
    .where('organization_id', '=', organization_id)
    .where('merged_into', '=', id)
    .where('state', '=', 'merged')
    .executeTakeFirst();
  return one !== undefined;
}

/** Takes lines out of a prepared document into a second one for the same order. */
export async function splitDocument(
  ctx: Context,
  who: Who,
  id: string,
  taken: { lineId: string; quantity: string }[],
): Promise<CreateResult> {
  return ctx.store.org(who.organizationId, async (tx) => {
    // With all that bill the same sale: parts have numbers, and two taken at once from two of them are no two of one number.
    await lockSales(tx, who.organizationId, [id]);
    const [row] = await lockDocuments(tx, who.organizationId, [id]);
    if (row?.state !== 'to_issue') return refused(hold('H_NOT_TO_ISSUE', 'state', { state: row?.state ?? '' }));
    // Undoing the merging, by hand or because an order changed, gives each sale its whole document back: what was split off would be sold twice.
    if (await hasMerged(tx, row)) return refused(hold('H_SPLIT_REFUSED', 'lines', { why: 'merged-into-it' }));
    const made = splitContent(row.content, taken);
    if ('refused' in made) return refused(hold('H_SPLIT_REFUSED', made.lineId ? `lines.${made.lineId}` : 'lines', { why: made.refused }));
    const { rows: parts } = await sql<{ last: number }>`
      select coalesce(max(substring(purpose from '^part:([0-9]{1,9})$')::int), 0) as last from document
      where organization_id = ${who.organizationId} and order_id = ${row.order_id}::uuid and purpose like 'part:%'`.execute(tx);
    const part = await insertPrepared(tx, ctx, who, made.parts[1], {
      orderId: row.order_id,
      purpose: row.order_id ? `part:${parts[0]!.last + 1}` : 'manual',
      seriesId: row.series_id ?? undefined,
      edited: ['lines'],
      orderFindings: row.order_findings,
      action: 'document split off',
      auditData: { from: id, taken },
    });
    // Nothing leaves the one before the other has it.
    if (part.outcome !== 'created') return part;
    const desk = await openDesk(tx, ctx, who.organizationId);
    const edited = [...new Set([...row.edited, 'lines'])];
    const { content, findings } = await judgeAgain(desk, { ...row, edited }, made.parts[0]);
    await updateContent(tx, who.organizationId, id, desk.now, content, findings, { edited });
    return part;
  });
}
