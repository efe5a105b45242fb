import { type Kysely, sql } from 'kysely';

/** What waits to be put on an order, or to be seen there, stands beside the mails and prints under way that watchers ask for (0012). */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index delivery_on_order_under_way on delivery (way, status, created_at) where status in ('waiting', 'uploaded')`.execute(
    db,
  );
}
