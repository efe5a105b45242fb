import { type Kysely, sql } from 'kysely';

/** Who did what stands in the audit trail; columns that said it a second time, and that nobody read, are filled no more. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ['mapping', 'books_profile', 'retention'])
    await sql.raw(`alter table ${table} alter column updated_by drop not null`).execute(db);
}
