import type { Made } from '../../src/contract/connector.ts';
import { at, textAt, type XmlTree } from '../../src/contract/wire/read-xml.ts';
import { compareDecimal, type Decimal, decimal, isDecimal, scaled } from '../../src/domain/money/money.ts';
import { minus } from './amounts.ts';
import type { AnswerHeaders } from './client.ts';

/** Their answers to our words. Pure and lenient in form: comma decimals, exponents, zones behind dates, empty elements. */

/** Digits behind the point that an amount of ours may have; what a provider writes more of is cut. */
const mostDigits = 12;

/** `100,01`, `27.0`, `1.98E7`: a decimal number such as ours, or nothing. */
export function amount(text: string | undefined): Decimal | undefined {
  const match = /^([+-]?\d{1,40})(?:[.,](\d{1,40}))?(?:[eE]([+-]?\d{1,2}))?$/.exec(text?.trim().replace(/\s/g, '') ?? '');
  if (!match) return undefined;
  const [, whole = '0', fraction = '', exponent = '0'] = match;
  const value = BigInt(whole + fraction);
  const scale = fraction.length - Number(exponent);
  const made = decimal(
    scale < 0
      ? { value: value * 10n ** BigInt(-scale), scale: 0 }
      : scale > mostDigits
        ? { value: value / 10n ** BigInt(scale - mostDigits), scale: mostDigits }
        : { value, scale },
  );
  return isDecimal(made) ? made : undefined;
}

function flag(text: string | undefined): boolean {
  return text === 'true' || text === '1';
}

function day(text: string | undefined): string | undefined {
  return /^\d{4}-\d{2}-\d{2}/.exec(text ?? '')?.[0];
}

/** PDF of an answer; base64 may be broken into lines. What is no PDF counts as none. */
export function pdfOf(tree: XmlTree, name = 'pdf'): Uint8Array | undefined {
  const text = textAt(tree, name);
  if (!text) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.subarray(0, 5).toString('latin1') === '%PDF-' ? new Uint8Array(bytes) : undefined;
}

/** What create, storno and payments answer. No number means that nothing can be said to exist. */
export function madeOf(tree: XmlTree | undefined, headers: AnswerHeaders): Made | undefined {
  const number = textAt(tree, 'szamlaszam') ?? headers.number;
  if (!number) return undefined;
  const gross = amount(textAt(tree, 'szamlabrutto') ?? headers.gross);
  const open = amount(textAt(tree, 'kintlevoseg') ?? headers.open);
  return {
    providerId: number,
    number,
    gross,
    net: amount(textAt(tree, 'szamlanetto') ?? headers.net),
    url: textAt(tree, 'vevoifiokurl') ?? headers.url,
    pdf: tree && pdfOf(tree),
    paid: gross !== undefined && open !== undefined ? decimal(scaled(minus(gross, open))) : undefined,
  };
}

/** A document as the provider holds it. */
export type HeldDocument = {
  number: string;
  type: string;
  currency: string;
  gross: Decimal;
  net?: Decimal;
  test: boolean;
  reversed: boolean;
  /** The document this one reverses, corrects or settles. */
  refersTo?: string;
  proforma?: string;
  buyerName: string;
  orderNumber?: string;
  issueDate?: string;
  performance?: string;
  eInvoice: boolean;
  paid: Decimal;
  seller: { name?: string; taxNumber?: string };
  pdf?: Uint8Array;
};

export function heldDocument(tree: XmlTree): HeldDocument | undefined {
  const base = at(tree, 'alap');
  const number = textAt(base, 'szamlaszam');
  const gross = amount(textAt(tree, 'osszegek', 'totalossz', 'brutto'));
  if (!number || gross === undefined) return undefined;
  const form = textAt(base, 'eszamla');
  return {
    number,
    type: textAt(base, 'tipus') ?? '',
    currency: currencyOf(textAt(base, 'devizanem')),
    gross,
    net: amount(textAt(tree, 'osszegek', 'totalossz', 'netto')),
    test: flag(textAt(base, 'teszt')),
    reversed: flag(textAt(base, 'sztornozott')),
    refersTo: textAt(base, 'hivszamlaszam'),
    proforma: textAt(base, 'hivdijbekszam'),
    buyerName: textAt(tree, 'vevo', 'nev') ?? '',
    orderNumber: textAt(base, 'rendelesszam'),
    issueDate: day(textAt(base, 'kelt')),
    performance: day(textAt(base, 'telj')),
    eInvoice: form === '2' || form === '3',
    paid: paidOf(at(tree, 'kifizetesek')),
    seller: { name: textAt(tree, 'szallito', 'nev'), taxNumber: textAt(tree, 'szallito', 'adoszam') },
    pdf: pdfOf(tree),
  };
}

