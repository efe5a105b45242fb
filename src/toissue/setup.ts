import { sql } from 'kysely';
import { type Connection, openConnection, viewOf } from '../connections/index.ts';
import type { Manifest, Mapping, SetupStep } from '../contract/manifest.ts';
import type { Finding } from '../domain/finding.ts';
import type { Context, Who } from '../jobs/index.ts';
import type { Tx } from '../store/index.ts';
import { listMappings } from './mappings.ts';
import { listSeries, type Series, saveSeries, seriesFindings } from './series.ts';

/** The checklist of a connection: what is done, what is missing and what is only waited for, worked out from what is really there. */
type SetupState = 'done' | 'todo' | 'wrong' | 'waiting';
type SetupEntry = { step: SetupStep; state: SetupState; names: string[]; count: number | null; at: string | null };
type NoticesView = {
  url: string;
  secretSet: boolean;
  secretState: 'right' | 'wrong' | 'unknown' | null;
  verifiedAt: string | null;
  firstAt: string | null;
  lastAt: string | null;
  lastEvent: string | null;
  count: number;
};
type Setup = { steps: SetupEntry[]; notices: NoticesView | null };

function stepsOf(manifest: Manifest): SetupStep[] {
  if (manifest.setup) return manifest.setup;
  const transfers = manifest.capabilities.includes('transfer');
  return [
    'key',
    ...(transfers ? (['series', 'complete'] as const) : []),
    ...(manifest.notices ? (['notices', 'verified'] as const) : []),
    ...(manifest.mappings?.some((m) => m.required) ? (['mappings'] as const) : []),
    ...(manifest.notices ? (['event'] as const) : []),
  ];
}

export async function setupOf(tx: Tx, ctx: Context, connection: Connection): Promise<Setup> {
  const manifest = ctx.connectors.get(connection.connector)!.manifest;
  const view = viewOf(ctx, connection);
  const notices = manifest.notices ? await noticesOf(tx, ctx, connection, manifest) : null;
  const own = (await listSeries(tx, connection.organization_id)).filter((s) => s.connection_id === connection.id && s.active);
  const lacking = own.filter((s) => seriesFindings(s, manifest).length > 0);
  const entry = (step: SetupStep, state: SetupState, more: Partial<SetupEntry> = {}): SetupEntry => ({
    step,
    state,
    names: [],
    count: null,
    at: null,
    ...more,
  });
  const states: Record<SetupStep, () => Promise<SetupEntry> | SetupEntry> = {
    key: () => entry('key', connection.status === 'blocked' ? 'wrong' : view.everWorked ? 'done' : 'todo'),
    series: () => entry('series', own.length > 0 ? 'done' : 'todo', { names: own.map((s) => s.name), count: own.length }),
    complete: () =>
      entry('complete', lacking.length > 0 ? 'wrong' : own.length > 0 ? 'done' : 'todo', {
        names: lacking.map((s) => s.name),
        count: lacking.length,
      }),
    notices: () => entry('notices', !manifest.notices?.secret || notices?.secretSet ? 'done' : 'todo'),
    verified: () =>
      entry('verified', notices?.secretState === 'wrong' ? 'wrong' : notices?.verifiedAt ? 'done' : 'todo', {
        at: notices?.verifiedAt ?? null,
      }),
    event: () => entry('event', notices?.firstAt ? 'done' : 'waiting', { at: notices?.lastAt ?? null, count: notices?.count ?? 0 }),
    mappings: async () => {
      const open = await unmapped(tx, connection, manifest, ctx.now());
      return entry('mappings', open.length > 0 ? 'todo' : 'done', { names: open.slice(0, 5), count: open.length });
    },
    channel: async () => {
      const names = await attachingChannels(tx, ctx, connection.organization_id);
      return entry('channel', names.length > 0 ? 'done' : 'waiting', { names });
    },
  };
  const steps: SetupEntry[] = [];
  for (const step of stepsOf(manifest)) steps.push(await states[step]());
  return { steps, notices };
}

