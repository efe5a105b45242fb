/**
 * The records of EDI++ field by field, in the order of the file (EPP.md §2–§8). A field is a name, a kind and, for texts, the most
 * characters it takes. What is not set is written as the format writes nothing: no characters for texts and days, zeros for the rest.
 */
type FieldKind = 'text' | 'amount' | 'int' | 'flag' | 'day' | 'instant';
export type Field = readonly [name: string, kind: FieldKind, max?: number];
/** Values by field name: amounts and integers as decimal text, flags as `1` or `0`, days as YYYY-MM-DD, instants as ISO UTC. */
export type Values<F extends readonly Field[]> = { [Name in F[number][0]]?: string };

const text = <N extends string>(name: N, max: number) => [name, 'text', max] as const;
const amount = <N extends string>(name: N) => [name, 'amount'] as const;
const int = <N extends string>(name: N) => [name, 'int'] as const;
const flag = <N extends string>(name: N) => [name, 'flag'] as const;
const day = <N extends string>(name: N) => [name, 'day'] as const;

export const versions = [
  '1.05',
  '1.05.1',
  '1.05.2',
  '1.05.3',
  '1.05.4',
  '1.05.5',
  '1.06',
  '1.07',
  '1.08',
  '1.09',
  '1.10',
  '1.11',
  '1.12',
] as const;
export type EppVersion = (typeof versions)[number];
const since = (version: EppVersion, first: EppVersion): boolean => versions.indexOf(version) >= versions.indexOf(first);

/** `items`: the lines of documents (purpose 3). `office`: only the table of rates, for the accountant (purpose 0). */
export type Purpose = 'items' | 'office';
export const purposeCode: Record<Purpose, string> = { items: '3', office: '0' };

export const infoFields = [
  text('version', 50),
  int('purpose'),
  int('codePage'),
  text('program', 255),
  text('senderCode', 20),
  text('senderShortName', 40),
  text('senderName', 80),
  text('senderCity', 30),
  text('senderPostalCode', 6),
  text('senderStreet', 50),
  text('senderTaxId', 13),
  text('warehouseCode', 20),
  text('warehouseName', 40),
  text('warehouseDescription', 255),
  text('warehouseAnalytics', 5),
  flag('periodMatters'),
  day('periodFrom'),
  day('periodTo'),
  text('exportedBy', 35),
  ['exportedAt', 'instant'],
  text('country', 50),
  text('euPrefix', 2),
  text('euVatNumber', 20),
  flag('euVatPayer'),
] as const satisfies readonly Field[];

/** Trade and warehouse documents: 62 fields in every version. */
export const headerFields = [
  text('type', 3),
  int('status'),
  int('fiscal'),
  int('serial'),
  text('supplierNumber', 20),
  text('numberExtension', 10),
  text('number', 30),
  text('correctedNumber', 30),
  day('correctedDay'),
  text('orderNumber', 30),
  text('targetWarehouse', 3),
  text('buyerCode', 20),
  text('buyerShortName', 40),
  text('buyerName', 255),
  text('buyerCity', 30),
  text('buyerPostalCode', 6),
  text('buyerStreet', 50),
  text('buyerTaxId', 20),
  text('category', 30),
  text('categorySubtitle', 50),
  text('placeOfIssue', 30),
  day('issueDay'),
  day('saleDay'),
  day('receiptDay'),
  int('rowCount'),
  flag('pricedFromNet'),
  text('priceList', 20),
  amount('net'),
  amount('tax'),
  amount('gross'),
  amount('cost'),
  text('discountName', 30),
  amount('discountPercent'),
  text('payment', 30),
  day('dueDay'),
  amount('paid'),
  amount('payable'),
  int('payableRounding'),
  int('taxRounding'),
  flag('taxTableAutomatic'),
  int('extendedStatus'),
  text('issuer', 35),
  text('receiver', 35),
  text('releaseBasis', 35),
  amount('packagingReleased'),
  amount('packagingReturned'),
  text('currency', 3),
  amount('exchangeRate'),
  text('remarks', 255),
  text('comment', 50),
  text('subtitle', 50),
  text('unused', 50),
  int('imported'),
  flag('exportDocument'),
  int('transactionKind'),
  text('cardName', 50),
  amount('cardAmount'),
  text('creditName', 50),
  amount('creditAmount'),
  text('buyerCountry', 50),
  text('buyerEuPrefix', 2),
  flag('buyerInEu'),
] as const satisfies readonly Field[];

