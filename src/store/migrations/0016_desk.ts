import { type Kysely, sql } from 'kysely';
import { wall } from './0001_spine.ts';

/** Mails of the operator that carry no document, second subscriptions that are meant, and statements taken from a watched folder once. */
const statements = [
  // Queued in the transaction of what it tells: it goes out if and only if that happened. One key, one mail.
  `create table notice (
    organization_id uuid not null references organization, id uuid not null, key text not null, recipient text not null, subject text not null, body text not null, language text not null,
    status text not null check (status in ('queued','sending','handed_over','refused','unknown')), attempts int not null default 0, next_at timestamptz, claimed_at timestamptz, cause jsonb,
    created_at timestamptz not null, updated_at timestamptz not null, primary key (organization_id, id))`,
  `create unique index notice_once on notice (organization_id, key)`,
  `create index notice_due on notice (status, next_at) where status in ('queued','sending')`,
  // The customer said that a second one is meant so: it is not named as a double charge again.
  `alter table subscription add column meant_at timestamptz`,
  // Whoever looks into the folder, and however many look at once: a file is one statement.
  `create unique index bank_statement_of_folder on bank_statement (organization_id, sha256) where created_by = 'folder'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
  await wall(db, 'notice', 'organization_id');
}
