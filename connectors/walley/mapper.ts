import type { Administered, AdministerRequest, PartSeen, ReceivableFacts } from '../../src/contract/administer.ts';
import { Secret } from '../../src/contract/secret.ts';
import { at, textAt, type XmlTree } from '../../src/contract/wire/read-xml.ts';
import { opt, type XmlNode, x } from '../../src/contract/wire/xml.ts';
import { type Day, isDay } from '../../src/domain/days/day.ts';
import { type Decimal, fixed, isDecimal, scaled } from '../../src/domain/money/money.ts';
import { type Party, partyName } from '../../src/domain/parties/party.ts';
import { type Part, type PartState, type Pick, type RowInput, sumsOfRows } from '../../src/domain/receivables/index.ts';
import { Amount } from './rest.ts';
import { storeOf, type WalleySettings } from './settings.ts';
import type { Operation, Service } from './soap.ts';

/** Both ways and pure: our actions to their messages, their answers to ours. Every list of elements below stands in schema order. */

const places = (amount: Decimal) => fixed(scaled(amount), 2);

/** Local wall-clock time of Sweden without an offset, as the service reads it (contract §2.5). */
export function swedishTime(instant: Date | string): string {
  const parts = new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'Europe/Stockholm',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(typeof instant === 'string' ? new Date(instant) : instant);
  return parts.replace(' ', 'T');
}

// ---------------------------------------------------------------- SOAP requests

type Desk = { settings: WalleySettings; service: Service };
type Common = { key: string; reference: string; receivable: ReceivableFacts; part?: Part };

const correlation = (id: string) => x('CorrelationId', null, id);
const country = ({ receivable }: Common) => x('CountryCode', null, receivable.country);
const number = ({ part }: Common) => x('InvoiceNo', null, part?.number ?? '');
const store = ({ settings }: Desk, { receivable }: Common) => opt('StoreId', storeOf(settings, receivable.country, receivable.segment));

/** The fields that most operations share: which claim, where. */
function byNumber(desk: Desk, request: Common, id: string): XmlNode[] {
  return [correlation(id), country(request), number(request), store(desk, request)];
}

function addFields(desk: Desk, request: AdministerRequest, rows: RowInput[]): XmlNode[] {
  const add = request.add!;
  const { settings } = desk;
  const { receivable } = request;
  const company = receivable.segment === 'company';
  // Consumers are sent the goods where they are sent the invoice, or the purchase is refused (contract §4.1).
  const delivery = company ? (add.delivery ?? add.buyer) : add.buyer;
  return [
    x('ActivationOption', null, '0'),
    correlation(request.key),
    country(request),
    x('Currency', null, receivable.currency),
    opt('CustomerNo', clipped(add.customerNumber, 20)),
    x('DeliveryAddress', null, addressFields(delivery, receivable, settings)),
    x('InvoiceAddress', null, addressFields(add.buyer, receivable, settings)),
    x('InvoiceDeliveryMethod', null, (add.by ?? settings.by) === 'post' ? '1' : '2'),
    rowsElement(rows),
    x('InvoiceType', null, settings.invoiceType),
    x('OrderDate', null, swedishTime(add.orderedAt)),
    opt('OrderNo', clipped(receivable.orderNumber, 20)),
    opt('ProductCode', clipped(settings.productCode, 50)),
    company ? opt('Reference', clipped(add.buyerReference, 50)) : undefined,
    x('RegNo', null, receivable.buyerNumber?.reveal() ?? ''),
    store(desk, request),
  ];
}

function clipped(text: string | undefined, longest: number): string | undefined {
  return text && [...text.trim()].slice(0, longest).join('');
}

function addressFields(party: Party, receivable: ReceivableFacts, settings: WalleySettings): XmlNode[] {
  const company = receivable.segment === 'company';
  const mobile = opt(settings.mobileField, phone(party.phone));
  const [first, last] = personName(party);
  return [
    opt('Address1', clipped(party.street, 50)),
    opt('Address2', clipped(party.street2, 50)),
    opt('City', clipped(party.city, 50)),
    x('CountryCode', null, receivable.country),
    opt('PostalCode', postalCode(party.postalCode)),
    settings.mobileField === 'CellPhoneNumber' && !company ? mobile : undefined,
    company ? opt('CompanyName', clipped(partyName(party), 200)) : undefined,
    opt('Email', clipped(party.email, 256)),
    company ? undefined : opt('Firstname', clipped(first, 50)),
    company ? undefined : opt('Lastname', clipped(last, 50)),
    settings.mobileField === 'MobilePhone' && !company ? mobile : undefined,
    company ? opt('PhoneNumber', phone(party.phone)) : undefined,
  ];
}

