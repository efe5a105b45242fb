import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SzamlazzSimulator, startSzamlazzSimulator } from '../connectors/szamlazz/simulator.ts';
import { demoSale } from '../connectors/tickets/demo.ts';
import { takeCommands } from '../src/cli/beside.ts';
import { readConfig } from '../src/config.ts';
import { type Running, startServer } from '../src/server.ts';
import { emptyInstallation } from '../src/testkit/database.ts';
import { fakturist, root } from './fakturist.ts';

/**
 * The promise to a ticket shop, by the command line alone and beside a running Fakturist on the embedded database: connect, sell,
 * invoices; a debt is one card; paid, resumed, backfilled, and the sheet of completeness is empty. Sales are reported by the sample
 * client of the guide.
 */
const data = mkdtempSync(path.join(tmpdir(), 'fk-'));
let simulator: SzamlazzSimulator;
let running: Running;
let endCommands: () => Promise<void>;
let report: (url: string, secret: string, id: string, message: unknown) => Promise<void>;
let sold = 0;

const command = async (code: number, ...args: string[]) => {
  const ended = await fakturist([...args, '--json'], { data });
  expect([args.join(' '), ended.code, ended.err]).toEqual([args.join(' '), code, '']);
  return ended.json;
};
const told = async (code: number, ...args: string[]) => {
  const ended = await fakturist(args, { data });
  expect([args.join(' '), ended.code, ended.err]).toEqual([args.join(' '), code, '']);
  return ended.out;
};
const sim = async (method: string, at: string, body?: object) =>
  (
    await fetch(`${simulator.url}/__sim/${at}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
  ).json();
const invoices = async () => (await sim('GET', 'accounts/A/documents')) as { number: string; orderNumber: string; gross: string }[];
const until = async <T>(look: () => Promise<T>, right: (seen: T) => boolean): Promise<T> => {
  for (let i = 0; i < 600; i++) {
    const seen = await look();
    if (right(seen)) return seen;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return look();
};
const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
const period = ['--from', day(-2), '--to', day(1)];

beforeAll(async () => {
  emptyInstallation(data);
  simulator = await startSzamlazzSimulator({ now: () => new Date() });
  await sim('PATCH', 'accounts/A', { hourlyLimit: null });
  const init = [
    'init',
    '--organization',
    'Jegyiroda',
    '--country',
    'HU',
    '--tax-id',
    '12345676-2-41',
    '--street',
    'Minta utca 8.',
    '--postal-code',
    '1052',
    '--city',
    'Budapest',
    '--email',
    'me@jegy.example',
    '--password-stdin',
  ];
  const made = await fakturist(init, { data, input: 'a long enough password' });
  expect([made.code, made.err]).toEqual([0, '']);
  const config = readConfig({ FAKTURIST_DATA: data, PORT: '0' });
  running = await startServer({ config, webFolder: path.join(data, 'none') });
  endCommands = await takeCommands(config, running.opened);
  const guide = readFileSync(path.join(root, 'docs', 'tickets.md'), 'utf8');
  const client = /```js\n([\s\S]*?)```/.exec(guide)![1]!;
  ({ report } = (await import(`data:text/javascript,${encodeURIComponent(client)}`)) as { report: typeof report });
}, 120_000);
afterAll(async () => {
  await endCommands?.();
  await running?.close();
  await simulator?.close();
  rmSync(data, { recursive: true, force: true });
});

test('connects, sells, falls into debt, pays, resumes, backfills, and nothing is missing', { timeout: 120_000 }, async () => {
  // A mistyped key is told at once, in words; the right one is pasted over it.
  const key = simulator.keys.A;
  const at = ['--address', simulator.agentUrl];
  const wrong = await fakturist(['connect', 'szamlazz', '--name', 'Számlázz', ...at, '--secrets-stdin'], {
    data,
    input: `agentKey=${key.slice(0, -2)}xx\n`,
  });
  expect([wrong.code, wrong.err]).toEqual([1, '']);
  expect(wrong.out).toContain('It does not work:');
  expect(wrong.out).not.toContain(key.slice(0, 20));
  const mended = await fakturist(['connect', '--change', 'számlázz', ...at, '--secrets-stdin', '--json'], { data, input: key });
  expect([mended.code, mended.json.check.ok, mended.json.status]).toEqual([0, true, 'active']);
  const shop = await command(0, 'connect', 'tickets', '--name', 'Jegybolt');
  expect([shop.madeSecrets.signingSecret, shop.intakeUrl]).toEqual([expect.stringMatching(/^whsec_/), expect.stringContaining('/intake/')]);
  const series = [
    'series',
    'Jegyszámlák',
    '--connection',
    'Számlázz',
    '--number-owner',
    'provider',
    '--reporter',
    'provider',
    '--default',
    'on',
  ];
  expect((await command(0, ...series, '--auto-issue', 'on')).items[0]).toMatchObject({
    connection: 'Számlázz',
    autoIssue: true,
    isDefault: true,
  });

  const sell = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const sale = demoSale(() => 0.3, new Date(), ++sold);
      await report(`${running.url}${new URL(shop.intakeUrl).pathname}`, shop.madeSecrets.signingSecret, `m-${sold}`, sale);
    }
  };
  await sell(3);
  expect(await until(invoices, (seen) => seen.length === 3)).toHaveLength(3);

  await sim('PATCH', 'accounts/A', { debt: true });
  await sell(4);
  const cards = () => command(1, 'causes');
  const blocked = await until(cards, (seen) => seen.items[0]?.documents === 4);
  expect(blocked.items.map((c: { code: string; documents: number }) => [c.code, c.documents])).toEqual([['szamlazz.account_debt', 4]]);
  expect(await told(1, 'causes')).toMatch(/4 documents wait[\s\S]*https:\/\//);
  expect((await command(1, 'reconcile', ...period)).breaks).toHaveLength(4);

  await sim('PATCH', 'accounts/A', { debt: false });
  expect(await command(0, 'causes', '--mended', 'szamlazz.account_debt')).toEqual({ resumed: 4 });
  expect(await until(invoices, (seen) => seen.length === 7)).toHaveLength(7);
  expect(
    await until(
      () => fakturist(['causes'], { data }),
      (seen) => seen.code === 0,
    ),
  ).toMatchObject({ code: 0, out: 'Nothing is stopped.\n' });

  // Sales that nobody invoiced: found, shown, made up for, and found no more.
  await command(0, 'series', 'Jegyszámlák', '--auto-issue', 'off');
  await sell(2);
  expect(await command(1, 'backfill', ...period)).toMatchObject({ toIssue: 2, held: 0, late: 0 });
  expect(await invoices()).toHaveLength(7);
  expect(await command(0, 'backfill', ...period, '--issue')).toMatchObject({ total: 2, issued: 2, refused: [], stopped: 0 });
  const all = await invoices();
  expect([all.length, new Set(all.map((d) => d.orderNumber)).size]).toEqual([9, 9]);
  expect((await command(0, 'backfill', ...period)).items).toEqual([]);
  const sheet = await command(0, 'reconcile', ...period);
  expect([sheet.orders, sheet.documents, sheet.breaks, sheet.gaps]).toEqual([9, 9, [], []]);
  expect(await told(0, 'reconcile', ...period)).toContain('Nothing is missing.');
});

test('only its user reaches it, only some commands are done there, and wrong usage is a sentence as ever', {
  timeout: 60_000,
}, async () => {
  expect(statSync(path.join(data, 'commands.sock')).mode & 0o777).toBe(0o600);
  const wrong = await fakturist(['reconcile', '--from', 'yesterday', '--to', day(0)], { data });
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringMatching(/--from is "yesterday".*\nUsage: fakturist reconcile/)]);
  const refused = await fakturist(['issue', '--all'], { data });
  expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/DATABASE_URL/)]);
});
