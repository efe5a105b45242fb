import { type Selectable, sql } from 'kysely';
import { folderTransfers } from '../agents/index.ts';
import { connectionAddress, gateOf, type OpenConnection, openConnection, pause, takePermit } from '../connections/index.ts';
import type { CauseRef, Found, Made, Outcome, TransferRequest, Transfers } from '../contract/connector.ts';
import type { Manifest } from '../contract/manifest.ts';
import { QuotaWait } from '../contract/requests.ts';
import { compareDecimal } from '../domain/money/money.ts';
import type { Context } from '../jobs/index.ts';
import { json, type Tables, type Tx } from '../store/index.ts';
import { record, stop } from './record.ts';
import { fingerprint, requestOf } from './request.ts';
import { minuteMs } from './times.ts';

/**
 * The write path to a provider (DESIGN §3.2, §5.4). The row in `transfer` is the truth, a job is only a nudge:
 *
 *   waiting ──claim──> sending ──> accepted
 *      ↑                  ├──────> pending ──look──> …
 *      │                  ├──────> rejected          (nothing exists over there; mended, it is sent again)
 *      │                  └──────> unknown ──settle──┬── present: accepted (adopted)
 *      └───────────── proven absent ─────────────────┘
 *
 * The claim commits before the request leaves, and is renewed just before the one call that may make something. A killed process
 * leaves `sending` behind; after the lease it counts as unknown. Locks are always taken in the order connection gate, transfer,
 * document, trail; a row of the request gate comes last and is held for nothing else.
 */
export type Transfer = Selectable<Tables['transfer']>;
export type DocumentRecord = Selectable<Tables['document']>;
export type Limits = NonNullable<Manifest['limits']>;

const defaultLimits: Limits = { concurrency: 4, maxSends: 5, timeoutMs: 60_000, settleAfterMs: 60_000 };
/** Questions about one document that ask the same thing: as few as sends, then a person looks; more only when a person asks for it. */
export const maxAsks = 5;
export const maxAsksEver = 10;
/** One job goes on with what waits on the same connection, but not for ever. */
const chainLimit = 100;

export type Claim = {
  transfer: Transfer;
  document: DocumentRecord;
  open: OpenConnection;
  transfers: Transfers;
  request: TransferRequest;
  limits: Limits;
  step: 'send' | 'settle' | 'look';
};
/** `shut`: no other transfer of the connection can go either. */
type ClaimResult = { claim: Claim; again?: undefined } | { claim?: undefined; again?: Date; shut?: boolean };
/** `wait`: the provider's limit of requests was used up before anything left that may have made something. */
export type StepResult = { kind: 'outcome'; outcome: Outcome } | { kind: 'absent' } | { kind: 'lost' } | { kind: 'wait'; until: Date };

export function limitsOf(ctx: Pick<Context, 'connectors'>, connector: string): Limits {
  return ctx.connectors.get(connector)?.manifest.limits ?? defaultLimits;
}

/** Longer than a step can take after its claim was renewed, the other side's own slowness included. */
export function leaseMs(limits: Limits): number {
  return 3 * limits.timeoutMs + limits.settleAfterMs;
}

/**
 * The job: takes a transfer one step further, then goes on with the next one due on the same connection. A transfer that finds no
 * room is left to whoever finishes. Finding nothing to do is fine: another process was faster.
 */
export async function workTransfer(ctx: Context, organizationId: string, transferId: string, signal?: AbortSignal): Promise<void> {
  const first = await ctx.store.org(organizationId, (tx) => claimTransfer(tx, ctx, organizationId, transferId));
  if (!first.claim && first.again) await nudge(ctx, organizationId, transferId, first.again);
  let claim = first.claim;
  for (let done = 1; claim; done++) {
    const { connection_id } = claim.transfer;
    await workClaim(ctx, organizationId, claim);
    const last = done >= chainLimit || signal?.aborted;
    const next: ClaimResult = last ? {} : await ctx.store.org(organizationId, (tx) => claimNext(tx, ctx, organizationId, connection_id));
    claim = next.claim;
    if (last || next.again) {
      const [due] = await ctx.store.org(organizationId, (tx) => dueTransfers(tx, ctx, organizationId, connection_id));
      if (due) await nudge(ctx, organizationId, due, next.again);
    }
  }
}

