import { randomBytes } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import { isCallable } from '../../connections/index.ts';
import { announce, audit, newId, oneByOne, type Tables, type Tx } from '../../store/index.ts';
import { retryWebhooks } from '../../webhooks/index.ts';
import { notFound, Refusal } from '../problem.ts';
import { type Call, route } from '../route.ts';
import * as s from '../schemas/index.ts';

async function noted(tx: Tx, { ctx, who }: Call, action: string, entity: string, id: string, data: Record<string, unknown>): Promise<void> {
  await announce(tx, who.organizationId, `${entity}s`, id);
  await audit(tx, who.organizationId, who.actor, ctx.now(), [{ action, entity, entityId: id, data }]);
}

// ---------------------------------------------------------------- webhooks out (Standard Webhooks)

type EndpointRow = { id: string; url: string; events: string[]; active: boolean; created_at: Date };
const webhookOf = (row: EndpointRow): s.Webhook => ({
  id: row.id,
  url: row.url,
  events: row.events,
  active: row.active,
  createdAt: row.created_at.toISOString(),
});

type CallRow = Selectable<Tables['webhook_delivery']>;
const callOf = (row: CallRow): s.WebhookCall => ({
  id: row.id,
  event: row.event,
  status: row.status === 'new' ? 'waiting' : (row.status as s.WebhookCall['status']),
  attempts: row.attempts,
  lastStatus: row.last_status,
  lastProblem: row.last_problem,
  nextAt: row.next_at?.toISOString() ?? null,
  createdAt: row.created_at.toISOString(),
  deliveredAt: row.delivered_at?.toISOString() ?? null,
});

/** Every event is a call to each of them; the list shows all. */
const maxWebhooks = 50;

async function mustExist(tx: Tx, organizationId: string, id: string): Promise<void> {
  const row = await tx
    .selectFrom('webhook_endpoint')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .executeTakeFirst();
  if (!row) throw notFound('a webhook of this id');
}

function checkAddress(url: string): void {
  if (!isCallable(url)) throw new Refusal(422, 'address-refused', 'Nothing is sent to this address.');
}

