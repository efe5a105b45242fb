import { randomBytes } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { z } from 'zod';
import { addPlainConnection } from '../connections/index.ts';
import {
  codeFrom,
  codeMinutes,
  type DoorCode,
  fingerprintOf,
  hashOf,
  type PairAnswer,
  type pairBody,
  provesKey,
  readAssertion,
  readCode,
  skewMinutes,
  type TokenAnswer,
  tokenMinutes,
  wrongTriesPerMinute,
} from '../contract/agent/index.ts';
import type { Context, Who } from '../jobs/index.ts';
import { announce, audit, json, newId, type Tables, type Tx } from '../store/index.ts';
import { agentConnectorId } from './connector.ts';

/**
 * How an agent proves who it is (contract AGENT §3): a code typed once binds its key to the organization, its key buys short tokens,
 * and a revoked key buys nothing from that moment on.
 */
export type Agent = Selectable<Tables['agent']>;
export type AgentCaller = { organizationId: string; agentId: string; agent: Agent };
export type Refused = { refused: DoorCode; status: 400 | 401 | 403 | 404 | 409 | 410 | 413 | 429; serverTime?: string };

/** Makes a code that is shown once; `agentId` pairs an agent anew that exists already. */
export async function makeCode(
  ctx: Context,
  who: Who,
  input: { name: string; autoConfirm: boolean; agentId?: string },
): Promise<{ code: string; expiresAt: Date } | undefined> {
  const now = ctx.now();
  const code = codeFrom(randomBytes(8));
  const expiresAt = new Date(now.getTime() + codeMinutes * 60_000);
  return ctx.store.org(who.organizationId, async (tx) => {
    if (input.agentId && !(await readAgent(tx, who.organizationId, input.agentId))) return undefined;
    const id = newId(now);
    await tx
      .insertInto('agent_code')
      .values({
        organization_id: who.organizationId,
        id,
        code_hash: hashOf(code),
        agent_id: input.agentId ?? null,
        name: input.name,
        auto_confirm: input.autoConfirm,
        expires_at: expiresAt,
        created_by: who.actor,
        created_at: now,
      })
      .execute();
    await audit(tx, who.organizationId, who.actor, now, [
      { action: 'agent code made', entity: 'agent', entityId: input.agentId ?? id, data: { name: input.name } },
    ]);
    return { code, expiresAt };
  });
}

