import { z } from 'zod';
import type { Mandate, TakesCharges } from '../../src/contract/charges.ts';
import type { CallVerdict, CheckResult, ConnectionContext, Connector, RawCall } from '../../src/contract/connector.ts';
import { type Client, openClient } from './client.ts';
import { manifest } from './manifest.ts';
import { chargeOf, mandateOf, outcomeOf, refundOf, soughtOf } from './mapper.ts';
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
    async beginMandate({ reference, customer, description, returnUrl }) {
      const body = { reference, customer, description, return_url: returnUrl };
      return outcomeOf(await client('POST', '/v1/mandates', { body, key: reference }), mandateOf, 'mandate');
    },
    async findMandate(by) {
      if ('id' in by) return soughtOf(await client('GET', `/v1/mandates/${encodeURIComponent(by.id)}`), mandateOf);
      return soughtOf(await client('GET', '/v1/mandates', { query: by }), mandateOf, by.reference);
    },
    mandates: () => pages(client),
    async cancelMandate(id) {
      const outcome = outcomeOf(
        await client('POST', `/v1/mandates/${encodeURIComponent(id)}/cancel`, { body: {}, key: `cancel:${id}` }),
        mandateOf,
        'mandate',
      );
      // Only what it says itself proves that it is off.
      if (outcome.outcome === 'accepted' && outcome.made.state !== 'cancelled')
        return { outcome: 'unknown', cause: { code: 'no_answer', providerText: `the mandate is ${outcome.made.state}` } };
      return outcome;
    },
    async charge({ reference, mandateId, amountMinor, currency, description }) {
      const body = { reference, mandate: mandateId, amount: wholeNumber(amountMinor), currency, description };
      return outcomeOf(await client('POST', '/v1/charges', { body, key: reference }), chargeOf);
    },
    findCharge: async (reference) => soughtOf(await client('GET', '/v1/charges', { query: { reference } }), chargeOf, reference),
    async refund({ reference, chargeId, amountMinor, currency, reason }) {
      const body = { reference, charge: chargeId, amount: wholeNumber(amountMinor), currency, reason };
      return outcomeOf(await client('POST', '/v1/refunds', { body, key: reference }), refundOf);
    },
    findRefund: async (reference) => soughtOf(await client('GET', '/v1/refunds', { query: { reference } }), refundOf, reference),
  };
}

function wholeNumber(minor: bigint): number {
  if (minor <= 0n || minor > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`not an amount that can be charged: ${minor}`);
  return Number(minor);
}

const maxPages = 10_000;

async function* pages(client: Client): AsyncGenerator<Mandate[]> {
  let after: string | undefined;
  for (let page = 0; page < maxPages; page++) {
    const reply = await client('GET', '/v1/mandates', { query: { limit: '100', ...(after && { after }) } });
    if (reply.verdict === 'unclear' || reply.status !== 200 || !Array.isArray(reply.body.data))
      throw new Error('the list of mandates could not be read');
    yield reply.body.data.flatMap((json) => mandateOf(json) ?? []);
    if (typeof reply.body.next !== 'string') return;
    after = reply.body.next;
  }
}

async function check(client: Client): Promise<CheckResult> {
  const reply = await client('GET', '/v1/account');
  if (reply.verdict === 'unclear') return { ok: false, facts: [], cause: reply.cause };
  if (reply.status !== 200)
    return {
      ok: false,
      facts: [],
      cause: {
        code: reply.status === 401 || reply.status === 403 ? 'key_refused' : 'request_refused',
        params: { code: String(reply.status), message: '' },
      },
    };
  const { name, test, currencies } = reply.body;
  return {
    ok: true,
    facts: [
      { label: 'account', value: String(name ?? '') },
      { label: 'test', value: test === true ? 'yes' : 'no' },
      { label: 'currencies', value: Array.isArray(currencies) ? currencies.join(', ') : '' },
    ],
  };
}

const noticeSchema = z.object({
  id: z.string().min(1).max(200),
  type: z.string().max(100),
  data: z.object({ object: z.enum(['mandate', 'charge', 'refund']), reference: z.string().min(1).max(200) }),
});
const noticeLimitBytes = 64 * 1024;

/** A notice is only a reason to look: who signed it right is told "taken", and the truth is read. */
export function receive(call: RawCall, context: Pick<ConnectionContext, 'secrets'>): CallVerdict {
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
  // Kinds of notices we have no use for are taken, so that the processor does not repeat them for days.
  if (!notice.success) {
    const id = (json as { id?: unknown } | null)?.id;
    return typeof id === 'string' && id.length <= 200 && id !== ''
      ? { verdict: 'accept', id }
      : { verdict: 'refuse', status: 422, reason: 'not readable' };
  }
  const { id, data } = notice.data;
  return { verdict: 'accept', id, nudge: { about: `${data.object}:${data.reference}` } };
}
