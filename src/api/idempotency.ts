import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import type { Context } from '../jobs/index.ts';
import { json } from '../store/index.ts';
import { Refusal } from './problem.ts';

/**
 * A POST with an Idempotency-Key is done once: the same key with the same request gets the stored answer again. A first call whose
 * process died is taken over after a while; what it did is protected by the keys of the effects themselves.
 */
const keptMs = 24 * 3_600_000;
const abandonedMs = 10 * 60_000;
const maxKeyLength = 200;
/** Longer answers are not kept: a repetition is told that it was done. */
const maxKeptChars = 1_000_000;

declare module 'fastify' {
  interface FastifyRequest {
    idempotencyKey?: string;
  }
}

export async function beginOnce(ctx: Context, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const key = request.headers['idempotency-key'];
  const { organizationId } = request.caller;
  if (request.method !== 'POST' || typeof key !== 'string' || !organizationId) return undefined;
  if (key.length === 0 || key.length > maxKeyLength)
    throw new Refusal(400, 'bad-idempotency-key', `An Idempotency-Key has 1 to ${maxKeyLength} characters.`);
  const now = ctx.now();
  const hash = createHash('sha256')
    .update(`${request.caller.actor}\n${request.method} ${request.url}\n${request.headers['content-length'] ?? ''}\n`)
    .update(JSON.stringify(request.body ?? null))
    .digest('hex');
  const existing = await ctx.store.org(organizationId, async (tx) => {
    await tx
      .deleteFrom('idempotency_key')
      .where('organization_id', '=', organizationId)
      .where('created_at', '<', new Date(now.getTime() - keptMs))
      .execute();
    const made = await tx
      .insertInto('idempotency_key')
      .values({ organization_id: organizationId, key, request_hash: hash, status: null, response: json(null), created_at: now })
      .onConflict((conflict) =>
        conflict
          .columns(['organization_id', 'key'])
          .doUpdateSet({ created_at: now })
          .where('idempotency_key.status', 'is', null)
          .where('idempotency_key.request_hash', '=', hash)
          .where('idempotency_key.created_at', '<', new Date(now.getTime() - abandonedMs)),
      )
      .returning('key')
      .executeTakeFirst();
    if (made) return undefined;
    return tx
      .selectFrom('idempotency_key')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('key', '=', key)
      .executeTakeFirstOrThrow();
  });
  if (!existing) {
    request.idempotencyKey = key;
    return undefined;
  }
  if (existing.request_hash !== hash)
    throw new Refusal(422, 'idempotency-key-reused', 'This Idempotency-Key was used with another request.');
  if (existing.status === null)
    throw new Refusal(409, 'in-progress', 'The first request with this Idempotency-Key is still being worked on.');
  const stored = existing.response as { body: string; type: string } | null;
  if (!stored)
    throw new Refusal(
      409,
      'already-done',
      'The first request with this Idempotency-Key was done; its answer was shown once and is not kept.',
    );
  reply.code(existing.status).header('idempotent-replay', 'true').header('content-type', stored.type);
  return reply.send(stored.body);
}

/** Keeps the answer, or frees the key when nothing was done that a repetition should not do. */
export async function endOnce(ctx: Context, request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<void> {
  const key = request.idempotencyKey;
  if (!key) return;
  request.idempotencyKey = undefined;
  const { organizationId } = request.caller;
  await ctx.store.org(organizationId, async (tx) => {
    if (reply.statusCode >= 500 || reply.statusCode === 429) {
      await tx.deleteFrom('idempotency_key').where('organization_id', '=', organizationId).where('key', '=', key).execute();
      return;
    }
    const kept = typeof payload === 'string' && payload.length <= maxKeptChars && !request.routeOptions.config.secret;
    const response = kept ? json({ body: payload, type: String(reply.getHeader('content-type') ?? 'application/json') }) : sql`null`;
    await tx
      .updateTable('idempotency_key')
      .set({ status: reply.statusCode, response })
      .where('organization_id', '=', organizationId)
      .where('key', '=', key)
      .execute();
  });
}
