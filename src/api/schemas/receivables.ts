import { z } from 'zod';
import { daySchema } from '../../domain/documents/document.ts';
import { findingSchema } from '../../domain/finding.ts';
import { decimalSchema } from '../../domain/orders/order.ts';
import { actionSchema, partSchema, receivableRowSchema, rowInputSchema, verbSchema } from '../../domain/receivables/index.ts';

/** Claims at financing providers: requests and answers. */
const idSchema = z.uuid();
const rateSumSchema = z.object({ vat: decimalSchema, net: decimalSchema, tax: decimalSchema, gross: decimalSchema });
const sumsSchema = z.object({ net: decimalSchema, tax: decimalSchema, gross: decimalSchema, byRate: z.array(rateSumSchema) });
const ledgerSumsSchema = z.object({
  ordered: decimalSchema,
  pending: decimalSchema,
  active: decimalSchema,
  credited: decimalSchema,
  adjusted: decimalSchema,
  lapsed: decimalSchema,
});
const explanationSchema = z.object({
  code: z.string(),
  title: z.string().optional(),
  text: z.string(),
  remedy: z.string(),
  whoMends: z.string(),
  where: z.string().optional(),
  page: z.string().optional(),
  link: z.string().optional(),
  params: z.record(z.string(), z.string()).optional(),
  providerCode: z.string().optional(),
  providerText: z.string().optional(),
});

const foresightSchema = z
  .object({
    verb: verbSchema,
    whole: z.boolean(),
    amount: sumsSchema,
    before: ledgerSumsSchema,
    after: ledgerSumsSchema,
    dueDate: z.object({ before: daySchema.optional(), after: daySchema.optional() }).optional(),
    rest: sumsSchema.optional(),
    findings: z.array(findingSchema),
  })
  .meta({ id: 'ReceivableForesight' });

const receivableRowView = z
  .object({
    id: idSchema,
    connectionId: idSchema,
    connectionName: z.string(),
    orderId: idSchema.nullable(),
    documentId: idSchema.nullable(),
    orderNumber: z.string(),
    buyerName: z.string(),
    segment: z.enum(['consumer', 'company']),
    country: z.string(),
    currency: z.string(),
    state: z.string(),
    needsPerson: z.boolean(),
    differs: z.boolean(),
    sums: ledgerSumsSchema,
    numbers: z.array(z.string()),
    createdAt: z.string(),
  })
  .meta({ id: 'ReceivableRow' });

const buttonSchema = z.object({
  verb: verbSchema,
  enabled: z.boolean(),
  engine: z.string().optional(),
  reason: explanationSchema.optional(),
});
export const receivableSchema = receivableRowView
  .extend({
    buyerNumberMasked: z.string().nullable(),
    providerOrderId: z.string().nullable(),
    readAt: z.string().nullable(),
    mismatches: z.array(z.object({ part: z.string(), number: z.string(), what: z.string(), theirs: z.string(), ours: z.string() })),
    busy: z.boolean(),
    parts: z.array(
      partSchema.omit({ changedSinceSent: true }).extend({
        rows: z.array(receivableRowSchema),
        sums: z.object({ total: decimalSchema, credited: decimalSchema, adjusted: decimalSchema, remaining: sumsSchema }),
        pdfs: z.array(z.object({ fileId: idSchema })),
        pdfPending: z.boolean(),
        buttons: z.array(buttonSchema),
      }),
    ),
    actions: z.array(
      z.object({
        id: idSchema,
        no: z.number().int(),
        verb: z.string(),
        part: z.number().int().nullable(),
        status: z.enum(['waiting', 'sending', 'accepted', 'pending', 'rejected', 'unknown', 'cancelled']),
        already: z.boolean(),
        action: z.record(z.string(), z.unknown()),
        foreseen: z.record(z.string(), z.unknown()).nullable(),
        answer: z.record(z.string(), z.unknown()).nullable(),
        cause: explanationSchema.nullable(),
        nextAt: z.string().nullable(),
        story: z.array(z.object({ at: z.string(), what: z.string(), params: z.record(z.string(), z.string()).optional() })),
        createdBy: z.string(),
        createdAt: z.string(),
      }),
    ),
  })
  .meta({ id: 'Receivable' });

export const receivablesQuery = z.object({
  state: z.string().max(20).optional(),
  q: z.string().max(200).optional(),
  orderId: idSchema.optional(),
  documentId: idSchema.optional(),
  /** Only what a person has to look at: it stopped, or the provider says something else. */
  attention: z.stringbool().optional(),
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(200).optional(),
});
export const receivablesSchema = z.object({ items: z.array(receivableRowView), nextCursor: z.string().optional() });

