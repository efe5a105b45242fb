import type { Readable } from 'node:stream';
import { csvOf, documentTable, xlsxOf, type ZipEntry, zipStream } from '../../books/index.ts';
import { documentPdf, joinPdfs } from '../../delivery/index.ts';
import type { Language } from '../../domain/documents/document.ts';
import { type DocumentQuery, type DocumentRow, maxPage, queryDocuments, readOrganization } from '../../toissue/index.ts';
import { Refusal } from '../problem.ts';
import { type Call, route, sendFile } from '../route.ts';
import * as s from '../schemas/index.ts';

const tag = 'documents';
/** A table for a spreadsheet; above it, take it in periods. */
const maxRows = 100_000;
const maxArchive = 5_000;
/** One file for the printer is built in memory: a heap of paper of a thousand documents is two reams. */
const maxJoined = 1_000;

type Query = Omit<DocumentQuery, 'cursor' | 'limit'> & { language?: Language; cursor?: string; limit?: number };

async function rowsOf(
  { ctx, who }: Pick<Call, 'ctx' | 'who'>,
  query: Omit<DocumentQuery, 'cursor' | 'limit'>,
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

/** Those of the query that are issued; a query for others only has none. */
async function issuedRows(call: Pick<Call, 'ctx' | 'who'>, query: DocumentQuery, max: number): Promise<DocumentRow[]> {
  const wanted = !query.states || query.states.includes('issued');
  const rows = wanted ? (await rowsOf(call, { ...query, states: ['issued'] }, max)).filter((row) => row.number) : [];
  if (rows.length === 0) throw new Refusal(422, 'nothing-issued', 'None of these documents is issued yet: there is no PDF to take.');
  return rows;
}

type Format = 'csv' | 'xlsx' | 'zip' | 'pdf';
const xlsxType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** The file of that format with the documents of that query. */
async function sendExport(call: Pick<Call, 'ctx' | 'who' | 'edge' | 'reply'>, as: Format, given: Query) {
  const { language: wanted, cursor: _cursor, limit: _limit, ...query } = given;
  const { ctx, who, reply } = call;
  if (as === 'zip') return sendArchive(call, query);
  if (as === 'pdf') return sendJoined(call, query);
  const { language } = wanted
    ? { language: wanted }
    : await ctx.store.org(who.organizationId, (tx) => readOrganization(tx, who.organizationId));
  const table = documentTable(await rowsOf(call, query, maxRows), language as Language, as);
  return as === 'csv'
    ? sendFile(reply, { name: 'documents.csv', mediaType: 'text/csv; charset=utf-8', bytes: Buffer.from(csvOf(table)), download: true })
    : sendFile(reply, { name: 'documents.xlsx', mediaType: xlsxType, bytes: await xlsxOf(table), download: true });
}

async function sendArchive(call: Pick<Call, 'ctx' | 'who' | 'edge' | 'reply'>, query: DocumentQuery) {
  const { who, reply } = call;
  const bytes = pdfArchive(call, who.organizationId, await issuedRows(call, query, maxArchive));
  return sendFile(reply, { name: 'documents.zip', mediaType: 'application/zip', bytes, download: true });
}

/** The PDFs of these documents in one archive, made while it is read. */
export function pdfArchive({ ctx, edge }: Pick<Call, 'ctx' | 'edge'>, organizationId: string, documents: { id: string }[]): Readable {
  async function* entries(): AsyncGenerator<ZipEntry> {
    const taken = new Set<string>();
    for (const { id } of documents) {
      const pdf = await documentPdf(ctx, edge.render, organizationId, id);
      if (!pdf) continue;
      // Two series may give documents of one name, and names that differ in size of letters are one to some systems.
      const plain = pdf.name.replace(/[\\/]/g, '-');
      const name = taken.has(plain.toLowerCase()) ? plain.replace(/\.pdf$/i, ` ${id.slice(-6)}.pdf`) : plain;
      taken.add(name.toLowerCase());
      yield {
        name,
        compress: false,
        async *open() {
          yield pdf.bytes;
        },
      };
    }
  }
  return zipStream(entries(), ctx.now());
}

/** The documents of that query in one PDF, in the order of the list: what a browser prints at one go. */
async function sendJoined({ ctx, who, edge, reply }: Pick<Call, 'ctx' | 'who' | 'edge' | 'reply'>, query: DocumentQuery) {
  const rows = await issuedRows({ ctx, who }, query, maxJoined);
  async function* parts() {
    for (const row of rows) {
      const pdf = await documentPdf(ctx, edge.render, who.organizationId, row.id);
      if (pdf) yield { name: row.number!, bytes: pdf.bytes };
    }
  }
  const joined = await joinPdfs(parts());
  if ('unreadable' in joined)
    throw new Refusal(
      422,
      'pdf-unreadable',
      `The PDF of ${joined.unreadable} is locked or damaged and cannot be joined: print it by itself.`,
    );
  return sendFile(reply, { name: 'documents.pdf', mediaType: 'application/pdf', bytes: joined.bytes, download: true });
}

const exported = (as: Format, url: string, summary: string, produces: string) =>
  route({
    method: 'GET',
    url,
    needs: 'read',
    tag,
    summary,
    query: s.exportQuery,
    produces,
    handler: async (call) => sendExport(call, as, call.query as Query),
  });

export const exportRoutes = [
  exported('csv', '/documents/export.csv', 'Matching documents as CSV', 'text/csv'),
  exported('xlsx', '/documents/export.xlsx', 'Matching documents as a workbook', xlsxType),
  exported(
    'pdf',
    '/documents/joined.pdf',
    'PDFs of matching issued documents one after another in one PDF, for a printer',
    'application/pdf',
  ),
  exported('zip', '/documents/archive.zip', 'PDFs of matching issued documents in one ZIP', 'application/zip'),
  route({
    method: 'POST',
    url: '/documents/export',
    needs: 'read',
    tag,
    summary: 'The same files for a selection of any length',
    body: s.exportInput,
    produces: 'application/octet-stream',
    handler: async (call) => {
      const { selection, as, language } = call.body;
      return sendExport(call, as, 'ids' in selection ? { ids: selection.ids, language } : { ...(selection.query as Query), language });
    },
  }),
];
