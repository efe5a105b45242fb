import { type DocumentContent, documentContentSchema } from '../domain/documents/document.ts';
import { type Finding, hold } from '../domain/finding.ts';

/** Edits are a map from field path to value: `{"buyer.name": "Anna", "lines": […]}`. Paths are remembered, values validated. */
export type Edits = Record<string, unknown>;

/** Parts a person may edit; amounts are computed, the original of a correction is history. */
const editable = new Set([
  'language',
  'secondLanguage',
  'taxMethod',
  'seller',
  'buyer',
  'recipient',
  'issueDate',
  'saleDate',
  'dueDate',
  'payment',
  'splitPayment',
  'taxTreatment',
  'receipt',
  'lines',
  'exchange',
  'notes',
  'message',
  'correction.reason',
  'correction.reasonCode',
  'roundTo',
  'currency',
]);
const segment = /^[a-zA-Z0-9]+$/;

/** Applies edits; every path that cannot be edited and every value that does not fit is a finding at its place. */
export function applyEdits(content: DocumentContent, edits: Edits): { content: DocumentContent } | { findings: Finding[] } {
  const copy = structuredClone(content) as Record<string, any>;
  const findings: Finding[] = [];
  for (const [path, value] of Object.entries(edits)) {
    const parts = path.split('.');
    if (!parts.every((p) => segment.test(p)) || !(editable.has(parts[0]!) || editable.has(path))) {
      findings.push(hold('H_FIELD_NOT_EDITABLE', path));
      continue;
    }
    let target: any = copy;
    for (const part of parts.slice(0, -1)) {
      target[part] ??= {};
      target = target[part];
      if (typeof target !== 'object') break;
    }
    if (typeof target !== 'object') findings.push(hold('H_FIELD_NOT_EDITABLE', path));
    else if (value === null || value === undefined) delete target[parts.at(-1)!];
    else target[parts.at(-1)!] = value;
  }
  if (findings.length > 0) return { findings };
  const parsed = documentContentSchema.safeParse(copy);
  if (!parsed.success) return { findings: parsed.error.issues.map((i) => hold('H_FIELD_WRONG', i.path.join('.'), { reason: i.message })) };
  return { content: parsed.data };
}
