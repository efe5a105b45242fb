import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { CauseRef, Made, TransferRequest } from '../contract/connector.ts';
import { civilDay } from '../domain/days/day.ts';
import type { DocumentContent } from '../domain/documents/document.ts';
import { compareDecimal } from '../domain/money/money.ts';
import { canonicalJson, type Tx } from '../store/index.ts';
import { mappedFor, readOrganization } from '../toissue/index.ts';
import type { DocumentRecord, Transfer } from './engine.ts';

/** What we note on a transfer for ourselves: none of it is part of what is sent. */
const ownNotes = ['probe', 'adopt', 'different', 'askUpTo', 'mail', 'backfill', 'providerId', 'sendAgain', 'paidOn', 'paidAmount', 'next'];

export function withoutNotes(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !ownNotes.includes(name)));
}

/** Two requests with one fingerprint are one request to a provider that counts repetitions. */
export function fingerprint(request: TransferRequest): string {
  return createHash('sha256')
    .update(canonicalJson({ ...request, known: undefined }))
    .digest('hex');
}

/** What is sent; or why it has to wait; or why it cannot be sent. */
export type Ready = { request: TransferRequest } | { wait: CauseRef } | { stop: CauseRef };
type Subject = { transfer: Transfer; document: DocumentRecord; sending: boolean };

/** What is sent, made anew from our rows each time so that a mended document goes out mended. All of one connection, in the order given. */
export async function requestsOf(tx: Tx, subjects: Subject[]): Promise<Ready[]> {
  if (subjects.length === 0) return [];
  const { organization_id: organizationId, connection_id: connectionId } = subjects[0]!.transfer;
  const known = await knownDocuments(tx, subjects);
  const mapped = await mappedFor(
    tx,
    organizationId,
    connectionId,
    subjects.map((s) => s.document.content),
  );
  const cleared = await clearances(tx, organizationId, subjects);
  const ready: Ready[] = [];
  for (const [at, { transfer, document, sending }] of subjects.entries()) {
    const original = await originalOf(tx, transfer, document, sending && transfer.verb === 'issue');
    if (original && ('wait' in original || 'stop' in original)) {
      ready.push(original);
      continue;
    }
    const content: DocumentContent = document.content;
    ready.push({
      request: {
        reference: transfer.reference,
        kind: document.kind,
        content,
        number: document.number ?? undefined,
        issueDate: document.issue_date ?? undefined,
        original,
        cancelsWhole: content.correction?.reasonCode === 'cancel' && compareDecimal(content.totals.gross, '0') === 0,
        known: known(document),
        ...cleared(document),
        settings: withoutNotes(transfer.settings),
        ...mapped[at],
      },
    });
  }
  return ready;
}

export async function requestOf(tx: Tx, transfer: Transfer, document: DocumentRecord, sending: boolean): Promise<Ready> {
  return (await requestsOf(tx, [{ transfer, document, sending }]))[0]!;
}

/** The document that this one corrects or follows. A correction never overtakes it. */
async function originalOf(
  tx: Tx,
  transfer: Transfer,
  document: DocumentRecord,
  mayWait: boolean,
): Promise<TransferRequest['original'] | { wait: CauseRef } | { stop: CauseRef }> {
  const originalId = document.corrects_id ?? document.proforma_id;
  if (!originalId) return undefined;
  const original = await tx
    .selectFrom('document as d')
    .leftJoin('series as s', (join) => join.onRef('s.organization_id', '=', 'd.organization_id').onRef('s.id', '=', 'd.series_id'))
    .select(['d.id', 'd.number', 'd.kind', 's.number_owner'])
    .where('d.organization_id', '=', document.organization_id)
    .where('d.id', '=', originalId)
    .executeTakeFirst();
  if (!original) return undefined;
  const sent = await tx
    .selectFrom('transfer')
    .select(['status', 'made'])
    .where('organization_id', '=', document.organization_id)
    .where('connection_id', '=', transfer.connection_id)
    .where('document_id', '=', originalId)
    .where('verb', '=', 'issue')
    .where('status', '<>', 'cancelled')
    .executeTakeFirst();
  const params = { number: original.number ?? '' };
  if (mayWait && sent && sent.status !== 'accepted') return { wait: { code: 'ORIGINAL_NOT_ACCEPTED', params } };
  // A number of the provider's own means that it knows the document, by whichever connection it was made.
  if (mayWait && document.corrects_id && !sent && original.number_owner === 'hub')
    return { stop: { code: 'ORIGINAL_NOT_AT_PROVIDER', params } };
  return original.number
    ? { number: original.number, kind: original.kind, providerId: (sent?.made as Made | undefined)?.providerId }
    : undefined;
}

/** What the authority gave to each document, with the day of the organization's zone. */
async function clearances(tx: Tx, organizationId: string, subjects: Subject[]) {
  const zone = subjects.some((s) => s.document.clearance) ? (await readOrganization(tx, organizationId)).zone : undefined;
  return ({ clearance }: DocumentRecord): Pick<TransferRequest, 'clearance'> => {
    if (!clearance || !zone) return {};
    const { system, number, at } = clearance;
    return { clearance: { system, number, ...(at && { day: civilDay(at, zone) }) } };
  };
}

/** For each document, the others of its order that are at this provider already. */
async function knownDocuments(tx: Tx, subjects: Subject[]): Promise<(document: DocumentRecord) => TransferRequest['known']> {
  const { organization_id: organizationId, connection_id: connectionId } = subjects[0]!.transfer;
  const orders = [...new Set(subjects.flatMap(({ document }) => document.order_id ?? []))];
  if (orders.length === 0) return () => [];
  const { rows } = await sql<{ order_id: string; document_id: string; number: string; reversed: boolean | null }>`
    select d.order_id, t.document_id, t.made->>'number' as number, (t.made->>'reversed')::boolean as reversed
    from document d join transfer t on t.organization_id = d.organization_id and t.document_id = d.id
    where d.organization_id = ${organizationId} and d.order_id = any(${orders}::uuid[]) and t.connection_id = ${connectionId}
      and t.status = 'accepted' and t.made->>'number' <> ''`.execute(tx);
  return (document) =>
    rows.flatMap((row) =>
      row.order_id === document.order_id && row.document_id !== document.id
        ? [{ number: row.number, reversed: row.reversed ?? undefined }]
        : [],
    );
}
