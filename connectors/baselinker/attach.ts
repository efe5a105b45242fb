import {
  type AttachesDocuments,
  type Attachment,
  type CauseRef,
  Failed,
  type OrderMark,
  type Outcome,
  type Sight,
} from '../../src/contract/connector.ts';
import type { Fields } from '../../src/contract/wire/json.ts';
import { list, object, text } from '../../src/contract/wire/json.ts';
import type { Client, Written } from './client.ts';
import { type DocumentSettings, invoicesOf, isInKsef, ownDocument, receiptOf } from './made.ts';
import { idOf, orderId } from './mapper.ts';

/**
 * PDFs, numbers and statuses on the order (contract §5). A PDF goes into an extra field of type file, or onto BaseLinker's own document:
 *
 *   its document ── one that carries our number ──────> the file once more
 *                ── one that carries nothing ─────────> the file and our number
 *                ── none, and a series is allowed ────> addInvoice once, then as above
 *                ── none ─────────────────────────────> BL_NO_INVOICE
 *
 * `addInvoice` carries no reference of ours. It is called only after a reading showed none, and never again before the next reading:
 * after a lost answer the engine looks, and what was made is found here as the one that carries nothing.
 */
const numberLimit = 30;
const receiptNumberLimit = 20;
const commentLimit = 200;
/** Limits of text fields; how long a text of an extra field may be is not documented. */
const textLimits: Record<string, number> = { extra_field_1: 50, extra_field_2: 50 };

export function attaches(client: Client, settings: DocumentSettings): AttachesDocuments {
  return {
    attach: (attachment) => (attachment.target === ownDocument ? onDocument(client, settings, attachment) : inField(client, attachment)),
    seen: (attachment) =>
      answering(() => (attachment.target === ownDocument ? seenOnDocument(client, attachment) : seenInField(client, attachment))),
    mark: (order, mark) => marking(client, order, mark),
    marked: (order, mark) => answering(() => marked(client, order, mark)),
  };
}

const shortNumber = ({ number, kind }: Attachment) => [...number].slice(0, kind === 'receipt' ? receiptNumberLimit : numberLimit).join('');
const dataOf = (pdf: Uint8Array) => `data:${Buffer.from(pdf).toString('base64')}`;

async function answering(look: () => Promise<Sight>): Promise<Sight> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof Failed) return { seen: 'unclear', cause: error.ref };
    throw error;
  }
}

/** A refusal whose code nobody has listed counts only when a look shows that nothing was changed (contract §1.2). */
async function outcomeOf(written: Written, order: string, look: () => Promise<Sight>): Promise<Outcome> {
  if ('done' in written) return { outcome: 'accepted', made: { providerId: order } };
  if ('lost' in written) return { outcome: 'unknown', cause: written.lost };
  if (written.sure) return { outcome: 'rejected', cause: written.refused };
  const sight = await answering(look);
  if (sight.seen === 'visible') return { outcome: 'accepted', made: { providerId: order }, adopted: true };
  return sight.seen === 'absent' || sight.seen === 'refused'
    ? { outcome: 'rejected', cause: written.refused }
    : { outcome: 'unknown', cause: written.refused };
}

async function orderOf(client: Client, id: string): Promise<Fields | undefined> {
  const answer = await client.ask('getOrders', { order_id: Number(id), get_unconfirmed_orders: true, include_custom_extra_fields: true });
  return list(answer.orders).find((row) => orderId(row) === id);
}

const gone: Sight = { seen: 'refused', cause: { code: 'order_gone' } };

// ---------------------------------------------------------------- extra field

async function inField(client: Client, attachment: Attachment): Promise<Outcome> {
  const { orderExternalId: order, target, fileName, pdf } = attachment;
  const written = await client.write('setOrderFields', {
    order_id: Number(order),
    custom_extra_fields: { [target]: { title: fileName, file: dataOf(pdf) } },
  });
  return outcomeOf(written, order, () => seenInField(client, attachment));
}

/** The title is what the service gives back; the bytes are compared where it keeps the file itself. */
async function seenInField(client: Client, { orderExternalId, target, fileName, pdf }: Attachment): Promise<Sight> {
  const found = await orderOf(client, orderExternalId);
  if (!found) return gone;
  const value = object(object(found.custom_extra_fields)[target]);
  if (text(value.title) !== fileName) return { seen: 'absent' };
  const file = text(value.url, 2000) === undefined ? undefined : await client.file(text(value.url, 2000)!);
  return { seen: file === undefined || Buffer.compare(file, pdf) === 0 ? 'visible' : 'absent' };
}

