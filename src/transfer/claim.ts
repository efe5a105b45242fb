import { sql } from 'kysely';
import { folderTransfers } from '../agents/index.ts';
import { type OpenConnection, openConnection, type SharedMemory, takePermit } from '../connections/index.ts';
import type { CauseRef, TransferRequest, Transfers } from '../contract/connector.ts';
import type { Context } from '../jobs/index.ts';
import { canonicalJson, json, type Tx } from '../store/index.ts';
import {
  asksAllowed,
  asksOf,
  type Claim,
  type DocumentRecord,
  issuing,
  type Limits,
  leaseMs,
  limitsOf,
  type Transfer,
  unsettled,
} from './engine.ts';
import { stop } from './record.ts';
import { fingerprint, type Ready, requestsOf } from './request.ts';
import { minuteMs } from './times.ts';

/**
 * Who goes next on a connection: what is due is read, looked at again under the locks, and marked as claimed, or given back. What need not
 * leave the house to fail ends here.
 */

/** Claimed ahead and not begun: every row is again what it was; what it was told meanwhile it says (`sayNews`). */
export async function release(tx: Tx, organizationId: string, claims: Claim[]): Promise<void> {
  const rows = claims.map(({ before, transfer }) => ({
    id: before.id,
    was: before.status,
    sends: before.sends,
    request_hash: before.request_hash,
    claimed_at: before.claimed_at,
    next_at: before.next_at,
    story: before.story,
    ticket: before.ticket,
    settings: before.settings,
    claimed: transfer.claimed_at,
  }));
  await sql`with held as (select id from transfer where organization_id = ${organizationId} and id = any(${rows.map((r) => r.id)}::uuid[]) order by id for no key update)
    update transfer t set status = r.was, sends = r.sends, request_hash = r.request_hash, claimed_at = r.claimed_at, next_at = r.next_at, story = r.story,
      ticket = r.ticket,
      settings = case when not t.settings ? 'next' then r.settings when r.was = 'pending' then r.settings || jsonb_build_object('next', t.settings->'next')
        else t.settings->'next' end
    from held, jsonb_to_recordset(${json(rows)}) as r(id uuid, was text, sends int, request_hash text, claimed_at timestamptz, next_at timestamptz, story jsonb, ticket text,
      settings jsonb, claimed timestamptz)
    where t.organization_id = ${organizationId} and t.id = r.id and held.id = t.id and t.status = 'sending' and t.claimed_at = r.claimed`.execute(
    tx,
  );
}

/**
 * Of a transfer `t`: it would be sent, and its series is stopped. Questions about what may have been made before, and further steps about
 * what exists, go on.
 */
export const isHeldBack = sql<boolean>`(t.status = 'waiting' and t.verb = 'issue' and not t.settings ? 'probe' and exists (
  select 1 from cause_case k where k.organization_id = t.organization_id and k.connection_id = t.connection_id and k.closed_at is null
    and k.series_id = (select h.series_id from document h where h.organization_id = t.organization_id and h.id = t.document_id)))`;

/** How far into the line is looked for one whose order has nothing else under way. */
const lineDepth = 64;

/**
 * The longest waiting transfers of the connection whose orders have nothing else under way, and those whose holder died. What is
 * backfilled comes after what was sold just now.
 */
export async function dueTransfers(
  tx: Tx,
  ctx: Context,
  organizationId: string,
  connectionId: string,
  staleBefore?: Date,
): Promise<string[]> {
  const now = ctx.now().toISOString();
  const { rows } = await sql<{ id: string }>`
    with busy as (select d.order_id from transfer b join document d on d.organization_id = b.organization_id and d.id = b.document_id
        where b.organization_id = ${organizationId} and b.connection_id = ${connectionId} and b.status = 'sending' and d.order_id is not null),
      line as materialized ((select t.id, t.document_id, t.backfill, t.created_at, false as died from transfer t
        where t.organization_id = ${organizationId} and t.connection_id = ${connectionId} and t.status in ('waiting', 'pending', 'unknown')
          and ((t.status = 'waiting' and t.next_at is null) or t.next_at <= ${now}::timestamptz)
          and not ${isHeldBack}
        order by t.backfill, t.created_at, t.id limit ${lineDepth})
        union all select id, document_id, backfill, created_at, true from transfer where organization_id = ${organizationId} and connection_id = ${connectionId}
          and status = 'sending' and claimed_at <= ${staleBefore?.toISOString() ?? null}::timestamptz)
    select l.id from line l join document d on d.organization_id = ${organizationId} and d.id = l.document_id
    where l.died or d.order_id is null or d.order_id not in (select order_id from busy) order by l.backfill, l.created_at, l.id limit ${lineDepth}`.execute(
    tx,
  );
  return rows.map((r) => r.id);
}

