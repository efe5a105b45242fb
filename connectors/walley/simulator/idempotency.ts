import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { WalleyFault } from './faults.ts';
import type { Outcome, Reply } from './replies.ts';
import type { Fault, Simulation } from './simulation.ts';

const answerKeptMs = 3_600_000;
const keyKeptMs = 24 * 3_600_000;

/**
 * One key, one effect (contract 2.9): within an hour the stored answer, faults included; up to a day the key is known and the answer gone;
 * while the first call runs the second is told so. What was refused before processing began is not remembered.
 */
export async function idempotently(
  sim: Simulation,
  operation: string,
  headers: IncomingHttpHeaders,
  { reads, fault }: { reads: boolean; fault: Fault | undefined },
  refuse: (fault: WalleyFault) => Reply,
  run: () => Promise<Reply> | Reply,
): Promise<Outcome> {
  const key = String(headers['walley-idempotency-key'] ?? headers['x-idempotency'] ?? '').trim();
  const attempt = async (): Promise<{ outcome: Reply; remember: boolean }> => {
    let result: { outcome: Reply; remember: boolean };
    try {
      result = { outcome: await run(), remember: true };
    } catch (error) {
      if (!(error instanceof WalleyFault)) throw error;
      result = { outcome: refuse(error), remember: !error.beforeProcessing };
    }
    // The effect is there at once and only the answer is late: whoever gives up waiting and asks finds it.
    if (fault?.mode === 'delay') await wait(fault.ms, undefined, { ref: false });
    return result;
  };
  if (!key || reads) return (await attempt()).outcome;
  const now = sim.clock.now();
  const known = sim.answersByKey.get(key);
  if (known && now - known.at < keyKeptMs) {
    if (known.operation !== operation) throw new WalleyFault('VALIDATION_ERROR', { beforeProcessing: true });
    if (known.outcome === undefined) throw new WalleyFault('IDEMPOTENCY_REQUEST_IN_PROGRESS', { beforeProcessing: true });
    if (now - known.at >= answerKeptMs) throw new WalleyFault('IDEMPOTENCY_RESPONSE_EXPIRED', { beforeProcessing: true });
    return known.outcome;
  }
  const entry = { operation, at: now, outcome: undefined as Outcome | undefined };
  sim.answersByKey.set(key, entry);
  const { outcome, remember } = await attempt().catch((error: unknown) => {
    sim.answersByKey.delete(key);
    throw error;
  });
  if (remember) entry.outcome = outcome;
  else sim.answersByKey.delete(key);
  return outcome;
}
