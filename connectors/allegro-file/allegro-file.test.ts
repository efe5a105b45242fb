import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import type { FileEvent, FileSource, ReadOptions } from '../../src/contract/order-file.ts';
import { connectorSuite } from '../../src/contract/suite.ts';
import { policiesSchema } from '../../src/domain/documents/index.ts';
import { comparable } from '../../src/domain/orders/same.ts';
import { codesOf, suggest } from '../../src/domain/orders/suggest.ts';
import { connector } from './connector.ts';
import { company, item, ordersExport, type SampleOrder, salesManagerFile, transaction } from './fixtures/sample.ts';

/** The promise: whatever a seller exports is read to the last whole order, and whatever is not an export is refused in a sentence. */

const policies = policiesSchema.parse({
  seller: { name: 'Sklep', country: 'PL', taxIds: [] },
  zone: 'Europe/Warsaw',
  rates: { default: { category: 'S', percent: '23', source: 'default' } },
});

function source(content: string | Uint8Array, chunkBytes = 64 * 1024, name = 'plik.xml'): FileSource {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return {
    name,
    sizeBytes: bytes.length,
    async *open(from = 0) {
      for (let at = from; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    },
  };
}

type Read = {
  orders: Extract<FileEvent, { event: 'order' }>[];
  rejected: Extract<FileEvent, { event: 'rejected' }>[];
  findings: { code: string; params?: Record<string, string> }[];
  layout?: string;
  encoding?: string;
  proposal?: Extract<FileEvent, { event: 'unknown-layout' }>['proposal'];
  refused?: string;
};

async function readAll(content: string | Uint8Array | FileSource, options: ReadOptions = {}): Promise<Read> {
  const read: Read = { orders: [], rejected: [], findings: [] };
  const file = typeof content === 'string' || content instanceof Uint8Array ? source(content) : content;
  for await (const { events } of connector.files!.read(file, options)) {
    for (const event of events) {
      if (event.event === 'order') read.orders.push(event);
      else if (event.event === 'rejected') read.rejected.push(event);
      else if (event.event === 'finding') read.findings.push(event.finding);
      else if (event.event === 'layout') Object.assign(read, { layout: event.profile, encoding: event.encoding });
      else if (event.event === 'unknown-layout') read.proposal = event.proposal;
      else read.refused = event.refused?.code;
    }
  }
  return read;
}

const codes = (read: Read) => read.findings.map((f) => f.code);
const one = async (order: SampleOrder) => {
  const read = await readAll(salesManagerFile([transaction(order)]));
  expect(read.rejected).toEqual([]);
  return read.orders[0]!.order;
};
const issues = async (order: SampleOrder) => codesOf(suggest(await one(order), policies).findings);

connectorSuite({ connector, start: async () => ({ baseUrl: '', secrets: {}, now: () => new Date(0), close: async () => {} }) });

describe('sales manager', () => {
  test('an order with everything it says', async () => {
    const order = await one({
      invoice: company(),
      message: 'Proszę szybko',
      items: item('Lampa', '3', '1 234,50 zł', '3 703,50'),
      total: '3 713,40',
      payment: '',
    });
    expect(order).toMatchObject({
      externalId: '700000001',
      channel: 'allegro',
      currency: 'PLN',
      orderedAt: '2014-03-05T11:30:00.000Z',
      buyer: { login: 'jas_fasola', name: 'Jaś Fasoła', city: 'Łódź', country: 'PL', emailKind: 'direct' },
      invoiceRequest: {
        requested: true,
        explicit: true,
        party: { company: 'Żuraw i Spółka', taxIds: [{ scheme: 'PL:NIP', value: '9997763175' }] },
      },
      delivery: { method: 'Kurier', gross: '9.90' },
      lines: [{ name: 'Lampa', quantity: '3', unitGross: '1234.50', gross: '3703.50', offerId: '12345678901', sku: 'LN-1' }],
      declaredTotal: '3713.40',
      messages: { buyer: 'Proszę szybko' },
    });
  });

  test('summer time is Polish time', async () => {
    expect((await one({ date: '2014-07-05 12:30' })).orderedAt).toBe('2014-07-05T10:30:00.000Z');
    expect((await one({ date: '05.07.2014 12:30' })).orderedAt).toBe('2014-07-05T10:30:00.000Z');
    expect((await one({ date: '2014-07-05' })).orderedAt).toBe('2014-07-04T22:00:00.000Z');
  });

  test.each<[string, SampleOrder, string, string]>([
    ['no id', { id: ' ' }, 'E_ORDER_ID_MISSING', ''],
    ['no lines', { items: '' }, 'E_NO_LINES', ''],
    ['a price in letters', { items: item('x', '1', 'dużo', '') }, 'E_AMOUNT', 'dużo'],
    ['a negative price', { items: item('x', '1', '-5,00', '') }, 'E_AMOUNT', '-5,00'],
    ['groups of two digits', { total: '10 16,26' }, 'E_AMOUNT', '10 16,26'],
    ['a quantity of zero', { items: item('x', '0', '5,00', '0,00') }, 'E_QTY', '0'],
    ['five decimals of a quantity', { items: item('x', '1,00001', '5,00', '5,00') }, 'E_QTY', '1,00001'],
    ['a day that does not exist', { date: '2014-02-30 10:00:00' }, 'E_DATE', '2014-02-30 10:00:00'],
    ['two currencies', { items: item('x', '1', '40,00 €', '40,00 €'), total: '49,90 zł' }, 'E_CURRENCY', 'PLN/EUR'],
  ])('%s rejects that record alone', async (_what, bad, code, value) => {
    const read = await readAll(salesManagerFile([transaction({ id: '1' }), transaction({ id: '2', ...bad }), transaction({ id: '3' })]));
    expect(read.orders.map((o) => o.order.externalId)).toEqual(['1', '3']);
    expect(read.rejected).toHaveLength(1);
    expect(read.rejected[0]!.finding).toMatchObject({ code, level: 'reject', params: { value } });
    expect(read.rejected[0]!.place.line).toBe(14);
    expect(codes(read)).toEqual([]);
  });

  test('the place of a record is its line and its byte', async () => {
    const text = salesManagerFile([transaction({ id: '1', message: 'żółć' }), transaction({ id: '2' })]);
    for (const chunk of [64 * 1024, 100, 7, 1]) {
      const read = await readAll(source(text, chunk));
      for (const { place, raw } of read.orders) {
        expect(Buffer.from(text).subarray(place.offset).toString().startsWith('<transaction>')).toBe(true);
        expect(raw.startsWith('<transaction>') && raw.endsWith('</transaction>')).toBe(true);
      }
      expect(read.orders.map((o) => o.place.line)).toEqual([5, 14]);
    }
  });

  test('the holds and warnings of an order', async () => {
    expect(await issues({})).toEqual([]);
    expect(await issues({ invoice: company('') })).toEqual(['H_TAXID_MISSING']);
    expect(await issues({ invoice: company('9997763176') })).toEqual(['H_TAXID_INVALID']);
    expect(await issues({ invoice: company('brak') })).toEqual(['H_TAXID_INVALID']);
    expect(await issues({ invoice: company('999-776-31-75') })).toEqual([]);
    expect(
      await issues({
        invoice: '<invoice requested="1"><full-name>Ola</full-name><street></street><postcode>00-001</postcode><city>Wda</city></invoice>',
      }),
    ).toEqual(['H_BUYER_DATA']);
    expect(await issues({ invoice: company().replace('requested="1"', 'requested="0"') })).toEqual(['W_TAXID_WITHOUT_REQUEST']);
    expect(await issues({ total: '49,91' })).toEqual(['H_TOTAL_MISMATCH', 'H_UNPAID']);
    expect(await issues({ items: item('x', '1', '40,00', '41,00') })).toEqual(['H_TOTAL_MISMATCH']);
    expect(await issues({ country: 'Niemcy' })).toEqual(['H_FOREIGN_VAT']);
    expect(await issues({ country: 'Nibylandia' })).toEqual(['H_FOREIGN_VAT']);
    // Where the invoice's address names no country it is the buyer's, not Poland.
    const person =
      '<invoice requested="1"><full-name>Hans</full-name><street>A 1</street><postcode>10115</postcode><city>Berlin</city></invoice>';
    expect(await issues({ country: 'Niemcy', invoice: person })).toEqual(['H_FOREIGN_VAT']);
    expect(await issues({ country: '', invoice: person })).toEqual([]);
    expect(await issues({ payment: '<payment><type>payu</type><status>Rozpoczęta</status></payment>' })).toEqual(['H_UNPAID']);
    expect(await issues({ payment: '<payment><type>payu</type><status>Anulowana</status></payment>' })).toEqual(['H_UNPAID']);
    expect(await issues({ payment: '<payment><type>collect_on_delivery</type><status>Rozpoczęta</status></payment>' })).toEqual([]);
    expect(await issues({ payment: '<payment><type>collect_on_delivery</type><status>Anulowana</status></payment>' })).toEqual([]);
    // An export that has payments nowhere does not tell that nobody paid; one that has them elsewhere is silent about this order.
    expect(await issues({ payment: '' })).toEqual([]);
    expect(await issues({ payment: '<payment><type/><status></status></payment>' })).toEqual([]);
    const { orders } = await readAll(salesManagerFile([transaction({ id: '1', payment: '' }), transaction({ id: '2' })]));
    expect(orders.map(({ order }) => codesOf(suggest(order, policies).findings))).toEqual([['H_UNPAID'], []]);
    expect(await issues({ payment: '<payment><type>payu</type><status>Zakończona</status><amount>59,90</amount></payment>' })).toEqual([
      'H_SURCHARGE',
    ]);
    expect(await issues({ items: item() + item('Gratis', '1', '0,00', '0,00') })).toEqual(['W_ZERO_PRICE']);
  });

  test('a section of cancelled sales gives no documents', async () => {
    const read = await readAll(salesManagerFile([transaction()], { section: 'Anulowane' }));
    expect(suggest(read.orders[0]!.order, policies).document).toBe('SKIP');
  });

  test('fields the seller left out of the template are no error', async () => {
    const bare =
      '<transaction><transaction-id>9</transaction-id><date>2014-01-01</date><items><item><title>Kubek</title><quantity>2</quantity><amount>30,00</amount></item></items></transaction>';
    const read = await readAll(salesManagerFile([bare]));
    expect(read.orders[0]!.order.lines[0]).toMatchObject({ unitGross: '15', gross: '30.00' });
  });

  test('an unknown field is kept in the raw record and listed once', async () => {
    const read = await readAll(
      salesManagerFile([transaction({ id: '1', extra: '<colour>red</colour>' }), transaction({ id: '2', extra: '<colour>blue</colour>' })]),
    );
    expect(read.findings).toEqual([{ code: 'W_UNKNOWN_FIELD', level: 'warning', where: undefined, params: { field: 'colour' } }]);
    expect(read.orders[1]!.raw).toContain('<colour>blue</colour>');
  });

  test('a header that counts otherwise is a warning', async () => {
    const read = await readAll(salesManagerFile([transaction()], { count: 2 }));
    expect(read.findings[0]).toMatchObject({ code: 'F_HEADER_MISMATCH', level: 'warning', params: { declared: '2', found: '1' } });
    expect(read.orders).toHaveLength(1);
  });
});

describe('encodings', () => {
  const text = salesManagerFile([transaction({ message: 'Zażółć gęślą jaźń, ŻÓŁĆ ĄŚŹ' })], { declaration: '' }).trimStart();
  const declared = (name: string | undefined) => (name === undefined ? text : `<?xml version="1.0" encoding="${name}"?>\n${text}`);
  const message = (read: Read) => read.orders[0]?.order.messages.buyer;
  test.each([
    ['utf-8', 'utf-8', 'utf8', []],
    ['utf-8', undefined, 'utf8', []],
    ['windows-1250', 'windows-1250', 'win1250', []],
    ['windows-1250', 'CP1250', 'win1250', []],
    ['iso-8859-2', 'ISO-8859-2', 'iso88592', []],
    ['windows-1250', 'utf-8', 'win1250', ['W_ENCODING_GUESSED']],
    ['windows-1250', 'iso-8859-2', 'win1250', ['W_ENCODING_GUESSED']],
    ['iso-8859-2', 'windows-1250', 'iso88592', ['W_ENCODING_GUESSED']],
    ['iso-8859-2', 'utf-8', 'iso88592', ['W_ENCODING_GUESSED']],
    ['utf-8', 'windows-1250', 'utf8', ['W_ENCODING_GUESSED']],
    ['windows-1250', 'klingon', 'win1250', ['W_ENCODING_GUESSED']],
    ['windows-1250', 'ISO-8859-1', 'win1250', ['W_ENCODING_GUESSED']],
    ['windows-1250', 'windows-1252', 'win1250', ['W_ENCODING_GUESSED']],
    ['iso-8859-2', 'US-ASCII', 'iso88592', ['W_ENCODING_GUESSED']],
  ])('%s declared as %s', async (encoding, name, written, warnings) => {
    const read = await readAll(iconv.encode(declared(name), written));
    expect(message(read)).toBe('Zażółć gęślą jaźń, ŻÓŁĆ ĄŚŹ');
    expect(read.encoding).toBe(encoding);
    expect(codes(read)).toEqual(warnings);
  });

  test('Western text stays what it was declared as; bytes that nothing can read are told', async () => {
    const western = 'Señor Müller, 30 m³ für £5, ½ Preis, garçon';
    const french = await readAll(
      iconv.encode(
        salesManagerFile([transaction({ message: western, items: item('x', '1', '49,90', '49,90'), delivery: '0,00' })])
          .replace('UTF-8', 'ISO-8859-1')
          .replace(/Jaś|Fasoła|Gęsia|Łódź/g, 'x'),
        'latin1',
      ),
    );
    expect(message(french)).toBe(western);
    expect(codes(french)).toEqual([]);
    const bytes = Buffer.from(declared('utf-8'));
    bytes[bytes.indexOf('ż', 0, 'utf8') + 1] = 0x20;
    const damaged = await readAll(bytes);
    expect(codes(damaged)).toEqual(['W_ENCODING_GUESSED']);
    expect(damaged.orders).toHaveLength(1);
  });

  test('a byte order mark wins over the declaration', async () => {
    for (const [label, written] of [
      ['utf-8', 'utf8'],
      ['utf-16le', 'utf16le'],
      ['utf-16be', 'utf16be'],
    ] as const) {
      const read = await readAll(iconv.encode(declared('windows-1250'), written, { addBOM: true }));
      expect(message(read)).toBe('Zażółć gęślą jaźń, ŻÓŁĆ ĄŚŹ');
      expect(read.encoding).toBe(label);
    }
  });

  test('bytes that are no Polish text in any set are refused', async () => {
    const noise = Buffer.from(Array.from({ length: 4000 }, (_, i) => 0x80 + ((i * 37) % 128)));
    const read = await readAll(
      Buffer.concat([Buffer.from('<?xml version="1.0"?><sales-manager-export><x>'), noise, Buffer.from('</x></sales-manager-export>')]),
    );
    expect(read.refused).toBe('F_ENCODING');
    expect(read.orders).toEqual([]);
  });
});

describe('not quite XML', () => {
  test('ampersands, HTML entities and control characters are mended in their transaction only', async () => {
    const text = salesManagerFile([
      transaction({ id: '1', message: 'czysta &amp; &#281; &#x105;' }),
      transaction({ id: '2', message: 'Tom & Jerry &nbsp;&oacute;&bdquo;x&rdquo; &nieznane; AT&T\u0000\u0008' }),
      transaction({ id: '3', message: '<![CDATA[5 < 6 & <b>&oacute;</b>]]> i <![CDATA[dalej]]>' }),
    ]);
    for (const chunk of [64 * 1024, 50, 3, 1]) {
      const read = await readAll(source(text, chunk));
      expect(read.orders.map((o) => o.order.messages.buyer)).toEqual([
        'czysta & ę ą',
        'Tom & Jerry \u00a0ó„x” &nieznane; AT&T',
        '5 < 6 & <b>&oacute;</b> i dalej',
      ]);
      expect(read.orders.map((o) => o.order.findings.map((f) => f.code))).toEqual([[], ['W_XML_REPAIRED'], []]);
      expect(codes(read)).toEqual([]);
    }
  });

  test('a file cut anywhere gives its whole orders and names the line of the break', async () => {
    const text = Buffer.from(
      salesManagerFile([transaction({ id: '1' }), transaction({ id: '2', message: 'żółw' }), transaction({ id: '3' })]),
    );
    const starts = [...text.toString().matchAll(/<\/transaction>/g)].map((m) => Buffer.byteLength(text.toString().slice(0, m.index + 14)));
    const end = text.lastIndexOf('</sales-manager-export>') + '</sales-manager-export>'.length;
    for (let cut = 250; cut < end; cut += 13) {
      const read = await readAll(text.subarray(0, cut));
      const whole = starts.filter((at) => at <= cut).length;
      expect(read.orders).toHaveLength(whole);
      expect(read.rejected).toEqual([]);
      const broken = read.findings.find((f) => f.code === 'F_TRUNCATED');
      expect(broken?.params).toEqual({ line: String(text.subarray(0, cut).toString().split('\n').length), n: String(whole) });
    }
  });

  test('cut before its first record it is cut, and no layout for anybody to name; with nothing in it it holds no orders', async () => {
    const text = salesManagerFile([transaction()]);
    for (const cut of ['<sales-manager-export>', '<seller-login>', '<section>Sprz', '</header>']) {
      const read = await readAll(text.slice(0, text.indexOf(cut) + cut.length));
      expect(codes(read)[0]).toBe('F_TRUNCATED');
      expect([read.refused, read.proposal]).toEqual([undefined, undefined]);
    }
    const empty = await readAll('<?xml version="1.0"?>\n<sales-manager-export/>');
    expect([empty.refused, empty.orders, codes(empty)]).toEqual([undefined, [], []]);
  });

  test('markup that breaks in the middle ends the reading there', async () => {
    const read = await readAll(
      salesManagerFile([transaction({ id: '1' }), transaction({ id: '2', message: '2 < 3' }), transaction({ id: '3' })]),
    );
    expect(read.orders.map((o) => o.order.externalId)).toEqual(['1']);
    expect(codes(read)).toContain('F_TRUNCATED');
  });
});

describe('hostile files', () => {
  const refusedWith = async (content: string | Uint8Array | FileSource, options?: ReadOptions) => {
    const read = await readAll(content, options);
    expect(read.orders).toEqual([]);
    return read.refused;
  };
  const good = salesManagerFile([transaction()]);
  const withProlog = (prolog: string) => good.replace('?>\n', `?>\n${prolog}\n`);

  test('a DOCTYPE or an entity anywhere refuses the whole file', async () => {
    expect(await refusedWith(withProlog('<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">'))).toBe('F_DTD');
    expect(await refusedWith(withProlog('<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]>'))).toBe('F_DTD');
    expect(await refusedWith(withProlog('<!ENTITY x "y">'))).toBe('F_DTD');
    expect(await refusedWith(salesManagerFile([transaction({ id: '1' }), '<!DOCTYPE late>', transaction({ id: '2' })]))).toBe('F_DTD');
    expect(await refusedWith(iconv.encode(withProlog('<!DOCTYPE x>'), 'utf16le', { addBOM: true }))).toBe('F_DTD');
    const told = await readAll(salesManagerFile([transaction({ message: '<![CDATA[<!DOCTYPE x> <!ENTITY y "z">]]>' })]));
    expect(told.orders[0]!.order.messages.buyer).toBe('<!DOCTYPE x> <!ENTITY y "z">');
  });

  test('a web page is no export', async () => {
    expect(await refusedWith('<!DOCTYPE html>\n<html><body>Zaloguj</body></html>')).toBe('F_NOT_XML');
    expect(await refusedWith('<!doctype HTML public "x"><html></html>')).toBe('F_NOT_XML');
    expect(await refusedWith('<HTML><body></body></HTML>')).toBe('F_NOT_XML');
    expect(await refusedWith('Hello')).toBe('F_NOT_XML');
    expect(await refusedWith('%PDF-1.7 something, else')).toBe('F_NOT_XML');
    expect(await refusedWith('  \r\n ')).toBe('F_EMPTY');
    expect(await refusedWith('')).toBe('F_EMPTY');
  });

  test('depth, attributes and text have limits that cost no memory', async () => {
    expect(await refusedWith(salesManagerFile([transaction({ extra: '<a>'.repeat(40) + '</a>'.repeat(40) })]))).toBe('F_TOO_LARGE');
    expect(
      await refusedWith(salesManagerFile([transaction({ extra: `<a ${Array.from({ length: 65 }, (_, i) => `x${i}="1"`).join(' ')}/>` })])),
    ).toBe('F_TOO_LARGE');
    expect(await refusedWith(salesManagerFile([transaction({ message: 'x'.repeat(1024 * 1024 + 1) })]))).toBe('F_TOO_LARGE');
    expect(await refusedWith(salesManagerFile([transaction({ message: '<![CDATA[x]]>'.repeat(100_000) })]))).toBe('F_TOO_LARGE');
    expect(await refusedWith(`<a ${'x'.repeat(2 * 1024 * 1024)}`)).toBe('F_TOO_LARGE');
    expect((await readAll(salesManagerFile([transaction({ message: 'x'.repeat(1024 * 1024 - 1) })]))).orders).toHaveLength(1);
  });

  test('a gigabyte in one element is refused after its first megabytes', async () => {
    let given = 0;
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const endless: FileSource = {
      name: 'big.xml',
      sizeBytes: 100 * 1024 * 1024,
      async *open() {
        yield Buffer.from('<?xml version="1.0"?><sales-manager-export><transactions><transaction><message>');
        for (; given < 1024; given++) yield chunk;
      },
    };
    expect(await refusedWith(endless)).toBe('F_TOO_LARGE');
    expect(given).toBeLessThan(20);
    expect(await refusedWith({ ...endless, sizeBytes: 1024 ** 3 })).toBe('F_TOO_LARGE');
  });

  test('more orders than the limit', async () => {
    const read = await readAll(salesManagerFile(['1', '2', '3', '4'].map((id) => transaction({ id }))), { limits: { orders: 3 } });
    expect(read.refused).toBe('F_TOO_LARGE');
    expect(read.orders.length).toBeLessThanOrEqual(3);
  });
});

describe('orders export', () => {
  const [a, b, c] = [
    '11111111-0000-4000-8000-000000000001',
    '11111111-0000-4000-8000-000000000002',
    '11111111-0000-4000-8000-000000000003',
  ] as [string, string, string];
  const orders = [{ id: a }, { id: b, company: 'Sowa; "Bracia"\ns.c.', nip: '9997763175' }, { id: c, total: '11.00', delivery: '0.00' }];
  const lines = [
    { order: a, id: 'l1' },
    { order: b, id: 'l2', name: 'Zestaw, "nowy"\nłącznie' },
    { order: c, id: 'l3', price: '2.00', quantity: '4', deposit: '0.75' },
  ];
  const text = ordersExport(orders, lines);

  test.each([
    ['comma, CRLF', Buffer.from(text)],
    ['with a mark', Buffer.from(`\ufeff${text}`)],
    ['LF only', Buffer.from(ordersExport(orders, lines, { eol: '\n' }))],
    ['semicolon and decimal comma', Buffer.from(ordersExport(orders, lines, { delimiter: ';', decimalComma: true }))],
    ['tab', Buffer.from(ordersExport(orders, lines, { delimiter: '\t' }))],
    ['a spreadsheet’s sep= line', Buffer.from(`sep=;\r\n${ordersExport(orders, lines, { delimiter: ';' })}`)],
    ['windows-1250', iconv.encode(ordersExport(orders, lines, { delimiter: ';', decimalComma: true }), 'win1250')],
  ])('%s', async (_variant, bytes) => {
    for (const chunk of [64 * 1024, 11]) {
      const read = await readAll(source(bytes, chunk));
      expect(read.layout).toBe('orders-csv');
      expect(read.rejected).toEqual([]);
      expect(codes(read).filter((code) => code !== 'W_ENCODING_GUESSED')).toEqual([]);
      expect(read.orders.map((o) => o.order.externalId)).toEqual([a, b, c]);
      const [first, second, third] = read.orders.map((o) => o.order);
      expect(first).toMatchObject({
        orderedAt: '2026-10-01T22:30:00.000Z',
        currency: 'PLN',
        buyer: { name: 'Żaneta Gęś', emailKind: 'masked' },
        invoiceRequest: { requested: false, explicit: false },
      });
      expect(second!.invoiceRequest).toMatchObject({
        requested: true,
        explicit: false,
        party: { company: 'Sowa; "Bracia"\ns.c.', city: 'Legnica' },
      });
      expect(second!.lines[0]!.name).toBe('Zestaw, "nowy"\nłącznie');
      expect(third!.lines).toMatchObject([
        { gross: '8.00' },
        { kind: 'deposit', quantity: '4', unitGross: '0.75', gross: '3.00', rate: { category: 'O' } },
      ]);
      for (const o of read.orders) expect(codesOf(suggest(o.order, policies).findings)).toEqual([]);
    }
  });

  test('a shop’s own table with a type and an order id is none of these exports', async () => {
    const table = 'Date,Type,Order ID,SKU,Name,Quantity,Price\n2026-11-01,Sale,77,A1,Kubek,2,10.00\n2026-11-02,Sale,78,A1,Kubek,1,10.00\n';
    const first = await readAll(table);
    expect(first.refused).toBe('F_PROFILE_UNKNOWN');
    const read = await readAll(table, { profiles: [first.proposal!.profile] });
    expect(read.orders.map((o) => [o.order.externalId, o.order.lines[0]!.gross])).toEqual([
      ['77', '20.00'],
      ['78', '10.00'],
    ]);
  });

  test('JSON is another reader’s unless this one was named', async () => {
    const json = JSON.stringify({ orders: [{ id: 'A1', date: '2026-11-01', items: [{ name: 'Kubek', quantity: 2, price: 10.5 }] }] });
    expect((await readAll(json)).refused).toBe('F_PROFILE_UNKNOWN');
    const unnamed = await readAll(json, { unnamed: true });
    expect([unnamed.refused, unnamed.proposal]).toEqual(['F_NOT_XML', undefined]);
  });

  test('columns stand in any order, that of the section too, and so do the sections', async () => {
    const plain = ordersExport(
      [{ id: a }, { id: b }],
      [
        { order: a, id: 'l1' },
        { order: b, id: 'l2', deposit: '0.50' },
      ],
    );
    const table = plain
      .trimEnd()
      .split('\r\n\r\n')
      .map((section) => section.split('\r\n').map((row) => row.split(',')));
    const written = (sections: string[][][]) => sections.map((rows) => rows.map((cells) => cells.join(',')).join('\r\n')).join('\r\n\r\n');
    for (const sections of [
      table.map((rows) => rows.map((cells) => [...cells].reverse())),
      table.map((rows) => rows.map((cells) => [cells[1]!, cells[0]!, ...cells.slice(2)])),
      [table[2]!, table[1]!, table[0]!],
    ]) {
      const read = await readAll(written(sections));
      expect(codes(read)).toEqual([]);
      expect(read.orders.map((o) => [o.order.externalId, o.order.lines.length])).toEqual([
        [a, 1],
        [b, 2],
      ]);
    }
  });

  test('the line of an order counts the breaks inside quotes', async () => {
    const read = await readAll(
      ordersExport(
        [{ id: a, company: 'x\ny\nz', nip: '9997763175' }, { id: b }],
        [
          { order: a, id: '1' },
          { order: b, id: '2' },
        ],
      ),
    );
    expect(read.orders.map((o) => o.place.line)).toEqual([2, 5]);
  });

  test('statuses', async () => {
    const of = async (more: object, line: object = {}) => {
      const read = await readAll(ordersExport([{ id: a, ...more }], [{ order: a, id: 'l', ...line }]));
      const { document, findings } = suggest(read.orders[0]!.order, policies);
      return [document, ...codesOf(findings)];
    };
    expect(await of({})).toEqual(['RECEIPT']);
    expect(await of({ status: 'CANCELLED' })).toEqual(['SKIP']);
    expect(await of({ status: 'RETURNED' })).toEqual(['RECEIPT', 'H_RETURNED']);
    expect(await of({}, { returned: '1' })).toEqual(['RECEIPT', 'H_RETURNED']);
    expect(await of({ paid: 'WAITING_FOR_PAYMENT', paidAmount: '0.00' })).toEqual(['RECEIPT', 'H_UNPAID']);
    expect(await of({ paid: 'WAITING_FOR_PAYMENT', paidAmount: '0.00', provider: 'OFFLINE' })).toEqual(['RECEIPT']);
    expect(await of({ paid: 'REFUNDED' })).toEqual(['SKIP']);
    expect(await of({ company: 'Sowa', nip: '9997763175', address: false })).toEqual(['INVOICE_COMPANY', 'H_BUYER_DATA']);
    expect(await of({ total: '60.00', paidAmount: '60.00' })).toEqual(['RECEIPT', 'H_TOTAL_MISMATCH']);
  });

  test('the XML twin reads amounts with a point and with a comma', async () => {
    const file = (price: string, total: string) =>
      `<OrdersExport><Orders><Order><OrderId>${a}</OrderId><OrderDate>2026-10-01T22:30:00Z</OrderDate><PaymentStatus>PAID</PaymentStatus><TotalToPayAmount>${total}</TotalToPayAmount><TotalToPayCurrency>PLN</TotalToPayCurrency><LineItems><LineItem><LineItemId>l</LineItemId><Name>K</Name><Quantity>1</Quantity><Price>${price}</Price><Currency>PLN</Currency></LineItem></LineItems></Order></Orders></OrdersExport>`;
    for (const text of [file('1240.50', '1240.50'), file('1240,50', '1 240,50')]) {
      const read = await readAll(text);
      expect(read.rejected).toEqual([]);
      expect(read.orders.map((o) => [o.order.declaredTotal, o.order.lines[0]!.gross])).toEqual([['1240.50', '1240.50']]);
    }
  });

  test('orders Allegro left out are told', async () => {
    expect((await readAll(ordersExport(orders, lines, { skipped: 4 }))).findings).toEqual([
      { code: 'W_SOURCE_SKIPPED', level: 'warning', params: { count: '4' } },
    ]);
  });

  test('sections that do not run in step still find each other; a line without an order is rejected', async () => {
    const read = await readAll(
      ordersExport(orders, [lines[2]!, lines[0]!, lines[1]!, { order: a, id: 'l9', price: '0.00' }, { order: 'gone', id: 'l8' }]),
    );
    expect(read.orders.map((o) => o.order.lines.length)).toEqual([2, 1, 2]);
    expect(read.rejected).toHaveLength(1);
    expect(read.rejected[0]).toMatchObject({
      externalId: 'gone',
      finding: { code: 'E_ORPHAN_LINE', params: { line: 'l8', order: 'gone' } },
    });
  });

  test('an order without a line is rejected, the rest is read', async () => {
    const read = await readAll(ordersExport(orders, [lines[0]!, lines[2]!]));
    expect(read.orders.map((o) => o.order.externalId)).toEqual([a, c]);
    expect(read.rejected[0]).toMatchObject({ externalId: b, finding: { code: 'E_NO_LINES' }, place: { line: 3 } });
  });

  test('a table without its summary is cut: what is proven whole is read', async () => {
    const whole = ordersExport(orders, lines, { summary: false });
    const read = await readAll(whole);
    expect(read.orders.map((o) => o.order.externalId)).toEqual([a, b, c]);
    expect(codes(read)).toContain('F_TRUNCATED');
    const cut = whole.slice(0, whole.lastIndexOf('Kubek'));
    const less = await readAll(cut);
    expect(less.orders.map((o) => o.order.externalId)).toEqual([a, b]);
    expect(less.findings.find((f) => f.code === 'F_TRUNCATED')?.params).toMatchObject({ n: '2' });
    expect(less.rejected.map((r) => [r.externalId, r.finding.code])).toEqual([[c, 'F_TRUNCATED']]);
  });

  test('a quote nobody closed', async () => {
    const cut = text.slice(0, text.indexOf('łącznie'));
    const read = await readAll(cut);
    expect(codes(read)).toContain('F_TRUNCATED');
    expect(read.orders.map((o) => o.order.externalId)).toEqual([a]);
  });

  test('the statement of payments is recognised', async () => {
    const read = await readAll(
      'data;data zaksięgowania;identyfikator;operacja;operator;kupujący;oferta;dostawa;kwota;saldo\n2026-01-01;;x;wpłata;PayU;a;b;;10,00;10,00\n',
    );
    expect(read.refused).toBe('F_PAYMENTS_STATEMENT');
  });
});

describe('a layout nobody has seen', () => {
  const unknown = `<?xml version="1.0"?>
<Sprzedaz><Zamowienia>
  <Zamowienie><NumerZamowienia>Z/1</NumerZamowienia><DataZakupu>2019-05-06 10:00</DataZakupu>
    <Klient><Imie>Ewa</Imie><Nazwisko>Wróbel</Nazwisko><Ulica>ul. Ptasia 2</Ulica><Kod>00-001</Kod><Miasto>Warszawa</Miasto><Kraj>Polska</Kraj></Klient>
    <Faktura><Firma>Wróbel s.c.</Firma><NIP>9997763175</NIP><Ulica>ul. Ptasia 2</Ulica><Kod>00-001</Kod><Miasto>Warszawa</Miasto></Faktura>
    <Towary><Towar><Nazwa>Karmnik</Nazwa><Ilosc>2</Ilosc><Cena>30,00</Cena></Towar><Towar><Nazwa>Ziarno</Nazwa><Ilosc>1</Ilosc><Cena>5,00</Cena></Towar></Towary>
    <KosztDostawy>10,00</KosztDostawy><Razem>75,00</Razem></Zamowienie>
  <Zamowienie><NumerZamowienia>Z/2</NumerZamowienia><DataZakupu>2019-05-06 11:00</DataZakupu>
    <Klient><Imie>Jan</Imie><Nazwisko>Gil</Nazwisko></Klient>
    <Towary><Towar><Nazwa>Budka</Nazwa><Ilosc>1</Ilosc><Cena>50,00</Cena></Towar></Towary>
    <KosztDostawy>10,00</KosztDostawy><Razem>61,00</Razem></Zamowienie>
</Zamowienia></Sprzedaz>`;

  test('XML: a field for each path, the first orders, the totals proven; the saved profile reads the file', async () => {
    const first = await readAll(unknown);
    expect(first.refused).toBe('F_PROFILE_UNKNOWN');
    expect(first.orders).toEqual([]);
    const { proposal } = first;
    expect(proposal!.missing).toEqual([]);
    expect(proposal!.profile.order).toEqual({
      at: 'Zamowienia/Zamowienie',
      fields: {
        externalId: 'NumerZamowienia',
        orderedAt: 'DataZakupu',
        'buyer.firstName': 'Klient/Imie',
        'buyer.lastName': 'Klient/Nazwisko',
        'buyer.street': 'Klient/Ulica',
        'buyer.postalCode': 'Klient/Kod',
        'buyer.city': 'Klient/Miasto',
        'buyer.country': 'Klient/Kraj',
        'invoice.company': 'Faktura/Firma',
        'invoice.taxId': 'Faktura/NIP',
        'invoice.street': 'Faktura/Ulica',
        'invoice.postalCode': 'Faktura/Kod',
        'invoice.city': 'Faktura/Miasto',
        'delivery.gross': 'KosztDostawy',
        declaredTotal: 'Razem',
      },
    });
    expect(proposal!.profile.line).toEqual({ at: 'Towary/Towar', fields: { name: 'Nazwa', quantity: 'Ilosc', unitGross: 'Cena' } });
    expect(proposal!.preview.map((p) => [p.order?.externalId, p.computedTotal, p.declaredTotal, p.totalsAgree])).toEqual([
      ['Z/1', '75.00', '75.00', true],
      ['Z/2', '60.00', '61.00', false],
    ]);
    const again = await readAll(unknown, { profiles: [proposal!.profile] });
    expect(again.orders.map((o) => o.order.lines.length)).toEqual([2, 1]);
    expect(suggest(again.orders[0]!.order, policies)).toEqual({ document: 'INVOICE_COMPANY', findings: [] });
    const taken = await readAll(unknown, { acceptProposal: true });
    expect(taken.orders).toHaveLength(2);
  });

  test('XML with a single order, its data in attributes', async () => {
    const read = await readAll(
      '<orders><order id="A1" date="2024-01-02"><item name="Kubek" quantity="2" price="10.00"/><item name="Dzban" quantity="1" price="5.50"/></order></orders>',
      { acceptProposal: true },
    );
    expect(read.orders.map((o) => [o.order.externalId, o.order.lines.map((l) => l.gross)])).toEqual([['A1', ['20.00', '5.50']]]);
  });

  test('JSON: members are paths, and the proposed mapping reads it', async () => {
    const json = JSON.stringify({
      orders: [
        { id: 'A1', date: '2026-11-01', customer: { name: 'Ewa' }, items: [{ name: 'Kubek', quantity: 2, price: 10.5 }], total: 21 },
      ],
    });
    const first = await readAll(json);
    expect([first.refused, first.proposal?.missing]).toEqual(['F_PROFILE_UNKNOWN', []]);
    const read = await readAll(json, { profiles: [first.proposal!.profile] });
    expect(read.orders.map((o) => [o.order.externalId, o.order.declaredTotal, o.order.lines[0]!.gross])).toEqual([['A1', '21', '21.00']]);
  });

  test('a flat table: neighbours of one number are one order', async () => {
    const table =
      'Nr zamówienia;Data zakupu;Kupujący;Nazwa produktu;Ilość;Cena brutto;Razem\n7;01.02.2024;ala;Kubek;2;10,00;25,00\n7;01.02.2024;ala;Miska;1;5,00;25,00\n8;02.02.2024;ola;Dzban;1;40,00;40,00\n';
    const first = await readAll(table);
    expect(first.refused).toBe('F_PROFILE_UNKNOWN');
    expect(first.proposal!.preview.map((p) => p.totalsAgree)).toEqual([true, true]);
    const read = await readAll(table, { profiles: [first.proposal!.profile] });
    expect(read.orders.map((o) => [o.order.externalId, o.order.lines.length, o.place.line])).toEqual([
      ['7', 2, 2],
      ['8', 1, 4],
    ]);
  });

  test('XML whose names say nothing: its shape shows the orders and their lines, a person says the rest, and it is read', async () => {
    const row = (no: number, lines: string) => `<kauf no="${no}" wann="2026-11-05"><wer><wort>Ola</wort></wer><was>${lines}</was></kauf>`;
    const file = `<alles>${row(1, '<stk m="2" p="1,50">Kubek</stk><stk m="1" p="2,00">Miska</stk>')}${row(2, '<stk m="1" p="9,00">Dzban</stk>')}</alles>`;
    const { proposal, orders } = await readAll(file, { acceptProposal: true });
    expect(orders).toEqual([]);
    expect(proposal!.paths.map((path) => `${path.level} ${path.path} ${path.sample} ${path.field ?? '–'}`)).toEqual([
      'order @no 1 externalId',
      'order @wann 2026-11-05 –',
      'order wer/wort Ola –',
      'line @m 2 –',
      'line @p 1,50 –',
      'line . Kubek name',
    ]);
    const { profile } = proposal!;
    const said = {
      ...profile,
      order: { ...profile.order, fields: { ...profile.order.fields, orderedAt: '@wann' } },
      line: { ...profile.line, fields: { ...profile.line.fields, quantity: '@m', unitGross: '@p' } },
    };
    const read = await readAll(file, { profiles: [said] });
    expect(read.orders.map(({ order }) => [order.externalId, order.lines.map((l) => `${l.name} ${l.gross}`)])).toEqual([
      ['1', ['Kubek 3.00', 'Miska 2.00']],
      ['2', ['Dzban 9.00']],
    ]);
  });

  test('what holds no orders proposes nothing and imports nothing', async () => {
    const read = await readAll('<config><entry key="a">1</entry></config>', { acceptProposal: true });
    expect(read.refused).toBe('F_PROFILE_UNKNOWN');
    expect(read.proposal!.missing).toContain('externalId');
  });
});

const shared = join(import.meta.dirname, '../../../shared/contracts/allegro/data');
describe.skipIf(!existsSync(shared))('the sample files of the contract', () => {
  test.each(existsSync(shared) ? readdirSync(shared).filter((name) => /\.(xml|csv)$/.test(name)) : [])('%s', async (name) => {
    const expected = JSON.parse(readFileSync(join(shared, 'expected', `${name.split('.')[0]}.json`), 'utf8'));
    const read = await readAll(source(readFileSync(join(shared, name)), 4096, name));
    expect(read.rejected).toEqual([]);
    expect(read.findings).toEqual([]);
    const known = new Set<string>();
    const orders = read.orders.filter(({ order }) => !known.has(comparable(order)) && known.add(comparable(order)));
    expect(orders.map(({ order }) => order.externalId)).toEqual(expected.orders.map((o: { externalId: string }) => o.externalId));
    expect(orders.map(({ order }) => suggest(order, policies).document)).toEqual(
      expected.orders.map((o: { suggestedDocument: string }) => o.suggestedDocument),
    );
    expect(orders.map(({ order }) => codesOf(suggest(order, policies).findings))).toEqual(
      expected.orders.map((o: { issues: string[] }) => o.issues),
    );
  });
});

describe('records of plain markup are read at once, and mean what the parser makes of them', () => {
  const file = salesManagerFile(Array.from({ length: 6 }, (_, i) => transaction({ id: String(900 + i) })));
  const last = (change: (record: string) => string) => {
    const at = file.lastIndexOf('<transaction>');
    return file.slice(0, at) + change(file.slice(at));
  };
  const inside = (text: string) => last((record) => record.replace('<transaction>', `<transaction>${text}`));
  test.each([
    ['as it is', file],
    ['lines of Windows', file.replaceAll('\n', '\r\n')],
    ['lines of an old Mac', file.replaceAll('\n', '\r')],
    [
      'a comment that holds a record',
      file.replace('<transaction>', '<!-- > <transaction><transaction-id>1</transaction-id></transaction> --><transaction>'),
    ],
    ['a comment inside a record', inside('<!-- <x> -->')],
    ['text of CDATA', inside('<message><![CDATA[a <b> & c]]></message>')],
    [
      'an instruction that holds a record',
      file.replace('<transaction>', '<?x > <transaction><transaction-id>1</transaction-id></transaction> ?><transaction>'),
    ],
    ['text beside fields', inside('stray')],
    ['an entity', inside('<message>A &amp; B</message>')],
    ['a bare ampersand', inside('<message>A & B</message>')],
    ['an empty element', inside('<message/><unheard-of />')],
    ['attributes', inside('<unheard-of a="1" b=\'2\' c="x>y"><transaction>9</transaction></unheard-of>')],
    ['an attribute twice', inside('<unheard-of a="1" a="2"></unheard-of>')],
    ['a tag closed by another', inside('<unheard-of></other>')],
    ['a stray end of CDATA', inside('<message>]]></message>')],
    ['a name that is none', inside('<1st>x</1st>')],
    ['blanks in tags', last((record) => record.replace('</transaction-id>', '</transaction-id >').replace('<date>', '<date\t>'))],
    ['cut in the last record', file.slice(0, file.lastIndexOf('<transaction>') + 60)],
    ['the same field twice', inside('<transaction-id>1</transaction-id><transaction-id>2</transaction-id>')],
  ])('%s', async (_what, text) => {
    const whole = await readAll(source(text));
    // No record stands whole in a piece this small: the parser reads all of them.
    const pieces = await readAll(source(text, 11));
    expect(whole).toEqual(pieces);
    expect(whole.orders.length).toBeGreaterThan(0);
  });
});
