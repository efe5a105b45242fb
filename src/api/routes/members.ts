import { randomBytes } from 'node:crypto';
import { announce, audit, newId, type Tx } from '../../store/index.ts';
import { notFound, Refusal } from '../problem.ts';
import { route } from '../route.ts';
import * as s from '../schemas/index.ts';
import { changed, hashOf, tag } from './accounts.ts';

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

const people = [
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

const invitations = [
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

export const memberRoutes = [...people, ...invitations];
