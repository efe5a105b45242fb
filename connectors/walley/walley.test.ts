import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AdministerRequest } from '../../src/contract/administer.ts';
import { Secret } from '../../src/contract/secret.ts';
import { connectorSuite, contextOf, type WriteFault } from '../../src/contract/suite.ts';
import { readXml, type XmlTree } from '../../src/contract/wire/read-xml.ts';
import { fromMinor } from '../../src/domain/money/money.ts';
import { enact, type Part } from '../../src/domain/receivables/index.ts';
import { receive } from './calls.ts';
import { causes, codes, judge } from './causes.ts';
import { connector } from './connector.ts';
import { madeOf, personName, readFields, restMessage, restOrder, soapMessage, swedishTime } from './mapper.ts';
import { preflight } from './preflight.ts';
import { masked } from './private.ts';
import { jsonText } from './rest.ts';
import { settingsOf } from './settings.ts';
import { startWalleySimulator } from './simulator.ts';
import { envelope, replyOf, type Service } from './soap.ts';

/**
 * The promise: what leaves is, element by element and in the order that counts, what the provider's messages are; what comes back is read
 * whatever dress it wears; and every fault of the contract has a cause with words. Samples lie beside the repository where they lie at all.
 */
const samples = join(import.meta.dirname, '../../../shared/contracts/walley');
const beside = existsSync(samples);
const sample = (path: string) => readFileSync(join(samples, 'samples', path), 'utf8');

const settings = settingsOf({
  soapService: 'InvoiceServiceV31',
  username: 'USERNAME',
  storeSeConsumer: '1234',
  storeSeCompany: '1235',
  clientId: 'c',
});
const now = new Date('2026-03-02T09:15:00Z');
const rows = [
  { articleId: 'SKU-1', name: 'Tröja blå M', quantity: 2, unitPrice: '199.00', vat: '25' },
  { articleId: 'SHIPPING', name: 'Frakt PostNord', quantity: 1, unitPrice: '49.00', vat: '25' },
  { articleId: 'INVOICE_FEE', name: 'Fakturaavgift', quantity: 1, unitPrice: '29.00', vat: '25' },
  { articleId: 'GIFT-77', name: 'Presentkort', quantity: 1, unitPrice: '-50.00', vat: '0' },
];
const parts: Part[] = enact([], { verb: 'add', rows }, { number: '62396765' }, now.toISOString(), 'SEK');
const request = (action: AdministerRequest['action'], over: Partial<AdministerRequest> = {}): AdministerRequest => ({
  key: 'FKT-1001',
  reference: 'FKT-1001',
  receivable: {
    country: 'SE',
    segment: 'consumer',
    currency: 'SEK',
    orderNumber: 'ORD-1001',
    buyerNumber: new Secret('1602079954'),
    rootNumber: '62396765',
  },
  parts,
  part: parts[0],
  action,
  add: {
    orderedAt: '2026-03-02T09:15:00Z',
    by: 'email',
    customerNumber: 'K-77',
    buyerIp: '192.0.2.10',
    buyer: {
      firstName: 'Anna',
      lastName: 'Testsson',
      taxIds: [],
      street: 'Storgatan 1',
      postalCode: '411 03',
      city: 'Göteborg',
      country: 'SE',
      email: 'kund@example.test',
      phone: '+46 70 000 00 01',
    },
  },
  ...over,
});

function message(
  action: AdministerRequest['action'],
  service: Service = 'InvoiceServiceV31',
  over: Partial<AdministerRequest> = {},
): string {
  const asked = request(action, over);
  const { operation, fields, root, withIp } = soapMessage({ settings, service }, asked, now);
  return envelope(
    { service, operation, fields, root, correlationId: asked.key, clientIp: withIp ? asked.add?.buyerIp : undefined },
    'USERNAME',
  );
}

/** Elements with their texts, in order, without prefixes and without what an example may have and we need not. */
function shape(xml: string, without: string[] = []): unknown {
  const of = (tree: XmlTree): unknown =>
    tree.children.length > 0
      ? [tree.name, tree.uri, tree.children.filter((c) => !without.includes(c.name)).map(of)]
      : [tree.name, tree.uri, tree.text.trim()];
  return of(readXml(xml.replaceAll('{{password}}', 'PASSWORD')));
}

