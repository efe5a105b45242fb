import { sql } from 'kysely';
import { readConnection, saveConnection } from '../connections/index.ts';
import { blockedSeries, causeOf, closeCases } from '../diagnosis/index.ts';
import type { Finding } from '../domain/finding.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, type Tx } from '../store/index.ts';
import { listSeries, saveSeries, type Who } from '../toissue/index.ts';
import { resendTransfer } from './again.ts';
import { isHeldBack, lockGate } from './claim.ts';
import { probeNext } from './record.ts';

/** A connection or a series that was stopped goes on: because something worked, or because a person says that it is mended. */

/** Something worked that was sent at this moment: it proves the connection and its series, but nothing of a card that opened later. */
export type Worked = { at: Date; seriesId: string | null };
/** A person's word: it holds for the connection, where it is not about series alone, and for these series. */
type Word = { connection: boolean; series: string[] };

/** Makes a blocked connection active again, closes the cards that are mended and nudges everything that waits on it. */
export async function reopen(
  tx: Tx,
  ctx: Context,
  organizationId: string,
  connectionId: string,
  actor: string,
  because: { worked: Worked[] } | { word: Word },
): Promise<void> {
  const worked = 'worked' in because ? because.worked : undefined;
  // Most of what works finds a connection that works and no card: one look, nothing written.
  const { rows: looked } = await sql<{ matters: boolean }>`
    select status = 'blocked' or not ever_worked or exists (select 1 from cause_case where organization_id = ${organizationId} and connection_id = ${connectionId} and closed_at is null) as matters
    from connection where organization_id = ${organizationId} and id = ${connectionId}`.execute(tx);
  if (!looked[0]?.matters && worked) return;
  const open = await tx
    .selectFrom('cause_case as k')
    .innerJoin('connection as c', (join) => join.onRef('c.organization_id', '=', 'k.organization_id').onRef('c.id', '=', 'k.connection_id'))
    .select(['k.id', 'k.code', 'k.series_id', 'k.opened_at', 'c.connector'])
    .where('k.organization_id', '=', organizationId)
    .where('k.connection_id', '=', connectionId)
    .where('k.closed_at', 'is', null)
    .execute();
  const isProven = (k: { opened_at: Date; series_id: string | null }) =>
    'word' in because
      ? k.series_id === null
        ? because.word.connection
        : because.word.series.includes(k.series_id)
      : because.worked.some((w) => w.at >= k.opened_at && (k.series_id === null || k.series_id === w.seriesId));
  const stopping = (k: { code: string; connector: string }) => causeOf(ctx, k.connector, k.code).stops;
  const ofConnection = open.filter((k) => k.series_id === null && ['connection', 'series'].includes(stopping(k)));
  const ofSeries = open.filter((k) => k.series_id !== null);
  // Cards of single documents are not mended by another one that worked.
  const mended = new Set([...ofConnection, ...ofSeries].filter(isProven).map((k) => k.id));
  // What was under way when the connection stopped may still be answered with a yes: that mends nothing.
  const isFree = ofConnection.every(isProven);
  const { numUpdatedRows } = isFree
    ? await tx
        .updateTable('connection')
        .set({ status: 'active', ever_worked: true, updated_at: ctx.now() })
        .where('organization_id', '=', organizationId)
        .where('id', '=', connectionId)
        .where((e) => e.or([e('status', '=', 'blocked'), e.and([e('status', '=', 'active'), e('ever_worked', '=', false)])]))
        .executeTakeFirst()
    : { numUpdatedRows: 0n };
  if (numUpdatedRows === 0n && mended.size === 0 && worked) return;
  await closeCases(tx, ctx, organizationId, connectionId, actor, (k) => mended.has(k.id));
  // The connection is locked by now, and who holds one of these may want it: he sees to that one himself, and is not waited for (ADR 3).
  const { rows: waiting } = await sql<{ id: string }>`
    update transfer set next_at = null where organization_id = ${organizationId} and id in (
      select t.id from transfer t where t.organization_id = ${organizationId} and t.connection_id = ${connectionId} and t.status = 'waiting' and not ${isHeldBack}
      order by t.id for no key update of t skip locked) returning id`.execute(tx);
  const due = await tx
    .selectFrom('transfer')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .where('status', 'in', ['unknown', 'pending'])
    .where('next_at', 'is not', null)
    .execute();
  // One nudge: whoever takes it goes on with everything that is due on the connection.
  const [next] = [...waiting, ...due];
  if (next) await ctx.jobs.enqueue(tx, 'transfer', [{ organizationId, id: next.id }]);
  await announce(tx, organizationId, 'connections', connectionId);
}

