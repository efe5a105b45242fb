import { sql } from 'kysely';
import { type OpenConnection, openConnection, readConnection } from '../connections/index.ts';
import type { AddFacts, Administered, AdministerOutcome, AdministerRequest, Administers, Settled } from '../contract/administer.ts';
import type { CauseRef } from '../contract/connector.ts';
import type { Manifest } from '../contract/manifest.ts';
import { QuotaWait } from '../contract/requests.ts';
import { blockConnection, causeOf } from '../diagnosis/index.ts';
import { cut } from '../domain/cut.ts';
import { toMinor } from '../domain/money/money.ts';
import { type Action, enact, foresee, type Part, partSums } from '../domain/receivables/index.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, json, type StoryEntry, type Tx } from '../store/index.ts';
import { follow } from './follow.ts';
import {
  type ActionRow,
  factsOf,
  lockAction,
  openPrivate,
  otherClaims,
  ownerOfNumber,
  pdfKey,
  type Receivable,
  readParts,
  saveParts,
  sealPrivate,
} from './ledger.ts';
import { clockOf, referenceOf } from './request.ts';
import { applyRules } from './rules.ts';

/**
 * Every verb is a job with its intent stored first and four outcomes, by the ideas of the transfer engine:
 *
 *   waiting ──claim──> sending ──> accepted          (the ledger moves on, in the same transaction)
 *      ↑                  ├──────> pending ──look──> …  (accepted over there but not yet applied; on hold)
 *      │                  ├──────> rejected          (nothing was done)
 *      │                  └──────> unknown ──settle──┬── done: accepted
 *      └────────────── not done ─────────────────────┘
 *
 * An unknown is settled by reading the state back; it is sent again only when it is proven not to have been done, with its old key. Locks
 * are taken in the order receivable, action, connection, trail (ADR 3).
 */

const defaultLimits = { concurrency: 4, maxSends: 5, timeoutMs: 30_000, settleAfterMs: 60_000 };
export const maxAsks = 6;
const minuteMs = 60_000;
/** What waits for the provider's own check is looked at this often. */
const holdLookMs = 15 * minuteMs;

export function limitsOf(ctx: Pick<Context, 'connectors'>, connector: string): NonNullable<Manifest['limits']> {
  return ctx.connectors.get(connector)?.manifest.limits ?? defaultLimits;
}

type Claim = {
  row: ActionRow;
  receivable: Receivable;
  open: OpenConnection;
  administers: Administers;
  request: AdministerRequest;
  step: 'send' | 'look' | 'settle';
};
type StepResult = { kind: 'outcome'; outcome: AdministerOutcome } | { kind: 'not done' } | { kind: 'quota'; until: Date };

/** The job: takes one action a step further. Finding nothing to do is fine: somebody else was faster. */
export async function workAction(ctx: Context, organizationId: string, actionId: string): Promise<void> {
  const claim = await ctx.store.org(organizationId, (tx) => claimAction(tx, ctx, organizationId, actionId));
  if (!claim) return;
  const result = await stepOf(claim);
  const { again, moved } = await ctx.store.org(organizationId, (tx) => record(tx, ctx, claim, result));
  await claim.open.save();
  if (again) await nudge(ctx, organizationId, actionId, again);
  // Totals are read back after every change, and whoever waits for this claim goes next.
  if (!moved) return;
  await follow(ctx, organizationId, claim.receivable.id);
  await ctx.store.org(organizationId, (tx) => applyRules(tx, ctx, organizationId, claim.receivable.id));
}

async function nudge(ctx: Context, organizationId: string, id: string, at: Date): Promise<void> {
  await ctx.store.org(organizationId, (tx) => ctx.jobs.enqueue(tx, 'administer', [{ organizationId, id }], { startAfter: at }));
}

