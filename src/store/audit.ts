import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Tx } from './database.ts';
import { jsonRows } from './database.ts';

/** One change of state: who did what to which thing. `data` holds texts and nested objects only, never amounts as numbers, never secrets. */
export type AuditEntry = { action: string; entity: string; entityId: string; data?: Record<string, unknown> };
export type Actor = string;

/** Text with sorted keys: the same value gives the same text whatever order a database returns its keys in. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((v) => canonicalJson(v ?? null)).join(',')}]`;
  if (value && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}

function digest(at: string, actor: string, entry: AuditEntry): string {
  return createHash('sha256')
    .update(canonicalJson([at, actor, entry.action, entry.entity, entry.entityId, entry.data ?? {}]))
    .digest('hex');
}

function chained(previous: string, seq: bigint, entryDigest: string): string {
  return createHash('sha256').update(`${previous}:${seq}:${entryDigest}`).digest('hex');
}

const genesis = '0'.repeat(64);

/** Appends entries to the organization's chain. Call it last in the transaction: it locks the head of the chain. */
export async function audit(tx: Tx, organizationId: string, actor: Actor, at: Date, entries: AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const stamp = at.toISOString();
  const rows = entries.map((entry) => ({
    action: entry.action,
    entity: entry.entity,
    id: entry.entityId,
    data: entry.data ?? {},
    digest: digest(stamp, actor, entry),
  }));
  await sql`select audit_append(${organizationId}, ${stamp}::timestamptz, ${actor}, ${jsonRows(rows)})`.execute(tx);
}

/** Walks the chain. Returns the number of entries, and the first one that does not fit, if any. */
export async function verifyAudit(tx: Tx, organizationId: string): Promise<{ entries: bigint; brokenAt?: bigint }> {
  let previous = genesis;
  let seq = 0n;
  for (;;) {
    const rows = await tx
      .selectFrom('audit')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('seq', '>', seq)
      .orderBy('seq')
      .limit(2000)
      .execute();
    if (rows.length === 0) break;
    for (const row of rows) {
      const entry = { action: row.action, entity: row.entity, entityId: row.entity_id, data: row.data };
      const expected = chained(previous, seq + 1n, digest(row.at.toISOString(), row.actor, entry));
      if (row.seq !== seq + 1n || row.previous_hash !== previous || row.hash !== expected) return { entries: seq, brokenAt: seq + 1n };
      previous = row.hash;
      seq = row.seq;
    }
  }
  const head = await tx.selectFrom('audit_head').selectAll().where('organization_id', '=', organizationId).executeTakeFirst();
  if (head ? head.seq !== seq || head.hash !== previous : seq > 0n) return { entries: seq, brokenAt: seq + 1n };
  return { entries: seq };
}