/** `later` come again at their time; `contested` says that something changed between the look and the lock. */
type Claims = {
  claims: Claim[];
  later: { id: string; at: Date }[];
  room: number;
  contested: boolean;
  /** The pause within a backfill is over then. */
  backfillAt?: Date;
};
type Wishes = {
  wanted: string[];
  ours: ReadonlySet<string>;
  /** How many rounds of requests are claimed at once. */
  pace: number;
  memory: SharedMemory;
};
type Candidate = { seen: Transfer; document: DocumentRecord; ready: Ready };

/**
 * Takes what may go, the named ones first. What is read and worked out needs no lock; the gate is held only to look once more whether all
 * is still so, to count who is under way, and to mark the rows. Everybody's next claim waits for that.
 */
export async function claimSome(
  tx: Tx,
  ctx: Context,
  organizationId: string,
  connectionId: string,
  { wanted, ours, pace, memory }: Wishes,
): Promise<Claims> {
  const now = ctx.now();
  const connection = await tx
    .selectFrom('connection')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', connectionId)
    .executeTakeFirstOrThrow();
  const limits = limitsOf(ctx, connection.connector);
  const staleBefore = new Date(now.getTime() - leaseMs(limits));
  const result: Claims = { claims: [], later: [], room: limits.concurrency, contested: false };
  // Only who has the connection to himself claims ahead: all processes together never have more requests under way than it allows.
  const mine = new Set(ours);
  const places = (rows: UnderWay[], room: number) =>
    (rows.every((row) => mine.has(row.id)) ? room * (room > 1 ? 1 + 2 * pace : 1) : room) - rows.length;
  const free = Math.min(
    places(await underWayOn(tx, organizationId, connectionId, staleBefore), limits.concurrency),
    (1 + pace) * limits.concurrency,
  );
  // Nobody has room: whoever finishes takes the next one. Seen without a lock, for a crowd of nudges comes with each batch.
  if (free <= 0) return result;
  const line = await candidatesOf(
    tx,
    organizationId,
    connectionId,
    await dueTransfers(tx, ctx, organizationId, connectionId, staleBefore),
    {
      wanted,
      free,
      staleBefore,
      oneBackfill: limits.backfillPauseMs !== undefined,
    },
  );
  if (line.length === 0) return result;

  // Limits that a provider punishes are counted under the gate's lock (DEPENDENCIES §5).
  const gate = await lockGate(tx, organizationId, connectionId);
  const locked = await lockedAgain(tx, organizationId, connectionId, line);
  const underWay = await underWayOn(tx, organizationId, connectionId, staleBefore);
  for (const candidate of line) {
    const { seen, document } = candidate;
    const { transfer, still } = locked(candidate);
    // Its series stopped: it is woken when that is mended.
    if (still.held) continue;
    // Taken, mended or issued again by another series in between: looked at anew.
    if (
      transfer.status !== seen.status ||
      transfer.connection_id !== connectionId ||
      !sameValue(transfer.settings, seen.settings) ||
      still.version !== document.version ||
      still.status !== connection.status ||
      still.changed.getTime() !== connection.updated_at.getTime()
    ) {
      result.contested = true;
      continue;
    }
    const step = stepOf(transfer, staleBefore);
    if (!step) continue;
    const crashed = transfer.status === 'sending';
    if (connection.status === 'removed') {
      await stopRemoved(tx, ctx, transfer, document, step);
      continue;
    }
    // A document that was taken back has nothing to send; what may be over there is still asked for.
    if (step === 'send' && document.state !== 'submitted' && document.state !== 'issued') {
      await setTransfer(tx, transfer, { status: 'cancelled', next_at: null, updated_at: now });
      continue;
    }
    if (!crashed && transfer.next_at && transfer.next_at > now) {
      result.later.push({ id: transfer.id, at: transfer.next_at });
      continue;
    }
    const probing = transfer.settings.probe !== undefined;
    // A blocked connection makes no calls: resuming it nudges what waits.
    if (connection.status !== 'active' && !(connection.status === 'blocked' && probing)) continue;
    if (gate.open_until && gate.open_until > now && !probing) {
      result.later.push({ id: transfer.id, at: gate.open_until });
      break;
    }
    // After a failure of the other side one goes first.
    if (gate.failures > 0) result.room = 1;
    const others = underWay.filter((o) => o.id !== transfer.id);
    if (places(others, result.room) <= 0) break;
    const sameOrder = document.order_id !== null && others.some((o) => o.order_id === document.order_id);
    if (sameOrder || (limits.serialKinds?.includes(document.kind) && others.some((o) => o.kind === document.kind))) continue;
    if (transfer.backfill && limits.backfillPauseMs) {
      if (others.some((o) => o.backfill)) continue;
      const at = new Date((await backfilledAt(tx, organizationId, connectionId)) + limits.backfillPauseMs);
      if (at > now) {
        result.backfillAt = at;
        continue;
      }
    }
    const { ready } = candidate;
    if ('wait' in ready) {
      await setTransfer(tx, transfer, { next_at: new Date(now.getTime() + 10 * minuteMs), cause: json(ready.wait), updated_at: now });
      continue;
    }
    if ('stop' in ready) {
      await stop(tx, ctx, transfer, document, ready.stop);
      continue;
    }
    // Another document of the order arrived there after the request was made: the request has to know of it.
    if (still.known !== ready.request.known!.length) {
      result.contested = true;
      continue;
    }
    const claimed = await claim(tx, ctx, { transfer, document, request: ready.request, step, crashed }, connection, limits, memory);
    if (claimed === 'stopped') continue;
    result.claims.push(claimed);
    mine.add(transfer.id);
    underWay.push({ id: transfer.id, order_id: document.order_id, kind: document.kind, backfill: transfer.backfill });
  }
  await takePermits(tx, now, result);
  await markClaimed(tx, organizationId, result.claims);
  return result;
}

