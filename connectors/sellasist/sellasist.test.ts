import type { ChannelDouble } from '../../src/contract/channel-suite.ts';
import { connectorSuite } from '../../src/contract/suite.ts';
import { ManualClock } from '../../src/testkit/simulator.ts';
import { connector } from './connector.ts';
import { startSellasistSimulator } from './simulator.ts';

/** The shared suite against the double of the service, values wobbling between numbers and texts all the time. */
async function start(): Promise<ChannelDouble> {
  const clock = new ManualClock('2026-11-20T09:00:00Z');
  const simulator = await startSellasistSimulator({ now: () => clock.now(), seeds: false });
  const sim = async (path: string, body: unknown = {}, method = 'POST') => {
    const response = await fetch(`${simulator.url}/__sim/${path}`, {
      method,
      ...(method === 'GET' ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response;
  };
  await sim('state', { typing: 'wobble', callsPerMinute: null }, 'PATCH');
  return {
    baseUrl: simulator.apiUrl,
    secrets: { apiKey: simulator.key },
    settings: { account: 'sklep', cancelledStatuses: ['40'] },
    now: () => clock.now(),
    close: () => simulator.close(),
    channel: {
      arrive: async (count) =>
        ((await (await sim('orders', { count, kind: 'company' })).json()) as { id: number }[]).map((o) => String(o.id)),
      change: async (id) => void (await sim(`orders/${id}/change`)),
      remove: async (id) => void (await sim(`orders/${id}`, {}, 'DELETE')),
      breakReading: async (skip) => void (await sim('faults', { on: '*', mode: 'http500', times: 1, skip })),
      breakWriting: async (how) =>
        void (await sim('faults', {
          on: 'update',
          mode: { 'lost-before': 'drop-before', 'lost-after': 'drop-after', 'keeps-nothing': 'stores-nothing' }[how],
          times: 1,
        })),
      files: async (id) => {
        const { files } = (await (await sim(`orders/${id}`, undefined, 'GET')).json()) as { files: { fieldId: number }[] };
        return Promise.all(
          files.map(async ({ fieldId }) => ({
            target: String(fieldId),
            bytes: new Uint8Array(await (await sim(`orders/${id}/files/${fieldId}`, undefined, 'GET')).arrayBuffer()),
          })),
        );
      },
      pass: async (ms) => clock.advance(ms),
    },
  };
}

connectorSuite({
  connector,
  start,
  channel: {
    target: '4',
    replaces: true,
    marks: [
      { mark: 'status', value: '31' },
      { mark: 'text', field: 'document_number', value: 'FV/1/2026 "ż"' },
      { mark: 'text', field: '9', value: 'Uwaga' },
      { mark: 'note', value: 'Korekta KOR/1/2026' },
    ],
  },
});
