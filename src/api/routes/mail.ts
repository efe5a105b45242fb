import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { z } from 'zod';
import {
  checkMailSettings,
  checkMessage,
  createSender,
  decideMail,
  type MailAccount,
  mailCause,
  messageIdOf,
  messageVariables,
  readMailAccount,
  recordBounce,
  renderMessage,
  resendMail,
  saveMailSettings,
} from '../../delivery/index.ts';
import { filled } from '../../diagnosis/index.ts';
import { civilDay } from '../../domain/days/day.ts';
import type { Language } from '../../domain/documents/document.ts';
import { hold } from '../../domain/finding.ts';
import { announce, audit, newId, type Tables, type Tx } from '../../store/index.ts';
import { readOrganization } from '../../toissue/index.ts';
import { exampleDocument } from '../example-document.ts';
import { notFound, Refusal } from '../problem.ts';
import { type Call, route } from '../route.ts';
import * as s from '../schemas/index.ts';
import { readCursor, writeCursor } from './orders.ts';

const tag = 'mail';

// ---------------------------------------------------------------- templates

type TemplateRow = {
  id: string;
  name: string;
  kind: Tables['mail_template']['kind'];
  language: string;
  subject: string;
  body: string;
  is_default: boolean;
  updated_at: Date;
};
function templateOf(row: TemplateRow): s.MailTemplate {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    language: row.language as Language,
    subject: row.subject,
    body: row.body,
    isDefault: row.is_default,
    updatedAt: row.updated_at.toISOString(),
  };
}

type TemplateInput = z.output<typeof s.mailTemplateInput>;

async function saveTemplate({ ctx, who }: Call, id: string | undefined, given: Partial<TemplateInput>): Promise<s.MailTemplate> {
  const now = ctx.now();
  return ctx.store.org(who.organizationId, async (tx) => {
    const before = id
      ? await tx
          .selectFrom('mail_template')
          .selectAll()
          .where('organization_id', '=', who.organizationId)
          .where('id', '=', id)
          .forNoKeyUpdate()
          .executeTakeFirst()
      : undefined;
    if (id && !before) throw notFound('a template of this id');
    const merged = { ...(before ? { ...before, isDefault: before.is_default } : {}), ...given } as TemplateInput;
    const values = {
      name: merged.name,
      kind: merged.kind,
      language: merged.language,
      subject: merged.subject,
      body: merged.body,
      is_default: merged.isDefault ?? false,
      updated_at: now,
    };
    const wrong = checkMessage(values);
    if (wrong.length > 0) throw new Refusal(422, 'refused', 'The message cannot be sent as it is.', wrong);
    if (values.is_default) await dropOtherDefaults(tx, who.organizationId, values.kind, values.language, id);
    const row = before
      ? await tx
          .updateTable('mail_template')
          .set(values)
          .where('organization_id', '=', who.organizationId)
          .where('id', '=', before.id)
          .returningAll()
          .executeTakeFirstOrThrow()
      : await tx
          .insertInto('mail_template')
          .values({ organization_id: who.organizationId, id: newId(now), ...values })
          .returningAll()
          .executeTakeFirstOrThrow();
    await announce(tx, who.organizationId, 'mail-templates', row.id);
    await audit(tx, who.organizationId, who.actor, now, [
      { action: before ? 'template changed' : 'template made', entity: 'mail-template', entityId: row.id, data: { name: row.name } },
    ]);
    return templateOf(row);
  });
}

/** One default for a kind and a language. */
async function dropOtherDefaults(
  tx: Tx,
  organizationId: string,
  kind: TemplateInput['kind'],
  language: string,
  except: string | undefined,
): Promise<void> {
  await tx
    .updateTable('mail_template')
    .set({ is_default: false })
    .where('organization_id', '=', organizationId)
    .where('language', '=', language)
    .where((e) => (kind === null ? e('kind', 'is', null) : e('kind', '=', kind)))
    .where((e) => (except ? e('id', '<>', except) : e.lit(true)))
    .execute();
}

async function preview({ ctx, who }: Call, body: z.output<typeof s.mailPreviewInput>) {
  const { organization, document } = await ctx.store.org(who.organizationId, async (tx) => ({
    organization: await readOrganization(tx, who.organizationId),
    document: body.documentId
      ? await tx
          .selectFrom('document')
          .select(['content', 'number', 'issue_date', 'issued_at'])
          .where('organization_id', '=', who.organizationId)
          .where('id', '=', body.documentId)
          .executeTakeFirst()
      : undefined,
  }));
  if (body.documentId && !document) throw notFound('a document of this id');
  const today = civilDay(ctx.now().toISOString(), organization.zone);
  const example = exampleDocument(organization, today, body.kind, body.language);
  const content = document?.content ?? example.content;
  const issued = document?.number
    ? { number: document.number, issueDate: document.issue_date ?? today, issuedAt: (document.issued_at ?? ctx.now()).toISOString() }
    : example.issued;
  return renderMessage({ subject: body.subject, body: body.body }, content, issued, {
    ...(ctx.buyerLinks && { downloadUrl: `${ctx.publicUrl}/d/example` }),
    language: body.language,
  });
}

