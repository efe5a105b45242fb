import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import {
  type AgentCaller,
  agentOf,
  downloadFile,
  giveToken,
  hearMessage,
  noteSeen,
  offerJobs,
  pair,
  type Refused,
  rotateKey,
  takeFile,
  WrongTries,
} from '../../agents/index.ts';
import {
  fileLimitBytes,
  type HubMessage,
  type MessageAnswer,
  messageLimitBytes,
  messagesBody,
  pairBody,
  pollBody,
  rotateBody,
  tokenBody,
} from '../../contract/agent/index.ts';
import { networkOf } from '../guesses.ts';
import type { Edge } from '../route.ts';

/**
 * The door for agents (contract AGENT §3–§5): `/agent/v1`. No session, no cookies; a short token of a signed assertion says who
 * calls, and everything behind it sees that agent's organization only. Refusals are codes that the agent acts on.
 */
const prefix = '/agent/v1';
/** A hanging poll looks for due leases by itself so often. */
const lookEveryMs = 5_000;
/** The body of a poll names called-off jobs. */
const pollLimitBytes = 64 * 1024;

export async function mountAgents(app: FastifyInstance, edge: Edge): Promise<void> {
  const { ctx } = edge;
  const tries = new WrongTries();
  await app.register((scope, _options, ready) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: messageLimitBytes }, (_request, body, done) => {
      try {
        done(null, body === '' ? {} : JSON.parse(body as string));
      } catch {
        done(Object.assign(new Error('not JSON'), { statusCode: 400 }), undefined);
      }
    });
    scope.addContentTypeParser('application/octet-stream', { parseAs: 'buffer', bodyLimit: fileLimitBytes }, (_request, body, done) =>
      done(null, body),
    );
    scope.setErrorHandler((error, _request, reply) => {
      const status = (error as { statusCode?: number }).statusCode ?? 500;
      if (status >= 500) ctx.log('error', 'a call of an agent failed', { error: (error as Error).message });
      return reply
        .code(status)
        .send({ error: status === 413 ? 'too_large' : status < 500 ? 'bad_request' : 'try_again', serverTime: ctx.now().toISOString() });
    });
    const options = { config: { needs: 'public' as const }, schema: { hide: true } };

    scope.post(`${prefix}/pair`, options, async (request, reply) => {
      const body = read(pairBody, request, reply);
      return body && answer(reply, await pair(ctx, tries, networkOf(request.ip), body));
    });
    scope.post(`${prefix}/token`, options, async (request, reply) => {
      const body = read(tokenBody, request, reply);
      return body && answer(reply, await giveToken(ctx, body.assertion));
    });
    scope.post(`${prefix}/rotate`, options, async (request, reply) => {
      const caller = await callerOf(edge, request, reply);
      const body = caller && read(rotateBody, request, reply);
      return body && answer(reply, await rotateKey(ctx, caller, body.publicKey, body.proof));
    });
    scope.post(`${prefix}/messages`, options, async (request, reply) => {
      const caller = await callerOf(edge, request, reply);
      const body = caller && read(messagesBody, request, reply);
      if (!body) return reply;
      const answers: MessageAnswer[] = [];
      for (const message of body.messages) answers.push(await heard(edge, caller, message));
      return reply.send({ serverTime: ctx.now().toISOString(), answers });
    });
    scope.post(`${prefix}/poll`, { ...options, bodyLimit: pollLimitBytes }, async (request, reply) => {
      const caller = await callerOf(edge, request, reply);
      const body = caller && read(pollBody, request, reply);
      if (!body) return reply;
      await noteSeen(ctx, caller, body.queue);
      const messages = await waitForMessages(edge, request, reply, caller, body);
      return reply.send({ serverTime: ctx.now().toISOString(), messages });
    });
    scope.get<{ Params: { sha256: string }; Querystring: { t?: string } }>(`${prefix}/files/:sha256`, options, async (request, reply) => {
      const caller = await callerOf(edge, request, reply);
      if (!caller) return reply;
      const file = await downloadFile(ctx, caller, request.params.sha256, request.query.t ?? '');
      if (!(file instanceof Uint8Array)) return answer(reply, file);
      return reply.header('content-type', 'application/octet-stream').header('cache-control', 'no-store').send(Buffer.from(file));
    });
    scope.put<{ Params: { sha256: string }; Querystring: { t?: string } }>(`${prefix}/files/:sha256`, options, async (request, reply) => {
      const caller = await callerOf(edge, request, reply);
      if (!caller) return reply;
      const bytes = request.body instanceof Uint8Array ? request.body : new Uint8Array();
      return answer(reply, await takeFile(ctx, caller, request.params.sha256, request.query.t ?? '', bytes, sha256Of));
    });
    ready();
  });
}

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function read<S extends z.ZodType>(schema: S, request: FastifyRequest, reply: FastifyReply): z.output<S> | undefined {
  const parsed = schema.safeParse(request.body);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  void reply.code(400).send({ error: 'bad_request', detail: `${path.join('.')}: ${message}`.slice(0, 300) });
  return undefined;
}

async function callerOf({ ctx }: Edge, request: FastifyRequest, reply: FastifyReply): Promise<AgentCaller | undefined> {
  const caller = await agentOf(ctx, request.headers.authorization);
  if (!('refused' in caller)) return caller;
  void answer(reply, caller);
  return undefined;
}

function answer(reply: FastifyReply, result: object | Refused): FastifyReply {
  reply.header('cache-control', 'no-store');
  if (!('refused' in result)) return reply.send(result);
  const { refused, status, serverTime } = result;
  return reply.code(status).send({ error: refused, ...(serverTime ? { serverTime } : {}) });
}

/** A message that cannot be stored just now is sent again; it does not take the others with it. */
async function heard(
  { ctx }: Edge,
  caller: AgentCaller,
  message: z.output<typeof messagesBody>['messages'][number],
): Promise<MessageAnswer> {
  try {
    return await hearMessage(ctx, caller, message);
  } catch (error) {
    ctx.log('error', 'a message of an agent could not be stored', { type: message.type, error: (error as Error).message });
    return { ok: false, code: 'not-stored' };
  }
}

/** Hangs until there is something to say or the time is up. */
async function waitForMessages(
  { ctx, changes }: Edge,
  request: FastifyRequest,
  reply: FastifyReply,
  caller: AgentCaller,
  body: z.output<typeof pollBody>,
): Promise<HubMessage[]> {
  let wake: () => void = () => {};
  let called = false;
  const stopHearing = changes.subscribe(caller.organizationId, ({ topic, id }) => {
    if (topic !== 'agent-jobs' || id !== caller.agentId) return;
    called = true;
    wake();
  });
  const over = performance.now() + body.wait * 1000;
  let gone = false;
  const leave = () => {
    gone = true;
    wake();
  };
  reply.raw.once('close', leave);
  try {
    for (;;) {
      called = false;
      // Asked anew each time: an agent that was revoked meanwhile hears nothing more.
      const still = await agentOf(ctx, request.headers.authorization);
      if ('refused' in still) return [];
      const messages = await offerJobs(ctx, still, body.capacity, body.knows);
      const restMs = over - performance.now();
      if (messages.length > 0 || gone || restMs <= 0) return messages;
      if (called) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(restMs, lookEveryMs));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    stopHearing();
    reply.raw.off('close', leave);
  }
}
