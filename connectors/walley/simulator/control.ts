import type { SimRequest } from '../../../src/testkit/simulator.ts';
import { plain, readHundredths } from './amounts.ts';
import { plusDays, withOffset } from './clock.ts';
import type { Config } from './config.ts';
import { faultCodes } from './faults.ts';
import { adjustedOf, orderStatus, type Part, statusCodes, totalOf } from './ledger.ts';
import { controlPage } from './page.ts';
import { operationNames } from './profiles.ts';
import { json, type Reply } from './replies.ts';
import { restTargets } from './rest.ts';
import { type FaultMode, faultModes, notificationModes, type Simulation } from './simulation.ts';

class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Fields = Record<string, unknown>;
type Route = {
  method: string;
  path: RegExp;
  run: (sim: Simulation, found: string[], fields: Fields, request: SimRequest) => Reply | Promise<Reply>;
};

const done: Reply = { status: 204, type: '', headers: {}, body: '' };

/** Contract 16.2, and under the names all simulators share: state, faults, clock. */
const routes: Route[] = [
  { method: 'GET', path: /^$/, run: page },
  { method: 'GET', path: /^state$/, run: (sim) => json(200, stateOf(sim)) },
  { method: 'POST', path: /^reset$/, run: reset },
  { method: 'GET', path: /^config$/, run: (sim) => json(200, shown(sim.config)) },
  { method: 'PUT', path: /^config$/, run: putConfig },
  { method: 'PATCH', path: /^state$/, run: putConfig },
  { method: 'GET', path: /^clock$/, run: (sim) => json(200, { now: withOffset(sim.clock.now()) }) },
  { method: 'POST', path: /^clock(?:\/advance)?$/, run: advance },
  {
    method: 'GET',
    path: /^invoices$/,
    run: (sim) =>
      json(
        200,
        sim.ledger.parts().map((part) => invoiceView(part)),
      ),
  },
  { method: 'GET', path: /^invoices\/([^/]+)$/, run: (sim, [number]) => json(200, invoiceView(partOf(sim, number))) },
  { method: 'POST', path: /^invoices\/([^/]+)\/status$/, run: force },
  { method: 'GET', path: /^faults$/, run: (sim) => json(200, sim.faults) },
  { method: 'POST', path: /^(?:inject|faults)$/, run: inject },
  { method: 'POST', path: /^faults\/refuse$/, run: (sim, found, { code }) => inject(sim, found, { target: '*', mode: 'fault', code }) },
  {
    method: 'DELETE',
    path: /^faults$/,
    run: (sim) => {
      sim.faults = [];
      return done;
    },
  },
  { method: 'PUT', path: /^callback$/, run: putCallback },
  { method: 'PUT', path: /^webhook$/, run: putWebhook },
  { method: 'GET', path: /^requests$/, run: (sim) => json(200, sim.log) },
  { method: 'GET', path: /^notifications$/, run: (sim) => json(200, sim.notifier.listed()) },
];

export async function answerControl(sim: Simulation, request: SimRequest): Promise<Reply> {
  const rest = request.path.replace(/^\/__sim\/?/, '').replace(/\/$/, '');
  for (const route of routes) {
    const found = route.method === request.method ? route.path.exec(rest) : null;
    if (!found) continue;
    try {
      return await route.run(sim, found.slice(1).map(decodeURIComponent), fieldsOf(request), request);
    } catch (error) {
      if (error instanceof Refused) return json(error.status, { error: error.message });
      throw error;
    }
  }
  return json(404, { error: `no such control: ${request.method} ${request.path}` });
}

