import { createHash } from 'node:crypto';
import { extend, fixed, fromMinor, scaled, sum, toMinor } from '../../../src/domain/money/money.ts';
import { inventSale, type Sale, type SaleKind } from '../../../src/testkit/polish-sales.ts';
import { localTime, type SimClock } from '../../../src/testkit/service.ts';
import { seededRandom } from '../../../src/testkit/simulator.ts';

/** What an account remembers. Amounts are decimal strings, instants are unix seconds. */

export const demoToken = '3001234-3009876-FAKTURISTDEMO0000000000000000000000000000000';

export const statusIds = { new: 101, paid: 102, toDocument: 103, sent: 104, cancelled: 105, failed: 106 } as const;
export const statuses = [
  { id: 101, name: 'Nowe zamówienia', name_for_customer: 'Zamówienie przyjęte', color: '#AAAAAA' },
  { id: 102, name: 'Opłacone', name_for_customer: 'Opłacone', color: '#00AA00' },
  { id: 103, name: 'Do wystawienia dokumentu', name_for_customer: 'W realizacji', color: '#0000AA' },
  { id: 104, name: 'Wysłane', name_for_customer: 'Wysłane', color: '#00AAAA' },
  { id: 105, name: 'Anulowane', name_for_customer: 'Anulowane', color: '#AA0000' },
  { id: 106, name: 'Błąd dokumentu', name_for_customer: 'W realizacji', color: '#FF0000' },
] as const;
export const sources = {
  personal: { '0': 'Osobiście/tel.' },
  shop: { '9001': 'Sklep przykładowy' },
  allegro: { '9101': 'przykladowy_sklep' },
  order_return: { '9201': 'Zwroty' },
} as const;
export const series = [
  { id: 15, type: 'INVOICE', name: 'Faktury', format: 'FV %N/%M/%Y' },
  { id: 16, type: 'CORRECTION', name: 'Korekty', format: 'KOR %N/%M/%Y' },
  { id: 17, type: 'RECEIPT', name: 'Paragony', format: 'PAR %N/%M/%Y' },
  { id: 18, type: 'INVOICE', name: 'Proforma', format: 'PRO %N/%Y' },
] as const;
export type Series = (typeof series)[number];
export const extraFields = [
  { extra_field_id: 135, name: 'Typ klienta', editor_type: 'select', options: ['B2B', 'B2C'] },
  { extra_field_id: 172, name: 'Faktura PDF', editor_type: 'file' },
  { extra_field_id: 173, name: 'Korekta PDF', editor_type: 'file' },
  { extra_field_id: 180, name: 'Numer faktury', editor_type: 'text' },
] as const;

/** Types of journal rows (contract section 2.3). */
export const logTypes = {
  created: 1,
  confirmed: 2,
  payment: 3,
  removed: 4,
  merged: 5,
  split: 6,
  invoice: 7,
  receipt: 8,
  delivery: 11,
  productAdded: 12,
  productChanged: 13,
  productRemoved: 14,
  data: 16,
  copied: 17,
  status: 18,
  invoiceRemoved: 19,
  receiptRemoved: 20,
  invoiceChanged: 21,
} as const;

export type Product = {
  id: number;
  name: string;
  sku: string;
  ean: string;
  attributes: string;
  price: string;
  /** Percent; -1 exempt, -0.02 outside VAT, -0.03 reverse charge. */
  taxRate: string;
  quantity: string;
  weight: string;
  auctionId: string;
};

export type StoredFile = { title: string; bytes: Uint8Array };

export type Order = {
  id: number;
  source: keyof typeof sources;
  sourceId: number;
  sourceInfo: string;
  externalId: string;
  shopOrderId: number;
  statusId: number;
  confirmed: boolean;
  dateAdd: number;
  dateConfirmed: number;
  dateInStatus: number;
  /** Plain texts by wire name: login, phone, mail, comments, addresses. */
  texts: Record<string, string>;
  wantInvoice: boolean;
  currency: string;
  paymentMethod: string;
  cashOnDelivery: boolean;
  paid: string;
  deliveryMethod: string;
  deliveryPrice: string;
  products: Product[];
  extra: Map<number, string | StoredFile>;
  history: { before: string; after: string; externalId: string; date: number; comment: string }[];
};