/**
 * The permit of each first request is taken with the claim, after everything that stops a document: that locks documents and the trail,
 * which come before a request gate in the order of locks. Who gets none is not claimed.
 */
async function takePermits(tx: Tx, now: Date, { claims, later }: Claims): Promise<void> {
  for (const [at, { open, prepaid, transfer }] of claims.entries()) {
    if (!open.gate) continue;
    const permit = await takePermit(tx, now, open.gate, { writes: false, person: false });
    if ('at' in permit) prepaid.at = permit.at;
    else {
      claims.splice(at);
      later.push({ id: transfer.id, at: permit.again });
      return;
    }
  }
}

/** Who may go next with what they would send, at most as many as there is room for and one an order; the named ones come first and in any state. */
async function candidatesOf(
  tx: Tx,
  organizationId: string,
  connectionId: string,
  due: string[],
  {
    wanted,
    free,
    staleBefore,
    oneBackfill,
  }: { wanted: string[]; free: number; staleBefore: Date /** Of what is backfilled no more than one can go. */; oneBackfill: boolean },
): Promise<Candidate[]> {
  const order = [...new Set([...wanted, ...due])].slice(0, lineDepth);
  if (order.length === 0) return [];
  const rows = await tx
    .selectFrom('transfer as t')
    .selectAll('t')
    .where('t.organization_id', '=', organizationId)
    .where('t.connection_id', '=', connectionId)
    .where(sql<boolean>`t.id = any(${order}::uuid[])`)
    .where('t.status', 'in', ['waiting', 'pending', 'unknown', 'sending'])
    .where((e) => e.not(isHeldBack))
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  const going = order.flatMap((id) => {
    const row = byId.get(id);
    return row && stepOf(row, staleBefore) ? [row] : [];
  });
  const backfill = going.filter((row) => row.backfill);
  const able = [...going.filter((row) => !row.backfill), ...(oneBackfill ? backfill.slice(0, 1) : backfill)];
  // The documents are large: no more of them are read than may go.
  const documents = new Map<string, DocumentRecord>();
  const orders = new Set<string>();
  const line: Omit<Candidate, 'ready'>[] = [];
  for (let at = 0; at < able.length && line.length < free; at += free) {
    const part = able.slice(at, at + free);
    const missing = part.map((t) => t.document_id).filter((id) => !documents.has(id));
    const read = await tx
      .selectFrom('document')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where(sql<boolean>`id = any(${missing}::uuid[])`)
      .execute();
    for (const document of read) documents.set(document.id, document);
    for (const seen of part) {
      const document = documents.get(seen.document_id)!;
      if (line.length >= free || (document.order_id && orders.has(document.order_id))) continue;
      if (document.order_id) orders.add(document.order_id);
      line.push({ seen, document });
    }
  }
  const ready = await requestsOf(
    tx,
    line.map(({ seen, document }) => ({ transfer: seen, document, sending: stepOf(seen, staleBefore) === 'send' })),
  );
  return line.map((one, at) => ({ ...one, ready: ready[at]! }));
}

