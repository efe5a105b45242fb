import { sql } from 'kysely';
import type { Connection } from '../connections/index.ts';
import { openConnection, readConnection } from '../connections/index.ts';
import type { AddFacts, AdministerRequest, Administers, Segment } from '../contract/administer.ts';
import { Secret } from '../contract/secret.ts';
import { cut } from '../domain/cut.ts';
import { civilDay } from '../domain/days/day.ts';
import type { DocumentContent } from '../domain/documents/document.ts';
import { type Finding, hold } from '../domain/finding.ts';
import type { Order } from '../domain/orders/order.ts';
import { partyName } from '../domain/parties/party.ts';
import { type Action, type Foresight, foresee, type Part, type RowInput, rowsOfDocument } from '../domain/receivables/index.ts';
import type { Context, Who } from '../jobs/index.ts';
import { announce, audit, json, newId, type Tx } from '../store/index.ts';
import { factsOf, lockReceivable, maskedNumber, ownerOfNumber, type Receivable, readParts, saveParts, sealPrivate } from './ledger.ts';

/**
 * Asking for something: first what would happen (the dry check), then the intent with its key, stored before anything leaves the house.
 * The job does the rest. One action of a receivable at a time: the next one is judged by what the one before left behind.
 */
export type OpenInput = {
  connectionId: string;
  /** The document whose rows are financed, or the order whose sale document it is. */
  documentId?: string;
  orderId?: string;
  segment?: Segment;
  /** Personal or company number as typed; sealed, never shown again. */
  buyerNumber?: string;
  buyerIp?: string;
  buyerReference?: string;
  by?: 'email' | 'post';
  /** Instead of the document's rows. */
  rows?: RowInput[];
};

export type Asked =
  | { outcome: 'foreseen'; foresight: Foresight }
  | { outcome: 'asked'; receivableId: string; actionId: string; foresight: Foresight }
  | { outcome: 'stopped'; findings: Finding[]; foresight?: Foresight }
  | { outcome: 'missing'; what: 'connection' | 'document' | 'receivable' };

const roundingWord: Record<string, string> = { sv: 'Öresavrundning', pl: 'Zaokrąglenie', hu: 'Kerekítés', en: 'Rounding' };
const otherCountries: Record<string, string> = { NOK: 'NO', DKK: 'DK', SEK: 'SE' };

type Opening = {
  connection: Connection;
  administers: Administers;
  content: DocumentContent;
  order?: { id: string; content: Order };
  documentId: string;
  rows: RowInput[];
};

/** Everything that opening a claim starts from. */
async function openingOf(
  tx: Tx,
  ctx: Context,
  organizationId: string,
  input: OpenInput,
): Promise<Opening | { missing: 'connection' | 'document' }> {
  const connection = await readConnection(tx, organizationId, input.connectionId);
  const administers = connection && connection.status !== 'removed' ? openConnection(ctx, connection).session.administers : undefined;
  if (!connection || !administers) return { missing: 'connection' };
  let query = tx
    .selectFrom('document')
    .select(['id', 'content', 'order_id'])
    .where('organization_id', '=', organizationId)
    .where('state', 'not in', ['withdrawn', 'cancelled', 'merged'])
    .where('kind', 'in', ['invoice', 'final', 'receipt', 'proforma']);
  if (input.documentId) query = query.where('id', '=', input.documentId);
  else query = query.where('order_id', '=', input.orderId ?? '').where('purpose', '=', 'sale');
  const document = input.documentId || input.orderId ? await query.executeTakeFirst() : undefined;
  if (!document) return { missing: 'document' };
  const order = document.order_id
    ? await tx
        .selectFrom('sales_order')
        .select(['id', 'content'])
        .where('organization_id', '=', organizationId)
        .where('id', '=', document.order_id)
        .executeTakeFirst()
    : undefined;
  const { content } = document;
  const rows = input.rows ?? rowsOfDocument(content, { rounding: roundingWord[content.language] ?? roundingWord.en! });
  return { connection, administers, content, order, documentId: document.id, rows };
}

