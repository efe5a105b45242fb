import { sql } from 'kysely';
import { fromMinor, sum } from '../domain/money/money.ts';
import type { Tx } from '../store/index.ts';
import { foundByIndex } from '../toissue/index.ts';
import { liveAllocations, type Payment } from './book.ts';
import { readOpenItems } from './open-items.ts';

/** Payments for a list, newest first, each with what it paid or might pay. */
export type PaymentFacts = Payment & {
  leftMinor: bigint;
  allocations: {
    document_id: string | null;
    number: string | null;
    kind: string | null;
    purpose: 'document' | 'credit' | 'returned';
    amount_minor: bigint;
    sure: boolean;
    reasons: string[];
    created_by: string;
  }[];
};
/** As the index of words has it (migration 0030). */
const folded = sql<string>`fold_words(coalesce(title, '') || ' ' || coalesce(payer_name, '') || ' ' || coalesce(payer_account, ''))`;

type PaymentQuery = { state?: Payment['state']; q?: string; statement?: string; after?: [day: string, id: string]; limit: number };

export async function listPayments(
  tx: Tx,
  organizationId: string,
  query: PaymentQuery,
): Promise<{ items: PaymentFacts[]; next?: [string, string] }> {
  let from = tx.selectFrom('payment').selectAll().where('organization_id', '=', organizationId);
  if (query.state) from = from.where('state', '=', query.state);
  if (query.statement) from = from.where('statement_id', '=', query.statement);
  if (query.q?.trim()) from = from.where(foundByIndex('payment_hits', folded, query.q));
  if (query.after) from = from.where(sql<boolean>`(value_day, id) < (${query.after[0]}::date, ${query.after[1]}::uuid)`);
  const rows = await from
    .orderBy('value_day', 'desc')
    .orderBy('id', 'desc')
    .limit(query.limit + 1)
    .execute();
  const page = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? page.at(-1) : undefined;
  return { items: await withAllocations(tx, organizationId, page), ...(last && { next: [last.value_day, last.id] as [string, string] }) };
}

export async function readPayment(tx: Tx, organizationId: string, id: string): Promise<PaymentFacts | undefined> {
  const row = await tx
    .selectFrom('payment')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && (await withAllocations(tx, organizationId, [row]))[0];
}

async function withAllocations(tx: Tx, organizationId: string, payments: Payment[]): Promise<PaymentFacts[]> {
  const live = await liveAllocations(
    tx,
    organizationId,
    payments.map((p) => p.id),
  );
  const ids = [...new Set(live.flatMap((a) => (a.document_id ? [a.document_id] : [])))];
  const documents =
    ids.length === 0
      ? []
      : await tx
          .selectFrom('document')
          .select(['id', 'number', 'kind'])
          .where('organization_id', '=', organizationId)
          .where('id', 'in', ids)
          .execute();
  const of = new Map(documents.map((d) => [d.id, d]));
  return payments.map((payment) => {
    const own = live.filter((a) => a.payment_id === payment.id);
    return {
      ...payment,
      leftMinor: payment.amount_minor - sum(own.map((a) => a.amount_minor)),
      allocations: own.map((a) => ({
        ...a,
        number: (a.document_id && of.get(a.document_id)?.number) ?? null,
        kind: (a.document_id && of.get(a.document_id)?.kind) ?? null,
      })),
    };
  });
}

/** How many wait for a person, and how many of them have a proposal. */
export async function countOpen(tx: Tx, organizationId: string): Promise<{ open: number; proposed: number }> {
  const { rows } = await sql<{
    open: bigint;
    proposed: bigint;
  }>`select count(*) as open, count(*) filter (where proposals <> '[]') as proposed from payment
    where organization_id = ${organizationId} and state = 'open'`.execute(tx);
  return { open: Number(rows[0]!.open), proposed: Number(rows[0]!.proposed) };
}

type OpenDocument = { id: string; number: string; buyerName: string; open: string; currency: string; issueDate: string };

/** Documents still to be paid, to choose from by hand. */
export async function listOpenDocuments(
  tx: Tx,
  organizationId: string,
  today: string,
  query: { q?: string; currency?: string },
): Promise<OpenDocument[]> {
  const items = await readOpenItems(tx, organizationId, today);
  const words = (query.q ?? '').toLowerCase().trim();
  return [...items.all()]
    .filter((i) => i.openMinor > 0n && (!query.currency || i.currency === query.currency))
    .filter((i) => words === '' || `${i.number} ${i.buyerName} ${i.orderNumber ?? ''}`.toLowerCase().includes(words))
    .sort((a, b) => (a.issueDay < b.issueDay ? 1 : -1))
    .slice(0, 50)
    .map((i) => ({
      id: i.id,
      number: i.number,
      buyerName: i.buyerName,
      open: fromMinor(i.openMinor, i.currency),
      currency: i.currency,
      issueDate: i.issueDay,
    }));
}
