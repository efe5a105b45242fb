import { sql } from 'kysely';
import { readConnection } from '../connections/index.ts';
import type { FollowUp } from '../contract/connector.ts';
import type { Context } from '../jobs/index.ts';
import { audit, json, type Tx } from '../store/index.ts';
import { askFollowUp, isBilledBeside, issueInTransaction, lockSales, type Who } from '../toissue/index.ts';
import { lockDocumentsOf } from './claim.ts';
import { asksAllowed, asksOf, limitsOf, type Transfer } from './engine.ts';

/** What a person does about one transfer: answers whether a look-alike is it, sends it once more, asks for a further step. */

/** A person says whether the look-alike at the provider is this document. */
export async function answerLikeness(ctx: Context, who: Who, transferId: string, number: string, same: boolean): Promise<boolean> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const transfer = await lockTransfer(tx, who.organizationId, transferId);
    if (transfer?.status !== 'unknown') return false;
    const settings = { ...transfer.settings, ...(same ? { adopt: number } : { different: number }), askUpTo: asksOf(transfer) + 1 };
    await workNow(tx, ctx, who, transfer, { settings }, same ? 'look-alike adopted' : 'look-alike refused', { number });
    return true;
  });
}

/** Looked for and not found: a person says that it is to be sent once more. It is looked for a last time right before. */
export async function sendOnceMore(ctx: Context, who: Who, transferId: string): Promise<boolean> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const transfer = await lockTransfer(tx, who.organizationId, transferId);
    if (transfer?.status !== 'unknown' || (transfer.cause as { code?: string } | null)?.code !== 'NOTHING_FOUND') return false;
    await workNow(tx, ctx, who, transfer, { settings: { ...transfer.settings, sendAgain: true } }, 'sent once more by a person’s word');
    return true;
  });
}

export async function lockTransfer(tx: Tx, organizationId: string, id: string): Promise<Transfer | undefined> {
  await lockDocumentsOf(tx, organizationId, [id]);
  return tx
    .selectFrom('transfer')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

/** Keeps what a person decided, has the transfer worked at once, and says in the trail who it was. */
async function workNow(
  tx: Tx,
  ctx: Context,
  who: Who,
  transfer: Transfer,
  decided: { settings: Transfer['settings']; status?: Transfer['status'] },
  action: string,
  more: Record<string, string> = {},
): Promise<void> {
  const { organizationId } = who;
  const now = ctx.now();
  await tx
    .updateTable('transfer')
    .set({ ...decided, settings: json(decided.settings), next_at: now, updated_at: now })
    .where('organization_id', '=', organizationId)
    .where('id', '=', transfer.id)
    .execute();
  await ctx.jobs.enqueue(tx, 'transfer', [{ organizationId, id: transfer.id }]);
  await audit(tx, organizationId, who.actor, now, [
    { action, entity: 'document', entityId: transfer.document_id, data: { ...more, reference: transfer.reference } },
  ]);
}

type ResendResult = 'sent on its way' | 'not found' | 'nothing to send' | 'asked often enough';

/** Sends a refused transfer again after something was mended outside, or asks once more about one that cannot be settled. */
export async function resendTransfer(ctx: Context, who: Who, transferId: string): Promise<ResendResult> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const known = await tx
      .selectFrom('transfer')
      .select('document_id')
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', transferId)
      .executeTakeFirst();
    if (!known) return 'not found';
    // It may be issued once more below: then all that bills its sale is locked in one order, before the transfer.
    await lockSales(tx, who.organizationId, [known.document_id]);
    const transfer = await lockTransfer(tx, who.organizationId, transferId);
    if (!transfer) return 'not found';
    if (!['rejected', 'unknown', 'waiting', 'pending'].includes(transfer.status)) return 'nothing to send';
    const connection = await readConnection(tx, who.organizationId, transfer.connection_id);
    const limits = limitsOf(ctx, connection!.connector);
    const asks = asksOf(transfer, limits);
    if (transfer.status === 'unknown' && asks >= asksAllowed(limits).ever) return 'asked often enough';
    // Refused by the authority, the document goes as a whole: changed at the provider, then reported.
    if (transfer.status === 'rejected' && transfer.verb === 'report' && (await isRefused(tx, transfer))) {
      const [issued] = await issueInTransaction(tx, ctx, who, [transfer.document_id], {});
      return issued?.outcome === 'submitted' ? 'sent on its way' : 'nothing to send';
    }
    if (transfer.status === 'rejected' && !(await submitAgain(tx, ctx, who, transfer))) return 'nothing to send';
    // What may exist over there is asked for, never sent.
    const status = transfer.status === 'rejected' ? 'waiting' : transfer.status;
    const settings = { ...transfer.settings, askUpTo: Math.max(asks + 1, asksAllowed(limits).now) };
    await workNow(tx, ctx, who, transfer, { status, settings }, 'transfer tried again');
    return 'sent on its way';
  });
}

async function isRefused(tx: Tx, transfer: Transfer): Promise<boolean> {
  const { rows } =
    await sql`select 1 from document where organization_id = ${transfer.organization_id} and id = ${transfer.document_id} and state = 'refused'`.execute(
      tx,
    );
  return rows.length > 0;
}

/** A refused document is open for mending; on its way again it is closed (move `submit`). One in the queue is issued there, not sent from here. */
async function submitAgain(tx: Tx, ctx: Context, who: Who, transfer: Transfer): Promise<boolean> {
  const document = await tx
    .selectFrom('document')
    .select(['state', 'version'])
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', transfer.document_id)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  if (document.state === 'issued' || document.state === 'submitted') return true;
  if (document.state !== 'refused' || transfer.verb !== 'issue') return false;
  // What it bills may have been billed since it was refused: then it is issued anew from the queue, which says so.
  if (await isBilledBeside(tx, who.organizationId, transfer.document_id)) return false;
  await tx
    .updateTable('document')
    .set({ state: 'submitted', version: document.version + 1, findings: json([]), hold_codes: [], held: false, updated_at: ctx.now() })
    .where('organization_id', '=', who.organizationId)
    .where('id', '=', transfer.document_id)
    .execute();
  return true;
}

type Verb = FollowUp | 'remove';

/** Something more to do at the provider about a document that it holds: register its payment, delete a proforma, mail it, report it. */
export async function requestTransfer(ctx: Context, who: Who, documentId: string, verb: Verb): Promise<{ transferId: string } | undefined> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const id = await askFollowUp(tx, ctx, who, documentId, verb);
    return id ? { transferId: id } : undefined;
  });
}
