import { plansConnectorId } from '../../billing/index.ts';
import { ourOptions, pullNow } from '../../channel/index.ts';
import {
  type ConnectionView,
  checkConnection,
  listConnections,
  missingSecrets,
  openConnection,
  readConnection,
  saveConnection,
  setConnectionStatus,
  viewOf,
} from '../../connections/index.ts';
import { causeOf } from '../../diagnosis/index.ts';
import { withoutNulls } from '../../toissue/index.ts';
import { resumeConnection, tryHeldSeries } from '../../transfer/index.ts';
import { notFound, Refusal } from '../problem.ts';
import { type Call, route } from '../route.ts';
import * as s from '../schemas/index.ts';
import { told } from './channel.ts';

const tag = 'connections';

async function viewWithCause({ ctx, who }: Call, view: ConnectionView): Promise<s.Connection> {
  const cards = await ctx.store.org(who.organizationId, (tx) =>
    tx
      .selectFrom('cause_case')
      .select(['id', 'code', 'params'])
      .where('organization_id', '=', who.organizationId)
      .where('connection_id', '=', view.id)
      .where('closed_at', 'is', null)
      .orderBy('opened_at')
      .limit(100)
      .execute(),
  );
  // What stops single documents stops no connection: it stands with them and among the causes.
  const open = cards.find((card) => causeOf(ctx, view.connector, card.code).stops !== 'document');
  return {
    id: view.id,
    connector: view.connector,
    name: view.name,
    status: view.status,
    baseUrl: view.baseUrl,
    settings: view.settings,
    secrets: view.secretsSet,
    everWorked: view.everWorked,
    intakeUrl: view.intakeUrl ?? null,
    blockedBy: open ? { causeId: open.id, code: open.code, params: open.params } : null,
    createdAt: view.createdAt,
  };
}

async function viewById(call: Call, id: string): Promise<s.Connection> {
  const row = await call.ctx.store.org(call.who.organizationId, (tx) => readConnection(tx, call.who.organizationId, id));
  if (!row || row.status === 'removed') throw notFound('a connection of this id');
  return viewWithCause(call, viewOf(call.ctx, row));
}

/** After a key was lost its credentials are typed again, before anything is called with none. */
function mustHaveSecrets(ctx: Call['ctx'], { connector, secrets }: s.Connection): void {
  const missing = missingSecrets(ctx, connector, secrets);
  if (missing.length > 0) throw new Refusal(422, 'refused', 'The connection has no credentials: type them again first.', missing);
}

/** The operator's channel of plans is nothing anybody connects. */
const offered = (ctx: Call['ctx']) => [...ctx.connectors.values()].filter(({ manifest }) => manifest.id !== plansConnectorId);

const connectors = [
  route({
    method: 'GET',
    url: '/connectors',
    needs: 'read',
    tag,
    summary: 'What can be connected: capabilities, settings form, causes with their words',
    answer: s.connectorsSchema,
    handler: async ({ ctx }) => ({
      items: offered(ctx).map(({ manifest: m }) => ({
        id: m.id,
        name: m.name,
        title: m.title ?? null,
        role: m.role,
        countries: m.countries,
        capabilities: m.capabilities,
        documentKinds: m.documentKinds ?? [],
        numberOwners: m.numberOwners ?? [],
        reporters: m.reporters ?? [],
        defaultBaseUrl: m.defaultBaseUrl ?? null,
        settings: m.settings,
        seriesFields: m.seriesFields ?? [],
        setup: {
          addresses: m.addresses ?? [],
          mappings: (m.mappings ?? []).map(({ what, label, about, required }) => ({ what, label, about, required })),
          notices: m.notices ? { secret: m.notices.secret, page: m.notices.page, steps: m.notices.steps, boxes: m.notices.boxes } : null,
        },
        causes: m.causes,
        facts: m.facts ?? {},
        about: m.about,
      })),
    }),
  }),
];

