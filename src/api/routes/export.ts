import { csvOf, documentTable, xlsxOf, type ZipEntry, zipStream } from '../../books/index.ts';
import { documentPdf } from '../../delivery/index.ts';
import type { Language } from '../../domain/documents/document.ts';
import { type DocumentQuery, type DocumentRow, maxPage, queryDocuments, readOrganization } from '../../toissue/index.ts';
import { Refusal } from '../problem.ts';
import { type Call, route, sendFile } from '../route.ts';
import * as s from '../schemas/index.ts';

const tag = 'documents';
/** A table for a spreadsheet; above it, take it in periods. */
const maxRows = 100_000;
const maxArchive = 5_000;

type Query = Omit<DocumentQuery, 'cursor' | 'limit'> & { language?: Language; cursor?: string; limit?: number };

async function rowsOf(
  { ctx, who }: Call,
  { language: _, cursor: _cursor, limit: _limit, ...query }: Query,
  max: number,
): Promise<DocumentRow[]> {
  const rows: DocumentRow[] = [];
  let cursor: string | undefined;
  do {
    const page = await ctx.store.org(who.organizationId, (tx) =>
      queryDocuments(tx, who.organizationId, { ...query, cursor, limit: maxPage }),
    );
    rows.push(...page.items);
    cursor = page.nextCursor;
    if (rows.length > max) throw new Refusal(422, 'too-many', `More than ${max} documents match: take them in periods.`);
  } while (cursor);
  return rows;
}

async function tableOf(call: Call, query: Query): Promise<string[][]> {
  const language =
    query.language ??
    ((await call.ctx.store.org(call.who.organizationId, (tx) => readOrganization(tx, call.who.organizationId))).language as Language);
  return documentTable(await rowsOf(call, query, maxRows), language);
}

const xlsxType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

export const exportRoutes = [
  route({
    method: 'GET',
    url: '/documents/export.csv',
    needs: 'read',
    tag,
    summary: 'Matching documents as CSV',
    query: s.exportQuery,
    produces: 'text/csv',
    handler: async (call) =>
      sendFile(call.reply, {
        name: 'documents.csv',
        mediaType: 'text/csv; charset=utf-8',
        bytes: Buffer.from(csvOf(await tableOf(call, call.query as Query))),
        download: true,
      }),
  }),
  route({
    method: 'GET',
    url: '/documents/export.xlsx',
    needs: 'read',
    tag,
    summary: 'Matching documents as a workbook',
    query: s.exportQuery,
    produces: xlsxType,
    handler: async (call) =>
      sendFile(call.reply, {
        name: 'documents.xlsx',
        mediaType: xlsxType,
        bytes: await xlsxOf(await tableOf(call, call.query as Query)),
        download: true,
      }),
  }),
  route({
    method: 'GET',
    url: '/documents/archive.zip',
    needs: 'read',
    tag,
    summary: 'PDFs of matching issued documents in one ZIP',
    query: s.exportQuery,
    produces: 'application/zip',
    handler: async (call) => {
      const { ctx, who, edge } = call;
      const rows = (await rowsOf(call, { ...(call.query as Query), states: ['issued'] }, maxArchive)).filter((row) => row.number);
      if (rows.length === 0) throw new Refusal(422, 'nothing-issued', 'None of these documents is issued yet: there is no PDF to take.');
      async function* entries(): AsyncGenerator<ZipEntry> {
        const taken = new Set<string>();
        for (const row of rows) {
          const pdf = await documentPdf(ctx, edge.render, who.organizationId, row.id);
          if (!pdf) continue;
          // Two series may give documents of one name.
          const name = taken.has(pdf.name) ? pdf.name.replace(/\.pdf$/, ` ${row.id.slice(-6)}.pdf`) : pdf.name;
          taken.add(name);
          yield {
            name,
            compress: false,
            async *open() {
              yield pdf.bytes;
            },
          };
        }
      }
      const stream = zipStream(entries(), ctx.now());
      return sendFile(call.reply, { name: 'documents.zip', mediaType: 'application/zip', bytes: stream, download: true });
    },
  }),
];
