import { previewOf } from '../contract/files/propose.ts';
import type { FileSource, Profile, Proposal, ReadOptions } from '../contract/order-file.ts';
import type { Finding } from '../domain/finding.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, json, newId, type Tx } from '../store/index.ts';
import type { Who } from '../toissue/index.ts';
import { UnknownConnector } from './file-connection.ts';

/** Layouts an organization taught us: saved once, tried before the built-in ones ever after. */
type SavedProfile = { id: string; name: string; profile: Profile; createdAt: string };

export async function listProfiles(tx: Tx, organizationId: string): Promise<SavedProfile[]> {
  const rows = await tx
    .selectFrom('import_profile')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .orderBy('created_at', 'desc')
    .execute();
  return rows.map((row) => ({ id: row.id, name: row.name, profile: row.profile as Profile, createdAt: row.created_at.toISOString() }));
}

/** Keeps a mapping: files of its layout are read by it from now on. */
export async function saveProfile(tx: Tx, ctx: Context, who: Who, name: string, profile: Profile): Promise<SavedProfile> {
  const now = ctx.now();
  const id = newId(now);
  const saved = { ...profile, id };
  await tx
    .insertInto('import_profile')
    .values({ organization_id: who.organizationId, id, name, profile: json(saved), created_at: now })
    .execute();
  await announce(tx, who.organizationId, 'import-profiles', id);
  await audit(tx, who.organizationId, who.actor, now, [
    { action: 'import profile saved', entity: 'import-profile', entityId: id, data: { name } },
  ]);
  return { id, name, profile: saved, createdAt: now.toISOString() };
}

export async function deleteProfile(tx: Tx, organizationId: string, id: string): Promise<boolean> {
  const gone = await tx.deleteFrom('import_profile').where('organization_id', '=', organizationId).where('id', '=', id).executeTakeFirst();
  return gone.numDeletedRows > 0n;
}

type Inspected = { recognised: boolean; profile?: string; refused?: Finding; proposal?: Proposal; findings: Finding[] };

/** Looks at a file without importing it: which layout it is, or a mapping to begin with. */
export async function inspectFile(
  ctx: Context,
  connector: string,
  source: FileSource,
  profiles: Profile[],
  home?: ReadOptions['home'],
  unnamed = false,
): Promise<Inspected> {
  const reader = ctx.connectors.get(connector)?.files;
  if (!reader) throw new UnknownConnector(`connector ${connector} reads no files`);
  const inspected: Inspected = { recognised: false, findings: [] };
  for await (const { events } of reader.read(source, { profiles, home, unnamed })) {
    for (const event of events) {
      if (event.event === 'layout') Object.assign(inspected, { recognised: true, profile: event.profile });
      else if (event.event === 'unknown-layout') Object.assign(inspected, { recognised: false, proposal: event.proposal });
      else if (event.event === 'finding') inspected.findings.push(event.finding);
      else if (event.event === 'end') inspected.refused = event.refused;
      // One record read by a known layout is enough to know it.
      else return inspected;
    }
  }
  return inspected;
}

/** The first orders of a file as a mapping in the making would read them. */
export async function previewProfile(
  ctx: Context,
  connector: string,
  source: FileSource,
  profile: Profile,
): Promise<{ preview: Proposal['preview']; findings: Finding[] }> {
  const reader = ctx.connectors.get(connector)?.files;
  if (!reader) throw new UnknownConnector(`connector ${connector} reads no files`);
  const preview: Proposal['preview'] = [];
  const findings: Finding[] = [];
  for await (const { events } of reader.read(source, { profiles: [profile] })) {
    for (const event of events) {
      if (event.event === 'finding' && findings.length < 100) findings.push(event.finding);
      if (event.event === 'order' || event.event === 'rejected') preview.push(previewOf(event));
      if (preview.length >= 3) return { preview, findings };
    }
  }
  return { preview, findings };
}
