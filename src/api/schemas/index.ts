import { z } from 'zod';
import {
  daySchema,
  documentContentSchema,
  documentKindSchema,
  documentLineSchema,
  languageSchema,
  sellerSchema,
  totalsSchema,
} from '../../domain/documents/document.ts';
import { findingSchema } from '../../domain/finding.ts';
import { decimalSchema, instantSchema, orderSchema, taxRateSchema } from '../../domain/orders/order.ts';
import { maxPrints, printInput } from './agents.ts';
import { connectorSetupSchema } from './providers.ts';

export * from './books.ts';
export * from './providers.ts';

/**
 * Every request and answer of `/api/v1`, once: the checks, the OpenAPI document and the types of the web are made from these.
 * Money is a decimal string, an instant ISO 8601 with Z, a day YYYY-MM-DD in the organization's zone. Absent is null in answers.
 */

z.globalRegistry.add(findingSchema, { id: 'Finding' });
z.globalRegistry.add(documentContentSchema, { id: 'DocumentContent' });
z.globalRegistry.add(orderSchema, { id: 'Order' });
z.globalRegistry.add(totalsSchema, { id: 'Totals' });
z.globalRegistry.add(sellerSchema, { id: 'Seller' });

export const idSchema = z.uuid();
export const idParams = z.object({ id: idSchema });
const name = (max = 200) => z.string().trim().min(1).max(max);
const emailSchema = z.email().max(320);
const countrySchema = z.string().regex(/^[A-Z]{2}$/);
const currencySchema = z.string().regex(/^[A-Z]{3}$/);
/** One text in the four languages of the product. */
export const textsSchema = z.object({ pl: z.string(), en: z.string(), hu: z.string(), sv: z.string() }).meta({ id: 'Texts' });
const settingsSchema = z.record(z.string(), z.unknown());

/** RFC 9457. `code` is lasting; people read `title` and `detail`. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().optional(),
    code: z.string(),
    findings: z.array(findingSchema).optional(),
    /** Refused by its form: where and what. */
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problemSchema>;

export const maxPageSize = 200;
/** In the address a list is written `a,b` or by repeating the name. */
const listOf = <T extends z.ZodType>(item: T) =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((value) => (Array.isArray(value) ? value : value.split(',')).filter((part) => part !== ''))
    .pipe(z.array(item).max(50) as unknown as z.ZodType<z.output<T>[], string[]>);
const flag = z.stringbool();
export const pageQuery = z.object({
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(maxPageSize).optional(),
});
const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: z.string().optional() });
const list = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });
/** The answer of what has nothing to tell. */
export const doneSchema = z.object({ ok: z.literal(true) });

// ---------------------------------------------------------------- set-up, session, organization

export const roleSchema = z.enum(['owner', 'bookkeeper', 'warehouse', 'reader']);
export const organizationInput = z.object({
  name: name(),
  country: countrySchema,
  taxId: z.string().trim().max(40).optional(),
  language: languageSchema.optional(),
  currency: currencySchema.optional(),
  zone: z.string().max(60).optional(),
  /** VAT rate of goods whose channel tells none: a percentage or the country's word for a rate. */
  defaultVatRate: z.string().max(12).optional(),
  seller: sellerSchema.partial().optional(),
});
export const companyQuery = z.object({ country: z.string().length(2), taxId: z.string().min(1).max(40) });
export const companySchema = z.object({
  source: z.string(),
  name: z.string(),
  street: z.string().optional(),
  postalCode: z.string().optional(),
  city: z.string().optional(),
});
export const setupState = z.object({ needed: z.boolean(), demo: z.boolean(), version: z.string() });
export const setupInput = z.object({
  organization: organizationInput,
  email: emailSchema,
  password: z.string().min(10).max(128),
  name: name(),
});
export const membershipSchema = z.object({
  id: idSchema,
  name: z.string(),
  role: roleSchema,
  country: z.string(),
  language: languageSchema,
  currency: z.string(),
  zone: z.string(),
});
export const meSchema = z.object({
  user: z
    .object({ id: z.string(), name: z.string(), email: z.string(), twoFactorEnabled: z.boolean(), language: languageSchema.nullable() })
    .nullable(),
  organizations: z.array(membershipSchema),
  /** Permissions in the organization of the call (header X-Organization), empty without one. */
  permissions: z.array(z.string()),
});
export const mePatch = z.object({ language: languageSchema.optional(), name: name().optional() });

