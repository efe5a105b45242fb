import { type Kysely, sql } from 'kysely';
import { wall } from './0001_spine.ts';

/**
 * The agent on the seller's machine. An agent is a connection (of the connector `agent`) that calls us, so that cards, names and
 * mails about it are those of every connection; `agent` holds what only it has, under the same id.
 */
const statements = [
  `create table agent (
    organization_id uuid not null references organization, id uuid not null, status text not null check (status in ('unconfirmed','active','revoked')),
    public_key text not null, next_public_key text, key_since timestamptz not null, rotate_requested boolean not null default false, nonces jsonb not null default '[]',
    machine jsonb not null default '{}', state jsonb, seen_at timestamptz, bye jsonb, created_at timestamptz not null, created_by text, revoked_at timestamptz,
    primary key (organization_id, id), foreign key (organization_id, id) references connection)`,
  `create unique index agent_key on agent (public_key)`,
  `create table agent_code (
    organization_id uuid not null references organization, id uuid not null, code_hash text not null unique, agent_id uuid, name text not null, auto_confirm boolean not null default false,
    expires_at timestamptz not null, used_at timestamptz, used_by uuid, created_by text not null, created_at timestamptz not null, primary key (organization_id, id))`,
  // A connection that works by a folder, and whose folder it is.
  `create table agent_plugin (
    organization_id uuid not null, connection_id uuid not null, agent_id uuid not null, plugin text not null, pause text, created_at timestamptz not null,
    primary key (organization_id, connection_id), foreign key (organization_id, connection_id) references connection,
    foreign key (organization_id, agent_id) references agent)`,
  `create unique index agent_plugin_once on agent_plugin (organization_id, agent_id, plugin)`,
  `create table agent_job (
    organization_id uuid not null, id uuid not null, agent_id uuid not null, connection_id uuid, kind text not null, key text not null, lane text not null,
    payload jsonb not null, files jsonb not null default '[]', priority int not null default 0,
    status text not null check (status in ('waiting','offered','accepted','done','failed','unknown','cancelled','expired')),
    attempt int not null default 0, not_before timestamptz, expires_at timestamptz, lease_until timestamptz, cancel_requested boolean not null default false,
    step text, cause jsonb, result jsonb, result_attempt int, created_at timestamptz not null, updated_at timestamptz not null,
    primary key (organization_id, id), foreign key (organization_id, agent_id) references agent)`,
  `create unique index agent_job_key on agent_job (organization_id, key)`,
  `create index agent_job_open on agent_job (organization_id, agent_id, priority desc, created_at, id) where status in ('waiting','offered','accepted')`,
  `create index agent_job_recent on agent_job (organization_id, agent_id, created_at desc, id desc)`,
  // Files by their content, each agent's own.
  `create table agent_file (
    organization_id uuid not null, agent_id uuid not null, sha256 text not null, file_id uuid not null, created_at timestamptz not null,
    primary key (organization_id, agent_id, sha256), foreign key (organization_id, agent_id) references agent,
    foreign key (organization_id, file_id) references file)`,
  // What was found in the folders of a connection; one row a file, whatever came of it.
  `create table agent_found (
    organization_id uuid not null, id uuid not null, connection_id uuid not null, name text not null, source text not null check (source in ('outbox','pdf')), file_id uuid not null,
    status text not null check (status in ('new','matched','unmatched')), reference text, at timestamptz not null,
    primary key (organization_id, id), foreign key (organization_id, connection_id) references connection)`,
  `create index agent_found_open on agent_found (organization_id, connection_id, at) where status <> 'matched'`,
  // What the program behind the folder said of a document, found by our reference.
  `create table agent_answer (
    organization_id uuid not null, connection_id uuid not null, reference text not null, outcome jsonb, pdf_file_id uuid, at timestamptz not null,
    primary key (organization_id, connection_id, reference), foreign key (organization_id, connection_id) references connection)`,
  `create table agent_log (
    organization_id uuid not null, agent_id uuid not null, seq bigint generated always as identity, at timestamptz not null, level text not null, message text not null,
    primary key (organization_id, agent_id, seq), foreign key (organization_id, agent_id) references agent)`,
  `create table print_rule (
    organization_id uuid not null references organization, id uuid not null, place int not null, name text not null, kinds text[] not null default '{}', connection_id uuid,
    print_type text not null check (print_type in ('original','copy','duplicate','label')), agent_id uuid not null, printer text, options jsonb not null default '{}',
    last_one boolean not null default false, active boolean not null default true, created_at timestamptz not null, updated_at timestamptz not null,
    primary key (organization_id, id), foreign key (organization_id, agent_id) references agent)`,
];

const walled = ['agent', 'agent_code', 'agent_plugin', 'agent_job', 'agent_file', 'agent_found', 'agent_answer', 'agent_log', 'print_rule'];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
  for (const table of walled) await wall(db, table, 'organization_id');
}