type UnderWay = { id: string; order_id: string | null; kind: string; backfill: boolean };

async function underWayOn(tx: Tx, organizationId: string, connectionId: string, staleBefore: Date): Promise<UnderWay[]> {
  const { rows } = await sql<UnderWay>`
    select t.id, d.order_id, d.kind, t.backfill from transfer t join document d on d.organization_id = t.organization_id and d.id = t.document_id
    where t.organization_id = ${organizationId} and t.connection_id = ${connectionId} and t.status = 'sending'
      and t.claimed_at > ${staleBefore.toISOString()}::timestamptz`.execute(tx);
  return rows;
}

/** When the last one of a backfill was done. */
async function backfilledAt(tx: Tx, organizationId: string, connectionId: string): Promise<number> {
  const { rows } = await sql<{ at: Date | null }>`
    select max(updated_at) as at from transfer where organization_id = ${organizationId} and connection_id = ${connectionId} and backfill and sends > 0`.execute(
    tx,
  );
  return rows[0]?.at?.getTime() ?? 0;
}

/**
 * The documents of transfers that are about to be locked: documents come first (ADR 3), and whoever issues one again takes them so. A
 * correction has its original with it, whose hold it may end.
 */
export async function lockDocumentsOf(tx: Tx, organizationId: string, transferIds: string[]): Promise<void> {
  await sql`select 1 from document where organization_id = ${organizationId} and id = any(array(
      select unnest(array[t.document_id, d.corrects_id]) from transfer t,
        lateral (select o.corrects_id from document o where o.organization_id = t.organization_id and o.id = t.document_id offset 0) d
      where t.organization_id = ${organizationId} and t.id = any(${transferIds}::uuid[]))) order by id for no key update`.execute(tx);
}

/** Locks the rows, in the order of their ids, and reads what may have changed since they were looked at. */
async function lockedAgain(tx: Tx, organizationId: string, connectionId: string, line: Candidate[]) {
  const ids = line.map((c) => c.seen.id);
  await lockDocumentsOf(tx, organizationId, ids);
  const rows = await tx
    .selectFrom('transfer')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where(sql<boolean>`id = any(${ids}::uuid[])`)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  const { rows: now } = await sql<{ id: string; version: number; changed: Date; status: string; held: boolean; known: number }>`
    select t.id, d.version, c.updated_at as changed, c.status, ${isHeldBack} as held,
      (select count(*)::int from document o join transfer k on k.organization_id = o.organization_id and k.document_id = o.id
        where o.organization_id = d.organization_id and o.order_id = d.order_id and k.connection_id = c.id
          and k.status = 'accepted' and o.id <> d.id and k.made->>'number' <> '') as known
    from transfer t join document d on d.organization_id = t.organization_id and d.id = t.document_id
      join connection c on c.organization_id = d.organization_id and c.id = ${connectionId}
    where t.organization_id = ${organizationId} and t.id = any(${line.map((c) => c.seen.id)}::uuid[])`.execute(tx);
  const transfers = new Map(rows.map((row) => [row.id, row]));
  const stills = new Map(now.map((row) => [row.id, row]));
  return ({ seen }: Candidate) => ({ transfer: transfers.get(seen.id)!, still: stills.get(seen.id)! });
}

type Taken = { transfer: Transfer; document: DocumentRecord; request: TransferRequest; step: Claim['step']; crashed: boolean };

/** What need not leave the house to fail is stopped here; else the claim as it will be marked. */
export async function claim(
  tx: Tx,
  ctx: Context,
  { transfer, document, request, step, crashed }: Taken,
  connection: OpenConnection['connection'],
  limits: Limits,
  memory: SharedMemory,
): Promise<Claim | 'stopped'> {
  const now = ctx.now();
  const prepaid: { at?: Date } = {};
  const open = openConnection(ctx, connection, { prepaid, memory });
  const transfers = open.session.transfers ?? folderTransfers(ctx, open);
  if (!transfers) throw new Error(`connector ${connection.connector} does not transfer documents`);
  const hash = fingerprint(request);
  // Another request than the last one sent starts its own count.
  const sends = step !== 'send' || transfer.request_hash === hash ? transfer.sends : 0;
  const refusal = refusedBefore(transfer, transfers, request, limits, step, sends);
  if (refusal) {
    await stop(tx, ctx, transfer, document, refusal.cause, refusal.status);
    return 'stopped';
  }
  // Waiting for what is under way over there is no question that a provider could lose patience with.
  const what = crashed ? 'interrupted' : step === 'settle' ? 'asked' : sends === 0 ? 'sent' : 'sent again';
  const claimed: Transfer = {
    ...transfer,
    status: 'sending',
    sends: step === 'send' ? sends + 1 : sends,
    request_hash: step === 'send' ? hash : transfer.request_hash,
    claimed_at: now,
    next_at: null,
    story: step === 'look' && !crashed ? transfer.story : [...transfer.story, { at: now.toISOString(), what }],
    // Another send is another task over there, and a person's word holds for one.
    ...(step === 'send' ? { ticket: null, settings: { ...transfer.settings, sendAgain: undefined } } : {}),
    updated_at: now,
  };
  return { transfer: claimed, before: transfer, document, open, prepaid, transfers, request, limits, step };
}

