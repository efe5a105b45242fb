import { z } from 'zod';
import {
  daySchema,
  documentContentSchema,
  documentKindSchema,
  documentLineSchema,
  languageSchema,
} from '../../domain/documents/document.ts';
import { documentDraftSchema } from '../../domain/documents/index.ts';
import { findingSchema } from '../../domain/finding.ts';
import { decimalSchema, instantSchema, taxRateSchema } from '../../domain/orders/order.ts';
import { maxPrints, printInput } from './agents.ts';
import { currencySchema, emailSchema, flag, idSchema, listOf, page, pageQuery, patchOf, settingsSchema } from './common.ts';
import { timelineEntrySchema } from './orders.ts';
import { lookSchema } from './organization.ts';

const documentStateSchema = z.enum(['to_issue', 'submitted', 'refused', 'issued', 'withdrawn', 'merged', 'cancelled', 'archived']);
const queryFields = {
  held: flag,
  holdCode: z.string().max(60),
  q: z.string().max(200),
  channel: z.string().max(40),
  currency: currencySchema,
  seriesId: idSchema,
  orderId: idSchema,
  correctsId: idSchema,
  importId: idSchema,
  buyer: z.string().max(300),
  buyerTaxId: z.string().max(60),
  /** A buyer of the list of buyers, by its id. */
  party: z.string().max(2000),
  /** Civil days: of issue for issued documents, of preparing for the rest. */
  from: daySchema,
  to: daySchema,
  deliveryStatus: z.string().max(40),
  transferStatus: z.string().max(40),
  sort: z.enum(['created', 'issued', 'number', 'buyer', 'gross', 'due']),
  direction: z.enum(['asc', 'desc']),
};
/** The queue and the lists, as the address writes it. */
export const documentQuery = pageQuery.extend(
  z.object({ ids: listOf(idSchema), states: listOf(documentStateSchema), kinds: listOf(documentKindSchema), ...queryFields }).partial()
    .shape,
);
/** The same in a body: real lists, real booleans. */
const documentQueryBody = z
  .object({ ...queryFields, states: z.array(documentStateSchema), kinds: z.array(documentKindSchema), held: z.boolean() })
  .partial();
const maxSelection = 10_000;
/** What a bulk action is about: named documents, or all that match at the moment of acting. */
const selectionSchema = z
  .union([z.object({ ids: z.array(idSchema).min(1).max(maxSelection) }), z.object({ query: documentQueryBody })])
  .meta({ id: 'Selection' });

const documentRowSchema = z
  .object({
    id: idSchema,
    kind: documentKindSchema,
    state: documentStateSchema,
    version: z.number().int(),
    number: z.string().nullable(),
    seriesId: idSchema.nullable(),
    orderId: idSchema.nullable(),
    orderNumber: z.string().nullable(),
    channel: z.string().nullable(),
    currency: z.string(),
    net: decimalSchema,
    tax: decimalSchema,
    gross: decimalSchema,
    buyerName: z.string(),
    buyerTaxId: z.string().nullable(),
    buyerEmail: z.string().nullable(),
    buyerCountry: z.string().nullable(),
    issueDate: daySchema.nullable(),
    saleDate: daySchema.nullable(),
    dueDate: daySchema.nullable(),
    held: z.boolean(),
    findings: z.array(findingSchema),
    edited: z.boolean(),
    correctsId: idSchema.nullable(),
    createdAt: instantSchema,
    issuedAt: instantSchema.nullable(),
    mailStatus: z.string().nullable(),
    transferStatus: z.string().nullable(),
  })
  .meta({ id: 'DocumentRow' });
export const documentsSchema = page(documentRowSchema);
export const documentCountSchema = z.object({
  total: z.number().int(),
  /** There are more than `total`: counting stops at a limit. */
  more: z.boolean(),
  held: z.number().int(),
});
const storySchema = z.array(z.object({ at: z.string(), what: z.string(), params: z.record(z.string(), z.string()).optional() }));
export const deliverySchema = z
  .object({
    id: idSchema,
    documentId: idSchema,
    documentNumber: z.string().nullable(),
    way: z.enum(['mail', 'print', 'attachment', 'order']),
    recipient: z.string(),
    status: z.string(),
    attempts: z.number().int(),
    nextAt: instantSchema.nullable(),
    cause: settingsSchema.nullable(),
    story: storySchema,
    createdAt: instantSchema,
    updatedAt: instantSchema,
  })
  .meta({ id: 'Delivery' });
