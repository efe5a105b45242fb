import { connector as baselinker } from '../../connectors/baselinker/connector.ts';
import { startBaselinkerSimulator } from '../../connectors/baselinker/simulator.ts';
import { connector as cards } from '../../connectors/cards/connector.ts';
import { startCardsSimulator } from '../../connectors/cards/simulator.ts';
import { connector as infakt } from '../../connectors/infakt/connector.ts';
import { startInfaktSimulator } from '../../connectors/infakt/simulator.ts';
import { connector as sellasist } from '../../connectors/sellasist/connector.ts';
import { startSellasistSimulator } from '../../connectors/sellasist/simulator.ts';
import { connector as szamlazz } from '../../connectors/szamlazz/connector.ts';
import { startSzamlazzSimulator } from '../../connectors/szamlazz/simulator.ts';
import { connector as walley } from '../../connectors/walley/connector.ts';
import { startWalleySimulator } from '../../connectors/walley/simulator.ts';
import type { AdministerRequest } from '../../src/contract/administer.ts';
import type { ConnectionContext, Connector, Session, TransferRequest } from '../../src/contract/connector.ts';
import { QuotaWait, type Requests, ungated } from '../../src/contract/requests.ts';
import { Secret } from '../../src/contract/secret.ts';
import { isDay } from '../../src/domain/days/day.ts';
import { isDecimal } from '../../src/domain/money/money.ts';
import { type Action, enact, type Part } from '../../src/domain/receivables/index.ts';
import { sampleContent, sampleCorrection } from '../../src/testkit/documents.ts';
import { Broken, sane, type Target } from './engine.ts';

/**
 * Answers of providers. Each operation is done once against the simulator and its answers are kept in memory; then it is done again and again
 * with one of them changed. An input is a line that says which operation and which answer, and the bytes of that answer.
 */
type Recorded = { status: number; type: string; body: Buffer };
type Operation = { name: string; run(session: Session): Promise<unknown> };
type Service = {
  name: string;
  connector: Connector;
  now: Date;
  settings?: Record<string, unknown>;
  operations: Operation[];
  /** Answers that the double does not give here, in the order they are asked for. */
  more?: Record<string, unknown[]>;
  start(): Promise<{ baseUrl: string; secrets: Record<string, string>; close(): Promise<void> }>;
  tokens: string[];
};

const json = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  'null',
  '-1',
  '1e400',
  '"id":',
  '"error":',
  '"status":',
  '\\u0000',
  '[]',
  '{}',
  '"0"',
  '"2026-02-31"',
];

async function few<T>(pages: AsyncIterable<T>, most = 2): Promise<T[]> {
  const found: T[] = [];
  for await (const page of pages) {
    found.push(page);
    if (found.length >= most) break;
  }
  return found;
}

const transfers = (content: TransferRequest['content'], settings: Record<string, unknown> = {}): Operation[] => {
  const request: TransferRequest = { reference: 'fuzz:1', kind: 'invoice', content, settings, mapped: { payment_method: 'card' } };
  // Of inFakt's form; the others go by the number.
  const made = { providerId: 'invoices/b0a0a1f2-7b53-4a86-9f1b-1d0e7d5b3c44', number: 'FV/1/2026' };
  return [
    { name: 'send', run: (s) => s.transfers!.send(request) },
    { name: 'find', run: (s) => s.transfers!.find(request) },
    { name: 'look', run: async (s) => s.transfers!.look?.('b0a0a1f2|task|invoices|2026-11-20T09:29:00.000Z', request) },
    { name: 'read', run: async (s) => s.transfers!.read?.(made, request) },
    { name: 'pdf', run: async (s) => (await s.transfers!.pdf(made, request))?.length },
    { name: 'mail', run: async (s) => s.transfers!.mail?.(made, request) },
    { name: 'pay', run: async (s) => s.transfers!.pay?.(made, [{ day: '2026-11-20', method: 'card', amount: '10.00' }], true) },
    { name: 'preview', run: async (s) => s.transfers!.preview?.(request) },
    { name: 'report', run: async (s) => s.transfers!.report?.(made, request) },
    { name: 'change', run: async (s) => s.transfers!.change?.(made, request) },
    { name: 'remove', run: async (s) => s.transfers!.remove?.(made, request) },
    {
      name: 'correct',
      run: (s) =>
        s.transfers!.send({
          ...request,
          kind: 'correction',
          content: sampleCorrection(content, made.number, [
            { ...content.lines[0]!, quantity: '0', percent: content.lines[0]!.rate!.percent },
          ]),
          original: { ...made, kind: 'invoice' },
        }),
    },
  ];
};

