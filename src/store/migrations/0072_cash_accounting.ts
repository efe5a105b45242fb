import { type Kysely, sql } from 'kysely';

/** That a seller owes tax when money comes in stands with the seller, whose invoices have to say so, and no longer with the tax files. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`update organization o set seller = o.seller || '{"cashAccounting": true}' from books_profile b
    where b.organization_id = o.id and b.profile->>'cashMethod' = 'true'`.execute(db);
}
