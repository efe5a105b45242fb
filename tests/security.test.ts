import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as rawRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sign } from '../connectors/tickets/signature.ts';
import { csvOf } from '../src/books/index.ts';
import type { Store } from '../src/store/index.ts';
import { freshEmbedded } from '../src/testkit/database.ts';
import { type Mailbox, startMailbox } from '../src/testkit/mailbox.ts';
import { type Answer, Browser, invited, owner, password, program, type Served, serve, shop, until } from './api-server.ts';

/** What somebody with bad intentions tries from outside, and what he gets for it (docs/SECURITY.md). */
let store: Store;
let served: Served;
let olga: Browser;
let mailbox: Mailbox;
beforeAll(async () => {
  store = await freshEmbedded();
  served = await serve(store);
  olga = await owner(served.url);
  mailbox = await startMailbox();
}, 60_000);
afterAll(async () => {
  await mailbox?.close();
  await served?.stop();
  await store?.close();
});

const account = (more: Record<string, unknown> = {}) => ({
  host: mailbox.host,
  port: mailbox.port,
  security: 'none',
  fromName: 'Sklep',
  fromAddress: 'sklep@shop.example',
  ...more,
});

/** Bytes on the wire, without the good manners of an HTTP client. */
async function wire(text: string): Promise<string> {
  const { hostname, port } = new URL(served.url);
  const socket = connect(Number(port), hostname);
  socket.end(text);
  let heard = '';
  socket.on('data', (bytes) => {
    heard += bytes.toString('latin1');
  });
  await once(socket, 'close');
  return heard;
}

function raw(method: string, address: string, headers: Record<string, string>, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const call = rawRequest(`${served.url}${address}`, { method, headers }, (response) => {
      let text = '';
      response.on('data', (bytes) => {
        text += bytes;
      });
      response.on('end', () => resolve({ status: response.statusCode!, text }));
    });
    call.on('error', reject);
    call.end(body);
  });
}