async function workClaim(ctx: Context, organizationId: string, claim: Claim): Promise<void> {
  const outcome = await unlessShut(claim, () =>
    claim.step === 'send' ? sendStep(ctx, claim) : claim.step === 'look' ? lookStep(claim) : settleStep(claim),
  );
  await ctx.store.org(organizationId, async (tx) => {
    const again = await record(tx, ctx, claim, outcome);
    if (again) await ctx.jobs.enqueue(tx, 'transfer', [{ organizationId, id: claim.transfer.id }], { startAfter: again });
  });
  await claim.open.save();
}

/**
 * The limit of requests is no fault of the document: as long as nothing left that may have made something, it was not sent. A
 * connector that took the shut gate for a lost answer is put right here.
 */
async function unlessShut({ open, step }: Claim, work: () => Promise<StepResult>): Promise<StepResult> {
  const result = await work();
  const { shutUntil, mayHaveChanged } = open.requests;
  const unclear = result.kind === 'outcome' && result.outcome.outcome === 'unknown';
  // A question makes nothing, whatever it looks like on the wire.
  return unclear && shutUntil && (step !== 'send' || mayHaveChanged === 0) ? { kind: 'wait', until: shutUntil } : result;
}

async function nudge(ctx: Context, organizationId: string, id: string, at?: Date): Promise<void> {
  await ctx.store.org(organizationId, (tx) => ctx.jobs.enqueue(tx, 'transfer', [{ organizationId, id }], at ? { startAfter: at } : {}));
}

/** Under the gate's lock, so that of several who finish at once each takes another one. */
async function claimNext(tx: Tx, ctx: Context, organizationId: string, connectionId: string): Promise<ClaimResult> {
  await lockGate(tx, organizationId, connectionId);
  for (const id of await dueTransfers(tx, ctx, organizationId, connectionId)) {
    const result = await claimTransfer(tx, ctx, organizationId, id);
    if (result.claim || result.shut) return result;
  }
  return {};
}

const candidates = 8;

/** The longest waiting transfers of the connection whose orders have nothing else under way. */
async function dueTransfers(tx: Tx, ctx: Context, organizationId: string, connectionId: string): Promise<string[]> {
  const now = ctx.now().toISOString();
  const { rows } = await sql<{ id: string }>`
    select t.id from transfer t join document d on d.organization_id = t.organization_id and d.id = t.document_id
    where t.organization_id = ${organizationId} and t.connection_id = ${connectionId}
      and ((t.status = 'waiting' and (t.next_at is null or t.next_at <= ${now}::timestamptz)) or (t.status in ('unknown','pending') and t.next_at <= ${now}::timestamptz))
      and not exists (select 1 from transfer b join document bd on bd.organization_id = b.organization_id and bd.id = b.document_id
        where b.organization_id = t.organization_id and b.connection_id = t.connection_id and b.status = 'sending' and bd.order_id = d.order_id)
    order by t.created_at, t.id limit ${candidates}`.execute(tx);
  return rows.map((r) => r.id);
}

