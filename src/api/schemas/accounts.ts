import { z } from 'zod';
import { instantSchema } from '../../domain/orders/order.ts';
import { webhookEvents } from '../../domain/webhook-events.ts';
import { emailSchema, idSchema, list, name, page, pageQuery, patchOf, settingsSchema } from './common.ts';
import { roleSchema } from './organization.ts';

export const scopeSchema = z.enum(['read', 'write', 'issue', 'admin']);
const apiKeySchema = z
  .object({
    id: idSchema,
    name: z.string(),
    prefix: z.string(),
    scopes: z.array(scopeSchema),
    createdAt: instantSchema,
    lastUsedAt: instantSchema.nullable(),
    revokedAt: instantSchema.nullable(),
  })
  .meta({ id: 'ApiKey' });
export const apiKeysSchema = list(apiKeySchema);
export const apiKeyInput = z.object({ name: name(100), scopes: z.array(scopeSchema).min(1) });
/** The key itself, this once. */
export const apiKeyMade = apiKeySchema.extend({ key: z.string() });
const memberSchema = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  role: roleSchema,
  createdAt: instantSchema,
  isYou: z.boolean(),
});
export const membersSchema = list(memberSchema);
export const memberPatch = z.object({ role: roleSchema });
export const memberParams = z.object({ id: z.string().max(100) });
const invitationSchema = z.object({
  id: idSchema,
  email: z.string(),
  role: roleSchema,
  createdAt: instantSchema,
  expiresAt: instantSchema,
  acceptedAt: instantSchema.nullable(),
});
export const invitationsSchema = list(invitationSchema);
export const invitationInput = z.object({ email: emailSchema, role: roleSchema });
/** The link is shown as well as mailed: a new installation may have no mail server yet. */
export const invitationMade = invitationSchema.extend({ link: z.string(), mailed: z.boolean() });
export const invitationAcceptInput = z.object({
  token: z.string().max(200),
  /** For somebody who has no account yet. */
  name: name().optional(),
  password: z.string().min(10).max(128).optional(),
});
export const invitationAccepted = z.object({ organizationId: idSchema, email: z.string(), newAccount: z.boolean() });
export const webhookSchema = z
  .object({ id: idSchema, url: z.string(), events: z.array(z.string()), active: z.boolean(), createdAt: instantSchema })
  .meta({ id: 'Webhook' });
/** Calls of the last 30 days that wait for another try, and that were given up. */
export const webhooksSchema = list(webhookSchema.extend({ waiting: z.int(), failed: z.int(), lastProblem: z.string().nullable() }));
const webhookCallSchema = z
  .object({
    id: idSchema,
    event: z.string(),
    status: z.enum(['waiting', 'delivered', 'failed', 'stopped']),
    attempts: z.int(),
    lastStatus: z.int().nullable(),
    lastProblem: z.string().nullable(),
    nextAt: instantSchema.nullable(),
    createdAt: instantSchema,
    deliveredAt: instantSchema.nullable(),
  })
  .meta({ id: 'WebhookCall' });
export const webhookCallsSchema = list(webhookCallSchema);
export const webhookRetried = z.object({ retried: z.int() });
export const webhookInput = z.object({
  url: z.url({ protocol: /^https?$/ }).max(1000),
  events: z.array(z.enum(webhookEvents)).min(1),
  active: z.boolean().optional(),
});
export const webhookPatch = patchOf(webhookInput);
/** The signing secret (Standard Webhooks, `whsec_…`), this once. */
export const webhookMade = webhookSchema.extend({ secret: z.string() });
export const savedViewSchema = z.object({ id: idSchema, page: z.string(), name: z.string(), query: z.string() });
export const savedViewsSchema = list(savedViewSchema);
export const savedViewInput = z.object({ page: z.string().max(60), name: name(100), query: z.string().max(2000) });
export const savedViewsQuery = z.object({ page: z.string().max(60).optional() });
export const auditQuery = pageQuery.extend({ entity: z.string().max(60).optional(), entityId: z.string().max(100).optional() });
export const auditSchema = page(
  z.object({
    seq: z.number().int(),
    at: instantSchema,
    actor: z.string(),
    action: z.string(),
    entity: z.string(),
    entityId: z.string(),
    data: settingsSchema,
    hash: z.string(),
  }),
);
/** One nudge of `/events`: something of this organization changed, read it again. */
const changeSchema = z.object({ topic: z.string(), id: z.string().optional() });

export type Scope = z.infer<typeof scopeSchema>;
export type ApiKey = z.infer<typeof apiKeySchema>;
export type ApiKeyMade = z.infer<typeof apiKeyMade>;
export type Member = z.infer<typeof memberSchema>;
export type Invitation = z.infer<typeof invitationSchema>;
export type InvitationMade = z.infer<typeof invitationMade>;
export type Webhook = z.infer<typeof webhookSchema>;
export type WebhookListed = z.infer<typeof webhooksSchema>['items'][number];
export type WebhookCall = z.infer<typeof webhookCallSchema>;
export type SavedView = z.infer<typeof savedViewSchema>;
export type AuditPage = z.infer<typeof auditSchema>;
export type Change = z.infer<typeof changeSchema>;