async function claimAction(tx: Tx, ctx: Context, organizationId: string, id: string): Promise<Claim | undefined> {
  const now = ctx.now();
  const locked = await lockAction(tx, organizationId, id);
  if (!locked || !['waiting', 'sending', 'pending', 'unknown'].includes(locked.row.status)) return undefined;
  const { row, receivable } = locked;
  const connection = (await readConnection(tx, organizationId, receivable.connection_id))!;
  const limits = limitsOf(ctx, connection.connector);
  const stale = row.status === 'sending' && row.claimed_at !== null && now.getTime() - row.claimed_at.getTime() >= leaseMs(limits);
  if (row.status === 'sending' && !stale) return undefined;
  if (!stale && row.next_at && row.next_at > now) return undefined;
  if (connection.status !== 'active') {
    if (connection.status === 'removed' && row.status === 'waiting' && row.sends === 0)
      await put(tx, ctx, row, { status: 'rejected', next_at: null, cause: json({ code: 'CONNECTION_REMOVED' }) }, { what: 'refused' });
    return undefined;
  }
  const open = openConnection(ctx, connection);
  const { administers } = open.session;
  if (!administers) throw new Error(`connector ${connection.connector} administers nothing`);
  const parts = await readParts(tx, receivable);
  const step = stale || row.status === 'unknown' ? 'settle' : row.status === 'pending' && row.ticket ? 'look' : 'send';
  const action = row.action as unknown as Action;
  if (step === 'send') {
    const stop = await cannotGo(tx, ctx, row, receivable, parts, action, administers, limits.maxSends);
    if (stop) return undefined;
  }
  if (step === 'settle' && row.asks >= maxAsks) {
    await forPerson(tx, ctx, row, receivable, (row.cause ?? { code: 'NO_ANSWER' }) as CauseRef);
    return undefined;
  }
  const part = 'part' in action ? parts.find((p) => p.seq === action.part) : undefined;
  const first = step === 'send' && !row.first_sent_at;
  const claimed = {
    status: 'sending' as const,
    sends: step === 'send' ? row.sends + 1 : row.sends,
    asks: step === 'settle' ? row.asks + 1 : row.asks,
    first_sent_at: first ? now : row.first_sent_at,
    expired_at_first: first ? (part?.expiresAt ? new Date(part.expiresAt) : null) : row.expired_at_first,
    claimed_at: now,
    next_at: null,
  };
  const what = stale ? 'interrupted' : step === 'send' ? (row.sends === 0 ? 'sent' : 'sent again') : 'asked';
  await put(tx, ctx, row, claimed, { what });
  const request: AdministerRequest = {
    key: row.key,
    ...(row.first_sent_at ? { firstSentAt: row.first_sent_at.toISOString() } : {}),
    ...(claimed.expired_at_first ? { expiredAtFirst: claimed.expired_at_first.toISOString() } : {}),
    reference: referenceOf(receivable, row.key),
    receivable: factsOf(ctx, receivable, parts),
    parts,
    action,
    ...(part ? { part } : {}),
    // Only what is asked about afterwards may be mistaken for another claim's.
    ...(step === 'settle' && (row.verb === 'add' || row.verb === 'activate') ? { others: await otherClaims(tx, receivable) } : {}),
    ...(row.add_facts
      ? { add: { ...(row.add_facts as unknown as AddFacts), buyerIp: openPrivate(ctx, receivable).buyerIp?.reveal() } }
      : {}),
  };
  return { row: { ...row, ...claimed }, receivable, open, administers, request, step };
}

export function leaseMs(limits: { timeoutMs: number; settleAfterMs: number }): number {
  return 4 * limits.timeoutMs + limits.settleAfterMs;
}

