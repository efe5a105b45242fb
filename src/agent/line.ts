import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import {
  type AgentKey,
  type AgentMessage,
  type DoorCode,
  fileLimitBytes,
  type HubMessage,
  type MessageAnswer,
  messageAnswer,
  newKey,
  type PairAnswer,
  pairAnswer,
  pollAnswer,
  pollSeconds,
  signAssertion,
  tokenAnswer,
} from '../contract/agent/index.ts';
import { limitedBytes } from '../contract/wire/answer.ts';

/** The wire to the hub: outbound HTTPS only, a short token for a signed assertion, the hub's clock beside our own. */

/** The hub said no, and says why by a code that the agent acts on. */
export class HubRefused extends Error {
  override name = 'HubRefused';
  readonly code: DoorCode | string;
  readonly status: number;
  constructor(code: string, status: number) {
    super(`the hub refused: ${code}`);
    this.code = code;
    this.status = status;
  }
}
/** The hub was not reached, or what answered is no hub. Nothing is known of what it did. */
export class HubAway extends Error {
  override name = 'HubAway';
}

export type LineOptions = {
  server: string;
  fetch: typeof fetch;
  now: () => Date;
};

const messagesAnswer = z.object({ answers: z.array(messageAnswer).max(100) });
const callTimeoutMs = 30_000;
const fileTimeoutMs = 120_000;
/** A token is renewed so long before it ends. */
const tokenMarginMs = 60_000;

/** One call to the hub; `path` begins with a slash. */
async function call(
  { server, fetch }: LineOptions,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  options: { token?: string; json?: unknown; bytes?: Uint8Array; timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<Response> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? callTimeoutMs);
  const address = `${server}${path}`;
  // Addresses of files come in answers: the token goes to the hub and nowhere else.
  if (!URL.canParse(address) || new URL(address).origin !== new URL(server).origin) throw new HubAway('an address that is not the hub’s');
  let response: Response;
  try {
    response = await fetch(address, {
      method,
      headers: {
        ...(options.token ? { authorization: `Bearer ${options.token}` } : {}),
        ...(options.json !== undefined
          ? { 'content-type': 'application/json' }
          : options.bytes
            ? { 'content-type': 'application/octet-stream' }
            : {}),
      },
      body: options.json !== undefined ? JSON.stringify(options.json) : (options.bytes as RequestInit['body']),
      signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
      redirect: 'error',
    });
  } catch (error) {
    throw new HubAway(reasonOf(error as Error));
  }
  if (response.ok) return response;
  const said = (await response.json().catch(() => ({}))) as { error?: string; serverTime?: string };
  if (response.status >= 500 || !said.error) throw new HubAway(`HTTP ${response.status}`);
  throw Object.assign(new HubRefused(said.error, response.status), { serverTime: said.serverTime });
}

async function jsonOf<S extends z.ZodType>(schema: S, response: Response): Promise<z.output<S>> {
  let said: unknown;
  try {
    said = await response.json();
  } catch (error) {
    throw new HubAway(reasonOf(error as Error));
  }
  const parsed = schema.safeParse(said);
  if (!parsed.success) throw new HubAway(`no answer of a hub: ${parsed.error.issues[0]!.path.join('.')}`);
  return parsed.data;
}

function reasonOf(error: Error): string {
  const cause = (error as { cause?: { code?: string } }).cause;
  return cause?.code ?? (error.name === 'TimeoutError' ? 'timeout' : error.message);
}

export async function pairWithHub(options: LineOptions, body: Record<string, unknown>): Promise<PairAnswer> {
  return jsonOf(pairAnswer, await call(options, 'POST', '/agent/v1/pair', { json: body }));
}

export type Keys = { current: AgentKey; next?: AgentKey };

/** An open line of a paired agent. */
export class Line {
  readonly #options: LineOptions;
  readonly #agentId: string;
  #keys: Keys;
  readonly #keepKeys: (keys: Keys) => void;
  #token: { text: string; until: number } | undefined;
  /** What to add to our clock to get the hub's; the system's clock is left alone. */
  #offsetMs = 0;

  constructor(options: LineOptions & { agentId: string; keys: Keys; keepKeys: (keys: Keys) => void }) {
    this.#options = options;
    this.#agentId = options.agentId;
    this.#keys = options.keys;
    this.#keepKeys = options.keepKeys;
  }

  get offsetMs(): number {
    return this.#offsetMs;
  }