export const documentDetailSchema = documentRowSchema
  .extend({
    content: documentContentSchema,
    /** Paths that a person has set; a new reading of the order keeps them. */
    editedPaths: z.array(z.string()),
    /** Codes of holds that a person has settled. */
    settled: z.array(z.string()),
    series: z.object({ id: idSchema, name: z.string(), nextNumber: z.string().optional() }).optional(),
    /** Moves of the life cycle a person can make now. */
    moves: z.array(z.string()),
    pdfFileId: idSchema.nullable(),
    /** The authority's acceptance, when somebody reported the document. */
    clearance: z.object({ system: z.string(), number: z.string(), at: z.string().optional() }).nullable(),
    /** Where it is held for its total: the rows in which it parts from its order. */
    proof: z
      .object({
        equal: z.boolean(),
        order: decimalSchema,
        document: decimalSchema,
        difference: decimalSchema,
        rows: z.array(
          z.object({
            kind: z.enum(['line', 'delivery', 'adjustment', 'added', 'declared', 'rounding']),
            name: z.string(),
            order: decimalSchema,
            document: decimalSchema,
            difference: decimalSchema,
          }),
        ),
      })
      .optional(),
    related: z.array(
      z.object({
        relation: z.enum(['corrects', 'corrected by', 'proforma', 'invoiced as', 'same order', 'merged into', 'merged']),
        id: idSchema,
        kind: z.string(),
        state: z.string(),
        number: z.string().nullable(),
        gross: decimalSchema,
        currency: z.string(),
      }),
    ),
    deliveries: z.array(
      z.object({
        id: idSchema,
        way: z.string(),
        recipient: z.string(),
        status: z.string(),
        attempts: z.number().int(),
        cause: z.unknown(),
        createdAt: instantSchema,
        updatedAt: instantSchema,
      }),
    ),
    transfers: z.array(
      z.object({
        id: idSchema,
        connectionId: idSchema,
        connection: z.string(),
        verb: z.string(),
        reference: z.string(),
        status: z.string(),
        sends: z.number().int(),
        nextAt: instantSchema.nullable(),
        cause: z.unknown(),
        made: z.unknown(),
        story: storySchema,
      }),
    ),
    timeline: z.array(timelineEntrySchema),
  })
  .meta({ id: 'Document' });
export type DocumentDetail = z.infer<typeof documentDetailSchema>;

/** Paths as in findings: `buyer.name`, `lines.2.quantity`; null removes. */
const setSchema = z.record(z.string().max(200), z.unknown());
const editSchema = z.object({
  set: setSchema.optional(),
  /** Codes of holds settled with open eyes, and taken back. */
  settle: z.array(z.string().max(60)).max(50).optional(),
  unsettle: z.array(z.string().max(60)).max(50).optional(),
  seriesId: idSchema.optional(),
});
/** `version` is the one that was read: a document that somebody else changed meanwhile answers 409. */
export const documentPatch = editSchema.extend({ version: z.number().int().optional() });
/** Only kind, buyer and lines are needed: what is left out is as the organization's policies have it. */
export const documentInput = z.object({ content: documentDraftSchema, seriesId: idSchema.optional() });
export const documentPreviewInput = z.object({ content: documentContentSchema });
export const pdfPreviewInput = z.object({
  /** Without one, an invented invoice of the organization. */
  content: documentContentSchema.optional(),
  /** A look that is not saved yet. */
  look: z.object({ accent: lookSchema.shape.accent, footer: lookSchema.shape.footer }).optional(),
  secondLanguage: languageSchema.optional(),
});
export const documentPreviewAnswer = z.object({ content: documentContentSchema, findings: z.array(findingSchema) });
export const pdfQuery = z.object({ mark: z.enum(['original', 'copy', 'duplicate']).optional(), download: flag.optional() });
const changeableKind = z.enum(['invoice', 'proforma', 'receipt']);
export const documentKindInput = z.object({ kind: changeableKind, seriesId: idSchema.optional() });
/** Lines, or quantities of them, that go to a second document. */
export const documentSplitInput = z.object({
  lines: z
    .array(z.object({ lineId: z.string(), quantity: decimalSchema }))
    .min(1)
    .max(1000),
});
export const documentMergeInput = z.object({ ids: z.array(idSchema).min(2).max(100) });
export const selectionInput = z.object({ selection: selectionSchema });
/** Documents for one file of an accounting program: chosen ones, or all of a period. */
export const exportFileInput = z
  .object({
    connector: z.string().max(60),
    connectionId: idSchema.optional(),
    selection: selectionSchema.optional(),
    from: daySchema.optional(),
    to: daySchema.optional(),
    /** Take documents that were in a file before as well: only when that file was never imported. */
    again: z.boolean().optional(),
  })
  .refine(({ selection, from, to }) => selection !== undefined || (from !== undefined && to !== undefined), 'a selection, or a period');
