import { type Kysely, sql } from 'kysely';

const statements = [
  // One row a limit of requests, of one connection or of all to one address. It holds points in time and nothing of anybody.
  `create table request_gate (
    name text primary key, recent timestamptz[] not null default '{}', recent_writes timestamptz[] not null default '{}', next_at timestamptz)`,
  `grant select, insert, update on request_gate to fakturist_app`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
