import { createHash } from 'node:crypto';
import { Readable, Writable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import { connector as orderFile } from '../../connectors/order-file/connector.ts';
import { hearMessage } from '../../src/agents/index.ts';
import { addPlainConnection } from '../../src/connections/index.ts';
import { messagesBody } from '../../src/contract/agent/index.ts';
import { printModel } from '../../src/delivery/pdf/print-model.ts';
import { documentContentSchema } from '../../src/domain/documents/document.ts';
import { importSources, memorySource } from '../../src/intake/index.ts';
import { json, readBackup, type Store, writeBackup } from '../../src/store/index.ts';
import { type TestContext, testContext } from '../../src/testkit/context.ts';
import { sampleContent } from '../../src/testkit/documents.ts';
import { makeOrganization, previewContent, queryDocuments } from '../../src/toissue/index.ts';
import { sane, type Target } from './engine.ts';

/** Readers that need a database. Nothing they are told may end as a failure of the database. */
const seller = { name: 'Fuzz', taxIds: [], country: 'PL' };
const agentId = '01a22000-0000-7000-8000-000000000001';

export function databaseTargets(openStore: () => Promise<Store>): Target[] {
  let opened: Promise<{ store: Store; ctx: TestContext; organizationId: string }> | undefined;
  const world = () =>
    (opened ??= (async () => {
      const store = await openStore();
      const ctx = await testContext(store, { work: false, connectors: [orderFile] });
      const id = await makeOrganization(ctx, 'test', { name: 'Fuzz', country: 'PL', seller });
      const now = ctx.now();
      await store.system(async (tx) => {
        await addPlainConnection(tx, id, { id: agentId, connector: 'agent', name: 'a' }, now);
        await tx
          .insertInto('agent')
          .values({
            organization_id: id,
            id: agentId,
            status: 'active',
            public_key: 'k',
            key_since: now,
            nonces: json([]),
            machine: json({ os: 'x', arch: 'x', hostname: 'h', timezone: 'UTC' }),
            state: json(null),
            created_at: now,
            created_by: null,
          } as never)
          .execute();
      });
      return { store, ctx, organizationId: id };
    })());
  const state = {
    agentVersion: '1',
    protocol: 1,
    startedAt: '2026-11-20T10:00:00Z',
    plugins: [{ name: 'subiekt', kind: 'folder', state: 'ok', waiting: 0 }],
    printers: [],
    queue: { jobs: 0, results: 0, files: 0 },
  };
  const all: Target[] = [
    {
      name: 'agent-message',
      maxBytes: 8_000,
      seeds: () =>
        [
          [{ type: 'hello', state }],
          [
            { type: 'state', state },
            { type: 'job.accept', id: agentId },
          ],
          [{ type: 'job.result', id: agentId, attempt: 1, outcome: 'done', result: {} }],
          [{ type: 'log.batch', entries: [{ at: '2026-11-20T10:00:00Z', level: 'info', message: 'x' }] }],
          [
            { type: 'lease.renew', ids: [agentId] },
            { type: 'bye', reason: 'stop' },
          ],
        ].map((messages) => Buffer.from(JSON.stringify({ messages }))),
      tokens: [
        '"type":"',
        'job.progress',
        'file.found',
        '"attempt":',
        '"ids":[',
        '\\u0000',
        '\\ud800',
        '"at":"',
        '"oldestAt":"+275760-09-13T00:00:00Z"',
        '1e300',
        '"sha256":"',
      ],
      run: async (bytes) => {
        let body: unknown;
        try {
          body = JSON.parse(bytes.toString('utf8'));
        } catch {
          return 'no json';
        }
        const parsed = messagesBody.safeParse(body);
        if (!parsed.success) return `no ${parsed.error.issues[0]?.code} ${parsed.error.issues[0]?.path.slice(0, 3).join('.')}`;
        const { ctx, organizationId } = await world();
        const answers: string[] = [];
        for (const message of parsed.data.messages.slice(0, 10))
          answers.push(
            `${message.type} ${JSON.stringify(await hearMessage(ctx, { organizationId, agentId } as never, message)).slice(0, 40)}`,
          );
        return answers.join('|');
      },
    },
    {
      name: 'search',
      maxBytes: 400,
      seeds: () =>
        ['Anna Nowak', 'FV/1/2026', '9991002009', '"a b" -c', "o'neil & co", '100%', 'a@b.example'].map((text) => Buffer.from(text)),
      tokens: ['&', '|', '!', '<->', ':*', "'", '"', '\\', '%', '_', '(', ')', '--', ';', '*', '@', 'ż', '\ud83d\ude00', '\u0000'],
      run: async (bytes) => {
        const { ctx, organizationId } = await world();
        const q = bytes.toString('utf8').slice(0, 200);
        try {
          const page = await ctx.store.org(organizationId, (tx) =>
            queryDocuments(tx, organizationId, { q, holdCode: q.slice(0, 60), buyer: q } as never),
          );
          sane(page, 'page');
          return `found ${page.items.length}`;
        } catch (error) {
          // A zero byte is refused at the door as a bad request.
          const code = String((error as { code?: string }).code ?? '');
          if (/^22/.test(code)) return `refused ${code}`;
          throw error;
        }
      },
    },
    {
      name: 'search-cursor',
      maxBytes: 300,
      seeds: () => [
        Buffer.from(Buffer.from(JSON.stringify(['2026-11-20 10:00:00+00', agentId])).toString('base64url')),
        Buffer.from('WyJhIiwiYiJd'),
      ],
      tokens: ['WyI', 'Il0', '==', 'bnVsbA', '-', '_'],
      run: async (bytes) => {
        const { ctx, organizationId } = await world();
        try {
          await ctx.store.org(organizationId, (tx) => queryDocuments(tx, organizationId, { cursor: bytes.toString('latin1') }));
          return 'page';
        } catch (error) {
          if ((error as Error).name === 'BadCursor') return 'bad cursor';
          if (/^22/.test(String((error as { code?: string }).code ?? ''))) return `refused ${(error as { code?: string }).code}`;
          throw error;
        }
      },
    },
  ];
  all.push(
    {
      name: 'order-to-document',
      maxBytes: 6_000,
      seeds: () => [
        Buffer.from(
          `${JSON.stringify({ externalId: 'A-1', orderedAt: '2026-11-20T10:00:00Z', currency: 'PLN', buyer: { firstName: 'Anna', lastName: 'Nowak', street: 'x', city: 'y', postalCode: '00-001', country: 'PL', email: 'a@example.com', taxIds: [{ scheme: 'PL:NIP', value: '9991002009' }] }, delivery: { gross: '12.99' }, lines: [{ id: '1', name: 'Lampa', quantity: '2', unitGross: '50.00', gross: '100.00', vat: { category: 'S', percent: '23' } }], payments: [{ method: 'online', status: 'paid', at: '2026-11-20T10:05:00Z' }], declaredTotal: '112.99' })}\n`,
        ),
        Buffer.from(
          `${JSON.stringify({
            externalId: 'B-1',
            orderedAt: '2026-11-20T10:00:00Z',
            currency: 'EUR',
            buyer: { company: 'GmbH', country: 'DE' },
            lines: [
              { id: '1', name: 'x', quantity: '0.333', unitGross: '9.99', gross: '3.33' },
              { id: '2', name: 'y', quantity: '-1', unitGross: '1.00', gross: '-1.00' },
            ],
            payments: [{ method: 'bank_transfer', status: 'pending' }],
          })}\n`,
        ),
      ],
      tokens: [
        '"currency":"HUF"',
        '"currency":"EUR"',
        '"country":"DE"',
        '"quantity":"0"',
        '"gross":"-0.01"',
        '"percent":"8"',
        '"category":"E"',
        '"status":"refunded"',
        '"999999999999.99"',
        '"method":"cash_on_delivery"',
        '"discounts":[',
        '"taxIds":[',
      ],
      run: async (bytes) => {
        const { ctx, organizationId } = await world();
        const who = { organizationId, actor: 'fuzz' };
        const sources = [memorySource('x.jsonl', bytes)];
        const options = { kind: 'auto' as const };
        const { report } = await importSources(ctx, who, { connector: 'order-file', sources, options, dryRun: true });
        sane(report, 'report');
        return JSON.stringify(report)
          .replace(/[\d-]{3,}|"(?:message|value|reason|file|name|number)":"[^"]*"/g, '')
          .slice(0, 600);
      },
    },
    {
      name: 'document-content',
      maxBytes: 12_000,
      seeds: () =>
        [sampleContent(), sampleContent({ language: 'pl', currency: 'PLN' })].map((content) => Buffer.from(JSON.stringify(content))),
      tokens: [
        '"kind":"receipt"',
        '"kind":"correction"',
        '"kind":"final"',
        '"taxMethod":"net"',
        '"currency":"EUR"',
        '"roundTo":"0.05"',
        '"roundTo":"0"',
        '"quantity":"0"',
        '"unitPrice":"-1"',
        '"spread":"dominant"',
        '"percent":"0"',
        '"taxTreatment":"export"',
        '"secondLanguage":"hu"',
        '"taxRounding":"line"',
        '"paid":"99"',
        '"kind":"discount"',
      ],
      run: async (bytes) => {
        let value: unknown;
        try {
          value = JSON.parse(bytes.toString('utf8'));
        } catch {
          return 'no json';
        }
        const parsed = documentContentSchema.safeParse(value);
        if (!parsed.success) return `no ${parsed.error.issues[0]?.path.slice(0, 2).join('.')}`;
        const { ctx, organizationId } = await world();
        const { content, findings } = await previewContent(ctx, { organizationId, actor: 'fuzz' }, parsed.data);
        sane(content.totals, 'totals');
        const model = printModel({ content, look: { accent: '#1f4e79' } });
        sane(JSON.parse(JSON.stringify(model)), 'print');
        return `${content.kind} ${content.taxMethod} ${[...new Set(findings.map((f) => f.code))].sort().join()}`;
      },
    },
  );
  // The database is opened before the first input is timed.
  for (const target of all) {
    const { seeds } = target;
    target.seeds = async () => {
      await world();
      return seeds();
    };
  }
  return [...all, backup(openStore)];
}

/** The lines inside are changed and the digest is made right again, so that what comes behind it is reached. */
function backup(openStore: () => Promise<Store>): Target {
  let empty: Promise<Store> | undefined;
  let seed: Promise<Buffer> | undefined;
  const small = async () => {
    const store = await openStore();
    try {
      const ctx = await testContext(store, { work: false });
      await makeOrganization(ctx, 'test', { name: 'Kept', country: 'PL', seller });
      const chunks: Buffer[] = [];
      await writeBackup(
        store,
        new Writable({
          write: (chunk: Buffer, _encoding, done) => {
            chunks.push(chunk);
            done();
          },
        }),
        new Date('2026-11-20T10:00:00Z'),
      );
      return gunzipSync(Buffer.concat(chunks));
    } finally {
      await store.close();
    }
  };
  return {
    name: 'backup',
    heavy: true,
    seeds: async () => {
      seed ??= small();
      return [await seed];
    },
    tokens: ['#end ', '#organization', '#document', '{"id":', 'null', '"migrations":[', '"tables":[', '\n', '"format":2', '0001_spine'],
    ready: async () => {
      empty ??= openStore();
      await empty;
    },
    run: async (bytes) => {
      const store = await empty!;
      const text = bytes.toString('utf8');
      const end = text.lastIndexOf('#end ');
      const body = end > 0 ? text.slice(0, end) : text;
      const rows = body
        .split('\n')
        .slice(1)
        .filter((line) => line !== '' && !line.startsWith('#')).length;
      const whole = `${body}#end ${JSON.stringify({ rows, sha256: createHash('sha256').update(body).digest('hex') })}\n`;
      try {
        await readBackup(store, Readable.from([gzipSync(Buffer.from(whole))]), { lost: true });
      } catch (error) {
        const { name, message } = error as Error;
        if (name === 'BadBackup') return `bad ${message.replace(/[\d"'].*/s, '').slice(0, 60)}`;
        throw error;
      }
      // It fits: the next one needs an empty database again.
      await store.close();
      empty = undefined;
      return 'restored';
    },
    close: async () => {
      await (await empty)?.close();
    },
  };
}
