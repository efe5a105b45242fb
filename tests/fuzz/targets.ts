import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import yazl from 'yazl';
import { connector as allegroFile } from '../../connectors/allegro-file/connector.ts';
import { connector as cards } from '../../connectors/cards/connector.ts';
import { signatureOf } from '../../connectors/cards/signature.ts';
import { connector as infakt } from '../../connectors/infakt/connector.ts';
import { connector as optima } from '../../connectors/optima/connector.ts';
import { connector as orderFile } from '../../connectors/order-file/connector.ts';
import { connector as subiekt } from '../../connectors/subiekt/connector.ts';
import { connector as szamlazz } from '../../connectors/szamlazz/connector.ts';
import { connector as tickets } from '../../connectors/tickets/connector.ts';
import { sign } from '../../connectors/tickets/signature.ts';
import { connector as walley } from '../../connectors/walley/connector.ts';
import { decode } from '../../src/agent/ipp/codec.ts';
import { profileSchema } from '../../src/api/schemas/index.ts';
import type { Connector, IncomingOrder } from '../../src/contract/connector.ts';
import type { Profile } from '../../src/contract/order-file.ts';
import { contextOf } from '../../src/contract/suite.ts';
import { checkMessage, renderMessage } from '../../src/delivery/index.ts';
import { readBounce } from '../../src/delivery/mail/bounce.ts';
import { isDecimal } from '../../src/domain/money/money.ts';
import { formatNumber, mayCollide, parseNumber, resets, validatePattern } from '../../src/domain/numbering/pattern.ts';
import { unpack } from '../../src/intake/archive.ts';
import { memorySource } from '../../src/intake/index.ts';
import { inspectStatement, readStatement } from '../../src/payments/statement.ts';
import type { Store } from '../../src/store/index.ts';
import { sampleContent } from '../../src/testkit/documents.ts';
import { databaseTargets } from './database.ts';
import { Broken, sane, type Target } from './engine.ts';
import { otherTargets } from './others.ts';
import { providerTargets } from './providers.ts';

/** Everything that reads what others wrote, in one table. */
const root = path.join(import.meta.dirname, '..', '..');
const file = (name: string) => readFileSync(path.join(root, name));
const filesIn = (folder: string) =>
  readdirSync(path.join(root, folder))
    .sort()
    .map((name) => file(path.join(folder, name)));
const head = (bytes: Buffer, lines: number) => Buffer.from(bytes.toString('utf8').split('\n').slice(0, lines).join('\n'));

const now = new Date('2026-11-20T09:14:00Z');

/** Amounts of an order are decimals, its days are days. */
function checkOrder(one: IncomingOrder): string {
  if (!('order' in one)) return 'rejected' in one ? `rejected ${one.rejected.code}` : 'gone';
  const { order } = one;
  sane(order, 'order');
  for (const [name, value] of [
    ['declaredTotal', order.declaredTotal],
    ['delivery', order.delivery.gross],
    ...order.lines.flatMap((line) => [
      ['gross', line.gross],
      ['unitGross', line.unitGross],
      ['quantity', line.quantity],
    ]),
  ] as const)
    if (value !== undefined && !isDecimal(value)) throw new Broken(`${name} is "${value}"`);
  if (Number.isNaN(Date.parse(order.orderedAt))) throw new Broken(`orderedAt is "${order.orderedAt}"`);
  if (!/^[A-Z]{3}$/.test(order.currency)) throw new Broken(`currency is "${order.currency}"`);
  return `order ${order.lines.length > 1} ${order.status} ${order.findings.map((f) => f.code).join()} ${Object.keys(order.buyer).length}`;
}

async function readOrders(
  reader: NonNullable<Connector['files']>,
  name: string,
  bytes: Buffer,
  profiles: Profile[] = [],
  chunkBytes?: number,
): Promise<string[]> {
  const seen: string[] = [];
  for await (const { events, bytesRead } of reader.read(memorySource(name, bytes, chunkBytes), { profiles })) {
    if (!Number.isFinite(bytesRead) || bytesRead < 0 || bytesRead > bytes.length + 16)
      throw new Broken(`${bytesRead} of ${bytes.length} bytes read`);
    for (const event of events) {
      if (event.event === 'order') seen.push(checkOrder({ order: event.order, raw: event.raw }));
      else if (event.event === 'rejected') seen.push(`rejected ${event.finding.code}`);
      else if (event.event === 'finding') seen.push(`finding ${event.finding.code}`);
      else if (event.event === 'end') {
        sane(event, 'end');
        seen.push(`end ${event.refused?.code ?? ''}`);
      } else seen.push(event.event);
    }
  }
  return seen;
}

