import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { XmlDocument, XsdValidator } from 'libxml2-wasm';
import { describe, expect, it } from 'vitest';
import type { TransferRequest } from '../../src/contract/connector.ts';
import { Secret } from '../../src/contract/secret.ts';
import { plain } from '../../src/contract/wire/answer.ts';
import { readXml } from '../../src/contract/wire/read-xml.ts';
import type { XmlElement } from '../../src/contract/wire/xml.ts';
import { recompute } from '../../src/domain/totals/index.ts';
import { type SampleLine, sampleContent, sampleCorrection } from '../../src/testkit/documents.ts';
import { amount, heldDocument, heldReceipt, madeOf, pdfOf, taxpayerOf } from './answers.ts';
import { type Action, actions, multipart, openClient, repairAmpersands, requestXml, verdictOf, withoutPrivate } from './client.ts';
import { createRequest, receiptRequest, receiptSendRequest, stornoRequest, trialRequest } from './mapper.ts';
import { preflight } from './preflight.ts';
import {
  deleteProformaRequest,
  payRequest,
  pdfRequest,
  queryRequest,
  receiptGetRequest,
  receiptStornoRequest,
  taxpayerRequest,
} from './questions.ts';
import { settingsOf } from './settings.ts';

/** The promise: what goes over the wire is what the provider's schema wants, and what comes back is read as it is meant. */
const today = '2026-11-20';
const schemas = new URL('../../../shared/contracts/szamlazz/xsd/', import.meta.url);
const samples = new URL('../../../shared/contracts/szamlazz/samples/', import.meta.url);
const outFolder = new URL('fixtures/out/', import.meta.url);
const rewrite = process.env.GOLDEN === 'write';

const request = (over: Partial<TransferRequest> & Pick<TransferRequest, 'content'>): TransferRequest => ({
  reference: `fakturist:c1:${over.content.order?.externalId}:${over.kind ?? over.content.kind}`,
  kind: over.content.kind,
  settings: {},
  ...over,
});

const company = {
  type: 'company' as const,
  name: 'Próba Kereskedő Kft.',
  company: 'Próba Kereskedő Kft.',
  taxIds: [{ scheme: 'HU:ADOSZAM', value: '12345676-2-41' }],
  street: 'Tárogató út 5.',
  postalCode: '2030',
  city: 'Érd',
  country: 'HU',
  email: 'penzugy@example.org',
};
const german = {
  ...company,
  name: 'Beispiel GmbH',
  company: 'Beispiel GmbH',
  taxIds: [{ scheme: 'EU:VAT', value: 'DE123456789' }],
  country: 'DE',
  postalCode: '10115',
  city: 'Berlin',
};
const transfer = { means: 'bank_transfer' as const, paid: '0' };
const stand: SampleLine = { name: 'Kiállítói hely', quantity: '1', unitPrice: '100000' };
const settings = settingsOf({ prefix: 'JEGY', receiptPrefix: 'JEGYN', eInvoice: true });

const invoice = sampleContent();
const netInvoice = sampleContent({
  buyer: company,
  taxMethod: 'net',
  payment: transfer,
  dueDate: '2026-11-28',
  lines: [
    { name: 'Hangfalállvány', quantity: '3', unitPrice: '10000' },
    { name: 'Kedvezmény (10%)', quantity: '1', unitPrice: '-3000', kind: 'discount' },
  ],
  seller: { taxIds: [], name: 'Minta Színpad Kft.', bankName: 'Próba Bank', bankAccount: '11111111-22222222-33333333' },
});
const euroInvoice = sampleContent({
  buyer: german,
  language: 'en',
  currency: 'EUR',
  taxMethod: 'net',
  payment: transfer,
  lines: [
    { name: 'Event consulting', quantity: '1', unitPrice: '500', unit: 'pcs', rate: { category: 'AE', key: 'EUFAD37', source: 'rule' } },
  ],
});
const finalInvoice = recompute(
  sampleContent({
    kind: 'final',
    buyer: company,
    taxMethod: 'net',
    payment: transfer,
    lines: [stand],
    prepayments: [
      {
        documentId: 'd1',
        number: 'JEGY-2026-31',
        issueDate: '2026-11-10',
        gross: '63500.00',
        byRate: [{ category: 'S', percent: '27', net: '50000.00', tax: '13500.00', gross: '63500.00' }],
      },
    ],
  }),
);

