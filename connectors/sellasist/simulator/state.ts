import { createHash } from 'node:crypto';
import { extend, fromMinor, sum, toMinor } from '../../../src/domain/money/money.ts';
import { inventSale, type Sale, type SaleKind, saleKinds } from '../../../src/testkit/polish-sales.ts';
import { localTime, type SimClock } from '../../../src/testkit/service.ts';
import { seededRandom } from '../../../src/testkit/simulator.ts';

/** What an account remembers. Amounts are decimal strings, times are local ones without a zone, as the service writes them. */

export const demoKey = 'sellasist-demo-7f3b1c9a5d2e4860';

export const statusIds = { new: 1, paid: 12, sent: 20, invoiceError: 31, cancelled: 40, returned: 50 } as const;

export const statuses = new Map<number, string>([
  [statusIds.new, 'Nowe'],
  [statusIds.paid, 'Opłacone'],
  [statusIds.sent, 'Wysłane'],
  [statusIds.invoiceError, 'Błąd faktury'],
  [statusIds.cancelled, 'Anulowane'],
  [statusIds.returned, 'Zwrot'],
]);
export const payments = new Map<number, string>([
  [1, 'Przelew zwykły'],
  [3, 'Pobranie'],
  [5, 'PayU'],
  [7, 'Gotówka przy odbiorze'],
]);
export const shipments = new Map<number, string>([
  [3, 'InPost Paczkomat'],
  [4, 'Kurier DPD'],
]);
export const sources = new Map<number, string>([
  [1, 'allegro'],
  [2, 'sklep'],
]);
export const countries: [id: number, name: string, code: string][] = [
  [170, 'Polska', 'PL'],
  [204, 'Szwecja', 'SE'],
  [80, 'Niemcy', 'DE'],
  [56, 'Czechy', 'CZ'],
  [97, 'Węgry', 'HU'],
];
export const series = [
  { id: 1, name: 'FV', type: 'invoice' },
  { id: 2, name: 'FV/OSS', type: 'invoice_oss' },
  { id: 3, name: 'PAR', type: 'receipt' },
  { id: 4, name: 'KOR', type: 'correction' },
] as const;

type FieldType = 'saledocument' | 'files' | 'text';
export const fieldCatalogue = new Map<number, { name: string; type: FieldType }>([
  [4, { name: 'Faktura PDF', type: 'saledocument' }],
  [5, { name: 'Korekta PDF', type: 'files' }],
  [9, { name: 'Uwagi magazynu', type: 'text' }],
]);

const operationTags = [
  'order_create',
  'order_edit',
  'order_status_change',
  'order_delete',
  'order_merge',
  'invoice_create',
  'invoice_remove',
  'receipt_create',
  'receipt_remove',
] as const;
type OperationTag = (typeof operationTags)[number];

export type Address = {
  name: string;
  surname: string;
  street: string;
  home_number: string;
  flat_number: string;
  description: string;
  postcode: string;
  city: string;
  state: string;
  phone: string;
  company_name: string;
  company_nip: string;
  country: { id: number; name: string; code: string };
};

export type Line = {
  id: number;
  productId: number;
  variantId: number;
  name: string;
  quantity: string;
  price: string;
  weight: string;
  ean: string;
  symbol: string;
  catalogNumber: string;
  signature: string;
  additionalInformation: string;
  taxRate: string;
  options: { name: string; prop: string; optionId: number; variantId: number }[];
  offerId: string;
};

export type Payment = { id: number; date: string; data: string; amount: string; currency: string; status: number; name: string };

export type StoredOrder = {
  id: number;
  /** The own id of whoever created it by the API: the duplicate guard. */
  ownId: string;
  date: string;
  statusId: number;
  shipment: { id: number; name: string; total: string };
  payment: {
    id: number | null;
    name: string;
    paid: string;
    paidDate: string;
    cod: boolean;
    status: 'paid' | 'unpaid' | 'partial';
    currency: string;
  };
  external: { id: string; login: string; userId: number; site: string; paymentName: string; shipmentName: string };
  source: string;
  placeholder: boolean;
  documentNumber: string;
  invoice: boolean;
  email: string;
  total: string;
  comment: string;
  bill: Address;
  ship: Address;
  pickup: { code: string; type: string; address: string };
  lines: Line[];
  payments: Payment[];
  trackingNumbers: string[];
  notes: { id: number; text: string; date: string }[];
  texts: Map<number, string>;
  files: Map<number, Uint8Array[]>;
};

export type LogRow = {
  id: number;
  orderId: number;
  userId: number | null;
  tag: OperationTag;
  objectId: number | null;
  action: string;
  date: string;
};
type OwnInvoice = { id: number; orderId: number; seriesId: number; number: string; date: string; kind: 'invoice' | 'receipt' };

const firstOrderId = 20_401;
const seedOf = 20_401;
const dayMs = 86_400_000;

