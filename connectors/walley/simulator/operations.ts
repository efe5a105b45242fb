import { checkOrganisationsnummer, checkPersonnummer } from '../../../src/domain/regimes/se/identifiers.ts';
import { type Hundredths, plain, readHundredths } from './amounts.ts';
import { localTime } from './clock.ts';
import { type Store, testBuyers } from './config.ts';
import { WalleyFault } from './faults.ts';
import {
  type Address,
  type Adjustment,
  type Article,
  type NewRow,
  type Part,
  remainingOf,
  rowTotal,
  type State,
  statusCodes,
  totalOf,
} from './ledger.ts';
import type { ServiceProfile } from './profiles.ts';
import type { Value, Values } from './read-request.ts';
import type { Simulation } from './simulation.ts';

/** Answer by field name; undefined is sent as nil, and a field that is not there at all is left out. */
export type Answer = { [field: string]: string | undefined | Answer[] };

type Call = { sim: Simulation; service: ServiceProfile; request: Values; store: Store };

const text = (value: Value | undefined): string | undefined => (typeof value === 'string' && value.trim() ? value.trim() : undefined);
const number = (value: Value | undefined): number | undefined => (text(value) === undefined ? undefined : Number(text(value)));
const amount = (value: Value | undefined): Hundredths => readHundredths(text(value) ?? '') ?? 0n;
const list = (value: Value | undefined): Values[] => (Array.isArray(value) ? value : []);
const fault = (code: string) => new WalleyFault(code);

/** Country and store fit together and to the seller (contract 3.1, 16.1). */
export function storeFor(sim: Simulation, request: Values): Store {
  const country = (text(request.CountryCode) ?? '').toUpperCase();
  const wanted = number(request.StoreId);
  const ofCountry = sim.config.stores.filter((store) => store.countryCode === country);
  if (wanted !== undefined) {
    const store = sim.config.stores.find(({ storeId }) => storeId === wanted);
    if (!store) throw fault('AUTHORIZATION_FAILED');
    if (store.countryCode !== country) throw fault('INVALID_COUNTRYCODE');
    return store;
  }
  if (ofCountry.length === 0) throw fault('INVALID_COUNTRYCODE');
  if (ofCountry.length > 1) throw new WalleyFault('VALIDATION_ERROR', { message: 'StoreId is required: there are several stores.' });
  return ofCountry[0]!;
}

function partOf({ sim, request, store }: Call): Part {
  const part = sim.ledger.part(text(request.InvoiceNo) ?? '');
  if (!part || part.purchase.store.storeId !== store.storeId) throw fault('INVOICE_NOT_FOUND');
  return part;
}

const rowsOf = (value: Value | undefined): NewRow[] =>
  list(value).map((row) => ({
    // Texts are kept to the character: later calls must repeat them exactly.
    articleId: row.ArticleId as string,
    description: row.Description as string,
    quantity: BigInt(text(row.Quantity)!),
    unitPrice: amount(row.UnitPrice),
    vat: amount(row.VAT),
  }));

const articlesOf = (value: Value | undefined): Article[] =>
  list(value).map((article) => ({
    articleId: text(article.ArticleId) === undefined ? undefined : (article.ArticleId as string),
    description: text(article.Description) === undefined ? undefined : (article.Description as string),
    quantity: BigInt(text(article.Quantity)!),
    unitPrice: text(article.UnitPrice) === undefined ? undefined : amount(article.UnitPrice),
  }));

/** The second generation wants rows told apart by their article (contract 5, rule 4). */
export function checkDistinct(rows: NewRow[], otherVatCode = 'ARTICLE_EXISTS_BUT_OTHER_INFORMATION'): void {
  const seen = new Map<string, NewRow>();
  for (const row of rows) {
    const key = JSON.stringify([row.articleId, row.description]);
    const other = seen.get(key);
    if (other && other.unitPrice !== row.unitPrice) throw fault('ARTICLE_EXISTS_BUT_OTHER_INFORMATION');
    if (other && other.vat !== row.vat) throw fault(otherVatCode);
    seen.set(key, row);
  }
}

