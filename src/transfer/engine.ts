import { createHash } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import { type OpenConnection, openConnection } from '../connections/index.ts';
import type { CauseRef, Found, Made, Outcome, TransferRequest, Transfers } from '../contract/connector.ts';
import type { Manifest } from '../contract/manifest.ts';
import { queueMails } from '../delivery/index.ts';
import { causeOf, closeCases, openCase } from '../diagnosis/index.ts';
import type { DocumentContent } from '../domain/documents/document.ts';
import { compareDecimal } from '../domain/money/money.ts';
import type { Context } from '../jobs/index.ts';
import { announce, audit, canonicalJson, json, type StoryEntry, storeFile, type Tables, type Tx } from '../store/index.ts';
import { acceptDocument, refuseDocument } from '../toissue/index.ts';

/**
 * The write path to a provider (DESIGN §3.2, §5.4). The row in `transfer` is the truth, a job is only a nudge:
 *
 *   waiting ──claim──> sending ──> accepted
 *      ↑                  ├──────> pending ──look──> …
 *      │                  ├──────> rejected          (nothing exists over there; mended, it is sent again)
 *      │                  └──────> unknown ──settle──┬── present: accepted (adopted)
 *      └───────────── proven absent ─────────────────┘
 *
 * The claim commits before the request leaves, so a killed process finds its own `sending` and treats it as unknown.
 */
type Transfer = Selectable<Tables['transfer']>;
type DocumentRecord = Selectable<Tables['document']>;
type Limits = NonNullable<Manifest['limits']>;

const defaultLimits: Limits = { concurrency: 4, maxSends: 5, timeoutMs: 60_000, settleAfterMs: 60_000 };
const maxSettles = 12;
const minuteMs = 60_000;

type Claim =
  | { claimed: false; again?: Date }
  | { claimed: true; transfer: Transfer; document: DocumentRecord; open: OpenConnection; transfers: Transfers; request: TransferRequest; step: 'send' | 'settle' | 'look' };

/** The job: takes one transfer one step further. Finding nothing to do is fine: another process was faster. */
export async function workTransfer(ctx: Context, organizationId: string, transferId: string): Promise<void> {
  const claim = await ctx.store.org(organizationId, (tx) => claimTransfer(tx, ctx, organizationId, transferId));
  if (!claim.claimed) {
    if (claim.again) await nudge(ctx, organizationId, transferId, claim.again);
    return;
  }
  const { open, step } = claim;
  const result = step === 'send' ? await sendStep(claim) : step === 'look' ? await lookStep(claim) : await settleStep(claim);
  await open.save();
  const next = await ctx.store.org(organizationId, (tx) => record(tx, ctx, claim, result));
  if (next) await nudge(ctx, organizationId, transferId, next);
}

async function nudge(ctx: Context, organizationId: string, id: string, at: Date): Promise<void> {
  await ctx.store.org(organizationId, (tx) => ctx.jobs.enqueue(tx, 'transfer', [{ organizationId, id }], { startAfter: at }));
}

