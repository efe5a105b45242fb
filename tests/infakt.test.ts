import { createHmac } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { connector as infakt } from '../connectors/infakt/connector.ts';
import { type InfaktSimulator, startInfaktSimulator } from '../connectors/infakt/simulator.ts';
import { checkTaxFiles } from '../src/books/index.ts';
import { checkConnection, readConnection, saveConnection } from '../src/connections/index.ts';
import type { Order } from '../src/domain/orders/order.ts';
import { receiveCall, sweepNotices } from '../src/intake-calls/index.ts';
import { type TestContext, testContext, testOrganization } from '../src/testkit/context.ts';
import { onBothDatabases } from '../src/testkit/database.ts';
import type { Loose } from '../src/testkit/loose.ts';
import { readAgain as orderAgain, saleOrder, storeSales } from '../src/testkit/sale.ts';
import {
  assignSeries,
  changeKind,
  correctDocument,
  editDocument,
  finalAfterPrepayments,
  issueDocuments,
  listSeries,
  prepaymentFor,
  reassess,
  type Series,
  saveMappings,
  saveSeries,
  setupOf,
} from '../src/toissue/index.ts';
import { readAgain, requestTransfer, resendTransfer, resumeConnection, sendOnceMore, workTransfer } from '../src/transfer/index.ts';
import { requestOf } from '../src/transfer/request.ts';

/** The promise: invoices travel to inFakt once and come back with number and PDF, whatever is lost, refused, revoked or sent twice. */
const start = '2026-11-20T09:00:00Z';