const golden: Record<string, [action: Action, children: XmlElement[]]> = {
  'invoice-tickets-paid-by-card': ['create', createRequest(request({ content: invoice }), today, { eInvoice: true }, settings)],
  'invoice-company-net-transfer': [
    'create',
    createRequest(request({ content: netInvoice }), today, { eInvoice: false }, settingsOf({ mailBy: 'hub' })),
  ],
  'invoice-eu-company-euro': ['create', createRequest(request({ content: euroInvoice }), today, { eInvoice: true }, settingsOf({}))],
  'invoice-mailed-by-provider': [
    'create',
    createRequest(
      request({ content: sampleContent({ message: { subject: 'Számla', body: 'Köszönjük!' } }) }),
      today,
      { eInvoice: true },
      settingsOf({ mailBy: 'provider', mailReplyTo: 'penztar@example.org' }),
    ),
  ],
  proforma: [
    'create',
    createRequest(
      request({ content: sampleContent({ kind: 'proforma', buyer: company, payment: transfer, lines: [stand] }) }),
      today,
      { eInvoice: false },
      settings,
    ),
  ],
  'prepayment-from-proforma': [
    'create',
    createRequest(
      request({
        content: sampleContent({ kind: 'prepayment', buyer: company, lines: [stand], proforma: { documentId: 'p', number: 'D-JEGY-12' } }),
      }),
      today,
      { eInvoice: true },
      settings,
    ),
  ],
  final: ['create', createRequest(request({ content: finalInvoice }), today, { eInvoice: true }, settings)],
  corrective: [
    'create',
    createRequest(
      request({
        content: sampleCorrection(invoice, 'JEGY-2026-28', [
          { name: 'Napijegy', quantity: '1', unitPrice: '9000', percent: '18', sku: 'DAY' },
          { name: 'Kezelési költség', quantity: '1', unitPrice: '1500' },
        ]),
        original: { number: 'JEGY-2026-28', kind: 'invoice' },
      }),
      today,
      { eInvoice: false },
      settings,
    ),
  ],
  preview: ['create', createRequest(request({ content: invoice }), today, { eInvoice: false }, settings, true)],
  trial: ['create', trialRequest(settings, today, '2026-11-20T09:00:00.000Z')],
  storno: [
    'storno',
    stornoRequest(
      request({ content: sampleCorrection(invoice, 'E-JEGY-2026-28', [], 'cancel'), cancelsWhole: true }),
      { number: 'E-JEGY-2026-28', eInvoice: true, performance: '2026-11-19' },
      settingsOf({ mailBy: 'provider' }),
    ),
  ],
  'payments-replace': [
    'pay',
    payRequest('JEGY-2026-28', [{ day: '2026-11-25', method: 'átutalás', amount: '34290.00' }], false, settingsOf({})),
  ],
  'payments-clear': ['pay', payRequest('JEGY-2026-28', [], false, settingsOf({}))],
  'query-by-reference': ['query', queryRequest({ externalId: 'fakturist:c1:A-1001:invoice' }, false)],
  'query-by-order': ['query', queryRequest({ orderNumber: 'A-1001' }, true)],
  'pdf-by-number': ['pdf', pdfRequest({ number: 'JEGY-2026-28' })],
  'proforma-delete': ['deleteProforma', deleteProformaRequest('D-JEGY-12')],
  'receipt-create': ['receiptCreate', receiptRequest(request({ content: sampleContent({ kind: 'receipt' }) }), settings)],
  'receipt-storno': ['receiptStorno', receiptStornoRequest('JEGYN-2026-1', 'fakturist:c1:A-1001:storno')],
  'receipt-get': ['receiptGet', receiptGetRequest({ call: 'fakturist:c1:A-1001:receipt' }, false)],
  'receipt-send': ['receiptSend', receiptSendRequest('JEGYN-2026-1', sampleContent({ kind: 'receipt' }), settings)],
  taxpayer: ['taxpayer', taxpayerRequest('12345676')],
};

