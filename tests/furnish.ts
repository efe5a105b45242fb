import { sql } from 'kysely';
import type { Context } from '../src/jobs/index.ts';
import { json, newId, storeFile, type Tx } from '../src/store/index.ts';
import { sampleContent } from '../src/testkit/documents.ts';
import { saleOrder, storeSales } from '../src/testkit/sale.ts';
import { issueDocuments } from '../src/toissue/index.ts';

/**
 * An organization that has one of everything, every text of it with a mark by which it is known wherever it turns up. What no test of
 * walls needs in earnest is put straight into its table.
 */
export type Things = Record<string, string>;

type Column = { name: string; type: string; needed: boolean };

/** A row with what is given; every other column that must be filled gets something of its type, texts the mark. */
async function put(tx: Tx, table: string, mark: string, given: Record<string, unknown>): Promise<void> {
  const { rows: columns } = await sql<Column>`
    select a.attname as name, format_type(a.atttypid, null) as type, (a.attnotnull and not a.atthasdef and a.attidentity = '') as needed
    from pg_attribute a where a.attrelid = ${table}::regclass and a.attnum > 0 and not a.attisdropped`.execute(tx);
  const fill = (type: string): unknown => {
    if (type === 'text') return mark;
    if (type === 'uuid') return newId(new Date());
    if (type.startsWith('timestamp')) return new Date();
    if (type === 'date') return '2026-11-20';
    if (type === 'jsonb') return json({});
    if (type === 'bytea') return Buffer.from(mark);
    if (type === 'boolean') return false;
    if (/int|numeric/.test(type)) return 1;
    if (type.endsWith('[]')) return [];
    throw new Error(`nothing to fill ${table} with a ${type}`);
  };
  const values: Record<string, unknown> = {};
  for (const { name, type, needed } of columns) {
    if (name in given) values[name] = type === 'jsonb' ? json(given[name]) : given[name];
    else if (needed) values[name] = fill(type);
  }
  for (const name of Object.keys(given)) if (!columns.some((c) => c.name === name)) throw new Error(`${table} has no column ${name}`);
  await tx
    .insertInto(table as 'agent')
    .values(values as never)
    .execute();
}

