import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sign } from '../connectors/tickets/signature.ts';
import { logTo } from '../src/open.ts';
import type { Store } from '../src/store/index.ts';
import { freshEmbedded } from '../src/testkit/database.ts';
import { type Mailbox, startMailbox } from '../src/testkit/mailbox.ts';
import { spans } from '../src/trace.ts';
import { Browser, owner, type Served, serve, until } from './api-server.ts';

/**
 * The promise: whoever reads the log, the metrics or the spans of an installation learns what went wrong and nothing of anybody. A sale with a
 * mark in every field of its buyer goes from its file to a bank statement, and every other side fails by saying back what it was told.
 */
const mark = 'Kanarek';
const email = 'kanarek.anna@kanarek.example';
const token = 'watcher';
let store: Store;
let served: Served;
let olga: Browser;
let mailbox: Mailbox;
let echo: Server;
let echoUrl = '';
const told: string[] = [];
const hear = (span: unknown) => void told.push(JSON.stringify(span));

beforeAll(async () => {
  spans.subscribe(hear);
  store = await freshEmbedded();
  served = await serve(store, { env: { FAKTURIST_METRICS_TOKEN: token } });
  olga = await owner(served.url);
  mailbox = await startMailbox();
  let turn = 0;
  echo = createServer((request, response) => {
    let heard = '';
    request.on('data', (piece) => {
      heard += piece;
    });
    request.on('end', () => {
      const said = `${mark} ${email} ${heard.slice(0, 2000)}`;
      const answers: [number, string, string][] = [
        [500, 'text/html', `<html><body><h1>${said}</h1>`],
        [200, 'application/json', `{"error": ${said}`],
        [422, 'application/json', JSON.stringify({ error: said, errors: { name: [said] } })],
        [200, 'text/xml', `<a><b>${said}`],
      ];
      const [status, type, body] = answers[turn++ % answers.length]!;
      response.writeHead(status, { 'content-type': type }).end(body);
    });
  });
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  echoUrl = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;
}, 60_000);
afterAll(async () => {
  spans.unsubscribe(hear);
  echo?.close();
  await mailbox?.close();
  await served?.stop();
  await store?.close();
});

const connection = async (connector: string, secrets: Record<string, string>, settings = {}) => {
  const made = await olga.post('/connections', { connector, name: connector, baseUrl: echoUrl, settings, secrets });
  expect(made.status, made.text).toBe(201);
  return made.body as { id: string; intakeUrl?: string };
};

