import { sql } from 'kysely';
import { civilDay } from '../domain/days/day.ts';
import type { Finding } from '../domain/finding.ts';
import { fromMinor } from '../domain/money/money.ts';
import type { Order } from '../domain/orders/order.ts';
import type { Context } from '../jobs/index.ts';
import type { Tx } from '../store/index.ts';
import { issueBatchSize, openPlan, prepareOrders, readOrganization, startIssueRun, type Who } from '../toissue/index.ts';
import { isHeldBack } from '../transfer/index.ts';

/**
 * Backfill: paid orders of a period that should have a document and have none are prepared, looked for at the provider
 * (a transfer of a backfill asks before it sends) and issued, oldest first. The plan is the same judgement without storing.
 */
type BackfillScope = { from: string; to: string; connectionId?: string };
type BackfillItem = {
  orderId: string;
  orderNumber: string;
  day: string;
  buyer: string;
  gross: string;
  currency: string;
  documentId?: string;
  action: 'issue' | 'held' | 'nothing';
  kind?: string;
  /** Issued later than the law's day. */
  late: boolean;
  findings: Finding[];
};
type BackfillPlan = BackfillScope & {
  items: BackfillItem[];
  toIssue: number;
  held: number;
  late: number;
  totals: { currency: string; gross: string }[];
  more: boolean;
};

const maxBackfill = 20_000;

type Missing = {
  id: string;
  external_id: string;
  number: string | null;
  ordered_at: Date;
  buyer_name: string;
  total_minor: bigint;
  currency: string;
  content: Order;
  document_id: string | null;
};

/** Orders of the period without an issued or travelling document for the sale; a withdrawn document was somebody's decision and stays so. */
async function missingOrders(tx: Tx, organizationId: string, zone: string, scope: BackfillScope): Promise<Missing[]> {
  const { rows } = await sql<Missing>`
    with period as materialized (
      select o.id, o.external_id, o.number, o.ordered_at, o.buyer_name, o.total_minor, o.currency from sales_order o
      where o.organization_id = ${organizationId} and o.status = 'ready' and o.superseded_by is null
        and o.ordered_at >= ((${scope.from}::date)::timestamp at time zone ${zone}) and o.ordered_at < ((${scope.to}::date + 1)::timestamp at time zone ${zone})
        and (${scope.connectionId ?? null}::uuid is null or o.connection_id = ${scope.connectionId ?? null}::uuid)
    ), documents as materialized (
      select x.order_id, x.id, x.state, x.purpose from document x where x.organization_id = ${organizationId} and x.order_id = any(array(select id from period))
    ), missing as materialized (
      select p.*, (select d.id from documents d where d.order_id = p.id and d.purpose = 'sale' and d.state = 'to_issue' limit 1) as document_id from period p
      where p.id not in (select x.order_id from documents x where x.state in ('issued','submitted','refused','merged','withdrawn','archived')
        and (x.purpose = 'sale' or x.purpose like 'part:%'))
      order by p.ordered_at, p.id limit ${maxBackfill + 1}
    )
    select m.*, o.content from missing m join sales_order o on o.organization_id = ${organizationId} and o.id = m.id order by m.ordered_at, m.id`.execute(
    tx,
  );
  return rows;
}

export async function planBackfill(ctx: Context, who: Who, scope: BackfillScope): Promise<BackfillPlan> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const organization = await readOrganization(tx, who.organizationId);
    const missing = await missingOrders(tx, who.organizationId, organization.zone, scope);
    const documents = await preparedDocuments(tx, who.organizationId, missing);
    const judge = await openPlan(tx, ctx, who.organizationId);
    const items: BackfillItem[] = [];
    for (const row of missing.slice(0, maxBackfill)) {
      const base = {
        orderId: row.id,
        orderNumber: row.number ?? row.external_id,
        day: civilDay(row.ordered_at.toISOString(), organization.zone),
        buyer: row.buyer_name,
        gross: fromMinor(row.total_minor, row.currency),
        currency: row.currency,
        documentId: row.document_id ?? undefined,
      };
      const prepared = (row.document_id && documents.get(row.document_id)) || (await judge(row.content));
      if ('nothing' in prepared) {
        items.push({ ...base, action: 'nothing', late: false, findings: [] });
        continue;
      }
      items.push({
        ...base,
        action: prepared.findings.some((f) => f.level === 'hold') ? 'held' : 'issue',
        kind: prepared.content?.kind,
        late: prepared.findings.some((f) => f.code === 'W_ISSUE_LATE'),
        findings: prepared.findings,
      });
    }
    const needed = items.filter((i) => i.action !== 'nothing');
    const sums = new Map<string, bigint>();
    missing.forEach((row, i) => {
      if (items[i]?.action === 'issue') sums.set(row.currency, (sums.get(row.currency) ?? 0n) + row.total_minor);
    });
    return {
      ...scope,
      items: needed,
      toIssue: needed.filter((i) => i.action === 'issue').length,
      held: needed.filter((i) => i.action === 'held').length,
      late: needed.filter((i) => i.late).length,
      totals: [...sums].map(([currency, minor]) => ({ currency, gross: fromMinor(minor, currency) })),
      more: missing.length > maxBackfill,
    };
  });
}

