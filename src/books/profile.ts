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
  const stored = booksProfileSchema.parse(profile);
  await ctx.store.org(who.organizationId, async (tx) => {
    const values = { profile: json(stored), updated_at: now };
    await tx
      .insertInto('books_profile')
      .values({ organization_id: who.organizationId, ...values })
      .onConflict((c) => c.column('organization_id').doUpdateSet(values))
      .execute();
    await announce(tx, who.organizationId, 'organization', who.organizationId);
    // Which fields were told, never what they say: the trail is read by more people than the form.
    await audit(tx, who.organizationId, who.actor, now, [
      {
        action: 'details for the tax office changed',
        entity: 'organization',
        entityId: who.organizationId,
        data: { fields: Object.keys(stored) },
      },
    ]);
  });
  return stored;
}
