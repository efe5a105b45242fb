import { z } from 'zod';
import { daySchema, documentKindSchema, languageSchema } from '../../domain/documents/document.ts';
import { findingSchema } from '../../domain/finding.ts';
import { booksProfileSchema } from '../../domain/formats/jpk/index.ts';
import { decimalSchema, instantSchema } from '../../domain/orders/order.ts';

/** The month's end: what is missing before it goes to the accountant, the files for the tax office, and files for programs. */
const idSchema = z.uuid();

export const booksProfileInput = booksProfileSchema;
export const booksProfileAnswer = booksProfileSchema.omit({ cashMethod: true }).meta({ id: 'BooksProfile' });

export const booksPeriodQuery = z.object({ from: daySchema, to: daySchema });
export const booksPackQuery = booksPeriodQuery.extend({ language: languageSchema.optional() });
export const booksMonthQuery = z.object({ month: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'a month such as 2026-09') });

const documentFindingSchema = findingSchema.extend({ documentId: idSchema.optional(), number: z.string().optional() });

export const booksCheckSchema = z
  .object({
    from: daySchema,
    to: daySchema,
    wholeMonth: z.boolean(),
    documents: z.array(
      z.object({
        kind: documentKindSchema,
        currency: z.string(),
        count: z.number().int(),
        net: decimalSchema,
        tax: decimalSchema,
        gross: decimalSchema,
      }),
    ),
    completeness: z.object({
      orders: z.number().int(),
      documents: z.number().int(),
      breaks: z.number().int(),
      gaps: z.number().int(),
      complete: z.boolean(),
    }),
    /** Only for a whole month of a Polish seller. */
    taxFiles: z.array(
      z.object({
        file: z.enum(['v7', 'fa']),
        ready: z.boolean(),
        documents: z.number().int(),
        findings: z.array(documentFindingSchema),
        more: z.boolean(),
      }),
    ),
    /** Programs that take documents as files, and how many of the period they have not had. */
    ways: z.array(z.object({ connector: z.string(), name: z.string(), connectionId: idSchema.nullable(), waiting: z.number().int() })),
  })
  .meta({ id: 'BooksCheck' });
export type BooksCheck = z.infer<typeof booksCheckSchema>;

export const booksWaysSchema = z.object({
  items: z.array(z.object({ connector: z.string(), name: z.string(), connectionId: idSchema.nullable() })),
});

const refusedDocumentSchema = z.object({ id: idSchema, number: z.string(), findings: z.array(findingSchema) });

const exportFileSchema = z
  .object({
    id: idSchema,
    serial: z.string(),
    connector: z.string(),
    connectionId: idSchema.nullable(),
    name: z.string(),
    from: daySchema.nullable(),
    to: daySchema.nullable(),
    documents: z.number().int(),
    /** Documents that the program would refuse; they are not in the file. */
    refused: z.array(refusedDocumentSchema),
    sha256: z.string().nullable(),
    sizeBytes: z.string().nullable(),
    createdBy: z.string(),
    createdAt: instantSchema,
  })
  .meta({ id: 'ExportFile' });
export type ExportFile = z.infer<typeof exportFileSchema>;
export const exportFilesSchema = z.object({ items: z.array(exportFileSchema) });

export const exportFileMade = exportFileSchema.extend({
  /** Documents left out because they were in a file, or with the program, before. */
  alreadyOut: z.number().int(),
});