/** The world may have changed since it was asked for: judged once more, on the ledger as it is now. On hold waits; anything else is refused. */
async function cannotGo(
  tx: Tx,
  ctx: Context,
  row: ActionRow,
  receivable: Receivable,
  parts: Part[],
  action: Action,
  administers: Administers,
  maxSends: number,
): Promise<boolean> {
  if (row.sends >= maxSends) {
    const cause = { code: 'TRIES_USED_UP', params: { tries: String(maxSends) } };
    await finish(tx, ctx, row, receivable, 'rejected', cause);
    return true;
  }
  const { zone } = await tx
    .selectFrom('organization')
    .select('zone')
    .where('id', '=', receivable.organization_id)
    .executeTakeFirstOrThrow();
  const { findings } = foresee(parts, action, administers.terms(), clockOf(ctx, zone), receivable.currency);
  const stop = findings.find((f) => f.level === 'hold');
  if (!stop) return false;
  const cause = { code: stop.code, ...(stop.params ? { params: stop.params } : {}) };
  if (stop.code === 'H_VERB_ON_HOLD' || stop.code === 'H_VERB_AWAITING_BUYER') {
    // The provider still checks: this is waiting, not failing.
    const next = new Date(ctx.now().getTime() + holdLookMs);
    await put(tx, ctx, row, { status: 'waiting', next_at: next, cause: json(cause) }, row.cause ? undefined : { what: 'on hold' });
    return true;
  }
  await finish(tx, ctx, row, receivable, 'rejected', cause);
  return true;
}

async function stepOf({ administers, request, step, row, open }: Claim): Promise<StepResult> {
  try {
    if (step === 'send') return { kind: 'outcome', outcome: await administers.perform(request) };
    if (step === 'look') return { kind: 'outcome', outcome: await administers.look(request, row.ticket!) };
    const settled: Settled = await administers.settle(request);
    if (settled.done === 'no') return { kind: 'not done' };
    if (settled.done === 'yes') return { kind: 'outcome', outcome: { outcome: 'accepted', made: settled.made } };
    return { kind: 'outcome', outcome: { outcome: 'unknown', cause: settled.cause } };
  } catch (error) {
    // The limit of requests is used up. What had not left before is not lost; what had is asked about.
    if (error instanceof QuotaWait && !open.exchanges.some((e) => !/\bGet|^GET |^token/.test(e.verb)))
      return { kind: 'quota', until: error.until };
    // Whatever is not clearly one of the others is unknown, a throw included.
    const cause = { code: 'NO_ANSWER', providerText: cut((error as Error).message, 300) };
    return { kind: 'outcome', outcome: { outcome: 'unknown', cause } };
  }
}