const dryRun = z.boolean().optional();
const buyerFields = {
  segment: z.enum(['consumer', 'company']).optional(),
  /** Personal or company number. It is sealed and never given back. */
  buyerNumber: z.string().trim().max(20).optional(),
};
export const openReceivableInput = z.object({
  connectionId: idSchema,
  documentId: idSchema.optional(),
  orderId: idSchema.optional(),
  ...buyerFields,
  buyerIp: z.union([z.ipv4(), z.ipv6()]).optional(),
  buyerReference: z.string().trim().max(50).optional(),
  by: z.enum(['email', 'post']).optional(),
  rows: z.array(rowInputSchema).min(1).max(1000).optional(),
  dryRun,
});
export const adoptReceivableInput = z.object({
  connectionId: idSchema,
  documentId: idSchema.optional(),
  orderId: idSchema.optional(),
  ...buyerFields,
  number: z
    .string()
    .trim()
    .regex(/^[\w-]{1,50}$/)
    .optional(),
  providerOrderId: z
    .string()
    .trim()
    .regex(/^[\w-]{1,60}$/)
    .optional(),
});
export const receivableActionInput = z.object({
  action: actionSchema.refine((a) => a.verb !== 'add', 'a claim is opened at /receivables'),
  dryRun,
});
export const askedSchema = z.object({
  /** Absent for a dry check. */
  receivableId: idSchema.optional(),
  actionId: idSchema.optional(),
  foresight: foresightSchema.optional(),
});
export const articlesInput = z.object({
  articles: z
    .array(z.object({ articleId: z.string().max(50), quantity: z.number().int().min(1) }))
    .min(1)
    .max(1000),
});
export const returnPlanSchema = z.object({
  /** One credit for each part that holds some of the goods, the oldest first. */
  credits: z.array(z.object({ part: z.number().int(), picks: z.array(z.object({ row: z.number().int(), quantity: z.number().int() })) })),
});
const providerNumber = z.string().trim().min(1).max(50);
export const answerActionInput = z.object({
  happened: z.boolean(),
  /** Of the claim that was opened. */
  number: providerNumber.optional(),
  /** Of the rest that waits after a part activation. */
  newNumber: providerNumber.optional(),
  dueDate: daySchema.optional(),
  reference: z.string().max(50).optional(),
});
export const partParams = z.object({ id: idSchema, seq: z.coerce.number().int().min(1).max(10_000) });
export const partPdfQuery = z.object({ version: z.coerce.number().int().min(1).max(1000).optional(), download: z.stringbool().optional() });

const deadlineSchema = z
  .object({
    kind: z.enum(['activate', 'due', 'hold', 'secret']),
    day: daySchema,
    days: z.number().int(),
    urgency: z.enum(['late', 'urgent', 'soon', 'later']),
    receivableId: idSchema.nullable(),
    connectionId: idSchema,
    connectionName: z.string(),
    orderId: idSchema.nullable(),
    orderNumber: z.string(),
    buyerName: z.string(),
    part: z.number().int().nullable(),
    number: z.string(),
    amount: decimalSchema.nullable(),
    currency: z.string().nullable(),
  })
  .meta({ id: 'Deadline' });
export const deadlinesSchema = z.object({ items: z.array(deadlineSchema) });

export const shipmentInput = z.object({
  externalId: z.string().trim().min(1).max(100),
  at: z.iso.datetime({ offset: true }).optional(),
  tracking: z.string().trim().max(200).optional(),
  lines: z
    .array(z.object({ line: z.string().max(200), quantity: z.number().int().min(1).max(99_999_999) }))
    .min(1)
    .max(1000)
    .optional(),
});
export const shipmentAnswer = z.object({ id: idSchema, isNew: z.boolean() });
export const administrantsSchema = z.object({
  items: z.array(z.object({ id: idSchema, name: z.string(), status: z.string(), canOpen: z.boolean() })),
});

export type Receivable = z.infer<typeof receivableSchema>;
export type ReceivableListed = z.infer<typeof receivableRowView>;
export type ReceivablesPage = z.infer<typeof receivablesSchema>;
export type Foresight = z.infer<typeof foresightSchema>;
export type Deadline = z.infer<typeof deadlineSchema>;
export type AskedAnswer = z.infer<typeof askedSchema>;
export type Administrants = z.infer<typeof administrantsSchema>;
export type { Action, RowInput, Verb } from '../../domain/receivables/index.ts';
