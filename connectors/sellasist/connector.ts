import { type ChannelSettings, channelSettingsOf } from '../../src/contract/channel.ts';
import {
  type AttachesDocuments,
  type Attachment,
  type CauseRef,
  type ConnectionContext,
  type Connector,
  Failed,
  type Lookups,
  type OrderMark,
  type Sight,
} from '../../src/contract/connector.ts';
import { type Json, parse, text } from '../../src/contract/wire/json.ts';
import { type Client, openClient } from './client.ts';
import { manifest } from './manifest.ts';
import type { MapperSettings } from './mapper.ts';
import { pullsOrders } from './pull.ts';

/** Sellasist: orders come from it, PDFs, numbers and statuses go back to it. */
export const connector: Connector = {
  manifest,
  open: (context) => {
    const client = openClient(context);
    const lists = listsOf(client, context);
    return {
      check: () => check(lists),
      pulls: pullsOrders({ client, settings: mapperSettings(channelSettingsOf(context.settings)), now: context.now }),
      attaches: attaches(client, context),
      lookups: lookups(lists),
    };
  },
};

function mapperSettings(settings: ChannelSettings): MapperSettings {
  return {
    readyStatuses: settings.readyStatuses ?? [],
    cancelledStatuses: settings.cancelledStatuses ?? [],
    zeroRate: settings.zeroRate ?? 'ask',
    documentKind: settings.documentKind ?? 'auto',
  };
}

/** Statuses cannot be empty in any account, so an empty answer proves nothing (contract §2). */
async function check(read: ReadList) {
  try {
    const statuses = await read('statuses', { fresh: true });
    if (statuses.length === 0) return { ok: false, facts: [], cause: { code: 'account_wrong' } };
    const fields = (await read('orders_fields', { fresh: true })).filter(isFileField);
    return {
      ok: true,
      facts: [
        { label: 'statuses', value: String(statuses.length) },
        { label: 'fileFields', value: String(fields.length) },
      ],
    };
  } catch (error) {
    if (error instanceof Failed) return { ok: false, facts: [], cause: error.ref };
    throw error;
  }
}

type Row = { [key: string]: Json };
const isFileField = (row: Json) => ['saledocument', 'files'].includes(text((row as Row).type) ?? '');
const documentNumber = 'document_number';

type ReadList = (path: string, how?: { fresh: boolean }) => Promise<Json[]>;

const choices: Record<string, (read: ReadList) => Promise<{ value: string; label: string }[]>> = {
  statuses: async (read) => options(await read('statuses'), 'name'),
  payments: async (read) => options(await read('payments'), 'title'),
  shipments: async (read) => options(await read('shipments'), 'title'),
  sources: async (read) => options(await read('sources'), 'name'),
  'file-fields': async (read) => options((await read('orders_fields')).filter(isFileField), 'name'),
  'text-fields': async (read) => [
    { value: documentNumber, label: 'Numer dokumentu (document_number)' },
    ...options(
      (await read('orders_fields')).filter((row) => !isFileField(row)),
      'name',
    ),
  ],
};

function lookups(read: ReadList): Lookups {
  return { options: async (list) => (Object.hasOwn(choices, list) ? choices[list]!(read) : []) };
}

/** Screens ask for the same list several times in a row; what was just made in the panel is to be seen all the same. */
const listKeptMs = 60_000;
const listKeptChars = 20_000;

/** A list that was read within the last minute is not asked for again: each question is one of the account's hundred a minute. */
function listsOf(client: Client, { memory, now }: ConnectionContext): ReadList {
  return async (path, how) => {
    const key = `list ${path}`;
    const kept = parse(memory.get(key) ?? '') as { at?: string; rows?: Json[] } | undefined;
    const ageMs = now().getTime() - Date.parse(kept?.at ?? '');
    if (!how?.fresh && kept?.rows && ageMs >= 0 && ageMs < listKeptMs) return kept.rows;
    const rows = await client.list(path);
    const written = JSON.stringify({ at: now().toISOString(), rows });
    if (written.length <= listKeptChars) memory.set(key, written);
    return rows;
  };
}

function options(rows: Json[], label: string): { value: string; label: string }[] {
  return rows.flatMap((row) => {
    const value = text((row as Row).id, 40);
    return value === undefined ? [] : [{ value, label: text((row as Row)[label], 200) ?? value }];
  });
}

// ---------------------------------------------------------------- files, texts and statuses on the order

type Encoding = 'base64' | 'data-uri';
const remembered = 'fileFieldEncoding';

