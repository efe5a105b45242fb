import type { CauseRef, FollowUp, Outcome, TransferRequest } from '../../src/contract/connector.ts';
import { cut } from '../../src/domain/cut.ts';
import type { Day } from '../../src/domain/days/day.ts';
import { type Decimal, fixed, rescale, scaled } from '../../src/domain/money/money.ts';
import { isKsefNumber } from '../../src/domain/regimes/pl/identifiers.ts';
import { type Family, familyAndUuid, type Held, heldOf, idOf, taskOf } from './answers.ts';
import { causeOfReply, refusedCause, unclearCause } from './causes.ts';
import { type Desk, dayMs, notSent } from './desk.ts';
import { wantsReport } from './mapper.ts';
import type { InfaktSettings } from './settings.ts';
import { nextLookMs, ticketOf } from './ticket.ts';

export async function pdf(desk: Desk, providerId: string, settings: InfaktSettings): Promise<Uint8Array | undefined> {
  const known = familyAndUuid(providerId);
  if (!known) return undefined;
  const query = { document_type: 'original', locale: settings.pdfLanguage };
  const reply = await desk.client.call('GET', `/${known.family}/${known.uuid}/pdf.json`, { query, bytes: true });
  if (reply.verdict !== 'done') return undefined;
  return new TextDecoder('latin1').decode(reply.bytes.subarray(0, 5)) === '%PDF-' ? reply.bytes : undefined;
}

export function follow(desk: Desk, request: TransferRequest): FollowUp[] {
  const settings = desk.settings(request);
  return [
    ...(wantsReport(request, settings) ? (['report'] as const) : []),
    ...(settings.mailBy === 'provider' && request.content.buyer.email ? (['mail'] as const) : []),
  ];
}

export async function mail(desk: Desk, providerId: string, request: TransferRequest): Promise<Outcome> {
  const known = familyAndUuid(providerId);
  const recipient = request.content.buyer.email?.trim();
  if (!known || !recipient) return { outcome: 'rejected', cause: { code: 'infakt.no_email', params: { message: '–' } } };
  const body = { print_type: 'original', locale: desk.settings(request).pdfLanguage, recipient, send_copy: false };
  const reply = await desk.client.call('POST', `/${known.family}/${known.uuid}/deliver_via_email.json`, { body });
  if (reply.verdict === 'done') return { outcome: 'accepted', made: { providerId } };
  return { outcome: reply.verdict === 'unclear' ? 'unknown' : 'rejected', cause: causeOfReply(reply) };
}

/** Marks as paid, which inFakt knows as a whole only; repeating it is harmless over there. The day may not lie before the day of issue. */
export async function pay(desk: Desk, providerId: string, payments: { day: Day; amount: Decimal }[]): Promise<Outcome> {
  const known = familyAndUuid(providerId);
  const day = payments
    .map((payment) => payment.day)
    .sort()
    .at(-1);
  if (!known || !day) return { outcome: 'rejected', cause: { code: 'infakt.pay_refused', params: { message: '–' } } };
  const reply = await desk.client.call('GET', `/${known.family}/${known.uuid}.json`);
  const held = reply.verdict === 'done' ? heldOf(known.family, reply.json) : undefined;
  if (!held) return notSent(reply);
  if (held.paidOn) return { outcome: 'accepted', made: { providerId, paidOn: held.paidOn } };
  const paid = payments.reduce((sum, { amount }) => sum + rescale(scaled(amount), 2), 0n);
  if (held.gross !== undefined && paid < held.gross) {
    const of = (minor: bigint) => `${fixed({ value: minor, scale: 2 }, 2)} ${held.currency ?? ''}`.trim();
    return { outcome: 'rejected', cause: { code: 'infakt.pay_part', params: { paid: of(paid), gross: of(held.gross) } } };
  }
  const paidDate = held.day && day < held.day ? held.day : day;
  const asked = await desk.client.call('POST', `/async/${known.family}/${known.uuid}/paid.json`, {
    body: { paid_date: paidDate },
    asks: true,
  });
  if (asked.verdict !== 'done') return { outcome: asked.verdict === 'unclear' ? 'unknown' : 'rejected', cause: causeOfReply(asked) };
  const task = taskOf(asked.json);
  if (!task) return { outcome: 'accepted', made: { providerId, paidOn: paidDate } };
  return { outcome: 'pending', lookAgainMs: 1_500, ticket: ticketOf('paid', task.reference, known.family, desk.context.now()) };
}