/** Amounts of an active part as an answer tells them. */
function issued(sim: Simulation, part: Part): Answer {
  return {
    DueDate: `${part.dueDate}T00:00:00`,
    InvoiceUrl: sim.pdfUrl(part),
    LowestAmountToPay: plain(sim.ledger.lowestAmount(part)),
    PaymentReference: part.paymentReference,
    TotalAmount: plain(remainingOf(part)),
  };
}

const notIssued: Answer = {
  DueDate: undefined,
  InvoiceUrl: undefined,
  LowestAmountToPay: undefined,
  PaymentReference: undefined,
  TotalAmount: undefined,
};

export const operations: Record<string, (call: Call) => Answer> = {
  AddInvoice: addInvoice,
  ActivateInvoice(call) {
    const part = partOf(call);
    call.sim.ledger.activate(part, text(call.request.CorrelationId));
    return issued(call.sim, part);
  },
  PartActivateInvoice(call) {
    const part = partOf(call);
    const rest = call.sim.ledger.partActivate(part, articlesOf(call.request.ArticleList), text(call.request.CorrelationId));
    return { ...issued(call.sim, part), NewInvoiceNo: rest?.invoiceNo };
  },
  CancelInvoice(call) {
    call.sim.ledger.cancel(partOf(call));
    return {};
  },
  ReplaceInvoice(call) {
    const part = partOf(call);
    const rows = rowsOf(call.request.InvoiceRows);
    if (part.state === 'Pending' && call.service.generation === 2) checkDistinct(rows);
    call.sim.ledger.replace(part, rows);
    return {
      AvailableReservationAmount: plain(reservationOf(call, part.purchase.regNo) ?? 0n),
      InvoiceStatus: String(statusCodes[part.state]),
      TotalAmount: plain(totalOf(part)),
    };
  },
  SendInvoice(call) {
    const part = partOf(call);
    const { sim, request } = call;
    if (part.state !== 'Activated' || part.credited) throw fault('INVOICE_NOT_FOUND');
    const { invoiceType } = part.purchase;
    if (invoiceType !== 0 && invoiceType !== 1) throw fault('INVOICE_INVALID_TYPE');
    const method = number(request.InvoiceDeliveryMethod)!;
    checkDelivery(sim, invoiceType, method);
    if (method === 2 && !text(request.Email)) throw fault('EMAIL_IS_MISSING');
    const alias = sim.ledger.send(part, method, text(request.Email));
    return { AvailableReservationAmount: '0', ...issued(sim, part), NewInvoiceNo: alias };
  },
  ExtendDueDate(call) {
    const part = partOf(call);
    call.sim.ledger.extendDueDate(part);
    return { DueDate: `${part.dueDate}T00:00:00` };
  },
  CreditInvoice(call) {
    call.sim.ledger.credit(partOf(call), text(call.request.SettlementReference) ?? text(call.request.CorrelationId));
    return {};
  },
  PartCreditInvoice(call) {
    const { request } = call;
    call.sim.ledger.partCredit(
      partOf(call),
      articlesOf(request.ArticleList),
      text(request.SettlementReference) ?? text(request.CorrelationId),
    );
    return {};
  },
  AdjustInvoice(call) {
    const { request } = call;
    const single = request.Amount !== undefined;
    const adjustments: Adjustment[] = single
      ? [
          {
            articleId: request.ArticleId as string,
            description: request.Description as string,
            amount: amount(request.Amount),
            vat: amount(request.Vat),
          },
        ]
      : rowsOf(request.InvoiceRows).map((row) => ({ ...row, amount: rowTotal(row) }));
    call.sim.ledger.adjust(partOf(call), adjustments, text(request.SettlementReference) ?? text(request.CorrelationId));
    return {};
  },
  GetInvoiceInformation(call) {
    return { Status: String(statusCodes[partOf(call).state]) };
  },
  GetAddress({ request, store }) {
    if (store.countryCode !== 'SE') throw fault('INVALID_COUNTRYCODE');
    const regNo = registration(text(request.RegNo)!, 'B2C');
    const outcome = testBuyers[regNo];
    if (outcome === 'ADDRESS_NOT_FOUND') throw fault('ADDRESS_NOT_FOUND');
    return {
      Addresses: [
        {
          Address1: `Storgatan ${1 + (Number(regNo.slice(4, 6)) % 40)}`,
          Address2: undefined,
          COAddress: undefined,
          City: 'Göteborg',
          CountryCode: 'SE',
          PostalCode: '41103',
        },
      ],
      Firstname: 'Anna',
      Lastname: 'Testsson',
      RegNo: text(request.RegNo),
    };
  },
  SetReservation(call) {
    const { sim, service, request, store } = call;
    const regNo = registration(text(request.RegNo)!, store.segment);
    if (service.generation === 2 && store.segment === 'B2B') checkSignatory(text(request.CompanyRegNoAuthorizedSignatory));
    const outcome = testBuyers[regNo] ?? 'OK';
    if (outcome === 'CREDIT_CHECK_DENIED') throw fault('RESERVATION_NOT_APPROVED');
    if (outcome === 'DENIED_TO_PURCHASE') throw fault('DENIED_TO_PURCHASE');
    const reserved = amount(request.ReservedAmount);
    if (reserved > readHundredths(sim.config.maxCreditAmount)!) throw fault('PURCHASE_AMOUNT_GREATER_THAN_MAX_CREDIT_AMOUNT');
    sim.ledger.reservations.set(`${store.storeId} ${regNo}`, reserved);
    return { AvailableReservationAmount: plain(reserved) };
  },
  GetReservation(call) {
    const reserved = reservationOf(call, registration(text(call.request.RegNo)!, call.store.segment));
    if (reserved === undefined) throw fault('RESERVATION_NOT_FOUND');
    return { AvailableReservationAmount: plain(reserved) };
  },
  CancelReservation(call) {
    const regNo = registration(text(call.request.RegNo)!, call.store.segment);
    if (!call.sim.ledger.reservations.delete(`${call.store.storeId} ${regNo}`)) throw fault('RESERVATION_NOT_FOUND');
    return {};
  },
  GetCurrentInvoice(call) {
    const part = accountOf(call);
    if (part.state !== 'Activated') return { Currency: part.purchase.currency, PaymentReferenceNo: part.paymentReference };
    const { TotalAmount, LowestAmountToPay, DueDate, InvoiceUrl } = issued(call.sim, part);
    return {
      CreditTime: '0',
      Currency: part.purchase.currency,
      DueDate,
      InvoiceNo: part.aliases.at(-1) ?? part.invoiceNo,
      InvoiceURL: InvoiceUrl,
      LowestAmountToPay,
      MovedToPaymentRef: undefined,
      PaymentReferenceNo: part.paymentReference,
      TotalAmount,
    };
  },
  GetAccounts(call) {
    const { sim, request, store } = call;
    const keys = [request.CustomerNo, request.IntegrationId, request.RegNo].filter((key) => text(key) !== undefined);
    if (keys.length !== 1) throw new WalleyFault('VALIDATION_ERROR', { message: 'Exactly one of CustomerNo, IntegrationId and RegNo.' });
    const regNo = text(request.RegNo) && lastTen(text(request.RegNo)!);
    const found = sim.ledger.purchases.filter(
      ({ store: own, ...purchase }) =>
        own.storeId === store.storeId &&
        (regNo ? purchase.regNo === regNo : text(request.CustomerNo) !== undefined && purchase.customerNo === text(request.CustomerNo)),
    );
    const parts = found.flatMap((purchase) => purchase.parts).filter((part) => part.state !== 'Cancelled' && part.state !== 'Rejected');
    if (parts.length === 0) throw fault('ACCOUNT_NOT_FOUND');
    return {
      Accounts: parts.map((part) => ({
        InvoiceBalance: plain(part.state === 'Activated' ? remainingOf(part) : 0n),
        InvoiceStatus: part.state,
        InvoiceType: String(part.purchase.invoiceType),
        LatestInvoiceNo: part.aliases.at(-1) ?? part.invoiceNo,
        MovedToPaymentRef: undefined,
        PaymentReferenceNo: part.paymentReference,
      })),
    };
  },
  GetAccountTransactions(call) {
    const part = accountOf(call);
    const { currency } = part.purchase;
    const moved = call.sim.ledger.movements.filter(({ invoiceNo }) => invoiceNo === part.invoiceNo);
    return {
      Transactions: moved.flatMap((movement) =>
        movement.vat.map(({ rate, gross }) => ({
          ArticleId: undefined,
          Currency: currency,
          Description: movement.type,
          MovedFromAccount: undefined,
          MovedToAccount: undefined,
          OriginalCurrencyInformation: undefined,
          Quantity: '1',
          TransactionDate: localTime(movement.at),
          TransactionType: movement.type,
          UnitPrice: plain(gross),
          VatRate: plain(rate),
        })),
      ),
    };
  },
};

