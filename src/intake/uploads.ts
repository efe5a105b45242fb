import type { Context } from '../jobs/index.ts';
import { removeFile, type Tx } from '../store/index.ts';

/** What is uploaded waits for its import; what nobody imports within a day, because it was only looked at or refused, is thrown away. */
const keptHours = 24;
const sweptAtOnce = 50;

export async function keepUpload(ctx: Context, organizationId: string, fileId: string): Promise<void> {
  await ctx.store.org(organizationId, (tx) =>
    tx.insertInto('upload').values({ organization_id: organizationId, file_id: fileId, created_at: ctx.now() }).execute(),
  );
}

/** The import has taken it over: it stays as long as that does. False when it went, or another import has it. */
export async function takeUpload(tx: Tx, organizationId: string, fileId: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('upload')
    .where('organization_id', '=', organizationId)
    .where('file_id', '=', fileId)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** Removes uploads that were never imported. Run every minute; returns how many went. */
export async function sweepUploads(ctx: Context): Promise<number> {
  const before = new Date(ctx.now().getTime() - keptHours * 3_600_000);
  const old = await ctx.store.system((tx) =>
    tx.selectFrom('upload').selectAll().where('created_at', '<', before).limit(sweptAtOnce).execute(),
  );
  let swept = 0;
  for (const { organization_id, file_id } of old) {
    // Whoever deletes the row has the file: an import that begins now takes it first, or comes too late.
    const mine = await ctx.store.org(organization_id, (tx) =>
      tx
        .deleteFrom('upload')
        .where('organization_id', '=', organization_id)
        .where('file_id', '=', file_id)
        .returning('file_id')
        .executeTakeFirst(),
    );
    if (!mine) continue;
    await removeFile(ctx.store, organization_id, file_id);
    swept++;
  }
  return swept;
}
