import { type Kysely, sql } from 'kysely';

/** Whose a number is, and what else a buyer has, is asked with every claim that moves. */
const statements = [
  `create index receivable_part_alias on receivable_part using gin (aliases) where aliases <> '{}'`,
  `create index receivable_buyer on receivable (organization_id, right(buyer_number_masked, 10)) where buyer_number_masked is not null`,
  `create index receivable_order_number on receivable (organization_id, order_number)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
