import { createHash } from 'node:crypto';
import { paymentNamed } from '../../src/contract/channel.ts';
import type { IncomingOrder } from '../../src/contract/connector.ts';
import { readInstant } from '../../src/contract/files/local-time.ts';
import { emailKind } from '../../src/contract/files/records.ts';
import { countryCode, readTaxId } from '../../src/contract/files/values.ts';
import { amount, decimal, type Fields, flag, type Json, list, object, text, twoLetters, Unreadable } from '../../src/contract/wire/json.ts';
import { cut } from '../../src/domain/cut.ts';
import { type Finding, hold, warning } from '../../src/domain/finding.ts';
import { extend, fromMinor, noCurrency, sum, toMinor } from '../../src/domain/money/money.ts';
import { type Order, orderSchema, type Payment, type TaxRate } from '../../src/domain/orders/order.ts';
import { orderSums } from '../../src/domain/orders/suggest.ts';
import type { Party } from '../../src/domain/parties/party.ts';

/** An order of theirs as an order of ours (contract §3, §8). Pure. */
export const zone = 'Europe/Warsaw';

export type MapperSettings = {
  readyStatuses: string[];
  cancelledStatuses: string[];
  zeroRate: 'ask' | 'zero' | 'exempt' | 'outside';
  documentKind: string;
};

/** Documents made inside Sellasist, found besides the order. */
export type MadeThere = { kind: 'invoice' | 'receipt'; id: string; number?: string }[];

function instant(value: Json | undefined): string | undefined {
  const written = text(value);
  return written === undefined || written.startsWith('0000') ? undefined : readInstant(written, zone);
}

export const orderId = (value: Json | undefined): string | undefined => {
  const id = text(object(value).id, 40);
  return id && /^\d{1,19}$/.test(id) ? id : undefined;
};

/** An unconfirmed basket is no order yet (contract §3.2). */
export const isBasket = (value: Json) => flag(object(value).placeholder);

export const orderDay = (value: Json) => (text(object(value).date) ?? '').slice(0, 10);

/** What lists and details have in common and a document depends on: two readings with the same revision need no third. */
export function revisionOf(value: Json): string {
  const o = object(value);
  const payment = object(o.payment);
  const address = object(o.bill_address);
  const parts = [
    text(object(o.status).id),
    decimal(o.total),
    text(payment.status),
    decimal(payment.paid),
    text(payment.id),
    flag(o.invoice) ? '1' : '0',
    text(o.document_number),
    ...addressFields.map((name) => text(address[name])),
    text(object(address.country).code),
  ];
  return createHash('sha256')
    .update(JSON.stringify(parts.map((part) => part ?? '')))
    .digest('hex')
    .slice(0, 16);
}
const addressFields = ['name', 'surname', 'street', 'home_number', 'flat_number', 'postcode', 'city', 'company_name', 'company_nip'];

