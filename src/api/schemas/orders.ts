import { z } from 'zod';
import { daySchema, documentKindSchema } from '../../domain/documents/document.ts';
import { decimalSchema, instantSchema, orderSchema } from '../../domain/orders/order.ts';
import { flag, idSchema, page, pageQuery } from './common.ts';

/** One step of the life of an order or a document, oldest first; `what` is a lasting word, `params` fill its text. */
export const timelineEntrySchema = z.object({
  at: instantSchema,
  actor: z.string().optional(),
  what: z.string(),
  about: z.enum(['order', 'document', 'transfer', 'delivery']),
  params: z.record(z.string(), z.unknown()).optional(),
});
export type TimelineEntry = z.infer<typeof timelineEntrySchema>;
const orderRowSchema = z
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

export type OrderRow = z.infer<typeof orderRowSchema>;
export type OrderDetail = z.infer<typeof orderDetailSchema>;
