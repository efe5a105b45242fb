import { createHmac } from 'node:crypto';
import type { SimClock } from '../../../src/testkit/service.ts';

export const notices = ['normal', 'lost', 'twice', 'late', 'forged', 'stale', 'unsigned'] as const;
export type NoticeManner = (typeof notices)[number];
type NoticeTarget = { url: string | null; secret: string; previousSecret: string | null; manner: NoticeManner };

type Notice = {
  id: string;
  type: string;
  url: string;
  body: string;
  manner: NoticeManner;
  tries: number;
  /** Nothing when delivered or given up. */
  dueAt: number | undefined;
  status: number | null;
  delivered: boolean;
};

const minute = 60_000;
const retryAfterMs = [minute, 5 * minute, 30 * minute, 120 * minute, 480 * minute, 1440 * minute];
const answerWithinMs = 5_000;
const lateMs = 60 * minute;
const staleSeconds = 3_600;

/** Tells the merchant: at least once, again until confirmed. The signature is made anew for each try, as its age is checked. */
export class Notices {
  readonly #clock: SimClock;
  readonly #target: () => NoticeTarget;
  all: Notice[] = [];
  /** Those that are still to be sent. */
  #open = new Set<Notice>();
  #underWay: Promise<void> = Promise.resolve();

  constructor(clock: SimClock, target: () => NoticeTarget) {
    this.#clock = clock;
    this.#target = target;
  }

  add(type: string, object: unknown): void {
    const { url, manner } = this.#target();
    if (!url) return;
    const now = this.#clock.now();
    const id = `ev_${String(this.all.length + 1).padStart(8, '0')}`;
    const body = JSON.stringify({ id, type, createdAt: new Date(now).toISOString(), data: { object } });
    const notice: Notice = {
      id,
      type,
      url,
      body,
      manner,
      tries: 0,
      dueAt: manner === 'lost' ? undefined : now + (manner === 'late' ? lateMs : 0),
      status: null,
      delivered: false,
    };
    this.#keep(notice);
    if (manner === 'twice') this.#keep({ ...notice });
  }

  /** Sends one once more, as processors do. */
  again(id: string): boolean {
    const notice = this.all.find((one) => one.id === id);
    if (notice) this.#keep({ ...notice, manner: 'normal', tries: 0, dueAt: this.#clock.now(), status: null, delivered: false });
    return notice !== undefined;
  }

  nextDue(): number | undefined {
    const times = [...this.#open].map(({ dueAt }) => dueAt!);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** One after the other, in the order of the events. */
  sendDue(): Promise<void> {
    this.#underWay = this.#underWay.then(async () => {
      for (const notice of [...this.#open]) {
        if (notice.dueAt! > this.#clock.now()) continue;
        notice.dueAt = undefined;
        this.#open.delete(notice);
        await this.#post(notice);
      }
    });
    return this.#underWay;
  }

  async #post(notice: Notice): Promise<void> {
    const { secret, previousSecret } = this.#target();
    const seconds = Math.floor(this.#clock.now() / 1000) - (notice.manner === 'stale' ? staleSeconds : 0);
    const keys = [
      notice.manner === 'forged' ? `${secret}?` : secret,
      ...(previousSecret && notice.manner !== 'forged' ? [previousSecret] : []),
    ];
    const signature = `t=${seconds},${keys.map((key) => `v1=${sign(key, seconds, notice.body)}`).join(',')}`;
    notice.tries += 1;
    try {
      const response = await fetch(notice.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(notice.manner === 'unsigned' ? {} : { 'card-signature': signature }) },
        body: notice.body,
        redirect: 'manual',
        signal: AbortSignal.timeout(answerWithinMs),
      });
      await response.arrayBuffer();
      notice.status = response.status;
      notice.delivered = response.ok;
    } catch {
      notice.status = null;
    }
    const wait = retryAfterMs[notice.tries - 1];
    if (notice.delivered || wait === undefined) return;
    notice.dueAt = this.#clock.now() + wait;
    this.#open.add(notice);
  }

  #keep(notice: Notice): void {
    this.all.push(notice);
    if (notice.dueAt !== undefined) this.#open.add(notice);
  }

  listed() {
    return this.all.map(({ dueAt, ...notice }) => ({ ...notice, dueAt: dueAt === undefined ? null : new Date(dueAt).toISOString() }));
  }
}

export function sign(secret: string, seconds: number, body: string): string {
  return createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
}
