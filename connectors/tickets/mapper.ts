import type { IncomingOrder, OrderEvent } from '../../src/contract/connector.ts';
import { readInstant } from '../../src/contract/files/local-time.ts';
import { cut } from '../../src/domain/cut.ts';
import { type Decimal, decimal, extend, fromMinor, rescale, scaled, toMinor } from '../../src/domain/money/money.ts';
import { type Order, type OrderLine, orderSchema, type Payment, type TaxRate } from '../../src/domain/orders/order.ts';
import type { Party, TaxId } from '../../src/domain/parties/party.ts';
import { normaliseTaxNumber } from '../../src/domain/regimes/hu/identifiers.ts';
import { compact, euVatPatterns } from '../../src/domain/regimes/taxid.ts';
import type { EventCancellation, Sale, SaleRefund } from './wire.ts';

/** A ticket sale to the canonical order, and what happens to it later to order events. Pure. */
export type TicketSettings = {
  /** Every paid sale gets an invoice, or only where the buyer asked. */
  invoice: 'every' | 'request';
  ticketRate: string;
  feeRate: string;
  showHolders: boolean;
  zone: string;
};

/** Alias by which all sales of one event are found when it is cancelled. */
const eventAlias = 'event';

/** The order, or nothing when there is nothing for the organizer to invoice: free tickets, a coupon over everything, a platform's sale. */
export function orderOf(sale: Sale, raw: string, settings: TicketSettings): IncomingOrder | undefined {
  const lines = sale.lines.flatMap((line, i) => linesOf(line, i, sale, settings)).filter((line) => scaled(line.gross).value !== 0n);
  const ours = lines.some((line) => line.issuer === 'organizer');
  if (!ours || toMinor(sale.totals.gross, sale.currency) === 0n) return undefined;
  const paid = sale.paidAt ?? sale.completedAt ?? undefined;
  const party = partyOf(sale);
  const { zone } = settings;
  const order: Order = orderSchema.parse({
    externalId: sale.orderId,
    aliases: [{ scheme: eventAlias, value: sale.event.id }],
    number: sale.orderId,
    channel: 'tickets',
    status: paid ? 'ready' : 'open',
    externalStatus: sale.status ?? undefined,
    orderedAt: utc(sale.createdAt, zone),
    readyAt: paid && utc(sale.completedAt ?? paid, zone),
    paidAt: paid && utc(paid, zone),
    currency: sale.currency,
    buyer: { ...party, language: sale.buyer.language ?? undefined, emailKind: party.email ? 'direct' : 'none' },
    invoiceRequest: { requested: settings.invoice === 'every' || sale.invoiceRequested === true, explicit: true, party },
    delivery: {},
    lines,
    adjustments: couponsOf(sale),
    payments: [paymentOf(sale, paid && utc(paid, zone))],
    declaredTotal: amountIn(sale.totals.gross, sale.currency),
  });
  return { order, raw };
}

/** One without a zone is a time of the seller's, wherever this machine stands. */
function utc(instant: string, zone: string): string {
  return readInstant(instant, zone)!;
}

/** Amount text with the currency's decimals; finer amounts stay as they are and are held by the total check. */
function amountIn(amount: Decimal, currency: string): Decimal {
  const minor = toMinor(amount, currency);
  const exact = fromMinor(minor, currency);
  return rescale(scaled(exact), 6) === rescale(scaled(amount), 6) ? exact : decimal(scaled(amount));
}

function linesOf(line: Sale['lines'][number], index: number, sale: Sale, settings: TicketSettings): OrderLine[] {
  const parts = line.parts ?? [];
  let rest = scaled(line.unitGross);
  for (const part of parts) {
    const p = scaled(part.unitGross);
    const scale = Math.max(rest.scale, p.scale);
    rest = { value: rescale(rest, scale) - rescale(p, scale), scale };
  }
  const id = line.id ?? line.sku ?? `line-${index + 1}`;
  const make = (suffix: string, name: string, unitGross: Decimal, vat: string | undefined, kind: OrderLine['kind']): OrderLine => ({
    id: `${index + 1}${suffix}`,
    externalId: lineKey(sale.orderId, `${id}${suffix}`),
    kind,
    name,
    sku: line.sku ?? undefined,
    quantity: decimal(scaled(line.quantity)),
    unitGross: amountIn(unitGross, sale.currency),
    gross: fromMinor(extend(line.quantity, unitGross, sale.currency), sale.currency),
    rate: rateOf(vat ?? defaultVat(line.kind, sale, settings)),
    issuer: line.issuer ?? 'organizer',
    note: line.kind === 'ticket' && suffix === '' ? noteOf(line, sale, settings) : (line.note ?? undefined),
  });
  const name = line.kind === 'ticket' ? `${sale.event.title} – ${line.title}` : line.title;
  const own = make('', name, decimal(rest), line.vat ?? undefined, line.kind === 'ticket' ? 'goods' : 'service');
  // Part of the price is somebody else's service passed on: a line of its own, at the general rate unless said otherwise.
  return [own, ...parts.map((part, i) => make(`/${i + 1}`, part.title, part.unitGross, part.vat ?? '27', 'service'))];
}

/** A shop's line ids repeat from sale to sale (`ticket`, `fee`), while one seen on two orders means that they were merged. */
function lineKey(orderId: string, lineId: string): string {
  return `${orderId}/${lineId}`;
}

