import { z } from 'zod';
import { daySchema, documentKindSchema } from '../../domain/documents/document.ts';
import { findingSchema } from '../../domain/finding.ts';
import { decimalSchema, instantSchema } from '../../domain/orders/order.ts';
import { idSchema, list, name, pageQuery, patchOf, settingsSchema } from './common.ts';

const seriesResetSchema = z.enum(['yearly', 'monthly', 'daily', 'never']);
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
export const seriesPatch = patchOf(seriesInput);
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
      /** Its content left after its term; this line stays. */
      archivedAt: instantSchema.nullable(),
      reason: z.string().nullable(),
    }),
  ),
  /** Must be empty. */
  gaps: z.array(z.object({ period: z.string(), from: z.number().int(), to: z.number().int() })),
  nextCursor: z.string().optional(),
});

export type Series = z.infer<typeof seriesSchema>;
export type SeriesInput = z.infer<typeof seriesInput>;
export type Register = z.infer<typeof registerSchema>;
