import type { CauseRef, ConnectionContext, Outcome, TransferRequest } from '../../src/contract/connector.ts';
import type { Day } from '../../src/domain/days/day.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { wantedGross } from './amounts.ts';
import { families, fromHundredths, type Held } from './answers.ts';
import { causeOfReply, refusedCause } from './causes.ts';
import type { Client, Reply } from './client.ts';
import type { AccountFacts } from './mapper.ts';
import type { InfaktSettings } from './settings.ts';

export type Desk = {
  client: Client;
  context: ConnectionContext;
  settings(request?: Pick<TransferRequest, 'settings'>): InfaktSettings;
  today(): Day;
  facts(): AccountFacts;
};

export const minuteMs = 60_000;
export const dayMs = 24 * 60 * minuteMs;

/** A question that had to be answered first was not: the document has not left the house. */
export function notSent(reply: Reply): Outcome {
  if (reply.verdict === 'refused') return { outcome: 'rejected', cause: refusedCause(reply) };
  const message = reply.verdict === 'unclear' ? reply.text || '–' : 'unreadable answer';
  return { outcome: 'rejected', cause: { code: 'infakt.unavailable', params: { message } } };
}

/** The key was revoked, the plan ran out: the connection stops; what is on its way over there stays on its way here. */
export function stopsConnection(reply: Reply): Outcome | undefined {
  return reply.verdict === 'refused' && [401, 402, 403].includes(reply.status)
    ? { outcome: 'rejected', cause: refusedCause(reply) }
    : undefined;
}

export function causeOfLost(reply: Reply): CauseRef {
  return reply.verdict === 'done' ? { code: 'infakt.page_instead', params: { message: '–' } } : causeOfReply(reply);
}

/** Something was made, but not this: kind or currency differ. A gross that differs is told by the core, which knows both. */
export function mismatch(held: Held, request: TransferRequest): CauseRef | undefined {
  const wanted = request.kind === 'proforma' ? 'proforma' : families[held.family].kind;
  const kindFits = held.kind === undefined || held.kind === wanted;
  const currencyFits = held.currency === undefined || held.currency === request.content.currency;
  return kindFits && currencyFits ? undefined : otherDocument(held, request);
}

export function otherDocument(held: Held, request: TransferRequest): CauseRef {
  const gross = held.gross === undefined ? '?' : fromHundredths(held.gross);
  return {
    code: 'infakt.other_document',
    params: {
      found: `${held.number ?? held.uuid} (${held.kind ?? '?'})`,
      gross: `${gross} ${held.currency ?? ''}`.trim(),
      wanted: `${wantedGross(request.content)} ${request.content.currency}`,
    },
  };
}

export function causeOfFindings(holds: Finding[]): CauseRef {
  const [first, ...also] = holds.map(({ code, params, where }) => ({ code, params, where }));
  return { ...first!, ...(also.length > 0 && { also }) };
}
