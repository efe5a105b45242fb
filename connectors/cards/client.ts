import type { CauseRef, ConnectionContext } from '../../src/contract/connector.ts';
import { QuotaWait } from '../../src/contract/requests.ts';
import { limitedText } from '../../src/contract/wire/answer.ts';
import { cut } from '../../src/domain/cut.ts';

/** The wire and nothing else: address, key, JSON, time-out. What an answer means is the mapper's business. */
const timeoutMs = 30_000;
const answerLimitBytes = 2 * 1024 * 1024;

export type Json = Record<string, unknown>;
export type Reply =
  | { verdict: 'answered'; status: number; body: Json; retryAfterMs?: number }
  /** Nothing, half, a web page or a 5xx: what was asked for may have been done. */
  | { verdict: 'unclear'; cause: CauseRef };

export type Client = (
  method: 'GET' | 'POST',
  path: string,
  options?: { body?: Json; key?: string; query?: Record<string, string> },
) => Promise<Reply>;

export function openClient(context: Pick<ConnectionContext, 'baseUrl' | 'fetch' | 'now' | 'secrets' | 'exchange'>): Client {
  const base = context.baseUrl.replace(/\/+$/, '');
  return async (method, path, { body, key, query } = {}) => {
    const started = context.now();
    const search = query ? `?${new URLSearchParams(query)}` : '';
    const record = (response: string, status?: number) =>
      context.exchange?.({
        at: started,
        verb: `${method} ${path}`,
        request: body ? JSON.stringify(withoutPerson(body)) : search,
        response: cut(response, 4000),
        ...(status !== undefined && { status }),
        tookMs: context.now().getTime() - started.getTime(),
      });
    const unclear = (text: string, status?: number): Reply => {
      record(text, status);
      return {
        verdict: 'unclear',
        cause: { code: 'no_answer', ...(status !== undefined && { providerCode: String(status) }), providerText: cut(text, 200) },
      };
    };
    try {
      const response = await context.fetch(`${base}${path}${search}`, {
        method,
        redirect: 'manual',
        headers: {
          authorization: `Bearer ${context.secrets.apiKey?.reveal().trim() ?? ''}`,
          accept: 'application/json',
          ...(body && { 'content-type': 'application/json' }),
          ...(key && { 'idempotency-key': key }),
        },
        ...(body && { body: JSON.stringify(body) }),
        timeoutMs,
      });
      const text = await limited(response);
      const json = text === undefined ? undefined : parsed(text);
      if (!json || response.status >= 500) return unclear(text ?? 'the answer is too large', response.status);
      record(text!, response.status);
      const after = Number(response.headers.get('retry-after'));
      return { verdict: 'answered', status: response.status, body: json, ...(after > 0 && { retryAfterMs: Math.min(after, 3600) * 1000 }) };
    } catch (error) {
      // Nothing left yet: whoever asked comes back later.
      if (error instanceof QuotaWait) throw error;
      return unclear(
        (error as Error).name === 'TimeoutError' ? 'no answer in time' : `no connection: ${cut((error as Error).message, 120)}`,
      );
    }
  };
}

/** Undefined for one that is too large. */
async function limited(response: Response): Promise<string | undefined> {
  try {
    return await limitedText(response, answerLimitBytes);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function parsed(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

/** Names and addresses of people are not kept in the record of an exchange. */
function withoutPerson(body: Json): Json {
  return 'customer' in body ? { ...body, customer: '***' } : body;
}
