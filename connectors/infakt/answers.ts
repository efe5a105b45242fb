import { z } from 'zod';
import type { Made } from '../../src/contract/connector.ts';
import { type Decimal, decimal, fixed } from '../../src/domain/money/money.ts';
import type { Reply } from './client.ts';

/** Their answers, read tolerantly: fields we need, in the shapes that were seen; everything else is left alone. */
/**
 * What the provider calls a document of a family when read: posted to the wrong family, it becomes something else silently. The wrapper of
 * a create is inferred for all but the first two; a wrong one is refused at once, and nothing is made.
 */
export const families = {
  invoices: { kind: 'vat', wrapper: 'invoice' },
  corrective_invoices: { kind: 'correction', wrapper: 'corrective_invoice' },
  advance_invoices: { kind: 'advance', wrapper: 'advance_invoice' },
  final_invoices: { kind: 'final', wrapper: 'final_invoice' },
  oss_invoices: { kind: 'oss', wrapper: 'oss_invoice' },
  corrective_oss_invoices: { kind: 'corrective_oss', wrapper: 'corrective_oss_invoice' },
} as const;
export type Family = keyof typeof families;
/** Lines come in pairs there, before and after. */
export const corrects = (family: Family) => family === 'corrective_invoices' || family === 'corrective_oss_invoices';
/** OSS documents are a world of their own: days and rates by other names, no terms of the transaction, no KSeF (contract §15). */
export const isOss = (family: Family) => family === 'oss_invoices' || family === 'corrective_oss_invoices';
/** Their lines are those of the order, their amounts what was taken of it. */
const takesPart = (family: Family) => family === 'advance_invoices' || family === 'final_invoices';

const text = z.string().nullish().catch(undefined);
const money = z.coerce.number().int().nullish().catch(undefined);

const ksefSchema = z.object({ status: text, status_description: text, ksef_number: text }).nullish().catch(undefined);
type KsefState = { status: string; description: string; number?: string };

const lineSchema = z.object({
  name: z.string().catch(''),
  tax_symbol: text,
  tax_rate: z.coerce.string().nullish().catch(undefined),
  quantity: z.coerce.number().catch(0),
  unit_net_price: money,
  net_price: money,
  tax_price: money,
  gross_price: money,
  correction: z.boolean().nullish().catch(undefined),
});

const documentSchema = z.object({
  id: z.coerce.number().nullish().catch(undefined),
  uuid: z.string().min(1),
  number: text,
  kind: text,
  currency: text,
  invoice_date: text,
  issue_date: text,
  paid_date: text,
  net_price: money,
  gross_price: money,
  payment_method: text,
  client_id: z.number().nullish().catch(undefined),
  client_company_name: text,
  client_first_name: text,
  client_last_name: text,
  client_tax_code: text,
  notes: text,
  corrected_invoice_uuid: text,
  transaction_terms: z
    .object({ orders: z.array(z.object({ number: text, date: text })).catch([]) })
    .nullish()
    .catch(undefined),
  ksef_number: text,
  ksef_data: ksefSchema,
  services: z.array(lineSchema).catch([]),
});
/** A document as inFakt holds it. Amounts are hundredths of the currency, whatever the currency. */
export type Held = {
  family: Family;
  uuid: string;
  id: number;
  number?: string;
  kind?: string;
  currency?: string;
  day?: string;
  paidOn?: string;
  gross?: bigint;
  net?: bigint;
  /** Sums of its lines by tax symbol; of a correction what it changes. Undefined where a line did not say all of them. */
  byRate?: { symbol: string; net: bigint; tax: bigint; gross: bigint }[];
  paymentMethod?: string;
  clientId?: number;
  buyerName: string;
  buyerTaxId: string;
  notes: string;
  correctsUuid?: string;
  /** Undefined when the answer did not say (a list may leave it out). */
  orders?: string[];
  ksef?: KsefState;
  lines: { name: string; quantity: number; unitNet?: number; gross?: number; after: boolean }[];
};

