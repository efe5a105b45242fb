import { type Kysely, sql } from 'kysely';

/**
 * The guard of bookings locks its payment and its document as everybody else does (ADR 3): not against rows that only refer to them, which
 * would make whoever writes a mail or a transfer of the document wait, and the other way round.
 */
const statements = [
  `create or replace function allocation_fits() returns trigger language plpgsql as $$
   declare received bigint; due bigint; used bigint;
   begin
     if new.document_id is not null then
       select gross_minor + (greatest(coalesce((content->'totals'->>'rounding')::numeric, 0), 0) * 100)::bigint into due from document where organization_id = new.organization_id and id = new.document_id for no key update;
     end if;
     select amount_minor into received from payment where organization_id = new.organization_id and id = new.payment_id for no key update;
     select coalesce(sum(amount_minor), 0) into used from allocation where organization_id = new.organization_id and payment_id = new.payment_id and undone_at is null;
     if used + new.amount_minor > received then raise exception 'payment % is not that large', new.payment_id; end if;
     if new.document_id is not null then
       select coalesce(sum(amount_minor), 0) into used from allocation where organization_id = new.organization_id and document_id = new.document_id and undone_at is null;
       if used + new.amount_minor > due then raise exception 'document % is not due so much', new.document_id; end if;
     end if;
     return new;
   end $$`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
