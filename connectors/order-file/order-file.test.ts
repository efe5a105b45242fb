import { describe, expect, test } from 'vitest';
import type { FileEvent, FileSource, Profile, ReadOptions } from '../../src/contract/order-file.ts';
import { connectorSuite } from '../../src/contract/suite.ts';
import { orderSchema } from '../../src/domain/orders/order.ts';
import { connector } from './connector.ts';

/** The promise: orders in the model's own words are read to the cent, from JSON and from tables, however large the file. */

function source(content: string | Uint8Array, chunkBytes = 64 * 1024): FileSource {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return {
    name: 'orders',
    sizeBytes: bytes.length,
    async *open(from = 0) {
      for (let at = from; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    },
  };
}

async function readAll(content: string | FileSource, options: ReadOptions = {}) {
  const orders: Extract<FileEvent, { event: 'order' }>[] = [];
  const rejected: Extract<FileEvent, { event: 'rejected' }>[] = [];
  const findings: string[] = [];
  const params: Record<string, string>[] = [];
  let refused: string | undefined;
  let broken: Record<string, string> | undefined;
  for await (const { events } of connector.files!.read(typeof content === 'string' ? source(content) : content, options)) {
    for (const event of events) {
      if (event.event === 'order') orders.push(event);
      else if (event.event === 'rejected') rejected.push(event);
      else if (event.event === 'finding') {
        findings.push(event.finding.code);
        params.push(event.finding.params ?? {});
        if (event.finding.code === 'F_TRUNCATED') broken = event.finding.params;
      } else if (event.event === 'end') refused = event.refused?.code;
    }
  }
  return { orders, rejected, findings, params, refused, broken };
}

const order = (more: Record<string, unknown> = {}) => ({
  externalId: 'X1',
  orderedAt: '2026-05-04T10:00:00+02:00',
  currency: 'PLN',
  buyer: { firstName: 'Ewa', lastName: 'Sroka', city: 'Poznań', country: 'pl', email: 'a@user.allegrogroup.pl' },
  delivery: { gross: '10.00' },
  lines: [{ name: 'Kubek', quantity: '3', unitGross: '19.99' }],
  payments: [{ method: 'online', status: 'paid', amount: '69.97' }],
  declaredTotal: '69.97',
  ...more,
});

connectorSuite({ connector, start: async () => ({ baseUrl: '', secrets: {}, now: () => new Date(0), close: async () => {} }) });

describe('JSON', () => {
  const two = [order(), order({ externalId: 'X2', note: '"}] {[ \\' })];
  test.each([
    ['an array', JSON.stringify(two)],
    ['an array, spread out', JSON.stringify(two, null, 2)],
    ['an object with orders', JSON.stringify({ meta: { pages: [1, 2] }, orders: two, next: null })],
    ['one object a line', two.map((o) => JSON.stringify(o)).join('\n')],
    ['with a byte order mark', `\ufeff${JSON.stringify(two)}`],
  ])('%s', async (_shape, text) => {
    for (const chunk of [64 * 1024, 5, 1]) {
      const read = await readAll(source(text, chunk));
      expect(read.rejected).toEqual([]);
      expect(read.findings).toEqual([]);
      expect(read.orders.map((o) => o.order.externalId)).toEqual(['X1', 'X2']);
      for (const { order: own, place, raw } of read.orders) {
        expect(orderSchema.parse(own)).toEqual(own);
        expect(Buffer.from(text).subarray(place.offset).toString().startsWith(raw)).toBe(true);
      }
    }
  });

  test('what can be derived may be left out', async () => {
    const { orders } = await readAll(JSON.stringify([order()]));
    expect(orders[0]!.order).toMatchObject({
      orderedAt: '2026-05-04T08:00:00.000Z',
      status: 'ready',
      channel: 'order-file',
      buyer: { country: 'PL', emailKind: 'masked' },
      invoiceRequest: { requested: false, explicit: false },
      lines: [{ id: '1', kind: 'goods', gross: '59.97' }],
    });
    const wished = await readAll(
      JSON.stringify([order({ invoiceRequest: { requested: false, party: { taxId: '999-776-31-75', company: 'Sroka' } } })]),
    );
    expect(wished.orders[0]!.order.invoiceRequest).toMatchObject({
      requested: false,
      explicit: true,
      party: { taxIds: [{ scheme: 'PL:NIP', value: '9997763175' }] },
    });
  });

  test('amounts written as numbers never become floating point', async () => {
    const text =
      '[{"externalId": 90071992547409931, "orderedAt":"2026-01-01","currency":"PLN","lines":[{"name":"a","quantity":3,"unitGross":0.1,"gross":0.30},{"name":"b","quantity":1,"unitGross":1234567890.10}],"declaredTotal":1234567890.40}]';
    const { orders } = await readAll(text);
    expect(orders[0]!.order).toMatchObject({
      externalId: '90071992547409931',
      declaredTotal: '1234567890.40',
      lines: [{ unitGross: '0.1', gross: '0.30' }, { gross: '1234567890.10' }],
    });
    expect(
      (await readAll('[{"externalId":"1","orderedAt":"2026-01-01","currency":"PLN","lines":[{"name":"a","quantity":1,"unitGross":1e3}]}]'))
        .rejected[0]!.finding.code,
    ).toBe('E_AMOUNT');
  });

  test.each([
    ['E_ORDER_ID_MISSING', { externalId: ' ' }],
    ['E_NO_LINES', { lines: [] }],
    ['E_CURRENCY', { currency: 'ZLO' }],
    ['E_DATE', { orderedAt: 'yesterday' }],
    ['E_DATE', { paidAt: '2026-13-01' }],
    ['E_QTY', { lines: [{ name: 'a', quantity: '0', unitGross: '1.00' }] }],
    ['E_QTY', { lines: [{ name: 'a', quantity: 'two', unitGross: '1.00' }] }],
    ['E_AMOUNT', { lines: [{ name: 'a', quantity: '1', unitGross: '1,00' }] }],
    ['E_AMOUNT', { declaredTotal: 'x' }],
    ['E_FIELD', { status: 'perhaps' }],
  ])('%s rejects the record alone, with its line', async (code, more) => {
    const { orders, rejected } = await readAll(
      [order({ externalId: 'A' }), order({ externalId: 'B', ...more }), order({ externalId: 'C' })]
        .map((o) => JSON.stringify(o))
        .join('\n'),
    );
    expect(orders.map((o) => o.order.externalId)).toEqual(['A', 'C']);
    expect(rejected).toHaveLength(1);
    expect(rejected[0]).toMatchObject({ finding: { code }, place: { line: 2 } });
  });

  test('no currency is a hold, not a guess', async () => {
    const { orders } = await readAll(JSON.stringify([order({ currency: undefined })]));
    expect(orders[0]!.order).toMatchObject({ currency: 'XXX', findings: [{ code: 'H_CURRENCY_UNKNOWN' }] });
  });

  test('a file cut anywhere gives its whole orders', async () => {
    const text = JSON.stringify([order({ externalId: 'A' }), order({ externalId: 'B' }), order({ externalId: 'C' })], null, 1);
    const ends = [...text.matchAll(/\n \}/g)].map((m) => m.index + 3);
    for (let cut = 5; cut < text.length - 1; cut += 7) {
      const read = await readAll(text.slice(0, cut));
      expect(read.orders).toHaveLength(ends.filter((at) => at <= cut).length);
      expect(read.broken).toEqual({ line: String(text.slice(0, cut).split('\n').length), n: String(read.orders.length) });
    }
  });

  test('a record without end and brackets without end are refused', async () => {
    expect((await readAll(`[{"externalId":"${'x'.repeat(1_200_000)}`)).refused).toBe('F_TOO_LARGE');
    expect((await readAll('['.repeat(100))).refused).toBe('F_TOO_LARGE');
    expect(
      (await readAll(JSON.stringify([order({ externalId: 'A' }), order({ externalId: 'B' })]), { limits: { orders: 1 } })).refused,
    ).toBe('F_TOO_LARGE');
  });
});