/** Receipts go by calls of their own there, and so do companies. */
const receipts = (): Operation[] => {
  const content = sampleContent({ kind: 'receipt' });
  const request: TransferRequest = { reference: 'fuzz:2', kind: 'receipt', content, settings: {} };
  return [
    { name: 'receipt', run: (s) => s.transfers!.send(request) },
    { name: 'find-receipt', run: (s) => s.transfers!.find(request) },
    {
      name: 'mail-receipt',
      run: async (s) => s.transfers!.mail?.({ providerId: 'receipt/JEGYN-2026-1', number: 'JEGYN-2026-1' }, request),
    },
    {
      name: 'reverse',
      run: (s) =>
        s.transfers!.send({
          ...request,
          kind: 'correction',
          content: sampleCorrection(content, 'JEGY-2026-1', [], 'cancel'),
          original: { providerId: 'JEGY-2026-1', number: 'JEGY-2026-1', kind: 'invoice' },
          cancelsWhole: true,
        }),
    },
    { name: 'taxpayer', run: async (s) => s.taxpayer?.('12345676-2-42') },
  ];
};

const lists = (names: string[]): Operation[] =>
  names.map((name) => ({ name: `list-${name}`, run: async (s: Session) => s.lookups?.options(name) }));
const check: Operation = { name: 'check', run: (s) => s.check() };
const channel = (): Operation[] => {
  /** An order that is there: the first of the first reading, which is the recording. */
  let found: string | undefined;
  const id = () => found ?? '1';
  return [
    { name: 'pull', run: (s) => few(s.pulls!.pull(null, { since: '2026-01-01', known: async () => new Map() })) },
    {
      name: 'past',
      run: async (s) => {
        const pages = await few(s.pulls!.past('2026-11-01', '2026-11-20'));
        const [order] = pages.flat().flatMap((one) => ('order' in one ? [one.order.externalId] : []));
        found ??= order;
        return pages;
      },
    },
    { name: 'read', run: (s) => s.pulls!.read(id()) },
    {
      name: 'seen',
      run: (s) =>
        s.attaches!.seen({
          orderExternalId: id(),
          target: '4',
          number: 'FV/1',
          kind: 'invoice',
          fileName: 'a.pdf',
          pdf: Buffer.from('%PDF-1.4'),
          reference: 'r',
        }),
    },
    {
      name: 'attach',
      run: (s) =>
        s.attaches!.attach({
          orderExternalId: id(),
          target: '4',
          number: 'FV/1',
          kind: 'invoice',
          fileName: 'a.pdf',
          pdf: Buffer.from('%PDF-1.4'),
          reference: 'r',
        }),
    },
    ...(
      [
        { mark: 'status', value: '105' },
        { mark: 'text', field: '1', value: 'FV/1' },
        { mark: 'note', value: 'FV/1' },
      ] as const
    ).flatMap((mark): Operation[] => [
      { name: `mark-${mark.mark}`, run: async (s) => s.attaches!.mark?.(id(), mark) },
      { name: `marked-${mark.mark}`, run: async (s) => s.attaches!.marked?.(id(), mark) },
    ]),
  ];
};

const rows = [{ articleId: 'SKU-1', name: 'Tröja', quantity: 2, unitPrice: '199.00', vat: '25' }];
/** The first that the simulator gives. */
const first = '62396700';
const begun = '2026-03-02T09:15:00Z';
const parts = enact([], { verb: 'add', rows }, { number: first }, begun, 'SEK');
const active = enact(parts, { verb: 'activate', part: 1 }, { dueDate: '2026-03-16' }, begun, 'SEK');
const receivable = {
  country: 'SE',
  segment: 'consumer' as const,
  currency: 'SEK',
  orderNumber: 'ORD-1001',
  buyerNumber: new Secret('1602079954'),
  rootNumber: first,
};