async function claimTransfer(tx: Tx, ctx: Context, organizationId: string, transferId: string): Promise<ClaimResult> {
  const now = ctx.now();
  const seen = await tx
    .selectFrom('transfer')
    .select(['connection_id', 'status'])
    .where('organization_id', '=', organizationId)
    .where('id', '=', transferId)
    .executeTakeFirst();
  // Most nudges come late: the transfer was done by whoever had room.
  if (!seen || seen.status === 'accepted' || seen.status === 'rejected' || seen.status === 'cancelled') return {};
  // Limits that a provider punishes are counted under the gate's lock (DEPENDENCIES §5).
  const gate = await lockGate(tx, organizationId, seen.connection_id);
  const transfer = await tx
    .selectFrom('transfer')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', transferId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  // Issued again by another series in between: its job is under way.
  if (transfer.connection_id !== seen.connection_id) return { again: now };
  const connection = await tx
    .selectFrom('connection')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', transfer.connection_id)
    .executeTakeFirstOrThrow();
  const document = await tx
    .selectFrom('document')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', transfer.document_id)
    .executeTakeFirstOrThrow();
  const limits = limitsOf(ctx, connection.connector);
  const staleBefore = new Date(now.getTime() - leaseMs(limits));
  const crashed = transfer.status === 'sending' && transfer.claimed_at !== null && transfer.claimed_at <= staleBefore;
  // What was stopped while being looked at is looked at again: it has its ticket.
  const step =
    transfer.status === 'unknown' || (crashed && transfer.ticket === null)
      ? 'settle'
      : transfer.status === 'pending' || crashed
        ? 'look'
        : transfer.status === 'waiting'
          ? 'send'
          : undefined;
  if (!step) return {};
  if (connection.status === 'removed') {
    await stopRemoved(tx, ctx, transfer, document, step);
    return {};
  }
  // A document that was taken back has nothing to send; what may be over there is still asked for.
  if (step === 'send' && document.state !== 'submitted' && document.state !== 'issued') {
    await tx
      .updateTable('transfer')
      .set({ status: 'cancelled', next_at: null, updated_at: now })
      .where('organization_id', '=', organizationId)
      .where('id', '=', transferId)
      .execute();
    return {};
  }
  if (!crashed && transfer.next_at && transfer.next_at > now) return { again: transfer.next_at };
  const probing = transfer.settings.probe !== undefined;
  // A blocked connection makes no calls: resuming it nudges what waits.
  if (connection.status !== 'active' && !(connection.status === 'blocked' && probing)) return {};
  if (gate.open_until && gate.open_until > now && !probing) return { again: gate.open_until };
  const busy = await busyTransfers(tx, transfer, document, staleBefore);
  // After a failure of the other side one goes first.
  const room = gate.failures > 0 ? 1 : limits.concurrency;
  if (busy.connection >= room || busy.sameOrder > 0 || (busy.sameKind > 0 && limits.serialKinds?.includes(document.kind))) return {};

  const ready = await requestOf(tx, transfer, document, step === 'send');
  if ('wait' in ready) {
    const again = new Date(now.getTime() + 10 * minuteMs);
    await tx
      .updateTable('transfer')
      .set({ next_at: again, cause: json(ready.wait), updated_at: now })
      .where('organization_id', '=', organizationId)
      .where('id', '=', transferId)
      .execute();
    return {};
  }
  if ('stop' in ready) {
    await stop(tx, ctx, transfer, document, ready.stop);
    return {};
  }
  const { request } = ready;
  const requestGate = gateOf(limits, connection, connectionAddress(connection, ctx.connectors.get(connection.connector)!));
  const prepaid: { at?: Date } = {};
  const open = openConnection(ctx, connection, { prepaid });
  const transfers = open.session.transfers ?? folderTransfers(ctx, open);
  if (!transfers) throw new Error(`connector ${connection.connector} does not transfer documents`);
  const hash = fingerprint(request);
  // Another request than the last one sent starts its own count.
  const sends = step !== 'send' || transfer.request_hash === hash ? transfer.sends : 0;
  const refusal = refusedBefore(transfer, transfers, request, limits, step, sends);
  if (refusal) {
    await stop(tx, ctx, transfer, document, refusal.cause, refusal.status);
    return {};
  }
  // The permit of the first request is taken with the claim, last in the order of locks.
  if (requestGate) {
    const permit = await takePermit(tx, now, requestGate, { writes: false, person: false });
    if ('again' in permit) return { again: permit.again, shut: true };
    prepaid.at = permit.at;
  }
  // Waiting for what is under way over there is no question that a provider could lose patience with.
  const what = crashed ? 'interrupted' : step === 'settle' ? 'asked' : sends === 0 ? 'sent' : 'sent again';
  const story = step === 'look' && !crashed ? transfer.story : [...transfer.story, { at: now.toISOString(), what }];
  const settings = step === 'send' ? { ...transfer.settings, sendAgain: undefined } : transfer.settings;
  const claimed = {
    status: 'sending' as const,
    sends: step === 'send' ? sends + 1 : sends,
    request_hash: step === 'send' ? hash : transfer.request_hash,
    claimed_at: now,
    next_at: null,
    story: json(story),
    // Another send is another task over there, and a person's word holds for one.
    ...(step === 'send' ? { ticket: null, settings: json(settings) } : {}),
    updated_at: now,
  };
  await tx.updateTable('transfer').set(claimed).where('organization_id', '=', organizationId).where('id', '=', transferId).execute();
  return {
    claim: { transfer: { ...transfer, ...claimed, settings, story }, document, open, transfers, request, limits, step },
  };
}

export async function lockGate(tx: Tx, organizationId: string, connectionId: string) {
  return tx
    .selectFrom('connection_gate')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .forUpdate()
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
    const allowed = Math.min(Number(transfer.settings.askUpTo ?? maxAsks), maxAsksEver);
    if (transfer.verb === 'issue' && asksOf(transfer) >= allowed) return { cause: unsettled(transfer), status: 'unknown' };
    return undefined;
  }
  if (sends >= limits.maxSends) return { cause: { code: 'TRIES_USED_UP', params: { tries: String(limits.maxSends) } } };
  if (transfer.verb !== 'issue') return undefined;
  const problems = transfers.preflight(request).filter((f) => f.level === 'hold');
  const [first, ...also] = problems.map(({ code, params, where }): CauseRef => ({ code, params, where }));
  return first && { cause: { ...first, ...(also.length > 0 && { also }) } };
}