describe('tables', () => {
  test('the model’s own field names, one row a line', async () => {
    const header =
      'externalId;orderedAt;currency;buyer.name;buyer.country;invoiceRequest.requested;invoiceRequest.party.company;invoiceRequest.party.taxId;delivery.gross;payments.method;payments.status;payments.amount;declaredTotal;lines.name;lines.quantity;lines.unitGross;lines.rate';
    const { orders, rejected, findings } = await readAll(
      `${header}\n1;2026-05-04 10:00;PLN;Ewa;PL;tak;Sroka;9997763175;10,00;online;paid;60,00;60,00;Kubek;2;20,00;23\n1;;;;;;;;;;;;;Miska;1;10,00;8%\n2;2026-05-05;EUR;Jan;DE;nie;;;0,00;bank_transfer;pending;;7,50;Dzban;1;7,50;\n`,
    );
    expect(rejected).toEqual([]);
    expect(findings).toEqual([]);
    expect(orders.map((o) => o.order)).toMatchObject([
      {
        externalId: '1',
        orderedAt: '2026-05-04T08:00:00.000Z',
        invoiceRequest: { requested: true, explicit: true, party: { company: 'Sroka', taxIds: [{ scheme: 'PL:NIP' }] } },
        lines: [
          { name: 'Kubek', gross: '40.00', rate: { category: 'S', percent: '23' } },
          { name: 'Miska', rate: { percent: '8' } },
        ],
        payments: [{ method: 'online', status: 'paid', amount: '60.00' }],
      },
      {
        externalId: '2',
        currency: 'EUR',
        buyer: { country: 'DE' },
        lines: [{ rate: undefined }],
        payments: [{ method: 'bank_transfer', status: 'pending' }],
      },
    ]);
  });

  test('a line’s own columns need no prefix; a table without columns of payments holds nothing for its money', async () => {
    const { orders } = await readAll(
      'externalId,orderedAt,currency,name,quantity,unitGross,rate\n1,2026-11-01,PLN,Kubek,2,12.30,23\n2,2026-11-01,PLN,Miska,1,5.00,8\n',
    );
    expect(orders.map((o) => o.order.lines)).toMatchObject([
      [{ name: 'Kubek', gross: '24.60', rate: { percent: '23' } }],
      [{ name: 'Miska', gross: '5.00', rate: { percent: '8' } }],
    ]);
    expect(orders[0]!.order.payments).toEqual([]);
  });

  test('a last row with too few cells is a cut file', async () => {
    const { orders, broken } = await readAll(
      'externalId,orderedAt,currency,line.name,line.quantity,line.unitGross,declaredTotal\n1,2026-01-01,PLN,a,1,2.00,2.00\n2,2026-01-01,PLN,b,1',
    );
    expect(orders.map((o) => o.order.externalId)).toEqual(['1']);
    expect(broken).toEqual({ line: '3', n: '1' });
  });

  test('other names and other XML open the mapping', async () => {
    expect((await readAll('order_no,created_at,product,qty,unit_price\n1,2026-01-01,a,1,2.00\n')).refused).toBe('F_PROFILE_UNKNOWN');
    expect(
      (
        await readAll(
          '<shop><order><id>1</id><date>2026-01-01</date><item><name>a</name><qty>1</qty><price>2.00</price></item></order></shop>',
          { acceptProposal: true },
        )
      ).orders,
    ).toHaveLength(1);
    expect((await readAll('just a sentence')).refused).toBe('F_NOT_XML');
  });
});