describe('days and counts that are none', () => {
  it('say nothing: the year 1 is how their platform writes no day, and no ledger holds the 30th of February', () => {
    const due = (written: string) =>
      madeOf(readXml(`<ActivateInvoiceResponse><DueDate>${written}</DueDate></ActivateInvoiceResponse>`)).dueDate;
    expect(['2026-03-16T00:00:00', '2026-03-16+01:00', '0001-01-01T00:00:00', '2026-02-30', 'soon'].map(due)).toEqual([
      '2026-03-16',
      '2026-03-16',
      undefined,
      undefined,
      undefined,
    ]);
    const order = restOrder({
      data: {
        id: 'o',
        expiresAt: '0001-01-01T00:00:00Z',
        items: [{ id: 'SKU-1', quantity: 2, unitPrice: 1, vat: 25, capturedQuantity: 'two', refundedQuantity: -1 }],
        invoices: [{ invoiceNumber: '1', status: 'Activated', dueDate: '{}' }],
      },
    })!;
    expect(order.expiresAt).toBeUndefined();
    // Least of all do they say that there are none.
    expect(order.items[0]).toMatchObject({ captured: undefined, refunded: undefined });
    expect(order.invoices[0]!.dueDate).toBeUndefined();
  });
});

describe.runIf(beside)('messages against the contract’s samples', () => {
  const part = { part: 1 } as const;
  it.each<[string, AdministerRequest['action'], string[], Service?]>([
    ['InvoiceServiceV31.AddInvoice.request.b2c', { verb: 'add', rows }, ['Gender', 'PurchaseType']],
    ['InvoiceServiceV31.ActivateInvoice.request', { verb: 'activate', ...part }, []],
    [
      'InvoiceServiceV31.PartActivateInvoice.request',
      {
        verb: 'activate',
        ...part,
        picks: [
          { row: 0, quantity: 1 },
          { row: 1, quantity: 1 },
        ],
      },
      [],
    ],
    ['InvoiceServiceV31.CancelInvoice.request', { verb: 'cancel', ...part }, []],
    ['InvoiceServiceV31.ReplaceInvoice.request', { verb: 'replace', ...part, rows: rows.slice(0, 2) }, []],
    ['InvoiceServiceV31.SendInvoice.request.email', { verb: 'send', ...part, by: 'email', email: 'ny.adress@example.test' }, []],
    ['InvoiceServiceV31.SendInvoice.request.mail', { verb: 'send', ...part, by: 'post' }, []],
    ['InvoiceServiceV31.ExtendDueDate.request', { verb: 'extend', ...part }, []],
    ['InvoiceServiceV31.CreditInvoice.request', { verb: 'credit', ...part }, ['CreditDate']],
    [
      'InvoiceServiceV31.PartCreditInvoice.request',
      { verb: 'credit', ...part, picks: [{ row: 0, quantity: 1 }] },
      ['CreditDate', 'UnitPrice'],
    ],
    [
      'InvoiceServiceV31.AdjustInvoice.request.single-amount',
      { verb: 'adjust', ...part, articleId: 'DISC', name: 'Prisjustering', amount: '-20', vat: '25' },
      [],
    ],
    [
      'InvoiceServiceV33.AdjustInvoice.request.rows',
      { verb: 'adjust', ...part, articleId: 'ref1', name: 'Refund #5011', amount: '-20', vat: '0' },
      [],
      'InvoiceServiceV33',
    ],
    ['PaymentServiceV10.ActivateInvoice.request.with-paymentinfo', { verb: 'activate', ...part }, ['PaymentInfo'], 'PaymentServiceV10'],
  ])('%s', (file, action, without, service) => {
    expect(shape(message(action, service), without)).toEqual(shape(sample(`constructed/soap/${file}.xml`), without));
  });

  it('companies: company name, reference, phone, and the store of companies', () => {
    const buyer = {
      company: 'Exempelbolaget AB',
      taxIds: [],
      street: 'Industrivägen 5',
      postalCode: '211 20',
      city: 'Malmö',
      country: 'SE',
      email: 'faktura@example.test',
      phone: '+46400000001',
    };
    const xml = message({ verb: 'add', rows: rows.slice(0, 2) }, 'InvoiceServiceV31', {
      key: 'FKT-1002',
      receivable: { country: 'SE', segment: 'company', currency: 'SEK', orderNumber: 'ORD-1002', buyerNumber: new Secret('5599999991') },
      add: {
        orderedAt: '2026-03-01T23:00:00Z',
        by: 'post',
        customerNumber: 'K-78',
        buyerIp: '192.0.2.10',
        buyerReference: 'Anna Testsson',
        buyer,
      },
    });
    const without = ['CostCenter', 'OrderDate'];
    expect(shape(xml, without)).toEqual(shape(sample('constructed/soap/InvoiceServiceV31.AddInvoice.request.b2b.xml'), without));
  });

  it('questions', () => {
    const facts = request({ verb: 'cancel', part: 1 }).receivable;
    const fields = readFields({ settings, service: 'InvoiceServiceV31' }, facts, '62396765', 'FKT-1001');
    const asked = envelope(
      { service: 'InformationService', operation: 'GetCurrentInvoice', fields, correlationId: 'FKT-1001' },
      'USERNAME',
    );
    expect(shape(asked)).toEqual(shape(sample('constructed/soap/InformationService.GetCurrentInvoice.request.by-invoice.xml')));
  });

  it('answers: every response sample is read, nil and absent alike', () => {
    const read = (file: string, operation: Parameters<typeof replyOf>[2]['operation']) => {
      const text = sample(file);
      const reply = replyOf(text, 200, { operation, correlationId: /<CorrelationId>([^<]+)/.exec(text)?.[1] ?? '' });
      return reply.verdict === 'done' ? { ...madeOf(reply.body), pdfUrl: undefined } : reply;
    };
    const soap = 'constructed/soap/InvoiceServiceV31';
    expect(read(`${soap}.AddInvoice.response.pending.xml`, 'AddInvoice')).toMatchObject({ number: '62396765', state: 'pending' });
    expect(read(`${soap}.AddInvoice.response.onhold.xml`, 'AddInvoice')).toMatchObject({ state: 'on_hold' });
    expect(read(`${soap}.PartActivateInvoice.response.remainder.xml`, 'PartActivateInvoice')).toEqual({
      dueDate: '2026-03-16',
      lowest: '50.00',
      newNumber: '62396768',
      reference: '100012345678910',
      total: '248.00',
      pdfUrl: undefined,
    });
    expect(read(`${soap}.PartActivateInvoice.response.last.xml`, 'PartActivateInvoice')).toMatchObject({
      newNumber: null,
      total: '178.00',
    });
    expect(
      read('constructed/soap/InformationService.GetCurrentInvoice.response.no-invoice-yet.xml', 'GetCurrentInvoice'),
    ).not.toHaveProperty('dueDate');
    expect(read('constructed/soap/PaymentServiceV10.GetInvoiceInformation.response.xml', 'GetInvoiceInformation')).toMatchObject({
      state: 'active',
    });
    for (const file of readdirSync(join(samples, 'samples/constructed/soap')).filter((f) => f.includes('.response'))) {
      const operation = file.split('.')[1] as 'AddInvoice';
      expect(read(`constructed/soap/${file}`, operation), file).not.toHaveProperty('verdict');
    }
    for (const file of readdirSync(join(samples, 'samples/constructed/faults')))
      expect(replyOf(sample(`constructed/faults/${file}`), 500, { operation: 'CancelInvoice', correlationId: 'x' }), file).toMatchObject({
        verdict: 'fault',
        code: file.replace('.xml', ''),
      });
  });

  it('has a cause with words for every fault of the contract', () => {
    const { faults } = JSON.parse(readFileSync(join(samples, 'faults.json'), 'utf8')) as {
      faults: { code: string; class: string; retry: string }[];
    };
    expect(faults.length).toBeGreaterThan(100);
    const listed = new Set(causes.map((c) => c.code));
    for (const fault of faults) {
      const { cause, verdict } = judge(fault.code, 'words');
      expect(cause.code, fault.code).not.toBe('walley.unknown_code');
      expect(listed, fault.code).toContain(cause.code);
      if (fault.class === 'transient') expect(verdict, fault.code).toMatch(/unknown|busy/);
      if (fault.class === 'buyer' || fault.class === 'data' || fault.class === 'agreement') expect(verdict, fault.code).toMatch(/rejected/);
      if (fault.class === 'credentials') expect(causes.find((c) => c.code === cause.code)!.stops).toBe('connection');
    }
  });

  it('reads the order document of the Management API', () => {
    const order = restOrder(JSON.parse(sample('constructed/rest/order.get.part-activated.json')))!;
    expect(order).toMatchObject({ status: 'PartActivated', totalAmount: '426.00', currency: 'SEK', expiresAt: '2026-05-31T08:15:00.000Z' });
    expect(order.invoices.map(({ pdfUrl: _, ...one }) => one)).toMatchObject([
      { number: '62396765', state: 'active', remaining: '248.00', dueDate: '2026-03-16' },
      { number: '62396768', state: 'pending', total: '178.00' },
    ]);
    expect(order.items[0]).toMatchObject({ articleId: 'SKU-1', unitPrice: '199.00', vat: '25.00', captured: 1 });
    expect(restOrder(JSON.parse(sample('provider/rest/order.get.json')))).toMatchObject({
      totalAmount: '2459.49',
      items: [],
      invoices: [],
    });
  });
});

