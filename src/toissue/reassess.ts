import { sql } from 'kysely';
import type { Context } from '../jobs/index.ts';
import { announce, byLot, type Tx } from '../store/index.ts';
import { judgeAgain } from './assess.ts';
import { openDesk } from './desk.ts';
import { startAutomaticIssue } from './prepare-orders.ts';
import { fetchRates } from './rates.ts';
import { heldOver, holdUnreadable, unreadable } from './unreadable.ts';
import { lockDocuments, updateContent } from './write.ts';

/**
 * Judges the documents of a connection or a series anew: a mapping was made, a field of the series filled, another connection chosen.
 * What is no longer held and belongs to a series that issues by itself is issued. `about` is `connection:<id>` or `series:<id>`.
 */
export async function reassess(ctx: Context, organizationId: string, about: string): Promise<number> {
  let after = '00000000-0000-0000-0000-000000000000';
  let changed = 0;
  // After one that cannot be written they go one by one: only that one is held.
  for (let single = 0; ; ) {
    try {
      const step = await ctx.store.org(organizationId, (tx) =>
        reassessSome(tx, ctx, organizationId, about, after, single > 0 ? 1 : atOnce),
      );
      changed += step.changed;
      if (step.last === undefined) return changed;
      after = step.last;
      single = Math.max(0, single - 1);
    } catch (error) {
      const finding = unreadable(error);
      if (!finding) throw error;
      if (single === 0) single = atOnce;
      else
        after = await ctx.store.org(organizationId, async (tx) => {
          const [id] = await nextOf(tx, organizationId, about, after, 1);
          if (!id) throw error;
          await holdUnreadable(tx, organizationId, ctx.now(), [{ id, findings: [finding] }]);
          return id;
        });
    }
  }
}

const atOnce = 100;

async function nextOf(tx: Tx, organizationId: string, about: string, after: string, limit: number): Promise<string[]> {
  const [kind, id = ''] = about.split(':');
  const mine = kind === 'series' ? sql`s.id = ${id}::uuid` : sql`s.connection_id = ${id}::uuid`;
  const { rows } = await sql<{ id: string }>`
    select d.id from document d join series s on s.organization_id = d.organization_id and s.id = d.series_id
    where d.organization_id = ${organizationId} and d.state in ('to_issue','refused') and d.id > ${after}::uuid and ${mine}
    order by d.id limit ${limit}`.execute(tx);
  return rows.map((row) => row.id);
}

async function reassessSome(
  tx: Tx,
  ctx: Context,
  organizationId: string,
  about: string,
  after: string,
  limit: number,
): Promise<{ changed: number; last?: string }> {
  const ids = await nextOf(tx, organizationId, about, after, limit);
  return ids.length === 0 ? { changed: 0 } : { changed: await reassessThese(tx, ctx, organizationId, ids), last: ids.at(-1)! };
}

/** Returns how many are judged otherwise than before. */
async function reassessThese(tx: Tx, ctx: Context, organizationId: string, ids: string[]): Promise<number> {
  const desk = await openDesk(tx, ctx, organizationId);
  const rows = await lockDocuments(tx, organizationId, ids);
  const released = [];
  let changed = 0;
  for (const row of rows) {
    if (row.state !== 'to_issue' && row.state !== 'refused') continue;
    const judged = await judgeAgain(desk, row, row.content).catch(heldOver(row.content));
    if (!('content' in judged)) {
      await holdUnreadable(tx, organizationId, desk.now, [{ id: row.id, findings: judged.findings }]);
      continue;
    }
    const { content, findings } = judged;
    // What the provider said of a refused document stays until somebody changes the document or sends it again.
    const kept = row.state === 'refused' ? row.findings.filter((f) => !byOthers.has(f.code)) : [];
    const next = [...findings, ...kept.filter((f) => !findings.some((g) => g.code === f.code && g.where === f.where))];
    if (JSON.stringify(next) === JSON.stringify(row.findings)) continue;
    await updateContent(tx, organizationId, row.id, desk.now, content, next);
    changed++;
    const held = next.some((f) => f.level === 'hold');
    if (row.held && !held && row.state === 'to_issue') released.push({ id: row.id, held, series_id: row.series_id });
  }
  const { untouched, ofChannel } = await asPrepared(
    tx,
    organizationId,
    released.map((r) => r.id),
  );
  const ready = released.filter((r) => untouched.has(r.id));
  await startAutomaticIssue(tx, ctx, organizationId, ready, desk.series, ofChannel);
  if (changed > 0) await announce(tx, organizationId, 'documents');
  return changed;
}

