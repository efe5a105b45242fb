import type { FastifyInstance } from 'fastify';
import type { AnyRoute } from '../src/api/route.ts';
import { setOperator } from '../src/billing/index.ts';
import type { Manifest } from '../src/contract/manifest.ts';
import { buyerLink } from '../src/desk/index.ts';
import type { Store } from '../src/store/index.ts';
import { owner, type Served, serve } from './api-server.ts';
import { callOf, described, key, notWalked, type Schema, sample } from './calls.ts';
import { furnish, type Things } from './furnish.ts';

/**
 * What somebody who may call everything sends instead of what is asked for: each field of each route's description, the query and the
 * address included, with values that no form would send. Made from the descriptions, so that a new field is attacked the day it is there.
 */
type HostileCall = { route: string; method: string; address: string; what: string; body?: unknown; raw?: string; type?: string };

const deep = (levels: number): unknown => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);
const nowhere = '00000000-0000-7000-8000-000000000000';
const long = 'x'.repeat(70_000);

const wrong: unknown[] = [null, [], {}, '', 0, -1, true, [null], [[]], deep(60), { constructor: { prototype: { a: 1 } } }];
const texts = [
  '\u0000',
  'a\u0000b',
  '\ud800',
  'a\udfffb',
  long,
  '__proto__',
  'constructor',
  'toString',
  "'; drop table document; --",
  '{{ 1 | divided_by: 0 }}{% if',
  'a\r\nBcc: evil@example.com',
  '../../etc/passwd',
  '%00%ff%',
  '\\',
  '(a+)+$',
  ' ',
  '\u202e\ufeff\u200b',
  '9'.repeat(400),
  '-1e999',
  'NaN',
  '1e400',
  '0.'.padEnd(60, '1'),
  '٣',
  '2026-02-31',
  'http://169.254.169.254/',
  'javascript:alert(1)',
  'file:///etc/passwd',
  '😀'.repeat(300),
];
const numbers = [
  -1,
  0,
  0.5,
  -0.000001,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 53,
  2 ** 63,
  1e21,
  1e308,
  Number.MIN_VALUE,
  Number.MAX_SAFE_INTEGER,
  '1e1000',
  '1',
];
const days = [
  '2026-02-31',
  '0000-00-00',
  '0000-01-01',
  '0001-01-01',
  '9999-12-31',
  '2026-13-01',
  '2026-1-1',
  '2026-02-29',
  '1900-01-01',
  '\u0000',
  '275760-09-13',
];
const instants = [
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999Z',
  '2026-02-30T10:00:00Z',
  '2026-11-20T24:00:00Z',
  '+275760-09-13T00:00:00Z',
  '2026-11-20T10:00:00+23:59',
  '\u0000',
];
const keys = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  ' ',
  '\u0000',
  '\ud800',
  'x'.repeat(5000),
  "a'b",
  'a.b',
  '$',
  '0',
];

type Place = { path: (string | number)[]; schema: Schema };

/** Every place of a description, arrays by their first element, records by one key. */
function* placesOf(schema: Schema, root: Schema, path: (string | number)[] = [], depth = 0): Generator<Place> {
  if (depth > 7) return;
  const to = resolve(schema, root);
  if (path.length > 0) yield { path, schema: to };
  for (const one of (to.anyOf ?? to.oneOf ?? to.allOf ?? []) as Schema[]) yield* inside(one, root, path, depth);
  yield* inside(to, root, path, depth);
}

function* inside(schema: Schema, root: Schema, path: (string | number)[], depth: number): Generator<Place> {
  const to = resolve(schema, root);
  for (const [field, inner] of Object.entries((to.properties ?? {}) as Record<string, Schema>))
    yield* placesOf(inner, root, [...path, field], depth + 1);
  if (to.items && typeof to.items === 'object') yield* placesOf(to.items as Schema, root, [...path, 0], depth + 1);
  if (to.additionalProperties && typeof to.additionalProperties === 'object')
    yield* placesOf(to.additionalProperties as Schema, root, [...path, 'k'], depth + 1);
}

function resolve(schema: Schema, root: Schema): Schema {
  return schema.$ref ? (root.$defs as Record<string, Schema>)[String(schema.$ref).split('/').pop()!]! : schema;
}

