import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { guardedFetch, isCallable, leadsElsewhere } from './index.ts';

const server = createServer((request, response) => {
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
