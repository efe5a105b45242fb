import { createHash } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import { pause } from '../../connections/index.ts';
import type { CauseRef } from '../../contract/connector.ts';
import { cut } from '../../domain/cut.ts';
import { type Context, eachAlone, type JobData } from '../../jobs/index.ts';
import {
  type AuditEntry,
  announce,
  audit,
  byLot,
  json,
  jsonRows,
  newId,
  type StoryEntry,
  type Tables,
  type Tx,
} from '../../store/index.ts';
import {
  type IssuedDocument,
  keepPdfs,
  type MadePdf,
  printIssued,
  type RenderPdf,
  readIssued,
  readLook,
  readStoredPdf,
  type StoredPdf,
} from '../stored-pdf.ts';
import { together } from '../together.ts';
import { parseAddress } from './address.ts';
import { type Bounce, readBounce } from './bounce.ts';
import { mailCause } from './causes.ts';
import { brokenCause, type DeliverySettings, enqueue, longerStory, type MailStatus, messageFor, readTemplates } from './queue.ts';
import { type MailAccount, readMailAccount } from './settings.ts';
import { createSender, type MailSender, messageIdOf, type SendOutcome, type SmtpSettings } from './smtp.ts';
import { type MessageTemplate, render } from './template.ts';

/**
 * The job that mails one delivery: take a lease, make the PDF and the message, talk to the server, write down what it said.
 * Only the holder of the lease writes; `sending` is written between the server's "go ahead" and the first byte of the message.
 * Mails under way at the same time share their transactions (`together`), step by step; each keeps its own verdict.
 */
export type MailTools = {
  renderPdf: RenderPdf;
  /** The buyer's page of a document, when there is one. */
  downloadUrl?: (organizationId: string, documentId: string) => Promise<string | undefined>;
  sender?: (settings: SmtpSettings) => MailSender;
};

/** Jobs taken at once: a few times what converses, so that what is read before and written after is shared by many. */
export const mailsAtOnce = { concurrency: 64, lanes: 4 };

/** Longer than the longest conversation, so that a lease that ran out belongs to a dead process. */
const leaseMs = 5 * 60_000;
/** Whoever waited so long for its turn goes back to the queue: the lease must last until the server is ready for the message. */
const turnMs = leaseMs / 2;
/** An answer of the server is worth this many tries to write it down, with growing pauses of a minute in all: lost, the mail is unknown. */
const recordTries = 9;
const accountWaitMs = 60 * 60_000;
const firstWaitMs = 30_000;
const longestWaitMs = 30 * 60_000;
/** A passing refusal of one recipient (greylisting, full mailbox) that lasts so long is final. */
const patienceMs = 3 * 24 * 60 * 60_000;
const resendAfterMs = 5 * 60_000;

/** Senders of this process by account, so that one connection carries many mails. A changed password is another account. */
const senders = new Map<string, MailSender>();
const senderLimit = 500;

function sharedSender(settings: SmtpSettings): MailSender {
  const password = createHash('sha256')
    .update(settings.password?.reveal() ?? '')
    .digest('hex');
  const key = JSON.stringify([settings, password]);
  const sender = senders.get(key) ?? createSender(settings);
  senders.delete(key);
  senders.set(key, sender);
  if (senders.size > senderLimit) senders.delete(senders.keys().next().value!);
  return sender;
}

type Delivery = Selectable<Tables['delivery']>;
type Claim = {
  delivery: Delivery;
  token: Date;
  /** Which try of the delivery this is: no two claims share it, as they may share a millisecond. */
  attempt: number;
  /** The token from the point of no return on; whether that was reached may be unknown here for a while. */
  begunAt?: Date;
  account: MailAccount;
  document: IssuedDocument;
  template: MessageTemplate;
  print: StoredPdf | Awaited<ReturnType<typeof readLook>>;
};
type Verdict = { claim: Claim; outcome: SendOutcome | { outcome: 'held'; cause: CauseRef } | { outcome: 'let-go' } };

/** The shared transactions of one process. */
type Desk = {
  take(organizationId: string, id: string): Promise<Claim | undefined>;
  keep(organizationId: string, made: MadePdf): Promise<StoredPdf>;
  goingOut(organizationId: string, claim: Claim): Promise<boolean>;
  record(organizationId: string, verdict: Verdict): Promise<void>;
};
const desks = new WeakMap<Context, Desk>();