const templates = [
  route({
    method: 'GET',
    url: '/mail-templates',
    needs: 'read',
    tag,
    summary: 'Templates of messages',
    answer: s.mailTemplatesSchema,
    handler: async ({ ctx, who }) => ({
      items: await ctx.store.org(who.organizationId, async (tx) =>
        (
          await tx
            .selectFrom('mail_template')
            .selectAll()
            .where('organization_id', '=', who.organizationId)
            .orderBy('name')
            .orderBy('id')
            .limit(500)
            .execute()
        ).map(templateOf),
      ),
    }),
  }),
  route({
    method: 'POST',
    url: '/mail-templates',
    needs: 'settings',
    tag,
    summary: 'Make a template',
    body: s.mailTemplateInput,
    answer: s.mailTemplateSchema,
    status: 201,
    handler: async (call) => saveTemplate(call, undefined, call.body),
  }),
  route({
    method: 'PATCH',
    url: '/mail-templates/:id',
    needs: 'settings',
    tag,
    summary: 'Change a template',
    params: s.idParams,
    body: s.mailTemplatePatch,
    answer: s.mailTemplateSchema,
    handler: async (call) => saveTemplate(call, call.params.id, call.body),
  }),
  route({
    method: 'DELETE',
    url: '/mail-templates/:id',
    needs: 'settings',
    tag,
    summary: 'Delete a template',
    params: s.idParams,
    answer: s.doneSchema,
    handler: async ({ ctx, who, params }) => {
      await ctx.store.org(who.organizationId, async (tx) => {
        const row = await tx
          .deleteFrom('mail_template')
          .where('organization_id', '=', who.organizationId)
          .where('id', '=', params.id)
          .returning('name')
          .executeTakeFirst();
        if (!row) throw notFound('a template of this id');
        await announce(tx, who.organizationId, 'mail-templates', params.id);
        await audit(tx, who.organizationId, who.actor, ctx.now(), [
          { action: 'template deleted', entity: 'mail-template', entityId: params.id, data: { name: row.name } },
        ]);
      });
      return { ok: true as const };
    },
  }),
  route({
    method: 'POST',
    url: '/mail-templates/preview',
    needs: 'read',
    tag,
    summary: 'What a message would look like for a document or an example',
    body: s.mailPreviewInput,
    answer: s.mailPreviewAnswer,
    handler: async (call) => {
      const rendering = await preview(call, call.body);
      return rendering.ok
        ? { ...rendering.message, findings: [] }
        : { subject: '', html: '', text: '', empty: [], findings: rendering.findings };
    },
  }),
  route({
    method: 'POST',
    url: '/mail-templates/test',
    needs: 'settings',
    tag,
    summary: 'Send a message to oneself, without a document',
    body: s.mailTestInput,
    answer: s.mailTestAnswer,
    handler: async (call) => {
      const rendering = await preview(call, call.body);
      if (!rendering.ok) return { ok: false, findings: rendering.findings, cause: null };
      const account = await call.ctx.store.org(call.who.organizationId, (tx) => readMailAccount(tx, call.ctx, call.who.organizationId));
      if (!account) return { ok: false, findings: [], cause: causeOfMail('mail_not_set_up') };
      const { subject, text, html } = rendering.message;
      const outcome = await createSender(account.smtp).send({
        messageId: messageIdOf(randomUUID(), account.smtp.from.address),
        to: [call.body.to],
        subject,
        text,
        html,
        language: call.body.language,
        date: call.ctx.now(),
      });
      return outcome.outcome === 'handed-over'
        ? { ok: true, findings: [], cause: null }
        : { ok: false, findings: [], cause: causeOfMail(outcome.cause.code, outcome.cause.params) };
    },
  }),
  route({
    method: 'GET',
    url: '/mail-variables',
    needs: 'read',
    tag,
    summary: 'Variables that a message may use',
    answer: s.mailVariablesSchema,
    handler: async () => ({ items: messageVariables.map(({ name, meaning, example }) => ({ name, meaning, example })) }),
  }),
];

function causeOfMail(code: string, params: Record<string, string> = {}) {
  const { title, text, remedy } = mailCause(code);
  return { code, title, text: filled(text, params), remedy: filled(remedy, params) };
}

// ---------------------------------------------------------------- account

function settingsOf(account: MailAccount | undefined): s.MailSettings {
  if (!account) {
    return {
      host: '',
      port: 465,
      security: 'tls',
      user: '',
      hasPassword: false,
      fromName: '',
      fromAddress: '',
      replyTo: null,
      bcc: null,
      afterLostAnswer: 'person',
      configured: false,
    };
  }
  const { replyTo, bcc, ...settings } = account.settings;
  return { ...settings, replyTo: replyTo ?? null, bcc: bcc ?? null, hasPassword: account.hasPassword, configured: true };
}

