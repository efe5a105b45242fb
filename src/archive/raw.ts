import { sql } from 'kysely';
import type { Context } from '../jobs/index.ts';
import { readOrganization } from '../toissue/index.ts';
import { rawUntil, readTerms } from './terms.ts';

/**
 * Texts as they came in and went out: orders as they stood in their files, the files themselves, questions and answers of providers, calls
 * received. No law wants them kept; they hold names and addresses, so an organization may let them go earlier than its documents.
 */
const slice = 500;

/** Ids are ordered by time: the least of an instant. */
const idAt = (at: Date) =>
  `${at
    .getTime()
    .toString(16)
    .padStart(12, '0')
    .replace(/^(.{8})(.{4})$/, '$1-$2')}-0000-0000-000000000000`;
const first = '00000000-0000-0000-0000-000000000000';

/** Goes on from where the last night ended; a slice is a transaction. */
export async function forgetRaw(ctx: Context, organizationId: string, signal?: AbortSignal): Promise<void> {
  const until = await ctx.store.org(organizationId, async (tx) =>
    rawUntil(await readTerms(tx, await readOrganization(tx, organizationId), ctx.now()), ctx.now()),
  );
  if (!until) return;
  const end = idAt(until);
  while (!signal?.aborted) {
    const more = await ctx.store.org(organizationId, async (tx) => {
      const { raw_after } = await tx
        .selectFrom('retention')
        .select('raw_after')
        .where('organization_id', '=', organizationId)
        .forNoKeyUpdate()
        .executeTakeFirstOrThrow();
      const after = raw_after ?? first;
      // One place for both: orders and transfers are walked in the order of time side by side.
      const { rows } = await sql<{ id: string }>`
        select id from (
          (select id from sales_order where organization_id = ${organizationId} and id > ${after}::uuid and id < ${end}::uuid order by id limit ${slice})
          union all
          (select id from transfer where organization_id = ${organizationId} and id > ${after}::uuid and id < ${end}::uuid order by id limit ${slice})) both_kinds
        order by id limit ${slice}`.execute(tx);
      const last = rows.at(-1)?.id;
      if (!last) return false;
      await sql`update sales_order set raw = null where organization_id = ${organizationId} and id > ${after}::uuid and id <= ${last}::uuid and raw is not null`.execute(
        tx,
      );
      await sql`update transfer_try y set request = null, response = null from transfer t where t.organization_id = ${organizationId} and t.id > ${after}::uuid and t.id <= ${last}::uuid
        and t.status in ('accepted', 'rejected', 'cancelled') and y.organization_id = t.organization_id and y.transfer_id = t.id and (y.request is not null or y.response is not null)`.execute(
        tx,
      );
      await tx.updateTable('retention').set({ raw_after: last }).where('organization_id', '=', organizationId).execute();
      return true;
    });
    if (!more) break;
  }
  await ctx.store.org(organizationId, async (tx) => {
    const { rows } = await sql<{ file_id: string }>`
      select file_id from import_run where organization_id = ${organizationId} and file_id is not null and finished_at < ${until} order by id for no key update`.execute(
      tx,
    );
    const ids = rows.map((row) => row.file_id);
    await sql`update import_run set file_id = null where organization_id = ${organizationId} and file_id = any(${ids}::uuid[])`.execute(tx);
    await sql`delete from file where organization_id = ${organizationId} and id = any(${ids}::uuid[])`.execute(tx);
    await sql`update received_call set body = null where organization_id = ${organizationId} and at < ${until} and body is not null`.execute(
      tx,
    );
    await sql`update pull_reject set raw = null where organization_id = ${organizationId} and last_at < ${until} and raw is not null`.execute(
      tx,
    );
  });
}
