import { buyerKey, markOf, paymentForm, polishCountry, shortHash } from '../../src/contract/books.ts';
import type { FolderDocument } from '../../src/contract/folder.ts';
import { civilDay } from '../../src/domain/days/day.ts';
import type { DocumentContent, DocumentKind, DocumentLine } from '../../src/domain/documents/document.ts';
import { type Finding, hold, warning } from '../../src/domain/finding.ts';
import {
  type EppDocument,
  type Extras,
  type Header,
  type Info,
  type Item,
  type Note,
  numberOf,
  type RateRow,
  type RowOf,
} from '../../src/domain/formats/epp/index.ts';
import { arrivalCountry, buyerOf, gtuOf, inZloty, isDistanceSaleAtHome, totalsForBooks } from '../../src/domain/formats/jpk/register.ts';
import { compareDecimal, divide, fixed, fromMinor, scaled, sum, toMinor } from '../../src/domain/money/money.ts';
import type { TaxRate } from '../../src/domain/orders/order.ts';
import { euVatCountry, isEuCountry, standardRateOf } from '../../src/domain/regimes/index.ts';
import { percentOf } from '../../src/domain/totals/spread.ts';
import { netUnitPrice } from '../../src/domain/totals/totals.ts';
import type { SubiektSettings } from './settings.ts';

/** Our document to the records of EDI++ (EPP.md §9). Pure; numbers in brackets are fields of the header. */

/** A document as it is written: with the number it will be known by. */
type Named = FolderDocument & { written: string; type: string };

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

function named(document: FolderDocument): Named {
  const type = typeOf(document.kind);
  if (!type) throw new Error(`a ${document.kind} is no trade document`);
  // The program numbers: until then the reference is the only name both sides know.
  return {
    ...document,
    type,
    written: document.number ? numberOf(document.number, type).number : `FKT ${shortHash(document.reference, 12)}`,
  };
}

function fullNumber(number: string, type: string): string {
  const n = numberOf(number, type);
  return `${n.type} ${n.number}`;
}

export function eppDocument(document: FolderDocument, settings: SubiektSettings): EppDocument {
  const d = named(document);
  const extras = extrasOf(d, settings);
  if (settings.purpose === 'office') {
    const rates = rateRows(d.content);
    return { header: headerOf(d, settings, rates.length), rates, extras };
  }
  const items = itemsOf(d.content, settings);
  return { header: headerOf(d, settings, items.length), items, ...(d.kind === 'correction' && { corrected: true }), extras };
}

// ---------------------------------------------------------------- header

function headerOf(d: Named, settings: SubiektSettings, rowCount: number): Header {
  const { content, kind } = d;
  const totals = totalsForBooks(content);
  const issueDay = d.issueDate ?? content.issueDate ?? content.saleDate!;
  const buyer = buyerFields(d);
  const paid = kind === 'correction' ? '0' : content.totals.paid;
  const settled = compareDecimal(paid, totals.gross) >= 0;
  const form = paymentForm(content, settings);
  return {
    type: d.type,
    status: d.number ? '1' : '0',
    fiscal: content.receipt ? '1' : '0',
    serial: serialOf(d.written, issueDay),
    number: d.written,
    ...(content.correction && {
      correctedNumber: fullNumber(content.correction.number, typeOf(d.original?.kind ?? 'invoice') ?? 'FS'),
      correctedDay: content.correction.issueDate,
    }),
    orderNumber: content.order?.number ?? content.order?.externalId,
    ...buyer,
    category: settings.category,
    categorySubtitle: settings.categorySubtitle,
    placeOfIssue: content.seller.city,
    issueDay,
    saleDay: content.saleDate ?? issueDay,
    rowCount: String(rowCount),
    pricedFromNet: content.taxMethod === 'net' ? '1' : '0',
    priceList: settings.priceList,
    net: totals.net,
    tax: totals.tax,
    gross: totals.gross,
    payment: form,
    dueDay: content.dueDate ?? issueDay,
    paid,
    payable:
      settled && settings.payableForPaid === 'zero'
        ? '0'
        : fromMinor(toMinor(totals.gross, content.currency) + toMinor(totals.rounding, content.currency), content.currency),
    payableRounding: content.roundTo === '1' ? '2' : content.roundTo === '0.10' || content.roundTo === '0.1' ? '1' : '0',
    taxTableAutomatic: '1',
    extendedStatus: extendedStatus(d),
    issuer: settings.issuer,
    currency: content.currency,
    exchangeRate: content.exchange?.rate ?? '1',
    remarks: remarksOf(d),
    exportDocument: content.taxTreatment === 'export' || content.taxTreatment === 'intra_community' ? '1' : '0',
    transactionKind: transactionKind(content),
    ...(content.payment.means === 'card' && kind !== 'correction' && { cardName: form, cardAmount: paid }),
  };
}

