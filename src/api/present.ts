import { notFound } from './problem.ts';
import type { Call } from './route.ts';

type Kind = 'document' | 'import_run' | 'agent' | 'payment' | 'receivable' | 'mail_template' | 'series' | 'import_profile' | 'connection';
const words: Record<Kind, string> = {
  document: 'a document',
  import_run: 'an import',
  agent: 'an agent',
  payment: 'a payment',
  receivable: 'a claim',
  mail_template: 'a mail template',
  series: 'a series',
  import_profile: 'a profile',
  connection: 'a connection',
};

/**
 * Refuses with 404 unless the organization has the thing: for routes whose own work would take a missing one for an empty list or for one in
 * the wrong state, which tells the caller less and differs from what every other route says.
 */
export async function mustHave({ ctx, who }: Pick<Call, 'ctx' | 'who'>, kind: Kind, id: string): Promise<void> {
  const found = await ctx.store.org(who.organizationId, (tx) =>
    tx.selectFrom(kind).select('id').where('organization_id', '=', who.organizationId).where('id', '=', id).executeTakeFirst(),
  );
  if (!found) throw notFound(`${words[kind]} of this id`);
}
