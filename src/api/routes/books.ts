import { Readable } from 'node:stream';
import {
  checkBooks,
  checkTaxFiles,
  listExportFiles,
  listWays,
  makeExportFile,
  maxExportDocuments,
  monthOf,
  monthPack,
  openExportFile,
  readBooksProfile,
  saveBooksProfile,
  type TaxFileName,
  taxFile,
} from '../../books/index.ts';
import { readOrganization, selected } from '../../toissue/index.ts';
import { notFound, Refusal } from '../problem.ts';
import { type Call, route, sendFile } from '../route.ts';
import * as s from '../schemas/index.ts';

const tag = 'books';
/** A pack of more days would be several: a year is the longest a tax office asks for. */
const maxDays = 366;

function periodOf({ from, to }: { from: string; to: string }) {
  if (from > to) throw new Refusal(400, 'period-wrong', 'The period ends before it begins.');
  if ((Date.parse(to) - Date.parse(from)) / 86_400_000 > maxDays)
    throw new Refusal(400, 'period-long', `A period has at most ${maxDays} days: take several.`);
  return { from, to };
}

async function sendTaxFile(call: Call<unknown, { month: string }>, file: TaxFileName) {
  const { ctx, who, query, reply } = call;
  const { country } = await ctx.store.org(who.organizationId, (tx) => readOrganization(tx, who.organizationId));
  if (country !== 'PL')
    throw new Refusal(422, 'books-country', 'Files for the tax office exist for Polish sellers.', [
      { code: 'H_BOOKS_COUNTRY', level: 'hold', where: 'organization.country' },
    ]);
  const month = monthOf(query.month);
  const made = await taxFile(ctx, who.organizationId, file, month);
  if (!made) {
    const check = (await checkTaxFiles(ctx, who.organizationId, month)).find((c) => c.file === file);
    const holds = (check?.findings ?? []).filter((f) => f.level === 'hold').map(({ documentId: _, number: _number, ...f }) => f);
    throw new Refusal(422, 'books-held', 'Something is missing before this file can be made.', holds);
  }
  return sendFile(reply, {
    name: made.name,
    mediaType: 'application/xml; charset=utf-8',
    bytes: Readable.from(made.text, { objectMode: false }),
    download: true,
  });
}

export const booksRoutes = [
  route({
    method: 'GET',
    url: '/books/profile',
    needs: 'money',
    tag,
    summary: 'What the tax office wants to know of the seller beside the company data',
    answer: s.booksProfileAnswer,
    handler: async ({ ctx, who }) => ctx.store.org(who.organizationId, (tx) => readBooksProfile(tx, who.organizationId)),
  }),
  route({
    method: 'PUT',
    url: '/books/profile',
    needs: 'settings',
    tag,
    summary: 'Keep it',
    body: s.booksProfileInput,
    answer: s.booksProfileAnswer,
    handler: async ({ ctx, who, body }) => saveBooksProfile(ctx, who, body),
  }),
  route({
    method: 'GET',
    url: '/books/check',
    needs: 'money',
    tag,
    summary: 'What a period holds and what is missing before it goes to the accountant',
    query: s.booksPeriodQuery,
    answer: s.booksCheckSchema,
    handler: async ({ ctx, who, query }) => checkBooks(ctx, who.organizationId, periodOf(query)),
  }),
  route({
    method: 'GET',
    url: '/books/v7.xml',
    needs: 'money',
    tag,
    summary: 'JPK_V7 (3), the register of sales of a month',
    query: s.booksMonthQuery,
    produces: 'application/xml',
    handler: async (call) => sendTaxFile(call, 'v7'),
  }),
  route({
    method: 'GET',
    url: '/books/fa.xml',
    needs: 'money',
    tag,
    summary: 'JPK_FA (4), all invoices of a month with their lines',
    query: s.booksMonthQuery,
    produces: 'application/xml',
    handler: async (call) => sendTaxFile(call, 'fa'),
  }),
  route({
    method: 'GET',
    url: '/books/pack.zip',
    needs: 'money',
    tag,
    summary: 'Everything of a period for the accountant in one archive',
    query: s.booksPackQuery,
    produces: 'application/zip',
    handler: async ({ ctx, who, edge, query, reply }) => {
      const pack = await monthPack(ctx, edge.render, who.organizationId, periodOf(query), query.language);
      return sendFile(reply, { name: pack.name, mediaType: 'application/zip', bytes: pack.bytes, download: true });
    },
  }),
  route({
    method: 'GET',
    url: '/books/ways',
    needs: 'money',
    tag,
    summary: 'Accounting programs that take documents as files',
    answer: s.booksWaysSchema,
    handler: async ({ ctx, who }) => ({
      items: await ctx.store.org(who.organizationId, (tx) => listWays(tx, ctx, who.organizationId)),
    }),
  }),
  route({
    method: 'GET',
    url: '/books/files',
    needs: 'money',
    tag,
    summary: 'Files for accounting programs that were made, newest first',
    answer: s.exportFilesSchema,
    handler: async ({ ctx, who }) => ({
      items: await ctx.store.org(who.organizationId, (tx) => listExportFiles(tx, who.organizationId)),
    }),
  }),
  route({
    method: 'POST',
    url: '/books/files',
    needs: 'send',
    tag,
    summary: 'Write documents into one file for an accounting program; a document goes into one file unless asked for again',
    body: s.exportFileInput,
    answer: s.exportFileMade,
    status: 201,
    handler: async ({ ctx, who, body }) => {
      if (body.from && body.to) periodOf({ from: body.from, to: body.to });
      const { selection, ...request } = body;
      // One more than allowed, so that a selection that is too large is refused and not cut.
      const ids = selection ? await selected(ctx, who, selection, maxExportDocuments + 1) : undefined;
      const result = await makeExportFile(ctx, who, { ...request, ...(ids && { ids }) });
      if ('made' in result) return { ...result.made, alreadyOut: result.alreadyOut };
      // With nothing made the reasons of the documents are what helps.
      const reasons = result.refused.flatMap((r) => r.findings).slice(0, 50);
      throw new Refusal(422, 'nothing-exported', 'No file was made.', [...result.findings, ...reasons]);
    },
  }),
  route({
    method: 'GET',
    url: '/books/files/:id/content',
    needs: 'money',
    tag,
    summary: 'The bytes of such a file, the same every time',
    params: s.idParams,
    produces: 'application/octet-stream',
    handler: async ({ ctx, who, params, reply }) => {
      const file = await openExportFile(ctx, who.organizationId, params.id);
      if (!file) throw notFound('a file of this id');
      return sendFile(reply, { ...file, bytes: Readable.from(file.bytes, { objectMode: false }), download: true });
    },
  }),
];