/** Findings that go when something outside the document is mended: a mapping is made, a rate published. */
const byOthers = new Set(['H_MAPPING_MISSING', 'H_EXCHANGE_MISSING']);

const sweptAtOnce = 200;

/**
 * Documents that wait for a rate get it once it is published, whoever asked for it first. Run every minute: so many of each organization, and
 * each time others, so that those whose rate never comes keep nobody from his. One organization's trouble is its own.
 */
export async function sweepRates(ctx: Context): Promise<void> {
  const { rows } = await sql<{ organization_id: string; ids: string[] }>`
    select organization_id, array_agg(id::text) as ids from (
      select d.organization_id, d.id, row_number() over (partition by d.organization_id order by ${byLot(ctx.now(), 'd.id')}) as place
      from document d join organization o on o.id = d.organization_id
      where d.held and d.state in ('to_issue','refused') and 'H_EXCHANGE_MISSING' = any(d.hold_codes) and o.policies->>'exchangeUrl' <> '') d
    where place <= ${sweptAtOnce} group by 1`.execute(ctx.store.db);
  for (const { organization_id, ids } of rows) {
    try {
      if ((await fetchRates(ctx, organization_id, ids)) > 0) await reassessParts(ctx, organization_id, ids);
    } catch (error) {
      ctx.log('error', 'documents that wait for a rate could not be judged', {
        organization: organization_id,
        error: (error as Error).message,
      });
    }
  }
}

/** One that cannot be written is held, and keeps no other back. */
async function reassessParts(ctx: Context, organizationId: string, ids: string[]): Promise<void> {
  try {
    await ctx.store.org(organizationId, (tx) => reassessThese(tx, ctx, organizationId, ids));
  } catch (error) {
    const finding = unreadable(error);
    if (!finding) throw error;
    if (ids.length === 1)
      return ctx.store.org(organizationId, (tx) => holdUnreadable(tx, organizationId, ctx.now(), [{ id: ids[0]!, findings: [finding] }]));
    const half = Math.ceil(ids.length / 2);
    await reassessParts(ctx, organizationId, ids.slice(0, half));
    await reassessParts(ctx, organizationId, ids.slice(half));
  }
}

/**
 * Which of these are still as they were prepared from their order: nobody changed, accepted or asked for anything. What a person made or
 * touched is issued by that person. `ofChannel`: those whose channel has its documents issued by themselves.
 */
async function asPrepared(
  tx: Tx,
  organizationId: string,
  ids: string[],
): Promise<{ untouched: ReadonlySet<string>; ofChannel: ReadonlySet<string> }> {
  if (ids.length === 0) return { untouched: new Set(), ofChannel: new Set() };
  const { rows } = await sql<{ id: string; of_channel: boolean }>`
    select d.id, c.status = 'active' and c.settings->'autoIssue' = 'true'::jsonb as of_channel
    from document d join sales_order o on o.organization_id = d.organization_id and o.id = d.order_id
      join connection c on c.organization_id = o.organization_id and c.id = o.connection_id
    where d.organization_id = ${organizationId} and d.id = any(${ids}::uuid[]) and d.purpose in ('sale', 'proforma') and d.corrects_id is null
      and cardinality(d.edited) = 0 and cardinality(d.settled) = 0
      and not exists (select 1 from audit a where a.organization_id = d.organization_id and a.entity_id = d.id::text
        and a.action = 'invoice prepared after proforma')`.execute(tx);
  return { untouched: new Set(rows.map((r) => r.id)), ofChannel: new Set(rows.flatMap((r) => (r.of_channel ? [r.id] : []))) };
}
