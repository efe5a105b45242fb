import { z } from 'zod';
import { instantSchema } from '../../domain/orders/order.ts';
import { page, pageQuery } from './common.ts';
import { moneySchema } from './home.ts';

export const partyParams = z.object({ id: z.string().max(2000) });
const partyRowSchema = z.object({
  id: z.string(),
  name: z.string(),
  taxId: z.string().nullable(),
  email: z.string().nullable(),
  country: z.string().nullable(),
  documents: z.number().int(),
  turnover: z.array(moneySchema),
  lastIssuedAt: instantSchema.nullable(),
});
export const partySchema = partyRowSchema.extend({
  address: z.object({
    street: z.string().optional(),
    street2: z.string().optional(),
    postalCode: z.string().optional(),
    city: z.string().optional(),
    phone: z.string().optional(),
    email: z.string().optional(),
  }),
});
export const partiesQuery = pageQuery.extend({ q: z.string().max(200).optional() });
export const partiesSchema = page(partyRowSchema);

export type Party = z.infer<typeof partySchema>;
export type PartyRow = z.infer<typeof partyRowSchema>;
