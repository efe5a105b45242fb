import type { Clearance } from '../contract/connector.ts';
import type { DocumentContent } from '../domain/documents/document.ts';
import { type CentProof, centProof } from '../domain/documents/index.ts';
import type { Finding } from '../domain/finding.ts';
import { possibleMoves } from '../domain/lifecycle/index.ts';
import type { StoryEntry, Tx } from '../store/index.ts';
import { waitingEvents } from './changed.ts';
import { type DocumentRow, rowOf } from './query.ts';
import { nextNumber, type Series } from './series.ts';

/** One line of a document's history, whatever it came from; oldest first. */
export type TimelineEntry = {
  at: string;
  actor?: string;
  what: string;
  about: 'order' | 'document' | 'transfer' | 'delivery';
  params?: Record<string, unknown>;
};

type DocumentDetail = DocumentRow & {
  content: DocumentContent;
  editedPaths: string[];
  settled: string[];
  series?: { id: string; name: string; nextNumber?: string };
  moves: string[];
  pdfFileId: string | null;
  clearance: Clearance | null;
  /** Where it is held for its total: row by row, what differs from the order. */
  proof?: CentProof;
  related: {
    relation: 'corrects' | 'corrected by' | 'proforma' | 'invoiced as' | 'same order' | 'merged into' | 'merged';
    id: string;
    kind: string;
    state: string;
    number: string | null;
    gross: string;
    currency: string;
  }[];
  deliveries: {
    id: string;
    way: string;
    recipient: string;
    status: string;
    attempts: number;
    cause: unknown;
    createdAt: string;
    updatedAt: string;
  }[];
  transfers: {
    id: string;
    connectionId: string;
    connection: string;
    verb: string;
    reference: string;
    status: string;
    sends: number;
    nextAt: string | null;
    cause: unknown;
    made: unknown;
    story: StoryEntry[];
  }[];
  timeline: TimelineEntry[];
};

/** Everything about one document for its page; undefined when the organization has none of that id. */
export async function getDocument(tx: Tx, organizationId: string, id: string, today: string): Promise<DocumentDetail | undefined> {
  const row = await tx
    .selectFrom('document')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) return undefined;
  const series = await seriesOf(tx, organizationId, row.series_id, row.kind);
  const transfers = await tx
    .selectFrom('transfer as t')
    .innerJoin('connection as c', (join) => join.onRef('c.organization_id', '=', 't.organization_id').onRef('c.id', '=', 't.connection_id'))
    .selectAll('t')
    .select('c.name as connection')
    .where('t.organization_id', '=', organizationId)
    .where('t.document_id', '=', id)
    .orderBy('t.created_at')
    .execute();
  const deliveries = await tx
    .selectFrom('delivery')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('document_id', '=', id)
    .orderBy('created_at')
    .execute();
  const waiting = await waitingEvents(tx, organizationId, await ordersOf(tx, row));
  return {
    ...rowOf({
      ...row,
      findings: [...row.findings, ...waiting],
      mail_status: deliveries.findLast((d) => d.way === 'mail')?.status ?? null,
      transfer_status: transfers.at(-1)?.status ?? null,
    }),
    // What was prepared only and left by an archive has no content either.
    ...(row.archived_at && { state: 'archived' }),
    content: row.content,
    editedPaths: row.edited,
    settled: row.settled,
    series: series
      ? {
          id: series.id,
          name: series.name,
          nextNumber:
            row.number === null && series.number_owner === 'hub' ? await nextNumber(tx, series, row.issue_date ?? today) : undefined,
        }
      : undefined,
    // Its provider holds it: a number that is in use over there cannot be given up here.
    moves: possibleMoves({ state: row.state, numbered: row.number !== null }, 'person').filter(
      (name) => name !== 'give_up' || !transfers.some((t) => t.verb === 'issue' && t.status === 'accepted'),
    ),
    pdfFileId: row.pdf_file_id,
    clearance: row.clearance,
    proof: await proofOf(tx, organizationId, row),
    related: await relatedOf(tx, organizationId, row),
    deliveries: deliveries.map((d) => ({
      id: d.id,
      way: d.way,
      recipient: d.recipient,
      status: d.status,
      attempts: d.attempts,
      cause: d.cause,
      createdAt: d.created_at.toISOString(),
      updatedAt: d.updated_at.toISOString(),
    })),
    transfers: transfers.map((t) => ({
      id: t.id,
      connectionId: t.connection_id,
      connection: t.connection,
      verb: t.verb,
      reference: t.reference,
      status: t.status,
      sends: t.sends,
      nextAt: t.next_at?.toISOString() ?? null,
      cause: t.cause,
      made: t.made,
      story: t.story,
    })),
    timeline: await timelineOf(tx, organizationId, row, deliveries, transfers),
  };
}

/** The order of the document, and those of what was merged into it. */
async function ordersOf(tx: Tx, row: { organization_id: string; id: string; order_id: string | null }): Promise<string[]> {
  const merged = await tx
    .selectFrom('document')
    .select('order_id')
    .where('organization_id', '=', row.organization_id)
    .where('merged_into', '=', row.id)
    .execute();
  return [row, ...merged].flatMap(({ order_id }) => order_id ?? []);
}

