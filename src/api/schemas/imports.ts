import { z } from 'zod';
import { findingSchema } from '../../domain/finding.ts';
import { decimalSchema, instantSchema, orderSchema } from '../../domain/orders/order.ts';
import { idSchema, list, name, page, pageQuery, settingsSchema, zoneSchema } from './common.ts';

export const importKindSchema = z.enum(['auto', 'invoice', 'proforma', 'receipt']);
/** How orders become documents; chosen in the form, by `fakturist import` and by a connection. */
const prepareOptionsSchema = z.object({
  kind: importKindSchema.default('auto'),
  seriesId: idSchema.optional(),
  /** Rate of lines without one: a percentage, or a category letter of UNCL 5305 (`E`, `O`, `AE` …). */
  defaultVatRate: z.string().max(12).optional(),
  /** Rate of delivery without one: shared over the goods, that of the largest share, or a percentage. */
  deliveryRate: z.union([z.enum(['proportional', 'dominant']), decimalSchema]).optional(),
  templateId: idSchema.optional(),
  subject: z.string().max(300).optional(),
  body: z.string().max(20_000).optional(),
  /** Unpaid orders that the channel handed over all the same: hold them (default) or document them. */
  treatUnpaid: z.enum(['hold', 'issue']).optional(),
});
export const importOptionsSchema = prepareOptionsSchema.extend({
  /** `auto` finds the connector that knows the layout. */
  connector: z.string().max(40).default('auto'),
  profileId: idSchema.optional(),
  connectionId: idSchema.optional(),
  /** Read an unknown layout by the mapping proposed for it. */
  acceptProposal: z.boolean().optional(),
  dryRun: z.boolean().default(false),
});
export type ImportOptions = z.infer<typeof importOptionsSchema>;

/** The report of a file: the shape that `fakturist import --json` prints. */
const reportOrderSchema = z.object({
  externalId: z.string(),
  currency: z.string(),
  lines: z.number().int(),
  itemsGross: decimalSchema,
  deliveryGross: decimalSchema,
  depositTotal: decimalSchema.optional(),
  /** Null for a cancelled order whose channel gives no total any more. */
  totalGross: decimalSchema.nullable(),
  suggestedDocument: z.string(),
  issues: z.array(z.string()),
});
const importReportSchema = z
  .object({
    count: z.number().int(),
    /** By currency when the file mixes them. */
    sumTotalGross: z.union([decimalSchema, z.record(z.string(), decimalSchema)]),
    byDocument: z.record(z.string(), z.number().int()),
    rejected: z.array(z.record(z.string(), z.unknown())),
    fileWarnings: z.array(z.record(z.string(), z.unknown())),
    orders: z.array(reportOrderSchema),
    dryRun: z.boolean(),
    status: z.string(),
    created: z.number().int(),
    unchanged: z.number().int(),
    updated: z.number().int(),
    held: z.number().int(),
  })
  .catchall(z.unknown())
  .meta({ id: 'ImportReport' });
export type ImportReport = z.infer<typeof importReportSchema>;

const importStatusSchema = z.enum(['waiting', 'running', 'done', 'cancelled', 'refused', 'failed']);
export const importRunSchema = z
  .object({
    id: idSchema,
    name: z.string(),
    status: importStatusSchema,
    connectionId: idSchema,
    profile: z.string().nullable(),
    sha256: z.string().nullable(),
    sizeBytes: z.number().int().nullable(),
    readBytes: z.number().int(),
    /** created, unchanged, updated, held, rejected … */
    counts: z.record(z.string(), z.number()),
    findings: z.array(findingSchema),
    options: settingsSchema,
    createdAt: instantSchema,
    finishedAt: instantSchema.nullable(),
    cancelRequested: z.boolean(),
  })
  .meta({ id: 'ImportRun' });
export const importRunsSchema = page(importRunSchema);
/** One file gives one run; several files or a ZIP give several. A dry run stores nothing and answers with reports. */
export const importAnswer = z.object({
  runs: z.array(importRunSchema),
  /** Files that are no order files at all, with the reason. */
  refused: z.array(z.object({ name: z.string(), finding: findingSchema })),
  report: importReportSchema.optional(),
});
/** What became of a record: imported (the first five), known already (the next four), or rejected. */
const outcomeSchema = z.enum([
  'created',
  'updated',
  'cancelled',
  'changed-after-issue',
  'superseded',
  'unchanged',
  'duplicate',
  'conflict',
  'known-elsewhere',
  'rejected',
]);
export type Outcome = z.infer<typeof outcomeSchema>;
const importRecordSchema = z.object({
  outcome: outcomeSchema,
  line: z.number().int(),
  offset: z.number().int(),
  file: z.string().optional(),
  externalId: z.string().optional(),
  /** Of a record that was not imported: why. */
  code: z.string().optional(),
  where: z.string().optional(),
  params: z.record(z.string(), z.string()).optional(),
  order: reportOrderSchema.optional(),
  findings: z.array(findingSchema).optional(),
  orderId: idSchema.optional(),
  documentId: idSchema.optional(),
  documentKind: z.string().optional(),
  held: z.boolean().optional(),
});
export const importRecordsSchema = page(importRecordSchema);
export const importRecordsQuery = pageQuery.extend({ outcome: outcomeSchema.optional() });