const short = (parts: string[]) => [...new Set(parts)].slice(0, 12).join('|');

/** The same bytes say the same, in whatever pieces they come. */
function orderFiles(
  name: string,
  reader: NonNullable<Connector['files']>,
  fileName: string,
  seeds: () => Buffer[],
  tokens: string[],
): Target {
  return {
    name,
    seeds,
    tokens,
    run: async (bytes) => {
      const whole = await readOrders(reader, fileName, bytes);
      const pieces = await readOrders(reader, fileName, bytes, [], 61);
      if (whole.toSorted().join() !== pieces.toSorted().join())
        throw new Broken(`in pieces it says something else: ${short(whole)} / ${short(pieces)}`);
      return short(whole);
    },
  };
}

const xmlTokens = [
  '<order>',
  '</order>',
  '<![CDATA[',
  ']]>',
  '<!--',
  '-->',
  '<?xml version="1.0" encoding="windows-1250"?>',
  '&amp;',
  '&#65;',
  ' xmlns:a="b"',
  'encoding="utf-16"',
  '</',
  '/>',
  '\ufeff',
];
const csvTokens = [';', ',', '\t', '"', '""', '\r\n', 'order_id', 'quantity', '1 234,56 zł', '12.50', 'PLN', '2026-11-20 10:00'];
const jsonTokens = ['{', '}', '[', ']', ':', ',', '"lines":', '"currency":"PLN"', 'null', '1e400', '\\u0000', '\\ud800', '\n{'];

const jsonOrders = () => [
  Buffer.from(
    `${JSON.stringify({ externalId: 'A-1', orderedAt: '2026-11-20T10:00:00Z', currency: 'PLN', buyer: { firstName: 'Anna', lastName: 'Nowak', country: 'PL', email: 'a@example.com' }, delivery: { gross: '12.99' }, lines: [{ id: '1', name: 'Lampa', quantity: '2', unitGross: '50.00', gross: '100.00' }], payments: [{ method: 'online', status: 'paid', at: '2026-11-20T10:05:00Z' }], declaredTotal: '112.99' })}\n`,
  ),
];
const csvOrders = () => [
  Buffer.from(
    'Numer;Data;Kupujący;E-mail;Produkt;Ilość;Cena;Wartość;Waluta\r\nA-1;20.11.2026 10:00;Anna Nowak;a@example.com;Lampa;2;50,00;100,00;PLN\r\nA-2;21.11.2026 11:00;"Jan ""Żak""";b@example.com;Kubek;1;1 234,50;1 234,50;PLN\r\n',
  ),
  Buffer.from('order_id,date,buyer,name,quantity,price,currency\n1,2026-11-20,Anna,Lamp,1,10.00,EUR\n'),
];

async function zipped(files: Record<string, Buffer>): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const [name, bytes] of Object.entries(files)) zip.addBuffer(bytes, name, { mtime: now, compress: name.endsWith('.xml') });
  zip.end();
  return Buffer.concat(await Array.fromAsync(zip.outputStream as AsyncIterable<Buffer>));
}

function calls(
  name: string,
  connector: Connector,
  secrets: Record<string, string>,
  settings: Record<string, unknown>,
  seeds: () => Buffer[],
  headers: (body: Buffer) => Record<string, string>,
  tokens: string[],
): Target {
  const { calls: door } = connector.open(
    contextOf({ baseUrl: 'http://127.0.0.1:9', secrets, settings, now: () => now, close: async () => {} }),
  );
  return {
    name: `call-${name}`,
    seeds,
    tokens,
    maxBytes: 20_000,
    run: async (body) => {
      const text = body.toString('latin1');
      const query = Object.fromEntries(new URLSearchParams(text.slice(0, 2000)));
      const verdict = await door!.receive({ headers: headers(body), body, query, receivedAt: now });
      sane({ ...verdict, orders: undefined }, 'verdict');
      if (verdict.verdict === 'refuse') return `refuse ${verdict.status} ${verdict.reason.slice(0, 40)}`;
      if (verdict.verdict === 'answer') return 'answer';
      if (typeof verdict.id !== 'string' || verdict.id === '') throw new Broken('accepted without an id');
      return `accept ${(verdict.orders ?? []).map(checkOrder).join()} ${Object.keys(verdict.nudge ?? {})} ${verdict.events?.map((e) => e.event)}`;
    },
  };
}