it('a key goes over the wire as it is, whatever a replacement of text would make of it', async () => {
  let sent = '';
  const client = openClient({
    baseUrl: 'https://szamlazz.example',
    secrets: { agentKey: new Secret('a$&b$$c<d') },
    now: () => new Date('2026-11-20T10:00:00Z'),
    memory: new Map(),
    fetch: async (_address, options) => {
      sent = Buffer.from(options!.body as Uint8Array).toString();
      return new Response('');
    },
  });
  await client.call('query', queryRequest({ number: 'E-1' }, false));
  expect(sent).toContain('<szamlaagentkulcs>a$&amp;b$$c&lt;d</szamlaagentkulcs>');
});

describe('requests', () => {
  it.each(Object.entries(golden))('%s is written as kept', (name, [action, children]) => {
    const xml = `${requestXml(actions[action], children).replaceAll('><', '>\n<')}\n`;
    const file = new URL(`${name}.xml`, outFolder);
    if (rewrite) {
      mkdirSync(outFolder, { recursive: true });
      writeFileSync(file, xml);
    }
    expect(xml).toBe(readFileSync(file, 'utf8'));
  });

  it('keeps no golden file that nothing makes', () => {
    expect(readdirSync(outFolder).sort()).toEqual(
      Object.keys(golden)
        .map((name) => `${name}.xml`)
        .sort(),
    );
  });

  it.runIf(existsSync(schemas)).each(Object.entries(golden))('%s passes the schema of the provider', (_, [action, children]) => {
    const schema = XmlDocument.fromBuffer(readFileSync(new URL(`${actions[action].root}.xsd`, schemas)));
    const document = XmlDocument.fromString(requestXml(actions[action], children));
    const validator = XsdValidator.fromDoc(schema);
    try {
      expect(() => validator.validate(document)).not.toThrow();
    } finally {
      validator.dispose();
      document.dispose();
      schema.dispose();
    }
  });

  it('sends the XML as a file part whose name is the action', () => {
    const { boundary, bytes } = multipart('action-szamla_agent_taxpayer', '<x/>');
    expect(new TextDecoder().decode(bytes)).toBe(
      `--${boundary}\r\nContent-Disposition: form-data; name="action-szamla_agent_taxpayer"; filename="request.xml"\r\nContent-Type: text/xml; charset=UTF-8\r\n\r\n<x/>\r\n--${boundary}--\r\n`,
    );
  });

  it('tells the rounding of what is paid in cash beside the lines, which stay as they are', () => {
    const xml = (means: 'cash' | 'card') => {
      const content = sampleContent({ payment: { means, paid: '0' }, lines: [{ name: 'Jegy', quantity: '1', unitPrice: '1998' }] });
      const request: TransferRequest = { reference: 'r', kind: 'invoice', content, settings: {} };
      return JSON.stringify(createRequest(request, '2026-11-20', { eInvoice: false }, settingsOf({})));
    };
    expect(xml('cash')).toContain('fizetendoKorrekcio');
    expect(xml('cash')).toMatch(/fizetendoKorrekcio[^}]*"2"/);
    expect(xml('card')).not.toContain('fizetendoKorrekcio');
  });

  it('sends no text with placeholders of ours to be mailed by the provider', () => {
    const content = { ...sampleContent(), message: { subject: 'Számla {{ document.number }}', body: 'Köszönjük!' } };
    const request: TransferRequest = { reference: 'r', kind: 'invoice', content, settings: {} };
    const settings = settingsOf({ mailBy: 'provider', mailSubject: 'Az Ön számlája' });
    const sent = JSON.stringify(createRequest(request, '2026-11-20', { eInvoice: false }, settings));
    expect(sent).not.toContain('{{');
    expect(sent).toContain('Az Ön számlája');
    expect(sent).toContain('Köszönjük!');
  });

  it('never sends an issue date, always version 2 and always whether to mail', () => {
    for (const [name, [action, children]] of Object.entries(golden)) {
      const xml = requestXml(actions[action], children);
      expect(xml, name).not.toContain('keltDatum');
      expect(xml, name).not.toMatch(/felhasznalo|jelszo|simpleItems/);
      if (action === 'create' || action === 'storno' || action === 'pay' || action === 'pdf')
        expect(xml, name).toContain('<valaszVerzio>2</valaszVerzio>');
      if (action === 'create') expect(xml, name).toMatch(/<sendEmail>(true|false)<\/sendEmail>/);
    }
  });
});