function deskOf(ctx: Context): Desk {
  const known = desks.get(ctx);
  if (known) return known;
  const { org } = ctx.store;
  const desk: Desk = {
    take: together(org, (tx, organizationId, ids: string[]) => take(tx, ctx, organizationId, ids)),
    keep: together(org, (tx, organizationId, made: MadePdf[]) => keepPdfs(tx, organizationId, ctx.now(), made), 20),
    goingOut: together(org, (tx, organizationId, claims: Claim[]) => goingOut(tx, ctx, organizationId, claims)),
    record: together(org, (tx, organizationId, verdicts: Verdict[]) => record(tx, ctx, organizationId, verdicts)),
  };
  desks.set(ctx, desk);
  return desk;
}

/** Once `signal` says that the job is to end, the verdict is tried once more and no pause is waited out. */
export async function deliverMail(ctx: Context, tools: MailTools, { organizationId, id }: JobData, signal?: AbortSignal): Promise<void> {
  const desk = deskOf(ctx);
  const claim = await desk.take(organizationId, id);
  if (!claim) return;
  const outcome = await attempt(ctx, tools, desk, claim);
  for (let tries = 1; ; tries++) {
    try {
      return await desk.record(organizationId, { claim, outcome });
    } catch (error) {
      if (tries === recordTries || signal?.aborted) throw error;
      await pause(ctx, new Date(ctx.now().getTime() + 250 * 2 ** (tries - 1)), signal);
    }
  }
}

async function attempt(ctx: Context, tools: MailTools, desk: Desk, claim: Claim): Promise<Verdict['outcome']> {
  const { delivery, document, account } = claim;
  const organizationId = delivery.organization_id;
  try {
    const pdf =
      'fileId' in claim.print ? claim.print : await desk.keep(organizationId, await printIssued(tools.renderPdf, document, claim.print));
    const downloadUrl = await tools.downloadUrl?.(organizationId, document.id);
    const channelName = document.content.order && ctx.connectors.get(document.content.order.channel)?.manifest.name;
    const rendering = render(claim.template, document.content, document.issued, { downloadUrl, channelName });
    if (!rendering.ok) return { outcome: 'held', cause: brokenCause(rendering.findings) };
    const { subject, text, html } = rendering.message;
    const { copyOf, header } = delivery.settings as DeliverySettings;
    const mail = {
      messageId: messageIdFor(delivery, account),
      to: [copyOf && header ? header : delivery.recipient],
      envelopeTo: copyOf ? delivery.recipient : undefined,
      subject,
      text,
      html,
      language: document.content.language,
      // The day the delivery was made, not the day of this try: a second try is the same message, byte for byte.
      date: delivery.created_at,
      attachments: [{ fileName: pdf.name, contentType: 'application/pdf', content: pdf.bytes }],
    };
    let waitedTooLong = false;
    const outcome = await (tools.sender ?? sharedSender)(account.smtp).send(
      mail,
      () => {
        claim.begunAt = ctx.now();
        // Asked again it says the same, so a lost answer costs no try.
        return desk.goingOut(organizationId, claim).catch(() => desk.goingOut(organizationId, claim));
      },
      () => {
        waitedTooLong = ctx.now().getTime() - claim.token.getTime() > turnMs;
        return !waitedTooLong;
      },
    );
    return waitedTooLong ? { outcome: 'let-go' } : outcome;
  } catch (error) {
    // No server said anything: our own words are for the log, not for the place of a provider's.
    ctx.log('error', 'a mail could not be prepared', { delivery: delivery.id, error: String(error) });
    return { outcome: 'later', cause: { code: 'mail_attachment_failed' }, recipients: [] };
  }
}

function messageIdFor(delivery: Delivery, account: MailAccount): string {
  return delivery.message_id ?? messageIdOf(delivery.id, account.smtp.from.address);
}

