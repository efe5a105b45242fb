import { type Kysely, sql } from 'kysely';

/**
 * What is backfilled stands in a line of its own behind what was sold just now, and goes at the pace that its provider asks for: since
 * when the last one is done is read from the rows themselves.
 */
const statements = [
  `alter table transfer add column backfill boolean not null default false`,
  `update transfer set backfill = true where status in ('waiting', 'pending', 'unknown') and settings->>'backfill' = 'true'`,
  `create index transfer_line_by_turn on transfer (organization_id, connection_id, backfill, created_at, id) where status in ('waiting', 'pending', 'unknown')`,
  `drop index transfer_line`,
  `create index transfer_backfilled on transfer (organization_id, connection_id, updated_at) where backfill and sends > 0`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
