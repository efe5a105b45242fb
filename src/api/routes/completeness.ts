import { csvOf } from '../../books/index.ts';
import type { Language } from '../../domain/documents/document.ts';
import { breaksTable, completeness, isComplete, lastBackfill, planBackfill, runBackfill, sheetPdf } from '../../reconcile/index.ts';
import { readOrganization } from '../../toissue/index.ts';
import { Refusal } from '../problem.ts';
import { type Call, route, sendFile } from '../route.ts';
import * as s from '../schemas/index.ts';

const tag = 'completeness';

async function sheetOf({ ctx, who }: Call, { from, to }: { from: string; to: string }) {
  if (from > to) throw new Refusal(400, 'period-wrong', 'The period ends before it begins.');
  const sheet = await ctx.store.org(who.organizationId, (tx) => completeness(tx, who.organizationId, from, to));
  return { ...sheet, complete: isComplete(sheet) };
}

export const completenessRoutes = [
  route({
    method: 'GET',
    url: '/completeness',
    needs: 'read',
    tag,
    summary: 'The proof for a period: every break in order → document → number → provider → delivery; none is the proof',
    query: s.completenessQuery,
    answer: s.completenessSchema,
    handler: async (call) => sheetOf(call, call.query),
  }),
  route({
    method: 'GET',
    url: '/completeness.csv',
    needs: 'read',
    tag,
    summary: 'The breaks as a table',
    query: s.completenessQuery,
    produces: 'text/csv',
    handler: async (call) => {
      const sheet = await sheetOf(call, call.query);
      return sendFile(call.reply, {
        name: `completeness-${call.query.from}-${call.query.to}.csv`,
        mediaType: 'text/csv; charset=utf-8',
        bytes: Buffer.from(csvOf(breaksTable(sheet))),
        download: true,
      });
    },
  }),
  route({
    method: 'GET',
    url: '/completeness.pdf',
    needs: 'read',
    tag,
    summary: 'The sheet on paper, in the language of the organization',
    query: s.completenessQuery,
    produces: 'application/pdf',
    handler: async (call) => {
      const sheet = await sheetOf(call, call.query);
      const organization = await call.ctx.store.org(call.who.organizationId, (tx) => readOrganization(tx, call.who.organizationId));
      return sendFile(call.reply, {
        name: `completeness-${call.query.from}-${call.query.to}.pdf`,
        mediaType: 'application/pdf',
        bytes: sheetPdf(call.ctx, organization, sheet, organization.language as Language, call.ctx.now()),
        download: true,
      });
    },
  }),
  route({
    method: 'POST',
    url: '/backfill/plan',
    needs: 'read',
    tag,
    summary: 'Paid orders of a period that should have a document and have none, judged without storing anything',
    body: s.backfillInput,
    answer: s.backfillPlanSchema,
    handler: async ({ ctx, who, body: { from, to, connectionId } }) => planBackfill(ctx, who, { from, to, connectionId }),
  }),
  route({
    method: 'GET',
    url: '/backfill',
    needs: 'read',
    tag,
    summary: 'How far the last backfill has come, through to what the providers answered',
    answer: s.backfillLastSchema,
    handler: async ({ ctx, who }) => {
      const run = await lastBackfill(ctx, who);
      return { run: run ? { ...run, refused: run.refused.length } : null };
    },
  }),
  route({
    method: 'POST',
    url: '/backfill',
    needs: 'issue',
    tag,
    summary: 'Prepare and issue what is missing; GET /backfill tells how far it is',
    body: s.backfillInput,
    answer: s.backfillStarted,
    status: 202,
    handler: async ({ ctx, who, body: { mail, ...scope } }) => runBackfill(ctx, who, scope, { mail }),
  }),
];
