import { type CauseRef, type ConnectionContext, Failed, type Outcome } from '../../src/contract/connector.ts';
import { QuotaWait } from '../../src/contract/requests.ts';
import { limitedBytes, limitedText, plain, reasonOf, unreachable } from '../../src/contract/wire/answer.ts';
import { type Json, parse } from '../../src/contract/wire/json.ts';
import { cut } from '../../src/domain/cut.ts';

/**
 * The wire of the Sellasist REST API and nothing else (contract §1, §2). An empty list is a 404 there, numbers come as numbers or as
 * text, and a key must never follow a redirect to another host.
 */
export const timeoutMs = 30_000;
/** Order answers carry files in base64. */
const answerLimitBytes = 16 * 1024 * 1024;

export type Query = Record<string, string | number | undefined>;
export type Client = {
  /** A JSON array; nothing found is an empty one. Throws `Failed` or `QuotaWait`: what could not be read is never empty. */
  list(path: string, query?: Query): Promise<Json[]>;
  /** One object; undefined when the other side says that there is none. */
  one(path: string): Promise<Json | undefined>;
  /** `repeatable`: sending it twice ends in the same. */
  write(method: 'PUT' | 'POST', path: string, body: unknown): Promise<Outcome>;
  /** A file by its address, if it stands at the service itself; undefined when it is not there. Throws `Failed` where nobody can say. The key stays here. */
  file(address: string): Promise<Uint8Array | undefined>;
};

type Answer = { status: number; text: string };

export function openClient(context: ConnectionContext): Client {
  const key = context.secrets.apiKey?.reveal().trim() ?? '';
  const base = addressOf(context.baseUrl, String(context.settings.account ?? ''));

  async function call(method: string, path: string, query: Query = {}, body?: unknown): Promise<Answer> {
    if (!base) throw new Failed({ code: 'account_wrong' });
    const url = new URL(`${base}/${path}`);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const started = context.now();
    const record = (response: string, status?: number) =>
      context.exchange?.({
        at: started,
        verb: `${method} ${path}`,
        request: `${method} /${path}${url.search}${sent ? `\n${withoutFiles(sent)}` : ''}`,
        response,
        status,
        tookMs: context.now().getTime() - started.getTime(),
      });
    let answer: Answer;
    try {
      const response = await context.fetch(url, {
        method,
        headers: { apiKey: key, accept: 'application/json', ...(sent ? { 'content-type': 'application/json' } : {}) },
        body: sent,
        redirect: 'manual',
        timeoutMs,
      });
      answer = { status: response.status, text: await limitedText(response, answerLimitBytes) };
    } catch (error) {
      if (error instanceof QuotaWait || error instanceof Failed) throw error;
      const text = reasonOf(error);
      record(text);
      throw new Failed({
        code: unreachable.test(text)
          ? unknownHost.test(text) && !customAddress(context.baseUrl)
            ? 'account_wrong'
            : 'CONNECTION_UNREACHABLE'
          : 'no_answer',
        providerText: text,
      });
    }
    // What buyers gave stays out of the records: of a good answer its length is enough.
    record(answer.status < 300 ? `${answer.text.length} characters` : cut(answer.text, 500), answer.status);
    return answer;
  }

  async function read(path: string, query?: Query): Promise<Json | undefined> {
    const answer = await call('GET', path, query);
    if (answer.status === 404 && isJson(answer.text)) return undefined;
    if (answer.status !== 200) throw new Failed(causeOf(answer));
    const value = parse(answer.text);
    if (value === undefined) throw new Failed({ code: 'no_answer', providerText: plain(answer.text) });
    return value;
  }

  return {
    async list(path, query) {
      const value = await read(path, query);
      if (value === undefined) return [];
      if (!Array.isArray(value)) throw new Failed({ code: 'no_answer', providerText: 'not a list' });
      return value;
    },
    one: (path) => read(path),
    async write(method, path, body) {
      let answer: Answer;
      try {
        answer = await call(method, path, {}, body);
      } catch (error) {
        if (!(error instanceof Failed)) throw error;
        const { code } = error.ref;
        if (code === 'account_wrong') return { outcome: 'rejected', cause: error.ref };
        return { outcome: 'unknown', cause: error.ref };
      }
      if (answer.status === 200 || answer.status === 201) {
        if (isJson(answer.text)) return { outcome: 'accepted', made: { providerId: path } };
        return { outcome: 'unknown', cause: { code: 'no_answer', providerText: plain(answer.text) } };
      }
      const cause = causeOf(answer);
      return [400, 401, 403, 404, 413, 422].includes(answer.status) && isJson(answer.text)
        ? { outcome: 'rejected', cause }
        : { outcome: 'unknown', cause };
    },
    async file(address) {
      if (!base || !URL.canParse(address, base)) return undefined;
      const url = new URL(address, base);
      if (!standsThere(url, new URL(base))) return undefined;
      let answer: Response;
      try {
        answer = await context.fetch(url, { redirect: 'manual', timeoutMs });
        if (answer.status === 200) return await limitedBytes(answer, answerLimitBytes);
      } catch (error) {
        if (error instanceof QuotaWait) throw error;
        throw new Failed({ code: 'no_answer', providerText: reasonOf(error) });
      }
      // Gone is gone; a gateway in trouble says nothing about the file, which would be written once more for it.
      if (answer.status < 500 && answer.status !== 408) return undefined;
      throw new Failed({ code: 'no_answer', providerText: `HTTP ${answer.status}` });
    },
  };
}

/** The same host, or another one of the service. */
function standsThere(url: URL, base: URL): boolean {
  const theirs = (host: string) => host.endsWith('.sellasist.pl');
  return url.host === base.host || (url.protocol === 'https:' && theirs(url.hostname) && theirs(base.hostname));
}

const customAddress = (baseUrl: string) => baseUrl !== '' && !baseUrl.includes('{account}');

/** The address of an account, from the label or a pasted address of the panel; the key goes to no other host (contract §1). */
function addressOf(baseUrl: string, account: string): string | undefined {
  if (customAddress(baseUrl)) return baseUrl.replace(/\/+$/, '');
  const label = accountLabel(account);
  return label === undefined ? undefined : `https://${label}.sellasist.pl/api/v1`;
}

function accountLabel(typed: string): string | undefined {
  const host = typed
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/[/?#].*$/, '')
    .replace(/:\d+$/, '');
  const label = host.endsWith('.sellasist.pl') ? host.slice(0, -'.sellasist.pl'.length) : host;
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label) && label !== 'api' && label !== 'www' ? label : undefined;
}

const isJson = (text: string) => parse(text) !== undefined;

function causeOf({ status, text }: Answer): CauseRef {
  const providerText = plain(messageOf(text));
  const ref = (code: string): CauseRef => ({ code, params: { message: providerText }, providerCode: String(status), providerText });
  // A page in front of the service says nothing about the key.
  if (status === 401 || (status === 403 && isJson(text))) return ref('key_wrong');
  if (status === 404 && isJson(text)) return ref('order_gone');
  if (status === 413) return ref('too_large');
  if (status === 400 || status === 422) return ref('write_refused');
  return ref('no_answer');
}

function messageOf(text: string): string {
  const value = parse(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && typeof value.message === 'string') return value.message;
  return text;
}

const unknownHost = /ENOTFOUND/;

/** A long value of base64 is a file; its length is enough for a record. */
function withoutFiles(body: string): string {
  return body.replace(/"(?:data:[\w/;.+-]+,)?([A-Za-z0-9+/]{200,}={0,2})"/g, (_, file: string) => `"(file, ${file.length} characters)"`);
}
