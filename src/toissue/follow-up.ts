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

const ended = sql<boolean>`transfer.status in ('accepted', 'rejected')`;
/** On its way with what it was claimed with, which is written back when an answer comes. */
const underWay = sql<boolean>`transfer.status in ('sending', 'pending')`;

/** What ended begins anew. A step that waits, or is to be asked about, keeps its turn; one that only a person would have asked about is asked about now. */
const anew = (now: Date) => ({
  status: sql<'waiting'>`case when ${ended} then 'waiting' else transfer.status end`,
  next_at: sql<Date>`case when ${ended} then null when transfer.status = 'unknown' then coalesce(transfer.next_at, ${now.toISOString()}::timestamptz) else transfer.next_at end`,
  request_hash: sql<string>`case when ${ended} then null else transfer.request_hash end`,
  cause: sql<string>`case when ${ended} then 'null'::jsonb else transfer.cause end`,
  updated_at: now,
});

/** Steps that came back, and were told news while they were on their way: they say that now, beginning anew where they ended. */
export async function sayNews(tx: Tx, ctx: Context, organizationId: string, ids: string[]): Promise<void> {
  const rows = await tx
    .updateTable('transfer')
    .set({ ...anew(ctx.now()), settings: sql`settings->'next'` })
    .where('organization_id', '=', organizationId)
    .where(sql<boolean>`id = any(${ids}::uuid[])`)
    .where('status', 'in', ['accepted', 'rejected', 'waiting', 'unknown'])
    .where(sql<boolean>`settings ? 'next'`)
    .returning('id')
    .execute();
  await ctx.jobs.enqueue(
    tx,
    'transfer',
    rows.map(({ id }) => ({ organizationId, id })),
  );
}

/**
 * Undefined when it is under way already, or may have happened: that is asked about, not done again. With `news`, what is to be said has
 * changed since (the rest was paid as well): a step that has not left yet says that, one that has says it when it comes back (`sayNews`).
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
          ...anew(now),
          settings: sql`case when ${underWay} then transfer.settings || ${json({ next: settings })} else ${json(settings)} end`,
        })
        .where(news ? sql<boolean>`transfer.status <> 'cancelled'` : ended),
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
  // Asked for again by a person: what the step said before was the news, the document knows only what was paid when it was issued.
  const said = verb === 'pay' && more.paidAmount === undefined ? await lastSaid(tx, who.organizationId, documentId) : {};
  const paidOn = more.paidOn ?? said.paidOn ?? (verb === 'pay' && issue.paid_at ? civilDay(issue.paid_at, issue.zone) : undefined);
  const settings = { ...issue.settings, mail: undefined, ...said, ...more, paidOn, providerId };
  const id = await insertFollowUp(tx, ctx, issue, documentId, verb, settings, more.paidAmount !== undefined);
  if (!id) return undefined;
  await audit(tx, who.organizationId, who.actor, ctx.now(), [
    { action: `transfer asked for: ${verb}`, entity: 'document', entityId: documentId, data: { reference: `${issue.reference}:${verb}` } },
  ]);
  return id;
}

async function lastSaid(tx: Tx, organizationId: string, documentId: string): Promise<{ paidOn?: string; paidAmount?: string }> {
  const step = await tx
    .selectFrom('transfer')
    .select('settings')
    .where('organization_id', '=', organizationId)
    .where('document_id', '=', documentId)
    .where('verb', '=', 'pay')
    .where('status', '<>', 'cancelled')
    .executeTakeFirst();
  const { paidOn, paidAmount } = (step?.settings ?? {}) as { paidOn?: string; paidAmount?: string };
  return paidAmount === undefined ? {} : { paidAmount, ...(paidOn !== undefined && { paidOn }) };
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
