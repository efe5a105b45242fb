import { extend, fromMinor, sum } from '../../../src/domain/money/money.ts';
import type { Settings } from './settings.ts';
import { type Account, extraFields, type Invoice, type Item, type LogRow, netOf, type Order, type Receipt } from './state.ts';

/** Answers as they stand on the wire: numbers that are now numbers and now text (contract section 1.1). */

type Write = (value: string | number) => string | number;

/** In `mixed` the row decides: every second one has text. */
export function writer({ numbers }: Settings, row: number): Write {
  const text = numbers === 'strings' || (numbers === 'mixed' && row % 2 === 0);
  return text ? (value) => (typeof value === 'number' ? String(value) : trimmed(value)) : (value) => Number(value);
}

/** `50.00` is written `50`. */
function trimmed(amount: string): string {
  return amount.includes('.') ? amount.replace(/\.?0+$/, '') : amount;
}

type OrderParts = { extraFields: boolean; commission: boolean; connect: boolean; discounts: boolean };

export function orderOf(account: Account, order: Order, settings: Settings, parts: OrderParts, origin: string): Record<string, unknown> {
  const n = writer(settings, order.id);
  const { texts } = order;
  const text = (prefix: string) => Object.fromEntries(Object.entries(texts).filter(([name]) => name.startsWith(prefix)));
  return {
    order_id: n(order.id),
    shop_order_id: n(order.shopOrderId),
    external_order_id: order.externalId,
    order_source: order.source,
    order_source_id: n(order.sourceId),
    order_source_info: order.sourceInfo,
    order_status_id: n(order.statusId),
    confirmed: settings.numbers === 'strings' ? (order.confirmed ? '1' : '0') : order.confirmed,
    date_confirmed: n(order.dateConfirmed),
    date_add: n(order.dateAdd),
    date_in_status: n(order.dateInStatus),
    user_login: texts.user_login,
    phone: texts.phone,
    email: texts.email,
    user_comments: texts.user_comments,
    admin_comments: texts.admin_comments,
    currency: order.currency,
    payment_method: order.paymentMethod,
    payment_method_cod: order.cashOnDelivery ? '1' : '0',
    payment_done: n(order.paid),
    delivery_method: order.deliveryMethod,
    delivery_price: n(order.deliveryPrice),
    ...text('delivery_'),
    ...text('invoice_'),
    want_invoice: order.wantInvoice ? '1' : '0',
    extra_field_1: texts.extra_field_1,
    extra_field_2: texts.extra_field_2,
    ...(parts.extraFields ? { custom_extra_fields: extraOf(account, order, origin) } : {}),
    ...(parts.commission ? { commission: { net: 0, gross: 0, currency: order.currency } } : {}),
    ...(parts.connect ? { connect_data: [] } : {}),
    ...(parts.discounts ? { discounts: [] } : {}),
    order_page: `https://klienci.example/${order.id}/EXAMPLE/`,
    pick_state: n(0),
    pack_state: n(0),
    products: order.products.map((product) => ({
      storage: 'db',
      storage_id: n(0),
      order_product_id: n(product.id),
      product_id: product.sku,
      variant_id: n(0),
      name: product.name,
      attributes: product.attributes,
      sku: product.sku,
      ean: product.ean,
      location: '',
      warehouse_id: n(0),
      auction_id: product.auctionId,
      price_brutto: n(product.price),
      tax_rate: n(product.taxRate),
      quantity: n(product.quantity),
      weight: n(product.weight),
      bundle_id: n(0),
    })),
  };
}

/** An empty map is an empty list over there. */
function extraOf(account: Account, order: Order, origin: string): unknown {
  if (order.extra.size === 0) return [];
  return Object.fromEntries(
    [...order.extra].map(([id, value]) => [
      String(id),
      typeof value === 'string' ? value : { title: value.title, url: `${origin}/files/${account.fileName(value.bytes)}` },
    ]),
  );
}

export function logOf(row: LogRow, settings: Settings): Record<string, unknown> {
  const n = writer(settings, row.id);
  return {
    [settings.journalKey]: n(row.id),
    log_type: n(row.type),
    order_id: n(row.orderId),
    object_id: n(row.objectId),
    date: n(row.date),
  };
}

function itemsTotal(items: Item[], currency: string): bigint {
  return sum(items.map((item) => extend(item.quantity, item.gross, currency)));
}