/** Takes the leases of deliveries that are due, with everything their messages are made from. Undefined: nothing to do now. */
async function take(tx: Tx, ctx: Context, organizationId: string, ids: string[]): Promise<(Claim | undefined)[]> {
  const now = ctx.now();
  const locked = await lock(tx, organizationId, ids);
  const due = locked.filter(
    (row) => row.way === 'mail' && row.status === 'queued' && !row.claimed_at && !(row.next_at && row.next_at > now),
  );
  if (due.length === 0) return ids.map(() => undefined);
  const account = await readMailAccount(tx, ctx, organizationId);
  const obstacle = account
    ? await closedGate(tx, organizationId, account, now)
    : { code: 'mail_not_set_up', until: new Date(now.getTime() + accountWaitMs) };
  if (!account || obstacle) {
    await apply(
      tx,
      ctx,
      organizationId,
      due.map((row) => wait(row, now, { code: obstacle!.code, params: account && paramsOf(account, row) }, obstacle!.until)),
    );
    return ids.map(() => undefined);
  }
  const documents = new Map(
    (await readIssued(tx, organizationId, [...new Set(due.map((row) => row.document_id))])).map((document) => [document.id, document]),
  );
  const templates = await readTemplates(tx, organizationId);
  const look = [...documents.values()].some((document) => !document.pdfFileId) ? await readLook(tx, organizationId) : undefined;
  const claims = new Map<string, Claim>();
  for (const delivery of due) {
    const document = documents.get(delivery.document_id);
    if (!document) throw new Error(`delivery ${delivery.id} is of a document that is not issued`);
    const template = messageFor(templates, document.content, delivery.settings as DeliverySettings);
    const print = (await readStoredPdf(tx, organizationId, document)) ?? look!;
    claims.set(delivery.id, { delivery, token: now, attempt: delivery.attempts + 1, account, document, template, print });
  }
  await apply(
    tx,
    ctx,
    organizationId,
    [...claims.values()].map(({ delivery }) => leased(delivery, now, account)),
  );
  // The same delivery asked for twice at once is one claim.
  return ids.map((id, i) => (ids.indexOf(id) === i ? claims.get(id) : undefined));
}

function lock(tx: Tx, organizationId: string, ids: string[]): Promise<Delivery[]> {
  return tx
    .selectFrom('delivery')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', 'in', ids)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
}

async function closedGate(
  tx: Tx,
  organizationId: string,
  account: MailAccount,
  now: Date,
): Promise<{ code: string; until: Date } | undefined> {
  const gate = await readGate(tx, organizationId, account.connectionId);
  return gate?.open_until && gate.open_until > now
    ? { code: gate.cause_code ?? 'mail_server_unreachable', until: gate.open_until }
    : undefined;
}

function readGate(tx: Tx, organizationId: string, connectionId: string) {
  return tx
    .selectFrom('connection_gate')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .executeTakeFirst();
}

/** A delivery as it is to be written, and what follows from it. */
type Step = {
  row: Pick<Delivery, 'id' | 'status' | 'next_at' | 'claimed_at' | 'attempts' | 'message_id' | 'connection_id'> & {
    cause: unknown;
    story: StoryEntry[];
  };
  /** A job at this time. */
  workAt?: Date;
  tell?: AuditEntry;
};

/** A step of the life of a delivery: it lets go of the lease. */
function step(
  delivery: Delivery,
  at: Date,
  change: { status: MailStatus; what?: string; cause?: CauseRef; params?: Record<string, string>; workAt?: Date; tell?: string },
): Step {
  const { id, attempts, message_id, connection_id } = delivery;
  const params = change.params ?? (change.cause && { cause: change.cause.code });
  const story = change.what ? longerStory(delivery.story, at, change.what, params) : delivery.story;
  const row = {
    id,
    status: change.status,
    next_at: change.workAt ?? null,
    claimed_at: null,
    attempts,
    message_id,
    connection_id,
    cause: change.cause ?? null,
    story,
  };
  const data = {
    delivery: id,
    recipient: delivery.recipient,
    ...(message_id ? { messageId: message_id } : {}),
    ...(change.cause ? { cause: change.cause.code } : {}),
  };
  return {
    row,
    workAt: change.workAt,
    tell: change.tell ? { action: change.tell, entity: 'document', entityId: delivery.document_id, data } : undefined,
  };
}

function leased(delivery: Delivery, now: Date, account: MailAccount): Step {
  const { id, status, cause, story } = delivery;
  const message_id = messageIdFor(delivery, account);
  return {
    row: {
      id,
      status,
      next_at: null,
      claimed_at: now,
      attempts: delivery.attempts + 1,
      message_id,
      connection_id: account.connectionId,
      cause,
      story,
    },
  };
}

