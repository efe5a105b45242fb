import { z } from 'zod';
import { defaultForms } from '../../src/contract/books.ts';

const text = (otherwise: string) => z.string().trim().catch(otherwise).default(otherwise);

/** Settings as the mapper uses them; whatever is not valid falls back to the cautious choice. */
const schema = z.object({
  door: z.enum(['register', 'documents']).catch('register').default('register'),
  sourceBase: text(''),
  targetBase: text(''),
  register: text('SPRZEDAŻ'),
  category: text(''),
  warehouse: text('MAGAZYN'),
  deliveryCode: text('DOSTAWA'),
  serviceCode: text(''),
  paymentTransfer: text(defaultForms.paymentTransfer),
  paymentOnline: text(defaultForms.paymentOnline),
  paymentCard: text(defaultForms.paymentCard),
  paymentCash: text(defaultForms.paymentCash),
  paymentOnDelivery: text('Pobranie'),
  paymentOther: text('inna'),
  pdfName: text('{number}'),
});
export type OptimaSettings = z.infer<typeof schema>;

/** Later records win: the connection's settings, then those of the series or the document. */
export function settingsOf(...records: Record<string, unknown>[]): OptimaSettings {
  const merged: Record<string, unknown> = {};
  for (const record of records)
    for (const [key, value] of Object.entries(record)) if (value !== undefined && value !== null) merged[key] = value;
  return schema.parse(merged);
}
