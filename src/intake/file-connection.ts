import { addPlainConnection } from '../connections/index.ts';
import type { Connector } from '../contract/connector.ts';
import type { Context } from '../jobs/index.ts';
import { audit, newId, type Tx } from '../store/index.ts';
import type { Who } from '../toissue/index.ts';

export class UnknownConnector extends Error {
  override name = 'UnknownConnector';
}

export function readerOf(ctx: Pick<Context, 'connectors'>, id: string): NonNullable<Connector['files']> {
  const files = ctx.connectors.get(id)?.files;
  if (!files) throw new UnknownConnector(`connector ${id} reads no files`);
  return files;
}

/** The organization's connection for files of a connector; made when there is none, for files need no account. */
export async function fileConnection(tx: Tx, ctx: Context, who: Who, connector: string): Promise<string> {
  const files = ctx.connectors.get(connector);
  if (!files?.files) throw new UnknownConnector(`connector ${connector} reads no files`);
  const known = await tx
    .selectFrom('connection')
    .select('id')
    .where('organization_id', '=', who.organizationId)
    .where('connector', '=', connector)
    .where('status', '<>', 'removed')
    .orderBy('created_at')
    .executeTakeFirst();
  if (known) return known.id;
  const now = ctx.now();
  const id = newId(now);
  await addPlainConnection(tx, who.organizationId, { id, connector, name: files.manifest.name }, now);
  await audit(tx, who.organizationId, who.actor, now, [
    { action: 'connection made', entity: 'connection', entityId: id, data: { name: files.manifest.name, connector } },
  ]);
  return id;
}
