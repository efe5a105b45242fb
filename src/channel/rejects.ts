import type { Connection } from '../connections/index.ts';
import type { IncomingOrder } from '../contract/connector.ts';
import { cut } from '../domain/cut.ts';
import type { Context } from '../jobs/index.ts';
import { json, type Tx } from '../store/index.ts';

/** What a channel gave and could not be read: kept with its reason until it can. */

type Rejected = Extract<IncomingOrder, { rejected: unknown }>;
const rawKeptChars = 100_000;

export async function keepReject(tx: Tx, ctx: Context, connection: Connection, { rejected, externalId, raw }: Rejected): Promise<void> {
  const now = ctx.now();
  await tx
    .insertInto('pull_reject')
    .values({
      organization_id: connection.organization_id,
      connection_id: connection.id,
      external_id: externalId ?? '',
      finding: json(rejected),
      raw: raw === undefined ? null : cut(raw, rawKeptChars),
      first_at: now,
      last_at: now,
    })
    .onConflict((c) =>
      c.columns(['organization_id', 'connection_id', 'external_id']).doUpdateSet((e) => ({
        finding: e.ref('excluded.finding'),
        raw: e.ref('excluded.raw'),
        last_at: now,
        tries: e('pull_reject.tries', '+', 1),
      })),
    )
    .execute();
}

export async function solveRejects(tx: Tx, connection: Connection, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .deleteFrom('pull_reject')
    .where('organization_id', '=', connection.organization_id)
    .where('connection_id', '=', connection.id)
    .where('external_id', 'in', ids)
    .execute();
}
