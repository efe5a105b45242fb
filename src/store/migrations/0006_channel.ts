import { type Kysely, sql } from 'kysely';
import { wall } from './0001_spine.ts';

/** Settings that make a channel want something put on its orders. */
const wishes = `array['documentField','correctionField','numberField','linkField','errorStatus','doneStatus']`;

const touched = (table: 'document' | 'transfer') => `
  create function ${table}_touched() returns trigger language plpgsql as $$
  begin
    if exists (select 1 from connection where organization_id = (select organization_id from touched limit 1) and settings ?| ${wishes}) then
      insert into order_review (organization_id, document_id)
      select distinct d.organization_id, d.id
      from touched t join document d on d.organization_id = t.organization_id and d.id = t.${table === 'document' ? 'id' : 'document_id'}
        join sales_order o on o.organization_id = d.organization_id and o.id = d.order_id
        join connection c on c.organization_id = o.organization_id and c.id = o.connection_id
      where c.settings ?| ${wishes} order by 2
      on conflict do nothing;
    end if;
    return null;
  end $$`;

const statements = [
  // One row a limit of requests, of one connection or of all to one address. It holds points in time and nothing of anybody.
  `create table request_gate (
    name text primary key, recent timestamptz[] not null default '{}', recent_writes timestamptz[] not null default '{}', next_at timestamptz)`,
  `grant select, insert, update on request_gate to fakturist_app`,

  // How the pulling of a connection goes; the cursor stands on the connection.
  `create table channel_pull (
    organization_id uuid not null, connection_id uuid not null, next_at timestamptz, claimed_at timestamptz, started_at timestamptz, done_at timestamptz,
    counts jsonb not null default '{}', cause jsonb, failures int not null default 0,
    primary key (organization_id, connection_id), foreign key (organization_id, connection_id) references connection on delete cascade)`,
  // Orders that a channel gave and we could not read: shown, and read again.
  `create table pull_reject (
    organization_id uuid not null, connection_id uuid not null, external_id text not null, finding jsonb not null, raw text,
    first_at timestamptz not null, last_at timestamptz not null, tries int not null default 1,
    primary key (organization_id, connection_id, external_id), foreign key (organization_id, connection_id) references connection on delete cascade)`,

  // Documents of which something changed that their order may have to show. The database notes them, so that no way of changing one forgets it.
  `create table order_review (
    organization_id uuid not null, document_id uuid not null, primary key (organization_id, document_id))`,
  touched('document'),
  touched('transfer'),
  ...(['document', 'transfer'] as const).flatMap((table) => [
    `create trigger ${table}_made_touched after insert on ${table} referencing new table as touched for each statement execute function ${table}_touched()`,
    `create trigger ${table}_changed_touched after update on ${table} referencing new table as touched for each statement execute function ${table}_touched()`,
  ]),
  // A status, a text or a note on the order is a delivery as well.
  `alter table delivery drop constraint delivery_way_check,
    add constraint delivery_way_check check (way in ('mail','print','attachment','portal','e-invoice','order'))`,
  `create index delivery_on_orders on delivery (organization_id, connection_id, status, next_at) where way in ('attachment','order')`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
  for (const table of ['channel_pull', 'pull_reject', 'order_review']) await wall(db, table, 'organization_id');
}