/** `operatorId` sells plans to the organization; `userId` is its owner. */
export async function furnish(
  ctx: Context,
  organizationId: string,
  mark: string,
  { operatorId, userId, boughtBy }: { operatorId: string; userId: string /** The operator's order behind the bill. */; boughtBy?: string },
): Promise<Things> {
  const who = { organizationId, actor: mark };
  const buyer = {
    firstName: mark,
    lastName: mark,
    street: mark,
    postalCode: '30-001',
    city: mark,
    country: 'PL',
    taxIds: [],
    email: `${mark.toLowerCase()}@example.com`,
    emailKind: 'direct' as const,
  };
  const lines = [{ id: '1', kind: 'goods' as const, name: mark, quantity: '2', unitGross: '50.00', gross: '100.00' }];
  const sales = await storeSales(
    ctx,
    organizationId,
    ['toIssue', 'other', 'issued', 'issuedToo', 'withdrawn', 'proforma'].map((what) =>
      saleOrder({
        externalId: `${mark}-${what}`,
        number: `${mark}-${what}`,
        buyer,
        delivery: { gross: '12.99', method: mark, tracking: [] },
        lines,
        ...(what === 'proforma' ? { paidAt: undefined, payments: [{ method: 'bank_transfer' as const, status: 'pending' as const }] } : {}),
      }),
    ),
  );
  const [toIssue, other, issued, issuedToo, withdrawn] = sales.map((sale) => sale.documentId) as [string, string, string, string, string];
  for (const result of await issueDocuments(ctx, who, [issued, issuedToo]))
    if (result.outcome !== 'issued') throw new Error(`not issued: ${JSON.stringify(result)}`);

  const id = () => newId(new Date());
  const things: Things = {
    toIssue,
    other,
    issued,
    issuedToo,
    withdrawn,
    order: sales[0]!.orderId,
    issuedOrder: sales[2]!.orderId,
    issuedOrderToo: sales[3]!.orderId,
  };
  for (const name of [
    'template upload profile importRun issueRun webhook webhookCall apiKey invitation view mail print orderWrite cause bulkEdit',
    'claim claimAction agent agentNew agentGone printRule statement payment booked aside plan planToo subscription bill mandate double request batch archive archiveToo',
    'transferUnknown transferLikely connection infakt channel claims folder agentJob code series',
  ].flatMap((names) => names.split(' ')))
    things[name] = id();
  things.user = userId;
  // A buyer is a name and a tax number on documents; that is his id.
  things.buyer = Buffer.from(JSON.stringify([`${buyer.firstName} ${buyer.lastName}`, buyer.email])).toString('base64url');

  await ctx.store.system(async (tx) => {
    const own = (table: string, given: Record<string, unknown>) => put(tx, table, mark, { organization_id: organizationId, ...given });
    await sql`update document set state = 'withdrawn' where id = ${withdrawn}`.execute(tx);
    const connection = (name: string, connector: string, more: Record<string, unknown> = {}) =>
      own('connection', {
        id: things[name],
        connector,
        name: `${mark} ${name}`,
        status: 'active',
        base_url: 'http://127.0.0.1:9',
        settings: { note: mark },
        ...more,
      });
    const sealed = (values: Record<string, string>, name: string) =>
      Buffer.from(ctx.vault.seal(`${organizationId}/${things[name]}`, values));
    await connection('connection', 'szamlazz', { secrets: sealed({ agentKey: `${mark}-key-0123456789-0123456789` }, 'connection') });
    await connection('channel', 'sellasist', { secrets: sealed({ apiKey: mark }, 'channel'), settings: { shop: mark } });
    await connection('claims', 'walley', {
      secrets: sealed({ clientId: mark, clientSecret: mark }, 'claims'),
      settings: { storeId: '1', note: mark },
    });
    await connection('infakt', 'infakt', { secrets: sealed({ apiKey: mark }, 'infakt') });
    await connection('folder', 'subiekt');
    for (const name of ['agent', 'agentNew', 'agentGone']) await connection(name, 'agent', { base_url: null });
    await own('series', {
      id: things.series,
      name: mark,
      kind: 'proforma',
      pattern: `${mark}/{n}`,
      reset: 'yearly',
      number_owner: 'hub',
      reporter: 'nobody',
    });
    await own('mapping', { connection_id: things.connection, what: 'payment_method', theirs: mark, value: mark });
    await own('connection_gate', { connection_id: things.connection });
    await own('connection_notice', { connection_id: things.connection, last_event: mark });
    await own('channel_pull', { connection_id: things.channel });
    await own('pull_reject', {
      connection_id: things.channel,
      external_id: mark,
      finding: { code: 'F_RECORD', level: 'hold', params: { m: mark } },
    });
    await own('mail_template', { id: things.template, language: 'pl' });
    const { id: fileId } = await storeFile(tx, organizationId, new Date(), {
      name: `${mark}.csv`,
      mediaType: 'text/csv',
      bytes: Buffer.from(`a;b\n${mark};2\n`),
    });
    things.upload = fileId;
    await own('upload', { file_id: fileId });
    const file = { name: `${mark}-too.csv`, mediaType: 'text/csv', bytes: Buffer.from(`a;b\n${mark};3\n`) };
    things.uploadToo = (await storeFile(tx, organizationId, new Date(), file)).id;
    await own('upload', { file_id: things.uploadToo });
    for (const [name, state] of [
      ['archive', 'ready'],
      ['archiveToo', 'done'],
    ] as const) {
      await own('archive_run', { id: things[name], state, until_day: '2015-01-01', long_until_day: '2015-01-01', created_by: mark });
      await own('archive_part', { run_id: things[name], seq: 1, name: `${mark}.zip`, file_id: fileId, documents: 1, sha256: mark });
    }
    await own('archive_item', { run_id: things.archive, part: 1, document_id: issued, kept: mark });
    await own('retention', { years: 5 });
    await own('audit_read', { seq: 0, hash: '0'.repeat(64) });
    await own('import_profile', {
      id: things.profile,
      profile: { ...profile, id: mark },
    });
    await own('import_run', {
      id: things.importRun,
      connection_id: things.channel,
      status: 'done',
      created_by: mark,
      counts: { created: 1 },
    });
    await own('import_batch', {
      import_id: things.importRun,
      seq: 0,
      records: [{ line: 1, offset: 0, externalId: mark, outcome: 'created', orderId: things.order }],
    });
    await own('issue_run', { id: things.issueRun, ids: [toIssue], status: 'running' });
    await own('webhook_endpoint', { id: things.webhook, url: `https://example.org/${mark}`, events: ['document.issued'], active: false });
    await own('webhook_delivery', { id: things.webhookCall, endpoint_id: things.webhook, event: 'document.issued', status: 'failed' });
    await own('api_key', { id: things.apiKey, prefix: mark.toLowerCase().slice(-10), scopes: ['read'] });
    await own('invitation', { id: things.invitation, email: buyer.email, role: 'reader', expires_at: new Date(Date.now() + 1e9) });
    await own('bulk_before', { edit_id: things.bulkEdit, document_id: toIssue, version: 0, before: { content: mark } });
    await own('saved_view', { id: things.view, user_id: userId, page: 'queue' });
    await own('delivery', { id: things.mail, document_id: issued, way: 'mail', key: `${mark} mail`, status: 'refused', recipient: mark });
    await own('delivery', {
      id: things.print,
      document_id: issued,
      way: 'print',
      key: `${mark} print`,
      status: 'unknown',
      recipient: mark,
    });
    await own('delivery', {
      id: things.orderWrite,
      document_id: issued,
      way: 'attachment',
      key: `${mark} order`,
      status: 'refused',
      connection_id: things.channel,
      settings: { target: mark },
    });
    await own('cause_case', { id: things.cause, connection_id: things.connection, code: 'key_invalid', params: {} });
    await own('transfer', {
      id: things.transferUnknown,
      document_id: issued,
      connection_id: things.connection,
      reference: `${mark}-1`,
      verb: 'issue',
      status: 'unknown',
      cause: { code: 'NOTHING_FOUND', params: { m: mark } },
      settings: { m: mark },
    });
    await own('transfer_try', {
      transfer_id: things.transferUnknown,
      seq: 1,
      outcome: 'unknown',
      verb: 'issue',
      request: mark,
      response: mark,
    });
    await own('transfer', {
      id: things.transferLikely,
      document_id: issuedToo,
      connection_id: things.connection,
      reference: `${mark}-2`,
      verb: 'issue',
      status: 'unknown',
      settings: { likeness: { number: mark } },
    });
    await own('receivable', {
      id: things.claim,
      connection_id: things.claims,
      order_id: things.order,
      order_number: mark,
      country: 'SE',
      segment: 'consumer',
      currency: 'SEK',
      buyer_name: mark,
      state: 'open',
    });
    await own('receivable_part', {
      receivable_id: things.claim,
      seq: 1,
      number: mark,
      state: 'active',
      rows: [{ articleId: 'A', name: mark, quantity: 2, unitPrice: '50.00', vat: '25', credited: 0 }],
      adjustments: [],
      total_minor: 10000,
      remaining_minor: 10000,
      pdf_file_ids: [fileId],
    });
    await own('receivable_action', {
      id: things.claimAction,
      receivable_id: things.claim,
      verb: 'activate',
      status: 'unknown',
      action: { verb: 'activate', part: 1 },
      story: [],
      key: id(),
    });
    await own('receivable_try', {
      action_id: things.claimAction,
      seq: 1,
      outcome: 'unknown',
      verb: 'activate',
      request: mark,
      response: mark,
    });
    await own('order_shipment', { id: id(), order_id: things.order, external_id: mark });
    const machine = { os: 'linux', arch: 'x64', hostname: mark, timezone: 'Europe/Warsaw' };
    const state = {
      agentVersion: '1',
      protocol: 1,
      startedAt: '2026-11-20T10:00:00Z',
      plugins: [
        { name: 'subiekt', kind: 'folder', state: 'ok', waiting: 0 },
        { name: 'spare', kind: 'folder', state: 'ok', waiting: 0 },
      ],
      printers: [],
      queue: { jobs: 0, results: 0, files: 0 },
    };
    await own('agent', { id: things.agent, status: 'active', public_key: `${mark} 1`, machine, state });
    await own('agent', { id: things.agentNew, status: 'unconfirmed', public_key: `${mark} 2`, machine });
    await own('agent', { id: things.agentGone, status: 'revoked', public_key: `${mark} 3`, machine });
    await own('agent_code', { id: things.code, code_hash: `${mark} code`, expires_at: new Date(Date.now() + 1e6) });
    await own('agent_plugin', { connection_id: things.folder, agent_id: things.agent, plugin: 'subiekt' });
    await own('agent_job', { id: things.agentJob, agent_id: things.agent, kind: 'self-test', key: mark, status: 'done', lane: mark });
    await own('agent_file', { agent_id: things.agent, sha256: mark, file_id: fileId });
    await own('agent_found', { id: id(), connection_id: things.folder, source: 'outbox', file_id: fileId, status: 'unmatched' });
    await own('agent_answer', { connection_id: things.folder, reference: mark, outcome: null });
    await own('agent_log', { agent_id: things.agent, level: 'info', message: mark });
    await own('print_rule', { id: things.printRule, print_type: 'original', agent_id: things.agent, place: 1, options: { copies: 1 } });
    await own('bank_statement', { id: things.statement, status: 'read', sha256: mark, created_by: mark });
    for (const [name, state] of [
      ['payment', 'open'],
      ['booked', 'booked'],
      ['aside', 'set_aside'],
    ] as const)
      await own('payment', {
        id: things[name],
        source: 'bank',
        raw_id: `${mark} ${name}`,
        currency: 'PLN',
        amount_minor: 1000,
        state,
        payer_name: mark,
        title: mark,
        statement_id: things.statement,
      });
    await own('allocation', { id: id(), payment_id: things.booked, document_id: issuedToo, purpose: 'document', amount_minor: 1000 });
    await own('desk_request', { id: things.request, document_id: issued, kind: 'report', said: mark, state: 'open' });
    await own('books_profile', { profile: { entity: 'company', taxOffice: '1471', email: buyer.email } });
    await own('export_batch', {
      id: things.batch,
      serial: 1,
      connector: 'flat',
      target: 'flat',
      name: `${mark}.csv`,
      status: 'done',
      file_id: fileId,
      refused: [],
    });
    await own('export_item', { batch_id: things.batch, document_id: issued, target: 'flat' });
    await own('notice', { id: id(), key: mark, recipient: mark, status: 'refused', language: 'pl' });
    await own('received_call', { connection_id: things.channel, call_id: mark });
    const eventId = id();
    await own('order_event', { id: eventId, connection_id: things.channel, external_id: mark, event: { kind: 'cancelled' } });
    await own('order_event_done', { event_id: eventId, order_id: things.order });
    await own('order_alias', { scheme: 'test', value: mark, order_id: things.order });
    await own('order_review', { document_id: id() });
    await own('idempotency_key', { key: mark, status: 200, response: { body: mark, type: 'text/plain' } });
    const terms = {
      interval: 'month',
      price: '49.00',
      included: 0,
      tiers: [],
      trialDays: 0,
      rate: { category: 'S', percent: '23', source: 'rule' },
    };
    // What the operator knows of this customer.
    const sold = (table: string, given: Record<string, unknown>) => put(tx, table, mark, { organization_id: operatorId, ...given });
    for (const name of ['plan', 'planToo']) await sold('plan', { id: things[name], name: `Plan ${name}`, currency: 'PLN', terms });
    await sold('billing_customer', {
      customer_id: organizationId,
      party: { name: mark, taxIds: [], country: 'PL' },
      proforma_email: buyer.email,
      invoice_email: buyer.email,
      language: 'pl',
    });
    await sold('subscription', {
      id: things.subscription,
      customer_id: organizationId,
      plan_id: things.plan,
      connection_id: things.channel,
      state: 'active',
      pay_by: 'transfer',
      terms,
      period_start: '2026-11-01',
      period_end: '2099-11-30',
    });
    await sold('billing_order', {
      id: things.bill,
      customer_id: organizationId,
      subscription_id: things.subscription,
      kind: 'first',
      order_id: boughtBy ?? null,
      amount_minor: 4900,
      currency: 'PLN',
      lines: [],
      state: 'open',
    });
    await sold('mandate', {
      id: things.mandate,
      customer_id: organizationId,
      subscription_id: things.subscription,
      connection_id: id(),
      reference: mark,
      state: 'active',
      label: mark,
      processor_id: mark,
    });
    await sold('charge', {
      id: id(),
      customer_id: organizationId,
      mandate_id: things.mandate,
      billing_order_id: things.bill,
      verb: 'charge',
      reference: mark,
      amount_minor: 4900,
      currency: 'PLN',
      status: 'accepted',
    });
    await sold('double_charge', {
      id: things.double,
      customer_id: organizationId,
      sign: 'two-charges',
      first_id: id(),
      second_id: id(),
      facts: { plan: mark },
    });
  });
  return things;
}

/** A layout of order files. */
export const profile = {
  id: 'p',
  format: 'csv',
  root: '',
  columns: ['a', 'b'],
  timeZone: 'Europe/Warsaw',
  defaultCurrency: 'PLN',
  defaultCountry: 'PL',
  numbers: { decimalSeparators: [','], groupSeparators: [], currencySuffixes: [] },
  order: { at: '', fields: { externalId: 'a' } },
  line: { at: '', fields: { name: 'b' } },
  values: {},
};

/** A document's content that the API takes, for those who write one by hand. */
export const handMade = () => sampleContent();
