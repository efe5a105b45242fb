import { type Kysely, sql } from 'kysely';

/** A deadline that was read meanwhile is no proof that a wish for a later one was not carried out: what it was before is kept. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [
    'alter table receivable_action add column expired_at_first timestamptz',
    // What is under way has its measure too: any deadline at all would count as the later one.
    `update receivable_action a set expired_at_first = p.expires_at from receivable_part p
     where a.verb = 'prolong' and a.first_sent_at is not null and a.status in ('waiting', 'sending', 'pending', 'unknown')
       and p.organization_id = a.organization_id and p.receivable_id = a.receivable_id and p.seq = a.part_seq`,
  ])
    await sql.raw(statement).execute(db);
}
