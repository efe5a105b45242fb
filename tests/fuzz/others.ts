import { generateKeyPairSync } from 'node:crypto';
import { isIP } from 'node:net';
import { connector as cards } from '../../connectors/cards/connector.ts';
import { connector as infakt } from '../../connectors/infakt/connector.ts';
import { connector as szamlazz } from '../../connectors/szamlazz/connector.ts';
import { connector as tickets } from '../../connectors/tickets/connector.ts';
import { sign } from '../../connectors/tickets/signature.ts';
import { connector as walley } from '../../connectors/walley/connector.ts';
import { IppClient } from '../../src/agent/ipp/client.ts';
import { type Attribute, encode, tags } from '../../src/agent/ipp/codec.ts';
import { HubAway, HubRefused, Line } from '../../src/agent/line.ts';
import { sealed, unsealed } from '../../src/agents/pairing.ts';
import { isOurHost } from '../../src/api/origin.ts';
import { readCursor, writeCursor } from '../../src/api/routes/orders.ts';
import { isCallable } from '../../src/connections/index.ts';
import { jobSchema, newKey, provesKey, readAssertion } from '../../src/contract/agent/index.ts';
import { contextOf } from '../../src/contract/suite.ts';
import { emailKind, parseAddress } from '../../src/delivery/mail/address.ts';
import { causeOfReply, mailCause } from '../../src/delivery/mail/causes.ts';
import { buyerLink, openLink } from '../../src/desk/index.ts';
import { isDay } from '../../src/domain/days/day.ts';
import { isDecimal } from '../../src/domain/money/money.ts';
import { regimes } from '../../src/domain/regimes/index.ts';
import { createVault } from '../../src/store/index.ts';
import { buyerId, buyerOfId } from '../../src/toissue/buyers.ts';
import { Broken, sane, type Target } from './engine.ts';

/** Small readers of what registers, hubs, agents, mail servers and callers say. */
const text = (bytes: Buffer) => bytes.toString('utf8');
const lines = (all: string[]) => all.map((one) => Buffer.from(one));
const json = ['{', '}', '[', ']', ':', ',', 'null', '-1', '1e400', '"\\u0000"', '"\\ud800"', '[]', '{}'];
const now = new Date('2026-11-20T09:14:00Z');

