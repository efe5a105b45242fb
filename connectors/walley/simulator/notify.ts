import { createHash, createHmac } from 'node:crypto';
import { toNumber } from './amounts.ts';
import { withOffset } from './clock.ts';
import { type Change, orderTotal, type Part, type Purchase } from './ledger.ts';
import type { Simulation } from './simulation.ts';

type CallbackTarget = { url: string; username: string; password: string };
type WebhookTarget = { url: string; events: string[]; username?: string; password?: string; secret?: string };

type Notice = {
  kind: 'callback' | 'webhook';
  type: string;
  orderId: string;
  correlationId: string;
  method: 'GET' | 'POST';
  url: string;
  headers: Record<string, string>;
  body: string;
  tries: number;
  /** Nothing when delivered or given up. */
  dueAt: number | undefined;
  status: number | null;
  delivered: boolean;
};

const second = 1_000;
const hour = 3_600_000;
/** Contract 7 and 10. */
const retryAfterMs = {
  callback: [5 * second, 10 * second, 180 * second, hour, 4 * hour],
  webhook: [5 * second, 10 * second, 180 * second, hour, 4 * hour, 8 * hour, 16 * hour, 24 * hour],
};
const answerWithinMs = 5_000;

/** Tells the seller: at least once, again until confirmed, in no promised order. */
export class Notifier {
  readonly #sim: Simulation;
  callbackTarget: CallbackTarget | undefined;
  webhookTarget: WebhookTarget | undefined;
  notices: Notice[] = [];
  /** Those that are still to be sent. */
  #open = new Set<Notice>();
  #count = 0;
  #underWay = new Set<Promise<void>>();

  constructor(sim: Simulation) {
    this.#sim = sim;
  }

  clear(): void {
    this.callbackTarget = undefined;
    this.webhookTarget = undefined;
    this.notices = [];
    this.#open.clear();
    this.#count = 0;
  }

  /** Anti-fraud answer of the SOAP generations: parameters on the agreed address. */
  callback(part: Part, status: 1 | 5): void {
    const target = this.callbackTarget;
    if (!target) return;
    const url = new URL(target.url);
    url.searchParams.append('InvoiceNo', part.invoiceNo);
    url.searchParams.append('OrderNo', part.purchase.reference ?? '');
    url.searchParams.append('InvoiceStatus', String(status));
    this.#queue({
      kind: 'callback',
      type: `InvoiceStatus=${status}`,
      orderId: part.purchase.orderId,
      method: 'GET',
      url: url.href,
      headers: { authorization: basic(target.username, target.password) },
      body: '',
    });
  }

  webhook(change: Change): void {
    const target = this.webhookTarget;
    const type = `walley:order:${change.type}`;
    if (!target || !(target.events.length === 0 || target.events.includes('*') || target.events.includes(type))) return;
    const now = this.#sim.clock.now();
    const body = JSON.stringify({ Type: type, Timestamp: withOffset(now), Payload: payloadOf(change) });
    this.#queue({
      kind: 'webhook',
      type,
      orderId: change.purchase.orderId,
      method: 'POST',
      url: target.url,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Walleybot/1.0 (simulated)',
        'walley-timestamp': String(Math.floor(now / 1000)),
        'walley-live': 'False',
        ...(target.username === undefined ? {} : { authorization: basic(target.username, target.password ?? '') }),
      },
      body,
    });
  }

  #queue(notice: Omit<Notice, 'tries' | 'dueAt' | 'status' | 'delivered' | 'correlationId'>): void {
    this.#count += 1;
    const hash = createHash('sha256').update(`notice ${this.#count}`).digest('hex');
    const correlationId = `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
    const fault = this.#sim.takeFault(notice.kind, true);
    const secret = this.webhookTarget?.secret;
    const headers = { ...notice.headers };
    if (notice.kind === 'webhook') {
      headers['walley-correlationid'] = correlationId;
      if (secret !== undefined) {
        const key = fault?.mode === 'forged' ? `${secret} forged` : secret;
        headers['walley-signature'] = signatureOf(key, headers['walley-timestamp']!, notice.body);
      }
    }
    const whole: Notice = {
      ...notice,
      headers,
      correlationId,
      tries: 0,
      dueAt: fault?.mode === 'lost' ? undefined : this.#sim.clock.now() + (fault?.mode === 'late' ? fault.ms : 0),
      status: null,
      delivered: false,
    };
    const made = fault?.mode === 'twice' ? [whole, { ...whole }] : [whole];
    this.notices.push(...made);
    for (const one of made) if (one.dueAt !== undefined) this.#open.add(one);
  }

  nextDue(): number | undefined {
    const times = [...this.#open].map(({ dueAt }) => dueAt!);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  async idle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async sendDue(): Promise<void> {
    await this.idle();
    for (const notice of [...this.#open]) {
      if (notice.dueAt! > this.#sim.clock.now()) continue;
      notice.dueAt = undefined;
      this.#open.delete(notice);
      const attempt: Promise<void> = this.#post(notice).finally(() => this.#underWay.delete(attempt));
      this.#underWay.add(attempt);
    }
    await this.idle();
  }

  async #post(notice: Notice): Promise<void> {
    notice.tries += 1;
    try {
      const response = await fetch(notice.url, {
        method: notice.method,
        headers: notice.headers,
        ...(notice.method === 'POST' ? { body: notice.body } : {}),
        redirect: 'manual',
        signal: AbortSignal.timeout(answerWithinMs),
      });
      await response.arrayBuffer();
      notice.status = response.status;
      notice.delivered = notice.kind === 'callback' ? response.status === 200 : response.ok;
    } catch {
      notice.status = null;
    }
    const wait = retryAfterMs[notice.kind][notice.tries - 1];
    if (notice.delivered || wait === undefined) return;
    notice.dueAt = this.#sim.clock.now() + wait;
    this.#open.add(notice);
  }

  listed() {
    return this.notices.map(({ headers, dueAt, ...notice }) => ({
      ...notice,
      headers: { ...headers, ...(headers.authorization ? { authorization: '***' } : {}) },
      dueAt: dueAt === undefined ? null : new Date(dueAt).toISOString(),
    }));
  }
}

/** What is signed is not published; this simulator signs the time stamp, a point and the raw body. */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  return createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
}

const basic = (username: string, password: string) => `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

function payloadOf(change: Change): Record<string, unknown> {
  const { purchase } = change;
  const order = { OrderId: purchase.orderId };
  if (change.type === 'created') {
    return {
      ...order,
      Reference: purchase.reference ?? null,
      Amount: toNumber(orderTotal(purchase)),
      Currency: purchase.currency,
      Status: creationStatus(purchase),
      AuthorizationId: null,
      CustomerToken: null,
    };
  }
  return {
    ...order,
    ...(change.type === 'authorized' || change.type === 'rejected' ? { Reference: purchase.reference ?? null } : {}),
    Amount: toNumber(change.amount),
    ...(change.type === 'reauthorized' ? { OriginalAmount: toNumber(change.originalAmount) } : {}),
    Currency: purchase.currency,
  };
}

function creationStatus(purchase: Purchase): string {
  const names = { OnHold: 'OnHold', Activated: 'Captured', Signing: 'RequiresSigning', StrongVerification: 'RequiresIdentityCheck' };
  return names[purchase.parts[0]!.state as keyof typeof names] ?? 'Authorized';
}