export const itemFields = [
  int('line'),
  int('kind'),
  text('code', 20),
  flag('discountIsPercent'),
  flag('discountFromPrice'),
  flag('discountCumulates'),
  flag('discountLocked'),
  amount('discount'),
  amount('discountPercent'),
  text('unit', 10),
  amount('quantity'),
  amount('stockQuantity'),
  amount('stockPrice'),
  amount('netPrice'),
  amount('grossPrice'),
  amount('rate'),
  amount('net'),
  amount('tax'),
  amount('gross'),
  amount('cost'),
  text('oneOffDescription', 250),
  text('oneOffName', 50),
] as const satisfies readonly Field[];

const stateBefore = [
  amount('rateBefore'),
  amount('quantityBefore'),
  text('unitBefore', 10),
  amount('discountBefore'),
  amount('netBefore'),
  amount('taxBefore'),
  amount('grossBefore'),
] as const satisfies readonly Field[];
/** Fields 1–22 hold the state after, these nine the state before: first the price that the document is priced from (header 26). */
export const correctedFromNet = [...itemFields, amount('netPriceBefore'), amount('grossPriceBefore'), ...stateBefore] as const;
const correctedFromGross = [...itemFields, amount('grossPriceBefore'), amount('netPriceBefore'), ...stateBefore] as const;

export function correctedItemFields({ pricedFromNet }: { pricedFromNet?: string }) {
  return pricedFromNet === '1' ? correctedFromNet : correctedFromGross;
}

export const rateFields = [
  text('symbol', 6),
  amount('rate'),
  amount('net'),
  amount('tax'),
  amount('gross'),
  amount('totalNet'),
  amount('totalTax'),
  amount('totalGross'),
  amount('advanceNet'),
  amount('advanceTax'),
  amount('advanceGross'),
  amount('advanceNetHome'),
  amount('advanceTaxHome'),
  amount('advanceGrossHome'),
  amount('marginNet'),
  amount('marginTax'),
  amount('marginGross'),
  amount('purchaseValue'),
] as const satisfies readonly Field[];

/** 5 columns at first, 14 with advances, 18 with margin invoices. */
export function rateColumns(version: EppVersion): number {
  return since(version, '1.05.3') ? 18 : since(version, '1.05.1') ? 14 : 5;
}

/** Reports of a fiscal printer, also how the receipts of a day reach the accountant: header of 19 fields. */
export const fiscalReportFields = [
  text('type', 3),
  int('status'),
  text('number', 30),
  text('category', 30),
  text('categorySubtitle', 50),
  day('issueDay'),
  day('periodFrom'),
  day('periodTo'),
  amount('net'),
  amount('tax'),
  amount('gross'),
  text('remarks', 255),
  text('device', 50),
  text('spare1', 50),
  text('spare2', 50),
  text('spare3', 50),
  text('spare4', 50),
  text('spare5', 50),
  text('spare6', 50),
] as const satisfies readonly Field[];

const contractorFields = [
  int('kind'),
  text('code', 20),
  text('shortName', 40),
  text('name', 80),
  text('city', 30),
  text('postalCode', 6),
  text('street', 50),
  text('taxId', 20),
  text('regon', 20),
  text('phone', 50),
  text('fax', 50),
  text('telex', 50),
  text('email', 100),
  text('www', 100),
  text('contact', 50),
  text('supplierAnalytics', 5),
  text('buyerAnalytics', 5),
  text('own1', 50),
  text('own2', 50),
  text('own3', 50),
  text('own4', 50),
  text('own5', 50),
  text('own6', 50),
  text('own7', 50),
  text('own8', 50),
  text('bank', 50),
  text('account', 60),
  text('country', 50),
  text('euPrefix', 2),
  flag('inEu'),
  text('isoCountry', 2),
] as const satisfies readonly Field[];