describe('accounts', () => {
  test('the owner of one organization cannot catch the password reset of somebody who also belongs to another', async () => {
    const made = await olga.post('/organizations', { name: 'Drugi Sklep', country: 'PL', taxId: '9991002009' });
    const second = new Browser(served.url, made.body.organizationId);
    for (const [name, value] of olga.cookies) second.cookies.set(name, value);
    expect((await second.send('PUT', '/mail-settings', account())).status).toBe(200);
    const only = await invited(second, 'only@shop.example', 'reader');
    await invited(second, 'both@shop.example', 'reader');
    const invitation = await olga.post('/invitations', { email: 'both@shop.example', role: 'owner' });
    const both = new Browser(served.url);
    await both.signIn('both@shop.example', password);
    const token = new URL(invitation.body.link).searchParams.get('token');
    expect((await both.post('/invitations/accept', { token })).status).toBe(200);
    mailbox.clear();
    const asked = new Browser(served.url);
    const reset = await asked.post('/api/auth/request-password-reset', { email: 'both@shop.example' });
    expect(reset.status).toBe(200);
    await until('the log tells that nobody took the mail', async () => served.logs.some((line) => /no mail server/.test(line.message)));
    expect(mailbox.mails()).toEqual([]);
    // Somebody of one organization only is helped by its server, and an unknown address is answered in the same words.
    const helped = await asked.post('/api/auth/request-password-reset', { email: 'only@shop.example' });
    const unknown = await asked.post('/api/auth/request-password-reset', { email: 'nobody@shop.example' });
    expect(unknown.text).toBe(helped.text);
    const [mail] = await mailbox.arrived(1);
    expect(mail!.recipients).toEqual(['only@shop.example']);
    expect(only.organization).toBe(made.body.organizationId);
  });

  test('a log-in says nothing about who exists, and an answer to the reset does not wait for a mail server', async () => {
    const wrong = await new Browser(served.url).signIn(shop.email, 'not the password');
    const nobody = await new Browser(served.url).signIn('ghost@shop.example', 'not the password');
    expect([wrong.status, wrong.text]).toEqual([nobody.status, nobody.text]);
    mailbox.faults.slowMs = 3_000;
    const begun = performance.now();
    await new Browser(served.url).post('/api/auth/request-password-reset', { email: 'only@shop.example' });
    expect(performance.now() - begun).toBeLessThan(2_000);
    mailbox.faults.slowMs = 0;
  });

  test('nobody makes an account without an invitation, and an invitation is used once, by its person', async () => {
    const signUp = await new Browser(served.url).post('/api/auth/sign-up/email', { email: 'x@shop.example', password, name: 'X' });
    expect(signUp.status).toBeGreaterThanOrEqual(400);
    const { link } = (await olga.post('/invitations', { email: 'once@shop.example', role: 'reader' })).body;
    const token = new URL(link).searchParams.get('token')!;
    const other = await olga.post('/invitations/accept', { token });
    expect(other.body.code).toBe('other-person');
    const both = await Promise.all([1, 2].map(() => new Browser(served.url).post('/invitations/accept', { token, name: 'O', password })));
    expect(both.filter((answer) => answer.status === 200)).toHaveLength(1);
    expect((await new Browser(served.url).post('/invitations/accept', { token, name: 'O', password })).body.code).toBe('invitation-gone');
  });

  test('signing in ends with a new session, also when a cookie was planted before', async () => {
    const planted = new Browser(served.url);
    planted.cookies.set('fakturist.session_token', 'planted.value');
    await planted.signIn(shop.email, password);
    expect(planted.cookies.get('fakturist.session_token')).not.toContain('planted');
    const answer = await new Browser(served.url).signIn(shop.email, password);
    const cookie = answer.headers.getSetCookie().find((one) => one.includes('session_token'))!;
    expect(cookie).toMatch(/HttpOnly/i);
    expect(cookie).toMatch(/SameSite=Lax/i);
  });

  test('what a person writes about himself through the sign-in library does not break his own screens', async () => {
    const reader = await invited(olga, 'writer@shop.example', 'reader');
    await reader.post('/api/auth/update-user', { language: 'xx', name: 'W' });
    const me = await reader.get('/me');
    expect(me.status).toBe(200);
    expect([null, 'pl', 'en', 'hu', 'sv']).toContain(me.body.user.language);
    await reader.post('/api/auth/update-user', { role: 'owner', twoFactorEnabled: true, emailVerified: true, email: shop.email, id: 'x' });
    expect((await reader.get('/me')).body.user).toMatchObject({ email: 'writer@shop.example', twoFactorEnabled: false });
    expect((await reader.get('/api-keys')).status).toBe(403);
  });

  test('a changed password ends every other session, whatever the call asked for, and a signed-out cookie opens no door', async () => {
    const email = 'twice@shop.example';
    await store.db.deleteFrom('auth_rate_limit' as never).execute();
    const here = await invited(olga, email, 'reader');
    const there = new Browser(served.url, olga.organization);
    await there.signIn(email, password);
    const old = there.headers();
    expect((await there.get('/api/auth/get-session')).body.user.email).toBe(email);
    const next = 'another long password';
    const changed = await here.post('/api/auth/change-password', {
      currentPassword: password,
      newPassword: next,
      revokeOtherSessions: false,
    });
    expect(changed.status, changed.text).toBe(200);
    expect((await there.get('/orders')).status).toBe(401);
    // The cookie carries a copy of the session for some minutes; the library alone would believe it.
    const replayed = await fetch(`${served.url}/api/auth/get-session`, { headers: old });
    expect(await replayed.text()).not.toContain(email);
    expect((await here.get('/orders')).status).toBe(200);
    const kept = here.headers();
    await here.post('/api/auth/sign-out', {});
    for (const address of ['/api/auth/get-session', '/api/auth/list-sessions', '/api/v1/me', '/api/v1/orders'])
      expect(await (await fetch(`${served.url}${address}`, { headers: kept })).text(), address).not.toContain(email);
  });

  test('whoever has somebody’s session does not guess his password by it', async () => {
    const email = 'stolen@shop.example';
    await store.db.deleteFrom('auth_rate_limit' as never).execute();
    const thief = await invited(olga, email, 'reader');
    const answers: number[] = [];
    for (const door of ['/change-password', '/two-factor/disable', '/two-factor/enable', '/change-password'])
      for (let i = 0; i < 2; i++)
        answers.push(
          (
            await thief.post(`/api/auth${door}`, {
              currentPassword: `guess number ${i}`,
              password: `guess number ${i}`,
              newPassword: 'a new long password',
            })
          ).status,
        );
    expect(answers.slice(0, 5)).not.toContain(429);
    expect(answers.slice(-2)).toEqual([429, 429]);
    await store.db.deleteFrom('auth_rate_limit' as never).execute();
  });

  test('of the sign-in library only what our screens ask for is there', async () => {
    const reader = await invited(olga, 'prober@shop.example', 'reader');
    for (const door of [
      'POST /sign-up/email',
      'POST /update-user',
      'POST /change-email',
      'POST /delete-user',
      'POST /sign-in/social',
      'POST /link-social',
      'GET /verify-email?token=x&callbackURL=https%3A%2F%2Fevil.example',
      'GET /reset-password/abc?callbackURL=https%3A%2F%2Fevil.example%2F',
      'GET /error?error=%3Cscript%3E',
      'GET /ok',
      'POST /two-factor/send-otp',
      'POST //sign-in/email',
      'POST /sign-in/email/',
      'POST /sign-in%2Femail',
      'POST /SIGN-IN/email',
      'PUT /sign-in/email',
      'GET /sign-in/email',
    ]) {
      const [method, path] = door.split(' ') as [string, string];
      const answer = await reader.send(method, `/api/auth${path}`, method === 'GET' ? undefined : { email: shop.email, password });
      expect(answer.status, door).toBe(404);
      expect(answer.headers.get('content-type'), door).toContain('application/problem+json');
    }
    const heard = await wire(
      `GET http://evil.example/api/auth/get-session HTTP/1.1\r\nHost: ${new URL(served.url).host}\r\nConnection: close\r\n\r\n`,
    );
    expect(heard).toMatch(/^HTTP\/1\.1 404/);
  });

  test('no body makes the sign-in library fail', async () => {
    // Few where a password is worked out, which costs on purpose.
    const values: unknown[] = ['a\u0000@shop.example', '\ud800', null];
    const doors: Record<string, string[]> = {
      '/sign-in/email': ['email'],
      '/request-password-reset': ['email', 'redirectTo'],
      '/reset-password': ['token'],
      '/change-password': ['newPassword'],
      '/revoke-session': ['token'],
      '/two-factor/enable': ['issuer'],
      '/two-factor/verify-totp': ['code', 'trustDevice'],
      '/two-factor/verify-backup-code': ['code'],
    };
    const unlimited = async () => {
      await store.db.deleteFrom('auth_rate_limit' as never).execute();
      await store.db.deleteFrom('sign_in_try').execute();
    };
    const wrong: string[] = [];
    await unlimited();
    const reader = await invited(olga, 'fuzz@shop.example', 'reader');
    for (const [door, fields] of Object.entries(doors)) {
      const good = { email: 'a@shop.example', password: 'p', token: 't', newPassword: 'p', currentPassword: 'p', code: '1' };
      for (const field of fields)
        for (const value of values) {
          await unlimited();
          const answer = await reader.post(`/api/auth${door}`, { ...good, [field]: value });
          if (answer.status >= 500)
            wrong.push(`${door} ${field}=${JSON.stringify(value).slice(0, 40)} ${answer.status} ${answer.text.slice(0, 200)}`);
          if (/\.ts:\d|node_modules|select /.test(answer.text)) wrong.push(`${door} tells its inside`);
        }
      for (const body of ['null', '{']) {
        const headers = { ...reader.headers(), origin: served.url, 'content-type': 'application/json' };
        const answer = await raw('POST', `/api/auth${door}`, headers, body);
        if (answer.status >= 500) wrong.push(`${door} ${body.slice(0, 10)} ${answer.status} ${answer.text.slice(0, 200)}`);
      }
      await store.db.deleteFrom('auth_rate_limit' as never).execute();
    }
    for (const query of ['token=%00', 'token=a&token=b', 'x[__proto__]=1'])
      expect(
        (await raw('POST', `/api/auth/reset-password?${query}`, { origin: served.url, 'content-type': 'application/json' }, '{}')).status,
      ).toBeLessThan(500);
    expect(wrong).toEqual([]);
  });

  test('only who owns an organization makes another one', async () => {
    const reader = await invited(olga, 'founder@shop.example', 'reader');
    const made = await reader.post('/organizations', { name: 'Mine', country: 'PL', taxId: '9991002009' });
    expect(made.status).toBe(403);
  });

  test('links of the sign-in library lead nowhere else', async () => {
    for (const address of [
      '/api/auth/reset-password/abc?callbackURL=https%3A%2F%2Fevil.example%2F',
      '/api/auth/error?error=%3Cscript%3Ealert(1)%3C%2Fscript%3E',
      '/api/auth/verify-email?token=x&callbackURL=https%3A%2F%2Fevil.example',
    ]) {
      const answer = await new Browser(served.url).get(address);
      expect(answer.headers.get('location') ?? '').not.toContain('evil.example');
      expect(answer.text).not.toContain('<script>alert(1)');
    }
  });

  test('guessing passwords is stopped', async () => {
    const guesses: Answer[] = [];
    for (let i = 0; i < 12; i++) guesses.push(await new Browser(served.url).signIn('target@shop.example', `guess number ${i}`));
    expect(guesses.at(-1)!.status).toBe(429);
    // A header of the caller does not make him somebody else.
    const disguised = await new Browser(served.url).post(
      '/api/auth/sign-in/email',
      { email: 'target@shop.example', password: 'guess number x' },
      { 'x-forwarded-for': '203.0.113.7', 'x-fakturist-client': '203.0.113.7' },
    );
    expect(disguised.status).toBe(429);
    await store.db.deleteFrom('auth_rate_limit' as never).execute();
  });
});

