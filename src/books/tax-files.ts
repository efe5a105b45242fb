import { sql } from 'kysely';
import { spokenInAll } from '../diagnosis/index.ts';
import type { Finding } from '../domain/finding.ts';
import { hold, warning } from '../domain/finding.ts';
import {
  type FaProfile,
  faFindings,
  isInMonth,
  isInvoiceOf,
  monthDays,
  paperOf,
  profileFindings,
  taxPoint,
  type V7Month,
  v7Findings,
  v7MonthFindings,
  writeFa,
  writeV7,
} from '../domain/formats/jpk/index.ts';
import { fromMinor, sum, toMinor } from '../domain/money/money.ts';
import { isEuCountry } from '../domain/regimes/index.ts';
import type { Context } from '../jobs/index.ts';
import { type Organization, readOrganization } from '../toissue/index.ts';
import { readBooksProfile } from './profile.ts';
import { type BooksDocument, booksDocuments } from './source.ts';

/** The files for the tax office, made from what was issued: what they lack, and their bytes piece by piece. */
export type TaxFileName = 'v7' | 'fa';
export type DocumentFinding = Finding & { documentId?: string; number?: string };
export type TaxFileCheck = {
  file: TaxFileName;
  /** No hold is left: the file can be made. */
  ready: boolean;
  documents: number;
  findings: DocumentFinding[];
  /** True when there are more findings than are listed. */
  more: boolean;
};

const maxFindings = 500;
/** Numbers that one finding names. */
const mostTold = 20;

export function monthOf(text: string): V7Month {
  return { year: Number(text.slice(0, 4)), month: Number(text.slice(5, 7)) };
}

type Facts = { organization: Organization; profile: FaProfile };

async function factsOf(ctx: Context, organizationId: string): Promise<Facts> {
  return ctx.store.org(organizationId, async (tx) => {
    const organization = await readOrganization(tx, organizationId);
    const { exemptionReason } = organization.policies;
    return { organization, profile: { ...(await readBooksProfile(tx, organizationId)), ...(exemptionReason && { exemptionReason }) } };
  });
}

/** Documents that the register of a month may hold. */
function monthDocuments(ctx: Pick<Context, 'store'>, organizationId: string, month: V7Month): AsyncGenerator<BooksDocument> {
  const { from, to } = monthDays(month);
  return booksDocuments(ctx.store, organizationId, { taxFrom: from, taxTo: to });
}

/** Both files of a month judged in one pass. */
export async function checkTaxFiles(ctx: Context, organizationId: string, month: V7Month): Promise<TaxFileCheck[]> {
  const { organization, profile } = await factsOf(ctx, organizationId);
  if (organization.country !== 'PL') return [];
  const v7 = collector('v7', [...profileFindings(profile, organization.seller, 'v7'), ...v7MonthFindings(month)]);
  const fa = collector('fa', profileFindings(profile, organization.seller, 'fa'));
  const period = monthDays(month);
  const earlier = new Map<string, string[]>();
  let toReceipts = 0;
  let receipts = 0;
  for await (const document of monthDocuments(ctx, organizationId, month)) {
    if (isInMonth(document, month)) {
      v7.add(document, [...document.differences, ...v7Findings(document, profile)]);
      if (document.kind === 'receipt') receipts++;
      else if (paperOf(document) === 'FP') toReceipts++;
    }
    const due = taxPoint(document);
    if (due < period.from && period.from <= document.issueDate && document.issueDate <= period.to)
      earlier.set(due.slice(0, 7), [...(earlier.get(due.slice(0, 7)) ?? []), document.number]);
    if (isInvoiceOf(document, period)) fa.add(document, [...document.differences, ...faFindings(document, profile)]);
  }
  // Issued now, of a month whose file may have been handed in: they stand in no file that is still to be made.
  for (const [month, numbers] of [...earlier].sort(([a], [b]) => (a < b ? -1 : 1)))
    v7.say(
      warning('W_BOOKS_EARLIER_MONTH', 'month', { month, count: String(numbers.length), numbers: numbers.slice(0, mostTold).join(', ') }),
    );
  const distance = await soldAbroad(ctx, organizationId, month);
  if (distance) v7.say(distance);
  if (toReceipts > 0 && receipts === 0) v7.say(warning('W_BOOKS_RECEIPT_REPORT'));
  if (fa.count() === 0) fa.say(hold('H_BOOKS_NOTHING', 'period'));
  return [v7.done(), fa.done()];
}

/**
 * Art. 28k(2): net of a year's sales to people in other member states, up to which, and to which in the year before, they may be taxed here.
 * Told from four fifths on, while something is taxed here.
 */
const distanceLimitMinor = 4_200_000n;

