import { type Kysely, sql } from 'kysely';

/** What watchers ask for every few seconds must not read what is done: only rows under way stand in these. */
const statements = [
  `create index transfer_under_way on transfer (status, created_at) where status in ('waiting', 'sending', 'pending', 'unknown')`,
  `create index delivery_under_way on delivery (way, status, created_at) where status in ('queued', 'sending', 'unknown', 'held')`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
