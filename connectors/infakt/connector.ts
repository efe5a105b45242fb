import type { ConnectionContext, Connector, Session, Transfers } from '../../src/contract/connector.ts';
import { civilDay } from '../../src/domain/days/day.ts';
import { check, knownFacts, options } from './account.ts';
import { follow, mail, pay, pdf, report } from './after.ts';
import { taxSymbol } from './amounts.ts';
import { change, remove } from './change.ts';
import { openClient } from './client.ts';
import type { Desk } from './desk.ts';
import { find, read } from './find.ts';
import { send } from './make.ts';
import { manifest } from './manifest.ts';
import { zone } from './mapper.ts';
import { receiveNotice } from './notices.ts';
import { preflight } from './preflight.ts';
import { settingsOf } from './settings.ts';
import { look } from './tasks.ts';

/**
 * inFakt. There is no idempotency key: a repeated create is a second legal invoice. So one step makes one write and never two:
 *
 *   send: create → task (ticket) ──look──> task done → read the document → accepted
 *                                    └───> task failed → rejected (nothing was made)
 *   anything unclear about the create → find: the provider's own list is searched by our mark, then by the order, then by likeness
 *
 * Our mark travels as a second order number of the transaction terms, which inFakt gives back.
 */
export const connector: Connector = { manifest, open: (context) => openSession(context) };

function openSession(context: ConnectionContext): Session {
  const client = openClient(context);
  const desk: Desk = {
    client,
    context,
    settings: (request) => settingsOf(context.settings, request?.settings ?? {}),
    today: () => civilDay(context.now().toISOString(), zone),
    facts: () => knownFacts(context, client),
  };
  return {
    check: () => check(desk),
    transfers: transfersOf(desk),
    calls: { receive: (call) => receiveNotice(call, context.secrets.webhookSecret?.reveal().trim() ?? '') },
    lookups: { options: (list) => options(desk, list) },
  };
}

function transfersOf(desk: Desk): Transfers {
  return {
    preflight: (request) => preflight(request, desk.settings(request), desk.facts()),
    send: (request) => send(desk, request),
    find: (request) => find(desk, request),
    look: (ticket, request) => look(desk, ticket, request),
    read: (made, request) => read(desk, made, request),
    rateWord: taxSymbol,
    pdf: (made, request) => pdf(desk, made.providerId, desk.settings(request)),
    follow: (request) => follow(desk, request),
    report: (made) => report(desk, made.providerId),
    change: (made, request) => change(desk, made.providerId, request),
    remove: (made) => remove(desk, made.providerId),
    mail: (made, request) => mail(desk, made.providerId, request),
    pay: (made, payments) => pay(desk, made.providerId, payments),
  };
}
