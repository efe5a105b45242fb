import { createHash } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import type { CauseRef } from '../../contract/connector.ts';
import type { DocumentContent, IssuedFacts } from '../../domain/documents/document.ts';
import type { Context, JobData } from '../../jobs/index.ts';
import { announce, audit, json, type Tables, type Tx } from '../../store/index.ts';
import { documentPdf, type RenderPdf } from '../stored-pdf.ts';
import { parseAddress } from './address.ts';
import { type Bounce, readBounce } from './bounce.ts';
import { mailCause } from './causes.ts';
import { brokenCause, type DeliverySettings, enqueue, longerStory, type MailStatus, messageFor, readTemplates } from './queue.ts';
import { type MailAccount, readMailAccount } from './settings.ts';
import {
  createSender,
  type MailSender,
  messageIdOf,
  type OutgoingMail,
  type RecipientResult,
  type SendOutcome,
  type SmtpSettings,
} from './smtp.ts';
import { render } from './template.ts';

/**
 * The job that mails one delivery: take a lease, make the PDF and the message, talk to the server, write down what it said.
 * Only the holder of the lease writes; `sending` is written between the server's "go ahead" and the first byte of the message.
 */
export type MailTools = {
  renderPdf: RenderPdf;
  /** The buyer's page of a document, when there is one. */
  downloadUrl?: (organizationId: string, documentId: string) => Promise<string | undefined>;
  sender?: (settings: SmtpSettings) => MailSender;
};

/** Longer than the longest conversation, so that a lease that ran out belongs to a dead process. */
const leaseMs = 5 * 60_000;
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
  account: MailAccount;
  content: DocumentContent;
  issued: IssuedFacts;
  mail: Omit<OutgoingMail, 'attachments'>;
};

export async function deliverMail(ctx: Context, tools: MailTools, data: JobData): Promise<void> {
  const claim = await take(ctx, tools, data);
  if (!claim) return;
  let outcome: SendOutcome;
  try {
    const pdf = await documentPdf(ctx, tools.renderPdf, data.organizationId, claim.delivery.document_id);
    if (!pdf) throw new Error('there is no issued document');
    const attachments = [{ fileName: pdf.name, contentType: 'application/pdf', content: pdf.bytes }];
    const sender = (tools.sender ?? sharedSender)(claim.account.smtp);
    outcome = await sender.send({ ...claim.mail, attachments }, () => goingOut(ctx, claim));
  } catch (error) {
    ctx.log('error', 'a mail could not be prepared', { delivery: data.id, error: String(error) });
    outcome = { outcome: 'later', cause: { code: 'mail_attachment_failed', providerText: String(error).slice(0, 300) }, recipients: [] };
  }
  await record(ctx, claim, outcome);
}

/** Takes the lease of a delivery that is due, and everything its message is made from. Undefined: nothing to do now. */
async function take(ctx: Context, tools: MailTools, { organizationId, id }: JobData): Promise<Claim | undefined> {
  const now = ctx.now();
  const downloadUrl = await linkOf(ctx, tools, organizationId, id);
  return ctx.store.org(organizationId, async (tx) => {
    const delivery = await lock(tx, organizationId, id);
    if (delivery?.way !== 'mail' || delivery.status !== 'queued' || delivery.claimed_at) return undefined;
    if (delivery.next_at && delivery.next_at > now) return undefined;
    const account = await readMailAccount(tx, ctx, organizationId);
    if (!account) return wait(tx, ctx, delivery, { code: 'mail_not_set_up' }, new Date(now.getTime() + accountWaitMs));
    const gate = await tx
      .selectFrom('connection_gate')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('connection_id', '=', account.connectionId)
      .executeTakeFirst();
    if (gate?.open_until && gate.open_until > now)
      return wait(
        tx,
        ctx,
        delivery,
        { code: gate.cause_code ?? 'mail_server_unreachable', params: paramsOf(account, delivery) },
        gate.open_until,
      );
    const document = await tx
      .selectFrom('document')
      .select(['kind', 'number', 'issue_date', 'issued_at', 'content'])
      .where('organization_id', '=', organizationId)
      .where('id', '=', delivery.document_id)
      .executeTakeFirstOrThrow();
    const { content } = document;
    const issued = {
      number: document.number!,
      issueDate: document.issue_date ?? content.issueDate!,
      issuedAt: (document.issued_at ?? now).toISOString(),
    };
    const template = messageFor(await readTemplates(tx, organizationId), content, delivery.settings as DeliverySettings);
    const channelName = content.order && ctx.connectors.get(content.order.channel)?.manifest.name;
    const rendering = render(template, content, issued, { downloadUrl, channelName });
    if (!rendering.ok) return hold(tx, ctx, delivery, brokenCause(rendering.findings));
    const messageId = delivery.message_id ?? messageIdOf(delivery.id, account.smtp.from.address);
    await tx
      .updateTable('delivery')
      .set({
        claimed_at: now,
        attempts: delivery.attempts + 1,
        message_id: messageId,
        connection_id: account.connectionId,
        updated_at: now,
      })
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .execute();
    const { copyOf, header } = delivery.settings as DeliverySettings;
    const { subject, text, html } = rendering.message;
    // The day the delivery was made, not the day of this try: a second try is the same message, byte for byte.
    const mail = {
      messageId,
      to: [copyOf && header ? header : delivery.recipient],
      envelopeTo: copyOf ? delivery.recipient : undefined,
      subject,
      text,
      html,
      language: content.language,
      date: delivery.created_at,
    };
    return { delivery, token: now, account, content, issued, mail };
  });
}