describe('an order that does not show whether it was done', () => {
  function deskOf(order: object) {
    const context = contextOf({
      baseUrl: 'http://127.0.0.1:9',
      secrets: { clientSecret: randomUUID() },
      settings: { clientId: 'c', prefer: 'rest', storeSeConsumer: '1234' },
      now: () => now,
      close: async () => undefined,
    });
    const json = (body: unknown) => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
    return connector.open({
      ...context,
      fetch: async (input) => json(String(input).endsWith('/token') ? { access_token: 't', expires_in: 3600 } : { data: order }),
    }).administers!;
  }
  function wishOf(action: AdministerRequest['action']): AdministerRequest {
    const wish = request(action);
    const active = action.verb === 'activate' ? parts : enact(parts, { verb: 'activate', part: 1 }, {}, now.toISOString(), 'SEK');
    return { ...wish, parts: active, part: active[0], receivable: { ...wish.receivable, providerOrderId: 'o' } };
  }
  const settled = async (action: AdministerRequest['action'], order: object) => (await deskOf(order).settle(wishOf(action))).done;
  const items = (captured: unknown) => rows.map((row) => ({ id: row.articleId, quantity: row.quantity, capturedQuantity: captured }));
  const picked: AdministerRequest['action'] = { verb: 'activate', part: 1, picks: [{ row: 0, quantity: 1 }] };
  const invoice = (more: object) => ({ status: 'Activated', invoices: [{ invoiceNumber: '62396765', ...more }] });

  it.each<[string, AdministerRequest['action'], object, string]>([
    ['no count', picked, { status: 'PartActivated', items: items(undefined) }, 'unclear'],
    ['a count that cannot be read', picked, { status: 'PartActivated', items: items('two') }, 'unclear'],
    ['no rows', picked, { status: 'PartActivated' }, 'unclear'],
    ['rows without ours', picked, { status: 'PartActivated', items: items(0).slice(1) }, 'unclear'],
    ['an invoice without a state', picked, { invoices: [{ invoiceNumber: '62396765' }] }, 'unclear'],
    ['a remainder that is not told', { verb: 'credit', part: 1 }, invoice({ status: 'Activated' }), 'unclear'],
    ['no invoice of the part', { verb: 'credit', part: 1, picks: [{ row: 0, quantity: 1 }] }, { status: 'Activated' }, 'unclear'],
    ['counts of none', picked, { status: 'NotActivated', items: items(0) }, 'no'],
    ['a remainder as before', { verb: 'credit', part: 1 }, invoice({ status: 'Activated', remainingAmount: 426 }), 'no'],
  ])('%s', async (_, action, order, done) => {
    expect(await settled(action, order)).toBe(done);
  });

  it('is looked at again, and not waited for beyond a day', async () => {
    expect(connector.manifest.causes.find((c) => c.code === 'walley.not_told')).toMatchObject({ retryHelps: true });
    const desk = deskOf({ status: 'PartActivated', items: items(undefined) });
    const sentBefore = (ms: number) => ({ ...wishOf(picked), firstSentAt: new Date(now.getTime() - ms).toISOString() });
    expect(await desk.look(sentBefore(60 * 60_000), 'applied')).toMatchObject({ outcome: 'pending' });
    expect(await desk.look(sentBefore(25 * 60 * 60_000), 'applied')).toMatchObject({
      outcome: 'unknown',
      cause: { code: 'walley.not_told' },
    });
  });
});

