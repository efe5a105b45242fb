import { civilDay } from '../days/day.ts';
import { type Finding, hold } from '../finding.ts';
import { divide, extend, fixed, fromMinor, rescale, scaled, sum, toMinor } from '../money/money.ts';
import type { Order, OrderLine } from '../orders/order.ts';
import type { Party } from '../parties/party.ts';
import { type LineWords, type Regime, regimeOf, wordsForLines } from '../regimes/index.ts';
import { foreignCountry, percentOf, rateId, recompute, spreadAmount } from '../totals/index.ts';
import { findingsOf, lasting } from './check.ts';
import type { DocumentContent, DocumentKind, DocumentLine, Language } from './document.ts';
import type { Policies } from './policies.ts';
import { adjustmentId, orderTotal, ownLines } from './proof.ts';
import { ofSeller, rateOfLine, splitWhereDue, taxedByPolicies, withReason } from './rates.ts';

/** Words of ORDERS §4: what an order asks to become. */
export type Suggestion = 'SKIP' | 'WAIT' | 'INVOICE_COMPANY' | 'INVOICE_PERSON' | 'RECEIPT';
export type Suggested = { document: Suggestion; findings: Finding[] };

export type Prepared =
  | { content: DocumentContent; findings: Finding[] /** Those of the findings that are about the order itself. */; ofOrder: Finding[] }
  /** No document, and why: the order is over, it waits for its money, or the seller's policy wants none. */
  | { nothing: 'skip' | 'wait' | 'policy' };

/** An order and its suggestion under a seller's policies: the document as it would be issued today, with all that holds it. */
export function prepareSuggested(order: Order, policies: Policies, suggested: Suggested, context: { today: string }): Prepared {
  const decision = decide(order, policies, suggested.document);
  if ('nothing' in decision) return decision;
  const content = build(order, policies, decision);
  const ofOrder = lasting(orderFindings(order, policies, suggested, decision.kind));
  return { content, findings: findingsOf(content, ofOrder, context), ofOrder };
}

type Decision = { kind: DocumentKind; buyer: 'company' | 'person' };

function decide(order: Order, policies: Policies, suggestion: Suggestion): Decision | { nothing: 'skip' | 'wait' | 'policy' } {
  if (suggestion === 'SKIP') return { nothing: 'skip' };
  const buyer = buyerType(order, policies, suggestion);
  if (policies.kind !== 'automatic') return { kind: policies.kind, buyer };
  if (suggestion === 'WAIT') {
    if (policies.waiting === 'proforma') return { kind: 'proforma', buyer };
    if (policies.unpaid === 'hold') return { nothing: 'wait' };
  }
  if (suggestion !== 'RECEIPT' && (suggestion !== 'WAIT' || wantsInvoice(order, policies))) return { kind: 'invoice', buyer };
  if (policies.taxIdMeansInvoice && buyer === 'company') return { kind: 'invoice', buyer };
  if (policies.withoutRequest === 'nothing') return { nothing: 'policy' };
  return { kind: policies.withoutRequest, buyer };
}

/** A flag of the channel is the wish; where there is none, or the seller lets numbers count, a tax number is one (ORDERS §4). */
export function wantsInvoice(order: Order, policies: Pick<Policies, 'taxIdMeansInvoice'>): boolean {
  const { requested, explicit, party } = order.invoiceRequest;
  return requested || ((policies.taxIdMeansInvoice || !explicit) && (party ?? order.buyer).taxIds.length > 0);
}

function buyerType(order: Order, policies: Policies, suggestion: Suggestion): 'company' | 'person' {
  if (suggestion === 'INVOICE_COMPANY') return 'company';
  if (suggestion === 'INVOICE_PERSON') return 'person';
  // Without a request a company is one only where an id says so and the seller wants ids to count.
  const party = order.invoiceRequest.party ?? (order.buyer.taxIds.length > 0 ? order.buyer : undefined);
  const asked = wantsInvoice(order, policies) || policies.taxIdMeansInvoice || policies.kind === 'invoice';
  return asked && party && (party.taxIds.length > 0 || !!party.company?.trim()) ? 'company' : 'person';
}

/** Findings about the order itself, as the policies see them. */
function orderFindings(order: Order, policies: Policies, suggested: Suggested, kind: DocumentKind): Finding[] {
  const waits = suggested.document === 'WAIT' && kind !== 'proforma' && policies.unpaid === 'hold';
  const paidDoesNotMatter = kind === 'proforma' || policies.unpaid === 'accept';
  const found = suggested.findings.filter((finding) => !(finding.code === 'H_UNPAID' && paidDoesNotMatter));
  if (waits && !found.some((finding) => finding.code === 'H_UNPAID')) {
    const total = orderTotal(order);
    const money = (minor: bigint) => fromMinor(minor, order.currency);
    found.push(hold('H_UNPAID', 'payments', { paid: money(paidMinor(order, total)), total: money(total) }));
  }
  const elsewhere = order.documentedElsewhere.find((document) => !isReceipt(document.kind));
  if (elsewhere)
    found.push(hold('H_DOCUMENTED_ELSEWHERE', 'order', { system: elsewhere.system, number: elsewhere.number ?? elsewhere.id }));
  return found;
}

