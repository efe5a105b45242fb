import { randomBytes } from 'node:crypto';
import type { Context, Who } from '../../jobs/index.ts';
import { announce, audit, newId } from '../../store/index.ts';
import { notFound } from '../problem.ts';
import { route } from '../route.ts';
import * as s from '../schemas/index.ts';
import { changed, hashOf, tag } from './accounts.ts';

type KeyRow = {
  id: string;
  name: string;
  prefix: string;
  scopes: string[];
  created_at: Date;
  last_used_at: Date | null;
  revoked_at: Date | null;
};
function apiKeyOf(row: KeyRow): s.ApiKey {
  return {
    id: row.id,
    name: row.name,
    prefix: `fk_${row.prefix}`,
    scopes: row.scopes as s.Scope[],
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}

/** Makes a key; its secret half is shown here and never again, the database keeps a SHA-256 of it (32 random bytes need no slow hash). */
export async function makeApiKey(ctx: Context, who: Who, input: { name: string; scopes: s.Scope[] }): Promise<s.ApiKeyMade> {
  const prefix = randomBytes(5).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  const row = {
    id: newId(ctx.now()),
    name: input.name,
    prefix,
    scopes: [...new Set(input.scopes)],
    created_at: ctx.now(),
    last_used_at: null,
    revoked_at: null,
  };
  await ctx.store.org(who.organizationId, async (tx) => {
    await tx
      .insertInto('api_key')
      .values({ organization_id: who.organizationId, hash: hashOf(secret), ...row })
      .execute();
    await announce(tx, who.organizationId, 'api-key', row.id);
    await audit(tx, who.organizationId, who.actor, ctx.now(), [
      { action: 'API key made', entity: 'api-key', entityId: row.id, data: { name: row.name, scopes: row.scopes } },
    ]);
  });
  return { ...apiKeyOf(row), key: `fk_${prefix}_${secret}` };
}

export const apiKeyRoutes = [
  route({
    method: 'GET',
    url: '/api-keys',
    needs: 'accounts',
    tag,
    summary: 'API keys of the organization, without their secrets',
    answer: s.apiKeysSchema,
    handler: async ({ ctx, who }) => ({
      items: await ctx.store.org(who.organizationId, async (tx) =>
        (
          await tx
            .selectFrom('api_key')
            .selectAll()
            .where('organization_id', '=', who.organizationId)
            .orderBy('created_at', 'desc')
            .execute()
        ).map(apiKeyOf),
      ),
    }),
  }),
  route({
    method: 'POST',
    url: '/api-keys',
    needs: 'accounts',
    tag,
    summary: 'Make an API key; it is shown this once',
    body: s.apiKeyInput,
    answer: s.apiKeyMade,
    status: 201,
    secret: true,
    handler: async ({ ctx, who, body }) => makeApiKey(ctx, who, body),
  }),
  route({
    method: 'DELETE',
    url: '/api-keys/:id',
    needs: 'accounts',
    tag,
    summary: 'Revoke an API key; calls with it are refused from now on',
    params: s.idParams,
    answer: s.doneSchema,
    handler: async (call) => {
      await call.ctx.store.org(call.who.organizationId, async (tx) => {
        const row = await tx
          .updateTable('api_key')
          .set({ revoked_at: call.ctx.now() })
          .where('organization_id', '=', call.who.organizationId)
          .where('id', '=', call.params.id)
          .where('revoked_at', 'is', null)
          .returning('name')
          .executeTakeFirst();
        if (!row) throw notFound('a live API key of this id');
        await changed(tx, call, 'API key revoked', 'api-key', call.params.id, { name: row.name });
      });
      return { ok: true as const };
    },
  }),
];
