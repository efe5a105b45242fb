import { type Kysely, sql } from 'kysely';

/** Every key leads with the organization (DESIGN §4.3); every table with an organization is walled by row-level security. */
const statements = [
  // On a server of somebody else our user may make no roles: then an administrator made it before, or is told what to do.
  `do $$ begin
     if not exists (select 1 from pg_roles where rolname = 'fakturist_app') then create role fakturist_app nologin; end if;
   exception when duplicate_object or unique_violation then null;
     when insufficient_privilege then
       raise exception 'The database user % may not make the role fakturist_app. Let an administrator of the server run: CREATE ROLE fakturist_app NOLOGIN; GRANT fakturist_app TO "%"', current_user, current_user;
   end $$`,
  `do $$ begin execute format('grant fakturist_app to %I', current_user); exception when others then null; end $$`,

  `create table organization (
    id uuid primary key, name text not null, country text not null, zone text not null, language text not null, currency text not null,
    seller jsonb not null, policies jsonb not null default '{}', look jsonb not null default '{}', created_at timestamptz not null)`,

  // Users are the sign-in library's; membership and roles are ours.
  `create table member (
    organization_id uuid not null references organization, user_id text not null, role text not null check (role in ('owner','bookkeeper','warehouse','reader')),
    created_at timestamptz not null, primary key (organization_id, user_id))`,
  `create index member_of_user on member (user_id)`,
  `create table invitation (
    organization_id uuid not null references organization, id uuid not null, email text not null, role text not null check (role in ('owner','bookkeeper','warehouse','reader')),
    token_hash text not null unique, invited_by text, created_at timestamptz not null, expires_at timestamptz not null, accepted_at timestamptz, primary key (organization_id, id))`,
  `create table api_key (
    organization_id uuid not null references organization, id uuid not null, name text not null, prefix text not null unique, hash text not null,
    scopes text[] not null, created_at timestamptz not null, last_used_at timestamptz, revoked_at timestamptz, primary key (organization_id, id))`,

  `create table file (
    organization_id uuid not null references organization, id uuid not null, name text not null, media_type text not null, size_bytes bigint not null,
    sha256 text not null, created_at timestamptz not null, primary key (organization_id, id))`,
  `create table file_chunk (
    organization_id uuid not null, file_id uuid not null, seq int not null, bytes bytea not null,
    primary key (organization_id, file_id, seq), foreign key (organization_id, file_id) references file on delete cascade)`,

  `create table connection (
    organization_id uuid not null references organization, id uuid not null, connector text not null, name text not null,
    status text not null check (status in ('setup','active','paused','blocked','removed')), base_url text, settings jsonb not null default '{}',
    secrets bytea, memory jsonb not null default '{}', cursor jsonb, ever_worked boolean not null default false,
    intake_token text unique, created_at timestamptz not null, updated_at timestamptz not null, primary key (organization_id, id))`,
  // Limits that a provider punishes are a row of ours, taken with a lock (DEPENDENCIES §5).
  `create table connection_gate (
    organization_id uuid not null, connection_id uuid not null, minute_start timestamptz, used_in_minute int not null default 0, next_at timestamptz,
    in_flight int not null default 0, failures int not null default 0, open_until timestamptz, cause_code text,
    primary key (organization_id, connection_id), foreign key (organization_id, connection_id) references connection on delete cascade)`,

  `create table import_profile (
    organization_id uuid not null references organization, id uuid not null, name text not null, profile jsonb not null, created_at timestamptz not null, primary key (organization_id, id))`,
  `create table import_run (
    organization_id uuid not null references organization, id uuid not null, connection_id uuid not null, file_id uuid, name text not null, sha256 text,
    size_bytes bigint, profile text, options jsonb not null default '{}', status text not null check (status in ('waiting','running','done','cancelled','refused','failed')),
    read_bytes bigint not null default 0, counts jsonb not null default '{}', findings jsonb not null default '[]', summary jsonb,
    created_by text, created_at timestamptz not null, finished_at timestamptz, cancel_requested boolean not null default false,
    primary key (organization_id, id), foreign key (organization_id, connection_id) references connection)`,
  `create index import_run_recent on import_run (organization_id, created_at desc)`,
  // Outcomes of the records of a file, one row a batch: [{line, offset, externalId, outcome, orderId, ...}].
  `create table import_batch (
    organization_id uuid not null, import_id uuid not null, seq int not null, records jsonb not null, rejected int not null default 0,
    primary key (organization_id, import_id, seq), foreign key (organization_id, import_id) references import_run on delete cascade)`,

  `create table sales_order (
    organization_id uuid not null references organization, id uuid not null, connection_id uuid not null, external_id text not null, number text,
    channel text not null, status text not null check (status in ('open','ready','cancelled','superseded')), external_status text,
    ordered_at timestamptz not null, paid_at timestamptz, currency text not null, total_minor bigint not null, buyer_name text not null default '', buyer_email text,
    suggestion text not null, content jsonb not null, content_hash text not null, raw text, superseded_by uuid, import_id uuid,
    created_at timestamptz not null, updated_at timestamptz not null,
    primary key (organization_id, id), foreign key (organization_id, connection_id) references connection)`,
  `create unique index sales_order_key on sales_order (organization_id, connection_id, external_id)`,
  `create index sales_order_recent on sales_order (organization_id, ordered_at desc, id)`,
  `create table order_alias (
    organization_id uuid not null, scheme text not null, value text not null, order_id uuid not null,
    primary key (organization_id, scheme, value, order_id), foreign key (organization_id, order_id) references sales_order on delete cascade)`,

  `create table series (
    organization_id uuid not null references organization, id uuid not null, name text not null, kind text not null, pattern text not null,
    reset text not null check (reset in ('yearly','monthly','daily','never')), is_default boolean not null default false, active boolean not null default true,
    number_owner text not null check (number_owner in ('hub','provider')), reporter text not null check (reporter in ('hub','provider','nobody')),
    connection_id uuid, auto_issue boolean not null default false, settings jsonb not null default '{}', created_at timestamptz not null,
    primary key (organization_id, id), foreign key (organization_id, connection_id) references connection,
    check (number_owner = 'hub' or connection_id is not null), check (reporter <> 'provider' or connection_id is not null))`,
  `create unique index series_name on series (organization_id, name) where active`,
  `create unique index series_default on series (organization_id, kind) where is_default and active`,
  `create table series_counter (
    organization_id uuid not null, series_id uuid not null, period text not null, next_no bigint not null, last_issue_date date,
    primary key (organization_id, series_id, period), foreign key (organization_id, series_id) references series)`,

  `create table document (
    organization_id uuid not null references organization, id uuid not null, kind text not null,
    state text not null check (state in ('to_issue','submitted','refused','issued','withdrawn','merged','cancelled')),
    version int not null default 1, series_id uuid, number text, sequence_no bigint, period text,
    order_id uuid, purpose text not null, currency text not null, issue_date date, sale_date date, due_date date,
    net_minor bigint not null, tax_minor bigint not null, gross_minor bigint not null,
    buyer_name text not null default '', buyer_tax_id text, buyer_email text, buyer_country text, channel text, order_number text,
    content jsonb not null, findings jsonb not null default '[]', order_findings jsonb not null default '[]', hold_codes text[] not null default '{}', held boolean not null default false, edited text[] not null default '{}', settled text[] not null default '{}',
    corrects_id uuid, merged_into uuid, proforma_id uuid, import_id uuid, pdf_file_id uuid, search text not null default '',
    created_at timestamptz not null, updated_at timestamptz not null, issued_at timestamptz, issued_by text,
    primary key (organization_id, id), foreign key (organization_id, series_id) references series, foreign key (organization_id, order_id) references sales_order)`,
  // Nothing twice: one live document per order and purpose.
  `create unique index document_once on document (organization_id, order_id, purpose) where order_id is not null and state not in ('withdrawn','cancelled')`,
  `create unique index document_number on document (organization_id, series_id, number) where number is not null`,
  `create index document_queue on document (organization_id, created_at desc, id desc) where state in ('to_issue','refused')`,
  `create index document_recent on document (organization_id, created_at desc, id desc)`,
  `create index document_issued on document (organization_id, issued_at desc, id desc) where issued_at is not null`,
  `create index document_of_order on document (organization_id, order_id)`,
  `create index document_corrects on document (organization_id, corrects_id) where corrects_id is not null`,
  `create index document_held on document (organization_id, created_at desc) where held and state in ('to_issue','refused')`,

  `create index document_search on document using gin (to_tsvector('simple', search))`,

  // Out of line and not compressed: lists never read contents, and compressing one costs more than writing it.
  `alter table document alter content set storage external, alter findings set storage external`,
  `alter table sales_order alter content set storage external, alter raw set storage external`,

  // A bulk issue: survives a crash, goes on where its last committed batch ended.
  `create table issue_run (
    organization_id uuid not null references organization, id uuid not null, ids uuid[] not null, options jsonb not null default '{}',
    status text not null check (status in ('waiting','running','done','cancelled')), done int not null default 0, issued int not null default 0, refused jsonb not null default '[]',
    cancel_requested boolean not null default false, created_by text not null, created_at timestamptz not null, finished_at timestamptz, primary key (organization_id, id))`,

  // Every number explained: who took it, when, and what became of it.
  `create table number_register (
    organization_id uuid not null, series_id uuid not null, period text not null, sequence_no bigint not null, number text not null, document_id uuid not null,
    allocated_at timestamptz not null, given_up_at timestamptz, reason text,
    primary key (organization_id, series_id, period, sequence_no), foreign key (organization_id, series_id) references series)`,
  `create unique index number_register_number on number_register (organization_id, number)`,

  `create table audit_head (organization_id uuid primary key references organization, seq bigint not null, hash text not null)`,
  `create table audit (
    organization_id uuid not null, seq bigint not null, at timestamptz not null, actor text not null, action text not null, entity text not null, entity_id text not null,
    data jsonb not null, previous_hash text not null, hash text not null, primary key (organization_id, seq))`,
  `create index audit_entity on audit (organization_id, entity_id, seq)`,

  `create table mail_template (
    organization_id uuid not null references organization, id uuid not null, name text not null, kind text, language text not null, subject text not null, body text not null,
    is_default boolean not null default false, updated_at timestamptz not null, primary key (organization_id, id))`,
  `create table delivery (
    organization_id uuid not null references organization, id uuid not null, document_id uuid not null, way text not null check (way in ('mail','print','attachment','portal','e-invoice')),
    key text not null, recipient text not null default '', status text not null, settings jsonb not null default '{}', message_id text, attempts int not null default 0,
    next_at timestamptz, claimed_at timestamptz, cause jsonb, story jsonb not null default '[]', connection_id uuid, created_by text, created_at timestamptz not null, updated_at timestamptz not null,
    primary key (organization_id, id), foreign key (organization_id, document_id) references document)`,
  `create unique index delivery_key on delivery (organization_id, key)`,
  `create index delivery_document on delivery (organization_id, document_id)`,
  `create index delivery_open on delivery (organization_id, status, next_at)`,
  `create index delivery_recent on delivery (organization_id, created_at desc, id desc)`,
  `create index delivery_message on delivery (message_id) where message_id is not null`,

  `create table transfer (
    organization_id uuid not null references organization, id uuid not null, document_id uuid not null, connection_id uuid not null, reference text not null, verb text not null,
    status text not null check (status in ('waiting','sending','accepted','pending','rejected','unknown','cancelled')),
    sends int not null default 0, next_at timestamptz, claimed_at timestamptz, request_hash text, ticket text, made jsonb, cause jsonb, story jsonb not null default '[]',
    settings jsonb not null default '{}', created_at timestamptz not null, updated_at timestamptz not null,
    primary key (organization_id, id), foreign key (organization_id, document_id) references document, foreign key (organization_id, connection_id) references connection)`,
  `create unique index transfer_reference on transfer (organization_id, connection_id, reference)`,
  `create unique index transfer_once on transfer (organization_id, document_id, verb) where status <> 'cancelled'`,
  `create index transfer_open on transfer (organization_id, connection_id, status, next_at)`,
  `create table transfer_try (
    organization_id uuid not null, transfer_id uuid not null, seq int not null, at timestamptz not null, verb text not null, outcome text not null, took_ms int,
    request text, response text, primary key (organization_id, transfer_id, seq), foreign key (organization_id, transfer_id) references transfer on delete cascade)`,
  `create table cause_case (
    organization_id uuid not null references organization, id uuid not null, connection_id uuid, code text not null, params jsonb not null default '{}',
    opened_at timestamptz not null, closed_at timestamptz, told_at timestamptz, told_over_at timestamptz, primary key (organization_id, id))`,
  `create unique index cause_case_open on cause_case (organization_id, connection_id, code, (params::text)) where closed_at is null`,

  `create table saved_view (
    organization_id uuid not null references organization, id uuid not null, user_id text not null, page text not null, name text not null, query text not null,
    created_at timestamptz not null, primary key (organization_id, id))`,
  `create table webhook_endpoint (
    organization_id uuid not null references organization, id uuid not null, url text not null, events text[] not null, secret bytea not null, active boolean not null default true,
    created_at timestamptz not null, primary key (organization_id, id))`,
  `create table webhook_delivery (
    organization_id uuid not null references organization, id uuid not null, endpoint_id uuid not null, event text not null, body text not null, status text not null,
    attempts int not null default 0, last_status int, next_at timestamptz, created_at timestamptz not null,
    primary key (organization_id, id), foreign key (organization_id, endpoint_id) references webhook_endpoint on delete cascade)`,
  `create table received_call (
    organization_id uuid not null references organization, connection_id uuid not null, call_id text not null, at timestamptz not null, body text,
    primary key (organization_id, connection_id, call_id))`,
  `create table idempotency_key (
    organization_id uuid not null references organization, key text not null, request_hash text not null, status int, response jsonb, created_at timestamptz not null,
    primary key (organization_id, key))`,
  `create table exchange_rate (source text not null, currency text not null, day date not null, rate numeric not null, table_no text, primary key (source, currency, day))`,
  `create table installation (key text primary key, value jsonb not null)`,

  // Issued is frozen (DESIGN §3.4), also against our own mistakes.
  `create function document_frozen() returns trigger language plpgsql as $$
   begin
     if old.state = 'issued' then
       if tg_op = 'DELETE' then raise exception 'document % is issued and cannot be deleted', old.id; end if;
       if new.state <> 'issued' or new.content is distinct from old.content or new.number is distinct from old.number or new.series_id is distinct from old.series_id
          or new.issue_date is distinct from old.issue_date or new.kind <> old.kind or new.gross_minor <> old.gross_minor or new.order_id is distinct from old.order_id
          or new.issued_at is distinct from old.issued_at or new.sequence_no is distinct from old.sequence_no then
         raise exception 'document % is issued and cannot be changed', old.id;
       end if;
     end if;
     return case when tg_op = 'DELETE' then old else new end;
   end $$`,
  `create trigger document_frozen before update or delete on document for each row execute function document_frozen()`,
  `create function audit_append_only() returns trigger language plpgsql as $$ begin raise exception 'the audit trail is append-only'; end $$`,
  // Chains and stores entries in one step: the lock on the head is held as short as can be. The digest of an entry is made by the caller.
  `create function audit_append(org uuid, entry_at timestamptz, entry_actor text, entries jsonb) returns bigint language plpgsql as $$
   declare head audit_head%rowtype; entry jsonb; next_hash text;
   begin
     insert into audit_head values (org, 0, repeat('0', 64)) on conflict do nothing;
     select * into head from audit_head where organization_id = org for update;
     for entry in select * from jsonb_array_elements(entries) loop
       head.seq := head.seq + 1;
       next_hash := encode(sha256(convert_to(head.hash || ':' || head.seq || ':' || (entry->>'digest'), 'UTF8')), 'hex');
       insert into audit values (org, head.seq, entry_at, entry_actor, entry->>'action', entry->>'entity', entry->>'id', entry->'data', head.hash, next_hash);
       head.hash := next_hash;
     end loop;
     update audit_head set seq = head.seq, hash = head.hash where organization_id = org;
     return head.seq;
   end $$`,
  `create trigger audit_append_only before update or delete on audit for each row execute function audit_append_only()`,
];

