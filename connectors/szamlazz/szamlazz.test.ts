import { describe } from 'vitest';
import { connectorSuite, type WriteFault } from '../../src/contract/suite.ts';
import { sampleContent, sampleCorrection } from '../../src/testkit/documents.ts';
import { connector } from './connector.ts';
import { startSzamlazzSimulator } from './simulator.ts';

/** The promise: the shared words of every connector, held by Számlázz.hu on its simulator. */
const faults: Record<WriteFault, object> = {
  'lost-before': { action: '*', mode: 'drop-before', times: 1 },
  'lost-after': { action: '*', mode: 'drop-after', times: 1 },
  down: { action: '*', mode: 'down', times: 1 },
  page: { action: '*', mode: 'html500', times: 1 },
  refused: { action: '*', mode: 'error', code: '202', message: 'Ez a számlaszám előtag nem létezik vagy nincs engedélyezve: X', times: 1 },
};

const order = (externalId: string) => ({ externalId, channel: 'tickets' });

const notice = (number: string, at: Date, body = `szlahu_szamlaszam=${number}&szlahu_bruttovegosszeg=19800`) => ({
  headers: {},
  body: new TextEncoder().encode(body),
  query: {},
  receivedAt: at,
});

describe('the shared suite', () => {
  connectorSuite({
    connector,
    async start() {
      const sim = await startSzamlazzSimulator();
      const control = async (path: string, body?: object) =>
        (await fetch(`${sim.url}/__sim/${path}`, { method: body ? 'POST' : 'GET', ...(body && { body: JSON.stringify(body) }) })).json();
      return {
        baseUrl: sim.url,
        secrets: { agentKey: sim.keys.A },
        settings: { prefix: 'JEGY', receiptPrefix: 'JEGYN', eInvoice: true },
        now: () => new Date('2026-11-20T09:30:00Z'),
        close: () => sim.close(),
        async documents() {
          const documents = (await control('accounts/A/documents')) as {
            number: string;
            gross: string;
            currency: string;
            externalIds: string[];
            reversed: boolean;
          }[];
          const receipts = (await control('accounts/A/receipts')) as {
            number: string;
            gross: string;
            currency: string;
            callId: string;
            reversed: boolean;
          }[];
          return [
            ...documents.map((d) => ({ ...d, reference: d.externalIds[0] })),
            ...receipts.map((r) => ({ ...r, reference: r.callId })),
          ];
        },
        async fault(fault) {
          await fetch(`${sim.url}/__sim/inject`, { method: 'POST', body: JSON.stringify(faults[fault]) });
        },
      };
    },
    requests: () => [
      { kind: 'invoice', content: sampleContent() },
      { kind: 'proforma', content: sampleContent({ kind: 'proforma', order: order('A-2') }) },
      { kind: 'prepayment', content: sampleContent({ kind: 'prepayment', order: order('A-3') }) },
      { kind: 'receipt', content: sampleContent({ kind: 'receipt', order: order('A-4') }) },
      {
        kind: 'invoice',
        content: sampleContent({ order: order('A-5'), currency: 'EUR', lines: [{ name: 'Workshop', quantity: '4', unitPrice: '12.50' }] }),
      },
      {
        kind: 'correction',
        content: sampleCorrection(sampleContent(), 'E-JEGY-2026-1', [
          { name: 'Napijegy', quantity: '1', unitPrice: '9000', percent: '18', sku: 'DAY' },
          { name: 'Kezelési költség', quantity: '1', unitPrice: '1800' },
        ]),
        original: { number: 'E-JEGY-2026-1', kind: 'invoice' },
      },
    ],
    privateWords: ['Kovács Réka', 'reka.kovacs@example.org', 'Nyár utca', 'vevoifiokpay'],
    calls: {
      signed: false,
      good: (id, at) => notice(`E-JEGY-2026-${id.at(-1)}`, at),
      bad: (at) => ({ 'no number': notice('', at, 'x=1'), 'too large': notice('', at, `szlahu_szamlaszam=1&x=${'y'.repeat(70_000)}`) }),
    },
  });
});