describe('layouts nobody has seen', () => {
  /** Read as proposed: what each order is, and whether its total is proven. */
  async function proposed(content: string, options: ReadOptions = {}) {
    let preview: unknown[] = [];
    let paths: { path: string; level: string; field?: string }[] = [];
    let missing: string[] = [];
    for await (const { events } of connector.files!.read(source(content), options)) {
      for (const event of events) {
        if (event.event !== 'unknown-layout') continue;
        preview = event.proposal.preview.map((p) => [p.order?.externalId, p.order?.currency, p.computedTotal, p.totalsAgree]);
        ({ paths, missing } = event.proposal);
      }
    }
    return { preview, missing, fields: Object.fromEntries(paths.filter((p) => p.field).map((p) => [p.path, p.field])) };
  }

  test('a German table', async () => {
    const read = await proposed(
      [
        'Bestellnummer;Bestelldatum;Name;Straße;PLZ;Ort;Land;E-Mail;USt-IdNr.;Artikelnummer;Artikelbezeichnung;Menge;Einzelpreis;Gesamtpreis;Versandkosten;Gesamtbetrag;Zahlungsart;Währung',
        'B-1;20.11.2026 10:00;Max Muster;Hauptstr. 1;10115;Berlin;Deutschland;m@x.example;DE123456789;A1;Lampe;2;19,99;39,98;4,90;49,88;Nachnahme;EUR',
        'B-1;20.11.2026 10:00;Max Muster;Hauptstr. 1;10115;Berlin;Deutschland;m@x.example;DE123456789;A2;Kabel;1;5,00;5,00;4,90;49,88;Nachnahme;EUR',
        'B-2;21.11.2026 10:00;Eva Sommer;Hauptstr. 2;10115;Berlin;Deutschland;e@x.example;;A2;Schrank;1;1.005,00;1.005,00;0,00;1.005,00;Kreditkarte;EUR',
      ].join('\n'),
    );
    expect(read.missing).toEqual([]);
    expect(read.preview).toEqual([
      ['B-1', 'EUR', '49.88', true],
      ['B-2', 'EUR', '1005.00', true],
    ]);
    expect(read.fields).toMatchObject({
      Name: 'buyer.name',
      Straße: 'buyer.street',
      Artikelbezeichnung: 'name',
      'USt-IdNr.': 'buyer.taxId',
    });
  });

  test('a Hungarian table: forints with blanks, dates with points', async () => {
    const read = await proposed(
      [
        'Rendelésszám;Dátum;Vevő neve;Irányítószám;Város;Cím;Adószám;Termék;Mennyiség;Egységár;Összesen;Szállítási költség;Végösszeg;Fizetési mód',
        'R1;2026.11.20. 10:00;Kovács Béla;1011;Budapest;Fő utca 1.;12345676-2-41;Lámpa;2;5 990 Ft;11 980 Ft;990 Ft;12 970 Ft;Bankkártya',
        'R2;2026. 11. 21.;Nagy Éva;1011;Budapest;Fő utca 2.;;Lámpa;1;5990;5990;0;5990;Utánvét',
      ].join('\n'),
      { home: { timeZone: 'Europe/Budapest', currency: 'HUF', country: 'HU' } },
    );
    expect(read.preview).toEqual([
      ['R1', 'HUF', '12970.00', true],
      ['R2', 'HUF', '5990.00', true],
    ]);
  });

  test('a Swedish table, and an English one whose commas part thousands', async () => {
    const swedish = await proposed(
      'Ordernummer,Orderdatum,Kundnamn,Adress,Postnummer,Ort,Land,E-post,Artikelnr,Benämning,Antal,À-pris,Radsumma,Frakt,Totalbelopp,Valuta\nS1,2026-11-20 10:00,Kalle Karlsson,Storgatan 1,111 22,Stockholm,Sverige,k@k.example,A1,Lampa,2,"199,00","398,00","49,00","447,00",SEK',
    );
    expect(swedish.preview).toEqual([['S1', 'SEK', '447.00', true]]);
    const english = await proposed(
      'Order ID,Order Date,Customer Name,Address Line 1,Postcode,Town,Product,Qty,Unit Price,Line Total,Postage,Order Total\n1,2026/11/20,John Ox,1 High St,00-001,Warszawa,Sofa,1,"1,234.00","1,234.00","PLN 10.00","1,244.00"\n2,2026/11/20,John Ox,1 High St,00-001,Warszawa,Sofa,1,"1,234","1,234",0,"1,234"',
    );
    expect(english.preview).toEqual([
      ['1', 'PLN', '1244.00', true],
      ['2', 'PLN', '1234.00', true],
    ]);
  });

  test('what a column holds decides between its meanings: a code of a place or of a thing, a name or a number', async () => {
    const read = await proposed(
      'Nr zam;Data;Klient;Kod;Miasto;Towar;Ilość;Cena brutto (PLN);Razem brutto\n1;20-11-2026;Jan Kowal;00-001;Łódź;Lampa;2;10,00;20,00',
    );
    expect(read.fields).toMatchObject({ Kod: 'buyer.postalCode', 'Cena brutto (PLN)': 'unitGross', 'Razem brutto': 'declaredTotal' });
    const shop = await proposed(
      "Name,Email,Financial Status,Created at,Currency,Shipping,Total,Lineitem quantity,Lineitem name,Lineitem price,Billing Name,Billing Zip\n#1001,a@b.example,paid,2026-11-20 09:58:00 +0100,PLN,12.99,57.97,2,Lampa,19.99,Anna Nowak,'30-001\n#1001,a@b.example,,2026-11-20 09:58:00 +0100,,,,1,Kabel,5.00,,",
    );
    expect(shop.fields).toMatchObject({ Name: 'externalId', 'Lineitem name': 'name', 'Billing Name': 'buyer.name' });
    expect(shop.preview).toEqual([['#1001', 'PLN', '57.97', true]]);
  });

  test('a company and its number belong to the party whose address the file has', async () => {
    const head = 'Nr zam;Data;Klient;Adres;Kod pocztowy;Miasto;Towar;Ilość;Cena;';
    const row = '1;20-11-2026;Jan Kowal;Polna 1;00-001;Łódź;Lampa;2;10,00;';
    const buyers = await proposed(`${head}NIP nabywcy;Nazwa firmy\n${row}9997763175;Kowal s.c.`);
    expect(buyers.fields).toMatchObject({ 'NIP nabywcy': 'buyer.taxId', 'Nazwa firmy': 'buyer.company' });
    const invoices = await proposed(
      `${head}Faktura ulica;Faktura kod;Faktura miasto;NIP;Firma\n${row}Polna 2;00-002;Łódź;9997763175;Kowal s.c.`,
    );
    expect(invoices.fields).toMatchObject({
      'Faktura ulica': 'invoice.street',
      NIP: 'invoice.taxId',
      Firma: 'invoice.company',
      Adres: 'buyer.street',
    });
    const shop = await proposed(
      'Order Number;Date;Billing First Name;Billing Address;Billing City;Item Name;Qty;Item Price\n1;2026-11-20;Jan;Polna 1;Łódź;Lampa;2;10,00',
    );
    expect(shop.fields).toMatchObject({
      'Billing First Name': 'buyer.firstName',
      'Billing Address': 'buyer.street',
      'Billing City': 'buyer.city',
    });
  });

  test('the parts of an address are called the same wherever they stand', async () => {
    const sale = {
      id: 7,
      date_created: '2026-11-20T10:00:00',
      total: '5.00',
      billing: { first_name: 'Jan', address_1: 'Polna 1', postcode: '30-001' },
      line_items: [{ name: 'X', quantity: 1, price: '5.00' }],
    };
    const { fields, preview } = await proposed(JSON.stringify([sale]));
    expect(fields).toMatchObject({
      'billing/first_name': 'buyer.firstName',
      'billing/address_1': 'buyer.street',
      'billing/postcode': 'buyer.postalCode',
    });
    expect(preview).toEqual([['7', 'PLN', '5.00', true]]);
    const table = await proposed(
      'order-id\tpurchase-date\tproduct-name\tquantity-purchased\titem-price\tship-address-1\tship-city\n1\t2026-11-20\tLampa\t2\t5.00\tPolna 1\tŁódź',
    );
    expect(table.fields).toMatchObject({
      'ship-address-1': 'delivery.street',
      'ship-city': 'delivery.city',
      'quantity-purchased': 'quantity',
    });
  });

  const foreign = {
    shop: 'x "y" \\ <z>',
    data: {
      orders: ['J1', 'J2'].map((order_no, i) => ({
        order_no,
        created_at: '2026-11-20T10:00:00Z',
        customer: { first_name: 'Zażółć', last_name: 'Gęś & Syn', address: { street: 'Polna 1', zip: '30-001', city: 'Kraków' } },
        tags: [],
        items: [
          { sku: 'A', name: 'Lampa', qty: 2, price: 19.99 },
          ...(i === 0 ? [{ sku: 'B', name: 'Kabel\n😀', qty: 1, price: '5,00' }] : []),
        ],
        shipping_cost: 12.99,
        total: i === 0 ? 57.97 : 52.97,
      })),
    },
  };

  test.each([
    ['wrapped twice', JSON.stringify(foreign)],
    ['spread out', JSON.stringify(foreign, null, 2)],
    ['an array', JSON.stringify(foreign.data.orders)],
    ['one object a line', foreign.data.orders.map((o) => JSON.stringify(o)).join('\n')],
  ])('JSON of another layout, %s: proposed, proven, saved and read by the saved profile', async (_shape, text) => {
    expect(await proposed(text)).toMatchObject({
      missing: [],
      preview: [
        ['J1', 'PLN', '57.97', true],
        ['J2', 'PLN', '52.97', true],
      ],
    });
    let profile: Profile | undefined;
    for await (const { events } of connector.files!.read(source(text)))
      for (const event of events) if (event.event === 'unknown-layout') profile = event.proposal.profile;
    const read = await readAll(source(text, 7), { profiles: [{ ...profile!, id: 'saved' }] });
    expect(read.findings.filter((code) => code !== 'W_UNKNOWN_FIELD')).toEqual([]);
    expect(read.orders.map(({ order: o }) => [o.externalId, o.buyer.name, o.lines.length])).toEqual([
      ['J1', 'Zażółć Gęś & Syn', 2],
      ['J2', 'Zażółć Gęś & Syn', 1],
    ]);
    for (const { place, order: o } of read.orders) {
      const here = Buffer.from(text).subarray(place.offset).toString().replaceAll(/\s/g, '');
      expect(here.startsWith(`{"order_no":"${o.externalId}"`)).toBe(true);
      expect(
        text
          .split('\n')
          .slice(place.line - 1)
          .join('\n'),
      ).toContain(`"${o.externalId}"`);
    }
  });

  test('foreign JSON that breaks off gives its whole orders and names the place', async () => {
    const text = foreign.data.orders.map((o) => JSON.stringify(o)).join('\n');
    const first = text.indexOf('\n');
    for (let cut = first + 1; cut < text.length - 1; cut += 23) {
      const read = await readAll(text.slice(0, cut), { acceptProposal: true });
      expect(read.orders.map((o) => o.order.externalId)).toEqual(['J1']);
      if (cut > first + 2) expect(read.findings).toContain('F_TRUNCATED');
    }
  });

  test('hostile JSON is refused and costs no memory', async () => {
    for (const text of [
      '['.repeat(200_000),
      '{"a":'.repeat(100_000),
      '{"order_no":"1","x":"'.padEnd(3_000_000, 'x'),
      '{"a" "b"}',
      '{"order_no":1,}',
    ])
      expect((await readAll(text, { acceptProposal: true })).orders).toEqual([]);
  });

  test('one order that is the whole file', async () => {
    const text =
      '<zamowienie><numer>A1</numer><data>2026-11-20</data><klient><nazwa>Jan K</nazwa></klient><pozycja><nazwa>X</nazwa><ilosc>1</ilosc><cena>5,00</cena></pozycja><razem>5,00</razem></zamowienie>';
    expect((await proposed(text)).preview).toEqual([['A1', 'PLN', '5.00', true]]);
  });

  test('a saved table is known again when columns it does not read are gone, added or moved', async () => {
    const first = 'nr;data;towar;ilosc;cena;kolor\n1;2026-11-18;Kubek;1;10,00;biały';
    let profile: Profile | undefined;
    for await (const { events } of connector.files!.read(source(first)))
      for (const event of events) if (event.event === 'unknown-layout') profile = event.proposal.profile;
    const read = await readAll('cena;nr;data;nowa;towar;ilosc\n10,00;2;2026-11-18;x;Kubek;3', { profiles: [profile!] });
    expect(read.orders.map((o) => o.order.lines[0]!.gross)).toEqual(['30.00']);
  });
});

