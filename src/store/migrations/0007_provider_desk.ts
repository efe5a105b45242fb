import { type Kysely, sql } from 'kysely';
import { wall } from './0001_spine.ts';

/** What connecting a provider needs: values in its words, notices heard of it, series that belong to one connection, the authority's number. */
const statements = [
  `create table mapping (
    organization_id uuid not null references organization, connection_id uuid not null, what text not null, theirs text not null, value text not null,
    updated_at timestamptz not null, updated_by text not null, primary key (organization_id, connection_id, what, theirs),
    foreign key (organization_id, connection_id) references connection on delete cascade)`,

  `create table connection_notice (
    organization_id uuid not null, connection_id uuid not null, verified_at timestamptz, secret_state text check (secret_state in ('right','wrong','unknown')),
    first_at timestamptz, last_at timestamptz, last_event text, count bigint not null default 0,
    primary key (organization_id, connection_id), foreign key (organization_id, connection_id) references connection on delete cascade)`,

  // A series belongs to one connection: another may have it only after it was let go.
  `create function series_owned() returns trigger language plpgsql as $$
   begin
     if old.connection_id is not null and new.connection_id is not null and new.connection_id <> old.connection_id
        and exists (select 1 from connection c where c.organization_id = old.organization_id and c.id = old.connection_id and c.status <> 'removed') then
       raise exception 'series % belongs to connection %', old.name, old.connection_id using errcode = 'unique_violation', constraint = 'series_owner';
     end if;
     return new;
   end $$`,
  `create trigger series_owned before update of connection_id on series for each row execute function series_owned()`,

  `alter table document add column clearance jsonb`,
  `create index transfer_ticket on transfer (organization_id, connection_id, ticket) where ticket is not null`,
  `create index transfer_made on transfer (organization_id, connection_id, (made->>'providerId')) where made is not null`,
  // The authority's number comes after the issue, once.
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
       if to_jsonb(new) - open_columns is distinct from to_jsonb(old) - open_columns or (old.pdf_file_id is not null and new.pdf_file_id is distinct from old.pdf_file_id) then
         raise exception 'document % is issued and cannot be changed', old.id;
       end if;
     end if;
     return case when tg_op = 'DELETE' then old else new end;
   end $$`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
  await wall(db, 'mapping', 'organization_id');
  await wall(db, 'connection_notice', 'organization_id');
}
