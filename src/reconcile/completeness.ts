import { sql } from 'kysely';
import type { Finding } from '../domain/finding.ts';
import { fromMinor } from '../domain/money/money.ts';
import type { Tx } from '../store/index.ts';
import { verifyAuditSince } from '../store/index.ts';
import { gapsOf, listSeries, readOrganization, stillBills } from '../toissue/index.ts';

/**
 * The proof that nothing is missing (DESIGN §4.6): for every order of a period the chain order → document → number →
 * provider → delivery, and every place where it breaks. An empty list is the proof.
 */
export type Break = {
  step: 'document' | 'issue' | 'transfer' | 'delivery' | 'correction' | 'number' | 'financing';
  code: string;
  orderId?: string;
  orderNumber?: string;
  documentId?: string;
  documentNumber?: string;
  day: string;
  buyer: string;
  gross: string;
  currency: string;
  /** Holds of the document or the cause of the transfer or delivery. */
  causes: { code: string; params?: Record<string, string> }[];
};

export type Completeness = {
  from: string;
  to: string;
  orders: number;
  /** Orders that need none: cancelled, unpaid, or none wanted by policy. */
  ordersWithoutNeed: number;
  documents: number;
  breaks: Break[];
  /** True when there are more breaks than listed. */
  more: boolean;
  gaps: { series: string; period: string; from: string; to: string }[];
  audit: { entries: string; brokenAt?: string };
};

const maxBreaks = 2000;

/** What the sheet looks at of a document; contents stay where they are. */
const checked =
  'd.organization_id, d.id, d.order_id, d.order_number, d.number, d.series_id, d.state, d.kind, d.purpose, d.held, d.created_at, d.updated_at, d.buyer_name, d.gross_minor, d.currency, d.findings';

type Row = {
  order_id: string | null;
  order_number: string | null;
  document_id: string | null;
  number: string | null;
  state: string | null;
  day: string;
  buyer: string | null;
  gross_minor: bigint;
  currency: string;
  findings: Finding[] | null;
  code: string;
  cause: { code?: string; params?: Record<string, string> } | null;
};

