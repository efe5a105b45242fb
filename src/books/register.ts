import { sql } from 'kysely';
import type { Language } from '../domain/documents/document.ts';
import { fromMinor } from '../domain/money/money.ts';
import type { Store, Tx } from '../store/index.ts';
import { gapsOf, listSeries } from '../toissue/index.ts';

/** The register of numbers of a period as rows: every number that was given, and every one that is missing. */
const heads: Record<Language, string[]> = {
  pl: ['Seria', 'Okres', 'Lp.', 'Numer', 'Data wystawienia', 'Nabywca', 'Brutto', 'Waluta', 'Stan', 'Powód oddania numeru'],
  en: ['Series', 'Period', 'No.', 'Number', 'Issued', 'Buyer', 'Gross', 'Currency', 'State', 'Reason for giving the number up'],
  hu: ['Sorozat', 'Időszak', 'Sorsz.', 'Szám', 'Kiállítás', 'Vevő', 'Bruttó', 'Pénznem', 'Állapot', 'A szám feladásának oka'],
  sv: ['Serie', 'Period', 'Nr', 'Nummer', 'Fakturadatum', 'Köpare', 'Brutto', 'Valuta', 'Status', 'Skäl till att numret lämnats'],
};
const missing: Record<Language, string> = { pl: 'BRAK NUMERU', en: 'NUMBER MISSING', hu: 'HIÁNYZÓ SZÁM', sv: 'NUMMER SAKNAS' };

type Row = {
  series: string;
  series_id: string;
  period: string;
  sequence_no: bigint;
  number: string;
  issue_date: string | null;
  buyer_name: string;
  gross_minor: bigint;
  currency: string;
  state: string;
  archived_at: Date | null;
  given_up_at: Date | null;
  reason: string | null;
};
type After = Pick<Row, 'series_id' | 'period' | 'sequence_no'>;

const pageSize = 1000;

export async function* registerRows(
  store: Store,
  organizationId: string,
  period: { from: string; to: string },
  language: Language,
): AsyncGenerator<string[]> {
  yield heads[language];
  let after: After | undefined;
  for (;;) {
    const rows = await store.org(organizationId, (tx) => page(tx, organizationId, period, after));
    for (const row of rows) yield cells(row);
    if (rows.length < pageSize) break;
    after = rows.at(-1);
  }
  const gaps = await store.org(organizationId, async (tx) => {
    const found: string[][] = [];
    for (const series of await listSeries(tx, organizationId)) {
      if (series.number_owner !== 'hub') continue;
      for (const gap of await gapsOf(tx, organizationId, series.id))
        found.push([series.name, gap.period, `${gap.from_no}–${gap.to_no}`, missing[language], '', '', '', '', '', '']);
    }
    return found;
  });
  yield* gaps;
}

async function page(tx: Tx, organizationId: string, { from, to }: { from: string; to: string }, after?: After): Promise<Row[]> {
  const beyond = after
    ? sql`and (r.series_id, r.period, r.sequence_no) > (${after.series_id}::uuid, ${after.period}, ${after.sequence_no})`
    : sql``;
  const { rows } = await sql<Row>`
    select s.name as series, r.series_id, r.period, r.sequence_no, r.number, d.issue_date, d.buyer_name, d.gross_minor, d.currency, d.state, d.archived_at, r.given_up_at, r.reason
    from number_register r
      join series s on s.organization_id = r.organization_id and s.id = r.series_id
      join document d on d.organization_id = r.organization_id and d.id = r.document_id
    where r.organization_id = ${organizationId} and coalesce(d.issue_date, r.allocated_at::date) between ${from}::date and ${to}::date ${beyond}
    order by r.series_id, r.period, r.sequence_no limit ${pageSize}`.execute(tx);
  return rows;
}

function cells(row: Row): string[] {
  return [
    row.series,
    row.period,
    row.sequence_no.toString(),
    row.number,
    row.issue_date ?? '',
    row.buyer_name,
    fromMinor(row.gross_minor, row.currency),
    row.currency,
    row.given_up_at ? 'given up' : row.archived_at ? `archived ${row.archived_at.toISOString().slice(0, 10)}` : row.state,
    row.reason ?? '',
  ];
}
