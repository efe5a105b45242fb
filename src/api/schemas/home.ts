import { z } from 'zod';
import { daySchema } from '../../domain/documents/document.ts';
import { decimalSchema, instantSchema } from '../../domain/orders/order.ts';
import { idSchema, list, textsSchema } from './common.ts';

export const moneySchema = z.object({ currency: z.string(), gross: decimalSchema });
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
const findingTextSchema = z.object({
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

export type Home = z.infer<typeof homeSchema>;
export type FindingText = z.infer<typeof findingTextSchema>;
export type FindingTexts = z.infer<typeof findingTextsSchema>;