async function markClaimed(tx: Tx, organizationId: string, claims: Claim[]): Promise<void> {
  if (claims.length === 0) return;
  const rows = claims.map(({ transfer: t }) => ({
    id: t.id,
    sends: t.sends,
    request_hash: t.request_hash,
    claimed_at: t.claimed_at,
    story: t.story,
    ticket: t.ticket,
    settings: t.settings,
  }));
  await sql`update transfer t set status = 'sending', sends = r.sends, request_hash = r.request_hash, claimed_at = r.claimed_at, next_at = null, story = r.story,
      ticket = r.ticket, settings = r.settings, updated_at = r.claimed_at
    from jsonb_to_recordset(${json(rows)}) as r(id uuid, sends int, request_hash text, claimed_at timestamptz, story jsonb, ticket text, settings jsonb)
    where t.organization_id = ${organizationId} and t.id = r.id`.execute(tx);
}

async function setTransfer(tx: Tx, transfer: Transfer, set: Record<string, unknown>): Promise<void> {
  await tx.updateTable('transfer').set(set).where('organization_id', '=', transfer.organization_id).where('id', '=', transfer.id).execute();
}

/** Its lease ran out: whoever had it is gone. */
function isCrashed(transfer: Pick<Transfer, 'status' | 'claimed_at'>, staleBefore: Date): boolean {
  return transfer.status === 'sending' && transfer.claimed_at !== null && transfer.claimed_at <= staleBefore;
}

/** What was stopped while being looked at is looked at again: it has its ticket. */
function stepOf(transfer: Transfer, staleBefore: Date): Claim['step'] | undefined {
  const crashed = isCrashed(transfer, staleBefore);
  if (transfer.status === 'unknown' || (crashed && transfer.ticket === null)) return 'settle';
  if (transfer.status === 'pending' || crashed) return 'look';
  return transfer.status === 'waiting' ? 'send' : undefined;
}

export async function lockGate(tx: Tx, organizationId: string, connectionId: string) {
  return tx
    .selectFrom('connection_gate')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
}

/** The way is gone. What was never sent is open again; what may have arrived is for a person to look up. */
async function stopRemoved(tx: Tx, ctx: Context, transfer: Transfer, document: DocumentRecord, step: Claim['step']): Promise<void> {
  if (transfer.status === 'unknown' && transfer.next_at === null) return;
  if (step === 'send') await stop(tx, ctx, transfer, document, { code: 'CONNECTION_REMOVED' });
  else await stop(tx, ctx, transfer, document, { code: 'CONNECTION_REMOVED_UNCLEAR' }, 'unknown');
}

/** What need not leave the house to fail: what the provider would refuse, and what was repeated often enough. */
function refusedBefore(
  transfer: Transfer,
  transfers: Transfers,
  request: TransferRequest,
  limits: Limits,
  step: Claim['step'],
  sends: number,
): { cause: CauseRef; status?: 'unknown' } | undefined {
  if (step === 'look') return undefined;
  if (step === 'settle') {
    const allowed = asksAllowed(limits, transfer.settings.askUpTo).now;
    if (transfer.verb === 'issue' && asksOf(transfer, limits) >= allowed) return { cause: unsettled(transfer), status: 'unknown' };
    return undefined;
  }
  if (sends >= limits.maxSends) return { cause: { code: 'TRIES_USED_UP', params: { tries: String(limits.maxSends) } } };
  if (!issuing(transfer)) return undefined;
  const problems = transfers.preflight(request).filter((f) => f.level === 'hold');
  const [first, ...also] = problems.map(({ code, params, where }): CauseRef => ({ code, params, where }));
  return first && { cause: { ...first, ...(also.length > 0 && { also }) } };
}

const sameValue = (a: unknown, b: unknown) => canonicalJson(a) === canonicalJson(b);
