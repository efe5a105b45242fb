import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { permissions } from '../src/api/permissions.ts';
import type { AnyRoute } from '../src/api/route.ts';
import { routes } from '../src/api/routes/index.ts';
import { setOperator } from '../src/billing/index.ts';
import { buyerLink } from '../src/desk/index.ts';
import type { Store } from '../src/store/index.ts';
import { freshEmbedded } from '../src/testkit/database.ts';
import { access } from './access.ts';
import { type Answer, Browser, invited, owner, program, type Served, serve } from './api-server.ts';
import { archiveEntries } from './archive-entries.ts';
import { furnish, handMade, profile, type Things } from './furnish.ts';

/**
 * The promise: whoever belongs to one organization sees nothing of another and changes nothing there, by any route, with ids of any kind in
 * the address, in the query or in the body; and every role and every scope may exactly what the table in `access.ts` says.
 *
 * Two organizations have one of everything. Each route is called three times: with the other's ids in the address (it is as if they did not
 * exist), with own ids in the address and the other's in what is sent (nothing is told, changed, or kept), and with own ids only, which must
 * find them: otherwise the first two proved nothing.
 */
const key = (spec: AnyRoute) => `${spec.method} ${spec.url}`;

/** Not walked, each with its reason. */
const notWalked: Record<string, string> = {
  'GET /setup': 'before there is any organization',
  'POST /setup': 'before there is any organization',
  'GET /finding-texts': 'words only',
  'POST /organizations': 'makes one, names none',
  'POST /invitations/accept': 'the token is the right; taken by another person it is refused (api.test.ts)',
  'GET /me': 'the caller himself',
  'PATCH /me': 'the caller himself',
  'GET /openapi.json': 'the description',
  'GET /docs': 'the description',
  'GET /docs.css': 'the description',
  'GET /events': 'a stream; other organizations’ changes in it are looked for in security.test.ts',
  'POST /mail-settings/test': 'names nothing; mails by a server of outside',
  ...Object.fromEntries(
    routes
      .filter((one) => one.tag === 'demo')
      .map((one) => [key(one), 'the demo only, which shows one invented mailbox to all; 404 elsewhere']),
  ),
};

/** What the id in an address is, by the words before it. */
const ofAddress: Record<string, string> = {
  '/imports/:id': 'importRun',
  '/import-profiles/:id': 'profile',
  '/orders/:id': 'order',
  '/parties/:id': 'buyer',
  '/documents/:id': 'toIssue',
  '/documents/bulk-edits/:id': 'bulkEdit',
  '/issue-runs/:id': 'issueRun',
  '/series/:id': 'series',
  '/receivables/:id': 'claim',
  '/receivables/actions/:id': 'claimAction',
  '/mail-templates/:id': 'template',
  '/deliveries/:id': 'mail',
  '/connections/:id': 'connection',
  '/transfers/:id': 'transferUnknown',
  '/order-writes/:id': 'orderWrite',
  '/agents/:id': 'agent',
  '/print-rules/:id': 'printRule',
  '/causes/:id': 'cause',
  '/payments/statements/:id': 'statement',
  '/payments/:id': 'payment',
  '/billing/plans/:id': 'plan',
  '/billing/subscriptions/:id': 'subscription',
  '/billing/documents/:id': 'bought',
  '/billing/bills/:id': 'bill',
  '/billing/mandates/:id': 'mandate',
  '/billing/doubles/:id': 'double',
  '/billing/customers/:id': 'organization',
  '/desk/:id': 'request',
  '/books/files/:id': 'batch',
  '/archive/:id': 'archive',
  '/webhooks/:id': 'webhook',
  '/api-keys/:id': 'apiKey',
  '/members/:id': 'user',
  '/invitations/:id': 'invitation',
  '/saved-views/:id': 'view',
};

