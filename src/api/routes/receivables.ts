import {
  type AnswerResult,
  type Asked,
  addShipment,
  adoptReceivable,
  answerAction,
  follow,
  listDeadlines,
  listReceivables,
  openReceivable,
  receivableView,
  requestAction,
  retryAction,
  withdrawAction,
} from '../../administer/index.ts';
import { listConnections, openConnection } from '../../connections/index.ts';
import type { Language } from '../../domain/documents/document.ts';
import { type Action, creditsOf } from '../../domain/receivables/index.ts';
import { readSmallFile, type Tx } from '../../store/index.ts';
import { readOrganization } from '../../toissue/index.ts';
import { framedPolicy } from '../app.ts';
import { mustHave } from '../present.ts';
import { notFound, Refusal } from '../problem.ts';
import { type Call, route, sendFile } from '../route.ts';
import { doneSchema, idParams } from '../schemas/index.ts';
import * as s from '../schemas/receivables.ts';
import { readCursor, writeCursor } from './orders.ts';

const tag = 'receivables';
const absent = () => notFound('a claim of this id');

/** What was asked for, or why not: everything that stands in the way, all at once. */
function askedOr(asked: Asked) {
  if (asked.outcome === 'missing') throw notFound(`a ${asked.what === 'receivable' ? 'claim' : asked.what} of this id`);
  if (asked.outcome === 'stopped') throw new Refusal(422, 'stopped', 'Nothing was sent.', asked.findings);
  const { parts: _, ...foresight } = asked.foresight;
  return asked.outcome === 'asked' ? { receivableId: asked.receivableId, actionId: asked.actionId, foresight } : { foresight };
}

function answered(result: AnswerResult): { ok: true } {
  if (result === 'not found') throw notFound('an action of this id');
  if (typeof result === 'object') throw new Refusal(422, 'not-confirmed', 'The provider does not confirm the answer.', result.findings);
  if (result === 'nothing to answer')
    throw new Refusal(409, 'nothing-to-answer', 'The action is in another state by now: read the claim again.');
  return { ok: true };
}

/** Words come in the language of the reader: the one asked for, else the organization's. */
async function languageOf(tx: Tx, { request, who }: Pick<Call, 'request' | 'who'>): Promise<Language> {
  const wanted = String(request.headers['accept-language'] ?? '').slice(0, 2);
  if (['pl', 'en', 'hu', 'sv'].includes(wanted)) return wanted as Language;
  return (await readOrganization(tx, who.organizationId)).language as Language;
}

