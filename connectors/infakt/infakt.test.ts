import { createHmac } from 'node:crypto';
import { describe } from 'vitest';
import type { RawCall } from '../../src/contract/connector.ts';
import { connectorSuite, type WriteFault } from '../../src/contract/suite.ts';
import type { DocumentContent } from '../../src/domain/documents/document.ts';
import { prepaymentInvoice } from '../../src/domain/documents/index.ts';
import { sampleContent, sampleCorrection } from '../../src/testkit/documents.ts';
import { connector } from './connector.ts';
import { startInfaktSimulator } from './simulator.ts';

/** The promise: the shared words of every connector, held by inFakt on its simulator. */
const faults: Record<WriteFault, object> = {
  'lost-before': { on: '*', mode: 'drop-before', times: 1 },
  'lost-after': { on: '*', mode: 'drop-after', times: 1 },
  down: { on: '*', mode: 'down', times: 1 },
  page: { on: '*', mode: 'html500', times: 1 },
  refused: { on: 'create', mode: 'refused', times: 1 },
};

const polishBuyer: DocumentContent['buyer'] = {
  type: 'person',
  firstName: 'Agnieszka',
  lastName: 'Borowik',
  taxIds: [],
  street: 'Lipowa 3/7',
  postalCode: '20-020',
  city: 'Lublin',
  country: 'PL',
  email: 'agnieszka@example.org',
};

const polishContent = (over: Parameters<typeof sampleContent>[0] = {}): DocumentContent =>
  sampleContent({
    language: 'pl',
    currency: 'PLN',
    seller: { name: 'Sklep Sp. z o.o.', taxIds: [{ scheme: 'PL:NIP', value: '9997763175' }], country: 'PL' },
    buyer: polishBuyer,
    payment: { means: 'card', paidAt: '2026-11-20T09:13:02Z', paid: '0' },
    lines: [
      { name: 'Plecak miejski 20 l', quantity: '1', unitPrice: '189.00', percent: '23', unit: 'szt.' },
      { name: 'Książka', quantity: '3', unitPrice: '33.33', percent: '5', unit: 'szt.' },
    ],
    order: { externalId: 'FK-1', channel: 'test' },
    ...over,
  });

const company: DocumentContent['buyer'] = {
  type: 'company',
  company: 'Zielona Półka Sp. z o.o.',
  taxIds: [{ scheme: 'PL:NIP', value: '1234563218' }],
  street: 'Ogrodowa 12/4',
  postalCode: '61-821',
  city: 'Poznań',
  country: 'PL',
};

const secret = 'test-webhook-secret';
const notice = (id: string, at: Date, headers?: Record<string, string>): RawCall => {
  const body = JSON.stringify({
    event: { uuid: id, name: 'async_invoice_creation_success', retry_counter: 0, created_at: '2026-11-20T09:00:00Z' },
    resource: { invoice_task_reference_number: 'b0a0a1f2-7b53-4a86-9f1b-1d0e7d5b3c44', processing_code: 201 },
  });
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  return {
    headers: headers ?? { 'x-infakt-signature': signature },
    body: new TextEncoder().encode(body),
    query: {},
    receivedAt: at,
  };
};

describe('the shared suite', () => {
  connectorSuite({
    connector,
    async start() {
      const sim = await startInfaktSimulator();
      const control = async (method: string, path: string, body?: object) =>
        (await fetch(`${sim.url}/__sim/${path}`, { method, ...(body && { body: JSON.stringify(body) }) })).json();
      return {
        baseUrl: sim.apiUrl,
        secrets: { apiKey: sim.key, webhookSecret: secret },
        now: () => new Date('2026-11-20T09:30:00Z'),
        pass: async (ms) => void (await control('POST', 'clock', { seconds: Math.ceil(ms / 1000) })),
        close: () => sim.close(),
        async documents() {
          const documents = (await control('GET', 'documents')) as {
            number: string;
            gross: number;
            currency: string;
            orders: string[];
            notes: string;
          }[];
          return documents.map((d) => ({
            number: d.number,
            gross: (d.gross / 100).toFixed(2),
            currency: d.currency,
            // OSS documents have no terms of the transaction: the mark stands in their notes.
            reference: [...d.orders, ...d.notes.split('\n')].find((o) => o.startsWith('suite:')),
            reversed: false,
          }));
        },
        async fault(fault) {
          await control('POST', 'faults', faults[fault]);
        },
      };
    },
    requests: () => [
      { kind: 'invoice', content: polishContent() },
      { kind: 'invoice', content: polishContent({ buyer: company, order: { externalId: 'FK-2', channel: 'test' } }) },
      {
        kind: 'invoice',
        content: polishContent({
          order: { externalId: 'FK-3', channel: 'test' },
          currency: 'EUR',
          lines: [
            { name: 'Warsztat', quantity: '4', unitPrice: '12.50', percent: '23', unit: 'szt.' },
            { name: 'Rabat', kind: 'discount', quantity: '1', unitPrice: '-7.77', percent: '23', unit: 'szt.' },
          ],
        }),
      },
      { kind: 'proforma', content: polishContent({ kind: 'proforma', order: { externalId: 'FK-4', channel: 'test' } }) },
      {
        kind: 'invoice',
        content: {
          ...polishContent({
            buyer: { ...polishBuyer, country: 'DE', postalCode: '10115', city: 'Berlin' },
            order: { externalId: 'FK-5', channel: 'test' },
            lines: [{ name: 'Plecak miejski 20 l', quantity: '1', unitPrice: '189.00', percent: '19', unit: 'szt.' }],
          }),
          taxTreatment: 'destination',
        },
      },
      {
        kind: 'prepayment',
        content: prepaymentInvoice(polishContent({ order: { externalId: 'FK-6', channel: 'test' } }), '100.00', '2026-11-20'),
      },
      {
        kind: 'correction',
        content: sampleCorrection(polishContent(), '1/11/2026', [
          { name: 'Plecak miejski 20 l', quantity: '1', unitPrice: '189.00', percent: '23', unit: 'szt.' },
          { name: 'Książka', quantity: '2', unitPrice: '33.33', percent: '5', unit: 'szt.' },
        ]),
        original: { number: '1/11/2026', kind: 'invoice' },
      },
    ],
    privateWords: ['Borowik', 'agnieszka@example.org', 'Lipowa', 'Zielona', '1234563218', 'Ogrodowa'],
    calls: {
      signed: true,
      good: (id, at) => notice(id, at),
      bad: (at) => ({
        forged: notice('call-1', at, { 'x-infakt-signature': 'a'.repeat(64) }),
        'without a signature': notice('call-1', at, {}),
        'too large': { ...notice('call-1', at), body: new Uint8Array(300 * 1024) },
        'no JSON': { ...notice('call-1', at), body: new TextEncoder().encode('hello') },
      }),
    },
  });
});