/** Routes that want the thing in another state, or another thing. */
const wants: Record<string, Record<string, string>> = {
  'GET /documents/:id/pdf': { id: 'issued' },
  'POST /archive/:id/cancel': { id: 'archiveToo' },
  'POST /documents/:id/unmerge': { id: 'issued' },
  'POST /documents/:id/correct': { id: 'issued' },
  'POST /documents/:id/mail': { id: 'issued' },
  'POST /documents/:id/print': { id: 'issued' },
  'POST /documents/:id/transfer': { id: 'issued' },
  'POST /documents/:id/buyer-link': { id: 'issued' },
  'GET /documents/:id/correction-proposal': { id: 'issued' },
  'POST /documents/merge': { ids: 'toIssue,other' },
  'POST /documents/final': { documentId: 'toIssue', prepaymentIds: 'issued' },
  'POST /documents/restore': { ids: 'withdrawn' },
  'POST /documents/mail': { ids: 'issued' },
  'POST /documents/print': { ids: 'issued' },
  'POST /receivables': { connectionId: 'claims', documentId: 'issued' },
  'POST /receivables/adopt': { connectionId: 'claims', documentId: 'issued' },
  'POST /orders/:id/shipments': { id: 'order' },
  'POST /deliveries/:id/print': { id: 'print' },
  'POST /transfers/:id/likeness': { id: 'transferLikely' },
  'PUT /connections/:id/agent': { id: 'folder' },
  'PUT /connections/:id/series': { ids: 'series' },
  'GET /connections/:id/pull': { id: 'channel' },
  'POST /connections/:id/pull': { id: 'channel' },
  'POST /connections/:id/orders/:externalId/read': { id: 'channel' },
  'GET /connections/:id/order-writes': { id: 'channel' },
  'POST /connections/:id/rehearsal': { id: 'channel' },
  'POST /connections/:id/try': { id: 'channel' },
  'GET /connections/:id/mappings': { id: 'infakt' },
  'PUT /connections/:id/mappings': { id: 'infakt' },
  'POST /agents/:id/confirm': { id: 'agentNew' },
  'POST /agents/:id/revoke': { id: 'agentNew' },
  'DELETE /agents/:id': { id: 'agentGone' },
  'POST /print-rules/order': { ids: 'printRule' },
  'POST /payments/:id/undo': { id: 'booked' },
  'POST /payments/:id/take-back': { id: 'aside' },
  'POST /payments/:id/book': { documentId: 'issued' },
  'POST /backfill': { connectionId: 'channel' },
  'POST /backfill/plan': { connectionId: 'channel' },
  'POST /billing/subscriptions': { connectionId: 'channel', planId: 'planToo' },
  'POST /billing/subscriptions/:id/plan': { planId: 'planToo' },
  'POST /books/files': { ids: 'issued', connectionId: 'folder' },
};

const ofField: Record<string, string> = {
  seriesId: 'series',
  templateId: 'template',
  profileId: 'profile',
  connectionId: 'connection',
  uploadIds: 'upload',
  uploadId: 'upload',
  orderId: 'order',
  documentId: 'issued',
  correctsId: 'issued',
  importId: 'importRun',
  ids: 'toIssue',
  agentId: 'agent',
  logoFileId: 'upload',
  statement: 'statement',
  planId: 'plan',
  prepaymentIds: 'issued',
  entityId: 'toIssue',
};

/** Queries that their description does not say enough of. */
const asked: Record<string, string> = { 'GET /companies': '?country=PL&taxId=9991002009' };

