import type { DocumentContent } from '../documents/document.ts';
import {
  type Policies,
  rateOfLine,
  type Suggested,
  type Suggestion,
  treatmentByRule,
  voucherTotal,
  wantsInvoice,
} from '../documents/index.ts';
import { type Finding, hold, warning } from '../finding.ts';
import { fromMinor, sum, toMinor } from '../money/money.ts';
import type { Party } from '../parties/party.ts';
import { checkTaxId, type Regime, regimeOf } from '../regimes/index.ts';
import { foreignCountry } from '../totals/index.ts';
import { type Order, refundsGiven } from './order.ts';

/**
 * What an order asks to become, and everything about it that a person must know before a document is issued (ORDERS §4). A hold
 * never changes the suggestion; it only stops issuing.
 */
export function suggest(order: Order, policies: Policies): Suggested {
  const document = suggestion(order, policies);
  if (document === 'SKIP' || document === 'WAIT') return { document, findings: order.findings.filter((f) => f.level === 'warning') };
  const regime = regimeOf(policies.seller.country);
  const buyer = buyerOf(order, document);
  const found = [
    ...checkTaxIds(buyer, document, regime),
    ...checkBuyerData(order, buyer, document, regime),
    ...checkForeign(order, buyer, document, policies),
    ...checkRates(order, policies, regime),
    ...checkTotal(order),
    ...checkPaid(order, policies),
    ...checkValue(order),
    ...checkReturned(order),
    ...checkRequest(order, policies),
  ];
  const own = order.findings.filter((f) => !found.some((other) => other.code === f.code && other.where === f.where));
  return { document, findings: [...found.filter((f) => f.level === 'hold'), ...own, ...found.filter((f) => f.level !== 'hold')] };
}

/** Codes once each, holds before warnings. */
export function codesOf(findings: Finding[]): string[] {
  const rank = (f: Finding) => (f.level === 'warning' ? 1 : 0);
  return [...new Set([...findings].sort((a, b) => rank(a) - rank(b)).map((f) => f.code))];
}

/** Goods and services, returnable-packaging deposits, delivery and the whole, in minor units (ORDERS §2.1). */
export function orderSums(order: Order): { items: bigint; deposits: bigint; delivery: bigint; total: bigint } {
  const minor = (amount: string | undefined) => (amount === undefined ? 0n : toMinor(amount, order.currency));
  let [items, deposits] = [0n, 0n];
  for (const line of order.lines) {
    if (line.kind === 'deposit') deposits += minor(line.gross);
    else items += minor(line.gross);
  }
  const delivery = minor(order.delivery.gross);
  let total = items + deposits + delivery;
  for (const adjustment of order.adjustments) total += minor(adjustment.gross);
  return { items, deposits, delivery, total };
}

const filled = (text: string | undefined) => text !== undefined && text.trim() !== '';

function suggestion(order: Order, policies: Policies): Suggestion {
  if (order.status === 'cancelled' || isRefunded(order)) return 'SKIP';
  if (order.status === 'open') return 'WAIT';
  if (!wantsInvoice(order, policies)) return 'RECEIPT';
  const buyer = order.invoiceRequest.party ?? order.buyer;
  return filled(buyer.company) || buyer.taxIds.length > 0 ? 'INVOICE_COMPANY' : 'INVOICE_PERSON';
}

/** All the money went back: every payment refunded, or refunds that reach the total. */
function isRefunded(order: Order): boolean {
  if (order.payments.length > 0 && order.payments.every((p) => p.status === 'refunded')) return true;
  const refunded = sum(refundsGiven(order).map((r) => toMinor(r.amount, order.currency)));
  return refunded > 0n && refunded >= orderSums(order).total;
}

function buyerOf(order: Order, document: Suggestion): Party {
  return document === 'RECEIPT' ? order.buyer : (order.invoiceRequest.party ?? order.buyer);
}

function checkTaxIds(buyer: Party, document: Suggestion, regime: Regime): Finding[] {
  if (document !== 'INVOICE_COMPANY') return [];
  const atHome = buyer.country === undefined || buyer.country === regime.country;
  if (buyer.taxIds.length === 0) return atHome ? [hold('H_TAXID_MISSING', 'invoiceRequest.party.taxIds')] : [];
  const verdicts = buyer.taxIds.map((id) => checkTaxId(id));
  const right = verdicts.some((verdict) => verdict?.valid);
  const wrong = verdicts.findIndex((verdict) => (verdict ? !verdict.valid : atHome && !right));
  const id = buyer.taxIds[wrong];
  return id ? [hold('H_TAXID_INVALID', `invoiceRequest.party.taxIds.${wrong}`, { value: id.raw ?? id.value })] : [];
}