async function linkOf(ctx: Context, tools: MailTools, organizationId: string, id: string): Promise<string | undefined> {
  if (!tools.downloadUrl) return undefined;
  const row = await ctx.store.org(organizationId, (tx) =>
    tx.selectFrom('delivery').select('document_id').where('organization_id', '=', organizationId).where('id', '=', id).executeTakeFirst(),
  );
  return row && tools.downloadUrl(organizationId, row.document_id);
}

function lock(tx: Tx, organizationId: string, id: string): Promise<Delivery | undefined> {
  return tx
    .selectFrom('delivery')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

/** Stays in the queue until `at`. The story tells it once per cause, not once per look. */
async function wait(tx: Tx, ctx: Context, delivery: Delivery, cause: CauseRef, at: Date): Promise<undefined> {
  const told = (delivery.cause as CauseRef | null)?.code === cause.code;
  const story = told ? delivery.story : longerStory(delivery.story, ctx.now(), 'waits', { cause: cause.code });
  await change(tx, ctx, delivery, { status: 'queued', cause, story, nextAt: at });
  await enqueue(tx, ctx, delivery.organization_id, [delivery.id], at);
}

async function hold(tx: Tx, ctx: Context, delivery: Delivery, cause: CauseRef): Promise<undefined> {
  await change(tx, ctx, delivery, { status: 'held', cause, story: longerStory(delivery.story, ctx.now(), 'held', { cause: cause.code }) });
}

type Change = { status: MailStatus; cause?: CauseRef; story: Delivery['story']; nextAt?: Date };

/** Writes a step and lets go of the lease. */
async function change(tx: Tx, ctx: Context, delivery: Delivery, next: Change): Promise<void> {
  await tx
    .updateTable('delivery')
    .set({
      status: next.status,
      cause: json(next.cause ?? null),
      story: json(next.story),
      next_at: next.nextAt ?? null,
      claimed_at: null,
      updated_at: ctx.now(),
    })
    .where('organization_id', '=', delivery.organization_id)
    .where('id', '=', delivery.id)
    .execute();
  await announce(tx, delivery.organization_id, 'deliveries', delivery.id);
}

/** The point of no return: only if this delivery is still ours and still to be sent. */
async function goingOut(ctx: Context, claim: Claim): Promise<boolean> {
  const { organization_id, id } = claim.delivery;
  return ctx.store.org(organization_id, async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('delivery')
      .set({ status: 'sending', updated_at: ctx.now() })
      .where('organization_id', '=', organization_id)
      .where('id', '=', id)
      .where('status', '=', 'queued')
      .where('claimed_at', '=', claim.token)
      .executeTakeFirst();
    return numUpdatedRows === 1n;
  });
}

function paramsOf(account: MailAccount, delivery: Delivery): Record<string, string> {
  const { host, port, user, from } = account.smtp;
  return { host: `${host}:${port}`, user: user ?? '', sender: from.address, recipient: delivery.recipient };
}

