import { type Kysely, sql } from 'kysely';
import { wall } from './0001_spine.ts';

/**
 * Documents whose term of keeping is over leave by an archive (ADR 30). What stays of one is its line: number, day, amounts, and when it
 * was archived. The guards know that one way and check it themselves: the term, the file, and that a person asked for it.
 */

/** What an archived document loses; everything else stays as it was issued. */
const emptied = `array['state', 'archived_at', 'version', 'updated_at', 'content', 'findings', 'order_findings', 'hold_codes', 'held', 'edited', 'settled',
  'buyer_name', 'buyer_tax_id', 'buyer_email', 'order_number', 'search', 'pdf_file_id']`;

const statements = [
  `alter table document drop constraint document_state_check,
    add constraint document_state_check check (state in ('to_issue','submitted','refused','issued','withdrawn','merged','cancelled','archived')),
    add column archived_at timestamptz`,
  // The digest of an entry whose words left: the chain goes on through it.
  `alter table audit add column digest text`,

  // How long this organization keeps; never shorter than its law.
  `create table retention (
    organization_id uuid not null references organization, years int not null check (years between 5 and 30), year_ends int not null default 12 check (year_ends between 1 and 12),
    raw_months int check (raw_months between 3 and 120), raw_after uuid, updated_at timestamptz not null, updated_by text not null, primary key (organization_id))`,
  `create table archive_run (
    organization_id uuid not null references organization, id uuid not null, until_day date not null, long_until_day date not null,
    state text not null check (state in ('making','ready','removing','done','cancelled')), documents int not null default 0, removed int not null default 0,
    after_day date, after_id uuid, created_by text not null, created_at timestamptz not null, finished_at timestamptz, primary key (organization_id, id))`,
  // One at a time: two would gather the same documents.
  `create unique index archive_run_one on archive_run (organization_id) where state in ('making','ready','removing')`,
  `create table archive_part (
    organization_id uuid not null, run_id uuid not null, seq int not null, name text not null, file_id uuid, sha256 text not null, size_bytes bigint not null, documents int not null,
    taken_at timestamptz, taken_by text, primary key (organization_id, run_id, seq), foreign key (organization_id, run_id) references archive_run)`,
  `create table archive_item (
    organization_id uuid not null, run_id uuid not null, part int not null, document_id uuid not null, order_id uuid, removed_at timestamptz, kept text,
    primary key (organization_id, run_id, document_id), foreign key (organization_id, run_id, part) references archive_part)`,
  `create index archive_item_document on archive_item (organization_id, document_id)`,
  `create index archive_item_order on archive_item (organization_id, order_id) where order_id is not null`,
  `create index archive_item_open on archive_item (organization_id, run_id, part) where removed_at is null and kept is null`,

  // The shortest term of the seller's country, in whole years before this one: nothing younger leaves, whatever a setting or a program says.
  `create function archive_floor(org uuid) returns date language sql stable as $$
     select make_date(extract(year from now())::int - case country when 'PL' then 5 when 'SE' then 7 when 'HU' then 8 else 10 end, 1, 1) from organization where id = org $$`,
  `create function archive_allows(org uuid, document uuid, day date) returns boolean language sql stable as $$
     select day < archive_floor(org) and exists (
       select 1 from archive_item i join archive_run r on r.organization_id = i.organization_id and r.id = i.run_id
         join archive_part p on p.organization_id = i.organization_id and p.run_id = i.run_id and p.seq = i.part
       where i.organization_id = org and i.document_id = document and i.removed_at is null and r.state = 'removing' and p.taken_at is not null and day < r.until_day) $$`,

  `create or replace function document_frozen() returns trigger language plpgsql as $$
   declare open_columns text[] := array['findings', 'hold_codes', 'held', 'updated_at', 'version', 'pdf_file_id', 'clearance'];
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
       if new.state = 'refused' and old.clearance is null and to_jsonb(new) - open_columns - 'state' = to_jsonb(old) - open_columns - 'state'
          and exists (select 1 from transfer t where t.organization_id = old.organization_id and t.document_id = old.id and t.verb = 'report' and t.status = 'rejected') then
         return new;
       end if;
       if new.state = 'archived' then
         if new.archived_at is null or to_jsonb(new) - ${emptied} is distinct from to_jsonb(old) - ${emptied} then
           raise exception 'document % keeps its number, day and amounts when it is archived', old.id;
         end if;
         if not archive_allows(old.organization_id, old.id, greatest(old.issue_date, old.sale_date)) then
           raise exception 'document % must be kept: its term is not over, or it is in no archive that somebody took and asked to remove', old.id;
         end if;
         return new;
       end if;
       if to_jsonb(new) - open_columns is distinct from to_jsonb(old) - open_columns or (old.pdf_file_id is not null and new.pdf_file_id is distinct from old.pdf_file_id) then
         raise exception 'document % is issued and cannot be changed', old.id;
       end if;
     end if;
     return case when tg_op = 'DELETE' then old else new end;
   end $$`,

  // Whose entry it is: of a document in a removal that somebody asked for, of its order, or of one of its deliveries.
  `create function archive_forgets(org uuid, entity text) returns boolean language plpgsql stable as $$
   declare what uuid;
   begin
     if entity !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then return false; end if;
     what := entity::uuid;
     return exists (
       select 1 from archive_item i join archive_run r on r.organization_id = i.organization_id and r.id = i.run_id
       where i.organization_id = org and r.state = 'removing' and i.removed_at is null and (i.document_id = what or i.order_id = what
         or i.document_id = (select d.document_id from delivery d where d.organization_id = org and d.id = what)));
   end $$`,
  // An entry may lose its words and keep its link: the digest that takes their place must be the one its hash was made of.
  `create or replace function audit_append_only() returns trigger language plpgsql as $$
   begin
     if tg_op = 'UPDATE' and old.digest is null and new.digest is not null and new.data = '{}'::jsonb
        and to_jsonb(new) - array['data', 'digest'] = to_jsonb(old) - array['data', 'digest']
        and old.hash = encode(sha256(convert_to(old.previous_hash || ':' || old.seq || ':' || new.digest, 'UTF8')), 'hex')
        and archive_forgets(old.organization_id, old.entity_id) then
       return new;
     end if;
     raise exception 'the audit trail is append-only';
   end $$`,
  `create function audit_forget(entries jsonb) returns void language sql security definer as $$
     update audit a set data = '{}', digest = e.digest from jsonb_to_recordset(entries) as e(seq bigint, digest text)
     where a.organization_id = nullif(current_setting('app.org', true), '')::uuid and a.seq = e.seq and a.digest is null $$`,
  `alter function audit_forget(jsonb) set search_path from current`,
  `revoke all on function audit_forget(jsonb) from public`,
  `grant execute on function audit_forget(jsonb) to fakturist_app`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
  for (const table of ['retention', 'archive_run', 'archive_part', 'archive_item']) await wall(db, table, 'organization_id');
  // What was archived, and by whom, is history.
  for (const table of ['archive_run', 'archive_part', 'archive_item'])
    await sql.raw(`revoke delete on ${table} from fakturist_app`).execute(db);
}
