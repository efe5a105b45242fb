import { type Kysely, sql } from 'kysely';

/** Guards of what may never change (DESIGN §3.3, §3.4), also against our own mistakes and against whoever has only the walled role. */
const statements = [
  // What an issued document may still learn: its PDF once, what became of its order, nothing else.
  `create or replace function document_frozen() returns trigger language plpgsql as $$
   declare open_columns text[] := array['findings', 'hold_codes', 'held', 'updated_at', 'version', 'pdf_file_id'];
   begin
     if old.number is not null and tg_op = 'UPDATE' and (new.number is distinct from old.number or new.sequence_no is distinct from old.sequence_no
        or new.period is distinct from old.period or (old.sequence_no is not null and new.series_id is distinct from old.series_id)) then
       raise exception 'document % has its number % and cannot be changed in that', old.id, old.number;
     end if;
     if old.state = 'issued' then
       if tg_op = 'DELETE' then raise exception 'document % is issued and cannot be deleted', old.id; end if;
       if to_jsonb(new) - open_columns is distinct from to_jsonb(old) - open_columns or (old.pdf_file_id is not null and new.pdf_file_id is distinct from old.pdf_file_id) then
         raise exception 'document % is issued and cannot be changed', old.id;
       end if;
     end if;
     return case when tg_op = 'DELETE' then old else new end;
   end $$`,
  `create function number_kept() returns trigger language plpgsql as $$
   begin
     if tg_op = 'UPDATE' and old.given_up_at is null and new.given_up_at is not null and coalesce(trim(new.reason), '') <> ''
        and to_jsonb(new) - array['given_up_at', 'reason'] = to_jsonb(old) - array['given_up_at', 'reason'] then return new; end if;
     raise exception 'number % is in the register for ever; it can be given up once, with a reason', old.number;
   end $$`,
  `create trigger number_kept before update or delete on number_register for each row execute function number_kept()`,
  `create function counter_forward() returns trigger language plpgsql as $$
   begin
     if tg_op = 'UPDATE' and new.next_no >= old.next_no and new.last_issue_date >= old.last_issue_date and new.period = old.period and new.series_id = old.series_id then return new; end if;
     raise exception 'the counter of a series goes forward only';
   end $$`,
  `create trigger counter_forward before update or delete on series_counter for each row execute function counter_forward()`,
  `create function audit_head_forward() returns trigger language plpgsql as $$
   begin
     if tg_op = 'UPDATE' and new.seq >= old.seq and new.organization_id = old.organization_id and (new.seq > old.seq or new.hash = old.hash) then return new; end if;
     raise exception 'the audit trail is append-only';
   end $$`,
  `create trigger audit_head_forward before update or delete on audit_head for each row execute function audit_head_forward()`,
  `create function never_emptied() returns trigger language plpgsql as $$ begin raise exception '% is never emptied', tg_table_name; end $$`,
  ...['audit', 'audit_head', 'document', 'number_register', 'series_counter'].map(
    (table) => `create trigger never_emptied before truncate on ${table} for each statement execute function never_emptied()`,
  ),
  `revoke delete on audit_head, number_register, series_counter from fakturist_app`,
  // Rates are everybody's: only the installation itself writes them.
  `revoke insert on exchange_rate from fakturist_app`,
  // Merged documents are found from the one they stand behind.
  `create index document_merged on document (organization_id, merged_into) where merged_into is not null`,
  // A day without a table takes the one before: the day asked for is the key, the day of the table is printed.
  `alter table exchange_rate add column published date`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