export function heldOf(family: Family, json: unknown): Held | undefined {
  const parsed = documentSchema.safeParse(json);
  if (!parsed.success) return undefined;
  const d = parsed.data;
  const number = d.number?.trim() || undefined;
  const ksef = d.ksef_data?.status
    ? {
        status: d.ksef_data.status,
        description: d.ksef_data.status_description ?? '',
        number: d.ksef_data.ksef_number || d.ksef_number || undefined,
      }
    : undefined;
  return {
    family,
    uuid: d.uuid,
    id: d.id ?? 0,
    number,
    kind: d.kind ?? undefined,
    currency: d.currency ?? undefined,
    day: d.invoice_date ?? d.issue_date ?? undefined,
    // The only field that tells whether it is paid: status and paid amount have been seen to lie.
    paidOn: d.paid_date || undefined,
    gross: whole(d.gross_price),
    net: takesPart(family) ? undefined : whole(d.net_price),
    byRate: takesPart(family) ? undefined : byRate(family, d.services),
    paymentMethod: d.payment_method ?? undefined,
    clientId: d.client_id ?? undefined,
    buyerName: d.client_company_name || [d.client_first_name, d.client_last_name].filter(Boolean).join(' '),
    buyerTaxId: (d.client_tax_code ?? '').replace(/[\s-]/g, '').toUpperCase(),
    notes: d.notes ?? '',
    correctsUuid: d.corrected_invoice_uuid ?? undefined,
    orders: d.transaction_terms?.orders.flatMap((o) => (o.number ? [o.number.trim()] : [])),
    ksef,
    lines: d.services.map((l) => ({
      name: l.name,
      quantity: l.quantity,
      unitNet: l.unit_net_price ?? undefined,
      gross: l.gross_price ?? undefined,
      after: l.correction === true,
    })),
  };
}

function whole(amount: number | null | undefined): bigint | undefined {
  return amount === null || amount === undefined ? undefined : BigInt(amount);
}

function byRate(family: Family, lines: z.infer<typeof lineSchema>[]): Held['byRate'] {
  const rows = new Map<string, { symbol: string; net: bigint; tax: bigint; gross: bigint }>();
  for (const line of lines) {
    const { net_price: net, tax_price: tax, gross_price: gross } = line;
    const symbol = isOss(family) ? line.tax_rate?.replace(/\.0+$/, '') : line.tax_symbol;
    if (!symbol || net == null || tax == null || gross == null) return undefined;
    const sign = corrects(family) && line.correction !== true ? -1n : 1n;
    const row = rows.get(symbol) ?? { symbol, net: 0n, tax: 0n, gross: 0n };
    row.net += sign * BigInt(net);
    row.tax += sign * BigInt(tax);
    row.gross += sign * BigInt(gross);
    rows.set(symbol, row);
  }
  return rows.size > 0 ? [...rows.values()] : undefined;
}

export function fromHundredths(amount: bigint): Decimal {
  return decimal({ value: amount, scale: 2 });
}

/** As a row of amounts is read: always with both decimals. */
function printed(amount: bigint): Decimal {
  return fixed({ value: amount, scale: 2 }, 2);
}

/** The id is the address below the API: family and uuid, so that a document is found again without being asked what it is. */
export function idOf(family: Family, uuid: string): string {
  return `${family}/${uuid}`;
}

const idPattern = /^(\w+)\/([\w-]{1,80})$/;

export function familyAndUuid(providerId: string): { family: Family; uuid: string } | undefined {
  const [, family, uuid] = idPattern.exec(providerId) ?? [];
  return family && uuid && Object.hasOwn(families, family) ? { family: family as Family, uuid } : undefined;
}

export function madeOf(held: Held): Made {
  return {
    providerId: idOf(held.family, held.uuid),
    ...(held.number && { number: held.number }),
    ...(held.gross !== undefined && { gross: fromHundredths(held.gross) }),
    ...(held.net !== undefined && { net: fromHundredths(held.net) }),
    ...(held.byRate && {
      byRate: held.byRate.map(({ symbol, net, tax, gross }) => ({
        rate: symbol,
        net: printed(net),
        tax: printed(tax),
        gross: printed(gross),
      })),
    }),
    ...(held.currency && { currency: held.currency }),
    ...(held.day && { issueDate: held.day }),
    ...(held.buyerName && { buyerName: held.buyerName }),
    ...(held.paidOn && { paidOn: held.paidOn }),
    ...(held.ksef?.status === 'success' && held.ksef.number && { clearance: { system: 'KSeF', number: held.ksef.number } }),
  };
}

// ---------------------------------------------------------------- tasks

const taskSchema = z.object({
  invoice_task_reference_number: z.string().min(1).max(200),
  processing_code: z.coerce.number().int(),
  processing_description: text,
  invoice_uuid: text,
});
type Task = { reference: string; code: number; uuid?: string; description: string };

