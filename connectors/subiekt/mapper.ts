import { markOf, paymentForm, polishCountry } from '../../src/contract/books.ts';
import type { FolderDocument } from '../../src/contract/folder.ts';
import type { DocumentContent, DocumentLine } from '../../src/domain/documents/document.ts';
import type { EppDocument, Header, Info, Item, RateRow } from '../../src/domain/formats/epp/index.ts';
import { inZloty, isDistanceSaleAtHome, totalsForBooks } from '../../src/domain/formats/jpk/register.ts';
import { compareDecimal, fromMinor, toMinor } from '../../src/domain/money/money.ts';
import { partyName } from '../../src/domain/parties/party.ts';
import { extrasOf } from './extras.ts';
import { buyerFacts, fullNumber, goodsCode, isAnonymous, itemKind, type Named, named, prices, rateOf, typeOf } from './facts.ts';
import type { SubiektSettings } from './settings.ts';

/** Our document to the records of EDI++ (EPP.md §9). Pure; numbers in brackets are fields of the header. */

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
  const name = partyName(seller);
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
