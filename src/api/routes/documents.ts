import { documentPdf, queueMails, readLook } from '../../delivery/index.ts';
import { civilDay } from '../../domain/days/day.ts';
import type { DocumentContent } from '../../domain/documents/document.ts';
import { hold } from '../../domain/finding.ts';
import {
  bulkEdit,
  type CreateResult,
  changeKind,
  countDocuments,
  createDocument,
  type DocumentQuery,
  type EditResult,
  editDocument,
  getDocument,
  giveUpNumber,
  type MoveResult,
  maxBulkAct,
  mergeDocuments,
  previewContent,
  queryDocuments,
  readOrganization,
  restoreDocuments,
  selected,
  splitDocument,
  undoBulkEdit,
  unmergeDocument,
  withdrawDocuments,
} from '../../toissue/index.ts';
import { framedPolicy } from '../app.ts';
import { exampleDocument } from '../example-document.ts';
import { mustHave } from '../present.ts';
import { notFound, Refusal } from '../problem.ts';
import { type Call, route, sendFile } from '../route.ts';
import * as s from '../schemas/index.ts';

export const tag = 'documents';

export const absent = () => notFound('a document of this id');
/** What is left of it stands in the register of its series. */
export const archived = () =>
  new Refusal(410, 'archived', 'The document was archived after its term: its number, day and amounts are in the register.', [
    hold('H_DOCUMENT_ARCHIVED', 'document'),
  ]);

function editedOr(id: string, result: EditResult) {
  if (result.outcome === 'absent') throw absent();
  if (result.outcome === 'conflict')
    throw new Refusal(
      409,
      'version-conflict',
      `Somebody changed this document meanwhile (it is at version ${result.version}): read it again.`,
    );
  if (result.outcome === 'refused') throw new Refusal(422, 'refused', 'The document stays as it was.', result.findings);
  return { id, version: result.version, content: result.content, findings: result.findings };
}

export const tooMany = (max: number) =>
  new Refusal(422, 'too-many', `One act goes to ${max} documents at most: take them in parts. Nothing was changed.`);

function movedOr(result: MoveResult) {
  if (result.tooMany !== undefined) throw tooMany(result.tooMany);
  return { done: result.moved, refused: result.refused };
}

export function createdOr(result: CreateResult) {
  if (result.outcome === 'refused') {
    if (result.findings.some((f) => f.code === 'H_DOCUMENT_UNKNOWN')) throw absent();
    throw new Refusal(422, 'refused', 'No document was made.', result.findings);
  }
  return { id: result.id, content: result.content, findings: result.findings };
}

async function pdfOfContent(
  { edge, ctx, who }: Call,
  content: DocumentContent,
  wished?: { accent?: string; footer?: string },
): Promise<Uint8Array> {
  const look = await ctx.store.org(who.organizationId, (tx) => readLook(tx, who.organizationId));
  return edge.render({ content, look: { ...look, ...wished } });
}

/** The stored PDF of an issued document, a marked copy of it, or a draft of one that is not issued. */
async function pdfOf(
  call: Call,
  id: string,
  mark: 'original' | 'copy' | 'duplicate' | undefined,
): Promise<{ name: string; bytes: Uint8Array }> {
  const { edge, ctx, who } = call;
  const row = await ctx.store.org(who.organizationId, (tx) =>
    tx
      .selectFrom('document')
      .select(['archived_at', 'number', 'issue_date', 'issued_at', 'content'])
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', id)
      .executeTakeFirst(),
  );
  if (!row) throw absent();
  if (row.archived_at) throw archived();
  const issued = row.number !== null && row.issued_at !== null;
  if (!issued) return { name: 'draft.pdf', bytes: await pdfOfContent(call, row.content) };
  if (!mark || mark === 'original') {
    const stored = await documentPdf(ctx, edge.render, who.organizationId, id);
    if (!stored) throw absent();
    return stored;
  }
  const { look, today } = await ctx.store.org(who.organizationId, async (tx) => ({
    look: await readLook(tx, who.organizationId),
    today: civilDay(ctx.now().toISOString(), (await readOrganization(tx, who.organizationId)).zone),
  }));
  const bytes = await edge.render({
    content: row.content,
    issued: { number: row.number!, issueDate: row.issue_date ?? row.content.issueDate ?? today, issuedAt: row.issued_at!.toISOString() },
    look,
    mark: { kind: mark, date: today },
  });
  return { name: `${row.number!.replace(/[\\/:*?"<>|\s]+/g, '-')}-${mark}.pdf`, bytes };
}

