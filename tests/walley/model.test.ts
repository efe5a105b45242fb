import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sent, sampleOrder, soapMessage } from '../../connectors/walley/simulator/sample-requests.ts';
import { startWalleySimulator, testBuyers, type WalleySimulator } from '../../connectors/walley/simulator.ts';
import { at, readXml, textAt } from '../../src/contract/wire/read-xml.ts';
import { addDays } from '../../src/domain/days/day.ts';
import { LedgerModel, type Line, type ModelPart, type ModelRow, type Verb, type Verdict } from './model.ts';
import { orderShares, soapShares, verbOf, type Wish } from './model-verbs.ts';

/**
 * Promise: whatever verbs come in whatever order, over whichever engine, the simulator's ledger is the one counted piece by piece: numbers,
 * rows, totals, VAT, due dates, states and refusals. `FAKTURIST_WALLEY_VERBS=10000` makes the sequences together that long.
 */
const verbsWanted = Number(process.env.FAKTURIST_WALLEY_VERBS ?? 600);
const verbsInSequence = 20;
const firstNumber = 62_396_700;
const stores: Record<string, { dueDays: number }> = { '1234': { dueDays: 14 }, '355': { dueDays: 180 } };

let sim: WalleySimulator;
beforeAll(async () => {
  sim = await startWalleySimulator();
});
afterAll(() => sim.close());

// biome-ignore lint/suspicious/noExplicitAny: answers are checked against the model.
type Json = any;

