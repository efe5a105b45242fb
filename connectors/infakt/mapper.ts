import type { TransferRequest } from '../../src/contract/connector.ts';
import { addDays, civilDay, type Day } from '../../src/domain/days/day.ts';
import type { DocumentContent } from '../../src/domain/documents/document.ts';
import { toMinor } from '../../src/domain/money/money.ts';
import { partyName } from '../../src/domain/parties/party.ts';
import { classifyTaxId, postalCode as polishPostalCode } from '../../src/domain/regimes/pl/identifiers.ts';
import { hundredths, pairs, quantityNumber, unitNetOf, unitNetThatFits, type WireLine, wireLines } from './amounts.ts';
import { type Family, families, fromHundredths, type Held, isOss } from './answers.ts';
import type { InfaktSettings } from './settings.ts';

/** Our document to their request. Pure: days and what is known of the account come in. */

export const zone = 'Europe/Warsaw';
const paymentMethods = [
  'transfer',
  'cash',
  'card',
  'barter',
  'check',
  'bill_of_sale',
  'delivery',
  'compensation',
  'accredited',
  'paypal',
  'instalment_sale',
  'payu',
  'tpay',
  'przelewy24',
  'dotpay',
  'other',
] as const;

/** What the account has told of itself, as far as it was asked; unknown parts judge nothing. */
export type AccountFacts = {
  symbols?: string[];
  bankCurrencies?: string[];
  /** Ids of the marks of goods by their number, as `gtuNumber` gives it. */
  gtus?: Record<string, number>;
};

/** `GTU_06`, `GTU 6` and `06` are one mark; undefined for what is none. */
export function gtuNumber(mark: string | undefined): string | undefined {
  const digits = /^(?:GTU)?[_ ]?0?(\d{1,2})$/i.exec(mark?.trim() ?? '')?.[1];
  return digits?.padStart(2, '0');
}

export function familyOf({ kind, content }: Pick<TransferRequest, 'kind' | 'content'>): Family {
  const oss = content.taxTreatment === 'destination';
  if (kind === 'correction') return oss ? 'corrective_oss_invoices' : 'corrective_invoices';
  if (kind === 'prepayment') return 'advance_invoices';
  if (kind === 'final') return 'final_invoices';
  return oss && kind === 'invoice' ? 'oss_invoices' : 'invoices';
}

export function orderNumberOf(content: DocumentContent): string | undefined {
  return (content.order?.number ?? content.order?.externalId)?.trim() || undefined;
}

/** Our own words that leave no doubt; "paid online" may be any of several, so it has to be mapped. */
const plainMeans: Record<string, string> = {
  bank_transfer: 'transfer',
  deferred: 'transfer',
  cash: 'cash',
  card: 'card',
  cash_on_delivery: 'delivery',
  voucher: 'other',
  other: 'other',
};
export const oursWithoutDoubt = plainMeans;

export function paymentMethodOf(request: Pick<TransferRequest, 'content' | 'mapped'>): string | undefined {
  const { payment } = request.content;
  const mapped = request.mapped?.payment_method ?? (payment.rawMethod ? undefined : plainMeans[payment.means]);
  return mapped && (paymentMethods as readonly string[]).includes(mapped) ? mapped : undefined;
}

// ---------------------------------------------------------------- buyer

type Buyer = Record<string, string>;

/** A house number at the end of the street, with or without a flat; only where the address is written that way. */
const streetPattern = /^(.*[^\d\s,].*?)[\s,]+(\d{1,5}\s?[A-Za-z]?)(?:\s*(?:\/|m\.?|lok\.?|nr)\s*(\d{1,5}\s?[A-Za-z]?))?$/;

function addressOf(buyer: DocumentContent['buyer']): Buyer {
  const street = [buyer.street, buyer.street2].filter((part) => part?.trim()).join(', ');
  const [, name, number, flat] = (buyer.country === 'PL' && streetPattern.exec(street)) || [];
  return {
    client_street: name?.trim() ?? street,
    ...(number && { client_street_number: number }),
    ...(flat && { client_flat_number: flat }),
    client_city: buyer.city?.trim() ?? '',
    client_post_code: (buyer.country === 'PL' && polishPostalCode(buyer.postalCode ?? '')) || (buyer.postalCode?.trim() ?? ''),
    client_country: buyer.country ?? '',
    ...(buyer.email?.trim() && { client_email: buyer.email.trim() }),
  };
}

