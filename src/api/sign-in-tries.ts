import { createHmac } from 'node:crypto';
import type { Store } from '../store/index.ts';
import { networkOf } from './guesses.ts';

/**
 * Guessing one account's password from many machines. Two counters for each account, whether it exists or not:
 *
 *   of a network   after five wrong ones each next try waits twice as long, up to a quarter of an hour
 *   of strangers   the same after twenty, for all networks together from which nobody has signed in to it lately
 *
 * Where somebody has signed in before, only that network's own counter counts: whoever guesses from elsewhere slows strangers, never the owner
 * at his usual place. At a strange place a new password by mail opens the way. A try is counted before it is judged, so that a thousand at
 * once are a thousand.
 */
export const tryLimits = {
  freeAtNetwork: 5,
  freeForStrangers: 20,
  firstWaitMs: 2_000,
  mostWaitMs: 15 * 60_000,
  forgottenAfterMs: 24 * 60 * 60_000,
  knownForMs: 180 * 24 * 60 * 60_000,
  /** Between two mails to the person whose password is being guessed. */
  tellEveryMs: 24 * 60 * 60_000,
};

const strangers = '*';

/** How long a counter with so many wrong ones makes the next try wait after the last. */
export function waitMs(wrong: number, free: number): number {
  if (wrong < free) return 0;
  return Math.min(tryLimits.mostWaitMs, tryLimits.firstWaitMs * 2 ** Math.min(wrong - free, 30));
}

export type SignInTries = {
  /** Takes a try. Waiting, or permission with what to say of its outcome; `tell` is asked for once when strangers have tried often. */
  take(
    email: string,
    address: string,
    now: Date,
  ): Promise<{ waitSeconds: number } | { tell: boolean; right(): Promise<void>; unjudged(): Promise<void> }>;
  /** The person has proved to be himself by other means (a new password by mail): his network is known, and nothing is held against it. */
  known(email: string, address: string, now: Date): Promise<void>;
};

export function countSignIns(store: Pick<Store, 'system'>, secret: Uint8Array): SignInTries {
  const marked = (text: string) => createHmac('sha256', secret).update(text).digest('base64url').slice(0, 32);
  const keysOf = (email: string, address: string) => ({ account: marked(email.trim().toLowerCase()), network: marked(networkOf(address)) });

  const known: SignInTries['known'] = async (email, address, now) => {
    const { account, network } = keysOf(email, address);
    await store.system((tx) =>
      tx
        .insertInto('sign_in_try')
        .values({ account, network, wrong: 0, tried_at: now, signed_in_at: now, told_at: null })
        .onConflict((c) => c.columns(['account', 'network']).doUpdateSet({ wrong: 0, tried_at: now, signed_in_at: now }))
        .execute(),
    );
  };

  return {
    known,
    async take(email, address, now) {
      const { account, network } = keysOf(email, address);
      const taken = await store.system(async (tx): Promise<{ waitSeconds: number } | { tell: boolean; names: string[] }> => {
        const at = now.getTime();
        await tx
          .deleteFrom('sign_in_try')
          .where('tried_at', '<', new Date(at - tryLimits.forgottenAfterMs))
          .where((e) => e.or([e('signed_in_at', 'is', null), e('signed_in_at', '<', new Date(at - tryLimits.knownForMs))]))
          .execute();
        for (const name of [network, strangers])
          await tx
            .insertInto('sign_in_try')
            .values({ account, network: name, wrong: 0, tried_at: now, signed_in_at: null, told_at: null })
            .onConflict((c) => c.doNothing())
            .execute();
        const rows = await tx
          .selectFrom('sign_in_try')
          .selectAll()
          .where('account', '=', account)
          .where('network', 'in', [network, strangers])
          .orderBy('network')
          .forNoKeyUpdate()
          .execute();
        const wrongOf = (row: (typeof rows)[number]) => (at - row.tried_at.getTime() > tryLimits.forgottenAfterMs ? 0 : row.wrong);
        const own = rows.find((row) => row.network === network)!;
        const all = rows.find((row) => row.network === strangers)!;
        const isKnown = own.signed_in_at !== null && at - own.signed_in_at.getTime() < tryLimits.knownForMs;
        const counted = isKnown ? [own] : [own, all];
        const left = counted.map((row) => {
          const free = row === own ? tryLimits.freeAtNetwork : tryLimits.freeForStrangers;
          const wait = waitMs(wrongOf(row), free);
          // Tried while the clock was ahead: nobody waits longer than from now on.
          return Math.min(wait, row.tried_at.getTime() + wait - at);
        });
        const wait = Math.max(...left);
        if (wait > 0) return { waitSeconds: Math.ceil(wait / 1000) };
        const tell =
          !isKnown &&
          wrongOf(all) + 1 >= tryLimits.freeForStrangers &&
          (all.told_at === null || at - all.told_at.getTime() > tryLimits.tellEveryMs);
        for (const row of counted)
          await tx
            .updateTable('sign_in_try')
            .set({ wrong: wrongOf(row) + 1, tried_at: now, ...(tell && row === all ? { told_at: now } : {}) })
            .where('account', '=', account)
            .where('network', '=', row.network)
            .execute();
        return { tell, names: counted.map((row) => row.network) };
      });
      if ('waitSeconds' in taken) return taken;
      const giveBack = async (names: string[]) => {
        if (names.length === 0) return;
        await store.system((tx) =>
          tx
            .updateTable('sign_in_try')
            .set((e) => ({ wrong: e.fn<number>('greatest', [e.lit(0), e('wrong', '-', 1)]) }))
            .where('account', '=', account)
            .where('network', 'in', names)
            .execute(),
        );
      };
      return {
        tell: taken.tell,
        async right() {
          await giveBack(taken.names.filter((name) => name === strangers));
          await known(email, address, now);
        },
        async unjudged() {
          await giveBack(taken.names);
        },
      };
    },
  };
}
