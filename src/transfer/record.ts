import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { type OpenConnection, readConnection } from '../connections/index.ts';
import type { CauseRef, Outcome } from '../contract/connector.ts';
import type { Cause } from '../contract/manifest.ts';
import { blockConnection, blockedSeries, blockSeries, causeOf, openCase } from '../diagnosis/index.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, json, type StoryEntry, type Tx } from '../store/index.ts';
import { refuseDocument, reopenDocument, sayNews } from '../toissue/index.ts';
import { acceptAll, notOurs } from './accept.ts';
import { isHeldBack, lockDocumentsOf, lockGate } from './claim.ts';
import {
  asksAllowed,
  asksOf,
  type Claim,
  type DocumentRecord,
  issuing,
  type Limits,
  type StepResult,
  type Transfer,
  unsettled,
} from './engine.ts';
import { minuteMs } from './times.ts';

/**
 * Storing what came back from a provider, in one transaction with everything that it changes. Acceptances, which are most of it, are
 * stored many at a time (`recordAccepted`, accept.ts); whatever else comes back is stored by itself, for it may move the gate.
 */

const jitter = (ms: number, seed: string) => ms + (createHash('sha256').update(seed).digest().readUInt16BE() / 65_535) * ms * 0.2;
const settleBackoff = (limits: Limits, asks: number) => Math.min(limits.settleAfterMs * 2 ** Math.min(asks, 6), 6 * 60 * minuteMs);
const breakerMs = [2, 10, 60].map((m) => m * minuteMs);

/** Returns when to look again. */
export async function record(tx: Tx, ctx: Context, claim: Claim, result: StepResult): Promise<Date | undefined> {
  const again = await recordAnswer(tx, ctx, claim, result);
  await sayWhatCame(tx, ctx, [claim]);
  return again;
}

async function sayWhatCame(tx: Tx, ctx: Context, claims: Claim[]): Promise<void> {
  const told = claims.flatMap(({ transfer }) => (transfer.settings.next ? [transfer] : []));
  if (told.length > 0)
    await sayNews(
      tx,
      ctx,
      told[0]!.organization_id,
      told.map((transfer) => transfer.id),
    );
}

async function recordAnswer(tx: Tx, ctx: Context, claim: Claim, result: StepResult): Promise<Date | undefined> {
  const { transfer } = claim;
  const now = ctx.now();
  if (result.kind === 'lost') return undefined;
  const gateMatters = await lockGateIfNeeded(tx, claim, result);
  if ((await stillOurs(tx, transfer.organization_id, [claim], seriesOfCard(ctx, claim, result))).length === 0) return undefined;
  await keepTries(tx, [{ claim, result }]);
  if (neverArrived(claim.open)) return unreached(tx, ctx, claim);
  if (result.kind === 'wait') return notSent(tx, ctx, claim, result.until);
  if (result.kind === 'absent') {
    if (claim.step === 'settle' && claim.limits.absence && transfer.verb === 'issue' && transfer.settings.sendAgain !== true)
      return notFoundThere(tx, ctx, claim, claim.limits.absence);
    await update(tx, transfer, now, { status: 'waiting', next_at: null, cause: json(null) }, { what: 'proven absent' });
    return now;
  }
  const { outcome } = result;
  switch (outcome.outcome) {
    case 'accepted': {
      const accepted = { claim, ...outcome };
      const problem = (await notOurs(tx, [accepted])).get(claim);
      if (problem) return later(tx, ctx, claim, problem);
      await acceptAll(tx, ctx, [accepted], gateMatters);
      return undefined;
    }
    case 'pending': {
      const next = new Date(now.getTime() + outcome.lookAgainMs);
      const set = { status: 'pending', ticket: outcome.ticket ?? transfer.ticket, next_at: next };
      // However often it is looked at, its story says once that it is under way.
      await update(tx, transfer, now, set, transfer.story.at(-1)?.what === 'pending' ? undefined : { what: 'pending' });
      return next;
    }
    case 'rejected':
      return reject(tx, ctx, claim, outcome.cause);
    case 'unknown':
      return later(tx, ctx, claim, outcome.cause);
  }
}

