import { type Kysely, sql } from 'kysely';
import { wall } from './0001_spine.ts';

/** What documents were before a change of many, so that it can be taken back for a day. */
const statements = [
  `create table bulk_before (
    organization_id uuid not null references organization, edit_id uuid not null, document_id uuid not null,
    -- The version that the change left behind: whoever changed the document since keeps his change.
    version int not null, before jsonb not null, created_at timestamptz not null, primary key (organization_id, edit_id, document_id))`,
  `create index bulk_before_old on bulk_before (created_at)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
  await wall(db, 'bulk_before', 'organization_id');
}