const goodsFields = [
  int('kind'),
  text('code', 20),
  text('supplierCode', 20),
  text('ean', 20),
  text('name', 50),
  text('description', 255),
  text('fiscalName', 50),
  text('sww', 20),
  text('pkwiu', 20),
  text('unit', 10),
  text('rateSymbol', 6),
  amount('rate'),
  text('purchaseRateSymbol', 6),
  amount('purchaseRate'),
  amount('lastPurchasePrice'),
  amount('purchasePriceCurrency'),
  text('purchaseUnit', 10),
  int('purchaseRateKind'),
  text('currency', 3),
  text('packagingCode', 20),
  text('minimumUnit', 10),
  amount('minimumStock'),
  int('deliveryDays'),
  text('supplier', 20),
  day('bestBefore'),
  int('bestBeforeDays'),
  text('volumeUnit', 10),
  amount('volume'),
  amount('manHours'),
  text('manHourKind', 20),
  flag('openPrice'),
  text('remarks', 255),
  int('priceBasis'),
  flag('weighed'),
  text('own1', 50),
  text('own2', 50),
  text('own3', 50),
  text('own4', 50),
  text('own5', 50),
  text('own6', 50),
  text('own7', 50),
  text('own8', 50),
] as const satisfies readonly Field[];

const gtuFlags = [
  flag('gtu01'),
  flag('gtu02'),
  flag('gtu03'),
  flag('gtu04'),
  flag('gtu05'),
  flag('gtu06'),
  flag('gtu07'),
  flag('gtu08'),
  flag('gtu09'),
  flag('gtu10'),
  flag('gtu11'),
  flag('gtu12'),
  flag('gtu13'),
] as const;

/** `"<type> <number>"`: what every auxiliary record says whose it is. */
const key = text('key', 34);

/** Every dictionary with its fields. */
export const dictionaries = {
  KONTRAHENCI: contractorFields,
  GRUPYKONTRAHENTOW: [text('code', 20), text('group', 50)],
  CECHYKONTRAHENTOW: [text('code', 20), text('feature', 50)],
  // Two more since 1.12, whose order nobody could tell us: zeros.
  DODATKOWEKONTRAHENTOW: [
    text('code', 20),
    int('exciseStatus'),
    int('exciseMode'),
    flag('cashAccounting'),
    flag('activePayer'),
    flag('more1'),
    flag('more2'),
  ],
  TOWARY: goodsFields,
  CENNIK: [text('code', 20), text('priceList', 20), amount('net'), amount('gross'), amount('markUp'), amount('margin'), amount('profit')],
  GRUPYTOWAROW: [text('code', 20), text('group', 50), text('analytics', 3)],
  CECHYTOWAROW: [text('code', 20), text('feature', 50)],
  DODATKOWETOWAROW: [
    text('code', 20),
    flag('excise'),
    flag('exciseMarked'),
    amount('exciseAmount'),
    flag('margin'),
    flag('reverseCharge'),
    flag('more'),
  ],
  TOWARYKODYCN: [text('code', 20), text('cn', 8)],
  TOWARYGRUPYJPKVAT: [text('code', 20), ...gtuFlags],
  DATYZAKONCZENIA: [key, day('day')],
  NUMERYIDENTYFIKACYJNENABYWCOW: [key, int('kind'), text('number', 20)],
  PRZYCZYNYKOREKT: [key, int('line'), text('reason', 255)],
  DOKUMENTYFISKALNEVAT: [key, flag('fiscalForPayer')],
  OPLATYDODATKOWE: [key, int('line'), text('charge', 20), amount('rate'), amount('quantity'), amount('price'), amount('value')],
  OPLATYSPECJALNE: [key, int('line'), text('code', 20), int('charge'), amount('quantity'), amount('rate'), amount('value')],
  WYMAGALNOSCMPP: [key, flag('splitPayment')],
  OPLATACUKROWA: [key, amount('charge')],
  DOKUMENTYZNACZNIKIJPKVAT: [
    key,
    flag('sw'),
    flag('ee'),
    flag('tp'),
    flag('ttWnt'),
    flag('ttD'),
    flag('mrT'),
    flag('mrUz'),
    flag('i42'),
    flag('i63'),
    flag('bSpv'),
    flag('bSpvDelivery'),
    flag('bMpvCommission'),
    flag('mpp'),
    flag('imp'),
    ...gtuFlags,
    int('documentType'),
    flag('wstoEe'),
    flag('ied'),
  ],
  SPECYFIKACJATOWAROWAWSTO: [key, text('name', 50), amount('quantity'), text('unit', 10)],
  PLATNOSCI: [key, flag('advance'), amount('amount'), text('currency', 3), day('day')],
  INFORMACJEWSTO: [
    key,
    text('fromCountry', 50),
    text('fromPrefix', 2),
    text('fromIso', 2),
    text('toCountry', 50),
    text('toPrefix', 2),
    text('toIso', 2),
    text('remarks', 255),
  ],
  STAWKIVATZAGRANICZNE: [text('symbol', 6), amount('rate'), flag('standard'), text('country', 50), text('prefix', 2), text('iso', 2)],
  DATYUJECIAKOREKT: [key, int('kind'), day('day')],
  DOKUMENTYKSEF: [key],
} as const satisfies Record<string, readonly Field[]>;
export type Dictionary = keyof typeof dictionaries;
export type RowOf<D extends Dictionary> = Values<(typeof dictionaries)[D]>;