/** Date and place of the event stand in the note of its line; holders only if the seller wants them there. */
function noteOf(line: Sale['lines'][number], sale: Sale, settings: TicketSettings): string | undefined {
  const { startsAt, venue } = sale.event;
  const when = startsAt ? localTime(startsAt, settings.zone) : undefined;
  const holders = settings.showHolders && line.holders?.length ? line.holders.join(', ') : undefined;
  const note = [[when, venue].filter(Boolean).join(' '), line.note, holders].filter(Boolean).join(' · ');
  return note ? cut(note, 500) : undefined;
}

function localTime(instant: string, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' }).formatToParts(
    new Date(utc(instant, zone)),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((p) => p.type === type)?.value ?? '';
  return `${part('year')}. ${part('month')}. ${part('day')}. ${part('hour')}:${part('minute')}`;
}

const profiles: Record<string, string> = { standard: '27', open_air_18: '18', public_culture: 'TAM', small_business: 'AAM' };

/** The line's own rate first; then the profile of its event, then the setting. The fee has a rate of its own. */
function defaultVat(kind: Sale['lines'][number]['kind'], sale: Sale, settings: TicketSettings): string {
  if (kind !== 'ticket') return settings.feeRate;
  return profiles[sale.event.vatProfile ?? ''] ?? settings.ticketRate;
}

const exempt = new Set(['TAM', 'AAM', 'NAM']);
const outside = new Set(['ATK', 'TAHK', 'HO', 'EUE']);
const reverse = new Set(['EUFAD37', 'EUFADE', 'F.AFA']);

function rateOf(vat: string): TaxRate | undefined {
  if (/^\d/.test(vat)) return { category: 'S', percent: decimal(scaled(vat)), source: 'channel' };
  const category = exempt.has(vat) ? 'E' : outside.has(vat) ? 'O' : reverse.has(vat) ? 'AE' : undefined;
  return category && { category, key: vat, source: 'channel' };
}

/** A coupon takes off, whatever sign it was sent with. Without a rate of its own it is spread over the lines. */
function couponsOf(sale: Sale): Order['adjustments'] {
  return (sale.coupons ?? [])
    .filter((coupon) => scaled(coupon.gross).value !== 0n)
    .map((coupon) => ({
      kind: 'discount',
      name: [coupon.title ?? 'Kupon', coupon.code].filter(Boolean).join(' '),
      gross: amountIn(coupon.gross.startsWith('-') ? coupon.gross : `-${coupon.gross}`, sale.currency),
      rate: coupon.vat ? rateOf(coupon.vat) : undefined,
    }));
}

const methods: Record<Sale['payment']['method'], Payment['method']> = {
  card_online: 'online',
  card: 'card',
  bank_transfer: 'bank_transfer',
  cash: 'cash',
  voucher: 'voucher',
  other: 'other',
};

function paymentOf(sale: Sale, at: string | undefined): Payment {
  return {
    externalId: sale.payment.reference ?? undefined,
    method: methods[sale.payment.method],
    provider: sale.payment.provider ?? undefined,
    rawMethod: sale.payment.provider ?? sale.payment.method,
    amount: amountIn(sale.payment.amountGross ?? sale.totals.gross, sale.currency),
    status: at ? 'paid' : 'pending',
    at,
  };
}

function partyOf(sale: Sale): Party {
  const { buyer } = sale;
  const present = (text: string | null | undefined) => text?.trim() || undefined;
  const company = buyer.type === 'company';
  return {
    name: present(buyer.name),
    company: company ? (present(buyer.company) ?? present(buyer.name)) : undefined,
    taxIds: company && present(buyer.taxNumber) ? [taxIdOf(buyer.taxNumber!, buyer.country ?? undefined)] : [],
    street: present(buyer.address),
    postalCode: present(buyer.zip),
    city: present(buyer.city),
    country: buyer.country ?? undefined,
    email: present(buyer.email),
    phone: present(buyer.phone),
  };
}

/** The scheme by the form of the number; whether it is right is checked when the document is prepared. */
function taxIdOf(raw: string, country: string | undefined): TaxId {
  const value = compact(raw);
  const prefix = value.slice(0, 2);
  if (euVatPatterns[prefix]?.test(value)) return { scheme: 'EU:VAT', value, raw };
  if ((country ?? 'HU') === 'HU') return { scheme: 'HU:ADOSZAM', value: normaliseTaxNumber(raw).value, raw };
  const withCountry = `${country === 'GR' ? 'EL' : country}${value}`;
  if (euVatPatterns[withCountry.slice(0, 2)]?.test(withCountry)) return { scheme: 'EU:VAT', value: withCountry, raw };
  return { scheme: 'OTHER', value, raw };
}

export function refundEvent(refund: SaleRefund, { zone }: TicketSettings): OrderEvent {
  return {
    event: 'refunded',
    externalId: refund.orderId,
    refund: {
      externalId: refund.refundId,
      at: utc(refund.refundedAt, zone),
      reason: refund.reason ?? undefined,
      status: 'completed',
      amount: decimal(scaled(refund.amountGross)),
      lines: (refund.lines ?? []).map((line) => ({
        lineExternalId: lineKey(refund.orderId, line.lineId),
        quantity: line.quantity ? decimal(scaled(line.quantity)) : undefined,
        gross: line.gross ? decimal(scaled(line.gross)) : undefined,
      })),
    },
  };
}

export function cancellationEvents(cancellation: EventCancellation, { zone }: TicketSettings): OrderEvent[] {
  const facts = { reason: cancellation.reason ?? undefined, at: utc(cancellation.cancelledAt, zone) };
  if (cancellation.orderIds?.length) return cancellation.orderIds.map((externalId) => ({ event: 'cancelled', externalId, ...facts }));
  return [{ event: 'group_cancelled', alias: { scheme: eventAlias, value: cancellation.eventId }, ...facts }];
}