async function record(tx: Tx, ctx: Context, claim: Claim, result: StepResult): Promise<{ again?: Date; moved?: boolean }> {
  const now = ctx.now();
  const { organization_id, id } = claim.row;
  const { row, receivable } = (await lockAction(tx, organization_id, id))!;
  // The lease ran out and somebody else took over: what they find counts.
  if (row.status !== 'sending' || row.claimed_at?.getTime() !== claim.row.claimed_at?.getTime()) return {};
  await keepTries(tx, row, claim.open, result);
  if (neverArrived(claim.open)) {
    const next = new Date(now.getTime() + Math.min(2 ** Math.min(row.sends, 6), 60) * minuteMs);
    const status = claim.step === 'send' ? (row.sends <= 1 ? 'waiting' : 'unknown') : claim.step === 'look' ? 'pending' : 'unknown';
    const sends = claim.step === 'send' && status === 'waiting' ? row.sends - 1 : row.sends;
    await put(tx, ctx, row, { status, sends, next_at: next, cause: json({ code: 'CONNECTION_UNREACHABLE' }) }, { what: 'not reached' });
    return { again: next };
  }
  if (result.kind === 'quota') {
    const status = claim.step === 'send' ? 'waiting' : claim.step === 'look' ? 'pending' : 'unknown';
    const counts = claim.step === 'send' ? { sends: row.sends - 1 } : { asks: row.asks - 1 };
    await put(tx, ctx, row, {
      status,
      ...counts,
      next_at: result.until,
      cause: json({ code: 'QUOTA_WAIT', params: { until: result.until.toISOString() } }),
    });
    return { again: result.until };
  }
  // What the other side had accepted is not sent again because it does not show: done late, it would be done twice.
  if (result.kind === 'not done' && row.ticket === null) {
    await put(tx, ctx, row, { status: 'waiting', next_at: null, cause: json(null) }, { what: 'proven not done' });
    return { again: now };
  }
  const outcome: AdministerOutcome =
    result.kind === 'outcome' ? result.outcome : { outcome: 'unknown', cause: (row.cause ?? { code: 'NO_ANSWER' }) as CauseRef };
  const limits = limitsOf(ctx, claim.open.connection.connector);
  switch (outcome.outcome) {
    case 'accepted': {
      // No number is two claims': one that is another's already is for a person, whoever says so.
      const owner = await ownerOfNumber(tx, receivable, [outcome.made.number, outcome.made.newNumber]);
      if (owner) {
        await forPerson(tx, ctx, row, receivable, { code: 'NUMBER_OF_OTHER_CLAIM', params: owner });
        return {};
      }
      await accept(tx, ctx, claim, row, receivable, outcome.made, outcome.already === true);
      return { moved: true };
    }
    case 'pending': {
      // What does not show itself for long is looked at ever more seldom.
      const waited = row.first_sent_at ? now.getTime() - row.first_sent_at.getTime() : 0;
      const next = new Date(now.getTime() + Math.max(outcome.lookAgainMs, Math.min(waited / 10, holdLookMs)));
      await put(
        tx,
        ctx,
        row,
        { status: 'pending', ticket: outcome.ticket ?? row.ticket, next_at: next },
        claim.step === 'look' ? undefined : { what: 'pending' },
      );
      return { again: next };
    }
    case 'rejected':
      return reject(tx, ctx, claim, row, receivable, outcome.cause);
    case 'unknown': {
      const { whoMends, retryHelps } = causeOf(ctx, claim.open.connection.connector, outcome.cause.code);
      if (row.asks >= maxAsks || (whoMends === 'seller' && !retryHelps && claim.step === 'settle')) {
        await forPerson(tx, ctx, row, receivable, outcome.cause);
        return {};
      }
      const next = new Date(now.getTime() + limits.settleAfterMs * 2 ** Math.min(row.asks, 5));
      await put(
        tx,
        ctx,
        row,
        { status: 'unknown', next_at: next, cause: json(outcome.cause) },
        { what: claim.step === 'send' ? 'answer lost' : 'no clear answer' },
      );
      return { again: next };
    }
  }
}

/** The connection was never made, so nothing left the house. */
function neverArrived(open: OpenConnection): boolean {
  return (
    open.exchanges.length > 0 &&
    open.exchanges.every(
      (e) => e.status === undefined && /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT/.test(e.response),
    )
  );
}