/** First and last name of a person whose name was given in one piece. */
function personOf(buyer: DocumentContent['buyer']): { first: string; last: string } {
  if (buyer.firstName?.trim() || buyer.lastName?.trim())
    return { first: buyer.firstName?.trim() ?? '', last: buyer.lastName?.trim() ?? '' };
  const words = (buyer.name ?? buyer.company ?? '').trim().split(/\s+/);
  return { first: words.slice(0, -1).join(' '), last: words.at(-1) ?? '' };
}

/** The number as inFakt takes it: bare Polish digits, an EU number with its prefix, anything else as it is. */
export function taxCodeOf(buyer: DocumentContent['buyer']): { code: string; polish: boolean } | undefined {
  const id = buyer.taxIds.find((t) => t.scheme === 'PL:NIP') ?? buyer.taxIds.find((t) => t.scheme === 'EU:VAT') ?? buyer.taxIds[0];
  if (!id?.value.trim()) return undefined;
  const verdict = classifyTaxId(id.value);
  if (verdict.valid) return { code: verdict.value, polish: verdict.scheme === 'PL:NIP' };
  return { code: id.value.trim(), polish: false };
}

export function buyerOf(content: DocumentContent): Buyer {
  const { buyer } = content;
  if (buyer.type === 'person') {
    const { first, last } = personOf(buyer);
    return {
      client_first_name: first,
      client_last_name: last,
      client_business_activity_kind: 'private_person',
      ...addressOf(buyer),
    };
  }
  const code = taxCodeOf(buyer)?.code;
  return {
    client_company_name: partyName(buyer),
    client_business_activity_kind: 'other_business',
    ...(code && { client_tax_code: code }),
    ...addressOf(buyer),
  };
}

/** Buyer of the document as a search compares it: number first, else the name. */
export function buyerMarks(content: DocumentContent): { taxCode?: string; name: string } {
  const { buyer } = content;
  if (buyer.type === 'company') return { taxCode: taxCodeOf(buyer)?.code, name: partyName(buyer) };
  const { first, last } = personOf(buyer);
  return { name: [first, last].filter(Boolean).join(' ') };
}

// ---------------------------------------------------------------- requests

type Days = { today: Day };

function datesOf(request: TransferRequest, { today }: Days, settings: InfaktSettings) {
  const { content } = request;
  const issue = request.issueDate ?? content.issueDate ?? today;
  const paid = paidOn(content);
  return {
    issue,
    sale: content.saleDate ?? issue,
    due: content.dueDate ?? paid ?? addDays(issue, content.payment.termsDays ?? settings.paymentDays),
    paid,
  };
}

/** Civil day of the payment of a document that is paid in full. */
function paidOn(content: DocumentContent): Day | undefined {
  const { payment, totals, currency } = content;
  if (content.kind === 'correction' || payment.paidAt === undefined) return undefined;
  return toMinor(totals.payable, currency) <= 0n ? civilDay(payment.paidAt, zone) : undefined;
}

/** The order's number and our own mark, both of which inFakt gives back: the one people look for, and the one we do. */
function termsOf(request: TransferRequest): { orders: { number: string; date?: string }[] } {
  const { order } = request.content;
  const number = orderNumberOf(request.content);
  const date = order?.orderedAt ? civilDay(order.orderedAt, zone) : undefined;
  const dated = date ? { date } : {};
  return { orders: [...(number ? [{ number, ...dated }] : []), { number: request.reference, ...dated }] };
}

export const notesLimit = 3500;

/** The order number, what the law wants said, and the seller's own remarks. */
export function notesOf(request: TransferRequest): string {
  const { content } = request;
  const number = orderNumberOf(content);
  const reasons = content.lines.flatMap((line) => {
    const category = line.rate?.category;
    return line.rate?.exemptionReason && (category === 'AE' || category === 'O' || category === 'K' || category === 'G')
      ? [line.rate.exemptionReason]
      : [];
  });
  const reverse = content.lines.some((line) => line.rate?.category === 'AE') ? ['odwrotne obciążenie'] : [];
  const said = reasons.some((reason) => /odwrotne obciążenie/i.test(reason)) ? [] : reverse;
  const parts = [
    ...(number ? [`Zamówienie: ${number}`] : []),
    ...(content.correction?.reason ? [content.correction.reason] : []),
    ...new Set([...reasons, ...said]),
    ...content.notes,
    // OSS documents have no terms of the transaction: our mark travels here.
    ...(isOss(familyOf(request)) ? [request.reference] : []),
  ];
  return parts.filter((part) => part.trim()).join('\n');
}

