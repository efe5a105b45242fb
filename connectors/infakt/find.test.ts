import { describe, expect, test } from 'vitest';
import type { TransferRequest } from '../../src/contract/connector.ts';
import { sampleContent } from '../../src/testkit/documents.ts';
import { pay } from './after.ts';
import { openClient, type Reply } from './client.ts';
import type { Desk } from './desk.ts';
import { find } from './find.ts';
import { settingsOf } from './settings.ts';

/**
 * The promise: a document that is there is found, however its list is cut into pages and whatever is made or deleted while it is read. One that
 * is overlooked would be made a second time.
 */
const request: TransferRequest = {
  reference: 'fk:0001',
  kind: 'invoice',
  content: sampleContent({ currency: 'PLN', lines: [{ name: 'Kubek', quantity: '1', unitPrice: '10.00', percent: '23' }] }),
  issueDate: '2026-11-20',
  settings: {},
};

type Row = { uuid: string; number: string; kind: 'vat'; currency: string; gross_price: number; transaction_terms: object };
const row = (n: number, mark = `fk:other-${n}`): Row => ({
  uuid: `u-${n}`,
  number: `${n}/11/2026`,
  kind: 'vat',
  currency: 'PLN',
  gross_price: 1000,
  transaction_terms: { orders: [{ number: mark }] },
});
const rows = (n: number, ours: number) => Array.from({ length: n }, (_, i) => row(i, i === ours ? request.reference : undefined));

/** A list of theirs; `between` changes it after each page, `most` is the largest page that is given out. */
function deskOf(
  held: Row[],
  { between = () => {}, most = 100, total = true }: { between?: () => void; most?: number; total?: boolean } = {},
) {
  let asked = 0;
  const call = async (_method: string, _path: string, options?: { query?: Record<string, string> }): Promise<Reply> => {
    if (++asked > 50) throw new Error('asked for ever');
    const offset = Number(options?.query?.offset ?? 0);
    const entities = held.slice(offset, offset + Math.min(most, Number(options?.query?.limit ?? 10)));
    const json = { ...(total && { metainfo: { count: 10, total_count: held.length } }), entities };
    between();
    return { verdict: 'done', status: 200, json, bytes: new Uint8Array() };
  };
  return {
    client: { call, keyMark: 'k' },
    settings: () => settingsOf({}),
    today: () => '2026-11-20',
    facts: () => ({}),
  } as unknown as Desk;
}

const found = async (desk: Desk) => {
  const answer = await find(desk, request);
  return answer.found === 'present' ? answer.made.number : answer.found;
};

describe('pages of a list', () => {
  test('wherever the edges fall', async () => {
    for (const ours of [0, 99, 100, 199, 200, 249]) expect(await found(deskOf(rows(250, ours)))).toBe(`${ours}/11/2026`);
    expect(await found(deskOf(rows(250, -1)))).toBe('absent');
  });

  test('smaller than was asked for, or without a count', async () => {
    for (const ours of [49, 60, 99, 130]) expect(await found(deskOf(rows(140, ours), { most: 50 }))).toBe(`${ours}/11/2026`);
    for (const ours of [99, 100, 139]) expect(await found(deskOf(rows(140, ours), { total: false }))).toBe(`${ours}/11/2026`);
  });

  test('a document that is made meanwhile pushes ours onto the next page: it is still one', async () => {
    const held = rows(150, 99);
    let made = 0;
    expect(await found(deskOf(held, { between: () => void (made++ < 1 && held.unshift(row(1000))) }))).toBe('99/11/2026');
  });

  test('one that is deleted meanwhile pulls ours over the edge: it is looked for again', async () => {
    const held = rows(150, 100);
    let deleted = 0;
    expect(await found(deskOf(held, { between: () => void (deleted++ < 1 && held.shift()) }))).toBe('100/11/2026');
  });

  test('a first page that comes whichever was asked for proves no absence', async () => {
    const held = rows(250, 150);
    const { client, ...desk } = deskOf(held);
    const call: typeof client.call = (method, path, options) =>
      client.call(method, path, { ...options, query: { ...options?.query, offset: '0' } });
    expect(await found({ ...desk, client: { ...client, call } } as Desk)).toBe('unclear');
  });

  test('a list that never holds still proves no absence', async () => {
    const held = rows(2000, -1);
    expect(await found(deskOf(held, { between: () => void held.shift() }))).toBe('unclear');
  });
});