type Place = { name: Dictionary; first?: EppVersion; only?: Purpose; whenUsed?: true };

/**
 * Order of a real 1.11 export. All of them are written even when empty, because an importer is known that wants every one and in
 * order (EPP §1); only those of buyers are left out of a file without any, as Subiekt does.
 */
const places: Place[] = [
  { name: 'KONTRAHENCI', whenUsed: true },
  { name: 'GRUPYKONTRAHENTOW', whenUsed: true },
  { name: 'CECHYKONTRAHENTOW', whenUsed: true },
  { name: 'DODATKOWEKONTRAHENTOW', first: '1.05.4', whenUsed: true },
  { name: 'TOWARY', only: 'items' },
  { name: 'CENNIK', only: 'items' },
  { name: 'GRUPYTOWAROW', only: 'items' },
  { name: 'CECHYTOWAROW', only: 'items' },
  { name: 'DODATKOWETOWAROW', only: 'items', first: '1.05.4' },
  { name: 'TOWARYKODYCN', only: 'items', first: '1.06' },
  { name: 'TOWARYGRUPYJPKVAT', only: 'items', first: '1.08' },
  { name: 'DATYZAKONCZENIA', first: '1.05.3' },
  { name: 'NUMERYIDENTYFIKACYJNENABYWCOW', first: '1.05.4' },
  { name: 'PRZYCZYNYKOREKT', first: '1.05.4' },
  { name: 'DOKUMENTYFISKALNEVAT', first: '1.05.4' },
  { name: 'OPLATYDODATKOWE', first: '1.05.5' },
  { name: 'OPLATYSPECJALNE', only: 'office', first: '1.05.5' },
  { name: 'WYMAGALNOSCMPP', first: '1.06' },
  { name: 'OPLATACUKROWA', first: '1.08' },
  { name: 'DOKUMENTYZNACZNIKIJPKVAT', first: '1.06' },
  { name: 'SPECYFIKACJATOWAROWAWSTO', only: 'office', first: '1.09' },
  { name: 'PLATNOSCI', only: 'office', first: '1.09' },
  { name: 'INFORMACJEWSTO', first: '1.08' },
  { name: 'STAWKIVATZAGRANICZNE', only: 'office', first: '1.09' },
  { name: 'DATYUJECIAKOREKT', first: '1.10' },
  { name: 'DOKUMENTYKSEF', first: '1.12' },
];

/** The dictionaries of a file of this version and purpose, in order. */
export function dictionariesOf(version: EppVersion, purpose: Purpose, withBuyers: boolean): Dictionary[] {
  return places
    .filter((p) => (!p.first || since(version, p.first)) && (!p.only || p.only === purpose) && (withBuyers || !p.whenUsed))
    .map((p) => p.name);
}

/** How many fields of a dictionary's record this version has. */
export function fieldsIn(version: EppVersion, dictionary: Dictionary): readonly Field[] {
  const all: readonly Field[] = dictionaries[dictionary];
  switch (dictionary) {
    case 'KONTRAHENCI':
      return since(version, '1.06') ? all : all.slice(0, 30);
    case 'DODATKOWEKONTRAHENTOW':
      return since(version, '1.12') ? all : all.slice(0, 5);
    // The real export of 1.11 has a seventh field that the description lacks: it is read, and not written.
    case 'DODATKOWETOWAROW':
      return all.slice(0, 6);
    case 'DOKUMENTYZNACZNIKIJPKVAT':
      return since(version, '1.11') ? all : all.slice(0, since(version, '1.08') ? 29 : 28);
    default:
      return all;
  }
}