/**
 * Reporting through inFakt. What it reported already is read first: a second sending is refused there and proves nothing. After a
 * refusal by the authority the same document is sent again, never a new one.
 */
export async function report(desk: Desk, providerId: string): Promise<Outcome> {
  const known = familyAndUuid(providerId);
  if (!known) return { outcome: 'rejected', cause: { code: 'infakt.not_found', params: { message: providerId } } };
  const reply = await desk.client.call('GET', `/${known.family}/${known.uuid}.json`);
  const held = reply.verdict === 'done' ? heldOf(known.family, reply.json) : undefined;
  if (!held) return notSent(reply);
  if (held.ksef && held.ksef.status !== 'error') return reported(desk, known.family, known.uuid, held.ksef, desk.context.now());
  const sent = await desk.client.call('POST', `/ksef2/documents/${known.uuid}/send.json`, { asks: true });
  if (sent.verdict === 'unclear') return { outcome: 'unknown', cause: unclearCause(sent) };
  if (sent.verdict === 'done')
    return { outcome: 'pending', lookAgainMs: 30_000, ticket: ticketOf('ksef', known.uuid, known.family, desk.context.now()) };
  if (sent.status !== 422) return { outcome: 'rejected', cause: refusedCause(sent) };
  // Refused because it was sent already, or because nothing is connected: its state tells which.
  const state = await ksefState(desk, known.uuid);
  if (state) return reported(desk, known.family, known.uuid, state, desk.context.now());
  const message = sent.faults.map((f) => f.text).join('; ') || '–';
  return { outcome: 'rejected', cause: { code: 'infakt.ksef_not_connected', params: { message }, providerCode: '422' } };
}

async function ksefState(desk: Desk, uuid: string): Promise<Held['ksef']> {
  const reply = await desk.client.call('GET', `/ksef2/documents/${uuid}/status.json`);
  const json = reply.verdict === 'done' ? (reply.json as Record<string, unknown>) : undefined;
  if (typeof json?.status !== 'string' || json.status === '') return undefined;
  return {
    status: json.status,
    description: typeof json.status_description === 'string' ? json.status_description : '',
    ...(typeof json.ksef_number === 'string' && json.ksef_number && { number: json.ksef_number }),
  };
}

export async function lookReported(desk: Desk, family: Family, uuid: string, since: Date): Promise<Outcome> {
  const state = await ksefState(desk, uuid);
  return reported(desk, family, uuid, state ?? { status: 'sent', description: '' }, since);
}

function reported(desk: Desk, family: Family, uuid: string, state: NonNullable<Held['ksef']>, since: Date): Outcome {
  if (state.status === 'success' && state.number) {
    const made = { providerId: idOf(family, uuid), clearance: { system: 'KSeF', number: state.number } };
    // Numbers of the provider's own examples do not pass the check: it is told, never refused.
    const odd: CauseRef = { code: 'infakt.ksef_number_odd', params: { number: state.number } };
    return { outcome: 'accepted', made, ...(!isKsefNumber(state.number) && { warnings: [odd] }) };
  }
  if (state.status === 'error')
    return { outcome: 'rejected', cause: { code: 'infakt.ksef_refused', params: { message: cut(state.description, 300) || '–' } } };
  const waitedMs = desk.context.now().getTime() - since.getTime();
  if (waitedMs > 3 * dayMs) return { outcome: 'unknown', cause: { code: 'infakt.task_stuck', params: { message: 'KSeF' } } };
  return { outcome: 'pending', lookAgainMs: Math.max(30_000, nextLookMs(waitedMs)), ticket: ticketOf('ksef', uuid, family, since) };
}
