import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OpenApi } from '../../src/testkit/openapi.ts';
import { type SimRequest, startServer } from '../../src/testkit/simulator.ts';
import { crc8, ksefNumber } from './simulator/ksef.ts';
import { type InfaktSimulator, startInfaktSimulator } from './simulator.ts';

/** Promise: whoever talks to the simulator meets the service of the contract: tasks, silent acceptance, odd lists, states, webhooks, failures. */
const openApi = OpenApi.of('infakt');
let sim: InfaktSimulator;
beforeAll(async () => {
  sim = await startInfaktSimulator();
});
afterAll(() => sim.close());
beforeEach(() => control('POST', 'reset', {}));

// biome-ignore lint/suspicious/noExplicitAny: answers are checked by what the tests expect of them.
type Json = any;
type Answer = { status: number; headers: Headers; body: Json; bytes: Buffer };

/** A call whose answer is held against the service's description; a group is described as text and read back as a number. */
async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${sim.apiUrl}${path}`, {
    method,
    headers: { 'X-inFakt-ApiKey': sim.key, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const text = bytes.toString('utf8');
  const answer = { status: response.status, headers: response.headers, body: /^[[{]/.test(text) ? JSON.parse(text) : text, bytes };
  const template = openApi?.template(method, path.split('?')[0]!);
  if (template && !beyondDescription.has(answer.status) && answer.body !== '' && typeof answer.body === 'object')
    expect(
      openApi!.answerProblems(method, path.split('?')[0]!, answer.status, answer.body).filter((text) => !/\.group: /.test(text)),
    ).toEqual([]);
  return answer;
}

/** Answers of the contract that the description does not name. */
const beyondDescription = new Set([402, 406, 410, 423, 500, 503]);

async function control(method: string, path: string, body?: object): Promise<Json> {
  const response = await fetch(`${sim.url}/__sim/${path}`, { method, body: body && JSON.stringify(body) });
  const text = await response.text();
  return text === '' ? response.status : JSON.parse(text);
}

const set = (settings: object) => control('PATCH', 'state', settings);
const fault = (what: object) => control('POST', 'faults', what);
const later = (seconds: number) => control('POST', 'clock', { seconds });
const held = (): Promise<Json[]> => control('GET', 'documents');

const order = {
  currency: 'PLN',
  invoice_date: '2026-11-20',
  sale_date: '2026-11-20',
  payment_method: 'payu',
  client_company_name: 'Zielona Półka Sp. z o.o.',
  client_business_activity_kind: 'other_business',
  client_tax_code: '1234563218',
  client_street: 'Ogrodowa',
  client_street_number: '12',
  client_city: 'Poznań',
  client_post_code: '61-821',
  client_country: 'PL',
  client_email: 'faktury@zielona-polka.example',
  notes: 'Zamówienie: FK-2026-000317',
  transaction_terms: { orders: [{ number: 'FK-2026-000317', date: '2026-11-19' }] },
  services: [
    { name: 'Termos stalowy 0,5 l', unit: 'szt.', quantity: 2, gross_price: 15980, tax_symbol: '23' },
    { name: 'Kubek ceramiczny zielony', unit: 'szt.', quantity: 1, gross_price: 4590, tax_symbol: '23' },
    { name: 'Dostawa: paczkomat', unit: 'szt.', quantity: 1, gross_price: 1399, tax_symbol: '23' },
  ],
};
type Sent = Record<string, unknown>;
const taskOf = async (sent: Sent, family = 'invoices', wrapper = 'invoice'): Promise<Json> => {
  const accepted = await call('POST', `/async/${family}.json`, { [wrapper]: sent });
  expect(accepted.status).toBe(202);
  await later(2);
  return (await call('GET', `/async/${family}/status/${accepted.body.invoice_task_reference_number}.json`)).body;
};
const issue = async (more: Sent = {}): Promise<Json> => {
  const task = await taskOf({ ...order, ...more });
  expect(task).toMatchObject({ processing_code: 201 });
  return (await call('GET', `/invoices/${task.invoice_uuid}.json`)).body;
};
const errorsOf = async (more: Sent): Promise<Json> => (await taskOf({ ...order, ...more })).invoice_errors;

describe('who may call, and how often', () => {
  it('tells a wrong key from a missing scope, a blocked address and a retired namespace', async () => {
    expect((await call('GET', '/clients.json?limit=1', undefined, { 'X-inFakt-ApiKey': 'x' })).body).toEqual({ error: 'Brak autoryzacji' });
    await set({ scopes: ['api:invoices:read'] });
    expect((await call('GET', '/clients.json?limit=1')).status).toBe(200);
    expect((await call('GET', '/bank_accounts.json')).status).toBe(403);
    expect((await call('POST', '/async/invoices.json', { invoice: order })).status).toBe(403);
    await set({ ipBlocked: true });
    expect((await call('GET', '/clients.json')).status).toBe(403);
    await control('POST', 'reset');
    expect((await call('GET', '/ksef/integration.json')).status).toBe(410);
    expect((await call('GET', '/clients')).status).toBe(404);
    const plain = await call('POST', '/async/invoices.json', 'x=1', { 'content-type': 'application/x-www-form-urlencoded' });
    expect(plain.status).toBe(406);
  });

  it('forgets an old key when a new one is made', async () => {
    await set({ keyRevoked: true });
    expect((await call('GET', '/clients.json')).status).toBe(401);
    const { key } = await control('POST', 'keys');
    expect((await call('GET', '/clients.json')).status).toBe(401);
    expect((await call('GET', '/clients.json', undefined, { 'X-inFakt-ApiKey': key })).status).toBe(200);
  });

  it('counts reads and writes apart, per minute', async () => {
    await set({ getsPerMinute: 2, writesPerMinute: 1 });
    const client = { client: { country: 'PL', company_name: 'A' } };
    const statuses = [];
    for (let i = 0; i < 3; i++)
      statuses.push((await call('GET', '/clients.json')).status, (await call('POST', '/clients.json', client)).status);
    expect(statuses).toEqual([200, 201, 200, 429, 429, 429]);
    const refused = await call('GET', '/clients.json');
    expect([refused.headers.get('retry-after'), refused.body.error]).toEqual([null, 'Przekroczono limit zapytań']);
    await set({ retryAfter: 'seconds' });
    expect((await call('GET', '/clients.json')).headers.get('retry-after')).toBe('60');
    await later(60);
    expect((await call('GET', '/clients.json')).status).toBe(200);
    expect((await control('GET', 'state')).settings).toMatchObject({ getsPerMinute: 2 });
    await control('POST', 'reset');
    expect((await control('GET', 'state')).settings).toMatchObject({ getsPerMinute: 300, writesPerMinute: 150 });
  });
});

describe('tasks', () => {
  it('walk from accepted over waiting and in progress to the document, by the clock', async () => {
    await set({ taskStepSeconds: 10 });
    const { body } = await call('POST', '/async/invoices.json', { invoice: order });
    expect(body).toEqual({
      timestamps: { task_created_at: '2026-11-20 10:00:00 +0100' },
      invoice_task_reference_number: expect.stringMatching(/^[0-9a-f-]{36}$/),
      processing_code: 100,
      processing_description: 'Zlecenie przyjęte',
    });
    const codes = [];
    let last: Json;
    for (const step of [0, 10, 10, 10]) {
      await later(step);
      last = (await call('GET', `/async/invoices/status/${body.invoice_task_reference_number}.json`)).body;
      codes.push(last.processing_code);
    }
    expect(codes).toEqual([100, 120, 140, 201]);
    expect(last).toMatchObject({ action: 'create_invoice', invoice_kind: 'vat', processing_description: 'Faktura stworzona' });
    expect((await call('GET', `/async/corrective_invoices/status/${body.invoice_task_reference_number}.json`)).status).toBe(404);
    expect((await call('GET', '/async/invoices/status/nothing.json')).status).toBe(404);
    await control('POST', 'clock', { days: 31 });
    expect((await call('GET', `/async/invoices/status/${body.invoice_task_reference_number}.json`)).status).toBe(404);
  });

  it('number in the order of acceptance, without a gap where one failed, apart by month and kind', async () => {
    for (const sent of [
      order,
      { ...order, payment_method: 'blik' },
      order,
      { ...order, invoice_date: '2026-12-01' },
      { ...order, kind: 'proforma' },
    ])
      await call('POST', '/async/invoices.json', { invoice: sent });
    await control('POST', 'tasks/finish');
    expect((await held()).map((d) => d.number)).toEqual(['1/11/2026', '2/11/2026', '1/12/2026', '1/PRO/11/2026']);
    expect((await call('GET', '/invoices/next_number.json?kind=vat&date=2026-11-30')).body.next_number).toBe('3/11/2026');
  });

  it('answer 422 at once for what is no document at all, and 402 or 423 for the account', async () => {
    expect((await call('POST', '/async/invoices.json', '{"invoice":')).status).toBe(422);
    expect((await call('POST', '/async/invoices.json', { corrective_invoice: order })).status).toBe(422);
    await set({ planUsedUp: true });
    expect((await call('POST', '/async/invoices.json', { invoice: order })).status).toBe(402);
    await set({ planUsedUp: false, closedUntil: '2026-11-20' });
    expect((await call('POST', '/async/invoices.json', { invoice: order })).status).toBe(423);
    expect(await held()).toEqual([]);
  });
});

describe('what a document is refused for', () => {
  const line = order.services[0]!;
  it.each<[string, Sent, string[]]>([
    ['no lines', { services: [] }, ['services']],
    ['an unknown method of payment', { payment_method: 'blik' }, ['payment_method']],
    ['a wrong tax id', { client_tax_code: '1234563219' }, ['client_tax_code']],
    ['a rate that has expired', { services: [{ ...line, tax_symbol: 'oo' }] }, ['services.tax_symbol']],
    [
      'an empty rate, with its echoes',
      { services: [{ ...line, tax_symbol: '' }] },
      ['services.tax_symbol', 'services.gross', 'value.tax_values'],
    ],
    ['net and gross that disagree', { services: [{ ...line, net_price: 100 }] }, ['services.gross', 'value.tax_values']],
    ['an exempt line without its reason', { services: [{ ...line, tax_symbol: 'zw' }] }, ['vat_exemption_reason']],
    ['a private person without a name', { client_business_activity_kind: 'private_person' }, ['client_first_name', 'client_last_name']],
    ['nobody to invoice', { client_company_name: '', client_uuid: 'x' }, ['client_id']],
    ['a client that is not there', { client_id: 1 }, ['client_id']],
    ['a bank account that is not verified', { payment_method: 'transfer', bank_account: '11111111111111111111111111' }, ['bank_account']],
    ['a day that is none', { sale_date: '2026-02-30' }, ['sale_date']],
    ['a currency nobody knows', { currency: 'XTS' }, ['currency']],
  ])('%s', async (_, more, fields) => {
    expect(Object.keys(await errorsOf(more))).toEqual(fields);
    expect(await held()).toEqual([]);
  });

  it('a number that exists, when asked to check', async () => {
    await issue({ number: 'FV 1/2026' });
    expect(await errorsOf({ number: 'FV 1/2026', check_duplicate_number: true })).toEqual({ number: ['wystąpił duplikat numeru'] });
    expect((await issue({ number: 'FV 1/2026' })).number).toBe('FV 1/2026');
  });

  it('a transfer without a bank account', async () => {
    await set({ hasBankAccount: false });
    expect(Object.keys(await errorsOf({ payment_method: 'transfer' }))).toEqual(['bank_account']);
  });
});

describe('documents', () => {
  it('sum to the hundredth, whatever the lines, and start from what was sent', async () => {
    const line = fc.record({
      name: fc.constant('A'),
      tax_symbol: fc.constantFrom('23', '8', '5', '0', 'np'),
      quantity: fc.constantFrom(1, 2, 3, 7, 0.5, 1.234),
      gross_price: fc.integer({ min: 1, max: 99_999_999 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 8 }), async (services) => {
        const { body } = await call('POST', '/invoices.json', { invoice: { ...order, services } });
        const total = (rows: Json[], name: string) => rows.reduce((sum, row) => sum + row[name], 0);
        expect(body.services.map((row: Json) => row.net_price + row.tax_price)).toEqual(services.map((row) => row.gross_price));
        for (const name of ['net_price', 'tax_price', 'gross_price']) expect(body[name]).toBe(total(body.services, name));
      }),
      { numRuns: 40 },
    );
  });

  it('are computed from the gross of their lines, or from net where net is given', async () => {
    const made = await issue({ status: 'paid', paid_date: '2026-11-20' });
    expect(made).toMatchObject({
      net_price: 17861,
      tax_price: 4108,
      gross_price: 21969,
      paid_price: 21969,
      left_to_pay: 0,
      kind: 'vat',
      status: 'paid',
    });
    expect(made.services[0]).toMatchObject({ unit_net_price: 6496, net_price: 12992, tax_price: 2988, discount: '0.0' });
    expect(made.amount_in_words).toBe('dwieście dziewiętnaście PLN 69/100');
    expect(made.transaction_terms).toEqual({ contracts: [], orders: [{ number: 'FK-2026-000317', date: '2026-11-19' }] });
    const net = await issue({ services: [{ name: 'A', tax_symbol: '8', quantity: 1.5, unit_net_price: 333, gross_price: 99999 }] });
    expect([net.net_price, net.tax_price, net.gross_price]).toEqual([500, 40, 540]);
  });

  it('take unknown fields, other currencies and money as text without a word', async () => {
    const { currency: _, ...rest } = order;
    const made = await taskOf({
      ...rest,
      external_id: 'A',
      client_post_kode: '1',
      services: [{ ...order.services[0], gross_price: '500.00' }],
    });
    const { body } = await call('GET', `/invoices/${made.invoice_uuid}.json`);
    expect([body.currency, body.gross_price, body.external_id]).toEqual(['PLN', 500, undefined]);
    await set({ strictMoney: true });
    expect(Object.keys(await errorsOf({ services: [{ ...order.services[0], gross_price: 5.5 }] }))).toEqual(['services.gross_price']);
  });

  it('become plain invoices when the fields of a correction go to the wrong place', async () => {
    const original = await issue();
    const rows = [
      { ...order.services[0], group: '1', correction: false },
      { ...order.services[0], group: '1', correction: true, quantity: 1 },
    ];
    const made = await issue({ corrected_invoice_uuid: original.uuid, correction_reason: 'other', services: rows });
    expect([made.kind, made.corrected_invoice_uuid, made.gross_price]).toEqual(['vat', undefined, 31960]);
    expect((await call('GET', `/corrective_invoices/${made.uuid}.json`)).status).toBe(404);
  });

  it('have a PDF that names the number and makes them printed, a mail that makes them sent, and a task that makes them paid', async () => {
    const { uuid } = await issue();
    expect((await call('GET', `/invoices/${uuid}/pdf.json`)).status).toBe(422);
    const pdf = await call('GET', `/invoices/${uuid}/pdf.json?document_type=original&locale=pl`);
    expect([pdf.headers.get('content-type'), pdf.bytes.subarray(0, 8).toString('latin1')]).toEqual(['application/pdf', '%PDF-1.4']);
    expect(pdf.bytes.toString('latin1')).toContain('Faktura 1/11/2026');
    const state = async () => {
      const { status, paid_date } = (await call('GET', `/invoices/${uuid}.json`)).body;
      return [status, paid_date];
    };
    expect(await state()).toEqual(['printed', null]);
    const early = await call('POST', `/async/invoices/${uuid}/paid.json`, { paid_date: '2026-11-01' });
    const paid = await call('POST', `/async/invoices/${uuid}/paid.json`, { paid_date: '2026-11-20' });
    expect([paid.status, paid.body.processing_code]).toEqual([201, 100]);
    await later(2);
    const task = async (answer: Answer) =>
      (await call('GET', `/async/invoices/status/${answer.body.invoice_task_reference_number}.json`)).body;
    expect([(await task(early)).invoice_errors, (await task(paid)).processing_code]).toEqual([{ paid_date: [expect.any(String)] }, 200]);
    expect(await state()).toEqual(['paid', '2026-11-20']);
    const mail = await call('POST', `/invoices/${uuid}/deliver_via_email.json`, { print_type: 'original', recipient: 'x@poczta.example' });
    expect([mail.status, mail.bytes.length]).toEqual([202, 0]);
    expect(await state()).toEqual(['sent', '2026-11-20']);
    expect(await control('GET', 'mails')).toMatchObject([{ recipient: 'x@poczta.example', number: '1/11/2026' }]);
    expect((await call('POST', `/invoices/${uuid}/deliver_via_email.json`, {})).status).toBe(422);
    const { uuid: without } = await issue({ client_email: '' });
    expect((await call('POST', `/invoices/${without}/deliver_via_email.json`, { print_type: 'copy' })).status).toBe(422);
  });

  it('can be changed, deleted and shared; the old way of creating answers with the whole document', async () => {
    const made = await issue();
    const changed = await call('PUT', `/invoices/${made.uuid}.json`, { invoice: { notes: 'Zmieniono', client_city: 'Kraków' } });
    expect(changed.body).toEqual({ ...made, notes: 'Zmieniono', client_city: 'Kraków' });
    expect((await call('PUT', `/invoices/${made.uuid}.json`, { invoice: { payment_method: 'x' } })).body.errors).toBeDefined();
    expect((await call('GET', `/invoices/${made.uuid}/share_links.json`)).status).toBe(404);
    expect((await call('POST', `/invoices/${made.uuid}/share_links.json`)).body.expiration_date).toBe('2026-12-20');
    expect((await call('POST', `/invoices/${made.uuid}/share_links/prolong.json`)).body.expiration_date).toBe('2027-01-19');
    expect((await call('DELETE', `/invoices/${made.uuid}.json`)).status).toBe(204);
    expect((await call('GET', `/invoices/${made.uuid}.json`)).status).toBe(404);
    expect((await call('POST', '/invoices.json', { invoice: order })).body.number).toBe('1/11/2026');
    expect((await call('POST', '/corrective_invoices.json', { corrective_invoice: order })).status).toBe(500);
  });
});

describe('corrections', () => {
  const rows = (quantity: number, group = '1') => [
    { name: 'Termos stalowy 0,5 l', tax_symbol: '23', unit: 'szt.', group, quantity: 2, unit_net_price: 6496, correction: false },
    { name: 'Termos stalowy 0,5 l', tax_symbol: '23', unit: 'szt.', group, quantity, unit_net_price: 6496, correction: true },
  ];
  const correct = (original: Json, more: Sent = {}) =>
    taskOf(
      {
        currency: 'PLN',
        payment_method: 'payu',
        client_id: original.client_id,
        corrected_invoice_number: original.number,
        corrected_invoice_date: original.invoice_date,
        corrected_invoice_uuid: original.uuid,
        invoice_date: '2026-11-21',
        correction_reason: 'other',
        services: rows(1),
        ...more,
      },
      'corrective_invoices',
      'corrective_invoice',
    );

  it('show the difference, name their original and have numbers of their own', async () => {
    const original = await issue();
    const task = await correct(original);
    expect(task).toMatchObject({ processing_code: 201, invoice_kind: 'corrective_invoice' });
    const { body } = await call('GET', `/corrective_invoices/${task.invoice_uuid}.json`);
    expect(body).toMatchObject({
      kind: 'correction',
      number: '1/KOR/11/2026',
      corrected_invoice_number: '1/11/2026',
      corrected_invoice_gross_price: 21969,
      correction_reason: 'Inny',
      correction_reason_symbol: 'other',
      net_price: -6496,
      tax_price: -1494,
      gross_price: -7990,
    });
    expect(body.services.map((row: Json) => [row.group, row.correction, row.gross_price])).toEqual([
      [1, false, 15980],
      [1, true, 7990],
    ]);
    const pdf = await call('GET', `/corrective_invoices/${task.invoice_uuid}/pdf.json?document_type=original`);
    expect(pdf.bytes.toString('latin1')).toContain('Do faktury: 1/11/2026');
    expect((await call('GET', '/corrective_invoices.json')).body.metainfo.total_count).toBe(1);
  });

  it('are refused without client, original, known reason or whole pairs', async () => {
    const original = await issue();
    const refused = async (more: Sent) => Object.keys((await correct(original, more)).invoice_errors ?? {});
    expect(await refused({ client_id: undefined })).toEqual(['client_id']);
    expect(await refused({ corrected_invoice_uuid: 'x' })).toEqual(['corrected_invoice_number']);
    expect(await refused({ correction_reason: 'zwrot towaru' })).toEqual(['correction_reason']);
    expect(await refused({ services: rows(1).slice(0, 1) })).toEqual(['services']);
    expect(await refused({ services: [...rows(1)].reverse() })).toEqual(['services']);
    expect(await refused({ sale_date_before_correction: '2026-11-01' })).toEqual(['sale_date']);
  });
});

describe('lists', () => {
  it('give ten by default, a count that is none, links that are always there, and ignore filters they do not know', async () => {
    for (let i = 0; i < 12; i++)
      await call('POST', '/clients.json', {
        client: { country: 'PL', company_name: `Firma ${i}`, nip: i === 3 ? '123-456-32-18' : undefined },
      });
    const page = (await call('GET', '/clients.json?limit=2')).body;
    expect([page.entities.length, page.metainfo.count, page.metainfo.total_count]).toEqual([2, 10, 12]);
    expect((await call('GET', '/clients.json')).body.entities).toHaveLength(10);
    const beyond = (await call('GET', '/clients.json?offset=20')).body;
    expect([beyond.entities, beyond.metainfo.next]).toEqual([[], expect.stringContaining('offset=30')]);
    expect((await call('GET', '/clients.json?nip=1234563218&limit=100')).body.entities).toHaveLength(12);
    expect((await call('GET', '/clients.json?q[nipp_eq]=1234563218&limit=100')).body.entities).toHaveLength(12);
    expect((await call('GET', '/clients.json?q[nip_eq]=1234563218')).body.entities).toHaveLength(0);
    expect((await call('GET', '/clients.json?q[clean_nip_eq]=PL1234563218')).body.entities[0].nip).toBe('123-456-32-18');
  });

  it('of documents are filtered by day and number, ordered, and cut to the fields asked for', async () => {
    for (const day of ['2026-11-18', '2026-11-19', '2026-11-20']) await issue({ invoice_date: day });
    const numbers = async (query: string) => (await call('GET', `/invoices.json?${query}`)).body.entities.map((d: Json) => d.number);
    expect(await numbers('q[invoice_date_gteq]=2026-11-19&q[invoice_date_lteq]=2026-11-20&order=id%20desc&limit=100')).toEqual([
      '3/11/2026',
      '2/11/2026',
    ]);
    expect(await numbers('q[number_eq]=1/11/2026')).toEqual(['1/11/2026']);
    expect(await numbers('q[gross_price_eq]=1')).toHaveLength(3);
    expect(await numbers('q[paid_date_null]=false')).toEqual([]);
    const [cut] = (await call('GET', '/invoices.json?fields=number,services(name)&limit=1')).body.entities;
    expect(cut).toEqual({ number: '1/11/2026', services: order.services.map(({ name }) => ({ name })) });
  });

  it('of reference data hold what the account allows', async () => {
    for (const name of [
      'vat_rates',
      'moss_vat_rates',
      'vat_exemptions',
      'gtus',
      'documents_markings/incomes',
      'transaction_kinds',
      'flat_rates',
      'countries',
      'bank_accounts',
    ])
      expect((await call('GET', `/${name}.json`)).body.metainfo.total_count, name).toBeGreaterThan(0);
    expect((await call('GET', '/account/details.json')).body.company_data.tax_id).toBe('9991002009');
  });
});

describe('clients', () => {
  it('drop fields of other names and are refused for it, are never merged, and read days back as text', async () => {
    expect((await call('POST', '/clients.json', { client: { name: 'A', post_code: '61-821', country: 'PL' } })).body).toEqual({
      errors: { company_name: ['nie może być puste'] },
    });
    const sent = { client: { company_name: 'A', nip: '1234563218', country: 'PL', postal_code: '61-821', days_to_payment: 14 } };
    const [a, b] = [await call('POST', '/clients.json', sent), await call('POST', '/clients.json', sent)];
    expect([a.status, a.body.days_to_payment, a.body.id === b.body.id]).toEqual([201, '14', false]);
    expect((await call('POST', '/clients.json', { client: { ...sent.client, postal_code: '61821' } })).body.errors).toHaveProperty(
      'postal_code',
    );
    expect((await call('PUT', `/clients/${a.body.id}.json`, { client: { email: 'a@firma.example' } })).body.email).toBe('a@firma.example');
    const { buyer, taxId } = ((await issue({ client_company_name: '', client_tax_code: '', client_id: a.body.id })) &&
      (await held())[0]) as Json;
    expect([buyer, taxId]).toEqual(['A', '1234563218']);
    expect((await call('DELETE', `/clients/${a.body.id}.json`)).status).toBe(204);
  });
});

describe('KSeF', () => {
  it('takes a document once, and answers after a while with a number whose check sum is right', async () => {
    const { uuid } = await issue();
    expect((await call('GET', `/ksef2/documents/${uuid}/status.json`)).status).toBe(404);
    const sent = await call('POST', `/ksef2/documents/${uuid}/send.json`);
    expect(sent.body).toMatchObject({ status: 'sent', ksef_number: null, invoice_kind: 'vat' });
    expect((await call('POST', `/ksef2/documents/${uuid}/send.json`)).status).toBe(422);
    await later(60);
    const { ksef_number: number, status } = (await call('GET', `/ksef2/documents/${uuid}/status.json`)).body;
    expect(status).toBe('success');
    expect(number).toMatch(/^9991002009-20261120-[0-9A-F]{12}-[0-9A-F]{2}$/);
    expect(crc8(number.slice(0, 32)).toString(16).toUpperCase().padStart(2, '0')).toBe(number.slice(33));
    expect((await call('GET', `/invoices/${uuid}.json`)).body.ksef_data.status).toBe('success');
    expect((await call('PUT', `/invoices/${uuid}.json`, { invoice: { notes: 'x' } })).status).toBe(422);
    expect((await call('GET', `/ksef2/documents/${uuid}/download_xml.json`)).body).toContain('<P_2>1/11/2026</P_2>');
  });

  it('refuses what it cannot take, and takes the same document again after it was mended', async () => {
    const { uuid } = await issue({ services: [{ ...order.services[0], name: 'x'.repeat(257) }] });
    await call('POST', `/invoices/${uuid}/send_to_ksef.json`);
    await later(60);
    const refused = (await call('GET', `/ksef2/documents/${uuid}/status.json`)).body;
    expect([refused.status, refused.status_description]).toEqual(['error', 'Nazwa towaru lub usługi przekracza 256 znaków.']);
    await call('PUT', `/invoices/${uuid}.json`, { invoice: { services: order.services } });
    expect((await call('POST', '/ksef2/documents/send.json', { uuids: [uuid] })).body[0].status).toBe('sent');
    await later(60);
    expect((await held())[0].ksef.status).toBe('success');
    const { uuid: proforma } = await issue({ kind: 'proforma' });
    expect((await call('POST', `/ksef2/documents/${proforma}/send.json`)).status).toBe(422);
    await set({ ksefActive: false });
    const { uuid: other } = await issue();
    expect((await call('POST', `/ksef2/documents/${other}/send.json`)).body.error).toContain('nie jest zintegrowany');
    expect((await call('GET', '/ksef2/integration.json')).body.active).toBe(false);
  });

  it('is asked with the document where the request or the account says so, never for a proforma', async () => {
    const create = (more: Sent) => call('POST', '/async/invoices.json', { invoice: { ...order, ...more }, send_to_ksef: true });
    await create({});
    await create({ kind: 'proforma' });
    await later(2);
    expect((await held()).map((d) => d.ksef?.status)).toEqual(['sent', undefined]);
    await set({ ksefAutomatic: true });
    expect((await issue()).ksef_data.status).toBe('sent');
  });

  it('numbers as the contract’s vector says', () => {
    expect(crc8('9999999999-20261014-0A1B2C3D4E5F').toString(16)).toBe('94');
    expect(ksefNumber('9991002009', '2026-11-20', 'a', false)).not.toBe(ksefNumber('9991002009', '2026-11-20', 'a'));
  });
});

describe('webhooks', () => {
  type Received = { headers: SimRequest['headers']; body: Json; raw: string };
  /** Somebody who listens; `answer` decides what is said back. */
  async function listener(
    answer: (body: Json) => { status: number; body?: string } = (body) => ({ status: 200, body: JSON.stringify(body) }),
  ) {
    const received: Received[] = [];
    const server = await startServer((request, response) => {
      const raw = request.body.toString('utf8');
      received.push({ headers: request.headers, body: JSON.parse(raw), raw });
      const said = answer(JSON.parse(raw));
      response.writeHead(said.status).end(said.body ?? '');
    });
    const webhook = await control('POST', 'webhooks', { url: `${server.url}/hook` });
    return { received, server, webhook, verify: () => control('POST', `webhooks/${webhook.id}/verify`) };
  }
  const names = (received: Received[]) => received.map(({ body }) => body.event?.name ?? 'verification');

  it('are verified by an echo with 200 and a fresh code, and deliver nothing before', async () => {
    let status = 202;
    const { received, server, webhook, verify } = await listener((body) => ({ status, body: JSON.stringify(body) }));
    try {
      expect(await verify()).toEqual({ verified: false, status: 202 });
      await issue();
      expect(received).toHaveLength(1);
      status = 200;
      expect(await verify()).toEqual({ verified: true, status: 200 });
      expect(received[1]!.body.verification_code).not.toBe(received[0]!.body.verification_code);
      expect(received[1]!.headers['x-infakt-signature']).toBeUndefined();
      await issue();
      expect(names(received).slice(2)).toEqual(['draft_invoice_created', 'async_invoice_creation_success']);
      const { headers, raw, body } = received.at(-1)!;
      expect(headers['x-infakt-signature']).toBe(createHmac('sha256', webhook.secret).update(raw).digest('hex'));
      expect(headers['user-agent']).toBe('Infakt-Webhooks/2');
      expect(body.event.retry_counter).toBe(0);
      expect(body.resource).toMatchObject({ processing_code: 201, invoice_uuid: (await held())[1].uuid });
      for (const { body: told } of received.slice(2)) expect(openApi?.schemaProblems('WebhookEnvelope', told) ?? []).toEqual([]);
    } finally {
      await server.close();
    }
  });

  it('tell of failures, payments, KSeF and deletions; without confidential data only the id', async () => {
    const { received, server, webhook, verify } = await listener();
    try {
      await verify();
      await taskOf({ ...order, payment_method: 'blik' });
      const { uuid } = await issue();
      await control('PATCH', `webhooks/${webhook.id}`, { content: 'redacted' });
      await call('POST', `/async/invoices/${uuid}/paid.json`, {});
      await call('POST', `/ksef2/documents/${uuid}/send.json`);
      await later(61);
      await control('DELETE', `documents/${uuid}`);
      await later(0);
      expect(names(received).slice(1)).toEqual([
        'async_invoice_creation_error',
        'draft_invoice_created',
        'async_invoice_creation_success',
        'invoice_paid',
        'async_invoice_payment_success',
        'send_to_ksef_success',
        'invoice_deleted',
      ]);
      expect(received[1]!.body.resource.invoice_errors).toEqual({ payment_method: [expect.any(String)] });
      expect(received.slice(4).map(({ body }) => body.resource)).toEqual(Array(4).fill({ uuid }));
    } finally {
      await server.close();
    }
  });

  it('are repeated until 200 or 201, tell the owner after six failures and go off after ten', async () => {
    let status = 500;
    const { received, server, verify } = await listener((body) => (body.event ? { status } : { status: 200, body: JSON.stringify(body) }));
    const state = async () => (await control('GET', 'webhooks'))[0];
    try {
      await verify();
      await control('POST', 'documents');
      await later(0);
      await later(5 * 60);
      expect([received.length - 1, (await state()).ownerMailed]).toEqual([6, true]);
      expect(received.slice(1).map(({ body }) => body.event.retry_counter)).toEqual([0, 1, 2, 3, 4, 5]);
      expect(new Set(received.slice(1).map(({ body }) => body.event.uuid)).size).toBe(1);
      await later(20 * 60);
      expect([received.length - 1, (await state()).on]).toEqual([10, false]);
      await control('POST', 'documents');
      await later(60);
      expect(received.length - 1).toBe(10);
      await verify();
      status = 201;
      await control('POST', 'documents');
      await later(0);
      expect(received.at(-1)!.body.event.name).toBe('draft_invoice_created');
      expect((await control('GET', 'deliveries')).at(-1).state).toBe('delivered');
    } finally {
      await server.close();
    }
  });

  it('come twice, late, backwards, wrongly signed or never, by switch', async () => {
    const { received, server, webhook, verify } = await listener();
    try {
      await verify();
      await set({ webhookTwice: true, webhookLateSeconds: 30, webhookOrder: 'reversed' });
      await control('POST', 'documents');
      const { uuid } = (await held())[0];
      await control('POST', `documents/${uuid}/pay`);
      await later(29);
      expect(received).toHaveLength(1);
      await later(1);
      expect(names(received).slice(1)).toEqual(['invoice_paid', 'invoice_paid', 'draft_invoice_created', 'draft_invoice_created']);
      await set({ webhookTwice: false, webhookLateSeconds: 0, webhookOrder: 'in-order' });
      const signatureOf = async (webhookSignature: string) => {
        await set({ webhookSignature });
        await control('POST', 'documents');
        await later(0);
        const { raw, headers } = received.at(-1)!;
        const right = createHmac('sha256', webhook.secret).update(raw).digest('hex');
        return headers['x-infakt-signature'] === undefined
          ? undefined
          : String(headers['x-infakt-signature']).replace(right, 'right').replace(right.toUpperCase(), 'RIGHT');
      };
      expect(await signatureOf('prefixed')).toBe('sha256=right');
      expect(await signatureOf('upper-case')).toBe('RIGHT');
      expect(await signatureOf('wrong')).toMatch(/^[0-9a-f]{64}$/);
      expect(await signatureOf('missing')).toBeUndefined();
      const before = received.length;
      await set({ webhooksSilent: true });
      await issue();
      expect(received).toHaveLength(before);
    } finally {
      await server.close();
    }
  });

  it('sign as the contract’s vectors say', () => {
    const vectors = new URL('../../../shared/contracts/infakt/samples/webhook.signature-vectors.json', import.meta.url);
    if (!existsSync(vectors)) return;
    for (const { secret, raw_body, expected_header_hex } of JSON.parse(readFileSync(vectors, 'utf8')).vectors)
      expect(createHmac('sha256', secret).update(raw_body).digest('hex')).toBe(expected_header_hex);
  });
});

describe('failures on demand', () => {
  const create = () => call('POST', '/async/invoices.json', { invoice: order });

  it('lose the answer after the order was taken, or before it', async () => {
    await fault({ on: 'create', mode: 'drop-before' });
    await expect(create()).rejects.toThrow();
    await later(2);
    expect(await held()).toHaveLength(0);
    await fault({ on: 'create', mode: 'drop-after' });
    await expect(create()).rejects.toThrow();
    await later(2);
    expect(await held()).toHaveLength(1);
    await fault({ on: 'create', mode: 'error-after' });
    expect((await create()).status).toBe(502);
    await later(2);
    expect(await held()).toHaveLength(2);
  });

  it('refuse a task, leave it stuck, or answer with a page, a limit or nothing useful', async () => {
    await fault({ on: 'create', mode: 'refused', errors: { 'services.tax_symbol': ['nie może być puste'] } });
    expect((await taskOf(order)).invoice_errors).toEqual({ 'services.tax_symbol': ['nie może być puste'] });
    await fault({ on: 'create', mode: 'stuck' });
    const stuck = await create();
    await later(86_400);
    const status = () => call('GET', `/async/invoices/status/${stuck.body.invoice_task_reference_number}.json`);
    expect((await status()).body.processing_code).toBe(140);
    await control('POST', 'tasks/finish');
    expect((await status()).body.processing_code).toBe(201);
    await fault({ mode: 'html500' });
    expect((await create()).body).toContain('<html>');
    await fault({ mode: 'http429' });
    expect((await create()).status).toBe(429);
    await set({ maintenance: true });
    expect((await create()).status).toBe(503);
  });

  it('hide the number for a while, show a paid one as sent', async () => {
    await set({ numberlessReads: 2, paidShownAsSent: true });
    const { invoice_uuid: uuid } = await taskOf(order);
    const numbers = [];
    for (let i = 0; i < 3; i++)
      numbers.push(
        (await fetch(`${sim.apiUrl}/invoices/${uuid}.json`, { headers: { 'X-inFakt-ApiKey': sim.key } }).then((r) => r.json() as Json))
          .number,
      );
    expect(numbers).toEqual([null, null, '1/11/2026']);
    await control('POST', `documents/${uuid}/pay`);
    expect((await held())[0]).toMatchObject({ status: 'sent', paidDate: '2026-11-20' });
  });

  it('are on the page in four languages; the key is on it and nowhere in the log', async () => {
    await issue();
    for (const [language, word] of Object.entries({ pl: 'na niby', en: 'simulated', hu: 'szimulátor', sv: 'simulerat' })) {
      const page = await (await fetch(`${sim.url}/__sim/?lang=${language}`)).text();
      expect(page).toContain(word);
      expect(page).toContain('1/11/2026');
      expect(page).toContain(sim.key);
    }
    expect(JSON.stringify(await control('GET', 'requests'))).not.toContain(sim.key);
    expect(await set({ ksefOutcome: 'perhaps' })).toEqual({ error: expect.stringContaining('ksefOutcome') });
  });
});

describe('documents of families of their own (contract §15)', () => {
  const made = async (family: string, wrapper: string, sent: Sent): Promise<Json> => {
    const task = await taskOf(sent, family, wrapper);
    if (task.processing_code !== 201) return task.invoice_errors;
    return (await call('GET', `/${family}/${task.invoice_uuid}.json`)).body;
  };
  const { transaction_terms: _, services, ...rest } = order;
  const person = {
    ...rest,
    client_company_name: '',
    client_tax_code: '',
    client_business_activity_kind: 'private_person',
    client_first_name: 'Greta',
    client_last_name: 'Muster',
    client_post_code: '10115',
    client_country: 'DE',
  };

  it('OSS: a rate of the destination on each line, a person by name, numbers of its own, never in KSeF, no transaction terms', async () => {
    const sent = {
      ...person,
      country: 'DE',
      sale_type: 'merchandise',
      issue_date: '2026-11-20',
      service_date: '2026-11-19',
      transaction_terms: order.transaction_terms,
      services: [{ name: 'Termos', unit: 'szt.', quantity: 1, gross_price: 11900, tax_rate: '19' }],
    };
    const oss = await made('oss_invoices', 'oss_invoice', sent);
    expect(oss).toMatchObject({
      kind: 'oss',
      country: 'DE',
      gross_price: 11900,
      tax_price: 1900,
      issue_date: '2026-11-20',
      number: '1/OSS/11/2026',
    });
    expect(oss.transaction_terms).toBeUndefined();
    expect((await issue()).number).toBe('1/11/2026');
    expect((await call('POST', `/ksef2/documents/${oss.uuid}/send.json`)).status).toBe(422);
    const nobody = {
      ...sent,
      client_first_name: '',
      client_last_name: '',
      client_company_name: 'Firma',
      client_business_activity_kind: 'other_business',
    };
    expect(await made('oss_invoices', 'oss_invoice', nobody)).toMatchObject({
      client_first_name: [expect.any(String)],
      client_last_name: [expect.any(String)],
    });
    const domestic = { ...sent, services: [{ ...sent.services[0], tax_rate: undefined, tax_symbol: '23' }] };
    expect(await made('oss_invoices', 'oss_invoice', domestic)).toHaveProperty(['services.tax_rate']);
    expect(await made('oss_invoices', 'oss_invoice', { ...sent, service_type: 'goods' })).toHaveProperty('service_type');
  });

  it('an advance bears what was received of the order on its lines; the next one and the final invoice name the one before', async () => {
    const advance = { ...rest, services, advance_date: '2026-11-20', advance_price: 12300 };
    const first = await made('advance_invoices', 'advance_invoice', advance);
    expect(first).toMatchObject({ kind: 'advance', gross_price: 12300, tax_price: 2300, advance_price: 12300, advance_date: '2026-11-20' });
    expect(await made('advance_invoices', 'advance_invoice', { ...advance, advance_price: undefined })).toHaveProperty('advance_price');
    expect(await made('advance_invoices', 'advance_invoice', { ...advance, advance_price: 99999999 })).toHaveProperty('advance_price');
    expect(await made('advance_invoices', 'advance_invoice', { ...advance, invoice_date_kind: 'sale_date' })).toHaveProperty(
      'invoice_date_kind',
    );
    expect(await made('advance_invoices', 'advance_invoice', { ...advance, previous_advance_id: 1 })).toHaveProperty('previous_advance_id');
    const second = await made('advance_invoices', 'advance_invoice', { ...advance, advance_price: 5000, previous_advance_id: first.id });
    const final = await made('final_invoices', 'final_invoice', { ...rest, services, previous_advance_id: second.id });
    expect(final).toMatchObject({ kind: 'final', gross_price: 21969 - 12300 - 5000, previous_advance_id: second.id });
    expect(await made('final_invoices', 'final_invoice', { ...rest, services })).toHaveProperty('previous_advance_id');
    // The other reading of what the total of such a document is.
    await set({ advanceTotals: 'order' });
    expect(await made('final_invoices', 'final_invoice', { ...rest, services, previous_advance_id: second.id })).toMatchObject({
      gross_price: 21969,
    });
  });
});
