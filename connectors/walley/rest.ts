import { createHash } from 'node:crypto';
import type { ConnectionContext } from '../../src/contract/connector.ts';
import { QuotaWait } from '../../src/contract/requests.ts';
import { limitedText, reasonOf } from '../../src/contract/wire/answer.ts';
import { cut } from '../../src/domain/cut.ts';
import { masked } from './private.ts';
import type { WalleySettings } from './settings.ts';
import { answerLimitBytes, defaultBaseUrl, soapBase, timeoutMs } from './soap.ts';

/** The wire of the Management API: a token for a while, JSON, writes that answer 202 and take effect a moment later (contract §9). */
export type RestReply =
  | { verdict: 'done'; status: number; body: unknown; location?: string }
  | { verdict: 'refused'; status: number; code: string; message: string }
  | { verdict: 'unclear'; why: 'no-answer' | 'page'; text: string };

type RestClient = {
  get(path: string): Promise<RestReply>;
  post(path: string, body: unknown, idempotencyKey: string): Promise<RestReply>;
};

const hosts = { production: 'https://api.walleypay.com', test: 'https://api.uat.walleydev.com' };
const scopes = {
  production: 'a3f3019f-2be9-41cc-a254-7bb347238e89/.default',
  test: '705798e0-8cef-427c-ae00-6023deba29af/.default',
};

function restBase(baseUrl: string, settings: WalleySettings): string {
  if (settings.restUrl) return settings.restUrl.replace(/\/+$/, '');
  // Another base URL (a simulator) stands in for both engines.
  return !baseUrl || baseUrl === defaultBaseUrl ? hosts[settings.environment] : soapBase(baseUrl, settings);
}

type Token = { value: string; until: number };
/** Tokens live in the memory of the process only: they open the account like a password. */
const tokens = new Map<string, Token>();
/** The token address answers refusals without a code of its own. */
const tokenRefused = 'TOKEN_REFUSED';
const tokenMarginMs = 60_000;

export function openRest(
  context: Pick<ConnectionContext, 'baseUrl' | 'fetch' | 'now' | 'exchange' | 'secrets'>,
  settings: WalleySettings,
): RestClient {
  const base = restBase(context.baseUrl, settings);
  const secret = context.secrets.clientSecret?.reveal() ?? '';
  const key = createHash('sha256').update(`${base}\n${settings.clientId}\n${secret}`).digest('hex');

  async function exchange(
    verb: string,
    path: string,
    init: RequestInit & { headers: Record<string, string> },
    shown: string,
  ): Promise<{ status: number; text: string; location?: string } | { lost: string }> {
    const started = context.now();
    const record = (response: string, status?: number) =>
      context.exchange?.({
        at: started,
        verb,
        request: masked(shown),
        response: cut(masked(cut(response, 40_000)), 20_000),
        status,
        tookMs: context.now().getTime() - started.getTime(),
      });
    try {
      const response = await context.fetch(`${base}${path}`, { ...init, redirect: 'manual', timeoutMs, asks: verb === 'token' });
      const text = await limitedText(response, answerLimitBytes);
      record(text, response.status);
      return { status: response.status, text, location: response.headers.get('location') ?? undefined };
    } catch (error) {
      // Nothing left: whoever called waits for the limit.
      if (error instanceof QuotaWait) throw error;
      const lost = reasonOf(error);
      record(lost);
      return { lost };
    }
  }

  async function token(fresh: boolean): Promise<string | RestReply> {
    const now = context.now().getTime();
    const kept = tokens.get(key);
    if (!fresh && kept && kept.until > now) return kept.value;
    const form = new URLSearchParams({
      client_id: settings.clientId,
      client_secret: secret,
      grant_type: 'client_credentials',
      scope: settings.restScope || scopes[settings.environment],
    });
    const answer = await exchange(
      'token',
      '/oauth2/v2.0/token',
      { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: form.toString() },
      'grant_type=client_credentials',
    );
    if ('lost' in answer) return { verdict: 'unclear', why: 'no-answer', text: answer.lost };
    const body = jsonOf(answer.text) as { access_token?: unknown; expires_in?: unknown } | undefined;
    if (answer.status === 400 || answer.status === 401) return { verdict: 'refused', status: 401, code: tokenRefused, message: '' };
    if (answer.status !== 200 || typeof body?.access_token !== 'string')
      return { verdict: 'unclear', why: 'page', text: `HTTP ${answer.status} from the token address` };
    const lifeMs = Math.max(0, Number(body.expires_in ?? 300) * 1000 - tokenMarginMs);
    if (tokens.size > 500) tokens.clear();
    tokens.set(key, { value: body.access_token, until: now + lifeMs });
    return body.access_token;
  }

  async function call(method: 'GET' | 'POST', path: string, body?: unknown, idempotencyKey?: string): Promise<RestReply> {
    for (const fresh of [false, true]) {
      const bearer = await token(fresh);
      if (typeof bearer !== 'string') return bearer;
      const json = body === undefined ? undefined : jsonText(body);
      const headers: Record<string, string> = {
        authorization: `Bearer ${bearer}`,
        accept: 'application/json',
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        // Two names are in use; both carry the same value (contract §9.2).
        ...(idempotencyKey ? { 'x-idempotency': idempotencyKey, 'walley-idempotency-key': idempotencyKey } : {}),
      };
      const answer = await exchange(`${method} ${path.split('?')[0]}`, path, { method, headers, body: json }, json ?? path);
      if ('lost' in answer) return { verdict: 'unclear', why: 'no-answer', text: answer.lost };
      if (answer.status === 401 && !fresh) continue;
      return verdictOf(answer);
    }
    return { verdict: 'refused', status: 401, code: tokenRefused, message: '' };
  }
  return { get: (path) => call('GET', path), post: (path, body, idempotencyKey) => call('POST', path, body, idempotencyKey) };
}