async function accept(
  tx: Tx,
  ctx: Context,
  claim: Claim,
  row: ActionRow,
  receivable: Receivable,
  made: Administered,
  already: boolean,
): Promise<void> {
  const now = ctx.now();
  const action = row.action as unknown as Action;
  const parts = await readParts(tx, receivable);
  const { pdfUrl, providerOrderId, ...answer } = made;
  const terms = claim.administers.terms();
  const expiresAt =
    answer.expiresAt ??
    (action.verb === 'add' ? new Date(receivable.placed_at.getTime() + terms.pendingDays * 24 * 60 * minuteMs).toISOString() : undefined);
  const next = enact(parts, action, { ...answer, expiresAt }, now.toISOString(), receivable.currency);
  await saveParts(tx, ctx, receivable, next);
  const seq = action.verb === 'add' ? 1 : action.verb === 'replace' ? Math.max(...next.map((p) => p.seq)) : action.part;
  const part = next.find((p) => p.seq === seq)!;
  const wantsPdf = pdfUrl !== undefined && part.state === 'active';
  await tx
    .updateTable('receivable')
    .set({
      ...(providerOrderId ? { provider_order_id: providerOrderId } : {}),
      ...(pdfUrl ? { private: sealPrivate(ctx, receivable, { [pdfKey(seq)]: pdfUrl.reveal() }) } : {}),
      needs_person: false,
      updated_at: now,
    })
    .where('organization_id', '=', receivable.organization_id)
    .where('id', '=', receivable.id)
    .execute();
  // An updated invoice is fetched again and kept beside the one before; a mere resend brings the same document.
  const updated = action.verb !== 'send' || parts.find((p) => p.seq === seq)?.changedSinceSent === true;
  if (wantsPdf && updated)
    await tx
      .updateTable('receivable_part')
      .set({ pdf_next_at: now, pdf_tries: 0 })
      .where('organization_id', '=', receivable.organization_id)
      .where('receivable_id', '=', receivable.id)
      .where('seq', '=', seq)
      .execute();
  if (part.state === 'active' && next.filter((p) => p.state !== 'replaced').length === 1) await printReference(tx, ctx, receivable, part);
  const ours = partSums(part, receivable.currency);
  const expected = part.state === 'active' ? ours.remaining.gross : ours.total;
  const differs =
    answer.total !== undefined &&
    action.verb !== 'send' &&
    toMinor(answer.total, receivable.currency) !== toMinor(expected, receivable.currency);
  await put(
    tx,
    ctx,
    row,
    { status: 'accepted', answer: json(answer), already, cause: json(null), next_at: null, ticket: null },
    {
      what: already ? 'done already' : 'accepted',
      params: {
        ...(answer.number ? { number: answer.number } : {}),
        ...(answer.newNumber ? { newNumber: answer.newNumber } : {}),
        ...(answer.dueDate ? { dueDate: answer.dueDate } : {}),
        ...(differs ? { theirs: answer.total!, ours: expected } : {}),
      },
    },
  );
  await audit(tx, receivable.organization_id, `connection:${claim.open.connection.name}`, now, [
    {
      action: `receivable: ${action.verb} ${already ? 'done already' : 'done'}`,
      entity: 'receivable',
      entityId: receivable.id,
      data: {
        part: String(seq),
        number: part.number,
        newNumber: answer.newNumber ?? undefined,
        total: answer.total,
        dueDate: answer.dueDate,
      },
    },
  ]);
}

/**
 * The buyer pays the provider by the provider's reference and due date: our own document, while it is not issued, carries these and none
 * of ours (contract §13.2). One that is split over several parts keeps its own, as no single reference would be right.
 */
async function printReference(tx: Tx, ctx: Context, receivable: Receivable, part: Part): Promise<void> {
  if (!receivable.document_id || !part.reference) return;
  const facts = { reference: part.reference, dueDate: part.dueDate };
  await sql`update document set content = jsonb_set(jsonb_set(content::jsonb, '{payment,reference}', to_jsonb(${facts.reference}::text)), '{dueDate}', coalesce(to_jsonb(${facts.dueDate ?? null}::text), (content->'dueDate')::jsonb, 'null'::jsonb)),
    due_date = coalesce(${facts.dueDate ?? null}::date, due_date), edited = array(select distinct unnest(edited || array['payment.reference', 'dueDate'])), version = version + 1, updated_at = ${ctx.now().toISOString()}::timestamptz
    where organization_id = ${receivable.organization_id} and id = ${receivable.document_id} and state in ('to_issue', 'refused')`.execute(
    tx,
  );
  await announce(tx, receivable.organization_id, 'documents', receivable.document_id);
}

