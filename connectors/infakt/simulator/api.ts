import { addDays } from '../../../src/domain/days/day.ts';
import { fromMinor } from '../../../src/domain/money/money.ts';
import { onePagePdf } from '../../../src/testkit/pdf.ts';
import { type CallWindow, htmlReply, jsonReply, type SimFault, type SimReply } from '../../../src/testkit/service.ts';
import type { SimRequest } from '../../../src/testkit/simulator.ts';
import { filtered, page, type Row } from './lists.ts';
import { documentTypes, lists, locales, printTypes } from './reference.ts';
import type { Settings } from './settings.ts';
import { type Account, type Document, type Family, type Fields, families, ksefAnswer, seller, taskView } from './state.ts';
import { addClient, build, clientErrors, clientFields, shown } from './write.ts';

export type Api = { account: Account; current: Settings; calls: CallWindow };

const base = '/api/v3/';

type Call = { api: Api; request: SimRequest; fault: SimFault | undefined; origin: string };
type Route = { method: string; path: RegExp; operation: string; scope: string; run(call: Call, found: string[]): SimReply };

const familyNames = Object.keys(families).join('|');
const family = `(${familyNames})`;
const uuid = '([0-9a-f-]{36})';
const at = (text: string) => new RegExp(`^${text}\\.json$`);
const read = 'api:invoices:read';
const write = 'api:invoices:write';

