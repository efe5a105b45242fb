import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BaselinkerSimulator, startBaselinkerSimulator } from '../connectors/baselinker/simulator.ts';
import { startErpSimulator } from '../connectors/subiekt/simulator.ts';
import { openAgent, pairAgent } from '../src/agent/index.ts';
import type { Store } from '../src/store/index.ts';
import { freshEmbedded } from '../src/testkit/database.ts';
import type { ErpSimulator } from '../src/testkit/erp.ts';
import { IppPrinter } from '../src/testkit/ipp-printer.ts';
import type { SimulatorHandle } from '../src/testkit/simulator.ts';
import { type Browser, owner, type Served, serve, until } from './api-server.ts';

/**
 * The whole way of a sale, by the API alone, over real sockets, with everything that jobs do: an order of BaseLinker becomes a file in
 * the accounting program's inbox, the program answers with a number and a PDF, the PDF stands on the order in BaseLinker, and a page
 * comes out of the printer. Switched off, the program is named; switched on, all flows on.
 */
// biome-ignore lint/suspicious/noExplicitAny: answers of every shape are looked into.
type Json = any;
let store: Store;
let served: Served;
let shop: BaselinkerSimulator;
let erp: ErpSimulator;
let printer: IppPrinter;
let listening: SimulatorHandle & { uri: string };
let browser: Browser;
const root = mkdtempSync(path.join(tmpdir(), 'fakturist-story-'));
const stop = new AbortController();
let agentEnded: Promise<unknown> = Promise.resolve();

beforeAll(async () => {
  store = await freshEmbedded();
  served = await serve(store);
  browser = await owner(served.url);
  shop = await startBaselinkerSimulator({ now: () => new Date(), seeds: false });
  erp = await startErpSimulator({ inbox: path.join(root, 'inbox'), outbox: path.join(root, 'outbox'), everyMs: 100 });
  printer = new IppPrinter({ name: 'Biuro', now: () => new Date() });
  listening = await printer.listen();
});
afterAll(async () => {
  stop.abort();
  await agentEnded;
  await listening.close();
  await erp.close();
  await shop.close();
  await served.stop();
  await store.close();
  rmSync(root, { recursive: true, force: true });
});

async function made(address: string, body: object, method = 'POST'): Promise<Json> {
  const answer = await browser.send(method, address, body);
  if (answer.status >= 300) throw new Error(`${method} ${address}: ${answer.status} ${answer.text}`);
  return answer.body;
}
const list = async (address: string): Promise<Json[]> => (await browser.get(address)).body.items;
const there = async (verb: string, method = 'GET', body?: object): Promise<Json> =>
  (await fetch(`${shop.url}/__sim/${verb}`, { method, body: body && JSON.stringify(body) })).json();

async function pairComputer(): Promise<string> {
  const { code } = await made('/agents/codes', { name: 'Magazyn', autoConfirm: true });
  const world = {
    fetch: globalThis.fetch,
    now: () => new Date(),
    random: Math.random,
    sleep: async (ms: number, signal: AbortSignal) => void (await wait(Math.min(ms, 200), undefined, { signal }).catch(() => {})),
    version: '0.1.0',
  };
  const data = path.join(root, 'agent');
  const folders = [{ name: 'subiekt', inbox: erp.inbox, outbox: erp.outbox, prints: erp.outbox, closedAfterSeconds: 1 }];
  const paired = await pairAgent(world, data, {
    server: served.url,
    code,
    folders,
    printers: [{ name: 'Biuro', uri: listening.uri }],
  });
  const opened = openAgent(world, data, { lookMs: 100, printersEveryMs: 500, pollSeconds: 1 });
  agentEnded = opened.agent.run(stop.signal).finally(() => opened.close());
  return paired.agentId;
}

