import { sql } from 'kysely';
import { type BooksProfile, booksProfileSchema } from '../domain/formats/jpk/index.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, json, type Tx } from '../store/index.ts';
import type { Who } from '../toissue/index.ts';

/** What the tax office wants to know of the seller: one row an organization. */
export async function readBooksProfile(tx: Tx, organizationId: string): Promise<BooksProfile> {
  const row = await tx.selectFrom('books_profile').select('profile').where('organization_id', '=', organizationId).executeTakeFirst();
  return booksProfileSchema.parse(row?.profile ?? {});
}

export async function saveBooksProfile(ctx: Context, who: Who, profile: BooksProfile): Promise<BooksProfile> {
  const now = ctx.now();
  const { cashMethod, ...stored } = booksProfileSchema.parse(profile);
  await ctx.store.org(who.organizationId, async (tx) => {
    const before = await readBooksProfile(tx, who.organizationId);
    const values = {
      profile: json({ ...stored, ...(before.cashMethod !== undefined && { cashMethod: before.cashMethod }) }),
      updated_at: now,
    };
    await tx
      .insertInto('books_profile')
      .values({ organization_id: who.organizationId, ...values })
      .onConflict((c) => c.column('organization_id').doUpdateSet(values))
      .execute();
    // Callers of before still say it here; what issues invoices looks at the seller.
    if (cashMethod !== undefined)
      await sql`update organization set seller = seller || ${JSON.stringify({ cashAccounting: cashMethod })}::jsonb where id = ${who.organizationId}`.execute(
        tx,
      );
    await announce(tx, who.organizationId, 'organization', who.organizationId);
    // Which fields were told, never what they say: the trail is read by more people than the form.
    await audit(tx, who.organizationId, who.actor, now, [
      {
        action: 'details for the tax office changed',
        entity: 'organization',
        entityId: who.organizationId,
        data: { fields: [...Object.keys(stored), ...(cashMethod === undefined ? [] : ['cashMethod'])] },
      },
    ]);
  });
  return stored;
}
