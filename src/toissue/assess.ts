import type { DocumentContent } from '../domain/documents/document.ts';
import { findingsOf, stampDays } from '../domain/documents/index.ts';
import type { Finding } from '../domain/finding.ts';
import { recompute } from '../domain/totals/index.ts';
import type { Organization } from './organization.ts';

/** Holds a person may accept with open eyes: the facts of the order do not change by editing the document. */
const settledByPerson = new Set(['H_TOTAL_MISMATCH', 'H_ZERO_TOTAL']);

export function canSettle(code: string, orderFindings: Finding[]): boolean {
  return settledByPerson.has(code) || orderFindings.some((f) => f.code === code && f.level === 'hold');
}

type Standing = { order_findings: Finding[]; settled: string[]; edited: string[] };

/**
 * The one judgement of a prepared document, used when it is prepared, after every edit and when it is issued: amounts made
 * anew, the seller as it is today unless a person changed it here, all findings at once.
 */
export function assess(
  organization: Organization,
  standing: Standing,
  content: DocumentContent,
  context: { today: string; issuing?: boolean },
): { content: DocumentContent; findings: Finding[] } {
  const seller = standing.edited.some((path) => path.startsWith('seller')) ? content.seller : organization.seller;
  // A correction keeps the seller of its original.
  const current = { ...content, seller: content.kind === 'correction' ? content.seller : seller };
  const computed = recompute(context.issuing ? stampDays(current, context.today) : current);
  const findings = findingsOf(computed, standing.order_findings, { today: context.today }).filter(
    (f) => !standing.settled.includes(f.code),
  );
  return { content: computed, findings };
}
