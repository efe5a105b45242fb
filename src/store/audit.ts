import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Tx } from './database.ts';
import { jsonRows } from './database.ts';

/** One change of state: who did what to which thing. `data` holds texts and nested objects only, never amounts as numbers, never secrets. */
export type AuditEntry = { action: string; entity: string; entityId: string; data?: Record<string, unknown> };
type Actor = string;

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

type AuditRow = { at: Date; actor: string; action: string; entity: string; entity_id: string; data: Record<string, unknown> };
const digestOf = ({ at, actor, action, entity, entity_id: entityId, data }: AuditRow) =>
  digest(at.toISOString(), actor, { action, entity, entityId, data });

const genesis = '0'.repeat(64);

type Told = {
  organizationId: string;
  actor: Actor;
  stamp: string;
  rows: ({ digest: string; id: string } & Omit<AuditEntry, 'entityId'>)[];
};
const told = new WeakMap<Tx, Told[]>();

/**
 * Runs a transaction's work and appends what it told of the trail at its end: the head of the chain is where all writers of an organization
 * meet, so it is the last lock of every transaction (ADR 3), whatever was told when.
 */
export async function withTrail<T>(tx: Tx, work: (tx: Tx) => Promise<T>): Promise<T> {
  const list: Told[] = [];
  told.set(tx, list);
  const result = await work(tx);
  told.delete(tx);
  // Several chains only outside the walls; they too have one order. The sort keeps the order of one chain.
  list.sort((a, b) => (a.organizationId < b.organizationId ? -1 : a.organizationId > b.organizationId ? 1 : 0));
  for (const { organizationId, actor, stamp, rows } of list)
    await sql`select audit_append(${organizationId}, ${stamp}::timestamptz, ${actor}, ${jsonRows(rows)}::jsonb)`.execute(tx);
  return result;
}

/** Appends entries to the organization's chain when the transaction's work is done; until then nobody reads them, the transaction neither. */
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
  const list = told.get(tx);
  if (!list) throw new Error('the trail is told of inside a transaction of the store');
  const last = list.at(-1);
  if (last?.organizationId === organizationId && last.actor === actor && last.stamp === stamp) last.rows.push(...rows);
  else list.push({ organizationId, actor, stamp, rows });
}

/** A place in the chain: the entry of this number and its hash. */
type Place = { seq: bigint; hash: string };
type Read = Place & { brokenAt?: bigint };

/** Walks the chain from a place on, so many entries at most. Says how far it holds, and the first entry that does not fit, if any. */
async function readOn(tx: Tx, organizationId: string, from: Place, most = Number.POSITIVE_INFINITY): Promise<Read> {
  let { seq, hash: previous } = from;
  for (let left = most; left > 0; ) {
    const rows = await tx
      .selectFrom('audit')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('seq', '>', seq)
      .orderBy('seq')
      .limit(Math.min(pageOfTrail, left))
      .execute();
    if (rows.length === 0) break;
    for (const row of rows) {
      const expected = chained(previous, seq + 1n, row.digest ?? digestOf(row));
      // An entry whose words left has none.
      const wordless = row.digest === null || Object.keys(row.data).length === 0;
      if (row.seq !== seq + 1n || row.previous_hash !== previous || row.hash !== expected || !wordless)
        return { seq, hash: previous, brokenAt: seq + 1n };
      previous = row.hash;
      seq = row.seq;
    }
    left -= rows.length;
  }
  return { seq, hash: previous };
}

const pageOfTrail = 2000;

/** Does the chain end where its head says? */
async function endsAtHead(tx: Tx, organizationId: string, at: Place): Promise<boolean> {
  const head = await tx.selectFrom('audit_head').selectAll().where('organization_id', '=', organizationId).executeTakeFirst();
  return head ? head.seq === at.seq && head.hash === at.hash : at.seq === 0n;
}

/** Walks the whole chain. Returns the number of entries, and the first one that does not fit, if any. */
export async function verifyAudit(tx: Tx, organizationId: string): Promise<{ entries: bigint; brokenAt?: bigint }> {
  const read = await readOn(tx, organizationId, { seq: 0n, hash: genesis });
  if (read.brokenAt !== undefined) return { entries: read.seq, brokenAt: read.brokenAt };
  if (!(await endsAtHead(tx, organizationId, read))) return { entries: read.seq, brokenAt: read.seq + 1n };
  return { entries: read.seq };
}

