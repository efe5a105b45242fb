import type { z } from 'zod';
import { cut } from '../domain/cut.ts';
import { type DocumentContent, documentContentSchema } from '../domain/documents/document.ts';
import { editableParts } from '../domain/documents/editable.ts';
import { type Finding, hold } from '../domain/finding.ts';
import { withOneName } from '../domain/parties/party.ts';

/** Edits are a map from field path to value: `{"buyer.name": "Anna", "lines": […]}`. Paths are remembered, values validated. */
export type Edits = Record<string, unknown>;

const editable: ReadonlySet<string> = new Set([...editableParts, 'correction.reason', 'correction.reasonCode']);
const segment = /^[a-zA-Z0-9]+$/;

/** Applies edits; every path that cannot be edited and every value that does not fit is a finding at its place. */
export function applyEdits(content: DocumentContent, edits: Edits): { content: DocumentContent } | { findings: Finding[] } {
  const copy = structuredClone(content) as Group;
  const findings: Finding[] = [];
  for (const [path, value] of Object.entries(edits)) {
    const parts = path.split('.');
    if (!parts.every((p) => segment.test(p)) || !(editable.has(parts[0]!) || editable.has(path))) {
      findings.push(hold('H_FIELD_NOT_EDITABLE', path));
      continue;
    }
    const last = parts.at(-1)!;
    const target = reach(copy, parts.slice(0, -1));
    if (!target || !isOwnPlace(target, last)) findings.push(hold('H_FIELD_NOT_EDITABLE', path));
    else if (value !== null && value !== undefined) target[last] = value;
    else if (Array.isArray(target)) target.splice(Number(last), 1);
    else delete target[last];
  }
  if (findings.length > 0) return { findings };
  const parsed = documentContentSchema.safeParse(copy);
  if (!parsed.success)
    return { findings: parsed.error.issues.map((issue) => hold('H_FIELD_WRONG', issue.path.join('.'), { reason: reasonOf(issue, copy) })) };
  // Under whose law it stands is the organization's own, not a field.
  if (parsed.data.seller.country !== content.seller.country) return { findings: [hold('H_FIELD_NOT_EDITABLE', 'seller.country')] };
  const named = { ...parsed.data, buyer: withOneName(parsed.data.buyer, content.buyer) };
  return isStorable(named) ? { content: named } : { findings: [hold('H_FIELD_WRONG', undefined, { reason: 'NUL' })] };
}

/** What the field allows, or what stands in it: both are read in every language. */
function reasonOf(issue: z.core.$ZodIssue, content: Group): string {
  if (issue.code === 'too_big') return `max. ${issue.maximum}`;
  if (issue.code === 'too_small') return `min. ${issue.minimum}`;
  const value = issue.path.reduce<unknown>((at, part) => (at as Group | undefined)?.[String(part)], content);
  return typeof value === 'string' || typeof value === 'number' ? `„${cut(String(value), 60)}”` : '–';
}

/** The object that holds the last field of a path; undefined where the path leaves the content's own fields. */
function reach(content: Group, parts: string[]): Group | undefined {
  let target = content;
  for (const part of parts) {
    if (!isOwnPlace(target, part)) return undefined;
    target[part] ??= {};
    const next = target[part];
    if (typeof next !== 'object' || next === null) return undefined;
    target = next as Group;
  }
  return target;
}

type Group = Record<string, unknown>;

/** A list grows by one at its end and has no other members: "length" or an index far away would make a list of billions. */
function isOwnPlace(target: Group, part: string): boolean {
  if (Array.isArray(target)) return /^\d{1,6}$/.test(part) && Number(part) <= target.length;
  return Object.hasOwn(target, part) || !(part in target);
}

/** Neither database takes NUL or half a surrogate pair in a text: found here, it is a wrong field and no broken transaction. */
export function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\0') && value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every(isStorable);
}