async function claimTransfer(tx: Tx, ctx: Context, organizationId: string, transferId: string): Promise<Claim> {
  const now = ctx.now();
  const seen = await tx.selectFrom('transfer').select(['connection_id']).where('organization_id', '=', organizationId).where('id', '=', transferId).executeTakeFirst();
  if (!seen) return { claimed: false };
  // The gate is locked first by everybody: limits that a provider punishes are counted under its lock (DEPENDENCIES §5).
  const gate = await tx
    .selectFrom('connection_gate')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', seen.connection_id)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const transfer = await tx.selectFrom('transfer').selectAll().where('organization_id', '=', organizationId).where('id', '=', transferId).forUpdate().executeTakeFirstOrThrow();
  const connection = await tx.selectFrom('connection').selectAll().where('organization_id', '=', organizationId).where('id', '=', transfer.connection_id).executeTakeFirstOrThrow();
  const document = await tx.selectFrom('document').selectAll().where('organization_id', '=', organizationId).where('id', '=', transfer.document_id).executeTakeFirstOrThrow();
  const limits = ctx.connectors.get(connection.connector)?.manifest.limits ?? defaultLimits;
  const lease = new Date(now.getTime() - limits.timeoutMs - 30_000);

  const crashed = transfer.status === 'sending' && transfer.claimed_at !== null && transfer.claimed_at < lease;
  if (transfer.status === 'sending' && !crashed) return { claimed: false, again: new Date(now.getTime() + limits.timeoutMs) };
  const step = crashed || transfer.status === 'unknown' ? 'settle' : transfer.status === 'pending' ? 'look' : transfer.status === 'waiting' ? 'send' : undefined;
  if (!step) return { claimed: false };
  if (transfer.next_at && transfer.next_at > now) return { claimed: false, again: transfer.next_at };
  const probing = transfer.settings.probe === true;
  // A blocked connection makes no calls: resuming it nudges what waits.
  if (connection.status !== 'active' && !(connection.status === 'blocked' && probing)) return { claimed: false };
  if (gate.open_until && gate.open_until > now && !probing) return { claimed: false, again: gate.open_until };
  if (gate.next_at && gate.next_at > now) return { claimed: false, again: gate.next_at };
  const windowOver = !gate.minute_start || now.getTime() - gate.minute_start.getTime() >= minuteMs;
  const used = windowOver ? 0 : gate.used_in_minute;
  if (limits.perMinute && used >= limits.perMinute) return { claimed: false, again: new Date(gate.minute_start!.getTime() + minuteMs) };
  const busy = await busyTransfers(tx, transfer, document, lease);
  if (busy.connection >= limits.concurrency || busy.sameOrder > 0 || (busy.sameKind > 0 && limits.serialKinds?.includes(document.kind))) {
    return { claimed: false, again: new Date(now.getTime() + 50) };
  }

  const request = await requestOf(tx, transfer, document);
  const hash = createHash('sha256').update(canonicalJson({ ...request, known: undefined })).digest('hex');
  const sends = transfer.request_hash === hash ? transfer.sends : 0;
  if (step === 'send' && sends >= limits.maxSends) {
    await stop(tx, ctx, transfer, document, { code: 'TRIES_USED_UP', params: { tries: String(limits.maxSends) } });
    return { claimed: false };
  }
  await tx
    .updateTable('connection_gate')
    .set({
      minute_start: windowOver ? now : gate.minute_start,
      used_in_minute: used + 1,
      next_at: limits.minGapMs ? new Date(now.getTime() + limits.minGapMs) : null,
    })
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', transfer.connection_id)
    .execute();
  const story: StoryEntry = crashed
    ? { at: now.toISOString(), what: 'interrupted' }
    : { at: now.toISOString(), what: step === 'send' ? (sends === 0 ? 'sent' : 'sent again') : 'asked' };
  const claimed = {
    status: 'sending' as const,
    sends: step === 'send' ? sends + 1 : sends,
    request_hash: hash,
    claimed_at: now,
    next_at: null,
    story: json([...transfer.story, story]),
    updated_at: now,
  };
  await tx.updateTable('transfer').set(claimed).where('organization_id', '=', organizationId).where('id', '=', transferId).execute();
  const open = openConnection(ctx, connection);
  if (!open.session.transfers) throw new Error(`connector ${connection.connector} does not transfer documents`);
  return {
    claimed: true,
    transfer: { ...transfer, ...claimed, story: [...transfer.story, story] },
    document,
    open,
    transfers: open.session.transfers,
    request,
    step,
  };
}

async function busyTransfers(tx: Tx, transfer: Transfer, document: DocumentRecord, lease: Date) {
  const rows = await tx
    .selectFrom('transfer as t')
    .innerJoin('document as d', (join) => join.onRef('d.organization_id', '=', 't.organization_id').onRef('d.id', '=', 't.document_id'))
    .select(['d.order_id', 'd.kind'])
    .where('t.organization_id', '=', transfer.organization_id)
    .where('t.connection_id', '=', transfer.connection_id)
    .where('t.status', '=', 'sending')
    .where('t.claimed_at', '>=', lease)
    .where('t.id', '<>', transfer.id)
    .execute();
  return {
    connection: rows.length,
    sameOrder: document.order_id ? rows.filter((r) => r.order_id === document.order_id).length : 0,
    sameKind: rows.filter((r) => r.kind === document.kind).length,
  };
}

