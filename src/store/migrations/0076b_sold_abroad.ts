import { type Kysely, sql } from 'kysely';

/**
 * What was sold abroad, without a row for what was sold at home in any of the countries that sellers are in: there, what is paid in their
 * own money is left out, and found by its currency.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index document_abroad on document (organization_id, issue_date)
    where state = 'issued' and (buyer_country not in ('PL', 'HU', 'SE') or (buyer_country in ('HU', 'SE') and currency not in ('HUF', 'SEK')))`.execute(
    db,
  );
}
