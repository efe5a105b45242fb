import { createHash, createHmac } from 'node:crypto';
import type { SimClock } from '../../../src/testkit/service.ts';
import type { Settings } from './settings.ts';

/**
 * Calls to whoever registered (contract section 13): verified first, signed, repeated until 200 or 201, the owner told after six
 * failures of one delivery and the webhook switched off after ten.
 */
export type Webhook = {
  id: number;
  url: string;
  description: string;
  /** Wire names; nothing given means all. */
  events: string[];
  content: 'full' | 'redacted';
  secret: string;
  verified: boolean;
  on: boolean;
  /** The owner was mailed about failures. */
  ownerMailed: boolean;
};

type Delivery = {
  webhook: number;
  event: string;
  name: string;
  tries: number;
  dueAt: number;
  status: number | null;
  state: 'open' | 'delivered' | 'given-up';
  resource: unknown;
  createdAt: number;
};

const failuresUntilMail = 6;
const failuresUntilOff = 10;
const answerWithinMs = 10_000;

export class Webhooks {
  readonly #clock: SimClock;
  readonly #settings: () => Settings;
  list: Webhook[] = [];
  deliveries: Delivery[] = [];
  #serial = 0;
  #underWay: Promise<void> | undefined;

  constructor(clock: SimClock, settings: () => Settings) {
    this.#clock = clock;
    this.#settings = settings;
  }

  add(url: string, description: string, content: Webhook['content'], events: string[]): Webhook {
    const id = this.list.length + 1;
    const webhook = {
      id,
      url,
      description,
      events,
      content,
      secret: this.#random().slice(0, 32),
      verified: false,
      on: true,
      ownerMailed: false,
    };
    this.list.push(webhook);
    return webhook;
  }

  /** Posts a fresh code and wants 200 with the same object back; a changed code each time. */
  async verify(webhook: Webhook): Promise<{ verified: boolean; status: number | null }> {
    const code = this.#random().slice(0, 20);
    const body = JSON.stringify({ verification_code: code });
    const answer = await this.#post(webhook, body, this.#settings().verificationSigned);
    let echo: unknown;
    try {
      echo = JSON.parse(answer.text);
    } catch {
      echo = undefined;
    }
    const same = typeof echo === 'object' && echo !== null && (echo as Record<string, unknown>).verification_code === code;
    webhook.verified = answer.status === 200 && same;
    if (webhook.verified) webhook.on = true;
    return { verified: webhook.verified, status: answer.status };
  }

  /** Queues an event for everybody who wants it; the resource is taken as it is now. */
  tell(name: string, resource: () => unknown, uuid: string | undefined, at: number): void {
    const { webhooksSilent, webhookLateSeconds, webhookTwice } = this.#settings();
    if (webhooksSilent) return;
    for (const webhook of this.list) {
      if (!webhook.verified || !webhook.on || (webhook.events.length > 0 && !webhook.events.includes(name))) continue;
      const hex = this.#random();
      const event = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-9${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
      const shown = webhook.content === 'full' ? structuredClone(resource()) : { uuid };
      for (let i = 0; i < (webhookTwice ? 2 : 1); i++)
        this.deliveries.push({
          webhook: webhook.id,
          event,
          name,
          tries: 0,
          dueAt: at + webhookLateSeconds * 1000,
          status: null,
          state: 'open',
          resource: shown,
          createdAt: at,
        });
    }
  }

  nextDue(): number | undefined {
    let due: number | undefined;
    for (const delivery of this.deliveries)
      if (delivery.state === 'open' && (due === undefined || delivery.dueAt < due)) due = delivery.dueAt;
    return due;
  }

  /** Delivers what is due, one after the other. */
  deliver(): Promise<void> {
    this.#underWay ??= this.#deliverDue().finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #deliverDue(): Promise<void> {
    const due = this.deliveries.filter((delivery) => delivery.state === 'open' && delivery.dueAt <= this.#clock.now());
    if (this.#settings().webhookOrder === 'reversed') due.reverse();
    for (const delivery of due) await this.#attempt(delivery);
  }

  async #attempt(delivery: Delivery): Promise<void> {
    const webhook = this.list.find((w) => w.id === delivery.webhook);
    if (!webhook?.on) {
      delivery.state = 'given-up';
      return;
    }
    const event = {
      uuid: delivery.event,
      name: delivery.name,
      retry_counter: delivery.tries,
      created_at: new Date(delivery.createdAt).toISOString(),
    };
    const answer = await this.#post(webhook, JSON.stringify({ event, resource: delivery.resource }), true);
    delivery.tries += 1;
    delivery.status = answer.status;
    if (answer.status === 200 || answer.status === 201) {
      delivery.state = 'delivered';
      return;
    }
    delivery.dueAt = this.#clock.now() + this.#settings().webhookRetrySeconds * 1000;
    if (delivery.tries >= failuresUntilMail) webhook.ownerMailed = true;
    if (delivery.tries >= failuresUntilOff) {
      webhook.on = false;
      delivery.state = 'given-up';
    }
  }

  async #post(webhook: Webhook, body: string, signed: boolean): Promise<{ status: number | null; text: string }> {
    const signature = signed ? this.#signature(webhook.secret, body) : undefined;
    try {
      const response = await fetch(webhook.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Infakt-Webhooks/2',
          ...(signature === undefined ? {} : { 'x-infakt-signature': signature }),
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(answerWithinMs),
      });
      return { status: response.status, text: await response.text() };
    } catch {
      return { status: null, text: '' };
    }
  }

  #signature(secret: string, body: string): string | undefined {
    const hex = createHmac('sha256', secret).update(body).digest('hex');
    switch (this.#settings().webhookSignature) {
      case 'upper-case':
        return hex.toUpperCase();
      case 'prefixed':
        return `sha256=${hex}`;
      case 'wrong':
        return createHmac('sha256', `${secret} not`).update(body).digest('hex');
      case 'missing':
        return undefined;
      default:
        return hex;
    }
  }

  #random(): string {
    this.#serial += 1;
    return createHash('sha256').update(`infakt webhook ${this.#serial}`).digest('hex');
  }
}
