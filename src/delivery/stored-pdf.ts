import type { IssuedFacts } from '../domain/documents/document.ts';
import type { Context } from '../jobs/index.ts';
import { readSmallFile, storeFile } from '../store/index.ts';
import { kindName } from './mail/variables.ts';
import type { Look, RenderInput } from './pdf/print-model.ts';

/** The PDF of an issued document: made once, kept in the file store, the same bytes for ever after. */
export type StoredPdf = { fileId: string; name: string; bytes: Uint8Array };
export type RenderPdf = (input: RenderInput) => Promise<Uint8Array>;

/** The stored PDF, made first when there is none. Undefined when there is no such issued document. */
export async function documentPdf(
  ctx: Context,
  renderPdf: RenderPdf,
  organizationId: string,
  documentId: string,
): Promise<StoredPdf | undefined> {
  const found = await ctx.store.org(organizationId, async (tx) => {
    const document = await tx
      .selectFrom('document')
      .select(['number', 'issue_date', 'issued_at', 'content', 'pdf_file_id'])
      .where('organization_id', '=', organizationId)
      .where('id', '=', documentId)
      .where('number', 'is not', null)
      .where('issued_at', 'is not', null)
      .executeTakeFirst();
    if (!document) return undefined;
    if (document.pdf_file_id) return { file: await readSmallFile(tx, organizationId, document.pdf_file_id), fileId: document.pdf_file_id };
    const { look } = await tx.selectFrom('organization').select('look').where('id', '=', organizationId).executeTakeFirstOrThrow();
    const logo = typeof look.logoFileId === 'string' ? await readSmallFile(tx, organizationId, look.logoFileId) : undefined;
    return { document, look: lookOf(look, logo) };
  });
  if (!found) return undefined;
  if (!('document' in found)) {
    if (!found.file) throw new Error(`the stored PDF of document ${documentId} is gone`);
    return { fileId: found.fileId, name: found.file.name, bytes: found.file.bytes };
  }
  const { content, number, issue_date, issued_at } = found.document!;
  const issued: IssuedFacts = { number: number!, issueDate: issue_date ?? content.issueDate!, issuedAt: issued_at!.toISOString() };
  const bytes = await renderPdf({ content, issued, look: found.look!, mark: { kind: 'original' } });
  return keep(
    ctx,
    organizationId,
    documentId,
    `${capital(kindName(content, content.language))} ${number!.replace(/[\\/:*?"<>|\s]+/g, '-')}.pdf`,
    bytes,
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function lookOf(look: Record<string, unknown>, logo: { mediaType: string; bytes: Uint8Array } | undefined): Look {
  const mediaType = logo?.mediaType;
  const shown = mediaType === 'image/png' || mediaType === 'image/jpeg' || mediaType === 'image/svg+xml';
  return {
    accent: typeof look.accent === 'string' ? look.accent : '#1f4e79',
    ...(typeof look.footer === 'string' ? { footer: look.footer } : {}),
    ...(shown ? { logo: { mediaType, bytes: logo!.bytes } } : {}),
  };
}

/** The first one stored wins: whoever rendered at the same time gets its bytes. */
async function keep(ctx: Context, organizationId: string, documentId: string, name: string, bytes: Uint8Array): Promise<StoredPdf> {
  return ctx.store.org(organizationId, async (tx) => {
    const document = await tx
      .selectFrom('document')
      .select('pdf_file_id')
      .where('organization_id', '=', organizationId)
      .where('id', '=', documentId)
      .forUpdate()
      .executeTakeFirstOrThrow();
    const kept = document.pdf_file_id ? await readSmallFile(tx, organizationId, document.pdf_file_id) : undefined;
    if (kept) return { fileId: document.pdf_file_id!, name: kept.name, bytes: kept.bytes };
    const file = await storeFile(tx, organizationId, ctx.now(), { name, mediaType: 'application/pdf', bytes });
    await tx
      .updateTable('document')
      .set({ pdf_file_id: file.id })
      .where('organization_id', '=', organizationId)
      .where('id', '=', documentId)
      .execute();
    return { fileId: file.id, name, bytes };
  });
}
