import type { Selectable } from 'kysely';
import { addDays, civilDay, dayOf, dayOfLaterMonth } from '../domain/days/day.ts';
import { type RetentionLaw, regimeOf } from '../domain/regimes/index.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, type Tables, type Tx } from '../store/index.ts';
import { type Organization, readOrganization, type Who } from '../toissue/index.ts';

/** How long an organization keeps its documents, and from when on they may leave. */
type Retention = {
  /** Years, as the law of the country counts them. */
  years: number;
  /** The month in which the financial year ends. */
  yearEnds: number;
  /** Texts as they came in and went out leave after so many months; null: with their documents. */
  rawMonths: number | null;
};
export type Terms = Retention & {
  lawfulYears: number;
  law: string;
  /** Documents of days before this one are past their term; the second day is for sales taxed in the buyer's country. */
  untilDay: string;
  longUntilDay: string;
};

/** Records of sales taxed in the buyer's country are kept ten years from the end of the year of the sale (2006/112/EC art. 369k). */
const longTerm: RetentionLaw = { years: 10, from: 0, law: '2006/112/EC art. 369k' };

/**
 * The first day whose documents must still be kept today.
 * A document of financial year F leaves after the last day of the year F + from + years; the financial year is named after the calendar
 * year in which it ends.
 */
export function firstKeptDay(today: string, { from, years }: Pick<RetentionLaw, 'from' | 'years'>, yearEnds: number): string {
  const lastYearOver = Number(today.slice(0, 4)) - 1 - from - years;
  // The day after the end of that financial year.
  const lastMonth = dayOf(lastYearOver, yearEnds, 1);
  return dayOfLaterMonth(lastMonth, 1, 1);
}

const settings = (row: Selectable<Tables['retention']> | undefined, law: RetentionLaw): Retention => ({
  years: Math.max(row?.years ?? law.years, law.years),
  yearEnds: row?.year_ends ?? 12,
  rawMonths: row?.raw_months ?? null,
});

export async function readTerms(tx: Tx, organization: Organization, now: Date): Promise<Terms> {
  const law = regimeOf(organization.country).retention;
  const row = await tx.selectFrom('retention').selectAll().where('organization_id', '=', organization.id).executeTakeFirst();
  const kept = settings(row, law);
  const today = civilDay(now.toISOString(), organization.zone);
  const long = { from: longTerm.from, years: Math.max(longTerm.years, kept.years + law.from - longTerm.from) };
  return {
    ...kept,
    lawfulYears: law.years,
    law: law.law,
    untilDay: firstKeptDay(today, { from: law.from, years: kept.years }, kept.yearEnds),
    longUntilDay: firstKeptDay(today, long, kept.yearEnds),
  };
}

/** Keeps the settings; undefined when they are shorter than the law. */
export async function saveRetention(ctx: Context, who: Who, wanted: Retention): Promise<Terms | undefined> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const organization = await readOrganization(tx, who.organizationId);
    if (wanted.years < regimeOf(organization.country).retention.years) return undefined;
    const values = {
      years: wanted.years,
      year_ends: wanted.yearEnds,
      raw_months: wanted.rawMonths,
      updated_at: ctx.now(),
    };
    await tx
      .insertInto('retention')
      .values({ organization_id: who.organizationId, ...values })
      .onConflict((c) => c.column('organization_id').doUpdateSet(values))
      .execute();
    await announce(tx, who.organizationId, 'archive');
    await audit(tx, who.organizationId, who.actor, ctx.now(), [
      {
        action: 'term of keeping changed',
        entity: 'organization',
        entityId: who.organizationId,
        data: { years: String(wanted.years), yearEnds: String(wanted.yearEnds), rawMonths: String(wanted.rawMonths ?? '') },
      },
    ]);
    return readTerms(tx, organization, ctx.now());
  });
}

/** The day before which raw texts leave, undefined when they stay with their documents. */
export function rawUntil({ rawMonths }: Pick<Retention, 'rawMonths'>, now: Date): Date | undefined {
  if (rawMonths === null) return undefined;
  return new Date(addDays(now.toISOString().slice(0, 10), -Math.ceil(rawMonths * 30.5)));
}
