import { sql } from 'kysely';
import type { CauseRef } from '../../contract/connector.ts';
import { cut } from '../../domain/cut.ts';
import type { DocumentKind, Language } from '../../domain/documents/document.ts';
import { type Finding, hold } from '../../domain/finding.ts';
import type { Context } from '../../jobs/index.ts';
import { announce, audit, json, newId, type StoryEntry, type Tables, type Tx } from '../../store/index.ts';
import { emailKind, maskedDomains, parseAddress } from './address.ts';
import { defaultTemplate } from './default-templates.ts';
import { check, type MessageTemplate } from './template.ts';

/**
 * A mail delivery and its life. One row is one document to one address, and its key makes it one effect:
 *
 *   held ──────> queued ──> sending ──> handed_over ──> bounced
 *   (a person)     │  ^        ├──────> refused
 *                  │  └ later ─┤
 *                  v           └──────> unknown ──> handed_over | queued   (a person, or the account's policy)
 *              cancelled
 *
 * `held` waits for a person: masked or missing address, broken message. `sending` is written when the server is ready for the
 * message and nothing was given yet; a process that dies after that leaves an `unknown`, never a second mail.
 */
export type MailStatus = 'queued' | 'sending' | 'handed_over' | 'refused' | 'bounced' | 'unknown' | 'held' | 'cancelled';

type Who = { organizationId: string; actor: string };
export type MailWish = {
  documentId: string;
  /** The buyer's address when absent. */
  to?: string[];
  templateId?: string;
  /** For this delivery alone. */
  subject?: string;
  body?: string;
  /** Mail a marketplace's stand-in address with eyes open (contract allegro §10.4). */
  evenMasked?: boolean;
  /** Mail an address again that has this document already. */
  again?: boolean;
};
/** Delivery ids that go out, and what does not with its reasons. A held delivery is there to be seen and released. */
type QueuedMails = { queued: string[]; refused: { id: string; findings: Finding[] }[] };

/** Kept in the delivery's settings. */
export type DeliverySettings = Pick<MailWish, 'templateId' | 'subject' | 'body' | 'evenMasked'> & { copyOf?: string; header?: string };

const storyLimit = 60;
const batchSize = 500;

/** The story with one more step; a long one keeps its beginning and its end. */
export function longerStory(story: StoryEntry[], at: Date, what: string, params?: Record<string, string>): StoryEntry[] {
  const longer = [...story, { at: at.toISOString(), what, ...(params ? { params } : {}) }];
  return longer.length <= storyLimit ? longer : [...longer.slice(0, 10), ...longer.slice(10 - storyLimit)];
}

type DocumentFacts = {
  id: string;
  kind: DocumentKind;
  number: string | null;
  language: Language;
  message: { templateId?: string; subject?: string; body?: string };
  email: string | null;
  order_email: string | null;
  order_email_kind: string | null;
};
type TemplateRow = Pick<Tables['mail_template'], 'id' | 'kind' | 'language' | 'subject' | 'body'> & { is_default: boolean };

/** Queues mails inside the caller's transaction: they go out if and only if it commits. */
export async function queueMails(tx: Tx, ctx: Pick<Context, 'jobs' | 'now'>, who: Who, wishes: MailWish[]): Promise<QueuedMails> {
  const result: QueuedMails = { queued: [], refused: [] };
  const templates = await readTemplates(tx, who.organizationId);
  const masked = await maskedOf(tx, who.organizationId);
  for (let i = 0; i < wishes.length; i += batchSize) {
    const batch = wishes.slice(i, i + batchSize);
    const documents = await factsOf(tx, who.organizationId, [...new Set(batch.map((wish) => wish.documentId))]);
    const known = await sentBefore(tx, who.organizationId, [...documents.keys()]);
    const rows = batch.flatMap((wish) => plan(wish, documents.get(wish.documentId), known, templates, masked, result));
    await insert(tx, ctx, who, rows, result);
  }
  if (result.queued.length + result.refused.length > 0) await announce(tx, who.organizationId, 'deliveries');
  return result;
}

export async function readTemplates(tx: Tx, organizationId: string): Promise<TemplateRow[]> {
  return tx
    .selectFrom('mail_template')
    .select(['id', 'kind', 'language', 'subject', 'body', 'is_default'])
    .where('organization_id', '=', organizationId)
    .execute();
}

