import { z } from 'zod';
import { daySchema, documentKindSchema, languageSchema } from '../../domain/documents/document.ts';
import { partySchema } from '../../domain/parties/party.ts';

/** The buyer's page and the desk behind it. */
export const buyerToken = z.object({ token: z.string().min(40).max(400) });
export const buyerViewSchema = z
  .object({
    kind: documentKindSchema,
    title: z.string(),
    number: z.string(),
    issueDate: daySchema,
    gross: z.string(),
    currency: z.string(),
    seller: z.string(),
    buyer: partySchema,
    language: languageSchema,
  })
  .meta({ id: 'BuyerView' });
export type BuyerPage = z.infer<typeof buyerViewSchema>;
export const askInput = z.object({
  kind: z.enum(['again', 'invoice', 'mend', 'report']),
  said: z.string().max(2000).optional(),
  party: partySchema.optional(),
});
export const askedSchema = z.object({ state: z.enum(['done', 'open', 'refused']), outcome: z.string() });
export const missingInput = z.object({ said: z.string().trim().min(1).max(2000) });
export const deskSchema = z.object({
  items: z.array(
    z.object({
      id: z.uuid(),
      kind: z.enum(['again', 'invoice', 'mend', 'report']),
      said: z.string(),
      state: z.enum(['open', 'done', 'refused']),
      outcome: z.string().nullable(),
      documentId: z.uuid().nullable(),
      number: z.string().nullable(),
      buyerName: z.string().nullable(),
      /** The data asked for. */
      party: partySchema.nullable(),
      madeId: z.uuid().nullable(),
      made: z.object({ state: z.string(), number: z.string().nullable() }).nullable(),
      /** Somebody has to do something: answer it, or check and issue the correction that was proposed. */
      waiting: z.boolean(),
      by: z.string(),
      at: z.string(),
    }),
  ),
});
export type Desk = z.infer<typeof deskSchema>;
export type DeskItem = Desk['items'][number];
export type Ask = z.infer<typeof askInput>;
export type Asked = z.infer<typeof askedSchema>;