describe('days', () => {
  const days = (over: Parameters<typeof sampleContent>[0]) => {
    const xml = requestXml(actions.create, createRequest(request({ content: sampleContent(over) }), today, { eInvoice: false }, settings));
    return [/<teljesitesDatum>(.*?)</.exec(xml)?.[1], /<fizetesiHataridoDatum>(.*?)</.exec(xml)?.[1]];
  };
  it('of a paid sale are the days of performance and payment in Budapest, however late it is issued', () => {
    const payment = { means: 'online' as const, paidAt: '2026-11-17T23:30:00Z', paid: '1000000' };
    expect(days({ saleDate: undefined, dueDate: '2026-11-28', payment })).toEqual(['2026-11-18', '2026-11-18']);
    expect(days({ saleDate: '2026-11-10', dueDate: undefined, payment })).toEqual(['2026-11-10', '2026-11-18']);
  });
  it('of an unpaid one are its own, and today where it names none', () => {
    expect(days({ saleDate: undefined, dueDate: '2026-11-28', payment: transfer })).toEqual([today, '2026-11-28']);
    expect(days({ saleDate: undefined, dueDate: undefined, payment: transfer })).toEqual([today, today]);
  });
});

describe('what is held back before sending', () => {
  const codes = (over: Parameters<typeof sampleContent>[0], more: Partial<TransferRequest> = {}, with_ = settings) =>
    preflight(request({ content: sampleContent(over), ...more }), with_).map((finding) => finding.code);

  it('names every missing part of the address at once', () => {
    const findings = preflight(
      request({ content: sampleContent({ buyer: { ...company, type: 'person', city: ' ', postalCode: undefined } }) }),
      settings,
    );
    expect(findings).toEqual([{ code: 'H_BUYER_DATA', level: 'hold', where: 'buyer.postalCode', params: { fields: 'postalCode, city' } }]);
  });

  it('wants a right tax number of a Hungarian company and a European one where the key needs it', () => {
    expect(codes({ buyer: { ...company, taxIds: [] } })).toEqual(['H_TAXID_MISSING']);
    expect(codes({ buyer: { ...company, taxIds: [{ scheme: 'HU:ADOSZAM', value: '12345678-2-42' }] } })).toEqual(['H_TAXID_INVALID']);
    expect(codes({ buyer: { ...german, taxIds: [] }, lines: [{ ...stand, rate: { category: 'AE', source: 'rule' } }] })).toEqual([
      'szamlazz.eu_tax_id_needed',
    ]);
    expect(codes({ buyer: company, lines: [{ ...stand, rate: { category: 'AE', source: 'rule' } }] })).toEqual([]);
  });

  it('lets a foreign rate pass only for a seller in the one-stop shop', () => {
    const over = { buyer: { ...german, type: 'person' as const }, lines: [{ ...stand, percent: '19' }] };
    expect(codes(over)).toEqual(['szamlazz.foreign_rate']);
    expect(codes(over, {}, settingsOf({ ossSeller: true }))).toEqual([]);
    const xml = requestXml(
      actions.create,
      createRequest(request({ content: sampleContent(over) }), today, { eInvoice: false }, settingsOf({ ossSeller: true })),
    );
    expect(xml).toContain('<eusAfa>true</eusAfa>');
  });

  it('holds what the provider cannot do', () => {
    expect(codes({ currency: 'KZW' })).toContain('szamlazz.currency');
    expect(codes({ lines: [{ ...stand, rate: undefined }] })).toEqual(['H_VAT_UNKNOWN']);
    expect(codes({ kind: 'receipt' }, {}, settingsOf({ receiptPrefix: 'lower' }))).toEqual(['szamlazz.receipt_prefix']);
    expect(codes({ kind: 'receipt', lines: [{ ...stand, unitPrice: '900000' }] })).toEqual(['szamlazz.receipt_not_allowed']);
    expect(codes({ lines: [{ ...stand, unitPrice: '99.50' }] })).toEqual(['szamlazz.not_whole']);
    const same = sampleCorrection(invoice, 'X-1', [
      { name: 'Napijegy', quantity: '2', unitPrice: '9000', percent: '18', sku: 'DAY' },
      { name: 'Kezelési költség', quantity: '1', unitPrice: '1800' },
    ]);
    expect(preflight(request({ content: same, original: { number: 'X-1', kind: 'invoice' } }), settings)[0]?.code).toBe(
      'szamlazz.correction_without_lines',
    );
    expect(preflight(request({ content: same }), settings)[0]?.code).toBe('szamlazz.original_unknown');
    expect(
      preflight(request({ content: same, cancelsWhole: true, original: { number: 'D-X-1', kind: 'proforma' } }), settings)[0]?.code,
    ).toBe('szamlazz.storno_noop');
  });
});