function postalCode(raw: string | undefined): string | undefined {
  return clipped(raw?.replace(/\s/g, ''), 50);
}

function phone(raw: string | undefined): string | undefined {
  return clipped(raw?.replace(/[^\d+]/g, ''), 20) || undefined;
}

/** First and last name; a name given as one is split at its last blank. */
export function personName(party: Party): [string | undefined, string | undefined] {
  if (party.firstName || party.lastName) return [party.firstName, party.lastName];
  const words = (party.name ?? '').trim().split(/\s+/);
  return words.length > 1 ? [words.slice(0, -1).join(' '), words.at(-1)] : [undefined, words[0]];
}

function rowsElement(rows: readonly RowInput[]): XmlNode {
  return x(
    'InvoiceRows',
    null,
    rows.map((row) =>
      x(
        'InvoiceRow',
        null,
        x('ArticleId', null, row.articleId),
        x('Description', null, row.name),
        x('Quantity', null, String(row.quantity)),
        x('UnitPrice', null, places(row.unitPrice)),
        x('VAT', null, places(row.vat)),
      ),
    ),
  );
}

/** Rows are named by the very words they were given with; the price tells apart an article that was given at several. */
function articlesElement(part: Part, picks: readonly Pick[]): XmlNode {
  return x(
    'ArticleList',
    null,
    picks.map(({ row, quantity }) => {
      const given = part.rows[row]!;
      const twice = part.rows.some((other, i) => i !== row && other.articleId === given.articleId);
      return x(
        'Article',
        null,
        x('ArticleId', null, given.articleId),
        x('Description', null, given.name),
        x('Quantity', null, String(quantity)),
        twice ? x('UnitPrice', null, places(given.unitPrice)) : undefined,
      );
    }),
  );
}

type SoapMessage = { operation: Operation; fields: XmlNode[]; root?: string; withIp?: boolean };

/** The message of an action; `now` dates a credit. */
export function soapMessage(desk: Desk, request: AdministerRequest, now: Date): SoapMessage {
  const { action, part, key } = request;
  const common = () => byNumber(desk, request, key);
  switch (action.verb) {
    case 'add':
      return { operation: 'AddInvoice', fields: addFields(desk, request, action.rows), withIp: true };
    case 'activate':
      if (!action.picks) return { operation: 'ActivateInvoice', fields: common() };
      return { operation: 'PartActivateInvoice', fields: [articlesElement(part!, action.picks), ...common()] };
    case 'cancel':
      return { operation: 'CancelInvoice', fields: common() };
    case 'replace':
      return {
        operation: 'ReplaceInvoice',
        fields: [correlation(key), country(request), number(request), rowsElement(action.rows), store(desk, request)],
      };
    case 'send':
      return {
        operation: 'SendInvoice',
        fields: [
          correlation(key),
          country(request),
          action.by === 'email' ? opt('Email', action.email) : undefined,
          x('InvoiceDeliveryMethod', null, action.by === 'email' ? '2' : '1'),
          number(request),
          store(desk, request),
        ],
      };
    case 'extend':
      return { operation: 'ExtendDueDate', fields: common() };
    case 'credit': {
      const date = x('CreditDate', null, swedishTime(now));
      const fields = [correlation(key), country(request), date, number(request), store(desk, request)];
      if (!action.picks) return { operation: 'CreditInvoice', fields };
      return { operation: 'PartCreditInvoice', fields: [articlesElement(part!, action.picks), ...fields] };
    }
    case 'adjust':
      return adjustMessage(desk, request, action);
    case 'prolong':
      throw new Error('no SOAP service keeps an order alive');
  }
}

/** One amount in V31 and V32; rows from V33 on (contract §4.10). */
function adjustMessage(
  desk: Desk,
  request: AdministerRequest,
  action: Extract<AdministerRequest['action'], { verb: 'adjust' }>,
): SoapMessage {
  const { key } = request;
  const root = desk.settings.adjustRoot || undefined;
  if (desk.service === 'InvoiceServiceV31' || desk.service === 'InvoiceServiceV32')
    return {
      operation: 'AdjustInvoice',
      root,
      fields: [
        x('Amount', null, places(action.amount)),
        x('ArticleId', null, action.articleId),
        correlation(key),
        country(request),
        x('Description', null, action.name),
        number(request),
        store(desk, request),
        x('Vat', null, places(action.vat)),
      ],
    };
  const row = { articleId: action.articleId, name: action.name, quantity: 1, unitPrice: action.amount, vat: action.vat };
  return {
    operation: 'AdjustInvoice',
    root,
    fields: [correlation(key), country(request), number(request), rowsElement([row]), store(desk, request)],
  };
}