/** By invoice or by payment reference, exactly one of them; cancelled numbers have no account (contract 16.3, 7). */
function accountOf({ sim, request, store }: Call): Part {
  const invoiceNo = text(request.InvoiceNo);
  const reference = text(request.PaymentReference);
  if ((invoiceNo === undefined) === (reference === undefined)) {
    throw new WalleyFault('VALIDATION_ERROR', { message: 'Exactly one of InvoiceNo and PaymentReference.' });
  }
  const part = invoiceNo ? sim.ledger.part(invoiceNo) : sim.ledger.parts().find(({ paymentReference }) => paymentReference === reference);
  if (!part || part.purchase.store.storeId !== store.storeId || part.state === 'Cancelled') throw fault('ACCOUNT_NOT_FOUND');
  return part;
}

function addInvoice(call: Call): Answer {
  const { sim, service, request, store } = call;
  const invoiceAddress = request.InvoiceAddress as Address;
  const deliveryAddress = request.DeliveryAddress as Address;
  const invoiceType = number(request.InvoiceType)!;
  const method = number(request.InvoiceDeliveryMethod)!;
  if (text(request.Currency)!.toUpperCase() !== store.currency) throw fault('INVALID_CURRENCY_CODE');
  checkCountry(invoiceAddress, store, 'INVOICE');
  checkCountry(deliveryAddress, store, 'DELIVERY');
  const regNo = registration(text(request.RegNo)!, store.segment);
  if (!sim.config.invoiceTypes.includes(invoiceType)) throw fault('INVOICE_TYPE_IS_NOT_ALLOWED_TO_BE_USED');
  if (text(request.CreditTime) !== undefined && number(request.CreditTime) !== 0 && ![2, 4, 5].includes(invoiceType)) {
    throw fault('INVALID_CREDIT_TIME_USAGE');
  }
  if (sim.config.inactiveProductCodes.includes(text(request.ProductCode) ?? '')) throw fault('INVALID_PRODUCT_CODE');
  checkDelivery(sim, invoiceType, method);
  if (method !== 1 && !text(invoiceAddress.Email)) throw fault('EMAIL_IS_MISSING');
  if (store.segment === 'B2C' && !equalAddresses(invoiceAddress, deliveryAddress)) throw fault('INVALID_DELIVERY_ADDRESS_USAGE');
  if (store.segment === 'B2B' && !text(invoiceAddress.CompanyName)) throw fault('AGREEMENT_RULES_VALIDATION_FAILED');
  const rows = rowsOf(request.InvoiceRows);
  if (service.generation === 2) checkDistinct(rows);
  const total = sim.ledger.checkRows({ country: store.countryCode }, rows);
  const state = creditCheck(regNo);
  const reserved = reservationOf(call, regNo);
  if (reserved !== undefined && total > reserved) throw fault('INVOICE_EXCEEDS_AVAILABLE_RESERVATION');
  if (reserved !== undefined) sim.ledger.reservations.set(`${store.storeId} ${regNo}`, reserved - total);
  const part = sim.ledger.add({
    reference: text(request.OrderNo),
    store,
    segment: store.segment,
    country: store.countryCode,
    currency: store.currency,
    regNo,
    customerNo: text(request.CustomerNo),
    productCode: text(request.ProductCode),
    yourReference: text(request.Reference),
    invoiceType,
    deliveryMethod: method,
    invoiceAddress,
    deliveryAddress,
    rows,
    state,
    activate: number(request.ActivationOption) === 1,
  });
  if (state === 'OnHold') sim.decideLater(part, testBuyers[regNo] === 'ONHOLD_THEN_PENDING');
  return {
    AvailableReservationAmount: reserved === undefined ? '0' : plain(reserved - total),
    ...(part.state === 'Activated' ? issued(sim, part) : notIssued),
    InvoiceNo: part.invoiceNo,
    InvoiceStatus: String(statusCodes[part.state]),
  };
}