describe('messages', () => {
  it('REST keeps every digit of an amount and names rows as they were given', () => {
    const capture = restMessage(request({ verb: 'activate', part: 1, picks: [{ row: 0, quantity: 1 }] }), '199.10', 'SEK');
    expect(jsonText(capture.body)).toBe(
      '{"amount":199.10,"actionReference":"FKT-1001","items":[{"id":"SKU-1","description":"Tröja blå M","unitPrice":199.00,"quantity":1,"vat":25.00}]}',
    );
    expect(restMessage(request({ verb: 'cancel', part: 1 }), '0', 'SEK')).toEqual({
      verb: 'cancel',
      body: { actionReference: 'FKT-1001' },
    });
  });

  it('an article at two prices is named with its price', () => {
    const twice = enact(
      [],
      { verb: 'add', rows: [rows[0]!, { ...rows[0]!, unitPrice: '150.00' }] },
      { number: '1' },
      now.toISOString(),
      'SEK',
    );
    const xml = message({ verb: 'activate', part: 1, picks: [{ row: 1, quantity: 1 }] }, 'InvoiceServiceV31', {
      part: twice[0],
      parts: twice,
    });
    expect(xml).toContain('<inv:UnitPrice>150.00</inv:UnitPrice>');
  });

  it('tells Swedish wall-clock time, in winter and in summer', () => {
    expect(swedishTime('2026-03-02T09:15:00Z')).toBe('2026-03-02T10:15:00');
    expect(swedishTime('2026-07-01T22:30:00Z')).toBe('2026-07-02T00:30:00');
    expect(personName({ name: 'Anna Maria Testsson', taxIds: [] })).toEqual(['Anna Maria', 'Testsson']);
  });
});

