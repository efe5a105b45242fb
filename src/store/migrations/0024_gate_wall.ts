import { type Kysely, sql } from 'kysely';

/**
 * The request gate is shared by all organizations that call one provider with one key or from one address, so its rows belong to none. The
 * walled role reaches them by two functions only: by name, and the gate of a connection only from inside its own organization.
 */
const statements = [
  `create function gate_open(gate text) returns void language plpgsql stable as $$
   begin
     if starts_with(gate, 'connection:') and not exists (select 1 from connection
         where organization_id = nullif(current_setting('app.org', true), '')::uuid and id::text = substr(gate, 12)) then
       raise exception 'the request gate % belongs to no connection of this organization', gate;
     end if;
   end $$`,
  // The row, locked, made if need be.
  `create function gate_lock(gate text) returns setof request_gate language plpgsql security definer as $$
   begin
     perform gate_open(gate);
     return query select * from request_gate where name = gate for update;
     if not found then
       insert into request_gate (name) values (gate) on conflict do nothing;
       return query select * from request_gate where name = gate for update;
     end if;
   end $$`,
  // What was taken, or nothing (null) and a pause that outlasts what is there.
  `create function gate_save(gate text, taken timestamptz[], taken_writes timestamptz[], next timestamptz) returns void language plpgsql security definer as $$
   begin
     perform gate_open(gate);
     if taken is null then
       insert into request_gate as g (name, next_at) values (gate, next) on conflict (name) do update set next_at = greatest(g.next_at, excluded.next_at);
     else
       update request_gate set recent = taken, recent_writes = taken_writes, next_at = next where name = gate;
     end if;
   end $$`,
  // Whoever calls cannot slip tables of his own under the names in them.
  ...['gate_open(text)', 'gate_lock(text)', 'gate_save(text, timestamptz[], timestamptz[], timestamptz)'].flatMap((name) => [
    `alter function ${name} set search_path from current`,
    `revoke all on function ${name} from public`,
    `grant execute on function ${name} to fakturist_app`,
  ]),
  `revoke all on request_gate from fakturist_app`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
