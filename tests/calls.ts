import { z } from 'zod';
import type { AnyRoute } from '../src/api/route.ts';
import { routes } from '../src/api/routes/index.ts';
import { handMade, profile, type Things } from './furnish.ts';

/**
 * One good call of each route, made of its own description: with whose ids in the address, and whose in what is sent. A new route fails
 * whoever walks the routes until it says here what its ids are.
 */
export const key = (spec: AnyRoute) => `${spec.method} ${spec.url}`;

/** Not walked, each with its reason. */
export const notWalked: Record<string, string> = {
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
  'POST /imports/uploaded': { uploadIds: 'uploadToo' },
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
export const asked: Record<string, string> = { 'GET /companies': '?country=PL&taxId=9991002009' };

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
export const day = dayFromNow(0);
export const inAddress: Record<string, string> = {
  ':list': 'series',
  ':seq': '1',
  ':plugin': 'subiekt',
  ':externalId': 'A-1',
  ':index': '0',
};

export type Schema = { [name: string]: unknown };

/** A value of the schema with what must be there and with every field that names a thing; `id` says which. */
export function sample(schema: Schema, root: Schema, id: (name: string) => unknown, name = '', about = ''): unknown {
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

export const described = (schema: z.ZodType): Schema => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;

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
export const operators = new Set([
  'GET /billing/plans',
  'POST /billing/plans',
  'PUT /billing/plans/:id',
  'GET /billing/overview',
  'POST /billing/customers/:id/standing',
]);

export type Way = { address: Things; sent: Things };

/** The call of a route; undefined when there is nothing in it that names a thing, as far as asked. */
export function callOf(spec: AnyRoute, way: Way): { address: string; body: unknown; namesInAddress: boolean; namesInSent: boolean } {
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