describe('before the call', () => {
  const codesOf = (over: Partial<AdministerRequest>, raw: Record<string, unknown>) =>
    preflight(request({ verb: 'add', rows }, over), settingsOf(raw)).map((f) => f.code);
  const facts = request({ verb: 'cancel', part: 1 }).receivable;

  it('wants the store of the country and of consumers or companies, unless there is only one', () => {
    expect(codesOf({}, { storeSeConsumer: '1234' })).toEqual([]);
    expect(codesOf({}, { storeSeCompany: '1235' })).toEqual(['H_STORE_MISSING']);
    expect(codesOf({}, {})).toEqual(['H_STORE_MISSING']);
    expect(codesOf({}, { singleStore: true })).toEqual([]);
    expect(codesOf({}, { singleStore: true, storeSeCompany: '1235' })).toEqual(['H_STORE_MISSING']);
    expect(codesOf({ receivable: { ...facts, currency: 'EUR' } }, { storeSeConsumer: '1234' })).toEqual(['H_STORE_CURRENCY']);
    expect(codesOf({ receivable: { ...facts, country: 'PL' } }, {})).toEqual(['H_STORE_COUNTRY', 'H_BUYER_COUNTRY']);
  });

  it('wants the buyer’s number, right in its check digit, his address and where he bought', () => {
    const stores = { storeSeConsumer: '1234', storeSeCompany: '1235' };
    expect(codesOf({ receivable: { ...facts, buyerNumber: new Secret('1602079955') } }, stores)).toEqual(['H_BUYER_NUMBER_WRONG']);
    expect(codesOf({ receivable: { ...facts, buyerNumber: new Secret('5599999991') } }, stores)).toEqual(['H_BUYER_NUMBER_WRONG']);
    expect(codesOf({ receivable: { ...facts, buyerNumber: undefined } }, stores)).toEqual(['H_BUYER_NUMBER_MISSING']);
    const add = request({ verb: 'add', rows }).add!;
    expect(codesOf({ add: { ...add, buyerIp: undefined } }, stores)).toEqual(['H_BUYER_IP_MISSING']);
    expect(codesOf({ add: { ...add, buyer: { taxIds: [] } } }, stores)).toEqual(Array(5).fill('H_BUYER_FIELD_MISSING'));
  });
});

