import type { Context } from '../jobs/index.ts';

/**
 * Wrong links by address: a sealed link cannot be guessed, and whoever tries anyway costs us nothing for long. Kept in memory of the process;
 * an address of IPv6 is its network, because one machine has all the rest.
 */
const guessLimits = { wrong: 30, windowMs: 10 * 60_000, addresses: 10_000 };

type Tries = { wrong(address: string, now: Date): void; waitSeconds(address: string, now: Date): number };
const byProcess = new WeakMap<Context, Tries>();

export function guesses(ctx: Context): Tries {
  const known = byProcess.get(ctx);
  if (known) return known;
  const made = countGuesses();
  byProcess.set(ctx, made);
  return made;
}

export function countGuesses(limits = guessLimits): Tries {
  const windows = new Map<string, { until: number; count: number }>();
  // A window that ends later than one which begins now was opened by a clock that was ahead.
  const leftOf = (known: { until: number } | undefined, now: Date) => {
    const left = (known?.until ?? 0) - now.getTime();
    return left <= limits.windowMs ? left : 0;
  };
  return {
    wrong(address, now) {
      const key = networkOf(address);
      const known = windows.get(key);
      const open = known && leftOf(known, now) > 0 ? known : { until: now.getTime() + limits.windowMs, count: 0 };
      open.count++;
      // The one tried last is the last to be forgotten.
      windows.delete(key);
      windows.set(key, open);
      if (windows.size > limits.addresses) windows.delete(windows.keys().next().value!);
    },
    waitSeconds(address, now) {
      const known = windows.get(networkOf(address));
      const left = leftOf(known, now);
      return !known || known.count < limits.wrong || left <= 0 ? 0 : Math.ceil(left / 1000);
    },
  };
}

/** The address itself, or the first 64 bits of one of IPv6. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1]!;
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('%')[0]!.split('::');
  const first = head ? head.split(':') : [];
  const last = tail ? tail.split(':') : [];
  const groups = tail === undefined ? first : [...first, ...Array<string>(Math.max(0, 8 - first.length - last.length)).fill('0'), ...last];
  return groups
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':');
}