export type LogRow = { id: number; type: number; orderId: number; objectId: number; date: number };

export type Item = {
  name: string;
  sku: string;
  ean: string;
  gross: string;
  rate: string;
  quantity: string;
  shipment: boolean;
  productId: number;
};

export type Invoice = {
  id: number;
  orderId: number;
  series: Series;
  type: 'normal' | 'correcting';
  number: string;
  subId: number;
  month: number;
  year: number;
  dateAdd: number;
  dateSell: number;
  currency: string;
  payment: string;
  buyer: Record<string, string>;
  corrects: Invoice | undefined;
  reason: string;
  correctsItems: boolean;
  correctsData: boolean;
  externalNumber: string;
  file: Uint8Array | undefined;
  items: Item[];
  government: { id: string; date: number; status: number } | undefined;
};

export type Receipt = {
  id: number;
  orderId: number;
  series: Series;
  number: string;
  dateAdd: number;
  payment: string;
  taxId: string;
  items: Item[];
  /** Number the fiscal printer gave. */
  fiscalNumber: string;
  printerName: string;
  printerError: boolean;
  externalNumber: string;
  file: Uint8Array | undefined;
};

const seedOf = 19_990_001;
const dayS = 86_400;
export const journalDays = 3;

export class Account {
  readonly clock: SimClock;
  token = demoToken;
  blockedUntil = 0;
  orders = new Map<number, Order>();
  journal: LogRow[] = [];
  invoices = new Map<number, Invoice>();
  receipts = new Map<number, Receipt>();
  /** Files by the secret part of their address. */
  files = new Map<string, Uint8Array>();
  random = seededRandom(seedOf);
  #ago = 0;
  #ids = { order: 19_990_001, log: 900_001, invoice: 550_001, receipt: 770_001, token: 1 };
  #counters = new Map<string, number>();

  constructor(clock: SimClock, seeds: boolean) {
    this.clock = clock;
    if (seeds) this.#seed();
  }

  /** Unix seconds now, or at the time of a seed. */
  seconds(): number {
    return Math.floor(this.clock.now() / 1000) - this.#ago;
  }

