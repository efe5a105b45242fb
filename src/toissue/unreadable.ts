import { sql } from 'kysely';
import { cut } from '../domain/cut.ts';
import { documentContentSchema } from '../domain/documents/document.ts';
import { type Finding, hold } from '../domain/finding.ts';
import { json, type Tx } from '../store/index.ts';

/**
 * A content that cannot be read (damaged by hand, by a foreign tool, by a version that is gone) holds its own document and stops no other.
 * So does a fault of ours that it meets: a content that its schema reads is not to blame for what was thrown over it.
 * What the database says of itself, that it is full or gone, is about no document: that is thrown on and the work tried again.
 */
export function unreadable(error: unknown, isReadable = true): Finding | undefined {
  const { code, message } = error as Error & { code?: unknown };
  const ofTheDatabase = typeof code === 'string';
  const ofTheValue = ofTheDatabase ? /^2[23]...$/.test(code) : !/terminated|closed|aborted|timeout/i.test(message);
  if (!ofTheValue) return undefined;
  return hold(ofTheDatabase || !isReadable ? 'H_CONTENT_UNREADABLE' : 'H_OUR_FAULT', 'content', { reason: cut(message, 200) });
}

/** The finding for the one that stumbled; anything else is thrown on. */
export function heldAsUnreadable(error: unknown, isReadable: boolean): { findings: Finding[] } {
  const finding = unreadable(error, isReadable);
  if (!finding) throw error;
  return { findings: [finding] };
}

/** The same for what is thrown while this content of a document is judged. */
export const heldOver = (content: unknown) => (error: unknown) => heldAsUnreadable(error, documentContentSchema.safeParse(content).success);

const stumbled = ['H_CONTENT_UNREADABLE', 'H_OUR_FAULT'];

/** Holds them in the queue, where a person sees why. Their content stays as it is. */
export async function holdUnreadable(
  tx: Tx,
  organizationId: string,
  now: Date,
  found: { id: string; findings: Finding[] }[],
): Promise<void> {
  const rows = found.filter((f) => f.findings.some((finding) => stumbled.includes(finding.code)));
  if (rows.length === 0) return;
  await sql`update document d set findings = r.findings, hold_codes = r.codes, held = true, version = d.version + 1, updated_at = ${now.toISOString()}::timestamptz
    from jsonb_to_recordset(${json(rows.map((row) => ({ ...row, codes: row.findings.map((f) => f.code) })))}) as r(id uuid, findings jsonb, codes text[])
    where d.organization_id = ${organizationId} and d.id = r.id and d.state in ('to_issue', 'refused')`.execute(tx);
}