async function noticesOf(tx: Tx, ctx: Context, connection: Connection, manifest: Manifest): Promise<NoticesView> {
  const view = viewOf(ctx, connection);
  const row = await tx
    .selectFrom('connection_notice')
    .selectAll()
    .where('organization_id', '=', connection.organization_id)
    .where('connection_id', '=', connection.id)
    .executeTakeFirst();
  return {
    url: view.intakeUrl ?? '',
    secretSet: !manifest.notices?.secret || view.secretsSet.includes(manifest.notices.secret),
    secretState: row?.secret_state ?? null,
    verifiedAt: row?.verified_at?.toISOString() ?? null,
    firstAt: row?.first_at?.toISOString() ?? null,
    lastAt: row?.last_at?.toISOString() ?? null,
    lastEvent: row?.last_event ?? null,
    count: Number(row?.count ?? 0),
  };
}

/** Words that were seen and that nobody has mapped. */
async function unmapped(tx: Tx, connection: Connection, manifest: Manifest, now: Date): Promise<string[]> {
  const open: string[] = [];
  for (const mapping of manifest.mappings ?? [])
    for (const row of await listMappings(tx, connection.organization_id, connection.id, mapping, [], [], now, 1_000))
      if (row.seen && row.value === null && !isOurs(mapping, row.theirs)) open.push(row.theirs);
  return open;
}

function isOurs(mapping: Mapping, theirs: string): boolean {
  return theirs.startsWith('means:') && mapping.ours?.[theirs.slice('means:'.length)] !== undefined;
}

async function attachingChannels(tx: Tx, ctx: Context, organizationId: string): Promise<string[]> {
  const { rows } = await sql<{ name: string; connector: string }>`
    select name, connector from connection where organization_id = ${organizationId} and status = 'active' order by created_at`.execute(tx);
  return rows.filter((r) => ctx.connectors.get(r.connector)?.manifest.capabilities.includes('attach')).map((r) => r.name);
}

/**
 * Gives a connection exactly these series: new ones are taken (those of another connection are refused, with its name), others are let
 * go. One that has no numbers yet goes the way the provider likes best.
 */
export async function assignSeries(
  ctx: Context,
  who: Who,
  connection: Connection,
  wanted: string[],
): Promise<{ findings: Finding[]; series: Series[] }> {
  const manifest = ctx.connectors.get(connection.connector)!.manifest;
  const before = await ctx.store.org(who.organizationId, (tx) => listSeries(tx, who.organizationId));
  const used = await ctx.store.org(who.organizationId, async (tx) => {
    const { rows } = await sql<{ id: string }>`
      select distinct series_id as id from document where organization_id = ${who.organizationId} and series_id is not null
        and (number is not null or state in ('submitted','issued'))`.execute(tx);
    return new Set(rows.map((r) => r.id));
  });
  const findings: Finding[] = [];
  for (const one of before) {
    const takes = wanted.includes(one.id);
    const has = one.connection_id === connection.id;
    if (takes === has) continue;
    const owner = used.has(one.id) ? one.number_owner : (manifest.numberOwners?.[0] ?? one.number_owner);
    const reporter = manifest.reporters?.[0] ?? one.reporter;
    const way = takes
      ? { connectionId: connection.id, numberOwner: owner, reporter }
      : {
          connectionId: null,
          numberOwner: used.has(one.id) ? one.number_owner : ('hub' as const),
          reporter: one.reporter === 'provider' ? ('nobody' as const) : one.reporter,
        };
    const { id, name, kind, pattern, reset } = one;
    const saved = await saveSeries(ctx, who, { id, name, kind, pattern, reset, ...way });
    if ('findings' in saved) findings.push(...saved.findings);
  }
  return { findings, series: await ctx.store.org(who.organizationId, (tx) => listSeries(tx, who.organizationId)) };
}

/** Values of a look-up list as every channel of the organization knows them; a channel that does not answer is left out. */
export async function channelValues(ctx: Context, organizationId: string, lists: string[]): Promise<string[]> {
  const rows = await ctx.store.org(organizationId, (tx) =>
    tx.selectFrom('connection').selectAll().where('organization_id', '=', organizationId).where('status', '=', 'active').execute(),
  );
  const values: string[] = [];
  for (const row of rows) {
    const manifest = ctx.connectors.get(row.connector)?.manifest;
    if (manifest?.role !== 'channel' || !manifest.capabilities.includes('look-up')) continue;
    const open = openConnection(ctx, row, { person: true });
    for (const list of lists) {
      const options = await open.session.lookups?.options(list).catch(() => []);
      values.push(...(options ?? []).map((option) => option.label.trim()).filter(Boolean));
    }
    await open.save();
  }
  return [...new Set(values)];
}