describe('bytes', () => {
  const table = 'Nr zam|Data|Klient|Towar|Ilość|Cena\n1|2026-11-18|Żółć|Kubek|1|10,00\n2|2026-11-18|Łoś|Kubek|2|10,00\n';
  const wide = Buffer.from(table, 'utf16le');
  test.each([
    ['lines that end with a carriage return', Buffer.from(table.replaceAll('\n', '\r'))],
    ['UTF-16 without a mark', wide],
    ['UTF-16 of the other order without a mark', Buffer.from(wide).swap16()],
    ['tabs', Buffer.from(table.replaceAll('|', '\t'))],
  ])('%s', async (_what, bytes) => {
    for (const chunk of [64 * 1024, 3]) {
      const read = await readAll(source(bytes, chunk), { acceptProposal: true });
      expect(read.orders.map((o) => [o.order.buyer.name, o.order.lines[0]!.gross])).toEqual([
        ['Żółć', '10.00'],
        ['Łoś', '20.00'],
      ]);
    }
  });

  test('a DOCTYPE in UTF-16 without a mark is seen, however the bytes come', async () => {
    const text = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>';
    for (const bytes of [Buffer.from(text, 'utf16le'), Buffer.from(text, 'utf16le').swap16()])
      for (const chunk of [1, 1000]) expect((await readAll(source(bytes, chunk))).refused).toBe('F_DTD');
  });

  test('a picture and a packed file are no order files, an old workbook is told as one', async () => {
    const noise = Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * 7919 + (i >> 3)) % 256));
    const refused = async (start: string) => (await readAll(source(Buffer.concat([Buffer.from(start, 'hex'), noise])))).refused;
    for (const start of ['ffd8ffe000104a464946', '89504e470d0a1a0a', '1f8b0800']) expect(await refused(start)).toBe('F_NOT_XML');
    expect(await refused('d0cf11e0a1b11ae1')).toBe('F_SPREADSHEET');
  });

  test('a sum with three decimals is a thousand or a slip: it is refused, not guessed', async () => {
    const read = await readAll('nr;data;towar;ilosc;cena;razem\n1;2026-11-18;Kubek;1;1234,00;1,234\n2;2026-11-18;Kubek;3;0,333;1,00', {
      acceptProposal: true,
    });
    expect(read.rejected.map((r) => [r.externalId, r.finding.code, r.finding.where])).toEqual([['1', 'E_AMOUNT', 'declaredTotal']]);
    expect(read.orders.map((o) => o.order.lines[0]!.gross)).toEqual(['1.00']);
  });
});

