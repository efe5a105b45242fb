import type { Day } from '../../days/day.ts';
import type { DocumentContent, DocumentKind, DocumentLine } from '../../documents/document.ts';
import { divide, fromMinor, rescale, scaled, toMinor } from '../../money/money.ts';
import { isCountry } from '../../parties/country.ts';
import { partyName } from '../../parties/party.ts';
import { compact, isEuCountry, isEuVatPrefix, regimeOf } from '../../regimes/index.ts';
import { definitionOf } from '../../regimes/regime.ts';
import { percentOf } from '../../totals/spread.ts';
import { outsideKinds } from '../../totals/treatment.ts';

/**
 * What the Polish register of sales has to know of a document (JPK.md §2; samples of poland/RULES.md §8): the one reading of our
 * content from which JPK_V7, Optima's register and the marks of EDI++ are made. Amounts are złoty in grosze.
 */
export type IssuedForBooks = {
  id: string;
  kind: DocumentKind;
  number: string;
  issueDate: Day;
  content: DocumentContent;
  clearance?: { system: string; number: string; day?: string };
  /** Kind of the document that this one corrects. */
  correctedKind?: DocumentKind;
  /** Who reports the document to the authority: its series says so. */
  reporter?: 'hub' | 'provider' | 'nobody';
};

/** Where the amount of a rate stands in the register. `oss` is declared abroad and stands nowhere. */
export type Column =
  | 'exempt'
  | 'abroad'
  | 'euServices'
  | 'zero'
  | 'rate5'
  | 'rate8'
  | 'rate23'
  | 'intraCommunity'
  | 'export'
  | 'oss'
  | 'unknown';
export type RegisterAmount = { column: Column; net: bigint; tax: bigint };

type BooksBuyer = {
  /** Prefix of an EU number as the register writes it (EL for Greece); undefined at home. */
  country?: string;
  /** Digits and letters without prefix; undefined for a buyer without a number. */
  number?: string;
  name: string;
  company: boolean;
};

/** The day on which the tax falls due, by which a document belongs to a month. */
export function taxPoint({ content, issueDate, kind }: Pick<IssuedForBooks, 'content' | 'issueDate' | 'kind'>): Day {
  // A decrease belongs to the month of the correction; an increase may belong to the original's, which the accountant decides.
  return kind === 'correction' ? issueDate : regimeOf('PL').taxPoint(content, issueDate);
}

export function buyerOf(content: DocumentContent): BooksBuyer {
  const { buyer } = content;
  const name = partyName(buyer);
  const company = buyer.type === 'company';
  const domestic = buyer.taxIds.find((id) => id.scheme === 'PL:NIP');
  if (domestic) return { number: compact(domestic.value).replace(/^PL/, ''), name, company };
  const eu = buyer.taxIds.find((id) => id.scheme === 'EU:VAT');
  if (eu) {
    const value = compact(eu.value);
    const prefix = value.slice(0, 2);
    // What begins with no country's letters is a number nobody can place: told whole, as the form refuses a country that does not exist.
    if (!isEuVatPrefix(prefix) && !isCountry(prefix)) return { number: value, name, company };
    return { ...(prefix !== 'PL' && { country: prefix }), number: value.slice(2), name, company };
  }
  const other = company ? buyer.taxIds[0] : undefined;
  if (other) {
    const value = compact(other.value);
    const country = buyer.country && isCountry(buyer.country) ? buyer.country : undefined;
    const prefix = country === 'GR' ? 'EL' : country;
    return {
      ...(prefix && prefix !== 'PL' && { country: prefix }),
      number: prefix && value.startsWith(prefix) ? value.slice(2) : value,
      name,
      company,
    };
  }
  return { name, company };
}

/** Country where goods arrive, for a sale at a distance. */
export function arrivalCountry(content: DocumentContent): string | undefined {
  return content.recipient?.country ?? content.buyer.country;
}

/** A sale of goods to a consumer of another member state that is taxed at home while the threshold is not passed (marker WSTO_EE). */
export function isDistanceSaleAtHome(content: DocumentContent): boolean {
  const to = arrivalCountry(content);
  return (
    content.buyer.type === 'person' &&
    (content.taxTreatment ?? 'domestic') === 'domestic' &&
    to !== 'PL' &&
    isEuCountry(to) &&
    soldLines(content).some((line) => line.kind === 'goods')
  );
}