export const withdrawInput = selectionInput.extend({ reason: z.string().max(500).optional() });
export const bulkEditInput = editSchema.omit({ unsettle: true }).extend({ selection: selectionSchema, kind: changeableKind.optional() });
const refusedSchema = z.object({ id: idSchema, findings: z.array(findingSchema) });
/** What a bulk action did and did not do. */
export const bulkAnswer = z.object({ done: z.array(idSchema), refused: z.array(refusedSchema) });
export const bulkUndoAnswer = z.object({ saved: z.number().int(), refused: z.array(refusedSchema) });
/** `editId` takes the change back, for a day. */
export const bulkEditAnswer = bulkUndoAnswer.extend({ editId: idSchema });
export type BulkEditAnswer = z.infer<typeof bulkEditAnswer>;
export type BulkUndoAnswer = z.infer<typeof bulkUndoAnswer>;
export const editAnswer = z.object({
  id: idSchema,
  version: z.number().int(),
  content: documentContentSchema,
  findings: z.array(findingSchema),
});
/** A document put into the queue. */
export const documentMade = z.object({ id: idSchema, content: documentContentSchema, findings: z.array(findingSchema) });
export const issueOptionsSchema = z.object({ mail: z.boolean().optional(), issueDate: daySchema.optional() });
export const issueInput = issueOptionsSchema.extend({ selection: selectionSchema });
export const runStarted = z.object({ runId: idSchema, total: z.number().int() });
export const issueRunSchema = z
  .object({
    id: idSchema,
    status: z.enum(['waiting', 'running', 'done', 'cancelled']),
    total: z.number().int(),
    done: z.number().int(),
    issued: z.number().int(),
    /** Issued by somebody else, or by another run, before their turn came here. */
    issuedBefore: z.number().int(),
    /** The first of those that did not go, with their reasons; how many there are, and why, by cause. */
    refused: z.array(refusedSchema),
    refusedCount: z.number().int(),
    causes: z.array(z.object({ code: z.string(), count: z.number().int() })),
    createdAt: instantSchema,
    finishedAt: instantSchema.nullable(),
  })
  .meta({ id: 'IssueRun' });
/** `submitted`: the provider numbers it, the document is on its way and locked. */
export const issuedAnswer = z.object({ id: idSchema, outcome: z.enum(['issued', 'submitted']), number: z.string().optional() });
export const correctionInput = z.object({
  reason: z.string().max(500),
  reasonCode: z.enum(['return', 'price', 'quantity', 'rate', 'buyer', 'cancel', 'other']),
  /** What changes, line by line; what is not named stays. */
  lines: z
    .array(
      z.object({
        lineId: z.string(),
        quantity: decimalSchema.optional(),
        unitPrice: decimalSchema.optional(),
        rate: taxRateSchema.optional(),
        name: z.string().max(1000).optional(),
      }),
    )
    .max(2000)
    .optional(),
  /** Lines that the original lacks (an increase). */
  added: z.array(documentLineSchema).max(1000).optional(),
  /** What changes of the buyer; the rest stays, his tax numbers too. A field that is given empty is taken away. */
  buyer: patchOf(documentContentSchema.shape.buyer).optional(),
  /** Undo the whole original. */
  cancel: z.boolean().optional(),
  seriesId: idSchema.optional(),
});
export const prepaymentInput = z.object({ received: decimalSchema, day: daySchema });
/** The prepared sale becomes the final invoice less these issued prepayment invoices. */
export const finalInput = z.object({ documentId: idSchema, prepaymentIds: z.array(idSchema).min(1).max(100) });
export const giveUpInput = z.object({ reason: z.string().trim().min(1).max(500) });
export const giveUpAnswer = z.object({ number: z.string() });
export const mailInput = z.object({
  /** Mail a marketplace's stand-in address with open eyes. */
  evenMasked: z.boolean().optional(),
  /** Mail an address again that has this document already. */
  again: z.boolean().optional(),
  to: z.array(emailSchema).min(1).max(10).optional(),
  templateId: idSchema.optional(),
  subject: z.string().max(300).optional(),
  body: z.string().max(20_000).optional(),
});
export const mailSelectionInput = mailInput.omit({ to: true, again: true }).extend({ selection: selectionSchema });
export const mailAnswer = z.object({ queued: z.array(idSchema), refused: z.array(refusedSchema) });
export const exportQuery = documentQuery.extend({ language: languageSchema.optional() });
export const printManyInput = printInput
  .extend({ ids: z.array(idSchema).min(1).max(maxPrints).optional(), selection: selectionSchema.optional() })
  .refine(({ ids, selection }) => (ids === undefined) !== (selection === undefined), 'either ids or a selection');
export const exportInput = selectionInput.extend({ as: z.enum(['csv', 'xlsx', 'zip', 'pdf']), language: languageSchema.optional() });

export type DocumentRow = z.infer<typeof documentRowSchema>;
export type DocumentQueryBody = z.infer<typeof documentQueryBody>;
export type DocumentCount = z.infer<typeof documentCountSchema>;
export type Selection = z.infer<typeof selectionSchema>;
export type Delivery = z.infer<typeof deliverySchema>;
export type BulkAnswer = z.infer<typeof bulkAnswer>;
export type IssueRun = z.infer<typeof issueRunSchema>;