// ---------------------------------------------------------------- BaseLinker's own document

const externalNumber = (row: Fields) => text(row.external_invoice_number, 100) ?? '';

/** The one that carries our number; else the one that carries nothing, of the series for it where there are several. */
function carrierOf(rows: Fields[], attachment: Attachment, settings: DocumentSettings): Fields | 'none' | 'unclear' {
  const ofKind = rows.filter((row) => (text(row.type) === 'correcting') === (attachment.kind === 'correction'));
  const ours = ofKind.find((row) => externalNumber(row) === shortNumber(attachment));
  if (ours) return ours;
  const free = ofKind.filter((row) => externalNumber(row) === '');
  if (free.length <= 1) return free[0] ?? 'none';
  const ofSeries = free.filter((row) => text(row.series_id) === settings.carrierSeries);
  return ofSeries.length === 1 ? ofSeries[0]! : 'unclear';
}

async function onDocument(client: Client, settings: DocumentSettings, attachment: Attachment): Promise<Outcome> {
  if (attachment.kind === 'receipt') return onReceipt(client, attachment);
  const order = attachment.orderExternalId;
  try {
    const carrier = carrierOf(await invoicesOf(client, order), attachment, settings);
    if (carrier === 'unclear') return { outcome: 'rejected', cause: { code: 'invoice_unclear' } };
    if (carrier !== 'none') return await fileOn(client, carrier, attachment);
    // Documents of an order that is gone are an empty list too.
    if (!(await orderOf(client, order))) return { outcome: 'rejected', cause: { code: 'order_gone' } };
    if (attachment.kind === 'correction') return { outcome: 'rejected', cause: { code: 'no_correction' } };
    if (settings.carrierSeries === undefined) return { outcome: 'rejected', cause: { code: 'BL_NO_INVOICE' } };
  } catch (error) {
    // Nothing but readings until here.
    if (error instanceof Failed) return { outcome: 'unknown', cause: error.ref };
    throw error;
  }
  return makeCarrier(client, settings, attachment);
}

async function makeCarrier(client: Client, settings: DocumentSettings, attachment: Attachment): Promise<Outcome> {
  const order = attachment.orderExternalId;
  const written = await client.write('addInvoice', {
    order_id: Number(order),
    series_id: Number(settings.carrierSeries),
    vat_rate: 'ITEM',
  });
  if ('lost' in written) return { outcome: 'unknown', cause: written.lost };
  const made = 'done' in written ? idOf(written.done.invoice_id) : undefined;
  if (made) return fileOn(client, { invoice_id: made }, attachment);
  const refused: CauseRef | undefined = 'refused' in written ? written.refused : undefined;
  try {
    // Of a refusal it is read whether something is there after all.
    const carrier = carrierOf(await invoicesOf(client, order), attachment, settings);
    if (typeof carrier === 'object') return await fileOn(client, carrier, attachment);
    if (refused) return { outcome: 'rejected', cause: { ...refused, code: refused.code === 'refused' ? 'carrier_refused' : refused.code } };
    return { outcome: 'unknown', cause: { code: 'no_answer' } };
  } catch (error) {
    if (error instanceof Failed) return { outcome: 'unknown', cause: error.ref };
    throw error;
  }
}

async function fileOn(client: Client, invoice: Fields, attachment: Attachment): Promise<Outcome> {
  if (isInKsef(invoice)) return { outcome: 'rejected', cause: { code: 'in_ksef', params: { number: text(invoice.gov_id, 60) ?? '' } } };
  const written = await client.write('addOrderInvoiceFile', {
    invoice_id: Number(idOf(invoice.invoice_id)),
    file: dataOf(attachment.pdf),
    external_invoice_number: shortNumber(attachment),
  });
  return outcomeOf(written, attachment.orderExternalId, () => seenOnDocument(client, attachment));
}

/** Ours when it carries our number and, where the service gives the attached file back, our very bytes. */
async function seenOnDocument(client: Client, attachment: Attachment): Promise<Sight> {
  if (attachment.kind === 'receipt') return seenOnReceipt(client, attachment);
  const rows = await invoicesOf(client, attachment.orderExternalId);
  const number = shortNumber(attachment);
  const row = rows.find((one) => externalNumber(one) === number);
  if (!row) return absentOn(client, attachment);
  const answer = await client.ask('getInvoiceFile', { invoice_id: Number(idOf(row.invoice_id)), get_external: true });
  const file = Buffer.from(
    (typeof answer.invoice === 'string' ? answer.invoice : '').replace(/^data:(?:[\w/.+-]+;base64,)?/, ''),
    'base64',
  );
  // Its own print comes back where attached files are not given out; then the number is the proof (contract §5).
  const given = text(answer.invoice_number, 100) === number;
  return { seen: !given || Buffer.compare(file, attachment.pdf) === 0 ? 'visible' : 'absent' };
}

