import type { XmlTree } from '../../../src/contract/wire/read-xml.ts';
import { readHundredths } from './amounts.ts';
import { faultCodes, WalleyFault } from './faults.ts';
import type { Field, OperationProfile, ServiceProfile } from './profiles.ts';

/** Values by field name: text as sent, structures and arrays below. */
export type Value = string | Values | Values[];
export type Values = { [name: string]: Value };

const stems: Record<string, string> = {
  InvoiceNo: 'INVOICE_NUMBER',
  RegNo: 'REGISTRATION_NUMBER',
  OrderNo: 'ORDER_NUMBER',
  CustomerNo: 'CUSTOMER_NUMBER',
  Firstname: 'FIRST_NAME',
  Lastname: 'LAST_NAME',
  COAddress: 'COADDRESS',
  VAT: 'VAT',
};
const known = new Set(faultCodes);
const stemOf = (name: string) => stems[name] ?? name.replace(/(?<=[a-z\d])(?=[A-Z])/g, '_').toUpperCase();

/** The first code of the catalogue among the endings; a field without any gets the generic one. */
export function validationFault(name: string, ...endings: string[]): WalleyFault {
  const code = endings.map((ending) => `VALIDATION_${stemOf(name)}_${ending}`).find((candidate) => known.has(candidate));
  return new WalleyFault(code ?? 'VALIDATION_ERROR', { message: `${name} is not acceptable.` });
}

/**
 * Reads the children as the service does: only forward. An element that comes after its place has been passed is skipped as if absent, an
 * unknown one is ignored (contract 2.4, rules 3 and 4). Without `strict` the order does not matter.
 */
export function readFields(tree: XmlTree, list: Field[], service: ServiceProfile, strict: boolean): Values {
  const values: Values = {};
  let from = 0;
  for (const child of tree.children) {
    if (child.uri !== service.namespace) continue;
    const index = list.findIndex((field, i) => field.name === child.name && (!strict || i >= from));
    if (index < 0) continue;
    from = index + 1;
    if (isNil(child)) continue;
    const { name, type } = list[index]!;
    if (typeof type === 'string') values[name] = child.text;
    else if ('structure' in type) values[name] = readFields(child, service.structures[type.structure]!, service, strict);
    else {
      values[name] = child.children
        .filter((item) => item.name === type.array && item.uri === service.namespace && !isNil(item))
        .map((item) => readFields(item, service.structures[type.array]!, service, strict));
    }
  }
  return values;
}

const isNil = (tree: XmlTree) =>
  Object.entries(tree.attributes).some(([name, value]) => /(^|:)nil$/.test(name) && /^(true|1)$/.test(value));

/** Required, length, parsing, range: field by field in the order of the schema. */
export function checkRequest(values: Values, operation: OperationProfile, name: string, service: ServiceProfile): void {
  for (const field of operation.request) checkField(values[field.name], field, name, service);
}

function checkField(value: Value | undefined, field: Field, operation: string, service: ServiceProfile): void {
  const { name, type, max, required } = field;
  if (value === undefined || (typeof value === 'string' && value.trim() === '')) {
    if (required) throw validationFault(name, 'REQUIRED', 'VALUE', 'PARSING', 'LENGTH');
    return;
  }
  if (typeof type === 'object') {
    if ('structure' in type) {
      for (const inner of service.structures[type.structure]!) checkField((value as Values)[inner.name], inner, operation, service);
      if (type.structure === 'Address') checkAddress(value as Values);
      return;
    }
    if ((value as Values[]).length === 0 && required) throw validationFault(name, 'REQUIRED');
    for (const item of value as Values[]) {
      for (const inner of service.structures[type.array]!) checkField(item[inner.name], inner, operation, service);
      if (type.array === 'Article') checkArticle(item);
    }
    return;
  }
  const text = (value as string).trim();
  if (name === 'CountryCode' && !/^[A-Za-z]{2}$/.test(text)) throw validationFault(name, 'LENGTH');
  if (name === 'Currency' && text.length !== 3) throw validationFault(name, 'LENGTH');
  if (name === 'Currency' && !currencies.has(text)) throw validationFault(name, 'INVALID');
  if (name === 'Email') checkEmail(text);
  if (max !== undefined && [...text].length > max) throw validationFault(name, 'LENGTH');
  if (type === 'int' || type === 'short') checkInteger(name, text, operation);
  if (type === 'decimal') checkDecimal(name, text);
  if (type === 'dateTime' && !readDateTime(text)) throw new WalleyFault('VALIDATION_ERROR', { message: `${name} is not a date.` });
}