/** The message for a document: what was written for it, else the chosen template, else the default of kind and language. */
export function messageFor(
  templates: TemplateRow[],
  document: Pick<DocumentFacts, 'kind' | 'language' | 'message'>,
  wish: Pick<MailWish, 'templateId' | 'subject' | 'body'>,
): MessageTemplate {
  const defaults = templates.filter((t) => t.is_default && t.language === document.language);
  const chosen =
    templates.find((t) => t.id === (wish.templateId ?? document.message.templateId)) ??
    defaults.find((t) => t.kind === document.kind) ??
    defaults.find((t) => t.kind === null) ??
    defaultTemplate(document.kind, document.language);
  return {
    subject: wish.subject?.trim() || document.message.subject?.trim() || chosen.subject,
    body: wish.body?.trim() || document.message.body?.trim() || chosen.body,
  };
}

async function maskedOf(tx: Tx, organizationId: string): Promise<string[]> {
  const { policies } = await tx.selectFrom('organization').select('policies').where('id', '=', organizationId).executeTakeFirstOrThrow();
  const own = policies.maskedDomains;
  return Array.isArray(own) ? [...maskedDomains, ...own.filter((entry) => typeof entry === 'string')] : maskedDomains;
}

/** Read under a share: what is being archived is waited for, and then has no number to mail. */
async function factsOf(tx: Tx, organizationId: string, ids: string[]): Promise<Map<string, DocumentFacts>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<DocumentFacts & { message: DocumentFacts['message'] | null }>`
    select d.id, d.kind, case when d.state = 'issued' then d.number end as number, d.content->>'language' as language, d.content->'message' as message,
      d.content->'buyer'->>'email' as email, o.content->'buyer'->>'email' as order_email, o.content->'buyer'->>'emailKind' as order_email_kind
    from document d left join sales_order o on o.organization_id = d.organization_id and o.id = d.order_id
    where d.organization_id = ${organizationId} and d.id = any(${ids}::uuid[]) order by d.id for key share of d`.execute(tx);
  return new Map(rows.map((row) => [row.id, { ...row, message: row.message ?? {} }]));
}

/** `held` are deliveries that wait for a person: a wish that nothing hinders takes their place. */
type Sent = { count: number; live: boolean; held: string[] };
const liveStatuses = new Set<string>(['queued', 'sending', 'handed_over', 'unknown'] satisfies MailStatus[]);

async function sentBefore(tx: Tx, organizationId: string, documentIds: string[]): Promise<Map<string, Sent>> {
  const known = new Map<string, Sent>();
  if (documentIds.length === 0) return known;
  const rows = await tx
    .selectFrom('delivery')
    .select(['id', 'document_id', 'recipient', 'status'])
    .where('organization_id', '=', organizationId)
    .where('document_id', 'in', documentIds)
    .where('way', '=', 'mail')
    .where('key', 'like', 'mail:%')
    .execute();
  for (const row of rows)
    remember(known, row.document_id, row.recipient, liveStatuses.has(row.status), row.status === 'held' ? [row.id] : []);
  return known;
}

function remember(known: Map<string, Sent>, documentId: string, recipient: string, live: boolean, held: string[] = []): Sent {
  const key = `${documentId} ${recipient.toLowerCase()}`;
  const before = known.get(key);
  const sent = { count: (before?.count ?? 0) + 1, live: live || (before?.live ?? false), held: [...(before?.held ?? []), ...held] };
  known.set(key, sent);
  return sent;
}

type Planned = {
  documentId: string;
  key: string;
  recipient: string;
  status: 'queued' | 'held';
  cause?: CauseRef;
  settings: DeliverySettings;
  findings: Finding[] /** Held deliveries whose place this one takes. */;
  instead: string[];
};

