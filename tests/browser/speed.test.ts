import { expect, test } from 'vitest';
import { measureSpeed, paintMs } from '../../bench/browser.ts';
import { hasBrowser } from './demo.ts';
import { longQueue } from './long-queue.ts';

/** The promise: the first pages are light and soon usable, and with a hundred thousand documents in the queue no key waits for its paint. */
// Readiness is that of a machine of its own (`npm run bench -- --only browser`); here, beside other tests, a doubling is caught.
test.skipIf(!hasBrowser)('first pages are light, keys are answered at once', { timeout: 180_000 }, async () => {
  const found = (await measureSpeed(await longQueue(), 3))!;
  for (const load of found.loads) {
    expect(load.scriptBytes, load.place).toBeGreaterThan(50_000);
    expect(load.scriptBytes, `${load.place}: ${load.scripts.join(' ')}`).toBeLessThanOrEqual(200_000);
    expect(load.usableMs, load.place).toBeLessThanOrEqual(3000);
  }
  for (const felt of found.felt) {
    expect(felt.p98, felt.what).toBeLessThanOrEqual(paintMs);
    // Time of the processor, which other work on the machine does not stretch.
    expect(felt.busyMsAStep, felt.what).toBeLessThanOrEqual(120);
  }
  expect(found.felt.length).toBeGreaterThan(4);
});