async function soldAbroad(ctx: Pick<Context, 'store'>, organizationId: string, month: V7Month): Promise<Finding | undefined> {
  const [from, to] = [`${month.year - 1}-01-01`, monthDays(month).to];
  // All parts go by an index that holds nothing of what was sold at home.
  const paidIn = (currency: string) => sql`union all select * from (select * from document where organization_id = ${organizationId}
    and state = 'issued' and currency = ${currency} and buyer_country in ('HU', 'SE') offset 0) there where issue_date between ${from}::date and ${to}::date`;
  // A receipt in foreign money has no rate of its own: the last one that is known stands in, and without any it is left out.
  const rate = sql`case when d.currency = 'PLN' then 1 else coalesce((d.content->'exchange'->>'rate')::numeric, (select r.rate from exchange_rate r
    where r.source = 'NBP' and r.currency = d.currency and r.day <= d.issue_date order by r.day desc limit 1)) end`;
  const { rows } = await ctx.store.org(organizationId, (tx) =>
    sql<{ year: number; country: string; there: boolean; net: string }>`
      select extract(year from d.issue_date)::int as year, d.buyer_country as country, coalesce(d.content->>'taxTreatment', '') = 'destination' as there,
        round(coalesce(sum(coalesce(d.content->'correction'->'difference'->>'net', d.content->'totals'->>'net')::numeric * ${rate}), 0), 2)::text as net
      from (
        select * from document where organization_id = ${organizationId} and state = 'issued' and issue_date between ${from}::date and ${to}::date
          and (buyer_country not in ('PL', 'HU', 'SE') or (buyer_country in ('HU', 'SE') and currency not in ('HUF', 'SEK')))
        ${sql.join(['HUF', 'SEK'].map(paidIn), sql` `)}) d
      where d.kind <> 'proforma' and d.content->'buyer'->>'type' = 'person' and coalesce(d.content->>'taxTreatment', 'domestic') in ('domestic', 'destination')
      group by 1, 2, 3`.execute(tx),
  );
  const within = rows.filter((row) => isEuCountry(row.country));
  const soldIn = (year: number) => sum(within.filter((row) => row.year === year).map((row) => toMinor(row.net, 'PLN')));
  const [before, now] = [soldIn(month.year - 1), soldIn(month.year)];
  const [year, sold] = before > distanceLimitMinor ? [month.year - 1, before] : [month.year, now];
  const isTaxedHere = within.some((row) => row.year === month.year && !row.there && toMinor(row.net, 'PLN') > 0n);
  if (!isTaxedHere || sold * 5n < distanceLimitMinor * 4n) return undefined;
  const params = { sold: `${fromMinor(sold, 'PLN')} PLN`, limit: `${fromMinor(distanceLimitMinor, 'PLN')} PLN`, year: String(year) };
  return warning(sold > distanceLimitMinor ? 'W_DISTANCE_SALES_OVER' : 'W_DISTANCE_SALES_NEAR', 'month', params);
}

function collector(file: TaxFileName, begun: Finding[]) {
  const findings: DocumentFinding[] = begun.map((f) => (f.params ? { ...f, params: spokenInAll(f.params) } : f));
  let documents = 0;
  let held = begun.some((f) => f.level === 'hold');
  let more = false;
  const keep = (finding: DocumentFinding) => {
    held ||= finding.level === 'hold';
    if (findings.length < maxFindings) findings.push(finding);
    else more = true;
  };
  return {
    add(document: BooksDocument, found: Finding[]) {
      documents++;
      for (const finding of found) keep({ ...finding, documentId: document.id, number: document.number });
    },
    say: keep,
    count: () => documents,
    done: (): TaxFileCheck => ({ file, ready: !held, documents, findings, more }),
  };
}

/** Text of a tax file; undefined when something holds it, which `checkTaxFiles` tells. */
export async function taxFile(
  ctx: Context,
  organizationId: string,
  file: TaxFileName,
  month: V7Month,
): Promise<{ name: string; text: AsyncGenerator<string> } | undefined> {
  const check = (await checkTaxFiles(ctx, organizationId, month)).find((c) => c.file === file);
  return check?.ready ? openTaxFile(ctx, organizationId, file, month) : undefined;
}

/** As above for a month that was checked already. */
export async function openTaxFile(
  ctx: Context,
  organizationId: string,
  file: TaxFileName,
  month: V7Month,
): Promise<{ name: string; text: AsyncGenerator<string> }> {
  const { organization, profile } = await factsOf(ctx, organizationId);
  const period = monthDays(month);
  const stamp = period.from.slice(0, 7);
  if (file === 'fa') {
    const documents = () => booksDocuments(ctx.store, organizationId, { from: period.from, to: period.to });
    return { name: `JPK_FA_${stamp}.xml`, text: writeFa(profile, organization.seller, period, ctx.now(), documents) };
  }
  const form = profile.filing === 'monthly' ? 'JPK_V7M' : 'JPK_V7K';
  const documents = monthDocuments(ctx, organizationId, month);
  return { name: `${form}_${stamp}.xml`, text: writeV7(profile, organization.seller, month, ctx.now(), documents) };
}