const isReceipt = (kind: string) => kind.startsWith('receipt');

function build(order: Order, policies: Policies, decision: Decision): DocumentContent {
  const regime = regimeOf(policies.seller.country);
  const total = orderTotal(order);
  const buyer = buildBuyer(order, policies, decision.buyer, regime);
  const recipient = buildRecipient(order, buyer);
  const language = languageFor(order, policies, buyer, regime);
  const lines = buildLines(order, { currency: order.currency, policies, regime, words: wordsForLines(language) });
  const day = (instant: string | undefined) => (instant === undefined ? undefined : civilDay(instant, policies.zone));
  const payment = buildPayment(order, policies, total);
  const saleDate = day(saleInstant(order, policies));
  const receipt = order.documentedElsewhere.find((document) => isReceipt(document.kind));
  const draft: DocumentContent = {
    kind: decision.kind,
    language,
    currency: order.currency,
    taxMethod: policies.taxMethod,
    seller: policies.seller,
    buyer,
    ...(recipient && { recipient }),
    ...(saleDate && { saleDate }),
    ...(order.invoiceRequest.dueDate && { dueDate: order.invoiceRequest.dueDate }),
    payment,
    splitPayment: false,
    ...(policies.roundTo && { roundTo: policies.roundTo }),
    ...(receipt && { receipt: { number: receipt.number ?? receipt.id, withTaxId: receipt.kind === 'receipt_with_tax_id' } }),
    lines,
    totals: { net: '0.00', tax: '0.00', gross: '0.00', rounding: '0.00', paid: '0.00', payable: '0.00', byRate: [] },
    order: orderReference(order),
    notes: [...policies.notes],
    prepayments: [],
    message: {},
    orderTotal: fromMinor(total, order.currency),
  };
  const abroad = foreignCountry(draft) !== undefined;
  if (abroad && policies.secondLanguage && policies.secondLanguage !== language) draft.secondLanguage = policies.secondLanguage;
  return taxedByPolicies(draft, policies, regime);
}

function orderReference(order: Order): DocumentContent['order'] {
  const { externalId, number, channel, orderedAt } = order;
  return { externalId, ...(number && { number }), channel, ...(order.buyer.login && { login: order.buyer.login }), orderedAt };
}

const filled = (text: string | undefined) => (text?.trim() ? text.trim() : undefined);

function buildBuyer(order: Order, policies: Policies, type: 'company' | 'person', regime: Regime): DocumentContent['buyer'] {
  const { requested, party } = order.invoiceRequest;
  const chosen: Party = party && (requested || type === 'company') ? party : order.buyer;
  const person = filled([filled(chosen.firstName), filled(chosen.lastName)].filter(Boolean).join(' '));
  // A marketplace may send an empty name for a private person; the buyer of the order is the same person.
  const own = filled([filled(order.buyer.firstName), filled(order.buyer.lastName)].filter(Boolean).join(' ')) ?? filled(order.buyer.name);
  const name = type === 'company' ? (filled(chosen.company) ?? filled(chosen.name) ?? person) : (filled(chosen.name) ?? person ?? own);
  const country = filled(chosen.country) ?? filled(order.buyer.country) ?? filled(order.delivery.address?.country);
  const email = order.buyer.emailKind === 'none' ? undefined : (filled(chosen.email) ?? filled(order.buyer.email));
  return {
    type,
    taxIds: type === 'company' ? chosen.taxIds : [],
    ...defined({
      name,
      firstName: filled(chosen.firstName),
      lastName: filled(chosen.lastName),
      company: type === 'company' ? filled(chosen.company) : undefined,
      street: filled(chosen.street),
      street2: filled(chosen.street2),
      postalCode: filled(chosen.postalCode),
      city: filled(chosen.city),
      region: filled(chosen.region),
      country: country ?? (policies.missingCountry === 'domestic' ? regime.country : undefined),
      email,
      phone: filled(chosen.phone) ?? filled(order.buyer.phone),
    }),
  };
}

/** JSON content has no undefined members: equal contents are equal texts. A copy, for deleting members makes an object slow to read and write. */
function defined<T extends object>(object: T): T {
  const some = {} as T;
  for (const key in object) if (object[key] !== undefined) some[key] = object[key];
  return some;
}