/** Values for a place, by what its description says that it is. */
function valuesFor({ schema }: Place): unknown[] {
  const kinds = [schema, ...((schema.anyOf ?? schema.oneOf ?? []) as Schema[])];
  const has = (type: string) => kinds.some((one) => one.type === type);
  const values: unknown[] = [];
  if (kinds.some((one) => one.format === 'uuid')) values.push(nowhere, 'x', '\u0000');
  else if (kinds.some((one) => one.enum || one.const !== undefined)) values.push('constructor', '\u0000');
  else if (kinds.some((one) => String(one.pattern ?? '').includes('\\d{4}-') || one.format === 'date')) values.push(...days);
  else if (kinds.some((one) => one.format === 'date-time')) values.push(...instants);
  else if (has('string')) values.push(...texts);
  if (has('integer') || has('number')) values.push(...numbers);
  if (has('array')) values.push([], [null], Array(3000).fill('x'), [[]]);
  if (kinds.some((one) => one.additionalProperties)) for (const name of keys) values.push(JSON.parse(`{${JSON.stringify(name)}:"x"}`));
  const open = !schema.type && !schema.anyOf && !schema.oneOf && !schema.enum && schema.const === undefined;
  values.push(...(open ? [...wrong, ...texts, ...numbers] : [null, {}, [], '', true, -1]));
  return values;
}

/** The value with another at a place; parents that are not there are made as the description says. */
function withAt(
  value: unknown,
  schema: Schema,
  root: Schema,
  path: (string | number)[],
  to: unknown,
  id: (name: string) => string,
): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return to;
  const here = resolve(schema, root);
  const branches = [here, ...((here.anyOf ?? here.oneOf ?? here.allOf ?? []) as Schema[]).map((one) => resolve(one, root))];
  const branch = branches.find((one) =>
    first === 0
      ? one.items
      : (one.properties as Schema | undefined)?.[first] || (first === 'k' && typeof one.additionalProperties === 'object'),
  );
  const inner = (
    first === 0 ? branch?.items : ((branch?.properties as Schema | undefined)?.[first] ?? branch?.additionalProperties)
  ) as Schema;
  const fits = first === 0 ? Array.isArray(value) : value !== null && typeof value === 'object' && !Array.isArray(value);
  const base = fits ? value : branch ? sample(branch, root, id) : {};
  if (first === 0) return [withAt((base as unknown[])[0], inner, root, rest, to, id), ...(base as unknown[]).slice(1)];
  return { ...(base as object), [first]: withAt((base as Record<string, unknown>)[first], inner, root, rest, to, id) };
}

const asQuery = (value: unknown): string =>
  typeof value === 'string'
    ? encodeURIComponent(value.toWellFormed())
    : typeof value === 'object'
      ? encodeURIComponent(JSON.stringify(value))
      : String(value);

const segments = ['%00', 'x', nowhere, '..%2f..', '%ff', '%F0%9F%98%80', 'x'.repeat(480), "'", '%E2%80%AE', '1e9', '-1', '%5c', '*'];

/** All hostile calls of a route, over a good one with own ids. */
export function* hostileCallsOf(spec: AnyRoute, own: Things): Generator<HostileCall> {
  const way = { address: own, sent: own };
  const good = callOf(spec, way);
  const call = (what: string, more: Partial<HostileCall>): HostileCall => ({
    route: key(spec),
    method: spec.method,
    address: good.address,
    what,
    ...(good.body instanceof FormData || spec.method === 'GET' ? {} : { body: good.body }),
    ...more,
  });
  yield call('good', {});
  const [goodPath = '', goodQuery] = good.address.split('?');
  for (const [place, name] of spec.url.split('/').entries()) {
    if (!name.startsWith(':')) continue;
    for (const segment of segments) {
      const address = goodPath.split('/').with(place, segment).join('/');
      yield call(`${name}=${segment.slice(0, 20)}`, { address: goodQuery ? `${address}?${goodQuery}` : address });
    }
  }
  if (spec.query) {
    const schema = described(spec.query);
    const path = goodPath;
    const given = goodQuery ? `?${goodQuery}` : '';
    for (const place of placesOf(schema, schema))
      for (const value of valuesFor(place)) {
        const query = new URLSearchParams(given);
        query.delete(String(place.path[0]));
        const text = asQuery(value);
        if (text.length > 12_000) continue;
        yield call(`?${place.path[0]}=${text.slice(0, 60)}`, { address: `${path}?${query}&${place.path[0]}=${text}` });
      }
    const [first] = Object.keys((schema.properties ?? {}) as object);
    for (const more of [`${first}=a&${first}=b`, `${first}[]=a`, `${first}[__proto__]=a`, 'constructor=x', '__proto__=x', '%00=%00'])
      yield call(`?${more}`, { address: `${path}${given ? `${given}&` : '?'}${more}` });
  }
  if (spec.method === 'GET') return;
  if (good.body instanceof FormData) {
    yield* hostileForms(call);
    return;
  }
  for (const raw of ['', 'null', '[]', '"x"', '1', '{', '{"a":1}}', '\u0000', `[${'0,'.repeat(50_000)}0]`, '{"__proto__":{"x":1}}'])
    yield call(`raw ${raw.slice(0, 20)}`, { raw, type: 'application/json' });
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-7',
    'x',
  ])
    yield call(`as ${type}`, { raw: JSON.stringify(good.body ?? {}), type });
  if (!spec.body) return;
  const schema = described(spec.body);
  const id = () => nowhere;
  for (const place of placesOf(schema, schema))
    for (const value of valuesFor(place)) {
      const body = withAt(good.body, schema, schema, place.path, value, id);
      yield call(`${place.path.join('.')} = ${shown(value)}`, { body });
    }
}

