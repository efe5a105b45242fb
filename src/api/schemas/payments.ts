import { z } from 'zod';
import { daySchema } from '../../domain/documents/document.ts';
import { findingSchema } from '../../domain/finding.ts';
import { decimalSchema } from '../../domain/orders/order.ts';
import { statementEncodings } from '../../payments/index.ts';

/** Bank statements and payments. */
const id = z.uuid();
const proposal = z.object({
  shares: z.array(z.object({ documentId: id, number: z.string(), amount: z.string() })),
  rest: z.string(),
  kind: z.enum(['exact', 'part', 'over', 'double', 'several']),
  confidence: z.enum(['certain', 'likely', 'possible']),
  reasons: z.array(z.string()),
});
export const paymentSchema = z
  .object({
    id,
    source: z.enum(['bank', 'charge', 'manual']),
    state: z.enum(['open', 'booked', 'set_aside']),
    why: z.string().nullable(),
    unsure: z.string().nullable(),
    amount: z.string(),
    left: z.string(),
    currency: z.string(),
    valueDay: daySchema,
    payerName: z.string().nullable(),
    payerAccount: z.string().nullable(),
    title: z.string(),
    statementId: id.nullable(),
    place: z.number().int().nullable(),
    proposals: z.array(proposal),
    allocations: z.array(
      z.object({
        documentId: id.nullable(),
        number: z.string().nullable(),
        kind: z.string().nullable(),
        purpose: z.enum(['document', 'credit', 'returned']),
        amount: z.string(),
        automatic: z.boolean(),
        reasons: z.array(z.string()),
        by: z.string(),
      }),
    ),
  })
  .meta({ id: 'Payment' });
export type PaymentView = z.infer<typeof paymentSchema>;
export const paymentsQuery = z.object({
  state: z.enum(['open', 'booked', 'set_aside']).optional(),
  q: z.string().max(200).optional(),
  statement: id.optional(),
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(200).optional(),
});
export const paymentsSchema = z.object({
  items: z.array(paymentSchema),
  nextCursor: z.string().nullable(),
  counts: z.object({ open: z.number().int(), proposed: z.number().int() }),
});
export const bookInput = z.object({
  shares: z
    .array(z.object({ documentId: id, amount: decimalSchema }))
    .max(100)
    .default([]),
  /** What is left becomes the payer's credit. */
  restToCredit: z.boolean().default(false),
});
export const statementSchema = z
  .object({
    id,
    name: z.string(),
    status: z.enum(['waiting', 'read', 'refused']),
    format: z.string().nullable(),
    encoding: z.string().nullable(),
    counts: z.record(z.string(), z.number()),
    accounts: z.array(
      z.object({
        account: z.string(),
        currency: z.string(),
        number: z.string().optional(),
        lines: z.number().int(),
        lastDay: z.string().optional(),
      }),
    ),
    findings: z.array(findingSchema),
    createdAt: z.string(),
    createdBy: z.string(),
  })
  .meta({ id: 'BankStatement' });
export type StatementView = z.infer<typeof statementSchema>;
export const statementsSchema = z.object({ items: z.array(statementSchema) });
export const statementQuery = z.object({ encoding: z.enum(statementEncodings).optional() });
export const openDocumentsQuery = z.object({ q: z.string().max(100).optional(), currency: z.string().length(3).optional() });
export const openDocumentsSchema = z.object({
  items: z.array(z.object({ id, number: z.string(), buyerName: z.string(), open: z.string(), currency: z.string(), issueDate: daySchema })),
});
