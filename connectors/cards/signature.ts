import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RawCall } from '../../src/contract/connector.ts';

/** Signed notices (PROTOCOL.md): `Card-Signature: t=…,v1=…` over the raw bytes, five minutes of tolerance (BILLING §5). */
const toleranceSeconds = 5 * 60;
const signatureHeader = 'card-signature';

export function signatureOf(body: string | Uint8Array, secret: string, atSeconds: number): string {
  return `t=${atSeconds},v1=${digest(body, secret, String(atSeconds)).toString('hex')}`;
}

function digest(body: string | Uint8Array, secret: string, at: string): Buffer {
  return createHmac('sha256', secret).update(`${at}.`).update(body).digest();
}

/** True when one of the signatures is made with the secret within the last five minutes. */
export function isSigned(call: Pick<RawCall, 'headers' | 'body' | 'receivedAt'>, secret: string): boolean {
  const given = call.headers[signatureHeader];
  if (!given || given.length > 2000 || secret === '') return false;
  const parts = given
    .split(',')
    .slice(0, 10)
    .map((part) => part.trim().split('=', 2));
  const at = parts.find(([name]) => name === 't')?.[1] ?? '';
  if (!/^\d{1,12}$/.test(at) || Math.abs(call.receivedAt.getTime() / 1000 - Number(at)) > toleranceSeconds) return false;
  const expected = digest(call.body, secret, at);
  return parts.some(([name, value]) => {
    if (name !== 'v1' || !/^[0-9a-f]{64}$/i.test(value ?? '')) return false;
    return timingSafeEqual(Buffer.from(value!, 'hex'), expected);
  });
}
