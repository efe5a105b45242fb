import { sql } from 'kysely';
import { redactorOf } from '../connections/index.ts';
import { type Explanation, explain } from '../diagnosis/index.ts';
import type { DocumentContent, Language } from '../domain/documents/document.ts';
import type { Order } from '../domain/orders/order.ts';
import { partyName } from '../domain/parties/party.ts';
import type { Context } from '../jobs/index.ts';
import type { StoryEntry, Tx } from '../store/index.ts';
import { getDocument, type TimelineEntry } from '../toissue/index.ts';

/** How a field of the document came to be: the rule by its code, words in `case-file-words.ts`. */
export type Decision = { field: string; value: string; rule: string; params?: Record<string, string> };
export type CaseTry = { at: string; verb: string; outcome: string; tookMs: number | null; request: string | null; response: string | null };
export type CaseFile = {
  madeAt: string;
  organization: string;
  document: {
    id: string;
    kind: string;
    number: string | null;
    state: string;
    issueDate: string | null;
    saleDate: string | null;
    dueDate: string | null;
    buyer: string;
    currency: string;
    net: string;
    tax: string;
    gross: string;
    version: number;
  };
  order?: { externalId: string; number: string | null; channel: string; status: string; orderedAt: string; paidAt: string | null };
  decisions: Decision[];
  findings: Explanation[];
  transfers: {
    connection: string;
    verb: string;
    reference: string;
    status: string;
    sends: number;
    made: unknown;
    cause?: Explanation & { providerCode?: string; providerText?: string };
    story: StoryEntry[];
    tries: CaseTry[];
  }[];
  deliveries: { way: string; recipient: string; status: string; attempts: number; cause?: Explanation; createdAt: string }[];
  timeline: TimelineEntry[];
};

const maxTries = 200;
const maxActions = 100;

/** One page about one document: facts, the rules that fired, requests and answers, tries, who did what. Nothing secret can enter it. */
export async function caseFile(
  tx: Tx,
  ctx: Context,
  organizationId: string,
  documentId: string,
  language: Language,
): Promise<CaseFile | undefined> {
  const detail = await getDocument(tx, organizationId, documentId, ctx.now().toISOString().slice(0, 10));
  if (!detail || detail.state === 'archived') return undefined;
  const organization = await tx
    .selectFrom('organization')
    .select(['name', 'policies'])
    .where('id', '=', organizationId)
    .executeTakeFirstOrThrow();
  const row = await tx
    .selectFrom('document')
    .select(['order_id', 'version', 'findings'])
    .where('organization_id', '=', organizationId)
    .where('id', '=', documentId)
    .executeTakeFirstOrThrow();
  const order = row.order_id
    ? await tx
        .selectFrom('sales_order')
        .select(['external_id', 'number', 'channel', 'status', 'ordered_at', 'paid_at', 'suggestion', 'content'])
        .where('organization_id', '=', organizationId)
        .where('id', '=', row.order_id)
        .executeTakeFirst()
    : undefined;
  const connectors = new Map(
    (await tx.selectFrom('connection').select(['id', 'connector']).where('organization_id', '=', organizationId).execute()).map((c) => [
      c.id,
      c.connector,
    ]),
  );
  const tries = await triesOf(
    tx,
    organizationId,
    'transfer',
    detail.transfers.map((t) => t.id),
  );
  const said = (cause: unknown, connector?: string) => {
    const found = cause as { code?: string; params?: Record<string, string>; providerCode?: string; providerText?: string } | null;
    if (!found?.code) return undefined;
    const { providerCode, providerText } = found;
    return {
      ...explain(ctx, { ...found, code: found.code, connector }, language),
      ...(providerCode ? { providerCode } : {}),
      ...(providerText ? { providerText } : {}),
    };
  };
  const { content } = detail;
  const file: CaseFile = {
    madeAt: ctx.now().toISOString(),
    organization: organization.name,
    document: {
      id: documentId,
      kind: detail.kind,
      number: detail.number,
      state: detail.state,
      issueDate: content.issueDate ?? null,
      saleDate: content.saleDate ?? null,
      dueDate: content.dueDate ?? null,
      buyer: partyName(content.buyer),
      currency: content.currency,
      net: content.totals.net,
      tax: content.totals.tax,
      gross: content.totals.gross,
      version: row.version,
    },
    ...(order
      ? {
          order: {
            externalId: order.external_id,
            number: order.number,
            channel: order.channel,
            status: order.status,
            orderedAt: order.ordered_at.toISOString(),
            paidAt: order.paid_at?.toISOString() ?? null,
          },
        }
      : {}),
    decisions: decisionsOf(content, detail.editedPaths, order, organization.policies),
    findings: row.findings.map((f) => explain(ctx, { code: f.code, params: f.params, where: f.where }, language)),
    transfers: [
      ...detail.transfers.map((t) => ({
        connection: t.connection,
        verb: t.verb,
        reference: t.reference,
        status: t.status,
        sends: t.sends,
        made: t.made,
        cause: said(t.cause, connectors.get(t.connectionId)),
        story: t.story,
        tries: tries.get(t.id) ?? [],
      })),
      ...(await claimActions(tx, organizationId, documentId, said)),
    ],
    deliveries: detail.deliveries.map((d) => ({
      way: d.way,
      recipient: d.recipient,
      status: d.status,
      attempts: d.attempts,
      cause: said(d.cause),
      createdAt: d.createdAt,
    })),
    timeline: detail.timeline,
  };
  const clean = await redactorOf(tx, ctx, organizationId);
  return cleaned(file, clean) as CaseFile;
}

