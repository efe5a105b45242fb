import { createHash, randomBytes } from 'node:crypto';
import type { Language } from '../../domain/documents/document.ts';
import type { Context } from '../../jobs/index.ts';
import { announce, audit, newId, type Tx } from '../../store/index.ts';
import { notFound, Refusal } from '../problem.ts';
import { type Call, route } from '../route.ts';
import * as s from '../schemas/index.ts';

const tag = 'accounts';

async function changed(
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

const hashOf = (secret: string) => createHash('sha256').update(secret).digest('hex');

// ---------------------------------------------------------------- API keys

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
export async function makeApiKey(
  ctx: Context,
  who: { organizationId: string; actor: string },
  input: { name: string; scopes: s.Scope[] },
): Promise<s.ApiKeyMade> {
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

const apiKeyRoutes = [
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

// ---------------------------------------------------------------- members and invitations

/** All of them are locked in one order, the one himself too: two owners who demote each other come one after the other. */
async function ownersBeside(tx: Tx, organizationId: string, userId: string): Promise<number> {
  const rows = await tx
    .selectFrom('member')
    .select('user_id')
    .where('organization_id', '=', organizationId)
    .where((e) => e.or([e('role', '=', 'owner'), e('user_id', '=', userId)]))
    .orderBy('user_id')
    .forNoKeyUpdate()
    .execute();
  return rows.filter((row) => row.user_id !== userId).length;
}

const lastOwner = () => new Refusal(409, 'last-owner', 'An organization keeps at least one owner: make somebody else an owner first.');

const memberRoutes = [
  route({
    method: 'GET',
    url: '/members',
    needs: 'read',
    tag,
    summary: 'People of the organization and their roles',
    answer: s.membersSchema,
    handler: async ({ ctx, who, caller }) => {
      // Names are the sign-in library's and stand outside the walls; the organization is named here.
      const rows = await ctx.store.db
        .selectFrom('member as m')
        .innerJoin('auth_user as u', 'u.id', 'm.user_id')
        .select(['m.user_id', 'm.role', 'm.created_at', 'u.name', 'u.email'])
        .where('m.organization_id', '=', who.organizationId)
        .orderBy('m.created_at')
        .execute();
      return {
        items: rows.map((row) => ({
          id: row.user_id,
          name: row.name,
          email: row.email,
          role: row.role,
          createdAt: row.created_at.toISOString(),
          isYou: row.user_id === caller.userId,
        })),
      };
    },
  }),
  route({
    method: 'PATCH',
    url: '/members/:id',
    needs: 'accounts',
    tag,
    summary: 'Change the role of a member',
    params: s.memberParams,
    body: s.memberPatch,
    answer: s.doneSchema,
    handler: async (call) => {
      const { organizationId } = call.who;
      await call.ctx.store.org(organizationId, async (tx) => {
        if (call.body.role !== 'owner' && (await ownersBeside(tx, organizationId, call.params.id)) === 0) throw lastOwner();
        const row = await tx
          .updateTable('member')
          .set({ role: call.body.role })
          .where('organization_id', '=', organizationId)
          .where('user_id', '=', call.params.id)
          .returning('user_id')
          .executeTakeFirst();
        if (!row) throw notFound('a member of this id');
        await changed(tx, call, 'role changed', 'member', call.params.id, { role: call.body.role });
      });
      return { ok: true as const };
    },
  }),
  route({
    method: 'DELETE',
    url: '/members/:id',
    needs: 'accounts',
    tag,
    summary: 'Take a member out of the organization',
    params: s.memberParams,
    answer: s.doneSchema,
    handler: async (call) => {
      const { organizationId } = call.who;
      await call.ctx.store.org(organizationId, async (tx) => {
        if ((await ownersBeside(tx, organizationId, call.params.id)) === 0) throw lastOwner();
        const row = await tx
          .deleteFrom('member')
          .where('organization_id', '=', organizationId)
          .where('user_id', '=', call.params.id)
          .returning('role')
          .executeTakeFirst();
        if (!row) throw notFound('a member of this id');
        await changed(tx, call, 'member removed', 'member', call.params.id, { role: row.role });
      });
      return { ok: true as const };
    },
  }),
];

const invitationDays = 7;
type InvitationRow = { id: string; email: string; role: s.Role; created_at: Date; expires_at: Date; accepted_at: Date | null };
function invitationOf(row: InvitationRow): s.Invitation {
  return {
    id: row.id,
    email: row.email,
    role: row.role,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    acceptedAt: row.accepted_at?.toISOString() ?? null,
  };
}

const invitationRoutes = [
  route({
    method: 'GET',
    url: '/invitations',
    needs: 'accounts',
    tag,
    summary: 'Invitations that wait or were accepted',
    answer: s.invitationsSchema,
    handler: async ({ ctx, who }) => ({
      items: await ctx.store.org(who.organizationId, async (tx) =>
        (
          await tx
            .selectFrom('invitation')
            .selectAll()
            .where('organization_id', '=', who.organizationId)
            .orderBy('created_at', 'desc')
            .limit(500)
            .execute()
        ).map(invitationOf),
      ),
    }),
  }),
  route({
    method: 'POST',
    url: '/invitations',
    needs: 'accounts',
    tag,
    summary: 'Invite somebody by mail; the link is answered as well, this once',
    body: s.invitationInput,
    answer: s.invitationMade,
    status: 201,
    secret: true,
    handler: async (call) => {
      const { ctx, who, body, edge } = call;
      const token = randomBytes(32).toString('base64url');
      const now = ctx.now();
      const row = {
        id: newId(now),
        email: body.email.toLowerCase(),
        role: body.role,
        created_at: now,
        expires_at: new Date(now.getTime() + invitationDays * 86_400_000),
        accepted_at: null,
      };
      // Accounts stand outside the wall of organizations.
      const member = await ctx.store.db
        .selectFrom('member')
        .innerJoin('auth_user', 'auth_user.id', 'member.user_id')
        .select('member.user_id')
        .where('member.organization_id', '=', who.organizationId)
        .where('auth_user.email', '=', row.email)
        .executeTakeFirst();
      if (member) throw new Refusal(409, 'already-member', 'Somebody with this address works here already.');
      const organization = await ctx.store.org(who.organizationId, async (tx) => {
        await tx
          .insertInto('invitation')
          .values({ organization_id: who.organizationId, ...row, token_hash: hashOf(token) })
          .execute();
        await changed(tx, call, 'invitation sent', 'invitation', row.id, { email: row.email, role: row.role });
        return tx.selectFrom('organization').select(['name', 'language']).where('id', '=', who.organizationId).executeTakeFirstOrThrow();
      });
      const link = `${ctx.publicUrl}/invitation?token=${token}`;
      const mailed = await edge.accounts.sendMail({
        to: row.email,
        kind: 'invitation',
        language: organization.language,
        link,
        name: '',
        organization: organization.name,
        organizationId: who.organizationId,
      });
      return { ...invitationOf(row), link, mailed };
    },
  }),
  route({
    method: 'DELETE',
    url: '/invitations/:id',
    needs: 'accounts',
    tag,
    summary: 'Take an invitation back',
    params: s.idParams,
    answer: s.doneSchema,
    handler: async (call) => {
      await call.ctx.store.org(call.who.organizationId, async (tx) => {
        const row = await tx
          .deleteFrom('invitation')
          .where('organization_id', '=', call.who.organizationId)
          .where('id', '=', call.params.id)
          .where('accepted_at', 'is', null)
          .returning('email')
          .executeTakeFirst();
        if (!row) throw notFound('a waiting invitation of this id');
        await changed(tx, call, 'invitation withdrawn', 'invitation', call.params.id, { email: row.email });
      });
      return { ok: true as const };
    },
  }),
  route({
    method: 'POST',
    url: '/invitations/accept',
    needs: 'public',
    tag,
    summary: 'Accept an invitation: as the signed-in person, or with a name and a password for a new account',
    body: s.invitationAcceptInput,
    answer: s.invitationAccepted,
    handler: async ({ ctx, edge, body, request }) => {
      const now = ctx.now();
      const invitation = await ctx.store.db
        .selectFrom('invitation')
        .selectAll()
        .where('token_hash', '=', hashOf(body.token))
        .executeTakeFirst();
      if (!invitation || invitation.accepted_at || invitation.expires_at < now)
        throw new Refusal(410, 'invitation-gone', 'This invitation was used, taken back, or is older than a week. Ask for a new one.');
      let user = request.signedIn;
      // The link proves the address it was sent to: nobody else may use it with an account of another address.
      if (user && user.email.toLowerCase() !== invitation.email)
        throw new Refusal(403, 'other-person', `This invitation is for ${invitation.email}. Sign out, or sign in with that address.`);
      let newAccount = false;
      if (!user) {
        if (!body.name || !body.password)
          throw new Refusal(422, 'account-needed', 'Sign in, or give a name and a password for a new account.');
        const made = await edge.accounts.makeUser({ email: invitation.email, name: body.name, password: body.password });
        if ('taken' in made)
          throw new Refusal(409, 'sign-in-first', 'There is an account with this address: sign in, then open the invitation again.');
        user = { id: made.id, name: body.name, email: invitation.email, language: null, twoFactorEnabled: false };
        newAccount = true;
      }
      const userId = user.id;
      await ctx.store.org(invitation.organization_id, async (tx) => {
        const used = await tx
          .updateTable('invitation')
          .set({ accepted_at: now })
          .where('organization_id', '=', invitation.organization_id)
          .where('id', '=', invitation.id)
          .where('accepted_at', 'is', null)
          .returning('id')
          .executeTakeFirst();
        if (!used) throw new Refusal(410, 'invitation-gone', 'This invitation was used a moment ago.');
        await tx
          .insertInto('member')
          .values({ organization_id: invitation.organization_id, user_id: userId, role: invitation.role, created_at: now })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        await announce(tx, invitation.organization_id, 'member', userId);
        await audit(tx, invitation.organization_id, invitation.email, now, [
          { action: 'invitation accepted', entity: 'member', entityId: userId, data: { role: invitation.role } },
        ]);
      });
      return { organizationId: invitation.organization_id, email: invitation.email, newAccount };
    },
  }),
];

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
      await ctx.store.org(who.organizationId, (tx) =>
        tx
          .insertInto('saved_view')
          .values({ organization_id: who.organizationId, id, user_id: caller.userId ?? '', ...body, created_at: ctx.now() })
          .execute(),
      );
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

export const accountRoutes = [...apiKeyRoutes, ...memberRoutes, ...invitationRoutes, ...meRoutes, ...viewRoutes, ...auditRoutes];