/** What is sent, made anew from our rows each time so that a mended document goes out mended. */
async function requestOf(tx: Tx, transfer: Transfer, document: DocumentRecord): Promise<TransferRequest> {
  const originalId = document.corrects_id ?? document.proforma_id;
  const original = originalId
    ? await tx.selectFrom('document').select(['id', 'number', 'kind']).where('organization_id', '=', document.organization_id).where('id', '=', originalId).executeTakeFirst()
    : undefined;
  const originalTransfer = original
    ? await tx
        .selectFrom('transfer')
        .select('made')
        .where('organization_id', '=', document.organization_id)
        .where('connection_id', '=', transfer.connection_id)
        .where('document_id', '=', original.id)
        .where('status', '=', 'accepted')
        .executeTakeFirst()
    : undefined;
  const siblings = document.order_id
    ? await tx
        .selectFrom('transfer as t')
        .innerJoin('document as d', (join) => join.onRef('d.organization_id', '=', 't.organization_id').onRef('d.id', '=', 't.document_id'))
        .select(['t.made'])
        .where('d.organization_id', '=', document.organization_id)
        .where('d.order_id', '=', document.order_id)
        .where('t.connection_id', '=', transfer.connection_id)
        .where('t.status', '=', 'accepted')
        .where('t.id', '<>', transfer.id)
        .execute()
    : [];
  const { probe: _probe, ...settings } = transfer.settings;
  const content: DocumentContent = document.content;
  return {
    reference: transfer.reference,
    kind: document.kind,
    content,
    number: document.number ?? undefined,
    issueDate: document.issue_date ?? undefined,
    original: original?.number ? { number: original.number, kind: original.kind, providerId: (originalTransfer?.made as Made | undefined)?.providerId } : undefined,
    cancelsWhole: content.correction?.reasonCode === 'cancel',
    known: siblings.flatMap((s) => {
      const made = s.made as Made | null;
      return made?.number ? [{ number: made.number, reversed: made.reversed }] : [];
    }),
    settings,
  };
}

type StepResult = { kind: 'outcome'; outcome: Outcome } | { kind: 'absent' };

async function sendStep(claim: Extract<Claim, { claimed: true }>): Promise<StepResult> {
  const { transfers, request, transfer } = claim;
  const problems = transfers.preflight(request).filter((f) => f.level === 'hold');
  if (problems.length > 0) {
    const [first] = problems;
    return {
      kind: 'outcome',
      outcome: { outcome: 'rejected', cause: { code: first!.code, params: { ...first!.params, where: first!.where ?? '', count: String(problems.length) } } },
    };
  }
  // Whatever was once on its way may have arrived: ask before sending again (DESIGN §3.2).
  if (transfer.sends > 1 || transfer.settings.backfill === true) {
    const found = await ask(claim);
    if (found.found === 'present') return { kind: 'outcome', outcome: { outcome: 'accepted', made: found.made, adopted: true } };
    if (found.found === 'unclear') return { kind: 'outcome', outcome: { outcome: 'unknown', cause: found.cause } };
  }
  return { kind: 'outcome', outcome: await guarded(() => transfers.send(request)) };
}

async function settleStep(claim: Extract<Claim, { claimed: true }>): Promise<StepResult> {
  const found = await ask(claim);
  if (found.found === 'present') return { kind: 'outcome', outcome: { outcome: 'accepted', made: found.made, adopted: true } };
  if (found.found === 'absent') return { kind: 'absent' };
  return { kind: 'outcome', outcome: { outcome: 'unknown', cause: found.cause } };
}

async function lookStep(claim: Extract<Claim, { claimed: true }>): Promise<StepResult> {
  const { transfers, transfer } = claim;
  if (!transfers.look || !transfer.ticket) return settleStep(claim);
  return { kind: 'outcome', outcome: await guarded(() => transfers.look!(transfer.ticket!)) };
}

