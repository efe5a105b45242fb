import { createHash } from 'node:crypto';
import type { CauseRef, Made, TransferRequest } from '../contract/connector.ts';
import type { DocumentContent } from '../domain/documents/document.ts';
import { compareDecimal } from '../domain/money/money.ts';
import { canonicalJson, type Tx } from '../store/index.ts';
import { mappedFor } from '../toissue/index.ts';
import type { DocumentRecord, Transfer } from './engine.ts';

/** What we note on a transfer for ourselves: none of it is part of what is sent. */
const ownNotes = ['probe', 'adopt', 'different', 'askUpTo', 'mail', 'backfill', 'providerId', 'sendAgain', 'paidOn', 'paidAmount'];

export function withoutNotes(settings: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !ownNotes.includes(name)));
}

/** Two requests with one fingerprint are one request to a provider that counts repetitions. */
export function fingerprint(request: TransferRequest): string {
  return createHash('sha256')
    .update(canonicalJson({ ...request, known: undefined }))
    .digest('hex');
}

/** What is sent, made anew from our rows each time so that a mended document goes out mended; or why it has to wait. */
export async function requestOf(
  tx: Tx,
  transfer: Transfer,
  document: DocumentRecord,
  sending: boolean,
): Promise<{ request: TransferRequest } | { wait: CauseRef } | { stop: CauseRef }> {
  const original = await originalOf(tx, transfer, document, sending && transfer.verb === 'issue');
  if (original && 'wait' in original) return original;
  if (original && 'stop' in original) return original;
  const settings = withoutNotes(transfer.settings);
  const content: DocumentContent = document.content;
  const undoes = content.correction?.reasonCode === 'cancel' && compareDecimal(content.totals.gross, '0') === 0;
  return {
    request: {
      reference: transfer.reference,
      kind: document.kind,
      content,
      number: document.number ?? undefined,
      issueDate: document.issue_date ?? undefined,
      original,
      cancelsWhole: undoes,
      known: await knownDocuments(tx, transfer, document),
      settings,
      ...(await mappedFor(tx, transfer.organization_id, transfer.connection_id, content)),
    },
  };
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

/** Documents of the same order that are at this provider already. */
async function knownDocuments(tx: Tx, transfer: Transfer, document: DocumentRecord): Promise<TransferRequest['known']> {
  if (!document.order_id) return [];
  const rows = await tx
    .selectFrom('transfer as t')
    .innerJoin('document as d', (join) => join.onRef('d.organization_id', '=', 't.organization_id').onRef('d.id', '=', 't.document_id'))
    .select('t.made')
    .where('d.organization_id', '=', document.organization_id)
    .where('d.order_id', '=', document.order_id)
    .where('t.connection_id', '=', transfer.connection_id)
    .where('t.status', '=', 'accepted')
    .where('t.document_id', '<>', document.id)
    .execute();
  return rows.flatMap((row) => {
    const made = row.made as Made | null;
    return made?.number ? [{ number: made.number, reversed: made.reversed }] : [];
  });
}
