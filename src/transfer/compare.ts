import type { Made, Transfers } from '../contract/connector.ts';
import type { DocumentContent } from '../domain/documents/document.ts';
import { type Finding, warning } from '../domain/finding.ts';
import { compareDecimal, type Decimal, fixed, rescale, scaled } from '../domain/money/money.ts';
import { percentOf } from '../domain/totals/index.ts';

/**
 * Where the document that the provider holds says other amounts than ours, in its gross or in net and tax of a rate: each difference is
 * told with both amounts, for theirs is the document that counts. Empty: they agree to the last unit in all that the provider said.
 */
export function providerDifferences(content: DocumentContent, made: Made, rateWord?: Transfers['rateWord']): Finding[] {
  const ours = content.correction?.difference ?? content.totals;
  const findings: Finding[] = [];
  if (made.gross !== undefined && compareDecimal(made.gross, ours.gross) !== 0)
    findings.push(warning('W_PROVIDER_TOTAL_DIFFERS', 'totals.gross', { theirs: made.gross, ours: ours.gross }));
  if (made.byRate) findings.push(...rateDifferences(ours.byRate, made.byRate, rateWord));
  // A receipt has no net that anybody files; some providers keep fractions of a forint there.
  if (made.net === undefined || content.kind === 'receipt' || compareDecimal(made.net, ours.net) === 0 || findings.length > 0)
    return findings;
  const theirTax = plus(made.gross ?? ours.gross, made.net, -1n);
  return [...findings, differs('*', { net: made.net, tax: theirTax, gross: made.gross ?? ours.gross }, ours)];
}

type Amounts = { net: Decimal; tax: Decimal; gross: Decimal };

function rateDifferences(
  ours: DocumentContent['totals']['byRate'],
  theirs: NonNullable<Made['byRate']>,
  rateWord: Transfers['rateWord'] = (rate) => percentOf(rate),
): Finding[] {
  const nothing: Amounts = { net: '0.00', tax: '0.00', gross: '0.00' };
  const rows = new Map<string, { theirs: Amounts; ours: Amounts }>();
  for (const row of theirs) {
    const known = rows.get(row.rate)?.theirs ?? nothing;
    rows.set(row.rate, { theirs: added(known, row), ours: nothing });
  }
  for (const row of ours) {
    const word = rateWord(row) ?? percentOf(row);
    const known = rows.get(word) ?? { theirs: nothing, ours: nothing };
    rows.set(word, { ...known, ours: added(known.ours, row) });
  }
  return [...rows].flatMap(([rate, row]) => (sameAmounts(row.theirs, row.ours) ? [] : [differs(rate, row.theirs, row.ours)]));
}

function differs(rate: string, theirs: Amounts, ours: Amounts): Finding {
  const told = ({ net, tax, gross }: Amounts) => `${net} + ${tax} = ${gross}`;
  return warning('W_PROVIDER_TAX_DIFFERS', 'totals.byRate', { rate, theirs: told(theirs), ours: told(ours) });
}

function sameAmounts(a: Amounts, b: Amounts): boolean {
  return compareDecimal(a.net, b.net) === 0 && compareDecimal(a.tax, b.tax) === 0 && compareDecimal(a.gross, b.gross) === 0;
}

function added(a: Amounts, b: Amounts): Amounts {
  return { net: plus(a.net, b.net), tax: plus(a.tax, b.tax), gross: plus(a.gross, b.gross) };
}

/** Exact, whatever the decimals: nothing the provider said is rounded away. */
function plus(a: Decimal, b: Decimal, sign = 1n): Decimal {
  const [p, q] = [scaled(a), scaled(b)];
  const scale = Math.max(p.scale, q.scale);
  return fixed({ value: rescale(p, scale) + sign * rescale(q, scale), scale }, scale);
}