/** Checks a period of civil days (both included) of the organization, by the day of the order or, without one, of the document. */
export async function completeness(tx: Tx, organizationId: string, from: string, to: string): Promise<Completeness> {
  const organization = await readOrganization(tx, organizationId);
  const { zone } = organization;
  const noReceipts = organization.policies.withoutRequest === 'nothing';
  // Each order has one document that stands for the sale; parts and corrections are checked as documents of their own.
  const chain = sql`
    with period as (
      select o.id, o.external_id, o.number, o.status, o.suggestion, o.ordered_at, o.buyer_name, o.total_minor, o.currency
      from sales_order o where o.organization_id = ${organizationId}
        and o.ordered_at >= ((${from}::date)::timestamp at time zone ${zone}) and o.ordered_at < ((${to}::date + 1)::timestamp at time zone ${zone})
    ), needed as (
      select p.*, (p.status not in ('cancelled','superseded') and p.suggestion not in ('SKIP','WAIT') and not (${noReceipts} and p.suggestion = 'RECEIPT')) as needs from period p
    ), documents as (
      select ${sql.raw(checked)} from document d where d.organization_id = ${organizationId} and d.order_id = any(array(select id from period))
        and d.state not in ('withdrawn','cancelled','merged')
      union all
      select ${sql.raw(checked)} from document d where d.organization_id = ${organizationId} and d.state not in ('withdrawn','cancelled','merged') and d.order_id is null
        and (d.issue_date between ${from}::date and ${to}::date or (d.issue_date is null
          and d.created_at >= ((${from}::date)::timestamp at time zone ${zone}) and d.created_at < ((${to}::date + 1)::timestamp at time zone ${zone})))
    )`;
  const { rows: counts } = await sql<{ orders: bigint; without_need: bigint; documents: bigint }>`${chain}
    select (select count(*) from needed) as orders, (select count(*) from needed where not needs) as without_need, (select count(*) from documents where state = 'issued') as documents`.execute(
    tx,
  );
  const { rows } = await sql<Row>`${chain}, breaks as (
      select n.id as order_id, coalesce(n.number, n.external_id) as order_number, null::uuid as document_id, null as number, null as state, n.ordered_at as at, n.buyer_name as buyer,
        n.total_minor as gross_minor, n.currency, null::jsonb as findings, 'NO_DOCUMENT' as code, null::jsonb as cause
      from needed n where n.needs and not exists (
        select 1 from document d where d.organization_id = ${organizationId} and d.order_id = n.id and ${stillBills('d')}
          and (d.purpose = 'sale' or d.purpose like 'part:%' or d.purpose like 'prepayment:%'))
      union all
      select d.order_id, d.order_number, d.id, d.number, d.state, d.created_at, d.buyer_name, d.gross_minor, d.currency, d.findings,
        case when d.state = 'refused' then 'REFUSED' when d.state = 'submitted' then 'NOT_ACCEPTED' when d.held then 'HELD' else 'NOT_ISSUED' end,
        -- What waits behind a card met nothing itself.
        (select case when jsonb_typeof(t.cause) = 'object' or t.status <> 'waiting' then t.cause else (select jsonb_build_object('code', k.code, 'params', k.params) from cause_case k
            where k.organization_id = t.organization_id and k.connection_id = t.connection_id and k.closed_at is null and (k.series_id is null or k.series_id = d.series_id)
              and (k.series_id is not null or exists (select 1 from connection c where c.organization_id = k.organization_id and c.id = k.connection_id and c.status = 'blocked'))
            order by k.opened_at limit 1) end
          from transfer t where t.organization_id = d.organization_id and t.document_id = d.id order by t.created_at desc limit 1)
      from documents d left join needed n on n.id = d.order_id
      where d.state in ('to_issue','refused','submitted') and d.kind <> 'proforma' and (coalesce(n.needs, true) or d.kind = 'correction')
      union all
      select d.order_id, d.order_number, d.id, d.number, d.state, d.created_at, d.buyer_name, d.gross_minor, d.currency, d.findings, 'CHANGED_AFTER_ISSUE', null
      from documents d where d.state = 'issued' and d.held
        and not exists (select 1 from document c where c.organization_id = d.organization_id and c.corrects_id = d.id and c.state = 'issued' and c.issued_at >= d.updated_at)
      union all
      select d.order_id, d.order_number, d.id, d.number, d.state, d.created_at, d.buyer_name, d.gross_minor, d.currency, null, 'TRANSFER_' || upper(t.status), t.cause
      from documents d join transfer t on t.organization_id = d.organization_id and t.document_id = d.id
      where d.state = 'issued' and t.status not in ('accepted','cancelled')
      union all
      select d.order_id, d.order_number, d.id, d.number, d.state, d.created_at, d.buyer_name, d.gross_minor, d.currency, null, case when v.way = 'attachment' then 'ATTACHMENT_' else 'DELIVERY_' end || upper(v.status), v.cause
      from documents d join delivery v on v.organization_id = d.organization_id and v.document_id = d.id
      where d.state = 'issued' and v.way <> 'order' and v.status not in ('handed_over','delivered','accepted','printed','cancelled','visible','replaced')
        and not exists (select 1 from delivery later where later.organization_id = v.organization_id and later.document_id = v.document_id and later.way = v.way
          and later.created_at > v.created_at and later.status in ('handed_over','delivered','accepted','printed'))
      union all
      -- Claims at financing providers: what stopped, what the provider says otherwise, and what shipped and was never activated.
      select r.order_id, r.order_number, r.document_id, null, null, r.placed_at, r.buyer_name,
        (select coalesce(sum(p.remaining_minor), 0) from receivable_part p where p.organization_id = r.organization_id and p.receivable_id = r.id and p.state <> 'replaced')::bigint,
        r.currency, null,
        case when r.needs_person then 'CLAIM_STOPPED' when jsonb_typeof(r.mismatch) = 'array' then 'CLAIM_DIFFERS' else 'CLAIM_EXPIRED' end,
        (select a.cause from receivable_action a where a.organization_id = r.organization_id and a.receivable_id = r.id and a.status in ('rejected','unknown') order by a.no desc limit 1)
      from receivable r left join period o on o.id = r.order_id
      where r.organization_id = ${organizationId} and (o.id is not null or (r.order_id is null and r.document_id in (select id from documents)))
        and (r.needs_person or jsonb_typeof(r.mismatch) = 'array' or (r.state = 'expired' and o.status is distinct from 'cancelled'))
    )
    select b.*, (b.at at time zone ${zone})::date as day from breaks b order by b.at, b.order_id limit ${maxBreaks + 1}`.execute(tx);
  const gaps = [];
  for (const series of await listSeries(tx, organizationId)) {
    if (series.number_owner !== 'hub') continue;
    for (const gap of await gapsOf(tx, organizationId, series.id))
      gaps.push({ series: series.name, period: gap.period, from: gap.from_no.toString(), to: gap.to_no.toString() });
  }
  const audited = await verifyAuditSince(tx, organizationId);
  const count = counts[0]!;
  return {
    from,
    to,
    orders: Number(count.orders),
    ordersWithoutNeed: Number(count.without_need),
    documents: Number(count.documents),
    breaks: rows.slice(0, maxBreaks).map(breakOf),
    more: rows.length > maxBreaks,
    gaps,
    audit: { entries: audited.entries.toString(), ...(audited.brokenAt === undefined ? {} : { brokenAt: audited.brokenAt.toString() }) },
  };
}