/** Writes down what came of it, if the lease is still ours; otherwise another has judged already. */
async function record(ctx: Context, claim: Claim, outcome: SendOutcome): Promise<void> {
  const { organization_id, id } = claim.delivery;
  await ctx.store.org(organization_id, async (tx) => {
    const delivery = await lock(tx, organization_id, id);
    if (!delivery || delivery.claimed_at?.getTime() !== claim.token.getTime()) return;
    if (outcome.outcome === 'unknown') return lostAnswer(tx, ctx, delivery, claim.account, outcome.cause);
    const own = outcome.recipients.find((result) => result.result !== 'accepted');
    if (outcome.outcome === 'handed-over' && !own) return handedOver(tx, ctx, delivery, claim.account, outcome.serverReply);
    const cause = own?.cause ?? ('cause' in outcome ? outcome.cause : { code: 'mail_refused' });
    if (verdict(outcome, own) === 'later') return later(tx, ctx, delivery, claim.account, cause);
    await change(tx, ctx, delivery, {
      status: 'refused',
      cause,
      story: longerStory(delivery.story, ctx.now(), 'refused', { cause: cause.code }),
    });
    await tell(tx, ctx, delivery, 'mail refused', { cause: cause.code });
  });
}

function verdict(outcome: SendOutcome, own: RecipientResult | undefined): 'refused' | 'later' {
  return outcome.outcome === 'later' || own?.result === 'later' ? 'later' : 'refused';
}

async function handedOver(tx: Tx, ctx: Context, delivery: Delivery, account: MailAccount, serverReply: string): Promise<void> {
  const story = longerStory(delivery.story, ctx.now(), 'handed_over', { server: account.smtp.host, reply: serverReply.slice(0, 200) });
  await change(tx, ctx, delivery, { status: 'handed_over', story });
  await closeGate(tx, delivery.organization_id, account.connectionId);
  const copyTo = account.settings.bcc;
  if (copyTo && !(delivery.settings as DeliverySettings).copyOf) await copy(tx, ctx, delivery, copyTo);
  await tell(tx, ctx, delivery, 'mail handed over', { messageId: delivery.message_id ?? '' });
}

/** The seller's copy is a delivery of its own: it can fail without touching the buyer's. */
async function copy(tx: Tx, ctx: Context, delivery: Delivery, copyTo: string): Promise<void> {
  const now = ctx.now();
  const settings: DeliverySettings = { ...(delivery.settings as DeliverySettings), copyOf: delivery.id, header: delivery.recipient };
  const made = await tx
    .insertInto('delivery')
    .values({
      organization_id: delivery.organization_id,
      // Made of the delivery's own id, so that one handing over makes one copy.
      id: sql<string>`md5(${`copy ${delivery.id}`})::uuid`,
      document_id: delivery.document_id,
      way: 'mail',
      key: `copy:${delivery.id}`,
      recipient: copyTo,
      status: 'queued',
      settings: json(settings),
      cause: json(null),
      story: json(longerStory([], now, 'queued', { copyOf: delivery.recipient })),
      message_id: null,
      connection_id: null,
      created_by: delivery.created_by,
      created_at: now,
      updated_at: now,
    })
    .onConflict((conflict) => conflict.columns(['organization_id', 'key']).doNothing())
    .returning('id')
    .execute();
  await enqueue(
    tx,
    ctx,
    delivery.organization_id,
    made.map((row) => row.id),
  );
}

