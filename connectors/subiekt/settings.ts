import { z } from 'zod';
import { defaultForms } from '../../src/contract/books.ts';
import { type EppVersion, versions } from '../../src/domain/formats/epp/index.ts';

const flag = (otherwise: boolean) =>
  z
    .preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean())
    .catch(otherwise)
    .default(otherwise);
const text = (otherwise: string) => z.string().trim().catch(otherwise).default(otherwise);

/** Settings as the mapper uses them; whatever is not valid falls back to the cautious choice. */
const schema = z.object({
  purpose: z.enum(['items', 'office']).catch('items').default('items'),
  version: z.enum(versions).catch('1.11').default('1.11'),
  codePage: z.enum(['1250', '852']).catch('1250').default('1250'),
  warehouseCode: text('MAG'),
  warehouseName: text('Główny'),
  issuer: text(''),
  category: text('Sprzedaż'),
  categorySubtitle: text('Sprzedaż towarów'),
  priceList: text('Detaliczna'),
  group: text('Podstawowa'),
  paymentTransfer: text(defaultForms.paymentTransfer),
  paymentOnline: text(defaultForms.paymentOnline),
  paymentCard: text(defaultForms.paymentCard),
  paymentCash: text(defaultForms.paymentCash),
  paymentOnDelivery: text(defaultForms.paymentOnDelivery),
  paymentOther: text(defaultForms.paymentOther),
  createGoods: flag(true),
  deliveryCode: text('DOSTAWA'),
  payableForPaid: z.enum(['gross', 'zero']).catch('gross').default('gross'),
  pdfName: text('{type} {number}'),
});
export type SubiektSettings = Omit<z.infer<typeof schema>, 'version'> & { version: EppVersion };

/** Later records win: the connection's settings, then those of the series or the document. */
export function settingsOf(...records: Record<string, unknown>[]): SubiektSettings {
  const merged: Record<string, unknown> = {};
  for (const record of records)
    for (const [key, value] of Object.entries(record)) if (value !== undefined && value !== null) merged[key] = value;
  return schema.parse(merged);
}
