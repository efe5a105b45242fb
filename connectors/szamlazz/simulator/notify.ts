import type { SimClock } from '../../../src/testkit/service.ts';
import { withComma } from './amounts.ts';
import { type Account, type Document, paidOf } from './state.ts';

type Notice = { account: string; url: string; body: string; tries: number; dueAt: number; status: number | null; delivered: boolean };

const retryEveryMs = 3 * 60_000;
const retries = 10;
const answerWithinMs = 5_000;

/** Instant payment notification: at once, then every three simulated minutes, ten times, until the receiver answers 200. */
export class Notifier {
  readonly #clock: SimClock;
  #notices: Notice[] = [];
  #underWay = new Set<Promise<void>>();

  constructor(clock: SimClock) {
    this.#clock = clock;
  }

  paidChanged(account: Account, document: Document): void {
    const url = account.settings.ipnUrl;
    if (!url) return;
    const fields = new URLSearchParams({
      szlahu_szamlaszam: document.number,
      szlahu_bruttovegosszeg: withComma(document.gross),
      szlahu_kifizetettbrutto: withComma(paidOf(document)),
      szlahu_fizetesmod: document.payments.at(-1)?.method ?? document.paymentMethod,
    });
    if (document.orderNumber !== undefined) fields.set('szlahu_rendelesszam', document.orderNumber);
    if (document.proformaNumber !== undefined) fields.set('szlahu_dijbekero_szama', document.proformaNumber);
    const notice = {
      account: account.id,
      url,
      body: fields.toString(),
      tries: 0,
      dueAt: this.#clock.now(),
      status: null,
      delivered: false,
    };
    this.#notices.push(notice);
    void this.#attempt(notice);
  }

  /** Moves the clock, stopping at every retry that falls due on the way. */
  async advance(ms: number): Promise<void> {
    const target = this.#clock.now() + ms;
    await Promise.all(this.#underWay);
    for (let next = this.#nextDue(target); next; next = this.#nextDue(target)) {
      this.#clock.advance(Math.max(0, next.dueAt - this.#clock.now()));
      await this.#attempt(next);
    }
    this.#clock.advance(target - this.#clock.now());
  }

  /** For a clock that runs by itself. */
  async catchUp(): Promise<void> {
    if (this.#underWay.size > 0) return;
    for (const notice of this.#notices) if (isOpen(notice) && notice.dueAt <= this.#clock.now()) await this.#attempt(notice);
  }

  listed(account: string): Omit<Notice, 'account' | 'dueAt'>[] {
    return this.#notices
      .filter((notice) => notice.account === account)
      .map(({ url, body, tries, status, delivered }) => ({ url, body, tries, status, delivered }));
  }

  clear(): void {
    this.#notices = [];
  }

  #nextDue(until: number): Notice | undefined {
    return this.#notices.filter((n) => isOpen(n) && n.dueAt <= until).sort((a, b) => a.dueAt - b.dueAt)[0];
  }

  #attempt(notice: Notice): Promise<void> {
    const attempt = this.#post(notice).finally(() => this.#underWay.delete(attempt));
    this.#underWay.add(attempt);
    return attempt;
  }

  async #post(notice: Notice): Promise<void> {
    notice.tries += 1;
    notice.dueAt = this.#clock.now() + retryEveryMs;
    try {
      const response = await fetch(notice.url, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: notice.body,
        redirect: 'manual',
        signal: AbortSignal.timeout(answerWithinMs),
      });
      await response.arrayBuffer();
      notice.status = response.status;
      notice.delivered = response.status === 200;
    } catch {
      notice.status = null;
    }
  }
}

function isOpen(notice: Notice): boolean {
  return !notice.delivered && notice.tries <= retries;
}
