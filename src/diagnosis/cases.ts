import type { Selectable } from 'kysely';
import type { CauseRef } from '../contract/connector.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, json, newId, type Tables, type Tx } from '../store/index.ts';

/** One open card per cause, however many documents it blocks (STYLE §4: one blocked connection is one cause). */
export type CauseCase = Selectable<Tables['cause_case']>;

/** Opens the card of a cause that stops a connection or a series, once; returns it with whether it is new. */
export async function openCase(
  tx: Tx,
  ctx: Context,
  organizationId: string,
  connectionId: string,
  cause: CauseRef,
  seriesId: string | null = null,
): Promise<{ case: CauseCase; isNew: boolean }> {
  const params = cause.params ?? {};
  const open = await findOpen(tx, organizationId, connectionId, cause.code, params, seriesId);
  if (open) return { case: open, isNew: false };
  const now = ctx.now();
  const made = await tx
    .insertInto('cause_case')
    .values({
      organization_id: organizationId,
      id: newId(now),
      connection_id: connectionId,
      series_id: seriesId,
      code: cause.code,
      params: json(params),
      opened_at: now,
    })
    .onConflict((c) => c.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (!made) return { case: (await findOpen(tx, organizationId, connectionId, cause.code, params, seriesId))!, isNew: false };
  await ctx.jobs.enqueue(tx, 'tell', [{ organizationId, id: made.id }]);
  await announce(tx, organizationId, 'causes', made.id);
  await audit(tx, organizationId, 'system', now, [
    {
      action: 'cause opened',
      entity: 'connection',
      entityId: connectionId,
      data: { code: cause.code, params, providerCode: cause.providerCode, providerText: cause.providerText },
    },
  ]);
  return { case: made, isNew: true };
}

/** A cause that stops everything of a connection: no more calls until somebody mended it; one card for all that waits behind it. */
export async function blockConnection(
  tx: Tx,
  ctx: Context,
  organizationId: string,
  connection: { id: string; name: string },
  cause: CauseRef,
): Promise<void> {
  const now = ctx.now();
  const { numUpdatedRows: blocked } = await tx
    .updateTable('connection')
    .set({ status: 'blocked', updated_at: now })
    .where('organization_id', '=', organizationId)
    .where('id', '=', connection.id)
    .where('status', '=', 'active')
    .executeTakeFirst();
  await announce(tx, organizationId, 'connections', connection.id);
  await openCase(tx, ctx, organizationId, connection.id, cause);
  if (blocked > 0n)
    await audit(tx, organizationId, 'system', now, [
      { action: 'connection blocked', entity: 'connection', entityId: connection.id, data: { name: connection.name, code: cause.code } },
    ]);
}

/**
 * A cause that stops what a series makes, and nothing else of the connection: its documents wait without a call, other series go on.
 * The open card is the block.
 */
export async function blockSeries(
  tx: Tx,
  ctx: Context,
  organizationId: string,
  connectionId: string,
  seriesId: string,
  cause: CauseRef,
): Promise<void> {
  const series = await tx
    .selectFrom('series')
    .select('name')
    .where('organization_id', '=', organizationId)
    .where('id', '=', seriesId)
    .executeTakeFirstOrThrow();
  await openCase(tx, ctx, organizationId, connectionId, { ...cause, params: { ...cause.params, series: series.name } }, seriesId);
}

/** Series whose documents wait behind a card of theirs. */
export async function blockedSeries(tx: Tx, organizationId: string, connectionId: string): Promise<CauseCase[]> {
  return tx
    .selectFrom('cause_case')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .where('series_id', 'is not', null)
    .where('closed_at', 'is', null)
    .execute();
}

async function findOpen(
  tx: Tx,
  organizationId: string,
  connectionId: string,
  code: string,
  params: Record<string, string>,
  seriesId: string | null,
): Promise<CauseCase | undefined> {
  const rows = await tx
    .selectFrom('cause_case')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .where('code', '=', code)
    .where('series_id', 'is not distinct from', seriesId)
    .where('closed_at', 'is', null)
    .execute();
  return rows.find((r) => JSON.stringify(Object.entries(r.params).sort()) === JSON.stringify(Object.entries(params).sort()));
}

/** What worked again closes its cards; the owner is told once. */
export async function closeCases(
  tx: Tx,
  ctx: Context,
  organizationId: string,
  connectionId: string,
  actor: string,
  only?: (c: CauseCase) => boolean,
): Promise<number> {
  const now = ctx.now();
  const open = await tx
    .selectFrom('cause_case')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .where('closed_at', 'is', null)
    .execute();
  const closing = only ? open.filter(only) : open;
  if (closing.length === 0) return 0;
  // Whoever closes it says so: of two at once the second finds it closed.
  const closed = await tx
    .updateTable('cause_case')
    .set({ closed_at: now })
    .where('organization_id', '=', organizationId)
    .where(
      'id',
      'in',
      closing.map((c) => c.id),
    )
    .where('closed_at', 'is', null)
    .returningAll()
    .execute();
  if (closed.length === 0) return 0;
  await ctx.jobs.enqueue(
    tx,
    'tell',
    closed.map((c) => ({ organizationId, id: c.id })),
  );
  await announce(tx, organizationId, 'causes');
  await audit(
    tx,
    organizationId,
    actor,
    now,
    closed.map((c) => ({ action: 'cause over', entity: 'connection', entityId: connectionId, data: { code: c.code, params: c.params } })),
  );
  return closed.length;
}
