import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { CallVerdict, Nudge, RawCall } from '../../src/contract/connector.ts';
import { cut } from '../../src/domain/cut.ts';
import { type Family, families, idOf } from './answers.ts';

/**
 * Notices of inFakt (contract §13). The signature is the HMAC-SHA256 of the raw bytes; a notice is only a reason to read again, so its
 * content decides nothing. Names of some events are not known: what a notice is about is told by its shape.
 */
const limitBytes = 256 * 1024;
const codeLimit = 256;

export function receiveNotice(call: RawCall, secret: string): CallVerdict {
  if (call.body.length > limitBytes) return { verdict: 'refuse', status: 413, reason: 'too large' };
  const given = call.headers['x-infakt-signature'];
  const json = objectOf(call.body);
  const code = json?.verification_code;
  // The question whether the address is ours: its answer proves nothing and reveals nothing, so it is given to whoever asks.
  if (json && !('event' in json) && typeof code === 'string' && code.length <= codeLimit) {
    const judged = !given || !secret ? 'unknown' : matches(call.body, secret, given) ? 'right' : 'wrong';
    return { verdict: 'answer', body: { verification_code: code }, secret: judged };
  }
  if (!secret || !given || !matches(call.body, secret, given)) return { verdict: 'refuse', status: 401, reason: 'not accepted' };
  if (!json) return { verdict: 'refuse', status: 400, reason: 'the body is no JSON object' };
  const event = record(json.event);
  const uuid = text(event?.uuid);
  const id = uuid && uuid.length <= 100 ? uuid : createHash('sha256').update(call.body).digest('hex');
  const nudge = nudgeOf(record(json.resource) ?? {});
  return { verdict: 'accept', id, status: 200, event: cut(text(event?.name) ?? '', 80), ...(nudge && { nudge }) };
}

/** A task before its document, a report before the document it is about; ids that fit no pattern of theirs are not looked for. */
function nudgeOf(resource: Record<string, unknown>): Nudge | undefined {
  const reference = idText(resource.invoice_task_reference_number);
  if (reference) return { ticket: reference };
  const uuid = idText(resource.invoice_uuid) ?? idText(resource.uuid);
  // It does not say which family it is of.
  return uuid ? { providerIds: (Object.keys(families) as Family[]).map((family) => idOf(family, uuid)) } : undefined;
}

/** In constant time over the raw bytes; upper case and a `sha256=` prefix have been seen. */
function matches(body: Uint8Array, secret: string, given: string): boolean {
  const expected = createHmac('sha256', secret).update(body).digest();
  const hex = given.trim().replace(/^sha256=/i, '');
  if (!/^[0-9a-f]{64}$/i.test(hex)) return false;
  return timingSafeEqual(expected, Buffer.from(hex, 'hex'));
}

function objectOf(body: Uint8Array): Record<string, unknown> | undefined {
  try {
    return record(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)));
  } catch {
    return undefined;
  }
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function idText(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w-]{1,80}$/.test(value) ? value : undefined;
}
