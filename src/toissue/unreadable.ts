import { sql } from 'kysely';
import { type Finding, hold } from '../domain/finding.ts';
import { json, type Tx } from '../store/index.ts';

/**
 * A content that cannot be read (damaged by hand, by a foreign tool, by a version that is gone) holds its own document and stops no other.
 * What the database says of itself, that it is full or gone, is about no document: that is thrown on and the work tried again.
 */
export function unreadable(error: unknown): Finding | undefined {
  const { code, message } = error as Error & { code?: unknown };
  const ofTheValue = typeof code === 'string' ? /^2[23]...$/.test(code) : !/terminated|closed|aborted|timeout/i.test(message);
  return ofTheValue ? hold('H_CONTENT_UNREADABLE', 'content', { reason: message.slice(0, 200) }) : undefined;
}

/** The finding for the one that stumbled; anything else is thrown on. */
export function heldAsUnreadable(error: unknown): { findings: Finding[] } {
  const finding = unreadable(error);
  if (!finding) throw error;
  return { findings: [finding] };
}

/** Holds them in the queue, where a person sees why. Their content stays as it is. */
export async function holdUnreadable(
  tx: Tx,
  organizationId: string,
  now: Date,
  found: { id: string; findings: Finding[] }[],
): Promise<void> {
  const rows = found.filter((f) => f.findings.some((finding) => finding.code === 'H_CONTENT_UNREADABLE'));
  if (rows.length === 0) return;
  await sql`update document d set findings = r.findings, hold_codes = array['H_CONTENT_UNREADABLE'], held = true, version = d.version + 1, updated_at = ${now.toISOString()}::timestamptz
    from jsonb_to_recordset(${json(rows)}) as r(id uuid, findings jsonb)
    where d.organization_id = ${organizationId} and d.id = r.id and d.state in ('to_issue', 'refused')`.execute(tx);
}
