import { type Kysely, sql } from 'kysely';
import { wall } from './0001_spine.ts';

/**
 * What keeps lists, search and the sheet as fast with a million documents as with a thousand.
 *
 * Search goes through functions of the owner: behind the walls of an organization the database may use an index only for comparisons that
 * cannot leak what they compare, and matching words is none of them. The functions name the organization of the transaction themselves, and
 * each index holds it as a word of its own, so that one organization's search does not wade through what others sold.
 */
const wordsOf = (table: string, text: string) => `words_of(${table}.organization_id, ${text})`;

/** The document's own column, folded when it was written; orders and payments are folded by the database. */
export const searched = {
  document: `document.search`,
  sales_order: `fold_words(coalesce(sales_order.external_id, '') || ' ' || coalesce(sales_order.number, '') || ' ' || coalesce(sales_order.buyer_name, '') || ' ' || coalesce(sales_order.buyer_email, ''))`,
  payment: `fold_words(coalesce(payment.title, '') || ' ' || coalesce(payment.payer_name, '') || ' ' || coalesce(payment.payer_account, ''))`,
} as const;

const hits = (name: string, table: keyof typeof searched) => [
  `create index ${table}_words on ${table} using gin (${wordsOf(table, searched[table])})`,
  `create function ${name}(words text, most bigint default null) returns setof uuid language sql stable security definer rows 200 as $$
     select id from ${table}
     where organization_id = nullif(current_setting('app.org', true), '')::uuid
       and ${wordsOf(table, searched[table])} @@ (to_tsquery('simple', words) && quote_literal('@' || current_setting('app.org', true))::tsquery) limit most $$`,
  // Whoever calls cannot slip tables of his own under the names in them.
  `alter function ${name}(text, bigint) set search_path from current`,
  `revoke all on function ${name}(text, bigint) from public`,
  `grant execute on function ${name}(text, bigint) to fakturist_app`,
];

/** Issued or on the way: the lists that people sort and filter, and that only grow. */
const out = `where state in ('issued', 'submitted')`;

const statements = [
  // As foldText and searchText in toissue/row.ts: lower case, no diacritics, words of letters and digits.
  `create function fold_words(words text) returns text language plpgsql immutable strict parallel safe as $$
   begin
     if words ~ '[^ -~]' then
       words := translate(regexp_replace(normalize(words, NFD), '[\\u0300-\\u036f]', '', 'g'), 'łŁøØ', 'lloo');
     end if;
     return regexp_replace(lower(words), '[\\s!-/:-@\\[-\`{-~]+', ' ', 'g');
   end $$`,
  // Dear, so that nobody thinks of computing it row by row instead of asking the index.
  `create function words_of(organization uuid, words text) returns tsvector language plpgsql immutable parallel safe cost 10000 as $$
   begin
     return to_tsvector('simple'::regconfig, coalesce(words, '')) || array_to_tsvector(array['@' || organization]);
   end $$`,
  `drop index document_search`,
  ...hits('document_hits', 'document'),
  ...hits('order_hits', 'sales_order'),
  ...hits('payment_hits', 'payment'),

  `create index document_by_buyer on document (organization_id, buyer_name, id)`,
  `create index document_by_number on document (organization_id, (coalesce(number, '')), id) ${out}`,
  `create index document_by_gross on document (organization_id, gross_minor, id) ${out}`,
  `create index document_by_due on document (organization_id, (coalesce(due_date, 'infinity')), id) ${out}`,
  `create index document_by_day on document (organization_id, issue_date, id) where issue_date is not null and state in ('issued', 'submitted')`,
  `create index document_by_tax_id on document (organization_id, buyer_tax_id) where buyer_tax_id is not null`,
  // Few values, each many times: small, and asked for where a value is rare.
  `create index document_by_kind on document (organization_id, kind) ${out}`,
  `create index document_by_currency on document (organization_id, currency) ${out}`,
  `create index document_by_channel on document (organization_id, channel) ${out}`,
  `create index document_by_import on document (organization_id, import_id) where import_id is not null`,
  // What changed after it was issued, and proformas that somebody refused: few, and asked for by the sheet.
  `create index document_changed on document (organization_id) where held and state in ('issued', 'submitted')`,

  `create index sales_order_by_status on sales_order (organization_id, status, ordered_at desc, id desc) where status <> 'ready'`,
  `create index sales_order_by_channel on sales_order (organization_id, channel)`,
  `create index sales_order_by_import on sales_order (organization_id, import_id) where import_id is not null`,

  // Every row of a list asks for the newest of its document; the unique one leaves out what was cancelled, and so cannot answer.
  `create index transfer_document on transfer (organization_id, document_id, created_at)`,
  `drop index delivery_document`,
  `create index delivery_document on delivery (organization_id, document_id, created_at)`,
  `create index transfer_unfinished on transfer (organization_id, document_id) where status not in ('accepted', 'cancelled')`,
  `create index delivery_trouble on delivery (organization_id, way, document_id) where status in ('refused', 'bounced', 'unknown', 'held')`,

  // How far the audit trail was read and found whole: the sheet reads what came since, the night all of it.
  `create table audit_read (
    organization_id uuid not null references organization, seq bigint not null, hash text not null, read_at timestamptz not null,
    night_seq bigint not null default 0, night_hash text, whole_at timestamptz, broken_at bigint, primary key (organization_id))`,
  // Up to here every number of the period is in the register, which cannot lose one.
  `alter table series_counter add column whole_no bigint not null default 0`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
  await wall(db, 'audit_read', 'organization_id');
}