export function readFields(desk: Desk, receivable: ReceivableFacts, invoiceNo: string, id: string): XmlNode[] {
  return [
    correlation(id),
    x('CountryCode', null, receivable.country),
    x('InvoiceNo', null, invoiceNo),
    opt('StoreId', storeOf(desk.settings, receivable.country, receivable.segment)),
  ];
}

export function accountFields(desk: Desk, receivable: ReceivableFacts, id: string): XmlNode[] {
  return [
    correlation(id),
    x('CountryCode', null, receivable.country),
    x('RegNo', null, receivable.buyerNumber?.reveal() ?? ''),
    opt('StoreId', storeOf(desk.settings, receivable.country, receivable.segment)),
  ];
}

// ---------------------------------------------------------------- SOAP answers

/** InvoiceStatus of contract §3.3; the raw number stays in the provider's words. */
const states: Record<string, PartState> = {
  '0': 'on_hold',
  '1': 'pending',
  '2': 'active',
  '3': 'cancelled',
  '4': 'expired',
  '5': 'rejected',
  '6': 'awaiting_buyer',
  '7': 'awaiting_buyer',
};

export function stateOfStatus(code: string | undefined): PartState | undefined {
  return code === undefined ? undefined : states[code];
}

/** How their platform writes that there is no day. */
export const noDay = /^0001-01-01/;

/** A day that is one. */
function dayIn(text: string | undefined): Day | undefined {
  const day = text?.slice(0, 10);
  return isDay(day) && day >= '1970' ? day : undefined;
}

/** What every answer may tell; absent, nil and empty are the same. */
export function madeOf(body: XmlTree): Administered {
  const money = (name: string) => {
    const text = textAt(body, name);
    return text && isDecimal(text) ? places(text) : undefined;
  };
  const url = textAt(body, 'InvoiceUrl') ?? textAt(body, 'InvoiceURL');
  const state = stateOfStatus(textAt(body, 'InvoiceStatus') ?? textAt(body, 'Status'));
  const made: Administered = {
    number: body.name.startsWith('AddInvoice') || body.name.startsWith('GetCurrentInvoice') ? textAt(body, 'InvoiceNo') : undefined,
    state,
    total: money('TotalAmount'),
    dueDate: dayIn(textAt(body, 'DueDate')),
    reference: textAt(body, 'PaymentReference') ?? textAt(body, 'PaymentReferenceNo'),
    lowest: money('LowestAmountToPay'),
    pdfUrl: url ? new Secret(url) : undefined,
  };
  const further = textAt(body, 'NewInvoiceNo');
  if (body.name.startsWith('PartActivateInvoice')) made.newNumber = further ?? null;
  if (body.name.startsWith('SendInvoice')) made.alias = further;
  return Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined)) as Administered;
}

/** One invoice of a buyer in the answer of GetAccounts; the form of its state is not published, so both that are known are read. */
export type Account = { number: string; reference?: string; state?: PartState };

export function accountsOf(body: XmlTree): Account[] {
  return (at(body, 'Accounts')?.children ?? []).flatMap((account) => {
    const number = textAt(account, 'LatestInvoiceNo');
    const status = textAt(account, 'InvoiceStatus');
    return number ? [{ number, reference: textAt(account, 'PaymentReferenceNo'), state: stateOfStatus(status) ?? restState(status) }] : [];
  });
}

// ---------------------------------------------------------------- REST

const restRow = (row: RowInput, quantity: number, type?: string) => ({
  id: row.articleId,
  description: row.name,
  unitPrice: new Amount(places(row.unitPrice)),
  quantity,
  vat: new Amount(places(row.vat)),
  ...(type ? { type } : {}),
});

type RestMessage = { verb: 'capture' | 'cancel' | 'refund' | 'reauthorize' | 'extend'; body: unknown };

/** The message of an action to the Management API; `amount` is what the action is about, as the ledger counts it. */
export function restMessage(request: AdministerRequest, amount: Decimal, currency: string): RestMessage {
  const { action, part } = request;
  const actionReference = request.reference.slice(0, 50);
  const items = (picks: readonly Pick[], type?: string) => picks.map(({ row, quantity }) => restRow(part!.rows[row]!, quantity, type));
  switch (action.verb) {
    case 'activate':
      return {
        verb: 'capture',
        body: { amount: new Amount(places(amount)), actionReference, ...(action.picks ? { items: items(action.picks) } : {}) },
      };
    case 'cancel':
      return { verb: 'cancel', body: { actionReference } };
    case 'replace': {
      const rows = action.rows.map((row) => restRow(row, row.quantity));
      return {
        verb: 'reauthorize',
        body: { amount: new Amount(places(sumsOfRows(action.rows, currency).gross)), actionReference, items: rows },
      };
    }
    case 'credit': {
      const picks =
        action.picks ??
        part!.rows.flatMap((row, i) => (row.quantity > row.credited ? [{ row: i, quantity: row.quantity - row.credited }] : []));
      return { verb: 'refund', body: { amount: new Amount(places(amount)), actionReference, items: items(picks, 'purchase') } };
    }
    case 'adjust':
      return {
        verb: 'refund',
        body: { amount: new Amount(places(amount.replace(/^-/, ''))), description: action.name, actionReference },
      };
    case 'prolong':
      return { verb: 'extend', body: undefined };
    default:
      throw new Error(`the Management API has no ${action.verb}`);
  }
}

