import type { DocumentContent, IssuedFacts } from '../domain/documents/document.ts';
import type { Context } from '../jobs/index.ts';
import { readSmallFile, storeFile, type Tx } from '../store/index.ts';
import { kindName } from './mail/variables.ts';
import type { Look, RenderInput } from './pdf/print-model.ts';

/** The PDF of an issued document: made once, kept in the file store, the same bytes for ever after. */
export type StoredPdf = { fileId: string; name: string; bytes: Uint8Array };
export type RenderPdf = (input: RenderInput) => Promise<Uint8Array>;
/** An issued document as far as its PDF is concerned. */
export type IssuedDocument = { id: string; content: DocumentContent; issued: IssuedFacts; pdfFileId: string | null };

/** The stored PDF, made first when there is none. Undefined when there is no such issued document. */
export async function documentPdf(
  ctx: Context,
  renderPdf: RenderPdf,
  organizationId: string,
  documentId: string,
): Promise<StoredPdf | undefined> {
  const found = await ctx.store.org(organizationId, async (tx) => {
    const [document] = await readIssued(tx, organizationId, [documentId]);
    if (!document) return undefined;
    const stored = await readStoredPdf(tx, organizationId, document);
    return { document, stored, look: stored ? undefined : await readLook(tx, organizationId) };
  });
  if (!found) return undefined;
  if (found.stored) return found.stored;
  const made = await printIssued(renderPdf, found.document, found.look!);
  return ctx.store.org(organizationId, (tx) => keepPdf(tx, organizationId, ctx.now(), made));
}

/** Those of the documents that are issued. */
export async function readIssued(tx: Tx, organizationId: string, ids: string[]): Promise<IssuedDocument[]> {
  const rows = await tx
    .selectFrom('document')
    .select(['id', 'number', 'issue_date', 'issued_at', 'content', 'pdf_file_id'])
    .where('organization_id', '=', organizationId)
    .where('id', 'in', ids)
    .where('number', 'is not', null)
    .where('issued_at', 'is not', null)
    .execute();
  return rows.map(({ id, number, issue_date, issued_at, content, pdf_file_id }) => ({
    id,
    content,
    issued: { number: number!, issueDate: issue_date ?? content.issueDate!, issuedAt: issued_at!.toISOString() },
    pdfFileId: pdf_file_id,
  }));
}

export async function readStoredPdf(tx: Tx, organizationId: string, document: IssuedDocument): Promise<StoredPdf | undefined> {
  if (!document.pdfFileId) return undefined;
  const file = await readSmallFile(tx, organizationId, document.pdfFileId);
  if (!file) throw new Error(`the stored PDF of document ${document.id} is gone`);
  return { fileId: document.pdfFileId, name: file.name, bytes: file.bytes };
}

/** How the organization's documents look, with the logo's bytes. */
export async function readLook(tx: Tx, organizationId: string): Promise<Look> {
  const { look } = await tx.selectFrom('organization').select('look').where('id', '=', organizationId).executeTakeFirstOrThrow();
  const logo = typeof look.logoFileId === 'string' ? await readSmallFile(tx, organizationId, look.logoFileId) : undefined;
  const mediaType = logo?.mediaType;
  const shown = mediaType === 'image/png' || mediaType === 'image/jpeg' || mediaType === 'image/svg+xml';
  return {
    accent: typeof look.accent === 'string' ? look.accent : '#1f4e79',
    ...(typeof look.footer === 'string' ? { footer: look.footer } : {}),
    ...(shown ? { logo: { mediaType, bytes: logo!.bytes } } : {}),
  };
}

export type MadePdf = { documentId: string; name: string; bytes: Uint8Array };

export async function printIssued(renderPdf: RenderPdf, { id, content, issued }: IssuedDocument, look: Look): Promise<MadePdf> {
  const name = `${kindName(content, content.language)} ${issued.number.replace(/[\\/:*?"<>|\s]+/g, '-')}.pdf`;
  return { documentId: id, name, bytes: await renderPdf({ content, issued, look, mark: { kind: 'original' } }) };
}

/** The first one stored wins: whoever rendered at the same time gets its bytes. */
export async function keepPdf(tx: Tx, organizationId: string, now: Date, { documentId, name, bytes }: MadePdf): Promise<StoredPdf> {
  const document = await tx
    .selectFrom('document')
    .select('pdf_file_id')
    .where('organization_id', '=', organizationId)
    .where('id', '=', documentId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const kept = document.pdf_file_id ? await readSmallFile(tx, organizationId, document.pdf_file_id) : undefined;
  if (kept) return { fileId: document.pdf_file_id!, name: kept.name, bytes: kept.bytes };
  const file = await storeFile(tx, organizationId, now, { name, mediaType: 'application/pdf', bytes });
  await tx
    .updateTable('document')
    .set({ pdf_file_id: file.id })
    .where('organization_id', '=', organizationId)
    .where('id', '=', documentId)
    .execute();
  return { fileId: file.id, name, bytes };
}
