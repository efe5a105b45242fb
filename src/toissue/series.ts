import type { Selectable } from 'kysely';
import { sql } from 'kysely';
import { readConnection } from '../connections/index.ts';
import type { Manifest } from '../contract/manifest.ts';
import { cut } from '../domain/cut.ts';
import type { DocumentKind } from '../domain/documents/document.ts';
import { type Finding, hold } from '../domain/finding.ts';
import { move } from '../domain/lifecycle/index.ts';
import { formatNumber, mayCollide, type PatternProblem, periodKey, validatePattern } from '../domain/numbering/index.ts';
import type { Context, Who } from '../jobs/index.ts';
import { announce, audit, canonicalJson, json, newId, type Tables, type Tx } from '../store/index.ts';
import { BadCursor } from './query.ts';
import { lockDocument } from './write.ts';

export type Series = Selectable<Tables['series']>;
type SeriesInput = {
  id?: string;
  name: string;
  kind: DocumentKind;
  pattern: string;
  reset: Series['reset'];
  isDefault?: boolean;
  active?: boolean;
  numberOwner?: Series['number_owner'];
  reporter?: Series['reporter'];
  connectionId?: string | null;
  autoIssue?: boolean;
  settings?: Record<string, unknown>;
};

export async function listSeries(tx: Tx, organizationId: string): Promise<Series[]> {
  return tx.selectFrom('series').selectAll().where('organization_id', '=', organizationId).orderBy('kind').orderBy('name').execute();
}

/** What a series lacks before anything can be issued from it; shown as the warning sign and the red fields. */
export function seriesFindings(series: Series, manifest?: Manifest): Finding[] {
  const findings: Finding[] = [];
  if (!series.active) findings.push(hold('H_SERIES_INACTIVE', 'series', { series: series.name }));
  if (series.number_owner === 'hub') findings.push(...patternFindings(series.name, validatePattern(series.pattern, series.reset)));
  for (const field of (series.settings.required as string[] | undefined) ?? []) {
    if (!series.settings[field]) findings.push(hold('H_SERIES_INCOMPLETE', `series.settings.${field}`, { series: series.name, field }));
  }
  for (const field of manifest?.seriesFields ?? []) {
    const value = series.settings[field.key];
    const empty = value === undefined || value === null || value === '';
    if (!field.required || !empty || (field.kinds && !field.kinds.includes(series.kind))) continue;
    findings.push(
      hold('H_SERIES_FIELD', `series.settings.${field.key}`, {
        series: series.name,
        seriesId: series.id,
        field: field.key,
        provider: manifest!.name,
        ...fieldNames(field.label),
      }),
    );
  }
  return findings;
}

/** The name of a connector's field is the connector's own, in each language. */
function fieldNames(label: Record<'pl' | 'en' | 'hu' | 'sv', string>): Record<string, string> {
  return Object.fromEntries(Object.entries(label).map(([language, name]) => [`field@${language}`, name]));
}

/** What a connection may not be given: kinds its provider does not issue, ways it does not offer, series that belong to another. */
async function routeFindings(
  tx: Tx,
  ctx: Context,
  who: Who,
  wanted: Pick<Series, 'name' | 'kind' | 'connection_id' | 'number_owner' | 'reporter'>,
  before: Series | undefined,
): Promise<Finding[]> {
  if (!wanted.connection_id) return [];
  const connection = await readConnection(tx, who.organizationId, wanted.connection_id);
  if (!connection || connection.status === 'removed') return [hold('H_CONNECTION_UNKNOWN', 'series.connectionId')];
  const owner =
    before?.connection_id && before.connection_id !== connection.id
      ? await readConnection(tx, who.organizationId, before.connection_id)
      : undefined;
  if (owner && owner.status !== 'removed')
    return [hold('H_SERIES_OWNED', 'series.connectionId', { series: wanted.name, owner: owner.name, wanted: connection.name })];
  const manifest = ctx.connectors.get(connection.connector)?.manifest;
  if (!manifest?.documentKinds) return [];
  const findings: Finding[] = [];
  if (!manifest.documentKinds.includes(wanted.kind))
    findings.push(
      hold('H_SERIES_KIND_NOT_OFFERED', 'series.connectionId', { series: wanted.name, provider: manifest.name, kind: wanted.kind }),
    );
  if (manifest.numberOwners && !manifest.numberOwners.includes(wanted.number_owner))
    findings.push(hold('H_SERIES_WAY_NOT_OFFERED', 'series.numberOwner', { series: wanted.name, provider: manifest.name }));
  if (manifest.reporters && !manifest.reporters.includes(wanted.reporter))
    findings.push(hold('H_SERIES_WAY_NOT_OFFERED', 'series.reporter', { series: wanted.name, provider: manifest.name }));
  return findings;
}

