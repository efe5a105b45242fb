import { createHash } from 'node:crypto';
import { paymentNamed } from '../../src/contract/channel.ts';
import type { IncomingOrder } from '../../src/contract/connector.ts';
import { emailKind } from '../../src/contract/files/records.ts';
import { countryCode, readTaxId } from '../../src/contract/files/values.ts';
import { decimal, type Fields, flag, type Json, list, object, text, twoLetters, Unreadable } from '../../src/contract/wire/json.ts';
import { cut } from '../../src/domain/cut.ts';
import { type Finding, hold } from '../../src/domain/finding.ts';
import { compareDecimal, extend, fromMinor, noCurrency, sum, toMinor } from '../../src/domain/money/money.ts';
import { type Order, orderSchema, type Payment, type TaxRate } from '../../src/domain/orders/order.ts';
import { orderSums } from '../../src/domain/orders/suggest.ts';
import type { Party } from '../../src/domain/parties/party.ts';

/** An order of theirs as an order of ours (contract §1.1, §2.2; ORDERS §5). Pure. */
export type MapperSettings = {
  readyStatuses: string[];
  cancelledStatuses: string[];
};

/** Documents made inside BaseLinker that count as documents of the sale. */
export type MadeThere = { kind: 'invoice' | 'correction' | 'receipt'; id: string; number?: string }[];

/** An id that is one; 0, "" and "0" are none. */
export function idOf(value: Json | undefined): string | undefined {
  const id = text(value, 40);
  return id && /^\d{1,19}$/.test(id) && !/^0+$/.test(id) ? id : undefined;
}

export const orderId = (value: Json | undefined) => idOf(object(value).order_id);

/** Unix seconds; undefined when there are none. */
function seconds(value: Json | undefined): number | undefined {
  const written = text(value, 20);
  return written && /^\d{1,11}$/.test(written) && Number(written) > 0 ? Number(written) : undefined;
}

const instant = (value: Json | undefined) => {
  const at = seconds(value);
  return at === undefined ? undefined : new Date(at * 1000).toISOString();
};

/** When it was confirmed, or else added. */
export const confirmedAt = (value: Json) => seconds(object(value).date_confirmed) ?? seconds(object(value).date_add) ?? 0;

/** Not confirmed: it may still change or vanish, and is no order yet (contract §2.1). */
export function isUnconfirmed(value: Json): boolean {
  const { confirmed } = object(value);
  return confirmed !== undefined && confirmed !== null && !flag(confirmed);
}

/** What came back is an order of its own over there, and no sale (contract §2.2). */
export const isReturn = (value: Json) => text(object(value).order_source, 60) === 'order_return';

/**
 * What a document depends on, and after the dot the documents made over there. Two readings with the same revision are the same order.
 * What we write ourselves, files and comments, is no part of it.
 */
export function revisionOf(value: Json, madeThere: MadeThere): string {
  return `${orderRevision(value)}.${hash(madeThere.map((d) => [d.kind, d.id, d.number ?? '']))}`;
}

export function orderRevision(value: Json): string {
  const o = object(value);
  const kept = Object.keys(o)
    .filter((key) => !passing.has(key))
    .sort()
    .map((key) => [key, normal(o[key])]);
  return hash(kept);
}
const passing = new Set([
  'admin_comments',
  'extra_field_1',
  'extra_field_2',
  'custom_extra_fields',
  'commission',
  'connect_data',
  'order_page',
  'pick_state',
  'pack_state',
  'date_in_status',
  'delivery_package_module',
  'delivery_package_nr',
]);

const hash = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

/** "50.00", 50 and "50" are the same; nothing, "" and an empty list as well. */
function normal(value: Json | undefined): unknown {
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value === 'object' && value !== null)
    return Object.keys(value)
      .sort()
      .map((key) => [key, normal(value[key])]);
  return decimal(value) ?? text(value, 2000) ?? '';
}

/** Reads one order of `getOrders`. `raw` is what is kept beside it. */
export function incoming(value: Json, settings: MapperSettings, madeThere: MadeThere = []): IncomingOrder {
  const raw = JSON.stringify(value);
  const externalId = orderId(value);
  try {
    if (!externalId) throw new Unreadable('E_ORDER_ID_MISSING', 'externalId', object(value).order_id);
    const order = orderSchema.parse(orderOf(object(value), externalId, settings, madeThere));
    // What no column holds would keep every order of its page from being stored.
    if (orderSums(order).total / 10n ** 17n !== 0n) throw new Unreadable('E_AMOUNT', 'lines', undefined);
    return { order, raw };
  } catch (error) {
    if (error instanceof Unreadable) return { rejected: error.finding, externalId, raw };
    const where = ((error as { issues?: { path: PropertyKey[] }[] }).issues?.[0]?.path ?? []).join('.');
    return { rejected: { code: 'E_FIELD', level: 'reject', where, params: { value: '' } }, externalId, raw };
  }
}

