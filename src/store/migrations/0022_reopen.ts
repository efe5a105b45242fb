import { type Kysely, sql } from 'kysely';

/**
 * Where the provider reports to the authority, an invoice that the authority refused does not exist for it: it keeps its number and is open
 * for mending (DESIGN §5.2). That is the one way out of `issued`, and only while a refused report stands and no authority's number does.
 */
const statements = [
  `create or replace function document_frozen() returns trigger language plpgsql as $$
   declare open_columns text[] := array['findings', 'hold_codes', 'held', 'updated_at', 'version', 'pdf_file_id', 'clearance'];
   begin
     if old.number is not null and tg_op = 'UPDATE' and (new.number is distinct from old.number or new.sequence_no is distinct from old.sequence_no
        or new.period is distinct from old.period or (old.sequence_no is not null and new.series_id is distinct from old.series_id)) then
       raise exception 'document % has its number % and cannot be changed in that', old.id, old.number;
     end if;
     if tg_op = 'UPDATE' and old.clearance is not null and new.clearance is distinct from old.clearance then
       raise exception 'document % was accepted by an authority and cannot be changed in that', old.id;
     end if;
     if old.state = 'issued' then
       if tg_op = 'DELETE' then raise exception 'document % is issued and cannot be deleted', old.id; end if;
       if new.state = 'refused' and old.clearance is null and to_jsonb(new) - open_columns - 'state' = to_jsonb(old) - open_columns - 'state'
          and exists (select 1 from transfer t where t.organization_id = old.organization_id and t.document_id = old.id and t.verb = 'report' and t.status = 'rejected') then
         return new;
       end if;
       if to_jsonb(new) - open_columns is distinct from to_jsonb(old) - open_columns or (old.pdf_file_id is not null and new.pdf_file_id is distinct from old.pdf_file_id) then
         raise exception 'document % is issued and cannot be changed', old.id;
       end if;
     end if;
     return case when tg_op = 'DELETE' then old else new end;
   end $$`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
