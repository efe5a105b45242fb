import { type OpenConnection, openConnection, readConnection } from '../connections/index.ts';
import type { AdministerRequest, Seen } from '../contract/administer.ts';
import { type Finding, hold } from '../domain/finding.ts';
import { type Action, type Answer, enact, type Part } from '../domain/receivables/index.ts';
import type { Context, Who } from '../jobs/index.ts';
import { audit, json, type Tx } from '../store/index.ts';
import { maxAsks, put } from './engine.ts';
import { follow, type Mismatch, takeOver } from './follow.ts';
import { type ActionRow, factsOf, lockAction, lockReceivable, otherClaims, ownerOfNumber, readParts, saveParts } from './ledger.ts';
import { referenceOf } from './request.ts';

/**
 * What a person does with an action that could not be settled. A person's word is not stored unseen: that it happened is carried out on a
 * copy of the ledger and compared with what the provider shows; only where the two agree it is kept, with the state that was read.
 */
export type AnswerResult = 'taken' | 'not found' | 'nothing to answer' | { findings: Finding[] };
type Said = { happened: boolean; newNumber?: string; number?: string; dueDate?: string; reference?: string };

/** A person looked it up at the provider: it happened (with its number, or that of the rest, where there is one), or it did not. */
export async function answerAction(ctx: Context, who: Who, actionId: string, said: Said): Promise<AnswerResult> {
  const checked = said.happened ? await check(ctx, who.organizationId, actionId, said) : undefined;
  if (typeof checked === 'string' || (checked && 'findings' in checked)) return checked;
  const kept = await ctx.store.org(who.organizationId, async (tx) => {
    const locked = await lockAction(tx, who.organizationId, actionId);
    if (!locked) return 'not found' as const;
    const { row, receivable } = locked;
    if (row.status !== 'unknown') return 'nothing to answer' as const;
    const params = { happened: said.happened ? 'yes' : 'no', actor: who.actor };
    if (!checked) {
      const again = { status: 'waiting' as const, ticket: null, next_at: null, asks: 0, cause: json(null) };
      await put(tx, ctx, row, again, { what: 'answered by a person', params });
      await ctx.jobs.enqueue(tx, 'administer', [{ organizationId: who.organizationId, id: actionId }]);
    } else {
      // Something moved while we were reading, or the number became another claim's: what was looked up is old already.
      if (JSON.stringify(await readParts(tx, receivable)) !== checked.before) return 'nothing to answer' as const;
      const owner = await ownerOfNumber(tx, receivable, [checked.answer.number, checked.answer.newNumber]);
      if (owner) return { findings: [hold('H_ANSWER_OTHER_CLAIM', 'number', { number: owner.number, order: owner.order })] };
      await saveParts(tx, ctx, receivable, checked.next);
      await put(
        tx,
        ctx,
        row,
        { status: 'accepted', next_at: null, answer: json(checked.answer), cause: json(null) },
        { what: 'answered by a person', params },
      );
    }
    await tx
      .updateTable('receivable')
      .set({ needs_person: false })
      .where('organization_id', '=', who.organizationId)
      .where('id', '=', receivable.id)
      .execute();
    await audit(tx, who.organizationId, who.actor, ctx.now(), [
      {
        action: 'receivable: answered',
        entity: 'receivable',
        entityId: receivable.id,
        data: { verb: row.verb, happened: params.happened, number: checked?.answer.number ?? checked?.answer.newNumber ?? undefined },
      },
    ]);
    return receivable;
  });
  if (typeof kept === 'string' || 'findings' in kept) return kept;
  if (said.happened) await follow(ctx, who.organizationId, kept.id);
  return 'taken';
}

type Checked = { answer: Answer; next: Part[] /** The ledger that it was checked against. */; before: string };

async function check(
  ctx: Context,
  organizationId: string,
  actionId: string,
  said: Said,
): Promise<Checked | 'not found' | 'nothing to answer' | { findings: Finding[] }> {
  const found = await ctx.store.org(organizationId, async (tx) => {
    const row = await readAction(tx, organizationId, actionId);
    if (!row) return 'not found' as const;
    if (row.status !== 'unknown') return 'nothing to answer' as const;
    const receivable = (await lockReceivable(tx, organizationId, row.receivable_id))!;
    const connection = (await readConnection(tx, organizationId, receivable.connection_id))!;
    const parts = await readParts(tx, receivable);
    const owner = await ownerOfNumber(tx, receivable, [said.number, said.newNumber]);
    return { row, receivable, connection, parts, owner, others: await otherClaims(tx, receivable) };
  });
  if (typeof found === 'string') return found;
  const { row, receivable, connection, parts, owner, others } = found;
  const action = row.action as unknown as Action;
  const named = action.verb === 'add' ? said.number : said.newNumber;
  const refuse = (code: string, params: Record<string, string> = {}) => ({ findings: [hold(code, 'number', params)] });
  if (action.verb === 'add' && !named) return refuse('H_ANSWER_NUMBER_MISSING');
  if (owner) return refuse('H_ANSWER_OTHER_CLAIM', owner);
  if (named && parts.some((part) => part.number === named || part.aliases.includes(named)))
    return refuse('H_ANSWER_OTHER_CLAIM', { number: named, order: receivable.order_number });
  const { happened: _, ...answer } = said;
  const before = JSON.stringify(parts);
  const at = ctx.now().toISOString();
  const enacted = (given: Answer) => enact(parts, action, given, at, receivable.currency);
  // Nobody can be asked any more: the word is all there is.
  if (connection.status === 'removed') return { answer, next: enacted(answer), before };
  if (connection.status !== 'active') return refuse('H_ANSWER_UNCHECKED', { reason: connection.name });
  const open = openConnection(ctx, connection, { person: true });
  try {
    const request: AdministerRequest = {
      key: row.key,
      reference: referenceOf(receivable, row.key),
      receivable: factsOf(ctx, receivable, parts),
      parts,
      action,
      others,
    };
    return await compared(open, request, answer, named, enacted, before, at);
  } catch {
    return refuse('H_ANSWER_UNCHECKED', { reason: connection.name });
  } finally {
    await open.save();
  }
}

