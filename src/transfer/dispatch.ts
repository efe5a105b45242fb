import { pause, type SharedMemory } from '../connections/index.ts';
import type { Context } from '../jobs/index.ts';
import { claimSome, dueTransfers, isHeldBack, release } from './claim.ts';
import type { Claim } from './engine.ts';
import { type Answer, isAccepted, record, recordAccepted } from './record.ts';
import { stepWith } from './step.ts';

/**
 * One connection's dispatcher in this process: everybody who has something for it tells it, and it alone claims and starts. Claiming
 * ahead, asking the provider, and storing what came back go on side by side; none waits for another. While one turn's answers are being
 * stored the next ones gather, so that the busier it is, the more go into one transaction. An answer that is not stored yet when the
 * process dies was claimed: it is asked about, like every answer that was lost on its way.
 */
type Dispatcher = { wanted: Set<string>; wake(): void; done: Promise<void> };
const dispatchers = new WeakMap<Context, Map<string, Dispatcher>>();

/** A turn ends after this much, so that other connections get theirs. */
const turn = { ms: 30_000, documents: 1000 };
/** Claimed ahead is what the provider answers in this time: no more is in doubt after a crash than that, and it never waits for us. */
const aheadMs = 400;
const maxPace = 8;
/** Stored in one transaction at most. */
const storedAtOnce = 50;
/** While a busy provider goes on answering, what came back gathers this long: a transaction costs nearly the same for one and for twenty. */
const gatherMs = 100;
const contestedLimit = 3;

/**
 * The job: sees to it that the transfer goes a step further, with whatever else is due on the same connection. Where a dispatcher of
 * the connection is at work already it is told, and waited for unless `waits` says no. Finding nothing to do is fine.
 */
export async function workTransfer(
  ctx: Context,
  organizationId: string,
  transferId: string,
  options: { signal?: AbortSignal; waits?: boolean } = {},
): Promise<void> {
  const seen = await ctx.store.org(organizationId, (tx) =>
    tx
      .selectFrom('transfer as t')
      .select(['t.connection_id', 't.status', isHeldBack.as('held')])
      .where('t.organization_id', '=', organizationId)
      .where('t.id', '=', transferId)
      .executeTakeFirst(),
  );
  // Most nudges come late: the transfer was done by whoever had room. What a stopped series makes is woken when that is mended.
  if (!seen || seen.held || seen.status === 'accepted' || seen.status === 'rejected' || seen.status === 'cancelled') return;
  const open = dispatchers.get(ctx) ?? new Map<string, Dispatcher>();
  dispatchers.set(ctx, open);
  const key = `${organizationId} ${seen.connection_id}`;
  const known = open.get(key);
  if (known) {
    known.wanted.add(transferId);
    known.wake();
    if (options.waits !== false) await known.done;
    return;
  }
  const made: Dispatcher = { wanted: new Set([transferId]), wake: () => {}, done: Promise.resolve() };
  open.set(key, made);
  made.done = dispatch(ctx, organizationId, seen.connection_id, made, () => open.delete(key), options.signal);
  await made.done;
}

/**
 * Keeps as many requests under way as the provider allows. Whenever an answer is no acceptance, what was claimed ahead is given back,
 * and nothing new begins before it is stored, for the gate may have moved. Gives up its turn after a while.
 */