/**
 * "I have mended it": tries one document of the connection, or of each series that is stopped (of `seriesId` alone); when that works,
 * the card closes and all go by themselves. `all` goes on with the next one if the first fails by a fault of its own. Returns how many
 * are set in motion.
 */
export async function resumeConnection(
  ctx: Context,
  organizationId: string,
  actor: string,
  connectionId: string,
  mode: 'one' | 'all',
  seriesId?: string,
): Promise<number> {
  return ctx.store.org(organizationId, async (tx) => {
    await lockGate(tx, organizationId, connectionId);
    await tx
      .updateTable('connection_gate')
      .set({ open_until: null, failures: 0 })
      .where('organization_id', '=', organizationId)
      .where('connection_id', '=', connectionId)
      .execute();
    const { status } = await tx
      .selectFrom('connection')
      .select('status')
      .where('organization_id', '=', organizationId)
      .where('id', '=', connectionId)
      .executeTakeFirstOrThrow();
    if (status === 'removed') return 0;
    const of = { organization_id: organizationId, connection_id: connectionId };
    let moved = 0;
    if (status === 'blocked') {
      const waiting = await waitingOn(tx, of);
      const probing = await probeNext(tx, ctx, of, { mode, seriesId: null });
      // Nothing waits that could prove it: go on at once.
      const held = await blockedSeries(tx, organizationId, connectionId);
      const word = { connection: true, series: held.map((k) => k.series_id!) };
      if (!probing) await reopen(tx, ctx, organizationId, connectionId, actor, { word });
      moved = mode === 'one' && probing ? 1 : waiting;
    } else {
      const free: string[] = [];
      const held = new Set((await blockedSeries(tx, organizationId, connectionId)).map((k) => k.series_id!));
      for (const id of held) {
        if (seriesId && id !== seriesId) continue;
        const waiting = await waitingOn(tx, of, id);
        if (await probeNext(tx, ctx, of, { mode, seriesId: id })) moved += mode === 'one' ? 1 : waiting;
        else free.push(id);
      }
      if (!seriesId) moved += await waitingOn(tx, of, null);
      // Nothing stood in the way of the rest: it goes on at once.
      const word = { connection: !seriesId, series: free };
      if (!seriesId || free.length > 0) await reopen(tx, ctx, organizationId, connectionId, actor, { word });
    }
    await audit(tx, organizationId, actor, ctx.now(), [
      { action: 'connection resumed', entity: 'connection', entityId: connectionId, data: { mode, ...(seriesId ? { seriesId } : {}) } },
    ]);
    return moved;
  });
}

/** Settings were changed: series that are stopped try with them, each by one document. */
export async function tryHeldSeries(ctx: Context, who: Who, connectionId: string, seriesId?: string): Promise<void> {
  const held = await ctx.store.org(who.organizationId, (tx) => blockedSeries(tx, who.organizationId, connectionId));
  if (held.some((k) => seriesId === undefined || k.series_id === seriesId))
    await resumeConnection(ctx, who.organizationId, who.actor, connectionId, 'all', seriesId);
}