function fieldsOf(request: SimRequest): Fields {
  if (request.body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(request.body.toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  } catch {
    throw new Refused(400, 'the body is not JSON');
  }
  throw new Refused(400, 'the body is not a JSON object');
}

function partOf(sim: Simulation, invoiceNo: string | undefined): Part {
  sim.settle();
  const part = sim.ledger.part(invoiceNo ?? '');
  if (!part) throw new Refused(404, `no invoice ${invoiceNo}`);
  return part;
}

function reset(sim: Simulation, _: string[], { now }: Fields): Reply {
  if (now !== undefined && (typeof now !== 'string' || Number.isNaN(Date.parse(now)))) throw new Refused(400, 'now is not an instant');
  sim.reset(now);
  return done;
}

async function advance(sim: Simulation, _: string[], fields: Fields): Promise<Reply> {
  const part = (name: string) => {
    const value = Number(fields[name] ?? 0);
    if (!Number.isFinite(value) || value < 0) throw new Refused(400, `${name} is not a number from 0 up`);
    return value;
  };
  const seconds = (part('hours') * 60 + part('minutes')) * 60 + part('seconds');
  const days = part('days');
  if (!Number.isInteger(days)) throw new Refused(400, 'days is not a whole number');
  // Days keep the time of day in Stockholm.
  await sim.advanceTo(plusDays(sim.clock.now(), days) + seconds * 1000);
  return json(200, { now: withOffset(sim.clock.now()) });
}

const isCount = (value: unknown) => Number.isInteger(value) && Number(value) >= 0;
const isText = (value: unknown) => typeof value === 'string';
const isNumbers = (value: unknown) => Array.isArray(value) && value.every((item) => Number.isInteger(item));
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);
const isAmount = (value: unknown) => isText(value) && readHundredths(String(value)) !== undefined;

/** What is not listed is refused, so that a misspelt setting does not pass unseen. */
const settingChecks: { [name in keyof Config]: (value: unknown) => boolean } = {
  pendingDays: isCount,
  dueDays: isCount,
  extendDays: isCount,
  lowestAmountFloor: isAmount,
  maxCreditAmount: isAmount,
  nextInvoiceNo: isCount,
  strictOrder: (value) => typeof value === 'boolean',
  callbackDelayMs: isCount,
  restLagMs: isCount,
  pdfLagMs: isCount,
  tokenLifeSeconds: isCount,
  credentials: (value) => typeof value === 'object' && value !== null && Object.values(value).every(isText),
  stores: (value) =>
    Array.isArray(value) &&
    value.every(
      (store) =>
        Number.isInteger(store?.storeId) && isText(store.countryCode) && isText(store.currency) && /^B2[BC]$/.test(String(store.segment)),
    ),
  invoiceTypes: isNumbers,
  inactiveProductCodes: isTexts,
  emailNotAllowedTypes: isNumbers,
  mailNotAllowedTypes: isNumbers,
  loweringOnlyCountries: isTexts,
};

function putConfig(sim: Simulation, _: string[], fields: Fields): Reply {
  for (const [name, value] of Object.entries(fields)) {
    const check = settingChecks[name as keyof Config];
    if (!check) throw new Refused(400, `no setting ${name}`);
    if (!check(value)) throw new Refused(400, `bad value for ${name}`);
  }
  const { credentials, ...others } = fields as Partial<Config>;
  Object.assign(sim.config, others);
  Object.assign(sim.config.credentials, credentials);
  return json(200, sim.config);
}

/** The page is open to whoever can reach the port; the secret is shown only to the one who sets it. */
const shown = (config: Config) => ({ ...config, credentials: { ...config.credentials, password: '***', clientSecret: '***' } });

function force(sim: Simulation, [number]: string[], { status }: Fields): Reply {
  const part = partOf(sim, number);
  const from = statusCodes[part.state];
  if (status === 5 && from === 0) sim.decide(part, false);
  else if (status === 1 && [0, 6, 7].includes(from)) sim.decide(part, true);
  else throw new Refused(409, `from ${from} to ${String(status)} is not a move of the provider`);
  return done;
}

const targets = new Set<string>(['*', ...operationNames, ...restTargets, 'callback', 'webhook']);
const restCodes = [
  'CAPTURE_ORDER_ALREADY_CAPTURED',
  'ORDER_ALREADY_CAPTURED',
  'INVALID_ORDER_STATUS',
  'REFUND_AMOUNT_TOO_HIGH',
  'MATCHING_ARTICLES_WITH_DIFFERENT_VAT',
];