/** Each verb, what is asked about it afterwards, and a person's word about a number. */
const claims = (): Operation[] => {
  let keys = 0;
  const of = (action: Action, all: Part[] = parts): AdministerRequest => ({
    // One key for two kinds of request is refused there.
    key: `0b0a0a1f-7b53-4a86-9f1b-1d0e7d5b3c${++keys + 10}`,
    firstSentAt: begun,
    reference: 'fuzz',
    receivable,
    parts: action.verb === 'add' ? [] : all,
    ...(action.verb !== 'add' && { part: all[0]! }),
    action,
    add: {
      orderedAt: begun,
      by: 'email',
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
      },
    },
    others: { numbers: [], open: false },
  });
  const part = { part: 1 } as const;
  const half = [{ row: 0, quantity: 1 }];
  const asked: [string, AdministerRequest][] = [
    ['add', of({ verb: 'add', rows })],
    ['replace', of({ verb: 'replace', ...part, rows })],
    ['prolong', of({ verb: 'prolong', ...part })],
    ['part', of({ verb: 'activate', ...part, picks: half })],
    ['activate', of({ verb: 'activate', ...part })],
    ['cancel', of({ verb: 'cancel', ...part })],
    ['send', of({ verb: 'send', ...part, by: 'email', email: 'kund@example.test' }, active)],
    ['extend', of({ verb: 'extend', ...part }, active)],
    ['credit', of({ verb: 'credit', ...part, picks: half }, active)],
    ['adjust', of({ verb: 'adjust', ...part, articleId: 'D', name: 'Rabatt', amount: '-20', vat: '25' }, active)],
  ];
  return [
    ...asked.flatMap(([name, request]): Operation[] => [
      { name, run: (s) => s.administers!.perform(request) },
      { name: `settle-${name}`, run: (s) => s.administers!.settle(request) },
    ]),
    { name: 'look', run: (s) => s.administers!.look(asked[4]![1], 'applied') },
    { name: 'vouch', run: (s) => s.administers!.vouch(asked[4]![1], first, parts[0]!) },
    { name: 'read', run: (s) => s.administers!.read(receivable, parts) },
    { name: 'pdf', run: (s) => s.administers!.pdf(new Secret(`http://127.0.0.1:9/testportal/PdfInvoice?pnr=1&invnr=${first}`)) },
  ];
};

const polish = () =>
  sampleContent({
    language: 'pl',
    currency: 'PLN',
    seller: { name: 'Sklep', taxIds: [{ scheme: 'PL:NIP', value: '9997763175' }], country: 'PL' },
    buyer: {
      type: 'person',
      firstName: 'A',
      lastName: 'B',
      taxIds: [],
      street: 'L 3',
      postalCode: '20-020',
      city: 'Lublin',
      country: 'PL',
    },
    lines: [{ name: 'Plecak', quantity: '1', unitPrice: '189.00', percent: '23', unit: 'szt.' }],
  });

/** inFakt's documents and tasks as they read once they are made. */
const documents = (): Record<string, unknown[]> => {
  const document = {
    id: 7,
    uuid: 'b0a0a1f2-7b53-4a86-9f1b-1d0e7d5b3c44',
    number: '5/11/2026',
    kind: 'vat',
    currency: 'PLN',
    invoice_date: '2026-11-20',
    paid_date: null,
    net_price: 15366,
    tax_price: 3534,
    gross_price: 18900,
    client_id: 3,
    client_first_name: 'A',
    client_last_name: 'B',
    transaction_terms: { orders: [{ number: 'fuzz:1', date: '2026-11-20' }] },
    ksef_data: { status: 'success', status_description: '', ksef_number: '9997763175-20261120-0123456789AB-7F' },
    services: [
      { name: 'Plecak', tax_symbol: '23', quantity: 1, unit_net_price: 15366, net_price: 15366, tax_price: 3534, gross_price: 18900 },
    ],
  };
  const list = { metainfo: { count: 10, total_count: 1 }, entities: [document] };
  const task = { invoice_task_reference_number: 'b0a0a1f2', processing_code: 201, invoice_uuid: document.uuid, timestamps: {} };
  const failed = {
    ...task,
    processing_code: 422,
    invoice_uuid: undefined,
    invoice_errors: { 'services.tax_symbol': ['zła'], number: 'x' },
  };
  const again = { ...document, paid_date: null, ksef_data: null };
  return {
    read: [document],
    find: [list],
    pay: [{ ...document, gross_price: 900 }, task],
    report: [again, { status: 'sent' }],
    change: [again, {}, document],
    remove: [{ ...document, kind: 'proforma' }, {}],
    correct: [document, task],
    look: [task, document, failed],
  };
};