test('a list that leaves out marks, amounts or currencies, or whose rounding differs by a grosz, overlooks nothing', async () => {
  const whole = { ...row(7, request.reference), invoice_date: '2026-11-20' };
  const listing = async (short: object, full: object = whole) => {
    const call = async (_method: string, path: string): Promise<Reply> => {
      const json = /u-7/.test(path) ? full : { entities: [{ uuid: 'u-7', number: '7/11/2026', kind: 'vat', ...short }] };
      return { verdict: 'done', status: 200, json, bytes: new Uint8Array() };
    };
    return found({ ...deskOf([]), client: { call, keyMark: 'k' } } as unknown as Desk);
  };
  expect(await listing({ gross_price: 1000, currency: 'PLN' })).toBe('7/11/2026');
  expect(await listing({})).toBe('7/11/2026');
  expect(await listing({ gross_price: 'ten', currency: 'PLN' })).toBe('7/11/2026');
  // Ours by its mark, and not what was asked for: a person looks at it, and none is made a second time.
  expect(await listing({ gross_price: 1001, currency: 'PLN' }, { ...whole, gross_price: 1001 })).toBe('unclear');
  expect(await listing({ gross_price: 5000, currency: 'PLN' })).toBe('absent');
});

test('a payment of a part is not told as one of the whole', async () => {
  const said: unknown[] = [];
  const call = async (method: string, _path: string, options?: { body?: unknown }): Promise<Reply> => {
    if (method === 'POST') said.push(options?.body);
    return { verdict: 'done', status: 200, json: { ...row(1), invoice_date: '2026-11-20' }, bytes: new Uint8Array() };
  };
  const desk = { ...deskOf([]), client: { call, keyMark: 'k' } } as unknown as Desk;
  const half = [{ day: '2026-11-21', amount: '4.99' }];
  expect(await pay(desk, 'invoices/u-1', half)).toMatchObject({
    outcome: 'rejected',
    cause: { code: 'infakt.pay_part', params: { paid: '4.99 PLN', gross: '10.00 PLN' } },
  });
  expect(said).toEqual([]);
  expect(await pay(desk, 'invoices/u-1', [...half, { day: '2026-11-20', amount: '5.01' }])).toMatchObject({ outcome: 'accepted' });
  expect(said).toEqual([{ paid_date: '2026-11-21' }]);
});

describe('what the wire makes of an answer', () => {
  const verdict = async (status: number, type: string, body: string) => {
    const client = openClient({
      baseUrl: 'https://api.example',
      secrets: {},
      now: () => new Date('2026-11-20T10:00:00Z'),
      fetch: async () => new Response(status === 204 ? null : body, { status, headers: { 'content-type': type } }),
    });
    const reply = await client.call('POST', '/async/invoices.json', { body: {} });
    return reply.verdict === 'refused' ? reply.faults.map((fault) => fault.text) : reply.verdict;
  };

  test('errors of the API are a refusal under whatever name they come; a page of somebody in between is not', async () => {
    const errors = '{"errors":{"client_post_code":["jest nieprawidłowy"]}}';
    for (const type of ['application/json', 'text/plain', 'text/html; charset=utf-8', ''])
      expect(await verdict(422, type, errors), type).toEqual(['jest nieprawidłowy']);
    for (const [status, body] of [
      [422, '<html>Unprocessable</html>'],
      [400, '{"message":"no route"}'],
      [408, errors],
      [302, ''],
      [500, errors],
      [200, '<html>maintenance</html>'],
      [200, '"ok"'],
    ] as const)
      expect(await verdict(status, 'text/html', body), `${status} ${body}`).toBe('unclear');
    expect(await verdict(204, '', '')).toBe('done');
  });
});
