import type { Outcome, TransferRequest } from '../../src/contract/connector.ts';
import { learnAfter, learnDaily } from './account.ts';
import { lookReported, pdf } from './after.ts';
import { type Family, heldOf, idOf, madeOf, taskOf, taskState } from './answers.ts';
import { faultCause } from './causes.ts';
import { faultsOf } from './client.ts';
import { causeOfLost, type Desk, dayMs, minuteMs, mismatch, stopsConnection } from './desk.ts';
import { nextLookMs, ticketFrom, ticketOf } from './ticket.ts';

export async function look(desk: Desk, ticket: string, request: TransferRequest): Promise<Outcome> {
  const waiting = ticketFrom(ticket);
  if (!waiting) return { outcome: 'unknown', cause: { code: 'infakt.task_lost', params: { message: '–' } } };
  if (waiting.kind === 'made') return readMade(desk, waiting.family, waiting.reference, waiting.since, request);
  if (waiting.kind === 'ksef') return lookReported(desk, waiting.family, waiting.reference, waiting.since);
  return lookTask(desk, ticket, waiting, request);
}

async function lookTask(
  desk: Desk,
  ticket: string,
  waiting: NonNullable<ReturnType<typeof ticketFrom>>,
  request: TransferRequest,
): Promise<Outcome> {
  const { family, reference, since, kind } = waiting;
  const waitedMs = desk.context.now().getTime() - since.getTime();
  const again: Outcome = { outcome: 'pending', lookAgainMs: nextLookMs(waitedMs), ticket };
  const reply = await desk.client.call('GET', `/async/${family}/status/${reference}.json`);
  if (reply.verdict === 'refused' && reply.status === 404)
    return { outcome: 'unknown', cause: { code: 'infakt.task_lost', params: { message: reply.faults[0]?.text ?? '–' } } };
  const stopped = stopsConnection(reply);
  if (stopped) return stopped;
  const task = reply.verdict === 'done' ? taskOf(reply.json) : undefined;
  const state = task ? taskState(task.code) : 'pending';
  // A question that failed says nothing about the task.
  if (!task || state === 'pending') {
    if (waitedMs < dayMs) return task ? again : { ...again, lookAgainMs: Math.max(again.lookAgainMs, 30_000) };
    return { outcome: 'unknown', cause: { code: 'infakt.task_stuck', params: { message: task?.description || reference } } };
  }
  if (state === 'failed') {
    const faults = faultsOf(reply.verdict === 'done' ? reply.json : undefined);
    const cause = faultCause(faults, String(task.code));
    if (kind === 'paid') return { outcome: 'rejected', cause: { ...cause, code: 'infakt.pay_refused', also: undefined } };
    await learnAfter(desk, cause);
    return { outcome: 'rejected', cause };
  }
  if (kind === 'paid') return { outcome: 'accepted', made: { providerId: idOf(family, task.uuid ?? ''), paidOn: desk.today() } };
  // Done without a document: the family asked for is no proof of what was made.
  if (state !== 'done' || !task.uuid)
    return { outcome: 'unknown', cause: { code: 'infakt.task_lost', params: { message: String(task.code) } } };
  return readMade(desk, family, task.uuid, desk.context.now(), request);
}

/** The document that the task made, believed only when it is what was asked for; a number may come a little later. */
async function readMade(desk: Desk, family: Family, uuid: string, since: Date, request: TransferRequest): Promise<Outcome> {
  const waitedMs = desk.context.now().getTime() - since.getTime();
  const again: Outcome = { outcome: 'pending', lookAgainMs: nextLookMs(waitedMs), ticket: ticketOf('made', uuid, family, since) };
  const reply = await desk.client.call('GET', `/${family}/${uuid}.json`);
  const stopped = stopsConnection(reply);
  if (stopped) return { ...again, lookAgainMs: 15 * minuteMs };
  const held = reply.verdict === 'done' ? heldOf(family, reply.json) : undefined;
  if (!held?.number) {
    if (waitedMs < dayMs) return again;
    return { outcome: 'unknown', cause: held ? { code: 'infakt.task_stuck', params: { message: 'no number' } } : causeOfLost(reply) };
  }
  const wrong = mismatch(held, request);
  if (wrong) return { outcome: 'unknown', cause: wrong };
  await learnDaily(desk);
  const bytes = await pdf(desk, idOf(family, uuid), desk.settings(request));
  return { outcome: 'accepted', made: { ...madeOf(held), ...(bytes && { pdf: bytes }) } };
}
