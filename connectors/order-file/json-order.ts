import type { Place } from '../../src/contract/connector.ts';
import { readInstant } from '../../src/contract/files/local-time.ts';
import type { RecordContext } from '../../src/contract/files/records.ts';
import { emailKind } from '../../src/contract/files/records.ts';
import { isCurrency, readTaxId } from '../../src/contract/files/values.ts';
import type { FileEvent } from '../../src/contract/order-file.ts';
import { cut } from '../../src/domain/cut.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { extend, fromMinor, isDecimal, noCurrency } from '../../src/domain/money/money.ts';
import { type Order, orderSchema } from '../../src/domain/orders/order.ts';

/** A record in the canonical model's own field names (contract ORDERS §2): what can be derived may be left out, nothing is renamed. */

type Fields = Record<string, unknown>;
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const objects = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isObject) : []);
const text = (value: unknown): string | undefined => (typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined);

export function orderFromJson(
  value: unknown,
  raw: string,
  place: Place,
  zone: string,
  context: Pick<RecordContext, 'maskedDomains'>,
): FileEvent {
  const reject = (code: string, where: string, shown: unknown, externalId?: string): FileEvent => {
    const finding: Finding = {
      code,
      level: 'reject',
      where,
      params: { value: shown === undefined ? '' : cut(String(typeof shown === 'object' ? JSON.stringify(shown) : shown), 100) },
    };
    return { event: 'rejected', finding, externalId: externalId && cut(externalId, 200), raw, place };
  };
  if (!isObject(value)) return reject('E_FIELD', '', value);
  const externalId = text(value.externalId) ?? (isObject(value.key) ? text(value.key.externalId) : undefined);
  if (externalId === undefined) return reject('E_ORDER_ID_MISSING', 'externalId', '');
  const currency = text(value.currency)?.toUpperCase();
  if (currency !== undefined && !isCurrency(currency)) return reject('E_CURRENCY', 'currency', currency, externalId);
  if (objects(value.lines).length === 0) return reject('E_NO_LINES', 'lines', '', externalId);
  const filled = fill(value, externalId, currency ?? noCurrency, zone, context.maskedDomains);
  const parsed = orderSchema.safeParse(filled);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    return reject(codeFor(issue.path), issue.path.join('.'), at(value, issue.path), externalId);
  }
  const wrong = firstWrong(parsed.data);
  if (wrong) return reject(wrong.code, wrong.where, wrong.value, externalId);
  if (currency === undefined) parsed.data.findings.push({ code: 'H_CURRENCY_UNKNOWN', level: 'hold', where: 'currency' });
  return { event: 'order', order: parsed.data, raw, place };
}

function at(value: Fields, path: readonly PropertyKey[]): unknown {
  let found: unknown = value;
  for (const key of path) found = isObject(found) || Array.isArray(found) ? (found as Fields)[key as string] : undefined;
  return found;
}

const decimalFields = new Set(['gross', 'unitGross', 'amount', 'declaredTotal', 'listUnitGross', 'delivery']);
function codeFor(path: readonly PropertyKey[]): string {
  const last = String(path.at(-1) ?? '');
  if (last === 'quantity' || last === 'returnedQuantity') return 'E_QTY';
  if (decimalFields.has(last)) return 'E_AMOUNT';
  if (last === 'currency') return 'E_CURRENCY';
  if (last.endsWith('At') || last === 'at') return 'E_DATE';
  return last === 'lines' ? 'E_NO_LINES' : 'E_FIELD';
}

/** What the schema allows and an order file may not say. */
function firstWrong(order: Order): { code: string; where: string; value: string } | undefined {
  for (const [i, line] of order.lines.entries()) {
    if (line.quantity.startsWith('-') || !/[1-9]/.test(line.quantity))
      return { code: 'E_QTY', where: `lines.${i}.quantity`, value: line.quantity };
    if (line.gross.startsWith('-') || line.unitGross.startsWith('-'))
      return { code: 'E_AMOUNT', where: `lines.${i}.gross`, value: line.gross };
  }
  return undefined;
}