const awaited = [
  { reference: 'fakturist:1', kind: 'invoice' as const, number: 'FS 1/2026', gross: '123.00', currency: 'PLN' },
  { reference: 'fakturist:2', kind: 'receipt' as const, number: 'PA 2/2026', gross: '10.00', currency: 'PLN' },
];

function outbox(name: string, connector: Connector, seeds: () => Buffer[], fileNames: string[], tokens: string[]): Target {
  const folder = connector.open(
    contextOf({
      baseUrl: '',
      secrets: {},
      settings: name === 'optima' ? { sourceBase: 'FAKT', targetBase: 'FIRMA' } : {},
      now: () => now,
      close: async () => {},
    }),
  ).folder!;
  return {
    name: `outbox-${name}`,
    seeds,
    tokens,
    run: (bytes) =>
      fileNames
        .map((fileName) => {
          const answers = folder.outbox({ name: fileName, bytes }, awaited);
          sane(answers, 'answer');
          for (const { reference } of answers)
            if (!awaited.some((a) => a.reference === reference)) throw new Broken(`answer for ${reference}, which nobody awaits`);
          return answers.map(({ outcome }) => `${outcome.outcome} ${'cause' in outcome ? outcome.cause.code : ''}`).join();
        })
        .join('|'),
  };
}

const profile = (text: string): Profile | undefined => {
  try {
    const parsed = profileSchema.safeParse(JSON.parse(text));
    return parsed.success ? (parsed.data as Profile) : undefined;
  } catch {
    return undefined;
  }
};
const sampleProfile = {
  id: 'p', format: 'csv', root: '', columns: ['Numer', 'Data', 'Kupujący', 'E-mail', 'Produkt', 'Ilość', 'Cena', 'Wartość', 'Waluta'], timeZone: 'Europe/Warsaw', defaultCurrency: 'PLN', defaultCountry: 'PL',
  numbers: { decimalSeparators: [','], groupSeparators: [' '], currencySuffixes: ['zł'] },
  order: { at: '', fields: { externalId: 'Numer', orderedAt: 'Data', 'buyer.fullName': 'Kupujący', currency: 'Waluta' } },
  line: { at: '', fields: { name: 'Produkt', quantity: 'Ilość', unitGross: 'Cena' } },
  values: {},
}; // biome-ignore format: one sample