describe('calls', () => {
  test('a page of another site gets nothing done with the cookie, whatever it calls its body', async () => {
    const cookie = olga.headers().cookie!;
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json']) {
      const answer = await raw(
        'POST',
        `/api/v1/api-keys?organization=${olga.organization}`,
        { cookie, origin: 'https://evil.example', 'content-type': type },
        '{"name":"x","scopes":["admin"]}',
      );
      expect(answer.status).toBe(403);
    }
    const plain = await raw(
      'POST',
      `/api/v1/api-keys?organization=${olga.organization}`,
      { cookie, origin: served.url, 'content-type': 'text/plain' },
      '{"name":"x","scopes":["admin"]}',
    );
    expect(plain.status).toBe(400);
    const foreign = await raw(
      'POST',
      '/api/auth/sign-out',
      { cookie, origin: 'https://evil.example', 'content-type': 'application/json' },
      '{}',
    );
    expect(foreign.status).toBe(403);
    const read = await raw('GET', '/api/v1/me', { cookie, origin: 'https://evil.example' }, '');
    expect(read.text).toContain(shop.email);
    const answer = await fetch(`${served.url}/api/v1/me`, { headers: { cookie, origin: 'https://evil.example' } });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('deep, huge, broken and poisoned bodies are refused in plain words', async () => {
    const send = (body: string, type = 'application/json') =>
      raw('PATCH', '/api/v1/organization', { ...olga.headers(), origin: served.url, 'content-type': type }, body);
    const deep = await send(`{"policies":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`);
    const poisoned = await send('{"__proto__":{"admin":true}}');
    const broken = await send('{"seller":');
    const nul = await send('{"name":"a\\u0000b"}');
    const lone = await send('{"name":"a\\ud800b"}');
    const huge = await send(`{"name":"${'x'.repeat(9 * 1024 * 1024)}"}`).catch((error: Error) => ({ status: 413, text: error.message }));
    for (const answer of [deep, poisoned, broken, nul, huge]) {
      expect(answer.status, answer.text.slice(0, 300)).toBeGreaterThanOrEqual(400);
      expect(answer.status, answer.text.slice(0, 300)).toBeLessThan(500);
      expect(answer.text).not.toMatch(/ at .*\.ts|node_modules|select |insert /);
    }
    // Half a surrogate becomes the sign for an unreadable letter.
    expect(lone.status).toBeLessThan(500);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test('odd values in addresses are refused, not failed upon', async () => {
    const before = served.logs.filter((line) => line.message === 'request failed').length;
    for (const address of [
      '/documents?q=%00',
      '/documents?q=%ED%A0%80',
      '/documents?buyer=%00',
      '/documents?limit=1e9',
      '/documents?cursor=%00',
      '/documents?minGross=1e999',
      '/documents?ids=%27%3B--',
      '/orders?q=%25%00',
      '/orders?channel=%00',
      '/parties?q=%00',
      '/deliveries?status=%00',
      '/audit?entity=%00',
      '/audit?entityId=%27',
      '/saved-views?page=%00',
      '/imports?cursor=%00',
      '/series/preview?pattern=%00&reset=yearly&day=2026-01-01',
      '/completeness?from=0000-00-00&to=9999-99-99',
      '/documents/archive.zip?q=%00',
      '/documents/..%2f..%2fetc%2fpasswd',
    ]) {
      const answer = await olga.get(address);
      expect(answer.status, `${address} ${answer.text.slice(0, 200)}`).toBeLessThan(500);
    }
    expect((await olga.post('/documents/merge', { ids: ['\u0000'] })).status).toBeLessThan(500);
    expect((await olga.post('/saved-views', { page: '\u0000', name: '\u0000', query: '\u0000' })).status).toBeLessThan(500);
    expect(
      (await olga.post('/mail-templates', { name: 'N\u0000', language: 'pl', subject: 'S\u0000', body: 'B\u0000' })).status,
    ).toBeLessThan(500);
    expect((await olga.post('/api-keys', { name: 'a\u0000', scopes: ['read'] })).status).toBeLessThan(500);
    expect((await olga.post('/organizations', { name: 'N', country: 'constructor', taxId: '1' })).status).toBeLessThan(500);
    expect((await olga.post('/saved-views', { page: 'a', name: 'b', query: '' }, { 'idempotency-key': 'k\u00ff' })).status).toBeLessThan(
      500,
    );
    const now = served.logs.filter((line) => line.message === 'request failed');
    expect(now.slice(before).map((line) => line.fields?.error)).toEqual([]);
  });

  test('no file but those of the web is served, and every answer carries its headers', async () => {
    for (const path of [
      '/../package.json',
      '/%2e%2e/package.json',
      '/assets/..%2f..%2fpackage.json',
      '/help/..%2f..%2fpackage.json',
      '/help/%2e%2e/%2e%2e/package.json',
      '//evil.example/%2f..',
      '/.git/config',
    ]) {
      const heard = await wire(`GET ${path} HTTP/1.1\r\nHost: ${new URL(served.url).host}\r\nConnection: close\r\n\r\n`);
      expect(heard).not.toContain('"dependencies"');
      expect(heard).not.toMatch(/^HTTP\/1\.1 30\d/);
      expect(heard).not.toContain('[core]');
    }
    const page = await new Browser(served.url).get('/docs');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(page.headers.get('content-security-policy')).toMatch(/style-src 'self';/);
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    const open = await new Browser(served.url).get('/openapi.json');
    expect(open.text).not.toMatch(/whsec_[A-Za-z0-9+/]{20}|fk_[a-z0-9]{10}_[\w-]{43}/);
  });

  test('every kind of answer says how a browser may use it, and nothing of anybody stays in a cache', async () => {
    const nobody = new Browser(served.url);
    const pdf = await olga.post('/documents/preview.pdf', {});
    expect([pdf.status, pdf.headers.get('content-type')]).toEqual([200, 'application/pdf']);
    const get = (address: string, headers: Record<string, string> = {}) => fetch(`${served.url}${address}`, { headers });
    const own = olga.headers();
    const answers: Record<string, { headers: Headers; status: number }> = {
      pdf,
      json: await olga.get('/documents'),
      csv: await olga.get('/documents/export.csv'),
      zip: await olga.get('/documents/archive.zip'),
      page: await get('/api/v1/docs'),
      description: await get('/api/v1/openapi.json'),
      'not signed in': await nobody.get('/documents'),
      'not there': await olga.get('/documents/00000000-0000-7000-8000-000000000000'),
      'no such route': await olga.get('/nothing'),
      'no such page': await get('/nothing'),
      'no json': await get('/api/v1/documents?limit=x', own),
      session: await get('/api/auth/get-session', own),
      'no session door': await get('/api/auth/nothing', own),
      call: await get(`/intake/${'x'.repeat(32)}`),
      agent: await fetch(`${served.url}/agent/v1/token`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }),
      buyer: await get(`/api/v1/buyer/${'x'.repeat(60)}`),
      help: await get('/help/en/README.md'),
      health: await get('/healthz'),
    };
    const shared = new Set(['page', 'description', 'help', 'health', 'no such page']);
    for (const [what, { headers }] of Object.entries(answers)) {
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy, what).toMatch(/default-src 'self'/);
      expect(policy, what).toMatch(what === 'pdf' ? /frame-ancestors 'self'/ : /frame-ancestors 'none'/);
      expect(policy, what).not.toMatch(/script-src[^;]*unsafe|\*/);
      expect(headers.get('x-content-type-options'), what).toBe('nosniff');
      expect(headers.get('referrer-policy'), what).toBe('same-origin');
      expect(headers.get('cross-origin-resource-policy'), what).toBe('same-origin');
      for (const told of ['server', 'x-powered-by', 'access-control-allow-origin']) expect(headers.get(told), what).toBeNull();
      if (!shared.has(what)) expect(headers.get('cache-control'), what).toContain('no-store');
    }
  });

  test('outside the demo its addresses answer nothing', async () => {
    for (const [method, address] of [
      ['GET', '/demo/state'],
      ['GET', '/demo/mailbox'],
      ['GET', '/demo/sample.xml'],
      ['POST', '/demo/import-sample'],
      ['POST', '/demo/sell-tickets'],
    ] as const)
      expect((await olga.send(method, address, method === 'POST' ? {} : undefined)).status).toBe(404);
  });

  test('a key of one organization opens no other, and an Idempotency-Key of one says nothing to another', async () => {
    const { key } = (await olga.post('/api-keys', { name: 'k', scopes: ['read', 'write', 'admin'] })).body;
    const second = (await olga.post('/organizations', { name: 'Trzeci', country: 'PL', taxId: '9991002009' })).body.organizationId;
    expect((await program(served.url, key)('GET', '/documents', undefined, { 'x-organization': second })).status).toBe(403);
    const there = new Browser(served.url, second);
    for (const [name, value] of olga.cookies) there.cookies.set(name, value);
    const body = { name: 'Same', language: 'pl', subject: 'S', body: 'B' };
    const first = await olga.post('/mail-templates', body, { 'idempotency-key': 'same' });
    const again = await there.post('/mail-templates', body, { 'idempotency-key': 'same' });
    expect(again.status).toBe(201);
    expect(again.body.id).not.toBe(first.body.id);
  });

  test('a stream of changes ends with the session that opened it', async () => {
    const reader = await invited(olga, 'listener@shop.example', 'reader');
    const response = await fetch(`${served.url}/api/v1/events`, { headers: reader.headers() });
    const stream = response.body!.getReader();
    let text = '';
    const ended = (async () => {
      for (;;) {
        const { value, done } = await stream.read();
        if (done) return text;
        text += Buffer.from(value).toString('utf8');
      }
    })();
    const id = (await olga.get('/members')).body.items.find((one: { email: string }) => one.email === 'listener@shop.example').id;
    expect((await olga.send('DELETE', `/members/${id}`)).status).toBe(200);
    await olga.send('PATCH', '/organization', { seller: { phone: '+48 000 000 002' } });
    expect(await ended).not.toContain('"topic":"organization"');
  });
});

describe('what is configured', () => {
  test('a stored password does not go to another server unasked', async () => {
    expect((await olga.send('PUT', '/mail-settings', account({ password: 'smtp-geheim-word', user: 'olga' }))).status).toBe(200);
    const moved = await olga.send('PUT', '/mail-settings', account({ host: 'smtp.evil.example', security: 'tls', user: 'olga' }));
    expect(moved.status).toBe(422);
    expect((await olga.get('/mail-settings')).body).toMatchObject({ host: mailbox.host, hasPassword: true });
    const retyped = await olga.send(
      'PUT',
      '/mail-settings',
      account({ host: 'smtp.other.example', security: 'tls', user: 'olga', password: 'smtp-geheim-word' }),
    );
    expect(retyped.status).toBe(200);

    const made = await olga.post('/connections', {
      connector: 'szamlazz',
      name: 'S',
      settings: {},
      secrets: { agentKey: 'geheim-agent-key-0123456789' },
    });
    expect(made.status, made.text).toBe(201);
    const redirected = await olga.send('PATCH', `/connections/${made.body.id}`, { baseUrl: 'https://evil.example/' });
    expect(redirected.status).toBe(422);
    const renamed = await olga.send('PATCH', `/connections/${made.body.id}`, { name: 'S2' });
    expect(renamed.status).toBe(200);
  });

  test('a key that no header can bear is refused where it is typed: it would look like an outage of the other side', async () => {
    const connect = (connector: string, name: string, value: string, settings = {}) =>
      olga.post('/connections', { connector, name: 'S', settings, secrets: { [name]: value } });
    for (const [connector, name, settings] of [
      ['baselinker', 'token', {}],
      ['infakt', 'apiKey', {}],
      ['sellasist', 'apiKey', { account: 'sklep' }],
    ] as const) {
      for (const value of ['abc…', 'key\u200b0123', 'a b', 'a\r\nX-Other: 1', 'k'.repeat(201)]) {
        const made = await connect(connector, name, value, settings);
        expect([connector, value.slice(0, 9), made.status]).toEqual([connector, value.slice(0, 9), 422]);
        expect(made.text).toContain('H_SETTING_WRONG');
        expect(made.text).not.toContain(value.slice(0, 20));
      }
      const good = await connect(connector, name, '  3001234-12345-ABCDE+/=~.  ', settings);
      expect(good.status, good.text).toBe(201);
      // One that is stored is not judged again.
      expect((await olga.send('PATCH', `/connections/${good.body.id}`, { name: 'S2' })).status).toBe(200);
    }
    expect((await connect('walley', 'password', 'ł'.repeat(51))).status).toBe(422);
  });

  test('addresses of the machine’s own cloud are no address of a connection or a webhook', async () => {
    for (const url of [
      'http://169.254.169.254/latest/meta-data/',
      'http://[fe80::1]/',
      'http://metadata.google.internal/',
      'http://[::ffff:169.254.169.254]/',
      'http://2852039166/',
    ]) {
      const hook = await olga.post('/webhooks', { url, events: ['document.issued'] });
      expect(hook.status, url).toBeGreaterThanOrEqual(400);
      const connection = await olga.post('/connections', {
        connector: 'szamlazz',
        name: 'S',
        baseUrl: url,
        secrets: { agentKey: 'x'.repeat(40) },
      });
      expect(connection.status, url).toBe(422);
    }
    for (const url of ['javascript:alert(1)', 'file:///etc/passwd'])
      expect((await olga.post('/webhooks', { url, events: ['document.issued'] })).status).toBe(400);
  });

  test('a logo that cannot be printed, runs a script or looks elsewhere is refused', async () => {
    const put = (bytes: string | Buffer, name = 'logo.svg') => {
      const data = new FormData();
      data.append('file', new Blob([Uint8Array.from(Buffer.from(bytes))]), name);
      return olga.send('PUT', '/organization/logo', data);
    };
    const svg = (inner: string) => `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50">${inner}</svg>`;
    for (const bad of [
      svg('<script>alert(1)</script>'),
      svg('<s:script xmlns:s="http://www.w3.org/2000/svg">alert(1)</s:script>'),
      svg('<image href="https://evil.example/x.png" width="9" height="9"/>'),
      svg('<image href="../../../package.json" width="9" height="9"/>'),
      svg('<rect width="10" height="10"'),
      // A row of comments that no picture follows is read once, and not in all ways of parting it: that would never end.
      `${'<!-- -->'.repeat(60)}<svx/>`,
      Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.from('no picture')]),
    ])
      expect((await put(bad)).status, String(bad).slice(0, 120)).toBe(415);
    expect((await put(svg('<rect width="10" height="10"/>'))).status).toBe(200);
    const shown = await olga.get('/organization/logo');
    expect(shown.headers.get('content-security-policy')).toContain('sandbox');
  });

  test('a name that begins like a formula stays a name in every spreadsheet', () => {
    const [line] = csvOf([['=1+1', '-5', '-5.20', '+48 600', 'a;=2+2', '@x', 'x\n=3']])
      .slice(1)
      .split('\r\n');
    expect(line).toBe(`'=1+1,-5,-5.20,'+48 600,"a;'=2+2",'@x,"x\n'=3"`);
  });

  test('a message cannot grow without bound', async () => {
    const word = 'a'.repeat(60);
    const begun = performance.now();
    const answer = await olga.post('/mail-templates/preview', {
      subject: 'x',
      body: `{{ '${word}'${` | replace: '', '${word}'`.repeat(6)} }}`,
      kind: 'invoice',
      language: 'pl',
    });
    expect(answer.status).toBe(200);
    expect(answer.body.findings.length).toBeGreaterThan(0);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});

describe('the door for calls', () => {
  const secret = 'whsec_dGVzdCBzZWNyZXQgb2YgdGhlIHRpY2tldCBzaG9w';
  const sale = readFileSync(new URL('../connectors/tickets/fixtures/sale.json', import.meta.url), 'utf8');

  test('an unknown address, a missing and a wrong signature are answered alike; a signed call of rubbish is refused, not failed upon', async () => {
    const made = await olga.post('/connections', {
      connector: 'tickets',
      name: 'Tickets',
      settings: {},
      secrets: { signingSecret: secret },
    });
    expect(made.status, made.text).toBe(201);
    const path = new URL(made.body.intakeUrl).pathname;
    const deliver = (body: string, headers: Record<string, string>, to = path) => raw('POST', to, headers, body);
    const refusals = [
      await deliver(sale, sign(sale, secret, 'msg_a', new Date()), `/intake/${'x'.repeat(32)}`),
      await deliver(sale, { 'content-type': 'application/json' }),
      await deliver(sale, sign(sale, 'whsec_b3RoZXI=', 'msg_b', new Date())),
      await deliver(sale, sign(sale, secret, 'msg_c', new Date(Date.now() - 600_000))),
      await deliver(`${sale} `, sign(sale, secret, 'msg_d', new Date())),
    ];
    expect(new Set(refusals.map((answer) => `${answer.status} ${answer.text}`)).size).toBe(1);
    expect(refusals[0]!.status).toBe(401);
    const texts = (letter: string) =>
      JSON.stringify(JSON.parse(sale), (key, value) =>
        typeof value === 'string' && /name|title|description|note|city/i.test(key) ? `${value}${letter}` : value,
      );
    let serial = 0;
    for (const body of [
      texts('\u0000'),
      texts('\ud800'),
      `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
      '{"__proto__":{}}',
      'null',
      '\u0000',
      '1e999',
    ]) {
      const answer = await deliver(body, sign(body, secret, `msg_hostile_${++serial}`, new Date()));
      expect(answer.status, `${body.slice(0, 60)} ${answer.text}`).toBeLessThan(500);
    }
    const large = await deliver('x'.repeat(300_000), { 'content-type': 'application/json' }).catch(() => ({ status: 413 }));
    expect(large.status).toBe(413);
  });
});

test('no secret was written to the log', () => {
  expect(JSON.stringify(served.logs)).not.toMatch(/geheim|a long enough password/);
});