function verdictOf({ status, text, location }: { status: number; text: string; location?: string }): RestReply {
  const body = jsonOf(text);
  if (status >= 200 && status < 300) {
    if (status === 200 && body === undefined) return { verdict: 'unclear', why: 'page', text: 'HTTP 200 without JSON' };
    return { verdict: 'done', status, body, location };
  }
  if ([400, 401, 403, 404, 409, 422].includes(status)) return { verdict: 'refused', status, ...errorOf(text, body, status) };
  return { verdict: 'unclear', why: 'page', text: `HTTP ${status}` };
}

/** The envelope of errors is not published: a code is whatever looks like one in the body (contract §9.2). */
function errorOf(text: string, body: unknown, status: number): { code: string; message: string } {
  const error = (body as { error?: { code?: unknown; message?: unknown } } | undefined)?.error;
  const code = typeof error?.code === 'string' ? error.code : /\b[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+\b/.exec(text)?.[0];
  return { code: code ?? `HTTP_${status}`, message: typeof error?.message === 'string' ? error.message : '' };
}

function jsonOf(text: string): unknown {
  try {
    return text ? JSON.parse(text) : undefined;
  } catch {
    return undefined;
  }
}

/** An amount that is written as a JSON number with exactly these digits: it never becomes a binary fraction on its way. */
export class Amount {
  readonly text: string;
  constructor(text: string) {
    if (!/^-?\d+(\.\d+)?$/.test(text)) throw new RangeError(`not an amount: ${text}`);
    this.text = text;
  }
}

/** JSON whose amounts keep their digits. */
export function jsonText(value: unknown): string {
  if (value instanceof Amount) return value.text;
  if (Array.isArray(value)) return `[${value.map((v) => jsonText(v)).join(',')}]`;
  if (value && typeof value === 'object')
    return `{${Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .map(([k, v]) => `${JSON.stringify(k)}:${jsonText(v)}`)
      .join(',')}}`;
  return JSON.stringify(value ?? null);
}
