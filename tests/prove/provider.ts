import type { World } from './world.ts';

/** What a provider holds, with our references on it. */
export type Held = { number: string; references: string[]; grossMinor?: bigint };

/** Ours and theirs say the same: nothing twice, nothing missing, nothing that is none of ours. */
export async function providerSays(world: World, organizationId: string, connectionId: string, there: Held[]): Promise<string[]> {
  const problems: string[] = [];
  const ours = await world.options.store.db
    .selectFrom('transfer as t')
    .innerJoin('document as d', (j) => j.onRef('d.organization_id', '=', 't.organization_id').onRef('d.id', '=', 't.document_id'))
    .select(['t.reference', 't.status', 't.cause', 'd.number', 'd.state', 'd.gross_minor', 'd.kind', 'd.id'])
    .where('t.organization_id', '=', organizationId)
    .where('t.connection_id', '=', connectionId)
    .where('t.verb', '=', 'issue')
    .execute();
  const byReference = new Map<string, Held[]>();
  for (const d of there) for (const r of d.references) byReference.set(r, [...(byReference.get(r) ?? []), d]);
  for (const [reference, twins] of byReference)
    if (twins.length > 1) problems.push(`twins of ${reference}: ${twins.map((t) => t.number).join()}`);
  for (const one of ours) {
    const [held] = byReference.get(one.reference) ?? [];
    if (one.status === 'accepted' && !held) problems.push(`${one.number} (${one.reference}) is not there`);
    if (one.status === 'accepted' && held && held.number !== one.number) problems.push(`ours is ${one.number}, theirs ${held.number}`);
    if (one.status === 'accepted' && held?.grossMinor !== undefined && one.kind !== 'correction' && held.grossMinor !== one.gross_minor)
      problems.push(`${one.number}: ours ${one.gross_minor}, theirs ${held.grossMinor}`);
    if (['rejected', 'cancelled'].includes(one.status) && held)
      problems.push(`${one.reference} is ${one.status} here and stands there as ${held.number}`);
  }
  for (const d of there)
    if (!ours.some((o) => d.references.includes(o.reference))) problems.push(`${d.number} stands there and is none of ours`);
  return problems;
}
