import { describe, expect, test } from 'vitest';
import type { FileEvent, FileSource, ReadOptions } from '../../src/contract/order-file.ts';
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
  let refused: string | undefined;
  let broken: Record<string, string> | undefined;
  for await (const { events } of connector.files!.read(typeof content === 'string' ? source(content) : content, options)) {
    for (const event of events) {
      if (event.event === 'order') orders.push(event);
      else if (event.event === 'rejected') rejected.push(event);
      else if (event.event === 'finding') {
        findings.push(event.finding.code);
        if (event.finding.code === 'F_TRUNCATED') broken = event.finding.params;
      } else if (event.event === 'end') refused = event.refused?.code;
    }
  }
  return { orders, rejected, findings, refused, broken };
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
