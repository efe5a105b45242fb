import { type CauseRef, type ConnectionContext, Failed } from '../../src/contract/connector.ts';
import { readInstant } from '../../src/contract/files/local-time.ts';
import { QuotaWait } from '../../src/contract/requests.ts';
import { limitedBytes, limitedText, plain, reasonOf, unreachable } from '../../src/contract/wire/answer.ts';
import { type Fields, parse } from '../../src/contract/wire/json.ts';
import { cut } from '../../src/domain/cut.ts';

/**
 * The wire of BaseLinker's connector.php and nothing else (contract §1): one address, the token in a header, a form of method and
 * JSON, status 200 whatever happens. Used too often the token is closed for everybody, so that answer moves the gate.
 */
export const timeoutMs = 30_000;
/** A hundred orders with everything on them, or one file in base64. */
const answerLimitBytes = 16 * 1024 * 1024;
const blockPauseMs = 10 * 60_000;
const longestBlockMs = 24 * 60 * 60_000;
const zone = 'Europe/Warsaw';

/** `refused` is believed to have changed nothing only where `sure`; a code that nobody has listed is not (contract §1.2). */
export type Written = { done: Fields } | { refused: CauseRef; sure: boolean } | { lost: CauseRef };
export type Client = {
  /** A reading. Throws `Failed` or `QuotaWait`: what could not be read is never empty. */
  ask(method: string, parameters?: object): Promise<Fields>;
  write(method: string, parameters: object): Promise<Written>;
  /** A file by its address where it stands at the service itself; undefined elsewhere. The token stays here. */
  file(address: string): Promise<Uint8Array | undefined>;
};

export function openClient(context: ConnectionContext): Client {
  const token = context.secrets.token?.reveal().trim() ?? '';
  const base = context.baseUrl.replace(/\/+$/, '');
  const url = base.endsWith('.php') ? base : `${base}/connector.php`;

  async function call(method: string, parameters: object, asks: boolean): Promise<{ status: number; text: string }> {
    const sent = JSON.stringify(parameters);
    const started = context.now();
    const record = (response: string, status?: number) =>
      context.exchange?.({
        at: started,
        verb: method,
        request: `POST ${method} ${withoutFiles(sent)}`,
        response,
        status,
        tookMs: context.now().getTime() - started.getTime(),
      });
    let answer: { status: number; text: string };
    try {
      const response = await context.fetch(url, {
        method: 'POST',
        headers: { 'X-BLToken': token, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', accept: 'application/json' },
        body: new URLSearchParams({ method, parameters: sent }).toString(),
        redirect: 'manual',
        timeoutMs,
        asks,
      });
      answer = { status: response.status, text: await limitedText(response, answerLimitBytes) };
    } catch (error) {
      if (error instanceof QuotaWait || error instanceof Failed) throw error;
      const text = reasonOf(error);
      record(text);
      throw new Failed({ code: unreachable.test(text) ? 'CONNECTION_UNREACHABLE' : 'no_answer', providerText: text });
    }
    // What buyers gave stays out of the records: of a good answer its length is enough.
    record(
      /"status"\s*:\s*"SUCCESS"/.test(answer.text.slice(0, 200)) ? `${answer.text.length} characters` : plain(answer.text),
      answer.status,
    );
    return answer;
  }

  /** The answer, or why there is none. A closed token moves the gate and throws. */
  async function answered(method: string, parameters: object, asks: boolean): Promise<Fields | Refusal> {
    const { text } = await call(method, parameters, asks);
    const value = parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Failed({ code: 'no_answer', providerText: plain(text) });
    if (value.status === 'SUCCESS') return value;
    if (value.status !== 'ERROR') throw new Failed({ code: 'no_answer', providerText: plain(text) });
    const code = cut(String(value.error_code ?? ''), 60);
    const message = plain(String(value.error_message ?? ''));
    if (code === 'ERROR_BLOCKED_TOKEN') return context.holdUntil(blockedUntil(message, context.now()));
    return refusalOf(code, message, method);
  }

  return {
    async ask(method, parameters = {}) {
      const value = await answered(method, parameters, true);
      if (value instanceof Refusal) throw new Failed(value.ref);
      return value;
    },
    async write(method, parameters) {
      try {
        const value = await answered(method, parameters, false);
        return value instanceof Refusal ? { refused: value.ref, sure: value.sure } : { done: value };
      } catch (error) {
        if (!(error instanceof Failed)) throw error;
        return { lost: error.ref };
      }
    },
    async file(address) {
      if (!URL.canParse(address) || new URL(address).host !== new URL(url).host) return undefined;
      try {
        const response = await context.fetch(address, { redirect: 'manual', timeoutMs });
        if (response.status === 200) return await limitedBytes(response, answerLimitBytes);
        throw new Failed({ code: 'no_answer', providerText: `file: ${response.status}` });
      } catch (error) {
        if (error instanceof QuotaWait || error instanceof Failed) throw error;
        throw new Failed({ code: 'no_answer', providerText: reasonOf(error) });
      }
    },
  };
}

class Refusal {
  readonly ref: CauseRef;
  readonly sure: boolean;
  constructor(ref: CauseRef, sure: boolean) {
    this.ref = ref;
    this.sure = sure;
  }
}

const known: Record<string, string> = {
  ERROR_EMPTY_TOKEN: 'token_wrong',
  ERROR_BAD_TOKEN: 'token_wrong',
  ERROR_AUTH_TOKEN: 'token_wrong',
  ERROR_UNKNOWN_METHOD: 'request_wrong',
  ERROR_PARSE_JSON_PARAMETERS: 'request_wrong',
  ERROR_ORDER_ID: 'order_gone',
  ERROR_NO_INVOICE: 'invoice_gone',
  ERROR_INVOICE_ALREADY_ISSUED: 'invoice_there',
};

/** Tokens of newer accounts are allowed single methods; how that refusal is called is not public (contract §1), its words are plain. */
const denial = /permission|not allowed|access|uprawnie/i;

function refusalOf(code: string, message: string, method: string): Refusal {
  const ours = known[code] ?? (denial.test(`${code} ${message}`) ? 'method_denied' : undefined);
  return new Refusal(
    { code: ours ?? 'refused', params: { message: message || code, method }, providerCode: code, providerText: message },
    ours !== undefined,
  );
}

/** "token blocked until YYYY-MM-DD HH:MM:SS" in Polish time (inferred); without a time it can use, ten minutes. A second more is waited. */
export function blockedUntil(message: string, now: Date): Date {
  const written = /(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)/.exec(message);
  const instant = written ? readInstant(`${written[1]} ${written[2]}`, zone) : undefined;
  const wait = instant === undefined ? Number.NaN : Date.parse(instant) - now.getTime();
  const ms = wait > 0 && wait <= longestBlockMs ? wait : instant === undefined || wait > longestBlockMs ? blockPauseMs : 0;
  return new Date(now.getTime() + ms + 1000);
}

/** A file in base64 is kept by its length. */
function withoutFiles(body: string): string {
  return body.replace(/"data:([A-Za-z0-9+/=]{40,})"/g, (_, file: string) => `"(file, ${file.length} characters)"`).slice(0, 2000);
}
