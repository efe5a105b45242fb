import type { Found, Made, Outcome, TransferRequest } from '../contract/connector.ts';
import { QuotaWait } from '../contract/requests.ts';
import { cut } from '../domain/cut.ts';
import { compareDecimal } from '../domain/money/money.ts';
import type { Context } from '../jobs/index.ts';
import { type Claim, type DocumentRecord, freshMs, type StepResult, type Transfer } from './engine.ts';
import { sound } from './sound.ts';
import { minuteMs } from './times.ts';

/** One call to the provider for a claim: sending, looking at what is pending, asking for what may have been made. Nothing is stored here. */

/** Asks the provider what the claim is about: sends, looks at what is pending, or asks for what may have been made. */
export function stepWith(ctx: Context, claim: Claim): Promise<StepResult> {
  return unlessShut(claim, () =>
    claim.step === 'send' ? sendStep(ctx, claim) : claim.step === 'look' ? lookStep(claim) : settleStep(claim),
  );
}

/**
 * The limit of requests is no fault of the document: as long as nothing left that may have made something, it was not sent. A
 * connector that took the shut gate for a lost answer is put right here.
 */
async function unlessShut({ open, step }: Claim, work: () => Promise<StepResult>): Promise<StepResult> {
  const result = await work();
  const { shutUntil, mayHaveChanged } = open.requests;
  const unclear = result.kind === 'outcome' && result.outcome.outcome === 'unknown';
  // A question makes nothing, whatever it looks like on the wire.
  return unclear && shutUntil && (step !== 'send' || mayHaveChanged === 0) ? { kind: 'wait', until: shutUntil } : result;
}

/** Absence that was proven a moment ago need not be asked for twice. */
const proofHoldsMs = 2 * minuteMs;

async function sendStep(ctx: Context, claim: Claim): Promise<StepResult> {
  const { request, transfer } = claim;
  // Whatever goes out a second time was refused or proven absent before; only an old proof of absence is worth a question (DESIGN §3.2).
  const before = transfer.story.at(-2);
  const oldProof = before?.what === 'proven absent' && Math.abs(ctx.now().getTime() - Date.parse(before.at)) >= proofHoldsMs;
  if (transfer.verb === 'issue' && (oldProof || (transfer.settings.backfill === true && transfer.sends === 1))) {
    const found = await ask(claim);
    if (found.found === 'present') return adopted(claim, found.made);
    if (found.found === 'pending') return pending(found);
    if (found.found === 'unclear') return { kind: 'outcome', outcome: { outcome: 'unknown', cause: found.cause } };
  }
  if (!(await renew(ctx, claim))) return { kind: 'lost' };
  return { kind: 'outcome', outcome: await guarded(() => write(claim, request)) };
}

/** The lease is counted from the moment before something may be made; whoever lost it makes nothing. */
async function renew(ctx: Context, claim: Claim): Promise<boolean> {
  const { transfer } = claim;
  const now = ctx.now();
  if (Math.abs(now.getTime() - transfer.claimed_at!.getTime()) < freshMs) return true;
  const { numUpdatedRows } = await ctx.store.org(transfer.organization_id, (tx) =>
    tx
      .updateTable('transfer')
      .set({ claimed_at: now })
      .where('organization_id', '=', transfer.organization_id)
      .where('id', '=', transfer.id)
      .where('status', '=', 'sending')
      .where('claimed_at', '=', transfer.claimed_at)
      .executeTakeFirst(),
  );
  if (numUpdatedRows === 0n) return false;
  transfer.claimed_at = now;
  return true;
}

export function write({ transfer, transfers, document }: Claim, request: TransferRequest): Promise<Outcome> {
  const made = { providerId: String(transfer.settings.providerId ?? document.number), number: document.number ?? undefined };
  const missing = (verb: string): Promise<Outcome> =>
    Promise.resolve({ outcome: 'rejected', cause: { code: 'UNLISTED', providerCode: verb, providerText: 'not offered by this provider' } });
  switch (transfer.verb) {
    case 'pay':
      return transfers.pay?.(made, paymentsOf(document, transfer), true) ?? missing('pay');
    case 'report':
      return transfers.report?.(made, request) ?? missing('report');
    case 'change':
      return transfers.change?.(made, request) ?? missing('change');
    case 'remove':
      return transfers.remove?.(made, request) ?? missing('remove');
    case 'mail':
      return transfers.mail?.(made, request) ?? missing('mail');
    default:
      return transfers.send(request);
  }
}

