import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Language } from '../domain/documents/document.ts';
import { isSameOrigin } from './origin.ts';
import { type Needs, openNeeds, permissionsOfRole, permissionsOfScopes } from './permissions.ts';
import { Refusal } from './problem.ts';
import type { Caller, Edge } from './route.ts';
import type { Role } from './schemas/index.ts';

type SignedIn = { id: string; name: string; email: string; language: Language | null; twoFactorEnabled: boolean };
type Membership = { organizationId: string; role: Role };

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller;
    signedIn?: SignedIn;
    memberships: Membership[];
  }
  interface FastifyContextConfig {
    needs?: Needs;
    secret?: boolean;
  }
}

const keyPattern = /^fk_([a-z0-9]{10})_([A-Za-z0-9_-]{43})$/;
const keyUseNotedMs = 60_000;

/** Proves who calls and that the call is allowed, before a byte of the body is read. */
export async function authenticate(edge: Edge, request: FastifyRequest, reply: FastifyReply, needs: Needs): Promise<void> {
  request.memberships = [];
  request.caller = { organizationId: '', actor: 'anonymous', permissions: new Set() };
  const { authorization } = request.headers;
  if (authorization !== undefined) await byKey(edge, request, authorization);
  else await bySession(edge, request, reply);
  const { caller } = request;
  if (needs === 'public') return;
  if (!caller.userId && !caller.keyId)
    throw new Refusal(401, 'not-signed-in', 'Sign in, or send an API key as "Authorization: Bearer fk_…".');
  if (needs === 'user') {
    if (!caller.userId) throw new Refusal(403, 'person-needed', 'This needs a signed-in person, not an API key.');
    return;
  }
  if (!caller.organizationId) {
    throw request.memberships.length > 1
      ? new Refusal(400, 'organization-needed', 'You belong to several organizations: name one in the header X-Organization.')
      : new Refusal(403, 'no-organization', 'You belong to no organization.');
  }
  if (!caller.permissions.has(needs)) {
    throw new Refusal(
      403,
      'not-allowed',
      caller.keyId ? `This API key has no scope that allows "${needs}".` : `Your role (${caller.role}) does not allow "${needs}".`,
    );
  }
}

async function byKey(edge: Edge, request: FastifyRequest, authorization: string): Promise<void> {
  const refused = new Refusal(401, 'bad-key', 'This API key is not known or was revoked.');
  const match = keyPattern.exec(authorization.replace(/^Bearer\s+/i, ''));
  if (!match) throw refused;
  const [, prefix, secret] = match;
  const key = await edge.ctx.store.db.selectFrom('api_key').selectAll().where('prefix', '=', prefix!).executeTakeFirst();
  const hash = createHash('sha256').update(secret!).digest();
  if (!key || key.revoked_at || !timingSafeEqual(hash, Buffer.from(key.hash, 'hex'))) throw refused;
  const asked = organizationAsked(request);
  if (asked && asked !== key.organization_id) throw new Refusal(403, 'not-a-member', 'This API key belongs to another organization.');
  request.caller = {
    organizationId: key.organization_id,
    actor: `key:${key.name}`,
    keyId: key.id,
    permissions: permissionsOfScopes(key.scopes),
  };
  const now = edge.ctx.now();
  if (!key.last_used_at || now.getTime() - key.last_used_at.getTime() > keyUseNotedMs) {
    await edge.ctx.store.org(key.organization_id, (tx) =>
      tx
        .updateTable('api_key')
        .set({ last_used_at: now })
        .where('organization_id', '=', key.organization_id)
        .where('id', '=', key.id)
        .execute(),
    );
  }
}

async function bySession(edge: Edge, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const session = await edge.accounts.session(request);
  if (!session) return;
  if (!['GET', 'HEAD', 'OPTIONS'].includes(request.method) && !isSameOrigin(request)) {
    throw new Refusal(403, 'cross-origin', 'Calls with a session cookie are accepted from the pages of this installation only.');
  }
  // One question for both: the session still stands (the cookie alone may be minutes behind a revocation), and the roles of the person.
  const rows = await edge.ctx.store.db
    .selectFrom('auth_session as s')
    .innerJoin('auth_user as u', 'u.id', 's.userId')
    .leftJoin('member as m', 'm.user_id', 's.userId')
    .select(['m.organization_id', 'm.role', 'u.name', 'u.email', 'u.language', 'u.twoFactorEnabled'])
    .where('s.token', '=', session.token)
    .where('s.expiresAt', '>', new Date())
    .execute();
  const [first] = rows;
  if (!first) return;
  if (session.cookies.length > 0) reply.header('set-cookie', session.cookies);
  request.signedIn = {
    id: session.user.id,
    name: first.name,
    email: first.email,
    language: (first.language as Language | null) ?? null,
    twoFactorEnabled: first.twoFactorEnabled === true,
  };
  request.memberships = rows.flatMap((row) =>
    row.organization_id && row.role ? [{ organizationId: row.organization_id, role: row.role }] : [],
  );
  const asked = organizationAsked(request);
  const membership = asked
    ? request.memberships.find((one) => one.organizationId === asked)
    : request.memberships.length === 1
      ? request.memberships[0]
      : undefined;
  request.caller = {
    organizationId: membership?.organizationId ?? '',
    actor: first.email,
    userId: session.user.id,
    role: membership?.role,
    permissions: membership ? permissionsOfRole(membership.role) : new Set(),
  };
  const needs = request.routeOptions.config.needs;
  if (asked && !membership && !openNeeds.has(needs ?? '')) {
    throw new Refusal(403, 'not-a-member', 'You are no member of this organization, or it does not exist.');
  }
}

/** Links (a PDF in a frame, a download, an event stream) cannot send a header: they name the organization in the address. */
function organizationAsked(request: FastifyRequest): string | undefined {
  const header = request.headers['x-organization'];
  if (typeof header === 'string' && header) return header;
  const { organization } = request.query as { organization?: unknown };
  return typeof organization === 'string' && organization ? organization : undefined;
}