const edge = '----edge';
const part = (head: string, content: string) => `--${edge}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${content}\r\n`;
const end = `--${edge}--\r\n`;

/** Forms whose parts lie, lack or do not end. */
export function* hostileForms(call: (what: string, more: Partial<HostileCall>) => HostileCall): Generator<HostileCall> {
  const type = `multipart/form-data; boundary=${edge}`;
  const options = [
    'null',
    '[]',
    '{',
    '"x"',
    '{"kind":"\\u0000"}',
    '{"__proto__":{}}',
    JSON.stringify(deep(60)),
    '{"kind":{"a":1}}',
    '1e999',
  ];
  const names = ['', '\u0000', '../../x', 'a"; x="b', 'x'.repeat(3000), 'x.zip', 'x.xml', 'x.csv', '.', 'CON', '\ud83d', 'x.csv\r\nX: y'];
  const contents = [
    '',
    '\u0000',
    'PK\u0003\u0004',
    '<?xml version="1.0"?>',
    '<a>',
    '\u00ff\u00fe',
    '{}',
    '[]',
    ':20:X',
    'a;b\n',
    '%PDF-1.7',
    '<svg/>',
  ];
  for (const text of options)
    yield call(`options ${text.slice(0, 30)}`, {
      raw: `${part('name="options"', text)}${part('name="files"; filename="x.csv"', 'a;b\n1;2\n')}${end}`,
      type,
    });
  for (const field of ['files', 'file', '__proto__', 'constructor', ''])
    for (const name of names)
      yield call(`${field} named ${name.slice(0, 20)}`, {
        raw: `${part(`name="${field}"; filename="${name}"`, 'a;b\n1;2\n')}${end}`,
        type,
      });
  for (const field of ['files', 'file'])
    for (const content of contents)
      for (const name of ['x.csv', 'x.xml', 'x.zip', 'x.json', 'x.sta', 'x.svg', 'x.png'])
        yield call(`${name} of ${JSON.stringify(content)}`, { raw: `${part(`name="${field}"; filename="${name}"`, content)}${end}`, type });
  for (const raw of [
    '',
    end,
    `--${edge}`,
    `--${edge}\r\n`,
    `--${edge}\r\n\r\n\r\n${end}`,
    part('name="files"; filename="x"', 'no end'),
    '\u0000',
  ])
    yield call(`form ${JSON.stringify(raw.slice(0, 40))}`, { raw, type });
  yield call('many parts', { raw: part('name="a"', 'x').repeat(300) + end, type });
  yield call('no boundary', { raw: end, type: 'multipart/form-data' });
  yield call('json', { raw: '{}', type: 'application/json' });
}

