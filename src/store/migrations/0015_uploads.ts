import { type Kysely, sql } from 'kysely';
import { wall } from './0001_spine.ts';

/** Files that were uploaded to be looked at and not imported yet: what is never imported is swept away. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create table upload (organization_id uuid not null references organization, file_id uuid not null, created_at timestamptz not null, primary key (organization_id, file_id))`,
    )
    .execute(db);
  await wall(db, 'upload', 'organization_id');
}
