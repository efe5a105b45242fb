import { sql } from 'kysely';
import { openConnection, readConnection } from '../connections/index.ts';
import { type Explanation, explain } from '../diagnosis/index.ts';
import type { Language } from '../domain/documents/document.ts';
import { type LedgerSums, ledgerSums, type Part, type PartSums, partSums, type Verb, verbs, whyNot } from '../domain/receivables/index.ts';
import type { Context } from '../jobs/index.ts';
import type { StoryEntry, Tx } from '../store/index.ts';
import type { Mismatch } from './follow.ts';
import { type ActionRow, type PartRow, partOfRow, type Receivable, readPartRows, readReceivable } from './ledger.ts';

/** What screens, API and command line show of a claim. Nothing that is sealed is in it. */
type Said = Explanation & { params?: Record<string, string> };
export type Button = { verb: Verb; enabled: boolean; engine?: string; reason?: Said };
export type PartView = Omit<Part, 'changedSinceSent'> & {
  sums: PartSums;
  pdfs: { fileId: string }[];
  pdfPending: boolean;
  buttons: Button[];
};
type ActionView = {
  id: string;
  no: number;
  verb: string;
  part: number | null;
  status: ActionRow['status'];
  already: boolean;
  action: Record<string, unknown>;
  foreseen: Record<string, unknown> | null;
  answer: Record<string, unknown> | null;
  cause: (Said & { providerCode?: string; providerText?: string }) | null;
  nextAt: string | null;
  story: StoryEntry[];
  createdBy: string;
  createdAt: string;
};
export type ReceivableRow = {
  id: string;
  connectionId: string;
  connectionName: string;
  orderId: string | null;
  documentId: string | null;
  orderNumber: string;
  buyerName: string;
  segment: 'consumer' | 'company';
  country: string;
  currency: string;
  state: string;
  needsPerson: boolean;
  differs: boolean;
  sums: LedgerSums;
  numbers: string[];
  createdAt: string;
};
export type ReceivableView = ReceivableRow & {
  buyerNumberMasked: string | null;
  providerOrderId: string | null;
  readAt: string | null;
  mismatches: Mismatch[];
  /** Something is under way: buttons wait for it. */
  busy: boolean;
  parts: PartView[];
  actions: ActionView[];
};

function rowOf(receivable: Receivable, connectionName: string, parts: PartRow[]): ReceivableRow {
  const { currency } = receivable;
  const ledger = parts.map((row) => partOfRow(row, currency));
  return {
    id: receivable.id,
    connectionId: receivable.connection_id,
    connectionName,
    orderId: receivable.order_id,
    documentId: receivable.document_id,
    orderNumber: receivable.order_number,
    buyerName: receivable.buyer_name,
    segment: receivable.segment,
    country: receivable.country,
    currency,
    state: receivable.state,
    needsPerson: receivable.needs_person,
    differs: receivable.mismatch !== null,
    sums: ledgerSums(ledger, currency),
    numbers: [...new Set(ledger.map((part) => part.number).filter((n) => n !== ''))],
    createdAt: receivable.created_at.toISOString(),
  };
}

type ReceivableQuery = {
  state?: string;
  q?: string;
  orderId?: string;
  documentId?: string;
  attention?: boolean;
  limit: number;
  before?: { at: string; id: string };
};

export async function listReceivables(
  tx: Tx,
  organizationId: string,
  query: ReceivableQuery,
): Promise<{ items: ReceivableRow[]; more: boolean }> {
  let from = tx
    .selectFrom('receivable as r')
    .innerJoin('connection as c', (join) => join.onRef('c.organization_id', '=', 'r.organization_id').onRef('c.id', '=', 'r.connection_id'))
    .selectAll('r')
    .select('c.name as connection_name')
    .where('r.organization_id', '=', organizationId);
  if (query.state) from = from.where('r.state', '=', query.state);
  if (query.orderId) from = from.where('r.order_id', '=', query.orderId);
  if (query.documentId) from = from.where('r.document_id', '=', query.documentId);
  // Nothing that differs is written as the JSON null, which is a value to the database.
  if (query.attention) from = from.where((e) => e.or([e('r.needs_person', '=', true), sql<boolean>`jsonb_typeof(r.mismatch) = 'array'`]));
  if (query.q) {
    const like = `%${query.q.replace(/[%_\\]/g, '\\$&')}%`;
    from = from.where((e) =>
      e.or([
        e('r.order_number', 'ilike', like),
        e('r.buyer_name', 'ilike', like),
        e.exists(
          e
            .selectFrom('receivable_part as p')
            .select('p.seq')
            .whereRef('p.organization_id', '=', 'r.organization_id')
            .whereRef('p.receivable_id', '=', 'r.id')
            .where('p.number', 'ilike', like),
        ),
      ]),
    );
  }
  if (query.before) {
    const { at, id } = query.before;
    from = from.where((e) => e(e.refTuple('r.created_at', 'r.id'), '<', e.tuple(new Date(at), id)));
  }
  const rows = await from
    .orderBy('r.created_at', 'desc')
    .orderBy('r.id', 'desc')
    .limit(query.limit + 1)
    .execute();
  const page = rows.slice(0, query.limit);
  const parts = await readPartRows(
    tx,
    organizationId,
    page.map((r) => r.id),
  );
  return {
    items: page.map((r) =>
      rowOf(
        r,
        r.connection_name,
        parts.filter((p) => p.receivable_id === r.id),
      ),
    ),
    more: rows.length > query.limit,
  };
}