/** The word of the person beside what the provider shows. */
async function compared(
  open: OpenConnection,
  request: AdministerRequest,
  said: Answer,
  named: string | undefined,
  enacted: (given: Answer) => Part[],
  before: string,
  at: string,
): Promise<Checked | { findings: Finding[] }> {
  const { administers } = open.session;
  const refuse = (code: string, params: Record<string, string>) => ({ findings: [hold(code, 'number', params)] });
  const unchecked = () => refuse('H_ANSWER_UNCHECKED', { reason: open.connection.name });
  let answer = said;
  let next = enacted(answer);
  if (named) {
    const expected = next.find((part) => part.number === named)!;
    const vouched = await administers!.vouch(request, named, expected);
    if (vouched.vouched === 'unclear') return unchecked();
    if (vouched.vouched === 'no') return refuse(reasons[vouched.why], { number: named, theirs: vouched.theirs ?? '' });
    const { state, dueDate, reference, expiresAt } = vouched.seen;
    // What is there is what counts: a claim that was refused meanwhile is a claim that was refused.
    if (request.action.verb === 'add') answer = definedOf({ ...answer, state, dueDate, reference, expiresAt });
    next = enacted(answer).map((part) => (part.number === named ? { ...part, state } : part));
    if (request.action.verb === 'add') return { answer, next, before };
  }
  const { currency } = request.receivable;
  const seen: Seen = await administers!.read(request.receivable, next);
  if (seen.seen === 'unclear') return unchecked();
  const shown = seen.seen === 'present' ? seen.parts : [];
  const seqs = next.filter((part) => !request.parts.some((old) => JSON.stringify(old) === JSON.stringify(part))).map((p) => String(p.seq));
  const { next: followed, mismatches } = takeOver(next, shown, at, currency, true);
  // What was different before is not this answer's.
  const wrong = mismatches.find((m) => seqs.includes(m.part));
  if (wrong) return refuse('H_ANSWER_CONTRADICTED', contradiction(wrong));
  return { answer, next: followed, before };
}

const reasons = {
  absent: 'H_ANSWER_NOT_THERE',
  order: 'H_ANSWER_OTHER_ORDER',
  buyer: 'H_ANSWER_OTHER_BUYER',
  amount: 'H_ANSWER_AMOUNT',
} as const;

const contradiction = ({ number, theirs, ours }: Mismatch) => ({ number, theirs: theirs || '–', ours });

const definedOf = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as T;

const readAction = (tx: Tx, organizationId: string, id: string): Promise<ActionRow | undefined> =>
  tx.selectFrom('receivable_action').selectAll().where('organization_id', '=', organizationId).where('id', '=', id).executeTakeFirst();

/** Asks once more about one that could not be settled, or takes back one that has not left the house. */
export async function retryAction(ctx: Context, who: Who, actionId: string): Promise<AnswerResult> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const row = (await lockAction(tx, who.organizationId, actionId))?.row;
    if (!row) return 'not found';
    if (!['unknown', 'waiting', 'pending'].includes(row.status)) return 'nothing to answer';
    await put(
      tx,
      ctx,
      row,
      { next_at: ctx.now(), asks: Math.min(row.asks, maxAsks - 1) },
      { what: 'asked once more', params: { actor: who.actor } },
    );
    await ctx.jobs.enqueue(tx, 'administer', [{ organizationId: who.organizationId, id: actionId }]);
    return 'taken';
  });
}

export async function withdrawAction(ctx: Context, who: Who, actionId: string): Promise<AnswerResult> {
  return ctx.store.org(who.organizationId, async (tx) => {
    const row = (await lockAction(tx, who.organizationId, actionId))?.row;
    if (!row) return 'not found';
    if (row.status !== 'waiting' || row.sends > 0) return 'nothing to answer';
    await put(tx, ctx, row, { status: 'cancelled', next_at: null }, { what: 'withdrawn', params: { actor: who.actor } });
    return 'taken';
  });
}