function lineOf(line: WireLine, family: Family, settings: InfaktSettings, gtus: AccountFacts['gtus']) {
  return {
    name: line.name.trim(),
    unit: line.unit,
    quantity: quantityNumber(line.quantity)!,
    // From gross and from nothing else: the only way to land on what the buyer paid.
    gross_price: Number(line.gross),
    ...rateOf(line, family, settings, gtus),
  };
}

function rateOf(line: WireLine, family: Family, settings: InfaktSettings, gtus: AccountFacts['gtus']) {
  if (isOss(family)) return { tax_rate: line.symbol };
  return {
    tax_symbol: line.symbol,
    // Accounts of lump-sum taxpayers want it on every line, of a correction too.
    ...(settings.flatRate && { flat_rate_tax_symbol: settings.flatRate }),
    ...markOf(line, gtus),
  };
}

function markOf(line: WireLine, gtus: AccountFacts['gtus']): { gtu_id?: number } {
  const id = gtus?.[gtuNumber(line.gtu) ?? ''];
  return id === undefined ? {} : { gtu_id: id };
}

function common(request: TransferRequest, days: ReturnType<typeof datesOf>, settings: InfaktSettings, method: string) {
  const { content } = request;
  const exempt = content.lines.some((line) => line.rate?.category === 'E');
  const oss = isOss(familyOf(request));
  return {
    currency: content.currency,
    ...(oss ? { issue_date: days.issue } : { invoice_date: days.issue }),
    payment_method: method,
    ...(request.number && { number: request.number, check_duplicate_number: true }),
    notes: notesOf(request),
    ...(!oss && { transaction_terms: termsOf(request) }),
    ...(exempt && settings.exemption && { vat_exemption_reason: Number(settings.exemption) }),
  };
}

/** Of money taken before the delivery, and of what is left after it, the lines over there are those of the whole order. */
export function linesOf(content: DocumentContent): DocumentContent['lines'] {
  if (content.kind === 'prepayment') return content.ordered?.lines ?? [];
  return content.kind === 'final' ? content.lines.filter((line) => line.kind !== 'prepayment') : content.lines;
}

/** What those lines have to come to; a correction is judged by its differences. */
export function wholeGross(content: DocumentContent): string | undefined {
  if (content.kind === 'correction') return undefined;
  if (content.kind === 'prepayment') return content.ordered?.gross;
  if (content.kind !== 'final') return content.totals.gross;
  const taken = content.prepayments.reduce((sum, p) => sum + hundredths(p.gross)!, 0n);
  return fromHundredths(hundredths(content.totals.gross)! + taken);
}

/** An invoice; the buyer stands in it, or is one of the account's clients. */
export function invoiceRequest(
  request: TransferRequest,
  settings: InfaktSettings,
  days: Days,
  { clientId, gtus, previousAdvance }: { clientId?: number; gtus?: AccountFacts['gtus']; previousAdvance?: number } = {},
): Record<string, Record<string, unknown>> {
  const { content } = request;
  const family = familyOf(request);
  const oss = isOss(family);
  const dates = datesOf(request, days, settings);
  const method = paymentMethodOf(request)!;
  const folded = wireLines(linesOf(content));
  if ('refused' in folded) throw new Error(`a line that inFakt does not take reached the request: ${folded.refused}`);
  const foreign = content.buyer.country !== 'PL';
  const proforma = request.kind === 'proforma';
  return {
    [families[family].wrapper]: {
      ...common(request, dates, settings, method),
      // Documented as read-only and taken all the same: what came of it is looked at.
      ...(proforma && { kind: 'proforma' }),
      ...(oss ? { service_date: dates.sale, country: content.buyer.country } : { sale_date: dates.sale }),
      // What was received of the order that stands on the lines, and the advance before it (contract §15).
      ...(family === 'advance_invoices' && { advance_date: dates.sale, advance_price: Number(hundredths(content.totals.gross)) }),
      ...(previousAdvance !== undefined && { previous_advance_id: previousAdvance }),
      payment_date: dates.due,
      ...(dates.paid && !proforma && { status: 'paid', paid_date: dates.paid }),
      ...(clientId === undefined ? buyerOf(content) : { client_id: clientId }),
      ...(foreign && { sale_type: content.lines.some((line) => line.kind === 'goods') ? 'merchandise' : 'service' }),
      ...(content.splitPayment && { split_payment: true, split_payment_type: 'required' }),
      ...(method === 'transfer' && settings.bankAccount && { bank_account: settings.bankAccount }),
      ...(content.receipt && { receipt_number: content.receipt.number }),
      services: folded.lines.map((line) => lineOf(line, family, settings, gtus)),
    },
  };
}