/** Questions that reached the provider or may have: each counts against its patience. */
export function asksOf(transfer: Pick<Transfer, 'story'>): number {
  return transfer.story.filter((s) => s.what === 'asked' || s.what === 'interrupted' || s.what === 'read again').length;
}

/** A likeness stays the reason that a person is asked about, however often it was found. */
export function unsettled(transfer: Transfer): CauseRef {
  const last = (transfer.cause ?? {}) as Partial<CauseRef>;
  if (last.code === 'LIKENESS_FOUND') return last as CauseRef;
  return {
    code: 'UNSETTLED',
    params: { ...last.params, message: last.providerText ?? last.params?.message ?? last.code ?? '–' },
    providerCode: last.providerCode,
    providerText: last.providerText,
  };
}

async function busyTransfers(tx: Tx, transfer: Transfer, document: DocumentRecord, staleBefore: Date) {
  const rows = await tx
    .selectFrom('transfer as t')
    .innerJoin('document as d', (join) => join.onRef('d.organization_id', '=', 't.organization_id').onRef('d.id', '=', 't.document_id'))
    .select(['d.order_id', 'd.kind'])
    .where('t.organization_id', '=', transfer.organization_id)
    .where('t.connection_id', '=', transfer.connection_id)
    .where('t.status', '=', 'sending')
    .where('t.claimed_at', '>', staleBefore)
    .where('t.id', '<>', transfer.id)
    .execute();
  return {
    connection: rows.length,
    sameOrder: document.order_id ? rows.filter((r) => r.order_id === document.order_id).length : 0,
    sameKind: rows.filter((r) => r.kind === document.kind).length,
  };
}

/** Absence that was proven a moment ago need not be asked for twice. */
const proofHoldsMs = 2 * minuteMs;

async function sendStep(ctx: Context, claim: Claim): Promise<StepResult> {
  const { request, transfer } = claim;
  // Whatever goes out a second time was refused or proven absent before; only an old proof of absence is worth a question (DESIGN §3.2).
  const before = transfer.story.at(-2);
  const oldProof = before?.what === 'proven absent' && ctx.now().getTime() - Date.parse(before.at) >= proofHoldsMs;
  if (transfer.verb === 'issue' && (oldProof || (transfer.settings.backfill === true && transfer.sends === 1))) {
    const found = await ask(claim);
    if (found.found === 'present') return adopted(claim, found.made);
    if (found.found === 'pending') return pending(found);
    if (found.found === 'unclear') return { kind: 'outcome', outcome: { outcome: 'unknown', cause: found.cause } };
  }
  if (!(await renew(ctx, claim))) return { kind: 'lost' };
  return { kind: 'outcome', outcome: await guarded(() => write(claim, request)) };
}

/** The lease is counted from the moment before something may be made; whoever lost it makes nothing. */
async function renew(ctx: Context, claim: Claim): Promise<boolean> {
  const { transfer } = claim;
  const now = ctx.now();
  if (transfer.claimed_at!.getTime() === now.getTime()) return true;
  const { numUpdatedRows } = await ctx.store.org(transfer.organization_id, (tx) =>
    tx
      .updateTable('transfer')
      .set({ claimed_at: now })
      .where('organization_id', '=', transfer.organization_id)
      .where('id', '=', transfer.id)
      .where('status', '=', 'sending')
      .where('claimed_at', '=', transfer.claimed_at)
      .executeTakeFirst(),
  );
  if (numUpdatedRows === 0n) return false;
  transfer.claimed_at = now;
  return true;
}

function write({ transfer, transfers, document }: Claim, request: TransferRequest): Promise<Outcome> {
  const made = { providerId: String(transfer.settings.providerId ?? document.number), number: document.number ?? undefined };
  const missing = (verb: string): Promise<Outcome> =>
    Promise.resolve({ outcome: 'rejected', cause: { code: 'UNLISTED', providerCode: verb, providerText: 'not offered by this provider' } });
  switch (transfer.verb) {
    case 'pay':
      return transfers.pay?.(made, paymentsOf(document, transfer), true) ?? missing('pay');
    case 'report':
      return transfers.report?.(made, request) ?? missing('report');
    case 'remove':
      return transfers.remove?.(made, request) ?? missing('remove');
    case 'mail':
      return transfers.mail?.(made, request) ?? missing('mail');
    default:
      return transfers.send(request);
  }
}