/**
 * As `verifyAudit`, reading only what came since it was read last; all of it is read anew night by night (`readTrailAtNight`). `wholeAt`
 * says when that was last done.
 */
export async function verifyAuditSince(tx: Tx, organizationId: string): Promise<{ entries: bigint; brokenAt?: bigint; wholeAt?: Date }> {
  const known = await tx.selectFrom('audit_read').selectAll().where('organization_id', '=', organizationId).executeTakeFirst();
  if (known?.broken_at != null) {
    // Once broken it is read from its beginning each time, until it is whole again (a restored backup).
    const whole = await verifyAudit(tx, organizationId);
    if (whole.brokenAt !== undefined) return whole;
  }
  const from = known ? { seq: known.seq, hash: known.hash } : { seq: 0n, hash: genesis };
  // Where we were is an entry of the trail still: another trail (a restored backup) is read from its beginning.
  const there = from.seq === 0n || (await hashAt(tx, organizationId, from.seq)) === from.hash;
  const read = await readOn(tx, organizationId, there ? from : { seq: 0n, hash: genesis });
  const brokenAt = read.brokenAt ?? ((await endsAtHead(tx, organizationId, read)) ? undefined : read.seq + 1n);
  if (brokenAt !== undefined) return { entries: read.seq, brokenAt };
  if (!known || read.seq !== known.seq || !there)
    await tx
      .insertInto('audit_read')
      .values({ organization_id: organizationId, seq: read.seq, hash: read.hash, read_at: sql`now()` })
      .onConflict((c) => c.column('organization_id').doUpdateSet({ seq: read.seq, hash: read.hash, read_at: sql`now()`, broken_at: null }))
      .execute();
  return { entries: read.seq, ...(known?.whole_at ? { wholeAt: known.whole_at } : {}) };
}

async function hashAt(tx: Tx, organizationId: string, seq: bigint): Promise<string | undefined> {
  const row = await tx
    .selectFrom('audit')
    .select('hash')
    .where('organization_id', '=', organizationId)
    .where('seq', '=', seq)
    .executeTakeFirst();
  return row?.hash;
}

/**
 * One slice of the nightly reading of the whole trail, from where the last slice ended; at its end it begins anew. True: there is more to
 * be read. What is found broken is kept, and every sheet says so.
 */
export async function readTrailAtNight(tx: Tx, organizationId: string, now: Date, most: number): Promise<boolean> {
  const known = await tx.selectFrom('audit_read').selectAll().where('organization_id', '=', organizationId).executeTakeFirst();
  const from = { seq: known?.night_seq ?? 0n, hash: known?.night_hash ?? genesis };
  const read = await readOn(tx, organizationId, from, most);
  const whole = read.brokenAt === undefined;
  const more = whole && read.seq - from.seq >= BigInt(most);
  const night = more
    ? { night_seq: read.seq, night_hash: read.hash }
    : {
        night_seq: 0n,
        night_hash: null,
        ...(whole ? { whole_at: now, broken_at: null } : { broken_at: read.brokenAt }),
        // The first sheet need not read it all once more.
        ...(whole && read.seq > (known?.seq ?? 0n) ? { seq: read.seq, hash: read.hash, read_at: now } : {}),
      };
  await tx
    .insertInto('audit_read')
    .values({ organization_id: organizationId, seq: 0n, hash: genesis, read_at: now, ...night })
    .onConflict((c) => c.column('organization_id').doUpdateSet(night))
    .execute();
  return more;
}

/**
 * Takes the words out of the entries about these things; what was made of them stays, so that the chain holds as before. The database lets
 * it happen for documents of an archive that a person asked to remove, and for nothing else. Returns how many entries lost theirs.
 */
export async function forgetWords(tx: Tx, organizationId: string, entityIds: string[]): Promise<number> {
  const rows = await tx
    .selectFrom('audit')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where(sql<boolean>`entity_id = any(${entityIds}::text[])`)
    .where('digest', 'is', null)
    .execute();
  if (rows.length > 0)
    await sql`select audit_forget(${jsonRows(rows.map((row) => ({ seq: row.seq.toString(), digest: digestOf(row) })))}::jsonb)`.execute(tx);
  return rows.length;
}
