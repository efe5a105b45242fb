import type { Readable } from 'node:stream';
import { civilDay } from '../../domain/days/day.ts';
import { hold } from '../../domain/finding.ts';
import { fitsCurrency, fromMinor, toMinor } from '../../domain/money/money.ts';
import {
  type BookRefusal,
  bookPayment,
  countOpen,
  createStatement,
  listOpenDocuments,
  listPayments,
  type PaymentFacts,
  readPayment,
  setAside,
  statementLimits,
  undoBooking,
} from '../../payments/index.ts';
import { storeStream, type Tables } from '../../store/index.ts';
import { readOrganization } from '../../toissue/index.ts';
import { mustHave } from '../present.ts';
import { notFound, Refusal } from '../problem.ts';
import { type Call, route } from '../route.ts';
import * as s from '../schemas/index.ts';
import { readCursor, writeCursor } from './orders.ts';

/** Bank statements and what their lines paid: for every organization's own unpaid documents. */
const tag = 'payments';

function viewOf(p: PaymentFacts): s.PaymentView {
  return {
    id: p.id,
    source: p.source,
    state: p.state,
    why: p.why,
    unsure: p.unsure,
    amount: fromMinor(p.amount_minor, p.currency),
    left: fromMinor(p.leftMinor, p.currency),
    currency: p.currency,
    valueDay: p.value_day,
    payerName: p.payer_name,
    payerAccount: p.payer_account,
    title: p.title,
    statementId: p.statement_id,
    place: p.place,
    proposals: p.proposals,
    allocations: p.allocations.map((a) => ({
      documentId: a.document_id,
      number: a.number,
      kind: a.kind,
      purpose: a.purpose,
      amount: fromMinor(a.amount_minor, p.currency),
      automatic: a.sure,
      reasons: a.reasons,
      by: a.created_by,
    })),
  };
}

type StatementRow = Pick<Tables['bank_statement'], 'id' | 'name' | 'status' | 'format' | 'encoding' | 'created_by'> & {
  counts: Record<string, number>;
  accounts: s.StatementView['accounts'];
  findings: s.StatementView['findings'];
  created_at: Date;
};
const statementOf = (row: StatementRow): s.StatementView => ({
  id: row.id,
  name: row.name,
  status: row.status,
  format: row.format,
  encoding: row.encoding,
  counts: row.counts,
  accounts: row.accounts,
  findings: row.findings,
  createdAt: row.created_at.toISOString(),
  createdBy: row.created_by,
});

const codes: Record<BookRefusal, string> = {
  unknown: 'H_DOCUMENT_UNKNOWN',
  'not-open': 'H_PAYMENT_NOT_OPEN',
  'too-much': 'H_PAYMENT_TOO_MUCH',
  'not-due': 'H_PAYMENT_NOT_DUE',
  currency: 'H_PAYMENT_CURRENCY',
  nothing: 'H_PAYMENT_TOO_MUCH',
};

async function answered(call: Call, id: string): Promise<s.PaymentView> {
  const payment = await call.ctx.store.org(call.who.organizationId, (tx) => readPayment(tx, call.who.organizationId, id));
  if (!payment) throw notFound('a payment of this id');
  return viewOf(payment);
}