  log(order: { id: number }, type: number, objectId = 0): void {
    this.journal.push({ id: this.#ids.log++, type, orderId: order.id, objectId, date: this.seconds() });
  }

  newToken(): string {
    const hex = createHash('sha256')
      .update(`token ${this.#ids.token++}`)
      .digest('hex')
      .toUpperCase();
    this.token = `3001234-3009876-${hex.slice(0, 40)}`;
    this.blockedUntil = 0;
    return this.token;
  }

  /** Puts an order in; unconfirmed ones have no confirmation date. */
  add(order: Omit<Order, 'id'>): Order {
    const stored = { ...order, id: this.#ids.order++ };
    stored.products = stored.products.map((product, i) => ({ ...product, id: stored.id * 10 + i + 1 }));
    this.orders.set(stored.id, stored);
    this.log(stored, logTypes.created);
    if (stored.confirmed) this.log(stored, logTypes.confirmed);
    return stored;
  }

  /** An order that arrives now; it is confirmed, and paid ones move on by themselves. */
  arrive(kind?: SaleKind, confirmed = true): Order {
    const sale = inventSale(this.random, kind);
    const order = this.add(this.#orderOf(sale, confirmed));
    if (sale.payment.paid !== '0.00') {
      this.#pay(order, sale.payment.paid, order.paymentMethod, '');
      this.log(order, logTypes.payment);
    }
    if (confirmed && (sale.payment.cashOnDelivery || order.paid === totalOf(order))) this.setStatus(order, statusIds.paid);
    return order;
  }

  confirm(order: Order): void {
    if (order.confirmed) return;
    order.confirmed = true;
    order.dateConfirmed = this.seconds();
    this.log(order, logTypes.confirmed);
  }

  setStatus(order: Order, statusId: number): void {
    if (order.statusId === statusId) return;
    order.statusId = statusId;
    order.dateInStatus = this.seconds();
    this.log(order, logTypes.status, statusId);
  }

  /** The whole sum paid so far, as the service counts it. */
  pay(order: Order, paid: string, comment: string, externalId: string, date?: number): void {
    this.#pay(order, paid, comment, externalId, date);
    this.log(order, logTypes.payment);
  }

  #pay(order: Order, paid: string, comment: string, externalId: string, date = this.seconds()): void {
    order.history.push({ before: order.paid, after: paid, externalId, date, comment });
    order.paid = paid;
  }

  remove(order: Order): void {
    this.orders.delete(order.id);
    this.log(order, logTypes.removed);
  }

  merge(from: Order, into: Order): void {
    into.products.push(...from.products);
    into.paid = fromMinor(toMinor(into.paid, into.currency || 'PLN') + toMinor(from.paid, from.currency || 'PLN'), into.currency || 'PLN');
    this.orders.delete(from.id);
    this.log(from, logTypes.merged, into.id);
    this.log(into, logTypes.data);
  }

  /** Takes one product out into an order of its own. */
  split(order: Order, productId: number): Order {
    const moved = order.products.filter((product) => product.id === productId);
    order.products = order.products.filter((product) => product.id !== productId);
    const made = this.#twin(order, moved, { deliveryPrice: '0.00', paid: '0.00' });
    this.log(order, logTypes.split, made.id);
    return made;
  }

  copy(order: Order): Order {
    const made = this.#twin(order, order.products, { paid: '0.00' });
    this.log(order, logTypes.copied, made.id);
    return made;
  }

  /** What came back is an order of the source "returns": not to be invoiced. */
  giveBack(order: Order, productId: number, quantity: string): Order {
    const product = order.products.find((p) => p.id === productId)!;
    return this.#twin(order, [{ ...product, quantity }], {
      source: 'order_return',
      sourceId: 9201,
      sourceInfo: String(order.id),
      deliveryPrice: '0.00',
      paid: '0.00',
      wantInvoice: false,
    });
  }

  #twin(order: Order, products: Product[], changes: Partial<Order>): Order {
    const { id: _, ...rest } = order;
    const now = this.seconds();
    return this.add({ ...rest, products, extra: new Map(), history: [], dateAdd: now, dateConfirmed: now, dateInStatus: now, ...changes });
  }