async function reject(
  tx: Tx,
  ctx: Context,
  claim: Claim,
  row: ActionRow,
  receivable: Receivable,
  cause: CauseRef,
): Promise<{ again?: Date }> {
  const { connection } = claim.open;
  const diagnosed = causeOf(ctx, connection.connector, cause.code);
  if (diagnosed.stops === 'connection') {
    // Everything of the connection waits behind one card; nothing was done, so the same key goes again once it is mended. What was looked
    // at or asked about is looked at or asked about again.
    const status = claim.step === 'send' ? 'waiting' : claim.step === 'look' ? 'pending' : 'unknown';
    await put(
      tx,
      ctx,
      row,
      { status, next_at: status === 'waiting' ? null : ctx.now(), cause: json(cause) },
      { what: 'connection blocked' },
    );
    await blockConnection(tx, ctx, receivable.organization_id, connection, cause);
    return {};
  }
  await finish(tx, ctx, row, receivable, 'rejected', cause);
  return {};
}

/** Ends the tries until a person does something. */
async function finish(
  tx: Tx,
  ctx: Context,
  row: ActionRow,
  receivable: Receivable,
  status: 'rejected' | 'unknown',
  cause: CauseRef,
): Promise<void> {
  const now = ctx.now();
  await put(
    tx,
    ctx,
    row,
    { status, next_at: null, cause: json(cause) },
    { what: status === 'unknown' ? 'cannot be settled' : 'refused', params: { code: cause.code } },
  );
  // A buyer who was refused leaves an empty ledger behind: the claim never came to be.
  const never = row.verb === 'add' && status === 'rejected';
  await tx
    .updateTable('receivable')
    .set({ ...(never ? { state: 'rejected' } : {}), needs_person: true, updated_at: now })
    .where('organization_id', '=', receivable.organization_id)
    .where('id', '=', receivable.id)
    .execute();
  await audit(tx, receivable.organization_id, 'system', now, [
    {
      action: `receivable: ${row.verb} ${status}`,
      entity: 'receivable',
      entityId: receivable.id,
      data: { code: cause.code, providerCode: cause.providerCode, providerText: cause.providerText },
    },
  ]);
}

const forPerson = (tx: Tx, ctx: Context, row: ActionRow, receivable: Receivable, cause: CauseRef) =>
  finish(tx, ctx, row, receivable, 'unknown', cause);

const storyLimit = 100;

/** Writes an action down, with an entry of its story. The caller holds the lock. */
export async function put(
  tx: Tx,
  ctx: Context,
  row: ActionRow,
  set: Record<string, unknown>,
  entry?: Omit<StoryEntry, 'at'>,
): Promise<void> {
  const now = ctx.now();
  const story = entry ? [...row.story, { at: now.toISOString(), ...entry }] : row.story;
  await tx
    .updateTable('receivable_action')
    .set({
      claimed_at: null,
      ...set,
      story: json(story.length > storyLimit ? [...story.slice(0, 10), ...story.slice(10 - storyLimit)] : story),
      updated_at: now,
    })
    .where('organization_id', '=', row.organization_id)
    .where('id', '=', row.id)
    .execute();
  row.story = story;
  await announce(tx, row.organization_id, 'receivables', row.receivable_id);
}

/** Keeps every exchange of the step for the case file, already cleaned of secrets and of who bought. */
async function keepTries(tx: Tx, row: ActionRow, open: OpenConnection, result: StepResult): Promise<void> {
  if (open.exchanges.length === 0) return;
  const { rows } = await sql<{
    seq: number;
  }>`select coalesce(max(seq), 0)::int as seq from receivable_try where organization_id = ${row.organization_id} and action_id = ${row.id}`.execute(
    tx,
  );
  await tx
    .insertInto('receivable_try')
    .values(
      open.exchanges.map((e, i) => ({
        organization_id: row.organization_id,
        action_id: row.id,
        seq: rows[0]!.seq + i + 1,
        at: e.at,
        verb: e.verb,
        outcome: result.kind === 'outcome' ? result.outcome.outcome : result.kind,
        took_ms: e.tookMs,
        request: e.request,
        response: e.response,
      })),
    )
    .execute();
}