/** Reads the detail of an order. `raw` is what is kept beside it. */
export function incoming(value: Json, settings: MapperSettings, madeThere: MadeThere = []): IncomingOrder {
  const raw = JSON.stringify(withoutFiles(value));
  const externalId = orderId(value);
  try {
    if (!externalId) throw new Unreadable('E_ORDER_ID_MISSING', 'externalId', object(value).id);
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

/** Files on the order are ours or large: of the raw record they stay out. */
function withoutFiles(value: Json): Json {
  const o = object(value);
  if (!Array.isArray(o.additional_fields)) return value;
  const fields = list(o.additional_fields).map((f) => ({
    ...f,
    field_value: typeof f.field_value === 'string' && f.field_value.length > 200 ? '(file)' : f.field_value!,
  }));
  return { ...o, additional_fields: fields as Json };
}

function orderOf(o: Fields, externalId: string, settings: MapperSettings, madeThere: MadeThere): Order {
  const external = object(o.external_data);
  const payment = object(o.payment);
  const findings: Finding[] = [];
  const orderedAt = instant(o.date);
  if (!orderedAt) throw new Unreadable('E_DATE', 'orderedAt', o.date);
  const currency = text(payment.currency)?.toUpperCase();
  if (currency !== undefined && !/^[A-Z]{3}$/.test(currency)) throw new Unreadable('E_CURRENCY', 'currency', payment.currency);
  if (currency === undefined) findings.push(hold('H_CURRENCY_UNKNOWN', 'currency'));
  const money = currency ?? noCurrency;
  const { lines, adjustments } = linesOf(o, money, settings, findings);
  if (lines.length === 0) throw new Unreadable('E_NO_LINES', 'lines', undefined);
  const payments = paymentsOf(o, money);
  const source = text(o.source, 60) ?? text(external.external_site, 60);
  const theirId = text(external.external_id, 100);
  const email = text(o.email, 320);
  const buyer = partyOf(object(o.bill_address), email);
  const delivery = object(o.shipment);
  const deliveryGross = decimal(delivery.total);
  const { statusId, statusName } = statusOf(o);
  return {
    externalId,
    aliases: theirId ? [{ scheme: (text(external.external_site, 60) ?? source ?? 'shop').toLowerCase(), value: theirId }] : [],
    number: theirId ?? externalId,
    channel: 'sellasist',
    ...(source && { marketplace: source }),
    status: readiness(o, statusId, settings),
    ...(statusName && { externalStatus: statusName }),
    orderedAt,
    ...paidAt(o, payments),
    currency: money,
    buyer: {
      ...buyer,
      emailKind: emailKind(email, masked),
      ...(text(external.external_login) && { login: text(external.external_login, 200) }),
      ...(text(external.external_user_id) && { externalId: text(external.external_user_id, 100) }),
    },
    invoiceRequest: { requested: flag(o.invoice), explicit: true, party: buyer },
    delivery: {
      ...(text(delivery.name) && { method: text(delivery.name, 200) }),
      ...(text(delivery.id) && { methodId: text(delivery.id, 100) }),
      ...(deliveryGross !== undefined && deliveryGross !== '0' && { gross: deliveryGross }),
      address: partyOf(object(o.shipment_address), undefined),
      ...(text(object(o.pickup_point).code) && { pickupPoint: text(object(o.pickup_point).code, 200) }),
      tracking: list(o.shipments).flatMap((s) => text(s.tracking_number, 100) ?? []),
    },
    lines,
    adjustments,
    payments,
    ...(decimal(o.total) !== undefined && { declaredTotal: decimal(o.total) }),
    messages: { ...(text(o.comment, 2000) && { buyer: text(o.comment, 2000) }) },
    refunds: [],
    documentedElsewhere: documentedElsewhere(o, madeThere),
    findings,
    revision: revisionOf(o),
  };
}

const masked = ['allegromail.pl', 'user.allegrogroup.pl', 'marketplace.amazon', 'members.ebay.com'];

function statusOf(o: Fields): { statusId?: string; statusName?: string } {
  return { statusId: text(object(o.status).id, 40), statusName: text(object(o.status).name, 100) };
}

/** Chosen statuses count alone; without a choice an order is ready when it is paid or paid on delivery (contract §3.2, ORDERS §4). */
function readiness(o: Fields, statusId: string | undefined, settings: MapperSettings): Order['status'] {
  if (statusId !== undefined && settings.cancelledStatuses.includes(statusId)) return 'cancelled';
  if (settings.readyStatuses.length > 0) return statusId !== undefined && settings.readyStatuses.includes(statusId) ? 'ready' : 'open';
  if (settings.documentKind === 'proforma' || isPaid(o) || flag(object(o.payment).cod)) return 'ready';
  return 'open';
}

function isPaid(o: Fields): boolean {
  if (text(object(o.payment).status)?.toLowerCase() === 'paid') return true;
  const total = decimal(o.total);
  return total !== undefined && bookedMinor(o) >= toMinor(total, 'PLN');
}

const bookedMinor = (o: Fields) => sum(booked(o).map((p) => toMinor(decimal(p.amount) ?? '0', 'PLN')));
const booked = (o: Fields) => list(o.payments).filter((p) => text(p.status) === '1');

function paidAt(o: Fields, payments: Payment[]): { paidAt?: string } {
  if (!isPaid(o)) return {};
  const times = [...payments.flatMap((p) => (p.status === 'paid' && p.at ? [p.at] : [])), instant(object(o.payment).paid_date)].filter(
    (at) => at !== undefined,
  );
  const last = times.sort().at(-1);
  return last ? { paidAt: last } : {};
}

function paymentsOf(o: Fields, currency: string): Payment[] {
  const payment = object(o.payment);
  const name = text(payment.name, 100) ?? text(object(o.external_data).external_payment_name, 100);
  const method = methodOf(name, flag(payment.cod));
  const own = {
    method,
    ...(name && { rawMethod: name }),
    // The id of their list: the mapping goes by it first, by name where a marketplace gives none (contract §6).
    ...(text(payment.id) && text(payment.id) !== '0' && { provider: text(payment.id, 60) }),
  };
  const total = decimal(o.total);
  const single = booked(o).map((p): Payment => {
    const raw = text(p.name, 100) ?? name;
    return {
      ...own,
      ...(raw && { rawMethod: raw }),
      ...(text(p.payment_id) && { externalId: text(p.payment_id, 100) }),
      amount: decimal(p.amount) ?? '0',
      status: 'paid',
      ...(instant(p.date) && { at: instant(p.date) }),
    };
  });
  const paid = isPaid(o);
  const covered = total !== undefined && sum(single.map((p) => toMinor(p.amount!, currency))) >= toMinor(total, currency);
  if (single.length > 0 && (covered || !paid)) return single;
  if (paid) return [{ ...own, status: 'paid', ...(instant(payment.paid_date) && { at: instant(payment.paid_date) }) }];
  const part = decimal(payment.paid);
  if (part !== undefined && toMinor(part, currency) > 0n) return [{ ...own, amount: part, status: 'paid' }];
  return [{ ...own, ...(total && { amount: total }), status: 'pending' }];
}

function methodOf(name: string | undefined, onDelivery: boolean): Payment['method'] {
  if (onDelivery) return 'cash_on_delivery';
  if (name === undefined) return 'other';
  return paymentNamed(name);
}

function partyOf(a: Fields, email: string | undefined): Party {
  const named = text(object(a.country).name, 80);
  const country = twoLetters(object(a.country).code) ?? (named === undefined ? undefined : (countryCode(named) ?? named));
  const number = [text(a.home_number, 40), text(a.flat_number, 40)].filter((part) => part !== undefined).join('/');
  const street = [text(a.street, 400), number || undefined].filter((part) => part !== undefined).join(' ');
  const company = text(a.company_name, 512);
  const taxId = text(a.company_nip, 100);
  return {
    ...(text(a.name) && { firstName: text(a.name, 200) }),
    ...(text(a.surname) && { lastName: text(a.surname, 200) }),
    ...(company && { company }),
    taxIds: taxId ? [clipped(readTaxId(taxId, country))] : [],
    ...(street && { street }),
    ...(text(a.postcode) && { postalCode: text(a.postcode, 40) }),
    ...(text(a.city) && { city: text(a.city, 200) }),
    ...(text(a.state) && { region: text(a.state, 200) }),
    ...(country && { country }),
    ...(email && { email }),
    ...(text(a.phone) && { phone: text(a.phone, 60) }),
  };
}

const clipped = (id: { scheme: string; value: string; raw: string }) => ({
  scheme: id.scheme,
  value: cut(id.value, 60),
  raw: cut(id.raw, 100),
});

function linesOf(o: Fields, currency: string, settings: MapperSettings, findings: Finding[]): Pick<Order, 'lines' | 'adjustments'> {
  const lines: Order['lines'] = [];
  const adjustments: Order['adjustments'] = [];
  list(o.carts).forEach((c, i) => {
    const quantity = decimal(c.quantity);
    if (quantity === undefined) throw new Unreadable('E_QTY', `lines.${i}.quantity`, c.quantity);
    const unitGross = amount(c.price, `lines.${i}.unitGross`);
    const gross = fromMinor(extend(quantity, unitGross, currency), currency);
    const rate = rateOf(c.tax_rate, settings);
    // Given back whole: nothing of it is sold.
    if (/^-?0+(\.0+)?$/.test(quantity)) return;
    const name = lineName(c);
    if (gross.startsWith('-')) {
      adjustments.push({ kind: 'discount', name: cut(name, 200), gross, ...(rate && { rate }) });
      return;
    }
    const id = text(c.line_id, 100) ?? text(c.id, 100);
    const sku = text(c.symbol, 200) ?? text(c.signature, 200) ?? text(c.catalog_number, 200);
    if (rate === undefined && decimal(c.tax_rate) === '0')
      findings.push(warning('W_RATE_ZERO_UNCLEAR', `lines.${lines.length}.rate`, { line: cut(name, 200) }));
    lines.push({
      id: id ?? String(i + 1),
      ...(id && { externalId: id }),
      kind: 'goods',
      name,
      ...(sku && { sku }),
      ...(text(c.ean) && { ean: text(c.ean, 40) }),
      ...(text(c.external_offer_id) && { offerId: text(c.external_offer_id, 100) }),
      quantity,
      unitGross,
      gross,
      ...(rate && { rate }),
    });
  });
  return { lines, adjustments };
}

/** What was chosen of a variant belongs to the name, where the name does not say it already (contract §3.3). */
function lineName(c: Fields): string {
  const name = text(c.name, 800) ?? text(c.symbol, 200) ?? '';
  const chosen = list(c.selected_options_data).flatMap((option) => text(option.prop, 100) ?? []);
  const missing = chosen.filter((prop) => !name.toLowerCase().includes(prop.toLowerCase()));
  return cut([name, ...missing].join(', '), 1000);
}

/** Zero stands for 0 %, for an exemption and for nothing set: only the seller knows which (contract §3.3). */
function rateOf(value: Json | undefined, settings: MapperSettings): TaxRate | undefined {
  const percent = decimal(value);
  if (percent === undefined || percent.startsWith('-')) return undefined;
  if (percent !== '0') return { category: 'S', percent, source: 'channel' };
  if (settings.zeroRate === 'zero') return { category: 'Z', percent: '0', source: 'rule' };
  if (settings.zeroRate === 'exempt') return { category: 'E', source: 'rule' };
  if (settings.zeroRate === 'outside') return { category: 'O', source: 'rule' };
  return undefined;
}

/** A number on the order that nobody found a document for is a document all the same; our own numbers are taken out by the engine. */
function documentedElsewhere(o: Fields, madeThere: MadeThere): Order['documentedElsewhere'] {
  const number = text(o.document_number, 100);
  const found = madeThere.map((d) => ({ system: 'sellasist', kind: d.kind, id: d.id, ...(d.number && { number: d.number }) }));
  if (number && !found.some((d) => d.number === number)) found.push({ system: 'sellasist', kind: 'invoice', id: number, number });
  return found;
}
