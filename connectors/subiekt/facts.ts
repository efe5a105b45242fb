import { buyerKey, polishCountry, shortHash } from '../../src/contract/books.ts';
import type { FolderDocument } from '../../src/contract/folder.ts';
import { cut } from '../../src/domain/cut.ts';
import type { DocumentContent, DocumentKind, DocumentLine } from '../../src/domain/documents/document.ts';
import { numberOf } from '../../src/domain/formats/epp/index.ts';
import { buyerOf } from '../../src/domain/formats/jpk/register.ts';
import { divide, fixed, scaled } from '../../src/domain/money/money.ts';
import type { TaxRate } from '../../src/domain/orders/order.ts';
import { euVatCountry, isEuCountry } from '../../src/domain/regimes/index.ts';
import { percentOf } from '../../src/domain/totals/spread.ts';
import { netUnitPrice } from '../../src/domain/totals/totals.ts';
import type { SubiektSettings } from './settings.ts';

/** What header, rows and extras of a file say alike of a document, its buyer and its goods. */

/** A document as it is written: with the number it will be known by. */
export type Named = FolderDocument & { written: string; type: string };

/** The kind's mnemonic; proformas are no trade documents and have none. */
export function typeOf(kind: DocumentKind): 'FS' | 'PA' | 'KFS' | undefined {
  switch (kind) {
    case 'invoice':
    case 'prepayment':
    case 'final':
      return 'FS';
    case 'receipt':
      return 'PA';
    case 'correction':
      return 'KFS';
    case 'proforma':
      return undefined;
  }
}

export function named(document: FolderDocument): Named {
  const type = typeOf(document.kind);
  if (!type) throw new Error(`a ${document.kind} is no trade document`);
  // The program numbers: until then the reference is the only name both sides know.
  return { ...document, type, written: document.number ? numberIn(document.number, type) : `FKT ${shortHash(document.reference, 12)}` };
}

const maxNumberChars = 30;

/** The number in its field, without its type. A longer one keeps its beginning and stays unique: cut alone, those of two months would be one. */
export function numberIn(number: string, type: string): string {
  const bare = numberOf(number, type).number;
  return bare.length <= maxNumberChars ? bare : `${bare.slice(0, maxNumberChars - 9)}-${shortHash(bare, 8)}`;
}

/** A number too long for its field, cut and nothing else, as it once was written; undefined for one that fits. */
export function cutNumberIn(number: string, type: string): string | undefined {
  const bare = numberOf(number, type).number;
  return bare.length > maxNumberChars ? bare.slice(0, maxNumberChars).trimEnd() : undefined;
}

export function fullNumber(number: string, type: string): string {
  const n = numberOf(number, type);
  return `${n.type} ${n.number}`;
}

export function isAnonymous(d: Pick<FolderDocument, 'kind' | 'content'>): boolean {
  return d.kind === 'receipt' && buyerOf(d.content).number === undefined;
}

export function euPrefix(country: string | undefined): string {
  return isEuCountry(country) ? (country === 'GR' ? 'EL' : country!) : '';
}

export function buyerFacts(d: Pick<FolderDocument, 'content'>) {
  const { content } = d;
  const { buyer } = content;
  const { name, number, country, company } = buyerOf(content);
  const at = buyer.country ?? (country ? euVatCountry(country) : 'PL');
  return {
    code: buyerKey(content),
    name,
    city: buyer.city,
    postalCode: buyer.postalCode,
    street: [buyer.street, buyer.street2].filter(Boolean).join(' '),
    taxId: number && `${country ?? ''}${number}`,
    country: polishCountry(at),
    prefix: euPrefix(at),
    inEu: at !== 'PL' && isEuCountry(at) ? '1' : '0',
    iso: /^[A-Z]{2}$/.test(at) ? at : '',
    company,
  };
}

/** Symbol and number of a rate (EPP §4). */
export function rateOf(rate: Pick<TaxRate, 'category' | 'percent' | 'key'> | undefined): { symbol: string; rate: string } {
  switch (rate?.category) {
    case 'E':
      return { symbol: 'zw', rate: '-1' };
    case 'G':
      return { symbol: 'ex', rate: '-2' };
    case 'K':
      return { symbol: 'ue', rate: '-3' };
    case 'O':
      return { symbol: 'npo', rate: '-4' };
    case 'AE':
      return rate.key === 'oo' ? { symbol: 'oo', rate: '-5' } : { symbol: 'npo', rate: '-4' };
    default: {
      const percent = percentOf(rate ?? {});
      return { symbol: percent, rate: percent };
    }
  }
}

const serviceKinds: ReadonlySet<DocumentLine['kind']> = new Set<DocumentLine['kind']>([
  'service',
  'delivery',
  'fee',
  'surcharge',
  'tip',
  'discount',
  'prepayment',
  'gift_card',
]);

export function itemKind(line: DocumentLine): string {
  return line.kind === 'deposit' ? '4' : serviceKinds.has(line.kind) ? '2' : '1';
}

/** Lines that are no goods of the seller's list: named by what they are, each under one code of its own. */
const ownCodes: Partial<Record<DocumentLine['kind'], string>> = {
  discount: 'RABAT',
  fee: 'OPLATA',
  surcharge: 'DOPLATA',
  tip: 'NAPIWEK',
  deposit: 'KAUCJA',
  gift_card: 'BON',
  prepayment: 'ZALICZKA',
};

/** Symbol of the goods, at most twenty characters; a longer one keeps its beginning and stays unique. */
export function goodsCode(line: DocumentLine, settings: SubiektSettings): string | undefined {
  if (line.kind === 'delivery') return settings.deliveryCode || 'DOSTAWA';
  const sku = line.sku?.trim();
  if (sku) return sku.length <= 20 ? sku : `${cut(sku, 11)}-${shortHash(sku, 8)}`;
  const own = ownCodes[line.kind];
  if (own) return own;
  return settings.createGoods ? `FK-${shortHash(line.name.trim().toLowerCase(), 12)}` : undefined;
}

export function prices(line: DocumentLine, content: DocumentContent): { netPrice: string; grossPrice: string } {
  if (content.taxMethod === 'gross') {
    const zero = scaled(line.quantity).value === 0n;
    return { netPrice: zero ? netOfGross(line) : netUnitPrice(line, content.currency), grossPrice: line.unitPrice };
  }
  return { netPrice: line.unitPrice, grossPrice: grossOfNet(line) };
}

/** A line without quantity has no amount to divide: its price is taken apart by the rate. */
function netOfGross(line: DocumentLine): string {
  const [price, percent] = [scaled(line.unitPrice), scaled(percentOf(line.rate ?? {}))];
  const hundred = 100n * 10n ** BigInt(percent.scale);
  return to4(price.value * hundred, (hundred + percent.value) * 10n ** BigInt(price.scale));
}

/** What the buyer pays for one, so that price and value of a single piece are the same amount. */
function grossOfNet(line: DocumentLine): string {
  const [quantity, gross] = [scaled(line.quantity), scaled(line.gross)];
  if (quantity.value !== 0n) return to4(gross.value * 10n ** BigInt(quantity.scale), quantity.value * 10n ** BigInt(gross.scale));
  const [price, percent] = [scaled(line.unitPrice), scaled(percentOf(line.rate ?? {}))];
  const hundred = 100n * 10n ** BigInt(percent.scale);
  return to4(price.value * (hundred + percent.value), hundred * 10n ** BigInt(price.scale));
}

function to4(numerator: bigint, denominator: bigint): string {
  return fixed({ value: divide(numerator * 10_000n, denominator), scale: 4 }, 4);
}