async function later(tx: Tx, ctx: Context, delivery: Delivery, account: MailAccount, cause: CauseRef): Promise<void> {
  const now = ctx.now();
  const ofAccount = mailCause(cause.code).stops === 'connection';
  if (!ofAccount && now.getTime() - delivery.created_at.getTime() > patienceMs) {
    await change(tx, ctx, delivery, {
      status: 'refused',
      cause,
      story: longerStory(delivery.story, now, 'given_up', { cause: cause.code }),
    });
    return tell(tx, ctx, delivery, 'mail refused', { cause: cause.code });
  }
  const at = ofAccount
    ? await openGate(tx, delivery.organization_id, account.connectionId, cause.code, now)
    : new Date(now.getTime() + waitMs(delivery.attempts));
  await change(tx, ctx, delivery, {
    status: 'queued',
    cause,
    nextAt: at,
    story: longerStory(delivery.story, now, 'not_sent', { cause: cause.code }),
  });
  await enqueue(tx, ctx, delivery.organization_id, [delivery.id], at);
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
    .forUpdate()
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

async function closeGate(tx: Tx, organizationId: string, connectionId: string): Promise<void> {
  await tx
    .updateTable('connection_gate')
    .set({ failures: 0, open_until: null, cause_code: null })
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .where('failures', '>', 0)
    .execute();
  await tx
    .updateTable('connection')
    .set({ ever_worked: true })
    .where('organization_id', '=', organizationId)
    .where('id', '=', connectionId)
    .where('ever_worked', '=', false)
    .execute();
}

/** Nobody knows whether it went. By the account's policy it goes once more under the same Message-ID, else a person decides. */
async function lostAnswer(tx: Tx, ctx: Context, delivery: Delivery, account: MailAccount | undefined, cause: CauseRef): Promise<void> {
  const now = ctx.now();
  const again = account?.settings.afterLostAnswer === 'resend' && !delivery.story.some((entry) => entry.what === 'sent_again');
  if (again) {
    const at = new Date(now.getTime() + resendAfterMs);
    await change(tx, ctx, delivery, {
      status: 'queued',
      cause,
      nextAt: at,
      story: longerStory(delivery.story, now, 'sent_again', { cause: cause.code }),
    });
    return enqueue(tx, ctx, delivery.organization_id, [delivery.id], at);
  }
  await change(tx, ctx, delivery, { status: 'unknown', cause, story: longerStory(delivery.story, now, 'unknown', { cause: cause.code }) });
  await tell(tx, ctx, delivery, 'mail unknown', { cause: cause.code });
}

async function tell(tx: Tx, ctx: Context, delivery: Delivery, action: string, data: Record<string, string>): Promise<void> {
  await audit(tx, delivery.organization_id, 'system', ctx.now(), [
    { action, entity: 'document', entityId: delivery.document_id, data: { delivery: delivery.id, recipient: delivery.recipient, ...data } },
  ]);
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
      .limit(sweepLimit)
      .execute(),
  );
  for (const { organization_id, id } of left) await release(ctx, organization_id, id, deadBefore);
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
    const delivery = await lock(tx, organizationId, id);
    if (!delivery?.claimed_at || delivery.claimed_at > deadBefore) return;
    if (delivery.status === 'sending') {
      const cause = { code: 'mail_answer_lost', params: { recipient: delivery.recipient } };
      return lostAnswer(tx, ctx, delivery, await readMailAccount(tx, ctx, organizationId), cause);
    }
    // Nothing was given to the server yet: it simply goes again.
    if (delivery.status !== 'queued') return;
    await change(tx, ctx, delivery, { status: 'queued', story: longerStory(delivery.story, ctx.now(), 'interrupted') });
    await enqueue(tx, ctx, organizationId, [id]);
  });
}

/** Marks deliveries by a bounce that arrived. Returns how many notes it made; a bounce about nothing of ours makes none. */
export async function recordBounce(ctx: Context, raw: Uint8Array | string, organizationId?: string): Promise<number> {
  let marked = 0;
  for (const bounce of await readBounce(raw)) {
    const rows = await ctx.store.system((tx) => {
      const found = tx.selectFrom('delivery').select(['organization_id', 'id']).where('message_id', '=', bounce.originalMessageId);
      return (organizationId ? found.where('organization_id', '=', organizationId) : found).execute();
    });
    for (const row of rows) if (await markBounced(ctx, row.organization_id, row.id, bounce)) marked++;
  }
  return marked;
}

async function markBounced(ctx: Context, organizationId: string, id: string, bounce: Bounce): Promise<boolean> {
  return ctx.store.org(organizationId, async (tx) => {
    const delivery = await lock(tx, organizationId, id);
    if (!delivery || parseAddress(delivery.recipient)?.toLowerCase() !== bounce.recipient.toLowerCase()) return false;
    const failed = bounce.action === 'failed';
    const story = longerStory(delivery.story, ctx.now(), failed ? 'bounced' : bounce.action, {
      status: bounce.status,
      diagnostic: bounce.diagnostic.slice(0, 200),
    });
    // A note of delay or arrival changes nothing but the story; the arrival of an unknown settles it.
    const settled = bounce.action === 'delivered' && delivery.status === 'unknown' ? 'handed_over' : undefined;
    const bounced = failed && (delivery.status === 'handed_over' || delivery.status === 'unknown');
    const already = delivery.story.some((entry) => entry.what === (failed ? 'bounced' : bounce.action));
    if (already && !settled && !bounced) return false;
    await tx
      .updateTable('delivery')
      .set({
        story: json(story),
        updated_at: ctx.now(),
        ...(bounced ? { status: 'bounced', cause: json(bounce.cause) } : settled ? { status: settled, cause: json(null) } : {}),
      })
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .execute();
    await announce(tx, organizationId, 'deliveries', id);
    if (bounced) await tell(tx, ctx, delivery, 'mail bounced', { cause: bounce.cause.code });
    return true;
  });
}