function patternFindings(name: string, problems: PatternProblem[]): Finding[] {
  return problems.map((p) => hold('H_SERIES_PATTERN', 'series.pattern', { series: name, problem: p.code, token: p.token ?? '' }));
}

type SaveSeriesResult = { series: Series } | { findings: Finding[] };

/**
 * Makes or changes a series. The pattern of a series that has numbers may change, its kind, its reset and who numbers may not. That nothing was
 * issued from it is seen by the absence of rows: `for update` waits for those who are about to write the first (`asRead`).
 */
export async function saveSeries(ctx: Context, who: Who, input: SeriesInput): Promise<SaveSeriesResult> {
  const now = ctx.now();
  const owner = input.numberOwner ?? 'hub';
  const problems = owner === 'hub' ? patternFindings(input.name, validatePattern(input.pattern, input.reset)) : [];
  if (problems.length > 0) return { findings: problems };
  return ctx.store.org(who.organizationId, async (tx) => {
    const id = input.id ?? newId(now);
    const own = tx.selectFrom('series').selectAll().where('organization_id', '=', who.organizationId).where('id', '=', id);
    const seen = input.id ? await own.forNoKeyUpdate().executeTakeFirst() : undefined;
    // A name or a default is changed beside those who issue; nobody waits for them who need not. What their transfers go by is told to those
    // that wait (`tellWaiting`), so who is about to queue one is waited for.
    const counts =
      seen &&
      (seen.kind !== input.kind ||
        seen.number_owner !== owner ||
        seen.reset !== input.reset ||
        seen.pattern !== input.pattern ||
        (input.reporter !== undefined && seen.reporter !== input.reporter) ||
        (input.connectionId !== undefined && seen.connection_id !== input.connectionId) ||
        (input.settings !== undefined && canonicalJson(seen.settings) !== canonicalJson(input.settings)));
    const before = counts ? await own.forUpdate().executeTakeFirst() : seen;
    if (input.id && !before) return { findings: [hold('H_SERIES_UNKNOWN', 'series')] };
    const taken = await tx
      .selectFrom('series')
      .select('name')
      .where('organization_id', '=', who.organizationId)
      .where('name', '=', input.name)
      .where('active', '=', true)
      .where('id', '<>', id)
      .executeTakeFirst();
    if (taken && input.active !== false) return { findings: [hold('H_SERIES_NAME_TAKEN', 'series.name', { series: input.name })] };
    // Numbers are unique for the seller, so two series may not write the same ones; those of a closed series stay taken.
    if (owner === 'hub' && input.active !== false) {
      const others = await sql<{ name: string; pattern: string }>`
        select name, pattern from series s where organization_id = ${who.organizationId} and number_owner = 'hub' and id <> ${id}
          and (active or exists (select 1 from number_register r where r.organization_id = s.organization_id and r.series_id = s.id))`.execute(
        tx,
      );
      const same = others.rows.find((other) => mayCollide(other, input));
      if (same) return { findings: [hold('H_SERIES_PATTERN_TAKEN', 'series.pattern', { series: same.name })] };
    }
    if (before && (before.kind !== input.kind || before.number_owner !== owner || before.reset !== input.reset)) {
      const { rows: used } = await sql`
        select 1 from document where organization_id = ${who.organizationId} and series_id = ${id} and (number is not null or state in ('submitted','issued')) limit 1`.execute(
        tx,
      );
      if (used.length > 0) return { findings: [hold('H_SERIES_IN_USE', 'series.kind', { series: before.name })] };
    }
    if (input.isDefault) {
      await tx
        .updateTable('series')
        .set({ is_default: false })
        .where('organization_id', '=', who.organizationId)
        .where('kind', '=', input.kind)
        .where('id', '<>', id)
        .where('is_default', '=', true)
        .execute();
    }
    const values = {
      name: input.name,
      kind: input.kind,
      pattern: input.pattern,
      reset: input.reset,
      is_default: input.isDefault ?? before?.is_default ?? false,
      active: input.active ?? before?.active ?? true,
      number_owner: owner,
      reporter: input.reporter ?? before?.reporter ?? ('nobody' as const),
      connection_id: input.connectionId === undefined ? (before?.connection_id ?? null) : input.connectionId,
      auto_issue: input.autoIssue ?? before?.auto_issue ?? false,
      settings: json(input.settings ?? before?.settings ?? {}),
    };
    const moved = !before || before.connection_id !== values.connection_id;
    const rerouted = moved || before.number_owner !== owner || before.reporter !== values.reporter;
    const route = rerouted ? await routeFindings(tx, ctx, who, values, before) : [];
    if (route.length > 0) return { findings: route };
    const series = before
      ? await tx
          .updateTable('series')
          .set(values)
          .where('organization_id', '=', who.organizationId)
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirstOrThrow()
      : await tx
          .insertInto('series')
          .values({ organization_id: who.organizationId, id, created_at: now, ...values })
          .returningAll()
          .executeTakeFirstOrThrow();
    if (before) await ctx.jobs.enqueue(tx, 'reassess', [{ organizationId: who.organizationId, id: `series:${id}` }]);
    if (before && input.settings) await tellWaiting(tx, before, series);
    await announce(tx, who.organizationId, 'series', id);
    await audit(tx, who.organizationId, who.actor, now, [
      {
        action: before ? 'series changed' : 'series made',
        entity: 'series',
        entityId: id,
        data: { name: series.name, pattern: series.pattern, reset: series.reset, kind: series.kind },
      },
    ]);
    return { series };
  });
}

