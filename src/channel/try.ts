import { sql } from 'kysely';
import { type Connection, openConnection, readConnection } from '../connections/index.ts';
import { channelSettingsOf } from '../contract/channel.ts';
import type { CauseRef } from '../contract/connector.ts';
import { documentPdf, type RenderPdf } from '../delivery/index.ts';
import type { Context } from '../jobs/index.ts';
import type { Tx } from '../store/index.ts';
import { listSeries, type Who } from '../toissue/index.ts';
import { rehearse } from './rehearse.ts';

/**
 * Trying a setting without changing anything over there: what was chosen is looked for in the channel's own list as it is now, and the
 * last time it really worked is shown beside it.
 */
type Trial = {
  /** `found`, `missing` (chosen once, no longer there), `empty` (nothing chosen), `pdf`, `orders` (with counts). */
  result: 'found' | 'missing' | 'empty' | 'pdf' | 'orders';
  params: Record<string, string>;
  last: { orderNumber: string; status: string; at: string } | null;
  cause: CauseRef | null;
};

const lists: Record<string, string> = {
  errorStatus: 'statuses',
  doneStatus: 'statuses',
  documentField: 'file-fields',
  correctionField: 'file-fields',
  numberField: 'text-fields',
  linkField: 'text-fields',
};
const trialDays = 7;
const trialOrders = 20;

/** Undefined: no such connection, or nothing to try about this setting. `value` is what stands in the form, saved or not. */
export async function trySetting(
  ctx: Context,
  tools: { renderPdf: RenderPdf },
  who: Who,
  connectionId: string,
  setting: string,
  value: string | undefined,
): Promise<Trial | undefined> {
  const connection = await ctx.store.org(who.organizationId, (tx) => readConnection(tx, who.organizationId, connectionId));
  if (!connection || connection.status === 'removed') return undefined;
  const list = Object.hasOwn(lists, setting) ? lists[setting] : undefined;
  if (list) return tryChoice(ctx, who, connection, setting, list, value);
  if (setting === 'savePdf') return tryPdf(ctx, tools, who, connection);
  if (setting === 'autoIssue') return tryOrders(ctx, who, connection);
  return undefined;
}

async function tryChoice(
  ctx: Context,
  who: Who,
  connection: Connection,
  setting: string,
  list: string,
  value: string | undefined,
): Promise<Trial> {
  const chosen = value ?? String(connection.settings[setting] ?? '');
  const last = await ctx.store.org(who.organizationId, (tx) => lastOf(tx, who.organizationId, connection.id, chosen));
  if (chosen === '') return { result: 'empty', params: {}, last: null, cause: null };
  const open = openConnection(ctx, connection, { person: true });
  const found = (await open.session.lookups?.options(list))?.find((o) => o.value === chosen);
  await open.save();
  if (!found) return { result: 'missing', params: { value: chosen }, last, cause: null };
  return { result: 'found', params: { label: found.label, value: chosen }, last, cause: null };
}

/** The last time this field or status was really written to an order. */
async function lastOf(tx: Tx, organizationId: string, connectionId: string, value: string): Promise<Trial['last']> {
  const { rows } = await sql<{
    number: string;
    status: string;
    at: Date;
  }>`select coalesce(o.number, o.external_id) as number, v.status, v.updated_at as at
    from delivery v join document d on d.organization_id = v.organization_id and d.id = v.document_id
      join sales_order o on o.organization_id = d.organization_id and o.id = d.order_id
    where v.organization_id = ${organizationId} and v.connection_id = ${connectionId} and v.way in ('attachment','order')
      and (v.settings->>'target' = ${value} or v.settings->'mark'->>'field' = ${value} or (v.settings->'mark'->>'mark' = 'status' and v.settings->'mark'->>'value' = ${value}))
    order by v.updated_at desc limit 1`.execute(tx);
  const [row] = rows;
  return row ? { orderNumber: row.number, status: row.status, at: row.at.toISOString() } : null;
}

async function tryPdf(ctx: Context, { renderPdf }: { renderPdf: RenderPdf }, who: Who, connection: Connection): Promise<Trial> {
  const { rows } = await ctx.store.org(who.organizationId, (tx) =>
    sql<{
      id: string;
      number: string;
    }>`select d.id, d.number from document d join sales_order o on o.organization_id = d.organization_id and o.id = d.order_id
      where d.organization_id = ${who.organizationId} and o.connection_id = ${connection.id} and d.state = 'issued' and d.number is not null
      order by d.issued_at desc limit 1`.execute(tx),
  );
  const [latest] = rows;
  if (!latest) return { result: 'empty', params: {}, last: null, cause: null };
  const pdf = await documentPdf(ctx, renderPdf, who.organizationId, latest.id);
  if (!pdf) return { result: 'missing', params: { value: latest.number }, last: null, cause: { code: 'ATTACH_NO_PDF' } };
  return { result: 'pdf', params: { number: latest.number, size: `${Math.ceil(pdf.bytes.length / 1024)} kB` }, last: null, cause: null };
}

async function tryOrders(ctx: Context, who: Who, connection: Connection): Promise<Trial> {
  const today = ctx.now().toISOString().slice(0, 10);
  const from = new Date(ctx.now().getTime() - trialDays * 86_400_000).toISOString().slice(0, 10);
  const seen = await rehearse(ctx, who, connection.id, { from, to: today, limit: trialOrders });
  const { issue, held, wait } = seen?.counts ?? { issue: 0, held: 0, wait: 0 };
  return {
    result: 'orders',
    params: { issue: String(issue), held: String(held), wait: String(wait), days: String(trialDays) },
    last: null,
    cause: null,
  };
}

/** Look-up lists of ours that a setting of a channel may name (contract/channel.ts). */
export async function ourOptions(
  tx: Tx,
  connection: Pick<Connection, 'organization_id' | 'settings'>,
  list: string,
): Promise<{ value: string; label: string }[]> {
  if (list !== 'our-series') return [];
  const kind = channelSettingsOf(connection.settings).documentKind ?? 'auto';
  const series = await listSeries(tx, connection.organization_id);
  return series.filter((s) => s.active && (kind === 'auto' || s.kind === kind)).map((s) => ({ value: s.id, label: s.name }));
}