const connections = [
  route({
    method: 'GET',
    url: '/connections',
    needs: 'read',
    tag,
    summary: 'Connections of the organization; secrets by name only',
    answer: s.connectionsSchema,
    handler: async (call) => {
      const rows = await call.ctx.store.org(call.who.organizationId, (tx) => listConnections(tx, call.who.organizationId));
      const items: s.Connection[] = [];
      for (const row of rows) if (call.ctx.connectors.has(row.connector)) items.push(await viewWithCause(call, viewOf(call.ctx, row)));
      return { items };
    },
  }),
  route({
    method: 'GET',
    url: '/connections/:id',
    needs: 'read',
    tag,
    summary: 'One connection',
    params: s.idParams,
    answer: s.connectionSchema,
    handler: async (call) => viewById(call, call.params.id),
  }),
  route({
    method: 'POST',
    url: '/connections',
    needs: 'connections',
    tag,
    summary: 'Connect an outside system',
    body: s.connectionInput,
    answer: s.connectionSchema,
    status: 201,
    handler: async (call) => {
      const saved = await saveConnection(call.ctx, call.who, call.body);
      if ('findings' in saved) throw new Refusal(422, 'refused', 'The connection was not made.', saved.findings);
      await pullNow(call.ctx, call.who, saved.connection.id);
      return viewWithCause(call, saved.connection);
    },
  }),
  route({
    method: 'PATCH',
    url: '/connections/:id',
    needs: 'connections',
    tag,
    summary: 'Change a connection; what is not named stays, null takes a setting away, or back to its default where it has one',
    params: s.idParams,
    body: s.connectionPatch,
    answer: s.connectionSchema,
    handler: async (call) => {
      const before = await viewById(call, call.params.id);
      const { name, baseUrl, settings, secrets } = call.body;
      const saved = await saveConnection(
        call.ctx,
        call.who,
        {
          connector: before.connector,
          name: name ?? before.name,
          baseUrl,
          settings: withoutNulls({ ...before.settings, ...settings }),
          secrets,
        },
        call.params.id,
      );
      if ('findings' in saved) throw new Refusal(422, 'refused', 'The connection stays as it was.', saved.findings);
      // A new key is tried with what waits: when it is right, everything goes on by itself.
      if (before.status === 'blocked' && Object.keys(secrets ?? {}).length > 0)
        await resumeConnection(call.ctx, call.who.organizationId, call.who.actor, call.params.id, 'all');
      else if (settings) await tryHeldSeries(call.ctx, call.who, call.params.id);
      return viewWithCause(call, saved.connection);
    },
  }),
  route({
    method: 'DELETE',
    url: '/connections/:id',
    needs: 'connections',
    tag,
    summary: 'Remove a connection and its secrets; what it did stays',
    params: s.idParams,
    answer: s.doneSchema,
    handler: async ({ ctx, who, params }) => {
      if (!(await setConnectionStatus(ctx, who, params.id, 'removed'))) throw notFound('a connection of this id');
      return { ok: true as const };
    },
  }),
  route({
    method: 'POST',
    url: '/connections/:id/check',
    needs: 'connections',
    tag,
    summary: 'Ask the outside system whether the connection works',
    params: s.idParams,
    answer: s.connectionCheckAnswer,
    handler: async (call) => {
      const { ctx, who, params } = call;
      mustHaveSecrets(ctx, await viewById(call, params.id));
      const result = await checkConnection(ctx, who, params.id);
      if (!result) throw notFound('a connection of this id');
      return { ok: result.ok, facts: result.facts, cause: result.cause ?? null };
    },
  }),
  route({
    method: 'POST',
    url: '/connections/:id/pause',
    needs: 'connections',
    tag,
    summary: 'Make no calls until resumed; what is due waits',
    params: s.idParams,
    answer: s.connectionSchema,
    handler: async (call) => {
      if (!(await setConnectionStatus(call.ctx, call.who, call.params.id, 'paused'))) throw notFound('a connection of this id');
      return viewById(call, call.params.id);
    },
  }),
  route({
    method: 'POST',
    url: '/connections/:id/resume',
    needs: 'edit',
    tag,
    summary: 'Go on: after a pause, or after its cause was mended',
    params: s.idParams,
    body: s.resumeInput,
    answer: s.connectionSchema,
    handler: async (call) => {
      const paused = await viewById(call, call.params.id);
      mustHaveSecrets(call.ctx, paused);
      if (paused.status === 'paused') await setConnectionStatus(call.ctx, call.who, call.params.id, 'active');
      await resumeConnection(call.ctx, call.who.organizationId, call.who.actor, call.params.id, call.body.mode);
      return viewById(call, call.params.id);
    },
  }),
  route({
    method: 'GET',
    url: '/connections/:id/options/:list',
    needs: 'connections',
    tag,
    summary: 'Values of a look-up list of the outside system (series, payment methods, VAT rates)',
    params: s.connectionLookupParams,
    answer: s.lookupSchema,
    handler: async ({ ctx, who, params }) => {
      const row = await ctx.store.org(who.organizationId, (tx) => readConnection(tx, who.organizationId, params.id));
      if (!row || row.status === 'removed') throw notFound('a connection of this id');
      if (params.list.startsWith('our-'))
        return { items: await ctx.store.org(who.organizationId, (tx) => ourOptions(tx, row, params.list)) };
      const open = openConnection(ctx, row, { person: true });
      if (!open.session.lookups) throw new Refusal(422, 'no-lists', 'This connector has no look-up lists.');
      const items = await told(open.session.lookups.options(params.list));
      await open.save();
      return { items };
    },
  }),
];

export const connectionRoutes = [...connectors, ...connections];