const sealer = { vault: createVault(Buffer.alloc(32, 7)), now: () => now, publicUrl: 'https://shop.example' };
const genuine = {
  buyer: buyerLink(sealer, { organizationId: 'o', documentId: 'd' }).replace(/^.*\//, ''),
  token: sealed(sealer, 'agent-token', { agentId: 'a', until: '2026-11-20T10:00:00Z' }),
};

const charset: Attribute[] = [
  { name: 'attributes-charset', tag: tags.charset, values: ['utf-8'] },
  { name: 'attributes-natural-language', tag: tags.language, values: ['en'] },
];
const ippAnswer = (group: number, attributes: Attribute[]) =>
  Buffer.from(
    encode({
      version: [1, 1],
      code: 0,
      requestId: 1,
      groups: [
        { tag: tags.operation, attributes: charset },
        { tag: group, attributes },
      ],
      data: new Uint8Array(),
    }),
  );
const printerAnswer = () =>
  ippAnswer(tags.printer, [
    { name: 'printer-name', tag: tags.name, values: ['a'] },
    { name: 'printer-state', tag: tags.enum, values: [3] },
    { name: 'printer-state-reasons', tag: tags.keyword, values: ['none', 'media-low'] },
    { name: 'printer-uri-supported', tag: tags.uri, values: ['ipp://127.0.0.1:9/printers/a'] },
    { name: 'document-format-supported', tag: tags.mimeType, values: ['application/pdf'] },
    { name: 'operations-supported', tag: tags.enum, values: [2, 5, 6] },
    { name: 'printer-is-accepting-jobs', tag: tags.boolean, values: [true] },
  ]);
const jobAnswer = () =>
  ippAnswer(tags.job, [
    { name: 'job-id', tag: tags.integer, values: [1] },
    { name: 'job-state', tag: tags.enum, values: [9] },
    { name: 'job-impressions-completed', tag: tags.integer, values: [2] },
  ]);

export function otherTargets(): Target[] {
  return [
    {
      name: 'company-register',
      maxBytes: 4_000,
      seeds: () =>
        lines([
          '{"result":{"subject":{"name":"SKLEP SP. Z O.O.","workingAddress":"ul. Prosta 49, 00-838 Warszawa","residenceAddress":null}}}',
          '{"result":{"subject":null}}',
          '{"isValid":true,"userError":"VALID","name":"BOLT KFT.","address":"FŐ UTCA 1.\\n1011 BUDAPEST"}',
          '{"isValid":false,"userError":"INVALID","name":"---","address":"---"}',
        ]),
      tokens: [...json, '"name":', '"isValid":true', '00-838', '1011', '123 45', ', ', '"userError":"INVALID"'],
      run: (bytes) =>
        Object.values(regimes)
          .map(({ companyRegister }) => {
            const found = companyRegister.read(text(bytes));
            if (found === undefined || found === 'absent') return String(found);
            sane(found, 'company');
            if (found.name.trim() === '') throw new Broken('a company without a name');
            return Object.keys(found).join();
          })
          .join('|'),
    },
    {
      name: 'exchange-rate',
      maxBytes: 2_000,
      seeds: () =>
        lines(['{"table":"A","currency":"euro","code":"EUR","rates":[{"no":"224/A/NBP/2026","effectiveDate":"2026-11-19","mid":4.2517}]}']),
      tokens: [...json, '"mid":', '4.2517', '0.0', '"EUR"', '"2026-11-19"', '00', '1E5'],
      run: (bytes) =>
        Object.values(regimes)
          .flatMap(({ rateService }) => (rateService ? [rateService.read(text(bytes), 'EUR', '2026-11-19')] : []))
          .map((found) => {
            if (!found) return 'none';
            if (!isDecimal(found.rate) || Number(found.rate) <= 0) throw new Broken(`a rate of "${found.rate}"`);
            if (!isDay(found.date)) throw new Broken(`a day "${found.date}"`);
            return 'rate';
          })
          .join(),
    },
    {
      name: 'hub-answer',
      maxBytes: 6_000,
      seeds: () =>
        lines([
          '200 {"token":"t","expiresAt":"2026-11-20T10:00:00Z","serverTime":"2026-11-20T09:14:00Z"}',
          '200 {"serverTime":"2026-11-20T09:14:00Z","messages":[{"type":"job.cancel","id":"01a22000-0000-7000-8000-000000000001"}]}',
          '200 {"answers":[{"ok":true}],"serverTime":"2026-11-20T09:14:00Z"}',
          '401 {"error":"clock_skew","serverTime":"2026-11-20T08:14:00Z"}',
          '401 {"error":"token_refused"}',
          '200 <html>',
        ]),
      tokens: [
        ...json,
        '"serverTime":',
        '"messages":',
        '"answers":',
        '"type":"job.offer"',
        '"job":',
        '"expiresAt":',
        '200 ',
        '401 ',
        '503 ',
      ],
      run: async (bytes) => {
        const status = Number(bytes.subarray(0, 3).toString('latin1'));
        const body = bytes.subarray(4);
        const key = newKey();
        const good = JSON.stringify({ token: 't', expiresAt: '2026-11-20T10:00:00Z', serverTime: now.toISOString() });
        const outcomes: string[] = [];
        for (const changed of ['token', 'answer']) {
          let asked = 0;
          const line = new Line({
            server: 'http://127.0.0.1:9',
            now: () => now,
            agentId: '01a22000-0000-7000-8000-000000000001',
            keys: { current: key },
            keepKeys: () => {},
            fetch: async (address) => {
              if (++asked > 20) throw new Broken('asks the hub more than 20 times');
              const isToken = String(address).endsWith('/token');
              const fake = isToken === (changed === 'token');
              return fake
                ? new Response(new Uint8Array(body), {
                    status: status >= 200 && status <= 599 && ![204, 205, 304].includes(status) ? status : 200,
                  })
                : new Response(good);
            },
          });
          for (const ask of [() => line.poll({ capacity: 1, wait: 0 }), () => line.tell([{ type: 'bye', reason: 'stop' } as never])])
            try {
              const heard = await ask();
              for (const one of heard) if (typeof one !== 'object' || one === null) throw new Broken('a message that is no object');
              outcomes.push(`${changed} ${heard.length}`);
            } catch (error) {
              if (!(error instanceof HubAway || error instanceof HubRefused)) throw error;
              outcomes.push(`${changed} ${error.name} ${error.message.slice(0, 30)}`);
            }
          // A clock that was set wrong would make every later assertion void.
          if (Number.isNaN(line.hubNow().getTime())) throw new Broken('the hub’s clock is lost');
        }
        return outcomes.join('|');
      },
    },
    {
      name: 'agent-offer',
      maxBytes: 6_000,
      seeds: () => lines(['{"id":"01a22000-0000-7000-8000-000000000001","kind":"self-test","attempt":1,"files":[],"payload":{}}']),
      tokens: [...json, '"kind":"print"', '"files":[', '"sha256":"', '"attempt":'],
      run: (bytes) => {
        let value: unknown;
        try {
          value = JSON.parse(text(bytes));
        } catch {
          return 'no json';
        }
        const parsed = jobSchema.safeParse(value);
        return parsed.success ? `job ${parsed.data.kind}` : `no ${parsed.error.issues[0]?.path.slice(0, 2).join('.')}`;
      },
    },
    {
      name: 'assertion',
      maxBytes: 2_000,
      seeds: () => {
        const { publicKey } = generateKeyPairSync('ed25519');
        return lines([
          `${Buffer.from('{"agentId":"01a22000-0000-7000-8000-000000000001","nonce":"0123456789abcdef","iat":1,"use":"token"}').toString('base64url')}.AAAA`,
          publicKey.export({ format: 'der', type: 'spki' }).toString('base64url'),
        ]);
      },
      tokens: ['.', 'eyJ', 'AAAA', '=', '-', '_'],
      run: (bytes) => {
        const said = text(bytes);
        if (provesKey(said, 'A'.repeat(43))) throw new Broken('proved by a key of zeros');
        return `${readAssertion(said)?.use} ${provesKey('a.b', said)}`;
      },
    },
    {
      name: 'mail-words',
      maxBytes: 1_000,
      seeds: () =>
        lines([
          'anna@poczta.example',
          'Żółć@żółw.pl',
          '550 5.1.1 user unknown',
          '452 4.2.2 mailbox full',
          '421 try later',
          'a@allegromail.pl',
          '"a b"@c.d',
        ]),
      tokens: ['@', '.', '5.7.1', '550 ', '\r\n', '<', '>', ',', 'xn--', 'relay', 'quota exceeded', '.pl'],
      run: (bytes) => {
        const said = text(bytes);
        const plain = parseAddress(said);
        if (plain && (/[\s<>,;:"\\()[\]\u0000-\u001f]/.test(plain) || plain.split('@').length !== 2))
          throw new Broken(`an address of "${plain}"`);
        if (plain && parseAddress(plain) !== plain) throw new Broken(`${plain} is read as ${parseAddress(plain)}`);
        const code = Number(/^\d{3}/.exec(said)?.[0] ?? 550);
        const causes = (['greeting', 'auth', 'sender', 'recipient', 'data'] as const).map((step) =>
          causeOfReply(step, { code, text: said }),
        );
        for (const cause of causes) mailCause(cause);
        return `${plain !== undefined} ${emailKind(said)} ${[...new Set(causes)].join()}`;
      },
    },
    {
      name: 'call-headers',
      maxBytes: 3_000,
      seeds: () => {
        const body = '{}';
        const signed = sign(body, `whsec_${Buffer.from('test secret').toString('base64')}`, 'msg_1', now);
        return lines([
          ...Object.entries(signed).map(([name, value]) => `${name}: ${value}`),
          `${Object.entries(signed)
            .map(([name, value]) => `${name}: ${value}`)
            .join('\n')}\n\n${body}`,
          'x-infakt-signature: 00\n\n{}',
          'card-signature: t=1,v1=00\n\n{}',
          `authorization: Basic ${Buffer.from('walley:c').toString('base64')}\n\nInvoiceNo=1`,
        ]);
      },
      tokens: [
        'webhook-id: ',
        'webhook-timestamp: ',
        'webhook-signature: v1,',
        'v1,',
        'v1a,',
        't=',
        ',v1=',
        'Basic ',
        ' ',
        '\n',
        '==',
        '\n\n',
        '1e9',
        '-1',
        'NaN',
      ],
      run: async (bytes) => {
        const [head = '', ...rest] = bytes.toString('latin1').split('\n\n');
        const headers = Object.fromEntries(
          head.split('\n').map((line) => [line.split(':')[0]!.trim().toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
        );
        const body = Buffer.from(rest.join('\n\n'), 'latin1');
        const doors = [
          [tickets, { signingSecret: `whsec_${Buffer.from('another').toString('base64')}` }],
          [infakt, { apiKey: 'k', webhookSecret: 's' }],
          [cards, { apiKey: 'k', signingSecret: 's' }],
          [walley, { password: 'p', callbackPassword: 'd' }],
          [szamlazz, { agentKey: 'k' }],
        ] as const;
        const seen: string[] = [];
        for (const [connector, secrets] of doors) {
          const settings = connector === walley ? { callbackUser: 'walley', soapService: 'InvoiceServiceV31', username: 'u' } : {};
          const session = connector.open(
            contextOf({ baseUrl: 'http://127.0.0.1:9', secrets, settings, now: () => now, close: async () => {} }),
          );
          const verdict = await session.calls!.receive({ headers, body, query: {}, receivedAt: now });
          // None of the secrets here is the one that signed.
          if (verdict.verdict === 'accept' && connector !== szamlazz)
            throw new Broken(`${connector.manifest.id} believed ${head.slice(0, 200)}`);
          seen.push(verdict.verdict === 'refuse' ? String(verdict.status) : verdict.verdict);
        }
        return seen.join();
      },
    },
    {
      name: 'ipp-client',
      maxBytes: 4_000,
      seeds: () => [printerAnswer(), jobAnswer(), Buffer.from('<html>not found</html>')],
      tokens: [
        '\u0001\u0001\u0000\u0000',
        '\u0004\u0006',
        '\u0003',
        '\u0002',
        '\u0004',
        'job-state',
        'printer-uri-supported',
        '\u0023\u0000\u0009',
        'none',
      ],
      run: async (bytes) => {
        const client = new IppClient({
          fetch: async () => new Response(new Uint8Array(bytes), { headers: { 'content-type': 'application/ipp' } }),
        });
        const uri = 'ipp://127.0.0.1:9/printers/a';
        const asked: [string, () => Promise<unknown>][] = [
          ['printer', () => client.printer(uri)],
          ['queues', () => client.queues('http://127.0.0.1:9/')],
          ['create', () => client.createJob(uri, 'x', { copies: 1 })],
          ['job', () => client.job(uri, 1)],
          ['jobs', () => client.jobs(uri)],
          ['cancel', () => client.cancelJob(uri, 1)],
        ];
        const seen: string[] = [];
        for (const [name, ask] of asked)
          try {
            const told = await ask();
            sane(told, name);
            seen.push(`${name} ${Array.isArray(told) ? 'list' : typeof told}`);
          } catch (error) {
            if (!['PrinterGone', 'IppRefused', 'BadIpp'].includes((error as Error).name)) throw error;
            seen.push(`${name} ${(error as Error).name}`);
          }
        return seen.join();
      },
    },
    {
      name: 'tokens',
      maxBytes: 600,
      seeds: () =>
        lines([genuine.buyer, genuine.token, writeCursor('2026-11-20 10:00:00+00', 'id'), buyerId(['Anna', '9991002009']), '-'.repeat(60)]),
      tokens: ['WyI', 'Il0', 'bnVsbA', '-', '_', '=', 'AQ', 'A'.repeat(40)],
      run: (bytes) => {
        const said = bytes.toString('latin1');
        // What is not the very bytes that were sealed opens nothing.
        const isOf = (one: string) => Buffer.from(said, 'base64url').equals(Buffer.from(one, 'base64url'));
        const link = openLink(sealer, said);
        const claims = unsealed(sealer, 'agent-token', said);
        if (link && !isOf(genuine.buyer)) throw new Broken(`a forged link opens ${link.documentId}`);
        if (claims && !isOf(genuine.token)) throw new Broken('a forged token is believed');
        if (unsealed(sealer, 'agent-file', said)) throw new Broken('a token of one use serves another');
        let cursor = 'cursor';
        try {
          sane(readCursor(said), 'cursor');
        } catch (error) {
          if ((error as Error).name !== 'Refusal') throw error;
          cursor = 'refused';
        }
        return `${link !== undefined} ${claims !== undefined} ${cursor} ${buyerOfId(said)?.length}`;
      },
    },
    {
      name: 'addresses',
      maxBytes: 300,
      seeds: () =>
        lines([
          'http://example.org/',
          'https://10.0.0.1:8080/x',
          'http://[::ffff:169.254.169.254]/',
          'http://2852039166/',
          'localhost:8080',
          '[::1]:80',
        ]),
      tokens: ['http://', '169.254.169.254', '[::ffff:a9fe:a9fe]', '0xa9fea9fe', '%2e', '@', '#', '?', '\\', '。', '１', '::', ']', '.'],
      run: (bytes) => {
        const said = text(bytes);
        const callable = isCallable(said);
        if (callable && isIP(new URL(said).hostname) === 4 && /^(169\.254|0)\./.test(new URL(said).hostname))
          throw new Broken(`${said} may be called`);
        return `${callable} ${isOurHost({ publicUrl: 'https://shop.example', given: true }, said)}`;
      },
    },
  ];
}