/** Stays in the queue until `at`. The story tells it once per cause, not once per look. */
function wait(delivery: Delivery, now: Date, cause: CauseRef, at: Date): Step {
  const told = (delivery.cause as CauseRef | null)?.code === cause.code;
  return step(delivery, now, { status: 'queued', what: told ? undefined : 'waits', cause, workAt: at });
}

/** Writes all steps with one statement each kind. The audit comes last: it locks the head of the chain. */
async function apply(tx: Tx, ctx: Context, organizationId: string, steps: Step[]): Promise<void> {
  if (steps.length === 0) return;
  await sql`update delivery d set status = r.status, next_at = r.next_at, claimed_at = r.claimed_at, attempts = r.attempts, message_id = r.message_id,
      connection_id = r.connection_id, cause = r.cause, story = r.story, updated_at = ${ctx.now().toISOString()}::timestamptz
    from json_to_recordset(${jsonRows(steps.map(({ row }) => row))}) as r(id uuid, status text, next_at timestamptz, claimed_at timestamptz, attempts int, message_id text,
      connection_id uuid, cause jsonb, story jsonb)
    where d.organization_id = ${organizationId} and d.id = r.id`.execute(tx);
  const times = new Map<number, string[]>();
  for (const { row, workAt } of steps) if (workAt) times.set(workAt.getTime(), [...(times.get(workAt.getTime()) ?? []), row.id]);
  for (const [time, ids] of times) await enqueue(tx, ctx, organizationId, ids, new Date(time));
  await announce(tx, organizationId, 'deliveries', steps.length === 1 ? steps[0]!.row.id : undefined);
  await audit(
    tx,
    organizationId,
    'system',
    ctx.now(),
    steps.flatMap(({ tell }) => tell ?? []),
  );
}

/**
 * The point of no return: only deliveries that are still ours and still to be sent. The lease begins anew, for it may have waited for its
 * turn. Asked again after an answer that was lost, it says the same.
 */
async function goingOut(tx: Tx, ctx: Context, organizationId: string, claims: Claim[]): Promise<boolean[]> {
  const asked = claims.map(({ delivery, attempt, token, begunAt }) => ({ id: delivery.id, attempt, token, begun: begunAt }));
  const { rows } = await sql<{ id: string; attempts: number }>`
    with ours as (select d.id, r.begun from delivery d, json_to_recordset(${jsonRows(asked)}) as r(id uuid, attempt int, token timestamptz, begun timestamptz)
      where d.organization_id = ${organizationId} and d.id = any(${asked.map(({ id }) => id)}::uuid[]) and d.id = r.id and d.attempts = r.attempt
        and (d.status = 'queued' and d.claimed_at = r.token or d.status = 'sending' and d.claimed_at = r.begun) order by d.id for no key update of d)
    update delivery d set status = 'sending', claimed_at = ours.begun, updated_at = ${ctx.now().toISOString()}::timestamptz
    from ours where d.organization_id = ${organizationId} and d.id = ours.id returning d.id, d.attempts`.execute(tx);
  // Two claims of one mail may ask at once: only the one that holds it hears yes.
  const ours = new Map(rows.map((row) => [row.id, row.attempts]));
  return claims.map(({ delivery, attempt }) => ours.get(delivery.id) === attempt);
}

function paramsOf(account: MailAccount, delivery: Delivery): Record<string, string> {
  const { host, port, user, from } = account.smtp;
  return { host: `${host}:${port}`, user: user ?? '', sender: from.address, recipient: delivery.recipient };
}

/** The gate comes before its deliveries (ADR 3), and is taken only where it opens or closes: all mails of an account would meet there. */
async function lockGateIfNeeded(tx: Tx, organizationId: string, verdicts: Verdict[]): Promise<boolean> {
  const connectionId = verdicts[0]?.claim.account.connectionId;
  if (!connectionId) return false;
  const gate = () =>
    tx
      .selectFrom('connection_gate')
      .select('failures')
      .where('organization_id', '=', organizationId)
      .where('connection_id', '=', connectionId);
  const isFault = verdicts.map(({ outcome }) => judge(outcome)).some((judged) => judged.is === 'later' && ofAccount(judged.cause));
  if (!isFault && ((await gate().executeTakeFirst())?.failures ?? 0) === 0) return false;
  await gate().forNoKeyUpdate().execute();
  return true;
}