async function ask(claim: Extract<Claim, { claimed: true }>): Promise<Found> {
  try {
    const found = await claim.transfers.find(claim.request);
    if (found.found !== 'present' || found.by !== 'likeness') return found;
    // A likeness needs a person's word; without it, it neither proves presence nor absence.
    const number = found.made.number ?? found.made.providerId;
    const { adopt, different } = claim.transfer.settings as { adopt?: string; different?: string };
    if (adopt === number) return found;
    if (different === number) return { found: 'absent' };
    return { found: 'unclear', cause: { code: 'LIKENESS_FOUND', params: { number } } };
  } catch (error) {
    return { found: 'unclear', cause: { code: 'NO_ANSWER', providerText: (error as Error).message.slice(0, 300) } };
  }
}

async function guarded(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    // Whatever is not clearly one of the others is unknown, a throw included (STYLE §4).
    return { outcome: 'unknown', cause: { code: 'NO_ANSWER', providerText: (error as Error).message.slice(0, 300) } };
  }
}

const jitter = (ms: number, seed: string) => ms + (createHash('sha256').update(seed).digest().readUInt16BE() / 65_535) * ms * 0.2;
const settleBackoff = (limits: Limits, settles: number) => Math.min(limits.settleAfterMs * 2 ** Math.min(settles, 6), 6 * 60 * minuteMs);
const breakerMs = [2, 10, 60].map((m) => m * minuteMs);

/** Stores what came back, in one transaction with everything it changes. Returns when to look again. */
async function record(tx: Tx, ctx: Context, claim: Extract<Claim, { claimed: true }>, result: StepResult): Promise<Date | undefined> {
  const { transfer, document, open } = claim;
  const now = ctx.now();
  const limits = open.connector.manifest.limits ?? defaultLimits;
  const row = await tx
    .selectFrom('transfer')
    .select(['status', 'claimed_at'])
    .where('organization_id', '=', transfer.organization_id)
    .where('id', '=', transfer.id)
    .forUpdate()
    .executeTakeFirstOrThrow();
  // Our lease ran out and somebody else took over: what they find counts.
  if (row.status !== 'sending' || row.claimed_at?.getTime() !== transfer.claimed_at?.getTime()) return undefined;
  await keepTry(tx, transfer, open, result);
  if (result.kind === 'absent') {
    const next = transfer.sends >= limits.maxSends ? undefined : now;
    await update(tx, transfer, now, { status: 'waiting', next_at: next ?? null, cause: json(null) }, { what: 'proven absent' });
    if (transfer.sends >= limits.maxSends) await stop(tx, ctx, transfer, document, { code: 'TRIES_USED_UP', params: { tries: String(limits.maxSends) } });
    return next;
  }
  const { outcome } = result;
  switch (outcome.outcome) {
    case 'accepted':
      await accept(tx, ctx, claim, outcome.made, outcome.adopted === true, outcome.warnings ?? []);
      return undefined;
    case 'pending': {
      const next = new Date(now.getTime() + outcome.lookAgainMs);
      await update(tx, transfer, now, { status: 'pending', ticket: outcome.ticket ?? transfer.ticket, next_at: next }, { what: 'pending' });
      return next;
    }
    case 'rejected':
      return reject(tx, ctx, claim, outcome.cause);
    case 'unknown': {
      const settles = transfer.story.filter((s) => s.what === 'asked').length;
      if (settles >= maxSettles) {
        await stop(tx, ctx, transfer, document, { ...outcome.cause, code: 'UNSETTLED' }, 'unknown');
        return undefined;
      }
      const next = new Date(now.getTime() + jitter(settleBackoff(limits, settles), `${transfer.id}${settles}`));
      await update(tx, transfer, now, { status: 'unknown', next_at: next, cause: json(outcome.cause) }, { what: 'answer lost', params: causeParams(outcome.cause) });
      return next;
    }
  }
}