const services: Service[] = [
  {
    name: 'szamlazz',
    connector: szamlazz,
    now: new Date('2026-11-20T09:30:00Z'),
    settings: { prefix: 'JEGY', receiptPrefix: 'JEGYN', eInvoice: true },
    operations: [check, ...transfers(sampleContent()), ...receipts(), ...lists(['prefixes', 'series'])],
    start: async () => {
      const sim = await startSzamlazzSimulator();
      return { baseUrl: sim.url, secrets: { agentKey: sim.keys.A }, close: () => sim.close() };
    },
    tokens: [
      '<sikeres>true</sikeres>',
      '<hibakod>',
      '</hibakod>',
      '<szamlaszam>',
      '<bruttovegosszeg>',
      'szlahu_error',
      '<!DOCTYPE x>',
      '<![CDATA[',
      '</',
      '>',
      '<',
    ],
  },
  {
    name: 'infakt',
    connector: infakt,
    now: new Date('2026-11-20T09:30:00Z'),
    operations: [check, ...transfers(polish()), ...lists(['vat-rates', 'vat-exemptions', 'flat-rates', 'bank-accounts'])],
    more: documents(),
    start: async () => {
      const sim = await startInfaktSimulator();
      return { baseUrl: sim.apiUrl, secrets: { apiKey: sim.key }, close: () => sim.close() };
    },
    tokens: [...json, '"gross_price":', '"number":', '"processing_code":', '"uuid":', '"entities":', '"metainfo":'],
  },
  {
    name: 'sellasist',
    connector: sellasist,
    now: new Date('2026-11-20T09:00:00Z'),
    settings: { account: 'sklep', cancelledStatuses: ['40'] },
    operations: [check, ...channel(), ...lists(['statuses', 'file-fields', 'text-fields', 'payments', 'shipments', 'sources'])],
    start: async () => {
      const sim = await startSellasistSimulator({ now: () => new Date('2026-11-20T09:00:00Z') });
      return { baseUrl: sim.apiUrl, secrets: { apiKey: sim.key }, close: () => sim.close() };
    },
    tokens: [...json, '"total":', '"carts":', '"payment":', '"bill_address":', '"tax_rate":', '"date":'],
  },
  {
    name: 'baselinker',
    connector: baselinker,
    now: new Date('2026-11-20T09:00:00Z'),
    settings: { cancelledStatuses: ['105'] },
    operations: [check, ...channel(), ...lists(['statuses', 'sources', 'file-fields', 'text-fields', 'invoice-series'])],
    start: async () => {
      const sim = await startBaselinkerSimulator({ now: '2026-11-20T09:00:00Z' });
      return { baseUrl: sim.apiUrl, secrets: { token: sim.token }, close: () => sim.close() };
    },
    tokens: [
      ...json,
      '"orders":',
      '"products":',
      '"tax_rate":',
      '"price_brutto":',
      '"date_confirmed":',
      '"currency":',
      '"order_id":',
      '"logs":',
    ],
  },
  ...(['soap', 'rest'] as const).map(
    (prefer): Service => ({
      name: prefer === 'soap' ? 'walley' : 'walley-rest',
      connector: walley,
      now: new Date('2026-03-02T09:20:00Z'),
      settings: {
        soapService: prefer === 'soap' ? 'InvoiceServiceV31' : 'PaymentServiceV10',
        username: 'USERNAME',
        ...(prefer === 'rest' && { clientId: 'sim-client', prefer }),
        storeSeConsumer: '1234',
        clientIp: '192.0.2.10',
        callbackUser: 'walley',
      },
      operations: [check, ...claims()],
      start: async () => {
        const sim = await startWalleySimulator();
        return {
          baseUrl: sim.url,
          secrets: { password: sim.credentials.password, callbackPassword: 'c', clientSecret: sim.credentials.clientSecret },
          close: () => sim.close(),
        };
      },
      tokens: [
        '<s:Fault>',
        '<faultcode>',
        '<InvoiceStatus>',
        '<TotalAmount>',
        '<NewInvoiceNo>',
        '<DueDate>',
        '</',
        '>',
        '<',
        '<a:',
        'xmlns:x="y"',
        'INVALID_CREDENTIALS',
        '<!DOCTYPE x>',
        '"status":"Activated"',
        '"invoices":[',
        '"items":[',
        '"totalAmount":',
        '"expires_in":',
        ...json,
      ],
    }),
  ),
  {
    name: 'cards',
    connector: cards,
    now: new Date('2026-11-20T09:00:00Z'),
    operations: [
      check,
      {
        name: 'checkout',
        run: (s) =>
          s.charges!.beginCheckout({
            reference: 'c:1',
            amountMinor: 4900n,
            currency: 'PLN',
            description: 'x',
            customer: { reference: 'k', email: 'a@example.com' },
            returnUrl: 'https://shop.example/',
          } as never),
      },
      { name: 'find-checkout', run: (s) => s.charges!.findCheckout('c:1') },
      { name: 'mandate', run: (s) => s.charges!.readMandate('m1') },
      { name: 'mandates', run: (s) => few(s.charges!.mandates()) },
      {
        name: 'charge',
        run: (s) =>
          s.charges!.charge({ reference: 'r:1', mandateId: 'm1', amountMinor: 4900n, currency: 'PLN', description: 'x' } as never),
      },
      { name: 'find-charge', run: (s) => s.charges!.findCharge({ reference: 'r:1' }) },
      { name: 'refund', run: (s) => s.charges!.refund({ reference: 'f:1', chargeId: 'p1', amountMinor: 100n, currency: 'PLN' } as never) },
    ],
    start: async () => {
      const sim = await startCardsSimulator();
      return { baseUrl: sim.apiUrl, secrets: { apiKey: sim.secretKey, signingSecret: 's' }, close: () => sim.close() };
    },
    tokens: [...json, '"state":"succeeded"', '"amountMinor":', '"decline":', '"reference":', '"currency":'],
  },
];