describe('faults and privacy', () => {
  it('leaves nobody in what is kept of an exchange', () => {
    const kept = masked(message({ verb: 'add', rows }).replace('{{password}}', 'hemligt'));
    for (const word of [
      '1602079954',
      'Anna',
      'Testsson',
      'Storgatan',
      'kund@example.test',
      '192.0.2.10',
      'hemligt',
      'USERNAME',
      '+46700000001',
    ])
      expect(kept).not.toContain(word);
    expect(kept).toContain('Tröja blå M');
    const answer = '<InvoiceUrl>https://commerce.collector.se/testportal/PdfInvoice?pnr=1602079954&amp;invnr=1</InvoiceUrl>';
    expect(masked(answer)).not.toContain('1602079954');
    expect(masked('{"customer":{"name":"Anna T","registrationNumber":"900101***2"},"pdfUrl":"https://x/1"}')).toBe(
      '{"customer":{"name":"***","registrationNumber":"***"},"pdfUrl":"***"}',
    );
    // Cut off within a value, and from somebody who wants to keep us busy.
    for (const [cut, left] of [
      ['<c:City>Storga', '<c:City>***</c:City>'],
      ['<City>Storgatan</Ci', '<City>***</City>'],
      ['{"name":"Anna Tes', '{"name":"***"'],
      ['{"name":"Anna \\', '{"name":"***"'],
      ['?pnr=16020', '?pnr=***'],
    ] as const)
      expect(masked(cut)).toBe(left);
    expect(masked('<City '.repeat(100_000))).toHaveLength(600_000);
  });

  it('reads faults in any dress, and takes nothing for an answer that is not one', () => {
    const fault = (body: string, status = 500) => replyOf(body, status, { operation: 'CancelInvoice', correlationId: 'a' });
    const wrap = (inner: string, prefix = 's') =>
      `<${prefix}:Envelope xmlns:${prefix}="http://schemas.xmlsoap.org/soap/envelope/"><${prefix}:Body>${inner}</${prefix}:Body></${prefix}:Envelope>`;
    const code = wrap(
      '<x:Fault xmlns:x="http://schemas.xmlsoap.org/soap/envelope/"><faultcode>x:INVALID_INVOICE_STATUS</faultcode><faultstring>no</faultstring><detail><a/></detail></x:Fault>',
      'soap',
    );
    expect(fault(code, 200)).toEqual({ verdict: 'fault', code: 'INVALID_INVOICE_STATUS', message: 'no' });
    expect(fault('<html><body>Service unavailable</body></html>', 503)).toMatchObject({ verdict: 'unclear', why: 'page' });
    expect(fault(wrap('<AddInvoiceResponse xmlns="x"/>'), 200)).toMatchObject({ verdict: 'unclear' });
    expect(
      fault(wrap('<CancelInvoiceResponseV33 xmlns="x"><CorrelationId>b</CorrelationId></CancelInvoiceResponseV33>'), 200),
    ).toMatchObject({ why: 'mismatch' });
    expect(
      fault(wrap('<CancelInvoiceResponseV33 xmlns="x"><CorrelationId>a</CorrelationId></CancelInvoiceResponseV33>'), 200),
    ).toMatchObject({ verdict: 'done' });
    expect(judge('SOMETHING_NEW', 'x').verdict).toBe('unknown');
    expect(Object.keys(codes).every((c) => c !== 'SOMETHING_NEW')).toBe(true);
  });

  it('hears notices only from who proves himself, and believes no more than that something happened', () => {
    const call = (over: object) => ({ headers: {}, body: new Uint8Array(), query: {}, receivedAt: now, ...over });
    const password = new Secret('lösen');
    const basic = `Basic ${Buffer.from('walley:lösen').toString('base64')}`;
    const hear = (over: object) => receive(call(over), { callbackUser: 'walley' }, password);
    expect(hear({ headers: { authorization: basic }, query: { InvoiceNo: '7', InvoiceStatus: '0' } })).toMatchObject({
      verdict: 'accept',
      nudge: { claim: '7', says: 'on_hold' },
    });
    expect(hear({ headers: { authorization: basic }, query: { InvoiceNo: '7' } })).toMatchObject({ verdict: 'refuse', status: 422 });
    expect(hear({ headers: { authorization: 'Basic eA==' }, query: { InvoiceNo: '7', InvoiceStatus: '1' } })).toMatchObject({
      status: 401,
    });
    expect(receive(call({ headers: { authorization: basic } }), { callbackUser: '' }, undefined)).toMatchObject({ status: 401 });
    const body = Buffer.from(
      '{"Type":"walley:order:authorized","Timestamp":"2024-01-30T11:02:42+01:00","Payload":{"OrderId":"45e0832b-0b32"}}',
    );
    expect(hear({ headers: { authorization: basic }, body })).toMatchObject({ verdict: 'accept', nudge: { claim: '45e0832b-0b32' } });
    expect(hear({ headers: { authorization: basic }, body: Buffer.from('{') })).toMatchObject({ verdict: 'refuse', status: 422 });
  });
});

const invoiceStates = {
  OnHold: 'on_hold',
  Pending: 'pending',
  Activated: 'active',
  Credited: 'credited',
  Cancelled: 'cancelled',
  Expired: 'expired',
  Rejected: 'rejected',
} as const;
const suiteFaults: Record<WriteFault, object> = {
  'lost-before': { mode: 'drop-before' },
  'lost-after': { mode: 'drop-after' },
  down: { mode: 'http503' },
  page: { mode: 'html500-after' },
  refused: { mode: 'fault', code: 'CREDIT_CHECK_DENIED' },
};