function orderOf(o: Fields, externalId: string, settings: MapperSettings, madeThere: MadeThere): Order {
  const findings: Finding[] = [];
  const orderedAt = instant(o.date_add) ?? instant(o.date_confirmed);
  if (!orderedAt) throw new Unreadable('E_DATE', 'orderedAt', o.date_add);
  const currency = text(o.currency)?.toUpperCase();
  if (currency !== undefined && !/^[A-Z]{3}$/.test(currency)) throw new Unreadable('E_CURRENCY', 'currency', o.currency);
  if (currency === undefined) findings.push(hold('H_CURRENCY_UNKNOWN', 'currency'));
  const money = currency ?? noCurrency;
  const { lines, adjustments } = linesOf(o, money);
  if (lines.length === 0) throw new Unreadable('E_NO_LINES', 'lines', undefined);
  const deliveryGross = decimal(o.delivery_price);
  const total = sum([
    ...lines.map((line) => toMinor(line.gross, money)),
    ...adjustments.map((a) => toMinor(a.gross, money)),
    deliveryGross === undefined ? 0n : extend('1', deliveryGross, money),
  ]);
  const payment = paymentOf(o, money, total);
  const source = text(o.order_source, 60);
  const theirId = text(o.external_order_id, 100);
  const shopId = text(o.shop_order_id, 100);
  const email = text(o.email, 320);
  const phone = text(o.phone, 60);
  const contact = { ...(email && { email }), ...(phone && { phone }) };
  const address = partyOf(o, 'delivery_');
  const invoice = { ...partyOf(o, 'invoice_'), ...contact };
  const asked = flag(o.want_invoice) || isFilled(invoice);
  const confirmed = instant(o.date_confirmed);
  return {
    externalId,
    aliases: [
      ...(theirId ? [{ scheme: source ?? 'marketplace', value: theirId }] : []),
      ...(shopId && shopId !== '0' ? [{ scheme: 'shop', value: shopId }] : []),
    ],
    number: shopId && shopId !== '0' ? shopId : externalId,
    channel: 'baselinker',
    ...(source && { marketplace: source }),
    status: readiness(o, settings),
    ...(text(o.order_status_id) && { externalStatus: text(o.order_status_id, 100) }),
    orderedAt,
    ...(confirmed && { readyAt: confirmed }),
    ...(confirmed && payment.status === 'paid' && payment.whole && { paidAt: confirmed }),
    currency: money,
    buyer: {
      // Who buys is written in the address of delivery; where a pick-up leaves it empty, in that of the invoice.
      ...(isFilled(address) ? address : invoice),
      ...contact,
      taxIds: [],
      emailKind: emailKind(email, masked),
      ...(text(o.user_login) && { login: text(o.user_login, 200) }),
    },
    invoiceRequest: { requested: flag(o.want_invoice), explicit: true, ...(asked && { party: invoice }) },
    delivery: {
      ...(text(o.delivery_method) && { method: text(o.delivery_method, 200) }),
      ...(deliveryGross !== undefined && deliveryGross !== '0' && { gross: fromMinor(extend('1', deliveryGross, money), money) }),
      address,
      ...((text(o.delivery_point_id) ?? text(o.delivery_point_name)) && {
        pickupPoint: text(o.delivery_point_id, 200) ?? text(o.delivery_point_name, 200),
      }),
      tracking: text(o.delivery_package_nr) ? [text(o.delivery_package_nr, 100)!] : [],
    },
    lines,
    adjustments,
    payments: payment.payments,
    messages: {
      ...(text(o.user_comments, 2000) && { buyer: text(o.user_comments, 2000) }),
    },
    refunds: [],
    documentedElsewhere: madeThere.map((d) => ({ system: 'baselinker', kind: d.kind, id: d.id, ...(d.number && { number: d.number }) })),
    findings,
    revision: revisionOf(o, madeThere),
  };
}

const masked = ['allegromail.pl', 'user.allegrogroup.pl', 'marketplace.amazon', 'members.ebay.com'];

const isFilled = (party: Party) =>
  [party.name, party.company, party.street, party.city].some((part) => part !== undefined) || party.taxIds.length > 0;

/** The seller's own statuses say what is cancelled and, where chosen, what is to be documented. Payment is judged by the rules. */
function readiness(o: Fields, settings: MapperSettings): Order['status'] {
  const status = text(o.order_status_id, 40);
  if (status !== undefined && settings.cancelledStatuses.includes(status)) return 'cancelled';
  if (settings.readyStatuses.length === 0) return 'ready';
  return status !== undefined && settings.readyStatuses.includes(status) ? 'ready' : 'open';
}

