import { createHash } from 'node:crypto';
import { WalleyFault } from './faults.ts';
import type { NewRow, Part } from './ledger.ts';
import type { Simulation } from './simulation.ts';

type Reauthorization = { id: string; orderId: string; part: Part; rows: NewRow[]; at: number; applied: boolean; code: string | undefined };

/** Raising an order means a new credit check: it is accepted at once and decided after `restLagMs` (contract 9.4, 16.3, 12). */
export class Reauthorizations {
  readonly #sim: Simulation;
  #all: Reauthorization[] = [];

  constructor(sim: Simulation) {
    this.#sim = sim;
  }

  clear(): void {
    this.#all = [];
  }

  begin(orderId: string, part: Part, rows: NewRow[]): string {
    const hash = createHash('sha256').update(`reauthorization ${orderId} ${this.#all.length}`).digest('hex');
    const id = `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-9${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
    const at = this.#sim.clock.now() + this.#sim.config.restLagMs;
    this.#all.push({ id, orderId, part, rows, at, applied: false, code: undefined });
    this.settle();
    return id;
  }

  settle(): void {
    for (const one of this.#all) {
      if (one.applied || one.code || one.at > this.#sim.clock.now()) continue;
      try {
        this.#sim.ledger.replace(one.part, one.rows);
        one.applied = true;
      } catch (error) {
        if (!(error instanceof WalleyFault)) throw error;
        one.code = error.code;
      }
    }
  }

  nextDue(): number | undefined {
    return this.#all.filter((one) => !one.applied && !one.code).sort((a, b) => a.at - b.at)[0]?.at;
  }

  stateOf(orderId: string, id: string): { applied: boolean; code: string | undefined } | undefined {
    return this.#all.find((one) => one.id === id && one.orderId === orderId.toLowerCase());
  }
}