/** The record with its derivable fields: line gross, instants with a zone, ids of lines, kinds of e-mail addresses. */
function fill(value: Fields, externalId: string, currency: string, zone: string, masked: string[]): Fields {
  const buyer = isObject(value.buyer) ? value.buyer : {};
  const request = isObject(value.invoiceRequest) ? value.invoiceRequest : {};
  const delivery = isObject(value.delivery) ? value.delivery : {};
  const requested = request.requested ?? value.invoiceRequested;
  const party = isObject(request.party) ? partyOf(request.party) : undefined;
  return {
    ...value,
    externalId,
    channel: text(value.channel) ?? 'order-file',
    currency,
    status: value.status ?? 'ready',
    ...instants(value, zone),
    buyer: { ...partyOf(buyer), emailKind: emailKind(text(buyer.email), masked) },
    invoiceRequest: {
      ...request,
      party,
      requested: requested === undefined ? party !== undefined : requested,
      explicit: requested !== undefined,
    },
    delivery: { ...delivery, address: isObject(delivery.address) ? partyOf(delivery.address) : undefined },
    lines: objects(value.lines).map((line, i) => lineOf(line, i, currency)),
    payments: objects(value.payments).map((payment) => ({ rawMethod: payment.method, ...payment, ...instants(payment, zone) })),
    refunds: objects(value.refunds).map((refund) => ({ lines: [], ...refund, ...instants(refund, zone) })),
    findings: [],
  };
}

const instantFields = ['orderedAt', 'readyAt', 'paidAt', 'shippedAt', 'cancelledAt', 'updatedAt', 'at'];
/** Written instants as UTC; one that cannot be read stays wrong on purpose, so that the check names it. */
function instants(value: Fields, zone: string): Fields {
  const found: Fields = {};
  for (const field of instantFields) {
    if (!(field in value)) continue;
    const written = text(value[field]);
    // An empty one is none, and must not stand there as an instant.
    found[field] = written === undefined ? undefined : (readInstant(written, zone) ?? 0);
  }
  return found;
}

function partyOf(party: Fields): Fields {
  const country = text(party.country)?.toUpperCase();
  const taxId = text(party.taxId) ?? text(party.nip);
  const taxIds = objects(party.taxIds);
  return { ...party, country, taxIds: taxIds.length === 0 && taxId !== undefined ? [readTaxId(taxId, country ?? 'PL')] : taxIds };
}

function lineOf(line: Fields, i: number, currency: string): Fields {
  const externalId = text(line.externalId);
  const rate = isObject(line.rate) ? { source: 'channel', ...line.rate } : rateOf(text(line.rate) ?? text(line.vat));
  const quantity = text(line.quantity) ?? '1';
  const unitGross = text(line.unitGross);
  const derived = isDecimal(unitGross) && isDecimal(quantity) ? fromMinor(extend(quantity, unitGross, currency), currency) : undefined;
  const gross = text(line.gross) ?? derived;
  return {
    ...line,
    id: text(line.id) ?? externalId ?? String(i + 1),
    externalId,
    quantity,
    gross,
    unitGross: unitGross ?? (quantity === '1' ? gross : undefined),
    rate,
  };
}

function rateOf(written: string | undefined): Fields | undefined {
  const percent = /^(\d{1,2}(?:\.\d{1,2})?)%?$/.exec(written ?? '')?.[1];
  if (percent !== undefined) return { category: /[1-9]/.test(percent) ? 'S' : 'Z', percent, source: 'channel' };
  const letter = written?.toUpperCase();
  return letter !== undefined && ['E', 'O', 'AE', 'Z', 'K', 'G'].includes(letter) ? { category: letter, source: 'channel' } : undefined;
}