/** What waits to be sent, or was refused, goes by the settings as they are now: that is how a wrong one is mended. */
async function tellWaiting(tx: Tx, before: Series, after: Series): Promise<void> {
  await sql`update transfer t set settings = (t.settings - ${Object.keys(before.settings)}::text[]) || ${json(after.settings)}
    from document d where t.organization_id = ${after.organization_id} and t.verb = 'issue' and t.status in ('waiting', 'rejected')
      and d.organization_id = t.organization_id and d.id = t.document_id and d.series_id = ${after.id}`.execute(tx);
}

/** The number the next document of the series would get on that day. */
export async function nextNumber(tx: Tx, series: Series, day: string): Promise<string> {
  const period = periodKey(series.reset, day);
  const counter = await tx
    .selectFrom('series_counter')
    .select('next_no')
    .where('organization_id', '=', series.organization_id)
    .where('series_id', '=', series.id)
    .where('period', '=', period)
    .executeTakeFirst();
  return formatNumber(series.pattern, Number(counter?.next_no ?? 1n), day);
}

/** A series changed between being read and being used: everything is judged anew. */
export class SeriesChanged extends Error {
  override name = 'SeriesChanged';
}

/** The series if it still is as it was read; it stays so until the transaction ends (`saveSeries`). Others who issue do not wait. */
const asRead = (series: Series) => sql`select organization_id, id from series
  where organization_id = ${series.organization_id} and id = ${series.id} and kind = ${series.kind} and number_owner = ${series.number_owner}
    and reset = ${series.reset} and pattern = ${series.pattern} and reporter = ${series.reporter}
    and connection_id is not distinct from ${series.connection_id}::uuid and settings = ${json(series.settings)} for key share`;