/** A correction's total is what changes: the rows after less the same rows before. */
export function grossOf(invoice: Invoice): bigint {
  const after = itemsTotal(invoice.items, invoice.currency);
  if (!invoice.corrects) return after;
  const touched = new Set(invoice.items.map((item) => item.productId));
  return (
    after -
    itemsTotal(
      invoice.corrects.items.filter((item) => touched.has(item.productId)),
      invoice.currency,
    )
  );
}

function netTotalOf(invoice: Invoice): string {
  const net = (items: Item[]) =>
    items.map((item) => netOf(fromMinor(extend(item.quantity, item.gross, invoice.currency), 'PLN'), item.rate));
  const total = (items: Item[]) => sum(net(items).map((text) => BigInt(text.replace('.', ''))));
  if (!invoice.corrects) return fromMinor(total(invoice.items), 'PLN');
  const touched = new Set(invoice.items.map((item) => item.productId));
  return fromMinor(total(invoice.items) - total(invoice.corrects.items.filter((item) => touched.has(item.productId))), 'PLN');
}

const sellerBlock = 'Zielony Zakątek Anna Demo\nul. Ogrodnicza 12\n00-950 Warszawa\nNIP 9991002009';

export function invoiceOf(invoice: Invoice, settings: Settings, government: boolean): Record<string, unknown> {
  const n = writer(settings, invoice.id);
  const { buyer } = invoice;
  return {
    invoice_id: n(invoice.id),
    order_id: n(invoice.orderId),
    series_id: n(invoice.series.id),
    type: invoice.type,
    number: invoice.number,
    sub_id: n(invoice.subId),
    month: n(invoice.month),
    year: n(invoice.year),
    postfix: '',
    date_add: n(invoice.dateAdd),
    date_sell: n(invoice.dateSell),
    date_pay_to: n(invoice.dateSell + 7 * 86_400),
    currency: invoice.currency,
    total_price_brutto: n(fromMinor(grossOf(invoice), 'PLN')),
    total_price_netto: n(netTotalOf(invoice)),
    payment: invoice.payment,
    additional_info: '',
    ...Object.fromEntries(
      ['fullname', 'company', 'nip', 'address', 'city', 'postcode', 'country', 'country_code'].map((name) => [
        `invoice_${name}`,
        buyer[`invoice_${name}`] ?? '',
      ]),
    ),
    seller: sellerBlock,
    issuer: 'Anna Demo',
    correcting_to_invoice_id: n(invoice.corrects?.id ?? 0),
    correcting_reason: invoice.reason,
    correcting_items: n(invoice.correctsItems ? 1 : 0),
    correcting_data: n(invoice.correctsData ? 1 : 0),
    external_invoice_number: invoice.externalNumber,
    exchange_currency: '',
    exchange_rate: '',
    exchange_date: '',
    exchange_info: '',
    external_id: '',
    items: invoice.items.map((item) => ({
      name: item.name,
      sku: item.sku,
      ean: item.ean,
      price_brutto: n(item.gross),
      price_netto: n(netOf(item.gross, item.rate)),
      tax_rate: n(item.rate),
      quantity: n(item.quantity),
      is_shipment: n(item.shipment ? 1 : 0),
      order_product_id: n(item.productId),
    })),
    ...(government && invoice.government
      ? { gov_id: invoice.government.id, gov_date: invoice.government.date, gov_status: invoice.government.status }
      : {}),
  };
}

export function receiptOf(receipt: Receipt, settings: Settings): Record<string, unknown> {
  const n = writer(settings, receipt.id);
  return {
    receipt_id: n(receipt.id),
    series_id: n(receipt.series.id),
    receipt_full_nr: receipt.number,
    order_id: n(receipt.orderId),
    date_add: n(receipt.dateAdd),
    payment_method: receipt.payment,
    nip: receipt.taxId,
    receipt_nr: receipt.fiscalNumber,
    printer_name: receipt.printerName,
    external_receipt_number: receipt.externalNumber,
    products: receipt.items.map((item) => ({
      name: item.name,
      price_brutto: n(item.gross),
      tax_rate: n(item.rate),
      quantity: n(item.quantity),
    })),
  };
}

export function isFileField(id: number): boolean {
  return extraFields.some((field) => field.extra_field_id === id && field.editor_type === 'file');
}
