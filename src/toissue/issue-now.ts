import type { Context, Who } from '../jobs/index.ts';
import {
  type IssueOptions,
  type IssueResult,
  isOvertaken,
  issueBatchSize,
  issueInTransaction,
  ofOneDocument,
  type Refused,
} from './issue.ts';
import { fetchRates } from './rates.ts';
import { holdUnreadable } from './unreadable.ts';

/**
 * Issues up to a batch of documents in one transaction: numbers, contents, register, transfers, mails and audit together
 * or not at all. A document that cannot be issued is refused with its findings and never stops the others.
 */
export async function issueDocuments(ctx: Context, who: Who, ids: string[], options: IssueOptions = {}): Promise<IssueResult[]> {
  const results: IssueResult[] = [];
  if (ids.length === 1) results.push(await issueTogether(ctx, who, ids[0]!, options));
  else
    for (let i = 0; i < ids.length; i += issueBatchSize)
      results.push(...(await issueSlice(ctx, who, ids.slice(i, i + issueBatchSize), options)));
  const waiting = results.flatMap((r) =>
    r.outcome === 'refused' && r.findings.some((f) => f.code === 'H_EXCHANGE_MISSING') ? [r.id] : [],
  );
  if (waiting.length === 0 || (await fetchRates(ctx, who.organizationId, waiting, options.issueDate)) === 0) return results;
  const again = new Map((await issueSlice(ctx, who, waiting, options)).map((r) => [r.id, r]));
  return results.map((r) => again.get(r.id) ?? r);
}

type Waiting = { id: string; settle: (result: Promise<IssueResult> | IssueResult) => void };
/** By process, then by who asks for what: the ones that wait while a transaction of the same kind is under way. */
const desks = new WeakMap<Context, Map<string, Waiting[]>>();

/**
 * Many single issues at once would queue for the same series one transaction after the other. Those that come while one is under way
 * wait here and go together in the next: the series is locked once for all of them, and each still gets its own answer.
 */
async function issueTogether(ctx: Context, who: Who, id: string, options: IssueOptions): Promise<IssueResult> {
  const open = desks.get(ctx) ?? new Map<string, Waiting[]>();
  desks.set(ctx, open);
  const key = JSON.stringify([who.organizationId, who.actor, options.mail, options.issueDate, options.backfill]);
  const line = open.get(key);
  if (line) return new Promise((settle) => line.push({ id, settle }));
  const waiting: Waiting[] = [];
  open.set(key, waiting);
  const alone = async (one: string) => (await issueSlice(ctx, who, [one], options))[0]!;
  try {
    return await alone(id);
  } finally {
    void serve();
  }

  async function serve(): Promise<void> {
    for (let next = waiting.splice(0, issueBatchSize); next.length > 0; next = waiting.splice(0, issueBatchSize)) {
      // The same document asked for twice at once is issued for the first; the second is told what it would have been told later.
      const firsts = new Map(next.map((w) => [w.id, w] as const).reverse());
      try {
        const results = new Map((await issueSlice(ctx, who, [...firsts.keys()].reverse(), options)).map((r) => [r.id, r]));
        for (const w of next) w.settle(firsts.get(w.id) === w ? results.get(w.id)! : alone(w.id));
      } catch {
        // Something unexpected about one of them: each is tried by itself, and only the bad one fails.
        for (const w of next) {
          const result = alone(w.id);
          await result.catch(() => {});
          w.settle(result);
        }
      }
    }
    open.delete(key);
  }
}

async function issueSlice(ctx: Context, who: Who, ids: string[], options: IssueOptions, tries = 1): Promise<IssueResult[]> {
  try {
    return await ctx.store.org(who.organizationId, (tx) => issueInTransaction(tx, ctx, who, ids, options));
  } catch (error) {
    if (isOvertaken(error) && tries < 3) return issueSlice(ctx, who, ids, options, tries + 1);
    const refusal = ofOneDocument(error);
    if (!refusal) throw error;
    if (ids.length === 1) {
      const refused: Refused = { id: ids[0]!, outcome: 'refused', findings: [refusal] };
      await ctx.store.org(who.organizationId, (tx) => holdUnreadable(tx, who.organizationId, ctx.now(), [refused]));
      return [refused];
    }
    // One bad pattern stops its own series only, one bad content its own document.
    const half = Math.ceil(ids.length / 2);
    return [...(await issueSlice(ctx, who, ids.slice(0, half), options)), ...(await issueSlice(ctx, who, ids.slice(half), options))];
  }
}
