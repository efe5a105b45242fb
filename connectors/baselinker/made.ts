import type { ChannelSettings } from '../../src/contract/channel.ts';
import { Failed } from '../../src/contract/connector.ts';
import type { Fields, Json } from '../../src/contract/wire/json.ts';
import { list, text } from '../../src/contract/wire/json.ts';
import type { Client } from './client.ts';
import { idOf, type MadeThere } from './mapper.ts';

/**
 * Invoices, corrections and receipts that BaseLinker has of its own (contract §4): which of them are documents of the sale, so that
 * nobody makes a second one, and which only carry ours.
 */
export const ownDocument = 'document';

export type DocumentSettings = {
  /** Documents over there are only carriers of ours. */
  carriers: boolean;
  /** Where the order has none, an invoice of this series is made there to carry ours. */
  carrierSeries?: string;
};

export function documentSettings(settings: Record<string, unknown>): DocumentSettings {
  const { documentField, correctionField } = settings as ChannelSettings;
  const carrierSeries = text(settings.carrierSeries as Json, 40);
  const said = settings.theirDocuments;
  // Whoever has our PDFs put on documents over there means them as carriers, unless they say otherwise.
  const placed = documentField === ownDocument || correctionField === ownDocument;
  return { carriers: said === 'carriers' || (said !== 'documents' && placed), ...(carrierSeries && { carrierSeries }) };
}

const pageSize = 100;
/** More orders than that are not asked about one by one. */
const singly = 10;

/** An invoice that went to the authority is a document, whatever it is called here (contract §5). */
export function isInKsef(invoice: Fields): boolean {
  return text(invoice.gov_id) !== undefined && text(invoice.gov_status) !== '3';
}

const isCarrier = (invoice: Fields, settings: DocumentSettings) =>
  !isInKsef(invoice) && (settings.carriers || (settings.carrierSeries !== undefined && text(invoice.series_id) === settings.carrierSeries));

/** Under the number that people see: a file of ours on it has ours. */
function rowOf(kind: 'invoice' | 'receipt', row: Fields): MadeThere[number] {
  if (kind === 'receipt') {
    const number = text(row.external_receipt_number, 100) ?? text(row.receipt_full_nr, 100);
    return { kind: 'receipt', id: idOf(row.receipt_id) ?? '', ...(number && { number }) };
  }
  const number = text(row.external_invoice_number, 100) ?? text(row.number, 100);
  const correcting = text(row.type) === 'correcting';
  return { kind: correcting ? 'correction' : 'invoice', id: idOf(row.invoice_id) ?? '', ...(number && { number }) };
}

export function invoicesOf(client: Client, order: string): Promise<Fields[]> {
  return client.ask('getInvoices', { order_id: Number(order), get_external_invoices: true, get_government_data: true }).then(
    // Foreign rows would be a wrong answer: what is asked for by order must be of that order.
    (answer) => list(answer.invoices).filter((row) => idOf(row.order_id) === order),
  );
}

export async function receiptOf(client: Client, order: string): Promise<Fields | undefined> {
  try {
    const answer = await client.ask('getReceipt', { order_id: Number(order) });
    return idOf(answer.receipt_id) ? answer : undefined;
  } catch (error) {
    // That an order has no receipt is said by an error whose code nobody has listed (contract §1.2: rejected, for the read of one object).
    if (error instanceof Failed && (error.ref.code === 'refused' || error.ref.code === 'order_gone')) return undefined;
    throw error;
  }
}

/** What is known about documents over there during one run. */
export class MadeOverThere {
  readonly #client: Client;
  readonly #settings: DocumentSettings;
  readonly #from: number;
  #first: Promise<{ rows: Map<string, MadeThere>; whole: boolean }> | undefined;
  #all: Promise<Map<string, MadeThere>> | undefined;

  /** `from`: unix seconds; a document is never older than its order. */
  constructor(client: Client, settings: DocumentSettings, from: number) {
    this.#client = client;
    this.#settings = settings;
    this.#from = from;
  }

  /** Documents of the sale by order; an order without any is not in it. */
  async of(orders: string[]): Promise<ReadonlyMap<string, MadeThere>> {
    if (orders.length === 0) return new Map();
    this.#first ??= this.#lists(1);
    const first = await this.#first;
    if (first.whole) return first.rows;
    if (this.#all || orders.length > singly) {
      this.#all ??= this.#lists(Number.POSITIVE_INFINITY).then(({ rows }) => rows);
      return this.#all;
    }
    const found = new Map<string, MadeThere>();
    for (const order of orders) found.set(order, await this.ofOne(order));
    return found;
  }

  /** Asked for by itself. */
  async ofOne(order: string): Promise<MadeThere> {
    const invoices = (await invoicesOf(this.#client, order)).filter((row) => !isCarrier(row, this.#settings));
    const receipt = this.#settings.carriers ? undefined : await receiptOf(this.#client, order);
    return [...invoices.map((row) => rowOf('invoice', row)), ...(receipt ? [rowOf('receipt', receipt)] : [])];
  }

  async #lists(pages: number): Promise<{ rows: Map<string, MadeThere>; whole: boolean }> {
    const rows = new Map<string, MadeThere>();
    const take = (kind: 'invoice' | 'receipt', row: Fields) => {
      const order = idOf(row.order_id);
      if (order && !(kind === 'invoice' && isCarrier(row, this.#settings))) rows.set(order, [...(rows.get(order) ?? []), rowOf(kind, row)]);
    };
    const invoices = await this.#pages('getInvoices', 'invoices', 'invoice_id', pages, (row) => take('invoice', row));
    const receipts =
      this.#settings.carriers || (await this.#pages('getReceipts', 'receipts', 'receipt_id', pages, (row) => take('receipt', row)));
    return { rows, whole: invoices && receipts };
  }

  /** True when the last page was read. */
  async #pages(method: string, name: string, id: string, pages: number, take: (row: Fields) => void): Promise<boolean> {
    const more = method === 'getInvoices' ? { get_external_invoices: true, get_government_data: true } : {};
    let from = 0;
    for (let page = 0; page < pages; page++) {
      const answer = await this.#client.ask(method, { date_from: this.#from, ...(from > 0 && { id_from: from }), ...more });
      const rows = list(answer[name]);
      for (const row of rows) take(row);
      const last = Math.max(0, ...rows.map((row) => Number(idOf(row[id]) ?? 0)));
      if (rows.length < pageSize || last < from) return true;
      from = last + 1;
    }
    return false;
  }
}
