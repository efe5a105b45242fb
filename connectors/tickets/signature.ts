import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RawCall } from '../../src/contract/connector.ts';

/**
 * Signed calls after the Standard Webhooks convention: HMAC-SHA256 over `id.timestamp.body` of the raw bytes, any of several
 * signatures against any of several secrets, so that a secret can be changed without losing a sale.
 */
const toleranceSeconds = 5 * 60;

/** `whsec_` and base64 is the convention; any other text counts as it is. */
function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret, 'utf8');
}

/** Headers for a body: what a shop sends, and what tests and the demo use. `at` is the moment of sending. */
export function sign(body: string | Uint8Array, secret: string, id: string, at: Date): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${digest(id, timestamp, body, keyOf(secret)).toString('base64')}`,
  };
}

function digest(id: string, timestamp: string, body: string | Uint8Array, key: Buffer): Buffer {
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
}

/** The id of a call that a holder of one of the secrets signed within the last five minutes; undefined for anything else. */
export function verifiedId(call: RawCall, secrets: string[]): string | undefined {
  const id = call.headers['webhook-id'];
  const timestamp = call.headers['webhook-timestamp'];
  const given = call.headers['webhook-signature'];
  if (!id || !timestamp || !given || !/^[\x21-\x7e]{1,200}$/.test(id) || !/^\d{1,12}$/.test(timestamp)) return undefined;
  const ageSeconds = call.receivedAt.getTime() / 1000 - Number(timestamp);
  if (Math.abs(ageSeconds) > toleranceSeconds) return undefined;
  const signatures = given
    .split(' ')
    .slice(0, 10)
    .flatMap((part) => (part.startsWith('v1,') ? [Buffer.from(part.slice(3), 'base64')] : []));
  const keys = secrets.map(keyOf).filter((key) => key.length > 0);
  const matches = keys.some((key) => {
    const expected = digest(id, timestamp, call.body, key);
    return signatures.some((signature) => signature.length === expected.length && timingSafeEqual(signature, expected));
  });
  return matches ? id : undefined;
}
