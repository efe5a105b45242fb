import { type Kysely, sql } from 'kysely';

/** The tax files of a month ask for what was sold in it and in others, whenever it was issued. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index document_by_sale on document (organization_id, sale_date) where state = 'issued'`.execute(db);
}