/**
 * Writes down what came of them, where the lease is still ours; otherwise another has judged already. One judgement gives way: that nobody
 * knows whether it went, when the server's yes to that very try comes after all.
 */
async function record(tx: Tx, ctx: Context, organizationId: string, verdicts: Verdict[]): Promise<undefined[]> {
  const now = ctx.now();
  const gateMatters = await lockGateIfNeeded(tx, organizationId, verdicts);
  const rows = new Map(
    (
      await lock(
        tx,
        organizationId,
        verdicts.map(({ claim }) => claim.delivery.id),
      )
    ).map((row) => [row.id, row]),
  );
  const live = verdicts.flatMap(({ claim, outcome }) => {
    const delivery = rows.get(claim.delivery.id);
    const held = delivery?.claimed_at?.getTime();
    const isOurs = held !== undefined && (held === claim.token.getTime() || held === claim.begunAt?.getTime());
    const judged = judge(outcome);
    const isNews =
      delivery?.claimed_at === null &&
      (delivery.status === 'unknown' || delivery.status === 'queued') &&
      (delivery.cause as CauseRef | null)?.code === 'mail_answer_lost' &&
      judged.is === 'handed_over';
    return delivery?.attempts === claim.attempt && (isOurs || isNews) ? [{ delivery, account: claim.account, judged }] : [];
  });
  const account = live[0]?.account;
  if (!account) return verdicts.map(() => undefined);
  const handedOver = live.filter(({ judged }) => judged.is === 'handed_over');
  if (handedOver.length > 0) await worked(tx, organizationId, account.connectionId, gateMatters);
  const fault = live.find(({ judged }) => judged.is === 'later' && ofAccount(judged.cause));
  const until =
    fault && fault.judged.is === 'later'
      ? await openGate(tx, organizationId, account.connectionId, fault.judged.cause.code, now)
      : undefined;
  const copyTo = account.settings.bcc;
  if (copyTo)
    await copy(
      tx,
      ctx,
      handedOver.map(({ delivery }) => delivery).filter((delivery) => !(delivery.settings as DeliverySettings).copyOf),
      copyTo,
    );
  await apply(
    tx,
    ctx,
    organizationId,
    live.map(({ delivery, judged }) => verdictStep(delivery, now, account, judged, until)),
  );
  return verdicts.map(() => undefined);
}

type Judged = { is: 'handed_over'; reply: string } | { is: 'let_go' } | { is: 'refused' | 'later' | 'unknown' | 'held'; cause: CauseRef };

/** A delivery has one recipient: what the server said of it decides, else what it said of the whole. */
function judge(outcome: Verdict['outcome']): Judged {
  if (outcome.outcome === 'let-go') return { is: 'let_go' };
  if (outcome.outcome === 'unknown' || outcome.outcome === 'held') return { is: outcome.outcome, cause: outcome.cause };
  const own = outcome.recipients.find((result) => result.result !== 'accepted');
  if (outcome.outcome === 'handed-over' && !own) return { is: 'handed_over', reply: outcome.serverReply };
  const cause = own?.cause ?? ('cause' in outcome ? outcome.cause : { code: 'mail_refused' });
  return { is: outcome.outcome === 'later' || own?.result === 'later' ? 'later' : 'refused', cause };
}

function ofAccount(cause: CauseRef): boolean {
  return mailCause(cause.code).stops === 'connection';
}

function verdictStep(delivery: Delivery, now: Date, account: MailAccount, judged: Judged, gateUntil: Date | undefined): Step {
  if (judged.is === 'handed_over') {
    const params = { server: account.smtp.host, reply: cut(judged.reply, 200) };
    return step(delivery, now, { status: 'handed_over', what: 'handed_over', params, tell: 'mail handed over' });
  }
  // Nothing of it was tried: it is as if it had not been taken.
  if (judged.is === 'let_go') return step({ ...delivery, attempts: delivery.attempts - 1 }, now, { status: 'queued', workAt: now });
  const { is, cause } = judged;
  if (is === 'unknown') return lostAnswer(delivery, now, account, cause);
  if (is === 'held') return step(delivery, now, { status: 'held', what: 'held', cause });
  if (is === 'refused') return step(delivery, now, { status: 'refused', what: 'refused', cause, tell: 'mail refused' });
  if (ofAccount(cause)) return step(delivery, now, { status: 'queued', what: 'not_sent', cause, workAt: gateUntil });
  if (now.getTime() - delivery.created_at.getTime() > patienceMs)
    return step(delivery, now, { status: 'refused', what: 'given_up', cause, tell: 'mail refused' });
  return step(delivery, now, { status: 'queued', what: 'not_sent', cause, workAt: new Date(now.getTime() + waitMs(delivery.attempts)) });
}

