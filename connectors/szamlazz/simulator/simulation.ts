import { createHash } from 'node:crypto';
import { SimClock } from '../../../src/testkit/service.ts';
import { Notifier } from './notify.ts';
import { type Account, type Document, defaultAccounts } from './state.ts';

/** Faults an outside test can order (section 14.4). */
export const faultModes = [
  'error',
  'drop-before',
  'drop-after',
  'stall',
  'delay',
  'down',
  'http503',
  'html500',
  'warning56',
  'bare-ampersand',
  'no-headers',
] as const;

export type Fault = {
  /** Action field, root element or operation; `*` for any. */
  action: string;
  mode: (typeof faultModes)[number];
  code: string | undefined;
  message: string | undefined;
  ms: number;
  times: number;
  account: string | undefined;
  /** Only `warning56`: the other reading of what stands in the body. */
  sikeres: boolean;
};

type LogEntry = {
  at: string;
  action: string | null;
  account: string | null;
  /** The XML with credentials masked. */
  body: string;
  attachments: string[];
  fault: string | null;
  status: number | null;
  code: string | null;
  number: string | null;
};

const logLimit = 20_000;
const sessionLimit = 10_000;
const sessionIdleMs = 90 * 60_000;
const firstId = 930_000_001;
const firstReceiptId = 87_000_001;

/** Everything the simulator remembers; `reset` brings the default state back. */
export class Simulation {
  readonly clock: SimClock;
  readonly notifier: Notifier;
  accounts = defaultAccounts();
  faults: Fault[] = [];
  log: LogEntry[] = [];
  calls = 0;
  #nextId = firstId;
  #nextReceiptId = firstReceiptId;
  #sessions = new Map<string, number>();
  #sessionsMade = 0;
  #keysMade = 0;

  constructor(now?: string | Date | (() => Date)) {
    this.clock = new SimClock(now);
    this.notifier = new Notifier(this.clock);
  }

  reset(now?: string): void {
    this.clock.reset(now);
    this.notifier.clear();
    this.accounts = defaultAccounts();
    this.faults = [];
    this.log = [];
    this.calls = 0;
    this.#nextId = firstId;
    this.#nextReceiptId = firstReceiptId;
    this.#sessions.clear();
  }

  nextId = (): number => this.#nextId++;
  nextReceiptId = (): number => this.#nextReceiptId++;

  /** The account a key opens; a deleted key opens none. */
  accountOf(key: string | undefined): Account | undefined {
    if (!key) return undefined;
    for (const account of this.accounts.values()) {
      if (account.settings.keys.includes(key) && !account.settings.deletedKeys.includes(key)) return account;
    }
    return undefined;
  }

  /** A fresh key: 42 lower-case letters and digits. */
  makeKey(account: Account): string {
    this.#keysMade += 1;
    const key = createHash('sha256').update(`${account.id} key ${this.#keysMade}`).digest('hex').slice(0, 42);
    account.settings.keys = [...account.settings.keys, key];
    return key;
  }

  deleteKey(account: Account, key: string): void {
    account.settings.keys = account.settings.keys.filter((known) => known !== key);
    account.settings.deletedKeys = [...account.settings.deletedKeys, key];
  }

  takeFault(names: string[], account: Account | undefined): Fault | undefined {
    const fault = this.faults.find(
      (f) => (f.action === '*' || names.includes(f.action)) && (f.account === undefined || f.account === account?.id),
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

  /** The cookie to set, or nothing when the request came with one that is still alive. */
  session(cookieHeader: string | undefined): string | undefined {
    const now = this.clock.now();
    const sent = /(?:^|;\s*)JSESSIONID=([^;\s]+)/.exec(cookieHeader ?? '')?.[1];
    const lastUsed = sent === undefined ? undefined : this.#sessions.get(sent);
    if (sent !== undefined && lastUsed !== undefined && now - lastUsed <= sessionIdleMs) {
      this.#sessions.set(sent, now);
      return undefined;
    }
    this.#sessionsMade += 1;
    const id = createHash('sha256').update(`session ${this.#sessionsMade}`).digest('hex').slice(0, 32).toUpperCase();
    if (this.#sessions.size >= sessionLimit) this.#sessions.delete(this.#sessions.keys().next().value!);
    this.#sessions.set(id, now);
    return `JSESSIONID=${id}; Path=/szamla; Secure; HttpOnly`;
  }

  paidChanged(account: Account, document: Document): void {
    this.notifier.paidChanged(account, document);
  }

  /** The document behind a buyer's link. */
  byToken(token: string): Document | undefined {
    for (const account of this.accounts.values()) {
      const document = account.documents.find((d) => d.token === token);
      if (document) return document;
    }
    return undefined;
  }
}
