import type { SimRequest } from '../../../src/testkit/simulator.ts';
import { faultTargets } from './agent.ts';
import { plain, readDouble, rounded } from './amounts.ts';
import { AgentError } from './errors.ts';
import { checkReversible, reverse } from './issue.ts';
import { controlPage } from './page.ts';
import { type Fault, faultModes, type Simulation } from './simulation.ts';
import { type Account, type AccountSettings, type Document, dayOf, paidOf, type Receipt } from './state.ts';

type ControlReply = { status: number; type?: string; body?: string };

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
  run: (sim: Simulation, found: string[], request: SimRequest) => ControlReply | Promise<ControlReply>;
};

const json = (status: number, value: unknown): ControlReply => ({
  status,
  type: 'application/json; charset=utf-8',
  body: JSON.stringify(value),
});

/** The verbs of section 14.4 and what the demo's page needs besides. */
const routes: Route[] = [
  { method: 'POST', path: /^reset$/, run: reset },
  { method: 'POST', path: /^clock\/advance$/, run: advance },
  { method: 'POST', path: /^inject$/, run: inject },
  { method: 'GET', path: /^requests$/, run: (sim) => json(200, sim.log) },
  {
    method: 'GET',
    path: /^accounts$/,
    run: (sim) =>
      json(
        200,
        [...sim.accounts.values()].map((account) => accountView(sim, account)),
      ),
  },
  { method: 'GET', path: /^accounts\/([^/]+)$/, run: (sim, [id]) => json(200, accountView(sim, accountById(sim, id))) },
  { method: 'PATCH', path: /^accounts\/([^/]+)$/, run: patchAccount },
  { method: 'POST', path: /^accounts\/([^/]+)\/keys$/, run: (sim, [id]) => json(201, { key: sim.makeKey(accountById(sim, id)) }) },
  { method: 'DELETE', path: /^accounts\/([^/]+)\/keys\/([^/]+)$/, run: deleteKey },
  {
    method: 'GET',
    path: /^accounts\/([^/]+)\/documents$/,
    run: (sim, [id]) =>
      json(
        200,
        accountById(sim, id)
          .documents.filter((d) => !d.gone)
          .map(documentView),
      ),
  },
  {
    method: 'GET',
    path: /^accounts\/([^/]+)\/receipts$/,
    run: (sim, [id]) => json(200, [...accountById(sim, id).receipts.values()].map(receiptView)),
  },
  { method: 'GET', path: /^accounts\/([^/]+)\/mails$/, run: (sim, [id]) => json(200, accountById(sim, id).mails) },
  {
    method: 'GET',
    path: /^accounts\/([^/]+)\/notifications$/,
    run: (sim, [id]) => json(200, sim.notifier.listed(accountById(sim, id).id)),
  },
  { method: 'POST', path: /^accounts\/([^/]+)\/documents\/([^/]+)\/payments$/, run: payInterface },
  { method: 'POST', path: /^accounts\/([^/]+)\/documents\/([^/]+)\/reverse$/, run: reverseInterface },
  { method: 'GET', path: /^$/, run: page },
];