async function preparedDocuments(tx: Tx, organizationId: string, missing: Missing[]) {
  const ids = missing.flatMap((m) => m.document_id ?? []);
  const rows =
    ids.length > 0
      ? await tx
          .selectFrom('document')
          .select(['id', 'content', 'findings'])
          .where('organization_id', '=', organizationId)
          .where('id', 'in', ids)
          .execute()
      : [];
  return new Map(rows.map((r) => [r.id, { content: r.content, findings: r.findings }]));
}

/** Does what the plan said: prepares what lacks a document, then issues everything that is not held. Safe to repeat. */
export async function runBackfill(
  ctx: Context,
  who: Who,
  scope: BackfillScope,
  options: { mail?: boolean } = {},
): Promise<{ runId: string; total: number; prepared: number }> {
  const missing = await ctx.store.org(who.organizationId, async (tx) => {
    const organization = await readOrganization(tx, who.organizationId);
    return missingOrders(tx, who.organizationId, organization.zone, scope);
  });
  const ids: string[] = [];
  let prepared = 0;
  for (let i = 0; i < missing.length; i += issueBatchSize) {
    const batch = missing.slice(i, i + issueBatchSize);
    const lacking = batch.filter((m) => !m.document_id);
    const made = await ctx.store.org(who.organizationId, (tx) =>
      prepareOrders(
        tx,
        ctx,
        who,
        lacking.map((m) => ({ orderId: m.id, order: m.content })),
      ),
    );
    prepared += made.filter((r) => r.action === 'created').length;
    const byOrder = new Map(made.map((r) => [r.orderId, r.documentId]));
    for (const m of batch) {
      const id = m.document_id ?? byOrder.get(m.id);
      if (id) ids.push(id);
    }
  }
  const run = await startIssueRun(ctx, who, { ids }, { mail: options.mail, backfill: true });
  return { ...run, prepared };
}

export type BackfillProgress = {
  total: number;
  /** With a number: ours, or the provider's. */
  issued: number;
  refused: { id: string; findings: Finding[] }[];
  /** On a cause card, or waiting for a person's word or a later try. */
  stopped: number;
  /** Something still goes on by itself, and soon. */
  goesOn: boolean;
};

/** Longer is not waited for. */
const soonMs = 10_000;

/** How far a run has come, through to what the providers answered. */
export async function backfillProgress(ctx: Context, who: Who, runId: string): Promise<BackfillProgress> {
  const soon = new Date(ctx.now().getTime() + soonMs).toISOString();
  return ctx.store.org(who.organizationId, async (tx) => {
    const { rows } = await sql<{
      status: string;
      total: number;
      refused: BackfillProgress['refused'];
      issued: number;
      moving: number;
      open: number;
    }>`
      select r.status, cardinality(r.ids) as total, r.refused, d.issued, d.moving, d.open
      from issue_run r, lateral (select count(*) filter (where d.state = 'issued')::int as issued,
          count(*) filter (where t.id is not null and t.status in ('waiting', 'sending', 'pending', 'unknown', 'rejected'))::int as open,
          count(*) filter (where t.status = 'sending' or (c.status = 'active' and t.status in ('waiting', 'pending', 'unknown') and not ${isHeldBack}
            and (t.next_at <= ${soon}::timestamptz or (t.next_at is null and t.status = 'waiting'))
            and (g.open_until is null or g.open_until <= ${soon}::timestamptz)))::int as moving
        from document d left join transfer t on t.organization_id = d.organization_id and t.document_id = d.id and t.verb = 'issue' and t.status <> 'cancelled'
          left join connection c on c.organization_id = t.organization_id and c.id = t.connection_id
          left join connection_gate g on g.organization_id = t.organization_id and g.connection_id = t.connection_id
        where d.organization_id = r.organization_id and d.id = any(r.ids)) d
      where r.organization_id = ${who.organizationId} and r.id = ${runId}`.execute(tx);
    const run = rows[0];
    if (!run) throw new Error(`issue run ${runId} does not exist`);
    const goesOn = run.status === 'waiting' || run.status === 'running' || run.moving > 0;
    return { total: run.total, issued: run.issued, refused: run.refused, stopped: run.open - run.moving, goesOn };
  });
}

/** The youngest backfill with how far it has come; undefined when there was none. */
export async function lastBackfill(ctx: Context, who: Who): Promise<(BackfillProgress & { runId: string; startedAt: string }) | undefined> {
  const last = await ctx.store.org(who.organizationId, (tx) =>
    tx
      .selectFrom('issue_run')
      .select(['id', 'created_at'])
      .where('organization_id', '=', who.organizationId)
      .where(sql<boolean>`options->'backfill' = 'true'::jsonb`)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst(),
  );
  if (!last) return undefined;
  return { runId: last.id, startedAt: last.created_at.toISOString(), ...(await backfillProgress(ctx, who, last.id)) };
}