/** Every text of the file passes the gate, whatever put it there. */
function cleaned(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === 'string') return clean(value);
  if (Array.isArray(value)) return value.map((v) => cleaned(v, clean));
  if (value && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).flatMap(([k, v]) => (v === undefined ? [] : [[k, cleaned(v, clean)]])));
  return value;
}

type Said = (cause: unknown, connector?: string) => CaseFile['transfers'][number]['cause'];

/** What was asked for at a financing provider about this document: the same questions have the same answers as for a transfer. */
async function claimActions(tx: Tx, organizationId: string, documentId: string, said: Said): Promise<CaseFile['transfers']> {
  const rows = await tx
    .selectFrom('receivable_action as a')
    .innerJoin('receivable as r', (join) => join.onRef('r.organization_id', '=', 'a.organization_id').onRef('r.id', '=', 'a.receivable_id'))
    .innerJoin('connection as c', (join) => join.onRef('c.organization_id', '=', 'r.organization_id').onRef('c.id', '=', 'r.connection_id'))
    .select(['a.id', 'a.verb', 'a.key', 'a.status', 'a.sends', 'a.answer', 'a.cause', 'a.story', 'c.name', 'c.connector'])
    .where('a.organization_id', '=', organizationId)
    .where('r.document_id', '=', documentId)
    .orderBy('a.created_at', 'desc')
    .orderBy('a.no', 'desc')
    .limit(maxActions)
    .execute();
  const tries = await triesOf(
    tx,
    organizationId,
    'action',
    rows.map((r) => r.id),
  );
  return rows.reverse().map((r) => ({
    connection: r.name,
    verb: r.verb,
    reference: r.key,
    status: r.status,
    sends: r.sends,
    made: r.answer,
    cause: said(r.cause, r.connector),
    story: r.story,
    tries: tries.get(r.id) ?? [],
  }));
}

type TryRow = {
  whose: string;
  at: Date;
  verb: string;
  outcome: string;
  took_ms: number | null;
  request: string | null;
  response: string | null;
};

/** The tries of several transfers or actions. Where there are more than a page holds, the newest of each stay. */
async function triesOf(tx: Tx, organizationId: string, what: 'transfer' | 'action', ids: string[]): Promise<Map<string, CaseTry[]>> {
  const [table, owner] = what === 'transfer' ? ['transfer_try', 'transfer_id'] : ['receivable_try', 'action_id'];
  const { rows } = await sql<TryRow>`
    select * from (
      select ${sql.ref(owner)} as whose, seq, at, verb, outcome, took_ms, request, response,
        row_number() over (partition by ${sql.ref(owner)} order by seq desc) as place
      from ${sql.table(table)} where organization_id = ${organizationId} and ${sql.ref(owner)} = any(${ids}::uuid[])
      order by place, whose limit ${maxTries}) newest
    order by whose, seq`.execute(tx);
  const tries = Map.groupBy(rows, (row) => row.whose);
  return new Map(
    [...tries].map(([whose, list]) => [
      whose,
      list.map(
        (r): CaseTry => ({
          at: r.at.toISOString(),
          verb: r.verb,
          outcome: r.outcome,
          tookMs: r.took_ms,
          request: r.request,
          response: r.response,
        }),
      ),
    ]),
  );
}

type OrderRow = { suggestion: string; content: Order; ordered_at: Date; paid_at: Date | null };

function decisionsOf(
  content: DocumentContent,
  edited: string[],
  order: OrderRow | undefined,
  policies: Record<string, unknown>,
): Decision[] {
  const byHand = (path: string) => edited.some((e) => e === path || e.startsWith(`${path}.`));
  const chosen = String(policies.kind ?? 'automatic');
  const kind: Decision = {
    field: 'kind',
    value: content.kind,
    rule: content.correction ? 'corrects' : !order ? 'made_by_hand' : chosen !== 'automatic' ? 'kind_chosen' : 'kind_suggested',
    params: { suggestion: order?.suggestion ?? '', number: content.correction?.number ?? '' },
  };
  const buyer: Decision = {
    field: 'buyer',
    value: partyName(content.buyer),
    rule: byHand('buyer')
      ? 'by_hand'
      : order?.content.invoiceRequest.party
        ? 'buyer_from_request'
        : order
          ? 'buyer_from_order'
          : 'made_by_hand',
  };
  const rates = content.lines.map((line, i): Decision => {
    const rate = line.rate ? `${line.rate.category}${line.rate.percent ? ` ${line.rate.percent}%` : ''}` : '–';
    return {
      field: `lines.${i + 1}`,
      value: `${line.name}: ${rate}`,
      rule: byHand('lines') ? 'by_hand' : `rate_${line.rate?.source ?? 'missing'}`,
    };
  });
  const days: Decision[] = [
    {
      field: 'saleDate',
      value: content.saleDate ?? '–',
      rule: byHand('saleDate') ? 'by_hand' : 'sale_date_rule',
      params: { policy: String(policies.saleDate ?? 'automatic') },
    },
    { field: 'issueDate', value: content.issueDate ?? '–', rule: byHand('issueDate') ? 'by_hand' : 'issue_date_rule' },
    {
      field: 'dueDate',
      value: content.dueDate ?? '–',
      rule: byHand('dueDate') ? 'by_hand' : 'due_date_rule',
      params: { days: String(content.payment.termsDays ?? policies.termsDays ?? '') },
    },
  ];
  const treatment: Decision[] = content.taxTreatment
    ? [{ field: 'taxTreatment', value: content.taxTreatment, rule: byHand('taxTreatment') ? 'by_hand' : 'treatment_rule' }]
    : [];
  return [kind, buyer, ...rates, ...treatment, ...days];
}
