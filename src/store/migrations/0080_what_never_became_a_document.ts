import { type Kysely, sql } from 'kysely';

const statements = [
  // Every minute somebody asks, outside of all walls, which imports wait or are at work.
  `create index import_run_open on import_run (organization_id) where status in ('waiting', 'running')`,
  // Prepared by hand and withdrawn: with no order and no number it stands in no other index, and an archive asks for the oldest.
  `create index document_withdrawn_alone on document (organization_id, created_at, id) where order_id is null and state in ('withdrawn', 'cancelled', 'merged')`,
  // As before, and now also of what was prepared for an order in the removal and got no further.
  `create or replace function archive_forgets(org uuid, entity text) returns boolean language plpgsql stable as $$
   declare what uuid;
   begin
     if entity !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then return false; end if;
     what := entity::uuid;
     return exists (
       select 1 from archive_item i join archive_run r on r.organization_id = i.organization_id and r.id = i.run_id
       where i.organization_id = org and r.state = 'removing' and i.removed_at is null and (i.document_id = what or i.order_id = what
         or i.document_id = (select d.document_id from delivery d where d.organization_id = org and d.id = what)
         or i.order_id = (select d.order_id from document d where d.organization_id = org and d.id = what and d.state in ('withdrawn', 'cancelled', 'merged'))));
   end $$`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