export function taskOf(json: unknown): Task | undefined {
  const parsed = taskSchema.safeParse(json);
  if (!parsed.success) return undefined;
  const { invoice_task_reference_number: reference, processing_code: code, invoice_uuid: uuid, processing_description } = parsed.data;
  return { reference, code, uuid: uuid ?? undefined, description: processing_description ?? '' };
}

/** Success is the code together with its document; 1xx of any kind is on its way; whatever is not listed leaves it open. */
export function taskState(code: number): 'pending' | 'done' | 'failed' | 'open' {
  if (code >= 100 && code < 200) return 'pending';
  if (code === 200 || code === 201) return 'done';
  return code >= 400 && code < 500 ? 'failed' : 'open';
}

// ---------------------------------------------------------------- lists

const listSchema = z.object({
  metainfo: z
    .object({ total_count: z.coerce.number().int().min(0) })
    .optional()
    .catch(undefined),
  entities: z.array(z.unknown()),
});

/** `total` is what they say there is in all, where they say it. */
export function listOf(reply: Reply): { total?: number; entities: unknown[] } | undefined {
  if (reply.verdict !== 'done') return undefined;
  // Small look-up lists have been seen without their envelope.
  if (Array.isArray(reply.json)) return { total: reply.json.length, entities: reply.json };
  const parsed = listSchema.safeParse(reply.json);
  return parsed.success
    ? { entities: parsed.data.entities, ...(parsed.data.metainfo && { total: parsed.data.metainfo.total_count }) }
    : undefined;
}

const rateSchema = z.object({ symbol: z.string(), valid_from: text, valid_until: text });

/** Tax symbols that may be used on that day: expired ones stay in the provider's list for ever. */
export function symbolsOf(entities: unknown[], today: string): string[] {
  return entities.flatMap((entity) => {
    const rate = rateSchema.safeParse(entity);
    return rate.success && (!rate.data.valid_until || rate.data.valid_until >= today) ? [rate.data.symbol] : [];
  });
}

const refSchema = z.object({ id: z.coerce.string(), name: text, symbol: text });

export function referencesOf(entities: unknown[]): { value: string; label: string }[] {
  return entities.flatMap((entity) => {
    const ref = refSchema.safeParse(entity);
    return ref.success ? [{ value: ref.data.id, label: [ref.data.symbol, ref.data.name].filter(Boolean).join(' – ') || ref.data.id }] : [];
  });
}

const bankSchema = z.object({
  account_number: z.string(),
  bank_name: text,
  currency: text,
  custom_name: text,
  default: z.boolean().nullish().catch(undefined),
});
type BankAccount = { number: string; bank: string; currency: string; name: string; standard: boolean };

export function bankAccountsOf(entities: unknown[]): BankAccount[] {
  return entities.flatMap((entity) => {
    const b = bankSchema.safeParse(entity);
    return b.success
      ? [
          {
            number: b.data.account_number,
            bank: b.data.bank_name ?? '',
            currency: b.data.currency ?? '',
            name: b.data.custom_name ?? '',
            standard: b.data.default === true,
          },
        ]
      : [];
  });
}

const clientSchema = z.object({ id: z.number().int(), nip: text });

/** Clients whose number is this one; the filter may have been ignored, so each is compared. The lowest id comes first. */
export function clientsWithTaxId(entities: unknown[], digits: string): number[] {
  return entities
    .flatMap((entity) => {
      const c = clientSchema.safeParse(entity);
      return c.success && (c.data.nip ?? '').replace(/\D/g, '') === digits ? [c.data.id] : [];
    })
    .sort((a, b) => a - b);
}

const accountSchema = z.object({
  company_data: z
    .object({ company_name: text, first_name: text, last_name: text, owner_name: text, owner_surname: text, tax_id: text })
    .partial()
    .nullish()
    .catch(undefined),
  current_subscription: z
    .object({ name: text, days_until_expiration: z.coerce.number().nullish().catch(undefined) })
    .partial()
    .nullish()
    .catch(undefined),
});

export function accountOf(json: unknown): { name: string; taxId: string; plan: string; daysLeft?: number } | undefined {
  const parsed = accountSchema.safeParse(json);
  if (!parsed.success) return undefined;
  const { company_data: company, current_subscription: plan } = parsed.data;
  const person = [company?.first_name ?? company?.owner_name, company?.last_name ?? company?.owner_surname].filter(Boolean).join(' ');
  return {
    name: company?.company_name || person,
    taxId: company?.tax_id ?? '',
    plan: plan?.name ?? '',
    daysLeft: plan?.days_until_expiration ?? undefined,
  };
}