async function accept(tx: Tx, ctx: Context, claim: Extract<Claim, { claimed: true }>, made: Made, adopted: boolean, warnings: CauseRef[]): Promise<void> {
  const { transfer, document, open } = claim;
  const now = ctx.now();
  const { pdf, ...facts } = made;
  const differs = made.gross !== undefined && compareDecimal(made.gross, document.content.totals.gross) !== 0;
  const pdfFileId = pdf ? (await storeFile(tx, transfer.organization_id, now, { name: fileName(made.number ?? document.number ?? document.id), mediaType: 'application/pdf', bytes: pdf })).id : undefined;
  await update(
    tx,
    transfer,
    now,
    { status: 'accepted', made: json(facts), cause: json(warnings[0] ?? null), next_at: null, settings: json({ ...transfer.settings, probe: undefined }) },
    {
      what: adopted ? 'found' : 'accepted',
      params: { ...(made.number ? { number: made.number } : {}), ...(differs ? { theirGross: made.gross!, ourGross: document.content.totals.gross } : {}) },
    },
  );
  await acceptDocument(tx, ctx, { organizationId: transfer.organization_id, actor: `connection:${open.connection.name}` }, document.id, {
    number: made.number,
    issueDate: made.issueDate,
    pdfFileId,
    findings: differs ? [{ code: 'W_PROVIDER_TOTAL_DIFFERS', level: 'warning', where: 'totals.gross', params: { theirs: made.gross!, ours: document.content.totals.gross } }] : [],
  });
  if (transfer.settings.mail === true) await queueMails(tx, ctx, { organizationId: transfer.organization_id, actor: 'system' }, [{ documentId: document.id }]);
  await tx
    .updateTable('connection_gate')
    .set({ failures: 0, open_until: null, cause_code: null })
    .where('organization_id', '=', transfer.organization_id)
    .where('connection_id', '=', transfer.connection_id)
    .execute();
  // A send that worked proves the connection; what was told of others by a query does not.
  if (!adopted) await reopen(tx, ctx, transfer.organization_id, transfer.connection_id, `connection:${open.connection.name}`);
  await announce(tx, transfer.organization_id, 'documents', document.id);
  await audit(tx, transfer.organization_id, `connection:${open.connection.name}`, now, [
    { action: adopted ? 'transfer found at the provider' : 'transfer accepted', entity: 'document', entityId: document.id, data: { reference: transfer.reference, number: made.number, providerId: made.providerId } },
  ]);
}

/** A rejection proves that nothing exists. What stops the connection stops it for all; what stops the document is for its seller to mend. */
async function reject(tx: Tx, ctx: Context, claim: Extract<Claim, { claimed: true }>, cause: CauseRef): Promise<Date | undefined> {
  const { transfer, document, open } = claim;
  const now = ctx.now();
  const diagnosed = causeOf(ctx, open.connection.connector, cause.code);
  const params = causeParams(cause);
  if (diagnosed.stops === 'connection' || diagnosed.stops === 'series') {
    await openCase(tx, ctx, transfer.organization_id, transfer.connection_id, cause);
    const settings = json({ ...transfer.settings, probe: undefined });
    if (diagnosed.retryHelps) {
      const gate = await tx.selectFrom('connection_gate').select('failures').where('organization_id', '=', transfer.organization_id).where('connection_id', '=', transfer.connection_id).executeTakeFirstOrThrow();
      const until = new Date(now.getTime() + jitter(breakerMs[Math.min(gate.failures, breakerMs.length - 1)]!, transfer.id));
      await tx
        .updateTable('connection_gate')
        .set({ failures: gate.failures + 1, open_until: until, cause_code: cause.code })
        .where('organization_id', '=', transfer.organization_id)
        .where('connection_id', '=', transfer.connection_id)
        .execute();
      await update(tx, transfer, now, { status: 'waiting', next_at: until, cause: json(cause), settings }, { what: 'refused for now', params });
      return until;
    }
    await tx
      .updateTable('connection')
      .set({ status: 'blocked', updated_at: now })
      .where('organization_id', '=', transfer.organization_id)
      .where('id', '=', transfer.connection_id)
      .where('status', 'in', ['active', 'blocked'])
      .execute();
    await update(tx, transfer, now, { status: 'waiting', next_at: null, cause: json(cause), settings }, { what: 'connection blocked', params });
    await announce(tx, transfer.organization_id, 'connections', transfer.connection_id);
    return undefined;
  }
  await stop(tx, ctx, transfer, document, cause);
  return undefined;
}