/** Holds a series from which something goes out without a number. Throws `SeriesChanged`. */
export async function holdSeries(tx: Tx, series: Series): Promise<void> {
  const { rows } = await asRead(series).execute(tx);
  if (rows.length === 0) throw new SeriesChanged(series.name);
}

/**
 * Takes `count` consecutive numbers. The counter row is the queue of the series: it is held until the transaction ends. `last` is
 * the latest day of issue in the period, read under that lock. Throws `SeriesChanged`.
 */
export async function takeNumbers(
  tx: Tx,
  series: Series,
  day: string,
  count: number,
): Promise<{ period: string; first: bigint; last: string }> {
  const period = periodKey(series.reset, day);
  const { rows } = await sql<{ first: bigint; last: string }>`
    insert into series_counter as c (organization_id, series_id, period, next_no, last_issue_date)
    select s.organization_id, s.id, ${period}::text, ${1 + count}::bigint, ${day}::date from (${asRead(series)}) s
    on conflict (organization_id, series_id, period) do update
      set next_no = c.next_no + ${count}, last_issue_date = greatest(c.last_issue_date, excluded.last_issue_date)
    returning next_no - ${count} as first, last_issue_date as last`.execute(tx);
  if (!rows[0]) throw new SeriesChanged(series.name);
  return { period, ...rows[0] };
}

/** Gives up the number of a refused document for a stated reason: the register keeps it, explained, and the document ends. */
export async function giveUpNumber(
  ctx: Context,
  who: Who,
  documentId: string,
  reason: string,
): Promise<{ number: string } | { findings: Finding[] }> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const row = await lockDocument(tx, who.organizationId, documentId);
    if (!row) return { findings: [hold('H_DOCUMENT_UNKNOWN')] };
    const to = move({ state: row.state, numbered: row.number !== null }, 'give_up', 'person', reason);
    if ('refused' in to || row.number === null || row.sequence_no === null) {
      const why = 'refused' in to ? to.refused : 'state';
      return { findings: [hold('H_MOVE_REFUSED', why === 'reason' ? 'reason' : 'state', { move: 'give_up', state: row.state, why })] };
    }
    const held = await tx
      .selectFrom('transfer')
      .select('id')
      .where('organization_id', '=', who.organizationId)
      .where('document_id', '=', documentId)
      .where('verb', '=', 'issue')
      .where('status', '=', 'accepted')
      .executeTakeFirst();
    // Its provider holds it: the order would be free for a second invoice.
    if (held) return { findings: [hold('H_MOVE_REFUSED', 'state', { move: 'give_up', state: row.state, why: 'provider' })] };
    const now = ctx.now();
    await tx
      .updateTable('document')
      .set({ state: to.to, version: row.version + 1, updated_at: now })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', documentId)
      .execute();
    await tx
      .updateTable('number_register')
      .set({ given_up_at: now, reason: cut(reason.trim(), 500) })
      .where('organization_id', '=', who.organizationId)
      .where('document_id', '=', documentId)
      .where('given_up_at', 'is', null)
      .execute();
    await announce(tx, who.organizationId, 'documents', documentId);
    await audit(tx, who.organizationId, who.actor, now, [
      { action: 'number given up', entity: 'document', entityId: documentId, data: { number: row.number, reason } },
    ]);
    return { number: row.number };
  });
}