function plan(
  wish: MailWish,
  document: DocumentFacts | undefined,
  known: Map<string, Sent>,
  templates: TemplateRow[],
  masked: string[],
  result: QueuedMails,
): Planned[] {
  const refuse = (finding: Finding) => {
    result.refused.push({ id: wish.documentId, findings: [finding] });
    return [];
  };
  if (!document) return refuse(hold('H_DOCUMENT_UNKNOWN'));
  if (document.number === null) return refuse(hold('H_NOT_ISSUED', 'state'));
  const broken = check(messageFor(templates, document, wish));
  const planned: Planned[] = [];
  for (const recipient of new Set(wish.to?.length ? wish.to.map((address) => address.trim()) : [document.email?.trim() ?? ''])) {
    const key = `${document.id} ${recipient.toLowerCase()}`;
    if (known.get(key)?.live && !wish.again) {
      refuse(hold('mail_already_sent', 'buyer.email', { recipient }));
      continue;
    }
    const cause = obstacle(recipient, document, wish, masked) ?? (broken.length > 0 ? brokenCause(broken) : undefined);
    const findings = cause
      ? [hold(cause.code, cause.code === 'mail_template_broken' ? 'message' : 'buyer.email', cause.params), ...broken]
      : [];
    const held = known.get(key)?.held ?? [];
    if (cause && held.length > 0 && !wish.again) {
      result.refused.push({ id: wish.documentId, findings });
      continue;
    }
    const { count } = remember(known, document.id, recipient, true);
    const settings = { templateId: wish.templateId, subject: wish.subject, body: wish.body, evenMasked: wish.evenMasked };
    planned.push({
      documentId: document.id,
      key: `mail:${document.id}:${recipient.toLowerCase()}:${count}`,
      recipient,
      status: cause ? 'held' : 'queued',
      cause,
      settings,
      findings,
      instead: cause ? [] : held,
    });
  }
  return planned;
}

/** Why this address is not mailed, if it is not. */
function obstacle(recipient: string, document: DocumentFacts, wish: Pick<MailWish, 'evenMasked'>, masked: string[]): CauseRef | undefined {
  if (recipient === '') return { code: 'mail_address_missing' };
  if (!parseAddress(recipient)) return { code: 'mail_address_invalid', params: { recipient: cut(recipient, 100) } };
  const byOrder = document.order_email_kind === 'masked' && document.order_email?.toLowerCase() === recipient.toLowerCase();
  if (!wish.evenMasked && (byOrder || emailKind(recipient, masked) === 'masked'))
    return { code: 'mail_address_masked', params: { recipient } };
  return undefined;
}

export function brokenCause(findings: Finding[]): CauseRef {
  const { code, params } = findings[0]!;
  const detail = [params?.name ?? params?.reason ?? code, params?.line ? `${params.line}:${params.column}` : ''].filter(Boolean).join(' ');
  return { code: 'mail_template_broken', params: { detail, finding: code } };
}

async function insert(tx: Tx, ctx: Pick<Context, 'jobs' | 'now'>, who: Who, planned: Planned[], result: QueuedMails): Promise<void> {
  if (planned.length === 0) return;
  const now = ctx.now();
  const rows = planned.map((p) => ({
    organization_id: who.organizationId,
    id: newId(now),
    document_id: p.documentId,
    way: 'mail' as const,
    key: p.key,
    recipient: p.recipient,
    status: p.status,
    settings: json(p.settings),
    cause: json(p.cause ?? null),
    story: json(longerStory([], now, p.status, p.cause ? { cause: p.cause.code } : undefined)),
    message_id: null,
    connection_id: null,
    created_by: who.actor,
    created_at: now,
    updated_at: now,
  }));
  const made = await tx
    .insertInto('delivery')
    .values(rows)
    .onConflict((c) => c.columns(['organization_id', 'key']).doNothing())
    .returning(['id', 'status', 'key'])
    .execute();
  const byKey = new Map(made.map((row) => [row.key, row]));
  for (const p of planned) {
    const row = byKey.get(p.key);
    if (!row) result.refused.push({ id: p.documentId, findings: [hold('mail_already_sent', 'buyer.email', { recipient: p.recipient })] });
    else if (row.status === 'queued') result.queued.push(row.id);
    else result.refused.push({ id: p.documentId, findings: p.findings });
  }
  await replace(
    tx,
    ctx,
    who,
    planned.flatMap((p) => (byKey.has(p.key) ? p.instead : [])),
  );
  await enqueue(
    tx,
    ctx,
    who.organizationId,
    made.filter((row) => row.status === 'queued').map((row) => row.id),
  );
}

