import type { Selectable } from 'kysely';
import { createSender, type MailAccount, messageIdOf, readMailAccount } from '../delivery/index.ts';
import type { Context } from '../jobs/index.ts';
import { audit, byLot, json, newId, type Tables, type Tx } from '../store/index.ts';
import { billingActor } from './bills.ts';
import { languageOf, type NoticeKind, noticeText } from './words.ts';

/**
 * Mails of the operator that carry no document. Queued in the transaction of what they tell, so that a crash loses none, and kept by a key, so
 * that none goes out twice:
 *
 *   queued ──> sending ──> handed_over | refused
 *     ^  └ later ─┘  └───> unknown      the server may have it: never sent again
 *
 * `sending` is written when the server is ready for the message and nothing was given yet.
 */
type Notice = Selectable<Tables['notice']>;
const leaseMs = 5 * 60_000;
const accountWaitMs = 60 * 60_000;
const firstWaitMs = 30_000;
const longestWaitMs = 30 * 60_000;
const patienceMs = 3 * 86_400_000;

type NewNotice = { key: string; to: string; kind: NoticeKind; language: string; params: Record<string, string> };

/** Answers whether it is new; the same key again changes nothing. */
export async function queueNotice(tx: Tx, ctx: Context, operatorId: string, notice: NewNotice): Promise<boolean> {
  const now = ctx.now();
  const { subject, text } = noticeText(notice.kind, languageOf(notice.language), notice.params);
  const row = await tx
    .insertInto('notice')
    .values({
      organization_id: operatorId,
      id: newId(now),
      key: notice.key,
      recipient: notice.to,
      subject,
      body: text,
      language: languageOf(notice.language),
      status: 'queued',
      cause: json(null),
      created_at: now,
      updated_at: now,
    })
    .onConflict((c) => c.columns(['organization_id', 'key']).doNothing())
    .returning('id')
    .executeTakeFirst();
  if (row) await ctx.jobs.enqueue(tx, 'billing', [{ organizationId: operatorId, id: row.id }]);
  return row !== undefined;
}

/** The job behind a notice; false when there is none of this id. */
export async function workNotice(ctx: Context, operatorId: string, id: string): Promise<boolean> {
  const claim = await ctx.store.org(operatorId, (tx) => take(tx, ctx, operatorId, id));
  if (claim === 'none') return false;
  if (claim === 'later') return true;
  const { row, account, token } = claim;
  const outcome = await createSender(account.smtp).send(
    {
      messageId: messageIdOf(row.id, account.smtp.from.address),
      to: [row.recipient],
      subject: row.subject,
      text: row.body,
      language: languageOf(row.language),
      // The day it was made: a second try is the same message.
      date: row.created_at,
    },
    () => goingOut(ctx, operatorId, id, token),
  );
  const now = ctx.now();
  const tooLate = now.getTime() - row.created_at.getTime() > patienceMs;
  const again = outcome.outcome === 'later' && !tooLate;
  const status = again
    ? 'queued'
    : outcome.outcome === 'handed-over'
      ? 'handed_over'
      : outcome.outcome === 'unknown'
        ? 'unknown'
        : 'refused';
  await ctx.store.org(operatorId, async (tx) => {
    const ours = await tx
      .updateTable('notice')
      .set({
        status,
        claimed_at: null,
        next_at: again ? new Date(now.getTime() + Math.min(firstWaitMs * 2 ** row.attempts, longestWaitMs)) : null,
        cause: json('cause' in outcome ? outcome.cause : null),
        updated_at: now,
      })
      .where('organization_id', '=', operatorId)
      .where('id', '=', id)
      .where('claimed_at', '=', token)
      .returning('id')
      .executeTakeFirst();
    if (ours && !again)
      await audit(tx, operatorId, billingActor, now, [
        { action: `notice ${status.replace('_', ' ')}`, entity: 'notice', entityId: id, data: { key: row.key, recipient: row.recipient } },
      ]);
  });
  return true;
}

async function take(
  tx: Tx,
  ctx: Context,
  operatorId: string,
  id: string,
): Promise<{ row: Notice; account: MailAccount; token: Date } | 'none' | 'later'> {
  const row = await tx
    .selectFrom('notice')
    .selectAll()
    .where('organization_id', '=', operatorId)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!row) return 'none';
  const now = ctx.now();
  const held = row.claimed_at !== null && now.getTime() - row.claimed_at.getTime() < leaseMs;
  const set = (values: Partial<Pick<Notice, 'status' | 'attempts' | 'next_at' | 'claimed_at'>>) =>
    tx
      .updateTable('notice')
      .set({ ...values, updated_at: now })
      .where('organization_id', '=', operatorId)
      .where('id', '=', id)
      .execute();
  if (row.status === 'sending' && !held) {
    // Whoever gave it to the server died before the answer: it may be there, and is not sent again.
    await set({ status: 'unknown', claimed_at: null });
    return 'later';
  }
  if (row.status !== 'queued' || held || (row.next_at && row.next_at > now)) return 'later';
  const account = await readMailAccount(tx, ctx, operatorId);
  if (!account) {
    await set({ next_at: new Date(now.getTime() + accountWaitMs) });
    return 'later';
  }
  await set({ attempts: row.attempts + 1, claimed_at: now, next_at: null });
  return { row, account, token: now };
}

async function goingOut(ctx: Context, operatorId: string, id: string, token: Date): Promise<boolean> {
  const ours = await ctx.store.org(operatorId, (tx) =>
    tx
      .updateTable('notice')
      .set({ status: 'sending', updated_at: ctx.now() })
      .where('organization_id', '=', operatorId)
      .where('id', '=', id)
      .where('status', '=', 'queued')
      .where('claimed_at', '=', token)
      .returning('id')
      .executeTakeFirst(),
  );
  return ours !== undefined;
}

/** Notices whose time has come, and what a killed process left behind. */
export async function sweepNoticeMails(ctx: Context): Promise<void> {
  const now = ctx.now();
  const dead = new Date(now.getTime() - leaseMs);
  const due = await ctx.store.db
    .selectFrom('notice')
    .select(['organization_id', 'id'])
    .where('status', 'in', ['queued', 'sending'])
    .where((e) => e.or([e('claimed_at', 'is', null), e('claimed_at', '<', dead)]))
    .where((e) => e.or([e('next_at', 'is', null), e('next_at', '<=', now)]))
    .orderBy(byLot(now, 'id'))
    .limit(500)
    .execute();
  for (const { organization_id: organizationId, id } of due)
    await ctx.store.org(organizationId, (tx) => ctx.jobs.enqueue(tx, 'billing', [{ organizationId, id }]));
}
