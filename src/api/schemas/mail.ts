import { z } from 'zod';
import { documentKindSchema, languageSchema } from '../../domain/documents/document.ts';
import { findingSchema } from '../../domain/finding.ts';
import { instantSchema } from '../../domain/orders/order.ts';
import { emailSchema, idSchema, list, name, page, pageQuery, patchOf, textsSchema } from './common.ts';
import { deliverySchema } from './documents.ts';

export const mailTemplateSchema = z
  .object({
    id: idSchema,
    name: z.string(),
    kind: documentKindSchema.nullable(),
    language: languageSchema,
    subject: z.string(),
    body: z.string(),
    isDefault: z.boolean(),
    updatedAt: instantSchema,
  })
  .meta({ id: 'MailTemplate' });
export const mailTemplatesSchema = list(mailTemplateSchema);
export const mailTemplateInput = z.object({
  name: name(100),
  kind: documentKindSchema.nullable().default(null),
  language: languageSchema,
  subject: z.string().min(1).max(300),
  body: z.string().max(20_000),
  isDefault: z.boolean().optional(),
});
export const mailTemplatePatch = patchOf(mailTemplateInput);
export const mailPreviewInput = z.object({
  subject: z.string().max(300),
  body: z.string().max(20_000),
  language: languageSchema.optional(),
  kind: documentKindSchema.optional(),
  /** Fill the variables from this document; else from an example. */
  documentId: idSchema.optional(),
});
export const mailPreviewAnswer = z.object({
  subject: z.string(),
  html: z.string(),
  text: z.string(),
  /** Variables that stand in the message and have no value in this document. */
  empty: z.array(z.string()),
  /** What is wrong with the message; `where` is subject or body, params hold line and column. */
  findings: z.array(findingSchema),
});
export const mailTestInput = mailPreviewInput.extend({ to: emailSchema });
export const mailTestAnswer = z.object({
  ok: z.boolean(),
  findings: z.array(findingSchema),
  cause: z.object({ code: z.string(), title: textsSchema, text: textsSchema, remedy: textsSchema }).nullable(),
});
export const mailVariablesSchema = list(z.object({ name: z.string(), meaning: textsSchema, example: z.string() }));
export const mailSettingsSchema = z.object({
  host: z.string(),
  port: z.number().int(),
  security: z.enum(['tls', 'starttls', 'none']),
  user: z.string(),
  /** The password itself is never given back. */
  hasPassword: z.boolean(),
  fromName: z.string(),
  fromAddress: z.string(),
  replyTo: z.string().nullable(),
  bcc: z.string().nullable(),
  /** After a lost answer: a person decides, or the same message goes out once more under the same Message-ID. */
  afterLostAnswer: z.enum(['person', 'resend']),
  configured: z.boolean(),
});
export const mailSettingsInput = z.object({
  host: z.string().trim().min(1).max(255),
  port: z.number().int().min(1).max(65535),
  security: z.enum(['tls', 'starttls', 'none']),
  user: z.string().max(320).default(''),
  /** Left out: the stored one stays. */
  password: z.string().max(500).optional(),
  fromName: z.string().max(200).default(''),
  fromAddress: emailSchema,
  replyTo: emailSchema.nullable().optional(),
  bcc: emailSchema.nullable().optional(),
  afterLostAnswer: z.enum(['person', 'resend']).optional(),
});
export const deliveriesQuery = pageQuery.extend({
  status: z.string().max(40).optional(),
  way: deliverySchema.shape.way.optional(),
  documentId: idSchema.optional(),
});
export const deliveriesSchema = page(deliverySchema);
export const resendInput = z.object({ to: emailSchema.optional(), evenMasked: z.boolean().optional() });
/** A message as it came back, from its first header to its end (RFC 5322); the note of a mail server (RFC 3464) is in it or not. */
export const bounceInput = z.object({ message: z.string().min(1).max(5_000_000) });
export const bounceAnswer = z.object({ marked: z.number().int().min(0) });
/** What a person decides about one delivery; `arrived` and `send_again` settle an unknown. */
export const deliveryDecision = z.object({ decision: z.enum(['arrived', 'send_again', 'cancel']) });

export type MailTemplate = z.infer<typeof mailTemplateSchema>;
export type MailPreviewAnswer = z.infer<typeof mailPreviewAnswer>;
export type MailTestAnswer = z.infer<typeof mailTestAnswer>;
export type MailVariables = z.infer<typeof mailVariablesSchema>;
export type MailSettings = z.infer<typeof mailSettingsSchema>;
