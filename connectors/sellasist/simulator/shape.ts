import { createHash } from 'node:crypto';
import { fieldCatalogue, type Line, type LogRow, type StoredOrder, statuses } from './state.ts';

/**
 * Orders on the wire. The service does not keep to one type: an id, an amount or a flag is a number here and a string there, and the
 * next answer may have it the other way round (contract section 2). `sample` writes what recorded answers show.
 */
export const typings = ['sample', 'strings', 'numbers', 'wobble'] as const;
export type Typing = (typeof typings)[number];

/** How the content of a file field comes back: nobody knows for certain (contract section 5). */
export const readBacks = ['base64', 'data-uri', 'url'] as const;
type ReadBack = (typeof readBacks)[number];

export type Shape = { typing: Typing; readBack: ReadBack; origin: string; turn: number };

type Kind = 'string' | 'number';

/** Writes numbers in the type that is on: `usual` is the one of the samples. */
class Writer {
  readonly #shape: Shape;
  #count = 0;
  constructor(shape: Shape) {
    this.#shape = shape;
  }

  number(value: string | number, usual: Kind): string | number {
    return this.#kind(usual) === 'string' ? String(value) : Number(value);
  }

  flag(value: boolean, usual: 'number' | 'string' = 'number'): unknown {
    if (this.#shape.typing === 'wobble' && this.#odd()) return value;
    return this.number(value ? 1 : 0, usual);
  }

  #kind(usual: Kind): Kind {
    const { typing } = this.#shape;
    if (typing === 'strings') return 'string';
    if (typing === 'numbers') return 'number';
    return typing === 'wobble' && this.#odd() ? (usual === 'string' ? 'number' : 'string') : usual;
  }

  #odd(): boolean {
    this.#count += 1;
    return (createHash('sha256').update(`${this.#shape.turn}:${this.#count}`).digest()[0]! & 1) === 1;
  }
}

/** The header of an order, as in lists. */
export function headOf(order: StoredOrder, shape: Shape): Record<string, unknown> {
  const w = new Writer(shape);
  const { payment, external } = order;
  return {
    id: w.number(order.id, 'string'),
    date: order.date,
    status: { id: w.number(order.statusId, 'string'), name: statuses.get(order.statusId) },
    shipment: { id: w.number(order.shipment.id, 'number'), name: order.shipment.name, total: w.number(order.shipment.total, 'string') },
    payment: {
      ...(payment.id === null ? {} : { id: w.number(payment.id, 'string') }),
      name: payment.name,
      paid: w.number(payment.paid, 'string'),
      paid_date: payment.paidDate,
      cod: w.flag(payment.cod),
      status: payment.status,
      currency: payment.currency,
      tax: w.number('23', 'string'),
    },
    external_data: {
      external_id: external.id,
      external_login: external.login,
      external_user_id: w.number(external.userId, 'number'),
      external_account: w.number(2, 'number'),
      external_site: external.site,
      external_payment_name: external.paymentName,
      external_shipment_name: external.shipmentName,
      external_type: external.site,
    },
    source: order.source,
    shop: 'moj-sklep.example',
    deadline: '',
    important: w.flag(false),
    placeholder: w.number(order.placeholder ? 1 : 0, 'number'),
    tracking_number: order.trackingNumbers[0] ?? '',
    document_number: order.documentNumber,
    invoice: w.number(order.invoice ? 1 : 0, 'string'),
    email: order.email,
    total: w.number(order.total, 'string'),
    comment: order.comment,
    bill_address: order.bill,
  };
}

/** The same with lines: `orders_with_carts`, and the beginning of a single order. */
export function withCarts(order: StoredOrder, shape: Shape): Record<string, unknown> {
  const w = new Writer(shape);
  return { ...headOf(order, shape), carts: order.lines.map((line) => lineOf(line, w)) };
}

/** Everything there is about one order. */
export function detailOf(order: StoredOrder, shape: Shape): Record<string, unknown> {
  const w = new Writer(shape);
  return {
    ...withCarts(order, shape),
    shipment_address: order.ship,
    pickup_point: order.pickup,
    payments: order.payments.map((payment) => ({
      payment_id: w.number(payment.id, 'number'),
      date: payment.date,
      payment_data: payment.data,
      amount: w.number(payment.amount, 'string'),
      currency: payment.currency,
      status: w.number(payment.status, 'number'),
      name: payment.name,
    })),
    shipments: order.trackingNumbers.map((number, i) => ({
      ordershipment_id: 7_712 + i,
      ordershipment_uuid: `1f0c77d2-30dd-4bb5-9a67-${String(order.id * 10 + i).padStart(12, '0')}`,
      service: 'inpostCourierC2C',
      tracking_number: number,
      tracking_numbers: [{ trackingNumber: number, alternativeTrackingNumber: null, deliveryStatusInternal: 'sent' }],
    })),
    notes: order.notes,
    additional_fields: [...fieldCatalogue].map(([id, { name, type }]) => ({
      field_id: w.number(id, 'number'),
      field_name: name,
      field_value: type === 'text' ? (order.texts.get(id) ?? '') : filesOf(order, id, shape),
    })),
  };
}

function lineOf(line: Line, w: Writer): Record<string, unknown> {
  return {
    id: w.number(line.id, 'number'),
    line_id: w.number(line.id, 'number'),
    product_id: w.number(line.productId, 'number'),
    variant_id: w.number(line.variantId, 'number'),
    name: line.name,
    image: '',
    image_thumb: '',
    quantity: w.number(line.quantity, 'string'),
    price: w.number(line.price, 'string'),
    weight: w.number(line.weight, 'string'),
    ean: line.ean,
    symbol: line.symbol,
    catalog_number: line.catalogNumber,
    signature: line.signature,
    additional_information: line.additionalInformation,
    tax_rate: line.taxRate,
    selected_options: '',
    selected_options_data: line.options.map((option) => ({
      name: option.name,
      prop: option.prop,
      price: w.number('0.00', 'string'),
      option_id: w.number(option.optionId, 'number'),
      variant_id: w.number(option.variantId, 'number'),
    })),
    external_offer_id: line.offerId,
    price_buy: w.number('0.00', 'string'),
    location: '',
    additional_fields: [],
  };
}

function filesOf(order: StoredOrder, fieldId: number, shape: Shape): string | string[] {
  const files = order.files.get(fieldId) ?? [];
  const written = files.map((bytes, i) => {
    const base64 = Buffer.from(bytes).toString('base64');
    if (shape.readBack === 'data-uri') return `data:application/pdf;base64,${base64}`;
    return shape.readBack === 'url' ? `${shape.origin}/files/${order.id}/${fieldId}/${i}-${fileToken(bytes)}.pdf` : base64;
  });
  // Several files in one field: documented as a string, seen as an array of them elsewhere.
  return written.length > 1 ? written : (written[0] ?? '');
}

export function fileToken(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

/** Journal ids are strings in one recorded row and numbers in the next. */
export function logRowOf(row: LogRow, shape: Shape): Record<string, unknown> {
  const w = new Writer({ ...shape, turn: shape.turn + row.id });
  const usual = row.id % 2 === 1 ? 'string' : 'number';
  const orNull = (value: number | null) => (value === null ? null : w.number(value, 'string'));
  return {
    id: w.number(row.id, usual),
    order_id: w.number(row.orderId, usual),
    user_id: orNull(row.userId),
    operation_tag: row.tag,
    object_id: orNull(row.objectId),
    action: row.action,
    date: row.date,
  };
}
