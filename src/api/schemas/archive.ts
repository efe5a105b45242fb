import { z } from 'zod';
import { daySchema } from '../../domain/documents/document.ts';
import { instantSchema } from '../../domain/orders/order.ts';
import { idSchema } from './common.ts';

export const retentionInput = z.object({
  years: z.number().int().min(5).max(30),
  /** The month in which the financial year ends. */
  yearEnds: z.number().int().min(1).max(12),
  /** Texts as they came in leave after so many months; null: with their documents. */
  rawMonths: z.number().int().min(3).max(120).nullable(),
});
export const termsSchema = retentionInput.extend({
  lawfulYears: z.number().int(),
  law: z.string(),
  /** Documents of days before it may leave; the second day is for sales taxed in the buyer's country. */
  untilDay: daySchema,
  longUntilDay: daySchema,
});
export const archiveRunSchema = z
  .object({
    id: idSchema,
    state: z.enum(['making', 'ready', 'removing', 'done', 'cancelled']),
    untilDay: daySchema,
    /** Orders that never had a document are among them. */
    documents: z.number().int(),
    removed: z.number().int(),
    kept: z.array(z.object({ why: z.string(), documents: z.number().int() })),
    parts: z.array(
      z.object({
        seq: z.number().int(),
        name: z.string(),
        sha256: z.string(),
        sizeBytes: z.string(),
        documents: z.number().int(),
        taken: z.boolean(),
        there: z.boolean(),
      }),
    ),
    createdAt: instantSchema,
    createdBy: z.string(),
    finishedAt: instantSchema.nullable(),
  })
  .meta({ id: 'Archive' });
export const archiveSchema = z.object({
  terms: termsSchema,
  /** What an archive would hold; empty while one is open. */
  old: z.array(
    z.object({
      year: z.number().int(),
      documents: z.number().int(),
      /** Orders, and prepared documents of no order, that never became a document. */
      undocumented: z.number().int(),
    }),
  ),
  runs: z.array(archiveRunSchema),
});
export const archivePartParams = z.object({ id: idSchema, seq: z.coerce.number().int().min(1) });

export type ArchiveAnswer = z.infer<typeof archiveSchema>;