/** One sum is given, not the payments; on delivery nothing is awaited (contract §2.2). */
function paymentOf(o: Fields, currency: string, total: bigint): { status: string; whole: boolean; payments: Payment[] } {
  const rawMethod = text(o.payment_method, 100);
  const onDelivery = flag(o.payment_method_cod);
  const own = { method: methodOf(rawMethod, onDelivery), ...(rawMethod && { rawMethod }) };
  const done = decimal(o.payment_done) ?? '0';
  const paid = done.startsWith('-') ? 0n : extend('1', done, currency);
  const amount = (minor: bigint) => fromMinor(minor, currency);
  if (paid === 0n && total > 0n)
    return { status: 'pending', whole: false, payments: [{ ...own, amount: amount(total), status: 'pending' }] };
  const payments: Payment[] = [{ ...own, amount: amount(paid), status: 'paid' }];
  // What is missing of an order on delivery is cashed by the carrier.
  if (onDelivery && paid < total) payments.push({ ...own, amount: amount(total - paid), status: 'pending' });
  return { status: 'paid', whole: paid >= total, payments };
}

/** The flag alone says what is paid on delivery: a name of that sound without it is paid beforehand. */
function methodOf(name: string | undefined, onDelivery: boolean): Payment['method'] {
  if (onDelivery) return 'cash_on_delivery';
  if (name === undefined) return 'other';
  const method = paymentNamed(name);
  return method === 'cash_on_delivery' || method === 'deferred' || method === 'voucher' ? 'other' : method;
}

function partyOf(o: Fields, prefix: 'invoice_' | 'delivery_'): Party {
  const field = (name: string, max: number) => text(o[`${prefix}${name}`], max);
  const code = twoLetters(o[`${prefix}country_code`]);
  const named = field('country', 80);
  const country = code ?? (named === undefined ? undefined : (countryCode(named) ?? named));
  const name = field('fullname', 512);
  const company = field('company', 512);
  const taxId = prefix === 'invoice_' ? field('nip', 100) : undefined;
  return {
    ...(name && { name }),
    ...(company && { company }),
    taxIds: taxId ? [clipped(readTaxId(taxId, country ?? 'PL'))] : [],
    ...(field('address', 512) && { street: field('address', 512) }),
    ...(field('postcode', 40) && { postalCode: field('postcode', 40) }),
    ...(field('city', 200) && { city: field('city', 200) }),
    ...(field('state', 200) && { region: field('state', 200) }),
    ...(country && { country }),
  };
}

const clipped = (id: { scheme: string; value: string; raw: string }) => ({
  scheme: id.scheme,
  value: cut(id.value, 60),
  raw: cut(id.raw, 100),
});

function linesOf(o: Fields, currency: string): Pick<Order, 'lines' | 'adjustments'> {
  const lines: Order['lines'] = [];
  const adjustments: Order['adjustments'] = [];
  list(o.products).forEach((p, i) => {
    const quantity = decimal(p.quantity);
    if (quantity === undefined || quantity.startsWith('-')) throw new Unreadable('E_QTY', `lines.${i}.quantity`, p.quantity);
    const unitGross = decimal(p.price_brutto);
    if (unitGross === undefined) throw new Unreadable('E_AMOUNT', `lines.${i}.unitGross`, p.price_brutto);
    // Nothing of it is sold.
    if (quantity === '0') return;
    const gross = fromMinor(extend(quantity, unitGross, currency), currency);
    const rate = rateOf(p.tax_rate);
    const name = lineName(p);
    if (unitGross.startsWith('-')) {
      adjustments.push({ kind: 'discount', name: cut(name, 200), gross, ...(rate && { rate }) });
      return;
    }
    const id = idOf(p.order_product_id);
    const sku = text(p.sku, 200);
    lines.push({
      id: id ?? String(i + 1),
      ...(id && { externalId: id }),
      kind: 'goods',
      name,
      ...(sku && { sku }),
      ...(text(p.ean) && { ean: text(p.ean, 40) }),
      ...(text(p.auction_id) && text(p.auction_id) !== '0' && { offerId: text(p.auction_id, 100) }),
      quantity,
      unitGross,
      gross,
      ...(rate && { rate }),
    });
  });
  return { lines, adjustments };
}

/** The chosen variant belongs to the name, where the name does not say it already. */
function lineName(p: Fields): string {
  const name = text(p.name, 800) ?? text(p.sku, 200) ?? '';
  const attributes = text(p.attributes, 190);
  return attributes && !name.toLowerCase().includes(attributes.toLowerCase()) ? `${name}, ${attributes}` : name;
}

/** 0–100; −1 exempt, −0.02 outside VAT, −0.03 reverse charge (contract §2.2). Any other negative number is nobody's. */
function rateOf(value: Json | undefined): TaxRate | undefined {
  const percent = decimal(value);
  if (percent === undefined) return undefined;
  if (percent === '-1') return { category: 'E', source: 'channel' };
  if (percent === '-0.02') return { category: 'O', source: 'channel' };
  if (percent === '-0.03') return { category: 'AE', source: 'channel' };
  if (percent.startsWith('-') || compareDecimal(percent, '100') > 0) return undefined;
  return percent === '0' ? { category: 'Z', percent: '0', source: 'channel' } : { category: 'S', percent, source: 'channel' };
}
