import { sql } from 'kysely';
import type { Period } from '../domain/billing/plans.ts';
import type { Tx } from '../store/index.ts';

/**
 * Documents of a period, counted from the audit trail of the customer, inside the customer's own wall: only the number leaves it. Each
 * document counts once, on the day it was issued or, for a connection, first accepted over there.
 */
export async function documentsIn(tx: Tx, customerId: string, connectionId: string | null, period: Period): Promise<number> {
  const { rows } = await sql<{ n: bigint }>`
    with org as (select zone from organization where id = ${customerId}),
    first as (
      select a.entity_id, min(a.at) as at from audit a
      where a.organization_id = ${customerId} and a.entity = 'document'
        and ${connectionId ? sql`a.action in ('transfer accepted', 'transfer found at the provider') and exists (select 1 from transfer t where t.organization_id = a.organization_id and t.document_id::text = a.entity_id and t.connection_id = ${connectionId}::uuid)` : sql`a.action = 'document issued' and coalesce(a.data->>'kind', '') <> 'proforma'`}
      group by a.entity_id)
    select count(*) as n from first, org
    where (first.at at time zone org.zone)::date >= ${period.start}::date and (first.at at time zone org.zone)::date < ${period.end}::date`.execute(
    tx,
  );
  return Number(rows[0]!.n);
}
