import { type Kysely, sql } from 'kysely';

/** The next one due is found in the order of waiting, however many wait; what refers to a document is found by it. */
const statements = [
  `create index transfer_line on transfer (organization_id, connection_id, created_at, id) where status in ('waiting', 'pending', 'unknown')`,
  `create index document_proforma on document (organization_id, proforma_id) where proforma_id is not null`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