const routes: Route[] = [
  { method: 'POST', path: at(`async/${family}`), operation: 'create', scope: write, run: createTask },
  { method: 'GET', path: at(`async/${family}/status/([^/]+)`), operation: 'status', scope: read, run: taskStatus },
  { method: 'POST', path: at(`async/${family}/${uuid}/paid`), operation: 'paid', scope: write, run: payTask },
  { method: 'POST', path: at('invoices'), operation: 'create', scope: write, run: createAtOnce },
  {
    method: 'POST',
    path: at('corrective_invoices'),
    operation: 'create',
    scope: write,
    run: () => htmlReply(500, '500 Internal Server Error'),
  },
  { method: 'POST', path: at(`invoices/${uuid}/paid`), operation: 'paid', scope: write, run: payAtOnce },
  { method: 'GET', path: at('invoices/next_number'), operation: 'lookup', scope: read, run: nextNumber },
  { method: 'GET', path: at(family), operation: 'list', scope: read, run: listDocuments },
  { method: 'GET', path: at(`${family}/${uuid}`), operation: 'read', scope: read, run: readDocument },
  { method: 'PUT', path: at(`${family}/${uuid}`), operation: 'change', scope: write, run: changeDocument },
  { method: 'DELETE', path: at(`${family}/${uuid}`), operation: 'change', scope: write, run: deleteDocument },
  { method: 'GET', path: at(`${family}/${uuid}/pdf`), operation: 'pdf', scope: read, run: pdf },
  { method: 'POST', path: at(`${family}/${uuid}/deliver_via_email`), operation: 'mail', scope: write, run: mail },
  { method: 'POST', path: at(`${family}/${uuid}/send_to_ksef`), operation: 'ksef', scope: write, run: sendByFamily },
  {
    method: 'GET',
    path: at(`${family}/${uuid}/download_xml`),
    operation: 'ksef',
    scope: read,
    run: (call, [, id]) => ksefXml(call, [id!]),
  },
  {
    method: 'PUT',
    path: at(`invoices/${uuid}/mark_as_accounted`),
    operation: 'change',
    scope: write,
    run: (call, [id]) => onDocument(call, id, 'invoices', () => jsonReply(200, {})),
  },
  {
    method: 'GET',
    path: at(`invoices/${uuid}/attachments`),
    operation: 'read',
    scope: read,
    run: (call, [id]) => onDocument(call, id, 'invoices', () => jsonReply(200, [])),
  },
  {
    method: 'GET',
    path: at(`invoices/${uuid}/share_links`),
    operation: 'share',
    scope: read,
    run: (call, [id]) => onDocument(call, id, 'invoices', (d) => shareLink(call, d, 'read')),
  },
  {
    method: 'POST',
    path: at(`invoices/${uuid}/share_links`),
    operation: 'share',
    scope: write,
    run: (call, [id]) => onDocument(call, id, 'invoices', (d) => shareLink(call, d, 'make')),
  },
  {
    method: 'POST',
    path: at(`invoices/${uuid}/share_links/prolong`),
    operation: 'share',
    scope: write,
    run: (call, [id]) => onDocument(call, id, 'invoices', (d) => shareLink(call, d, 'prolong')),
  },
  {
    method: 'DELETE',
    path: at(`invoices/${uuid}/share_links`),
    operation: 'share',
    scope: write,
    run: (call, [id]) => onDocument(call, id, 'invoices', (d) => shareLink(call, d, 'remove')),
  },
  { method: 'GET', path: at('ksef2/integration'), operation: 'lookup', scope: read, run: ksefIntegration },
  {
    method: 'POST',
    path: at(`ksef2/documents/${uuid}/send`),
    operation: 'ksef',
    scope: write,
    run: (call, [id]) => onDocument(call, id, undefined, (d) => sendToKsef(call, d)),
  },
  { method: 'POST', path: at('ksef2/documents/send'), operation: 'ksef', scope: write, run: sendManyToKsef },
  { method: 'GET', path: at(`ksef2/documents/${uuid}/status`), operation: 'ksef', scope: read, run: ksefStatus },
  { method: 'GET', path: at(`ksef2/documents/${uuid}/download_xml`), operation: 'ksef', scope: read, run: ksefXml },
  { method: 'GET', path: at('clients'), operation: 'clients', scope: read, run: listClients },
  { method: 'POST', path: at('clients'), operation: 'clients', scope: write, run: createClient },
  {
    method: 'GET',
    path: at('clients/(\\d+)'),
    operation: 'clients',
    scope: read,
    run: (call, [id]) => onClient(call, id, (client) => jsonReply(200, client)),
  },
  { method: 'PUT', path: at('clients/(\\d+)'), operation: 'clients', scope: write, run: changeClient },
  { method: 'DELETE', path: at('clients/(\\d+)'), operation: 'clients', scope: write, run: deleteClient },
  {
    method: 'GET',
    path: at('products'),
    operation: 'lookup',
    scope: read,
    run: (call) => listed(call, call.api.account.products, ['name']),
  },
  { method: 'POST', path: at('products'), operation: 'lookup', scope: write, run: createProduct },
  { method: 'GET', path: at('bank_accounts'), operation: 'lookup', scope: 'api:sensitive:bank_accounts:read', run: listBanks },
  { method: 'GET', path: at('account/details'), operation: 'lookup', scope: 'api:account:read', run: accountDetails },
  { method: 'GET', path: at('account/activities'), operation: 'lookup', scope: 'api:account:read', run: (call) => listed(call, [], []) },
  {
    method: 'GET',
    path: at(`(${Object.keys(lists).join('|')})`),
    operation: 'lookup',
    scope: read,
    run: (call, [name]) => listed(call, lists[name!]!, []),
  },
];

function routeOf(request: SimRequest): { route: Route; found: string[] } | undefined {
  if (!request.path.startsWith(base)) return undefined;
  const rest = request.path.slice(base.length);
  for (const route of routes) {
    const found = route.method === request.method ? route.path.exec(rest) : null;
    if (found) return { route, found: found.slice(1) };
  }
  return undefined;
}

export function operationOf(request: SimRequest): string {
  return routeOf(request)?.route.operation ?? '';
}

const error = (status: number, text: string) => jsonReply(status, { error: text });
const notFound = () => error(404, 'Zasób którego szukasz nie został znaleziony.');

