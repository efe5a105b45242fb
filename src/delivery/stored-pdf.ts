import { sql } from 'kysely';
import type { DocumentContent, IssuedFacts } from '../domain/documents/document.ts';
import type { Context } from '../jobs/index.ts';
import { readSmallFile, storeFiles, type Tx } from '../store/index.ts';
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
  const [kept] = await ctx.store.org(organizationId, (tx) => keepPdfs(tx, organizationId, ctx.now(), [made]));
  return kept;
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
    .where('state', '<>', 'archived')
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

/** Keeps PDFs and answers those that are kept, in the order given. The first one stored wins: whoever rendered at the same time gets its bytes. */
export async function keepPdfs(tx: Tx, organizationId: string, now: Date, made: MadePdf[]): Promise<StoredPdf[]> {
  if (made.length === 0) return [];
  const ids = [...new Set(made.map((one) => one.documentId))];
  const rows = await tx
    .selectFrom('document')
    .select(['id', 'pdf_file_id'])
    .where('organization_id', '=', organizationId)
    .where('id', 'in', ids)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  if (rows.length !== ids.length) throw new Error(`PDFs of ${ids.length} documents, of which ${rows.length} are there`);
  const kept = new Map<string, StoredPdf>();
  for (const { id, pdf_file_id } of rows) {
    const file = pdf_file_id ? await readSmallFile(tx, organizationId, pdf_file_id) : undefined;
    if (file) kept.set(id, { fileId: pdf_file_id!, name: file.name, bytes: file.bytes });
  }
  const fresh = ids.filter((id) => !kept.has(id)).map((id) => made.find((one) => one.documentId === id)!);
  const files = await storeFiles(
    tx,
    organizationId,
    now,
    fresh.map(({ name, bytes }) => ({ name, mediaType: 'application/pdf', bytes })),
  );
  for (const [at, { documentId, name, bytes }] of fresh.entries()) kept.set(documentId, { fileId: files[at]!.id, name, bytes });
  if (fresh.length > 0) {
    const freshIds = fresh.map((one) => one.documentId);
    await sql`update document d set pdf_file_id = r.file from unnest(${freshIds}::uuid[], ${files.map((file) => file.id)}::uuid[]) as r(id, file)
      where d.organization_id = ${organizationId} and d.id = any(${freshIds}::uuid[]) and d.id = r.id`.execute(tx);
  }
  return made.map((one) => kept.get(one.documentId)!);
}
