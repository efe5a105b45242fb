import { sql } from 'kysely';
import type { Tx } from '../../store/index.ts';
import {
  correctDocument,
  finalAfterPrepayments,
  invoiceAfterProforma,
  issueDocuments,
  prepaymentFor,
  startIssueRun,
  TooMany,
} from '../../toissue/index.ts';
import { mustHave } from '../present.ts';
import { notFound, Refusal } from '../problem.ts';
import { route } from '../route.ts';
import * as s from '../schemas/index.ts';
import { absent, createdOr, tag, tooMany } from './documents.ts';

export const issuingRoutes = [
  route({
    method: 'POST',
    url: '/documents/issue',
    needs: 'issue',
    tag,
    summary: 'Issue many; one that cannot be issued never stops the others',
    body: s.issueInput,
    answer: s.runStarted,
    status: 202,
    handler: async ({ ctx, who, body: { selection, ...options } }) => {
      try {
        return await startIssueRun(ctx, who, selection, options);
      } catch (error) {
        if (error instanceof TooMany) throw tooMany(error.max);
        throw error;
      }
    },
  }),
  route({
    method: 'GET',
    url: '/issue-runs/:id',
    needs: 'read',
    tag,
    summary: 'How far a bulk issue has come',
    params: s.idParams,
    answer: s.issueRunSchema,
    handler: async ({ ctx, who, params }) => {
      const run = await ctx.store.org(who.organizationId, (tx) => readRun(tx, who.organizationId, params.id));
      if (!run) throw notFound('an issue run of this id');
      return run;
    },
  }),
  route({
    method: 'POST',
    url: '/issue-runs/:id/cancel',
    needs: 'issue',
    tag,
    summary: 'Stop a bulk issue after the batch in hand; what is issued stays issued',
    params: s.idParams,
    answer: s.doneSchema,
    handler: async ({ ctx, who, params }) => {
      const run = await ctx.store.org(who.organizationId, (tx) =>
        tx
          .updateTable('issue_run')
          .set({ cancel_requested: true })
          .where('organization_id', '=', who.organizationId)
          .where('id', '=', params.id)
          .returning('id')
          .executeTakeFirst(),
      );
      if (!run) throw notFound('an issue run of this id');
      return { ok: true as const };
    },
  }),
  route({
    method: 'POST',
    url: '/documents/:id/issue',
    needs: 'issue',
    tag,
    summary: 'Issue one, answered at once',
    params: s.idParams,
    body: s.issueOptionsSchema,
    answer: s.issuedAnswer,
    handler: async ({ ctx, who, params, body }) => {
      const [result] = await issueDocuments(ctx, who, [params.id], body);
      if (!result) throw absent();
      if (result.outcome !== 'refused') return result;
      if (result.findings.some((f) => f.code === 'H_DOCUMENT_UNKNOWN')) throw absent();
      throw new Refusal(422, 'held', 'The document cannot be issued yet.', result.findings);
    },
  }),
  route({
    method: 'POST',
    url: '/documents/:id/correct',
    needs: 'edit',
    tag,
    summary: 'Prepare a correction of an issued document, starting from its last state',
    params: s.idParams,
    body: s.correctionInput,
    answer: s.documentMade,
    status: 201,
    handler: async ({ ctx, who, params, body: { seriesId, ...options } }) =>
      createdOr(await correctDocument(ctx, who, params.id, options, seriesId)),
  }),
  route({
    method: 'POST',
    url: '/documents/:id/invoice',
    needs: 'edit',
    tag,
    summary: 'Prepare the invoice that an issued proforma announced',
    params: s.idParams,
    answer: s.documentMade,
    status: 201,
    handler: async (call) => {
      await mustHave(call, 'document', call.params.id);
      return createdOr(await invoiceAfterProforma(call.ctx, call.who, call.params.id));
    },
  }),
  route({
    method: 'POST',
    url: '/documents/:id/prepayment',
    needs: 'edit',
    tag,
    summary: 'Prepare a prepayment invoice for money received',
    params: s.idParams,
    body: s.prepaymentInput,
    answer: s.documentMade,
    status: 201,
    handler: async (call) => {
      await mustHave(call, 'document', call.params.id);
      return createdOr(await prepaymentFor(call.ctx, call.who, call.params.id, call.body.received, call.body.day));
    },
  }),
  route({
    method: 'POST',
    url: '/documents/final',
    needs: 'edit',
    tag,
    summary: 'Make a prepared sale the final invoice less its prepayment invoices',
    body: s.finalInput,
    answer: s.documentMade,
    handler: async ({ ctx, who, body }) => createdOr(await finalAfterPrepayments(ctx, who, body.documentId, body.prepaymentIds)),
  }),
];

/** A run may hold a hundred thousand documents and is asked about while it works: its list of ids does not travel, of the refused the first. */
const maxRefusedTold = 300;

async function readRun(tx: Tx, organizationId: string, id: string): Promise<s.IssueRun | undefined> {
  const { rows } = await sql<{
    status: s.IssueRun['status'];
    total: number;
    done: number;
    issued: number;
    refused: s.IssueRun['refused'];
    refused_count: number;
    issued_before: number;
    causes: s.IssueRun['causes'];
    created_at: Date;
    finished_at: Date | null;
  }>`
    with run as (select * from issue_run where organization_id = ${organizationId} and id = ${id}),
      told as (select one, no, exists (select 1 from jsonb_array_elements(one -> 'findings') as y(f)
          where f ->> 'code' = 'H_NOT_TO_ISSUE' and f -> 'params' ->> 'state' in ('issued', 'submitted')) as issued_before
        from run, jsonb_array_elements(run.refused) with ordinality as x(one, no)),
      refusal as (select one, row_number() over (order by no) as no from told where not issued_before)
    select status, cardinality(ids) as total, done, issued, created_at, finished_at, (select count(*)::int from refusal) as refused_count,
      (select count(*)::int from told where issued_before) as issued_before,
      coalesce((select jsonb_agg(one order by no) from refusal where no <= ${maxRefusedTold}::int), '[]') as refused,
      coalesce((select jsonb_agg(jsonb_build_object('code', code, 'count', n) order by n desc, code) from (
        select f.code, count(*) as n from refusal, lateral (
          select x.f ->> 'code' as code from jsonb_array_elements(one -> 'findings') as x(f) order by (x.f ->> 'level' = 'hold') desc limit 1) f
        group by f.code) g), '[]') as causes
    from run`.execute(tx);
  const run = rows[0];
  if (!run) return undefined;
  const { created_at, finished_at, refused_count, issued_before, ...rest } = run;
  return {
    id,
    ...rest,
    issuedBefore: issued_before,
    refusedCount: refused_count,
    createdAt: created_at.toISOString(),
    finishedAt: finished_at?.toISOString() ?? null,
  };
}
