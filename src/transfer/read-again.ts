import { folderTransfers } from '../agents/index.ts';
import { openConnection } from '../connections/index.ts';
import type { Context } from '../jobs/index.ts';
import { announce, json, storeFile, type Tx } from '../store/index.ts';
import { clearDocument } from '../toissue/index.ts';
import { lockTransfer } from './again.ts';
import { lockDocumentsOf } from './claim.ts';
import { asksAllowed, asksOf, type DocumentRecord, limitsOf } from './engine.ts';
import { fileName, update } from './record.ts';
import { requestOf } from './request.ts';
import { readOrAsk } from './step.ts';
import { minuteMs } from './times.ts';

const rereadEveryMs = 10 * minuteMs;
/** A provider whose patience has no end that we know of. */
const manyRereads = 500;

/** Reads an accepted document at the provider again: a notice came about it, or its PDF is still missing. The notice itself proves nothing. */
export async function readAgain(ctx: Context, organizationId: string, transferId: string): Promise<void> {
  const seen = await ctx.store.org(organizationId, async (tx) => {
    const transfer = await lockTransfer(tx, organizationId, transferId);
    if (transfer?.status !== 'accepted' || transfer.verb !== 'issue') return undefined;
    const connection = await tx
      .selectFrom('connection')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('id', '=', transfer.connection_id)
      .executeTakeFirstOrThrow();
    const { rereadEveryMs: every = rereadEveryMs } = limitsOf(ctx, connection.connector);
    if (asksOf(transfer) >= (every < rereadEveryMs ? manyRereads : asksAllowed({}).ever)) return undefined;
    const last = transfer.story.findLast((s) => s.what === 'read again');
    const again = last && Date.parse(last.at) + every;
    if (again && again > ctx.now().getTime()) {
      // The notice came soon after the last reading: what it is about may have happened since.
      await ctx.jobs.enqueue(tx, 'settle', [{ organizationId, id: transferId }], { startAfter: new Date(again) });
      return undefined;
    }
    const document = await tx
      .selectFrom('document')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('id', '=', transfer.document_id)
      .executeTakeFirstOrThrow();
    const ready = await requestOf(tx, transfer, document, false);
    if (connection.status !== 'active' || !('request' in ready)) return undefined;
    await update(tx, transfer, ctx.now(), {}, { what: 'read again' });
    return { transfer, connection, document, request: ready.request };
  });
  if (!seen) return;
  const { transfer, document, request } = seen;
  const open = openConnection(ctx, seen.connection);
  const transfers = open.session.transfers ?? folderTransfers(ctx, open);
  if (!transfers) return;
  const providerId = (transfer.made as { providerId?: string } | null)?.providerId;
  const found = await readOrAsk({ transfers, request, transfer }, providerId);
  const pdf =
    found.found === 'present' && !document.pdf_file_id
      ? (found.made.pdf ?? (await transfers.pdf(found.made, request).catch(() => undefined)))
      : undefined;
  await ctx.store.org(organizationId, async (tx) => {
    const now = ctx.now();
    await lockDocumentsOf(tx, organizationId, [transferId]);
    if (found.found === 'present') {
      const { pdf: _, ...facts } = found.made;
      await tx
        .updateTable('transfer')
        .set({ made: json({ ...transfer.made, ...facts }), updated_at: now })
        .where('organization_id', '=', organizationId)
        .where('id', '=', transferId)
        .execute();
      await keepPdf(tx, ctx, document, pdf);
      if (facts.clearance)
        await clearDocument(tx, ctx, { organizationId, actor: `connection:${seen.connection.name}` }, document.id, facts.clearance);
    } else if (found.found === 'absent' && transfers.read && providerId) {
      await tx
        .updateTable('transfer')
        .set({ cause: json({ code: 'GONE_AT_PROVIDER', params: { number: document.number ?? '' } }), updated_at: now })
        .where('organization_id', '=', organizationId)
        .where('id', '=', transferId)
        .execute();
    } else if (found.found === 'unclear') {
      const { shutUntil } = open.requests;
      if (shutUntil)
        await ctx.jobs.enqueue(tx, 'settle', [{ organizationId, id: transferId }], {
          startAfter: new Date(Math.max(shutUntil.getTime(), now.getTime() + rereadEveryMs)),
        });
      await tx
        .updateTable('transfer')
        .set({ cause: json(found.cause), updated_at: now })
        .where('organization_id', '=', organizationId)
        .where('id', '=', transferId)
        .execute();
    }
    await announce(tx, organizationId, 'documents', document.id);
  });
  await open.save();
}

async function keepPdf(tx: Tx, ctx: Context, document: DocumentRecord, pdf: Uint8Array | undefined): Promise<void> {
  if (!pdf) return;
  const { id } = await storeFile(tx, document.organization_id, ctx.now(), {
    name: fileName(document.number ?? document.id),
    mediaType: 'application/pdf',
    bytes: pdf,
  });
  await tx
    .updateTable('document')
    .set({ pdf_file_id: id })
    .where('organization_id', '=', document.organization_id)
    .where('id', '=', document.id)
    .where('pdf_file_id', 'is', null)
    .execute();
}
