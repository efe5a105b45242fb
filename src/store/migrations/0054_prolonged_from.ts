import { type Kysely, sql } from 'kysely';

/** A deadline that was read meanwhile is no proof that a wish for a later one was not carried out: what it was before is kept. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table receivable_action add column expired_at_first timestamptz').execute(db);
}