/** Every number of a series, explained; and the gaps, of which there must be none. */
export async function registerOf(
  tx: Tx,
  organizationId: string,
  seriesId: string,
  options: { period?: string; before?: string; limit: number },
) {
  let query = tx
    .selectFrom('number_register as r')
    .innerJoin('document as d', (join) => join.onRef('d.organization_id', '=', 'r.organization_id').onRef('d.id', '=', 'r.document_id'))
    .select([
      'r.period',
      'r.sequence_no',
      'r.number',
      'r.allocated_at',
      'r.document_id',
      'r.given_up_at',
      'r.reason',
      'd.buyer_name',
      'd.gross_minor',
      'd.currency',
      'd.state',
      'd.archived_at',
    ])
    .where('r.organization_id', '=', organizationId)
    .where('r.series_id', '=', seriesId)
    .orderBy('r.period', 'desc')
    .orderBy('r.sequence_no', 'desc')
    .limit(options.limit);
  if (options.period) query = query.where('r.period', '=', options.period);
  if (options.before) {
    const [, period, no] = /^([\d-]{0,10})\|(\d{1,18})$/.exec(options.before) ?? [];
    if (period === undefined) throw new BadCursor('the page cursor is not one of ours: begin again without it');
    query = query.where(sql<boolean>`(r.period, r.sequence_no) < (${period}, ${no}::bigint)`);
  }
  const rows = await query.execute();
  const gaps = await gapsOf(tx, organizationId, seriesId);
  const last = rows.at(-1);
  return {
    entries: rows,
    gaps,
    nextCursor: rows.length === options.limit && last ? `${last.period}|${last.sequence_no}` : undefined,
  };
}

type Gap = { period: string; from_no: bigint; to_no: bigint };

/**
 * Numbers that were given and are not in the register; a hundred at most, by period. Looked for beyond the number up to which the night
 * found the period whole.
 */
export async function gapsOf(tx: Tx, organizationId: string, seriesId: string): Promise<Gap[]> {
  const { rows } = await sql<Gap>`
    with counter as (select period, next_no, whole_no from series_counter where organization_id = ${organizationId} and series_id = ${seriesId})
    select period, prev + 1 as from_no, sequence_no - 1 as to_no from (
      select c.period, r.sequence_no, coalesce(lag(r.sequence_no) over (partition by c.period order by r.sequence_no), c.whole_no) as prev
      from counter c join number_register r on r.organization_id = ${organizationId} and r.series_id = ${seriesId} and r.period = c.period and r.sequence_no > c.whole_no) s
    where sequence_no <> prev + 1
    union all
    select c.period, coalesce(m.last, c.whole_no) + 1, c.next_no - 1 from counter c
      cross join lateral (select max(r.sequence_no) as last from number_register r
        where r.organization_id = ${organizationId} and r.series_id = ${seriesId} and r.period = c.period and r.sequence_no > c.whole_no) m
      where coalesce(m.last, c.whole_no) < c.next_no - 1
    order by 1, 2 limit 100`.execute(tx);
  return rows;
}

/** Notes up to where each period of the organization's series is whole; by night, for it locks the counters. */
export async function noteWholeNumbers(tx: Tx, organizationId: string): Promise<void> {
  for (const series of await listSeries(tx, organizationId)) {
    if (series.number_owner !== 'hub') continue;
    const gaps = await gapsOf(tx, organizationId, series.id);
    const broken = [...new Set(gaps.map((gap) => gap.period))];
    await sql`update series_counter c set whole_no = least(c.next_no - 1, (select max(r.sequence_no) from number_register r
        where r.organization_id = c.organization_id and r.series_id = c.series_id and r.period = c.period))
      where c.organization_id = ${organizationId} and c.series_id = ${series.id} and not (c.period = any(${broken}::text[])) and c.whole_no < c.next_no - 1
        and exists (select 1 from number_register r where r.organization_id = c.organization_id and r.series_id = c.series_id and r.period = c.period)`.execute(
      tx,
    );
  }
}