/** The payments as the document knows them; the provider's list is replaced by ours, which is safe to repeat. */
function paymentsOf(document: DocumentRecord, transfer: Transfer): { day: string; method: string; amount: string }[] {
  const { payment, totals } = document.content;
  // Paid after the issue: the content is frozen, the order knows.
  const { paidOn, paidAmount } = transfer.settings as { paidOn?: string; paidAmount?: string };
  if (paidOn) return [{ day: paidOn, method: payment.means, amount: paidAmount ?? totals.payable }];
  const amount = compareDecimal(payment.paid, '0') > 0 ? payment.paid : payment.paidAt ? totals.payable : '0';
  const day = payment.paidAt?.slice(0, 10) ?? document.issue_date;
  return compareDecimal(amount, '0') > 0 && day ? [{ day, method: payment.means, amount }] : [];
}

async function settleStep(claim: Claim): Promise<StepResult> {
  // These may be repeated: asking would tell no more than doing.
  if (['pay', 'remove', 'report'].includes(claim.transfer.verb)) return { kind: 'absent' };
  if (claim.transfer.verb === 'mail') return { kind: 'outcome', outcome: { outcome: 'unknown', cause: { code: 'NO_ANSWER' } } };
  // A ticket that was kept knows more than any search.
  if (claim.transfer.ticket && claim.transfers.look) {
    const outcome = await guarded(() => claim.transfers.look!(claim.transfer.ticket!, claim.request));
    if (outcome.outcome !== 'unknown') return { kind: 'outcome', outcome };
  }
  const found = await ask(claim);
  if (found.found === 'present') return adopted(claim, found.made);
  if (found.found === 'absent') return { kind: 'absent' };
  if (found.found === 'pending') return pending(found);
  return { kind: 'outcome', outcome: { outcome: 'unknown', cause: found.cause } };
}

function pending({ lookAgainMs, ticket }: Extract<Found, { found: 'pending' }>): StepResult {
  return { kind: 'outcome', outcome: { outcome: 'pending', lookAgainMs, ...(ticket ? { ticket } : {}) } };
}

/** A document found by a question comes without its PDF; buyers get the provider's own. */
async function adopted(claim: Claim, made: Made): Promise<StepResult> {
  const pdf = made.pdf ?? (await claim.transfers.pdf(made, claim.request).catch(() => undefined));
  return { kind: 'outcome', outcome: { outcome: 'accepted', made: { ...made, pdf }, adopted: true } };
}

async function lookStep(claim: Claim): Promise<StepResult> {
  const { transfers, transfer, request } = claim;
  if (!transfers.look || !transfer.ticket) return settleStep(claim);
  return { kind: 'outcome', outcome: await guarded(() => transfers.look!(transfer.ticket!, request)) };
}

export async function ask(claim: Pick<Claim, 'transfers' | 'request' | 'transfer'>): Promise<Found> {
  try {
    const found = await claim.transfers.find(claim.request);
    if (found.found !== 'present' || found.by !== 'likeness') return found;
    // A likeness needs a person's word; without it, it neither proves presence nor absence.
    const number = found.made.number ?? found.made.providerId;
    const { adopt, different } = claim.transfer.settings as { adopt?: string; different?: string };
    if (adopt === number) return found;
    if (different === number) return { found: 'absent' };
    return {
      found: 'unclear',
      cause: {
        code: 'LIKENESS_FOUND',
        params: { number, gross: found.made.gross ?? '', day: found.made.issueDate ?? '', buyer: found.made.buyerName ?? '' },
      },
    };
  } catch (error) {
    return unclear(error as Error);
  }
}

function unclear(error: Error): Found {
  if (error instanceof QuotaWait) return { found: 'unclear', cause: { code: 'QUOTA_WAIT', params: { until: error.until.toISOString() } } };
  return { found: 'unclear', cause: { code: 'NO_ANSWER', providerText: error.message.slice(0, 300) } };
}

/** Reads the document that the provider is known to hold, or searches for it where it cannot be read by its id. */
export async function readOrAsk(claim: Parameters<typeof ask>[0], providerId: string | undefined): Promise<Found> {
  if (!claim.transfers.read || !providerId) return ask(claim);
  return claim.transfers.read({ providerId }, claim.request).catch(unclear);
}

async function guarded(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof QuotaWait)
      return { outcome: 'unknown', cause: { code: 'QUOTA_WAIT', params: { until: error.until.toISOString() } } };
    // Whatever is not clearly one of the others is unknown, a throw included (STYLE §4).
    return { outcome: 'unknown', cause: { code: 'NO_ANSWER', providerText: (error as Error).message.slice(0, 300) } };
  }
}