/** Where the goods go, when that is not the buyer's own address. */
function buildRecipient(order: Order, buyer: Party): Party | undefined {
  const address = order.delivery.address;
  if (!address || !filled(address.street ?? address.city)) return undefined;
  const name =
    filled(address.name) ??
    filled([filled(address.firstName), filled(address.lastName)].filter(Boolean).join(' ')) ??
    filled(address.company);
  const same =
    (['street', 'postalCode', 'city'] as const).every((field) => filled(address[field]) === filled(buyer[field])) &&
    (filled(address.country) ?? buyer.country) === buyer.country;
  if (same && (name === undefined || name === buyer.name)) return undefined;
  const { street, street2, postalCode, city, country, phone } = address;
  return { taxIds: [], ...defined({ name, street, street2, postalCode, city, country, phone }) };
}

function languageFor(order: Order, policies: Policies, buyer: Party, regime: Regime): Language {
  if (policies.language !== 'seller' && policies.language !== 'buyer') return policies.language;
  if (policies.language === 'seller') return regime.language;
  const spoken = order.buyer.language?.slice(0, 2).toLowerCase();
  if (spoken === 'pl' || spoken === 'hu' || spoken === 'sv' || spoken === 'en') return spoken;
  return ({ PL: 'pl', HU: 'hu', SE: 'sv' } as const)[buyer.country ?? ''] ?? 'en';
}

function saleInstant(order: Order, policies: Policies): string | undefined {
  const onDelivery = order.payments.some((p) => p.method === 'cash_on_delivery') && order.paidAt === undefined;
  const rule = policies.saleDate === 'automatic' ? (onDelivery ? 'shipped' : 'payment') : policies.saleDate;
  if (rule === 'order') return order.orderedAt;
  // Not shipped yet: the day of issue is the day of sale.
  if (rule === 'shipped') return order.shippedAt;
  return order.paidAt ?? order.payments.find((p) => p.status === 'paid' && p.at)?.at ?? order.readyAt ?? order.orderedAt;
}

/** What the buyer has paid, vouchers included, at most the total of the order. */
function paidMinor(order: Order, total: bigint): bigint {
  const paid = order.payments.filter((p) => p.status === 'paid');
  // A channel that says "paid" without an amount means the whole.
  if (paid.some((p) => p.amount === undefined) || (order.payments.length === 0 && order.paidAt !== undefined)) return total;
  const sumPaid = sum(paid.map((p) => toMinor(p.amount!, order.currency)));
  return sumPaid - total > 0n ? total : sumPaid;
}

const meansOf = (method: Order['payments'][number]['method']) => (method === 'gift_card' ? 'voucher' : method);

function buildPayment(order: Order, policies: Policies, total: bigint): DocumentContent['payment'] {
  const money = order.payments.filter(
    (p) => p.method !== 'voucher' && p.method !== 'gift_card' && p.status !== 'cancelled' && p.status !== 'rejected',
  );
  const main = money.find((p) => p.status === 'paid') ?? money[0] ?? order.payments.find((p) => p.status === 'paid');
  const paid = paidMinor(order, total);
  const paidAt = order.paidAt ?? main?.at;
  const open = paid < total;
  return {
    means: main ? meansOf(main.method) : 'other',
    ...(filled(main?.rawMethod) && { rawMethod: main!.rawMethod!.trim() }),
    ...(paid > 0n && paidAt !== undefined && { paidAt }),
    paid: fromMinor(paid, order.currency),
    ...(open && order.invoiceRequest.dueDate === undefined && { termsDays: policies.termsDays }),
  };
}

/** What the lines of one document are made with. */
type Making = { currency: string; policies: Policies; regime: Regime; words: LineWords };
/** An amount of the whole order: delivery, a discount, a fee. */
type WholeAmount = { id: string; kind: 'delivery' | 'discount' | 'fee'; name: string; gross: string; rate: DocumentLine['rate'] };

function buildLines(order: Order, making: Making): DocumentLine[] {
  const { policies, words, currency } = making;
  const lines = ownLines(order).map((line) => buildLine(line, making));
  const method = filled(order.delivery.method);
  const delivery = policies.deliveryName ?? (method ? `${words.delivery}: ${method}` : words.delivery);
  const amounts: WholeAmount[] = [
    { id: 'delivery', kind: 'delivery', name: delivery, gross: order.delivery.gross ?? '0', rate: order.delivery.rate },
    ...order.adjustments.map(({ kind, name, gross, rate }, i) => ({
      id: adjustmentId(i),
      kind,
      name: filled(name) ?? words[kind],
      gross,
      rate,
    })),
  ];
  const goods = lines.filter((line) => line.kind === 'goods' || line.kind === 'service');
  return [
    ...lines,
    ...amounts.filter(({ gross }) => toMinor(gross, currency) !== 0n).flatMap((amount) => buildShares(amount, goods, order, making)),
  ];
}