export type Answer = { claim: Claim; result: StepResult };
type AcceptedResult = { kind: 'outcome'; outcome: Extract<Outcome, { outcome: 'accepted' }> };

export function isAccepted(result: StepResult): result is AcceptedResult {
  return result.kind === 'outcome' && result.outcome.outcome === 'accepted';
}

/** Stores acceptances of one connection together. Returns those that cannot be believed as they are: each is looked at by itself. */
export async function recordAccepted(tx: Tx, ctx: Context, answers: Answer[]): Promise<Answer[]> {
  const { organization_id: organizationId, connection_id: connectionId } = answers[0]!.claim.transfer;
  const gateMatters = isMoved(await readGate(tx, organizationId, connectionId));
  if (gateMatters) await lockGate(tx, organizationId, connectionId);
  const held = await stillOurs(
    tx,
    organizationId,
    answers.map((a) => a.claim),
  );
  const accepted = answers.flatMap((answer) =>
    held.includes(answer.claim) && isAccepted(answer.result) ? [{ answer, claim: answer.claim, ...answer.result.outcome }] : [],
  );
  const problems = await notOurs(tx, accepted);
  const believed = accepted.filter((a) => !problems.has(a.claim));
  await keepTries(
    tx,
    believed.map((a) => a.answer),
  );
  await acceptAll(tx, ctx, believed, gateMatters);
  await sayWhatCame(
    tx,
    ctx,
    believed.map((a) => a.claim),
  );
  return accepted.filter((a) => problems.has(a.claim)).map((a) => a.answer);
}

/** Locks the documents, then the rows, in the order of their ids. Where our lease ran out and somebody else took over, what they find counts: left out. */
async function stillOurs(tx: Tx, organizationId: string, claims: Claim[], seriesId?: string): Promise<Claim[]> {
  const ids = claims.map((c) => c.transfer.id);
  // What is on the order already is put there anew after a change, and deliveries come before documents.
  const changed = claims.filter((c) => c.transfer.verb === 'change').map((c) => c.transfer.document_id);
  if (changed.length > 0)
    await sql`select 1 from delivery where organization_id = ${organizationId} and way = 'attachment' and document_id = any(${changed}::uuid[]) order by id for no key update`.execute(
      tx,
    );
  await lockDocumentsOf(tx, organizationId, ids);
  // Its card refers to the series, and who saves a series tells its transfers.
  if (seriesId) await sql`select 1 from series where organization_id = ${organizationId} and id = ${seriesId} for key share`.execute(tx);
  const { rows } = await sql<{ id: string; claimed_at: Date | null; next: unknown }>`
    select id, claimed_at, settings->'next' as next from transfer where organization_id = ${organizationId} and id = any(${ids}::uuid[])
      and status = 'sending' order by id for no key update`.execute(tx);
  const held = new Map(rows.map((row) => [row.id, row]));
  const ours = claims.filter(({ transfer }) => {
    const row = held.get(transfer.id);
    return row && row.claimed_at?.getTime() === transfer.claimed_at?.getTime();
  });
  // What it was told while it was on its way is written back with all else.
  for (const { transfer } of ours) {
    const next = held.get(transfer.id)!.next;
    if (next) transfer.settings = { ...transfer.settings, next };
  }
  return ours;
}

/**
 * The gate comes first in the order of locks, but everybody's next claim waits for it: it is taken only where the breaker moves. An
 * acceptance through a healthy gate leaves it alone.
 */