/** (41) new advance, its correction, new final, simplified invoice. */
function extendedStatus(d: Named): string {
  if (d.kind === 'prepayment') return '37';
  if (d.kind === 'correction' && d.original?.kind === 'prepayment') return '38';
  return d.kind === 'final' ? '39' : '0';
}

/** (55) */
function transactionKind(content: DocumentContent): string {
  switch (content.taxTreatment) {
    case 'export':
      return '1';
    case 'intra_community':
      return '2';
    case 'reverse_charge':
      return '4';
    case 'destination':
      return '23';
    default:
      return isDistanceSaleAtHome(content) ? '22' : '0';
  }
}

/** (49) Our mark first: what is cut off at 255 characters must not be it. */
function remarksOf(d: Named): string {
  const { content } = d;
  const order = content.order?.number ?? content.order?.externalId;
  return [
    markOf(d.reference),
    d.clearance && `${d.clearance.system}: ${d.clearance.number}`,
    order && `Zamówienie ${order}`,
    content.receipt && `Paragon ${content.receipt.number}`,
    ...content.notes,
  ]
    .filter(Boolean)
    .join(' ');
}

/**
 * (4) The running number inside a legal number: what is left when the year and one month of the issue day are taken away; with several
 * left, the last before them or the first after.
 */
export function serialOf(number: string, issueDay: string): string {
  const groups = number.match(/\d+/g) ?? [];
  const [year, month] = [issueDay.slice(0, 4), issueDay.slice(5, 7)];
  const rest = groups.filter((g) => g !== year);
  const at = rest.length > 1 ? rest.lastIndexOf(month) : -1;
  if (at >= 0) rest.splice(at, 1);
  const chosen = rest[0] ?? groups[0] ?? '0';
  return String(Number(chosen.slice(-9)));
}

// ---------------------------------------------------------------- buyer

function isAnonymous(d: Pick<FolderDocument, 'kind' | 'content'>): boolean {
  return d.kind === 'receipt' && buyerOf(d.content).number === undefined;
}

function euPrefix(country: string | undefined): string {
  return isEuCountry(country) ? (country === 'GR' ? 'EL' : country!) : '';
}