/** Ends the tries until a person does something. */
async function stop(tx: Tx, ctx: Context, transfer: Transfer, document: DocumentRecord, cause: CauseRef, status: 'rejected' | 'unknown' = 'rejected'): Promise<void> {
  const now = ctx.now();
  await update(tx, transfer, now, { status, next_at: null, cause: json(cause) }, { what: status === 'unknown' ? 'cannot be settled' : 'refused', params: causeParams(cause) });
  if (status === 'rejected') await refuseDocument(tx, ctx, { organizationId: transfer.organization_id, actor: 'system' }, document.id, cause);
  await announce(tx, transfer.organization_id, 'documents', document.id);
  await audit(tx, transfer.organization_id, 'system', now, [
    { action: `transfer ${status}`, entity: 'document', entityId: document.id, data: { code: cause.code, params: cause.params, providerCode: cause.providerCode, providerText: cause.providerText } },
  ]);
}

async function update(tx: Tx, transfer: Transfer, now: Date, set: Record<string, unknown>, entry: Omit<StoryEntry, 'at'>): Promise<void> {
  await tx
    .updateTable('transfer')
    .set({ ...set, claimed_at: null, story: json([...transfer.story, { at: now.toISOString(), ...entry }]), updated_at: now })
    .where('organization_id', '=', transfer.organization_id)
    .where('id', '=', transfer.id)
    .execute();
}

/** Keeps every exchange of the step for the case file, already cleaned of secrets. */
async function keepTry(tx: Tx, transfer: Transfer, open: OpenConnection, result: StepResult): Promise<void> {
  if (open.exchanges.length === 0) return;
  const { rows } = await sql<{ seq: number }>`select coalesce(max(seq), 0)::int as seq from transfer_try where organization_id = ${transfer.organization_id} and transfer_id = ${transfer.id}`.execute(tx);
  const outcome = result.kind === 'absent' ? 'absent' : result.outcome.outcome;
  await tx
    .insertInto('transfer_try')
    .values(
      open.exchanges.map((e, i) => ({
        organization_id: transfer.organization_id,
        transfer_id: transfer.id,
        seq: rows[0]!.seq + i + 1,
        at: e.at,
        verb: e.verb,
        outcome: i === open.exchanges.length - 1 ? outcome : '',
        took_ms: Math.round(e.tookMs),
        request: e.request,
        response: e.response,
      })),
    )
    .execute();
}

function causeParams(cause: CauseRef): Record<string, string> {
  return { ...cause.params, cause: cause.code, ...(cause.providerCode ? { code: cause.providerCode } : {}) };
}

function fileName(number: string): string {
  return `${number.replace(/[^\p{L}\p{N}_-]+/gu, '_')}.pdf`;
}

/** Makes a blocked connection active again, closes its cards and nudges everything that waits on it. */
export async function reopen(tx: Tx, ctx: Context, organizationId: string, connectionId: string, actor: string): Promise<void> {
  const closed = await closeCases(tx, ctx, organizationId, connectionId, actor);
  const { numUpdatedRows } = await tx
    .updateTable('connection')
    .set({ status: 'active', ever_worked: true, updated_at: ctx.now() })
    .where('organization_id', '=', organizationId)
    .where('id', '=', connectionId)
    .where((e) => e.or([e('status', '=', 'blocked'), e.and([e('status', '=', 'active'), e('ever_worked', '=', false)])]))
    .executeTakeFirst();
  if (closed === 0 && numUpdatedRows === 0n) return;
  const waiting = await tx
    .updateTable('transfer')
    .set({ next_at: null })
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .where('status', '=', 'waiting')
    .returning('id')
    .execute();
  await ctx.jobs.enqueue(
    tx,
    'transfer',
    waiting.map((w) => ({ organizationId, id: w.id })),
  );
  await announce(tx, organizationId, 'connections', connectionId);
}

