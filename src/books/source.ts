import { sql } from 'kysely';
import type { Clearance } from '../contract/connector.ts';
import type { FolderDocument } from '../contract/folder.ts';
import { addDays } from '../domain/days/day.ts';
import type { DocumentContent, DocumentKind } from '../domain/documents/document.ts';
import type { Finding } from '../domain/finding.ts';
import type { IssuedForBooks } from '../domain/formats/jpk/index.ts';
import type { Store, Tx } from '../store/index.ts';

/** An issued document as the formats of the books want it: one shape for the tax office's files and for those of programs. */
export type BooksDocument = FolderDocument &
  IssuedForBooks & { /** Where its provider says other amounts than the document here. */ differences: Finding[] };

type BooksSelection = {
  /** Days of issue, both included. */
  from?: string;
  to?: string;
  /**
   * Or days on which the tax may fall due: sales of a month before, the days of issue, the days of the money (known when a document was
   * issued, so of later ones only) and the 180th day of those who owe with it are looked at as well, the format decides.
   */
  taxFrom?: string;
  taxTo?: string;
  ids?: string[];
  /** Only the documents of this export file. */
  batchId?: string;
};

const pageSize = 100;

type Row = {
  id: string;
  kind: DocumentKind;
  number: string;
  issue_date: string;
  content: DocumentContent;
  clearance: Clearance | null;
  cleared_on: string | null;
  reporter: 'hub' | 'provider' | 'nobody' | null;
  original_number: string | null;
  original_kind: DocumentKind | null;
  findings: Finding[];
};

/** Issued documents in the order of their days, page by page: each page in a transaction of its own, so memory holds one page. */
export async function* booksDocuments(store: Store, organizationId: string, selection: BooksSelection): AsyncGenerator<BooksDocument> {
  const { taxFrom, taxTo, ...rest } = selection;
  if (taxFrom && taxTo) {
    // Gathered once: each page would have to look through everything again.
    const found = await store.org(organizationId, (tx) => taxable(tx, organizationId, taxFrom, taxTo));
    for (let at = 0; at < found.length; at += pageSize) {
      const ids = found.slice(at, at + pageSize);
      for (const row of await store.org(organizationId, (tx) => page(tx, organizationId, { ...rest, ids }))) yield documentOf(row);
    }
    return;
  }
  let after: { day: string; id: string } | undefined;
  for (;;) {
    const rows = await store.org(organizationId, (tx) => page(tx, organizationId, rest, after));
    for (const row of rows) yield documentOf(row);
    const last = rows.at(-1);
    if (rows.length < pageSize || !last) return;
    after = { day: last.issue_date, id: last.id };
  }
}

const isInTheBooks = (organizationId: string) =>
  sql`d.organization_id = ${organizationId} and d.state = 'issued' and d.kind <> 'proforma' and d.number is not null`;

/** Ids of the documents whose tax may fall due on these days, in the order of their days of issue; each part is found by an index of its own. */
async function taxable(tx: Tx, organizationId: string, from: string, to: string): Promise<string[]> {
  const those = sql`select d.id, d.issue_date from document d where ${isInTheBooks(organizationId)}`;
  const issued = sql`d.issue_date between ${from}::date and ${to}::date`;
  const sold = sql`d.sale_date between (${from}::date - interval '1 month')::date and ${to}::date`;
  const soldLater = sql`d.sale_date > ${to}::date`;
  const issuedLater = sql`d.issue_date > ${to}::date`;
  // Looks into the content: what was found without that is left out before.
  const paid = sql`(${issued}) is not true and (${sold}) is not true
    and d.content->'payment'->>'paidAt' >= ${addDays(from, -1)} and d.content->'payment'->>'paidAt' < ${addDays(to, 2)}`;
  const { rows } = await sql<{ id: string }>`select id from (
      ${those} and ${issued}
      union ${those} and ${sold}
      union ${those} and ${soldLater} and ${paid}
      union ${those} and ${issuedLater} and (${soldLater}) is not true and ${paid}
      union ${those} and d.issued_at >= ${addDays(from, -1)}::timestamptz and (${soldLater}) is not true and (${issuedLater}) is not true and ${paid}
      union ${those} and d.sale_date between ${addDays(from, -180)}::date and ${addDays(to, -180)}::date
        and d.content->'seller'->>'cashAccounting' = 'true') found
    order by issue_date, id`.execute(tx);
  return rows.map(({ id }) => id);
}

async function page(
  tx: Tx,
  organizationId: string,
  { from, to, ids, batchId }: Omit<BooksSelection, 'taxFrom' | 'taxTo'>,
  after?: { day: string; id: string },
): Promise<Row[]> {
  const conditions = [isInTheBooks(organizationId)];
  if (from) conditions.push(sql`d.issue_date >= ${from}::date`);
  if (to) conditions.push(sql`d.issue_date <= ${to}::date`);
  if (ids) conditions.push(sql`d.id = any(${ids}::uuid[])`);
  if (batchId)
    conditions.push(
      sql`exists (select 1 from export_item i where i.organization_id = d.organization_id and i.batch_id = ${batchId} and i.document_id = d.id)`,
    );
  if (after) conditions.push(sql`(d.issue_date, d.id) > (${after.day}::date, ${after.id}::uuid)`);
  const { rows } = await sql<Row>`
    select d.id, d.kind, d.number, d.issue_date, d.content, d.clearance, d.findings,
      ((d.clearance->>'at')::timestamptz at time zone (select zone from organization where id = ${organizationId}))::date as cleared_on,
      s.reporter, o.number as original_number, o.kind as original_kind
    from document d
      left join series s on s.organization_id = d.organization_id and s.id = d.series_id
      left join document o on o.organization_id = d.organization_id and o.id = d.corrects_id
    where ${sql.join(conditions, sql` and `)}
    order by d.issue_date, d.id limit ${pageSize}`.execute(tx);
  return rows;
}

function documentOf(row: Row): BooksDocument {
  const { id, kind, number, content, clearance, original_number, original_kind } = row;
  const { system, number: given } = clearance ?? {};
  return {
    id,
    // The same as that of a transfer: a file carried by hand and one moved by the agent speak of one document.
    reference: `fk:${id}`,
    kind,
    number,
    issueDate: row.issue_date,
    content,
    settings: {},
    differences: row.findings.filter((f) => /^W_PROVIDER_/.test(f.code)),
    ...(row.reporter && { reporter: row.reporter }),
    ...(system && given && { clearance: { system, number: given, ...(row.cleared_on && { day: row.cleared_on }) } }),
    ...(original_number && original_kind && { original: { number: original_number, kind: original_kind }, correctedKind: original_kind }),
  };
}