const outcomes = new Set(['accepted', 'pending', 'rejected', 'unknown']);

/** What an operation may answer, whatever it was told. */
function describeResult(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return `${value.length} of ${describeResult(value[0])}`;
  if (typeof value !== 'object') return typeof value;
  sane(value, 'answer');
  const known = value as {
    outcome?: string;
    found?: string;
    seen?: string;
    done?: string;
    vouched?: string;
    made?: { gross?: string; net?: string; total?: string; remaining?: string; dueDate?: string; expiresAt?: string };
    parts?: { total?: string; remaining?: string; dueDate?: string; expiresAt?: string }[];
    cause?: { code: string };
  };
  if (known.outcome !== undefined && !outcomes.has(known.outcome)) throw new Broken(`outcome ${known.outcome}`);
  for (const day of [known.made?.dueDate, known.made?.expiresAt, ...(known.parts ?? []).flatMap((p) => [p.dueDate, p.expiresAt])])
    if (day !== undefined && !isDay(day.slice(0, 10))) throw new Broken(`a day of "${day}"`);
  for (const amount of [
    known.made?.gross,
    known.made?.net,
    known.made?.total,
    known.made?.remaining,
    ...(known.parts ?? []).flatMap((p) => [p.total, p.remaining]),
  ])
    if (amount !== undefined && typeof amount === 'string' && !isDecimal(amount)) throw new Broken(`an amount of "${amount}"`);
  return `${known.outcome ?? known.found ?? known.vouched ?? known.done ?? known.seen ?? Object.keys(value).slice(0, 6).join()} ${known.cause?.code ?? ''}`;
}

