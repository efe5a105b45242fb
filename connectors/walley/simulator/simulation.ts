import { SimClock } from '../../../src/testkit/service.ts';
import { defaultNow } from './clock.ts';
import { type Config, defaultConfig } from './config.ts';
import { type Change, Ledger, type Part } from './ledger.ts';
import { Notifier } from './notify.ts';
import { Reauthorizations } from './reauthorizations.ts';
import type { Outcome } from './replies.ts';

/** Faults an outside test can order (contract 16.2), and what else a hub must survive. */
export const faultModes = [
  'fault',
  'fault200',
  'drop-before',
  'drop-after',
  'stall',
  'delay',
  'http503',
  'html500',
  'html500-after',
  'wrong-correlation',
  'lost',
  'twice',
  'late',
  'forged',
] as const;
export type FaultMode = (typeof faultModes)[number];
/** Those that befall a notification; the others befall a request. */
export const notificationModes: readonly FaultMode[] = ['lost', 'twice', 'late', 'forged'];

export type Fault = { target: string; mode: FaultMode; code: string | undefined; ms: number; times: number; skip: number };

type LogEntry = {
  at: string;
  target: string;
  method: string;
  path: string;
  body: string;
  fault: FaultMode | null;
  status: number | null;
  code: string | null;
};

type Remembered = { operation: string; at: number; outcome: Outcome | undefined };
type StaleView = { until: number; order: unknown };

const logLimit = 20_000;

/** Everything the simulator remembers; `reset` brings the initial state back. */
export class Simulation {
  readonly clock: SimClock;
  readonly notifier: Notifier;
  readonly reauthorizations: Reauthorizations;
  base = '';
  config: Config = defaultConfig();
  ledger!: Ledger;
  faults: Fault[] = [];
  log: LogEntry[] = [];
  answersByKey = new Map<string, Remembered>();
  staleViews = new Map<string, StaleView>();
  tokens = new Map<string, number>();
  #decisions: { at: number; part: Part; approve: boolean }[] = [];
  #advancing: Promise<void> = Promise.resolve();

  constructor(start: string | Date | (() => Date) = defaultNow) {
    this.clock = new SimClock(start);
    this.notifier = new Notifier(this);
    this.reauthorizations = new Reauthorizations(this);
    this.#begin();
  }

  reset(start?: string): void {
    this.clock.reset(start);
    this.#begin();
  }

  #begin(): void {
    this.config = defaultConfig();
    this.ledger = new Ledger(
      this.config,
      () => this.clock.now(),
      (change) => this.#changed(change),
    );
    this.faults = [];
    this.log = [];
    this.answersByKey.clear();
    this.staleViews.clear();
    this.tokens.clear();
    this.#decisions = [];
    this.notifier.clear();
    this.reauthorizations.clear();
  }

  #changed(change: Change): void {
    this.notifier.webhook(change);
  }

  /** The anti-fraud control answers after `callbackDelayMs`. */
  decideLater(part: Part, approve: boolean): void {
    this.#decisions.push({ at: this.clock.now() + this.config.callbackDelayMs, part, approve });
  }

  /** Answers of the anti-fraud control and expiries that are due; cheap, so done before each request. */
  settle(): void {
    const due = this.#decisions.filter(({ at }) => at <= this.clock.now());
    this.#decisions = this.#decisions.filter(({ at }) => at > this.clock.now());
    for (const { part, approve } of due) {
      // A cancellation while on hold wins over the answer that comes later (contract 5, rule 9).
      if (part.state === 'OnHold') this.decide(part, approve);
    }
    this.reauthorizations.settle();
    this.ledger.expire();
  }

  /** Approves or refuses what is on hold and tells the seller. */
  decide(part: Part, approve: boolean): void {
    const wasOnHold = part.state === 'OnHold';
    if (approve) this.ledger.approve(part);
    else this.ledger.reject(part);
    if (wasOnHold) this.notifier.callback(part, approve ? 1 : 5);
  }

  /** Moves the clock, stopping at whatever falls due on the way. */
  advanceTo(target: number): Promise<void> {
    this.#advancing = this.#advancing.then(async () => {
      this.settle();
      await this.notifier.idle();
      for (let next = this.#nextDue(target); next !== undefined; next = this.#nextDue(target)) {
        this.clock.advance(Math.max(0, next - this.clock.now()));
        this.settle();
        await this.notifier.sendDue();
      }
      this.clock.advance(Math.max(0, target - this.clock.now()));
      this.settle();
      await this.notifier.sendDue();
    });
    return this.#advancing;
  }

  /** For a clock that runs by itself, and after each answer. */
  async catchUp(): Promise<void> {
    this.settle();
    await this.notifier.sendDue();
  }

  #nextDue(until: number): number | undefined {
    const times = [
      ...this.#decisions.map(({ at }) => at),
      this.ledger.nextExpiry(),
      this.notifier.nextDue(),
      this.reauthorizations.nextDue(),
    ].filter((at): at is number => at !== undefined && at <= until);
    return times.sort((a, b) => a - b)[0];
  }

  takeFault(target: string, notification = false): Fault | undefined {
    const fault = this.faults.find(
      (f) =>
        (f.target === '*' ? !notification : f.target === target) && notificationModes.includes(f.mode) === notification && f.skip-- <= 0,
    );
    if (!fault) return undefined;
    fault.times -= 1;
    if (fault.times <= 0) this.faults = this.faults.filter((f) => f !== fault);
    return fault;
  }

  remember(entry: LogEntry): void {
    this.log.push(entry);
    if (this.log.length > logLimit) this.log.splice(0, this.log.length - logLimit);
  }

  /** Address of the PDF: it carries the buyer's number, as the provider's does (contract 14). */
  pdfUrl(part: Part, document = part.aliases.at(-1) ?? part.invoiceNo): string {
    return `${this.base}/testportal/PdfInvoice?pnr=${part.purchase.regNo}&invnr=${document}`;
  }
}