/** A correction of a document as the provider holds it: pairs of lines before and after, in one form each. */
export function correctionRequest(
  request: TransferRequest,
  settings: InfaktSettings,
  days: Days,
  original: Held,
  gtus?: AccountFacts['gtus'],
) {
  const { content } = request;
  const family = familyOf(request);
  const dates = datesOf(request, days, settings);
  const paired = correctionPairs(content);
  if ('refused' in paired) throw new Error(`a line that inFakt does not take reached the request: ${paired.refused}`);
  const services = paired.pairs.flatMap(({ before, after }, i) => {
    const unitNet = sharedUnitNets(before, after, original);
    const row = (line: WireLine, correction: boolean, net: bigint | undefined) => ({
      name: (after.gross === 0n && after.quantity === '0' ? before : line).name.trim(),
      unit: line.unit,
      group: String(i + 1),
      quantity: quantityNumber(line.quantity)!,
      ...(net === undefined ? { gross_price: Number(line.gross) } : { unit_net_price: Number(net) }),
      ...rateOf(line, family, settings, gtus),
      correction,
    });
    return [row(before, false, unitNet?.before), row(after, true, unitNet?.after)];
  });
  return {
    [families[family].wrapper]: {
      ...common(request, dates, settings, paymentMethodOf(request) ?? original.paymentMethod ?? 'other'),
      ...(original.currency && { currency: original.currency }),
      ...(original.clientId !== undefined && { client_id: original.clientId }),
      corrected_invoice_number: original.number ?? request.original!.number,
      corrected_invoice_date: original.day ?? content.correction!.issueDate,
      corrected_invoice_uuid: original.uuid,
      correction_reason: 'other',
      services,
    },
  };
}

/**
 * Net prices of one unit are the form that has been seen to work for corrections. They are used where both rows lead back to the
 * gross exactly; otherwise both rows are given by their gross, from which inFakt works out the same amounts as on the original.
 */
function sharedUnitNets(before: WireLine, after: WireLine, original: Held): { before: bigint; after: bigint } | undefined {
  const held = original.lines.find(
    (l) => l.name.trim() === before.name.trim() && l.gross !== undefined && BigInt(l.gross) === before.gross,
  );
  const first = held?.unitNet !== undefined ? BigInt(held.unitNet) : unitNetOf(before.quantity === '0' ? after : before);
  const samePrice = after.quantity === '0' || before.quantity === '0' || unitNetThatFits(after, first);
  const second = samePrice ? first : unitNetOf(after);
  return unitNetThatFits(before, first) && unitNetThatFits(after, second) ? { before: first, after: second } : undefined;
}

type Paired = { pairs: { before: WireLine; after: WireLine }[] } | Extract<ReturnType<typeof wireLines>, { refused: string }>;

export function correctionPairs(content: DocumentContent): Paired {
  const before = wireLines(content.correction!.before.lines);
  if ('refused' in before) return before;
  const after = wireLines(content.lines);
  if ('refused' in after) return after;
  return { pairs: pairs(before.lines, after.lines) };
}

export function changes({ before, after }: { before: WireLine; after: WireLine }): boolean {
  return before.gross !== after.gross || before.quantity !== after.quantity || before.symbol !== after.symbol || before.name !== after.name;
}

/** Tells whether inFakt's reporting to the tax office is wanted for this document by its series. */
export function wantsReport(request: TransferRequest, settings: InfaktSettings): boolean {
  if (request.kind === 'proforma' || isOss(familyOf(request)) || settings.reporter !== 'provider' || settings.ksef === 'never')
    return false;
  if (settings.ksef === 'all') return true;
  return request.content.buyer.type === 'company' && taxCodeOf(request.content.buyer) !== undefined;
}
