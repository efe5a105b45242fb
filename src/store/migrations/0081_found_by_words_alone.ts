import { type Kysely, sql } from 'kysely';
import { searched } from './0030_growth.ts';

/**
 * A search is answered by the index of words alone, which holds the organization as a word of its own. Asked for the organization too, the
 * planner went through all rows that it has in another index besides, and a search grew with them.
 */
const hits = (name: string, table: keyof typeof searched) => [
  `create or replace function ${name}(words text, most bigint default null) returns setof uuid language sql stable security definer rows 200 as $$
     select id from (select id, organization_id from ${table}
       where words_of(${table}.organization_id, ${searched[table]})
         @@ (to_tsquery('simple', words) && quote_literal('@' || current_setting('app.org', true))::tsquery) offset 0) found
     where organization_id = nullif(current_setting('app.org', true), '')::uuid limit most $$`,
  // Whoever calls cannot slip tables of his own under the names in them.
  `alter function ${name}(text, bigint) set search_path from current`,
];

const statements = [...hits('document_hits', 'document'), ...hits('order_hits', 'sales_order'), ...hits('payment_hits', 'payment')];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