/** Nobody knows whether it went. By the account's policy it goes once more under the same Message-ID, else a person decides. */
function lostAnswer(delivery: Delivery, now: Date, account: MailAccount | undefined, cause: CauseRef): Step {
  const again = account?.settings.afterLostAnswer === 'resend' && !delivery.story.some((entry) => entry.what === 'sent_again');
  if (again) return step(delivery, now, { status: 'queued', what: 'sent_again', cause, workAt: new Date(now.getTime() + resendAfterMs) });
  return step(delivery, now, { status: 'unknown', what: 'unknown', cause, tell: 'mail unknown' });
}

/** The seller's copy is a delivery of its own: it can fail without touching the buyer's. */
async function copy(tx: Tx, ctx: Context, deliveries: Delivery[], copyTo: string): Promise<void> {
  if (deliveries.length === 0) return;
  const now = ctx.now();
  const organizationId = deliveries[0]!.organization_id;
  const rows = deliveries.map((delivery) => ({
    organization_id: organizationId,
    id: newId(now),
    document_id: delivery.document_id,
    way: 'mail' as const,
    // One handing over makes one copy.
    key: `copy:${delivery.id}`,
    recipient: copyTo,
    status: 'queued',
    settings: json({
      ...(delivery.settings as DeliverySettings),
      copyOf: delivery.id,
      header: delivery.recipient,
    } satisfies DeliverySettings),
    cause: json(null),
    story: json(longerStory([], now, 'queued', { copyOf: delivery.recipient })),
    message_id: null,
    connection_id: null,
    created_by: delivery.created_by,
    created_at: now,
    updated_at: now,
  }));
  const made = await tx
    .insertInto('delivery')
    .values(rows)
    .onConflict((conflict) => conflict.columns(['organization_id', 'key']).doNothing())
    .returning('id')
    .execute();
  await enqueue(
    tx,
    ctx,
    organizationId,
    made.map((row) => row.id),
  );
}

function waitMs(failures: number): number {
  return Math.min(firstWaitMs * 2 ** Math.min(Math.max(failures - 1, 0), 10), longestWaitMs);
}

/** A fault of the account stops every mail for a while: a server that is down is asked by one mail, not by thousands. */
async function openGate(tx: Tx, organizationId: string, connectionId: string, causeCode: string, now: Date): Promise<Date> {
  const gate = await tx
    .selectFrom('connection_gate')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  // Others that were under way met the same fault: one outage counts once.
  if (gate?.open_until && gate.open_until > now) return gate.open_until;
  const failures = (gate?.failures ?? 0) + 1;
  const until = new Date(now.getTime() + waitMs(failures));
  await tx
    .updateTable('connection_gate')
    .set({ failures, open_until: until, cause_code: causeCode })
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .execute();
  return until;
}

async function worked(tx: Tx, organizationId: string, connectionId: string, gateMatters: boolean): Promise<void> {
  if (gateMatters)
    await sql`update connection_gate set failures = 0, open_until = null, cause_code = null
      where organization_id = ${organizationId} and connection_id = ${connectionId} and failures > 0`.execute(tx);
  await sql`update connection set ever_worked = true where organization_id = ${organizationId} and id = ${connectionId} and not ever_worked`.execute(
    tx,
  );
}

const sweepLimit = 1000;

/**
 * Finds what a dead process left behind: leases that ran out, and queued mails whose job is gone. `restarted` says that no other
 * process can be at work (the embedded database at the start), so every lease is a dead one and a job that was taken is lost.
 */
