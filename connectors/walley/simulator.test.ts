import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { XmlDocument, XsdValidator } from 'libxml2-wasm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { at, readXml, textAt, type XmlTree } from '../../src/contract/wire/read-xml.ts';
import { faultCodes } from './simulator/faults.ts';
import { signatureOf } from './simulator/notify.ts';
import { services } from './simulator/profiles.ts';
import { companyOrder, credentials, type Sent, sampleOrder, sampleRows, soapMessage } from './simulator/sample-requests.ts';
import { startWalleySimulator, testBuyers, type WalleySimulator } from './simulator.ts';

/** Promise: whoever talks to the simulator meets the provider of the contract: both engines, its states, refusals, clocks and failures. */
let sim: WalleySimulator;
beforeAll(async () => {
  sim = await startWalleySimulator();
});
afterAll(() => sim.close());
beforeEach(() => control('POST', 'reset', {}));

// biome-ignore lint/suspicious/noExplicitAny: answers are checked by what the tests expect of them.
type Json = any;
const contract = new URL('../../../shared/contracts/walley/', import.meta.url);
const contractHere = existsSync(contract);

async function control(method: string, path: string, body?: object): Promise<Json> {
  const response = await fetch(`${sim.url}/__sim/${path}`, { method, body: body && JSON.stringify(body) });
  const text = await response.text();
  return text.startsWith('{') || text.startsWith('[')
    ? { status: response.status, ...box(JSON.parse(text)) }
    : { status: response.status, text };
}
const box = (value: Json) => (Array.isArray(value) ? { list: value } : value);
const invoice = (number: string) => control('GET', `invoices/${number}`);
const advance = (by: object) => control('POST', 'clock/advance', by);
const inject = (fault: object) => control('POST', 'inject', fault);

type Answer = { status: number; code: string | undefined; body: XmlTree | undefined; text: string };

async function post(service: string, xml: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(sim.soapUrl(service), {
    method: 'POST',
    headers: { 'content-type': 'text/xml; charset=utf-8', ...headers },
    body: xml,
  });
  const text = await response.text();
  const body = text.startsWith('<s:') ? at(readXml(text), 'Body')?.children[0] : undefined;
  return { status: response.status, text, body, code: textAt(body, 'faultcode')?.replace(/^.*:/, '') };
}

const soap = (operation: string, sent: Sent, { service = 'InvoiceServiceV31', ...headers }: Record<string, string> = {}) =>
  post(service, soapMessage(service, operation, sent), headers);
const byNumber = (InvoiceNo: string): Sent => ({ CountryCode: 'SE', InvoiceNo, StoreId: 1234 });
const order = async (changes: Sent = {}): Promise<string> =>
  textAt((await soap('AddInvoice', { ...sampleOrder, ...changes })).body, 'InvoiceNo')!;
const activate = (number: string) => soap('ActivateInvoice', byNumber(number));
const part = (number: string, articles: Sent[]) => soap('PartActivateInvoice', { ...byNumber(number), ArticleList: articles });
const article = (ArticleId: string, Quantity: number | string, more: Sent = {}): Sent => {
  const row = sampleRows.find((r) => r.ArticleId === ArticleId);
  return { ArticleId, ...(row ? { Description: row.Description } : {}), Quantity, ...more };
};
const state = async (number: string) => (await invoice(number)).state;