/** Not there, unless the order itself is not. */
async function absentOn(client: Client, { orderExternalId }: Attachment): Promise<Sight> {
  return (await orderOf(client, orderExternalId)) ? { seen: 'absent' } : gone;
}

/** A receipt is never made over there for our sake: it would come out of the fiscal printer. */
async function onReceipt(client: Client, attachment: Attachment): Promise<Outcome> {
  const order = attachment.orderExternalId;
  let receipt: Fields | undefined;
  try {
    receipt = await receiptOf(client, order);
  } catch (error) {
    if (error instanceof Failed) return { outcome: 'unknown', cause: error.ref };
    throw error;
  }
  if (!receipt) return { outcome: 'rejected', cause: { code: 'no_receipt' } };
  const written = await client.write('addOrderReceiptFile', {
    receipt_id: Number(idOf(receipt.receipt_id)),
    file: dataOf(attachment.pdf),
    external_receipt_number: shortNumber(attachment),
  });
  // The number may not be given back (contract §4 lists none): then the yes is what there is.
  if ('done' in written) return { outcome: 'pending', lookAgainMs: 0, ticket: 'taken' };
  return outcomeOf(written, order, () => seenOnReceipt(client, attachment));
}

async function seenOnReceipt(client: Client, attachment: Attachment): Promise<Sight> {
  const receipt = await receiptOf(client, attachment.orderExternalId);
  if (!receipt) return absentOn(client, attachment);
  if (!('external_receipt_number' in receipt)) return { seen: attachment.ticket === 'taken' ? 'visible' : 'absent' };
  return { seen: text(receipt.external_receipt_number, 100) === shortNumber(attachment) ? 'visible' : 'absent' };
}

// ---------------------------------------------------------------- status, texts, notes

async function marking(client: Client, order: string, mark: OrderMark): Promise<Outcome> {
  const again = () => marked(client, order, mark);
  if (mark.mark === 'status') {
    const written = await client.write('setOrderStatus', { order_id: Number(order), status_id: Number(mark.value) });
    return outcomeOf(written, order, again);
  }
  if (mark.mark === 'text') {
    const limit = textLimits[mark.field];
    if (limit !== undefined && [...mark.value].length > limit)
      return { outcome: 'rejected', cause: { code: 'text_too_long', params: { limit: String(limit) } } };
    const field = limit === undefined ? { custom_extra_fields: { [mark.field]: mark.value } } : { [mark.field]: mark.value };
    return outcomeOf(await client.write('setOrderFields', { order_id: Number(order), ...field }), order, again);
  }
  try {
    const found = await orderOf(client, order);
    if (!found) return { outcome: 'rejected', cause: { code: 'order_gone' } };
    // The seller's own words stay.
    const before = typeof found.admin_comments === 'string' ? found.admin_comments.trimEnd() : '';
    const comments = before === '' ? mark.value : `${before}\n${mark.value}`;
    if ([...comments].length > commentLimit)
      return { outcome: 'rejected', cause: { code: 'text_too_long', params: { limit: String(commentLimit) } } };
    return outcomeOf(await client.write('setOrderFields', { order_id: Number(order), admin_comments: comments }), order, again);
  } catch (error) {
    if (error instanceof Failed) return { outcome: 'unknown', cause: error.ref };
    throw error;
  }
}

async function marked(client: Client, order: string, mark: OrderMark): Promise<Sight> {
  const found = await orderOf(client, order);
  if (!found) return gone;
  if (mark.mark === 'note') {
    const comments = typeof found.admin_comments === 'string' ? found.admin_comments : '';
    return { seen: comments.includes(mark.value) ? 'visible' : 'absent' };
  }
  const now =
    mark.mark === 'status'
      ? text(found.order_status_id)
      : Object.hasOwn(textLimits, mark.field)
        ? text(found[mark.field])
        : text(object(found.custom_extra_fields)[mark.field]);
  return { seen: now === text(mark.value) ? 'visible' : 'absent' };
}