/** "I have mended it": tries one document of the card, or lets all go. Returns how many were set in motion. */
export async function resumeConnection(ctx: Context, organizationId: string, actor: string, connectionId: string, mode: 'one' | 'all'): Promise<number> {
  return ctx.store.org(organizationId, async (tx) => {
    await tx
      .updateTable('connection_gate')
      .set({ open_until: null, next_at: null })
      .where('organization_id', '=', organizationId)
      .where('connection_id', '=', connectionId)
      .execute();
    if (mode === 'all') {
      const waiting = await tx
        .selectFrom('transfer')
        .select((e) => e.fn.countAll<bigint>().as('n'))
        .where('organization_id', '=', organizationId)
        .where('connection_id', '=', connectionId)
        .where('status', '=', 'waiting')
        .executeTakeFirstOrThrow();
      await reopen(tx, ctx, organizationId, connectionId, actor);
      return Number(waiting.n);
    }
    const first = await tx
      .selectFrom('transfer')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('connection_id', '=', connectionId)
      .where('status', '=', 'waiting')
      .orderBy('created_at')
      .limit(1)
      .executeTakeFirst();
    if (!first) return 0;
    await tx
      .updateTable('transfer')
      .set({ settings: json({ ...first.settings, probe: true }), next_at: null })
      .where('organization_id', '=', organizationId)
      .where('id', '=', first.id)
      .execute();
    await ctx.jobs.enqueue(tx, 'transfer', [{ organizationId, id: first.id }]);
    return 1;
  });
}

/** A person says whether the look-alike at the provider is this document. */
export async function answerLikeness(ctx: Context, who: { organizationId: string; actor: string }, transferId: string, number: string, same: boolean): Promise<boolean> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const transfer = await tx.selectFrom('transfer').selectAll().where('organization_id', '=', who.organizationId).where('id', '=', transferId).forUpdate().executeTakeFirst();
    if (transfer?.status !== 'unknown') return false;
    await tx
      .updateTable('transfer')
      .set({ settings: json({ ...transfer.settings, ...(same ? { adopt: number } : { different: number }) }), next_at: null, updated_at: ctx.now() })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', transferId)
      .execute();
    await ctx.jobs.enqueue(tx, 'transfer', [{ organizationId: who.organizationId, id: transferId }]);
    await audit(tx, who.organizationId, who.actor, ctx.now(), [
      { action: same ? 'look-alike adopted' : 'look-alike refused', entity: 'document', entityId: transfer.document_id, data: { number, reference: transfer.reference } },
    ]);
    return true;
  });
}

/** Sends a refused or stuck transfer again after something was mended. The document must be on its way or issued. */
export async function resendTransfer(ctx: Context, who: { organizationId: string; actor: string }, transferId: string): Promise<boolean> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const transfer = await tx.selectFrom('transfer').selectAll().where('organization_id', '=', who.organizationId).where('id', '=', transferId).forUpdate().executeTakeFirst();
    if (!transfer || !['rejected', 'unknown', 'waiting', 'pending'].includes(transfer.status)) return false;
    // What may exist over there is asked for, never sent.
    const status = transfer.status === 'rejected' ? 'waiting' : transfer.status;
    await tx
      .updateTable('transfer')
      .set({ status, next_at: null, updated_at: ctx.now() })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', transferId)
      .execute();
    await ctx.jobs.enqueue(tx, 'transfer', [{ organizationId: who.organizationId, id: transferId }]);
    await audit(tx, who.organizationId, who.actor, ctx.now(), [{ action: 'transfer tried again', entity: 'document', entityId: transfer.document_id, data: { reference: transfer.reference } }]);
    return true;
  });
}

/** Finds whatever a lost job left behind; run every minute on one process. */
export async function sweepTransfers(ctx: Context): Promise<number> {
  const now = ctx.now();
  const { rows } = await sql<{ organization_id: string; id: string }>`
    select t.organization_id, t.id from transfer t join connection c on c.organization_id = t.organization_id and c.id = t.connection_id
    where c.status = 'active' and t.updated_at < ${new Date(now.getTime() - minuteMs).toISOString()}::timestamptz
      and ((t.status in ('waiting','unknown','pending') and (t.next_at <= ${now.toISOString()}::timestamptz or (t.next_at is null and t.status = 'waiting')))
        or (t.status = 'sending' and t.claimed_at < ${new Date(now.getTime() - 2 * minuteMs).toISOString()}::timestamptz))
    order by t.updated_at limit 1000`.execute(ctx.store.db);
  for (const row of rows) {
    await ctx.store.org(row.organization_id, (tx) => ctx.jobs.enqueue(tx, 'transfer', [{ organizationId: row.organization_id, id: row.id }], { onlyOne: true }));
  }
  return rows.length;
}
