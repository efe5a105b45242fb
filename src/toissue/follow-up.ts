import { sql } from 'kysely';
import type { Clearance, FollowUp } from '../contract/connector.ts';
import { civilDay } from '../domain/days/day.ts';
import type { Context, Who } from '../jobs/index.ts';
import { announce, audit, json, newId, type Tx } from '../store/index.ts';

/** Further steps at a provider about a document that it holds: rows of their own, with tries of their own. */
type IssueTransfer = { organization_id: string; connection_id: string; reference: string };

export async function queueFollowUps(
  tx: Tx,
  ctx: Context,
  issue: IssueTransfer,
  documentId: string,
  verbs: (FollowUp | 'change')[],
  settings: Record<string, unknown>,
): Promise<void> {
  for (const verb of verbs) await insertFollowUp(tx, ctx, issue, documentId, verb, settings);
}

/** Nothing is on its way just now: what is sent next is what stands there then. */
const unsent = ['waiting', 'unknown'] as const;

/** A step that waits, or is to be asked about, keeps its turn; only what it says is new. */
const onlySaysMore = <T>(column: string, otherwise: T) =>
  sql<T>`case when transfer.status in (${sql.join(unsent)}) then ${sql.ref(column)} else ${otherwise} end`;

/**
 * Undefined when it is under way already, or may have happened: that is asked about, not done again. With `news`, what is to be said has
 * changed since (the rest was paid as well): a step that has not left yet says that.
 */
async function insertFollowUp(
  tx: Tx,
  ctx: Context,
  issue: IssueTransfer,
  documentId: string,
  verb: FollowUp | 'remove' | 'change',
  settings: Record<string, unknown>,
  news = false,
): Promise<string | undefined> {
  const now = ctx.now();
  const made = await tx
    .insertInto('transfer')
    .values({
      organization_id: issue.organization_id,
      id: newId(now),
      document_id: documentId,
      connection_id: issue.connection_id,
      reference: `${issue.reference}:${verb}`,
      verb,
      status: 'waiting',
      settings: json(settings),
      story: json([]),
      created_at: now,
      updated_at: now,
    })
    .onConflict((c) =>
      c
        .columns(['organization_id', 'document_id', 'verb'])
        .where('status', '<>', 'cancelled')
        .doUpdateSet({
          status: onlySaysMore('transfer.status', 'waiting'),
          next_at: onlySaysMore('transfer.next_at', null),
          request_hash: onlySaysMore('transfer.request_hash', null),
          cause: onlySaysMore('transfer.cause', json(null)),
          settings: json(settings),
          updated_at: now,
        })
        .where('transfer.status', 'in', news ? ['accepted', 'rejected', ...unsent] : ['accepted', 'rejected']),
    )
    .returning('id')
    .executeTakeFirst();
  if (made) await ctx.jobs.enqueue(tx, 'transfer', [{ organizationId: issue.organization_id, id: made.id }]);
  return made?.id;
}

/** Asks for one more step about an issued document; undefined when the provider does not hold it or the step is under way. */
export async function askFollowUp(
  tx: Tx,
  ctx: Context,
  who: Who,
  documentId: string,
  verb: FollowUp | 'remove',
  more: { paidOn?: string; paidAmount?: string } = {},
): Promise<string | undefined> {
  const issue = await tx
    .selectFrom('transfer as t')
    .innerJoin('document as d', (join) => join.onRef('d.organization_id', '=', 't.organization_id').onRef('d.id', '=', 't.document_id'))
    .innerJoin('organization as o', 'o.id', 't.organization_id')
    .select(['t.organization_id', 't.connection_id', 't.reference', 't.made', 't.settings', 'd.kind', 'o.zone'])
    .select(sql<string | null>`d.content->'payment'->>'paidAt'`.as('paid_at'))
    .where('t.organization_id', '=', who.organizationId)
    .where('t.document_id', '=', documentId)
    .where('t.verb', '=', 'issue')
    .where('t.status', '=', 'accepted')
    .where('d.state', '=', 'issued')
    .executeTakeFirst();
  if (!issue || (verb === 'remove' && issue.kind !== 'proforma')) return undefined;
  const providerId = (issue.made as { providerId?: string } | null)?.providerId;
  const paidOn = more.paidOn ?? (verb === 'pay' && issue.paid_at ? civilDay(issue.paid_at, issue.zone) : undefined);
  const settings = { ...issue.settings, mail: undefined, ...more, paidOn, providerId };
  const id = await insertFollowUp(tx, ctx, issue, documentId, verb, settings, more.paidAmount !== undefined);
  if (!id) return undefined;
  await audit(tx, who.organizationId, who.actor, ctx.now(), [
    { action: `transfer asked for: ${verb}`, entity: 'document', entityId: documentId, data: { reference: `${issue.reference}:${verb}` } },
  ]);
  return id;
}

/** Keeps the authority's number on the document, once and for ever. */
export async function clearDocument(tx: Tx, ctx: Context, who: Who, documentId: string, clearance: Clearance): Promise<void> {
  const now = ctx.now();
  const { rows } = await sql`
    update document set clearance = ${json({ at: now.toISOString(), ...clearance })}, updated_at = ${now.toISOString()}::timestamptz
    where organization_id = ${who.organizationId} and id = ${documentId} and clearance is null returning id`.execute(tx);
  if (rows.length === 0) return;
  await announce(tx, who.organizationId, 'documents', documentId);
  await audit(tx, who.organizationId, who.actor, now, [
    { action: 'document cleared', entity: 'document', entityId: documentId, data: { system: clearance.system, number: clearance.number } },
  ]);
}
