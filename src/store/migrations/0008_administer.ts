import { type Kysely, sql } from 'kysely';
import { wall } from './0001_spine.ts';

/**
 * Claims at financing providers: the ledger of their parts, what was asked for with its answer, and shipments, by which rules act. Who
 * bought is sealed in `private`; the rows beside it can be shown to whoever may see the order.
 */
const statements = [
  `create table receivable (
    organization_id uuid not null references organization, id uuid not null, connection_id uuid not null, order_id uuid, document_id uuid,
    order_number text not null, country text not null, segment text not null, currency text not null, buyer_name text not null default '',
    buyer_number_masked text, private bytea, provider_order_id text, state text not null, mismatch jsonb, heard jsonb, needs_person boolean not null default false,
    read_at timestamptz, placed_at timestamptz not null, created_at timestamptz not null, updated_at timestamptz not null,
    primary key (organization_id, id), foreign key (organization_id, connection_id) references connection)`,
  // One order has one live claim at a provider, however many ask for it at once.
  `create unique index receivable_once on receivable (organization_id, connection_id, order_id) where order_id is not null and state not in ('rejected', 'cancelled')`,
  `create index receivable_list on receivable (organization_id, created_at desc, id desc)`,
  `create index receivable_provider on receivable (organization_id, connection_id, provider_order_id) where provider_order_id is not null`,
  `create table receivable_part (
    organization_id uuid not null, receivable_id uuid not null, seq int not null, number text not null, aliases text[] not null default '{}', state text not null,
    rows jsonb not null, adjustments jsonb not null, total_minor bigint not null, remaining_minor bigint not null, reference text, due_date date, lowest_minor bigint,
    extended boolean not null default false, changed_since_sent boolean not null default false, opened_at timestamptz not null, activated_at timestamptz,
    expires_at timestamptz, pdf_file_ids uuid[] not null default '{}', pdf_next_at timestamptz, pdf_tries int not null default 0,
    primary key (organization_id, receivable_id, seq), foreign key (organization_id, receivable_id) references receivable)`,
  `create index receivable_part_number on receivable_part (organization_id, number)`,
  `create index receivable_part_open on receivable_part (organization_id, state) where state in ('on_hold', 'awaiting_buyer', 'pending', 'active')`,
  `create index receivable_part_pdf on receivable_part (pdf_next_at) where pdf_next_at is not null`,
  `create table receivable_action (
    organization_id uuid not null, id uuid not null, receivable_id uuid not null, no int not null, part_seq int, verb text not null, key uuid not null, dedupe text,
    status text not null, sends int not null default 0, asks int not null default 0, action jsonb not null, foreseen jsonb, add_facts jsonb, first_sent_at timestamptz,
    next_at timestamptz, claimed_at timestamptz, ticket text, answer jsonb, cause jsonb, already boolean not null default false, story jsonb not null,
    created_by text not null, created_at timestamptz not null, updated_at timestamptz not null,
    primary key (organization_id, id), foreign key (organization_id, receivable_id) references receivable)`,
  `create unique index receivable_action_key on receivable_action (organization_id, key)`,
  // What a rule does it does once.
  `create unique index receivable_action_dedupe on receivable_action (organization_id, receivable_id, dedupe) where dedupe is not null and status <> 'cancelled'`,
  `create unique index receivable_action_one on receivable_action (organization_id, receivable_id) where status in ('waiting', 'sending', 'pending', 'unknown')`,
  `create index receivable_action_open on receivable_action (next_at) where status in ('waiting', 'sending', 'pending', 'unknown')`,
  `create table receivable_try (
    organization_id uuid not null, action_id uuid not null, seq int not null, at timestamptz not null, verb text not null, outcome text not null, took_ms int,
    request text, response text, primary key (organization_id, action_id, seq), foreign key (organization_id, action_id) references receivable_action)`,
  `create table order_shipment (
    organization_id uuid not null references organization, id uuid not null, order_id uuid not null, external_id text not null, at timestamptz not null, lines jsonb,
    tracking text, created_by text not null, created_at timestamptz not null, primary key (organization_id, id),
    foreign key (organization_id, order_id) references sales_order)`,
  `create unique index order_shipment_once on order_shipment (organization_id, order_id, external_id)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
  for (const table of ['receivable', 'receivable_part', 'receivable_action', 'receivable_try', 'order_shipment'])
    await wall(db, table, 'organization_id');
  // A ledger is added to, never thinned.
  for (const table of ['receivable', 'receivable_part', 'receivable_action', 'receivable_try'])
    await sql.raw(`revoke delete on ${table} from fakturist_app`).execute(db);
}
