import type { Context } from '../jobs/index.ts';
import type { Who } from '../toissue/index.ts';
import { text, type Values, WrongUsage } from './command.ts';

const noOrganization =
  'There is no organization yet. Make one first: fakturist init --organization NAME --country PL --tax-id … --email … --password-stdin';

/** The organization a command is about: the one named, or the only one there is. */
export async function organizationOf(ctx: Context, values: Values): Promise<Who & { name: string; country: string }> {
  const rows = await ctx.store.db.selectFrom('organization').select(['id', 'name', 'country']).orderBy('created_at').execute();
  const wanted = text(values, 'organization');
  if (rows.length === 0) throw new WrongUsage(noOrganization);
  const found = wanted === undefined ? rows : rows.filter((row) => row.id === wanted || row.name.toLowerCase() === wanted.toLowerCase());
  const names = rows.map((row) => `"${row.name}"`).join(', ');
  if (found.length === 0) throw new WrongUsage(`There is no organization "${wanted}". There are: ${names}.`);
  if (found.length > 1) throw new WrongUsage(`There are several organizations (${names}): name one with --organization.`);
  const [row] = found;
  return { organizationId: row!.id, actor: 'command line', name: row!.name, country: row!.country };
}
