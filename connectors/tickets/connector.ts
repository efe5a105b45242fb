import type { CallVerdict, ConnectionContext, Connector, RawCall } from '../../src/contract/connector.ts';
import { cut } from '../../src/domain/cut.ts';
import { manifest } from './manifest.ts';
import { cancellationEvents, orderOf, refundEvent, type TicketSettings } from './mapper.ts';
import { verifiedId } from './signature.ts';
import { bodyLimitBytes, messageSchema, readJson } from './wire.ts';

/** Ticket shops: signed calls come in, nothing goes out. */
export const connector: Connector = {
  manifest,
  open: (context) => ({
    calls: { receive: (call) => receive(call, context) },
    async check() {
      const count = String(secretsOf(context).length);
      return {
        ok: count !== '0',
        facts: [
          { label: 'signing', value: count === '0' ? 'no' : 'yes' },
          { label: 'secrets', value: count },
        ],
      };
    },
  }),
};

/** Every secret whose name says so is valid: the current one, the previous one, and any more that were kept for a change-over. */
function secretsOf(context: ConnectionContext): string[] {
  return Object.entries(context.secrets).flatMap(([name, secret]) =>
    name.startsWith('signingSecret') && secret.reveal() ? [secret.reveal()] : [],
  );
}

/** Who cannot sign learns nothing but that; only a signed call is told what is wrong with it. */
function receive(call: RawCall, context: ConnectionContext): CallVerdict {
  if (call.body.length > bodyLimitBytes) return { verdict: 'refuse', status: 413, reason: 'too large' };
  const id = verifiedId(call, secretsOf(context));
  if (!id) return { verdict: 'refuse', status: 401, reason: 'not accepted' };
  const json = readJson(call.body);
  if (json === undefined) return { verdict: 'refuse', status: 400, reason: 'the body is no JSON object' };
  const message = messageSchema.safeParse(json);
  if (!message.success) {
    const issue = message.error.issues[0];
    return { verdict: 'refuse', status: 422, reason: cut(`${issue?.path.join('.') || 'type'}: ${issue?.message ?? 'not valid'}`, 300) };
  }
  const { type, data } = message.data;
  switch (type) {
    case 'sale.completed': {
      const order = orderOf(data, new TextDecoder().decode(call.body), settingsOf(context.settings));
      return { verdict: 'accept', id, orders: order ? [order] : [] };
    }
    case 'sale.refunded':
      return { verdict: 'accept', id, events: [refundEvent(data, settingsOf(context.settings))] };
    case 'event.cancelled':
      return { verdict: 'accept', id, events: cancellationEvents(data, settingsOf(context.settings)) };
  }
}

function settingsOf(settings: Record<string, unknown>): TicketSettings {
  const text = (key: string, otherwise: string) => (typeof settings[key] === 'string' && settings[key] !== '' ? settings[key] : otherwise);
  return {
    invoice: settings.invoice === 'request' ? 'request' : 'every',
    ticketRate: text('ticketRate', '27'),
    feeRate: text('feeRate', '27'),
    showHolders: settings.showHolders === true,
    zone: knownZone(text('zone', 'Europe/Budapest')),
  };
}

function knownZone(zone: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone;
  } catch {
    return 'Europe/Budapest';
  }
}
