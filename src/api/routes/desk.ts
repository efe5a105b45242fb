import { z } from 'zod';
import { customerDocument, reportMissing } from '../../billing/index.ts';
import { documentPdf } from '../../delivery/index.ts';
import { ask, buyerLink, closeRequest, type Link, listRequests, openLink, viewDocument } from '../../desk/index.ts';
import type { Language } from '../../domain/documents/document.ts';
import type { Party } from '../../domain/parties/party.ts';
import { guesses } from '../guesses.ts';
import { notFound, Refusal } from '../problem.ts';
import { type Call, route, sendFile } from '../route.ts';
import * as s from '../schemas/index.ts';

/** The buyer's page: a sealed link instead of a sign-in, and nothing to be learnt from a wrong one. */
const tag = 'desk';

/** Opens the link; who has tried many wrong ones gets no answer at all for a while, right or wrong. */
function linkOf({ ctx, params, request, reply }: Call<{ token: string }>): Link {
  const tries = guesses(ctx);
  const wait = tries.waitSeconds(request.ip, ctx.now());
  if (wait > 0) {
    reply.header('retry-after', String(wait));
    throw new Refusal(429, 'too-many-guesses', 'Too many wrong links from this address. Try again later.');
  }
  const link = openLink(ctx, params.token);
  if (link) return link;
  tries.wrong(request.ip, ctx.now());
  throw notFound('a document behind this link');
}

export const deskRoutes = [
  route({
    method: 'GET',
    url: '/buyer/:token',
    needs: 'public',
    tag,
    summary: 'The document behind a buyer’s link',
    params: s.buyerToken,
    answer: s.buyerViewSchema,
    handler: async (call) => {
      const view = await viewDocument(call.ctx, linkOf(call));
      if (!view) throw notFound('a document behind this link');
      return { ...view, language: view.language as Language };
    },
  }),
  route({
    method: 'GET',
    url: '/buyer/:token/pdf',
    needs: 'public',
    tag,
    summary: 'Its PDF',
    params: s.buyerToken,
    produces: 'application/pdf',
    handler: async (call) => {
      const { organizationId, documentId } = linkOf(call);
      const pdf = await documentPdf(call.ctx, call.edge.render, organizationId, documentId);
      if (!pdf) throw notFound('a document behind this link');
      return sendFile(call.reply, { name: pdf.name, mediaType: 'application/pdf', bytes: pdf.bytes, download: false });
    },
  }),
  route({
    method: 'POST',
    url: '/buyer/:token/requests',
    needs: 'public',
    tag,
    summary: 'Ask for it again, for the invoice, for other company data, or report an error',
    params: s.buyerToken,
    body: s.askInput,
    answer: s.askedSchema,
    handler: async (call) => {
      const answer = await ask(call.ctx, linkOf(call), call.body, { actor: 'buyer' });
      if (!answer) throw notFound('a document behind this link');
      return answer;
    },
  }),
  route({
    method: 'POST',
    url: '/billing/documents/:id/requests',
    needs: 'billing',
    tag,
    summary: 'The same for a document of the operator, from the panel',
    params: s.idParams,
    body: s.askInput,
    answer: s.askedSchema,
    handler: async ({ ctx, who, params, body }) => {
      const organizationId = await customerDocument(ctx, who.organizationId, params.id);
      const answer =
        organizationId &&
        (await ask(ctx, { organizationId, documentId: params.id }, body, {
          actor: `customer:${who.actor}`,
          customerId: who.organizationId,
        }));
      if (!answer) throw notFound('a document of this id');
      return answer;
    },
  }),
  route({
    method: 'POST',
    url: '/billing/bills/:id/requests',
    needs: 'billing',
    tag,
    summary: 'Report a document that is missing from a bill',
    params: s.idParams,
    body: s.missingInput,
    answer: s.askedSchema,
    handler: async ({ ctx, who, params, body }) => {
      const answer = await reportMissing(ctx, who, params.id, body.said);
      if (!answer) throw notFound('a bill of this id');
      return { state: answer, outcome: answer === 'open' ? 'task' : 'limited' };
    },
  }),
  route({
    method: 'POST',
    url: '/documents/:id/buyer-link',
    needs: 'send',
    tag,
    summary: 'A link to this document for its buyer, valid for 90 days',
    params: s.idParams,
    answer: z.object({ url: z.string() }),
    handler: async ({ ctx, who, params }) => {
      const link = { organizationId: who.organizationId, documentId: params.id };
      if (!(await viewDocument(ctx, link))) throw notFound('an issued document of this id');
      return { url: buyerLink(ctx, link) };
    },
  }),
  route({
    method: 'GET',
    url: '/desk',
    needs: 'read',
    tag,
    summary: 'What buyers and customers asked for: what waits first, newest first',
    answer: s.deskSchema,
    handler: async ({ ctx, who }) => ({
      items: (await ctx.store.org(who.organizationId, (tx) => listRequests(tx, who.organizationId))).map((r) => ({
        id: r.id,
        kind: r.kind,
        said: r.said,
        state: r.state,
        outcome: r.outcome,
        documentId: r.document_id,
        number: r.number,
        buyerName: r.buyer_name,
        party: (r.data.party as Party | undefined) ?? null,
        madeId: r.made_id,
        made: r.made_state ? { state: r.made_state, number: r.made_number } : null,
        waiting: r.state === 'open' || r.made_state === 'to_issue',
        by: r.created_by,
        at: r.created_at.toISOString(),
      })),
    }),
  }),
  route({
    method: 'POST',
    url: '/desk/:id/close',
    needs: 'edit',
    tag,
    summary: 'Dealt with',
    params: s.idParams,
    answer: s.askedSchema,
    handler: async ({ ctx, who, params }) => {
      if (!(await closeRequest(ctx, who, params.id))) throw notFound('an open request of this id');
      return { state: 'done' as const, outcome: 'closed' };
    },
  }),
];
