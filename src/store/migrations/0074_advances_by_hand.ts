import { type Kysely, sql } from 'kysely';

/** Advances on a sale without an order are found by what they were asked for on. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index document_advance on document (organization_id, purpose text_pattern_ops) where kind = 'prepayment' and order_id is null`.execute(
    db,
  );
}