const account = [
  route({
    method: 'GET',
    url: '/mail-settings',
    needs: 'read',
    tag,
    summary: 'The mail account; its password is never given back',
    answer: s.mailSettingsSchema,
    handler: async ({ ctx, who }) =>
      settingsOf(await ctx.store.org(who.organizationId, (tx) => readMailAccount(tx, ctx, who.organizationId))),
  }),
  route({
    method: 'PUT',
    url: '/mail-settings',
    needs: 'connections',
    tag,
    summary: 'Set the mail account; a password left out stays',
    body: s.mailSettingsInput,
    answer: s.mailSettingsSchema,
    handler: async ({ ctx, who, body }) => {
      const saved = await saveMailSettings(ctx, who, body);
      if ('errors' in saved) {
        throw new Refusal(
          422,
          'refused',
          saved.errors.map((one) => `${one.path}: ${one.message}`).join('; '),
          saved.errors.map((one) => hold('H_SETTING_WRONG', one.path, { field: one.path })),
        );
      }
      return settingsOf(saved.account);
    },
  }),
  route({
    method: 'POST',
    url: '/mail-settings/test',
    needs: 'connections',
    tag,
    summary: 'Try the stored account: connect and sign in, send nothing',
    answer: s.mailTestAnswer,
    handler: async ({ ctx, who, request }) => {
      const result = await checkMailSettings(ctx, who.organizationId, request.signedIn?.language ?? 'en');
      return { ok: result.ok, findings: [], cause: result.cause ? causeOfMail(result.cause.code, result.cause.params) : null };
    },
  }),
];

// ---------------------------------------------------------------- deliveries

const deliveries = [
  route({
    method: 'GET',
    url: '/deliveries',
    needs: 'read',
    tag,
    summary: 'Deliveries, newest first: what went where and what became of it',
    query: s.deliveriesQuery,
    answer: s.deliveriesSchema,
    handler: async ({ ctx, who, query }) => {
      const limit = query.limit ?? 50;
      const rows = await ctx.store.org(who.organizationId, (tx) => {
        let from = tx
          .selectFrom('delivery as d')
          .innerJoin('document as o', (join) =>
            join.onRef('o.organization_id', '=', 'd.organization_id').onRef('o.id', '=', 'd.document_id'),
          )
          .where('d.organization_id', '=', who.organizationId);
        if (query.status) from = from.where('d.status', 'in', query.status.split(','));
        if (query.way) from = from.where('d.way', '=', query.way);
        if (query.documentId) from = from.where('d.document_id', '=', query.documentId);
        if (query.cursor) {
          const [at, id] = readCursor(query.cursor);
          from = from.where(sql<boolean>`(d.created_at, d.id) < (${at}::timestamptz, ${id}::uuid)`);
        }
        return from
          .selectAll('d')
          .select(['o.number', sql<string>`d.created_at::text`.as('cursor_value')])
          .orderBy('d.created_at', 'desc')
          .orderBy('d.id', 'desc')
          .limit(limit + 1)
          .execute();
      });
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map((row) => ({
          id: row.id,
          documentId: row.document_id,
          documentNumber: row.number,
          way: row.way,
          recipient: row.recipient,
          status: row.status,
          attempts: row.attempts,
          nextAt: row.next_at?.toISOString() ?? null,
          cause: row.cause,
          story: row.story,
          createdAt: row.created_at.toISOString(),
          updatedAt: row.updated_at.toISOString(),
        })),
        nextCursor: rows.length > limit && last ? writeCursor(last.cursor_value, last.id) : undefined,
      };
    },
  }),
  route({
    method: 'POST',
    url: '/deliveries/:id/resend',
    needs: 'send',
    tag,
    summary: 'Mail the document of a delivery anew, to the same or another address',
    params: s.idParams,
    body: s.resendInput,
    answer: s.mailAnswer,
    handler: async ({ ctx, who, params, body }) => {
      const result = await resendMail(ctx, who, params.id, body);
      if (!result) throw notFound('a mail of this id');
      return result;
    },
  }),
  route({
    method: 'POST',
    url: '/deliveries/bounces',
    needs: 'send',
    tag,
    summary: 'Hand in a message that came back: the mail it speaks of is marked as bounced, or noted as late or arrived',
    body: s.bounceInput,
    answer: s.bounceAnswer,
    handler: async ({ ctx, who, body }) => ({ marked: await recordBounce(ctx, body.message, who.organizationId) }),
  }),
  route({
    method: 'POST',
    url: '/deliveries/:id/decide',
    needs: 'send',
    tag,
    summary: 'Settle a mail of unknown fate, release a held one, or cancel one that waits',
    params: s.idParams,
    body: s.deliveryDecision,
    answer: s.doneSchema,
    handler: async ({ ctx, who, params, body }) => {
      const result = await decideMail(ctx, who, params.id, body.decision);
      if (result.ok) return { ok: true as const };
      if (result.status === undefined) throw notFound('a mail of this id');
      throw new Refusal(409, 'not-decidable', `This mail is "${result.status}": that cannot be decided about it now.`);
    },
  }),
];

export const mailRoutes = [...templates, ...account, ...deliveries];
