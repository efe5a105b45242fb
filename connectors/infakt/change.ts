import type { Outcome, TransferRequest } from '../../src/contract/connector.ts';
import { pdf } from './after.ts';
import { familyAndUuid, heldOf, idOf, madeOf } from './answers.ts';
import { causeOfReply, refusedCause, unclearCause } from './causes.ts';
import { causeOfFindings, causeOfLost, type Desk, notSent } from './desk.ts';
import { wanted } from './make.ts';
import { preflight } from './preflight.ts';

/**
 * After the authority refused it, the same document is put right and never a second one made (contract §11). Only what differs is sent,
 * lines only where one of them does; then it is read, for a field that is not taken is dropped there without a word.
 */
export async function change(desk: Desk, providerId: string, request: TransferRequest): Promise<Outcome> {
  const settings = desk.settings(request);
  const holds = preflight(request, settings, desk.facts()).filter((finding) => finding.level === 'hold');
  if (holds[0]) return { outcome: 'rejected', cause: causeOfFindings(holds) };
  const known = familyAndUuid(providerId);
  if (!known) return { outcome: 'rejected', cause: { code: 'infakt.not_found', params: { message: providerId } } };
  const path = `/${known.family}/${known.uuid}.json`;
  const before = await desk.client.call('GET', path);
  const held = before.verdict === 'done' ? heldOf(known.family, before.json) : undefined;
  if (!held) return notSent(before);
  const asked = await wanted(desk, request, settings);
  if ('outcome' in asked) return asked;
  const [[wrapper, fields]] = Object.entries(asked.body) as [[string, Record<string, unknown>]];
  const changes = differing(fields, (before as { json: Record<string, unknown> }).json);
  if (Object.keys(changes).length > 0) {
    const put = await desk.client.call('PUT', path, { body: { [wrapper]: changes }, asks: true });
    if (put.verdict === 'refused') return { outcome: 'rejected', cause: refusedCause(put) };
    if (put.verdict === 'unclear') return { outcome: 'unknown', cause: unclearCause(put) };
  }
  const after = await desk.client.call('GET', path);
  const now = after.verdict === 'done' ? heldOf(known.family, after.json) : undefined;
  if (!now) return { outcome: 'unknown', cause: causeOfLost(after) };
  const left = Object.keys(differing(changes, (after as { json: Record<string, unknown> }).json)).filter((name) => readBack.test(name));
  if (left.length > 0)
    return {
      outcome: 'rejected',
      cause: { code: 'infakt.change_ignored', params: { number: now.number ?? now.uuid, fields: left.join(', ') } },
    };
  const bytes = await pdf(desk, idOf(known.family, known.uuid), settings);
  return { outcome: 'accepted', made: { ...madeOf(now), ...(bytes && { pdf: bytes }) } };
}

/** Fields that are read back as they were written; the others are words of the request only. */
const readBack = /^(services|notes|payment_method|client_(company_name|first_name|last_name|tax_code|street|city|post_code))$/;
/** Parts of a buyer that another one may lack: what is not sent stays as it was. */
const partsOfBuyer = ['company_name', 'first_name', 'last_name', 'tax_code', 'street_number', 'flat_number', 'email'];
/** Ours and unchanging, or said for the making only. */
const onlyForMaking = new Set(['transaction_terms', 'check_duplicate_number', 'kind', 'status', 'number']);

/** Fields of a request that the document as it was read does not have that way; of a buyer all, so that nothing of another one is left. */
export function differing(fields: Record<string, unknown>, held: Record<string, unknown>): Record<string, unknown> {
  const word = (value: unknown) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? ''));
  const inline = 'client_city' in fields;
  const whole: Record<string, unknown> = {
    ...(inline && Object.fromEntries(partsOfBuyer.map((part) => [`client_${part}`, '']))),
    ...fields,
  };
  const differs = (name: string) => (name === 'services' ? !alike(whole.services, held.services) : word(whole[name]) !== word(held[name]));
  const names = Object.keys(whole).filter((name) => !onlyForMaking.has(name) && differs(name));
  const buyer = names.some((name) => name.startsWith('client_'));
  return Object.fromEntries(
    Object.entries(whole).filter(([name]) => names.includes(name) || (buyer && inline && name.startsWith('client_'))),
  );

  function alike(sent: unknown, there: unknown): boolean {
    if (!Array.isArray(sent) || !Array.isArray(there) || sent.length !== there.length) return false;
    return sent.every((row, i) => Object.entries(row).every(([name, value]) => word(value) === word(there[i]?.[name])));
  }
}

/** Deletes a proforma; anything else that stands under the id stays, whatever we believe it to be. One that is gone is deleted. */
export async function remove(desk: Desk, providerId: string): Promise<Outcome> {
  const known = familyAndUuid(providerId);
  if (!known) return { outcome: 'rejected', cause: { code: 'infakt.not_found', params: { message: providerId } } };
  const path = `/${known.family}/${known.uuid}.json`;
  const reply = await desk.client.call('GET', path);
  if (reply.verdict === 'refused' && reply.status === 404) return { outcome: 'accepted', made: { providerId } };
  const held = reply.verdict === 'done' ? heldOf(known.family, reply.json) : undefined;
  if (!held) return notSent(reply);
  if (held.kind !== 'proforma')
    return {
      outcome: 'rejected',
      cause: { code: 'infakt.not_removable', params: { number: held.number ?? held.uuid, kind: held.kind ?? '?' } },
    };
  const gone = await desk.client.call('DELETE', path, { asks: true });
  if (gone.verdict === 'done' || (gone.verdict === 'refused' && gone.status === 404)) return { outcome: 'accepted', made: { providerId } };
  return { outcome: gone.verdict === 'unclear' ? 'unknown' : 'rejected', cause: causeOfReply(gone) };
}
