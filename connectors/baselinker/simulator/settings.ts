import { z } from 'zod';

/** Switches of the double. Where the contract leaves a question open the default is the reading a client must survive. */
export const settings = z.object({
  tokenRevoked: z.boolean().default(false),
  /** Methods the token may not call. The code of that refusal is not public. */
  deniedMethods: z.array(z.string()).default([]),
  /** Every answer is a page, with status 200 as always. */
  maintenance: z.boolean().default(false),
  requestsPerMinute: z.number().int().min(1).nullable().default(100),
  blockMinutes: z.number().min(0).default(10),
  /** Numbers as numbers, as text, or by order now this and now that. */
  numbers: z.enum(['mixed', 'numbers', 'strings']).default('mixed'),
  journalOn: z.boolean().default(true),
  journalKey: z.enum(['log_id', 'id']).default('log_id'),
  lastLogInclusive: z.boolean().default(false),
  /** `date_confirmed_from` takes the second it names. */
  fromInclusive: z.boolean().default(true),
  /** A second invoice for one order is made, or refused. */
  secondInvoice: z.enum(['made', 'refused']).default('made'),
  /** Text and files beyond their limit. */
  overLimit: z.enum(['refused', 'cut']).default('refused'),
  acceptsXml: z.boolean().default(true),
});
export type Settings = z.infer<typeof settings>;
