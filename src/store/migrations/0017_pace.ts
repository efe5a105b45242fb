import { type Kysely, sql } from 'kysely';

/** What costs per row in bulk work. */
const statements = [
  // The chain as before, stored by one statement: an insert for each entry would look up the table and its indexes each time.
  `create or replace function audit_append(org uuid, entry_at timestamptz, entry_actor text, entries jsonb) returns bigint language plpgsql as $$
   declare head audit_head%rowtype; entry_digest text; next_hash text; links text[] := '{}'; last bigint;
   begin
     insert into audit_head values (org, 0, repeat('0', 64)) on conflict do nothing;
     select * into head from audit_head where organization_id = org for update;
     last := head.seq; next_hash := head.hash;
     for entry_digest in select e->>'digest' from jsonb_array_elements(entries) with ordinality as list(e, place) order by place loop
       links := links || next_hash;
       last := last + 1;
       next_hash := encode(sha256(convert_to(next_hash || ':' || last || ':' || entry_digest, 'UTF8')), 'hex');
     end loop;
     links := links || next_hash;
     insert into audit select org, head.seq + place, entry_at, entry_actor, e->>'action', e->>'entity', e->>'id', e->'data', links[place], links[place + 1]
       from jsonb_array_elements(entries) with ordinality as list(e, place);
     update audit_head set seq = last, hash = next_hash where organization_id = org;
     return last;
   end $$`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