const startStates: Record<string, State> = {
  OK: 'Pending',
  ONHOLD_THEN_PENDING: 'OnHold',
  ONHOLD_THEN_REJECTED: 'OnHold',
  SIGNING: 'Signing',
  STRONG_VERIFICATION: 'StrongVerification',
};

function creditCheck(regNo: string): State {
  const outcome = testBuyers[regNo] ?? 'OK';
  const state = startStates[outcome];
  if (!state) throw fault(outcome);
  return state;
}

const lastTen = (regNo: string) => regNo.replace(/\D/g, '').slice(-10);

/** Ten or twelve digits with a right check digit, of a person in a B2C store and of a company in a B2B store; as ten digits. */
function registration(raw: string, segment: Store['segment']): string {
  const digits = raw.trim();
  if (!/^(?:\d{2})?\d{10}$/.test(digits)) throw fault('INVALID_REGISTRATION_NUMBER');
  const regNo = digits.slice(-10);
  const right = segment === 'B2C' ? checkPersonnummer(digits) : checkOrganisationsnummer(regNo);
  if (!right.valid) throw fault('INVALID_REGISTRATION_NUMBER');
  return regNo;
}

function checkSignatory(raw: string | undefined): void {
  if (!raw) throw fault('AUTHORIZED_SIGNATORY_REGISTRATION_NUMBER_REQUIRED');
  if (!checkPersonnummer(raw).valid) throw fault('AUTHORIZED_SIGNATORY_REGISTRATION_NUMBER_NOT_VALID');
  if (testBuyers[lastTen(raw)] === 'DENIED_TO_PURCHASE') throw fault('AUTHORIZED_SIGNATORY_NOT_VERIFIABLE');
}