/** The shared words of every connector, held by each generation. */
describe('an order is found by our number', () => {
  type Row = { id: string; orderNumber: string };
  const many = (n: number): Row[] => Array.from({ length: n }, (_, i) => ({ id: `other-${i}`, orderNumber: `ORD-1001-${i}` }));
  const ours = (id: string): Row => ({ id, orderNumber: 'ORD-1001' });
  /** Rows by what is searched for; `size`: of a page, where the wish of it counts for nothing. */
  async function seen(rows: Record<string, Row[]>, { size = 100, counts = true, turns = true } = {}): Promise<unknown> {
    const asked: string[] = [];
    const context = contextOf({
      baseUrl: 'http://127.0.0.1:9',
      secrets: { clientSecret: randomUUID() },
      settings: { clientId: 'c', prefer: 'rest', storeSeConsumer: '1234' },
      now: () => now,
      close: async () => undefined,
    });
    const json = (body: unknown) => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
    const { receivable } = request({ verb: 'send', part: 1, by: 'email' });
    const desk = connector.open({
      ...context,
      fetch: async (input) => {
        const url = new URL(String(input));
        if (url.pathname.endsWith('/token')) return json({ access_token: 't', expires_in: 3600 });
        if (!url.pathname.endsWith('/manage/orders')) {
          asked.push(url.pathname.split('/').at(-1)!);
          return json({ data: { id: asked[0], status: 'NotActivated', totalAmount: 1, currency: 'SEK', items: [], invoices: [] } });
        }
        const found = rows[url.searchParams.get('query')!] ?? [];
        const from = turns ? (Number(url.searchParams.get('page')) - 1) * size : 0;
        const metaData = counts ? { numberOfPages: Math.max(1, Math.ceil(found.length / size)) } : {};
        return json({ data: found.slice(from, from + size), metaData });
      },
    }).administers!;
    const answer = await desk.read(receivable, []);
    return answer.seen === 'present' ? asked[0] : answer.seen;
  }

  it.each([
    ['a page of ten', { size: 10 }],
    ['pages that are not counted', { size: 10, counts: false }],
    ['one page', {}],
  ])('also when newer ones are found by it: %s', async (_, how) => {
    expect(await seen({ 'ORD-1001': [...many(25), ours('mine')] }, how)).toBe('mine');
    expect(await seen({ 'ORD-1001': many(20) }, how)).toBe('absent');
  });

  it('never when two bear it, wherever in the list; our number of the claim tells which', async () => {
    const twins = [ours('theirs'), ...many(12), ours('mine')];
    expect(await seen({ 'ORD-1001': twins }, { size: 10 })).toBe('unclear');
    expect(await seen({ 'ORD-1001': twins, '62396765': [ours('mine')] }, { size: 10 })).toBe('mine');
  });

  it('and a list whose end is not reached proves nothing', async () => {
    expect(await seen({ 'ORD-1001': [ours('mine'), ...many(30)] }, { size: 10, counts: false, turns: false })).toBe('unclear');
    expect(await seen({ 'ORD-1001': many(2500) })).toBe('unclear');
  });
});

describe('what a claim’s day of payment says where no state is told', () => {
  it.each([
    ['2026-03-16T00:00:00', 'present', 'active'],
    ['', 'present', 'pending'],
    ['0001-01-01T00:00:00', 'present', 'pending'],
    ['2026-02-30T00:00:00', 'unclear', undefined],
  ])('%s: %s', async (due, seen, state) => {
    const answer = (id: string) =>
      `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><GetCurrentInvoiceResponse><CorrelationId>${id}</CorrelationId><DueDate>${due}</DueDate><TotalAmount>100.00</TotalAmount></GetCurrentInvoiceResponse></s:Body></s:Envelope>`;
    const context = contextOf({
      baseUrl: 'http://127.0.0.1:9',
      secrets: { password: 'p' },
      settings: { soapService: 'InvoiceServiceV31', username: 'USERNAME', storeSeConsumer: '1234' },
      now: () => now,
      close: async () => undefined,
    });
    const { receivable } = request({ verb: 'send', part: 1, by: 'email' });
    const told = await connector
      .open({
        ...context,
        fetch: async (_, init) =>
          new Response(answer(/CorrelationId>([^<]*)</.exec(String(init?.body))![1]!), { headers: { 'content-type': 'text/xml' } }),
      })
      .administers!.read(receivable, parts);
    expect(told.seen).toBe(seen);
    if (told.seen === 'present') expect(told.parts[0]!.state).toBe(state);
  });
});

