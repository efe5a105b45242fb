import type { DocumentContent } from '../domain/documents/document.ts';
import { noCurrency } from '../domain/money/money.ts';
import { regimeOf } from '../domain/regimes/index.ts';
import { recompute } from '../domain/totals/index.ts';
import type { Tx } from '../store/index.ts';

/**
 * Exchange rates of documents in a foreign currency. What a source published for a day never changes: a rate is asked for once and
 * kept for ever. Inside a transaction only known rates are used; they are fetched outside of it.
 */
export type Need = { source: string; currency: string; day: string; accounting: string };

/** Which rate the law wants for this content; undefined when it needs none, keeps its original's, or a person chose one. */
export function needOf(content: DocumentContent, edited: string[], today: string): Need | undefined {
  const regime = regimeOf(content.seller.country);
  const without = content.kind === 'proforma' || content.kind === 'receipt' || content.kind === 'correction';
  if (
    without ||
    content.currency === noCurrency ||
    content.currency === regime.accountingCurrency ||
    edited.some((path) => path.split('.')[0] === 'exchange')
  )
    return undefined;
  const issueDate = content.issueDate ?? today;
  const { day, source } = regime.exchangeRateDay({ issueDate, taxPoint: regime.taxPoint(content, issueDate) });
  return { source, currency: content.currency, day, accounting: regime.accountingCurrency };
}

/** The content with the known rate of its days, or without one. */
export async function exchanged(tx: Tx, content: DocumentContent, edited: string[], today: string): Promise<DocumentContent> {
  const need = needOf(content, edited, today);
  if (!need) return content;
  const known = await tx
    .selectFrom('exchange_rate')
    .select(['rate', 'table_no', 'published'])
    .where('source', '=', need.source)
    .where('currency', '=', need.currency)
    .where('day', '=', need.day)
    .executeTakeFirst();
  const { exchange: before, ...rest } = content;
  if (!known) return before ? recompute(rest) : content;
  const exchange = {
    rate: known.rate,
    accountingCurrency: need.accounting,
    source: need.source,
    ...(known.table_no ? { table: known.table_no } : {}),
    date: known.published ?? need.day,
  };
  return recompute({ ...rest, exchange });
}