function inject(sim: Simulation, _: string[], { target, action, on, mode, code, ms, times, skip }: Fields): Reply {
  const wanted = String(target ?? action ?? on ?? '*');
  if (!faultModes.includes(mode as FaultMode)) throw new Refused(400, `mode must be one of ${faultModes.join(', ')}`);
  if (!targets.has(wanted)) throw new Refused(400, `target must be one of ${[...targets].join(', ')}`);
  const ofNotice = wanted === 'callback' || wanted === 'webhook';
  if (ofNotice !== notificationModes.includes(mode as FaultMode)) {
    throw new Refused(400, `${notificationModes.join(', ')} befall callback and webhook, the other modes befall calls`);
  }
  if (code !== undefined && code !== null && !faultCodes.includes(String(code)) && !/^(?:\d{3}|[A-Z][A-Za-z_]+)$/.test(String(code))) {
    throw new Refused(400, `code is a code of the catalogue, ${restCodes.join(', ')}, or an HTTP status`);
  }
  sim.faults.push({
    target: wanted,
    mode: mode as FaultMode,
    code: code === undefined || code === null ? undefined : String(code),
    ms: Math.max(0, Number(ms ?? 0) || 0),
    times: Math.max(1, Number(times ?? 1) || 1),
    skip: Math.max(0, Number(skip ?? 0) || 0),
  });
  return done;
}

function addressIn({ url }: Fields): string {
  if (typeof url !== 'string' || !URL.canParse(url)) throw new Refused(400, 'url is not an address');
  return url;
}

function putCallback(sim: Simulation, _: string[], fields: Fields): Reply {
  sim.notifier.callbackTarget =
    fields.url === null
      ? undefined
      : { url: addressIn(fields), username: String(fields.username ?? ''), password: String(fields.password ?? '') };
  return done;
}

function putWebhook(sim: Simulation, _: string[], fields: Fields): Reply {
  const { url, events, username, password, secret } = fields;
  if (events !== undefined && !isTexts(events)) throw new Refused(400, 'events is a list of types; empty means all');
  sim.notifier.webhookTarget =
    url === null
      ? undefined
      : {
          url: addressIn(fields),
          events: (events as string[] | undefined) ?? [],
          ...(isText(username) ? { username: String(username), password: String(password ?? '') } : {}),
          ...(isText(secret) ? { secret: String(secret) } : {}),
        };
  return done;
}

function invoiceView(part: Part) {
  const { purchase } = part;
  const active = part.state === 'Activated';
  return {
    invoiceNo: part.invoiceNo,
    aliases: part.aliases,
    orderId: purchase.orderId,
    orderNo: purchase.reference ?? null,
    storeId: purchase.store.storeId,
    state: part.credited ? 'Credited' : part.state,
    statusCode: statusCodes[part.state],
    orderStatus: orderStatus(purchase),
    rows: part.rows.map((row) => ({
      articleId: row.articleId,
      description: row.description,
      quantity: Number(row.quantity),
      activated: active ? Number(row.quantity) : 0,
      credited: Number(row.credited),
      unitPrice: plain(row.unitPrice),
      vat: plain(row.vat),
    })),
    total: plain(totalOf(part)),
    creditedTotal: plain(part.credits),
    adjustedTotal: plain(adjustedOf(part)),
    dueDate: part.dueDate ? `${part.dueDate}T00:00:00` : null,
    expiresAt: withOffset(purchase.expiresAt),
    extended: part.extended,
    paymentReference: part.paymentReference,
    parent: part.parent ?? null,
    children: part.children,
    sendings: part.sendings.map(({ at, method, email, document }) => ({ at: withOffset(at), method, email: email ?? null, document })),
  };
}

function stateOf(sim: Simulation) {
  sim.settle();
  return {
    now: withOffset(sim.clock.now()),
    invoices: sim.ledger.parts().map((part) => invoiceView(part)),
    faults: sim.faults,
    callback: sim.notifier.callbackTarget?.url ?? null,
    webhook: sim.notifier.webhookTarget?.url ?? null,
    notifications: sim.notifier.notices.length,
    requests: sim.log.length,
  };
}

function page(sim: Simulation, _: string[], __: Fields, request: SimRequest): Reply {
  const language = request.query.get('lang') ?? request.headers['accept-language'] ?? '';
  return { status: 200, type: 'text/html; charset=utf-8', headers: {}, body: controlPage(sim, stateOf(sim), language) };
}

export type StateView = ReturnType<typeof stateOf>;
