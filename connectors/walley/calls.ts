import { createHash, timingSafeEqual } from 'node:crypto';
import type { CallVerdict, RawCall } from '../../src/contract/connector.ts';
import type { Secret } from '../../src/contract/secret.ts';
import { stateOfStatus } from './mapper.ts';

/**
 * Notices from outside: the anti-fraud answer as a GET with parameters (contract §7) and webhooks as JSON (§10). Both prove
 * themselves by Basic authentication, and both are only a reason to read the state.
 */
export function receive(call: RawCall, settings: { callbackUser: string }, password: Secret | undefined): CallVerdict {
  if (!proven(call.headers.authorization, settings.callbackUser, password))
    return { verdict: 'refuse', status: 401, reason: 'not accepted' };
  const query = byName<string>(call.query);
  const number = query.invoiceno;
  if (number !== undefined || call.body.length === 0) {
    const state = stateOfStatus(query.invoicestatus);
    if (!number || !/^[\w-]{1,50}$/.test(number) || query.invoicestatus === undefined || !state)
      return { verdict: 'refuse', status: 422, reason: 'InvoiceNo and InvoiceStatus are needed' };
    return { verdict: 'accept', id: `callback:${number}:${query.invoicestatus}`, status: 200, nudge: { claim: number, says: state } };
  }
  return webhook(call.body);
}

function webhook(body: Uint8Array): CallVerdict {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return { verdict: 'refuse', status: 422, reason: 'not JSON' };
  }
  const event = byName(parsed);
  const payload = byName(event.payload);
  const order = payload.orderid;
  if (typeof event.type !== 'string' || typeof order !== 'string' || !/^[\w-]{1,60}$/.test(order))
    return { verdict: 'refuse', status: 422, reason: 'Type and Payload.OrderId are needed' };
  // The same notice may come again: what it says is its name.
  const id = createHash('sha256').update(body).digest('hex').slice(0, 40);
  return { verdict: 'accept', id: `webhook:${id}`, nudge: { claim: order } };
}

/** The samples and the overview do not agree on the letter case of members. */
function byName<Member = unknown>(value: unknown): Record<string, Member | undefined> {
  if (!value || typeof value !== 'object') return {};
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name.toLowerCase(), member as Member]));
}

function proven(header: string | undefined, user: string, password: Secret | undefined): boolean {
  if (!user || !password) return false;
  const given = /^Basic\s+([A-Za-z0-9+/=]{1,600})$/i.exec(header ?? '')?.[1];
  if (!given) return false;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(Buffer.from(given, 'base64').toString('utf8')), digest(`${user}:${password.reveal()}`));
}
