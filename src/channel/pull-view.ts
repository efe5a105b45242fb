import { sql } from 'kysely';
import type { Connection } from '../connections/index.ts';
import type { CauseRef } from '../contract/connector.ts';
import type { Finding } from '../domain/finding.ts';
import type { Context } from '../jobs/index.ts';
import type { Tx } from '../store/index.ts';
import { defaultEveryMs, leaseMs, type PullCounts } from './pull.ts';

/** A connection's pulling of orders as its screen shows it. */

type PullView = {
  running: boolean;
  lastAt: string | null;
  startedAt: string | null;
  nextAt: string | null;
  /** The channel's limit is used up: it goes on then. */
  waitsUntil: string | null;
  counts: PullCounts;
  failures: number;
  cause: CauseRef | null;
  everyMs: number;
  orders: number;
  rejects: { externalId: string; finding: Finding; firstAt: string; lastAt: string; tries: number }[];
  rejectCount: number;
};

export async function pullView(tx: Tx, ctx: Context, organizationId: string, connection: Connection): Promise<PullView> {
  const row = await tx
    .selectFrom('channel_pull')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connection.id)
    .executeTakeFirst();
  const rejects = await tx
    .selectFrom('pull_reject')
    .select(['external_id', 'finding', 'first_at', 'last_at', 'tries'])
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connection.id)
    .orderBy('first_at')
    .limit(100)
    .execute();
  const { rows } = await sql<{ orders: bigint; rejects: bigint }>`select
    (select count(*) from sales_order where organization_id = ${organizationId} and connection_id = ${connection.id}) as orders,
    (select count(*) from pull_reject where organization_id = ${organizationId} and connection_id = ${connection.id}) as rejects`.execute(
    tx,
  );
  return {
    running: row?.claimed_at != null && ctx.now().getTime() - row.claimed_at.getTime() < leaseMs,
    lastAt: row?.done_at?.toISOString() ?? null,
    startedAt: row?.started_at?.toISOString() ?? null,
    nextAt: row?.next_at?.toISOString() ?? null,
    waitsUntil: row?.shut_until && row.shut_until > ctx.now() ? row.shut_until.toISOString() : null,
    counts: row?.counts ?? {},
    failures: row?.failures ?? 0,
    cause: (row?.cause as CauseRef | null) ?? null,
    everyMs: ctx.connectors.get(connection.connector)?.manifest.pull?.everyMs ?? defaultEveryMs,
    orders: Number(rows[0]!.orders),
    rejects: rejects.map((r) => ({
      externalId: r.external_id,
      finding: r.finding,
      firstAt: r.first_at.toISOString(),
      lastAt: r.last_at.toISOString(),
      tries: r.tries,
    })),
    rejectCount: Number(rows[0]!.rejects),
  };
}
