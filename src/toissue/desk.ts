import { sql } from 'kysely';
import { civilDay } from '../domain/days/day.ts';
import type { DocumentKind } from '../domain/documents/document.ts';
import type { Context } from '../jobs/index.ts';
import type { Tx } from '../store/index.ts';
import { type Organization, organizationOf } from './organization.ts';
import { openProviderDesk, type ProviderDesk } from './provider.ts';
import type { Series } from './series.ts';

/** `last_issue_date` is the latest day that a number of the series was given for. */
type DeskSeries = Series & { last_issue_date: string | null };

/** What preparing, judging and issuing need to know of the organization, for one transaction. */
export type Desk = {
  tx: Tx;
  now: Date;
  /** Civil day of the organization. */
  today: string;
  organization: Organization;
  series: DeskSeries[];
  provider: ProviderDesk;
};

/** Read in one step: every round trip more would hold everybody's series longer. */
export async function openDesk(tx: Tx, ctx: Context, organizationId: string): Promise<Desk> {
  const { rows } = await sql<{ organization: Parameters<typeof organizationOf>[0]; series: DeskSeries[] | null }>`
    select row_to_json(o) as organization,
      (select json_agg(s) from (
        select s.*, (select max(c.last_issue_date) from series_counter c where c.organization_id = s.organization_id and c.series_id = s.id) as last_issue_date
        from series s where s.organization_id = o.id order by s.kind, s.name) s) as series
    from organization o where o.id = ${organizationId}`.execute(tx);
  if (!rows[0]) throw new Error(`organization ${organizationId} does not exist`);
  const organization = organizationOf(rows[0].organization);
  const now = ctx.now();
  return {
    tx,
    now,
    today: civilDay(now.toISOString(), organization.zone),
    organization,
    series: rows[0].series ?? [],
    provider: openProviderDesk(tx, ctx, organizationId),
  };
}

function usualSeries<S extends Series>(series: S[], kind: DocumentKind): S | undefined {
  return series.find((s) => s.kind === kind && s.is_default && s.active);
}

/** The series that something new of this kind goes by: the one that is wanted, where it fits, else the usual one. */
export function seriesFor<S extends Series>(series: S[], kind: DocumentKind, wanted?: string | null): S | undefined {
  return series.find((s) => s.id === wanted && s.kind === kind) ?? usualSeries(series, kind);
}

/** The series that a document goes out by: its own, whatever became of it, else the usual one of its kind. */
export function seriesOf<S extends Series>(series: S[], document: { series_id: string | null; kind: DocumentKind }): S | undefined {
  return series.find((s) => s.id === document.series_id) ?? usualSeries(series, document.kind);
}