export function targets(openStore: () => Promise<Store>): Target[] {
  const secret = 'whsec_dGVzdCBzZWNyZXQgb2YgdGhlIHRpY2tldCBzaG9w';
  let serial = 0;
  const content = sampleContent();
  const issued = { number: 'FV/1/2026', issueDate: '2026-11-20', issuedAt: '2026-11-20T10:00:00Z' };
  return [
    orderFiles(
      'order-xml',
      allegroFile.files!,
      'x.xml',
      () => [head(file('examples/pl/allegro-sales.xml'), 90), file('examples/pl/allegro-sales.xml').subarray(0, 12_000)],
      xmlTokens,
    ),
    orderFiles('order-csv', orderFile.files!, 'x.csv', csvOrders, csvTokens),
    orderFiles('order-json', orderFile.files!, 'x.jsonl', jsonOrders, jsonTokens),
    {
      name: 'order-zip',
      seeds: async () => [
        await zipped({ 'a.csv': csvOrders()[0]!, 'b/c.xml': head(file('examples/pl/allegro-sales.xml'), 60) }),
        await zipped({ 'a.jsonl': jsonOrders()[0]! }),
      ],
      tokens: ['PK\u0003\u0004', 'PK\u0005\u0006', 'PK\u0001\u0002', '\u0008\u0000', '\u00ff\u00ff\u00ff\u00ff', '../', '\u0001\u0000'],
      run: async (bytes) => {
        const parts: string[] = [];
        for (const one of await unpack(memorySource('x.zip', bytes))) {
          if ('refused' in one) {
            parts.push(one.refused.code);
            continue;
          }
          try {
            let size = 0;
            for await (const chunk of one.source.open()) size += chunk.length;
            parts.push(size > 0 ? 'file' : 'empty');
          } catch (error) {
            // A damaged entry: whoever reads it has to bear with that, so it must be an error and no endless wait.
            parts.push(`damaged ${(error as Error).message.replace(/[\d"'].*/, '').slice(0, 40)}`);
          }
        }
        return short(parts);
      },
    },
    {
      name: 'order-profile',
      seeds: () => [Buffer.from(JSON.stringify(sampleProfile))],
      tokens: ['"at":"', '"Numer"', '"/a/b"', '"fields":{', '"columns":[]', '"format":"xml"', '".."', '"//"', '"@id"'],
      run: async (bytes) => {
        const own = profile(bytes.toString('utf8'));
        if (!own) return 'no profile';
        const read = await readOrders(orderFile.files!, 'x.csv', csvOrders()[0]!, [own]);
        return short([...read, ...(await readOrders(orderFile.files!, 'x.xml', head(file('examples/pl/allegro-sales.xml'), 60), [own]))]);
      },
    },
    calls(
      'tickets',
      tickets,
      { signingSecret: secret },
      {},
      () => filesIn('connectors/tickets/fixtures').slice(0, 3),
      (body) => sign(body, secret, `msg_${++serial % 2}`, now),
      jsonTokens,
    ),
    calls(
      'infakt',
      infakt,
      { apiKey: 'k', webhookSecret: 's' },
      {},
      () => [
        Buffer.from(
          JSON.stringify({
            event: { uuid: 'u-1', name: 'async_invoice_creation_success', retry_counter: 0, created_at: '2026-11-20T09:00:00Z' },
            resource: { invoice_task_reference_number: 'b0a0a1f2-7b53-4a86-9f1b-1d0e7d5b3c44', processing_code: 201 },
          }),
        ),
        Buffer.from(JSON.stringify({ event: { name: 'draft' }, verification_code: 'abc' })),
      ],
      (body) => ({ 'x-infakt-signature': createHmac('sha256', 's').update(body).digest('hex') }),
      jsonTokens,
    ),
    calls(
      'szamlazz',
      szamlazz,
      { agentKey: 'k' },
      {},
      () => [
        Buffer.from('szlahu_szamlaszam=E-JEGY-2026-1&szlahu_bruttovegosszeg=19800'),
        Buffer.from('szlahu_szamlaszam=%FF&szlahu_rendelesszam=A-1'),
      ],
      () => ({ 'content-type': 'application/x-www-form-urlencoded' }),
      ['szlahu_szamlaszam=', '&', '%00', '%', '%F0%9F', '='],
    ),
    calls(
      'walley',
      walley,
      { password: 'p', callbackPassword: 'c' },
      { callbackUser: 'walley', soapService: 'InvoiceServiceV31', username: 'u', storeSeConsumer: '1' },
      () => [
        Buffer.from('InvoiceNo=62396765&OrderNo=1&InvoiceStatus=2'),
        Buffer.from(JSON.stringify({ type: 'order.activated', payload: { orderId: '1', invoiceNumber: '62396765' } })),
        Buffer.from('<Invoice><InvoiceNo>1</InvoiceNo></Invoice>'),
      ],
      () => ({ authorization: `Basic ${Buffer.from('walley:c').toString('base64')}` }),
      ['InvoiceNo=', 'InvoiceStatus=', '&', ...jsonTokens],
    ),
    calls(
      'cards',
      cards,
      { apiKey: 'k', signingSecret: 's' },
      {},
      () => [Buffer.from(JSON.stringify({ id: 'e1', type: 'payment.succeeded', data: { object: { id: 'pay_1', reference: 'ren:1:1' } } }))],
      (body) => ({ 'card-signature': signatureOf(body, 's', Math.floor(now.getTime() / 1000)) }),
      jsonTokens,
    ),
    {
      name: 'bank-statement',
      seeds: () => filesIn('src/payments/fixtures').map((bytes) => bytes.subarray(0, 8_000)),
      tokens: [
        ':20:',
        ':25:PL61109010140000071219812874',
        ':28C:1',
        ':60F:C261120PLN0,00',
        ':61:2611201120C49,00NTRFNONREF//B1',
        ':61:2611201120RC49,NTRF',
        ':86:020~00PRZELEW~20TYTUL~32JAN',
        '-}',
        '?20',
        '~20',
        ':62F:C261120PLN1,',
        '<Ntry>',
        '</Ntry>',
        '<Amt Ccy="PLN">1.00</Amt>',
        '<CdtDbtInd>DBIT</CdtDbtInd>',
        '<Sts>BOOK</Sts>',
        '<RvslInd>true</RvslInd>',
      ],
      run: async (bytes) => {
        const read = async (chunk?: number) => {
          const source = memorySource('x.sta', bytes, chunk);
          const found = await inspectStatement(source);
          if ('refused' in found) return [`refused ${found.refused.code}`];
          const seen: string[] = [];
          for await (const event of readStatement(source, found)) {
            sane(event, 'event');
            for (const value of Object.values(event as Record<string, unknown>))
              if (typeof value === 'bigint' && event && 'amountMinor' in (event as object) && value < 0n)
                throw new Broken(`${JSON.stringify(String(value))} is negative`);
            const { event: kind } = event as { event?: string };
            seen.push(`${kind} ${'finding' in event ? (event.finding as { code: string }).code : ''}`);
          }
          return seen;
        };
        const whole = await read();
        const pieces = await read(61);
        if (whole.toSorted().join() !== pieces.toSorted().join())
          throw new Broken(`in pieces it says something else: ${short(whole)} / ${short(pieces)}`);
        return short(whole);
      },
    },
    outbox(
      'subiekt',
      subiekt,
      () => [
        ...filesIn('connectors/subiekt/fixtures/out').map((bytes) => bytes.subarray(0, 6_000)),
        Buffer.from(JSON.stringify({ reference: 'fakturist:1', outcome: 'done', number: 'FS 1/2026' })),
      ],
      ['eksport.epp', 'fakturist-1.epp.result.json'],
      ['[NAGLOWEK]', '[ZAWARTOSC]', '[INFO]', '"FS"', '"KFS"', ',1,0,', '"fakturist:1"', '20261120000000', '\r\n'],
    ),
    outbox(
      'optima',
      optima,
      () => [
        ...filesIn('connectors/optima/fixtures/out').map((bytes) => bytes.subarray(0, 6_000)),
        Buffer.from(JSON.stringify({ reference: 'fakturist:1', outcome: 'failed', class: 'data', message: 'x' })),
      ],
      ['eksport.xml', 'fakturist-1.xml.result.json'],
      [...xmlTokens, '<OPIS>fakturist:1</OPIS>', '<NUMER_PELNY>'],
    ),
    {
      name: 'ipp-answer',
      seeds: () => [
        Buffer.from('0101000000000001014700126174747269627574657' + '32d636861727365740005' + '7574662d3803', 'hex'),
        Buffer.from(
          '01010000000000010147001261747472696275746573' +
            '2d6368617273657400057574662d38' +
            '0421000c' +
            '7072696e7465722d73746174650000'.slice(0, 28) +
            '000400000003' +
            '03',
          'hex',
        ),
      ],
      tokens: ['\u0001', '\u0003', '\u0000\u0004', '\u0034\u0000\u0000', '\u0037\u0000\u0000\u0000\u0000', '\u007f'],
      run: (bytes) => {
        try {
          const message = decode(bytes);
          sane(message, 'message');
          return `ok ${message.groups.length} ${message.groups.map((g) => g.tag).join()}`;
        } catch (error) {
          if ((error as Error).name === 'BadIpp') return (error as Error).message.replace(/\d+/g, '#');
          throw error;
        }
      },
    },
    {
      name: 'bounce',
      seeds: () => [
        Buffer.from(
          'From: MAILER-DAEMON@example.com\r\nTo: a@shop.example\r\nSubject: Undelivered\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSorry\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\nFinal-Recipient: rfc822; b@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 no such user\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <01a2@shop.example>\r\nSubject: x\r\n\r\nbody\r\n--b--\r\n',
        ),
      ],
      tokens: [
        '--b',
        '--b--',
        'Content-Type: message/rfc822',
        'Content-Transfer-Encoding: base64',
        '=?utf-8?B?',
        '?=',
        'Status: 4.0.0',
        'Final-Recipient:',
        'boundary="',
        '\r\n\r\n',
        'Message-ID: <',
      ],
      run: async (bytes) => {
        const found = await readBounce(bytes);
        sane(found, 'bounce');
        return found
          .map((b) => Object.keys(b).join())
          .join('|')
          .slice(0, 200);
      },
    },
    {
      name: 'series-pattern',
      seeds: () =>
        ['FV/{n}/{mm}/{yyyy}', '{series}-{n:5}/{yy}', 'A{n}B{m}{dd}{yyyy}', '{branch}/{n}/{yyyy}'].map((text) => Buffer.from(text)),
      tokens: [
        '{n}',
        '{n:4}',
        '{n:99}',
        '{mm}',
        '{m}',
        '{dd}',
        '{yyyy}',
        '{yy}',
        '{series}',
        '{branch}',
        '{',
        '}',
        '{{',
        '/',
        '-',
        '0',
        '9',
        '(',
        '*',
        '+',
        '\\',
      ],
      maxBytes: 300,
      run: (bytes) => {
        const pattern = bytes.toString('utf8').slice(0, 100);
        const words = { series: 'S1', branch: '' };
        const problems: string[] = [];
        for (const reset of resets) {
          const found = validatePattern(pattern, reset, words);
          problems.push(found.map((p) => p.code).join());
          if (found.length > 0) continue;
          for (const [counter, day] of [
            [1, '2026-01-09'],
            [11, '2026-11-30'],
            [1_234_567, '2031-12-01'],
          ] as const) {
            const number = formatNumber(pattern, counter, day, words);
            const back = parseNumber(pattern, number, words);
            if (back?.counter !== counter) throw new Broken(`${number} of ${pattern} is counter ${back?.counter}, was ${counter}`);
          }
          mayCollide({ pattern, words }, { pattern: 'FV/{n}/{mm}/{yyyy}' });
        }
        parseNumber(pattern, 'FV/1/11/2026'.repeat(8), words);
        return problems.join('|');
      },
    },
    {
      name: 'message',
      seeds: () =>
        [
          'Dokument {{ document.number }} dla {{ buyer.name }}',
          '{% if order.number %}{{ order.number | upcase }}{% else %}-{% endif %}',
          'Kwota {{ document.gross }}: https://shop.example/{{ order.number }}',
          '[numer] {{ buyer.name | truncate: 3 | append: "x" }}',
        ].map((text) => Buffer.from(text)),
      tokens: [
        '{{ ',
        ' }}',
        '{% if ',
        ' %}',
        '{% endif %}',
        '{% for i in (1..9999999) %}',
        '{% case x %}',
        '{% unless',
        '{{ buyer',
        '.name',
        ' | append: ',
        ' | replace: "", "aaaa"',
        ' | default: ',
        '"',
        "'",
        '(1..99999999)',
        '{%-',
        '-%}',
        '{% comment %}',
        '{% raw %}',
        '{% assign x = ',
        '[0]',
        '.constructor',
        '.__proto__',
        ' | ',
        '[numer]',
        'https://',
      ],
      maxBytes: 4_000,
      run: (bytes) => {
        const text = bytes.toString('utf8');
        const template = { subject: text.slice(0, 300), body: text };
        const found = checkMessage(template);
        const rendered = renderMessage(template, content, issued, {});
        if (!rendered.ok) return `no ${rendered.findings.map((f) => f.code).join()}`;
        const { subject, html } = rendered.message;
        if (/[\r\n]/.test(subject)) throw new Broken('a subject of several lines');
        if (/<(?!\/?(p|br|a|html|head|body|meta|title|div|span|!doctype)\b)/i.test(html))
          throw new Broken(`html with ${/<[^>]*>/.exec(html)?.[0]}`);
        if (html.length > 2_000_000) throw new Broken(`${html.length} letters`);
        return `yes ${found.map((f) => f.code).join()} ${rendered.message.empty.length > 0}`;
      },
    },
    ...otherTargets(),
    ...providerTargets(),
    ...databaseTargets(openStore),
  ];
}