export class Account {
  readonly clock: SimClock;
  orders = new Map<number, StoredOrder>();
  journal: LogRow[] = [];
  invoices: OwnInvoice[] = [];
  /** Statuses that were pushed on to the marketplace, and automations of the seller that a status set off. */
  pushed: { orderId: number; statusId: number }[] = [];
  automations: { orderId: number; statusId: number }[] = [];
  random = seededRandom(seedOf);
  #agoMs = 0;
  #ids = { order: firstOrderId, line: 88_101, payment: 9_001, log: 551_201, note: 3_001, invoice: 1_207 };

  constructor(clock: SimClock, seeds: boolean) {
    this.clock = clock;
    if (seeds) this.#seed();
  }

  /** Now, or the day of a seed. */
  time(): string {
    return localTime(this.clock.now() - this.#agoMs);
  }

  log(orderId: number, tag: OperationTag, action: string, objectId: number | null = null, userId: number | null = null): void {
    this.journal.push({ id: this.#ids.log++, orderId, userId, tag, objectId, action, date: this.time() });
  }

  nextLineId(): number {
    return this.#ids.line++;
  }

  note(order: StoredOrder, text: string): number {
    const id = this.#ids.note++;
    order.notes.push({ id, text, date: this.time() });
    return id;
  }

  /** Puts an order in and says so in the journal. */
  add(order: Omit<StoredOrder, 'id'>): StoredOrder {
    const stored = { ...order, id: this.#ids.order++ };
    this.orders.set(stored.id, stored);
    this.log(stored.id, 'order_create', 'Utworzenie zamówienia');
    return stored;
  }

  /** An order that arrives now, from a marketplace or the shop. */
  arrive(kind?: SaleKind): StoredOrder {
    const sale = inventSale(this.random, kind);
    const order = this.add(this.#orderOf(sale));
    // As on the live service: the order is new first and moves to "paid" by itself a moment later.
    if (sale.payment.cashOnDelivery || order.payment.status === 'paid') this.setStatus(order, statusIds.paid);
    return order;
  }

  setStatus(order: StoredOrder, statusId: number, userId: number | null = null): void {
    if (order.statusId === statusId) return;
    const [from, to] = [statuses.get(order.statusId), statuses.get(statusId)];
    order.statusId = statusId;
    this.automations.push({ orderId: order.id, statusId });
    this.log(order.id, 'order_status_change', `Zmiana statusu z <b>${from}</b> na <b>${to}</b>`, statusId, userId);
  }

  pay(order: StoredOrder, amount: string): void {
    const currency = order.payment.currency.toUpperCase();
    const paid = toMinor(order.payment.paid, currency) + toMinor(amount, currency);
    order.payments.push({
      id: this.#ids.payment++,
      date: this.time(),
      data: `${order.payment.name.slice(0, 4).toUpperCase()}-${this.#ids.payment}`,
      amount: fromMinor(toMinor(amount, currency), currency),
      currency: order.payment.currency,
      status: 1,
      name: order.payment.name,
    });
    order.payment.paid = fromMinor(paid, currency);
    order.payment.status = paid >= toMinor(order.total, currency) ? 'paid' : 'partial';
    order.payment.paidDate = this.time();
  }

  /** Lines and delivery make the total, as after an edit in the panel. */
  retotal(order: StoredOrder): void {
    const currency = order.payment.currency.toUpperCase();
    const lines = order.lines.map((line) => extend(line.quantity, line.price, currency));
    order.total = fromMinor(sum([...lines, toMinor(order.shipment.total, currency)]), currency);
  }

  /** A document made inside the order system: an invoice, or a fiscal receipt. */
  issue(order: StoredOrder, kind: 'invoice' | 'receipt'): OwnInvoice {
    const [year, month] = this.time().split(/[- ]/);
    const own = this.invoices.filter((i) => i.kind === kind).length + 17;
    const number = `${kind === 'invoice' ? 'FV' : 'PAR'} ${own}/${month}/${year}`;
    const seriesId = kind === 'invoice' ? 1 : 3;
    const made = { id: this.#ids.invoice++, orderId: order.id, seriesId, number, date: this.time().slice(0, 10), kind };
    this.invoices.push(made);
    order.documentNumber = number;
    this.log(order.id, `${kind}_create`, kind === 'invoice' ? 'Wystawienie faktury' : 'Wystawienie paragonu', made.id, 3);
    return made;
  }

  unissue(made: OwnInvoice): void {
    this.invoices = this.invoices.filter((i) => i !== made);
    const order = this.orders.get(made.orderId);
    if (order?.documentNumber === made.number) order.documentNumber = '';
    this.log(made.orderId, `${made.kind}_remove`, made.kind === 'invoice' ? 'Usunięcie faktury' : 'Usunięcie paragonu', made.id, 3);
  }

  #orderOf(sale: Sale): Omit<StoredOrder, 'id'> {
    const external = sale.kind === 'masked-mail' || this.random() < 0.5;
    const shipmentId = [...shipments].find(([, title]) => title === sale.delivery.method)?.[0] ?? 4;
    const paymentId = [...payments].find(([, title]) => title === sale.payment.method)?.[0] ?? null;
    const currency = sale.currency.toLowerCase();
    const time = this.time();
    const bill = addressOf(sale);
    const full = sale.payment.paid === sale.total;
    const number = `FK-2026-${String(this.#ids.order - firstOrderId + 317).padStart(6, '0')}`;
    const paid = full || sale.payment.paid !== '0.00';
    return {
      ownId: '',
      date: time,
      statusId: statusIds.new,
      shipment: { id: shipmentId, name: sale.delivery.method, total: sale.delivery.gross },
      payment: {
        id: paymentId,
        name: sale.payment.method,
        paid: sale.payment.paid,
        paidDate: paid ? time : '',
        cod: sale.payment.cashOnDelivery,
        status: full ? 'paid' : paid ? 'partial' : 'unpaid',
        currency,
      },
      external: {
        id: external ? `${uuidLike(this.random)}` : number,
        login: external ? `${sale.buyer.lastName.toLowerCase().replace(/[^a-z]/g, '')}_${this.#ids.order}` : '',
        userId: external ? 48_211_000 + this.#ids.order : 0,
        site: external ? 'allegro' : 'sklep',
        paymentName: sale.payment.method,
        shipmentName: external ? `Allegro ${sale.delivery.method}` : sale.delivery.method,
      },
      source: external ? 'allegro' : 'sklep',
      placeholder: false,
      documentNumber: '',
      invoice: sale.wantsInvoice,
      email: sale.email,
      total: sale.total,
      comment: sale.comment,
      bill,
      ship: { ...bill, company_name: '', company_nip: '' },
      pickup: { code: sale.delivery.point, type: sale.delivery.point ? 'inpost' : '', address: '' },
      lines: sale.lines.map((line, i) => this.#lineOf(line, i)),
      payments: paid
        ? [
            {
              id: this.#ids.payment++,
              date: time,
              data: `PAYU-${this.#ids.payment}`,
              amount: sale.payment.paid,
              currency,
              status: 1,
              name: sale.payment.method,
            },
          ]
        : [],
      trackingNumbers: [],
      notes: [],
      texts: new Map(),
      files: new Map(),
    };
  }

  #lineOf(line: Sale['lines'][number], i: number): Line {
    // Numbers of marketplace options have fourteen digits and do not fit in 32 bits.
    const option = 57_575_915_659_074 + i;
    return {
      id: this.#ids.line++,
      productId: 341 + i,
      variantId: line.variant ? 77 : 0,
      name: line.name,
      quantity: `${line.quantity}.000`,
      price: line.unitGross,
      weight: line.weightKg,
      ean: line.ean,
      symbol: line.sku,
      catalogNumber: '',
      signature: line.sku,
      additionalInformation: '',
      taxRate: `${line.rate}.000`,
      options: line.variant ? [{ name: line.variant.name, prop: line.variant.value, optionId: option, variantId: option + 25 }] : [],
      offerId: String(15_500_011_122 + i),
    };
  }

  /** One order for each thing that can be odd about one (contract section 9). */
  #seed(): void {
    const seedDays = 15;
    let left = seedDays;
    const at = (kind: SaleKind) => {
      this.#agoMs = left-- * dayMs;
      return this.arrive(kind);
    };
    at('company');
    at('consumer');
    at('consumer-invoice');
    at('cash-on-delivery');
    at('partial');
    at('eu-company');
    at('eu-consumer');
    const basket = at('consumer');
    basket.placeholder = true;
    basket.statusId = statusIds.new;
    const zero = at('consumer-invoice');
    for (const line of zero.lines) line.taxRate = '0.000';
    const off = at('company');
    off.total = fromMinor(toMinor(off.total, 'PLN') + 1n, 'PLN');
    const unknown = at('company');
    unknown.payment = { ...unknown.payment, id: null, name: 'Smart! Pay później' };
    unknown.external.paymentName = 'Smart! Pay później';
    const edited = at('company');
    this.issue(edited, 'invoice');
    edited.lines[0]!.quantity = '4.000';
    this.retotal(edited);
    this.log(edited.id, 'order_edit', 'Zmiana ilości produktu', null, 3);
    this.issue(at('company'), 'invoice');
    at('several-rates');
    at('masked-mail');
    this.#agoMs = 0;
  }
}

export function isSaleKind(value: unknown): value is SaleKind {
  return saleKinds.includes(value as SaleKind);
}

export function countryOf(by: { code?: unknown; id?: unknown }): Address['country'] | undefined {
  const found = countries.find(([id, , code]) =>
    by.code === undefined ? String(id) === String(by.id) : code === String(by.code).toUpperCase(),
  );
  return found && { id: found[0], name: found[1], code: found[2] };
}

function addressOf({ buyer }: Sale): Address {
  return {
    name: buyer.firstName,
    surname: buyer.lastName,
    street: buyer.street,
    home_number: buyer.house,
    flat_number: buyer.flat,
    description: '',
    postcode: buyer.postcode,
    city: buyer.city,
    state: buyer.state,
    phone: buyer.phone,
    company_name: buyer.company,
    company_nip: buyer.taxId,
    country: countryOf({ code: buyer.country }) ?? { id: 0, name: buyer.countryName, code: buyer.country },
  };
}

function uuidLike(random: () => number): string {
  const hex = createHash('sha256').update(String(random())).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-11f0-${hex.slice(12, 16)}-${hex.slice(16, 28)}`;
}
