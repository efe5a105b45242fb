import { z } from 'zod';
import { daySchema } from '../../domain/documents/document.ts';
import { findingSchema } from '../../domain/finding.ts';

const idSchema = z.uuid();

/** Pulling orders, putting things back on them, rehearsal and trials of settings. */
const cause = z
  .object({ code: z.string(), params: z.record(z.string(), z.string()).optional(), providerText: z.string().optional() })
  .nullable();

export const pullSchema = z.object({
  running: z.boolean(),
  lastAt: z.string().nullable(),
  startedAt: z.string().nullable(),
  nextAt: z.string().nullable(),
  /** The channel's limit of requests is used up: it goes on then. */
  waitsUntil: z.string().nullable(),
  /** Orders of the last run that brought any, by outcome. */
  counts: z.record(z.string(), z.number().int()),
  failures: z.number().int(),
  cause,
  everyMs: z.number().int(),
  orders: z.number().int(),
  /** Orders that could not be read; they are read again at every run. */
  rejects: z.array(
    z.object({ externalId: z.string(), finding: findingSchema, firstAt: z.string(), lastAt: z.string(), tries: z.number().int() }),
  ),
  rejectCount: z.number().int(),
});

export const orderReadParams = z.object({ id: idSchema, externalId: z.string().min(1).max(200) });
export const orderReadAnswer = z.object({ counts: z.record(z.string(), z.number().int()) });

export const orderWritesQuery = z.object({
  status: z.string().max(40).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export const orderWritesSchema = z.object({
  /** How many of each status, by way. */
  counts: z.array(z.object({ way: z.string(), status: z.string(), count: z.number().int() })),
  items: z.array(
    z.object({
      id: idSchema,
      documentId: idSchema,
      documentNumber: z.string().nullable(),
      orderNumber: z.string(),
      way: z.enum(['attachment', 'order']),
      /** What is put there: `file`, `status`, `text` or `note`, and its value. */
      thing: z.string(),
      value: z.string(),
      status: z.string(),
      nextAt: z.string().nullable(),
      updatedAt: z.string(),
      cause,
    }),
  ),
});

export const rehearsalInput = z.object({ from: daySchema, to: daySchema, limit: z.number().int().min(1).max(2000).default(100) });
const verdict = z.enum(['issue', 'held', 'wait', 'nothing', 'known', 'unreadable']);
export const rehearsalSchema = z.object({
  from: z.string(),
  to: z.string(),
  orders: z.array(
    z.object({
      externalId: z.string(),
      number: z.string(),
      day: z.string(),
      buyer: z.string(),
      gross: z.string(),
      currency: z.string(),
      verdict,
      kind: z.string().optional(),
      findings: z.array(findingSchema),
    }),
  ),
  counts: z.record(verdict, z.number().int()),
  totals: z.array(z.object({ currency: z.string(), gross: z.string() })),
  causes: z.array(z.object({ code: z.string(), count: z.number().int(), params: z.record(z.string(), z.string()).optional() })),
  more: z.boolean(),
});

export const trialInput = z.object({ setting: z.string().max(60), value: z.string().max(200).optional() });
export const trialSchema = z.object({
  result: z.enum(['found', 'missing', 'empty', 'pdf', 'orders']),
  params: z.record(z.string(), z.string()),
  last: z.object({ orderNumber: z.string(), status: z.string(), at: z.string() }).nullable(),
  cause,
});

export type Pull = z.infer<typeof pullSchema>;
export type OrderWrites = z.infer<typeof orderWritesSchema>;
export type Rehearsal = z.infer<typeof rehearsalSchema>;
export type Trial = z.infer<typeof trialSchema>;
