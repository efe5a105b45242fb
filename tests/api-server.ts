import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { z } from 'zod';
import type { setupInput } from '../src/api/schemas/index.ts';
import { readConfig } from '../src/config.ts';
import { startJobs } from '../src/jobs/index.ts';
import { allConnectors, type Opened } from '../src/open.ts';
import { type Running, startServer } from '../src/server.ts';
import { createVault, type Store } from '../src/store/index.ts';

/** A real server on a free port over the test's database, and a browser and a program that call it. */
export type LogLine = { level: string; message: string; fields?: Record<string, unknown> };
export type Served = { running: Running; url: string; logs: LogLine[]; stop(): Promise<void> };

/** `idle` serves without doing any job: what stands in the database changes by calls only. */
export async function serve(store: Store, { idle = false, env = {} as Record<string, string> } = {}): Promise<Served> {
  const folder = mkdtempSync(path.join(tmpdir(), 'fakturist-api-'));
  const logs: LogLine[] = [];
  const log = (level: string, message: string, fields?: Record<string, unknown>) => void logs.push({ level, message, fields });
  const secretKey = new Uint8Array(32).fill(7);
  const jobs = await startJobs(store, { work: !idle, onError: (error) => log('error', error.message, { stack: error.stack }) });
  const config = { ...readConfig({ FAKTURIST_DATA: folder, PORT: '0', ...env }), ...(idle ? { role: 'web' as const } : {}) };
  const opened: Opened = {
    ctx: {
      store,
      jobs,
      vault: createVault(secretKey),
      now: () => new Date(),
      connectors: await allConnectors(),
      publicUrl: config.publicUrl,
      buyerLinks: true,
      fetch: globalThis.fetch,
      log,
    },
    secretKey,
    close: () => jobs.stop(),
  };
  const running = await startServer({ config, opened, webFolder: path.join(folder, 'none') });
  return {
    running,
    url: running.url,
    logs,
    stop: async () => {
      await running.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
export type Answer = { status: number; headers: Headers; text: string; body: any };

async function call(url: string, method: string, headers: Record<string, string>, body: unknown): Promise<Answer> {
  const form = body instanceof FormData;
  const response = await fetch(url, {
    method,
    headers: { ...(body !== undefined && !form ? { 'content-type': 'application/json' } : {}), ...headers },
    body: body === undefined ? undefined : form ? body : JSON.stringify(body),
    redirect: 'manual',
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const text = bytes.toString('utf8');
  const isJson = response.headers.get('content-type')?.includes('json');
  return { status: response.status, headers: response.headers, text, body: isJson && text ? JSON.parse(text) : bytes };
}

/** A person in a browser: keeps cookies, sends what browsers send, works in one organization. */
export class Browser {
  readonly url: string;
  organization: string | undefined;
  readonly cookies = new Map<string, string>();
  constructor(url: string, organization?: string) {
    this.url = url;
    this.organization = organization;
  }
  async send(method: string, address: string, body?: unknown, more: Record<string, string> = {}): Promise<Answer> {
    const answer = await call(
      `${this.url}${address.startsWith('/api/auth') ? '' : '/api/v1'}${address}`,
      method,
      { origin: this.url, ...this.headers(), ...more },
      body,
    );
    for (const cookie of answer.headers.getSetCookie()) {
      const [pair] = cookie.split(';');
      const [name, ...value] = pair!.split('=');
      if (/max-age=0/i.test(cookie)) this.cookies.delete(name!);
      else this.cookies.set(name!, value.join('='));
    }
    return answer;
  }
  headers(): Record<string, string> {
    return {
      ...(this.cookies.size > 0 ? { cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ') } : {}),
      ...(this.organization ? { 'x-organization': this.organization } : {}),
    };
  }
  get(address: string) {
    return this.send('GET', address);
  }
  post(address: string, body?: unknown, more?: Record<string, string>) {
    return this.send('POST', address, body, more);
  }
  async signIn(email: string, password: string): Promise<Answer> {
    return this.send('POST', '/api/auth/sign-in/email', { email, password });
  }
}

export function program(url: string, key: string) {
  return (method: string, address: string, body?: unknown, more: Record<string, string> = {}) =>
    call(`${url}/api/v1${address}`, method, { authorization: `Bearer ${key}`, ...more }, body);
}

export const password = 'a long enough password';
export const shop: z.input<typeof setupInput> = {
  organization: {
    name: 'Sklep Testowy',
    country: 'PL',
    taxId: '9991002009',
    defaultVatRate: '23',
    seller: { street: 'ul. Prosta 1', postalCode: '00-001', city: 'Warszawa' },
  },
  email: 'owner@shop.example',
  password,
  name: 'Olga Owner',
};

/** Sets the installation up and signs its owner in. */
export async function owner(url: string): Promise<Browser> {
  const browser = new Browser(url);
  const made = await browser.post('/setup', shop);
  if (made.status !== 201) throw new Error(`set-up answered ${made.status} ${made.text}`);
  const signedIn = await browser.signIn(shop.email, password);
  if (signedIn.status !== 200) throw new Error(`sign-in answered ${signedIn.status} ${signedIn.text}`);
  browser.organization = made.body.organizationId;
  return browser;
}

/** Somebody new, invited and signed in with a role. */
export async function invited(by: Browser, email: string, role: string): Promise<Browser> {
  const invitation = await by.post('/invitations', { email, role });
  const token = new URL(invitation.body.link).searchParams.get('token')!;
  const browser = new Browser(by.url, by.organization);
  const accepted = await browser.post('/invitations/accept', { token, name: email.split('@')[0], password });
  if (accepted.status !== 200) throw new Error(`invitation answered ${accepted.status} ${accepted.text}`);
  await browser.signIn(email, password);
  return browser;
}

/** Waits for something that jobs do; the limit is only there to fail instead of hanging. */
export async function until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  const limit = performance.now() + 20_000;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > limit) throw new Error(`it never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
