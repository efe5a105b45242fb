import { z } from 'zod';
import type { Segment } from '../../src/contract/administer.ts';

const text = z.string().trim().catch('').default('');
const days = (standard: number) => z.coerce.number().int().min(0).max(400).catch(standard).default(standard);

export const soapServices = [
  'InvoiceServiceV31',
  'InvoiceServiceV32',
  'InvoiceServiceV33',
  'PaymentServiceV9',
  'PaymentServiceV10',
] as const;
export type SoapService = (typeof soapServices)[number];

/** Settings as the mapper uses them; whatever is not valid falls back to the cautious choice. */
const schema = z.object({
  environment: z.enum(['production', 'test']).catch('production').default('production'),
  soapService: z
    .enum(['none', ...soapServices])
    .catch('none')
    .default('none'),
  username: text,
  clientId: text,
  prefer: z.enum(['rest', 'soap']).catch('rest').default('rest'),
  restUrl: text,
  restScope: text,
  singleStore: z.boolean().catch(false).default(false),
  dueDays: days(14),
  extendDays: days(10),
  by: z.enum(['email', 'post']).catch('email').default('email'),
  invoiceType: z.enum(['0', '1', '3', '4', '5']).catch('0').default('0'),
  productCode: text,
  clientIp: text,
  soapInterface: text,
  adjustRoot: text,
  mobileField: z.enum(['CellPhoneNumber', 'MobilePhone']).catch('CellPhoneNumber').default('CellPhoneNumber'),
  callbackUser: text,
  secretExpires: text,
});
export type WalleySettings = z.infer<typeof schema> & { stores: Record<string, string> };

/** One store is one country and one segment (contract §3.1). Key of its setting. */
export function storeKey(country: string, segment: Segment): string {
  return `store${country[0]}${country[1]!.toLowerCase()}${segment === 'consumer' ? 'Consumer' : 'Company'}`;
}

export const countries = ['SE', 'NO', 'FI', 'DK'] as const;
/** The currency a country's store keeps. */
export const currencies: Record<string, string> = { SE: 'SEK', NO: 'NOK', FI: 'EUR', DK: 'DKK' };

export function settingsOf(raw: Record<string, unknown>): WalleySettings {
  const stores: Record<string, string> = {};
  for (const country of countries)
    for (const segment of ['consumer', 'company'] as const) {
      const key = storeKey(country, segment);
      const value = String(raw[key] ?? '').trim();
      if (/^\d{1,9}$/.test(value)) stores[key] = value;
    }
  return { ...schema.parse(raw), stores };
}

/** Is there more than one store by what is typed in? Then every call must name its store. */
export function storeOf(settings: WalleySettings, country: string, segment: Segment): string | undefined {
  return countries.includes(country as 'SE') ? settings.stores[storeKey(country, segment)] : undefined;
}

export const isPaymentService = (service: string) => service.startsWith('PaymentService');