onBothDatabases('transfer to inFakt', (store) => {
  let ctx: TestContext;
  let simulator: InfaktSimulator;
  let organizationId: string;
  let connectionId: string;
  let token: string;
  const who = () => ({ organizationId, actor: 'test' });

  beforeAll(async () => {
    ctx = await testContext(store(), { work: false, connectors: [infakt], now: start });
    simulator = await startInfaktSimulator({ now: () => ctx.now() });
  });
  afterAll(async () => {
    await ctx.jobs.stop();
    await simulator.close();
  });

  beforeEach(async () => {
    await sim('POST', 'reset');
    // Every test has minutes of its own: the limit of requests is shared by the address.
    ctx.clock.advance(10 * 60_000);
    organizationId = await testOrganization(ctx);
    const saved = await saveConnection(ctx, who(), {
      connector: 'infakt',
      name: 'inFakt',
      baseUrl: simulator.apiUrl,
      settings: {},
      secrets: { apiKey: simulator.key, webhookSecret: 'tajne-tajne-tajne' },
    });
    if ('findings' in saved) throw new Error(JSON.stringify(saved.findings));
    connectionId = saved.connection.id;
    token = saved.connection.intakeUrl!.split('/').at(-1)!;
    await assign();
    await fill();
  });

  const series = async () => ctx.store.org(organizationId, (tx) => listSeries(tx, organizationId));
  const connection = async () => (await ctx.store.org(organizationId, (tx) => readConnection(tx, organizationId, connectionId)))!;

  async function stepOf(name: string) {
    const row = await connection();
    const { steps } = await ctx.store.org(organizationId, (tx) => setupOf(tx, ctx, row));
    return steps.find((s) => s.step === name)!;
  }

  async function assign(...more: string[]) {
    const kinds = ['invoice', 'correction', ...more];
    const mine = (await series()).filter((s) => kinds.includes(s.kind)).map((s) => s.id);
    const { findings } = await assignSeries(ctx, who(), await connection(), mine);
    expect(findings).toEqual([]);
  }

  const change = (one: Series, more: object) =>
    saveSeries(ctx, who(), {
      id: one.id,
      name: one.name,
      kind: one.kind,
      pattern: one.pattern,
      reset: one.reset,
      numberOwner: one.number_owner,
      ...more,
    });

  async function fill() {
    const all = await series();
    const correction = all.find((s) => s.kind === 'correction')!;
    for (const one of all.filter((s) => s.connection_id === connectionId)) {
      const settings = { pdfLanguage: 'pl', paymentDays: 7, ksef: 'nip_only', correctionSeries: correction.id };
      expect(await change(one, { settings })).not.toHaveProperty('findings');
    }
  }

  async function sim(method: string, path: string, body?: unknown): Promise<Loose> {
    const response = await fetch(`${simulator.url}/__sim/${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    const text = await response.text();
    return /^[[{]/.test(text) ? JSON.parse(text) : text;
  }
  const held = async (): Promise<Loose[]> => sim('GET', 'documents');

  const order = (more: Partial<Order> = {}): Order =>
    saleOrder({ payments: [{ method: 'card', status: 'paid', at: '2026-11-19T10:05:00Z' }], ...more });

  async function prepare(...orders: Order[]) {
    return storeSales(ctx, organizationId, orders.length ? orders : [order()]);
  }
  const document = async (id: string) =>
    ctx.store.org(organizationId, (tx) =>
      tx.selectFrom('document').selectAll().where('organization_id', '=', organizationId).where('id', '=', id).executeTakeFirstOrThrow(),
    );
  const transfers = async (documentId?: string) =>
    ctx.store.org(organizationId, (tx) => {
      const query = tx.selectFrom('transfer').selectAll().where('organization_id', '=', organizationId).orderBy('created_at');
      return (documentId ? query.where('document_id', '=', documentId) : query).execute();
    });

  /** Works everything that is due, moving the clock to what comes next, until nothing moves or `untilMs` have passed. */
  async function drive(untilMs = 60 * 60_000): Promise<void> {
    const end = ctx.now().getTime() + untilMs;
    for (let turns = 0; turns < 400; turns++) {
      const open = (await transfers()).filter(
        (t) => t.status === 'waiting' || ((t.status === 'pending' || t.status === 'unknown') && t.next_at),
      );
      const next = open.map((t) => t.next_at?.getTime() ?? 0).sort((a, b) => a - b)[0];
      if (next === undefined || next > end) return;
      if (next > ctx.now().getTime()) ctx.clock.set(next);
      const before = JSON.stringify(open.map((t) => [t.id, t.status, t.next_at]));
      for (const t of open.filter((o) => (o.next_at?.getTime() ?? 0) <= ctx.now().getTime())) await workTransfer(ctx, organizationId, t.id);
      const after = JSON.stringify(
        (await transfers()).filter((t) => open.some((o) => o.id === t.id)).map((t) => [t.id, t.status, t.next_at]),
      );
      if (after === before) {
        if ((await connection()).status !== 'active') return;
        ctx.clock.advance(61_000);
      }
    }
    throw new Error('it never ends');
  }

  const signed = (body: string, secret = 'tajne-tajne-tajne') => ({
    headers: { 'x-infakt-signature': createHmac('sha256', secret).update(body).digest('hex') },
    body: new TextEncoder().encode(body),
    query: {},
    receivedAt: ctx.now(),
  });

  test('an invoice is made there once, and comes back with its number, its PDF and the order’s number on it', async () => {
    const [sale] = await prepare();
    expect(await issueDocuments(ctx, who(), [sale!.documentId])).toEqual([{ id: sale!.documentId, outcome: 'submitted' }]);
    await drive();
    const row = await document(sale!.documentId);
    expect(row).toMatchObject({ state: 'issued', number: '1/11/2026', issue_date: '2026-11-20' });
    expect(row.pdf_file_id).not.toBeNull();
    const [there, ...others] = await held();
    expect(others).toEqual([]);
    expect(there).toMatchObject({ number: '1/11/2026', gross: 11299, currency: 'PLN', paymentMethod: 'card', paidDate: '2026-11-19' });
    expect(there.orders).toEqual([sale!.order.externalId, `fk:${sale!.documentId}`]);
    expect((await transfers())[0]!.story.map((s) => s.what)).toEqual(['sent', 'pending', 'accepted']);
  });

  test('money taken before the delivery: advances, then the final invoice that names the last of them; a lost answer makes no twin', async () => {
    await assign('prepayment', 'final');
    await fill();
    const [sale] = await prepare();
    const advance = async (amount: string) => {
      const made = await prepaymentFor(ctx, who(), sale!.documentId, amount, '2026-11-19');
      if (made.outcome !== 'created') throw new Error(JSON.stringify(made.findings));
      expect(await issueDocuments(ctx, who(), [made.id])).toMatchObject([{ outcome: 'submitted' }]);
      await drive();
      return made.id;
    };
    const [first, second] = [await advance('50.00'), await advance('20.00')];
    expect(await document(first)).toMatchObject({ state: 'issued', number: '1/ZAL/11/2026' });
    const final = await finalAfterPrepayments(ctx, who(), sale!.documentId, [first, second]);
    if (final.outcome !== 'created') throw new Error(JSON.stringify(final.findings));
    await sim('POST', 'faults', { on: 'create', mode: 'drop-after', times: 1 });
    expect(await issueDocuments(ctx, who(), [final.id])).toMatchObject([{ outcome: 'submitted' }]);
    await drive();
    expect(await document(final.id)).toMatchObject({ state: 'issued', number: '1/KON/11/2026' });
    expect((await held()).map((d) => [d.family, d.gross])).toEqual([
      ['advance_invoices', 5000],
      ['advance_invoices', 2000],
      ['final_invoices', 11299 - 7000],
    ]);
    // Totals told the other way are a person's business; nothing is made twice.
    const [other] = await prepare();
    await sim('PATCH', 'state', { advanceTotals: 'order' });
    const made = await prepaymentFor(ctx, who(), other!.documentId, '50.00', '2026-11-19');
    await issueDocuments(ctx, who(), [made.outcome === 'created' ? made.id : '']);
    await drive();
    expect((await transfers(made.outcome === 'created' ? made.id : ''))[0]).toMatchObject({ sends: 1 });
    expect((await held()).filter((d) => d.family === 'advance_invoices')).toHaveLength(3);
  });

  test('a sale to a person abroad goes to OSS at that country’s rate, never to KSeF, and is found again by its mark; its correction too', async () => {
    const [sale] = await prepare(
      order({
        buyer: {
          emailKind: 'none',
          name: 'Greta Muster',
          firstName: 'Greta',
          lastName: 'Muster',
          taxIds: [],
          street: 'Hauptstr. 1',
          postalCode: '10115',
          city: 'Berlin',
          country: 'DE',
        },
      }),
    );
    const { content } = await document(sale!.documentId);
    const lines = Object.fromEntries(content.lines.map((_, i) => [`lines.${i}.rate`, { category: 'S', percent: '19', source: 'person' }]));
    await editDocument(ctx, who(), sale!.documentId, { set: { taxTreatment: 'destination', ...lines } });
    await sim('POST', 'faults', { on: 'create', mode: 'drop-after', times: 1 });
    expect(await issueDocuments(ctx, who(), [sale!.documentId])).toMatchObject([{ outcome: 'submitted' }]);
    await drive();
    expect(await document(sale!.documentId)).toMatchObject({ state: 'issued', number: '1/OSS/11/2026' });
    expect((await transfers(sale!.documentId)).map((t) => [t.verb, t.status, t.sends])).toEqual([['issue', 'accepted', 1]]);
    const lineId = content.lines[0]!.id;
    const back = await correctDocument(ctx, who(), sale!.documentId, {
      reason: 'Zwrot',
      reasonCode: 'return',
      lines: [{ lineId, quantity: '0' }],
    });
    if (back.outcome !== 'created') throw new Error(JSON.stringify(back.findings));
    await issueDocuments(ctx, who(), [back.id]);
    await drive();
    const [invoice, correction] = await held();
    expect([invoice.family, correction.family]).toEqual(['oss_invoices', 'corrective_oss_invoices']);
    expect(await document(back.id)).toMatchObject({ state: 'issued', number: correction.number });
    expect(correction.gross).toBeLessThan(0);
  });

  test('a company’s invoice is reported through inFakt, a person’s is not; the authority’s number stays on the document', async () => {
    const company = order({
      buyer: { ...order().buyer, company: 'Zielona Półka Sp. z o.o.', taxIds: [{ scheme: 'PL:NIP', value: '1234563218' }] },
      invoiceRequest: {
        requested: true,
        explicit: true,
        party: {
          company: 'Zielona Półka Sp. z o.o.',
          taxIds: [{ scheme: 'PL:NIP', value: '1234563218' }],
          street: 'Ogrodowa 12',
          postalCode: '61-821',
          city: 'Poznań',
          country: 'PL',
        },
      },
    });
    const [person, firm] = await prepare(order(), company);
    await issueDocuments(ctx, who(), [person!.documentId, firm!.documentId]);
    await drive();
    expect((await transfers(person!.documentId)).map((t) => t.verb)).toEqual(['issue']);
    expect((await transfers(firm!.documentId)).map((t) => [t.verb, t.status])).toEqual([
      ['issue', 'accepted'],
      ['report', 'accepted'],
    ]);
    const { clearance } = await document(firm!.documentId);
    const there = (await held()).find((d) => d.taxId === '1234563218');
    expect(clearance).toMatchObject({ system: 'KSeF', number: there.ksef.number });
    // Whoever is asked next about the document, a program behind a folder too, is told of it.
    const row = await document(firm!.documentId);
    const [sent] = await transfers(firm!.documentId);
    expect(await ctx.store.org(organizationId, (tx) => requestOf(tx, sent!, row, false))).toMatchObject({
      request: { clearance: { system: 'KSeF', number: there.ksef.number, day: '2026-11-20' } },
    });
    await expect(
      ctx.store.org(organizationId, (tx) => sql`update document set clearance = null where id = ${firm!.documentId}`.execute(tx)),
    ).rejects.toThrow(/authority/);
  });

  test.each(['drop-after', 'error-after'])('an answer that is lost after the making (%s) is found by our mark: no twin', async (mode) => {
    const [sale] = await prepare();
    await sim('POST', 'faults', { on: 'create', mode, times: 1 });
    await issueDocuments(ctx, who(), [sale!.documentId]);
    await drive();
    expect(await held()).toHaveLength(1);
    expect(await document(sale!.documentId)).toMatchObject({ state: 'issued', number: '1/11/2026' });
    expect((await transfers())[0]).toMatchObject({ status: 'accepted', sends: 1 });
  });

  test('an answer that is lost before the making is never repeated by itself: two looks, then a person’s word', async () => {
    const [sale] = await prepare();
    await sim('POST', 'faults', { on: 'create', mode: 'drop-before', times: 1 });
    await issueDocuments(ctx, who(), [sale!.documentId]);
    await drive(24 * 60 * 60_000);
    const [open] = await transfers();
    expect(open).toMatchObject({ status: 'unknown', sends: 1, next_at: null, cause: { code: 'NOTHING_FOUND' } });
    expect(open!.story.map((s) => s.what)).toEqual(['sent', 'answer lost', 'asked', 'not found there', 'asked', 'cannot be settled']);
    expect(await held()).toEqual([]);
    expect(await sendOnceMore(ctx, who(), open!.id)).toBe(true);
    await drive();
    expect(await held()).toHaveLength(1);
    expect(await document(sale!.documentId)).toMatchObject({ state: 'issued' });
    expect(await sendOnceMore(ctx, who(), open!.id)).toBe(false);
  });

  test('made by hand in inFakt while our answer was lost: the look-alike is a person’s business, not a second invoice', async () => {
    const [sale] = await prepare();
    await sim('POST', 'faults', { on: 'create', mode: 'drop-before', times: 1 });
    await issueDocuments(ctx, who(), [sale!.documentId]);
    await drive(10_000);
    await sim('POST', 'documents', {
      client_company_name: '',
      client_tax_code: '',
      client_first_name: 'Anna',
      client_last_name: 'Żółw',
      client_business_activity_kind: 'private_person',
      notes: `Zamówienie: ${sale!.order.externalId}`,
      currency: 'PLN',
      invoice_date: '2026-11-20',
      services: [{ name: 'Lampa', tax_symbol: '23', quantity: 1, gross_price: 11299 }],
    });
    await drive();
    expect(await held()).toHaveLength(1);
    expect(await document(sale!.documentId)).toMatchObject({ state: 'issued' });
    expect((await transfers())[0]!.story.at(-1)!.what).toBe('found');
  });

  test('a task that fails shows every fault at its field; mended, the same document goes again', async () => {
    const [sale] = await prepare();
    await sim('PATCH', 'state', { hasBankAccount: false });
    await ctx.store.org(organizationId, (tx) => saveMappings(tx, ctx, who(), connectionId, 'payment_method', { 'means:card': 'transfer' }));
    await issueDocuments(ctx, who(), [sale!.documentId]);
    await drive();
    const row = await document(sale!.documentId);
    expect(row.state).toBe('refused');
    expect(row.findings).toMatchObject([{ code: 'infakt.bank_account', where: 'payment.means' }]);
    expect(await held()).toEqual([]);
    // The refusal taught what the account lacks: the next one is held before it is sent.
    const [second] = await prepare();
    expect((await document(second!.documentId)).findings.map((f) => f.code)).toContain('infakt.bank_account');
    await ctx.store.org(organizationId, (tx) => saveMappings(tx, ctx, who(), connectionId, 'payment_method', { 'means:card': 'card' }));
    const [failed] = await transfers(sale!.documentId);
    expect(await resendTransfer(ctx, who(), failed!.id)).toBe('sent on its way');
    await drive();
    expect(await document(sale!.documentId)).toMatchObject({ state: 'issued' });
    expect(await held()).toHaveLength(1);
  });

  test('everything inFakt would refuse is found before sending, all at once', async () => {
    const [sale] = await prepare(
      order({
        payments: [{ method: 'online', rawMethod: 'Bitcoin', status: 'paid', at: '2026-11-19T10:05:00Z' }],
        buyer: { ...order().buyer, postalCode: '123' },
        lines: [
          {
            id: '1',
            kind: 'goods',
            name: 'x'.repeat(300),
            quantity: '2',
            unitGross: '50.00',
            gross: '100.00',
            rate: { category: 'E', exemptionReason: 'art. 43', source: 'channel' },
          },
        ],
      }),
    );
    const { findings } = await document(sale!.documentId);
    expect(findings.filter((f) => f.level === 'hold').map((f) => [f.code, f.where])).toEqual(
      expect.arrayContaining([
        ['H_MAPPING_MISSING', 'payment.means'],
        ['infakt.exemption_basis', 'seriesId'],
        ['infakt.postal_code', 'buyer.postalCode'],
        ['infakt.too_long', 'lines.0.name'],
      ]),
    );
    const [refused] = await issueDocuments(ctx, who(), [sale!.documentId]);
    expect(refused!.outcome).toBe('refused');
    expect(await transfers()).toEqual([]);
  });

  test('an unmapped method holds only its own orders’ documents, and lets them go once it is mapped', async () => {
    const invoice = (await series()).find((s) => s.kind === 'invoice')!;
    await change(invoice, { autoIssue: true, settings: invoice.settings });
    const paidBy = (rawMethod: string) =>
      order({ payments: [{ method: 'online', rawMethod, status: 'paid', at: '2026-11-19T10:05:00Z' }] });
    const [held1, free, held2] = await prepare(paidBy('Przelewy24'), order(), paidBy('Przelewy24'));
    expect(await Promise.all([held1, free, held2].map(async (s) => (await document(s!.documentId)).held))).toEqual([true, false, true]);
    await ctx.store.org(organizationId, (tx) => saveMappings(tx, ctx, who(), connectionId, 'payment_method', { Przelewy24: 'przelewy24' }));
    expect(await reassess(ctx, organizationId, `connection:${connectionId}`)).toBe(2);
    const { rows } = await ctx.store.org(organizationId, (tx) =>
      sql<{ ids: string[] }>`select ids from issue_run order by created_at`.execute(tx),
    );
    expect(rows.at(-1)!.ids.sort()).toEqual([held1!.documentId, held2!.documentId].sort());
    await issueDocuments(ctx, who(), [held1!.documentId]);
    await drive();
    expect((await held()).find((d) => d.orders.includes(`fk:${held1!.documentId}`))).toMatchObject({ paymentMethod: 'przelewy24' });
  });

  test('a series belongs to one connection, and nothing is issued from one that lacks a field', async () => {
    const other = await saveConnection(ctx, who(), {
      connector: 'infakt',
      name: 'Drugi inFakt',
      settings: {},
      secrets: { apiKey: 'k'.repeat(20) },
    });
    if ('findings' in other) throw new Error('not saved');
    const invoice = (await series()).find((s) => s.kind === 'invoice')!;
    expect(await change(invoice, { connectionId: other.connection.id })).toMatchObject({
      findings: [{ code: 'H_SERIES_OWNED', params: { owner: 'inFakt', wanted: 'Drugi inFakt' } }],
    });
    await expect(
      ctx.store.org(organizationId, (tx) =>
        tx.updateTable('series').set({ connection_id: other.connection.id }).where('id', '=', invoice.id).execute(),
      ),
    ).rejects.toThrow(/belongs to/);
    const receipts = (await series()).find((s) => s.kind === 'receipt')!;
    expect(await change(receipts, { connectionId, numberOwner: 'provider', reporter: 'provider' })).toMatchObject({
      findings: [{ code: 'H_SERIES_KIND_NOT_OFFERED' }],
    });
    await change(invoice, { settings: { ...invoice.settings, pdfLanguage: '' } });
    const [sale] = await prepare();
    const [result] = await issueDocuments(ctx, who(), [sale!.documentId]);
    expect(result).toMatchObject({ outcome: 'refused', findings: [{ code: 'H_SERIES_FIELD', where: 'series.settings.pdfLanguage' }] });
    expect(await stepOf('complete')).toMatchObject({ state: 'wrong', names: [invoice.name] });
  });

  test('notices: the handshake is answered, a signed one is a nudge, forged and repeated ones change nothing', async () => {
    const step = async (name: string) => (await stepOf(name)).state;
    expect([await step('key'), await step('verified'), await step('event')]).toEqual(['todo', 'todo', 'waiting']);
    expect((await checkConnection(ctx, who(), connectionId))!.ok).toBe(true);
    const ping = JSON.stringify({ verification_code: '118fb29f' });
    const asked = await receiveCall(ctx, token, { ...signed(ping), headers: {} });
    expect(asked).toEqual({ status: 200, body: { verification_code: '118fb29f' } });
    expect([await step('key'), await step('verified'), await step('event')]).toEqual(['done', 'done', 'waiting']);
    expect(await receiveCall(ctx, token, signed(ping, 'inny sekret'))).toMatchObject({ status: 200 });
    expect(await step('verified')).toBe('wrong');

    const [sale] = await prepare();
    await issueDocuments(ctx, who(), [sale!.documentId]);
    await workTransfer(ctx, organizationId, (await transfers())[0]!.id);
    const reference = (await transfers())[0]!.ticket!.split('|')[0];
    const event = (uuid: string) =>
      JSON.stringify({
        event: { uuid, name: 'async_invoice_creation_success', retry_counter: 0, created_at: '2026-11-20T09:00:00Z' },
        resource: { invoice_task_reference_number: reference, processing_code: 201, invoice_uuid: 'a-lie' },
      });
    await ctx.store.org(organizationId, (tx) => sql`update transfer set next_at = now() + interval '30 days'`.execute(tx));
    expect(await receiveCall(ctx, token, signed(event('e-1'), 'inny sekret'))).toMatchObject({ status: 401 });
    expect((await transfers())[0]!.next_at!.getTime()).toBeGreaterThan(ctx.now().getTime());
    for (const again of [1, 2]) expect([again, (await receiveCall(ctx, token, signed(event('e-1')))).status]).toEqual([again, 200]);
    expect([await step('verified'), await step('event')]).toEqual(['done', 'done']);
    expect((await transfers())[0]!.next_at).toEqual(ctx.now());
    ctx.clock.advance(5_000);
    await workTransfer(ctx, organizationId, (await transfers())[0]!.id);
    // What the notice said of the document was not believed.
    expect(await document(sale!.documentId)).toMatchObject({ state: 'issued', number: '1/11/2026' });
  });

  test('a provider that has fallen silent is noticed, and the card goes with the next notice', async () => {
    await receiveCall(ctx, token, signed(JSON.stringify({ verification_code: 'abc' })));
    const [sale] = await prepare();
    await issueDocuments(ctx, who(), [sale!.documentId]);
    await drive();
    const cards = async () =>
      ctx.store.org(organizationId, (tx) => tx.selectFrom('cause_case').select('code').where('closed_at', 'is', null).execute());
    await sweepNotices(ctx);
    expect(await cards()).toEqual([]);
    ctx.clock.advance(61 * 60_000);
    await sweepNotices(ctx);
    await sweepNotices(ctx);
    expect(await cards()).toEqual([{ code: 'NOTICES_SILENT' }]);
    // A document that gets through by asking proves nothing of the notices.
    const [more] = await prepare();
    await issueDocuments(ctx, who(), [more!.documentId]);
    await drive();
    expect(await cards()).toEqual([{ code: 'NOTICES_SILENT' }]);
    const body = JSON.stringify({ event: { uuid: 'e-9', name: 'invoice_deleted', retry_counter: 0 }, resource: { uuid: 'x' } });
    await receiveCall(ctx, token, signed(body));
    expect(await cards()).toEqual([]);
  });

  test('a key taken back while a task is under way stops everything and repeats nothing', async () => {
    const [first, second] = await prepare(order(), order());
    await issueDocuments(ctx, who(), [first!.documentId, second!.documentId]);
    const [one] = await transfers(first!.documentId);
    await workTransfer(ctx, organizationId, one!.id);
    await sim('PATCH', 'state', { keyRevoked: true });
    await drive();
    expect((await connection()).status).toBe('blocked');
    const statuses = (await transfers()).map((t) => t.status).sort();
    expect(statuses).toEqual(expect.arrayContaining(['pending']));
    const { key } = await sim('POST', 'keys');
    const saved = await saveConnection(
      ctx,
      who(),
      { connector: 'infakt', name: 'inFakt', baseUrl: simulator.apiUrl, settings: {}, secrets: { apiKey: key } },
      connectionId,
    );
    expect(saved).not.toHaveProperty('findings');
    await resumeConnection(ctx, organizationId, 'test', connectionId, 'all');
    await drive();
    expect(await held()).toHaveLength(2);
    expect((await document(first!.documentId)).state).toBe('issued');
    expect((await document(second!.documentId)).state).toBe('issued');
  });

  test('a return is corrected by rows before and after, and the next one starts where the last one ended', async () => {
    const [sale] = await prepare();
    await issueDocuments(ctx, who(), [sale!.documentId]);
    await drive();
    const correctTo = async (quantity: string) => {
      const made = await correctDocument(ctx, who(), sale!.documentId, {
        reason: 'Zwrot',
        reasonCode: 'return',
        lines: [{ lineId: '1', quantity }],
      });
      if (made.outcome !== 'created') throw new Error(JSON.stringify(made));
      expect(made.findings.filter((f) => f.level === 'hold')).toEqual([]);
      await issueDocuments(ctx, who(), [made.id]);
      await drive();
      return document(made.id);
    };
    expect(await correctTo('1')).toMatchObject({ state: 'issued', number: '1/KOR/11/2026' });
    expect(await correctTo('0')).toMatchObject({ state: 'issued', number: '2/KOR/11/2026' });
    const corrections = (await held()).filter((d) => d.family === 'corrective_invoices');
    expect(corrections.map((d) => [d.kind, d.gross, d.corrects])).toEqual([
      ['correction', -5000, '1/11/2026'],
      ['correction', -5000, '1/11/2026'],
    ]);
  });

  const small = ['0.99', '0.99', '0.99'].map((unitGross, i) => ({
    id: String(i + 1),
    kind: 'goods' as const,
    name: `Naklejka ${i + 1}`,
    quantity: '1',
    unitGross,
    gross: unitGross,
    rate: { category: 'S' as const, percent: '23', source: 'channel' as const },
  }));

  test('tax is rounded on each line as inFakt does it: document, inFakt and the tax file say the same', async () => {
    const [sale] = await prepare(order({ lines: small, delivery: { tracking: [] }, declaredTotal: '2.97' }));
    const before = await document(sale!.documentId);
    expect(before.content).toMatchObject({ taxRounding: 'discounted_line', totals: { net: '2.40', tax: '0.57', gross: '2.97' } });
    await issueDocuments(ctx, who(), [sale!.documentId]);
    await drive();
    const row = await document(sale!.documentId);
    expect(row).toMatchObject({ state: 'issued', findings: [], content: { totals: { net: '2.40', tax: '0.57' } } });
    expect((await transfers())[0]!.made).toMatchObject({ byRate: [{ rate: '23', net: '2.40', tax: '0.57', gross: '2.97' }] });
    // A correction of it agrees as well.
    const made = await correctDocument(ctx, who(), row.id, {
      reason: 'Zwrot',
      reasonCode: 'return',
      lines: [{ lineId: '1', quantity: '0' }],
    });
    if (made.outcome !== 'created') throw new Error(JSON.stringify(made));
    await issueDocuments(ctx, who(), [made.id]);
    await drive();
    expect(await document(made.id)).toMatchObject({ state: 'issued', findings: [] });
  });

  test('should inFakt come to another tax all the same, the document and the month’s tax file name both amounts', async () => {
    await sim('PATCH', 'state', { taxRounding: 'rate' });
    const [sale] = await prepare(order({ lines: small, delivery: { tracking: [] }, declaredTotal: '2.97' }));
    await issueDocuments(ctx, who(), [sale!.documentId]);
    await drive();
    const difference = {
      code: 'W_PROVIDER_TAX_DIFFERS',
      where: 'totals.byRate',
      params: { rate: '*', theirs: '2.41 + 0.56 = 2.97', ours: '2.40 + 0.57 = 2.97' },
    };
    expect(await document(sale!.documentId)).toMatchObject({ state: 'issued', findings: [difference] });
    const [v7] = await checkTaxFiles(ctx, organizationId, { year: 2026, month: 11 });
    expect(v7!.findings.find((f) => f.documentId === sale!.documentId && f.code === difference.code)).toMatchObject(difference);
  });

  test('a proforma is a proforma there, counts for nothing, and is deleted on a person’s word; an invoice never is', async () => {
    const proformas = (await series()).filter((s) => s.kind === 'proforma');
    await assignSeries(ctx, who(), await connection(), [
      ...(await series()).filter((s) => s.connection_id).map((s) => s.id),
      proformas[0]!.id,
    ]);
    await change((await series()).find((s) => s.id === proformas[0]!.id)!, { settings: { pdfLanguage: 'pl', paymentDays: 7 } });
    const [sale, invoiced] = await prepare(order(), order());
    const turned = await changeKind(ctx, who(), sale!.documentId, 'proforma');
    expect(turned).toMatchObject({ outcome: 'saved', findings: [] });
    await issueDocuments(ctx, who(), [sale!.documentId, invoiced!.documentId]);
    await drive();
    const row = await document(sale!.documentId);
    expect(row).toMatchObject({ state: 'issued', kind: 'proforma', number: '1/PRO/11/2026', clearance: null });
    expect((await held()).map((d) => [d.kind, d.paidDate])).toEqual([
      ['proforma', null],
      ['vat', '2026-11-19'],
    ]);
    expect(await requestTransfer(ctx, who(), invoiced!.documentId, 'remove')).toBeUndefined();
    const asked = await requestTransfer(ctx, who(), sale!.documentId, 'remove');
    await drive();
    expect((await transfers(sale!.documentId)).find((t) => t.id === asked!.transferId)).toMatchObject({
      verb: 'remove',
      status: 'accepted',
    });
    expect((await held()).map((d) => d.kind)).toEqual(['vat']);
  });

  test('marks of goods travel by the ids of the account; one that it does not have is held with its line', async () => {
    const marked = (gtu: string) => [{ ...order().lines[0]!, sku: gtu }];
    const [sale, wrong] = await prepare(order({ lines: marked('a') }), order({ lines: marked('b') }));
    const mark = async (id: string, gtu: string) => editDocument(ctx, who(), id, { set: { 'lines.0.gtu': gtu } });
    expect(await mark(sale!.documentId, 'GTU_06')).toMatchObject({ outcome: 'saved' });
    expect(await mark(wrong!.documentId, 'GTU_99')).toMatchObject({ outcome: 'saved' });
    await issueDocuments(ctx, who(), [sale!.documentId]);
    await drive();
    const [there] = await held();
    const read = await fetch(`${simulator.apiUrl}/invoices/${there.uuid}.json`, { headers: { 'X-inFakt-ApiKey': simulator.key } });
    expect(((await read.json()) as Loose).services.map((s: Loose) => s.gtu_id)).toEqual([6, null]);
    const [refused] = await issueDocuments(ctx, who(), [wrong!.documentId]);
    expect(refused).toMatchObject({
      outcome: 'refused',
      findings: [{ code: 'infakt.gtu', where: 'lines.0.gtu', params: { message: 'GTU_99' } }],
    });
  });

  test('refused by KSeF: the same invoice is mended here, changed in inFakt and sent again; no second one, and its number stays', async () => {
    const party = {
      company: 'Zielona Półka Sp. z o.o.',
      taxIds: [{ scheme: 'PL:NIP', value: '1234563218' }],
      street: 'Ogrodowa 12',
      postalCode: '61-821',
      city: 'Poznań',
      country: 'PL',
    };
    const [firm] = await prepare(order({ invoiceRequest: { requested: true, explicit: true, party } }));
    const id = firm!.documentId;
    await sim('PATCH', 'state', { ksefOutcome: 'error', ksefNumberCheck: 'bad' });
    await issueDocuments(ctx, who(), [id]);
    await drive();
    const refused = await document(id);
    expect(refused).toMatchObject({ state: 'refused', number: '1/11/2026', held: true, findings: [{ code: 'infakt.ksef_refused' }] });
    expect((await held()).map((d) => [d.number, d.ksef.status])).toEqual([['1/11/2026', 'error']]);
    expect(await editDocument(ctx, who(), id, { set: { 'buyer.company': 'Zielona Półka Spółka z o.o.' } })).toMatchObject({
      outcome: 'saved',
    });
    // Still refused: the next answer opens it once more, and nothing is sent by itself.
    expect(await issueDocuments(ctx, who(), [id])).toEqual([{ id, outcome: 'submitted' }]);
    await drive();
    expect(await document(id)).toMatchObject({ state: 'refused', number: '1/11/2026' });
    await sim('PATCH', 'state', { ksefOutcome: 'success' });
    // From the card of the cause as well: all that KSeF refused for it go at once.
    const report = (await transfers(id)).find((t) => t.verb === 'report')!;
    expect(await resendTransfer(ctx, who(), report.id)).toBe('sent on its way');
    await drive();
    const [there, ...others] = await held();
    expect(others).toEqual([]);
    expect(there).toMatchObject({ number: '1/11/2026', ksef: { status: 'success' } });
    const now = await document(id);
    expect(now).toMatchObject({ state: 'issued', number: '1/11/2026', clearance: { system: 'KSeF', number: there.ksef.number } });
    expect(now.pdf_file_id).not.toBe(refused.pdf_file_id);
    const read = await fetch(`${simulator.apiUrl}/invoices/${there.uuid}.json`, { headers: { 'X-inFakt-ApiKey': simulator.key } });
    expect(await read.json()).toMatchObject({ client_company_name: 'Zielona Półka Spółka z o.o.', services: [{ name: 'Lampa' }, {}] });
    // Its check sum is wrong, as in the provider's own examples: told, not refused.
    expect((await transfers(id)).find((t) => t.verb === 'report')).toMatchObject({
      status: 'accepted',
      cause: { code: 'infakt.ksef_number_odd' },
    });
    await expect(
      ctx.store.org(organizationId, (tx) => sql`update document set state = 'refused' where id = ${id}`.execute(tx)),
    ).rejects.toThrow(/issued and cannot be changed/);
  });

  test('paid here later is told there; paid there is learnt here', async () => {
    const unpaid = order({
      paidAt: undefined,
      payments: [
        { method: 'bank_transfer', status: 'paid', amount: '1.00', at: '2026-11-19T12:00:00Z' },
        { method: 'bank_transfer', status: 'pending' },
      ],
    });
    const [sale, other] = await prepare(unpaid, { ...unpaid, externalId: `${unpaid.externalId}-b` });
    const ids = [sale!.documentId, other!.documentId];
    for (const id of ids) {
      const row = await document(id);
      await editDocument(ctx, who(), id, { settle: row.hold_codes });
    }
    await issueDocuments(ctx, who(), ids);
    await drive();
    expect((await held()).map((d) => d.paidDate)).toEqual([null, null]);
    await orderAgain(ctx, organizationId, sale!, {
      paidAt: '2026-11-20T12:00:00Z',
      payments: [{ method: 'bank_transfer', status: 'paid', at: '2026-11-20T12:00:00Z' }],
    });
    await drive();
    const byOrder = async (id: string) => (await held()).find((d) => d.orders.includes(`fk:${id}`));
    expect(await byOrder(ids[0]!)).toMatchObject({ paidDate: '2026-11-20' });
    const there = await byOrder(ids[1]!);
    await sim('POST', `documents/${there.uuid}/pay`, { date: '2026-11-20' });
    const body = JSON.stringify({
      event: { uuid: 'e-paid', name: 'invoice_paid', retry_counter: 0 },
      resource: { uuid: there.uuid, kind: 'vat' },
    });
    expect((await receiveCall(ctx, token, signed(body))).status).toBe(200);
    const [issue] = await transfers(ids[1]);
    ctx.clock.advance(10_000);
    await readAgain(ctx, organizationId, issue!.id);
    expect((await transfers(ids[1]))[0]!.made).toMatchObject({ paidOn: '2026-11-20' });
  });
});