  /** Makes an invoice of the whole order; nothing keeps a second call from making a second one. */
  addInvoice(order: Order, of: Series, rateOf: (rate: string) => string): Invoice {
    const { products, deliveryPrice, deliveryMethod } = order;
    const rates = products.map((product) => product.taxRate).sort((a, b) => Number(b) - Number(a));
    const items: Item[] = products.map((product) => ({
      name: product.name,
      sku: product.sku,
      ean: product.ean,
      gross: product.price,
      rate: rateOf(product.taxRate),
      quantity: product.quantity,
      shipment: false,
      productId: product.id,
    }));
    if (toMinor(deliveryPrice, 'PLN') !== 0n)
      items.push({
        name: `Przesyłka: ${deliveryMethod}`,
        sku: '',
        ean: '',
        gross: deliveryPrice,
        rate: rateOf(rates[0] ?? '23'),
        quantity: '1',
        shipment: true,
        productId: 0,
      });
    const buyer = Object.fromEntries(Object.entries(order.texts).filter(([name]) => name.startsWith('invoice_')));
    return this.#keepInvoice(order, of, {
      type: 'normal',
      buyer,
      items,
      dateSell: order.dateAdd,
      currency: order.currency || 'PLN',
      payment: order.paymentMethod,
    });
  }

  addCorrection(
    original: Invoice,
    of: Series,
    more: Pick<Invoice, 'reason' | 'correctsItems' | 'correctsData' | 'items' | 'buyer' | 'dateSell'>,
  ): Invoice {
    const { currency, payment } = original;
    return this.#keepInvoice({ id: original.orderId }, of, { type: 'correcting', corrects: original, currency, payment, ...more });
  }

  #keepInvoice(
    order: { id: number },
    of: Series,
    given: Pick<Invoice, 'type' | 'buyer' | 'items' | 'dateSell' | 'currency' | 'payment'> & Partial<Invoice>,
  ): Invoice {
    const { number, subId, month, year } = this.#number(of);
    const invoice: Invoice = {
      corrects: undefined,
      reason: '',
      correctsItems: false,
      correctsData: false,
      ...given,
      id: this.#ids.invoice++,
      orderId: order.id,
      series: of,
      number,
      subId,
      month,
      year,
      dateAdd: this.seconds(),
      externalNumber: '',
      file: undefined,
      government: undefined,
    };
    this.invoices.set(invoice.id, invoice);
    this.log(order, logTypes.invoice, invoice.id);
    return invoice;
  }

  addReceipt(order: Order, of: Series): Receipt {
    const items = this.addInvoiceItems(order);
    const receipt: Receipt = {
      id: this.#ids.receipt++,
      orderId: order.id,
      series: of,
      number: this.#number(of).number,
      dateAdd: this.seconds(),
      payment: order.paymentMethod,
      taxId: order.texts.invoice_nip ?? '',
      items,
      fiscalNumber: '',
      printerName: '',
      printerError: false,
      externalNumber: '',
      file: undefined,
    };
    this.receipts.set(receipt.id, receipt);
    this.log(order, logTypes.receipt, receipt.id);
    return receipt;
  }

  addInvoiceItems(order: Order): Item[] {
    return order.products.map(({ name, sku, ean, price, taxRate, quantity, id }) => ({
      name,
      sku,
      ean,
      gross: price,
      rate: taxRate,
      quantity,
      shipment: false,
      productId: id,
    }));
  }

  removeInvoice(invoice: Invoice): void {
    this.invoices.delete(invoice.id);
    this.log({ id: invoice.orderId }, logTypes.invoiceRemoved, invoice.id);
  }

  removeReceipt(receipt: Receipt): void {
    this.receipts.delete(receipt.id);
    this.log({ id: receipt.orderId }, logTypes.receiptRemoved, receipt.id);
  }

  #number({ id, format }: Series): { number: string; subId: number; month: number; year: number } {
    const [year, month] = localTime(this.seconds() * 1000).split('-') as [string, string];
    const monthly = format.includes('%M');
    const key = `${id}/${year}${monthly ? `/${month}` : ''}`;
    const subId = (this.#counters.get(key) ?? 0) + 1;
    this.#counters.set(key, subId);
    const number = format
      .replace('%N', String(subId))
      .replace('%M', String(Number(month)))
      .replace('%Y', year);
    return { number, subId, month: monthly ? Number(month) : 0, year: Number(year) };
  }

  /** Address of a stored file, known to nobody who was not given it. */
  fileName(bytes: Uint8Array): string {
    const name = `${createHash('sha256').update(bytes).digest('hex').slice(0, 24)}.pdf`;
    this.files.set(name, bytes);
    return name;
  }

  #orderOf(sale: Sale, confirmed: boolean): Omit<Order, 'id'> {
    const now = this.seconds();
    const { buyer } = sale;
    const allegro = sale.kind === 'masked-mail' || this.random() < 0.6;
    const street = `ul. ${buyer.street} ${buyer.house}${buyer.flat ? `/${buyer.flat}` : ''}`;
    const name = `${buyer.firstName} ${buyer.lastName}`;
    const invoiced = sale.wantsInvoice;
    const address = (prefix: string, on: boolean) => ({
      [`${prefix}_address`]: on ? street : '',
      [`${prefix}_city`]: on ? buyer.city : '',
      [`${prefix}_state`]: '',
      [`${prefix}_postcode`]: on ? buyer.postcode : '',
      [`${prefix}_country`]: on ? buyer.countryName : '',
      [`${prefix}_country_code`]: on ? buyer.country : '',
    });
    return {
      source: allegro ? 'allegro' : 'shop',
      sourceId: allegro ? 9101 : 9001,
      sourceInfo: '-',
      externalId: allegro ? uuidLike(this.random) : '',
      shopOrderId: allegro ? 0 : this.#ids.order - 19_980_000,
      statusId: statusIds.new,
      confirmed,
      dateAdd: now - 60,
      dateConfirmed: confirmed ? now : 0,
      dateInStatus: now,
      texts: {
        user_login: allegro ? `kupujacy_${this.#ids.order % 100_000}` : '',
        phone: buyer.phone,
        email: sale.email,
        user_comments: sale.comment,
        admin_comments: '',
        delivery_fullname: name,
        delivery_company: '',
        ...address('delivery', true),
        delivery_package_module: '',
        delivery_package_nr: '',
        delivery_point_id: sale.delivery.point,
        delivery_point_name: sale.delivery.point ? `Paczkomat ${sale.delivery.point}` : '',
        delivery_point_address: '',
        delivery_point_postcode: '',
        delivery_point_city: '',
        invoice_fullname: invoiced && !buyer.company ? name : '',
        invoice_company: buyer.company,
        invoice_nip: buyer.taxId,
        ...address('invoice', invoiced),
        extra_field_1: '',
        extra_field_2: '',
      },
      wantInvoice: invoiced,
      currency: sale.currency,
      paymentMethod: sale.payment.method,
      cashOnDelivery: sale.payment.cashOnDelivery,
      paid: '0.00',
      deliveryMethod: sale.delivery.method,
      deliveryPrice: sale.delivery.gross,
      products: sale.lines.map((line, i) => ({
        id: i + 1,
        name: line.name,
        sku: line.sku,
        ean: line.ean,
        attributes: line.variant ? `${line.variant.name}: ${line.variant.value}` : '',
        price: line.unitGross,
        taxRate: String(line.rate),
        quantity: line.quantity,
        weight: line.weightKg,
        auctionId: allegro ? String(15_046_573_000 + i) : '0',
      })),
      extra: new Map(),
      history: [],
    };
  }

  /** One order for each thing that can be odd about one. */
  #seed(): void {
    let left = 17;
    const at = (kind: SaleKind, confirmed = true) => {
      this.#ago = left-- * dayS;
      return this.arrive(kind, confirmed);
    };
    at('company');
    at('company');
    at('consumer-invoice');
    at('consumer');
    Object.assign(at('company'), { wantInvoice: false });
    const dashes = at('company').texts;
    dashes.invoice_nip = `PL ${dashes.invoice_nip!.slice(0, 3)}-${dashes.invoice_nip!.slice(3, 6)}-${dashes.invoice_nip!.slice(6, 8)}-${dashes.invoice_nip!.slice(8)}`;
    at('company').texts.invoice_nip = '';
    at('cash-on-delivery');
    at('consumer').products[0]!.taxRate = '-1';
    for (const product of at('eu-company').products) product.taxRate = '-0.02';
    at('consumer-invoice').currency = '';
    at('partial');
    this.setStatus(at('unpaid'), statusIds.cancelled);
    const nowhere = at('consumer-invoice').texts;
    for (const name of ['address', 'city', 'postcode', 'country', 'country_code']) nowhere[`invoice_${name}`] = '';
    at('several-rates').extra.set(135, 'B2C');
    at('consumer', false);
    at('masked-mail');
    this.#ago = 0;
  }
}

/** Products at their gross prices, each line rounded, and the delivery. */
export function totalOf({ products, deliveryPrice, currency }: Order): string {
  const of = currency || 'PLN';
  return fromMinor(sum([...products.map((product) => extend(product.quantity, product.price, of)), toMinor(deliveryPrice, of)]), of);
}

/** Net of a gross amount at a rate; below zero is exempt, outside VAT or reverse charge. */
export function netOf(gross: string, rate: string): string {
  const percent = scaled(rate);
  if (percent.value <= 0n) return fixed(scaled(gross), 2);
  const unit = 10n ** BigInt(percent.scale);
  const minor = toMinor(gross, 'PLN');
  const divisor = 100n * unit + percent.value;
  const negative = minor < 0n;
  const rounded = ((negative ? -minor : minor) * 200n * unit + divisor) / (2n * divisor);
  return fromMinor(negative ? -rounded : rounded, 'PLN');
}

function uuidLike(random: () => number): string {
  const hex = createHash('sha256').update(String(random())).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-9${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
