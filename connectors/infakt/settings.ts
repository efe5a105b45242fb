import { z } from 'zod';

const flag = z.preprocess((value) => (value === 'true' ? true : value === 'false' || value === '' ? false : value), z.boolean());
const word = z
  .preprocess((value) => (typeof value === 'number' ? String(value) : value), z.string().trim())
  .catch('')
  .default('');

/** Settings as the mapper uses them; whatever is not valid falls back to the cautious choice. */
const schema = z.object({
  clients: z.enum(['inline', 'link']).catch('inline').default('inline'),
  mailBy: z.enum(['hub', 'provider']).catch('hub').default('hub'),
  // Of the series.
  pdfLanguage: z.enum(['pl', 'en', 'pe']).catch('pl').default('pl'),
  ksef: z.enum(['nip_only', 'all', 'never']).catch('nip_only').default('nip_only'),
  paymentDays: z.coerce.number().int().min(0).max(365).catch(0).default(0),
  bankAccount: word,
  exemption: word,
  flatRate: word,
  /** Who reports documents of the series to the authority. */
  reporter: z.enum(['hub', 'provider', 'nobody']).catch('nobody').default('nobody'),
  transfer: flag.catch(true).default(true),
});
export type InfaktSettings = z.infer<typeof schema>;

/** Later records win: the connection's settings, then those of the series. */
export function settingsOf(...records: Record<string, unknown>[]): InfaktSettings {
  const merged: Record<string, unknown> = {};
  for (const record of records)
    for (const [key, value] of Object.entries(record)) if (value !== undefined && value !== null) merged[key] = value;
  return schema.parse(merged);
}