describe('a key that is remembered for an hour', () => {
  it('is asked what became of a lost answer also when the clock went back a little since, never by a clock that was hours off', async () => {
    const sim = await startWalleySimulator();
    try {
      const session = connector.open(
        contextOf({
          baseUrl: sim.url,
          secrets: { password: sim.credentials.password },
          settings: {
            soapService: 'InvoiceServiceV31',
            username: sim.credentials.username,
            storeSeConsumer: '1234',
            clientIp: '192.0.2.10',
          },
          now: () => now,
          close: () => sim.close(),
        }),
      );
      const desk = session.administers!;
      const add = await desk.perform(request({ verb: 'add', rows }, { parts: [], part: undefined, key: randomUUID() }));
      if (add.outcome !== 'accepted') throw new Error(add.outcome);
      const opened = enact([], { verb: 'add', rows }, add.made, now.toISOString(), 'SEK');
      const half: AdministerRequest['action'] = { verb: 'activate', part: 1, picks: [{ row: 0, quantity: 1 }] };
      const lost = request(half, { parts: opened, part: opened[0]!, key: randomUUID() });
      const inject = { target: 'PartActivateInvoice', times: 1, ...suiteFaults['lost-after'] };
      await fetch(`${sim.url}/__sim/inject`, { method: 'POST', body: JSON.stringify(inject) });
      expect((await desk.perform(lost)).outcome).toBe('unknown');
      const settledAfter = async (ms: number) => {
        const settled = await desk.settle({ ...lost, firstSentAt: new Date(now.getTime() - ms).toISOString() });
        return settled.done === 'yes' ? settled.made.newNumber : settled.done;
      };
      const [minute, rest] = [60_000, '62396701'];
      expect(await Promise.all([54 * minute, 0, -1000, -minute].map(settledAfter))).toEqual([rest, rest, rest, rest]);
      expect(await Promise.all([56 * minute, -3 * minute, -180 * minute].map(settledAfter))).toEqual(['unclear', 'unclear', 'unclear']);
    } finally {
      await sim.close();
    }
  });
});

describe.each(['InvoiceServiceV31', 'PaymentServiceV10'])('the shared suite by %s', (soapService) => {
  connectorSuite({
    connector,
    async start() {
      const sim = await startWalleySimulator();
      return {
        baseUrl: sim.url,
        secrets: { password: sim.credentials.password, callbackPassword: 'avisering-1' },
        settings: {
          soapService,
          username: sim.credentials.username,
          storeSeConsumer: '1234',
          clientIp: '192.0.2.10',
          callbackUser: 'walley',
        },
        now: () => new Date('2026-03-02T09:00:00Z'),
        close: () => sim.close(),
        fault: async (fault) => {
          for (const target of ['AddInvoice', 'PartActivateInvoice'])
            await fetch(`${sim.url}/__sim/inject`, { method: 'POST', body: JSON.stringify({ target, times: 1, ...suiteFaults[fault] }) });
        },
      };
    },
    claims: {
      order: (n) => {
        const { receivable, add } = request({ verb: 'add', rows });
        return { receivable: { ...receivable, orderNumber: `S-${n}`, rootNumber: undefined }, add: add!, rows };
      },
      held: async (double) => {
        const all = (await (await fetch(`${double.baseUrl}/__sim/invoices`)).json()) as {
          invoiceNo: string;
          state: keyof typeof invoiceStates;
          total: number;
          adjustedTotal: number;
          creditedTotal: number;
        }[];
        const minor = (amount: number) => BigInt(Math.round(Number(amount) * 100));
        return all.map((i) => ({
          number: i.invoiceNo,
          state: invoiceStates[i.state],
          owed: fromMinor(minor(i.total) + minor(i.adjustedTotal) - minor(i.creditedTotal), 'SEK'),
        }));
      },
    },
    privateWords: ['1602079954', 'Testsson', 'Storgatan', 'kund@example.test', 'PdfInvoice?pnr=1602079954'],
    calls: {
      signed: true,
      good: (id, when) => ({
        headers: { authorization: `Basic ${Buffer.from('walley:avisering-1').toString('base64')}` },
        body: new Uint8Array(),
        query: { InvoiceNo: id, InvoiceStatus: '1' },
        receivedAt: when,
      }),
      bad: (when) => ({
        'no proof': { headers: {}, body: new Uint8Array(), query: { InvoiceNo: '1', InvoiceStatus: '1' }, receivedAt: when },
        'no number': {
          headers: { authorization: `Basic ${Buffer.from('walley:avisering-1').toString('base64')}` },
          body: new Uint8Array(),
          query: {},
          receivedAt: when,
        },
      }),
    },
  });
});