test('an order of BaseLinker becomes an .epp, a number, a PDF on the order and a printed page; through a closed program as well', async () => {
  const subiekt = await made('/connections', { connector: 'subiekt', name: 'Subiekt GT', settings: {} });
  const series = await made('/series', {
    name: 'Subiekt',
    kind: 'invoice',
    pattern: '{n}/{yyyy}',
    reset: 'yearly',
    numberOwner: 'provider',
    reporter: 'nobody',
    connectionId: subiekt.id,
  });
  const agentId = await pairComputer();
  await until('the folder of the agent', async () =>
    (await list('/agents')).some((a) => a.plugins.some((p: Json) => p.name === 'subiekt')),
  );
  await made(`/connections/${subiekt.id}/agent`, { folder: { agentId, plugin: 'subiekt' } }, 'PUT');
  await made('/print-rules', {
    name: 'Faktury',
    kinds: ['invoice'],
    connectionId: null,
    printType: 'original',
    agentId,
    printer: null,
    options: { copies: 1 },
    lastOne: false,
    active: true,
  });

  // The seller's own lists fill the form.
  const baselinker = await made('/connections', {
    connector: 'baselinker',
    name: 'BaseLinker',
    baseUrl: shop.apiUrl,
    settings: {},
    secrets: { token: shop.token },
  });
  const lookup = (name: string) => list(`/connections/${baselinker.id}/options/${name}`);
  const place = (await lookup('file-fields'))[0]!;
  const cancelled = (await lookup('statuses')).find((s) => s.label === 'Anulowane')!;
  const settings = {
    documentKind: 'invoice',
    seriesId: series.id,
    autoIssue: true,
    cancelledStatuses: [cancelled.value],
    documentField: place.value,
    // Nobody else uses this token.
    requestsPerMinute: 100,
  };
  await made(`/connections/${baselinker.id}`, { settings }, 'PATCH');

  const [order] = await there('orders', 'POST', { count: 1, kind: 'company' });
  await made(`/connections/${baselinker.id}/pull`, {});
  const files = () => (existsSync(path.join(erp.inbox, 'done')) ? readdirSync(path.join(erp.inbox, 'done')) : []);
  const document = await until('a document with the number of the program', async () =>
    (await list('/documents')).find((d) => d.state === 'issued' && d.number),
  );
  expect(files().filter((name) => name.endsWith('.epp'))).toHaveLength(1);
  expect(document.number).toBe(`FS ${erp.documents()[0]!.number}`);

  // The order has no invoice in BaseLinker: said with its remedies, nothing is made there.
  const writes = () => list(`/connections/${baselinker.id}/order-writes`);
  const refused = await until('the known message', async () => (await writes()).find((w) => w.status === 'refused'));
  expect(refused.cause).toMatchObject({ code: 'BL_NO_INVOICE' });
  expect(await there('invoices')).toEqual([]);

  // The seller allows one to be made, and has it put there again.
  const [carrier] = await lookup('invoice-series');
  await made(`/connections/${baselinker.id}`, { settings: { ...settings, carrierSeries: carrier!.value } }, 'PATCH');
  await made(`/order-writes/${refused.id}/again`, {});
  const [invoice] = await until('the PDF on the order', async () => {
    const all = await there('invoices');
    return all.length > 0 && all[0].file ? all : undefined;
  });
  expect(invoice).toMatchObject({ orderId: order.id, externalNumber: document.number });
  await until('seen there', async () => (await writes()).every((w) => w.status === 'visible'));
  const pdf = (await browser.get(`/documents/${document.id}/pdf`)).body as Buffer;
  const onOrder = Buffer.from(await (await fetch(`${shop.url}/__sim/invoices/${invoice.id}/file`)).arrayBuffer());
  expect(Buffer.compare(pdf, onOrder)).toBe(0);
  await until('a page', async () => printer.out.length > 0);
  expect(Buffer.compare(Buffer.from(printer.out[0]!.bytes), pdf)).toBe(0);

  // The program is closed: one card says so, the sale waits; opened, all flows on, each once.
  erp.power(false);
  await there('orders', 'POST', { count: 3, kind: 'company' });
  await made(`/connections/${baselinker.id}/pull`, {});
  await until('a card', async () => (await list('/causes')).some((c) => c.code === 'erp_closed'));
  erp.power(true);
  await until('all of them', async () => {
    const all = await there('invoices');
    return all.length === 4 && all.every((i: Json) => i.file) && printer.out.length === 4;
  });
  await until('no card', async () => !(await list('/causes')).some((c) => c.code === 'erp_closed'));
  expect(erp.documents()).toHaveLength(4);
  expect(new Set((await there('invoices')).map((i: Json) => i.externalNumber))).toEqual(
    new Set(erp.documents().map((d) => `FS ${d.number}`)),
  );
  expect((await there('state')).calls.refused ?? 0).toBe(0);
});
