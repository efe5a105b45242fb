import { sql } from 'kysely';
import type { DocumentKind } from '../domain/documents/document.ts';
import { monthDays } from '../domain/formats/jpk/index.ts';
import type { Context } from '../jobs/index.ts';
import { completeness, isComplete } from '../reconcile/index.ts';
import type { Tx } from '../store/index.ts';
import { checkTaxFiles, monthOf, type TaxFileCheck } from './tax-files.ts';

/** Before anything is sent to the accountant: what the period holds, what is missing of it, and which files can be made. */
export type BooksPeriod = { from: string; to: string };
type BooksCheck = BooksPeriod & {
  /** The period is one calendar month: tax files exist for months. */
  wholeMonth: boolean;
  documents: { kind: DocumentKind; currency: string; count: number; net: string; tax: string; gross: string }[];
  completeness: { orders: number; documents: number; breaks: number; gaps: number; complete: boolean };
  taxFiles: TaxFileCheck[];
  /** Programs that take documents as files, and how many of the period they have not had. */
  ways: { connector: string; name: string; connectionId: string | null; waiting: number }[];
};

export function isWholeMonth({ from, to }: BooksPeriod): boolean {
  const month = monthDays(monthOf(from));
  return month.from === from && month.to === to;
}

export async function checkBooks(ctx: Context, organizationId: string, period: BooksPeriod): Promise<BooksCheck> {
  const { sheet, documents, ways } = await ctx.store.org(organizationId, async (tx) => ({
    sheet: await completeness(tx, organizationId, period.from, period.to),
    documents: await countsOf(tx, organizationId, period),
    ways: await waysOf(tx, ctx, organizationId, period),
  }));
  const wholeMonth = isWholeMonth(period);
  return {
    ...period,
    wholeMonth,
    documents,
    completeness: {
      orders: sheet.orders,
      documents: sheet.documents,
      breaks: sheet.breaks.length,
      gaps: sheet.gaps.length,
      complete: isComplete(sheet),
    },
    taxFiles: wholeMonth ? await checkTaxFiles(ctx, organizationId, monthOf(period.from)) : [],
    ways,
  };
}

/** A correction counts by what it changes. */
async function countsOf(tx: Tx, organizationId: string, { from, to }: BooksPeriod): Promise<BooksCheck['documents']> {
  const { rows } = await sql<{ kind: DocumentKind; currency: string; count: bigint; net: string; tax: string; gross: string }>`
    select kind, currency, count(*) as count,
      sum(case when kind = 'correction' then (content->'correction'->'difference'->>'net')::numeric else (content->'totals'->>'net')::numeric end)::text as net,
      sum(case when kind = 'correction' then (content->'correction'->'difference'->>'tax')::numeric else (content->'totals'->>'tax')::numeric end)::text as tax,
      sum(case when kind = 'correction' then (content->'correction'->'difference'->>'gross')::numeric else (content->'totals'->>'gross')::numeric end)::text as gross
    from document where organization_id = ${organizationId} and state = 'issued' and kind <> 'proforma' and issue_date between ${from}::date and ${to}::date
    group by kind, currency order by kind, currency`.execute(tx);
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}

async function waysOf(tx: Tx, ctx: Context, organizationId: string, { from, to }: BooksPeriod): Promise<BooksCheck['ways']> {
  const ways: BooksCheck['ways'] = [];
  for (const way of await listWays(tx, ctx, organizationId)) {
    const kinds = ctx.connectors.get(way.connector)!.manifest.documentKinds ?? [];
    const { rows } = await sql<{ waiting: bigint }>`
      select count(*) as waiting from document d where d.organization_id = ${organizationId} and d.state = 'issued' and d.kind = any(${kinds}::text[])
        and d.issue_date between ${from}::date and ${to}::date
        and not exists (select 1 from export_item i where i.organization_id = d.organization_id and i.target = ${way.connectionId ?? way.connector} and i.document_id = d.id)
        and not exists (select 1 from transfer t where t.organization_id = d.organization_id and t.document_id = d.id and t.connection_id = ${way.connectionId}::uuid
          and t.verb = 'issue' and t.status in ('sending','pending','accepted','unknown'))`.execute(tx);
    ways.push({ ...way, waiting: Number(rows[0]!.waiting) });
  }
  return ways;
}

type Way = { connector: string; name: string; connectionId: string | null };

/** Where files can go: each connection that works by a folder, or the bare program when there is none of it yet. */
export async function listWays(tx: Tx, ctx: Pick<Context, 'connectors'>, organizationId: string): Promise<Way[]> {
  const connections = await tx
    .selectFrom('connection')
    .select(['id', 'connector', 'name'])
    .where('organization_id', '=', organizationId)
    .where('status', '<>', 'removed')
    .orderBy('created_at')
    .execute();
  return [...ctx.connectors.values()]
    .filter(({ manifest }) => manifest.capabilities.includes('folder'))
    .flatMap(({ manifest }): Way[] => {
      const own = connections.filter((c) => c.connector === manifest.id);
      if (own.length === 0) return [{ connector: manifest.id, name: manifest.name, connectionId: null }];
      return own.map((c) => ({ connector: manifest.id, name: c.name, connectionId: c.id }));
    });
}
