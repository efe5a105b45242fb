import { channelSettingsOf } from '../../src/contract/channel.ts';
import { type Connector, Failed, type Lookups } from '../../src/contract/connector.ts';
import { type Fields, list, object, text } from '../../src/contract/wire/json.ts';
import { attaches } from './attach.ts';
import { type Client, openClient } from './client.ts';
import { documentSettings, ownDocument } from './made.ts';
import { manifest } from './manifest.ts';
import { pullsOrders } from './pull.ts';

/** BaseLinker: orders come from it, PDFs, numbers and statuses go back to it. */
export const connector: Connector = {
  manifest,
  open: (context) => {
    const client = openClient(context);
    const { readyStatuses = [], cancelledStatuses = [] } = channelSettingsOf(context.settings);
    const documents = documentSettings(context.settings);
    return {
      check: () => check(client),
      pulls: pullsOrders({
        client,
        settings: { readyStatuses, cancelledStatuses },
        documents,
        now: context.now,
      }),
      attaches: attaches(client, documents),
      lookups: lookups(client),
    };
  },
};

async function check(client: Client) {
  try {
    const statuses = list((await client.ask('getOrderStatusList')).statuses);
    const fields = list((await client.ask('getOrderExtraFields')).extra_fields).filter(isFileField);
    const series = list((await client.ask('getSeries')).series).filter(isInvoiceSeries);
    return {
      ok: true,
      facts: [
        { label: 'statuses', value: String(statuses.length) },
        { label: 'fileFields', value: String(fields.length) },
        { label: 'series', value: String(series.length) },
      ],
    };
  } catch (error) {
    if (error instanceof Failed) return { ok: false, facts: [], cause: error.ref };
    throw error;
  }
}

const isFileField = (row: Fields) => text(row.editor_type) === 'file';
const isTextField = (row: Fields) => text(row.editor_type) === 'text';
const isInvoiceSeries = (row: Fields) => text(row.type) === 'INVOICE';

type Options = { value: string; label: string }[];

const lists: Record<string, (client: Client) => Promise<Options>> = {
  statuses: async (client) => options(list((await client.ask('getOrderStatusList')).statuses), 'id'),
  sources: async (client) =>
    Object.entries(object((await client.ask('getOrderSources')).sources)).flatMap(([type, names]) =>
      Object.entries(object(names)).map(([id, name]) => ({ value: `${type}:${id}`, label: text(name, 200) ?? type })),
    ),
  'file-fields': async (client) => [
    { value: ownDocument, label: 'Faktura / paragon w BaseLinkerze' },
    ...options(list((await client.ask('getOrderExtraFields')).extra_fields).filter(isFileField), 'extra_field_id'),
  ],
  'text-fields': async (client) => [
    ...options(list((await client.ask('getOrderExtraFields')).extra_fields).filter(isTextField), 'extra_field_id'),
    { value: 'extra_field_1', label: 'Pole dodatkowe 1' },
    { value: 'extra_field_2', label: 'Pole dodatkowe 2' },
  ],
  'invoice-series': async (client) => options(list((await client.ask('getSeries')).series).filter(isInvoiceSeries), 'id'),
};

function lookups(client: Client): Lookups {
  return { options: async (name) => (Object.hasOwn(lists, name) ? lists[name]!(client) : []) };
}

function options(rows: Fields[], id: string): Options {
  return rows.flatMap((row) => {
    const value = text(row[id], 40);
    const format = text(row.format, 60);
    return value === undefined ? [] : [{ value, label: [text(row.name, 200) ?? value, format && `(${format})`].filter(Boolean).join(' ') }];
  });
}
