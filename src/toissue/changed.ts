import { sql } from 'kysely';
import { civilDay } from '../domain/days/day.ts';
import type { DocumentContent } from '../domain/documents/document.ts';
import { type CorrectionOptions, prepareSuggested, proposeFromOrder, proposeFromRefunds } from '../domain/documents/index.ts';
import { fromMinor, sum, toMinor } from '../domain/money/money.ts';
import type { Order } from '../domain/orders/order.ts';
import { suggest } from '../domain/orders/suggest.ts';
import { json, type Tx } from '../store/index.ts';
import { type Organization, policiesOf, readOrganization } from './organization.ts';
import type { DocumentRecord } from './write.ts';

/** What became of an order after its document was issued, and when nothing of that is left to correct. */
export type Proposal = { from: 'order' | 'refund'; options: CorrectionOptions; unexplained: string };

export async function lastCorrection(tx: Tx, organizationId: string, id: string): Promise<DocumentContent | undefined> {
  const last = await tx
    .selectFrom('document')
    .select('content')
    .where('organization_id', '=', organizationId)
    .where('corrects_id', '=', id)
    .where('state', '=', 'issued')
    .orderBy('issued_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return last?.content;
}

/** The state of an issued document after its corrections, and the correction that its order asks for now; null when it asks for none. */
export async function proposalIn(
  tx: Tx,
  row: DocumentRecord,
  now: Date,
): Promise<{
  base: DocumentContent;
  proposal: Proposal | null /** Whether the order can say it: no person typed the rows. */;
  follows: boolean;
}> {
  const organizationId = row.organization_id;
  const base = (await lastCorrection(tx, organizationId, row.corrects_id ?? row.id)) ?? row.content;
  const order = row.order_id
    ? await tx
        .selectFrom('sales_order')
        .select('content')
        .where('organization_id', '=', organizationId)
        .where('id', '=', row.order_id)
        .executeTakeFirst()
    : undefined;
  // Rows that a person typed are not the order's, so the order cannot say how they should be.
  const follows = order !== undefined && row.purpose === 'sale' && row.kind !== 'final' && !row.edited.includes('lines');
  if (!order || !follows) return { base, proposal: null, follows: false };
  return {
    base,
    follows,
    proposal:
      fromOrder(await readOrganization(tx, organizationId), base, order.content, now) ?? fromRefunds(row.content, base, order.content),
  };
}

function fromOrder(organization: Organization, base: DocumentContent, order: Order, now: Date): Proposal | null {
  const policies = policiesOf(organization);
  const outcome = prepareSuggested(order, policies, suggest(order, policies), { today: civilDay(now.toISOString(), organization.zone) });
  const gone = order.status === 'cancelled';
  if (!gone && 'nothing' in outcome) return null;
  const options = proposeFromOrder(base, gone || 'nothing' in outcome ? undefined : outcome.content, '');
  const nothingLeft = toMinor(base.totals.gross, base.currency) === 0n;
  return options && !(options.cancel && nothingLeft) ? { from: 'order', options, unexplained: fromMinor(0n, base.currency) } : null;
}

/** Refunded beyond what was corrected already. */
function fromRefunds(original: DocumentContent, base: DocumentContent, order: Order): Proposal | null {
  const proposed = proposeFromRefunds(original, base, order);
  return proposed ? { from: 'refund', ...proposed } : null;
}

/**
 * Whether a document and its corrections say what its order says now: changed by as much as the order, or by that and the refunds beside it.
 * Of an order that asks for nothing any more nothing is left.
 */
export function agrees(
  issued: DocumentContent,
  corrected: DocumentContent | undefined,
  order: Order,
  amounts: { issued: string; ordered?: string },
): boolean {
  const minor = (amount: string) => toMinor(amount, issued.currency);
  const left = minor((corrected ?? issued).totals.gross);
  if (amounts.ordered === undefined) return left === 0n;
  const [taken, change] = [left - minor(issued.totals.gross), minor(amounts.ordered) - minor(amounts.issued)];
  const refunded = sum(order.refunds.filter((r) => !/reject|cancel/i.test(r.status)).map((r) => minor(r.amount)));
  return taken === change || taken === change - refunded;
}

/**
 * A correction was issued: what its original was held for because its order changed is over, unless the order asks for more; where the order
 * cannot say, unless the correction was made before the change was told. An original that somebody else holds keeps it.
 */
export async function endChanges(tx: Tx, organizationId: string, originals: string[], now: Date): Promise<void> {
  if (originals.length === 0) return;
  const held = await tx
    .selectFrom('document')
    .selectAll()
    .select(
      sql<boolean>`exists (select 1 from document c where c.organization_id = document.organization_id and c.corrects_id = document.id
        and c.state = 'issued' and c.created_at >= document.updated_at)`.as('answered'),
    )
    .where('organization_id', '=', organizationId)
    .where('id', 'in', originals)
    .where('state', '=', 'issued')
    .where('held', '=', true)
    .where(sql<boolean>`hold_codes = '{H_CHANGED_AFTER_ISSUE}'`)
    .orderBy('id')
    .forNoKeyUpdate()
    .skipLocked()
    .execute();
  for (const { answered, ...row } of held) {
    const { follows, proposal } = await proposalIn(tx, row, now);
    if (follows ? proposal !== null : !answered) continue;
    await tx
      .updateTable('document')
      .set({ findings: json([]), hold_codes: [], held: false, updated_at: now })
      .where('organization_id', '=', organizationId)
      .where('id', '=', row.id)
      .execute();
  }
}