async function lockGateIfNeeded(tx: Tx, { transfer, open }: Claim, result: StepResult): Promise<boolean> {
  const gate = await readGate(tx, transfer.organization_id, transfer.connection_id);
  const refused =
    result.kind === 'outcome' &&
    (result.outcome.outcome === 'rejected' || (result.outcome.outcome === 'unknown' && result.outcome.cause.code !== 'NO_ANSWER'));
  const matters = isMoved(gate) || refused || result.kind === 'wait' || neverArrived(open);
  if (matters) await lockGate(tx, transfer.organization_id, transfer.connection_id);
  return matters;
}

type Gate = { failures: number; open_until: Date | null };
const isMoved = (gate: Gate) => gate.failures > 0 || gate.open_until !== null;

async function readGate(tx: Tx, organizationId: string, connectionId: string): Promise<Gate> {
  return tx
    .selectFrom('connection_gate')
    .select(['failures', 'open_until'])
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .executeTakeFirstOrThrow();
}

/**
 * Not there, as far as can be seen: work may still be queued over there. It is looked for again after a while; then a person says
 * whether it is to be sent once more.
 */
async function notFoundThere(tx: Tx, ctx: Context, claim: Claim, rule: NonNullable<Limits['absence']>): Promise<Date | undefined> {
  const { transfer, document } = claim;
  const now = ctx.now();
  const sent = transfer.story.findLastIndex((s) => s.what === 'sent' || s.what === 'sent again');
  const looks = transfer.story.slice(sent + 1).filter((s) => s.what === 'not found there').length + 1;
  if (looks >= rule.looks) {
    await stop(tx, ctx, transfer, document, { code: 'NOTHING_FOUND' }, 'unknown');
    return undefined;
  }
  const next = new Date(now.getTime() + rule.apartMs);
  await update(
    tx,
    transfer,
    now,
    { status: 'unknown', next_at: next, cause: json({ code: 'NOT_FOUND_YET' }) },
    { what: 'not found there' },
  );
  return next;
}

/** Something may exist over there: it is asked for, ever more seldom, and then by a person. */
async function later(tx: Tx, ctx: Context, claim: Claim, cause: CauseRef): Promise<Date | undefined> {
  const { transfer, document, limits } = claim;
  const now = ctx.now();
  const asks = asksOf(transfer, limits);
  const allowed = asksAllowed(limits, transfer.settings.askUpTo).now;
  const diagnosed = causeOf(ctx, claim.open.connection.connector, cause.code);
  const { whoMends, retryHelps } = diagnosed;
  // A question that the connection itself could not ask: the document waits with all others, and no question is lost.
  if (claim.step !== 'send' && diagnosed.stops === 'connection' && (!retryHelps || diagnosed.losesNoTry))
    return wholeConnection(tx, ctx, claim, cause, diagnosed);
  if (whoMends === 'seller' && !retryHelps && cause.code !== 'UNLISTED') {
    await stop(tx, ctx, transfer, document, cause, 'unknown');
    return undefined;
  }
  if (asks >= allowed || (transfer.verb === 'mail' && claim.step !== 'send')) {
    await stop(tx, ctx, transfer, document, unsettled({ ...transfer, cause: { ...cause } }), 'unknown');
    return undefined;
  }
  const next = new Date(now.getTime() + jitter(settleBackoff(limits, asks), `${transfer.id}${asks}`));
  await update(
    tx,
    transfer,
    now,
    { status: 'unknown', next_at: next, cause: json(cause) },
    { what: claim.step === 'send' ? 'answer lost' : 'no clear answer', params: causeParams(cause) },
  );
  return next;
}

/** The connection was never made, so nothing left the house: no try is lost, and the whole connection waits. */
function neverArrived(open: OpenConnection): boolean {
  return (
    open.exchanges.length > 0 &&
    open.exchanges.every(
      (e) => e.status === undefined && /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT/.test(e.response),
    )
  );
}

async function unreached(tx: Tx, ctx: Context, claim: Claim): Promise<Date> {
  const { transfer } = claim;
  const until = await openBreaker(tx, ctx, transfer, 'CONNECTION_UNREACHABLE');
  await openCase(tx, ctx, transfer.organization_id, transfer.connection_id, { code: 'CONNECTION_UNREACHABLE' });
  await putBack(tx, ctx, claim, until, { code: 'CONNECTION_UNREACHABLE' }, 'not reached');
  return until;
}