/**
 * What waited for a person has been sent by that person in another way: it must not go out on top of it. One that an archive is removing just
 * now goes with its document; it is not waited for, for the archive may wait for the document.
 */
async function replace(tx: Tx, ctx: Pick<Context, 'now'>, who: Who, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  const now = ctx.now();
  const step = json([{ at: now.toISOString(), what: 'cancel', params: { by: who.actor } }]);
  await sql`update delivery set status = 'cancelled', story = story || ${step}, updated_at = ${now.toISOString()}::timestamptz
    where organization_id = ${who.organizationId} and id in (select id from delivery
      where organization_id = ${who.organizationId} and id = any(${ids}::uuid[]) and status = 'held' order by id for no key update skip locked)`.execute(
    tx,
  );
}

export async function enqueue(tx: Tx, ctx: Pick<Context, 'jobs'>, organizationId: string, ids: string[], startAfter?: Date): Promise<void> {
  const jobs = ids.map((id) => ({ organizationId, id }));
  await ctx.jobs.enqueue(tx, 'deliver', jobs, startAfter ? { startAfter } : undefined);
}

/** What a person may decide about one delivery. `arrived` and `send_again` settle an unknown. */
type MailDecision = 'arrived' | 'send_again' | 'cancel';
type DecisionResult = { ok: true } | { ok: false; status: string | undefined };

const decidable: Record<MailDecision, MailStatus[]> = {
  arrived: ['unknown'],
  send_again: ['unknown', 'queued', 'held'],
  cancel: ['queued', 'held', 'unknown'],
};

/**
 * Settles a delivery. Sending again keeps the Message-ID, so a receiver can drop a twin; released from a hold it is mailed even to
 * a masked address, because the person saw the warning.
 */
export async function decideMail(ctx: Context, who: Who, deliveryId: string, decision: MailDecision): Promise<DecisionResult> {
  const now = ctx.now();
  return ctx.store.org(who.organizationId, async (tx): Promise<DecisionResult> => {
    const row = await tx
      .selectFrom('delivery')
      .selectAll()
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', deliveryId)
      .where('way', '=', 'mail')
      .forNoKeyUpdate()
      .executeTakeFirst();
    const busy = row?.status === 'queued' && row.claimed_at !== null;
    const unmailable = decision === 'send_again' && row && !parseAddress(row.recipient);
    if (!row || busy || unmailable || !decidable[decision].includes(row.status as MailStatus)) return { ok: false, status: row?.status };
    const status: MailStatus = decision === 'arrived' ? 'handed_over' : decision === 'cancel' ? 'cancelled' : 'queued';
    await tx
      .updateTable('delivery')
      .set({
        status,
        claimed_at: null,
        next_at: null,
        cause: json(null),
        settings: json({ ...row.settings, ...(row.status === 'held' ? { evenMasked: true } : {}) }),
        story: json(longerStory(row.story, now, decision, { by: who.actor })),
        updated_at: now,
      })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', deliveryId)
      .execute();
    if (status === 'queued') await enqueue(tx, ctx, who.organizationId, [deliveryId]);
    await announce(tx, who.organizationId, 'deliveries', deliveryId);
    await audit(tx, who.organizationId, who.actor, now, [
      { action: `mail ${decision}`, entity: 'delivery', entityId: deliveryId, data: { from: row.status, recipient: row.recipient } },
    ]);
    return { ok: true };
  });
}

/** Mails the document of a delivery anew, to the same or another address: a new delivery with a story of its own. */
export async function resendMail(
  ctx: Context,
  who: Who,
  deliveryId: string,
  options: { to?: string; evenMasked?: boolean } = {},
): Promise<QueuedMails | undefined> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const row = await tx
      .selectFrom('delivery')
      .selectAll()
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', deliveryId)
      .where('way', '=', 'mail')
      .executeTakeFirst();
    if (!row) return undefined;
    const { templateId, subject, body } = row.settings as DeliverySettings;
    return queueMails(tx, ctx, who, [
      {
        documentId: row.document_id,
        to: [options.to ?? row.recipient],
        templateId,
        subject,
        body,
        evenMasked: options.evenMasked,
        again: true,
      },
    ]);
  });
}