/** What the route wants beyond what its description says. */
const said: Record<string, Record<string, unknown>> = {
  'POST /documents': { content: handMade() },
  'POST /documents/preview': { content: handMade() },
  'POST /documents/preview.pdf': { content: handMade() },
  'POST /documents/:id/correct': { reason: 'x', reasonCode: 'other', cancel: true },
  'POST /documents/:id/split': { lines: [{ lineId: '1', quantity: '1' }] },
  'PATCH /documents/:id': { set: { 'buyer.name': 'N' } },
  'POST /receivables/:id/actions': { action: { verb: 'send', part: 1, by: 'email' }, dryRun: true },
  'POST /connections': { connector: 'szamlazz', name: 'New', secrets: { agentKey: 'x'.repeat(42) } },
  'PATCH /connections/:id': { name: 'Renamed' },
  'POST /connections/:id/try': { setting: 'documentField' },
  'PUT /connections/:id/mappings': { values: {} },
  'PUT /books/profile': { taxOffice: '1471', email: 'a@shop.example' },
  'POST /webhooks': { url: 'https://example.org/new', events: ['document.issued'] },
  'PATCH /webhooks/:id': { active: false },
  'POST /billing/plans': { name: 'P', currency: 'PLN', terms: { interval: 'month', price: '1.00' } },
  'PUT /billing/plans/:id': { name: 'P', currency: 'PLN', terms: { interval: 'month', price: '1.00' } },
  'POST /import-profiles': { name: 'P', profile },
  'POST /imports/preview': { profile },
  'POST /series': { name: 'S', kind: 'receipt', pattern: 'S/{n}', reset: 'yearly' },
  'PATCH /series/:id': { name: 'Renamed' },
  'PATCH /organization': { name: 'Renamed' },
  'PUT /mail-settings': { host: '127.0.0.1', port: 9, security: 'none', fromAddress: 'a@shop.example' },
  'POST /mail-templates/test': { subject: 'S', body: 'B', kind: 'invoice', language: 'pl', to: 'a@shop.example' },
  'POST /mail-templates/preview': { subject: 'S', body: 'B', kind: 'invoice', language: 'pl' },
};

const dayFromNow = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const day = dayFromNow(0);
const inAddress: Record<string, string> = { ':list': 'series', ':seq': '1', ':plugin': 'subiekt', ':externalId': 'A-1', ':index': '0' };

type Schema = { [name: string]: unknown };

/** A value of the schema with what must be there and with every field that names a thing; `id` says which. */
function sample(schema: Schema, root: Schema, id: (name: string) => unknown, name = '', about = ''): unknown {
  if (schema.$ref) return sample((root.$defs as Record<string, Schema>)[String(schema.$ref).split('/').pop()!]!, root, id, name, about);
  const choice = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined;
  if (choice) return sample(choice[0]!, root, id, name, about);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return (schema.enum as unknown[])[0];
  if (schema.type === 'object') {
    const made: Record<string, unknown> = {};
    for (const [field, inner] of Object.entries((schema.properties ?? {}) as Record<string, Schema>)) {
      const needed = ((schema.required as string[] | undefined) ?? []).includes(field);
      if (needed || (names(inner, root) && !avoided.has(`${about} ${field}`))) made[field] = sample(inner, root, id, field, about);
    }
    return made;
  }
  if (schema.type === 'array') {
    const one = sample(schema.items as Schema, root, id, name, about);
    return Array.isArray(one) ? one : [one];
  }
  if (schema.format === 'uuid') return id(name);
  if (schema.format === 'email') return 'somebody@shop.example';
  if (schema.format === 'uri') return 'https://example.org/x';
  if (schema.format === 'date-time') return `${day}T10:00:00Z`;
  const pattern = String(schema.pattern ?? '');
  if (pattern.includes('(0[1-9]')) return day.slice(0, 7);
  if (pattern.includes('\\d{4}-')) return name === 'from' ? dayFromNow(-1) : name === 'to' || name === 'until' ? dayFromNow(1) : day;
  if (pattern.startsWith('^[A-Z]{2}')) return 'PL';
  if (pattern.startsWith('^[A-Z]{3}')) return 'PLN';
  if (schema.type === 'integer' || schema.type === 'number') return Math.max(1, Number(schema.minimum ?? 1));
  if (schema.type === 'boolean') return true;
  return '1';
}

/** Tried by hand below, or the other of two fields of which one may be said. */
const avoided = new Set(['PATCH /organization look', 'POST /documents/print selection']);

