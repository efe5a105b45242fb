import { z } from 'zod';
import { documentKindSchema, languageSchema } from '../../domain/documents/document.ts';
import { decimalSchema, instantSchema } from '../../domain/orders/order.ts';
import { idParams, idSchema, list, name, patchOf, settingsSchema, textsSchema } from './common.ts';
import { connectorSetupSchema } from './providers.ts';

const settingFieldSchema = z.object({
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
const causeTextSchema = z.object({
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
const connectorSchema = z
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
export const connectionPatch = patchOf(connectionInput.omit({ connector: true }));
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
const causeCaseSchema = z
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
    /** A setting of ours that lets everything go on; changed by `POST /causes/:id/change` and never by itself. */
    change: z.object({ label: textsSchema, about: textsSchema }).nullable(),
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

export type Connector = z.infer<typeof connectorSchema>;
export type Connection = z.infer<typeof connectionSchema>;
export type ConnectionCheck = z.infer<typeof connectionCheckAnswer>;
export type CauseCase = z.infer<typeof causeCaseSchema>;
