import { type Selectable, sql } from 'kysely';
import type { OtherClaims, ReceivableFacts } from '../contract/administer.ts';
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
    .forNoKeyUpdate()
    .executeTakeFirst();
}

export type ActionRow = Selectable<Tables['receivable_action']>;

/** An action with its claim, the claim first: whoever takes one action further wakes its others (ADR 3). */
export async function lockAction(
  tx: Tx,
  organizationId: string,
  id: string,
): Promise<{ row: ActionRow; receivable: Receivable } | undefined> {
  const at = await tx
    .selectFrom('receivable_action')
    .select('receivable_id')
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .executeTakeFirst();
  if (!at) return undefined;
  const receivable = (await lockReceivable(tx, organizationId, at.receivable_id))!;
  const row = await tx
    .selectFrom('receivable_action')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
  return { row, receivable };
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

// ---------------------------------------------------------------- other claims

/** What is over for good: nothing of it can be mistaken for something new. */
const closed = ['active', 'credited', 'cancelled', 'expired', 'rejected'];

/**
 * Our other claims at the same provider that bear on whose a number is: those of the same buyer and those of the same order. Another
 * connection may lead to the same account there. The masked number stands for the buyer, so that nothing sealed is opened; that it may
 * stand for two errs on the careful side.
 */
export async function otherClaims(tx: Tx, receivable: Receivable): Promise<OtherClaims> {
  const { organization_id, id, connection_id, buyer_number_masked, order_number } = receivable;
  // Twelve digits and ten name the same person.
  const buyer = buyer_number_masked?.slice(-10) ?? null;
  const { rows } = await sql<{ numbers: string[]; open: boolean; here: boolean }>`
    select r.connection_id = ${connection_id} as here, coalesce((select array_agg(n) from receivable_part p, unnest(array_append(p.aliases, p.number)) n
        where p.organization_id = r.organization_id and p.receivable_id = r.id and n <> ''), '{}') as numbers,
      r.state <> all(${closed}::text[])
        or exists (select 1 from receivable_part p where p.organization_id = r.organization_id and p.receivable_id = r.id and p.number = '' and p.state <> 'replaced')
        or exists (select 1 from receivable_action a where a.organization_id = r.organization_id and a.receivable_id = r.id
          and a.status in ('waiting', 'sending', 'pending', 'unknown')) as open
    from receivable r join connection c on c.organization_id = r.organization_id and c.id = r.connection_id
    where r.organization_id = ${organization_id} and r.id <> ${id} and c.status <> 'removed'
      and c.connector = (select connector from connection own where own.organization_id = r.organization_id and own.id = ${connection_id})
      and (right(r.buyer_number_masked, 10) = ${buyer} or r.order_number = ${order_number})
    order by r.created_at desc limit 1000`.execute(tx);
  return { numbers: rows.filter((r) => r.here).flatMap((r) => r.numbers), open: rows.some((r) => r.open) };
}

/**
 * The claim of this connection, another than this one, that one of the numbers belongs to. Whoever asks keeps the numbers for himself until his
 * transaction ends: of two claims that are told one number in one moment, the second sees that it is the first one's.
 */
export async function ownerOfNumber(
  tx: Tx,
  receivable: Pick<Receivable, 'organization_id' | 'id' | 'connection_id'>,
  numbers: (string | null | undefined)[],
): Promise<{ number: string; order: string } | undefined> {
  const asked = [...new Set(numbers.filter((n): n is string => Boolean(n)))].sort();
  if (asked.length === 0) return undefined;
  const { organization_id, id, connection_id } = receivable;
  for (const number of asked)
    await sql`select pg_advisory_xact_lock(hashtextextended(${`claim:${connection_id}:${number}`}, 0))`.execute(tx);
  const { rows } = await sql<{ number: string; order: string }>`
    with owned as (
      select receivable_id, number from receivable_part where organization_id = ${organization_id} and number = any(${asked}::text[])
      union all select receivable_id, n from receivable_part, unnest(aliases) n
        where organization_id = ${organization_id} and aliases <> '{}' and aliases && ${asked}::text[] and n = any(${asked}::text[]))
    select o.number, r.order_number as "order" from owned o join receivable r on r.organization_id = ${organization_id} and r.id = o.receivable_id
    where r.connection_id = ${connection_id} and r.id <> ${id} limit 1`.execute(tx);
  return rows[0];
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
