import { expect, test } from 'vitest';
import { openEmbedded } from '../../src/store/index.ts';
import { hasBrowser } from './demo.ts';
import { documents, longQueue } from './long-queue.ts';

/** The promise: what `speed.test.ts` measures on is there and as long as it says. It is made here, beside others: that test has the machine for itself. */
test.skipIf(!hasBrowser)('a hundred thousand documents wait to be issued', { timeout: 180_000 }, async () => {
  const store = await openEmbedded(await longQueue());
  try {
    const all = store.db.selectFrom('document').where('state', '=', 'to_issue');
    const { n } = await all.select(({ fn }) => fn.countAll().as('n')).executeTakeFirstOrThrow();
    expect(Number(n)).toBe(documents);
  } finally {
    await store.close();
  }
});