let bearer = '';
async function rest(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const response = await fetch(sim.apiUrl + path, {
    method,
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', ...headers },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  const json: Json = text.startsWith('{') ? JSON.parse(text) : undefined;
  return { status: response.status, location: response.headers.get('location'), json, code: json?.error?.code as string | undefined, text };
}
async function token(changes: Record<string, string> = {}) {
  const { clientId, clientSecret, scope } = sim.credentials;
  const form = new URLSearchParams({
    client_id: clientId,
    client_secret: clientSecret,
    grant_type: 'client_credentials',
    scope,
    ...changes,
  });
  const response = await fetch(`${sim.apiUrl}/oauth2/v2.0/token`, { method: 'POST', body: form });
  return { status: response.status, json: (await response.json()) as Json };
}
async function restOrder(changes: Sent = {}) {
  const number = await order(changes);
  bearer = (await token()).json.access_token;
  return { number, path: `/manage/orders/${(await invoice(number)).orderId}` };
}
const read = async (path: string) => (await rest('GET', path)).json.data;

describe('a sale in parts over SOAP', () => {
  it('activates what ships under the known number and keeps the rest under a new one', async () => {
    const number = await order();
    expect(number).toBe('62396700');
    const first = await part(number, [article('SKU-1', 1), article('SHIPPING', 1)]);
    const rest = textAt(first.body, 'NewInvoiceNo')!;
    expect([textAt(first.body, 'TotalAmount'), textAt(first.body, 'DueDate'), textAt(first.body, 'LowestAmountToPay')]).toEqual([
      '248.00',
      '2026-03-16T00:00:00',
      '50.00',
    ]);
    expect(textAt(first.body, 'PaymentReference')).toMatch(/^1000\d{10}$/);
    expect(await invoice(number)).toMatchObject({ state: 'Activated', total: '248.00', children: [rest], parent: null });
    expect(await invoice(rest)).toMatchObject({
      state: 'Pending',
      total: '178.00',
      parent: number,
      expiresAt: '2026-05-31T10:00:00+02:00',
    });
    // What shipped before is no article of the rest any more.
    expect((await part(rest, [article('SHIPPING', 1)])).code).toBe('ARTICLE_NOT_FOUND');
    await advance({ days: 4 });
    const last = await part(rest, [article('SKU-1', 1), article('INVOICE_FEE', 1), article('GIFT-77', 1)]);
    expect([textAt(last.body, 'NewInvoiceNo'), textAt(last.body, 'TotalAmount'), textAt(last.body, 'DueDate')]).toEqual([
      undefined,
      '178.00',
      '2026-03-20T00:00:00',
    ]);
    expect(at(last.body, 'NewInvoiceNo')?.attributes).toEqual({ 'i:nil': 'true' });
  });

  it('refuses a part that names its rows wrongly, and then nothing is activated', async () => {
    const number = await order({
      InvoiceRows: [...sampleRows, { ...sampleRows[0]!, UnitPrice: '99.00' }, { ...sampleRows[1]!, Description: 'Frakt DHL' }],
    });
    const cases: [Sent, string][] = [
      [article('SKU-9', 1), 'ARTICLE_NOT_FOUND'],
      [article('SKU-1', 1, { Description: 'tröja blå M' }), 'ARTICLE_NOT_FOUND'],
      [article('SKU-1', 1, { UnitPrice: '198.00' }), 'ARTICLE_NOT_FOUND_BASED_ON_UNITPRICE'],
      [article('SKU-1', 1), 'UNIQUE_ARTICLE_NOT_FOUND'],
      [{ ArticleId: 'SHIPPING', Quantity: 1 }, 'UNIQUE_ARTICLE_NOT_FOUND'],
      [article('SKU-1', 3, { UnitPrice: '199' }), 'INVALID_QUANTITY'],
      [article('INVOICE_FEE', 0), 'INVALID_QUANTITY'],
      [article('INVOICE_FEE', -1), 'INVALID_QUANTITY'],
      [article('INVOICE_FEE', '1.5'), 'VALIDATION_QUANTITY_RANGE'],
      [{ Quantity: 1 }, 'VALIDATION_ARTICLE_ID_REQUIRED'],
    ];
    for (const [wrong, code] of cases) expect((await part(number, [article('GIFT-77', 1), wrong])).code, JSON.stringify(wrong)).toBe(code);
    expect((await part(number, [])).code).toBe('VALIDATION_ARTICLE_LIST_REQUIRED');
    expect(await state(number)).toBe('Pending');
    // By price alone, or with the other price: told apart.
    expect((await part(number, [article('SKU-1', 1, { UnitPrice: '99.00' }), { UnitPrice: '29.00', Quantity: 1 }])).status).toBe(200);
  });

  it('replaces all rows of a pending invoice under the same number', async () => {
    const number = await order();
    const replace = (rows: Sent[], service = 'InvoiceServiceV31') =>
      soap('ReplaceInvoice', { ...byNumber(number), InvoiceRows: rows }, { service });
    const answer = await replace([{ ...sampleRows[0]!, Quantity: 1, UnitPrice: '248.50' }]);
    expect([textAt(answer.body, 'TotalAmount'), textAt(answer.body, 'InvoiceStatus')]).toEqual(['248.50', '1']);
    expect((await replace([{ ...sampleRows[0]!, UnitPrice: '-1.00' }])).code).toBe('TOTAL_AMOUNT_MUST_BE_POSITIVE');
    expect((await replace([{ ...sampleRows[0]!, UnitPrice: '25000.01' }])).code).toBe('PURCHASE_AMOUNT_GREATER_THAN_MAX_CREDIT_AMOUNT');
    const alike = [sampleRows[0]!, { ...sampleRows[0]!, VAT: '12' }];
    expect((await replace(alike, 'PaymentServiceV10')).code).toBe('ARTICLE_EXISTS_BUT_OTHER_INFORMATION');
    expect(await invoice(number)).toMatchObject({ total: '248.50' });
    expect(textAt((await replace(alike)).body, 'TotalAmount')).toBe('796.00');
  });

  it('sends again, extends once, adjusts and credits to the öre', async () => {
    const number = await order();
    await activate(number);
    const send = (more: Sent) => soap('SendInvoice', { ...byNumber(number), InvoiceDeliveryMethod: 2, ...more });
    const extend = () => soap('ExtendDueDate', byNumber(number));
    const adjust = (Amount: string) =>
      soap('AdjustInvoice', { ...byNumber(number), Amount, ArticleId: 'DISC', Description: 'Prisjustering', Vat: '25.00' });
    const credit = (articles: Sent[]) =>
      soap('PartCreditInvoice', { ...byNumber(number), CreditDate: '2026-03-02', ArticleList: articles });
    expect((await send({})).code).toBe('EMAIL_IS_MISSING');
    expect(textAt((await send({ Email: 'ny@example.test' })).body, 'NewInvoiceNo')).toBeUndefined();
    expect(textAt((await extend()).body, 'DueDate')).toBe('2026-03-26T00:00:00');
    expect((await extend()).code).toBe('INVOICE_DUEDATE_ALREADY_EXTENDED');
    expect((await adjust('-426.01')).code).toBe('INVALID_TRANSACTION_AMOUNT');
    expect((await adjust('-20.5')).status).toBe(200);
    expect((await adjust('20.51')).code).toBe('INVALID_TRANSACTION_AMOUNT');
    expect((await adjust('0.50')).status).toBe(200);
    expect((await credit([article('SKU-1', 1)])).status).toBe(200);
    expect(await invoice(number)).toMatchObject({ total: '426.00', adjustedTotal: '-20.00', creditedTotal: '199.00', extended: true });
    const updated = await send({ Email: 'ny@example.test' });
    const alias = textAt(updated.body, 'NewInvoiceNo')!;
    expect([alias, textAt(updated.body, 'TotalAmount')]).toEqual(['62396701', '207.00']);
    expect((await soap('CreditInvoice', { ...byNumber(alias), CreditDate: '2026-03-02T10:00:00' })).status).toBe(200);
    expect(await invoice(number)).toMatchObject({ state: 'Credited', statusCode: 2, creditedTotal: '406.00' });
    expect((await credit([article('SKU-1', 1)])).code).toBe('INVOICE_NOT_FOUND');
  });

  it('is credited when nothing remains, and lets nobody credit beyond the total', async () => {
    const number = await order();
    await activate(number);
    const credit = (articles: Sent[]) =>
      soap('PartCreditInvoice', { ...byNumber(number), CreditDate: '2026-03-02', ArticleList: articles });
    const goods = [article('SKU-1', 2), article('SHIPPING', 1)];
    expect((await credit([article('GIFT-77', 1)])).code).toBe('INVALID_TRANSACTION_AMOUNT');
    expect((await credit([...goods, article('INVOICE_FEE', 1)])).code).toBe('INVALID_TRANSACTION_AMOUNT');
    expect((await credit(goods.slice(0, 1))).status).toBe(200);
    expect((await credit(goods.slice(0, 1))).code).toBe('INVALID_QUANTITY');
    expect((await credit([article('SHIPPING', 1), article('INVOICE_FEE', 1), article('GIFT-77', 1)])).status).toBe(200);
    expect(await state(number)).toBe('Credited');
  });

  it('extends only a direct invoice that would not be overdue even so', async () => {
    const [monthly, late] = [await order({ InvoiceType: 1 }), await order()];
    for (const number of [monthly, late]) await activate(number);
    expect((await soap('ExtendDueDate', byNumber(monthly))).code).toBe('INVOICE_INVALID_TYPE');
    await advance({ days: 25 });
    expect((await soap('ExtendDueDate', byNumber(late))).code).toBe('INVOICE_EXTENDED_DATE_IN_PAST');
  });
});

/** Contract section 5: what each operation answers in each state; `ok`, or a fault in short. */
const codes = { NF: 'INVOICE_NOT_FOUND', IS: 'INVALID_INVOICE_STATUS', AD: 'ACTIVATION_OF_INVOICE_DENIED', ok: undefined };
const states = [
  'OnHold',
  'Pending',
  'Activated',
  'Credited',
  'Cancelled',
  'Expired',
  'Rejected',
  'Signing',
  'StrongVerification',
  'Unknown',
];
const matrix: Record<string, string> = {
  ActivateInvoice: 'AD ok NF NF NF AD AD AD AD NF',
  PartActivateInvoice: 'AD ok NF NF NF AD AD AD AD NF',
  CancelInvoice: 'ok ok IS IS IS IS IS ok ok NF',
  ReplaceInvoice: 'IS ok IS IS IS IS IS IS IS NF',
  SendInvoice: 'NF NF ok NF NF NF NF NF NF NF',
  ExtendDueDate: 'NF NF ok NF NF NF NF NF NF NF',
  CreditInvoice: 'NF NF ok NF NF NF NF NF NF NF',
  PartCreditInvoice: 'NF NF ok NF NF NF NF NF NF NF',
  AdjustInvoice: 'NF NF ok NF NF NF NF NF NF NF',
};
const extras: Record<string, Sent> = {
  PartActivateInvoice: { ArticleList: [article('SKU-1', 1)] },
  ReplaceInvoice: { InvoiceRows: sampleRows },
  SendInvoice: { InvoiceDeliveryMethod: 1 },
  CreditInvoice: { CreditDate: '2026-03-02' },
  PartCreditInvoice: { CreditDate: '2026-03-02', ArticleList: [article('SKU-1', 1)] },
  AdjustInvoice: { Amount: '-1.00', ArticleId: 'a', Description: 'b', Vat: '0' },
};
const buyerOf = (outcome: string) => Object.entries(testBuyers).find(([, value]) => value === outcome)![0];

async function orderIn(wanted: string): Promise<string> {
  if (wanted === 'Unknown') return '1';
  const buyers: Record<string, string> = {
    OnHold: 'ONHOLD_THEN_PENDING',
    Signing: 'SIGNING',
    StrongVerification: 'STRONG_VERIFICATION',
    Rejected: 'ONHOLD_THEN_PENDING',
  };
  const number = await order(buyers[wanted] ? { RegNo: buyerOf(buyers[wanted]) } : {});
  if (wanted === 'Activated' || wanted === 'Credited') await activate(number);
  if (wanted === 'Credited') await soap('CreditInvoice', { ...byNumber(number), CreditDate: '2026-03-02' });
  if (wanted === 'Cancelled') await soap('CancelInvoice', byNumber(number));
  if (wanted === 'Rejected') await control('POST', `invoices/${number}/status`, { status: 5 });
  return number;
}

describe('states', () => {
  it.each(states)('%s answers each operation as the table says', async (wanted) => {
    await control('PUT', 'config', { callbackDelayMs: 3_600_000, ...(wanted === 'Expired' ? { pendingDays: 0 } : {}) });
    for (const [operation, row] of Object.entries(matrix)) {
      const number = await orderIn(wanted);
      if (wanted !== 'Unknown') expect(await state(number)).toBe(wanted);
      const answer = await soap(operation, { ...byNumber(number), ...extras[operation] });
      expect(answer.code, `${operation} in ${wanted}`).toBe(codes[row.split(' ')[states.indexOf(wanted)] as 'NF']);
    }
  });

  it.runIf(contractHere)('the table is the machine-readable one of the contract', () => {
    const given: Json = JSON.parse(readFileSync(new URL('state-machine.json', contract), 'utf8')).matrix;
    for (const [operation, row] of Object.entries(matrix)) {
      const mine = states.map((name, i) => [name, codes[row.split(' ')[i] as 'NF']]);
      expect(mine).toEqual(states.map((name) => [name, given[operation][name].fault]));
    }
  });

  it('expires to the minute, a remainder with its root, and REST moves the date', async () => {
    const number = await order();
    const rest = textAt((await part(number, [article('SKU-1', 1)])).body, 'NewInvoiceNo')!;
    await advance({ days: 89, hours: 23, minutes: 59 });
    expect([await state(rest), (await control('GET', 'clock')).now]).toEqual(['Pending', '2026-05-31T09:59:00+02:00']);
    const later = await restOrder();
    expect((await rest2('extend', later.path)).status).toBe(202);
    await advance({ minutes: 1 });
    expect([await state(rest), await state(number), await state(later.number)]).toEqual(['Expired', 'Activated', 'Pending']);
    expect((await activate(rest)).code).toBe('ACTIVATION_OF_INVOICE_DENIED');
    expect((await invoice(later.number)).expiresAt).toBe('2026-11-27T09:59:00+01:00');
  });
});
const rest2 = (action: string, path: string, body?: object, headers?: Record<string, string>) =>
  rest('POST', `${path}/${action}`, body, headers);

describe('buyers and the credit check', () => {
  it.each(Object.entries(testBuyers))('%s: %s', async (RegNo, outcome) => {
    const [sent, prefix] = RegNo.startsWith('55') ? [companyOrder, '16'] : [sampleOrder, '19'];
    for (const number of [RegNo, prefix + RegNo]) {
      const answer = await soap('AddInvoice', { ...sent, RegNo: number });
      const status = { OK: '1', ONHOLD_THEN_PENDING: '0', ONHOLD_THEN_REJECTED: '0', SIGNING: '6', STRONG_VERIFICATION: '7' }[outcome];
      expect(textAt(answer.body, 'InvoiceStatus')).toBe(status);
      expect(answer.code).toBe(status ? undefined : outcome);
    }
  });

  it('activates at once when asked to, and after the approval when on hold', async () => {
    const answer = await soap('AddInvoice', { ...sampleOrder, ActivationOption: 1 });
    expect([textAt(answer.body, 'InvoiceStatus'), textAt(answer.body, 'TotalAmount'), textAt(answer.body, 'DueDate')]).toEqual([
      '2',
      '426.00',
      '2026-03-16T00:00:00',
    ]);
    await control('PUT', 'config', { callbackDelayMs: 60_000 });
    const held = await order({ ActivationOption: 1, RegNo: buyerOf('ONHOLD_THEN_PENDING') });
    expect(await state(held)).toBe('OnHold');
    await advance({ minutes: 1 });
    expect(await state(held)).toBe('Activated');
  });

  it('a cancellation on hold wins over the later answer', async () => {
    await control('PUT', 'config', { callbackDelayMs: 60_000 });
    const held = await order({ RegNo: buyerOf('ONHOLD_THEN_PENDING') });
    await soap('CancelInvoice', byNumber(held));
    await advance({ hours: 1 });
    expect(await state(held)).toBe('Cancelled');
  });

  it('keeps a reservation and spends it', async () => {
    const RegNo = '1602079954';
    const base = { CountryCode: 'SE', RegNo, StoreId: 1234 };
    expect((await soap('GetReservation', base)).code).toBe('RESERVATION_NOT_FOUND');
    await soap('SetReservation', { ...base, ReservedAmount: '500.00' });
    expect(textAt((await soap('AddInvoice', sampleOrder)).body, 'AvailableReservationAmount')).toBe('74.00');
    expect((await soap('AddInvoice', sampleOrder)).code).toBe('INVOICE_EXCEEDS_AVAILABLE_RESERVATION');
    expect((await soap('CancelReservation', base)).status).toBe(200);
    expect((await soap('SetReservation', { ...base, RegNo: buyerOf('CREDIT_CHECK_DENIED'), ReservedAmount: '5' })).code).toBe(
      'RESERVATION_NOT_APPROVED',
    );
  });

  it('finds the address of a person', async () => {
    const ask = (RegNo: string) => soap('GetAddress', { CountryCode: 'SE', RegNo, StoreId: 1234 });
    expect(textAt((await ask('1602079954')).body, 'Addresses', 'BaseAddress', 'City')).toBe('Göteborg');
    expect((await ask(buyerOf('ADDRESS_NOT_FOUND'))).code).toBe('ADDRESS_NOT_FOUND');
  });
});

describe('what AddInvoice refuses', () => {
  const address = (changes: Sent): Sent => {
    const whole = { ...(sampleOrder.InvoiceAddress as Sent), ...changes };
    return { InvoiceAddress: whole, DeliveryAddress: whole };
  };
  const row = (changes: Sent): Sent => ({ InvoiceRows: [{ ...sampleRows[0]!, ...changes }] });
  const long = (n: number) => 'x'.repeat(n);
  const cases: [string, Sent][] = [
    ['VALIDATION_ACTIVATION_OPTION_VALUE', { ActivationOption: 3 }],
    ['VALIDATION_ACTIVATION_OPTION_VALUE', { ActivationOption: undefined }],
    ['VALIDATION_COUNTRY_CODE_REQUIRED', { CountryCode: undefined }],
    ['VALIDATION_COUNTRY_CODE_LENGTH', { CountryCode: 'SWE' }],
    ['INVALID_COUNTRYCODE', { CountryCode: 'FI' }],
    ['AUTHORIZATION_FAILED', { StoreId: 999 }],
    ['VALIDATION_ERROR', { StoreId: undefined }],
    ['VALIDATION_COST_CENTER_LENGTH', { CostCenter: long(51) }],
    ['VALIDATION_CREDIT_TIME_OUT_OF_RANGE', { CreditTime: 100 }],
    ['INVALID_CREDIT_TIME_USAGE', { CreditTime: 3 }],
    ['VALIDATION_CURRENCY_REQUIRED', { Currency: undefined }],
    ['VALIDATION_CURRENCY_LENGTH', { Currency: 'SEKK' }],
    ['VALIDATION_CURRENCY_INVALID', { Currency: 'XYZ' }],
    ['INVALID_CURRENCY_CODE', { Currency: 'NOK' }],
    ['VALIDATION_CUSTOMER_NUMBER_LENGTH', { CustomerNo: long(21) }],
    ['VALIDATION_DELIVERY_ADDRESS_REQUIRED', { DeliveryAddress: undefined }],
    ['VALIDATION_INVOICE_ADDRESS_REQUIRED', { InvoiceAddress: null }],
    ['INVALID_DELIVERY_ADDRESS_USAGE', { DeliveryAddress: { ...(sampleOrder.InvoiceAddress as Sent), Address1: 'Annan gata 2' } }],
    ['VALIDATION_GENDER_VALUE', { Gender: 3 }],
    ['VALIDATION_INVOICE_DELIVERY_METHOD_VALUE', { InvoiceDeliveryMethod: 4 }],
    ['VALIDATION_INVOICE_TYPE_VALUE', { InvoiceType: 6 }],
    ['INVOICE_TYPE_IS_NOT_ALLOWED_TO_BE_USED', { InvoiceType: 2 }],
    ['INVALID_PRODUCT_CODE', { ProductCode: 'INACTIVE' }],
    ['VALIDATION_ORDER_DATE_REQUIRED', { OrderDate: undefined }],
    ['VALIDATION_ERROR', { OrderDate: '2026-02-30x' }],
    ['VALIDATION_ORDER_NUMBER_LENGTH', { OrderNo: long(21) }],
    ['VALIDATION_REFERENCE_LENGTH', { Reference: long(51) }],
    ['VALIDATION_REGISTRATION_NUMBER_REQUIRED', { RegNo: undefined }],
    ['VALIDATION_REGISTRATION_NUMBER_LENGTH', { RegNo: '1916020799541' }],
    ['INVALID_REGISTRATION_NUMBER', { RegNo: '1602079955' }],
    ['INVALID_REGISTRATION_NUMBER', { RegNo: '5599999991' }],
    ['VALIDATION_ADDRESS1_LENGTH', address({ Address1: long(51) })],
    ['VALIDATION_ADDRESS2_LENGTH', address({ Address2: long(51) })],
    ['VALIDATION_COADDRESS_LENGTH', address({ COAddress: long(51) })],
    ['VALIDATION_CITY_REQUIRED', address({ City: undefined })],
    ['VALIDATION_CITY_LENGTH', address({ City: long(51) })],
    ['VALIDATION_POSTAL_CODE_REQUIRED', address({ PostalCode: undefined })],
    ['VALIDATION_POSTAL_CODE_LENGTH', address({ PostalCode: long(51) })],
    ['COUNTRYCODE_MISMATCH_WITH_INVOICE_ADDRESS', address({ CountryCode: 'NO' })],
    ['COUNTRYCODE_MISMATCH_WITH_DELIVERY_ADDRESS', { DeliveryAddress: { ...(sampleOrder.InvoiceAddress as Sent), CountryCode: 'DK' } }],
    ['VALIDATION_CELL_PHONE_NUMBER_LENGTH', address({ CellPhoneNumber: long(21) })],
    ['VALIDATION_COMPANY_NAME_LENGTH', address({ CompanyName: long(201) })],
    ['VALIDATION_EMAIL_LENGTH', address({ Email: `${long(250)}@example.test` })],
    ['VALIDATION_EMAIL_INVALID', address({ Email: 'kund' })],
    ['EMAIL_IS_MISSING', address({ Email: undefined })],
    ['VALIDATION_FIRST_NAME_LENGTH', address({ Firstname: long(51) })],
    ['VALIDATION_LAST_NAME_LENGTH', address({ Lastname: long(51) })],
    ['VALIDATION_PHONE_NUMBER_LENGTH', address({ PhoneNumber: long(21) })],
    ['VALIDATION_ERROR', { InvoiceRows: [] }],
    ['VALIDATION_ARTICLE_ID_REQUIRED', row({ ArticleId: '' })],
    ['VALIDATION_ARTICLE_ID_LENGTH', row({ ArticleId: long(51) })],
    ['VALIDATION_DESCRIPTION_LENGTH', row({ Description: long(51) })],
    ['VALIDATION_QUANTITY_REQUIRED', row({ Quantity: undefined })],
    ['VALIDATION_QUANTITY_RANGE', row({ Quantity: 0 })],
    ['VALIDATION_QUANTITY_RANGE', row({ Quantity: '1.5' })],
    ['VALIDATION_QUANTITY_RANGE', row({ Quantity: 100_000_000 })],
    ['VALIDATION_UNIT_PRICE_PARSING', row({ UnitPrice: '1.001' })],
    ['VALIDATION_UNIT_PRICE_PARSING', row({ UnitPrice: '1,50' })],
    ['VALIDATION_UNIT_PRICE_PARSING', row({ UnitPrice: '1.500' })],
    ['VALIDATION_UNIT_PRICE_RANGE', row({ UnitPrice: '1000000.00' })],
    ['VALIDATION_VAT_REQUIRED', row({ VAT: undefined })],
    ['VALIDATION_VAT_PARSING', row({ VAT: '25%' })],
    ['VALIDATION_VAT_RANGE', row({ VAT: '-1' })],
    ['TOTAL_AMOUNT_MUST_BE_POSITIVE', row({ UnitPrice: '0.00' })],
    ['PURCHASE_AMOUNT_GREATER_THAN_MAX_CREDIT_AMOUNT', row({ UnitPrice: '25000.01' })],
  ];
  it.each(cases)('%s %#', async (code, changes) => {
    expect((await soap('AddInvoice', { ...sampleOrder, ...changes })).code).toBe(code);
  });

  it('companies: a name and an organisation number, but the goods may go elsewhere', async () => {
    expect((await soap('AddInvoice', companyOrder)).status).toBe(200);
    const nameless = { ...(companyOrder.InvoiceAddress as Sent), CompanyName: undefined };
    expect((await soap('AddInvoice', { ...companyOrder, InvoiceAddress: nameless })).code).toBe('AGREEMENT_RULES_VALIDATION_FAILED');
    expect((await soap('AddInvoice', { ...companyOrder, RegNo: '1602079954' })).code).toBe('INVALID_REGISTRATION_NUMBER');
  });

  it('ways of sending that the agreement does not have', async () => {
    await control('PUT', 'config', { emailNotAllowedTypes: [1], mailNotAllowedTypes: [0] });
    expect((await soap('AddInvoice', { ...sampleOrder, InvoiceType: 1 })).code).toBe('NOT_ALLOWED_TO_SEND_NOTIFICATION_BY_EMAIL');
    expect((await soap('AddInvoice', { ...sampleOrder, InvoiceDeliveryMethod: 1 })).code).toBe('NOT_ALLOWED_TO_SEND_NOTIFICATION_BY_MAIL');
  });

  it('the Netherlands want a house number', async () => {
    const stores = [{ storeId: 9, countryCode: 'NL', segment: 'B2C', currency: 'EUR' }];
    await control('PUT', 'config', { stores });
    const dutch = (Address1: string): Sent => ({
      ...sampleOrder,
      ...address({ Address1, CountryCode: 'NL' }),
      CountryCode: 'NL',
      Currency: 'EUR',
      StoreId: 9,
    });
    const codesOf = [];
    for (const street of ['Damrak', 'Damrak 0', 'Damrak 100000', 'Damrak 1']) codesOf.push((await soap('AddInvoice', dutch(street))).code);
    expect(codesOf).toEqual([
      'CREDITVALIDATION_HOUSE_NUMBER_IS_REQUIRED',
      'INVALID_HOUSE_NUMBER',
      'HOUSE_NUMBER_IS_OUT_OF_RANGE',
      undefined,
    ]);
  });
});

describe('the SOAP wire', () => {
  it('wants credentials first, then fields', async () => {
    const send = (headers: object, sent: Sent = {}) =>
      post('InvoiceServiceV31', soapMessage('InvoiceServiceV31', 'AddInvoice', sent, headers));
    expect((await send({})).code).toBe('VALIDATION_USERNAME_REQUIRED');
    expect((await send({ Username: 'USERNAME' })).code).toBe('VALIDATION_PASSWORD_REQUIRED');
    expect((await send({ Username: 'USERNAME', Password: 'wrong' })).code).toBe('AUTHORIZATION_FAILED');
    expect((await send({ Username: 'USERNAME', Password: 'PASSWORD' })).code).toBe('VALIDATION_CLIENT_IP_ADDRESS_REQUIRED');
    expect((await send({ ...credentials, ClientIpAddress: '1'.repeat(51) })).code).toBe('VALIDATION_CLIENT_IP_ADDRESS_LENGTH');
    expect((await send(credentials)).code).toBe('VALIDATION_ACTIVATION_OPTION_VALUE');
  });

  it('skips what comes out of order, unless told to be lenient', async () => {
    const number = await order();
    const swapped = soapMessage('InvoiceServiceV31', 'CancelInvoice', byNumber(number)).replace(
      /(<w:InvoiceNo>.*<\/w:InvoiceNo>)(<w:StoreId>.*<\/w:StoreId>)/,
      '$2<w:Unknown>x</w:Unknown>$1',
    );
    expect((await post('InvoiceServiceV31', swapped)).code).toBe('VALIDATION_INVOICE_NUMBER_REQUIRED');
    await control('PUT', 'config', { strictOrder: false });
    expect((await post('InvoiceServiceV31', swapped)).status).toBe(200);
  });

  it('takes one right envelope and nothing else', async () => {
    const right = soapMessage('InvoiceServiceV31', 'CancelInvoice', byNumber('1'));
    const body = /<soapenv:Body>(.*)<\/soapenv:Body>/.exec(right)![1]!;
    const wrong = [
      'no xml',
      right.replaceAll('schemas.xmlsoap.org/soap/envelope', 'www.w3.org/2003/05/soap-envelope'),
      right.replace(body, body + body),
      right.replaceAll('v30/InvoiceService', 'v30/PaymentService'),
      right.replaceAll('CancelInvoiceRequest', 'GetInvoiceInformationRequest'),
      right.replace('<?xml version="1.0" encoding="UTF-8"?>', '<!DOCTYPE a [<!ENTITY b "c">]>'),
    ];
    for (const xml of wrong) expect(await post('InvoiceServiceV31', xml)).toMatchObject({ status: 500, code: 'Client' });
    expect((await post('InvoiceServiceV31', right, { soapaction: '"x/AddInvoice"' })).code).toBe('Client');
    expect((await post('InvoiceServiceV31', right, { soapaction: '"x/CancelInvoice"' })).code).toBe('INVOICE_NOT_FOUND');
    expect((await post('invoiceSERVICEv31', right)).code).toBe('INVOICE_NOT_FOUND');
    expect((await post('InvoiceServiceV31', right, { 'content-type': 'application/soap+xml' })).status).toBe(415);
    expect((await post('InvoiceServiceV30', right)).status).toBe(404);
  });

  it('serves a description that its own messages follow', async () => {
    for (const [path, service] of Object.entries(services)) {
      const wsdl = await (await fetch(`${sim.url}/v3.0/${path}?singleWsdl`)).text();
      expect(wsdl).toContain(`${service.namespace}/${service.contract}/`);
      const schema = /<xs:schema .*<\/xs:schema>/s
        .exec(wsdl)![0]
        .replace('<xs:schema ', `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tns="${service.namespace}" `);
      const validator = XsdValidator.fromDoc(XmlDocument.fromString(schema));
      if (service.operations.AddInvoice) {
        const xml = soapMessage(service.name, 'AddInvoice', sampleOrder);
        validator.validate(XmlDocument.fromString(bodyOf(xml)));
        validator.validate(XmlDocument.fromString(bodyOf((await post(service.name, xml)).text)));
      }
      validator.dispose();
    }
  });

  it('echoes the correlation, and another one when told to', async () => {
    const number = await order();
    const ask = () => soap('GetCurrentInvoice', { ...byNumber(number), CorrelationId: 'c-1' }, { service: 'InformationService' });
    expect(textAt((await ask()).body, 'CorrelationId')).toBe('c-1');
    await inject({ target: 'GetCurrentInvoice', mode: 'wrong-correlation' });
    expect(textAt((await ask()).body, 'CorrelationId')).toBe('answer-of-another-call');
  });

  it('other versions differ where the contract says so', async () => {
    const number = await order();
    await activate(number);
    const rows = [{ ArticleId: 'ref1', Description: 'Rabatt', Quantity: 2, UnitPrice: '-10.00', VAT: '0.00' }];
    for (const service of ['InvoiceServiceV33', 'PaymentServiceV10']) {
      expect((await soap('AdjustInvoice', { ...byNumber(number), InvoiceRows: rows }, { service })).body?.name).toBe(
        'AdjustInvoiceResponse',
      );
    }
    expect(await invoice(number)).toMatchObject({ adjustedTotal: '-40.00' });
    const status = async (n: string) =>
      textAt((await soap('GetInvoiceInformation', byNumber(n), { service: 'PaymentServiceV10' })).body, 'Status');
    expect(await status(number)).toBe('2');
    expect((await soap('AddInvoice', sampleOrder, { service: 'PaymentServiceV10' })).body?.name).toBe('AddInvoiceResponse');
  });
});

function bodyOf(xml: string): string {
  const document = XmlDocument.fromString(xml);
  const body = document.get('/s:Envelope/s:Body/*', { s: 'http://schemas.xmlsoap.org/soap/envelope/' })!;
  // Namespaces are declared outside the body: written down where it stands alone.
  const inner = body.toString();
  const declared = [...xml.matchAll(/xmlns:(?:w|xsi|inv|pay|env|lol0|inf)="[^"]*"/g)]
    .map(([text]) => text)
    .filter((text) => !inner.includes(text));
  document.dispose();
  return inner.replace(/^<([\w:]+)/, `<$1 ${[...new Set(declared)].join(' ')}`);
}

describe.runIf(contractHere)('samples and schemas of the contract', () => {
  const file = (path: string) => readFileSync(new URL(path, contract), 'utf8');
  const validatorOf = (service: string) => XsdValidator.fromDoc(XmlDocument.fromString(file(`xsd/${service}.reconstructed.xsd`)));

  it('profiles are field by field those of the contract', () => {
    const given: Json = JSON.parse(file('wire-profiles.json')).profiles;
    const shape = (list: Json[]) =>
      list.map(({ name, type, required }) => [
        name,
        typeof type === 'string' ? type : type.array ? `ArrayOf${type.array}` : type.structure,
        Boolean(required),
      ]);
    for (const [name, profile] of Object.entries<Json>(given)) {
      const mine = services[`${name.toLowerCase()}.svc`]!;
      expect(Object.keys(mine.operations).sort()).toEqual(Object.keys(profile.operations).sort());
      for (const [operation, wanted] of Object.entries<Json>(profile.operations)) {
        const own = mine.operations[operation]!;
        expect(shape(own.request), `${name} ${operation}`).toEqual(shape(wanted.request));
        expect(shape(own.response), `${name} ${operation}`).toEqual(shape(wanted.response));
        expect([own.headers, own.responseRoot]).toEqual([wanted.headers, wanted.responseRoot]);
      }
    }
  });

  it('every fault of the catalogue can be had', async () => {
    const given: string[] = JSON.parse(file('faults.json')).faults.map(({ code }: Json) => code);
    expect([...faultCodes].sort()).toEqual([...given].sort());
    for (const code of given) {
      await inject({ target: 'CancelInvoice', mode: 'fault', code });
      expect(await soap('CancelInvoice', byNumber('1'))).toMatchObject({ code, status: 500 });
    }
  });

  it('each sample request is understood, and each answer is valid', async () => {
    for (const folder of ['provider', 'constructed']) {
      for (const name of readdirSync(new URL(`samples/${folder}/soap/`, contract)).filter((n) => n.includes('.request.'))) {
        await control('POST', 'reset', {});
        await control('PUT', 'config', { nextInvoiceNo: 62_396_765 });
        const [service, operation] = name.split('.') as [string, string];
        const made = await order();
        if (!/^(Add|Activate|PartActivate|Cancel|Replace)/.test(operation)) await activate(made);
        const xml = file(`samples/${folder}/soap/${name}`)
          .replace('4576392', made)
          .replace('100012345678910', (await invoice(made)).paymentReference);
        const validator = validatorOf(service);
        validator.validate(XmlDocument.fromString(bodyOf(xml)));
        const answer = await post(service, xml);
        expect([name, answer.status, answer.code]).toEqual([name, 200, undefined]);
        validator.validate(XmlDocument.fromString(bodyOf(answer.text)));
        validator.dispose();
      }
    }
  });
});

describe('information service', () => {
  it('tells a pending invoice from an issued one', async () => {
    const number = await order();
    const ask = (sent: Sent) => soap('GetCurrentInvoice', { CountryCode: 'SE', StoreId: 1234, ...sent }, { service: 'InformationService' });
    const before = (await ask({ InvoiceNo: number })).body!;
    expect(before.children.map(({ name }) => name)).toEqual(['CorrelationId', 'Currency', 'PaymentReferenceNo']);
    await activate(number);
    const after = (await ask({ PaymentReference: textAt(before, 'PaymentReferenceNo')! })).body;
    expect([textAt(after, 'DueDate'), textAt(after, 'TotalAmount'), textAt(after, 'InvoiceNo')]).toEqual([
      '2026-03-16T00:00:00',
      '426.00',
      number,
    ]);
    expect((await ask({ InvoiceNo: '1' })).code).toBe('ACCOUNT_NOT_FOUND');
    expect((await ask({})).code).toBe('VALIDATION_ERROR');
    expect((await ask({ InvoiceNo: number, StoreId: 355 })).code).toBe('ACCOUNT_NOT_FOUND');
  });

  it('lists accounts and what moved on them', async () => {
    const number = await order();
    await part(number, [article('SKU-1', 1)]);
    const accounts = await soap(
      'GetAccounts',
      { CountryCode: 'SE', RegNo: '1602079954', StoreId: 1234 },
      { service: 'InformationService' },
    );
    expect(at(accounts.body, 'Accounts')?.children.map((a) => [textAt(a, 'LatestInvoiceNo'), textAt(a, 'InvoiceBalance')])).toEqual([
      [number, '199.00'],
      ['62396701', '0.00'],
    ]);
    const moves = await soap('GetAccountTransactions', byNumber(number), { service: 'InformationService' });
    expect(textAt(moves.body, 'Transactions', 'Transaction', 'UnitPrice')).toBe('199.00');
  });
});

describe('the PDF', () => {
  it('is at the secret link once it is ready, with number, reference and total', async () => {
    const number = await order();
    await control('PUT', 'config', { pdfLagMs: 60_000 });
    const answer = await activate(number);
    const url = textAt(answer.body, 'InvoiceUrl')!;
    expect(url.length).toBeLessThanOrEqual(200);
    expect((await fetch(url)).status).toBe(404);
    await advance({ minutes: 1 });
    const response = await fetch(url);
    const text = Buffer.from(await response.arrayBuffer()).toString('latin1');
    expect([response.headers.get('content-type'), text.slice(0, 5)]).toEqual(['application/pdf', '%PDF-']);
    for (const wanted of [number, textAt(answer.body, 'PaymentReference')!, '426.00']) expect(text).toContain(wanted);
    expect((await fetch(url.replace('1602079954', '9001019802'))).status).toBe(404);
  });
});

describe('idempotency', () => {
  const headers = { 'Walley-Idempotency-Key': '5b1c2f0e-7a62-4b8e-9a0e-0d6a3a1f9c11' };
  it('gives one effect and one answer within the hour, then says that the answer is gone, then forgets', async () => {
    const add = () => soap('AddInvoice', sampleOrder, headers);
    const first = await add();
    expect((await add()).text).toBe(first.text);
    await advance({ hours: 1 });
    expect((await add()).code).toBe('IDEMPOTENCY_RESPONSE_EXPIRED');
    await advance({ hours: 23 });
    expect((await add()).status).toBe(200);
    expect((await control('GET', 'invoices')).list).toHaveLength(2);
  });

  it('remembers refusals of the request but not of the credentials', async () => {
    const cancel = (InvoiceNo: string, password = 'PASSWORD') =>
      post(
        'InvoiceServiceV31',
        soapMessage('InvoiceServiceV31', 'CancelInvoice', byNumber(InvoiceNo), { ...credentials, Password: password }),
        headers,
      );
    expect((await cancel('62396700', 'wrong')).code).toBe('AUTHORIZATION_FAILED');
    expect((await cancel('62396700')).code).toBe('INVOICE_NOT_FOUND');
    expect(await order()).toBe('62396700');
    expect((await cancel('62396700')).code).toBe('INVOICE_NOT_FOUND');
    expect((await soap('AddInvoice', sampleOrder, headers)).code).toBe('VALIDATION_ERROR');
  });

  it('says that the first call is still running', async () => {
    await inject({ target: 'AddInvoice', mode: 'delay', ms: 300 });
    const slow = soap('AddInvoice', sampleOrder, headers);
    await expect.poll(async () => (await control('GET', 'invoices')).list.length).toBe(1);
    expect((await soap('AddInvoice', sampleOrder, headers)).code).toBe('IDEMPOTENCY_REQUEST_IN_PROGRESS');
    const answer = await slow;
    expect((await soap('AddInvoice', sampleOrder, headers)).text).toBe(answer.text);
  });

  it('an answer lost after the effect is had again by the key', async () => {
    await inject({ target: 'AddInvoice', mode: 'drop-after' });
    await expect(soap('AddInvoice', sampleOrder, headers)).rejects.toThrow();
    expect(textAt((await soap('AddInvoice', sampleOrder, headers)).body, 'InvoiceNo')).toBe('62396700');
    expect((await control('GET', 'invoices')).list).toHaveLength(1);
  });

  it('holds for REST as well', async () => {
    const { path } = await restOrder();
    const capture = () => rest2('capture', path, { amount: 426 }, { 'X-idempotency': 'k-1' });
    expect([(await capture()).status, (await capture()).status]).toEqual([202, 202]);
    expect((await rest2('refund', path, { amount: 426 }, { 'X-idempotency': 'k-1' })).code).toBe('VALIDATION_ERROR');
    expect((await rest2('capture', path, { amount: 426 })).code).toBe('CAPTURE_ORDER_ALREADY_CAPTURED');
  });
});

describe('failures on order', () => {
  it.each([
    ['drop-before', 'Pending'],
    ['stall', 'Pending'],
    ['drop-after', 'Activated'],
  ])('%s loses the answer and leaves %s', async (mode, left) => {
    const number = await order();
    await inject({ target: 'ActivateInvoice', mode, ms: 20 });
    await expect(activate(number)).rejects.toThrow();
    expect(await state(number)).toBe(left);
  });

  it.each([
    ['http503', 503, 'Pending'],
    ['html500', 500, 'Pending'],
    ['html500-after', 500, 'Activated'],
  ])('%s answers with a page and leaves the right state', async (mode, status, left) => {
    const number = await order();
    await inject({ target: '*', mode, times: 1 });
    const answer = await activate(number);
    expect([answer.status, answer.text.slice(0, 15), await state(number)]).toEqual([status, '<!DOCTYPE html>', left]);
  });

  it('tells a fault under status 200, and an HTTP status over REST', async () => {
    await inject({ target: 'CancelInvoice', mode: 'fault200', code: 'UNHANDLED_EXCEPTION' });
    expect(await soap('CancelInvoice', byNumber('1'))).toMatchObject({ status: 200, code: 'UNHANDLED_EXCEPTION' });
    const { path } = await restOrder();
    await inject({ target: 'getOrder', mode: 'fault', code: '403' });
    expect((await rest('GET', path)).status).toBe(403);
    await inject({ target: 'capture', mode: 'fault', code: 'CAPTURE_ORDER_ALREADY_CAPTURED' });
    expect(await rest2('capture', path, { amount: 1 })).toMatchObject({ status: 422, code: 'CAPTURE_ORDER_ALREADY_CAPTURED' });
  });

  it('is slow wherever it is asked to be', async () => {
    const { path } = await restOrder();
    const url = textAt((await activate('62396700')).body, 'InvoiceUrl')!;
    for (const [target, ask] of Object.entries({ token, pdf: () => fetch(url), getOrder: () => rest('GET', path) })) {
      await inject({ target, mode: 'delay', ms: 60 });
      const since = performance.now();
      await ask();
      expect(performance.now() - since, target).toBeGreaterThan(50);
    }
  });

  it('refuses what nobody could mean', async () => {
    for (const bad of [
      { mode: 'x' },
      { mode: 'fault', target: 'x' },
      { mode: 'lost', target: '*' },
      { mode: 'fault', target: 'webhook' },
    ]) {
      expect((await inject(bad)).status).toBe(400);
    }
    expect((await control('PUT', 'config', { strictorder: true })).status).toBe(400);
    expect((await control('POST', 'clock/advance', { days: -1 })).status).toBe(400);
    expect((await control('GET', 'nothing')).status).toBe(404);
  });

  it('keeps a log without credentials', async () => {
    await order();
    await token();
    const log = JSON.stringify((await control('GET', 'requests')).list);
    expect(log).toContain('AddInvoice');
    for (const secret of ['PASSWORD<', 'sim-secret']) expect(log).not.toContain(secret);
  });
});

describe('the management API', () => {
  it('wants a token that lives', async () => {
    expect((await token({ client_secret: 'wrong' })).status).toBe(401);
    expect((await token({ grant_type: 'password' })).json.error).toBe('unsupported_grant_type');
    expect((await token({ scope: 'x' })).json.error).toBe('invalid_scope');
    const { path } = await restOrder();
    expect((await rest('GET', path)).status).toBe(200);
    await advance({ hours: 1 });
    expect((await rest('GET', path)).status).toBe(401);
  });

  it('captures by items, by bare amount and whole, on the same ledger as SOAP', async () => {
    const { number, path } = await restOrder();
    const items = [
      { id: 'SKU-1', description: 'Tröja blå M', UnitPrice: '199.00', quantity: '1', vat: 25 },
      { id: 'SHIPPING', description: 'Frakt PostNord', unitPrice: 49, quantity: 1 },
    ];
    expect((await rest2('capture', path, { amount: 247, items })).code).toBe('VALIDATION_ERROR');
    expect((await rest2('capture', path, { amount: 248, items: [{ ...items[0], unitPrice: 248, UnitPrice: undefined }] })).code).toBe(
      'ARTICLE_NOT_FOUND_BASED_ON_UNITPRICE',
    );
    const done = await rest2('capture', path, { amount: 248, items });
    expect([done.status, done.location, done.text]).toEqual([202, path, '']);
    expect(await read(path)).toMatchObject({
      status: 'PartActivated',
      totalAmount: 426,
      items: [
        { id: 'SKU-1', quantity: 2, capturedQuantity: 1 },
        { id: 'SHIPPING', quantity: 1, capturedQuantity: 1 },
        { id: 'INVOICE_FEE', capturedQuantity: 0 },
        { id: 'GIFT-77', unitPrice: -50 },
      ],
      invoices: [
        { invoiceNumber: number, status: 'Activated', amount: 248, remainingAmount: 248, dueDate: '2026-03-16' },
        { invoiceNumber: '62396701', status: 'Pending', amount: 178, dueDate: null, pdfUrl: null },
      ],
    });
    expect((await rest2('capture', path, { amount: 178.01 })).code).toBe('VALIDATION_ERROR');
    expect((await rest2('capture', path, { amount: 100, description: 'Delleverans' })).status).toBe(202);
    expect((await rest2('capture', path, { amount: 78 })).status).toBe(202);
    const order = await read(path);
    expect([order.status, order.totalAmount, order.invoices.map((i: Json) => i.amount)]).toEqual(['Activated', 426, [248, 100, 78]]);
    expect((await rest2('capture', path, { amount: 1 })).code).toBe('CAPTURE_ORDER_ALREADY_CAPTURED');
    expect((await rest2('reauthorize', path, { amount: 1, items: [{ ...items[1], unitPrice: 1 }] })).code).toBe('ORDER_ALREADY_CAPTURED');
  });

  it('refunds articles from the parts that hold them, with a fee, by amount and whole', async () => {
    const { number, path } = await restOrder();
    await part(number, [article('SKU-1', 1), article('SHIPPING', 1)]);
    await advance({ days: 1 });
    await activate('62396701');
    bearer = (await token()).json.access_token;
    const shirt = { id: 'SKU-1', description: 'Tröja blå M', unitPrice: 199, quantity: 1, type: 'purchase' };
    const fee = { id: 'FEE', description: 'Returfrakt', unitPrice: -15, quantity: 1, vat: 25, type: 'fee' };
    const refund = (amount: number, items?: object[]) => rest2('refund', path, { amount, ...(items ? { items } : {}) });
    expect((await refund(426.01)).code).toBe('REFUND_AMOUNT_TOO_HIGH');
    expect((await refund(185, [shirt, { ...fee, vat: undefined }])).code).toBe('VALIDATION_ERROR');
    expect((await refund(184, [shirt, { ...fee, quantity: 3 }])).code).toBe('VALIDATION_ERROR');
    expect((await refund(184, [shirt, fee])).status).toBe(202);
    expect(await invoice(number)).toMatchObject({ creditedTotal: '199.00', adjustedTotal: '15.00' });
    expect((await refund(398, [{ ...shirt, quantity: 2 }])).code).toBe('REFUND_AMOUNT_TOO_HIGH');
    expect((await refund(60)).status).toBe(202);
    expect((await read(path)).invoices.map((i: Json) => i.remainingAmount)).toEqual([4, 178]);
    expect((await refund(182)).status).toBe(202);
    expect((await read(path)).status).toBe('Returned');
    expect((await refund(1)).code).toBe('INVALID_ORDER_STATUS');
  });

  it('reauthorizes: lower at once, higher after a check', async () => {
    const { number, path } = await restOrder();
    const items = (price: number, vat = 25) => [{ id: 'A', description: 'Bord', unitPrice: price, quantity: 1, vat }];
    expect((await rest2('reauthorize', path, { amount: 400, items: items(400) })).status).toBe(202);
    await control('PUT', 'config', { restLagMs: 60_000 });
    const raised = await rest2('reauthorize', path, { amount: 500, items: items(500) });
    expect([raised.status, raised.location?.startsWith(`${path}/reauthorize/`)]).toEqual([201, true]);
    expect((await rest('GET', raised.location!)).status).toBe(202);
    await advance({ minutes: 2 });
    expect((await rest('GET', raised.location!)).status).toBe(200);
    expect(await invoice(number)).toMatchObject({ total: '500.00' });
    await control('PUT', 'config', { restLagMs: 0 });
    const tooHigh = await rest2('reauthorize', path, { amount: 60_000, items: items(60_000) });
    expect([tooHigh.status, (await rest('GET', tooHigh.location!)).code]).toEqual([201, 'PURCHASE_AMOUNT_GREATER_THAN_MAX_CREDIT_AMOUNT']);
    expect((await rest2('reauthorize', path, { amount: 2, items: [...items(1), ...items(1, 12)] })).code).toBe(
      'MATCHING_ARTICLES_WITH_DIFFERENT_VAT',
    );
    expect((await rest2('reauthorize', path, { amount: 3, items: [...items(1), ...items(2)] })).code).toBe(
      'ARTICLE_EXISTS_BUT_OTHER_INFORMATION',
    );
  });

  it('cancels what is left, also of an expired order', async () => {
    const { number, path } = await restOrder();
    await part(number, [article('SKU-1', 1)]);
    expect((await rest2('cancel', path, { actionReference: 'x', amount: 1, items: [] })).status).toBe(202);
    expect([(await read(path)).status, await state('62396701')]).toEqual(['Activated', 'Cancelled']);
    const late = await restOrder();
    await advance({ days: 91 });
    bearer = (await token()).json.access_token;
    expect((await read(late.path)).status).toBe('Expired');
    expect((await rest2('capture', late.path, { amount: 426 })).code).toBe('INVALID_ORDER_STATUS');
    expect((await rest2('cancel', late.path)).status).toBe(202);
    expect((await read(late.path)).status).toBe('Canceled');
    expect((await rest2('cancel', late.path)).code).toBe('INVALID_ORDER_STATUS');
  });

  it('reads lag behind writes when told to', async () => {
    const { path } = await restOrder();
    await control('PUT', 'config', { restLagMs: 60_000 });
    await rest2('capture', path, { amount: 426 });
    expect((await read(path)).status).toBe('NotActivated');
    await advance({ minutes: 1 });
    expect((await read(path)).status).toBe('Activated');
  });

  it('searches with filters and pages', async () => {
    for (const OrderNo of ['No-1', 'No-2', 'Other']) await order({ OrderNo });
    await order({ OrderNo: 'No-3', StoreId: 355 });
    await restOrder({ OrderNo: 'No-4' });
    const search = async (query: string) => (await rest('GET', `/manage/orders?${query}`)).json;
    const all = await search('query=no-&filter=storeId:["1234"]&filter=status:["NotActivated"]&perPage=2');
    expect([all.data.map((o: Json) => o.orderNumber), all.metaData.totalNumberOfRecords, all.metaData.numberOfPages]).toEqual([
      ['No-4', 'No-2'],
      3,
      2,
    ]);
    expect((await search('query=No-&page=3&perPage=2')).data).toEqual([]);
    expect((await search('filter=placedAt:["2026-03-03",""]')).data).toEqual([]);
    expect((await rest('GET', '/manage/orders?filter=nonsense')).status).toBe(422);
    expect((await rest('GET', '/manage/orders/853f3f82-ab12-47c3-9d97-af17009852cd')).status).toBe(404);
  });

  it('settles each day with the split of VAT', async () => {
    const { path } = await restOrder();
    await rest2('capture', path, { amount: 426, actionReference: 'FKT-9' });
    await advance({ days: 1 });
    bearer = (await token()).json.access_token;
    const list = (await rest('GET', '/reports/settlements?query=startDate:>=2026-03-02')).json.data;
    expect(list).toMatchObject([
      { startDate: '2026-03-02T00:00:00', storeId: 1234, captured: 426, refunded: 0, paidOutAt: '2026-03-03T11:00:00+01:00' },
    ]);
    const moves = (await rest('GET', `/reports/settlements/${list[0].id}/transactions`)).json.data;
    expect(moves).toMatchObject([
      {
        orderNumber: 'ORD-1001',
        invoiceNumber: '62396700',
        type: 'Purchase',
        amount: 426,
        actionReference: 'FKT-9',
        totalVatAmountPerRate: [
          { vatRate: 25, amount: 95.2 },
          { vatRate: 0, amount: 0 },
        ],
      },
    ]);
    const pdf = await fetch(`${sim.apiUrl}/reports/settlements/${list[0].id}/file/pdf`, { headers: { authorization: `Bearer ${bearer}` } });
    expect(pdf.headers.get('content-type')).toBe('application/pdf');
    const csv = await rest('GET', `/reports/settlements/${list[0].id}/transactions`, undefined, { accept: 'text/csv' });
    expect(csv.text.split('\r\n')).toHaveLength(3);
    expect((await rest('GET', '/reports/settlements/1/transactions')).status).toBe(404);
  });
});

describe('notifications', () => {
  type Got = { method: string; url: string; headers: IncomingHttpHeaders; body: string };
  let receiver: Server;
  let got: Got[];
  let answers: number[];
  let url: string;
  beforeEach(async () => {
    got = [];
    answers = [];
    receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        got.push({ method: request.method!, url: request.url!, headers: request.headers, body });
        response.writeHead(answers.shift() ?? 200).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    receiver.close();
    receiver.closeAllConnections();
  });
  const types = () => got.map(({ body }) => JSON.parse(body).Type.replace('walley:order:', ''));

  it('the anti-fraud answer comes with Basic authentication, and again until taken', async () => {
    await control('PUT', 'callback', { url: `${url}/hook?org=1`, username: 'u', password: 'p' });
    answers = [500, 500];
    const number = await order({ RegNo: buyerOf('ONHOLD_THEN_REJECTED') });
    await expect.poll(() => got.length).toBe(1);
    expect(got[0]).toMatchObject({ method: 'GET', url: `/hook?org=1&InvoiceNo=${number}&OrderNo=ORD-1001&InvoiceStatus=5` });
    expect(got[0]!.headers.authorization).toBe(`Basic ${Buffer.from('u:p').toString('base64')}`);
    await advance({ seconds: 5 });
    await advance({ hours: 9 });
    expect(got).toHaveLength(3);
    expect((await control('GET', 'notifications')).list).toMatchObject([{ tries: 3, delivered: true, dueAt: null }]);
  });

  it('webhooks tell of changes by either engine, signed', async () => {
    await control('PUT', 'webhook', { url, secret: 'key', username: 'u', password: 'p' });
    const { number, path } = await restOrder({ RegNo: buyerOf('ONHOLD_THEN_PENDING') });
    await expect.poll(types).toEqual(['created', 'authorized']);
    await soap('ReplaceInvoice', { ...byNumber(number), InvoiceRows: [{ ...sampleRows[0]!, Quantity: 4 }] });
    await part(number, [article('SKU-1', 1)]);
    await rest2('extend', path);
    await rest2('cancel', path);
    await rest2('refund', path, { amount: 9 });
    await expect.poll(types).toEqual(['created', 'authorized', 'reauthorized', 'captured', 'extended', 'canceled', 'refunded']);
    const [created, , changed] = got.map(({ body }) => JSON.parse(body).Payload);
    expect(created).toMatchObject({ Reference: 'ORD-1001', Amount: 426, Currency: 'SEK', Status: 'OnHold' });
    expect(changed).toMatchObject({ Amount: 796, OriginalAmount: 426 });
    for (const { headers, body } of got) {
      expect(headers['walley-signature']).toBe(signatureOf('key', String(headers['walley-timestamp']), body));
      expect((await rest('GET', `${path}?correlationId=${headers['walley-correlationid']}`)).status).toBe(200);
    }
    expect((await rest('GET', `${path}?correlationId=x`)).status).toBe(404);
  });

  it('may be lost, doubled, late or forged', async () => {
    await control('PUT', 'webhook', { url, secret: 'key', events: ['walley:order:created'] });
    for (const mode of ['lost', 'twice', 'late', 'forged']) await inject({ target: 'webhook', mode, ms: 3_600_000 });
    for (const OrderNo of ['lost', 'twice', 'late', 'forged']) await order({ OrderNo });
    const names = () => got.map(({ body }) => JSON.parse(body).Payload.Reference);
    await expect.poll(names).toEqual(['twice', 'twice', 'forged']);
    expect(got[2]!.headers['walley-signature']).not.toBe(signatureOf('key', String(got[2]!.headers['walley-timestamp']), got[2]!.body));
    await advance({ hours: 1 });
    expect(names().at(-1)).toBe('late');
  });

  it('an expiry is told on its day', async () => {
    await control('PUT', 'webhook', { url, events: ['walley:order:expired'] });
    await order();
    await advance({ days: 100 });
    expect(got.map(({ body }) => JSON.parse(body).Timestamp)).toEqual(['2026-05-31T10:00:00+02:00']);
  });
});

describe('for people', () => {
  it.each([
    ['pl', 'Walley na niby', 'wstrzymana'],
    ['en', 'Walley, simulated', 'on hold'],
    ['hu', 'Walley szimulátor', 'visszatartva'],
    ['sv-SE,sv;q=0.9', 'Walley, simulerat', 'under granskning'],
  ])('the page speaks %s and shows the ledger', async (language, title, held) => {
    await control('PUT', 'config', { callbackDelayMs: 60_000 });
    await order({ OrderNo: '<b>&', RegNo: buyerOf('ONHOLD_THEN_PENDING') });
    await inject({ target: 'capture', mode: 'delay' });
    const page = await (await fetch(sim.pageUrl, { headers: { 'accept-language': language } })).text();
    for (const text of [title, held, '&lt;b&gt;&amp;', '62396700']) expect(page).toContain(text);
    expect(page).not.toContain('<b>&');
  });

  it('a running clock can be pushed ahead', async () => {
    let now = Date.parse('2026-03-02T09:00:00Z');
    const running = await startWalleySimulator({ now: () => new Date(now) });
    try {
      const at = async () => ((await (await fetch(`${running.url}/__sim/clock`)).json()) as Json).now;
      await fetch(`${running.url}/__sim/clock/advance`, { method: 'POST', body: JSON.stringify({ days: 30 }) });
      now += 60_000;
      expect(await at()).toBe('2026-04-01T10:01:00+02:00');
    } finally {
      await running.close();
    }
  });
});
