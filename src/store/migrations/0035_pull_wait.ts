import { type Kysely, sql } from 'kysely';

/** Why orders are not being taken right now: the channel's limit, until when; and whether a person waits for them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table channel_pull add column shut_until timestamptz, add column for_person boolean not null default false`.execute(db);
}