function buyerFacts(d: Pick<FolderDocument, 'content'>) {
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

function buyerFields(d: Named): Partial<Header> {
  if (isAnonymous(d)) return {};
  const b = buyerFacts(d);
  return {
    buyerCode: b.code,
    buyerShortName: b.name,
    buyerName: b.name,
    buyerCity: b.city,
    buyerPostalCode: b.postalCode,
    buyerStreet: b.street,
    buyerTaxId: b.taxId,
    buyerCountry: b.country,
    buyerEuPrefix: b.prefix,
    buyerInEu: b.inEu,
  };
}

// ---------------------------------------------------------------- rates

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

/** The table of rates; a final invoice shows the whole, what was invoiced before and what is left. */
function rateRows(content: DocumentContent): RateRow[] {
  const { currency } = content;
  const add = (a: string, b: string) => fromMinor(toMinor(a, currency) + toMinor(b, currency), currency);
  const advances = new Map<string, { net: string; tax: string; gross: string }>();
  const rates = new Map<string, RateRow>();
  for (const row of totalsForBooks(content).byRate) {
    const { symbol, rate } = rateOf(row);
    const known = rates.get(symbol);
    rates.set(symbol, {
      symbol,
      rate,
      net: add(known?.net ?? '0', row.net),
      tax: add(known?.tax ?? '0', row.tax),
      gross: add(known?.gross ?? '0', row.gross),
    });
  }
  if (content.kind === 'final') {
    for (const row of content.prepayments.flatMap((p) => p.byRate)) {
      const { symbol, rate } = rateOf(row);
      const known = advances.get(symbol) ?? { net: '0', tax: '0', gross: '0' };
      advances.set(symbol, { net: add(known.net, row.net), tax: add(known.tax, row.tax), gross: add(known.gross, row.gross) });
      if (!rates.has(symbol)) rates.set(symbol, { symbol, rate, net: '0', tax: '0', gross: '0' });
    }
  }
  return [...rates.values()].map((row) => {
    const before = advances.get(row.symbol!);
    if (!before) return { ...row, totalNet: row.net, totalTax: row.tax, totalGross: row.gross };
    const home = (amount: string) => fromMinor(inZloty(amount, content), 'PLN');
    return {
      ...row,
      totalNet: add(row.net!, before.net),
      totalTax: add(row.tax!, before.tax),
      totalGross: add(row.gross!, before.gross),
      advanceNet: before.net,
      advanceTax: before.tax,
      advanceGross: before.gross,
      advanceNetHome: home(before.net),
      advanceTaxHome: home(before.tax),
      advanceGrossHome: home(before.gross),
    };
  });
}

// ---------------------------------------------------------------- items

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

function itemKind(line: DocumentLine): string {
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
  if (sku) return sku.length <= 20 ? sku : `${sku.slice(0, 11)}-${shortHash(sku, 8)}`;
  const own = ownCodes[line.kind];
  if (own) return own;
  return settings.createGoods ? `FK-${shortHash(line.name.trim().toLowerCase(), 12)}` : undefined;
}

function prices(line: DocumentLine, content: DocumentContent): { netPrice: string; grossPrice: string } {
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

function itemOf(line: DocumentLine, content: DocumentContent, settings: SubiektSettings, position: number): Item {
  return {
    line: String(position),
    kind: itemKind(line),
    code: goodsCode(line, settings),
    discountIsPercent: '1',
    discountFromPrice: '1',
    unit: line.unit || 'szt.',
    quantity: line.quantity,
    stockQuantity: line.quantity,
    ...prices(line, content),
    rate: rateOf(line.rate).rate,
    net: line.net,
    tax: line.tax,
    gross: line.gross,
  };
}

/** Rows of a correction hold the state after and the state before; a line that is gone stays with nothing of it left. */
function itemsOf(content: DocumentContent, settings: SubiektSettings): Item[] {
  const { correction } = content;
  if (!correction) return content.lines.map((line, i) => itemOf(line, content, settings, i + 1));
  const after = new Map(content.lines.map((line) => [line.id, line]));
  const before = new Map(correction.before.lines.map((line) => [line.id, line]));
  const nothing = (line: DocumentLine): DocumentLine => ({ ...line, quantity: '0', net: '0', tax: '0', gross: '0' });
  const pairs = [
    ...correction.before.lines.map((was) => ({ was, is: after.get(was.id) ?? nothing(was) })),
    ...content.lines.filter((line) => !before.has(line.id)).map((is) => ({ was: nothing(is), is })),
  ];
  return pairs.map(({ was, is }, i) => {
    const { netPrice, grossPrice } = prices(was, content);
    return {
      ...itemOf(is, content, settings, i + 1),
      netPriceBefore: netPrice,
      grossPriceBefore: grossPrice,
      rateBefore: rateOf(was.rate).rate,
      quantityBefore: was.quantity,
      unitBefore: was.unit || 'szt.',
      netBefore: was.net,
      taxBefore: was.tax,
      grossBefore: was.gross,
    };
  });
}

// ---------------------------------------------------------------- what stands behind the documents

function extrasOf(d: Named, settings: SubiektSettings): Extras {
  const { content } = d;
  const key = `${d.type} ${d.written}`;
  const issueDay = d.issueDate ?? content.issueDate ?? content.saleDate!;
  return {
    ...(!isAnonymous(d) && contractorExtras(d, settings)),
    ...(settings.purpose === 'items' && goodsExtras(content, settings)),
    DATYZAKONCZENIA: [{ key, day: content.saleDate ?? issueDay }],
    ...(content.correction && {
      PRZYCZYNYKOREKT: [{ key, line: '1', reason: content.correction.reason }],
      // Kind 2: the month of the correction. An increase that belongs to the original's month is the accountant's to say.
      DATYUJECIAKOREKT: [{ key, kind: '2', day: issueDay }],
    }),
    WYMAGALNOSCMPP: [{ key, splitPayment: content.splitPayment ? '1' : '0' }],
    DOKUMENTYZNACZNIKIJPKVAT: [{ key, ...marks(content) }],
    ...distanceExtras(content, key, settings),
    ...(settings.purpose === 'office' && paymentExtras(content, key)),
  };
}

function contractorExtras(d: Named, settings: SubiektSettings): Extras {
  const b = buyerFacts(d);
  return {
    KONTRAHENCI: [
      {
        // 2 buyer, 9 a person who buys.
        kind: b.company ? '2' : '9',
        code: b.code,
        shortName: b.name,
        name: b.name,
        city: b.city,
        postalCode: b.postalCode,
        street: b.street,
        taxId: b.taxId,
        phone: d.content.buyer.phone,
        email: d.content.buyer.email,
        country: b.country,
        euPrefix: b.prefix,
        inEu: b.inEu,
        isoCountry: b.iso,
      },
    ],
    GRUPYKONTRAHENTOW: [{ code: b.code, group: settings.group }],
    DODATKOWEKONTRAHENTOW: [{ code: b.code }],
  };
}

function goodsExtras(content: DocumentContent, settings: SubiektSettings): Extras {
  const TOWARY: RowOf<'TOWARY'>[] = [];
  const CENNIK: RowOf<'CENNIK'>[] = [];
  const GRUPYTOWAROW: RowOf<'GRUPYTOWAROW'>[] = [];
  const DODATKOWETOWAROW: RowOf<'DODATKOWETOWAROW'>[] = [];
  const TOWARYKODYCN: RowOf<'TOWARYKODYCN'>[] = [];
  const TOWARYGRUPYJPKVAT: RowOf<'TOWARYGRUPYJPKVAT'>[] = [];
  for (const line of [...content.lines, ...(content.correction?.before.lines ?? [])]) {
    const code = goodsCode(line, settings);
    if (!code) continue;
    const { symbol, rate } = rateOf(line.rate);
    const unit = line.unit || 'szt.';
    TOWARY.push({
      kind: itemKind(line),
      code,
      ean: /^\d{8,14}$/.test(line.sku ?? '') ? line.sku : undefined,
      name: line.name,
      fiscalName: line.name,
      unit,
      rateSymbol: symbol,
      rate,
      purchaseRateSymbol: symbol,
      purchaseRate: rate,
      minimumUnit: unit,
    });
    const { netPrice, grossPrice } = prices(line, content);
    CENNIK.push({ code, priceList: settings.priceList, ...(content.currency === 'PLN' && { net: netPrice, gross: grossPrice }) });
    GRUPYTOWAROW.push({ code, group: settings.group });
    DODATKOWETOWAROW.push({ code });
    TOWARYKODYCN.push({ code });
    TOWARYGRUPYJPKVAT.push({ code, ...gtuFlags([...gtuOf({ ...content, correction: undefined, lines: [line] })]) });
  }
  return { TOWARY, CENNIK, GRUPYTOWAROW, DODATKOWETOWAROW, TOWARYKODYCN, TOWARYGRUPYJPKVAT };
}

function gtuFlags(codes: string[]): Record<string, string> {
  return Object.fromEntries(codes.map((code) => [`gtu${code}`, '1']));
}

/** Marks of the register of sales; an invoice to a receipt is of the type FP (3). */
function marks(content: DocumentContent): RowOf<'DOKUMENTYZNACZNIKIJPKVAT'> {
  return {
    ...gtuFlags(gtuOf(content)),
    documentType: content.receipt && content.kind !== 'receipt' ? '3' : '0',
    wstoEe: isDistanceSaleAtHome(content) ? '1' : '0',
  };
}

/** A sale at a distance within the Union: from where to where, and the rates of the other country. */
function distanceExtras(content: DocumentContent, key: string, settings: SubiektSettings): Extras {
  const abroad = content.taxTreatment === 'destination';
  if (!abroad && !isDistanceSaleAtHome(content)) return {};
  const to = arrivalCountry(content) ?? '';
  const country = (code: string) => ({ name: polishCountry(code), prefix: euPrefix(code), iso: code });
  const [a, b] = [country('PL'), country(to)];
  return {
    INFORMACJEWSTO: [
      { key, fromCountry: a.name, fromPrefix: a.prefix, fromIso: a.iso, toCountry: b.name, toPrefix: b.prefix, toIso: b.iso },
    ],
    ...(abroad &&
      settings.purpose === 'office' && {
        STAWKIVATZAGRANICZNE: content.totals.byRate
          .filter((row) => row.category === 'S')
          .map((row) => {
            const { symbol, rate } = rateOf(row);
            return { symbol, rate, standard: standardRateOf(to) === symbol ? '1' : '0', country: b.name, prefix: b.prefix, iso: b.iso };
          }),
        SPECYFIKACJATOWAROWAWSTO: content.lines
          .filter((line) => line.kind === 'goods')
          .map((line) => ({ key, name: line.name, quantity: line.quantity, unit: line.unit || 'szt.' })),
      }),
  };
}

function paymentExtras(content: DocumentContent, key: string): Extras {
  const { payment, totals, currency } = content;
  if (!payment.paidAt || content.kind === 'correction' || toMinor(totals.paid, currency) === 0n) return {};
  return {
    PLATNOSCI: [
      {
        key,
        advance: content.kind === 'prepayment' ? '1' : '0',
        amount: totals.paid,
        currency,
        day: civilDay(payment.paidAt, 'Europe/Warsaw'),
      },
    ],
  };
}

// ---------------------------------------------------------------- file

const localStamp = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Warsaw', dateStyle: 'short', timeStyle: 'medium' });

/** The sender of a file: the seller of its documents. The time is the seller's, as the program shows it. */
export function infoOf(
  content: DocumentContent,
  settings: SubiektSettings,
  at: Date,
  period?: { from: string; to: string },
  madeBy?: string,
): Info {
  const { seller } = content;
  const name = seller.company || seller.name || '';
  const taxId = seller.taxIds.find((id) => id.scheme === 'PL:NIP')?.value.replace(/\D/g, '');
  return {
    program: 'Fakturist',
    senderCode: 'FAKTURIST',
    senderShortName: name,
    senderName: name,
    senderCity: seller.city,
    senderPostalCode: seller.postalCode,
    senderStreet: [seller.street, seller.street2].filter(Boolean).join(' '),
    senderTaxId: taxId,
    warehouseCode: settings.warehouseCode,
    warehouseName: settings.warehouseName,
    periodMatters: period ? '1' : '0',
    periodFrom: period?.from,
    periodTo: period?.to,
    exportedBy: madeBy ?? settings.issuer,
    exportedAt: localStamp.format(at).replace(' ', 'T'),
    country: polishCountry(seller.country ?? 'PL'),
    euPrefix: 'PL',
    euVatNumber: taxId && `PL${taxId}`,
    euVatPayer: '1',
  };
}

// ---------------------------------------------------------------- what the program would refuse

export function preflight(document: FolderDocument, settings: SubiektSettings): Finding[] {
  const { content, kind } = document;
  if (!typeOf(kind)) return [hold('subiekt.kind', 'kind', { kind })];
  const findings: Finding[] = [];
  if (kind === 'correction' && document.original?.kind === 'receipt') return [hold('subiekt.receipt_correction', 'kind')];
  if (kind === 'receipt' && settings.purpose === 'office') return [hold('subiekt.receipt_for_office', 'kind')];
  if (content.currency !== 'PLN' && !content.exchange)
    findings.push(hold('H_EXCHANGE_MISSING', 'exchange', { currency: content.currency, accounting: 'PLN' }));
  // One forint or yen in złoty needs six decimals; the program would work out the tax from the four that the field holds.
  const rate = content.currency === 'PLN' ? undefined : content.exchange?.rate;
  if (rate && compareDecimal(rate, fixed(scaled(rate), 4)) !== 0) findings.push(hold('subiekt.rate', 'exchange.rate', { rate }));
  if (!paymentForm(content, settings))
    findings.push(hold('erp.payment_unmapped', 'payment.means', { message: content.payment.rawMethod ?? content.payment.means }));
  const all = [...content.lines, ...(content.correction?.before.lines ?? [])];
  if (settings.purpose === 'items') {
    const unmapped = all.filter((line) => goodsCode(line, settings) === undefined).map((line) => line.name);
    if (unmapped.length > 0) findings.push(hold('erp.goods_unmapped', 'lines', { message: [...new Set(unmapped)].join(', ') }));
  }
  findings.push(...sumFindings(content));
  return findings;
}

/** The checks of EPP §5 before writing: parts and whole agree to the grosz. */
function sumFindings(content: DocumentContent): Finding[] {
  const totals = totalsForBooks(content);
  const minor = (amount: string) => toMinor(amount, content.currency);
  const lines =
    sum(content.lines.map((line) => minor(line.gross))) - sum((content.correction?.before.lines ?? []).map((line) => minor(line.gross)));
  const rates = sum(totals.byRate.map((row) => minor(row.gross)));
  const gross = minor(totals.gross);
  const agree = lines === gross && rates === gross && minor(totals.net) + minor(totals.tax) === gross;
  return agree ? [] : [hold('subiekt.sums', 'totals', { sent: fromMinor(lines, content.currency), wanted: totals.gross })];
}

/** What the file had to change, in the seller's words: never a reason to stop. */
export function noteFindings(notes: Note[]): Finding[] {
  return notes.map((note) =>
    warning(note.what === 'shortened' ? 'W_TEXT_SHORTENED' : 'W_CHARACTERS_REPLACED', note.field, {
      text: note.from.slice(0, 100),
      to: note.to.slice(0, 100),
    }),
  );
}