  hubNow(): Date {
    return new Date(this.#options.now().getTime() + this.#offsetMs);
  }

  async poll(
    body: { capacity: number; wait?: number; queue?: { jobs: number; results: number; files: number }; knows?: string[] },
    signal?: AbortSignal,
  ): Promise<HubMessage[]> {
    const wait = body.wait ?? pollSeconds;
    const response = await this.#asked('POST', '/agent/v1/poll', {
      json: { ...body, wait },
      timeoutMs: wait * 1000 + callTimeoutMs,
      signal,
    });
    const answer = await jsonOf(pollAnswer, response);
    // Whatever the answer took on its way counts as its age.
    this.#offsetMs = Date.parse(answer.serverTime) - this.#options.now().getTime();
    return answer.messages;
  }

  /** One answer for each message, in their order. */
  async tell(messages: AgentMessage[], signal?: AbortSignal): Promise<MessageAnswer[]> {
    const response = await this.#asked('POST', '/agent/v1/messages', { json: { messages }, signal });
    const { answers } = await jsonOf(messagesAnswer, response);
    if (answers.length !== messages.length) throw new HubAway('answers do not fit the messages');
    return answers;
  }

  async download(url: string, signal?: AbortSignal): Promise<Uint8Array> {
    const response = await this.#asked('GET', url, { timeoutMs: fileTimeoutMs, signal });
    try {
      return await limitedBytes(response, fileLimitBytes);
    } catch (error) {
      throw new HubAway(reasonOf(error as Error));
    }
  }

  async upload(url: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    await (await this.#asked('PUT', url, { bytes, timeoutMs: fileTimeoutMs, signal })).arrayBuffer().catch(() => {});
  }

  /** A new key pair: stored before it is told, good for both sides from its first use on. A lost answer leaves both keys in our hands. */
  async rotate(): Promise<void> {
    const next = this.#keys.next ?? newKey();
    this.#keys = { current: this.#keys.current, next };
    this.#keepKeys(this.#keys);
    const proof = signAssertion(this.#claims('rotate'), next.privatePem);
    await (await this.#asked('POST', '/agent/v1/rotate', { json: { publicKey: next.publicKey, proof } })).arrayBuffer();
    this.#token = undefined;
    await this.#freshToken();
  }

  async #asked(method: 'GET' | 'POST' | 'PUT', path: string, more: Parameters<typeof call>[3]): Promise<Response> {
    try {
      return await call(this.#options, method, path, { ...more, token: await this.#freshToken() });
    } catch (error) {
      // The token ended early: a new one, once.
      if (!(error instanceof HubRefused) || error.code !== 'token_refused') throw error;
      this.#token = undefined;
      return call(this.#options, method, path, { ...more, token: await this.#freshToken() });
    }
  }

  async #freshToken(): Promise<string> {
    if (this.#token && this.hubNow().getTime() < this.#token.until - tokenMarginMs) return this.#token.text;
    const { next, current } = this.#keys;
    if (next) {
      try {
        const token = await this.#buyToken(next);
        this.#keys = { current: next };
        this.#keepKeys(this.#keys);
        return token;
      } catch (error) {
        // The hub never heard of the new key: the old one is still the key.
        if (!(error instanceof HubRefused) || error.code !== 'assertion_refused') throw error;
      }
    }
    return this.#buyToken(current);
  }

  async #buyToken(key: AgentKey, again = true): Promise<string> {
    try {
      const assertion = signAssertion(this.#claims('token'), key.privatePem);
      const answer = await jsonOf(tokenAnswer, await call(this.#options, 'POST', '/agent/v1/token', { json: { assertion } }));
      this.#offsetMs = Date.parse(answer.serverTime) - this.#options.now().getTime();
      this.#token = { text: answer.token, until: Date.parse(answer.expiresAt) };
      return answer.token;
    } catch (error) {
      const { serverTime } = error as { serverTime?: string };
      const skewed = error instanceof HubRefused && error.code === 'clock_skew' && Number.isFinite(Date.parse(serverTime ?? ''));
      if (!skewed || !serverTime || !again) throw error;
      this.#offsetMs = Date.parse(serverTime) - this.#options.now().getTime();
      return this.#buyToken(key, false);
    }
  }

  #claims(use: 'token' | 'rotate') {
    return { agentId: this.#agentId, nonce: randomBytes(18).toString('base64url'), iat: Math.floor(this.hubNow().getTime() / 1000), use };
  }
}
