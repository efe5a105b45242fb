import type { Role, Scope } from './schemas/index.ts';

/** Who may do what, as data. Every route names one of these; a test proves that every route does. */
export const permissions = {
  /** Orders, documents, lists: everything of daily work that is shown. */
  read: { roles: ['owner', 'bookkeeper', 'warehouse', 'reader'], scopes: ['read'] },
  /** Turnover, bank payments, month end, bills: what a warehouse has no need to see. */
  money: { roles: ['owner', 'bookkeeper', 'reader'], scopes: ['read'] },
  /** Print documents through an agent. */
  print: { roles: ['owner', 'bookkeeper', 'warehouse'], scopes: ['write'] },
  /** Import files, edit the queue, merge, split, withdraw, correct. */
  edit: { roles: ['owner', 'bookkeeper'], scopes: ['write'] },
  /** Give documents their numbers for ever. */
  issue: { roles: ['owner', 'bookkeeper'], scopes: ['issue'] },
  /** Mail documents to buyers, hand them to providers again. */
  send: { roles: ['owner', 'bookkeeper'], scopes: ['write'] },
  /** Series, templates, look, company data. */
  settings: { roles: ['owner', 'bookkeeper'], scopes: ['admin'] },
  /** Connections with their credentials, mail server. */
  connections: { roles: ['owner'], scopes: ['admin'] },
  /** Members, invitations, API keys, webhooks. */
  accounts: { roles: ['owner'], scopes: ['admin'] },
  /** Order and end plans of the operator, mandates, billing data; for the operator its customers. */
  billing: { roles: ['owner', 'bookkeeper'], scopes: ['admin'] },
  /** How long documents are kept, archives, and the removal of what they hold. */
  archive: { roles: ['owner'], scopes: ['admin'] },
  /** The audit trail. */
  audit: { roles: ['owner', 'bookkeeper'], scopes: ['admin'] },
  /** One's own things inside an organization: saved views. */
  own: { roles: ['owner', 'bookkeeper', 'warehouse', 'reader'], scopes: [] },
} as const satisfies Record<string, { roles: readonly Role[]; scopes: readonly Scope[] }>;

export type Permission = keyof typeof permissions;
/** `public` needs nothing, `user` a signed-in person without an organization. */
export type Needs = Permission | 'public' | 'user';

export const openNeeds: ReadonlySet<string> = new Set(['public', 'user']);

export function permissionsOfRole(role: Role): Set<Permission> {
  return allowed((entry) => (entry.roles as readonly Role[]).includes(role));
}

export function permissionsOfScopes(scopes: readonly string[]): Set<Permission> {
  return allowed((entry) => entry.scopes.some((scope) => scopes.includes(scope)));
}

function allowed(test: (entry: (typeof permissions)[Permission]) => boolean): Set<Permission> {
  return new Set((Object.keys(permissions) as Permission[]).filter((name) => test(permissions[name])));
}
