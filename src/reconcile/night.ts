import type { Context } from '../jobs/index.ts';
import { readTrailAtNight } from '../store/index.ts';
import { noteWholeNumbers } from '../toissue/index.ts';

/** Entries of the trail in one transaction: about a tenth of a second. */
const slice = 5000;

/**
 * What the sheet need not prove anew each time: by night the whole audit trail of an organization is read from its beginning, and the
 * registers are seen whole up to their last number. Goes on where a killed process ended.
 */
export async function proveAtNight(ctx: Context, organizationId: string, signal?: AbortSignal): Promise<void> {
  while (!signal?.aborted)
    if (!(await ctx.store.org(organizationId, (tx) => readTrailAtNight(tx, organizationId, ctx.now(), slice)))) break;
  await ctx.store.org(organizationId, (tx) => noteWholeNumbers(tx, organizationId));
}

/** One job for each organization. */
export async function startNight(ctx: Context): Promise<void> {
  await ctx.store.system(async (tx) => {
    const rows = await tx.selectFrom('organization').select('id').execute();
    await ctx.jobs.enqueue(
      tx,
      'night',
      rows.map(({ id }) => ({ organizationId: id, id })),
    );
  });
}
