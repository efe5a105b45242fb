import { afterAll, beforeAll, expect, test } from 'vitest';
import { routes } from '../src/api/routes/index.ts';
import type { Store } from '../src/store/index.ts';
import { freshEmbedded } from '../src/testkit/database.ts';
import { randomOf } from './fuzz/engine.ts';
import { type Attacked, hostileCallsOf, hostileSettings, underAttack } from './hostile-calls.ts';

/**
 * The promise: whatever is written into any field of any route, by somebody who may call it, is done or refused in plain words: never a
 * failure of ours, never a word of our inside, and whatever was taken leaves every page readable. A sample for every run, the same each time;
 * more of it by `FAKTURIST_HOSTILE=600:3` (so many calls a route, by this seed), or by `FAKTURIST_HOSTILE=600:3:PUT` only of routes of such a name.
 */
let store: Store;
let attacked: Attacked;
beforeAll(async () => {
  store = await freshEmbedded();
  attacked = await underAttack(store);
}, 60_000);
afterAll(async () => {
  await attacked?.served.stop();
  await store?.close();
});

const [many, by, only = ''] = (process.env.FAKTURIST_HOSTILE ?? '').split(':');
const wanted = Number(many ?? 0);
const seed = Number(by ?? 7);
const tells = wanted > 0;
const shareOf = (many: number, few = 9) => Math.min(many, Math.max(few, wanted));

test('no call of any route fails here, and every page can be read afterwards', async () => {
  const random = randomOf(seed);
  const wrong: string[] = [];
  const routesInOrder = attacked.walked(routes).filter((spec) => `${spec.method} ${spec.url}`.includes(only));
  let sent = 0;
  let slowest = { ms: 0, what: '' };
  for (const spec of routesInOrder) {
    const calls = [...hostileCallsOf(spec, attacked.own)];
    const share = shareOf(calls.length);
    if (tells) console.log(`${spec.method} ${spec.url}: ${calls.length} calls`);
    for (const [i, call] of calls.entries()) {
      if (i > 0 && random() >= share / calls.length) continue;
      const begun = performance.now();
      const { broken } = await attacked.send(call);
      const ms = performance.now() - begun;
      if (ms > slowest.ms) slowest = { ms, what: `${call.route} ${call.what}` };
      sent++;
      if (!broken) continue;
      wrong.push(`${call.route}: ${call.what}: ${broken}`);
      if (tells) console.log(wrong.at(-1));
    }
  }
  const pages = routesInOrder.filter((spec) => spec.method === 'GET');
  for (const spec of pages) {
    const [good] = hostileCallsOf(spec, attacked.own);
    const { broken } = await attacked.send(good!);
    if (broken) wrong.push(`afterwards ${good!.route}: ${broken}`);
  }
  if (tells) console.log(`${sent} calls of ${routesInOrder.length} routes; slowest ${Math.round(slowest.ms)} ms: ${slowest.what}`);
  expect([...new Set(wrong)]).toEqual([]);
}, 600_000);

test('a page of another site changes nothing by any route, whatever it calls its body', async () => {
  const { app } = attacked.served.running;
  const types = ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'];
  const origins = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost', 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'http://localhost:81' },
    { origin: 'http://localhost.evil.example' },
  ];
  const wrong: string[] = [];
  const before = await attacked.served.running.opened.ctx.store.db.selectFrom('audit').select('seq').execute();
  let turn = 0;
  for (const spec of routes.filter((one) => one.method !== 'GET')) {
    const address = spec.url.replace(/:\w+/g, 'x');
    for (const type of types) {
      const { origin: _, ...own } = attacked.headers;
      const headers = { ...own, ...origins[turn++ % origins.length]!, 'content-type': type } as Record<string, string>;
      const answer = await app.inject({ method: spec.method as 'POST', url: `/api/v1${address}`, headers, payload: '{}' });
      if (answer.statusCode !== 403 || answer.json().code !== 'cross-origin')
        wrong.push(`${spec.method} ${spec.url} as ${type}: ${answer.statusCode}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(await attacked.served.running.opened.ctx.store.db.selectFrom('audit').select('seq').execute()).toHaveLength(before.length);
}, 60_000);

test('no setting of any connector that was taken breaks a page or a look at the connection', async () => {
  const random = randomOf(seed + 1);
  const wrong: string[] = [];
  const calls = [...hostileSettings(attacked.served.running.opened.ctx.connectors.values())];
  const share = shareOf(calls.length, 120);
  for (const call of calls) {
    if (!call.what.endsWith('good') && random() >= share / calls.length) continue;
    const made = await attacked.send(call);
    if (made.broken) wrong.push(`${call.what}: ${made.broken}`);
    if (made.status === 201)
      for (const [method, address] of [
        ['GET', `/connections/${made.id}`],
        ['GET', `/connections/${made.id}/setup`],
        ['GET', `/connections/${made.id}/pull`],
        ['GET', `/connections/${made.id}/mappings`],
        ['GET', '/connections'],
        ['GET', '/holds'],
        ['POST', `/connections/${made.id}/check`],
        ['DELETE', `/connections/${made.id}`],
      ] as const) {
        const { broken } = await attacked.send({ route: '', method, address, what: '', ...(method === 'GET' ? {} : { body: {} }) });
        if (broken) wrong.push(`${call.what}: ${method} ${address.replace(made.id!, ':id')} ${broken}`);
      }
  }
  expect([...new Set(wrong)]).toEqual([]);
}, 600_000);
