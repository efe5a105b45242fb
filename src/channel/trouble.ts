import type { Connection } from '../connections/index.ts';
import type { CauseRef } from '../contract/connector.ts';
import { causeOf, closeCases, openCase } from '../diagnosis/index.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, type Tx } from '../store/index.ts';

/**
 * What a failure means for the whole connection: a cause that somebody must mend blocks it behind one card; one that passes is a
 * card when it has lasted.
 */
export async function connectionFailed(tx: Tx, ctx: Context, connection: Connection, cause: CauseRef, lasting: boolean): Promise<void> {
  const { organization_id, id } = connection;
  const { stops, retryHelps } = causeOf(ctx, connection.connector, cause.code);
  if (stops === 'connection' && !retryHelps) {
    const { numUpdatedRows } = await tx
      .updateTable('connection')
      .set({ status: 'blocked', updated_at: ctx.now() })
      .where('organization_id', '=', organization_id)
      .where('id', '=', id)
      .where('status', '=', 'active')
      .executeTakeFirst();
    await openCase(tx, ctx, organization_id, id, cause);
    await announce(tx, organization_id, 'connections', id);
    if (numUpdatedRows > 0n)
      await audit(tx, organization_id, 'system', ctx.now(), [
        { action: 'connection blocked', entity: 'connection', entityId: id, data: { name: connection.name, code: cause.code } },
      ]);
  } else if (lasting) await openCase(tx, ctx, organization_id, id, { code: cause.code });
}

/** It works: cards of the connection are over, those of single documents stand. */
export async function connectionWorked(tx: Tx, ctx: Context, connection: Connection): Promise<void> {
  const { organization_id, id } = connection;
  if (!connection.ever_worked)
    await tx
      .updateTable('connection')
      .set({ ever_worked: true })
      .where('organization_id', '=', organization_id)
      .where('id', '=', id)
      .execute();
  await closeCases(
    tx,
    ctx,
    organization_id,
    id,
    `connection:${connection.name}`,
    (card) => passing.has(card.code) || causeOf(ctx, connection.connector, card.code).stops === 'connection',
  );
}

/** Cards of pulling itself. */
const passing = new Set(['PULL_FAILED', 'CONNECTION_UNREACHABLE', 'no_answer']);