/** Checks in this order: outage, address, key, limit, retired namespace, route, type of body, scope. */
export function answerApi(api: Api, request: SimRequest, fault: SimFault | undefined, origin: string): SimReply {
  const { account, current } = api;
  if (current.maintenance) return htmlReply(503, 'Przerwa techniczna');
  if (!request.path.startsWith(base)) return htmlReply(404, '404 Not Found');
  if (current.ipBlocked) return error(403, 'Dostęp z tego adresu IP został zablokowany');
  const reading = request.method === 'GET';
  const limit = reading ? current.getsPerMinute : current.writesPerMinute;
  const wait = limit === null ? undefined : api.calls.take(reading ? 'read' : 'write', limit, account.clock.now());
  if (wait !== undefined || fault?.mode === 'http429') return tooMany(current, wait ?? 60_000);
  if (current.keyRevoked || request.headers['x-infakt-apikey'] !== account.key) return error(401, 'Brak autoryzacji');
  account.settle();
  if (request.path.startsWith(`${base}ksef/`)) return error(410, 'API KSeF 1.0 zostało wyłączone. Proszę przejść na KSeF 2.0.');
  const route = routeOf(request);
  if (!route) return notFound();
  if (request.body.length > 0 && !reading && !/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    return error(406, 'Nieobsługiwany typ danych');
  if (!current.scopes.some((scope) => scope === route.route.scope)) return error(403, 'Brak uprawnień');
  return route.route.run({ api, request, fault, origin }, route.found);
}

function tooMany({ retryAfter }: Settings, waitMs: number): SimReply {
  const headers: Record<string, string> = retryAfter === 'seconds' ? { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1000))) } : {};
  return jsonReply(429, { error: 'Przekroczono limit zapytań' }, headers);
}