/** The payments as the document knows them; the provider's list is replaced by ours, which is safe to repeat. */
function paymentsOf(document: DocumentRecord, transfer: Transfer): { day: string; method: string; amount: string }[] {
  const { payment, totals } = document.content;
  // Paid after the issue: the content is frozen, the order knows.
  const { paidOn, paidAmount } = transfer.settings as { paidOn?: string; paidAmount?: string };
  const known = compareDecimal(payment.paid, '0') > 0 ? payment.paid : paidOn ? totals.payable : '0';
  const amount = paidAmount ?? known;
  const day = paidOn ?? document.issue_date;
  return compareDecimal(amount, '0') > 0 && day ? [{ day, method: payment.means, amount }] : [];
}

async function settleStep(claim: Claim): Promise<StepResult> {
  // These may be repeated: asking would tell no more than doing.
  if (['pay', 'remove', 'report', 'change'].includes(claim.transfer.verb)) return { kind: 'absent' };
  if (claim.transfer.verb === 'mail') return { kind: 'outcome', outcome: { outcome: 'unknown', cause: { code: 'NO_ANSWER' } } };
  // A ticket that was kept knows more than any search.
  if (claim.transfer.ticket && claim.transfers.look) {
    const outcome = await guarded(() => claim.transfers.look!(claim.transfer.ticket!, claim.request));
    if (outcome.outcome !== 'unknown') return { kind: 'outcome', outcome };
  }
  const found = await ask(claim);
  if (found.found === 'present') return adopted(claim, found.made);
  if (found.found === 'absent') return { kind: 'absent' };
  if (found.found === 'pending') return pending(found);
  return { kind: 'outcome', outcome: { outcome: 'unknown', cause: found.cause } };
}

export function pending({ lookAgainMs, ticket }: Extract<Found, { found: 'pending' }>): StepResult {
  return { kind: 'outcome', outcome: { outcome: 'pending', lookAgainMs, ...(ticket ? { ticket } : {}) } };
}

/** A document found by a question comes without its PDF; buyers get the provider's own. */
export async function adopted(claim: Claim, made: Made): Promise<StepResult> {
  const pdf = made.pdf ?? (await claim.transfers.pdf(made, claim.request).catch(() => undefined));
  return { kind: 'outcome', outcome: { outcome: 'accepted', made: { ...made, pdf }, adopted: true } };
}

async function lookStep(claim: Claim): Promise<StepResult> {
  const { transfers, transfer, request } = claim;
  if (!transfers.look || !transfer.ticket) return settleStep(claim);
  return { kind: 'outcome', outcome: await guarded(() => transfers.look!(transfer.ticket!, request)) };
}

export async function ask(claim: Pick<Claim, 'transfers' | 'request' | 'transfer'>): Promise<Found> {
  try {
    const found = believed(await claim.transfers.find(claim.request));
    if (found.found !== 'present' || found.by !== 'likeness') return found;
    // A likeness needs a person's word; without it, it neither proves presence nor absence.
    const number = found.made.number ?? found.made.providerId;
    const { adopt, different } = claim.transfer.settings as { adopt?: string; different?: string };
    if (adopt === number) return found;
    if (different === number) return { found: 'absent' };
    return {
      found: 'unclear',
      cause: {
        code: 'LIKENESS_FOUND',
        params: { number, gross: found.made.gross ?? '', day: found.made.issueDate ?? '', buyer: found.made.buyerName ?? '' },
      },
    };
  } catch (error) {
    return unclear(error as Error);
  }
}

const believed = (found: Found): Found => (found.found === 'present' ? { ...found, made: sound(found.made) } : found);

function unclear(error: Error): Found {
  if (error instanceof QuotaWait) return { found: 'unclear', cause: { code: 'QUOTA_WAIT', params: { until: error.until.toISOString() } } };
  return { found: 'unclear', cause: { code: 'NO_ANSWER', providerText: cut(error.message, 300) } };
}

/** Reads the document that the provider is known to hold, or searches for it where it cannot be read by its id. */
export async function readOrAsk(claim: Parameters<typeof ask>[0], providerId: string | undefined): Promise<Found> {
  if (!claim.transfers.read || !providerId) return ask(claim);
  return claim.transfers.read({ providerId }, claim.request).then(believed).catch(unclear);
}

async function guarded(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    const outcome = await work();
    return outcome.outcome === 'accepted' ? { ...outcome, made: sound(outcome.made) } : outcome;
  } catch (error) {
    if (error instanceof QuotaWait)
      return { outcome: 'unknown', cause: { code: 'QUOTA_WAIT', params: { until: error.until.toISOString() } } };
    // Whatever is not clearly one of the others is unknown, a throw included (STYLE §4).
    return { outcome: 'unknown', cause: { code: 'NO_ANSWER', providerText: cut((error as Error).message, 300) } };
  }
}