function buildLine(line: OrderLine, { currency, policies, regime, words }: Making): DocumentLine {
  const rate = rateOfLine(line, policies, regime);
  const group = line.sku !== undefined && Object.hasOwn(policies.groupBySku, line.sku) ? policies.groupBySku[line.sku] : undefined;
  return {
    id: line.id,
    orderLineId: line.id,
    kind: line.kind,
    name: line.name.trim(),
    quantity: line.quantity,
    unit: filled(line.unit) ?? policies.unit ?? (line.kind === 'service' ? words.serviceUnit : words.unit),
    unitPrice: unitPrice(line, currency, policies.taxMethod, rate),
    ...defined({
      note: filled(line.note),
      sku: line.sku,
      rate,
      gtu: group,
      splitPayment: line.sku !== undefined && policies.splitPaymentSkus.includes(line.sku) ? true : undefined,
    }),
    ...noAmounts,
  };
}

const noAmounts = { net: '0.00', tax: '0.00', gross: '0.00' };

/**
 * The price that leads to the line's gross. Channels that discount a line keep the price before the discount beside it: then the price is
 * what the line's gross makes of one unit, with six decimals.
 */
function unitPrice(line: OrderLine, currency: string, method: 'gross' | 'net', rate: DocumentLine['rate']): string {
  const gross = toMinor(line.gross, currency);
  const whole = method === 'gross' && extend(line.quantity, line.unitGross, currency) === gross;
  if (whole) return line.unitGross;
  const quantity = scaled(line.quantity);
  if (quantity.value === 0n) return line.unitGross;
  const amount = method === 'gross' ? scaled(fromMinor(gross, currency)) : netOf(line.gross, rate);
  const value = divide(rescale(amount, 12) * 10n ** BigInt(quantity.scale), quantity.value);
  return trimmed(fixed({ value, scale: 12 }, 6));
}

function netOf(gross: string, rate: DocumentLine['rate']): { value: bigint; scale: number } {
  const amount = rescale(scaled(gross), 12);
  const percent = scaled(rate ? percentOf(rate) : '0');
  const hundred = 100n * 10n ** BigInt(percent.scale);
  return { value: divide(amount * hundred, hundred + percent.value), scale: 12 };
}

/**
 * Lines of a whole-order amount: one at its own or the fixed rate; else a share that follows the rates of the goods at every edit. Under
 * the net method the shares are settled once, for their prices hold no tax that could move.
 */
function buildShares(
  amount: WholeAmount,
  goods: DocumentLine[],
  order: Order,
  { currency, policies, regime, words }: Making,
): DocumentLine[] {
  const policy = policies.deliveryRate;
  // A fixed rate is meant for delivery and fees; a discount always follows what it discounts.
  const fixedRate = typeof policy === 'object' && amount.kind !== 'discount' ? { ...policy, source: 'rule' as const } : undefined;
  const rate = (amount.rate && ofSeller(amount.rate, policies)) ?? fixedRate;
  const rule = policy === 'dominant' ? 'dominant' : 'proportional';
  const gross = toMinor(amount.gross, currency);
  const base = {
    id: amount.id,
    kind: amount.kind,
    name: amount.name,
    quantity: '1',
    unit: amount.kind === 'discount' ? words.unit : words.serviceUnit,
    ...noAmounts,
  };
  const price = (part: bigint, of: DocumentLine['rate']) =>
    policies.taxMethod === 'gross' ? fromMinor(part, currency) : trimmed(fixed(netOf(fromMinor(part, currency), of), 6));
  if (rate) return [{ ...base, unitPrice: price(gross, rate), rate: withReason(rate, regime) }];
  if (policies.taxMethod === 'gross' || goods.some((line) => !line.rate))
    return [{ ...base, unitPrice: fromMinor(gross, currency), spread: rule }];
  const grossOf = new Map(order.lines.map((line) => [line.id, toMinor(line.gross, currency)]));
  const over = goods.map((line) => ({ rate: line.rate!, gross: grossOf.get(line.orderLineId!)! }));
  return spreadAmount(gross, over, rule, currency).map((share) => ({
    ...base,
    id: `${amount.id}/${rateId(share.rate)}`,
    unitPrice: price(share.gross, share.rate),
    rate: { ...share.rate, source: 'rule' as const },
  }));
}

function trimmed(text: string): string {
  return text.replace(/\.?0+$/, '');
}

/** Another kind for the same sale: everything edited stays. Corrections, prepayment and final invoices are made, not switched to. */
export function changeKind(content: DocumentContent, kind: 'invoice' | 'proforma' | 'receipt'): DocumentContent {
  if (content.kind === 'correction' || content.kind === 'final' || content.kind === 'prepayment') {
    throw new RangeError(`a ${content.kind} cannot become a ${kind}`);
  }
  return splitWhereDue(recompute({ ...content, kind }));
}