/** What kind of paper a row stands for: receipts, an internal paper, or an invoice whose sale is in the report of the cash register. */
export function paperOf({ kind, correctedKind, content }: Pick<IssuedForBooks, 'kind' | 'correctedKind' | 'content'>) {
  if (kind === 'receipt') return 'RO';
  // That report does not know what is corrected later: a correction counts by itself.
  if (kind === 'correction') return correctedKind === 'receipt' ? 'WEW' : undefined;
  return content.receipt ? 'FP' : undefined;
}

/** The goods and services of a document: an advance names them in the order that it is an advance on. */
function soldLines(content: DocumentContent): DocumentLine[] {
  return [...content.lines, ...(content.correction?.before.lines ?? []), ...(content.ordered?.lines ?? [])];
}

/** GTU codes of the lines, `01` … `13`. Receipts in bulk and internal documents have none. */
export function gtuOf(content: DocumentContent): string[] {
  const lines = soldLines(content);
  const found = new Set<string>();
  for (const line of lines) {
    const digits = /^(?:GTU)?[_ ]?0?(\d{1,2})$/i.exec(line.gtu?.trim() ?? '')?.[1];
    if (digits && Number(digits) >= 1 && Number(digits) <= 13) found.add(digits.padStart(2, '0'));
  }
  return [...found].sort();
}

type RateLike = { category: NonNullable<DocumentLine['rate']>['category']; percent?: string; key?: string };

export function columnOf(content: DocumentContent, rate: RateLike): Column {
  switch (rate.category) {
    case 'S': {
      if (content.taxTreatment === 'destination') return 'oss';
      const percent = percentOf(rate);
      if (!definitionOf(regimeOf('PL'), rate)) return 'oss';
      return percent === '23' || percent === '22' ? 'rate23' : percent === '8' || percent === '7' ? 'rate8' : 'rate5';
    }
    case 'Z':
      return 'zero';
    case 'E':
      return 'exempt';
    case 'K':
      return 'intraCommunity';
    case 'G':
      return 'export';
    case 'O':
      return 'abroad';
    case 'AE':
      // The domestic reverse charge ended in 2019: the seller's part of it has no column any more.
      return rate.key === 'oo' ? 'unknown' : 'euServices';
  }
}

/** What the document brings into the books, in its own currency: the totals, or for a correction the difference. */
export function totalsForBooks(content: DocumentContent): DocumentContent['totals'] {
  return content.correction?.difference ?? content.totals;
}

/** Amount in złoty; an amount of a złoty document is its own. Throws where a foreign document has no exchange rate (a hold forbids that). */
export function inZloty(amount: string, content: DocumentContent): bigint {
  if (content.currency === 'PLN') return toMinor(amount, 'PLN');
  const { exchange } = content;
  if (exchange?.accountingCurrency !== 'PLN') throw new RangeError(`no exchange rate into PLN on a document in ${content.currency}`);
  const [n, rate] = [scaled(amount), scaled(exchange.rate)];
  const scale = n.scale + rate.scale;
  const value = n.value * rate.value;
  return scale <= 2 ? rescale({ value, scale }, 2) : divide(value, 10n ** BigInt(scale - 2));
}

export function hasZloty(content: DocumentContent): boolean {
  return content.currency === 'PLN' || content.exchange?.accountingCurrency === 'PLN';
}

/** Amounts by column. Deposits, gift cards and tips are outside the tax altogether: they are no supply abroad. */
export function amountsOf(content: DocumentContent): RegisterAmount[] {
  const sums = new Map<Column, RegisterAmount>();
  const add = (column: Column, net: bigint, tax: bigint) => {
    const known = sums.get(column) ?? { column, net: 0n, tax: 0n };
    sums.set(column, { column, net: known.net + net, tax: known.tax + tax });
  };
  for (const row of totalsForBooks(content).byRate) {
    const column = columnOf(content, row);
    const tax =
      row.taxAccounting !== undefined && content.currency !== 'PLN' ? toMinor(row.taxAccounting, 'PLN') : inZloty(row.tax, content);
    add(column, inZloty(row.net, content), tax);
  }
  const outside = outsideNet(content);
  if (outside !== 0n) add('abroad', -inZloty(fromMinor(outside, content.currency), content), 0n);
  return [...sums.values()].filter((a) => a.net !== 0n || a.tax !== 0n);
}

/** Deposits, gift cards and tips among the amounts outside the tax, in minor units of the document's currency. */
export function outsideNet(content: DocumentContent): bigint {
  const of = (lines: DocumentLine[]) =>
    lines
      .filter((line) => outsideKinds.has(line.kind) && line.rate?.category === 'O')
      .reduce((total, line) => total + toMinor(line.net, content.currency), 0n);
  return of(content.lines) - of(content.correction?.before.lines ?? []);
}
