import { fileLimitBytes } from '../contract/agent/index.ts';
import type { Context } from '../jobs/index.ts';
import { readSmallFile, storeFile, type Tx } from '../store/index.ts';
import { fileUrl } from './jobs.ts';
import { type AgentCaller, type Refused, unsealed } from './pairing.ts';

/** Files travel by their content: what is there is never sent twice. Each agent sees the files of its own jobs only. */

/** Lets an agent have a file that we store already, or stores these bytes for it. Returns the file's hash. */
export async function giveFile(
  tx: Tx,
  ctx: Pick<Context, 'now'>,
  organizationId: string,
  agentId: string,
  file: { name: string; mediaType: string; bytes: Uint8Array } | { fileId: string; sha256: string },
): Promise<string> {
  const now = ctx.now();
  const stored = 'fileId' in file ? { id: file.fileId, sha256: file.sha256 } : await storeFile(tx, organizationId, now, file);
  await tx
    .insertInto('agent_file')
    .values({ organization_id: organizationId, agent_id: agentId, sha256: stored.sha256, file_id: stored.id, created_at: now })
    .onConflict((c) => c.doNothing())
    .execute();
  return stored.sha256;
}

export async function agentFile(tx: Tx, organizationId: string, agentId: string, sha256: string): Promise<string | undefined> {
  const row = await tx
    .selectFrom('agent_file')
    .select('file_id')
    .where('organization_id', '=', organizationId)
    .where('agent_id', '=', agentId)
    .where('sha256', '=', sha256)
    .executeTakeFirst();
  return row?.file_id;
}

/** Where to put a file that we do not hold yet. */
export function uploadUrl(ctx: Pick<Context, 'vault' | 'now'>, { organizationId, agentId }: AgentCaller, sha256: string): string {
  return fileUrl(ctx, { organizationId, agentId, sha256, verb: 'put' });
}

/** Is this address one that we gave to this very agent for this very file and verb? */
function allowed(ctx: Context, caller: AgentCaller, ticket: string, sha256: string, verb: 'get' | 'put'): boolean {
  const claims = unsealed(ctx, 'agent-file', ticket);
  return (
    claims !== undefined &&
    claims.organizationId === caller.organizationId &&
    claims.agentId === caller.agentId &&
    claims.sha256 === sha256 &&
    claims.verb === verb
  );
}

const gone: Refused = { refused: 'not_found', status: 404 };

export async function downloadFile(ctx: Context, caller: AgentCaller, sha256: string, ticket: string): Promise<Uint8Array | Refused> {
  if (!allowed(ctx, caller, ticket, sha256, 'get')) return gone;
  const file = await ctx.store.org(caller.organizationId, async (tx) => {
    const id = await agentFile(tx, caller.organizationId, caller.agentId, sha256);
    return id ? readSmallFile(tx, caller.organizationId, id) : undefined;
  });
  return file?.bytes ?? gone;
}

export async function takeFile(
  ctx: Context,
  caller: AgentCaller,
  sha256: string,
  ticket: string,
  bytes: Uint8Array,
  hash: (bytes: Uint8Array) => string,
): Promise<{ ok: true } | Refused> {
  if (!allowed(ctx, caller, ticket, sha256, 'put')) return gone;
  if (bytes.length > fileLimitBytes) return { refused: 'too_large', status: 413 };
  if (hash(bytes) !== sha256) return { refused: 'hash_mismatch', status: 400 };
  await ctx.store.org(caller.organizationId, async (tx) => {
    if (await agentFile(tx, caller.organizationId, caller.agentId, sha256)) return;
    await giveFile(tx, ctx, caller.organizationId, caller.agentId, {
      name: sha256.slice(0, 12),
      mediaType: 'application/octet-stream',
      bytes,
    });
  });
  return { ok: true };
}
