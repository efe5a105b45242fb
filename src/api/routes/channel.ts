import { sql } from 'kysely';
import { pullNow, pullView, putAgain, readOrderNow, rehearse, trySetting } from '../../channel/index.ts';
import { readConnection } from '../../connections/index.ts';
import { type CauseRef, Failed } from '../../contract/connector.ts';
import { hold } from '../../domain/finding.ts';
import { notFound, Refusal } from '../problem.ts';
import { type Call, route } from '../route.ts';
import * as c from '../schemas/channel.ts';
import * as s from '../schemas/index.ts';

const tag = 'channels';

async function connectionOf({ ctx, who }: Call, id: string) {
  const row = await ctx.store.org(who.organizationId, (tx) => readConnection(tx, who.organizationId, id));
  if (!row || row.status === 'removed') throw notFound('a connection of this id');
  return row;
}

/** What the other side answers instead is told in words that lead to its remedy. */
export async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Failed)
      throw new Refusal(422, 'other-side', `The other side: ${error.message}`, [hold(error.ref.code, undefined, error.ref.params)]);
    throw error;
  }
}

export const channelRoutes = [
  route({
    method: 'GET',
    url: '/connections/:id/pull',
    needs: 'read',
    tag,
    summary: 'How taking orders goes: last and next time, what came, what could not be read',
    params: s.idParams,
    answer: c.pullSchema,
    handler: async (call) => {
      const { ctx, who, params } = call;
      const connection = await connectionOf(call, params.id);
      return ctx.store.org(who.organizationId, (tx) => pullView(tx, ctx, who.organizationId, connection));
    },
  }),
  route({
    method: 'POST',
    url: '/connections/:id/pull',
    needs: 'edit',
    tag,
    summary: 'Take new and changed orders now',
    params: s.idParams,
    answer: s.doneSchema,
    status: 202,
    handler: async (call) => {
      await connectionOf(call, call.params.id);
      if (!(await pullNow(call.ctx, call.who, call.params.id)))
        throw new Refusal(422, 'no-orders', 'This connection gives no orders, or it is paused or blocked.');
      return { ok: true as const };
    },
  }),
  route({
    method: 'POST',
    url: '/connections/:id/orders/:externalId/read',
    needs: 'edit',
    tag,
    summary: 'Read one order of the channel again, now',
    params: c.orderReadParams,
    answer: c.orderReadAnswer,
    handler: async ({ ctx, who, params }) => {
      const counts = await told(readOrderNow(ctx, who, params.id, params.externalId));
      if (!counts) throw notFound('a connection of this id that gives orders');
      return { counts };
    },
  }),
  route({
    method: 'GET',
    url: '/connections/:id/order-writes',
    needs: 'read',
    tag,
    summary: 'What was put on the orders of a channel: PDFs, numbers, statuses, each with its state',
    params: s.idParams,
    query: c.orderWritesQuery,
    answer: c.orderWritesSchema,
    handler: async (call) => {
      const { ctx, who, params, query } = call;
      await connectionOf(call, params.id);
      return ctx.store.org(who.organizationId, async (tx) => {
        const { rows: counts } = await sql<{ way: string; status: string; n: bigint }>`select way, status, count(*) as n from delivery
          where organization_id = ${who.organizationId} and connection_id = ${params.id} and way in ('attachment','order') group by 1, 2 order by 1, 2`.execute(
          tx,
        );
        const { rows } = await sql<{
          id: string;
          document_id: string;
          document_number: string | null;
          order_number: string;
          way: 'attachment' | 'order';
          status: string;
          settings: { target?: string; mark?: { mark: string; value: string } };
          next_at: Date | null;
          updated_at: Date;
          cause: CauseRef | null;
        }>`select v.id, v.document_id, d.number as document_number, coalesce(o.number, o.external_id) as order_number, v.way, v.status, v.settings, v.next_at, v.updated_at, v.cause
          from delivery v join document d on d.organization_id = v.organization_id and d.id = v.document_id
            join sales_order o on o.organization_id = d.organization_id and o.id = d.order_id
          where v.organization_id = ${who.organizationId} and v.connection_id = ${params.id} and v.way in ('attachment','order')
            and (${query.status ?? null}::text is null or v.status = ${query.status ?? null})
          order by v.updated_at desc, v.id desc limit ${query.limit}`.execute(tx);
        return {
          counts: counts.map(({ way, status, n }) => ({ way, status, count: Number(n) })),
          items: rows.map((row) => ({
            id: row.id,
            documentId: row.document_id,
            documentNumber: row.document_number,
            orderNumber: row.order_number,
            way: row.way,
            thing: row.settings.mark?.mark ?? 'file',
            value: row.settings.mark?.value ?? row.settings.target ?? '',
            status: row.status,
            nextAt: row.next_at?.toISOString() ?? null,
            updatedAt: row.updated_at.toISOString(),
            cause: row.cause,
          })),
        };
      });
    },
  }),
  route({
    method: 'POST',
    url: '/order-writes/:id/again',
    needs: 'edit',
    tag,
    summary: 'Put it on the order again when it was refused, or look once more when it is unclear',
    params: s.idParams,
    answer: s.doneSchema,
    status: 202,
    handler: async ({ ctx, who, params }) => {
      const result = await putAgain(ctx, who, params.id);
      if (result === 'not found') throw notFound('anything put on an order of this id');
      if (result === 'nothing to do') throw new Refusal(409, 'nothing-to-do', 'It is on the order already, under way, or given up.');
      return { ok: true as const };
    },
  }),
  route({
    method: 'POST',
    url: '/connections/:id/rehearsal',
    needs: 'connections',
    tag,
    summary: 'What past orders would have become: issued, held and why. Nothing is stored',
    params: s.idParams,
    body: c.rehearsalInput,
    answer: c.rehearsalSchema,
    handler: async ({ ctx, who, params, body }) => {
      if (body.from > body.to) throw new Refusal(400, 'invalid-request', 'The first day is after the last.');
      const seen = await told(rehearse(ctx, who, params.id, body));
      if (!seen) throw notFound('a connection of this id that gives orders');
      return seen;
    },
  }),
  route({
    method: 'POST',
    url: '/connections/:id/try',
    needs: 'connections',
    tag,
    summary: 'Try a setting of a channel without changing anything over there',
    params: s.idParams,
    body: c.trialInput,
    answer: c.trialSchema,
    handler: async ({ ctx, edge, who, params, body }) => {
      const trial = await told(trySetting(ctx, { renderPdf: edge.render }, who, params.id, body.setting, body.value));
      if (!trial) throw notFound('a setting of this connection that can be tried');
      return trial;
    },
  }),
];