export function heldReceipt(tree: XmlTree): HeldDocument | undefined {
  const receipt = at(tree, 'nyugta');
  const base = at(receipt, 'alap');
  const number = textAt(base, 'nyugtaszam');
  const gross = amount(textAt(receipt, 'osszegek', 'totalossz', 'brutto'));
  if (!number || gross === undefined) return undefined;
  return {
    number,
    type: textAt(base, 'tipus') ?? '',
    currency: currencyOf(textAt(base, 'penznem')),
    gross,
    net: amount(textAt(receipt, 'osszegek', 'totalossz', 'netto')),
    test: flag(textAt(base, 'teszt')),
    reversed: flag(textAt(base, 'stornozott')) && textAt(base, 'tipus') !== 'SN',
    refersTo: textAt(base, 'stornozottNyugtaszam'),
    buyerName: '',
    orderNumber: textAt(base, 'rendelesSzam'),
    issueDate: day(textAt(base, 'kelt')),
    eInvoice: false,
    paid: gross,
    seller: {},
    pdf: pdfOf(tree, 'nyugtaPdf'),
  };
}

function currencyOf(token: string | undefined): string {
  return token === 'Ft' ? 'HUF' : token === 'KSH' ? 'KES' : (token ?? '');
}

function paidOf(payments: XmlTree | undefined): Decimal {
  let total: Decimal = '0';
  for (const payment of payments?.children ?? []) total = minus(total, minus('0', amount(textAt(payment, 'osszeg')) ?? '0'));
  return decimal(scaled(total));
}

/** Receipts are looked up by another call than invoices: the id says which. */
const receiptMark = 'receipt:';

export function receiptId(number: string): string {
  return `${receiptMark}${number}`;
}

export function isReceipt(made: { providerId: string }): boolean {
  return made.providerId.startsWith(receiptMark);
}

export function numberOf(made: { providerId: string; number?: string }): string {
  return made.number ?? (isReceipt(made) ? made.providerId.slice(receiptMark.length) : made.providerId);
}

export function madeOfHeld(held: HeldDocument, receipt: boolean): Made {
  return {
    providerId: receipt ? receiptId(held.number) : held.number,
    number: held.number,
    gross: held.gross,
    net: held.net,
    currency: held.currency,
    issueDate: held.issueDate,
    test: held.test,
    reversed: held.reversed,
    buyerName: held.buyerName || undefined,
    paid: held.paid,
    pdf: held.pdf,
  };
}

export function sameAmount(a: Decimal, b: Decimal): boolean {
  return compareDecimal(a, b) === 0;
}

/** The authority's answer about a company, in either of its versions; undefined when it could not be asked. */
export function taxpayerOf(tree: XmlTree): { valid: boolean; name?: string; address?: string } | undefined {
  if (textAt(tree, 'result', 'funcCode') !== 'OK') return undefined;
  if (!flag(textAt(tree, 'taxpayerValidity'))) return { valid: false };
  const data = at(tree, 'taxpayerData');
  const address = at(data, 'taxpayerAddressList', 'taxpayerAddressItem', 'taxpayerAddress') ?? at(data, 'taxpayerAddress');
  const part = (name: string) => textAt(address, name);
  const street = [titled(part('streetName')), part('publicPlaceCategory')?.toLocaleLowerCase('hu'), part('number')]
    .filter(Boolean)
    .join(' ');
  const town = [part('postalCode'), titled(part('city'))].filter(Boolean).join(' ');
  return { valid: true, name: titled(textAt(data, 'taxpayerName')), address: [town, street].filter(Boolean).join(', ') || undefined };
}

/** The authority writes in capitals; people read names. Names already in mixed case stay. */
function titled(text: string | undefined): string | undefined {
  if (!text || text !== text.toLocaleUpperCase('hu')) return text;
  return text
    .toLocaleLowerCase('hu')
    .replace(/(^|[\s\-("„])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toLocaleUpperCase('hu'));
}