function names(schema: Schema, root: Schema, depth = 0): boolean {
  if (depth > 8) return false;
  if (schema.$ref) return names((root.$defs as Record<string, Schema>)[String(schema.$ref).split('/').pop()!]!, root, depth + 1);
  if (schema.format === 'uuid') return true;
  const inner = [
    ...Object.values((schema.properties ?? {}) as Record<string, Schema>),
    ...(schema.items ? [schema.items as Schema] : []),
    ...((schema.anyOf ?? schema.oneOf ?? []) as Schema[]),
  ];
  return inner.some((one) => names(one, root, depth + 1));
}

const described = (schema: z.ZodType): Schema => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;

function form(field: string, name: string, bytes: string, options?: unknown): FormData {
  const data = new FormData();
  if (options) data.append('options', JSON.stringify(options));
  data.append(field, new Blob([bytes]), name);
  return data;
}

/** Bodies that are files. */
const uploads: Record<string, (of: (name: string) => string | undefined) => FormData> = {
  'POST /imports': (of) =>
    form('files', 'x.csv', 'a;b\n1;2\n', {
      kind: 'auto',
      seriesId: of('series'),
      templateId: of('template'),
      profileId: of('profile'),
      connectionId: of('channel'),
    }),
  'POST /imports/inspect': () => form('files', 'x.csv', 'a;b\n1;2\n'),
  'PUT /organization/logo': () =>
    form('file', 'logo.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'),
  'POST /payments/statements': () => form('file', 'x.sta', ':20:S\r\n:25:PL1\r\n-\r\n'),
};

/** The operator's own: to everybody else as if there were none. */
const operators = new Set([
  'GET /billing/plans',
  'POST /billing/plans',
  'PUT /billing/plans/:id',
  'GET /billing/overview',
  'POST /billing/customers/:id/standing',
]);

type Way = { address: Things; sent: Things };

/** The call of a route; undefined when there is nothing in it that names a thing, as far as asked. */
function callOf(spec: AnyRoute, way: Way): { address: string; body: unknown; namesInAddress: boolean; namesInSent: boolean } {
  const wanted = wants[key(spec)] ?? {};
  let namesInAddress = false;
  let namesInSent = false;
  let address = spec.url;
  if (address.includes(':id')) {
    const prefix = Object.keys(ofAddress)
      .filter((one) => address.startsWith(one))
      .sort((a, b) => b.length - a.length)[0];
    const name = wanted.id ?? (prefix && ofAddress[prefix]);
    const id = name && way.address[name];
    if (!id) throw new Error(`${key(spec)}: say in ofAddress or wants what its id is`);
    address = address.replace(':id', id);
    namesInAddress = true;
  }
  if (address.includes(':token')) {
    address = address.replace(':token', way.address.buyerToken!);
    namesInAddress = true;
  }
  for (const [name, value] of Object.entries(inAddress)) address = address.replace(name, value);
  if (/\/:/.test(address)) throw new Error(`${key(spec)}: say in inAddress what stands for the rest of its address`);
  const idOf = (field: string) => {
    const name = wanted[field] ?? ofField[field];
    if (!name) throw new Error(`${key(spec)}: say in ofField or wants what ${field} is`);
    namesInSent = true;
    const ids = name.split(',').map((one) => way.sent[one] ?? '');
    return ids.length > 1 ? ids : ids[0];
  };
  if (spec.query) {
    const schema = described(spec.query);
    const query = new URLSearchParams();
    for (const [field, inner] of Object.entries((schema.properties ?? {}) as Record<string, Schema>)) {
      const isId = inner.format === 'uuid' || (field === 'ids' && spec.url.startsWith('/documents')) || field === 'entityId';
      if (isId) query.set(field, String(idOf(field)));
      else if (((schema.required as string[] | undefined) ?? []).includes(field))
        query.set(field, String(sample(inner, schema, idOf, field)));
    }
    if (key(spec) in asked) address = `${address}${asked[key(spec)]}`;
    else if (query.size > 0) address = `${address}?${query}`;
  }
  const upload = uploads[key(spec)];
  const body = upload
    ? upload((name) => {
        namesInSent = true;
        return way.sent[name];
      })
    : spec.body
      ? { ...(sample(described(spec.body), described(spec.body), idOf, '', key(spec)) as object), ...said[key(spec)] }
      : undefined;
  return { address, body: spec.method === 'GET' ? undefined : (body ?? {}), namesInAddress, namesInSent };
}