const emailMax = 256;

function checkEmail(text: string): void {
  if ([...text].length > emailMax) throw validationFault('Email', 'LENGTH');
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text)) throw validationFault('Email', 'INVALID');
}

const currencies = new Set(['SEK', 'NOK', 'DKK', 'EUR', 'USD', 'GBP', 'CHF', 'PLN', 'HUF', 'CZK']);
const lists: Record<string, number[]> = {
  ActivationOption: [0, 1, 2],
  Gender: [0, 1, 2, 9],
  InvoiceType: [0, 1, 2, 3, 4, 5],
  'AddInvoice.InvoiceDeliveryMethod': [1, 2, 3],
  'SendInvoice.InvoiceDeliveryMethod': [1, 2],
  PurchaseType: [0, 1],
  BankAccountType: [0, 1, 2, 3, 4, 5],
};

function checkInteger(name: string, text: string, operation: string): void {
  const number = /^[+-]?\d{1,12}$/.test(text) ? Number(text) : undefined;
  const list = lists[`${operation}.${name}`] ?? lists[name];
  if (name === 'Quantity' && (number === undefined || number < 1 || number > maxQuantity)) throw validationFault(name, 'RANGE');
  if (name === 'CreditTime' && (number === undefined || number < 0 || number > 99)) throw validationFault(name, 'OUT_OF_RANGE');
  if (number === undefined || (list && !list.includes(number))) throw validationFault(name, 'VALUE');
}

const maxQuantity = 99_999_999;
const maxAmount = 99_999_999n;

function checkDecimal(name: string, text: string): void {
  const value = readHundredths(text);
  if (value === undefined) throw validationFault(name, 'PARSING');
  const [least, most] = /^vat$/i.test(name) ? [0n, 10_000n] : name === 'ReservedAmount' ? [1n, maxAmount] : [-maxAmount, maxAmount];
  if (value < least || value > most || (name === 'Amount' && value === 0n)) throw validationFault(name, 'RANGE');
}

/** ArticleId, Description and UnitPrice are optional each, but one of them must name the row (contract 3.2). */
function checkArticle(article: Values): void {
  if (!article.ArticleId && !article.Description && article.UnitPrice === undefined) throw validationFault('ArticleId', 'REQUIRED');
  const quantity = String(article.Quantity).trim();
  if (!/^[+-]?\d{1,9}$/.test(quantity) || Number(quantity) > maxQuantity) throw validationFault('Quantity', 'RANGE');
}

function checkAddress(address: Values): void {
  if (!address.City) throw validationFault('City', 'REQUIRED');
  if (!address.PostalCode) throw validationFault('PostalCode', 'REQUIRED');
  if (!address.Address1 && address.CountryCode !== 'NO') throw new WalleyFault('VALIDATION_ERROR', { message: 'Address1 is missing.' });
}

/** With `T` or a blank, date only, with or without offset (contract 2.5). */
function readDateTime(text: string): boolean {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}:\d{2}(?:\.\d{1,7})?)(Z|[+-]\d{2}:\d{2})?)?$/.exec(text);
  return match !== null && !Number.isNaN(Date.parse(`${match[1]}T${(match[2] ?? '00:00:00').slice(0, 8)}Z`));
}