function checkBuyerData(order: Order, buyer: Party, document: Suggestion, regime: Regime): Finding[] {
  if (document === 'RECEIPT') return [];
  const named = [buyer.company, buyer.name, buyer.firstName, buyer.lastName].some(filled);
  // A marketplace may leave the name of a private person empty; the buyer of the order is the same person.
  const known = named || (document === 'INVOICE_PERSON' && [order.buyer.name, order.buyer.firstName, order.buyer.lastName].some(filled));
  const missing = [
    !known && 'name',
    !filled(buyer.street) && 'street',
    !filled(buyer.postalCode) && (buyer.country ?? regime.country) === regime.country && 'postalCode',
    !filled(buyer.city) && 'city',
  ].filter((field) => field !== false);
  return missing.length > 0 ? [hold('H_BUYER_DATA', `invoiceRequest.party.${missing[0]}`, { fields: missing.join(', ') })] : [];
}

function checkForeign(order: Order, buyer: Party, document: Suggestion, policies: Policies): Finding[] {
  const sale = {
    seller: policies.seller,
    buyer: {
      type: document === 'INVOICE_COMPANY' ? 'company' : 'person',
      taxIds: buyer.taxIds,
      country: buyer.country ?? order.buyer.country,
    },
    recipient: order.delivery.address,
  } as DocumentContent;
  const country = foreignCountry(sale);
  if (country === undefined || treatmentByRule(sale, policies)) return [];
  return [hold('H_FOREIGN_VAT', 'taxTreatment', { country })];
}

function checkRates(order: Order, policies: Policies, regime: Regime): Finding[] {
  const unknown = order.lines.filter((line) => !rateOfLine(line, policies, regime));
  if (unknown.length === 0) return [];
  const at = order.lines.indexOf(unknown[0]!);
  return [
    hold('H_VAT_UNKNOWN', `lines.${at}.rate`, {
      lines: unknown
        .map((line) => line.name)
        .join(', ')
        .slice(0, 500),
    }),
  ];
}

/** No tolerance: a tolerance hides lost lines. */
function checkTotal(order: Order): Finding[] {
  if (order.declaredTotal === undefined) return [];
  const { total } = orderSums(order);
  const declared = toMinor(order.declaredTotal, order.currency);
  if (declared === total || declared === total - voucherTotal(order)) return [];
  return [hold('H_TOTAL_MISMATCH', 'declaredTotal', { computed: fromMinor(total, order.currency), declared: order.declaredTotal })];
}

function checkPaid(order: Order, policies: Policies): Finding[] {
  const payable = payableOf(order);
  const paid = paidOf(order, payable);
  if (paid === undefined || paid === payable) return [];
  const money = (minor: bigint) => fromMinor(minor, order.currency);
  if (paid > payable) return [hold('H_SURCHARGE', 'payments', { amount: money(paid - payable) })];
  return policies.unpaid === 'accept' ? [] : [hold('H_UNPAID', 'payments', { paid: money(paid), total: money(payable) })];
}

function payableOf(order: Order): bigint {
  const vouchers = voucherTotal(order);
  const { total } = orderSums(order);
  if (order.declaredTotal === undefined) return total - vouchers;
  const declared = toMinor(order.declaredTotal, order.currency);
  return vouchers > 0n && declared === total ? total - vouchers : declared;
}

/** Money that came in; undefined where payment is not a condition: on delivery, on terms, or the channel tells nothing of payments. */
function paidOf(order: Order, payable: bigint): bigint | undefined {
  const money = order.payments.filter((p) => p.method !== 'voucher' && p.method !== 'gift_card');
  if (money.length === 0) return undefined;
  const live = money.filter((p) => p.status !== 'cancelled' && p.status !== 'rejected');
  const paid = live.filter((p) => p.status === 'paid');
  if (paid.some((p) => p.amount === undefined)) return payable;
  const amount = sum(paid.map((p) => toMinor(p.amount!, order.currency)));
  if (amount < payable && live.some((p) => p.method === 'cash_on_delivery' || p.method === 'deferred')) return undefined;
  // On delivery nothing is unpaid (contract allegro §3.3): a channel that calls off the payment it expected speaks of its own account.
  if (live.length === 0 && money.some((p) => p.method === 'cash_on_delivery')) return undefined;
  return amount;
}

function checkValue(order: Order): Finding[] {
  const free = order.lines.flatMap((line, i) =>
    (line.kind === 'goods' || line.kind === 'service') && toMinor(line.gross, order.currency) === 0n
      ? [warning('W_ZERO_PRICE', `lines.${i}.unitGross`, { line: line.name })]
      : [],
  );
  return orderSums(order).total === 0n ? [hold('H_ZERO_TOTAL', 'lines'), ...free] : free;
}

function checkReturned(order: Order): Finding[] {
  const came =
    refundsGiven(order).length > 0 ||
    order.lines.some((line) => line.returnedQuantity !== undefined && /[1-9]/.test(line.returnedQuantity));
  return came && !order.findings.some((f) => f.code === 'H_RETURNED') ? [hold('H_RETURNED', 'lines')] : [];
}

function checkRequest(order: Order, policies: Policies): Finding[] {
  const { requested, explicit, party } = order.invoiceRequest;
  const given = (party?.taxIds.length ?? 0) > 0;
  return explicit && !requested && given && !policies.taxIdMeansInvoice
    ? [warning('W_TAXID_WITHOUT_REQUEST', 'invoiceRequest.party.taxIds')]
    : [];
}