async function dispatch(
  ctx: Context,
  organizationId: string,
  connectionId: string,
  self: Dispatcher,
  close: () => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const work = new Set<Promise<void>>();
  const ours = new Set<string>();
  const memory: SharedMemory = {};
  const began = ctx.now().getTime();
  let ready: Claim[] = [];
  let answers: Answer[] = [];
  let [requests, room, pace, started, contested, unsettled] = [0, 1, 1, 0, 0, 0];
  /** Look again: told, something was stored, or there may be more than was claimed. */
  let look = true;
  let claiming = false;
  let storing = false;
  /** Set while answers gather; `gathered` once they did. */
  let gathering: NodeJS.Timeout | undefined;
  let gathered = false;
  /** A pause within a backfill is waited for here: what was sold meanwhile goes on. */
  let pausing = false;
  let failed: { error: unknown } | undefined;
  let changed = () => {};
  self.wake = () => {
    look = true;
    changed();
  };
  const begin = (task: () => Promise<unknown>) => {
    const running: Promise<void> = task()
      .then(
        () => {},
        (error: unknown) => {
          failed ??= { error };
        },
      )
      .finally(() => {
        work.delete(running);
        changed();
      });
    work.add(running);
  };
  const giveBack = () => {
    const given = ready;
    ready = [];
    if (given.length === 0) return;
    begin(async () => {
      await ctx.store.org(organizationId, (tx) => release(tx, organizationId, given));
      for (const { transfer } of given) ours.delete(transfer.id);
      self.wake();
    });
  };
  const run = async (claim: Claim) => {
    const at = ctx.now().getTime();
    const result = await stepWith(ctx, claim).finally(() => requests--);
    pace = paceOf(claim, ctx.now().getTime() - at);
    if (!isSmooth({ claim, result })) unsettled++;
    answers.push({ claim, result });
  };
  const storeAnswers = async (batch: Answer[]) => {
    try {
      await storeAll(ctx, organizationId, batch);
    } finally {
      storing = false;
      for (const answer of batch) {
        if (!isSmooth(answer)) unsettled--;
        ours.delete(answer.claim.transfer.id);
      }
      look = true;
    }
  };
  const pauseUntil = async (at: Date) => {
    pausing = true;
    await pause(ctx, at).finally(() => {
      pausing = false;
      look = true;
    });
  };
  const claimMore = async () => {
    const wanted = [...self.wanted];
    self.wanted.clear();
    try {
      const found = await ctx.store.org(organizationId, (tx) =>
        claimSome(tx, ctx, organizationId, connectionId, { wanted, ours, pace, memory }),
      );
      for (const claim of found.claims) ours.add(claim.transfer.id);
      started += found.claims.length;
      ready.push(...found.claims);
      room = found.room;
      for (const { id, at } of found.later) await nudge(ctx, organizationId, id, at);
      if (found.backfillAt && !pausing && !isSpent()) begin(() => pauseUntil(found.backfillAt!));
      // Another process took what was looked at, or it was mended meanwhile: looked at once more, but not for ever.
      contested = found.contested && found.claims.length === 0 ? contested + 1 : 0;
      if (found.claims.length > 0 || (contested > 0 && contested <= contestedLimit)) look = true;
    } finally {
      claiming = false;
    }
  };
  const isSpent = () =>
    started >= turn.documents || ctx.now().getTime() - began >= turn.ms || signal?.aborted === true || failed !== undefined;
  for (;;) {
    const spent = isSpent();
    if (spent || unsettled > 0) giveBack();
    while (ready.length > 0 && requests < room) {
      const next = ready.shift()!;
      requests++;
      begin(() => run(next));
    }
    const flows = requests > 0 && unsettled === 0 && !spent && answers.length < storedAtOnce;
    if (answers.length > 0 && !storing && flows && !gathered) {
      gathering ??= setTimeout(() => {
        gathered = true;
        changed();
      }, gatherMs);
    } else if (answers.length > 0 && !storing) {
      clearTimeout(gathering);
      gathering = undefined;
      gathered = false;
      storing = true;
      const batch = answers.slice(0, storedAtOnce);
      answers = answers.slice(storedAtOnce);
      begin(() => storeAnswers(batch));
    }
    if (look && !claiming && !spent && unsettled === 0 && ready.length * 2 <= room * pace) {
      look = false;
      claiming = true;
      begin(claimMore);
    }
    if (work.size === 0) {
      if (look && !spent) continue;
      break;
    }
    await new Promise<void>((resolve) => {
      changed = resolve;
    });
  }
  // From here on a new dispatcher takes over: nobody may tell this one any more.
  close();
  const left = new Set(self.wanted);
  if (isSpent()) {
    const [next] = await ctx.store.org(organizationId, (tx) => dueTransfers(tx, ctx, organizationId, connectionId));
    if (next) left.add(next);
  }
  for (const id of left) await nudge(ctx, organizationId, id);
  if (failed) throw failed.error;
}

/** Rounds of requests that are claimed at once. Where permits are counted, one: a permit that lies about is worth less every second. */
function paceOf({ open }: Claim, stepMs: number): number {
  if (open.gate) return 1;
  return Math.max(1, Math.min(maxPace, Math.round(aheadMs / Math.max(stepMs, 1))));
}

/** What goes on as it should: nothing of it can stop what waits behind it. */
function isSmooth({ result }: Answer): boolean {
  return result.kind === 'outcome' && (result.outcome.outcome === 'accepted' || result.outcome.outcome === 'pending');
}

/** Stores acceptances together and everything else by itself; one that cannot be stored holds up no other. */
async function storeAll(ctx: Context, organizationId: string, answers: Answer[]): Promise<void> {
  const alone = answers.filter((a) => !isAccepted(a.result));
  const together = answers.filter((a) => isAccepted(a.result));
  let failed: { error: unknown } | undefined;
  if (together.length > 1)
    await ctx.store
      .org(organizationId, (tx) => recordAccepted(tx, ctx, together))
      .then(
        (left) => alone.push(...left),
        () => alone.push(...together),
      );
  else alone.push(...together);
  for (const answer of alone) {
    await storeOne(ctx, organizationId, answer).catch((error: unknown) => {
      failed ??= { error };
    });
  }
  for (const { claim } of answers) await claim.open.save();
  if (failed) throw failed.error;
}

async function storeOne(ctx: Context, organizationId: string, { claim, result }: Answer): Promise<void> {
  await ctx.store.org(organizationId, async (tx) => {
    const again = await record(tx, ctx, claim, result);
    if (again) await ctx.jobs.enqueue(tx, 'transfer', [{ organizationId, id: claim.transfer.id }], { startAfter: again });
  });
}

async function nudge(ctx: Context, organizationId: string, id: string, at?: Date): Promise<void> {
  await ctx.store.org(organizationId, (tx) => ctx.jobs.enqueue(tx, 'transfer', [{ organizationId, id }], at ? { startAfter: at } : {}));
}