function claimFacts(opening: Opening, input: OpenInput) {
  const { content, order } = opening;
  const segment: Segment = input.segment ?? (content.buyer.type === 'company' ? 'company' : 'consumer');
  const country = content.buyer.country ?? otherCountries[content.currency] ?? content.seller.country ?? '';
  const typed = (input.buyerNumber ?? '').replace(/[\s+-]/g, '');
  const ofCompany = content.buyer.taxIds.find((id) => id.scheme === 'SE:ORGNR')?.value.replace(/\D/g, '');
  return {
    segment,
    country,
    currency: content.currency,
    orderNumber: cut(order?.content.number ?? order?.content.externalId ?? content.order?.number ?? '', 60),
    buyerNumber: typed || (segment === 'company' ? ofCompany : undefined) || undefined,
    orderedAt: order?.content.orderedAt,
  };
}

/** The claim's row, but for what is sealed and what the provider says. */
function claimOf(opening: Opening, claim: ReturnType<typeof claimFacts>, id: string) {
  return {
    id,
    connection_id: opening.connection.id,
    order_id: opening.order?.id ?? null,
    document_id: opening.documentId,
    order_number: claim.orderNumber,
    country: claim.country,
    segment: claim.segment,
    currency: claim.currency,
    buyer_name: partyName(opening.content.buyer),
    buyer_number_masked: claim.buyerNumber ? maskedNumber(claim.buyerNumber) : null,
  };
}

function addFactsOf(opening: Opening, input: OpenInput, orderedAt: string): AddFacts {
  const { content } = opening;
  const { type: _, ...buyer } = content.buyer;
  return {
    orderedAt,
    buyer,
    ...(content.recipient ? { delivery: content.recipient } : {}),
    ...(input.buyerReference ? { buyerReference: input.buyerReference } : {}),
    ...(opening.order?.content.buyer.externalId ? { customerNumber: opening.order.content.buyer.externalId } : {}),
    ...(input.by ? { by: input.by } : {}),
  };
}

export const referenceOf = (receivable: Pick<Receivable, 'order_number'>, key: string) =>
  `${[...receivable.order_number].slice(0, 30).join('')}-${key.slice(0, 8)}`;

export function clockOf(ctx: Pick<Context, 'now'>, zone: string): { at: string; today: string } {
  const at = ctx.now().toISOString();
  return { at, today: civilDay(at, zone) };
}

async function zoneOf(tx: Tx, organizationId: string): Promise<string> {
  const { zone } = await tx.selectFrom('organization').select('zone').where('id', '=', organizationId).executeTakeFirstOrThrow();
  return zone;
}

/** Opens a claim: the provider checks the buyer and keeps the invoice pending. `dryRun` shows what would happen and keeps nothing. */
export async function openReceivable(ctx: Context, who: Who, input: OpenInput, dryRun: boolean): Promise<Asked> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const opening = await openingOf(tx, ctx, who.organizationId, input);
    if ('missing' in opening) return { outcome: 'missing', what: opening.missing };
    const { connection, administers } = opening;
    const now = ctx.now();
    const claim = claimFacts(opening, input);
    const action: Action = { verb: 'add', rows: opening.rows };
    const clock = clockOf(ctx, await zoneOf(tx, who.organizationId));
    const foresight = foresee([], action, administers.terms(), clock, claim.currency);
    const key = newId(now);
    const { buyerNumber, orderedAt = clock.at, ...facts } = claim;
    const add = addFactsOf(opening, input, orderedAt);
    const request: AdministerRequest = {
      key,
      reference: referenceOf({ order_number: facts.orderNumber }, key),
      receivable: { ...facts, ...(buyerNumber ? { buyerNumber: new Secret(buyerNumber) } : {}) },
      parts: [],
      action,
      add: { ...add, ...(input.buyerIp ? { buyerIp: input.buyerIp } : {}) },
    };
    const offer = administers.offers().add;
    const findings = [
      ...(offer.engine === undefined ? [hold(offer.cause.code, undefined, offer.cause.params)] : []),
      ...foresight.findings,
      ...administers.preflight(request),
      ...(opening.order?.content.status === 'cancelled' ? [hold('H_ORDER_CANCELLED', 'order')] : []),
    ];
    if (await liveReceivable(tx, who.organizationId, connection.id, { orderId: opening.order?.id, documentId: opening.documentId }))
      findings.push(hold('H_RECEIVABLE_EXISTS', 'order'));
    const judged = { ...foresight, findings };
    if (findings.some((f) => f.level === 'hold')) return { outcome: 'stopped', findings, foresight: judged };
    if (dryRun) return { outcome: 'foreseen', foresight: judged };
    const id = newId(now);
    const receivable = await insertReceivable(tx, ctx, who, {
      ...claimOf(opening, claim, id),
      private: sealPrivate(ctx, { organization_id: who.organizationId, id, private: null }, { buyerNumber, buyerIp: input.buyerIp }),
      provider_order_id: null,
      state: 'adding',
    });
    if (!receivable) return { outcome: 'stopped', findings: [hold('H_RECEIVABLE_EXISTS', 'order')], foresight: judged };
    const actionId = await insertAction(tx, ctx, who, receivable, { action, key, foresight: judged, add });
    await audit(tx, who.organizationId, who.actor, now, [
      {
        action: 'receivable asked for',
        entity: 'receivable',
        entityId: id,
        data: { order: facts.orderNumber, total: foresight.amount.gross },
      },
    ]);
    return { outcome: 'asked', receivableId: id, actionId, foresight: judged };
  });
}

