import { type Kysely, sql } from 'kysely';

/** The last document of a day is found by one look: a list of an old month begins there and does not walk through all that came since. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [
    'drop index document_by_day',
    `create index document_by_day on document (organization_id, issue_date, issued_at, id) where issue_date is not null and state in ('issued', 'submitted')`,
  ])
    await sql.raw(statement).execute(db);
}