export const receivableRoutes = [
  route({
    method: 'GET',
    url: '/receivables',
    needs: 'read',
    tag,
    summary: 'Claims at financing providers, newest first',
    query: s.receivablesQuery,
    answer: s.receivablesSchema,
    handler: async ({ ctx, who, query }) => {
      const { cursor, limit = 50, ...rest } = query;
      const [at, id] = cursor ? readCursor(cursor) : [];
      return ctx.store.org(who.organizationId, async (tx) => {
        const { items, more } = await listReceivables(tx, who.organizationId, {
          ...rest,
          limit,
          ...(at && id ? { before: { at, id } } : {}),
        });
        const last = items.at(-1);
        return { items, ...(more && last ? { nextCursor: writeCursor(last.createdAt, last.id) } : {}) };
      });
    },
  }),
  route({
    method: 'GET',
    url: '/receivables/providers',
    needs: 'read',
    tag,
    summary: 'Connections that administer claims',
    answer: s.administrantsSchema,
    handler: async ({ ctx, who }) =>
      ctx.store.org(who.organizationId, async (tx) => ({
        items: (await listConnections(tx, who.organizationId)).flatMap((connection) => {
          if (!ctx.connectors.get(connection.connector)?.manifest.capabilities.includes('administer')) return [];
          const { administers } = openConnection(ctx, connection).session;
          const { id, name, status } = connection;
          return [{ id, name, status, canOpen: administers?.offers().add.engine !== undefined }];
        }),
      })),
  }),
  route({
    method: 'GET',
    url: '/receivables/:id',
    needs: 'read',
    tag,
    summary: 'One claim: its ledger of parts, its buttons with their reasons, everything that was asked for',
    params: idParams,
    answer: s.receivableSchema,
    handler: async (call) => {
      const { ctx, who, params } = call;
      const view = await ctx.store.org(who.organizationId, async (tx) =>
        receivableView(tx, ctx, who.organizationId, params.id, await languageOf(tx, call)),
      );
      if (!view) throw absent();
      return view as s.Receivable;
    },
  }),
  route({
    method: 'POST',
    url: '/receivables',
    needs: 'send',
    tag,
    summary: 'Open a claim for a document or an order; with dryRun only what would happen',
    body: s.openReceivableInput,
    answer: s.askedSchema,
    handler: async ({ ctx, who, body }) => {
      const { dryRun = false, ...input } = body;
      return askedOr(await openReceivable(ctx, who, input, dryRun));
    },
  }),
  route({
    method: 'POST',
    url: '/receivables/adopt',
    needs: 'send',
    tag,
    summary: 'Take over a claim that the provider’s checkout made: it is read, nothing is written there',
    body: s.adoptReceivableInput,
    answer: s.askedSchema,
    handler: async ({ ctx, who, body }) => {
      const adopted = await adoptReceivable(ctx, who, body);
      return adopted.outcome === 'adopted' ? { receivableId: adopted.receivableId } : askedOr(adopted);
    },
  }),
  route({
    method: 'POST',
    url: '/receivables/:id/actions',
    needs: 'send',
    tag,
    summary:
      'Activate, cancel, replace, send, extend, credit, adjust or prolong a part; with dryRun only what would happen to totals, VAT and due date',
    params: idParams,
    body: s.receivableActionInput,
    answer: s.askedSchema,
    handler: async ({ ctx, who, params, body }) =>
      askedOr(await requestAction(ctx, who, params.id, body.action as Exclude<Action, { verb: 'add' }>, { dryRun: body.dryRun })),
  }),
  route({
    method: 'POST',
    url: '/receivables/:id/return-plan',
    needs: 'read',
    tag,
    summary: 'Which parts hold these goods: a return is credited where its goods were activated',
    params: idParams,
    body: s.articlesInput,
    answer: s.returnPlanSchema,
    handler: async (call) => {
      const { ctx, who, params, body } = call;
      const view = await ctx.store.org(who.organizationId, (tx) => receivableView(tx, ctx, who.organizationId, params.id, 'en'));
      if (!view) throw absent();
      const credits = creditsOf(
        view.parts.map((part) => ({ ...part, changedSinceSent: false })),
        body.articles,
      );
      if (!credits) throw new Refusal(422, 'not-shipped', 'Not so many of these goods are in active parts.');
      return { credits };
    },
  }),
  route({
    method: 'POST',
    url: '/receivables/:id/read',
    needs: 'send',
    tag,
    summary: 'Read the state at the provider now and compare totals',
    params: idParams,
    answer: doneSchema,
    handler: async (call) => {
      await mustHave(call, 'receivable', call.params.id);
      const seen = await follow(call.ctx, call.who.organizationId, call.params.id);
      if (seen === 'unclear') throw new Refusal(503, 'provider-unclear', 'The provider gave no clear answer.');
      return { ok: true as const };
    },
  }),
  route({
    method: 'POST',
    url: '/receivables/actions/:id/answer',
    needs: 'send',
    tag,
    summary: 'A person’s word on an action that could not be settled: did it happen?',
    params: idParams,
    body: s.answerActionInput,
    answer: doneSchema,
    handler: async ({ ctx, who, params, body }) => answered(await answerAction(ctx, who, params.id, body)),
  }),
  route({
    method: 'POST',
    url: '/receivables/actions/:id/retry',
    needs: 'send',
    tag,
    summary: 'Ask the provider once more now',
    params: idParams,
    answer: doneSchema,
    handler: async ({ ctx, who, params }) => answered(await retryAction(ctx, who, params.id)),
  }),
  route({
    method: 'POST',
    url: '/receivables/actions/:id/withdraw',
    needs: 'send',
    tag,
    summary: 'Take back an action that has not left the house',
    params: idParams,
    answer: doneSchema,
    handler: async ({ ctx, who, params }) => answered(await withdrawAction(ctx, who, params.id)),
  }),
  route({
    method: 'GET',
    url: '/receivables/:id/parts/:seq/pdf',
    needs: 'read',
    tag,
    summary: 'The provider’s document of a part as we keep it; version 1 is the first',
    params: s.partParams,
    query: s.partPdfQuery,
    produces: 'application/pdf',
    handler: async ({ ctx, who, params, query, reply }) => {
      const file = await ctx.store.org(who.organizationId, async (tx) => {
        const part = await tx
          .selectFrom('receivable_part')
          .select(['pdf_file_ids', 'number'])
          .where('organization_id', '=', who.organizationId)
          .where('receivable_id', '=', params.id)
          .where('seq', '=', params.seq)
          .executeTakeFirst();
        const id = part?.pdf_file_ids[(query.version ?? part.pdf_file_ids.length) - 1];
        const stored = id ? await readSmallFile(tx, who.organizationId, id) : undefined;
        return stored && { name: `${part!.number}.pdf`, bytes: stored.bytes };
      });
      if (!file) throw notFound('a document of this part');
      reply.header('content-security-policy', framedPolicy);
      return sendFile(reply, { name: file.name, mediaType: 'application/pdf', bytes: file.bytes, download: query.download === true });
    },
  }),
  route({
    method: 'GET',
    url: '/deadlines',
    needs: 'read',
    tag,
    summary: 'What lapses, the nearest first: activations, dues, checks that last, keys that expire',
    answer: s.deadlinesSchema,
    handler: async ({ ctx, who }) =>
      ctx.store.org(who.organizationId, async (tx) => ({ items: await listDeadlines(tx, who.organizationId, ctx.now()) })),
  }),
  route({
    method: 'POST',
    url: '/orders/:id/shipments',
    needs: 'edit',
    tag: 'orders',
    summary: 'Goods of an order left: the rules of its claims act on it; the same shipment again changes nothing',
    params: idParams,
    body: s.shipmentInput,
    answer: s.shipmentAnswer,
    handler: async ({ ctx, who, params, body }) => {
      const made = await addShipment(ctx, who, params.id, body);
      if (!made) throw notFound('an order of this id');
      if ('findings' in made) throw new Refusal(422, 'refused', 'The shipment was not kept.', made.findings);
      return made;
    },
  }),
];