test('a whole story with a marked buyer, in which everything fails, leaves no mark in log, metrics or spans', async () => {
  const marked = readFileSync(new URL('../examples/pl/allegro-sales.xml', import.meta.url), 'utf8')
    .replace(/<(first-name|last-name|street|city|full-name|company|login)>[^<]+</g, `<$1>${mark}<`)
    .replace(/<email>[^<]*</g, `<email>${email}<`)
    .replace(/<phone>[^<]*</g, '<phone>+48 600 999 888<');
  const account = { host: mailbox.host, port: mailbox.port, security: 'none', fromName: 'S', fromAddress: 'sklep@shop.example' };
  expect((await olga.send('PUT', '/mail-settings', account)).status).toBe(200);
  mailbox.faults.refuseRecipient.set(email, { code: 550, text: `5.1.1 ${mark} <${email}> is not known here` });

  const provider = await connection('infakt', { apiKey: 'k'.repeat(40) });
  await connection('sellasist', { apiKey: 'k'.repeat(30) }, { account: 'sklep' });
  const series = (await olga.get('/series')).body.items as { id: string; kind: string }[];
  const ids = series.filter((one) => one.kind === 'invoice').map((one) => one.id);
  expect((await olga.send('PUT', `/connections/${provider.id}/series`, { ids })).status).toBeLessThan(500);
  const hook = await olga.post('/webhooks', { url: `${echoUrl}/hook`, events: ['document.issued'] });
  expect(hook.status, hook.text).toBe(201);

  const form = new FormData();
  form.append('options', JSON.stringify({ kind: 'auto' }));
  form.append('files', new Blob([marked]), `${mark}.xml`);
  form.append('files', new Blob([marked.slice(0, 3000)]), 'cut.xml');
  form.append('files', new Blob([`{"externalId": ${mark} ${email}`]), 'broken.jsonl');
  const imported = await olga.post('/imports', form);
  expect(imported.status, imported.text).toBe(201);
  const documents = await until('documents stand in the queue', async () => {
    const { items } = (await olga.get('/documents?states=to_issue&limit=50')).body;
    return items.length >= 12 && (items as { id: string; held: boolean }[]);
  });
  expect(JSON.stringify((await olga.get(`/documents/${documents[0]!.id}`)).body)).toContain(mark);
  const chosen = documents.filter((one) => !one.held).map((one) => one.id);
  expect(chosen.length).toBeGreaterThan(3);
  const run = await olga.post('/documents/issue', { selection: { ids: chosen }, mail: true });
  expect(run.status, run.text).toBeLessThan(300);
  await until(
    'documents are issued or with their provider',
    async () => (await olga.get('/documents/count?states=to_issue')).body.total < documents.length,
  );
  await until('mails were tried', async () =>
    (await olga.get('/deliveries')).body.items.some((one: { status: string }) => one.status !== 'queued'),
  );
  await olga.post(`/connections/${provider.id}/check`, {});

  const secret = 'whsec_dGVzdCBzZWNyZXQgb2YgdGhlIHRpY2tldCBzaG9w';
  const tickets = await connection('tickets', { signingSecret: secret });
  for (const body of [`{"buyer": ${mark} ${email}`, `{"id":"${mark}","buyer":{"name":"${mark}"}}`, `[${mark}]`]) {
    const path = new URL(tickets.intakeUrl!).pathname;
    const answer = await fetch(`${served.url}${path}`, {
      method: 'POST',
      body,
      headers: sign(body, secret, `m${body.length}`, new Date()),
    });
    expect(answer.status).toBeLessThan(500);
  }
  const statement = new FormData();
  statement.append('file', new Blob([`:20:S\r\n:25:PL1\r\n:61:${mark}${email}\r\n:86:${mark}\r\n-\r\n`]), `${mark}.sta`);
  expect((await olga.post('/payments/statements', statement)).status).toBeLessThan(500);

  const searches = [
    `q=${mark}%00`,
    `buyer=${mark}%00`,
    `cursor=${Buffer.from(`["${mark}","x"]`).toString('base64url')}`,
    `minGross=${mark}`,
  ];
  for (const query of searches) await olga.get(`/documents?${query}`);
  await olga.get(`/parties/${Buffer.from(JSON.stringify([mark, '\u0000'])).toString('base64url')}`);
  await olga.send('PATCH', '/organization', { seller: { company: `${mark}\u0000` } });
  const stranger = new Browser(served.url);
  await stranger.post('/api/auth/request-password-reset', { email });
  for (let i = 0; i < 4; i++) await stranger.signIn(email, `${mark} is no password`);
  await stranger.get(`/buyer/${mark}${'x'.repeat(60)}`);
  await stranger.post('/invitations/accept', { token: mark, name: mark, password: 'a long password' });

  const metrics = await (await fetch(`${served.url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
  expect(prometheus(metrics)).toBeGreaterThan(60);
  const lines: string[] = [];
  for (const format of ['json', 'text'] as const) {
    const write = logTo(format, (line) => lines.push(line));
    for (const { level, message, fields } of served.logs) write(level as 'error', message, fields);
  }
  expect(lines.length).toBeGreaterThan(0);
  for (const [where, text] of [
    ['log', lines.join('')],
    ['metrics', metrics],
    ['spans', told.join('\n')],
  ] as const)
    expect(
      text.split('\n').filter((line) => /kanarek|600 ?999 ?888/i.test(line)),
      where,
    ).toEqual([]);
  expect(told.length).toBeGreaterThan(50);
}, 90_000);

/**
 * Reads the text format of Prometheus 0.0.4 as strictly as its scraper does; answers how many samples there are.
 * Every sample belongs to a family with TYPE before it, no series twice, histograms count upwards and end in +Inf with their count.
 */
function prometheus(text: string): number {
  const types = new Map<string, string>();
  const seen = new Map<string, number>();
  expect(text.endsWith('\n')).toBe(true);
  for (const line of text.split('\n').slice(0, -1)) {
    if (line === '') continue;
    const about = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (about) {
      if (about[1] === 'TYPE') {
        expect(['counter', 'gauge', 'histogram', 'summary', 'untyped']).toContain(about[3]);
        expect(types.has(about[2]!), `${about[2]} twice`).toBe(false);
        types.set(about[2]!, about[3]!);
      }
      continue;
    }
    const sample =
      /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (NaN|[+-]?Inf|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(
        line,
      );
    expect(sample, line).not.toBeNull();
    const [, name, labels = '', value] = sample!;
    const family = [name!, name!.replace(/_(bucket|sum|count)$/, '')].find((one) => types.has(one));
    expect(family, `${name} has no TYPE`).toBeDefined();
    expect(seen.has(`${name}{${labels}}`), line).toBe(false);
    seen.set(`${name}{${labels}}`, Number(value!.replace('Inf', 'Infinity')));
  }
  for (const [family, type] of types) {
    if (type !== 'histogram') continue;
    const last = new Map<string, number>();
    for (const [series, value] of seen) {
      const bucket = /^(\w+)_bucket\{(?:(.*),)?le="([^"]*)"(?:,(.*))?\}$/.exec(series);
      if (bucket?.[1] !== family) continue;
      const rest = [bucket[2], bucket[4]].filter(Boolean).join();
      expect(value, series).toBeGreaterThanOrEqual(last.get(rest) ?? 0);
      last.set(rest, value);
      if (bucket[3] === '+Inf') expect(seen.get(`${family}_count{${rest}}`), series).toBe(value);
    }
  }
  return seen.size;
}
