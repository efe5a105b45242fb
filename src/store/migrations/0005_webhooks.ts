import { type Kysely, sql } from 'kysely';

/**
 * Events for webhooks. The audit trail is the outbox of most: an endpoint remembers how far it was told (`last_seq`). Documents that
 * were prepared or became held by the thousand have no entries of their own; for those the database itself queues the calls.
 */
const statements = [
  `alter table webhook_endpoint add column last_seq bigint not null default 0, add column busy_until timestamptz`,
  `alter table webhook_delivery add column last_problem text, add column delivered_at timestamptz`,
  `update webhook_endpoint e set last_seq = coalesce((select seq from audit_head h where h.organization_id = e.organization_id), 0)`,
  `create index webhook_delivery_new on webhook_delivery (organization_id) where status = 'new'`,
  `create index webhook_delivery_due on webhook_delivery (organization_id, endpoint_id, created_at, id) where status = 'waiting'`,
  `create index webhook_delivery_recent on webhook_delivery (organization_id, endpoint_id, created_at desc, id desc)`,

  // An endpoint hears of what happens from now on, and of nothing that happened while it was switched off.
  `create function webhook_from_now() returns trigger language plpgsql as $$
   begin
     if new.active and (tg_op = 'INSERT' or not old.active) then
       new.last_seq := coalesce((select seq from audit_head where organization_id = new.organization_id), 0);
     end if;
     if tg_op = 'UPDATE' and not new.active and old.active then
       update webhook_delivery set status = 'stopped', next_at = null
       where organization_id = new.organization_id and endpoint_id = new.id and status in ('new', 'waiting');
     end if;
     return new;
   end $$`,
  `create trigger webhook_from_now before insert or update of active on webhook_endpoint for each row execute function webhook_from_now()`,

  `create function webhook_body(event text, at timestamptz, d document) returns text language sql stable as $$
     select jsonb_build_object('type', event, 'timestamp', to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
       'data', jsonb_build_object('organizationId', d.organization_id, 'documentId', d.id, 'kind', d.kind, 'number', d.number,
         'orderId', d.order_id, 'orderNumber', d.order_number)
         || case when event = 'document.held' then jsonb_build_object('holdCodes', to_jsonb(d.hold_codes)) else '{}' end)::text $$`,
  `create function webhook_prepared() returns trigger language plpgsql as $$
   begin
     if exists (select 1 from webhook_endpoint where organization_id = (select organization_id from made limit 1) and active) then
       insert into webhook_delivery (organization_id, id, endpoint_id, event, body, status, created_at)
       select d.organization_id, gen_random_uuid(), e.id, v.event, webhook_body(v.event, d.created_at, d), 'new', d.created_at
       from document d join webhook_endpoint e on e.organization_id = d.organization_id and e.active
       cross join (values ('document.prepared'), ('document.held')) v (event)
       where (d.organization_id, d.id) in (select organization_id, id from made) and v.event = any (e.events) and (v.event = 'document.prepared' or d.held);
     end if;
     return null;
   end $$`,
  `create trigger webhook_prepared after insert on document referencing new table as made for each statement execute function webhook_prepared()`,
  `create function webhook_held() returns trigger language plpgsql as $$
   begin
     insert into webhook_delivery (organization_id, id, endpoint_id, event, body, status, created_at)
     select new.organization_id, gen_random_uuid(), e.id, 'document.held', webhook_body('document.held', new.updated_at, new), 'new', new.updated_at
     from webhook_endpoint e where e.organization_id = new.organization_id and e.active and 'document.held' = any (e.events);
     return null;
   end $$`,
  `create trigger webhook_held after update of held on document for each row when (new.held and not old.held) execute function webhook_held()`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
