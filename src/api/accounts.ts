import { hkdfSync } from 'node:crypto';
import { betterAuth } from 'better-auth';
import { symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto';
import { twoFactor } from 'better-auth/plugins/two-factor';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Store, type Tx, WrongKey } from '../store/index.ts';
import { isOurHost, type PublicAddress } from './origin.ts';
import { notFound } from './problem.ts';
import { countSignIns, type SignInTries } from './sign-in-tries.ts';

/**
 * People and their sessions: the sign-in library on our database. Organizations, members and roles are our own tables, so that they
 * stand behind the same walls as everything else. People are made here only: by the set-up, an invitation or the command line.
 */

export type SystemMail = {
  to: string;
  kind: 'reset-password' | 'invitation' | 'guessed-at';
  language: string;
  link: string;
  name: string;
  organization?: string;
  /** Whose mail server may help out when the installation has none. */
  organizationId?: string;
};
type AccountsOptions = {
  store: Store;
  secretKey: Uint8Array;
  address: PublicAddress;
  now: () => Date;
  /** Mails of the installation itself, not of an organization. Answers whether a server took it. */
  sendMail(mail: SystemMail): Promise<boolean>;
  log: (level: 'info' | 'warn' | 'error', message: string, fields?: Record<string, unknown>) => void;
};

const sessionDays = 30;
/** How long the signed cookie is believed before the session is read again; a revoked one ends at once all the same (`authenticate.ts`). */
const cookieCacheSeconds = 300;
const signInTries = { windowSeconds: 60, max: 10 };

const derived = (key: Uint8Array, what: string) => Buffer.from(hkdfSync('sha256', key, '', what, 32));
const signInSecret = (key: Uint8Array) => derived(key, 'fakturist sign-in').toString('hex');

/**
 * Second factors under a new key of the installation; with `lost`, those that open with none are taken away. Sessions end: everybody signs in
 * again. Returns how many were sealed anew.
 */
export async function secondFactorsAnew(tx: Tx, keys: [Uint8Array, ...Uint8Array[]], lost = false): Promise<number> {
  const rows = await tx.selectFrom('auth_two_factor').select(['id', 'userId', 'secret', 'backupCodes']).execute();
  const anew = async (data: string): Promise<string | undefined> => {
    for (const key of keys) {
      try {
        return await symmetricEncrypt({ key: signInSecret(keys[0]), data: await symmetricDecrypt({ key: signInSecret(key), data }) });
      } catch {
        // Another key of the file.
      }
    }
    return undefined;
  };
  let sealed = 0;
  for (const row of rows) {
    const [secret, backupCodes] = [await anew(row.secret), await anew(row.backupCodes)];
    if (secret !== undefined && backupCodes !== undefined) {
      await tx.updateTable('auth_two_factor').set({ secret, backupCodes }).where('id', '=', row.id).execute();
      sealed++;
    } else if (lost) {
      await tx.deleteFrom('auth_two_factor').where('id', '=', row.id).execute();
      await tx.updateTable('auth_user').set({ twoFactorEnabled: false }).where('id', '=', row.userId).execute();
    } else throw new WrongKey('A second factor opens with no key of the key file: bring back the key it was stored with.');
  }
  await tx.deleteFrom('auth_session').execute();
  return sealed;
}

function makeAuth(options: AccountsOptions) {
  return betterAuth({
    appName: 'Fakturist',
    secret: signInSecret(options.secretKey),
    baseURL: options.address.publicUrl,
    basePath,
    database: { db: options.store.db as never, type: 'postgres' },
    telemetry: { enabled: false },
    trustedOrigins: (request) => {
      const origin = request?.headers.get('origin');
      const host = request?.headers.get('host');
      return origin && host && isOurHost(options.address, host) && URL.canParse(origin) && new URL(origin).host === host ? [origin] : [];
    },
    user: { modelName: 'auth_user', additionalFields: { language: { type: 'string', required: false, input: false } } },
    session: {
      modelName: 'auth_session',
      expiresIn: sessionDays * 86_400,
      cookieCache: { enabled: true, maxAge: cookieCacheSeconds },
    },
    account: { modelName: 'auth_account' },
    verification: { modelName: 'auth_verification' },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: 10,
      maxPasswordLength: 128,
      revokeSessionsOnPasswordReset: true,
      sendResetPassword: async ({ user, token }) => {
        const link = `${options.address.publicUrl}/reset-password?token=${encodeURIComponent(token)}`;
        const language = (user as { language?: string | null }).language ?? 'en';
        // Not waited for: how long the answer takes must not tell whether the address has an account.
        void options.sendMail({ to: user.email, kind: 'reset-password', language, link, name: user.name }).then(
          (sent) => {
            if (!sent)
              options.log('warn', 'a password reset was asked for, but no mail server of the installation took the mail', {
                user: user.id,
              });
          },
          (error: Error) => options.log('error', 'a password reset could not be mailed', { user: user.id, error: error.message }),
        );
      },
    },
    rateLimit: {
      enabled: true,
      storage: 'database',
      modelName: 'auth_rate_limit',
      window: 60,
      max: 300,
      customRules: {
        '/sign-in/email': { window: signInTries.windowSeconds, max: signInTries.max },
        '/request-password-reset': { window: 60, max: 5 },
        '/reset-password': { window: 60, max: 10 },
        '/two-factor/*': { window: 60, max: 10 },
        '/change-password': { window: 60, max: 10 },
      },
    },
    advanced: {
      // The same in tests as outside: the library would otherwise drop both there.
      disableOriginCheck: false,
      disableCSRFCheck: false,
      cookiePrefix: 'fakturist',
      useSecureCookies: options.address.publicUrl.startsWith('https:'),
      ipAddress: { ipAddressHeaders: [clientHeader] },
      database: { validateSchema: false } as never,
    },
    // A failure is ours to answer and to log: the library would write it to the console with the values of its query.
    onAPIError: { throw: true },
    logger: { log: (level, message) => (level === 'error' || level === 'warn') && options.log(level, `sign-in: ${message}`) },
    plugins: [twoFactor({ issuer: 'Fakturist', schema: { twoFactor: { modelName: 'auth_two_factor' } } })],
  });
}