describe('answers', () => {
  const answer = (body: string, headers: Record<string, string> = {}, status = 200, action: Action = 'create') =>
    verdictOf(actions[action], status, new Headers(headers), body);
  const success =
    '<xmlszamlavalasz xmlns="http://www.szamlazz.hu/xmlszamlavalasz"><sikeres>true</sikeres><szamlaszam>J-2026-1</szamlaszam></xmlszamlavalasz>';

  it('are judged in the provider’s order: down, error header, status, body', () => {
    expect(answer(success, { szlahu_down: 'true', szlahu_error_code: '3' })).toMatchObject({ verdict: 'unclear', why: 'down' });
    expect(answer(success, { szlahu_error_code: '3', szlahu_error: 'Sikertelen+bejelentkez%C3%A9s.' }, 500)).toMatchObject({
      verdict: 'failed',
      code: '3',
      message: 'Sikertelen bejelentkezés.',
    });
    expect(answer(success, {}, 503)).toMatchObject({ verdict: 'unclear', why: 'page' });
    expect(answer(success)).toMatchObject({ verdict: 'done' });
  });

  it('are never a success when root, namespace or flag are not the expected ones', () => {
    for (const body of [
      '<html><body>OK</body></html>',
      'xmlagentresponse=DONE;J-2026-1',
      '',
      success.replaceAll('xmlszamlavalasz', 'xmlnyugtavalasz'),
      success.replace('www.szamlazz.hu', 'example.org'),
      success.replace('true', 'maybe'),
      success.replace('<sikeres>true</sikeres>', ''),
    ]) {
      expect(answer(body), body).toMatchObject({ verdict: 'unclear', why: 'page' });
    }
    expect(answer(success.replace(' xmlns="http://www.szamlazz.hu/xmlszamlavalasz"', ''))).toMatchObject({ verdict: 'done' });
    expect(answer(success.replace('true', '1'))).toMatchObject({ verdict: 'done' });
  });

  it('are repaired where an ampersand stands bare, and only there', () => {
    const bare = success.replace(
      '</szamlaszam>',
      '</szamlaszam><vevoifiokurl>https://x.test/?a=1&b=2&amp;c=3</vevoifiokurl><n><![CDATA[R&B]]></n>',
    );
    const reply = answer(bare);
    expect(reply.verdict === 'done' && madeOf(reply.tree, reply.headers)?.url).toBe('https://x.test/?a=1&b=2&c=3');
    expect(repairAmpersands('<a>&lt;<![CDATA[x&y]]>&#38;&</a>')).toBe('<a>&lt;<![CDATA[x&y]]>&#38;&amp;</a>');
  });

  it('give amounts with comma, exponent or trailing zero', () => {
    expect(['100,01', '27.0', '1.98E7', '-16671', '1.5E-2', '', 'abc', undefined].map((text) => amount(text))).toEqual([
      '100.01',
      '27',
      '19800000',
      '-16671',
      '0.015',
      undefined,
      undefined,
      undefined,
    ]);
    // A sum that no sum of ours may be is none, and a double’s tail is cut: both failed later, where money is added up.
    expect(['9'.repeat(400), '1E99', '1.5E-40', '15254.237288135593220339'].map((text) => amount(text))).toEqual([
      undefined,
      undefined,
      '0',
      '15254.237288135593',
    ]);
  });

  it('fill in from headers what the body lacks', () => {
    const tree = readXml('<xmlszamlavalasz><sikeres>true</sikeres></xmlszamlavalasz>');
    expect(madeOf(tree, { number: 'J-1', gross: '127,01', net: '100,01', open: '27,01' })).toMatchObject({
      number: 'J-1',
      gross: '127.01',
      net: '100.01',
      paid: '100',
    });
    expect(madeOf(tree, {})).toBeUndefined();
  });

  it('give a PDF only when it is one', () => {
    const tree = (text: string) => readXml(`<a><pdf>${text}</pdf></a>`);
    expect(
      pdfOf(tree(`${Buffer.from('%PDF-1.4 x').toString('base64').slice(0, 6)}\n${Buffer.from('%PDF-1.4 x').toString('base64').slice(6)}`)),
    ).toHaveLength(10);
    expect(pdfOf(tree(Buffer.from('<html>').toString('base64')))).toBeUndefined();
  });

  it('of the taxpayer query are set for reading', () => {
    const tree = readXml(
      '<QueryTaxpayerResponse xmlns="http://schemas.nav.gov.hu/OSA/2.0/api"><result><funcCode>OK</funcCode></result><taxpayerValidity>true</taxpayerValidity><taxpayerData><taxpayerName>ŐRSÉGI SZÍNPAD KFT.</taxpayerName><taxpayerAddressList><taxpayerAddressItem><taxpayerAddress><postalCode>9700</postalCode><city>SZOMBATHELY</city><streetName>FŐ</streetName><publicPlaceCategory>TÉR</publicPlaceCategory><number>4</number></taxpayerAddress></taxpayerAddressItem></taxpayerAddressList></taxpayerData></QueryTaxpayerResponse>',
    );
    expect(taxpayerOf(tree)).toEqual({ valid: true, name: 'Őrségi Színpad Kft.', address: '9700 Szombathely, Fő tér 4' });
    expect(
      taxpayerOf(
        readXml(
          '<QueryTaxpayerResponse><result><funcCode>OK</funcCode></result><taxpayerValidity>false</taxpayerValidity></QueryTaxpayerResponse>',
        ),
      ),
    ).toEqual({ valid: false });
    expect(
      taxpayerOf(readXml('<QueryTaxpayerResponse><result><funcCode>ERROR</funcCode></result></QueryTaxpayerResponse>')),
    ).toBeUndefined();
  });

  it('lose buyer, links, addresses and key before they are kept, but not what was bought', () => {
    const kept = withoutPrivate(
      '<a><szamlaagentkulcs>k1</szamlaagentkulcs><vevo><nev>Kovács</nev><orszag>Magyarország</orszag><cim><irsz>1</irsz><cim>Fő u.</cim></cim><email/></vevo><email>a@b.c</email><vevoifiokurl><![CDATA[https://x]]></vevoifiokurl><pdf>JVBERi0xLjQK</pdf><megnevezes>Jegy</megnevezes></a>',
    );
    expect(kept).toBe(
      '<a><szamlaagentkulcs>***</szamlaagentkulcs><vevo><nev>***</nev><orszag>Magyarország</orszag><cim><irsz>***</irsz><cim>***</cim></cim><email/></vevo><email>***</email><vevoifiokurl>***</vevoifiokurl><pdf>12 characters</pdf><megnevezes>Jegy</megnevezes></a>',
    );
  });

  it('cost no more than their length, whatever the other side sends', () => {
    expect(withoutPrivate(`<vevo><a>${'<![CDATA[x]]>'.repeat(60)}`)).toContain('<vevo><a>');
    expect(withoutPrivate('<vevo>'.repeat(2_000_000))).toHaveLength(200_000);
    expect(repairAmpersands('<![CDATA['.repeat(400_000))).toHaveLength(3_600_000);
    expect(plain(`<p>Hi</p>${'<'.repeat(2_000_000)}`)).toMatch(/^Hi </);
    expect(plain(`<p>Hi</p>${'<script'.repeat(300_000)}`)).toBe('Hi');
    expect(withoutPrivate(`<vevo>${'<a><![CDATA['.repeat(16_000)}`)).toBe('<vevo><a>***');
  });

  it('cut off within a value keep none of it', () => {
    expect(withoutPrivate('<a/><vevo><nev>Kovács</nev>')).toBe('<a/><vevo><nev>***</nev>');
    expect(withoutPrivate('<vevo><orszag>HU</orszag><nev>Kovács Já')).toBe('<vevo><orszag>HU</orszag><nev>***');
    expect(withoutPrivate('<vevo><nev><![CDATA[Kovács Já')).toBe('<vevo><nev>***');
    expect(withoutPrivate('<email>kovacs@exam')).toBe('<email>***');
  });

  it.runIf(existsSync(samples))('as observed at the real service are read', () => {
    const read = (name: string) => readXml(readFileSync(new URL(name, samples), 'utf8'));
    expect(heldDocument(read('responses/query-xml-invoice-live.xml'))).toMatchObject({
      type: 'SZ',
      gross: '19800',
      net: '16671',
      test: true,
      reversed: false,
      eInvoice: true,
      paid: '19800',
      currency: 'HUF',
    });
    expect(heldDocument(read('responses/query-xml-invoice-reversed.xml'))).toMatchObject({ reversed: true });
    expect(heldReceipt(read('responses/receipt-create-success.xml'))).toMatchObject({
      type: 'NY',
      number: 'JEGYN-2026-1',
      gross: '1000',
      reversed: false,
      test: true,
    });
    expect(taxpayerOf(read('responses/taxpayer-valid.xml'))).toMatchObject({ valid: true, address: '1031 Budapest, Záhony utca 7' });
    expect(taxpayerOf(read('responses/taxpayer-invalid.xml'))).toEqual({ valid: false });
    for (const name of ['create-success', 'create-success-eur', 'create-success-with-pdf', 'storno-success']) {
      const lines = readFileSync(new URL(`responses/${name}.headers.txt`, samples), 'utf8')
        .trim()
        .split('\n')
        .slice(1);
      const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]));
      const reply = answer(readFileSync(new URL(`responses/${name}.xml`, samples), 'utf8'), headers);
      expect(reply.verdict === 'done' && madeOf(reply.tree, reply.headers)?.number, name).toMatch(/2026/);
    }
  });
});
