import { z } from 'zod';
import { daySchema } from '../../domain/documents/document.ts';
import { findingSchema } from '../../domain/finding.ts';
import { decimalSchema, instantSchema } from '../../domain/orders/order.ts';
import { idSchema } from './common.ts';
import { runStarted } from './documents.ts';
import { moneySchema } from './home.ts';

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
const backfillRunSchema = z.object({
  runId: idSchema,
  startedAt: instantSchema,
  total: z.number().int(),
  /** With a number, ours or the provider's. */
  issued: z.number().int(),
  refused: z.number().int(),
  /** On a cause card, or waiting for a person's word or a later try. */
  stopped: z.number().int(),
  /** Something still goes on by itself, and soon. */
  goesOn: z.boolean(),
});
/** The youngest backfill; null when there was none. */
export const backfillLastSchema = z.object({ run: backfillRunSchema.nullable() });
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

export type Completeness = z.infer<typeof completenessSchema>;
