import { listCauses } from '../../diagnosis/index.ts';
import type { Language } from '../../domain/documents/document.ts';
import { caseFile, caseFilePage } from '../../reconcile/index.ts';
import { readOrganization } from '../../toissue/index.ts';
import { answerLikeness, changeForCause, mendedCause, requestTransfer, resendTransfer } from '../../transfer/index.ts';
import { notFound, Refusal } from '../problem.ts';
import { type Call, route, sendFile } from '../route.ts';
import * as s from '../schemas/index.ts';

const tag = 'causes';

async function fileOf({ ctx, who }: Call, documentId: string, asked: Language | undefined) {
  return ctx.store.org(who.organizationId, async (tx) => {
    const language = asked ?? ((await readOrganization(tx, who.organizationId)).language as Language);
    const file = await caseFile(tx, ctx, who.organizationId, documentId, language);
    if (!file) throw notFound('a document of this id');
    return { file, language };
  });
}

const fileName = (number: string | null, id: string) => `case-${(number ?? id).replace(/[^\p{L}\p{N}-]+/gu, '-')}`;

export const causeRoutes = [
  route({
    method: 'GET',
    url: '/causes',
    needs: 'read',
    tag,
    summary: 'One card for every open cause: what waits behind it, who can mend it and how',
    answer: s.causesSchema,
    handler: async ({ ctx, who }) => {
      const cards = await ctx.store.org(who.organizationId, (tx) => listCauses(tx, ctx, who.organizationId));
      return { items: cards.map((card) => ({ ...card, closedAt: null })) };
    },
  }),
  route({
    method: 'POST',
    url: '/causes/:id/mended',
    needs: 'send',
    tag,
    summary: 'Somebody mended it: try one document, or go on with all',
    params: s.idParams,
    body: s.mendedInput,
    answer: s.mendedAnswer,
    handler: async ({ ctx, who, params, body }) => {
      const resumed = await mendedCause(ctx, who, params.id, body.mode);
      if (resumed === undefined) throw notFound('an open cause of this id');
      return { resumed };
    },
  }),
  route({
    method: 'POST',
    url: '/causes/:id/change',
    needs: 'connections',
    tag,
    summary: 'Take the setting that the card offers (paper form, the default prefix), and go on with all',
    params: s.idParams,
    answer: s.mendedAnswer,
    handler: async ({ ctx, who, params }) => {
      const changed = await changeForCause(ctx, who, params.id);
      if (changed === undefined) throw notFound('an open cause of this id');
      if (changed === 'nothing offered') throw new Refusal(422, 'nothing-offered', 'This cause is not mended by a setting of ours.');
      if (typeof changed === 'object') throw new Refusal(422, 'refused', 'The setting stays as it was.', changed.findings);
      return { resumed: changed };
    },
  }),
  route({
    method: 'POST',
    url: '/documents/:id/transfer',
    needs: 'send',
    tag,
    summary: 'Hand a document to its provider again, or have something more done there: register its payment, delete a proforma, mail it',
    params: s.idParams,
    body: s.transferInput,
    answer: s.transferAnswer,
    status: 202,
    handler: async ({ ctx, who, params, body }) => {
      if (body.verb) {
        const made = await requestTransfer(ctx, who, params.id, body.verb);
        if (!made) throw new Refusal(422, 'nothing-there', 'The provider holds no such document, or this is under way already.');
        return made;
      }
      const transfer = await ctx.store.org(who.organizationId, (tx) =>
        tx
          .selectFrom('transfer')
          .select('id')
          .where('organization_id', '=', who.organizationId)
          .where('document_id', '=', params.id)
          .where('verb', '=', 'issue')
          .where('status', '<>', 'cancelled')
          .executeTakeFirst(),
      );
      const result = transfer ? await resendTransfer(ctx, who, transfer.id) : 'not found';
      if (result === 'not found') throw notFound('a transfer of this document');
      if (result === 'asked often enough')
        throw new Refusal(
          409,
          'asked-often-enough',
          'The provider was asked as often as it allows: look there yourself before anything else is issued.',
        );
      if (result === 'nothing to send')
        throw new Refusal(
          409,
          'nothing-to-send',
          'There is nothing to send again: the document is accepted, under way, or back in the queue.',
        );
      return { transferId: transfer!.id };
    },
  }),
  route({
    method: 'POST',
    url: '/transfers/:id/likeness',
    needs: 'send',
    tag,
    summary: 'Is the look-alike found at the provider this document? Yes adopts it, no has a new one issued',
    params: s.idParams,
    body: s.likenessInput,
    answer: s.doneSchema,
    handler: async ({ ctx, who, params, body }) => {
      if (!(await answerLikeness(ctx, who, params.id, body.number, body.same))) throw notFound('a transfer that waits for this answer');
      return { ok: true as const };
    },
  }),
  route({
    method: 'GET',
    url: '/documents/:id/case-file.json',
    needs: 'read',
    tag,
    summary: 'The case file of a document: facts, rules that fired, requests and answers, tries, who did what',
    params: s.idParams,
    query: s.caseFileQuery,
    answer: s.caseFileSchema,
    handler: async (call) => (await fileOf(call, call.params.id, call.query.language)).file,
  }),
  route({
    method: 'GET',
    url: '/documents/:id/case-file.html',
    needs: 'read',
    tag,
    summary: 'The case file as a page that stands alone',
    params: s.idParams,
    query: s.caseFileQuery,
    produces: 'text/html',
    handler: async (call) => {
      const { file, language } = await fileOf(call, call.params.id, call.query.language);
      return sendFile(call.reply, {
        name: `${fileName(file.document.number, file.document.id)}.html`,
        mediaType: 'text/html; charset=utf-8',
        bytes: Buffer.from(caseFilePage(file, language)),
        download: true,
      });
    },
  }),
];