const webhooks = [
  route({
    method: 'GET',
    url: '/webhooks',
    needs: 'accounts',
    tag: 'webhooks',
    summary: 'Addresses that hear of events',
    answer: s.webhooksSchema,
    handler: async ({ ctx, who }) => ({
      items: await ctx.store.org(who.organizationId, async (tx) => {
        const { rows } = await sql<EndpointRow & { waiting: number; failed: number; problem: string | null }>`
          select e.id, e.url, e.events, e.active, e.created_at, coalesce(c.waiting, 0)::int as waiting, coalesce(c.failed, 0)::int as failed, c.problem
          from webhook_endpoint e left join (
            select endpoint_id, count(*) filter (where status = 'waiting') as waiting, count(*) filter (where status = 'failed') as failed,
              (array_agg(last_problem order by created_at desc) filter (where last_problem is not null))[1] as problem
            from webhook_delivery where organization_id = ${who.organizationId} and status in ('waiting', 'failed') group by endpoint_id) c
          on c.endpoint_id = e.id
          where e.organization_id = ${who.organizationId} order by e.created_at limit 200`.execute(tx);
        return rows.map((row) => ({ ...webhookOf(row), waiting: row.waiting, failed: row.failed, lastProblem: row.problem }));
      }),
    }),
  }),
  route({
    method: 'POST',
    url: '/webhooks',
    needs: 'accounts',
    tag: 'webhooks',
    summary: 'Tell an address of events; the signing secret is shown this once',
    body: s.webhookInput,
    answer: s.webhookMade,
    status: 201,
    secret: true,
    handler: async (call) => {
      const { ctx, who, body } = call;
      checkAddress(body.url);
      const id = newId(ctx.now());
      const secret = `whsec_${randomBytes(32).toString('base64')}`;
      const row = { id, url: body.url, events: body.events, active: body.active ?? true, created_at: ctx.now() };
      await ctx.store.org(who.organizationId, async (tx) => {
        await oneByOne(tx, who.organizationId, 'webhooks');
        const { n } = await tx
          .selectFrom('webhook_endpoint')
          .select((e) => e.fn.countAll<bigint>().as('n'))
          .where('organization_id', '=', who.organizationId)
          .executeTakeFirstOrThrow();
        if (n >= maxWebhooks) throw new Refusal(422, 'too-many-kept', `More than ${maxWebhooks} addresses are not told: remove one first.`);
        await tx
          .insertInto('webhook_endpoint')
          .values({ organization_id: who.organizationId, ...row, secret: ctx.vault.seal(`${who.organizationId}/${id}`, { secret }) })
          .execute();
        await noted(tx, call, 'webhook made', 'webhook', id, { url: body.url, events: body.events });
      });
      return { ...webhookOf(row), secret };
    },
  }),
  route({
    method: 'PATCH',
    url: '/webhooks/:id',
    needs: 'accounts',
    tag: 'webhooks',
    summary: 'Change or pause an address',
    params: s.idParams,
    body: s.webhookPatch,
    answer: s.webhookSchema,
    handler: async (call) => {
      const { ctx, who, params, body } = call;
      if (body.url) checkAddress(body.url);
      return ctx.store.org(who.organizationId, async (tx) => {
        const row = await tx
          .updateTable('webhook_endpoint')
          .set((e) => ({ url: body.url ?? e.ref('url'), events: body.events ?? e.ref('events'), active: body.active ?? e.ref('active') }))
          .where('organization_id', '=', who.organizationId)
          .where('id', '=', params.id)
          .returning(['id', 'url', 'events', 'active', 'created_at'])
          .executeTakeFirst();
        if (!row) throw notFound('a webhook of this id');
        await noted(tx, call, 'webhook changed', 'webhook', params.id, body);
        return webhookOf(row);
      });
    },
  }),
  route({
    method: 'GET',
    url: '/webhooks/:id/calls',
    needs: 'accounts',
    tag: 'webhooks',
    summary: 'The last 100 calls of an address and what became of them',
    params: s.idParams,
    answer: s.webhookCallsSchema,
    handler: async ({ ctx, who, params }) =>
      ctx.store.org(who.organizationId, async (tx) => {
        await mustExist(tx, who.organizationId, params.id);
        const rows = await tx
          .selectFrom('webhook_delivery')
          .selectAll()
          .where('organization_id', '=', who.organizationId)
          .where('endpoint_id', '=', params.id)
          .orderBy('created_at', 'desc')
          .orderBy('id', 'desc')
          .limit(100)
          .execute();
        return { items: rows.map(callOf) };
      }),
  }),
  route({
    method: 'POST',
    url: '/webhooks/:id/retry',
    needs: 'accounts',
    tag: 'webhooks',
    summary: 'Call again what was given up',
    params: s.idParams,
    answer: s.webhookRetried,
    handler: async (call) => {
      const { ctx, who, params } = call;
      return ctx.store.org(who.organizationId, async (tx) => {
        await mustExist(tx, who.organizationId, params.id);
        const retried = await retryWebhooks(tx, ctx, who.organizationId, params.id);
        await noted(tx, call, 'webhook calls retried', 'webhook', params.id, { calls: String(retried) });
        return { retried };
      });
    },
  }),
  route({
    method: 'DELETE',
    url: '/webhooks/:id',
    needs: 'accounts',
    tag: 'webhooks',
    summary: 'Stop telling an address',
    params: s.idParams,
    answer: s.doneSchema,
    handler: async (call) => {
      const { ctx, who, params } = call;
      await ctx.store.org(who.organizationId, async (tx) => {
        const row = await tx
          .deleteFrom('webhook_endpoint')
          .where('organization_id', '=', who.organizationId)
          .where('id', '=', params.id)
          .returning('url')
          .executeTakeFirst();
        if (!row) throw notFound('a webhook of this id');
        await noted(tx, call, 'webhook removed', 'webhook', params.id, { url: row.url });
      });
      return { ok: true as const };
    },
  }),
];

export const settingsRoutes = webhooks;