const lists = [
  route({
    method: 'GET',
    url: '/documents',
    needs: 'read',
    tag,
    summary: 'Documents: the queue, the lists, search; filters and order as in the address of the screens',
    query: s.documentQuery,
    answer: s.documentsSchema,
    handler: async ({ ctx, who, query }) =>
      ctx.store.org(who.organizationId, (tx) => queryDocuments(tx, who.organizationId, query as DocumentQuery)),
  }),
  route({
    method: 'GET',
    url: '/documents/count',
    needs: 'read',
    tag,
    summary: 'How many match, and how many of them are held',
    query: s.documentQuery,
    answer: s.documentCountSchema,
    handler: async ({ ctx, who, query }) =>
      ctx.store.org(who.organizationId, async (tx) => {
        const all = await countDocuments(tx, who.organizationId, query as DocumentQuery);
        const held = query.held === false ? 0 : (await countDocuments(tx, who.organizationId, { ...query, held: true })).total;
        return { ...all, held };
      }),
  }),
  route({
    method: 'GET',
    url: '/documents/:id',
    needs: 'read',
    tag,
    summary: 'One document with its content, findings, history and everything that belongs to it',
    params: s.idParams,
    answer: s.documentDetailSchema,
    handler: async ({ ctx, who, params }) => {
      const found = await ctx.store.org(who.organizationId, async (tx) => {
        const { zone } = await readOrganization(tx, who.organizationId);
        return getDocument(tx, who.organizationId, params.id, civilDay(ctx.now().toISOString(), zone));
      });
      if (!found) throw absent();
      if (found.state === 'archived') throw archived();
      return found as s.DocumentDetail;
    },
  }),
  route({
    method: 'GET',
    url: '/documents/:id/pdf',
    needs: 'read',
    tag,
    summary: 'The PDF: the one for ever of an issued document, a marked copy, or a draft',
    params: s.idParams,
    query: s.pdfQuery,
    produces: 'application/pdf',
    handler: async (call) => {
      const file = await pdfOf(call, call.params.id, call.query.mark);
      call.reply.header('content-security-policy', framedPolicy);
      return sendFile(call.reply, { ...file, mediaType: 'application/pdf', download: call.query.download ?? false });
    },
  }),
];

