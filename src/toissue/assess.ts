import type { DocumentContent } from '../domain/documents/document.ts';
import { findingsOf, stampDays } from '../domain/documents/index.ts';
import type { Finding } from '../domain/finding.ts';
import { recompute } from '../domain/totals/index.ts';
import type { Tx } from '../store/index.ts';
import { exchanged } from './exchange.ts';
import type { Organization } from './organization.ts';
import { type ProviderDesk, withoutItsRate, withProvider } from './provider.ts';
import type { Series } from './series.ts';

/** Holds a person may accept with open eyes: the facts of the order do not change by editing the document. */
const settledByPerson = new Set(['H_TOTAL_MISMATCH', 'H_ZERO_TOTAL', 'H_LETTERS']);

export function canSettle(code: string, orderFindings: Finding[]): boolean {
  return settledByPerson.has(code) || orderFindings.some((f) => f.code === code && f.level === 'hold');
}

/**
 * A person accepted a difference or a zero as it was seen: once the amounts are others, it is asked again.
 */
export function stillSettled(settled: string[], before: DocumentContent, after: DocumentContent): string[] {
  const same = before.totals.gross === recompute(after).totals.gross && before.orderTotal === after.orderTotal;
  return same ? settled : settled.filter((code) => !settledByPerson.has(code));
}

type Standing = { order_findings: Finding[]; settled: string[]; edited: string[] };

/**
 * The one judgement of a prepared document, used when it is prepared, after every edit and when it is issued: amounts made
 * anew, the seller as it is today unless a person changed it here, all findings at once.
 */
function assess(
  organization: Organization,
  standing: Standing,
  content: DocumentContent,
  context: { today: string; issuing?: boolean },
): { content: DocumentContent; findings: Finding[] } {
  const current = { ...content, seller: sellerOf(organization, standing, content) };
  const computed = recompute(context.issuing ? stampDays(current, context.today) : current);
  const findings = findingsOf(computed, standing.order_findings, { today: context.today }).filter(
    (f) => !standing.settled.includes(f.code),
  );
  return { content: computed, findings };
}

/** A correction keeps the seller of its original; a person's edit stays. */
function sellerOf(organization: Organization, standing: Standing, content: DocumentContent): DocumentContent['seller'] {
  const own = content.kind === 'correction' || standing.edited.some((path) => path.split('.')[0] === 'seller');
  return own ? content.seller : organization.seller;
}

/** Where a document goes when it is issued: its provider has a word to say. */
type Route = { desk: ProviderDesk; series: Series | undefined; document?: { id?: string; number?: string | null } };

/** Tax is rounded as the provider of the series does it; a correction goes on as its original began, whose amounts are frozen. */
export async function roundedFor(content: DocumentContent, { desk, series }: Pick<Route, 'desk' | 'series'>): Promise<DocumentContent> {
  if (content.kind === 'correction') return content;
  const { taxRounding: before, ...rest } = content;
  const taxRounding = (await desk.manifest(series))?.taxRounding;
  if (taxRounding === before) return content;
  return recompute(taxRounding ? { ...rest, taxRounding } : rest);
}

/** `assess` with the exchange rate of the content's days, as far as it is known here. */
export async function judge(
  tx: Tx,
  organization: Organization,
  standing: Standing,
  content: DocumentContent,
  context: { today: string; issuing?: boolean; route?: Route },
): Promise<{ content: DocumentContent; findings: Finding[] }> {
  const stamped = context.issuing ? stampDays(content, context.today) : content;
  const dated = context.route ? await roundedFor(stamped, context.route) : stamped;
  const seller = sellerOf(organization, standing, dated);
  const { exchange } = await exchanged(tx, { ...dated, seller }, standing.edited, context.today);
  const { exchange: _, ...rest } = dated;
  const judged = assess(organization, standing, exchange ? { ...dated, exchange } : rest, context);
  if (!context.route) return judged;
  const { desk, series: target, document } = context.route;
  const provider = await desk.findings(target, { ...document, content: judged.content });
  return {
    ...judged,
    findings: withProvider(
      await withoutItsRate(desk, target, judged.findings),
      provider.filter((f) => !standing.settled.includes(f.code)),
    ),
  };
}