/** What our screens ask of the library. Everything else it knows (other ways to sign in, to change an address, to end an account) is not there. */
const doors = new Set([
  'GET /get-session',
  'GET /list-sessions',
  'POST /sign-in/email',
  'POST /sign-out',
  'POST /request-password-reset',
  'POST /reset-password',
  'POST /change-password',
  'POST /revoke-session',
  'POST /revoke-other-sessions',
  'POST /two-factor/enable',
  'POST /two-factor/disable',
  'POST /two-factor/verify-totp',
  'POST /two-factor/verify-backup-code',
]);
/** They ask for the password of whoever is signed in: a stolen session must not be a place to guess it at. */
const asksPassword = new Set(['/change-password', '/two-factor/enable', '/two-factor/disable']);

/** Passwords are counted by account wherever they are asked for (`sign-in-tries.ts`); everything else passes. */
async function counted(
  options: AccountsOptions,
  tries: SignInTries,
  request: FastifyRequest,
  emailOfCaller: () => Promise<string | undefined>,
  call: () => Promise<Response>,
): Promise<Response> {
  const path = plainPath(request.url);
  if (path === '/reset-password') {
    const email = await emailOfReset(
      options.store,
      textOf(request.body, 'token') ?? new URL(request.url, 'http://x').searchParams.get('token'),
    );
    const answer = await call();
    if (answer.ok && email) await tries.known(email, request.ip, options.now());
    return answer;
  }
  const email = path === '/sign-in/email' ? textOf(request.body, 'email') : asksPassword.has(path) ? await emailOfCaller() : undefined;
  if (email === undefined) return call();
  const taken = await tries.take(email, request.ip, options.now());
  if ('waitSeconds' in taken) {
    const headers = { 'retry-after': String(taken.waitSeconds), 'x-retry-after': String(taken.waitSeconds) };
    return Response.json({ message: 'Too many requests. Please try again later.' }, { status: 429, headers });
  }
  if (taken.tell) void tellGuessing(options, email);
  // A fault of ours says nothing about the password.
  const answer = await call().catch(async (error: unknown) => {
    await taken.unjudged();
    throw error;
  });
  if (answer.ok) await taken.right();
  else if (!(await saysWrong(answer))) await taken.unjudged();
  return answer;
}

/** The library says 401 at the log-in and 400 with this code elsewhere. */
async function saysWrong(answer: Response): Promise<boolean> {
  if (answer.status === 401) return true;
  return answer.status === 400 && textOf(await answer.clone().text(), 'code') === 'INVALID_PASSWORD';
}

const basePath = '/api/auth';

/** Below the library's own path; only what is spelt as our screens spell it is a door, so that no two readers of an address can differ. */
function plainPath(url: string): string {
  return url.split('?')[0]!.slice(basePath.length);
}

const cookieOf = (request: FastifyRequest) => new Headers({ cookie: request.headers.cookie ?? '' });

/** Without the copy of the session that the cookie carries: for minutes it would open these doors to somebody who was signed out. */
const uncached = (cookie = '') =>
  cookie
    .split(';')
    .filter((one) => !one.split('=')[0]!.includes('session_data'))
    .join(';');

/** Whoever changes the password may do so because somebody else has it: nobody stays signed in by the old one, whatever was asked for. */
function endingOtherSessions(body: Buffer | undefined): Buffer | undefined {
  try {
    return Buffer.from(JSON.stringify({ ...JSON.parse(String(body)), revokeOtherSessions: true }));
  } catch {
    return body;
  }
}