function breakOf(row: Row): Break {
  const holds = (row.findings ?? []).filter((f) => f.level === 'hold').map((f) => ({ code: f.code, params: f.params }));
  const step =
    row.code === 'NO_DOCUMENT'
      ? 'document'
      : row.code.startsWith('CLAIM_')
        ? 'financing'
        : row.code.startsWith('TRANSFER') || row.code === 'NOT_ACCEPTED' || row.code === 'REFUSED'
          ? 'transfer'
          : row.code.startsWith('DELIVERY') || row.code.startsWith('ATTACHMENT')
            ? 'delivery'
            : row.code === 'CHANGED_AFTER_ISSUE'
              ? 'correction'
              : 'issue';
  return {
    step,
    code: row.code,
    orderId: row.order_id ?? undefined,
    orderNumber: row.order_number ?? undefined,
    documentId: row.document_id ?? undefined,
    documentNumber: row.number ?? undefined,
    day: row.day,
    buyer: row.buyer ?? '',
    gross: fromMinor(row.gross_minor, row.currency),
    currency: row.currency,
    causes: row.cause?.code ? [{ code: row.cause.code, params: row.cause.params }] : holds,
  };
}

/** The proof holds: nothing is missing, no number is missing, nobody touched the trail. */
export function isComplete(sheet: Completeness): boolean {
  return sheet.breaks.length === 0 && sheet.gaps.length === 0 && sheet.audit.brokenAt === undefined;
}

/** The breaks as a table, with a head row; gaps of numbers stand below. */
export function breaksTable(sheet: Completeness): string[][] {
  const rows = sheet.breaks.map((b) => [
    b.step,
    b.code,
    b.orderNumber ?? '',
    b.documentNumber ?? '',
    b.day,
    b.buyer,
    b.gross,
    b.currency,
    b.causes.map((cause) => cause.code).join(' '),
  ]);
  const gaps = sheet.gaps.map((gap) => ['number', 'GAP', '', `${gap.series} ${gap.period}: ${gap.from}–${gap.to}`, '', '', '', '', '']);
  // Whoever counts the rows must not take the first of them for all.
  const more = sheet.more ? [['', 'MORE', '', `> ${sheet.breaks.length}`, '', '', '', '', '']] : [];
  return [['step', 'code', 'order', 'document', 'day', 'buyer', 'gross', 'currency', 'causes'], ...rows, ...more, ...gaps];
}