/** The provider takes no more requests for now: no try is lost, and the whole connection waits until then. */
async function notSent(tx: Tx, ctx: Context, claim: Claim, until: Date): Promise<Date> {
  const { transfer } = claim;
  const gate = await lockGate(tx, transfer.organization_id, transfer.connection_id);
  if (!gate.open_until || gate.open_until < until)
    await tx
      .updateTable('connection_gate')
      .set({ open_until: until, cause_code: 'QUOTA_WAIT' })
      .where('organization_id', '=', transfer.organization_id)
      .where('connection_id', '=', transfer.connection_id)
      .execute();
  await putBack(tx, ctx, claim, until, { code: 'QUOTA_WAIT', params: { until: until.toISOString() } }, 'waits for its turn');
  return until;
}

/** As if it had not been taken up: nothing left the house. A crashed one stays unknown: what was sent before the crash may have arrived. */
async function putBack(tx: Tx, ctx: Context, { transfer, step }: Claim, until: Date, cause: CauseRef, what: string): Promise<void> {
  const now = ctx.now();
  // A look has no entry of its own to take back.
  const before = step === 'look' ? transfer.story : transfer.story.slice(0, -1);
  const told: StoryEntry = { at: now.toISOString(), what };
  await tx
    .updateTable('transfer')
    .set({
      status: step === 'send' ? 'waiting' : step === 'look' ? 'pending' : 'unknown',
      claimed_at: null,
      next_at: until,
      sends: step === 'send' ? Math.max(0, transfer.sends - 1) : transfer.sends,
      cause: json(cause),
      story: json(before.at(-1)?.what === what ? before : [...before, told]),
      updated_at: now,
    })
    .where('organization_id', '=', transfer.organization_id)
    .where('id', '=', transfer.id)
    .execute();
}

/** Opens the breaker for longer each time; those that were under way together count once. */
async function openBreaker(tx: Tx, ctx: Context, transfer: Transfer, code: string): Promise<Date> {
  const now = ctx.now();
  const gate = await lockGate(tx, transfer.organization_id, transfer.connection_id);
  if (gate.open_until && gate.open_until > now) return gate.open_until;
  const until = new Date(now.getTime() + jitter(breakerMs[Math.min(gate.failures, breakerMs.length - 1)]!, transfer.id));
  await tx
    .updateTable('connection_gate')
    .set({ failures: gate.failures + 1, open_until: until, cause_code: code })
    .where('organization_id', '=', transfer.organization_id)
    .where('connection_id', '=', transfer.connection_id)
    .execute();
  return until;
}

/** The series that a refusal stops, and nothing else. */
function seriesOfCard(ctx: Context, { document, open }: Claim, result: StepResult): string | undefined {
  if (result.kind !== 'outcome' || result.outcome.outcome !== 'rejected' || !document.series_id) return undefined;
  const { stops, retryHelps } = causeOf(ctx, open.connection.connector, result.outcome.cause.code);
  return stops === 'series' && !retryHelps ? document.series_id : undefined;
}

/** A rejection proves that nothing exists. What stops the connection stops it for all; what stops the document is for its seller to mend. */
async function reject(tx: Tx, ctx: Context, claim: Claim, cause: CauseRef): Promise<Date | undefined> {
  const { transfer, document, open } = claim;
  const diagnosed = causeOf(ctx, open.connection.connector, cause.code);
  if (diagnosed.stops !== 'connection' && diagnosed.stops !== 'series') {
    await stop(tx, ctx, transfer, document, cause);
    return undefined;
  }
  const seriesId = seriesOfCard(ctx, claim, { kind: 'outcome', outcome: { outcome: 'rejected', cause } });
  if (seriesId) {
    await wholeSeries(tx, ctx, claim, seriesId, cause);
    return undefined;
  }
  return wholeConnection(tx, ctx, claim, cause, diagnosed);
}