function bodyOf({ request }: Call): Fields | undefined {
  if (request.body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(request.body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function wrapped(call: Call, wrapper: string): Fields | undefined {
  const inner = bodyOf(call)?.[wrapper];
  return typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as Fields) : undefined;
}

const noWrapper = (wrapper: string) => error(422, `Brak wymaganego parametru: ${wrapper}`);

function onDocument({ api }: Call, id: string | undefined, of: Family | undefined, act: (document: Document) => SimReply): SimReply {
  const document = api.account.documents.get(id ?? '');
  // A document of one family does not exist under another.
  if (!document || (of !== undefined && document.family !== of)) return notFound();
  return act(document);
}

// Documents

function createTask(call: Call, [name]: string[]): SimReply {
  const { api, fault } = call;
  const of = name as Family;
  const { wrapper } = families[of];
  const sent = wrapped(call, wrapper);
  if (!sent) return noWrapper(wrapper);
  const refused = closedOrUsedUp(api, sent.invoice_date);
  if (refused) return refused;
  const toKsef = bodyOf(call)?.send_to_ksef === true;
  const task = api.account.addTask({
    family: of,
    action: 'create_invoice',
    stuck: fault?.mode === 'stuck',
    work: () => {
      if (fault?.mode === 'refused')
        return { code: 422, errors: (fault.errors as Record<string, string[]> | undefined) ?? { base: ['Nie udało się zapisać faktury'] } };
      const built = build(api.account, of, sent);
      if ('errors' in built) return { code: 422, errors: built.errors };
      const made = api.account.keep(of, built.fields, api.account.clock.now());
      if (toKsef && api.current.ksefActive && !made.ksef && made.fields.kind !== 'proforma') api.account.sendToKsef(made);
      return { code: 201, uuid: built.fields.uuid };
    },
  });
  return jsonReply(api.current.acceptedStatus, taskView(task, task.createdAt));
}

function closedOrUsedUp({ current }: Api, day: unknown): SimReply | undefined {
  if (current.planUsedUp) return error(402, 'Wykorzystano limit dokumentów w pakiecie');
  if (current.closedUntil !== null && typeof day === 'string' && day <= current.closedUntil)
    return error(423, 'Okres księgowy jest zamknięty');
  return undefined;
}

function taskStatus({ api }: Call, [name, reference]: string[]): SimReply {
  const task = api.account.tasks.get(reference!);
  const now = api.account.clock.now();
  if (!task || task.family !== name || now - task.createdAt > api.current.taskDays * 86_400_000) return notFound();
  return jsonReply(200, taskView(task, now));
}

/** Flat or wrapped: both have been seen to work. */
function paidFields(call: Call): Fields {
  const body = bodyOf(call) ?? {};
  return typeof body.invoice === 'object' && body.invoice !== null ? (body.invoice as Fields) : body;
}

function paidProblem({ current }: Api, { fields }: Document, day: string, allowed: unknown): Record<string, string[]> | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return { paid_date: ['jest nieprawidłowe'] };
  if (day < fields.invoice_date) return { paid_date: ['nie może być wcześniejsza niż data wystawienia'] };
  if (current.closedUntil !== null && day <= current.closedUntil && allowed !== true)
    return { paid_date: ['należy do zamkniętego okresu'] };
  return undefined;
}

function payTask(call: Call, [name, id]: string[]): SimReply {
  const { api, fault } = call;
  return onDocument(call, id, name as Family, (document) => {
    const sent = paidFields(call);
    const task = api.account.addTask({
      family: document.family,
      action: 'mark_as_paid',
      stuck: fault?.mode === 'stuck',
      work: () => {
        const day = String(sent.paid_date ?? api.account.today());
        const errors = paidProblem(api, document, day, sent.allow_correction);
        if (errors) return { code: 422, errors };
        if (document.fields.paid_date !== day) api.account.pay(document, day);
        return { code: 200, uuid: document.fields.uuid };
      },
    });
    return jsonReply(201, taskView(task, task.createdAt));
  });
}

function payAtOnce(call: Call, [id]: string[]): SimReply {
  return onDocument(call, id, 'invoices', (document) => {
    const sent = paidFields(call);
    const day = String(sent.paid_date ?? call.api.account.today());
    const errors = paidProblem(call.api, document, day, sent.allow_correction);
    if (errors) return jsonReply(422, { errors });
    call.api.account.pay(document, day);
    return jsonReply(200, shown(call.api.account.view(document)));
  });
}

/** Gone from the reference, still there: the whole document at once. */
function createAtOnce(call: Call): SimReply {
  const { account } = call.api;
  const sent = wrapped(call, 'invoice');
  if (!sent) return noWrapper('invoice');
  const refused = closedOrUsedUp(call.api, sent.invoice_date);
  if (refused) return refused;
  const built = build(account, 'invoices', sent);
  if ('errors' in built) return jsonReply(422, { errors: built.errors });
  return jsonReply(201, shown(account.view(account.keep('invoices', built.fields, account.clock.now()))));
}

const documentFilters = ['number', 'invoice_date', 'sale_date', 'payment_date', 'paid_date', 'client_company_name', 'status'];

function listDocuments(call: Call, [name]: string[]): SimReply {
  const { account } = call.api;
  const of = [...account.documents.values()].filter((document) => document.family === name);
  const rows = of.map(
    (document): Row => ({
      fields: document.fields,
      show: () => shown(account.view(document)),
      derived: { clean_client_nip: String(document.fields.client_tax_code ?? '').replace(/\D/g, '') },
    }),
  );
  return listedRows(call, rows, documentFilters, ['clean_client_nip']);
}

function readDocument(call: Call, [name, id]: string[]): SimReply {
  return onDocument(call, id, name as Family, (document) => {
    document.reads += 1;
    const fields = shown(call.api.account.view(document));
    return jsonReply(200, document.reads <= call.api.current.numberlessReads ? { ...fields, number: null } : fields);
  });
}

function changeDocument(call: Call, [name, id]: string[]): SimReply {
  const of = name as Family;
  return onDocument(call, id, of, (document) => {
    const sent = wrapped(call, families[of].wrapper) ?? wrapped(call, 'invoice');
    if (!sent) return noWrapper(families[of].wrapper);
    if (document.ksef?.status === 'success') return error(422, 'Nie można edytować faktury przyjętej przez KSeF.');
    const built = build(call.api.account, of, sent, document);
    if ('errors' in built) return jsonReply(422, { errors: built.errors });
    document.fields = built.fields;
    return jsonReply(200, shown(call.api.account.view(document)));
  });
}

function deleteDocument(call: Call, [name, id]: string[]): SimReply {
  return onDocument(call, id, name as Family, (document) => {
    if (document.ksef?.status === 'success') return error(422, 'Nie można usunąć faktury przyjętej przez KSeF.');
    call.api.account.remove(document);
    return { status: 204 };
  });
}

function nextNumber({ api, request }: Call): SimReply {
  const kind = request.query.get('kind') ?? 'vat';
  const day = request.query.get('date') ?? api.account.today();
  const mark = Object.values(families).find((f) => f.kind === kind)?.mark ?? '';
  return jsonReply(200, { invoice_date: day, invoice_kind: kind, next_number: api.account.nextNumber(kind, mark, day) });
}

function pdf(call: Call, [name, id]: string[]): SimReply {
  const type = call.request.query.get('document_type') ?? '';
  const locale = call.request.query.get('locale') ?? 'pl';
  return onDocument(call, id, name as Family, (document) => {
    if (!documentTypes.includes(type))
      return jsonReply(422, { errors: { document_type: ['nie znajduje się na liście dopuszczalnych wartości'] } });
    if (!locales.includes(locale)) return jsonReply(422, { errors: { locale: ['nie znajduje się na liście dopuszczalnych wartości'] } });
    document.fields.status = 'printed';
    return { status: 200, headers: { 'content-type': 'application/pdf' }, body: pdfOf(document, type, locale) };
  });
}

const money = (grosze: unknown) => fromMinor(BigInt(Number(grosze)), 'PLN');

function pdfOf({ fields, ksef }: Document, type: string, locale: string): Buffer {
  const english = locale === 'en';
  const title = `${fields.kind === 'correction' ? (english ? 'Correction' : 'Faktura korygująca') : fields.kind === 'proforma' ? 'Proforma' : english ? 'Invoice' : 'Faktura'} ${fields.number}`;
  const buyer = String(fields.client_company_name || `${fields.client_first_name} ${fields.client_last_name}`);
  const lines = fields.services as Fields[];
  return onePagePdf(title, [
    `${english ? 'Issued' : 'Data wystawienia'}: ${fields.invoice_date}   ${english ? 'Sold' : 'Data sprzedaży'}: ${fields.sale_date}   (${type})`,
    `${english ? 'Seller' : 'Sprzedawca'}: ${seller.company_name}, NIP ${seller.tax_id}`,
    `${english ? 'Buyer' : 'Nabywca'}: ${buyer}${fields.client_tax_code ? `, NIP ${fields.client_tax_code}` : ''}`,
    ...(fields.corrected_invoice_number ? [`Do faktury: ${fields.corrected_invoice_number}`] : []),
    '',
    ...lines.map(
      (line) =>
        `${line.correction === false ? 'przed: ' : line.correction === true ? 'po: ' : ''}${line.name}   ${line.quantity} ${line.unit ?? ''}   ${line.tax_symbol}   ${money(line.gross_price)}`,
    ),
    '',
    `${english ? 'Net' : 'Netto'} ${money(fields.net_price)}   VAT ${money(fields.tax_price)}   ${english ? 'Total' : 'Razem'} ${money(fields.gross_price)} ${fields.currency}`,
    ...(fields.notes ? [String(fields.notes)] : []),
    ...(ksef?.number ? [`KSeF ${ksef.number}`] : []),
  ]);
}

function mail(call: Call, [name, id]: string[]): SimReply {
  const { account } = call.api;
  const body = bodyOf(call);
  if (!body) return error(422, 'Nieprawidłowy JSON');
  return onDocument(call, id, name as Family, (document) => {
    const printType = String(body.print_type ?? '');
    if (!printTypes.includes(printType))
      return jsonReply(422, { errors: { print_type: ['nie znajduje się na liście dopuszczalnych wartości'] } });
    const client = account.clients.find((c) => c.id === document.fields.client_id);
    const recipient = String(body.recipient || document.fields.client_email || client?.email || '');
    if (!/^\S+@\S+$/.test(recipient)) return error(422, 'Nieznany adres e-mail klienta');
    const today = account.today();
    if (account.mails.filter((m) => m.at.startsWith(today)).length >= call.api.current.mailsPerDay)
      return error(422, 'Przekroczono dzienny limit wiadomości');
    account.mails.push({
      uuid: document.fields.uuid,
      number: document.fields.number,
      recipient,
      printType,
      at: `${today} ${account.clock.now()}`,
    });
    document.fields.status = 'sent';
    return { status: 202 };
  });
}

function shareLink({ api }: Call, document: Document, what: 'read' | 'make' | 'prolong' | 'remove'): SimReply {
  const held = document.share;
  if (what === 'remove') {
    document.share = undefined;
    return { status: 204 };
  }
  if (what !== 'make' && !held) return notFound();
  if (what !== 'read') {
    const from = held && what === 'prolong' ? held.expiration_date : api.account.today();
    document.share = { share_link: `https://app.infakt.pl/app/twoja-faktura/${document.fields.uuid}`, expiration_date: addDays(from, 30) };
  }
  return jsonReply(what === 'make' ? 201 : 200, document.share);
}

// KSeF

function ksefIntegration({ api }: Call): SimReply {
  const active = api.current.ksefActive;
  const fetched = active ? '2026-11-20T08:00:00+01:00' : null;
  return jsonReply(200, { active, incomes_last_fetched_at: fetched, costs_last_fetched_at: fetched });
}

function sendToKsef({ api }: Call, document: Document): SimReply {
  if (!api.current.ksefActive) return error(422, 'Użytkownik nie jest zintegrowany z KSeF.');
  if (document.fields.kind === 'proforma' || document.family.includes('oss')) return error(422, 'Tego dokumentu nie można wysłać do KSeF.');
  if (document.ksef && document.ksef.status !== 'error') return error(422, 'Faktura została już wysłana do KSeF.');
  api.account.sendToKsef(document);
  return jsonReply(200, ksefAnswer(document));
}

function sendByFamily(call: Call, [name, id]: string[]): SimReply {
  return onDocument(call, id, name as Family, (document) => {
    const reply = sendToKsef(call, document);
    const inform = bodyOf(call)?.inform_via_email as Fields | undefined;
    const recipient = String(inform?.recipient || document.fields.client_email || '');
    if (reply.status === 200 && inform && recipient)
      call.api.account.mails.push({
        uuid: document.fields.uuid,
        number: document.fields.number,
        recipient,
        printType: String(inform.print_type ?? 'original'),
        at: call.api.account.today(),
      });
    return reply;
  });
}

function sendManyToKsef(call: Call): SimReply {
  const uuids = bodyOf(call)?.uuids;
  if (!Array.isArray(uuids)) return noWrapper('uuids');
  if (!call.api.current.ksefActive) return error(422, 'Użytkownik nie jest zintegrowany z KSeF.');
  const documents = uuids.flatMap((id) => call.api.account.documents.get(String(id)) ?? []);
  for (const document of documents) sendToKsef(call, document);
  return jsonReply(200, documents.filter((document) => document.ksef).map(ksefAnswer));
}

function ksefStatus(call: Call, [id]: string[]): SimReply {
  return onDocument(call, id, undefined, (document) => (document.ksef ? jsonReply(200, ksefAnswer(document)) : notFound()));
}

function ksefXml(call: Call, [id]: string[]): SimReply {
  return onDocument(call, id, undefined, (document) => {
    if (document.fields.status === 'draft') document.fields.status = 'printed';
    const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Faktura xmlns="http://crd.gov.pl/wzor/2025/06/25/13775/"><Fa><P_2>${document.fields.number}</P_2></Fa></Faktura>\n`;
    return { status: 200, headers: { 'content-type': 'application/xml; charset=utf-8' }, body: xml };
  });
}

// Clients and lists

const clientDerived = (client: Fields): Row => ({ fields: client, derived: { clean_nip: String(client.nip ?? '').replace(/\D/g, '') } });

function listClients(call: Call): SimReply {
  return listedRows(call, call.api.account.clients.map(clientDerived), ['nip', 'company_name', 'email', 'city'], ['clean_nip']);
}

function createClient(call: Call): SimReply {
  const sent = wrapped(call, 'client');
  if (!sent) return noWrapper('client');
  const errors = clientErrors(sent);
  if (Object.keys(errors).length > 0) return jsonReply(422, { errors });
  return jsonReply(201, addClient(call.api.account, sent));
}

function onClient({ api }: Call, id: string | undefined, act: (client: Account['clients'][number]) => SimReply): SimReply {
  const client = api.account.clients.find((c) => c.id === Number(id));
  return client ? act(client) : notFound();
}

function changeClient(call: Call, [id]: string[]): SimReply {
  const sent = wrapped(call, 'client');
  if (!sent) return noWrapper('client');
  return onClient(call, id, (client) => {
    const merged: Fields = { ...client, ...sent };
    const errors = clientErrors(merged);
    if (Object.keys(errors).length > 0) return jsonReply(422, { errors });
    Object.assign(client, clientFields(merged));
    return jsonReply(200, client);
  });
}

function deleteClient(call: Call, [id]: string[]): SimReply {
  return onClient(call, id, (client) => {
    call.api.account.clients = call.api.account.clients.filter((c) => c !== client);
    return { status: 204 };
  });
}

function createProduct(call: Call): SimReply {
  const sent = wrapped(call, 'product');
  if (!sent) return noWrapper('product');
  if (!sent.name) return jsonReply(422, { errors: { name: ['nie może być puste'] } });
  const product = { ...sent, id: call.api.account.nextId('product') };
  call.api.account.products.push(product);
  return jsonReply(201, product);
}

function listBanks(call: Call): SimReply {
  return listed(call, call.api.current.hasBankAccount ? call.api.account.bankAccounts : [], ['account_number', 'bank_name']);
}

function accountDetails({ api }: Call): SimReply {
  const left = api.current.subscriptionDays;
  return jsonReply(200, {
    account_data: {
      id: 501_277,
      uuid: '5f0c2c1e-0000-4000-8000-000000000001',
      email: 'sklep@zielony-zakatek.example',
      site: 'infakt',
      role: 'owner',
    },
    company_data: seller,
    current_subscription: {
      name: 'Pakiet Firma',
      expired_on: new Date(api.account.clock.now() + left * 86_400_000).toISOString().slice(0, 10),
      days_until_expiration: left,
      user_type_symbol: 'business',
    },
    accounting_settings: {},
    extensions: {},
  });
}

function listed(call: Call, rows: readonly Fields[], known: string[]): SimReply {
  return listedRows(
    call,
    rows.map((fields) => ({ fields, derived: {} })),
    known,
    [],
  );
}

function listedRows(call: Call, rows: Row[], known: string[], derived: string[]): SimReply {
  const { request, origin } = call;
  return jsonReply(200, page(filtered(rows, request.query, known, derived), request.query, `${origin}${request.path}`));
}