async function control(method: string, path: string, body?: object): Promise<Json> {
  const response = await fetch(`${sim.url}/__sim/${path}`, { method, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}

async function soap(service: string, operation: string, sent: Sent): Promise<Verdict> {
  const response = await fetch(sim.soapUrl(service), {
    method: 'POST',
    headers: { 'content-type': 'text/xml; charset=utf-8' },
    body: soapMessage(service, operation, sent),
  });
  const body = at(readXml(await response.text()), 'Body')!.children[0];
  if (response.status !== 200) return { done: false, code: textAt(body, 'faultcode')!.replace('s:', '') };
  const newNumber = textAt(body, operation === 'AddInvoice' ? 'InvoiceNo' : 'NewInvoiceNo');
  return { done: true, ...(newNumber ? { newNumber } : {}) };
}

let bearer = '';
async function rest(method: string, path: string, body?: object): Promise<Response> {
  return fetch(sim.apiUrl + path, {
    method,
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

async function orderAction(number: string, action: string, body?: object): Promise<Verdict> {
  const { orderId } = await control('GET', `invoices/${number}`);
  let response = await rest('POST', `/manage/orders/${orderId}/${action}`, body);
  if (response.status === 201) response = await rest('GET', response.headers.get('location')!);
  return response.ok ? { done: true } : { done: false, code: ((await response.json()) as Json).error.code };
}

const buyers = { approved: '1602079954', 'on-hold': outcome('ONHOLD_THEN_PENDING'), signing: outcome('SIGNING') };
function outcome(wanted: string): string {
  return Object.entries(testBuyers).find(([, value]) => value === wanted)![0];
}

const soapRows = (rows: ModelRow[]): Sent[] =>
  rows.map((row) => ({
    ArticleId: row.articleId,
    Description: row.description,
    Quantity: row.quantity,
    UnitPrice: row.unitPrice,
    VAT: row.vat,
  }));
const soapLines = (lines: Line[]): Sent[] =>
  lines.map((line) => ({ ArticleId: line.articleId, Description: line.description, Quantity: line.quantity, UnitPrice: line.unitPrice }));
const items = (rows: (Line & { vat?: string })[]) => rows.map(({ articleId, ...row }) => ({ id: articleId, ...row }));
const sumOf = (rows: ModelRow[]) =>
  (rows.reduce((sum, row) => sum + row.quantity * Math.round(Number(row.unitPrice) * 100), 0) / 100).toFixed(2);

/** The verb over the wire; the version of the service changes from call to call. */
async function play(verb: Verb, storeOf: Map<string, string>, turn: number): Promise<Verdict> {
  const service = ['InvoiceServiceV31', 'InvoiceServiceV33'][turn % 2]!;
  const base = (number: string): Sent => ({ CountryCode: 'SE', InvoiceNo: number, StoreId: Number(storeOf.get(number)) });
  switch (verb.verb) {
    case 'add':
      return soap(verb.secondGeneration ? 'PaymentServiceV10' : service, 'AddInvoice', {
        ...sampleOrder,
        ActivationOption: verb.activate ? 1 : 0,
        InvoiceRows: soapRows(verb.rows),
        RegNo: buyers[verb.buyer],
        StoreId: Number(verb.store),
      });
    case 'wait':
      await control('POST', 'clock/advance', { days: verb.days });
      return { done: true };
    case 'decide':
      await control('POST', `invoices/${verb.number}/status`, { status: verb.approve ? 1 : 5 });
      return { done: true };
    case 'activate':
      return soap(service, 'ActivateInvoice', base(verb.number));
    case 'part-activate':
      return soap(service, 'PartActivateInvoice', { ...base(verb.number), ArticleList: soapLines(verb.lines) });
    case 'cancel':
      return soap(service, 'CancelInvoice', base(verb.number));
    case 'replace':
      return soap(verb.secondGeneration ? 'PaymentServiceV10' : service, 'ReplaceInvoice', {
        ...base(verb.number),
        InvoiceRows: soapRows(verb.rows),
      });
    case 'send':
      return soap(service, 'SendInvoice', { ...base(verb.number), InvoiceDeliveryMethod: 1 });
    case 'extend':
      return soap('PaymentServiceV10', 'ExtendDueDate', base(verb.number));
    case 'credit':
      return soap(service, 'CreditInvoice', { ...base(verb.number), CreditDate: '2026-03-02' });
    case 'part-credit':
      return soap(service, 'PartCreditInvoice', { ...base(verb.number), CreditDate: '2026-03-02', ArticleList: soapLines(verb.lines) });
    case 'adjust':
      return soap('InvoiceServiceV31', 'AdjustInvoice', {
        ...base(verb.number),
        Amount: verb.amount,
        ArticleId: 'ADJUST',
        Description: 'Justering',
        Vat: verb.vat,
      });
    case 'order-capture':
    case 'order-refund':
      return orderAction(verb.number, verb.verb.slice(6), {
        amount: Number(verb.amount),
        ...(verb.lines ? { items: items(verb.lines) } : {}),
      });
    case 'order-reauthorize':
      return orderAction(verb.number, 'reauthorize', { amount: Number(sumOf(verb.rows)), items: items(verb.rows) });
    case 'order-cancel':
    case 'order-extend':
      return orderAction(verb.number, verb.verb.slice(6));
  }
}

/** The simulator's view in the model's words. */
const seen = (invoice: Json) => ({
  number: invoice.invoiceNo,
  aliases: invoice.aliases,
  state: invoice.state,
  rows: invoice.rows.map(({ articleId, description, quantity, unitPrice, vat, credited }: Json) => ({
    articleId,
    description,
    quantity,
    unitPrice,
    vat,
    credited,
  })),
  total: invoice.total,
  credited: invoice.creditedTotal,
  adjusted: invoice.adjustedTotal,
  dueDate: invoice.dueDate?.slice(0, 10) ?? null,
  expiresOn: invoice.expiresAt.slice(0, 10),
  extended: invoice.extended,
  parent: invoice.parent,
  children: invoice.children,
});
const counted = ({ remaining, lowest, vat, ...part }: ModelPart) => part;

async function run(wishes: Wish[], shares: object): Promise<number> {
  await control('POST', 'reset', {});
  await control('PUT', 'config', { callbackDelayMs: 1e12, tokenLifeSeconds: 1e9 });
  const { clientId, clientSecret, scope } = sim.credentials;
  const form = new URLSearchParams({ client_id: clientId, client_secret: clientSecret, grant_type: 'client_credentials', scope });
  bearer = ((await (await fetch(`${sim.apiUrl}/oauth2/v2.0/token`, { method: 'POST', body: form })).json()) as Json).access_token;
  const model = new LedgerModel({ today: '2026-03-02', firstNumber, stores });
  const storeOf = new Map<string, string>();
  const story: string[] = [];
  for (const [turn, wish] of wishes.entries()) {
    const verb = verbOf(model, wish, Object.keys(stores), shares);
    const expected = model.apply(verb);
    const verdict = await play(verb, storeOf, turn);
    story.push(`${JSON.stringify(verb)} → ${JSON.stringify(expected)}`);
    if (verb.verb === 'add' && expected.done) storeOf.set(expected.newNumber!, verb.store);
    for (const part of model.parts()) {
      for (const number of [part.number, ...part.aliases]) {
        if (!storeOf.has(number)) storeOf.set(number, storeOf.get(part.parent ?? part.number)!);
      }
    }
    // The management API does not tell the number of the remainder.
    const told = verb.verb.startsWith('order-') && expected.done ? { done: true } : expected;
    expect(verdict, story.join('\n')).toEqual(told);
    const { invoices } = await control('GET', 'state');
    expect(invoices.map(seen), story.join('\n')).toEqual(model.parts().map(counted));
    for (const invoice of invoices) expect(invoice.orderStatus).toBe(model.orderStatus(invoice.invoiceNo));
  }
  // What a client reads back over each engine: money owed, its VAT, and the date.
  for (const part of model.parts().slice(0, 4)) {
    const { orderId } = await control('GET', `invoices/${part.number}`);
    const order = ((await (await rest('GET', `/manage/orders/${orderId}`)).json()) as Json).data;
    const invoice = order.invoices.find((one: Json) => one.invoiceNumber === part.number);
    const issued = part.state === 'Activated' || part.state === 'Credited';
    expect([invoice.amount, invoice.remainingAmount, invoice.dueDate]).toEqual([
      Number(part.total),
      Number(issued ? part.remaining : part.total),
      part.dueDate,
    ]);
    if (!issued) continue;
    const pdf = Buffer.from(await (await fetch(invoice.pdfUrl)).arrayBuffer()).toString('latin1');
    expect(pdf).toContain(`Att betala: ${part.remaining} SEK`);
    for (const { rate, vat } of part.vat) expect(pdf, story.join('\n')).toContain(`Varav moms ${rate} %: ${vat} SEK`);
  }
  return wishes.length;
}

describe('simulator and model', () => {
  const wish = fc.tuple(fc.nat(), fc.nat(999), fc.nat(99_999), fc.nat(999), fc.nat(99_999));
  const runs = Math.ceil(verbsWanted / 2 / verbsInSequence);
  it.each([
    ['the SOAP services', soapShares],
    ['both engines', { ...soapShares, ...orderShares }],
  ])('agree over %s', { timeout: 600_000 }, async (_, shares) => {
    await fc.assert(
      fc.asyncProperty(fc.array(wish, { minLength: 1, maxLength: 2 * verbsInSequence, size: 'max' }), async (wishes) => {
        await run(wishes as Wish[], shares);
      }),
      { numRuns: runs },
    );
  });
});

describe('the model by itself', () => {
  const rows: ModelRow[] = [
    { articleId: 'A', description: 'Bok', quantity: 3, unitPrice: '33.33', vat: '6.00' },
    { articleId: 'B', description: 'Lampa', quantity: 1, unitPrice: '100.01', vat: '25.00' },
    { articleId: 'R', description: 'Öresavrundning', quantity: 1, unitPrice: '0.01', vat: '0.00' },
  ];
  const line = (i: number, quantity: number): Line => ({ ...rows[i]!, quantity });

  /** Worked by hand. */
  it('follows a sale of three books and a lamp to the öre', () => {
    const model = new LedgerModel({ today: '2026-03-02', firstNumber: 1, stores });
    model.apply({ verb: 'add', store: '1234', buyer: 'approved', rows, activate: false });
    expect(model.part('1')).toMatchObject({
      total: '200.01',
      expiresOn: '2026-05-31',
      vat: [
        { rate: '25.00', gross: '100.01', vat: '20.00' },
        { rate: '6.00', gross: '99.99', vat: '5.66' },
        { rate: '0.00', gross: '0.01', vat: '0.00' },
      ],
    });
    expect(model.apply({ verb: 'part-activate', number: '1', lines: [line(0, 2)] })).toEqual({ done: true, newNumber: '2' });
    expect([model.part('1').total, model.part('2').total, model.orderStatus('1')]).toEqual(['66.66', '133.35', 'PartActivated']);
    model.apply({ verb: 'wait', days: 10 });
    model.apply({ verb: 'extend', number: '1' });
    model.apply({ verb: 'part-credit', number: '1', lines: [line(0, 1)] });
    expect(model.apply({ verb: 'send', number: '1' })).toEqual({ done: true, newNumber: '3' });
    expect(model.part('3')).toMatchObject({
      remaining: '33.33',
      dueDate: '2026-03-26',
      lowest: '33.33',
      vat: [{ gross: '33.33', vat: '1.89' }],
    });
    expect(model.apply({ verb: 'part-credit', number: '3', lines: [line(0, 2)] })).toEqual({ done: false, code: 'INVALID_QUANTITY' });
    model.apply({ verb: 'credit', number: '3' });
    expect(model.part('1')).toMatchObject({ state: 'Credited', credited: '66.66', vat: [] });
    model.apply({ verb: 'wait', days: 80 });
    expect([model.today, model.part('2').state]).toEqual([addDays('2026-03-02', 90), 'Expired']);
  });

  it('any list of numbers is a sequence that keeps every piece', () => {
    const wish = fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat(), fc.nat());
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 30 }), (wishes) => {
        const model = new LedgerModel({ today: '2026-03-02', firstNumber: 1, stores });
        for (const each of wishes) {
          const before = JSON.stringify(model.parts());
          const verdict = model.apply(verbOf(model, each as Wish, Object.keys(stores), { ...soapShares, ...orderShares }));
          if (!verdict.done) expect(JSON.stringify(model.parts())).toBe(before);
          for (const part of model.parts()) {
            const cents = (text: string) => Math.round(Number(text) * 100);
            expect(cents(part.total) + cents(part.adjusted) - cents(part.credited)).toBe(
              part.state === 'Activated' || part.state === 'Credited' ? cents(part.remaining) : cents(part.total),
            );
            expect(part.vat.reduce((sum, { gross }) => sum + cents(gross), 0)).toBe(cents(part.remaining));
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