export type RestOrder = {
  id?: string;
  reference?: string;
  status?: string;
  totalAmount?: Decimal;
  currency?: string;
  expiresAt?: string;
  items: { articleId: string; name: string; quantity: number; unitPrice: Decimal; vat: Decimal; captured?: number; refunded?: number }[];
  invoices: PartSeen[];
};

type Loose = Record<string, unknown>;

/** Members are read by name whatever their letter case: the published samples do not agree among themselves. */
function member(value: unknown, name: string): unknown {
  if (!value || typeof value !== 'object') return undefined;
  const key = Object.keys(value).find((k) => k.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : (value as Loose)[key];
}

const textOf = (value: unknown) =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value.slice(0, 2000) : []);

/** A JSON number is shown by its shortest text, which for two decimals is the amount itself. */
function amountOf(value: unknown): Decimal | undefined {
  const text = textOf(value);
  return text !== undefined && isDecimal(text) ? places(text) : undefined;
}

const orderStates: Record<string, PartState> = {
  notactivated: 'pending',
  pending: 'pending',
  partactivated: 'pending',
  activated: 'active',
  returned: 'credited',
  credited: 'credited',
  canceled: 'cancelled',
  cancelled: 'cancelled',
  expired: 'expired',
  onhold: 'on_hold',
  rejected: 'rejected',
  signing: 'awaiting_buyer',
  strongverification: 'awaiting_buyer',
};

export function restState(status: string | undefined): PartState | undefined {
  return status === undefined ? undefined : orderStates[status.toLowerCase()];
}

export function restOrder(answer: unknown): RestOrder | undefined {
  const data = member(answer, 'data') ?? answer;
  if (!data || typeof data !== 'object') return undefined;
  const invoices = list(member(data, 'invoices')).flatMap((one): PartSeen[] => {
    const invoiceNumber = textOf(member(one, 'invoiceNumber')) ?? textOf(member(one, 'invoiceNo'));
    if (!invoiceNumber) return [];
    const url = textOf(member(one, 'pdfUrl')) ?? textOf(member(one, 'invoiceUrl'));
    const told = restState(textOf(member(one, 'status')));
    const seen: PartSeen = {
      number: invoiceNumber,
      state: told ?? 'pending',
      ...(told ? {} : { sure: false }),
      total: amountOf(member(one, 'amount')),
      remaining: amountOf(member(one, 'remainingAmount')),
      dueDate: dayIn(textOf(member(one, 'dueDate'))),
      reference: textOf(member(one, 'paymentReference')),
      pdfUrl: url ? new Secret(url) : undefined,
    };
    return [seen];
  });
  return {
    id: textOf(member(data, 'id')),
    reference: textOf(member(data, 'reference')),
    status: textOf(member(data, 'status')),
    totalAmount: amountOf(member(data, 'totalAmount')),
    currency: textOf(member(data, 'currency')),
    expiresAt: instantOf(textOf(member(data, 'expiresAt'))),
    items: list(member(data, 'items')).flatMap((one) => {
      const articleId = textOf(member(one, 'id'));
      const quantity = Number(member(one, 'quantity'));
      if (!articleId || !Number.isInteger(quantity)) return [];
      return [
        {
          articleId,
          name: textOf(member(one, 'description')) ?? articleId,
          quantity,
          unitPrice: amountOf(member(one, 'unitPrice')) ?? '0.00',
          vat: amountOf(member(one, 'vat')) ?? '0',
          captured: countOf(member(one, 'capturedQuantity')),
          refunded: countOf(member(one, 'refundedQuantity')),
        },
      ];
    }),
    invoices,
  };
}

/** Pieces of a row; what is no whole number says nothing, least of all that there are none. */
function countOf(value: unknown): number | undefined {
  const text = textOf(value);
  return text !== undefined && /^\d{1,9}(\.0+)?$/.test(text) ? Number(text) : undefined;
}

function instantOf(text: string | undefined): string | undefined {
  const ms = dayIn(text) === undefined ? Number.NaN : Date.parse(text!);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}