/** What stops its series, for the document that met it: it waits with the others, and what other series make goes on. */
async function wholeSeries(tx: Tx, ctx: Context, { transfer }: Claim, seriesId: string, cause: CauseRef): Promise<void> {
  const settings = json({ ...transfer.settings, probe: undefined });
  const set = { status: 'waiting', cause: json(cause), settings, next_at: null };
  await update(tx, transfer, ctx.now(), set, { what: 'series blocked', params: causeParams(cause) });
  await blockSeries(tx, ctx, transfer.organization_id, transfer.connection_id, seriesId, cause);
}

/** What stops the connection, for the document that met it: it goes back to where it was, to send, to look or to ask. */
async function wholeConnection(tx: Tx, ctx: Context, claim: Claim, cause: CauseRef, diagnosed: Cause): Promise<Date | undefined> {
  const { transfer, open, step } = claim;
  const now = ctx.now();
  const params = causeParams(cause);
  const settings = json({ ...transfer.settings, probe: undefined });
  const back = {
    status: step === 'send' ? 'waiting' : step === 'look' ? 'pending' : 'unknown',
    cause: json(cause),
    settings,
    ...(diagnosed.losesNoTry && step === 'send' ? { sends: Math.max(0, transfer.sends - 1) } : {}),
  };
  if (diagnosed.retryHelps) {
    const until = await openBreaker(tx, ctx, transfer, cause.code);
    await update(tx, transfer, now, { ...back, next_at: until }, { what: 'refused for now', params });
    await openCase(tx, ctx, transfer.organization_id, transfer.connection_id, cause);
    return until;
  }
  await update(tx, transfer, now, { ...back, next_at: step === 'send' ? null : now }, { what: 'connection blocked', params });
  await blockConnection(tx, ctx, transfer.organization_id, open.connection, cause);
  return undefined;
}

/** Ends the tries until a person does something. */
export async function stop(
  tx: Tx,
  ctx: Context,
  transfer: Transfer,
  document: DocumentRecord,
  cause: CauseRef,
  status: 'rejected' | 'unknown' = 'rejected',
): Promise<void> {
  const now = ctx.now();
  await update(
    tx,
    transfer,
    now,
    { status, next_at: null, cause: json(cause), settings: json({ ...transfer.settings, probe: undefined }) },
    { what: status === 'unknown' ? 'cannot be settled' : 'refused', params: causeParams(cause) },
  );
  const who = { organizationId: transfer.organization_id, actor: 'system' };
  if (status === 'rejected' && issuing(transfer)) await refuseDocument(tx, ctx, who, document.id, cause);
  if (status === 'rejected' && transfer.verb === 'report' && (await reopens(tx, ctx, transfer, cause)))
    await reopenDocument(tx, ctx, who, document.id, cause);
  if (transfer.settings.probe === 'all') {
    const held = await blockedSeries(tx, transfer.organization_id, transfer.connection_id);
    const seriesId = held.some((k) => k.series_id === document.series_id) ? document.series_id : null;
    await probeNext(tx, ctx, transfer, { mode: 'all', seriesId, but: transfer.id });
  }
  // One card for all documents that stopped for the same reason; what is particular stands with each of them.
  await openCase(tx, ctx, transfer.organization_id, transfer.connection_id, { ...cause, params: {} });
  await announce(tx, transfer.organization_id, 'documents', document.id);
  await audit(tx, transfer.organization_id, 'system', now, [
    {
      action: `transfer ${status}`,
      entity: 'document',
      entityId: document.id,
      data: { code: cause.code, params: cause.params, providerCode: cause.providerCode, providerText: cause.providerText },
    },
  ]);
}

/** The authority said no to the document itself, and the provider takes it changed. */
async function reopens(tx: Tx, ctx: Context, transfer: Transfer, cause: CauseRef): Promise<boolean> {
  const connection = await readConnection(tx, transfer.organization_id, transfer.connection_id);
  return connection !== undefined && causeOf(ctx, connection.connector, cause.code).reopens === true;
}

