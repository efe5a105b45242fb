import { z } from 'zod';
import { idSchema, list } from './common.ts';
import { importKindSchema } from './imports.ts';

export const demoState = z.object({
  demo: z.boolean(),
  operatorOrganizationId: idSchema.nullish(),
  email: z.string(),
  password: z.string(),
  /** Those with an address and a key are connected by the newcomer. */
  simulators: z.array(
    z.object({
      connector: z.string(),
      url: z.string(),
      apiUrl: z.string().optional(),
      key: z.string().optional(),
      account: z.string().optional(),
    }),
  ),
  /** The organization that connects the doubles of an order system and an accountant's program. */
  ordersOrganizationId: idSchema,
  /** The organization whose ticket shop `/demo/sell-tickets` sells for. */
  ticketsOrganizationId: idSchema,
  sampleImported: z.boolean(),
  mails: z.number().int(),
});
export const ordersArriveInput = z.object({
  count: z.number().int().min(1).max(100).default(10),
  at: z.enum(['sellasist', 'baselinker']).default('sellasist'),
});
export const ordersArriveAnswer = z.object({ arrived: z.number().int() });
const demoMailHead = z.object({
  id: z.string(),
  receivedAt: z.string(),
  from: z.string(),
  recipients: z.array(z.string()),
  subject: z.string(),
});
export const demoMailsSchema = list(demoMailHead.extend({ files: z.number().int() }));
export const demoMailSchema = demoMailHead.extend({
  text: z.string(),
  html: z.string(),
  files: z.array(z.object({ fileName: z.string(), contentType: z.string(), sizeBytes: z.number().int() })),
});
export type DemoMail = z.infer<typeof demoMailSchema>;
export const sellTicketsInput = z.object({ count: z.number().int().min(1).max(200).default(10) });
export const sellTicketsAnswer = z.object({
  accepted: z.number().int(),
  refused: z.array(z.object({ status: z.number().int(), body: z.string() })),
});
export const sampleImportInput = z.object({ kind: importKindSchema.default('auto') });

export type DemoState = z.infer<typeof demoState>;
