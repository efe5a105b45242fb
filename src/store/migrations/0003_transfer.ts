import { type Kysely, sql } from 'kysely';
import { wall } from './0001_spine.ts';

/** What happened to orders after they were sold, kept until it is done: it may arrive before the order, or while its document is on its way. */
const statements = [
  `create table order_event (
    organization_id uuid not null references organization, id uuid not null, connection_id uuid not null, external_id text, scheme text, value text,
    event jsonb not null, at timestamptz not null, done_at timestamptz, primary key (organization_id, id))`,
  `create index order_event_order on order_event (organization_id, connection_id, external_id)`,
  `create index order_event_group on order_event (organization_id, connection_id, value) where value is not null`,
  `create table order_event_done (
    organization_id uuid not null, event_id uuid not null, order_id uuid not null, document_id uuid, at timestamptz not null,
    primary key (organization_id, event_id, order_id), foreign key (organization_id, event_id) references order_event)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
  await wall(db, 'order_event', 'organization_id');
  await wall(db, 'order_event_done', 'organization_id');
}
