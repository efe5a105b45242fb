import { z } from 'zod';

const flag = z.preprocess((value) => (value === 'true' ? true : value === 'false' || value === '' ? false : value), z.boolean());

/** Settings as the mapper uses them; whatever is not valid falls back to the cautious choice. */
const schema = z.object({
  eInvoice: flag.catch(false).default(false),
  prefix: z.string().trim().catch('').default(''),
  receiptPrefix: z.string().trim().catch('').default(''),
  language: z.string().min(1).catch('document').default('document'),
  mailBy: z.enum(['provider', 'hub']).catch('hub').default('hub'),
  mailReplyTo: z.string().catch('').default(''),
  mailSubject: z.string().catch('').default(''),
  mailText: z.string().catch('').default(''),
  exemptKey: z.enum(['TAM', 'AAM']).catch('TAM').default('TAM'),
  ossSeller: flag.catch(false).default(false),
  onlineMethod: z.string().min(1).catch('bankkártya').default('bankkártya'),
  /** Seller's words for payment methods to the provider's, made by the mapping of the connection. */
  paymentMethods: z.record(z.string(), z.string()).catch({}).default({}),
  orderRepeatForbidden: flag.catch(false).default(false),
  hourlyLimit: z.coerce.number().int().min(0).catch(0).default(0),
  bankName: z.string().catch('').default(''),
  bankAccount: z.string().catch('').default(''),
  logo: z.string().catch('').default(''),
  template: z.string().catch('').default(''),
  receiptTemplate: z.string().catch('').default(''),
});
export type SzamlazzSettings = z.infer<typeof schema>;

/** Later records win: the connection's settings, then those of the series or the document; an empty field there says nothing. */
export function settingsOf(...records: Record<string, unknown>[]): SzamlazzSettings {
  const merged: Record<string, unknown> = {};
  for (const record of records)
    for (const [key, value] of Object.entries(record))
      if (value !== undefined && value !== null && (value !== '' || merged[key] === undefined)) merged[key] = value;
  return schema.parse(merged);
}
