import { type Kysely, sql } from 'kysely';

/** A cause that stops a series has a card of that series: another series with the same cause has a card of its own. */
const statements = [
  `alter table cause_case add column series_id uuid`,
  `alter table cause_case add foreign key (organization_id, series_id) references series`,
  `drop index cause_case_open`,
  `create unique index cause_case_open on cause_case (organization_id, connection_id, code, (params::text), coalesce(series_id, connection_id)) where closed_at is null`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
