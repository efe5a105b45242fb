import { sql } from 'kysely';
import type { Tx } from './database.ts';

/**
 * Lets one transaction at a time go on, of all that name the same thing of an organization: what is counted before it is added to stays
 * true until the end of the transaction. Called first, before any row is locked.
 */
export async function oneByOne(tx: Tx, organizationId: string, what: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`${what}:${organizationId}`}, 0))`.execute(tx);
}