/** Wrong codes of the last minute by network. Kept by each process: a code has 40 bits and lives a quarter of an hour. */
export class WrongTries {
  readonly #tries = new Map<string, number[]>();
  /** Counts a try before it is judged, so that many at once count too. False: too many. */
  begin(network: string, now: Date): boolean {
    const [since, until] = [now.getTime() - 60_000, now.getTime()];
    const recent = (this.#tries.get(network) ?? []).filter((at) => at > since && at <= until);
    if (recent.length >= wrongTriesPerMinute) return false;
    this.#tries.delete(network);
    this.#tries.set(network, [...recent, now.getTime()]);
    if (this.#tries.size > networkLimit) this.#tries.delete(this.#tries.keys().next().value!);
    return true;
  }
  /** It was right. */
  forgive(network: string): void {
    this.#tries.get(network)?.pop();
  }
}
const networkLimit = 10_000;

/** Binds the agent's key to the organization of the code. The same key with the same code again gets the same answer: the first may be lost. */
export async function pair(
  ctx: Context,
  tries: WrongTries,
  network: string,
  body: z.output<typeof pairBody>,
): Promise<PairAnswer | Refused> {
  const now = ctx.now();
  if (!tries.begin(network, now)) return { refused: 'too_many_tries', status: 429 };
  const code = readCode(body.code);
  const row = code
    ? await ctx.store.system((tx) => tx.selectFrom('agent_code').selectAll().where('code_hash', '=', hashOf(code)).executeTakeFirst())
    : undefined;
  if (!row) return { refused: 'code_wrong', status: 404 };
  if (row.expires_at <= now) return { refused: 'code_expired', status: 410 };
  // A key belongs to one agent of the whole installation; whose it is, is nobody else's business.
  const holder = await ctx.store.system((tx) =>
    tx.selectFrom('agent').select('id').where('public_key', '=', body.publicKey).executeTakeFirst(),
  );
  if (holder && holder.id !== row.used_by && holder.id !== row.agent_id) return { refused: 'assertion_refused', status: 409 };
  const result = await ctx.store.org(row.organization_id, (tx) => bind(tx, ctx, row.organization_id, row.id, body));
  if (!('refused' in result)) tries.forgive(network);
  return result;
}

async function bind(
  tx: Tx,
  ctx: Context,
  organizationId: string,
  codeId: string,
  body: z.output<typeof pairBody>,
): Promise<PairAnswer | Refused> {
  const now = ctx.now();
  const code = await tx
    .selectFrom('agent_code')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', codeId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  const organization = await tx.selectFrom('organization').select('name').where('id', '=', organizationId).executeTakeFirstOrThrow();
  const answer = (agent: Pick<Agent, 'id' | 'status'>): PairAnswer => ({
    agentId: agent.id,
    organization: organization.name,
    fingerprint: fingerprintOf(body.publicKey),
    confirmed: agent.status === 'active',
    serverTime: now.toISOString(),
  });
  if (code.used_at) {
    const before = code.used_by ? await readAgent(tx, organizationId, code.used_by) : undefined;
    if (before && before.public_key === body.publicKey && before.status !== 'revoked') return answer(before);
    return { refused: 'code_used', status: 409 };
  }
  const id = code.agent_id ?? newId(now);
  const status = code.auto_confirm ? ('active' as const) : ('unconfirmed' as const);
  const values = {
    status,
    public_key: body.publicKey,
    next_public_key: null,
    key_since: now,
    rotate_requested: false,
    nonces: json([]),
    machine: json(body.machine),
    bye: json(null),
    revoked_at: null,
  };
  if (code.agent_id) {
    await tx.updateTable('agent').set(values).where('organization_id', '=', organizationId).where('id', '=', id).execute();
    await tx
      .updateTable('connection')
      .set({ status: 'active', updated_at: now })
      .where('organization_id', '=', organizationId)
      .where('id', '=', id)
      .execute();
  } else {
    await addPlainConnection(tx, organizationId, { id, connector: agentConnectorId, name: code.name || body.machine.hostname }, now);
    await tx
      .insertInto('agent')
      .values({ organization_id: organizationId, id, ...values, state: json(null), created_at: now, created_by: code.created_by })
      .execute();
  }
  await tx
    .updateTable('agent_code')
    .set({ used_at: now, used_by: id })
    .where('organization_id', '=', organizationId)
    .where('id', '=', codeId)
    .execute();
  await announce(tx, organizationId, 'agents', id);
  await audit(tx, organizationId, `agent:${body.machine.hostname}`, now, [
    {
      action: 'agent paired',
      entity: 'agent',
      entityId: id,
      data: { hostname: body.machine.hostname, fingerprint: fingerprintOf(body.publicKey) },
    },
  ]);
  return answer({ id, status });
}

async function readAgent(tx: Tx, organizationId: string, id: string): Promise<Agent | undefined> {
  return tx.selectFrom('agent').selectAll().where('organization_id', '=', organizationId).where('id', '=', id).executeTakeFirst();
}

const nonceLimit = 200;

/** A short token for a signed assertion. Each assertion buys one. */
export async function giveToken(ctx: Context, assertion: string): Promise<TokenAnswer | Refused> {
  const now = ctx.now();
  const serverTime = now.toISOString();
  const claims = readAssertion(assertion);
  if (claims?.use !== 'token') return { refused: 'assertion_refused', status: 401 };
  const found = await ctx.store.system((tx) => tx.selectFrom('agent').selectAll().where('id', '=', claims.agentId).executeTakeFirst());
  if (!found) return { refused: 'assertion_refused', status: 401 };
  if (!keyProvenBy(assertion, found)) return { refused: 'assertion_refused', status: 401 };
  if (found.status === 'revoked') return { refused: 'agent_revoked', status: 401 };
  if (Math.abs(now.getTime() - claims.iat * 1000) > skewMinutes * 60_000) return { refused: 'clock_skew', status: 401, serverTime };
  const organizationId = found.organization_id;
  return ctx.store.org(organizationId, async (tx): Promise<TokenAnswer | Refused> => {
    const agent = await tx
      .selectFrom('agent')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('id', '=', found.id)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow();
    if (agent.status === 'revoked') return { refused: 'agent_revoked', status: 401 };
    // Paired anew in this very moment, the key before buys nothing any more.
    const key = keyProvenBy(assertion, agent);
    if (!key) return { refused: 'assertion_refused', status: 401 };
    if (agent.nonces.some(([nonce]) => nonce === claims.nonce)) return { refused: 'assertion_refused', status: 401 };
    const oldest = now.getTime() / 1000 - 2 * skewMinutes * 60;
    const nonces = [...agent.nonces.filter(([, iat]) => iat > oldest), [claims.nonce, claims.iat]].slice(-nonceLimit);
    // The new key has been used: the old one is over.
    const isNext = key !== agent.public_key;
    const rotated = isNext ? { public_key: key, next_public_key: null, key_since: now, rotate_requested: false } : {};
    await tx
      .updateTable('agent')
      .set({ nonces: json(nonces), ...rotated })
      .where('organization_id', '=', organizationId)
      .where('id', '=', agent.id)
      .execute();
    if (isNext)
      await audit(tx, organizationId, 'agent', now, [
        { action: 'agent key rotated', entity: 'agent', entityId: agent.id, data: { fingerprint: fingerprintOf(key) } },
      ]);
    if (agent.status === 'unconfirmed') return { refused: 'agent_unconfirmed', status: 403, serverTime };
    const expiresAt = new Date(now.getTime() + tokenMinutes * 60_000);
    return {
      token: sealed(ctx, 'agent-token', { organizationId, agentId: agent.id, key: hashOf(key), until: expiresAt.toISOString() }),
      expiresAt: expiresAt.toISOString(),
      serverTime,
    };
  });
}

/** Which of its keys an assertion is signed with: the present one, or the one that is to take over. */
function keyProvenBy(assertion: string, agent: Pick<Agent, 'public_key' | 'next_public_key'>): string | undefined {
  return [agent.public_key, agent.next_public_key].find((key) => key !== null && provesKey(assertion, key)) ?? undefined;
}

/** Something only this installation can have made, for one use, that it need not remember. */
export function sealed(ctx: Pick<Context, 'vault'>, use: string, claims: Record<string, string>): string {
  return Buffer.from(ctx.vault.seal(use, claims)).toString('base64url');
}

export function unsealed(ctx: Pick<Context, 'vault' | 'now'>, use: string, text: string): Record<string, string> | undefined {
  try {
    const opened = ctx.vault.open(use, Buffer.from(text, 'base64url'));
    const claims = Object.fromEntries(Object.entries(opened).map(([name, value]) => [name, value.reveal()]));
    return claims.until && Date.parse(claims.until) > ctx.now().getTime() ? claims : undefined;
  } catch {
    return undefined;
  }
}

/** Who calls, read anew from the database each time: a revoked agent is nobody at once. */
export async function agentOf(ctx: Context, authorization: string | undefined): Promise<AgentCaller | Refused> {
  const token = /^Bearer ([\w-]{20,2000})$/.exec(authorization ?? '')?.[1];
  const claims = token ? unsealed(ctx, 'agent-token', token) : undefined;
  // One that would be good for longer than any was given by a clock that was ahead.
  const goodForMs = Date.parse(claims?.until ?? '') - ctx.now().getTime();
  if (!claims || goodForMs > (tokenMinutes + skewMinutes) * 60_000) return { refused: 'token_refused', status: 401 };
  const organizationId = claims.organizationId!;
  const agent = await ctx.store.org(organizationId, (tx) => readAgent(tx, organizationId, claims.agentId!));
  if (!agent) return { refused: 'token_refused', status: 401 };
  if (agent.status === 'revoked') return { refused: 'agent_revoked', status: 401 };
  if (agent.status !== 'active') return { refused: 'agent_unconfirmed', status: 403 };
  // A token of a key that was replaced is over with it.
  if (hashOf(agent.public_key) !== claims.key) return { refused: 'token_refused', status: 401 };
  return { organizationId, agentId: agent.id, agent };
}

/** The next key, proven by itself; the present one stays good until the next was used once, so that a lost answer locks nobody out. */
export async function rotateKey(ctx: Context, caller: AgentCaller, publicKey: string, proof: string): Promise<{ ok: true } | Refused> {
  const claims = readAssertion(proof);
  if (claims?.use !== 'rotate' || claims.agentId !== caller.agentId || !provesKey(proof, publicKey))
    return { refused: 'assertion_refused', status: 401 };
  await ctx.store.org(caller.organizationId, (tx) =>
    tx
      .updateTable('agent')
      .set({ next_public_key: publicKey })
      .where('organization_id', '=', caller.organizationId)
      .where('id', '=', caller.agentId)
      .execute(),
  );
  return { ok: true };
}

/** A person compared the fingerprint on both screens. */
export async function confirmAgent(ctx: Context, who: Who, id: string): Promise<boolean> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('agent')
      .set({ status: 'active' })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', id)
      .where('status', '=', 'unconfirmed')
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    await announce(tx, who.organizationId, 'agents', id);
    await audit(tx, who.organizationId, who.actor, ctx.now(), [{ action: 'agent confirmed', entity: 'agent', entityId: id }]);
    return true;
  });
}

/** Asks the agent for a new key pair the next time it calls. */
export async function askForNewKey(ctx: Context, who: Who, id: string): Promise<boolean> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('agent')
      .set({ rotate_requested: true })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', id)
      .where('status', '=', 'active')
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    await announce(tx, who.organizationId, 'agent-jobs', id);
    await audit(tx, who.organizationId, who.actor, ctx.now(), [{ action: 'agent key rotation asked for', entity: 'agent', entityId: id }]);
    return true;
  });
}
