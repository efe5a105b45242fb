import { createHash } from 'node:crypto';
import type { Language } from '../../domain/documents/document.ts';
import { announce, audit, newId, oneByOne, type Tx } from '../../store/index.ts';
import { notFound, Refusal } from '../problem.ts';
import { type Call, route } from '../route.ts';
import * as s from '../schemas/index.ts';

export const tag = 'accounts';

export async function changed(
  tx: Tx,
  { ctx, who }: Call,
  action: string,
  entity: string,
  entityId: string,
  data: Record<string, unknown>,
): Promise<void> {
  await announce(tx, who.organizationId, entity, entityId);
  await audit(tx, who.organizationId, who.actor, ctx.now(), [{ action, entity, entityId, data }]);
}

export const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');

// ---------------------------------------------------------------- me and my organizations

const meRoutes = [
  route({
    method: 'GET',
    url: '/me',
    needs: 'public',
    tag,
    summary: 'Who is signed in, and where',
    answer: s.meSchema,
    handler: async ({ ctx, request, caller }) => {
      const user = request.signedIn ?? null;
      const ids = caller.keyId ? [caller.organizationId] : request.memberships.map((one) => one.organizationId);
      const rows =
        ids.length === 0
          ? []
          : await ctx.store.db.selectFrom('organization').selectAll().where('id', 'in', ids).orderBy('created_at').execute();
      return {
        user,
        organizations: rows.map((row) => ({
          id: row.id,
          name: row.name,
          role: request.memberships.find((one) => one.organizationId === row.id)?.role ?? ('reader' as const),
          country: row.country,
          language: row.language as Language,
          currency: row.currency,
          zone: row.zone,
        })),
        permissions: [...caller.permissions],
      };
    },
  }),
  route({
    method: 'PATCH',
    url: '/me',
    needs: 'user',
    tag,
    summary: "Change one's name or language",
    body: s.mePatch,
    answer: s.doneSchema,
    handler: async ({ ctx, caller, body }) => {
      if (Object.keys(body).length > 0) await ctx.store.db.updateTable('auth_user').set(body).where('id', '=', caller.userId!).execute();
      return { ok: true as const };
    },
  }),
];

// ---------------------------------------------------------------- saved views, audit

/** Of one person; the list shows all of them. */
const maxViews = 100;

const viewRoutes = [
  route({
    method: 'GET',
    url: '/saved-views',
    needs: 'own',
    tag: 'views',
    summary: "One's saved views",
    query: s.savedViewsQuery,
    answer: s.savedViewsSchema,
    handler: async ({ ctx, who, caller, query }) => ({
      items: await ctx.store.org(who.organizationId, (tx) => {
        let from = tx
          .selectFrom('saved_view')
          .select(['id', 'page', 'name', 'query'])
          .where('organization_id', '=', who.organizationId)
          .where('user_id', '=', caller.userId ?? '');
        if (query.page) from = from.where('page', '=', query.page);
        return from.orderBy('name').limit(200).execute();
      }),
    }),
  }),
  route({
    method: 'POST',
    url: '/saved-views',
    needs: 'own',
    tag: 'views',
    summary: 'Keep filters and order of a list under a name',
    body: s.savedViewInput,
    answer: s.savedViewSchema,
    status: 201,
    handler: async ({ ctx, who, caller, body }) => {
      const id = newId(ctx.now());
      const own = { organization_id: who.organizationId, user_id: caller.userId ?? '' };
      await ctx.store.org(who.organizationId, async (tx) => {
        await oneByOne(tx, who.organizationId, `views of ${own.user_id}`);
        const { n } = await tx
          .selectFrom('saved_view')
          .select((e) => e.fn.countAll<bigint>().as('n'))
          .where('organization_id', '=', own.organization_id)
          .where('user_id', '=', own.user_id)
          .executeTakeFirstOrThrow();
        if (n >= maxViews) throw new Refusal(422, 'too-many-kept', `More than ${maxViews} views are not kept: remove one first.`);
        await tx
          .insertInto('saved_view')
          .values({ ...own, id, ...body, created_at: ctx.now() })
          .execute();
      });
      return { id, ...body };
    },
  }),
  route({
    method: 'DELETE',
    url: '/saved-views/:id',
    needs: 'own',
    tag: 'views',
    summary: 'Forget a saved view',
    params: s.idParams,
    answer: s.doneSchema,
    handler: async ({ ctx, who, caller, params }) => {
      const gone = await ctx.store.org(who.organizationId, (tx) =>
        tx
          .deleteFrom('saved_view')
          .where('organization_id', '=', who.organizationId)
          .where('id', '=', params.id)
          .where('user_id', '=', caller.userId ?? '')
          .returning('id')
          .executeTakeFirst(),
      );
      if (!gone) throw notFound('a saved view of yours with this id');
      return { ok: true as const };
    },
  }),
];

const auditRoutes = [
  route({
    method: 'GET',
    url: '/audit',
    needs: 'audit',
    tag: 'audit',
    summary: 'The audit trail, newest first',
    query: s.auditQuery,
    answer: s.auditSchema,
    handler: async ({ ctx, who, query }) => {
      const limit = query.limit ?? 50;
      if (query.cursor && !/^\d{1,18}$/.test(query.cursor))
        throw new Refusal(400, 'bad-cursor', 'The page cursor is not one of ours: begin again without it.');
      const rows = await ctx.store.org(who.organizationId, (tx) => {
        let from = tx.selectFrom('audit').selectAll().where('organization_id', '=', who.organizationId);
        if (query.entity) from = from.where('entity', '=', query.entity);
        if (query.entityId) from = from.where('entity_id', '=', query.entityId);
        if (query.cursor) from = from.where('seq', '<', BigInt(query.cursor));
        return from
          .orderBy('seq', 'desc')
          .limit(limit + 1)
          .execute();
      });
      const items = rows.slice(0, limit).map((row) => ({
        seq: Number(row.seq),
        at: row.at.toISOString(),
        actor: row.actor,
        action: row.action,
        entity: row.entity,
        entityId: row.entity_id,
        data: row.data,
        hash: row.hash,
      }));
      return { items, nextCursor: rows.length > limit ? String(items.at(-1)!.seq) : undefined };
    },
  }),
];

export const accountRoutes = [...meRoutes, ...viewRoutes, ...auditRoutes];