export async function answerControl(sim: Simulation, request: SimRequest): Promise<ControlReply> {
  const rest = request.path.replace(/^\/__sim\/?/, '').replace(/\/$/, '');
  for (const route of routes) {
    const found = route.method === request.method ? route.path.exec(rest) : null;
    if (!found) continue;
    try {
      return await route.run(sim, found.slice(1).map(decodeURIComponent), request);
    } catch (error) {
      if (error instanceof Refused) return json(error.status, { error: error.message });
      if (error instanceof AgentError) return json(409, { error: error.message, code: error.code });
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

function accountById(sim: Simulation, id: string | undefined): Account {
  const account = sim.accounts.get(id ?? '');
  if (!account) throw new Refused(404, `no account ${id}`);
  return account;
}

function documentByNumber(account: Account, number: string | undefined): Document {
  const document = account.live(number ?? '');
  if (!document) throw new Refused(404, `no document ${number}`);
  return document;
}

function reset(sim: Simulation, _: string[], request: SimRequest): ControlReply {
  const { now } = fieldsOf(request);
  if (now !== undefined && (typeof now !== 'string' || Number.isNaN(Date.parse(now)))) throw new Refused(400, 'now is not an instant');
  sim.reset(now);
  return { status: 204 };
}

async function advance(sim: Simulation, _: string[], request: SimRequest): Promise<ControlReply> {
  const fields = fieldsOf(request);
  const part = (name: string) => {
    const value = Number(fields[name] ?? 0);
    if (!Number.isFinite(value)) throw new Refused(400, `${name} is not a number`);
    return value;
  };
  const seconds = ((part('days') * 24 + part('hours')) * 60 + part('minutes')) * 60 + part('seconds');
  await sim.notifier.advance(seconds * 1000);
  return json(200, { now: new Date(sim.clock.now()).toISOString() });
}

function inject(sim: Simulation, _: string[], request: SimRequest): ControlReply {
  const { action, mode, code, message, ms, times, account, sikeres } = fieldsOf(request);
  if (!faultModes.includes(mode as Fault['mode'])) throw new Refused(400, `mode must be one of ${faultModes.join(', ')}`);
  if (account !== undefined && account !== null) accountById(sim, String(account));
  const target = String(action ?? '*');
  if (!faultTargets.has(target)) throw new Refused(400, `action must be one of ${[...faultTargets].join(', ')}`);
  sim.faults.push({
    action: target,
    mode: mode as Fault['mode'],
    code: code === undefined || code === null ? undefined : String(code),
    message: typeof message === 'string' ? message : undefined,
    ms: Math.max(0, Number(ms ?? 0) || 0),
    times: Math.max(1, Number(times ?? 1) || 1),
    account: account === undefined || account === null ? undefined : String(account),
    sikeres: sikeres !== false,
  });
  return { status: 204 };
}

/** Checks by setting; what is not listed is refused, so that a misspelt switch does not pass unseen. */
const isStrings = (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string');
const isBoolean = (value: unknown) => typeof value === 'boolean';
const isCount = (value: unknown) => Number.isInteger(value) && Number(value) >= 0;
const settingChecks: { [name in keyof AccountSettings]: (value: unknown) => boolean } = {
  keys: isStrings,
  deletedKeys: isStrings,
  test: isBoolean,
  companyComplete: isBoolean,
  debt: isBoolean,
  eInvoice: isBoolean,
  orderRepeatForbidden: isBoolean,
  receiptOrderRepeatForbidden: isBoolean,
  prefixes: isPrefixes,
  defaultPrefix: (value) => typeof value === 'string',
  hourlyLimit: (value) => value === null || isCount(value),
  sameRequestLimit: isCount,
  mailWithoutFlag: isBoolean,
  ipnUrl: (value) => value === null || typeof value === 'string',
};

function isPrefixes(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      (item) =>
        typeof item?.prefix === 'string' &&
        (item.enabled === undefined || isBoolean(item.enabled)) &&
        (item.paymentMethods === undefined || item.paymentMethods === null || isStrings(item.paymentMethods)),
    )
  );
}

function patchAccount(sim: Simulation, [id]: string[], request: SimRequest): ControlReply {
  const account = accountById(sim, id);
  const fields = fieldsOf(request);
  for (const [name, value] of Object.entries(fields)) {
    const check = settingChecks[name as keyof AccountSettings];
    if (!check) throw new Refused(400, `no setting ${name}`);
    if (!check(value)) throw new Refused(400, `bad value for ${name}`);
  }
  const changes = fields as Partial<AccountSettings>;
  const settings = { ...account.settings, ...changes };
  if (changes.prefixes) {
    settings.prefixes = changes.prefixes.map(({ prefix, enabled, paymentMethods }) => ({
      prefix,
      enabled: enabled ?? true,
      ...(paymentMethods ? { paymentMethods } : {}),
    }));
  }
  // A key listed anew without a word on deleted ones is meant to work.
  if (changes.keys && !changes.deletedKeys) settings.deletedKeys = settings.deletedKeys.filter((key) => !changes.keys!.includes(key));
  account.settings = settings;
  return json(200, accountView(sim, account));
}

function deleteKey(sim: Simulation, [id, key]: string[]): ControlReply {
  const account = accountById(sim, id);
  if (!account.settings.keys.includes(key!)) throw new Refused(404, 'no such key');
  sim.deleteKey(account, key!);
  return { status: 204 };
}

function payInterface(sim: Simulation, [id, number]: string[], request: SimRequest): ControlReply {
  const account = accountById(sim, id);
  const document = documentByNumber(account, number);
  const { amount, date, method } = fieldsOf(request);
  const paid = readDouble(String(amount ?? '').replace(',', '.'));
  if (!paid) throw new Refused(400, 'amount is not a number');
  if (document.kind === 'SS' || document.reversedBy) throw new AgentError('463');
  document.payments.push({
    date: typeof date === 'string' ? date.slice(0, 10) : dayOf(sim.clock.now()),
    method: typeof method === 'string' ? method : document.paymentMethod,
    amount: rounded(paid, document.currency),
    note: undefined,
  });
  sim.paidChanged(account, document);
  return json(200, documentView(document));
}

function reverseInterface(sim: Simulation, [id, number]: string[]): ControlReply {
  const account = accountById(sim, id);
  const original = documentByNumber(account, number);
  if (original.kind === 'D' || original.kind === 'SL') throw new Refused(409, 'only an invoice can be reversed');
  if (original.reversedBy) return json(200, documentView(account.byNumber.get(original.reversedBy)!));
  checkReversible(account, original);
  const call = { account, now: sim.clock.now(), nextId: sim.nextId, paidChanged: (d: Document) => sim.paidChanged(account, d) };
  return json(200, documentView(reverse(call, original, original.form, {})));
}

function accountView(sim: Simulation, account: Account) {
  return {
    id: account.id,
    ...account.settings,
    banned: account.banned,
    documents: account.documents.filter((d) => !d.gone).length,
    receipts: account.receipts.size,
    mails: account.mails.length,
    now: new Date(sim.clock.now()).toISOString(),
  };
}

function documentView(document: Document) {
  return {
    number: document.number,
    kind: document.kind,
    form: document.form,
    orderNumber: document.orderNumber ?? null,
    externalIds: document.externalIds,
    buyer: document.buyerName,
    currency: document.currency,
    net: plain(document.net),
    vat: plain(document.tax),
    gross: plain(document.gross),
    paid: plain(paidOf(document)),
    reversed: document.reversedBy !== undefined,
    reverses: document.reverses ?? null,
    issueDate: document.issueDate,
    performanceDate: document.performanceDate,
  };
}

function receiptView(receipt: Receipt) {
  return {
    number: receipt.number,
    kind: receipt.kind,
    orderNumber: receipt.orderNumber ?? null,
    callId: receipt.callId ?? null,
    currency: receipt.currency,
    net: plain(receipt.net),
    vat: plain(receipt.tax),
    gross: plain(receipt.gross),
    reversed: receipt.reversed,
    reverses: receipt.reversedNumber ?? null,
    issueDate: receipt.issueDate,
  };
}

function page(sim: Simulation, _: string[], request: SimRequest): ControlReply {
  const accounts = [...sim.accounts.values()].map((account) => accountView(sim, account));
  const language = request.query.get('lang') ?? request.headers['accept-language'] ?? '';
  return { status: 200, type: 'text/html; charset=utf-8', body: controlPage(accounts, sim.faults, language) };
}

export type AccountView = ReturnType<typeof accountView>;