function checkCountry(address: Address, store: Store, which: 'INVOICE' | 'DELIVERY'): void {
  if ((text(address.CountryCode) ?? '').toUpperCase() !== store.countryCode) throw fault(`COUNTRYCODE_MISMATCH_WITH_${which}_ADDRESS`);
  if (store.countryCode !== 'NL') return;
  const house = /\s(\d+)\s*\w?$/.exec(text(address.Address1) ?? '')?.[1];
  if (house === undefined) throw fault('CREDITVALIDATION_HOUSE_NUMBER_IS_REQUIRED');
  if (Number(house) === 0) throw fault('INVALID_HOUSE_NUMBER');
  if (Number(house) > 99_999) throw fault('HOUSE_NUMBER_IS_OUT_OF_RANGE');
}

function checkDelivery(sim: Simulation, invoiceType: number, method: number): void {
  if (method !== 1 && sim.config.emailNotAllowedTypes.includes(invoiceType)) throw fault('NOT_ALLOWED_TO_SEND_NOTIFICATION_BY_EMAIL');
  if (method !== 2 && sim.config.mailNotAllowedTypes.includes(invoiceType)) throw fault('NOT_ALLOWED_TO_SEND_NOTIFICATION_BY_MAIL');
}

function equalAddresses(a: Address, b: Address): boolean {
  const place = ['Address1', 'Address2', 'COAddress', 'City', 'CountryCode', 'PostalCode', 'Firstname', 'Lastname'];
  return place.every((name) => (text(a[name]) ?? '') === (text(b[name]) ?? ''));
}

function reservationOf({ sim, store }: Call, regNo: string): Hundredths | undefined {
  return sim.ledger.reservations.get(`${store.storeId} ${regNo}`);
}
