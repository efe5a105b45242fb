import type { DocumentContent, DocumentKind } from '../domain/documents/document.ts';
import { acceptable, findingsOf, stampDays } from '../domain/documents/index.ts';
import type { Finding } from '../domain/finding.ts';
import { recompute } from '../domain/totals/index.ts';
import { type Desk, seriesOf } from './desk.ts';
import { exchanged } from './exchange.ts';
import type { Organization } from './organization.ts';
import { withoutItsRate, withProvider } from './provider.ts';
import type { Series } from './series.ts';

/** Of what may be accepted, that which depends on the content and not on the order. */
const ofContent = new Set(['H_TOTAL_MISMATCH', 'H_ZERO_TOTAL', 'H_LETTERS', 'H_TREATMENT_PLACE']);

export function canSettle(code: string, orderFindings: Finding[]): boolean {
  return acceptable.has(code) && (ofContent.has(code) || orderFindings.some((f) => f.code === code && f.level === 'hold'));
}

/**
 * A person accepted a difference or a zero as it was seen: once the amounts are others, it is asked again.
 */
export function stillSettled(settled: string[], before: DocumentContent, after: DocumentContent): string[] {
  const where = ({ taxTreatment, buyer, recipient }: DocumentContent) =>
    [taxTreatment, ...[buyer, recipient].flatMap((party) => [party?.country, party?.postalCode])].join('/');
  const same =
    before.totals.gross === recompute(after).totals.gross && before.orderTotal === after.orderTotal && where(before) === where(after);
  return same ? settled : settled.filter((code) => !ofContent.has(code));
}

type Standing = { order_findings: Finding[]; settled: string[]; edited: string[] };

/** Amounts made anew, the seller as it is today unless a person changed it here, all findings of our own at once. */
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
  if (!own) return organization.seller;
  // How the tax is owed is no word on this one document: whoever mended an address here still has to say it.
  const { cashAccounting } = organization.seller;
  return content.kind === 'correction' || !cashAccounting ? content.seller : { cashAccounting, ...content.seller };
}

/** By which series a document goes out, and which it is: its provider has a word to say. */
type Route = { series: Series | undefined; document?: { id?: string; number?: string | null } };

/** Tax is rounded as the provider of the series does it; a correction goes on as its original began, whose amounts are frozen. */
export async function roundedFor(
  content: DocumentContent,
  { provider }: Pick<Desk, 'provider'>,
  series: Series | undefined,
): Promise<DocumentContent> {
  if (content.kind === 'correction') return content;
  const { taxRounding: before, ...rest } = content;
  const taxRounding = (await provider.manifest(series))?.taxRounding;
  if (taxRounding === before) return content;
  return recompute(taxRounding ? { ...rest, taxRounding } : rest);
}

/**
 * The one judgement of a prepared document, used when it is prepared, after every change and when it is issued: with the exchange rate of
 * its days as far as it is known here, rounded and looked at as its provider does it. Without `route` nobody knows yet where it goes.
 */
export async function judge(
  { tx, today, organization, provider }: Pick<Desk, 'tx' | 'today' | 'organization' | 'provider'>,
  standing: Standing,
  content: DocumentContent,
  route: Route | undefined,
  options: { issuing?: boolean } = {},
): Promise<{ content: DocumentContent; findings: Finding[] }> {
  const stamped = options.issuing ? stampDays(content, today) : content;
  const dated = route ? await roundedFor(stamped, { provider }, route.series) : stamped;
  const seller = sellerOf(organization, standing, dated);
  const { exchange } = await exchanged(tx, { ...dated, seller }, standing.edited, today);
  const { exchange: _, ...rest } = dated;
  const judged = assess(organization, standing, exchange ? { ...dated, exchange } : rest, { today, ...options });
  if (!route) return judged;
  const said = await provider.findings(route.series, { ...route.document, content: judged.content });
  return {
    ...judged,
    findings: withProvider(
      await withoutItsRate(provider, route.series, judged.findings),
      said.filter((f) => !standing.settled.includes(f.code)),
    ),
  };
}

/** `judge` of a document that stands in the queue, with what a person or its order has just changed of it. */
export async function judgeAgain(
  desk: Desk,
  row: Standing & { id: string; number: string | null; kind: DocumentKind; series_id: string | null },
  content: DocumentContent,
): Promise<{ content: DocumentContent; findings: Finding[] }> {
  return judge(desk, row, content, { series: seriesOf(desk.series, row), document: row });
}