export async function sweepMails(ctx: Context, options: { restarted?: boolean } = {}): Promise<void> {
  const now = ctx.now();
  const deadBefore = options.restarted ? now : new Date(now.getTime() - leaseMs);
  const left = await ctx.store.system((tx) =>
    tx
      .selectFrom('delivery')
      .select(['organization_id', 'id'])
      .where('way', '=', 'mail')
      .where('status', 'in', ['queued', 'sending'])
      .where('claimed_at', '<=', deadBefore)
      .orderBy(byLot(now, 'id'))
      .limit(sweepLimit)
      .execute(),
  );
  await eachAlone(
    ctx,
    'a mail that was left behind could not be released',
    left,
    ({ organization_id, id }) => release(ctx, organization_id, id, deadBefore),
    ({ id }) => ({ delivery: id }),
  );
  const idle = await ctx.store.system((tx) =>
    tx
      .selectFrom('delivery')
      .select(['organization_id', 'id'])
      .where('way', '=', 'mail')
      .where('status', '=', 'queued')
      .where('claimed_at', 'is', null)
      .where('updated_at', '<=', deadBefore)
      .where((e) => e.or([e('next_at', 'is', null), e('next_at', '<=', now)]))
      .orderBy('created_at')
      .limit(sweepLimit)
      .execute(),
  );
  for (const { organization_id, id } of idle) {
    await ctx.store.org(organization_id, async (tx) => {
      await tx
        .updateTable('delivery')
        .set({ updated_at: now })
        .where('organization_id', '=', organization_id)
        .where('id', '=', id)
        .execute();
      await enqueue(tx, ctx, organization_id, [id]);
    });
  }
}

async function release(ctx: Context, organizationId: string, id: string, deadBefore: Date): Promise<void> {
  await ctx.store.org(organizationId, async (tx) => {
    const [delivery] = await lock(tx, organizationId, [id]);
    if (!delivery?.claimed_at || delivery.claimed_at > deadBefore) return;
    const now = ctx.now();
    if (delivery.status === 'sending') {
      const cause = { code: 'mail_answer_lost', params: { recipient: delivery.recipient } };
      await apply(tx, ctx, organizationId, [lostAnswer(delivery, now, await readMailAccount(tx, ctx, organizationId), cause)]);
    } else if (delivery.status === 'queued') {
      // Nothing was given to the server yet: it simply goes again.
      await apply(tx, ctx, organizationId, [step(delivery, now, { status: 'queued', what: 'interrupted', workAt: now })]);
    }
  });
}

/** Marks an organization's deliveries by a message that came back. Returns how many notes it made; one about nothing of theirs makes none. */
export async function recordBounce(ctx: Context, raw: Uint8Array | string, organizationId: string): Promise<number> {
  let marked = 0;
  for (const bounce of await readBounce(raw)) {
    const rows = await ctx.store.org(organizationId, (tx) =>
      tx
        .selectFrom('delivery')
        .select('id')
        .where('organization_id', '=', organizationId)
        .where('message_id', '=', bounce.originalMessageId)
        .execute(),
    );
    for (const row of rows) if (await markBounced(ctx, organizationId, row.id, bounce)) marked++;
  }
  return marked;
}

async function markBounced(ctx: Context, organizationId: string, id: string, bounce: Bounce): Promise<boolean> {
  return ctx.store.org(organizationId, async (tx) => {
    const [delivery] = await lock(tx, organizationId, [id]);
    if (!delivery || parseAddress(delivery.recipient)?.toLowerCase() !== bounce.recipient.toLowerCase()) return false;
    const now = ctx.now();
    const what = bounce.action === 'failed' ? 'bounced' : bounce.action;
    const params = { status: bounce.status, diagnostic: cut(bounce.diagnostic, 200) };
    const bounced = what === 'bounced' && (delivery.status === 'handed_over' || delivery.status === 'unknown');
    const settled = what === 'delivered' && delivery.status === 'unknown';
    if (bounced)
      await apply(tx, ctx, organizationId, [
        step(delivery, now, { status: 'bounced', what, params, cause: bounce.cause, tell: 'mail bounced' }),
      ]);
    else if (settled)
      await apply(tx, ctx, organizationId, [step(delivery, now, { status: 'handed_over', what, params, tell: 'mail handed over' })]);
    else if (delivery.story.some((entry) => entry.what === what)) return false;
    else {
      // A note of delay or arrival changes nothing but the story.
      const story = json(longerStory(delivery.story, now, what, params));
      await tx
        .updateTable('delivery')
        .set({ story, updated_at: now })
        .where('organization_id', '=', organizationId)
        .where('id', '=', id)
        .execute();
      await announce(tx, organizationId, 'deliveries', id);
    }
    return true;
  });
}