function attaches(client: Client, context: ConnectionContext): AttachesDocuments {
  const chosen = context.settings.fileFieldEncoding;
  /** What worked before; nobody documents which of the two a field wants (contract §5). */
  const encoding = (): Encoding => {
    const wanted = chosen === 'base64' || chosen === 'data-uri' ? chosen : context.memory.get(remembered);
    return wanted === 'data-uri' ? 'data-uri' : 'base64';
  };
  const order = async (id: string): Promise<Row | Sight> => {
    try {
      const value = await client.one(`orders/${id}`);
      return value === undefined ? { seen: 'refused', cause: { code: 'order_gone' } } : (value as Row);
    } catch (error) {
      if (error instanceof Failed) return { seen: 'unclear', cause: error.ref };
      throw error;
    }
  };
  const isSight = (value: Row | Sight): value is Sight => typeof (value as Sight).seen === 'string' && !('carts' in value);

  return {
    attach: (attachment) => {
      const file = Buffer.from(attachment.pdf).toString('base64');
      const field_value = encoding() === 'data-uri' ? `data:application/pdf;base64,${file}` : file;
      return client.write('PUT', `orders/${attachment.orderExternalId}`, {
        additional_fields: [{ field_id: Number(attachment.target), field_value }],
      });
    },
    async seen(attachment) {
      const found = await order(attachment.orderExternalId);
      if (isSight(found)) return found;
      const values = fieldValues(found, attachment.target);
      if (values.length === 0) return { seen: 'absent' };
      try {
        for (const value of values) if (await isSame(client, value, attachment)) return { seen: 'visible' };
      } catch (error) {
        if (error instanceof Failed) return { seen: 'unclear', cause: error.ref };
        throw error;
      }
      // Stored as something else: the other way of writing it is tried next.
      if (chosen !== 'base64' && chosen !== 'data-uri') context.memory.set(remembered, encoding() === 'base64' ? 'data-uri' : 'base64');
      return { seen: 'absent' };
    },
    mark: (id, mark) =>
      mark.mark === 'note'
        ? client.write('POST', 'notes', { order_id: Number(id), text: mark.value })
        : client.write('PUT', `orders/${id}`, bodyOf(mark)),
    async marked(id, mark) {
      if (mark.mark === 'note') return noted(client, id, mark.value);
      const found = await order(id);
      if (isSight(found)) return found;
      const now =
        mark.mark === 'status'
          ? [text((found.status as Row | undefined)?.id)]
          : mark.field === documentNumber
            ? [text(found.document_number)]
            : fieldValues(found, mark.field);
      return { seen: now.includes(mark.value) ? 'visible' : 'absent' };
    },
  };
}

/** The error status is our affair with the seller: the marketplace is never told (contract §4). */
function bodyOf(mark: Exclude<OrderMark, { mark: 'note' }>): unknown {
  if (mark.mark === 'status') return { status: mark.value, send_status_to_external: false };
  if (mark.field === documentNumber) return { document_number: mark.value };
  return { additional_fields: [{ field_id: Number(mark.field), field_value: mark.value }] };
}

async function noted(client: Client, id: string, note: string): Promise<Sight> {
  try {
    const notes = await client.list(`notes/${id}`);
    return { seen: notes.some((row) => text((row as Row).text, 5000) === note) ? 'visible' : 'absent' };
  } catch (error) {
    if (error instanceof Failed) return { seen: 'unclear', cause: error.ref satisfies CauseRef };
    throw error;
  }
}

/** A field documented as text may come as several (contract §2). */
function fieldValues(order: Row, field: string): string[] {
  const fields = Array.isArray(order.additional_fields) ? (order.additional_fields as Row[]) : [];
  const value = fields.find((f) => text(f.field_id) === field)?.field_value;
  return (Array.isArray(value) ? value : [value]).flatMap((v) => (typeof v === 'string' && v.trim() !== '' ? [v.trim()] : []));
}

async function isSame(client: Client, value: string, { pdf }: Attachment): Promise<boolean> {
  if (/^https?:\/\/|^\//.test(value)) {
    const file = await client.file(value);
    return file !== undefined && samePdf(file, pdf);
  }
  const bare = value.replace(/^data:[\w/+.-]+;base64,/, '');
  return /^[A-Za-z0-9+/\s]+={0,2}$/.test(bare) && samePdf(Buffer.from(bare, 'base64'), pdf);
}

function samePdf(there: Uint8Array, ours: Uint8Array): boolean {
  return (
    there.length === ours.length && Buffer.from(there.subarray(0, 5)).toString('latin1') === '%PDF-' && Buffer.compare(there, ours) === 0
  );
}
