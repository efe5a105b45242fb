import { addDays, civilDay } from '../../domain/days/day.ts';
import { hold } from '../../domain/finding.ts';
import { fromMinor } from '../../domain/money/money.ts';
import { formatNumber, type Reset, validatePattern } from '../../domain/numbering/index.ts';
import type { Context } from '../../jobs/index.ts';
import type { Tx } from '../../store/index.ts';
import {
  listSeries,
  nextNumber,
  openProviderDesk,
  readOrganization,
  registerOf,
  type Series,
  saveSeries,
  seriesFindings,
} from '../../toissue/index.ts';
import { tryHeldSeries } from '../../transfer/index.ts';
import { notFound, Refusal } from '../problem.ts';
import { route } from '../route.ts';
import * as s from '../schemas/index.ts';

const tag = 'series';

async function seriesOf(tx: Tx, ctx: Context, series: Series, today: string): Promise<s.Series> {
  const manifest = await openProviderDesk(tx, ctx, series.organization_id).manifest(series);
  const findings = seriesFindings(series, manifest);
  const numbered = series.number_owner === 'hub' && !findings.some((f) => f.code === 'H_SERIES_PATTERN');
  return {
    id: series.id,
    name: series.name,
    kind: series.kind,
    pattern: series.pattern,
    reset: series.reset,
    isDefault: series.is_default,
    active: series.active,
    numberOwner: series.number_owner,
    reporter: series.reporter,
    connectionId: series.connection_id,
    autoIssue: series.auto_issue,
    settings: series.settings,
    findings,
    nextNumber: numbered ? await nextNumber(tx, series, today) : null,
  };
}

async function todayOf(tx: Tx, organizationId: string, now: Date): Promise<string> {
  return civilDay(now.toISOString(), (await readOrganization(tx, organizationId)).zone);
}

const daysOn = { daily: 1, monthly: 31, yearly: 366, never: 31 };

/** Two of today and one of another day: where the counter begins anew, of the period after this one. */
export function firstNumbers(pattern: string, reset: Reset, today: string): string[] {
  const later = addDays(today, daysOn[reset]);
  return [formatNumber(pattern, 1, today), formatNumber(pattern, 2, today), formatNumber(pattern, reset === 'never' ? 3 : 1, later)];
}

export const seriesRoutes = [
  route({
    method: 'GET',
    url: '/series',
    needs: 'read',
    tag,
    summary: 'Series with what is missing in each and its next number',
    answer: s.seriesListSchema,
    handler: async ({ ctx, who }) =>
      ctx.store.org(who.organizationId, async (tx) => {
        const today = await todayOf(tx, who.organizationId, ctx.now());
        const items: s.Series[] = [];
        for (const one of await listSeries(tx, who.organizationId)) items.push(await seriesOf(tx, ctx, one, today));
        return { items };
      }),
  }),
  route({
    method: 'POST',
    url: '/series',
    needs: 'settings',
    tag,
    summary: 'Make a series',
    body: s.seriesInput,
    answer: s.seriesSchema,
    status: 201,
    handler: async ({ ctx, who, body }) => {
      const saved = await saveSeries(ctx, who, body);
      if ('findings' in saved) throw new Refusal(422, 'refused', 'The series was not made.', saved.findings);
      return ctx.store.org(who.organizationId, async (tx) =>
        seriesOf(tx, ctx, saved.series, await todayOf(tx, who.organizationId, ctx.now())),
      );
    },
  }),
  route({
    method: 'PATCH',
    url: '/series/:id',
    needs: 'settings',
    tag,
    summary: 'Change a series; its kind and who numbers stay once it has numbers',
    params: s.idParams,
    body: s.seriesPatch,
    answer: s.seriesSchema,
    handler: async ({ ctx, who, params, body }) => {
      const before = (await ctx.store.org(who.organizationId, (tx) => listSeries(tx, who.organizationId))).find(
        (one) => one.id === params.id,
      );
      if (!before) throw notFound('a series of this id');
      const { name, kind, pattern, reset, number_owner: numberOwner } = before;
      const saved = await saveSeries(ctx, who, { name, kind, pattern, reset, numberOwner, ...body, id: params.id });
      if ('findings' in saved) throw new Refusal(422, 'refused', 'The series stays as it was.', saved.findings);
      if (body.settings && saved.series.connection_id) await tryHeldSeries(ctx, who, saved.series.connection_id, params.id);
      return ctx.store.org(who.organizationId, async (tx) =>
        seriesOf(tx, ctx, saved.series, await todayOf(tx, who.organizationId, ctx.now())),
      );
    },
  }),
  route({
    method: 'GET',
    url: '/series/preview',
    needs: 'read',
    tag,
    summary: 'What numbers a pattern gives',
    query: s.numberPreviewQuery,
    answer: s.numberPreviewAnswer,
    handler: async ({ ctx, who, query }) => {
      const findings = validatePattern(query.pattern, query.reset).map((problem) =>
        hold('H_SERIES_PATTERN', 'pattern', { problem: problem.code }),
      );
      if (findings.length > 0) return { numbers: [], findings };
      const today = query.day ?? (await ctx.store.org(who.organizationId, (tx) => todayOf(tx, who.organizationId, ctx.now())));
      return { numbers: firstNumbers(query.pattern, query.reset, today), findings };
    },
  }),
  route({
    method: 'GET',
    url: '/series/:id/register',
    needs: 'read',
    tag,
    summary: 'Every number of the series, explained; and the gaps, of which there are none',
    params: s.idParams,
    query: s.registerQuery,
    answer: s.registerSchema,
    handler: async ({ ctx, who, params, query }) => {
      if (query.cursor && !/^[\w-]*\|\d{1,18}$/.test(query.cursor))
        throw new Refusal(400, 'bad-cursor', 'The page cursor is not one of ours: begin again without it.');
      const register = await ctx.store.org(who.organizationId, async (tx) => {
        if (!(await listSeries(tx, who.organizationId)).some((one) => one.id === params.id)) throw notFound('a series of this id');
        return registerOf(tx, who.organizationId, params.id, { period: query.period, before: query.cursor, limit: query.limit ?? 100 });
      });
      return {
        items: register.entries.map((entry) => ({
          period: entry.period,
          sequenceNo: Number(entry.sequence_no),
          number: entry.number,
          allocatedAt: entry.allocated_at.toISOString(),
          documentId: entry.document_id,
          buyerName: entry.buyer_name,
          gross: fromMinor(entry.gross_minor, entry.currency),
          currency: entry.currency,
          state: entry.state,
          givenUpAt: entry.given_up_at?.toISOString() ?? null,
          archivedAt: entry.archived_at?.toISOString() ?? null,
          reason: entry.reason,
        })),
        gaps: register.gaps.map((gap) => ({ period: gap.period, from: Number(gap.from_no), to: Number(gap.to_no) })),
        nextCursor: register.nextCursor,
      };
    },
  }),
];
