import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { guardedFetch, guardedSocket, isCallable, leadsElsewhere, reachNetwork } from './index.ts';
import { guardLookup } from './reach.ts';

const server = createServer((request, response) => {
  if (request.url === '/packed') return void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('packed'));
  if (request.url === '/none') return void response.writeHead(204, { 'set-cookie': ['a=1', 'b=2'] }).end();
  if (request.url === '/never') return;
  if (request.url === '/away') response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end();
  else response.end(`heard ${request.method}`);
});
let url: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const causeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'answered',
    (error: Error) => (error.cause as Error | undefined)?.name ?? error.message,
  );

test('the own machine is called, the address where a cloud hands out keys never, not even by a redirect', async () => {
  expect(await (await guardedFetch(`${url}/`, { method: 'POST', body: 'x' })).text()).toBe('heard POST');
  expect(await (await guardedFetch(url.replace('127.0.0.1', 'localhost'))).text()).toBe('heard GET');
  for (const address of ['http://169.254.169.254/', 'http://2852039166/', 'http://[::ffff:169.254.169.254]/', `${url}/away`])
    expect(await causeOf(guardedFetch(address)), address).toBe('Unreachable');
});

test('a plain request, whose redirects nobody follows, has the same walls, answers and errors', async () => {
  const plain = (address: string, init: RequestInit = {}) => guardedFetch(address, { ...init, redirect: 'manual' });
  expect(await (await plain(`${url}/`, { method: 'POST', body: 'x' })).text()).toBe('heard POST');
  expect(await (await plain(`${url}/`, { method: 'PUT', body: new Uint8Array(3), headers: { Accept: 'text/xml' } })).text()).toBe(
    'heard PUT',
  );
  expect(await (await plain(`${url}/packed`)).text()).toBe('packed');
  const away = await plain(`${url}/away`);
  expect([away.status, away.headers.get('location')]).toEqual([302, 'http://169.254.169.254/latest/meta-data/']);
  const none = await plain(`${url}/none`);
  expect([none.status, none.headers.getSetCookie(), await none.text()]).toEqual([204, ['a=1', 'b=2'], '']);
  for (const address of ['http://169.254.169.254/', 'http://2852039166/', 'http://[::ffff:169.254.169.254]/'])
    expect(await causeOf(plain(address)), address).toBe('Unreachable');
  const refused = await plain('http://127.0.0.1:1/').catch((error: Error) => error);
  expect([(refused as Error).message, ((refused as Error).cause as { code?: string }).code]).toEqual(['fetch failed', 'ECONNREFUSED']);
  const late = await plain(`${url}/never`, { signal: AbortSignal.timeout(30) }).catch((error: Error) => error);
  expect((late as Error).name).toBe('TimeoutError');
});

test('an address is http(s) and leads to a host that may be called', () => {
  for (const good of ['https://www.example.com/x', 'http://10.0.0.5:8080', 'http://localhost:1', 'http://[::1]:5'])
    expect(isCallable(good), good).toBe(true);
  for (const bad of ['ftp://example.com', 'javascript:alert(1)', 'http://0.0.0.0/', 'http://[fe80::1]/', 'http://224.0.0.1/', 'nothing'])
    expect(isCallable(bad), bad).toBe(false);
});

test('a secret follows its host and the own machine, nobody else', () => {
  expect(leadsElsewhere('https://a.example/x', 'https://a.example:8443/y')).toBe(false);
  expect(leadsElsewhere('https://a.example/', 'http://127.0.0.1:9/')).toBe(false);
  expect(leadsElsewhere('smtp.a.example', 'smtp.a.example')).toBe(false);
  expect(leadsElsewhere('https://a.example/', 'https://b.example/')).toBe(true);
  expect(leadsElsewhere('https://a.example/', 'http://a.example/')).toBe(true);
  expect(leadsElsewhere('smtp.a.example', 'smtp.b.example')).toBe(true);
});

test('every way of writing the address of the machine’s own cloud is the same address', () => {
  for (const host of [
    '169.254.169.254',
    '2852039166',
    '0xa9fea9fe',
    '0251.0376.0251.0376',
    '0xa9.254.0251.254',
    '169.254.43518',
    '[::ffff:169.254.169.254]',
    '[::ffff:a9fe:a9fe]',
    '[0:0:0:0:0:ffff:a9fe:a9fe]',
    '[::169.254.169.254]',
    '[::ffff:0:169.254.169.254]',
    '[64:ff9b::169.254.169.254]',
    '[64:ff9b:1::a9fe:a9fe]',
    '[2002:a9fe:a9fe::1]',
    '[fd00:ec2::254]',
    '１６９。２５４。１６９。２５４',
    'metadata.google.internal.',
    'METADATA',
    '0.0.0.0',
    '0',
    '[::]',
    '100.100.100.200',
  ])
    expect(isCallable(`http://${host}/`), host).toBe(false);
});

test('a name is judged by all it resolves to, each time it is called', async () => {
  let answers: { address: string; family: number }[][] = [];
  const lookup = guardLookup((_host, _options, done) => done(null, answers.shift()!));
  const ask = () =>
    new Promise<string>((resolve) => lookup('rebound.example', {}, (error, address) => resolve(error ? error.name : String(address))));
  answers = [
    [{ address: '203.0.113.7', family: 4 }],
    [{ address: '169.254.169.254', family: 4 }],
    [
      { address: '203.0.113.7', family: 4 },
      { address: 'fe80::1%2', family: 6 },
    ],
    [],
  ];
  expect([await ask(), await ask(), await ask(), await ask()]).toEqual(['203.0.113.7', 'Unreachable', 'Unreachable', 'Unreachable']);
});

test('a mail server stands where anything else may, unless it is that of the machine’s own operator', async () => {
  const end = (anywhere: boolean) =>
    new Promise<string>((resolve) => {
      const socket = guardedSocket(anywhere);
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.name));
      socket.connect(Number(new URL(url).port), anywhere ? '127.0.0.1' : '169.254.169.254', () => {
        socket.destroy();
        resolve('connected');
      });
    });
  expect(await end(false)).toBe('Unreachable');
  expect(await end(true)).toBe('connected');
});

test('where organizations are strangers to the machine, its network is closed to them', async () => {
  reachNetwork('public');
  try {
    for (const host of [
      '127.0.0.1',
      '127.1',
      'localhost',
      'printer',
      'nas.local',
      'db.internal',
      '10.0.0.5',
      '172.16.0.1',
      '192.168.1.1',
      '100.64.0.1',
      '[::1]',
      '[::ffff:10.0.0.1]',
      '[fd12::1]',
      '[64:ff9b::10.0.0.1]',
      '[2002:a00:1::]',
    ])
      expect(isCallable(`http://${host}/`), host).toBe(false);
    for (const host of ['www.example.com', '8.8.8.8', '[2a00:1450::1]']) expect(isCallable(`https://${host}/`), host).toBe(true);
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]'])
      expect(await causeOf(guardedFetch(`http://${host}:45679/`)), host).toBe('Unreachable');
  } finally {
    reachNetwork('private');
  }
});