function textOf(body: unknown, field: string): string | undefined {
  try {
    const value = (JSON.parse(String(body)) as Record<string, unknown> | null)?.[field];
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whom a link for a new password belongs to. */
async function emailOfReset(store: Store, token: string | null | undefined): Promise<string | undefined> {
  if (!token) return undefined;
  const row = await store.db
    .selectFrom('auth_verification')
    .innerJoin('auth_user', 'auth_user.id', 'auth_verification.value')
    .select('auth_user.email')
    .where('auth_verification.identifier', '=', `reset-password:${token}`)
    .executeTakeFirst();
  return row?.email;
}

/** Not waited for, like the mail for a new password: an answer must not tell whether somebody has an account. */
async function tellGuessing(options: AccountsOptions, typed: string): Promise<void> {
  try {
    const user = await options.store.db
      .selectFrom('auth_user')
      .select(['id', 'email', 'name', 'language'])
      .where('email', '=', typed.trim().toLowerCase())
      .executeTakeFirst();
    if (!user) return;
    options.log('warn', 'many wrong passwords for one account from strange networks', { user: user.id });
    const link = `${options.address.publicUrl}/settings/security`;
    await options.sendMail({ to: user.email, kind: 'guessed-at', language: user.language ?? 'en', link, name: user.name });
  } catch (error) {
    options.log('error', 'a warning of guessed passwords could not be mailed', { error: (error as Error).message });
  }
}

/** Set by us from the connection, never taken from the caller. */
const clientHeader = 'x-fakturist-client';

type SessionUser = { id: string; name: string; email: string; language: string | null; twoFactorEnabled: boolean };
export type Accounts = {
  /** The signed-in person by the cookie; `cookies` renew the cache of the cookie. */
  session(request: FastifyRequest): Promise<{ user: SessionUser; token: string; cookies: string[] } | undefined>;
  makeUser(user: { email: string; name: string; password: string; language?: string }): Promise<{ id: string } | { taken: true }>;
  mount(app: FastifyInstance): void;
  sendMail: AccountsOptions['sendMail'];
};

export function createAccounts(options: AccountsOptions): Accounts {
  const auth = makeAuth(options);
  const tries = countSignIns(options.store, derived(options.secretKey, 'fakturist sign-in tries'));
  return {
    sendMail: options.sendMail,
    async session(request) {
      if (!request.headers.cookie) return undefined;
      const { response, headers } = await auth.api.getSession({ headers: cookieOf(request), returnHeaders: true });
      if (!response) return undefined;
      const { user, session } = response as { user: Record<string, unknown>; session: { token: string } };
      return {
        user: {
          id: user.id as string,
          name: user.name as string,
          email: user.email as string,
          language: (user.language as string | null | undefined) ?? null,
          twoFactorEnabled: user.twoFactorEnabled === true,
        },
        token: session.token,
        cookies: headers?.getSetCookie() ?? [],
      };
    },
    async makeUser({ email, name, password, language }) {
      const context = await auth.$context;
      const address = email.trim().toLowerCase();
      if (await context.internalAdapter.findUserByEmail(address)) return { taken: true };
      const hash = await context.password.hash(password);
      const user = await context.internalAdapter.createUser({ email: address, name, emailVerified: true, language: language ?? null }, {
        method: 'fakturist',
      } as never);
      await context.internalAdapter.linkAccount({ userId: user.id, providerId: 'credential', accountId: user.id, password: hash });
      return { id: user.id };
    },
    mount(app) {
      void app.register(async (scope) => {
        scope.removeAllContentTypeParsers();
        scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: 64 * 1024 }, (_request, body, done) => done(null, body));
        scope.all(`${basePath}/*`, { config: { needs: 'public' } }, async (request, reply) => {
          const door = `${request.method} ${plainPath(request.url)}`;
          if (!doors.has(door)) throw notFound('an address to sign in by');
          const headers = new Headers();
          for (const [key, value] of Object.entries(request.headers)) {
            if (key !== clientHeader && value !== undefined) headers.set(key, Array.isArray(value) ? value.join(', ') : value);
          }
          headers.set(clientHeader, request.ip);
          headers.set('cookie', uncached(request.headers.cookie));
          const given = request.body as Buffer | undefined;
          const body = door === 'POST /change-password' ? endingOtherSessions(given) : given;
          headers.delete('content-length');
          const call = () =>
            auth.handler(
              new Request(new URL(request.url, options.address.publicUrl), {
                method: request.method,
                headers,
                body: body && body.length > 0 ? new Uint8Array(body) : undefined,
              }),
            );
          const emailOfCaller = async () =>
            (await auth.api.getSession({ headers: new Headers({ cookie: uncached(request.headers.cookie) }) }))?.user.email;
          const answer = await counted(options, tries, request, emailOfCaller, call);
          reply.code(answer.status);
          for (const [key, value] of answer.headers) if (key !== 'set-cookie') reply.header(key, value);
          const cookies = answer.headers.getSetCookie();
          if (cookies.length > 0) reply.header('set-cookie', cookies);
          reply.header('cache-control', 'no-store');
          return reply.send(Buffer.from(await answer.arrayBuffer()));
        });
      });
    },
  };
}