/** How many wait: on the connection, of one series, or (null) of the series that are not stopped. */
async function waitingOn(tx: Tx, of: { organization_id: string; connection_id: string }, seriesId?: string | null): Promise<number> {
  const which =
    seriesId === undefined
      ? sql`true`
      : seriesId === null
        ? sql`not ${isHeldBack}`
        : sql`t.verb = 'issue' and exists (select 1 from document d where d.organization_id = t.organization_id and d.id = t.document_id and d.series_id = ${seriesId}::uuid)`;
  const { rows } = await sql<{ n: bigint }>`select count(*) as n from transfer t where t.organization_id = ${of.organization_id}
    and t.connection_id = ${of.connection_id} and t.status = 'waiting' and ${which}`.execute(tx);
  return Number(rows[0]!.n);
}

/** "I have mended it" on a card: a connection goes on, single documents are sent or asked about again. */
export async function mendedCause(ctx: Context, who: Who, caseId: string, mode: 'one' | 'all'): Promise<number | undefined> {
  const found = await ctx.store.org(who.organizationId, async (tx) => {
    const card = await tx
      .selectFrom('cause_case as k')
      .innerJoin('connection as c', (join) =>
        join.onRef('c.organization_id', '=', 'k.organization_id').onRef('c.id', '=', 'k.connection_id'),
      )
      .select(['k.connection_id', 'k.series_id', 'k.code', 'c.connector'])
      .where('k.organization_id', '=', who.organizationId)
      .where('k.id', '=', caseId)
      .where('k.closed_at', 'is', null)
      .executeTakeFirst();
    if (!card || causeOf(ctx, card.connector, card.code).stops !== 'document') return card && { card, ids: undefined };
    const { rows } = await sql<{
      id: string;
    }>`select id from transfer where organization_id = ${who.organizationId} and connection_id = ${card.connection_id}
      and status in ('rejected','unknown') and cause->>'code' = ${card.code} order by created_at, id limit ${mode === 'one' ? 1 : 10_000}`.execute(
      tx,
    );
    return { card, ids: rows.map((r) => r.id) };
  });
  if (!found) return undefined;
  const { card } = found;
  if (!found.ids) return resumeConnection(ctx, who.organizationId, who.actor, card.connection_id!, mode, card.series_id ?? undefined);
  let moved = 0;
  for (const id of found.ids) if ((await resendTransfer(ctx, who, id)) === 'sent on its way') moved++;
  return moved;
}

/**
 * Takes the setting that the card offers, of its series where that has one of its own, else of the connection, and goes on with all that
 * waits. Returns how many are set in motion, why the setting was refused, that the card offers nothing, or undefined without a card.
 */
export async function changeForCause(
  ctx: Context,
  who: Who,
  caseId: string,
): Promise<number | { findings: Finding[] } | 'nothing offered' | undefined> {
  const { organizationId } = who;
  const found = await ctx.store.org(organizationId, async (tx) => {
    const card = await tx
      .selectFrom('cause_case')
      .select(['connection_id', 'series_id', 'code'])
      .where('organization_id', '=', organizationId)
      .where('id', '=', caseId)
      .where('closed_at', 'is', null)
      .executeTakeFirst();
    if (!card) return undefined;
    const connection = card.connection_id ? await readConnection(tx, organizationId, card.connection_id) : undefined;
    const change = connection && causeOf(ctx, connection.connector, card.code).change;
    const series = card.series_id ? (await listSeries(tx, organizationId)).find((s) => s.id === card.series_id) : undefined;
    return change ? { change, connection, series } : ('nothing offered' as const);
  });
  if (found === undefined || found === 'nothing offered') return found;
  const { change, connection, series } = found;
  const set = { [change.setting]: change.value };
  const saved = series?.settings[change.setting]
    ? await saveSeries(ctx, who, {
        id: series.id,
        name: series.name,
        kind: series.kind,
        pattern: series.pattern,
        reset: series.reset,
        numberOwner: series.number_owner,
        settings: { ...series.settings, ...set },
      })
    : await saveConnection(
        ctx,
        who,
        { connector: connection.connector, name: connection.name, settings: { ...connection.settings, ...set } },
        connection.id,
      );
  return 'findings' in saved ? saved : mendedCause(ctx, who, caseId, 'all');
}
