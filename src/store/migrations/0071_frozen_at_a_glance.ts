import { type Kysely, sql } from 'kysely';

/**
 * As in 0055. Most changes of an issued document are of what stays open (its PDF, its findings): whether the rest is the same is seen by
 * comparing the two rows as they are kept, before they are taken apart column by column.
 */
const openColumns = ['findings', 'hold_codes', 'held', 'updated_at', 'version', 'pdf_file_id', 'clearance'];
const frozen = `create or replace function document_frozen() returns trigger language plpgsql as $$
   declare
     open_columns text[] := array[${openColumns.map((column) => `'${column}'`).join(', ')}];
     emptied text[] := array['state', 'archived_at', 'version', 'updated_at', 'content', 'findings', 'order_findings', 'hold_codes', 'held', 'edited', 'settled',
       'buyer_name', 'buyer_tax_id', 'buyer_email', 'order_number', 'search', 'pdf_file_id'];
     before document%rowtype;
     after document%rowtype;
     same_content boolean;
   begin
     if old.state = 'archived' then raise exception 'document % is archived and cannot be changed', old.id; end if;
     if tg_op = 'UPDATE' and new.state = 'archived' and old.state <> 'issued' then raise exception 'document % is not issued and cannot be archived', old.id; end if;
     if old.number is not null and tg_op = 'UPDATE' and (new.number is distinct from old.number or new.sequence_no is distinct from old.sequence_no
        or new.period is distinct from old.period or (old.sequence_no is not null and new.series_id is distinct from old.series_id)) then
       raise exception 'document % has its number % and cannot be changed in that', old.id, old.number;
     end if;
     if tg_op = 'UPDATE' and old.clearance is not null and new.clearance is distinct from old.clearance then
       raise exception 'document % was accepted by an authority and cannot be changed in that', old.id;
     end if;
     if old.state = 'issued' then
       if tg_op = 'DELETE' then raise exception 'document % is issued and cannot be deleted', old.id; end if;
       before := old;
       after := new;
       if old.pdf_file_id is null or new.pdf_file_id = old.pdf_file_id then
         ${openColumns.map((column) => `after.${column} := old.${column};`).join(' ')}
         if after *= before then return new; end if;
         after := new;
       end if;
       same_content := new.content::text = old.content::text;
       before.content := '{}';
       after.content := '{}';
       if new.state = 'refused' and old.clearance is null and same_content and to_jsonb(after) - open_columns - 'state' = to_jsonb(before) - open_columns - 'state'
          and exists (select 1 from transfer t where t.organization_id = old.organization_id and t.document_id = old.id and t.verb = 'report' and t.status = 'rejected') then
         return new;
       end if;
       if new.state = 'archived' then
         if new.archived_at is null or to_jsonb(after) - emptied is distinct from to_jsonb(before) - emptied then
           raise exception 'document % keeps its number, day and amounts when it is archived', old.id;
         end if;
         if not archive_allows(old.organization_id, old.id, greatest(old.issue_date, old.sale_date)) then
           raise exception 'document % must be kept: its term is not over, or it is in no archive that somebody took and asked to remove', old.id;
         end if;
         return new;
       end if;
       if not same_content or to_jsonb(after) - open_columns is distinct from to_jsonb(before) - open_columns
          or (old.pdf_file_id is not null and new.pdf_file_id is distinct from old.pdf_file_id) then
         raise exception 'document % is issued and cannot be changed', old.id;
       end if;
     end if;
     return case when tg_op = 'DELETE' then old else new end;
   end $$`;

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(frozen).execute(db);
}
