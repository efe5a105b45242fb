import { writeFileSync } from 'node:fs';
import { documentQuery } from '../../api/schemas/index.ts';
import { csvOf, documentTable, xlsxOf } from '../../books/index.ts';
import type { Language } from '../../domain/documents/document.ts';
import type { Opened } from '../../open.ts';
import { type DocumentQuery, type DocumentRow, maxPage, queryDocuments, readOrganization, type Who } from '../../toissue/index.ts';
import { type Command, choice, day, type ExitCode, type Run, text, type Values, WrongUsage, wrongOption } from '../command.ts';
import { issueAndPrint, type Made, tellRefused, tellUnprinted } from '../issue-and-print.ts';
import { organizationOf } from '../organization.ts';
import { exportBooks } from './books.ts';

function queryOf(values: Values): DocumentQuery {
  const parsed = documentQuery.safeParse({
    states: text(values, 'state'),
    kinds: text(values, 'kind'),
    ...(values.held ? { held: 'true' } : {}),
    q: text(values, 'q'),
    channel: text(values, 'channel'),
    from: day(values, 'from'),
    to: day(values, 'to'),
  });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const [field, at] = issue!.path;
    const option = field === 'states' ? 'state' : field === 'kinds' ? 'kind' : String(field);
    const given = text(values, option);
    throw wrongOption(option, typeof at === 'number' ? given?.split(',').filter(Boolean)[at] : given, issue!);
  }
  return parsed.data as DocumentQuery;
}

async function withOrganization({ open, values }: Run, work: (opened: Opened, who: Who) => Promise<ExitCode>): Promise<ExitCode> {
  const opened = await open({ work: false });
  try {
    return await work(opened, await organizationOf(opened.ctx, values));
  } finally {
    await opened.close();
  }
}

/** All pages of a query, one after another. */
async function* pages({ ctx }: Opened, { organizationId }: Who, query: DocumentQuery, limit: number): AsyncGenerator<DocumentRow> {
  let cursor: string | undefined;
  for (let left = limit; left > 0; ) {
    const asked = { ...query, cursor, limit: Math.min(maxPage, left) };
    const page = await ctx.store.org(organizationId, (tx) => queryDocuments(tx, organizationId, asked));
    yield* page.items;
    left -= page.items.length;
    cursor = page.nextCursor;
    if (!cursor) return;
  }
}

function limitOf(values: Values, standard: number): number {
  const limit = Number(text(values, 'limit') ?? standard);
  if (!Number.isInteger(limit) || limit < 1) throw new WrongUsage('--limit must be a whole number above zero.');
  return limit;
}

export const documentsCommand: Command['run'] = (run) =>
  withOrganization(run, async (opened, who) => {
    const rows = await Array.fromAsync(pages(opened, who, queryOf(run.values), limitOf(run.values, 100)));
    run.out.table(
      ['number', 'kind', 'state', 'buyer', 'gross', '', 'findings'],
      rows.map((row) => [
        row.number ?? '–',
        row.kind,
        row.held ? 'held' : row.state,
        row.buyerName,
        row.gross,
        row.currency,
        row.findings.map((f) => f.code).join(' '),
      ]),
    );
    run.out.result({ items: rows });
    return 0;
  });

export const ordersCommand: Command['run'] = (run) =>
  withOrganization(run, async ({ ctx }, { organizationId }) => {
    const rows = await ctx.store.org(organizationId, (tx) =>
      tx
        .selectFrom('sales_order')
        .select(['id', 'external_id', 'number', 'channel', 'status', 'ordered_at', 'currency', 'total_minor', 'buyer_name', 'suggestion'])
        .where('organization_id', '=', organizationId)
        .orderBy('ordered_at', 'desc')
        .limit(limitOf(run.values, 100))
        .execute(),
    );
    run.out.table(
      ['order', 'channel', 'status', 'ordered', 'buyer', 'suggestion'],
      rows.map((row) => [
        row.number ?? row.external_id,
        row.channel,
        row.status,
        row.ordered_at.toISOString().slice(0, 10),
        row.buyer_name,
        row.suggestion,
      ]),
    );
    run.out.result({
      items: rows.map(({ total_minor, ordered_at, ...row }) => ({
        ...row,
        ordered_at: ordered_at.toISOString(),
        total_minor: total_minor.toString(),
      })),
    });
    return 0;
  });

export const issueCommand: Command['run'] = (run) =>
  withOrganization(run, async (opened, who) => {
    const { values, positionals, out } = run;
    if (!values.all && positionals.length === 0) throw new WrongUsage('Name documents by id, or say --all.');
    const ids = values.all
      ? (
          await Array.fromAsync(
            pages(
              opened,
              who,
              { sort: 'created', direction: 'asc', ...queryOf(values), states: ['to_issue', 'refused'], held: false },
              1_000_000,
            ),
          )
        ).map((row) => row.id)
      : positionals;
    const wrong = ids.find((id) => !/^[0-9a-f-]{36}$/i.test(id));
    if (wrong) throw new WrongUsage(`"${wrong}" is not the id of a document.`);
    const made = await issueAndPrint(
      opened.ctx,
      who,
      ids,
      { issue: true, mail: values.mail === true, pdfFolder: text(values, 'pdf'), issueDate: day(values, 'issue-date') },
      out,
    );
    const refused = made.filter((one) => one.outcome === 'refused');
    out.say(`${made.length - refused.length} issued, ${refused.length} refused`);
    tellRefused(opened.ctx, made, out);
    tellUnprinted(made, out);
    out.result({ documents: made });
    const failed = (one: Made) => one.pdfFailed !== undefined || one.mail?.some((m) => m.status !== 'handed_over');
    return refused.length > 0 || made.some(failed) ? 1 : 0;
  });

export const exportCommand: Command['run'] = (run) =>
  withOrganization(run, async (opened, who) => {
    const [target] = run.positionals;
    const form = text(run.values, 'as');
    if (form !== undefined) return exportBooks(run, opened, who, form);
    const { language } = await opened.ctx.store.org(who.organizationId, (tx) => readOrganization(tx, who.organizationId));
    const rows = await Array.fromAsync(pages(opened, who, queryOf(run.values), 1_000_000));
    if (/\.(csv|xlsx)$/i.test(target!)) {
      const as = target!.toLowerCase().endsWith('.csv') ? 'csv' : 'xlsx';
      const table = documentTable(rows, choice(run.values, 'language', ['pl', 'hu', 'sv', 'en'] as const, language as Language), as);
      writeFileSync(target!, as === 'csv' ? csvOf(table) : await xlsxOf(table));
      run.out.say(`${rows.length} documents written to ${target}`);
      run.out.result({ documents: rows.length, file: target });
      return 0;
    }
    const ids = rows.filter((row) => row.state === 'issued').map((row) => row.id);
    const made = await issueAndPrint(opened.ctx, who, ids, { issue: false, mail: false, pdfFolder: target }, run.out);
    run.out.say(`${made.filter((one) => one.pdf).length} PDFs written to ${target}`);
    tellUnprinted(made, run.out);
    run.out.result({ documents: made });
    return made.some((one) => one.pdfFailed !== undefined) ? 1 : 0;
  });