/** The id of a question comes back with its answer: that of the recording is the present one's, unless it was changed. */
function echoing(body: Buffer, asked: unknown): Buffer {
  const id = /CorrelationId>([^<]+)</.exec(String(asked ?? ''))?.[1];
  return id ? Buffer.from(body.toString('latin1').replace(/(CorrelationId>)read-\d+-\d+(?=<)/, `$1${id}`), 'latin1') : body;
}

export function providerTargets(): Target[] {
  return services.map((service): Target => {
    const kept = new Map<string, Recorded[]>();
    const open = (baseUrl: string, secrets: Record<string, string>, fetch: Requests): Session => {
      const memory = new Map<string, string>();
      const context: ConnectionContext = {
        settings: service.settings ?? {},
        secrets: Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, new Secret(value)])),
        baseUrl,
        fetch,
        holdUntil: (until) => Promise.reject(new QuotaWait(until)),
        now: () => service.now,
        memory: { get: (key) => memory.get(key), set: (key, value) => void memory.set(key, value) },
        exchange: () => {},
      };
      return service.connector.open(context);
    };
    let secrets: Record<string, string> = {};
    const record = async () => {
      const sim = await service.start();
      secrets = sim.secrets;
      const real = ungated(globalThis.fetch);
      try {
        for (const operation of service.operations) {
          const answers: Recorded[] = [];
          const session = open(sim.baseUrl, sim.secrets, async (address, init) => {
            const response = await real(address, init);
            const body = Buffer.from(await response.arrayBuffer());
            answers.push({ status: response.status, type: response.headers.get('content-type') ?? '', body });
            return new Response(response.status === 204 ? null : body, response);
          });
          await operation.run(session).catch(() => undefined);
          kept.set(operation.name, answers);
        }
      } finally {
        await sim.close();
      }
    };
    return {
      name: `answer-${service.name}`,
      tokens: service.tokens,
      maxBytes: 24 * 1024,
      seeds: async () => {
        if (kept.size === 0) await record();
        for (const [name, answers] of Object.entries(service.more ?? {}))
          kept.set(
            name,
            answers.map((answer) => ({ status: 200, type: 'application/json', body: Buffer.from(JSON.stringify(answer)) })),
          );
        return [...kept].flatMap(([name, answers]) =>
          answers.map((answer, i) =>
            Buffer.concat([Buffer.from(`${name} ${i} ${answer.status} ${answer.type}\n`), answer.body.subarray(0, 16_000)]),
          ),
        );
      },
      run: async (input) => {
        const end = input.indexOf(10);
        const [name = '', index = '', status = '', ...type] = input.subarray(0, Math.max(end, 0)).toString('latin1').split(' ');
        const operation = service.operations.find((one) => one.name === name) ?? service.operations[0]!;
        const answers = kept.get(operation.name) ?? [];
        let asked = 0;
        const changed = Math.min(Number(index) || 0, Math.max(0, answers.length - 1));
        const session = open('http://127.0.0.1:9', secrets, async (_, init) => {
          // Whoever asks for ever would never end.
          if (asked > 60) throw new Broken(`${operation.name} asks more than 60 times`);
          const one = answers[Math.min(asked, answers.length - 1)];
          const wanted = Number(status);
          const fake = asked === changed || !one;
          asked++;
          const code = fake ? (wanted >= 200 && wanted <= 599 ? wanted : 200) : one.status;
          const body = fake ? input.subarray(end + 1) : one.body;
          const mime = (fake ? type.join(' ') : one.type).replace(/[^\x20-\x7e]/g, '').slice(0, 100);
          return new Response([204, 205, 304].includes(code) ? null : Buffer.from(echoing(body, init?.body)), {
            status: code,
            headers: { 'content-type': mime },
          });
        });
        try {
          return `${operation.name} ${describeResult(await operation.run(session))} ${asked > 5 ? 'many' : asked}`;
        } catch (error) {
          const { name: kind } = error as Error;
          if (kind === 'Failed') return `${operation.name} failed ${(error as { ref: { code: string } }).ref.code}`;
          if (kind === 'QuotaWait') return `${operation.name} wait`;
          throw error;
        }
      },
    };
  });
}