const maxActions = 200;

export async function receivableView(
  tx: Tx,
  ctx: Context,
  organizationId: string,
  id: string,
  language: Language,
): Promise<ReceivableView | undefined> {
  const receivable = await readReceivable(tx, organizationId, id);
  if (!receivable) return undefined;
  const connection = (await readConnection(tx, organizationId, receivable.connection_id))!;
  const rows = await readPartRows(tx, organizationId, [id]);
  const actions = await tx
    .selectFrom('receivable_action')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('receivable_id', '=', id)
    .orderBy('no', 'desc')
    .limit(maxActions)
    .execute();
  const offers = connection.status === 'removed' ? undefined : openConnection(ctx, connection).session.administers?.offers();
  const busy = actions.some((a) => ['waiting', 'sending', 'pending', 'unknown'].includes(a.status));
  // Screens change language without asking again: they get the code with its parameters beside the words.
  const say = (code: string, params?: Record<string, string>): Said => ({
    ...explain(ctx, { code, params, connector: connection.connector }, language),
    ...(params ? { params } : {}),
  });
  const button = (verb: Verb, part: Part): Button => {
    const offer = offers?.[verb];
    const engine = offer?.engine;
    const state = whyNot(part, verb);
    if (state) return { verb, enabled: false, engine, reason: say(state.code, state.params) };
    if (!offer) return { verb, enabled: false, reason: say('CONNECTION_REMOVED') };
    if (offer.cause) return { verb, enabled: false, reason: say(offer.cause.code, offer.cause.params) };
    if (busy) return { verb, enabled: false, engine, reason: say('H_RECEIVABLE_BUSY') };
    return { verb, enabled: true, engine };
  };
  return {
    ...rowOf(receivable, connection.name, rows),
    buyerNumberMasked: receivable.buyer_number_masked,
    providerOrderId: receivable.provider_order_id,
    readAt: receivable.read_at?.toISOString() ?? null,
    mismatches: (receivable.mismatch ?? []) as Mismatch[],
    busy,
    parts: rows.map((row) => {
      const { changedSinceSent: _, ...part } = partOfRow(row, receivable.currency);
      const whole = { ...part, changedSinceSent: row.changed_since_sent };
      return {
        ...part,
        sums: partSums(whole, receivable.currency),
        pdfs: row.pdf_file_ids.map((fileId) => ({ fileId })),
        pdfPending: row.pdf_next_at !== null,
        buttons: verbs.filter((verb) => verb !== 'add').map((verb) => button(verb, whole)),
      };
    }),
    actions: actions.map((a) => actionView(a, say)),
  };
}

function actionView(row: ActionRow, say: (code: string, params?: Record<string, string>) => Said): ActionView {
  const cause = row.cause as { code?: string; params?: Record<string, string>; providerCode?: string; providerText?: string } | null;
  return {
    id: row.id,
    no: row.no,
    verb: row.verb,
    part: row.part_seq,
    status: row.status,
    already: row.already,
    action: row.action,
    foreseen: row.foreseen,
    answer: row.answer,
    cause: cause?.code
      ? {
          ...say(cause.code, cause.params),
          ...(cause.providerCode ? { providerCode: cause.providerCode } : {}),
          ...(cause.providerText ? { providerText: cause.providerText } : {}),
        }
      : null,
    nextAt: row.next_at?.toISOString() ?? null,
    story: row.story,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
  };
}