const walled = [
  'member',
  'invitation',
  'api_key',
  'file',
  'file_chunk',
  'connection',
  'connection_gate',
  'import_profile',
  'import_run',
  'import_batch',
  'sales_order',
  'order_alias',
  'issue_run',
  'series',
  'series_counter',
  'document',
  'number_register',
  'audit_head',
  'audit',
  'mail_template',
  'delivery',
  'transfer',
  'transfer_try',
  'cause_case',
  'saved_view',
  'webhook_endpoint',
  'webhook_delivery',
  'received_call',
  'idempotency_key',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
  await sql.raw(`grant usage on schema public to fakturist_app`).execute(db);
  for (const table of walled) await wall(db, table, 'organization_id');
  await wall(db, 'organization', 'id');
  await sql.raw(`revoke update, delete on audit from fakturist_app`).execute(db);
  await sql.raw(`revoke delete on number_register, document from fakturist_app`).execute(db);
  await sql.raw(`grant select, insert on exchange_rate to fakturist_app`).execute(db);
}

/** Walls a table off: the application role sees and writes only rows of the organization named in the transaction. */
export async function wall(db: Kysely<unknown>, table: string, column: string): Promise<void> {
  await sql.raw(`alter table ${table} enable row level security`).execute(db);
  await sql
    .raw(
      `create policy own_rows on ${table} to fakturist_app using (${column} = nullif(current_setting('app.org', true), '')::uuid)
       with check (${column} = nullif(current_setting('app.org', true), '')::uuid)`,
    )
    .execute(db);
  await sql.raw(`grant select, insert, update, delete on ${table} to fakturist_app`).execute(db);
}