export const lookSchema = z
  .object({
    logoFileId: idSchema.nullable().optional(),
    accent: z
      .string()
      .regex(/^#[0-9a-fA-F]{6}$/)
      .optional(),
    footer: z.string().max(1000).optional(),
    secondLanguage: languageSchema.nullable().optional(),
  })
  .catchall(z.unknown());
export const organizationSchema = z
  .object({
    id: idSchema,
    name: z.string(),
    country: z.string(),
    zone: z.string(),
    language: languageSchema,
    currency: z.string(),
    seller: sellerSchema,
    policies: settingsSchema,
    look: lookSchema,
    hasLogo: z.boolean(),
    /** What is missing before anything can be issued. */
    findings: z.array(findingSchema),
  })
  .meta({ id: 'Organization' });
/** Only what is named changes, and null takes a value away. A default is no wish. */
const sellerPatch = z
  .object(
    Object.fromEntries(
      Object.entries(sellerSchema.shape).map(([field, type]) => {
        const plain = type instanceof z.ZodDefault ? (type.unwrap() as z.ZodType) : (type as z.ZodType);
        return [field, plain.nullable().optional()];
      }),
    ),
  )
  .transform((patch) => patch as { [K in keyof z.infer<typeof sellerSchema>]?: z.infer<typeof sellerSchema>[K] | null });
export const organizationPatch = z.object({
  name: name().optional(),
  zone: z.string().max(60).optional(),
  language: languageSchema.optional(),
  currency: currencySchema.optional(),
  seller: sellerPatch.optional(),
  /** As stored; null takes a value away. */
  policies: settingsSchema.optional(),
  look: lookSchema.optional(),
});

// ---------------------------------------------------------------- home

const moneySchema = z.object({ currency: z.string(), gross: decimalSchema });
export const homeSchema = z.object({
  held: z.array(
    z.object({
      code: z.string(),
      count: z.number().int(),
      text: textsSchema,
      remedy: textsSchema.nullable(),
      /** The document that has waited longest, and where on it the cause is mended. */
      first: z.object({ documentId: idSchema, where: z.string().nullable(), params: z.record(z.string(), z.string()).nullable() }),
    }),
  ),
  toIssue: z.object({ count: z.number().int(), ready: z.number().int(), held: z.number().int(), gross: z.array(moneySchema) }),
  /** Mails; prints and what is put on orders; documents that a working connection refused or did not answer about. */
  failingDeliveries: z.number().int(),
  failingOthers: z.number().int(),
  failingTransfers: z.number().int(),
  /** Questions that people answer: of buyers, about claims, about payments that fit no document. */
  tasks: z.object({ desk: z.number().int(), claims: z.number().int(), payments: z.number().int() }),
  /** What lapses soon, the nearest first; `to` is the screen, null for documents to issue. */
  deadlines: z.array(
    z.object({
      kind: z.enum(['issue', 'activate', 'due', 'hold', 'secret']),
      day: daySchema,
      days: z.number().int(),
      count: z.number().int(),
      name: z.string().nullable(),
      to: z.string().nullable(),
    }),
  ),
  connectionsInTrouble: z.array(
    z.object({ id: idSchema, name: z.string(), connector: z.string(), status: z.string(), causeCode: z.string().nullable() }),
  ),
  causes: z.array(
    z.object({ id: idSchema, code: z.string(), connectionId: idSchema.nullable(), documents: z.number().int(), openedAt: instantSchema }),
  ),
  byDay: z.array(z.object({ day: daySchema, issued: z.number().int(), gross: z.array(moneySchema) })),
  /** 0–1; null while nothing was issued in the period. */
  unattendedShare: z.number().nullable(),
  medianPaymentToDocumentSeconds: z.number().nullable(),
});
export const homeQuery = z.object({ days: z.coerce.number().int().min(1).max(366).optional() });
/** The words of every code of a finding or a cause, for screens that change language without asking again. */
export const findingTextSchema = z.object({
  code: z.string(),
  level: z.string(),
  whoMends: z.string(),
  text: textsSchema,
  remedy: textsSchema.nullable(),
  /** Screen of ours where it is mended. */
  page: z.string().optional(),
});
export const findingTextsSchema = list(findingTextSchema).extend({
  /** Words of coded values, by the name of their placeholder: states, reasons, names of fields (several, parted by commas). */
  values: z.record(z.string(), z.record(z.string(), textsSchema)),
});

// ---------------------------------------------------------------- imports

export const importKindSchema = z.enum(['auto', 'invoice', 'proforma', 'receipt']);
/** How orders become documents; chosen in the form, by `fakturist import` and by a connection. */
export const prepareOptionsSchema = z.object({
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
export const reportOrderSchema = z.object({
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
export const importReportSchema = z
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

export const importStatusSchema = z.enum(['waiting', 'running', 'done', 'cancelled', 'refused', 'failed']);
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
export const importRecordSchema = z.object({
  outcome: z.string(),
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
export const importRecordsQuery = pageQuery.extend({ outcome: z.string().max(40).optional() });

const pathText = z.string().max(300);
const mapped = z.record(z.string().max(60), pathText);
/** A layout as data: which path holds which field (contract of order files). */
export const profileSchema = z
  .object({
    id: z.string().max(100),
    format: z.enum(['xml', 'csv', 'json']),
    root: pathText,
    columns: z.array(pathText).max(500).optional(),
    timeZone: z.string().max(60),
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
export const proposalSchema = z.object({
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

// ---------------------------------------------------------------- orders

/** One step of the life of an order or a document, oldest first; `what` is a lasting word, `params` fill its text. */
export const timelineEntrySchema = z.object({
  at: instantSchema,
  actor: z.string().optional(),
  what: z.string(),
  about: z.enum(['order', 'document', 'transfer', 'delivery']),
  params: z.record(z.string(), z.unknown()).optional(),
});
export type TimelineEntry = z.infer<typeof timelineEntrySchema>;
export const orderRowSchema = z
  .object({
    id: idSchema,
    externalId: z.string(),
    number: z.string().nullable(),
    channel: z.string(),
    status: z.string(),
    externalStatus: z.string().nullable(),
    orderedAt: instantSchema,
    paidAt: instantSchema.nullable(),
    currency: z.string(),
    total: decimalSchema,
    buyerName: z.string(),
    buyerEmail: z.string().nullable(),
    suggestion: z.string(),
    documents: z.array(z.object({ id: idSchema, kind: documentKindSchema, state: z.string(), number: z.string().nullable() })),
  })
  .meta({ id: 'OrderRow' });
export const ordersQuery = pageQuery.extend({
  q: z.string().max(200).optional(),
  channel: z.string().max(40).optional(),
  status: z.string().max(20).optional(),
  suggestion: z.string().max(30).optional(),
  importId: idSchema.optional(),
  /** Orders without a live document. */
  undocumented: flag.optional(),
  from: daySchema.optional(),
  to: daySchema.optional(),
});
export const ordersSchema = page(orderRowSchema);
export const orderDetailSchema = orderRowSchema.extend({
  content: orderSchema,
  raw: z.string().nullable(),
  connectionId: idSchema,
  importId: idSchema.nullable(),
  timeline: z.array(timelineEntrySchema),
});

// ---------------------------------------------------------------- documents

export const documentStateSchema = z.enum(['to_issue', 'submitted', 'refused', 'issued', 'withdrawn', 'merged', 'cancelled']);
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
export const documentQueryBody = z
  .object({ ...queryFields, states: z.array(documentStateSchema), kinds: z.array(documentKindSchema), held: z.boolean() })
  .partial();
export const maxSelection = 10_000;
/** What a bulk action is about: named documents, or all that match at the moment of acting. */
export const selectionSchema = z
  .union([z.object({ ids: z.array(idSchema).min(1).max(maxSelection) }), z.object({ query: documentQueryBody })])
  .meta({ id: 'Selection' });

export const documentRowSchema = z
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
    way: z.enum(['mail', 'print', 'attachment', 'portal', 'e-invoice', 'order']),
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
export const documentInput = z.object({ content: documentContentSchema, seriesId: idSchema.optional() });
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
export const bulkEditAnswer = z.object({ saved: z.number().int(), refused: z.array(refusedSchema) });
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
  buyer: documentContentSchema.shape.buyer.partial().optional(),
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
export const exportInput = selectionInput.extend({ as: z.enum(['csv', 'xlsx', 'zip']), language: languageSchema.optional() });

// ---------------------------------------------------------------- parties

export const partyParams = z.object({ id: z.string().max(2000) });
export const partyRowSchema = z.object({
  id: z.string(),
  name: z.string(),
  taxId: z.string().nullable(),
  email: z.string().nullable(),
  country: z.string().nullable(),
  documents: z.number().int(),
  turnover: z.array(moneySchema),
  lastIssuedAt: instantSchema.nullable(),
});
export const partySchema = partyRowSchema.extend({
  address: z.object({
    street: z.string().optional(),
    street2: z.string().optional(),
    postalCode: z.string().optional(),
    city: z.string().optional(),
    phone: z.string().optional(),
    email: z.string().optional(),
  }),
});
export const partiesQuery = pageQuery.extend({ q: z.string().max(200).optional() });
export const partiesSchema = page(partyRowSchema);

// ---------------------------------------------------------------- series

export const seriesResetSchema = z.enum(['yearly', 'monthly', 'daily', 'never']);
export const seriesSchema = z
  .object({
    id: idSchema,
    name: z.string(),
    kind: documentKindSchema,
    pattern: z.string(),
    reset: seriesResetSchema,
    isDefault: z.boolean(),
    active: z.boolean(),
    numberOwner: z.enum(['hub', 'provider']),
    reporter: z.enum(['hub', 'provider', 'nobody']),
    connectionId: idSchema.nullable(),
    autoIssue: z.boolean(),
    settings: settingsSchema,
    /** What is missing before anything can be issued from it; `where` names the field to draw red. */
    findings: z.array(findingSchema),
    nextNumber: z.string().nullable(),
  })
  .meta({ id: 'Series' });
export const seriesListSchema = list(seriesSchema);
export const seriesInput = z.object({
  name: name(100),
  kind: documentKindSchema,
  pattern: z.string().max(100),
  reset: seriesResetSchema,
  isDefault: z.boolean().optional(),
  active: z.boolean().optional(),
  numberOwner: z.enum(['hub', 'provider']).optional(),
  reporter: z.enum(['hub', 'provider', 'nobody']).optional(),
  connectionId: idSchema.nullable().optional(),
  autoIssue: z.boolean().optional(),
  settings: settingsSchema.optional(),
});
export const seriesPatch = seriesInput.partial();
export const numberPreviewQuery = z.object({ pattern: z.string().max(100), reset: seriesResetSchema, day: daySchema.optional() });
export const numberPreviewAnswer = z.object({ numbers: z.array(z.string()), findings: z.array(findingSchema) });
export const registerQuery = pageQuery.extend({ period: z.string().max(10).optional() });
export const registerSchema = z.object({
  items: z.array(
    z.object({
      period: z.string(),
      sequenceNo: z.number().int(),
      number: z.string(),
      allocatedAt: instantSchema,
      documentId: idSchema,
      buyerName: z.string(),
      gross: decimalSchema,
      currency: z.string(),
      state: z.string(),
      givenUpAt: instantSchema.nullable(),
      reason: z.string().nullable(),
    }),
  ),
  /** Must be empty. */
  gaps: z.array(z.object({ period: z.string(), from: z.number().int(), to: z.number().int() })),
  nextCursor: z.string().optional(),
});

// ---------------------------------------------------------------- mail

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
export const mailTemplatePatch = mailTemplateInput.partial();
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
/** What a person decides about one delivery; `arrived` and `send_again` settle an unknown. */
export const deliveryDecision = z.object({ decision: z.enum(['arrived', 'send_again', 'cancel']) });

// ---------------------------------------------------------------- connectors, connections, causes

export const settingFieldSchema = z.object({
  key: z.string(),
  type: z.enum(['text', 'secret', 'boolean', 'select', 'choices', 'number', 'url', 'date']),
  label: textsSchema,
  help: textsSchema.optional(),
  required: z.boolean().optional(),
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  options: z.array(z.object({ value: z.string(), label: textsSchema })).optional(),
  lookup: z.string().optional(),
  part: z.enum(['orders', 'documents', 'answers']).optional(),
  canTry: z.boolean().optional(),
  pattern: z.string().optional(),
  maxLength: z.number().int().optional(),
  later: z.boolean().optional(),
  kinds: z.array(documentKindSchema).optional(),
});
export const causeTextSchema = z.object({
  code: z.string(),
  stops: z.enum(['document', 'series', 'connection', 'nothing']),
  whoMends: z.string(),
  retryHelps: z.boolean(),
  mayExist: z.boolean(),
  title: textsSchema,
  text: textsSchema,
  remedy: textsSchema,
  link: z.string().optional(),
  where: z.string().optional(),
});
export const connectorSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    /** How each language says the name, where it is no brand. */
    title: textsSchema.nullable(),
    role: z.enum(['channel', 'provider']),
    countries: z.array(z.string()),
    capabilities: z.array(z.string()),
    documentKinds: z.array(documentKindSchema),
    numberOwners: z.array(z.enum(['hub', 'provider'])),
    reporters: z.array(z.enum(['hub', 'provider', 'nobody'])),
    defaultBaseUrl: z.string().nullable(),
    settings: z.array(settingFieldSchema),
    /** What a series needs to go this way. */
    seriesFields: z.array(settingFieldSchema),
    setup: connectorSetupSchema,
    causes: z.array(causeTextSchema),
    facts: z.record(z.string(), textsSchema),
    about: textsSchema,
  })
  .meta({ id: 'Connector' });
export const connectorsSchema = list(connectorSchema);
export const connectionSchema = z
  .object({
    id: idSchema,
    connector: z.string(),
    name: z.string(),
    status: z.enum(['setup', 'active', 'paused', 'blocked', 'removed']),
    baseUrl: z.string().nullable(),
    settings: settingsSchema,
    /** Names of the secrets that are stored; their values are never given back. */
    secrets: z.array(z.string()),
    everWorked: z.boolean(),
    /** Where a ticket shop posts its sales, or the webhook address to paste at the provider. */
    intakeUrl: z.string().nullable(),
    blockedBy: z.object({ causeId: idSchema, code: z.string(), params: z.record(z.string(), z.string()) }).nullable(),
    createdAt: instantSchema,
  })
  .meta({ id: 'Connection' });
export const connectionsSchema = list(connectionSchema);
export const connectionInput = z.object({
  connector: z.string().max(40),
  name: name(100),
  baseUrl: z.url().max(500).nullable().optional(),
  settings: settingsSchema.default({}),
  secrets: z.record(z.string(), z.string().max(4000)).default({}),
});
export const connectionPatch = connectionInput.omit({ connector: true }).partial();
export const connectionLookupParams = idParams.extend({ list: z.string().max(60) });
export const lookupSchema = list(z.object({ value: z.string(), label: z.string() }));
export const connectionCheckAnswer = z.object({
  ok: z.boolean(),
  facts: z.array(z.object({ label: z.string(), value: z.string() })),
  cause: z
    .object({
      code: z.string(),
      params: z.record(z.string(), z.string()).optional(),
      providerCode: z.string().optional(),
      providerText: z.string().optional(),
    })
    .nullable(),
});
export const causeCaseSchema = z
  .object({
    id: idSchema,
    connectionId: idSchema.nullable(),
    connectionName: z.string().nullable(),
    connector: z.string().nullable(),
    /** Only what this series makes waits; everything else of the connection goes on. */
    series: z.object({ id: idSchema, name: z.string() }).nullable(),
    code: z.string(),
    params: z.record(z.string(), z.string()),
    stops: z.string(),
    documents: z.number().int(),
    /** The first few of the documents behind it. */
    first: z.array(
      z.object({
        documentId: idSchema,
        transferId: idSchema,
        number: z.string().nullable(),
        orderNumber: z.string().nullable(),
        buyer: z.string(),
        gross: decimalSchema,
        currency: z.string(),
        status: z.string(),
        params: z.record(z.string(), z.string()),
      }),
    ),
    openedAt: instantSchema,
    closedAt: instantSchema.nullable(),
    title: textsSchema,
    text: textsSchema,
    remedy: textsSchema,
    whoMends: z.string(),
    retryHelps: z.boolean(),
    link: z.string().nullable(),
    /** `answer`: say whether the look-alike is this document; `one` and `all`: mended, go on. */
    actions: z.array(z.enum(['one', 'all', 'answer'])),
  })
  .meta({ id: 'CauseCase' });
export const causesSchema = list(causeCaseSchema);
export const mendedInput = z.object({ mode: z.enum(['one', 'all']) });
export const resumeInput = z.object({ mode: z.enum(['one', 'all']).default('all') });
/** How many documents were set in motion. */
export const mendedAnswer = z.object({ resumed: z.number().int() });
/** Without a verb: send a refused one again, or ask once more about one that cannot be settled. */
export const transferInput = z.object({ verb: z.enum(['pay', 'remove', 'mail', 'report']).optional() });
export const transferAnswer = z.object({ transferId: idSchema });
export const likenessInput = z.object({ number: z.string().min(1).max(100), same: z.boolean() });
export const caseFileQuery = z.object({ language: languageSchema.optional() });
/** Everything about one document on one page; its parts are for reading, not for programs to build on. */
export const caseFileSchema = z.looseObject({ madeAt: instantSchema, organization: z.string() });

// ---------------------------------------------------------------- backfill, completeness

export const backfillInput = z.object({ from: daySchema, to: daySchema, connectionId: idSchema.optional(), mail: z.boolean().optional() });
export const backfillPlanSchema = z.object({
  from: daySchema,
  to: daySchema,
  connectionId: idSchema.optional(),
  toIssue: z.number().int(),
  held: z.number().int(),
  /** Issued later than the law's day. */
  late: z.number().int(),
  totals: z.array(moneySchema),
  more: z.boolean(),
  items: z.array(
    z.object({
      orderId: idSchema,
      orderNumber: z.string(),
      day: daySchema,
      buyer: z.string(),
      gross: decimalSchema,
      currency: z.string(),
      documentId: idSchema.optional(),
      action: z.enum(['issue', 'held', 'nothing']),
      kind: z.string().optional(),
      late: z.boolean(),
      findings: z.array(findingSchema),
    }),
  ),
});
export const backfillStarted = runStarted.extend({ prepared: z.number().int() });
export const completenessQuery = z.object({ from: daySchema, to: daySchema });
export const completenessSchema = z.object({
  from: daySchema,
  to: daySchema,
  /** Nothing is missing, no number is missing, nobody touched the trail. */
  complete: z.boolean(),
  orders: z.number().int(),
  /** Orders that need none: cancelled, unpaid, or none wanted by policy. */
  ordersWithoutNeed: z.number().int(),
  documents: z.number().int(),
  /** Empty is the proof that nothing is missing. */
  breaks: z.array(
    z.object({
      step: z.string(),
      code: z.string(),
      orderId: idSchema.optional(),
      orderNumber: z.string().optional(),
      documentId: idSchema.optional(),
      documentNumber: z.string().optional(),
      day: daySchema,
      buyer: z.string(),
      gross: decimalSchema,
      currency: z.string(),
      causes: z.array(z.object({ code: z.string(), params: z.record(z.string(), z.string()).optional() })),
    }),
  ),
  more: z.boolean(),
  gaps: z.array(z.object({ series: z.string(), period: z.string(), from: z.string(), to: z.string() })),
  audit: z.object({ entries: z.string(), brokenAt: z.string().optional() }),
});

// ---------------------------------------------------------------- accounts

export const scopeSchema = z.enum(['read', 'write', 'issue', 'admin']);
export const apiKeySchema = z
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
export const memberSchema = z.object({
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
export const invitationSchema = z.object({
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
export const webhookEvents = [
  'document.prepared',
  'document.held',
  'document.issued',
  'document.delivered',
  'document.delivery_failed',
  'document.transferred',
  'document.transfer_failed',
  'import.finished',
  'connection.blocked',
] as const;
export const webhookSchema = z
  .object({ id: idSchema, url: z.string(), events: z.array(z.string()), active: z.boolean(), createdAt: instantSchema })
  .meta({ id: 'Webhook' });
/** Calls of the last 30 days that wait for another try, and that were given up. */
export const webhooksSchema = list(webhookSchema.extend({ waiting: z.int(), failed: z.int(), lastProblem: z.string().nullable() }));
export const webhookCallSchema = z
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
export const webhookPatch = webhookInput.partial();
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
export const auditVerifyAnswer = z.object({ entries: z.number().int(), brokenAt: z.number().int().nullable() });
/** One nudge of `/events`: something of this organization changed, read it again. */
export const changeSchema = z.object({ topic: z.string(), id: z.string().optional() });

// ---------------------------------------------------------------- demo

export const demoState = z.object({
  demo: z.boolean(),
  operatorOrganizationId: idSchema.nullish(),
  email: z.string(),
  password: z.string(),
  /** Those with an address and a key are connected by the newcomer. */
  simulators: z.array(
    z.object({
      connector: z.string(),
      url: z.string(),
      apiUrl: z.string().optional(),
      key: z.string().optional(),
      account: z.string().optional(),
    }),
  ),
  /** The organization that connects the doubles of an order system and an accountant's program. */
  ordersOrganizationId: idSchema,
  /** The organization whose ticket shop `/demo/sell-tickets` sells for. */
  ticketsOrganizationId: idSchema,
  sampleImported: z.boolean(),
  mails: z.number().int(),
});
export const ordersArriveInput = z.object({
  count: z.number().int().min(1).max(100).default(10),
  at: z.enum(['sellasist', 'baselinker']).default('sellasist'),
});
export const ordersArriveAnswer = z.object({ arrived: z.number().int() });
const demoMailHead = z.object({
  id: z.string(),
  receivedAt: z.string(),
  from: z.string(),
  recipients: z.array(z.string()),
  subject: z.string(),
});
export const demoMailsSchema = list(demoMailHead.extend({ files: z.number().int() }));
export const demoMailSchema = demoMailHead.extend({
  text: z.string(),
  html: z.string(),
  files: z.array(z.object({ fileName: z.string(), contentType: z.string(), sizeBytes: z.number().int() })),
});
export type DemoMail = z.infer<typeof demoMailSchema>;
export const sellTicketsInput = z.object({ count: z.number().int().min(1).max(200).default(10) });
export const sellTicketsAnswer = z.object({
  accepted: z.number().int(),
  refused: z.array(z.object({ status: z.number().int(), body: z.string() })),
});
export const sampleImportInput = z.object({ kind: importKindSchema.default('auto') });

// ---------------------------------------------------------------- types of the web

export type Page<T> = { items: T[]; nextCursor?: string };
export type Role = z.infer<typeof roleSchema>;
export type Scope = z.infer<typeof scopeSchema>;
export type SetupInput = z.infer<typeof setupInput>;
export type SetupState = z.infer<typeof setupState>;
export type Me = z.infer<typeof meSchema>;
export type Membership = z.infer<typeof membershipSchema>;
export type Organization = z.infer<typeof organizationSchema>;
export type OrganizationPatch = z.input<typeof organizationPatch>;
export type Company = z.infer<typeof companySchema>;
export type Home = z.infer<typeof homeSchema>;
export type FindingText = z.infer<typeof findingTextSchema>;
export type FindingTexts = z.infer<typeof findingTextsSchema>;
export type ImportRun = z.infer<typeof importRunSchema>;
export type ImportAnswer = z.infer<typeof importAnswer>;
export type ImportRecord = z.infer<typeof importRecordSchema>;
export type InspectAnswer = z.infer<typeof inspectAnswer>;
export type PreviewAnswer = z.infer<typeof previewAnswer>;
export type ImportProfile = z.infer<typeof importProfileSchema>;
export type OrderRow = z.infer<typeof orderRowSchema>;
export type OrderDetail = z.infer<typeof orderDetailSchema>;
export type DocumentRow = z.infer<typeof documentRowSchema>;
export type DocumentQueryBody = z.infer<typeof documentQueryBody>;
export type DocumentCount = z.infer<typeof documentCountSchema>;
export type Selection = z.infer<typeof selectionSchema>;
export type Delivery = z.infer<typeof deliverySchema>;
export type Transfer = DocumentDetail['transfers'][number];
export type BulkAnswer = z.infer<typeof bulkAnswer>;
export type IssueRun = z.infer<typeof issueRunSchema>;
export type Party = z.infer<typeof partySchema>;
export type PartyRow = z.infer<typeof partyRowSchema>;
export type Series = z.infer<typeof seriesSchema>;
export type SeriesInput = z.infer<typeof seriesInput>;
export type Register = z.infer<typeof registerSchema>;
export type MailTemplate = z.infer<typeof mailTemplateSchema>;
export type MailPreviewAnswer = z.infer<typeof mailPreviewAnswer>;
export type MailTestAnswer = z.infer<typeof mailTestAnswer>;
export type MailVariables = z.infer<typeof mailVariablesSchema>;
export type MailSettings = z.infer<typeof mailSettingsSchema>;
export type MailSettingsInput = z.infer<typeof mailSettingsInput>;
export type Connector = z.infer<typeof connectorSchema>;
export type Connection = z.infer<typeof connectionSchema>;
export type ConnectionCheck = z.infer<typeof connectionCheckAnswer>;
export type CauseCase = z.infer<typeof causeCaseSchema>;
export type Completeness = z.infer<typeof completenessSchema>;
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
export type DemoState = z.infer<typeof demoState>;

export * from './agents.ts';
export * from './billing.ts';
export * from './channel.ts';
export * from './desk.ts';
export * from './payments.ts';
