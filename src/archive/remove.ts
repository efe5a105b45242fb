import { sql } from 'kysely';
import type { Context } from '../jobs/index.ts';
import { announce, forgetWords, json } from '../store/index.ts';
import { keptNow } from './choose.ts';

/**
 * What an archived document leaves behind: its row with number, day and amounts, its entry in the register, the links of the audit chain, and
 * of its order the key by which it is known when its file is imported again. Of what never became a document only such a key. Everything about the
 * buyer goes.
 */
const sliceSize = 100;

/** Removes the next documents of a run, all of a slice in one transaction or none of it. False: there are no more. */
export async function removeSlice(ctx: Context, organizationId: string, runId: string): Promise<boolean> {
  return ctx.store.org(organizationId, async (tx) => {
    const run = await tx
      .selectFrom('archive_run')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('id', '=', runId)
      .where('state', '=', 'removing')
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (!run) return false;
    const items = await tx
      .selectFrom('archive_item')
      .select(['document_id', 'order_id'])
      .where('organization_id', '=', organizationId)
      .where('run_id', '=', runId)
      .where('removed_at', 'is', null)
      .where('kept', 'is', null)
      .orderBy('part')
      .orderBy('document_id')
      .limit(sliceSize)
      .execute();
    if (items.length === 0) return false;
    const of = (table: string, column = 'document_id') =>
      sql`${sql.ref(`${table}.organization_id`)} = ${organizationId} and ${sql.ref(`${table}.${column}`)}`;
    // Locked in the order of all writers, then looked at again: a correction may have been made since the archive was. The documents `for
    // update`: a mail that is being queued for one is waited for, and one that comes later finds it archived.
    const among = items.map((i) => i.document_id);
    const sold = items.flatMap((i) => i.order_id ?? []);
    for (const lock of [
      sql`select 1 from receivable where organization_id = ${organizationId} and (document_id = any(${among}::uuid[]) or order_id = any(${sold}::uuid[])) order by id for no key update`,
      sql`select 1 from sales_order where organization_id = ${organizationId} and id = any(${sold}::uuid[]) order by id for no key update`,
      sql`select 1 from delivery where ${of('delivery')} = any(${among}::uuid[]) order by id for no key update`,
      sql`select 1 from document where organization_id = ${organizationId} and (id = any(${among}::uuid[]) or order_id = any(${sold}::uuid[])) order by id for update`,
      sql`select 1 from payment where organization_id = ${organizationId} and id in
        (select payment_id from allocation where organization_id = ${organizationId} and document_id = any(${among}::uuid[])) order by id for no key update`,
    ])
      await lock.execute(tx);
    const kept = await keptNow(tx, organizationId, { untilDay: run.until_day, longUntilDay: run.long_until_day }, run.created_at, among);
    for (const [id, why] of kept)
      if (why)
        await tx
          .updateTable('archive_item')
          .set({ kept: why })
          .where('organization_id', '=', organizationId)
          .where('run_id', '=', runId)
          .where('document_id', '=', id)
          .execute();
    const ids = items.map((i) => i.document_id).filter((id) => kept.get(id) === null);
    const orders = [...new Set(items.filter((i) => ids.includes(i.document_id)).flatMap((i) => i.order_id ?? []))];
    if (ids.length > 0) {
      const now = ctx.now().toISOString();
      const deliveries = await sql<{ id: string }>`select id from delivery where ${of('delivery')} = any(${ids}::uuid[])`.execute(tx);
      // Prepared documents of the same sales, or of none, that were withdrawn or merged have no term.
      const { rows: drafts } = await sql<{ id: string }>`
        select id from document where organization_id = ${organizationId} and (order_id = any(${orders}::uuid[]) or id = any(${ids}::uuid[])) and state in ('withdrawn', 'cancelled', 'merged') order by id for no key update`.execute(
        tx,
      );
      const all = [...new Set([...ids, ...drafts.map((d) => d.id)])];
      await forgetWords(tx, organizationId, [...all, ...orders, ...deliveries.rows.map((row) => row.id)]);
      const files = await sql<{ id: string }>`
        select pdf_file_id as id from document where organization_id = ${organizationId} and id = any(${all}::uuid[]) and pdf_file_id is not null`.execute(
        tx,
      );
      const emptied = sql`content = '{}', findings = '[]', order_findings = '[]', hold_codes = '{}', held = false, edited = '{}', settled = '{}', buyer_name = '', buyer_tax_id = null,
        buyer_email = null, order_number = null, search = '', pdf_file_id = null, archived_at = ${now}::timestamptz, updated_at = ${now}::timestamptz`;
      await sql`update document set state = 'archived', version = version + 1, ${emptied}
        where organization_id = ${organizationId} and id = any(${ids}::uuid[]) and state = 'issued'`.execute(tx);
      await sql`update document set ${emptied} where organization_id = ${organizationId} and id = any(${drafts.map((d) => d.id)}::uuid[])`.execute(
        tx,
      );
      for (const table of ['transfer', 'delivery', 'desk_request', 'order_review'])
        await sql`delete from ${sql.raw(table)} where ${of(table)} = any(${all}::uuid[])`.execute(tx);
      const fileIds = files.rows.map((f) => f.id);
      await sql`delete from agent_file where ${of('agent_file', 'file_id')} = any(${fileIds}::uuid[])`.execute(tx);
      await sql`delete from file where ${of('file', 'id')} = any(${fileIds}::uuid[])`.execute(tx);
      // The order keeps the key by which its file is known when it comes again; "superseded" needs no document.
      await sql`update sales_order set status = 'superseded', content = '{}', raw = null, number = null, buyer_name = '', buyer_email = null, updated_at = ${now}::timestamptz
        where organization_id = ${organizationId} and id = any(${orders}::uuid[])`.execute(tx);
      await sql`delete from order_shipment where ${of('order_shipment', 'order_id')} = any(${orders}::uuid[])`.execute(tx);
      await sql`delete from order_event_done where ${of('order_event_done', 'order_id')} = any(${orders}::uuid[])`.execute(tx);
      await sql`delete from order_event e using sales_order o where o.organization_id = ${organizationId} and o.id = any(${orders}::uuid[])
        and e.organization_id = o.organization_id and e.connection_id = o.connection_id and e.external_id = o.external_id
        and not exists (select 1 from order_event_done n where n.organization_id = e.organization_id and n.event_id = e.id)`.execute(tx);
      // A payment forgets who paid when nothing that it paid is kept.
      await sql`update payment p set payer_name = null, payer_account = null, title = '', details = '{}', proposals = ${json([])}, updated_at = ${now}::timestamptz
        where p.organization_id = ${organizationId} and p.id in (select payment_id from allocation where organization_id = ${organizationId} and document_id = any(${ids}::uuid[]))
          and not exists (select 1 from allocation a join document d on d.organization_id = a.organization_id and d.id = a.document_id
            where a.organization_id = p.organization_id and a.payment_id = p.id and d.state <> 'archived')`.execute(tx);
      await sql`update receivable set buyer_name = '', buyer_number_masked = null, private = null, updated_at = ${now}::timestamptz
        where organization_id = ${organizationId} and (document_id = any(${ids}::uuid[]) or order_id = any(${orders}::uuid[]))`.execute(tx);
      await sql`update receivable_try y set request = null, response = null from receivable_action a join receivable r on r.organization_id = a.organization_id and r.id = a.receivable_id
        where a.organization_id = ${organizationId} and y.organization_id = a.organization_id and y.action_id = a.id and (r.document_id = any(${ids}::uuid[]) or r.order_id = any(${orders}::uuid[]))`.execute(
        tx,
      );
      await sql`update archive_item set removed_at = ${now}::timestamptz where organization_id = ${organizationId} and run_id = ${runId} and document_id = any(${ids}::uuid[])`.execute(
        tx,
      );
      await tx
        .updateTable('archive_run')
        .set({ removed: run.removed + ids.length })
        .where('organization_id', '=', organizationId)
        .where('id', '=', runId)
        .execute();
    }
    await announce(tx, organizationId, 'archive', runId);
    return true;
  });
}
