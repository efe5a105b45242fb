import { type Connection, openConnection, readConnection } from '../../connections/index.ts';
import type { Tx } from '../../store/index.ts';
import {
  assignSeries,
  channelValues,
  holdGroups,
  listMappings,
  listSeries,
  proposalFor,
  saveMappings,
  seriesFindings,
  setupOf,
} from '../../toissue/index.ts';
import { sendOnceMore } from '../../transfer/index.ts';
import { notFound, Refusal } from '../problem.ts';
import { type Call, route } from '../route.ts';
import * as s from '../schemas/index.ts';

const tag = 'connections';

async function connectionOf({ ctx, who }: Pick<Call, 'ctx' | 'who'>, id: string): Promise<Connection> {
  const row = await ctx.store.org(who.organizationId, (tx) => readConnection(tx, who.organizationId, id));
  if (!row || row.status === 'removed' || !ctx.connectors.has(row.connector)) throw notFound('a connection of this id');
  return row;
}

async function setupAnswer(call: Pick<Call, 'ctx' | 'who'>, connection: Connection): Promise<s.Setup> {
  const { ctx, who } = call;
  return ctx.store.org(who.organizationId, async (tx) => ({
    ...(await setupOf(tx, ctx, connection)),
    series: await seriesFor(tx, call, connection),
  }));
}

async function seriesFor(tx: Tx, { ctx, who }: Pick<Call, 'ctx' | 'who'>, connection: Connection): Promise<s.Setup['series']> {
  const manifest = ctx.connectors.get(connection.connector)!.manifest;
  const all = (await listSeries(tx, who.organizationId)).filter((one) => one.active && manifest.documentKinds?.includes(one.kind));
  const owners = await tx
    .selectFrom('connection')
    .select(['id', 'name', 'status'])
    .where('organization_id', '=', who.organizationId)
    .execute();
  return all.map((one) => {
    const mine = one.connection_id === connection.id;
    const owner = mine ? undefined : owners.find((o) => o.id === one.connection_id && o.status !== 'removed');
    return {
      id: one.id,
      name: one.name,
      kind: one.kind,
      connectionId: one.connection_id,
      owner: owner?.name ?? null,
      findings: mine ? seriesFindings(one, manifest) : [],
    };
  });
}

function mappingOf(ctx: Call['ctx'], connection: Connection, what: string) {
  const mapping = ctx.connectors.get(connection.connector)!.manifest.mappings?.find((m) => m.what === what);
  if (!mapping) throw new Refusal(422, 'no-mapping', 'This connector maps nothing of that kind.');
  return mapping;
}

async function optionsOf(ctx: Call['ctx'], connection: Connection, list: string): Promise<{ value: string; label: string }[]> {
  const open = openConnection(ctx, connection, { person: true });
  const options = (await open.session.lookups?.options(list)) ?? [];
  await open.save();
  return options;
}

export const providerRoutes = [
  route({
    method: 'GET',
    url: '/connections/:id/setup',
    needs: 'connections',
    tag,
    summary: 'The checklist of a connection with its live state, the address for notices, and the series that could go this way',
    params: s.idParams,
    answer: s.setupSchema,
    handler: async (call) => setupAnswer(call, await connectionOf(call, call.params.id)),
  }),
  route({
    method: 'PUT',
    url: '/connections/:id/series',
    needs: 'connections',
    tag,
    summary: 'Give the connection exactly these series; one that belongs to another is refused with its name',
    params: s.idParams,
    body: s.setupSeriesInput,
    answer: s.setupSchema,
    handler: async (call) => {
      const connection = await connectionOf(call, call.params.id);
      const { findings } = await assignSeries(call.ctx, call.who, connection, call.body.ids);
      if (findings.length > 0) throw new Refusal(422, 'refused', 'Not every series could be given to this connection.', findings);
      return setupAnswer(call, connection);
    },
  }),
  route({
    method: 'GET',
    url: '/connections/:id/mappings',
    needs: 'connections',
    tag,
    summary: 'Words of the channels beside the provider’s, with proposals by name and what is held for each',
    params: s.idParams,
    query: s.mappingsQuery,
    answer: s.mappingsSchema,
    handler: async ({ ctx, who, params, query }) => {
      const connection = await connectionOf({ ctx, who }, params.id);
      const mapping = mappingOf(ctx, connection, query.what);
      const options = await optionsOf(ctx, connection, mapping.list);
      const offered = await channelValues(ctx, who.organizationId, mapping.channelLists);
      const rows = await ctx.store.org(who.organizationId, (tx) =>
        listMappings(tx, who.organizationId, connection.id, mapping, options, offered, ctx.now()),
      );
      return { what: mapping.what, options, rows };
    },
  }),
  route({
    method: 'PUT',
    url: '/connections/:id/mappings',
    needs: 'connections',
    tag,
    summary: 'Map words; documents that were held for them are judged anew and go on',
    params: s.idParams,
    body: s.mappingsInput,
    answer: s.doneSchema,
    handler: async ({ ctx, who, params, body }) => {
      const connection = await connectionOf({ ctx, who }, params.id);
      const mapping = mappingOf(ctx, connection, body.what);
      const options = await optionsOf(ctx, connection, mapping.list);
      const wrong = Object.values(body.values).find((value) => value !== null && !options.some((option) => option.value === value));
      if (wrong) throw new Refusal(422, 'refused', `The provider has no value “${wrong}” in this list.`);
      await ctx.store.org(who.organizationId, (tx) => saveMappings(tx, ctx, who, connection.id, mapping.what, body.values));
      return { ok: true as const };
    },
  }),
  route({
    method: 'GET',
    url: '/documents/:id/correction-proposal',
    needs: 'read',
    tag: 'documents',
    summary: 'The rows a correction starts from (the last correction’s, if there is one) and what the order suggests since',
    params: s.idParams,
    answer: s.correctionProposalSchema,
    handler: async ({ ctx, who, params }) => {
      const found = await proposalFor(ctx, who, params.id);
      if (!found) throw notFound('an issued document of this id');
      return found;
    },
  }),
  route({
    method: 'GET',
    url: '/holds',
    needs: 'read',
    tag: 'documents',
    summary: 'What holds the queue, grouped by reason: one thing to mend and how many documents wait for it',
    answer: s.holdGroupsSchema,
    handler: async ({ ctx, who }) => ({ items: await ctx.store.org(who.organizationId, (tx) => holdGroups(tx, who.organizationId)) }),
  }),
  route({
    method: 'POST',
    url: '/transfers/:id/once-more',
    needs: 'send',
    tag: 'causes',
    summary: 'Not found at the provider after an answer was lost: send it once more; it is looked for a last time right before',
    params: s.idParams,
    answer: s.doneSchema,
    handler: async ({ ctx, who, params }) => {
      if (!(await sendOnceMore(ctx, who, params.id))) throw notFound('a transfer that waits for this word');
      return { ok: true as const };
    },
  }),
];
