import { createHash } from 'node:crypto';
import type { ConnectionContext } from '../../src/contract/connector.ts';
import { QuotaWait } from '../../src/contract/requests.ts';
import { limitedBytes, plain, reasonOf, textOf } from '../../src/contract/wire/answer.ts';
import { cut } from '../../src/domain/cut.ts';

/**
 * The wire of the inFakt API v3 and nothing else: addresses, key, JSON, limits of size and time. What an answer means is the
 * business of `answers.ts` and `causes.ts`.
 */
export const timeoutMs = 30_000;
const answerLimitBytes = 20 * 1024 * 1024;

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
/** `refused` is a clear word of the API that nothing was done; whatever is not clearly done or refused is `unclear`. */
export type Reply =
  | { verdict: 'done'; status: number; json: unknown; bytes: Uint8Array }
  | { verdict: 'refused'; status: number; faults: Fault[] }
  | { verdict: 'unclear'; why: 'no-answer' | 'down' | 'page'; text: string };
/** One line of `{"errors": {"field": ["text"]}}`; the other shape, `{"error": "text"}`, has no field. */
export type Fault = { field?: string; text: string };

type CallOptions = {
  query?: Record<string, string>;
  body?: unknown;
  /** The answer is a file. */
  bytes?: boolean;
  /** A repetition would change nothing more over there. */
  asks?: boolean;
};

export type Client = {
  call(method: Method, path: string, options?: CallOptions): Promise<Reply>;
  /** Tells apart what was learnt with one key from what was learnt with another. */
  keyMark: string;
};

export function openClient(context: Pick<ConnectionContext, 'baseUrl' | 'fetch' | 'now' | 'exchange' | 'secrets'>): Client {
  const key = context.secrets.apiKey?.reveal().trim() ?? '';
  const keyMark = createHash('sha256').update(key).digest('hex').slice(0, 16);
  const base = apiBase(context.baseUrl);

  async function call(method: Method, path: string, options: CallOptions = {}): Promise<Reply> {
    const query = options.query ? `?${new URLSearchParams(options.query)}` : '';
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    const started = context.now();
    const record = (response: string, status?: number) =>
      context.exchange?.({
        at: started,
        verb: `${method} ${path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, '…')}`,
        request: `${method} ${path}${query}${options.body === undefined ? '' : `\n${JSON.stringify(withoutPrivate(options.body), null, 1)}`}`,
        response,
        status,
        tookMs: context.now().getTime() - started.getTime(),
      });
    try {
      const response = await context.fetch(`${base}${path}${query}`, {
        method,
        headers: {
          'x-infakt-apikey': key,
          accept: options.bytes ? 'application/pdf, application/json' : 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body }),
        redirect: 'manual',
        timeoutMs,
        asks: options.asks === true,
      });
      const bytes = await limitedBytes(response, answerLimitBytes);
      const reply = replyOf(response.status, response.headers.get('content-type') ?? '', bytes, options.bytes === true);
      record(recorded(reply), response.status);
      return reply;
    } catch (error) {
      if (error instanceof QuotaWait) throw error;
      const text = reasonOf(error);
      record(text);
      return { verdict: 'unclear', why: 'no-answer', text };
    }
  }
  return { call, keyMark };
}

/** The API lives under /api/v3; an address with a path of its own is taken as it is. */
function apiBase(address: string): string {
  const url = new URL(address);
  return `${url.origin}${url.pathname === '/' ? '/api/v3' : url.pathname.replace(/\/+$/, '')}`;
}

function replyOf(status: number, type: string, bytes: Uint8Array, wantsBytes: boolean): Reply {
  const text = () => textOf(bytes, type);
  if (status >= 200 && status < 300) {
    // Some answers have no body at all (mail, deletes).
    if (bytes.length === 0 || wantsBytes) return { verdict: 'done', status, json: undefined, bytes };
    const json = jsonOf(text());
    return json === undefined
      ? { verdict: 'unclear', why: 'page', text: cleaned(plain(text(), 2000)) }
      : { verdict: 'done', status, json, bytes };
  }
  const told = jsonOf(text());
  // An answer of the API is known by its errors too, where somebody in between changed what it is called.
  const json = /json/i.test(type) || faultsOf(told).length > 0 ? told : undefined;
  if (status >= 400 && status < 500) {
    // 408 and 425 come from whoever stands in between: the API may have worked on regardless.
    if (status === 408 || status === 425 || status === 499) return { verdict: 'unclear', why: 'down', text: `HTTP ${status}` };
    if (json === undefined && ![401, 402, 403, 404, 406, 410, 423, 429].includes(status))
      return { verdict: 'unclear', why: 'page', text: `HTTP ${status} ${cleaned(plain(text(), 2000))}` };
    return { verdict: 'refused', status, faults: faultsOf(json) };
  }
  return {
    verdict: 'unclear',
    why: status >= 500 && json !== undefined ? 'down' : 'page',
    text: `HTTP ${status} ${cleaned(plain(text(), 2000))}`.trim(),
  };
}

function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

const maxFaults = 40;

/** Both shapes of an error body, and the map inside a failed task; whatever else it holds is left out. */
export function faultsOf(json: unknown): Fault[] {
  if (typeof json !== 'object' || json === null) return [];
  const { error, errors, invoice_errors } = json as Record<string, unknown>;
  const map = errors ?? invoice_errors;
  const faults: Fault[] = typeof error === 'string' ? [{ text: error }] : [];
  if (typeof map === 'object' && map !== null && !Array.isArray(map)) {
    for (const [field, texts] of Object.entries(map))
      for (const text of Array.isArray(texts) ? texts : [texts]) faults.push({ field, text: String(text) });
  }
  return faults.slice(0, maxFaults).map(({ field, text }) => ({ ...(field && { field: cut(field, 100) }), text: cleaned(text) }));
}

/** Error texts can echo what was sent: mail addresses and long numbers are taken out. */
function cleaned(text: string): string {
  const bounded = cut(text, 2000);
  return cut(bounded.replace(/[^\s@]+@[^\s@]+/g, '***').replace(/\d(?:[\s-]?\d){7,}/g, '***'), 300);
}

function recorded(reply: Reply): string {
  if (reply.verdict === 'unclear') return reply.text;
  if (reply.verdict === 'refused')
    return `HTTP ${reply.status} ${reply.faults.map((f) => `${f.field ?? ''}: ${f.text}`).join('; ')}`.trim();
  if (reply.json === undefined) return `HTTP ${reply.status} (${reply.bytes.length} bytes)`;
  return JSON.stringify(withoutPrivate(reply.json), null, 1);
}

/** Who bought stays out of the case file; what kind of buyer, from where, and every amount stay in. */
const shownOfClient = new Set(['client_country', 'client_business_activity_kind', 'client_id', 'client_uuid']);
const privateFields = new Set([
  'email',
  'recipient',
  'company_name',
  'first_name',
  'last_name',
  'owner_name',
  'owner_surname',
  'street',
  'street_name',
  'street_number',
  'flat_number',
  'city',
  'postal_code',
  'nip',
  'tax_id',
  'regon',
  'pesel',
  'phone_number',
  'account_number',
  'bank_account',
  'receiver',
  'mailing_company_name',
  'mailing_street',
  'mailing_city',
  'mailing_postal_code',
]);

function withoutPrivate(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPrivate);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const hidden = privateFields.has(name) || (name.startsWith('client_') && !shownOfClient.has(name));
      const kept = inner === null || inner === '' ? inner : '***';
      return [name, hidden ? kept : withoutPrivate(inner)];
    }),
  );
}
