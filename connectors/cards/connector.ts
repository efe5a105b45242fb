import { z } from 'zod';
import type { Mandate, TakesCharges } from '../../src/contract/charges.ts';
import {
  type CallVerdict,
  type CheckResult,
  type ConnectionContext,
  type Connector,
  Failed,
  type RawCall,
} from '../../src/contract/connector.ts';
import { type Client, openClient } from './client.ts';
import { manifest } from './manifest.ts';
import { chargeOf, checkoutOf, listedOf, mandateOf, outcomeOf, refundOf, soughtOf } from './mapper.ts';
import { isSigned } from './signature.ts';

export const connector: Connector = {
  manifest,
  open: (context) => {
    const client = openClient(context);
    return { check: () => check(client), charges: chargesOf(client), calls: { receive: (call) => receive(call, context) } };
  },
};

function chargesOf(client: Client): TakesCharges {
  return {
    async beginCheckout({ reference, amountMinor, currency, description, customer, returnUrl }) {
      const body = { reference, amountMinor: wholeNumber(amountMinor), currency, description, customer, saveMandate: true, returnUrl };
      return outcomeOf(await client('POST', '/v1/checkouts', { body, key: reference }), checkoutOf, []);
    },
    findCheckout: async (reference) => listedOf(await client('GET', '/v1/checkouts', { query: { reference } }), checkoutOf, reference),
    cancelCheckout: async (id) =>
      outcomeOf(await client('POST', `/v1/checkouts/${encodeURIComponent(id)}/cancel`, { body: {}, key: `cancel:${id}` }), checkoutOf, []),
    readMandate: async (id) => soughtOf(await client('GET', `/v1/mandates/${encodeURIComponent(id)}`), mandateOf),
    mandates: () => pages(client),
    async cancelMandate(id) {
      const outcome = outcomeOf(
        await client('POST', `/v1/mandates/${encodeURIComponent(id)}/cancel`, { body: {}, key: `cancel:${id}` }),
        mandateOf,
        [],
      );
      // Only what it says itself proves that it is off.
      if (outcome.outcome === 'accepted' && outcome.made.state === 'active')
        return { outcome: 'unknown', cause: { code: 'no_answer', providerText: 'the mandate is still active' } };
      return outcome;
    },
    async charge({ reference, mandateId, amountMinor, currency, description }) {
      const body = { reference, mandate: mandateId, amountMinor: wholeNumber(amountMinor), currency, description };
      return outcomeOf(await client('POST', '/v1/charges', { body, key: reference }), chargeOf);
    },
    async findCharge(by) {
      if ('id' in by) return soughtOf(await client('GET', `/v1/payments/${encodeURIComponent(by.id)}`), chargeOf);
      return listedOf(await client('GET', '/v1/payments', { query: { reference: by.reference } }), chargeOf, by.reference);
    },
    async refund({ reference, chargeId, amountMinor, reason }) {
      const body = { reference, payment: chargeId, amountMinor: wholeNumber(amountMinor), reason };
      return outcomeOf(await client('POST', '/v1/refunds', { body, key: reference }), refundOf);
    },
  };
}

function wholeNumber(minor: bigint): number {
  if (minor <= 0n || minor > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`not an amount that can be charged: ${minor}`);
  return Number(minor);
}

const maxPages = 10_000;

async function* pages(client: Client): AsyncGenerator<Mandate[]> {
  let cursor: string | undefined;
  for (let page = 0; page < maxPages; page++) {
    const reply = await client('GET', '/v1/mandates', { query: cursor ? { cursor } : {} });
    if (reply.verdict === 'unclear') throw new Failed(reply.cause);
    if (reply.status !== 200 || !Array.isArray(reply.body.items))
      throw new Failed({ code: 'request_refused', params: { code: String(reply.status), message: '' } });
    yield reply.body.items.flatMap((json) => mandateOf(json) ?? []);
    if (typeof reply.body.nextCursor !== 'string') return;
    cursor = reply.body.nextCursor;
  }
}

async function check(client: Client): Promise<CheckResult> {
  const reply = await client('GET', '/v1/account');
  if (reply.verdict === 'unclear') return { ok: false, facts: [], cause: reply.cause };
  if (reply.status !== 200)
    return {
      ok: false,
      facts: [],
      cause: { code: reply.status === 401 ? 'key_refused' : 'request_refused', params: { code: String(reply.status), message: '' } },
    };
  const { name, live, currencies } = reply.body;
  return {
    ok: true,
    facts: [
      { label: 'account', value: String(name ?? '') },
      { label: 'test', value: live === true ? 'no' : 'yes' },
      { label: 'currencies', value: Array.isArray(currencies) ? currencies.join(', ') : '' },
    ],
  };
}

const noticeSchema = z.object({
  id: z.string().min(1).max(200),
  type: z.string().max(100),
  data: z.object({ object: z.object({ id: z.string().max(200), reference: z.string().max(200).nullish() }) }),
});
const noticeLimitBytes = 64 * 1024;

/** A notice is only a reason to look: who signed it right is told "taken", and the truth is read. */
function receive(call: RawCall, context: Pick<ConnectionContext, 'secrets'>): CallVerdict {
  if (call.body.length > noticeLimitBytes) return { verdict: 'refuse', status: 413, reason: 'too large' };
  if (!isSigned(call, context.secrets.signingSecret?.reveal().trim() ?? ''))
    return { verdict: 'refuse', status: 401, reason: 'not accepted' };
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(call.body));
  } catch {
    return { verdict: 'refuse', status: 400, reason: 'the body is no JSON' };
  }
  const notice = noticeSchema.safeParse(json);
  if (!notice.success) return { verdict: 'refuse', status: 422, reason: 'not readable' };
  const { id, type, data } = notice.data;
  const { object } = data;
  if (type.startsWith('mandate.')) return { verdict: 'accept', id, nudge: { about: `mandate:${object.id}` } };
  // A dispute, a payment and a checkout carry the reference of what was charged; other kinds are taken, so that they are not repeated.
  return object.reference ? { verdict: 'accept', id, nudge: { about: `charge:${object.reference}` } } : { verdict: 'accept', id };
}