export const paymentRoutes = [
  route({
    method: 'GET',
    url: '/payments',
    needs: 'money',
    tag,
    summary: 'Payments that came in, newest first',
    query: s.paymentsQuery,
    answer: s.paymentsSchema,
    handler: async ({ ctx, who, query }) =>
      ctx.store.org(who.organizationId, async (tx) => {
        const { cursor, limit, ...filter } = query;
        const page = await listPayments(tx, who.organizationId, {
          ...filter,
          limit: limit ?? 50,
          ...(cursor && { after: readCursor(cursor) }),
        });
        return {
          items: page.items.map(viewOf),
          nextCursor: page.next ? writeCursor(...page.next) : null,
          counts: await countOpen(tx, who.organizationId),
        };
      }),
  }),
  route({
    method: 'GET',
    url: '/payments/open-documents',
    needs: 'money',
    tag,
    summary: 'Documents still to be paid, to choose from',
    query: s.openDocumentsQuery,
    answer: s.openDocumentsSchema,
    handler: async ({ ctx, who, query }) =>
      ctx.store.org(who.organizationId, async (tx) => {
        const { zone } = await readOrganization(tx, who.organizationId);
        return { items: await listOpenDocuments(tx, who.organizationId, civilDay(ctx.now().toISOString(), zone), query) };
      }),
  }),
  route({
    method: 'GET',
    url: '/payments/statements',
    needs: 'money',
    tag,
    summary: 'Bank statements read, newest first',
    answer: s.statementsSchema,
    handler: async ({ ctx, who }) => ({
      items: (
        await ctx.store.org(who.organizationId, (tx) =>
          tx
            .selectFrom('bank_statement')
            .selectAll()
            .where('organization_id', '=', who.organizationId)
            .orderBy('created_at', 'desc')
            .limit(100)
            .execute(),
        )
      ).map(statementOf),
    }),
  }),
  route({
    method: 'GET',
    url: '/payments/statements/:id',
    needs: 'money',
    tag,
    summary: 'One bank statement with what was found in it',
    params: s.idParams,
    answer: s.statementSchema,
    handler: async ({ ctx, who, params }) => {
      const row = await ctx.store.org(who.organizationId, (tx) =>
        tx
          .selectFrom('bank_statement')
          .selectAll()
          .where('organization_id', '=', who.organizationId)
          .where('id', '=', params.id)
          .executeTakeFirst(),
      );
      if (!row) throw notFound('a bank statement of this id');
      return statementOf(row);
    },
  }),
  route({
    method: 'POST',
    url: '/payments/statements',
    needs: 'edit',
    tag,
    summary: 'Read a bank statement (MT940, MT942, CAMT.053); the same lines again add nothing',
    query: s.statementQuery,
    consumes: 'multipart/form-data',
    answer: s.statementSchema,
    status: 201,
    handler: async ({ ctx, who, request, query }) => {
      if (!request.isMultipart()) throw new Refusal(415, 'form-needed', 'Send the file as multipart/form-data.');
      const part = await request.file({ limits: { fileSize: statementLimits.bytes } });
      if (!part) throw new Refusal(400, 'file-missing', 'Send the statement as a file of a form.');
      const limit = `A statement may have ${statementLimits.bytes / 1024 / 1024} MB.`;
      const file = await storeStream(ctx.store, who.organizationId, ctx.now(), {
        name: part.filename || 'statement',
        mediaType: 'application/octet-stream',
        source: part.file as Readable & AsyncIterable<Uint8Array>,
        limitBytes: statementLimits.bytes,
      });
      if ('tooLarge' in file || part.file.truncated) throw new Refusal(413, 'file-too-large', limit);
      return ctx.store.org(who.organizationId, async (tx) => {
        const id = await createStatement(tx, ctx, who, file, query.encoding);
        return statementOf(
          await tx
            .selectFrom('bank_statement')
            .selectAll()
            .where('organization_id', '=', who.organizationId)
            .where('id', '=', id!)
            .executeTakeFirstOrThrow(),
        );
      });
    },
  }),
  route({
    method: 'POST',
    url: '/payments/:id/book',
    needs: 'edit',
    tag,
    summary: 'Say what a payment paid',
    params: s.idParams,
    body: s.bookInput,
    answer: s.paymentSchema,
    handler: async (call) => {
      const { ctx, who, params, body } = call;
      const payment = await answered(call, params.id);
      const bad = body.shares.findIndex(
        (share) => !fitsCurrency(share.amount, payment.currency) || toMinor(share.amount, payment.currency) <= 0n,
      );
      if (bad >= 0) throw new Refusal(400, 'invalid-request', `shares.${bad}.amount must be a positive amount in ${payment.currency}.`);
      const shares = body.shares.map((share) => ({ documentId: share.documentId, amountMinor: toMinor(share.amount, payment.currency) }));
      const result = await bookPayment(ctx, who, params.id, shares, { restToCredit: body.restToCredit });
      if ('refused' in result)
        throw new Refusal(422, 'not-booked', 'The payment stays as it was.', [hold(codes[result.refused], 'shares')]);
      return answered(call, params.id);
    },
  }),
  route({
    method: 'POST',
    url: '/payments/:id/undo',
    needs: 'edit',
    tag,
    summary: 'Take a booking back, until the invoice that followed is issued',
    params: s.idParams,
    answer: s.paymentSchema,
    handler: async (call) => {
      const result = await undoBooking(call.ctx, call.who, call.params.id);
      if ('refused' in result) {
        if (result.refused === 'unknown') throw notFound('a payment of this id');
        const finding =
          result.refused === 'invoice-issued'
            ? hold('H_PAYMENT_INVOICE_ISSUED', undefined, { number: result.number ?? '' })
            : hold('H_PAYMENT_NOT_OPEN');
        throw new Refusal(422, 'not-undone', 'The booking stands.', [finding]);
      }
      return answered(call, call.params.id);
    },
  }),
  ...(['set-aside', 'take-back'] as const).map((verb) =>
    route({
      method: 'POST',
      url: `/payments/:id/${verb}`,
      needs: 'edit',
      tag,
      summary: verb === 'set-aside' ? 'This payment pays nothing of ours' : 'Match this payment after all',
      params: s.idParams,
      answer: s.paymentSchema,
      handler: async (call) => {
        await mustHave(call, 'payment', call.params.id);
        const done = await setAside(call.ctx, call.who, call.params.id, verb === 'set-aside');
        if (!done) throw new Refusal(422, 'not-open', 'The payment stays as it was.', [hold('H_PAYMENT_NOT_OPEN')]);
        return answered(call, call.params.id);
      },
    }),
  ),
];