/** A filled form of each connector, and each field of it with values that no form would send. */
export function* hostileSettings(connectors: Iterable<{ manifest: Manifest }>): Generator<HostileCall> {
  for (const { manifest } of connectors) {
    const settings: Record<string, unknown> = {};
    const secrets: Record<string, string> = {};
    for (const field of manifest.settings) {
      if (field.type === 'secret') secrets[field.key] = `whsec_${'c2VjcmV0'.repeat(5)}`;
      else if (field.required) settings[field.key] = field.default ?? (field.options?.[0]?.value || (field.pattern ? '1' : 'x'));
    }
    const call = (what: string, more: object): HostileCall => ({
      route: 'POST /connections',
      method: 'POST',
      address: '/connections',
      what: `${manifest.id} ${what}`,
      body: { connector: manifest.id, name: 'X', baseUrl: 'http://127.0.0.1:9', settings, secrets, ...more },
    });
    yield call('good', {});
    for (const { key: name, type, options } of manifest.settings)
      for (const value of [...wrong, ...texts, ...numbers, ...days, ...(options ?? []).map((one) => one.value)])
        if (type === 'secret') yield call(`${name} = ${shown(value)}`, { secrets: { ...secrets, [name]: value } });
        else yield call(`${name} = ${shown(value)}`, { settings: { ...settings, [name]: value } });
    for (const name of keys) yield call(`${shown(name)} = 1`, { settings: JSON.parse(`{${JSON.stringify(name)}:1}`) });
    for (const host of [
      '',
      'x',
      '//x',
      'http://',
      'http://[',
      'http://x:99999/',
      'http://a:b@127.0.0.1:9/',
      'http://127.0.0.1:9/%',
      '\u0000',
      long,
    ])
      yield call(`baseUrl = ${host.slice(0, 30)}`, { baseUrl: host });
  }
}

const shown = (value: unknown) => (JSON.stringify(value) ?? String(value)).slice(0, 60);

export type Attacked = {
  served: Served;
  own: Things;
  /** Calls, and answers the status; what may never be answered is a sentence. */
  send(call: HostileCall): Promise<{ status: number; broken?: string; id?: string }>;
  /** What the browser of the owner sends by itself. */
  headers: Record<string, string>;
  /** The routes in the order in which they spoil least for those after them. */
  walked(routes: AnyRoute[]): AnyRoute[];
};

/** A served installation whose owner, also the operator, has one of everything. */
export async function underAttack(store: Store): Promise<Attacked> {
  const served = await serve(store, { idle: true });
  const olga = await owner(served.url);
  const { ctx, app } = { ctx: served.running.opened.ctx, app: served.running.app as FastifyInstance };
  const organizationId = olga.organization!;
  await setOperator(ctx, 'test', organizationId);
  const userId = (await olga.get('/me')).body.user.id as string;
  const by = { operatorId: organizationId, userId };
  const sold = await furnish(ctx, organizationId, 'Kanarek', by);
  const own: Things = { ...sold, organization: organizationId, bought: sold.issued! };
  own.buyerToken = new URL(buyerLink(ctx, { organizationId, documentId: sold.issued! })).pathname.split('/').pop()!;
  const headers = { ...olga.headers(), origin: 'http://localhost', host: 'localhost' };
  return {
    served,
    own,
    headers,
    walked: (routes) => {
      const rank = (spec: AnyRoute) => (spec.method === 'DELETE' ? 2 : spec.method === 'GET' ? 0 : 1);
      return routes.filter((spec) => !(key(spec) in notWalked) || key(spec) === 'PATCH /me').sort((a, b) => rank(a) - rank(b));
    },
    async send({ method, address, body, raw, type }) {
      const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
      const from = served.logs.length;
      const answer = await app.inject({
        method: method as 'GET',
        url: `/api/v1${address}`,
        headers: { ...headers, ...(payload === undefined ? {} : { 'content-type': type ?? 'application/json' }) },
        ...(payload === undefined ? {} : { payload: Buffer.from(payload) }),
      });
      const status = answer.statusCode;
      const text = /json|text|xml/.test(String(answer.headers['content-type'])) ? answer.body : '';
      const told = served.logs.slice(from).filter((line) => line.level === 'error');
      if (status >= 500 && !fair.has(codeOf(text)))
        return { status, broken: `${status} ${text.slice(0, 200)} ${JSON.stringify(told.at(-1)?.fields ?? {}).slice(0, 700)}` };
      if (status >= 400 && /\bat \S+ \(|node_modules|\.ts:\d|"(select|insert|update) |syntax error at/.test(text))
        return { status, broken: `${status} tells of its inside: ${text.slice(0, 300)}` };
      if (({} as { x?: unknown }).x !== undefined || ({} as { a?: unknown }).a !== undefined)
        return { status, broken: 'a prototype was changed' };
      return { status, id: idOf(text) };
    },
  };
}

/** Another side that is not there, said in so many words. */
const fair = new Set(['register-silent', 'quota-wait', 'register-off', 'provider-unclear']);
const field = (name: string) => (text: string) => {
  try {
    return String((JSON.parse(text) as Record<string, unknown>)[name] ?? '');
  } catch {
    return '';
  }
};
const codeOf = field('code');
const idOf = field('id');