/** Where an id of another may stay, with the reason. */
const keeps: Record<string, string> = {
  'POST /documents/issue issue_run (toIssue)': 'a run keeps what it was asked for; each id that is none of ours is refused by it',
};

/** What an answer shows, archives opened. */
async function shown(answer: Answer): Promise<string> {
  if (!Buffer.isBuffer(answer.body) || answer.body.subarray(0, 2).toString('latin1') !== 'PK') return answer.text;
  const entries = await archiveEntries(answer.body);
  return entries.map(({ name, bytes }) => `${name}\n${bytes.toString('utf8')}`).join('\n');
}

describe('walls', () => {
  let store: Store;
  let served: Served;
  let olga: Browser;
  let stranger: Browser;
  let operator: Browser;
  const marks = { ours: 'KanarekOurs', theirs: 'KanarekTheirs', operators: 'KanarekOperators' };
  const ids = { ours: '', theirs: '', operators: '' };
  let ours: Things;
  let theirs: Things;
  let operated: Things;
  let keyOfStranger: ReturnType<typeof program>;

  beforeAll(async () => {
    store = await freshEmbedded();
    served = await serve(store, { idle: true });
    const { ctx } = served.running.opened;
    olga = await owner(served.url);
    ids.ours = olga.organization!;
    const organization = async (name: string) => {
      const made = await olga.post('/organizations', {
        name,
        country: 'PL',
        taxId: '9991002009',
        defaultVatRate: '23',
        seller: shopSeller,
      });
      expect(made.status, made.text).toBe(201);
      const there = new Browser(served.url, made.body.organizationId);
      for (const [name, value] of olga.cookies) there.cookies.set(name, value);
      return there;
    };
    const shopSeller = { street: 'ul. Prosta 1', postalCode: '00-001', city: 'Warszawa' };
    const second = await organization(marks.theirs);
    operator = await organization(marks.operators);
    ids.theirs = second.organization!;
    ids.operators = operator.organization!;
    await olga.send('PATCH', '/organization', { name: marks.ours });
    await setOperator(ctx, 'test', ids.operators);
    // Somebody who belongs to the second organization only.
    stranger = await invited(second, 'stranger@other.example', 'owner');
    const userOf = async (browser: Browser) => (await browser.get('/me')).body.user.id as string;
    const petra = await invited(olga, 'petra@shop.example', 'bookkeeper');
    const piotr = await invited(second, 'piotr@other.example', 'bookkeeper');
    const by = { operatorId: ids.operators };
    const sold = await furnish(ctx, ids.operators, marks.operators, { ...by, userId: await userOf(olga) });
    operated = { plan: sold.plan!, planToo: sold.planToo! };
    ours = {
      ...(await furnish(ctx, ids.ours, marks.ours, { ...by, userId: await userOf(petra), boughtBy: sold.issuedOrder })),
      organization: ids.ours,
      bought: sold.issued!,
    };
    theirs = {
      ...(await furnish(ctx, ids.theirs, marks.theirs, { ...by, userId: await userOf(piotr), boughtBy: sold.issuedOrderToo })),
      organization: ids.theirs,
      bought: sold.issuedToo!,
    };
    // A saved view is the person's own: both have one of theirs.
    const strangerId = await userOf(stranger);
    await store.db.updateTable('saved_view').set({ user_id: strangerId }).where('id', '=', theirs.view!).execute();
    for (const [things, organizationId] of [
      [ours, ids.ours],
      [theirs, ids.theirs],
    ] as const)
      things.buyerToken = new URL(buyerLink(ctx, { organizationId, documentId: things.issued! })).pathname.split('/').pop()!;
    keyOfStranger = program(
      served.url,
      (await stranger.post('/api-keys', { name: 'all', scopes: ['read', 'write', 'issue', 'admin'] })).body.key,
    );
  }, 120_000);
  afterAll(async () => {
    await served?.stop();
    await store?.close();
  });

  let tables: string[];
  /** Every row of the others: of the first organization, and of the operator about it; plans are for all. */
  async function rowsOfOthers(): Promise<Record<string, string>> {
    tables ??= (
      await sql<{
        name: string;
      }>`select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id'
        where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by 1`.execute(store.db)
    ).rows.map((row) => row.name);
    const one = (
      name: string,
    ) => sql`select ${sql.lit(name)} as name, md5(coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '')) as sum
      from ${sql.table(name)} t where organization_id = ${ids.ours} or (organization_id = ${ids.operators} and (t::text like ${`%${ids.ours}%`} or ${name === 'plan'}))`;
    const { rows } = await sql<{ name: string; sum: string }>`${sql.join(tables.map(one), sql` union all `)}`.execute(store.db);
    return Object.fromEntries(rows.map((row) => [row.name, row.sum]));
  }
  let before: Record<string, string>;
  async function nothingChanged(what: string): Promise<void> {
    before ??= await rowsOfOthers();
    const now = await rowsOfOthers();
    const changed = Object.keys(now).filter((name) => now[name] !== before[name]);
    before = now;
    expect(changed, `${what} changed rows of another organization`).toEqual([]);
  }
  const operatorsThings = new Set(['bought', 'plan', 'planToo']);
  async function nothingLeaked(what: string, answer: Answer, asked: string): Promise<void> {
    const text = await shown(answer);
    expect(text, `${what} told of another organization`).not.toContain(marks.ours);
    for (const [name, id] of Object.entries(ours))
      if (!asked.includes(id) && !operatorsThings.has(name))
        expect(text.includes(id), `${what} told the id of another's ${name}`).toBe(false);
  }

  /** What an answer says; of a failure, what the log says. */
  const why = (answer: Answer) =>
    answer.status >= 500
      ? JSON.stringify(served.logs.filter((line) => line.level === 'error').at(-1)?.fields).slice(0, 600)
      : answer.text.slice(0, 300);

  const walked = routes.filter((spec) => !(key(spec) in notWalked));

  test('both have one of everything, and every table has rows of both', async () => {
    await rowsOfOthers();
    const empty: string[] = [];
    for (const name of tables)
      for (const organizationId of [ids.ours, ids.theirs]) {
        const about = (
          await sql<{ n: bigint }>`select count(*) as n from ${sql.table(name)} t where t::text like ${`%${organizationId}%`}`.execute(
            store.db,
          )
        ).rows[0]!.n;
        if (about === 0n) empty.push(name);
      }
    // Plans are the operator's, for all.
    expect([...new Set(empty)]).toEqual(['plan']);
  });

  test('with the other’s ids in the address: as if they did not exist', async () => {
    const wrong: string[] = [];
    await nothingChanged('furnishing');
    for (const spec of walked) {
      const { address, body, namesInAddress } = callOf(spec, { address: ours, sent: theirs });
      if (!namesInAddress || spec.needs === 'public') continue;
      const asked = `${address} ${JSON.stringify(body)}`;
      const answer = await stranger.send(spec.method, address, body);
      if (![403, 404].includes(answer.status)) wrong.push(`${key(spec)} ${answer.status} ${answer.text.slice(0, 160)}`);
      await nothingLeaked(key(spec), answer, asked);
      if (spec.method !== 'GET') await nothingChanged(key(spec));
      // Naming the other organization does not help, whoever asks.
      const named = { 'x-organization': ids.ours };
      for (const refused of [
        await stranger.send(spec.method, address, body, named),
        await keyOfStranger(spec.method, address, body, named),
      ])
        if (refused.status !== 403) wrong.push(`${key(spec)} with the organization named: ${refused.status}`);
    }
    await nothingChanged('naming the organization');
    expect(wrong).toEqual([]);
  }, 120_000);

  test('lists and sheets show the own things only', async () => {
    for (const spec of walked.filter((one) => one.method === 'GET' && !one.url.includes(':'))) {
      const { address } = callOf(spec, { address: theirs, sent: theirs });
      for (const url of [address.split('?')[0]!, address]) await nothingLeaked(key(spec), await stranger.get(url), '');
    }
  }, 60_000);

  test('with own ids in the address and the other’s in what is sent: nothing is told, changed, or kept', async () => {
    const wrong: string[] = [];
    const tries = walked.map((spec) => ({ spec, ...callOf(spec, { address: theirs, sent: ours }) })).filter((one) => one.namesInSent);
    const more = (method: string, url: string, address: string, body: unknown) => {
      const spec = walked.find((one) => one.method === method && one.url === url)!;
      tries.push({ spec, address, body, namesInAddress: true, namesInSent: true });
    };
    // Ids that the description calls texts.
    const { correction: _, ...content } = handMade();
    for (const planted of [
      {
        correction: {
          correctsId: ours.issued,
          number: '1',
          issueDate: day,
          before: { lines: content.lines, totals: content.totals, buyer: content.buyer },
          reason: 'x',
          reasonCode: 'other',
          difference: content.totals,
        },
      },
      { prepayments: [{ documentId: ours.issued, number: '1', issueDate: day, gross: '1.00', byRate: [] }] },
      { proforma: { documentId: ours.issued, number: '1' } },
      { message: { templateId: ours.template } },
    ])
      more('POST', '/documents', '/documents', { content: { ...content, ...planted } });
    for (const set of [
      { 'message.templateId': ours.template },
      { 'correction.correctsId': ours.issued },
      { 'proforma.documentId': ours.issued },
      { 'order.externalId': ours.order },
    ])
      more('PATCH', '/documents/:id', `/documents/${theirs.toIssue}`, { set });
    more('PATCH', '/organization', '/organization', { look: { logoFileId: ours.upload } });
    for (const { spec, address, body } of tries) {
      const asked = `${address} ${body instanceof FormData ? String(body.get('options')) : JSON.stringify(body)}`;
      const answer = await stranger.send(spec.method, address, body);
      if (answer.status >= 500) wrong.push(`${key(spec)} ${answer.status} ${why(answer)}`);
      await nothingLeaked(key(spec), answer, asked);
      await nothingChanged(key(spec));
      for (const where of await keptOf(asked))
        if (!(`${key(spec)} ${where}` in keeps))
          wrong.push(`${key(spec)} ${answer.status} kept the other's id in ${where}: ${asked.slice(-300)}`);
    }
    expect(wrong).toEqual([]);
    expect(tries.length).toBeGreaterThan(40);
  }, 120_000);

  /** Tables of which more rows of the second organization than before name a thing of the first that was asked for. */
  async function keptOf(asked: string): Promise<string[]> {
    const found: string[] = [];
    for (const [name, id] of Object.entries(ours)) {
      if (!asked.includes(id) || name === 'bought' || name === 'organization') continue;
      const one = (table: string) =>
        sql`select ${sql.lit(table)} as name, count(*)::int as n from ${sql.table(table)} t where organization_id = ${ids.theirs} and t::text like ${`%${id}%`}`;
      const { rows } = await sql<{ name: string; n: number }>`${sql.join(tables.map(one), sql` union all `)}`.execute(store.db);
      for (const row of rows) {
        if (row.n > (kept.get(`${row.name} ${id}`) ?? 0)) found.push(`${row.name} (${name})`);
        kept.set(`${row.name} ${id}`, row.n);
      }
    }
    return found;
  }
  const kept = new Map<string, number>();

  test('a buyer’s link opens its own document only', async () => {
    const { ctx } = served.running.opened;
    const mixed = new URL(buyerLink(ctx, { organizationId: ids.theirs, documentId: ours.issued! })).pathname.split('/').pop()!;
    for (const [method, url, body] of [
      ['GET', `/buyer/${mixed}`, undefined],
      ['GET', `/buyer/${mixed}/pdf`, undefined],
      ['POST', `/buyer/${mixed}/requests`, { kind: 'again' }],
    ] as const) {
      const answer = await new Browser(served.url).send(method, url, body);
      expect(answer.status, url).toBe(404);
      await nothingLeaked(url, answer, url);
    }
    await nothingChanged('a link of mixed origin');
  });

  test('with own ids only: every thing is found, so that the walk proves something', async () => {
    const rank = (spec: AnyRoute) =>
      spec.method === 'DELETE' ? 3 : key(spec) === 'GET /organization/logo' ? 2 : spec.method === 'GET' ? 0 : 1;
    const lost: string[] = [];
    const find = async (who: Browser, spec: AnyRoute, own: Things) => {
      const { address, body } = callOf(spec, { address: own, sent: own });
      const answer = await who.send(spec.method, address, body);
      if ([400, 401, 403, 404, 500].includes(answer.status)) lost.push(`${key(spec)} ${answer.status} ${why(answer)}`);
    };
    const inOrder = [...walked].sort((a, b) => rank(a) - rank(b));
    for (const spec of inOrder) if (!operators.has(key(spec))) await find(stranger, spec, theirs);
    await nothingChanged('the second organization’s own work');
    for (const spec of inOrder) if (operators.has(key(spec))) await find(operator, spec, { ...theirs, ...operated });
    expect(lost).toEqual([]);
  }, 120_000);

  test('each role and each scope may what the table says, by every route', async () => {
    expect(Object.keys(access).sort()).toEqual(routes.map(key).sort());
    const people: Record<string, Browser> = { o: olga };
    for (const role of ['bookkeeper', 'warehouse', 'reader']) people[role[0]!] = await invited(olga, `${role}@shop.example`, role);
    const keys: Record<string, ReturnType<typeof program>> = {};
    for (const scope of ['read', 'write', 'issue', 'admin'])
      keys[scope[0]!.toUpperCase()] = program(served.url, (await olga.post('/api-keys', { name: scope, scopes: [scope] })).body.key);
    const none = '00000000-0000-7000-8000-000000000000';
    const wrong: string[] = [];
    for (const spec of routes) {
      const allowed = access[key(spec)]!;
      if (spec.url === '/events') continue;
      let address = spec.url.replace(':id', none).replace(':token', 'x'.repeat(60));
      for (const [name, value] of Object.entries(inAddress)) address = address.replace(name, value);
      address += asked[key(spec)] ?? '';
      const nobody = await new Browser(served.url, ids.ours).send(spec.method, address, spec.method === 'GET' ? undefined : {});
      if (allowed === 'public' && !(key(spec) in knocks) ? nobody.status === 401 : nobody.status !== 401)
        wrong.push(`${key(spec)} nobody ${nobody.status}`);
      if (allowed === 'public') continue;
      for (const [letter, call] of [
        ...Object.entries(people).map(([l, b]) => [l, (m: string, a: string, body: unknown) => b.send(m, a, body)] as const),
        ...Object.entries(keys),
      ]) {
        const may = allowed.includes(letter);
        // What an owner may with an empty body would be done; that it is refused to others is the point here.
        if (may && changesByNothing.has(key(spec))) continue;
        // Lists and sheets are made in earnest for one of those who may.
        if (may && spec.method === 'GET' && !spec.url.includes(':') && letter !== 'r' && letter !== 'b') continue;
        const answer = await call(spec.method, address, spec.method === 'GET' ? undefined : {});
        const refused = answer.status === 403 && ['not-allowed', 'person-needed'].includes(answer.body.code);
        if (may === refused || answer.status === 401) wrong.push(`${key(spec)} ${letter} ${answer.status} ${answer.body.code}`);
      }
    }
    expect(wrong).toEqual([]);
    for (const needs of Object.keys(permissions)) expect(routes.some((spec) => spec.needs === needs)).toBe(true);
  }, 120_000);

  /** Public by its description, and asks for a signed-in person itself. */
  const knocks: Record<string, string> = { 'GET /companies': 'without one only before the installation has anybody' };

  /** Done by an empty body; the walk above did them already. */
  const changesByNothing = new Set(['DELETE /organization/logo', 'POST /agents/codes', 'POST /backfill/plan']);
});