const pathText = z.string().max(300);
const mapped = z.record(z.string().max(60), pathText);
/** A layout as data: which path holds which field (contract of order files). */
export const profileSchema = z
  .object({
    id: z.string().max(100),
    format: z.enum(['xml', 'csv', 'json']),
    root: pathText,
    columns: z.array(pathText).max(500).optional(),
    timeZone: zoneSchema,
    defaultCurrency: z.string().max(3).nullable(),
    defaultCountry: z.string().max(2).nullable(),
    numbers: z.object({
      decimalSeparators: z.array(z.string().max(2)).max(5),
      groupSeparators: z.array(z.string().max(2)).max(10),
      currencySuffixes: z.array(z.string().max(10)).max(20),
    }),
    header: mapped.optional(),
    order: z.object({ at: pathText, fields: mapped, ignore: z.array(pathText).max(500).optional() }),
    line: z.object({ at: pathText, fields: mapped, ignore: z.array(pathText).max(500).optional() }),
    values: z.object({
      'invoice.requested': z.record(pathText, z.boolean()).optional(),
      'payment.method': z.record(pathText, z.string().max(40).nullable()).optional(),
      'payment.status': z.record(pathText, z.string().max(40)).optional(),
      'payment.provider': z.record(pathText, z.string().max(40)).optional(),
      sellerStatus: z.record(pathText, z.enum(['cancelled', 'returned'])).optional(),
    }),
  })
  .meta({ id: 'ImportProfile' });
const previewOrderSchema = z.object({
  place: z.object({ line: z.number().int(), offset: z.number().int(), file: z.string().optional() }),
  order: orderSchema.optional(),
  rejected: findingSchema.optional(),
  computedTotal: decimalSchema.optional(),
  declaredTotal: decimalSchema.optional(),
  totalsAgree: z.boolean().optional(),
});
const proposalSchema = z.object({
  profile: profileSchema,
  /** Required fields for which nothing was found. */
  missing: z.array(z.string()),
  paths: z.array(z.object({ path: z.string(), level: z.enum(['order', 'line']), sample: z.string(), field: z.string().optional() })),
  preview: z.array(previewOrderSchema),
});
/** `uploadId` names the uploaded file for `/imports/preview` and `/imports/uploaded`. */
export const inspectAnswer = z.object({
  uploadId: idSchema,
  name: z.string(),
  connector: z.string(),
  recognised: z.boolean(),
  profile: z.string().optional(),
  refused: findingSchema.optional(),
  proposal: proposalSchema.optional(),
  findings: z.array(findingSchema),
  /** Fields a mapping may point at, for the choice beside each path. */
  orderFields: z.array(z.string()),
  lineFields: z.array(z.string()),
});
export const previewInput = z.object({ uploadId: idSchema, connector: z.string().max(40).default('order-file'), profile: profileSchema });
export const previewAnswer = z.object({ preview: z.array(previewOrderSchema), findings: z.array(findingSchema) });
/** Import of files uploaded before (by `/imports/inspect`), with the profile that was saved. */
export const importUploadedInput = z.object({ uploadIds: z.array(idSchema).min(1).max(50), options: importOptionsSchema });
export const importProfileSchema = z.object({ id: idSchema, name: z.string(), profile: profileSchema, createdAt: instantSchema });
export const importProfilesSchema = list(importProfileSchema);
export const importProfileInput = z.object({ name: name(), profile: profileSchema });

export type ImportRun = z.infer<typeof importRunSchema>;
export type ImportAnswer = z.infer<typeof importAnswer>;
export type ImportRecord = z.infer<typeof importRecordSchema>;
export type InspectAnswer = z.infer<typeof inspectAnswer>;
export type PreviewAnswer = z.infer<typeof previewAnswer>;
export type ImportProfile = z.infer<typeof importProfileSchema>;
