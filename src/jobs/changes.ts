import type { Context } from './index.ts';

type Hearing = {
  /** Changes of these topics; without them, of any. */
  topics?: readonly string[];
  /** So long a burst of changes of one organization is gathered into one look. */
  gatherMs: number;
  /** What the log says of a look that failed. */
  failed: string;
};

/** Looks soon after a change that any process announces, once for each organization of a burst. Ends with the jobs. */
export async function hearChanges(
  ctx: Context,
  { topics, gatherMs, failed }: Hearing,
  look: (organizationId: string) => Promise<unknown>,
): Promise<void> {
  const gathering = new Map<string, NodeJS.Timeout>();
  const running = new Set<Promise<unknown>>();
  const lookNow = (organizationId: string) => {
    gathering.delete(organizationId);
    const looked = look(organizationId)
      .catch((error: Error) => ctx.log('error', failed, { organizationId, error: error.message }))
      .finally(() => running.delete(looked));
    running.add(looked);
  };
  const stopListening = await ctx.store.listen(({ organizationId, topic }) => {
    if (gathering.has(organizationId) || (topics && !topics.includes(topic))) return;
    gathering.set(
      organizationId,
      setTimeout(() => lookNow(organizationId), gatherMs),
    );
  });
  ctx.jobs.alongside(async () => {
    await stopListening();
    for (const timer of gathering.values()) clearTimeout(timer);
    await Promise.all(running);
  });
}
