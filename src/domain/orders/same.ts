import type { Order } from './order.ts';

/**
 * One text for every writing of the same order (ORDERS §3): white space collapsed, decimals and instants by value, lines by their
 * external id, whatever the reader noted and update times left out. Two orders are equal when their texts are. Fields stand by
 * position and are written out one by one, for this runs over every order of every file; a test holds the lists against the schema.
 */
export function comparable(order: Order): string {
  const out: string[] = [];
  for (const key of orderTexts) out.push(text(order[key]));
  for (const key of orderInstants) out.push(instant(order[key]));
  out.push(decimals(order.declaredTotal));
  party(order.buyer, out);
  out.push(
    text(order.buyer.login),
    text(order.buyer.externalId),
    text(order.buyer.language),
    String(order.buyer.guest ?? ''),
    order.buyer.emailKind,
  );
  const { requested, explicit, dueDate } = order.invoiceRequest;
  out.push(String(requested), String(explicit), text(dueDate));
  party(order.invoiceRequest.party, out);
  const { method, methodId, gross, rate, address, pickupPoint, tracking } = order.delivery;
  out.push(text(method), text(methodId), decimals(gross), rateText(rate), text(pickupPoint), ...tracking.map(text));
  party(address, out);
  lines(order, out);
  rest(order, out);
  return collapsed(out.join(separator));
}

const separator = '\u001f';

/** Fields of the order by how they are compared; `comparedOtherwise` are written out above and below. */
export const orderTexts = ['externalId', 'number', 'channel', 'marketplace', 'status', 'externalStatus', 'currency'] as const;
export const orderInstants = ['orderedAt', 'readyAt', 'paidAt', 'shippedAt', 'cancelledAt'] as const;
export const comparedOtherwise = [
  'declaredTotal',
  'buyer',
  'invoiceRequest',
  'delivery',
  'lines',
  'adjustments',
  'payments',
  'messages',
  'refunds',
  'documentedElsewhere',
] as const;
export const notCompared = ['aliases', 'updatedAt', 'findings', 'revision'] as const;
export const lineTexts = ['kind', 'name', 'sku', 'ean', 'offerId', 'category', 'unit', 'issuer', 'note'] as const;
export const lineDecimals = ['quantity', 'unitGross', 'gross', 'listUnitGross', 'returnedQuantity'] as const;
export const partyTexts = [
  'name',
  'firstName',
  'lastName',
  'company',
  'street',
  'street2',
  'postalCode',
  'city',
  'region',
  'country',
  'email',
  'phone',
] as const;

function party(of: Order['delivery']['address'], out: string[]): void {
  if (of === undefined) {
    out.push('-');
    return;
  }
  for (const key of partyTexts) out.push(text(of[key]));
  for (const id of of.taxIds) out.push(id.scheme, text(id.value));
}

function lines(order: Order, out: string[]): void {
  const byId = order.lines.every((line) => line.externalId !== undefined || line.kind === 'deposit');
  const sorted = byId ? [...order.lines].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)) : order.lines;
  for (const line of sorted) {
    out.push('line', byId ? line.id : '');
    for (const key of lineTexts) out.push(text(line[key]));
    for (const key of lineDecimals) out.push(decimals(line[key]));
    out.push(rateText(line.rate), ...(line.discounts ?? []).map(text));
  }
}

function rest(order: Order, out: string[]): void {
  for (const a of order.adjustments) out.push('adjustment', a.kind, text(a.name), decimals(a.gross), rateText(a.rate));
  for (const p of order.payments)
    out.push('payment', text(p.externalId), p.method, text(p.provider), text(p.rawMethod), decimals(p.amount), p.status, instant(p.at));
  out.push(text(order.messages.buyer), text(order.messages.seller));
  for (const r of order.refunds) {
    out.push('refund', r.externalId, instant(r.at), text(r.reason), r.status, decimals(r.amount), decimals(r.delivery));
    for (const line of r.lines) out.push(line.lineExternalId, decimals(line.quantity), decimals(line.gross));
  }
  for (const d of order.documentedElsewhere) out.push('document', d.system, d.kind, text(d.number), d.id);
}

const text = (value: string | undefined) => value ?? '';

/** White space collapsed, and none beside a separator. Most orders have none to collapse: one look tells. */
function collapsed(joined: string): string {
  return loose.test(joined)
    ? joined
        .replace(/\s+/g, ' ')
        .replace(/ ?\u001f ?/g, separator)
        .trim()
    : joined;
}
const loose = /[^\S ]|\s\s| \u001f|\u001f |^ | $/;

function decimals(value: string | undefined): string {
  if (value === undefined) return '';
  return value.endsWith('0') && value.includes('.') ? value.replace(/\.?0+$/, '') : value;
}

const utc = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
function instant(value: string | undefined): string {
  if (value === undefined || utc.test(value)) return value ?? '';
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? value : new Date(ms).toISOString();
}

function rateText(rate: { category: string; percent?: string } | undefined): string {
  return rate === undefined ? '' : `${rate.category}${decimals(rate.percent)}`;
}
