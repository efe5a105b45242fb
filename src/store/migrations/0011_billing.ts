import { type Kysely, sql } from 'kysely';
import { wall } from './0001_spine.ts';

/**
 * Payments of every organization, and the operator's customers. Rows about a customer belong to the operator and are walled like all
 * others; a second policy lets the customer itself read what is about it, and nothing more (ADR 11).
 */
const statements = [
  `create table bank_statement (
    organization_id uuid not null references organization, id uuid not null, file_id uuid, name text not null, sha256 text not null, format text, encoding text,
    status text not null check (status in ('waiting','read','refused')), counts jsonb not null default '{}', accounts jsonb not null default '[]', findings jsonb not null default '[]',
    created_by text not null, created_at timestamptz not null, read_at timestamptz, primary key (organization_id, id))`,

  // One line of a bank, one charge of a card is one payment, however often it is told (BILLING §3).
  `create table payment (
    organization_id uuid not null references organization, id uuid not null, source text not null check (source in ('bank','charge','manual')), raw_id text not null,
    account text, currency text not null, amount_minor bigint not null check (amount_minor > 0), value_day date not null, payer_name text, payer_account text, title text not null default '',
    state text not null check (state in ('open','booked','set_aside')), why text, unsure text, proposals jsonb not null default '[]', details jsonb not null default '{}',
    statement_id uuid, place int, created_at timestamptz not null, updated_at timestamptz not null, primary key (organization_id, id))`,
  `create unique index payment_once on payment (organization_id, source, raw_id)`,
  `create index payment_recent on payment (organization_id, value_day desc, id desc)`,
  `create index payment_open on payment (organization_id, value_day) where state = 'open'`,

  // What a payment paid. Undone entries stay: they are the history.
  `create table allocation (
    organization_id uuid not null, id uuid not null, payment_id uuid not null, document_id uuid, purpose text not null check (purpose in ('document','credit','returned')),
    amount_minor bigint not null check (amount_minor > 0), sure boolean not null default false, reasons text[] not null default '{}', created_by text not null, created_at timestamptz not null,
    undone_at timestamptz, undone_by text, primary key (organization_id, id), check ((purpose = 'document') = (document_id is not null)),
    foreign key (organization_id, payment_id) references payment, foreign key (organization_id, document_id) references document)`,
  `create index allocation_of_payment on allocation (organization_id, payment_id)`,
  `create index allocation_of_document on allocation (organization_id, document_id) where document_id is not null and undone_at is null`,
  // Never more than came in, never more than is due: also against our own mistakes.
  `create function allocation_fits() returns trigger language plpgsql as $$
   declare received bigint; due bigint; used bigint;
   begin
     select amount_minor into received from payment where organization_id = new.organization_id and id = new.payment_id for update;
     select coalesce(sum(amount_minor), 0) into used from allocation where organization_id = new.organization_id and payment_id = new.payment_id and undone_at is null;
     if used + new.amount_minor > received then raise exception 'payment % is not that large', new.payment_id; end if;
     if new.document_id is not null then
       select gross_minor + (greatest(coalesce((content->'totals'->>'rounding')::numeric, 0), 0) * 100)::bigint into due from document where organization_id = new.organization_id and id = new.document_id for update;
       select coalesce(sum(amount_minor), 0) into used from allocation where organization_id = new.organization_id and document_id = new.document_id and undone_at is null;
       if used + new.amount_minor > due then raise exception 'document % is not due so much', new.document_id; end if;
     end if;
     return new;
   end $$`,
  `create trigger allocation_fits before insert on allocation for each row execute function allocation_fits()`,

  `create table plan (
    organization_id uuid not null references organization, id uuid not null, connector text, name text not null, about text not null default '', currency text not null, terms jsonb not null,
    active boolean not null default true, created_at timestamptz not null, updated_at timestamptz not null, primary key (organization_id, id))`,
  `create table billing_customer (
    organization_id uuid not null references organization, customer_id uuid not null references organization, party jsonb not null, proforma_email text not null, invoice_email text not null,
    language text not null, standing text not null default 'good' check (standing in ('good','notice','suspended')), suspend_on date, suspended_at timestamptz, paused uuid[] not null default '{}',
    created_at timestamptz not null, updated_at timestamptz not null, primary key (organization_id, customer_id))`,
  `create table subscription (
    organization_id uuid not null, id uuid not null, customer_id uuid not null, plan_id uuid not null, connection_id uuid, extra boolean not null default false,
    state text not null check (state in ('pending','trial','active','past_due','suspended','cancelled','expired')), pay_by text not null check (pay_by in ('transfer','card')),
    anchor_day date not null, period_start date not null, period_end date not null, next_plan_id uuid, cancel_on date, terms jsonb not null, created_at timestamptz not null, updated_at timestamptz not null,
    primary key (organization_id, id), foreign key (organization_id, customer_id) references billing_customer, foreign key (organization_id, plan_id) references plan)`,
  // One thing is ordered once, unless the customer asks for a second with open eyes.
  `create unique index subscription_once on subscription (organization_id, customer_id, plan_id, coalesce(connection_id, '00000000-0000-0000-0000-000000000000'::uuid))
    where state not in ('cancelled','expired') and not extra`,
  `create table billing_order (
    organization_id uuid not null, id uuid not null, customer_id uuid not null, subscription_id uuid not null, kind text not null check (kind in ('first','renewal','change','usage')),
    period_start date not null, period_end date not null, order_id uuid, proforma_id uuid, invoice_id uuid, amount_minor bigint not null, currency text not null, lines jsonb not null,
    state text not null check (state in ('open','paid','cancelled','refunded')), due_day date not null, steps text[] not null default '{}', paid_at timestamptz, created_at timestamptz not null,
    updated_at timestamptz not null, primary key (organization_id, id), foreign key (organization_id, subscription_id) references subscription)`,
  `create unique index billing_order_once on billing_order (organization_id, subscription_id, kind, period_start) where state <> 'cancelled'`,
  `create index billing_order_of_order on billing_order (organization_id, order_id)`,
  `create index billing_order_of_customer on billing_order (organization_id, customer_id, created_at desc)`,
  `create table mandate (
    organization_id uuid not null, id uuid not null, customer_id uuid, subscription_id uuid, connection_id uuid not null, reference text not null, processor_id text,
    state text not null check (state in ('intended','pending','active','surplus','cancelling','cancelled','expired','failed')), label text, fingerprint text, expires text, url text, cause jsonb,
    created_at timestamptz not null, updated_at timestamptz not null, last_charged_at timestamptz, next_at timestamptz, primary key (organization_id, id))`,
  `create unique index mandate_reference on mandate (organization_id, connection_id, reference)`,
  `create unique index mandate_processor on mandate (organization_id, connection_id, processor_id) where processor_id is not null`,
  `create unique index mandate_active on mandate (organization_id, subscription_id) where state = 'active'`,
  // Charges and refunds: the intent is here before the first send, and one order has at most one that may have taken money.
  `create table charge (
    organization_id uuid not null, id uuid not null, customer_id uuid not null, mandate_id uuid not null, billing_order_id uuid not null, verb text not null check (verb in ('charge','refund')), of_charge_id uuid,
    reference text not null, amount_minor bigint not null check (amount_minor > 0), currency text not null, status text not null check (status in ('waiting','sending','accepted','pending','rejected','unknown')),
    processor_id text, refunded_minor bigint not null default 0, disputed boolean not null default false, cause jsonb, sends int not null default 0, next_at timestamptz, claimed_at timestamptz,
    story jsonb not null default '[]', created_at timestamptz not null, updated_at timestamptz not null, primary key (organization_id, id), foreign key (organization_id, mandate_id) references mandate,
    foreign key (organization_id, billing_order_id) references billing_order)`,
  `create unique index charge_reference on charge (organization_id, reference)`,
  `create unique index charge_once on charge (organization_id, billing_order_id) where verb = 'charge' and status <> 'rejected'`,
  `create unique index refund_once on charge (organization_id, of_charge_id) where verb = 'refund' and status <> 'rejected'`,
  `create index charge_due on charge (organization_id, status, next_at)`,
  `create table double_charge (
    organization_id uuid not null, id uuid not null, customer_id uuid not null, sign text not null, first_id uuid not null, second_id uuid not null, facts jsonb not null default '{}',
    found_at timestamptz not null, told_at timestamptz, settled_at timestamptz, settled_by text, settled_how text, primary key (organization_id, id))`,
  `create unique index double_charge_once on double_charge (organization_id, sign, first_id, second_id)`,

  // Word from a buyer or a customer about a document: open until somebody or something has dealt with it.
  `create table desk_request (
    organization_id uuid not null references organization, id uuid not null, document_id uuid, customer_id uuid, kind text not null check (kind in ('again','invoice','mend','report')), said text not null default '',
    data jsonb not null default '{}', state text not null check (state in ('open','done','refused')), outcome text, made_id uuid, created_by text not null, created_at timestamptz not null,
    closed_at timestamptz, closed_by text, primary key (organization_id, id), foreign key (organization_id, document_id) references document)`,
  `create index desk_request_of_document on desk_request (organization_id, document_id, created_at)`,
  `create index desk_request_open on desk_request (organization_id, created_at) where state = 'open'`,
];

const walled = [
  'bank_statement',
  'payment',
  'allocation',
  'plan',
  'billing_customer',
  'subscription',
  'billing_order',
  'mandate',
  'charge',
  'double_charge',
  'desk_request',
];
/** What is about a customer may be read by it. */
const aboutCustomers = ['billing_customer', 'subscription', 'billing_order', 'mandate', 'charge', 'double_charge', 'desk_request'];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
  for (const table of walled) await wall(db, table, 'organization_id');
  for (const table of aboutCustomers)
    await sql
      .raw(
        `create policy about_me on ${table} for select to fakturist_app using (customer_id = nullif(current_setting('app.org', true), '')::uuid)`,
      )
      .execute(db);
  // The catalogue is for everybody of the installation.
  await sql.raw(`create policy catalogue on plan for select to fakturist_app using (active)`).execute(db);
  await sql.raw(`revoke delete on payment, allocation, charge from fakturist_app`).execute(db);
}
