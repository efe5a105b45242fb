import { type Kysely, sql } from 'kysely';
import { wall } from './0001_spine.ts';

/** Files for the accountant: what the tax office wants to know of the seller, and which documents went into which file. */
const statements = [
  `create table books_profile (
    organization_id uuid not null references organization, profile jsonb not null, updated_at timestamptz not null, updated_by text not null,
    primary key (organization_id))`,
  // A file of many documents that was made once and is kept, so that it can be fetched again with the same bytes.
  `create table export_batch (
    organization_id uuid not null references organization, id uuid not null, serial bigint not null, connector text not null, connection_id uuid, target text not null,
    name text not null, period_from date, period_to date, status text not null check (status in ('making','done')), documents int not null default 0, refused jsonb not null default '[]',
    file_id uuid, sha256 text, size_bytes bigint, created_by text not null, created_at timestamptz not null,
    primary key (organization_id, id), unique (organization_id, serial), foreign key (organization_id, file_id) references file)`,
  // Importing one document twice makes doubles in most programs: what went out once is left out of the next file.
  `create table export_item (
    organization_id uuid not null, batch_id uuid not null, document_id uuid not null, target text not null, again boolean not null default false,
    primary key (organization_id, batch_id, document_id), foreign key (organization_id, batch_id) references export_batch on delete cascade,
    foreign key (organization_id, document_id) references document)`,
  `create unique index export_item_once on export_item (organization_id, target, document_id) where not again`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
  for (const table of ['books_profile', 'export_batch', 'export_item']) await wall(db, table, 'organization_id');
}