async function seriesOf(tx: Tx, organizationId: string, seriesId: string | null, kind: string): Promise<Series | undefined> {
  const query = tx.selectFrom('series').selectAll().where('organization_id', '=', organizationId);
  return seriesId
    ? query.where('id', '=', seriesId).executeTakeFirst()
    : query
        .where('kind', '=', kind as Series['kind'])
        .where('is_default', '=', true)
        .where('active', '=', true)
        .executeTakeFirst();
}

/** A document of several orders has no rows of one order to be compared with. */
async function proofOf(
  tx: Tx,
  organizationId: string,
  row: { order_id: string | null; findings: Finding[]; content: DocumentContent },
): Promise<CentProof | undefined> {
  if (!row.order_id || !row.findings.some((f) => f.code === 'H_TOTAL_MISMATCH')) return undefined;
  const order = await tx
    .selectFrom('sales_order')
    .select('content')
    .where('organization_id', '=', organizationId)
    .where('id', '=', row.order_id)
    .executeTakeFirst();
  if (!order) return undefined;
  const proof = centProof(order.content, row.content);
  return proof.equal || proof.order !== row.content.orderTotal
    ? undefined
    : { ...proof, rows: proof.rows.filter((one) => !/^-?[0.]*$/.test(one.difference)) };
}

type Source = {
  id: string;
  order_id: string | null;
  corrects_id: string | null;
  proforma_id: string | null;
  merged_into: string | null;
  pdf_file_id: string | null;
  created_at: Date;
  import_id: string | null;
};

async function relatedOf(tx: Tx, organizationId: string, row: Source): Promise<DocumentDetail['related']> {
  const rows = await tx
    .selectFrom('document')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '<>', row.id)
    .where((e) =>
      e.or([
        ...(row.corrects_id ? [e('id', '=', row.corrects_id), e('corrects_id', '=', row.corrects_id)] : []),
        e('corrects_id', '=', row.id),
        ...(row.proforma_id ? [e('id', '=', row.proforma_id)] : []),
        e('proforma_id', '=', row.id),
        ...(row.merged_into ? [e('id', '=', row.merged_into)] : []),
        e('merged_into', '=', row.id),
        ...(row.order_id ? [e('order_id', '=', row.order_id)] : []),
      ]),
    )
    .orderBy('created_at')
    .limit(100)
    .execute();
  return rows.map((other) => {
    const { id, kind, state, number, gross, currency } = rowOf({ ...other, mail_status: null, transfer_status: null });
    const relation =
      other.id === row.corrects_id
        ? 'corrects'
        : other.corrects_id === row.id || (row.corrects_id !== null && other.corrects_id === row.corrects_id)
          ? 'corrected by'
          : other.id === row.proforma_id
            ? 'proforma'
            : other.proforma_id === row.id
              ? 'invoiced as'
              : other.id === row.merged_into
                ? 'merged into'
                : other.merged_into === row.id
                  ? 'merged'
                  : 'same order';
    return { relation, id, kind, state, number, gross, currency };
  });
}

async function timelineOf(
  tx: Tx,
  organizationId: string,
  row: Source,
  deliveries: { way: string; recipient: string; story: StoryEntry[]; created_at: Date }[],
  transfers: { connection: string; story: StoryEntry[]; created_at: Date }[],
): Promise<TimelineEntry[]> {
  const audits = await tx
    .selectFrom('audit')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('entity_id', '=', row.id)
    .orderBy('seq')
    .execute();
  const order = row.order_id
    ? await tx
        .selectFrom('sales_order')
        .select(['external_id', 'ordered_at', 'paid_at', 'channel', 'created_at'])
        .where('organization_id', '=', organizationId)
        .where('id', '=', row.order_id)
        .executeTakeFirst()
    : undefined;
  const entries: TimelineEntry[] = audits.map((a) => ({
    at: a.at.toISOString(),
    actor: a.actor,
    what: a.action,
    about: 'document',
    params: a.data,
  }));
  if (order) {
    const params = { order: order.external_id, channel: order.channel };
    entries.push({ at: order.ordered_at.toISOString(), what: 'ordered', about: 'order', params });
    if (order.paid_at) entries.push({ at: order.paid_at.toISOString(), what: 'paid', about: 'order', params });
    entries.push({ at: order.created_at.toISOString(), what: 'received', about: 'order', params });
  }
  entries.push({ at: row.created_at.toISOString(), what: 'prepared', about: 'document' });
  if (row.pdf_file_id) {
    const pdf = await tx
      .selectFrom('file')
      .select(['name', 'created_at'])
      .where('organization_id', '=', organizationId)
      .where('id', '=', row.pdf_file_id)
      .executeTakeFirst();
    if (pdf) entries.push({ at: pdf.created_at.toISOString(), what: 'PDF kept', about: 'document', params: { file: pdf.name } });
  }
  for (const d of deliveries)
    entries.push(
      ...d.story.map((s) => ({
        at: s.at,
        what: s.what,
        about: 'delivery' as const,
        params: { ...s.params, way: d.way, recipient: d.recipient },
      })),
    );
  for (const t of transfers)
    entries.push(
      ...t.story.map((s) => ({ at: s.at, what: s.what, about: 'transfer' as const, params: { ...s.params, connection: t.connection } })),
    );
  return entries.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}