describe('files as they come out of spreadsheets and office programs', () => {
  const table = 'Numer zamówienia;Data;Nazwa towaru;Ilość;Cena brutto\n1001;2026-11-20;Kubek;2;19,90\n1002;2026-11-21;Talerz;1;25,00\n';
  test.each([
    ['one cell', 'Raport, listopad\n', 2],
    ['the width of the table', 'Raport;;;;\n;;;;\n', 3],
    ['two cells and an empty line', 'Sklep: Wzorcowa;Okres: 11/2026\n\n', 3],
  ])('a title above the names of the columns: %s', async (_, title, line) => {
    const { orders, findings, params } = await readAll(title + table, { acceptProposal: true });
    expect(orders.map(({ order: { externalId }, place }) => [externalId, place.line])).toEqual([
      ['1001', line + 1],
      ['1002', line + 2],
    ]);
    expect(findings).toEqual(['W_ROWS_ABOVE']);
    expect(params[0]).toMatchObject({ line: String(line), text: expect.stringMatching(/Raport|Sklep/) });
  });

  test('names of columns that a spreadsheet broke in two are one name', async () => {
    const file = table.replace('Numer zamówienia', '"Numer\nzamówienia"').replace('Cena brutto', '"Cena\r\nbrutto"');
    expect((await readAll(file, { acceptProposal: true })).orders.map((o) => o.order.lines[0]!.gross)).toEqual(['39.80', '25.00']);
  });

  const dated = (...days: string[]) =>
    `Order ID,Order date,Product name,Quantity,Unit price\n${days.map((day, i) => `A-${i},${day},Mug,1,5.00\n`).join('')}`;
  test.each([
    [
      'one date that can be only American settles all, and it is said',
      ['11/03/2026', '11/20/2026 3:05 PM'],
      ['2026-11-02T23', '2026-11-20T14'],
      ['W_DATES_SLASHED'],
    ],
    ['one date that can be only European settles all', ['03/11/2026', '20/11/2026'], ['2026-11-02T23', '2026-11-19T23'], []],
    [
      'nothing settles it: read as the day first, and said',
      ['03/11/2026', '04/11/2026'],
      ['2026-11-02T23', '2026-11-03T23'],
      ['W_DATES_SLASHED'],
    ],
  ])('dates with slashes: %s', async (_, days, expected, said) => {
    const read = await readAll(dated(...days), { acceptProposal: true });
    expect(read.orders.map((o) => o.order.orderedAt.slice(0, 13))).toEqual(expected);
    expect(read.findings).toEqual(said);
  });

  test('only dates tell the order of day and month: what stands in names and numbers proves nothing', async () => {
    const named = dated('05/11/2026', '06/11/2026').replaceAll('Mug', 'Bilet koncert 11/28/2026').replace('A-0', '13/11/2026');
    for (const file of [named, named.replaceAll('Bilet koncert ', '"Bilet, "').replaceAll('""', '')]) {
      const read = await readAll(file.replace(/"Bilet, 11\/28\/2026/g, '"Bilet, 11/28/2026"'), { acceptProposal: true });
      expect(read.orders.map((o) => o.order.orderedAt.slice(0, 10))).toEqual(['2026-11-04', '2026-11-05']);
      expect(read.findings).toEqual(['W_DATES_SLASHED']);
    }
    const american = await readAll(dated('11/20/2026', '11/03/2026').replace('A-0', '13/11/2026'), { acceptProposal: true });
    expect(american.orders.map((o) => o.order.orderedAt.slice(0, 10))).toEqual(['2026-11-19', '2026-11-02']);
  });

  test('in XML too only the fields of dates count', async () => {
    const xml = `<orders>${['05/11/2026', '06/11/2026'].map((day, i) => `<order><order-id>N${i}</order-id><order-date>${day}</order-date><items><item><name>Bilet 11/28/2026</name><quantity>1</quantity><price>5.00</price></item></items></order>`).join('')}</orders>`;
    const read = await readAll(xml, { acceptProposal: true });
    expect(read.orders.map((o) => o.order.orderedAt.slice(0, 10))).toEqual(['2026-11-04', '2026-11-05']);
    expect(read.findings).toContain('W_DATES_SLASHED');
  });

  test('the evidence may stand anywhere in the file, and across two chunks', async () => {
    const file = dated(...Array.from({ length: 300 }, () => '11/03/2026'), '11/20/2026');
    for (const chunkBytes of [64 * 1024, 7]) {
      const { orders } = await readAll(source(file, chunkBytes), { acceptProposal: true });
      expect(orders[0]!.order.orderedAt).toBe('2026-11-02T23:00:00.000Z');
    }
  });

  test('an order number without end is shown as far as it tells something', async () => {
    const { rejected } = await readAll(table.replace('1001', 'A'.repeat(100_000)), { acceptProposal: true });
    expect(rejected).toMatchObject([{ finding: { code: 'E_ORDER_ID_MISSING' }, externalId: 'A'.repeat(200), place: { line: 2 } }]);
  });

  test('rich text is an office document, a letter is no table', async () => {
    expect((await readAll('{\\rtf1\\ansi a; b}')).refused).toBe('F_SPREADSHEET');
    expect((await readAll('Dzień dobry,\nproszę o fakturę.\n')).refused).toBe('F_NOT_XML');
  });
});