const edits = [
  route({
    method: 'POST',
    url: '/documents',
    needs: 'edit',
    tag,
    summary: 'Put a document typed by hand into the queue',
    body: s.documentInput,
    answer: s.documentMade,
    status: 201,
    handler: async ({ ctx, who, body }) => createdOr(await createDocument(ctx, who, body.content, body.seriesId)),
  }),
  route({
    method: 'PATCH',
    url: '/documents/:id',
    needs: 'edit',
    tag,
    summary: 'Change fields of a prepared document, settle holds, choose its series; amounts follow at once',
    params: s.idParams,
    body: s.documentPatch,
    answer: s.editAnswer,
    handler: async ({ ctx, who, params, body }) => editedOr(params.id, await editDocument(ctx, who, params.id, body)),
  }),
  route({
    method: 'POST',
    url: '/documents/preview',
    needs: 'read',
    tag,
    summary: 'What a content would come to, with nothing stored',
    body: s.documentPreviewInput,
    answer: s.documentPreviewAnswer,
    handler: async ({ ctx, who, body }) => previewContent(ctx, who, body.content),
  }),
  route({
    method: 'POST',
    url: '/documents/preview.pdf',
    needs: 'read',
    tag,
    summary: 'The PDF a content would have, as a draft; without a content that of an invented invoice',
    body: s.pdfPreviewInput,
    produces: 'application/pdf',
    handler: async (call) => {
      const { ctx, who, body } = call;
      const organization = await ctx.store.org(who.organizationId, (tx) => readOrganization(tx, who.organizationId));
      const example = () => exampleDocument(organization, civilDay(ctx.now().toISOString(), organization.zone)).content;
      const { content } = body.content ? await previewContent(ctx, who, body.content) : { content: example() };
      const { secondLanguage } = body;
      call.reply.header('content-security-policy', framedPolicy);
      return sendFile(call.reply, {
        name: 'draft.pdf',
        mediaType: 'application/pdf',
        bytes: await pdfOfContent(call, secondLanguage ? { ...content, secondLanguage } : content, body.look),
        download: false,
      });
    },
  }),
  route({
    method: 'POST',
    url: '/documents/:id/kind',
    needs: 'edit',
    tag,
    summary: 'Make it another kind of document for the same sale',
    params: s.idParams,
    body: s.documentKindInput,
    answer: s.editAnswer,
    handler: async ({ ctx, who, params, body }) => editedOr(params.id, await changeKind(ctx, who, params.id, body.kind, body.seriesId)),
  }),
  route({
    method: 'POST',
    url: '/documents/:id/split',
    needs: 'edit',
    tag,
    summary: 'Take lines out into a second document of the same order',
    params: s.idParams,
    body: s.documentSplitInput,
    answer: s.documentMade,
    status: 201,
    handler: async (call) => {
      await mustHave(call, 'document', call.params.id);
      return createdOr(await splitDocument(call.ctx, call.who, call.params.id, call.body.lines));
    },
  }),
  route({
    method: 'POST',
    url: '/documents/merge',
    needs: 'edit',
    tag,
    summary: 'One document for several prepared sales of one buyer',
    body: s.documentMergeInput,
    answer: s.documentMade,
    handler: async ({ ctx, who, body }) => createdOr(await mergeDocuments(ctx, who, body.ids)),
  }),
  route({
    method: 'POST',
    url: '/documents/:id/unmerge',
    needs: 'edit',
    tag,
    summary: 'Undo the last merging into a document that still waits: each sale has its own document again',
    params: s.idParams,
    answer: s.documentMade,
    handler: async (call) => {
      await mustHave(call, 'document', call.params.id);
      return createdOr(await unmergeDocument(call.ctx, call.who, call.params.id));
    },
  }),
  route({
    method: 'POST',
    url: '/documents/:id/give-up-number',
    needs: 'issue',
    tag,
    summary: 'Give up the number of a refused document for a reason, which the register keeps; the document ends',
    params: s.idParams,
    body: s.giveUpInput,
    answer: s.giveUpAnswer,
    handler: async ({ ctx, who, params, body }) => {
      const given = await giveUpNumber(ctx, who, params.id, body.reason);
      if ('number' in given) return given;
      if (given.findings.some((f) => f.code === 'H_DOCUMENT_UNKNOWN')) throw absent();
      throw new Refusal(422, 'refused', 'The number stays with its document.', given.findings);
    },
  }),
  route({
    method: 'POST',
    url: '/documents/withdraw',
    needs: 'edit',
    tag,
    summary: 'Take documents out of the queue; undone by restore',
    body: s.withdrawInput,
    answer: s.bulkAnswer,
    handler: async ({ ctx, who, body }) => {
      return movedOr(await withdrawDocuments(ctx, who, body.selection, body.reason));
    },
  }),
  route({
    method: 'POST',
    url: '/documents/restore',
    needs: 'edit',
    tag,
    summary: 'Put withdrawn documents back into the queue',
    body: s.selectionInput,
    answer: s.bulkAnswer,
    handler: async ({ ctx, who, body }) => {
      return movedOr(await restoreDocuments(ctx, who, body.selection));
    },
  }),
  route({
    method: 'POST',
    url: '/documents/bulk-edit',
    needs: 'edit',
    tag,
    summary: 'The same change on many documents; each succeeds or fails alone',
    body: s.bulkEditInput,
    answer: s.bulkEditAnswer,
    handler: async ({ ctx, who, body: { selection, ...change } }) => {
      const result = await bulkEdit(ctx, who, selection, change);
      if ('tooMany' in result) throw tooMany(result.tooMany);
      return result;
    },
  }),
  route({
    method: 'POST',
    url: '/documents/bulk-edits/:id/undo',
    needs: 'edit',
    tag,
    summary: 'Take a change of many back, for a day; what was changed since stays',
    params: s.idParams,
    answer: s.bulkUndoAnswer,
    handler: async ({ ctx, who, params }) => {
      const result = await undoBulkEdit(ctx, who, params.id);
      if (!result) throw notFound('a change of many that could be taken back');
      return result;
    },
  }),
];

const mailing = [
  route({
    method: 'POST',
    url: '/documents/:id/mail',
    needs: 'send',
    tag,
    summary: 'Mail an issued document; the buyer’s address unless another is given',
    params: s.idParams,
    body: s.mailInput,
    answer: s.mailAnswer,
    handler: async (call) => {
      const { ctx, who, params, body } = call;
      await mustHave(call, 'document', params.id);
      if (body.templateId) await mustHave(call, 'mail_template', body.templateId);
      return ctx.store.org(who.organizationId, (tx) => queueMails(tx, ctx, who, [{ documentId: params.id, ...body }]));
    },
  }),
  route({
    method: 'POST',
    url: '/documents/mail',
    needs: 'send',
    tag,
    summary: 'Mail many issued documents to their buyers',
    body: s.mailSelectionInput,
    answer: s.mailAnswer,
    handler: async (call) => {
      const { ctx, who } = call;
      const { selection, ...wish } = call.body;
      if (wish.templateId) await mustHave(call, 'mail_template', wish.templateId);
      const ids = await selected(ctx, who, selection, maxBulkAct + 1);
      if (ids.length > maxBulkAct) throw tooMany(maxBulkAct);
      return ctx.store.org(who.organizationId, (tx) =>
        queueMails(
          tx,
          ctx,
          who,
          ids.map((documentId) => ({ documentId, ...wish })),
        ),
      );
    },
  }),
];

export const documentRoutes = [...lists, ...edits, ...mailing];