/** Of the order, or of the document where it has none. */
async function liveReceivable(
  tx: Tx,
  organizationId: string,
  connectionId: string,
  of: { orderId?: string; documentId: string },
): Promise<boolean> {
  const found = await tx
    .selectFrom('receivable')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('connection_id', '=', connectionId)
    .where(of.orderId ? 'order_id' : 'document_id', '=', of.orderId ?? of.documentId)
    .where('state', 'not in', ['rejected', 'cancelled'])
    .executeTakeFirst();
  return found !== undefined;
}

type NewReceivable = Pick<
  Receivable,
  | 'id'
  | 'connection_id'
  | 'order_id'
  | 'document_id'
  | 'order_number'
  | 'country'
  | 'segment'
  | 'currency'
  | 'buyer_name'
  | 'buyer_number_masked'
  | 'private'
  | 'provider_order_id'
  | 'state'
>;

async function insertReceivable(tx: Tx, ctx: Context, who: Who, values: NewReceivable): Promise<Receivable | undefined> {
  const now = ctx.now();
  // One order has one live claim by an index; of a document without an order the document is the lock.
  if (values.order_id === null && values.document_id) {
    const { organizationId } = who;
    await sql`select 1 from document where organization_id = ${organizationId} and id = ${values.document_id} for no key update`.execute(
      tx,
    );
    if (await liveReceivable(tx, organizationId, values.connection_id, { documentId: values.document_id })) return undefined;
  }
  const made = await tx
    .insertInto('receivable')
    .values({
      ...values,
      organization_id: who.organizationId,
      mismatch: json(null),
      heard: json(null),
      placed_at: now,
      created_at: now,
      updated_at: now,
    })
    .onConflict((c) => c.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (made) await announce(tx, who.organizationId, 'receivables', made.id);
  return made;
}

type ActionInput = { action: Action; key?: string; foresight?: Foresight; add?: AddFacts; dedupe?: string };

/** Stores the intent with its key and nudges the job, in the caller's transaction. */
async function insertAction(tx: Tx, ctx: Context, who: Who, receivable: Receivable, input: ActionInput): Promise<string> {
  const now = ctx.now();
  const id = newId(now);
  const { action, key = newId(now), foresight, add, dedupe } = input;
  const { parts: _, ...foreseen } = foresight ?? { parts: [] };
  await tx
    .insertInto('receivable_action')
    .values({
      organization_id: who.organizationId,
      id,
      receivable_id: receivable.id,
      no: sql<number>`(select coalesce(max(no), 0) + 1 from receivable_action where organization_id = ${who.organizationId} and receivable_id = ${receivable.id})`,
      part_seq: 'part' in action ? action.part : null,
      verb: action.verb,
      key,
      dedupe: dedupe ?? null,
      status: 'waiting',
      action: json(action),
      foreseen: json(foresight ? foreseen : null),
      add_facts: json(add ?? null),
      answer: json(null),
      cause: json(null),
      story: json([{ at: now.toISOString(), what: 'asked for', params: { actor: who.actor } }]),
      created_by: who.actor,
      created_at: now,
      updated_at: now,
    })
    .execute();
  await ctx.jobs.enqueue(tx, 'administer', [{ organizationId: who.organizationId, id }]);
  await announce(tx, who.organizationId, 'receivables', receivable.id);
  return id;
}

/** Dry check and, unless only that is wanted, the intent. */
export async function requestAction(
  ctx: Context,
  who: Who,
  receivableId: string,
  action: Exclude<Action, { verb: 'add' }>,
  options: { dryRun?: boolean; dedupe?: string } = {},
): Promise<Asked> {
  return ctx.store.org(who.organizationId, (tx) => requestInTransaction(tx, ctx, who, receivableId, action, options));
}

export async function requestInTransaction(
  tx: Tx,
  ctx: Context,
  who: Who,
  receivableId: string,
  action: Exclude<Action, { verb: 'add' }>,
  options: { dryRun?: boolean; dedupe?: string } = {},
): Promise<Asked> {
  const receivable = await lockReceivable(tx, who.organizationId, receivableId);
  if (!receivable) return { outcome: 'missing', what: 'receivable' };
  const judged = await judgeAction(tx, ctx, receivable, action);
  if (!judged) return { outcome: 'missing', what: 'connection' };
  const { foresight } = judged;
  const stopped = foresight.findings.some((f) => f.level === 'hold');
  if (stopped) return { outcome: 'stopped', findings: foresight.findings, foresight };
  if (options.dryRun) return { outcome: 'foreseen', foresight };
  if (await openActionOf(tx, receivable)) return { outcome: 'stopped', findings: [hold('H_RECEIVABLE_BUSY', 'part')], foresight };
  const actionId = await insertAction(tx, ctx, who, receivable, { action, foresight, dedupe: options.dedupe });
  await audit(tx, who.organizationId, who.actor, ctx.now(), [
    {
      action: `receivable: ${action.verb} asked for`,
      entity: 'receivable',
      entityId: receivable.id,
      data: { part: String(action.part), number: judged.part?.number, amount: foresight.amount.gross },
    },
  ]);
  return { outcome: 'asked', receivableId, actionId, foresight };
}

export async function openActionOf(tx: Tx, receivable: Pick<Receivable, 'organization_id' | 'id'>) {
  return tx
    .selectFrom('receivable_action')
    .select(['id', 'status', 'verb'])
    .where('organization_id', '=', receivable.organization_id)
    .where('receivable_id', '=', receivable.id)
    .where('status', 'in', ['waiting', 'sending', 'pending', 'unknown'])
    .executeTakeFirst();
}

/** What would happen, with everything that stands in the way: the ledger's own rules, the connection's engines, the provider's form. */
async function judgeAction(
  tx: Tx,
  ctx: Context,
  receivable: Receivable,
  action: Exclude<Action, { verb: 'add' }>,
): Promise<{ foresight: Foresight; part?: Part } | undefined> {
  const connection = await readConnection(tx, receivable.organization_id, receivable.connection_id);
  const administers = connection && connection.status !== 'removed' ? openConnection(ctx, connection).session.administers : undefined;
  if (!administers) return undefined;
  const parts = await readParts(tx, receivable);
  const part = parts.find((p) => p.seq === action.part);
  const foresight = foresee(
    parts,
    action,
    administers.terms(),
    clockOf(ctx, await zoneOf(tx, receivable.organization_id)),
    receivable.currency,
  );
  const offer = administers.offers()[action.verb];
  const request: AdministerRequest = { key: '', reference: '', receivable: factsOf(ctx, receivable, parts), part, parts, action };
  const findings = [
    ...foresight.findings,
    ...(offer.engine === undefined ? [hold(offer.cause.code, undefined, offer.cause.params)] : []),
    ...administers.preflight(request),
  ];
  return { foresight: { ...foresight, findings }, part };
}

// ---------------------------------------------------------------- claims that exist already

type AdoptInput = Omit<OpenInput, 'rows' | 'buyerIp' | 'by' | 'buyerReference'> & { number?: string; providerOrderId?: string };

/** Takes over a claim that exists at the provider (made by its checkout): its state is read, nothing is written there. */
export async function adoptReceivable(
  ctx: Context,
  who: Who,
  input: AdoptInput,
): Promise<Asked | { outcome: 'adopted'; receivableId: string }> {
  const opening = await ctx.store.org(who.organizationId, (tx) => openingOf(tx, ctx, who.organizationId, input));
  if ('missing' in opening) return { outcome: 'missing', what: opening.missing };
  const claim = claimFacts(opening, input);
  const { buyerNumber, orderedAt = ctx.now().toISOString(), ...facts } = claim;
  const stub: Part = {
    seq: 1,
    number: input.number ?? '',
    aliases: [],
    state: 'pending',
    rows: opening.rows.map((row) => ({ ...row, credited: 0 })),
    adjustments: [],
    extended: false,
    openedAt: orderedAt,
    changedSinceSent: false,
  };
  const wanted = {
    ...facts,
    ...(input.number ? { rootNumber: input.number } : {}),
    ...(input.providerOrderId ? { providerOrderId: input.providerOrderId } : {}),
  };
  const open = openConnection(ctx, opening.connection);
  const seen = await open.session.administers!.read(wanted, input.number ? [stub] : []).catch(() => undefined);
  if (!seen || seen.seen === 'unclear')
    return { outcome: 'stopped', findings: [hold(seen?.cause.code ?? 'NO_ANSWER', undefined, seen?.cause.params)] };
  const shown = seen.seen === 'present' ? seen.parts : [];
  if (shown.length === 0)
    return {
      outcome: 'stopped',
      findings: [hold('H_ADOPT_NOT_FOUND', 'number', { number: input.number ?? input.providerOrderId ?? facts.orderNumber })],
    };
  if (shown.length > 1) return { outcome: 'stopped', findings: [hold('H_ADOPT_PARTS', 'number', { count: String(shown.length) })] };
  const [only] = shown;
  const rows =
    only!.rows?.map(({ articleId, name, quantity, unitPrice, vat, credited = 0 }) => ({
      articleId,
      name,
      quantity,
      unitPrice,
      vat,
      credited,
    })) ?? stub.rows;
  const part: Part = {
    ...stub,
    number: only!.number,
    state: only!.state,
    rows,
    ...(only!.dueDate ? { dueDate: only!.dueDate } : {}),
    ...(only!.reference ? { reference: only!.reference } : {}),
    ...(only!.lowest ? { lowest: only!.lowest } : {}),
    ...(only!.expiresAt ? { expiresAt: only!.expiresAt } : {}),
    ...(only!.state === 'active' ? { activatedAt: ctx.now().toISOString() } : {}),
  };
  return ctx.store.org(who.organizationId, async (tx) => {
    const id = newId(ctx.now());
    const owner = await ownerOfNumber(tx, { organization_id: who.organizationId, id, connection_id: opening.connection.id }, [part.number]);
    if (owner)
      return { outcome: 'stopped', findings: [hold('H_ANSWER_OTHER_CLAIM', 'number', { number: owner.number, order: owner.order })] };
    const sealed = { buyerNumber, ...(only!.pdfUrl ? { 'pdf:1': only!.pdfUrl.reveal() } : {}) };
    const receivable = await insertReceivable(tx, ctx, who, {
      ...claimOf(opening, claim, id),
      private: sealPrivate(ctx, { organization_id: who.organizationId, id, private: null }, sealed),
      provider_order_id: (seen.seen === 'present' ? seen.providerOrderId : undefined) ?? input.providerOrderId ?? null,
      state: part.state,
    });
    if (!receivable) return { outcome: 'stopped', findings: [hold('H_RECEIVABLE_EXISTS', 'order')] };
    await saveParts(tx, ctx, receivable, [part]);
    await ctx.jobs.enqueue(tx, 'receivable', [{ organizationId: who.organizationId, id }]);
    await audit(tx, who.organizationId, who.actor, ctx.now(), [
      { action: 'receivable adopted', entity: 'receivable', entityId: id, data: { number: part.number, order: facts.orderNumber } },
    ]);
    return { outcome: 'adopted', receivableId: id };
  });
}
