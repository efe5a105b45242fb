import { type Kysely, sql } from 'kysely';

const statements = [
  // The tax files of a month ask for what was sold in it and in others, whenever it was issued.
  `create index document_by_sale on document (organization_id, sale_date) where state = 'issued'`,
  // Counting the words of the search meant folding those of every row that is looked at, most of what counting a table costs; only the
  // index of words can answer a search anyway.
  `alter index document_words alter column 1 set statistics 0`,
  `alter index sales_order_words alter column 1 set statistics 0`,
  `alter index payment_words alter column 1 set statistics 0`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
