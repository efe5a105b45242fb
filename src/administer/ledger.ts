import type { Selectable } from 'kysely';
import type { ReceivableFacts } from '../contract/administer.ts';
import type { Secret } from '../contract/secret.ts';
import { fromMinor, toMinor } from '../domain/money/money.ts';
import { type Part, type PartState, partSums, stateOf } from '../domain/receivables/index.ts';
import type { Context } from '../jobs/index.ts';
import { json, type Tables, type Tx } from '../store/index.ts';

/** The ledger as it is stored: read whole, written whole, always under the lock of its receivable. */
export type Receivable = Selectable<Tables['receivable']>;
export type PartRow = Selectable<Tables['receivable_part']>;

export async function lockReceivable(tx: Tx, organizationId: string, id: string): Promise<Receivable | undefined> {
  return tx
    .selectFrom('receivable')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

export async function readReceivable(tx: Tx, organizationId: string, id: string): Promise<Receivable | undefined> {
  return tx.selectFrom('receivable').selectAll().where('organization_id', '=', organizationId).where('id', '=', id).executeTakeFirst();
}

export async function readPartRows(tx: Tx, organizationId: string, receivableIds: string[]): Promise<PartRow[]> {
  if (receivableIds.length === 0) return [];
  return tx
    .selectFrom('receivable_part')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('receivable_id', 'in', receivableIds)
    .orderBy('receivable_id')
    .orderBy('seq')
    .execute();
}

export function partOfRow(row: PartRow, currency: string): Part {
  return {
    seq: row.seq,
    number: row.number,
    aliases: row.aliases,
    state: row.state as PartState,
    rows: row.rows,
    adjustments: row.adjustments,
    ...(row.reference ? { reference: row.reference } : {}),
    ...(row.due_date ? { dueDate: row.due_date } : {}),
    ...(row.lowest_minor === null ? {} : { lowest: fromMinor(row.lowest_minor, currency) }),
    extended: row.extended,
    openedAt: row.opened_at.toISOString(),
    ...(row.activated_at ? { activatedAt: row.activated_at.toISOString() } : {}),
    ...(row.expires_at ? { expiresAt: row.expires_at.toISOString() } : {}),
    changedSinceSent: row.changed_since_sent,
  };
}

export async function readParts(tx: Tx, receivable: Pick<Receivable, 'organization_id' | 'id' | 'currency'>): Promise<Part[]> {
  const rows = await readPartRows(tx, receivable.organization_id, [receivable.id]);
  return rows.map((row) => partOfRow(row, receivable.currency));
}

/** Stores the parts and what follows from them. The caller holds the lock. */
export async function saveParts(tx: Tx, ctx: Pick<Context, 'now'>, receivable: Receivable, parts: readonly Part[]): Promise<void> {
  const { organization_id, id, currency } = receivable;
  for (const part of parts) {
    const sums = partSums(part, currency);
    const values = {
      number: part.number,
      aliases: part.aliases,
      state: part.state,
      rows: json(part.rows),
      adjustments: json(part.adjustments),
      total_minor: toMinor(sums.total, currency),
      remaining_minor: toMinor(sums.remaining.gross, currency),
      reference: part.reference ?? null,
      due_date: part.dueDate ?? null,
      lowest_minor: part.lowest === undefined ? null : toMinor(part.lowest, currency),
      extended: part.extended,
      changed_since_sent: part.changedSinceSent,
      opened_at: part.openedAt,
      activated_at: part.activatedAt ?? null,
      expires_at: part.expiresAt ?? null,
    };
    await tx
      .insertInto('receivable_part')
      .values({ organization_id, receivable_id: id, seq: part.seq, ...values })
      .onConflict((c) => c.columns(['organization_id', 'receivable_id', 'seq']).doUpdateSet(values))
      .execute();
  }
  await tx
    .updateTable('receivable')
    .set({ state: parts.length === 0 ? receivable.state : stateOf(parts), updated_at: ctx.now() })
    .where('organization_id', '=', organization_id)
    .where('id', '=', id)
    .execute();
}

// ---------------------------------------------------------------- what is sealed

/** As everything sealed in a row is, so that a change of the key finds it. */
const owner = (receivable: Pick<Receivable, 'organization_id' | 'id'>) => `${receivable.organization_id}/${receivable.id}`;

/** Numbers of persons, addresses of devices, addresses that open a document: opened only where they go out on the wire. */
export function openPrivate(
  ctx: Pick<Context, 'vault'>,
  receivable: Pick<Receivable, 'organization_id' | 'id' | 'private'>,
): Record<string, Secret> {
  return ctx.vault.open(owner(receivable), receivable.private);
}

/** Adds to what is sealed; an undefined value takes the entry out. */
export function sealPrivate(
  ctx: Pick<Context, 'vault'>,
  receivable: Pick<Receivable, 'organization_id' | 'id' | 'private'>,
  entries: Record<string, string | undefined>,
): Uint8Array {
  const kept = Object.fromEntries(Object.entries(openPrivate(ctx, receivable)).map(([name, secret]) => [name, secret.reveal()]));
  const all = Object.fromEntries(Object.entries({ ...kept, ...entries }).filter((e): e is [string, string] => e[1] !== undefined));
  return ctx.vault.seal(owner(receivable), all);
}

export const pdfKey = (seq: number) => `pdf:${seq}`;

export function factsOf(ctx: Pick<Context, 'vault'>, receivable: Receivable, parts: readonly Part[]): ReceivableFacts {
  const { buyerNumber } = openPrivate(ctx, receivable);
  return {
    country: receivable.country,
    segment: receivable.segment,
    currency: receivable.currency,
    orderNumber: receivable.order_number,
    ...(receivable.provider_order_id ? { providerOrderId: receivable.provider_order_id } : {}),
    ...(parts[0]?.number ? { rootNumber: parts[0].number } : {}),
    ...(buyerNumber ? { buyerNumber } : {}),
  };
}

/** Personal numbers are shown by their date only; the rest is for the provider. Others show their last two digits. */
export function maskedNumber(digits: string): string {
  const personal = /^((?:19|20)?\d{6})\d{4}$/.exec(digits);
  return personal ? `${personal[1]}-****` : `${'*'.repeat(Math.max(0, digits.length - 2))}${digits.slice(-2)}`;
}