/**
 * One document tries whether it is mended, of the connection or of one series. `all` means that the next one tries when it fails by a
 * fault of its own, which tells nothing of the others. False when nothing waits that could try.
 */
export async function probeNext(
  tx: Tx,
  ctx: Context,
  of: { organization_id: string; connection_id: string },
  probe: { mode: 'one' | 'all'; seriesId: string | null; but?: string },
): Promise<boolean> {
  const { rows } = await sql<{ id: string }>`
    update transfer set settings = settings || ${json({ probe: probe.mode })}, next_at = null
    where organization_id = ${of.organization_id} and id = (
      select t.id from transfer t join document d on d.organization_id = t.organization_id and d.id = t.document_id
      where t.organization_id = ${of.organization_id} and t.connection_id = ${of.connection_id} and t.status = 'waiting'
        and t.id is distinct from ${probe.but ?? null}::uuid
        and (${probe.seriesId}::uuid is null or (t.verb = 'issue' and d.series_id = ${probe.seriesId}::uuid))
      order by ${isHeldBack}, t.created_at, t.id limit 1)
    returning id`.execute(tx);
  const [next] = rows;
  if (next) await ctx.jobs.enqueue(tx, 'transfer', [{ organizationId: of.organization_id, id: next.id }]);
  return next !== undefined;
}

const storyLimit = 200;

/** A story that grew too long keeps its beginning and its end. */
export function longer(story: StoryEntry[]): StoryEntry[] {
  return story.length > storyLimit ? [...story.slice(0, 20), ...story.slice(20 - storyLimit)] : story;
}

export async function update(
  tx: Tx,
  transfer: Transfer,
  now: Date,
  set: Record<string, unknown>,
  entry?: Omit<StoryEntry, 'at'>,
): Promise<void> {
  const story = entry ? [...transfer.story, { at: now.toISOString(), ...entry }] : transfer.story;
  await tx
    .updateTable('transfer')
    .set({
      ...set,
      claimed_at: null,
      story: json(longer(story)),
      updated_at: now,
    })
    .where('organization_id', '=', transfer.organization_id)
    .where('id', '=', transfer.id)
    .execute();
}

/** Keeps every exchange of the steps for the case file, already cleaned of secrets. */
async function keepTries(tx: Tx, answers: Answer[]): Promise<void> {
  const rows = answers.flatMap(({ claim: { transfer, open }, result }) => {
    const outcome = result.kind === 'outcome' ? result.outcome.outcome : result.kind;
    return open.exchanges.map((e, i) => ({
      id: transfer.id,
      n: i + 1,
      at: e.at,
      verb: e.verb,
      outcome: i === open.exchanges.length - 1 ? outcome : '',
      took_ms: Math.round(e.tookMs),
      request: e.request,
      response: e.response,
    }));
  });
  if (rows.length === 0) return;
  const organizationId = answers[0]!.claim.transfer.organization_id;
  await sql`insert into transfer_try (organization_id, transfer_id, seq, at, verb, outcome, took_ms, request, response)
    select ${organizationId}, r.id, r.n + coalesce((select max(seq) from transfer_try t where t.organization_id = ${organizationId} and t.transfer_id = r.id), 0),
      r.at, r.verb, r.outcome, r.took_ms, r.request, r.response
    from jsonb_to_recordset(${json(rows)}) as r(id uuid, n int, at timestamptz, verb text, outcome text, took_ms int, request text, response text)`.execute(
    tx,
  );
}

function causeParams(cause: CauseRef): Record<string, string> {
  return { ...cause.params, cause: cause.code, ...(cause.providerCode ? { code: cause.providerCode } : {}) };
}

export function fileName(number: string): string {
  return `${number.replace(/[^\p{L}\p{N}_-]+/gu, '_')}.pdf`;
}
